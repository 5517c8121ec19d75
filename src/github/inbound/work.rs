//! The worker: takes what the inbox holds, in order for each issue, and works on it. Whatever it does can be done twice:
//! a worker that died half-way leaves a row in doubt, and the next one does it again with the same keys.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::seen::{Happened, Seen};
use super::{Inbound, SOURCE};
use crate::clock::Clock;
use crate::github::api::Failure;
use crate::service::inbox;

/// Rows that are taken in one go and worked on at the same time.
const AT_ONCE: i64 = 8;
/// How long a row is ours.
const LEASE: TimeDelta = TimeDelta::minutes(2);
/// How long one row may take, so that its lease is not over before.
const PATIENCE: Duration = Duration::from_secs(100);
/// What came so long ago is given up.
const GIVE_UP_AFTER: TimeDelta = TimeDelta::hours(24);
/// How long a command is tried again that fails by a fault of ours; then the person is told.
pub(super) const FAULTS_FOR: TimeDelta = TimeDelta::hours(1);
/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_mins(30);
/// How often GitHub is compared with what is held.
const SWEEP_EVERY: TimeDelta = TimeDelta::minutes(10);

/// Why something could not be worked on to the end.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Not before an instant (UTC); nothing of the last step was done.
    Later(DateTime<Utc>, String),
    /// It may have been done.
    Unsure(String),
    /// What it is about is not there any more.
    Missing(String),
    /// GitHub says no, and will again.
    Refused(String),
    /// A fault of ours, or of the database.
    Fault(anyhow::Error),
}

/// What working on something comes to.
pub(super) type Worked<T = ()> = Result<T, Trouble>;

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Later { at, why } => Self::Later(at, why),
            Failure::Unsure { why } => Self::Unsure(why),
            Failure::Missing { why } => Self::Missing(why),
            Failure::Refused { status, why } => Self::Refused(format!("{status}: {why}")),
        }
    }
}

impl From<anyhow::Error> for Trouble {
    fn from(error: anyhow::Error) -> Self {
        Self::Fault(error)
    }
}

impl Inbound {
    /// Works until `stop`, and looks at GitHub in between; then gives back what it had taken and not begun.
    pub async fn run(&self, stop: CancellationToken) {
        tokio::join!(self.work(&stop), self.keep_looking(&stop));
        if let Err(error) = self.service.release_inbound(SOURCE, &self.owner).await {
            tracing::warn!(error = format!("{error:#}"), "what was taken could not be given back; its lease ends");
        }
    }

