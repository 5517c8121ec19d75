//! The page does not do what it is asked, in every way: afterwards it says how things are, and each thing once.

use std::time::Duration;

use serde_json::json;

use super::{BY_HAND, Hub, UPGRADE, story};
use crate::bot::Bot;
use crate::databases;
use crate::fake::statuspage::Fault;

/// The window is known on the page; then the page is away, in which time it is moved, begun, told of and completed.
async fn away_from(at: &str, fault: Fault) {
    let folder = tempfile::tempdir().expect("a folder");
    let hub = Hub::start(&databases::sqlite_url(&folder), BY_HAND, "2026-12-18 09:00").await;
    hub.say(UPGRADE).await;
    hub.bot.at(at).await;
    hub.page.fail("", fault);
    hub.say("reschedule MW-1 when:\"2026-12-20 10:00-12:00 UTC\"").await;
    hub.bot.at("2026-12-20 10:00").await;
    hub.say("start MW-1").await;
    hub.say("note MW-1 \"Half way\"").await;
    hub.bot.at("2026-12-20 11:00").await;
    hub.say("complete MW-1 note:\"All well\"").await;
    hub.bot.at("2026-12-20 14:00").await;
    hub.page.lift();
    hub.bot.at("2026-12-20 17:00").await;
    let said = hub.said();
    assert_eq!(
        said[1..],
        ["scheduled: Half way", "completed: Completed: Upgrade"],
        "what is no news any more is left out"
    );
    assert_eq!(hub.page.only().status(), "completed");
    assert_eq!(hub.page.told(), ["scheduled", "scheduled", "completed"]);
    hub.bot.finish().await;
    hub.page.close();
}

#[tokio::test]
async fn after_some_hours_of_503() {
    away_from("2026-12-20 09:30", Fault::Status(503, json!({ "error": "Service unavailable" }))).await;
}

#[tokio::test]
async fn after_a_day_of_limits() {
    away_from("2026-12-19 16:00", Fault::Limited(420, 600)).await;
}

#[tokio::test]
async fn after_some_hours_of_resets() {
    away_from("2026-12-20 09:30", Fault::Reset).await;
}

#[tokio::test]
async fn after_some_hours_of_silence() {
    away_from("2026-12-20 09:30", Fault::Hang(Duration::from_millis(20))).await;
}

#[tokio::test]
async fn what_was_given_up_is_published_by_the_sweep_when_the_page_is_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let hub = Hub::start(&databases::sqlite_url(&folder), BY_HAND, "2026-12-18 09:00").await;
    hub.page.fail("", Fault::Limited(429, 3600));
    hub.say(UPGRADE).await;
    hub.bot.at("2026-12-19 12:00").await;
    assert_eq!(hub.bot.rows(1, "announcement").await[0], "0 7d statuspage dead");
    hub.page.lift();
    hub.bot.clock.set(hub.bot.clock.now() + chrono::TimeDelta::hours(1));
    assert_eq!(hub.sweep().await, 1);
    assert_eq!((hub.page.only().status().as_str(), hub.page.told()), ("scheduled", vec!["scheduled".to_owned()]));
    hub.page.close();
}

#[tokio::test]
async fn a_pause_that_is_asked_for_is_kept() {
    story(BY_HAND, "2026-12-19 09:00", async |hub| {
        hub.page.fail_times(1, "POST", Fault::Limited(429, 300));
        hub.say(UPGRADE).await;
        hub.bot.at("2026-12-19 09:04").await;
        assert!(hub.page.entries().is_empty() && hub.page.requests().len() == 1, "{:?}", hub.page.requests());
        hub.bot.at("2026-12-19 09:06").await;
        assert_eq!(hub.page.only().status(), "scheduled");
    })
    .await;
}

#[tokio::test]
async fn many_at_once_stay_within_a_request_a_second() {
    story(BY_HAND, "2026-12-19 09:00", async |hub| {
        for n in 0..80 {
            let (day, hour) = (1 + n / 10, 2 * (n % 10));
            let when = format!("2027-01-{day:02} {hour:02}:00 for 1h");
            let line = format!("/maintenance schedule \"Life {n}\" kind:emergency service:crm when:\"{when}\"");
            hub.bot.type_only("anna", &line).await;
        }
        hub.bot.settle().await;
        assert_eq!(hub.page.entries().len(), 60);
        hub.bot.at("2026-12-19 09:02").await;
        assert_eq!(hub.page.entries().len(), 80);
    })
    .await;
}

/// What ops read of something that is given up.
async fn told_of(bot: &Bot) -> String {
    bot.texts("ops").await.into_iter().filter(|text| text.contains("statuspage")).collect()
}

#[tokio::test]
async fn what_the_page_refuses_for_good_is_given_up_and_told_without_the_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let refusals = [
        (401, json!({ "error": "Could not authenticate" }), "api_key"),
        (403, json!({ "error": "Forbidden" }), "may not do that"),
        (404, json!({ "error": "Not found" }), "404"),
        (422, json!({ "error": ["Name is too long", "Key statuspage-hunter2-key is odd"] }), "Name is too long"),
    ];
    for (n, (status, body, expected)) in refusals.into_iter().enumerate() {
        let url = format!("sqlite://{}", folder.path().join(format!("{n}.db")).display());
        let hub = Hub::start(&url, BY_HAND, "2026-12-19 09:00").await;
        hub.page.fail_times(1, "POST", Fault::Status(status, body));
        hub.say(UPGRADE).await;
        assert_eq!(hub.bot.rows(1, "announcement").await, ["0 7d statuspage dead", "0 7d builtin:news sent"]);
        let told = told_of(&hub.bot).await;
        assert!(told.contains(expected) && !told.contains("hunter2"), "{told}");
        hub.page.close();
    }
}
