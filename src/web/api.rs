//! The API: commands in, facts out. Everything that is wrong is answered as a [`Problem`].

pub(super) mod advisories;
pub(super) mod planning;
pub(super) mod subscriptions;

use std::str::FromStr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::findings::Ground;
use super::problem::Problem;
use super::trust::Caller;
use super::{Shared, Site, json as show};
use crate::command::{Input, help};
use crate::domain::calendar::parse_duration;
use crate::domain::organisation::Channel;
use crate::domain::window::{Kind, State as WindowState, WindowId};
use crate::service::query::WindowFilter;
use crate::service::{Answer, Invocation};

type Answered = Result<Response, Problem>;
pub(super) type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// Items on one page of a list.
const PAGE: i64 = 100;
const LARGEST_PAGE: i64 = 500;
/// What lists of windows can be narrowed by.
const WINDOW_FILTERS: &[&str] =
    &["state", "service", "kind", "region", "environment", "plan", "series", "from", "to", "limit", "cursor"];
/// Longest `Idempotency-Key`, in characters.
const LONGEST_KEY: usize = 200;
/// The clock of a demo moves at most so far at once.
const FARTHEST: TimeDelta = TimeDelta::days(400);
/// Who a local caller is that does not say.
const OPERATOR: &str = "operator";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    text: String,
    actor: Option<String>,
}

/// `POST /api/v1/commands`.
pub(super) async fn command(
    State(site): Shared,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Answered {
    let typed: Typed = read(&headers, body)?;
    let invocation = Invocation {
        actor: caller.actor(&site, typed.actor.as_deref(), OPERATOR)?,
        place: "api".into(),
        zone: None,
        within: None,
        input: Input::Text(typed.text),
        key: idempotency_key(&headers)?,
    };
    match site.web.service.run(&invocation).await? {
        Answer::Done(reply) => {
            let ground = Ground::of_reply(&site.web.service, &invocation.input, &reply).await?;
            Ok(Json(show::reply(&reply, &ground)).into_response())
        }
        Answer::Refused(refused) => Err(Problem::from(&refused)),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().unwrap_or_default();
    if is_key(key) {
        return Ok(Some(key.into()));
    }
    Err(Problem::bad_request("The Idempotency-Key must be 1 to 200 visible ASCII characters, such as a UUID."))
}

/// Whether this can be the sender's id of a request.
pub(super) fn is_key(key: &str) -> bool {
    (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic())
}

/// The JSON body. A form of another site cannot send one without asking first, so the content type is insisted on.
fn read<T: DeserializeOwned>(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<T, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
        let detail = "Send JSON, with the header `Content-Type: application/json`.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", detail));
    }
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::bad_request("The body could not be read to its end."),
    })?;
    serde_json::from_slice(&body).map_err(|error| {
        if error.is_data() {
            Problem::unprocessable(format!("The JSON does not fit: {error}."))
        } else {
            Problem::bad_request(format!("This is not JSON: {error}."))
        }
    })
}

/// The body is longer than is read.
pub(super) fn too_large() -> Problem {
    let detail = "At most 64 KiB are read. Send a long change list in several commands.";
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
}

/// `GET /api/v1/windows`.
pub(super) async fn windows(State(site): Shared, _: Caller, query: Pairs) -> Answered {
    let query = Filters::read(query, WINDOW_FILTERS)?;
    let states = query.get("state").map(|states| states.split(',').map(|s| parsed("state", s)).collect());
    let filter = WindowFilter {
        states: states.transpose()?.unwrap_or_else(Vec::<WindowState>::new),
        service: query.get("service").map(str::to_owned),
        kind: query.get("kind").map(|kind| Kind(kind.to_owned())),
        region: query.get("region").map(str::to_owned),
        environment: query.get("environment").map(str::to_owned),
        from: query.instant("from")?,
        to: query.instant("to")?,
        plan: query.get("plan").map(|id| parsed("plan", id)).transpose()?,
        series: query.get("series").map(|id| parsed("series", id)).transpose()?,
        ..WindowFilter::default()
    };
    let limit = query.limit()?;
    let after = query.get("cursor").map(window_cursor).transpose()?;
    let mut found = site.web.service.full_windows(&filter, after, limit + 1).await?;
    let more = found.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        found.pop();
    }
    let last = found.last().filter(|_| more);
    let next = last.map(|f| format!("{}-{}", f.window.span.starts_at.timestamp(), f.window.id.0));
    let organisation = site.web.service.organisation();
    let items: Vec<Value> = found.iter().map(|full| show::full(organisation, full)).collect();
    Ok(Json(json!({ "items": items, "next": next })).into_response())
}

