//! What people do on Discord. Each method sends what Discord would send to the bot, waits for the answer as Discord does,
//! and shows it. Who acts has to be a person that a test made, by name or id.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::payloads::{self, Place};
use super::routes::tokens;
use super::sending::{Post, Way};
use super::state::{Event, EventStatus, Kind, Message};
use super::{FakeDiscord, Shared, judge, plain};

/// Something that was sent to the bot.
#[derive(Clone, Debug)]
pub struct Sent {
    pub way: Way,
    pub payload: Value,
}

/// How the bot answered.
#[derive(Clone)]
pub struct Reply {
    /// Of HTTP; over the gateway 200 where it was answered. 0: no answer in time.
    pub status: u16,
    /// The callback: what was answered at once; null when there was none.
    pub body: Value,
    /// From sending to that answer.
    pub took: Duration,
    /// Its place among all that was sent: for sending it again.
    pub nth: usize,
    /// Id of the interaction.
    pub interaction: String,
    place: Place,
    shared: Arc<Shared>,
}

/// A modal before somebody.
#[derive(Clone, Debug)]
pub struct Modal {
    /// `custom_id`, `title` and `components`, as the bot made it.
    pub content: Value,
    place: Place,
    /// The message from which it was opened.
    message: Option<String>,
}

/// How something is sent that was sent before.
#[derive(Clone, Copy, Debug)]
pub enum Again {
    /// Just as it was.
    Same,
    /// With a signature by another key.
    Forged,
    /// With a right signature for another body.
    Changed,
    /// Without any signature.
    Unsigned,
    /// With a right signature of so many seconds ago.
    Old(i64),
}

impl Reply {
    /// Type of the callback: 4 a message, 5 a message later, 6 nothing now, 7 the message changed, 8 suggestions, 9 a modal.
    pub fn kind(&self) -> u64 {
        self.body["type"].as_u64().unwrap_or_default()
    }

    /// What was answered at once, as text.
    pub fn at_once(&self) -> String {
        match &self.body {
            Value::String(text) => text.clone(),
            body => plain::data(&body["data"]),
        }
    }

    /// What was edited in or said besides later, in order.
    pub fn later(&self) -> Vec<String> {
        self.shared.state().interactions.get(&self.interaction).map(|one| one.later.clone()).unwrap_or_default()
    }

    /// The answer as it is by now: what was said at once, or what came in its place.
    pub fn plain(&self) -> String {
        match self.message() {
            Some(message) if self.kind() != 6 => message.plain(),
            _ => self.at_once(),
        }
    }

    /// The message that the answer made or changed, as it is by now.
    pub fn message(&self) -> Option<Message> {
        let mut state = self.shared.state();
        let original = state.interactions.get(&self.interaction)?.original.clone()?;
        state.message(&original).cloned()
    }

    /// Whether only who asked sees the answer.
    pub fn hidden(&self) -> bool {
        self.message().is_some_and(|message| message.only_for.is_some())
    }

    /// The modal that was answered.
    pub fn modal(&self) -> Modal {
        assert_eq!(self.kind(), 9, "not a modal: {self}");
        let message = self.shared.state().interactions[&self.interaction].message.clone();
        Modal { content: self.body["data"].clone(), place: self.place.clone(), message }
    }

    /// Names and values that were suggested.
    pub fn choices(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let choices = self.body["data"]["choices"].as_array().into_iter().flatten();
        choices.map(|choice| (text(&choice["name"]), text(&choice["value"]))).collect()
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} type {}: {}", self.status, self.kind(), self.plain())
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Modal {
    /// Title and labels, as text.
    pub fn plain(&self) -> String {
        plain::data(&self.content)
    }
}

impl FakeDiscord {
    /// Somebody calls `/maintenance` with a sub-command (`schedule`, `plan new`) and options as they are typed, in a
    /// channel: `#ops`, an id, or `@anna` for her messages with the bot. What the client would refuse fails the test.
    pub async fn command(&self, user: &str, channel: &str, verb: &str, options: &[(&str, &str)]) -> Reply {
        self.try_command(user, channel, verb, options).await.unwrap_or_else(|why| panic!("/maintenance {verb}: {why}"))
    }

