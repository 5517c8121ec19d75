//! What users of other tools asked for and did not get, told as stories of the whole product. The numbers are issues in
//! public trackers.
//!
//! | what | where |
//! |---|---|
//! | `OneUptime` 2018 and 2149, probo 1591, uptime-kuma 3141, cachet 2764 | here |
//! | triagebot, alertmanager 214, icinga2 7947, centreon 3883, kener 554, terraform-provider-pagerduty 123, uptime-kuma 7704, 5872 and 2987, Checkmate 3546 | `recurring` |
//! | kener 722, uptime-kuma 3240 and 4004, jarvis 218, terraform-provider-pagerduty 396, `OneUptime` 1977 | `ends` |
//! | uptime-kuma 6233 and 3626, rrule 550, cachet 674, and what is true of rules alone in the second row | `recurrence::stories` |
//! | uptime-kuma 4856, matrix-reminder-bot 57 | `commands::times` |

mod ends;
mod recurring;

use crate::bot::{assert_timeline, story, utc};

const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[policy.scheduled]
announce = "14d"
remind = ["7d", "1d"]

[[audience]]
name = "crm"
channels = ["builtin:crm"]
"#;

/// Item 3. After a move from 26 September to 8 October the mail "one day before" went out for the old date.
#[tokio::test]
async fn story_oneuptime_2018_after_a_move_nobody_is_reminded_of_the_old_date() {
    story(CONFIG, "2026-09-10 09:00", async |bot| {
        bot.say("anna", "/maintenance schedule Upgrade service:crm when:\"2026-09-26 22:00-23:00\" poc:@anna").await;
        bot.at("2026-09-24 09:00").await;
        bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-10-08 22:00-23:00\"").await;
        bot.at("2026-10-08 21:00").await;
        assert_timeline(
            &bot.timeline("crm").await,
            &[
                "2026-09-12 22:00 Planned maintenance: Upgrade",
                "2026-09-19 22:00 Reminder: Upgrade",
                "2026-09-24 09:00 Moved: Upgrade",
                "2026-10-01 22:00 Reminder: Upgrade",
                "2026-10-07 22:00 Reminder: Upgrade",
            ],
        );
        for reminder in &bot.texts("crm").await[3..] {
            assert!(reminder.contains("Thu 8 Oct 2026") && !reminder.contains("26 Sep"), "{reminder}");
        }
    })
    .await;
}

/// Item 4. The mail "ongoing" was sent twice to every subscriber.
#[tokio::test]
async fn story_oneuptime_2149_the_start_is_told_once_however_it_comes_about() {
    // The same people read one channel by way of two audiences.
    let config = format!("{CONFIG}\n[[audience]]\nname = \"vip\"\nchannels = [\"builtin:crm\", \"builtin:vip\"]\n");
    story(&config, "2026-09-10 09:00", async |bot| {
        bot.say("anna", "/maintenance schedule Upgrade service:crm when:\"2026-09-26 22:00-23:00\" poc:@anna").await;
        // Started by hand before its time, so the clock has nothing to start; then the process goes away and comes back.
        bot.at("2026-09-26 21:50").await;
        bot.say("anna", "/maintenance start MW-1").await;
        bot.at("2026-09-26 22:00").await;
        bot.settle().await;
        let twice = bot.refused("anna", "/maintenance start MW-1").await.message.plain();
        assert!(twice.contains("MW-1"), "{twice}");
        bot.down_until("2026-09-26 22:40").await;
        bot.say("anna", "/maintenance complete MW-1").await;
        for channel in ["crm", "vip"] {
            let started = bot.timeline(channel).await.iter().filter(|line| line.contains("Started")).count();
            assert_eq!(started, 1, "{channel}");
        }
        assert_eq!(bot.rows(1, "started").await, ["0 builtin:crm sent", "0 builtin:vip sent"]);
    })
    .await;
}

