//! What Discord wants to be told: the commands with their options, and the invitation with what the bot may do.
//!
//! The rules stand in <https://docs.discord.com/developers/interactions/application-commands>.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::ABOUT;
use crate::command::spec::{COMMAND, Discord, Opt, Type, Verb, catalogue};

/// The most choices that Discord shows for an option, fixed ones as well as those offered while somebody types
/// (<https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-option-choice-structure>).
pub const MOST_CHOICES: usize = 25;
/// The longest text that an option of Discord takes, in characters: the upper limit of `max_length`
/// (<https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-option-structure>).
const LONGEST_OPTION: usize = 6_000;
/// A command for the chat input: the type of `/maintenance`
/// (<https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-types>).
const CHAT_INPUT: u8 = 1;
/// Where the commands can be typed: in servers (0) and in direct messages with the bot (1), not in those of other people
/// (<https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-interaction-context-types>).
const CONTEXTS: [u8; 2] = [0, 1];
/// How the app is installed: to a server, never to a person
/// (<https://docs.discord.com/developers/resources/application#application-object-application-integration-types>).
const INTEGRATION_TYPES: [u8; 1] = [0];

/// What the bot may do on a server: the permissions by the names in Discord's documentation and their bits
/// (<https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags>).
///
/// Archived threads need no `MANAGE_THREADS`: whoever may write in one wakes it
/// (<https://docs.discord.com/developers/topics/threads#permissions>). Only people are notified, and roles that let
/// themselves be mentioned, so that `MENTION_EVERYONE` stays out.
pub const DISCORD_NEEDS: [DiscordNeed; 8] = [
    DiscordNeed::new("VIEW_CHANNEL", 10),
    DiscordNeed::new("SEND_MESSAGES", 11),
    DiscordNeed::new("EMBED_LINKS", 14),
    DiscordNeed::new("READ_MESSAGE_HISTORY", 16),
    DiscordNeed::new("MANAGE_EVENTS", 33),
    DiscordNeed::new("CREATE_PUBLIC_THREADS", 35),
    DiscordNeed::new("SEND_MESSAGES_IN_THREADS", 38),
    // Without it no event is created since 23 February 2026, also not with MANAGE_EVENTS
    // (https://docs.discord.com/developers/change-log#guild-expressions-and-events-permissions-now-available-to-developers).
    DiscordNeed::new("CREATE_EVENTS", 44),
];

/// One permission that the bot needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiscordNeed {
    /// Its name in Discord's documentation.
    pub name: &'static str,
    /// Its bit.
    pub bit: u64,
}

impl DiscordNeed {
    const fn new(name: &'static str, place: u32) -> Self {
        Self { name, bit: 1 << place }
    }

    /// Only scheduled events need it, which belong to a server and to no channel.
    #[must_use]
    pub fn is_for_events(&self) -> bool {
        matches!(self.name, "MANAGE_EVENTS" | "CREATE_EVENTS")
    }
}

/// The same as one number.
pub const DISCORD_PERMISSIONS: u64 = {
    let (mut all, mut at) = (0, 0);
    while at < DISCORD_NEEDS.len() {
        all |= DISCORD_NEEDS[at].bit;
        at += 1;
    }
    all
};

/// The application command for Discord: `/maintenance` with a sub-command per verb declared `discord = "command"`, the
/// rest reachable through `do`. Everybody sees it; who may do what is for the roles here to say.
#[must_use]
pub fn discord() -> Value {
    let mut options: Vec<Value> = Vec::new();
    let mut groups_done = Vec::new();
    for verb in catalogue().verbs.iter().filter(|verb| verb.discord == Discord::Command) {
        match verb.group_and_action().and_then(|(group, _)| catalogue().group(group)) {
            None => options.push(sub_command(verb, &verb.name)),
            Some(group) if groups_done.contains(&group.name) => {}
            Some(group) => {
                groups_done.push(group.name.clone());
                let of_group = |verb: &&Verb| verb.group_and_action().is_some_and(|(name, _)| name == group.name);
                let listed = catalogue().verbs.iter().filter(of_group).filter(|verb| verb.discord == Discord::Command);
                let actions: Vec<Value> =
                    listed.filter_map(|verb| Some(sub_command(verb, verb.group_and_action()?.1))).collect();
                options.push(json!({
                    "type": option_type::SUB_COMMAND_GROUP, "name": group.name, "description": group.summary, "options": actions,
                }));
            }
        }
    }
    json!({
        "type": CHAT_INPUT,
        "name": COMMAND.trim_start_matches('/'),
        "description": ABOUT,
        "options": options,
        "contexts": CONTEXTS,
        "integration_types": INTEGRATION_TYPES,
        "default_member_permissions": null,
    })
}

/// Kinds of options in Discord's API
/// (<https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-option-type>).
mod option_type {
    pub const SUB_COMMAND: u8 = 1;
    pub const SUB_COMMAND_GROUP: u8 = 2;
    pub const STRING: u8 = 3;
    pub const INTEGER: u8 = 4;
    pub const BOOLEAN: u8 = 5;
}

fn sub_command(verb: &Verb, name: &str) -> Value {
    let offered = || verb.options.iter().filter(|option| option.discord);
    // Discord wants the required ones first.
    let ordered = offered().filter(|option| option.required).chain(offered().filter(|option| !option.required));
    let options: Vec<Value> = ordered.map(option).collect();
    let mut command =
        json!({ "type": option_type::SUB_COMMAND, "name": name, "description": verb.summary, "options": options });
    localise(&mut command, &verb.names, &verb.summaries);
    command
}

