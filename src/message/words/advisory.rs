//! The words of replies about security advisories. What only staff may read is asked for by name.

use chrono::{DateTime, Utc};

use super::planning::{heading, table};
use super::{LedgerRow, history, ledger};
use crate::domain::advisory::{Advisory, Disposition};
use crate::domain::calendar::{Zone, at};
use crate::domain::event::{Event, What};
use crate::domain::ledger::Planned;
use crate::domain::organisation::Organisation;
use crate::domain::window::Window;
use crate::message::language::Language;
use crate::message::text::{clipped, count, one_line, shown};
use crate::message::topic::AdvisoryTopic;
use crate::message::{Block, Message};

/// Characters of a title in a sentence or a table.
const TITLE: usize = 60;

/// Services by the names people know.
#[must_use]
pub fn service_names(organisation: &Organisation, ids: &[String]) -> String {
    ids.iter().map(|id| organisation.service_name(id)).collect::<Vec<_>>().join(", ")
}

/// Where the permanent fixes are: one sentence for each window, and one for the services that have none planned.
#[must_use]
pub fn fix_lines(organisation: &Organisation, topic: &AdvisoryTopic) -> Vec<String> {
    fix_lines_in(Language::english(), organisation, topic)
}

/// The same in a language.
#[must_use]
pub fn fix_lines_in(language: &Language, organisation: &Organisation, topic: &AdvisoryTopic) -> Vec<String> {
    let mut groups: Vec<(Option<&Window>, bool, Vec<String>)> = Vec::new();
    for (fix, window) in &topic.fixes {
        let (window, made) = (window.as_ref(), fix.fixed_at.is_some());
        match groups.iter_mut().find(|(of, done, _)| of.map(|w| w.id) == window.map(|w| w.id) && *done == made) {
            Some((.., services)) => services.push(fix.service.clone()),
            None => groups.push((window, made, vec![fix.service.clone()])),
        }
    }
    let sentence = |(window, made, services): &(Option<&Window>, bool, Vec<String>)| {
        let services = service_names(organisation, services);
        match window {
            Some(w) if *made => {
                let day = language.day(w.actual_end.unwrap_or(w.span.ends_at), &w.span.zone);
                let values = [("services", services.as_str()), ("window", &w.id.to_string()), ("day", &day)];
                language.say("The permanent fix for {services} was made in {window} on {day}.", &values)
            }
            Some(w) => {
                let (id, title, when) = (w.id.to_string(), clipped(&one_line(&w.title), TITLE), language.span(&w.span));
                let values = [("services", services.as_str()), ("window", &id), ("title", &title), ("when", &when)];
                language
                    .say("The permanent fix for {services} comes in the next break, {window} {title}: {when}.", &values)
            }
            None => language.say(
                "The permanent fix for {services} goes into the next break; none is planned yet.",
                &[("services", &services)],
            ),
        }
    };
    groups.iter().map(sentence).collect()
}

/// Where an advisory is in its life.
#[must_use]
pub fn advisory_state(topic: &AdvisoryTopic, now: DateTime<Utc>, zone: &Zone) -> String {
    let a = &topic.advisory;
    match (a.withdrawn_at, a.publish_at) {
        (Some(withdrawn), _) => format!("withdrawn {}", at(withdrawn, zone)),
        (None, Some(until)) if a.is_embargoed(now) => format!("under embargo until {}", at(until, zone)),
        _ if topic.is_disclosed(now) => "public".into(),
        _ => "not public yet".into(),
    }
}

/// What is done about it, in words.
#[must_use]
pub fn disposition(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Mitigated => "mitigated",
        Disposition::PatchNow => "patched at once",
        Disposition::Patched => "patched",
    }
}

/// What it is called to a reader who may know it, and to one who may not.
fn name(a: &Advisory, may_know: bool) -> String {
    if may_know { format!("{} “{}”", a.id, one_line(&a.name())) } else { a.id.to_string() }
}

/// The facts of an advisory that everybody may read once it is public.
#[must_use]
pub fn advisory_facts(
    organisation: &Organisation,
    topic: &AdvisoryTopic,
    now: DateTime<Utc>,
) -> Vec<(&'static str, String)> {
    let a = &topic.advisory;
    vec![
        ("State", advisory_state(topic, now, &organisation.zone)),
        ("Ids", one_line(&a.ids.join(", "))),
        ("Severity", a.severity.map(|severity| severity.to_string()).unwrap_or_default()),
        ("Disposition", disposition(a.disposition).into()),
        ("Services", service_names(organisation, &a.services)),
        ("Page", organisation.advisory_url(a.id)),
    ]
}

