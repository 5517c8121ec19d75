//! What maintbot may do on GitHub, what is missing, and the App's webhooks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, Utc};
use http::Method;
use serde_json::Value;

use super::auth::Auth;
use super::call::{Call, Kind, Who};
use super::failure::{Failure, Result};
use super::types::{Missed, Permission};
use super::{GitHub, of, wire};
use crate::domain::channel::Repository;

/// Permissions of an App without which maintbot cannot work in a repository, and the level of each.
pub const PERMISSIONS: [(&str, &str); 2] = [("issues", "write"), ("metadata", "read")];
/// The permission of an App to see who is in a team: needed where teams have roles.
pub const MEMBERS: (&str, &str) = ("members", "read");
/// Events that an App must be told of, where webhooks are used; those about itself come without being asked for.
pub const EVENTS: [&str; 3] = ["issue_comment", "issues", "repository"];
/// The event of issues below others: needed as well where every item of a change list is an issue.
pub const SUB_ISSUES: &str = "sub_issues";

/// What maintbot is to do on GitHub, beyond what it always does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Teams have roles: who is in them is asked for.
    pub teams: bool,
    /// GitHub tells what happens.
    pub webhooks: bool,
    /// Every item of a change list is an issue below it.
    pub sub_issues: bool,
}

/// What maintbot may do in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grants {
    /// As whom it is there.
    pub holder: Holder,
    /// Of an App: permissions of the installation and their levels (`read`, `write`, `admin`).
    pub permissions: BTreeMap<String, String>,
    /// Of an App: the events it is told of.
    pub events: BTreeSet<String>,
    /// Of an App: since when the installation is suspended (UTC), if it is.
    pub suspended_at: Option<DateTime<Utc>>,
    /// Of an App: where GitHub sends its webhooks; `None` where it sends none.
    pub webhook_url: Option<String>,
}

/// As whom maintbot is on GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// An App.
    App,
    /// A user's token.
    Token {
        /// What the token is for; `None` of a fine-grained token, which does not say.
        scopes: Option<BTreeSet<String>>,
        /// What its user may do in the repository.
        role: Permission,
        /// Whether only some may see the repository.
        private: bool,
    },
}

/// Something that maintbot needs and does not have. Prints as what has to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// A permission of the App, with the level that is needed and what there is.
    Permission {
        /// As GitHub calls it: `issues`.
        name: &'static str,
        /// The level needed: `read` or `write`.
        level: &'static str,
        /// The level that was granted, if any.
        has: Option<String>,
    },
    /// An event that the App is not told of.
    Event(&'static str),
    /// A scope of the token.
    Scope(&'static str),
    /// The token's user may not write in the repository.
    Role(Permission),
    /// The installation is suspended since then (UTC).
    Suspended(DateTime<Utc>),
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permission { name, level, has: None } => write!(f, "the permission `{name}: {level}`"),
            Self::Permission { name, level, has: Some(has) } => {
                write!(f, "the permission `{name}: {level}` (it has `{has}`)")
            }
            Self::Event(name) => write!(f, "the event `{name}`"),
            Self::Scope(name) => write!(f, "the scope `{name}` of the token"),
            Self::Role(_) => f.write_str("the role Write in the repository for the user of the token"),
            Self::Suspended(at) => {
                write!(f, "an installation that is not suspended (it is since {})", super::instant(*at))
            }
        }
    }
}

impl Grants {
    /// What is missing for these uses.
    #[must_use]
    pub fn lacks(&self, uses: Uses) -> Vec<Lack> {
        match &self.holder {
            Holder::App => self.lacks_of_app(uses),
            Holder::Token { scopes, role, private } => lacks_of_token(scopes.as_ref(), *role, *private, uses.teams),
        }
    }

    fn lacks_of_app(&self, uses: Uses) -> Vec<Lack> {
        let needed = PERMISSIONS.into_iter().chain(uses.teams.then_some(MEMBERS));
        let permission = |(name, level): (&'static str, &'static str)| {
            let has = self.permissions.get(name);
            let enough = has.is_some_and(|has| has == level || has == "write" || has == "admin");
            (!enough).then(|| Lack::Permission { name, level, has: has.cloned() })
        };
        let events = EVENTS.into_iter().chain(uses.sub_issues.then_some(SUB_ISSUES));
        let events = events.filter(|event| uses.webhooks && !self.events.contains(*event));
        let suspended = self.suspended_at.map(Lack::Suspended);
        suspended.into_iter().chain(needed.filter_map(permission)).chain(events.map(Lack::Event)).collect()
    }
}

