//! What products show of maintenance: the windows of the moment as JSON, and the script that shows them. Public, for
//! pages of every site; says nothing that is not public.

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::api::{Filters, Pairs};
use super::assets::tagged;
use super::problem::Problem;
use super::{Shared, json as show, pages};
use crate::domain::calendar::parse_duration;
use crate::domain::organisation::Organisation;
use crate::domain::window::Window;
use crate::message::text::shown;
use crate::message::words;
use crate::service::query::{Scope, Shown};

/// How long before its start a window is shown where nothing else is asked for.
const LEAD: TimeDelta = TimeDelta::hours(72);
/// The longest lead that can be asked for.
const LONGEST_LEAD: TimeDelta = TimeDelta::days(14);
/// Most windows of one answer.
const MOST: usize = 20;
/// Most values of a parameter, and the most characters of one: no id is longer.
const MOST_VALUES: usize = 20;
const LONGEST_VALUE: usize = 64;
/// Browsers keep the script for so long before they ask whether it changed.
const SCRIPT_KEPT: &str = "public, max-age=3600";

static SCRIPT: LazyLock<String> = LazyLock::new(|| served(include_str!("../../assets/banner.js")));

/// The script as it is served: without lines of comment, without indentation and without the blanks that only people
/// need. What the source has to keep to for that stands at its top.
fn served(source: &str) -> String {
    let lines = source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    let joined = lines.collect::<Vec<_>>().join("\n").replace("\" +\n\"", "");
    let blanks = [(" => ", "=>"), (" = ", "="), (", ", ","), ("{ ", "{"), (" }", "}")];
    blanks.iter().fold(joined, |script, (wide, narrow)| script.replace(wide, narrow))
}

/// `GET /banner.json?service=&region=&environment=&within=`.
pub(super) async fn list(State(site): Shared, headers: HeaderMap, query: Pairs) -> Result<Response, Problem> {
    let query = Filters::read(query, &["service", "region", "environment", "within"])?;
    let scope = scope(&query)?;
    let ahead = query.get("within").map(lead).transpose()?.unwrap_or(LEAD);
    let service = &site.web.service;
    let found = service.public_around(&scope, ahead).await?;
    let (organisation, now) = (service.organisation(), service.now());
    let items: Vec<Value> = found.iter().take(MOST).map(|shown| item(organisation, shown, now)).collect();
    let body = json!({ "items": items, "more": found.len() - items.len() });
    Ok(tagged(&headers, "application/json", pages::kept(&site), body.to_string()))
}

fn scope(query: &Filters) -> Result<Scope, Problem> {
    let ids = |name| query.get(name).map_or_else(|| Ok(Vec::new()), |text| values(name, text));
    Ok(Scope { services: ids("service")?, regions: ids("region")?, environments: ids("environment")? })
}

/// The values of a parameter, with commas between them.
pub(super) fn values(name: &str, text: &str) -> Result<Vec<String>, Problem> {
    let values: Vec<String> = text.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
    if values.len() > MOST_VALUES || values.iter().any(|id| id.chars().count() > LONGEST_VALUE) {
        let detail = format!(
            "`{name}` takes at most {MOST_VALUES} ids with commas between them, each of at most {LONGEST_VALUE} characters."
        );
        return Err(Problem::bad_request(detail));
    }
    Ok(values)
}

fn lead(text: &str) -> Result<TimeDelta, Problem> {
    let lead = parse_duration(text).map_err(|why| Problem::bad_request(format!("`within`: {why}.")))?;
    if lead > LONGEST_LEAD {
        return Err(Problem::bad_request("`within` is at most 14d."));
    }
    Ok(lead)
}

fn item(organisation: &Organisation, found: &Shown, now: DateTime<Utc>) -> Value {
    let w = &found.window;
    let known = |text: String| (!text.is_empty()).then_some(text);
    json!({
        "id": w.id,
        "revision": w.revision,
        "title": shown(&w.title),
        "text": words::banner(organisation, w, found.on_hold, now),
        "impact": known(shown(&w.impact)),
        "state": state(w),
        "running_over": w.is_overrunning(now),
        "on_hold": found.on_hold,
        "starts_at": show::instant(w.span.starts_at),
        "ends_at": show::instant(w.span.ends_at),
        "time_zone": w.span.zone.name(),
        "services": w.services,
        "regions": w.regions,
        "environment": w.environment,
        "kind": w.kind,
        "expected_downtime": known(words::downtime_words(organisation, w)),
        "expected_downtime_s": w.downtime.as_ref().map(|downtime| downtime.most.num_seconds()),
        "url": organisation.window_url(w),
    })
}

/// The state that the public sees: one whose change waits for approval is scheduled as it was approved last.
fn state(w: &Window) -> &'static str {
    if w.state.is_running() { w.state.as_str() } else { crate::domain::window::State::Scheduled.as_str() }
}

/// `GET /banner.js`.
pub(super) async fn script(headers: HeaderMap) -> Response {
    tagged(&headers, "text/javascript; charset=utf-8", SCRIPT_KEPT, SCRIPT.clone())
}

/// What browsers ask before a page of another site may send headers of its own.
pub(super) async fn preflight() -> Response {
    let allowed: [(HeaderName, HeaderValue); 3] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD")),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("If-None-Match, Cache-Control")),
        (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400")),
    ];
    (StatusCode::NO_CONTENT, allowed).into_response()
}

/// Pages of every site may read what is public anyway; no cookie changes what they get.
pub(super) async fn for_every_site(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
    response
}
