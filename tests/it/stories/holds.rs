//! Holding a plan: its later phases do not start before it is released.

use maintbot::domain::window::State;

use super::plans::{CONFIG, complete, published};
use crate::bot::{assert_timeline, story, utc};

#[tokio::test]
async fn a_phase_that_failed_holds_the_later_ones_and_says_so() {
    for outcome in ["failed", "rolled_back"] {
        story(CONFIG, "2026-11-20 09:00", async |bot| {
            published(bot).await;
            bot.at("2026-12-08 15:00").await;
            complete(bot, 1, outcome).await;
            let held = bot.plan(1).await.phases.plan.held.expect("held");
            assert!(held.reason.contains("MW-1"), "{}", held.reason);
            let said = bot.timeline("news").await;
            assert!(said[said.len() - 1].contains("2026-12-08 15:00 On hold: Infrastructure upgrade"), "{said:?}");
            let ops = bot.timeline("ops").await;
            assert!(ops.iter().any(|line| line.contains("On hold: Infrastructure upgrade")), "{ops:?}");
            bot.at("2026-12-10 14:20").await;
            assert_eq!(bot.window(2).await.state, State::Scheduled, "its start went by");
            let refused = bot.refused("anna", "/maintenance start MW-2").await;
            assert!(refused.detail.contains("PL-1 is on hold"), "{}", refused.detail);
            assert_eq!(refused.hint.as_deref(), Some("/maintenance release PL-1"));
        })
        .await;
    }
}

#[tokio::test]
async fn a_phase_that_went_well_or_in_part_holds_nothing() {
    for outcome in ["success", "partial"] {
        story(CONFIG, "2026-11-20 09:00", async |bot| {
            published(bot).await;
            bot.at("2026-12-08 15:00").await;
            complete(bot, 1, outcome).await;
            assert_eq!(bot.plan(1).await.phases.plan.held, None);
            bot.at("2026-12-10 14:00").await;
            assert_eq!(bot.window(2).await.state, State::InProgress);
            complete(bot, 2, "success").await;
        })
        .await;
    }
}

#[tokio::test]
async fn hold_and_release_stop_and_resume_and_both_are_said() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        published(bot).await;
        bot.at("2026-12-08 14:10").await;
        bot.say("lee", "/maintenance hold PL-1 reason:\"the backup is late\"").await;
        assert_eq!(bot.window(1).await.state, State::InProgress, "what has begun goes on");
        assert!(bot.refused("lee", "/maintenance hold PL-1").await.detail.contains("on hold already"));
        complete(bot, 1, "success").await;
        bot.at("2026-12-09 09:00").await;
        bot.say("lee", "/maintenance release PL-1 reason:\"it is there\"").await;
        assert!(bot.refused("lee", "/maintenance release PL-1").await.detail.contains("not on hold"));
        bot.at("2026-12-10 14:00").await;
        assert_eq!(bot.window(2).await.actual_start, Some(utc("2026-12-10 14:00")));
        let posts = bot.timeline("news").await;
        let said: Vec<_> = posts.iter().filter(|line| line.contains("hold") || line.contains("Goes on")).collect();
        assert_eq!(
            said,
            ["2026-12-08 14:10 On hold: Infrastructure upgrade", "2026-12-09 09:00 Goes on: Infrastructure upgrade"]
        );
        let texts = bot.texts("news").await.join("\n");
        assert!(texts.contains("the backup is late") && texts.contains("it is there"), "{texts}");
        complete(bot, 2, "success").await;
    })
    .await;
}

/// Phases keep their times: one whose start went by while it was held is started by hand, or moved.
#[tokio::test]
async fn released_after_its_start_a_phase_does_not_start_by_itself() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        published(bot).await;
        bot.say("lee", "/maintenance hold PL-1").await;
        bot.at("2026-12-08 14:30").await;
        let reply = bot.say("lee", "/maintenance release PL-1").await.message.plain();
        assert!(reply.contains("/maintenance start MW-1"), "{reply}");
        bot.at("2026-12-08 14:40").await;
        assert_eq!(bot.window(1).await.state, State::Scheduled);
        bot.say("anna", "/maintenance start MW-1").await;
        assert_eq!(bot.window(1).await.actual_start, Some(utc("2026-12-08 14:40")));
        complete(bot, 1, "success").await;
        // The next one is ahead, and starts by itself.
        bot.say("lee", "/maintenance hold PL-1").await;
        bot.at("2026-12-10 17:00").await;
        bot.say("lee", "/maintenance release PL-1").await;
        bot.say("anna", "/maintenance edit MW-2 title:\"Singapore again\"").await;
        bot.at("2026-12-10 18:00").await;
        assert_eq!(bot.window(2).await.state_words(utc("2026-12-10 18:00")), "not started");
        bot.say("anna", "/maintenance reschedule MW-2 when:\"2026-12-11 14:00-16:00\"").await;
        bot.at("2026-12-11 14:00").await;
        assert_eq!(bot.window(2).await.actual_start, Some(utc("2026-12-11 14:00")));
        complete(bot, 2, "success").await;
    })
    .await;
}

/// Without `auto_start` a phase is asked after from its start on, but not while it is held.
#[tokio::test]
async fn a_held_phase_is_not_asked_after() {
    let config = CONFIG.replace("change_list = \"1d\"", "change_list = \"1d\"\nauto_start = false");
    story(&config, "2026-11-20 09:00", async |bot| {
        published(bot).await;
        bot.say("lee", "/maintenance hold PL-1").await;
        bot.at("2026-12-08 15:00").await;
        let asks = async || bot.timeline("ops").await.iter().filter(|line| line.contains("not been started")).count();
        assert_eq!(asks().await, 0);
        bot.say("lee", "/maintenance release PL-1").await;
        bot.at("2026-12-08 15:40").await;
        assert!(asks().await > 0, "it waits for somebody now");
        bot.say("anna", "/maintenance start MW-1").await;
        complete(bot, 1, "success").await;
    })
    .await;
}

#[tokio::test]
async fn of_a_plan_nobody_was_told_of_only_ops_hear_that_it_is_held() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        published(bot).await;
        bot.say("lee", "/maintenance hold PL-1 reason:\"wait\"").await;
        bot.say("lee", "/maintenance release PL-1").await;
        assert_timeline(&bot.timeline("news").await, &[]);
        assert_timeline(
            &bot.timeline("ops").await,
            &["2026-11-20 09:00 On hold: Infrastructure upgrade", "2026-11-20 09:00 Goes on: Infrastructure upgrade"],
        );
    })
    .await;
}
