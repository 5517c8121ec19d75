//! Inward half: what people do on Discord. Comes over HTTP ([`hook`]) or the gateway ([`gateway`]) as the same
//! interactions, and is handled the same, under keys that make it safe to come twice.
//!
//! Discord waits three seconds. Whatever takes longer is stored and deferred, goes on in a task of its own, and is edited
//! in ([`crate::inward::errand`]). It changes things only through [`Service::run`].

mod answer;
mod command;
mod form;
#[cfg(feature = "discord-gateway")]
mod gateway;
mod hook;
mod late;
mod payload;
mod press;
mod register;
mod roles;
mod run;
mod typed;
mod work;

use std::fmt;
use std::sync::{Arc, Once};

use anyhow::Context as _;
use serde_json::{Value, json};
use serenity::interactions_endpoint::Verifier;
use serenity::model::application::Interaction;
use serenity::model::id::GuildId;

use crate::clock::Clock;
use crate::config;
use crate::discord::api::{Discord, Say};
use crate::inward::errand::Errands;
use crate::service::Service;
use payload::Asker;
use run::words;

/// What the inbox calls Discord.
const SOURCE: &str = "discord";
/// Makes an answer one that only its reader sees
/// (<https://docs.discord.com/developers/resources/message#message-object-message-flags>).
const EPHEMERAL: u64 = 1 << 6;

/// The inward half of one process. Cheap to clone.
#[derive(Clone)]
pub struct Inbound {
    service: Service,
    discord: Discord,
    settings: Arc<config::Discord>,
    clock: Clock,
    owner: Arc<str>,
    /// What is being done for people who typed, pressed or filled in something.
    errands: Errands,
    /// What is posted is checked with it; none: nothing that is posted is accepted.
    verifier: Option<Arc<Verifier>>,
    without_key: Arc<Once>,
}

/// What is answered at once
/// (<https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object>).
#[derive(Clone, Debug, PartialEq)]
enum Response {
    /// Somebody is here.
    Pong,
    /// For who asked alone.
    Say(Say),
    /// The answer follows, for who asked alone.
    Deferred,
    /// It came; nothing is said.
    Silent,
    /// What may be meant by what was typed so far.
    Choices(Value),
    /// A form to fill in.
    Form(Value),
}

impl Response {
    /// As Discord takes it.
    fn body(&self) -> Value {
        match self {
            Self::Pong => json!({ "type": 1 }),
            Self::Say(say) => {
                let mut data = say.body();
                data["flags"] = json!(EPHEMERAL);
                json!({ "type": 4, "data": data })
            }
            Self::Deferred => json!({ "type": 5, "data": { "flags": EPHEMERAL } }),
            Self::Silent => json!({ "type": 6 }),
            Self::Choices(choices) => json!({ "type": 8, "data": choices }),
            Self::Form(form) => json!({ "type": 9, "data": form }),
        }
    }
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound").field("discord", &self.discord).field("owner", &self.owner).finish_non_exhaustive()
    }
}

impl Inbound {
    /// An inward half under a name of its own: no two running processes may share it.
    ///
    /// # Errors
    /// The public key of the settings is none.
    pub fn new(
        service: Service,
        discord: Discord,
        settings: config::Discord,
        clock: Clock,
        owner: String,
    ) -> anyhow::Result<Self> {
        let verifier = settings.public_key.as_deref().map(hook::verifier).transpose();
        let verifier = verifier.context("`public_key` in [discord] is not a key of Discord's")?;
        Ok(Self {
            service,
            discord,
            settings: Arc::new(settings),
            clock,
            owner: owner.into(),
            errands: Errands::default(),
            verifier: verifier.map(Arc::new),
            without_key: Arc::new(Once::new()),
        })
    }

    /// Returns when nothing is being done for anybody: everything that was begun has ended and is answered, or its answer
    /// is stored.
    pub async fn idle(&self) {
        self.errands.idle().await;
    }

    /// Handles what somebody did, over HTTP or the gateway.
    async fn handle(&self, interaction: Interaction) -> Response {
        if let Interaction::Ping(_) = interaction {
            return Response::Pong;
        }
        let asker = Asker::of(&interaction).filter(|asker| self.takes(&interaction, asker));
        let Some(asker) = asker else {
            let guild = interaction.guild_id().map(GuildId::get);
            tracing::warn!(guild, "an interaction from a strange place was refused");
            return match interaction {
                Interaction::Autocomplete(_) => Response::Choices(json!({ "choices": [] })),
                _ => Response::Say(words("maintbot is not configured for this server.")),
            };
        };
        match interaction {
            Interaction::Command(command) => self.command(asker, &command.data).await,
            Interaction::Autocomplete(command) => self.autocomplete(&asker, &command.data).await,
            Interaction::Component(component) => self.press(asker, &component.data).await,
            Interaction::Modal(modal) => self.submission(asker, &modal.data).await,
            _ => Response::Silent,
        }
    }

    /// Whether it is for this application, and from a server of the configuration or from a direct message.
    fn takes(&self, interaction: &Interaction, asker: &Asker) -> bool {
        let guilds = &self.settings.guilds;
        let is_ours = interaction.application_id().get().to_string() == self.discord.application();
        is_ours && asker.caller.guild.as_ref().is_none_or(|guild| guilds.is_empty() || guilds.contains(guild))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_have_the_numbers_of_discord_s_documentation() {
        let kind = |response: &Response| response.body()["type"].as_u64();
        let say = Response::Say(words("Done."));
        let all = [Response::Pong, say.clone(), Response::Deferred, Response::Silent];
        assert_eq!(all.iter().map(kind).collect::<Vec<_>>(), [Some(1), Some(4), Some(5), Some(6)]);
        assert_eq!(kind(&Response::Choices(json!({ "choices": [] }))), Some(8));
        assert_eq!(kind(&Response::Form(json!({}))), Some(9));
        for private in [say, Response::Deferred] {
            assert_eq!(private.body()["data"]["flags"], 64, "only who asked sees it");
        }
        assert_eq!(Response::Say(words("Done.")).body()["data"]["allowed_mentions"]["parse"], json!([]));
    }
}
