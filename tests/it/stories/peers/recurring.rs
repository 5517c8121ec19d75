//! Recurring windows as other tools got them wrong.

use chrono::TimeDelta;
use maintbot::domain::series::SeriesId;
use maintbot::domain::window::Window;

use crate::bot::{Bot, assert_timeline, story, utc};

const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "Europe/Vienna"
ops = ["builtin:ops"]

[policy.scheduled]
announce = "1d"
remind = []
auto_complete = "at_end"
change_list = "1d"

[[audience]]
name = "crm"
channels = ["builtin:crm"]
"#;

async fn windows(bot: &Bot) -> Vec<Window> {
    bot.parts.service.one_series(SeriesId(1)).await.expect("readable").expect("a series").windows
}

/// Item 17. At the change of the clocks a recurring downtime was one hour off, and nobody could say what should happen to a
/// time that is skipped. It moves on by the gap, starts then, and both the calendar and the ledger say so.
#[tokio::test]
async fn story_icinga2_7947_a_skipped_start_moves_on_and_is_said() {
    story(CONFIG, "2027-03-26 12:00", async |bot| {
        let line = "/maintenance series Backup service:crm every:\"FREQ=DAILY;COUNT=4\" at:02:30 for:1h poc:@anna";
        bot.say("anna", line).await;
        bot.at("2027-03-29 12:00").await;
        let shown: Vec<String> = windows(bot).await.iter().take(3).map(|w| w.span.to_string()).collect();
        assert_eq!(
            shown,
            [
                "Sat 27 Mar 2027 02:30–03:30 Europe/Vienna (01:30–02:30 UTC)",
                "Sun 28 Mar 2027 03:30–04:30 Europe/Vienna (01:30–02:30 UTC)",
                "Mon 29 Mar 2027 02:30–03:30 Europe/Vienna (00:30–01:30 UTC)",
            ]
        );
        let started: Vec<String> =
            bot.timeline("crm").await.into_iter().filter(|line| line.contains("Started")).collect();
        assert_timeline(
            &started,
            &[
                "2027-03-27 01:30 Started: Backup",
                "2027-03-28 01:30 Started: Backup",
                "2027-03-29 00:30 Started: Backup",
            ],
        );
        let ledger = bot.say("anna", "/maintenance reminders MW-2").await.message.plain();
        assert!(ledger.contains("its start: the clocks skip that time; moved on by the gap"), "{ledger}");
        for id in 1..=3 {
            bot.say("anna", &format!("/maintenance complete MW-{id}")).await;
        }
    })
    .await;
}

/// Item 18. On the weekend of the change a downtime ran on until Monday night.
#[tokio::test]
async fn story_centreon_3883_on_the_weekend_of_the_change_it_ends_after_its_own_length() {
    story(CONFIG, "2027-03-25 12:00", async |bot| {
        let line = "/maintenance series Backup service:crm every:\"every saturday 22:00 for 8h\" poc:@anna item:Tapes";
        bot.say("anna", line).await;
        bot.at("2027-03-27 22:00").await;
        bot.say("anna", "/maintenance done MW-1 1").await;
        bot.at("2027-03-29 23:00").await;
        let window = bot.window(1).await;
        // 22:00 is 21:00 UTC; eight hours later it is 05:00 UTC, 07:00 on the wall instead of 06:00.
        assert_eq!(
            (window.actual_start, window.actual_end),
            (Some(utc("2027-03-27 21:00")), Some(utc("2027-03-28 05:00")))
        );
        assert_eq!(window.state.as_str(), "completed");
    })
    .await;
}

/// Items 22 and 23. Every week's window had to be made by hand: 52 of them for one weekly slot.
#[tokio::test]
async fn story_terraform_pagerduty_123_and_kener_554_one_line_makes_a_year_of_windows() {
    story(CONFIG, "2027-01-01 12:00", async |bot| {
        bot.say(
            "anna",
            "/maintenance series Patches service:crm every:\"every week on sunday 03:00 for 1h\" poc:@anna",
        )
        .await;
        let windows = windows(bot).await;
        assert!(windows.len() >= 52, "{}", windows.len());
        let steps = windows.windows(2).map(|pair| {
            let wall = |w: &Window| maintbot::domain::calendar::local(w.span.starts_at, &w.span.zone);
            wall(&pair[1]) - wall(&pair[0])
        });
        assert!(steps.clone().count() >= 51 && steps.into_iter().all(|step| step == TimeDelta::days(7)));
        // They are ordinary windows: each is listed.
        let listed = bot.say("anna", "/maintenance list service:crm").await.message.plain();
        assert!(listed.contains("MW-1") && listed.contains("MW-2"), "{listed}");
    })
    .await;
}

/// Item 25. The first occurrence was skipped where the range starts on the same day.
#[tokio::test]
async fn story_uptime_kuma_7704_the_first_occurrence_is_today() {
    // Sunday 3 January 2027 02:59:59 in Vienna.
    story(CONFIG, "2027-01-03 01:59:59", async |bot| {
        let line =
            "/maintenance series Patches service:crm every:\"every week on sunday 03:00 for 1h\" from:2027-01-03";
        bot.say("anna", &format!("{line} poc:@anna")).await;
        assert_eq!(windows(bot).await[0].span.starts_at, utc("2027-01-03 02:00"));
        bot.at("2027-01-03 02:00").await;
        assert_eq!(bot.window(1).await.state.as_str(), "in_progress");
        bot.say("anna", "/maintenance complete MW-1").await;
    })
    .await;
}

