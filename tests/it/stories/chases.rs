//! What the clock does: starting, asking after the absent, chasing what runs over, completing.

use maintbot::domain::window::State;

use crate::bot::{Bot, assert_timeline, story, utc};

fn config(policy: &str) -> String {
    format!(
        r#"
        [organisation]
        name = "Example"
        time_zone = "UTC"
        ops = ["builtin:ops"]

        [policy.scheduled]
        announce = "1d"
        remind = []
        change_list = "1h"
        {policy}

        [[audience]]
        name = "customers"
        channels = ["builtin:news"]
        "#
    )
}

/// Tuesday 8 December 2026, 14:00 to 16:00, with one item.
const SCHEDULE: &str =
    "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna item:\"Patch\"";

/// Times and headings of the chases in ops.
async fn chases(bot: &Bot) -> Vec<String> {
    let all = bot.timeline("ops").await;
    all.into_iter()
        .filter(|line| ["running over", "nobody", "not been started"].iter().any(|s| line.contains(s)))
        .collect()
}

#[tokio::test]
async fn a_window_that_nobody_starts_is_asked_after_until_its_end_and_then_shown_as_not_started() {
    story(&config("auto_start = false"), "2026-12-07 15:00", async |bot| {
        bot.say("anna", &SCHEDULE.replace("14:00-16:00", "14:00-18:00")).await;
        // Being on it is not starting it.
        bot.at("2026-12-08 13:50").await;
        bot.say("anna", "/maintenance ack MW-1").await;
        bot.at("2026-12-09 00:00").await;
        assert_timeline(
            &chases(bot).await,
            &[
                "2026-12-08 14:15 MW-1 Upgrade has not been started, 15m after its planned start",
                "2026-12-08 14:30 MW-1 Upgrade has not been started, 30m after its planned start",
                "2026-12-08 15:30 MW-1 Upgrade has not been started, 1h 30m after its planned start",
                "2026-12-08 16:30 MW-1 Upgrade has not been started, 2h 30m after its planned start",
                "2026-12-08 17:30 MW-1 Upgrade has not been started, 3h 30m after its planned start",
            ],
        );
        let occasions: Vec<_> = bot
            .ledger(1)
            .await
            .iter()
            .filter(|row| row.plan.message.as_str() == "no_show")
            .map(|row| row.plan.occasion.clone())
            .collect();
        assert_eq!(occasions, ["+15m", "+30m", "+90m", "+150m", "+210m"]);
        assert_eq!(bot.window(1).await.state_words(utc("2026-12-09 00:00")), "not started");
        // What was never started is not the next window.
        let next = bot.say("anna", "/maintenance next").await;
        assert!(next.windows.is_empty(), "{}", next.message.plain());
    })
    .await;
}

#[tokio::test]
async fn a_late_start_ends_the_asking_and_a_new_time_begins_it_anew() {
    story(&config("auto_start = false"), "2026-12-07 15:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-12-08 14:20").await;
        bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-08 20:00-22:00\"").await;
        bot.at("2026-12-08 20:20").await;
        bot.say("anna", "/maintenance start MW-1").await;
        assert_eq!(bot.window(1).await.actual_start, Some(utc("2026-12-08 20:20")));
        bot.at("2026-12-08 21:50").await;
        assert_timeline(
            &chases(bot).await,
            &[
                "2026-12-08 14:15 MW-1 Upgrade has not been started, 15m after its planned start",
                "2026-12-08 20:15 MW-1 Upgrade has not been started, 15m after its planned start",
            ],
        );
        bot.say("anna", "/maintenance complete MW-1 outcome:partial").await;
    })
    .await;
}

#[tokio::test]
async fn a_window_that_started_by_itself_is_asked_after_once_and_only_if_nobody_did_anything() {
    story(&config(""), "2026-12-07 15:00", async |bot| {
        for (n, busy) in ["", "/maintenance ack", "/maintenance note", "/maintenance done"].iter().enumerate() {
            let day = 8 + n;
            bot.say("anna", &SCHEDULE.replace("2026-12-08", &format!("2026-12-{day:02}"))).await;
            bot.at(&format!("2026-12-{day:02} 14:10")).await;
            let id = n + 1;
            let rest = match *busy {
                "/maintenance note" => " \"Halfway\"",
                "/maintenance done" => " 1",
                _ => "",
            };
            if !busy.is_empty() {
                bot.say("sam", &format!("{busy} MW-{id}{rest}")).await;
            }
            bot.at(&format!("2026-12-{day:02} 15:50")).await;
            assert_eq!(
                bot.window(i64::try_from(id).expect("small")).await.actual_start,
                Some(utc(&format!("2026-12-{day:02} 14:00")))
            );
            bot.say("anna", &format!("/maintenance complete MW-{id} outcome:partial")).await;
        }
        assert_timeline(
            &chases(bot).await,
            &["2026-12-08 14:15 MW-1 Upgrade: nobody has done anything 15m after its start"],
        );
    })
    .await;
}

