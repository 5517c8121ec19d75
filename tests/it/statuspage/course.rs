//! What becomes of a window, as the page tells it.

use chrono::TimeDelta;
use serde_json::json;

use super::{BY_CLOCK, BY_HAND, UPGRADE, story};
use crate::bot::utc;
use crate::fake::statuspage::{Entry, Fault};

#[tokio::test]
async fn a_window_is_published_at_its_lead_and_not_before() {
    story(BY_HAND, "2026-12-01 09:00", async |hub| {
        hub.say(UPGRADE).await;
        hub.say("edit MW-1 title:\"Upgrade to 11\"").await;
        hub.bot.at("2026-12-13 13:59").await;
        assert!(hub.page.entries().is_empty() && hub.page.requests().is_empty(), "nothing is asked before");
        hub.bot.at("2026-12-13 14:00").await;
        let entry = hub.page.only();
        assert_eq!((entry.text("name").as_str(), entry.status().as_str()), ("Upgrade to 11", "scheduled"));
        assert_eq!(entry.text("scheduled_for"), "2026-12-20T14:00:00Z");
        assert_eq!(entry.text("scheduled_until"), "2026-12-20T16:00:00Z");
        assert_eq!(entry.text("impact_override"), "maintenance");
        assert_eq!(entry.components, ["c-crm"]);
        assert_eq!(hub.page.component("c-crm"), "operational", "it is a week ahead");
        let flags = ["scheduled_auto_in_progress", "scheduled_auto_completed", "scheduled_remind_prior"];
        assert_eq!(flags.map(|flag| entry.flag(flag)), [false; 3]);
        assert!(
            entry.flag("auto_transition_to_maintenance_state") && entry.flag("auto_transition_to_operational_state")
        );
        assert!(entry.updates[0].1.contains("Details: https://maintenance.example.com/windows/MW-1"));
        // Neither the reminder nor anything else is a message there.
        hub.bot.at("2026-12-20 13:00").await;
        assert_eq!(hub.page.told(), ["scheduled"]);
        assert_eq!(hub.bot.rows(1, "announcement").await, ["0 7d statuspage sent", "0 7d builtin:news sent"]);
        assert_eq!(hub.bot.rows(1, "reminder").await, ["0 1d builtin:news sent"]);
    })
    .await;
}

#[tokio::test]
async fn from_the_start_to_the_end_everything_is_said_once() {
    story(BY_HAND, "2026-12-19 09:00", async |hub| {
        hub.say(UPGRADE).await;
        hub.say("change add MW-1 \"Jira\"").await;
        hub.bot.at("2026-12-20 14:10").await;
        assert_eq!(hub.page.only().status(), "scheduled", "it begins by hand, also there");
        hub.say("start MW-1").await;
        assert_eq!(hub.page.only().status(), "in_progress");
        assert_eq!(hub.page.component("c-crm"), "under_maintenance");
        hub.say("note MW-1 \"Half way\"").await;
        hub.say("note MW-1 \"Between us\" --internal").await;
        hub.say("extend MW-1 30m reason:\"the index takes longer\"").await;
        assert_eq!(hub.page.only().text("scheduled_until"), "2026-12-20T16:30:00Z");
        hub.say("done MW-1 1").await;
        assert_eq!(hub.page.only().status(), "verifying");
        hub.bot.at("2026-12-20 15:00").await;
        hub.say("complete MW-1 note:\"All well\"").await;
        let said = hub.said();
        assert_eq!(said[0].split(':').next(), Some("scheduled"));
        assert_eq!(
            said[1..],
            [
                "in_progress: Started: Upgrade",
                "in_progress: Half way",
                "in_progress: Extended by 30m: Upgrade",
                "verifying: The work is done; we are checking that everything is well.",
                "completed: Completed: Upgrade",
            ]
        );
        let entry = hub.page.only();
        assert!(entry.updates.iter().all(|(_, text)| !text.contains("Between us")), "{entry:#?}");
        assert!(entry.updates[5].1.contains("All well"));
        assert_eq!(hub.page.component("c-crm"), "operational");
        let told = ["scheduled", "in_progress", "in_progress", "in_progress", "completed"];
        assert_eq!(hub.page.told(), told, "announcement, start, note, extension, end");
        hub.bot.at("2026-12-20 18:00").await;
        assert_eq!(hub.page.told().len(), told.len());
    })
    .await;
}

