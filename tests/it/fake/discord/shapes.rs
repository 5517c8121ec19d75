//! Things as Discord's interface gives them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::permissions::ALL;
use super::state::{Channel, Event, EventStatus, Kind, Message, Role, Server, State, User};
use super::{APPLICATION, BOT};

/// An ephemeral message has this flag.
pub const EPHEMERAL: u64 = 1 << 6;
const HAS_THREAD: u64 = 1 << 5;
const THINKING: u64 = 1 << 7;

/// Adds fields to an object.
fn merge(into: &mut Value, more: Value) {
    if let Value::Object(more) = more {
        more.into_iter().for_each(|(name, value)| into[name] = value);
    }
}

/// An instant as Discord writes it.
pub fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S.000000+00:00").to_string()
}

impl User {
    pub fn shape(&self) -> Value {
        let mut shape = json!({
            "id": self.id, "username": self.name, "global_name": self.name, "discriminator": "0", "avatar": null,
            "public_flags": 0, "flags": 0, "banner": null, "accent_color": null, "avatar_decoration_data": null,
            "collectibles": null, "primary_guild": null,
        });
        if self.bot {
            shape["bot"] = json!(true);
            (shape["global_name"], shape["discriminator"]) = (Value::Null, json!("1234"));
        }
        shape
    }
}

impl Role {
    pub fn shape(&self, position: usize) -> Value {
        let mut shape = json!({
            "id": self.id, "name": self.name, "permissions": self.permissions.to_string(),
            "position": position, "color": 0, "hoist": false, "managed": self.managed, "mentionable": self.mentionable,
            "colors": { "primary_color": 0, "secondary_color": null, "tertiary_color": null },
            "icon": null, "unicode_emoji": null, "flags": 0,
        });
        if self.managed {
            shape["tags"] = json!({ "bot_id": BOT });
        }
        shape
    }
}

impl Server {
    /// Somebody there, without what they may do.
    pub fn member(&self, user: &User) -> Value {
        json!({
            "user": user.shape(), "nick": null, "avatar": null, "banner": null, "roles": self.members[&user.id],
            "joined_at": "2025-01-01T00:00:00.000000+00:00", "premium_since": null, "deaf": false, "mute": false,
            "flags": 0, "pending": false, "communication_disabled_until": null, "avatar_decoration_data": null,
            "collectibles": null,
        })
    }

    pub fn shape(&self) -> Value {
        let roles: Vec<Value> = self.roles.iter().enumerate().map(|(at, role)| role.shape(at)).collect();
        let mut shape = json!({
            "id": self.id, "name": self.name, "icon": null, "description": null, "home_header": null, "splash": null,
            "discovery_splash": null, "features": [], "banner": null, "owner_id": "220000000000000099",
            "application_id": null, "region": "deprecated", "afk_channel_id": null, "afk_timeout": 300,
            "system_channel_id": null, "system_channel_flags": 0, "widget_enabled": false, "widget_channel_id": null,
            "verification_level": 0, "roles": roles, "default_message_notifications": 0, "mfa_level": 0,
        });
        let more = json!({
            "explicit_content_filter": 0, "max_presences": null, "max_members": 500_000, "stickers": [], "emojis": [],
            "max_stage_video_channel_users": 50, "max_video_channel_users": 25, "vanity_url_code": null,
            "premium_tier": 0, "premium_subscription_count": 0, "preferred_locale": "en-US", "rules_channel_id": null,
            "safety_alerts_channel_id": null, "public_updates_channel_id": null, "premium_progress_bar_enabled": false,
            "premium_progress_bar_enabled_user_updated_at": null, "nsfw": false, "nsfw_level": 0, "incidents_data": null,
        });
        merge(&mut shape, more);
        shape
    }
}

impl Channel {
    /// 0 text, 1 direct messages, 11 public thread.
    pub fn kind_number(&self) -> u64 {
        match self.kind {
            Kind::Text => 0,
            Kind::Direct { .. } => 1,
            Kind::Thread { .. } => 11,
        }
    }

    pub fn shape(&self, state: &State) -> Value {
        let last = self.messages.last().map(|message| message.id.clone());
        let mut shape = json!({ "id": self.id, "type": self.kind_number(), "last_message_id": last, "flags": 0 });
        let more = match &self.kind {
            Kind::Direct { user } => json!({ "recipients": [state.users[user].shape()] }),
            Kind::Text => json!({
                "guild_id": self.server, "name": self.name, "parent_id": null, "rate_limit_per_user": 0,
                "topic": null, "position": 0, "nsfw": false, "permission_overwrites": self.overwrites(),
            }),
            Kind::Thread { parent } => json!({
                "guild_id": self.server, "name": self.name, "parent_id": parent, "rate_limit_per_user": 0,
                "owner_id": BOT, "message_count": self.messages.len(), "member_count": 1,
                "total_message_sent": self.messages.len(), "thread_metadata": self.thread(),
            }),
        };
        merge(&mut shape, more);
        shape
    }

