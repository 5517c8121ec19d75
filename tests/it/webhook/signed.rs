//! What comes is signed so that programs that are not ours accept it, and nothing else.

use maintbot::clock::Clock;

use super::{DISKS, Hub, KEY};
use crate::fake::webhook::{Received, node_accepts, python_accepts};

const OLD: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDhMIv2eMyYZs=";
/// RFC 8032, section 7.1, test 1: seed and public key.
const PAIR: &str = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
const PUBLIC: &str = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

/// A window from its announcement to its end.
async fn life(hub: &Hub) {
    for line in [
        DISKS,
        "/maintenance note MW-1 \"Parts – “ä” – have come\"",
        "/maintenance reschedule MW-1 when:\"2027-01-10 12:00-13:00 UTC\"",
    ] {
        hub.bot.say("anna", line).await;
    }
    hub.bot.at("2027-01-10 12:10").await;
    for line in [
        "/maintenance extend MW-1 30m reason:\"One disk is slow\"",
        "/maintenance done MW-1 1",
        "/maintenance complete MW-1 note:\"All well\"",
    ] {
        hub.bot.say("anna", line).await;
    }
}

const LIFE: [&str; 6] = ["announcement", "note", "moved", "started", "extended", "completed"];

fn tampered(of: &[Received], change: impl Fn(&mut Received)) -> Vec<Received> {
    let mut of = of.to_vec();
    of.iter_mut().for_each(change);
    of
}

fn with(received: &mut Received, name: &str, value: impl Into<String>) {
    received.headers.insert(name.to_owned(), value.into());
}

#[tokio::test]
async fn every_message_is_accepted_by_the_reference_library_and_nothing_that_was_changed() {
    let hub = Hub::start().await;
    life(&hub).await;
    let received = hub.receiver.received();
    assert_eq!(hub.receiver.kinds(), LIFE);
    let all = vec![204; LIFE.len()];
    assert_eq!(python_accepts(KEY, &received), all);
    assert_eq!(node_accepts(KEY, &received), all);
    let others = [
        tampered(&received, |one| one.body = one.body.replace("Disks", "Disk5")),
        tampered(&received, |one| with(one, "webhook-id", format!("{}0", one.id()))),
        tampered(&received, |one| with(one, "webhook-timestamp", (Clock::wall().timestamp() + 7).to_string())),
        tampered(&received, |one| with(one, "webhook-signature", "v1,AAAA")),
        tampered(&received, |one| drop(one.headers.remove("webhook-signature"))),
    ];
    for other in others {
        assert_eq!(python_accepts(KEY, &other), vec![401; LIFE.len()]);
        assert_eq!(node_accepts(KEY, &other), vec![401; LIFE.len()]);
    }
    assert_eq!(python_accepts(OLD, &received), vec![401; LIFE.len()], "another key");
    hub.close().await;
}

#[tokio::test]
async fn the_head_of_a_request_is_as_the_standard_has_it() {
    let hub = Hub::start().await;
    life(&hub).await;
    let mut ids = hub.receiver.ids();
    for one in hub.receiver.received() {
        assert_eq!((one.method.as_str(), one.path.as_str()), ("POST", "/crm?token=hunter2"));
        assert_eq!(one.header("content-type"), "application/json");
        assert!(one.header("user-agent").starts_with("maintbot/"));
        let stamp: i64 = one.header("webhook-timestamp").parse().expect("seconds");
        let age = Clock::wall().timestamp() - stamp;
        assert!((0..300).contains(&age), "the machine's clock, not the story's: {age}");
        let id = one.id().strip_prefix("msg_").expect("a message's id");
        assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
        for never in ["authorization", "cookie", "referer"] {
            assert!(!one.headers.contains_key(never), "{never}");
        }
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), LIFE.len(), "each has an id of its own");
    hub.close().await;
}

#[tokio::test]
async fn while_keys_are_changed_receivers_with_either_accept_everything() {
    let hub = Hub::with(&format!("previous_secret = \"{OLD}\""), "").await;
    life(&hub).await;
    let received = hub.receiver.received();
    for key in [KEY, OLD] {
        assert_eq!(python_accepts(key, &received), vec![204; LIFE.len()]);
        assert_eq!(node_accepts(key, &received), vec![204; LIFE.len()]);
    }
    let newest = tampered(&received, |one| {
        let first = one.header("webhook-signature").split(' ').next().unwrap_or_default().to_owned();
        with(one, "webhook-signature", first);
    });
    assert_eq!(python_accepts(KEY, &newest), vec![204; LIFE.len()], "the newest comes first");
    assert_eq!(python_accepts(OLD, &newest), vec![401; LIFE.len()]);
    hub.close().await;
}

#[tokio::test]
async fn a_receiver_with_the_public_key_accepts_what_the_private_one_signed() {
    let mut hub = Hub::start().await;
    hub.restart_with(|config| config.replace(KEY, PAIR)).await;
    life(&hub).await;
    let received = hub.receiver.received();
    assert!(received.iter().all(|one| one.header("webhook-signature").starts_with("v1a,")));
    assert_eq!(node_accepts(PUBLIC, &received), vec![204; LIFE.len()]);
    let other = tampered(&received, |one| one.body = one.body.replace("Disks", "Disk5"));
    assert_eq!(node_accepts(PUBLIC, &other), vec![401; LIFE.len()]);
    hub.close().await;
}
