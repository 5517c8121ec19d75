//! Posting, editing, whispering.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::super::answer::{Answer, Reply};
use super::super::judge::judge_message;
use super::super::state::{Edit, Kind, Message, State, Whisper};
use super::Call;

/// The longest text that is posted, and the longest that a message may be changed to, in characters.
const LONGEST_POST: usize = 40_000;
const LONGEST_EDIT: usize = 4_000;

/// `chat.postMessage`.
pub fn post(call: &mut Call<'_>) -> Reply {
    let at = place(call)?;
    let metadata = metadata(call)?;
    let said = said(call, LONGEST_POST)?;
    let thread = thread(call, at)?;
    let ts = call.state.ts();
    let now = call.state.now();
    let team = call.team;
    let workspace = call.workspace();
    let message = Message {
        channel: workspace.channels[at].id.clone(),
        ts: ts.clone(),
        thread_ts: thread,
        user: workspace.bot.id.clone(),
        bot: Some(workspace.bot_id.clone()),
        text: said.text,
        blocks: said.blocks,
        metadata,
        edits: Vec::new(),
        at: now,
    };
    let shape = message.shape(team, true);
    let channel = message.channel.clone();
    workspace.channels[at].messages.push(message);
    Ok(json!({ "channel": channel, "ts": ts, "message": shape }))
}

/// `chat.update`. What is not given stays.
pub fn update(call: &mut Call<'_>) -> Reply {
    let channel = call.text("channel").unwrap_or_default();
    let at = call.known_channel(&channel)?;
    let metadata = metadata(call)?;
    let said = said(call, LONGEST_EDIT)?;
    let has_blocks = !call.args["blocks"].is_null();
    let (ts, now, team) = (call.text("ts").unwrap_or_default(), call.state.now(), call.team);
    let workspace = call.workspace();
    if workspace.channels[at].archived {
        return Err(Answer::refused("is_archived"));
    }
    let bot = workspace.bot.id.clone();
    let message = workspace.channels[at].message(&ts).ok_or_else(|| Answer::refused("message_not_found"))?;
    if message.user != bot {
        return Err(Answer::refused("cant_update_message"));
    }
    let blocks = if has_blocks { said.blocks } else { message.blocks.clone() };
    let before = Edit {
        at: now,
        text: std::mem::replace(&mut message.text, said.text),
        blocks: std::mem::replace(&mut message.blocks, blocks),
    };
    message.edits.push(before);
    if metadata.is_some() {
        message.metadata = metadata;
    }
    let shape = message.shape(team, true);
    Ok(json!({ "channel": channel, "ts": ts, "text": shape["text"], "message": shape }))
}

/// `chat.postEphemeral`.
pub fn whisper(call: &mut Call<'_>) -> Reply {
    let channel = call.text("channel").unwrap_or_default();
    let at = call.known_channel(&channel)?;
    let user = call.text("user").unwrap_or_default();
    let said = said(call, LONGEST_POST)?;
    let thread = thread(call, at)?;
    let workspace = call.workspace();
    let place = &workspace.channels[at];
    if place.archived {
        return Err(Answer::refused("is_archived"));
    }
    if !workspace.bot_is_in(place) {
        return Err(Answer::refused("not_in_channel"));
    }
    if !place.members.contains(&user) {
        return Err(Answer::refused("user_not_in_channel"));
    }
    let ts = keep_whisper(call.state, call.team, &channel, &user, thread, "chat.postEphemeral", said);
    Ok(json!({ "message_ts": ts }))
}

/// What a message says.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub text: String,
    pub blocks: Vec<Value>,
}

impl Said {
    /// Reads and judges what is said in `text` and `blocks`; what is illegal is written down.
    pub fn read(state: &mut State, place: &str, args: &Value, longest: usize) -> Result<Self, Answer> {
        let text = args["text"].as_str().unwrap_or_default().to_owned();
        let blocks = match &args["blocks"] {
            Value::Null => Vec::new(),
            Value::Array(blocks) => blocks.clone(),
            _ => {
                state.illegal(format!("{place}: `blocks` are no list"));
                return Err(Answer::refused("invalid_blocks_format"));
            }
        };
        if text.is_empty() && blocks.is_empty() {
            state.illegal(format!("{place}: says nothing"));
            return Err(Answer::refused("no_text"));
        }
        if text.is_empty() {
            state.illegal(format!("{place}: blocks without a text, which notifications and screen readers show"));
        }
        if text.chars().count() > longest {
            state.illegal(format!("{place}: a text of {} characters", text.chars().count()));
            return Err(Answer::refused("msg_too_long"));
        }
        let wrong = judge_message(args);
        if !wrong.is_empty() {
            let lines: Vec<String> = wrong.iter().map(|wrong| format!("{place}: {wrong}")).collect();
            state.violations.extend(lines);
            return Err(Answer::refused_since("invalid_blocks", &wrong));
        }
        let blocks = blocks.into_iter().map(|block| with_id(state, block)).collect();
        Ok(Self { text, blocks })
    }
}

