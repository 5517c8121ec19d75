//! Registered commands: overwritten all at once, and given back with what Discord adds.
//!
//! Source: <https://docs.discord.com/developers/interactions/application-commands>.

use serde_json::{Value, json};

use super::super::APPLICATION;
use super::super::answer::{Answer, Reply};
use super::Call;

impl Call<'_> {
    pub fn commands(&mut self) -> Reply {
        if self.id(0) != APPLICATION {
            return Err(Answer::code(404, 10_002));
        }
        let server = if self.route.ids.len() > 1 { Some(self.server(1)?) } else { None };
        if self.route.name.starts_with("bulk_set") {
            let commands = self.overwrite(server.as_deref())?;
            return Ok(Answer::ok(commands.iter().map(|one| shown(one, true)).collect()));
        }
        let localised = self.query.get("with_localizations").is_some_and(|with| with == "true");
        let there = match &server {
            Some(server) => &self.state.servers[server].commands,
            None => &self.state.commands,
        };
        Ok(Answer::ok(there.iter().map(|one| shown(one, localised)).collect()))
    }

    fn overwrite(&mut self, server: Option<&str>) -> Result<Vec<Value>, Answer> {
        let Value::Array(asked) = self.body else {
            return Err(Answer::field("_errors", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType"));
        };
        let before = match server {
            Some(server) => self.state.servers[server].commands.clone(),
            None => self.state.commands.clone(),
        };
        let mut made: Vec<Value> = Vec::new();
        for command in asked {
            if made.iter().any(|other| other["name"] == command["name"] && kind(other) == kind(command)) {
                let why = "Application command names must be unique";
                return Err(Answer::field("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", why));
            }
            let known = before.iter().find(|old| old["name"] == command["name"] && kind(old) == kind(command));
            let id = known.map_or_else(|| json!(self.state.flake()), |old| old["id"].clone());
            let kept = kept(command, &id, server);
            let same = known.filter(|old| {
                let mut old = (*old).clone();
                old["version"] = Value::Null;
                old == kept
            });
            let version = same.map_or_else(|| json!(self.state.flake()), |old| old["version"].clone());
            let mut kept = kept;
            kept["version"] = version;
            made.push(kept);
        }
        self.state.registrations.push((server.map(str::to_owned), asked.clone()));
        match server {
            Some(server) => self.state.server(server).commands.clone_from(&made),
            None => self.state.commands.clone_from(&made),
        }
        Ok(made)
    }
}

fn kind(command: &Value) -> u64 {
    command["type"].as_u64().unwrap_or(1)
}

/// A command as Discord keeps it.
fn kept(command: &Value, id: &Value, server: Option<&str>) -> Value {
    let mut kept = json!({
        "id": id, "application_id": APPLICATION, "version": null, "default_member_permissions": null, "type": 1,
        "name": null, "name_localizations": null, "description": "", "description_localizations": null,
        "dm_permission": true, "contexts": null, "integration_types": [0], "nsfw": false,
    });
    for (name, value) in command.as_object().into_iter().flatten() {
        kept[name] = value.clone();
    }
    if let Some(server) = server {
        // Only commands of all servers have these.
        kept["guild_id"] = json!(server);
        kept["contexts"] = Value::Null;
        kept["integration_types"] = json!([0]);
        kept.as_object_mut().expect("an object").remove("dm_permission");
    }
    if let Some(Value::Array(options)) = kept.get_mut("options") {
        options.iter_mut().for_each(tidied);
    }
    if kept["options"].as_array().is_none_or(Vec::is_empty) {
        kept.as_object_mut().expect("an object").remove("options");
    }
    kept
}

/// Discord leaves out what is said by default, and says what is not localised.
fn tidied(option: &mut Value) {
    for name in ["required", "autocomplete"] {
        if option[name] == false {
            option.as_object_mut().expect("an option").remove(name);
        }
    }
    for name in ["options", "choices", "channel_types"] {
        if option.get(name).is_some_and(|list| list.as_array().is_none_or(Vec::is_empty)) {
            option.as_object_mut().expect("an option").remove(name);
        }
    }
    for name in ["name_localizations", "description_localizations"] {
        if option.get(name).is_none() {
            option[name] = Value::Null;
        }
    }
    for choice in option.get_mut("choices").and_then(Value::as_array_mut).into_iter().flatten() {
        if choice.get("name_localizations").is_none() {
            choice["name_localizations"] = Value::Null;
        }
    }
    for inner in option.get_mut("options").and_then(Value::as_array_mut).into_iter().flatten() {
        tidied(inner);
    }
}

/// A command as it is told, with its names in other languages only where they were asked for.
fn shown(value: &Value, localised: bool) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| localised || !name.ends_with("_localizations"));
            kept.map(|(name, value)| (name.clone(), shown(value, localised))).collect()
        }
        Value::Array(list) => list.iter().map(|one| shown(one, localised)).collect(),
        other => other.clone(),
    }
}
