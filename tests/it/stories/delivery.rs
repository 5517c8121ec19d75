//! What is sent, in which order, once; also after maintbot was down.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use maintbot::domain::access::{Actor, Role};
use maintbot::domain::channel::Lane;
use maintbot::domain::ledger::Delivery;
use maintbot::service::Answer;

use crate::bot::{assert_timeline, story, utc};

const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[policy.scheduled]
announce = "14d"
remind = ["7d", "3d", "1d", "1h"]
change_list = "7d"

[[audience]]
name = "customers"
channels = ["builtin:news"]
"#;

/// Tuesday 8 December 2026, 14:00 to 16:00.
const SCHEDULE: &str =
    "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna item:\"Patch\"";

#[tokio::test]
async fn down_over_the_announcement_and_several_rungs_only_the_announcement_is_said() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.down_until("2026-12-06 09:00").await;
        assert_timeline(&bot.timeline("news").await, &["2026-12-06 09:00 Planned maintenance: Upgrade"]);
        bot.at("2026-12-07 15:00").await;
        assert_eq!(
            bot.messages(1, "news").await,
            [
                "0 announcement 14d sent",
                "0 reminder 7d skipped already_told",
                "0 reminder 3d skipped already_told",
                "0 reminder 1d sent",
                "0 reminder 1h due",
            ]
        );
        assert_timeline(&bot.timeline("ops").await, &["2026-12-06 09:00 Change list for Upgrade (MW-1), 1 item"]);
    })
    .await;
}

#[tokio::test]
async fn down_over_several_rungs_only_the_last_of_them_is_said() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-11-25 09:00").await;
        bot.down_until("2026-12-06 09:00").await;
        assert_eq!(
            bot.messages(1, "news").await,
            [
                "0 announcement 14d sent",
                "0 reminder 7d superseded newer",
                "0 reminder 3d sent",
                "0 reminder 1d due",
                "0 reminder 1h due",
            ]
        );
        let reminder = bot.texts("news").await.pop().expect("a reminder");
        assert!(reminder.contains("It starts in 2 days."), "what is true now, not at its lead: {reminder}");
    })
    .await;
}

#[tokio::test]
async fn down_over_the_start_the_rungs_are_past_and_the_start_is_told() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-12-08 12:00").await;
        bot.down_until("2026-12-08 14:10").await;
        assert_eq!(
            bot.messages(1, "news").await[4..],
            ["0 reminder 1h superseded newer".to_owned(), "0 started sent".to_owned()]
        );
        assert_eq!(bot.rows(1, "starting").await, ["0 builtin:ops superseded newer"]);
        bot.say("anna", "/maintenance complete MW-1 outcome:partial").await;
    })
    .await;
}

#[tokio::test]
async fn down_over_start_and_completion_only_the_completion_is_told() {
    let config = CONFIG.replace("change_list = \"7d\"", "change_list = \"7d\"\nauto_complete = \"at_end\"");
    story(&config, "2026-11-20 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.say("anna", "/maintenance done MW-1 1").await;
        bot.at("2026-12-08 13:30").await;
        bot.down_until("2026-12-08 17:00").await;
        let told = bot.messages(1, "news").await;
        assert_eq!(told[5..], ["0 started superseded newer".to_owned(), "0 completed sent".to_owned()]);
        assert_timeline(&bot.timeline("ops").await[1..], &[]);
        let completed = bot.texts("news").await.pop().expect("a completion");
        assert!(completed.contains("The maintenance ended Tue 8 Dec 2026 16:00 UTC"), "{completed}");
    })
    .await;
}

#[tokio::test]
async fn whoever_was_never_told_hears_nothing_of_a_completion() {
    let config = CONFIG.to_owned() + "messages = [\"completed\"]";
    story(&config, "2026-12-08 13:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-12-08 14:10").await;
        bot.say("anna", "/maintenance complete MW-1 outcome:partial").await;
        assert_eq!(bot.messages(1, "news").await, ["0 completed skipped not_told_before"]);
    })
    .await;
}

