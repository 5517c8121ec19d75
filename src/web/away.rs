//! The page that stands in for a product while it is away: what a proxy shows instead. Always 503 with `Retry-After`, for
//! whatever is asked; without scripts and without anything from elsewhere, since the product's own pages are away too.

use std::sync::LazyLock;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use base64::Engine as _;
use chrono::{DateTime, Utc};
use minijinja::context;
use minijinja::value::Value;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::api::Pairs;
use super::problem::Problem;
use super::{Shared, Site, banner, json as show, window_view};
use crate::domain::organisation::Organisation;
use crate::message::text::{one_line, shown};
use crate::message::words;
use crate::service::query::{Full, Scope};

/// Where the page stands; behind it the id of the service.
const PATH: &str = "/maintenance-page";
const STYLE: &str = include_str!("../../assets/away.css");
/// Most windows on the page, and most of their questions.
const MOST: usize = 5;
const QUESTIONS: usize = 10;
/// Longest id of a service, in characters.
const LONGEST_ID: usize = 64;
/// Longest time for finding out what goes on: readers wait at the product's own door.
const PATIENCE: Duration = Duration::from_secs(5);
/// Seconds after which to try again where no maintenance is known, and where it is taking longer than planned.
const UNKNOWN: i64 = 120;
const OVER: i64 = 300;
/// The least, in seconds, also right before the end.
const LEAST: i64 = 60;

/// Allows what the page holds and nothing else: its own style sheet, known by its hash.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// `/maintenance-page/{service}?region=&environment=`, with every method. What cannot be read is passed over: there is
/// nobody at the other end who could mend it.
pub(super) async fn page(State(site): Shared, query: Pairs, parts: Parts) -> Response {
    let id = service_of(parts.uri.path());
    // Of which product nobody knows: any maintenance would be a guess.
    let found = match &id {
        Some(id) => going_on(&site, id, query).await,
        None => Vec::new(),
    };
    let organisation = site.web.service.organisation();
    let now = site.web.service.now();
    let name = id.as_deref().map(|id| one_line(organisation.service_name(id)));
    let mut response = if wants_json(&parts.headers) {
        as_json(organisation, &found, name.as_deref(), now)
    } else {
        as_page(&site, &found, name.as_deref(), now)
    };
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after(&found, now)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    response
}

/// The id of the service, where it is one: whoever makes up an address writes nothing of their own onto the page.
fn service_of(path: &str) -> Option<String> {
    let rest = path.strip_prefix(PATH)?.trim_start_matches('/');
    let id = rest.split('/').next()?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let starts_well = id.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    (starts_well && id.len() <= LONGEST_ID && id.bytes().all(fits)).then(|| id.to_owned())
}

/// What goes on with a service. Nothing where that cannot be found out in time: the operator is told, and the reader gets
/// the page all the same.
async fn going_on(site: &Site, id: &str, query: Pairs) -> Vec<Full> {
    let scope = scope(id, query);
    let why = match tokio::time::timeout(PATIENCE, site.web.service.public_now(&scope, MOST)).await {
        Ok(Ok(found)) => return found,
        Ok(Err(error)) => format!("{error:#}"),
        Err(_) => "the database took too long".to_owned(),
    };
    tracing::error!(error = why, "the maintenance page does not know what goes on");
    Vec::new()
}

fn scope(id: &str, query: Pairs) -> Scope {
    let pairs = query.map(|Query(pairs)| pairs).unwrap_or_default();
    let ids = |name: &str| {
        let (_, text) = pairs.iter().find(|(own, _)| own == name)?;
        banner::values(name, text).ok()
    };
    Scope {
        services: vec![id.to_owned()],
        regions: ids("region").unwrap_or_default(),
        environments: ids("environment").unwrap_or_default(),
    }
}

/// Whether a program asks, which reads JSON, and not a browser.
fn wants_json(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let kinds = lines.flat_map(|line| line.split(','));
    let kinds = kinds.map(|kind| kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let kinds: Vec<String> = kinds.collect();
    let json = kinds.iter().any(|kind| kind == "application/json" || kind.ends_with("+json"));
    json && !kinds.iter().any(|kind| kind == "text/html" || kind == "application/xhtml+xml")
}

/// Seconds until all of it is likely to be over.
fn retry_after(found: &[Full], now: DateTime<Utc>) -> i64 {
    let one = |full: &Full| {
        let w = &full.window;
        if w.is_overrunning(now) { OVER } else { (w.span.ends_at - now).num_seconds().max(LEAST) }
    };
    found.iter().map(one).max().unwrap_or(UNKNOWN)
}

fn as_page(site: &Site, found: &[Full], name: Option<&str>, now: DateTime<Utc>) -> Response {
    let organisation = site.web.service.organisation();
    let support = organisation.support.as_deref();
    let values = context! {
        style => Value::from_safe_string(STYLE.to_owned()),
        windows => found.iter().map(|full| window(organisation, full, now)).collect::<Vec<_>>(),
        away => words::away(name),
        home => home(organisation),
        support => support.unwrap_or_default(),
        support_link => support.map(link).unwrap_or_default(),
    };
    match site.templates.fill("away.html", values) {
        Ok(page) => (StatusCode::SERVICE_UNAVAILABLE, Html(page)).into_response(),
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the maintenance page could not be made");
            (StatusCode::SERVICE_UNAVAILABLE, format!("{}. Please try again later.", words::away(name))).into_response()
        }
    }
}

/// Where a mail or web address leads.
fn link(address: &str) -> String {
    if address.contains("://") { address.to_owned() } else { format!("mailto:{address}") }
}

fn window(organisation: &Organisation, full: &Full, now: DateTime<Utc>) -> Value {
    let w = &full.window;
    context! {
        heading => words::banner_heading(w, false, now),
        running => w.state.is_running(),
        over => w.is_overrunning(now),
        ends => window_view::moment(w.span.ends_at, &w.span.zone),
        questions => window_view::questions(&full.qa).into_iter().take(QUESTIONS).collect::<Vec<_>>(),
        url => organisation.window_url(w),
        ..window_view::card(organisation, full, now)
    }
}

fn as_json(organisation: &Organisation, found: &[Full], name: Option<&str>, now: DateTime<Utc>) -> Response {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let problem = if found.is_empty() {
        Problem::new(status, "away", format!("{}. Please try again later.", words::away(name)))
    } else {
        let line = |full: &Full| words::banner(organisation, &full.window, false, now);
        Problem::new(status, "maintenance", found.iter().map(line).collect::<Vec<_>>().join(" "))
    };
    let window = |full: &Full| {
        let w = &full.window;
        json!({
            "id": w.id,
            "title": shown(&w.title),
            "impact": shown(&w.impact),
            "ends_at": show::instant(w.span.ends_at),
            "time_zone": w.span.zone.name(),
            "running_over": w.is_overrunning(now),
            "url": organisation.window_url(w),
        })
    };
    problem
        .with("retry_after_s", json!(retry_after(found, now)))
        .with("windows", found.iter().map(window).collect())
        .with("status_page", json!(home(organisation)))
        .with("support", json!(organisation.support))
        .into_response()
}

/// The address of the status page.
fn home(organisation: &Organisation) -> String {
    format!("{}/", organisation.public_url)
}
