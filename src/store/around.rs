//! Windows as others see them: at the same time, of the same plan, of the same series; and those that are over.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use sqlx::AssertSqlSafe;

use super::convert::{to_wall, whole};
use super::window_list::{ListQuery, OPEN, Value, bind_all};
use super::windows::{WindowRow, window_columns};
use super::{Result, Tx};
use crate::domain::plan::PlanId;
use crate::domain::series::SeriesId;
use crate::domain::window::{Window, WindowId};

pub(super) const OF_PLAN: &str =
    concat!("SELECT ", window_columns!(), " FROM windows WHERE plan_id = $1 ORDER BY starts_at, id");

pub(super) const OF_SERIES: &str = concat!(
    "SELECT ",
    window_columns!(),
    " FROM windows WHERE series_id = $1 AND occurrence >= $2 ORDER BY occurrence"
);

pub(super) const BEFORE: &str = concat!(
    "SELECT ",
    window_columns!(),
    " FROM windows WHERE series_id = $1 AND occurrence < $2 AND state <> 'cancelled' ORDER BY occurrence DESC LIMIT 1"
);

pub(super) const AFTER: &str = concat!(
    "SELECT ",
    window_columns!(),
    " FROM windows WHERE series_id = $1 AND occurrence > $2 AND state <> 'cancelled' ORDER BY occurrence LIMIT 1"
);

pub(super) const OVER: &str = concat!(
    "SELECT ",
    window_columns!(),
    " FROM windows WHERE state = 'completed' ORDER BY actual_end DESC, id DESC LIMIT $1"
);

/// The states are spelt as in the index `windows_longest`.
pub(super) const LONGEST: &str = "SELECT length_s FROM windows \
     WHERE state IN ('pending', 'scheduled', 'in_progress', 'verifying') ORDER BY length_s DESC LIMIT 1";

/// A time of the wall clock before every occurrence, and of the same width as text.
const EVER: &str = "0000-01-01T00:00:00";

/// The words of the partial index `windows_running`, as it spells them: only then is it used.
const RUNNING: &str = "state IN ('in_progress', 'verifying')";

/// Which windows may be meant.
#[derive(Clone, Copy)]
pub(super) struct Touching<'a> {
    /// From this instant (UTC) on.
    pub(super) from: DateTime<Utc>,
    /// Until before this one (UTC).
    pub(super) to: DateTime<Utc>,
    /// In this environment, with one of these services; `None`: any.
    pub(super) what: Option<(&'a str, &'a [String])>,
    /// No open window lasts longer.
    pub(super) longest: TimeDelta,
}

impl Touching<'_> {
    /// Windows that begin before `to` and are not over at `from`: by their planned end, or because work goes on.
    /// Without the longest length, everything that began before would have to be looked at.
    pub(super) fn query(&self) -> ListQuery {
        let mut query = ListQuery::default();
        let from = query.hold(Value::Time(whole(self.from)));
        let to = query.hold(Value::Time(whole(self.to)));
        let earliest = self.from.checked_sub_signed(self.longest).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let earliest = query.hold(Value::Time(whole(earliest)));
        let mut conditions = String::new();
        if let Some((environment, services)) = self.what {
            let environment = query.hold(Value::Text(environment.to_owned()));
            let services: Vec<_> = services.iter().map(|id| query.hold(Value::Text(id.clone()))).collect();
            conditions = format!(
                " AND environment = {environment} AND EXISTS (SELECT 1 FROM window_services s \
                 WHERE s.window_id = windows.id AND s.service IN ({}))",
                services.join(", ")
            );
        }
        let columns = window_columns!();
        query.sql = format!(
            "SELECT {columns} FROM windows WHERE id IN (SELECT id FROM windows WHERE {OPEN} \
             AND starts_at >= {earliest} AND starts_at < {to} AND ends_at >= {from} \
             UNION SELECT id FROM windows WHERE {RUNNING} AND starts_at < {to}){conditions}"
        );
        query
    }
}

