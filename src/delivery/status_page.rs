//! What status pages that others keep say of a window.

use chrono::{DateTime, Utc};

use super::{Answered, Sender};
use crate::store::Claimed;

impl Sender {
    /// Brings the page in step.
    pub(super) async fn on_status_page(
        &self,
        claimed: &Claimed,
        _name: &str,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let error = "this status page is not configured any more".to_owned();
        self.record(&claimed.delivery, Answered::GiveUp(error), now).await
    }
}
