//! What people do in Slack. Each method changes what there is, sends what Slack would send to the bot, waits for the
//! answer as Slack does, and shows it. Who acts has to be a person of the workspace, by name or id.

use std::fmt;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::methods::views::{judged, made};
use super::sending::{Post, Target, What};
use super::state::{Message, ResponseUrl, State, Trigger, View, Whisper};
use super::{FakeSlack, payloads, plain, response};

/// Something that was sent to the bot.
#[derive(Clone, Debug)]
pub struct Sent {
    pub team: String,
    pub what: What,
    pub payload: Value,
}

/// How the bot answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Of HTTP; over a socket 200 where it was acknowledged. 0: no answer in time.
    pub status: u16,
    /// JSON, or a text when it is none; null when it is empty.
    pub body: Value,
    /// From sending to the whole answer.
    pub took: Duration,
    /// Its place among all that was sent: for sending it again.
    pub nth: usize,
}

impl Reply {
    /// What a reader sees of the answer.
    pub fn text(&self) -> String {
        self.body.as_str().map_or_else(|| plain::plain(&self.body), str::to_owned)
    }

    /// Errors that a modal was answered with, by block.
    pub fn errors(&self) -> Map<String, Value> {
        self.body["errors"].as_object().cloned().unwrap_or_default()
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.text())
    }
}

/// How something is sent that was sent before.
#[derive(Clone, Copy, Debug)]
pub enum Again {
    /// As Slack does when it saw no answer: the same, with `X-Slack-Retry-Num`.
    Retry(u32),
    /// The same event under another `event_id` and without a word about it.
    OtherEventId,
    /// With a signature by another secret.
    Forged,
    /// With a right signature for another body.
    Changed,
    /// Without any signature.
    Unsigned,
    /// With a right signature of so many seconds ago.
    Old(i64),
}

impl State {
    /// A trigger that opens one modal.
    pub fn trigger(&mut self, team: &str, user: &str) -> String {
        let (number, at) = (self.id(), self.now());
        let trigger_id = format!("{number}.{number}.{}", hex::encode(number.to_be_bytes()));
        let trigger = Trigger { user: user.to_owned(), at, used: false };
        self.workspace(team).triggers.insert(trigger_id.clone(), trigger);
        trigger_id
    }
}

impl FakeSlack {
    /// Types `/maintenance` and a text in a conversation: `#ce`, an id, or `@anna` for the one with the bot.
    pub async fn command(&self, user: &str, channel: &str, text: &str) -> Reply {
        let (payload, there) = {
            let mut state = self.state();
            let workspace = state.workspace(&self.team);
            let (user, channel) = (workspace.user(user), workspace.channel(channel).id.clone());
            let payload = payloads::command(&mut state, &self.team, &user, &channel, text);
            let there = state.responses.values().next_back().expect("it was just made").clone();
            (payload, there)
        };
        let reply = self.send(What::Command, payload).await;
        self.show_reply(&there, &reply);
        reply
    }

    /// Presses a button of a message as it was then: one that is gone by now can be pressed on a screen that is late.
    pub async fn press(&self, user: &str, message: &Message, action_id: &str) -> Reply {
        let element = find(&message.blocks, action_id, "");
        let payload = {
            let mut state = self.state();
            let user = state.workspace(&self.team).user(user);
            payloads::press(&mut state, &self.team, &user, message, &element)
        };
        self.interact(payload).await
    }

    /// Presses a button of something that this person alone sees.
    pub async fn press_whisper(&self, whisper: &Whisper, action_id: &str) -> Reply {
        let element = find(&whisper.blocks, action_id, "");
        let payload = payloads::press_whisper(&mut self.state(), &self.team, whisper, &element);
        self.interact(payload).await
    }

