//! The words of replies and refusals: one function per thing we say to the person who typed a command.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::text::{clipped, count, one_line, shown};
use super::{Block, ItemLine, Message};
use crate::domain::access::{Actor, Role};
use crate::domain::calendar::{Zone, at, duration_words};
use crate::domain::change::{ChangeItem, ChangeList};
use crate::domain::event::{Event, FieldChange, ItemRef, What};
use crate::domain::ledger::{Class, Delivery, DeliveryState, MessageKind, Planned, Reason};
use crate::domain::organisation::Organisation;
use crate::domain::refusal::Refusal;
use crate::domain::window::{State, Step, Window, WindowId};

/// Rows of a list reply before it is folded.
pub const FOLD: usize = 20;

/// The services of a window by the names people know.
#[must_use]
pub fn services(organisation: &Organisation, window: &Window) -> String {
    window.services.iter().map(|id| organisation.service_name(id)).collect::<Vec<_>>().join(", ")
}

/// A change list as lines, parents before their parts.
#[must_use]
pub fn item_lines(items: &ChangeList, zone: &Zone) -> Vec<ItemLine> {
    items.in_order().iter().map(|p| item_line(p.item, p.depth, zone)).collect()
}

fn item_line(item: &ChangeItem, depth: usize, zone: &Zone) -> ItemLine {
    let mut aside = Vec::new();
    if let Some(done) = &item.done {
        aside.push(format!("done by {}, {}", done.by, at(done.at, zone)));
    } else if let Some(assignee) = &item.assignee {
        aside.push(assignee.clone());
    }
    if item.late {
        aside.push("added late".into());
    }
    ItemLine { number: item.number, text: item.line(), depth, done: item.done.is_some(), aside: aside.join(", ") }
}

/// The facts of a window as its reply and page show them.
#[must_use]
pub fn facts(organisation: &Organisation, w: &Window, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
    let zone = &w.span.zone;
    let real = match (w.actual_start, w.actual_end) {
        (Some(from), Some(to)) => format!("{} to {}", at(from, zone), at(to, zone)),
        (Some(from), None) => format!("since {}", at(from, zone)),
        _ => String::new(),
    };
    vec![
        ("State", w.state_words(now).into()),
        ("When", w.span.to_string()),
        ("Length", duration_words(w.span.ends_at - w.span.starts_at)),
        ("Really", real),
        ("Services", services(organisation, w)),
        ("Regions", w.regions.join(", ")),
        ("Environment", w.environment.clone()),
        ("Kind", w.kind.0.clone()),
        ("Expected downtime", w.downtime.map(|d| d.words()).unwrap_or_default()),
        ("Real downtime", w.actual_downtime.map(duration_words).unwrap_or_default()),
        ("Impact", w.impact.clone()),
        ("Category", w.category.map(|c| c.as_str().replace('_', " ")).unwrap_or_default()),
        ("Contact", w.poc.clone().unwrap_or_default()),
        ("Requested by", w.requester.clone()),
        ("Rollback", w.rollback.clone()),
        ("Customers", w.customers.join(", ")),
        ("Links", w.links.join(" ")),
        ("Page", organisation.window_url(w)),
    ]
}

/// A ledger as a table: when, what, to whom, and what became of it.
#[must_use]
pub fn ledger<'a>(rows: impl Iterator<Item = LedgerRow<'a>>, zone: &Zone) -> Block {
    let rows: Vec<LedgerRow<'_>> = rows.filter(|row| row.plan.message.class() == Class::Message).collect();
    let cells = |row: &LedgerRow<'_>| {
        let what = match row.plan.message {
            MessageKind::EmptyList => "empty change list".into(),
            MessageKind::NoPoc => "no contact".into(),
            other => other.as_str().replace('_', " "),
        };
        let lead =
            row.plan.lead.as_deref().filter(|lead| *lead != "at_once").map(|l| format!(" {l}")).unwrap_or_default();
        vec![
            at(row.plan.due_at, zone),
            format!("{what}{lead}"),
            format!("{} ({})", row.plan.audience, row.plan.channel),
            row.fate.clone(),
        ]
    };
    let head = ["When", "Message", "To", ""].map(String::from).to_vec();
    Block::Table { head, rows: rows.iter().map(cells).collect() }
}

/// One row of a ledger table.
#[derive(Clone, Debug)]
pub struct LedgerRow<'a> {
    /// The plan.
    pub plan: &'a Planned,
    /// What became of it, in words.
    pub fate: String,
}

impl<'a> LedgerRow<'a> {
    /// A row that is only planned.
    #[must_use]
    pub fn planned(plan: &'a Planned) -> Self {
        let fate = plan.skipped.map(not_sent).unwrap_or_default();
        Self { plan, fate: one_line(&[fate, noted(plan)].join(" ")) }
    }