/// An advisory was made.
#[must_use]
pub fn advised(
    organisation: &Organisation,
    topic: &AdvisoryTopic,
    plan: &[Planned],
    (staff, dry_run): (bool, bool),
    now: DateTime<Utc>,
) -> Message {
    let a = &topic.advisory;
    let may_know = staff || topic.is_disclosed(now);
    let heading = match (dry_run, may_know) {
        (true, true) => format!("Nothing is stored: this is what an advisory “{}” would do", one_line(&a.name())),
        (true, false) => "Nothing is stored: this is what the advisory would do".into(),
        (false, _) => format!("{}: {}", name(a, may_know), advisory_state(topic, now, &organisation.zone)),
    };
    let facts = advisory_facts(organisation, topic, now).into_iter();
    let shown = facts.filter(|(n, _)| may_know && *n != "State" && !(dry_run && *n == "Page"));
    let mut message = Message::titled(heading).facts(shown);
    if let Some(window) = &topic.window {
        let called = if dry_run { String::new() } else { format!("{} ", window.id) };
        let title = clipped(&one_line(&window.title), TITLE);
        let line = match a.disposition {
            Disposition::PatchNow => format!("It is patched in {called}{title}: {}.", window.span),
            _ => format!("It was patched in {} {title}: {}.", window.id, window.span),
        };
        message = message.text(line);
    }
    message = fix_lines(organisation, topic).into_iter().fold(message, Message::text);
    if !plan.is_empty() {
        let rows = ledger(plan.iter().map(LedgerRow::planned), &organisation.zone);
        message = message.text("Who hears what, and when:").block(rows);
    }
    message
}

/// One line about what a command did to an advisory.
#[must_use]
pub fn did_advisory(a: &Advisory, may_know: bool, what: &str, dry_run: bool) -> Message {
    heading(dry_run, format!("{} {what}", name(a, may_know)))
}

/// One line of a list: an advisory, and whether its reader may know what it is about.
pub type Listed<'a> = (&'a AdvisoryTopic, bool);

/// Advisories, the newest first.
#[must_use]
pub fn advisories(organisation: &Organisation, found: &[Listed<'_>], now: DateTime<Utc>) -> Message {
    if found.is_empty() {
        return Message::line("There is no advisory.").copy("/maintenance help advisory");
    }
    let row = |(topic, may_know): &Listed<'_>| {
        let a = &topic.advisory;
        let known = |text: String| if *may_know { text } else { String::new() };
        vec![
            a.id.to_string(),
            advisory_state(topic, now, &organisation.zone),
            known(a.severity.map(|severity| severity.to_string()).unwrap_or_default()),
            known(service_names(organisation, &a.services)),
            known(clipped(&one_line(&a.name()), TITLE)),
        ]
    };
    let rows = found.iter().map(row).collect();
    let heading = if found.len() == 1 { "1 advisory".into() } else { format!("{} advisories", found.len()) };
    Message::titled(heading).block(table(&["Id", "State", "Severity", "Services", "About"], rows))
}

/// An advisory with everything that its reader may know: `may_know` what it is about, `staff` also the details, who asked
/// for another time, and its history.
#[must_use]
pub fn advisory(
    organisation: &Organisation,
    topic: &AdvisoryTopic,
    events: &[Event],
    (may_know, staff): (bool, bool),
    now: DateTime<Utc>,
) -> Message {
    let a = &topic.advisory;
    let mut message = Message::titled(name(a, may_know));
    let facts = advisory_facts(organisation, topic, now).into_iter();
    message = message.facts(facts.filter(|(n, _)| may_know || *n == "State"));
    let patched = may_know && a.disposition == Disposition::Patched;
    let window = if staff || patched { topic.window.clone() } else { topic.public_window() };
    if let Some(w) = &window {
        let title = clipped(&one_line(&w.title), TITLE);
        message = message.text(format!("{} {title}: {}, {}.", w.id, w.span, w.state_words(now)));
    }
    if may_know {
        message = fix_lines(organisation, topic).into_iter().fold(message, Message::text);
        if !a.public.is_empty() {
            message = message.text("What everybody reads:").text(shown(&a.public));
        }
    }
    if !staff {
        return message;
    }
    if !a.details.is_empty() {
        message = message.text("For staff only:").text(shown(&a.details));
    }
    let objections = objections(events);
    if !objections.is_empty() {
        message = message.text(format!("{} to move it:", count(objections.len(), "request")));
        message = objections.into_iter().fold(message, Message::text);
    }
    message
        .blocks
        .extend(history::trail(&a.id.to_string(), events, &organisation.zone).blocks.into_iter().filter(is_table));
    message
}

fn is_table(block: &Block) -> bool {
    matches!(block, Block::Table { .. })
}

/// Who asked for another time, with the reason.
#[must_use]
pub fn objections(events: &[Event]) -> Vec<String> {
    let one = |event: &Event| {
        let What::Objected { reason, .. } = &event.what else { return None };
        let why = if reason.is_empty() { String::new() } else { format!(": {}", one_line(reason)) };
        Some(format!("{}{why}", one_line(&event.actor)))
    };
    events.iter().filter_map(one).collect()
}
