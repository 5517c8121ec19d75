//! GitHub's limits, kept ahead of time and obeyed when GitHub names them.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{CRM, Hears, Hub};
use crate::bot::utc;
use crate::fake::github::state::Request;
use crate::fake::github::{Fault, Matching};

const WINDOWS: i64 = 120;
const AT: &str = "2026-12-01 09:00";

/// A window far ahead with one item.
fn schedule(n: i64) -> String {
    format!(
        "/maintenance schedule \"Life {n}\" service:life-{n} when:\"2026-12-20 14:00-16:00\" poc:@anna item:\"One\""
    )
}

/// Requests with the token of the installation, the only kind that its limits are about.
fn of_the_installation(hub: &Hub) -> Vec<Request> {
    hub.fake.requests().into_iter().filter(|request| request.who.starts_with("installation")).collect()
}

#[tokio::test]
async fn a_hundred_and_twenty_windows_at_once_are_more_than_may_be_made_at_once() {
    let hub = Hub::start(Hears::Webhooks, "sub_issues = true", AT).await;
    for n in 1..=WINDOWS {
        hub.bot.type_only("anna", &schedule(n)).await;
    }
    hub.settle().await;
    assert_eq!(hub.fake.creations_per_minute(), 80, "as many as may be are made at once");
    // Each has a label, an issue, its living comment, the issue of an item and its place below: 600, more than an hour's.
    hub.at("2026-12-01 09:59").await;
    assert_eq!(hub.fake.creations_per_hour(), 500);
    hub.at("2026-12-01 12:00").await;
    for n in 1..=WINDOWS {
        let key = format!("<!-- maintbot:list MW-{n} -->");
        let lists = hub.fake.issues(CRM).into_iter().filter(|issue| issue.body.contains(&key)).collect::<Vec<_>>();
        assert_eq!(lists.len(), 1, "MW-{n}");
        assert_eq!((lists[0].comments.len(), lists[0].children.len()), (1, 1), "MW-{n}");
    }
    assert_eq!(hub.fake.issues(CRM).len(), 2 * usize::try_from(WINDOWS).expect("few"));
    let (minute, hour) = (hub.fake.creations_per_minute(), hub.fake.creations_per_hour());
    println!("{minute} in a minute, {hour} in an hour");
    assert!(minute <= 80 && hour <= 500, "{minute} in a minute, {hour} in an hour");
    let refused = hub.fake.requests().iter().filter(|request| matches!(request.status, Some(403 | 429))).count();
    assert_eq!(refused, 0, "GitHub never had to say so");
    hub.close().await;
}

/// Each installation has a queue of its own, and in it one thing is made at a time, whichever half of maintbot makes it.
#[tokio::test]
async fn one_thing_at_a_time_is_made_in_each_installation() {
    let services = "[[service]]\nid = \"crm\"\n[[service]]\nid = \"shop\"\nrepository = \"acme/shop\"\n";
    let hub = Hub::start(Hears::Webhooks, services, AT).await;
    hub.fake.repository("acme/shop");
    for _ in 0..4 {
        let desk = hub.fake.open_issue("anna", CRM, "Maintenance desk", "Ask here.");
        hub.fake.comment("ben", CRM, desk, "/maintenance list");
    }
    hub.fake.settle().await;
    for n in 1..=16 {
        let service = if n % 2 == 1 { "service:crm" } else { "service:shop" };
        let day = format!("2026-12-{:02}", n + 4);
        let line = schedule(n).replace(&format!("service:life-{n}"), service).replace("2026-12-20", &day);
        hub.bot.type_only("anna", &line).await;
    }
    // As slow as GitHub is.
    hub.fake.fail(Matching::method("POST").below("/repos/"), Fault::Slow(Duration::from_millis(20)));
    let (now, stop) = (hub.bot.clock.now(), CancellationToken::new());
    let (answered, sent) = tokio::join!(hub.inbound().tick(now, &stop), hub.bot.parts.sender.tick(now, &stop));
    let (answered, sent) = (answered.expect("no fault"), sent.expect("no fault"));
    assert!(answered >= 4 && sent >= 16, "{answered} answered and {sent} sent at once");
    hub.settle().await;

    let one_each = [("acme".to_owned(), 1), ("example".to_owned(), 1)];
    assert_eq!(hub.fake.creations_at_once(), (one_each.into(), 2), "one each, and not one after the other");
    for n in 1..=16 {
        let place = if n % 2 == 1 { CRM } else { "acme/shop" };
        let lists = hub.fake.issues(place).into_iter().filter(|issue| issue.title.starts_with(&format!("MW-{n}:")));
        assert_eq!(lists.map(|list| list.comments.len()).collect::<Vec<_>>(), [1], "MW-{n}");
    }
    for desk in 1..=4 {
        assert_eq!(hub.said(desk).len(), 1);
    }
    hub.close().await;
}