fn option(option: &Opt) -> Value {
    let kind = kind(option);
    let mut json = json!({ "type": kind, "name": option.name, "description": option.help });
    if option.required {
        json["required"] = json!(true);
    }
    if kind == option_type::INTEGER {
        json["min_value"] = json!(option.least);
    }
    if kind == option_type::STRING && measured(option) {
        json["max_length"] = json!(option.max.min(LONGEST_OPTION));
    }
    let few = !option.choices.is_empty() && option.choices.len() <= MOST_CHOICES && !option.repeat;
    if few {
        json["choices"] = option.choices.iter().map(|choice| json!({ "name": choice, "value": choice })).collect();
    } else if option.complete.is_some() || !option.choices.is_empty() {
        json["autocomplete"] = json!(true);
    }
    localise(&mut json, &option.names, &option.helps);
    json
}

/// What Discord lets people type. Numbers that are looked for by other words too, such as items by their text, are text:
/// in a number Discord takes digits only. People are text as well, so that those of other places can be named.
fn kind(option: &Opt) -> u8 {
    match option.kind {
        Type::Flag => option_type::BOOLEAN,
        Type::Number if !option.repeat && option.complete.is_none() => option_type::INTEGER,
        _ => option_type::STRING,
    }
}

/// Whether the declared limit is that of what is typed as a whole.
fn measured(option: &Opt) -> bool {
    matches!(option.kind, Type::Text | Type::Word) && !option.repeat && option.choices.is_empty()
}

fn localise(json: &mut Value, names: &BTreeMap<String, String>, texts: &BTreeMap<String, String>) {
    if !names.is_empty() {
        json["name_localizations"] = json!(names);
    }
    if !texts.is_empty() {
        json["description_localizations"] = json!(texts);
    }
}

/// What of a command or an option is ours to say; everything else in Discord's answer is its own: ids, versions, names in
/// the language of who asks.
const OURS: [&str; 17] = [
    "type",
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "options",
    "choices",
    "required",
    "autocomplete",
    "min_value",
    "max_value",
    "min_length",
    "max_length",
    "channel_types",
    "value",
    "default_member_permissions",
    "nsfw",
];

/// What only commands for all servers have
/// (<https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-structure>).
const GLOBAL: [&str; 2] = ["contexts", "integration_types"];

/// Whether Discord has our commands as they are, so that nothing must be registered. What Discord adds does not count, nor
/// do a default that it writes out and the order of the commands; every other difference does, and so does a command of
/// theirs that is not ours.
#[must_use]
pub fn same_commands(ours: &[Value], theirs: &[Value]) -> bool {
    let known = |own: &Value| theirs.iter().any(|their| same_command(own, their));
    ours.len() == theirs.len() && ours.iter().all(known)
}

fn same_command(ours: &Value, theirs: &Value) -> bool {
    let on_one_server = theirs["guild_id"].is_string();
    let globally = on_one_server || GLOBAL.iter().all(|key| same_set(&ours[*key], &theirs[*key]));
    globally && same_fields(ours, theirs)
}

fn same_fields(ours: &Value, theirs: &Value) -> bool {
    OURS.iter().all(|key| same(said(&ours[*key]), said(&theirs[*key])))
}

/// A value that says something: `null`, `false` and empty lists are what is meant where nothing is written.
fn said(value: &Value) -> Option<&Value> {
    let empty = match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    if empty { None } else { Some(value) }
}

fn same(ours: Option<&Value>, theirs: Option<&Value>) -> bool {
    match (ours, theirs) {
        (Some(Value::Array(ours)), Some(Value::Array(theirs))) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(own, their)| same_entry(own, their))
        }
        (Some(Value::Number(ours)), Some(Value::Number(theirs))) => ours.as_f64() == theirs.as_f64(),
        (ours, theirs) => ours == theirs,
    }
}

/// An option or a choice in its place: their order is what people see.
fn same_entry(ours: &Value, theirs: &Value) -> bool {
    if ours.is_object() && theirs.is_object() { same_fields(ours, theirs) } else { ours == theirs }
}

/// Lists whose order means nothing.
fn same_set(ours: &Value, theirs: &Value) -> bool {
    let all = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (ours, theirs) = (all(ours), all(theirs));
    ours.len() == theirs.len() && ours.iter().all(|own| theirs.contains(own))
}

/// The link under which the administrator of a server invites the bot with exactly the permissions that it needs
/// (<https://docs.discord.com/developers/topics/oauth2#bot-authorization-flow>). `None`: the application is not configured,
/// and its place in the link says so.
#[must_use]
pub fn discord_invite(application_id: Option<&str>) -> String {
    let id = application_id.unwrap_or("APPLICATION_ID");
    format!(
        "https://discord.com/oauth2/authorize?client_id={id}&scope=bot+applications.commands&permissions={DISCORD_PERMISSIONS}"
    )
}

/// Everything that Discord needs: the commands as they are registered, and the invitation.
#[must_use]
pub fn discord_all(application_id: Option<&str>) -> Value {
    json!({ "commands": [discord()], "invite": discord_invite(application_id) })
}
