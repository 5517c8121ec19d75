//! What a test reads of the double: messages and who sees what, events, commands, and what was wrong.

use std::collections::BTreeMap;

use serde_json::Value;

use super::state::{Channel, Event, Kind, Message, Request};
use super::{BOT, FakeDiscord};

/// Who was notified by a message of the bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// Name of the channel, without `#`.
    pub channel: String,
    /// First line of the message.
    pub message: String,
    /// Names of people, `@role`, `@everyone`.
    pub who: Vec<String>,
}

impl FakeDiscord {
    /// Messages of a channel (`#ops`, an id, `@anna` for her messages with the bot), in order.
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        let mut state = self.state();
        state.tick();
        state.channel(&self.server, channel).messages.clone()
    }

    /// What the bot posted in a channel; threads are not in it.
    pub fn posts(&self, channel: &str) -> Vec<Message> {
        self.messages(channel).into_iter().filter(|message| message.author == BOT).collect()
    }

    /// A message as it is by now.
    pub fn now(&self, message: &Message) -> Message {
        let found = self.state().message(&message.id).cloned();
        found.unwrap_or_else(|| panic!("the message is gone: {}", message.plain()))
    }

    /// The thread below a message.
    pub fn thread(&self, message: &Message) -> Option<Channel> {
        let mut state = self.state();
        state.tick();
        state.channels.get(&message.id).filter(|channel| matches!(channel.kind, Kind::Thread { .. })).cloned()
    }

    /// Messages in the thread below a message, in order.
    pub fn thread_of(&self, message: &Message) -> Vec<Message> {
        self.thread(message).map(|thread| thread.messages).unwrap_or_default()
    }

    /// What only this person was told by the bot: ephemeral answers and direct messages, in order.
    pub fn whispers(&self, user: &str) -> Vec<Message> {
        let state = self.state();
        let user = state.user(user);
        let hidden = state.whispers.iter().filter(|message| message.only_for.as_ref() == Some(&user));
        let with = Kind::Direct { user: user.clone() };
        let direct = state.channels.values().filter(|channel| channel.kind == with);
        let direct = direct.flat_map(|channel| &channel.messages).filter(|message| message.author == BOT);
        let mut all: Vec<Message> = hidden.chain(direct).cloned().collect();
        all.sort_by_key(|message| message.id.parse::<u64>().unwrap_or_default());
        all
    }

    /// Who was notified by messages of the bot, in order; messages that notify nobody are left out.
    pub fn pings(&self) -> Vec<Ping> {
        let state = self.state();
        let mut found: Vec<(&String, Ping)> = Vec::new();
        for channel in state.channels.values() {
            for message in channel.messages.iter().filter(|message| !message.notified.is_empty()) {
                let first = message.plain().lines().next().unwrap_or_default().to_owned();
                let who = message.notified.clone();
                found.push((&message.id, Ping { channel: channel.name.clone(), message: first, who }));
            }
        }
        found.sort_by_key(|(id, _)| id.parse::<u64>().unwrap_or_default());
        found.into_iter().map(|(_, ping)| ping).collect()
    }

    /// Every event of a server so far, also those that are over.
    pub fn events(&self, server: &str) -> Vec<Event> {
        let mut state = self.state();
        state.tick();
        state.server(server).events.clone()
    }

    /// Commands that are registered for a server, and for all where there are none.
    pub fn commands(&self, server: &str) -> Vec<Value> {
        let mut state = self.state();
        let own = state.server(server).commands.clone();
        if own.is_empty() { state.commands.clone() } else { own }
    }

    /// Every overwriting of commands so far: for which server (none: for all), and what.
    pub fn registrations(&self) -> Vec<(Option<String>, Vec<Value>)> {
        self.state().registrations.clone()
    }

    /// Marks that more than one message of the bot in one channel carries, nonces likewise, and events that are live more
    /// than once under one name and at one time.
    pub fn twice(&self) -> Vec<String> {
        let state = self.state();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut count = |what: String| *seen.entry(what).or_default() += 1;
        for channel in state.channels.values() {
            for message in channel.messages.iter().filter(|message| message.author == BOT) {
                if let Some(mark) = message.mark() {
                    count(format!("mark {mark} in {}", channel.name));
                }
                if let Some(nonce) = &message.nonce {
                    count(format!("nonce {nonce} in {}", channel.name));
                }
            }
        }
        for server in state.servers.values() {
            for event in server.events.iter().filter(|event| event.is_live()) {
                count(format!("event {} at {}", event.name, event.start));
            }
        }
        seen.into_iter().filter(|(_, times)| *times > 1).map(|(what, _)| what).collect()
    }

    /// Everything illegal so far: calls, answers, and questions before the time that a 429 had said.
    pub fn violations(&self) -> Vec<String> {
        let state = self.state();
        let impatient = state.limits.impatient.iter().map(|what| format!("asked again too early: {what}"));
        state.violations.iter().cloned().chain(impatient).collect()
    }

    /// Interactions that were not answered in time or badly; a test that means it takes them away.
    pub fn take_unanswered(&self) -> Vec<String> {
        std::mem::take(&mut self.state().unanswered)
    }

    /// How many calls the double refused by itself since there were too many.
    pub fn limited(&self) -> usize {
        self.state().limits.exceeded
    }

    /// How many answers there were that may bring about a ban: 401, 403, and 429 by our own doing.
    pub fn invalid_requests(&self) -> usize {
        self.state().limits.invalid
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// Requests of one operation so far, such as `create_message`, in order.
    pub fn calls(&self, route: &str) -> Vec<Request> {
        self.state().requests.iter().filter(|request| request.route == route).cloned().collect()
    }
}
