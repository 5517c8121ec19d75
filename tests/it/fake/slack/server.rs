//! The server: takes a request down, lets it fail where that was planned, counts it, does it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request as Incoming, State as Context};
use axum::http::{HeaderMap, Method as Verb, Response, header};
use axum::routing::any;
use maintbot::clock::Clock;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use super::super::wire::{self, Cut};
use super::answer::Answer;
use super::faults::{self, Fault};
use super::methods::{self, Call, Method};
use super::state::{Request, State};
use super::{Shared, response, socket};

/// More than any request of ours.
const LONGEST_REQUEST: usize = 1 << 20;

/// Serves until it is dropped.
pub async fn run(listener: TcpListener, shared: Arc<Shared>) {
    let router = Router::new().route("/socket/{ticket}", any(socket::connect)).fallback(handle).with_state(shared);
    wire::serve(listener, router).await;
}

async fn handle(
    Context(shared): Context<Arc<Shared>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    got: Incoming,
) -> Response<Body> {
    let (head, body) = got.into_parts();
    let body = to_bytes(body, LONGEST_REQUEST).await.unwrap_or_default();
    let asked = Asked::read(head.method, head.uri.path(), head.uri.query(), head.headers, &body);
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
    verb: Verb,
    /// `chat.postMessage` and so on, `response` or `socket`.
    pub method: String,
    /// The rest of the path: which response URL, which ticket.
    pub rest: String,
    pub headers: HeaderMap,
    /// The arguments, and whether they came as JSON.
    pub args: Value,
    json: bool,
}

impl Asked {
    /// Reads what came: JSON, or a form in the body or the query.
    pub fn read(verb: Verb, path: &str, query: Option<&str>, headers: HeaderMap, body: &[u8]) -> Self {
        let (method, rest) = match path.trim_start_matches('/').split_once('/') {
            Some(("api", method)) => (method.to_owned(), String::new()),
            Some((first @ ("response" | "socket"), rest)) => (first.to_owned(), rest.to_owned()),
            _ => (path.to_owned(), String::new()),
        };
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let json = kind.starts_with("application/json");
        let mut args = pairs(query.unwrap_or_default().as_bytes());
        if json {
            match serde_json::from_slice(body) {
                Ok(Value::Object(body)) => args.extend(body),
                _ => {
                    args.insert("(not JSON)".into(), json!(String::from_utf8_lossy(body)));
                }
            }
        } else {
            args.extend(pairs(body));
        }
        Self { verb, method, rest, headers, args: Value::Object(args), json }
    }

    fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// The fields of a form; what has to be JSON within one is read as such.
fn pairs(form: &[u8]) -> Map<String, Value> {
    let pairs = form_pairs(form).into_iter();
    pairs
        .map(|(name, value)| {
            let inner = ["blocks", "attachments", "metadata", "view"].contains(&name.as_str());
            let value = if inner { serde_json::from_str(&value).unwrap_or(json!(value)) } else { json!(value) };
            (name, value)
        })
        .collect()
}

/// The fields of a form, in order.
pub fn form_pairs(form: &[u8]) -> Vec<(String, String)> {
    let uri = format!("/?{}", String::from_utf8_lossy(form));
    let read = uri.parse().ok().and_then(|uri| axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri).ok());
    read.map(|axum::extract::Query(pairs)| pairs).unwrap_or_default()
}

impl Shared {
    /// Does what was asked or what was planned in its place; none: there is no answer, the connection is cut.
    pub async fn serve(&self, asked: &Asked) -> Option<Answer> {
        let (index, fault) = self.take_down(asked);
        if let Some(answer) = fault.as_ref().and_then(Fault::instead) {
            return Some(self.answered(index, answer));
        }
        match &fault {
            Some(Fault::Reset) => return None,
            Some(Fault::Hang(time)) => {
                Clock::pause(*time).await;
                return None;
            }
            _ => {}
        }
        let answer = {
            let mut state = self.state();
            let answer = answer(&mut state, asked, index);
            state.requests[index].done = answer.body["ok"] != false && answer.status < 400;
            answer
        };
        match &fault {
            Some(Fault::DoThenReset) => return None,
            Some(Fault::DoThenHang(time)) => {
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
        let request = &mut state.requests[index];
        (request.status, request.error) = (Some(answer.status), answer.error());
        answer
    }

    /// Writes a request down; its place among the requests, and the fault that hits it.
    fn take_down(&self, asked: &Asked) -> (usize, Option<Fault>) {
        let mut state = self.state();
        let (team, _) = state.whose(asked).unzip();
        let team = team.or_else(|| state.team_of_place(asked));
        let request = Request {
            method: asked.method.clone(),
            channel: team.as_ref().and_then(|team| state.about(team, asked)),
            team,
            args: asked.args.clone(),
            headers: headers(&asked.headers),
            status: None,
            error: None,
            done: false,
            at: state.now(),
        };
        let (now, team) = (state.now(), request.team.clone().unwrap_or_default());
        let channel = request.channel.as_ref().map(|(id, _)| id.clone());
        state.limits.look_at_the_clock(&team, &asked.method, channel.as_deref(), now);
        let hit = faults::next(&mut state.faults, &request);
        if let Some((matching, Fault::RateLimited { retry_after })) = &hit {
            let channel = channel.filter(|_| matching.only_channel());
            state.limits.told(&team, &asked.method, channel.as_deref(), *retry_after, now);
        }
        state.requests.push(request);
        (state.requests.len() - 1, hit.map(|(_, fault)| fault))
    }
}

fn headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let shown = headers.iter().filter(|(name, _)| **name != header::AUTHORIZATION);
    shown.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}

impl State {
    /// The team of the token, and whether it is the app's own.
    fn whose(&self, asked: &Asked) -> Option<(String, bool)> {
        let token = asked.header(header::AUTHORIZATION)?.strip_prefix("Bearer ")?;
        self.workspaces.values().find_map(|workspace| {
            let by_app = token == workspace.app_token;
            (by_app || token == workspace.bot_token).then(|| (workspace.team.clone(), by_app))
        })
    }

