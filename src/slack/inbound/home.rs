//! maintbot's own page on Slack: what somebody has to do, filled whenever they open it.

use super::Inbound;
use super::work::Opened;
use crate::inward::work::Worked;
use crate::slack::render::{Home, home};

impl Inbound {
    /// Somebody opened the page.
    pub(super) async fn fill_home(&self, opened: &Opened) -> Worked {
        let Some(slack) = self.workspace(&opened.workspace) else { return Ok(()) };
        let known = self.known(slack, &opened.caller, None).await;
        let desk = self.service.desk(&known.actor).await?;
        let view = home(&Home {
            organisation: self.service.organisation(),
            windows: &desk.windows,
            items: &desk.items,
            approvals: &desk.approvals,
            soon: &desk.soon,
            now: self.clock.now(),
        });
        slack.publish_home(&opened.caller.user, &view).await?;
        Ok(())
    }
}
