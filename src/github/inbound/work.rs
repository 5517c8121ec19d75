//! What the worker does with what GitHub stored, and looking at GitHub in between.

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use super::seen::{Happened, Seen};
use super::{Inbound, SOURCE};
use crate::github::api::Failure;
pub(super) use crate::inward::work::{Trouble, Worked, is_old};
use crate::inward::work::{Works, give_back, tick, until_stopped};
use crate::service::{Service, inbox};

/// How often GitHub is compared with what is held.
const SWEEP_EVERY: TimeDelta = TimeDelta::minutes(10);

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

impl Works for Inbound {
    const SOURCE: &'static str = SOURCE;

    fn service(&self) -> &Service {
        &self.service
    }

    fn owner(&self) -> &str {
        &self.owner
    }

    async fn handle(&self, row: &inbox::Inbound) -> Worked {
        match serde_json::from_str::<Seen>(&row.body) {
            Ok(seen) => self.seen(row, seen).await,
            Err(error) => Err(Trouble::Refused(format!("it cannot be read: {error}"))),
        }
    }
}

impl Inbound {
    /// Works until `stop`, and looks at GitHub in between; then gives back what it had taken and not begun.
    pub async fn run(&self, stop: CancellationToken) {
        tokio::join!(until_stopped(self, &self.clock, &stop), self.keep_looking(&stop));
        give_back(self).await;
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
        tick(self, now, stop).await
    }

    /// What happened, to where it belongs.
    async fn seen(&self, row: &inbox::Inbound, seen: Seen) -> Worked {
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