/// Item 9. Two of three escalations fell on a weekend.
#[tokio::test]
async fn story_probo_1591_reminders_keep_to_working_days() {
    let ladder = "announce = \"14d\"\nreminders_on = \"working_days\"\nremind = [\"10d\", \"9d\", \"2d\", \"1d\"]";
    let config = CONFIG.replace("announce = \"14d\"\nremind = [\"7d\", \"1d\"]", ladder);
    story(&config, "2026-09-01 09:00", async |bot| {
        // Tuesday 22 September; 10d is Saturday 12, 9d Sunday 13, 2d Sunday 20, 1d Monday 21.
        bot.say("anna", "/maintenance schedule Upgrade service:crm when:\"2026-09-22 22:00-23:00\" poc:@anna").await;
        bot.at("2026-09-22 21:00").await;
        assert_timeline(
            &bot.timeline("crm").await,
            &[
                "2026-09-08 22:00 Planned maintenance: Upgrade",
                // Both of that weekend are one on the Friday before.
                "2026-09-11 22:00 Reminder: Upgrade",
                "2026-09-18 22:00 Reminder: Upgrade",
                "2026-09-21 22:00 Reminder: Upgrade",
            ],
        );
        let merged = bot.rows(1, "reminder").await;
        assert!(merged.contains(&"0 10d builtin:crm skipped day_off_merge".to_owned()), "{merged:?}");
    })
    .await;
}

/// Item 29. Several time frames under one maintenance.
#[tokio::test]
async fn story_uptime_kuma_3141_one_maintenance_has_several_time_frames() {
    story(CONFIG, "2026-09-01 09:00", async |bot| {
        bot.say("anna", "/maintenance plan new \"Storage move\"").await;
        for (title, when) in [("Night one", "2026-09-22 22:00-23:00"), ("Night two", "2026-09-24 22:00-23:30")] {
            let line = format!("/maintenance schedule \"{title}\" service:crm plan:PL-1 when:\"{when}\" poc:@anna");
            bot.say("anna", &line).await;
        }
        bot.say("anna", "/maintenance plan publish PL-1").await;
        bot.at("2026-09-23 12:00").await;
        bot.say("anna", "/maintenance complete MW-1").await;
        bot.at("2026-09-24 23:00").await;
        bot.say("anna", "/maintenance complete MW-2").await;
        assert_timeline(
            &bot.timeline("crm").await,
            &[
                "2026-09-08 22:00 Planned maintenance in 2 phases: Storage move",
                "2026-09-15 22:00 Reminder: Storage move, phase 1 of 2: Night one",
                "2026-09-17 22:00 Reminder: Storage move, phase 2 of 2: Night two",
                "2026-09-21 22:00 Reminder: Storage move, phase 1 of 2: Night one",
                "2026-09-22 22:00 Started: Storage move, phase 1 of 2: Night one",
                "2026-09-23 12:00 Completed: Storage move, phase 1 of 2: Night one",
                "2026-09-23 22:00 Reminder: Storage move, phase 2 of 2: Night two",
                "2026-09-24 22:00 Started: Storage move, phase 2 of 2: Night two",
                "2026-09-24 23:00 Completed: Storage move, phase 2 of 2: Night two",
            ],
        );
        let announced = &bot.texts("crm").await[0];
        for when in ["Tue 22 Sep 2026 22:00–23:00", "Thu 24 Sep 2026 22:00–23:30"] {
            assert!(announced.contains(when), "both time frames in one message: {announced}");
        }
    })
    .await;
}

/// Item 34. A maintenance was stored without an end.
#[tokio::test]
async fn story_cachet_2764_without_an_end_it_is_not_stored() {
    story(CONFIG, "2026-09-01 09:00", async |bot| {
        for when in ["2026-09-26 22:00", "saturday 22:00", "in 3 days at 02:00"] {
            let refused =
                bot.refused("anna", &format!("/maintenance schedule Upgrade service:crm when:\"{when}\"")).await;
            let text = refused.message.plain();
            assert!(text.contains("/maintenance schedule Upgrade service:crm"), "a line to copy: {text}");
            assert!(text.contains(" for ") || text.contains("for:"), "how to say how long: {text}");
        }
        let none = bot.say("anna", "/maintenance list").await;
        assert_eq!(none.windows, []);
        // The length may stand on its own.
        bot.say("anna", "/maintenance schedule Upgrade service:crm when:\"2026-09-26 22:00\" for:90m poc:@anna").await;
        assert_eq!(bot.window(1).await.span.ends_at, utc("2026-09-26 23:30"));
    })
    .await;
}
