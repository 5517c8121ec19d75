//! The door that Discord posts to: only what it signed, and signed just now, gets in; and a maintbot behind its whole
//! router, for posting what Discord did not send.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use maintbot::web::{self, Web};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::log::is_clean;
use super::{Hub, config};
use crate::bot::utc;
use crate::databases;
use crate::fake::discord::{FakeDiscord, Way, public_key, signature};
use crate::log::Log;

/// When these stories begin (UTC).
const AT: &str = "2026-12-01 09:00";
const PATH: &str = "/discord/interactions";
const SIGNATURE: &str = "x-signature-ed25519";
const STAMP: &str = "x-signature-timestamp";
const FORGED: &str = "The signature is missing, wrong or too old.\n";
const UNREADABLE: &str = "The body is not what Discord sends here.\n";
/// Stands in what is typed here, and may stand in no log.
const INSIDE: &str = "hunter2-of-the-body";
/// The longest body that is taken, in bytes.
const LARGEST: usize = 1024 * 1024;

/// A maintbot behind its whole router. What people do on Discord is caught on its way, so that only what a test posts
/// arrives.
struct Gate {
    hub: Hub,
    app: Router,
    log: Log,
    caught: Arc<Mutex<Vec<Sent>>>,
    /// How often Discord was asked while maintbot started.
    asked: usize,
    /// The signatures that would have been right for what was posted.
    right: RefCell<Vec<String>>,
}

/// Something that is posted.
#[derive(Clone, Debug)]
struct Sent {
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Sent {
    /// Signed by Discord at `at` (Unix seconds).
    fn signed(body: impl Into<Vec<u8>>, at: i64) -> Self {
        Self { headers: HeaderMap::new(), body: body.into() }.signed_at(at)
    }

    /// With a signature of another time (Unix seconds).
    fn signed_at(self, at: i64) -> Self {
        let good = signature(&at.to_string(), &self.body, false);
        self.with(STAMP, at.to_string()).with(SIGNATURE, good)
    }

    /// With this value in place of the one there is.
    fn with(self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.without(name).and(name, value)
    }

    /// With one header more.
    fn and(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).expect("a header");
        self.headers.append(HeaderName::from_static(name), value);
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// With another body and the signature of the one before.
    fn saying(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    fn header(&self, name: &str) -> String {
        self.headers[name].to_str().expect("text").to_owned()
    }
}

impl Gate {
    async fn open() -> Self {
        Self::open_with(|fake| config(fake, Way::Http, "")).await
    }

    async fn open_with(config: impl Fn(&FakeDiscord) -> String) -> Self {
        let log = Log::start();
        let folder = tempfile::tempdir().expect("a folder");
        let url = databases::sqlite_url(&folder);
        let hub = Hub::start_on(folder, url, Way::Http, config, AT).await;
        let web = Web { service: hub.bot.parts.service.clone(), mover: None, stop: CancellationToken::new() };
        let app = web::router(web, hub.inbound().routes());
        let caught = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&caught);
        hub.fake.reach(Router::new().fallback(move |request: Request| {
            let into = Arc::clone(&into);
            async move {
                let (head, body) = request.into_parts();
                let body = to_bytes(body, usize::MAX).await.expect("a body").to_vec();
                into.lock().expect("what was caught").push(Sent { headers: head.headers, body });
                // Nothing that Discord takes for an answer.
                StatusCode::IM_A_TEAPOT
            }
        }));
        let asked = hub.fake.requests().len();
        Self { hub, app, log, caught, asked, right: RefCell::default() }
    }

    /// Discord's clock (Unix seconds).
    fn now(&self) -> i64 {
        self.hub.bot.clock.now().timestamp()
    }

    /// What Discord sends about what was done last.
    fn last(&self) -> Sent {
        assert_eq!(self.hub.fake.take_unanswered().len(), 1, "it was caught");
        self.caught.lock().expect("what was caught").pop().expect("something was caught")
    }

    /// What Discord sends when ben uses a command that would be done.
    async fn command(&self) -> Sent {
        let title = format!("Jira {INSIDE}");
        let options = [("title", title.as_str()), ("service", "jira"), ("when", "2026-12-02 14:00-16:00 UTC")];
        self.hub.fake.command("ben", "#dev", "schedule", &options).await;
        self.last()
    }

    /// What Discord sends while ben types.
    async fn typing(&self) -> Sent {
        self.hub.fake.type_in("ben", "#dev", "schedule", &[("title", "Jira"), ("when", INSIDE)], "when").await;
        self.last()
    }

    /// What Discord sends when ben presses a button of the newest post in a channel.
    async fn pressed(&self, channel: &str, beginning: &str) -> Sent {
        let post = self.hub.newest(channel);
        self.hub.fake.press("ben", &post, beginning).await;
        self.last()
    }

    /// Posts from far away: status and body of the answer, which never holds a secret.
    async fn post(&self, sent: Sent) -> (u16, String) {
        let stamp = sent.headers.get(STAMP).and_then(|stamp| stamp.to_str().ok()).unwrap_or_default();
        let right = signature(stamp, &sent.body, false);
        let mut request = Request::post(PATH).body(Body::from(sent.body)).expect("a request");
        *request.headers_mut() = sent.headers;
        self.send(request, right).await
    }

    /// Sends any request whose right signature is known.
    async fn send(&self, mut request: Request, right: String) -> (u16, String) {
        let far: SocketAddr = "203.0.113.7:50000".parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(far));
        let (head, body) = self.app.clone().oneshot(request).await.expect("an answer").into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        let text = String::from_utf8(body.to_vec()).expect("text");
        let all = format!("{head:?}{text}");
        is_clean(&all);
        assert!(!all.contains(&right), "the answer holds a signature: {all}");
        self.right.borrow_mut().push(right);
        (head.status.as_u16(), text)
    }

