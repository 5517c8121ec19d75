//! Whether a row that is due should still go out. Pure.

use chrono::{DateTime, TimeDelta, Utc};

use super::about::About;
use crate::domain::change;
use crate::domain::customer::{open_owners, tell_list};
use crate::domain::event::{Event, What};
use crate::domain::ledger::{self, Class, Delivery, DeliveryState, MessageKind, Reason};
use crate::domain::organisation::Organisation;
use crate::domain::plan::PlanState;
use crate::domain::subscription::{SUBSCRIBERS, Subscription};
use crate::domain::window::{State, Window};
use crate::message::topic::{AdvisoryTopic, PlanTopic, Topic, WindowTopic};

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

/// Decides about one row that this sender has claimed.
///
/// Commands supersede what nobody is sending. A row that was claimed already when its window moved was counted as told,
/// so an announcement or a list goes out all the same, with the new facts.
#[must_use]
pub fn decide(row: &Delivery, about: &About, organisation: &Organisation, now: DateTime<Utc>) -> Decision {
    let message = row.plan.message;
    match &about.topic {
        _ if message == MessageKind::DeliveryFailed => Decision::Send,
        _ if has_left(row, about) => Decision::Skip(Reason::Unsubscribed),
        topic if message.class() == Class::Sync => sync(row, about, topic),
        Topic::Window(topic) => of_window(row, about, topic, organisation, now),
        Topic::Plan(topic) => of_plan(row, about, topic, now),
        Topic::Advisory(topic) => of_advisory(row, about, topic, organisation, now),
        Topic::Subscription(subscription) => asks_to_confirm(row, about, subscription, now),
        Topic::Digest(_) => of_digest(row, about, organisation, now),
    }
}

/// A message to subscribers, on a channel that is none of them any more.
fn has_left(row: &Delivery, about: &About) -> bool {
    row.plan.audience == SUBSCRIBERS && row.plan.message.is_for_audiences() && about.subscriber.is_none()
}

/// The mail with which somebody confirms is worth sending while something waits to be confirmed, the last of several.
fn asks_to_confirm(row: &Delivery, about: &About, asked: &Subscription, now: DateTime<Utc>) -> Decision {
    let is_newer = |other: &Delivery| other.id > row.id && (other.state.is_open() || other.state.is_on_its_way());
    match &asked.wish {
        Some(wish) if !wish.is_open(now) => Decision::Skip(Reason::TooLate),
        Some(_) if !about.rows.iter().any(is_newer) => Decision::Send,
        _ => Decision::Supersede(Reason::Newer),
    }
}

/// A change of something outside: only the last of several is made, and nothing of what is not public.
fn sync(row: &Delivery, about: &About, topic: &Topic) -> Decision {
    let called_off = row.plan.is_planned() && matches!(topic, Topic::Window(t) if t.window.state == State::Cancelled);
    // Requests to approvers stand where there are buttons also before anything is public, and nothing else does.
    let asks = row.plan.message == MessageKind::PostEdit && row.plan.channel.has_buttons();
    let hidden = match topic {
        Topic::Window(topic) => topic.window.as_published().is_none() && !asks,
        Topic::Plan(topic) => topic.phases.plan.state == PlanState::Draft,
        // Nothing outside shows an advisory, a subscription or a digest.
        Topic::Advisory(_) | Topic::Subscription(_) | Topic::Digest(_) => true,
    };
    if called_off {
        Decision::Supersede(Reason::Cancelled)
    } else if hidden || about.rows.iter().any(|other| is_newer_sync(row, other)) {
        Decision::Supersede(Reason::Newer)
    } else {
        Decision::Send
    }
}

