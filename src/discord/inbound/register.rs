//! Registering the commands: for each server of the configuration, or for all of them where none is written; only where
//! they are not there already as they should be.

use serde_json::Value;

use super::work::Seen;
use super::{Inbound, SOURCE};
use crate::command::manifest::{discord, same_commands};
use crate::discord::api::Failure;
use crate::inward::work::{Trouble, Worked};

impl Inbound {
    /// Has the commands looked at by the worker, which goes on until Discord has them. For every start.
    ///
    /// # Errors
    /// The database fails.
    pub async fn register(&self) -> anyhow::Result<()> {
        // Where servers are written nothing is left for all of them, or everybody would see every command twice.
        let guilds = self.settings.guilds.iter().map(|guild| Some(guild.as_str()));
        for guild in guilds.chain([None]) {
            let line = format!("commands/{}", guild.unwrap_or("all"));
            let body = serde_json::to_string(&Seen::Commands(guild.map(str::to_owned)))?;
            self.service.receive(SOURCE, &format!("{line}/{}", self.owner), &line, &body).await?;
        }
        Ok(())
    }

    /// Brings the commands of a server, or of all servers, to what they should be.
    pub(super) async fn registered(&self, guild: Option<&str>) -> Worked {
        let are_here = guild.is_some() || self.settings.guilds.is_empty();
        let ours: Vec<Value> = if are_here { vec![discord()] } else { Vec::new() };
        let registered = async {
            let theirs = self.discord.commands(guild).await?;
            if same_commands(&ours, &theirs) {
                return Ok(false);
            }
            self.discord.set_commands(guild, &ours).await.map(|()| true)
        };
        match registered.await {
            Ok(changed) => {
                tracing::info!(guild, changed, "Discord has the commands");
                Ok(())
            }
            Err(Failure::Later { at, why }) => Err(Trouble::Later(at, why)),
            // Somebody may invite the bot, or give it its rights, at any time.
            Err(failure) => {
                tracing::warn!(guild, why = %failure, "the commands could not be registered on Discord; it is tried again");
                Err(Trouble::Unsure(failure.to_string()))
            }
        }
    }
}
