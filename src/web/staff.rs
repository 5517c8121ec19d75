//! Pages of windows and plans for staff, in the console: what is not public stands here as well, with the commands that
//! are possible now as buttons.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use minijinja::context;
use minijinja::value::Value;

use super::api::{exact_id, exact_window_id};
use super::findings::Ground;
use super::problem::random;
use super::template::broken;
use super::trust::Caller;
use super::{Shared, Site, advisory_view, pages, plan_view, window_view};
use crate::domain::advisory::AdvisoryId;
use crate::domain::calendar::at;
use crate::domain::customer::{TellLine, tell_list};
use crate::domain::organisation::Organisation;
use crate::domain::plan::{Phases, PlanId, PlanState};
use crate::domain::window::{State as WindowState, Step, Window};
use crate::message::words;
use crate::service::query::Full;

/// `start` is possible from so long before the start.
const EARLY_START: TimeDelta = TimeDelta::minutes(30);
/// Facts that are shown elsewhere on the page.
const NOT_AMONG_FACTS: &[&str] =
    &["State", "When", "Impact", "Links", "Page", "Plan", "Expected downtime", "Real downtime", "Customers"];

/// A button that does a command.
pub(super) fn button(label: &str, name: &str, text: String, main: bool) -> Value {
    context! { label, name, text, main }
}

/// The commands that somebody may want for a window now.
pub(super) fn buttons(full: &Full, now: DateTime<Utc>) -> Vec<Value> {
    let w = &full.window;
    let can = |step| w.state.permits(step);
    let held = full.phases.as_ref().is_some_and(|phases| phases.holds(w));
    let mut buttons = Vec::new();
    if can(Step::Start) && !held && now >= w.span.starts_at - EARLY_START {
        buttons.push(button("Start", "start", format!("/maintenance start {}", w.id), true));
    }
    if can(Step::Complete) {
        let all_done = full.items.open().is_empty();
        buttons.push(button("Complete", "complete", format!("/maintenance complete {}", w.id), all_done));
        buttons.push(button("Extend by 30 min", "extend", format!("/maintenance extend {} 30m", w.id), false));
    }
    if can(Step::Ack) && w.attended_at.is_none() && now >= w.span.starts_at - TimeDelta::days(1) {
        buttons.push(button("Acknowledge", "ack", format!("/maintenance ack {}", w.id), false));
    }
    buttons.push(button("Show", "show", format!("/maintenance show {}", w.id), false));
    buttons.push(button("Reminders", "reminders", format!("/maintenance reminders {}", w.id), false));
    buttons
}

/// What an approver is asked and may do; none where nobody is asked.
pub(super) fn approval(organisation: &Organisation, w: &Window) -> Option<Value> {
    let request = w.request.as_ref()?;
    let ground = Ground::of(organisation, w);
    let zone = &w.span.zone;
    let approved = w.published.as_ref().and_then(|_| w.as_published().map(|shown| window_view::when(&shown.span)));
    let only = format!("sequence:{}", request.sequence);
    Some(context! {
        by => request.by.as_str(),
        at => at(request.at, zone),
        reason => request.reason.as_str(),
        findings => request.findings.iter().map(|finding| ground.line(finding)).collect::<Vec<_>>(),
        before => window_view::moment(request.expires_at, zone),
        approved,
        approve => format!("/maintenance approve {} {only}", w.id),
        reject => format!("/maintenance reject {} {only} reason:\"…\"", w.id),
    })
}

/// Who has told which customer, with the command for each that is still to be told.
fn told(organisation: &Organisation, full: &Full) -> Vec<Value> {
    let w = &full.window;
    let one = |line: &TellLine<'_>| {
        let can = line.told.is_none() && w.state.permits(Step::Told);
        let command = format!("/maintenance told {} customer:\"{}\"", w.id, line.customer.id.replace('"', "\\\""));
        context! {
            id => line.customer.id.as_str(),
            name => line.customer.name.as_str(),
            contacts => line.customer.contacts.clone(),
            owner => line.customer.owner.clone().unwrap_or_default(),
            by => line.told.map(|told| told.by.clone()).unwrap_or_default(),
            at => line.told.map(|told| window_view::moment(told.at, &w.span.zone)),
            command => can.then_some(command),
        }
    };
    tell_list(organisation, w, &full.told).iter().map(one).collect()
}

/// `GET /console/advisories/AD-1`.
pub(super) async fn advisory(State(site): Shared, caller: Caller, Path(id): Path<String>) -> Response {
    let Some(id) = exact_id::<AdvisoryId>(&id) else { return pages::missing(&site) };
    let (topic, events) = match site.web.service.advisory(id).await {
        // A role that only reads is given to many: it reads here what is public.
        Ok(Some(found)) if caller.reads_details() => found,
        Ok(_) => return pages::missing(&site),
        Err(error) => return broken(&error),
    };
    let values = advisory_view::staff(site.web.service.organisation(), (&topic, &events), site.web.service.now());
    let values = context! { a => values, key => random(16), ..pages::frame(&site) };
    site.templates.page(StatusCode::OK, "staff_advisory.html", values)
}

