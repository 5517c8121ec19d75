//! What the double of Discord's REST interface does: the calls that a bot for planned maintenance makes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answer::{Answer, Reply};
use super::permissions::VIEW_CHANNEL;
use super::state::{Channel, Kind, State};
use super::{APPLICATION, BOT, signing};

mod commands;
mod events;
pub mod messages;
mod threads;
pub mod tokens;

/// An operation by its name in Discord's own description, and the ids in its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub name: &'static str,
    pub ids: Vec<String>,
}

impl Route {
    /// The route of a path below `/api/v10`.
    pub fn of(method: &str, path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let (name, ids): (_, &[&str]) = match (method, parts.as_slice()) {
            ("GET", ["users", "@me"]) => ("get_my_user", &[]),
            ("POST", ["users", "@me", "channels"]) => ("create_dm", &[]),
            ("GET", ["applications", "@me"]) => ("get_my_application", &[]),
            ("GET", ["gateway"]) => ("get_gateway", &[]),
            ("GET", ["gateway", "bot"]) => ("get_bot_gateway", &[]),
            ("GET", ["guilds", guild]) => ("get_guild", &[guild]),
            ("GET", ["guilds", guild, "channels"]) => ("list_guild_channels", &[guild]),
            ("GET", ["guilds", guild, "roles"]) => ("list_guild_roles", &[guild]),
            ("GET", ["guilds", guild, "members", user]) => ("get_guild_member", &[guild, user]),
            ("GET", ["guilds", guild, "scheduled-events"]) => ("list_guild_scheduled_events", &[guild]),
            ("POST", ["guilds", guild, "scheduled-events"]) => ("create_guild_scheduled_event", &[guild]),
            ("GET", ["guilds", guild, "scheduled-events", id]) => ("get_guild_scheduled_event", &[guild, id]),
            ("PATCH", ["guilds", guild, "scheduled-events", id]) => ("update_guild_scheduled_event", &[guild, id]),
            ("DELETE", ["guilds", guild, "scheduled-events", id]) => ("delete_guild_scheduled_event", &[guild, id]),
            ("GET", ["channels", channel]) => ("get_channel", &[channel]),
            ("PATCH", ["channels", channel]) => ("update_channel", &[channel]),
            ("GET", ["channels", channel, "messages"]) => ("list_messages", &[channel]),
            ("POST", ["channels", channel, "messages"]) => ("create_message", &[channel]),
            ("GET", ["channels", channel, "messages", id]) => ("get_message", &[channel, id]),
            ("PATCH", ["channels", channel, "messages", id]) => ("update_message", &[channel, id]),
            ("POST", ["channels", channel, "messages", id, "threads"]) => {
                ("create_thread_from_message", &[channel, id])
            }
            ("POST", ["interactions", id, token, "callback"]) => ("create_interaction_response", &[id, token]),
            ("POST", ["webhooks", app, token]) => ("execute_webhook", &[app, token]),
            ("GET", ["webhooks", app, token, "messages", "@original"]) => {
                ("get_original_webhook_message", &[app, token])
            }
            ("PATCH", ["webhooks", app, token, "messages", "@original"]) => {
                ("update_original_webhook_message", &[app, token])
            }
            ("GET", ["applications", app, "commands"]) => ("list_application_commands", &[app]),
            ("PUT", ["applications", app, "commands"]) => ("bulk_set_application_commands", &[app]),
            ("GET", ["applications", app, "guilds", guild, "commands"]) => {
                ("list_guild_application_commands", &[app, guild])
            }
            ("PUT", ["applications", app, "guilds", guild, "commands"]) => {
                ("bulk_set_guild_application_commands", &[app, guild])
            }
            _ => return None,
        };
        Some(Self { name, ids: ids.iter().map(|id| (*id).to_owned()).collect() })
    }

    /// Whether the path holds the token of an interaction.
    pub fn by_token(&self) -> bool {
        self.name == "create_interaction_response" || self.name.contains("webhook")
    }

    /// Whether the bot's own token is wanted.
    pub fn signed_in(&self) -> bool {
        !self.by_token() && self.name != "get_gateway"
    }

    /// What is counted apart from others: the channel, the server, or the interaction.
    pub fn major(&self) -> String {
        match self.name {
            _ if self.by_token() => self.ids[1].clone(),
            "bulk_set_guild_application_commands" | "list_guild_application_commands" => self.ids[1].clone(),
            _ => self.ids.first().cloned().unwrap_or_default(),
        }
    }

    /// The channel or thread in the path.
    pub fn channel(&self) -> Option<&str> {
        let of_channel = ["get_channel", "update_channel", "list_messages", "create_message", "get_message"];
        let more = ["update_message", "create_thread_from_message"];
        let has = of_channel.contains(&self.name) || more.contains(&self.name);
        self.ids.first().filter(|_| has).map(String::as_str)
    }

    /// The server in the path.
    pub fn server(&self) -> Option<&str> {
        match self.name {
            "list_guild_application_commands" | "bulk_set_guild_application_commands" => Some(&self.ids[1]),
            name if name.contains("guild") => self.ids.first().map(String::as_str),
            _ => None,
        }
    }
}

