//! A chat command done by another maintbot, over its API.

use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::domain::finding::Finding;
use crate::domain::subject::Subject;
use crate::domain::window::WindowId;
use crate::message::Message;
use crate::message::words::Refused;
use crate::service::{Answer, PlannedView, Reply, SlotView};

/// The longest to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most that is read of an answer, in bytes.
const MOST: usize = 4 << 20;

#[derive(Deserialize)]
struct Done {
    text: String,
    windows: Vec<WindowId>,
    #[serde(default)]
    warnings: Vec<String>,
    deliveries: Option<Vec<PlannedView>>,
    subject: Option<Subject>,
    #[serde(default)]
    findings: Vec<Finding>,
    slots: Option<Vec<SlotView>>,
}

#[derive(Deserialize)]
struct Problem {
    detail: String,
    hint: Option<String>,
    position: Option<usize>,
    text: Option<String>,
}

/// Sends one command line to `server` and reads its answer. `key` makes it safe to send again.
///
/// # Errors
/// The server cannot be reached, does not know the token, or does not speak as maintbot does.
pub async fn send(server: &str, token: Option<&SecretString>, line: &str, key: &str) -> anyhow::Result<Answer> {
    let url = format!("{}/api/v1/commands", server.trim_end_matches('/'));
    let client = reqwest::Client::builder().timeout(PATIENCE).build().context("the HTTP client cannot be made")?;
    let mut request = client.post(&url).header("Idempotency-Key", key).json(&json!({ "text": line }));
    if let Some(token) = token {
        request = request.bearer_auth(token.expose_secret());
    }
    let mut response = request.send().await.with_context(|| format!("{server} cannot be reached"))?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.context("the answer broke off")? {
        body.extend_from_slice(&chunk);
        if body.len() > MOST {
            bail!("{server} answered more than {MOST} bytes");
        }
    }
    if status == StatusCode::OK {
        let done: Done =
            serde_json::from_slice(&body).with_context(|| format!("{server} does not answer as maintbot does"))?;
        let Done { text, windows, warnings, deliveries, subject, findings, slots } = done;
        let message = Message::line(text);
        let reply = Reply { message, windows, warnings, deliveries, subject, findings, slots, ..Reply::default() };
        return Ok(Answer::Done(reply));
    }
    let problem: Problem = serde_json::from_slice(&body)
        .map_err(|_| anyhow::anyhow!("{server} answered {status} and not as maintbot does"))?;
    match status {
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::FORBIDDEN => Ok(Answer::Refused(Refused {
            sort: "remote".into(),
            message: Message::line(problem.text.unwrap_or_else(|| problem.detail.clone())),
            detail: problem.detail,
            hint: problem.hint,
            position: problem.position,
        })),
        StatusCode::UNAUTHORIZED => bail!("{}: give a good token with --token or MAINTBOT_TOKEN", problem.detail),
        _ => bail!("{server} answered {status}: {}", problem.detail),
    }
}
