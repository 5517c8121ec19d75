//! What could not be sent: tried again later, looked for first where it may have arrived, or given up and told elsewhere.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use chrono::{DateTime, TimeDelta, Utc};

use super::{Answered, PATIENCE, Sender, about};
use crate::clock::Clock;
use crate::domain::access::Actor;
use crate::domain::event::What;
use crate::domain::ledger::{Delivery, DeliveryState, MessageKind, Planned};
use crate::domain::notice::{self, OPS};
use crate::domain::organisation::Channel;
use crate::outward::Failure;
use crate::store::StoreError;

/// A row is given up that could not be sent for so long after it was due, and was tried so often.
const GIVE_UP_AFTER: TimeDelta = TimeDelta::hours(24);
const TRIES: i64 = 5;
/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// Clocks of other machines may be so far off.
const OTHER_CLOCKS: TimeDelta = TimeDelta::minutes(5);
/// How long another program may still work on what it did not answer: what is looked for before may come later.
const UNDER_WAY: TimeDelta = TimeDelta::seconds(10);
/// The longest wait for what was not answered.
const SILENCE: TimeDelta = TimeDelta::minutes(5);
/// What is said where the work on a row does not come to its end in time.
pub(super) const TOO_SLOW: &str = "it takes too long";

/// Why a row could not be sent.
pub(super) enum Trouble {
    /// The service, or the way to it.
    Outside(Failure),
    /// The database, or a template.
    Fault(anyhow::Error),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Outside(failure)
    }
}

impl From<anyhow::Error> for Trouble {
    fn from(error: anyhow::Error) -> Self {
        Self::Fault(error)
    }
}

/// What a step on a row's way to a service comes to.
pub(super) type Outcome<T> = Result<T, Trouble>;

impl Sender {
    /// Waits for the work on a row, well within its lease, and records what came of it; `doubt`: something of the row may
    /// be there already. Work that gives nothing has recorded that itself. `Some`: the channel takes nothing before then
    /// (UTC).
    pub(super) async fn see_through(
        &self,
        row: &Delivery,
        doubt: bool,
        now: DateTime<Utc>,
        work: impl Future<Output = Outcome<Option<Answered>>>,
    ) -> anyhow::Result<Option<DateTime<Utc>>> {
        let answered = match tokio::time::timeout(PATIENCE, work).await {
            Ok(Ok(None)) => return Ok(None),
            Ok(Ok(Some(answered))) => answered,
            Ok(Err(Trouble::Outside(failure))) => allowed(failure, row, doubt, now),
            Ok(Err(Trouble::Fault(error))) => return Err(error),
            Err(_) => unanswered(row, TOO_SLOW.into(), now),
        };
        let held = match &answered {
            Answered::Retry { at, .. } => *at,
            _ => None,
        };
        self.record(row, answered, now).await?;
        Ok(held)
    }

    /// Tries again later, or gives up where that has gone on for too long.
    pub(super) async fn failed(
        &self,
        row: &Delivery,
        error: &str,
        at: Option<DateTime<Utc>>,
        in_doubt: bool,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        if row.attempts >= TRIES && now - row.plan.due_at.max(row.created_at) >= GIVE_UP_AFTER {
            return self.give_up(row, error, now).await;
        }
        let at = at.unwrap_or_else(|| now + delay(row.attempts));
        self.db.write(async |tx| tx.retry(row.id, &self.owner, at, error, in_doubt).await).await?;
        Ok(())
    }

    /// Records that it is given up, and tells ops on another channel. A change list that cannot be opened where it belongs
    /// is opened in the built-in tracker.
    pub(super) async fn give_up(&self, row: &Delivery, error: &str, now: DateTime<Utc>) -> anyhow::Result<()> {
        self.give_up_until(row, error, "", now).await
    }

