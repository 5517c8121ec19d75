//! The client of GitHub: what maintbot asks there, as an App or with a token, within GitHub's limits.
//!
//! Repeats nothing by itself but a call that GitHub refused because of an old token; what a failure allows is in
//! [`Failure`]. Knows nothing of windows; the texts that it carries are made elsewhere.

mod address;
mod auth;
mod call;
mod failure;
mod grants;
mod issues;
mod limits;
mod people;
mod types;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, SecondsFormat, Utc};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use octocrab::{AuthState, Octocrab, OctocrabBuilder};
use tokio::sync::OnceCell;

pub use failure::{Failure, Result};
pub use grants::{EVENTS, Grants, Holder, Lack, MEMBERS, PERMISSIONS, SUB_ISSUES, Uses};
pub use types::{Close, Comment, Fetched, Issue, IssuePatch, Label, Missed, NewIssue, Permission, Reaction, User};

use crate::clock::Clock;
use crate::config;
use crate::domain::channel::Repository;
use crate::outward::locked;
use address::Address;
use auth::Auth;
use call::Lane;

/// How long an answer is waited for: GitHub itself gives up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// The version of the REST API that this is written for.
const VERSION: &str = "2022-11-28";
/// Who calls.
const AGENT: &str = concat!("maintbot/", env!("CARGO_PKG_VERSION"));

/// Speaks to one GitHub. Cheap to clone; all clones share tokens, queues and what is known.
#[derive(Clone)]
pub struct GitHub {
    inner: Arc<Inner>,
}

struct Inner {
    http: Octocrab,
    address: Address,
    auth: Auth,
    clock: Clock,
    patience: Duration,
    /// By installation; none for the App itself and for a user's token.
    lanes: Mutex<BTreeMap<Option<u64>, Arc<Lane>>>,
    login: OnceCell<String>,
    /// Labels that are there: repository and name.
    labels: Mutex<BTreeSet<(Repository, String)>>,
}

impl fmt::Debug for GitHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { address, auth, .. } = &*self.inner;
        f.debug_struct("GitHub").field("api_url", &address.shown()).field("auth", auth).finish_non_exhaustive()
    }
}

impl GitHub {
    /// For what is configured. Limits are kept on `clock`; what GitHub checks is on the machine's. Asks nothing yet, but
    /// has to be called where tokio runs.
    ///
    /// # Errors
    /// The address, the key or the token cannot be used, or the machine has no CA certificates.
    pub fn new(config: &config::Github, clock: Clock) -> anyhow::Result<Self> {
        Self::with_patience(config, clock, PATIENCE)
    }

    /// As [`GitHub::new`], with another limit on how long an answer is waited for.
    ///
    /// # Errors
    /// As of [`GitHub::new`].
    pub fn with_patience(config: &config::Github, clock: Clock, patience: Duration) -> anyhow::Result<Self> {
        tokio::runtime::Handle::try_current().context("the client of GitHub needs tokio")?;
        let address = Address::read(&config.api_url)?;
        let auth = Auth::read(config)?;
        let roots = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .context("the HTTP client cannot be made: are CA certificates installed?")?;
        let client = Client::builder(TokioExecutor::new()).build(roots.https_or_http().enable_http1().build());
        let http = OctocrabBuilder::new_empty().with_service(client).with_auth(AuthState::None).build()?;
        let (lanes, login, labels) = (Mutex::default(), OnceCell::new(), Mutex::default());
        Ok(Self { inner: Arc::new(Inner { http, address, auth, clock, patience, lanes, login, labels }) })
    }

    /// Where the App is installed is asked anew: after it was installed, removed, or given other repositories.
    pub fn forget_installations(&self) {
        if let Auth::App(app) = &self.inner.auth {
            app.forget_all();
        }
        locked(&self.inner.labels).clear();
    }
}

/// The path of a repository.
fn of(r: &Repository) -> String {
    format!("/repos/{}/{}", address::part(r.owner()), address::part(r.name()))
}

/// An instant as GitHub reads it.
fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests;