#[tokio::test]
async fn per_channel_a_windows_messages_arrive_in_the_order_they_were_due_and_no_key_comes_twice() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.say("anna", &SCHEDULE.replace("Upgrade", "Other").replace("12-08", "12-09")).await;
        bot.at("2026-12-01 15:00").await;
        bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-10 14:00-16:00\"").await;
        bot.at("2026-12-08 15:00").await;
        bot.down_until("2026-12-10 14:30").await;
        bot.say("anna", "/maintenance extend MW-1 1h").await;
        bot.say("anna", "/maintenance complete MW-1 outcome:partial").await;
        bot.say("anna", "/maintenance complete MW-2 outcome:partial").await;
        for id in [1, 2] {
            let rows = bot.ledger(id).await;
            let keys: BTreeSet<String> = rows.iter().map(Delivery::key).collect();
            assert_eq!(keys.len(), rows.len());
            let mut sent: Vec<_> =
                rows.iter().filter(|r| r.remote_id.is_some() && r.plan.channel.to_string() == "builtin:news").collect();
            sent.sort_by_key(|row| row.remote_id.as_deref().and_then(|id| id.parse::<i64>().ok()));
            assert!(sent.is_sorted_by_key(|row| row.plan.due_at), "{sent:#?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_redelivery_gets_the_first_answer_also_of_refusals_dry_runs_repeats_and_reading() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        let anna = || Actor::with_role("anna", Role::Admin);
        let refused = bot.run(anna(), "/maintenance show MW-1", Some("a")).await;
        let dry = bot.run(anna(), &format!("{SCHEDULE} --dry-run"), Some("b")).await;
        let done = bot.run(anna(), SCHEDULE, Some("c")).await;
        let again = bot.run(anna(), SCHEDULE, Some("d")).await;
        let read = bot.run(anna(), "/maintenance show MW-1", Some("e")).await;
        assert!(matches!(refused, Answer::Refused(_)));
        for answer in [&dry, &done, &again, &read] {
            assert!(matches!(answer, Answer::Done(_)));
        }
        // The world goes on; the sender has not heard an answer and asks again.
        bot.at("2026-12-01 10:00").await;
        bot.say("anna", "/maintenance edit MW-1 title:\"New name\"").await;
        assert_eq!(bot.run(anna(), "/maintenance show MW-1", Some("a")).await, refused);
        assert_eq!(bot.run(anna(), &format!("{SCHEDULE} --dry-run"), Some("b")).await, dry);
        assert_eq!(bot.run(anna(), SCHEDULE, Some("c")).await, done);
        assert_eq!(bot.run(anna(), SCHEDULE, Some("d")).await, again);
        assert_eq!(bot.run(anna(), "/maintenance show MW-1", Some("e")).await, read);
        let next = bot.say("anna", &SCHEDULE.replace("Upgrade", "Next").replace("service:crm", "service:vpn")).await;
        assert_eq!(next.windows[0].0, 2, "nothing was done twice");
        // The same id from elsewhere is another request.
        assert!(matches!(bot.run_in("elsewhere", anna(), "/maintenance show MW-1", Some("a")).await, Answer::Done(_)));
    })
    .await;
}

#[tokio::test]
async fn the_same_delivered_twice_at_the_same_moment_is_done_once_and_answered_alike() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        let anna = || Actor::with_role("anna", Role::Admin);
        let (a, b, c) = tokio::join!(
            bot.run(anna(), SCHEDULE, Some("k")),
            bot.run(anna(), SCHEDULE, Some("k")),
            bot.run(anna(), SCHEDULE, Some("k"))
        );
        assert!(a == b && b == c, "{a:?}\n{b:?}\n{c:?}");
        bot.at("2026-12-08 14:00").await;
        let (a, b) = tokio::join!(
            bot.run(anna(), "/maintenance cancel MW-1", Some("x")),
            bot.run(anna(), "/maintenance cancel MW-1", Some("x"))
        );
        assert!(matches!(a, Answer::Refused(_)) && a == b, "{a:?}\n{b:?}");
        let (a, b) = tokio::join!(
            bot.run(anna(), "/maintenance complete MW-1 outcome:partial", Some("y")),
            bot.run(anna(), "/maintenance complete MW-1 outcome:partial", Some("y"))
        );
        assert!(matches!(a, Answer::Done(_)) && a == b, "{a:?}\n{b:?}");
        // Two presses of Enter in one moment: two requests, one window.
        let other = SCHEDULE.replace("12-08", "12-09");
        let (a, b) = tokio::join!(bot.run(anna(), &other, None), bot.run(anna(), &other, None));
        let windows = [a, b].map(|answer| match answer {
            Answer::Done(reply) => reply.windows[0].0,
            Answer::Refused(refused) => panic!("{}", refused.detail),
        });
        assert_eq!(windows, [2, 2]);
    })
    .await;
}

