//! The change-list issue as it should be: body below the marker, living comment, start and completion comments.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{LONGEST_BODY, escape, facts_table, login, markdown, marker, mention};
use crate::domain::calendar::{Zone, at};
use crate::domain::change::{ChangeItem, ChangeList};
use crate::domain::event::{Event, What};
use crate::domain::organisation::Organisation;
use crate::domain::subject::Subject;
use crate::domain::window::{Kind, Window, WindowId};
use crate::message::text::{clipped, one_line};
use crate::message::topic::Topic;
use crate::message::words::{self, Closed};
use crate::message::{Block, Message};

/// Longest title (GitHub's limit is 256 characters).
const LONGEST_TITLE: usize = 250;
/// Most people that GitHub assigns to one issue.
const MOST_ASSIGNEES: usize = 10;
/// Longest name of a label.
const LONGEST_LABEL: usize = 50;
/// Events that the living comment shows.
const SHOWN_EVENTS: usize = 10;
/// Characters of an item's text as Markdown, from generous to what lets the longest list fit.
const ITEM_WIDTHS: [usize; 5] = [1_200, 240, 100, 50, 30];
/// Characters of the body from the marker on: what people wrote above needs some room as well.
const ROOM: usize = LONGEST_BODY * 9 / 10;
/// Where an item has no more room than this, who did it is said without when.
const NARROW: usize = 50;
/// Characters of a name there.
const LONGEST_NAME: usize = 20;

/// Begins the line below the marker.
pub(super) const KEPT: &str = "_Kept in step by maintbot:";

/// What the issue of a window or plan should look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The headline.
    pub title: String,
    /// The body from the marker on.
    pub below: String,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// Logins of those who have something to do in it.
    pub assignees: Vec<String>,
    /// The living comment.
    pub status: String,
    /// Why it is closed; `None` while it is open.
    pub closed: Option<Closed>,
}

/// The marker key of the issue of a window or plan.
#[must_use]
pub fn list_key(subject: Subject) -> String {
    format!("list {subject}")
}

/// The issue as it should be now. `events` are those of the window or plan, oldest first; `pages` its public address.
#[must_use]
pub fn wanted(organisation: &Organisation, topic: &Topic, events: &[Event], now: DateTime<Utc>) -> Wanted {
    let issue = words::issue(organisation, topic, now);
    let windows: Vec<(&Window, &ChangeList)> = listed(topic);
    let of_window = |id: WindowId| windows.iter().find(|(w, _)| w.id == id).copied();
    let zone = windows.first().map_or_else(|| organisation.zone.clone(), |(w, _)| w.span.zone.clone());
    let subject = topic.subject();
    let width = ITEM_WIDTHS.into_iter().map(|width| {
        let sections = issue.sections.iter().filter_map(|(id, message)| {
            of_window(*id).map(|(w, items)| section(organisation, w, items, message, width))
        });
        let head = format!(
            "{}\n{KEPT} what you write above stays, and a task line added to the list becomes an item._",
            marker(&list_key(subject))
        );
        let parts = [head, markdown(&issue.head)].into_iter().chain(summaries(events, &zone)).chain(sections);
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
    });
    let below = width.reduce(|best, next| if fits(&best) { best } else { next }).unwrap_or_default();
    let below = with_foot(below, &markdown(&issue.foot));
    Wanted {
        title: clipped(&one_line(&format!("{subject}: {}", issue.title)), LONGEST_TITLE),
        below: clipped(&below, LONGEST_BODY),
        labels: labels(&windows),
        assignees: assignees(organisation, &windows),
        status: status(organisation, topic, &windows, events, &zone, now),
        closed: issue.closed,
    }
}

fn fits(body: &str) -> bool {
    body.chars().count() <= ROOM
}

/// The list comes first: of what stands below it there is as much as fits.
fn with_foot(body: String, foot: &str) -> String {
    let left = ROOM.saturating_sub(body.chars().count() + 2);
    if foot.is_empty() || left == 0 { body } else { format!("{body}\n\n{}", clipped(foot, left)) }
}

fn listed(topic: &Topic) -> Vec<(&Window, &ChangeList)> {
    match topic {
        Topic::Window(topic) => vec![(&topic.window, &topic.items)],
        Topic::Plan(topic) => {
            let windows = topic.phases.windows.iter();
            windows.filter_map(|w| topic.items.get(&w.id).map(|items| (w, items))).collect()
        }
        Topic::Advisory(_) | Topic::Subscription(_) | Topic::Digest(_) => Vec::new(),
    }
}

/// How it went, for windows that are completed.
fn summaries<'a>(events: &'a [Event], zone: &'a Zone) -> impl Iterator<Item = String> + 'a {
    events.iter().filter_map(|event| {
        let What::Completed { outcome, note, downtime_s, .. } = &event.what else { return None };
        let note = if note.is_empty() { String::new() } else { format!(" {}", escape(note)) };
        let down = downtime_s.map(|s| crate::domain::calendar::duration_words(chrono::TimeDelta::seconds(s)));
        let down = down.map(|words| format!(" Real downtime: {words}.")).unwrap_or_default();
        let id = escape(&event.subject.to_string());
        let (when, by) = (at(event.at, zone), escape(plain_name(&event.actor)));
        Some(format!("> **{id} completed: {outcome}.** Reported by {by}, {when}.{down}{note}"))
    })
}

