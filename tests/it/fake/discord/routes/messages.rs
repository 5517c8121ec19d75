//! Posting, editing and reading of messages.

use chrono::TimeDelta;
use serde_json::Value;

use super::super::answer::{Answer, Reply};
use super::super::permissions::{
    EMBED_LINKS, MENTION_EVERYONE, READ_MESSAGE_HISTORY, SEND_MESSAGES, SEND_MESSAGES_IN_THREADS,
};
use super::super::state::{Channel, Edit, Kind, Message, State};
use super::super::{BOT, plain};
use super::Call;

/// So long the same nonce gives the message that it already made: "the past few minutes".
const NONCE_LIVES: TimeDelta = TimeDelta::minutes(3);

/// The parts of a message; none: not told.
#[derive(Clone, Debug, Default)]
pub struct Words {
    pub content: Option<String>,
    pub embeds: Option<Vec<Value>>,
    pub components: Option<Vec<Value>>,
    pub mentions: Value,
    pub flags: u64,
}

impl Words {
    pub fn read(body: &Value) -> Self {
        let list = |name: &str| match &body[name] {
            Value::Array(list) => Some(list.clone()),
            Value::Null if body.get(name).is_some() => Some(Vec::new()),
            _ => None,
        };
        let content = body["content"].as_str().map(str::to_owned);
        Self {
            content: content.or_else(|| body.get("content").map(|_| String::new())),
            embeds: list("embeds"),
            components: list("components"),
            mentions: body["allowed_mentions"].clone(),
            flags: body["flags"].as_u64().unwrap_or_default(),
        }
    }

    /// Discord's refusal of what is too long or empty. The judge says the rest.
    pub fn check(&self, of: &Message) -> Result<(), Answer> {
        let (content, embeds) =
            (self.content.as_ref().unwrap_or(&of.content), self.embeds.as_ref().unwrap_or(&of.embeds));
        let components = self.components.as_ref().unwrap_or(&of.components);
        if content.trim().is_empty() && embeds.is_empty() && components.is_empty() {
            return Err(Answer::code(400, 50_006));
        }
        if content.chars().count() > 2000 {
            return Err(Answer::field("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length."));
        }
        let long = |one: &Value| {
            let parts = [&one["title"], &one["description"], &one["footer"]["text"], &one["author"]["name"]];
            let fields = one["fields"].as_array().into_iter().flatten().flat_map(|f| [&f["name"], &f["value"]]);
            let all = parts.into_iter().chain(fields).filter_map(Value::as_str);
            all.map(|text| text.chars().count()).sum::<usize>()
        };
        if embeds.len() > 10 || embeds.iter().map(long).sum::<usize>() > 6000 {
            return Err(Answer::field("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000"));
        }
        if components.len() > 5 {
            return Err(Answer::field("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length."));
        }
        let mut ids: Vec<Value> = plain::elements(components).into_iter().map(|one| one["custom_id"].clone()).collect();
        ids.retain(|id| !id.is_null());
        let many = ids.len();
        ids.sort_by_key(ToString::to_string);
        ids.dedup();
        if ids.len() < many {
            let why = "Component custom id cannot be duplicated";
            return Err(Answer::field("components", "COMPONENT_CUSTOM_ID_DUPLICATED", why));
        }
        Ok(())
    }

    /// Puts them in the place of what was there.
    pub fn put(&self, into: &mut Message) {
        if let Some(content) = &self.content {
            into.content.clone_from(content);
        }
        if let Some(embeds) = &self.embeds {
            into.embeds.clone_from(embeds);
        }
        if let Some(components) = &self.components {
            into.components.clone_from(components);
        }
    }
}

impl State {
    /// A message of somebody that says nothing yet and stands nowhere.
    pub fn blank(&mut self, channel: &str, author: &str) -> Message {
        Message {
            id: self.flake(),
            channel: channel.to_owned(),
            author: author.to_owned(),
            content: String::new(),
            embeds: Vec::new(),
            components: Vec::new(),
            nonce: None,
            only_for: None,
            thinking: false,
            threaded: false,
            notified: Vec::new(),
            edits: Vec::new(),
            at: self.now(),
        }
    }

    /// Changes a message and keeps what it was.
    pub fn rewrite(&mut self, id: &str, words: &Words) -> Result<Message, Answer> {
        let now = self.now();
        let message = self.message(id).ok_or_else(|| Answer::code(404, 10_008))?;
        words.check(message)?;
        let edit = Edit {
            at: now,
            content: message.content.clone(),
            embeds: message.embeds.clone(),
            components: message.components.clone(),
        };
        if message.thinking {
            message.thinking = false;
        } else {
            message.edits.push(edit);
        }
        words.put(message);
        Ok(message.clone())
    }

