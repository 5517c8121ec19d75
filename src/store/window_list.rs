//! Lists of windows: filtered, in order of their start, page by page.

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;

use super::convert::whole;
use super::windows::{WindowRow, window_columns};
use super::{Result, Tx};
use crate::domain::plan::PlanId;
use crate::domain::series::SeriesId;
use crate::domain::window::{Kind, State, Window, WindowId};

/// The words of the partial index `windows_open`, as it spells them: only then is it used.
pub(super) const OPEN: &str = "state IN ('pending', 'scheduled', 'in_progress', 'verifying')";

/// Which windows are wanted. What is left out does not narrow the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WindowFilter {
    /// In one of these states; empty means all.
    pub states: Vec<State>,
    /// Touches this service.
    pub service: Option<String>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Touches this region; a window without regions touches all.
    pub region: Option<String>,
    /// In this environment.
    pub environment: Option<String>,
    /// A phase of this plan.
    pub plan: Option<PlanId>,
    /// Of this series.
    pub series: Option<SeriesId>,
    /// This person is its point of contact, asked for it, or does one of its change items.
    pub poc_or_assignee: Option<String>,
    /// Ends after this instant (UTC).
    pub from: Option<DateTime<Utc>>,
    /// Starts before this instant (UTC).
    pub to: Option<DateTime<Utc>>,
    /// A change of it waits for approval, or did when it was called off: the public sees other facts than are stored.
    pub changing: bool,
}

/// A value for a placeholder.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Time(DateTime<Utc>),
    Number(i64),
}

/// A query and its values in the order of their placeholders.
#[derive(Default)]
pub(super) struct ListQuery {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl ListQuery {
    /// Adds a value and returns its placeholder.
    pub(super) fn hold(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    /// The query for one page. Only placeholders and words of our own get into its text.
    pub(super) fn new(filter: &WindowFilter, after: Option<(DateTime<Utc>, WindowId)>, limit: i64) -> Self {
        let mut query = Self::default();
        let mut conditions = Vec::new();
        if !filter.states.is_empty() {
            if filter.states.iter().all(|state| !state.is_over()) {
                conditions.push(OPEN.to_owned());
            }
            let words: Vec<_> = filter.states.iter().map(|state| format!("'{state}'")).collect();
            conditions.push(format!("state IN ({})", words.join(", ")));
        }
        if let Some(service) = &filter.service {
            let service = query.hold(Value::Text(service.clone()));
            conditions.push(format!("id IN (SELECT window_id FROM window_services WHERE service = {service})"));
        }
        if let Some(Kind(kind)) = &filter.kind {
            conditions.push(format!("kind = {}", query.hold(Value::Text(kind.clone()))));
        }
        if let Some(region) = &filter.region {
            let region = query.hold(Value::Text(region.clone()));
            conditions.push(format!(
                "(regions = '[]' OR EXISTS (SELECT 1 FROM window_regions WHERE window_id = windows.id AND region = {region}))"
            ));
        }
        if let Some(environment) = &filter.environment {
            conditions.push(format!("environment = {}", query.hold(Value::Text(environment.clone()))));
        }
        if let Some(PlanId(plan)) = filter.plan {
            conditions.push(format!("plan_id = {}", query.hold(Value::Number(plan))));
        }
        if let Some(SeriesId(series)) = filter.series {
            conditions.push(format!("series_id = {}", query.hold(Value::Number(series))));
        }
        if let Some(person) = &filter.poc_or_assignee {
            let person = query.hold(Value::Text(person.clone()));
            conditions.push(format!(
                "(poc = {person} OR requester = {person} \
                 OR id IN (SELECT window_id FROM change_items WHERE assignee = {person}))"
            ));
        }
        if filter.changing {
            conditions.push("published IS NOT NULL".to_owned());
        }
        if let Some(from) = filter.from {
            let from = query.hold(Value::Time(whole(from)));
            conditions.push(format!("ends_at > {from}"));
            if after.is_none() {
                // Where to begin in the order of starts, else the walk would begin at the oldest window. Materialised,
                // because a plain MIN would be looked for along the index of starts: the very walk to be avoided.
                conditions.push(format!(
                    "starts_at >= (WITH ending AS MATERIALIZED (SELECT starts_at FROM windows WHERE ends_at > {from}) \
                     SELECT MIN(starts_at) FROM ending)"
                ));
            }
        }
        if let Some(to) = filter.to {
            conditions.push(format!("starts_at < {}", query.hold(Value::Time(whole(to)))));
        }
        if let Some((start, id)) = after {
            let (start, id) = (query.hold(Value::Time(whole(start))), query.hold(Value::Number(id.0)));
            conditions.push(format!("(starts_at, id) > ({start}, {id})"));
        }
        let condition =
            if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        let limit = query.hold(Value::Number(limit));
        let columns = window_columns!();
        query.sql = format!("SELECT {columns} FROM windows{condition} ORDER BY starts_at, id LIMIT {limit}");
        query
    }
}

/// Binds the values of a list in their order.
macro_rules! bind_all {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                $crate::store::window_list::Value::Text(text) => query.bind(text),
                $crate::store::window_list::Value::Time(at) => query.bind(at),
                $crate::store::window_list::Value::Number(number) => query.bind(number),
            };
        }
        query
    }};
}
pub(super) use bind_all;

impl Tx {
    /// At most `limit` windows in order of start and id, from behind `after` on: the start and id of the last one that
    /// the caller has.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn windows(
        &mut self,
        filter: &WindowFilter,
        after: Option<(DateTime<Utc>, WindowId)>,
        limit: i64,
    ) -> Result<Vec<Window>> {
        let ListQuery { sql, values } = ListQuery::new(filter, after, limit);
        let rows: Vec<WindowRow> =
            on!(self, |c| super::window_list::bind_all!(sqlx::query_as(AssertSqlSafe(sql)), values)
                .fetch_all(c)
                .await?);
        rows.into_iter().map(Window::try_from).collect()
    }
}
