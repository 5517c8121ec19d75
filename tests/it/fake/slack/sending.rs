//! How something reaches the bot over HTTP: the forms of its body, and its signature.

use axum::body::{Body, to_bytes};
use axum::http::Request as Outgoing;
use serde_json::Value;
use tower::ServiceExt as _;

use super::people::Again;
use super::signing;

/// More than any answer of ours.
const LONGEST_ANSWER: usize = 1 << 20;

/// Where the bot is reached.
#[derive(Clone)]
pub enum Target {
    /// In this process.
    Router(axum::Router),
    /// Below an address.
    Url(String),
    /// By whatever Socket Mode connections are open.
    Socket,
}

/// What is sent to the bot, and where over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Command,
    Interaction,
    Event,
}

impl What {
    fn path(self) -> &'static str {
        match self {
            Self::Command => "/slack/commands",
            Self::Interaction => "/slack/interactions",
            Self::Event => "/slack/events",
        }
    }

    /// The type of its envelope in Socket Mode.
    pub fn envelope(self) -> &'static str {
        match self {
            Self::Command => "slash_commands",
            Self::Interaction => "interactive",
            Self::Event => "events_api",
        }
    }

    /// The content type and the body.
    fn body(self, payload: &Value) -> (&'static str, Vec<u8>) {
        match self {
            Self::Event => ("application/json", payload.to_string().into_bytes()),
            Self::Interaction => (FORM, form(&[("payload".to_owned(), payload.to_string())])),
            Self::Command => {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let fields = payload.as_object().into_iter().flatten();
                (FORM, form(&fields.map(|(name, value)| (name.clone(), text(value))).collect::<Vec<_>>()))
            }
        }
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

fn form(fields: &[(String, String)]) -> Vec<u8> {
    let url = reqwest::Url::parse_with_params("http://form/", fields).expect("a form");
    url.query().unwrap_or_default().as_bytes().to_vec()
}

/// One signed request.
pub struct Post {
    path: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Post {
    /// A request as Slack makes it at `now` (Unix seconds).
    pub fn made(what: What, payload: &Value, secret: &str, now: i64, how: Option<Again>) -> Self {
        let (kind, body) = what.body(payload);
        let signed_at = if let Some(Again::Old(seconds)) = how { now - seconds } else { now };
        let signature = match how {
            Some(Again::Forged) => signing::signature("another secret", signed_at, &body),
            Some(Again::Changed) => signing::signature(secret, signed_at, &[&body[..], b" "].concat()),
            _ => signing::signature(secret, signed_at, &body),
        };
        let mut headers = vec![
            ("content-type", kind.to_owned()),
            ("user-agent", "Slackbot 1.0 (+https://api.slack.com/robots)".to_owned()),
        ];
        if !matches!(how, Some(Again::Unsigned)) {
            headers.push(("x-slack-request-timestamp", signed_at.to_string()));
            headers.push(("x-slack-signature", signature));
        }
        if let Some(Again::Retry(nth)) = how {
            headers.push(("x-slack-retry-num", nth.to_string()));
            headers.push(("x-slack-retry-reason", "http_timeout".to_owned()));
        }
        Self { path: what.path(), headers, body }
    }

    /// Status and body of the answer; 0 when the bot cannot be reached.
    pub async fn send(self, client: &reqwest::Client, target: &Target) -> (u16, Vec<u8>) {
        match target {
            Target::Router(router) => {
                let request = Outgoing::post(self.path);
                let request = self.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
                let request = request.body(Body::from(self.body)).expect("a request");
                let answer = router.clone().oneshot(request).await.expect("an answer");
                let status = answer.status().as_u16();
                (status, to_bytes(answer.into_body(), LONGEST_ANSWER).await.unwrap_or_default().to_vec())
            }
            Target::Url(base) => {
                let request = client.post(format!("{base}{}", self.path)).body(self.body);
                let request = self.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
                let Ok(answer) = request.send().await else { return (0, Vec::new()) };
                (answer.status().as_u16(), answer.bytes().await.map(|body| body.to_vec()).unwrap_or_default())
            }
            Target::Socket => unreachable!("envelopes go another way"),
        }
    }
}
