//! A double of GitHub: one server on a loopback port that keeps issues, comments and webhooks as GitHub does, and fails
//! on request in every way that the network and GitHub can.
//!
//! Every request and every answer is judged by GitHub's own description (see `openapi`): [`FakeGitHub::close`] fails the
//! test when there was a violation. What people do on GitHub's pages are methods (`people`); the bot comes by HTTP.
//!
//! ```ignore
//! let fake = FakeGitHub::start().await;
//! fake.repository("example/crm").person("anna", "write").person("ben", "triage");
//! fake.deliver_to(&format!("{base}/github/webhook"), "a secret");
//! // [github] api_url = fake.url, app_id = APP_ID, private_key = APP_KEY
//! let number = fake.open_issue("anna", "example/crm", "Maintenance: crm", "### What\n…");
//! fake.settle().await; // every webhook so far has its answer
//! fake.tick("ben", "example/crm", number, "Back up");
//! fake.fail_times(1, Matching::method("POST").ending("/comments"), Fault::DoThenReset);
//! assert!(fake.creations_per_minute() <= 80);
//! fake.close().await;
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use maintbot::clock::Clock;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::DropGuard;

use super::openapi::Judge;
use super::wire;
use hooks::{Delivery, Target, Webhook};
use state::{Comment, Issue, Request, State, Token};

mod answer;
mod auth;
mod faults;
pub mod hooks;
mod issues;
mod people;
mod routes;
mod server;
mod shapes;
pub mod state;
mod tests;

pub use auth::{APP_KEY, jwt};
pub use faults::{Fault, Matching};
pub use people::Repository;

/// The App's id.
pub const APP_ID: u64 = 4242;

/// What the server and the test share.
pub struct Shared {
    state: Mutex<State>,
    judge: &'static Judge,
}

impl Shared {
    /// The state, for as long as nothing else is waited for.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A running double, stopped when it is dropped.
pub struct FakeGitHub {
    /// What `api_url` has to be; below `/api/v3` it answers as well, as a company's own server.
    pub url: String,
    shared: Arc<Shared>,
    _running: DropGuard,
}

impl FakeGitHub {
    /// Starts an empty GitHub on a thread of its own, so that it answers also while the test waits for a process.
    pub async fn start() -> Self {
        let begin = |listener, url: String| {
            let (outbox, sent) = mpsc::unbounded_channel();
            let state = Mutex::new(State::new(url.clone(), outbox));
            let shared = Arc::new(Shared { state, judge: Judge::load() });
            ((url, Arc::clone(&shared)), server::run(listener, shared, sent))
        };
        let ((url, shared), running) = wire::started(begin).await;
        Self { url, shared, _running: running }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    /// Ends the double. The test fails when anything was against GitHub's description or came with an unknown token.
    pub async fn close(self) {
        self.settle().await;
        let state = self.state();
        assert!(state.violations.is_empty(), "against GitHub's description:\n{}", state.violations.join("\n"));
        assert!(state.strangers.is_empty(), "with an unknown token:\n{}", state.strangers.join("\n"));
    }

    /// What was against GitHub's description so far.
    pub fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    /// Requests with a token that the double never gave out, or with a wrong one of the App, so far.
    pub fn strangers(&self) -> Vec<String> {
        self.state().strangers.clone()
    }

    /// GitHub's clock stands at `at` (UTC). Tokens go by the machine's clock all the same.
    pub fn at(&self, at: DateTime<Utc>) {
        self.state().clock = Clock::manual(at);
    }

    /// GitHub's clock is this one.
    pub fn follow(&self, clock: &Clock) {
        self.state().clock = clock.clone();
    }

    /// Makes a repository that the App sees, or gives the one there is.
    pub fn repository(&self, full_name: &str) -> Repository<'_> {
        self.make_repository(full_name)
    }

    /// Makes a team of an organisation.
    pub fn team(&self, org: &str, slug: &str, members: &[&str]) {
        let mut state = self.state();
        for login in members {
            state.user(login, "User");
        }
        let members: BTreeSet<String> = members.iter().map(|login| login.to_ascii_lowercase()).collect();
        state.teams.insert((org.to_ascii_lowercase(), slug.to_ascii_lowercase()), members);
    }

    /// Takes this token for that person, with these scopes, such as `repo, read:org`.
    pub fn personal_token(&self, token: &str, login: &str, scopes: &str) {
        let mut state = self.state();
        state.user(login, "User");
        state.tokens.insert(token.to_owned(), Token::Person(login.to_owned(), scopes.to_owned()));
    }

    /// The App's permissions and events, also of installations that there are.
    pub fn grant(&self, permissions: &[(&str, &str)], events: &[&str]) {
        let mut state = self.state();
        state.app_permissions = permissions.iter().map(|(name, level)| ((*name).into(), (*level).into())).collect();
        state.app_events = events.iter().map(|event| (*event).to_owned()).collect();
        let (permissions, events) = (state.app_permissions.clone(), state.app_events.clone());
        for installation in &mut state.installations {
            (installation.permissions, installation.events) = (permissions.clone(), events.clone());
        }
    }

