//! The client of one webhook: posts a body that it signs, and says what the answer means.
//!
//! Signatures, headers and what each status means are those of Standard Webhooks
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>). It never follows a
//! redirection, never speaks to a machine of the own network unless that is wished, and reads nothing of an answer but
//! its head. Whether and when a message is tried again is not decided here.

mod sign;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Method, Url};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};

use self::sign::Key;
use crate::clock::Clock;
use crate::config::{self, WebhookFormat};
use crate::outward::{Answer, Away, Barred, LONGEST, Silence, client_to, door, head, is_bare, locked, retry_after};

const AGENT: &str = concat!("maintbot/", env!("CARGO_PKG_VERSION"));
/// How long an answer is waited for. With the lookup before it, all of it takes at most 20 seconds.
const PATIENCE: Duration = Duration::from_secs(15);

/// One webhook. Its copies share what is known of whether it answers.
#[derive(Clone)]
pub struct Webhook(Arc<Inner>);

struct Inner {
    name: String,
    url: Url,
    /// The newest first.
    keys: Vec<Key>,
    allow_private: bool,
    format: WebhookFormat,
    clock: Clock,
    held: Mutex<Held>,
}

/// How long nothing is sent there.
#[derive(Debug, Default)]
struct Held {
    away: Away,
    /// It said so itself (UTC, injected clock).
    asked: Option<DateTime<Utc>>,
}

/// Why a message was not taken. Texts hold neither the address nor what the receiver wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The receiver wants nothing more: 410.
    Gone,
    /// Its address is not spoken to; nothing was sent.
    Barred {
        /// Which address, and what to do.
        why: String,
    },
    /// It was not taken now.
    Later {
        /// What happened.
        why: String,
        /// How long the receiver asks to wait, at most a day.
        wait: Option<TimeDelta>,
        /// No answer came: it may have been taken all the same.
        unsure: bool,
    },
}

/// A receiver that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The status of HTTP.
    pub status: u16,
    /// It says that it takes events from here, as the binding of CloudEvents for webhooks has it.
    pub allows: bool,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Webhook").field(&self.0.name).finish_non_exhaustive()
    }
}

