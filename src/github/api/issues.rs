//! Issues, comments, reactions, labels and sub-issues.

use chrono::{DateTime, TimeDelta, Utc};
use http::Method;
use serde_json::{Value, json};

use super::address::part;
use super::call::{Call, Kind, Who};
use super::failure::{EXISTS, Failure, Result};
use super::types::{Comment, Fetched, Issue, IssuePatch, Label, NewIssue, Reaction};
use super::{GitHub, instant, of, wire};
use crate::domain::channel::Repository;
use crate::outward::{locked, one_line};

/// When to ask in GraphQL again after its own limit, which does not say when it ends.
const USED_UP: TimeDelta = TimeDelta::seconds(60);

impl GitHub {
    /// Opens an issue. Labels that do not exist are made by GitHub, in grey.
    ///
    /// # Errors
    /// See [`Failure`]; refused with 422 where somebody cannot be an assignee.
    pub async fn create_issue(&self, r: &Repository, new: &NewIssue) -> Result<Issue> {
        let call = Call::make(Method::POST, format!("{}/issues", of(r)), json!(new));
        self.read(Who::Repository(r), &call).await
    }

    /// Changes an issue.
    pub async fn update_issue(&self, r: &Repository, number: u64, patch: &IssuePatch) -> Result<Issue> {
        let call = Call::make(Method::PATCH, format!("{}/issues/{number}", of(r)), wire::patch(patch));
        self.read(Who::Repository(r), &call).await
    }

    /// An issue as it is now. Where it was transferred, it comes from there: compare [`Issue::repository`].
    pub async fn issue(&self, r: &Repository, number: u64) -> Result<Issue> {
        self.read(Who::Repository(r), &Call::get(format!("{}/issues/{number}", of(r)))).await
    }

    /// Issues, open and closed, that changed at or after `since` (UTC), the oldest change first, at most ten pages of a
    /// hundred; without pull requests. `etag` is of the same question with the same `since`.
    pub async fn issues(&self, r: &Repository, since: DateTime<Utc>, etag: Option<&str>) -> Result<Fetched<Issue>> {
        let mut call = changed_since(format!("{}/issues", of(r)), since, etag);
        call.query.push(("state", "all".into()));
        let list = self.list::<wire::Issue>(Who::Repository(r), &call).await?;
        Ok(list.fetched(|issue| (!issue.is_pull_request()).then(|| issue.into())))
    }

    /// Comments on an issue.
    pub async fn create_comment(&self, r: &Repository, number: u64, body: &str) -> Result<Comment> {
        let path = format!("{}/issues/{number}/comments", of(r));
        self.read(Who::Repository(r), &Call::make(Method::POST, path, json!({ "body": body }))).await
    }

    /// Changes a comment.
    pub async fn update_comment(&self, r: &Repository, id: u64, body: &str) -> Result<Comment> {
        let path = format!("{}/issues/comments/{id}", of(r));
        self.read(Who::Repository(r), &Call::make(Method::PATCH, path, json!({ "body": body }))).await
    }

    /// The comments of an issue that were written or edited at or after `since` (UTC), the oldest first.
    pub async fn comments_of(&self, r: &Repository, number: u64, since: DateTime<Utc>) -> Result<Vec<Comment>> {
        let mut call = Call::get(format!("{}/issues/{number}/comments", of(r)));
        call.query.push(("since", instant(since)));
        Ok(self.list(Who::Repository(r), &call).await?.items)
    }

    /// The comments of all issues and pull requests that were written or edited at or after `since` (UTC), the oldest
    /// change first, at most ten pages of a hundred. `etag` is of the same question with the same `since`.
    pub async fn comments(&self, r: &Repository, since: DateTime<Utc>, etag: Option<&str>) -> Result<Fetched<Comment>> {
        let call = changed_since(format!("{}/issues/comments", of(r)), since, etag);
        Ok(self.list(Who::Repository(r), &call).await?.fetched(Some))
    }

    /// Puts a reaction below a comment and returns its number; the same one again is the same.
    pub async fn react_to_comment(&self, r: &Repository, comment: u64, reaction: Reaction) -> Result<u64> {
        self.react(r, format!("{}/issues/comments/{comment}/reactions", of(r)), reaction).await
    }

    /// Puts a reaction below the text of an issue and returns its number; the same one again is the same.
    pub async fn react_to_issue(&self, r: &Repository, number: u64, reaction: Reaction) -> Result<u64> {
        self.react(r, format!("{}/issues/{number}/reactions", of(r)), reaction).await
    }

    async fn react(&self, r: &Repository, path: String, reaction: Reaction) -> Result<u64> {
        let body = Some(json!({ "content": reaction.word() }));
        // The same reaction twice is one.
        let call = Call { body, ..Call::new(Method::POST, Kind::Write, path) };
        Ok(self.read::<wire::Numbered>(Who::Repository(r), &call).await?.id)
    }

