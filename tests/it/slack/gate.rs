//! The doors that Slack posts to: only what it signed, and signed just now, gets in; and a maintbot behind its whole
//! router, for posting what Slack did not send.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use maintbot::web::{self, Web};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::log::is_clean;
use super::{Hub, config};
use crate::bot::utc;
use crate::databases;
use crate::fake::slack::{APP_TOKEN, FakeSlack, SIGNING_SECRET, signature};
use crate::log::Log;
use crate::raw::Raw;

/// When these stories begin (UTC).
const AT: &str = "2026-12-01 09:00";
pub const SIGNATURE: &str = "x-slack-signature";
pub const STAMP: &str = "x-slack-request-timestamp";
pub const TYPE: &str = "content-type";
pub const COMMANDS: &str = "/slack/commands";
pub const INTERACTIONS: &str = "/slack/interactions";
pub const EVENTS: &str = "/slack/events";
pub const FORM: &str = "application/x-www-form-urlencoded";
pub const JSON: &str = "application/json";
pub const FORGED: &str = "The signature is missing, wrong or too old.\n";
/// Stands in what is typed here, and may stand in no log.
pub const INSIDE: &str = "hunter2-of-the-body";

/// A maintbot behind its whole router. What people do on Slack is caught on its way, so that only what a test posts
/// arrives.
pub struct Gate {
    pub hub: Hub,
    app: Router,
    log: Log,
    caught: Arc<Mutex<Vec<Sent>>>,
    /// The signatures that would have been right for what was posted.
    right: RefCell<Vec<String>>,
}