    /// The same where nothing more is sent to the channel before somebody types `remedy` in a terminal.
    pub(super) async fn give_up_until(
        &self,
        row: &Delivery,
        error: &str,
        remedy: &str,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        tracing::warn!(delivery = row.id, channel = %row.plan.channel, error, "a message is given up");
        self.db
            .write(async |tx| {
                about::lock(tx, row.subject).await?;
                let is_news = row.plan.message != MessageKind::DeliveryFailed;
                let last = Channel::Builtin(OPS.into());
                if !tx.dead(row.id, &self.owner, error).await? || !(is_news || row.plan.channel.is_outside()) {
                    return Ok(());
                }
                // Anybody can have anybody's address written to: that is no news to ops.
                if row.plan.message == MessageKind::ConfirmSubscription {
                    return Ok(());
                }
                let channel = row.plan.channel.to_string();
                let (message, error, remedy) = (row.plan.message, error.to_owned(), remedy.to_owned());
                let what = What::DeliveryFailed { message, channel, error, remedy };
                let event = tx.add_event(row.subject, now, Actor::MAINTBOT, "sender", &what).await?;
                let mut elsewhere = match row.subject.window() {
                    Some(id) => tx.window(id).await?.and_then(|w| self.organisation.own_channel(w.poc.as_deref()?)),
                    None => None,
                }
                .into_iter()
                .chain(self.organisation.ops.iter().cloned())
                .filter(|c| is_news && *c != row.plan.channel)
                .collect::<Vec<_>>();
                if elsewhere.is_empty() {
                    elsewhere.push(last);
                }
                // Where nobody could be told of a failure, that one is told here: not that telling failed.
                let of = if is_news { event.to_string() } else { row.plan.occasion.clone() };
                let told = elsewhere.iter().map(|c| follow_up(row, MessageKind::DeliveryFailed, OPS, &of, c, now));
                let opens = row.plan.message == MessageKind::IssueOpen && row.plan.channel != Channel::Tracker;
                let tracker = opens.then(|| follow_up(row, MessageKind::IssueOpen, "", &of, &Channel::Tracker, now));
                let rows: Vec<Planned> = told.chain(tracker).collect();
                let queue = about::queue_of(tx, row.subject).await?;
                tx.insert_deliveries(row.subject, queue, &rows, now).await?;
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(())
    }
}

/// What a failure allows: another try when it says, one that looks first, or none. `doubt`: something of the row may be there
/// already.
pub(super) fn allowed(failure: Failure, row: &Delivery, doubt: bool, now: DateTime<Utc>) -> Answered {
    match failure {
        Failure::Later { at, why } => Answered::Retry { error: why, at: Some(at), in_doubt: doubt },
        Failure::Unsure { why } => unanswered(row, why, now),
        Failure::Missing { why, .. } | Failure::Refused { why } => Answered::GiveUp(why),
    }
}

/// Of rows about the same thing outside, one after the last that was sent was tried, and `row` took its place before it was
/// known what came of it: what it made may be there.
pub(super) fn left_open<'a>(row: &Delivery, rows: impl IntoIterator<Item = &'a Delivery>) -> bool {
    let others: Vec<&Delivery> = rows.into_iter().filter(|other| other.id != row.id).collect();
    let sent = others.iter().filter(|other| other.state == DeliveryState::Sent).map(|other| other.id).max();
    others.iter().any(|other| other.attempts > 0 && Some(other.id) > sent)
}

/// Nobody answered: it is tried again when the other end has certainly come to its end with it, and soon. The client
/// itself leaves a silent service alone.
pub(super) fn unanswered(row: &Delivery, error: String, now: DateTime<Utc>) -> Answered {
    let wait = delay(row.attempts).clamp(UNDER_WAY, SILENCE);
    Answered::Retry { error, at: Some(now + wait), in_doubt: true }
}

/// What a row made outside cannot be older (UTC) than when the row was first due; the other clock may be the machine's or
/// the story's.
pub(super) fn since(row: &Delivery) -> DateTime<Utc> {
    row.created_at.max(row.plan.due_at).min(Clock::wall()) - OTHER_CLOCKS
}

/// What the failure of a row causes.
fn follow_up(
    failed: &Delivery,
    message: MessageKind,
    audience: &str,
    occasion: &str,
    channel: &Channel,
    now: DateTime<Utc>,
) -> Planned {
    notice::owed(failed.plan.sequence, message, occasion, audience, channel.clone(), now)
}

/// Exponential with jitter: from five seconds to an hour.
fn delay(attempts: i64) -> TimeDelta {
    growing(Duration::from_secs(5), attempts)
}

/// The same from another first wait.
pub(super) fn growing(first: Duration, attempts: i64) -> TimeDelta {
    let steps = ExponentialBuilder::default()
        .with_min_delay(first)
        .with_max_delay(LONGEST_WAIT)
        .with_jitter()
        .without_max_times()
        .build();
    let wait = steps.into_iter().nth(usize::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0));
    TimeDelta::from_std(wait.unwrap_or(LONGEST_WAIT)).unwrap_or(TimeDelta::hours(1))
}
