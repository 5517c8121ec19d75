//! Plans, series, freezes and customers over the API, and what windows and commands say of planning.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::api::names;
use super::{FINE, ORGANISATION, SHORT, Site};

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().expect("items").iter().map(|item| item["id"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn a_window_says_what_it_belongs_to_and_what_it_waits_for() {
    let site = Site::with(ORGANISATION, false).await;
    site.command("plan new \"Upgrade\"").await;
    site.command(
        "schedule \"Both\" service:crm,mail when:\"2026-12-20 14:00-16:00\" downtime:\"10m-15m per:tenant\" \
         downtime.mail:1h category:security rollback:snapshot customers:ACME link:https://example.com/x plan:PL-1",
    )
    .await;
    site.command("qa add MW-1 \"Why?\" \"Because\"").await;
    let window = site.get("/api/v1/windows/MW-1").await.json();
    let expected = json!({
        "plan": "PL-1", "phase": { "number": 1, "of": 1 }, "series": null, "occurrence": null, "detached": false,
        "expected_downtime_s": 900, "expected_downtime_least_s": 600, "downtime_per": "tenant",
        "downtimes": { "mail": { "expected_downtime_s": 3600, "expected_downtime_least_s": 3600, "downtime_per": null } },
        "actual_downtime_s": null, "published": null, "request": null, "short_notice": false, "rollback": "snapshot",
        "customers": ["ACME"], "links": ["https://example.com/x"], "category": "security",
        "told": [{ "customer": "ACME", "owner": "anna", "told_by": null, "told_at": null }],
        "qa": [{ "number": 1, "question": "Why?", "answer": "Because" }],
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(window.get(name), Some(value), "{name}");
    }
    assert_eq!(site.get("/api/v1/windows").await.json()["items"][0], window, "lists say the same");
}

#[tokio::test]
async fn what_waits_for_approval_says_why_and_until_when() {
    let site = Site::with(ORGANISATION, false).await;
    let asked = site.command(SHORT).await;
    let finding = &asked["findings"][0];
    assert_eq!((&finding["finding"], &finding["weight"]), (&json!("short_notice"), &json!("needs_approval")));
    assert!(finding["text"].as_str().expect("text").starts_with("It is short notice"), "{finding}");
    let window = site.get("/api/v1/windows/MW-1").await.json();
    assert_eq!(window["short_notice"], true);
    let request = &window["request"];
    assert_eq!(names(request), ["at", "by", "expires_at", "findings", "reason", "sequence"]);
    assert_eq!(request["findings"][0], *finding);
    assert_eq!(
        (&request["by"], &request["reason"], &request["expires_at"]),
        (&json!("anna"), &json!("a fix is out"), &json!("2026-11-21T12:00:00Z"))
    );
    assert_eq!(ids(&site.get("/api/v1/windows?state=pending").await.json()), ["MW-1"]);
    assert!(ids(&site.get("/api/v1/windows?state=scheduled").await.json()).is_empty());
}

#[tokio::test]
async fn a_dry_run_says_what_speaks_against_it_and_what_would_be_owed() {
    let site = Site::with(ORGANISATION, false).await;
    let tried = site.command(&format!("{SHORT} --dry-run")).await;
    assert_eq!((&tried["windows"], &tried["subject"]), (&json!([]), &Value::Null));
    assert_eq!(tried["findings"][0]["weight"], "needs_approval", "{tried}");
    assert_eq!(tried["deliveries"][0]["message"], "approval_request");
    let silent = json!({ "text": SHORT.replace("reason:", "impact:"), "actor": "anna" });
    let refused = site.post("/api/v1/commands", &silent).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "without a reason");
}

#[tokio::test]
async fn suggest_answers_slots() {
    let site = Site::with(ORGANISATION, false).await;
    let found = site.command("suggest service:crm duration:2h before:2026-12-20").await;
    let slots = found["slots"].as_array().expect("slots");
    assert!((2..=10).contains(&slots.len()), "{found}");
    for slot in slots {
        assert_eq!(names(slot), ["ends_at", "starts_at", "why"]);
        assert!(slot["starts_at"].as_str().expect("a time").ends_with('Z'));
        assert!(!slot["why"].as_array().expect("reasons").is_empty());
    }
    assert!(found.get("deliveries").is_none());
}

#[tokio::test]
async fn plans_are_listed_newest_first_and_paged() {
    let site = Site::with(ORGANISATION, false).await;
    for title in ["One", "Two", "Three"] {
        assert!(site.command(&format!("plan new \"{title}\"")).await["subject"].is_string());
    }
    site.command(&format!("{FINE} plan:PL-3")).await;
    site.command("plan publish PL-3").await;
    site.command("hold PL-3 reason:\"wait\"").await;
    let page = site.get("/api/v1/plans?limit=2").await.json();
    assert_eq!((ids(&page), &page["next"]), (vec!["PL-3", "PL-2"], &json!("PL-2")));
    let rest = site.get("/api/v1/plans?limit=2&cursor=PL-2").await.json();
    assert_eq!((ids(&rest), &rest["next"]), (vec!["PL-1"], &Value::Null));
    let plan = site.get("/api/v1/plans/PL-3").await.json();
    assert_eq!(plan, page["items"][0]);
    let expected =
        ["created_at", "held", "id", "phases", "published_at", "qa", "requester", "sequence", "state", "title", "url"];
    assert_eq!(names(&plan), expected);
    assert_eq!(plan["held"], json!({ "by": "anna", "at": "2026-11-20T10:00:00Z", "reason": "wait" }));
    let phase = &plan["phases"][0];
    assert_eq!(
        (&phase["number"], &phase["window"], &phase["on_hold"], &phase["expected_downtime_s"]),
        (&json!(1), &json!("MW-1"), &json!(true), &json!(900))
    );
    assert_eq!(ids(&site.get("/api/v1/windows?plan=PL-3").await.json()), ["MW-1"]);
    assert!(ids(&site.get("/api/v1/windows?plan=PL-1").await.json()).is_empty());
    for wrong in ["limit=0", "cursor=MW-1", "cursor=2", "state=draft"] {
        assert_eq!(site.get(&format!("/api/v1/plans?{wrong}")).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    for path in ["/api/v1/plans/PL-9", "/api/v1/plans/pl-1", "/api/v1/plans/MW-1", "/api/v1/plans/PL-9/deliveries"] {
        assert_eq!(site.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_ledger_of_a_plan_is_about_the_plan() {
    let site = Site::with(ORGANISATION, false).await;
    site.command("plan new \"Upgrade\"").await;
    site.command(&format!("{FINE} plan:PL-1")).await;
    site.command("plan publish PL-1").await;
    let rows = site.get("/api/v1/plans/PL-1/deliveries").await.json();
    let announcement = rows["items"].as_array().expect("rows").iter().find(|row| row["message"] == "announcement");
    let announcement = announcement.expect("an announcement of the plan");
    assert_eq!((&announcement["subject"], &announcement["window"]), (&json!("PL-1"), &json!("")));
}

#[tokio::test]
async fn series_are_listed_with_their_windows_apart() {
    let site = Site::with(ORGANISATION, false).await;
    site.command("series \"Monthly break\" service:mail every:\"second sunday of month 16:00 for 4h\" poc:@mikko")
        .await;
    site.command("series \"Weekly break\" service:crm every:\"every week on sunday 02:00 for 1h\" poc:@mikko").await;
    assert_eq!(ids(&site.get("/api/v1/series").await.json()), ["SR-2", "SR-1"]);
    assert_eq!(ids(&site.get("/api/v1/series?limit=1&cursor=SR-2").await.json()), ["SR-1"]);
    let series = site.get("/api/v1/series/SR-1").await.json();
    assert_eq!(series["recurs"], "second Sunday of every month at 16:00, for 4h (Europe/Helsinki)");
    assert_eq!(
        (&series["length_s"], &series["time_zone"], &series["services"]),
        (&json!(14400), &json!("Europe/Helsinki"), &json!(["mail"]))
    );
    let first = &series["windows"][0];
    assert_eq!(
        (&first["window"], &first["occurrence"], &first["starts_at"]),
        (&json!("MW-1"), &json!("2026-12-13T16:00:00"), &json!("2026-12-13T14:00:00Z"))
    );
    let window = site.get("/api/v1/windows/MW-1").await.json();
    assert_eq!((&window["series"], &window["occurrence"]), (&json!("SR-1"), &json!("2026-12-13T16:00:00")));
    let own = site.get("/api/v1/windows?series=SR-1&limit=500").await.json();
    assert_eq!(own["items"].as_array().map(Vec::len), series["windows"].as_array().map(Vec::len));
    assert_eq!(site.get("/api/v1/windows?series=none").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.get("/api/v1/series/SR-9").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn freezes_and_customers_are_listed_and_paged() {
    let site = Site::with(ORGANISATION, false).await;
    for (title, month) in [("Later", "03"), ("Sooner", "02")] {
        site.command(&format!("freeze add \"{title}\" from:2027-{month}-01 to:2027-{month}-14 service:crm")).await;
    }
    let first = site.get("/api/v1/freezes?limit=1").await.json();
    assert_eq!((ids(&first), &first["next"]), (vec!["FR-2"], &json!("FR-2")));
    assert_eq!(ids(&site.get("/api/v1/freezes?limit=1&cursor=FR-2").await.json()), ["FR-1"]);
    let expected = json!({ "id": "FR-2", "title": "Sooner", "from": "2027-02-01", "to": "2027-02-14",
        "time_zone": "Europe/Helsinki", "services": ["crm"], "regions": [], "kinds": [], "by": "anna",
        "created_at": "2026-11-20T10:00:00Z" });
    assert_eq!(first["items"][0], expected);
    let customers = site.get("/api/v1/customers?limit=1").await.json();
    let acme = json!({ "id": "ACME", "name": "Acme Corp", "services": ["crm"], "regions": [],
        "contacts": ["ops@acme.example"], "owner": "anna" });
    assert_eq!((&customers["items"], &customers["next"]), (&json!([acme]), &json!("ACME")));
    assert_eq!(ids(&site.get("/api/v1/customers?cursor=ACME").await.json()), ["GLOBEX"]);
}
