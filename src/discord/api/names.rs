//! Which channel a name or a person stands for.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::call::Call;
use super::route::Route;
use super::{Discord, Failure, Result, wire};
use crate::domain::channel::{DiscordPlace, DiscordTarget};
use crate::outward::locked;

/// The list of names is read again after this long, and, where a name is not in it, not sooner than after the second.
const LIVES: TimeDelta = TimeDelta::hours(1);
const AGAIN: TimeDelta = TimeDelta::minutes(1);
/// Kinds of channels in which messages can be written, the usual first: text, announcements, voice, stage.
const WRITABLE: [u8; 4] = [0, 5, 2, 13];

/// The channels of each server by name.
#[derive(Debug, Default)]
pub(super) struct Names {
    servers: Mutex<BTreeMap<String, Arc<OfServer>>>,
}

/// The channels of one server.
#[derive(Debug, Default)]
struct OfServer {
    list: tokio::sync::Mutex<Option<List>>,
    /// A channel was not where the list has it.
    doubted: AtomicBool,
}

#[derive(Debug)]
struct List {
    /// When it was read (UTC, injected clock).
    read: DateTime<Utc>,
    ids: BTreeMap<String, String>,
}

impl Names {
    /// The lists are read again before they are used, though not more than once a minute.
    pub(super) fn doubt(&self) {
        locked(&self.servers).values().for_each(|server| server.doubted.store(true, Ordering::Relaxed));
    }

    fn of(&self, guild: &str) -> Arc<OfServer> {
        Arc::clone(locked(&self.servers).entry(guild.to_owned()).or_default())
    }
}

impl Discord {
    /// The id of the channel in which a place is written to: a name is looked for on its server, a person's is the one of
    /// the direct messages with them, and an id stays what it is.
    ///
    /// # Errors
    /// [`Failure::Missing`]: maintbot sees no such channel, may not write to the person, or the place is none where
    /// somebody can be written to.
    pub async fn channel_id(&self, place: &DiscordPlace) -> Result<String> {
        match place.target() {
            DiscordTarget::Channel(id) => Ok(id.clone()),
            DiscordTarget::Named(name) => self.named(self.server_of(place)?, name).await,
            DiscordTarget::Person(id) => {
                let body = json!({ "recipient_id": id });
                let call = Call::new(Route::OpenDirect, id, &["users", "@me", "channels"]).with(body);
                let ask = async { Ok(self.ask::<wire::Named>(&call).await?.id) };
                self.inner.direct.get(&self.inner.clock, id, ask).await
            }
            DiscordTarget::Events => Err(Failure::missing(format!("nobody can be written to in discord:{place}"))),
        }
    }

    /// The server that a name is looked for on.
    fn server_of<'a>(&'a self, place: &'a DiscordPlace) -> Result<&'a str> {
        match (place.guild(), self.guilds()) {
            ("", [only]) => Ok(only),
            ("", _) => Err(Failure::missing(format!(
                "discord:{place} does not say on which server: write its id before the name"
            ))),
            (guild, _) => Ok(guild),
        }
    }

    async fn named(&self, guild: &str, name: &str) -> Result<String> {
        let server = self.inner.names.of(guild);
        let mut held = server.list.lock().await;
        let age = held.as_ref().map(|list| self.inner.clock.now() - list.read);
        let known = held.as_ref().and_then(|list| list.ids.get(name).cloned());
        let doubted = server.doubted.load(Ordering::Relaxed);
        let trusted = !doubted && age.is_some_and(|age| age < LIVES);
        if let Some(id) = known.clone().filter(|_| trusted || age.is_some_and(|age| age < AGAIN)) {
            return Ok(id);
        }
        if age.is_none_or(|age| age >= AGAIN) {
            match self.listed(guild).await {
                Ok(list) => *held = Some(list),
                // An old answer is better than none; the post says whether it still holds.
                Err(failure) => return known.filter(|_| !doubted).ok_or(failure),
            }
            server.doubted.store(false, Ordering::Relaxed);
        }
        let found = held.as_ref().and_then(|list| list.ids.get(name).cloned());
        found.ok_or_else(|| {
            Failure::missing(format!(
                "there is no channel #{name} on Discord's server {guild}, or maintbot may not see it"
            ))
        })
    }

    /// Reads the names of the channels of a server. Of several with one name, the first as people see them counts.
    async fn listed(&self, guild: &str) -> Result<List> {
        let read = self.inner.clock.now();
        let mut channels = self.channels(guild).await?;
        let rank = |kind: u8| WRITABLE.iter().position(|known| *known == kind);
        channels.retain(|channel| rank(channel.kind).is_some());
        channels.sort_by(|a, b| (rank(a.kind), a.position, &a.id).cmp(&(rank(b.kind), b.position, &b.id)));
        let mut ids = BTreeMap::new();
        for channel in channels {
            // Voice channels may have capitals, which no written name has.
            let Some(name) = channel.name.map(|name| name.to_lowercase()) else { continue };
            ids.entry(name).or_insert(channel.id);
        }
        Ok(List { read, ids })
    }
}