/// One window: its facts and texts, and in the place of its items the boxes to tick.
fn section(organisation: &Organisation, w: &Window, items: &ChangeList, message: &Message, width: usize) -> String {
    let parts = message.blocks.iter().map(|block| match block {
        Block::Heading(text) => format!("## {}", escape(text)),
        Block::Facts(facts) => facts_table(facts.iter().map(|(name, value)| {
            let value = match name.as_str() {
                "Contact" => mention(organisation, value),
                _ => escape(value),
            };
            (name.as_str(), value)
        })),
        Block::Items(_) => list(organisation, w, items, width),
        other => markdown(&Message { blocks: vec![other.clone()], ..Message::default() }),
    });
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn list(organisation: &Organisation, w: &Window, items: &ChangeList, width: usize) -> String {
    let (done, all) = items.progress();
    let head = match all {
        0 => "### Change list".into(),
        all => format!("### Change list: {done} of {all} done"),
    };
    let mark = marker(&format!("section {}", w.id));
    let lines = items
        .in_order()
        .into_iter()
        .map(|placed| format!("{}{}", "  ".repeat(placed.depth), task(organisation, placed.item, &w.span.zone, width)));
    let lines: Vec<String> = lines.collect();
    let lines = if lines.is_empty() { "_Nothing is written down yet._".to_owned() } else { lines.join("\n") };
    format!("{head}\n{mark}\n\n{lines}")
}

fn task(organisation: &Organisation, item: &ChangeItem, zone: &Zone, width: usize) -> String {
    let mut aside = Vec::new();
    if let Some(done) = item.done.as_ref().filter(|_| width <= NARROW) {
        aside.push(escaped(plain_name(&done.by), LONGEST_NAME));
    } else if let Some(done) = &item.done {
        aside.push(format!("done by {}, {}", escape(plain_name(&done.by)), at(done.at, zone)));
    } else if let Some(assignee) = &item.assignee {
        aside.push(mention(organisation, assignee));
    }
    if item.late && width > NARROW {
        aside.push("added late".into());
    }
    let aside = if aside.is_empty() { String::new() } else { format!(" — {}", aside.join(", ")) };
    let tick = if item.done.is_some() { 'x' } else { ' ' };
    format!("- [{tick}] **{}.** {}{aside}", item.number, escaped(&item.line(), width))
}

/// Text as Markdown of at most so many characters: escaped it is longer than it was typed.
fn escaped(text: &str, most: usize) -> String {
    let mut kept = most;
    loop {
        let out = escape(&clipped(text, kept));
        let length = out.chars().count();
        if length <= most || kept <= 1 {
            return out;
        }
        kept = (kept * most / length).clamp(1, kept - 1);
    }
}

/// `maintenance`, what is urgent, and the services.
fn labels(windows: &[(&Window, &ChangeList)]) -> Vec<String> {
    let mut labels = vec!["maintenance".to_owned()];
    let mut more = BTreeSet::new();
    for (w, _) in windows {
        if w.kind.0 == Kind::EMERGENCY {
            more.insert(w.kind.0.clone());
        }
        more.extend(w.services.iter().map(|service| clipped(service, LONGEST_LABEL)));
    }
    labels.extend(more.into_iter().filter(|label| label != "maintenance"));
    labels
}

/// Points of contact first, then those who have an open item.
fn assignees(organisation: &Organisation, windows: &[(&Window, &ChangeList)]) -> Vec<String> {
    let contacts = windows.iter().filter(|(w, _)| !w.state.is_over()).filter_map(|(w, _)| w.poc.as_deref());
    let given = windows.iter().flat_map(|(_, items)| &items.0).filter_map(|item| item.assignee.as_deref());
    let mut logins: Vec<String> = Vec::new();
    for login in contacts.chain(given).filter_map(|name| login(organisation, name)) {
        if !logins.contains(&login) {
            logins.push(login);
        }
    }
    logins.truncate(MOST_ASSIGNEES);
    logins
}

/// The living comment: where it stands, and what happened last.
fn status(
    organisation: &Organisation,
    topic: &Topic,
    windows: &[(&Window, &ChangeList)],
    events: &[Event],
    zone: &Zone,
    now: DateTime<Utc>,
) -> String {
    let subject = topic.subject();
    let lines = windows.iter().map(|(w, items)| {
        let shown = w.as_published();
        let shown = shown.as_deref().unwrap_or(w);
        let progress = match items.progress() {
            (_, 0) => "no items yet".to_owned(),
            (done, all) => format!("{done} of {all} items done"),
        };
        let url = organisation.window_url(w);
        format!("- [{}]({url}) is **{}**: {}; {progress}", w.id, escape(shown.state_words(now)), shown.span)
    });
    let lines = lines.collect::<Vec<_>>().join("\n");
    let told: Vec<&Event> = events.iter().filter(|event| is_told(&event.what)).collect();
    let latest = told.iter().rev().take(SHOWN_EVENTS).rev();
    let rows = latest.map(|event| {
        let what = clipped(&words::happened(&event.what, zone), 400);
        vec![at(event.at, zone), one_line(plain_name(&event.actor)), what]
    });
    let head = ["When", "Who", "What"].map(String::from).to_vec();
    let table = markdown(&Message::default().block(Block::Table { head, rows: rows.collect() }));
    let mark = marker(&format!("{subject} status"));
    clipped(&format!("{lines}\n\n{table}\n\n"), LONGEST_BODY - mark.len()) + &mark
}

/// Somebody who did something, without the mark of where they are known from. Not a mention: they know.
fn plain_name(actor: &str) -> &str {
    actor.strip_prefix("github:").unwrap_or(actor)
}

/// What happened that readers of the issue may know: what the public sees, and who is on it.
fn is_told(what: &What) -> bool {
    what.is_public() || matches!(what, What::Acknowledged | What::ListReopened { .. })
}
