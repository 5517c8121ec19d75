//! maintbot's own page on Slack: what is somebody's to do, as it is when they open it.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Hub, story};
use crate::fake::slack::{Again, plain};

const AT: &str = "2026-12-01 09:00";

/// What somebody's page shows when they open it now: each heading with the lines below it.
async fn home(hub: &Hub, user: &str) -> Vec<(String, Vec<String>)> {
    assert_eq!(hub.fake.open_home(user).await.status, 200);
    hub.calm().await;
    let home = hub.fake.home(user).expect("a page");
    let mut parts: Vec<(String, Vec<String>)> = Vec::new();
    for block in home["blocks"].as_array().expect("blocks") {
        let text = plain(&json!([block])).replace('\u{ad}', "");
        match (block["type"].as_str(), parts.last_mut()) {
            (Some("header"), _) => parts.push((text, Vec::new())),
            (_, Some((_, lines))) => lines.extend(text.lines().map(str::to_owned)),
            (_, None) => panic!("no heading before {block}"),
        }
    }
    parts
}

/// The lines below one heading.
async fn part(hub: &Hub, user: &str, heading: &str) -> Vec<String> {
    let parts = home(hub, user).await;
    let found = parts.iter().find(|(title, _)| title == heading);
    found.unwrap_or_else(|| panic!("no {heading} in {parts:?}")).1.clone()
}

/// The ids of the windows at the beginning of each line.
fn ids(lines: &[String]) -> Vec<&str> {
    lines.iter().map(|line| line.split(' ').next().unwrap_or_default()).collect()
}

async fn headings(hub: &Hub, user: &str) -> Vec<String> {
    home(hub, user).await.into_iter().map(|(title, _)| title).collect()
}

fn schedule(title: &str, day: &str, more: &str) -> String {
    format!("schedule \"{title}\" service:{title} when:\"2026-12-{day} 14:00-16:00\" tz:UTC {more}")
}

#[tokio::test]
async fn an_empty_page_says_so_in_every_part() {
    story("", AT, async |hub| {
        let page = home(hub, "anna").await;
        let expected = [
            ("My windows", "You have no window ahead of you."),
            ("My items", "No open change item is yours."),
            ("The next seven days", "Nothing is planned."),
        ];
        let expected = expected.map(|(title, line)| (title.to_owned(), vec![line.to_owned()]));
        assert_eq!(page, expected);
    })
    .await;
}

