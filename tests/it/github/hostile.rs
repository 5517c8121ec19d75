//! The webhook's address in the hands of somebody who is not GitHub, and of GitHub on a bad day: what is not signed or
//! cannot be read is refused, nothing of it is stored, and neither answers nor logs hold anything secret.

mod socket;

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::gate::{AT, EVENT, Gate, ID, INSIDE, SIGNATURE, Sent, TYPE};
use super::log::is_clean;
use super::{CRM, Hears, Hub, SECRET};
use crate::fake::github::hooks::signature;
use crate::fake::github::{Fault, Matching};
use crate::log::Log;

/// The longest body that is taken, in bytes.
const LARGEST: usize = 2 * 1024 * 1024;
const FORGED: &str = "The signature is missing or wrong.\n";

#[tokio::test]
async fn a_signature_that_is_not_github_s_is_refused() {
    let gate = Gate::open("").await;
    let good = gate.comment("/maintenance list");
    let other = gate.comment("/maintenance show MW-1");
    let (body, right) = (good.body.clone(), good.signature());
    let hex = right.trim_start_matches("sha256=").to_owned();
    let with = |value: &str| good.clone().with(SIGNATURE, value);
    let forged = [
        ("none", good.clone().without(SIGNATURE)),
        ("another secret", with(&signature("a secret of a storm", &body))),
        ("an empty secret", with(&signature("", &body))),
        ("of an empty body", with(&signature(SECRET, b""))),
        ("of another delivery", with(&other.signature())),
        ("another body", good.clone().saying(other.body.clone())),
        ("one letter less", good.clone().saying(body[..body.len() - 1].to_vec())),
        ("one letter more", good.clone().saying([&body[..], b" "].concat())),
        ("empty", with("")),
        ("the scheme alone", with("sha256=")),
        ("no scheme", with(&hex)),
        ("another scheme", with(&format!("sha1={hex}"))),
        ("a scheme in capitals", with(&format!("SHA256={hex}"))),
        ("a digit short", with(&right[..right.len() - 1])),
        ("a byte short", with(&right[..right.len() - 2])),
        ("half of it", with(&right[..right.len() / 2])),
        ("a byte too long", with(&format!("{right}00"))),
        ("twice over", with(&format!("{right}{hex}"))),
        ("two in one", with(&format!("{right},{right}"))),
        ("no digits", with(&format!("sha256={}", "z".repeat(64)))),
        ("a blank inside", with(&format!("sha256= {hex}"))),
        ("zeros", with(&format!("sha256={}", "0".repeat(64)))),
        ("letters of other languages", with("sha256=ä")),
        ("the good one twice", good.clone().and(SIGNATURE, &right)),
        ("a bad one and the good one", with("sha256=00").and(SIGNATURE, &right)),
        ("the good one and a bad one", good.clone().and(SIGNATURE, "sha256=00")),
        ("only in the old header", good.clone().without(SIGNATURE).and("x-hub-signature", format!("sha1={hex}"))),
        ("only in the old header, as the new one", good.clone().without(SIGNATURE).and("x-hub-signature", &right)),
    ];
    for (why, sent) in forged {
        assert_eq!(gate.refuses(why, sent, 401).await, FORGED, "{why}");
    }
    gate.untouched().await;
}

#[tokio::test]
async fn whatever_is_wrong_besides_without_a_signature_it_is_only_said_that_it_is_missing() {
    let gate = Gate::open("").await;
    let good = gate.comment("/maintenance list").without(SIGNATURE);
    for (why, sent) in [
        ("no id", good.clone().without(ID)),
        ("no event", good.clone().without(EVENT)),
        ("another type", good.clone().with(TYPE, "text/plain")),
        ("no JSON", good.clone().saying("<html>")),
        ("nothing", good.clone().saying("")),
        ("hello", good.clone().with(EVENT, "ping")),
        ("an unknown event", good.clone().with(EVENT, "star")),
    ] {
        assert_eq!(gate.refuses(why, sent, 401).await, FORGED, "{why}");
    }
    gate.untouched().await;
}

