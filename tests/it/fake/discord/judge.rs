//! A judge of what is said to Discord: its own description, and what its documentation says in words only.
//!
//! It is stricter than Discord where maintbot has no reason to come near: an unknown property anywhere is a violation,
//! every message says whom it may notify, markup in angle brackets is of a kind that maintbot makes on purpose, and nothing
//! may call everybody. Lengths are counted in UTF-16 units, the longest that Discord could mean. `proofs` shows that it
//! refuses planted mistakes. What our double sends is judged by [`interaction()`].

mod commands;
mod interactions;
mod markup;
mod messages;
mod proofs;

use std::sync::OnceLock;

use serde_json::Value;

use crate::fake::openapi::Judge;

pub use interactions::interaction;

/// What every path begins with.
const BASE: &str = "/api/v10";
/// The name of a scheduled event.
const LONGEST_EVENT_NAME: usize = 100;

/// Discord's description, read once per process.
fn described() -> &'static Judge {
    static JUDGE: OnceLock<Judge> = OnceLock::new();
    JUDGE.get_or_init(|| Judge::new("Discord", include_str!("../../../data/discord/openapi.json")))
}

/// What is wrong with a request to `target` (path and query, with or without `/api/v10`); nothing when Discord would
/// take it and maintbot may send it.
pub fn request(method: &str, target: &str, body: &[u8]) -> Vec<String> {
    let target = target.strip_prefix(BASE).unwrap_or(target);
    let mut wrong = described().request(method, target, body);
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    ids(&parts, &mut wrong);
    let Ok(said) = serde_json::from_slice::<Value>(body) else { return wrong };
    match (method, parts.as_slice()) {
        ("POST", ["channels", _, "messages"]) => {
            messages::message(&said, &mut wrong);
            messages::nonce(&said, &mut wrong);
        }
        ("PATCH", ["channels", _, "messages", _] | ["webhooks", _, _, "messages", _])
        | ("POST", ["webhooks", _, _]) => messages::message(&said, &mut wrong),
        ("POST", ["interactions", _, _, "callback"]) => callback(&said, &mut wrong),
        ("POST", ["channels", _, "messages", _, "threads"]) => named("name", &said["name"], 100, &mut wrong),
        ("POST" | "PATCH", ["guilds", _, "scheduled-events", ..]) => event(method == "POST", &said, &mut wrong),
        (_, ["applications", _, "commands"] | ["applications", _, "guilds", _, "commands"]) => {
            commands::all(said.as_array().map_or(std::slice::from_ref(&said), Vec::as_slice), &mut wrong);
        }
        _ => {}
    }
    wrong
}

/// What is wrong with an answer to an interaction, wherever it is said: as a call, or in the answer to the posted one.
pub fn callback(said: &Value, wrong: &mut Vec<String>) {
    let schema = match said["type"].as_u64() {
        Some(1) => "PongInteractionCallbackRequest",
        Some(4 | 5) => "CreateMessageInteractionCallbackRequest",
        Some(6 | 7) => "UpdateMessageInteractionCallbackRequest",
        Some(8) => "ApplicationCommandAutocompleteCallbackRequest",
        Some(9) => "ModalInteractionCallbackRequest",
        _ => return wrong.push(format!("callback of type {}: maintbot gives no such answer", said["type"])),
    };
    wrong.extend(described().named(schema, said));
    let data = &said["data"];
    match said["type"].as_u64() {
        Some(4 | 7) => messages::message(data, wrong),
        Some(5 | 6) if data.as_object().is_some_and(|data| data.keys().any(|name| name != "flags")) => {
            wrong.push("a deferred answer has nothing but flags".into());
        }
        Some(8) => commands::choices("autocomplete", &data["choices"], wrong),
        Some(9) => messages::modal(data, wrong),
        _ => {}
    }
}

/// Ids that the description takes for any text.
fn ids(parts: &[&str], wrong: &mut Vec<String>) {
    let after = |name: &str| parts.iter().position(|part| *part == name).and_then(|at| parts.get(at + 1));
    for name in ["channels", "guilds", "applications", "interactions", "webhooks", "messages", "scheduled-events"] {
        let id = after(name).filter(|id| !["@me", "@original", "bulk-delete", "pins"].contains(id));
        let is_id = |id: &&&str| id.bytes().all(|b| b.is_ascii_digit()) && id.parse::<u64>().is_ok_and(|id| id > 0);
        if let Some(id) = id.filter(|id| !is_id(id)) {
            wrong.push(format!("{name}/{id}: not a snowflake"));
        }
    }
}

/// A scheduled event of our kind: one that takes place outside of Discord.
fn event(is_new: bool, said: &Value, wrong: &mut Vec<String>) {
    if is_new {
        // Of the three sorts the description takes any; this names what is wrong with ours.
        wrong.extend(described().named("ExternalScheduledEventCreateRequest", said));
        if said["entity_type"] != 3 || !said["channel_id"].is_null() {
            wrong.push("event: not an external one".into());
        }
        for name in ["scheduled_start_time", "scheduled_end_time"].iter().filter(|name| said[**name].is_null()) {
            wrong.push(format!("event: {name} is missing"));
        }
    }
    if !said["name"].is_null() || is_new {
        named("event name", &said["name"], LONGEST_EVENT_NAME, wrong);
    }
    if !said["entity_metadata"].is_null() || is_new {
        named("event location", &said["entity_metadata"]["location"], 100, wrong);
    }
    let time = |name: &str| chrono::DateTime::parse_from_rfc3339(said[name].as_str()?).ok();
    if let (Some(start), Some(end)) = (time("scheduled_start_time"), time("scheduled_end_time"))
        && end <= start
    {
        wrong.push("event: it ends before it starts".into());
    }
    if !(said["status"].is_null() || (1..=4).any(|status| said["status"] == status)) {
        wrong.push(format!("event: status {}", said["status"]));
    }
}

/// A name that may not be blank.
fn named(what: &str, value: &Value, most: usize, wrong: &mut Vec<String>) {
    let text = value.as_str().unwrap_or_default();
    if text.trim().is_empty() {
        wrong.push(format!("{what}: blank"));
    }
    limit(what, text, most, wrong);
}

fn limit(what: &str, text: &str, most: usize, wrong: &mut Vec<String>) {
    let length = len(text);
    if length > most {
        wrong.push(format!("{what}: {length} characters, {most} fit"));
    }
}

fn len(text: &str) -> usize {
    text.encode_utf16().count()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}
