//! A double of Slack: one server on a loopback port that keeps conversations, views and people as Slack does, sends what
//! people do to the bot, signed or by Socket Mode, and fails on request in every way that the network and Slack can.
//!
//! What the bot says is judged by Slack's own schema of blocks and its limits (see `judge`), every call by what the method
//! takes: [`FakeSlack::close`] fails the test when there was a violation, or when something was posted twice.
//!
//! ```ignore
//! let fake = FakeSlack::start().await; // the workspace T1 with the bot in it
//! fake.follow(&clock);
//! fake.person("anna", "Europe/Berlin"); // U0ANNA
//! fake.channel("#ce").archived(); // C0CE, with everybody and the bot in it
//! // [slack] api_url = fake.url, bot_token = BOT_TOKEN, signing_secret = SIGNING_SECRET, app_token = APP_TOKEN
//! fake.reach(inbound.routes()); // or reach_at("http://127.0.0.1:…"), or reach_by_socket() and connected(2).await
//! let reply = fake.command("anna", "#ce", "schedule crm …").await;
//! let post = fake.posts("#ce").remove(0);
//! fake.press("anna", &post, "start").await;
//! fake.submit("anna", &[("reason", "it takes longer")]).await;
//! fake.fail_times(1, Matching::method("chat.postMessage").channel("#ce"), Fault::DoThenReset);
//! fake.again(reply.nth, Again::Retry(1)).await;
//! fake.close().await;
//! ```
//!
//! Several workspaces: `let other = fake.workspace("T2")` is the same double seen from another one; its tokens and secret
//! end in `-T2`, the ids of its people and channels in `T2`.

use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, Utc};
use maintbot::clock::Clock;
use tokio_util::sync::DropGuard;

use super::wire;
use sending::Target;
use state::{Channel, Kind, State, User, Workspace};

mod answer;
mod faults;
pub mod judge;
mod limits;
mod methods;
mod payloads;
mod people;
mod plain;
mod reading;
mod response;
mod sending;
mod server;
mod signing;
mod socket;
pub mod state;
mod tests;

pub use faults::{Fault, Matching};
pub use people::{Again, Reply};
pub use plain::plain;
pub use signing::signature;
pub use socket::Stage;

/// The workspace that there is from the start.
pub const TEAM: &str = "T1";
/// Its bot token.
pub const BOT_TOKEN: &str = "xoxb-double-bot";
/// Its app token, for Socket Mode.
pub const APP_TOKEN: &str = "xapp-double-app";
/// What signs the requests of people there.
pub const SIGNING_SECRET: &str = "double-signing-secret";

/// What the server and the test share.
pub struct Shared {
    state: Mutex<State>,
}

impl Shared {
    /// The state, for as long as nothing else is waited for.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A running double seen from one workspace, stopped when the last one that sees it is dropped.
#[derive(Clone)]
pub struct FakeSlack {
    /// What `api_url` has to be.
    pub url: String,
    /// The workspace that every method here is about.
    pub team: String,
    shared: Arc<Shared>,
    /// Of the test's runtime.
    client: reqwest::Client,
    _running: Arc<DropGuard>,
}

/// A channel that was made: for saying more about it.
pub struct Made<'a> {
    fake: &'a FakeSlack,
    id: String,
}

impl Made<'_> {
    fn change(self, change: impl FnOnce(&mut Channel, &str)) -> Self {
        let mut state = self.fake.state();
        let workspace = state.workspace(&self.fake.team);
        let bot = workspace.bot.id.clone();
        change(workspace.channel(&self.id), &bot);
        drop(state);
        self
    }

    /// Only its members know of it.
    pub fn private(self) -> Self {
        self.change(|channel, _| channel.kind = Kind::Private)
    }

    /// Archives it.
    pub fn archived(self) -> Self {
        self.change(|channel, _| channel.archived = true)
    }

    /// Archives it no longer.
    pub fn unarchived(self) -> Self {
        self.change(|channel, _| channel.archived = false)
    }

    /// Takes the bot out.
    pub fn without_bot(self) -> Self {
        self.change(|channel, bot| {
            channel.members.remove(bot);
        })
    }

    /// Invites the bot.
    pub fn with_bot(self) -> Self {
        self.change(|channel, bot| {
            channel.members.insert(bot.to_owned());
        })
    }

    /// Takes somebody out.
    pub fn without(self, user: &str) -> Self {
        let user = self.fake.id(user);
        self.change(|channel, _| {
            channel.members.remove(&user);
        })
    }

    /// Gives it another name; its id stays.
    pub fn renamed(self, name: &str) -> Self {
        self.change(|channel, _| name.trim_start_matches('#').clone_into(&mut channel.name))
    }

    /// Deletes it with everything in it.
    pub fn deleted(self) {
        self.fake.state().workspace(&self.fake.team).channels.retain(|channel| channel.id != self.id);
    }

    /// Its id.
    pub fn id(self) -> String {
        self.id
    }
}

