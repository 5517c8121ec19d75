//! What an event owes at once, and to whom: audiences, ops, points of contact, owners of customers, scheduled events. Pure.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};

use super::{ISSUE_AHEAD, OPS, hold, recipients};
use crate::domain::customer;
use crate::domain::ledger::{Delivery, MessageKind, Planned};
use crate::domain::organisation::{Audience, Channel, Organisation};
use crate::domain::plan::Phases;
use crate::domain::window::Window;

/// The message that an event owes at once: one row per recipient. Its occasion is the event's id, or the distance of a chase.
#[must_use]
pub fn caused(
    window: &Window,
    organisation: &Organisation,
    message: MessageKind,
    occasion: impl fmt::Display,
    now: DateTime<Utc>,
) -> Vec<Planned> {
    if !message.is_for_audiences() {
        return for_ops(window, organisation, message, occasion, now);
    }
    let starts_at = window.span.starts_at;
    to_audiences(organisation, &[window], window.sequence, message, &occasion, (now, starts_at))
}

/// What an event of a plan owes to audiences at once: to everybody whom one of its phases concerns.
#[must_use]
pub fn caused_by_plan(
    phases: &Phases,
    organisation: &Organisation,
    message: MessageKind,
    occasion: impl fmt::Display,
    now: DateTime<Utc>,
) -> Vec<Planned> {
    let windows: Vec<&Window> = phases.windows.iter().collect();
    let first = phases.live().filter(|w| !w.state.is_over()).map(|w| w.span.starts_at).min().unwrap_or(now);
    to_audiences(organisation, &windows, phases.plan.sequence, message, &occasion, (now, first))
}

/// One row per recipient, at once or when the audience's hours open; `times`: now, and when it begins (UTC).
fn to_audiences(
    organisation: &Organisation,
    windows: &[&Window],
    sequence: i64,
    message: MessageKind,
    occasion: &dyn fmt::Display,
    times: (DateTime<Utc>, DateTime<Utc>),
) -> Vec<Planned> {
    let row = |(audience, channel): (&Audience, Channel)| {
        let mut row = owed(sequence, message, occasion, &audience.name, channel, times.0);
        hold(&mut row, audience, times.1);
        row
    };
    recipients(organisation, windows, message).into_iter().map(row).collect()
}

/// The same to ops, whatever the message.
#[must_use]
pub fn for_ops(
    window: &Window,
    organisation: &Organisation,
    message: MessageKind,
    occasion: impl fmt::Display,
    now: DateTime<Utc>,
) -> Vec<Planned> {
    to_staff(organisation, window.sequence, message, occasion, OPS, now)
}

/// The same to ops and to the point of contact, where that is a person with a place of their own.
#[must_use]
pub fn for_poc_and_ops(
    window: &Window,
    organisation: &Organisation,
    message: MessageKind,
    occasion: impl fmt::Display,
    now: DateTime<Utc>,
) -> Vec<Planned> {
    let to = poc_and_ops(window, organisation).into_iter();
    to.map(|(audience, channel)| owed(window.sequence, message, &occasion, &audience, channel, now)).collect()
}

/// Ops, and the point of contact where they read somewhere else.
pub(super) fn poc_and_ops(window: &Window, organisation: &Organisation) -> Vec<(String, Channel)> {
    let own = window.poc.as_deref().and_then(|poc| Some((format!("@{poc}"), organisation.own_channel(poc)?)));
    let ops = organisation.ops.iter().map(|channel| (OPS.to_owned(), channel.clone()));
    own.into_iter().filter(|(_, channel)| !organisation.ops.contains(channel)).chain(ops).collect()
}

/// To somebody who is reached in a place of their own, or in ops by name; or to ops as a whole.
#[must_use]
pub fn to_staff(
    organisation: &Organisation,
    sequence: i64,
    message: MessageKind,
    occasion: impl fmt::Display,
    audience: &str,
    due_at: DateTime<Utc>,
) -> Vec<Planned> {
    let channels = match audience.strip_prefix('@') {
        Some(person) => organisation.reaches(person),
        None => organisation.ops.clone(),
    };
    channels.into_iter().map(|channel| owed(sequence, message, &occasion, audience, channel, due_at)).collect()
}

