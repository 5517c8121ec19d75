//! That the emulator does what the stories need of it.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::super::github::hooks::signature;
use super::super::github::{APP_ID, jwt};
use super::{Emulate, seed};

/// What came to the webhook: event, whether the signature fits, payload.
type Heard = (String, bool, Value);

async fn hear(State(into): State<Arc<mpsc::UnboundedSender<Heard>>>, headers: HeaderMap, body: Bytes) {
    let header = |name: &str| headers[name].to_str().expect("text").to_owned();
    let signed = header("x-hub-signature-256") == signature("a secret", &body);
    let payload = serde_json::from_slice(&body).expect("JSON");
    into.send((header("x-github-event"), signed, payload)).expect("the test listens");
}

async fn make_as(emulate: &Emulate, path: &str, token: &str, body: Value) -> Value {
    let request = crate::process::client().post(format!("{}/{path}", emulate.url)).bearer_auth(token);
    let response = request.header("user-agent", "test").json(&body).send().await.expect("an answer");
    assert_eq!(response.status(), 201);
    serde_json::from_str(&response.text().await.expect("a body")).expect("JSON")
}

#[tokio::test]
async fn an_issue_and_a_comment_send_signed_webhooks() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/github/webhook", listener.local_addr().expect("an address"));
    let (tell, mut heard) = mpsc::unbounded_channel();
    let router = Router::new().route("/github/webhook", post(hear)).with_state(Arc::new(tell));
    let server = tokio::spawn(async { axum::serve(listener, router).await });

    let emulate = Emulate::start(seed(&["crm"], &["anna", "ben"], &url, "a secret")).await;
    let make = async |path: &str, who: &str, body: Value| -> Value {
        make_as(&emulate, &format!("repos/example/crm/{path}"), &format!("token-{who}"), body).await
    };
    let issue = make("issues", "anna", json!({ "title": "Patch", "body": "- [ ] one" })).await;
    let opened = heard.recv().await.expect("a webhook");
    assert_eq!((opened.0.as_str(), opened.1, &opened.2["action"]), ("issues", true, &json!("opened")));
    assert_eq!((&opened.2["sender"]["login"], &opened.2["installation"]["id"]), (&json!("anna"), &json!(77)));
    let path = format!("issues/{}/comments", issue["number"]);
    make(&path, "ben", json!({ "body": "/maintenance list" })).await;
    let commented = heard.recv().await.expect("a webhook");
    assert_eq!((commented.0.as_str(), commented.1), ("issue_comment", true));
    assert_eq!(commented.2["comment"]["body"], "/maintenance list");
    // The App, by its key and then by its installation's token.
    let app = make_as(&emulate, "app/installations/77/access_tokens", &jwt(&APP_ID.to_string(), 0), json!({})).await;
    let path = format!("repos/example/crm/{path}");
    let reply = make_as(&emulate, &path, app["token"].as_str().expect("a token"), json!({ "body": "done" })).await;
    assert_eq!((&reply["user"]["login"], &reply["user"]["type"]), (&json!("maintbot[bot]"), &json!("Bot")));
    assert_eq!(heard.recv().await.expect("a webhook").2["sender"]["login"], "maintbot[bot]");
    server.abort();
}
