//! Who asked for mail ends it by the very address that the mail names for that (RFC 8058); who is in the configuration is
//! offered no such thing.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use maintbot::domain::subscription::Choice;
use maintbot::web::{self, Web};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::{Desk, JIRA, PLAIN, config, one, smtp};
use crate::bot::Bot;
use crate::fake::smtp::{Office, judged};

const LIST: &str = "ce@customer.example";
const READER: &str = "anna@reader.example";
/// Where the organisation's pages are.
const HOME: &str = "https://maint.example.com";

/// What somebody far away posts to an address of ours, without cookies and from no page in particular.
async fn post(bot: &Bot, url: &str, kind: &str, body: &str) -> (StatusCode, String) {
    let path = url.strip_prefix(HOME).unwrap_or_else(|| panic!("{url} is not ours"));
    let web = Web { service: bot.parts.service.clone(), mover: None, stop: CancellationToken::new() };
    let request = Request::builder().method("POST").uri(path).header(header::HOST, "maint.example.com");
    let mut request = request.header(header::CONTENT_TYPE, kind).body(Body::from(body.to_owned())).expect("a request");
    request.extensions_mut().insert(ConnectInfo("203.0.113.7:50000".parse::<SocketAddr>().expect("an address")));
    let response = web::router(web, Router::new()).oneshot(request).await.expect("an answer");
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// One click (RFC 8058, 3.1: the field of `List-Unsubscribe-Post`; 3.2: as a form in parts).
async fn one_click(bot: &Bot, url: &str, field: &str) -> StatusCode {
    let (name, value) = field.split_once('=').expect("name and value");
    let part = format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let body = format!("--x\r\n{part}--x--\r\n");
    post(bot, url, "multipart/form-data; boundary=x", &body).await.0
}

/// The list of the configuration, and a reader who asked for mail and confirmed by the link of the mail that came.
async fn desk() -> Desk {
    let office = Office::open(PLAIN);
    let service = "[[service]]\nid = \"jira\"\nname = \"Jira\"\n";
    let config = config(&smtp(&office, PLAIN, ""), &[LIST], service);
    let desk = Desk::with(office, config, "2026-11-22 09:00").await;
    let bot = &desk.bot;
    let address = READER.parse().expect("an address");
    bot.parts.service.ask_to_subscribe(&address, &Choice::default()).await.expect("stored");
    bot.settle().await;
    let confirm = judged(&[one(desk.office.taken_by(READER))]).remove(0);
    assert_eq!(links(&confirm).len(), 1, "{confirm}");
    let (status, _) = post(bot, &links(&confirm)[0], "application/x-www-form-urlencoded", "").await;
    assert_eq!(status, StatusCode::OK);
    desk
}

fn links(mail: &Value) -> Vec<String> {
    let links = mail["page"]["links"].as_array().expect("links").iter();
    links.map(|to| to.as_str().expect("an address").to_owned()).collect()
}

#[tokio::test]
async fn the_address_in_a_mail_ends_it_in_one_click_and_nothing_more_is_sent() {
    let desk = desk().await;
    let bot = &desk.bot;
    bot.say("ben", JIRA).await;
    let announced = judged(&[desk.office.taken_by(READER).remove(1)]).remove(0);
    let header = |name: &str| announced["headers"][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(header("subject"), "[MW-1] Planned maintenance: Jira 10.3 upgrade");
    assert_eq!(header("list-unsubscribe-post"), "List-Unsubscribe=One-Click");
    let url = header("list-unsubscribe");
    let url = url.strip_prefix('<').and_then(|url| url.strip_suffix('>')).unwrap_or_else(|| panic!("{url}"));
    assert!(url.starts_with("https://maint.example.com/unsubscribe/"), "{url}");
    assert!(links(&announced).contains(&url.to_owned()), "also for people: {announced}");
    let plain = announced["plain"].as_str().expect("text");
    assert!(
        plain.ends_with(&format!(
            "-- \nYou get this because {READER} asked to be told of planned\nmaintenance at Example Cloud.\n\
             To get no more of these:\n{url}\n"
        )),
        "{plain}"
    );

    bot.type_only("ben", "/maintenance note MW-1 \"The vendor is ready\"").await;
    assert_eq!(one_click(bot, url, &header("list-unsubscribe-post")).await, StatusCode::OK);
    bot.at("2026-12-06 10:00").await;
    bot.say("ben", "/maintenance cancel MW-1 reason:\"Not needed\"").await;

    assert_eq!(desk.office.taken_by(READER).len(), 2, "{:?}", desk.subjects(READER));
    let rows = desk.rows(1, READER).await;
    assert_eq!(rows[0], "announcement sent");
    for row in ["note skipped unsubscribed", "reminder skipped unsubscribed"] {
        assert!(rows.contains(&row.to_owned()), "{rows:?}");
    }
    assert!(rows[1..].iter().all(|row| row.ends_with(" skipped unsubscribed")), "{rows:?}");
    assert_eq!(
        one_click(bot, url, &header("list-unsubscribe-post")).await,
        StatusCode::OK,
        "again, and it is the same"
    );
    let heard = desk.subjects(LIST);
    assert!(heard.iter().any(|subject| subject.starts_with("[MW-1] Reminder")), "the list hears all: {heard:?}");
    desk.finish(&[]).await;
}

#[tokio::test]
async fn who_is_in_the_configuration_and_who_has_to_confirm_are_not_offered_to_end_it() {
    let desk = desk().await;
    desk.bot.say("ben", JIRA).await;
    let [to_list, to_confirm] = [LIST, READER].map(|to| judged(&[desk.office.taken_by(to).remove(0)]).remove(0));
    assert_eq!(to_list["headers"]["subject"], "[MW-1] Planned maintenance: Jira 10.3 upgrade");
    assert_eq!(to_list["headers"]["list-id"], "<customers.maintbot.example.com>");
    assert_eq!(to_confirm["headers"]["list-id"], Value::Null);
    for mail in [&to_list, &to_confirm] {
        for name in ["list-unsubscribe", "list-unsubscribe-post"] {
            assert_eq!(mail["headers"][name], Value::Null, "{mail}");
        }
        assert!(links(mail).iter().all(|to| !to.contains("unsubscribe")), "{mail}");
    }
    let why = |mail: &Value| mail["plain"].as_str().and_then(|text| text.split("-- \n").nth(1)).map(str::to_owned);
    let unfolded = |mail: &Value| why(mail).map(|text| text.replace('\n', " "));
    let list = format!("You get this because {LIST} is told of planned maintenance at Example Cloud. ");
    assert_eq!(unfolded(&to_list), Some(list));
    let stranger = format!("You get this because somebody asked Example Cloud for mail to {READER}. ");
    assert_eq!(unfolded(&to_confirm), Some(stranger));
    desk.finish(&[]).await;
}
