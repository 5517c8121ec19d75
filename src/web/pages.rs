//! The public pages. They need no token, answer under any name, and say nothing that is not public.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use minijinja::context;
use minijinja::value::Value;

use super::api::exact_window_id;
use super::assets::tagged;
use super::template::broken;
use super::{Shared, Site, window_view};
use crate::domain::window::State as WindowState;

/// Windows of each sort on the first page.
const MOST: i64 = 50;

/// `GET /`.
pub(super) async fn status(State(site): Shared, headers: HeaderMap) -> Response {
    let overview = match site.web.service.overview(MOST).await {
        Ok(overview) => overview,
        Err(error) => return broken(&error),
    };
    let organisation = site.web.service.organisation();
    let now = site.web.service.now();
    let cards = |list: &[_]| list.iter().map(|full| window_view::card(organisation, full, now)).collect::<Vec<_>>();
    let values = context! {
        running => cards(&overview.now), upcoming => cards(&overview.upcoming), past => cards(&overview.past),
        ..frame(&site)
    };
    public(&site, &headers, "status.html", values)
}

/// `GET /windows/MW-1`.
pub(super) async fn window(State(site): Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let Some(id) = exact_window_id(&id) else { return missing(&site) };
    match site.web.service.full(id).await {
        Ok(Some(full)) if full.window.state != WindowState::Pending => {
            let values = window_view::page(site.web.service.organisation(), &full, site.web.service.now());
            public(&site, &headers, "window.html", context! { w => values, ..frame(&site) })
        }
        Ok(_) => missing(&site),
        Err(error) => broken(&error),
    }
}

/// The page for what is not there.
pub(super) fn missing(site: &Site) -> Response {
    site.templates.page(StatusCode::NOT_FOUND, "missing.html", frame(site))
}

/// What every page needs. `now` is set where the clock does not show the world's time.
pub(super) fn frame(site: &Site) -> Value {
    let now = site.web.mover.as_ref().map(|_| super::json::instant(site.web.service.now()));
    context! { now => now.unwrap_or_default() }
}

fn public(site: &Site, headers: &HeaderMap, name: &str, values: Value) -> Response {
    // A clock that is moved by hand makes any page old at once.
    let cache = if site.web.mover.is_some() { "public, no-cache" } else { "public, max-age=15" };
    match site.templates.fill(name, values) {
        Ok(page) => tagged(headers, "text/html; charset=utf-8", cache, page),
        Err(error) => broken(&error),
    }
}