/// A request to every owner of a customer that the window touches: tell them anew.
#[must_use]
pub fn told_requests(
    window: &Window,
    organisation: &Organisation,
    occasion: impl fmt::Display,
    due_at: DateTime<Utc>,
) -> Vec<Planned> {
    let each = owners(organisation, window).into_iter();
    each.flat_map(|owner| {
        let audience = format!("@{owner}");
        to_staff(organisation, window.sequence, MessageKind::ToldRequest, &occasion, &audience, due_at)
    })
    .collect()
}

/// The owners of the customers that a window touches, each once.
pub(super) fn owners<'a>(organisation: &'a Organisation, window: &Window) -> BTreeSet<&'a str> {
    customer::touched(organisation, window).into_iter().filter_map(|customer| customer.owner.as_deref()).collect()
}

/// One row that is owed at `due_at` (UTC) under a sequence, and has no lead.
#[must_use]
pub fn owed(
    sequence: i64,
    message: MessageKind,
    occasion: impl fmt::Display,
    audience: &str,
    channel: Channel,
    due_at: DateTime<Utc>,
) -> Planned {
    Planned {
        sequence,
        message,
        occasion: occasion.to_string(),
        lead: None,
        audience: audience.to_owned(),
        channel,
        due_at,
        skipped: None,
        note: None,
    }
}

/// What brings the things in step that others keep for a window, after an event: scheduled events of chats, and what keeps
/// alerts quiet. At once where one is there, some weeks ahead for an occurrence of a series. `rows` is the window's ledger;
/// nothing is owed for what is over and was never there.
#[must_use]
pub fn kept_in_step(
    window: &Window,
    organisation: &Organisation,
    event: i64,
    rows: &[Delivery],
    now: DateTime<Utc>,
) -> Vec<Planned> {
    let is_there = |message: MessageKind, channel: &Channel| {
        let of_it = |row: &&Delivery| row.plan.message == message && row.plan.channel == *channel;
        rows.iter().filter(of_it).any(|row| row.state.is_on_its_way())
    };
    let row = |(message, channel, concerns): (MessageKind, &Channel, bool)| {
        let there = is_there(message, channel);
        let ahead = window.series.filter(|_| !there).map(|_| window.span.starts_at - ISSUE_AHEAD);
        let due_at = ahead.map_or(now, |ahead| ahead.max(now));
        let wanted = (concerns && !window.state.is_over()) || there;
        wanted.then(|| owed(window.sequence, message, event, "", channel.clone(), due_at))
    };
    let events = organisation.events.iter().map(|channel| (MessageKind::ScheduledEvent, channel, true));
    let silences = organisation.silences.channels.iter().map(|channel| {
        let published = window.as_published();
        (MessageKind::Silence, channel, published.is_some_and(|window| organisation.is_silenced(channel, &window)))
    });
    events.chain(silences).filter_map(row).collect()
}

/// What brings the status pages that others keep in step with a window: each on which it was announced, or was to be by
/// now. `occasion` is the event's id; `rows` is the window's ledger, with its plan's where it is a phase.
#[must_use]
pub fn status_pages(
    window: &Window,
    occasion: impl fmt::Display,
    rows: &[Delivery],
    now: DateTime<Utc>,
) -> Vec<Planned> {
    let publishes = |row: &&Delivery| {
        matches!(row.plan.channel, Channel::Statuspage(_))
            && (row.state.is_on_its_way() || row.attempts > 0 || row.plan.due_at <= now)
            && row.plan.channel.takes(row.plan.message)
    };
    let pages: BTreeSet<&Channel> = rows.iter().filter(publishes).map(|row| &row.plan.channel).collect();
    let row = |page: &Channel| owed(window.sequence, MessageKind::StatusPage, &occasion, "", page.clone(), now);
    pages.into_iter().map(row).collect()
}
