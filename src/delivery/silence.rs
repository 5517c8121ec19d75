//! What keeps alerts quiet while a window is open.

use chrono::{DateTime, Utc};

use super::{Answered, Sender};
use crate::store::Claimed;

impl Sender {
    /// Brings the silence in step.
    pub(super) async fn in_alertmanager(&self, claimed: &Claimed, now: DateTime<Utc>) -> anyhow::Result<()> {
        let error = "Alertmanager is not configured any more".to_owned();
        self.record(&claimed.delivery, Answered::GiveUp(error), now).await
    }
    /// Brings the maintenance window in step.
    pub(super) async fn in_pagerduty(&self, claimed: &Claimed, now: DateTime<Utc>) -> anyhow::Result<()> {
        let error = "PagerDuty is not configured any more".to_owned();
        self.record(&claimed.delivery, Answered::GiveUp(error), now).await
    }
}
