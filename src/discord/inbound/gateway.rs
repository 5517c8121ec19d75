//! The gateway, for places without a public address: a connection to Discord is held, and interactions come over it. What
//! comes is handled as over HTTP, under the same keys, and answered with a call of its own.
//!
//! The connection itself, its heartbeats and resuming it after it broke are serenity's. Where it is found is asked of the
//! same address as everything else, so that it never goes to another place than the configured one.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::StreamExt as _;
use secrecy::ExposeSecret as _;
use serenity::async_trait;
use serenity::client::{Context, EventHandler};
use serenity::gateway::{GatewayError, ShardManager, ShardManagerOptions, ShardRunnerMessage};
use serenity::http::HttpBuilder;
use serenity::model::application::Interaction;
use serenity::model::gateway::GatewayIntents;
use serenity::prelude::{Mutex, RwLock, TypeMap};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::answer::{Owed, Spot, When};
use super::late::key_of;
use super::payload::Asker;
use super::work::Seen;
use super::{Inbound, Response, SOURCE};
use crate::clock::Clock;
use crate::discord::api::{Failure, Gateway};
use crate::inward::work::Trouble;

/// The first and the longest wait before another try.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// How long maintbot stays away where Discord does not let it in.
const NOT_LET_IN: Duration = Duration::from_mins(10);
/// How long a connection may take to end; serenity gives one that is dead up to five seconds.
const ENDING: Duration = Duration::from_secs(7);
/// A connection that was there for so long was a good one.
const GOOD: TimeDelta = TimeDelta::minutes(5);
/// How often an interaction is answered where it may not have arrived, and how long in between.
const TRIES: u32 = 3;
const BETWEEN: Duration = Duration::from_millis(300);
/// The code of the WebSocket protocol for an end that is meant.
const CLOSED: u16 = 1000;

/// Why the gateway is not listened to any more.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Left {
    /// maintbot stops.
    Stopped,
    /// Discord does not let maintbot in, and says why.
    NotLetIn(String),
    /// Something else, that may be over soon.
    Lost(String),
}

/// Gets what comes, for as long as there is a connection or one is begun.
struct Ears {
    inbound: Inbound,
    _until: DropGuard,
}

#[async_trait]
impl EventHandler for Ears {
    async fn interaction_create(&self, _: Context, interaction: Interaction) {
        let inbound = self.inbound.clone();
        // As something that is waited for at a stop.
        self.inbound.errands.spawn(async move { inbound.answer_by_call(interaction).await });
    }
}

