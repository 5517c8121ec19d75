//! The change list: items, parts, what was sent of it, and how it carries the window along.

use maintbot::domain::window::Outcome;

use crate::bot::{assert_timeline, story, utc};

const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[policy.scheduled]
announce = "7d"
remind = []
change_list = "3d"

[[audience]]
name = "customers"
channels = ["builtin:news"]

[[audience]]
name = "listed"
channels = ["builtin:listed"]
messages = ["change_list"]
"#;

/// Tuesday 8 December 2026, 14:00 to 16:00.
const SCHEDULE: &str = "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna";

#[tokio::test]
async fn a_parent_is_done_when_its_parts_are_and_ticking_it_ticks_them() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        let list = "- [ ] Jira\n  - [ ] Tempo\n  - [ ] Scripts\n    - [ ] Backup\n- [x] Patches";
        bot.say("anna", &format!("/maintenance change import MW-1 \"{list}\"")).await;
        assert_eq!(bot.items(1).await, ["1", "2", "3", "4", "5 anna"]);
        bot.say("sam", "/maintenance done MW-1 4").await;
        assert_eq!(bot.items(1).await, ["1", "2", "3 sam", "4 sam", "5 anna"]);
        bot.say("lee", "/maintenance done MW-1 1").await;
        assert_eq!(bot.items(1).await, ["1 lee", "2 lee", "3 sam", "4 sam", "5 anna"]);
        bot.say("lee", "/maintenance undo MW-1 2").await;
        assert_eq!(bot.items(1).await, ["1", "2", "3 sam", "4 sam", "5 anna"]);
        bot.say("lee", "/maintenance undo MW-1 3").await;
        assert_eq!(bot.items(1).await, ["1", "2", "3", "4", "5 anna"]);
        // A new part opens what was done.
        bot.say("sam", "/maintenance done MW-1 1").await;
        bot.say("sam", "/maintenance change add MW-1 \"Forgotten\" parent:3").await;
        assert_eq!(bot.items(1).await, ["1", "2 sam", "3", "4 sam", "5 anna", "6"]);
        bot.say("sam", "/maintenance change remove MW-1 6").await;
        assert_eq!(bot.items(1).await, ["1 sam", "2 sam", "3 sam", "4 sam", "5 anna"]);
    })
    .await;
}

#[tokio::test]
async fn numbers_are_never_given_twice() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.say("anna", "/maintenance change import MW-1 \"- a\n- b\n- c\"").await;
        bot.say("anna", "/maintenance change remove MW-1 2 3").await;
        bot.say("anna", "/maintenance change add MW-1 \"d\"").await;
        assert_eq!(bot.items(1).await, ["1", "4"]);
        bot.say("anna", "/maintenance change remove MW-1 1 4").await;
        bot.say("anna", "/maintenance change add MW-1 \"e\"").await;
        assert_eq!(bot.items(1).await, ["5"]);
    })
    .await;
}

#[tokio::test]
async fn edits_are_silent_until_the_list_is_sent_then_one_difference_goes_ten_minutes_after_the_last() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.say("anna", "/maintenance change import MW-1 \"- Jira\n- Patches\n- Disks\"").await;
        bot.say("anna", "/maintenance change edit MW-1 1 \"Jira 10\"").await;
        bot.at("2026-12-06 10:00").await;
        bot.say("anna", "/maintenance change add MW-1 \"Plugin\"").await;
        bot.say("anna", "/maintenance change add MW-1 \"Mistake\"").await;
        bot.at("2026-12-06 10:08").await;
        bot.say("anna", "/maintenance change remove MW-1 5").await;
        bot.say("anna", "/maintenance change edit MW-1 1 \"Jira 11\"").await;
        bot.say("anna", "/maintenance change edit MW-1 1 \"Jira 10.3\"").await;
        bot.say("anna", "/maintenance change edit MW-1 4 \"Plugin 2\"").await;
        bot.at("2026-12-06 10:16").await;
        bot.say("anna", "/maintenance change remove MW-1 2").await;
        bot.say("anna", "/maintenance change assign MW-1 3 @sam").await;
        bot.at("2026-12-06 12:00").await;
        assert_timeline(
            &bot.timeline("listed").await,
            &[
                "2026-12-05 14:00 Change list for Upgrade (MW-1), 3 items",
                "2026-12-06 10:26 The change list of Upgrade (MW-1) has changed",
            ],
        );
        let difference = bot.texts("listed").await.pop().expect("a difference");
        let lines: Vec<&str> = difference.split("\n\n").nth(1).expect("the changes").lines().collect();
        assert_eq!(
            lines,
            [
                "Changed: 1. Jira 10.3 (was: Jira 10)",
                "Removed: 2. Patches",
                "Given to sam: 3. Disks",
                "Added: 4. Plugin 2",
            ]
        );
        // The list that was sent follows, and says what came late.
        let list = &bot.texts("listed").await[0];
        assert!(list.contains("4. Plugin 2 — added late") && !list.contains("Patches"), "{list}");
        assert!(!list.contains("Updated:"), "nothing is new but the list: {list}");
        assert_eq!(bot.items(1).await, ["1", "3", "4 late"]);
        bot.say("sam", "/maintenance done MW-1 3").await;
        assert!(bot.texts("listed").await[0].contains("[x] 3. Disks — done by sam"));
        assert_eq!(bot.timeline("listed").await.len(), 2, "a tick is no difference");
    })
    .await;
}

