//! Interactions as Discord sends them, and options as its client fills them in.

use std::time::Instant;

use maintbot::clock::Clock;
use serde_json::{Map, Value, json};

use super::permissions::{self, USE_APPLICATION_COMMANDS};
use super::state::{Interaction, Kind, Message, State};
use super::{APPLICATION, BOT, judge, plain, shapes};

/// The command that everything is below.
pub const COMMAND: &str = "maintenance";

const SUB_COMMAND: u64 = 1;
const GROUP: u64 = 2;
const STRING: u64 = 3;
const INTEGER: u64 = 4;
const BOOLEAN: u64 = 5;
const USER: u64 = 6;
const CHANNEL: u64 = 7;
const ROLE: u64 = 8;
const NUMBER: u64 = 10;

/// Who does something where.
#[derive(Clone, Debug)]
pub struct Place {
    /// Id of the server on which a test looks.
    pub server: String,
    /// Id of the person.
    pub user: String,
    pub channel: String,
}

impl State {
    /// A new interaction of this kind with this `data`; its payload.
    pub fn interaction(&mut self, kind: u64, place: &Place, data: &Value, message: Option<&Message>) -> Value {
        self.tick();
        let (id, now) = (self.flake(), self.now());
        // Like the real ones it is long and says nothing.
        let token = format!("double-{}-{}", id, hex::encode(&id).repeat(3));
        let channel = self.channels[&place.channel].clone();
        let user = self.users[&place.user].clone();
        let may = self.may(&place.user, &channel);
        let of_bot = shapes::permissions(self.may(BOT, &channel));
        let mut payload = json!({
            "id": id, "application_id": APPLICATION, "type": kind, "data": data, "token": token, "version": 1,
            "channel_id": channel.id, "channel": channel.partial(may), "app_permissions": of_bot, "locale": user.locale,
            "entitlements": [], "entitlement_sku_ids": [], "attachment_size_limit": 10_485_760,
        });
        if let Some(server) = &channel.server {
            let mut member = self.servers[server].member(&user);
            member["permissions"] = json!(shapes::permissions(may));
            member["unusual_dm_activity_until"] = Value::Null;
            payload["member"] = member;
            (payload["guild_id"], payload["guild_locale"]) = (json!(server), json!("en-US"));
            payload["guild"] = json!({ "id": server, "locale": "en-US", "features": [] });
            (payload["context"], payload["authorizing_integration_owners"]) = (json!(0), json!({ "0": server }));
        } else {
            payload["user"] = user.shape();
            (payload["context"], payload["authorizing_integration_owners"]) = (json!(1), json!({ "0": "0" }));
        }
        if let Some(message) = message {
            payload["message"] = message.shape(self);
        }
        let wrong = judge::interaction(&payload);
        assert!(wrong.is_empty(), "the double sends what Discord would not: {}\n{payload:#}", wrong.join("; "));
        let one = Interaction {
            id: id.clone(),
            token,
            kind,
            user: place.user.clone(),
            channel: place.channel.clone(),
            message: message.map(|message| message.id.clone()),
            at: now,
            begun: Instant::now(),
            lapsed: false,
            response: None,
            original: None,
            later: Vec::new(),
            waiting: None,
        };
        self.interactions.insert(id, one);
        payload
    }

    /// `data` of a command as the client makes it from what is registered. `focused`: the option that somebody types in
    /// at the moment; then what is required may be missing still.
    pub fn command_data(
        &self,
        place: &Place,
        verb: &str,
        options: &[(&str, &str)],
        focused: Option<&str>,
    ) -> Result<Value, String> {
        let channel = &self.channels[&place.channel];
        let command = self.registered(place, channel.server.as_deref())?;
        let of_server = command.get("guild_id").cloned();
        let steps: Vec<&str> = verb.split_whitespace().collect();
        let mut resolved = Resolved::default();
        let filled = self.below(place, command, &steps, &mut resolved, options, focused)?;
        let mut data = json!({ "id": command["id"], "name": command["name"], "type": 1, "options": filled });
        if let Some(server) = of_server {
            data["guild_id"] = server;
        }
        if !resolved.0.is_empty() {
            data["resolved"] = Value::Object(resolved.0);
        }
        Ok(data)
    }

