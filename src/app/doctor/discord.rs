//! Discord: whether it lets maintbot in, whether what is configured is this application, and what maintbot may not do on
//! which server and in which channel.

use std::collections::BTreeSet;

use super::{Finding, bad, good};
use crate::clock::Clock;
use crate::command::manifest::{DISCORD_NEEDS, discord_invite};
use crate::config::{self, Config};
use crate::discord::api::{Application, Discord, Failure, Guild};
use crate::domain::channel::{Channel, DiscordPlace, DiscordTarget};

const NAME: &str = "discord";
/// Where Discord posts what people do, below `public_url`.
const ENDPOINT: &str = "/discord/interactions";

pub(super) async fn discord(config: &Config) -> Vec<Finding> {
    let Some(settings) = &config.discord else { return Vec::new() };
    match Discord::new(settings, Clock::System) {
        Ok(client) => examine(config, settings, &client).await,
        Err(error) => vec![bad(NAME, format!("{error:#}"))],
    }
}

async fn examine(config: &Config, settings: &config::Discord, client: &Discord) -> Vec<Finding> {
    let application = match client.application_info().await {
        Ok(application) => application,
        Err(Failure::Refused { why }) => return vec![bad(NAME, format!("Discord does not let maintbot in: {why}"))],
        Err(failure) => return vec![bad(NAME, format!("Discord cannot be asked: {}", failure.why()))],
    };
    let mut found = vec![good(NAME, format!("Discord lets maintbot in, as {}", application.name))];
    found.extend(identity(settings, &application));
    found.push(way_in(config, settings, &application));
    if settings.gateway {
        found.push(match client.gateway().await {
            Ok(gateway) if gateway.remaining > 0 => {
                good(NAME, format!("Discord opens the gateway, {} more times today", gateway.remaining))
            }
            Ok(_) => bad(NAME, "Discord opens no gateway today any more: it was opened too often"),
            Err(failure) => bad(NAME, format!("no gateway: {}", failure.why())),
        });
    }
    if settings.guilds.is_empty() && application.bot_public {
        let detail =
            "everybody may add maintbot to a server and use it there: write `guilds`, or switch Public Bot off";
        found.push(bad(NAME, detail));
    }
    let mut servers = Vec::new();
    for id in &settings.guilds {
        match client.guild(id).await {
            Ok(guild) => {
                found.push(server(settings, &guild));
                servers.push(guild);
            }
            Err(Failure::Missing { .. }) => {
                let link = discord_invite(Some(&settings.application_id));
                found.push(bad(NAME, format!("server {id}: maintbot is not on it; add it with {link}")));
            }
            Err(failure) => found.push(bad(NAME, format!("server {id}: {}", failure.why()))),
        }
    }
    found.extend(places(config).iter().filter_map(|place| channel(settings, &servers, place)));
    found
}

/// What is configured of another application than the token's.
fn identity(settings: &config::Discord, application: &Application) -> Vec<Finding> {
    let mut found = Vec::new();
    if settings.application_id != application.id {
        let detail = format!("the token is of application {}: write it as application_id", application.id);
        found.push(bad(NAME, detail));
    }
    if settings.public_key.as_ref().is_some_and(|key| !key.eq_ignore_ascii_case(&application.verify_key)) {
        let detail = "public_key is not the application's: copy it from General Information";
        found.push(bad(NAME, detail));
    }
    found
}

/// Whether what people do arrives: Discord posts it where it was told, and nowhere else.
fn way_in(config: &Config, settings: &config::Discord, application: &Application) -> Finding {
    let own = format!("{}{ENDPOINT}", config.organisation.public_url);
    match (&application.interactions_endpoint_url, &settings.public_key) {
        (None, _) if settings.gateway => good(NAME, "what people do comes over the gateway"),
        (None, _) => {
            bad(NAME, format!("nothing arrives: enter {own} as Interactions Endpoint URL, or set gateway = true"))
        }
        (Some(url), None) => bad(
            NAME,
            format!("Discord posts to {url}, and public_key is not written: write it, or take the address out"),
        ),
        (Some(url), Some(_)) if *url == own => good(NAME, format!("what people do is posted to {url}")),
        (Some(url), Some(_)) => bad(NAME, format!("Discord posts to {url}, not to {own}: mend one of them")),
    }
}

fn server(settings: &config::Discord, guild: &Guild) -> Finding {
    let lacks = lacking(guild.permissions, settings.events);
    if lacks.is_empty() {
        return good(NAME, format!("server {} ({}): maintbot may do all that it needs", guild.id, guild.name));
    }
    let link = discord_invite(Some(&settings.application_id));
    bad(
        NAME,
        format!(
            "server {} ({}): missing permissions: {lacks}; give them to its role, or open {link}",
            guild.id, guild.name
        ),
    )
}

/// The names of what is missing; what events need counts where `events`.
fn lacking(has: u64, events: bool) -> String {
    let needed = DISCORD_NEEDS.iter().filter(|need| events || !need.is_for_events());
    let lacks: Vec<&str> = needed.filter(|need| has & need.bit != need.bit).map(|need| need.name).collect();
    lacks.join(", ")
}

/// Every place that messages are to go to, each once.
fn places(config: &Config) -> BTreeSet<DiscordPlace> {
    let on_discord = config.organisation.channels().filter_map(|channel| match channel {
        Channel::Discord(place) => Some(place.clone()),
        _ => None,
    });
    on_discord.filter(|place| !place.is_person()).collect()
}

/// Whether maintbot may write to a channel; `None`: its server was not looked at.
fn channel(settings: &config::Discord, servers: &[Guild], place: &DiscordPlace) -> Option<Finding> {
    let here = |guild: &&Guild| place.guild().is_empty() || place.guild() == guild.id;
    let all: Vec<_> = servers.iter().filter(here).flat_map(|guild| &guild.channels).collect();
    if all.is_empty() {
        return None;
    }
    let found = all.iter().find(|channel| match place.target() {
        DiscordTarget::Named(name) => channel.name == *name,
        DiscordTarget::Channel(id) => channel.id == *id,
        DiscordTarget::Person(_) | DiscordTarget::Events => false,
    });
    let Some(channel) = found else {
        let servers = settings.guilds.join(", ");
        return Some(bad(NAME, format!("discord:{place}: there is no such channel on {servers} that maintbot sees")));
    };
    let lacks = lacking(channel.permissions, false);
    Some(if lacks.is_empty() {
        good(NAME, format!("discord:{place}: maintbot may write there"))
    } else {
        bad(
            NAME,
            format!("discord:{place}: missing permissions: {lacks}; give them to maintbot's role in that channel"),
        )
    })
}