    /// Presses a button on the Home of a person, the first whose value has this in it.
    pub async fn press_home(&self, user: &str, action_id: &str, value: &str) -> Reply {
        let home = self.home(user).unwrap_or_else(|| panic!("{user} has no Home yet"));
        let blocks = home["blocks"].as_array().cloned().unwrap_or_default();
        let element = find(&blocks, action_id, value);
        let payload = {
            let mut state = self.state();
            let user = state.workspace(&self.team).user(user);
            payloads::press_view(&mut state, &self.team, &user, &home, &element)
        };
        self.interact(payload).await
    }

    /// Sends off the newest open modal of a person with these values by block: text, a date, a time, the value or label
    /// of an option (several with commas), a person. Blocks that are not named stay as they are.
    pub async fn submit(&self, user: &str, values: &[(&str, &str)]) -> Reply {
        let view = self.view(user).unwrap_or_else(|| panic!("no open modal before {user}"));
        let payload = {
            let mut state = self.state();
            let filled = filled(&mut state, &self.team, &view.content, values);
            payloads::submission(&mut state, &self.team, &view.user, &view.content, &filled)
        };
        let reply = self.interact(payload).await;
        self.answer_modal(&view, &reply);
        reply
    }

    /// Mentions the bot, in a thread where one is named.
    pub async fn mention(&self, user: &str, channel: &str, thread: Option<&str>, text: &str) -> Reply {
        let payload = {
            let mut state = self.state();
            let workspace = state.workspace(&self.team);
            assert!(workspace.scopes.contains("app_mentions:read"), "the app does not hear mentions");
            let text = format!("<@{}> {}", workspace.bot.id, payloads::typed(text));
            let message = state.typed(&self.team, user, channel, thread, &text);
            let mut event = message.shape(&self.team, false);
            event["type"] = json!("app_mention");
            event["channel"] = json!(message.channel);
            event["event_ts"] = json!(message.ts);
            payloads::event(&mut state, &self.team, &event)
        };
        self.send(What::Event, payload).await
    }

    /// Opens the bot's Home.
    pub async fn open_home(&self, user: &str) -> Reply {
        let payload = {
            let mut state = self.state();
            let ts = state.ts();
            let workspace = state.workspace(&self.team);
            let user = workspace.user(user);
            let direct = workspace.direct(&user);
            let mut event = json!({
                "type": "app_home_opened", "user": user, "channel": workspace.channels[direct].id, "tab": "home",
                "event_ts": ts,
            });
            if let Some(home) = workspace.homes.get(&user).and_then(|homes| homes.last()) {
                event["view"] = home.clone();
            }
            payloads::event(&mut state, &self.team, &event)
        };
        self.send(What::Event, payload).await
    }

    /// Writes something that the bot is not told of; its `ts`.
    pub fn say(&self, user: &str, channel: &str, thread: Option<&str>, text: &str) -> String {
        self.state().typed(&self.team, user, channel, thread, &payloads::typed(text)).ts
    }

    /// Another app posts with this key in its metadata; its `ts`.
    pub fn other_app_says(&self, channel: &str, text: &str, key: &str) -> String {
        let mut state = self.state();
        let (ts, at) = (state.ts(), state.now());
        let channel = state.workspace(&self.team).channel(channel);
        channel.messages.push(Message {
            channel: channel.id.clone(),
            ts: ts.clone(),
            thread_ts: None,
            user: "U0OTHERAPP".into(),
            bot: Some("B0OTHERAPP".into()),
            text: text.to_owned(),
            blocks: Vec::new(),
            metadata: Some(json!({ "event_type": "maintbot_delivery", "event_payload": { "key": key } })),
            edits: Vec::new(),
            at,
        });
        ts
    }

    /// Deletes a message.
    pub fn delete_message(&self, channel: &str, ts: &str) {
        self.state().workspace(&self.team).channel(channel).messages.retain(|message| message.ts != ts);
    }

    /// What Slack asks when the address for events is entered.
    pub async fn verify_url(&self) -> Reply {
        let challenge = format!("challenge-{}", self.state().id());
        let payload = json!({ "token": "deprecated", "challenge": challenge, "type": "url_verification" });
        self.send(What::Event, payload).await
    }

