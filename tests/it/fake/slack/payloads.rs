//! What Slack sends to an app, in its shapes.
//!
//! Source: <https://docs.slack.dev/interactivity/implementing-slash-commands>, `/reference/interaction-payloads` and
//! `/reference/events` there. What was typed comes with `&`, `<` and `>` as entities.

use serde_json::{Map, Value, json};

use super::state::{Channel, Kind, Message, State, Whisper, Workspace};

/// Text as Slack hands on what was typed.
pub fn typed(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Workspace {
    /// What was typed after a command; people and channels that are named in it come as Slack's tokens.
    pub fn typed_command(&self, text: &str, escapes: bool) -> String {
        let word = |word: &str| self.token(word).filter(|_| escapes).unwrap_or_else(|| typed(word));
        text.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }

    /// A word that names a person or a channel, alone or after a colon, with Slack's token in place of the name.
    fn token(&self, word: &str) -> Option<String> {
        let at = word.find(['@', '#']).filter(|at| *at == 0 || word[..*at].ends_with([':', '"', '(']))?;
        let named = word[at..].trim_end_matches([',', '.', ';', '"', ')']);
        let (before, after) = (typed(&word[..at]), typed(&word[at + named.len()..]));
        if let Some(name) = named.strip_prefix('@') {
            let user = self.find_user(name)?;
            return Some(format!("{before}<@{}|{}>{after}", user.id, user.name));
        }
        let channel = &self.channels[self.find_channel(named)?];
        Some(format!("{before}<#{}|{}>{after}", channel.id, channel.name))
    }

    fn user_shape(&self, user: &str) -> Value {
        let name = &self.users[user].name;
        json!({ "id": user, "username": name, "name": name, "team_id": self.team })
    }

    /// What every interaction says.
    fn interaction(&self, kind: &str, user: &str, trigger: &str) -> Value {
        json!({
            "type": kind,
            "user": self.user_shape(user),
            "api_app_id": self.app_id,
            "token": "deprecated",
            "team": { "id": self.team, "domain": self.team.to_lowercase() },
            "enterprise": null,
            "is_enterprise_install": false,
            "trigger_id": trigger,
        })
    }
}

impl Channel {
    /// Its name in a command or interaction.
    fn told_name(&self) -> &str {
        match self.kind {
            Kind::Public => &self.name,
            Kind::Private => "privategroup",
            Kind::Direct => "directmessage",
        }
    }
}

/// Fields of a slash command.
pub fn command(state: &mut State, team: &str, user: &str, channel: &str, text: &str) -> Value {
    let (trigger, url) = (state.trigger(team, user), state.response_url(team, channel, user, None));
    let escapes = state.escapes;
    let workspace = state.workspace(team);
    let text = workspace.typed_command(text, escapes);
    let channel_name = workspace.channel(channel).told_name().to_owned();
    json!({
        "token": "deprecated",
        "team_id": team,
        "team_domain": team.to_lowercase(),
        "channel_id": channel,
        "channel_name": channel_name,
        "user_id": user,
        "user_name": workspace.users[user].name,
        "command": "/maintenance",
        "text": text,
        "api_app_id": workspace.app_id,
        "is_enterprise_install": "false",
        "response_url": url,
        "trigger_id": trigger,
    })
}

/// A press on something in a message.
pub fn press(state: &mut State, team: &str, user: &str, message: &Message, element: &Value) -> Value {
    let thread = message.thread_ts.as_deref();
    let url = state.response_url(team, &message.channel, user, Some((&message.ts, thread)));
    let mut payload = pressed(state, team, user, element);
    payload["container"] = json!({
        "type": "message", "message_ts": message.ts, "channel_id": message.channel, "is_ephemeral": false,
    });
    if let Some(thread) = thread {
        payload["container"]["thread_ts"] = json!(thread);
    }
    payload["message"] = message.shape(team, false);
    in_channel(state, team, &message.channel, &url, payload)
}

/// A press on something that one person alone sees: its message does not come along.
pub fn press_whisper(state: &mut State, team: &str, whisper: &Whisper, element: &Value) -> Value {
    let thread = whisper.thread_ts.as_deref();
    let url = state.response_url(team, &whisper.channel, &whisper.user, Some((&whisper.ts, thread)));
    let mut payload = pressed(state, team, &whisper.user, element);
    payload["container"] = json!({
        "type": "message", "message_ts": whisper.ts, "channel_id": whisper.channel, "is_ephemeral": true,
    });
    in_channel(state, team, &whisper.channel, &url, payload)
}

/// A press on something in a view.
pub fn press_view(state: &mut State, team: &str, user: &str, view: &Value, element: &Value) -> Value {
    let mut payload = pressed(state, team, user, element);
    payload["container"] = json!({ "type": "view", "view_id": view["id"] });
    payload["view"] = view.clone();
    payload
}

fn pressed(state: &mut State, team: &str, user: &str, element: &Value) -> Value {
    let trigger = state.trigger(team, user);
    let action_ts = state.ts();
    let mut action = json!({ "action_ts": action_ts });
    for name in ["type", "action_id", "block_id", "text", "value", "style"] {
        if !element[name].is_null() {
            action[name] = element[name].clone();
        }
    }
    let mut payload = state.workspace(team).interaction("block_actions", user, &trigger);
    payload["actions"] = json!([action]);
    payload["state"] = json!({ "values": {} });
    payload
}

fn in_channel(state: &mut State, team: &str, channel: &str, url: &str, mut payload: Value) -> Value {
    let name = state.workspace(team).channel(channel).told_name().to_owned();
    payload["channel"] = json!({ "id": channel, "name": name });
    payload["response_url"] = json!(url);
    payload
}

/// A modal that was sent off with these values, by block.
pub fn submission(state: &mut State, team: &str, user: &str, view: &Value, values: &Map<String, Value>) -> Value {
    let trigger = state.trigger(team, user);
    let mut view = view.clone();
    view["state"] = json!({ "values": values });
    let mut payload = state.workspace(team).interaction("view_submission", user, &trigger);
    payload["view"] = view;
    payload["response_urls"] = json!([]);
    payload
}

/// An event with a new id.
pub fn event(state: &mut State, team: &str, event: &Value) -> Value {
    let (id, now) = (event_id(state), state.now().timestamp());
    let workspace = state.workspace(team);
    json!({
        "token": "deprecated",
        "team_id": team,
        "context_team_id": team,
        "context_enterprise_id": null,
        "api_app_id": workspace.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": id,
        "event_time": now,
        "authorizations": [{
            "enterprise_id": null, "team_id": team, "user_id": workspace.bot.id, "is_bot": true,
            "is_enterprise_install": false,
        }],
        "is_ext_shared_channel": false,
        "event_context": "4-double",
    })
}

/// An event id that was never used.
pub fn event_id(state: &mut State) -> String {
    format!("Ev{:09}", state.id())
}

/// What somebody puts into a block of a modal, as it comes back; `given` is what was typed or chosen, none: what stood
/// there. Panics where Slack would not let it be sent off.
pub fn value(workspace: &Workspace, block: &Value, given: Option<&str>) -> Value {
    let (name, element) = (block["block_id"].as_str().unwrap_or_default(), &block["element"]);
    let kind = element["type"].as_str().unwrap_or_default();
    let plain = |text: Value| Some(text).filter(|text| !text.is_null());
    let typed = given.map(|given| json!(given));
    let (field, value) = match kind {
        "plain_text_input" | "number_input" | "email_text_input" | "url_text_input" => {
            ("value", typed.or_else(|| plain(element["initial_value"].clone())))
        }
        "datepicker" => ("selected_date", typed.or_else(|| plain(element["initial_date"].clone()))),
        "timepicker" => ("selected_time", typed.or_else(|| plain(element["initial_time"].clone()))),
        "static_select" | "radio_buttons" => (
            "selected_option",
            given.map(|given| option(element, given)).or_else(|| plain(element["initial_option"].clone())),
        ),
        "multi_static_select" | "checkboxes" => {
            let chosen = given.map(|given| given.split(',').map(str::trim).filter(|one| !one.is_empty()));
            let chosen = chosen.map(|chosen| json!(chosen.map(|one| option(element, one)).collect::<Vec<_>>()));
            ("selected_options", chosen.or_else(|| plain(element["initial_options"].clone())))
        }
        "users_select" => {
            let user = given.map(|given| json!(workspace.user(given)));
            ("selected_user", user.or_else(|| plain(element["initial_user"].clone())))
        }
        other => panic!("block {name}: the double does not fill in {other}"),
    };
    let empty = value.as_ref().is_none_or(|value| value == "" || value.as_array().is_some_and(Vec::is_empty));
    assert!(!empty || block["optional"] == true, "block {name} has to be filled in before it can be sent off");
    if let Some(text) = value.as_ref().and_then(Value::as_str).filter(|_| kind == "plain_text_input") {
        let longest = element["max_length"].as_u64().unwrap_or(3000);
        assert!(text.chars().count() as u64 <= longest, "block {name} takes {longest} characters at most");
    }
    let none = if field == "selected_options" { json!([]) } else { Value::Null };
    let value = if empty { none } else { value.unwrap_or_default() };
    json!({ "type": kind, field: value })
}

/// The option with that value, or that text.
fn option(element: &Value, chosen: &str) -> Value {
    let groups = element["option_groups"].as_array().into_iter().flatten().map(|group| &group["options"]);
    let all = groups.chain([&element["options"]]).filter_map(Value::as_array).flatten();
    let mut fits = all.filter(|option| option["value"] == chosen || option["text"]["text"] == chosen);
    fits.next().unwrap_or_else(|| panic!("there is no option {chosen} in {element}")).clone()
}
