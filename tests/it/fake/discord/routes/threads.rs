//! Threads below messages: opened, renamed, opened again.

use serde_json::Value;

use super::super::BOT;
use super::super::answer::{Answer, Reply};
use super::super::permissions::{
    CREATE_PUBLIC_THREADS, MANAGE_CHANNELS, MANAGE_THREADS, SEND_MESSAGES, SEND_MESSAGES_IN_THREADS,
};
use super::super::state::Kind;
use super::Call;

impl Call<'_> {
    pub fn create_thread(&mut self) -> Reply {
        let channel = self.visible()?;
        if channel.kind != Kind::Text {
            return Err(Answer::code(400, 50_024));
        }
        let Some(message) = channel.messages.iter().find(|message| message.id == self.id(1)) else {
            return Err(Answer::code(404, 10_008));
        };
        if self.state.may(BOT, &channel) & CREATE_PUBLIC_THREADS == 0 {
            return Err(Answer::code(403, 50_013));
        }
        if message.threaded {
            return Err(Answer::code(400, 160_004));
        }
        let name = self.body["name"].as_str().unwrap_or_default();
        if name.trim().is_empty() || name.chars().count() > 100 {
            return Err(Answer::field("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length."));
        }
        let minutes = self.body["auto_archive_duration"].as_i64().unwrap_or(4320);
        if ![60, 1440, 4320, 10_080].contains(&minutes) {
            let why = "Value must be one of (60, 1440, 4320, 10080).";
            return Err(Answer::field("auto_archive_duration", "BASE_TYPE_CHOICES", why));
        }
        let id = message.id.clone();
        self.state.add_channel_as(&id, channel.server.as_deref(), name, Kind::Thread { parent: channel.id });
        self.state.channels.get_mut(&id).expect("it was just made").archives_after = minutes;
        self.state.message(&id).expect("it was just found").threaded = true;
        Ok(Answer::of(201, self.state.channels[&id].shape(self.state)))
    }

    /// Whether a thread is archived is all that can be changed, and its name.
    pub fn update_channel(&mut self) -> Reply {
        let channel = self.visible()?;
        let may = self.state.may(BOT, &channel);
        if !matches!(channel.kind, Kind::Thread { .. }) {
            return Err(Answer::code(403, if may & MANAGE_CHANNELS == 0 { 50_013 } else { 50_024 }));
        }
        let archived = self.body["archived"].as_bool();
        let manages = may & MANAGE_THREADS != 0;
        let only_opens = archived == Some(false) && self.body.as_object().is_some_and(|body| body.len() == 1);
        let sends = may & (SEND_MESSAGES | SEND_MESSAGES_IN_THREADS) != 0;
        if !manages && (channel.locked || !(only_opens && sends)) {
            return Err(Answer::code(403, 50_013));
        }
        if channel.archived && archived != Some(false) {
            return Err(Answer::code(400, 50_083));
        }
        let now = self.state.now();
        let thread = self.state.channels.get_mut(&channel.id).expect("it was just there");
        if let Some(archived) = archived {
            (thread.archived, thread.active_at) = (archived, now);
        }
        if let Some(locked) = self.body["locked"].as_bool() {
            thread.locked = locked;
        }
        if let Value::String(name) = &self.body["name"] {
            thread.name.clone_from(name);
        }
        Ok(Answer::ok(self.state.channels[&channel.id].shape(self.state)))
    }
}