    /// Takes a reaction below a comment back; one that is gone is fine.
    pub async fn unreact_comment(&self, r: &Repository, comment: u64, reaction: u64) -> Result<()> {
        self.unreact(r, format!("{}/issues/comments/{comment}/reactions/{reaction}", of(r))).await
    }

    /// Takes a reaction below the text of an issue back; one that is gone is fine.
    pub async fn unreact_issue(&self, r: &Repository, number: u64, reaction: u64) -> Result<()> {
        self.unreact(r, format!("{}/issues/{number}/reactions/{reaction}", of(r))).await
    }

    async fn unreact(&self, r: &Repository, path: String) -> Result<()> {
        match self.ask(Who::Repository(r), &Call::new(Method::DELETE, Kind::Write, path)).await {
            Ok(_) | Err(Failure::Missing { .. }) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// Makes the labels that the repository does not have. Those that are there are remembered until maintbot stops.
    pub async fn ensure_labels(&self, r: &Repository, labels: &[Label]) -> Result<()> {
        for label in labels {
            let key = (r.clone(), label.name.to_lowercase());
            if locked(&self.inner.labels).contains(&key) {
                continue;
            }
            self.ensure_label(r, label).await?;
            locked(&self.inner.labels).insert(key);
        }
        Ok(())
    }

    /// Looks first: looking is not counted, making is.
    async fn ensure_label(&self, r: &Repository, label: &Label) -> Result<()> {
        let path = format!("{}/labels", of(r));
        match self.ask(Who::Repository(r), &Call::get(format!("{path}/{}", part(&label.name)))).await {
            Err(Failure::Missing { .. }) => {}
            other => return other.map(drop),
        }
        match self.ask(Who::Repository(r), &Call::make(Method::POST, path, json!(label))).await {
            Err(Failure::Refused { status: 422, why }) if why.contains(EXISTS) => Ok(()),
            other => other.map(drop),
        }
    }

    /// The issues below an issue.
    pub async fn sub_issues(&self, r: &Repository, number: u64) -> Result<Vec<Issue>> {
        let call = Call::get(format!("{}/issues/{number}/sub_issues", of(r)));
        Ok(self.list(Who::Repository(r), &call).await?.items)
    }

    /// Puts an issue, by GitHub's own number ([`Issue::id`]), below another; one that is there already is fine.
    pub async fn add_sub_issue(&self, r: &Repository, number: u64, issue_id: u64) -> Result<()> {
        let path = format!("{}/issues/{number}/sub_issues", of(r));
        let call = Call::make(Method::POST, path, json!({ "sub_issue_id": issue_id }));
        match self.ask(Who::Repository(r), &call).await {
            Err(Failure::Refused { status: 422, why }) if why.contains("duplicate sub-issue") => Ok(()),
            other => other.map(drop),
        }
    }

    /// Who last edited the title or text of an issue, in small letters; `None` where nobody did, or is gone.
    pub async fn last_editor(&self, r: &Repository, number: u64) -> Result<Option<String>> {
        const QUERY: &str = "query($owner:String!,$name:String!,$number:Int!){repository(owner:$owner,name:$name)\
            {issue(number:$number){editor{__typename login}}}}";
        let variables = json!({ "owner": r.owner(), "name": r.name(), "number": number });
        let graph = self.graph(r, json!({ "query": QUERY, "variables": variables })).await?;
        let issue = graph.data.pointer("/repository/issue").filter(|issue| !issue.is_null());
        let Some(issue) = issue else {
            let errors = graph.errors.unwrap_or_default();
            return Err(nothing_about(&format!("{r}#{number}"), &errors, self.inner.clock.now()));
        };
        let editor = |key: &str| issue.pointer(&format!("/editor/{key}")).and_then(Value::as_str);
        Ok(editor("login").map(str::to_lowercase).map(|login| match editor("__typename") {
            // GraphQL names Apps without what tells them from people.
            Some("Bot") if !login.ends_with("[bot]") => format!("{login}[bot]"),
            _ => login,
        }))
    }
}

/// Why GraphQL says nothing about something.
fn nothing_about(what: &str, errors: &[wire::GraphError], now: DateTime<Utc>) -> Failure {
    let said: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    let why = one_line(&format!("GitHub says nothing about {what}: {}", said.join("; ")));
    let any = |kind: &str| errors.iter().any(|error| error.kind == kind);
    if any("RATE_LIMITED") {
        return Failure::Later { at: now + USED_UP, why };
    }
    if errors.is_empty() || any("NOT_FOUND") { Failure::Missing { why } } else { Failure::Refused { status: 200, why } }
}

/// A question for what changed, the oldest change first.
fn changed_since(path: String, since: DateTime<Utc>, etag: Option<&str>) -> Call {
    let mut call = Call::get(path);
    call.query = vec![("sort", "updated".into()), ("direction", "asc".into()), ("since", instant(since))];
    call.etag = etag.map(ToOwned::to_owned);
    call
}
