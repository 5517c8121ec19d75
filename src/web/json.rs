//! How things look in the API. Names stay; more fields may join. Times are RFC 3339 in UTC with `Z`, whole seconds.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::domain::change::{ChangeItem, ChangeList};
use crate::domain::ledger::Delivery;
use crate::domain::organisation::Organisation;
use crate::domain::window::Window;
use crate::service::query::Post;
use crate::service::{PlannedView, Reply};

/// `2026-12-06T14:00:00Z`.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What a command that was done answers.
pub(super) fn reply(reply: &Reply) -> Value {
    let mut body = json!({ "text": reply.message.plain(), "windows": reply.windows, "warnings": reply.warnings });
    if let Some(planned) = &reply.deliveries {
        body["deliveries"] = planned.iter().map(planned_message).collect();
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
    json!({
        "id": w.id,
        "title": w.title,
        "state": w.state,
        "outcome": w.outcome,
        "kind": w.kind,
        "services": w.services,
        "regions": w.regions,
        "environment": w.environment,
        "starts_at": instant(w.span.starts_at),
        "ends_at": instant(w.span.ends_at),
        "time_zone": w.span.zone.name(),
        "expected_downtime_s": w.downtime.map(|d| d.most.num_seconds()),
        "impact": known(&w.impact),
        "category": w.category,
        "rollback": known(&w.rollback),
        "customers": w.customers,
        "links": w.links,
        "poc": w.poc,
        "requester": w.requester,
        "sequence": w.sequence,
        "revision": w.revision,
        "plan": null,
        "series": null,
        "change_items": items.0.iter().map(item).collect::<Vec<_>>(),
        "actual_start": w.actual_start.map(instant),
        "actual_end": w.actual_end.map(instant),
        "actual_downtime_s": w.actual_downtime.map(|d| d.num_seconds()),
        "created_at": instant(w.created_at),
        "url": organisation.window_url(w),
    })
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

/// A row of the ledger. `reason` is why it was not sent; for one that failed, what the channel answered last.
pub(super) fn delivery(d: &Delivery) -> Value {
    let reason = d.reason.map(|r| r.to_string()).or_else(|| d.error.clone());
    json!({
        "id": d.id,
        "window": d.window,
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
        "window": p.window,
    })
}