#[tokio::test]
async fn running_over_is_chased_four_times_then_hourly_and_at_most_twenty_four_times() {
    story(&config(""), "2026-12-07 15:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-12-08 14:05").await;
        bot.say("anna", "/maintenance ack MW-1").await;
        bot.at("2026-12-11 00:00").await;
        let found = chases(bot).await;
        let times: Vec<&str> = found.iter().map(|line| &line[..16]).collect();
        assert_eq!(
            times[..7],
            [
                "2026-12-08 16:15",
                "2026-12-08 16:30",
                "2026-12-08 16:45",
                "2026-12-08 17:00",
                "2026-12-08 18:00",
                "2026-12-08 19:00",
                "2026-12-08 20:00"
            ]
        );
        assert_eq!((times.len(), times.last().copied()), (24, Some("2026-12-09 13:00")));
        assert!(found[4].ends_with("MW-1 Upgrade is running over, 2h past its end"), "{}", found[4]);
        let rows: Vec<_> = bot.ledger(1).await;
        let first = rows.iter().find(|row| row.plan.message.as_str() == "overrun").expect("a chase");
        assert_eq!(first.plan.occasion, "+15m");
        bot.say("anna", "/maintenance complete MW-1 outcome:partial").await;
    })
    .await;
}

#[tokio::test]
async fn what_a_chase_says_to_type_works_and_extending_or_completing_ends_the_chases() {
    story(&config(""), "2026-12-07 15:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-12-08 14:05").await;
        bot.say("anna", "/maintenance ack MW-1").await;
        bot.at("2026-12-08 17:00").await;
        let text = bot.texts("ops").await.pop().expect("a chase");
        assert!(text.contains("/maintenance complete MW-1 outcome:partial"), "{text}");
        let typed = text.lines().find(|line| line.contains("/maintenance extend")).expect("what to type");
        bot.say("anna", typed).await;
        // 60 minutes past, extended by 90: half an hour from now, and chased from there.
        assert_eq!(bot.window(1).await.span.ends_at, utc("2026-12-08 17:30"));
        bot.at("2026-12-08 17:50").await;
        bot.say("anna", "/maintenance done MW-1 1").await;
        bot.say("anna", "/maintenance complete MW-1").await;
        bot.at("2026-12-09 00:00").await;
        let times: Vec<String> = chases(bot).await.iter().map(|line| line[11..16].to_owned()).collect();
        assert_eq!(times, ["16:15", "16:30", "16:45", "17:00", "17:45"]);
    })
    .await;
}

#[tokio::test]
async fn a_window_completes_by_itself_only_as_its_policy_says() {
    story(&config("auto_complete = \"all_done\""), "2026-12-08 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-12-08 14:20").await;
        bot.say("sam", "/maintenance done MW-1 1").await;
        let window = bot.window(1).await;
        assert_eq!((window.state.as_str(), window.actual_end), ("completed", Some(utc("2026-12-08 14:20"))));
    })
    .await;
    story(&config("auto_complete = \"at_end\""), "2026-12-08 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.say("anna", &SCHEDULE.replace("service:crm", "service:erp").replace("item:\"Patch\"", "")).await;
        bot.say("anna", &SCHEDULE.replace("service:crm", "service:vpn")).await;
        bot.at("2026-12-08 14:20").await;
        bot.say("sam", "/maintenance done MW-1 1").await;
        bot.say("sam", "/maintenance ack MW-2").await;
        bot.say("sam", "/maintenance ack MW-3").await;
        assert_eq!(bot.window(1).await.state.as_str(), "verifying");
        bot.at("2026-12-08 16:10").await;
        let states = [bot.window(1).await.state, bot.window(2).await.state, bot.window(3).await.state];
        assert_eq!(states.map(State::as_str), ["completed", "in_progress", "in_progress"]);
        assert_eq!(bot.window(1).await.actual_end, Some(utc("2026-12-08 16:00")));
        // Past its end the last item completes it, at that moment.
        bot.say("sam", "/maintenance done MW-3 1").await;
        assert_eq!(bot.window(3).await.actual_end, Some(utc("2026-12-08 16:10")));
        bot.say("sam", "/maintenance complete MW-2").await;
    })
    .await;
}

#[tokio::test]
async fn after_an_outage_only_the_last_chase_of_a_run_is_said_and_times_are_those_planned() {
    story(&config("auto_complete = \"at_end\""), "2026-12-08 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.say("anna", &SCHEDULE.replace("service:crm", "service:vpn")).await;
        bot.say("anna", "/maintenance done MW-2 1").await;
        bot.down_until("2026-12-08 18:20").await;
        assert_timeline(
            &chases(bot).await,
            &[
                "2026-12-08 18:20 MW-1 Upgrade: nobody has done anything 15m after its start",
                "2026-12-08 18:20 MW-1 Upgrade is running over, 2h past its end",
            ],
        );
        let [one, two] = [bot.window(1).await, bot.window(2).await];
        assert_eq!(one.actual_start, Some(utc("2026-12-08 14:00")));
        assert_eq!((two.actual_start, two.actual_end), (Some(utc("2026-12-08 14:00")), Some(utc("2026-12-08 16:00"))));
        bot.at("2026-12-08 19:30").await;
        assert_eq!(chases(bot).await.len(), 3, "and then on at 19:00");
        bot.say("anna", "/maintenance complete MW-1 outcome:partial").await;
    })
    .await;
}
