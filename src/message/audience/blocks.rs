//! The blocks that templates about a window can name.

use super::Telling;
use crate::domain::calendar::{Span, duration_words};
use crate::domain::change::{NetChange, net_changes};
use crate::domain::customer::{Customer, open_owners, tell_list};
use crate::domain::event::{Event, FieldChange, What};
use crate::domain::plan::Qa;
use crate::domain::window::{Published, Window};
use crate::message::text::one_line;
use crate::message::topic::WindowTopic;
use crate::message::{Block, ItemLine, words};

/// Facts that do not hold of a window that was called off.
const UNDONE: [&str; 2] = ["When", "Expected downtime"];

/// The blocks of one name; none where there is nothing to show.
pub(super) fn named(name: &str, t: &Telling<'_>, topic: &WindowTopic) -> Vec<Block> {
    let w = &topic.window;
    let items = || words::item_lines(&topic.items, &w.span.zone);
    match name {
        "facts" => facts_block(facts(t, topic)),
        "public" => facts_block(public_facts(t, topic)),
        "about" => facts_block(facts(t, topic).into_iter().filter(|(n, _)| !UNDONE.contains(&n.as_str())).collect()),
        "items" => items_block(items()),
        "theirs" => items_block(theirs(t, topic)),
        "changes" => vec![Block::Text(changes(t.events).join("\n"))],
        "fields" => facts_block(fields(t.events)),
        "findings" => findings(t, w).into_iter().map(Block::Text).collect(),
        "difference" => facts_block(difference(t, w)),
        "customers" => customers(t, topic),
        "tell" => {
            untold(t, topic).iter().map(|c| Block::Copy(format!("/maintenance told {} {}", w.id, c.id))).collect()
        }
        "questions" => questions(&topic.qa),
        _ => Vec::new(),
    }
}

pub(super) fn facts_block(facts: Vec<(String, String)>) -> Vec<Block> {
    if facts.is_empty() { Vec::new() } else { vec![Block::Facts(facts)] }
}

fn items_block(lines: Vec<ItemLine>) -> Vec<Block> {
    if lines.is_empty() { Vec::new() } else { vec![Block::Items(lines)] }
}

/// Questions and answers under a line that says so.
pub(super) fn questions(qa: &[Qa]) -> Vec<Block> {
    if qa.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![Block::Text("Questions and answers:".into())];
    blocks.extend(words::question_lines(qa));
    blocks
}

/// The items of the person a message is for, without the nesting.
pub(super) fn theirs(t: &Telling<'_>, topic: &WindowTopic) -> Vec<ItemLine> {
    let name = t.plan.audience.trim_start_matches('@');
    let mine = |line: &ItemLine| topic.items.get(line.number).is_some_and(|i| i.assignee.as_deref() == Some(name));
    let lines = words::item_lines(&topic.items, &topic.window.span.zone).into_iter().filter(mine);
    lines.map(|line| ItemLine { depth: 0, ..line }).collect()
}

/// What every message that needs them shows, with what its readers alone may know.
fn facts(t: &Telling<'_>, topic: &WindowTopic) -> Vec<(String, String)> {
    let mut facts = public_facts(t, topic);
    if t.is_for_staff() {
        let w = &topic.window;
        let staff = [("Customers", words::customer_words(t.organisation, w)), ("Rollback", w.rollback.clone())];
        let at = facts.iter().position(|(name, _)| name == "More" || name == "Details").unwrap_or(facts.len());
        facts.splice(at..at, filled(staff));
    }
    facts
}

/// When, what, for how long, whom to ask.
fn public_facts(t: &Telling<'_>, topic: &WindowTopic) -> Vec<(String, String)> {
    let w = &topic.window;
    let mut facts = filled([
        ("When", w.span.to_string()),
        ("Part of", topic.phases.as_ref().map(|phases| words::phase_words(phases, w)).unwrap_or_default()),
        ("Services", words::services(t.organisation, w)),
        ("Regions", words::regions(t.organisation, w)),
        ("Environment", if w.environment == "production" { String::new() } else { w.environment.clone() }),
        ("Expected downtime", downtime_inside(w)),
    ]);
    let each = words::downtime_lines(t.organisation, w);
    facts.extend(each.into_iter().map(|(service, words)| (format!("Downtime of {service}"), words)));
    facts.extend(filled([
        ("Category", w.category.map(|c| c.as_str().replace('_', " ")).unwrap_or_default()),
        ("Contact", w.poc.clone().unwrap_or_default()),
        ("More", w.links.join(" ")),
        ("Details", t.organisation.window_url(w)),
    ]));
    facts
}

