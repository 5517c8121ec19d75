//! Phases of a plan on the page: one entry each, from the plan's announcement on.

use super::{BY_CLOCK, story};
use crate::fake::statuspage::Entry;

#[tokio::test]
async fn each_phase_is_an_entry_from_the_announcement_of_its_plan_on() {
    story(BY_CLOCK, "2026-12-14 09:00", async |hub| {
        hub.say("plan new \"New cluster\"").await;
        hub.say("schedule \"API\" service:api when:\"2026-12-16 14:00-16:00 UTC\" poc:@ben plan:PL-1").await;
        hub.say("schedule \"CRM\" service:crm when:\"2026-12-18 14:00-16:00 UTC\" poc:@ben plan:PL-1").await;
        assert!(hub.page.requests().is_empty(), "a draft is nobody's business");
        hub.say("plan publish PL-1").await;
        let entries = hub.page.entries();
        let names: Vec<String> = entries.iter().map(|entry| entry.text("name")).collect();
        assert_eq!(names, ["API (phase 1 of 2)", "CRM (phase 2 of 2)"]);
        assert!(entries.iter().all(|entry| entry.flag("scheduled_auto_in_progress")));
        assert_eq!(hub.page.told(), ["scheduled", "scheduled"]);

        hub.say("hold PL-1 reason:\"a vendor fix is late\"").await;
        let entries = hub.page.entries();
        assert!(entries.iter().all(|entry| !entry.flag("scheduled_auto_in_progress")), "what waits here waits there");
        assert!(
            entries[1].updates[1].1.contains("on hold") && entries[1].updates[1].1.contains("a vendor fix is late")
        );
        hub.bot.at("2026-12-16 14:30").await;
        assert_eq!(hub.page.entries()[0].status(), "scheduled");
        hub.say("release PL-1").await;
        let entries = hub.page.entries();
        assert!(entries[1].flag("scheduled_auto_in_progress"));
        assert!(!entries[0].flag("scheduled_auto_in_progress"), "its start went by: it begins by hand");
        hub.say("start MW-1").await;
        hub.say("complete MW-1").await;
        hub.bot.at("2026-12-18 14:00").await;
        let states: Vec<String> = hub.page.entries().iter().map(Entry::status).collect();
        assert_eq!(states, ["completed", "in_progress"]);
        hub.say("complete MW-2").await;
        assert_eq!(hub.sweep().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_plan_that_is_called_off_ends_every_entry() {
    story(BY_CLOCK, "2026-12-14 09:00", async |hub| {
        hub.say("plan new \"New cluster\"").await;
        hub.say("schedule \"API\" service:api when:\"2026-12-16 14:00-16:00 UTC\" poc:@ben plan:PL-1").await;
        hub.say("schedule \"CRM\" service:crm when:\"2026-12-18 14:00-16:00 UTC\" poc:@ben plan:PL-1").await;
        hub.say("plan publish PL-1").await;
        hub.say("plan cancel PL-1 reason:\"not needed\"").await;
        for entry in hub.page.entries() {
            assert_eq!(entry.status(), "completed");
            assert!(entry.updates.last().expect("a text").1.starts_with("Cancelled: "));
        }
    })
    .await;
}