#[tokio::test]
async fn digits_in_capitals_are_the_same_signature() {
    let gate = Gate::open("").await;
    let good = gate.comment("hello");
    let capitals = good.signature().to_ascii_uppercase().replace("SHA256=", "sha256=");
    assert_eq!(gate.post(good.with(SIGNATURE, capitals)).await.status, 202);
    gate.close().await;
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_though_it_is_signed() {
    let gate = Gate::open("").await;
    let whole = gate.comment("/maintenance list").body;
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0xae, 5, 0, 0x43, 0xbf, 0xa6, 0xa3, 2, 0, 0, 0];
    let utf16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("empty", vec![]),
        ("blank", b"  \n".to_vec()),
        ("cut", whole[..whole.len() / 2].to_vec()),
        ("cut by one", whole[..whole.len() - 1].to_vec()),
        ("two in one", [&whole[..], &whole[..]].concat()),
        ("a form", b"payload=%7B%7D".to_vec()),
        ("compressed", gzip.to_vec()),
        ("not UTF-8", b"{\"action\":\"\xff\xfe\"}".to_vec()),
        ("UTF-16", utf16),
        ("with a byte order mark", [b"\xef\xbb\xbf", &whole[..]].concat()),
        ("half a letter", br#"{"action":"\ud800"}"#.to_vec()),
        ("brackets 10,000 deep", b"[".repeat(10_000)),
        ("closed brackets 10,000 deep", [b"[".repeat(10_000), b"]".repeat(10_000)].concat()),
        ("objects 10,000 deep", [b"{\"a\":".repeat(10_000), b"1".to_vec(), b"}".repeat(10_000)].concat()),
        ("a number without an end", [b"[1e".to_vec(), b"9".repeat(1000), b"]".to_vec()].concat()),
        ("not a number", b"[NaN]".to_vec()),
    ];
    for (n, (why, body)) in bodies.into_iter().enumerate() {
        let sent = Sent::signed("issue_comment", &format!("id-{n}"), body);
        let sent = if why == "compressed" { sent.and("content-encoding", "gzip") } else { sent };
        assert_eq!(gate.refuses(why, sent, 400).await, "The body is not JSON.\n", "{why}");
    }
    gate.untouched().await;
}

