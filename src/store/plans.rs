//! Plans. Their phases are windows, found through `around`.

use chrono::{DateTime, Utc};

use super::convert::{from_json, from_word, to_json, whole};
use super::{Result, StoreError, Tx};
use crate::domain::plan::{Held, Plan, PlanId};

macro_rules! plan_columns {
    () => {
        "id, title, state, held, requester, place, created_at, published_at, sequence, sequence_at"
    };
}

const INSERT: &str =
    concat!("INSERT INTO plans (", plan_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");

const UPDATE: &str = "UPDATE plans SET title = $2, state = $3, held = $4, requester = $5, place = $6, created_at = $7, \
     published_at = $8, sequence = $9, sequence_at = $10 WHERE id = $1";

pub(super) const LATEST: &str = concat!("SELECT ", plan_columns!(), " FROM plans ORDER BY id DESC LIMIT $1");

#[derive(sqlx::FromRow)]
struct PlanRow {
    id: i64,
    title: String,
    state: String,
    held: Option<String>,
    requester: String,
    place: String,
    created_at: DateTime<Utc>,
    published_at: Option<DateTime<Utc>>,
    sequence: i64,
    sequence_at: DateTime<Utc>,
}

impl TryFrom<PlanRow> for Plan {
    type Error = StoreError;

    fn try_from(row: PlanRow) -> Result<Self> {
        let id = PlanId(row.id);
        let what = |column: &str| format!("{id}, {column}");
        Ok(Self {
            id,
            title: row.title,
            state: from_word(what("state"), &row.state)?,
            held: row.held.map(|json| from_json(what("held"), &json)).transpose()?,
            requester: row.requester,
            place: row.place,
            created_at: row.created_at,
            published_at: row.published_at,
            sequence: row.sequence,
            sequence_at: row.sequence_at,
        })
    }
}

impl Tx {
    /// Stores a new plan.
    ///
    /// # Errors
    /// A fault of the database, also where the id is taken.
    pub async fn insert_plan(&mut self, plan: &Plan) -> Result<()> {
        self.save_plan(INSERT, plan).await.map(drop)
    }

    /// Stores what is now known of a plan.
    ///
    /// # Errors
    /// A fault of the database; [`StoreError::Missing`] where there is no such plan.
    pub async fn update_plan(&mut self, plan: &Plan) -> Result<()> {
        let updated = self.save_plan(UPDATE, plan).await?;
        if updated == 0 { Err(StoreError::Missing(plan.id.to_string())) } else { Ok(()) }
    }

    async fn save_plan(&mut self, sql: &'static str, plan: &Plan) -> Result<u64> {
        let held = plan.held.as_ref().map(|held| to_json(&Held { at: whole(held.at), ..held.clone() })).transpose()?;
        Ok(on!(self, |c| {
            sqlx::query(sql)
                .bind(plan.id.0)
                .bind(&plan.title)
                .bind(plan.state.as_str())
                .bind(held)
                .bind(&plan.requester)
                .bind(&plan.place)
                .bind(whole(plan.created_at))
                .bind(plan.published_at.map(whole))
                .bind(plan.sequence)
                .bind(whole(plan.sequence_at))
                .execute(c)
                .await?
                .rows_affected()
        }))
    }

    /// One plan.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn plan(&mut self, id: PlanId) -> Result<Option<Plan>> {
        let sql = concat!("SELECT ", plan_columns!(), " FROM plans WHERE id = $1");
        let row: Option<PlanRow> = on!(self, |c| sqlx::query_as(sql).bind(id.0).fetch_optional(c).await?);
        row.map(Plan::try_from).transpose()
    }

    /// At most `limit` plans, the newest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn plans(&mut self, limit: i64) -> Result<Vec<Plan>> {
        let rows: Vec<PlanRow> = on!(self, |c| sqlx::query_as(LATEST).bind(limit).fetch_all(c).await?);
        rows.into_iter().map(Plan::try_from).collect()
    }
}
