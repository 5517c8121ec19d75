//! Windows: facts and state of each, and when the clock acts on it next.

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;

use super::convert::{ROWS_AT_ONCE, from_json, from_optional_word, from_word, to_json, to_length, to_wall, whole};
use super::{Result, StoreError, Tx};
use crate::domain::calendar::{Span, Zone};
use crate::domain::change::ChangeItem;
use crate::domain::plan::PlanId;
use crate::domain::series::SeriesId;
use crate::domain::window::{Category, Downtime, Kind, Outcome, Published, Request, Window, WindowId};

/// Windows per statement, so that their values stay under [`ROWS_AT_ONCE`]'s limits.
const WINDOWS_AT_ONCE: usize = 200;

macro_rules! window_columns {
    () => {
        "id, title, kind, services, environment, regions, starts_at, ends_at, zone, downtime_least_s, downtime_most_s, \
         downtime_per, downtimes, impact, category, rollback, customers, links, poc, requester, place, state, outcome, \
         sequence, sequence_at, revision, actual_start, actual_end, actual_downtime_s, attended_at, no_shows, overruns, \
         created_at, plan_id, series_id, occurrence, detached, published, request, told_round"
    };
}
pub(super) use window_columns;

const INSERT: &str =
    concat!("INSERT INTO windows (", window_columns!(), ", length_s, next_action_at, last_item_number) ");

const UPDATE: &str = "UPDATE windows SET title = $2, kind = $3, services = $4, environment = $5, regions = $6, \
     starts_at = $7, ends_at = $8, zone = $9, downtime_least_s = $10, downtime_most_s = $11, downtime_per = $12, \
     downtimes = $13, impact = $14, category = $15, rollback = $16, customers = $17, links = $18, poc = $19, \
     requester = $20, place = $21, state = $22, outcome = $23, sequence = $24, sequence_at = $25, revision = $26, \
     actual_start = $27, actual_end = $28, actual_downtime_s = $29, attended_at = $30, no_shows = $31, overruns = $32, \
     created_at = $33, plan_id = $34, series_id = $35, occurrence = $36, detached = $37, published = $38, \
     request = $39, told_round = $40, length_s = $41 WHERE id = $1";

/// Binds what is known of a window in the order of its columns, and its length; `$bind` is the method that takes a value.
macro_rules! put_window {
    ($into:expr, $bind:ident, $w:expr, $json:expr) => {
        $into
            .$bind($w.id.0)
            .$bind(&$w.title)
            .$bind(&$w.kind.0)
            .$bind(&$json.services)
            .$bind(&$w.environment)
            .$bind(&$json.regions)
            .$bind(whole($w.span.starts_at))
            .$bind(whole($w.span.ends_at))
            .$bind($w.span.zone.name())
            .$bind($w.downtime.as_ref().map(|d| d.least.num_seconds()))
            .$bind($w.downtime.as_ref().map(|d| d.most.num_seconds()))
            .$bind($w.downtime.as_ref().and_then(|d| d.per.as_deref()))
            .$bind(&$json.downtimes)
            .$bind(&$w.impact)
            .$bind($w.category.map(Category::as_str))
            .$bind(&$w.rollback)
            .$bind(&$json.customers)
            .$bind(&$json.links)
            .$bind(&$w.poc)
            .$bind(&$w.requester)
            .$bind(&$w.place)
            .$bind($w.state.as_str())
            .$bind($w.outcome.map(Outcome::as_str))
            .$bind($w.sequence)
            .$bind(whole($w.sequence_at))
            .$bind($w.revision)
            .$bind($w.actual_start.map(whole))
            .$bind($w.actual_end.map(whole))
            .$bind($w.actual_downtime.map(|length| length.num_seconds()))
            .$bind($w.attended_at.map(whole))
            .$bind($w.no_shows)
            .$bind($w.overruns)
            .$bind(whole($w.created_at))
            .$bind($w.plan.map(|id| id.0))
            .$bind($w.series.map(|id| id.0))
            .$bind($w.occurrence.map(to_wall))
            .$bind($w.detached)
            .$bind(&$json.published)
            .$bind(&$json.request)
            .$bind($w.told_round)
            .$bind((whole($w.span.ends_at) - whole($w.span.starts_at)).num_seconds())
    };
}

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
    downtime_per: Option<String>,
    downtimes: String,
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
    plan_id: Option<i64>,
    series_id: Option<i64>,
    occurrence: Option<String>,
    detached: bool,
    published: Option<String>,
    request: Option<String>,
    told_round: i64,
}

impl TryFrom<WindowRow> for Window {
    type Error = StoreError;

    fn try_from(row: WindowRow) -> Result<Self> {
        let id = WindowId(row.id);
        let what = |column: &str| format!("{id}, {column}");
        let length = |seconds| to_length(id, seconds);
        let downtime = match (row.downtime_least_s, row.downtime_most_s) {
            (Some(least), Some(most)) => {
                Some(Downtime { least: length(least)?, most: length(most)?, per: row.downtime_per })
            }
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
            downtimes: from_json(what("downtimes"), &row.downtimes)?,
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
            plan: row.plan_id.map(PlanId),
            series: row.series_id.map(SeriesId),
            occurrence: from_optional_word(what("occurrence"), row.occurrence.as_deref())?,
            detached: row.detached,
            published: row.published.map(|json| from_json(what("published"), &json)).transpose()?,
            request: row.request.map(|json| from_json(what("request"), &json)).transpose()?,
            told_round: row.told_round,
        })
    }
}

