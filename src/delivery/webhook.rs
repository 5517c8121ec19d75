//! Messages to webhooks of others.

use chrono::{DateTime, Utc};

use super::{Answered, Sender};
use crate::store::Claimed;

impl Sender {
    /// Posts a message.
    pub(super) async fn to_webhook(&self, claimed: &Claimed, _name: &str, now: DateTime<Utc>) -> anyhow::Result<()> {
        let error = "this webhook is not configured any more".to_owned();
        self.record(&claimed.delivery, Answered::GiveUp(error), now).await
    }
}
