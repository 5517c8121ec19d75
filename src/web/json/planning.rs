//! How plans, series, freezes and customers look in the API.

use serde_json::{Value, json};

use super::{figures, instant, known, question};
use crate::domain::customer::Customer;
use crate::domain::event::What;
use crate::domain::freeze::Freeze;
use crate::domain::organisation::Organisation;
use crate::domain::plan::Phases;
use crate::domain::series::{ItemTemplate, Series};
use crate::domain::window::Window;
use crate::message::words;
use crate::service::query::{FullPlan, FullSeries};

/// A plan with its phases and questions.
pub(in super::super) fn plan(organisation: &Organisation, full: &FullPlan) -> Value {
    let plan = &full.phases.plan;
    let held =
        plan.held.as_ref().map(|held| json!({ "by": held.by, "at": instant(held.at), "reason": known(&held.reason) }));
    json!({
        "id": plan.id,
        "title": plan.title,
        "state": plan.state,
        "held": held,
        "requester": plan.requester,
        "created_at": instant(plan.created_at),
        "published_at": plan.published_at.map(instant),
        "sequence": plan.sequence,
        "url": format!("{}/plans/{}", organisation.public_url, plan.id),
        "phases": full.phases.windows.iter().map(|w| phase(&full.phases, w)).collect::<Vec<_>>(),
        "qa": full.qa.iter().map(question).collect::<Vec<_>>(),
    })
}

/// A phase in short; the window itself has everything. `number` is null for one that was called off.
fn phase(phases: &Phases, w: &Window) -> Value {
    json!({
        "number": phases.place_of(w).map(|(number, _)| number),
        "window": w.id,
        "title": w.title,
        "starts_at": instant(w.span.starts_at),
        "ends_at": instant(w.span.ends_at),
        "time_zone": w.span.zone.name(),
        "kind": w.kind,
        "environment": w.environment,
        "regions": w.regions,
        "services": w.services,
        "expected_downtime_s": w.downtime.as_ref().map(|d| d.most.num_seconds()),
        "impact": known(&w.impact),
        "state": w.state,
        "outcome": w.outcome,
        "on_hold": phases.holds(w),
    })
}

/// A series without its windows.
pub(in super::super) fn series(s: &Series) -> Value {
    let t = &s.template;
    json!({
        "id": s.id,
        "title": t.title,
        "state": s.state,
        "recurs": words::rule(s),
        "time_zone": s.zone.name(),
        "length_s": s.length.num_seconds(),
        "shift_s": s.shift.num_seconds(),
        "kind": t.kind,
        "services": t.services,
        "environment": t.environment,
        "regions": t.regions,
        "downtime": t.downtime.as_ref().map(figures),
        "impact": known(&t.impact),
        "category": t.category,
        "rollback": known(&t.rollback),
        "customers": t.customers,
        "links": t.links,
        "poc": t.poc,
        "change_items": t.items.iter().map(item).collect::<Vec<_>>(),
        "requester": s.requester,
        "created_at": instant(s.created_at),
    })
}

fn item(item: &ItemTemplate) -> Value {
    json!({
        "text": item.text,
        "kind": item.kind,
        "from_version": item.from_version,
        "to_version": item.to_version,
        "advisories": item.advisories,
        "assignee": item.assignee,
    })
}

/// A series with its windows and the occurrences that were left out.
pub(in super::super) fn full_series(full: &FullSeries) -> Value {
    let mut body = series(&full.series);
    body["windows"] = full.windows.iter().map(occurrence).collect();
    let left_out = full.events.iter().flat_map(|event| match &event.what {
        What::Occurred { left_out, .. } => left_out.as_slice(),
        _ => &[],
    });
    body["left_out"] = left_out.map(|one| json!({ "when": one.when, "why": one.why })).collect();
    body
}

fn occurrence(w: &Window) -> Value {
    json!({
        "window": w.id,
        "occurrence": w.occurrence.map(|wall| wall.format("%Y-%m-%dT%H:%M:%S").to_string()),
        "starts_at": instant(w.span.starts_at),
        "ends_at": instant(w.span.ends_at),
        "state": w.state,
        "detached": w.detached,
    })
}

/// A freeze. Its days are whole and inclusive, in the organisation's zone.
pub(in super::super) fn freeze(organisation: &Organisation, f: &Freeze) -> Value {
    json!({
        "id": f.id,
        "title": f.title,
        "from": f.from.to_string(),
        "to": f.to.to_string(),
        "time_zone": organisation.zone.name(),
        "services": f.services,
        "regions": f.regions,
        "kinds": f.kinds,
        "by": f.by,
        "created_at": instant(f.created_at),
    })
}

/// A customer.
pub(in super::super) fn customer(c: &Customer) -> Value {
    json!({
        "id": c.id,
        "name": c.name,
        "services": c.services,
        "regions": c.regions,
        "contacts": c.contacts,
        "owner": c.owner,
    })
}