/// `GET /console/windows/MW-1`.
pub(super) async fn window(State(site): Shared, _: Caller, Path(id): Path<String>) -> Response {
    let Some(id) = exact_window_id(&id) else { return pages::missing(&site) };
    let full = match site.web.service.full(id).await {
        Ok(Some(full)) => full,
        Ok(None) => return pages::missing(&site),
        Err(error) => return broken(&error),
    };
    let public = match site.web.service.public_window(id).await {
        Ok(public) => public.is_some(),
        Err(error) => return broken(&error),
    };
    let w = &full.window;
    let list_url = match site.web.service.list_url(w).await {
        Ok(url) => url,
        Err(error) => return broken(&error),
    };
    let (organisation, now) = (site.web.service.organisation(), site.web.service.now());
    let facts = words::facts_of_phase(organisation, w, full.phases.as_ref(), now);
    let (state, tone) = staff_state(w, full.phases.as_ref(), now);
    let values = context! {
        facts => window_view::named(facts, NOT_AMONG_FACTS),
        customers => words::customer_words(organisation, w),
        links => window_view::links(w),
        list_url,
        items => window_view::items(&full.items),
        questions => window_view::questions(&full.qa),
        approval => approval(organisation, w),
        told => told(organisation, &full),
        buttons => buttons(&full, now),
        public,
        calendar => calendar_of(w),
        ..context! { state, tone, awaits => false,
            ..window_view::brief(organisation, w, full.phases.as_ref(), &full.items, now) }
    };
    show(&site, "staff_window.html", context! { w => values, key => random(16), ..pages::frame(&site) })
}

/// The state as it is stored, for those who may know that something waits for approval.
fn staff_state(w: &Window, phases: Option<&Phases>, now: DateTime<Utc>) -> (&'static str, &'static str) {
    if w.state == WindowState::Pending { (w.state_words(now), "mixed") } else { window_view::state(w, phases, now) }
}

/// The command for the days around a window.
fn calendar_of(w: &Window) -> String {
    let day = |at: DateTime<Utc>| at.date_naive();
    let (from, to) = (day(w.span.starts_at - TimeDelta::days(3)), day(w.span.ends_at + TimeDelta::days(4)));
    format!("/maintenance calendar from:{from} to:{to}")
}

/// `GET /console/plans/PL-1`.
pub(super) async fn plan(State(site): Shared, _: Caller, Path(id): Path<String>) -> Response {
    let Some(id) = exact_id::<PlanId>(&id) else { return pages::missing(&site) };
    let full = match site.web.service.plan(id).await {
        Ok(Some(full)) => full,
        Ok(None) => return pages::missing(&site),
        Err(error) => return broken(&error),
    };
    let public = match site.web.service.public_plan(id).await {
        Ok(public) => public.is_some(),
        Err(error) => return broken(&error),
    };
    let organisation = site.web.service.organisation();
    let plan = &full.phases.plan;
    let values = context! {
        requester => plan.requester.as_str(),
        held_by => plan.held.as_ref().map(|held| held.by.as_str()).unwrap_or_default(),
        buttons => plan_buttons(&full.phases),
        public,
        ..plan_view::page(organisation, &full, site.web.service.now())
    };
    show(&site, "staff_plan.html", context! { p => values, key => random(16), ..pages::frame(&site) })
}

/// The commands that somebody may want for a plan now.
pub(super) fn plan_buttons(phases: &Phases) -> Vec<Value> {
    let plan = &phases.plan;
    let waits = |asked: bool| phases.live().any(|w| w.state == WindowState::Pending && w.request.is_some() == asked);
    let mut buttons = Vec::new();
    if plan.state == PlanState::Draft && waits(false) {
        buttons.push(button("Publish", "publish", format!("/maintenance plan publish {}", plan.id), true));
    }
    if waits(true) {
        buttons.push(button("Approve all phases", "approve", format!("/maintenance approve {}", plan.id), true));
    }
    let ahead = phases.live().any(|w| !w.state.is_over() && !w.state.is_running());
    if plan.held.is_some() {
        buttons.push(button("Release", "release", format!("/maintenance release {}", plan.id), true));
    } else if plan.state == PlanState::Published && ahead {
        buttons.push(button("Hold", "hold", format!("/maintenance hold {}", plan.id), false));
    }
    buttons.push(button("Show", "show", format!("/maintenance plan show {}", plan.id), false));
    buttons
}

fn show(site: &Site, name: &str, values: Value) -> Response {
    site.templates.page(StatusCode::OK, name, values)
}
