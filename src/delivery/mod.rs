//! The only sender, with a lane for each service outside. Claims rows by lease, decides what each is still worth, renders it, hands it to its channel and
//! records what became of it. Never holds a transaction while something outside is spoken to.

mod about;
mod chat;
mod decide;
mod failure;
mod github;
mod mail;
mod silence;
mod status_page;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

pub use about::About;
use chat::Edited;
use decide::said_with;
pub use decide::{Decision, decide};
use failure::{since, unanswered};
pub use status_page::{Difference, differences};

use crate::alertmanager::api::Alertmanager;
use crate::builtin::api as builtin;
use crate::clock::{Clock, Wake};
use crate::discord::api::Discord;
use crate::domain::channel::Lane;
use crate::domain::event::Event;
use crate::domain::ledger::{Delivery, MessageKind, Planned, Reason};
use crate::domain::notice;
use crate::domain::organisation::{Channel, Organisation};
use crate::github::api::GitHub;
use crate::mail::api::Mailer;
use crate::message::Message;
use crate::message::audience::{Telling, Templates};
use crate::pagerduty::api::PagerDuty;
use crate::slack::api::Slack;
use crate::statuspage::api::Statuspage;
use crate::statuspage::json::JsonPage;
use crate::store::{Claimed, Db, Settled, StoreError, Tx};
use crate::webhook::api::Webhook;

/// Rows claimed in one go.
const BATCH: i64 = 100;
/// Rows that are sent at the same time.
const AT_ONCE: usize = 16;
/// How long a claimed row is ours; a row whose lease ran out is in doubt and claimed again.
const LEASE: TimeDelta = TimeDelta::minutes(1);
/// After so long the rest of what was claimed is given back, so that each row has most of its lease when it is begun.
const SLOW: TimeDelta = TimeDelta::seconds(10);
/// How long all calls for one row may take: well within its lease.
const PATIENCE: Duration = Duration::from_secs(45);

/// The sender of one process.
#[derive(Clone, Debug)]
pub struct Sender {
    db: Db,
    organisation: Arc<Organisation>,
    templates: Arc<Templates>,
    outside: Outside,
    clock: Clock,
    wake: Wake,
    owner: String,
    lane: Lane,
    edited: Edited,
}

/// The clients of what is configured outside.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// GitHub.
    pub github: Option<GitHub>,
    /// Slack, one for each workspace.
    pub slack: Vec<Slack>,
    /// Discord.
    pub discord: Option<Discord>,
    /// Alertmanager.
    pub alertmanager: Option<Alertmanager>,
    /// PagerDuty.
    pub pagerduty: Option<PagerDuty>,
    /// Webhooks of others.
    pub webhooks: Vec<Webhook>,
    /// The server that takes mail.
    pub mail: Option<Mailer>,
    /// The page on Atlassian Statuspage.
    pub statuspage: Option<Statuspage>,
    /// Other status pages.
    pub status_pages: Vec<JsonPage>,
}

/// What a channel answered.
enum Answered {
    /// Sent, with its id there and the rows that need not go out any more because of it.
    Sent { id: Option<String>, said_with: Vec<i64> },
    /// Not now; try again, at that time (UTC) where it is known. `in_doubt`: it may have arrived all the same.
    Retry { error: String, at: Option<DateTime<Utc>>, in_doubt: bool },
    /// Trying again will not help.
    GiveUp(String),
    /// Nothing more is sent there before somebody types that in a terminal.
    Disabled { error: String, remedy: String },
    /// There is no need for it any more, and why.
    Pointless(Reason),
}

impl Sender {
    /// A sender under a name of its own: no two running processes may share it.
    #[must_use]
    pub fn new(
        db: Db,
        organisation: Arc<Organisation>,
        templates: Arc<Templates>,
        outside: Outside,
        clock: Clock,
        wake: Wake,
        owner: String,
    ) -> Self {
        Self { db, organisation, templates, outside, clock, wake, owner, lane: Lane::Inside, edited: Edited::default() }
    }

    /// The sender of one lane, which claims in a name of its own.
    fn in_lane(&self, lane: Lane) -> Self {
        Self { lane, owner: format!("{}/{lane}", self.owner), ..self.clone() }
    }

    fn lanes(&self) -> impl Iterator<Item = Self> {
        Lane::ALL.iter().map(|lane| self.in_lane(*lane))
    }

    /// Sends what is due until `stop`, then gives back what it had claimed and not begun.
    pub async fn run(&self, stop: CancellationToken) {
        let alone = self.db.sole_sender();
        if alone.is_some() {
            self.take_over().await;
        }
        let lanes: Vec<Self> = self.lanes().collect();
        tokio::join!(join_all(lanes.iter().map(|lane| lane.serve(&stop))), self.compare_silences(&stop));
    }

