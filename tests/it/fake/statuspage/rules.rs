//! What the page does with a request, and what it does by itself as time passes.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{Entry, KEY, LIMIT, PAGE, State};

/// Fields of an incident that can be set (API reference, "Create an incident"), those of realtime incidents left out.
const FIELDS: [&str; 19] = [
    "name",
    "status",
    "impact_override",
    "scheduled_for",
    "scheduled_until",
    "scheduled_remind_prior",
    "scheduled_auto_in_progress",
    "scheduled_auto_completed",
    "auto_transition_to_maintenance_state",
    "auto_transition_to_operational_state",
    "auto_transition_deliver_notifications_at_start",
    "auto_transition_deliver_notifications_at_end",
    "reminder_intervals",
    "metadata",
    "deliver_notifications",
    "backfilled",
    "body",
    "components",
    "component_ids",
];
const COMPONENT: [&str; 5] =
    ["operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance"];
const STATUS: [&str; 4] = ["scheduled", "in_progress", "verifying", "completed"];

/// Begins and ends what begins and ends by itself.
pub(super) fn pass_time(state: &mut State) {
    let now = state.now();
    for at in 0..state.entries.len() {
        let entry = state.entries[at].clone();
        let due = |field: &str| entry.at(field).is_some_and(|at| at <= now);
        let status = entry.status();
        if status == "scheduled" && entry.flag("scheduled_auto_in_progress") && due("scheduled_for") {
            by_itself(state, at, "in_progress", ["auto_transition_to_maintenance_state", "under_maintenance"], "start");
        }
        let running = ["in_progress", "verifying"].contains(&state.entries[at].status().as_str());
        if running && entry.flag("scheduled_auto_completed") && due("scheduled_until") {
            by_itself(state, at, "completed", ["auto_transition_to_operational_state", "operational"], "end");
        }
    }
}

fn by_itself(state: &mut State, at: usize, status: &str, [flag, become_]: [&str; 2], when: &str) {
    let entry = &mut state.entries[at];
    entry.fields.insert("status".into(), status.into());
    entry.updates.push((status.to_owned(), String::new()));
    if entry.flag(flag) {
        for id in entry.components.clone() {
            become_.clone_into(&mut state.components.get_mut(&id).expect("a component").1);
        }
    }
    let entry = &state.entries[at];
    if entry.flag(&format!("auto_transition_deliver_notifications_at_{when}")) {
        state.told.push(format!("{status} by itself"));
    }
}

/// What is answered; everything is checked first.
pub(super) fn answer(
    state: &mut State,
    (method, path, query): (&str, &str, &str),
    key: &str,
    body: &Value,
) -> (u16, Value) {
    if key != format!("OAuth {KEY}") {
        return (401, json!({ "error": "Could not authenticate" }));
    }
    let now = state.now();
    while state.times.front().is_some_and(|at| *at + LIMIT.1 <= now) {
        state.times.pop_front();
    }
    if state.times.len() >= LIMIT.0 {
        state.violations.push(format!("{method} {path} is one too many in a minute"));
        return (429, json!({ "error": "Rate limit exceeded" }));
    }
    state.times.push_back(now);
    let Some(rest) = path.strip_prefix(&format!("/v1/pages/{PAGE}")) else {
        return (404, json!({ "error": "Not found" }));
    };
    let parts: Vec<&str> = rest.split('/').skip(1).collect();
    match (method, parts.as_slice()) {
        ("GET", []) => (200, json!({ "id": PAGE, "name": "Example status" })),
        ("GET", ["components"]) => {
            let one = |(id, (name, status)): (&String, &(String, String))| json!({ "id": id, "name": name, "status": status });
            (200, state.components.iter().map(one).collect())
        }
        ("GET", ["incidents", "scheduled"]) => (200, list(state, query, &["scheduled"])),
        ("GET", ["incidents", "active_maintenance"]) => (200, list(state, query, &["in_progress", "verifying"])),
        ("GET", ["incidents", id]) => match state.entries.iter().find(|entry| entry.id == *id) {
            Some(entry) => (200, shown(state, entry)),
            None => (404, json!({ "error": "Not found" })),
        },
        ("POST", ["incidents"]) => create(state, body),
        ("PATCH", ["incidents", id]) => update(state, id, body),
        _ => {
            state.violations.push(format!("{method} {path} is not there"));
            (404, json!({ "error": "Not found" }))
        }
    }
}

fn list(state: &State, query: &str, statuses: &[&str]) -> Value {
    let number = |name: &str, usual: usize| {
        let found = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        found.and_then(|text| text.parse().ok()).unwrap_or(usual)
    };
    let (page, per_page) = (number("page", 1).max(1), number("per_page", 100).min(100));
    let fits = |entry: &&Entry| statuses.contains(&entry.status().as_str());
    let newest_first = state.entries.iter().rev().filter(fits).skip((page - 1) * per_page).take(per_page);
    newest_first.map(|entry| shown(state, entry)).collect()
}