    /// The same; an error is what the client refuses before anything is sent.
    pub async fn try_command(
        &self,
        user: &str,
        channel: &str,
        verb: &str,
        options: &[(&str, &str)],
    ) -> Result<Reply, String> {
        let (place, payload) = {
            let mut state = self.state();
            let place = self.place(&mut state, user, channel);
            let data = state.command_data(&place, verb, options, None)?;
            let payload = state.interaction(2, &place, &data, None);
            (place, payload)
        };
        Ok(self.send(place, payload).await)
    }

    /// What is suggested to somebody for the option that they type in; the others are filled in already.
    pub async fn autocomplete(
        &self,
        user: &str,
        channel: &str,
        verb: &str,
        options: &[(&str, &str)],
        focused: &str,
    ) -> Vec<(String, String)> {
        self.type_in(user, channel, verb, options, focused).await.choices()
    }

    /// The same with the whole answer.
    pub async fn type_in(
        &self,
        user: &str,
        channel: &str,
        verb: &str,
        options: &[(&str, &str)],
        focused: &str,
    ) -> Reply {
        let (place, payload) = {
            let mut state = self.state();
            let place = self.place(&mut state, user, channel);
            let data = state.command_data(&place, verb, options, Some(focused));
            let data = data.unwrap_or_else(|why| panic!("/maintenance {verb}: {why}"));
            let payload = state.interaction(4, &place, &data, None);
            (place, payload)
        };
        self.send(place, payload).await
    }

    /// Presses the first button whose `custom_id` begins so, of a message as it was then: one that is gone by now can be
    /// pressed on a screen that is late.
    pub async fn press(&self, user: &str, message: &Message, beginning: &str) -> Reply {
        let begins =
            |one: &Value| one["type"] == 2 && one["custom_id"].as_str().is_some_and(|id| id.starts_with(beginning));
        let button = find(message, beginning, begins);
        let (place, payload) = {
            let mut state = self.state();
            let place = state.place_of(&self.server, user, message);
            let payload = state.component(&place, message, &button, None);
            (place, payload)
        };
        self.send(place, payload).await
    }

    /// Chooses in a menu, by the value or the label of an option; also in an ephemeral message.
    pub async fn choose(&self, user: &str, message: &Message, custom_id: &str, value: &str) -> Reply {
        let begins =
            |one: &Value| one["type"] == 3 && one["custom_id"].as_str().is_some_and(|id| id.starts_with(custom_id));
        let menu = find(message, custom_id, begins);
        let options = menu["options"].as_array().cloned().unwrap_or_default();
        let option = options.iter().find(|one| one["value"] == value || one["label"] == value);
        let option = option.unwrap_or_else(|| panic!("no {value} among {options:?}"));
        let chosen = option["value"].as_str().unwrap_or_default();
        let (place, payload) = {
            let mut state = self.state();
            let place = state.place_of(&self.server, user, message);
            let payload = state.component(&place, message, &menu, Some(&[chosen]));
            (place, payload)
        };
        self.send(place, payload).await
    }

    /// Sends off a modal with these fields by `custom_id` or label; the others stay as they are.
    pub async fn fill_in(&self, user: &str, modal: &Modal, fields: &[(&str, &str)]) -> Reply {
        let components = payloads::submitted(&modal.content, fields).unwrap_or_else(|why| panic!("{why}"));
        let (place, payload) = {
            let mut state = self.state();
            assert_eq!(state.user(user), modal.place.user, "the modal is before somebody else");
            let data = json!({ "custom_id": modal.content["custom_id"], "components": components });
            let message = modal.message.as_ref().and_then(|id| state.message(id).cloned());
            let payload = state.interaction(5, &modal.place, &data, message.as_ref());
            (modal.place.clone(), payload)
        };
        self.send(place, payload).await
    }

