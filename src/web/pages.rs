//! The public pages. They need no token, answer under any name, and say nothing that is not public.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use minijinja::context;
use minijinja::value::Value;

use super::api::{exact_id, exact_window_id};
use super::assets::tagged;
use super::template::broken;
use super::{Shared, Site, advisory_view, plan_view, trust, window_view};
use crate::domain::advisory::AdvisoryId;
use crate::domain::plan::PlanId;
use crate::domain::window::Window;
use crate::message::words;
use crate::service::query::{Full, Overview};

/// Windows of each sort on the first page.
const MOST: i64 = 50;
/// Security advisories that are shown.
const ADVISORIES: usize = 10;
/// Next dates of a series that are shown.
const DATES: usize = 5;

/// `GET /`.
pub(super) async fn status(State(site): Shared, headers: HeaderMap) -> Response {
    let overview = match site.web.service.overview(MOST).await {
        Ok(overview) => overview,
        Err(error) => return broken(&error),
    };
    let organisation = site.web.service.organisation();
    let now = site.web.service.now();
    let upcoming = match upcoming(&site, &overview.upcoming).await {
        Ok(upcoming) => upcoming,
        Err(error) => return broken(&error),
    };
    let advisories = match site.web.service.public_advisories(MOST).await {
        Ok(found) => found.iter().take(ADVISORIES).map(|a| advisory_view::brief(organisation, a)).collect::<Vec<_>>(),
        Err(error) => return broken(&error),
    };
    let cards = |list: &[_]| list.iter().map(|full| window_view::card(organisation, full, now)).collect::<Vec<_>>();
    let values = context! {
        running => cards(&overview.now), upcoming, past => cards(&overview.past), services => services(&site, &overview),
        advisories,
        ..frame(&site)
    };
    public(&site, &headers, "status.html", values)
}

/// What is ahead: the phases of a plan together, and of a series the next window with the dates after it.
async fn upcoming(site: &Site, ahead: &[Full]) -> anyhow::Result<Vec<Value>> {
    let (service, now) = (&site.web.service, site.web.service.now());
    let organisation = service.organisation();
    let (mut plans, mut series) = (BTreeSet::new(), BTreeSet::new());
    let mut found = Vec::new();
    for full in ahead {
        if let Some(phases) = &full.phases {
            if plans.insert(phases.plan.id) {
                found.push(context! { is_plan => true, ..plan_view::brief(organisation, phases, now) });
            }
            continue;
        }
        if full.window.series.is_some_and(|id| !series.insert(id)) {
            continue;
        }
        let recurs = recurs(site, &full.window).await?;
        found.push(context! { is_plan => false, recurs, ..window_view::card(organisation, full, now) });
    }
    Ok(found)
}

/// When the series of a window recurs, where it belongs to one that goes on.
async fn recurs(site: &Site, w: &Window) -> anyhow::Result<Option<Value>> {
    let Some(id) = w.series else { return Ok(None) };
    let found = site.web.service.public_series(id, DATES + 1).await?;
    Ok(found.map(|(series, ahead)| window_view::recurs(&series, &ahead, w)))
}

/// The services with what is done to each now. A service stays under maintenance until its window is over, also while
/// the work is verified and when it runs over.
fn services(site: &Site, overview: &Overview) -> Vec<Value> {
    let organisation = site.web.service.organisation();
    let running = overview.now.iter().map(|full| &full.window);
    let running: Vec<&Window> = running.filter(|w| w.state.is_running() && w.kind.has_downtime()).collect();
    let known = organisation.services.keys().map(|id| (id.as_str(), Vec::new()));
    let mut all: BTreeMap<&str, Vec<&Window>> = known.collect();
    for w in running {
        for id in &w.services {
            all.entry(id).or_default().push(w);
        }
    }
    let window = |w: &&Window| {
        let (id, regions) = (w.id.to_string(), words::regions(organisation, w));
        context! { id, title => w.title.as_str(), regions, environment => w.environment.as_str() }
    };
    let one = |(id, windows): (&str, Vec<&Window>)| {
        context! {
            name => organisation.service_name(id),
            windows => windows.iter().map(window).collect::<Vec<_>>(),
        }
    };
    all.into_iter().map(one).collect()
}

