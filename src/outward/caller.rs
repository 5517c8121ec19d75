//! A service that is asked for one thing after another: left alone for as long as it says or does not answer, and what its
//! answer allows.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{Answer, Away, Failure, LONGEST, Result, TOO_LONG, base, client, exchange, locked, one_line};
use crate::clock::Clock;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// Who calls.
const AGENT: &str = concat!("maintbot/", env!("CARGO_PKG_VERSION"));
/// When to come back after a limit that does not say when.
const LIMITED: TimeDelta = TimeDelta::seconds(30);

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    method: Method,
    path: Vec<&'a str>,
    query: Vec<(&'a str, String)>,
    body: Option<Value>,
}

impl<'a> Ask<'a> {
    /// To read what is below the address.
    #[must_use]
    pub fn get(path: &[&'a str]) -> Self {
        Self { method: Method::GET, path: path.to_vec(), query: Vec::new(), body: None }
    }

    /// To make something.
    #[must_use]
    pub fn post(path: &[&'a str], body: Value) -> Self {
        Self { method: Method::POST, body: Some(body), ..Self::get(path) }
    }

    /// To change something.
    #[must_use]
    pub fn put(path: &[&'a str], body: Value) -> Self {
        Self { method: Method::PUT, body: Some(body), ..Self::get(path) }
    }

    /// To take something away.
    #[must_use]
    pub fn delete(path: &[&'a str]) -> Self {
        Self { method: Method::DELETE, ..Self::get(path) }
    }

    /// With a query.
    #[must_use]
    pub fn with(self, query: Vec<(&'a str, String)>) -> Self {
        Self { query, ..self }
    }

    /// For the operator: `GET silences`.
    fn shown(&self) -> String {
        format!("{} {}", self.method, self.path.join("/"))
    }

    fn changes(&self) -> bool {
        self.method != Method::GET
    }
}

/// Speaks to one service. Cheap to clone; all clones leave it alone together.
#[derive(Clone)]
pub struct Caller {
    inner: Arc<Inner>,
}

struct Inner {
    name: &'static str,
    http: reqwest::Client,
    base: Url,
    headers: HeaderMap,
    /// What is in no text.
    secrets: Vec<SecretString>,
    clock: Clock,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    away: Away,
    /// It asked to be left alone until then (UTC).
    limited: Option<DateTime<Utc>>,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("name", &self.inner.name).finish_non_exhaustive()
    }
}

impl Caller {
    /// For the service of this name at an address. `headers` go with every call; their values are secrets, and so is
    /// `secrets`.
    ///
    /// # Errors
    /// The address is none, a header cannot be sent, or no HTTP client can be made.
    pub fn new(
        name: &'static str,
        address: &str,
        headers: Vec<(&'static str, SecretString)>,
        secrets: Vec<SecretString>,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let base = base(address).with_context(|| format!("the address of {name} is none"))?;
        let mut sent = HeaderMap::new();
        for (header, value) in headers {
            let mut value = HeaderValue::from_str(value.expose_secret())
                .map_err(|_| anyhow::anyhow!("what maintbot shows {name} as `{header}` does not fit into a header"))?;
            value.set_sensitive(true);
            sent.insert(HeaderName::from_static(header), value);
        }
        let http = client(AGENT, PATIENCE)?;
        let held = Mutex::default();
        let inner = Inner { name, http, base, headers: sent, secrets, clock, held };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The service's address, for the operator.
    #[must_use]
    pub fn address(&self) -> &str {
        self.inner.base.as_str().trim_end_matches('/')
    }

    /// The machine's or the story's clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Asks once. Whatever is no failure of the way there is an answer, also one that says no.
    ///
    /// # Errors
    /// [`Failure::Later`] and [`Failure::Unsure`]; what only looks is never in doubt.
    pub async fn ask(&self, ask: &Ask<'_>) -> Result<Answer> {
        let inner = &self.inner;
        self.admit(ask)?;
        let answer = exchange(self.request(ask)).await;
        let now = inner.clock.now();
        let mut held = locked(&inner.held);
        match answer {
            Err(silence) if silence.why == TOO_LONG => {
                let why = format!("the answer of {} to {} cannot be read: {TOO_LONG}", inner.name, ask.shown());
                Err(Failure::unreadable(ask.changes(), why))
            }
            Err(silence) => {
                let at = held.away.failed(now);
                let said = self.clean(&silence.why);
                let why = format!("{} at {} does not answer {}: {said}", inner.name, self.address(), ask.shown());
                Err(Failure::untold(ask.changes() && silence.sent, at, why))
            }
            Ok(answer) if answer.status == 429 => {
                held.away.is_back();
                let at = now + waits(&answer);
                held.limited = Some(at);
                Err(Failure::Later { at, why: format!("{} answers {} with 429", inner.name, ask.shown()) })
            }
            Ok(answer) if answer.status >= 500 => {
                let at = held.away.failed(now).max(now + answer.retry_after().unwrap_or_default());
                let said = self.clean(&answer.says());
                let why = format!("{} answers {} with {}: {said}", inner.name, ask.shown(), answer.status);
                Err(Failure::untold(ask.changes(), at, why))
            }
            Ok(answer) => {
                held.away.is_back();
                Ok(answer)
            }
        }
    }

    /// What it means that the service says no: `said` is its reason.
    #[must_use]
    pub fn refused(&self, ask: &Ask<'_>, answer: &Answer, said: &str) -> Failure {
        let said = self.clean(said);
        let why = format!("{} answers {} with {}: {said}", self.inner.name, ask.shown(), answer.status);
        Failure::Refused { why: why.trim_end_matches([':', ' ']).to_owned() }
    }

    /// What it means that an answer says something else than it should.
    #[must_use]
    pub fn odd(&self, ask: &Ask<'_>, error: &str) -> Failure {
        let why = format!("the answer of {} to {} cannot be read: {}", self.inner.name, ask.shown(), self.clean(error));
        Failure::unreadable(ask.changes(), why)
    }

    fn admit(&self, ask: &Ask<'_>) -> Result<()> {
        let now = self.inner.clock.now();
        let mut held = locked(&self.inner.held);
        let until = [held.away.until(), held.limited].into_iter().flatten().max().filter(|until| *until > now);
        if let Some(at) = until {
            let why = format!("{} waits: {} did not answer or asked to wait", ask.shown(), self.inner.name);
            return Err(Failure::Later { at, why });
        }
        held.limited = None;
        held.away.goes_out(now);
        Ok(())
    }

    fn request(&self, ask: &Ask<'_>) -> reqwest::RequestBuilder {
        let inner = &self.inner;
        let mut url = inner.base.clone();
        // Each part is escaped; a base of the web always has segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(&ask.path);
        }
        for (name, value) in &ask.query {
            url.query_pairs_mut().append_pair(name, value);
        }
        let request = inner.http.request(ask.method.clone(), url).headers(inner.headers.clone());
        match &ask.body {
            Some(body) => request.header(CONTENT_TYPE, "application/json").body(body.to_string()),
            None => request,
        }
    }

    /// Another's text on one line, without secrets.
    fn clean(&self, text: &str) -> String {
        let secrets = self.inner.secrets.iter().map(ExposeSecret::expose_secret).filter(|secret| !secret.is_empty());
        one_line(&secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "…")))
    }
}

/// How long a limit asks to wait: as `Retry-After` says, or `ratelimit-reset`, which counts seconds, too
/// (<https://developer.pagerduty.com/docs/rest-api-rate-limits>).
fn waits(answer: &Answer) -> TimeDelta {
    let reset = || answer.header("ratelimit-reset").and_then(super::retry_after);
    answer.retry_after().or_else(reset).unwrap_or(LIMITED).min(LONGEST)
}