#[tokio::test]
async fn both_sides_begin_and_end_it_at_the_same_time_and_people_are_told_once() {
    story(BY_CLOCK, "2026-12-19 09:00", async |hub| {
        hub.say(UPGRADE).await;
        assert!(hub.page.only().flag("scheduled_auto_in_progress"));
        assert!(!hub.page.only().flag("scheduled_auto_completed"), "an empty list completes nothing");
        hub.say("change add MW-1 \"Jira\"").await;
        assert!(!hub.page.only().flag("scheduled_auto_completed"), "neither does an open one");
        hub.bot.at("2026-12-20 14:30").await;
        assert_eq!(hub.page.only().status(), "in_progress");
        assert_eq!(hub.page.component("c-crm"), "under_maintenance");
        hub.say("done MW-1 1").await;
        assert!(hub.page.only().flag("scheduled_auto_completed"), "now it ends by itself on both sides");
        hub.bot.at("2026-12-20 16:00").await;
        assert_eq!(hub.page.only().status(), "completed");
        assert_eq!(hub.page.component("c-crm"), "operational");
        let told = hub.page.told();
        let times = |status: &str| told.iter().filter(|told| told.starts_with(status)).count();
        assert_eq!((times("scheduled"), times("in_progress"), times("completed")), (1, 1, 1), "{told:?}");
        let texts = hub.said();
        let said = |text: &str| texts.iter().filter(|said| said.contains(text)).count();
        assert_eq!((said("Started: Upgrade"), said("Completed: Upgrade")), (1, 1), "{texts:?}");
    })
    .await;
}

