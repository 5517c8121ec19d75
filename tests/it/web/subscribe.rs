//! Mail for whoever asks: the form, confirming, ending it in one click, and the list for admins.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use maintbot::config::Config;
use maintbot::domain::access::Role;
use maintbot::domain::subscription::{Choice, Subscription};
use maintbot::service::subscribers::Asked;
use serde_json::json;

use super::{Answer, FAR, LOCAL, ORGANISATION, Site, config_of, encoded, local};
use crate::databases;

const FORM: &str = "application/x-www-form-urlencoded";

/// A site that can send mail, published as `https://status.example.com`.
async fn site() -> Site {
    let mut config: Config =
        config_of(&format!("[server]\npublic_url = \"https://status.example.com\"\n{ORGANISATION}"));
    config.organisation.mails = true;
    Site::of(config, false).await
}

/// A form that a browser far away sends from a page of ours.
async fn post(site: &Site, path: &str, fields: &[(&str, &str)]) -> Answer {
    post_from(site, FAR, path, Some("https://status.example.com"), encoded(fields)).await
}

async fn post_from(site: &Site, peer: &str, path: &str, origin: Option<&str>, body: String) -> Answer {
    let mut request = Request::builder().method("POST").uri(path).header(header::HOST, "status.example.com");
    if let Some(origin) = origin {
        request = request.header(header::ORIGIN, origin);
    }
    let request = request.header(header::CONTENT_TYPE, FORM).body(Body::from(body)).expect("a request");
    site.send(peer, request).await
}

/// What is stored about an address.
async fn known(site: &Site, address: &str) -> Option<Subscription> {
    let channel = format!("email:{address}").parse().expect("a channel");
    let db = databases::sqlite(&site.folder).await;
    let found = db.read(async |tx| tx.subscription_on(&channel).await).await.expect("readable");
    db.close().await;
    found
}

async fn confirmed(site: &Site, address: &str) -> String {
    post(site, "/subscribe", &[("address", address)]).await;
    let token = known(site, address).await.expect("it waits").token;
    assert_eq!(post(site, &format!("/subscribe/confirm/{token}"), &[]).await.status, StatusCode::OK);
    token
}

