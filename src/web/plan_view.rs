//! A plan as values for the templates: its phases together in one table.

use chrono::{DateTime, Utc};
use minijinja::context;
use minijinja::value::Value;

use super::window_view::{downtime, is_changing, questions, since_public, state, update, when};
use crate::domain::event::Event;
use crate::domain::organisation::Organisation;
use crate::domain::plan::{Phases, PlanState};
use crate::domain::subject::Subject;
use crate::domain::window::{State, Window};
use crate::message::text::one_line;
use crate::message::words;
use crate::service::query::FullPlan;

/// Which phase of which plan a window is.
pub(super) fn place(phases: &Phases, w: &Window) -> Value {
    let words = phases.place_of(w).map(|(n, of)| format!("phase {n} of {of}")).unwrap_or_default();
    context! { id => phases.plan.id.to_string(), title => phases.plan.title.as_str(), words }
}

/// A plan with the table of its phases, as a card or the head of its page.
pub(super) fn brief(organisation: &Organisation, phases: &Phases, now: DateTime<Utc>) -> Value {
    let plan = &phases.plan;
    let (state, tone) = plan_state(phases);
    context! {
        id => plan.id.to_string(),
        title => plan.title.as_str(),
        state,
        tone,
        held => plan.held.is_some(),
        held_reason => plan.held.as_ref().map(|held| held.reason.as_str()).unwrap_or_default(),
        phases => phases.windows.iter().map(|w| phase(organisation, phases, w, now)).collect::<Vec<_>>(),
    }
}

fn phase(organisation: &Organisation, phases: &Phases, w: &Window, now: DateTime<Utc>) -> Value {
    let (state, tone) = state(w, Some(phases), now);
    let place = phases.place_of(w).map(|(n, of)| format!("{n} of {of}")).unwrap_or_default();
    context! {
        id => w.id.to_string(),
        title => w.title.as_str(),
        place,
        when => when(&w.span),
        environment => w.environment.as_str(),
        regions => words::regions(organisation, w),
        services => words::services(organisation, w),
        downtime => downtime(organisation, w),
        impact => w.impact.as_str(),
        state,
        tone,
        awaits => is_changing(w),
    }
}

/// Where the plan as a whole is, and its colour.
pub(super) fn plan_state(phases: &Phases) -> (&'static str, &'static str) {
    let all = |is: fn(State) -> bool| phases.live().all(|w| is(w.state));
    match phases.plan.state {
        PlanState::Draft => ("draft", "quiet"),
        PlanState::Cancelled if all(State::is_over) => ("cancelled", "quiet"),
        _ if all(State::is_over) => ("completed", "good"),
        _ if phases.plan.held.is_some() => ("on hold", "mixed"),
        _ if all(|state| matches!(state, State::Pending | State::Scheduled)) => ("scheduled", "planned"),
        _ => ("under way", "active"),
    }
}

/// The page of a plan, of which everything is public already.
pub(super) fn page(organisation: &Organisation, full: &FullPlan, now: DateTime<Utc>) -> Value {
    context! {
        updates => updates(organisation, full),
        questions => questions(&full.qa),
        ..brief(organisation, &full.phases, now)
    }
}

/// What happened to the plan and its phases, the latest first; what happened to a phase says which.
fn updates(organisation: &Organisation, full: &FullPlan) -> Vec<Value> {
    let plan = &full.phases.plan;
    let zone = full.phases.windows.first().map_or(&organisation.zone, |w| &w.span.zone);
    let own = |event: &&Event| event.subject == Subject::Plan(plan.id);
    let mut found: Vec<(i64, Value)> = full
        .events
        .iter()
        .filter(own)
        .filter_map(|e| Some((e.id, context! { of => "", ..update(e, zone)? })))
        .collect();
    for w in &full.phases.windows {
        let of: Vec<Event> = full.events.iter().filter(|e| e.subject == Subject::Window(w.id)).cloned().collect();
        let of_phase = one_line(&w.title);
        let said = since_public(&of)
            .iter()
            .filter_map(|e| Some((e.id, context! { of => of_phase.as_str(), ..update(e, &w.span.zone)? })));
        found.extend(said);
    }
    found.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
    found.into_iter().map(|(_, value)| value).collect()
}
