//! A double of Discord: one server on a loopback port that keeps servers, channels, threads, messages, scheduled events and
//! commands as Discord does, sends what people do to the bot, signed or over its gateway, and fails on request in every
//! way that the network and Discord can.
//!
//! Every request is judged by Discord's own description (see `judge`) and has to keep its limits: [`FakeDiscord::close`]
//! fails the test when there was a violation, when something was posted twice, or an interaction was not answered.
//! "Server" is what people see; Discord's interface says guild.
//!
//! ```ignore
//! let fake = FakeDiscord::start().await; // the server SERVER with the bot in it
//! fake.follow(&clock);
//! fake.role("oncall");
//! fake.person("anna", &["oncall"]);
//! fake.channel("#ops"); // .bot_may_not(permissions::SEND_MESSAGES), .deleted(), …
//! // [discord] api_url = fake.url, bot_token = BOT_TOKEN, application_id = APPLICATION, public_key = public_key()
//! fake.reach(inbound.routes()); // or reach_at("http://127.0.0.1:…"), or speak(Way::Gateway) and connected(1).await
//! let reply = fake.command("anna", "#ops", "schedule", &[("title", "Jira 10.3 upgrade")]).await;
//! let post = fake.posts("#ops").remove(0);
//! let reply = fake.press("anna", &post, "complete").await;
//! let reply = fake.choose("anna", &reply.message().unwrap(), "complete", "partial").await;
//! fake.fill_in("anna", &reply.modal(), &[("summary", "half of it")]).await;
//! fake.fail(Matching::route("create_message").channel("#ops"), 1, Fault::ResetAfter);
//! fake.again(reply.nth, Again::Same).await;
//! fake.close();
//! ```
//!
//! Several servers: `let other = fake.server("900000000000000002")` is the same double seen from another one.

use std::sync::{Arc, Mutex, MutexGuard};

use maintbot::clock::Clock;
use tokio_util::sync::DropGuard;

use super::wire;
use sending::Target;
use state::{Channel, Kind, Overwrite, Role, Server, State, User};

mod answer;
mod faults;
mod gateway;
pub mod judge;
mod limits;
mod payloads;
mod people;
pub mod permissions;
mod plain;
mod reading;
mod routes;
mod sending;
mod server;
mod shapes;
mod signing;
pub mod state;
mod tests;

pub use faults::{Fault, Matching, Scope};
pub use people::{Again, Reply};
pub use sending::Way;
pub use signing::{public_key, signature};

/// The server that there is from the start.
pub const SERVER: &str = "900000000000000001";
/// The application's id.
pub const APPLICATION: &str = "550000000000000001";
/// The bot's id: of applications of today it is the same.
pub const BOT: &str = APPLICATION;
/// Its token.
pub const BOT_TOKEN: &str = "double.discord.bot";

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

/// A running double seen from one server, stopped when the last one that sees it is dropped.
#[derive(Clone)]
pub struct FakeDiscord {
    /// What `api_url` has to be.
    pub url: String,
    /// The server that every method here is about.
    pub server: String,
    shared: Arc<Shared>,
    /// Of the test's runtime.
    client: reqwest::Client,
    _running: Arc<DropGuard>,
}

/// A channel that was made: for saying more about it.
pub struct Made<'a> {
    fake: &'a FakeDiscord,
    id: String,
}