    /// Posts what must be refused with this status; the answer, which does not repeat what came.
    async fn refuses(&self, why: &str, sent: Sent, status: u16) -> String {
        let (said, text) = self.post(sent).await;
        assert_eq!(said, status, "{why}: {text}");
        assert!(!text.contains(INSIDE), "{why}: {text}");
        text
    }

    /// Posts what is answered; the answer.
    async fn answers(&self, sent: Sent) -> Value {
        let (status, said) = self.post(sent).await;
        assert_eq!(status, 200, "{said}");
        serde_json::from_str(&said).expect("JSON")
    }

    /// Nothing was done or asked of Discord, nothing logged as a fault, and no log holds what it must not.
    async fn untouched(self) {
        self.hub.settle().await;
        let asked = self.hub.fake.requests().split_off(self.asked);
        assert!(asked.is_empty(), "Discord was asked: {asked:?}");
        assert_eq!(self.hub.bot.page().await, [""; 0], "a window was planned");
        self.close().await;
    }

    /// No fault was logged, and no log holds what it must not.
    async fn close(self) {
        self.hub.settle().await;
        let log = self.log.text();
        assert!(!log.contains(" ERROR "), "a fault:\n{log}");
        is_clean(&log);
        for right in &*self.right.borrow() {
            assert!(!log.contains(right), "the log holds a signature:\n{log}");
        }
        assert!(!log.contains(INSIDE), "the log holds a body:\n{log}");
        self.hub.close().await;
    }
}

#[tokio::test]
async fn a_signature_that_is_not_discord_s_is_refused() {
    let gate = Gate::open().await;
    let other = gate.typing().await;
    for good in [gate.command().await, gate.typing().await] {
        let (body, right, now) = (good.body.clone(), good.header(SIGNATURE), gate.now());
        let stamp = now.to_string();
        let with = |value: &str| good.clone().with(SIGNATURE, value);
        let forged = [
            ("none", good.clone().without(SIGNATURE)),
            ("no time", good.clone().without(STAMP)),
            ("neither", good.clone().without(SIGNATURE).without(STAMP)),
            ("another key", with(&signature(&stamp, &body, true))),
            ("of an empty body", with(&signature(&stamp, b"", false))),
            ("without the time", with(&signature("", &body, false))),
            ("of another request", with(&other.header(SIGNATURE))),
            ("of another time", with(&signature(&(now - 1).to_string(), &body, false))),
            ("another body", good.clone().saying(other.body[..other.body.len() - 2].to_vec())),
            ("one letter less", good.clone().saying(body[..body.len() - 1].to_vec())),
            ("one letter more", good.clone().saying([&body[..], b" "].concat())),
            ("empty", with("")),
            ("half of it", with(&right[..right.len() / 2])),
            ("twice over", with(&format!("{right}{right}"))),
            ("a digit more", with(&format!("{right}0"))),
            ("a sign before it", with(&format!("0x{right}"))),
            ("no digits", with(&"z".repeat(128))),
            ("nothing but noughts", with(&"0".repeat(128))),
            ("letters of other languages", with("ä")),
            ("the good one twice", good.clone().and(SIGNATURE, &right)),
            ("two times", good.clone().and(STAMP, &stamp)),
            ("a time that is none", good.clone().with(STAMP, "now")),
            ("a time beyond all numbers", good.clone().with(STAMP, "9".repeat(40))),
            ("another's header", good.clone().without(SIGNATURE).and("x-slack-signature", format!("v0={right}"))),
        ];
        for (why, sent) in forged {
            assert_eq!(gate.refuses(why, sent, 401).await, FORGED, "{why}");
        }
    }
    gate.untouched().await;
}