#[tokio::test]
async fn a_moved_window_moves_there_and_those_who_subscribed_are_told() {
    story(BY_HAND, "2026-12-19 09:00", async |hub| {
        hub.say(UPGRADE).await;
        hub.say("reschedule MW-1 when:\"2026-12-22 10:00-12:00 UTC\" reason:\"a vendor fix is late\"").await;
        let entry = hub.page.only();
        assert_eq!(entry.text("scheduled_for"), "2026-12-22T10:00:00Z");
        assert_eq!(entry.text("scheduled_until"), "2026-12-22T12:00:00Z");
        assert_eq!(hub.said()[1], "scheduled: Moved: Upgrade");
        assert!(entry.updates[1].1.contains("a vendor fix is late"));
        assert_eq!(hub.page.told(), ["scheduled", "scheduled"]);
        assert_eq!(hub.bot.rows(1, "moved").await, ["1 builtin:news sent"], "no message of its own there");
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_window_is_completed_with_a_word_that_it_was_called_off() {
    story(BY_HAND, "2026-12-19 09:00", async |hub| {
        hub.say(UPGRADE).await;
        hub.say("cancel MW-1 reason:\"not needed\"").await;
        let entry = hub.page.only();
        assert_eq!(entry.status(), "completed", "Statuspage knows no other word");
        let (_, text) = entry.updates.last().expect("a text");
        assert!(text.starts_with("Cancelled: Upgrade") && text.contains("not needed"), "{text}");
        assert_eq!(hub.page.told(), ["scheduled", "completed"]);
        assert_eq!(hub.page.component("c-crm"), "operational");
    })
    .await;
}

#[tokio::test]
async fn cancelled_before_its_lead_a_window_is_never_there() {
    story(BY_HAND, "2026-12-01 09:00", async |hub| {
        hub.say(UPGRADE).await;
        hub.say("cancel MW-1 reason:\"not needed\"").await;
        hub.bot.at("2026-12-20 18:00").await;
        assert!(hub.page.requests().is_empty(), "{:?}", hub.page.requests());
    })
    .await;
}

#[tokio::test]
async fn announced_while_work_goes_on_an_entry_begins_in_that_state() {
    story(BY_HAND, "2026-12-20 13:50", async |hub| {
        hub.page.fail("", Fault::Status(503, json!({})));
        hub.say(UPGRADE).await;
        hub.say("start MW-1").await;
        hub.page.lift();
        hub.bot.at("2026-12-20 14:30").await;
        assert_eq!(hub.page.only().status(), "in_progress");
        assert_eq!(hub.page.component("c-crm"), "under_maintenance");
        assert_eq!(hub.page.told(), ["in_progress"], "the first that they hear of it");
        hub.say("complete MW-1").await;
        assert_eq!(hub.page.only().status(), "completed");
        assert_eq!(hub.page.component("c-crm"), "operational");
    })
    .await;
}

#[tokio::test]
async fn a_window_that_starts_early_is_under_way_there_as_well() {
    story(BY_CLOCK, "2026-12-19 09:00", async |hub| {
        hub.say(UPGRADE).await;
        hub.bot.at("2026-12-20 13:45").await;
        hub.say("start MW-1").await;
        assert_eq!(hub.page.only().status(), "in_progress");
        assert_eq!(hub.page.component("c-crm"), "under_maintenance");
        hub.bot.at("2026-12-20 14:30").await;
        assert_eq!(hub.page.told(), ["scheduled", "in_progress"]);
        hub.say("complete MW-1").await;
        assert_eq!(hub.page.component("c-crm"), "operational");
    })
    .await;
}

#[tokio::test]
async fn an_outage_that_somebody_reported_stays_one() {
    story(BY_HAND, "2026-12-20 13:50", async |hub| {
        hub.say(UPGRADE).await;
        hub.page.report("c-crm", "major_outage");
        hub.say("start MW-1").await;
        hub.say("complete MW-1").await;
        assert_eq!(hub.page.component("c-crm"), "major_outage");
    })
    .await;
}

#[tokio::test]
async fn what_no_longer_touches_the_page_is_ended_there_and_comes_back_as_a_new_entry() {
    story(BY_HAND, "2026-12-19 09:00", async |hub| {
        hub.say(UPGRADE).await;
        hub.say("edit MW-1 service:lab").await;
        let entry = hub.page.only();
        assert_eq!(entry.status(), "completed");
        assert!(entry.updates.last().expect("a text").1.starts_with("Cancelled: "));
        hub.say("edit MW-1 service:api").await;
        let entries = hub.page.entries();
        let states: Vec<String> = entries.iter().map(Entry::status).collect();
        assert_eq!(states, ["completed", "scheduled"]);
        assert_eq!(entries[1].components, ["c-api"]);
        assert_eq!(hub.sweep().await, 0, "and the page says what was planned");
    })
    .await;
}

#[tokio::test]
async fn what_people_typed_is_text_on_the_page() {
    story(BY_HAND, "2026-12-19 09:00", async |hub| {
        let nasty = "<script>alert(1)</script> & {{ id }}";
        hub.say(&format!(
            "schedule \"<b>Big</b>\" service:crm when:\"2026-12-20 14:00-16:00 UTC\" poc:@ben impact:\"{nasty}\""
        ))
        .await;
        hub.say(&format!("note MW-1 \"{nasty}\"")).await;
        let entry = hub.page.only();
        assert_eq!(entry.text("name"), "<b>Big</b>", "a name is never markup");
        for (_, text) in &entry.updates {
            assert!(
                !text.contains('<') && text.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; {{ id }}"),
                "{text}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_long_title_and_a_change_that_waits_stay_within_what_is_public() {
    let more = format!("{BY_HAND}\napproval = [\"freeze\"]");
    story(&more, "2026-12-14 09:00", async |hub| {
        hub.say("freeze add \"Year end\" from:2026-12-24 to:2026-12-31").await;
        hub.say(&UPGRADE.replace("Upgrade", &"x".repeat(200))).await;
        hub.say("reschedule MW-1 when:\"2026-12-25 14:00-16:00 UTC\" reason:\"please\"").await;
        assert_eq!(hub.page.only().text("scheduled_for"), "2026-12-20T14:00:00Z", "as it was approved last");
        hub.bot.at("2026-12-15 10:00").await;
        assert_eq!(hub.sweep().await, 0, "nor does the sweep tell it");
        hub.bot.say("dan", "/maintenance approve MW-1").await;
        assert_eq!(hub.page.only().text("scheduled_for"), "2026-12-25T14:00:00Z");
        assert_eq!(utc("2026-12-25 14:00") - utc("2026-12-20 14:00"), TimeDelta::days(5));
    })
    .await;
}
