//! A double of PagerDuty, as far as maintenance windows go: it keeps them by the documented rules
//! (<https://developer.pagerduty.com/api-reference/>), in the story's time, and fails on request.
//!
//! - a token, the version of the API and, for changes, the e-mail address of a user are shown with every call;
//! - a start in the past is moved to now, an end is in the future and behind the start;
//! - the start of what has begun is not changed, nor the end of what is over (400, 2001);
//! - what has not begun is taken away, what goes on is ended, what is over is refused (405, 5003).
//!
//! Calls that PagerDuty would refuse for their form are remembered: [`FakePagerduty::close`] fails the test then.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use maintbot::clock::Clock;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

pub const TOKEN: &str = "pd-hunter2";
pub const FROM: &str = "ops@example.com";
/// The zone of the account: times are shown in it, five hours behind.
const ACCOUNT_ZONE: i32 = -5 * 3600;

/// What goes wrong with the next call of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is refused for so many seconds.
    Limited(u32),
    /// It is done, and then something on the way breaks.
    DoneThen500,
    /// PagerDuty is away.
    Away,
}

/// A maintenance window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintenance {
    pub id: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub description: String,
    pub services: Vec<String>,
    /// It was there, and was taken away before it began.
    pub deleted: bool,
}

#[derive(Default)]
struct Account {
    windows: BTreeMap<String, Maintenance>,
    faults: Vec<(Method, Fault)>,
    odd: Vec<String>,
    calls: Vec<String>,
    made: usize,
}

pub struct FakePagerduty {
    pub url: String,
    inside: Arc<Inside>,
    _open: DropGuard,
}

struct Inside {
    account: Mutex<Account>,
    clock: Mutex<Clock>,
}

/// A refusal as PagerDuty words it.
type Refused = (u16, u64, &'static str);

impl FakePagerduty {
    /// With the services `PIJ90N7` and `PJIRA01`.
    pub async fn start(clock: Clock) -> Self {
        let inside = Arc::new(Inside { account: Mutex::default(), clock: Mutex::new(clock) });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let stop = CancellationToken::new();
        let app = Router::new().fallback(answer).with_state(inside.clone());
        let ends = stop.clone().cancelled_owned();
        tokio::spawn(async move { axum::serve(listener, app).with_graceful_shutdown(ends).await });
        Self { url, inside, _open: stop.drop_guard() }
    }

    fn account(&self) -> std::sync::MutexGuard<'_, Account> {
        self.inside.account.lock().expect("whole")
    }

    /// The next call of this method fails.
    pub fn fail(&self, method: Method, fault: Fault) {
        self.account().faults.push((method, fault));
    }

    /// Every maintenance window that ever was, in the order they were made.
    pub fn all(&self) -> Vec<Maintenance> {
        self.account().windows.values().cloned().collect()
    }

    /// Those that are not over.
    pub fn open(&self) -> Vec<Maintenance> {
        let now = self.inside.clock.lock().expect("whole").now();
        self.all().into_iter().filter(|window| !window.deleted && window.ends_at > now).collect()
    }

    /// Its clock is ahead of the story's, and stands still.
    pub fn clock_shows(&self, at: &str) {
        *self.inside.clock.lock().expect("whole") = Clock::manual(crate::bot::utc(at));
    }

    /// Somebody ends one by hand, or takes it away.
    pub fn end_by_hand(&self, id: &str) {
        let now = self.inside.clock.lock().expect("whole").now();
        self.account().end(id, now).expect("it is there");
    }

    /// Calls so far: `POST /maintenance_windows`.
    pub fn calls(&self, method: &str) -> usize {
        self.account().calls.iter().filter(|call| call.starts_with(method)).count()
    }

    /// Every story ends here.
    pub fn close(self) {
        assert_eq!(self.account().odd, [""; 0]);
    }
}

impl Account {
    fn end(&mut self, id: &str, now: DateTime<Utc>) -> Result<(), Refused> {
        let window = self.windows.get_mut(id).filter(|window| !window.deleted).ok_or((404, 2100, "Not Found"))?;
        if window.ends_at <= now {
            return Err((405, 5003, "Maintenance windows that have ended cannot be deleted"));
        }
        if window.starts_at > now {
            window.deleted = true;
        } else {
            window.ends_at = now;
        }
        Ok(())
    }
}

