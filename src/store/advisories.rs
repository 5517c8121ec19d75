//! Advisories, where their fixes are, and the change items that they made.

use chrono::{DateTime, Utc};

use super::convert::{from_json, from_optional_word, from_word, to_json, whole};
use super::{Result, StoreError, Tx};
use crate::domain::advisory::{Advisory, AdvisoryId, Fix, Place, Severity};
use crate::domain::window::WindowId;

macro_rules! advisory_columns {
    () => {
        "id, title, ids, severity, disposition, services, window_id, details, public, publish_at, published_at, \
         withdrawn_at, withdrawn_because, requester, place, created_at"
    };
}

const INSERT: &str = concat!(
    "INSERT INTO advisories (",
    advisory_columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
);

const UPDATE: &str = "UPDATE advisories SET title = $2, ids = $3, severity = $4, disposition = $5, services = $6, \
     window_id = $7, details = $8, public = $9, publish_at = $10, published_at = $11, withdrawn_at = $12, \
     withdrawn_because = $13, requester = $14, place = $15, created_at = $16 WHERE id = $1";

pub(super) const LATEST: &str =
    concat!("SELECT ", advisory_columns!(), " FROM advisories WHERE id < $1 ORDER BY id DESC LIMIT $2");

pub(super) const OF_WINDOW: &str =
    concat!("SELECT ", advisory_columns!(), " FROM advisories WHERE window_id = $1 ORDER BY id");

/// The first condition is spelt as in the index `advisories_unpublished`. One without an embargo that is not public yet
/// becomes so with its window.
pub(super) const UNPUBLISHED: &str = "SELECT id FROM advisories a \
     WHERE published_at IS NULL AND withdrawn_at IS NULL AND (publish_at <= $1 OR (publish_at IS NULL \
     AND EXISTS (SELECT 1 FROM windows w WHERE w.id = a.window_id AND w.state NOT IN ('pending', 'cancelled')))) \
     ORDER BY publish_at, id LIMIT $2";

pub(super) const NEXT_EMBARGO: &str = "SELECT publish_at FROM advisories \
     WHERE published_at IS NULL AND withdrawn_at IS NULL AND publish_at IS NOT NULL ORDER BY publish_at, id LIMIT 1";

/// Fixes whose window is over or whose item is gone, and fixes that wait and for which there is a window now. The open
/// states are spelt as in the index `windows_open`.
pub(super) const FIXES_DUE: &str = "SELECT DISTINCT f.advisory_id FROM advisory_fixes f \
     WHERE f.fixed_at IS NULL AND ( \
       (f.window_id IS NOT NULL AND ( \
         EXISTS (SELECT 1 FROM windows w WHERE w.id = f.window_id AND w.state IN ('completed', 'cancelled')) \
         OR NOT EXISTS (SELECT 1 FROM change_items i WHERE i.window_id = f.window_id AND i.number = f.item))) \
       OR (f.window_id IS NULL AND EXISTS (SELECT 1 FROM windows n \
         WHERE n.state IN ('pending', 'scheduled', 'in_progress', 'verifying') AND n.state = 'scheduled' \
         AND n.starts_at > $1 AND n.starts_at > f.after_at \
         AND EXISTS (SELECT 1 FROM window_services s WHERE s.window_id = n.id AND s.service = f.service)))) \
     ORDER BY f.advisory_id LIMIT $2";

#[derive(sqlx::FromRow)]
struct AdvisoryRow {
    id: i64,
    title: String,
    ids: String,
    severity: Option<String>,
    disposition: String,
    services: String,
    window_id: Option<i64>,
    details: String,
    public: String,
    publish_at: Option<DateTime<Utc>>,
    published_at: Option<DateTime<Utc>>,
    withdrawn_at: Option<DateTime<Utc>>,
    withdrawn_because: String,
    requester: String,
    place: String,
    created_at: DateTime<Utc>,
}

impl TryFrom<AdvisoryRow> for Advisory {
    type Error = StoreError;

