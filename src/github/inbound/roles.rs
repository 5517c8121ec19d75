//! Who somebody on GitHub is here, and what they may do: by `[roles]`, with their teams, or by their permission in the
//! repository. Where GitHub does not answer nobody is guessed: it is asked again later.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::Inbound;
use super::work::Worked;
use crate::domain::access::{Actor, Role};
use crate::domain::channel::Repository;
use crate::github::api::Permission;

/// How long an answer of GitHub holds.
const HOLDS: TimeDelta = TimeDelta::seconds(60);
/// Most answers that are kept.
const MOST: usize = 1_000;
/// Before the names of people and teams of GitHub, in `[roles]` and in the audit trail.
const PREFIX: &str = "github:";

/// What GitHub lately said somebody may do, by repository and login.
#[derive(Debug, Default)]
pub(super) struct Roles(Mutex<BTreeMap<(Repository, String), Held>>);

#[derive(Clone, Debug)]
struct Held {
    roles: BTreeSet<Role>,
    until: DateTime<Utc>,
}

impl Roles {
    fn known(&self, repository: &Repository, login: &str, now: DateTime<Utc>) -> Option<BTreeSet<Role>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(&(repository.clone(), login.to_owned())).filter(|held| held.until > now).map(|held| held.roles.clone())
    }

    fn keep(&self, repository: &Repository, login: &str, roles: &BTreeSet<Role>, now: DateTime<Utc>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MOST {
            held.retain(|_, held| held.until > now);
        }
        if held.len() >= MOST {
            held.clear();
        }
        let (roles, until) = (roles.clone(), now + HOLDS);
        held.insert((repository.clone(), login.to_owned()), Held { roles, until });
    }
}

impl Inbound {
    /// The person with this login, with the roles that they hold in this repository.
    pub(super) async fn actor(&self, repository: &Repository, login: &str) -> Worked<Actor> {
        let login = login.to_ascii_lowercase();
        let organisation = self.service.organisation();
        let id = organisation.person_on_github(&login).map_or_else(|| format!("{PREFIX}{login}"), str::to_owned);
        let now = self.clock.now();
        if let Some(roles) = self.roles.known(repository, &login, now) {
            return Ok(Actor { id, roles });
        }
        let roles = match &organisation.roles {
            // In a repository of their own anybody is admin.
            _ if self.watched(repository).await?.is_none() => BTreeSet::new(),
            Some(_) => self.roles_written(&id, &login).await?,
            None => by_permission(self.github.permission(repository, &login).await?),
        };
        self.roles.keep(repository, &login, &roles, now);
        Ok(Actor { id, roles })
    }

    /// What `[roles]` gives to a person, their login, or any of their teams.
    async fn roles_written(&self, id: &str, login: &str) -> Worked<BTreeSet<Role>> {
        let organisation = self.service.organisation();
        let mut names = vec![id.to_owned(), format!("{PREFIX}{login}")];
        for (holder, owner, team) in teams(organisation.roles.iter().flat_map(BTreeMap::values).flatten()) {
            if self.github.is_member(owner, team, login).await? {
                names.push(holder.to_owned());
            }
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Ok(organisation.roles_of(&names).unwrap_or_default())
    }
}

/// Somebody of whom GitHub does not say who it was: may do nothing.
pub(super) fn unknown() -> Actor {
    Actor { id: format!("{PREFIX}unknown"), roles: BTreeSet::new() }
}

/// Leaves of somebody's roles what everybody has who can change other people's comments there: by permission, that is
/// what `write` gives. With `[roles]` written nothing is known of those people, and only reading is left.
pub(super) fn lend(actor: &mut Actor, by_permission: bool) {
    let most = if by_permission { Role::Scheduler } else { Role::Viewer };
    let held = std::mem::take(&mut actor.roles);
    let lent = Role::ALL.iter().copied().filter(|role| most.covers(*role));
    actor.roles = lent.filter(|role| held.iter().any(|held| held.covers(*role))).collect();
}

/// What a permission in the repository gives where no `[roles]` are written.
fn by_permission(permission: Permission) -> BTreeSet<Role> {
    let roles: &[Role] = match permission {
        Permission::None => &[],
        Permission::Read => &[Role::Viewer],
        Permission::Triage => &[Role::Engineer],
        Permission::Write => &[Role::Scheduler],
        Permission::Maintain => &[Role::Scheduler, Role::Approver],
        Permission::Admin => &[Role::Admin],
    };
    roles.iter().copied().collect()
}

/// Where roles come from in a repository, said to somebody who lacks one; nothing where `[roles]` says who has them.
pub(super) fn where_from(written: bool) -> &'static str {
    if written {
        return "";
    }
    "\n\nRoles come from the permission in this repository: `triage` makes an engineer, `write` a scheduler, `maintain` \
     an approver as well, `admin` an admin."
}

