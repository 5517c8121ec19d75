//! Sending by mail: one mail to each recipient, under a `Message-ID` that it keeps however often it is handed over.
//!
//! A server cannot be asked what has arrived. A mail in doubt is handed over once more under the same `Message-ID`, by which
//! the receiving side knows a second copy; one that is not worth sending any more counts as sent, so that its reader hears
//! what has changed since.

use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::about::About;
use super::failure::{TOO_SLOW, growing};
use super::{Answered, Decision, PATIENCE, Sender, decide, said_with};
use crate::domain::channel::EmailAddress;
use crate::domain::ledger::{Class, Delivery, DeliveryState, Reason};
use crate::domain::subject::Subject;
use crate::mail::api::{Failure, Mailer};
use crate::mail::render::{self, Letter, Mail, Matter};
use crate::store::{Claimed, Settled};

/// The first wait after a server wants a mail later: those that greylist take nothing from a stranger for some minutes.
const GREYLISTED: Duration = Duration::from_mins(5);
/// A mail that was handed over so often without an answer is not handed over again: it may have arrived each time.
const COPIES: i64 = 3;

impl Sender {
    /// Sends a message to an address.
    pub(super) async fn by_mail(
        &self,
        claimed: &Claimed,
        address: &EmailAddress,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let row = &claimed.delivery;
        let Some(mailer) = &self.outside.mail else {
            let error = "mail is not configured: add [smtp] to the configuration".to_owned();
            return self.record(row, Answered::GiveUp(error), now).await;
        };
        if self.db.read(async |tx| tx.refused_mailbox(address).await).await?.is_some() {
            let owner = Some(self.owner.as_str());
            self.db.write(async |tx| tx.settle(row.id, Settled::Skipped, Reason::NoRecipient, owner).await).await?;
            return Ok(());
        }
        let id = message_id(row, &self.organisation.public_url, mailer.settings().from.domain());
        if claimed.in_doubt {
            let about = self.about(row).await?;
            if decide(row, &about, &self.organisation, now) != Decision::Send {
                let sent = Answered::Sent { id: Some(id), said_with: Vec::new() };
                return self.record(row, sent, now).await;
            }
        }
        let Some(about) = self.worth_sending(row, now).await? else { return Ok(()) };
        let turn = mailer.turn(address, row.id, now);
        if turn > now {
            self.db.write(async |tx| tx.postpone(&[row.id], &self.owner, turn).await).await?;
            return Ok(());
        }
        let mail = self.letter(mailer, row, &about, (address, &id), now)?;
        let posted = match tokio::time::timeout(PATIENCE, mailer.post(&mail)).await {
            Ok(posted) => posted,
            Err(_) => Err(Failure::Unsure { why: TOO_SLOW.into() }),
        };
        // Of two that tell the new times the first may have told the old ones.
        let said = if claimed.in_doubt { Vec::new() } else { said_with(row, &about) };
        match posted {
            Ok(()) => self.record(row, Answered::Sent { id: Some(id), said_with: said }, now).await,
            Err(failure) => self.not_posted(claimed, address, failure, now).await,
        }
    }

    /// Records why a mail was not handed over. An address without a mailbox gets nothing more until somebody says so.
    async fn not_posted(
        &self,
        claimed: &Claimed,
        address: &EmailAddress,
        failure: Failure,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let (row, in_doubt) = (&claimed.delivery, claimed.in_doubt);
        let later =
            |why, in_doubt| Answered::Retry { error: why, at: Some(now + growing(GREYLISTED, row.attempts)), in_doubt };
        let answered = match failure {
            Failure::Later { why } => later(why, in_doubt),
            Failure::Away { at, why } => Answered::Retry { error: why, at: Some(at), in_doubt },
            Failure::Unsure { why } if row.attempts >= COPIES => {
                Answered::GiveUp(format!("{why}; it was handed over more than once and may have arrived"))
            }
            Failure::Unsure { why } => later(why, true),
            Failure::Refused { why } => Answered::GiveUp(why),
            Failure::NoMailbox { why } => {
                self.record(row, Answered::GiveUp(why.clone()), now).await?;
                self.db.write(async |tx| tx.refuse_mailbox(address, &why, now).await).await?;
                return Ok(());
            }
        };
        self.record(row, answered, now).await
    }

    /// The mail of a row.
    fn letter(
        &self,
        mailer: &Mailer,
        row: &Delivery,
        about: &About,
        (to, id): (&EmailAddress, &str),
        now: DateTime<Utc>,
    ) -> anyhow::Result<Mail> {
        let organisation = &*self.organisation;
        let matter = Matter::of(&row.plan, &about.topic, organisation).context("nothing of its window is public")?;
        let unsubscribe = about.unsubscribe_url(organisation);
        render::mail(&Letter {
            message: &self.tell(row, about, now)?,
            subject: row.subject,
            page: &matter.page,
            to,
            id,
            thread: &thread(row, about),
            at: now,
            list: matter.list.as_deref(),
            unsubscribe_url: unsubscribe.as_deref(),
            event: matter.event.as_ref().map(|(window, struck_out)| (window, *struck_out)),
            organisation,
            settings: mailer.settings(),
        })
    }
}

/// The name of a mail that no other has, here or elsewhere, and that stays the same: made from what is fixed when its row is
/// written. A database that begins anew counts from one again, at another time.
fn message_id(row: &Delivery, public_url: &str, domain: &str) -> String {
    let made_of = format!("{}\n{}\n{}\n{public_url}", row.key(), row.id, row.created_at.timestamp());
    let digest = hex::encode(Sha256::digest(made_of));
    format!("<{}@{domain}>", &digest[..40])
}

/// The mails that the same recipient got before about the same, a phase's with its plan's: the first, and the last where
/// that is another. Each digest stands alone.
fn thread(row: &Delivery, about: &About) -> Vec<String> {
    if row.subject == Subject::Digest {
        return Vec::new();
    }
    let plan = about.topic.plan().map(Subject::Plan);
    let belongs = |other: &&Delivery| {
        other.id != row.id
            && other.plan.channel == row.plan.channel
            && other.plan.message.class() == Class::Message
            && other.state == DeliveryState::Sent
            && (other.subject == row.subject || Some(other.subject) == plan)
    };
    let mut before: Vec<&Delivery> = about.rows.iter().filter(belongs).collect();
    before.sort_by_key(|other| (other.sent_at, other.id));
    let mut ids: Vec<&String> = before.iter().filter_map(|other| other.remote_id.as_ref()).collect();
    // Whoever configured another sender since finds the ids of before.
    ids.retain(|id| id.starts_with('<'));
    match ids.as_slice() {
        [] => Vec::new(),
        [only] => vec![(*only).clone()],
        [first, .., last] => vec![(*first).clone(), (*last).clone()],
    }
}
