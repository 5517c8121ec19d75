//! Who somebody on Slack is here, and what they may do: by `[roles]`, with their user groups and the channel they are in;
//! a scheduler where no roles are written.

use std::collections::BTreeSet;

use super::Inbound;
use super::payload::Caller;
use crate::domain::access::{Actor, Role};
use crate::domain::channel::SlackPlace;
use crate::slack::api::Slack;

/// Before the names of people, groups and channels of Slack, in `[roles]` and in the audit trail.
const PREFIX: &str = "slack:";

/// Somebody with their roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub actor: Actor,
    /// Holders of roles that could not be looked up: they were taken for others.
    pub unsure: Vec<String>,
}

impl Inbound {
    /// What somebody is called here: their id in `[people]`, else `slack:U1`, or `slack:T1/U1` where workspaces are named.
    pub(super) fn name_of(&self, slack: &Slack, user: &str) -> String {
        let place = SlackPlace::new(slack.workspace(), user).ok();
        let known = place.and_then(|place| self.service.organisation().person_on_slack(&place).map(str::to_owned));
        known.unwrap_or_else(|| holder(slack.workspace(), user))
    }

    /// Who somebody is and what they may do, in a conversation where that is known.
    pub(super) async fn known(&self, slack: &Slack, caller: &Caller, channel: Option<&str>) -> Known {
        let id = self.name_of(slack, &caller.user);
        let Some(roles) = &self.service.organisation().roles else {
            // A guest from another organisation is let into a channel, not into the planning.
            let roles = if caller.foreign { BTreeSet::new() } else { BTreeSet::from([Role::Scheduler]) };
            return Known { actor: Actor { id, roles }, unsure: Vec::new() };
        };
        let mut names = vec![id.clone(), holder(slack.workspace(), &caller.user)];
        names.extend(channel.map(|channel| holder(slack.workspace(), channel)));
        let mut unsure = Vec::new();
        for (written, target) in places(slack.workspace(), roles.values().flatten()) {
            let held = match channel {
                _ if target.starts_with('@') => slack.is_in_group(target, &caller.user).await,
                Some(channel) => slack.channel_id(target).await.map(|id| id == channel),
                None => Ok(false),
            };
            match held {
                Ok(true) => names.push(written.to_owned()),
                Ok(false) => {}
                Err(failure) => {
                    tracing::warn!(holder = written, why = %failure, "who holds a role could not be looked up");
                    unsure.push(written.to_owned());
                }
            }
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let roles = self.service.organisation().roles_of(&names).unwrap_or_default();
        Known { actor: Actor { id, roles }, unsure }
    }
}

/// Somebody or something of Slack as a holder of roles.
pub(super) fn holder(workspace: &str, target: &str) -> String {
    if workspace.is_empty() { format!("{PREFIX}{target}") } else { format!("{PREFIX}{workspace}/{target}") }
}

/// The groups and the channels by name of a workspace among the holders of roles, each once: as it is written, and as Slack
/// calls it.
fn places<'a>(workspace: &str, holders: impl Iterator<Item = &'a String>) -> BTreeSet<(&'a str, &'a str)> {
    let target = |holder: &'a String| {
        let rest = holder.strip_prefix(PREFIX)?;
        let target = if workspace.is_empty() { rest } else { rest.strip_prefix(workspace)?.strip_prefix('/')? };
        target.starts_with(['@', '#']).then_some((holder.as_str(), target))
    };
    holders.filter_map(target).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(workspace: &str) -> Vec<(&'static str, &'static str)> {
        const HOLDERS: [&str; 8] = [
            "anna",
            "*",
            "slack:U1",
            "slack:@oncall",
            "slack:#ce",
            "slack:T1/@oncall",
            "slack:T1/U1",
            "github:example/ops",
        ];
        let holders: Vec<String> = HOLDERS.iter().chain(&HOLDERS).map(|holder| (*holder).to_owned()).collect();
        let found = places(workspace, holders.iter());
        let own = |text: &str| HOLDERS.iter().find(|holder| holder.contains(text)).copied().unwrap_or_default();
        found.iter().map(|(written, target)| (own(written), &own(written)[written.len() - target.len()..])).collect()
    }

    #[test]
    fn only_groups_and_named_channels_of_the_workspace_are_looked_up_and_each_once() {
        assert_eq!(asked(""), [("slack:#ce", "#ce"), ("slack:@oncall", "@oncall")]);
        assert_eq!(asked("T1"), [("slack:T1/@oncall", "@oncall")]);
        assert_eq!(asked("T"), []);
    }

    #[test]
    fn holders_name_the_workspace_where_it_has_a_name() {
        assert_eq!((holder("", "U1"), holder("T1", "C1")), ("slack:U1".into(), "slack:T1/C1".into()));
    }
}
