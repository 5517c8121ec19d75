//! docs/webhooks.md names every type and every field. Its examples are run by the tests of what is signed.

use std::collections::BTreeSet;

use maintbot::message::audience::{messages, plan_messages};
use serde_json::Value;

use super::{DISKS, Hub};

const MANUAL: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/webhooks.md"));

/// The first cells of the rows of its tables, without the marks of code.
fn rows() -> BTreeSet<&'static str> {
    let rows = MANUAL.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(cell, _)| cell).collect()
}

#[test]
fn the_manual_names_every_type_and_no_other() {
    let of = |thing: &str, kinds: Vec<maintbot::domain::ledger::MessageKind>| -> Vec<String> {
        kinds.iter().map(|kind| format!("maintenance.{thing}.{kind}")).collect()
    };
    let digest = ["maintenance.digest".to_owned(), "maintenance.digest.delivery_failed".to_owned()];
    let windows = of("window", messages()).into_iter();
    let all: BTreeSet<String> = windows.chain(of("plan", plan_messages())).chain(digest).collect();
    let named: BTreeSet<String> =
        rows().into_iter().filter(|row| row.starts_with("maintenance.")).map(Into::into).collect();
    assert_eq!(named, all);
}

/// Every name in a body, as it is reached: `window.change_items.text`.
fn names(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, below) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                found.insert(path.clone());
                names(below, &path, found);
            }
        }
        Value::Array(entries) => entries.iter().for_each(|entry| names(entry, path, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_manual_names_every_field() {
    let mut hub = Hub::with("", "[digest]\nchannels = [\"webhook:crm\"]\n").await;
    hub.restart_with(|config| config.replace("name = \"partners\"", "name = \"partners\"\ninternal = true")).await;
    for line in [
        DISKS,
        "/maintenance done MW-1 1",
        "/maintenance note MW-1 \"For everybody\"",
        "/maintenance plan new \"Upgrade\"",
        "/maintenance schedule \"Germany\" service:crm when:\"2027-01-10 10:00-11:00 UTC\" poc:@ben plan:PL-1 \
         downtime:10m downtime.crm:5m",
        "/maintenance plan publish PL-1",
        "/maintenance note MW-2 \"For everybody\"",
        "/maintenance schedule \"Today\" service:crm when:\"2026-12-08 09:15-12:00 UTC\" poc:@ben",
        "/maintenance start MW-3",
        "/maintenance complete MW-3",
        "/maintenance schedule \"Soon\" service:crm when:\"2026-12-14 08:30-12:00 UTC\" poc:@ben",
        "/maintenance schedule \"Later\" service:crm when:\"2026-12-15 08:30-12:00 UTC\" poc:@ben",
    ] {
        hub.bot.say("anna", line).await;
    }
    hub.bot.at("2026-12-14 09:00").await;
    let mut found = BTreeSet::new();
    for one in hub.receiver.received() {
        names(&one.json(), "", &mut found);
    }
    let rows = rows();
    let missing: Vec<String> = found
        .iter()
        // What services are down for is named by their ids.
        .map(|name| name.strip_prefix("data.").unwrap_or(name).replace("downtimes.crm", "downtimes.<service>"))
        .filter(|name| !rows.contains(name.as_str()))
        .collect();
    assert!(found.len() > 50 && missing.is_empty(), "{missing:#?}");
    hub.close().await;
}
