//! What people do elsewhere, and how it comes in: one inward half for each service that is configured.

use axum::Router;
use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::discord::inbound::Inbound as Discord;
use crate::github::inbound::Inbound as GitHub;
use crate::slack::inbound::Inbound as Slack;

/// The inward halves of one process.
#[derive(Clone, Debug, Default)]
pub struct Inward {
    /// GitHub, where it is configured.
    pub github: Option<GitHub>,
    /// Slack, where it is configured.
    pub slack: Option<Slack>,
    /// Discord, where it is configured.
    pub discord: Option<Discord>,
}

impl Inward {
    /// Works on everything that has come in by `now` (UTC); how much that was.
    ///
    /// # Errors
    /// The database fails.
    pub(super) async fn tick(&self, now: DateTime<Utc>, stop: &CancellationToken) -> anyhow::Result<usize> {
        let mut came = 0;
        if let Some(github) = &self.github {
            came += github.tick(now, stop).await?;
        }
        if let Some(slack) = &self.slack {
            slack.idle().await;
            came += slack.tick(now, stop).await?;
        }
        if let Some(discord) = &self.discord {
            discord.idle().await;
            came += discord.tick(now, stop).await?;
        }
        Ok(came)
    }

    /// When something may next be worked on (UTC).
    ///
    /// # Errors
    /// The database fails.
    pub(super) async fn next_at(&self) -> anyhow::Result<Option<DateTime<Utc>>> {
        let mut next = None;
        if let Some(github) = &self.github {
            next = [next, github.next_at().await?].into_iter().flatten().min();
        }
        if let Some(slack) = &self.slack {
            next = [next, slack.next_at().await?].into_iter().flatten().min();
        }
        if let Some(discord) = &self.discord {
            next = [next, discord.next_at().await?].into_iter().flatten().min();
        }
        Ok(next)
    }

    /// The routes that others post to; each bounds and verifies by itself.
    pub(super) fn routes(&self) -> Router {
        let github = self.github.as_ref().map(GitHub::routes).unwrap_or_default();
        let slack = self.slack.as_ref().map(Slack::routes).unwrap_or_default();
        github.merge(slack).merge(self.discord.as_ref().map(Discord::routes).unwrap_or_default())
    }

    /// Returns when nothing is being done any more for people who were answered before it was done.
    pub(super) async fn idle(&self) {
        if let Some(slack) = &self.slack {
            slack.idle().await;
        }
        if let Some(discord) = &self.discord {
            discord.idle().await;
        }
    }

    /// Works until `stop`.
    pub(super) fn run(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        if let Some(github) = self.github.clone() {
            let stop = stop.clone();
            tasks.spawn(async move { github.run(stop).await });
        }
        if let Some(slack) = self.slack.clone() {
            let stop = stop.clone();
            tasks.spawn(async move { slack.run(stop).await });
        }
        if let Some(discord) = self.discord.clone() {
            let stop = stop.clone();
            tasks.spawn(async move { discord.run(stop).await });
        }
    }
}
