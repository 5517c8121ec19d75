//! What happens to a window because time passes: starting, chasing, completing. Pure; `service::due` does it.

use chrono::{DateTime, TimeDelta, Utc};

use super::change::ChangeList;
use super::organisation::{AutoComplete, Policy};
use super::window::{State, Window};

/// Overrun chases end after so many.
pub const MOST_OVERRUN_CHASES: i64 = 24;

/// What is due by the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timed {
    /// The start has come and policy starts by itself.
    Start,
    /// Nobody has decided on it before its start.
    Expire,
    /// The end has come, nothing is open and policy completes by itself.
    Complete,
    /// Nobody has done anything since the start.
    NoShow {
        /// How many chases that makes.
        count: i64,
        /// `+15m` after the start.
        occasion: String,
    },
    /// Past the end.
    Overrun {
        /// How many chases that makes.
        count: i64,
        /// `+15m` after the end.
        occasion: String,
    },
}

/// The next thing that the clock will do to this window, and when (UTC). `None`: nothing, until somebody acts. `held`: its
/// plan lets it wait for an earlier phase.
#[must_use]
pub fn next(window: &Window, items: &ChangeList, policy: &Policy, held: bool) -> Option<(DateTime<Utc>, Timed)> {
    let span = &window.span;
    match window.state {
        State::Pending => window.request.as_ref().map(|request| (request.expires_at, Timed::Expire)),
        State::Scheduled if held => None,
        // It may have come to a policy that starts by itself after its start had passed.
        State::Scheduled if policy.auto_start => Some((span.starts_at.max(window.sequence_at), Timed::Start)),
        State::Scheduled => {
            let (at, timed) = no_show(window, window.no_shows + 1);
            (at < span.ends_at).then_some((at, timed))
        }
        State::InProgress | State::Verifying => {
            let unattended = policy.auto_start && window.attended_at.is_none() && window.no_shows == 0;
            let chase = unattended.then(|| no_show(window, 1)).filter(|(at, _)| *at < span.ends_at);
            let complete = policy.auto_complete == AutoComplete::AtEnd && items.all_done();
            chase.or_else(|| {
                if complete { Some((completed_at(window, items), Timed::Complete)) } else { overrun(window, policy) }
            })
        }
        State::Completed | State::Cancelled => None,
    }
}

/// The last thing due at `now` of a run of chases that was missed while nothing ran: only that one is said.
#[must_use]
pub fn due(
    window: &Window,
    items: &ChangeList,
    policy: &Policy,
    held: bool,
    now: DateTime<Utc>,
) -> Option<(DateTime<Utc>, Timed)> {
    let mut ahead = window.clone();
    let mut last = None;
    while let Some((at, timed)) = next(&ahead, items, policy, held).filter(|(at, _)| *at <= now) {
        let chase = match &timed {
            Timed::NoShow { count, .. } => {
                ahead.no_shows = *count;
                true
            }
            Timed::Overrun { count, .. } => {
                ahead.overruns = *count;
                true
            }
            Timed::Start | Timed::Complete | Timed::Expire => false,
        };
        // A start or completion never waits behind chases, and chases of another sort are said on their own.
        let same = match (&last, &timed) {
            (None, _) => true,
            (Some((_, before)), now_due) => std::mem::discriminant(before) == std::mem::discriminant(now_due),
        };
        if !same {
            break;
        }
        last = Some((at, timed));
        if !chase {
            break;
        }
    }
    last
}

/// The end, or when the last item was reported done after it.
fn completed_at(window: &Window, items: &ChangeList) -> DateTime<Utc> {
    let last = items.0.iter().filter_map(|item| item.done.as_ref()).map(|done| done.at).max();
    last.map_or(window.span.ends_at, |last| last.max(window.span.ends_at))
}

/// 15 and 30 minutes after the start, then hourly.
fn no_show(window: &Window, count: i64) -> (DateTime<Utc>, Timed) {
    let minutes = if count <= 2 { 15 * count } else { 30 + 60 * (count - 2) };
    let after = TimeDelta::minutes(minutes);
    (window.span.starts_at + after, Timed::NoShow { count, occasion: after_words(after) })
}

/// Four times the policy's distance, then hourly, at most [`MOST_OVERRUN_CHASES`].
fn overrun(window: &Window, policy: &Policy) -> Option<(DateTime<Utc>, Timed)> {
    let count = window.overruns + 1;
    if policy.overrun_chase <= TimeDelta::zero() || count > MOST_OVERRUN_CHASES {
        return None;
    }
    let steps = i32::try_from(count.min(4)).unwrap_or(4);
    let after = policy.overrun_chase * steps + TimeDelta::hours((count - 4).max(0));
    Some((window.span.ends_at + after, Timed::Overrun { count, occasion: after_words(after) }))
}

/// `+15m`, `+60m`, `+120m`: how the ledger names a chase.
fn after_words(after: TimeDelta) -> String {
    format!("+{}m", after.num_minutes())
}
