//! Digests to a webhook: what programs get, and what ops read of one that did not arrive.

use super::{DISKS, Hub};
use crate::fake::webhook::Answer;

const DIGEST: &str = "[digest]\ncron = \"0 9 * * Mon\"\nchannels = [\"webhook:crm\"]\n";

/// A week with something of everything, up to the second before the digest of Monday 14 December 2026.
async fn week() -> Hub {
    let hub = Hub::with("", DIGEST).await;
    for line in [
        &DISKS.replace("2027-01-10", "2026-12-16"),
        "/maintenance schedule \"Cables\" service:net when:\"2026-12-09 10:00-11:00 UTC\" poc:@ben",
        "/maintenance schedule \"Racks\" service:net when:\"2026-12-14 08:00-12:00 UTC\" poc:@ben",
        "/maintenance schedule \"Next year\" service:net when:\"2027-03-14 08:00-12:00 UTC\" poc:@ben",
    ] {
        hub.bot.say("anna", line).await;
    }
    hub.bot.at("2026-12-09 10:45").await;
    hub.bot.say("anna", "/maintenance complete MW-2").await;
    hub.bot.at("2026-12-14 08:59").await;
    hub
}

#[tokio::test]
async fn programs_get_the_windows_in_short_beside_the_text() {
    let hub = week().await;
    let before = hub.receiver.received().len();
    hub.bot.at("2026-12-14 09:00").await;
    let received = hub.receiver.received();
    let [digest] = &received[before..] else { panic!("one message, not {}", received.len() - before) };
    let body = digest.json();
    assert_eq!((&body["type"], &body["timestamp"]), (&"maintenance.digest".into(), &"2026-12-14T09:00:00Z".into()));
    let told = &body["data"]["digest"];
    let ids = |list: &str| -> Vec<&str> {
        told[list].as_array().expect("a list").iter().map(|w| w["id"].as_str().expect("an id")).collect()
    };
    assert_eq!((ids("running"), ids("ahead"), ids("completed")), (vec!["MW-3"], vec!["MW-1"], vec!["MW-2"]));
    assert_eq!(told["completed"][0]["actual_end"], "2026-12-09T10:45:00Z");
    assert_eq!((&told["since"], &told["until"]), (&"2026-12-07T09:00:00Z".into(), &"2026-12-21T09:00:00Z".into()));
    assert_eq!(told["url"], "https://maintenance.example.com");
    assert_eq!(body["data"]["message"]["heading"], "Maintenance at Example: 1 going on, 1 ahead, 1 completed");
    hub.close().await;
}

#[tokio::test]
async fn of_one_that_did_not_arrive_ops_read_where_to_and_when_the_next_is_due() {
    let hub = week().await;
    hub.receiver.once(Answer::status(410));
    hub.bot.at("2026-12-14 09:00").await;
    let told = hub.bot.texts("ops").await;
    let told: Vec<&String> = told.iter().filter(|text| text.contains("The digest could not be delivered")).collect();
    let [text] = told.as_slice() else { panic!("once: {told:#?}") };
    for part in
        ["to webhook:crm", "410", "maintbot webhook enable crm", "The next one is due Mon 21 Dec 2026 09:00 UTC."]
    {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}