/// The expected downtime of all of a window, beside its length: `up to 15m inside a 2h window`.
pub(super) fn downtime_inside(w: &Window) -> String {
    let length = duration_words(w.span.length());
    match &w.downtime {
        _ if !w.kind.has_downtime() => "none".into(),
        Some(d) if d.most.is_zero() => "none".into(),
        Some(d) => format!("{} inside a {length} window", d.words()),
        None => String::new(),
    }
}

pub(super) fn filled<const N: usize>(facts: [(&str, String); N]) -> Vec<(String, String)> {
    facts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The facts that an edit changed besides the times.
pub(super) fn fields(events: &[Event]) -> Vec<(String, String)> {
    let Some(What::Moved { changes, .. }) = events.first().map(|e| &e.what) else { return Vec::new() };
    let besides = changes.iter().filter(|change| change.field != "time");
    besides.map(|FieldChange { field, from, to }| (field.clone(), format!("{to} (was {from})"))).collect()
}

/// One sentence for each thing that speaks against it.
fn findings(t: &Telling<'_>, w: &Window) -> Vec<String> {
    let found = w.request.iter().flat_map(|request| &request.findings);
    found.map(|found| words::finding(t.organisation, &w.span.zone, found)).collect()
}

/// What a change that waits for approval would make different from what was approved before.
fn difference(t: &Telling<'_>, w: &Window) -> Vec<(String, String)> {
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
        let regions = words::regions(t.organisation, w);
        [
            ("When", w.span.to_string()),
            ("Services", words::services(t.organisation, w)),
            ("Regions", if regions.is_empty() { "all".into() } else { regions }),
            ("Environment", w.environment.clone()),
            ("Kind", w.kind.to_string()),
        ]
    };
    let pairs = all(&before).into_iter().zip(all(w)).filter(|((_, from), (_, to))| from != to);
    pairs.map(|((name, from), (_, to))| (name.to_owned(), format!("{to} (was {from})"))).collect()
}

/// The customers of the person a message is for whom nobody has told in this round.
fn untold<'a>(t: &Telling<'a>, topic: &'a WindowTopic) -> Vec<&'a Customer> {
    let owner = t.plan.audience.trim_start_matches('@');
    let lines = tell_list(t.organisation, &topic.window, &topic.told);
    let of_owner = open_owners(&lines).into_iter().find(|(name, _)| *name == owner);
    of_owner.map(|(_, customers)| customers).unwrap_or_default()
}

fn customers(t: &Telling<'_>, topic: &WindowTopic) -> Vec<Block> {
    let row = |c: &&Customer| vec![c.name.clone(), c.contacts.join(", ")];
    let rows: Vec<Vec<String>> = untold(t, topic).iter().map(row).collect();
    let head = ["Customer", "Contacts"].map(String::from).to_vec();
    if rows.is_empty() { Vec::new() } else { vec![Block::Table { head, rows }] }
}

/// One line per difference to the list that was sent.
fn changes(events: &[Event]) -> Vec<String> {
    let line = |c: NetChange| {
        let n = c.number;
        let whose = c.assignee.as_ref().map(|who| format!(" — {who}")).unwrap_or_default();
        match (c.before, c.now) {
            (None, Some(now)) => format!("Added: {n}. {}{whose}", one_line(&now)),
            (Some(before), None) => format!("Removed: {n}. {}", one_line(&before)),
            (Some(before), Some(now)) if before != now => {
                format!("Changed: {n}. {}{whose} (was: {})", one_line(&now), one_line(&before))
            }
            (_, now) => {
                format!("Given to {}: {n}. {}", c.assignee.unwrap_or_default(), one_line(&now.unwrap_or_default()))
            }
        }
    };
    net_changes(events).into_iter().map(line).collect()
}
