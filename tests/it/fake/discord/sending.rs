//! How something reaches the bot over HTTP, signed.

use axum::body::{Body, to_bytes};
use axum::http::Request as Outgoing;
use chrono::{DateTime, Utc};
use serde_json::Value;
use tower::ServiceExt as _;

use super::people::Again;
use super::signing;

/// More than any answer of ours.
const LONGEST_ANSWER: usize = 1 << 20;
const PATH: &str = "/discord/interactions";

/// Where the bot is reached over HTTP.
#[derive(Clone)]
pub enum Target {
    /// In this process.
    Router(axum::Router),
    /// Below an address.
    Url(String),
}

/// How interactions reach the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Posted to where it is reached, signed.
    Http,
    /// Over the connection that the bot opened.
    Gateway,
}

/// One signed request.
pub struct Post {
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Post {
    /// A request as Discord makes it at `now`.
    pub fn made(payload: &Value, now: DateTime<Utc>, how: Option<Again>) -> Self {
        let body = payload.to_string().into_bytes();
        let at = if let Some(Again::Old(seconds)) = how { now.timestamp() - seconds } else { now.timestamp() };
        let at = at.to_string();
        let signed = match how {
            Some(Again::Changed) => signing::signature(&at, &[&body[..], b" "].concat(), false),
            how => signing::signature(&at, &body, matches!(how, Some(Again::Forged))),
        };
        let agent = "Discord-Interactions/1.0 (+https://discord.com)";
        let mut headers = vec![("content-type", "application/json".to_owned()), ("user-agent", agent.to_owned())];
        if !matches!(how, Some(Again::Unsigned)) {
            headers.push(("x-signature-ed25519", signed));
            headers.push(("x-signature-timestamp", at));
        }
        Self { headers, body }
    }

    /// Status and body of the answer; 0 when the bot cannot be reached.
    pub async fn send(self, client: &reqwest::Client, target: &Target) -> (u16, Vec<u8>) {
        match target {
            Target::Router(router) => {
                let request = Outgoing::post(PATH);
                let request = self.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
                let request = request.body(Body::from(self.body)).expect("a request");
                let answer = router.clone().oneshot(request).await.expect("an answer");
                let status = answer.status().as_u16();
                (status, to_bytes(answer.into_body(), LONGEST_ANSWER).await.unwrap_or_default().to_vec())
            }
            Target::Url(base) => {
                let request = client.post(format!("{base}{PATH}")).body(self.body);
                let request = self.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
                let Ok(answer) = request.send().await else { return (0, Vec::new()) };
                (answer.status().as_u16(), answer.bytes().await.map(|body| body.to_vec()).unwrap_or_default())
            }
        }
    }
}