    fn try_from(row: AdvisoryRow) -> Result<Self> {
        let id = AdvisoryId(row.id);
        let what = |column: &str| format!("{id}, {column}");
        Ok(Self {
            id,
            title: row.title,
            ids: from_json(what("ids"), &row.ids)?,
            severity: from_optional_word(what("severity"), row.severity.as_deref())?,
            disposition: from_word(what("disposition"), &row.disposition)?,
            services: from_json(what("services"), &row.services)?,
            window: row.window_id.map(WindowId),
            details: row.details,
            public: row.public,
            publish_at: row.publish_at,
            published_at: row.published_at,
            withdrawn_at: row.withdrawn_at,
            withdrawn_because: row.withdrawn_because,
            requester: row.requester,
            place: row.place,
            created_at: row.created_at,
        })
    }
}

#[derive(sqlx::FromRow)]
struct FixRow {
    service: String,
    window_id: Option<i64>,
    item: Option<i64>,
    after_at: DateTime<Utc>,
    fixed_at: Option<DateTime<Utc>>,
}

impl From<FixRow> for Fix {
    fn from(row: FixRow) -> Self {
        let place = row.window_id.zip(row.item).map(|(window, item)| Place { window: WindowId(window), item });
        Self { service: row.service, place, after: row.after_at, fixed_at: row.fixed_at }
    }
}

impl Tx {
    /// Stores a new advisory.
    ///
    /// # Errors
    /// A fault of the database, also where the id is taken.
    pub async fn insert_advisory(&mut self, advisory: &Advisory) -> Result<()> {
        self.save_advisory(INSERT, advisory).await.map(drop)
    }

    /// Stores what is now known of an advisory.
    ///
    /// # Errors
    /// A fault of the database; [`StoreError::Missing`] where there is no such advisory.
    pub async fn update_advisory(&mut self, advisory: &Advisory) -> Result<()> {
        let updated = self.save_advisory(UPDATE, advisory).await?;
        if updated == 0 { Err(StoreError::Missing(advisory.id.to_string())) } else { Ok(()) }
    }

    async fn save_advisory(&mut self, sql: &'static str, advisory: &Advisory) -> Result<u64> {
        let (ids, services) = (to_json(&advisory.ids)?, to_json(&advisory.services)?);
        Ok(on!(self, |c| {
            sqlx::query(sql)
                .bind(advisory.id.0)
                .bind(&advisory.title)
                .bind(ids)
                .bind(advisory.severity.map(Severity::as_str))
                .bind(advisory.disposition.as_str())
                .bind(services)
                .bind(advisory.window.map(|id| id.0))
                .bind(&advisory.details)
                .bind(&advisory.public)
                .bind(advisory.publish_at.map(whole))
                .bind(advisory.published_at.map(whole))
                .bind(advisory.withdrawn_at.map(whole))
                .bind(&advisory.withdrawn_because)
                .bind(&advisory.requester)
                .bind(&advisory.place)
                .bind(whole(advisory.created_at))
                .execute(c)
                .await?
                .rows_affected()
        }))
    }