#[tokio::test]
async fn a_difference_that_comes_to_nothing_is_not_sent() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.say("anna", "/maintenance change import MW-1 \"- Jira\n- Patches\"").await;
        bot.at("2026-12-06 10:00").await;
        bot.say("anna", "/maintenance change add MW-1 \"Mistake\"").await;
        bot.say("anna", "/maintenance change edit MW-1 1 \"Jira 11\"").await;
        bot.say("anna", "/maintenance change edit MW-1 1 \"Jira\"").await;
        bot.say("anna", "/maintenance change remove MW-1 3").await;
        bot.at("2026-12-06 12:00").await;
        assert_eq!(bot.rows(1, "change_list_update").await, ["0 builtin:listed skipped already_told"]);
    })
    .await;
}

#[tokio::test]
async fn the_last_item_closes_the_issue_and_asks_the_contact_and_taking_it_back_reopens() {
    story(CONFIG, "2026-12-08 09:00", async |bot| {
        bot.say("anna", &format!("{SCHEDULE} item:\"Patch\" item:\"Check\"")).await;
        let opened = bot.issue(1).await;
        assert!(opened.open && opened.body.contains("[ ] 1. Patch") && opened.body.contains("/maintenance done MW-1"));
        bot.at("2026-12-08 14:20").await;
        bot.say("sam", "/maintenance done MW-1 1 2").await;
        assert_eq!(bot.window(1).await.state.as_str(), "verifying");
        let closed = bot.issue(1).await;
        assert_eq!((closed.open, closed.close_reason.as_deref()), (false, Some("completed")));
        assert_eq!(closed.closed_at, Some(utc("2026-12-08 14:20")));
        assert!(closed.body.contains("[x] 2. Check — done by sam, Tue 8 Dec 2026 14:20"), "{}", closed.body);

        bot.at("2026-12-08 14:30").await;
        bot.say("anna", "/maintenance undo MW-1 2").await;
        assert_eq!(bot.window(1).await.state.as_str(), "in_progress");
        let reopened = bot.issue(1).await;
        assert_eq!((reopened.open, reopened.close_reason, reopened.closed_at), (true, None, None));
        bot.say("sam", "/maintenance done MW-1 2").await;
        bot.say("sam", "/maintenance change add MW-1 \"One more\"").await;
        assert_eq!((bot.window(1).await.state.as_str(), bot.issue(1).await.open), ("in_progress", true));
        bot.say("sam", "/maintenance change remove MW-1 3").await;
        assert_eq!((bot.window(1).await.state.as_str(), bot.issue(1).await.open), ("verifying", false));

        let refused = bot.refused("anna", "/maintenance undo MW-1 7").await;
        assert_eq!(refused.sort, "not_found");
        bot.say("anna", "/maintenance complete MW-1 note:\"All good\"").await;
        assert_eq!(bot.refused("anna", "/maintenance undo MW-1 2").await.sort, "state");
        let asked = bot.timeline("ops").await;
        assert_eq!(asked.iter().filter(|line| line.contains("every change item is reported done")).count(), 3);
    })
    .await;
}

#[tokio::test]
async fn verifying_typed_with_items_open_stays_until_the_last_is_done_and_then_asks_the_contact() {
    story(CONFIG, "2026-12-08 09:00", async |bot| {
        bot.say("anna", &format!("{SCHEDULE} item:\"Patch\" item:\"Check\"")).await;
        bot.at("2026-12-08 14:20").await;
        bot.say("anna", "/maintenance verify MW-1").await;
        bot.say("sam", "/maintenance done MW-1 1").await;
        assert_eq!(bot.window(1).await.state.as_str(), "verifying", "a tick is no step back");
        assert!(bot.issue(1).await.open);
        bot.say("sam", "/maintenance done MW-1 2").await;
        assert!(!bot.issue(1).await.open);
        let asked = bot.timeline("ops").await.pop();
        assert_eq!(asked.as_deref(), Some("2026-12-08 14:20 MW-1 Upgrade: every change item is reported done"));
        bot.say("anna", "/maintenance complete MW-1").await;
    })
    .await;
}