impl Tx {
    /// The phases of a plan in the order they start, also those called off.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn windows_of_plan(&mut self, plan: PlanId) -> Result<Vec<Window>> {
        let rows: Vec<WindowRow> = on!(self, |c| sqlx::query_as(OF_PLAN).bind(plan.0).fetch_all(c).await?);
        rows.into_iter().map(Window::try_from).collect()
    }

    /// The windows of a series in the order of their occurrences, also those called off; only those whose occurrence is
    /// at or after `from` (wall clock of the rule) where that is given.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn windows_of_series(&mut self, series: SeriesId, from: Option<NaiveDateTime>) -> Result<Vec<Window>> {
        let from = from.map_or_else(|| EVER.to_owned(), to_wall);
        let rows: Vec<WindowRow> =
            on!(self, |c| sqlx::query_as(OF_SERIES).bind(series.0).bind(from).fetch_all(c).await?);
        rows.into_iter().map(Window::try_from).collect()
    }

    /// The window of the nearest occurrence before this one (wall clock of the rule) that was not called off.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn occurrence_before(&mut self, series: SeriesId, occurrence: NaiveDateTime) -> Result<Option<Window>> {
        self.neighbour(BEFORE, series, occurrence).await
    }

    /// The window of the nearest occurrence after this one (wall clock of the rule) that was not called off.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn occurrence_after(&mut self, series: SeriesId, occurrence: NaiveDateTime) -> Result<Option<Window>> {
        self.neighbour(AFTER, series, occurrence).await
    }

    async fn neighbour(
        &mut self,
        sql: &'static str,
        series: SeriesId,
        occurrence: NaiveDateTime,
    ) -> Result<Option<Window>> {
        let occurrence = to_wall(occurrence);
        let row: Option<WindowRow> =
            on!(self, |c| sqlx::query_as(sql).bind(series.0).bind(occurrence).fetch_optional(c).await?);
        row.map(Window::try_from).transpose()
    }

    /// Windows that are not over, in this environment with one of these services, and that last until `from` (UTC) or
    /// longer and begin before `to` (UTC), by start. One where work goes on lasts, however long ago its planned end
    /// was.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn windows_touching(
        &mut self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        environment: &str,
        services: &[String],
    ) -> Result<Vec<Window>> {
        if services.is_empty() {
            return Ok(Vec::new());
        }
        self.touching(from, to, Some((environment, services))).await
    }

    /// Windows that are not over, whatever they touch, and that last until `from` (UTC) or longer and begin before `to`
    /// (UTC), by start. One where work goes on lasts, however long ago its planned end was.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn open_windows_between(&mut self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Window>> {
        self.touching(from, to, None).await
    }

    async fn touching(
        &mut self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        what: Option<(&str, &[String])>,
    ) -> Result<Vec<Window>> {
        let longest: Option<i64> = on!(self, |c| sqlx::query_scalar(LONGEST).fetch_optional(c).await?);
        let Some(longest) = longest else { return Ok(Vec::new()) };
        let longest = TimeDelta::try_seconds(longest).unwrap_or(TimeDelta::MAX);
        let ListQuery { sql, values } = Touching { from, to, what, longest }.query();
        let rows: Vec<WindowRow> =
            on!(self, |c| bind_all!(sqlx::query_as(AssertSqlSafe(sql)), values).fetch_all(c).await?);
        let mut windows = rows.into_iter().map(Window::try_from).collect::<Result<Vec<_>>>()?;
        windows.sort_by_key(|w: &Window| -> (DateTime<Utc>, WindowId) { (w.span.starts_at, w.id) });
        Ok(windows)
    }

    /// At most `limit` completed windows, the one that was over last first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn windows_over(&mut self, limit: i64) -> Result<Vec<Window>> {
        let rows: Vec<WindowRow> = on!(self, |c| sqlx::query_as(OVER).bind(limit).fetch_all(c).await?);
        rows.into_iter().map(Window::try_from).collect()
    }
}