/// Items 26 and 27. It started one minute later every day, or worked only once.
#[tokio::test]
async fn story_uptime_kuma_2987_and_5872_it_works_every_time_and_to_the_second() {
    story(CONFIG, "2027-01-04 00:00", async |bot| {
        let line =
            "/maintenance series Backup service:crm every:\"FREQ=DAILY;COUNT=12\" at:02:30 for:1h poc:@anna item:Tapes";
        bot.say("anna", line).await;
        // MW-1 is the 4th of January. 02:30 in Vienna is 01:30 UTC.
        for (id, day) in (2..).zip(5..15) {
            bot.at(&format!("2027-01-{day:02} 02:00")).await;
            bot.say("anna", &format!("/maintenance done MW-{id} 1")).await;
        }
        bot.at("2027-01-14 12:00").await;
        for (id, day) in (2..).zip(5..15) {
            let window = bot.window(id).await;
            let (start, end) = (format!("2027-01-{day:02} 01:30"), format!("2027-01-{day:02} 02:30"));
            assert_eq!((window.actual_start, window.actual_end), (Some(utc(&start)), Some(utc(&end))), "MW-{id}");
        }
        bot.say("anna", "/maintenance complete MW-1 outcome:partial").await;
    })
    .await;
}

/// Item 28. No field of a recurring window could be edited after its first occurrence.
#[tokio::test]
async fn story_checkmate_3546_a_series_is_edited_after_its_first_occurrence() {
    story(CONFIG, "2027-01-01 12:00", async |bot| {
        bot.say(
            "anna",
            "/maintenance series Patches service:crm every:\"every week on sunday 03:00 for 1h\" poc:@anna",
        )
        .await;
        bot.at("2027-01-03 02:20").await;
        bot.say("anna", "/maintenance complete MW-1").await;
        bot.at("2027-01-04 09:00").await;
        // By a window ahead, and by the one that is over: that one stays as it was.
        bot.say("anna", "/maintenance edit MW-2 title:\"Security patches\" --all").await;
        bot.say("anna", "/maintenance edit MW-1 impact:\"Short interruptions\" downtime:5m poc:@lee --all").await;
        bot.say("anna", "/maintenance reschedule MW-2 when:\"2027-01-10 04:00-05:00\" --following").await;
        let all = windows(bot).await;
        let (first, later) = (&all[0], &all[1..]);
        assert_eq!((first.title.as_str(), first.impact.as_str(), first.poc.as_deref()), ("Patches", "", Some("anna")));
        assert!(later.len() >= 52);
        for w in later {
            assert_eq!((w.title.as_str(), w.impact.as_str()), ("Security patches", "Short interruptions"));
            assert_eq!(w.poc.as_deref(), Some("lee"));
            assert!(w.span.to_string().contains(" 04:00–05:00 Europe/Vienna"), "{}", w.span);
        }
        // A time cannot be taken from one that is over.
        let line = "/maintenance reschedule MW-1 when:\"2027-01-10 05:00-06:00\" --all";
        let refused = bot.refused("anna", line).await.message.plain();
        assert!(refused.contains("MW-1") && refused.contains("completed"), "{refused}");
    })
    .await;
}

/// Item 21. Jobs were cron in UTC, with comments such as "around 9am Pacific": cron is read in the zone that is named.
#[tokio::test]
async fn story_triagebot_jobs_cron_is_nine_o_clock_where_you_say() {
    story(CONFIG, "2026-10-20 12:00", async |bot| {
        let line =
            "/maintenance series Triage service:crm every:\"0 9 * * MON\" for:1h tz:America/Los_Angeles poc:@anna";
        bot.say("anna", line).await;
        let starts: Vec<_> = windows(bot).await.iter().take(2).map(|w| w.span.starts_at).collect();
        // Summer time ends there on Sunday 1 November.
        assert_eq!(starts, [utc("2026-10-26 16:00"), utc("2026-11-02 17:00")]);
    })
    .await;
}

/// Item 24. Somebody made the same silence again by hand every time, or forgot: the next ones are made without anybody.
#[tokio::test]
async fn story_alertmanager_214_nobody_has_to_make_the_next_one() {
    story(CONFIG, "2026-11-22 12:00", async |bot| {
        let line = "/maintenance series Patches service:crm every:\"first sunday of month 22:00 for 1h\" poc:@anna";
        bot.say("anna", line).await;
        assert_eq!(windows(bot).await.len(), 24);
        for (n, after) in ["2026-12-06 22:00", "2027-01-03 22:00", "2027-02-07 22:00"].into_iter().enumerate() {
            bot.at(after).await;
            bot.say("anna", &format!("/maintenance complete MW-{}", n + 1)).await;
        }
        let made = windows(bot).await;
        assert_eq!(made.len(), 27, "as many ahead as on the first day");
        assert_eq!(made.last().map(|w| w.span.starts_at), Some(utc("2029-02-04 21:00")));
    })
    .await;
}
