//! The client of Discord: what maintbot asks as one application, within Discord's limits.
//!
//! Repeats nothing by itself; what a failure allows is in [`Failure`]. Knows nothing of windows; what it carries is made
//! elsewhere. Where a limit has no room nothing is sent: the call answers when to come back.

mod address;
mod call;
mod guild;
mod limits;
mod look;
mod meaning;
mod names;
mod pace;
mod route;
mod talk;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use crate::outward::{Failure, Result};

use crate::clock::Clock;
use crate::config;
use crate::outward::{self, Known};
use address::Address;
use limits::Limits;
use look::SearchPlace;
use names::Names;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long answers hold about itself and about direct messages.
const LONG: TimeDelta = TimeDelta::hours(1);

/// Speaks to Discord as one application. Cheap to clone; all clones share limits and what is known.
#[derive(Clone)]
pub struct Discord {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    address: Address,
    /// The application's id.
    application: String,
    /// Ids of the servers in which maintbot may be used; none: every one that it is in.
    guilds: Vec<String>,
    token: SecretString,
    /// What a call shows.
    pass: HeaderValue,
    clock: Clock,
    limits: Mutex<Limits>,
    names: Names,
    me: Known<Me>,
    /// The conversation with a person.
    direct: Known<String>,
    /// Searches for a mark in a channel that stopped because of a limit.
    searches: Mutex<BTreeMap<(String, String), SearchPlace>>,
}

/// What is said: a text, embeds, and what can be pressed below them, with the only ones who are notified.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Say {
    /// Markdown; at most 2,000 characters.
    pub content: String,
    /// At most ten.
    pub embeds: Vec<Value>,
    /// Rows of buttons and menus, at most five.
    pub components: Vec<Value>,
    /// Who is notified; whoever else is mentioned is not.
    pub mentions: Mentions,
}

/// Who a message notifies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mentions {
    /// Ids of people.
    pub users: Vec<String>,
    /// Ids of roles.
    pub roles: Vec<String>,
}

impl Say {
    /// As Discord takes it. All four parts are always there, so that an edit takes away what is no longer said.
    #[must_use]
    pub fn body(&self) -> Value {
        json!({
            "content": self.content,
            "embeds": self.embeds,
            "components": self.components,
            "allowed_mentions": { "parse": [], "users": self.mentions.users, "roles": self.mentions.roles },
        })
    }
}

/// Who maintbot is on Discord.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Me {
    /// Its id as a user.
    pub id: String,
    /// Its name as a user.
    pub name: String,
}

/// A scheduled event of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Discord's id of it.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What is said about it; empty where nothing is.
    pub description: String,
    /// Where it takes place; empty where it does so in a channel.
    pub location: String,
    /// How far it is.
    pub status: EventStatus,
    /// When it begins or began (UTC).
    pub starts_at: DateTime<Utc>,
    /// When it ends (UTC), where that is said.
    pub ends_at: Option<DateTime<Utc>>,
    /// The id of who made it, where Discord knows.
    pub creator: Option<String>,
}

/// How far a scheduled event is
/// (<https://docs.discord.com/developers/resources/guild-scheduled-event#guild-scheduled-event-object-guild-scheduled-event-status>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventStatus {
    /// Not begun.
    Scheduled,
    /// Going on.
    Active,
    /// Over; it cannot be changed any more.
    Completed,
    /// Called off; it cannot be changed any more.
    Canceled,
}

impl EventStatus {
    /// Discord's number for it.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Scheduled => 1,
            Self::Active => 2,
            Self::Completed => 3,
            Self::Canceled => 4,
        }
    }
}

/// Where Discord is listened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Its address, `wss://…`.
    pub url: String,
    /// How many sessions may still be begun.
    pub remaining: u64,
    /// After how long there are as many as at first.
    pub reset_after: TimeDelta,
}

/// What Discord has on record about the application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its public key in hexadecimal digits: what interactions are signed with the other half of.
    pub verify_key: String,
    /// Where interactions are posted; none: they come through the gateway.
    pub interactions_endpoint_url: Option<String>,
    /// Whether everybody may add it to their server.
    pub bot_public: bool,
}

/// A server as maintbot sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guild {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What maintbot may do there, as far as no channel says otherwise: bits as Discord numbers them; all of them for an
    /// administrator.
    pub permissions: u64,
    /// Its channels, in Discord's order; threads are not among them.
    pub channels: Vec<ChannelInfo>,
}

/// A channel of a server as maintbot sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelInfo {
    /// Its id.
    pub id: String,
    /// Its name without `#`.
    pub name: String,
    /// Discord's number for its kind: 0 text, 2 voice, 4 category, 5 announcements, 13 stage, 15 forum, 16 media.
    pub kind: u8,
    /// What maintbot may do there, with what the channel changes about its roles and itself.
    pub permissions: u64,
}

/// What the connection to the gateway is opened with.
#[derive(Clone, Debug)]
pub struct Access {
    /// Where Discord is, without a slash at the end; the API is below `/api/v10`.
    pub api_url: String,
    /// The bot's token.
    pub token: SecretString,
}

impl fmt::Debug for Discord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { address, application, .. } = &*self.inner;
        let mut shown = f.debug_struct("Discord");
        shown.field("api_url", &address.shown()).field("application", application).finish_non_exhaustive()
    }
}

impl Discord {
    /// For the application that is configured. Limits are kept on `clock`. Asks nothing yet.
    ///
    /// # Errors
    /// The address or the token cannot be used, or the machine has no CA certificates.
    pub fn new(settings: &config::Discord, clock: Clock) -> anyhow::Result<Self> {
        Self::with_patience(settings, clock, PATIENCE)
    }

    /// As [`Discord::new`], with another limit on how long an answer is waited for.
    ///
    /// # Errors
    /// As of [`Discord::new`].
    pub fn with_patience(settings: &config::Discord, clock: Clock, patience: Duration) -> anyhow::Result<Self> {
        let inner = Inner {
            http: outward::client(&agent(&settings.application_id), patience)?,
            address: Address::read(&settings.api_url)?,
            application: settings.application_id.clone(),
            guilds: settings.guilds.clone(),
            token: settings.bot_token.clone(),
            pass: pass(&settings.bot_token).context("`bot_token` in [discord] is not a token")?,
            clock,
            limits: Mutex::default(),
            names: Names::default(),
            me: Known::new(LONG),
            direct: Known::new(LONG),
            searches: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The application's id.
    #[must_use]
    pub fn application(&self) -> &str {
        &self.inner.application
    }

    /// Ids of the servers in which maintbot may be used, as configured; none: every one that it is in.
    #[must_use]
    pub fn guilds(&self) -> &[String] {
        &self.inner.guilds
    }

    /// What the connection to the gateway is opened with.
    #[must_use]
    pub fn for_gateway(&self) -> Access {
        Access { api_url: self.inner.address.shown().to_owned(), token: self.inner.token.clone() }
    }
}

/// Who calls, in the form that Discord asks for (<https://docs.discord.com/developers/reference#user-agent>): the address
/// is where this application is added to a server.
fn agent(application: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!("DiscordBot (https://discord.com/oauth2/authorize?client_id={application}, {version}) maintbot")
}

/// What is shown with a token.
fn pass(token: &SecretString) -> anyhow::Result<HeaderValue> {
    let mut pass = HeaderValue::from_str(&format!("Bot {}", token.expose_secret()))?;
    pass.set_sensitive(true);
    Ok(pass)
}

#[cfg(test)]
mod tests;
