//! The page is compared with what was planned: what differs is mended, what others own is left.

use chrono::TimeDelta;
use serde_json::json;

use super::{BY_HAND, UPGRADE, story};
use crate::fake::statuspage::{Entry, Fault};

#[tokio::test]
async fn what_people_changed_by_hand_is_as_it_was_planned_again_and_nobody_is_told() {
    story(BY_HAND, "2026-12-19 09:00", async |hub| {
        hub.say(UPGRADE).await;
        assert_eq!(hub.sweep().await, 0);
        let id = hub.page.only().id;
        hub.page.by_hand(&id, "name", json!("Something else"));
        hub.page.by_hand(&id, "scheduled_until", json!("2026-12-20T15:00:00.000+00:00"));
        hub.page.by_hand(&id, "scheduled_auto_in_progress", json!(true));
        assert_eq!(hub.sweep().await, 1);
        let entry = hub.page.only();
        assert_eq!(entry.text("name"), "Upgrade");
        assert_eq!(entry.text("scheduled_until"), "2026-12-20T16:00:00Z");
        assert!(!entry.flag("scheduled_auto_in_progress"));
        assert_eq!((entry.updates.len(), hub.page.told().len()), (1, 1), "mended in silence");
        assert_eq!(hub.sweep().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_page_that_keeps_its_own_way_is_not_fought_every_time() {
    story(BY_HAND, "2026-12-19 09:00", async |hub| {
        hub.say(UPGRADE).await;
        let id = hub.page.only().id;
        for expected in [1, 0, 0] {
            hub.page.by_hand(&id, "name", json!("Something else"));
            assert_eq!(hub.sweep().await, expected);
            hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::minutes(10));
        }
        hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::hours(1));
        assert_eq!(hub.sweep().await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_entry_that_was_deleted_or_ended_by_hand_is_there_again() {
    story(BY_HAND, "2026-12-19 09:00", async |hub| {
        hub.say(UPGRADE).await;
        hub.page.delete(&hub.page.only().id);
        assert_eq!(hub.sweep().await, 1);
        let again = hub.page.only();
        assert_eq!((again.status().as_str(), hub.page.told().len()), ("scheduled", 1), "and nobody is told twice");
        hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::hours(2));
        hub.page.by_hand(&again.id, "status", json!("completed"));
        assert_eq!(hub.sweep().await, 1);
        let states: Vec<String> = hub.page.entries().iter().map(Entry::status).collect();
        assert_eq!(states, ["completed", "scheduled"]);
        hub.say("cancel MW-1 reason:\"x\"").await;
        assert_eq!(hub.page.entries()[1].status(), "completed");
    })
    .await;
}

#[tokio::test]
async fn a_component_that_is_up_while_work_goes_on_is_under_maintenance_again() {
    story(BY_HAND, "2026-12-20 13:50", async |hub| {
        hub.say(UPGRADE).await;
        hub.say("start MW-1").await;
        hub.page.report("c-crm", "operational");
        assert_eq!(hub.sweep().await, 1);
        assert_eq!(hub.page.component("c-crm"), "under_maintenance");
        hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::hours(2));
        hub.page.report("c-crm", "partial_outage");
        assert_eq!(hub.sweep().await, 0, "an outage is somebody's word");
        hub.say("complete MW-1").await;
    })
    .await;
}

#[tokio::test]
async fn entries_of_ours_that_nobody_knows_are_ended_and_those_of_others_are_left() {
    story(BY_HAND, "2026-12-19 09:00", async |hub| {
        let page = |base: &str| json!({ "maintbot": { "page": format!("{base}/windows/MW-77"), "event": "5" } });
        let ours = hub.page.another("Ours", page("https://maintenance.example.com"));
        let others = hub.page.another("Of another maintbot", page("https://staging.example.com"));
        let people = hub.page.another("Of people", json!({}));
        assert_eq!(hub.sweep().await, 1);
        let status = |id: &str| hub.page.entries().iter().find(|entry| entry.id == id).map(Entry::status);
        assert_eq!(status(&ours).as_deref(), Some("completed"));
        assert_eq!(status(&others).as_deref(), Some("scheduled"));
        assert_eq!(status(&people).as_deref(), Some("scheduled"));
        assert!(hub.page.told().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_page_that_cannot_be_asked_is_left_for_the_next_time() {
    story(BY_HAND, "2026-12-19 09:00", async |hub| {
        hub.say(UPGRADE).await;
        hub.page.delete(&hub.page.only().id);
        hub.page.fail_times(1, "GET", Fault::Status(401, json!({ "error": "Could not authenticate" })));
        assert_eq!(hub.sweep().await, 0);
        assert_eq!(hub.sweep().await, 1);
        assert_eq!(hub.page.only().status(), "scheduled");
    })
    .await;
}
