//! What Discord, Slack and GitHub want to be told about the app, made from the declarations.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::help;
use super::issue_form::{self, IssueForm};
use super::spec::{COMMAND, Discord, Opt, Type, Verb, catalogue};

/// What the app is, in one line; Slack and Discord allow 100 characters and more.
const ABOUT: &str = "Plan, announce and run maintenance windows";
/// The most choices that Discord shows for an option.
const MOST_CHOICES: usize = 25;

/// Kinds of options in Discord's API.
mod option_type {
    pub const SUB_COMMAND: u8 = 1;
    pub const SUB_COMMAND_GROUP: u8 = 2;
    pub const STRING: u8 = 3;
    pub const INTEGER: u8 = 4;
    pub const BOOLEAN: u8 = 5;
}

/// The application command for Discord: `/maintenance` with a sub-command per verb declared `discord = "command"`, the
/// rest reachable through `do`.
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
    json!({ "type": 1, "name": COMMAND.trim_start_matches('/'), "description": ABOUT, "options": options })
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
    let kind = match option.kind {
        Type::Flag => option_type::BOOLEAN,
        Type::Number if !option.repeat => option_type::INTEGER,
        _ => option_type::STRING,
    };
    let mut json = json!({ "type": kind, "name": option.name, "description": option.help });
    if option.required {
        json["required"] = json!(true);
    }
    if kind == option_type::INTEGER {
        json["min_value"] = json!(option.least);
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

fn localise(json: &mut Value, names: &BTreeMap<String, String>, texts: &BTreeMap<String, String>) {
    if !names.is_empty() {
        json["name_localizations"] = json!(names);
    }
    if !texts.is_empty() {
        json["description_localizations"] = json!(texts);
    }
}

/// What maintbot may do on Slack: the scopes of its bot token (<https://docs.slack.dev/reference/scopes>).
pub const SLACK_SCOPES: [&str; 12] = [
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "chat:write.public",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "usergroups:read",
    "users:read",
];

/// The app manifest for Slack. `public_url` is where Slack reaches the bot, without a slash at the end; `None`: it listens
/// over a socket.
#[must_use]
pub fn slack(public_url: Option<&str>) -> Value {
    let verbs: Vec<String> = help::overview().entries.into_iter().map(|entry| entry.name).collect();
    let mut manifest = json!({
        "display_information": {
            "name": "maintbot",
            "description": ABOUT,
            "long_description": "maintbot plans maintenance windows from chat, tells the right people in time and once, keeps a \
                change list that engineers tick off, and writes down what happened. Type /maintenance help to see what it can do, \
                or /maintenance to plan a window in a form.",
            "background_color": "#1f4e5f",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": true,
                "messages_tab_enabled": true,
                "messages_tab_read_only_enabled": true,
            },
            "bot_user": { "display_name": "maintbot", "always_online": true },
            "slash_commands": [{
                "command": COMMAND,
                "description": ABOUT,
                "usage_hint": format!("[{}]", verbs.join(" | ")),
                // People and channels come with their ids.
                "should_escape": true,
            }],
        },
        "oauth_config": { "scopes": { "bot": SLACK_SCOPES } },
        "settings": {
            "event_subscriptions": { "bot_events": ["app_home_opened", "app_mention"] },
            "interactivity": { "is_enabled": true },
            "org_deploy_enabled": false,
            "socket_mode_enabled": public_url.is_none(),
            "token_rotation_enabled": false,
        },
    });
    if let Some(base) = public_url {
        let url = |path: &str| json!(format!("{}{path}", base.trim_end_matches('/')));
        manifest["features"]["slash_commands"][0]["url"] = url("/slack/commands");
        manifest["settings"]["event_subscriptions"]["request_url"] = url("/slack/events");
        manifest["settings"]["interactivity"]["request_url"] = url("/slack/interactions");
    }
    manifest
}

/// The manifest of a GitHub App. `public_url` is where GitHub reaches the bot, without a slash at the end. Events about
/// the installation itself come without being asked for.
#[must_use]
pub fn github(public_url: &str) -> Value {
    let base = public_url.trim_end_matches('/');
    json!({
        "name": "maintbot",
        "url": base,
        "description": ABOUT,
        "public": false,
        "hook_attributes": { "url": format!("{base}/github/webhook"), "active": true },
        "redirect_url": base,
        "default_permissions": { "issues": "write", "members": "read", "metadata": "read" },
        "default_events": ["issue_comment", "issues", "repository", "sub_issues"],
    })
}

/// Everything that GitHub needs: the manifest of the app and the texts of the issue forms, which offer the services and
/// regions given here.
#[must_use]
pub fn github_all(public_url: &str, services: &[String], regions: &[String]) -> Value {
    json!({
        "manifest": github(public_url),
        "issue_form": issue_form::form(services, regions),
        "change_form": issue_form::change_form(),
    })
}

/// The same to read and copy from: the manifest, then each form below the name of the file to save it in.
#[must_use]
pub fn github_text(public_url: &str, services: &[String], regions: &[String]) -> String {
    let file = |form: &IssueForm, text: &str| format!("# Save as {} in each repository:\n{text}", form.file);
    let request = file(&issue_form::REQUEST, &issue_form::form(services, regions));
    let change = file(&issue_form::CHANGE, &issue_form::change_form());
    format!("{:#}\n\n{request}\n{change}", github(public_url))
}
