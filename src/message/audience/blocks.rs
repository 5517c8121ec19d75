//! The blocks that templates about a window can name.

use super::Filling;
use crate::domain::calendar::Span;
use crate::domain::change::{NetChange, net_changes};
use crate::domain::customer::{Customer, open_owners, tell_list};
use crate::domain::event::{FieldChange, What};
use crate::domain::plan::Qa;
use crate::domain::window::{Category, Published, Window};
use crate::message::language::Language;
use crate::message::text::one_line;
use crate::message::topic::WindowTopic;
use crate::message::{Block, ItemLine, words};

/// Facts that do not hold of a window that was called off.
const UNDONE: [&str; 2] = ["When", "Expected downtime"];

/// The blocks of one name, no block where there is nothing to show; `None`: there is no such name.
pub(super) fn named(name: &str, t: &Filling<'_>, topic: &WindowTopic) -> Option<Vec<Block>> {
    let w = &topic.window;
    let items = || words::item_lines_in(t.language, &topic.items, &w.span.zone);
    let about = || facts(t, topic).into_iter().filter(|(n, _)| !UNDONE.contains(&n.as_str())).collect();
    Some(match name {
        "facts" => facts_block(t.language, facts(t, topic)),
        "public" => facts_block(t.language, public_facts(t, topic)),
        "about" => facts_block(t.language, about()),
        "items" => items_block(items()),
        "theirs" => items_block(theirs(t, topic)),
        "changes" => text_block(changes(t).join("\n")),
        "fields" => facts_block(t.language, fields(t)),
        "findings" => findings(t, w).into_iter().map(Block::Text).collect(),
        "difference" => facts_block(t.language, difference(t, w)),
        "customers" => customers(t, topic),
        "tell" => {
            untold(t, topic).iter().map(|c| Block::Copy(format!("/maintenance told {} {}", w.id, c.id))).collect()
        }
        "questions" => questions(t.language, &topic.qa),
        _ => return None,
    })
}

/// Facts whose names are still English, with their names in the language of the message.
pub(super) fn facts_block(language: &Language, facts: Vec<(String, String)>) -> Vec<Block> {
    if facts.is_empty() {
        return Vec::new();
    }
    vec![Block::Facts(facts.into_iter().map(|(name, value)| (language.word(&name), value)).collect())]
}

fn text_block(text: String) -> Vec<Block> {
    if text.is_empty() { Vec::new() } else { vec![Block::Text(text)] }
}

fn items_block(lines: Vec<ItemLine>) -> Vec<Block> {
    if lines.is_empty() { Vec::new() } else { vec![Block::Items(lines)] }
}

/// Questions and answers under a line that says so.
pub(super) fn questions(language: &Language, qa: &[Qa]) -> Vec<Block> {
    if qa.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![Block::Text(language.word("Questions and answers:"))];
    blocks.extend(words::question_lines_in(language, qa));
    blocks
}

/// The items of the person a message is for, without the nesting.
pub(super) fn theirs(t: &Filling<'_>, topic: &WindowTopic) -> Vec<ItemLine> {
    let name = t.plan.audience.trim_start_matches('@');
    let mine = |line: &ItemLine| topic.items.get(line.number).is_some_and(|i| i.assignee.as_deref() == Some(name));
    let lines = words::item_lines_in(t.language, &topic.items, &topic.window.span.zone).into_iter().filter(mine);
    lines.map(|line| ItemLine { depth: 0, ..line }).collect()
}

/// What every message that needs them shows, with what its readers alone may know.
fn facts(t: &Filling<'_>, topic: &WindowTopic) -> Vec<(String, String)> {
    let mut facts = public_facts(t, topic);
    if t.is_for_staff() {
        let w = &topic.window;
        let customers = words::customer_words_in(t.language, t.organisation, w);
        let staff = [("Customers", customers), ("Rollback", w.rollback.clone())];
        let at = facts.iter().position(|(name, _)| name == "More" || name == "Details").unwrap_or(facts.len());
        facts.splice(at..at, filled(staff));
    }
    facts
}

/// When, what, for how long, whom to ask.
fn public_facts(t: &Filling<'_>, topic: &WindowTopic) -> Vec<(String, String)> {
    let (w, language) = (&topic.window, t.language);
    let phase = topic.phases.as_ref().map(|phases| words::phase_words_in(language, phases, w));
    let mut facts = filled([
        ("When", language.span(&w.span)),
        ("Part of", phase.unwrap_or_default()),
        ("Services", words::services(t.organisation, w)),
        ("Regions", regions(t, w)),
        ("Environment", if w.environment == "production" { String::new() } else { w.environment.clone() }),
        ("Expected downtime", downtime_inside(language, w)),
    ]);
    let each = words::downtime_lines_in(language, t.organisation, w).into_iter();
    facts.extend(each.map(|(service, words)| (language.say("Downtime of {service}", &[("service", &service)]), words)));
    facts.extend(filled([
        ("Category", w.category.map(|c| category(language, c)).unwrap_or_default()),
        ("Contact", w.poc.clone().unwrap_or_default()),
        ("More", w.links.join(" ")),
        ("Details", t.organisation.window_url(w)),
    ]));
    facts
}

/// The regions by the names people know; all of them is a word.
pub(super) fn regions(t: &Filling<'_>, w: &Window) -> String {
    let names = words::regions(t.organisation, w);
    if w.regions.is_empty() { t.language.word(&names) } else { names }
}

pub(super) fn category(language: &Language, category: Category) -> String {
    language.word(&category.as_str().replace('_', " "))
}