#[tokio::test]
async fn what_is_older_than_five_minutes_or_from_the_future_is_refused_and_not_a_second_earlier() {
    let gate = Gate::open().await;
    let now = gate.now();
    for good in [gate.command().await, gate.typing().await] {
        for (why, at) in [("old", now - 301), ("older", now - 86_400), ("ahead", now + 301), ("the beginning", 0)] {
            assert_eq!(gate.refuses(why, good.clone().signed_at(at), 401).await, FORGED, "{why}");
        }
        for (why, at) in [("old to the second", now - 300), ("ahead to the second", now + 300)] {
            let said = gate.answers(good.clone().signed_at(at)).await;
            assert!([4, 8].contains(&said["type"].as_u64().unwrap_or_default()), "{why}: {said}");
        }
    }
    assert_eq!(gate.hub.bot.page().await.len(), 1, "the same command both times");
    gate.hub.calm().await;
    gate.close().await;
}

#[tokio::test]
async fn a_captured_request_cannot_be_used_again_after_five_minutes() {
    let gate = Gate::open().await;
    let command = gate.command().await;
    let first = gate.answers(command.clone()).await;
    assert_eq!(gate.answers(command.clone()).await, first, "before that it is the first answer again");
    gate.hub.calm().await;
    gate.hub.bot.clock.set(utc("2026-12-01 09:15:01"));
    assert_eq!(gate.refuses("long after", command, 401).await, FORGED);
    assert_eq!(gate.hub.bot.page().await.len(), 1);
    gate.close().await;
}

#[tokio::test]
async fn a_forged_press_does_nothing_and_the_real_one_does() {
    let gate = Gate::open().await;
    let line = "/maintenance schedule \"Jira\" service:jira when:\"2026-12-02 14:00-16:00\" poc:ben";
    gate.hub.bot.say("ben", line).await;
    gate.hub.calm().await;
    let pressed = gate.pressed("#ce", "ack").await;
    let before = gate.hub.bot.events(1).await;
    let body = String::from_utf8(pressed.body.clone()).expect("text");
    let renamed = body.replace(&gate.hub.fake.id("ben"), &gate.hub.fake.id("anna"));
    assert_ne!(body, renamed);
    for (why, sent) in [
        ("forged", pressed.clone().with(SIGNATURE, signature(&gate.now().to_string(), &pressed.body, true))),
        ("not signed", pressed.clone().without(SIGNATURE)),
        ("somebody else's name put in", pressed.clone().saying(renamed)),
    ] {
        assert_eq!(gate.refuses(why, sent, 401).await, FORGED, "{why}");
    }
    gate.hub.calm().await;
    assert_eq!(gate.hub.bot.events(1).await, before);
    assert_eq!(gate.answers(pressed).await["type"], 4);
    gate.hub.calm().await;
    assert_eq!(gate.hub.bot.events(1).await.len(), before.len() + 1);
    gate.close().await;
}

#[tokio::test]
async fn without_a_public_key_nothing_posted_is_believed() {
    let by_gateway = |fake: &FakeDiscord| {
        let with_key = config(fake, Way::Http, "");
        let own = format!("public_key = \"{}\"\ngateway = false", public_key());
        assert!(with_key.contains(&own));
        with_key.replace(&own, "gateway = true")
    };
    let gate = Gate::open_with(by_gateway).await;
    for sent in [gate.command().await, gate.typing().await] {
        for (why, sent) in [("signed", sent.clone()), ("not signed", sent.without(SIGNATURE))] {
            let said = gate.refuses(why, sent, 503).await;
            assert_eq!(said, "Discord's public key is not configured here.\n", "{why}");
        }
    }
    gate.untouched().await;
}