#[tokio::test]
async fn somebody_subscribes_confirms_and_leaves_without_scripts_or_cookies() {
    let site = site().await;
    let first = site.public("/").await;
    assert!(first.body.contains("<a href=\"/subscribe\">Subscribe</a>"), "{}", first.body);
    let form = site.public("/subscribe").await;
    assert_eq!(form.status, StatusCode::OK);
    for part in ["name=\"address\" type=\"email\"", "name=\"service\" value=\"crm\"", "name=\"region\" value=\"eu\""] {
        assert!(form.body.contains(part), "{part} in {}", form.body);
    }
    let asked =
        post(&site, "/subscribe", &[("address", "anna@example.com"), ("service", "crm"), ("region", "eu")]).await;
    assert_eq!((asked.status, asked.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/subscribe/sent"));
    assert!(site.public("/subscribe/sent").await.text().contains("Look into your mail"));

    let token = known(&site, "anna@example.com").await.expect("it waits").token;
    let link = format!("/subscribe/confirm/{token}");
    let page = site.public(&link).await;
    assert!(page.text().contains("planned maintenance of CRM, in Europe goes to anna@example.com"), "{}", page.text());
    assert!(page.text().contains(&format!("<form method=\"post\" action=\"{link}\">")), "{}", page.body);
    assert_eq!(page.header(header::CACHE_CONTROL), "no-store");
    let looked_at = known(&site, "anna@example.com").await.expect("it waits");
    assert_eq!(looked_at.since, None, "programs that follow links confirm nothing");

    let done = post(&site, &link, &[]).await;
    let leave = format!("/unsubscribe/{token}");
    assert!(done.text().contains("You are subscribed") && done.text().contains(&leave), "{}", done.body);
    assert!(post(&site, &link, &[]).await.text().contains("You are subscribed"), "the same again");

    let page = site.public(&leave).await;
    assert!(page.text().contains(&format!("<form method=\"post\" action=\"{leave}\">")), "{}", page.body);
    assert!(known(&site, "anna@example.com").await.is_some(), "programs that follow links end nothing");
    assert!(post(&site, &leave, &[]).await.text().contains("You are not subscribed"));
    assert_eq!(known(&site, "anna@example.com").await, None);
    assert_eq!(site.public(&link).await.status, StatusCode::NOT_FOUND);
    for answer in [form, asked, done] {
        assert!(answer.headers.get(header::SET_COOKIE).is_none());
    }
}

/// RFC 8058, 3.2: the mail program sends `List-Unsubscribe=One-Click`, without cookies, from nowhere in particular.
#[tokio::test]
async fn a_mail_program_ends_it_in_one_click_and_may_do_so_again() {
    let site = site().await;
    let token = confirmed(&site, "anna@example.com").await;
    let leave = format!("/unsubscribe/{token}");
    for _ in 0..2 {
        let body = "List-Unsubscribe=One-Click".to_owned();
        let answer = post_from(&site, "198.51.100.9:25", &leave, Some("https://mail.example.net"), body).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(known(&site, "anna@example.com").await, None);
    }
    let body = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
    let token = confirmed(&site, "ben@example.com").await;
    let request = Request::builder().method("POST").uri(format!("/unsubscribe/{token}"));
    let request = request
        .header(header::HOST, "status.example.com")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
    let answer = site.send(FAR, request.body(Body::from(body)).expect("a request")).await;
    assert_eq!((answer.status, known(&site, "ben@example.com").await), (StatusCode::OK, None));
}

#[tokio::test]
async fn no_answer_tells_whether_an_address_is_known() {
    let site = site().await;
    confirmed(&site, "anna@example.com").await;
    let fields = |address| [("address", address), ("service", "crm")];
    let known = post(&site, "/subscribe", &fields("anna@example.com")).await;
    let again = post(&site, "/subscribe", &fields("anna@example.com")).await;
    let new = post(&site, "/subscribe", &fields("ben@example.com")).await;
    for answer in [&known, &again] {
        assert_eq!((answer.status, &answer.headers, &answer.body), (new.status, &new.headers, &new.body));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_form_is_said_and_what_was_filled_in_stays() {
    let site = site().await;
    for address in [
        "",
        "anna",
        "anna@example.com\r\nBcc: x@y.example",
        "\"a b\"@example.com",
        "anna@example.com, ben@example.com",
        "<script>alert(1)</script>@example.com",
        "a@b@example.com",
    ] {
        let answer = post(&site, "/subscribe", &[("address", address), ("service", "crm")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{address}");
        assert!(answer.text().contains("This is not an address of mail."), "{address}");
        assert!(answer.body.contains("value=\"crm\" checked"), "{address}: {}", answer.body);
        assert!(!answer.body.contains("<script>alert"), "{}", answer.body);
    }
    // What is not offered counts for nothing.
    post(
        &site,
        "/subscribe",
        &[("address", "anna@example.com"), ("service", "nothing"), ("service", "crm"), ("x", "y")],
    )
    .await;
    let wish = known(&site, "anna@example.com").await.and_then(|s| s.wish).expect("it waits");
    assert_eq!((wish.choice.services, wish.choice.regions), (vec!["crm".to_owned()], vec![]));
    let both = [("address", "ben@example.com"), ("service", "crm"), ("service", "mail"), ("service", "crm")];
    post(&site, "/subscribe", &both).await;
    let wish = known(&site, "ben@example.com").await.and_then(|s| s.wish).expect("it waits");
    assert_eq!(wish.choice.services, [""; 0], "who ticks all of them also wants those to come");
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_and_so_is_what_is_no_form() {
    let site = site().await;
    let body = encoded(&[("address", "anna@example.com")]);
    for origin in ["https://evil.example", "null"] {
        let answer = post_from(&site, FAR, "/subscribe", Some(origin), body.clone()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin}");
    }
    let request = Request::builder().method("POST").uri("/subscribe").header(header::HOST, "status.example.com");
    let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from("{}")).expect("a request");
    assert_eq!(site.send(FAR, request).await.status, StatusCode::BAD_REQUEST);
    let long = format!("address={}", "a".repeat(100_000));
    let answer = post_from(&site, FAR, "/subscribe", None, long).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(known(&site, "anna@example.com").await, None);
}

#[tokio::test]
async fn ten_thousand_forms_of_one_caller_are_turned_away_after_the_first_ones() {
    let site = site().await;
    let mut taken = 0;
    for n in 0..10_000 {
        let body = encoded(&[("address", &format!("{n}@example.com"))]);
        let answer = post_from(&site, "198.51.100.9:4000", "/subscribe", None, body).await;
        match answer.status {
            StatusCode::SEE_OTHER => taken += 1,
            other => assert_eq!(other, StatusCode::TOO_MANY_REQUESTS),
        }
    }
    assert_eq!(taken, 20);
    let answer = post(&site, "/subscribe", &[("address", "anna@example.com")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "others are not kept waiting");
}

#[tokio::test]
async fn a_token_that_was_never_given_opens_nothing() {
    let site = site().await;
    confirmed(&site, "anna@example.com").await;
    for token in ["", "x", &"0".repeat(64), &"g".repeat(64), &"0".repeat(5_000), "..%2f..%2f", "%00", "'; DROP TABLE x"]
    {
        let token = token.replace(' ', "%20");
        for path in [format!("/subscribe/confirm/{token}"), format!("/unsubscribe/{token}")] {
            assert_eq!(site.public(&path).await.status, StatusCode::NOT_FOUND, "{path}");
            let body = "List-Unsubscribe=One-Click".to_owned();
            let status = post_from(&site, FAR, &path, None, body).await.status;
            let fine = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&status)
                || (status == StatusCode::OK && token.len() == 64);
            assert!(fine, "{path}: {status}");
        }
    }
    assert!(known(&site, "anna@example.com").await.is_some_and(|s| s.since.is_some()));
}

#[tokio::test]
async fn without_mail_nothing_of_it_is_offered() {
    let site = Site::with(ORGANISATION, false).await;
    assert!(!site.public("/").await.body.contains("/subscribe"));
    for path in ["/subscribe", "/subscribe/sent"] {
        assert_eq!(site.public(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let answer = post(&site, "/subscribe", &[("address", "anna@example.com")]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn admins_list_and_end_subscriptions_over_the_api_and_nobody_else_sees_addresses() {
    let site = site().await;
    confirmed(&site, "anna@example.com").await;
    site.command("/maintenance subscribe to:builtin:team service:crm regions:eu").await;
    let ben = "ben@example.com".parse().expect("an address");
    assert_eq!(site.service.ask_to_subscribe(&ben, &Choice::default()).await.expect("stored"), Asked::Heard);

    let listed = site.get("/api/v1/subscriptions?limit=1").await.json();
    let one = json!({
        "id": "SB-1", "channel": "email:anna@example.com", "services": [], "regions": [], "created_by": "a reader",
        "created_at": "2026-11-20T10:00:00Z", "since": "2026-11-20T10:00:00Z",
    });
    assert_eq!(listed, json!({ "items": [one], "next": "SB-1" }));
    let listed = site.get("/api/v1/subscriptions?cursor=SB-1").await.json();
    assert_eq!(listed["items"].as_array().expect("items").len(), 1, "who has not confirmed is not listed");
    assert_eq!((&listed["items"][0]["channel"], &listed["next"]), (&json!("builtin:team"), &json!(null)));

    let engineer = site.token(Role::Engineer).await;
    for (method, path) in [("GET", "/api/v1/subscriptions"), ("DELETE", "/api/v1/subscriptions/SB-1")] {
        assert_eq!(site.send(FAR, local(method, path).body(Body::empty()).expect("a request")).await.status, 401);
        let request = local(method, path).header(header::AUTHORIZATION, format!("Bearer {engineer}"));
        let answer = site.send(FAR, request.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    let remove = async |id: &str| {
        let request = local("DELETE", &format!("/api/v1/subscriptions/{id}"));
        site.send(LOCAL, request.body(Body::empty()).expect("a request")).await.status
    };
    assert_eq!(remove("SB-1").await, StatusCode::NO_CONTENT);
    assert_eq!(remove("SB-1").await, StatusCode::NOT_FOUND);
    assert_eq!(remove("x").await, StatusCode::NOT_FOUND);
    assert_eq!(known(&site, "anna@example.com").await, None);
}
