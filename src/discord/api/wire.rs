//! Discord's JSON as far as it is used. Whatever may be missing may be missing: fields come and go.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Number, Value};

use super::EventStatus;

/// What an answer says that is no good one.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    pub(super) code: u64,
    #[serde(default)]
    pub(super) message: String,
    /// What is wrong with which part of what was sent.
    #[serde(default)]
    errors: Value,
    /// In how many seconds to come back, and whether that is so for all calls.
    #[serde(default)]
    pub(super) retry_after: Option<Number>,
    #[serde(default)]
    pub(super) global: bool,
}

impl Said {
    /// What Discord says more closely: `embeds.0.title: Must be 256 or fewer in length.`
    pub(super) fn details(&self) -> Vec<String> {
        let mut found = Vec::new();
        collect(&self.errors, "", &mut found);
        found
    }
}

/// Complaints stand in `_errors` below the keys that lead to what is wrong.
fn collect(errors: &Value, path: &str, found: &mut Vec<String>) {
    for (key, below) in errors.as_object().into_iter().flatten() {
        if key != "_errors" {
            collect(below, &if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, found);
            continue;
        }
        let messages = below.as_array().into_iter().flatten().filter_map(|error| error.get("message")?.as_str());
        found.extend(
            messages.map(|message| if path.is_empty() { message.into() } else { format!("{path}: {message}") }),
        );
    }
}

/// Whatever has an id; a user has a name.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
    #[serde(default)]
    pub(super) username: String,
}

/// A message of a channel.
#[derive(Debug, Deserialize)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) author: Author,
    pub(super) timestamp: DateTime<Utc>,
    #[serde(default)]
    embeds: Vec<Embed>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Author {
    pub(super) id: String,
}

#[derive(Debug, Deserialize)]
struct Embed {
    #[serde(default)]
    url: Option<String>,
}

impl Message {
    /// Whether an embed leads to an address that ends so.
    pub(super) fn carries(&self, end: &str) -> bool {
        self.embeds.iter().any(|embed| embed.url.as_ref().is_some_and(|url| url.ends_with(end)))
    }
}

/// A scheduled event.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    entity_metadata: Option<Place>,
    status: u8,
    scheduled_start_time: DateTime<Utc>,
    #[serde(default)]
    scheduled_end_time: Option<DateTime<Utc>>,
    #[serde(default)]
    creator_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Place {
    #[serde(default)]
    location: Option<String>,
}

impl From<Event> for super::Event {
    fn from(event: Event) -> Self {
        let status = match event.status {
            1 => EventStatus::Scheduled,
            2 => EventStatus::Active,
            4 => EventStatus::Canceled,
            // Whatever Discord may add is not to be changed by who does not know it.
            _ => EventStatus::Completed,
        };
        Self {
            id: event.id,
            name: event.name,
            description: event.description.unwrap_or_default(),
            location: event.entity_metadata.and_then(|place| place.location).unwrap_or_default(),
            status,
            starts_at: event.scheduled_start_time,
            ends_at: event.scheduled_end_time,
            creator: event.creator_id,
        }
    }
}

/// Where the gateway is.
#[derive(Debug, Deserialize)]
pub(super) struct Gateway {
    pub(super) url: String,
    #[serde(default)]
    pub(super) session_start_limit: Sessions,
}

/// How often it may be opened; in milliseconds, as much again.
#[derive(Debug, Deserialize)]
pub(super) struct Sessions {
    pub(super) remaining: u64,
    pub(super) reset_after: u64,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { remaining: 1, reset_after: 0 }
    }
}

/// The application.
#[derive(Debug, Deserialize)]
pub(super) struct Application {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) verify_key: String,
    #[serde(default)]
    pub(super) interactions_endpoint_url: Option<String>,
    #[serde(default)]
    pub(super) bot_public: bool,
}

/// A server.
#[derive(Debug, Deserialize)]
pub(super) struct Server {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) owner_id: String,
    #[serde(default)]
    pub(super) roles: Vec<Role>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Role {
    pub(super) id: String,
    #[serde(default)]
    pub(super) permissions: Bits,
}

/// Somebody on a server.
#[derive(Debug, Deserialize)]
pub(super) struct Member {
    #[serde(default)]
    pub(super) roles: Vec<String>,
}

/// A channel of a server.
#[derive(Debug, Deserialize)]
pub(super) struct Channel {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default, rename = "type")]
    pub(super) kind: u8,
    #[serde(default)]
    pub(super) position: i64,
    #[serde(default)]
    pub(super) permission_overwrites: Vec<Overwrite>,
}

/// What a channel changes for a role or a member, by its id.
#[derive(Debug, Deserialize)]
pub(super) struct Overwrite {
    pub(super) id: String,
    #[serde(default)]
    pub(super) allow: Bits,
    #[serde(default)]
    pub(super) deny: Bits,
}

/// Permissions, which Discord sends as a number in quotes.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Bits(pub(super) u64);

impl TryFrom<String> for Bits {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}
