//! Whether a row that is due should still go out. Pure.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::change::{self, ChangeList};
use crate::domain::event::{Event, What};
use crate::domain::ledger::{self, Class, Delivery, DeliveryState, MessageKind, Planned, Reason};
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

/// Everything that is known of the window that a row is about.
#[derive(Clone, Debug)]
pub struct About {
    /// The window as it is now.
    pub window: Window,
    /// Its change list.
    pub items: ChangeList,
    /// Its ledger.
    pub rows: Vec<Delivery>,
    /// Its audit trail, oldest first.
    pub events: Vec<Event>,
}

impl About {
    /// The events a row speaks of: the one that caused it; for a difference, every list edit from there on. A move that
    /// took the place of one that was never sent speaks of both.
    #[must_use]
    pub fn events_of(&self, plan: &Planned) -> Vec<Event> {
        let Ok(first) = plan.occasion.parse::<i64>() else { return Vec::new() };
        let is_difference = plan.message == MessageKind::ChangeListUpdate;
        let belongs = |e: &&Event| e.id == first || (is_difference && e.id > first && e.what.is_about_items());
        let mut events: Vec<Event> = self.events.iter().filter(belongs).cloned().collect();
        if plan.message == MessageKind::Moved
            && let Some(event) = events.first_mut()
        {
            for earlier in self.unsent_moves_before(plan, first) {
                event.what = event.what.since(&earlier.what);
            }
        }
        events
    }

    /// Moves that the same channel never heard of because this one took their place, the latest first.
    fn unsent_moves_before(&self, plan: &Planned, event: i64) -> Vec<&Event> {
        let number = |row: &Delivery| row.plan.occasion.parse::<i64>().ok();
        let same = |row: &&Delivery| row.plan.channel == plan.channel && row.plan.message == MessageKind::Moved;
        let mut moves: Vec<&Delivery> =
            self.rows.iter().filter(same).filter(|row| number(row).is_some_and(|n| n < event)).collect();
        moves.sort_by_key(|row| std::cmp::Reverse(row.id));
        let unsent = moves.into_iter().take_while(|row| row.reason == Some(Reason::Moved));
        unsent.filter_map(|row| self.events.iter().find(|e| Some(e.id) == number(row))).collect()
    }
}

/// A reminder this soon after the announcement says nothing new.
const TOO_NEAR: TimeDelta = TimeDelta::hours(1);

/// Decides about one row that this sender has claimed.
///
/// Commands supersede what nobody is sending. A row that was claimed already when its window moved was counted as told,
/// so an announcement or a list goes out all the same, with the new facts.
#[must_use]
pub fn decide(row: &Delivery, about: &About, now: DateTime<Utc>) -> Decision {
    use MessageKind as M;
    let About { window, rows, .. } = about;
    let message = row.plan.message;
    if message.class() == Class::Sync {
        let newer = rows.iter().any(|other| is_newer_sync(row, other));
        return if newer { Decision::Supersede(Reason::Newer) } else { Decision::Send };
    }
    if message.is_planned() {
        if window.state == State::Cancelled {
            return Decision::Supersede(Reason::Cancelled);
        }
        if row.plan.sequence < window.sequence && !matches!(message, M::Announcement | M::ChangeList) {
            return Decision::Supersede(Reason::Moved);
        }
        let still_useful = match message {
            M::ChangeList | M::EmptyList => window.state.is_running(),
            M::Announcement => window.state.is_running() && window.changed_since_it_began() && !was_told(row, rows),
            _ => false,
        };
        if window.state != State::Scheduled && !still_useful {
            return Decision::Supersede(Reason::Newer);
        }
    }
    match message {
        M::Announcement if now >= window.span.ends_at && !window.state.is_running() => Decision::Skip(Reason::TooLate),
        M::Reminder | M::Starting if now >= window.span.starts_at => Decision::Skip(Reason::TooLate),
        M::Reminder if !was_asked_for(row, &about.events) => among_its_like(row, rows, now),
        M::Started | M::Overrun | M::NoShow | M::ConfirmCompletion if window.state.is_over() => {
            Decision::Supersede(Reason::Newer)
        }
        M::Moved if window.state == State::Cancelled => Decision::Supersede(Reason::Cancelled),
        M::Moved if row.is_moved_again(rows) => Decision::Supersede(Reason::Moved),
        M::ChangeListUpdate if change::net_changes(&about.events_of(&row.plan)).is_empty() => {
            Decision::Skip(Reason::AlreadyTold)
        }
        _ if message.needs_told() && !was_told(row, rows) => Decision::Skip(Reason::NotToldBefore),
        _ => Decision::Send,
    }
}

/// A reminder of the ladder, beside the announcement and the other rungs.
fn among_its_like(row: &Delivery, rows: &[Delivery], now: DateTime<Utc>) -> Decision {
    if said_by_announcement(row, rows) {
        Decision::Skip(Reason::AlreadyTold)
    } else if a_later_one_is_due(row, rows, now) {
        Decision::Supersede(Reason::Newer)
    } else {
        Decision::Send
    }
}

/// Of several updates of the same outside thing that are waiting, only the last is made.
fn is_newer_sync(row: &Delivery, other: &Delivery) -> bool {
    let same_thing = other.plan.channel == row.plan.channel
        && other.plan.message.class() == Class::Sync
        && (other.plan.message == MessageKind::PostEdit) == (row.plan.message == MessageKind::PostEdit);
    same_thing && other.id > row.id && other.state.is_open() && row.plan.message != MessageKind::IssueOpen
}

/// Whether its channel has been told of the window before this row was made.
fn was_told(row: &Delivery, rows: &[Delivery]) -> bool {
    let before: Vec<Delivery> = rows.iter().filter(|other| other.id < row.id).cloned().collect();
    ledger::told(&before, None).contains(&row.plan.channel)
}

/// Somebody asked for this reminder ahead of its time.
fn was_asked_for(row: &Delivery, events: &[Event]) -> bool {
    let asked = |what: &What| match what {
        What::Reminded { message, occasion } => *message == row.plan.message && *occasion == row.plan.occasion,
        _ => false,
    };
    events.iter().any(|e| e.at == row.plan.due_at && asked(&e.what))
}

/// The announcement went out so late that it says what this reminder would.
fn said_by_announcement(row: &Delivery, rows: &[Delivery]) -> bool {
    rows.iter().any(|other| {
        other.plan.channel == row.plan.channel
            && other.plan.message == MessageKind::Announcement
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
