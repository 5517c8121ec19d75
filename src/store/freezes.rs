//! Freezes. One that is taken back stays in its table, and nothing here finds it any more.

use chrono::{DateTime, NaiveDate, Utc};

use super::convert::{from_json, from_word, to_json, whole};
use super::{Result, StoreError, Tx};
use crate::domain::freeze::{Freeze, FreezeId};

macro_rules! freeze_columns {
    () => {
        "id, title, first_day, last_day, services, regions, kinds, added_by, created_at"
    };
}

pub(super) const FROM: &str =
    concat!("SELECT ", freeze_columns!(), " FROM freezes WHERE removed_at IS NULL AND last_day >= $1");

#[derive(sqlx::FromRow)]
struct FreezeRow {
    id: i64,
    title: String,
    first_day: String,
    last_day: String,
    services: String,
    regions: String,
    kinds: String,
    added_by: String,
    created_at: DateTime<Utc>,
}

impl TryFrom<FreezeRow> for Freeze {
    type Error = StoreError;

    fn try_from(row: FreezeRow) -> Result<Self> {
        let id = FreezeId(row.id);
        let what = |column: &str| format!("{id}, {column}");
        Ok(Self {
            id,
            title: row.title,
            from: from_word(what("first_day"), &row.first_day)?,
            to: from_word(what("last_day"), &row.last_day)?,
            services: from_json(what("services"), &row.services)?,
            regions: from_json(what("regions"), &row.regions)?,
            kinds: from_json(what("kinds"), &row.kinds)?,
            by: row.added_by,
            created_at: row.created_at,
        })
    }
}

/// A day as text of one width, which sorts as the days do: `2026-12-18`.
fn to_day(day: NaiveDate) -> String {
    day.format("%Y-%m-%d").to_string()
}

impl Tx {
    /// Stores a new freeze.
    ///
    /// # Errors
    /// A fault of the database, also where the id is taken.
    pub async fn insert_freeze(&mut self, freeze: &Freeze) -> Result<()> {
        let sql = concat!("INSERT INTO freezes (", freeze_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        let (services, regions, kinds) =
            (to_json(&freeze.services)?, to_json(&freeze.regions)?, to_json(&freeze.kinds)?);
        on!(self, |c| {
            sqlx::query(sql)
                .bind(freeze.id.0)
                .bind(&freeze.title)
                .bind(to_day(freeze.from))
                .bind(to_day(freeze.to))
                .bind(services)
                .bind(regions)
                .bind(kinds)
                .bind(&freeze.by)
                .bind(whole(freeze.created_at))
                .execute(c)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// Takes a freeze back at `at` (UTC). `false`: there is no such freeze, or it was taken back before.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn remove_freeze(&mut self, id: FreezeId, at: DateTime<Utc>) -> Result<bool> {
        let sql = "UPDATE freezes SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL";
        let removed = on!(self, |c| sqlx::query(sql).bind(id.0).bind(whole(at)).execute(c).await?.rows_affected());
        Ok(removed == 1)
    }

    /// One freeze; not one that was taken back.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn freeze(&mut self, id: FreezeId) -> Result<Option<Freeze>> {
        let sql = concat!("SELECT ", freeze_columns!(), " FROM freezes WHERE id = $1 AND removed_at IS NULL");
        let row: Option<FreezeRow> = on!(self, |c| sqlx::query_as(sql).bind(id.0).fetch_optional(c).await?);
        row.map(Freeze::try_from).transpose()
    }

    /// Freezes that were not taken back, by their first day; only those whose last day is not before `from` (a day of
    /// the organisation's zone) where that is given.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn freezes(&mut self, from: Option<NaiveDate>) -> Result<Vec<Freeze>> {
        let from = from.map(to_day).unwrap_or_default();
        let rows: Vec<FreezeRow> = on!(self, |c| sqlx::query_as(FROM).bind(from).fetch_all(c).await?);
        let mut freezes = rows.into_iter().map(Freeze::try_from).collect::<Result<Vec<_>>>()?;
        freezes.sort_by_key(|freeze| (freeze.from, freeze.id));
        Ok(freezes)
    }
}