    /// One advisory.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn advisory(&mut self, id: AdvisoryId) -> Result<Option<Advisory>> {
        let sql = concat!("SELECT ", advisory_columns!(), " FROM advisories WHERE id = $1");
        let row: Option<AdvisoryRow> = on!(self, |c| sqlx::query_as(sql).bind(id.0).fetch_optional(c).await?);
        row.map(Advisory::try_from).transpose()
    }

    /// At most `limit` advisories, the newest first, those made before `before` where that is given.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn advisories(&mut self, before: Option<AdvisoryId>, limit: i64) -> Result<Vec<Advisory>> {
        let before = before.map_or(i64::MAX, |id| id.0);
        let rows: Vec<AdvisoryRow> =
            on!(self, |c| sqlx::query_as(LATEST).bind(before).bind(limit).fetch_all(c).await?);
        rows.into_iter().map(Advisory::try_from).collect()
    }

    /// The advisories that name a window: the one that it patches, those that it has patched.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn advisories_of(&mut self, window: WindowId) -> Result<Vec<Advisory>> {
        let rows: Vec<AdvisoryRow> = on!(self, |c| sqlx::query_as(OF_WINDOW).bind(window.0).fetch_all(c).await?);
        rows.into_iter().map(Advisory::try_from).collect()
    }

    /// At most `limit` advisories that are to be marked as public: their embargo ends at `now` (UTC) or before, or their
    /// window is public.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn advisories_due(&mut self, now: DateTime<Utc>, limit: i64) -> Result<Vec<AdvisoryId>> {
        let ids: Vec<i64> =
            on!(self, |c| sqlx::query_scalar(UNPUBLISHED).bind(whole(now)).bind(limit).fetch_all(c).await?);
        Ok(ids.into_iter().map(AdvisoryId).collect())
    }

    /// When the next embargo ends (UTC).
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn next_embargo_at(&mut self) -> Result<Option<DateTime<Utc>>> {
        Ok(on!(self, |c| sqlx::query_scalar(NEXT_EMBARGO).fetch_optional(c).await?))
    }

    /// At most `limit` advisories with a fix that must be looked at: its window is over, its item is gone, or it waits for
    /// a window and one is scheduled that starts after `now` (UTC).
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn fixes_due(&mut self, now: DateTime<Utc>, limit: i64) -> Result<Vec<AdvisoryId>> {
        let ids: Vec<i64> =
            on!(self, |c| sqlx::query_scalar(FIXES_DUE).bind(whole(now)).bind(limit).fetch_all(c).await?);
        Ok(ids.into_iter().map(AdvisoryId).collect())
    }

    /// The fixes of an advisory by service.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn fixes(&mut self, advisory: AdvisoryId) -> Result<Vec<Fix>> {
        let sql = "SELECT service, window_id, item, after_at, fixed_at FROM advisory_fixes WHERE advisory_id = $1";
        let rows: Vec<FixRow> = on!(self, |c| sqlx::query_as(sql).bind(advisory.0).fetch_all(c).await?);
        let mut fixes: Vec<Fix> = rows.into_iter().map(Fix::from).collect();
        fixes.sort_by(|a, b| a.service.cmp(&b.service));
        Ok(fixes)
    }

    /// Stores where a fix is; a new one, or another word on one that is known.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn save_fix(&mut self, advisory: AdvisoryId, fix: &Fix) -> Result<()> {
        let sql = "INSERT INTO advisory_fixes (advisory_id, service, window_id, item, after_at, fixed_at) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (advisory_id, service) DO UPDATE SET \
                   window_id = excluded.window_id, item = excluded.item, after_at = excluded.after_at, \
                   fixed_at = excluded.fixed_at";
        on!(self, |c| {
            sqlx::query(sql)
                .bind(advisory.0)
                .bind(&fix.service)
                .bind(fix.place.map(|place| place.window.0))
                .bind(fix.place.map(|place| place.item))
                .bind(whole(fix.after))
                .bind(fix.fixed_at.map(whole))
                .execute(c)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// Forgets the fixes of an advisory that were not made.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn drop_open_fixes(&mut self, advisory: AdvisoryId) -> Result<()> {
        let sql = "DELETE FROM advisory_fixes WHERE advisory_id = $1 AND fixed_at IS NULL";
        on!(self, |c| sqlx::query(sql).bind(advisory.0).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Remembers that a change item belongs to an advisory.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn link_item(&mut self, advisory: AdvisoryId, place: Place) -> Result<()> {
        let sql =
            "INSERT INTO advisory_items (advisory_id, window_id, item) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        on!(self, |c| {
            sqlx::query(sql).bind(advisory.0).bind(place.window.0).bind(place.item).execute(c).await.map(drop)
        })?;
        Ok(())
    }

    /// The change items that an advisory made, also those that are gone, by window and number.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn linked_items(&mut self, advisory: AdvisoryId) -> Result<Vec<Place>> {
        let sql = "SELECT window_id, item FROM advisory_items WHERE advisory_id = $1 ORDER BY window_id, item";
        let rows: Vec<(i64, i64)> = on!(self, |c| sqlx::query_as(sql).bind(advisory.0).fetch_all(c).await?);
        Ok(rows.into_iter().map(|(window, item)| Place { window: WindowId(window), item }).collect())
    }

    /// Makes every other command on this advisory wait until this transaction ends. Comes before the locks of windows.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lock_advisory(&mut self, id: AdvisoryId) -> Result<()> {
        self.lock("SELECT id FROM advisories WHERE id = $1 FOR UPDATE", id.0).await
    }
}
