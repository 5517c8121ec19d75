//! A security advisory as values for the templates. What comes in here is public already, or for a page of staff: see
//! [`Service::public_advisory`](crate::service::Service::public_advisory).

use chrono::{DateTime, Utc};
use minijinja::context;
use minijinja::value::Value;

use super::staff::button;
use super::window_view::{moment, when};
use crate::domain::advisory::{Disposition, Severity};
use crate::domain::event::Event;
use crate::domain::organisation::Organisation;
use crate::domain::window::State;
use crate::message::topic::AdvisoryTopic;
use crate::message::words;

/// An advisory as a line of the status page.
pub(super) fn brief(organisation: &Organisation, topic: &AdvisoryTopic) -> Value {
    let a = &topic.advisory;
    let (state, tone) = state(topic);
    let published = a.published_at.or(a.publish_at).unwrap_or(a.created_at);
    context! {
        id => a.id.to_string(),
        name => a.name(),
        severity => a.severity.map(Severity::as_str).unwrap_or_default(),
        services => words::service_names(organisation, &a.services),
        published => moment(published, &organisation.zone),
        state,
        tone,
    }
}

/// What is done about it, and its colour.
fn state(topic: &AdvisoryTopic) -> (&'static str, &'static str) {
    let all_made = !topic.fixes.is_empty() && topic.fixes.iter().all(|(fix, _)| fix.fixed_at.is_some());
    let patched = topic.window.as_ref().is_some_and(|w| w.state == State::Completed);
    match topic.advisory.disposition {
        _ if topic.advisory.withdrawn_at.is_some() => ("withdrawn", "quiet"),
        Disposition::Mitigated if all_made => ("fixed", "good"),
        Disposition::Mitigated => ("mitigated", "planned"),
        Disposition::PatchNow if !patched => ("being patched", "active"),
        Disposition::PatchNow | Disposition::Patched => ("patched", "good"),
    }
}

/// The page of an advisory of which everything is public already.
pub(super) fn page(organisation: &Organisation, topic: &AdvisoryTopic) -> Value {
    let a = &topic.advisory;
    let window = topic.window.as_ref();
    let words = match window.map(|w| w.state) {
        Some(State::Completed) => "Patched in",
        _ => "Patched at once:",
    };
    context! {
        public => a.public.as_str(),
        withdrawn => a.withdrawn_at.is_some(),
        withdrawn_because => a.withdrawn_because.as_str(),
        window => window.map(|w| context! { id => w.id.to_string(), title => w.title.as_str(), when => when(&w.span) }),
        window_words => words,
        fixes => words::fix_lines(organisation, topic),
        ..brief(organisation, topic)
    }
}

/// The page for staff, with the details and the audit trail.
pub(super) fn staff(
    organisation: &Organisation,
    (topic, events): (&AdvisoryTopic, &[Event]),
    now: DateTime<Utc>,
) -> Value {
    let a = &topic.advisory;
    let event = |e: &Event| {
        let text = words::happened(&e.what, &organisation.zone);
        context! { text, actor => e.actor.as_str(), at => moment(e.at, &organisation.zone) }
    };
    let mut buttons = Vec::new();
    if a.withdrawn_at.is_none() && !topic.is_disclosed(now) {
        buttons.push(button(
            "End the embargo now",
            "publish",
            format!("/maintenance advisory publish {}", a.id),
            false,
        ));
    }
    buttons.push(button("Show", "show", format!("/maintenance advisory show {}", a.id), false));
    context! {
        life => words::advisory_state(topic, now, &organisation.zone),
        is_public => topic.is_disclosed(now),
        details => a.details.as_str(),
        requester => a.requester.as_str(),
        objections => words::objections(events),
        history => events.iter().rev().map(event).collect::<Vec<_>>(),
        buttons,
        ..page(organisation, topic)
    }
}
