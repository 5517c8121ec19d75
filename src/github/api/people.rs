//! Who maintbot is on GitHub, and what others may do there.

use super::GitHub;
use super::address::part;
use super::auth::Auth;
use super::call::{Call, Who};
use super::failure::{Failure, Result};
use super::types::Permission;
use super::{of, wire};
use crate::domain::channel::Repository;

impl GitHub {
    /// maintbot's own login in small letters: `slug[bot]` of an App, the user's of a token. Asked once.
    pub async fn login(&self) -> Result<String> {
        self.inner.login.get_or_try_init(|| self.ask_login()).await.cloned()
    }

    async fn ask_login(&self) -> Result<String> {
        let login = match &self.inner.auth {
            Auth::App(_) => {
                let app: wire::App = self.read(Who::App, &Call::get("/app".into())).await?;
                format!("{}[bot]", app.slug)
            }
            Auth::Token(_) => self.read::<wire::Owner>(Who::App, &Call::get("/user".into())).await?.login,
        };
        Ok(login.to_lowercase())
    }

    /// What somebody may do in a repository; [`Permission::None`] for who is nobody there.
    pub async fn permission(&self, r: &Repository, login: &str) -> Result<Permission> {
        let call = Call::get(format!("{}/collaborators/{}/permission", of(r), part(login)));
        match self.read::<wire::Collaborator>(Who::Repository(r), &call).await {
            Ok(collaborator) => Ok(collaborator.permission()),
            // A repository that is gone is noticed elsewhere; nobody may do anything in it.
            Err(Failure::Missing { .. }) => Ok(Permission::None),
            Err(failure) => Err(failure),
        }
    }

    /// Whether somebody is in a team, by the names in its address. Not so where maintbot cannot see the team.
    pub async fn is_member(&self, org: &str, team: &str, login: &str) -> Result<bool> {
        let path = format!("/orgs/{}/teams/{}/memberships/{}", part(org), part(team), part(login));
        match self.read::<wire::Membership>(Who::Organisation(&org.to_lowercase()), &Call::get(path)).await {
            Ok(membership) => Ok(membership.state == "active"),
            Err(Failure::Missing { why }) => {
                tracing::debug!(org, team, login, why, "not a member of the team, or the team cannot be seen");
                Ok(false)
            }
            Err(failure) => Err(failure),
        }
    }
}
