//! Completing with open items that go to the next window of the series.

use maintbot::domain::window::{Outcome, WindowId};

use crate::bot::{Bot, assert_timeline, story};

/// The list goes out a week ahead.
const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[policy.scheduled]
announce = "2d"
remind = []
change_list = "7d"

[[audience]]
name = "engineers"
channels = ["builtin:engineers"]
messages = ["change_list", "change_list_update"]
internal = true

[[audience]]
name = "crm"
channels = ["builtin:crm"]
"#;

/// A Monday; windows on 22 November, 6 December, 20 December.
const NOW: &str = "2026-11-16 09:00";
const FORTNIGHTLY: &str =
    "/maintenance series \"Break\" service:crm every:\"every 2 weeks on sunday 02:00 for 1h\" poc:@anna";

/// Number, parent, text and assignee of every item.
async fn list(bot: &Bot, id: i64) -> Vec<String> {
    let full = bot.parts.service.full(WindowId(id)).await.expect("readable").expect("a window");
    let line = |i: &maintbot::domain::change::ChangeItem| {
        let parent = i.parent.map(|n| format!(" in {n}")).unwrap_or_default();
        let assignee = i.assignee.clone().map(|who| format!(" @{who}")).unwrap_or_default();
        format!("{}{parent} {}{assignee}{}", i.number, i.text, if i.done.is_some() { " done" } else { "" })
    };
    full.items.0.iter().map(line).collect()
}

#[tokio::test]
async fn open_items_go_to_the_next_window_with_all_that_is_known_of_them_and_this_one_succeeds() {
    story(CONFIG, NOW, async |bot| {
        bot.say("anna", &format!("{FORTNIGHTLY} item:\"OS patches\"")).await;
        for item in [
            "\"Plugins\" kind:plugin",
            "\"Tempo\" kind:plugin parent:2",
            "\"Baseline\" kind:plugin parent:2",
            "\"Jira\" kind:upgrade from:10.2.1 to:10.3.0 cve:CVE-2026-1234 assignee:@lee",
        ] {
            bot.say("anna", &format!("/maintenance change add MW-1 {item}")).await;
        }
        bot.at("2026-11-22 02:30").await;
        bot.say("anna", "/maintenance done MW-1 1 3").await;
        let open = bot.refused("anna", "/maintenance complete MW-1").await.message.plain();
        assert!(open.contains("2 items open"), "{open}");
        let reply = bot.say("anna", "/maintenance complete MW-1 --carry-over").await.message.plain();
        assert!(reply.contains("Carried over to MW-2 (Sun 6 Dec 2026 02:00"), "{reply}");
        assert!(reply.contains("4. Baseline") && reply.contains("5. Jira"), "{reply}");

        let window = bot.window(1).await;
        assert_eq!((window.state.as_str(), window.outcome), ("completed", Some(Outcome::Success)));
        assert_eq!(
            list(bot, 2).await,
            ["1 OS patches", "2 Plugins", "3 in 2 Baseline", "4 Jira @lee"],
            "what it was a part of goes with it, what is done does not"
        );
        let full = bot.parts.service.full(WindowId(2)).await.expect("readable").expect("a window");
        let jira = &full.items.0[3];
        let versions = (jira.from_version.as_deref(), jira.to_version.as_deref(), jira.advisories.as_slice());
        assert_eq!(versions, (Some("10.2.1"), Some("10.3.0"), ["CVE-2026-1234".to_owned()].as_slice()));
        let trail = bot.events(1).await.join("\n");
        assert!(trail.contains("carried over to MW-2: 4. Baseline; 5. Jira"), "{trail}");

        let issue = bot.issue(1).await;
        assert!(!issue.open, "the list of a completed window is closed");
        // What was left goes on like any other item: the parent is done with its last part.
        bot.at("2026-12-06 02:20").await;
        bot.say("anna", "/maintenance done MW-2 3").await;
        assert_eq!(list(bot, 2).await, ["1 OS patches", "2 Plugins done", "3 in 2 Baseline done", "4 Jira @lee"]);
        assert_timeline(
            &bot.timeline("crm").await,
            &[
                "2026-11-20 02:00 Planned maintenance: Break",
                "2026-11-22 02:00 Started: Break",
                "2026-11-22 02:30 Completed: Break",
                "2026-12-04 02:00 Planned maintenance: Break",
                "2026-12-06 02:00 Started: Break",
            ],
        );
    })
    .await;
}

