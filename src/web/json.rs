//! How windows, deliveries and replies look in the API. Names stay; more fields may join. Times are RFC 3339 in UTC with
//! `Z`, whole seconds.

pub(super) mod advisory;
pub(super) mod planning;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::findings::Ground;
use crate::domain::change::{ChangeItem, ChangeList};
use crate::domain::customer::{TellLine, tell_list};
use crate::domain::finding::is_short_notice;
use crate::domain::ledger::Delivery;
use crate::domain::organisation::Organisation;
use crate::domain::plan::{Phases, Qa};
use crate::domain::subject::Subject;
use crate::domain::window::{Downtime, Kind, Published, Request, Window};
use crate::service::query::{Full, Post};
use crate::service::{PlannedView, Reply};

/// `2026-12-06T14:00:00Z`.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What a command that was done answers.
pub(super) fn reply(reply: &Reply, ground: &Ground<'_>) -> Value {
    let mut body = json!({
        "text": reply.message.plain(),
        "windows": reply.windows,
        "warnings": reply.warnings,
        "subject": reply.subject.or_else(|| reply.windows.first().copied().map(Subject::Window)),
        "findings": reply.findings.iter().map(|finding| ground.json(finding)).collect::<Vec<_>>(),
    });
    if let Some(planned) = &reply.deliveries {
        body["deliveries"] = planned.iter().map(planned_message).collect();
    }
    if let Some(slots) = &reply.slots {
        let slot = slots.iter().map(
            |slot| json!({ "starts_at": instant(slot.starts_at), "ends_at": instant(slot.ends_at), "why": slot.why }),
        );
        body["slots"] = slot.collect();
    }
    body
}

fn planned_message(p: &PlannedView) -> Value {
    json!({
        "message": p.message, "class": p.class, "occasion": p.occasion, "lead": p.lead, "audience": p.audience,
        "channel": p.channel, "due_at": instant(p.due_at), "reason": p.reason,
    })
}

/// A window with its change list.
pub(super) fn window(organisation: &Organisation, w: &Window, items: &ChangeList) -> Value {
    let fields = [scope(w), downtime(w), belonging(w), people(organisation, w), course(organisation, w)];
    let mut body: Map<String, Value> = fields.into_iter().flatten().collect();
    body.insert("change_items".into(), items.0.iter().map(item).collect());
    Value::Object(body)
}

/// A window with all that belongs to it.
pub(super) fn full(organisation: &Organisation, full: &Full) -> Value {
    let w = &full.window;
    let mut body = window(organisation, w, &full.items);
    body["phase"] = json!(full.phases.as_ref().and_then(|phases| phase(phases, w)));
    body["told"] = tell_list(organisation, w, &full.told).iter().map(told).collect();
    body["qa"] = full.qa.iter().map(question).collect();
    body
}

/// The fields of an object.
fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// What it is, and the times and places that its sequence is bound to.
fn scope(w: &Window) -> Map<String, Value> {
    fields(json!({
        "id": w.id,
        "title": w.title,
        "kind": w.kind,
        "category": w.category,
        "services": w.services,
        "regions": w.regions,
        "environment": w.environment,
        "starts_at": instant(w.span.starts_at),
        "ends_at": instant(w.span.ends_at),
        "time_zone": w.span.zone.name(),
        "impact": known(&w.impact),
        "rollback": known(&w.rollback),
        "links": w.links,
    }))
}

fn downtime(w: &Window) -> Map<String, Value> {
    let each: Map<String, Value> = w.downtimes.iter().map(|(id, d)| (id.clone(), figures(d))).collect();
    let whole = w.downtime.as_ref();
    fields(json!({
        "expected_downtime_s": whole.map(|d| d.most.num_seconds()),
        "expected_downtime_least_s": whole.map(|d| d.least.num_seconds()),
        "downtime_per": whole.and_then(|d| d.per.as_ref()),
        "downtimes": each,
        "actual_downtime_s": w.actual_downtime.map(|d| d.num_seconds()),
    }))
}

fn figures(d: &Downtime) -> Value {
    json!({
        "expected_downtime_s": d.most.num_seconds(), "expected_downtime_least_s": d.least.num_seconds(),
        "downtime_per": d.per,
    })
}

/// The plan or series it comes from.
fn belonging(w: &Window) -> Map<String, Value> {
    fields(json!({
        "plan": w.plan,
        "series": w.series,
        "occurrence": w.occurrence.map(|wall| wall.format("%Y-%m-%dT%H:%M:%S").to_string()),
        "detached": w.detached,
    }))
}

