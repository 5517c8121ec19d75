//! The client of Slack: what maintbot asks one workspace, within Slack's limits.
//!
//! Repeats nothing by itself; what a failure allows is in [`Failure`]. Knows nothing of windows; what it carries is made
//! elsewhere. Where a limit has no room nothing is sent: the call answers when to come back.

mod address;
mod call;
mod limits;
mod look;
mod meaning;
mod method;
mod names;
mod talk;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use chrono::TimeDelta;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

pub use crate::outward::{Failure, Result};

use crate::clock::Clock;
use crate::config;
use crate::outward::{self, Known};
use address::Address;
use limits::Limits;
use method::Method;
use names::Names;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long answers hold about itself, direct messages and people's zones; and about user groups.
const LONG: TimeDelta = TimeDelta::hours(1);
const BRIEF: TimeDelta = TimeDelta::seconds(60);
/// Who calls.
const AGENT: &str = concat!("maintbot/", env!("CARGO_PKG_VERSION"));
/// The type of the metadata that own messages carry.
const EVENT_TYPE: &str = "maintbot_delivery";

/// Speaks to one workspace. Cheap to clone; all clones share limits and what is known.
#[derive(Clone)]
pub struct Slack {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    address: Address,
    /// Slack's id of the workspace as configured; empty where it is not.
    workspace: String,
    /// What a call shows: the bot's token, and the app's for the socket.
    bot_pass: HeaderValue,
    app_pass: Option<HeaderValue>,
    clock: Clock,
    limits: Mutex<Limits>,
    /// Response URLs are on other servers than the methods.
    responses: Mutex<Limits>,
    names: Names,
    me: Known<Me>,
    /// The conversation with a person.
    direct: Known<String>,
    zones: Known<Option<String>>,
    /// Ids of user groups by handle, and their members by id.
    groups: Known<BTreeMap<String, String>>,
    members: Known<BTreeSet<String>>,
}

/// What is said: blocks, and the text for where they cannot be shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Say {
    /// Notifications, screen readers and old clients show this (Slack's markup, escaped).
    pub text: String,
    /// Block Kit; may be empty.
    pub blocks: Vec<Value>,
}

/// A message that is to be posted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Post {
    /// The id of the conversation, as [`Slack::channel_id`] gives it.
    pub channel: String,
    /// The message (its `ts`) that it answers.
    pub thread: Option<String>,
    /// What it says.
    pub say: Say,
    /// By what [`Slack::find`] finds it again: carried as metadata that nobody sees.
    pub key: Option<String>,
}

/// Who maintbot is in a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Me {
    /// Slack's id of the workspace: `T…`.
    pub team: String,
    /// Its own id as a member: `U…`.
    pub user: String,
    /// Its own id as a bot: `B…`.
    pub bot: String,
    /// Where people open the workspace, such as `https://example.slack.com/`.
    pub url: String,
    /// What its token may do; empty where Slack did not say.
    pub scopes: BTreeSet<String>,
}

/// A conversation as maintbot sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelInfo {
    /// `C…`, `G…` or `D…`.
    pub id: String,
    /// Its name without `#`; empty for direct messages.
    pub name: String,
    /// Whether maintbot was invited.
    pub is_member: bool,
    /// Whether it is closed for ever.
    pub is_archived: bool,
    /// Whether only its members see it.
    pub is_private: bool,
}

impl fmt::Debug for Slack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { address, workspace, .. } = &*self.inner;
        f.debug_struct("Slack").field("api_url", &address.shown()).field("workspace", workspace).finish_non_exhaustive()
    }
}

impl Slack {
    /// For one workspace that is configured. Limits are kept on `clock`. Asks nothing yet.
    ///
    /// # Errors
    /// The address or a token cannot be used, or the machine has no CA certificates.
    pub fn new(api_url: &str, workspace: &config::SlackWorkspace, clock: Clock) -> anyhow::Result<Self> {
        Self::with_patience(api_url, workspace, clock, PATIENCE)
    }

    /// As [`Slack::new`], with another limit on how long an answer is waited for.
    ///
    /// # Errors
    /// As of [`Slack::new`].
    pub fn with_patience(
        api_url: &str,
        workspace: &config::SlackWorkspace,
        clock: Clock,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        let inner = Inner {
            http: outward::client(AGENT, patience)?,
            address: Address::read(api_url)?,
            workspace: workspace.id.clone(),
            bot_pass: pass(&workspace.bot_token).context("`bot_token` in [slack] is not a token")?,
            app_pass: workspace
                .app_token
                .as_ref()
                .map(pass)
                .transpose()
                .context("`app_token` in [slack] is not a token")?,
            clock,
            limits: Mutex::default(),
            responses: Mutex::default(),
            names: Names::default(),
            me: Known::new(LONG),
            direct: Known::new(LONG),
            zones: Known::new(LONG),
            groups: Known::new(BRIEF),
            members: Known::new(BRIEF),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The id of the configuration block: Slack's id of the workspace; empty where the only one is written without.
    #[must_use]
    pub fn workspace(&self) -> &str {
        &self.inner.workspace
    }

    fn limits(&self, method: Method) -> &Mutex<Limits> {
        if method == Method::Respond { &self.inner.responses } else { &self.inner.limits }
    }
}

/// What is shown with a token.
fn pass(token: &SecretString) -> anyhow::Result<HeaderValue> {
    let mut pass = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))?;
    pass.set_sensitive(true);
    Ok(pass)
}

#[cfg(test)]
mod tests;
