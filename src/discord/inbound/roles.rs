//! Who somebody on Discord is here, and what they may do: by `[roles]`, with their roles and permissions on the server
//! where they act; a scheduler where no roles are written.

use std::collections::BTreeSet;

use serenity::model::Permissions;

use super::Inbound;
use super::payload::Caller;
use crate::domain::access::{Actor, Role};
use crate::domain::channel::DiscordPlace;

/// Before the names of people, roles and permissions of Discord, in `[roles]` and in the audit trail.
const PREFIX: &str = "discord:";

impl Inbound {
    /// What somebody is called here: their id in `[people]`, else `discord:@2204`.
    pub(super) fn name_of(&self, user: &str) -> String {
        self.person(user).map_or_else(|| format!("{PREFIX}@{user}"), str::to_owned)
    }

    /// Their id in `[people]`.
    fn person(&self, user: &str) -> Option<&str> {
        let place = DiscordPlace::person(user).ok()?;
        self.service.organisation().person_on_discord(&place)
    }

    /// Who somebody is and what they may do.
    pub(super) fn known(&self, caller: &Caller) -> Actor {
        let id = self.name_of(&caller.user);
        let organisation = self.service.organisation();
        let roles = match &organisation.roles {
            Some(written) => {
                let mut names = names(caller, written.values().flatten().map(String::as_str));
                names.push(id.clone());
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                organisation.roles_of(&names).unwrap_or_default()
            }
            // Anybody who shares a server may write to maintbot directly.
            None if caller.guild.is_none() && self.person(&caller.user).is_none() => BTreeSet::new(),
            None => BTreeSet::from([Role::Scheduler]),
        };
        Actor { id, roles }
    }
}

/// Under which names of Discord somebody may hold roles; of permissions only those that are `written`.
fn names<'a>(caller: &Caller, written: impl Iterator<Item = &'a str>) -> Vec<String> {
    let user = &caller.user;
    let mut names = vec![format!("{PREFIX}{user}"), format!("{PREFIX}@{user}")];
    let Some(guild) = &caller.guild else { return names };
    // Everybody on a server has the role that is called as the server.
    names.extend(caller.roles.iter().chain([guild]).map(|role| format!("{PREFIX}{role}")));
    names.extend(written.filter(|holder| is_permitted(caller, guild, holder)).map(str::to_owned));
    names
}

/// Whether a holder such as `discord:manage_events` or `discord:9001/manage_events` is a permission that somebody has
/// there.
fn is_permitted(caller: &Caller, guild: &str, holder: &str) -> bool {
    let Some(name) = holder.strip_prefix(PREFIX) else { return false };
    let name = match name.split_once('/') {
        Some((of, name)) if of == guild => name,
        Some(_) => return false,
        None => name,
    };
    let has = Permissions::from_bits_retain(caller.permissions);
    let wanted = (name == name.to_ascii_lowercase()).then(|| Permissions::from_name(&name.to_ascii_uppercase()));
    wanted.flatten().is_some_and(|wanted| has.contains(wanted) || has.administrator())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: [&str; 8] = [
        "anna",
        "discord:manage_events",
        "discord:9001/manage_guild",
        "discord:9002/manage_events",
        "discord:administrator",
        "discord:MANAGE_EVENTS",
        "discord:3001",
        "slack:manage_events",
    ];

    fn caller(permissions: u64) -> Caller {
        Caller { user: "2204".into(), guild: Some("9001".into()), roles: vec!["3001".into()], permissions }
    }

    fn held(caller: &Caller) -> Vec<String> {
        names(caller, WRITTEN.into_iter())
    }

    #[test]
    fn somebody_is_known_by_their_id_their_roles_and_their_server() {
        assert_eq!(held(&caller(0)), ["discord:2204", "discord:@2204", "discord:3001", "discord:9001"]);
    }

    #[test]
    fn a_permission_is_held_where_somebody_has_it() {
        // As Discord numbers them: 33 is MANAGE_EVENTS, 5 MANAGE_GUILD, 3 ADMINISTRATOR.
        assert_eq!(held(&caller(1 << 33))[4..], ["discord:manage_events"]);
        assert_eq!(held(&caller(1 << 5))[4..], ["discord:9001/manage_guild"]);
        let all = ["discord:manage_events", "discord:9001/manage_guild", "discord:administrator"];
        assert_eq!(
            held(&caller(1 << 3))[4..],
            all,
            "an administrator may do everything on their server, and only there"
        );
    }

    #[test]
    fn every_permission_that_can_be_written_can_be_held() {
        for name in crate::config::DISCORD_PERMISSIONS {
            let holder = format!("discord:{name}");
            assert!(names(&caller(1 << 3), [holder.as_str()].into_iter()).contains(&holder), "{name}");
        }
    }

    #[test]
    fn in_a_direct_message_nobody_has_roles_of_a_server() {
        let direct = Caller { guild: None, ..caller(u64::MAX) };
        assert_eq!(held(&direct), ["discord:2204", "discord:@2204"]);
    }
}