    /// A stored row.
    #[must_use]
    pub fn stored(row: &'a Delivery, zone: &Zone) -> Self {
        let why = row.reason.map(not_sent).unwrap_or_default();
        let fate = match row.state {
            DeliveryState::Due => String::new(),
            DeliveryState::Sending => "being sent".into(),
            DeliveryState::Sent => format!("sent {}", row.sent_at.map(|t| at(t, zone)).unwrap_or_default()),
            DeliveryState::Retrying => {
                format!(
                    "failed {}, will be tried again: {}",
                    times(row.attempts),
                    row.error.as_deref().unwrap_or("no answer")
                )
            }
            DeliveryState::Dead => format!("given up: {}", row.error.as_deref().unwrap_or("no answer")),
            DeliveryState::Skipped | DeliveryState::Superseded => why,
        };
        Self { plan: &row.plan, fate: one_line(&[fate, noted(&row.plan)].join(" ")) }
    }
}

/// What a change of the clocks did to the time.
fn noted(plan: &Planned) -> String {
    plan.note.as_ref().map(|note| format!("({note})")).unwrap_or_default()
}

fn times(n: i64) -> String {
    if n == 1 { "once".into() } else { format!("{n} times") }
}

fn not_sent(reason: Reason) -> String {
    let why = match reason {
        Reason::Moved => "the window moved",
        Reason::Cancelled => "the window was cancelled",
        Reason::Newer => "something newer says it",
        Reason::TooLate => "its moment had passed",
        Reason::AlreadyTold => "its readers know it already",
        Reason::NotToldBefore => "this channel was never told of the window",
        Reason::DayOffMerge => "merged with another reminder",
        Reason::Unsubscribed => "unsubscribed",
        Reason::NoRecipient => "nobody to send it to",
    };
    format!("not sent: {why}")
}

/// The change list block, or the line that starts one.
#[must_use]
pub fn change_list(message: Message, w: &Window, items: &ChangeList) -> Message {
    if items.0.is_empty() {
        return message
            .text("The change list is empty. Write down what will be done:")
            .copy(format!("/maintenance change add {} \"…\"", w.id));
    }
    let (done, all) = items.progress();
    message.text(format!("Change list, {done} of {all} done:")).block(Block::Items(item_lines(items, &w.span.zone)))
}

/// A window was scheduled.
#[must_use]
pub fn scheduled(
    organisation: &Organisation,
    w: &Window,
    items: &ChangeList,
    plan: &[Planned],
    read: String,
    dry_run: bool,
    now: DateTime<Utc>,
) -> Message {
    let title = one_line(&w.title);
    let heading = if dry_run {
        format!("Nothing is stored: this is what scheduling “{title}” would do")
    } else {
        format!("{} “{title}” is scheduled", w.id)
    };
    let shown_facts =
        facts(organisation, w, now).into_iter().filter(|(n, _)| !(dry_run && *n == "Page") && *n != "State");
    let message = Message::titled(heading).facts(shown_facts).text(read).text("Who hears what, and when:");
    let message = message.block(ledger(plan.iter().map(LedgerRow::planned), &w.span.zone));
    if dry_run { message } else { change_list(message, w, items) }
}

/// One short line about what a command did, then where the window stands.
#[must_use]
pub fn did(w: &Window, what: impl Into<String>, dry_run: bool) -> Message {
    let what = what.into();
    let would = if dry_run { "Nothing is stored: " } else { "" };
    Message::titled(format!("{would}{} {what}", w.id)).text(format!("{} — {}", one_line(&w.title), w.span))
}

/// A window without a point of contact.
#[must_use]
pub fn nobody_named(w: &Window, dry_run: bool) -> String {
    if dry_run {
        "Nobody is named as point of contact: add poc:@name".into()
    } else {
        format!("Nobody is named as point of contact: /maintenance edit {} poc:@name", w.id)
    }
}

/// What a command would send, for `--dry-run`.
#[must_use]
pub fn would_send(message: Message, plan: &[Planned], zone: &Zone) -> Message {
    if plan.is_empty() {
        return message.text("No message would go out for it.");
    }
    message.text("These messages would be owed:").block(ledger(plan.iter().map(LedgerRow::planned), zone))
}

/// The first answer, given again to somebody who pressed Enter twice.
#[must_use]
pub fn repeated(mut first: Message, verb: &str) -> Message {
    let note = format!(
        "You just did this, so it was not done twice; this is the answer from before. To {verb} again, add --again."
    );
    first.blocks.insert(0, Block::Text(note));
    first
}

