//! The client against a server that answers by script: what goes over the wire, and what an answer means.

mod lookups;
mod safety;
#[expect(clippy::duplicate_mod, reason = "each client's tests add answers of their own to it")]
#[path = "../../outward/tests/server.rs"]
mod server;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::*;
use server::{Reply, Server, kind};

const BOT: &str = "xoxb-hunter2";
const APP: &str = "xapp-hunter2";
/// Long enough for a busy machine, short enough to wait for.
const SOON: Duration = Duration::from_secs(1);

impl Reply {
    /// Slack is content, and says this.
    fn ok(mut what: Value) -> Self {
        what["ok"] = json!(true);
        Self::Json(200, what)
    }

    /// Slack is not.
    fn error(code: &str) -> Self {
        Self::Json(200, json!({ "ok": false, "error": code }))
    }
}

impl Server {
    /// The channels of the next posts.
    fn channels(&self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.next().json()["channel"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

fn now() -> DateTime<Utc> {
    "2026-12-02T10:00:00Z".parse().expect("an instant")
}

fn seconds(n: i64) -> TimeDelta {
    TimeDelta::seconds(n)
}

fn workspace() -> config::SlackWorkspace {
    let (signing_secret, app_token) = (Some("signing-hunter2".into()), Some(APP.into()));
    config::SlackWorkspace { id: "T1".into(), bot_token: BOT.into(), signing_secret, app_token }
}

/// A client with a clock that is moved by hand, and gives up soon where nothing comes.
fn slack(url: &str) -> (Slack, Clock) {
    let clock = Clock::manual(now());
    let slack = Slack::with_patience(&format!("{url}/api"), &workspace(), clock.clone(), SOON).expect("a client");
    (slack, clock)
}

/// A server with these replies and a client for it.
fn scene(replies: Vec<Reply>) -> (Server, Slack, Clock) {
    let server = Server::new(replies);
    let (slack, clock) = slack(&server.url);
    (server, slack, clock)
}

fn say(text: &str) -> Say {
    Say { text: text.into(), blocks: vec![json!({ "type": "divider" })] }
}

fn post_to(channel: &str) -> Post {
    Post { channel: channel.into(), thread: None, say: say("x"), key: None }
}

fn posted() -> Reply {
    Reply::ok(json!({ "channel": "C1", "ts": "1764669600.000100" }))
}

/// In how many seconds a failure says that it is worth another try.
fn later(failure: &Failure) -> Option<i64> {
    match failure {
        Failure::Later { at, .. } => Some((*at - now()).num_seconds()),
        _ => None,
    }
}

#[tokio::test]
async fn a_message_is_posted_with_its_blocks_thread_and_key() {
    let (server, slack, _) = scene(vec![posted(), posted()]);
    let thread = Some("1764669000.000200".to_owned());
    let full = Post { channel: "C1".into(), thread, say: say("hello"), key: Some("MW-12/7".into()) };
    assert_eq!(slack.post(&full).await.as_deref(), Ok("1764669600.000100"));
    let got = server.next();
    assert_eq!(got.line, "POST /api/chat.postMessage");
    assert_eq!(got.header("authorization"), ["Bearer xoxb-hunter2"]);
    assert_eq!(got.header("content-type"), ["application/json; charset=utf-8"]);
    assert_eq!(got.header("user-agent"), [AGENT]);
    assert_eq!(
        got.json(),
        json!({
            "channel": "C1", "text": "hello", "blocks": [{ "type": "divider" }],
            "unfurl_links": false, "unfurl_media": false, "thread_ts": "1764669000.000200",
            "metadata": { "event_type": "maintbot_delivery", "event_payload": { "key": "MW-12/7" } },
        })
    );
    let plain = Post { channel: "C2".into(), say: Say { text: "x".into(), blocks: vec![] }, ..Post::default() };
    slack.post(&plain).await.expect("posted");
    assert_eq!(
        server.next().json(),
        json!({ "channel": "C2", "text": "x", "unfurl_links": false, "unfurl_media": false })
    );
}

#[tokio::test]
async fn messages_are_changed_and_whispered_and_views_opened() {
    let fine = || Reply::ok(json!({}));
    let (server, slack, _) = scene(vec![fine(), fine(), fine(), fine(), fine()]);
    let empty = Say { text: "over".into(), blocks: vec![] };
    slack.update("C1", "1.2", &empty).await.expect("changed");
    let got = server.next();
    assert_eq!(got.line, "POST /api/chat.update");
    assert_eq!(got.json(), json!({ "channel": "C1", "ts": "1.2", "text": "over", "blocks": [] }));

    slack.whisper("C1", "U1", Some("1.2"), &empty).await.expect("whispered");
    let got = server.next();
    assert_eq!(got.line, "POST /api/chat.postEphemeral");
    assert_eq!(got.json(), json!({ "channel": "C1", "user": "U1", "thread_ts": "1.2", "text": "over" }));
    slack.whisper("C2", "U1", None, &empty).await.expect("whispered");
    assert_eq!(server.next().json(), json!({ "channel": "C2", "user": "U1", "text": "over" }));

    slack.open_view("1.2.abc", &json!({ "type": "modal" })).await.expect("opened");
    let got = server.next();
    assert_eq!(got.line, "POST /api/views.open");
    assert_eq!(got.json(), json!({ "trigger_id": "1.2.abc", "view": { "type": "modal" } }));
    slack.publish_home("U1", &json!({ "type": "home" })).await.expect("published");
    let got = server.next();
    assert_eq!(got.line, "POST /api/views.publish");
    assert_eq!(got.json(), json!({ "user_id": "U1", "view": { "type": "home" } }));
}

#[tokio::test]
async fn a_second_message_in_the_same_second_waits_and_is_not_sent() {
    let (server, slack, clock) = scene(vec![posted(), posted(), posted()]);
    slack.post(&post_to("C1")).await.expect("posted");
    let wait = slack.post(&post_to("C1")).await.expect_err("too soon");
    assert_eq!(later(&wait), Some(1), "{wait}");
    slack.post(&post_to("C2")).await.expect("another channel");
    clock.set(now() + seconds(1));
    slack.post(&post_to("C1")).await.expect("a second later");
    assert_eq!(server.channels(3), ["C1", "C2", "C1"]);
}

#[tokio::test]
async fn retry_after_holds_the_method_and_nothing_else() {
    let limited = Reply::With(429, vec![("retry-after", "30".into())], json!({ "ok": false, "error": "ratelimited" }));
    let (server, slack, clock) = scene(vec![limited, Reply::ok(json!({})), posted()]);
    assert_eq!(later(&slack.post(&post_to("C1")).await.expect_err("limited")), Some(31));
    assert_eq!(server.next().line, "POST /api/chat.postMessage");
    clock.set(now() + seconds(30));
    assert_eq!(later(&slack.post(&post_to("C2")).await.expect_err("held")), Some(31), "in every channel");
    slack.update("C1", "1.2", &say("x")).await.expect("another method");
    assert_eq!(server.next().line, "POST /api/chat.update", "nothing was sent meanwhile");
    clock.set(now() + seconds(31));
    slack.post(&post_to("C1")).await.expect("posted");
}

#[tokio::test]
async fn a_limit_can_also_be_told_with_status_200() {
    let refused = || Reply::error("ratelimited");
    let (_server, slack, clock) = scene(vec![refused(), refused()]);
    assert_eq!(later(&slack.post(&post_to("C1")).await.expect_err("limited")), Some(6));
    clock.set(now() + seconds(6));
    assert_eq!(later(&slack.post(&post_to("C1")).await.expect_err("limited")), Some(6 + 11), "longer each time");
}

#[tokio::test]
async fn what_slack_refuses_is_told_by_what_may_be_done_about_it() {
    for (code, expected) in [
        ("channel_not_found", "missing"),
        ("is_archived", "missing"),
        ("not_in_channel", "missing"),
        ("message_not_found", "missing"),
        ("token_revoked", "refused"),
        ("invalid_blocks", "refused"),
        ("missing_scope", "refused"),
        ("internal_error", "unsure"),
        ("request_timeout", "unsure"),
        ("unheard_of", "refused"),
    ] {
        let (_server, slack, _) = scene(vec![Reply::error(code)]);
        let failure = slack.post(&post_to("C1")).await.expect_err(code);
        assert_eq!(kind(&failure), expected, "{code}: {failure}");
        let said = failure.to_string();
        assert!(said.starts_with(&format!("Slack answers chat.postMessage in C1 with {code}")), "{said}");
    }
    let (_server, slack, _) = scene(vec![Reply::error("internal_error")]);
    assert_eq!(later(&slack.me().await.expect_err("a fault")), Some(6), "looking may be repeated");
}

#[tokio::test]
async fn a_refusal_names_the_scope_and_the_block_at_fault() {
    let scope = json!({ "ok": false, "error": "missing_scope", "needed": "chat:write", "provided": "commands" });
    let blocks = json!({
        "ok": false, "error": "invalid_blocks", "errors": ["must be short [json-pointer:/blocks/0/text]"],
        "response_metadata": { "messages": ["[ERROR] must be short"] },
    });
    let (_server, slack, _) = scene(vec![Reply::Json(200, scope), Reply::Json(200, blocks)]);
    let told = slack.post(&post_to("C1")).await.expect_err("no scope").to_string();
    assert!(told.ends_with("with missing_scope: the app needs the scope chat:write"), "{told}");
    let told = slack.post(&post_to("C2")).await.expect_err("a block").to_string();
    let expected = "with invalid_blocks: [ERROR] must be short; must be short [json-pointer:/blocks/0/text]";
    assert!(told.ends_with(expected), "{told}");
}

#[tokio::test]
async fn after_silence_a_post_is_unsure_a_look_is_repeated_and_slack_is_left_alone() {
    let (server, slack, clock) = scene(vec![Reply::Hang, Reply::Hang, posted(), posted()]);
    assert_eq!(kind(&slack.post(&post_to("C1")).await.expect_err("silence")), "unsure");
    assert_eq!(server.next().line, "POST /api/chat.postMessage");
    let held = slack.update("C9", "1.2", &say("x")).await.expect_err("left alone");
    assert_eq!(later(&held), Some(5), "{held}");
    clock.set(now() + seconds(5));
    assert_eq!(later(&slack.me().await.expect_err("silence")), Some(5 + 10), "longer the second time");
    assert_eq!(server.next().line, "POST /api/auth.test", "what waited was not sent");
    clock.set(now() + seconds(15));
    slack.post(&post_to("C2")).await.expect("it is back");
    slack.post(&post_to("C3")).await.expect("for everybody");
}

#[tokio::test]
async fn a_reset_is_unsure_and_a_closed_door_is_not() {
    let (_server, slack, _) = scene(vec![Reply::Close]);
    let failure = slack.post(&post_to("C1")).await.expect_err("a reset");
    assert_eq!(kind(&failure), "unsure", "{failure}");
    let (_server, slack, _) = scene(vec![Reply::Close]);
    assert_eq!(later(&slack.me().await.expect_err("a reset")), Some(5));

    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let (slack, _) = super::tests::slack(&format!("http://{nobody}"));
    let failure = slack.post(&post_to("C1")).await.expect_err("nobody listens");
    assert_eq!(later(&failure), Some(5), "nothing was sent: {failure}");
}

#[tokio::test]
async fn when_slack_cannot_a_post_is_unsure_and_a_look_is_repeated() {
    let broken = || Reply::Json(503, json!({ "ok": false, "error": "service_unavailable" }));
    let (_server, slack, _) = scene(vec![broken()]);
    let failure = slack.post(&post_to("C1")).await.expect_err("broken");
    assert_eq!(failure, Failure::Unsure { why: "Slack answers chat.postMessage with 503".into() });
    let (_server, slack, _) = scene(vec![broken()]);
    assert_eq!(later(&slack.channel("C1").await.expect_err("broken")), Some(5));
}

#[tokio::test]
async fn an_answer_that_is_not_slacks_is_told_from_one_that_is() {
    let page = |status| Reply::Text(status, "<html>Sign in to the network</html>".into());
    let (_server, slack, _) = scene(vec![page(200), page(200), page(404), Reply::ok(json!({}))]);
    assert_eq!(kind(&slack.post(&post_to("C1")).await.expect_err("a page")), "unsure");
    assert_eq!(later(&slack.me().await.expect_err("a page")), Some(60));
    let failure = slack.update("C1", "1.2", &say("x")).await.expect_err("a page");
    assert_eq!(kind(&failure), "refused", "{failure}");
    assert!(failure.to_string().ends_with("/api answers chat.update with 404"), "{failure}");
    let failure = slack.post(&post_to("C2")).await.expect_err("no ts");
    assert_eq!(kind(&failure), "unsure", "{failure}");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let endless = || Reply::Text(200, format!("{{\"ok\":true,\"x\":\"{}\"}}", "x".repeat(9 << 20)));
    let (_server, slack, _) = scene(vec![endless(), endless()]);
    assert_eq!(kind(&slack.me().await.expect_err("too long")), "refused");
    assert_eq!(kind(&slack.post(&post_to("C1")).await.expect_err("too long")), "unsure");
}
