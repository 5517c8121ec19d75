//! Reminders on working days only: moved to the day before, never later, and merged.

use crate::bot::{Bot, assert_timeline, story};

/// Monday 7 December 2026 is a holiday for one of the stories.
fn config(remind: &str, more: &str) -> String {
    format!(
        r#"
        [organisation]
        name = "Example"
        time_zone = "Europe/Helsinki"
        ops = ["builtin:ops"]
        {more}

        [policy.scheduled]
        reminders_on = "working_days"
        announce = "14d"
        remind = {remind}

        [[audience]]
        name = "customers"
        channels = ["builtin:news"]
        "#
    )
}

/// Tuesday 8 December 2026, 16:00 to 18:00 in Helsinki (14:00 UTC), where 14 days before is a Tuesday too.
const SCHEDULE: &str = "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 16:00-18:00\" poc:@anna";

async fn reminders(bot: &Bot) -> Vec<String> {
    bot.say("anna", SCHEDULE).await;
    bot.at("2026-12-08 13:30").await;
    let posts = bot.timeline("news").await;
    posts.iter().filter(|line| line.contains("Reminder")).map(|line| line[..16].to_owned()).collect()
}

#[tokio::test]
async fn a_day_off_moves_to_the_same_time_on_the_working_day_before_and_never_later() {
    story(&config("[\"7d\", \"3d\", \"1d\"]", ""), "2026-11-20 09:00", async |bot| {
        // Tuesday 1, Saturday 5 to Friday 4, Monday 7.
        assert_timeline(&reminders(bot).await, &["2026-12-01 14:00", "2026-12-04 14:00", "2026-12-07 14:00"]);
        let moved = bot.ledger(1).await.into_iter().find(|row| row.plan.occasion == "3d").expect("a reminder");
        assert!(moved.plan.note.is_some_and(|note| note.contains("working day")));
    })
    .await;
}

#[tokio::test]
async fn of_two_on_one_day_the_one_nearer_the_start_stays() {
    // Saturday and Sunday both move to Friday.
    story(&config("[\"3d\", \"2d\"]", ""), "2026-11-20 09:00", async |bot| {
        assert_timeline(&reminders(bot).await, &["2026-12-04 14:00"]);
        assert_eq!(
            bot.rows(1, "reminder").await,
            ["0 3d builtin:news skipped day_off_merge", "0 2d builtin:news sent"]
        );
    })
    .await;
    // One that is moved there meets one that stands there.
    story(&config("[\"4d@10:00\", \"3d\"]", ""), "2026-11-20 09:00", async |bot| {
        assert_timeline(&reminders(bot).await, &["2026-12-04 14:00"]);
        assert_eq!(
            bot.rows(1, "reminder").await,
            ["0 4d@10:00 builtin:news skipped day_off_merge", "0 3d builtin:news sent"]
        );
    })
    .await;
}

#[tokio::test]
async fn holidays_are_days_off_too() {
    story(
        &config("[\"4d\", \"1d\"]", "holidays = [\"2026-12-07\", \"2026-12-04\"]"),
        "2026-11-20 09:00",
        async |bot| {
            // Both go over the week-end and two holidays to Thursday 3.
            assert_timeline(&reminders(bot).await, &["2026-12-03 14:00"]);
        },
    )
    .await;
}

#[tokio::test]
async fn leads_in_hours_and_announcements_stay_where_they_are() {
    let config = config("[\"60h\", \"2wd\"]", "").replace("\"14d\"", "\"10d\"");
    story(&config, "2026-11-20 09:00", async |bot| {
        // Two working days before Tuesday are Friday; 60 hours before is Sunday 02:00 UTC.
        assert_timeline(&reminders(bot).await, &["2026-12-04 14:00", "2026-12-06 02:00"]);
        // Ten days before is a Saturday.
        assert_timeline(&bot.timeline("news").await[..1], &["2026-11-28 14:00 Planned maintenance: Upgrade"]);
    })
    .await;
}

#[tokio::test]
async fn without_that_rule_reminders_go_out_on_any_day() {
    let config = config("[\"3d\", \"2d\"]", "").replace("working_days", "any_day");
    story(&config, "2026-11-20 09:00", async |bot| {
        assert_timeline(&reminders(bot).await, &["2026-12-05 14:00", "2026-12-06 14:00"]);
    })
    .await;
}
