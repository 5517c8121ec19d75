//! A double of Atlassian Statuspage: one page on a loopback port that keeps maintenances and components as Statuspage does,
//! begins and ends them by itself at its own clock where they say so, and fails on request.
//!
//! It is stricter than the original: fields that the API reference does not name, unknown components, a missing word on
//! whether people are told, and more requests than one a second over a minute are violations, and
//! [`FakeStatuspage::close`] fails the test then.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request as Incoming, State as Context};
use axum::http::Response;
use chrono::{DateTime, TimeDelta, Utc};
use maintbot::clock::Clock;
use serde_json::{Map, Value, json};
use tokio_util::sync::DropGuard;

use super::planned::{self, Planned};
use super::wire::{self, Cut};

mod rules;

/// The page.
pub const PAGE: &str = "kctbh9vrtdwd";
/// The key that is good.
pub const KEY: &str = "statuspage-hunter2-key";

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Refused with a status and a body; nothing is done.
    Status(u16, Value),
    /// Refused with a status of a limit and `Retry-After` in seconds.
    Limited(u16, u64),
    /// Nothing is done; the connection is reset.
    Reset,
    /// It is done; the connection is reset without an answer.
    DoThenReset,
    /// Nothing is done, and nothing is answered for so long.
    Hang(Duration),
}

/// A maintenance as the page has it.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    pub id: String,
    /// Everything that was set, by name; without components and metadata.
    pub fields: Map<String, Value>,
    pub components: Vec<String>,
    pub metadata: Value,
    /// State and text of what was said, oldest first; an empty text where only the state changed.
    pub updates: Vec<(String, String)>,
}

impl Entry {
    pub fn text(&self, field: &str) -> String {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    pub fn status(&self) -> String {
        self.text("status")
    }

    pub fn flag(&self, field: &str) -> bool {
        self.fields.get(field).and_then(Value::as_bool).unwrap_or_default()
    }

    fn at(&self, field: &str) -> Option<DateTime<Utc>> {
        self.text(field).parse().ok()
    }
}

#[derive(Default)]
struct State {
    clock: Option<Clock>,
    entries: Vec<Entry>,
    /// Name and status by id.
    components: BTreeMap<String, (String, String)>,
    /// `id status` of each time that people were told.
    told: Vec<String>,
    /// `METHOD path` in order.
    requests: Vec<String>,
    times: VecDeque<DateTime<Utc>>,
    violations: Vec<String>,
    /// By the method of the requests that they hit; empty: every one.
    faults: Vec<Planned<&'static str, Fault>>,
    made: usize,
}

impl State {
    fn now(&self) -> DateTime<Utc> {
        self.clock.as_ref().expect("the double follows a clock").now()
    }
}

/// A running double.
pub struct FakeStatuspage {
    /// What `api_url` has to be.
    pub url: String,
    state: Arc<Mutex<State>>,
    _running: DropGuard,
}

impl FakeStatuspage {
    /// Starts a page with the components `crm` and `api`, whose ids are `c-crm` and `c-api`.
    pub async fn start(clock: &Clock) -> Self {
        let component = |name: &str| (format!("c-{name}"), (name.to_owned(), "operational".to_owned()));
        let components = ["crm", "api"].into_iter().map(component).collect();
        let state = Arc::new(Mutex::new(State { clock: Some(clock.clone()), components, ..State::default() }));
        let begin = move |listener, url| {
            let router = Router::new().fallback(handle).with_state(Arc::clone(&state));
            ((url, state), wire::serve(listener, router))
        };
        let ((url, state), running) = wire::started(begin).await;
        Self { url, state, _running: running }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        rules::pass_time(&mut state);
        state
    }

    /// Every maintenance, the oldest first, as of now on its clock.
    pub fn entries(&self) -> Vec<Entry> {
        self.state().entries.clone()
    }

    /// The only maintenance.
    pub fn only(&self) -> Entry {
        let entries = self.entries();
        assert_eq!(entries.len(), 1, "{entries:#?}");
        entries.into_iter().next().expect("one")
    }