    /// The team of a response URL or of a connection.
    fn team_of_place(&self, asked: &Asked) -> Option<String> {
        let number = asked.rest.parse().ok()?;
        match asked.method.as_str() {
            "response" => self.responses.get(&number).map(|there| there.team.clone()),
            _ => self.lines.get(&number).map(|line| line.team.clone()),
        }
    }

    /// Id and name of the conversation that a request is about.
    fn about(&self, team: &str, asked: &Asked) -> Option<(String, String)> {
        let of_response = asked.rest.parse().ok().and_then(|id| self.responses.get(&id)).map(|there| &there.channel);
        let named = if asked.method == "response" { of_response?.as_str() } else { asked.args["channel"].as_str()? };
        let workspace = self.workspaces.get(team)?;
        let found = workspace.find_channel(named).map(|at| &workspace.channels[at]);
        let known = found.map(|channel| (channel.id.clone(), channel.name.clone()));
        Some(known.unwrap_or_else(|| (named.to_owned(), named.to_owned())))
    }
}

fn answer(state: &mut State, asked: &Asked, index: usize) -> Answer {
    match asked.method.as_str() {
        "response" => return response::take(state, &asked.rest, asked.verb == Verb::POST, &asked.args),
        "socket" => return Answer::ok(json!({})),
        _ => {}
    }
    let Some(method) = methods::find(&asked.method) else {
        state.illegal(format!("{}: there is no such method", asked.method));
        return Answer::of(200, json!({ "ok": false, "error": "unknown_method", "req_method": asked.method }));
    };
    if asked.header(header::AUTHORIZATION).is_none() {
        return Answer::refused("not_authed");
    }
    let Some((team, by_app)) = state.whose(asked) else { return Answer::refused("invalid_auth") };
    let channel = state.requests[index].channel.clone().map(|(id, _)| id);
    let now = state.now();
    if let Some(seconds) = state.limits.ask(&team, method.name, method.tier, channel.as_deref(), now) {
        return Answer::limited(seconds);
    }
    let workspace = state.workspace(&team);
    let provided = workspace.provided();
    let reply = match workspace.locked_out.clone() {
        Some(error) => Err(Answer::refused(&error)),
        None => read_arguments(state, method, asked)
            .and_then(|args| Call { state, team: &team, method, args: &args, by_app }.answer()),
    };
    let answer = reply.map_or_else(|refusal| refusal, Answer::ok);
    if by_app { answer } else { answer.with("x-oauth-scopes", &provided) }
}

/// The arguments in the form that the method takes; what Slack would pass over is illegal.
fn read_arguments(state: &mut State, method: &Method, asked: &Asked) -> Result<Value, Answer> {
    let place = method.name;
    if !asked.args["(not JSON)"].is_null() {
        state.illegal(format!("{place}: the body is not JSON"));
        return Err(Answer::refused("invalid_json"));
    }
    if asked.json && !method.json {
        state.illegal(format!("{place}: takes no JSON, a form alone"));
        return Ok(json!({}));
    }
    if asked.json && asked.header(header::CONTENT_TYPE).is_some_and(|kind| !kind.contains("charset=utf-8")) {
        state.illegal(format!("{place}: JSON without `charset=utf-8`, which Slack warns of"));
    }
    if !asked.args["token"].is_null() {
        state.illegal(format!("{place}: a token outside of the header"));
    }
    Ok(asked.args.clone())
}
