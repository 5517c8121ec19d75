//! What people hear when a window moves, grows, touches something else, or is called off.

use crate::bot::{assert_timeline, story};

const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[policy.scheduled]
announce = "14d"
remind = ["7d", "3d", "1d"]
change_list = "7d"

[[audience]]
name = "crm"
channels = ["builtin:crm"]
services = ["crm"]

[[audience]]
name = "vpn"
channels = ["builtin:vpn"]
services = ["vpn"]
announce = "4d"
"#;

/// Tuesday 8 December 2026, 14:00 to 16:00.
const SCHEDULE: &str = "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna";

#[tokio::test]
async fn a_told_audience_hears_of_the_move_at_once_and_only_the_rungs_still_ahead() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-12-03 09:00").await;
        // To the 9th: its 7d rung (2 December) is past, 3d and 1d are ahead.
        bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-09 14:00-16:00\" reason:\"vendor\"").await;
        bot.at("2026-12-09 13:00").await;
        assert_timeline(
            &bot.timeline("crm").await,
            &[
                "2026-11-24 14:00 Planned maintenance: Upgrade",
                "2026-12-01 14:00 Reminder: Upgrade",
                "2026-12-03 09:00 Moved: Upgrade",
                "2026-12-06 14:00 Reminder: Upgrade",
                "2026-12-08 14:00 Reminder: Upgrade",
            ],
        );
        assert_eq!(
            bot.messages(1, "crm").await,
            [
                "0 announcement 14d sent",
                "0 reminder 7d sent",
                "1 moved sent",
                "0 reminder 3d superseded moved",
                "1 reminder 3d sent",
                "0 reminder 1d superseded moved",
                "1 reminder 1d sent",
            ]
        );
        assert!(bot.texts("crm").await[2].contains("vendor"));
    })
    .await;
}

#[tokio::test]
async fn an_audience_never_told_gets_its_announcement_at_its_lead_and_nothing_of_the_move() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-09 14:00-16:00\"").await;
        bot.say("anna", "/maintenance extend MW-1 1h").await;
        bot.at("2026-11-26 09:00").await;
        assert_timeline(&bot.timeline("crm").await, &["2026-11-25 14:00 Planned maintenance: Upgrade"]);
        bot.say("anna", "/maintenance schedule \"Other\" service:crm when:\"2027-01-09 14:00-16:00\"").await;
        bot.say("anna", "/maintenance cancel MW-2").await;
        bot.at("2027-01-20 00:00").await;
        assert!(!bot.timeline("crm").await.iter().any(|line| line.contains("Other")));
        bot.say("anna", "/maintenance complete MW-1").await;
    })
    .await;
}

#[tokio::test]
async fn an_edit_of_services_is_announced_to_whom_it_now_concerns_and_called_off_for_the_others() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-12-02 09:00").await;
        bot.say("anna", "/maintenance edit MW-1 service:vpn").await;
        bot.at("2026-12-06 09:00").await;
        // Back again: they were told that it is off for them, so it is announced anew.
        bot.say("anna", "/maintenance edit MW-1 service:crm,vpn").await;
        bot.at("2026-12-07 15:00").await;
        bot.say("anna", "/maintenance cancel MW-1 reason:\"not needed\"").await;
        assert_timeline(
            &bot.timeline("crm").await,
            &[
                "2026-11-24 14:00 Planned maintenance: Upgrade",
                "2026-12-01 14:00 Reminder: Upgrade",
                "2026-12-02 09:00 No longer for you: Upgrade",
                "2026-12-06 09:00 Planned maintenance: Upgrade",
                "2026-12-07 14:00 Reminder: Upgrade",
                "2026-12-07 15:00 Cancelled: Upgrade",
            ],
        );
        assert_timeline(
            &bot.timeline("vpn").await,
            &[
                "2026-12-04 14:00 Planned maintenance: Upgrade",
                "2026-12-05 14:00 Reminder: Upgrade",
                "2026-12-06 09:00 Changed: Upgrade",
                "2026-12-07 14:00 Reminder: Upgrade",
                "2026-12-07 15:00 Cancelled: Upgrade",
            ],
        );
    })
    .await;
}

