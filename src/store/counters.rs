//! Counters that ids come from, and the locks that make commands on one thing take turns.

use super::convert::to_count;
use super::{Result, Tx};
use crate::domain::advisory::AdvisoryId;
use crate::domain::freeze::FreezeId;
use crate::domain::plan::PlanId;
use crate::domain::series::SeriesId;
use crate::domain::window::WindowId;

impl Tx {
    /// The counter of plan ids.
    pub const PLAN: &'static str = "plan";
    /// The counter of series ids.
    pub const SERIES: &'static str = "series";
    /// The counter of freeze ids.
    pub const FREEZE: &'static str = "freeze";
    /// The counter of advisory ids.
    pub const ADVISORY: &'static str = "advisory";
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
    /// The counter of what came in.
    pub const INBOUND: &'static str = "inbound";
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

    /// Ids for so many new windows, rising.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn next_window_ids(&mut self, count: usize) -> Result<Vec<WindowId>> {
        let first = self.next_ids(Self::WINDOW, to_count(count)).await?;
        Ok((first..).take(count).map(WindowId).collect())
    }

    /// The id for a new plan.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn next_plan_id(&mut self) -> Result<PlanId> {
        self.next_id(Self::PLAN).await.map(PlanId)
    }

    /// The id for a new series.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn next_series_id(&mut self) -> Result<SeriesId> {
        self.next_id(Self::SERIES).await.map(SeriesId)
    }

    /// The id for a new freeze.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn next_freeze_id(&mut self) -> Result<FreezeId> {
        self.next_id(Self::FREEZE).await.map(FreezeId)
    }

    /// The id for a new advisory.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn next_advisory_id(&mut self) -> Result<AdvisoryId> {
        self.next_id(Self::ADVISORY).await.map(AdvisoryId)
    }

    /// Makes every other command on this window wait until this transaction ends. Comes before everything else but the
    /// locks of its plan and series. SQLite has one writer at a time anyway.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lock_window(&mut self, id: WindowId) -> Result<()> {
        self.lock("SELECT id FROM windows WHERE id = $1 FOR UPDATE", id.0).await
    }

    /// The plan and the series that a window belongs to, for taking their locks before its own.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn belongs_to(&mut self, id: WindowId) -> Result<(Option<PlanId>, Option<SeriesId>)> {
        let sql = "SELECT plan_id, series_id FROM windows WHERE id = $1";
        let found: Option<(Option<i64>, Option<i64>)> =
            on!(self, |c| sqlx::query_as(sql).bind(id.0).fetch_optional(c).await?);
        let (plan, series) = found.unwrap_or_default();
        Ok((plan.map(PlanId), series.map(SeriesId)))
    }

    /// Makes every other command on this plan wait until this transaction ends. Comes first, before its windows' locks.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lock_plan(&mut self, id: PlanId) -> Result<()> {
        self.lock("SELECT id FROM plans WHERE id = $1 FOR UPDATE", id.0).await
    }

    /// Makes every other command on this series wait until this transaction ends. Comes first, before its windows'
    /// locks.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lock_series(&mut self, id: SeriesId) -> Result<()> {
        self.lock("SELECT id FROM series WHERE id = $1 FOR UPDATE", id.0).await
    }

    pub(super) async fn lock(&mut self, sql: &'static str, id: i64) -> Result<()> {
        match self {
            Self::Sqlite(_) => {}
            Self::Postgres(open) => {
                sqlx::query(sql).bind(id).execute(&mut **open).await?;
            }
        }
        Ok(())
    }
}
