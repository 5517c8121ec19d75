//! The main story on GitHub as others model it (the npm package `emulate`), heard over real webhooks: what maintbot
//! relies on is not what our double happens to do. Reactions, GraphQL and the list of deliveries do not exist there, and
//! maintbot goes on without them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use maintbot::clock::Clock;
use maintbot::domain::access::Role;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::whole::FORM;
use super::{CRM, SECRET};
use crate::bot::{Bot, utc};
use crate::databases;
use crate::fake::emulate::{Emulate, seed};
use crate::fake::github::{APP_ID, APP_KEY};

/// Who did what a webhook told of, and how it was answered.
type Heard = (String, StatusCode);

/// What stands between the emulator and maintbot.
#[derive(Clone)]
struct Line {
    tell: mpsc::UnboundedSender<Heard>,
    /// Nothing gets through.
    is_cut: Arc<AtomicBool>,
}

/// maintbot and the emulator, which calls it over HTTP.
struct Emulated {
    bot: Bot,
    emulate: Emulate,
    heard: Mutex<mpsc::UnboundedReceiver<Heard>>,
    is_cut: Arc<AtomicBool>,
    server: JoinHandle<std::io::Result<()>>,
    _folder: tempfile::TempDir,
}

/// Lets a webhook through to maintbot and tells the test when it was answered.
async fn listen(State(line): State<Line>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 10_000_000).await.expect("a body");
    let payload: Value = serde_json::from_slice(&body).expect("JSON");
    let response = if line.is_cut.load(Ordering::Relaxed) {
        StatusCode::BAD_GATEWAY.into_response()
    } else {
        next.run(Request::from_parts(head, Body::from(body))).await
    };
    let who = payload["sender"]["login"].as_str().expect("a login").to_owned();
    // After the end of the story nobody listens.
    let _ = line.tell.send((who, response.status()));
    response
}

impl Emulated {
    async fn start(at: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}/github/webhook", listener.local_addr().expect("an address"));
        let emulate = Emulate::start(seed(&["crm"], &["anna", "ben", "carla", "dan"], &address, SECRET)).await;
        let key = APP_KEY.replace('\n', "\\n");
        let config = format!(
            r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[github]
api_url = "{}"
app_id = {APP_ID}
private_key = "{key}"
webhook_secret = "{SECRET}"
repositories = ["{CRM}"]

[policy.scheduled]
announce = "2d"
remind = []

[people.anna]
github = "anna"
"#,
            emulate.url
        );
        let folder = tempfile::tempdir().expect("a folder");
        let bot = Bot::start(&config, &databases::sqlite_url(&folder), Clock::manual(utc(at))).await;
        let (tell, heard) = mpsc::unbounded_channel();
        let routes: Router = bot.parts.inward.github.as_ref().expect("GitHub is configured").routes();
        let is_cut = Arc::<AtomicBool>::default();
        let line = Line { tell, is_cut: Arc::clone(&is_cut) };
        let routes = routes.layer(from_fn_with_state(line, listen));
        let server = tokio::spawn(async { axum::serve(listener, routes).await });
        Self { bot, emulate, heard: Mutex::new(heard), is_cut, server, _folder: folder }
    }

    async fn ask(&self, who: &str, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}/repos/{CRM}/{path}", self.emulate.url);
        let request = crate::process::client().request(method, url).bearer_auth(format!("token-{who}"));
        let request = request.header("user-agent", "a story").header("accept", "application/json");
        let request = body.iter().fold(request, reqwest::RequestBuilder::json);
        let response = request.send().await.expect("an answer");
        assert!(response.status().is_success(), "{path}: {}", response.status());
        serde_json::from_str(&response.text().await.expect("a body")).expect("JSON")
    }

    async fn read(&self, path: &str) -> Value {
        self.ask("anna", Method::GET, path, None).await
    }

    /// Somebody does something on GitHub; maintbot hears of it and does what is to be done.
    async fn does(&self, who: &str, method: Method, path: &str, body: Value) {
        // The emulator names webhooks by the millisecond in which they are sent: this one shall have a name of its own.
        let now = Clock::wall().timestamp_millis();
        while Clock::wall().timestamp_millis() == now {
            tokio::task::yield_now().await;
        }
        self.ask(who, method, path, Some(body)).await;
        let mut heard = self.heard.lock().await;
        loop {
            let (sender, status) = heard.recv().await.expect("it listens");
            if sender == who {
                let expected = if self.is_cut.load(Ordering::Relaxed) { 502 } else { 202 };
                assert_eq!(status, expected, "a webhook of {who}");
                break;
            }
        }
        self.bot.settle().await;
    }

    async fn comments(&self, number: u64, who: &str, body: &str) {
        self.does(who, Method::POST, &format!("issues/{number}/comments"), json!({ "body": body })).await;
    }

    /// Sets a box of a change list whose line holds `text`.
    async fn sets(&self, who: &str, number: u64, text: &str, done: bool) {
        let (from, to) = if done { ("- [ ] ", "- [x] ") } else { ("- [x] ", "- [ ] ") };
        let body = self.issue(number).await["body"].as_str().expect("a body").to_owned();
        let set = |line: &str| if line.contains(text) { line.replacen(from, to, 1) } else { line.to_owned() };
        let changed = body.lines().map(set).collect::<Vec<_>>().join("\n");
        assert_ne!(changed, body, "no box {text}");
        self.does(who, Method::PATCH, &format!("issues/{number}"), json!({ "body": changed })).await;
    }

    async fn issue(&self, number: u64) -> Value {
        self.read(&format!("issues/{number}")).await
    }

    /// What maintbot said in an issue.
    async fn said(&self, number: u64) -> Vec<String> {
        let comments = self.read(&format!("issues/{number}/comments?per_page=100")).await;
        let ours = comments.as_array().expect("a list").iter().filter(|one| one["user"]["login"] == "maintbot[bot]");
        ours.map(|one| one["body"].as_str().expect("a text").to_owned()).collect()
    }

    async fn close(self) {
        self.bot.finish().await;
        self.server.abort();
    }
}

