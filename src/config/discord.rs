//! Discord: how maintbot signs in there, what may reach it, and who is who there. `[discord]`.

use std::path::Path;

use secrecy::SecretString;

use super::Discord;
use super::file::secret;
use super::problem::{Complaint, Findings};
use super::schema::DISCORD;
use super::section::Section;
use super::server::web_address;
use super::word::choice;
use crate::domain::channel::{DiscordPlace, DiscordTarget, is_snowflake};
use crate::domain::organisation::Channel;

const API_URL: &str = "https://discord.com";
const BOT_TOKEN: [&str; 2] = ["bot_token", "bot_token_file"];
/// Digits of a public key, in hexadecimal.
const KEY_DIGITS: usize = 64;
/// Where Discord shows what is needed.
const PORTAL: &str = "https://discord.com/developers/applications";

/// Permissions that a holder of a role can be named by: as Discord's documentation calls them, in small letters
/// (<https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags>). Those that everybody
/// usually has are left out.
pub const DISCORD_PERMISSIONS: [&str; 22] = [
    "administrator",
    "manage_guild",
    "manage_channels",
    "manage_roles",
    "manage_events",
    "create_events",
    "manage_messages",
    "manage_threads",
    "manage_webhooks",
    "manage_nicknames",
    "manage_guild_expressions",
    "kick_members",
    "ban_members",
    "moderate_members",
    "mute_members",
    "deafen_members",
    "move_members",
    "mention_everyone",
    "view_audit_log",
    "view_guild_insights",
    "priority_speaker",
    "use_application_commands",
];

/// What is written about Discord; `None` where the section is not, or is wrong.
pub(super) fn discord(top: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<Discord> {
    let section = top.section("discord", &DISCORD, findings);
    if !top.has("discord") {
        return None;
    }
    let api_url = section.read(findings, "api_url", &format!("\"{API_URL}\""), address);
    let bot_token = bot_token(&section, folder, findings);
    let application_id = application_id(&section, findings);
    let public_key = section.read(findings, "public_key", "\"<64 hexadecimal digits>\"", public_key);
    let guilds = section.list(findings, "guilds", "[\"1412345678901234567\"]", |text| id(text, "a server"));
    let gateway = section.flag(findings, "gateway").unwrap_or(!section.has("public_key"));
    if !gateway && !section.has("public_key") {
        let message = "nothing that is done on Discord can reach maintbot by [discord]";
        let hint = format!(
            "leave gateway out, or add public_key, with which Discord signs what it sends to `public_url`: under General \
             Information on {PORTAL}"
        );
        section.lacks(findings, "gateway", message, &hint);
    }
    let events = section.flag(findings, "events").unwrap_or(false);
    if events && !has_guilds(top) {
        let complaint =
            Complaint::new("there is no server to show them on", "write the ids of the servers into guilds");
        section.complain(findings, "events", section.place_of("events"), complaint);
    }
    Some(Discord {
        api_url: api_url.unwrap_or_else(|| API_URL.into()),
        bot_token: bot_token?,
        application_id: application_id?,
        public_key,
        guilds: guilds.unwrap_or_default(),
        gateway,
        events,
    })
}

/// Where Discord is; the API is below it, and is not part of it.
fn address(text: &str) -> Result<String, Complaint> {
    let url = web_address(text, API_URL)?;
    let version =
        |part: &str| part.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let without_version = match url.rsplit_once('/') {
        Some((before, last)) if version(last) => before,
        _ => &url,
    };
    match without_version.strip_suffix("/api") {
        Some(base) => Err(Complaint::new("maintbot adds /api/v10 by itself", format!("write {base}"))),
        None => Ok(url),
    }
}

/// The bot's token. Never repeated: neither it nor what was taken for it.
fn bot_token(section: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<SecretString> {
    if !BOT_TOKEN.iter().any(|key| section.has(key)) {
        let hint = format!("write bot_token_file = \"discord.bot\" with the bot's token: under Bot on {PORTAL}");
        section.lacks(findings, "bot_token", "[discord] needs `bot_token`", &hint);
        return None;
    }
    let (key, place, token) = secret(section, BOT_TOKEN, folder, findings)?;
    let what = if token.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("bot ")) {
        "the word Bot is not part of the token"
    } else if token.contains("://") {
        "this is an address, perhaps of a webhook, and not the token"
    } else if token.is_empty() || !token.chars().all(|c| c.is_ascii_graphic()) {
        "this is not the token"
    } else {
        return Some(token.into());
    };
    let hint = format!("give the bot's token alone: Reset Token under Bot on {PORTAL}");
    section.complain(findings, key, place, Complaint::new(what, hint));
    None
}

fn application_id(section: &Section<'_>, findings: &mut Findings) -> Option<String> {
    section.require(findings, "application_id", &format!("\"…\", as it stands under General Information on {PORTAL}"));
    section.read(findings, "application_id", "\"1412345678901234567\"", |text| id(text, "the application"))
}

fn public_key(text: &str) -> Result<String, Complaint> {
    if text.len() == KEY_DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(text.to_ascii_lowercase());
    }
    // Whatever it is may be a secret that was taken for it.
    let what = format!("this is not a public key, which has {KEY_DIGITS} hexadecimal digits");
    Err(Complaint::new(what, format!("give the Public Key: under General Information on {PORTAL}")))
}

