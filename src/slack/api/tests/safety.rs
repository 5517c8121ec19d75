//! What goes where: tokens to Slack alone, answers to no foreign server, no secret into any text or log.

#[expect(clippy::duplicate_mod, reason = "modules of tests are used by no others")]
#[path = "../../../../tests/it/log.rs"]
mod log;

use serde_json::json;

use self::log::Log;
use super::server::Reply;
use super::*;

const SECRETS: [&str; 3] = ["hunter2", "s3cret-path", "ticket=s3cret"];

#[tokio::test]
async fn a_response_url_gets_the_answer_and_no_token() {
    let (server, slack, _) = scene(vec![Reply::Text(200, "ok".into()), Reply::ok(json!({}))]);
    let url = format!("{}/response/s3cret-path", server.url);
    slack.respond(&url, &say("done"), true).await.expect("answered");
    let got = server.next();
    assert_eq!(got.line, "POST /response/s3cret-path");
    assert!(got.header("authorization").is_empty());
    let blocks = json!([{ "type": "divider" }]);
    assert_eq!(
        got.json(),
        json!({ "response_type": "ephemeral", "replace_original": true, "text": "done", "blocks": blocks })
    );
    slack.respond(&url, &say("done"), false).await.expect("answered");
    assert_eq!(server.next().json()["replace_original"], json!(false));
}

#[tokio::test]
async fn nothing_is_answered_on_a_foreign_server() {
    let (foreign, _, _) = scene(vec![Reply::Text(200, "ok".into())]);
    let (_server, slack, _) = scene(Vec::new());
    for url in [format!("{}/response/1", foreign.url), "https://hooks.slack.com.example.org/x".into(), "x".into()] {
        let failure = slack.respond(&url, &say("x"), false).await.expect_err("foreign");
        assert_eq!(kind(&failure), "refused", "{url}");
        assert!(!failure.to_string().contains("127.0.0.1"), "{failure}");
    }
    assert!(foreign.is_idle());
}

#[tokio::test]
async fn a_response_url_that_is_used_up_is_missing_and_other_answers_are_sorted() {
    let expired = |status| Reply::Json(status, json!({ "ok": false, "error": "expired_url" }));
    let used = Reply::Json(500, json!({ "ok": false, "error": "used_url" }));
    let limited = Reply::With(429, vec![("retry-after", "7".into())], json!({}));
    for (reply, expected) in [
        (expired(404), "missing"),
        (expired(500), "missing"),
        (expired(200), "missing"),
        (used, "missing"),
        (Reply::Text(404, "no_service".into()), "missing"),
        (Reply::Text(500, "server_error".into()), "unsure"),
        (Reply::Text(400, "invalid_blocks".into()), "refused"),
        (Reply::error("invalid_payload"), "refused"),
        (Reply::Close, "unsure"),
        (limited, "later"),
    ] {
        let (server, slack, _) = scene(vec![reply]);
        let url = format!("{}/response/s3cret-path", server.url);
        let failure = slack.respond(&url, &say("x"), false).await.expect_err(expected);
        assert_eq!(kind(&failure), expected, "{failure}");
        assert!(!failure.to_string().contains("s3cret-path"), "{failure}");
    }
}

#[tokio::test]
async fn a_dead_response_url_does_not_keep_messages_back() {
    let (server, slack, _) = scene(vec![Reply::Close, posted()]);
    let url = format!("{}/response/1", server.url);
    assert_eq!(kind(&slack.respond(&url, &say("x"), false).await.expect_err("a reset")), "unsure");
    slack.post(&post_to("C1")).await.expect("posted");
}