    /// The command that the client shows in a place.
    fn registered(&self, place: &Place, server: Option<&str>) -> Result<&Value, String> {
        let named = |command: &&Value| command["name"] == COMMAND;
        let user = &place.user;
        if let Some(server) = server {
            let may = permissions::within(&self.servers[server], user, &[]);
            if may & USE_APPLICATION_COMMANDS == 0 {
                return Err(format!("{user} may not use commands there"));
            }
            let own = self.servers[server].commands.iter().find(named);
            return own.or_else(|| self.commands.iter().find(named)).ok_or_else(|| "no command is registered".into());
        }
        let direct = |command: &&Value| {
            let contexts = command["contexts"].as_array();
            contexts.map_or(command["dm_permission"] != false, |list| list.iter().any(|one| *one == 1))
        };
        let found = self.commands.iter().filter(named).find(direct);
        found.ok_or_else(|| "no command is registered for direct messages".into())
    }

    fn below(
        &self,
        place: &Place,
        command: &Value,
        steps: &[&str],
        resolved: &mut Resolved,
        options: &[(&str, &str)],
        focused: Option<&str>,
    ) -> Result<Value, String> {
        let known = command["options"].as_array().cloned().unwrap_or_default();
        let Some((step, further)) = steps.split_first() else {
            if known.iter().any(|one| one["type"] == SUB_COMMAND || one["type"] == GROUP) {
                return Err(format!("{} wants a sub-command", command["name"]));
            }
            return self.filled(place, &known, resolved, options, focused);
        };
        let inner = known.iter().find(|one| one["name"] == *step);
        let inner = inner.filter(|one| one["type"] == SUB_COMMAND || one["type"] == GROUP).ok_or_else(|| {
            let names: Vec<&str> = known.iter().filter_map(|one| one["name"].as_str()).collect();
            format!("there is no `{step}` below {}, only {}", command["name"], names.join(", "))
        })?;
        let filled = self.below(place, inner, further, resolved, options, focused)?;
        Ok(json!([{ "name": step, "type": inner["type"], "options": filled }]))
    }

    fn filled(
        &self,
        place: &Place,
        known: &[Value],
        resolved: &mut Resolved,
        options: &[(&str, &str)],
        focused: Option<&str>,
    ) -> Result<Value, String> {
        let mut filled = Vec::new();
        for (name, text) in options {
            let option = known.iter().find(|one| one["name"] == *name).ok_or_else(|| {
                let names: Vec<&str> = known.iter().filter_map(|one| one["name"].as_str()).collect();
                format!("there is no option `{name}`, only {}", names.join(", "))
            })?;
            if filled.iter().any(|one: &Value| one["name"] == *name) {
                return Err(format!("the option `{name}` twice"));
            }
            let typing = focused == Some(*name);
            if typing && option["autocomplete"] != true {
                return Err(format!("nothing is suggested for `{name}`"));
            }
            let value = if typing { json!(text) } else { self.value(place, option, text, resolved)? };
            let mut one = json!({ "name": name, "type": option["type"], "value": value });
            if typing {
                one["focused"] = json!(true);
            }
            filled.push(one);
        }
        let missing = known.iter().filter(|one| one["required"] == true && focused.is_none());
        let missing = missing.filter(|one| !filled.iter().any(|other: &Value| other["name"] == one["name"]));
        match missing.map(|one| one["name"].to_string()).next() {
            Some(name) => Err(format!("the option {name} is required")),
            None => Ok(json!(filled)),
        }
    }

    /// What is typed as the type of the option says; refused as the client does.
    fn value(&self, place: &Place, option: &Value, text: &str, resolved: &mut Resolved) -> Result<Value, String> {
        let name = option["name"].as_str().unwrap_or_default();
        let wrong = |what: &str| format!("`{name}` takes {what}, not `{text}`");
        let choices = option["choices"].as_array().filter(|choices| !choices.is_empty());
        let value = match option["type"].as_u64().unwrap_or_default() {
            STRING => json!(text),
            INTEGER => json!(text.parse::<i64>().map_err(|_| wrong("a whole number"))?),
            NUMBER => json!(text.parse::<f64>().map_err(|_| wrong("a number"))?),
            BOOLEAN => json!(text.parse::<bool>().map_err(|_| wrong("true or false"))?),
            USER => resolved.user(self, place, &self.user(text)),
            ROLE => {
                let server = &self.servers[&place.server];
                let role = server.role(text.trim_start_matches('@')).ok_or_else(|| wrong("a role"))?;
                resolved.put("roles", &role.id, role.shape(1));
                json!(role.id)
            }
            CHANNEL => {
                let id = self.find_channel(&place.server, text).ok_or_else(|| wrong("a channel"))?;
                resolved.put("channels", &id, self.channels[&id].partial(self.may(&place.user, &self.channels[&id])));
                json!(id)
            }
            other => return Err(format!("`{name}` is of type {other}, which the double does not know")),
        };
        if let Some(choices) = choices
            && !choices.iter().any(|one| one["value"] == value)
        {
            return Err(wrong("one of its choices"));
        }
        let number = value.as_f64();
        let short = |limit: &Value, less: bool| {
            let limit = limit.as_f64();
            limit.zip(number).is_some_and(|(limit, number)| if less { number < limit } else { number > limit })
        };
        if short(&option["min_value"], true) || short(&option["max_value"], false) {
            return Err(wrong("less or more"));
        }
        let letters = text.chars().count() as u64;
        if option["type"] == STRING
            && !(option["min_length"].as_u64().unwrap_or(0)..=option["max_length"].as_u64().unwrap_or(6000))
                .contains(&letters)
        {
            return Err(wrong("a text of another length"));
        }
        Ok(value)
    }

