//! Windows: facts and state of each, and when the clock acts on it next. Also the counters that ids come from.

use chrono::{DateTime, TimeDelta, Utc};

use super::convert::{from_json, from_optional_word, from_word, to_json, whole};
use super::{Result, StoreError, Tx};
use crate::domain::calendar::{Span, Zone};
use crate::domain::window::{Category, Downtime, Kind, Outcome, Window, WindowId};

macro_rules! window_columns {
    () => {
        "id, title, kind, services, environment, regions, starts_at, ends_at, zone, downtime_least_s, downtime_most_s, \
         impact, category, rollback, customers, links, poc, requester, place, state, outcome, sequence, sequence_at, \
         revision, actual_start, actual_end, actual_downtime_s, attended_at, no_shows, overruns, created_at"
    };
}
pub(super) use window_columns;

const INSERT: &str = concat!(
    "INSERT INTO windows (",
    window_columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
     $23, $24, $25, $26, $27, $28, $29, $30, $31)"
);

const UPDATE: &str = "UPDATE windows SET title = $2, kind = $3, services = $4, environment = $5, regions = $6, \
     starts_at = $7, ends_at = $8, zone = $9, downtime_least_s = $10, downtime_most_s = $11, impact = $12, \
     category = $13, rollback = $14, customers = $15, links = $16, poc = $17, requester = $18, place = $19, \
     state = $20, outcome = $21, sequence = $22, sequence_at = $23, revision = $24, actual_start = $25, \
     actual_end = $26, actual_downtime_s = $27, attended_at = $28, no_shows = $29, overruns = $30, created_at = $31 \
     WHERE id = $1";

pub(super) const DUE: &str = "SELECT id FROM windows WHERE next_action_at IS NOT NULL AND next_action_at <= $1 \
     ORDER BY next_action_at, id LIMIT $2";

pub(super) const NEXT_ACTION: &str =
    "SELECT next_action_at FROM windows WHERE next_action_at IS NOT NULL ORDER BY next_action_at, id LIMIT 1";

/// A row of `windows`.
#[derive(sqlx::FromRow)]
pub(super) struct WindowRow {
    id: i64,
    title: String,
    kind: String,
    services: String,
    environment: String,
    regions: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    zone: String,
    downtime_least_s: Option<i64>,
    downtime_most_s: Option<i64>,
    impact: String,
    category: Option<String>,
    rollback: String,
    customers: String,
    links: String,
    poc: Option<String>,
    requester: String,
    place: String,
    state: String,
    outcome: Option<String>,
    sequence: i64,
    sequence_at: DateTime<Utc>,
    revision: i64,
    actual_start: Option<DateTime<Utc>>,
    actual_end: Option<DateTime<Utc>>,
    actual_downtime_s: Option<i64>,
    attended_at: Option<DateTime<Utc>>,
    no_shows: i64,
    overruns: i64,
    created_at: DateTime<Utc>,
}

impl TryFrom<WindowRow> for Window {
    type Error = StoreError;

    fn try_from(row: WindowRow) -> Result<Self> {
        let id = WindowId(row.id);
        let what = |column: &str| format!("{id}, {column}");
        let length = |seconds| {
            TimeDelta::try_seconds(seconds)
                .ok_or_else(|| StoreError::Corrupt(format!("{id}: {seconds} s is no length of time")))
        };
        let downtime = match (row.downtime_least_s, row.downtime_most_s) {
            (Some(least), Some(most)) => Some(Downtime { least: length(least)?, most: length(most)? }),
            _ => None,
        };
        Ok(Self {
            id,
            title: row.title,
            kind: Kind(row.kind),
            services: from_json(what("services"), &row.services)?,
            environment: row.environment,
            regions: from_json(what("regions"), &row.regions)?,
            span: Span {
                starts_at: row.starts_at,
                ends_at: row.ends_at,
                zone: from_word::<Zone>(what("zone"), &row.zone)?,
            },
            downtime,
            impact: row.impact,
            category: from_optional_word(what("category"), row.category.as_deref())?,
            rollback: row.rollback,
            customers: from_json(what("customers"), &row.customers)?,
            links: from_json(what("links"), &row.links)?,
            poc: row.poc,
            requester: row.requester,
            place: row.place,
            state: from_word(what("state"), &row.state)?,
            outcome: from_optional_word(what("outcome"), row.outcome.as_deref())?,
            sequence: row.sequence,
            sequence_at: row.sequence_at,
            revision: row.revision,
            actual_start: row.actual_start,
            actual_end: row.actual_end,
            actual_downtime: row.actual_downtime_s.map(length).transpose()?,
            attended_at: row.attended_at,
            no_shows: row.no_shows,
            overruns: row.overruns,
            created_at: row.created_at,
        })
    }
}

impl Tx {
    /// The counter of window ids.
    pub const WINDOW: &'static str = "window";
    /// The counter of event ids.
    pub const EVENT: &'static str = "event";
    /// The counter of delivery ids.
    pub const DELIVERY: &'static str = "delivery";
    /// The counter of posts in the built-in console.
    pub const POST: &'static str = "post";
    /// The counter of API tokens.
    pub const TOKEN: &'static str = "token";
    /// Counts how often somebody asked whether the database can be written.
    pub(super) const PROBE: &'static str = "probe";