    async fn work(&self, stop: &CancellationToken) {
        let mut rings = self.service.wake().listen();
        while !stop.is_cancelled() {
            let next = match self.tick(self.clock.now(), stop).await {
                Ok(_) => self.next_at().await.unwrap_or_default(),
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "what came from GitHub could not be worked on");
                    None
                }
            };
            self.clock.rest(next, &mut rings, stop).await;
        }
    }

    async fn keep_looking(&self, stop: &CancellationToken) {
        let mut rings = self.service.wake().listen();
        let poll_every = self.settings.poll.and_then(|every| TimeDelta::from_std(every).ok());
        let now = self.clock.now();
        let (mut poll_at, mut sweep_at) = (poll_every.map(|_| now), now);
        while !stop.is_cancelled() {
            let now = self.clock.now();
            if let (Some(at), Some(every)) = (poll_at, poll_every)
                && at <= now
            {
                poll_at = Some(now + every);
                said(self.poll(stop).await, "polling");
            }
            if sweep_at <= now {
                sweep_at = now + SWEEP_EVERY;
                said(self.sweep(stop).await, "comparing with GitHub");
            }
            let next = poll_at.map_or(sweep_at, |poll| poll.min(sweep_at));
            self.clock.rest(Some(next), &mut rings, stop).await;
        }
    }

    /// Looks at GitHub once, whatever the intervals: polls where that is configured, and compares every open change list
    /// with what is held. What is found is in the inbox afterwards; where a limit is reached the rest is left for later.
    ///
    /// # Errors
    /// GitHub does not answer or refuses, or the database fails; what was found before is in the inbox.
    pub async fn look(&self, stop: &CancellationToken) -> anyhow::Result<()> {
        let polled = if self.settings.poll.is_some() { self.poll(stop).await } else { Ok(()) };
        // One repository that cannot be read does not keep the others from being compared.
        let swept = self.sweep(stop).await;
        for looked in [polled, swept] {
            match looked {
                Ok(()) => {}
                Err(Trouble::Later(at, why)) => tracing::debug!(%at, why, "looking at GitHub has to wait"),
                Err(trouble) => return Err(reason(trouble)),
            }
        }
        Ok(())
    }

    /// When something in the inbox may next be worked on (UTC), maybe in the past.
    ///
    /// # Errors
    /// The database fails.
    pub async fn next_at(&self) -> anyhow::Result<Option<DateTime<Utc>>> {
        self.service.next_inbound_at(SOURCE).await
    }

    /// Works on everything that may be worked on at `now` (UTC), and says how many things that were.
    ///
    /// # Errors
    /// The database fails; what was done before stays done.
    pub async fn tick(&self, now: DateTime<Utc>, stop: &CancellationToken) -> anyhow::Result<usize> {
        let mut worked = 0;
        loop {
            if self.next_at().await?.is_none_or(|at| at > now) {
                return Ok(worked);
            }
            if stop.is_cancelled() {
                return Ok(worked);
            }
            let taken = self.service.claim_inbound(SOURCE, &self.owner, now, now + LEASE, AT_ONCE).await?;
            if taken.is_empty() {
                return Ok(worked);
            }
            // No two of them are on the same line, so they do not have to wait for each other.
            for done in join_all(taken.iter().map(|row| self.take(row, now))).await {
                done?;
                worked += 1;
            }
            self.service.wake().ring();
        }
    }

    async fn take(&self, row: &inbox::Inbound, now: DateTime<Utc>) -> anyhow::Result<()> {
        let worked = match serde_json::from_str::<Seen>(&row.body) {
            Ok(seen) => tokio::time::timeout(PATIENCE, Box::pin(self.handle(row, seen))).await,
            Err(error) => Ok(Err(Trouble::Refused(format!("it cannot be read: {error}")))),
        };
        let worked = worked.unwrap_or_else(|_| Err(Trouble::Unsure("it took too long".into())));
        match worked {
            Ok(()) => self.service.inbound_done(SOURCE, &row.id, &self.owner).await.map(drop),
            Err(trouble) => self.not_done(row, trouble, now).await,
        }
    }

    /// What happened, to where it belongs.
    async fn handle(&self, row: &inbox::Inbound, seen: Seen) -> Worked {
        match seen {
            Seen::Comment(mut comment) => {
                let Some(repository) = self.watched(&comment.repository).await? else { return Ok(()) };
                comment.repository = repository;
                self.comment(row, &comment).await
            }
            Seen::Issue(mut issue) => {
                let watched = self.watched(&issue.repository).await?;
                let is_watched = watched.is_some();
                issue.repository = watched.unwrap_or(issue.repository);
                match self.service.github_issue(&issue.repository, issue.number).await? {
                    // Where nobody is known to hold a role, what people did is undone.
                    Some(list) if is_watched || issue.happened == Happened::Found => self.list(row, &issue, list).await,
                    None if is_watched => self.request(row, &issue).await,
                    _ => Ok(()),
                }
            }
            Seen::SubIssueRemoved { repository, number, id, by } => {
                self.sub_issue_removed(&repository, number, id, &by).await
            }
            Seen::Renamed { from, to } => self.renamed(&from, &to).await,
            Seen::Shut { repository, gone } => self.shut(row, &repository, gone).await,
            Seen::Revoked { owner, repositories, how } => self.revoked(row, &owner, &repositories, &how).await,
            Seen::Granted => {
                self.github.forget_installations();
                Ok(())
            }
        }
    }

    /// Tries again later, or gives up.
    async fn not_done(&self, row: &inbox::Inbound, trouble: Trouble, now: DateTime<Utc>) -> anyhow::Result<()> {
        let too_old = now - row.received_at >= GIVE_UP_AFTER;
        let wait = delay(row.attempts);
        let (at, why, in_doubt) = match trouble {
            Trouble::Later(at, why) => (at.max(now + TimeDelta::seconds(1)), why, row.in_doubt),
            Trouble::Unsure(why) => (now + wait, why, true),
            Trouble::Fault(error) => {
                let error = format!("{error:#}");
                tracing::error!(delivery = row.id, line = row.line, error, "something from GitHub could not be done");
                (now + wait, error, true)
            }
            Trouble::Missing(why) | Trouble::Refused(why) => return self.give_up(row, &why).await,
        };
        if too_old {
            return self.give_up(row, &why).await;
        }
        tracing::debug!(delivery = row.id, line = row.line, why, %at, "something from GitHub has to wait");
        self.service.inbound_retry(SOURCE, &row.id, &self.owner, at, &why, in_doubt).await.map(drop)
    }

    async fn give_up(&self, row: &inbox::Inbound, why: &str) -> anyhow::Result<()> {
        tracing::warn!(delivery = row.id, line = row.line, why, "something from GitHub was given up");
        self.service.inbound_dead(SOURCE, &row.id, &self.owner, why).await.map(drop)
    }
}

/// Says what came of a look at GitHub: waiting for a limit is no fault.
fn said(looked: Worked, what: &str) {
    match looked {
        Ok(()) => {}
        Err(Trouble::Later(at, why)) => tracing::debug!(%at, why, "{what} has to wait"),
        Err(trouble) => tracing::warn!(why = format!("{:#}", reason(trouble)), "{what} was cut short"),
    }
}

fn reason(trouble: Trouble) -> anyhow::Error {
    match trouble {
        Trouble::Later(at, why) => anyhow::anyhow!("not before {at}: {why}"),
        Trouble::Unsure(why) | Trouble::Missing(why) | Trouble::Refused(why) => anyhow::anyhow!(why),
        Trouble::Fault(error) => error,
    }
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

/// How long a row has waited, for giving up on faults.
pub(super) fn is_old(row: &inbox::Inbound, clock: &Clock) -> bool {
    clock.now() - row.received_at >= FAULTS_FOR
}
