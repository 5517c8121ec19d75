//! One call from beginning to end: whether it may go out now, the request, and what the answer means. Everything that is
//! sent to Discord goes through here.

use std::time::Instant;

use chrono::TimeDelta;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::limits::{Held, Limits, Scope, Slot};
use super::meaning::{Meaning, advice, code, meaning};
use super::pace::{Told, whole_seconds};
use super::route::Route;
use super::{Discord, Failure, Result, wire};
use crate::outward::{Answer, LONGEST, Silence, TOO_LONG, exchange, locked, one_line};

/// When to look again after an answer that is not Discord's.
const ODD_ANSWER: TimeDelta = TimeDelta::seconds(60);

/// A call that is to be made.
#[derive(Clone, Debug)]
pub(super) struct Call {
    slot: Slot,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
    /// Discord's code that says that it is done already.
    done: Option<u64>,
    /// What is in no text: the token of an interaction.
    secret: Option<SecretString>,
}

impl Call {
    /// A call of a route, about a channel, server, person or interaction (empty: about none), with the parts of its path.
    pub(super) fn new(route: Route, target: &str, path: &[&str]) -> Self {
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        let slot = Slot { route, target: target.to_owned() };
        Self { slot, path, query: Vec::new(), body: None, done: None, secret: None }
    }

    /// With JSON.
    pub(super) fn with(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// With a query.
    pub(super) fn asking(self, query: Vec<(&'static str, String)>) -> Self {
        Self { query, ..self }
    }

    /// Content, too, if Discord answers with this code.
    pub(super) fn done_with(self, code: u64) -> Self {
        Self { done: Some(code), ..self }
    }

    /// Whose path holds a secret.
    pub(super) fn hiding(self, secret: &str) -> Self {
        Self { secret: Some(secret.into()), ..self }
    }

    fn route(&self) -> Route {
        self.slot.route
    }

    /// What is asked, and where, for the operator.
    fn shown(&self) -> String {
        let (name, target) = (self.route().name(), &self.slot.target);
        match self.route() {
            _ if target.is_empty() || self.route().is_answer() => name.to_owned(),
            Route::OpenDirect => format!("{name} for {target}"),
            _ => format!("{name} in {target}"),
        }
    }
}

/// A call under way: over when it is dropped, also by who does not wait for it any longer.
struct Flight<'a> {
    discord: &'a Discord,
    slot: &'a Slot,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.discord.limits().landed(self.slot);
    }
}

impl Discord {
    /// Makes a call and reads its answer.
    pub(super) async fn ask<T: DeserializeOwned>(&self, call: &Call) -> Result<T> {
        let answer = self.called(call).await?;
        serde_json::from_slice(&answer.body).map_err(|error| self.odd(call, &error.to_string()))
    }

    /// Makes a call, and is content if it went well.
    pub(super) async fn tell(&self, call: &Call) -> Result<()> {
        self.called(call).await.map(drop)
    }

    /// Makes a call: the answer says that it went well.
    async fn called(&self, call: &Call) -> Result<Answer> {
        self.admit(call)?;
        let started = Instant::now();
        let flight = Flight { discord: self, slot: &call.slot };
        let result = exchange(self.request(call)).await;
        drop(flight);
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let asked = call.shown();
        match &result {
            Ok(Answer { status, .. }) => tracing::debug!(asked, status, milliseconds, "Discord answered"),
            Err(silence) => {
                let error = self.clean(call, &silence.why);
                tracing::debug!(asked, error, milliseconds, "Discord did not answer");
            }
        }
        let answer = result.map_err(|silence| self.silent(call, &silence))?;
        self.judged(call, answer)
    }