/// How much was asked at ten of anything but the App itself; who asked is not known of a request that met a fault.
fn asked_at_ten(hub: &Hub) -> usize {
    let of_the_app = |target: &str| target.starts_with("/app") || target.ends_with("/installation");
    let asked = hub.fake.requests().into_iter().filter(|request| !of_the_app(&request.target));
    asked.filter(|request| request.at == utc("2026-12-01 10:00")).count()
}

/// Tells how GitHub answers the first try to open a list, and returns when the next request of the installation came.
async fn next_after(fault: Fault, matching: Matching) -> DateTime<Utc> {
    let hub = Hub::start(Hears::Webhooks, "", AT).await;
    // The token is there already.
    hub.bot.say("anna", &schedule(1)).await;
    hub.settle().await;
    let before = of_the_installation(&hub).len();
    hub.at("2026-12-01 10:00").await;
    hub.fake.fail_times(1, matching, fault);
    for n in 2..=4 {
        hub.bot.type_only("anna", &schedule(n)).await;
    }
    hub.settle().await;
    let met = asked_at_ten(&hub);
    hub.fake.comment("ben", CRM, hub.list("MW-1").number, "/maintenance list");
    hub.settle().await;
    assert_eq!(asked_at_ten(&hub), met, "after the refusal nothing is asked, whatever happens");
    hub.at("2026-12-01 10:30").await;
    let next = of_the_installation(&hub).iter().skip(before).map(|r| r.at).find(|at| *at > utc("2026-12-01 10:00"));
    for n in 2..=4 {
        assert!(hub.list(&format!("MW-{n}")).open);
    }
    assert_eq!(hub.said(hub.list("MW-1").number).len(), 2, "the living comment and the reply");
    hub.close().await;
    next.expect("it comes back")
}

#[tokio::test]
async fn nothing_is_asked_before_the_time_that_retry_after_says() {
    let next = next_after(Fault::RateLimited { retry_after: 300 }, Matching::method("POST").ending("/issues")).await;
    let (from, to) = (utc("2026-12-01 10:05"), utc("2026-12-01 10:05:05"));
    assert!(from <= next && next <= to, "{next}");
}

#[tokio::test]
async fn nothing_is_asked_before_a_used_up_limit_begins_anew() {
    let next = next_after(Fault::UsedUp { reset_in: 600 }, Matching::method("POST").ending("/issues")).await;
    // The instant is one of the machine's clock, which goes on meanwhile.
    assert!(utc("2026-12-01 10:09:55") <= next && next <= utc("2026-12-01 10:10:10"), "{next}");
}

/// The last call that was left is answered, and the headers say that there is no other.
#[tokio::test]
async fn nothing_is_asked_after_the_answer_that_says_that_nothing_is_left() {
    let reset = (maintbot::clock::Clock::wall() + TimeDelta::minutes(7)).timestamp();
    let headers = vec![("x-ratelimit-remaining", "0".to_owned()), ("x-ratelimit-reset", reset.to_string())];
    let no_label = Fault::Status(404, headers, json!({ "message": "Not Found" }));
    let next = next_after(no_label, Matching::method("GET").ending("/labels/life-2")).await;
    assert!(utc("2026-12-01 10:06:40") <= next && next <= utc("2026-12-01 10:07:10"), "{next}");
}

#[tokio::test]
async fn a_secondary_limit_without_a_time_is_left_alone_for_a_minute_at_least() {
    let next = next_after(Fault::SecondaryLimit, Matching::method("POST").ending("/issues")).await;
    assert!(utc("2026-12-01 10:01") <= next && next <= utc("2026-12-01 10:01:10"), "{next}");
}
