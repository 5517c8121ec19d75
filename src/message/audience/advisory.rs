//! Values and blocks of templates about an advisory, and of those about the window that it makes.

use minijinja::{Value, context};

use super::blocks::{facts_block, filled};
use super::{Filling, Telling, data, values};
use crate::domain::advisory::{Disposition, FixStep, Severity};
use crate::domain::calendar::local;
use crate::domain::event::What;
use crate::domain::window::{Outcome, State, Window, WindowId};
use crate::message::language::Language;
use crate::message::text::{clipped, one_line};
use crate::message::topic::{AdvisoryTopic, WindowTopic};
use crate::message::{Block, words};

/// Characters of the name of a window in a sentence.
const NAME: usize = 80;

/// The template for one message about an advisory: what happened to it, else what its readers may know of it.
pub(super) fn template(t: &Telling<'_>, topic: &AdvisoryTopic) -> &'static str {
    match t.events.first().map(|event| &event.what) {
        Some(What::Fixed { .. }) => "advisory_followup",
        Some(What::Withdrawn { .. }) => "advisory_withdrawn",
        _ if t.knows_what_is_embargoed() => "advisory_staff",
        _ => match topic.advisory.disposition {
            Disposition::Mitigated => "advisory_mitigated",
            Disposition::PatchNow => "advisory_disclosed",
            Disposition::Patched => "advisory_patched",
        },
    }
}

/// Everything for one message about an advisory.
pub(super) fn values(t: &Filling<'_>, topic: &AdvisoryTopic) -> Value {
    let a = &topic.advisory;
    let zone = &t.organisation.zone;
    let all = t.knows_what_is_embargoed() || a.disposition == Disposition::Patched;
    let window = if all { topic.window.clone() } else { topic.public_window() };
    let window = window.as_ref();
    let (mut step, mut services, mut from, mut to) = ("", String::new(), String::new(), String::new());
    if let Some(What::Fixed { step: what, services: of, from: left, window }) = t.events.first().map(|e| &e.what) {
        step = what.as_str();
        services = words::service_names(t.organisation, of);
        from = left.map(|id| id.to_string()).unwrap_or_default();
        to = window.map(|id| named(t.language, topic, id, *what == FixStep::Made)).unwrap_or_default();
    }
    context! {
        id => a.id.to_string(),
        name => data(&a.name()),
        disposition => a.disposition.as_str(),
        details => data(&a.details),
        public => data(&a.public),
        embargoed => a.is_embargoed(t.now),
        until => a.publish_at.map(|until| t.language.at(until, zone)).unwrap_or_default(),
        window => window.map(|w| data(&window_words(t.language, w))).unwrap_or_default(),
        waits => window.is_some_and(|w| w.state == State::Pending),
        running => window.is_some_and(|w| w.state.is_running()),
        ahead => window.is_some_and(|w| w.state == State::Scheduled),
        patched => window.is_some_and(is_patched),
        patched_on => window.filter(|w| is_patched(w)).map(|w| ended_on(t.language, w)).unwrap_or_default(),
        step,
        services => data(&services),
        from,
        to => data(&to),
        ..values::event(t, zone, None)
    }
}

/// What a message about a window says of the advisory that it patches. While that is under embargo, nothing but that there
/// is one.
pub(super) fn of_window(t: &Filling<'_>, topic: &WindowTopic) -> Value {
    let w = &topic.window;
    let zone = &w.span.zone;
    let advisory = topic.advisory.as_ref();
    let known = advisory.filter(|a| a.is_disclosed(t.now, true));
    let until = advisory.filter(|a| a.is_embargoed(t.now)).and_then(|a| a.publish_at);
    context! {
        advisory => advisory.map(|a| a.id.to_string()).unwrap_or_default(),
        weakness => known.map(|a| data(&a.name())).unwrap_or_default(),
        severity => known.and_then(|a| a.severity).map(|severity| in_words(t.language, severity)).unwrap_or_default(),
        // After an embargo a message of its own says it.
        disclosed => known.filter(|a| a.publish_at.is_none()).map(|a| data(&a.public)).unwrap_or_default(),
        embargo_ends => until.map(|until| t.language.at(until, zone)).unwrap_or_default(),
        services => data(&words::services(t.organisation, w)),
        day => starts_on(t, w),
        from => t.language.clock(w.span.starts_at, zone),
        to => t.language.clock(w.span.ends_at, zone),
        downtime_words => w.downtime.as_ref().map(|d| data(&t.language.downtime(d))).unwrap_or_default(),
        objecting => advisory.is_some() && w.state == State::Scheduled,
    }
}

/// `today`, or `on Sun 11 Apr 2027`.
fn starts_on(t: &Filling<'_>, w: &Window) -> String {
    let zone = &w.span.zone;
    let is_today = !t.retold && local(t.now, zone).date() == local(w.span.starts_at, zone).date();
    if is_today {
        return t.language.word("today");
    }
    t.language.say("on {day}", &[("day", &t.language.day(w.span.starts_at, zone))])
}

fn in_words(language: &Language, severity: Severity) -> String {
    language.word(severity.as_str())
}

/// The blocks of one name, no block where there is nothing to show; `None`: there is no such name.
pub(super) fn block(name: &str, t: &Filling<'_>, topic: &AdvisoryTopic) -> Option<Vec<Block>> {
    Some(match name {
        "facts" => facts_block(t.language, facts(t, topic)),
        "fixes" => words::fix_lines_in(t.language, t.organisation, topic).into_iter().map(Block::Text).collect(),
        _ => return None,
    })
}

fn facts(t: &Filling<'_>, topic: &AdvisoryTopic) -> Vec<(String, String)> {
    let a = &topic.advisory;
    filled([
        ("Severity", a.severity.map(|severity| in_words(t.language, severity)).unwrap_or_default()),
        ("Services", words::service_names(t.organisation, &a.services)),
        ("Details", t.organisation.advisory_url(a.id)),
    ])
}

/// A window that the topic knows, by its number where it does not.
fn named(language: &Language, topic: &AdvisoryTopic, id: WindowId, over: bool) -> String {
    let windows = topic.fixes.iter().filter_map(|(_, window)| window.as_ref()).chain(&topic.window);
    let found = windows.into_iter().find(|w| w.id == id);
    match found {
        Some(w) if over => {
            language.say("{window} on {day}", &[("window", &w.id.to_string()), ("day", &ended_on(language, w))])
        }
        Some(w) => window_words(language, w),
        None => id.to_string(),
    }
}

/// `MW-3 Monthly break, Sun 13 Dec 2026 16:00–20:00 UTC`.
fn window_words(language: &Language, w: &Window) -> String {
    format!("{} {}, {}", w.id, clipped(&one_line(&w.title), NAME), language.span(&w.span))
}

/// Whether what it was to patch is patched.
fn is_patched(w: &Window) -> bool {
    w.state == State::Completed && matches!(w.outcome, Some(Outcome::Success | Outcome::Partial))
}

/// The day on which it was over.
fn ended_on(language: &Language, w: &Window) -> String {
    language.day(w.actual_end.unwrap_or(w.span.ends_at), &w.span.zone)
}
