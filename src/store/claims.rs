//! The ledger as the sender sees it: rows are claimed under a lease, and what became of each is recorded.
//!
//! No transaction stays open while something is sent. A row whose lease has run out belongs to a sender that died: it
//! is claimed again, marked as in doubt.

use chrono::{DateTime, Utc};

use super::convert::whole;
use super::deliveries::{DeliveryRow, delivery_columns};
use super::{Result, Tx};
use crate::domain::channel::Lane;
use crate::domain::ledger::{Delivery, DeliveryState, Reason};

/// A row that the caller is now to send or to settle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The row, already in state `sending` and with this attempt counted.
    pub delivery: Delivery,
    /// It may have arrived although nobody recorded it: ask the channel before sending it again.
    pub in_doubt: bool,
}

/// How a row ends that is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Its moment passed or nobody needed it.
    Skipped,
    /// Something newer took its place.
    Superseded,
}

impl From<Settled> for DeliveryState {
    fn from(settled: Settled) -> Self {
        match settled {
            Settled::Skipped => Self::Skipped,
            Settled::Superseded => Self::Superseded,
        }
    }
}

/// No unfinished row of the same queue and channel is due before row `d`: per channel, messages keep their order.
macro_rules! first_in_line {
    () => {
        "NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.queue = d.queue AND e.channel = d.channel \
         AND e.state IN ('due', 'retrying', 'sending') AND (e.due_at, e.id) < (d.due_at, d.id))"
    };
}

/// Rows are chosen first and then taken, so that the limit holds. The right-hand sides see the row as it was.
macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "WITH next AS MATERIALIZED (SELECT d.id FROM deliveries d \
             WHERE d.state IN ('due', 'retrying', 'sending') AND d.lane = $5 AND d.claim_at <= $2 AND ",
            first_in_line!(),
            " ORDER BY d.claim_at, d.id LIMIT $4",
            $lock,
            ") UPDATE deliveries SET state = 'sending', in_doubt = (in_doubt OR state = 'sending'), lease_owner = $1, \
             claim_at = $3, attempts = attempts + 1 WHERE id IN (SELECT id FROM next) RETURNING ",
            delivery_columns!()
        )
    };
}

pub(super) const CLAIM_SQLITE: &str = claim!("");
/// Senders pass over rows that another one is taking at this moment.
pub(super) const CLAIM_POSTGRES: &str = claim!(" FOR UPDATE OF d SKIP LOCKED");

pub(super) const NEXT_CLAIM: &str = concat!(
    "SELECT d.claim_at FROM deliveries d WHERE d.state IN ('due', 'retrying', 'sending') AND d.lane = $1 AND ",
    first_in_line!(),
    " ORDER BY d.claim_at, d.id LIMIT 1"
);

const END_LEASES: &str = "UPDATE deliveries SET claim_at = $1 WHERE state = 'sending' AND claim_at > $1";

pub(super) const RELEASE: &str = "UPDATE deliveries SET state = CASE WHEN in_doubt THEN 'sending' ELSE 'due' END, \
     claim_at = due_at, lease_owner = NULL, attempts = attempts - 1 WHERE state = 'sending' AND lease_owner = $1";

const POSTPONE: &str = "UPDATE deliveries SET state = CASE WHEN in_doubt THEN 'sending' ELSE 'due' END, claim_at = $3, \
     lease_owner = NULL, attempts = attempts - 1 WHERE id = $1 AND state = 'sending' AND lease_owner = $2";

impl Tx {
    /// Takes at most `limit` rows of a lane that may be sent at `now` and answers them in the order they are due. They belong to
    /// `owner` until `lease_until` (both UTC). Of each queue and channel only the first unfinished row is taken, and
    /// the next one when that is finished.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn claim(
        &mut self,
        lane: Lane,
        owner: &str,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<Claimed>> {
        let sql = match self {
            Self::Sqlite(_) => CLAIM_SQLITE,
            Self::Postgres(_) => CLAIM_POSTGRES,
        };
        let rows: Vec<DeliveryRow> = on!(self, |c| {
            let query = sqlx::query_as(sql).bind(owner).bind(whole(now)).bind(whole(lease_until)).bind(limit);
            let query = query.bind(lane.as_str());
            query.fetch_all(c).await?
        });
        let claimed = |row: DeliveryRow| Ok(Claimed { in_doubt: row.in_doubt, delivery: row.try_into()? });
        let mut claims = rows.into_iter().map(claimed).collect::<Result<Vec<_>>>()?;
        claims.sort_by_key(|claim| (claim.delivery.plan.due_at, claim.delivery.id));
        Ok(claims)
    }