fn id(text: &str, of: &str) -> Result<String, Complaint> {
    if is_snowflake(text) {
        return Ok(text.to_owned());
    }
    let hint = "write for example \"1412345678901234567\": Copy ID in its menu on Discord, with Developer Mode on";
    Err(Complaint::new(format!("`{text}` is not Discord's id of {of}"), hint))
}

/// What to write where something needs Discord and the section is missing.
pub(super) fn discord_hint() -> &'static str {
    "add [discord] with bot_token and application_id"
}

/// The lists of scheduled events that show every window.
pub(super) fn events(discord: &Discord) -> Vec<Channel> {
    let guilds = discord.guilds.iter().filter(|_| discord.events);
    guilds.filter_map(|guild| DiscordPlace::events(guild).ok()).map(Channel::Discord).collect()
}

fn guilds<'a>(top: &Section<'a>) -> Vec<&'a str> {
    top.listed_in("discord", "guilds")
}

fn has_guilds(top: &Section<'_>) -> bool {
    !guilds(top).is_empty()
}

/// A channel or person on Discord that messages go to; `text` is how it was written. A name has its server exactly where
/// several are written.
pub(super) fn reached(place: DiscordPlace, text: &str, top: &Section<'_>) -> Result<DiscordPlace, Complaint> {
    let known = guilds(top);
    match (place.target(), known.as_slice()) {
        (DiscordTarget::Events, _) => {
            let complaint = format!("`{text}` holds scheduled events and nobody can be written to there");
            Err(Complaint::new(complaint, "write events = true in [discord], which shows every window there"))
        }
        (DiscordTarget::Named(name), []) if place.guild().is_empty() => {
            let hint = format!("write `discord:<id of the server>/#{name}`, or the server into guilds in [discord]");
            Err(Complaint::new(format!("`{text}` does not say on which server"), hint))
        }
        (DiscordTarget::Named(name), [first, _, ..]) if place.guild().is_empty() => {
            let hint = format!("write `discord:{first}/#{name}`");
            Err(Complaint::new(format!("`{text}` does not say on which server"), hint))
        }
        (DiscordTarget::Named(name), [only]) if place.guild() == *only => Ok(format!("#{name}").parse()?),
        _ => on_known_guild(place.guild(), text, &known).map(|()| place),
    }
}

/// Refuses a server that is not written, where servers are.
fn on_known_guild(guild: &str, text: &str, known: &[&str]) -> Result<(), Complaint> {
    if guild.is_empty() || known.is_empty() || known.contains(&guild) {
        return Ok(());
    }
    let complaint = format!("`{text}`: `guilds` in [discord] has no server `{guild}`");
    Err(Complaint::new(complaint, choice(guild, known)))
}

/// A person on Discord, by their id alone.
pub(super) fn user(text: &str) -> Result<DiscordPlace, Complaint> {
    DiscordPlace::person(text).map_err(|_| {
        let hint =
            "write for example \"220412345678901234\": Copy User ID in their menu on Discord, with Developer Mode on";
        Complaint::new(format!("`{text}` is not the id of a person on Discord"), hint)
    })
}

/// A role on Discord that is mentioned, written `discord:ID`: its id.
pub(super) fn mentioned(text: &str, top: &Section<'_>) -> Result<String, Complaint> {
    let role = text.strip_prefix("discord:").filter(|id| is_snowflake(id)).ok_or_else(|| {
        let hint = "write for example \"discord:330512345678901234\": Copy Role ID in the server's list of roles, with \
                    Developer Mode on";
        Complaint::new(format!("`{text}` is not a role on Discord"), hint)
    })?;
    if top.has("discord") {
        Ok(role.to_owned())
    } else {
        Err(Complaint::new(format!("`{text}` cannot be mentioned without Discord"), discord_hint()))
    }
}

/// Whoever holds a role by what they are on Discord: `discord:ID` (a role there, or a person), `discord:@ID` (a person) or
/// `discord:manage_events` (whoever has that permission), perhaps on one server: `discord:GUILD/manage_events`. Given
/// without `discord:`.
pub(super) fn holder(text: &str, top: &Section<'_>) -> Result<String, Complaint> {
    let whole = format!("discord:{text}");
    if is_snowflake(text.strip_prefix('@').unwrap_or(text)) {
        return Ok(whole);
    }
    let (guild, permission) = text.split_once('/').unwrap_or(("", text));
    let looks_right = !permission.is_empty() && permission.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if !looks_right || text.contains('/') && !is_snowflake(guild) {
        let complaint = format!("`{whole}` is neither a role nor a person nor a permission on Discord");
        let hint = "write discord:330512345678901234 (the id of a role or person), discord:@220412345678901234 (a person) or \
                    discord:manage_events";
        return Err(Complaint::new(complaint, hint));
    }
    if !DISCORD_PERMISSIONS.contains(&permission) {
        return Err(Complaint::new(
            format!("`{whole}`: there is no permission `{permission}`"),
            choice(permission, &DISCORD_PERMISSIONS),
        ));
    }
    on_known_guild(guild, &whole, &guilds(top)).map(|()| whole)
}
