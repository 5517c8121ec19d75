//! Finding and reading conversations.

use serde_json::{Value, json};

use super::super::answer::{Answer, Reply};
use super::super::state::{Kind, Message};
use super::Call;

/// `conversations.list`: private ones only where the bot is in.
pub fn list(call: &mut Call<'_>) -> Reply {
    let types = call.text("types").unwrap_or_else(|| "public_channel".into());
    let wanted: Vec<&str> = types.split(',').map(str::trim).collect();
    if let Some(wrong) = wanted.iter().find(|one| !["public_channel", "private_channel", "mpim", "im"].contains(one)) {
        call.illegal(&format!("no type `{wrong}`"));
        return Err(Answer::refused("invalid_types"));
    }
    let without_archived = call.flag("exclude_archived");
    let workspace = call.workspace();
    let bot = workspace.bot.id.clone();
    let shown = workspace.channels.iter().filter(|channel| {
        let kind = match channel.kind {
            Kind::Public => "public_channel",
            Kind::Private => "private_channel",
            Kind::Direct => "im",
        };
        let known = channel.kind == Kind::Public || channel.members.contains(&bot);
        known && wanted.contains(&kind) && !(without_archived && channel.archived)
    });
    let all: Vec<Value> = shown.map(|channel| channel.shape(&bot)).collect();
    let (channels, next) = call.page(&all)?;
    Ok(json!({ "channels": channels, "response_metadata": { "next_cursor": next } }))
}

/// `conversations.info`.
pub fn info(call: &mut Call<'_>) -> Reply {
    let id = call.text("channel").unwrap_or_default();
    let at = call.known_channel(&id)?;
    let workspace = call.workspace();
    Ok(json!({ "channel": workspace.channels[at].shape(&workspace.bot.id) }))
}

/// `conversations.open` with one person.
pub fn open(call: &mut Call<'_>) -> Reply {
    let user = call.text("users").unwrap_or_default();
    let workspace = call.workspace();
    match workspace.users.get(&user) {
        None => Err(Answer::refused("user_not_found")),
        Some(user) if user.deleted => Err(Answer::refused("user_disabled")),
        Some(_) => {
            let at = workspace.direct(&user);
            Ok(json!({ "channel": { "id": workspace.channels[at].id } }))
        }
    }
}

/// `conversations.history`: the newest first, without replies.
pub fn history(call: &mut Call<'_>) -> Reply {
    let at = readable(call)?;
    let all = between(call, at, |message| message.thread_ts.as_ref().is_none_or(|thread| *thread == message.ts));
    let newest_first: Vec<Value> = all.into_iter().rev().collect();
    let (messages, next) = call.page(&newest_first)?;
    let more = !next.is_empty();
    Ok(json!({
        "messages": messages, "has_more": more, "pin_count": 0, "response_metadata": { "next_cursor": next },
    }))
}

/// `conversations.replies`: the message that the thread hangs on, then the replies, the oldest first.
pub fn replies(call: &mut Call<'_>) -> Reply {
    let at = readable(call)?;
    let ts = call.text("ts").unwrap_or_default();
    let parent = call.workspace().channels[at].message(&ts).map(|parent| parent.clone());
    let parent = parent.ok_or_else(|| Answer::refused("thread_not_found"))?;
    let mut all = vec![parent.shape(call.team, call.flag("include_all_metadata"))];
    all.extend(between(call, at, |message| message.ts != ts && message.thread_ts.as_ref() == Some(&ts)));
    let (messages, next) = call.page(&all)?;
    let more = !next.is_empty();
    Ok(json!({ "messages": messages, "has_more": more, "response_metadata": { "next_cursor": next } }))
}

/// A conversation that the bot is in.
fn readable(call: &mut Call<'_>) -> Result<usize, Answer> {
    let id = call.text("channel").unwrap_or_default();
    let at = call.known_channel(&id)?;
    let workspace = call.workspace();
    let is_in = workspace.bot_is_in(&workspace.channels[at]);
    is_in.then_some(at).ok_or_else(|| Answer::refused("not_in_channel"))
}

/// Messages after `oldest` and before `latest` that are wanted, the oldest first.
fn between(call: &mut Call<'_>, at: usize, wanted: impl Fn(&Message) -> bool) -> Vec<Value> {
    let bound = |name: &str| call.text(name).and_then(|ts| micros(&ts));
    let (oldest, latest, inclusive) = (bound("oldest"), bound("latest"), call.flag("inclusive"));
    let (metadata, team) = (call.flag("include_all_metadata"), call.team);
    let within = |message: &&Message| {
        let ts = micros(&message.ts);
        let after = oldest.is_none_or(|oldest| ts > Some(oldest) || (inclusive && ts == Some(oldest)));
        let before = latest.is_none_or(|latest| ts < Some(latest) || (inclusive && ts == Some(latest)));
        after && before
    };
    let messages = call.workspace().channels[at].messages.iter().filter(within).filter(|message| wanted(message));
    messages.map(|message| message.shape(team, metadata)).collect()
}

/// A `ts`, or Unix seconds with or without a fraction, in microseconds.
fn micros(ts: &str) -> Option<i64> {
    let (seconds, fraction) = ts.split_once('.').unwrap_or((ts, ""));
    let fraction = format!("{fraction:0<6}");
    Some(seconds.parse::<i64>().ok()? * 1_000_000 + fraction.get(..6)?.parse::<i64>().ok()?)
}