fn of_window(
    row: &Delivery,
    about: &About,
    topic: &WindowTopic,
    organisation: &Organisation,
    now: DateTime<Utc>,
) -> Decision {
    use MessageKind as M;
    let window = &topic.window;
    let rows = &about.rows;
    let message = row.plan.message;
    match message {
        M::ApprovalDecision => return Decision::Send,
        M::ApprovalRequest | M::ApprovalReminder => return asks(row, window, now),
        M::ToldRequest | M::ToldOverdue => return asks_an_owner(row, about, topic, organisation, now),
        // What is planned comes back when the change is approved.
        _ if window.state == State::Pending && (row.plan.is_planned() || window.published.is_none()) => {
            return Decision::Supersede(Reason::Newer);
        }
        _ => {}
    }
    if row.plan.is_planned() {
        if window.state == State::Cancelled {
            return Decision::Supersede(Reason::Cancelled);
        }
        if row.plan.sequence < window.sequence && !matches!(message, M::Announcement | M::ChangeList) {
            return Decision::Supersede(Reason::Moved);
        }
        let still_useful = match message {
            M::ChangeList | M::EmptyList => window.state.is_running(),
            M::Announcement => window.state.is_running() && window.changed_since_it_began() && !was_told(row, about),
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
        M::Moved if row.is_moved_again(&about.own_rows(row)) => Decision::Supersede(Reason::Moved),
        M::ChangeListUpdate if change::net_changes(&about.events_of(row)).is_empty() => {
            Decision::Skip(Reason::AlreadyTold)
        }
        _ if message.needs_told() && !was_told(row, about) => Decision::Skip(Reason::NotToldBefore),
        _ => Decision::Send,
    }
}

/// A request to approvers is worth sending while that very request waits and can still be decided on.
fn asks(row: &Delivery, window: &Window, now: DateTime<Utc>) -> Decision {
    let waits = window.request.as_ref().filter(|_| window.state == State::Pending);
    match waits {
        Some(request) if request.sequence != row.plan.sequence => Decision::Supersede(Reason::Newer),
        Some(request) if row.plan.occasion.parse::<i64>().is_ok_and(|event| event != request.event) => {
            Decision::Supersede(Reason::Newer)
        }
        Some(request) if now >= request.expires_at => Decision::Skip(Reason::TooLate),
        Some(_) => Decision::Send,
        None => Decision::Supersede(Reason::Newer),
    }
}

/// A request to the owner of customers is worth sending while one of them is not told in the present round.
fn asks_an_owner(
    row: &Delivery,
    about: &About,
    topic: &WindowTopic,
    organisation: &Organisation,
    now: DateTime<Utc>,
) -> Decision {
    let window = &topic.window;
    let is_chase = row.plan.message == MessageKind::ToldOverdue;
    let called_off_by_it = about.events_of(row).iter().any(|e| matches!(e.what, What::Cancelled { .. }));
    let newer = |other: &Delivery| {
        let same = other.plan.audience == row.plan.audience && other.plan.channel == row.plan.channel;
        let asks_again = other.plan.message == MessageKind::ToldRequest && other.id > row.id;
        let chases_later = is_chase
            && other.plan.message == MessageKind::ToldOverdue
            && other.plan.due_at > row.plan.due_at
            && other.plan.due_at <= now;
        let goes_out = other.state.is_open() || other.state.is_on_its_way();
        same && goes_out && other.plan.due_at <= now && (asks_again || chases_later)
    };
    let lines = tell_list(organisation, window, &topic.told);
    let owner = row.plan.audience.trim_start_matches('@');
    let owes = open_owners(&lines).iter().any(|(name, _)| *name == owner);
    match window.state {
        State::Cancelled if !called_off_by_it => Decision::Supersede(Reason::Cancelled),
        State::Pending => Decision::Supersede(Reason::Newer),
        _ if row.plan.is_planned() && row.plan.sequence < window.sequence => Decision::Supersede(Reason::Moved),
        _ if about.own_rows(row).iter().any(newer) => Decision::Supersede(Reason::Newer),
        State::Scheduled | State::InProgress | State::Verifying if is_chase && now >= window.span.starts_at => {
            Decision::Skip(Reason::TooLate)
        }
        _ if !owes => Decision::Skip(Reason::AlreadyTold),
        _ => Decision::Send,
    }
}

fn of_plan(row: &Delivery, about: &About, topic: &PlanTopic, now: DateTime<Utc>) -> Decision {
    use MessageKind as M;
    let plan = &topic.phases.plan;
    let message = row.plan.message;
    if plan.state == PlanState::Draft {
        return Decision::Supersede(Reason::Newer);
    }
    let is_public = topic.as_public().phases.live().next().is_some();
    let is_ahead = |w: &Window| w.state.is_running() || (!w.state.is_over() && now < w.span.ends_at);
    match message {
        M::Announcement | M::Moved if plan.state == PlanState::Cancelled => Decision::Supersede(Reason::Cancelled),
        // It comes back when a phase is approved.
        M::Announcement if !is_public => Decision::Supersede(Reason::Newer),
        M::Announcement if !topic.phases.live().any(is_ahead) => Decision::Skip(Reason::TooLate),
        M::Moved if row.is_moved_again(&about.own_rows(row)) => Decision::Supersede(Reason::Moved),
        _ if message.needs_told() && !was_told(row, about) => Decision::Skip(Reason::NotToldBefore),
        _ => Decision::Send,
    }
}

/// A security advisory goes to staff at once and to everybody else once it is public; one that was taken back only says
/// that.
fn of_advisory(
    row: &Delivery,
    about: &About,
    topic: &AdvisoryTopic,
    organisation: &Organisation,
    now: DateTime<Utc>,
) -> Decision {
    let takes_back = about.events_of(row).iter().any(|e| matches!(e.what, What::Withdrawn { .. }));
    if topic.advisory.withdrawn_at.is_some() && !takes_back {
        Decision::Supersede(Reason::Cancelled)
    } else if organisation.is_for_staff(&row.plan.channel) || topic.is_disclosed(now) {
        Decision::Send
    } else {
        Decision::Supersede(Reason::Newer)
    }
}

/// A digest goes where it is still asked for, the latest of several.
fn of_digest(row: &Delivery, about: &About, organisation: &Organisation, now: DateTime<Utc>) -> Decision {
    let is_asked_for = |channel| organisation.digest.as_ref().is_some_and(|digest| digest.channels.contains(channel));
    let is_newer = |other: &Delivery| {
        let here = other.plan.channel == row.plan.channel && other.plan.message == row.plan.message;
        here && other.plan.due_at > row.plan.due_at && other.plan.due_at <= now && other.state.is_open()
    };
    if !is_asked_for(&row.plan.channel) {
        Decision::Skip(Reason::Unsubscribed)
    } else if about.rows.iter().any(is_newer) {
        Decision::Supersede(Reason::Newer)
    } else {
        Decision::Send
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
    let same_thing = other.subject == row.subject
        && other.plan.channel == row.plan.channel
        && other.plan.message.class() == Class::Sync
        && (other.plan.message == MessageKind::PostEdit) == (row.plan.message == MessageKind::PostEdit);
    same_thing && other.id > row.id && other.state.is_open() && row.plan.message != MessageKind::IssueOpen
}

/// Whether its channel has been told of the window or plan before this row was made. Of a phase its plan's announcement
/// tells; of a plan, whatever tells of one of its phases.
fn was_told(row: &Delivery, about: &About) -> bool {
    let before: Vec<Delivery> = about.rows.iter().filter(|other| other.id < row.id).cloned().collect();
    let told = |rows: &[Delivery]| ledger::told(rows, None).contains(&row.plan.channel);
    match &about.topic {
        Topic::Window(topic) => told(&ledger::of_phase(&before, topic.window.id)),
        Topic::Advisory(_) => told(&before),
        Topic::Plan(topic) => {
            let of_plan = |other: &&Delivery| other.subject.window().is_none();
            let plan_rows: Vec<Delivery> = before.iter().filter(of_plan).cloned().collect();
            let by_phase = |w: &Window| {
                let own = before.iter().filter(|other| other.subject.window() == Some(w.id));
                let rows: Vec<Delivery> = plan_rows.iter().chain(own).cloned().collect();
                told(&rows)
            };
            told(&plan_rows) || topic.phases.windows.iter().any(by_phase)
        }
        Topic::Subscription(_) | Topic::Digest(_) => false,
    }
}

/// Rows that say nothing new once this one went out as things are now: an announcement that was counted as sent when its
/// window moved, and was not, tells the new times.
pub(super) fn said_with(row: &Delivery, about: &About) -> Vec<i64> {
    let moves = |other: &&Delivery| {
        other.subject == row.subject
            && other.plan.channel == row.plan.channel
            && other.plan.message == MessageKind::Moved
            && other.id > row.id
            && other.state.is_open()
    };
    let announces = row.plan.message == MessageKind::Announcement;
    about.rows.iter().filter(moves).filter(|_| announces).map(|other| other.id).collect()
}

/// Somebody asked for this reminder ahead of its time.
fn was_asked_for(row: &Delivery, events: &[Event]) -> bool {
    let asked = |what: &What| match what {
        What::Reminded { message, occasion } => *message == row.plan.message && *occasion == row.plan.occasion,
        _ => false,
    };
    events.iter().any(|e| e.subject == row.subject && e.at == row.plan.due_at && asked(&e.what))
}

/// The announcement, its own or its plan's, went out so late that it says what this reminder would.
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
        other.subject == row.subject
            && other.plan.channel == row.plan.channel
            && other.plan.message == MessageKind::Reminder
            && other.plan.sequence == row.plan.sequence
            && other.plan.due_at > row.plan.due_at
            && other.plan.due_at <= now
            && (other.state.is_open() || other.state == DeliveryState::Sending)
    })
}