fn people(organisation: &Organisation, w: &Window) -> Map<String, Value> {
    fields(json!({
        "poc": w.poc,
        "requester": w.requester,
        "customers": w.customers,
        "request": w.request.as_ref().map(|asked| request(organisation, w, asked)),
        "url": organisation.window_url(w),
    }))
}

/// Where it is in its life.
fn course(organisation: &Organisation, w: &Window) -> Map<String, Value> {
    let policy = organisation.policy(&w.kind, &w.services);
    let short = w.kind.0 != Kind::EMERGENCY && is_short_notice(&w.span, policy, organisation, w.sequence_at);
    fields(json!({
        "state": w.state,
        "outcome": w.outcome,
        "sequence": w.sequence,
        "revision": w.revision,
        "short_notice": short,
        "published": w.published.as_ref().map(published),
        "actual_start": w.actual_start.map(instant),
        "actual_end": w.actual_end.map(instant),
        "created_at": instant(w.created_at),
    }))
}

fn published(p: &Published) -> Value {
    json!({
        "sequence": p.sequence,
        "starts_at": instant(p.starts_at),
        "ends_at": instant(p.ends_at),
        "time_zone": p.zone.name(),
        "services": p.services,
        "regions": p.regions,
        "environment": p.environment,
        "kind": p.kind,
    })
}

fn request(organisation: &Organisation, w: &Window, asked: &Request) -> Value {
    let ground = Ground::of(organisation, w);
    json!({
        "by": asked.by,
        "at": instant(asked.at),
        "reason": known(&asked.reason),
        "findings": asked.findings.iter().map(|finding| ground.json(finding)).collect::<Vec<_>>(),
        "expires_at": instant(asked.expires_at),
        "sequence": asked.sequence,
    })
}

fn phase(phases: &Phases, w: &Window) -> Option<Value> {
    phases.place_of(w).map(|(number, of)| json!({ "number": number, "of": of }))
}

fn told(line: &TellLine<'_>) -> Value {
    json!({
        "customer": line.customer.id,
        "owner": line.customer.owner,
        "told_by": line.told.map(|told| &told.by),
        "told_at": line.told.map(|told| instant(told.at)),
    })
}

fn question(qa: &Qa) -> Value {
    json!({ "number": qa.number, "question": qa.question, "answer": qa.answer })
}

/// Text, or null where none was given.
fn known(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn item(item: &ChangeItem) -> Value {
    json!({
        "number": item.number,
        "text": item.text,
        "kind": item.kind,
        "from_version": item.from_version,
        "to_version": item.to_version,
        "advisories": item.advisories,
        "parent": item.parent,
        "late": item.late,
        "done": item.done.is_some(),
        "done_by": item.done.as_ref().map(|d| &d.by),
        "done_at": item.done.as_ref().map(|d| instant(d.at)),
        "assignee": item.assignee,
    })
}

/// The window that something is about, and empty text where it is about something else.
fn window_of(subject: Option<Subject>) -> String {
    subject.and_then(Subject::window).map(|id| id.to_string()).unwrap_or_default()
}

/// A row of the ledger. `reason` is why it was not sent; for one that failed, what the channel answered last.
pub(super) fn delivery(d: &Delivery) -> Value {
    let reason = d.reason.map(|r| r.to_string()).or_else(|| d.error.clone());
    json!({
        "id": d.id,
        "subject": d.subject,
        "window": window_of(Some(d.subject)),
        "sequence": d.plan.sequence,
        "class": d.plan.message.class(),
        "message": d.plan.message,
        "occasion": d.plan.occasion,
        "lead": d.plan.lead,
        "audience": d.plan.audience,
        "channel": d.plan.channel,
        "due_at": instant(d.plan.due_at),
        "note": d.plan.note,
        "state": d.state,
        "reason": reason,
        "attempts": d.attempts,
        "sent_at": d.sent_at.map(instant),
        "remote_id": d.remote_id,
    })
}

/// A post of a built-in channel.
pub(super) fn post(p: &Post) -> Value {
    json!({
        "id": p.id,
        "text": p.text,
        "posted_at": instant(p.posted_at),
        "edited_at": p.edited_at.map(instant),
        "subject": p.subject,
        "window": window_of(p.subject),
    })
}
