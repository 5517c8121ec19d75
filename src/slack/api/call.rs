//! One call from beginning to end: whether it may go out now, the request, and what the answer means. Everything that is
//! sent to Slack goes through here.

use std::time::Instant;

use chrono::TimeDelta;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{RequestBuilder, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::meaning::{Meaning, advice, meaning, word};
use super::method::Method;
use super::{Failure, Result, Slack, wire};
use crate::outward::{Answer, Silence, TOO_LONG, exchange, locked, one_line};

/// When to look again after an answer that is not Slack's.
const ODD_ANSWER: TimeDelta = TimeDelta::seconds(60);

/// A call that is to be made.
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// The conversation in which it does something.
    pub(super) channel: Option<&'a str>,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Json(Value),
    /// Slack takes no JSON where something is only looked up.
    Form(Vec<(&'static str, String)>),
}

impl<'a> Call<'a> {
    /// With JSON.
    pub(super) fn json(method: Method, body: Value) -> Self {
        Self { method, channel: None, body: Body::Json(body) }
    }

    /// With fields of a form.
    pub(super) fn form(method: Method, fields: Vec<(&'static str, String)>) -> Self {
        Self { method, channel: None, body: Body::Form(fields) }
    }

    /// In this conversation.
    pub(super) fn in_channel(self, channel: &'a str) -> Self {
        Self { channel: Some(channel), ..self }
    }

    fn body(&self) -> (HeaderValue, String) {
        match &self.body {
            Body::Json(value) => (HeaderValue::from_static("application/json; charset=utf-8"), value.to_string()),
            Body::Form(fields) => (HeaderValue::from_static("application/x-www-form-urlencoded"), encoded(fields)),
        }
    }
}

/// Fields as a form carries them.
fn encoded(fields: &[(&str, String)]) -> String {
    let Ok(mut url) = Url::parse("http://form/") else { return String::new() };
    url.query_pairs_mut().extend_pairs(fields);
    url.query().unwrap_or_default().to_owned()
}

impl Slack {
    /// Calls a method and reads its answer.
    pub(super) async fn ask<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<T> {
        let answer = self.called(call).await?;
        self.parsed(call.method, &answer)
    }

    /// Calls a method, and is content if it went well.
    pub(super) async fn tell(&self, call: &Call<'_>) -> Result<()> {
        self.called(call).await.map(drop)
    }

    /// What a good answer says.
    ///
    /// # Errors
    /// It lacks what Slack sends there.
    pub(super) fn parsed<T: DeserializeOwned>(&self, method: Method, answer: &Answer) -> Result<T> {
        serde_json::from_slice(&answer.body).map_err(|error| self.odd(method, &error.to_string()))
    }

    /// Calls a method: the answer says that it went well.
    pub(super) async fn called(&self, call: &Call<'_>) -> Result<Answer> {
        let inner = &self.inner;
        let pass = if call.method == Method::OpenSocket { inner.app_pass.as_ref() } else { Some(&inner.bot_pass) };
        let pass = pass.ok_or_else(|| Failure::Refused {
            why: "Slack is not listened to over a socket: [slack] has no app_token".into(),
        })?;
        let (kind, text) = call.body();
        let request = inner.http.post(inner.address.of(call.method)).header(AUTHORIZATION, pass.clone());
        let request = request.header(CONTENT_TYPE, kind).body(text);
        let answer = self.exchanged(call.method, call.channel, request).await?;
        self.judged(call, answer)
    }

    /// Sends, if it may now. An answer that is one of a limit, and none at all, are failures already.
    pub(super) async fn exchanged(
        &self,
        method: Method,
        channel: Option<&str>,
        request: RequestBuilder,
    ) -> Result<Answer> {
        let admitted = locked(self.limits(method)).admit(self.inner.clock.now(), method, channel);
        admitted
            .map_err(|hold| Failure::Later { at: hold.at, why: format!("{} waits: {}", method.name(), hold.why) })?;
        let started = Instant::now();
        let result = exchange(request).await;
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (workspace, name) = (self.workspace(), method.name());
        match &result {
            Ok(Answer { status, .. }) => {
                tracing::debug!(workspace, method = name, status, milliseconds, "Slack answered");
            }
            Err(silence) => {
                tracing::debug!(workspace, method = name, error = silence.why, milliseconds, "Slack did not answer");
            }
        }
        let answer = result.map_err(|silence| self.silent(method, &silence))?;
        if answer.status == 429 {
            return Err(self.limited(method, &answer, "429"));
        }
        if answer.status >= 500 && method != Method::Respond {
            return Err(self.broken(method, &answer));
        }
        Ok(answer)
    }

    /// What an answer means.
    fn judged(&self, call: &Call<'_>, answer: Answer) -> Result<Answer> {
        let method = call.method;
        let Ok(said) = serde_json::from_slice::<wire::Said>(&answer.body) else {
            locked(self.limits(method)).answered(method, false);
            return Err(match answer.status {
                200..=299 => self.odd(method, "it is not what Slack sends"),
                status => Failure::Refused {
                    why: format!("{} answers {} with {status}", self.inner.address.shown(), method.name()),
                },
            });
        };
        if said.ok {
            locked(self.limits(method)).answered(method, true);
            return Ok(answer);
        }
        let error = self.shown(&said.error);
        let code = word(&error);
        tracing::debug!(workspace = self.workspace(), method = method.name(), error = code, "Slack refused");
        let why = self.told(call, code, &said);
        match meaning(code) {
            Meaning::Limit => return Err(self.limited(method, &answer, code)),
            Meaning::Fault => {
                let at = locked(self.limits(method)).refused(self.inner.clock.now(), method, answer.retry_after());
                return Err(Failure::untold(!method.only_looks(), at, why));
            }
            Meaning::Missing | Meaning::Refused => locked(self.limits(method)).answered(method, false),
        }
        if code == "channel_not_found" {
            self.inner.names.doubt();
        }
        Err(if meaning(code) == Meaning::Missing { Failure::missing(why) } else { Failure::Refused { why } })
    }

    /// What Slack says against a call, in words.
    fn told(&self, call: &Call<'_>, code: &str, said: &wire::Said) -> String {
        let place = call.channel.map(|channel| format!(" in {channel}")).unwrap_or_default();
        let mut why = format!("Slack answers {}{place} with {code}", call.method.name());
        if code == "missing_scope" {
            why.push_str(&format!(": the app needs the scope {}", self.shown(&said.needed)));
        }
        let details: Vec<&str> = said.details().collect();
        if !details.is_empty() {
            why.push_str(&format!(": {}", self.shown(&details.join("; "))));
        }
        advice(code).map_or(why.clone(), |advice| format!("{why}: {advice}"))
    }

    /// Another's text on one line; a token, whoever wrote it there, is left out.
    fn shown(&self, text: &str) -> String {
        let passes = std::iter::once(&self.inner.bot_pass).chain(&self.inner.app_pass);
        let tokens = passes.filter_map(|pass| pass.to_str().ok()?.strip_prefix("Bearer "));
        one_line(&tokens.fold(text.to_owned(), |text, token| text.replace(token, "…")))
    }

    fn limited(&self, method: Method, answer: &Answer, said: &str) -> Failure {
        let at = locked(self.limits(method)).refused(self.inner.clock.now(), method, answer.retry_after());
        Failure::Later { at, why: format!("Slack answers {} with {said}", method.name()) }
    }

    /// What it means that Slack cannot.
    pub(super) fn broken(&self, method: Method, answer: &Answer) -> Failure {
        let at = locked(self.limits(method)).failed(self.inner.clock.now(), method, answer.retry_after());
        let why = format!("Slack answers {} with {}", method.name(), answer.status);
        Failure::untold(!method.only_looks(), at, why)
    }

    /// What no answer means.
    fn silent(&self, method: Method, silence: &Silence) -> Failure {
        if silence.why == TOO_LONG {
            locked(self.limits(method)).answered(method, false);
            let why = format!("the answer to {} cannot be read: {TOO_LONG}", method.name());
            return Failure::unreadable(!method.only_looks(), why);
        }
        let at = locked(self.limits(method)).failed(self.inner.clock.now(), method, None);
        // A response URL is a key to a conversation: it is not shown.
        let place = match method {
            Method::Respond => String::new(),
            _ => format!(" at {}", self.inner.address.shown()),
        };
        let why = one_line(&format!("Slack{place} does not answer {}: {}", method.name(), self.shown(&silence.why)));
        Failure::untold(!method.only_looks() && silence.sent, at, why)
    }

    /// What an answer means that is not Slack's.
    fn odd(&self, method: Method, error: &str) -> Failure {
        let why = self.shown(&format!("the answer to {} cannot be read: {error}", method.name()));
        Failure::untold(!method.only_looks(), self.inner.clock.now() + ODD_ANSWER, why)
    }
}
