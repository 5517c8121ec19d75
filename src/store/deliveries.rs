//! The ledger as commands see it: rows are planned, listed and counted. Sending them is in `claims`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;

use super::convert::{ROWS_AT_ONCE, from_optional_word, from_word, to_count, whole};
use super::{Result, StoreError, Tx};
use crate::domain::channel::Lane;
use crate::domain::ledger::{Class, Delivery, DeliveryState, MessageKind, Planned, Reason};
use crate::domain::organisation::Channel;
use crate::domain::subject::Subject;

macro_rules! delivery_columns {
    () => {
        "id, subject, sequence, message, occasion, lead, audience, channel, due_at, note, state, reason, error, \
         attempts, in_doubt, sent_at, remote_id, created_at"
    };
}
pub(super) use delivery_columns;

pub(super) const OF_SUBJECT: &str =
    concat!("SELECT ", delivery_columns!(), " FROM deliveries WHERE subject = $1 ORDER BY due_at, id");

pub(super) const FOR_READER: &str = concat!(
    "SELECT ",
    delivery_columns!(),
    " FROM deliveries WHERE subject = $1 AND (audience <> 'subscribers' OR channel = $2) ORDER BY due_at, id"
);

pub(super) const COUNTS: &str = "SELECT state, COUNT(*) FROM deliveries \
     WHERE state IN ('due', 'retrying', 'sending', 'dead') GROUP BY state";

/// A row of `deliveries`.
#[derive(sqlx::FromRow)]
pub(super) struct DeliveryRow {
    id: i64,
    subject: String,
    sequence: i64,
    message: String,
    occasion: String,
    lead: Option<String>,
    audience: String,
    channel: String,
    due_at: DateTime<Utc>,
    note: Option<String>,
    state: String,
    reason: Option<String>,
    error: Option<String>,
    attempts: i64,
    pub(super) in_doubt: bool,
    sent_at: Option<DateTime<Utc>>,
    remote_id: Option<String>,
    created_at: DateTime<Utc>,
}

impl TryFrom<DeliveryRow> for Delivery {
    type Error = StoreError;

    fn try_from(row: DeliveryRow) -> Result<Self> {
        let what = |column: &str| format!("delivery {}, {column}", row.id);
        let state: DeliveryState = from_word(what("state"), &row.state)?;
        let reason = from_optional_word(what("reason"), row.reason.as_deref())?;
        Ok(Self {
            plan: Planned {
                sequence: row.sequence,
                message: from_word(what("message"), &row.message)?,
                occasion: row.occasion,
                lead: row.lead,
                audience: row.audience,
                channel: from_word(what("channel"), &row.channel)?,
                due_at: row.due_at,
                skipped: reason.filter(|_| state == DeliveryState::Skipped),
                note: row.note,
            },
            id: row.id,
            subject: from_word(what("subject"), &row.subject)?,
            state,
            reason,
            error: row.error,
            attempts: row.attempts,
            sent_at: row.sent_at,
            remote_id: row.remote_id,
            created_at: row.created_at,
        })
    }
}

pub(super) fn to_deliveries(rows: Vec<DeliveryRow>) -> Result<Vec<Delivery>> {
    rows.into_iter().map(Delivery::try_from).collect()
}

/// Rows that one subject should have in the ledger.
#[derive(Clone, Copy, Debug)]
pub struct Owed<'a> {
    /// What they are about.
    pub subject: Subject,
    /// In whose order they are sent: the plan for its phases, else the subject itself.
    pub queue: Subject,
    /// The rows.
    pub rows: &'a [Planned],
}

pub(super) const POSTED: &str = "SELECT subject FROM deliveries WHERE remote_id = $1 AND lane = $2 ORDER BY id LIMIT 1";

const INSERT: &str = "INSERT INTO deliveries (id, subject, queue, sequence, class, message, occasion, lead, audience, \
     channel, lane, due_at, note, state, reason, attempts, claim_at, in_doubt, created_at) ";

