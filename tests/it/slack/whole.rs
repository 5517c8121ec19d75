//! A window from the first word to the last, on Slack.

use maintbot::domain::ledger::MessageKind;

use super::story;

const PLAN: &str = "schedule \"Jira 10.3\" service:jira when:\"2026-12-20 16:00-20:00\" tz:Europe/Helsinki poc:anna \
     item:\"Jira to 10.3.2\" item:\"Plugins\"";

#[tokio::test]
async fn a_window_is_planned_announced_worked_on_and_completed_without_leaving_slack() {
    story("", "2026-12-01 09:00", async |hub| {
        let said = hub.command("ben", "#dev", PLAN).await;
        assert!(said.text().contains("MW-1 “Jira 10.3” is scheduled"), "{said}");
        assert_eq!(hub.headings("#ce"), [""; 0], "it is announced two weeks before");

        hub.at("2026-12-06 14:00").await;
        hub.calm().await;
        assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira 10.3"]);
        let announced = hub.newest("#ce");
        assert_eq!(announced.buttons(), ["ack", "ledger"]);
        // Everybody reads the time in their own zone, and in the window's, and in UTC.
        let blocks = serde_json::to_string(&announced.blocks).expect("text");
        assert!(blocks.contains("<!date^1797775200^"), "{blocks}");
        let when = "Sun 20 Dec 2026 16:00–20:00 Europe/Helsinki";
        assert!(announced.plain().contains(when) && announced.text.contains(when), "{}", announced.text);
        assert!(announced.text.contains("14:00–18:00 UTC"), "{}", announced.text);

        hub.at("2026-12-13 14:00").await;
        hub.calm().await;
        assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira 10.3", "Reminder: Jira 10.3"]);
        assert_eq!(hub.fake.posts("#ce")[0].buttons(), [""; 0], "only the newest can be pressed");
        assert_eq!(hub.newest("#ce").buttons(), ["ack", "ledger"]);

        hub.at("2026-12-20 13:45").await;
        hub.calm().await;
        let asked = |channel: &str| hub.newest(channel).plain();
        assert!(asked("#ops").contains("MW-1 Jira 10.3 starts in 15m"), "{}", asked("#ops"));
        assert!(asked("@anna").contains("this window is yours"), "the point of contact hears of it as well");

        hub.at("2026-12-20 14:00").await;
        hub.calm().await;
        assert_eq!(hub.headings("#ce").last().map(String::as_str), Some("Started: Jira 10.3"));
        let all = ["ack", "extend_30", "extend_60", "extend_other", "complete", "rolling_back", "ledger"];
        assert_eq!(hub.newest("#ce").buttons(), all);
        let started = hub.newest("#ce");

        hub.press("eve", "#ce", "extend_30").await;
        assert_eq!(hub.headings("#ce").last().map(String::as_str), Some("Extended by 30m: Jira 10.3"));
        let before = hub.fake.message("#ce", &started.ts);
        assert_eq!(before.buttons(), [""; 0]);
        assert!(
            before.plain().contains("16:00–20:30") && !before.plain().contains("16:00–20:00"),
            "{}",
            before.plain()
        );

        hub.command("eve", "#dev", "done MW-1 1").await;
        let newest = hub.newest("#ce");
        let replies: Vec<String> =
            hub.fake.replies("#ce", &newest.ts).iter().map(super::super::fake::slack::state::Message::plain).collect();
        assert_eq!(replies, ["Change list: 1 of 2 items done."]);

        hub.press("eve", "#ce", "complete").await;
        let values = [("outcome", "partial"), ("downtime", "45m"), ("note", "One is left.")];
        let sent = hub.fake.submit("eve", &values).await;
        assert!(sent.status == 200 && sent.errors().is_empty(), "{sent}");
        hub.calm().await;
        let over = hub.newest("#ce");
        assert_eq!(hub.headings("#ce").last().map(String::as_str), Some("Completed in part: Jira 10.3"));
        assert!(over.plain().contains("The real downtime was 45m.\nOne is left."), "{}", over.plain());
        for post in hub.fake.posts("#ce").iter().chain(&hub.fake.posts("#ops")) {
            assert_eq!(post.buttons(), [""; 0], "nothing is left to press below {}", post.plain());
        }
        // The three reminders, and everything else, once.
        let said = hub.headings("#ce");
        assert_eq!(said.iter().filter(|heading| heading.starts_with("Reminder")).count(), 3, "{said:#?}");
        let sent = hub.bot.ledger(1).await;
        assert_eq!(sent.iter().filter(|row| row.plan.message == MessageKind::DeliveryFailed).count(), 0);
    })
    .await;
}

#[tokio::test]
async fn where_nothing_is_written_the_channel_in_which_a_window_was_planned_hears_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = crate::databases::sqlite_url(&folder);
    let config = |fake: &crate::fake::slack::FakeSlack| {
        let (token, secret) = (crate::fake::slack::BOT_TOKEN, crate::fake::slack::SIGNING_SECRET);
        format!("[slack]\napi_url = \"{}\"\nbot_token = \"{token}\"\nsigning_secret = \"{secret}\"\n", fake.url)
    };
    let hub = super::Hub::start_on(folder, url, config, "2026-12-15 09:00").await;
    hub.command("ben", "#dev", "schedule \"Disks\" service:disks when:\"2026-12-20 16:00-20:00\" poc:anna").await;
    assert_eq!(hub.headings("#dev"), ["Planned maintenance: Disks"]);
    assert_eq!(hub.bot.texts("maintenance").await.len(), 1, "besides the built-in channel");
    hub.close().await;
}