    async fn serve(&self, stop: &CancellationToken) {
        let mut rings = self.wake.listen();
        while !stop.is_cancelled() {
            let now = self.clock.now();
            let next = match self.tick_lane(now, stop).await {
                Ok(_) => self.next_in_lane().await.unwrap_or_default(),
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "sending failed; trying again");
                    None
                }
            };
            self.clock.rest(next, &mut rings, stop).await;
        }
        let released = self.db.write(async |tx| tx.release(&self.owner).await).await;
        if let Err(error) = released {
            tracing::warn!(error = %error, "claimed messages could not be given back; they are sent when their lease ends");
        }
    }

    /// What a killed predecessor was sending or working on is looked at now, not when its lease ends.
    async fn take_over(&self) {
        let now = self.clock.now();
        let ended = self.db.write(async |tx| {
            tx.end_inbound_leases(now).await?;
            tx.end_leases(now).await
        });
        match ended.await {
            Ok(0) => {}
            Ok(rows) => {
                tracing::info!(rows, "messages that were being sent when the last process ended are looked at again");
            }
            Err(error) => tracing::warn!(error = %error, "old leases could not be ended; they end by themselves"),
        }
    }

    /// Handles everything due at `now` (UTC) and says how many rows that were.
    ///
    /// # Errors
    /// The database fails; rows already sent are recorded.
    pub async fn tick(&self, now: DateTime<Utc>, stop: &CancellationToken) -> anyhow::Result<usize> {
        let lanes: Vec<Self> = self.lanes().collect();
        let handled = join_all(lanes.iter().map(|lane| lane.tick_lane(now, stop))).await;
        handled.into_iter().sum()
    }

    /// When the next row is due or its lease ends (UTC).
    ///
    /// # Errors
    /// The database fails.
    pub async fn next_at(&self) -> anyhow::Result<Option<DateTime<Utc>>> {
        let mut next = None;
        for lane in self.lanes() {
            next = [next, lane.next_in_lane().await?].into_iter().flatten().min();
        }
        Ok(next)
    }

    async fn tick_lane(&self, now: DateTime<Utc>, stop: &CancellationToken) -> anyhow::Result<usize> {
        let mut handled = 0;
        loop {
            if self.next_in_lane().await?.is_none_or(|at| at > now) {
                return Ok(handled);
            }
            let claimed_at = self.clock.now();
            let claim =
                self.db.write(async |tx| tx.claim(self.lane, &self.owner, now, claimed_at + LEASE, BATCH).await);
            let claimed = claim.await.context("claiming what is due")?;
            if claimed.is_empty() {
                return Ok(handled);
            }
            // No two of them are for the same window and channel, so they do not have to wait for each other.
            let mut begun = 0;
            // SQLite's one writer posts in order by itself, and shares its flushes among many.
            let posts_in_order = self.db.sole_sender().is_some();
            for together in in_lines(&claimed, posts_in_order).chunks(AT_ONCE) {
                if stop.is_cancelled() {
                    return Ok(handled);
                }
                for done in join_all(together.iter().map(|line| self.handle_line(line, now, claimed_at))).await {
                    begun += done?;
                }
            }
            handled += begun;
            if begun < claimed.len() {
                self.db.write(async |tx| tx.release(&self.owner).await).await.context("giving back what is left")?;
                return Ok(handled);
            }
            self.wake.ring();
        }
    }

    async fn next_in_lane(&self) -> anyhow::Result<Option<DateTime<Utc>>> {
        Ok(self.db.read(async |tx| tx.next_claim_at(self.lane).await).await?)
    }

    /// Handles rows one after the other and says how many; what was claimed too long ago is left. Where one has to wait,
    /// those behind it wait as long without being tried.
    async fn handle_line(
        &self,
        line: &[&Claimed],
        now: DateTime<Utc>,
        claimed_at: DateTime<Utc>,
    ) -> anyhow::Result<usize> {
        for (n, row) in line.iter().enumerate() {
            if self.clock.now() - claimed_at >= SLOW {
                return Ok(n);
            }
            let Some(at) = self.handle(row, now).await? else { continue };
            let behind: Vec<i64> = line[n + 1..].iter().map(|row| row.delivery.id).collect();
            if !behind.is_empty() {
                self.db.write(async |tx| tx.postpone(&behind, &self.owner, at).await).await?;
            }
            break;
        }
        Ok(line.len())
    }

    /// Handles a row; `Some`: its channel takes nothing before then (UTC).
    async fn handle(&self, claimed: &Claimed, now: DateTime<Utc>) -> anyhow::Result<Option<DateTime<Utc>>> {
        let row = &claimed.delivery;
        let tried = match &row.plan.channel {
            Channel::Github(repository, issue) => {
                self.on_github(claimed, (repository, *issue), now).await.map(|()| None)
            }
            Channel::Slack(_) | Channel::Discord(_) => self.in_chat(claimed, now).await,
            Channel::Builtin(_) | Channel::Tracker => self.embedded(row, now).await.map(|()| None),
            Channel::Log(name) => self.log(row, name, now).await.map(|()| None),
            Channel::Email(address) => self.by_mail(claimed, address, now).await.map(|()| None),
            Channel::Webhook(name) => self.to_webhook(claimed, name, now).await,
            Channel::Statuspage(name) => self.on_status_page(claimed, name, now).await,
            Channel::Alertmanager => self.in_alertmanager(claimed, now).await.map(|()| None),
            Channel::Pagerduty => self.in_pagerduty(claimed, now).await.map(|()| None),
        };
        match tried {
            Ok(held) => Ok(held),
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(delivery = row.id, channel = %row.plan.channel, error, "a message could not be sent");
                self.failed(row, &error, None, claimed.in_doubt, now).await.map(|()| None)
            }
        }
    }

    /// The built-in channels and tracker live in the same database: deciding, posting and recording are one commit, so
    /// nothing can be posted twice or forgotten, whenever the process dies.
    async fn embedded(&self, row: &Delivery, now: DateTime<Utc>) -> anyhow::Result<()> {
        self.db
            .write(async |tx| {
                about::lock(tx, row.subject).await?;
                let Some(about) = about::of_row(tx, row).await? else {
                    tx.dead(row.id, &self.owner, "what it is about is gone").await?;
                    return Ok(());
                };
                if !self.still_worth(tx, row, &about, now).await? {
                    return Ok(());
                }
                let remote_id = match (&row.plan.message, &row.plan.channel) {
                    (MessageKind::IssueOpen | MessageKind::IssueUpdate | MessageKind::IssueClose, _) => {
                        builtin::keep_issue(tx, &self.organisation, &about.topic, row.plan.message, now).await?
                    }
                    (MessageKind::PostEdit, Channel::Builtin(_)) => {
                        self.edit_posts(tx, row, &about, now).await?;
                        None
                    }
                    (_, Channel::Builtin(name)) => {
                        let message = self.tell(row, &about, now)?;
                        Some(builtin::post(tx, name, row, &message, now).await?.to_string())
                    }
                    (_, channel) => anyhow::bail!("{} cannot be sent to {channel}", row.plan.message),
                };
                // Its lease ran out and another sender took it over: what is posted here is rolled back.
                let ours = self.sent(tx, row, now, remote_id.as_deref(), &said_with(row, &about)).await?;
                anyhow::ensure!(ours, "another sender has taken it over");
                Ok(())
            })
            .await
    }

    async fn log(&self, row: &Delivery, name: &str, now: DateTime<Utc>) -> anyhow::Result<()> {
        let Some(about) = self.worth_sending(row, now).await? else { return Ok(()) };
        let text = self.tell(row, &about, now)?.plain();
        tracing::info!(target: "maintbot::said", channel = name, kind = %row.plan.message, key = row.key(), "{text}");
        self.record(row, Answered::Sent { id: None, said_with: said_with(row, &about) }, now).await
    }

    /// Records that a row was sent, and what need not be said any more because of it.
    async fn sent(
        &self,
        tx: &mut Tx,
        row: &Delivery,
        now: DateTime<Utc>,
        id: Option<&str>,
        said_with: &[i64],
    ) -> Result<bool, StoreError> {
        let ours = tx.sent(row.id, &self.owner, now, id).await?;
        if !ours {
            return Ok(false);
        }
        for known in said_with {
            tx.settle(*known, Settled::Skipped, Reason::AlreadyTold, None).await?;
        }
        // What came at its time, or asks anew, and not from an event that brings the others in step, takes their buttons
        // away.
        let comes_alone = row.plan.is_planned() || row.plan.message.is_request();
        if row.plan.channel.has_buttons() && comes_alone && row.plan.message.has_buttons() {
            let p = &row.plan;
            let edit = notice::owed(p.sequence, MessageKind::PostEdit, &p.occasion, "", p.channel.clone(), now);
            let queue = about::queue_of(tx, row.subject).await?;
            tx.insert_deliveries(row.subject, queue, &[edit], now).await?;
        }
        Ok(true)
    }

    async fn about(&self, row: &Delivery) -> anyhow::Result<About> {
        let about = self.db.read(async |tx| about::of_row(tx, row).await).await?;
        about.context("what it is about is gone")
    }

    /// What is known of a row's subject, if the row is still worth sending; what is not is settled with its reason.
    async fn worth_sending(&self, row: &Delivery, now: DateTime<Utc>) -> anyhow::Result<Option<About>> {
        let decided = self.db.write(async |tx| {
            about::lock(tx, row.subject).await?;
            let about = about::of_row(tx, row).await?.context("what it is about is gone")?;
            Ok::<_, anyhow::Error>(self.still_worth(tx, row, &about, now).await?.then_some(about))
        });
        decided.await
    }

    /// Asks [`decide`]; what is not worth sending is settled with its reason.
    async fn still_worth(
        &self,
        tx: &mut Tx,
        row: &Delivery,
        about: &About,
        now: DateTime<Utc>,
    ) -> anyhow::Result<bool> {
        let settled = match decide(row, about, &self.organisation, now) {
            Decision::Send => return Ok(true),
            Decision::Skip(reason) => (Settled::Skipped, reason),
            Decision::Supersede(reason) => (Settled::Superseded, reason),
        };
        tx.settle(row.id, settled.0, settled.1, Some(&self.owner)).await?;
        Ok(false)
    }

    fn tell(&self, row: &Delivery, about: &About, now: DateTime<Utc>) -> anyhow::Result<Message> {
        let events = about.events_of(row);
        self.templates.tell(&self.telling(&row.plan, about, &events, now))
    }

    fn telling<'a>(
        &'a self,
        plan: &'a Planned,
        about: &'a About,
        events: &'a [Event],
        now: DateTime<Utc>,
    ) -> Telling<'a> {
        Telling { plan, topic: &about.topic, events, organisation: &self.organisation, now, retold: false }
    }

    /// Brings every earlier post of the window or plan on this channel in step with what is true now. While nothing of a
    /// window is public its posts stay as they are.
    async fn edit_posts(&self, tx: &mut Tx, row: &Delivery, about: &About, now: DateTime<Utc>) -> anyhow::Result<()> {
        let rows = about.own_rows(row);
        let edited = rows.iter().filter(|r| r.plan.channel == row.plan.channel && r.plan.message.is_kept_in_step());
        for sent in edited {
            let Some(post) = sent.remote_id.as_deref().and_then(|id| id.parse::<i64>().ok()) else { continue };
            let events = about.events_of(sent);
            // The event that made this post is not news to it.
            if sent.plan.occasion == row.plan.occasion {
                continue;
            }
            let message = self.templates.retell(&self.telling(&sent.plan, about, &events, now))?;
            builtin::edit(tx, post, &message, now).await?;
        }
        Ok(())
    }

    async fn record(&self, row: &Delivery, answered: Answered, now: DateTime<Utc>) -> anyhow::Result<()> {
        match answered {
            Answered::Sent { id, said_with } => {
                self.db.write(async |tx| self.sent(tx, row, now, id.as_deref(), &said_with).await).await?;
            }
            Answered::Retry { error, at, in_doubt } => return self.failed(row, &error, at, in_doubt, now).await,
            Answered::GiveUp(error) => return self.give_up(row, &error, now).await,
            Answered::Disabled { error, remedy } => return self.give_up_until(row, &error, &remedy, now).await,
            Answered::Pointless(why) => {
                let owner = Some(self.owner.as_str());
                let settle = async |tx: &mut Tx| tx.settle(row.id, Settled::Superseded, why, owner).await;
                self.db.write(settle).await?;
            }
        }
        Ok(())
    }
}

/// What goes to one channel that takes only so many messages in a time goes in the order in which it is due, and so does
/// what is read in a channel of our own, unless `posts_in_order` says that it does anyway. Everything else does not wait for
/// one another.
fn in_lines(rows: &[Claimed], posts_in_order: bool) -> Vec<Vec<&Claimed>> {
    let mut lines: Vec<Vec<&Claimed>> = Vec::new();
    for row in rows {
        let channel = &row.delivery.plan.channel;
        let is_ours = matches!(channel, Channel::Builtin(_) | Channel::Log(_));
        let waits = channel.is_paced() || (is_ours && !posts_in_order);
        match lines.iter_mut().find(|line| waits && line[0].delivery.plan.channel == *channel) {
            Some(line) => line.push(row),
            None => lines.push(vec![row]),
        }
    }
    lines
}