/// `GET /windows/MW-1`. Staff are led to what is not public.
pub(super) async fn window(State(site): Shared, Path(id): Path<String>, parts: Parts) -> Response {
    let Some(id) = exact_window_id(&id) else { return missing(&site) };
    match site.web.service.public_window(id).await {
        Ok(Some(full)) => {
            let recurs = match recurs(&site, &full.window).await {
                Ok(recurs) => recurs,
                Err(error) => return broken(&error),
            };
            let values = window_view::page(site.web.service.organisation(), &full, site.web.service.now());
            let values = context! { w => context! { recurs, ..values }, ..frame(&site) };
            public(&site, &parts.headers, "window.html", values)
        }
        Ok(None) => match site.web.service.full(id).await {
            Ok(found) => not_public(&site, &parts, found.map(|_| format!("/console/windows/{id}"))).await,
            Err(error) => broken(&error),
        },
        Err(error) => broken(&error),
    }
}

/// `GET /plans/PL-1`. Staff are led to what is not public.
pub(super) async fn plan(State(site): Shared, Path(id): Path<String>, parts: Parts) -> Response {
    let Some(id) = exact_id::<PlanId>(&id) else { return missing(&site) };
    match site.web.service.public_plan(id).await {
        Ok(Some(full)) => {
            let values = plan_view::page(site.web.service.organisation(), &full, site.web.service.now());
            public(&site, &parts.headers, "plan.html", context! { p => values, ..frame(&site) })
        }
        Ok(None) => match site.web.service.plan(id).await {
            Ok(found) => not_public(&site, &parts, found.map(|_| format!("/console/plans/{id}"))).await,
            Err(error) => broken(&error),
        },
        Err(error) => broken(&error),
    }
}

/// `GET /advisories/AD-1`. Staff are led to what is not public.
pub(super) async fn advisory(State(site): Shared, Path(id): Path<String>, parts: Parts) -> Response {
    let Some(id) = exact_id::<AdvisoryId>(&id) else { return missing(&site) };
    match site.web.service.public_advisory(id).await {
        Ok(Some(topic)) => {
            let values = advisory_view::page(site.web.service.organisation(), &topic);
            public(&site, &parts.headers, "advisory.html", context! { a => values, ..frame(&site) })
        }
        Ok(None) => match site.web.service.advisory(id).await {
            Ok(found) => not_public(&site, &parts, found.map(|_| format!("/console/advisories/{id}"))).await,
            Err(error) => broken(&error),
        },
        Err(error) => broken(&error),
    }
}

/// Staff go on to the page in the console, where there is one; nobody else learns that there is anything.
async fn not_public(site: &Site, parts: &Parts, staff: Option<String>) -> Response {
    let location = staff.and_then(|address| HeaderValue::from_str(&address).ok());
    match location {
        Some(location) if trust::judge(parts, site).await.is_ok() => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
        }
        _ => missing(site),
    }
}

/// The page for what is not there.
pub(super) fn missing(site: &Site) -> Response {
    site.templates.page(StatusCode::NOT_FOUND, "missing.html", frame(site))
}

/// What every page needs. `now` is set where the clock does not show the world's time.
pub(super) fn frame(site: &Site) -> Value {
    let now = site.web.mover.as_ref().map(|_| super::json::instant(site.web.service.now()));
    context! { now => now.unwrap_or_default(), mails => site.web.service.organisation().mails }
}

/// How long what is public may be kept. A clock that is moved by hand makes it old at once.
pub(super) fn kept(site: &Site) -> &'static str {
    if site.web.mover.is_some() { "public, no-cache" } else { "public, max-age=15" }
}

fn public(site: &Site, headers: &HeaderMap, name: &str, values: Value) -> Response {
    let cache = kept(site);
    match site.templates.fill(name, values) {
        Ok(page) => tagged(headers, "text/html; charset=utf-8", cache, page),
        Err(error) => broken(&error),
    }
}
