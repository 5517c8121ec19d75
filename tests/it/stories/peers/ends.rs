//! How a window ends, in tools that could not end it early, could not end it late, or never said that it was over.

use maintbot::domain::window::Outcome;

use super::CONFIG;
use crate::bot::{Bot, assert_timeline, story, utc};

/// Saturday 22:00 to 23:00.
const SCHEDULE: &str = "/maintenance schedule Upgrade service:crm when:\"2026-09-26 22:00-23:00\" poc:@anna";

/// What the public page shows as going on.
async fn going_on(bot: &Bot) -> Vec<String> {
    let overview = bot.parts.service.overview(10).await.expect("readable");
    let now = bot.clock.now();
    overview.now.iter().map(|full| format!("{} {}", full.window.id, full.window.state_words(now))).collect()
}

/// Item 30. There was no way to complete early: people deleted the window or faked its end.
#[tokio::test]
async fn story_kener_722_it_is_completed_early_and_says_when_it_really_ended() {
    story(CONFIG, "2026-09-24 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-09-26 22:25").await;
        bot.say("anna", "/maintenance complete MW-1 note:\"Faster than planned\"").await;
        bot.at("2026-09-28 00:00").await;
        let window = bot.window(1).await;
        assert_eq!(window.actual_end, Some(utc("2026-09-26 22:25")));
        assert_eq!(window.span.ends_at, utc("2026-09-26 23:00"), "what was planned is not rewritten");
        assert_eq!(going_on(bot).await, [""; 0]);
        assert_timeline(
            &bot.timeline("crm").await[2..],
            &["2026-09-26 22:00 Started: Upgrade", "2026-09-26 22:25 Completed: Upgrade"],
        );
        let told = bot.texts("crm").await.pop().expect("a post");
        assert!(told.contains("The maintenance ended Sat 26 Sep 2026 22:25"), "{told}");
        assert!(told.contains("Faster than planned"), "{told}");
    })
    .await;
}

/// Item 31. It should end when the service is back, whenever that is.
#[tokio::test]
async fn story_uptime_kuma_3240_it_ends_when_somebody_says_that_the_service_is_back() {
    story(CONFIG, "2026-09-24 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-09-26 23:00").await;
        assert_eq!(going_on(bot).await.len(), 1, "at its end it is not over by itself");
        bot.at("2026-09-27 02:10").await;
        let shown = going_on(bot).await;
        assert!(shown[0].contains("running over"), "{shown:?}");
        bot.say("anna", "/maintenance complete MW-1").await;
        assert_eq!(bot.window(1).await.actual_end, Some(utc("2026-09-27 02:10")));
        assert_eq!(going_on(bot).await, [""; 0]);
        // The team was asked all the while.
        let asked: Vec<String> =
            bot.timeline("ops").await.into_iter().filter(|line| line.contains("running over")).collect();
        assert_timeline(
            &asked,
            &[
                "2026-09-26 23:15 MW-1 Upgrade is running over, 15m past its end",
                "2026-09-26 23:30 MW-1 Upgrade is running over, 30m past its end",
                "2026-09-26 23:45 MW-1 Upgrade is running over, 45m past its end",
                "2026-09-27 00:00 MW-1 Upgrade is running over, 1h past its end",
                "2026-09-27 01:00 MW-1 Upgrade is running over, 2h past its end",
                "2026-09-27 02:00 MW-1 Upgrade is running over, 3h past its end",
            ],
        );
    })
    .await;
}

/// Item 32. Extending is added to the current end and never shortens it.
#[tokio::test]
async fn story_jarvis_218_extending_is_added_to_the_current_end() {
    story(CONFIG, "2026-09-24 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-09-26 22:10").await;
        bot.say("anna", "/maintenance extend MW-1 30m").await;
        assert_eq!(bot.window(1).await.span.ends_at, utc("2026-09-26 23:30"), "not 22:40");
        bot.at("2026-09-26 22:20").await;
        bot.say("lee", "/maintenance extend MW-1 30m").await;
        assert_eq!(bot.window(1).await.span.ends_at, utc("2026-09-27 00:00"));
        let refused = bot.refused("anna", "/maintenance extend MW-1 -30m").await.message.plain();
        assert!(refused.contains("/maintenance extend MW-1"), "{refused}");
        assert_eq!(bot.window(1).await.span.ends_at, utc("2026-09-27 00:00"));
        // Typed twice by the same hand within a minute it is done once.
        bot.at("2026-09-26 22:30").await;
        bot.say("anna", "/maintenance extend MW-1 15m").await;
        bot.say("anna", "/maintenance extend MW-1 15m").await;
        assert_eq!(bot.window(1).await.span.ends_at, utc("2026-09-27 00:15"));
        bot.say("anna", "/maintenance complete MW-1").await;
        let extended = bot.timeline("crm").await.iter().filter(|line| line.contains("Extended")).count();
        assert_eq!(extended, 3);
    })
    .await;
}