/// Whether a service is there.
fn is_service(id: &str) -> bool {
    ["PIJ90N7", "PJIRA01"].contains(&id)
}

fn error((status, code, message): Refused) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, Json(json!({ "error": { "message": message, "code": code, "errors": [message] } }))).into_response()
}

fn shown(window: &Maintenance) -> Value {
    let zone = FixedOffset::east_opt(ACCOUNT_ZONE).expect("a zone");
    let at = |at: DateTime<Utc>| at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, true);
    let services: Vec<Value> =
        window.services.iter().map(|id| json!({ "id": id, "type": "service_reference", "summary": id })).collect();
    json!({
        "id": window.id, "type": "maintenance_window", "sequence_number": 1, "start_time": at(window.starts_at),
        "end_time": at(window.ends_at), "description": window.description, "services": services, "teams": [],
    })
}

async fn answer(State(inside): State<Arc<Inside>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let path = parts.uri.path().to_owned();
    let now = inside.clock.lock().expect("whole").now();
    let mut account = inside.account.lock().expect("whole");
    account.calls.push(format!("{} {path}", parts.method));
    if let Some(odd) = oddity(&parts.method, &parts.headers) {
        account.odd.push(format!("{} {path}: {odd}", parts.method));
    }
    if parts.headers.get("authorization").is_none_or(|pass| pass != &format!("Token token={TOKEN}")) {
        return error((401, 2006, "Unauthorized"));
    }
    let fault = account.faults.iter().position(|(method, _)| *method == parts.method);
    let fault = fault.map(|at| account.faults.remove(at).1);
    match fault {
        Some(Fault::Limited(seconds)) => {
            let limited = error((429, 2020, "Rate Limit Exceeded"));
            return ([("ratelimit-reset", seconds.to_string())], limited).into_response();
        }
        Some(Fault::Away) => return (StatusCode::BAD_GATEWAY, "nobody is there").into_response(),
        Some(Fault::DoneThen500) | None => {}
    }
    let query: BTreeMap<String, String> = pairs(parts.uri.query().unwrap_or_default()).into_iter().collect();
    let sent = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    let done = handle(&mut account, &parts.method, &path, (&query, &sent), now);
    if fault.is_some() {
        return (StatusCode::INTERNAL_SERVER_ERROR, "broken on the way").into_response();
    }
    match done {
        Ok(response) => response,
        Err(refused) => {
            // By the form of a call nothing is to be refused; by what time made of it, something may be.
            if refused.1 == 2000 {
                account.odd.push(format!("{} {path}: {} {sent}", parts.method, refused.2));
            }
            error(refused)
        }
    }
}

/// The pairs of a query.
fn pairs(query: &str) -> Vec<(String, String)> {
    let url = reqwest::Url::parse(&format!("http://localhost/?{query}")).expect("a query");
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// What every call has to show.
fn oddity(method: &Method, headers: &HeaderMap) -> Option<&'static str> {
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|found| found == value);
    if !is("accept", "application/vnd.pagerduty+json;version=2") {
        return Some("the version of the API is not said");
    }
    if *method == Method::GET {
        return None;
    }
    if !is("from", FROM) {
        return Some("From is required");
    }
    (*method != Method::DELETE && !is("content-type", "application/json")).then_some("the body is no JSON")
}