/// A window with everything about it.
#[must_use]
pub fn window(organisation: &Organisation, w: &Window, items: &ChangeList, now: DateTime<Utc>) -> Message {
    let message = Message::titled(format!("{} {}", w.id, one_line(&w.title))).facts(facts(organisation, w, now));
    change_list(message, w, items)
}

/// A list of windows, short first.
#[must_use]
pub fn windows(organisation: &Organisation, found: &[Window], more: bool, now: DateTime<Utc>) -> Message {
    if found.is_empty() {
        return Message::line("No window matches.").copy("/maintenance list --all");
    }
    let row = |w: &Window| {
        vec![
            w.id.to_string(),
            w.span.to_string(),
            w.state_words(now).into(),
            services(organisation, w),
            clipped(&one_line(&w.title), 60),
        ]
    };
    let head = ["Id", "When", "State", "Services", "Title"].map(String::from).to_vec();
    let heading = count(found.len(), "window");
    let message = Message::titled(heading).block(Block::Table { head, rows: found.iter().map(row).collect() });
    if more { message.text("There are more:").copy("/maintenance list --all") } else { message }
}

/// The audit trail of a window.
#[must_use]
pub fn history(w: &Window, events: &[Event]) -> Message {
    let zone = &w.span.zone;
    let row = |e: &Event| vec![at(e.at, zone), shown(&e.actor), shown(&e.place), happened(&e.what, zone)];
    let head = ["When", "Who", "Where", "What"].map(String::from).to_vec();
    Message::titled(format!("What happened to {} {}", w.id, one_line(&w.title)))
        .block(Block::Table { head, rows: events.iter().map(row).collect() })
}

/// One event in words.
#[must_use]
pub fn happened(what: &What, zone: &Zone) -> String {
    let because = |reason: &str| if reason.is_empty() { String::new() } else { format!(": {}", one_line(reason)) };
    let refs = |items: &[ItemRef]| {
        let lines = items.iter().map(|i| format!("{}. {}", i.number, clipped(&one_line(&i.text), 80)));
        lines.collect::<Vec<_>>().join("; ")
    };
    let changed = |changes: &[FieldChange]| {
        let one = |c: &FieldChange| {
            format!("{} from “{}” to “{}”", c.field, clipped(&one_line(&c.from), 80), clipped(&one_line(&c.to), 80))
        };
        changes.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    match what {
        What::Scheduled => "scheduled".into(),
        What::Edited { changes } => format!("changed {}", changed(changes)),
        What::Moved { changes, reason, .. } => format!("moved: {}{}", changed(changes), because(reason)),
        What::Extended { to_end, reason, .. } => format!("extended to {}{}", at(*to_end, zone), because(reason)),
        What::Cancelled { reason } => format!("cancelled{}", because(reason)),
        What::Started { auto } => if *auto { "started by the clock" } else { "started" }.into(),
        What::Verifying { all_done } => if *all_done { "every item done, verifying" } else { "verifying" }.into(),
        What::Resumed => "back to work".into(),
        What::Completed { outcome, note, auto, .. } => {
            format!("completed{}: {outcome}{}", if *auto { " by the clock" } else { "" }, because(note))
        }
        What::Noted { text, internal } => {
            format!("{}{}", if *internal { "noted internally" } else { "noted" }, because(text))
        }
        What::Acknowledged => "acknowledged".into(),
        What::ItemsAdded { items, late } => format!("added {}{}", refs(items), if *late { " (late)" } else { "" }),
        What::ItemEdited { number, to, .. } => format!("changed item {number} to {}", one_line(to)),
        What::ItemAssigned { number, assignee, .. } => {
            format!("gave item {number} to {}", assignee.as_deref().unwrap_or("nobody"))
        }
        What::ItemsRemoved { items } => format!("removed {}", refs(items)),
        What::ItemsDone { items } => format!("reported done {}", refs(items)),
        What::ItemsUndone { items } => format!("took back {}", refs(items)),
        What::NoShow { after } => format!("nobody had done anything at {after}"),
        What::Overran { after } => format!("still running at {after}"),
        What::Reminded { message, occasion } => {
            format!("sent {} {occasion} ahead of time", message.as_str().replace('_', " "))
        }
        What::DeliveryFailed { message, channel, error } => {
            format!("{} to {channel} was given up: {}", message.as_str().replace('_', " "), one_line(error))
        }
    }
}

/// Who the caller is.
#[must_use]
pub fn whoami(actor: &Actor, place: &str, zone: &Zone) -> Message {
    let roles = actor.roles.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(", ");
    Message::titled(format!("You are {}", one_line(&actor.id))).facts([
        ("Roles", if roles.is_empty() { "none".into() } else { roles }),
        ("Here", place.into()),
        ("Your times are read in", zone.to_string()),
    ])
}

/// A refusal as a surface shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Which sort: `input`, `not_found`, `state`, `role`, `rule`, `storage`.
    pub sort: String,
    /// What is wrong and why.
    pub detail: String,
    /// One line to copy that would work.
    pub hint: Option<String>,
    /// Where in the typed text, in characters.
    pub position: Option<usize>,
    /// All of it as a message.
    pub message: Message,
}