fn lacks_of_token(scopes: Option<&BTreeSet<String>>, role: Permission, private: bool, teams: bool) -> Vec<Lack> {
    let mut lacks = Vec::new();
    if let Some(scopes) = scopes {
        let any = |names: &[&str]| names.iter().any(|name| scopes.contains(*name));
        if !any(&["repo"]) && (private || !any(&["public_repo"])) {
            lacks.push(Lack::Scope(if private { "repo" } else { "public_repo" }));
        }
        if teams && !any(&["read:org", "write:org", "admin:org"]) {
            lacks.push(Lack::Scope("read:org"));
        }
    }
    if role < Permission::Write {
        lacks.push(Lack::Role(role));
    }
    lacks
}

impl GitHub {
    /// What maintbot may do in a repository, asked anew.
    pub async fn grants(&self, r: &Repository) -> Result<Grants> {
        match &self.inner.auth {
            Auth::App(_) => self.grants_of_app(r).await,
            Auth::Token(_) => self.grants_of_token(r).await,
        }
    }

    async fn grants_of_app(&self, r: &Repository) -> Result<Grants> {
        let call = Call::get(format!("{}/installation", of(r)));
        let installation: wire::Installation = self.read(Who::App, &call).await.map_err(|failure| match failure {
            Failure::Missing { why } => {
                Failure::Missing { why: format!("the GitHub App is not installed on {r} ({why})") }
            }
            other => other,
        })?;
        let level = |(name, level): (String, Value)| Some((name, level.as_str()?.to_owned()));
        Ok(Grants {
            holder: Holder::App,
            permissions: installation.permissions.into_iter().filter_map(level).collect(),
            events: installation.events.into_iter().collect(),
            suspended_at: installation.suspended_at,
            webhook_url: self.webhook_url().await?,
        })
    }

    /// Where GitHub sends the App's webhooks, without the secret.
    async fn webhook_url(&self) -> Result<Option<String>> {
        match self.read::<wire::HookConfig>(Who::App, &Call::get("/app/hook/config".into())).await {
            Ok(config) => Ok(config.url.filter(|url| !url.is_empty())),
            Err(Failure::Missing { .. }) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn grants_of_token(&self, r: &Repository) -> Result<Grants> {
        let user = self.ask(Who::App, &Call::get("/user".into())).await?;
        let scopes = user.headers.get("x-oauth-scopes").and_then(|scopes| scopes.to_str().ok());
        let each = |scopes: &str| {
            scopes.split(',').map(str::trim).filter(|scope| !scope.is_empty()).map(ToOwned::to_owned).collect()
        };
        let seen: wire::Seen = self.read(Who::Repository(r), &Call::get(of(r))).await?;
        let role = seen.permissions.unwrap_or_default().highest();
        Ok(Grants {
            holder: Holder::Token { scopes: scopes.map(each), role, private: seen.private },
            permissions: BTreeMap::new(),
            events: BTreeSet::new(),
            suspended_at: None,
            webhook_url: None,
        })
    }

    /// Webhooks since `since` (UTC) that no attempt brought here, the oldest first; none for a token, which has no
    /// webhooks of its own.
    pub async fn missed_deliveries(&self, since: DateTime<Utc>) -> Result<Vec<Missed>> {
        if matches!(self.inner.auth, Auth::Token(_)) {
            return Ok(Vec::new());
        }
        // The latest attempts come first.
        let older = |attempt: &wire::Delivery| attempt.delivered_at < since;
        let attempts = self.list_until(Who::App, &Call::get("/app/hook/deliveries".into()), older).await?;
        Ok(missed(attempts.items, since))
    }

    /// Asks GitHub to deliver a webhook again: [`Missed::id`].
    pub async fn redeliver(&self, id: u64) -> Result<()> {
        if matches!(self.inner.auth, Auth::Token(_)) {
            return Err(Failure::Missing { why: "a token has no webhooks that could be delivered again".into() });
        }
        let call = Call::new(Method::POST, Kind::Write, format!("/app/hook/deliveries/{id}/attempts"));
        self.ask(Who::App, &call).await.map(drop)
    }
}

/// Of every delivery the latest attempt, where none arrived.
fn missed(attempts: Vec<wire::Delivery>, since: DateTime<Utc>) -> Vec<Missed> {
    let arrived: BTreeSet<String> =
        attempts.iter().filter(|attempt| attempt.arrived()).map(|attempt| attempt.guid.clone()).collect();
    let mut latest: BTreeMap<String, Missed> = BTreeMap::new();
    for attempt in attempts {
        let wire::Delivery { id, guid, delivered_at, .. } = attempt;
        let later = latest.get(&guid).is_none_or(|known| known.delivered_at < delivered_at);
        if delivered_at >= since && !guid.is_empty() && !arrived.contains(&guid) && later {
            latest.insert(guid.clone(), Missed { id, guid, delivered_at });
        }
    }
    let mut missed: Vec<Missed> = latest.into_values().collect();
    missed.sort_by_key(|missed| (missed.delivered_at, missed.id));
    missed
}