fn window_cursor(text: &str) -> Result<(DateTime<Utc>, WindowId), Problem> {
    let parts = text
        .rsplit_once('-')
        .and_then(|(at, id)| Some((DateTime::from_timestamp(at.parse().ok()?, 0)?, WindowId(id.parse().ok()?))));
    parts.ok_or_else(|| Problem::bad_request("`cursor` must be the `next` of an earlier answer."))
}

/// `GET /api/v1/windows/{id}`.
pub(super) async fn window(State(site): Shared, _: Caller, Path(id): Path<String>) -> Answered {
    let full = site.web.service.full(window_id(&id)?).await?.ok_or_else(|| no_window(&id))?;
    Ok(Json(show::full(site.web.service.organisation(), &full)).into_response())
}

/// `GET /api/v1/windows/{id}/deliveries`.
pub(super) async fn deliveries(State(site): Shared, _: Caller, Path(id): Path<String>) -> Answered {
    let rows = site.web.service.deliveries(window_id(&id)?).await?.ok_or_else(|| no_window(&id))?;
    let items: Vec<Value> = rows.iter().map(show::delivery).collect();
    Ok(Json(json!({ "items": items, "next": null })).into_response())
}

/// There is no such thing under that name.
fn nothing(what: &str, id: &str) -> Problem {
    Problem::not_found(&format!("{what} {}", crate::message::text::clipped(&crate::message::text::one_line(id), 40)))
}

fn no_window(id: &str) -> Problem {
    nothing("window", id)
}

fn window_id(text: &str) -> Result<WindowId, Problem> {
    exact_window_id(text).ok_or_else(|| no_window(text))
}

/// A window id spelled the one way it is spelled in addresses.
pub(super) fn exact_window_id(text: &str) -> Option<WindowId> {
    exact_id(text)
}

/// An id spelled the one way it is spelled in addresses.
pub(super) fn exact_id<T: FromStr + ToString>(text: &str) -> Option<T> {
    text.parse::<T>().ok().filter(|id| id.to_string() == text)
}

/// `GET /api/v1/builtin/channels`.
pub(super) async fn channels(State(site): Shared, _: Caller) -> Answered {
    let found = site.web.service.channels().await?;
    let item = |c: &crate::service::query::ConsoleChannel| json!({ "name": c.name, "posts": c.posts, "last_at": c.last.map(show::instant) });
    Ok(Json(json!({ "items": found.iter().map(item).collect::<Vec<_>>(), "next": null })).into_response())
}

/// `GET /api/v1/builtin/channels/{name}/posts`: the newest, oldest first; `next` leads to older ones.
pub(super) async fn posts(State(site): Shared, _: Caller, Path(name): Path<String>, query: Pairs) -> Answered {
    let query = Filters::read(query, &["limit", "cursor"])?;
    if Channel::from_str(&format!("builtin:{name}")).is_err() {
        return Err(Problem::not_found("built-in channel of that name"));
    }
    let limit = query.limit()?;
    let before: Option<i64> = query.get("cursor").map(|text| parsed("cursor", text)).transpose()?;
    let mut found = site.web.service.posts(&name, before, limit + 1).await?;
    let more = found.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        found.remove(0);
    }
    let next = found.first().filter(|_| more).map(|p| p.id.to_string());
    Ok(Json(json!({ "items": found.iter().map(show::post).collect::<Vec<_>>(), "next": next })).into_response())
}

/// `GET /api/v1/catalogue`: what can be typed.
pub(super) async fn catalogue(_: Caller) -> Json<Value> {
    Json(help::catalogue_json())
}