    /// When the next row of a lane may be claimed (UTC), maybe in the past. Rows that wait behind another one do not count.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn next_claim_at(&mut self, lane: Lane) -> Result<Option<DateTime<Utc>>> {
        Ok(on!(self, |c| sqlx::query_scalar(NEXT_CLAIM).bind(lane.as_str()).fetch_optional(c).await?))
    }

    /// Records that a row was sent, and under which id at the other end. `false`: `owner` does not hold it any more.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn sent(&mut self, id: i64, owner: &str, at: DateTime<Utc>, remote_id: Option<&str>) -> Result<bool> {
        let sql = "UPDATE deliveries SET state = 'sent', sent_at = $3, remote_id = $4, error = NULL, in_doubt = FALSE, \
                   lease_owner = NULL WHERE id = $1 AND state = 'sending' AND lease_owner = $2";
        let done = on!(self, |c| {
            let query = sqlx::query(sql).bind(id).bind(owner).bind(whole(at)).bind(remote_id);
            query.execute(c).await?.rows_affected()
        });
        Ok(done == 1)
    }

    /// Records a failure that is to be tried again at `at` (UTC). `in_doubt`: it may have arrived all the same, because
    /// no answer came; such a row stays in `sending`, since its readers may know of it. `false`: `owner` does not hold it
    /// any more.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn retry(
        &mut self,
        id: i64,
        owner: &str,
        at: DateTime<Utc>,
        error: &str,
        in_doubt: bool,
    ) -> Result<bool> {
        let sql = "UPDATE deliveries SET state = CASE WHEN $5 THEN 'sending' ELSE 'retrying' END, claim_at = $3, \
                   error = $4, in_doubt = $5, lease_owner = NULL WHERE id = $1 AND state = 'sending' AND lease_owner = $2";
        let done = on!(self, |c| {
            let query = sqlx::query(sql).bind(id).bind(owner).bind(whole(at)).bind(error).bind(in_doubt);
            query.execute(c).await?.rows_affected()
        });
        Ok(done == 1)
    }

    /// Records that a row is given up. `false`: `owner` does not hold it any more.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn dead(&mut self, id: i64, owner: &str, error: &str) -> Result<bool> {
        let sql = "UPDATE deliveries SET state = 'dead', error = $3, in_doubt = FALSE, lease_owner = NULL \
                   WHERE id = $1 AND state = 'sending' AND lease_owner = $2";
        let done = on!(self, |c| sqlx::query(sql).bind(id).bind(owner).bind(error).execute(c).await?.rows_affected());
        Ok(done == 1)
    }

    /// Ends a row without sending it: one that nobody is sending, or that `owner` has claimed. `false`: it was neither.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn settle(&mut self, id: i64, to: Settled, why: Reason, owner: Option<&str>) -> Result<bool> {
        let sql = "UPDATE deliveries SET state = $2, reason = $3, in_doubt = FALSE, lease_owner = NULL WHERE id = $1 \
                   AND (state IN ('due', 'retrying') OR (state = 'sending' AND lease_owner = $4))";
        let to = DeliveryState::from(to);
        let done = on!(self, |c| {
            let query = sqlx::query(sql).bind(id).bind(to.as_str()).bind(why.as_str()).bind(owner);
            query.execute(c).await?.rows_affected()
        });
        Ok(done == 1)
    }

    /// Owes a skipped or superseded row again, at `due_at` (UTC). `false`: it was neither.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn reopen(&mut self, id: i64, due_at: DateTime<Utc>) -> Result<bool> {
        let sql = "UPDATE deliveries SET state = 'due', reason = NULL, due_at = $2, claim_at = $2 \
                   WHERE id = $1 AND state IN ('skipped', 'superseded')";
        let done = on!(self, |c| sqlx::query(sql).bind(id).bind(whole(due_at)).execute(c).await?.rows_affected());
        Ok(done == 1)
    }

    /// Moves a row that nobody is sending to another time (UTC). `false`: it is being sent, or finished.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn set_due(&mut self, id: i64, due_at: DateTime<Utc>) -> Result<bool> {
        let sql = "UPDATE deliveries SET due_at = $2, claim_at = $2 WHERE id = $1 AND state IN ('due', 'retrying')";
        let done = on!(self, |c| sqlx::query(sql).bind(id).bind(whole(due_at)).execute(c).await?.rows_affected());
        Ok(done == 1)
    }

    /// Gives back what `owner` has claimed and not begun to send, for a stop in order; returns how many rows. Must not
    /// be called while something of this owner is on its way: such rows keep their lease and come up in doubt. Rows
    /// that were in doubt stay so.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn release(&mut self, owner: &str) -> Result<u64> {
        Ok(on!(self, |c| sqlx::query(RELEASE).bind(owner).execute(c).await?.rows_affected()))
    }

    /// Gives back rows that `owner` has claimed and not begun to send; they may be claimed again at `at` (UTC). Rows that
    /// were in doubt stay so.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn postpone(&mut self, ids: &[i64], owner: &str, at: DateTime<Utc>) -> Result<()> {
        for id in ids {
            on!(self, |c| sqlx::query(POSTPONE).bind(id).bind(owner).bind(whole(at)).execute(c).await?.rows_affected());
        }
        Ok(())
    }

    /// Ends every lease at `now`, so that the rows come up again at once, in doubt. For a sender that knows itself to be
    /// the only one, after another died; returns how many rows.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn end_leases(&mut self, now: DateTime<Utc>) -> Result<u64> {
        Ok(on!(self, |c| sqlx::query(END_LEASES).bind(now).execute(c).await?.rows_affected()))
    }
}
