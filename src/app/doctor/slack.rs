//! Slack: whether it lets maintbot in, which scopes are missing, and which channels of the configuration it cannot write to.

use std::collections::BTreeSet;

use super::{Finding, bad, good};
use crate::clock::Clock;
use crate::command::manifest::SLACK_SCOPES;
use crate::config::{Config, SlackWorkspace};
use crate::domain::channel::{Channel, SlackPlace};
use crate::slack::api::{Failure, Me, Slack};

const NAME: &str = "slack";

pub(super) async fn slack(config: &Config) -> Vec<Finding> {
    let Some(settings) = &config.slack else { return Vec::new() };
    let mut found = Vec::new();
    for workspace in &settings.workspaces {
        match Slack::new(&settings.api_url, workspace, Clock::System) {
            Ok(client) => found.extend(examine(config, workspace, &client).await),
            Err(error) => found.push(bad(NAME, format!("{error:#}"))),
        }
    }
    found
}

async fn examine(config: &Config, workspace: &SlackWorkspace, client: &Slack) -> Vec<Finding> {
    let me = match client.me().await {
        Ok(me) => me,
        Err(Failure::Refused { why }) => return vec![bad(NAME, format!("Slack does not let maintbot in: {why}"))],
        Err(failure) => return vec![bad(NAME, format!("Slack cannot be asked: {}", failure.why()))],
    };
    let mut found = vec![scopes(&me)];
    if workspace.id != me.team && !workspace.id.is_empty() {
        found.push(bad(NAME, format!("the token is of workspace {}, not of {}: write its id", me.team, workspace.id)));
    }
    if workspace.app_token.is_some() {
        found.push(match client.open_socket().await {
            Ok(_) => good(NAME, format!("{}: Slack opens a socket", me.team)),
            Err(failure) => bad(NAME, format!("{}: no socket: {}", me.team, failure.why())),
        });
    }
    for place in places(config, &workspace.id) {
        found.push(channel(client, &me, &place).await);
    }
    found
}

fn scopes(me: &Me) -> Finding {
    let lacks: Vec<&str> = SLACK_SCOPES.into_iter().filter(|scope| !me.scopes.contains(*scope)).collect();
    if lacks.is_empty() {
        return good(NAME, format!("{} lets maintbot in, with every scope that it needs", me.url));
    }
    let lacks = lacks.join(", ");
    bad(
        NAME,
        format!("{}: missing scopes: {lacks}; add them under OAuth & Permissions and install the app again", me.url),
    )
}

/// Every conversation of a workspace that messages are to go to, each once.
fn places(config: &Config, workspace: &str) -> BTreeSet<SlackPlace> {
    let on_slack = config.organisation.channels().filter_map(|channel| match channel {
        Channel::Slack(place) => Some(place.clone()),
        _ => None,
    });
    on_slack.filter(|place| place.workspace() == workspace && !place.is_person()).collect()
}

async fn channel(client: &Slack, me: &Me, place: &SlackPlace) -> Finding {
    let looked = async { client.channel(&client.channel_id(place.target()).await?).await };
    let why = match looked.await {
        Ok(channel) if channel.is_archived => {
            "it is archived; write another channel, or take it out of the archive".into()
        }
        Ok(channel) if channel.is_member => return good(NAME, format!("slack:{place}: maintbot is in it")),
        Ok(channel) if !channel.is_private && me.scopes.contains("chat:write.public") => {
            return good(NAME, format!("slack:{place}: maintbot may write there without being in it"));
        }
        Ok(_) => "maintbot is not in it; type `/invite @maintbot` there".into(),
        // To who was not invited a private channel is as good as gone. What is said of a name tells that already.
        Err(Failure::Missing { why, .. }) if !place.target().starts_with('#') => {
            format!("{why}; if it is there, it is private: type `/invite @maintbot` there")
        }
        Err(failure) => failure.why(),
    };
    bad(NAME, format!("slack:{place}: {why}"))
}
