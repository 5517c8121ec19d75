//! What may have arrived comes again under the same id, and nothing else comes twice.

use std::collections::BTreeSet;

use maintbot::domain::ledger::DeliveryState;

use super::{DISKS, Hub};
use crate::fake::webhook::Answer;
use crate::postgres;

#[tokio::test]
async fn killed_between_the_post_and_the_record_it_sends_the_same_id_again() {
    let mut hub = Hub::start().await;
    hub.bot.type_only("anna", DISKS).await;
    hub.receiver.once(Answer::Stall);
    tokio::select! {
        biased;
        () = hub.receiver.stalled() => {}
        () = hub.bot.settle() => panic!("it does not wait for the answer"),
    }
    hub.restart().await;
    hub.bot.settle().await;
    let received = hub.receiver.received();
    assert_eq!(hub.receiver.kinds(), ["announcement", "announcement"]);
    assert_eq!((received[0].id(), &received[0].body), (received[1].id(), &received[1].body));
    hub.bot.say("anna", "/maintenance note MW-1 \"Half way\"").await;
    assert_eq!(hub.receiver.kinds(), ["announcement", "announcement", "note"]);
    hub.close().await;
}

/// The receiver may know of the window, so that it has to hear what becomes of it.
#[tokio::test]
async fn what_may_have_arrived_is_sent_again_also_when_something_newer_follows() {
    let hub = Hub::start().await;
    hub.receiver.once(Answer::Reset);
    hub.bot.say("anna", DISKS).await;
    hub.bot.say("anna", "/maintenance cancel MW-1 reason:\"Not needed\"").await;
    hub.bot.at("2026-12-08 09:01").await;
    assert_eq!(hub.receiver.kinds(), ["announcement", "announcement", "cancelled"]);
    let received = hub.receiver.received();
    assert_eq!(received[0].id(), received[1].id());
    assert_eq!(received[1].json()["data"]["window"]["state"], "cancelled", "as it is now");
    hub.close().await;
}

/// What was refused for certain did not arrive: nobody needs it once the window is called off.
#[tokio::test]
async fn what_cannot_have_arrived_is_not_sent_any_more_when_the_window_is_called_off() {
    let hub = Hub::start().await;
    hub.receiver.once(Answer::status(500));
    hub.bot.say("anna", DISKS).await;
    hub.bot.say("anna", "/maintenance cancel MW-1 reason:\"Not needed\"").await;
    hub.bot.at("2026-12-09 09:00").await;
    assert_eq!(hub.receiver.kinds(), ["announcement"]);
    assert_eq!(hub.announcement(1, "crm").await.state, DeliveryState::Superseded);
    hub.close().await;
}

#[tokio::test]
async fn several_processes_send_each_message_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = postgres::database().await.as_str().to_owned();
    let hub = Hub::start_on(folder, url, "", |_| String::new()).await;
    let replica = hub.replica().await;
    for n in 10..30 {
        let line = DISKS.replace("Disks", &format!("Window {n}")).replace("service:disks", &format!("service:s-{n}"));
        hub.bot.type_only("anna", &line).await;
    }
    tokio::join!(hub.bot.settle(), replica.settle());
    // Whoever was too late may have left some for the other.
    hub.bot.settle().await;
    let ids = hub.receiver.ids();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 20, "{ids:?}");
    assert_eq!(ids.len(), 20, "each once");
    replica.parts.db.close().await;
    hub.close().await;
}

#[tokio::test]
async fn the_same_window_in_another_installation_has_other_ids() {
    let (one, other) = (Hub::start().await, Hub::start().await);
    one.bot.say("anna", DISKS).await;
    other.bot.at("2026-12-08 09:01").await;
    other.bot.say("anna", DISKS).await;
    assert_ne!(one.receiver.ids(), other.receiver.ids());
    one.close().await;
    other.close().await;
}
