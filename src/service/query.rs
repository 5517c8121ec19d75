//! What pages, feeds and the API read. Functions of the service, so that no surface has queries of its own.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Failure, Service};
use crate::domain::access::Role;
use crate::domain::change::ChangeList;
use crate::domain::event::Event;
use crate::domain::ledger::Delivery;
use crate::domain::window::{State, Window, WindowId};
pub use crate::store::{ConsoleChannel, Issue, Post, Token, WindowFilter};

/// Windows that were over up to so long ago are on the first page.
const PAST: TimeDelta = TimeDelta::days(30);

/// Windows read in one go on the way to the last ones.
const PAGE: i64 = 200;

/// One window with all that belongs to it.
#[derive(Clone, Debug)]
pub struct Full {
    /// The window.
    pub window: Window,
    /// Its change list.
    pub items: ChangeList,
    /// Its audit trail, oldest first.
    pub events: Vec<Event>,
}

/// What the public page shows.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// In progress, verifying, or past their start.
    pub now: Vec<Full>,
    /// Scheduled.
    pub upcoming: Vec<Full>,
    /// Completed or cancelled of late, newest first.
    pub past: Vec<Full>,
}

type Read<T> = anyhow::Result<T>;

impl Service {
    async fn reading<T>(&self, read: impl AsyncFnOnce(&mut crate::store::Tx) -> Result<T, Failure>) -> Read<T> {
        self.db.read(read).await.map_err(|failure| match failure {
            Failure::Fault(error) => error,
            _ => anyhow::anyhow!("the database cannot be read"),
        })
    }

    /// A window with its list and history.
    pub async fn full(&self, id: WindowId) -> Read<Option<Full>> {
        self.reading(async |tx| {
            let Some(window) = tx.window(id).await? else { return Ok(None) };
            Ok(Some(Full { items: tx.items(id).await?, events: tx.events(id).await?, window }))
        })
        .await
    }

    /// Windows in ascending start from `after` on, with their lists.
    pub async fn windows(
        &self,
        filter: &WindowFilter,
        after: Option<(DateTime<Utc>, WindowId)>,
        limit: i64,
    ) -> Read<Vec<(Window, ChangeList)>> {
        self.reading(async |tx| {
            let mut found = Vec::new();
            for window in tx.windows(filter, after, limit).await? {
                found.push((tx.items(window.id).await?, window));
            }
            Ok(found.into_iter().map(|(items, window)| (window, items)).collect())
        })
        .await
    }

    /// What the public page shows, at most `most` of each.
    pub async fn overview(&self, most: i64) -> Read<Overview> {
        let now = self.now();
        self.reading(async |tx| {
            let mut found = Overview::default();
            let live = WindowFilter {
                states: vec![State::Scheduled, State::InProgress, State::Verifying],
                ..WindowFilter::default()
            };
            for window in tx.windows(&live, None, most).await? {
                let running = window.state.is_running() || window.span.starts_at <= now;
                let full = Full { items: tx.items(window.id).await?, events: tx.events(window.id).await?, window };
                if running { found.now.push(full) } else { found.upcoming.push(full) }
            }
            let past = WindowFilter {
                states: vec![State::Completed, State::Cancelled],
                from: Some(now - PAST),
                ..WindowFilter::default()
            };
            for window in last_of(tx, &past, most).await? {
                found.past.push(Full {
                    items: tx.items(window.id).await?,
                    events: tx.events(window.id).await?,
                    window,
                });
            }
            Ok(found)
        })
        .await
    }

    /// The ledger of a window in order of time; `None` if there is no such window.
    pub async fn deliveries(&self, id: WindowId) -> Read<Option<Vec<Delivery>>> {
        self.reading(async |tx| match tx.window(id).await? {
            Some(_) => Ok(Some(tx.deliveries(id).await?)),
            None => Ok(None),
        })
        .await
    }

    /// Console channels by name.
    pub async fn channels(&self) -> Read<Vec<ConsoleChannel>> {
        self.reading(async |tx| Ok(tx.channels().await?)).await
    }

    /// Posts of a console channel, newest last.
    pub async fn posts(&self, channel: &str, before: Option<i64>, limit: i64) -> Read<Vec<Post>> {
        self.reading(async |tx| Ok(tx.posts(channel, before, limit).await?)).await
    }

    /// Change lists in the built-in tracker, newest window first, with the windows and items they stand for.
    pub async fn issues(&self, open_only: bool, limit: i64) -> Read<Vec<(Issue, Full)>> {
        self.reading(async |tx| {
            let mut found = Vec::new();
            for issue in tx.issues(open_only, limit).await? {
                let Some(window) = tx.window(issue.window).await? else { continue };
                let items = tx.items(issue.window).await?;
                found.push((issue, Full { window, items, events: Vec::new() }));
            }
            Ok(found)
        })
        .await
    }

    /// The change list of one window in the built-in tracker.
    pub async fn issue(&self, id: WindowId) -> Read<Option<Issue>> {
        self.reading(async |tx| Ok(tx.issue(id).await?)).await
    }

    /// Service ids that can be typed: the configured ones, else those used before.
    pub async fn service_ids(&self) -> Read<Vec<String>> {
        if !self.organisation().services.is_empty() {
            return Ok(self.organisation().services.keys().cloned().collect());
        }
        self.reading(async |tx| Ok(tx.known_services().await?)).await
    }

    /// The role of an API token that is neither expired nor revoked, by the hash of its text.
    pub async fn token(&self, hash: &str) -> Read<Option<Token>> {
        // Tokens expire in the world's time, also where the clock is moved by hand.
        let wall = crate::clock::Clock::wall();
        let token = self.reading(async |tx| Ok(tx.token_by_hash(hash).await?)).await?;
        Ok(token.filter(|t| t.revoked_at.is_none() && t.expires_at.is_none_or(|at| at > wall)))
    }

    /// All tokens, without their text: it is not kept.
    pub async fn tokens(&self) -> Read<Vec<Token>> {
        self.reading(async |tx| Ok(tx.tokens().await?)).await
    }

    /// Stores a token by its hash. `expires_at` is UTC.
    pub async fn add_token(&self, name: &str, hash: &str, role: Role, expires_at: Option<DateTime<Utc>>) -> Read<i64> {
        let created = crate::clock::Clock::wall();
        let stored = self.db.write(async |tx| tx.insert_token(name, hash, role, expires_at, created).await);
        Ok(stored.await?)
    }

    /// Revokes a token; `false` if there is none of that number that is still good.
    pub async fn revoke_token(&self, id: i64) -> Read<bool> {
        let at = crate::clock::Clock::wall();
        Ok(self.db.write(async |tx| tx.revoke_token(id, at).await).await?)
    }

    /// Whether the database answers and can be written.
    ///
    /// # Errors
    /// Why it cannot.
    pub async fn ready(&self) -> Result<(), crate::store::StoreError> {
        self.db.ping().await?;
        self.db.check_writable().await
    }
}

/// The last windows of a filter, the latest start first. The store walks forward only, so the filter must have an end.
async fn last_of(tx: &mut crate::store::Tx, filter: &WindowFilter, most: i64) -> Result<Vec<Window>, Failure> {
    let most = usize::try_from(most).unwrap_or(0);
    let (mut last, mut after) = (Vec::new(), None);
    loop {
        let page = tx.windows(filter, after, PAGE).await?;
        let Some(end) = page.last() else { break };
        after = Some((end.span.starts_at, end.id));
        last.extend(page);
        last.drain(..last.len().saturating_sub(most));
    }
    last.reverse();
    Ok(last)
}