    fn overwrites(&self) -> Vec<Value> {
        let one = |one: &super::state::Overwrite| {
            json!({
                "id": one.id, "type": u64::from(!one.of_role), "allow": one.allow.to_string(), "deny": one.deny.to_string(),
            })
        };
        self.overwrites.iter().map(one).collect()
    }

    fn thread(&self) -> Value {
        json!({
            "archived": self.archived, "archive_timestamp": instant(self.active_at), "locked": self.locked,
            "auto_archive_duration": self.archives_after, "create_timestamp": instant(self.active_at),
        })
    }

    /// As it stands in an interaction, for somebody who may do that much there.
    pub fn partial(&self, may: u64) -> Value {
        let mut shape = json!({
            "id": self.id, "type": self.kind_number(), "flags": 0, "last_message_id": null,
        });
        match &self.kind {
            Kind::Direct { .. } => {}
            kind => {
                shape["name"] = json!(self.name);
                shape["guild_id"] = json!(self.server);
                shape["permissions"] = json!(may.to_string());
                if let Kind::Thread { parent } = kind {
                    (shape["parent_id"], shape["thread_metadata"]) = (json!(parent), self.thread());
                }
            }
        }
        shape
    }
}

impl Message {
    pub fn flags(&self) -> u64 {
        let flag = |is: bool, bit: u64| if is { bit } else { 0 };
        flag(self.only_for.is_some(), EPHEMERAL) | flag(self.threaded, HAS_THREAD) | flag(self.thinking, THINKING)
    }

    /// As the bot gets it: what others say is not for it.
    pub fn shape(&self, state: &State) -> Value {
        let own = self.author == BOT;
        let texts = if own { self.content.as_str() } else { "" };
        let lists = |list: &Vec<Value>| if own { list.clone() } else { Vec::new() };
        let mut embeds = lists(&self.embeds);
        for embed in &mut embeds {
            embed["type"] = json!("rich");
            for field in embed.get_mut("fields").and_then(Value::as_array_mut).into_iter().flatten() {
                field["inline"] = json!(field["inline"] == true);
            }
        }
        let mut components = lists(&self.components);
        let mut number = 0;
        for row in &mut components {
            numbered(row, &mut number);
        }
        let mut shape = json!({
            "id": self.id, "channel_id": self.channel, "type": 0, "content": texts, "embeds": embeds,
            "components": components, "author": state.users[&self.author].shape(), "timestamp": instant(self.at),
            "edited_timestamp": self.edits.last().map(|edit| instant(edit.at)), "flags": self.flags(),
            "mentions": [], "mention_roles": [], "mention_everyone": false, "attachments": [], "tts": false,
            "pinned": false,
        });
        if let Some(nonce) = self.nonce.as_ref().filter(|_| own) {
            shape["nonce"] = json!(nonce);
        }
        if own && self.only_for.is_some() {
            (shape["webhook_id"], shape["application_id"]) = (json!(APPLICATION), json!(APPLICATION));
        }
        shape
    }
}

/// Discord numbers components.
fn numbered(component: &mut Value, number: &mut u64) {
    *number += 1;
    component["id"] = json!(*number);
    for inner in component.get_mut("components").and_then(Value::as_array_mut).into_iter().flatten() {
        numbered(inner, number);
    }
}

impl Event {
    pub fn shape(&self, server: &str, users: &std::collections::BTreeMap<String, User>) -> Value {
        let empty = self.description.is_empty();
        json!({
            "id": self.id, "guild_id": server, "channel_id": null, "creator_id": self.creator,
            "creator": users.get(&self.creator).map(User::shape), "name": self.name,
            "description": if empty { Value::Null } else { json!(self.description) }, "image": null,
            "scheduled_start_time": instant(self.start), "scheduled_end_time": instant(self.end), "privacy_level": 2,
            "status": self.status as u64, "entity_type": 3, "entity_id": null, "recurrence_rule": null,
            "entity_metadata": { "location": self.location }, "guild_scheduled_event_exceptions": [],
        })
    }

    /// Whether it still counts.
    pub fn is_live(&self) -> bool {
        matches!(self.status, EventStatus::Scheduled | EventStatus::Active)
    }
}

/// Permissions as an interaction has them.
pub fn permissions(may: u64) -> String {
    (may & ALL).to_string()
}
