//! Security advisories over the API, on the public pages and in the console.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use maintbot::domain::access::Role;

use super::{Answer, FAR, ORGANISATION, Site};

const EMBARGOED: &str = "advisory \"OpenSSL <b>\" id:CVE-2026-1 severity:critical disposition:mitigated service:crm \
                         details:\"heap overflow\" public:\"Filtered.\" publish:\"2026-12-01 14:00\"";

async fn as_token(site: &Site, token: &str, path: &str) -> Answer {
    let request = Request::builder().uri(path).header(header::HOST, "status.example.com");
    let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    site.send(FAR, request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn an_embargo_holds_for_tokens_that_only_read_and_staff_see_the_details() {
    let site = Site::with(ORGANISATION, false).await;
    let done = site.command(EMBARGOED).await;
    assert_eq!(done["subject"], "AD-1");
    let (viewer, engineer) = (site.token(Role::Viewer).await, site.token(Role::Engineer).await);
    for path in ["/api/v1/advisories/AD-1", "/api/v1/advisories/AD-1/deliveries", "/console/advisories/AD-1"] {
        assert_eq!(as_token(&site, &viewer, path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(as_token(&site, &engineer, path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(as_token(&site, &viewer, "/api/v1/advisories").await.json()["items"].as_array().map(Vec::len), Some(0));
    let one = as_token(&site, &engineer, "/api/v1/advisories").await.json()["items"][0].clone();
    assert_eq!((&one["details"], &one["is_public"]), (&"heap overflow".into(), &false.into()), "{one}");
    assert_eq!(one["fixes"][0]["service"], "crm");

    site.command("advisory publish AD-1").await;
    let one = as_token(&site, &viewer, "/api/v1/advisories/AD-1").await.json();
    assert_eq!((&one["public"], &one["ids"][0]), (&"Filtered.".into(), &"CVE-2026-1".into()));
    assert!(one.get("details").is_none() && one.get("requester").is_none(), "{one}");
}

#[tokio::test]
async fn the_page_of_an_advisory_is_missing_under_embargo_and_leads_staff_on() {
    let site = Site::with(ORGANISATION, false).await;
    site.command(EMBARGOED).await;
    assert_eq!(site.public("/advisories/AD-1").await.text(), site.public("/advisories/AD-9").await.text());
    let led = site.get("/advisories/AD-1").await;
    assert_eq!((led.status, led.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/console/advisories/AD-1"));
    let staff = site.get("/console/advisories/AD-1").await;
    assert!(staff.text().contains("heap overflow") && !staff.body.contains("<b>"), "{}", staff.body);
    let board = site.get("/console").await.text();
    assert!(board.contains("under embargo until"), "{board}");

    site.command("advisory publish AD-1").await;
    let page = site.public("/advisories/AD-1").await;
    assert_eq!(page.status, StatusCode::OK);
    let text = page.text();
    assert!(text.contains("OpenSSL <b> (CVE-2026-1)") && text.contains("Filtered.") && !page.body.contains("<b>"));
    assert!(text.contains("The permanent fix for CRM goes into the next break; none is planned yet."), "{text}");
    assert!(!text.contains("heap overflow") && !text.contains("anna"), "{text}");
    let first = site.public("/").await.text();
    assert!(first.contains("Security advisories") && first.contains("<a href=\"/advisories/AD-1\">"), "{first}");

    site.command("advisory withdraw AD-1 reason:\"wrong product\"").await;
    let text = site.public("/advisories/AD-1").await.text();
    assert!(text.contains("was taken back. Reason: wrong product"), "{text}");
    assert!(!site.public("/").await.text().contains("Security advisories"));
}