#[tokio::test]
async fn a_running_window_that_hits_more_is_announced_to_them_at_once_and_nobody_is_taken_for_absent() {
    story(CONFIG, "2026-12-08 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-12-08 14:05").await;
        bot.say("anna", "/maintenance ack MW-1").await;
        bot.at("2026-12-08 15:00").await;
        bot.say("anna", "/maintenance edit MW-1 service:crm,vpn").await;
        bot.at("2026-12-08 15:30").await;
        bot.say("anna", "/maintenance complete MW-1").await;
        assert_timeline(
            &bot.timeline("vpn").await,
            &["2026-12-08 15:00 Planned maintenance: Upgrade", "2026-12-08 15:30 Completed: Upgrade"],
        );
        assert_timeline(
            &bot.timeline("crm").await,
            &[
                "2026-12-08 09:00 Planned maintenance: Upgrade",
                "2026-12-08 14:00 Started: Upgrade",
                "2026-12-08 15:00 Changed: Upgrade",
                "2026-12-08 15:30 Completed: Upgrade",
            ],
        );
        assert!(!bot.timeline("ops").await.iter().any(|line| line.contains("nobody")));
    })
    .await;
}

#[tokio::test]
async fn moving_while_rows_are_due_and_unsent_leaves_one_word_on_the_times() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-11-25 09:00").await;
        // Nothing is sent between these.
        bot.type_only("anna", "/maintenance reschedule MW-1 when:\"2026-12-10 14:00-16:00\"").await;
        bot.type_only("anna", "/maintenance reschedule MW-1 when:\"2026-12-11 14:00-16:00\"").await;
        bot.settle().await;
        assert_eq!(bot.rows(1, "moved").await, ["1 builtin:crm superseded moved", "2 builtin:crm sent"]);
        let moved = bot.texts("crm").await.pop().expect("a post");
        assert!(
            moved.contains("It was planned for Tue 8 Dec 2026"),
            "they were told of the 8th, not the 10th: {moved}"
        );
        assert!(moved.contains("The new time is Fri 11 Dec 2026"), "{moved}");

        bot.type_only("anna", "/maintenance reschedule MW-1 when:\"2026-12-12 14:00-16:00\"").await;
        bot.type_only("anna", "/maintenance extend MW-1 30m").await;
        bot.settle().await;
        bot.type_only("anna", "/maintenance reschedule MW-1 when:\"2026-12-13 14:00-16:00\"").await;
        bot.type_only("anna", "/maintenance cancel MW-1").await;
        bot.settle().await;
        assert_timeline(
            &bot.timeline("crm").await,
            &[
                "2026-11-24 14:00 Planned maintenance: Upgrade",
                "2026-11-25 09:00 Moved: Upgrade",
                "2026-11-25 09:00 Moved: Upgrade",
                "2026-11-25 09:00 Extended by 30m: Upgrade",
                "2026-11-25 09:00 Cancelled: Upgrade",
            ],
        );
        assert_eq!(bot.rows(1, "moved").await.last().map(String::as_str), Some("5 builtin:crm superseded cancelled"));
    })
    .await;
}

#[tokio::test]
async fn extend_adds_to_the_present_end_raises_the_sequence_and_is_told_at_once() {
    story(CONFIG, "2026-12-08 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-12-08 14:30").await;
        bot.say("anna", "/maintenance extend MW-1 30m reason:\"index\"").await;
        bot.say("anna", "/maintenance extend MW-1 1h").await;
        let window = bot.window(1).await;
        assert_eq!((window.sequence, window.span.ends_at), (2, crate::bot::utc("2026-12-08 17:30")));
        let extended = &bot.texts("crm").await[2];
        assert!(extended.contains("index") && extended.contains("Extended by 30m"), "{extended}");
        // An end that would still be past is refused with one that is not.
        bot.at("2026-12-08 19:00").await;
        let refused = bot.refused("anna", "/maintenance extend MW-1 1h").await;
        assert_eq!(refused.hint.as_deref(), Some("/maintenance extend MW-1 2h"));
        bot.say("anna", "/maintenance extend MW-1 2h").await;
        assert_eq!(bot.window(1).await.span.ends_at, crate::bot::utc("2026-12-08 19:30"));
        bot.say("anna", "/maintenance complete MW-1").await;
    })
    .await;
}

#[tokio::test]
async fn facts_that_move_nothing_neither_raise_the_sequence_nor_tell_anybody_but_earlier_posts_follow() {
    story(CONFIG, "2026-11-25 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.say("anna", "/maintenance edit MW-1 title:\"Bigger upgrade\" impact:\"CRM is away\" poc:@sam").await;
        assert_eq!(bot.window(1).await.sequence, 0);
        assert_timeline(&bot.timeline("crm").await, &["2026-11-25 09:00 Planned maintenance: Bigger upgrade"]);
        let post = &bot.texts("crm").await[0];
        assert!(post.contains("CRM is away") && post.contains("sam") && !post.contains("Updated:"), "{post}");
    })
    .await;
}