#[tokio::test]
async fn an_id_an_event_and_the_type_of_the_body_are_needed() {
    let gate = Gate::open("").await;
    let good = gate.comment("/maintenance list");
    let long = "x".repeat(101);
    for (name, text) in [
        (EVENT, "X-GitHub-Event is missing or unreadable.\n"),
        (ID, "X-GitHub-Delivery is missing or unreadable.\n"),
        (TYPE, "Set the content type of this webhook to application/json in its settings on GitHub.\n"),
    ] {
        assert_eq!(gate.refuses(name, good.clone().without(name), 400).await, text);
        assert_eq!(gate.refuses(name, good.clone().and(name, "again"), 400).await, text);
        for value in ["", "a b", "ä", "a\tb", &long] {
            assert_eq!(gate.refuses(value, good.clone().with(name, value), 400).await, text, "{name}: {value}");
        }
    }
    for value in ["application/x-www-form-urlencoded", "text/plain", "application/jsonx", "json"] {
        gate.refuses(value, good.clone().with(TYPE, value), 400).await;
    }
    gate.untouched().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whatever_length_it_says() {
    let gate = Gate::open("").await;
    let padded = |length: usize| {
        let mut body = format!("{{\"zen\":\"{INSIDE}\"}}").into_bytes();
        body.resize(length, b' ');
        Sent::signed("ping", "id-1", body)
    };
    let said = "The body is larger than 2 MiB.\n";
    assert_eq!(gate.post(padded(LARGEST)).await.status, 200, "the longest body that is taken");
    assert_eq!(gate.refuses("a byte more", padded(LARGEST + 1), 413).await, said);
    let unsigned = padded(LARGEST + 1).without(SIGNATURE);
    assert_eq!(gate.refuses("too long and not signed", unsigned, 413).await, said);
    let lying = |sent: Sent, length: &str| sent.and("content-length", length);
    assert_eq!(gate.refuses("says more than it is", lying(padded(100), "4000000000"), 413).await, said);
    assert_eq!(gate.refuses("says less than it is", lying(padded(LARGEST + 1), "10"), 413).await, said);
    for nonsense in ["-1", "many", "99999999999999999999999999"] {
        assert_eq!(gate.refuses(nonsense, lying(padded(LARGEST + 1), nonsense), 413).await, said);
    }
    gate.untouched().await;
}

#[tokio::test]
async fn hello_is_answered_and_what_needs_nothing_is_accepted_and_forgotten() {
    let gate = Gate::open("").await;
    let ping = gate.post(Sent::signed("ping", "id-1", r#"{"zen":"Keep it logically awesome."}"#)).await;
    assert_eq!((ping.status, ping.text.as_str()), (200, "pong\n"));
    let comment = gate.comment("hello");
    let unknown = ["star", "push", "no_such_event", "ISSUES", "issues/../ping", "<script>", "%s%n"];
    for (n, event) in unknown.into_iter().enumerate() {
        let answer = gate.post(Sent::signed(event, &format!("id-{n}"), comment.body.clone())).await;
        assert_eq!((answer.status, answer.text.as_str()), (202, "ignored\n"), "{event}");
    }
    for (n, body) in ["null", "7", "\"text\"", "[]", "{}", "[{}]", "{\"action\":\"deleted\"}"].into_iter().enumerate() {
        for event in ["issues", "issue_comment", "sub_issues", "repository", "installation"] {
            let answer = gate.post(Sent::signed(event, &format!("id-{n}"), body)).await;
            assert_eq!((answer.status, answer.text.as_str()), (202, "ignored\n"), "{event} {body}");
        }
    }
    for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
        let request = Request::builder().method(method).uri("/github/webhook").body(Body::empty());
        let answer = gate.send(request.expect("a request"), signature(SECRET, b"")).await;
        assert_eq!(answer.status, 405, "{method}");
    }
    gate.untouched().await;
}

#[tokio::test]
async fn numbers_that_github_never_gives_are_no_fault() {
    let gate = Gate::open("").await;
    let whole: Value = serde_json::from_slice(&gate.comment("/maintenance list").body).expect("JSON");
    let numbers = ["0", "-1", "1.5", "1e30", "9223372036854775807", "9223372036854775808", "18446744073709551615"];
    for (n, number) in numbers.into_iter().enumerate() {
        let number: Value = serde_json::from_str(number).expect("a number");
        for (event, path) in
            [("issue_comment", "/issue/number"), ("issue_comment", "/comment/id"), ("issues", "/issue/id")]
        {
            let mut payload = whole.clone();
            *payload.pointer_mut(path).expect("there") = number.clone();
            if event == "issues" {
                payload["action"] = json!("opened");
            }
            let id = format!("id-{n}{path}");
            let answer = gate.post(Sent::signed(event, &id, payload.to_string())).await;
            assert_eq!(answer.status, 202, "{path} {number}: {}", answer.text);
        }
    }
    gate.hub.settle().await;
    let waiting: Vec<_> = gate.hub.inbox().await.into_iter().filter(|(_, state)| state == "waiting").collect();
    assert_eq!(waiting, [], "tried again and again");
    gate.close().await;
}

#[tokio::test]
async fn a_letter_that_postgresql_does_not_keep_is_no_fault() {
    let log = Log::start();
    let (folder, url) = (tempfile::tempdir().expect("a folder"), crate::postgres::database().await);
    let hub = Hub::start_on(folder, url.as_str().to_owned(), Hears::Webhooks, "poll = \"30s\"", AT).await;
    let text = "/maintenance plan new \"Move\0\"\n\0";
    let question = hub.fake.open_issue("anna", CRM, "A\0question", text);
    let comment = hub.fake.comment("anna", CRM, question, "/maintenance plan new \"Up\0grade\"");
    hub.settle().await;
    // Found by looking as well, where no webhook told of it.
    hub.fake.lose_webhooks(true);
    hub.fake.edit_comment("anna", comment, "/maintenance plan new \"La\0mps\"");
    hub.inbound().look(&CancellationToken::new()).await.expect("GitHub answers");
    hub.settle().await;
    let plans = hub.bot.parts.service.plans(10).await.expect("readable");
    let mut titles: Vec<&str> = plans.iter().map(|plan| plan.phases.plan.title.as_str()).collect();
    titles.sort_unstable();
    assert_eq!(titles, ["La\u{fffd}mps", "Move\u{fffd}", "Up\u{fffd}grade"]);
    assert!(!log.text().contains(" ERROR "), "{}", log.text());
    hub.close().await;
}

#[tokio::test]
async fn an_id_is_a_word_and_nothing_more() {
    let gate = Gate::open("").await;
    let comment = gate.comment("hello");
    let ids =
        ["../../etc/passwd", "';DROP--", "%00", "<script>", "${jndi:ldap://x}", "poll/comment/1", &"x".repeat(100)];
    for id in ids {
        assert_eq!(gate.post(comment.clone().with(ID, id)).await.status, 202, "{id}");
        let again = gate.post(comment.clone().with(ID, id)).await;
        assert_eq!((again.status, again.text.as_str()), (200, "seen before\n"), "{id}");
    }
    gate.hub.settle().await;
    assert_eq!(gate.hub.inbox().await, ids.map(|id| (id.to_owned(), "done".to_owned())));
    gate.close().await;
}

#[tokio::test]
async fn what_is_sent_again_is_not_done_again() {
    let gate = Gate::open("").await;
    let schedule = "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna";
    let sent = gate.comment(schedule);
    assert_eq!(gate.post(sent.clone()).await.status, 202);
    let at_once = gate.post(sent.clone()).await;
    assert_eq!((at_once.status, at_once.text.as_str()), (200, "seen before\n"), "before it was worked on");
    gate.hub.settle().await;
    let said = gate.hub.said(gate.issue);
    assert_eq!(gate.replies(), 1, "{said:?}");
    let before = gate.hub.bot.everything().await;
    assert_eq!(gate.hub.lists("MW-1").len(), 1);
    assert_eq!(gate.post(sent.clone()).await.status, 200, "after it was worked on");
    // Somebody who caught it cannot sign; GitHub itself may send it under another id. The line has its own key.
    assert_eq!(gate.post(sent.with(ID, "another-id")).await.status, 202);
    gate.hub.settle().await;
    assert_eq!(gate.hub.bot.everything().await, before);
    assert_eq!(gate.hub.said(gate.issue), said);
    assert_eq!(gate.hub.lists("MW-1").len(), 1);
    gate.close().await;
}

#[tokio::test]
async fn the_answer_comes_before_anything_is_worked_on() {
    let gate = Gate::open("").await;
    gate.hub.fake.fail(Matching::any(), Fault::Hang(Duration::from_secs(30)));
    let sent = gate.comment("/maintenance list");
    assert_eq!(gate.post(sent).await.status, 202);
    assert_eq!(gate.hub.fake.requests().len(), 0, "GitHub is asked only afterwards");
    // While a worker hangs in a call, others are taken all the same.
    let (inbound, stop) = (gate.hub.inbound().clone(), CancellationToken::new());
    let clock = gate.hub.bot.clock.clone();
    let stopped = stop.clone();
    let worker = tokio::spawn(async move { inbound.tick(clock.now(), &stopped).await });
    while gate.hub.fake.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    let sent = gate.comment("/maintenance next");
    let answer = tokio::time::timeout(Duration::from_secs(5), gate.post(sent)).await;
    assert_eq!(answer.expect("an answer within GitHub's ten seconds").status, 202);
    assert!(!worker.is_finished(), "the worker hangs still");
    worker.abort();
    assert!(worker.await.is_err_and(|ended| ended.is_cancelled()));
    gate.hub.fake.lift();
    gate.hub.bot.parts.service.end_inbound_leases().await.expect("leases end");
    gate.hub.at("2026-12-01 09:05").await;
    assert_eq!(gate.replies(), 2, "both were worked on in the end");
    gate.close().await;
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_taken() {
    let gate = Gate::open("").await;
    let sent = gate.comment("/maintenance list");
    gate.hub.bot.parts.db.close().await;
    let answer = gate.post(sent).await;
    assert_eq!((answer.status, answer.text.as_str()), (503, "It could not be stored; send it again.\n"));
    let log = gate.log.text();
    assert!(log.contains("a webhook could not be stored"), "{log}");
    is_clean(&log);
    assert!(!log.contains(INSIDE), "{log}");
}

#[tokio::test]
async fn without_a_secret_in_the_configuration_nothing_is_taken() {
    let log = Log::start();
    let mut hub = Hub::start(Hears::Polling, "", AT).await;
    hub.config = hub.config.replace(&format!("webhook_secret = \"{SECRET}\""), "");
    hub.bot = crate::bot::Bot::start(&hub.config, &hub.url, hub.bot.clock.clone()).await;
    for secret in ["", SECRET] {
        let body = b"{}".to_vec();
        let sign = signature(secret, &body);
        let request = Sent::signed("issues", "id-1", body).with(SIGNATURE, sign).request();
        let response = hub.inbound().routes().oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), 503);
        let text = to_bytes(response.into_body(), 1000).await.expect("a body");
        assert_eq!(text, "GitHub webhooks are not configured here.\n");
    }
    assert_eq!(hub.inbox().await, []);
    let log = log.text();
    assert_eq!(log.matches("webhook_secret is not configured").count(), 1, "said once, not for each:\n{log}");
    hub.close().await;
}

#[test]
fn signatures_are_compared_in_constant_time() {
    let source = include_str!("../../../src/inward/hook.rs");
    let code = source.split("#[cfg(test)]").next().expect("code");
    assert_eq!(code.matches("mac.verify_slice(&signature)").count(), 1);
    let named: Vec<&str> = code.lines().filter(|line| line.contains("signature") && line.contains("==")).collect();
    assert_eq!(named, Vec::<&str>::new(), "compared by hand");
}