#[tokio::test]
async fn all_done_before_the_start_goes_to_verifying_with_the_start() {
    story(CONFIG, "2026-12-08 09:00", async |bot| {
        bot.say("anna", &format!("{SCHEDULE} item:\"Patch\"")).await;
        bot.say("sam", "/maintenance done MW-1 1").await;
        assert_eq!((bot.window(1).await.state.as_str(), bot.issue(1).await.open), ("scheduled", true));
        bot.at("2026-12-08 14:00").await;
        assert_eq!((bot.window(1).await.state.as_str(), bot.issue(1).await.open), ("verifying", false));
        let last = bot.timeline("ops").await.pop();
        assert_eq!(last.as_deref(), Some("2026-12-08 14:00 MW-1 Upgrade: every change item is reported done"));
        bot.say("anna", "/maintenance complete MW-1").await;
    })
    .await;
}

#[tokio::test]
async fn completing_with_open_items_needs_another_outcome_and_items_can_be_reported_after_it() {
    story(CONFIG, "2026-12-08 09:00", async |bot| {
        bot.say("anna", &format!("{SCHEDULE} item:\"Patch\" item:\"Check\"")).await;
        bot.at("2026-12-08 14:20").await;
        bot.say("sam", "/maintenance done MW-1 1").await;
        for line in ["/maintenance complete MW-1", "/maintenance complete MW-1 outcome:success"] {
            let refused = bot.refused("anna", line).await;
            assert!(refused.detail.contains("2. Check"), "{}", refused.detail);
            assert_eq!(refused.hint.as_deref(), Some("/maintenance complete MW-1 outcome:partial"));
        }
        bot.say("anna", "/maintenance complete MW-1 outcome:rolled_back").await;
        let window = bot.window(1).await;
        assert_eq!(
            (window.outcome.map(Outcome::as_str), window.actual_end),
            (Some("rolled_back"), Some(utc("2026-12-08 14:20")))
        );
        bot.at("2026-12-09 09:00").await;
        bot.say("sam", "/maintenance done MW-1 2").await;
        let issue = bot.issue(1).await;
        assert!(!issue.open && issue.body.contains("[x] 2. Check"), "{}", issue.body);
        assert_eq!(bot.window(1).await.state.as_str(), "completed");
        assert_eq!(issue.closed_at, Some(utc("2026-12-08 14:20")));
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_window_closes_its_issue_as_not_planned_and_an_empty_list_completes_nothing() {
    story(
        &CONFIG.replace("change_list = \"3d\"", "change_list = \"3d\"\nauto_complete = \"all_done\""),
        "2026-12-08 09:00",
        async |bot| {
            bot.say("anna", SCHEDULE).await;
            bot.say("anna", &SCHEDULE.replace("service:crm", "service:vpn")).await;
            bot.say("anna", "/maintenance cancel MW-1 reason:\"no\"").await;
            let issue = bot.issue(1).await;
            assert_eq!((issue.open, issue.close_reason.as_deref()), (false, Some("not planned")));
            bot.at("2026-12-08 15:00").await;
            bot.say("anna", "/maintenance change add MW-2 \"Patch\"").await;
            bot.say("anna", "/maintenance change remove MW-2 1").await;
            assert_eq!(bot.window(2).await.state.as_str(), "in_progress");
            assert_eq!(bot.refused("anna", "/maintenance done MW-2 --all").await.sort, "rule");
            bot.say("anna", "/maintenance complete MW-2").await;
        },
    )
    .await;
}

#[tokio::test]
async fn who_is_given_an_item_is_told_of_theirs_and_how_to_report_it() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("anna", &format!("{SCHEDULE} item:\"Not yours\"")).await;
        bot.say("anna", "/maintenance change add MW-1 \"Rebuild\" assignee:@sam").await;
        bot.say("anna", "/maintenance change assign MW-1 1 @anna").await;
        let posts = bot.texts("ops").await;
        assert_eq!(posts.len(), 1, "nobody is told what they did themselves");
        assert!(posts[0].contains("2. Rebuild") && !posts[0].contains("Not yours"), "{}", posts[0]);
    })
    .await;
}
