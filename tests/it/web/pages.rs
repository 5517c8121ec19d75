//! The public pages.

use axum::body::Body;
use axum::http::{StatusCode, header};

use super::{LOCAL, Site, local};

#[tokio::test]
async fn the_first_page_says_what_is_planned_and_what_is_running() {
    let site = Site::new().await;
    assert!(site.get("/").await.body.contains("No maintenance is planned."));
    site.window().await;
    let page = site.get("/").await.text();
    for expected in [
        "Jira 10.3 upgrade",
        "scheduled",
        "Sun 6 Dec 2026 16:00–20:00 Europe/Helsinki (14:00–18:00 UTC)",
        "Jira is unavailable",
        "0 of 2 done",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
}

#[tokio::test]
async fn a_window_has_a_page_with_its_updates_but_without_internal_notes() {
    let site = Site::with("", true).await;
    site.window().await;
    site.post("/api/v1/clock", &serde_json::json!({ "to": "2026-12-06T14:00:00Z" })).await;
    site.command("/maintenance start MW-1").await;
    site.command("/maintenance note MW-1 \"Database restored\"").await;
    site.command("/maintenance note MW-1 \"Ask the vendor\" --internal").await;
    let page = site.get("/windows/MW-1").await;
    assert_eq!(page.status, StatusCode::OK);
    for expected in ["Started", "Database restored", "Jira to 10.3.2", "mikko"] {
        assert!(page.body.contains(expected), "{expected}");
    }
    for hidden in ["Ask the vendor", "Requested by", "anna"] {
        assert!(!page.body.contains(hidden), "{hidden}");
    }
    assert!(site.get("/").await.body.contains("Database restored"));
}

#[tokio::test]
async fn what_is_not_there_is_a_page_that_says_so() {
    let site = Site::new().await;
    site.window().await;
    for path in ["/windows/MW-2", "/windows/mw-1", "/windows/MW-01", "/windows/x", "/nothing", "/windows/MW-1/"] {
        let page = site.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.body.contains("There is nothing here"), "{path}");
    }
}

#[tokio::test]
async fn who_has_the_page_already_is_told_that_it_did_not_change() {
    let site = Site::new().await;
    site.window().await;
    let first = site.get("/").await;
    let tag = first.header(header::ETAG).to_owned();
    assert!(!tag.is_empty() && first.header(header::CACHE_CONTROL).starts_with("public"));
    let again =
        |tag: String| local("GET", "/").header(header::IF_NONE_MATCH, tag).body(Body::empty()).expect("a request");
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".into()] {
        let same = site.send(LOCAL, again(known.clone())).await;
        assert_eq!(
            (same.status, same.body.as_str(), same.header(header::ETAG)),
            (StatusCode::NOT_MODIFIED, "", tag.as_str()),
            "{known}"
        );
    }
    site.command("/maintenance done MW-1 1").await;
    assert_eq!(site.send(LOCAL, again(tag)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_answer_forbids_the_browser_what_is_not_ours() {
    let site = Site::new().await;
    for path in ["/", "/nothing", "/console", "/api/v1/windows", "/api/v1/nothing", "/healthz", "/assets/console.js"] {
        let answer = site.get(path).await;
        let policy = answer.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert!(!answer.header(header::REFERRER_POLICY).is_empty(), "{path}");
        assert!(!answer.header(header::CACHE_CONTROL).is_empty(), "{path}");
    }
}

#[tokio::test]
async fn pages_need_no_script_and_nothing_from_elsewhere() {
    let site = Site::new().await;
    site.window().await;
    for path in ["/", "/windows/MW-1", "/console", "/nothing"] {
        let page = site.get(path).await.body;
        assert!(!page.contains(" style=\"") && !page.contains(" onclick"), "{path}");
        for (at, _) in page.match_indices("<script") {
            assert!(page[at..].starts_with("<script src=\"/assets/"), "{path}");
        }
        for foreign in ["src=\"http", "rel=\"stylesheet\" href=\"http", "@import"] {
            assert!(!page.contains(foreign), "{path}: {foreign}");
        }
    }
}

#[tokio::test]
async fn text_from_people_is_harmless_wherever_it_is_shown() {
    let site = Site::with("", true).await;
    let nasty = "<script>alert(1)</script> <img src=x onerror=alert(1)> ' & {{ 123456*7 }} \u{202e}gpj.exe\u{2066} \u{7}\u{1b}[31m";
    let quoted = nasty.replace(['\u{7}', '\u{1b}'], "");
    let command = format!(
        "schedule \"{quoted}\" service:jira when:\"2026-11-20 10:10-12:00\" impact:\"{quoted}\" rollback:\"{quoted}\" poc:@anna link:\"https://example.com/?a=1&b='x'\""
    );
    site.command(&command).await;
    site.command(&format!("change add MW-1 \"{quoted}\"")).await;
    site.command("start MW-1").await;
    site.command(&format!("note MW-1 \"{quoted}\"")).await;
    let typed = site.form("/console", &[("text", &format!("nonsense \"{nasty}\" <b>")), ("name", "<i>me</i>")]).await;
    assert_eq!(typed.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", typed.body);
    let shown = site.form("/console", &[("text", "show MW-1"), ("name", "\"><script>x")]).await;
    let filled = site.get("/console?text=%3C%2Ftextarea%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
    let pages =
        [site.get("/").await, site.get("/windows/MW-1").await, site.get("/console").await, typed, shown, filled];
    for page in &pages {
        for harm in ["<script>alert", "<img src=x", "<b>", "<i>", "\"><script", "</textarea><script", "864192"] {
            let found = page.body.find(harm).map(|n| page.body.get(n.saturating_sub(80)..n + 80));
            assert_eq!(found, None, "{harm}");
        }
        let hidden = |c: char| {
            (c.is_control() && !matches!(c, '\n' | '\t'))
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert_eq!(page.body.find(hidden), None);
    }
    assert!(pages[0].body.contains("&lt;script&gt;alert(1)&lt;"));
}
