//! What there is on the double: people, repositories, issues, installations, tokens, and what was asked of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use maintbot::clock::Clock;
use serde_json::Value;
use tokio::sync::{mpsc, watch};

use super::APP_ID;
use super::faults::Planned;
use super::hooks::{Delivery, Target};

/// The roles of a repository, from the least to the most, as `role_name` says them.
pub const ROLES: [&str; 5] = ["read", "triage", "write", "maintain", "admin"];

/// Somebody with a login.
#[derive(Clone, Debug)]
pub struct User {
    pub id: u64,
    pub login: String,
    /// `User`, `Bot` or `Organization`.
    pub kind: &'static str,
}

/// A reaction and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    pub id: u64,
    pub content: String,
    pub user: String,
    pub at: DateTime<Utc>,
}

/// A comment below an issue.
#[derive(Clone, Debug)]
pub struct Comment {
    pub id: u64,
    pub body: String,
    pub author: String,
    pub reactions: Vec<Reaction>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// An issue with everything below it.
#[derive(Clone, Debug)]
pub struct Issue {
    pub id: u64,
    pub number: u64,
    pub title: String,
    pub body: String,
    pub open: bool,
    pub state_reason: Option<String>,
    pub locked: bool,
    pub labels: Vec<String>,
    pub assignees: Vec<String>,
    pub author: String,
    pub closed_by: Option<String>,
    /// Who changed the body last; nobody while it is as it was opened.
    pub editor: Option<String>,
    pub pull_request: bool,
    pub comments: Vec<Comment>,
    pub reactions: Vec<Reaction>,
    /// Ids of its sub-issues, in order.
    pub children: Vec<u64>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
}

/// A label of a repository.
#[derive(Clone, Debug)]
pub struct Label {
    pub id: u64,
    pub name: String,
    pub color: String,
    pub description: Option<String>,
}

/// A repository.
#[derive(Clone, Debug)]
pub struct Repo {
    pub id: u64,
    pub owner: String,
    pub name: String,
    /// `owner/name`s that it had before.
    pub former: Vec<String>,
    /// Role by login in lower case.
    pub roles: BTreeMap<String, String>,
    pub labels: Vec<Label>,
    pub issues: Vec<Issue>,
    /// Numbers of issues that were deleted.
    pub deleted: BTreeSet<u64>,
    /// Numbers of issues that were transferred, with the repository's id and the number there.
    pub moved: BTreeMap<u64, (u64, u64)>,
    pub next_number: u64,
    /// It has a webhook of its own, beside that of the App.
    pub own_hook: bool,
    pub created_at: DateTime<Utc>,
}

impl Repo {
    /// `owner/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// The role of a person, as an index of [`ROLES`].
    pub fn role(&self, login: &str) -> Option<usize> {
        let role = self.roles.get(&login.to_ascii_lowercase())?;
        ROLES.iter().position(|known| known == role)
    }
}

/// The App on an account.
#[derive(Clone, Debug)]
pub struct Installation {
    pub id: u64,
    pub account: String,
    pub repositories: BTreeSet<u64>,
    pub permissions: BTreeMap<String, String>,
    pub events: Vec<String>,
    pub created_at: DateTime<Utc>,
}

/// Whose a token is.
#[derive(Clone, Debug)]
pub enum Token {
    /// Of an installation, until an instant (UTC, the machine's clock).
    Installation(u64, DateTime<Utc>),
    /// Of a person, with its scopes.
    Person(String, String),
}

/// A request as it came, and what was answered. The token is not kept.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case, without `authorization`.
    pub headers: BTreeMap<String, String>,
    /// Who asked: `app`, `installation 7`, a login, or `nobody`.
    pub who: String,
    /// JSON, or a text when it is none.
    pub body: Value,
    /// None: the connection was closed or still hangs.
    pub status: Option<u16>,
    /// Whether the double did what was asked.
    pub done: bool,
    pub at: DateTime<Utc>,
}

impl Request {
    /// Whether something is to be made: an issue, a comment, a label, the place of a sub-issue.
    pub fn makes(&self) -> bool {
        let path = self.target.split('?').next().unwrap_or_default();
        let what = ["/issues", "/comments", "/labels", "/sub_issues"];
        self.method == "POST" && what.iter().any(|end| path.ends_with(end))
    }

    /// Whose repository it is about, in lower case; the App has one installation for each account.
    pub fn account(&self) -> String {
        let path = self.target.strip_prefix("/api/v3").unwrap_or(&self.target);
        path.strip_prefix("/repos/").and_then(|path| path.split('/').next()).unwrap_or_default().to_ascii_lowercase()
    }
}

/// How much is being made at once.
#[derive(Clone, Debug, Default)]
pub struct Makings {
    /// Now, by account.
    now: BTreeMap<String, usize>,
    /// The most so far, by account.
    pub most: BTreeMap<String, usize>,
    /// The most so far for all accounts together.
    pub most_in_all: usize,
}

impl Makings {
    pub fn begin(&mut self, account: &str) {
        let now = self.now.entry(account.to_owned()).or_default();
        *now += 1;
        let most = self.most.entry(account.to_owned()).or_default();
        *most = (*most).max(*now);
        self.most_in_all = self.most_in_all.max(self.now.values().sum());
    }

    pub fn end(&mut self, account: &str) {
        *self.now.get_mut(account).expect("what ends has begun") -= 1;
    }
}

