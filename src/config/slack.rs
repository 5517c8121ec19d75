//! Slack: how maintbot signs in there, what may reach it, and who is who there. `[slack]`, and `[[slack.workspace]]` where
//! there are several.

use std::path::Path;

use secrecy::SecretString;

use super::file::secret;
use super::problem::{Complaint, Findings};
use super::schema::{SLACK, SLACK_WORKSPACE};
use super::section::{Once, Section};
use super::server::web_address;
use super::word::{choice, id_of};
use super::{Slack, SlackWorkspace};
use crate::domain::channel::SlackPlace;

const API_URL: &str = "https://slack.com/api";
const WORKSPACE_ID: &str = "\"T012AB3CD\"";

/// What a workspace may be given, in `[slack]` or in its own block.
const BOT_TOKEN: [&str; 2] = ["bot_token", "bot_token_file"];
const SIGNING_SECRET: [&str; 2] = ["signing_secret", "signing_secret_file"];
const APP_TOKEN: [&str; 2] = ["app_token", "app_token_file"];

/// Shorter secrets are guessed (characters).
const SHORTEST_SECRET: usize = 8;
/// Where Slack shows what is needed.
const APPS: &str = "on the app's page at https://api.slack.com/apps";

/// What is written about Slack; `None` where the section is not, or is wrong.
pub(super) fn slack(top: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<Slack> {
    let section = top.section("slack", &SLACK, findings);
    if !top.has("slack") {
        return None;
    }
    let api_url = section.read(findings, "api_url", &format!("\"{API_URL}\""), |text| web_address(text, API_URL));
    let workspaces = workspaces(&section, folder, findings)?;
    Some(Slack { api_url: api_url.unwrap_or_else(|| API_URL.into()), workspaces })
}

/// One workspace whose keys stand in the section itself, or several with a block each.
fn workspaces(section: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<Vec<SlackWorkspace>> {
    if !section.has("workspace") {
        return workspace(String::new(), section, folder, findings).map(|only| vec![only]);
    }
    let blocks = section.blocks("workspace", &SLACK_WORKSPACE, findings);
    let own = [BOT_TOKEN, SIGNING_SECRET, APP_TOKEN];
    if let Some(key) = own.iter().flatten().find(|key| section.has(key)) {
        let hint = "put it into the block of its workspace, or leave the blocks out";
        let complaint = Complaint::new("there are [[slack.workspace]] blocks as well", hint);
        section.complain(findings, key, section.place_of(key), complaint);
    }
    if blocks.is_empty() {
        let hint = "leave the list out and write bot_token here, or give each workspace a block";
        section.lacks(findings, "workspace", "[slack] names no workspace", hint);
    }
    let mut ids = Once::default();
    let mut found = Vec::new();
    for block in &blocks {
        let id = id_of(block, ["id", WORKSPACE_ID], workspace_id, &mut ids, findings);
        // What else is wrong with the block is told as well.
        let workspace = workspace(id.clone().unwrap_or_default(), block, folder, findings);
        found.extend(id.and(workspace));
    }
    (!found.is_empty()).then_some(found)
}

fn workspace(id: String, block: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<SlackWorkspace> {
    let has = |keys: [&str; 2]| keys.iter().any(|key| block.has(key));
    let bot_token = bot_token(block, folder, findings);
    let signing_secret = signing_secret(block, folder, findings);
    let app_token = app_token(block, folder, findings);
    if !has(BOT_TOKEN) {
        let hint = format!("write bot_token_file = \"slack.bot\" with the token that begins with xoxb-, {APPS}");
        block.lacks(findings, "bot_token", &format!("{} needs `bot_token`", block.title()), &hint);
    }
    if !has(SIGNING_SECRET) && !has(APP_TOKEN) {
        let hint = "add signing_secret, with which Slack signs what it sends to `public_url`, or app_token for Socket \
                    Mode, without a public address";
        let message = format!("nothing that is done on Slack can reach maintbot by {}", block.title());
        block.lacks(findings, "signing_secret", &message, hint);
    }
    Some(SlackWorkspace { id, bot_token: bot_token?, signing_secret, app_token })
}

fn bot_token(block: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<SecretString> {
    token(block, BOT_TOKEN, ("xoxb-", "Bot User OAuth Token", "OAuth & Permissions"), folder, findings)
}

fn app_token(block: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<SecretString> {
    token(block, APP_TOKEN, ("xapp-", "App-Level Token", "Basic Information"), folder, findings)
}

/// A token that begins as Slack's of that kind do. Never repeated: neither it nor what was taken for it.
fn token(
    block: &Section<'_>,
    keys: [&'static str; 2],
    (beginning, name, page): (&str, &str, &str),
    folder: &Path,
    findings: &mut Findings,
) -> Option<SecretString> {
    let (key, place, token) = secret(block, keys, folder, findings)?;
    let good = token.strip_prefix(beginning).is_some_and(|rest| !rest.is_empty());
    if good && token.chars().all(|c| c.is_ascii_graphic()) {
        return Some(token.into());
    }
    let known = [("xoxb-", "the bot's token"), ("xapp-", "the app's token"), ("xoxp-", "a user's token")];
    let other = known.iter().find(|(other, _)| *other != beginning && token.starts_with(other));
    let what = other.map_or_else(|| "this is not the token".to_owned(), |(_, what)| format!("this is {what}"));
    let hint = format!("give the {name}, which begins with {beginning}: under {page} {APPS}");
    block.complain(findings, key, place, Complaint::new(what, hint));
    None
}

fn signing_secret(block: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<SecretString> {
    let (key, place, secret) = secret(block, SIGNING_SECRET, folder, findings)?;
    if secret.chars().count() >= SHORTEST_SECRET {
        return Some(secret.into());
    }
    let complaint = Complaint::new(
        format!("a secret shorter than {SHORTEST_SECRET} characters can be guessed"),
        format!("give the Signing Secret: under Basic Information {APPS}"),
    );
    block.complain(findings, key, place, complaint);
    None
}

fn workspace_id(text: &str) -> Result<String, Complaint> {
    // Any target does to ask whether the workspace fits.
    let fits = !text.is_empty() && SlackPlace::new(text, "C0").is_ok();
    if fits {
        return Ok(text.to_owned());
    }
    let likely = text.trim().to_uppercase();
    // A word that begins with T or E fits as well, and is the name of the workspace.
    let likely_fits = likely.contains(|c: char| c.is_ascii_digit()) && SlackPlace::new(&likely, "C0").is_ok();
    let hint = if likely_fits {
        format!("write `{likely}`")
    } else {
        format!("write for example {WORKSPACE_ID}: it stands in the address of the workspace in a browser")
    };
    Err(Complaint::new(format!("`{text}` is not Slack's id of a workspace"), hint))
}

/// What to write where something needs Slack and the section is missing.
pub(super) fn slack_hint() -> &'static str {
    "add [slack] with bot_token, and with signing_secret or app_token"
}

/// A place on Slack in one of the workspaces that are written; `text` is how it was written.
pub(super) fn in_workspace(place: SlackPlace, text: &str, top: &Section<'_>) -> Result<SlackPlace, Complaint> {
    let named = top.texts_of(["slack", "workspace"], "id");
    let own = place.workspace();
    match (own.is_empty(), named.is_empty()) {
        (true, false) => {
            let written = text.strip_prefix("slack:").map_or(("", text), |rest| ("slack:", rest));
            let hint = format!("write `{}{}/{}`", written.0, named[0], written.1);
            Err(Complaint::new(format!("`{text}` does not say in which workspace"), hint))
        }
        (false, true) if top.has("slack") => {
            let hint = "leave the workspace out, or give it a [[slack.workspace]] block";
            Err(Complaint::new(format!("`{text}` names a workspace, and [slack] names none"), hint))
        }
        (false, false) if !named.contains(&own) => {
            Err(Complaint::new(format!("`{text}`: no [[slack.workspace]] has the id `{own}`"), choice(own, &named)))
        }
        _ => Ok(place),
    }
}

/// A person on Slack: `U061F7AUR`, or `T012AB3CD/U061F7AUR` where workspaces are named.
pub(super) fn member(text: &str, top: &Section<'_>) -> Result<SlackPlace, Complaint> {
    let place = text.parse::<SlackPlace>().ok().filter(SlackPlace::is_person);
    let place = place.ok_or_else(|| {
        let hint = "write for example `U061F7AUR`: Copy member ID in their profile on Slack";
        Complaint::new(format!("`{text}` is not the id of a person on Slack"), hint)
    })?;
    in_workspace(place, text, top)
}

/// Whoever holds a role by what they are on Slack: `slack:U061F7AUR`, `slack:@group`, `slack:#channel` or the id of a
/// channel, with the workspace in front where they are named, given without `slack:`.
pub(super) fn holder(text: &str, top: &Section<'_>) -> Result<String, Complaint> {
    let whole = format!("slack:{text}");
    let (workspace, who) = text.split_once('/').unwrap_or(("", text));
    // A handle is made as the name of a channel is.
    let handle = who.strip_prefix('@').map(str::to_lowercase);
    let target = handle.as_ref().map_or_else(|| who.to_owned(), |handle| format!("#{handle}"));
    let place = SlackPlace::new(workspace, &target).ok();
    // Whoever may write to a person directly is no more than the person.
    let place = place.filter(|place| !place.target().starts_with('D') && !text.starts_with('/'));
    let place = place.ok_or_else(|| {
        let complaint = format!("`{whole}` is neither a person nor a user group nor a channel on Slack");
        Complaint::new(complaint, "write slack:U061F7AUR, slack:@group or slack:#channel")
    })?;
    let place = in_workspace(place, &whole, top)?;
    let target = handle.map_or_else(|| place.target().to_owned(), |handle| format!("@{handle}"));
    let before = if workspace.is_empty() { String::new() } else { format!("{workspace}/") };
    Ok(format!("slack:{before}{target}"))
}
