//! Subscriptions: who asked to be told, what waits to be confirmed, and which ladders follow a change already.
//!
//! Who reads them to plan by holds [`Tx::subscriptions_stamp`] with a lock until its transaction ends, who changes them
//! [`Tx::lock_subscriptions`]; both come before every other lock. So a window is never planned for subscribers of before by
//! a transaction that ends after the change.

use chrono::{DateTime, Utc};

use super::convert::{from_json, from_word, to_json, whole};
use super::{Result, StoreError, Tx};
use crate::domain::channel::Channel;
use crate::domain::ledger::{DeliveryState, Reason};
use crate::domain::subject::Subject;
use crate::domain::subscription::{Choice, Subscription, SubscriptionId, token_hash};
use crate::domain::window::WindowId;

macro_rules! subscription_columns {
    () => {
        "id, channel, services, regions, since, wish, token, created_by, created_at"
    };
}

const STAMP: &str = "SELECT value FROM counters WHERE name = 'subscriptions'";

pub(super) const ON_CHANNEL: &str =
    concat!("SELECT ", subscription_columns!(), " FROM subscriptions WHERE channel = $1");

pub(super) const BY_TOKEN: &str =
    concat!("SELECT ", subscription_columns!(), " FROM subscriptions WHERE token_hash = $1");

pub(super) const STALE: &str = concat!(
    "SELECT ",
    subscription_columns!(),
    " FROM subscriptions WHERE asked_at IS NOT NULL AND asked_at <= $1 ORDER BY asked_at LIMIT $2"
);

pub(super) const WAITING: &str = "SELECT COUNT(*) FROM subscriptions WHERE asked_at IS NOT NULL";

pub(super) const TO_PLAN: &str = concat!(
    "SELECT ",
    subscription_columns!(),
    ", changed, plan_after FROM subscriptions WHERE plan_after IS NOT NULL ORDER BY id LIMIT 1"
);

/// The states are spelt as in the index `windows_open_id`.
pub(super) const OPEN_AFTER: &str = "SELECT id FROM windows \
     WHERE state IN ('pending', 'scheduled', 'in_progress', 'verifying') AND id > $1 ORDER BY id LIMIT $2";

/// Spelt as in the index `deliveries_subscribers`.
pub(super) const OWED: &str = "UPDATE deliveries SET state = $2, reason = $3, in_doubt = FALSE, lease_owner = NULL \
     WHERE audience = 'subscribers' AND channel = $1 AND state IN ('due', 'retrying')";

#[derive(sqlx::FromRow)]
struct SubscriptionRow {
    id: i64,
    channel: String,
    services: String,
    regions: String,
    since: Option<DateTime<Utc>>,
    wish: Option<String>,
    token: String,
    created_by: String,
    created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct ToPlanRow {
    #[sqlx(flatten)]
    subscription: SubscriptionRow,
    changed: i64,
    plan_after: i64,
}

impl TryFrom<SubscriptionRow> for Subscription {
    type Error = StoreError;

    fn try_from(row: SubscriptionRow) -> Result<Self> {
        let id = SubscriptionId(row.id);
        let what = |column: &str| format!("{id}, {column}");
        let services = from_json(what("services"), &row.services)?;
        let regions = from_json(what("regions"), &row.regions)?;
        Ok(Self {
            id,
            channel: from_word(what("channel"), &row.channel)?,
            choice: Choice { services, regions },
            since: row.since,
            wish: row.wish.map(|json| from_json(what("wish"), &json)).transpose()?,
            token: row.token,
            created_by: row.created_by,
            created_at: row.created_at,
        })
    }
}

/// A subscription that the ladders of some windows do not follow yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToPlan {
    /// The subscription.
    pub subscription: Subscription,
    /// The change that they have to follow.
    pub stamp: i64,
    /// Windows up to this number follow it.
    pub after: WindowId,
}

const INSERT: &str = concat!(
    "INSERT INTO subscriptions (",
    subscription_columns!(),
    ", token_hash, asked_at, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)"
);

const UPDATE: &str = "UPDATE subscriptions SET channel = $2, services = $3, regions = $4, since = $5, wish = $6, \
     token = $7, created_by = $8, created_at = $9, token_hash = $10, asked_at = $11 WHERE id = $1";

impl Tx {
    /// The counter of subscriptions.
    const SUBSCRIPTION: &'static str = "subscription";

