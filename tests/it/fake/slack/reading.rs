//! What a test reads of the double: messages and who sees what, views, Homes, and what was wrong.

use std::collections::BTreeMap;

use serde_json::Value;

use super::FakeSlack;
use super::plain;
use super::state::{Message, Request, View, Whisper};

impl FakeSlack {
    /// Messages of a conversation (`#ce`, an id, `@anna` for the one with the bot) without replies, in order.
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        let all = self.state().workspace(&self.team).channel(channel).messages.clone();
        all.into_iter().filter(|message| message.thread_ts.is_none()).collect()
    }

    /// Replies in a thread, in order.
    pub fn replies(&self, channel: &str, ts: &str) -> Vec<Message> {
        let all = self.state().workspace(&self.team).channel(channel).messages.clone();
        all.into_iter().filter(|message| message.thread_ts.as_deref() == Some(ts) && message.ts != ts).collect()
    }

    /// A message that is there.
    pub fn message(&self, channel: &str, ts: &str) -> Message {
        let found = self.state().workspace(&self.team).channel(channel).message(ts).map(|message| message.clone());
        found.unwrap_or_else(|| panic!("no message {ts} in {channel}"))
    }

    /// What the bot posted in a conversation, replies left out, as a reader sees it.
    pub fn posts(&self, channel: &str) -> Vec<Message> {
        let bot = self.state().workspace(&self.team).bot.id.clone();
        self.messages(channel).into_iter().filter(|message| message.user == bot).collect()
    }

    /// Everything that only this person saw, in order.
    pub fn whispers(&self, user: &str) -> Vec<Whisper> {
        let mut state = self.state();
        let workspace = state.workspace(&self.team);
        let user = workspace.user(user);
        workspace.whispers.iter().filter(|whisper| whisper.user == user).cloned().collect()
    }

    /// Every modal that a person was shown, in order.
    pub fn views(&self, user: &str) -> Vec<View> {
        let mut state = self.state();
        let workspace = state.workspace(&self.team);
        let user = workspace.user(user);
        workspace.views.iter().filter(|view| view.user == user).cloned().collect()
    }

    /// The newest modal that is open before a person.
    pub fn view(&self, user: &str) -> Option<View> {
        self.views(user).into_iter().rev().find(|view| view.open)
    }

    /// The Home of a person as it is.
    pub fn home(&self, user: &str) -> Option<Value> {
        self.homes(user).pop()
    }

    /// Everything that was published as the Home of a person, in order.
    pub fn homes(&self, user: &str) -> Vec<Value> {
        let mut state = self.state();
        let workspace = state.workspace(&self.team);
        let user = workspace.user(user);
        workspace.homes.get(&user).cloned().unwrap_or_default()
    }

    /// Keys of metadata that more than one message of the bot carries, in any conversation of any workspace.
    pub fn twice(&self) -> Vec<String> {
        let state = self.state();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for workspace in state.workspaces.values() {
            let messages = workspace.channels.iter().flat_map(|channel| &channel.messages);
            for message in messages.filter(|message| message.user == workspace.bot.id) {
                if let Some(key) = message.key() {
                    *seen.entry(key.to_owned()).or_default() += 1;
                }
            }
        }
        seen.into_iter().filter(|(_, times)| *times > 1).map(|(key, _)| key).collect()
    }

    /// Everything illegal so far, of all workspaces: calls, blocks, views, answers, and questions before the time that
    /// a 429 had said.
    pub fn violations(&self) -> Vec<String> {
        let state = self.state();
        let impatient = state.limits.impatient.iter().map(|what| format!("asked again too early: {what}"));
        state.violations.iter().cloned().chain(impatient).collect()
    }

    /// How many calls the double refused by itself since there were too many.
    pub fn limited(&self) -> usize {
        self.state().limits.exceeded
    }

    /// Every request so far, of all workspaces, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// Requests of one method so far, in order.
    pub fn calls(&self, method: &str) -> Vec<Request> {
        self.state().requests.iter().filter(|request| request.method == method).cloned().collect()
    }

    /// Everything that calls somebody or everybody in what the bot said so far, as Slack reads it.
    pub fn pings(&self) -> Vec<String> {
        let state = self.state();
        let mut found = Vec::new();
        for workspace in state.workspaces.values() {
            let messages = workspace.channels.iter().flat_map(|channel| &channel.messages);
            let said = messages.filter(|message| message.user == workspace.bot.id);
            let said = said.map(|message| (&message.text, &message.blocks));
            let whispered = workspace.whispers.iter().map(|whisper| (&whisper.text, &whisper.blocks));
            for (text, blocks) in said.chain(whispered) {
                found.extend(plain::pings(text));
                found.extend(blocks.iter().flat_map(mrkdwn).flat_map(|text| plain::pings(&text)));
            }
        }
        found
    }
}

/// Texts that Slack reads as markup, anywhere within a value.
fn mrkdwn(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) if fields.get("type").is_some_and(|kind| kind == "mrkdwn") => {
            fields.get("text").and_then(Value::as_str).map(str::to_owned).into_iter().collect()
        }
        Value::Object(fields) => fields.values().flat_map(mrkdwn).collect(),
        Value::Array(list) => list.iter().flat_map(mrkdwn).collect(),
        _ => Vec::new(),
    }
}
