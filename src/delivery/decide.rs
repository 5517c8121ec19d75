//! Whether a row that is due should still go out. Pure.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::ledger::{Class, Delivery, DeliveryState, MessageKind, Reason};
use crate::domain::window::{State, Window};

/// What to do with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Send it.
    Send,
    /// Its moment passed, or nobody needs it.
    Skip(Reason),
    /// Something newer took its place.
    Supersede(Reason),
}

/// A reminder this soon after the announcement says nothing new.
const TOO_NEAR: TimeDelta = TimeDelta::hours(1);

/// Decides about one row of a window, given all rows of that window.
#[must_use]
pub fn decide(row: &Delivery, window: &Window, rows: &[Delivery], now: DateTime<Utc>) -> Decision {
    use MessageKind as M;
    let message = row.plan.message;
    if message.class() == Class::Sync {
        let newer = rows.iter().any(|other| is_newer_sync(row, other));
        return if newer { Decision::Supersede(Reason::Newer) } else { Decision::Send };
    }
    if message.is_planned() {
        if window.state == State::Cancelled {
            return Decision::Supersede(Reason::Cancelled);
        }
        if row.plan.sequence < window.sequence {
            return Decision::Supersede(Reason::Moved);
        }
        let still_useful = matches!(message, M::ChangeList | M::EmptyList) && window.state.is_running();
        if window.state != State::Scheduled && !still_useful {
            return Decision::Supersede(Reason::Newer);
        }
    }
    match message {
        M::Announcement if now >= window.span.ends_at => Decision::Skip(Reason::TooLate),
        M::Reminder | M::Starting if now >= window.span.starts_at => Decision::Skip(Reason::TooLate),
        M::Reminder if said_by_announcement(row, rows) => Decision::Skip(Reason::AlreadyTold),
        M::Reminder if a_later_one_is_due(row, rows, now) => Decision::Supersede(Reason::Newer),
        M::Started if window.state.is_over() => Decision::Supersede(Reason::Newer),
        M::Overrun | M::NoShow | M::ConfirmCompletion if window.state.is_over() => Decision::Supersede(Reason::Newer),
        _ if message.needs_told() && !was_told(row, rows) => Decision::Skip(Reason::NotToldBefore),
        _ => Decision::Send,
    }
}

/// Of several updates of the same outside thing that are waiting, only the last is made.
fn is_newer_sync(row: &Delivery, other: &Delivery) -> bool {
    let same_thing = other.plan.channel == row.plan.channel
        && other.plan.message.class() == Class::Sync
        && (other.plan.message == MessageKind::PostEdit) == (row.plan.message == MessageKind::PostEdit);
    same_thing && other.id > row.id && other.state.is_open() && row.plan.message != MessageKind::IssueOpen
}

fn was_told(row: &Delivery, rows: &[Delivery]) -> bool {
    let told = |other: &&Delivery| {
        other.plan.channel == row.plan.channel
            && other.plan.message.tells()
            && matches!(other.state, DeliveryState::Sent | DeliveryState::Sending)
    };
    rows.iter().any(|other| told(&other))
}

/// The announcement went out so late that it says what this reminder would.
fn said_by_announcement(row: &Delivery, rows: &[Delivery]) -> bool {
    rows.iter().any(|other| {
        other.plan.channel == row.plan.channel
            && other.plan.message == MessageKind::Announcement
            && other.plan.sequence == row.plan.sequence
            && other.sent_at.is_some_and(|sent| row.plan.due_at <= sent + TOO_NEAR)
    })
}

/// After an outage several rungs are due at once: only the last is said.
fn a_later_one_is_due(row: &Delivery, rows: &[Delivery], now: DateTime<Utc>) -> bool {
    rows.iter().any(|other| {
        other.plan.channel == row.plan.channel
            && other.plan.message == MessageKind::Reminder
            && other.plan.sequence == row.plan.sequence
            && other.plan.due_at > row.plan.due_at
            && other.plan.due_at <= now
            && (other.state.is_open() || other.state == DeliveryState::Sending)
    })
}