fn handle(
    account: &mut Account,
    method: &Method,
    path: &str,
    (query, sent): (&BTreeMap<String, String>, &Value),
    now: DateTime<Utc>,
) -> Result<Response, Refused> {
    let id = path.strip_prefix("/maintenance_windows/");
    let not_found: Refused = (404, 2100, "Not Found");
    match (method.as_str(), path, id) {
        ("GET", "/abilities", _) => Ok(Json(json!({ "abilities": ["teams"] })).into_response()),
        ("GET", "/maintenance_windows", _) => list(account, query, now),
        ("GET", _, Some(id)) => {
            let window = account.windows.get(id).filter(|window| !window.deleted).ok_or(not_found)?;
            Ok(Json(json!({ "maintenance_window": shown(window) })).into_response())
        }
        ("GET", _, None) => {
            let id = path.strip_prefix("/services/").filter(|id| is_service(id)).ok_or(not_found)?;
            Ok(Json(json!({ "service": { "id": id, "name": format!("Service {id}") } })).into_response())
        }
        ("POST", "/maintenance_windows", _) => {
            let mut made = read(sent)?;
            made.starts_at = made.starts_at.max(now);
            if made.ends_at <= made.starts_at {
                return Err((400, 2001, "End time must be in the future and after start time"));
            }
            account.made += 1;
            made.id = format!("PMW{:04}", account.made);
            let body = json!({ "maintenance_window": shown(&made) });
            account.windows.insert(made.id.clone(), made);
            Ok((StatusCode::CREATED, Json(body)).into_response())
        }
        ("PUT", _, Some(id)) => {
            let asked = read(sent)?;
            let window = account.windows.get_mut(id).filter(|window| !window.deleted).ok_or(not_found)?;
            let started = window.starts_at <= now;
            if window.ends_at <= now && asked.ends_at != window.ends_at {
                return Err((400, 2001, "End time of a window that has ended cannot be changed"));
            }
            if started && asked.starts_at != window.starts_at {
                return Err((400, 2001, "Start time of a window that has started cannot be changed"));
            }
            let starts_at = if started { window.starts_at } else { asked.starts_at.max(now) };
            if asked.ends_at <= now || asked.ends_at <= starts_at {
                return Err((400, 2001, "End time must be in the future and after start time"));
            }
            *window = Maintenance { id: window.id.clone(), starts_at, ..asked };
            Ok(Json(json!({ "maintenance_window": shown(window) })).into_response())
        }
        ("DELETE", _, Some(id)) => account.end(id, now).map(|()| StatusCode::NO_CONTENT.into_response()),
        _ => Err((404, 2000, "There is no such call")),
    }
}

fn list(account: &Account, query: &BTreeMap<String, String>, now: DateTime<Utc>) -> Result<Response, Refused> {
    let text = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let number = |name: &str| text(name).parse::<usize>().ok();
    if text("filter") != "open" || number("limit").is_none_or(|limit| limit > 100) {
        return Err((400, 2000, "only what is open is asked for, a hundred at a time"));
    }
    let open = |window: &&Maintenance| !window.deleted && window.ends_at > now;
    let named = |window: &&Maintenance| window.description.contains(text("query"));
    let found: Vec<&Maintenance> = account.windows.values().filter(open).filter(named).collect();
    let (offset, limit) = (number("offset").unwrap_or(0), number("limit").unwrap_or(25));
    let page: Vec<Value> = found.iter().skip(offset).take(limit).map(|window| shown(window)).collect();
    let more = found.len() > offset + page.len();
    Ok(Json(json!({ "maintenance_windows": page, "limit": limit, "offset": offset, "more": more })).into_response())
}

/// Every required field, of its documented type.
fn read(sent: &Value) -> Result<Maintenance, Refused> {
    let wrong = |what| (400, 2000, what);
    let window = &sent["maintenance_window"];
    if window["type"] != "maintenance_window" {
        return Err(wrong("type is required"));
    }
    let at = |name: &str| window[name].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok());
    let services: Option<Vec<String>> = window["services"].as_array().and_then(|services| {
        let reference = |service: &Value| {
            let id = service["id"].as_str().filter(|id| is_service(id))?;
            (service["type"] == "service_reference").then(|| id.to_owned())
        };
        services.iter().map(reference).collect()
    });
    Ok(Maintenance {
        id: String::new(),
        starts_at: at("start_time").ok_or(wrong("start_time is required"))?,
        ends_at: at("end_time").ok_or(wrong("end_time is required"))?,
        description: window["description"].as_str().ok_or(wrong("description is a text"))?.to_owned(),
        services: services.filter(|services| !services.is_empty()).ok_or(wrong("services are required"))?,
        deleted: false,
    })
}
