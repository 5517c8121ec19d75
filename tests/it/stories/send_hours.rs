//! Messages that wait until an audience's hours open, and those that never do.

use crate::bot::{assert_timeline, story};

/// One audience that wants to be told between 08:00 and 18:00 in Helsinki (06:00 to 16:00 UTC in winter), and one always.
const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[policy.scheduled]
announce = "7d"
remind = ["2d", "3h"]
change_list = "1d"

[[audience]]
name = "office"
channels = ["builtin:office"]
messages = ["announcement", "reminder", "change_list", "change_list_update", "moved", "cancelled", "started", "extended", "completed", "note"]
send_hours = "08:00-18:00"
time_zone = "Europe/Helsinki"

[[audience]]
name = "always"
channels = ["builtin:always"]
"#;

fn schedule(when: &str) -> String {
    format!("/maintenance schedule \"Upgrade\" service:crm when:\"{when}\" poc:@anna item:\"Patch\"")
}

#[tokio::test]
async fn what_is_not_urgent_waits_until_the_hours_open() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        // Tuesday 8 December 20:00 UTC: a day before is 22:00 in Helsinki.
        bot.say("anna", &schedule("2026-12-08 20:00-22:00")).await;
        bot.at("2026-12-07 21:00").await;
        bot.say("anna", "/maintenance change add MW-1 \"Restart\"").await;
        bot.at("2026-12-08 20:01").await;
        assert_timeline(
            &bot.timeline("office").await,
            &[
                "2026-12-02 06:00 Planned maintenance: Upgrade",
                "2026-12-07 06:00 Reminder: Upgrade",
                "2026-12-08 06:00 Change list for Upgrade (MW-1), 2 items",
                // Three hours before is 19:00 in Helsinki; the hours open only after the start, so it is not held.
                "2026-12-08 17:00 Reminder: Upgrade",
                "2026-12-08 20:00 Started: Upgrade",
            ],
        );
        assert_timeline(
            &bot.timeline("always").await[..3],
            &[
                "2026-12-01 20:00 Planned maintenance: Upgrade",
                "2026-12-06 20:00 Reminder: Upgrade",
                "2026-12-08 17:00 Reminder: Upgrade",
            ],
        );
        let held = bot
            .ledger(1)
            .await
            .into_iter()
            .find(|row| row.plan.message.as_str() == "announcement" && row.plan.audience == "office");
        assert!(held.and_then(|row| row.plan.note).is_some_and(|note| note.contains("hours of office")));
        bot.say("anna", "/maintenance complete MW-1 outcome:partial").await;
    })
    .await;
}

#[tokio::test]
async fn moves_and_cancellations_wait_and_the_last_word_is_the_one_that_is_said() {
    story(CONFIG, "2026-12-02 09:00", async |bot| {
        bot.say("anna", &schedule("2026-12-08 10:00-12:00")).await;
        bot.at("2026-12-03 20:00").await;
        bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-09 10:00-12:00\"").await;
        bot.at("2026-12-03 21:00").await;
        bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-10 10:00-12:00\"").await;
        bot.at("2026-12-04 20:00").await;
        assert_timeline(
            &bot.timeline("office").await,
            &["2026-12-02 09:00 Planned maintenance: Upgrade", "2026-12-04 06:00 Moved: Upgrade"],
        );
        bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-11 10:00-12:00\"").await;
        bot.at("2026-12-04 21:00").await;
        bot.say("anna", "/maintenance cancel MW-1").await;
        assert_eq!(bot.timeline("always").await.len(), 5, "nobody waits there");
        bot.at("2026-12-05 07:00").await;
        assert_timeline(&bot.timeline("office").await[2..], &["2026-12-05 06:00 Cancelled: Upgrade"]);
    })
    .await;
}

#[tokio::test]
async fn what_starts_before_the_hours_open_is_never_held() {
    story(CONFIG, "2026-12-07 21:00", async |bot| {
        bot.say("anna", &schedule("2026-12-08 05:00-05:30")).await;
        bot.at("2026-12-07 22:00").await;
        bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-08 05:30-06:00\"").await;
        bot.at("2026-12-07 23:00").await;
        bot.say("anna", "/maintenance cancel MW-1").await;
        // As the hours open it is not before them.
        bot.say("anna", &schedule("2026-12-08 06:00-06:30")).await;
        assert_timeline(
            &bot.timeline("office").await,
            &[
                "2026-12-07 21:00 Planned maintenance: Upgrade",
                "2026-12-07 21:10 Change list for Upgrade (MW-1), 1 item",
                "2026-12-07 22:00 Moved: Upgrade",
                "2026-12-07 23:00 Cancelled: Upgrade",
                "2026-12-07 23:00 Planned maintenance: Upgrade",
            ],
        );
    })
    .await;
}

#[tokio::test]
async fn what_happens_during_a_window_is_never_held() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("anna", &schedule("2026-12-08 18:00-20:00")).await;
        bot.at("2026-12-08 18:30").await;
        bot.say("anna", "/maintenance note MW-1 \"Halfway\"").await;
        bot.say("anna", "/maintenance extend MW-1 1h").await;
        bot.at("2026-12-08 20:30").await;
        bot.say("anna", "/maintenance complete MW-1 outcome:partial").await;
        let posts = bot.timeline("office").await;
        assert_timeline(
            &posts[posts.len() - 4..],
            &[
                "2026-12-08 18:00 Started: Upgrade",
                "2026-12-08 18:30 Update: Upgrade",
                "2026-12-08 18:30 Extended by 1h: Upgrade",
                "2026-12-08 20:30 Completed in part: Upgrade",
            ],
        );
    })
    .await;
}
