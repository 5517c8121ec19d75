//! Response URLs: where answers to a command or a press go, five of them within half an hour.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::answer::Answer;
use super::methods::chat::{Said, keep_whisper, post_reply};
use super::state::{Edit, ResponseUrl, State};

const LIVES: TimeDelta = TimeDelta::minutes(30);
const ANSWERS: usize = 5;
/// The longest text, in characters.
const LONGEST: usize = 40_000;
const FIELDS: [&str; 7] =
    ["text", "blocks", "attachments", "response_type", "replace_original", "delete_original", "thread_ts"];

impl State {
    /// A new response URL.
    pub fn response_url(
        &mut self,
        team: &str,
        channel: &str,
        user: &str,
        pressed: Option<(&str, Option<&str>)>,
    ) -> String {
        let (id, at) = (self.id(), self.now());
        let there = ResponseUrl {
            team: team.to_owned(),
            channel: channel.to_owned(),
            user: user.to_owned(),
            message: pressed.map(|(ts, _)| ts.to_owned()),
            thread: pressed.and_then(|(_, thread)| thread).map(str::to_owned),
            at,
            answers: Vec::new(),
        };
        self.responses.insert(id, there);
        format!("{}/response/{id}", self.url.trim_end_matches("/api"))
    }
}

/// Takes one answer.
pub fn take(state: &mut State, id: &str, posted: bool, said: &Value) -> Answer {
    let now = state.now();
    let there = id.parse().ok().and_then(|id| state.responses.get_mut(&id));
    let gone = |error: &str| Answer::of(404, json!({ "ok": false, "error": error }));
    let Some(there) = there.filter(|there| posted && now - there.at <= LIVES) else { return gone("expired_url") };
    if there.answers.len() >= ANSWERS {
        return gone("used_url");
    }
    there.answers.push(said.clone());
    let there = there.clone();
    match show(state, &there, "response_url", said) {
        Ok(_) => Answer::of(200, json!({ "ok": true })),
        Err(refusal) => Answer { status: 400, ..refusal },
    }
}

/// Shows an answer: to who asked alone, to all in the conversation, or in place of what was there. Its `ts`.
pub fn show(state: &mut State, there: &ResponseUrl, via: &'static str, said: &Value) -> Result<Option<String>, Answer> {
    for name in said.as_object().into_iter().flat_map(|said| said.keys()) {
        if !FIELDS.contains(&name.as_str()) {
            state.violations.push(format!("{via}: there is no field `{name}`"));
        }
    }
    if said["delete_original"] == true {
        let ts = there.message.clone().unwrap_or_default();
        let workspace = state.workspace(&there.team);
        workspace.whispers.retain(|whisper| whisper.ts != ts);
        workspace.channel(&there.channel).messages.retain(|message| message.ts != ts);
        return Ok(None);
    }
    let words = Said::read(state, via, said, LONGEST)?;
    if said["replace_original"] == true && replace(state, there, &words) {
        return Ok(None);
    }
    let thread = said["thread_ts"].as_str().map(str::to_owned).or_else(|| there.thread.clone());
    Ok(Some(match said["response_type"].as_str() {
        None | Some("ephemeral") => keep_whisper(state, &there.team, &there.channel, &there.user, thread, via, words),
        Some("in_channel") => post_reply(state, &there.team, &there.channel, thread, words),
        Some(other) => {
            state.illegal(format!("{via}: there is no response_type `{other}`"));
            return Err(Answer::refused("invalid_payload"));
        }
    }))
}

/// Puts an answer in place of the message or whisper that it belongs to; `false` when there is none.
fn replace(state: &mut State, there: &ResponseUrl, words: &Said) -> bool {
    let now = state.now();
    let workspace = state.workspace(&there.team);
    let last = workspace.whispers.iter().rposition(|whisper| match &there.message {
        Some(ts) => whisper.ts == *ts,
        // The answer to a command: the newest that who typed it saw there.
        None => whisper.channel == there.channel && whisper.user == there.user && whisper.via != "chat.postEphemeral",
    });
    if let Some(at) = last {
        let whisper = &mut workspace.whispers[at];
        whisper.before.push(whisper.plain());
        (whisper.text, whisper.blocks) = (words.text.clone(), words.blocks.clone());
        return true;
    }
    let Some(ts) = &there.message else { return false };
    let Some(message) = workspace.channel(&there.channel).message(ts) else { return false };
    message.edits.push(Edit { at: now, text: message.text.clone(), blocks: message.blocks.clone() });
    (message.text, message.blocks) = (words.text.clone(), words.blocks.clone());
    true
}
