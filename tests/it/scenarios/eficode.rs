//! One break a month in a fixed window; a typed list of changes goes to listed persons a week before; the break runs
//! over, is chased, extended and completed.

use crate::bot::{assert_timeline, story};

const CONFIG: &str = r#"
[organisation]
name = "Tools Company"
time_zone = "Europe/Helsinki"
ops = ["builtin:ops"]

[[service]]
id = "jira"
name = "Jira"

[policy.scheduled]
announce = "14d"
remind = ["1d"]
change_list = "7d"
overrun_chase = "15m"

[[audience]]
name = "customers"
channels = ["builtin:maintenance"]

[[audience]]
name = "listed-persons"
channels = ["builtin:listed"]
messages = ["change_list", "change_list_update", "completed"]
"#;

#[tokio::test]
async fn the_monthly_break_sends_its_list_a_week_before_runs_over_is_chased_extended_and_completed() {
    story(CONFIG, "2026-10-01 09:00", async |bot| {
        // Clocks go back in Finland on 25 October: the leads keep the time on the wall.
        bot.say(
            "mikko",
            "/maintenance schedule \"Monthly break\" service:jira when:\"sunday, november 1, 16:00-20:00\" downtime:1h \
             impact:\"Jira is unavailable\" category:staying_current poc:@mikko",
        )
        .await;
        let list = "- [ ] Jira to 10.3\n- [ ] Plugin updates\n  - [ ] Tempo 18 (CVE-2026-1234)\n- [ ] OS patches";
        bot.say("mikko", &format!("/maintenance change import MW-1 \"{list}\"")).await;
        bot.at("2026-10-26 12:00").await;
        bot.say("mikko", "/maintenance change add MW-1 \"Move attachments\" kind:migration").await;
        bot.say("mikko", "/maintenance change remove MW-1 4").await;

        bot.at("2026-11-01 14:05").await;
        bot.say("mikko", "/maintenance note MW-1 \"Backup taken\"").await;
        bot.at("2026-11-01 18:32").await;
        bot.say("mikko", "/maintenance extend MW-1 1h reason:\"index rebuild\"").await;
        bot.at("2026-11-01 18:50").await;
        for item in ["1", "3", "5"] {
            bot.say("anna", &format!("/maintenance done MW-1 {item}")).await;
        }
        bot.at("2026-11-01 18:55").await;
        bot.say("mikko", "/maintenance complete MW-1").await;
        bot.at("2026-12-01 00:00").await;

        assert_timeline(
            &bot.timeline("maintenance").await,
            &[
                "2026-10-18 13:00 Planned maintenance: Monthly break",
                "2026-10-31 14:00 Reminder: Monthly break",
                "2026-11-01 14:00 Started: Monthly break",
                "2026-11-01 14:05 Update: Monthly break",
                "2026-11-01 18:32 Extended by 1h: Monthly break",
                "2026-11-01 18:55 Completed: Monthly break",
            ],
        );
        assert_timeline(
            &bot.timeline("listed").await,
            &[
                "2026-10-25 14:00 Change list for Monthly break (MW-1), 3 items",
                "2026-10-26 12:10 The change list of Monthly break (MW-1) has changed",
            ],
        );
        assert_timeline(
            &bot.timeline("ops").await,
            &[
                "2026-11-01 13:45 MW-1 Monthly break starts in 15m",
                "2026-11-01 18:15 MW-1 Monthly break is running over, 15m past its end",
                "2026-11-01 18:30 MW-1 Monthly break is running over, 30m past its end",
                "2026-11-01 18:50 MW-1 Monthly break: every change item is reported done",
            ],
        );
        let difference = &bot.texts("listed").await[1];
        assert!(difference.contains("Added: 5. Move attachments") && difference.contains("Removed: 4. OS patches"));
    })
    .await;
}
