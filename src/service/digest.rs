//! Digests are owed at their times: one row for each time and channel, made when the time has come. After an absence only
//! the latest is sent; the times before it are in the ledger as too late.

use chrono::{DateTime, Utc};

use super::query::Read;
use super::{Outcome, Service};
use crate::domain::digest::{Digest, Occasion};
use crate::domain::ledger::{Delivery, MessageKind, Planned, Reason};
use crate::domain::notice;
use crate::domain::organisation::{Channel, Organisation};
use crate::domain::subject::Subject;
use crate::store::DigestClock;

/// Whom the rows are for.
const READERS: &str = "digest";
/// A digest never moves: its rows have one sequence.
const SEQUENCE: i64 = 0;

/// Rows of one channel in a list of them.
const LISTED: i64 = 50;

impl Service {
    /// The latest rows about the digest of each channel that is configured, in order of time.
    ///
    /// # Errors
    /// The database fails.
    pub async fn digest_deliveries(&self) -> Read<Vec<Delivery>> {
        let channels = self.organisation().digest.iter().flat_map(|digest| &digest.channels);
        self.reading(async |tx| {
            let mut rows = Vec::new();
            for channel in channels.clone() {
                rows.extend(tx.digests_on(channel, LISTED).await?);
            }
            rows.sort_by_key(|row| (row.plan.due_at, row.id));
            Ok(rows)
        })
        .await
    }

    /// Owes the digests whose time has come at `now` (UTC), and follows what is configured. Whether there was anything to do.
    pub(super) async fn owe_digests(&self, now: DateTime<Utc>) -> Outcome<bool> {
        let organisation = self.organisation();
        let known = self.db.read(async |tx| tx.digest_clocks().await).await?;
        if steps(organisation, &known, now).is_empty() {
            return Ok(false);
        }
        self.db
            .write(async |tx| {
                // Another process may have done it meanwhile.
                let known = tx.digest_clocks().await?;
                for step in steps(organisation, &known, now) {
                    match step {
                        Step::Forget(channel) => tx.remove_digest_clock(&channel).await?,
                        Step::Wind { clock, owed } => {
                            tx.insert_deliveries(Subject::Digest, Subject::Digest, &owed, now).await?;
                            tx.set_digest_clock(&clock).await?;
                        }
                    }
                }
                Ok(true)
            })
            .await
    }
}

/// What is to be done for one channel.
enum Step {
    /// It gets none any more.
    Forget(Channel),
    /// These are owed now, and it is wound up to the next time.
    Wind { clock: DigestClock, owed: Vec<Planned> },
}

fn steps(organisation: &Organisation, known: &[DigestClock], now: DateTime<Utc>) -> Vec<Step> {
    let channels = organisation.digest.iter().flat_map(|digest| digest.channels.iter().map(move |c| (digest, c)));
    let wound = channels.clone().filter_map(|(digest, channel)| {
        let rule = format!("{} {}", organisation.zone.name(), digest.times);
        let before = known.iter().find(|clock| clock.channel == *channel && clock.rule == rule);
        let next_at = digest.after(now, &organisation.zone).map(|next| next.at);
        let owed = match before.map(|clock| clock.next_at) {
            Some(Some(due)) if due <= now => owed(organisation, digest, channel, due, now),
            Some(_) => return None,
            // Its times count from now on.
            None => Vec::new(),
        };
        Some(Step::Wind { clock: DigestClock { channel: channel.clone(), rule, next_at }, owed })
    });
    let gone = known.iter().filter(|clock| channels.clone().all(|(_, channel)| clock.channel != *channel));
    wound.chain(gone.map(|clock| Step::Forget(clock.channel.clone()))).collect()
}

/// The digests of a channel from the time that was due first (UTC) until now: the latest to be sent.
fn owed(
    organisation: &Organisation,
    digest: &Digest,
    channel: &Channel,
    first: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Vec<Planned> {
    let row = |occasion: Occasion| {
        let at = occasion.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let row = notice::owed(SEQUENCE, MessageKind::Digest, at, READERS, channel.clone(), occasion.at);
        Planned { note: occasion.note.map(|note| note.to_string()), ..row }
    };
    let mut rows: Vec<Planned> = digest.between(first, now, &organisation.zone).into_iter().map(row).collect();
    if let Some((_latest, missed)) = rows.split_last_mut() {
        for row in missed {
            row.skipped = Some(Reason::TooLate);
        }
    }
    rows
}
