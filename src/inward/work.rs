//! The worker: takes what the inbox holds of one surface, in order for each line, and works on it. Whatever it does can be
//! done twice: a worker that died half-way leaves a row in doubt, and the next one does it again with the same keys.

use std::future::Future;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::outward::Failure;
use crate::service::Service;
use crate::service::inbox::Inbound as Row;

/// Rows that are taken in one go and worked on at the same time.
const AT_ONCE: i64 = 8;
/// How long a row is ours.
const LEASE: TimeDelta = TimeDelta::minutes(2);
/// How long one row may take, so that its lease is not over before.
const PATIENCE: Duration = Duration::from_secs(100);
/// What came so long ago is given up.
const GIVE_UP_AFTER: TimeDelta = TimeDelta::hours(24);
/// How long a command is tried again that fails by a fault of ours; then the person is told.
const FAULTS_FOR: TimeDelta = TimeDelta::hours(1);
/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_mins(30);

/// Why something could not be worked on to the end.
#[derive(Debug)]
pub enum Trouble {
    /// Not before an instant (UTC); nothing of the last step was done.
    Later(DateTime<Utc>, String),
    /// It may have been done.
    Unsure(String),
    /// What it is about is not there any more.
    Missing(String),
    /// The other side says no, and will again.
    Refused(String),
    /// A fault of ours, or of the database.
    Fault(anyhow::Error),
}

/// What working on something comes to.
pub type Worked<T = ()> = Result<T, Trouble>;

impl From<anyhow::Error> for Trouble {
    fn from(error: anyhow::Error) -> Self {
        Self::Fault(error)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Later { at, why } => Self::Later(at, why),
            Failure::Unsure { why } => Self::Unsure(why),
            Failure::Missing { why, .. } => Self::Missing(why),
            Failure::Refused { why } => Self::Refused(why),
        }
    }
}

/// Who works on what one surface stored.
pub trait Works: Sync {
    /// What the inbox calls the surface.
    const SOURCE: &'static str;

    /// Where the inbox is.
    fn service(&self) -> &Service;

    /// Under which name rows are taken: no two running processes share it.
    fn owner(&self) -> &str;

    /// Whether a row is being worked on by a task of this process: its lease then does not count.
    fn is_held(&self, _id: &str) -> bool {
        false
    }

    /// Works on one row to its end.
    fn handle(&self, row: &Row) -> impl Future<Output = Worked> + Send;
}

/// Works on everything that may be worked on at `now` (UTC), and says how many things that were.
///
/// # Errors
/// The database fails; what was done before stays done.
pub async fn tick<W: Works>(worker: &W, now: DateTime<Utc>, stop: &CancellationToken) -> anyhow::Result<usize> {
    let service = worker.service();
    let mut done = 0;
    loop {
        if service.next_inbound_at(W::SOURCE).await?.is_none_or(|at| at > now) || stop.is_cancelled() {
            return Ok(done);
        }
        let taken = service.claim_inbound(W::SOURCE, worker.owner(), now, now + LEASE, AT_ONCE).await?;
        if taken.is_empty() {
            return Ok(done);
        }
        // No two of them are on the same line, so they do not have to wait for each other.
        for recorded in join_all(taken.iter().map(|row| take(worker, row, now))).await {
            recorded?;
            done += 1;
        }
        service.wake().ring();
    }
}

/// Works whenever something may be worked on, until `stop`; what was taken and not begun is then still to be given back
/// with [`give_back`].
pub async fn until_stopped<W: Works>(worker: &W, clock: &Clock, stop: &CancellationToken) {
    let mut rings = worker.service().wake().listen();
    while !stop.is_cancelled() {
        let next = match tick(worker, clock.now(), stop).await {
            Ok(_) => worker.service().next_inbound_at(W::SOURCE).await.unwrap_or_default(),
            Err(error) => {
                let (source, error) = (W::SOURCE, format!("{error:#}"));
                tracing::error!(source, error, "what came in could not be worked on");
                None
            }
        };
        clock.rest(next, &mut rings, stop).await;
    }
}

/// Gives back what was taken and not begun, for a stop in order.
pub async fn give_back<W: Works>(worker: &W) {
    if let Err(error) = worker.service().release_inbound(W::SOURCE, worker.owner()).await {
        tracing::warn!(error = format!("{error:#}"), "what was taken could not be given back; its lease ends");
    }
}

/// Whether a row has waited so long that a fault is told to the person.
#[must_use]
pub fn is_old(row: &Row, clock: &Clock) -> bool {
    clock.now() - row.received_at >= FAULTS_FOR
}

async fn take<W: Works>(worker: &W, row: &Row, now: DateTime<Utc>) -> anyhow::Result<()> {
    if worker.is_held(&row.id) {
        let later = Trouble::Later(now + LEASE, "it is being done".into());
        return not_done(worker, row, later, now).await;
    }
    let came = tokio::time::timeout(PATIENCE, Box::pin(worker.handle(row))).await;
    match came.unwrap_or_else(|_| Err(Trouble::Unsure("it took too long".into()))) {
        Ok(()) => worker.service().inbound_done(W::SOURCE, &row.id, worker.owner()).await.map(drop),
        Err(trouble) => not_done(worker, row, trouble, now).await,
    }
}

/// Tries again later, or gives up.
pub(super) async fn not_done<W: Works>(
    worker: &W,
    row: &Row,
    trouble: Trouble,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let too_old = now - row.received_at >= GIVE_UP_AFTER;
    let wait = delay(row.attempts);
    let (at, why, in_doubt) = match trouble {
        Trouble::Later(at, why) => (at.max(now + TimeDelta::seconds(1)), why, row.in_doubt),
        Trouble::Unsure(why) => (now + wait, why, true),
        Trouble::Fault(error) => {
            let (source, error) = (W::SOURCE, format!("{error:#}"));
            tracing::error!(source, id = row.id, line = row.line, error, "something that came in could not be done");
            (now + wait, error, true)
        }
        Trouble::Missing(why) | Trouble::Refused(why) => return give_up(worker, row, &why).await,
    };
    if too_old {
        return give_up(worker, row, &why).await;
    }
    tracing::debug!(source = W::SOURCE, id = row.id, line = row.line, why, %at, "something that came in has to wait");
    worker.service().inbound_retry(W::SOURCE, &row.id, worker.owner(), at, &why, in_doubt).await.map(drop)
}

async fn give_up<W: Works>(worker: &W, row: &Row, why: &str) -> anyhow::Result<()> {
    tracing::warn!(source = W::SOURCE, id = row.id, line = row.line, why, "something that came in was given up");
    worker.service().inbound_dead(W::SOURCE, &row.id, worker.owner(), why).await.map(drop)
}

/// Exponential with jitter: from two seconds to half an hour.
fn delay(attempts: i64) -> TimeDelta {
    let steps = ExponentialBuilder::default()
        .with_min_delay(Duration::from_secs(2))
        .with_max_delay(LONGEST_WAIT)
        .with_jitter()
        .without_max_times()
        .build();
    let wait = steps.into_iter().nth(usize::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0));
    TimeDelta::from_std(wait.unwrap_or(LONGEST_WAIT)).unwrap_or(TimeDelta::minutes(30))
}