/// The expected downtime of all of a window, beside its length: `up to 15m inside a 2h window`.
pub(super) fn downtime_inside(language: &Language, w: &Window) -> String {
    match &w.downtime {
        _ if !w.kind.has_downtime() => language.word("none"),
        Some(d) if d.most.is_zero() => language.word("none"),
        Some(d) => {
            let (downtime, length) = (language.downtime(d), language.duration(w.span.length()));
            language.say("{downtime} inside a {length} window", &[("downtime", &downtime), ("length", &length)])
        }
        None => String::new(),
    }
}

/// A table with its head in a language. A column that says nothing of any row is left out.
pub(super) fn table(language: &Language, head: &[&str], rows: Vec<Vec<String>>) -> Block {
    let said: Vec<bool> = (0..head.len()).map(|c| rows.iter().any(|row| !row[c].is_empty())).collect();
    let keep = |row: Vec<String>| row.into_iter().zip(&said).filter(|(_, said)| **said).map(|(cell, _)| cell).collect();
    let head = head.iter().map(|name| language.word(name)).collect();
    Block::Table { head: keep(head), rows: rows.into_iter().map(keep).collect() }
}

/// A fact that is another than before.
pub(super) fn changed(language: &Language, now: &str, before: &str) -> String {
    language.say("{now} (was {before})", &[("now", now), ("before", before)])
}

pub(super) fn filled<const N: usize>(facts: [(&str, String); N]) -> Vec<(String, String)> {
    facts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The facts that an edit changed besides the times.
pub(super) fn fields(t: &Filling<'_>) -> Vec<(String, String)> {
    let Some(What::Moved { changes, .. }) = t.events.first().map(|e| &e.what) else { return Vec::new() };
    changed_fields(t.language, changes)
}

/// The facts besides the times, as they are now and were before.
pub(super) fn changed_fields(language: &Language, changes: &[FieldChange]) -> Vec<(String, String)> {
    let besides = changes.iter().filter(|change| change.field != "time");
    besides.map(|FieldChange { field, from, to }| (field.clone(), changed(language, to, from))).collect()
}

/// One sentence for each thing that speaks against it.
fn findings(t: &Filling<'_>, w: &Window) -> Vec<String> {
    let found = w.request.iter().flat_map(|request| &request.findings);
    found.map(|found| words::finding(t.organisation, &w.span.zone, found)).collect()
}

/// What a change that waits for approval would make different from what was approved before.
fn difference(t: &Filling<'_>, w: &Window) -> Vec<(String, String)> {
    let Some(Published { starts_at, ends_at, zone, services, regions, environment, kind, .. }) = &w.published else {
        return Vec::new();
    };
    let mut before = w.clone();
    before.span = Span { starts_at: *starts_at, ends_at: *ends_at, zone: zone.clone() };
    before.services.clone_from(services);
    before.regions.clone_from(regions);
    before.environment.clone_from(environment);
    before.kind = kind.clone();
    let all = |w: &Window| {
        let regions = super::blocks::regions(t, w);
        [
            ("When", t.language.span(&w.span)),
            ("Services", words::services(t.organisation, w)),
            ("Regions", if regions.is_empty() { t.language.word("all") } else { regions }),
            ("Environment", w.environment.clone()),
            ("Kind", w.kind.to_string()),
        ]
    };
    let pairs = all(&before).into_iter().zip(all(w)).filter(|((_, from), (_, to))| from != to);
    pairs.map(|((name, from), (_, to))| (name.to_owned(), changed(t.language, &to, &from))).collect()
}

/// The customers of the person a message is for whom nobody has told in this round.
fn untold<'a>(t: &Filling<'a>, topic: &'a WindowTopic) -> Vec<&'a Customer> {
    let owner = t.plan.audience.trim_start_matches('@');
    let lines = tell_list(t.organisation, &topic.window, &topic.told);
    let of_owner = open_owners(&lines).into_iter().find(|(name, _)| *name == owner);
    of_owner.map(|(_, customers)| customers).unwrap_or_default()
}

fn customers(t: &Filling<'_>, topic: &WindowTopic) -> Vec<Block> {
    let row = |c: &&Customer| vec![c.name.clone(), c.contacts.join(", ")];
    let rows: Vec<Vec<String>> = untold(t, topic).iter().map(row).collect();
    let head = ["Customer", "Contacts"].map(|name| t.language.word(name)).to_vec();
    if rows.is_empty() { Vec::new() } else { vec![Block::Table { head, rows }] }
}

/// One line per difference to the list that was sent.
fn changes(t: &Filling<'_>) -> Vec<String> {
    let line = |c: NetChange| {
        let number = c.number.to_string();
        let whose = c.assignee.as_ref().map(|who| format!(" — {who}")).unwrap_or_default();
        let say = |english: &str, text: &str, more: &[(&str, &str)]| {
            t.language.say(english, &[&[("n", number.as_str()), ("text", text)], more].concat())
        };
        match (c.before, c.now) {
            (None, Some(now)) => say("Added: {n}. {text}", &(one_line(&now) + &whose), &[]),
            (Some(before), None) => say("Removed: {n}. {text}", &one_line(&before), &[]),
            (Some(before), Some(now)) if before != now => {
                let text = one_line(&now) + &whose;
                say("Changed: {n}. {text} (was: {before})", &text, &[("before", &one_line(&before))])
            }
            (_, now) => {
                let who = c.assignee.unwrap_or_default();
                say("Given to {who}: {n}. {text}", &one_line(&now.unwrap_or_default()), &[("who", &who)])
            }
        }
    };
    net_changes(t.events).into_iter().map(line).collect()
}
