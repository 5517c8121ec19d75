//! What our double of Discord sends: the description has no schema of an interaction, so that it must be what serenity
//! reads, and have what the documentation says is always there
//! (<https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object>).

use serde_json::Value;
use serenity::model::application::Interaction;

use super::list;

/// In every interaction but a ping.
const ALWAYS: [&str; 9] = [
    "app_permissions",
    "authorizing_integration_owners",
    "channel",
    "channel_id",
    "context",
    "data",
    "entitlements",
    "locale",
    "attachment_size_limit",
];

/// What is wrong with an interaction that the double sends; nothing when Discord could have sent it.
pub fn interaction(sent: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    if let Err(error) = serde_json::from_value::<Interaction>(sent.clone()) {
        wrong.push(format!("serenity does not read it: {error}"));
    }
    for name in ["id", "application_id"].into_iter().filter(|name| !is_snowflake(&sent[*name])) {
        wrong.push(format!("{name} {} is no snowflake", sent[name]));
    }
    if sent["token"].as_str().is_none_or(str::is_empty) || sent["version"] != 1 {
        wrong.push("token or version is missing".into());
    }
    if sent["type"] != 1 {
        missing(sent, &ALWAYS, &mut wrong);
        who(sent, &mut wrong);
        if !is_snowflake(&sent["channel_id"]) || sent["channel"]["id"] != sent["channel_id"] {
            wrong.push("channel and channel_id are not the same".into());
        }
    }
    let data = &sent["data"];
    match sent["type"].as_u64() {
        Some(1) => {}
        Some(2 | 4) => command(sent["type"] == 4, data, &mut wrong),
        Some(3) => {
            missing(data, &["custom_id", "component_type"], &mut wrong);
            missing(sent, &["message"], &mut wrong);
            if data["component_type"] != 2 && list(data, "values").is_empty() {
                wrong.push("a menu without values".into());
            }
        }
        Some(5) => {
            missing(data, &["custom_id", "components"], &mut wrong);
            for field in list(data, "components").iter().flat_map(|row| list(row, "components")) {
                missing(field, &["custom_id", "type", "value"], &mut wrong);
            }
        }
        _ => wrong.push(format!("type {}", sent["type"])),
    }
    wrong.into_iter().map(|what| format!("interaction of the double: {what}")).collect()
}

fn missing(value: &Value, names: &[&str], wrong: &mut Vec<String>) {
    wrong.extend(names.iter().filter(|name| value[**name].is_null()).map(|name| format!("{name} is missing")));
}

fn is_snowflake(value: &Value) -> bool {
    value.as_str().is_some_and(|id| !id.starts_with('0') && id.parse::<u64>().is_ok())
}

/// In a server a member, in a direct message a user, never both.
fn who(sent: &Value, wrong: &mut Vec<String>) {
    let in_server = !sent["guild_id"].is_null();
    if in_server {
        missing(sent, &["member", "guild_locale"], wrong);
        missing(&sent["member"], &["user", "roles", "permissions", "joined_at"], wrong);
    } else {
        missing(sent, &["user"], wrong);
    }
    if sent["user"].is_null() != in_server || sent["member"].is_null() == in_server {
        wrong.push("a member in a server, a user in a direct message".into());
    }
    let context = u8::from(!in_server);
    if sent["context"] != context && sent["context"] != 2 {
        wrong.push(format!("context {}", sent["context"]));
    }
}

fn command(is_typing: bool, data: &Value, wrong: &mut Vec<String>) {
    missing(data, &["id", "name", "type"], wrong);
    let mut values = Vec::new();
    leaves(list(data, "options"), &mut values);
    let focused = values.iter().filter(|option| option["focused"] == true).count();
    if focused != usize::from(is_typing) {
        wrong.push(format!("{focused} options are being typed"));
    }
    for option in values {
        missing(option, &["name", "type", "value"], wrong);
        let known = match option["type"].as_u64() {
            Some(6) => &["users"][..],
            Some(7) => &["channels"][..],
            Some(8) => &["roles"][..],
            Some(9) => &["users", "roles"][..],
            _ => continue,
        };
        let id = option["value"].as_str().unwrap_or_default();
        if !known.iter().any(|kind| data["resolved"][kind][id].is_object()) {
            wrong.push(format!("{id} of {} is not resolved", option["name"]));
        }
    }
}

/// The options with values, inside groups and sub-commands too.
fn leaves<'a>(options: &'a [Value], into: &mut Vec<&'a Value>) {
    for option in options {
        match option["type"].as_u64() {
            Some(1 | 2) => leaves(list(option, "options"), into),
            _ => into.push(option),
        }
    }
}
