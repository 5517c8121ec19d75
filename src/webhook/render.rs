//! Messages as JSON: what happened, the window or plan as its readers may see it, and the message as people read it.
//!
//! Names are those of the API. Text from people is only ever a value of a string. A body is smaller than 20,000 bytes,
//! whatever anybody typed: what is too long is cut, and `truncated` says so.

mod measure;

use anyhow::Context as _;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use self::measure::{ALL, Measure};
use crate::domain::change::{ChangeItem, ChangeList};
use crate::domain::ledger::MessageKind;
use crate::domain::organisation::Organisation;
use crate::domain::plan::Phases;
use crate::domain::window::{Downtime, Window};
use crate::message::audience::{Telling, horizon};
use crate::message::topic::{AdvisoryTopic, DigestTopic, PlanTopic, Topic, WindowTopic};
use crate::message::{Block, Message};

/// Bodies are smaller (bytes): Standard Webhooks, "Payload size".
const LIMIT: usize = 20_000;

/// What happened, as `type` says: `maintenance.window.started`, `maintenance.plan.moved`. The last word is the message's
/// name in the ledger.
#[must_use]
pub fn type_of(topic: &Topic, message: MessageKind) -> String {
    let thing = match topic {
        Topic::Window(_) => "window",
        Topic::Plan(_) => "plan",
        Topic::Advisory(_) => "advisory",
        Topic::Subscription(_) => "subscription",
        // The message and what it is about have one name.
        Topic::Digest(_) if message == MessageKind::Digest => return "maintenance.digest".into(),
        Topic::Digest(_) => "digest",
    };
    format!("maintenance.{thing}.{message}")
}

/// A body as Standard Webhooks recommends it.
///
/// # Errors
/// Nothing of what it is about is to be seen by its readers.
pub fn standard(t: &Telling<'_>, message: &Message) -> anyhow::Result<Vec<u8>> {
    let head = json!({ "type": type_of(t.topic, t.plan.message), "timestamp": instant(happened(t)) });
    bounded(t, message, &head)
}

/// A body as a structured event of CloudEvents 1.0 with this id
/// (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>). The source is the address that
/// people open.
///
/// # Errors
/// Nothing of what it is about is to be seen by its readers.
pub fn cloud_event(t: &Telling<'_>, message: &Message, id: &str) -> anyhow::Result<Vec<u8>> {
    let head = json!({
        "specversion": "1.0",
        "id": id,
        "source": t.organisation.public_url,
        "type": format!("io.maintbot.{}.v1", type_of(t.topic, t.plan.message)),
        "subject": t.topic.subject().to_string(),
        "time": instant(happened(t)),
        "datacontenttype": "application/json",
    });
    bounded(t, message, &head)
}

/// When it happened (UTC): the event that caused it, else when it was due.
fn happened(t: &Telling<'_>) -> DateTime<Utc> {
    t.events.first().map_or(t.plan.due_at, |event| event.at)
}

/// The first of ever shorter forms that is short enough; the last one always is.
fn bounded(t: &Telling<'_>, message: &Message, head: &Value) -> anyhow::Result<Vec<u8>> {
    // Of an advisory and a digest there is nothing here but what the message itself says.
    let is_told = matches!(t.topic, Topic::Advisory(_) | Topic::Digest(_));
    let seen = if is_told { Some(t.topic.clone()) } else { t.seen() };
    let seen = seen.context("nothing of its window is public")?;
    for measure in ALL {
        let body = serde_json::to_vec(&with_data(head, data(t, &seen, message, &measure)))?;
        if body.len() < LIMIT {
            return Ok(body);
        }
    }
    let bare = json!({ "truncated": true, "subject": seen.subject().to_string() });
    Ok(serde_json::to_vec(&with_data(head, bare))?)
}

fn with_data(head: &Value, data: Value) -> Value {
    let mut body = head.clone();
    body["data"] = data;
    body
}

fn data(t: &Telling<'_>, seen: &Topic, message: &Message, m: &Measure) -> Value {
    let (name, thing) = match seen {
        Topic::Window(topic) => ("window", window(t, topic, m)),
        Topic::Plan(topic) => ("plan", plan(t, topic, m)),
        Topic::Advisory(topic) => ("advisory", advisory(t, topic)),
        Topic::Subscription(asked) => ("subscription", json!({ "id": asked.id })),
        Topic::Digest(topic) => ("digest", digest(t, topic, m)),
    };
    json!({ name: thing, "message": said(t, message, m), "truncated": m.cuts() })
}

/// Which advisory it is; what may be known of it stands in the message.
fn advisory(t: &Telling<'_>, topic: &AdvisoryTopic) -> Value {
    let a = &topic.advisory;
    json!({ "id": a.id, "disposition": a.disposition, "url": t.organisation.advisory_url(a.id) })
}

/// The windows that it tells of, in short, as everybody may see them.
fn digest(t: &Telling<'_>, topic: &DigestTopic, m: &Measure) -> Value {
    let until = horizon(t);
    let short = |w: &Window| Value::Object(facts(t.organisation, w, m));
    let completed = |w: &Window| {
        let mut fields = facts(t.organisation, w, m);
        fields.insert("actual_end".into(), json!(w.actual_end.map(instant)));
        Value::Object(fields)
    };
    json!({
        "since": instant(topic.since),
        "until": instant(until),
        "running": m.some(topic.running().iter()).map(short).collect::<Vec<_>>(),
        "ahead": m.some(topic.ahead(until).iter()).map(short).collect::<Vec<_>>(),
        "completed": m.some(topic.done(t.now).into_iter()).map(completed).collect::<Vec<_>>(),
        "url": t.organisation.public_url,
    })
}