/// Something that is posted.
#[derive(Clone, Debug)]
pub struct Sent {
    path: String,
    headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Sent {
    /// Signed with the secret at `at` (Unix seconds).
    pub fn signed(path: &str, kind: &str, body: impl Into<Vec<u8>>, at: i64) -> Self {
        let sent = Self { path: path.to_owned(), headers: HeaderMap::new(), body: body.into() };
        sent.with(TYPE, kind).signed_at(at)
    }

    /// With a signature of another time (Unix seconds).
    pub fn signed_at(self, at: i64) -> Self {
        let good = signature(SIGNING_SECRET, at, &self.body);
        self.with(STAMP, at.to_string()).with(SIGNATURE, good)
    }

    /// With this value in place of the one there is.
    pub fn with(self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.without(name).and(name, value)
    }

    /// With one header more.
    pub fn and(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).expect("a header");
        self.headers.append(HeaderName::from_static(name), value);
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// With another body and the signature of the one before.
    pub fn saying(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub fn at(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    pub fn header(&self, name: &str) -> String {
        self.headers[name].to_str().expect("text").to_owned()
    }
}

impl Raw for Sent {
    fn head(&self) -> Vec<u8> {
        let mut head = format!("POST {} HTTP/1.1\r\nhost: maintbot.example.com\r\n", self.path).into_bytes();
        for (name, value) in &self.headers {
            head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        head
    }

    fn body(&self) -> &[u8] {
        &self.body
    }
}

impl Gate {
    /// Behind the configuration of [`config`].
    pub async fn open() -> Self {
        Self::open_with(|fake| config(fake, "")).await
    }

    pub async fn open_with(config: impl Fn(&FakeSlack) -> String) -> Self {
        let log = Log::start();
        let folder = tempfile::tempdir().expect("a folder");
        let url = databases::sqlite_url(&folder);
        let hub = Hub::start_on(folder, url, config, AT).await;
        let web = Web { service: hub.bot.parts.service.clone(), mover: None, stop: CancellationToken::new() };
        let app = web::router(web, hub.inbound().routes());
        let caught = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&caught);
        hub.fake.reach(Router::new().fallback(move |request: Request| {
            let into = Arc::clone(&into);
            async move {
                let (head, body) = request.into_parts();
                let body = to_bytes(body, usize::MAX).await.expect("a body").to_vec();
                let sent = Sent { path: head.uri.path().to_owned(), headers: head.headers, body };
                into.lock().expect("what was caught").push(sent);
                StatusCode::OK
            }
        }));
        Self { hub, app, log, caught, right: RefCell::default() }
    }

    pub fn app(&self) -> Router {
        self.app.clone()
    }

    /// Slack's clock (Unix seconds).
    pub fn now(&self) -> i64 {
        self.hub.bot.clock.now().timestamp()
    }

    /// What Slack sends about what was done last.
    fn last(&self) -> Sent {
        self.caught.lock().expect("what was caught").pop().expect("something was caught")
    }

    /// What Slack sends when ben types a command that would be done.
    pub async fn command(&self) -> Sent {
        let line = format!("schedule \"Jira {INSIDE}\" service:jira when:\"2026-12-02 14:00-16:00\" tz:UTC poc:ben");
        self.hub.fake.command("ben", "#dev", &line).await;
        self.last()
    }

    /// What Slack sends when ben writes a command to maintbot in a channel.
    pub async fn mention(&self) -> Sent {
        self.hub.fake.mention("ben", "#dev", None, &format!("note MW-1 \"{INSIDE}\"")).await;
        self.last()
    }

    /// What Slack sends when ben opens maintbot's page.
    pub async fn opened(&self) -> Sent {
        self.hub.fake.open_home("ben").await;
        self.last()
    }

    /// What Slack sends when ben presses a button of the newest post in a channel.
    pub async fn pressed(&self, channel: &str, action: &str) -> Sent {
        let post = self.hub.newest(channel);
        self.hub.fake.press("ben", &post, action).await;
        self.last()
    }

    /// Posts from far away: status and body of the answer, which never holds a secret.
    pub async fn post(&self, sent: Sent) -> (u16, String) {
        let stamp = sent.headers.get(STAMP).and_then(|stamp| stamp.to_str().ok()?.parse().ok());
        let right = signature(SIGNING_SECRET, stamp.unwrap_or_else(|| self.now()), &sent.body);
        let mut request = Request::post(&sent.path).body(Body::from(sent.body)).expect("a request");
        *request.headers_mut() = sent.headers;
        self.send(request, &right).await
    }

    /// Sends any request whose right signature is known.
    pub async fn send(&self, mut request: Request, right: &str) -> (u16, String) {
        let far: SocketAddr = "203.0.113.7:50000".parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(far));
        let (head, body) = self.app.clone().oneshot(request).await.expect("an answer").into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        let text = String::from_utf8(body.to_vec()).expect("text");
        let all = format!("{head:?}{text}");
        is_clean(&all);
        let right = right.trim_start_matches("v0=").to_owned();
        assert!(!all.contains(&right), "the answer holds the expected signature: {all}");
        self.right.borrow_mut().push(right);
        (head.status.as_u16(), text)
    }

    /// Posts what must be refused with this status; the answer, which does not repeat what came.
    pub async fn refuses(&self, why: &str, sent: Sent, status: u16) -> String {
        let (said, text) = self.post(sent).await;
        assert_eq!(said, status, "{why}: {text}");
        assert!(!text.contains(INSIDE), "{why}: {text}");
        text
    }

    /// What came in as events, in order: id and state.
    pub async fn inbox(&self) -> Vec<(String, String)> {
        inbox(&self.hub).await
    }

    /// Nothing was stored, done or asked of Slack, nothing logged as a fault, and no log holds what it must not.
    pub async fn untouched(self) {
        self.hub.settle().await;
        assert_eq!(self.inbox().await, []);
        assert!(self.hub.fake.requests().is_empty(), "Slack was asked: {:?}", self.hub.fake.requests());
        assert_eq!(self.hub.bot.page().await, [""; 0], "a window was planned");
        self.close().await;
    }

    /// No fault was logged, and no log holds what it must not.
    pub async fn close(self) {
        self.hub.settle().await;
        let log = self.log.text();
        assert!(!log.contains(" ERROR "), "a fault:\n{log}");
        is_clean(&log);
        for right in &*self.right.borrow() {
            assert!(!log.contains(right), "the log holds an expected signature:\n{log}");
        }
        assert!(!log.contains(INSIDE), "the log holds a body:\n{log}");
        self.hub.close().await;
    }
}

/// What came in as events, in order: id and state.
pub async fn inbox(hub: &Hub) -> Vec<(String, String)> {
    let maintbot::store::Db::Sqlite { read, .. } = &hub.bot.parts.db else { panic!("a story on SQLite") };
    let rows = sqlx::query_as("SELECT id, state FROM inbox ORDER BY position").fetch_all(read).await;
    rows.expect("readable")
}

#[tokio::test]
async fn a_signature_that_is_not_slack_s_is_refused_at_every_door() {
    let gate = Gate::open().await;
    let other = gate.mention().await;
    for good in [gate.command().await, gate.mention().await, gate.opened().await] {
        let (body, right, now) = (good.body.clone(), good.header(SIGNATURE), gate.now());
        let hex = right.trim_start_matches("v0=").to_owned();
        let with = |value: &str| good.clone().with(SIGNATURE, value);
        let forged = [
            ("none", good.clone().without(SIGNATURE)),
            ("no time", good.clone().without(STAMP)),
            ("neither", good.clone().without(SIGNATURE).without(STAMP)),
            ("another secret", with(&signature("a secret of a storm", now, &body))),
            ("an empty secret", with(&signature("", now, &body))),
            ("of an empty body", with(&signature(SIGNING_SECRET, now, b""))),
            ("of another request", with(&other.header(SIGNATURE))),
            ("of another time", with(&signature(SIGNING_SECRET, now - 1, &body))),
            ("another body", good.clone().saying(other.body[..other.body.len() - 2].to_vec())),
            ("one letter less", good.clone().saying(body[..body.len() - 1].to_vec())),
            ("one letter more", good.clone().saying([&body[..], b" "].concat())),
            ("empty", with("")),
            ("the version alone", with("v0=")),
            ("no version", with(&hex)),
            ("another version", with(&format!("v1={hex}"))),
            ("half of it", with(&right[..right.len() / 2])),
            ("twice over", with(&format!("{right}{hex}"))),
            ("no digits", with(&format!("v0={}", "z".repeat(64)))),
            ("letters of other languages", with("v0=ä")),
            ("the good one twice", good.clone().and(SIGNATURE, &right)),
            ("two times", good.clone().and(STAMP, now.to_string())),
            ("a time that is none", good.clone().with(STAMP, "now")),
            ("a time beyond all numbers", good.clone().with(STAMP, "9".repeat(40))),
            ("GitHub's header", good.clone().without(SIGNATURE).and("x-hub-signature-256", format!("sha256={hex}"))),
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
    for good in [gate.command().await, gate.mention().await, gate.opened().await] {
        for (why, at) in [("old", now - 301), ("older", now - 86_400), ("ahead", now + 301), ("the beginning", 0)] {
            assert_eq!(gate.refuses(why, good.clone().signed_at(at), 401).await, FORGED, "{why}");
        }
    }
    assert_eq!(gate.inbox().await, []);
    let mention = gate.mention().await;
    assert_eq!(gate.post(mention.signed_at(now - 300)).await.0, 200, "five minutes old to the second");
    let opened = gate.opened().await;
    assert_eq!(gate.post(opened.signed_at(now + 300)).await.0, 200, "ahead by five minutes to the second");
    assert_eq!(gate.inbox().await.len(), 2);
    gate.close().await;
}

#[tokio::test]
async fn a_captured_request_cannot_be_used_again_after_five_minutes() {
    let gate = Gate::open().await;
    let mention = gate.mention().await;
    assert_eq!(gate.post(mention.clone()).await.0, 200);
    gate.hub.settle().await;
    gate.hub.bot.clock.set(utc("2026-12-01 09:05:01"));
    assert_eq!(gate.refuses("five minutes and a second later", mention, 401).await, FORGED);
    assert_eq!(gate.inbox().await.len(), 1);
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
    let forged = pressed.clone().with(SIGNATURE, signature("guess", gate.now(), &pressed.body));
    for (why, sent) in [
        ("forged", forged),
        ("not signed", pressed.clone().without(SIGNATURE)),
        ("somebody else's name put in", {
            let body = String::from_utf8(pressed.body.clone()).expect("text").replace("U0BEN", "U0ANNA");
            pressed.clone().saying(body)
        }),
    ] {
        assert_eq!(gate.refuses(why, sent, 401).await, FORGED, "{why}");
    }
    gate.hub.calm().await;
    assert_eq!(gate.hub.bot.events(1).await, before);
    assert_eq!(gate.post(pressed).await, (200, String::new()));
    gate.hub.calm().await;
    assert_eq!(gate.hub.bot.events(1).await.len(), before.len() + 1);
    gate.close().await;
}

#[tokio::test]
async fn without_a_signing_secret_nothing_posted_is_believed() {
    let by_socket = |fake: &FakeSlack| {
        let with_secret = config(fake, "");
        let own = format!("signing_secret = \"{SIGNING_SECRET}\"");
        assert!(with_secret.contains(&own));
        with_secret.replace(&own, &format!("app_token = \"{APP_TOKEN}\""))
    };
    let gate = Gate::open_with(by_socket).await;
    for sent in [gate.command().await, gate.mention().await, gate.opened().await] {
        let empty = signature("", gate.now(), &sent.body);
        for (why, sent) in [
            ("signed", sent.clone()),
            ("signed with nothing", sent.clone().with(SIGNATURE, empty)),
            ("not signed", sent.without(SIGNATURE)),
        ] {
            let said = gate.refuses(why, sent, 503).await;
            assert_eq!(said, "Slack's signing secret is not configured here.\n", "{why}");
        }
    }
    gate.untouched().await;
}