    /// Ends every token of an installation, as if its hour were over.
    pub fn expire_tokens(&self) {
        let past = Clock::wall() - TimeDelta::seconds(1);
        for token in self.state().tokens.values_mut() {
            if let Token::Installation(_, until) = token {
                *until = past;
            }
        }
    }

    /// How many installation tokens were asked for.
    pub fn tokens_asked(&self) -> usize {
        self.state().tokens_asked
    }

    /// Sends webhooks to an address, signed with this secret. Without this there are none.
    pub fn deliver_to(&self, url: &str, secret: &str) {
        self.state().hook = Some((Target::Url(url.to_owned()), secret.to_owned()));
    }

    /// Hands webhooks to a closure, which gives the status that they are answered with; it runs on this test's runtime.
    pub fn deliver_with(&self, secret: &str, to: impl Fn(Webhook) -> BoxFuture<'static, u16> + Send + Sync + 'static) {
        self.state().hook = Some((Target::Call(Arc::new(to), Handle::current()), secret.to_owned()));
    }

    /// From now on webhooks are lost on the way: the list of deliveries says so and nobody gets them. Or no longer.
    pub fn lose_webhooks(&self, lose: bool) {
        self.state().lose_webhooks = lose;
    }

    /// Returns when every webhook so far was answered or failed.
    pub async fn settle(&self) {
        let mut unsent = self.state().unsent.subscribe();
        unsent.wait_for(|unsent| *unsent == 0).await.expect("the double runs");
    }

    /// Every delivery so far, in order.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.state().deliveries.clone()
    }

    /// Every webhook so far as it went out or would have: for sending it again, cut, or with another signature.
    pub fn webhooks(&self) -> Vec<Webhook> {
        let state = self.state();
        state.deliveries.iter().map(|delivery| state.webhook(delivery)).collect()
    }

    /// From now on every matching request fails so, until [`Self::lift`]. Of several faults the first that fits hits.
    pub fn fail(&self, matching: Matching, fault: Fault) {
        self.state().faults.push(faults::Planned { matching, fault, times: None });
    }

    /// The next `times` matching requests fail so.
    pub fn fail_times(&self, times: usize, matching: Matching, fault: Fault) {
        assert!(times > 0, "a fault that never hits");
        self.state().faults.push(faults::Planned { matching, fault, times: Some(times) });
    }

    /// Ends all faults.
    pub fn lift(&self) {
        self.state().faults.clear();
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// How many webhooks and how many requests there were so far: tells whether anything happened, without a copy of all.
    pub fn traffic(&self) -> (usize, usize) {
        let state = self.state();
        (state.deliveries.len(), state.requests.len())
    }

    /// The most that was made within any 60 seconds of the double's clock: issues, comments, labels and sub-issues that
    /// were asked for by POST, whether GitHub did it or refused it.
    pub fn creations_per_minute(&self) -> usize {
        self.creations_within(TimeDelta::minutes(1))
    }

    /// The most that was made within any hour of the double's clock.
    pub fn creations_per_hour(&self) -> usize {
        self.creations_within(TimeDelta::hours(1))
    }

    fn creations_within(&self, time: TimeDelta) -> usize {
        let state = self.state();
        let made = state.requests.iter().filter(|request| request.makes());
        let at: Vec<DateTime<Utc>> = made.map(|request| request.at).collect();
        at.iter().map(|end| at.iter().filter(|one| **one <= *end && *end - **one < time).count()).max().unwrap_or(0)
    }

    /// The most that was being made at once, by the account whose installation made it, and for all together: from when
    /// it was asked for until it was answered.
    pub fn creations_at_once(&self) -> (BTreeMap<String, usize>, usize) {
        let state = self.state();
        (state.makings.most.clone(), state.makings.most_in_all)
    }

    /// An issue as it is now, with its comments and reactions.
    pub fn issue(&self, full_name: &str, number: u64) -> Issue {
        self.state().issue(full_name, number).clone()
    }

    /// All issues of a repository, in the order in which they were opened.
    pub fn issues(&self, full_name: &str) -> Vec<Issue> {
        self.state().repo(full_name).issues.clone()
    }

    /// The comments of an issue, in order.
    pub fn comments(&self, full_name: &str, number: u64) -> Vec<Comment> {
        self.issue(full_name, number).comments
    }

    /// Who reacted how to a comment, in order: login and content.
    pub fn reactions(&self, comment: u64) -> Vec<(String, String)> {
        let state = self.state();
        let (at, nth, last) = state.comment_of(comment).unwrap_or_else(|| panic!("no comment {comment}"));
        let comment = &state.repositories[at].issues[nth].comments[last];
        comment.reactions.iter().map(|one| (one.user.clone(), one.content.clone())).collect()
    }

    /// Who reacted how to an issue, in order: login and content.
    pub fn reactions_to_issue(&self, full_name: &str, number: u64) -> Vec<(String, String)> {
        self.issue(full_name, number).reactions.into_iter().map(|one| (one.user, one.content)).collect()
    }

    /// Names of the labels of a repository.
    pub fn labels(&self, full_name: &str) -> Vec<String> {
        self.state().repo(full_name).labels.iter().map(|label| label.name.clone()).collect()
    }
}
