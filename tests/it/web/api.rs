//! The API's status codes and names.

use axum::body::Body;
use axum::http::{StatusCode, header};
use serde_json::{Value, json};

use super::{LOCAL, Site, local};

pub(super) fn names(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_command_that_is_done_answers_its_text_and_windows() {
    let site = Site::new().await;
    let done =
        site.command("/maintenance schedule \"Jira\" service:jira when:\"2026-12-06 16:00-20:00\" poc:@mikko").await;
    assert_eq!(done["windows"], json!(["MW-1"]));
    assert!(done["warnings"].is_array() && done.get("deliveries").is_none() && done.get("slots").is_none(), "{done}");
    assert_eq!((&done["subject"], &done["findings"]), (&json!("MW-1"), &json!([])));
    assert!(done["text"].as_str().expect("text").starts_with("MW-1"), "{done}");
}

#[tokio::test]
async fn a_dry_run_answers_the_planned_ledger_and_stores_nothing() {
    let site = Site::new().await;
    let tried =
        site.command("/maintenance schedule \"Jira\" service:jira when:\"2026-12-06 16:00-20:00\" --dry-run").await;
    assert_eq!(tried["windows"], json!([]));
    let first = &tried["deliveries"][0];
    assert_eq!(names(first), ["audience", "channel", "class", "due_at", "lead", "message", "occasion", "reason"]);
    assert!(first["due_at"].as_str().expect("a time").ends_with('Z'));
    assert_eq!(site.get("/api/v1/windows/MW-1").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_refusal_says_what_where_and_what_would_work() {
    let site = Site::new().await;
    let answer = site.post("/api/v1/commands", &json!({ "text": "/maintenance schedul \"Jira\"" })).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["status"], 422);
    assert_eq!(problem["position"], 13);
    for name in ["type", "title", "detail", "hint", "text"] {
        assert!(problem[name].is_string(), "{name}: {problem}");
    }
    assert!(problem["text"].as_str().expect("text").contains('^'), "{problem}");
}

#[tokio::test]
async fn what_is_not_a_command_is_refused_with_a_problem_that_names_it() {
    let site = Site::new().await;
    let unknown = site.post("/api/v1/commands", &json!({ "text": "help", "colour": "red" })).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unknown.json()["detail"].as_str().expect("detail").contains("colour"));
    let send = |kind: &'static str, body: String| {
        local("POST", "/api/v1/commands").header(header::CONTENT_TYPE, kind).body(Body::from(body)).expect("a request")
    };
    let cases = [
        ("text/plain", "{\"text\":\"help\"}".to_owned(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/x-www-form-urlencoded", "text=help".to_owned(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/json", "{".to_owned(), StatusCode::BAD_REQUEST),
        ("application/json", "[]".to_owned(), StatusCode::UNPROCESSABLE_ENTITY),
        ("application/json", "{}".to_owned(), StatusCode::UNPROCESSABLE_ENTITY),
        ("application/json", json!({ "text": "x".repeat(70_000) }).to_string(), StatusCode::PAYLOAD_TOO_LARGE),
    ];
    for (kind, body, status) in cases {
        let what = format!("{kind} {}", &body[..body.len().min(40)]);
        let answer = site.send(LOCAL, send(kind, body)).await;
        assert_eq!(answer.status, status, "{what}");
        assert_eq!(answer.json()["status"], status.as_u16(), "{what}");
    }
}

#[tokio::test]
async fn the_same_key_gets_the_first_answer_again() {
    let site = Site::new().await;
    let send = |key: &'static str| {
        let body =
            json!({ "text": "schedule \"Jira\" service:jira when:\"2026-12-06 16:00-20:00\" kind:no_downtime --again" })
                .to_string();
        let request = local("POST", "/api/v1/commands").header(header::CONTENT_TYPE, "application/json");
        request.header("Idempotency-Key", key).body(Body::from(body)).expect("a request")
    };
    let first = site.send(LOCAL, send("k-1")).await.json();
    assert_eq!(site.send(LOCAL, send("k-1")).await.json(), first);
    assert_eq!(site.send(LOCAL, send("k-2")).await.json()["windows"], json!(["MW-2"]));
    assert_eq!(site.send(LOCAL, send("two words")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.send(LOCAL, send("")).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_window_has_every_name_of_the_contract() {
    let site = Site::new().await;
    site.window().await;
    site.command("/maintenance done MW-1 1").await;
    let window = site.get("/api/v1/windows/MW-1").await.json();
    let expected = json!({
        "id": "MW-1", "title": "Jira 10.3 upgrade", "state": "scheduled", "outcome": null, "kind": "scheduled",
        "services": ["jira"], "regions": [], "environment": "production", "starts_at": "2026-12-06T14:00:00Z",
        "ends_at": "2026-12-06T18:00:00Z", "time_zone": "Europe/Helsinki", "expected_downtime_s": 3600,
        "impact": "Jira is unavailable", "poc": "mikko", "requester": "anna", "sequence": 0, "plan": null, "series": null,
        "actual_start": null, "actual_end": null,
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(window.get(name), Some(value), "{name}");
    }
    let item = &window["change_items"][0];
    let done = json!({ "number": 1, "text": "Jira to 10.3.2", "kind": "upgrade", "done": true, "done_by": "anna",
        "done_at": "2026-11-20T10:00:00Z", "assignee": null });
    for (name, value) in done.as_object().expect("an object") {
        assert_eq!(item.get(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn windows_are_listed_by_start_and_paged_by_cursor() {
    let site = Site::new().await;
    for (title, day) in [("Third", "08"), ("First", "06"), ("Second", "07")] {
        site.command(&format!("schedule \"{title}\" service:s{day} when:\"2026-12-{day} 16:00-20:00\"")).await;
    }
    let titles = |page: &Value| {
        page["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|w| w["title"].as_str().expect("a title").to_owned())
            .collect::<Vec<_>>()
    };
    let all = site.get("/api/v1/windows").await.json();
    assert_eq!(titles(&all), ["First", "Second", "Third"]);
    assert_eq!(all["next"], Value::Null);
    let first = site.get("/api/v1/windows?limit=2").await.json();
    assert_eq!(titles(&first), ["First", "Second"]);
    let next = first["next"].as_str().expect("a cursor");
    let rest = site.get(&format!("/api/v1/windows?limit=2&cursor={next}")).await.json();
    assert_eq!((titles(&rest), &rest["next"]), (vec!["Third".to_owned()], &Value::Null));
    assert_eq!(titles(&site.get("/api/v1/windows?service=s07&state=scheduled,pending").await.json()), ["Second"]);
    let between = "/api/v1/windows?from=2026-12-07T00:00:00Z&to=2026-12-08T00:00:00Z";
    assert_eq!(titles(&site.get(between).await.json()), ["Second"]);
    for wrong in ["limit=0", "limit=501", "state=asleep", "from=yesterday", "cursor=x", "colour=red", "limit=1&limit=2"]
    {
        let answer = site.get(&format!("/api/v1/windows?{wrong}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
        let name = wrong.split('=').next().expect("a name");
        assert!(answer.json()["detail"].as_str().expect("detail").contains(name), "{wrong}: {}", answer.body);
    }
}

#[tokio::test]
async fn the_ledger_of_a_window_has_every_name_of_the_contract() {
    let site = Site::new().await;
    site.window().await;
    let answer = site.get("/api/v1/windows/MW-1/deliveries").await.json();
    assert_eq!(answer["next"], Value::Null);
    let expected = [
        "attempts",
        "audience",
        "channel",
        "class",
        "due_at",
        "id",
        "lead",
        "message",
        "note",
        "occasion",
        "reason",
        "remote_id",
        "sent_at",
        "sequence",
        "state",
        "subject",
        "window",
    ];
    assert_eq!(names(&answer["items"][0]), expected);
    assert_eq!((&answer["items"][0]["window"], &answer["items"][0]["subject"]), (&json!("MW-1"), &json!("MW-1")));
    assert_eq!(site.get("/api/v1/windows/MW-9/deliveries").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn ids_are_read_strictly_and_unknown_addresses_are_problems() {
    let site = Site::new().await;
    site.window().await;
    for path in [
        "/api/v1/windows/mw-1",
        "/api/v1/windows/MW-01",
        "/api/v1/windows/1",
        "/api/v1/windows/MW-1%20",
        "/api/v2/x",
        "/api",
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json", "{path}");
    }
    let method = site.post("/api/v1/windows", &json!({})).await;
    assert_eq!(method.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(method.header(header::CONTENT_TYPE), "application/problem+json");
}

#[tokio::test]
async fn built_in_channels_answer_their_posts() {
    let site = Site::new().await;
    assert_eq!(site.get("/api/v1/builtin/channels").await.json(), json!({ "items": [], "next": null }));
    assert_eq!(
        site.get("/api/v1/builtin/channels/maintenance/posts").await.json(),
        json!({ "items": [], "next": null })
    );
    assert_eq!(site.get("/api/v1/builtin/channels/a%20b/posts").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_a_demo_has_a_clock_and_it_only_goes_forward() {
    let without = Site::new().await;
    assert_eq!(without.get("/api/v1/clock").await.status, StatusCode::NOT_FOUND);
    assert_eq!(without.post("/api/v1/clock", &json!({ "by": "1h" })).await.status, StatusCode::NOT_FOUND);
    let site = Site::with("", true).await;
    assert_eq!(site.get("/api/v1/clock").await.json(), json!({ "now": "2026-11-20T10:00:00Z" }));
    let moved = site.post("/api/v1/clock", &json!({ "by": "3d" })).await;
    assert_eq!(moved.json(), json!({ "now": "2026-11-23T10:00:00Z" }));
    let moved = site.post("/api/v1/clock", &json!({ "to": "2026-12-06T16:00:00+02:00" })).await;
    assert_eq!(moved.json(), json!({ "now": "2026-12-06T14:00:00Z" }));
    let wrong = [
        json!({ "to": "2026-12-06T13:59:59Z" }),
        json!({ "to": "2028-12-06T14:00:00Z" }),
        json!({ "to": "soon" }),
        json!({ "by": "-1h" }),
        json!({ "by": "1h", "to": "2026-12-07T14:00:00Z" }),
        json!({}),
        json!({ "at": "1h" }),
    ];
    for body in wrong {
        assert_eq!(site.post("/api/v1/clock", &body).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
}

#[tokio::test]
async fn health_and_readiness_answer_without_a_token() {
    let site = Site::new().await;
    assert_eq!(site.get("/healthz").await.body, "ok");
    let ready = site.get("/readyz").await;
    assert_eq!((ready.status, ready.json()["status"].clone()), (StatusCode::OK, json!("ready")));
}

#[tokio::test]
async fn every_verb_is_in_the_catalogue() {
    let site = Site::new().await;
    let verbs = site.get("/api/v1/catalogue").await.json()["verbs"].clone();
    assert!(verbs.as_array().expect("verbs").iter().any(|verb| verb["name"] == "schedule"));
}
