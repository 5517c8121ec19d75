//! The server: takes a request down, has it judged, lets it fail where that was planned, counts it, does it.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request as Incoming, State as Context};
use axum::http::{HeaderMap, Response, header};
use axum::routing::any;
use maintbot::clock::Clock;
use serde_json::Value;
use tokio::net::TcpListener;

use super::super::openapi::Judge;
use super::super::wire::{self, Cut};
use super::answer::Answer;
use super::faults::{self, Fault, Scope};
use super::routes::{Call, Route};
use super::state::{Request, State};
use super::{BOT_TOKEN, Shared, gateway, judge};

/// More than any request of ours.
const LONGEST_REQUEST: usize = 1 << 20;
const BASE: &str = "/api/v10";

/// Serves until it is dropped.
pub async fn run(listener: TcpListener, shared: Arc<Shared>) {
    let router = Router::new()
        .route("/gw", any(gateway::connect))
        .route("/gw/", any(gateway::connect))
        .fallback(handle)
        .with_state(shared);
    wire::serve(listener, router).await;
}

/// Discord's description, by which the double's own answers are judged too.
fn described() -> &'static Judge {
    static JUDGE: OnceLock<Judge> = OnceLock::new();
    JUDGE.get_or_init(|| Judge::new("Discord", include_str!("../../../data/discord/openapi.json")))
}

async fn handle(
    Context(shared): Context<Arc<Shared>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    got: Incoming,
) -> Response<Body> {
    let (head, body) = got.into_parts();
    let body = to_bytes(body, LONGEST_REQUEST).await.unwrap_or_default();
    let asked = Asked::read(head.method.as_str(), head.uri.path(), head.uri.query(), head.headers, body.to_vec());
    let outcome = shared.serve(&asked).await;
    outcome.map_or_else(|| lost(&cut), Answer::into_response)
}

/// Cuts the connection; the response is never written.
pub fn lost(cut: &Cut) -> Response<Body> {
    cut.cut();
    Response::new(Body::empty())
}

/// A request as it came.
pub struct Asked {
    method: String,
    /// Below `/api/v10`, or the whole path where it is elsewhere.
    path: String,
    query: String,
    headers: HeaderMap,
    bytes: Vec<u8>,
    body: Value,
    route: Option<Route>,
}

impl Asked {
    pub fn read(method: &str, path: &str, query: Option<&str>, headers: HeaderMap, bytes: Vec<u8>) -> Self {
        let below = path.strip_prefix(BASE);
        Self {
            method: method.to_owned(),
            route: below.and_then(|path| Route::of(method, path)),
            path: below.unwrap_or(path).to_owned(),
            query: query.unwrap_or_default().to_owned(),
            headers,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            bytes,
        }
    }

    fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The fields of the query.
    fn fields(&self) -> BTreeMap<String, String> {
        let uri = format!("/?{}", self.query).parse().ok();
        let read = uri.and_then(|uri| axum::extract::Query::<BTreeMap<String, String>>::try_from_uri(&uri).ok());
        read.map(|axum::extract::Query(fields)| fields).unwrap_or_default()
    }

    /// The name of the operation; the method and the path of what is none.
    fn name(&self) -> String {
        self.route.as_ref().map_or_else(|| format!("{} {}", self.method, self.path), |route| route.name.to_owned())
    }

    /// The path without the token in it.
    fn shown_path(&self) -> String {
        match &self.route {
            Some(route) if route.by_token() => self.path.replace(&route.ids[1], "token"),
            _ => self.path.clone(),
        }
    }

    /// What is wrong with it by Discord's own description and by what it asks of every client.
    fn judged(&self) -> Vec<String> {
        let whole = if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) };
        let mut wrong = judge::request(&self.method, &whole, &self.bytes);
        let agent = self.header(header::USER_AGENT).unwrap_or_default();
        if !(agent.starts_with("DiscordBot (http") && agent.contains(", ")) {
            wrong.push(format!("the User-Agent is `{agent}`, not `DiscordBot (address, version)`"));
        }
        let json = self.header(header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/json"));
        if !self.bytes.is_empty() && !json {
            wrong.push("a body that is not said to be JSON".into());
        }
        wrong
    }
}