    /// How a component is.
    pub fn component(&self, id: &str) -> String {
        self.state().components[id].1.clone()
    }

    /// `status` of each time that people were told, in order.
    pub fn told(&self) -> Vec<String> {
        self.state().told.clone()
    }

    /// `METHOD path` of every request so far.
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    /// Somebody changes an entry by hand on Statuspage's own pages.
    pub fn by_hand(&self, id: &str, field: &str, value: Value) {
        let mut state = self.state();
        let entry = state.entries.iter_mut().find(|entry| entry.id == id).expect("an entry");
        entry.fields.insert(field.to_owned(), value);
    }

    /// Somebody takes a component's state into their own hands.
    pub fn report(&self, component: &str, status: &str) {
        status.clone_into(&mut self.state().components.get_mut(component).expect("a component").1);
    }

    /// Somebody deletes an entry.
    pub fn delete(&self, id: &str) {
        self.state().entries.retain(|entry| entry.id != id);
    }

    /// Another program, or a maintbot that lost its database, made an entry.
    pub fn another(&self, name: &str, metadata: Value) -> String {
        let mut state = self.state();
        state.made += 1;
        let id = format!("inc{}", state.made);
        let fields = json!({ "name": name, "status": "scheduled" });
        let fields = fields.as_object().cloned().unwrap_or_default();
        state.entries.push(Entry { id: id.clone(), fields, metadata, ..Entry::default() });
        id
    }

    /// From now on requests of this method (empty: every one) fail so, until [`Self::lift`].
    pub fn fail(&self, method: &'static str, fault: Fault) {
        self.state().faults.push(Planned { matching: method, fault, times: None });
    }

    /// The next `times` requests of this method fail so.
    pub fn fail_times(&self, times: usize, method: &'static str, fault: Fault) {
        self.state().faults.push(Planned { matching: method, fault, times: Some(times) });
    }

    /// Ends all faults.
    pub fn lift(&self) {
        self.state().faults.clear();
    }

    /// Ends the test of the double: it fails when anything was against the rules.
    pub fn close(&self) {
        let violations = self.state().violations.clone();
        assert!(violations.is_empty(), "against Statuspage's rules:\n{}", violations.join("\n"));
    }
}

async fn handle(
    Context(shared): Context<Arc<Mutex<State>>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    got: Incoming,
) -> Response<Body> {
    let (head, body) = got.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let (method, path) = (head.method.as_str().to_owned(), head.uri.path().to_owned());
    let query = head.uri.query().unwrap_or_default().to_owned();
    let key = head.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (fault, answer) = {
        let mut state = shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        rules::pass_time(&mut state);
        state.requests.push(format!("{method} {path}"));
        let hit = planned::next(&mut state.faults, |of| of.is_empty() || *of == method);
        let fault = hit.map(|(_, fault)| fault);
        let does = matches!(fault, None | Some(Fault::DoThenReset));
        let answer = does.then(|| rules::answer(&mut state, (&method, &path, &query), &key, &body));
        (fault, answer)
    };
    match fault {
        Some(Fault::Status(status, body)) => reply(status, None, &body),
        Some(Fault::Limited(status, seconds)) => reply(status, Some(seconds), &json!({ "error": "Rate limit" })),
        Some(Fault::Reset | Fault::DoThenReset) => {
            cut.cut();
            Response::new(Body::empty())
        }
        Some(Fault::Hang(time)) => {
            Clock::pause(time).await;
            cut.cut();
            Response::new(Body::empty())
        }
        None => {
            let (status, body) = answer.unwrap_or((500, Value::Null));
            reply(status, None, &body)
        }
    }
}

fn reply(status: u16, retry_after: Option<u64>, body: &Value) -> Response<Body> {
    let mut response = Response::builder().status(status).header("content-type", "application/json");
    if let Some(seconds) = retry_after {
        response = response.header("retry-after", seconds);
    }
    response.body(Body::from(body.to_string())).expect("a response")
}

/// How many requests a key has in a rolling minute.
const LIMIT: (usize, TimeDelta) = (60, TimeDelta::minutes(1));
