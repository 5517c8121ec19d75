//! What Discord, Slack and GitHub want to be told about the app, made from the declarations. What Discord needs stands in
//! `manifest/discord.rs`.

mod discord;

use serde_json::{Value, json};

use super::help;
use super::issue_form::{self, IssueForm};
use super::spec::COMMAND;

pub use discord::{
    DISCORD_NEEDS, DISCORD_PERMISSIONS, DiscordNeed, MOST_CHOICES, discord, discord_all, discord_invite, same_commands,
};

/// What the app is, in one line; Slack and Discord allow 100 characters and more.
const ABOUT: &str = "Plan, announce and run maintenance windows";
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
