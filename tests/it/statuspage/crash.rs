//! maintbot killed, or left without an answer, between what Statuspage did and what was recorded: nothing is there twice.

use chrono::TimeDelta;

use super::{BY_HAND, Hub, UPGRADE, story};
use crate::databases;
use crate::fake::statuspage::Fault;

#[tokio::test]
async fn an_entry_that_was_made_and_not_recorded_is_found_again() {
    for at_once in [true, false] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut hub = Hub::start(&databases::sqlite_url(&folder), BY_HAND, "2026-12-19 09:00").await;
        hub.page.fail_times(1, "POST", Fault::DoThenReset);
        hub.say(UPGRADE).await;
        assert_eq!(hub.page.only().status(), "scheduled");
        if at_once {
            hub.restart().await;
        }
        hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::minutes(10));
        hub.bot.settle().await;
        hub.say("edit MW-1 title:\"Upgrade to 11\"").await;
        assert_eq!(hub.page.only().text("name"), "Upgrade to 11", "made once, and it follows");
        assert_eq!(hub.page.told(), ["scheduled"]);
        hub.bot.finish().await;
        hub.page.close();
    }
}

#[tokio::test]
async fn what_was_said_and_not_recorded_is_not_said_again() {
    story(BY_HAND, "2026-12-20 13:50", async |hub| {
        hub.say(UPGRADE).await;
        hub.page.fail_times(1, "PATCH", Fault::DoThenReset);
        hub.say("start MW-1").await;
        hub.page.fail_times(1, "PATCH", Fault::DoThenReset);
        hub.say("note MW-1 \"Half way\"").await;
        hub.bot.at("2026-12-20 14:30").await;
        let said = hub.said();
        assert_eq!(said[1..], ["in_progress: Started: Upgrade", "in_progress: Half way"]);
        assert_eq!(hub.page.told(), ["scheduled", "in_progress", "in_progress"]);
    })
    .await;
}

#[tokio::test]
async fn called_off_while_nobody_knows_whether_it_was_published_it_ends_there() {
    story(BY_HAND, "2026-12-19 09:00", async |hub| {
        hub.page.fail_times(1, "POST", Fault::DoThenReset);
        hub.bot.type_only("anna", &format!("/maintenance {UPGRADE}")).await;
        hub.bot.settle().await;
        hub.say("cancel MW-1 reason:\"not needed\"").await;
        hub.bot.at("2026-12-19 10:00").await;
        assert_eq!(hub.page.only().status(), "completed");
    })
    .await;
}
