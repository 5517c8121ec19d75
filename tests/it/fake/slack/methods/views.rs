//! Modals and Homes.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::super::answer::{Answer, Reply};
use super::super::judge::judge_view;
use super::super::state::{State, View};
use super::Call;
use super::chat::with_id;

/// A trigger opens a modal for this long.
const TRIGGER_LIVES: TimeDelta = TimeDelta::seconds(3);

/// `views.open`: a trigger works for three seconds and once.
pub fn open(call: &mut Call<'_>) -> Reply {
    let trigger_id = call.text("trigger_id").unwrap_or_default();
    let view = call.args["view"].clone();
    let now = call.state.now();
    let trigger = call.workspace().triggers.get(&trigger_id).cloned();
    let trigger = trigger.ok_or_else(|| Answer::refused("invalid_trigger_id"))?;
    if trigger.used {
        return Err(Answer::refused("exchanged_trigger_id"));
    }
    if now - trigger.at > TRIGGER_LIVES {
        return Err(Answer::refused("expired_trigger_id"));
    }
    judged(call.state, call.method.name, &view, "modal")?;
    let view = made(call.state, call.team, view);
    let workspace = call.workspace();
    workspace.triggers.get_mut(&trigger_id).expect("it was there").used = true;
    workspace.views.push(View {
        id: view["id"].as_str().unwrap_or_default().to_owned(),
        user: trigger.user,
        content: view.clone(),
        open: true,
        errors: BTreeMap::new(),
    });
    Ok(json!({ "view": view }))
}

/// `views.publish`.
pub fn publish(call: &mut Call<'_>) -> Reply {
    let user = call.text("user_id").unwrap_or_default();
    if !call.workspace().users.contains_key(&user) {
        return Err(Answer::refused("user_not_found"));
    }
    let (view, hash) = (call.args["view"].clone(), call.text("hash"));
    judged(call.state, call.method.name, &view, "home")?;
    let current = call.workspace().homes.get(&user).and_then(|homes| homes.last()).map(|home| home["hash"].clone());
    if hash.is_some_and(|hash| current.is_some_and(|current| current != hash)) {
        return Err(Answer::refused("hash_conflict"));
    }
    let view = made(call.state, call.team, view);
    call.workspace().homes.entry(user).or_default().push(view.clone());
    Ok(json!({ "view": view }))
}

/// Judges a view; what is illegal is written down.
pub fn judged(state: &mut State, place: &str, view: &Value, kind: &str) -> Result<(), Answer> {
    let mut wrong = judge_view(view);
    if view["type"] != kind {
        wrong.push(format!("a view of type {} in place of {kind}", view["type"]));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    state.violations.extend(wrong.iter().map(|wrong| format!("{place}: {wrong}")));
    Err(Answer::refused_since("invalid_arguments", &wrong))
}

/// A view as Slack keeps it.
pub fn made(state: &mut State, team: &str, mut view: Value) -> Value {
    let blocks = view["blocks"].as_array().cloned().unwrap_or_default();
    let blocks: Vec<Value> = blocks.into_iter().map(|block| with_id(state, block)).collect();
    let number = state.id();
    let workspace = state.workspace(team);
    let more = json!({
        "id": format!("V{number:09}"), "team_id": team, "app_id": workspace.app_id, "bot_id": workspace.bot_id,
        "app_installed_team_id": team, "blocks": blocks, "state": { "values": {} },
        "hash": format!("{number}.hash"), "previous_view_id": null, "root_view_id": format!("V{number:09}"),
        "external_id": "", "clear_on_close": false, "notify_on_close": false,
    });
    for name in ["private_metadata", "callback_id"] {
        if view[name].is_null() {
            view[name] = json!("");
        }
    }
    view.as_object_mut().expect("a view").extend(more.as_object().cloned().unwrap_or_default());
    view
}