/// A call of the bot.
pub struct Call<'a> {
    pub state: &'a mut State,
    pub route: &'a Route,
    pub query: &'a BTreeMap<String, String>,
    pub body: &'a Value,
}

impl Call<'_> {
    pub fn answer(&mut self) -> Reply {
        match self.route.name {
            "get_my_user" => Ok(Answer::ok(self.me())),
            "create_dm" => self.create_dm(),
            "get_my_application" => Ok(Answer::ok(self.application())),
            "get_gateway" => Ok(Answer::ok(json!({ "url": self.state.gateway_url() }))),
            "get_bot_gateway" => Ok(Answer::ok(self.gateway())),
            "get_guild" | "list_guild_channels" | "list_guild_roles" | "get_guild_member" => self.guild(),
            "get_channel" => {
                let channel = self.visible()?.shape(self.state);
                Ok(Answer::ok(channel))
            }
            "update_channel" => self.update_channel(),
            "list_messages" => self.list_messages(),
            "get_message" => self.get_message(),
            "create_message" => self.create_message(),
            "update_message" => self.update_message(),
            "create_thread_from_message" => self.create_thread(),
            "create_interaction_response" => self.create_interaction_response(),
            "execute_webhook" => self.follow_up(),
            "get_original_webhook_message" => self.original(),
            "update_original_webhook_message" => self.update_original(),
            name if name.contains("scheduled_event") => self.events(),
            name if name.contains("application_commands") => self.commands(),
            name => unreachable!("a route without an answer: {name}"),
        }
    }

    /// One of the ids in the path.
    pub fn id(&self, at: usize) -> &str {
        &self.route.ids[at]
    }

    /// The channel in the path, which the bot sees.
    pub fn visible(&self) -> Result<Channel, Answer> {
        let channel = self.state.channels.get(self.id(0)).ok_or_else(|| Answer::code(404, 10_003))?;
        let may = self.state.may(BOT, channel);
        if may & VIEW_CHANNEL == 0 { Err(Answer::code(403, 50_001)) } else { Ok(channel.clone()) }
    }

    /// A server in which the bot is.
    pub fn server(&self, at: usize) -> Result<String, Answer> {
        let server = self.state.servers.get(self.id(at)).ok_or_else(|| Answer::code(404, 10_004))?;
        if server.members.contains_key(BOT) { Ok(server.id.clone()) } else { Err(Answer::code(403, 50_001)) }
    }

    fn me(&self) -> Value {
        let mut me = self.state.users[BOT].shape();
        for (name, value) in [("mfa_enabled", json!(true)), ("verified", json!(true)), ("locale", json!("en-US"))] {
            me[name] = value;
        }
        me["email"] = Value::Null;
        me
    }

    fn application(&self) -> Value {
        let endpoint =
            (self.state.way == super::Way::Http).then_some("https://maintenance.example/discord/interactions");
        let bot = self.state.users[BOT].shape();
        json!({
            "id": APPLICATION, "name": "maintbot", "icon": null, "description": "", "type": null, "bot": bot,
            "verify_key": signing::public_key(), "flags": 0, "flags_new": "0", "bot_public": false,
            "bot_require_code_grant": false, "redirect_uris": [], "interactions_endpoint_url": endpoint,
            "role_connections_verification_url": null, "owner": bot, "team": null, "explicit_content_filter": 0,
            "approximate_guild_count": self.state.servers.len(), "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0, "eligible_oauth2_scopes": [],
        })
    }

    fn gateway(&self) -> Value {
        let used = self.state.sessions.len();
        json!({
            "url": self.state.gateway_url(), "shards": 1,
            "session_start_limit": {
                "total": 1000, "remaining": 1000_usize.saturating_sub(used), "reset_after": 14_400_000, "max_concurrency": 1,
            },
        })
    }

    fn guild(&mut self) -> Reply {
        let id = self.server(0)?;
        let server = &self.state.servers[&id];
        Ok(Answer::ok(match self.route.name {
            "get_guild" => server.shape(),
            "list_guild_roles" => server.shape()["roles"].clone(),
            "list_guild_channels" => {
                let of_server = |channel: &&Channel| channel.server.as_ref() == Some(&id) && channel.kind == Kind::Text;
                let there = self.state.channels.values().filter(of_server);
                Value::Array(there.map(|channel| channel.shape(self.state)).collect())
            }
            _ => {
                let user = self.state.users.get(self.id(1)).filter(|user| server.members.contains_key(&user.id));
                server.member(user.ok_or_else(|| Answer::code(404, 10_007))?)
            }
        }))
    }

    fn create_dm(&mut self) -> Reply {
        let user = self.body["recipient_id"].as_str().unwrap_or_default();
        if !self.state.users.contains_key(user) {
            return Err(Answer::code(404, 10_013));
        }
        if user == BOT {
            return Err(Answer::code(403, 50_007));
        }
        let id = self.state.direct(user);
        Ok(Answer::ok(self.state.channels[&id].shape(self.state)))
    }
}

/// A time in a body.
pub fn time(body: &Value, name: &str) -> Option<chrono::DateTime<chrono::Utc>> {
    let text = body[name].as_str()?;
    chrono::DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc())
}