impl Shared {
    /// Does what was asked or what was planned in its place; none: there is no answer, the connection is cut.
    async fn serve(&self, asked: &Asked) -> Option<Answer> {
        let (index, fault) = self.take_down(asked);
        if let Some(answer) = fault.as_ref().and_then(Fault::instead) {
            return Some(self.answered(index, answer));
        }
        match &fault {
            Some(Fault::Reset) => return None,
            Some(Fault::Silence(time)) => {
                Clock::pause(*time).await;
                return None;
            }
            _ => {}
        }
        let answer = {
            let mut state = self.state();
            let answer = answer(&mut state, asked);
            let wrong = described().response(&asked.method, &asked.path, answer.status, &answer.bytes());
            state.violations.extend(wrong.iter().filter(|_| asked.route.is_some()).cloned());
            state.requests[index].done = answer.status < 400;
            answer
        };
        match &fault {
            Some(Fault::ResetAfter) => return None,
            Some(Fault::SilenceAfter(time)) => {
                Clock::pause(*time).await;
                return None;
            }
            Some(Fault::DoThen(call)) => {
                let call = Arc::clone(call);
                let request = self.state().requests[index].clone();
                wire::beside(move || call(&request)).await;
            }
            _ => {}
        }
        let lie = fault.as_ref().and_then(Fault::afterwards);
        Some(self.answered(index, lie.unwrap_or(answer)))
    }

    fn answered(&self, index: usize, answer: Answer) -> Answer {
        let mut state = self.state();
        let shared = answer.headers.iter().any(|(_, value)| value == "shared");
        state.limits.invalid += usize::from(matches!(answer.status, 401 | 403 | 429) && !shared);
        let request = &mut state.requests[index];
        (request.status, request.code) = (Some(answer.status), answer.number());
        answer
    }

    /// Writes a request down; its place among the requests, and the fault that hits it.
    fn take_down(&self, asked: &Asked) -> (usize, Option<Fault>) {
        let wrong = asked.judged();
        let mut state = self.state();
        state.tick();
        let (name, path) = (asked.name(), asked.shown_path());
        for wrong in wrong {
            state.illegal(format!("{name} ({} {path}): {wrong}", asked.method));
        }
        let (now, route) = (state.now(), asked.route.as_ref());
        let channel = route.and_then(Route::channel).map(|id| {
            let known = state.channels.get(id).map(|channel| channel.name.clone());
            (id.to_owned(), known.unwrap_or_else(|| id.to_owned()))
        });
        let request = Request {
            channel: channel.or_else(|| state.channel_of_token(route)),
            server: route.and_then(Route::server).map(str::to_owned),
            route: name.clone(),
            method: asked.method.clone(),
            path,
            query: asked.fields(),
            body: asked.body.clone(),
            headers: headers(&asked.headers),
            status: None,
            code: 0,
            done: false,
            at: now,
        };
        let major = route.map(Route::major).unwrap_or_default();
        state.limits.look_at_the_clock(&name, &major, now);
        let hit = faults::next(&mut state.faults, &request);
        if let Some(Fault::Limited(seconds, scope)) = &hit {
            // What everybody overdid may be free again for us before that; we obey it all the same.
            let scope = if *scope == Scope::Shared { Scope::Bucket } else { *scope };
            state.limits.told(&name, &major, *seconds, scope, now);
        }
        state.requests.push(request);
        (state.requests.len() - 1, hit)
    }
}

impl State {
    /// The channel in which the interaction of a token is.
    fn channel_of_token(&mut self, route: Option<&Route>) -> Option<(String, String)> {
        let route = route.filter(|route| route.by_token())?;
        let channel = self.by_token(&route.ids[1])?.channel.clone();
        let name = self.channels.get(&channel).map(|channel| channel.name.clone());
        Some((channel.clone(), name.unwrap_or(channel)))
    }
}

fn headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let shown = headers.iter().filter(|(name, _)| **name != header::AUTHORIZATION);
    shown.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}

fn answer(state: &mut State, asked: &Asked) -> Answer {
    let Some(route) = &asked.route else {
        state.illegal(format!("{} {}: the double has no such operation", asked.method, asked.path));
        return Answer::code(404, 0);
    };
    let ours = asked.header(header::AUTHORIZATION) == Some(&format!("Bot {BOT_TOKEN}"));
    if route.signed_in() && (!ours || state.locked_out) {
        return Answer::code(401, 0);
    }
    let limits = match state.limits.ask(route.name, &route.major(), state.clock.now()) {
        Ok(headers) => headers,
        Err(refused) => return refused,
    };
    let query = asked.fields();
    let answer = if !asked.bytes.is_empty() && asked.body.is_null() {
        Answer::code(400, 50_109)
    } else {
        let mut call = Call { state, route, query: &query, body: &asked.body };
        call.answer().unwrap_or_else(|refusal| refusal)
    };
    limits.iter().fold(answer, |answer, (name, value)| answer.with(name, value))
}