/// `GET /readyz`.
pub(super) async fn ready(State(site): Shared) -> Response {
    match site.web.service.ready().await {
        Ok(()) => Json(json!({ "status": "ready", "database": "ok" })).into_response(),
        Err(error) => {
            let kind = error.kind().to_string();
            tracing::warn!(%error, "not ready");
            let reason = format!("the database cannot be used: {}", kind.replace('_', " "));
            let body = json!({ "status": "not ready", "database": kind, "reason": reason });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}

/// `GET /api/v1/clock`: demo only.
pub(super) async fn clock(State(site): Shared, _: Caller) -> Answered {
    site.web.mover.as_ref().ok_or_else(no_clock)?;
    Ok(Json(json!({ "now": show::instant(site.web.service.now()) })).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    to: Option<String>,
    by: Option<String>,
}

/// `POST /api/v1/clock`: answers once everything due on the way has been handled.
pub(super) async fn move_clock(
    State(site): Shared,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Answered {
    site.web.mover.as_ref().ok_or_else(no_clock)?;
    let asked: Move = read(&headers, body)?;
    let to = match (&asked.to, &asked.by) {
        (Some(to), None) => parse_instant("to", to).map_err(Problem::unprocessable)?,
        (None, Some(by)) => later(site.web.service.now(), by)?,
        _ => return Err(Problem::unprocessable("Give either `to` (2026-12-06T14:00:00Z) or `by` (3d).")),
    };
    let now = moved(&site, &caller, to).await?;
    Ok(Json(json!({ "now": show::instant(now) })).into_response())
}

/// So much later than `now`, as typed.
pub(super) fn later(now: DateTime<Utc>, by: &str) -> Result<DateTime<Utc>, Problem> {
    let by = parse_duration(by).map_err(|why| Problem::unprocessable(format!("`by`: {why}.")))?;
    now.checked_add_signed(by).ok_or_else(|| Problem::unprocessable("That is too far ahead."))
}

/// Moves the demo's clock forward and gives its new time.
pub(super) async fn moved(site: &Site, caller: &Caller, to: DateTime<Utc>) -> Result<DateTime<Utc>, Problem> {
    let mover = site.web.mover.as_ref().ok_or_else(no_clock)?;
    if !caller.is_admin() {
        return Err(Problem::forbidden("Only an admin moves the clock."));
    }
    let now = site.web.service.now();
    if to < now {
        let detail = format!("The clock only goes forward: it is {} already.", show::instant(now));
        return Err(Problem::unprocessable(detail));
    }
    if to - now > FARTHEST {
        let detail = format!("At most 400 days at once: until {}.", show::instant(now + FARTHEST));
        return Err(Problem::unprocessable(detail));
    }
    if !mover.to(to).await {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "stopping",
            "maintbot is stopping; the clock stands.",
        ));
    }
    Ok(site.web.service.now())
}

fn no_clock() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "Only `maintbot demo` has a clock that can be moved.")
}

fn parse_instant(name: &str, text: &str) -> Result<DateTime<Utc>, String> {
    let at = DateTime::parse_from_rfc3339(text)
        .map_err(|_| format!("`{name}` must be a time such as 2026-12-06T14:00:00Z."))?;
    let at = at.with_timezone(&Utc);
    if at.timestamp_subsec_nanos() == 0 { Ok(at) } else { Err(format!("`{name}` must be in whole seconds.")) }
}

fn parsed<T: FromStr>(name: &str, text: &str) -> Result<T, Problem>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| Problem::bad_request(format!("`{name}`: {error}.")))
}

/// The parameters of a request, each known and given once.
pub(super) struct Filters(Vec<(String, String)>);

impl Filters {
    pub(super) fn read(query: Pairs, known: &[&str]) -> Result<Self, Problem> {
        let Query(pairs) = query.map_err(|_| Problem::bad_request("The part after `?` cannot be read."))?;
        for (n, (name, _)) in pairs.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let name = crate::message::text::clipped(&crate::message::text::one_line(name), 40);
                let detail = format!("`{name}` is not a parameter here; these are: {}.", known.join(", "));
                return Err(Problem::bad_request(detail));
            }
            if pairs[..n].iter().any(|(before, _)| before == name) {
                return Err(Problem::bad_request(format!("`{name}` is given twice.")));
            }
        }
        Ok(Self(pairs))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    fn instant(&self, name: &str) -> Result<Option<DateTime<Utc>>, Problem> {
        self.get(name).map(|text| parse_instant(name, text)).transpose().map_err(Problem::bad_request)
    }

    fn limit(&self) -> Result<i64, Problem> {
        let Some(text) = self.get("limit") else { return Ok(PAGE) };
        let limit = text.parse().ok().filter(|n| (1..=LARGEST_PAGE).contains(n));
        limit.ok_or_else(|| Problem::bad_request(format!("`limit` must be a number from 1 to {LARGEST_PAGE}.")))
    }
}