/// As Discord tries when the address is entered: a PING is answered where it is signed, and nowhere else.
#[tokio::test]
async fn a_ping_is_answered_to_who_signs_it_and_to_nobody_else() {
    let gate = Gate::open().await;
    gate.hub.fake.reach(gate.app.clone());
    let (good, forged, said) = gate.hub.fake.verify_endpoint().await;
    assert_eq!((good, forged, said), (200, 401, json!({ "type": 1 })));
    gate.untouched().await;
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_though_it_is_signed() {
    let gate = Gate::open().await;
    let (command, typing) = (gate.command().await.body, gate.typing().await.body);
    let read = || serde_json::from_slice::<Value>(&command).expect("JSON");
    let without = |field: &str| {
        let mut read = read();
        read.as_object_mut().expect("fields").remove(field);
        read.to_string().into_bytes()
    };
    let with = |field: &str, value: Value| {
        let mut read = read();
        read[field] = value;
        read.to_string().into_bytes()
    };
    let now = gate.now();
    let deep = [b"[".repeat(10_000), b"]".repeat(10_000)].concat();
    for (why, body) in [
        ("empty", vec![]),
        ("half of it", command[..command.len() / 2].to_vec()),
        ("all but one letter", command[..command.len() - 1].to_vec()),
        ("two in one", [&command[..], &typing[..]].concat()),
        ("not UTF-8", [&command[..], b"\xff\xfe"].concat()),
        ("bytes", vec![0; 64]),
        ("a word", b"hello".to_vec()),
        ("a list", b"[]".to_vec()),
        ("nothing in it", b"{}".to_vec()),
        ("brackets 10,000 deep", deep),
        ("no type", without("type")),
        ("no id", without("id")),
        ("no token", without("token")),
        ("no data", without("data")),
        ("an id that is none", with("id", json!("../../users/@me"))),
        ("a type that is none", with("type", json!(99))),
        ("data of another kind", with("data", json!(["a"]))),
    ] {
        assert_eq!(gate.refuses(why, Sent::signed(body, now), 400).await, UNREADABLE, "{why}");
    }
    gate.untouched().await;
}

#[tokio::test]
async fn what_is_longer_than_a_mebibyte_is_refused_whatever_it_is() {
    let gate = Gate::open().await;
    let long = Sent::signed(vec![b' '; LARGEST + 1], gate.now());
    assert_eq!(gate.refuses("signed", long.clone(), 413).await, "The body is larger than 1 MiB.\n");
    gate.refuses("not signed", long.without(SIGNATURE), 413).await;
    gate.refuses("as long as may be", Sent::signed(vec![b' '; LARGEST], gate.now()), 400).await;
    gate.untouched().await;
}

/// The sender goes away in the middle of the body.
#[tokio::test]
async fn a_body_that_is_cut_off_is_refused() {
    let gate = Gate::open().await;
    let good = gate.command().await;
    let half: Vec<u8> = good.body[..good.body.len() / 2].to_vec();
    let parts = [Ok(half), Err(std::io::Error::other("the line is dead"))];
    let mut request = Request::post(PATH).body(Body::from_stream(futures_util::stream::iter(parts))).expect("one");
    *request.headers_mut() = good.headers;
    let (status, said) = gate.send(request, "0".repeat(128)).await;
    assert_eq!((status, said.as_str()), (400, "The body did not arrive in full.\n"));
    gate.untouched().await;
}

#[tokio::test]
async fn only_posts_are_taken_and_only_at_discord_s_door() {
    let gate = Gate::open().await;
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let request = Request::builder().method(&method).uri(PATH).body(Body::empty()).expect("a request");
        assert_eq!(gate.send(request, "0".repeat(128)).await.0, 405, "{method}");
    }
    let good = gate.command().await;
    for path in ["/discord/other", "/discord"] {
        let mut request = Request::post(path).body(Body::from(good.body.clone())).expect("a request");
        *request.headers_mut() = good.headers.clone();
        let (status, _) = gate.send(request, good.header(SIGNATURE)).await;
        assert!([401, 404].contains(&status), "{status}: somebody from far away sees nothing else of this maintbot");
    }
    gate.untouched().await;
}

/// Signed by Discord, and not for this application, from a server that nobody wrote into the configuration, or from nobody.
#[tokio::test]
async fn what_comes_from_a_strange_place_is_refused_in_words() {
    let gate = Gate::open().await;
    let (command, typing) = (gate.command().await, gate.typing().await);
    let strangers = [
        ("application_id", json!("550000000000000009")),
        ("guild_id", json!("900000000000000009")),
        ("member", Value::Null),
    ];
    for (field, strange) in strangers {
        let with = |sent: &Sent| {
            let mut read: Value = serde_json::from_slice(&sent.body).expect("JSON");
            read[field] = strange.clone();
            Sent::signed(read.to_string(), gate.now())
        };
        let said = gate.answers(with(&command)).await;
        assert_eq!((&said["type"], &said["data"]["flags"]), (&json!(4), &json!(64)), "{said}");
        assert_eq!(said["data"]["content"], "maintbot is not configured for this server.", "{said}");
        let offered = gate.answers(with(&typing)).await;
        assert_eq!((&offered["type"], &offered["data"]["choices"]), (&json!(8), &json!([])), "{offered}");
    }
    gate.untouched().await;
}
