//! What other programs sent here: stored as it comes, worked on under a lease, in order, and forgotten.
//!
//! As with the ledger (`claims`), no transaction stays open while something is worked on, and what a worker that died
//! had taken comes up again, in doubt.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;

use super::convert::{ROWS_AT_ONCE, whole};
use super::{Result, Tx};

/// Something that came in.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Inbound {
    /// Where it came from, such as `github`.
    pub source: String,
    /// The sender's own id for it.
    pub id: String,
    /// What keeps its order, such as `github:example/crm#7`.
    pub line: String,
    /// What it says, in the form that its source's own reader knows.
    pub body: String,
    /// When it came (UTC).
    pub received_at: DateTime<Utc>,
    /// How often it was worked on, this time included.
    pub attempts: i64,
    /// It may have been worked on before although nobody recorded it.
    pub in_doubt: bool,
}

/// A row with its place in the order.
#[derive(sqlx::FromRow)]
struct InboundRow {
    position: i64,
    #[sqlx(flatten)]
    inbound: Inbound,
}

/// Nothing unfinished of the same line came before `i`.
macro_rules! first_in_line {
    () => {
        "NOT EXISTS (SELECT 1 FROM inbox e WHERE e.source = i.source AND e.line = i.line \
         AND e.state IN ('waiting', 'working') AND e.position < i.position)"
    };
}

/// Rows are chosen first and then taken, so that the limit holds. The right-hand sides see the row as it was.
macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "WITH next AS MATERIALIZED (SELECT i.id FROM inbox i \
             WHERE i.source = $1 AND i.state IN ('waiting', 'working') AND i.claim_at <= $3 AND ",
            first_in_line!(),
            " ORDER BY i.claim_at, i.position LIMIT $5",
            $lock,
            ") UPDATE inbox SET state = 'working', in_doubt = (in_doubt OR state = 'working'), lease_owner = $2, \
             claim_at = $4, attempts = attempts + 1 WHERE source = $1 AND id IN (SELECT id FROM next) \
             RETURNING position, source, id, line, body, received_at, attempts, in_doubt"
        )
    };
}

pub(super) const CLAIM_SQLITE: &str = claim!("");
/// Workers pass over what another one is taking at this moment.
pub(super) const CLAIM_POSTGRES: &str = claim!(" FOR UPDATE OF i SKIP LOCKED");

pub(super) const KNOWN: &str = "SELECT id FROM inbox WHERE source = $1 AND id = $2";

pub(super) const NEXT: &str = concat!(
    "SELECT i.claim_at FROM inbox i WHERE i.source = $1 AND i.state IN ('waiting', 'working') AND ",
    first_in_line!(),
    " ORDER BY i.claim_at, i.position LIMIT 1"
);

pub(super) const RELEASE: &str = "UPDATE inbox SET state = CASE WHEN in_doubt THEN 'working' ELSE 'waiting' END, \
     claim_at = received_at, lease_owner = NULL, attempts = attempts - 1 \
     WHERE state = 'working' AND lease_owner = $2 AND source = $1";

pub(super) const END_LEASES: &str = "UPDATE inbox SET claim_at = $1 WHERE state = 'working' AND claim_at > $1";

pub(super) const PURGE: &str = "DELETE FROM inbox WHERE done_at < $1";