impl Made<'_> {
    fn change(self, change: impl FnOnce(&mut Channel)) -> Self {
        change(self.fake.state().channels.get_mut(&self.id).expect("a channel of that id"));
        self
    }

    /// Takes permissions from the bot there.
    pub fn bot_may_not(self, deny: u64) -> Self {
        self.change(|channel| {
            channel.overwrites.push(Overwrite { id: BOT.into(), of_role: false, allow: 0, deny });
        })
    }

    /// Gives permissions to the bot there.
    pub fn bot_may(self, allow: u64) -> Self {
        self.change(|channel| {
            channel.overwrites.retain(|one| one.id != BOT);
            channel.overwrites.push(Overwrite { id: BOT.into(), of_role: false, allow, deny: 0 });
        })
    }

    /// Nobody sees it but who holds this role.
    pub fn only_for(self, role: &str) -> Self {
        let (server, role) = (self.fake.server.clone(), self.fake.role(role));
        let deny = permissions::VIEW_CHANNEL;
        self.change(|channel| {
            channel.overwrites.push(Overwrite { id: server, of_role: true, allow: 0, deny });
            channel.overwrites.push(Overwrite { id: role, of_role: true, allow: deny, deny: 0 });
        })
    }

    /// Gives it another name; its id stays.
    pub fn renamed(self, name: &str) -> Self {
        self.change(|channel| name.trim_start_matches('#').clone_into(&mut channel.name))
    }

    /// Deletes it with everything in it, threads too.
    pub fn deleted(self) {
        let below = Kind::Thread { parent: self.id.clone() };
        let mut state = self.fake.state();
        state.channels.retain(|id, channel| *id != self.id && channel.kind != below);
    }

    /// Its id.
    pub fn id(self) -> String {
        self.id
    }
}

impl FakeDiscord {
    /// Starts a Discord with one server on a thread of its own, so that it answers also while the test waits.
    pub async fn start() -> Self {
        let begin = |listener, url: String| {
            let shared = Arc::new(Shared { state: Mutex::new(State::new(url.clone())) });
            ((url, Arc::clone(&shared)), server::run(listener, shared))
        };
        let ((url, shared), running) = wire::started(begin).await;
        let (client, running) = (crate::process::client(), Arc::new(running));
        let fake = Self { url, server: SERVER.to_owned(), shared, client, _running: running };
        fake.server(SERVER)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    /// Ends the test of the double: it fails when anything was illegal, posted twice, or left without an answer.
    pub fn close(self) {
        let (violations, twice) = (self.violations(), self.twice());
        assert!(violations.is_empty(), "against Discord's rules:\n{}", violations.join("\n"));
        assert!(twice.is_empty(), "posted more than once: {}", twice.join(", "));
        let unanswered = self.take_unanswered();
        assert!(unanswered.is_empty(), "left without an answer:\n{}", unanswered.join("\n"));
    }

    /// The same double seen from that server, which is made when there is none.
    pub fn server(&self, id: &str) -> Self {
        let mut state = self.state();
        if !state.servers.contains_key(id) {
            let role = state.number(33);
            state.servers.insert(id.to_owned(), Server::new(id, role));
        }
        drop(state);
        Self { server: id.to_owned(), ..self.clone() }
    }

    /// Discord's clock is this one: limits, ids, nonces, tokens, events and signatures go by it.
    pub fn follow(&self, clock: &Clock) {
        self.state().clock = clock.clone();
    }

    /// Adds somebody to the server, with roles by name; the id. Who is there already gets these roles.
    pub fn person(&self, name: &str, roles: &[&str]) -> String {
        let mut state = self.state();
        let known = state.users.values().find(|user| user.name == name).map(|user| user.id.clone());
        let id = known.unwrap_or_else(|| state.number(22));
        let user = User { id: id.clone(), name: name.to_owned(), bot: false, locale: "en-US".into(), closed: false };
        state.users.entry(id.clone()).or_insert(user);
        let server = state.server(&self.server);
        let held = |role: &&str| {
            let role = server.role(role).unwrap_or_else(|| panic!("make the role first: fake.role(\"{role}\")"));
            role.id.clone()
        };
        let held = roles.iter().map(held).collect();
        server.members.insert(id.clone(), held);
        id
    }

    /// Takes somebody out of the server.
    pub fn leaves(&self, user: &str) {
        let mut state = self.state();
        let id = state.user(user);
        state.server(&self.server).members.remove(&id);
    }

    /// What language somebody reads, such as `de`.
    pub fn speaks(&self, user: &str, locale: &str) {
        let mut state = self.state();
        let id = state.user(user);
        locale.clone_into(&mut state.users.get_mut(&id).expect("a person of that id").locale);
    }

    /// Whether somebody takes direct messages; they do unless said otherwise.
    pub fn takes_direct(&self, user: &str, takes: bool) {
        let mut state = self.state();
        let id = state.user(user);
        state.users.get_mut(&id).expect("a person of that id").closed = !takes;
    }

    /// The id of somebody.
    pub fn id(&self, user: &str) -> String {
        self.state().user(user)
    }

    /// Makes a role that everybody may call, or gives the one there is; the id.
    pub fn role(&self, name: &str) -> String {
        let mut state = self.state();
        if let Some(role) = state.server(&self.server).role(name) {
            return role.id.clone();
        }
        let id = state.number(33);
        let (name, role) = (name.to_owned(), id.clone());
        let role = Role { id: role, name, permissions: 0, mentionable: true, managed: false };
        state.server(&self.server).roles.push(role);
        id
    }

    /// What a role may do, of the bits in [`permissions`], and whether everybody may call it; `maintbot` is the bot's own
    /// one, `@everyone` everybody's.
    pub fn role_may(&self, role: &str, permissions: u64, mentionable: bool) {
        let mut state = self.state();
        let roles = state.server(&self.server).roles.iter_mut();
        let known = roles.into_iter().find(|known| known.name == role).expect("a role of that name");
        (known.permissions, known.mentionable) = (permissions, mentionable);
    }

    /// Makes a text channel that everybody sees, or gives the one there is.
    pub fn channel(&self, name: &str) -> Made<'_> {
        let mut state = self.state();
        let id = state.find_channel(&self.server, name).unwrap_or_else(|| {
            let name = name.strip_prefix('#').expect("#name");
            state.add_channel(Some(&self.server), name, Kind::Text)
        });
        drop(state);
        Made { fake: self, id }
    }

