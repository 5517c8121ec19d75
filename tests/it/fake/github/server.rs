//! The server: takes a request down, has it judged, lets it fail where that was planned, does it, judges the answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request as Incoming, State as Context};
use axum::http::{HeaderMap, Response, header};
use maintbot::clock::Clock;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::super::openapi::{decoded, pairs};
use super::super::wire::{self, Cut};
use super::answer::Answer;
use super::auth::{self, Caller};
use super::faults::{self, Fault};
use super::routes::Call;
use super::state::{Request, State};
use super::{Shared, hooks};

/// More than any request of ours.
const LONGEST_REQUEST: usize = 1 << 20;
/// Calls per hour, as the headers tell it.
const CALLS: usize = 5000;

/// Serves until it is dropped, and sends webhooks one after the other.
pub async fn run(listener: TcpListener, shared: Arc<Shared>, mut outbox: mpsc::UnboundedReceiver<u64>) {
    let router = Router::new().fallback(handle).with_state(Arc::clone(&shared));
    let webhooks = async {
        let client = crate::process::client();
        while let Some(id) = outbox.recv().await {
            hooks::send(&shared, &client, id).await;
        }
    };
    tokio::join!(wire::serve(listener, router), webhooks);
}

async fn handle(
    Context(shared): Context<Arc<Shared>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    got: Incoming,
) -> Response<Body> {
    let (head, body) = got.into_parts();
    let body = to_bytes(body, LONGEST_REQUEST).await.unwrap_or_default();
    let asked = Asked {
        method: head.method.to_string(),
        target: head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        headers: head.headers,
        body: body.to_vec(),
    };
    let (index, fault) = shared.take_down(&asked);
    let _making = Making::begin(&shared, index);
    if let Some(answer) = fault.as_ref().and_then(|fault| fault.answer(Clock::wall().timestamp())) {
        shared.state().requests[index].status = Some(answer.status);
        return answer.into_response();
    }
    match &fault {
        Some(Fault::Reset) => return lost(&cut),
        Some(Fault::Slow(time)) => Clock::pause(*time).await,
        Some(Fault::Hang(time)) => {
            Clock::pause(*time).await;
            return lost(&cut);
        }
        _ => {}
    }
    let answer = shared.serve(&asked, index);
    match fault {
        Some(Fault::DoThenReset) => return lost(&cut),
        Some(Fault::DoThenHang(time)) => {
            Clock::pause(time).await;
            return lost(&cut);
        }
        Some(Fault::DoThen(call)) => {
            let request = shared.state().requests[index].clone();
            wire::beside(move || call(&request)).await;
        }
        _ => {}
    }
    shared.state().requests[index].status = Some(answer.status);
    answer.into_response()
}

/// Cuts the connection; the response is never written.
fn lost(cut: &Cut) -> Response<Body> {
    cut.cut();
    Response::new(Body::empty())
}

/// Something that is being made, until its answer is ready or nobody waits for it any more.
struct Making(Arc<Shared>, String);

impl Making {
    fn begin(shared: &Arc<Shared>, index: usize) -> Option<Self> {
        let mut state = shared.state();
        let request = &state.requests[index];
        let account = request.makes().then(|| request.account())?;
        state.makings.begin(&account);
        Some(Self(Arc::clone(shared), account))
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        self.0.state().makings.end(&self.1);
    }
}

/// A request as it came.
struct Asked {
    method: String,
    target: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Asked {
    fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Shared {
    /// Writes a request down; its place among the requests, and the fault that hits it.
    fn take_down(&self, asked: &Asked) -> (usize, Option<Fault>) {
        let mut state = self.state();
        let headers: BTreeMap<String, String> = asked
            .headers
            .iter()
            .filter(|(name, _)| **name != header::AUTHORIZATION)
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let body = serde_json::from_slice(&asked.body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&asked.body).into_owned()));
        let request = Request {
            method: asked.method.clone(),
            target: asked.target.clone(),
            headers,
            who: "nobody".into(),
            body,
            status: None,
            done: false,
            at: state.now(),
        };
        let fault = faults::next(&mut state.faults, &request);
        state.requests.push(request);
        (state.requests.len() - 1, fault)
    }

    /// Does what was asked and judges both sides.
    fn serve(&self, asked: &Asked, index: usize) -> Answer {
        let mut state = self.state();
        let target = standard(&state, &asked.target);
        let known = !target.starts_with("/graphql");
        let method = asked.method.as_str();
        if known {
            state.violations.extend(self.judge.request(method, &target, &asked.body));
        }
        let answer = answer(&mut state, asked, &target, index);
        if known {
            state.violations.extend(self.judge.response(method, &target, answer.status, &answer.bytes()));
        }
        state.requests[index].done = true;
        let used = state.requests.len();
        counted(unchanged(asked, answer), used)
    }
}

/// The target as GitHub's description writes it: without a company's prefix, and with a name in place of
/// `/repositories/{id}`, to which requests for renamed repositories are sent.
fn standard(state: &State, target: &str) -> String {
    let target =
        target.strip_prefix("/api/v3").or(target.strip_prefix("/api/graphql").map(|_| "/graphql")).unwrap_or(target);
    let Some(rest) = target.strip_prefix("/repositories/") else { return target.to_owned() };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let repo = rest[..end].parse().ok().and_then(|id: u64| state.repositories.iter().find(|repo| repo.id == id));
    repo.map_or(target.to_owned(), |repo| format!("/repos/{}{}", repo.full_name(), &rest[end..]))
}

fn answer(state: &mut State, asked: &Asked, target: &str, index: usize) -> Answer {
    if asked.header(header::USER_AGENT).is_none() {
        return Answer::refused(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
        );
    }
    let caller: Caller = match auth::caller(state, asked.header(header::AUTHORIZATION), target) {
        Ok(caller) => caller,
        Err(refusal) => return refusal,
    };
    state.requests[index].who = caller.name();
    let body = match asked.body.as_slice() {
        [] => Value::Null,
        bytes => match serde_json::from_slice(bytes) {
            Ok(body) => body,
            Err(_) => return Answer::refused(400, "Problems parsing JSON"),
        },
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut call = Call {
        state,
        caller,
        method: &asked.method,
        target: &asked.target,
        path: path.trim_start_matches('/').split('/').map(decoded).collect(),
        query: pairs(query),
        body,
    };
    call.answer().unwrap_or_else(|refusal| refusal)
}

/// A GET that is answered as the client knows it already: 304.
fn unchanged(asked: &Asked, answer: Answer) -> Answer {
    if asked.method != "GET" || answer.status != 200 {
        return answer;
    }
    let etag = format!("W/\"{}\"", hex::encode(Sha256::digest(answer.bytes())));
    let same = asked.header(header::IF_NONE_MATCH).is_some_and(|known| known == etag);
    let answer = if same { Answer { status: 304, body: None, ..answer } } else { answer };
    answer.with("etag", &etag)
}

/// The headers about limits, which GitHub sends with every answer.
fn counted(answer: Answer, used: usize) -> Answer {
    let reset = Clock::wall().timestamp() + i64::try_from(Duration::from_hours(1).as_secs()).expect("an hour");
    answer
        .with("x-ratelimit-limit", &CALLS.to_string())
        .with("x-ratelimit-remaining", &CALLS.saturating_sub(used).max(1).to_string())
        .with("x-ratelimit-used", &used.to_string())
        .with("x-ratelimit-resource", "core")
        .with("x-ratelimit-reset", &reset.to_string())
        .with("x-github-request-id", "DOUB:1:2:3:4")
}