#[tokio::test]
async fn it_shows_whose_windows_and_items_they_are_and_the_next_seven_days() {
    story("", AT, async |hub| {
        hub.command("ben", "#dev", &schedule("Jira", "03", "poc:@carla")).await;
        hub.command("carla", "#dev", &schedule("Wiki", "08", "poc:@eve")).await;
        hub.command("carla", "#dev", &schedule("Mail", "20", "poc:@eve")).await;
        hub.command("ben", "#dev", "change add MW-1 \"Jira to 10.3\" assignee:@eve").await;
        hub.command("ben", "#dev", "change add MW-1 \"Plugins\" assignee:@carla").await;
        assert_eq!(ids(&part(hub, "ben", "My windows").await), ["MW-1"], "whose he asked for");
        assert_eq!(ids(&part(hub, "carla", "My windows").await), ["MW-1", "MW-2", "MW-3"], "contact and requester");
        assert_eq!(ids(&part(hub, "eve", "My windows").await), ["MW-2", "MW-3"]);
        let items = part(hub, "eve", "My items").await;
        assert!(items.len() == 1 && items[0].contains("Jira to 10.3"), "{items:?}");
        for user in ["ben", "dan", "anna"] {
            let soon = part(hub, user, "The next seven days").await;
            // Seven days from 1 December 09:00 end before the window on the 8th begins.
            assert_eq!(ids(&soon), ["MW-1"], "{user}: {soon:?}");
            assert!(soon[0].contains("Jira") && soon[0].contains("3 Dec 2026 14:00–16:00 UTC"), "{soon:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn it_is_drawn_again_whenever_it_is_opened() {
    story("", AT, async |hub| {
        assert_eq!(part(hub, "eve", "My items").await, ["No open change item is yours."]);
        hub.command("ben", "#dev", &schedule("Jira", "03", "poc:@eve")).await;
        hub.command("ben", "#dev", "change add MW-1 Plugins assignee:@eve").await;
        assert_eq!(ids(&part(hub, "eve", "My items").await), ["MW-1"]);
        hub.command("eve", "#dev", "done MW-1 1").await;
        assert_eq!(part(hub, "eve", "My items").await, ["No open change item is yours."], "it is done");
        hub.command("ben", "#dev", "reschedule MW-1 when:\"2026-12-04 14:00-16:00\"").await;
        assert!(part(hub, "eve", "My windows").await[0].contains("4 Dec 2026"));
        hub.command("ben", "#dev", "cancel MW-1 reason:No").await;
        assert_eq!(part(hub, "eve", "My windows").await, ["You have no window ahead of you."]);
        assert_eq!(part(hub, "eve", "The next seven days").await, ["Nothing is planned."]);
        let drawn = hub.fake.homes("eve").len();
        let sent = hub.fake.open_home("eve").await;
        hub.fake.again(sent.nth, Again::Retry(1)).await;
        hub.calm().await;
        assert_eq!(hub.fake.homes("eve").len(), drawn + 1, "the same event again draws nothing");
    })
    .await;
}

#[tokio::test]
async fn approvals_wait_for_approvers_and_not_for_who_asked() {
    let approval = "[policy.scheduled]\nnotice = \"5d\"\napproval = [\"short_notice\"]\n";
    story(approval, AT, async |hub| {
        hub.command("ben", "#dev", &schedule("Jira", "03", "poc:@carla reason:Now")).await;
        hub.command("anna", "#dev", &schedule("Wiki", "04", "poc:@carla reason:Now")).await;
        assert_eq!(ids(&part(hub, "dan", "Waiting for approval").await), ["MW-1", "MW-2"]);
        assert_eq!(ids(&part(hub, "anna", "Waiting for approval").await), ["MW-1"], "not the own, as admin neither");
        for user in ["ben", "carla", "eve"] {
            let all = headings(hub, user).await;
            assert!(!all.contains(&"Waiting for approval".to_owned()), "{user} may not approve: {all:?}");
        }
        assert_eq!(part(hub, "eve", "The next seven days").await, ["Nothing is planned."], "nor is it public yet");
        hub.command("dan", "#dev", "approve MW-1").await;
        assert_eq!(ids(&part(hub, "dan", "Waiting for approval").await), ["MW-2"]);
        assert_eq!(ids(&part(hub, "eve", "The next seven days").await), ["MW-1"]);
    })
    .await;
}

#[tokio::test]
async fn of_two_hundred_windows_it_shows_what_fits_and_says_how_many_more_there_are() {
    let hub = Hub::start("", AT).await;
    let title = "A long title that somebody thought about for a while, with a version and a reason in it";
    for n in 1..=200 {
        let (day, hour) = (2 + n % 6, n % 23);
        let when = format!("2026-12-0{day} {hour:02}:00-{hour:02}:30");
        let line = format!("/maintenance schedule \"{title}, number {n}\" service:s{n} when:\"{when}\" tz:UTC poc:eve");
        hub.bot.type_only("ben", &line).await;
    }
    // What all these windows say elsewhere is another story: only the page is drawn.
    assert_eq!(hub.fake.open_home("eve").await.status, 200);
    hub.inbound().tick(hub.bot.clock.now(), &CancellationToken::new()).await.expect("drawn");
    let text = plain(&hub.fake.home("eve").expect("a page"));
    let more = |line: &str| line.strip_prefix("… and ")?.split(' ').next()?.parse::<usize>().ok();
    let more: Vec<usize> = text.lines().filter_map(more).collect();
    let shown = text.lines().filter(|line| line.starts_with("MW-")).count();
    assert_eq!(more.len(), 2, "both lists are folded: {text}");
    // Each is told of twice: as hers, and as what comes.
    assert_eq!(shown + more.iter().sum::<usize>(), 400, "{text}");
    assert!(text.contains("more: see the page (http://127.0.0.1:8080)"), "with a link to all of them: {text}");
    hub.fake.close();
}