    /// The payload of pressing a button, or of choosing in a menu.
    pub fn component(&mut self, place: &Place, message: &Message, element: &Value, values: Option<&[&str]>) -> Value {
        let mut data = json!({
            "custom_id": element["custom_id"], "component_type": element["type"], "id": element["id"].as_u64().unwrap_or(2),
        });
        if let Some(values) = values {
            data["values"] = json!(values);
        }
        self.interaction(3, place, &data, Some(message))
    }

    /// Where a message is pressed by somebody who sees it.
    pub fn place_of(&self, server: &str, user: &str, message: &Message) -> Place {
        let user = self.user(user);
        let channel = &self.channels[&message.channel];
        let sees = match (&message.only_for, &channel.kind) {
            (Some(only), _) => *only == user,
            (None, Kind::Direct { user: with }) => *with == user,
            (None, _) => self.may(&user, channel) & permissions::VIEW_CHANNEL != 0,
        };
        assert!(sees, "{user} does not see that message");
        let server = channel.server.clone().unwrap_or_else(|| server.to_owned());
        Place { server, user, channel: channel.id.clone() }
    }
}

/// People, roles and channels that options name.
#[derive(Default)]
struct Resolved(Map<String, Value>);

impl Resolved {
    fn put(&mut self, kind: &str, id: &str, value: Value) {
        self.0.entry(kind).or_insert_with(|| json!({}))[id] = value;
    }

    fn user(&mut self, state: &State, place: &Place, id: &str) -> Value {
        let user = &state.users[id];
        self.put("users", id, user.shape());
        let server = &state.servers[&place.server];
        if server.members.contains_key(id) && state.channels[&place.channel].server.is_some() {
            let mut member = server.member(user);
            let fields = member.as_object_mut().expect("a member");
            for name in ["user", "deaf", "mute"] {
                fields.remove(name);
            }
            member["permissions"] = json!(shapes::permissions(permissions::within(server, id, &[])));
            self.put("members", id, member);
        }
        json!(id)
    }
}

/// The `components` of a modal that was filled in; refused as the client does. Fields by `custom_id` or label.
pub fn submitted(modal: &Value, fields: &[(&str, &str)]) -> Result<Value, String> {
    let rows = modal["components"].as_array().cloned().unwrap_or_default();
    let inputs = plain::elements(&rows);
    let is = |input: &Value, name: &str| input["custom_id"] == name || input["label"] == name;
    if let Some((name, _)) = fields.iter().find(|(name, _)| !inputs.iter().any(|input| is(input, name))) {
        let names: Vec<String> = inputs.iter().map(|input| input["custom_id"].to_string()).collect();
        return Err(format!("there is no field {name} in the modal, only {}", names.join(", ")));
    }
    let mut filled = Vec::new();
    for (at, input) in inputs.iter().enumerate() {
        let given = fields.iter().find(|(name, _)| is(input, name)).map(|(_, text)| (*text).to_owned());
        let value = given.or_else(|| input["value"].as_str().map(str::to_owned)).unwrap_or_default();
        let long = value.chars().count() as u64;
        if value.is_empty() && input["required"] != false {
            return Err(format!("{} is required", input["label"]));
        }
        let least = input["min_length"].as_u64().filter(|_| !value.is_empty()).unwrap_or(0);
        if !(least..=input["max_length"].as_u64().unwrap_or(4000)).contains(&long) {
            return Err(format!("{} has another length than it may have", input["label"]));
        }
        let id = 2 * at + 1;
        let text = json!({ "type": 4, "id": id + 1, "custom_id": input["custom_id"], "value": value });
        filled.push(json!({ "type": 1, "id": id, "components": [text] }));
    }
    Ok(json!(filled))
}

/// A PING, as Discord sends one when the address of an application is entered.
pub fn ping(clock: &Clock) -> Value {
    json!({
        "id": format!("{}", clock.now().timestamp()), "application_id": APPLICATION, "type": 1, "token": "ping", "version": 1,
        "entitlements": [], "authorizing_integration_owners": {},
    })
}