/// A block with the id that Slack gives it where it has none.
pub fn with_id(state: &mut State, mut block: Value) -> Value {
    if block["block_id"].is_null() && block.is_object() {
        block["block_id"] = json!(format!("b{:04}", state.id()));
    }
    block
}

/// Shows something to one person; its `ts`.
pub fn keep_whisper(
    state: &mut State,
    team: &str,
    channel: &str,
    user: &str,
    thread_ts: Option<String>,
    via: &'static str,
    said: Said,
) -> String {
    let ts = state.ts();
    let whisper = Whisper {
        channel: channel.to_owned(),
        user: user.to_owned(),
        ts: ts.clone(),
        thread_ts,
        via,
        text: said.text,
        blocks: said.blocks,
        before: Vec::new(),
    };
    state.workspace(team).whispers.push(whisper);
    ts
}

/// Posts in a conversation for the bot without a call: the answer to a command with `in_channel`.
pub fn post_reply(state: &mut State, team: &str, channel: &str, thread_ts: Option<String>, said: Said) -> String {
    let (ts, at): (String, DateTime<Utc>) = (state.ts(), state.now());
    let workspace = state.workspace(team);
    let message = Message {
        channel: channel.to_owned(),
        ts: ts.clone(),
        thread_ts,
        user: workspace.bot.id.clone(),
        bot: Some(workspace.bot_id.clone()),
        text: said.text,
        blocks: said.blocks,
        metadata: None,
        edits: Vec::new(),
        at,
    };
    workspace.channel(channel).messages.push(message);
    ts
}

fn said(call: &mut Call<'_>, longest: usize) -> Result<Said, Answer> {
    Said::read(call.state, call.method.name, call.args, longest)
}

/// Where a post goes: a conversation by id or name, or a person.
fn place(call: &mut Call<'_>) -> Result<usize, Answer> {
    let target = call.text("channel").unwrap_or_default();
    let workspace = call.workspace();
    if workspace.users.get(&target).is_some_and(|user| !user.deleted && !user.is_bot) {
        return Ok(workspace.direct(&target));
    }
    let at = workspace.find_channel(&target).ok_or_else(|| Answer::refused("channel_not_found"))?;
    let channel = &workspace.channels[at];
    let is_in = workspace.bot_is_in(channel);
    match (channel.kind, is_in) {
        (Kind::Private | Kind::Direct, false) => Err(Answer::refused("channel_not_found")),
        _ if channel.archived => Err(Answer::refused("is_archived")),
        (Kind::Public, false) if !workspace.scopes.contains("chat:write.public") => {
            Err(Answer::refused("not_in_channel"))
        }
        _ => Ok(at),
    }
}

/// The thread that something goes into.
fn thread(call: &mut Call<'_>, at: usize) -> Result<Option<String>, Answer> {
    let Some(ts) = call.text("thread_ts") else { return Ok(None) };
    let parent = call.workspace().channels[at].message(&ts).map(|parent| parent.thread_ts.clone());
    match parent {
        None => Err(Answer::refused("thread_not_found")),
        Some(inner) => {
            if inner.is_some_and(|inner| inner != ts) {
                call.illegal(&format!("thread_ts {ts} is a reply, not the message that the thread hangs on"));
            }
            Ok(Some(ts))
        }
    }
}

/// The metadata, with the shape that Slack wants.
fn metadata(call: &mut Call<'_>) -> Result<Option<Value>, Answer> {
    let metadata = &call.args["metadata"];
    if metadata.is_null() {
        return Ok(None);
    }
    if metadata["event_type"].as_str().is_some_and(|kind| !kind.is_empty()) && metadata["event_payload"].is_object() {
        return Ok(Some(metadata.clone()));
    }
    call.illegal("metadata without `event_type` and an `event_payload` that is an object");
    Err(Answer::refused("invalid_metadata_format"))
}
