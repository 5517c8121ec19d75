//! Sending to webhooks of others: tried again by the schedule of Standard Webhooks, with the same id every time, and not any
//! more once the receiver says that it is gone.
//!
//! No receiver can be asked whether it has a message. One that may have arrived is therefore sent again in any case, under
//! its id: the receiver knows what it has, and what follows makes sense to it. One endpoint takes one message after the
//! other, and while it does not answer, or asks for that, nothing else is tried there.

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};

use super::about::About;
use super::{Answered, Sender, said_with};
use crate::domain::ledger::{Delivery, Reason};
use crate::store::{Claimed, Settled, Tx};
use crate::webhook::api::{Failure, Webhook};
use crate::webhook::render;

/// How long after a try that failed the next one is made: the schedule of Standard Webhooks
/// (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability>).
/// The first is made at once, so that there are ten.
const SCHEDULE: [TimeDelta; 9] = [
    TimeDelta::seconds(5),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
    TimeDelta::hours(10),
    TimeDelta::hours(14),
    TimeDelta::hours(20),
    TimeDelta::hours(24),
];

impl Sender {
    /// Posts a message; `Some`: the webhook takes nothing before then (UTC).
    pub(super) async fn to_webhook(
        &self,
        claimed: &Claimed,
        name: &str,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Option<DateTime<Utc>>> {
        let row = &claimed.delivery;
        let Some(webhook) = self.outside.webhooks.iter().find(|webhook| webhook.name() == name) else {
            let error = format!("`{}` is not written as [[webhook]] in the configuration", row.plan.channel);
            return self.record(row, Answered::GiveUp(error), now).await.map(|()| None);
        };
        let address = webhook.address();
        if self.db.read(async |tx| tx.webhook_disabled(name, &address).await).await?.is_some() {
            return self.pass_over(row, name, now).await.map(|()| None);
        }
        if let Some(until) = webhook.held() {
            self.db.write(async |tx| tx.postpone(&[row.id], &self.owner, until).await).await?;
            return Ok(Some(until));
        }
        let about = if claimed.in_doubt { Some(self.about(row).await?) } else { self.worth_sending(row, now).await? };
        let Some(about) = about else { return Ok(None) };
        let id = message_id(row);
        let body = self.body(webhook, row, &about, now)?;
        match webhook.post(&id, body).await {
            Ok(()) => {
                self.record(row, Answered::Sent { id: Some(id), said_with: said_with(row, &about) }, now).await?;
            }
            Err(Failure::Gone) => {
                self.db.write(async |tx| tx.disable_webhook(name, &address, now).await).await?;
                let why = "it answered 410 Gone, and gets nothing more before its `url` in [[webhook]] is another or it \
                           is enabled again";
                self.record(row, disabled(name, why), now).await?;
            }
            Err(Failure::Barred { why }) => self.record(row, Answered::GiveUp(why), now).await?,
            Err(Failure::Later { why, wait, unsure }) => {
                self.later(row, &why, wait, claimed.in_doubt || unsure).await?;
            }
        }
        Ok(webhook.held())
    }

    /// Nobody is at a disabled webhook to read it. What ops and the like alone would read has to reach somebody all the same.
    async fn pass_over(&self, row: &Delivery, name: &str, now: DateTime<Utc>) -> anyhow::Result<()> {
        if !row.plan.message.is_for_audiences() {
            let why = "it answered 410 Gone before, and gets nothing until it is enabled again";
            return self.record(row, disabled(name, why), now).await;
        }
        let skip =
            async |tx: &mut Tx| tx.settle(row.id, Settled::Skipped, Reason::NoRecipient, Some(&self.owner)).await;
        self.db.write(skip).await?;
        Ok(())
    }

    fn body(&self, webhook: &Webhook, row: &Delivery, about: &About, now: DateTime<Utc>) -> anyhow::Result<Vec<u8>> {
        let events = about.events_of(row);
        let telling = self.telling(&row.plan, about, &events, now);
        let message = self.templates.tell(&telling)?;
        let body = if webhook.takes_cloud_events() {
            render::cloud_event(&telling, &message, &message_id(row))
        } else {
            render::standard(&telling, &message)
        };
        body.context("a message to a webhook")
    }

    /// Tries again by the schedule, not before the receiver asks for it, or gives up after the last try.
    async fn later(&self, row: &Delivery, why: &str, wait: Option<TimeDelta>, in_doubt: bool) -> anyhow::Result<()> {
        let now = self.clock.now();
        let Some(delay) = delay(row.attempts, &message_id(row)) else {
            return self.give_up(row, &format!("{why}; tried {} times", row.attempts), now).await;
        };
        let at = now + delay.max(wait.unwrap_or_default());
        self.db.write(async |tx| tx.retry(row.id, &self.owner, at, why, in_doubt).await).await?;
        Ok(())
    }
}

/// A webhook that gets nothing more, with the line that enables it.
fn disabled(name: &str, why: &str) -> Answered {
    Answered::Disabled { error: why.to_owned(), remedy: format!("maintbot webhook enable {name}") }
}

/// What the receiver knows a message by: the same for every try of it, and no other message's.
fn message_id(row: &Delivery) -> String {
    let digest = Sha256::digest(format!("{} {}", row.key(), row.created_at.timestamp()));
    format!("msg_{}", hex::encode(&digest[..16]))
}

/// The wait after so many tries, `None` after the last. Messages that failed together come back apart: each up to a tenth
/// later than the schedule, and a second at least, by what its id says.
fn delay(attempts: i64, id: &str) -> Option<TimeDelta> {
    let step = SCHEDULE.get(usize::try_from(attempts.max(1) - 1).ok()?)?;
    let digest = Sha256::digest(format!("{id} {attempts}"));
    let spread = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    let most = (step.num_seconds() / 10).max(1);
    Some(*step + TimeDelta::seconds(i64::from(spread) % (most + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_are_those_of_the_schedule_and_at_most_a_tenth_longer() {
        let hours = |n: i64| n * 3_600;
        let expected = [5, 300, 1_800, hours(2), hours(5), hours(10), hours(14), hours(20), hours(24)];
        for (attempts, least) in (1..).zip(expected) {
            let waits: Vec<i64> =
                (0..200).map(|n| delay(attempts, &format!("msg_{n}")).expect("one more try").num_seconds()).collect();
            assert!(
                waits.iter().all(|wait| (least..=least + (least / 10).max(1)).contains(wait)),
                "{attempts}: {waits:?}"
            );
            let different: std::collections::BTreeSet<_> = waits.iter().collect();
            assert!(different.len() > 1, "{attempts}: all come back together");
        }
        assert_eq!(delay(10, "msg_1"), None, "ten tries");
    }
}
