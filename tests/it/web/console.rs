//! The console: forms without scripts, and events for those with.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{StatusCode, header};
use futures_util::StreamExt as _;
use std::net::SocketAddr;
use tower::ServiceExt as _;

use super::{LOCAL, Site, local};

const SCHEDULE: &str = "/maintenance schedule \"Jira\" service:jira when:\"2026-12-06 16:00-20:00\" poc:@mikko";

#[tokio::test]
async fn a_new_console_offers_the_first_command_to_fill_in() {
    let site = Site::new().await;
    let page = site.get("/console").await.text();
    assert!(
        page.contains("Plan your first maintenance") && page.contains("href=\"/console?text=%2Fmaintenance%20schedule")
    );
    let filled = site.get("/console?text=%2Fmaintenance%20help").await.text();
    assert!(filled.contains(">/maintenance help</textarea>"));
}

#[tokio::test]
async fn without_scripts_a_form_does_the_command_and_answers_the_page_with_the_reply() {
    let site = Site::new().await;
    let page = site.form("/console", &[("text", SCHEDULE), ("name", "anna"), ("key", "k1")]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("MW-1 “Jira” is scheduled"), "{}", page.body);
    assert!(page.text().contains("name=\"text\" value=\"/maintenance show MW-1\""), "the window has its buttons");
    assert!(
        page.header(header::SET_COOKIE).starts_with("maintbot_name=616e6e61;"),
        "{}",
        page.header(header::SET_COOKIE)
    );
    let reloaded = site.form("/console", &[("text", SCHEDULE), ("name", "anna"), ("key", "k1")]).await;
    assert!(reloaded.body.contains("MW-1 “Jira” is scheduled") && !reloaded.body.contains("MW-2"));
    assert!(!reloaded.body.contains("You just did this"), "a reload gets the first answer as it was");
}

#[tokio::test]
async fn a_refused_command_stays_in_the_line_with_the_caret_under_what_is_wrong() {
    let site = Site::new().await;
    let page = site.form("/console", &[("text", "/maintenance shedule \"Jira\""), ("name", "anna")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("<mark>shedule</mark>"), "{}", page.body);
    assert!(page.text().contains("/maintenance shedule \"Jira\"</textarea>"));
}

#[tokio::test]
async fn a_tick_in_the_change_list_is_a_command() {
    let site = Site::new().await;
    site.window().await;
    let page = site.form("/console", &[("text", "/maintenance done MW-1 2"), ("name", "mikko"), ("key", "k")]).await;
    assert_eq!(page.status, StatusCode::OK);
    let window = site.get("/api/v1/windows/MW-1").await.json();
    assert_eq!(
        (&window["change_items"][1]["done"], &window["change_items"][1]["done_by"]),
        (&true.into(), &"mikko".into())
    );
}

#[tokio::test]
async fn the_clock_of_a_demo_is_moved_from_the_page() {
    let site = Site::with("", true).await;
    site.window().await;
    let page = site.get("/console").await.body;
    assert!(page.contains("Fri 20 Nov 2026 10:00 UTC") && page.contains("To the start of MW-1"), "{page}");
    let moved = site.form("/console/clock", &[("by", "1d")]).await;
    assert_eq!((moved.status, moved.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/console"));
    site.form("/console/clock", &[("local", "2026-12-06T13:00")]).await;
    assert!(site.get("/console").await.body.contains("Sun 6 Dec 2026 13:00 UTC"));
    let back = site.form("/console/clock", &[("local", "2026-12-01T13:00")]).await;
    assert_eq!(back.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(back.body.contains("The clock only goes forward"));
}

#[tokio::test]
async fn a_form_of_another_page_is_refused() {
    let site = Site::new().await;
    for origin in ["http://localhost:3000", "http://evil.example", "null"] {
        let request = local("POST", "/console").header(header::ORIGIN, origin);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = site.send(LOCAL, request.body(Body::from("text=whoami")).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin}");
    }
}

#[tokio::test]
async fn an_open_console_hears_of_every_command_until_the_server_stops() {
    let site = Site::new().await;
    let mut request = local("GET", "/console/events").body(Body::empty()).expect("a request");
    request.extensions_mut().insert(ConnectInfo(LOCAL.parse::<SocketAddr>().expect("an address")));
    let response = site.app.clone().oneshot(request).await.expect("an answer");
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut events = response.into_body().into_data_stream();
    site.command(SCHEDULE).await;
    let event = events.next().await.expect("an event").expect("bytes");
    assert!(String::from_utf8_lossy(&event).starts_with("event: changed\ndata:"), "{event:?}");
    site.stop.cancel();
    assert!(events.next().await.is_none(), "the stream ends with the server");
}
