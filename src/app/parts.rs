//! The parts of one running maintbot, and moving its clock by hand.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret as _;
use tokio_util::sync::CancellationToken;

use super::inward::Inward;
use super::preview::Surfaces;
use super::templates;
use crate::alertmanager::api::Alertmanager;
use crate::clock::{Clock, Wake};
use crate::config::{self, Config};
use crate::delivery::{Outside, Sender};
use crate::discord::api::Discord;
use crate::discord::inbound::Inbound as OnDiscord;
use crate::github::api::GitHub;
use crate::github::inbound::Inbound as OnGitHub;
use crate::mail::api::Mailer;
use crate::pagerduty::api::PagerDuty;
use crate::service::Service;
use crate::slack::api::Slack;
use crate::slack::inbound::Inbound as OnSlack;
use crate::statuspage::api::Statuspage;
use crate::statuspage::json::JsonPage;
use crate::store::Db;
use crate::webhook::api::Webhook;

/// The parts of one running maintbot.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The one service.
    pub service: Service,
    /// The one sender.
    pub sender: Sender,
    /// What people do elsewhere.
    pub inward: Inward,
    clock: Clock,
}

impl Parts {
    /// Opens the database and builds service and sender over it.
    ///
    /// # Errors
    /// The database cannot be opened: the message says what the operator can do.
    pub async fn open(config: Config, clock: Clock) -> anyhow::Result<Self> {
        let db = Db::open(config.database.url.expose_secret()).await?;
        let templates = Arc::new(templates::load(&config).map_err(|faults| templates::refused(&faults))?);
        let outside = clients(&config, &clock)?;
        let organisation = Arc::new(config.organisation);
        let wake = Wake::default();
        let service = Service::new(db.clone(), organisation.clone(), clock.clone(), templates.clone(), wake.clone());
        let service = service.showing(Arc::new(Surfaces { smtp: config.smtp.clone() }));
        let owner = format!("{}-{}", std::process::id(), &random_text()?[..12]);
        // One client for both halves of a surface: they share tokens and limits.
        let on_discord = config
            .discord
            .zip(outside.discord.clone())
            .map(|(settings, client)| OnDiscord::new(service.clone(), client, settings, clock.clone(), owner.clone()));
        let inward = Inward {
            github: config.github.zip(outside.github.clone()).map(|(settings, client)| {
                OnGitHub::new(service.clone(), client, settings, clock.clone(), owner.clone())
            }),
            slack: config.slack.map(|settings| {
                OnSlack::new(service.clone(), outside.slack.clone(), settings, clock.clone(), owner.clone())
            }),
            discord: on_discord.transpose()?,
        };
        let sender = Sender::new(db.clone(), organisation, templates, outside, clock.clone(), wake, owner);
        Ok(Self { db, service, sender, inward, clock })
    }

    /// Handles everything due now: timed transitions first, then messages, until nothing is left.
    ///
    /// # Errors
    /// The database fails.
    pub async fn settle(&self, stop: &CancellationToken) -> anyhow::Result<()> {
        let now = self.clock.now();
        loop {
            let came = Box::pin(self.inward.tick(now, stop)).await?;
            let did = Box::pin(self.service.tick(now)).await?;
            let sent = Box::pin(self.sender.tick(now, stop)).await?;
            if came + did + sent == 0 || stop.is_cancelled() {
                return Ok(());
            }
        }
    }

    /// Moves a manual clock to `to` (UTC), stopping on the way wherever something is due.
    ///
    /// # Errors
    /// The database fails.
    pub async fn advance(&self, to: DateTime<Utc>, stop: &CancellationToken) -> anyhow::Result<()> {
        loop {
            self.settle(stop).await?;
            let next = [self.inward.next_at().await?, self.service.next_tick_at().await?, self.sender.next_at().await?];
            let next = next.into_iter().flatten().min();
            match next {
                Some(at) if at <= to && at > self.clock.now() && !stop.is_cancelled() => self.clock.set(at),
                _ => break,
            }
        }
        self.clock.set(to);
        self.settle(stop).await
    }
}

/// The clients of what is configured outside.
fn clients(config: &Config, clock: &Clock) -> anyhow::Result<Outside> {
    let clock = || clock.clone();
    let workspaces = config.slack.iter().flat_map(|slack| slack.workspaces.iter().map(move |w| (slack, w)));
    let on_slack = |(slack, workspace): (&config::Slack, _)| Slack::new(&slack.api_url, workspace, clock());
    Ok(Outside {
        github: config.github.as_ref().map(|github| GitHub::new(github, clock())).transpose()?,
        slack: workspaces.map(on_slack).collect::<anyhow::Result<_>>()?,
        discord: config.discord.as_ref().map(|discord| Discord::new(discord, clock())).transpose()?,
        alertmanager: config.alertmanager.as_ref().map(|keeper| Alertmanager::new(keeper, clock())).transpose()?,
        pagerduty: config.pagerduty.as_ref().map(|keeper| PagerDuty::new(keeper, clock())).transpose()?,
        webhooks: config.webhooks.iter().map(|one| Webhook::new(one, clock())).collect::<anyhow::Result<_>>()?,
        mail: config.smtp.clone().map(|settings| Mailer::new(settings, clock())).transpose()?,
        statuspage: config.statuspage.as_ref().map(|page| Statuspage::new(page, clock())).transpose()?,
        status_pages: config
            .status_pages
            .iter()
            .map(|page| JsonPage::new(page, clock()))
            .collect::<anyhow::Result<_>>()?,
    })
}

/// Random text that nobody can guess: 64 hexadecimal digits.
///
/// # Errors
/// The system gives no randomness.
pub(super) fn random_text() -> anyhow::Result<String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| anyhow::anyhow!("the system gives no randomness: {e}"))?;
    Ok(hex::encode(bytes))
}
