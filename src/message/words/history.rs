//! The audit trail in words: one line per event.

use super::super::text::{clipped, count, one_line, shown};
use super::super::{Block, Message};
use super::{advisory, finding};
use crate::domain::advisory::FixStep;
use crate::domain::calendar::{Zone, at};
use crate::domain::event::{Event, FieldChange, ItemRef, LeftOut, What};
use crate::domain::finding::Finding;
use crate::domain::series::Scope;
use crate::domain::window::{Window, WindowId};

/// The audit trail of a window, as [`trail`] shows it.
#[must_use]
pub fn history(w: &Window, events: &[Event]) -> Message {
    trail(&format!("{} {}", w.id, one_line(&w.title)), events, &w.span.zone)
}

/// An audit trail, oldest first, with times in `zone`. `of` is what it happened to, such as `PL-3 Upgrade`.
#[must_use]
pub fn trail(of: &str, events: &[Event], zone: &Zone) -> Message {
    let row = |e: &Event| vec![at(e.at, zone), shown(&e.actor), shown(&e.place), happened(&e.what, zone)];
    let head = ["When", "Who", "Where", "What"].map(String::from).to_vec();
    Message::titled(format!("What happened to {}", one_line(of)))
        .block(Block::Table { head, rows: events.iter().map(row).collect() })
}

/// One event in words.
#[must_use]
pub fn happened(what: &What, zone: &Zone) -> String {
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
        What::DeliveryFailed { message, channel, error, .. } => {
            format!("{} to {channel} was given up: {}", message.as_str().replace('_', " "), one_line(error))
        }
        What::Told { customer } => format!("told {}", one_line(customer)),
        What::QaAdded { number, question, .. } => format!("answered question {number}: {}", short(question)),
        What::QaRemoved { number, question } => format!("took off question {number}: {}", short(question)),
        What::Requested { .. }
        | What::Approved { .. }
        | What::Rejected { .. }
        | What::Expired
        | What::Overridden { .. } => decided(what),
        What::Planned { .. }
        | What::Published { .. }
        | What::Held { .. }
        | What::Released { .. }
        | What::Frozen { .. }
        | What::Thawed { .. } => of_plan_or_freeze(what),
        What::ListReopened { why } => format!("closed the change list by hand; it is open again{}", because(why)),
        What::ListLost { how } => format!("found that the change list {}", one_line(how)),
        What::Advised { .. }
        | What::Disclosed { .. }
        | What::Withdrawn { .. }
        | What::Fixed { .. }
        | What::Objected { .. } => of_advisory(what, zone),
        What::ListRestored => "changed the change list by hand; it was put back".into(),
        What::SubscriptionAsked => "asked for mail".into(),
        What::Subscribed { channel, services, regions } => {
            format!("subscribed {} to {}", one_line(channel), by_ids(services, regions))
        }
        What::Unsubscribed { channel } => format!("unsubscribed {}", one_line(channel)),
        What::Occurred { .. } | What::SeriesChanged { .. } | What::Stopped { .. } | What::CarriedOver { .. } => {
            of_series(what)
        }
    }
}

/// What a subscriber hears of, by ids.
fn by_ids(services: &[String], regions: &[String]) -> String {
    let services = if services.is_empty() { "all services".into() } else { one_line(&services.join(", ")) };
    if regions.is_empty() { services } else { format!("{services} in {}", one_line(&regions.join(", "))) }
}

/// What was asked of approvers, and what became of it.
fn decided(what: &What) -> String {
    let of = |change: bool| if change { " of a change" } else { "" };
    let to = |change: bool| if change { " the change" } else { "" };
    match what {
        What::Requested { reason, findings, change } => {
            format!("asked for approval{}{}{}", of(*change), names(findings), because(reason))
        }
        What::Approved { note, change } => format!("approved{}{}", to(*change), because(note)),
        What::Rejected { reason } => format!("rejected{}", because(reason)),
        What::Overridden { reason, findings } => format!("set the rules aside{}{}", names(findings), because(reason)),
        _ => "nobody decided in time".into(),
    }
}

fn of_plan_or_freeze(what: &What) -> String {
    match what {
        What::Planned { title } => format!("made the plan “{}”", short(title)),
        What::Published { phases } => format!("published with {}", count(*phases, "phase")),
        What::Held { reason, auto } => {
            format!("held the later phases{}{}", if *auto { " by itself" } else { "" }, because(reason))
        }
        What::Released { reason } => format!("released the later phases{}", because(reason)),
        What::Frozen { title, days } => format!("froze {}: “{}”", one_line(days), short(title)),
        What::Thawed { title } => format!("took back the freeze “{}”", short(title)),
        _ => String::new(),
    }
}

fn of_advisory(what: &What, zone: &Zone) -> String {
    match what {
        What::Advised { disposition, publish_at } => {
            let until =
                publish_at.map(|until| format!(", under embargo until {}", at(until, zone))).unwrap_or_default();
            format!("made the advisory: {}{until}", advisory::disposition(*disposition))
        }
        What::Disclosed { early } => if *early { "ended the embargo" } else { "it became public" }.into(),
        What::Withdrawn { reason } => format!("took it back{}", because(reason)),
        What::Fixed { step, services, from, window } => {
            let to = window.map_or_else(|| "no window yet".into(), |id| id.to_string());
            let of = one_line(&services.join(", "));
            match (step, from) {
                (FixStep::Made, _) => format!("the fix for {of} was made in {to}"),
                (FixStep::Carried, Some(from)) => format!("the fix for {of} was not made in {from}; it goes to {to}"),
                (FixStep::Planned | FixStep::Carried, _) => format!("planned the fix for {of} in {to}"),
            }
        }
        What::Objected { advisory, reason } => format!("asked to move the work of {advisory}{}", because(reason)),
        _ => String::new(),
    }
}

fn of_series(what: &What) -> String {
    match what {
        What::Occurred { made, left_out } => occurred(made, left_out),
        What::SeriesChanged { scope, from, changes } => {
            let which = match scope {
                Scope::This => format!("{from} alone"),
                Scope::Following => format!("{from} and all after it"),
                Scope::All => "all that have not begun".into(),
            };
            format!("changed {which}: {}", changed(changes))
        }
        What::Stopped { reason } => format!("stopped{}", because(reason)),
        What::CarriedOver { to, items } => format!("carried over to {to}: {}", refs(items)),
        _ => String::new(),
    }
}

/// How many windows a series made, and each occurrence that it left out.
fn occurred(made: &[WindowId], left_out: &[LeftOut]) -> String {
    let ids = match made {
        [] => "made no windows".into(),
        [one] => format!("made {one}"),
        [first, .., last] => format!("made {}, {first} to {last}", count(made.len(), "window")),
    };
    let out = left_out.iter().map(|l| format!("; left out {}: {}", one_line(&l.when), one_line(&l.why)));
    ids + &out.collect::<String>()
}

fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {}", one_line(reason)) }
}

fn short(text: &str) -> String {
    clipped(&one_line(text), 80)
}

fn names(findings: &[Finding]) -> String {
    let names: Vec<String> = findings.iter().map(finding::name).collect();
    if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) }
}

fn refs(items: &[ItemRef]) -> String {
    items.iter().map(|i| format!("{}. {}", i.number, short(&i.text))).collect::<Vec<_>>().join("; ")
}

fn changed(changes: &[FieldChange]) -> String {
    let one = |c: &FieldChange| format!("{} from “{}” to “{}”", c.field, short(&c.from), short(&c.to));
    changes.iter().map(one).collect::<Vec<_>>().join(", ")
}
