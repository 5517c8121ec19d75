//! Who is let in.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use maintbot::domain::access::Role;
use serde_json::json;

use super::{FAR, LOCAL, Site, encoded, local};

struct Row {
    peer: &'static str,
    host: &'static str,
    origin: Option<&'static str>,
    forwarded: Option<(&'static str, &'static str)>,
    api: u16,
}

const fn row(peer: &'static str, host: &'static str, origin: Option<&'static str>, api: u16) -> Row {
    Row { peer, host, origin, forwarded: None, api }
}

const fn through(name: &'static str, value: &'static str) -> Row {
    Row { peer: LOCAL, host: "localhost:8080", origin: None, forwarded: Some((name, value)), api: 401 }
}

/// What staff read of planning.
const PLANNING: &[&str] = &[
    "/api/v1/windows/MW-1",
    "/api/v1/plans",
    "/api/v1/plans/PL-1",
    "/api/v1/plans/PL-1/deliveries",
    "/api/v1/series",
    "/api/v1/series/SR-1",
    "/api/v1/freezes",
    "/api/v1/customers",
];

#[tokio::test]
async fn only_a_request_that_is_local_in_every_respect_is_trusted_without_a_token() {
    let site = Site::with("[server]\npublic_url = \"https://status.example.com\"", false).await;
    let token = site.token(Role::Viewer).await;
    site.command("plan new \"Upgrade\"").await;
    site.command("schedule \"Phase\" service:crm when:\"2026-12-20 14:00-16:00\" plan:PL-1").await;
    site.command("series \"Break\" service:mail every:\"second sunday of month 16:00 for 4h\"").await;
    let rows = [
        row(LOCAL, "127.0.0.1:8080", None, 200),
        row(LOCAL, "localhost", Some("http://localhost:3000"), 200),
        row("[::1]:40000", "[::1]:8080", Some("http://[::1]:8080"), 200),
        row("[::ffff:127.0.0.1]:40000", "127.0.0.2", None, 200),
        row(LOCAL, "evil.example", None, 403),
        row(LOCAL, "127.0.0.1.evil.example", None, 403),
        row(LOCAL, "localhost:8080", Some("https://evil.example"), 403),
        row(LOCAL, "localhost:8080", Some("null"), 403),
        row(LOCAL, "localhost:8080", Some("file://"), 403),
        row(LOCAL, "status.example.com", None, 401),
        row(FAR, "localhost:8080", None, 401),
        row(FAR, "status.example.com", Some("https://status.example.com"), 401),
        row(FAR, "evil.example", None, 401),
        through("forwarded", "for=203.0.113.7"),
        through("x-forwarded-for", "127.0.0.1"),
        through("x-forwarded-host", "localhost"),
        through("x-forwarded-anything", ""),
        through("x-real-ip", "127.0.0.1"),
        through("via", "1.1 proxy"),
    ];
    for r in rows {
        let request = |path: &str, bearer: Option<&str>| {
            let mut request = Request::builder().uri(path).header(header::HOST, r.host);
            if let Some(origin) = r.origin {
                request = request.header(header::ORIGIN, origin);
            }
            if let Some((name, value)) = r.forwarded {
                request = request.header(name, value);
            }
            if let Some(token) = bearer {
                request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            }
            request.body(Body::empty()).expect("a request")
        };
        let what = format!("peer {}, host {}, origin {:?}, forwarded {:?}", r.peer, r.host, r.origin, r.forwarded);
        let without = site.send(r.peer, request("/api/v1/windows", None)).await;
        assert_eq!(without.status.as_u16(), r.api, "{what}");
        if r.api != 200 {
            assert_eq!(without.header(header::CONTENT_TYPE), "application/problem+json", "{what}");
            let challenged = without.header(header::WWW_AUTHENTICATE).starts_with("Bearer");
            assert_eq!(challenged, r.api == 401, "{what}");
        }
        for console in ["/console", "/console/windows/MW-1", "/console/plans/PL-1"] {
            let status = site.send(r.peer, request(console, None)).await.status.as_u16();
            assert_eq!(status, r.api, "{console}: {what}");
        }
        for path in PLANNING {
            assert_eq!(site.send(r.peer, request(path, None)).await.status.as_u16(), r.api, "{path}: {what}");
            assert_eq!(site.send(r.peer, request(path, Some(&token))).await.status, StatusCode::OK, "{path}: {what}");
        }
        assert_eq!(
            site.send(r.peer, request("/api/v1/windows", Some(&token))).await.status,
            StatusCode::OK,
            "token: {what}"
        );
        assert_eq!(
            site.send(r.peer, request("/api/v1/windows", Some("wrong"))).await.status,
            StatusCode::UNAUTHORIZED,
            "{what}"
        );
        for public in ["/", "/healthz", "/readyz", "/assets/style.css"] {
            assert_eq!(site.send(r.peer, request(public, None)).await.status, StatusCode::OK, "{public}: {what}");
        }
    }
}

