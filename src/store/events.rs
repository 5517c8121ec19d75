//! The audit trail: events are added and read, never changed.

use chrono::{DateTime, Utc};

use super::convert::{from_json, to_json, whole};
use super::{Result, StoreError, Tx};
use crate::domain::event::{Event, What};
use crate::domain::window::WindowId;

#[derive(sqlx::FromRow)]
struct EventRow {
    id: i64,
    window_id: i64,
    at: DateTime<Utc>,
    actor: String,
    place: String,
    what: String,
}

impl TryFrom<EventRow> for Event {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self> {
        Ok(Self {
            what: from_json(format_args!("event {}", row.id), &row.what)?,
            id: row.id,
            at: row.at,
            window: WindowId(row.window_id),
            actor: row.actor,
            place: row.place,
        })
    }
}

impl Tx {
    /// Adds an event and returns its id. `at` is UTC.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn add_event(
        &mut self,
        window: WindowId,
        at: DateTime<Utc>,
        actor: &str,
        place: &str,
        what: &What,
    ) -> Result<i64> {
        let id = self.next_id(Self::EVENT).await?;
        let what = to_json(what)?;
        let sql = "INSERT INTO events (id, window_id, at, actor, place, what) VALUES ($1, $2, $3, $4, $5, $6)";
        on!(self, |c| {
            let insert = sqlx::query(sql).bind(id).bind(window.0).bind(whole(at)).bind(actor).bind(place).bind(what);
            insert.execute(c).await.map(drop)
        })?;
        Ok(id)
    }

    /// One event.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn event(&mut self, id: i64) -> Result<Option<Event>> {
        let sql = "SELECT id, window_id, at, actor, place, what FROM events WHERE id = $1";
        let row: Option<EventRow> = on!(self, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await?);
        row.map(Event::try_from).transpose()
    }

    /// Everything that happened to a window, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn events(&mut self, window: WindowId) -> Result<Vec<Event>> {
        let sql = "SELECT id, window_id, at, actor, place, what FROM events WHERE window_id = $1 ORDER BY id";
        let rows: Vec<EventRow> = on!(self, |c| sqlx::query_as(sql).bind(window.0).fetch_all(c).await?);
        rows.into_iter().map(Event::try_from).collect()
    }

    /// The id of the last thing that happened to a window.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn last_event(&mut self, window: WindowId) -> Result<Option<i64>> {
        let sql = "SELECT id FROM events WHERE window_id = $1 ORDER BY id DESC LIMIT 1";
        Ok(on!(self, |c| sqlx::query_scalar(sql).bind(window.0).fetch_optional(c).await?))
    }
}