    /// Somebody writes something that the bot is not told of; its id.
    pub fn say(&self, user: &str, channel: &str, content: &str) -> String {
        let mut state = self.state();
        let place = self.place(&mut state, user, channel);
        let mut message = state.blank(&place.channel, &place.user);
        content.clone_into(&mut message.content);
        let id = message.id.clone();
        let there = state.channels.get_mut(&place.channel).expect("a channel");
        (there.archived, there.active_at) = (false, message.at);
        there.messages.push(message);
        id
    }

    /// Somebody says these embeds there, as any application can; its id.
    pub fn say_embeds(&self, user: &str, channel: &str, embeds: &[Value]) -> String {
        let id = self.say(user, channel, "");
        let mut state = self.state();
        let message = state.message(&id).expect("it was just said");
        message.embeds = embeds.to_vec();
        id
    }

    /// Deletes a message.
    pub fn delete_message(&self, message: &Message) {
        let mut state = self.state();
        let channel = state.channels.get_mut(&message.channel).expect("a channel of that id");
        channel.messages.retain(|other| other.id != message.id);
    }

    /// Somebody opens a thread below a message; its id is that of the message.
    pub fn open_thread(&self, message: &Message, name: &str) {
        let mut state = self.state();
        let below = Kind::Thread { parent: message.channel.clone() };
        state.add_channel_as(&message.id, Some(&self.server), name, below);
        state.message(&message.id).expect("a message of that id").threaded = true;
    }

    /// Somebody makes an event of the server by hand, at a place and from one instant to another (UTC); its id.
    pub fn make_event(&self, user: &str, name: &str, place: &str, times: (DateTime<Utc>, DateTime<Utc>)) -> String {
        let mut state = self.state();
        let (id, creator) = (state.flake(), state.user(user));
        let (name, description, location) = (name.to_owned(), String::new(), place.to_owned());
        let ((start, end), status) = (times, EventStatus::Scheduled);
        let event = Event { id: id.clone(), creator, name, description, location, start, end, status };
        state.server(&self.server).events.push(event);
        id
    }

    /// Somebody deletes an event of the server by hand.
    pub fn delete_event(&self, id: &str) {
        self.state().server(&self.server).events.retain(|event| event.id != id);
    }