    /// Sends something again that was sent before, by its place.
    pub async fn again(&self, nth: usize, how: Again) -> Reply {
        let Sent { what, mut payload, .. } = self.state().sent[nth].clone();
        if matches!(how, Again::OtherEventId) {
            assert!(payload["event_id"].is_string(), "not an event");
            payload["event_id"] = json!(payloads::event_id(&mut self.state()));
        }
        self.send_as(what, payload, Some(how)).await
    }

    /// Everything that was sent to the bot of this workspace so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.state().sent.iter().filter(|sent| sent.team == self.team).cloned().collect()
    }

    async fn interact(&self, payload: Value) -> Reply {
        self.send(What::Interaction, payload).await
    }

    async fn send(&self, what: What, payload: Value) -> Reply {
        self.send_as(what, payload, None).await
    }

    async fn send_as(&self, what: What, payload: Value, how: Option<Again>) -> Reply {
        let (target, secret, patience, nth, now) = {
            let mut state = self.state();
            let (now, patience) = (state.now(), state.patience);
            state.sent.push(Sent { team: self.team.clone(), what, payload: payload.clone() });
            let nth = state.sent.len() - 1;
            let workspace = state.workspace(&self.team);
            let target = workspace.target.clone().expect("say first where the bot is: fake.reach(…)");
            (target, workspace.secret.clone(), patience, nth, now)
        };
        let begun = Instant::now();
        let answer = match target {
            Target::Socket => self.by_socket(what, &payload, how).await,
            target => {
                let post = Post::made(what, &payload, &secret, now.timestamp(), how);
                let answer = tokio::time::timeout(patience, post.send(&self.client, &target)).await;
                if answer.is_err() {
                    self.state().illegal(format!("operation_timeout: no answer to {what:?} in time: {payload}"));
                }
                answer.ok()
            }
        };
        let took = begun.elapsed();
        let (status, body) = answer.unwrap_or((0, Vec::new()));
        let body = match body.as_slice() {
            [] => Value::Null,
            body => serde_json::from_slice(body).unwrap_or_else(|_| json!(String::from_utf8_lossy(body))),
        };
        Reply { status, body, took, nth }
    }

    async fn by_socket(&self, what: What, payload: &Value, how: Option<Again>) -> Option<(u16, Vec<u8>)> {
        let retry = match how {
            None | Some(Again::OtherEventId) => 0,
            Some(Again::Retry(nth)) => nth,
            Some(how) => panic!("{how:?} has no meaning on a socket"),
        };
        let mut envelope = json!({
            "envelope_id": format!("envelope-{}", self.state().id()),
            "type": what.envelope(),
            "payload": payload,
            "accepts_response_payload": what != What::Event,
        });
        if what == What::Event {
            envelope["retry_attempt"] = json!(retry);
            envelope["retry_reason"] = json!(if retry > 0 { "timeout" } else { "" });
        }
        let ack = self.shared.envelope(&self.team, &envelope).await?;
        Some((200, if ack.is_null() { Vec::new() } else { ack.to_string().into_bytes() }))
    }

    /// Shows the answer to a command to who typed it.
    fn show_reply(&self, there: &ResponseUrl, reply: &Reply) {
        let said = match &reply.body {
            Value::Null => return,
            Value::String(text) => json!({ "text": text }),
            body => body.clone(),
        };
        if reply.status == 200 {
            let mut state = self.state();
            // What was wrong with it is written down.
            let _ = response::show(&mut state, there, "reply", &said);
        }
    }

    /// Does what the answer to a modal says.
    fn answer_modal(&self, view: &View, reply: &Reply) {
        let mut state = self.state();
        if reply.status != 200 {
            return;
        }
        let next = &reply.body["view"];
        match reply.body["response_action"].as_str() {
            None if reply.body.is_null() || reply.body == json!({}) => state.modal(&self.team, &view.id).open = false,
            Some("clear") => {
                let views = state.workspace(&self.team).views.iter_mut();
                views.filter(|other| other.user == view.user).for_each(|view| view.open = false);
            }
            Some("errors") => state.show_errors(&self.team, view, reply),
            Some(action @ ("update" | "push")) => {
                if judged(&mut state, "response_action", next, "modal").is_err() {
                    return;
                }
                let new = made(&mut state, &self.team, next.clone());
                let id = new["id"].as_str().unwrap_or_default().to_owned();
                state.modal(&self.team, &view.id).open = action == "push";
                let errors = std::collections::BTreeMap::new();
                let new = View { id, user: view.user.clone(), content: new, open: true, errors };
                state.workspace(&self.team).views.push(new);
            }
            _ => state.illegal(format!("an answer to a modal that Slack does not understand: {}", reply.body)),
        }
    }
}