impl Tx {
    /// Adds the rows that are not there yet and returns how many those were. `subject` is what they are about, `queue`
    /// that in whose order they are sent: the plan for its phases, else the subject itself. `now` (UTC) is when they
    /// were planned. A row that is known not to be sent is stored as skipped, with its reason.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn insert_deliveries(
        &mut self,
        subject: Subject,
        queue: Subject,
        rows: &[Planned],
        now: DateTime<Utc>,
    ) -> Result<u64> {
        self.insert_all_deliveries(&[Owed { subject, queue, rows }], now).await
    }

    /// The same for several subjects at once.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn insert_all_deliveries(&mut self, owed: &[Owed<'_>], now: DateTime<Utc>) -> Result<u64> {
        let row = |owed: &Owed<'_>| (owed.subject.to_string(), owed.queue.to_string());
        let names: Vec<_> = owed.iter().map(row).collect();
        let rows: Vec<_> =
            names.iter().zip(owed).flat_map(|(names, owed)| owed.rows.iter().map(move |row| (names, row))).collect();
        let mut inserted = 0;
        for rows in rows.chunks(ROWS_AT_ONCE) {
            let first = self.next_ids(Self::DELIVERY, to_count(rows.len())).await?;
            inserted += on!(self, |c| {
                let mut query = QueryBuilder::new(INSERT);
                query.push_values((first..).zip(rows), |mut values, (id, ((subject, queue), plan))| {
                    let state = if plan.skipped.is_some() { DeliveryState::Skipped } else { DeliveryState::Due };
                    values
                        .push_bind(id)
                        .push_bind(subject)
                        .push_bind(queue)
                        .push_bind(plan.sequence)
                        .push_bind(plan.message.class().as_str())
                        .push_bind(plan.message.as_str())
                        .push_bind(&plan.occasion)
                        .push_bind(&plan.lead)
                        .push_bind(&plan.audience)
                        .push_bind(plan.channel.to_string())
                        .push_bind(plan.channel.lane().as_str())
                        .push_bind(whole(plan.due_at))
                        .push_bind(&plan.note)
                        .push_bind(state.as_str())
                        .push_bind(plan.skipped.map(Reason::as_str))
                        .push_bind(0_i64)
                        .push_bind(whole(plan.due_at))
                        .push_bind(false)
                        .push_bind(whole(now));
                });
                query.push(" ON CONFLICT DO NOTHING");
                query.build().execute(c).await?.rows_affected()
            });
        }
        Ok(inserted)
    }

    /// Everything that is owed, was sent or was not sent about a window, plan, series or freeze, in the order it is due.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn deliveries(&mut self, subject: impl Into<Subject>) -> Result<Vec<Delivery>> {
        let subject = subject.into().to_string();
        to_deliveries(on!(self, |c| sqlx::query_as(OF_SUBJECT).bind(subject).fetch_all(c).await?))
    }

    /// The same for several subjects at once: a plan with its phases.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn deliveries_of(&mut self, subjects: &[Subject]) -> Result<Vec<Delivery>> {
        let mut rows = Vec::new();
        for subject in subjects.iter().copied().collect::<BTreeSet<_>>() {
            rows.extend(self.deliveries(subject).await?);
        }
        rows.sort_by_key(|row| (row.plan.due_at, row.id));
        Ok(rows)
    }

    /// The same for one reader: without what goes to other channels because they subscribed, of which there may be many.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn deliveries_for(&mut self, subjects: &[Subject], channel: &Channel) -> Result<Vec<Delivery>> {
        let mut rows = Vec::new();
        for subject in subjects.iter().copied().collect::<BTreeSet<_>>() {
            let (subject, channel) = (subject.to_string(), channel.to_string());
            let found: Vec<DeliveryRow> =
                on!(self, |c| sqlx::query_as(FOR_READER).bind(subject).bind(channel).fetch_all(c).await?);
            rows.extend(to_deliveries(found)?);
        }
        rows.sort_by_key(|row| (row.plan.due_at, row.id));
        Ok(rows)
    }

    /// One row of the ledger.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn delivery(&mut self, id: i64) -> Result<Option<Delivery>> {
        let sql = concat!("SELECT ", delivery_columns!(), " FROM deliveries WHERE id = $1");
        let row: Option<DeliveryRow> = on!(self, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await?);
        row.map(Delivery::try_from).transpose()
    }

    /// What the message is about that stands under this id at the other end of a lane.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn posted(&mut self, lane: Lane, remote_id: &str) -> Result<Option<Subject>> {
        let found: Option<String> = on!(self, |c| {
            let query = sqlx::query_scalar(POSTED).bind(remote_id).bind(lane.as_str());
            query.fetch_optional(c).await?
        });
        from_optional_word("subject of a delivery", found.as_deref())
    }

    /// Messages about a subject that a channel got, in the order they were due. Without changes to outside things.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn sent_on(&mut self, subject: impl Into<Subject>, channel: &Channel) -> Result<Vec<Delivery>> {
        let subject = subject.into().to_string();
        let sql = concat!(
            "SELECT ",
            delivery_columns!(),
            " FROM deliveries WHERE subject = $1 AND channel = $2 AND class = $3 AND state = 'sent' \
             ORDER BY due_at, id"
        );
        to_deliveries(on!(self, |c| {
            let query = sqlx::query_as(sql).bind(subject).bind(channel.to_string()).bind(Class::Message.as_str());
            query.fetch_all(c).await?
        }))
    }

    /// Channels that got one of these messages about a subject or are getting it now; under a sequence before
    /// `before_sequence` where that is given.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn told_channels(
        &mut self,
        subject: impl Into<Subject>,
        before_sequence: Option<i64>,
        kinds: &[MessageKind],
    ) -> Result<BTreeSet<Channel>> {
        let sql = "SELECT DISTINCT channel, message FROM deliveries \
                   WHERE subject = $1 AND state IN ('sent', 'sending') AND sequence < $2";
        let subject = subject.into();
        let before = before_sequence.unwrap_or(i64::MAX);
        let told: Vec<(String, String)> =
            on!(self, |c| sqlx::query_as(sql).bind(subject.to_string()).bind(before).fetch_all(c).await?);
        told.iter()
            .filter(|(_, message)| kinds.iter().any(|kind| kind.as_str() == message))
            .map(|(channel, _)| from_word(format_args!("channel of a delivery of {subject}"), channel))
            .collect()
    }

    /// How many rows are due, being sent, being tried again, or dead. Settled rows are not counted: there are ever
    /// more of them, and counting would take ever longer.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn delivery_counts(&mut self) -> Result<BTreeMap<DeliveryState, i64>> {
        let counts: Vec<(String, i64)> = on!(self, |c| sqlx::query_as(COUNTS).fetch_all(c).await?);
        counts.into_iter().map(|(state, count)| Ok((from_word("state of deliveries", &state)?, count))).collect()
    }
}