/// As it is answered.
fn shown(state: &State, entry: &Entry) -> Value {
    let component = |id: &String| {
        let (name, status) = &state.components[id];
        json!({ "id": id, "name": name, "status": status })
    };
    let mut shown = entry.fields.clone();
    shown.insert("id".into(), entry.id.as_str().into());
    shown.insert("components".into(), entry.components.iter().map(component).collect());
    shown.insert("metadata".into(), entry.metadata.clone());
    shown.insert("incident_updates".into(), json!([]));
    shown.insert("resolved_at".into(), Value::Null);
    Value::Object(shown)
}

fn create(state: &mut State, body: &Value) -> (u16, Value) {
    let Some(fields) = body["incident"].as_object().cloned() else {
        return (400, json!({ "error": "incident is missing" }));
    };
    let mut wrong = wrong(state, &fields);
    for needed in ["name", "status", "scheduled_for", "scheduled_until", "body", "deliver_notifications"] {
        if !fields.contains_key(needed) {
            wrong.push(format!("{needed} is missing"));
        }
    }
    // What is set at creation holds at once: a component would be down long before the work.
    if fields.get("status") == Some(&json!("scheduled")) && fields.contains_key("components") {
        wrong.push("components are changed before the start".into());
    }
    if !wrong.is_empty() {
        return refused(state, &wrong);
    }
    state.made += 1;
    let mut entry = Entry { id: format!("inc{}", state.made), ..Entry::default() };
    set(state, &mut entry, fields);
    let made = shown(state, &entry);
    state.entries.push(entry);
    (201, made)
}

fn update(state: &mut State, id: &str, body: &Value) -> (u16, Value) {
    let Some(at) = state.entries.iter().position(|entry| entry.id == id) else {
        return (404, json!({ "error": "Not found" }));
    };
    let Some(fields) = body["incident"].as_object().cloned() else {
        return (400, json!({ "error": "incident is missing" }));
    };
    let mut wrong = wrong(state, &fields);
    if !fields.contains_key("deliver_notifications") {
        wrong.push("whether people are told is not said".into());
    }
    let entry = state.entries[at].clone();
    if entry.status() == "completed" && fields.get("status").is_some_and(|status| status != "completed") {
        wrong.push("what is over does not begin again".into());
    }
    if !wrong.is_empty() {
        return refused(state, &wrong);
    }
    let mut entry = entry;
    set(state, &mut entry, fields);
    let changed = shown(state, &entry);
    state.entries[at] = entry;
    (200, changed)
}

fn refused(state: &mut State, wrong: &[String]) -> (u16, Value) {
    state.violations.extend(wrong.iter().cloned());
    (422, json!({ "error": wrong }))
}

fn set(state: &mut State, entry: &mut Entry, mut fields: Map<String, Value>) {
    let body = fields.remove("body").and_then(|body| body.as_str().map(str::to_owned)).unwrap_or_default();
    let tells = fields.remove("deliver_notifications") == Some(json!(true));
    if let Some(ids) = fields.remove("component_ids") {
        entry.components = serde_json::from_value(ids).expect("checked");
    }
    for (id, status) in fields.remove("components").and_then(|map| map.as_object().cloned()).unwrap_or_default() {
        if !entry.components.contains(&id) {
            entry.components.push(id.clone());
        }
        status.as_str().expect("checked").clone_into(&mut state.components.get_mut(&id).expect("checked").1);
    }
    if let Some(metadata) = fields.remove("metadata") {
        entry.metadata = metadata;
    }
    let stepped = fields.contains_key("status");
    entry.fields.extend(fields);
    if stepped || !body.is_empty() {
        entry.updates.push((entry.status(), body));
    }
    if tells {
        state.told.push(entry.status());
    }
}

fn wrong(state: &State, fields: &Map<String, Value>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, value) in fields {
        let good = match name.as_str() {
            unknown if !FIELDS.contains(&unknown) => false,
            "name" => value.as_str().is_some_and(|name| !name.is_empty() && name.chars().count() <= 255),
            "body" => value.as_str().is_some_and(|body| body.chars().count() <= 25_000),
            "status" => value.as_str().is_some_and(|status| STATUS.contains(&status)),
            "impact_override" => *value == "maintenance",
            "scheduled_for" | "scheduled_until" => value.as_str().is_some_and(|at| at.parse::<DateTime<Utc>>().is_ok()),
            "metadata" => value.as_object().is_some_and(|top| top.values().all(Value::is_object)),
            "component_ids" => value.as_array().is_some_and(|ids| {
                ids.iter().all(|id| id.as_str().is_some_and(|id| state.components.contains_key(id)))
            }),
            "components" => value.as_object().is_some_and(|map| {
                map.iter().all(|(id, status)| {
                    state.components.contains_key(id) && status.as_str().is_some_and(|s| COMPONENT.contains(&s))
                })
            }),
            _ => value.is_boolean(),
        };
        if !good {
            wrong.push(format!("{name} is {value}"));
        }
    }
    wrong
}
