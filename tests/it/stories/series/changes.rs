//! Changing a series: this window, this and the following, or all that have not begun.

use chrono::TimeDelta;
use maintbot::domain::window::Window;

use super::{CONFIG, NOW, WEEKLY, assert_steps, first, happened, series, starts, windows};
use crate::bot::{Bot, assert_timeline, story, utc};

async fn pocs(bot: &Bot, count: usize) -> Vec<String> {
    windows(bot, 1).await.iter().take(count).map(|w| w.poc.clone().unwrap_or_default()).collect()
}

#[tokio::test]
async fn an_edit_of_one_window_leaves_the_others_and_is_kept_when_the_series_is_edited() {
    story(CONFIG, NOW, async |bot| {
        bot.say("anna", WEEKLY).await;
        bot.say("anna", "/maintenance edit MW-2 poc:@lee").await;
        bot.say("anna", "/maintenance reschedule MW-3 when:\"2026-12-07 02:00-03:00\" --this").await;
        assert_eq!(pocs(bot, 4).await, ["anna", "lee", "anna", "anna"]);
        let detached: Vec<bool> = windows(bot, 1).await.iter().take(4).map(|w| w.detached).collect();
        assert_eq!(detached, [false, true, true, false]);

        let reply = bot.say("anna", "/maintenance edit MW-2 impact:\"It is slow\" --following").await;
        assert_eq!(reply.windows.len(), 56);
        let impacts: Vec<String> = windows(bot, 1).await.iter().map(|w| w.impact.clone()).collect();
        assert_eq!(impacts[0], "");
        assert!(impacts[1..].iter().all(|impact| impact == "It is slow"));

        bot.say("anna", "/maintenance edit MW-4 poc:@omar --all").await;
        assert_eq!(pocs(bot, 5).await, ["omar", "lee", "omar", "omar", "omar"]);
        assert_eq!(bot.window(3).await.span.starts_at, utc("2026-12-07 02:00"), "its own time is kept");
        // Who is named is changed by name, also where it went its own way.
        bot.say("anna", "/maintenance edit MW-2 poc:@nia --all").await;
        assert_eq!(pocs(bot, 3).await, ["nia", "nia", "nia"]);
        // What the clock makes follows the series.
        bot.at("2026-11-21 02:00").await;
        let new = bot.window(58).await;
        assert_eq!((new.poc.as_deref(), new.impact.as_str(), new.detached), (Some("nia"), "It is slow", false));
        let trail = happened(bot, 1).await;
        assert!(trail.contains("MW-2 and all after it: impact"), "{trail}");
        let same = bot.refused("anna", "/maintenance edit MW-2 poc:@nia --all").await.message.plain();
        assert!(same.contains("nothing was changed"), "{same}");
    })
    .await;
}

#[tokio::test]
async fn a_changed_scope_of_the_series_is_told_as_a_move_to_those_who_know_of_a_window() {
    story(CONFIG, "2026-11-21 09:00", async |bot| {
        bot.say("anna", WEEKLY).await;
        // Tomorrow's is announced, the next not yet.
        bot.say("anna", "/maintenance edit MW-1 service:crm,vpn --all").await;
        bot.at("2026-11-27 03:00").await;
        assert_timeline(
            &bot.timeline("crm").await,
            &[
                "2026-11-21 09:00 Planned maintenance: Break",
                "2026-11-21 09:00 Changed: Break",
                "2026-11-22 02:00 Started: Break",
                "2026-11-27 02:00 Planned maintenance: Break",
            ],
        );
        bot.say("anna", "/maintenance complete MW-1").await;
        assert_eq!(bot.window(2).await.sequence, 1);
    })
    .await;
}

