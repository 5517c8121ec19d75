//! When a message is tried again: the schedule of Standard Webhooks to the second, and what receivers ask for.

use chrono::TimeDelta;
use maintbot::domain::ledger::DeliveryState;

use super::{DISKS, Hub, waits};
use crate::fake::webhook::Answer;

/// Seconds between two tries, at least.
const WAITS: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

#[tokio::test]
async fn a_message_is_tried_ten_times_by_the_schedule_and_then_ops_are_told() {
    let hub = Hub::start().await;
    hub.receiver.always(Answer::status(500));
    hub.bot.say("anna", DISKS).await;
    hub.bot.at("2026-12-14 09:00").await;
    let received = hub.receiver.received();
    let found: Vec<i64> = received.windows(2).map(|pair| (pair[1].at - pair[0].at).num_seconds()).collect();
    assert_eq!(received.len(), 10, "{found:?}");
    for (found, least) in found.iter().zip(WAITS) {
        assert!((least..=least + (least / 10).max(1)).contains(found), "{found} instead of {least}");
    }
    assert!(received.iter().all(|one| one.id() == received[0].id()), "the same message every time");
    let row = hub.announcement(1, "crm").await;
    assert_eq!((row.state, row.attempts), (DeliveryState::Dead, 10));
    let told = hub.bot.texts("ops").await;
    let failed: Vec<_> = told.iter().filter(|text| text.contains("webhook:crm")).collect();
    assert!(failed.len() == 1 && failed[0].contains("500") && failed[0].contains("tried 10 times"), "{told:#?}");
}

#[tokio::test]
async fn the_second_try_comes_after_five_seconds_and_not_before() {
    let hub = Hub::start().await;
    hub.receiver.once(Answer::status(503));
    hub.bot.say("anna", DISKS).await;
    hub.bot.at("2026-12-08 09:00:04").await;
    assert_eq!(hub.receiver.received().len(), 1);
    assert!(waits(&hub.announcement(1, "crm").await));
    hub.bot.at("2026-12-08 09:00:06").await;
    assert_eq!(hub.receiver.received().len(), 2);
    hub.close().await;
}

#[tokio::test]
async fn what_the_receiver_asks_for_is_waited_but_never_less_than_the_schedule_and_never_more_than_a_day() {
    for (status, asked, least, most) in [
        (429, "3600", 3_600, 3_600),
        (503, "3600", 3_600, 3_600),
        (500, "3600", 3_600, 3_600),
        (429, "1", 5, 6),
        (429, "soon", 5, 6),
        (429, "99999999999", 86_400, 86_400),
    ] {
        let hub = Hub::start().await;
        hub.receiver.once(Answer::with(status, "retry-after", asked));
        hub.bot.say("anna", DISKS).await;
        hub.bot.at("2026-12-10 09:00").await;
        let received = hub.receiver.received();
        let waited = (received[1].at - received[0].at).num_seconds();
        assert!(received.len() == 2 && (least..=most).contains(&waited), "{status} {asked}: {waited}");
        hub.close().await;
    }
}

#[tokio::test]
async fn what_else_is_due_there_waits_while_it_asks_for_that_without_being_tried() {
    let hub = Hub::start().await;
    hub.receiver.once(Answer::with(429, "retry-after", "3600"));
    hub.bot.say("anna", DISKS).await;
    hub.bot.at("2026-12-08 09:10").await;
    hub.bot.say("anna", &DISKS.replace("Disks", "Cables").replace("01-10", "01-12")).await;
    assert_eq!(hub.receiver.received().len(), 1);
    let row = hub.announcement(2, "crm").await;
    assert_eq!((row.state, row.attempts), (DeliveryState::Due, 0));
    hub.bot.at("2026-12-08 10:00").await;
    let titles: Vec<_> =
        hub.receiver.received().iter().map(|one| one.json()["data"]["window"]["title"].clone()).collect();
    assert_eq!(titles, ["Disks", "Disks", "Cables"]);
    assert_eq!(hub.receiver.received()[2].at - hub.receiver.received()[0].at, TimeDelta::hours(1));
    hub.close().await;
}

#[tokio::test]
async fn a_message_that_the_receiver_cannot_take_holds_up_no_other_window() {
    let hub = Hub::start().await;
    hub.receiver.answer(|one| one.body.contains("Disks").then(|| Answer::status(500)));
    hub.bot.say("anna", DISKS).await;
    hub.bot.say("anna", &DISKS.replace("Disks", "Cables").replace("01-10", "01-12")).await;
    assert_eq!(hub.announcement(2, "crm").await.state, DeliveryState::Sent);
    hub.bot.say("anna", "/maintenance note MW-1 \"Half way\"").await;
    hub.bot.at("2026-12-08 09:05").await;
    assert!(!hub.receiver.kinds().contains(&"note".to_owned()), "of one window they keep their order");
    hub.receiver.heal();
    hub.bot.at("2026-12-08 12:00").await;
    let of_disks: Vec<_> = hub.receiver.received().into_iter().filter(|one| one.body.contains("Disks")).collect();
    let kinds: Vec<_> = of_disks.iter().rev().take(2).map(crate::fake::webhook::Received::kind).collect();
    assert_eq!(kinds, ["note", "announcement"]);
    hub.close().await;
}
