//! A window as values for the templates: what the public sees. Names of staff other than the contact, customers,
//! rollback plans and internal notes are not public. What comes in here is public already: see
//! [`Service::public_window`](crate::service::Service::public_window).

use chrono::{DateTime, TimeDelta, Utc};
use minijinja::context;
use minijinja::value::Value;

use super::json::instant;
use super::plan_view;
use crate::domain::calendar::{Span, Zone, at, duration_words};
use crate::domain::change::ChangeList;
use crate::domain::event::{Event, What};
use crate::domain::organisation::Organisation;
use crate::domain::plan::{Phases, Qa};
use crate::domain::series::Series;
use crate::domain::window::{State, Window};
use crate::message::words;
use crate::service::query::Full;

/// Facts that are shown elsewhere on the page.
const NOT_AMONG_FACTS: &[&str] =
    &["State", "When", "Impact", "Page", "Plan", "Series", "Expected downtime", "Real downtime"];

/// A window as a card of the status page.
pub(super) fn card(organisation: &Organisation, full: &Full, now: DateTime<Utc>) -> Value {
    let w = &full.window;
    let notes: Vec<Value> = full.events.iter().rev().filter_map(|event| note(event, &w.span.zone)).take(3).collect();
    context! {
        recurs => None::<Value>,
        notes => if w.state.is_running() { notes } else { Vec::new() },
        ..brief(organisation, w, full.phases.as_ref(), &full.items, now)
    }
}

/// What every view of a window starts from.
pub(super) fn brief(
    organisation: &Organisation,
    w: &Window,
    phases: Option<&Phases>,
    items: &ChangeList,
    now: DateTime<Utc>,
) -> Value {
    let (done, all) = items.progress();
    let (state, tone) = state(w, phases, now);
    let held = phases.filter(|phases| phases.holds(w)).and_then(|phases| phases.plan.held.as_ref());
    context! {
        id => w.id.to_string(),
        title => w.title.as_str(),
        state,
        tone,
        awaits => is_changing(w),
        held => held.is_some(),
        held_reason => held.map(|held| held.reason.as_str()).unwrap_or_default(),
        plan => phases.map(|phases| plan_view::place(phases, w)),
        when => when(&w.span),
        services => words::services(organisation, w),
        impact => w.impact.as_str(),
        downtime => downtime(organisation, w),
        real_downtime => w.actual_downtime.map(duration_words).unwrap_or_default(),
        poc => w.poc.clone().unwrap_or_default(),
        done,
        all,
    }
}

/// A change of an approved window waits for approval: the facts shown are those that were approved last.
pub(super) fn is_changing(w: &Window) -> bool {
    w.state == State::Pending && w.published.is_some()
}

/// The state in words and its colour; the words stand beside the colour always.
pub(super) fn state(w: &Window, phases: Option<&Phases>, now: DateTime<Utc>) -> (&'static str, &'static str) {
    if phases.is_some_and(|phases| phases.holds(w)) {
        return ("on hold", "mixed");
    }
    let words = if is_changing(w) { "scheduled" } else { w.state_words(now) };
    let tone = match words {
        "scheduled" => "planned",
        "in progress" => "active",
        "verifying" => "checking",
        "running over" | "failed" => "alarm",
        "completed" => "good",
        "completed in part" | "rolled back" | "not started" | "awaiting approval" => "mixed",
        _ => "quiet",
    };
    (words, tone)
}

/// The expected downtime, first of the whole window and then of services where it differs, each line with the service's
/// name (empty for the whole) and the words. Empty where nobody said.
pub(super) fn downtime(organisation: &Organisation, w: &Window) -> Vec<Value> {
    if !w.kind.has_downtime() {
        return vec![context! { service => "", text => "none" }];
    }
    let whole = w.downtime.iter().map(|downtime| {
        let inside = downtime.most > TimeDelta::zero() && downtime.most < w.span.length();
        let comma = if downtime.per.is_some() { "," } else { "" };
        let inside =
            if inside { format!("{comma} inside a {} window", duration_words(w.span.length())) } else { String::new() };
        context! { service => "", text => format!("{}{inside}", downtime.words()) }
    });
    let each = words::downtime_lines(organisation, w).into_iter();
    whole.chain(each.map(|(service, text)| context! { service, text })).collect()
}

/// From when until when: the text, and the instants for scripts.
pub(super) fn when(span: &Span) -> Value {
    context! {
        text => span.to_string(),
        from => instant(span.starts_at),
        to => instant(span.ends_at),
        zone => span.zone.name(),
    }
}

/// One instant: the text, and the instant for scripts.
pub(super) fn moment(at_: DateTime<Utc>, zone: &Zone) -> Value {
    context! { text => at(at_, zone), from => instant(at_), to => "", zone => zone.name() }
}

