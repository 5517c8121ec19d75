//! GitHub's JSON as far as it is used. Whatever may be missing may be missing: fields come and go.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::types::{self, Close, IssuePatch, Permission};
use crate::domain::channel::Repository;

/// Whom GitHub names where an account is gone.
const GONE: &str = "ghost";

#[derive(Debug, Default, Deserialize)]
pub(super) struct User {
    #[serde(default)]
    login: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

impl From<User> for types::User {
    fn from(user: User) -> Self {
        let login = user.login.filter(|login| !login.is_empty()).map_or(GONE.into(), |login| login.to_lowercase());
        let is_bot = user.kind.as_deref() == Some("Bot") || login.ends_with("[bot]");
        Self { login, is_bot }
    }
}

/// A label is an object; in old payloads a name.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Label {
    Name(String),
    Object {
        #[serde(default)]
        name: Option<String>,
    },
}

#[derive(Debug, Deserialize)]
pub(super) struct Issue {
    id: u64,
    number: u64,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    state_reason: Option<String>,
    #[serde(default)]
    locked: Option<bool>,
    #[serde(default)]
    labels: Option<Vec<Label>>,
    #[serde(default)]
    assignees: Option<Vec<Option<User>>>,
    #[serde(default)]
    user: Option<User>,
    #[serde(default)]
    closed_by: Option<User>,
    #[serde(default)]
    comments: Option<u64>,
    #[serde(default)]
    created_at: Option<DateTime<Utc>>,
    #[serde(default)]
    updated_at: Option<DateTime<Utc>>,
    #[serde(default)]
    html_url: Option<String>,
    #[serde(default)]
    repository_url: Option<String>,
    #[serde(default)]
    pull_request: Option<IgnoredAny>,
}

impl Issue {
    /// GitHub lists pull requests among the issues.
    pub(super) fn is_pull_request(&self) -> bool {
        self.pull_request.is_some()
    }
}

impl From<Issue> for types::Issue {
    fn from(issue: Issue) -> Self {
        let html_url = issue.html_url.unwrap_or_default();
        let label = |label| match label {
            Label::Name(name) => Some(name),
            Label::Object { name } => name,
        };
        let assignees = issue.assignees.unwrap_or_default().into_iter().flatten();
        Self {
            id: issue.id,
            number: issue.number,
            repository: issue.repository_url.as_deref().and_then(last_two).or_else(|| of_page(&html_url)),
            title: written(issue.title),
            body: written(issue.body),
            open: issue.state.as_deref() != Some("closed"),
            state_reason: issue.state_reason,
            locked: issue.locked.unwrap_or_default(),
            labels: issue.labels.unwrap_or_default().into_iter().filter_map(label).collect(),
            assignees: assignees.map(|user| types::User::from(user).login).collect(),
            author: issue.user.unwrap_or_default().into(),
            closed_by: issue.closed_by.map(Into::into),
            comments: issue.comments.unwrap_or_default(),
            created_at: issue.created_at.unwrap_or_default(),
            updated_at: issue.updated_at.unwrap_or_default(),
            html_url,
        }
    }
}

/// What somebody wrote. PostgreSQL keeps no NUL; Markdown shows this in its place (`CommonMark`, 2.3).
fn written(text: Option<String>) -> String {
    text.unwrap_or_default().replace('\0', "\u{fffd}")
}

/// The repository at the end of an address: `https://api.github.com/repos/OWNER/NAME`.
fn last_two(url: &str) -> Option<Repository> {
    let (rest, name) = url.rsplit_once('/')?;
    let (_, owner) = rest.rsplit_once('/')?;
    format!("{owner}/{name}").parse().ok()
}

/// The repository of the page of an issue: `https://github.com/OWNER/NAME/issues/7`.
fn of_page(url: &str) -> Option<Repository> {
    last_two(url.rsplit_once("/issues/")?.0)
}

#[derive(Debug, Deserialize)]
pub(super) struct Comment {
    id: u64,
    #[serde(default)]
    issue_url: Option<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<User>,
    #[serde(default)]
    created_at: Option<DateTime<Utc>>,
    #[serde(default)]
    updated_at: Option<DateTime<Utc>>,
    #[serde(default)]
    html_url: Option<String>,
}

impl From<Comment> for types::Comment {
    fn from(comment: Comment) -> Self {
        let number = comment.issue_url.as_deref().and_then(|url| url.rsplit('/').next()?.parse().ok());
        Self {
            id: comment.id,
            issue: number.unwrap_or_default(),
            body: written(comment.body),
            author: comment.user.unwrap_or_default().into(),
            created_at: comment.created_at.unwrap_or_default(),
            updated_at: comment.updated_at.unwrap_or_default(),
            html_url: comment.html_url.unwrap_or_default(),
        }
    }
}

/// Anything of which only GitHub's number for it counts.
#[derive(Debug, Deserialize)]
pub(super) struct Numbered {
    pub(super) id: u64,
}

/// The App itself.
#[derive(Debug, Deserialize)]
pub(super) struct App {
    pub(super) slug: String,
}