#[tokio::test]
async fn the_following_move_by_the_clock_on_the_wall_and_what_was_moved_on_its_own_stays() {
    story(CONFIG, NOW, async |bot| {
        bot.say("anna", WEEKLY).await;
        bot.at("2026-11-22 02:30").await;
        bot.say("anna", "/maintenance complete MW-1").await;
        bot.say("anna", "/maintenance reschedule MW-4 when:\"2026-12-15 02:00-03:00\"").await;
        bot.at("2026-11-27 12:00").await;
        let line = "/maintenance reschedule MW-2 when:\"2026-11-30 03:00-05:00\" reason:\"vendor\" --following";
        bot.say("anna", line).await;
        assert_eq!(
            first(bot, 1, 6).await,
            [
                "MW-1 2026-11-22 02:00 completed",
                "MW-2 2026-11-30 03:00 scheduled",
                "MW-3 2026-12-07 03:00 scheduled",
                "MW-4 2026-12-15 02:00 scheduled",
                "MW-5 2026-12-21 03:00 scheduled",
                "MW-6 2026-12-28 03:00 scheduled",
            ]
        );
        assert_eq!(bot.window(5).await.span.length(), TimeDelta::hours(2));
        assert_eq!(bot.window(4).await.span.length(), TimeDelta::hours(1));
        bot.at("2026-11-30 12:00").await;
        // 400 days from 30 November 12:00 end on 4 January 2028: Mondays, also those made since.
        let mondays: Vec<_> = windows(bot, 1).await.iter().skip(4).map(|w| w.span.starts_at).collect();
        assert_steps(&mondays, "2026-12-21 03:00", "2028-01-03 03:00", TimeDelta::days(7));
        bot.say("anna", "/maintenance complete MW-2").await;
        // Back again, every one that has not begun.
        bot.say("anna", "/maintenance reschedule MW-3 when:\"2026-12-06 02:00-03:00\" --all").await;
        assert_eq!(
            first(bot, 1, 5).await,
            [
                "MW-1 2026-11-22 02:00 completed",
                "MW-2 2026-11-30 03:00 completed",
                "MW-3 2026-12-06 02:00 scheduled",
                "MW-4 2026-12-15 02:00 scheduled",
                "MW-5 2026-12-20 02:00 scheduled",
            ]
        );
        assert_timeline(
            &bot.timeline("crm").await,
            &[
                "2026-11-20 02:00 Planned maintenance: Break",
                "2026-11-22 02:00 Started: Break",
                "2026-11-22 02:30 Completed: Break",
                "2026-11-27 02:00 Planned maintenance: Break",
                "2026-11-27 12:00 Moved: Break",
                "2026-11-30 03:00 Started: Break",
                "2026-11-30 12:00 Completed: Break",
            ],
        );
    })
    .await;
}

#[tokio::test]
async fn moved_to_an_earlier_time_the_series_still_covers_400_days() {
    story(CONFIG, NOW, async |bot| {
        bot.say("anna", WEEKLY).await;
        // 26 December 2027 02:00 is out of reach; five days earlier it is not.
        let line = "/maintenance reschedule MW-1 when:\"2026-11-17 02:00-03:00\" --all";
        let reply = bot.say("anna", line).await.message.plain();
        assert!(reply.contains("1 window more made"), "{reply}");
        assert_steps(&starts(bot, 1).await, "2026-11-17 02:00", "2027-12-21 02:00", TimeDelta::days(7));
    })
    .await;
}

#[tokio::test]
async fn a_move_of_the_series_into_a_freeze_or_another_window_is_refused_and_changes_nothing() {
    story(CONFIG, NOW, async |bot| {
        bot.say("anna", WEEKLY).await;
        bot.say("sam", "/maintenance schedule \"Database\" service:crm when:\"2026-12-14 02:00-04:00\" poc:@sam").await;
        let before = bot.everything().await;
        let line = "/maintenance reschedule MW-2 when:\"2026-11-30 02:00-03:00\" --following";
        let refused = bot.refused("anna", line).await.message.plain();
        assert!(refused.contains("MW-58 “Database” is at the same time"), "{refused}");
        assert_eq!(bot.everything().await, before);
        assert_eq!(series(bot, 1).await.series.shift, TimeDelta::zero());
    })
    .await;
}

#[tokio::test]
async fn cancelling_is_for_this_one_the_following_or_all() {
    let state = |all: &[Window], ids: &[usize]| ids.iter().map(|n| all[n - 1].state.to_string()).collect::<Vec<_>>();
    story(CONFIG, NOW, async |bot| {
        bot.say("anna", WEEKLY).await;
        bot.say("anna", "/maintenance cancel MW-3 reason:\"a holiday\"").await;
        let all = windows(bot, 1).await;
        assert_eq!(state(&all, &[2, 3, 4]), ["scheduled", "cancelled", "scheduled"]);
        assert_eq!(series(bot, 1).await.series.state.as_str(), "active");

        bot.say("anna", "/maintenance cancel MW-5 reason:\"it ends\" --following").await;
        let all = windows(bot, 1).await;
        assert_eq!(state(&all, &[1, 4, 5, 57]), ["scheduled", "scheduled", "cancelled", "cancelled"]);
        assert_eq!(series(bot, 1).await.series.state.as_str(), "stopped");
        bot.at("2026-11-25 00:00").await;
        assert_eq!(windows(bot, 1).await.len(), 57, "it makes no more");

        bot.say("anna", "/maintenance complete MW-1").await;
        bot.say("anna", "/maintenance cancel MW-2 --all").await;
        let all = windows(bot, 1).await;
        assert_eq!(state(&all, &[1, 2, 3, 4]), ["completed", "cancelled", "cancelled", "cancelled"]);
    })
    .await;
}

#[tokio::test]
async fn a_window_that_stands_alone_has_no_following_ones() {
    story(CONFIG, NOW, async |bot| {
        bot.say("anna", "/maintenance schedule \"Once\" service:crm when:\"2026-12-13 02:00-04:00\" poc:@anna").await;
        for line in [
            "/maintenance edit MW-1 impact:slow --following",
            "/maintenance reschedule MW-1 when:\"2026-12-14 02:00-04:00\" --all",
            "/maintenance cancel MW-1 --all",
        ] {
            let refused = bot.refused("anna", line).await.message.plain();
            assert!(refused.contains("MW-1 stands alone"), "{refused}");
        }
    })
    .await;
}