    /// The stamp of the subscriptions as they are confirmed. With `lock` nobody changes them before this transaction ends;
    /// it comes before every other lock then.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn subscriptions_stamp(&mut self, lock: bool) -> Result<i64> {
        Ok(match self {
            Self::Sqlite(open) => sqlx::query_scalar(STAMP).fetch_one(&mut **open).await?,
            Self::Postgres(open) if lock => {
                let sql = "SELECT value FROM counters WHERE name = 'subscriptions' FOR SHARE";
                sqlx::query_scalar(sql).fetch_one(&mut **open).await?
            }
            Self::Postgres(open) => sqlx::query_scalar(STAMP).fetch_one(&mut **open).await?,
        })
    }

    /// Makes everybody who plans by the subscriptions, or changes them, wait until this transaction ends. Comes first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lock_subscriptions(&mut self) -> Result<()> {
        if let Self::Postgres(open) = self {
            let sql = "SELECT value FROM counters WHERE name = 'subscriptions' FOR UPDATE";
            sqlx::query(sql).execute(&mut **open).await?;
        }
        Ok(())
    }

    /// The subscriptions changed: they have another stamp from now on, one that no other state of them has.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn stamp_subscriptions(&mut self, stamp: i64) -> Result<()> {
        let sql = "UPDATE counters SET value = $1 WHERE name = 'subscriptions'";
        on!(self, |c| sqlx::query(sql).bind(stamp).execute(c).await.map(drop))?;
        Ok(())
    }

    /// The id for a new subscription.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn next_subscription_id(&mut self) -> Result<SubscriptionId> {
        self.next_id(Self::SUBSCRIPTION).await.map(SubscriptionId)
    }

    /// Stores a new subscription.
    ///
    /// # Errors
    /// A fault of the database, also where its channel has one.
    pub async fn insert_subscription(&mut self, subscription: &Subscription) -> Result<()> {
        self.save_subscription(INSERT, subscription).await.map(drop)
    }

    /// Stores what is now known of a subscription.
    ///
    /// # Errors
    /// A fault of the database; [`StoreError::Missing`] where there is no such subscription.
    pub async fn update_subscription(&mut self, subscription: &Subscription) -> Result<()> {
        let updated = self.save_subscription(UPDATE, subscription).await?;
        if updated == 0 { Err(StoreError::Missing(subscription.id.to_string())) } else { Ok(()) }
    }

    async fn save_subscription(&mut self, sql: &'static str, s: &Subscription) -> Result<u64> {
        let (services, regions) = (to_json(&s.choice.services)?, to_json(&s.choice.regions)?);
        let wish = s.wish.as_ref().map(to_json).transpose()?;
        let asked_at = s.wish.as_ref().map(|wish| whole(wish.asked_at));
        Ok(on!(self, |c| {
            sqlx::query(sql)
                .bind(s.id.0)
                .bind(s.channel.to_string())
                .bind(services)
                .bind(regions)
                .bind(s.since.map(whole))
                .bind(wish)
                .bind(&s.token)
                .bind(&s.created_by)
                .bind(whole(s.created_at))
                .bind(token_hash(&s.token))
                .bind(asked_at)
                .execute(c)
                .await?
                .rows_affected()
        }))
    }

    /// Takes a subscription away. Its audit trail stays.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn remove_subscription(&mut self, id: SubscriptionId) -> Result<()> {
        let (own, subject) = ("DELETE FROM subscriptions WHERE id = $1", Subject::from(id).to_string());
        let rows = "DELETE FROM deliveries WHERE subject = $1";
        on!(self, |c| {
            sqlx::query(rows).bind(subject).execute(&mut *c).await?;
            sqlx::query(own).bind(id.0).execute(c).await?;
        });
        Ok(())
    }

    /// Takes a subscription that was never confirmed away as if it had not been.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn forget_subscription(&mut self, id: SubscriptionId) -> Result<()> {
        self.remove_subscription(id).await?;
        let events = "DELETE FROM events WHERE subject = $1";
        on!(self, |c| sqlx::query(events).bind(Subject::from(id).to_string()).execute(c).await.map(drop))?;
        Ok(())
    }

    /// One subscription.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn subscription(&mut self, id: SubscriptionId) -> Result<Option<Subscription>> {
        let sql = concat!("SELECT ", subscription_columns!(), " FROM subscriptions WHERE id = $1");
        let row: Option<SubscriptionRow> = on!(self, |c| sqlx::query_as(sql).bind(id.0).fetch_optional(c).await?);
        row.map(Subscription::try_from).transpose()
    }

    /// That of a channel, confirmed or not.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn subscription_on(&mut self, channel: &Channel) -> Result<Option<Subscription>> {
        let channel = channel.to_string();
        let row: Option<SubscriptionRow> =
            on!(self, |c| sqlx::query_as(ON_CHANNEL).bind(channel).fetch_optional(c).await?);
        row.map(Subscription::try_from).transpose()
    }

    /// That whose links hold this token.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn subscription_by_token(&mut self, token: &str) -> Result<Option<Subscription>> {
        let hash = token_hash(token);
        let row: Option<SubscriptionRow> = on!(self, |c| sqlx::query_as(BY_TOKEN).bind(hash).fetch_optional(c).await?);
        row.map(Subscription::try_from).transpose()
    }

    /// All that are confirmed, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn confirmed_subscriptions(&mut self) -> Result<Vec<Subscription>> {
        let sql =
            concat!("SELECT ", subscription_columns!(), " FROM subscriptions WHERE since IS NOT NULL ORDER BY id");
        let rows: Vec<SubscriptionRow> = on!(self, |c| sqlx::query_as(sql).fetch_all(c).await?);
        rows.into_iter().map(Subscription::try_from).collect()
    }

    /// At most `limit` that are confirmed and have a higher number than `after`, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn subscriptions_after(&mut self, after: SubscriptionId, limit: i64) -> Result<Vec<Subscription>> {
        let sql = concat!(
            "SELECT ",
            subscription_columns!(),
            " FROM subscriptions WHERE since IS NOT NULL AND id > $1 ORDER BY id LIMIT $2"
        );
        let rows: Vec<SubscriptionRow> =
            on!(self, |c| sqlx::query_as(sql).bind(after.0).bind(limit).fetch_all(c).await?);
        rows.into_iter().map(Subscription::try_from).collect()
    }

    /// How many there are, confirmed or not, and how many wait to be confirmed.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn subscription_counts(&mut self) -> Result<(i64, i64)> {
        let all = "SELECT COUNT(*) FROM subscriptions";
        Ok(on!(self, |c| {
            let all: i64 = sqlx::query_scalar(all).fetch_one(&mut *c).await?;
            (all, sqlx::query_scalar(WAITING).fetch_one(c).await?)
        }))
    }

    /// At most `limit` of those where something was asked for at `before` (UTC) or earlier and is not confirmed.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn stale_subscriptions(&mut self, before: DateTime<Utc>, limit: i64) -> Result<Vec<Subscription>> {
        let rows: Vec<SubscriptionRow> =
            on!(self, |c| sqlx::query_as(STALE).bind(whole(before)).bind(limit).fetch_all(c).await?);
        rows.into_iter().map(Subscription::try_from).collect()
    }

    /// The ladders of all windows have to follow this subscription as it is since the change with this stamp.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn plan_subscription(&mut self, id: SubscriptionId, stamp: i64) -> Result<()> {
        let sql = "UPDATE subscriptions SET changed = $2, plan_after = 0 WHERE id = $1";
        on!(self, |c| sqlx::query(sql).bind(id.0).bind(stamp).execute(c).await.map(drop))?;
        Ok(())
    }

    /// The first subscription that the ladders of some windows do not follow yet.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn subscription_to_plan(&mut self) -> Result<Option<ToPlan>> {
        let row: Option<ToPlanRow> = on!(self, |c| sqlx::query_as(TO_PLAN).fetch_optional(c).await?);
        let to_plan = |row: ToPlanRow| {
            let (stamp, after) = (row.changed, WindowId(row.plan_after));
            Ok(ToPlan { subscription: row.subscription.try_into()?, stamp, after })
        };
        row.map(to_plan).transpose()
    }

    /// Windows up to this number follow the change with this stamp; `None`: all do. Nothing where it has changed again.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn planned_subscription(&mut self, of: &ToPlan, to: Option<WindowId>) -> Result<()> {
        let sql = "UPDATE subscriptions SET plan_after = $3 WHERE id = $1 AND changed = $2 AND plan_after IS NOT NULL";
        let (id, to) = (of.subscription.id.0, to.map(|id| id.0));
        on!(self, |c| sqlx::query(sql).bind(id).bind(of.stamp).bind(to).execute(c).await.map(drop))?;
        Ok(())
    }

    /// At most `limit` windows that are not over and have a higher number than `after`, by number.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn open_windows_after(&mut self, after: WindowId, limit: i64) -> Result<Vec<WindowId>> {
        let ids: Vec<i64> =
            on!(self, |c| sqlx::query_scalar(OPEN_AFTER).bind(after.0).bind(limit).fetch_all(c).await?);
        Ok(ids.into_iter().map(WindowId).collect())
    }

    /// Settles what is owed to a channel as a subscriber: nobody there wants it any more. Returns how many rows that was.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn unsubscribe_rows(&mut self, channel: &Channel) -> Result<u64> {
        Ok(on!(self, |c| {
            let query = sqlx::query(OWED).bind(channel.to_string()).bind(DeliveryState::Skipped.as_str());
            query.bind(Reason::Unsubscribed.as_str()).execute(c).await?.rows_affected()
        }))
    }
}
