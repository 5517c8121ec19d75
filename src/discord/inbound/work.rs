//! What the worker does with what Discord stored, and with commands that are to be registered.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::answer::{Owed, When};
use super::late::Waiting;
use super::{Inbound, SOURCE};
use crate::inward::work::{Trouble, Worked, Works, give_back, tick, until_stopped};
use crate::service::{Service, inbox};

/// What is stored until it is worked on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Seen {
    /// A command that takes longer than Discord waits.
    Command(Waiting),
    /// An answer that could not be said.
    Answer(Owed),
    /// The commands of a server are to be looked at; `None`: those of every server.
    Commands(Option<String>),
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
            Ok(Seen::Command(waiting)) => self.done_late(row, &waiting).await,
            Ok(Seen::Answer(owed)) => self.tell(&owed.spot, &owed.key, &owed.say, When::Later).await,
            Ok(Seen::Commands(guild)) => self.registered(guild.as_deref()).await,
            Err(error) => Err(Trouble::Refused(format!("it cannot be read: {error}"))),
        }
    }
}

impl Inbound {
    /// Works until `stop`: registers the commands, and listens to the gateway where that is configured; then ends what was
    /// begun for people, and gives back what it had taken and not begun.
    pub async fn run(&self, stop: CancellationToken) {
        if let Err(error) = self.register().await {
            let error = format!("{error:#}");
            tracing::error!(error, "that the commands on Discord are to be looked at could not be stored");
        }
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

    /// Without the gateway there is nothing to listen to.
    #[cfg(not(feature = "discord-gateway"))]
    fn listen(&self, _: &CancellationToken) -> std::future::Ready<()> {
        if self.settings.gateway {
            tracing::error!("[discord] wants the gateway, but this maintbot is built without discord-gateway");
        }
        std::future::ready(())
    }
}
