//! One call from beginning to end: whether it may go out now, the request, and what the answer means. Everything that is
//! sent to Statuspage goes through here.

use std::time::Instant;

use chrono::TimeDelta;
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::wire::Refusal;
use super::{Failure, Result, Statuspage};
use crate::outward::{Answer, Silence, exchange, locked, one_line};

/// When to look again after an answer that cannot be read.
const ODD_ANSWER: TimeDelta = TimeDelta::seconds(60);

/// A call that is to be made.
#[derive(Clone, Debug)]
pub(super) struct Call {
    method: Method,
    /// Below the page.
    path: String,
    query: String,
    body: Option<Value>,
}

impl Call {
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), query: String::new(), body: None }
    }

    pub(super) fn post(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::POST, body: Some(body), ..Self::get(path) }
    }

    pub(super) fn patch(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::PATCH, body: Some(body), ..Self::get(path) }
    }

    /// One page of a list.
    pub(super) fn page(self, page: usize, per_page: usize) -> Self {
        Self { query: format!("page={page}&per_page={per_page}"), ..self }
    }

    fn changes(&self) -> bool {
        self.method != Method::GET
    }

    /// How it is called in messages.
    fn name(&self) -> String {
        format!("{} {}", self.method, if self.path.is_empty() { "the page" } else { &self.path })
    }
}

/// An id as one part of a path: nothing in it leads elsewhere.
pub(super) fn segment(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

impl Statuspage {
    /// Asks, and reads what a good answer says.
    pub(super) async fn ask<T: DeserializeOwned>(&self, call: &Call) -> Result<T> {
        let answer = self.exchanged(call).await?;
        serde_json::from_slice(&answer.body).map_err(|error| {
            let why = self.shown(&format!("the answer to {} cannot be read: {error}", call.name()));
            Failure::untold(call.changes(), self.inner.clock.now() + ODD_ANSWER, why)
        })
    }

    async fn exchanged(&self, call: &Call) -> Result<Answer> {
        let inner = &self.inner;
        let admitted = locked(&inner.limits).admit(inner.clock.now());
        admitted.map_err(|hold| Failure::Later { at: hold.at, why: format!("Statuspage waits: {}", hold.why) })?;
        let mut url = inner.base.clone();
        url.set_path(&format!("{}/v1/pages/{}{}", inner.base.path().trim_end_matches('/'), inner.page, call.path));
        url.set_query(Some(call.query.as_str()).filter(|query| !query.is_empty()));
        let mut request = inner.http.request(call.method.clone(), url).header(AUTHORIZATION, inner.pass.clone());
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let started = Instant::now();
        let result = exchange(request).await;
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let status = result.as_ref().map_or(0, |answer| answer.status);
        tracing::debug!(call = call.name(), status, milliseconds, "Statuspage was asked");
        match result {
            Ok(answer) => self.judged(call, answer),
            Err(silence) => Err(self.silent(call, &silence)),
        }
    }

    /// What an answer means by its status.
    fn judged(&self, call: &Call, answer: Answer) -> Result<Answer> {
        let (now, limits) = (self.inner.clock.now(), &self.inner.limits);
        let says = |answer: &Answer| {
            let words = serde_json::from_slice::<Refusal>(&answer.body).map(|said| said.words()).unwrap_or_default();
            let words = if words.is_empty() { String::new() } else { format!(": {words}") };
            self.shown(&format!("Statuspage answers {} with {}{words}", call.name(), answer.status))
        };
        match answer.status {
            200..=299 => {
                locked(limits).answered();
                Ok(answer)
            }
            420 | 429 => {
                let at = locked(limits).refused(now, answer.retry_after());
                Err(Failure::Later { at, why: says(&answer) })
            }
            500.. => {
                let (at, why) = (locked(limits).failed(now, answer.retry_after()), says(&answer));
                Err(Failure::untold(call.changes(), at, why))
            }
            status => {
                locked(limits).answered();
                let advice = match status {
                    401 => "; write a key that is good into api_key in [statuspage]",
                    403 => "; the key may not do that on this page",
                    404 if call.path.is_empty() => "; look at page_id in [statuspage]",
                    _ => "",
                };
                let why = says(&answer) + advice;
                Err(if status == 404 { Failure::missing(why) } else { Failure::Refused { why } })
            }
        }
    }

    /// What no answer means.
    fn silent(&self, call: &Call, silence: &Silence) -> Failure {
        let at = locked(&self.inner.limits).failed(self.inner.clock.now(), None);
        let why = self.shown(&format!("Statuspage does not answer {}: {}", call.name(), silence.why));
        Failure::untold(call.changes() && silence.sent, at, why)
    }

    /// A text on one line; the key, whoever wrote it there, is left out.
    fn shown(&self, text: &str) -> String {
        let key = self.inner.pass.to_str().ok().and_then(|pass| pass.strip_prefix("OAuth ")).unwrap_or_default();
        one_line(&if key.is_empty() { text.to_owned() } else { text.replace(key, "…") })
    }
}