/// Of a list of texts, how many hold this.
fn count(texts: &[String], part: &str) -> usize {
    texts.iter().filter(|text| text.contains(part)).count()
}

#[tokio::test]
async fn from_the_request_to_the_summary_on_the_emulator() {
    let hub = Emulated::start("2026-12-01 09:00").await;
    hub.does("ben", Method::POST, "issues", json!({ "title": "[maintenance] CRM", "body": FORM })).await;
    let answer = hub.said(1).await;
    assert_eq!(answer.len(), 1, "{answer:?}");
    assert!(answer[0].contains("MW-1 “Upgrade of the CRM” is scheduled"), "{}", answer[0]);
    assert_eq!(hub.bot.page().await, ["MW-1 scheduled: Tue 8 Dec 2026 14:00–16:00 UTC"]);
    let list = hub.issue(2).await;
    assert_eq!((&list["title"], &list["state"]), (&json!("MW-1: Upgrade of the CRM"), &json!("open")));
    let names = |of: &str, name: &str| -> Vec<Value> {
        list[of].as_array().expect("a list").iter().map(|one| one[name].clone()).collect()
    };
    assert_eq!(names("labels", "name"), ["maintenance", "crm"]);
    assert_eq!(names("assignees", "login"), ["anna"]);
    assert!(list["body"].as_str().expect("a body").contains("  - [ ] **4.** plugin ScriptRunner to 9"));

    // A box, back again, and a command.
    hub.sets("carla", 2, "Back up", true).await;
    assert_eq!(hub.bot.items(1).await, ["1 github:carla", "2", "3", "4", "5"]);
    hub.sets("carla", 2, "Back up", false).await;
    assert_eq!(hub.bot.items(1).await, ["1", "2", "3", "4", "5"]);
    hub.comments(2, "dan", "/maintenance done 2").await;
    let dan = ["2 github:dan", "3 github:dan", "4 github:dan"];
    assert_eq!(hub.bot.items(1).await, [&["1"], &dan[..], &["5"]].concat());
    hub.sets("carla", 2, "Back up", true).await;
    assert_eq!(hub.bot.items(1).await, [&["1 github:carla"], &dan[..], &["5"]].concat());
    let body = hub.issue(2).await["body"].as_str().expect("a body").to_owned();
    assert!(body.contains("### Change list: 3 of 4 done") && body.contains("Back up — done by carla"), "{body}");

    // A tick of which no webhook tells is found by comparing. The emulator does not say whose it was: it is put back.
    hub.is_cut.store(true, Ordering::Relaxed);
    hub.sets("carla", 2, "OS patches", true).await;
    hub.is_cut.store(false, Ordering::Relaxed);
    let inbound = hub.bot.parts.inward.github.as_ref().expect("GitHub is configured");
    inbound.look(&CancellationToken::new()).await.expect("it compares also where no list of deliveries is kept");
    hub.bot.settle().await;
    assert_eq!(hub.bot.items(1).await[4], "5");
    let body = hub.issue(2).await["body"].as_str().expect("a body").to_owned();
    assert!(body.contains("- [ ] **5.** OS patches"), "{body}");
    assert_eq!(count(&hub.said(2).await, "was not taken over"), 1);

    hub.bot.at("2026-12-08 14:00").await;
    hub.bot.say_as(Role::Engineer, "bea", "/maintenance done MW-1 5").await;
    let closed = hub.issue(2).await;
    assert_eq!((&closed["state"], &closed["state_reason"]), (&json!("closed"), &json!("completed")));
    hub.bot.at("2026-12-08 15:30").await;
    hub.comments(2, "anna", "/maintenance complete note:\"All well\" downtime:12m").await;
    let closed = hub.issue(2).await;
    assert_eq!((&closed["state"], &closed["state_reason"]), (&json!("closed"), &json!("completed")));
    let summary =
        "> **MW-1 completed: success.** Reported by anna, Tue 8 Dec 2026 15:30 UTC. Real downtime: 12m. All well";
    assert!(closed["body"].as_str().expect("a body").contains(summary), "{}", closed["body"]);

    let said = hub.said(2).await;
    for marker in ["maintbot:MW-1 status ", "maintbot:MW-1 started ", "maintbot:MW-1 completed "] {
        assert_eq!(count(&said, marker), 1, "{marker}");
    }
    assert_eq!(count(&said, "maintbot:reply "), 2, "dan and anna");
    assert_eq!(count(&said, "was not taken over"), 1);
    assert_eq!(said.len(), 6, "{said:#?}");
    assert_eq!(hub.read("issues?state=all&per_page=100").await.as_array().expect("a list").len(), 2);
    hub.close().await;
}