impl FakeSlack {
    /// Starts a Slack with the workspace `T1` on a thread of its own, so that it answers also while the test waits.
    pub async fn start() -> Self {
        let begin = |listener, address: String| {
            let url = format!("{address}/api");
            let shared = Arc::new(Shared { state: Mutex::new(State::new(url.clone())) });
            ((url, Arc::clone(&shared)), server::run(listener, shared))
        };
        let ((url, shared), running) = wire::started(begin).await;
        let (client, running) = (crate::process::client(), Arc::new(running));
        let fake = Self { url, team: TEAM.to_owned(), shared, client, _running: running };
        fake.workspace(TEAM)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    /// Ends the test of the double: it fails when anything was illegal or a message was posted twice.
    pub fn close(self) {
        let (violations, twice) = (self.violations(), self.twice());
        assert!(violations.is_empty(), "against Slack's rules:\n{}", violations.join("\n"));
        assert!(twice.is_empty(), "posted more than once: {}", twice.join(", "));
    }

    /// The same double seen from that workspace, which is made when there is none.
    pub fn workspace(&self, team: &str) -> Self {
        let mut state = self.state();
        state.workspaces.entry(team.to_owned()).or_insert_with(|| Workspace::new(team));
        drop(state);
        Self { team: team.to_owned(), ..self.clone() }
    }

    /// Slack's clock stands at `at` (UTC).
    pub fn at(&self, at: DateTime<Utc>) {
        self.state().clock = Clock::manual(at);
    }

    /// Slack's clock is this one: limits, `ts`, triggers, response URLs and signatures go by it.
    pub fn follow(&self, clock: &Clock) {
        self.state().clock = clock.clone();
    }

    /// Adds somebody, in every public channel, with a zone by its IANA name (`""`: the profile tells none); the id.
    pub fn person(&self, name: &str, tz: &str) -> String {
        let mut state = self.state();
        let workspace = state.workspace(&self.team);
        let id = workspace.id_of('U', name);
        let tz = Some(tz.to_owned()).filter(|tz| !tz.is_empty());
        let user = User { id: id.clone(), name: name.to_owned(), tz, deleted: false, is_bot: false };
        workspace.users.insert(id.clone(), user);
        for channel in workspace.channels.iter_mut().filter(|channel| channel.kind == Kind::Public) {
            channel.members.insert(id.clone());
        }
        id
    }

    /// Deactivates somebody.
    pub fn deactivate(&self, user: &str) {
        let mut state = self.state();
        let workspace = state.workspace(&self.team);
        let id = workspace.user(user);
        workspace.users.get_mut(&id).expect("a person of that id").deleted = true;
    }

    /// The id of somebody.
    pub fn id(&self, user: &str) -> String {
        self.state().workspace(&self.team).user(user)
    }

    /// Makes a public channel with everybody and the bot in it, or gives the one there is.
    pub fn channel(&self, name: &str) -> Made<'_> {
        let mut state = self.state();
        let workspace = state.workspace(&self.team);
        let at = workspace.find_channel(name).unwrap_or_else(|| {
            let name = name.strip_prefix('#').expect("#name").to_owned();
            workspace.channels.push(Channel {
                id: workspace.id_of('C', &name),
                name,
                kind: Kind::Public,
                archived: false,
                members: workspace.users.keys().cloned().collect(),
                messages: Vec::new(),
            });
            workspace.channels.len() - 1
        });
        let id = workspace.channels[at].id.clone();
        drop(state);
        Made { fake: self, id }
    }

    /// Makes a user group, or gives it other members.
    pub fn group(&self, handle: &str, members: &[&str]) {
        let mut state = self.state();
        let workspace = state.workspace(&self.team);
        let members = members.iter().map(|user| workspace.user(user)).collect();
        let id = workspace.id_of('S', handle);
        workspace.groups.retain(|(known, ..)| *known != id);
        workspace.groups.push((id, handle.to_owned(), members));
    }

    /// What the bot may do, such as `chat:write`; nothing else.
    pub fn scopes(&self, scopes: &[&str]) {
        self.state().workspace(&self.team).scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    }

    /// Takes a scope away.
    pub fn without_scope(&self, scope: &str) {
        let there = self.state().workspace(&self.team).scopes.remove(scope);
        assert!(there, "the bot never had {scope}");
    }

    /// From now on every call with the tokens of this workspace is answered so: `token_revoked` and so on.
    pub fn lock_out(&self, error: &str) {
        self.state().workspace(&self.team).locked_out = Some(error.to_owned());
    }

    /// Lets the bot in again.
    pub fn let_in(&self) {
        self.state().workspace(&self.team).locked_out = None;
    }

    /// What people do goes to these routes, in this process.
    pub fn reach(&self, routes: axum::Router) {
        self.state().workspace(&self.team).target = Some(Target::Router(routes));
    }

    /// What people do goes below this address, such as `http://127.0.0.1:8080`.
    pub fn reach_at(&self, base: &str) {
        self.state().workspace(&self.team).target = Some(Target::Url(base.to_owned()));
    }

    /// What people do goes by Socket Mode.
    pub fn reach_by_socket(&self) {
        self.state().workspace(&self.team).target = Some(Target::Socket);
    }

    /// How long the bot may take for an answer; 3 seconds unless said otherwise.
    pub fn patience(&self, patience: std::time::Duration) {
        self.state().patience = patience;
    }

    /// Lists give at most this many items a page, whatever was asked for.
    pub fn pages_of(&self, items: usize) {
        self.state().page = items;
    }

    /// Whether people and channels in a command come as Slack's tokens (`should_escape`); they do unless said otherwise.
    pub fn escapes(&self, escapes: bool) {
        self.state().escapes = escapes;
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
}