    /// Archives a thread by its id, as a moderator does; `locked`: nobody but who manages threads opens it again.
    pub fn archive(&self, thread: &str, locked: bool) {
        let mut state = self.state();
        let thread = state.channels.get_mut(thread).expect("a thread of that id");
        (thread.archived, thread.locked) = (true, locked);
    }

    /// Takes the bot out of the server.
    pub fn remove_bot(&self) {
        self.leaves(BOT);
    }

    /// Puts the bot on the server, with the role that it had.
    pub fn invite_bot(&self) {
        let mut state = self.state();
        let server = state.server(&self.server);
        let role = server.role("maintbot").map(|role| role.id.clone()).expect("the bot's role stays");
        server.members.insert(BOT.to_owned(), vec![role]);
    }

    /// Whatever else is to be different on the double from now on.
    pub fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
    }

    /// The bot's token is nobody's from now on, or works again.
    pub fn lock_out(&self, locked_out: bool) {
        self.state().locked_out = locked_out;
    }

    /// What people do goes to these routes, in this process.
    pub fn reach(&self, routes: axum::Router) {
        self.state().target = Some(Target::Router(routes));
    }

    /// What people do goes below this address, such as `http://127.0.0.1:8080`.
    pub fn reach_at(&self, base: &str) {
        self.state().target = Some(Target::Url(base.to_owned()));
    }

    /// What people do goes this way from now on; over HTTP unless said otherwise.
    pub fn speak(&self, way: Way) {
        self.state().way = way;
    }

    /// How long the bot may take for its first answer; 3 seconds unless said otherwise.
    pub fn patience(&self, patience: std::time::Duration) {
        self.state().patience = patience;
    }

    /// The next `times` matching requests fail so. Of several faults the first that fits hits.
    pub fn fail(&self, matching: impl Into<Matching>, times: usize, fault: Fault) {
        assert!(times > 0, "a fault that never hits");
        self.state().faults.push(faults::Planned { matching: matching.into(), fault, times: Some(times) });
    }

    /// From now on every matching request fails so, until [`Self::lift`].
    pub fn fail_always(&self, matching: impl Into<Matching>, fault: Fault) {
        self.state().faults.push(faults::Planned { matching: matching.into(), fault, times: None });
    }

    /// Ends all faults.
    pub fn lift(&self) {
        self.state().faults.clear();
    }
}