/// When a series recurs and its next dates, other than that of the window itself.
pub(super) fn recurs(series: &Series, ahead: &[Window], shown: &Window) -> Value {
    let next = ahead.iter().filter(|w| w.id != shown.id);
    let next: Vec<Value> = next.map(|w| context! { id => w.id.to_string(), when => when(&w.span) }).collect();
    context! { rule => words::rule(series), next }
}

/// The page of a window.
pub(super) fn page(organisation: &Organisation, full: &Full, now: DateTime<Utc>) -> Value {
    let w = &full.window;
    let facts = words::public_facts(organisation, w, full.phases.as_ref(), now);
    let updates: Vec<Value> =
        since_public(&full.events).iter().rev().filter_map(|event| update(event, &w.span.zone)).collect();
    context! {
        facts => named(facts, NOT_AMONG_FACTS),
        links => links(w),
        updates,
        items => items(&full.items),
        questions => questions(&full.qa),
        ..brief(organisation, w, full.phases.as_ref(), &full.items, now)
    }
}

/// Facts that are known, without those of these names.
pub(super) fn named(facts: Vec<(&'static str, String)>, but: &[&str]) -> Vec<Value> {
    let facts = facts.into_iter().filter(|(name, value)| !value.is_empty() && !but.contains(name));
    let name = |name| if name == "Really" { "Carried out" } else { name };
    facts.map(|(fact, value)| context! { name => name(fact), value }).collect()
}

/// Questions with their answers.
pub(super) fn questions(qa: &[Qa]) -> Vec<Value> {
    qa.iter().map(|qa| context! { question => qa.question.as_str(), answer => qa.answer.trim() }).collect()
}

/// Where to read more. Only these become links: other schemes run scripts or open programs.
pub(super) fn links(w: &Window) -> Vec<String> {
    let is_web = |link: &&String| link.starts_with("https://") || link.starts_with("http://");
    w.links.iter().filter(is_web).cloned().collect()
}

/// The change list, parents before their parts.
pub(super) fn items(items: &ChangeList) -> Vec<Value> {
    let placed = items.in_order();
    let item = placed.iter().map(|p| {
        context! {
            number => p.item.number, text => p.item.line(), depth => p.depth.min(4), done => p.item.done.is_some(),
        }
    });
    item.collect()
}

fn note(event: &Event, zone: &Zone) -> Option<Value> {
    match &event.what {
        What::Noted { text, internal: false } => Some(context! { text => text.as_str(), at => moment(event.at, zone) }),
        _ => None,
    }
}

/// What happened from the moment on at which the window became public: what went before, as a draft or while it waited
/// for its first approval, is for staff.
pub(super) fn since_public(events: &[Event]) -> &[Event] {
    let begins = |event: &Event| matches!(event.what, What::Scheduled | What::Approved { change: false, .. });
    &events[events.iter().rposition(begins).unwrap_or(0)..]
}

/// An event as the public reads it; none for what is not public.
pub(super) fn update(event: &Event, zone: &Zone) -> Option<Value> {
    let (title, text, tone) = match &event.what {
        What::Scheduled | What::Approved { change: false, .. } => ("Scheduled", String::new(), "planned"),
        What::Moved { from_start, from_end, from_zone, reason, .. } => {
            let before = Span { starts_at: *from_start, ends_at: *from_end, zone: from_zone.clone() };
            ("Moved", sentences(&[format!("It was planned for {before}."), reason.clone()]), "mixed")
        }
        What::Started { .. } => ("Started", String::new(), "active"),
        What::Noted { text, internal: false } => ("Update", text.clone(), "active"),
        What::Extended { to_end, reason, .. } => {
            ("Extended", sentences(&[format!("It now ends {}.", at(*to_end, zone)), reason.clone()]), "mixed")
        }
        What::Completed { note, downtime_s, outcome, .. } => {
            let down = downtime_s.map(|s| format!("The real downtime was {}.", duration_words(TimeDelta::seconds(s))));
            (ended(*outcome), sentences(&[down.unwrap_or_default(), note.clone()]), "good")
        }
        What::Cancelled { reason } | What::Rejected { reason } => ("Cancelled", reason.clone(), "quiet"),
        What::Expired => ("Cancelled", "A change of it was not approved in time.".into(), "quiet"),
        What::Held { reason, .. } => ("On hold", reason.clone(), "mixed"),
        What::Released { reason } => ("Goes on", reason.clone(), "planned"),
        _ => return None,
    };
    Some(context! { of => "", title, text, tone, at => moment(event.at, zone) })
}

fn ended(outcome: crate::domain::window::Outcome) -> &'static str {
    use crate::domain::window::Outcome::{Failed, Partial, RolledBack, Success};
    match outcome {
        Success => "Completed",
        Partial => "Completed in part",
        RolledBack => "Rolled back",
        Failed => "Failed",
    }
}

fn sentences(parts: &[String]) -> String {
    parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" ")
}
