//! A window as values for the templates: what the public sees. Names of staff other than the contact, customers,
//! rollback plans and internal notes are not public.

use chrono::{DateTime, Utc};
use minijinja::context;
use minijinja::value::Value;

use super::json::instant;
use crate::domain::calendar::{Span, Zone, at, duration_words};
use crate::domain::change::ChangeList;
use crate::domain::event::{Event, What};
use crate::domain::organisation::Organisation;
use crate::domain::window::{State, Window};
use crate::message::words;
use crate::service::query::Full;

/// Facts that are shown elsewhere on the page, or that are not public.
const NOT_AMONG_FACTS: &[&str] = &["State", "When", "Impact", "Requested by", "Rollback", "Customers", "Links", "Page"];

/// A window as a card of the status page.
pub(super) fn card(organisation: &Organisation, full: &Full, now: DateTime<Utc>) -> Value {
    let w = &full.window;
    let notes: Vec<Value> = full.events.iter().rev().filter_map(|event| note(event, &w.span.zone)).take(3).collect();
    context! {
        notes => if w.state.is_running() { notes } else { Vec::new() },
        ..brief(organisation, w, &full.items, now)
    }
}

/// What every view of a window starts from.
pub(super) fn brief(organisation: &Organisation, w: &Window, items: &ChangeList, now: DateTime<Utc>) -> Value {
    let (done, all) = items.progress();
    let state = w.state_words(now);
    context! {
        id => w.id.to_string(),
        title => w.title.as_str(),
        state,
        tone => tone(w, now),
        when => when(&w.span),
        services => words::services(organisation, w),
        impact => w.impact.as_str(),
        downtime => w.downtime.map(|d| d.words()).unwrap_or_default(),
        poc => w.poc.clone().unwrap_or_default(),
        done,
        all,
    }
}

/// The colour of a state; the words stand beside it always.
fn tone(w: &Window, now: DateTime<Utc>) -> &'static str {
    match w.state_words(now) {
        "scheduled" => "planned",
        "in progress" => "active",
        "verifying" => "checking",
        "running over" | "failed" => "alarm",
        "completed" => "good",
        "completed in part" | "rolled back" | "not started" => "mixed",
        _ => "quiet",
    }
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

/// The page of a window.
pub(super) fn page(organisation: &Organisation, full: &Full, now: DateTime<Utc>) -> Value {
    let w = &full.window;
    let facts = words::facts(organisation, w, now).into_iter();
    let facts = facts.filter(|(name, value)| !value.is_empty() && !NOT_AMONG_FACTS.contains(name));
    let name = |name| if name == "Really" { "Carried out" } else { name };
    let facts: Vec<Value> = facts.map(|(fact, value)| context! { name => name(fact), value }).collect();
    let links = w.links.iter().filter(|link| is_web_address(link)).cloned().collect::<Vec<_>>();
    let updates: Vec<Value> = full.events.iter().rev().filter_map(|event| update(event, w)).collect();
    let items = full.items.in_order();
    let items: Vec<Value> = items
        .iter()
        .map(|p| context! { number => p.item.number, text => p.item.line(), depth => p.depth.min(4), done => p.item.done.is_some() })
        .collect();
    context! { facts, links, updates, items, ..brief(organisation, w, &full.items, now) }
}

/// Only these become links: other schemes run scripts or open programs.
fn is_web_address(link: &str) -> bool {
    link.starts_with("https://") || link.starts_with("http://")
}

fn note(event: &Event, zone: &Zone) -> Option<Value> {
    match &event.what {
        What::Noted { text, internal: false } => Some(context! { text => text.as_str(), at => moment(event.at, zone) }),
        _ => None,
    }
}

/// An event as the public reads it; none for what is not public.
fn update(event: &Event, w: &Window) -> Option<Value> {
    let zone = &w.span.zone;
    let (title, text, tone) = match &event.what {
        What::Scheduled if w.state != State::Pending => ("Scheduled", String::new(), "planned"),
        What::Moved { from_start, from_end, from_zone, reason, .. } => {
            let before = Span { starts_at: *from_start, ends_at: *from_end, zone: from_zone.clone() };
            ("Moved", sentences(&[format!("It was planned for {before}."), reason.clone()]), "mixed")
        }
        What::Started { .. } => ("Started", String::new(), "active"),
        What::Noted { text, internal: false } => ("Update", text.clone(), "active"),
        What::Extended { to_end, reason, .. } => {
            ("Extended", sentences(&[format!("It now ends {}.", at(*to_end, zone)), reason.clone()]), "mixed")
        }
        What::Completed { note, downtime_s, .. } => {
            let down =
                downtime_s.map(|s| format!("The real downtime was {}.", duration_words(chrono::TimeDelta::seconds(s))));
            ("Over", sentences(&[down.unwrap_or_default(), note.clone()]), "good")
        }
        What::Cancelled { reason } => ("Cancelled", reason.clone(), "quiet"),
        _ => return None,
    };
    let title = if title == "Over" { capital(w.state_words(event.at)) } else { title.to_owned() };
    Some(context! { title, text, tone, at => moment(event.at, zone) })
}

fn sentences(parts: &[String]) -> String {
    parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" ")
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}