/// A window that is stored for the first time, with what belongs to it from the start.
#[derive(Clone, Copy, Debug)]
pub struct NewWindow<'a> {
    /// The window.
    pub window: &'a Window,
    /// Its change list, parents before their parts, numbered from 1 on.
    pub items: &'a [ChangeItem],
    /// When the clock acts on it next (UTC); `None`: not until somebody acts.
    pub next_action: Option<DateTime<Utc>>,
}

impl<'a> From<&'a Window> for NewWindow<'a> {
    /// Without a change list, and nothing for the clock to do.
    fn from(window: &'a Window) -> Self {
        Self { window, items: &[], next_action: None }
    }
}

/// The columns of a window that hold JSON.
struct Json {
    services: String,
    regions: String,
    downtimes: String,
    customers: String,
    links: String,
    published: Option<String>,
    request: Option<String>,
}

impl Json {
    fn of(w: &Window) -> Result<Self> {
        let published = w.published.as_ref().map(|p| Published {
            starts_at: whole(p.starts_at),
            ends_at: whole(p.ends_at),
            ..p.clone()
        });
        let request =
            w.request.as_ref().map(|r| Request { at: whole(r.at), expires_at: whole(r.expires_at), ..r.clone() });
        Ok(Self {
            services: to_json(&w.services)?,
            regions: to_json(&w.regions)?,
            downtimes: to_json(&w.downtimes)?,
            customers: to_json(&w.customers)?,
            links: to_json(&w.links)?,
            published: published.as_ref().map(to_json).transpose()?,
            request: request.as_ref().map(to_json).transpose()?,
        })
    }
}

impl Tx {
    /// Stores a new window.
    ///
    /// # Errors
    /// A fault of the database, also where the id is taken.
    pub async fn insert_window(&mut self, window: &Window) -> Result<()> {
        self.insert_windows(&[window.into()]).await
    }

    /// Stores new windows with their change lists; their plans and series are stored already.
    ///
    /// # Errors
    /// A fault of the database, also where an id is taken, or an occurrence of a series was made before.
    pub async fn insert_windows(&mut self, windows: &[NewWindow<'_>]) -> Result<()> {
        for rows in windows.chunks(WINDOWS_AT_ONCE) {
            let rows: Vec<_> = rows.iter().map(|new| Ok((new, Json::of(new.window)?))).collect::<Result<_>>()?;
            on!(self, |c| {
                let mut query = QueryBuilder::new(INSERT);
                query.push_values(&rows, |mut values, (new, json)| {
                    put_window!(values, push_bind, new.window, json)
                        .push_bind(new.next_action.map(whole))
                        .push_bind(new.items.iter().map(|item| item.number).max().unwrap_or_default());
                });
                query.build().execute(c).await.map(drop)
            })?;
        }
        let scopes: Vec<&Window> = windows.iter().map(|new| new.window).collect();
        self.insert_scopes(&scopes).await?;
        let items: Vec<_> = windows.iter().flat_map(|new| new.items.iter().map(|item| (new.window.id, item))).collect();
        self.insert_items(&items).await
    }

    /// Stores what is now known of a window. Leaves alone when the clock acts next and which item numbers were given.
    ///
    /// # Errors
    /// A fault of the database; [`StoreError::Missing`] where there is no such window.
    pub async fn update_window(&mut self, window: &Window) -> Result<()> {
        let sql = "SELECT services, regions FROM windows WHERE id = $1";
        let before: Option<(String, String)> =
            on!(self, |c| sqlx::query_as(sql).bind(window.id.0).fetch_optional(c).await?);
        let Some((services, regions)) = before else { return Err(StoreError::Missing(window.id.to_string())) };
        let json = Json::of(window)?;
        on!(self, |c| put_window!(sqlx::query(UPDATE), bind, window, json).execute(c).await.map(drop))?;
        if services == json.services && regions == json.regions {
            return Ok(());
        }
        for sql in
            ["DELETE FROM window_services WHERE window_id = $1", "DELETE FROM window_regions WHERE window_id = $1"]
        {
            on!(self, |c| sqlx::query(sql).bind(window.id.0).execute(c).await.map(drop))?;
        }
        self.insert_scopes(&[window]).await
    }

    /// The rows by which windows are found; a service or region named twice counts once.
    async fn insert_scopes(&mut self, windows: &[&Window]) -> Result<()> {
        const SERVICES: &str = "INSERT INTO window_services (window_id, service) ";
        const REGIONS: &str = "INSERT INTO window_regions (window_id, region) ";
        let services: Vec<_> = windows.iter().flat_map(|w| w.services.iter().map(|id| (w.id.0, id))).collect();
        let regions: Vec<_> = windows.iter().flat_map(|w| w.regions.iter().map(|id| (w.id.0, id))).collect();
        for (sql, rows) in [(SERVICES, services), (REGIONS, regions)] {
            for rows in rows.chunks(ROWS_AT_ONCE) {
                on!(self, |c| {
                    let mut query = QueryBuilder::new(sql);
                    query.push_values(rows, |mut values, (window, id)| {
                        values.push_bind(window).push_bind(id);
                    });
                    query.push(" ON CONFLICT DO NOTHING");
                    query.build().execute(c).await.map(drop)
                })?;
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
