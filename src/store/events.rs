//! The audit trail: events are added and read, never changed.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;

use super::convert::{ROWS_AT_ONCE, from_json, from_word, to_count, to_json, whole};
use super::{Result, StoreError, Tx};
use crate::domain::event::{Event, What};
use crate::domain::subject::Subject;

#[derive(sqlx::FromRow)]
struct EventRow {
    id: i64,
    subject: String,
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
            subject: from_word(format_args!("event {}, subject", row.id), &row.subject)?,
            actor: row.actor,
            place: row.place,
        })
    }
}

/// Something that happened, before it has an id.
#[derive(Clone, Copy, Debug)]
pub struct NewEvent<'a> {
    /// What it happened to.
    pub subject: Subject,
    /// When (UTC).
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: &'a str,
    /// Where, such as `console`.
    pub place: &'a str,
    /// What.
    pub what: &'a What,
}

pub(super) const OF_SUBJECT: &str =
    "SELECT id, subject, at, actor, place, what FROM events WHERE subject = $1 ORDER BY id";

pub(super) const LAST: &str = "SELECT id FROM events WHERE subject = $1 ORDER BY id DESC LIMIT 1";

pub(super) const LATEST: &str =
    "SELECT id, subject, at, actor, place, what FROM events WHERE subject = $1 ORDER BY id DESC LIMIT $2";

impl Tx {
    /// Adds an event and returns its id. `at` is UTC.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn add_event(
        &mut self,
        subject: impl Into<Subject>,
        at: DateTime<Utc>,
        actor: &str,
        place: &str,
        what: &What,
    ) -> Result<i64> {
        let id = self.next_id(Self::EVENT).await?;
        self.insert_events(id, &[NewEvent { subject: subject.into(), at, actor, place, what }]).await?;
        Ok(id)
    }

    /// Adds events and returns their ids, rising in the order of the events.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn add_events(&mut self, events: &[NewEvent<'_>]) -> Result<Vec<i64>> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let first = self.next_ids(Self::EVENT, to_count(events.len())).await?;
        self.insert_events(first, events).await?;
        Ok((first..).take(events.len()).collect())
    }

    async fn insert_events(&mut self, first: i64, events: &[NewEvent<'_>]) -> Result<()> {
        let rows: Vec<_> =
            (first..).zip(events).map(|(id, event)| Ok((id, event, to_json(event.what)?))).collect::<Result<_>>()?;
        for rows in rows.chunks(ROWS_AT_ONCE) {
            on!(self, |c| {
                let mut query = QueryBuilder::new("INSERT INTO events (id, subject, at, actor, place, what) ");
                query.push_values(rows, |mut values, (id, event, what)| {
                    values
                        .push_bind(id)
                        .push_bind(event.subject.to_string())
                        .push_bind(whole(event.at))
                        .push_bind(event.actor)
                        .push_bind(event.place)
                        .push_bind(what);
                });
                query.build().execute(c).await.map(drop)
            })?;
        }
        Ok(())
    }

    /// One event.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn event(&mut self, id: i64) -> Result<Option<Event>> {
        let sql = "SELECT id, subject, at, actor, place, what FROM events WHERE id = $1";
        let row: Option<EventRow> = on!(self, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await?);
        row.map(Event::try_from).transpose()
    }

    /// Everything that happened to a window, plan, series or freeze, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn events(&mut self, subject: impl Into<Subject>) -> Result<Vec<Event>> {
        let subject = subject.into().to_string();
        let rows: Vec<EventRow> = on!(self, |c| sqlx::query_as(OF_SUBJECT).bind(subject).fetch_all(c).await?);
        rows.into_iter().map(Event::try_from).collect()
    }

    /// At most `limit` things that happened to something, oldest first; of more the latest.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn latest_events(&mut self, subject: impl Into<Subject>, limit: i64) -> Result<Vec<Event>> {
        let subject = subject.into().to_string();
        let mut rows: Vec<EventRow> =
            on!(self, |c| sqlx::query_as(LATEST).bind(subject).bind(limit).fetch_all(c).await?);
        rows.reverse();
        rows.into_iter().map(Event::try_from).collect()
    }

    /// Everything that happened to any of these, oldest first: a plan with its phases.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn events_of(&mut self, subjects: &[Subject]) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        for subject in subjects.iter().copied().collect::<BTreeSet<_>>() {
            events.extend(self.events(subject).await?);
        }
        events.sort_by_key(|event| event.id);
        Ok(events)
    }

    /// The id of the last thing that happened to a window, plan, series or freeze.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn last_event(&mut self, subject: impl Into<Subject>) -> Result<Option<i64>> {
        let subject = subject.into().to_string();
        Ok(on!(self, |c| sqlx::query_scalar(LAST).bind(subject).fetch_optional(c).await?))
    }
}
