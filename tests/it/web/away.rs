//! The page that stands in for a product: always 503, whatever is asked, and as much as the public may know.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use base64::Engine as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Answer, FAR, ORGANISATION, SHORT, Site};

/// A site on which Jira is being worked on: 16:00 to 20:00 in Helsinki on 6 December 2026, seen at 17:00.
async fn busy(config: &str) -> Site {
    let site = Site::with(config, true).await;
    site.window().await;
    clock(&site, "2026-12-06T14:00:00Z").await;
    site.command("start MW-1").await;
    clock(&site, "2026-12-06T15:00:00Z").await;
    site
}

async fn clock(site: &Site, to: &str) {
    let answer = site.post("/api/v1/clock", &json!({ "to": to })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

async fn ask(site: &Site, method: Method, path: &str, accept: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).header(header::HOST, "shop.example.com");
    let request = request.header(header::ACCEPT, accept).body(Body::from("a=b")).expect("a request");
    site.send(FAR, request).await
}

async fn page(site: &Site, path: &str) -> Answer {
    let answer = ask(site, Method::GET, path, "text/html,application/xhtml+xml,*/*;q=0.8").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
    assert!(answer.header(header::CONTENT_TYPE).starts_with("text/html"), "{path}");
    answer
}

#[tokio::test]
async fn it_says_what_is_done_until_when_and_when_to_try_again() {
    let site = busy("[organisation]\nsupport = \"help@example.com\"\n").await;
    site.command("note MW-1 \"Database restored\"").await;
    site.command("note MW-1 \"Ask the vendor\" --internal").await;
    site.command("qa add MW-1 \"What of work in progress?\" \"It is kept.\"").await;
    let answer = page(&site, "/maintenance-page/jira").await;
    assert_eq!(answer.header(header::RETRY_AFTER), "10800", "three hours");
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    let text = answer.text();
    for expected in [
        "jira is not available right now",
        "Maintenance in progress",
        "Jira 10.3 upgrade",
        "Jira is unavailable",
        "Until Sun 6 Dec 2026 20:00 Europe/Helsinki (18:00 UTC)",
        "up to 1h",
        "Database restored",
        "What of work in progress?",
        "It is kept.",
        "href=\"http://127.0.0.1:8080/\"",
        "href=\"http://127.0.0.1:8080/windows/MW-1\"",
        "href=\"mailto:help@example.com\"",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    for hidden in ["Ask the vendor", "anna", "<script"] {
        assert!(!text.contains(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn the_time_to_try_again_is_at_least_a_minute_and_five_where_it_takes_longer() {
    let site = busy("").await;
    for (at, seconds) in
        [("2026-12-06T17:58:00Z", "120"), ("2026-12-06T17:59:30Z", "60"), ("2026-12-06T18:00:00Z", "60")]
    {
        clock(&site, at).await;
        assert_eq!(page(&site, "/maintenance-page/jira").await.header(header::RETRY_AFTER), seconds, "{at}");
    }
    clock(&site, "2026-12-06T18:00:01Z").await;
    let over = page(&site, "/maintenance-page/jira").await;
    assert_eq!(over.header(header::RETRY_AFTER), "300");
    assert!(over.text().contains("It was planned to end Sun 6 Dec 2026 20:00 Europe/Helsinki (18:00 UTC)."));
    site.command("complete MW-1 outcome:partial").await;
    let after = page(&site, "/maintenance-page/jira").await;
    assert_eq!(after.header(header::RETRY_AFTER), "120");
    assert!(!after.text().contains("Jira 10.3 upgrade"));
}

#[tokio::test]
async fn whatever_a_proxy_passes_on_is_answered_with_503() {
    let site = busy("").await;
    for path in [
        "/maintenance-page",
        "/maintenance-page/",
        "/maintenance-page/unknown",
        "/maintenance-page/mail",
        "/maintenance-page/jira/cart/7?region=%00&x=1&x=2&within=9",
        "/maintenance-page/%FF%FE",
        "/maintenance-page/../../etc/passwd",
        "/maintenance-page//",
    ] {
        let answer = page(&site, path).await;
        let seconds: u32 = answer.header(header::RETRY_AFTER).parse().expect("whole seconds");
        assert_eq!(seconds, if path.contains("jira") { 10_800 } else { 120 }, "{path}");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::HEAD, Method::PATCH] {
        let answer = ask(&site, method.clone(), "/maintenance-page/jira", "*/*").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{method}");
        assert_eq!(answer.header(header::RETRY_AFTER), "10800", "{method}");
    }
}

#[tokio::test]
async fn only_a_region_that_is_worked_on_says_so() {
    let site = Site::with(ORGANISATION, true).await;
    site.command("schedule \"Europe\" service:crm regions:eu when:\"2026-12-20 14:00-16:00\" tz:UTC").await;
    clock(&site, "2026-12-20T14:00:00Z").await;
    site.command("start MW-1").await;
    for (query, shown) in [
        ("", true),
        ("?region=eu", true),
        ("?region=apac", false),
        ("?utm=1&region=apac", false),
        ("?environment=staging", false),
    ] {
        let text = page(&site, &format!("/maintenance-page/crm{query}")).await.text();
        assert!(text.contains("CRM is not available right now"), "{query}");
        assert_eq!(text.contains("Maintenance in progress"), shown, "{query}");
    }
}

#[tokio::test]
async fn programs_get_a_problem_instead_of_a_page() {
    let site = busy("[organisation]\nsupport = \"https://support.example.com\"\n").await;
    for accept in ["application/json", "application/problem+json", "application/json, text/plain, */*"] {
        let answer = ask(&site, Method::POST, "/maintenance-page/jira", accept).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{accept}");
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json", "{accept}");
        assert_eq!(answer.header(header::RETRY_AFTER), "10800", "{accept}");
        assert_eq!(answer.header(header::VARY), "Accept");
        let body = answer.json();
        assert_eq!(body["type"], "urn:maintbot:problem:maintenance");
        assert_eq!(body["status"], 503);
        assert_eq!(body["retry_after_s"], 10_800);
        assert_eq!(body["windows"][0]["ends_at"], "2026-12-06T18:00:00Z");
        assert_eq!(body["support"], "https://support.example.com");
        let detail = body["detail"].as_str().expect("a detail");
        assert!(
            detail.starts_with("Maintenance in progress: Jira 10.3 upgrade, until Sun 6 Dec 2026 20:00"),
            "{detail}"
        );
    }
    let idle = ask(&site, Method::GET, "/maintenance-page/mail", "application/json").await;
    assert_eq!(idle.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((&idle.json()["type"], &idle.json()["windows"]), (&json!("urn:maintbot:problem:away"), &json!([])));
}

#[tokio::test]
async fn it_needs_nothing_from_elsewhere_and_the_browser_is_told_so() {
    let site = busy("").await;
    for path in ["/maintenance-page/jira", "/maintenance-page/mail"] {
        let answer = page(&site, path).await;
        let (_, rest) = answer.body.split_once("<style>").expect("a style sheet");
        let (style, _) = rest.split_once("</style>").expect("its end");
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style.as_bytes()));
        let policy = answer.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(policy.contains(&format!("style-src 'sha256-{hash}';")), "{policy}");
        for foreign in ["<script", "<img", "<link", "<iframe", "@import", "url(", " style=", " on"] {
            let markup = answer.body.replace(style, "");
            let found =
                markup.match_indices(foreign).find(|(at, _)| foreign != " on" || markup[*at..].starts_with(" onc"));
            assert_eq!(found, None, "{path}: {foreign}");
        }
        assert!(style.contains("prefers-color-scheme: dark"));
    }
}

#[tokio::test]
async fn nobody_writes_on_the_page_by_an_address_or_a_window() {
    let nasty = "<script>alert(1)</script> <img src=x onerror=alert(1)> ' & {{ 123456*7 }} \u{202e}gpj.exe";
    let site = Site::with("", true).await;
    let line = format!("schedule \"{nasty}\" service:jira when:\"2026-11-20 10:10-12:00\" impact:\"{nasty}\"");
    site.command(&line).await;
    site.command(&format!("qa add MW-1 \"{nasty}\" \"{nasty}\"")).await;
    site.command("start MW-1").await;
    site.command(&format!("note MW-1 \"{nasty}\"")).await;
    for path in [
        "/maintenance-page/jira",
        "/maintenance-page/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/maintenance-page/Call%200800%20SCAM",
        "/maintenance-page/x%27%3E%3Cimg",
    ] {
        let answer = page(&site, path).await;
        for harm in ["<script>", "<img", "864192", "\u{202e}", "SCAM", "%3C"] {
            assert!(!answer.body.contains(harm), "{path}: {harm}");
        }
    }
    let shown = page(&site, "/maintenance-page/jira").await;
    assert_eq!(shown.body.matches("&lt;script&gt;alert(1)").count(), 5, "title, impact, question, answer, note");
}

#[tokio::test]
async fn what_is_not_public_is_not_there_either() {
    let site = Site::with(ORGANISATION, true).await;
    site.command(SHORT).await;
    clock(&site, "2026-11-21T12:30:00Z").await;
    let text = page(&site, "/maintenance-page/crm").await.text();
    assert!(!text.contains("Urgent upgrade") && text.contains("CRM is not available right now"), "{text}");
}

#[tokio::test]
async fn a_window_whose_time_has_come_counts_although_nobody_started_it() {
    let site = Site::with("", true).await;
    site.window().await;
    clock(&site, "2026-12-06T15:00:00Z").await;
    let answer = page(&site, "/maintenance-page/jira").await;
    assert_eq!(answer.header(header::RETRY_AFTER), "10800");
    let text = answer.text();
    assert!(text.contains("Planned maintenance") && text.contains("16:00–20:00 Europe/Helsinki"), "{text}");
}