#[tokio::test]
async fn what_arrives_after_the_next_list_was_sent_is_late_and_its_readers_get_the_difference() {
    let weekly = FORTNIGHTLY.replace("every 2 weeks", "every week");
    story(CONFIG, NOW, async |bot| {
        bot.say("anna", &format!("{weekly} item:\"OS patches\"")).await;
        // A week before the second window is when the first begins.
        bot.at("2026-11-22 02:30").await;
        bot.say("anna", "/maintenance complete MW-1 --carry-over").await;
        bot.at("2026-11-22 03:00").await;
        assert_eq!(bot.items(2).await, ["1", "2 late"]);
        assert_timeline(
            &bot.timeline("engineers").await,
            &[
                "2026-11-16 09:10 Change list for Break (MW-1), 1 item",
                // It had one item; the post is kept in step.
                "2026-11-22 02:00 Change list for Break (MW-2), 2 items",
                "2026-11-22 02:40 The change list of Break (MW-2) has changed",
            ],
        );
    })
    .await;
}

#[tokio::test]
async fn a_window_that_was_called_off_is_passed_over() {
    story(CONFIG, NOW, async |bot| {
        bot.say("anna", FORTNIGHTLY).await;
        bot.say("anna", "/maintenance change add MW-1 \"Jira\"").await;
        bot.say("anna", "/maintenance cancel MW-2").await;
        bot.at("2026-11-22 02:30").await;
        bot.say("anna", "/maintenance complete MW-1 --carry-over").await;
        assert_eq!((list(bot, 2).await, list(bot, 3).await), (Vec::new(), vec!["1 Jira".to_owned()]));
    })
    .await;
}

#[tokio::test]
async fn without_a_next_window_it_is_refused_and_nothing_is_half_done() {
    story(CONFIG, NOW, async |bot| {
        let once =
            "/maintenance schedule \"Once\" service:vpn when:\"2026-11-22 02:00-03:00\" poc:@anna item:Certificates";
        bot.say("anna", once).await;
        bot.say("anna", &format!("{FORTNIGHTLY} item:Patches")).await;
        bot.at("2026-11-22 02:30").await;
        bot.say("anna", "/maintenance series stop SR-1").await;
        for id in [1, 2] {
            let before = bot.everything().await;
            let refused =
                bot.refused("anna", &format!("/maintenance complete MW-{id} --carry-over")).await.message.plain();
            assert!(refused.contains(&format!("There is no next window that the open items of MW-{id}")), "{refused}");
            assert!(refused.contains(&format!("/maintenance complete MW-{id} outcome:partial")), "{refused}");
            assert_eq!(bot.everything().await, before);
        }
    })
    .await;
}

#[tokio::test]
async fn with_nothing_open_it_is_an_ordinary_completion_and_a_dry_run_carries_nothing() {
    story(CONFIG, NOW, async |bot| {
        bot.say("anna", &format!("{FORTNIGHTLY} item:Patches")).await;
        bot.at("2026-11-22 02:30").await;
        let before = bot.everything().await;
        let dry = bot.say("anna", "/maintenance complete MW-1 --carry-over --dry-run").await.message.plain();
        assert!(dry.contains("MW-2"), "{dry}");
        assert_eq!(bot.everything().await, before);
        bot.say("anna", "/maintenance done MW-1 1").await;
        bot.say("anna", "/maintenance complete MW-1 --carry-over").await;
        assert_eq!(list(bot, 2).await, ["1 Patches"]);
        assert_eq!(bot.window(1).await.outcome, Some(Outcome::Success));
    })
    .await;
}
