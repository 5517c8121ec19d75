//! What the worker does with what Slack stored.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::answer::Note;
use super::late::Waiting;
use super::payload::{Caller, Mention};
use super::{Inbound, SOURCE};
use crate::inward::work::{Trouble, Worked, Works, give_back, tick, until_stopped};
use crate::service::{Service, inbox};

/// What is stored until it is worked on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Seen {
    /// Somebody wrote to maintbot.
    Mention(Written),
    /// Somebody opened maintbot's own page.
    Home(Opened),
    /// An answer that could not be given at once.
    Tell(Note),
    /// A command that takes longer than Slack waits.
    Command(Waiting),
}

/// A mention, with the id of the workspace in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Written {
    pub workspace: String,
    pub mention: Mention,
}

/// Who opened the page, with the id of the workspace in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Opened {
    pub workspace: String,
    pub caller: Caller,
}

impl Works for Inbound {
    const SOURCE: &'static str = SOURCE;

    fn service(&self) -> &Service {
        &self.service
    }

    fn owner(&self) -> &str {
        &self.owner
    }

    fn is_held(&self, id: &str) -> bool {
        self.errands.holds(id)
    }

    async fn handle(&self, row: &inbox::Inbound) -> Worked {
        match serde_json::from_str::<Seen>(&row.body) {
            Ok(Seen::Mention(written)) => self.mentioned(row, &written).await,
            Ok(Seen::Home(opened)) => self.fill_home(&opened).await,
            Ok(Seen::Tell(note)) => self.told(row, &note).await,
            Ok(Seen::Command(waiting)) => self.done_late(row, &waiting).await,
            Err(error) => Err(Trouble::Refused(format!("it cannot be read: {error}"))),
        }
    }
}

impl Inbound {
    /// Works until `stop`, and listens to sockets where they are configured; then ends what was begun for people, and
    /// gives back what it had taken and not begun.
    pub async fn run(&self, stop: CancellationToken) {
        tokio::join!(until_stopped(self, &self.clock, &stop), self.listen(&stop));
        self.idle().await;
        give_back(self).await;
    }

    /// When something in the inbox may next be worked on (UTC), maybe in the past.
    ///
    /// # Errors
    /// The database fails.
    pub async fn next_at(&self) -> anyhow::Result<Option<DateTime<Utc>>> {
        self.service.next_inbound_at(SOURCE).await
    }

    /// Works on everything that may be worked on at `now` (UTC), and says how many things that were.
    ///
    /// # Errors
    /// The database fails; what was done before stays done.
    pub async fn tick(&self, now: DateTime<Utc>, stop: &CancellationToken) -> anyhow::Result<usize> {
        tick(self, now, stop).await
    }

    /// Without sockets there is nothing to listen to.
    #[cfg(not(feature = "slack-socket-mode"))]
    fn listen(&self, _: &CancellationToken) -> std::future::Ready<()> {
        if self.settings.workspaces.iter().any(|workspace| workspace.app_token.is_some()) {
            tracing::error!("[slack] app_token is written, but this maintbot is built without slack-socket-mode");
        }
        std::future::ready(())
    }
}