impl Tx {
    /// Stores what came from `source` under the sender's `id` at `now` (UTC). `false`: it is known already, and nothing
    /// is stored.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn receive(
        &mut self,
        source: &str,
        id: &str,
        line: &str,
        body: &str,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        if self.is_known(source, id).await? {
            return Ok(false);
        }
        let position = self.next_id(Self::INBOUND).await?;
        // The same may have come twice at once: the counter lets one pass after the other, and the key only one.
        let sql = "INSERT INTO inbox (source, id, position, line, body, received_at, state, attempts, claim_at, \
                   in_doubt) VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 0, $6, FALSE) ON CONFLICT DO NOTHING";
        let stored = on!(self, |c| {
            let insert = sqlx::query(sql).bind(source).bind(id).bind(position).bind(line).bind(body);
            insert.bind(whole(now)).execute(c).await?.rows_affected()
        });
        Ok(stored == 1)
    }

    /// Stores what `owner` works on already, under the sender's `id`, which is also its line: it is theirs until
    /// `lease_until`, and comes up in doubt afterwards (both instants in UTC). `false`: it is known already, and nothing is
    /// stored.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn receive_taken(
        &mut self,
        source: &str,
        id: &str,
        body: &str,
        owner: &str,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
    ) -> Result<bool> {
        if self.is_known(source, id).await? {
            return Ok(false);
        }
        let position = self.next_id(Self::INBOUND).await?;
        let sql = "INSERT INTO inbox (source, id, position, line, body, received_at, state, attempts, claim_at, \
                   in_doubt, lease_owner) VALUES ($1, $2, $3, $2, $4, $5, 'working', 1, $6, FALSE, $7) \
                   ON CONFLICT DO NOTHING";
        let stored = on!(self, |c| {
            let insert = sqlx::query(sql).bind(source).bind(id).bind(position).bind(body);
            insert.bind(whole(now)).bind(whole(lease_until)).bind(owner).execute(c).await?.rows_affected()
        });
        Ok(stored == 1)
    }

    async fn is_known(&mut self, source: &str, id: &str) -> Result<bool> {
        let known: Option<String> =
            on!(self, |c| sqlx::query_scalar(KNOWN).bind(source).bind(id).fetch_optional(c).await?);
        Ok(known.is_some())
    }

    /// Puts off the end of a lease to `lease_until` (UTC). `false`: `owner` does not hold it any more.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn renew_inbound(
        &mut self,
        source: &str,
        id: &str,
        owner: &str,
        lease_until: DateTime<Utc>,
    ) -> Result<bool> {
        let sql = "UPDATE inbox SET claim_at = $4 WHERE source = $1 AND id = $2 AND state = 'working' \
                   AND lease_owner = $3";
        let renewed = on!(self, |c| {
            let query = sqlx::query(sql).bind(source).bind(id).bind(owner).bind(whole(lease_until));
            query.execute(c).await?.rows_affected()
        });
        Ok(renewed == 1)
    }

    /// Records at `now` (UTC) that there is nothing left to be done about it, whoever holds it, and forgets what it said.
    /// `false`: it was not there, or over before.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn inbound_over(&mut self, source: &str, id: &str, now: DateTime<Utc>) -> Result<bool> {
        let sql = "UPDATE inbox SET state = 'done', body = '', done_at = $3, error = NULL, in_doubt = FALSE, \
                   lease_owner = NULL WHERE source = $1 AND id = $2 AND state IN ('waiting', 'working')";
        let over = on!(self, |c| {
            sqlx::query(sql).bind(source).bind(id).bind(whole(now)).execute(c).await?.rows_affected()
        });
        Ok(over == 1)
    }

    /// Takes at most `limit` of what came from `source` and may be worked on at `now`, and answers it in the order it
    /// came. It belongs to `owner` until `lease_until` (both UTC). Of each line only the first unfinished one is taken,
    /// and the next one when that is finished.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn claim_inbound(
        &mut self,
        source: &str,
        owner: &str,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<Inbound>> {
        let sql = match self {
            Self::Sqlite(_) => CLAIM_SQLITE,
            Self::Postgres(_) => CLAIM_POSTGRES,
        };
        let mut rows: Vec<InboundRow> = on!(self, |c| {
            let query = sqlx::query_as(sql).bind(source).bind(owner).bind(whole(now)).bind(whole(lease_until));
            query.bind(limit).fetch_all(c).await?
        });
        rows.sort_by_key(|row| row.position);
        Ok(rows.into_iter().map(|row| row.inbound).collect())
    }

    /// When something from `source` may next be worked on (UTC), maybe in the past. What waits behind another one does
    /// not count.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn next_inbound_at(&mut self, source: &str) -> Result<Option<DateTime<Utc>>> {
        Ok(on!(self, |c| sqlx::query_scalar(NEXT).bind(source).fetch_optional(c).await?))
    }

    /// Records at `now` (UTC) that it was worked on to the end, and forgets what it said. `false`: `owner` does not hold
    /// it any more.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn inbound_done(&mut self, source: &str, id: &str, owner: &str, now: DateTime<Utc>) -> Result<bool> {
        let sql = "UPDATE inbox SET state = 'done', body = '', done_at = $4, error = NULL, in_doubt = FALSE, \
                   lease_owner = NULL WHERE source = $1 AND id = $2 AND state = 'working' AND lease_owner = $3";
        let done = on!(self, |c| {
            let query = sqlx::query(sql).bind(source).bind(id).bind(owner).bind(whole(now));
            query.execute(c).await?.rows_affected()
        });
        Ok(done == 1)
    }

    /// Records a failure; it is worked on again at `at` (UTC). `in_doubt`: some of it may have been done all the same.
    /// `false`: `owner` does not hold it any more.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn inbound_retry(
        &mut self,
        source: &str,
        id: &str,
        owner: &str,
        at: DateTime<Utc>,
        error: &str,
        in_doubt: bool,
    ) -> Result<bool> {
        let sql = "UPDATE inbox SET state = 'waiting', claim_at = $4, error = $5, in_doubt = $6, lease_owner = NULL \
                   WHERE source = $1 AND id = $2 AND state = 'working' AND lease_owner = $3";
        let done = on!(self, |c| {
            let query = sqlx::query(sql).bind(source).bind(id).bind(owner).bind(whole(at)).bind(error);
            query.bind(in_doubt).execute(c).await?.rows_affected()
        });
        Ok(done == 1)
    }

    /// Records at `now` (UTC) that it is given up and why, and forgets what it said. `false`: `owner` does not hold it
    /// any more.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn inbound_dead(
        &mut self,
        source: &str,
        id: &str,
        owner: &str,
        error: &str,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let sql = "UPDATE inbox SET state = 'dead', body = '', done_at = $4, error = $5, in_doubt = FALSE, \
                   lease_owner = NULL WHERE source = $1 AND id = $2 AND state = 'working' AND lease_owner = $3";
        let done = on!(self, |c| {
            let query = sqlx::query(sql).bind(source).bind(id).bind(owner).bind(whole(now)).bind(error);
            query.execute(c).await?.rows_affected()
        });
        Ok(done == 1)
    }

    /// Which of these ids of `source` ever came, and are not forgotten yet.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn knows_inbound(&mut self, source: &str, ids: &[String]) -> Result<BTreeSet<String>> {
        let mut known = BTreeSet::new();
        for ids in ids.chunks(ROWS_AT_ONCE) {
            let found: Vec<String> = on!(self, |c| {
                let mut query = QueryBuilder::new("SELECT id FROM inbox WHERE source = ");
                query.push_bind(source).push(" AND id IN (");
                let mut list = query.separated(", ");
                for id in ids {
                    list.push_bind(id);
                }
                query.push(")");
                query.build_query_scalar().fetch_all(c).await?
            });
            known.extend(found);
        }
        Ok(known)
    }

    /// Gives back what `owner` has taken from `source` and not begun, for a stop in order; returns how many. What was in
    /// doubt stays so.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn release_inbound(&mut self, source: &str, owner: &str) -> Result<u64> {
        Ok(on!(self, |c| sqlx::query(RELEASE).bind(source).bind(owner).execute(c).await?.rows_affected()))
    }

    /// Ends every lease at `now` (UTC), so that what was taken comes up again at once, in doubt. For a worker that knows
    /// itself to be the only one, after another died; returns how many.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn end_inbound_leases(&mut self, now: DateTime<Utc>) -> Result<u64> {
        Ok(on!(self, |c| sqlx::query(END_LEASES).bind(whole(now)).execute(c).await?.rows_affected()))
    }

    /// Forgets what was done or given up before an instant (UTC); returns how many. The same coming again is then new.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn purge_inbound(&mut self, before: DateTime<Utc>) -> Result<u64> {
        Ok(on!(self, |c| sqlx::query(PURGE).bind(whole(before)).execute(c).await?.rows_affected()))
    }
}