/// Words a refusal.
#[must_use]
pub fn refused(refusal: &Refusal) -> Refused {
    let (sort, detail, hint) = match refusal {
        Refusal::Input { detail, hint, .. } => ("input", detail.clone(), hint.clone()),
        Refusal::NotFound { what, hint } => ("not_found", format!("There is no {what}."), Some(hint.clone())),
        Refusal::State { window, step, state, by, at_words, possible, hint, .. } => {
            ("state", cannot(*window, *step, *state, (by, at_words), possible), Some(hint.clone()))
        }
        Refusal::Role { verb, needed, holders } => {
            ("role", lacks_role(verb, *needed, holders), Some("/maintenance whoami".into()))
        }
        Refusal::Rule { detail, hint } => ("rule", detail.clone(), Some(hint.clone())),
        Refusal::Storage { detail } => ("storage", detail.clone(), None),
    };
    let mut message = Message::line(detail.clone());
    let mut position = None;
    if let Refusal::Input { input, at, .. } = refusal {
        let (from, block) = caret(input, at);
        position = Some(from);
        message.blocks.extend(block);
    }
    if let Some(hint) = &hint {
        message = message.text("This would work:").copy(hint.clone());
    }
    Refused { sort: sort.into(), detail, hint, position, message }
}

/// The line that holds the wrong part, clipped around it, with the mark under it; and the position in characters of
/// the whole text.
fn caret(input: &str, at: &std::ops::Range<usize>) -> (usize, Option<Block>) {
    let floor = |mut n: usize| {
        n = n.min(input.len());
        while !input.is_char_boundary(n) {
            n -= 1;
        }
        n
    };
    let (from, to) = (floor(at.start), floor(at.end.max(at.start)));
    let position = input[..from].chars().count();
    let line_start = input[..from].rfind('\n').map_or(0, |n| n + 1);
    let line_end = input[from..].find('\n').map_or(input.len(), |n| from + n);
    // Marks must stand under what they mark: every character that is not one column wide becomes a dot.
    let column = |c: char| if shown(&c.to_string()).is_empty() || c == '\t' { '·' } else { c };
    let before: Vec<char> = input[line_start..from].chars().map(column).collect();
    let marked = input[from..to.min(line_end)].chars().count().clamp(1, 60);
    let skipped = before.len().saturating_sub(60);
    let mut line: String = if skipped > 0 { "…".into() } else { String::new() };
    line.extend(&before[skipped..]);
    let start = line.chars().count();
    line.extend(input[from..line_end].chars().take(100).map(column));
    if line.trim().is_empty() {
        return (position, None);
    }
    (position, Some(Block::Caret { line, from: start, width: marked }))
}

fn cannot(window: WindowId, step: Step, state: State, moved: (&str, &str), possible: &[Step]) -> String {
    let what = match step {
        Step::Start => "be started",
        Step::Verify => "go to verifying",
        Step::Complete => "be completed",
        Step::Extend => "be extended",
        Step::Reschedule => "be rescheduled",
        Step::Cancel => "be cancelled",
        Step::Edit => "be edited",
        Step::Change => "have its change list changed",
        Step::Done => "have items reported done",
        Step::Undo => "have items taken back",
        Step::Note => "get notes",
        Step::Ack => "be acknowledged",
        Step::Remind => "be reminded of",
        Step::Overrun => "run over",
    };
    let state = state.as_str().replace('_', " ");
    let (by, at) = moved;
    let verbs = possible.iter().map(|step| step.as_str()).collect::<Vec<_>>().join(", ");
    let now =
        if verbs.is_empty() { "Nothing can be done with it any more".into() } else { format!("Possible now: {verbs}") };
    format!("{window} is {state} and cannot {what}: {by} moved it there, {at}. {now}.")
}

fn lacks_role(verb: &str, needed: Role, holders: &[String]) -> String {
    let who = if holders.is_empty() {
        "nobody has it by name; ask whoever runs maintbot".into()
    } else {
        format!("these have it: {}", holders.join(", "))
    };
    format!("`{verb}` needs the role {needed}; {who}.")
}

/// How a message kind is asked for in `preview`, with what it is for.
#[must_use]
pub fn message_names() -> String {
    MessageKind::ALL.iter().filter(|m| m.class() == Class::Message).map(|m| m.as_str()).collect::<Vec<_>>().join(", ")
}
