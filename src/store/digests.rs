//! When digests are owed next, and the latest that were.

use chrono::{DateTime, Utc};

use super::convert::{from_word, whole};
use super::deliveries::{DeliveryRow, delivery_columns, to_deliveries};
use super::{Result, StoreError, Tx};
use crate::domain::ledger::Delivery;
use crate::domain::organisation::Channel;

const CLOCKS: &str = "SELECT channel, rule, next_at FROM digests ORDER BY channel";

pub(super) const ON_CHANNEL: &str = concat!(
    "SELECT ",
    delivery_columns!(),
    " FROM deliveries WHERE subject = 'digest' AND channel = $1 ORDER BY due_at DESC, id DESC LIMIT $2"
);

/// When a channel is owed the next digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestClock {
    /// Where it goes.
    pub channel: Channel,
    /// The times as they were configured when `next_at` was found, with their zone.
    pub rule: String,
    /// When (UTC); `None`: never again.
    pub next_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct ClockRow {
    channel: String,
    rule: String,
    next_at: Option<DateTime<Utc>>,
}

impl TryFrom<ClockRow> for DigestClock {
    type Error = StoreError;

    fn try_from(row: ClockRow) -> Result<Self> {
        Ok(Self { channel: from_word("a digest's channel", &row.channel)?, rule: row.rule, next_at: row.next_at })
    }
}

impl Tx {
    /// All of them, by channel: as many as channels are configured.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn digest_clocks(&mut self) -> Result<Vec<DigestClock>> {
        let rows: Vec<ClockRow> = on!(self, |c| sqlx::query_as(CLOCKS).fetch_all(c).await?);
        rows.into_iter().map(DigestClock::try_from).collect()
    }

    /// Stores when a channel is owed the next one.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn set_digest_clock(&mut self, clock: &DigestClock) -> Result<()> {
        let sql = "INSERT INTO digests (channel, rule, next_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (channel) DO UPDATE SET rule = excluded.rule, next_at = excluded.next_at";
        let (channel, next_at) = (clock.channel.to_string(), clock.next_at.map(whole));
        on!(self, |c| sqlx::query(sql).bind(channel).bind(&clock.rule).bind(next_at).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Forgets a channel that gets no digest any more.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn remove_digest_clock(&mut self, channel: &Channel) -> Result<()> {
        let sql = "DELETE FROM digests WHERE channel = $1";
        on!(self, |c| sqlx::query(sql).bind(channel.to_string()).execute(c).await.map(drop))?;
        Ok(())
    }

    /// At most `limit` rows about digests on a channel, in the order they were due; of more the latest.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn digests_on(&mut self, channel: &Channel, limit: i64) -> Result<Vec<Delivery>> {
        let channel = channel.to_string();
        let mut rows: Vec<DeliveryRow> =
            on!(self, |c| sqlx::query_as(ON_CHANNEL).bind(channel).bind(limit).fetch_all(c).await?);
        rows.reverse();
        to_deliveries(rows)
    }
}