impl Inbound {
    /// Listens until `stop`, where that is configured.
    pub(super) async fn listen(&self, stop: &CancellationToken) {
        if !self.settings.gateway {
            return;
        }
        let (mut wait, mut was_let_in) = (FIRST_WAIT, true);
        while !stop.is_cancelled() {
            let begun = self.clock.now();
            let left = self.attend(stop).await;
            if self.clock.now() - begun >= GOOD {
                wait = FIRST_WAIT;
            }
            let pause = match left {
                Left::Stopped => return,
                Left::NotLetIn(why) => {
                    if was_let_in {
                        tracing::error!(why, "Discord does not let maintbot in; it is tried again every ten minutes");
                    }
                    was_let_in = false;
                    NOT_LET_IN
                }
                Left::Lost(why) => {
                    tracing::warn!(why, "no connection to Discord");
                    was_let_in = true;
                    let pause = wait;
                    wait = (wait * 2).min(LONGEST_WAIT);
                    pause
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = Clock::pause(pause) => {}
            }
        }
    }

    /// Holds a connection until it ends for good.
    async fn attend(&self, stop: &CancellationToken) -> Left {
        let found = tokio::select! {
            () = stop.cancelled() => return Left::Stopped,
            found = self.discord.gateway() => found,
        };
        let gateway = match found {
            Ok(gateway) if gateway.remaining > 0 => gateway,
            Ok(Gateway { reset_after, .. }) => {
                let minutes = reset_after.num_minutes();
                return Left::NotLetIn(format!("too many connections were begun; again in {minutes} minutes"));
            }
            Err(Failure::Refused { why }) => return Left::NotLetIn(why),
            Err(failure) => return Left::Lost(failure.to_string()),
        };
        let access = self.discord.for_gateway();
        let gone = CancellationToken::new();
        let ears = Ears { inbound: self.clone(), _until: gone.clone().drop_guard() };
        let address = Arc::new(Mutex::new(gateway.url));
        let http = HttpBuilder::new(access.token.expose_secret()).proxy(access.api_url).ratelimiter_disabled(true);
        let (manager, mut ends) = ShardManager::new(ShardManagerOptions {
            data: Arc::new(RwLock::new(TypeMap::new())),
            event_handlers: vec![Arc::new(ears)],
            raw_event_handlers: Vec::new(),
            shard_index: 0,
            shard_init: 1,
            shard_total: 1,
            ws_url: Arc::clone(&address),
            http: Arc::new(http.build()),
            // Interactions come without any.
            intents: GatewayIntents::empty(),
            presence: None,
        });
        if let Err(error) = manager.initialize() {
            return Left::Lost(error.to_string());
        }
        let left = tokio::select! {
            () = stop.cancelled() => Left::Stopped,
            end = ends.next() => why_left(end),
        };
        let ended = async {
            // No other connection is begun.
            address.lock().await.clear();
            if end(&manager).await {
                gone.cancelled().await;
            }
        };
        if tokio::time::timeout(ENDING, ended).await.is_err() {
            tracing::debug!("the connection to Discord was cut off");
        }
        left
    }

    /// Handles an interaction, and answers it with a call. An answer that comes too late for Discord is told elsewhere.
    async fn answer_by_call(&self, interaction: Interaction) {
        let asker = Asker::of(&interaction);
        let (id, token) = (interaction.id().get().to_string(), interaction.token().to_owned());
        let response = self.handle(interaction).await;
        let Err(failure) = self.call_back(&id, &token, &response).await else { return };
        tracing::warn!(id, why = %failure, "an interaction on Discord could not be answered");
        if let (Response::Say(say), Some(asker)) = (&response, asker) {
            let owed = Owed { spot: Spot::of(&asker, true), key: key_of(&id), say: say.clone() };
            if let Err(trouble) = self.tell(&owed.spot, &owed.key, &owed.say, When::Later).await {
                self.owe(owed, trouble).await;
            }
        }
    }

    /// Stores an answer that Discord does not take now; where there is no way to say it, it is lost.
    async fn owe(&self, owed: Owed, trouble: Trouble) {
        let id = format!("{} answer", owed.key);
        if matches!(trouble, Trouble::Later(..) | Trouble::Unsure(_)) {
            let body = serde_json::to_string(&Seen::Answer(owed)).unwrap_or_default();
            match self.service.receive(SOURCE, &id, &id, &body).await {
                Ok(_) => return,
                Err(error) => tracing::error!(id, error = format!("{error:#}"), "an answer could not be stored"),
            }
        }
        tracing::warn!(id, ?trouble, "an answer reached nobody");
    }

    async fn call_back(&self, id: &str, token: &str, response: &Response) -> Result<(), Failure> {
        let body = response.body();
        for _ in 1..TRIES {
            match self.discord.callback(id, token, &body).await {
                Err(Failure::Later { .. } | Failure::Unsure { .. }) => Clock::pause(BETWEEN).await,
                answered => return answered,
            }
        }
        self.discord.callback(id, token, &body).await
    }
}

/// Has the connection closed; `false`: there is none. Where serenity had begun one anew it takes what is left of the one
/// before for the end of this one and leaves it open, so that it is told by ourselves too.
async fn end(manager: &ShardManager) -> bool {
    let is_there = {
        let runners = manager.runners.lock().await;
        for (id, runner) in runners.iter() {
            runner.runner_tx.send_to_shard(ShardRunnerMessage::Shutdown(*id, CLOSED));
        }
        !runners.is_empty()
    };
    manager.shutdown_all().await;
    is_there
}

fn why_left(end: Option<Result<(), GatewayError>>) -> Left {
    match end {
        Some(Err(error @ GatewayError::InvalidAuthentication)) => {
            Left::NotLetIn(format!("{error}: write the bot's token into [discord]"))
        }
        Some(Err(error)) => Left::NotLetIn(error.to_string()),
        Some(Ok(())) | None => Left::Lost("it ended".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_token_is_not_tried_again_and_again() {
        let wrong = why_left(Some(Err(GatewayError::InvalidAuthentication)));
        assert!(matches!(&wrong, Left::NotLetIn(why) if why.contains("token")), "{wrong:?}");
        assert!(matches!(why_left(Some(Err(GatewayError::DisallowedGatewayIntents))), Left::NotLetIn(_)));
        assert!(matches!(why_left(Some(Ok(()))), Left::Lost(_)));
        assert!(matches!(why_left(None), Left::Lost(_)));
    }
}
