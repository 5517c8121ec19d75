//! Banners in products: what is said to whom, and the script that shows it.

use std::process::Command;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use super::{Answer, FAR, FINE, ORGANISATION, Site};

/// What a page of a product is told, from far away.
async fn banner(site: &Site, query: &str) -> Vec<Value> {
    let answer = site.public(&format!("/banner.json{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.body);
    answer.json()["items"].as_array().expect("a list").clone()
}

async fn ids(site: &Site, query: &str) -> Vec<String> {
    banner(site, query).await.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

async fn clock(site: &Site, to: &str) {
    let answer = site.post("/api/v1/clock", &json!({ "to": to })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

/// A request with this method and these headers, from a page of another site.
async fn from_a_product(site: &Site, method: Method, path: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "status.example.com");
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let request = request.header(header::ORIGIN, "https://product.example.com");
    site.send(FAR, request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn a_product_is_told_of_a_window_from_three_days_before_until_it_is_over() {
    let site = Site::with("", true).await;
    site.window().await;
    clock(&site, "2026-12-03T14:00:00Z").await;
    assert_eq!(ids(&site, "").await, [""; 0], "exactly 72 hours before is not within them");
    clock(&site, "2026-12-03T14:00:01Z").await;
    let expected = json!([{
        "id": "MW-1",
        "revision": site.get("/api/v1/windows/MW-1").await.json()["revision"],
        "title": "Jira 10.3 upgrade",
        "text": "Planned maintenance: Jira 10.3 upgrade, Sun 6 Dec 2026 16:00–20:00 Europe/Helsinki (14:00–18:00 UTC). \
                 Jira is unavailable. Expected downtime: up to 1h.",
        "impact": "Jira is unavailable",
        "state": "scheduled",
        "running_over": false,
        "on_hold": false,
        "starts_at": "2026-12-06T14:00:00Z",
        "ends_at": "2026-12-06T18:00:00Z",
        "time_zone": "Europe/Helsinki",
        "services": ["jira"],
        "regions": [],
        "environment": "production",
        "kind": "scheduled",
        "expected_downtime": "up to 1h",
        "expected_downtime_s": 3600,
        "url": "http://127.0.0.1:8080/windows/MW-1",
    }]);
    assert_eq!(json!(banner(&site, "").await), expected);
    assert_eq!(ids(&site, "?within=48h").await, [""; 0]);
    assert_eq!(ids(&site, "?within=14d").await, ["MW-1"]);

    clock(&site, "2026-12-06T14:00:00Z").await;
    site.command("start MW-1").await;
    let running = &banner(&site, "?within=1m").await[0];
    assert_eq!((&running["state"], &running["running_over"]), (&json!("in_progress"), &json!(false)));
    let text = running["text"].as_str().expect("text");
    assert!(text.starts_with("Maintenance in progress: Jira 10.3 upgrade, until Sun 6 Dec 2026 20:00"), "{text}");
    clock(&site, "2026-12-06T18:00:01Z").await;
    let over = &banner(&site, "").await[0];
    assert_eq!((&over["state"], &over["running_over"]), (&json!("in_progress"), &json!(true)));
    let text = over["text"].as_str().expect("text");
    assert!(text.starts_with("Maintenance is taking longer than planned: Jira 10.3 upgrade, planned to end"), "{text}");
    site.command("complete MW-1 outcome:partial").await;
    assert_eq!(ids(&site, "?within=14d").await, [""; 0]);
}

#[tokio::test]
async fn what_runs_comes_first_and_what_never_began_is_not_shown_after_its_time() {
    let site = Site::with("", true).await;
    let plan = async |title: &str, service: &str, when: &str| {
        site.command(&format!("schedule \"{title}\" service:{service} when:\"2026-11-20 {when}\"")).await
    };
    plan("Forgotten", "mail", "10:05-10:20").await;
    plan("Soon", "crm", "10:25-11:00").await;
    plan("Now", "jira", "10:15-12:00").await;
    clock(&site, "2026-11-20T10:15:00Z").await;
    site.command("start MW-3").await;
    assert_eq!(ids(&site, "").await, ["MW-3", "MW-1", "MW-2"]);
    clock(&site, "2026-11-20T10:20:00Z").await;
    assert_eq!(ids(&site, "").await, ["MW-3", "MW-2"]);
    assert_eq!(ids(&site, "?within=1m").await, ["MW-3"]);
    site.command("start MW-2").await;
    assert_eq!(ids(&site, "?within=1m").await, ["MW-3", "MW-2"], "five minutes early");
}

#[tokio::test]
async fn a_product_hears_only_of_what_concerns_it() {
    let site = Site::new().await;
    let lines = [
        "schedule \"EU\" service:crm regions:eu when:\"2026-11-21 10:00-11:00\"",
        "schedule \"Everywhere\" service:mail when:\"2026-11-21 12:00-13:00\"",
        "schedule \"Builder\" service:studio regions:apac environment:development when:\"2026-11-21 14:00-15:00\"",
        "schedule \"Rolling patch\" service:crm kind:no_downtime when:\"2026-11-21 16:00-17:00\"",
    ];
    for line in lines {
        site.command(line).await;
    }
    for (query, expected) in [
        ("", &["MW-1", "MW-2", "MW-3"][..]),
        ("?service=crm", &["MW-1"]),
        ("?service=crm,%20mail", &["MW-1", "MW-2"]),
        ("?region=apac", &["MW-2", "MW-3"]),
        ("?service=crm&region=apac", &[]),
        ("?environment=production", &["MW-1", "MW-2"]),
        ("?service=&region=", &["MW-1", "MW-2", "MW-3"]),
        ("?service=nothing", &[]),
    ] {
        assert_eq!(ids(&site, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn drafts_and_what_waits_for_its_first_approval_are_in_no_banner() {
    let site = Site::with(ORGANISATION, true).await;
    site.command("plan new \"A secret plan\"").await;
    site.command(&format!("{FINE} plan:PL-1")).await;
    clock(&site, "2026-12-18T12:00:00Z").await;
    let waits = "schedule \"Secret\" service:mail when:\"2026-12-21 20:00-21:00\" reason:\"a fix is out\"";
    site.command(waits).await;
    let answer = site.public("/banner.json?within=14d").await;
    assert_eq!(answer.body, "{\"items\":[],\"more\":0}");
}

#[tokio::test]
async fn while_a_change_waits_for_approval_products_are_told_what_was_approved_last() {
    let site = Site::with(ORGANISATION, true).await;
    site.command(FINE).await;
    site.command("schedule \"Mail\" service:mail when:\"2027-01-10 20:00-21:00\"").await;
    clock(&site, "2026-12-18T12:00:00Z").await;
    let before = banner(&site, "").await;
    // The one moves out of sight, the other into it: neither is agreed to.
    site.command("reschedule MW-1 when:\"2026-12-23 20:00-22:00\" reason:\"the vendor is late\"").await;
    site.command("reschedule MW-2 when:\"2026-12-20 20:00-21:00\" reason:\"it cannot wait\"").await;
    for id in ["MW-1", "MW-2"] {
        assert_eq!(site.get(&format!("/api/v1/windows/{id}")).await.json()["state"], "pending", "{id}");
    }
    let mut after = banner(&site, "").await;
    assert_eq!(after.len(), 1);
    // A change was asked for, and the page says so too.
    after[0]["revision"] = before[0]["revision"].clone();
    assert_eq!(after, before);
    assert_eq!(ids(&site, "?within=14d").await, ["MW-1"]);
}

#[tokio::test]
async fn a_phase_on_hold_says_so() {
    let site = Site::new().await;
    site.command("plan new \"Upgrade\"").await;
    site.command("schedule \"One\" service:crm when:\"2026-11-21 10:00-11:00\" plan:PL-1").await;
    site.command("plan publish PL-1").await;
    assert_eq!(banner(&site, "").await[0]["on_hold"], false);
    site.command("hold PL-1 reason:\"a test failed\"").await;
    let held = &banner(&site, "").await[0];
    assert_eq!(held["on_hold"], true);
    let text = held["text"].as_str().expect("text");
    assert!(text.starts_with("On hold: One, planned for Sat 21 Nov 2026 10:00–11:00 UTC;"), "{text}");
    let page = site.public("/maintenance-page/crm").await.text();
    assert!(!page.contains("On hold"), "nothing is going on");
}

#[tokio::test]
async fn at_most_twenty_windows_are_told_and_how_many_more_there_are() {
    let site = Site::new().await;
    for n in 0..22 {
        let (service, minute) = (format!("s{n}"), 10 + n);
        site.command(&format!("schedule \"W\" service:{service} when:\"2026-11-21 10:{minute}-11:{minute}\"")).await;
    }
    let answer = site.public("/banner.json").await.json();
    assert_eq!(answer["items"].as_array().expect("a list").len(), 20);
    assert_eq!(answer["more"], 2);
}

#[tokio::test]
async fn pages_of_every_site_may_ask_and_are_told_whether_anything_changed() {
    let site = Site::new().await;
    site.command("schedule \"W\" service:crm when:\"2026-11-21 10:00-11:00\"").await;
    for path in ["/banner.json", "/banner.js"] {
        let first = from_a_product(&site, Method::GET, path, &[]).await;
        let tag = first.header(header::ETAG).to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{path}: strong: {tag}");
        assert!(first.header(header::CACHE_CONTROL).starts_with("public, max-age="), "{path}");
        let again = from_a_product(&site, Method::GET, path, &[(header::IF_NONE_MATCH, &tag)]).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
        let preflight =
            [(header::ACCESS_CONTROL_REQUEST_METHOD, "GET"), (header::ACCESS_CONTROL_REQUEST_HEADERS, "if-none-match")];
        let asked = from_a_product(&site, Method::OPTIONS, path, &preflight).await;
        assert_eq!(asked.status, StatusCode::NO_CONTENT, "{path}");
        assert!(asked.header(header::ACCESS_CONTROL_ALLOW_METHODS).contains("GET"), "{path}");
        assert!(asked.header(header::ACCESS_CONTROL_ALLOW_HEADERS).contains("If-None-Match"), "{path}");
        for answer in [&first, &again, &asked] {
            assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*", "{path}");
            assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin", "{path}");
            assert_eq!(answer.header(header::SET_COOKIE), "", "{path}");
        }
        assert_eq!(from_a_product(&site, Method::HEAD, path, &[]).await.status, StatusCode::OK, "{path}");
        let posted = from_a_product(&site, Method::POST, path, &[]).await;
        assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    let before = from_a_product(&site, Method::GET, "/banner.json", &[]).await.header(header::ETAG).to_owned();
    site.command("edit MW-1 impact:\"Slower than usual\"").await;
    let changed = from_a_product(&site, Method::GET, "/banner.json", &[(header::IF_NONE_MATCH, &before)]).await;
    assert_eq!(changed.status, StatusCode::OK);
    // Nothing else is for other sites.
    assert_eq!(from_a_product(&site, Method::GET, "/", &[]).await.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "");
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_in_words() {
    let site = Site::new().await;
    let many = format!("?service={}", vec!["a"; 21].join(","));
    let long = format!("?region={}", "a".repeat(65));
    for (query, said) in [
        ("?within=15d", "`within` is at most 14d"),
        ("?within=soon", "`within`: \"soon\" is not a length of time"),
        ("?within=0m", "`within`"),
        ("?services=crm", "`services` is not a parameter here; these are: service, region, environment, within."),
        ("?service=a&service=b", "`service` is given twice."),
        (&many, "`service` takes at most 20 ids"),
        (&long, "`region` takes at most 20 ids"),
    ] {
        let answer = from_a_product(&site, Method::GET, &format!("/banner.json{query}"), &[]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json", "{query}");
        assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*", "{query}: developers see why");
        let detail = answer.json()["detail"].as_str().expect("a detail").to_owned();
        assert!(detail.contains(said), "{query}: {detail}");
    }
}

#[tokio::test]
async fn text_from_people_in_a_banner_is_text_without_tricks() {
    let site = Site::new().await;
    let nasty = "<img src=x onerror=alert(1)> {{ 123456*7 }} \u{202e}gpj.exe\u{2066}";
    site.command(&format!(
        "schedule \"{nasty}\" service:crm when:\"2026-11-21 10:00-11:00\" impact:\"{nasty}\" rollback:\"secret way back\""
    ))
    .await;
    let answer = site.public("/banner.json").await;
    assert!(answer.header(header::CONTENT_TYPE).starts_with("application/json"));
    assert!(answer.body.contains("<img src=x onerror=alert(1)> {{ 123456*7 }} gpj.exe"), "{}", answer.body);
    for hidden in ["864192", "\u{202e}", "\u{2066}", "secret way back", "anna"] {
        assert!(!answer.body.contains(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn the_script_is_under_four_kilobytes_and_shows_banners_as_it_should() {
    let site = Site::new().await;
    let answer = site.public("/banner.js").await;
    assert_eq!(answer.header(header::CONTENT_TYPE), "text/javascript; charset=utf-8");
    assert!(answer.body.len() < 4096, "{} bytes", answer.body.len());
    assert!(answer.body.is_ascii(), "it reads the same whatever a proxy says of its characters");
    for risky in
        ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval", "Function(", "cookie", "import("]
    {
        assert!(!answer.body.contains(risky), "{risky}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("banner.js");
    std::fs::write(&file, &answer.body).expect("written");
    let stories = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/web/banner.mjs");
    let run = Command::new("node")
        .arg(stories)
        .arg(&file)
        .env("TZ", "America/New_York")
        .env("LC_ALL", "en_GB.UTF-8")
        .output()
        .unwrap_or_else(|error| {
            panic!("node: {error}: the tests need Node.js 18 or later: sudo apt-get install nodejs")
        });
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.starts_with("ok"), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
}
