//! `GET /console/events`: tells open consoles that something was committed, so that they read again.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;

use super::Shared;
use super::problem::Problem;
use super::trust::Caller;
use crate::clock::Clock;

/// A line without meaning keeps the connection from being taken for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Commits this close together are told as one.
const SETTLE: Duration = Duration::from_millis(100);

/// One `changed` event whenever something was committed; ends when the server stops.
pub(super) async fn stream(State(site): Shared, _: Caller) -> Response {
    let Ok(place) = site.listeners.clone().try_acquire_owned() else {
        let detail = "Too many pages listen already; this one is brought up to date when it is loaded again.";
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "listeners", detail).into_response();
    };
    let state = (site.web.service.wake().listen(), site.web.stop.clone(), place);
    let events = stream::unfold(state, |(mut rings, stop, place)| async move {
        tokio::select! {
            () = stop.cancelled() => return None,
            rung = rings.changed() => rung.ok()?,
        }
        Clock::pause(SETTLE).await;
        rings.borrow_and_update();
        Some((Ok::<_, Infallible>(Event::default().event("changed").data("1")), (rings, stop, place)))
    });
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}