    /// What Discord does when the address for interactions is entered: a PING that is signed has to be answered, one that
    /// is not has to be refused. Both statuses, and the body of the first.
    pub async fn verify_endpoint(&self) -> (u16, u16, Value) {
        let (clock, target) = {
            let state = self.state();
            (state.clock.clone(), state.target.clone().expect("say first where the bot is: fake.reach(…)"))
        };
        let ping = payloads::ping(&clock);
        let (status, body) = Post::made(&ping, clock.now(), None).send(&self.client, &target).await;
        let (forged, _) = Post::made(&ping, clock.now(), Some(Again::Forged)).send(&self.client, &target).await;
        (status, forged, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// Sends something again that was sent before, by its place. What is answered is shown nowhere.
    pub async fn again(&self, nth: usize, how: Again) -> Reply {
        let way = self.state().sent[nth].way;
        self.again_by(way, nth, how).await
    }

    /// The same by a way of its own: Discord uses one at a time, but may be changing over.
    pub async fn again_by(&self, way: Way, nth: usize, how: Again) -> Reply {
        let payload = self.state().sent[nth].payload.clone();
        let interaction = payload["id"].as_str().unwrap_or_default().to_owned();
        let place = self.place_again(&payload);
        let begun = Instant::now();
        let (status, body) = match way {
            Way::Gateway => {
                self.state().dispatch("INTERACTION_CREATE", &payload);
                (200, Vec::new())
            }
            Way::Http => self.post(&payload, Some(how)).await.unwrap_or_default(),
        };
        let body = read(&body);
        Reply { status, body, took: begun.elapsed(), nth, interaction, place, shared: Arc::clone(&self.shared) }
    }

    /// Everything that was sent to the bot so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.state().sent.clone()
    }

    fn place(&self, state: &mut super::state::State, user: &str, channel: &str) -> Place {
        let user = state.user(user);
        let there = state.channel(&self.server, channel);
        let (id, server) = (there.id.clone(), there.server.clone());
        let channel = state.channels[&id].clone();
        let may = state.may(&user, &channel);
        assert!(may & super::permissions::VIEW_CHANNEL != 0, "{user} does not see {}", channel.name);
        Place { server: server.unwrap_or_else(|| self.server.clone()), user, channel: id }
    }

    fn place_again(&self, payload: &Value) -> Place {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let user = if payload["user"].is_null() { &payload["member"]["user"]["id"] } else { &payload["user"]["id"] };
        Place { server: self.server.clone(), user: text(user), channel: text(&payload["channel_id"]) }
    }

    async fn send(&self, place: Place, payload: Value) -> Reply {
        let id = payload["id"].as_str().expect("an id").to_owned();
        let (tell, told) = oneshot::channel();
        let (way, nth, patience) = {
            let mut state = self.state();
            let way = state.way;
            state.sent.push(Sent { way, payload: payload.clone() });
            state.interactions.get_mut(&id).expect("it was just made").waiting = Some(tell);
            (way, state.sent.len() - 1, state.patience)
        };
        let begun = Instant::now();
        let answered = tokio::time::timeout(patience, async {
            match way {
                Way::Http => self.by_http(&id, &payload, told).await,
                Way::Gateway => {
                    if !self.state().dispatch("INTERACTION_CREATE", &payload) {
                        return None;
                    }
                    told.await.ok().map(|body| (200, body))
                }
            }
        });
        let (status, body) = answered.await.ok().flatten().unwrap_or_default();
        let mut state = self.state();
        let one = state.interactions.get_mut(&id).expect("an interaction of that id");
        one.lapsed = one.response.is_none();
        if one.lapsed {
            state.unanswered.push(format!("no answer in time, or a bad one ({status}): {}", payload["data"]));
        }
        drop(state);
        Reply { status, body, took: begun.elapsed(), nth, interaction: id, place, shared: Arc::clone(&self.shared) }
    }

    /// The callback in the answer to the posted interaction, or after it where the answer is 202.
    async fn by_http(&self, id: &str, payload: &Value, told: oneshot::Receiver<Value>) -> Option<(u16, Value)> {
        let (status, body) = self.post(payload, None).await?;
        if status == 202 {
            return told.await.ok().map(|body| (status, body));
        }
        let said = read(&body);
        if status == 200 {
            let wrong = judge::request("POST", &tokens::callback_path(id), &body);
            let mut state = self.state();
            let refused = state.first_answer(id, &said).err();
            let refused = refused.map(|answer| format!("refused with {}", answer.body));
            for wrong in wrong.into_iter().chain(refused) {
                state.illegal(format!("the answer to an interaction: {wrong}"));
            }
        }
        Some((status, said))
    }

    async fn post(&self, payload: &Value, how: Option<Again>) -> Option<(u16, Vec<u8>)> {
        let (target, now) = {
            let state = self.state();
            (state.target.clone().expect("say first where the bot is: fake.reach(…)"), state.now())
        };
        Some(Post::made(payload, now, how).send(&self.client, &target).await)
    }
}

/// JSON, or a text when it is none; null when it is empty.
fn read(body: &[u8]) -> Value {
    match body {
        [] => Value::Null,
        body => serde_json::from_slice(body).unwrap_or_else(|_| json!(String::from_utf8_lossy(body))),
    }
}

/// A button or menu of a message that can be used.
fn find(message: &Message, wanted: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let elements = plain::elements(&message.components);
    let found = elements.into_iter().find(|one| fits(one) && one["disabled"] != true);
    found.unwrap_or_else(|| panic!("no {wanted} among {:?} of\n{}", message.buttons(), message.plain()))
}