    /// Who is notified by a message of the bot: by what stands in its content, and what it allows.
    pub fn notified(&self, channel: &Channel, words: &Words) -> Vec<String> {
        let Some(server) = channel.server.as_ref().and_then(|id| self.servers.get(id)) else { return Vec::new() };
        let content = words.content.as_deref().unwrap_or_default();
        let everything = words.mentions.is_null();
        let lists =
            |name: &str, id: &str| words.mentions[name].as_array().is_some_and(|list| list.iter().any(|one| one == id));
        let everybody_may = self.may(BOT, channel) & MENTION_EVERYONE != 0;
        let mut called = Vec::new();
        for user in self.users.values().filter(|user| server.members.contains_key(&user.id)) {
            let named = [format!("<@{}>", user.id), format!("<@!{}>", user.id)].iter().any(|tag| content.contains(tag));
            if named && (everything || lists("parse", "users") || lists("users", &user.id)) {
                called.push(user.name.clone());
            }
        }
        for role in &server.roles {
            let named = content.contains(&format!("<@&{}>", role.id)) && (role.mentionable || everybody_may);
            if named && (everything || lists("parse", "roles") || lists("roles", &role.id)) {
                called.push(format!("@{}", role.name));
            }
        }
        let all = ["@everyone", "@here"].into_iter().filter(|all| content.contains(all));
        if everybody_may && (everything || lists("parse", "everyone")) {
            called.extend(all.map(str::to_owned));
        }
        called
    }
}

impl Call<'_> {
    /// The channel in the path when the bot may write there.
    fn writable(&mut self) -> Result<Channel, Answer> {
        let channel = self.visible()?;
        let may = self.state.may(BOT, &channel);
        let need = if matches!(channel.kind, Kind::Thread { .. }) { SEND_MESSAGES_IN_THREADS } else { SEND_MESSAGES };
        if may & need == 0 {
            return Err(Answer::code(403, 50_013));
        }
        if let Kind::Direct { user } = &channel.kind
            && self.state.users[user].closed
        {
            return Err(Answer::code(403, 50_007));
        }
        Ok(channel)
    }

    pub fn create_message(&mut self) -> Reply {
        let channel = self.writable()?;
        if channel.archived && channel.locked {
            return Err(Answer::code(400, 50_083));
        }
        let words = Words::read(self.body);
        let nonce = match &self.body["nonce"] {
            Value::String(nonce) => Some(nonce.clone()),
            Value::Number(nonce) => Some(nonce.to_string()),
            _ => None,
        };
        let now = self.state.now();
        if self.body["enforce_nonce"] == true
            && let Some(nonce) = &nonce
        {
            let same = |message: &&Message| {
                message.author == BOT && message.nonce.as_ref() == Some(nonce) && now - message.at < NONCE_LIVES
            };
            if let Some(there) = channel.messages.iter().rev().find(same) {
                return Ok(Answer::ok(there.shape(self.state)));
            }
        }
        let mut message = self.state.blank(&channel.id, BOT);
        words.check(&message)?;
        let may = self.state.may(BOT, &channel);
        if words.embeds.as_ref().is_some_and(|embeds| !embeds.is_empty()) && may & EMBED_LINKS == 0 {
            return Err(Answer::code(403, 50_013));
        }
        words.put(&mut message);
        message.nonce = nonce;
        message.notified = self.state.notified(&channel, &words);
        let shape = message.shape(self.state);
        let there = self.state.channels.get_mut(&channel.id).expect("it was just there");
        there.messages.push(message);
        // A message opens a thread that fell asleep.
        (there.archived, there.active_at) = (false, now);
        Ok(Answer::ok(shape))
    }

    pub fn update_message(&mut self) -> Reply {
        let channel = self.visible()?;
        let message = channel.messages.iter().find(|message| message.id == self.id(1));
        let message = message.ok_or_else(|| Answer::code(404, 10_008))?;
        if message.author != BOT {
            return Err(Answer::code(403, 50_005));
        }
        if channel.archived {
            return Err(Answer::code(400, 50_083));
        }
        let (now, id) = (self.state.now(), message.id.clone());
        if now - message.at > TimeDelta::hours(1) {
            self.state.limits.edit_old(&channel.id, now)?;
        }
        let changed = self.state.rewrite(&id, &Words::read(self.body))?;
        Ok(Answer::ok(changed.shape(self.state)))
    }

    pub fn get_message(&mut self) -> Reply {
        let channel = self.visible()?;
        if self.state.may(BOT, &channel) & READ_MESSAGE_HISTORY == 0 {
            return Err(Answer::code(403, 50_013));
        }
        let message = channel.messages.iter().find(|message| message.id == self.id(1));
        Ok(Answer::ok(message.ok_or_else(|| Answer::code(404, 10_008))?.shape(self.state)))
    }

    pub fn list_messages(&mut self) -> Reply {
        let channel = self.visible()?;
        if self.state.may(BOT, &channel) & READ_MESSAGE_HISTORY == 0 {
            return Ok(Answer::ok(Value::Array(Vec::new())));
        }
        let number = |id: &str| id.parse::<u64>().unwrap_or_default();
        let limit = self.query.get("limit").map_or(50, |limit| limit.parse().unwrap_or(0));
        if !(1..=100).contains(&limit) {
            return Err(Answer::field("limit", "NUMBER_TYPE_MAX", "int value should be less than or equal to 100."));
        }
        let (before, after) =
            (self.query.get("before").map(|id| number(id)), self.query.get("after").map(|id| number(id)));
        let within = |message: &&Message| {
            let id = number(&message.id);
            before.is_none_or(|before| id < before) && after.is_none_or(|after| id > after)
        };
        let mut found: Vec<&Message> = channel.messages.iter().filter(within).collect();
        // After: the oldest ones; else the newest. Always the newest first.
        if after.is_some() {
            found.truncate(limit);
            found.reverse();
        } else {
            found.reverse();
            found.truncate(limit);
        }
        Ok(Answer::ok(found.into_iter().map(|message| message.shape(self.state)).collect()))
    }
}