/// Item 33. Once past, a window could neither be changed nor removed, and declarative tools jammed on it.
#[tokio::test]
async fn story_terraform_pagerduty_396_what_is_past_says_so_and_a_repeated_call_gets_its_first_answer() {
    story(CONFIG, "2026-09-24 09:00", async |bot| {
        use maintbot::domain::access::{Actor, Role};
        let tool = || Actor::with_role("pipeline", Role::Admin);
        let first = bot.run(tool(), SCHEDULE, Some("release-42")).await;
        bot.at("2026-09-26 22:30").await;
        bot.say("anna", "/maintenance complete MW-1").await;
        bot.at("2026-10-05 09:00").await;
        // The tool says again what it said before: the same answer, no second window, no refusal for a time that is past.
        let again = bot.run(tool(), SCHEDULE, Some("release-42")).await;
        assert_eq!(format!("{again:?}"), format!("{first:?}"));
        assert_eq!(bot.say("anna", "/maintenance list --all").await.windows.len(), 1);
        // What cannot be done any more is refused with the state, who moved it there and when, and changes nothing.
        let before = bot.everything().await;
        for line in [
            "edit MW-1 title:Other",
            "reschedule MW-1 when:\"2026-12-26 22:00-23:00\"",
            "cancel MW-1",
            "extend MW-1 30m",
            "start MW-1",
        ] {
            let refused = bot.refused("anna", &format!("/maintenance {line}")).await.message.plain();
            for part in ["completed", "anna", "26 Sep 2026 22:30", "/maintenance history MW-1"] {
                assert!(refused.contains(part), "{part} in {refused}");
            }
        }
        assert_eq!(bot.everything().await, before);
        // What still makes sense is possible.
        bot.say("anna", "/maintenance note MW-1 \"A late word\"").await;
    })
    .await;
}

/// Item 35. The state of a component did not stay in maintenance until the event was over.
#[tokio::test]
async fn story_oneuptime_1977_it_stays_under_maintenance_until_it_is_over() {
    story(CONFIG, "2026-09-24 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.say("anna", "/maintenance change add MW-1 Upgrade").await;
        bot.at("2026-09-26 21:59").await;
        assert_eq!(going_on(bot).await, [""; 0]);
        for at in ["2026-09-26 22:00", "2026-09-26 22:30", "2026-09-26 23:20", "2026-09-27 09:00"] {
            bot.at(at).await;
            assert_eq!(going_on(bot).await.len(), 1, "{at}");
        }
        // Every item done is not the end either: somebody confirms.
        bot.say("anna", "/maintenance done MW-1 1").await;
        assert_eq!(going_on(bot).await.len(), 1);
        bot.say("anna", "/maintenance complete MW-1").await;
        assert_eq!(going_on(bot).await, [""; 0]);
    })
    .await;
}

/// Item 36. That a service was up again was never announced if it recovered during the maintenance.
#[tokio::test]
async fn story_uptime_kuma_4004_that_it_is_over_is_always_said_to_those_who_knew() {
    story(CONFIG, "2026-09-24 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.say("anna", "/maintenance schedule Other service:vpn when:\"2026-09-27 22:00-23:00\" poc:@anna item:Keys")
            .await;
        // Before its start even, and after an outage of our own.
        bot.at("2026-09-26 21:40").await;
        bot.say("anna", "/maintenance start MW-1").await;
        bot.say("anna", "/maintenance complete MW-1").await;
        bot.at("2026-09-27 22:10").await;
        bot.down_until("2026-09-28 03:00").await;
        bot.say("anna", "/maintenance done MW-2 1").await;
        bot.say("anna", "/maintenance complete MW-2 outcome:rolled_back").await;
        let over: Vec<String> = bot
            .timeline("crm")
            .await
            .into_iter()
            .filter(|line| line.contains("Completed") || line.contains("Rolled back"))
            .collect();
        assert_timeline(&over, &["2026-09-26 21:40 Completed: Upgrade", "2026-09-28 03:00 Rolled back: Other"]);
        assert_eq!(bot.window(2).await.outcome, Some(Outcome::RolledBack));
    })
    .await;
}
