//! A maintbot behind its whole router, for posting webhooks that GitHub did not send.

use std::cell::RefCell;
use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderName, HeaderValue, Request};
use maintbot::web::{self, Web};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::log::is_clean;
use super::{CRM, Hears, Hub, SECRET};
use crate::fake::github::hooks::{Webhook, signature};
use crate::log::Log;
use crate::raw::Raw;

/// When these stories begin (UTC).
pub const AT: &str = "2026-12-01 09:00";
pub const SIGNATURE: &str = "x-hub-signature-256";
pub const ID: &str = "x-github-delivery";
pub const EVENT: &str = "x-github-event";
pub const TYPE: &str = "content-type";
/// Stands in every comment, and may stand in no answer and no log.
pub const INSIDE: &str = "hunter2-of-the-body";

/// A maintbot behind its whole router, with an issue on GitHub to write below. GitHub's own webhooks are lost, so that
/// only what a test posts arrives.
pub struct Gate {
    pub hub: Hub,
    pub app: Router,
    pub log: Log,
    /// The number of the issue.
    pub issue: u64,
    /// The signatures that would have been right for what was posted.
    right: RefCell<Vec<String>>,
}

/// Something that is posted.
#[derive(Clone, Debug)]
pub struct Sent {
    headers: Vec<(&'static str, Vec<u8>)>,
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub text: String,
}

impl Sent {
    /// As GitHub sends it, signed with the secret.
    pub fn signed(event: &str, id: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let sign = signature(SECRET, &body);
        let headers = [(TYPE, "application/json"), (ID, id), (EVENT, event), (SIGNATURE, &sign)];
        Self { headers: headers.map(|(name, value)| (name, value.as_bytes().to_vec())).to_vec(), body }
    }

    /// With this value in place of the one there is.
    pub fn with(self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.without(name).and(name, value)
    }

    /// With one header more.
    pub fn and(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name, value.as_ref().to_vec()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self
    }

    /// With another body and the signature of the one before.
    pub fn saying(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub fn signature(&self) -> String {
        let value = self.headers.iter().find(|(name, _)| *name == SIGNATURE).map(|(_, value)| value.clone());
        String::from_utf8(value.expect("a signature")).expect("text")
    }

    pub fn request(self) -> Request<Body> {
        let mut request = Request::post("/github/webhook").body(Body::from(self.body)).expect("a request");
        for (name, value) in self.headers {
            let value = HeaderValue::from_bytes(&value).expect("a header");
            request.headers_mut().append(HeaderName::from_static(name), value);
        }
        request
    }
}

impl Raw for Sent {
    fn head(&self) -> Vec<u8> {
        let mut head = b"POST /github/webhook HTTP/1.1\r\nhost: maintbot.example.com\r\n".to_vec();
        for (name, value) in &self.headers {
            head.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        head
    }

    fn body(&self) -> &[u8] {
        &self.body
    }
}

impl From<Webhook> for Sent {
    fn from(webhook: Webhook) -> Self {
        let headers = webhook.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
        Self { headers, body: webhook.body }
    }
}

impl Gate {
    pub async fn open(more: &str) -> Self {
        let log = Log::start();
        let hub = Hub::start(Hears::Webhooks, more, AT).await;
        hub.fake.lose_webhooks(true);
        let issue = hub.fake.open_issue("anna", CRM, "A question", "");
        let service = hub.bot.parts.service.clone();
        let web = Web { service, mover: None, stop: CancellationToken::new() };
        let app = web::router(web, hub.inbound().routes());
        Self { hub, app, log, issue, right: RefCell::default() }
    }

    /// The webhook of a new comment by anna.
    pub fn comment(&self, text: &str) -> Sent {
        self.hub.fake.comment("anna", CRM, self.issue, &format!("{text}\n\n{INSIDE}"));
        self.hub.fake.webhooks().pop().expect("a webhook").into()
    }

    /// Posts from far away. The answer never holds a secret.
    pub async fn post(&self, sent: Sent) -> Answer {
        let right = signature(SECRET, &sent.body);
        let request = sent.request();
        self.send(request, right).await
    }

    pub async fn send(&self, mut request: Request<Body>, right: String) -> Answer {
        let far: SocketAddr = "203.0.113.7:50000".parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(far));
        let response = self.app.clone().oneshot(request).await.expect("an answer");
        let (head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        let text = String::from_utf8(body.to_vec()).expect("text");
        let all = format!("{head:?}{text}");
        for secret in [SECRET, INSIDE, right.trim_start_matches("sha256=")] {
            assert!(!all.contains(secret), "the answer holds `{secret}`: {all}");
        }
        self.right.borrow_mut().push(right.trim_start_matches("sha256=").to_owned());
        Answer { status: head.status.as_u16(), text }
    }

    /// How often what anna wrote was answered: announcements come to the issue as well.
    pub fn replies(&self) -> usize {
        let comments = self.hub.fake.comments(CRM, self.issue);
        comments.iter().filter(|comment| comment.body.contains("<!-- maintbot:reply ")).count()
    }

    /// Posts what must be refused with this status.
    pub async fn refuses(&self, why: &str, sent: Sent, status: u16) -> String {
        let answer = self.post(sent).await;
        assert_eq!(answer.status, status, "{why}: {}", answer.text);
        answer.text
    }

    /// Nothing was stored, asked of GitHub or logged as a fault, and no log holds what it must not.
    pub async fn untouched(self) {
        assert_eq!(self.hub.inbox().await, []);
        assert_eq!(self.hub.fake.requests().len(), 0, "GitHub was asked");
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