#[tokio::test]
async fn a_request_without_one_host_or_without_a_known_peer_is_not_trusted() {
    let site = Site::new().await;
    let none = Request::builder().uri("/api/v1/windows").body(Body::empty()).expect("a request");
    assert_eq!(site.send(LOCAL, none).await.status, StatusCode::FORBIDDEN);
    let two = local("GET", "/api/v1/windows").header(header::HOST, "localhost").body(Body::empty()).expect("a request");
    assert_eq!(site.send(LOCAL, two).await.status, StatusCode::FORBIDDEN);
    let target = local("GET", "http://evil.example/api/v1/windows").body(Body::empty()).expect("a request");
    assert_eq!(site.send(LOCAL, target).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn only_an_admin_token_and_a_local_caller_may_name_an_actor() {
    let site = Site::new().await;
    let (engineer, admin) = (site.token(Role::Engineer).await, site.token(Role::Admin).await);
    let ask = |token: &str| {
        let body = json!({ "text": "whoami", "actor": "anna" }).to_string();
        let request =
            Request::builder().method("POST").uri("/api/v1/commands").header(header::CONTENT_TYPE, "application/json");
        request.header(header::AUTHORIZATION, format!("Bearer {token}")).body(Body::from(body)).expect("a request")
    };
    let refused = site.send(FAR, ask(&engineer)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
    let named = site.send(FAR, ask(&admin)).await;
    assert!(named.json()["text"].as_str().expect("text").contains("You are anna"), "{}", named.body);
    assert!(site.command("whoami").await["text"].as_str().expect("text").contains("You are anna"));
    let own = site.post("/api/v1/commands", &json!({ "text": "whoami" })).await;
    assert!(own.json()["text"].as_str().expect("text").contains("You are operator"));
    let posing = site.post("/api/v1/commands", &json!({ "text": "whoami", "actor": "maintbot" })).await;
    assert_eq!(posing.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_token_without_the_role_is_told_which_role_is_needed() {
    let site = Site::new().await;
    let token = site.token(Role::Viewer).await;
    let body = json!({ "text": "schedule \"X\" service:jira when:\"2026-12-06 16:00-20:00\"" }).to_string();
    let request =
        Request::builder().method("POST").uri("/api/v1/commands").header(header::CONTENT_TYPE, "application/json");
    let request =
        request.header(header::AUTHORIZATION, format!("Bearer {token}")).body(Body::from(body)).expect("a request");
    let answer = site.send(FAR, request).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.json()["detail"].as_str().expect("detail").contains("scheduler"), "{}", answer.body);
}

#[tokio::test]
async fn where_roles_are_written_a_local_caller_has_the_roles_of_the_name_they_act_under() {
    let site = Site::with("[roles]\nadmin = [\"anna\"]\nviewer = [\"mikko\"]", false).await;
    site.command("schedule \"X\" service:jira when:\"2026-12-06 16:00-20:00\"").await;
    let other = site.post("/api/v1/commands", &json!({ "text": "start MW-1", "actor": "mikko" })).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN, "{}", other.body);
}

#[tokio::test]
async fn somebody_far_away_signs_in_with_a_token_and_forms_must_come_from_the_console() {
    let site = Site::with("[server]\npublic_url = \"https://status.example.com\"", false).await;
    let token = site.token(Role::Admin).await;
    let form = |path: &str, origin: Option<&str>, cookie: &str, fields: &[(&str, &str)]| {
        let mut request = Request::builder().method("POST").uri(path).header(header::HOST, "status.example.com");
        request =
            request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").header(header::COOKIE, cookie);
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        request.body(Body::from(encoded(fields))).expect("a request")
    };
    let own = Some("https://status.example.com");
    let wrong = site.send(FAR, form("/console/sign-in", own, "", &[("token", "nope")])).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(wrong.body.contains("not known, has expired or was revoked"));
    let foreign =
        site.send(FAR, form("/console/sign-in", Some("https://evil.example"), "", &[("token", &token)])).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let signed = site.send(FAR, form("/console/sign-in", own, "", &[("token", &token)])).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER);
    let cookie = signed.header(header::SET_COOKIE).to_owned();
    for attribute in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/;"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let cookie = cookie.split(';').next().expect("a value").to_owned();
    let by_cookie = Request::builder()
        .uri("/api/v1/windows")
        .header(header::HOST, "status.example.com")
        .header(header::COOKIE, &cookie);
    let by_cookie = site.send(FAR, by_cookie.body(Body::empty()).expect("a request")).await;
    assert_eq!(by_cookie.status, StatusCode::UNAUTHORIZED, "a browser sends a cookie by itself");
    let page =
        Request::builder().uri("/console").header(header::HOST, "status.example.com").header(header::COOKIE, &cookie);
    let page = site.send(FAR, page.body(Body::empty()).expect("a request")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Signed in as <strong>admin robot</strong>"));
    let fields = [("text", "whoami")];
    assert_eq!(site.send(FAR, form("/console", own, &cookie, &fields)).await.status, StatusCode::OK);
    for origin in [None, Some("https://evil.example"), Some("null")] {
        assert_eq!(
            site.send(FAR, form("/console", origin, &cookie, &fields)).await.status,
            StatusCode::FORBIDDEN,
            "{origin:?}"
        );
    }
    let out = site.send(FAR, form("/console/sign-out", own, &cookie, &[])).await;
    assert!(out.header(header::SET_COOKIE).contains("Max-Age=0"));
}
