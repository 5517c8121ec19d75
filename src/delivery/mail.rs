//! Messages by mail.

use chrono::{DateTime, Utc};

use super::{Answered, Sender};
use crate::domain::channel::EmailAddress;
use crate::store::Claimed;

impl Sender {
    /// Sends a message to an address.
    pub(super) async fn by_mail(
        &self,
        claimed: &Claimed,
        _address: &EmailAddress,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let error = "mail is not configured any more".to_owned();
        self.record(&claimed.delivery, Answered::GiveUp(error), now).await
    }
}
