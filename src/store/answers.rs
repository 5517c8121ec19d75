//! Replies that were given: by the key of a request, and by what was asked.

use chrono::{DateTime, Utc};

use super::convert::whole;
use super::{Result, Tx};

/// The reply that a request got under its key.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredAnswer {
    /// The HTTP status.
    pub status: i64,
    /// The body as it was sent.
    pub body: String,
}

/// The last time that the same was asked by the same person.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Repeat {
    /// When (UTC).
    pub at: DateTime<Utc>,
    /// What it was about, such as a window's id.
    pub subject: String,
    /// The event that it caused.
    #[sqlx(rename = "event_id")]
    pub event: i64,
    /// The reply.
    pub body: String,
}

impl Tx {
    /// The reply given under a key.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn answer(&mut self, key: &str) -> Result<Option<StoredAnswer>> {
        let sql = "SELECT status, body FROM answers WHERE key = $1";
        Ok(on!(self, |c| sqlx::query_as(sql).bind(key).fetch_optional(c).await?))
    }

    /// Keeps the reply for a key. `false`: the key has one already, given in the meantime to the same request; then
    /// this transaction must not commit.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn save_answer(&mut self, key: &str, status: i64, body: &str, at: DateTime<Utc>) -> Result<bool> {
        let sql = "INSERT INTO answers (key, status, body, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        let saved = on!(self, |c| {
            sqlx::query(sql).bind(key).bind(status).bind(body).bind(whole(at)).execute(c).await?.rows_affected()
        });
        Ok(saved == 1)
    }

    /// Forgets replies given before an instant (UTC); returns how many.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn purge_answers(&mut self, before: DateTime<Utc>) -> Result<u64> {
        let sql = "DELETE FROM answers WHERE at < $1";
        Ok(on!(self, |c| sqlx::query(sql).bind(whole(before)).execute(c).await?.rows_affected()))
    }

    /// The last time this was asked.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn repeat(&mut self, fingerprint: &str) -> Result<Option<Repeat>> {
        let sql = "SELECT at, subject, event_id, body FROM repeats WHERE fingerprint = $1";
        Ok(on!(self, |c| sqlx::query_as(sql).bind(fingerprint).fetch_optional(c).await?))
    }

    /// Remembers that this was asked, in place of the time before.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn save_repeat(&mut self, fingerprint: &str, repeat: &Repeat) -> Result<()> {
        let sql = "INSERT INTO repeats (fingerprint, at, subject, event_id, body) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (fingerprint) DO UPDATE SET at = excluded.at, subject = excluded.subject, \
                   event_id = excluded.event_id, body = excluded.body";
        on!(self, |c| {
            let insert = sqlx::query(sql).bind(fingerprint).bind(whole(repeat.at)).bind(&repeat.subject);
            insert.bind(repeat.event).bind(&repeat.body).execute(c).await.map(drop)
        })?;
        Ok(())
    }

    /// Forgets what was asked before an instant (UTC); returns how many.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn purge_repeats(&mut self, before: DateTime<Utc>) -> Result<u64> {
        let sql = "DELETE FROM repeats WHERE at < $1";
        Ok(on!(self, |c| sqlx::query(sql).bind(whole(before)).execute(c).await?.rows_affected()))
    }
}
