//! Windows as far as somebody needs to recognise them while typing: few columns, so that many can be looked through.

use chrono::{DateTime, Utc};

use super::convert::{from_json, from_word};
use super::window_list::OPEN;
use super::{Result, StoreError, Tx};
use crate::domain::plan::PlanId;
use crate::domain::window::{Request, State, WindowId};

macro_rules! glance_columns {
    () => {
        "id, title, state, environment, regions, starts_at, poc, requester, plan_id, request"
    };
}

/// Open windows in the order they start. A function: the words of the partial index stand in one place.
pub(super) fn open_glances() -> String {
    format!(concat!("SELECT ", glance_columns!(), " FROM windows WHERE {} ORDER BY starts_at, id LIMIT $1"), OPEN)
}

pub(super) const COMPLETED: &str = concat!(
    "SELECT ",
    glance_columns!(),
    " FROM windows WHERE state = 'completed' ORDER BY actual_end DESC, id DESC LIMIT $1"
);

pub(super) const ONE: &str = concat!("SELECT ", glance_columns!(), " FROM windows WHERE id = $1");

/// The latest by their numbers; their states are not looked at.
pub(super) const ASSIGNED: &str =
    "SELECT DISTINCT window_id FROM change_items WHERE assignee = $1 ORDER BY window_id DESC LIMIT $2";

pub(super) const SERVICES: &str = "SELECT id FROM services ORDER BY id LIMIT $1";

/// What is seen of a window in a list to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glance {
    /// Which window.
    pub id: WindowId,
    /// What it is called; text from a person.
    pub title: String,
    /// Where it is in its life.
    pub state: State,
    /// Its environment.
    pub environment: String,
    /// Ids of the regions it touches; empty means all.
    pub regions: Vec<String>,
    /// When it starts (UTC).
    pub starts_at: DateTime<Utc>,
    /// Point of contact.
    pub poc: Option<String>,
    /// Who asked for it.
    pub requester: String,
    /// The plan that it is a phase of.
    pub plan: Option<PlanId>,
    /// What an approver is asked.
    pub request: Option<Request>,
}

#[derive(sqlx::FromRow)]
struct GlanceRow {
    id: i64,
    title: String,
    state: String,
    environment: String,
    regions: String,
    starts_at: DateTime<Utc>,
    poc: Option<String>,
    requester: String,
    plan_id: Option<i64>,
    request: Option<String>,
}

impl TryFrom<GlanceRow> for Glance {
    type Error = StoreError;

    fn try_from(row: GlanceRow) -> Result<Self> {
        let id = WindowId(row.id);
        let what = |column: &str| format!("{id}, {column}");
        Ok(Self {
            id,
            title: row.title,
            state: from_word(what("state"), &row.state)?,
            environment: row.environment,
            regions: from_json(what("regions"), &row.regions)?,
            starts_at: row.starts_at,
            poc: row.poc,
            requester: row.requester,
            plan: row.plan_id.map(PlanId),
            request: row.request.map(|json| from_json(what("request"), &json)).transpose()?,
        })
    }
}

impl Tx {
    /// At most `limit` windows that are not over, those that start first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn open_glances(&mut self, limit: i64) -> Result<Vec<Glance>> {
        let sql = open_glances();
        let rows: Vec<GlanceRow> =
            on!(self, |c| sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(limit).fetch_all(c).await?);
        rows.into_iter().map(Glance::try_from).collect()
    }

    /// At most `limit` completed windows, those that ended last first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn completed_glances(&mut self, limit: i64) -> Result<Vec<Glance>> {
        let rows: Vec<GlanceRow> = on!(self, |c| sqlx::query_as(COMPLETED).bind(limit).fetch_all(c).await?);
        rows.into_iter().map(Glance::try_from).collect()
    }

    /// One window.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn glance(&mut self, id: WindowId) -> Result<Option<Glance>> {
        let row: Option<GlanceRow> = on!(self, |c| sqlx::query_as(ONE).bind(id.0).fetch_optional(c).await?);
        row.map(Glance::try_from).transpose()
    }

    /// At most `limit` windows with a change item of this person's, the latest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn windows_assigned(&mut self, person: &str, limit: i64) -> Result<Vec<WindowId>> {
        let ids: Vec<i64> = on!(self, |c| sqlx::query_scalar(ASSIGNED).bind(person).bind(limit).fetch_all(c).await?);
        Ok(ids.into_iter().map(WindowId).collect())
    }

    /// At most `limit` ids of services that were used before, in the order of the alphabet.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn services_used(&mut self, limit: i64) -> Result<Vec<String>> {
        Ok(on!(self, |c| sqlx::query_scalar(SERVICES).bind(limit).fetch_all(c).await?))
    }
}
