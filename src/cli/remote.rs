//! A chat command done by another maintbot, over its API. What was perhaps done and not answered is sent again under the
//! same key, so that nothing is done twice.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::{Client, RequestBuilder, StatusCode, Url, header, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::clock::Clock;
use crate::domain::finding::Finding;
use crate::domain::subject::Subject;
use crate::domain::window::WindowId;
use crate::message::Message;
use crate::message::text::{clipped, one_line};
use crate::message::words::Refused;
use crate::service::{Answer, PlannedView, Reply, SlotView};

/// The longest to wait for an answer, and for a connection.
const PATIENCE: Duration = Duration::from_secs(30);
const CONNECTING: Duration = Duration::from_secs(10);
/// How long to wait before each further try.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
/// The longest that a server may ask to wait before a further try.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The most that is read of an answer, in bytes.
const MOST: usize = 4 << 20;
/// The longest token, in bytes.
const LONGEST_TOKEN: usize = 256;

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub struct Sending<'a> {
    /// The line: `/maintenance …`.
    pub line: &'a str,
    /// Under which name, where the token may choose.
    pub actor: Option<&'a str>,
    /// What makes it safe to send again.
    pub key: &'a str,
}

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

/// An answer, read to its end.
struct Heard {
    status: StatusCode,
    /// How long the server asks to wait before a further try.
    wait: Option<Duration>,
    body: Vec<u8>,
}

/// Why there is no answer.
struct Silence {
    /// For the person.
    why: String,
    /// The request never reached the server.
    undone: bool,
}

/// Whether this is the address of a server: of the web, without a name and password, which would end up in messages.
#[must_use]
pub(super) fn is_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    })
}

/// The token in a file, without line breaks around it.
///
/// # Errors
/// The file cannot be read, or holds something else.
pub fn token_in(file: &Path) -> anyhow::Result<SecretString> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("the token cannot be read from {}", file.display()))?;
    anyhow::ensure!(!text.trim().is_empty(), "{} holds no token", file.display());
    Ok(text.into())
}

/// Sends one command line to `server` and reads its answer. Where there is none, the same is sent again, a few times.
///
/// # Errors
/// The server cannot be reached, does not know the token, or does not speak as maintbot does.
pub async fn send(server: &str, token: Option<&SecretString>, sending: &Sending<'_>) -> anyhow::Result<Answer> {
    let builder = Client::builder().timeout(PATIENCE).connect_timeout(CONNECTING);
    // Where an answer leads elsewhere, the token does not go.
    let client = builder.redirect(redirect::Policy::none()).build().context("the HTTP client cannot be made")?;
    let mut body = json!({ "text": sending.line });
    if let Some(actor) = sending.actor {
        body["actor"] = json!(actor);
    }
    let mut request =
        client.post(format!("{server}/api/v1/commands")).header("Idempotency-Key", sending.key).json(&body);
    if let Some(token) = token {
        request = request.bearer_auth(readable(token)?);
    }
    let request = request.build().context("the request cannot be made")?;
    let mut perhaps_done = false;
    let mut pauses = PAUSES.into_iter();
    loop {
        let copy = request.try_clone().context("the request cannot be made")?;
        let heard = hear(RequestBuilder::from_parts(client.clone(), copy), server).await;
        let (why, pause) = match heard {
            Ok(heard) if !is_passing(heard.status) => return understand(server, &heard),
            Ok(heard) => match pauses.next() {
                Some(pause) => (format!("{server} answered {}", heard.status), heard.wait.unwrap_or(pause).max(pause)),
                None => return understand(server, &heard),
            },
            Err(silence) => {
                perhaps_done |= !silence.undone;
                match pauses.next() {
                    Some(pause) => (silence.why, pause),
                    None if perhaps_done => bail!(
                        "{}. It may have been done: the same again with --idempotency-key {} does it once at most",
                        silence.why,
                        sending.key
                    ),
                    None => bail!("{}. Nothing was done", silence.why),
                }
            }
        };
        tracing::warn!("{why}; trying again in {}s", pause.as_secs());
        Clock::pause(pause).await;
    }
}

/// The text of a token, if it can be one: anything else would not get through as a header.
fn readable(token: &SecretString) -> anyhow::Result<&str> {
    let text = token.expose_secret().trim();
    let fits = !text.is_empty() && text.len() <= LONGEST_TOKEN && text.bytes().all(|b| b.is_ascii_graphic());
    anyhow::ensure!(
        fits,
        "the token is not one: it is a single word such as mb_…, as `maintbot token create` prints it"
    );
    Ok(text)
}

/// Whether the same may be answered differently a little later.
fn is_passing(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// One try.
async fn hear(request: RequestBuilder, server: &str) -> Result<Heard, Silence> {
    let silence = |error: reqwest::Error| Silence { why: unheard(server, &error), undone: error.is_connect() };
    let mut response = request.send().await.map_err(silence)?;
    let status = response.status();
    let seconds = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let wait = seconds.map(Duration::from_secs).map(|wait| wait.min(LONGEST_PAUSE));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(silence)? {
        body.extend_from_slice(&chunk);
        if body.len() > MOST {
            return Err(Silence { why: format!("{server} answered more than {MOST} bytes"), undone: false });
        }
    }
    Ok(Heard { status, wait, body })
}

/// Why nothing was heard, and what to look at.
fn unheard(server: &str, error: &reqwest::Error) -> String {
    let causes = causes(error);
    let known = |words: &[&str]| words.iter().any(|word| causes.to_lowercase().contains(word));
    let hint = if known(&["dns", "lookup", "resolve"]) {
        "its name is not known: check --server"
    } else if known(&["certificate", "tls", "invalid peer"]) {
        "its certificate is not trusted here: check --server, and that this machine knows who signed it"
    } else if known(&["refused"]) {
        "nothing listens there: check --server, and that maintbot runs"
    } else if error.is_timeout() {
        "it did not answer in time"
    } else {
        "the connection broke off"
    };
    format!("{server} cannot be reached, {hint} ({causes})")
}

/// An error with what led to it, each thing once, on one line.
fn causes(error: &reqwest::Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut next: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = next {
        let text = one_line(&error.to_string());
        if !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
        next = error.source();
    }
    clipped(&texts.join(": "), 300)
}

fn understand(server: &str, heard: &Heard) -> anyhow::Result<Answer> {
    let Heard { status, body, .. } = heard;
    if *status == StatusCode::OK {
        let done: Done =
            serde_json::from_slice(body).with_context(|| format!("{server} does not answer as maintbot does"))?;
        let Done { text, windows, warnings, deliveries, subject, findings, slots } = done;
        let message = Message::line(text);
        let reply = Reply { message, windows, warnings, deliveries, subject, findings, slots, ..Reply::default() };
        return Ok(Answer::Done(reply));
    }
    if status.is_redirection() {
        bail!("{server} answered {status}: it leads elsewhere, perhaps from http to https; give that address itself");
    }
    let problem: Problem = serde_json::from_slice(body)
        .map_err(|_| anyhow::anyhow!("{server} answered {status} and not as maintbot does: check --server"))?;
    match *status {
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::FORBIDDEN => Ok(Answer::Refused(Refused {
            sort: "remote".into(),
            message: Message::line(problem.text.unwrap_or_else(|| problem.detail.clone())),
            detail: problem.detail,
            hint: problem.hint,
            position: problem.position,
        })),
        StatusCode::UNAUTHORIZED => {
            bail!("{} Give a good one with --token-file, MAINTBOT_TOKEN or MAINTBOT_TOKEN_FILE", problem.detail)
        }
        _ => bail!("{server} answered {status}: {}", problem.detail),
    }
}