impl State {
    fn modal(&mut self, team: &str, id: &str) -> &mut View {
        let views = self.workspace(team).views.iter_mut();
        views.rev().find(|view| view.id == id).expect("a modal of that id")
    }

    fn show_errors(&mut self, team: &str, view: &View, reply: &Reply) {
        let errors = reply.errors();
        let inputs = view.content["blocks"].as_array().into_iter().flatten().filter(|block| block["type"] == "input");
        let fields: Vec<String> = inputs.filter_map(|block| Some(block["block_id"].as_str()?.to_owned())).collect();
        if errors.is_empty() {
            self.illegal("errors of a modal that name no block".into());
        }
        for (block, error) in errors {
            if !fields.contains(&block) || error.as_str().is_none_or(str::is_empty) {
                self.illegal(format!("an error of a modal on {block}, which is no input of it: {error}"));
                continue;
            }
            let error = error.as_str().unwrap_or_default().to_owned();
            self.modal(team, &view.id).errors.insert(block, error);
        }
    }

    /// A message of a person.
    fn typed(&mut self, team: &str, user: &str, channel: &str, thread: Option<&str>, text: &str) -> Message {
        let (ts, at) = (self.ts(), self.now());
        let workspace = self.workspace(team);
        let user = workspace.user(user);
        let channel = workspace.channel(channel);
        let message = Message {
            channel: channel.id.clone(),
            ts,
            thread_ts: thread.map(str::to_owned),
            user,
            bot: None,
            text: text.to_owned(),
            blocks: Vec::new(),
            metadata: None,
            edits: Vec::new(),
            at,
        };
        channel.messages.push(message.clone());
        message
    }
}

/// Every input of a view with its value, by block and action.
fn filled(state: &mut State, team: &str, view: &Value, values: &[(&str, &str)]) -> Map<String, Value> {
    let workspace = state.workspace(team);
    let blocks = view["blocks"].as_array().into_iter().flatten().filter(|block| block["type"] == "input");
    let blocks: Vec<&Value> = blocks.collect();
    for (name, _) in values {
        assert!(blocks.iter().any(|block| block["block_id"] == *name), "there is no block {name} in the modal");
    }
    let one = |block: &&Value| {
        let name = block["block_id"].as_str().unwrap_or_default();
        let given = values.iter().find(|(block, _)| *block == name).map(|(_, given)| *given);
        let action = block["element"]["action_id"].as_str().unwrap_or("action").to_owned();
        (name.to_owned(), json!({ action: payloads::value(workspace, block, given) }))
    };
    blocks.iter().map(one).collect()
}

/// The first thing with that `action_id` whose value has `value` in it.
fn find(blocks: &[Value], action_id: &str, value: &str) -> Value {
    let fits = |element: &&Value| {
        element["action_id"] == action_id && element["value"].as_str().unwrap_or_default().contains(value)
    };
    let elements = plain::elements(blocks);
    let found = elements.iter().find(fits).cloned();
    found.unwrap_or_else(|| panic!("no {action_id} (with {value:?}) among {:?}", plain::buttons(blocks)))
}
