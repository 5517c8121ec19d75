//! Values and blocks of the digest: what is going on, what is ahead, what was done, and for staff what waits.

use chrono::{DateTime, Utc};
use minijinja::{Value, context};

use super::blocks::table;
use super::{Filling, Telling, data, values};
use crate::domain::digest::REACH;
use crate::domain::window::Window;
use crate::message::language::Language;
use crate::message::text::{clipped, one_line};
use crate::message::topic::DigestTopic;
use crate::message::{Block, Message, words};

/// Rows of one table; how many more there are is said below it.
const ROWS: usize = 25;
/// Characters of a text from people in a cell.
const CELL: usize = 120;

/// Up to when it tells of what is ahead (UTC).
#[must_use]
pub fn horizon(t: &Telling<'_>) -> DateTime<Utc> {
    let digest = t.organisation.digest.as_ref();
    digest.map_or(t.now + REACH, |digest| digest.horizon(t.now, &t.organisation.zone))
}

/// Everything for one digest.
pub(super) fn values(t: &Filling<'_>, topic: &DigestTopic) -> Value {
    let zone = &t.organisation.zone;
    let until = horizon(t);
    let next = t.organisation.digest.as_ref().and_then(|digest| digest.after(t.now, zone));
    context! {
        organisation => data(&t.organisation.name),
        running => topic.running().len(),
        ahead => topic.ahead(until).len(),
        completed => topic.done(t.now).len(),
        waiting => waiting(t, topic).len(),
        since => t.language.at(topic.since, zone),
        until => t.language.at(until, zone),
        then => data(&topic.first_from(until).map(|w| then(t, topic, &w)).unwrap_or_default()),
        next => next.map(|next| t.language.at(next.at, zone)).unwrap_or_default(),
        page => data(&t.organisation.public_url),
        ..values::event(t, zone, None)
    }
}

/// The blocks of one name, no block where there is nothing to show; `None`: there is no such name.
pub(super) fn block(name: &str, t: &Filling<'_>, topic: &DigestTopic) -> Option<Vec<Block>> {
    Some(match name {
        "running" => planned(t, topic, &topic.running()),
        "ahead" => planned(t, topic, &topic.ahead(horizon(t))),
        "completed" => {
            let head = ["Window", "Ended", "Outcome", "Downtime", "Services"];
            let row = |w: &Window| {
                let ended = w.actual_end.map(|ended| t.language.at(ended, &w.span.zone));
                let downtime = w.actual_downtime.map(|length| t.language.duration(length));
                let (outcome, services) = (t.language.word(w.state_words(t.now)), words::services(t.organisation, w));
                vec![name_of(t, topic, w), ended.unwrap_or_default(), outcome, downtime.unwrap_or_default(), services]
            };
            rows(t, &head, &topic.done(t.now), row)
        }
        "waiting" => {
            let row = |w: &Window| {
                let asked = w.request.as_ref();
                let by = asked.map(|request| clipped(&one_line(&request.by), CELL)).unwrap_or_default();
                let before = asked.map(|request| t.language.at(request.expires_at, &w.span.zone)).unwrap_or_default();
                vec![name_of(t, topic, w), t.language.span(&w.span), by, before]
            };
            rows(t, &["Window", "When", "Asked by", "Decide before"], &waiting(t, topic), row)
        }
        _ => return None,
    })
}

/// Tells surfaces which times stand in it besides those of the windows themselves.
pub(super) fn with_instants(message: Message, t: &Filling<'_>, topic: &DigestTopic) -> Message {
    let message = message.with_instants(t.language, [topic.since, horizon(t)], &t.organisation.zone);
    topic.windows().fold(message, |message, w| {
        let ended = w.actual_end.into_iter().chain(w.request.iter().map(|request| request.expires_at));
        message.with_instants(t.language, ended, &w.span.zone)
    })
}

/// What its readers may know of what waits: nothing, where others than staff read.
fn waiting<'a>(t: &Filling<'_>, topic: &'a DigestTopic) -> Vec<&'a Window> {
    if t.knows_what_is_embargoed() { topic.waiting() } else { Vec::new() }
}

fn planned(t: &Filling<'_>, topic: &DigestTopic, windows: &[Window]) -> Vec<Block> {
    let head = ["Window", "When", "Services", "Regions", "Expected downtime", "Contact"];
    let row = |w: &Window| {
        vec![
            name_of(t, topic, w),
            t.language.span(&w.span),
            words::services(t.organisation, w),
            super::blocks::regions(t, w),
            words::downtime_words_in(t.language, t.organisation, w),
            w.poc.as_deref().map(one_line).unwrap_or_default(),
        ]
    };
    rows(t, &head, &windows.iter().collect::<Vec<_>>(), row)
}

/// `MW-42: Jira upgrade`; of a phase with its plan.
fn name_of(t: &Filling<'_>, topic: &DigestTopic, w: &Window) -> String {
    let say = |pattern: &str, name: &str, value: &str, title: &str| {
        t.language.say(pattern, &[(name, value), ("title", title)])
    };
    let title = one_line(&w.title);
    let title = match w.plan.and_then(|plan| topic.plans.get(&plan)) {
        Some(plan) => say("{plan}: {title}", "plan", &one_line(plan), &title),
        None => title,
    };
    say("{id}: {title}", "id", &w.id.to_string(), &clipped(&title, CELL))
}

/// A window in a sentence, with its time.
fn then(t: &Filling<'_>, topic: &DigestTopic, w: &Window) -> String {
    t.language.say("{name}, {when}", &[("name", &name_of(t, topic, w)), ("when", &t.language.span(&w.span))])
}

fn rows(t: &Filling<'_>, head: &[&str], windows: &[&Window], row: impl Fn(&Window) -> Vec<String>) -> Vec<Block> {
    let language: &Language = t.language;
    if windows.is_empty() {
        return Vec::new();
    }
    let shown = windows.iter().take(ROWS).map(|w| row(w)).collect();
    let left = windows.len().saturating_sub(ROWS);
    let more = (left > 0).then(|| Block::Text(language.say("and {n} more", &[("n", &left.to_string())])));
    std::iter::once(table(language, head, shown)).chain(more).collect()
}