impl Webhook {
    /// For a webhook of the configuration; `clock` says how long it is left alone.
    ///
    /// # Errors
    /// Its address or a key is none.
    pub fn new(settings: &config::Webhook, clock: Clock) -> anyhow::Result<Self> {
        let name = settings.name.clone();
        let url = Url::parse(settings.url.expose_secret()).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host() && is_bare(url));
        let url = url.with_context(|| format!("`url` of the webhook {name} is not an address of the web"))?;
        let keys = settings.keys.iter().map(|key| Key::read(key.expose_secret())).collect::<Option<Vec<_>>>();
        let keys = keys.filter(|keys| !keys.is_empty());
        let keys = keys.with_context(|| format!("`secret` of the webhook {name} is not a key"))?;
        let (allow_private, format, held) = (settings.allow_private, settings.format, Mutex::default());
        Ok(Self(Arc::new(Inner { name, url, keys, allow_private, format, clock, held })))
    }

    /// What channels call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Messages are events of CloudEvents there.
    #[must_use]
    pub fn takes_cloud_events(&self) -> bool {
        self.0.format == WebhookFormat::CloudEvents
    }

    /// The server that it is on, which is all that may be shown of its address.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.url.host_str().unwrap_or_default()
    }

    /// What receivers verify with, for each key that has a public half.
    #[must_use]
    pub fn public_keys(&self) -> Vec<String> {
        self.0.keys.iter().filter_map(Key::public).collect()
    }

    /// A digest of its address, in hexadecimal: another address has another one.
    #[must_use]
    pub fn address(&self) -> String {
        hex::encode(Sha256::digest(self.0.url.as_str()))
    }

    /// Until when (UTC) nothing is sent there, because it did not answer or asked for that.
    #[must_use]
    pub fn held(&self) -> Option<DateTime<Utc>> {
        let held = locked(&self.0.held);
        held.away.until().max(held.asked).filter(|until| *until > self.0.clock.now())
    }

    /// Posts a body under an id that stays the same however often the message is tried.
    ///
    /// # Errors
    /// It was not taken.
    pub async fn post(&self, id: &str, body: Vec<u8>) -> Result<(), Failure> {
        let kind =
            if self.takes_cloud_events() { "application/cloudevents+json; charset=utf-8" } else { "application/json" };
        // What the receiver checks is its own clock.
        let stamp = Clock::wall().timestamp();
        let headers = [
            ("content-type", kind.to_owned()),
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", stamp.to_string()),
            ("webhook-signature", self.signature(id, stamp, &body)),
        ];
        locked(&self.0.held).away.goes_out(self.0.clock.now());
        let tried = self.ask(Method::POST, &headers, body).await;
        self.judged(tried)
    }

    /// Asks whether it is there, without posting anything. `origin` is the name of the server that events come from.
    ///
    /// Of a receiver of CloudEvents it is asked at the same time whether it takes events from there
    /// (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection>).
    ///
    /// # Errors
    /// No answer came.
    pub async fn reach(&self, origin: &str) -> Result<Reached, Failure> {
        let headers: &[_] =
            if self.takes_cloud_events() { &[("webhook-request-origin", origin.to_owned())] } else { &[] };
        let answer = self.ask(Method::OPTIONS, headers, Vec::new()).await?;
        let allows = answer.header("webhook-allowed-origin").is_some_and(|allowed| allowed == "*" || allowed == origin);
        Ok(Reached { status: answer.status, allows })
    }

    /// Signatures with every key, as the header has them.
    fn signature(&self, id: &str, stamp: i64, body: &[u8]) -> String {
        let signed = [format!("{id}.{stamp}.").as_bytes(), body].concat();
        self.0.keys.iter().map(|key| key.sign(&signed)).collect::<Vec<_>>().join(" ")
    }

    async fn ask(&self, method: Method, headers: &[(&str, String)], body: Vec<u8>) -> Result<Answer, Failure> {
        let later = |why: String, unsure| Failure::Later { why, wait: None, unsure };
        let doors = match door(&self.0.url, self.0.allow_private).await {
            Ok(doors) => doors,
            Err(Barred::Private(address)) => {
                let why = format!(
                    "{} is at {address}, which is not on the public internet: write allow_private = true into \
                     [[webhook]] if that is meant",
                    self.host()
                );
                return Err(Failure::Barred { why });
            }
            Err(Barred::Unknown(why)) => return Err(later(format!("{} is not known: {why}", self.host()), false)),
        };
        let client = client_to(doors, AGENT, PATIENCE).map_err(|error| later(format!("{error:#}"), false))?;
        let request = client.request(method, self.0.url.clone());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        head(request.body(body)).await.map_err(|Silence { sent, why }| later(why, sent))
    }

    /// What an answer means, and whether others have to wait because of it.
    fn judged(&self, tried: Result<Answer, Failure>) -> Result<(), Failure> {
        let now = self.0.clock.now();
        let mut held = locked(&self.0.held);
        let answer = match tried {
            Ok(answer) => answer,
            // That is no fault of the receiver.
            Err(failure @ Failure::Barred { .. }) => {
                *held = Held::default();
                return Err(failure);
            }
            Err(failure) => {
                held.away.failed(now);
                return Err(failure);
            }
        };
        let wait = answer.header("retry-after").and_then(|value| wait(value, Clock::wall()));
        match answer.status {
            // It cannot take more now: what else is due there waits as well.
            429 | 502..=504 => {
                let until = held.away.failed(now);
                held.asked = wait.map(|wait| until.max(now + wait));
            }
            _ => *held = Held::default(),
        }
        match answer.status {
            200..=299 => Ok(()),
            410 => Err(Failure::Gone),
            status => Err(Failure::Later { why: said(status), wait, unsure: false }),
        }
    }
}

/// What a status says, with what to do where that is clear.
fn said(status: u16) -> String {
    let what = match status {
        300..=399 => "it leads elsewhere, which is not followed: write the new address as `url` into [[webhook]]",
        401 | 403 => "it does not let maintbot in: does it have the key of [[webhook]]?",
        404 => "there is nothing at this address: is `url` in [[webhook]] right?",
        429 => "it gets too many messages",
        500..=599 => "it has a fault, or is not there now",
        _ => "it does not take the message",
    };
    format!("the answer is {status}: {what}")
}

/// How long to wait, from a header in seconds or with a date (RFC 9110, section 10.2.3); `now` by the machine's clock. Between
/// a second and a day.
fn wait(value: &str, now: DateTime<Utc>) -> Option<TimeDelta> {
    let until = || DateTime::parse_from_rfc2822(value.trim()).ok().map(|at| at.to_utc() - now);
    retry_after(value).or_else(until).map(|wait| wait.clamp(TimeDelta::seconds(1), LONGEST))
}