/// Everything.
pub struct State {
    pub url: String,
    pub clock: Clock,
    pub app_id: u64,
    /// The App's slug; its login is `slug[bot]`.
    pub slug: String,
    pub app_permissions: BTreeMap<String, String>,
    pub app_events: Vec<String>,
    pub users: BTreeMap<String, User>,
    pub repositories: Vec<Repo>,
    /// Members by organisation and team slug.
    pub teams: BTreeMap<(String, String), BTreeSet<String>>,
    pub installations: Vec<Installation>,
    pub tokens: BTreeMap<String, Token>,
    pub tokens_asked: usize,
    pub hook: Option<(Target, String)>,
    pub lose_webhooks: bool,
    pub deliveries: Vec<Delivery>,
    /// Ids of deliveries to send, in order; the number of those not yet sent is in `unsent`.
    pub outbox: mpsc::UnboundedSender<u64>,
    pub unsent: watch::Sender<usize>,
    pub faults: Vec<Planned>,
    pub requests: Vec<Request>,
    pub makings: Makings,
    pub violations: Vec<String>,
    /// Requests with a token that the double never gave out.
    pub strangers: Vec<String>,
    last_id: u64,
}

/// Where a repository is.
pub enum Found {
    At(usize),
    /// It has another name now: its id.
    Renamed(u64),
    Nowhere,
}

impl State {
    pub fn new(url: String, outbox: mpsc::UnboundedSender<u64>) -> Self {
        let permissions = [("issues", "write"), ("metadata", "read"), ("members", "read")];
        let events = ["issue_comment", "issues", "repository", "sub_issues"];
        let mut state = Self {
            url,
            clock: Clock::System,
            app_id: APP_ID,
            slug: "maintbot".into(),
            app_permissions: permissions.map(|(name, level)| (name.to_owned(), level.to_owned())).into(),
            app_events: events.map(str::to_owned).to_vec(),
            users: BTreeMap::new(),
            repositories: Vec::new(),
            teams: BTreeMap::new(),
            installations: Vec::new(),
            tokens: BTreeMap::new(),
            tokens_asked: 0,
            hook: None,
            lose_webhooks: false,
            deliveries: Vec::new(),
            outbox,
            unsent: watch::Sender::new(0),
            faults: Vec::new(),
            requests: Vec::new(),
            makings: Makings::default(),
            violations: Vec::new(),
            strangers: Vec::new(),
            last_id: 100_000,
        };
        let bot = state.bot();
        state.user(&bot, "Bot");
        state
    }

    /// The App's login.
    pub fn bot(&self) -> String {
        format!("{}[bot]", self.slug)
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// An id that nothing else has.
    pub fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The user of that login, made when there is none.
    pub fn user(&mut self, login: &str, kind: &'static str) -> User {
        let key = login.to_ascii_lowercase();
        if !self.users.contains_key(&key) {
            let id = self.id();
            self.users.insert(key.clone(), User { id, login: login.to_owned(), kind });
        }
        self.users[&key].clone()
    }

    /// Where `owner/name` is; GitHub does not tell capitals apart.
    pub fn find(&self, full_name: &str) -> Found {
        let same = |name: &str| name.eq_ignore_ascii_case(full_name);
        if let Some(at) = self.repositories.iter().position(|repo| same(&repo.full_name())) {
            return Found::At(at);
        }
        let former = self.repositories.iter().find(|repo| repo.former.iter().any(|name| same(name)));
        former.map_or(Found::Nowhere, |repo| Found::Renamed(repo.id))
    }

    /// A repository that a test made, also by a former name.
    pub fn repo(&mut self, full_name: &str) -> &mut Repo {
        match self.find(full_name) {
            Found::At(at) => &mut self.repositories[at],
            Found::Renamed(id) => self.repo_of(id).expect("a repository of that id"),
            Found::Nowhere => panic!("make the repository {full_name} first: fake.repository(\"{full_name}\")"),
        }
    }

    pub fn repo_of(&mut self, id: u64) -> Option<&mut Repo> {
        self.repositories.iter_mut().find(|repo| repo.id == id)
    }

    /// An issue that there is.
    pub fn issue(&mut self, full_name: &str, number: u64) -> &mut Issue {
        let issues = &mut self.repo(full_name).issues;
        issues
            .iter_mut()
            .find(|issue| issue.number == number)
            .unwrap_or_else(|| panic!("no issue {full_name}#{number}"))
    }

    /// The repository (by place) and issue (by place in it) of an issue's id.
    pub fn issue_of(&self, id: u64) -> Option<(usize, usize)> {
        self.repositories
            .iter()
            .enumerate()
            .find_map(|(at, repo)| Some((at, repo.issues.iter().position(|issue| issue.id == id)?)))
    }

    /// The repository, issue and comment (by place) of a comment's id.
    pub fn comment_of(&self, id: u64) -> Option<(usize, usize, usize)> {
        self.repositories.iter().enumerate().find_map(|(at, repo)| {
            repo.issues
                .iter()
                .enumerate()
                .find_map(|(nth, issue)| Some((at, nth, issue.comments.iter().position(|comment| comment.id == id)?)))
        })
    }

    /// The App's installation that sees a repository.
    pub fn installation_of(&self, repository: u64) -> Option<&Installation> {
        self.installations.iter().find(|installation| installation.repositories.contains(&repository))
    }

    /// Lets the App see a repository.
    pub fn install(&mut self, repository: u64) {
        let account = self.repo_of(repository).expect("a repository of that id").owner.clone();
        let known = self.installations.iter().position(|installation| installation.account == account);
        let at = known.unwrap_or_else(|| {
            let (id, created_at) = (self.id(), self.now());
            self.installations.push(Installation {
                id,
                account,
                repositories: BTreeSet::new(),
                permissions: self.app_permissions.clone(),
                events: self.app_events.clone(),
                created_at,
            });
            self.installations.len() - 1
        });
        self.installations[at].repositories.insert(repository);
    }
}