/// What people are told, as plain text.
fn said(t: &Telling<'_>, message: &Message, m: &Measure) -> Value {
    let heading = message.blocks.iter().find_map(|block| match block {
        Block::Heading(text) => Some(text.as_str()),
        _ => None,
    });
    json!({
        "kind": t.plan.message,
        "lead": t.plan.lead,
        "heading": heading.map(|text| m.text(text)),
        "text": m.text(&message.plain()),
    })
}

fn window(t: &Telling<'_>, topic: &WindowTopic, m: &Measure) -> Value {
    let w = &topic.window;
    let mut fields = facts(t.organisation, w, m);
    let more = json!({
        "kind": m.text(&w.kind.0),
        "category": w.category,
        "links": m.texts(&w.links),
        "expected_downtime_least_s": w.downtime.as_ref().map(|d| d.least.num_seconds()),
        "downtime_per": w.downtime.as_ref().and_then(|d| d.per.as_deref()).map(|per| m.text(per)),
        "downtimes": m.some(w.downtimes.iter()).map(|(id, d)| (m.text(id), downtime(d, m))).collect::<Map<_, _>>(),
        "actual_downtime_s": w.actual_downtime.map(|d| d.num_seconds()),
        "poc": w.poc.as_deref().map(|poc| m.text(poc)),
        "plan": w.plan,
        "phase": topic.phases.as_ref().and_then(|phases| place(phases, w)),
        "on_hold": topic.held().is_some(),
        "series": w.series,
        "revision": w.revision,
        "actual_start": w.actual_start.map(instant),
        "actual_end": w.actual_end.map(instant),
    });
    fields.extend(object(more));
    let staff = t.is_for_staff();
    if staff {
        fields.extend(object(json!({
            "rollback": m.text(&w.rollback),
            "customers": m.texts(&w.customers),
            "requester": m.text(&w.requester),
        })));
    }
    if staff || matches!(t.plan.message, MessageKind::ChangeList | MessageKind::ChangeListUpdate) {
        fields.insert("change_items".into(), items(&topic.items, m));
    }
    Value::Object(fields)
}

/// What a window and a phase in short have in common.
fn facts(organisation: &Organisation, w: &Window, m: &Measure) -> Map<String, Value> {
    object(json!({
        "id": w.id,
        "title": m.text(&w.title),
        "state": w.state,
        "outcome": w.outcome,
        "services": m.texts(&w.services),
        "regions": m.texts(&w.regions),
        "environment": m.text(&w.environment),
        "starts_at": instant(w.span.starts_at),
        "ends_at": instant(w.span.ends_at),
        "time_zone": w.span.zone.name(),
        "expected_downtime_s": w.downtime.as_ref().map(|d| d.most.num_seconds()),
        "impact": m.text(&w.impact),
        "sequence": w.sequence,
        "url": organisation.window_url(w),
    }))
}

fn downtime(d: &Downtime, m: &Measure) -> Value {
    json!({
        "expected_downtime_s": d.most.num_seconds(),
        "expected_downtime_least_s": d.least.num_seconds(),
        "downtime_per": d.per.as_deref().map(|per| m.text(per)),
    })
}

fn place(phases: &Phases, w: &Window) -> Option<Value> {
    phases.place_of(w).map(|(number, of)| json!({ "number": number, "of": of }))
}

fn items(list: &ChangeList, m: &Measure) -> Value {
    m.some(list.0.iter()).map(|one| item(one, m)).collect()
}

fn item(item: &ChangeItem, m: &Measure) -> Value {
    let some = |text: &Option<String>| text.as_deref().map(|text| m.text(text));
    json!({
        "number": item.number,
        "text": m.text(&item.text),
        "kind": item.kind,
        "from_version": some(&item.from_version),
        "to_version": some(&item.to_version),
        "advisories": m.texts(&item.advisories),
        "parent": item.parent,
        "late": item.late,
        "done": item.done.is_some(),
        "done_by": item.done.as_ref().map(|done| m.text(&done.by)),
        "done_at": item.done.as_ref().map(|done| instant(done.at)),
        "assignee": some(&item.assignee),
    })
}

fn plan(t: &Telling<'_>, topic: &PlanTopic, m: &Measure) -> Value {
    let phases = &topic.phases;
    let plan = &phases.plan;
    let phase = |w: &Window| {
        let mut fields = facts(t.organisation, w, m);
        fields.insert("phase".into(), json!(place(phases, w)));
        fields.insert("on_hold".into(), json!(phases.holds(w)));
        Value::Object(fields)
    };
    let mut fields = object(json!({
        "id": plan.id,
        "title": m.text(&plan.title),
        "state": plan.state,
        "on_hold": plan.held.is_some(),
        "sequence": plan.sequence,
        "url": t.organisation.plan_url(plan.id),
        "phases": m.some(phases.windows.iter()).map(phase).collect::<Vec<_>>(),
    }));
    if t.is_for_staff() {
        fields.insert("requester".into(), json!(m.text(&plan.requester)));
    }
    Value::Object(fields)
}

/// The fields of an object.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// `2026-12-06T14:00:00Z`.
fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