#[tokio::test]
async fn a_row_whose_sender_died_is_sent_by_another_when_the_lease_ends() {
    story(CONFIG, "2026-12-07 09:00", async |bot| {
        bot.type_only("anna", SCHEDULE).await;
        let now = utc("2026-12-07 09:00");
        let claimed =
            bot.parts.db.write(async |tx| tx.claim(Lane::Inside, "dead", now, now + TimeDelta::minutes(5), 100).await);
        assert_eq!(claimed.await.expect("claimed").len(), 2, "the announcement and the issue");
        bot.settle().await;
        assert_timeline(&bot.timeline("news").await, &[]);
        bot.at("2026-12-07 09:10").await;
        assert_timeline(&bot.timeline("news").await, &["2026-12-07 09:05 Planned maintenance: Upgrade"]);
        assert!(bot.issue(1).await.open);
    })
    .await;
}

#[tokio::test]
async fn a_move_made_while_the_announcement_is_being_sent_reaches_its_readers_with_it() {
    story(CONFIG, "2026-12-06 09:00", async |bot| {
        bot.type_only("anna", SCHEDULE).await;
        let now = utc("2026-12-06 09:00");
        let claimed =
            bot.parts.db.write(async |tx| tx.claim(Lane::Inside, "slow", now, now + TimeDelta::minutes(5), 100).await);
        claimed.await.expect("claimed");
        bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-09 14:00-16:00\"").await;
        bot.at("2026-12-06 10:00").await;
        // It goes out as things are by then, so nobody has to be told of the move.
        assert_timeline(&bot.timeline("news").await, &["2026-12-06 09:05 Planned maintenance: Upgrade"]);
        assert!(bot.texts("news").await[0].contains("Wed 9 Dec 2026"));
    })
    .await;
}

#[tokio::test]
async fn posts_are_brought_in_step_on_move_start_completion_and_cancellation() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.say("anna", &SCHEDULE.replace("Upgrade", "Other").replace("service:crm", "service:vpn")).await;
        bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-09 14:00-16:00\"").await;
        bot.say("anna", "/maintenance cancel MW-2").await;
        let [first, second] = [bot.texts("news").await[0].clone(), bot.texts("news").await[1].clone()];
        assert!(first.contains("Updated: MW-1 is now scheduled, Wed 9 Dec 2026 14:00–16:00 UTC."), "{first}");
        assert!(!first.contains("8 Dec"), "{first}");
        assert!(second.contains("Updated: MW-2 is now cancelled"), "{second}");
        bot.at("2026-12-09 14:00").await;
        assert!(bot.texts("news").await[0].contains("Updated: MW-1 is now in progress"));
        bot.say("anna", "/maintenance complete MW-1 outcome:rolled_back").await;
        let texts = bot.texts("news").await;
        assert!(texts[0].contains("Updated: MW-1 is now rolled back"), "{}", texts[0]);
        let started = texts.iter().find(|text| text.starts_with("Started")).expect("the start");
        assert!(started.contains("Updated: MW-1 is now rolled back"), "{started}");
        let reminder = texts.iter().find(|text| text.starts_with("Reminder")).expect("a reminder");
        assert!(!reminder.contains("It starts in"), "{reminder}");
    })
    .await;
}

#[tokio::test]
async fn a_reminder_asked_for_goes_now_although_the_announcement_is_fresh() {
    story(CONFIG, "2026-12-02 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-12-02 09:10").await;
        let reply = bot.say("anna", "/maintenance remind MW-1").await;
        assert!(reply.message.plain().contains("reminder 3d"), "{}", reply.message.plain());
        bot.at("2026-12-06 00:00").await;
        assert_timeline(
            &bot.timeline("news").await,
            &["2026-12-02 09:00 Planned maintenance: Upgrade", "2026-12-02 09:10 Reminder: Upgrade"],
        );
        bot.at("2026-12-08 14:00").await;
        bot.say("anna", "/maintenance complete MW-1 outcome:partial").await;
        assert_eq!(bot.refused("anna", "/maintenance remind MW-1").await.sort, "state");
    })
    .await;
}