    /// The next number of a counter; the first is 1. No number is given twice.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn next_id(&mut self, counter: &str) -> Result<i64> {
        self.next_ids(counter, 1).await
    }

    /// The first of `count` numbers of a counter that follow one another.
    pub(super) async fn next_ids(&mut self, counter: &str, count: i64) -> Result<i64> {
        const SQL: &str = "INSERT INTO counters (name, value) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value RETURNING value";
        let last: i64 = on!(self, |c| sqlx::query_scalar(SQL).bind(counter).bind(count).fetch_one(c).await?);
        Ok(last - count + 1)
    }

    /// The id for a new window.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn next_window_id(&mut self) -> Result<WindowId> {
        self.next_id(Self::WINDOW).await.map(WindowId)
    }

    /// Makes every other command on this window wait until this transaction ends. Comes first in each of them. SQLite
    /// has one writer at a time anyway.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lock_window(&mut self, id: WindowId) -> Result<()> {
        match self {
            Self::Sqlite(_) => {}
            Self::Postgres(open) => {
                let sql = "SELECT id FROM windows WHERE id = $1 FOR UPDATE";
                sqlx::query(sql).bind(id.0).execute(&mut **open).await?;
            }
        }
        Ok(())
    }

    /// Stores a new window.
    ///
    /// # Errors
    /// A fault of the database, also where the id is taken.
    pub async fn insert_window(&mut self, window: &Window) -> Result<()> {
        self.save(INSERT, window).await?;
        self.insert_scope(window).await
    }

    /// Stores what is now known of a window. Leaves alone when the clock acts next and which item numbers were given.
    ///
    /// # Errors
    /// A fault of the database; [`StoreError::Missing`] where there is no such window.
    pub async fn update_window(&mut self, window: &Window) -> Result<()> {
        let sql = "SELECT services, regions FROM windows WHERE id = $1";
        let before: Option<(String, String)> =
            on!(self, |c| sqlx::query_as(sql).bind(window.id.0).fetch_optional(c).await?);
        let Some(before) = before else { return Err(StoreError::Missing(window.id.to_string())) };
        self.save(UPDATE, window).await?;
        if before == (to_json(&window.services)?, to_json(&window.regions)?) {
            return Ok(());
        }
        for sql in
            ["DELETE FROM window_services WHERE window_id = $1", "DELETE FROM window_regions WHERE window_id = $1"]
        {
            on!(self, |c| sqlx::query(sql).bind(window.id.0).execute(c).await.map(drop))?;
        }
        self.insert_scope(window).await
    }

    async fn save(&mut self, sql: &'static str, w: &Window) -> Result<()> {
        let (services, regions) = (to_json(&w.services)?, to_json(&w.regions)?);
        let (customers, links) = (to_json(&w.customers)?, to_json(&w.links)?);
        on!(self, |c| {
            sqlx::query(sql)
                .bind(w.id.0)
                .bind(&w.title)
                .bind(&w.kind.0)
                .bind(services)
                .bind(&w.environment)
                .bind(regions)
                .bind(whole(w.span.starts_at))
                .bind(whole(w.span.ends_at))
                .bind(w.span.zone.name())
                .bind(w.downtime.map(|d| d.least.num_seconds()))
                .bind(w.downtime.map(|d| d.most.num_seconds()))
                .bind(&w.impact)
                .bind(w.category.map(Category::as_str))
                .bind(&w.rollback)
                .bind(customers)
                .bind(links)
                .bind(&w.poc)
                .bind(&w.requester)
                .bind(&w.place)
                .bind(w.state.as_str())
                .bind(w.outcome.map(Outcome::as_str))
                .bind(w.sequence)
                .bind(whole(w.sequence_at))
                .bind(w.revision)
                .bind(w.actual_start.map(whole))
                .bind(w.actual_end.map(whole))
                .bind(w.actual_downtime.map(|length| length.num_seconds()))
                .bind(w.attended_at.map(whole))
                .bind(w.no_shows)
                .bind(w.overruns)
                .bind(whole(w.created_at))
                .execute(c)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// The rows by which a window is found; a service or region named twice counts once.
    async fn insert_scope(&mut self, window: &Window) -> Result<()> {
        let service = "INSERT INTO window_services (window_id, service) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        let region = "INSERT INTO window_regions (window_id, region) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        for (sql, values) in [(service, &window.services), (region, &window.regions)] {
            for value in values {
                on!(self, |c| sqlx::query(sql).bind(window.id.0).bind(value).execute(c).await.map(drop))?;
            }
        }
        Ok(())
    }

    /// One window.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn window(&mut self, id: WindowId) -> Result<Option<Window>> {
        let sql = concat!("SELECT ", window_columns!(), " FROM windows WHERE id = $1");
        let row: Option<WindowRow> = on!(self, |c| sqlx::query_as(sql).bind(id.0).fetch_optional(c).await?);
        row.map(Window::try_from).transpose()
    }

    /// Records when the clock acts on this window next (UTC); `None`: not until somebody acts.
    ///
    /// # Errors
    /// A fault of the database; [`StoreError::Missing`] where there is no such window.
    pub async fn set_next_action(&mut self, id: WindowId, at: Option<DateTime<Utc>>) -> Result<()> {
        let sql = "UPDATE windows SET next_action_at = $2 WHERE id = $1";
        let updated = on!(self, |c| sqlx::query(sql).bind(id.0).bind(at.map(whole)).execute(c).await?.rows_affected());
        if updated == 0 { Err(StoreError::Missing(id.to_string())) } else { Ok(()) }
    }

    /// Windows on which the clock acts at `now` or should have acted before, the longest waiting first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn windows_due(&mut self, now: DateTime<Utc>, limit: i64) -> Result<Vec<WindowId>> {
        let ids: Vec<i64> = on!(self, |c| sqlx::query_scalar(DUE).bind(whole(now)).bind(limit).fetch_all(c).await?);
        Ok(ids.into_iter().map(WindowId).collect())
    }

    /// When the clock acts next on any window (UTC).
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn next_action_at(&mut self) -> Result<Option<DateTime<Utc>>> {
        Ok(on!(self, |c| sqlx::query_scalar(NEXT_ACTION).fetch_optional(c).await?))
    }
}