#[tokio::test]
async fn a_socket_is_asked_for_with_the_apps_token_and_is_slacks() {
    let (server, slack, _) = scene(vec![
        Reply::ok(json!({ "url": "wss://wss-primary.slack.com/link/?ticket=s3cret" })),
        Reply::ok(json!({ "url": "wss://example.org/?ticket=s3cret" })),
    ]);
    assert_eq!(slack.open_socket().await.as_deref(), Ok("wss://wss-primary.slack.com/link/?ticket=s3cret"));
    let got = server.next();
    assert_eq!(got.line, "POST /api/apps.connections.open");
    assert_eq!(got.header("authorization"), ["Bearer xapp-hunter2"]);
    let failure = slack.open_socket().await.expect_err("foreign");
    assert_eq!(kind(&failure), "refused");
    assert!(!failure.to_string().contains("s3cret"), "{failure}");

    let without = config::SlackWorkspace { app_token: None, ..workspace() };
    let slack = Slack::new(&server.url, &without, Clock::manual(now())).expect("a client");
    assert_eq!(kind(&slack.open_socket().await.expect_err("no token")), "refused");
}

#[tokio::test]
async fn a_token_does_not_go_where_an_answer_leads() {
    let (other, _, _) = scene(vec![Reply::ok(json!({}))]);
    let moved = Reply::With(307, vec![("location", format!("{}/api/chat.update", other.url))], json!({}));
    let (_server, slack, _) = scene(vec![moved]);
    let failure = slack.update("C1", "1.2", &say("x")).await.expect_err("moved");
    assert_eq!(kind(&failure), "refused", "{failure}");
    assert!(other.is_idle());
}

#[tokio::test]
async fn an_address_and_tokens_that_cannot_be_used_are_refused() {
    let clock = || Clock::manual(now());
    for url in ["", "slack.com/api", "https://a:hunter2@slack.com/api", "ftp://slack.com"] {
        let error = Slack::new(url, &workspace(), clock()).expect_err(url);
        assert!(!format!("{error:#}").contains("hunter2"), "{error:#}");
    }
    let odd = config::SlackWorkspace { bot_token: "xoxb-hunter2\n".into(), ..workspace() };
    let error = Slack::new("https://slack.com/api", &odd, clock()).expect_err("a line break");
    assert!(!format!("{error:#}").contains("hunter2"), "{error:#}");
}

#[tokio::test]
async fn no_secret_is_in_any_text_or_log_whatever_slack_answers() {
    let log = Log::start();

    let echo = || json!({ "messages": [format!("bad {BOT} and {APP}")] });
    let said = json!({ "ok": false, "error": "invalid_auth", "errors": [BOT], "response_metadata": echo() });
    let odd = json!({ "ok": false, "error": BOT });
    let scope = json!({ "ok": false, "error": "missing_scope", "needed": BOT });
    let replies = vec![
        Reply::Json(200, said),
        Reply::Json(200, odd),
        Reply::Json(200, scope),
        Reply::Text(200, format!("{{\"ok\":true,\"ts\":{{\"{BOT}\":1}}}}")),
        Reply::Text(403, BOT.into()),
        Reply::ok(json!({ "url": "ws://example.org/?ticket=s3cret" })),
        Reply::Text(404, "hunter2".into()),
        Reply::Close,
    ];
    let (server, slack, _) = scene(replies);
    let mut texts = vec![format!("{slack:?} {slack:#?}")];
    for channel in ["C1", "C2", "C3", "C4", "C5"] {
        texts.push(slack.post(&post_to(channel)).await.expect_err(channel).to_string());
    }
    texts.push(slack.open_socket().await.expect_err("foreign").to_string());
    for _ in 0..2 {
        let url = format!("{}/response/s3cret-path", server.url);
        texts.push(slack.respond(&url, &say("x"), false).await.expect_err("gone").to_string());
    }
    let logged = log.text();
    let lines = |method: &str| logged.lines().filter(|line| line.contains(method)).count();
    assert!(lines("chat.postMessage") >= 5 && lines("the response URL") >= 2, "every call is traced: {logged}");
    for text in texts.iter().chain([&logged]) {
        for secret in SECRETS {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(text == &logged || text.lines().count() == 1 || text.starts_with("Slack {"), "{text}");
    }
    assert!(texts[1].contains("with invalid_auth: bad … and …; …: install the app"), "{}", texts[1]);
}