    fn limits(&self) -> std::sync::MutexGuard<'_, Limits> {
        locked(&self.inner.limits)
    }

    fn admit(&self, call: &Call) -> Result<()> {
        let held = self.limits().admit(self.inner.clock.now(), &call.slot);
        held.map_err(|held| match held {
            Held::Until(at, why) => Failure::Later { at, why: format!("{} waits: {why}", call.shown()) },
            Held::Refused(failure) => failure,
        })
    }

    fn request(&self, call: &Call) -> reqwest::RequestBuilder {
        let inner = &self.inner;
        let parts: Vec<&str> = call.path.iter().map(String::as_str).collect();
        let request = inner.http.request(call.route().method(), inner.address.of(&parts, &call.query));
        let request =
            if call.route().is_answer() { request } else { request.header(AUTHORIZATION, inner.pass.clone()) };
        match &call.body {
            Some(body) => request.header(CONTENT_TYPE, "application/json").body(body.to_string()),
            None => request,
        }
    }

    /// What an answer means.
    fn judged(&self, call: &Call, answer: Answer) -> Result<Answer> {
        let told = Told::read(|name| answer.header(name));
        let said = serde_json::from_slice::<wire::Said>(&answer.body).ok();
        match answer.status {
            200..=299 => {
                let (mut limits, now) = (self.limits(), self.inner.clock.now());
                limits.answered(now, &call.slot, told.as_ref());
                limits.took(now);
                Ok(answer)
            }
            500.. => Err(self.broken(call, &answer)),
            status => {
                self.limits().answered(self.inner.clock.now(), &call.slot, told.as_ref());
                match said {
                    _ if status == 429 => Err(self.limited(call, &answer, said.as_ref())),
                    Some(said) if call.done == Some(said.code) => Ok(answer),
                    said => Err(self.refused(call, status, said)),
                }
            }
        }
    }

    /// What it means that Discord does not do it, and what follows for other calls.
    fn refused(&self, call: &Call, status: u16, said: Option<wire::Said>) -> Failure {
        let now = self.inner.clock.now();
        let Some(said) = said.or_else(|| (status == 401).then(wire::Said::default)) else {
            let why = format!("{} answers {} with {status}", self.inner.address.shown(), call.shown());
            let failure = Failure::Refused { why };
            if status == 403 {
                self.limits().forbidden(now, &call.slot, failure.clone());
            }
            return failure;
        };
        let why = self.told(call, status, &said);
        if said.code == code::UNKNOWN_CHANNEL {
            self.inner.names.doubt();
        }
        let failure = match meaning(status, said.code) {
            Meaning::Later(wait) => Failure::Later { at: now + wait, why },
            Meaning::Missing => Failure::Missing { why, code: said.code },
            Meaning::Refused => Failure::Refused { why },
        };
        match status {
            401 if call.route().is_answer() => self.limits().was_invalid(now),
            401 => {
                let is_news = self.limits().unknown_token(now);
                if is_news {
                    tracing::error!("{failure}: Discord is left alone for ten minutes");
                }
            }
            403 => {
                tracing::warn!("{failure}: not tried again there for ten minutes");
                self.limits().forbidden(now, &call.slot, failure.clone());
            }
            _ => {}
        }
        failure
    }

    /// What Discord says against a call, in words.
    fn told(&self, call: &Call, status: u16, said: &wire::Said) -> String {
        let code = if said.code == 0 { String::new() } else { format!(" {}", said.code) };
        let mut why = format!("Discord answers {} with {status}{code}", call.shown());
        let details: Vec<String> = std::iter::once(said.message.clone())
            .chain(said.details())
            .filter(|detail| !detail.is_empty())
            .map(|detail| self.clean(call, &detail))
            .collect();
        if !details.is_empty() {
            why.push_str(&format!(": {}", one_line(&details.join("; "))));
        }
        advice(status, said.code).map_or(why.clone(), |advice| format!("{why}: {advice}"))
    }

    /// Another's text on one line; a token, whoever wrote it there, is left out.
    fn clean(&self, call: &Call, text: &str) -> String {
        let secrets = std::iter::once(&self.inner.token).chain(&call.secret).map(ExposeSecret::expose_secret);
        let secrets = secrets.filter(|secret| !secret.is_empty());
        one_line(&secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "…")))
    }

    fn limited(&self, call: &Call, answer: &Answer, said: Option<&wire::Said>) -> Failure {
        let is = |name: &str, value: &str| answer.header(name).is_some_and(|found| found.eq_ignore_ascii_case(value));
        let scope = match said {
            None => Scope::Door,
            Some(said) if said.global || is("x-ratelimit-global", "true") || is("x-ratelimit-scope", "global") => {
                Scope::Global
            }
            Some(_) if is("x-ratelimit-scope", "shared") => Scope::Shared,
            Some(_) => Scope::Own,
        };
        let body = said.and_then(|said| said.retry_after.as_ref()).and_then(|wait| whole_seconds(&wait.to_string()));
        let wait = body.or_else(|| answer.header("retry-after").and_then(whole_seconds));
        let wait = wait.map(|wait| wait.clamp(TimeDelta::seconds(1), LONGEST));
        let at = self.limits().limited(self.inner.clock.now(), &call.slot, scope, wait);
        Failure::Later { at, why: format!("Discord answers {} with 429", call.shown()) }
    }

    /// What it means that Discord cannot.
    fn broken(&self, call: &Call, answer: &Answer) -> Failure {
        let at = self.limits().failed(self.inner.clock.now(), &call.slot, answer.retry_after());
        let why = format!("Discord answers {} with {}", call.shown(), answer.status);
        Failure::untold(!call.route().only_looks(), at, why)
    }

    /// What no answer means.
    fn silent(&self, call: &Call, silence: &Silence) -> Failure {
        let now = self.inner.clock.now();
        if silence.why == TOO_LONG {
            self.limits().answered(now, &call.slot, None);
            let why = format!("the answer to {} cannot be read: {TOO_LONG}", call.shown());
            return Failure::unreadable(!call.route().only_looks(), why);
        }
        let at = self.limits().failed(now, &call.slot, None);
        let (shown, why) = (self.inner.address.shown(), self.clean(call, &silence.why));
        let why = format!("Discord at {shown} does not answer {}: {why}", call.shown());
        Failure::untold(!call.route().only_looks() && silence.sent, at, why)
    }

    /// What an answer means that is not Discord's.
    fn odd(&self, call: &Call, error: &str) -> Failure {
        let why = self.clean(call, &format!("the answer to {} cannot be read: {error}", call.shown()));
        Failure::untold(!call.route().only_looks(), self.inner.clock.now() + ODD_ANSWER, why)
    }
}
