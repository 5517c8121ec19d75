//! A double of status pages that are filled by JSON, in the shapes that two of them document: Cachet v3
//! (`/api/schedules`, JSON:API answers) and Instatus (`/v1/PAGE/maintenances`). What they would not take is a violation.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request as Incoming, State as Context};
use axum::http::Response;
use chrono::NaiveDateTime;
use serde_json::{Map, Value, json};
use tokio_util::sync::DropGuard;

use super::wire::{self, Cut};

/// The token that is good.
pub const TOKEN: &str = "json-page-hunter2";

/// Whose shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Cachet,
    Instatus,
}

struct State {
    shape: Shape,
    entries: Vec<(String, Map<String, Value>)>,
    made: usize,
    requests: Vec<(String, Value)>,
    violations: Vec<String>,
    /// So many requests are done and not answered.
    lost: usize,
    /// The next request is refused with this status.
    refuse: Option<u16>,
}

/// A running double.
pub struct FakeJsonPage {
    /// Its address, without a path.
    pub url: String,
    state: Arc<Mutex<State>>,
    _running: DropGuard,
}

impl FakeJsonPage {
    pub async fn start(shape: Shape) -> Self {
        let state = State {
            shape,
            entries: Vec::new(),
            made: 0,
            requests: Vec::new(),
            violations: Vec::new(),
            lost: 0,
            refuse: None,
        };
        let begin = move |listener, url| {
            let state = Arc::new(Mutex::new(state));
            let router = Router::new().fallback(handle).with_state(Arc::clone(&state));
            ((url, state), wire::serve(listener, router))
        };
        let ((url, state), running) = wire::started(begin).await;
        Self { url, state, _running: running }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The fields of every entry.
    pub fn entries(&self) -> Vec<Map<String, Value>> {
        self.state().entries.iter().map(|(_, fields)| fields.clone()).collect()
    }

    /// The only one.
    pub fn only(&self) -> Map<String, Value> {
        let mut entries = self.entries();
        assert_eq!(entries.len(), 1, "{entries:#?}");
        entries.remove(0)
    }

    /// `METHOD path` and body of every request that was taken.
    pub fn requests(&self) -> Vec<(String, Value)> {
        self.state().requests.clone()
    }

    /// The next requests are done and not answered.
    pub fn lose(&self, times: usize) {
        self.state().lost = times;
    }

    /// The next request is refused.
    pub fn refuse(&self, status: u16) {
        self.state().refuse = Some(status);
    }

    /// Somebody deletes everything.
    pub fn clear(&self) {
        self.state().entries.clear();
    }

    pub fn close(&self) {
        let violations = self.state().violations.clone();
        assert!(violations.is_empty(), "against the page's rules:\n{}", violations.join("\n"));
    }
}

async fn handle(
    Context(shared): Context<Arc<Mutex<State>>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    got: Incoming,
) -> Response<Body> {
    let (head, body) = got.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let token = head.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let asked = format!("{} {}", head.method, head.uri.path());
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut state = shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (status, answer) = if token != format!("Bearer {TOKEN}") {
        (401, json!({ "message": format!("Unauthenticated: {token}") }))
    } else if let Some(status) = state.refuse.take() {
        (status, json!({ "message": format!("refused, {TOKEN}") }))
    } else {
        answer(&mut state, &asked, &body)
    };
    if state.lost > 0 {
        state.lost -= 1;
        cut.cut();
    }
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(Body::from(answer.to_string())).expect("a response")
}

fn answer(state: &mut State, asked: &str, body: &Value) -> (u16, Value) {
    let (method, path) = asked.split_once(' ').expect("a method and a path");
    state.requests.push((asked.to_owned(), body.clone()));
    let base = if state.shape == Shape::Cachet { "/api/schedules" } else { "/v1/PAGE/maintenances" };
    let Some(rest) = path.strip_prefix(base) else {
        state.violations.push(format!("{asked} is not there"));
        return (404, json!({ "message": "Not found" }));
    };
    let id = rest.trim_start_matches('/').to_owned();
    let at = state.entries.iter().position(|(known, _)| *known == id);
    match (method, id.is_empty(), at) {
        ("GET", true, _) => {
            let all: Vec<Value> = state.entries.iter().map(|(id, fields)| one(state.shape, id, fields)).collect();
            (200, if state.shape == Shape::Cachet { json!({ "data": all }) } else { Value::Array(all) })
        }
        ("POST", true, _) | ("PUT", false, Some(_)) => {
            let fields = body.as_object().cloned().unwrap_or_default();
            let wrong = wrong(state.shape, &fields);
            if !wrong.is_empty() {
                state.violations.extend(wrong);
                return (422, json!({ "message": "The given data was invalid" }));
            }
            let at = at.unwrap_or_else(|| {
                state.made += 1;
                state.entries.push((state.made.to_string(), Map::new()));
                state.entries.len() - 1
            });
            state.entries[at].1.extend(fields);
            let (id, fields) = &state.entries[at];
            let one = one(state.shape, id, fields);
            (200, if state.shape == Shape::Cachet { json!({ "data": one }) } else { one })
        }
        ("DELETE", false, Some(at)) => {
            state.entries.remove(at);
            (204, Value::Null)
        }
        _ => (404, json!({ "message": "Not found" })),
    }
}

fn one(shape: Shape, id: &str, fields: &Map<String, Value>) -> Value {
    match shape {
        Shape::Cachet => json!({ "id": id, "type": "schedules", "attributes": fields }),
        Shape::Instatus => {
            let mut one = fields.clone();
            one.insert("id".into(), format!("ckf{id}").trim_start_matches("ckf").into());
            Value::Object(one)
        }
    }
}

fn wrong(shape: Shape, fields: &Map<String, Value>) -> Vec<String> {
    let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let among = |value: &Value, words: &[&str]| value.as_str().is_some_and(|word| words.contains(&word));
    let plain =
        |value: &Value| value.as_str().is_some_and(|at| NaiveDateTime::parse_from_str(at, "%Y-%m-%d %H:%M:%S").is_ok());
    let good = |name: &str, value: &Value| match (shape, name) {
        (_, "name" | "message") => text(value),
        (Shape::Cachet, "scheduled_at" | "completed_at") => plain(value),
        (Shape::Cachet, "status") => value.as_u64().is_some_and(|status| status <= 2),
        (Shape::Instatus, "start") => {
            value.as_str().is_some_and(|at| at.parse::<chrono::DateTime<chrono::Utc>>().is_ok())
        }
        (Shape::Instatus, "duration") => value.as_i64().is_some_and(|minutes| minutes > 0),
        (Shape::Instatus, "status") => among(value, &["NOTSTARTEDYET", "INPROGRESS", "VERIFYING", "COMPLETED"]),
        (Shape::Instatus, "notify") => value.is_boolean(),
        (Shape::Instatus, "components") => value.as_array().is_some_and(|ids| ids.iter().all(text)),
        _ => false,
    };
    fields.iter().filter(|(name, value)| !good(name, value)).map(|(name, value)| format!("{name} is {value}")).collect()
}
