//! Series: what they make windows from, and when. The windows themselves are found through `around`.

use chrono::{DateTime, Utc};

use super::convert::{from_json, from_optional_word, from_word, to_json, to_length, to_wall, whole};
use super::{Result, StoreError, Tx};
use crate::domain::series::{Series, SeriesId};

macro_rules! series_columns {
    () => {
        "id, state, rule, zone, shift_s, length_s, template, made_until, requester, place, created_at, next_make_at"
    };
}

const INSERT: &str =
    concat!("INSERT INTO series (", series_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");

const UPDATE: &str = "UPDATE series SET state = $2, rule = $3, zone = $4, shift_s = $5, length_s = $6, template = $7, \
     made_until = $8, requester = $9, place = $10, created_at = $11, next_make_at = $12 WHERE id = $1";

pub(super) const LATEST: &str = concat!("SELECT ", series_columns!(), " FROM series ORDER BY id DESC LIMIT $1");

pub(super) const DUE: &str = "SELECT id FROM series WHERE next_make_at IS NOT NULL AND next_make_at <= $1 \
     ORDER BY next_make_at, id LIMIT $2";

pub(super) const NEXT: &str =
    "SELECT next_make_at FROM series WHERE next_make_at IS NOT NULL ORDER BY next_make_at, id LIMIT 1";

#[derive(sqlx::FromRow)]
struct SeriesRow {
    id: i64,
    state: String,
    rule: String,
    zone: String,
    shift_s: i64,
    length_s: i64,
    template: String,
    made_until: Option<String>,
    requester: String,
    place: String,
    created_at: DateTime<Utc>,
    next_make_at: Option<DateTime<Utc>>,
}

impl TryFrom<SeriesRow> for Series {
    type Error = StoreError;

    fn try_from(row: SeriesRow) -> Result<Self> {
        let id = SeriesId(row.id);
        let what = |column: &str| format!("{id}, {column}");
        Ok(Self {
            id,
            state: from_word(what("state"), &row.state)?,
            rule: from_word(what("rule"), &row.rule)?,
            zone: from_word(what("zone"), &row.zone)?,
            shift: to_length(id, row.shift_s)?,
            length: to_length(id, row.length_s)?,
            template: from_json(what("template"), &row.template)?,
            made_until: from_optional_word(what("made_until"), row.made_until.as_deref())?,
            requester: row.requester,
            place: row.place,
            created_at: row.created_at,
            next_make_at: row.next_make_at,
        })
    }
}

impl Tx {
    /// Stores a new series.
    ///
    /// # Errors
    /// A fault of the database, also where the id is taken.
    pub async fn insert_series(&mut self, series: &Series) -> Result<()> {
        self.save_series(INSERT, series).await.map(drop)
    }

    /// Stores what is now known of a series.
    ///
    /// # Errors
    /// A fault of the database; [`StoreError::Missing`] where there is no such series.
    pub async fn update_series(&mut self, series: &Series) -> Result<()> {
        let updated = self.save_series(UPDATE, series).await?;
        if updated == 0 { Err(StoreError::Missing(series.id.to_string())) } else { Ok(()) }
    }

    async fn save_series(&mut self, sql: &'static str, series: &Series) -> Result<u64> {
        let template = to_json(&series.template)?;
        Ok(on!(self, |c| {
            sqlx::query(sql)
                .bind(series.id.0)
                .bind(series.state.as_str())
                .bind(series.rule.to_string())
                .bind(series.zone.name())
                .bind(series.shift.num_seconds())
                .bind(series.length.num_seconds())
                .bind(template)
                .bind(series.made_until.map(to_wall))
                .bind(&series.requester)
                .bind(&series.place)
                .bind(whole(series.created_at))
                .bind(series.next_make_at.map(whole))
                .execute(c)
                .await?
                .rows_affected()
        }))
    }

    /// One series.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn one_series(&mut self, id: SeriesId) -> Result<Option<Series>> {
        let sql = concat!("SELECT ", series_columns!(), " FROM series WHERE id = $1");
        let row: Option<SeriesRow> = on!(self, |c| sqlx::query_as(sql).bind(id.0).fetch_optional(c).await?);
        row.map(Series::try_from).transpose()
    }

    /// At most `limit` series, the newest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn series(&mut self, limit: i64) -> Result<Vec<Series>> {
        let rows: Vec<SeriesRow> = on!(self, |c| sqlx::query_as(LATEST).bind(limit).fetch_all(c).await?);
        rows.into_iter().map(Series::try_from).collect()
    }

    /// Series that must make more windows at `now` (UTC) or should have before, the longest waiting first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn series_due(&mut self, now: DateTime<Utc>, limit: i64) -> Result<Vec<SeriesId>> {
        let ids: Vec<i64> = on!(self, |c| sqlx::query_scalar(DUE).bind(whole(now)).bind(limit).fetch_all(c).await?);
        Ok(ids.into_iter().map(SeriesId).collect())
    }

    /// When any series must make more windows next (UTC).
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn next_series_at(&mut self) -> Result<Option<DateTime<Utc>>> {
        Ok(on!(self, |c| sqlx::query_scalar(NEXT).fetch_optional(c).await?))
    }
}