/// Every team of GitHub among the holders of roles, once: as it is written, its organisation and its name.
fn teams<'a>(holders: impl Iterator<Item = &'a String>) -> BTreeSet<(&'a str, &'a str, &'a str)> {
    let team = |holder: &'a String| {
        let (owner, team) = holder.strip_prefix(PREFIX)?.split_once('/')?;
        Some((holder.as_str(), owner, team))
    };
    holders.filter_map(team).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_give_the_roles_of_the_table_in_commands() {
        let may = |permission, role| by_permission(permission).iter().any(|held| held.covers(role));
        assert!(by_permission(Permission::None).is_empty());
        assert!(may(Permission::Read, Role::Viewer) && !may(Permission::Read, Role::Engineer));
        assert!(may(Permission::Triage, Role::Engineer) && !may(Permission::Triage, Role::Scheduler));
        assert!(may(Permission::Write, Role::Scheduler) && !may(Permission::Write, Role::Approver));
        assert!(may(Permission::Maintain, Role::Scheduler) && may(Permission::Maintain, Role::Approver));
        assert!(!may(Permission::Maintain, Role::Admin) && may(Permission::Admin, Role::Admin));
    }

    #[test]
    fn only_teams_of_github_are_asked_for_and_each_once() {
        let holders = ["anna", "github:anna", "github:example/ops", "*", "github:example/ops", "a/b"].map(String::from);
        let found: Vec<_> = teams(holders.iter()).into_iter().collect();
        assert_eq!(found, [("github:example/ops", "example", "ops")]);
    }

    #[test]
    fn a_changed_comment_lends_nobody_more_than_they_have() {
        let lent = |role, by_permission| {
            let mut actor = Actor::with_role("anna", role);
            lend(&mut actor, by_permission);
            actor
        };
        assert!(lent(Role::Admin, true).may(Role::Scheduler) && !lent(Role::Admin, true).may(Role::Approver));
        assert!(!lent(Role::Approver, true).may(Role::Approver));
        assert!(lent(Role::Approver, true).may(Role::Viewer) && !lent(Role::Viewer, true).may(Role::Engineer));
        assert!(lent(Role::Admin, false).may(Role::Viewer) && !lent(Role::Admin, false).may(Role::Engineer));
    }

    #[test]
    fn what_github_said_holds_for_a_minute_and_what_is_kept_is_bounded() {
        let (roles, now) = (Roles::default(), DateTime::UNIX_EPOCH);
        let repository: Repository = "example/crm".parse().expect("a repository");
        let held = BTreeSet::from([Role::Engineer]);
        roles.keep(&repository, "anna", &held, now);
        assert_eq!(roles.known(&repository, "anna", now + TimeDelta::seconds(59)), Some(held.clone()));
        assert_eq!(roles.known(&repository, "anna", now + TimeDelta::seconds(60)), None);
        assert_eq!(roles.known(&repository, "eva", now), None);
        for n in 0..=MOST {
            roles.keep(&repository, &format!("p{n}"), &held, now);
        }
        assert!(roles.0.lock().unwrap().len() <= MOST);
    }
}
