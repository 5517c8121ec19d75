//! Everything over HTTP: the contract of the API, who is let in, what is harmless to look at, and the console without
//! scripts.

mod advisories;
mod api;
mod away;
mod banner;
mod console;
mod pages;
mod planning;
mod plans;
mod privacy;
mod staff;
mod subscribe;
mod trust;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use chrono::{DateTime, Utc};
use maintbot::clock::{Clock, Mover, Wake};
use maintbot::config::Config;
use maintbot::domain::access::Role;
use maintbot::message::audience::Templates;
use maintbot::service::Service;
use maintbot::store::Db;
use maintbot::web::{self, Web};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::databases;

const LOCAL: &str = "127.0.0.1:50000";
const FAR: &str = "203.0.113.7:50000";

/// An instant written as `2026-12-06T14:00:00Z`.
fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// A service on a throw-away database, with its router and a clock that stands at 2026-11-20T10:00:00Z.
struct Site {
    app: Router,
    service: Service,
    stop: CancellationToken,
    folder: tempfile::TempDir,
}

/// An answer, read to its end.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The page with the escapes of HTML taken back: for finding text. Markup is looked for in `body`.
    fn text(&self) -> String {
        let escapes =
            [("&#x2f;", "/"), ("&quot;", "\""), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
        escapes.iter().fold(self.body.clone(), |text, (escape, character)| text.replace(escape, character))
    }

    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

impl Site {
    async fn new() -> Self {
        Self::with("", false).await
    }

    /// With a configuration, and with a clock that can be moved.
    async fn with(config: &str, movable: bool) -> Self {
        Self::of(config_of(config), movable).await
    }

    async fn of(config: Config, movable: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = databases::sqlite_url(&folder);
        let clock = Clock::manual(at("2026-11-20T10:00:00Z"));
        let templates = Arc::new(Templates::builtin().expect("templates"));
        let db = Db::open(&url).await.expect("a database");
        let service = Service::new(db, Arc::new(config.organisation), clock.clone(), templates, Wake::default());
        let mover = movable.then(|| {
            let (sender, mut asked) = Mover::channel();
            tokio::spawn(async move {
                while let Some((to, done)) = asked.recv().await {
                    clock.set(to);
                    let _ = done.send(());
                }
            });
            sender
        });
        let stop = CancellationToken::new();
        let app = web::router(Web { service: service.clone(), mover, stop: stop.clone() }, Router::new());
        Self { app, service, stop, folder }
    }

    async fn token(&self, role: Role) -> String {
        let text = format!("mb_{role}_0123456789");
        let hash = web::token_hash(&text);
        self.service.add_token(&format!("{role} robot"), &hash, role, None).await.expect("a token");
        text
    }

    async fn send(&self, peer: &str, request: Request<Body>) -> Answer {
        let mut request = request;
        request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().expect("an address")));
        let response = self.app.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).expect("text") }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(LOCAL, local("GET", path).body(Body::empty()).expect("a request")).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = local("POST", path).header(header::CONTENT_TYPE, "application/json");
        self.send(LOCAL, request.body(Body::from(body.to_string())).expect("a request")).await
    }

    /// Does a command that must succeed.
    async fn command(&self, text: &str) -> Value {
        self.command_as("anna", text).await
    }

    /// Does a command of somebody that must succeed.
    async fn command_as(&self, actor: &str, text: &str) -> Value {
        let answer = self.post("/api/v1/commands", &json!({ "text": text, "actor": actor })).await;
        assert_eq!(answer.status, StatusCode::OK, "{text}\n{}", answer.body);
        answer.json()
    }

    /// A page as anybody sees it, from far away and without a token.
    async fn public(&self, path: &str) -> Answer {
        let request = Request::builder().uri(path).header(header::HOST, "status.example.com");
        self.send(FAR, request.body(Body::empty()).expect("a request")).await
    }

    /// Sends a form from the console's own page.
    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = local("POST", path)
            .header(header::ORIGIN, "http://127.0.0.1:8080")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(LOCAL, request.body(Body::from(encoded(fields))).expect("a request")).await
    }

    /// MW-1: Jira, 6 December 2026, 16:00 to 20:00 in Helsinki, with two change items.
    async fn window(&self) {
        self.command(concat!(
            "/maintenance schedule \"Jira 10.3 upgrade\" service:jira when:\"2026-12-06 16:00-20:00\" ",
            "tz:Europe/Helsinki downtime:1h impact:\"Jira is unavailable\" poc:@mikko"
        ))
        .await;
        self.command("/maintenance change add MW-1 \"Jira to 10.3.2\" kind:upgrade").await;
        self.command("/maintenance change add MW-1 \"Reindex\" assignee:@anna").await;
    }
}

fn config_of(text: &str) -> Config {
    let nothing: [(&str, &str); 0] = [];
    Config::from_text("test.toml".as_ref(), text, nothing).expect("a configuration")
}

/// An organisation with notice, approval, two services, two regions and two customers.
const ORGANISATION: &str = r#"
[organisation]
time_zone = "Europe/Helsinki"

[[region]]
id = "eu"
name = "Europe"
time_zone = "Europe/Helsinki"
working_hours = "08:00-18:00"

[[region]]
id = "apac"
name = "Asia-Pacific"
time_zone = "Asia/Singapore"

[[service]]
id = "crm"
name = "CRM"
regions = ["eu"]

[[service]]
id = "mail"
name = "Mail"

[policy.scheduled]
notice = "5wd"
approval = ["short_notice"]

[[customer]]
id = "ACME"
name = "Acme Corp"
services = ["crm"]
owner = "anna"
contacts = ["ops@acme.example"]

[[customer]]
id = "GLOBEX"
name = "Globex"
services = ["crm"]
"#;

/// `crm` on Sunday 20 December 2026, 14:00 to 16:00 in Helsinki; nothing speaks against it.
const FINE: &str = "schedule \"CRM upgrade\" service:crm when:\"2026-12-20 14:00-16:00\" downtime:15m poc:@mikko";
/// `crm` tomorrow: shorter than the notice, so that it waits for approval.
const SHORT: &str =
    "schedule \"Urgent upgrade\" service:crm when:\"2026-11-21 14:00-16:00\" poc:@mikko reason:\"a fix is out\"";

fn local(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:8080")
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric();
    let value = |text: &str| {
        text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect::<String>()
    };
    fields.iter().map(|(name, text)| format!("{name}={}", value(text))).collect::<Vec<_>>().join("&")
}