/// Who the token belongs to.
#[derive(Debug, Deserialize)]
pub(super) struct Owner {
    pub(super) login: String,
}

/// Where and with what the App is installed.
#[derive(Debug, Deserialize)]
pub(super) struct Installation {
    #[serde(default)]
    pub(super) permissions: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) events: Vec<String>,
    #[serde(default)]
    pub(super) suspended_at: Option<DateTime<Utc>>,
}

/// The token of an installation.
#[derive(Deserialize)]
pub(super) struct AccessToken {
    pub(super) token: String,
    #[serde(default)]
    pub(super) expires_at: Option<DateTime<Utc>>,
}

/// Where GitHub sends the App's webhooks.
#[derive(Debug, Deserialize)]
pub(super) struct HookConfig {
    #[serde(default)]
    pub(super) url: Option<String>,
}

/// One attempt to deliver a webhook.
#[derive(Debug, Deserialize)]
pub(super) struct Delivery {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) guid: String,
    #[serde(default)]
    pub(super) delivered_at: DateTime<Utc>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    status_code: Option<i64>,
}

impl Delivery {
    /// Whether maintbot took it.
    pub(super) fn arrived(&self) -> bool {
        match self.status_code {
            Some(code) => (200..300).contains(&code),
            None => self.status.as_deref() == Some("OK"),
        }
    }
}

/// A repository as the token sees it.
#[derive(Debug, Deserialize)]
pub(super) struct Seen {
    #[serde(default = "yes")]
    pub(super) private: bool,
    #[serde(default)]
    pub(super) permissions: Option<Flags>,
}

fn yes() -> bool {
    true
}

/// What somebody may do, each by itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "it is what GitHub sends")]
pub(super) struct Flags {
    admin: bool,
    maintain: bool,
    push: bool,
    triage: bool,
    pull: bool,
}

impl Flags {
    pub(super) fn highest(&self) -> Permission {
        let all = [
            (self.admin, Permission::Admin),
            (self.maintain, Permission::Maintain),
            (self.push, Permission::Write),
            (self.triage, Permission::Triage),
            (self.pull, Permission::Read),
        ];
        all.into_iter().find(|(may, _)| *may).map_or(Permission::None, |(_, permission)| permission)
    }
}

/// What a collaborator may do.
#[derive(Debug, Deserialize)]
pub(super) struct Collaborator {
    #[serde(default)]
    role_name: Option<String>,
    #[serde(default)]
    permission: Option<String>,
    #[serde(default)]
    user: Option<CollaboratorUser>,
}

#[derive(Debug, Deserialize)]
struct CollaboratorUser {
    #[serde(default)]
    permissions: Option<Flags>,
}

impl Collaborator {
    /// By the name of the role; a company's own role by what it may do; else by the older field, which knows neither
    /// triage nor maintain.
    pub(super) fn permission(&self) -> Permission {
        let flags = self.user.as_ref().and_then(|user| user.permissions.as_ref());
        let by_name = self.role_name.as_deref().and_then(role);
        let older = || self.permission.as_deref().and_then(role);
        by_name.or_else(|| flags.map(Flags::highest)).or_else(older).unwrap_or(Permission::None)
    }
}

fn role(name: &str) -> Option<Permission> {
    match name {
        "none" => Some(Permission::None),
        "read" | "pull" => Some(Permission::Read),
        "triage" => Some(Permission::Triage),
        "write" | "push" => Some(Permission::Write),
        "maintain" => Some(Permission::Maintain),
        "admin" => Some(Permission::Admin),
        _ => None,
    }
}

/// Whether somebody is in a team.
#[derive(Debug, Deserialize)]
pub(super) struct Membership {
    #[serde(default)]
    pub(super) state: String,
}

/// What GraphQL answers.
#[derive(Debug, Deserialize)]
pub(super) struct Graph {
    #[serde(default)]
    pub(super) data: Value,
    #[serde(default)]
    pub(super) errors: Option<Vec<GraphError>>,
}

/// What GraphQL complains about.
#[derive(Debug, Deserialize)]
pub(super) struct GraphError {
    #[serde(default, rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) message: String,
}

/// A change of an issue as GitHub wants it.
pub(super) fn patch(patch: &IssuePatch) -> Value {
    let mut fields = serde_json::Map::new();
    let mut set = |key: &str, value: Option<Value>| value.map(|value| fields.insert(key.into(), value));
    let (state, reason) = match patch.state {
        Some(Close::Open) => (Some("open"), Some("reopened")),
        Some(Close::Completed) => (Some("closed"), Some("completed")),
        Some(Close::NotPlanned) => (Some("closed"), Some("not_planned")),
        None => (None, None),
    };
    set("title", patch.title.as_ref().map(|title| json!(title)));
    set("body", patch.body.as_ref().map(|body| json!(body)));
    set("state", state.map(|state| json!(state)));
    set("state_reason", reason.map(|reason| json!(reason)));
    set("labels", patch.labels.as_ref().map(|labels| json!(labels)));
    set("assignees", patch.assignees.as_ref().map(|assignees| json!(assignees)));
    Value::Object(fields)
}
