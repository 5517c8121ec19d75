//! A door between maintbot and Alertmanager: it remembers what was asked, can be closed, and tells when maintbot is to die.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::process::client;

/// What becomes of what comes to the door.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It goes on to Alertmanager.
    #[default]
    Open,
    /// Alertmanager is away: a proxy before it says so.
    Away,
    /// maintbot dies before each change that it asks for, and again after it.
    Deadly,
    /// Alertmanager says that it is of this version.
    Version(&'static str),
}

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub body: Value,
}

pub struct Door {
    pub url: String,
    inside: Arc<Inside>,
    /// One for each death; nothing is answered any more.
    pub deaths: UnboundedReceiver<()>,
    _open: DropGuard,
}

struct Inside {
    target: Mutex<String>,
    mode: Mutex<Mode>,
    asked: Mutex<Vec<Asked>>,
    /// How often each change was asked for.
    seen: Mutex<BTreeMap<String, usize>>,
    tell: UnboundedSender<()>,
}

impl Door {
    pub async fn before(target: &str) -> Self {
        let (tell, deaths) = unbounded_channel();
        let inside = Arc::new(Inside {
            target: Mutex::new(target.to_owned()),
            mode: Mutex::default(),
            asked: Mutex::default(),
            seen: Mutex::default(),
            tell,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let stop = CancellationToken::new();
        let app = Router::new().fallback(enter).with_state(inside.clone());
        let ends = stop.clone().cancelled_owned();
        tokio::spawn(async move { axum::serve(listener, app).with_graceful_shutdown(ends).await });
        Self { url, inside, deaths, _open: stop.drop_guard() }
    }

    pub fn set(&self, mode: Mode) {
        *self.inside.mode.lock().expect("whole") = mode;
    }

    /// Another Alertmanager is behind it from now on.
    pub fn leads_to(&self, target: &str) {
        target.clone_into(&mut self.inside.target.lock().expect("whole"));
    }

    /// Changes that were asked for.
    pub fn changes(&self) -> Vec<Asked> {
        let asked = self.inside.asked.lock().expect("whole");
        asked.iter().filter(|asked| asked.method != "GET").cloned().collect()
    }
}

async fn enter(State(inside): State<Arc<Inside>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let read = serde_json::from_slice(&body).unwrap_or_default();
    let asked = Asked { method: parts.method.to_string(), body: read };
    let change = format!("{} {path} {}", asked.method, asked.body);
    let is_change = asked.method != "GET";
    inside.asked.lock().expect("whole").push(asked);
    let mode = inside.mode.lock().expect("whole").clone();
    let times = if mode == Mode::Deadly && is_change {
        let mut seen = inside.seen.lock().expect("whole");
        let times = seen.entry(change).or_default();
        *times += 1;
        *times
    } else {
        0
    };
    if times == 1 {
        return death(&inside).await;
    }
    match mode {
        Mode::Away => return (StatusCode::SERVICE_UNAVAILABLE, "nobody is there").into_response(),
        Mode::Version(version) if path == "/api/v2/status" => {
            return axum::Json(serde_json::json!({ "versionInfo": { "version": version } })).into_response();
        }
        _ => {}
    }
    let target = inside.target.lock().expect("whole").clone();
    let onward = client().request(parts.method, format!("{target}{path}")).headers(parts.headers).body(body);
    let answer = onward.send().await.expect("an answer");
    if times == 2 {
        return death(&inside).await;
    }
    let status = answer.status();
    let kind = answer.headers().get("content-type").cloned();
    let mut response = Response::new(Body::from(answer.bytes().await.expect("a body")));
    *response.status_mut() = status;
    if let Some(kind) = kind {
        response.headers_mut().insert("content-type", kind);
    }
    response
}

/// Nobody is there to hear the answer.
async fn death(inside: &Inside) -> Response {
    inside.tell.send(()).expect("the story waits");
    std::future::pending().await
}
