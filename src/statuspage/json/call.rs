//! One call from beginning to end: whether it may go out now, the request, and what the answer means. Everything that is
//! sent to such a page goes through here.

use std::fmt::Write as _;

use reqwest::{Method, Url};
use serde_json::Value;

use super::{JsonPage, LONGEST_ID};
use crate::config::PageCall;
use crate::outward::{Answer, Failure, Result, exchange, locked, one_line};

/// What is shown of an answer that refuses, in bytes.
const SHOWN: usize = 200;

impl JsonPage {
    /// Calls, with a body where there is one; `id` goes where the path says.
    pub(super) async fn called(&self, call: &PageCall, id: Option<&str>, body: Option<Value>) -> Result<Answer> {
        let inner = &self.inner;
        let request = self.url(call, id).zip(Method::from_bytes(call.method.as_bytes()).ok());
        let Some((url, method)) = request else {
            return Err(Failure::Refused { why: format!("{} has no address for {}", self.title(), call.path) });
        };
        let admitted = locked(&inner.limits).admit(inner.clock.now());
        admitted
            .map_err(|hold| Failure::Later { at: hold.at, why: format!("{} waits: {}", self.title(), hold.why) })?;
        let mut request = inner.http.request(method.clone(), url).headers(inner.headers.clone());
        if let Some(body) = &body {
            request = request.json(body);
        }
        let changes = method != Method::GET;
        match exchange(request).await {
            Ok(answer) => self.judged(call, answer, changes),
            Err(silence) => {
                let at = locked(&inner.limits).failed(inner.clock.now(), None);
                let why = self.shown(&format!("{} does not answer: {}", self.title(), silence.why));
                Err(Failure::untold(changes && silence.sent, at, why))
            }
        }
    }

    /// What an answer means by its status.
    fn judged(&self, call: &PageCall, answer: Answer, changes: bool) -> Result<Answer> {
        let (now, limits) = (self.inner.clock.now(), &self.inner.limits);
        let says = |answer: &Answer| {
            let mut text = answer.says();
            text.truncate(text.floor_char_boundary(SHOWN));
            let asked = format!("{} {}", call.method, call.path);
            self.shown(&format!("{} answers {asked} with {}: {text}", self.title(), answer.status))
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
                Err(Failure::untold(changes, at, why))
            }
            404 | 410 => {
                locked(limits).answered();
                Err(Failure::missing(says(&answer)))
            }
            _ => {
                locked(limits).answered();
                Err(Failure::Refused { why: says(&answer) })
            }
        }
    }

    /// Where a call goes: below the configured address, whatever the id is.
    fn url(&self, call: &PageCall, id: Option<&str>) -> Option<Url> {
        let path = call.path.replace("{id}", &encoded(id.unwrap_or_default())?);
        let base = &self.inner.base;
        let url = Url::parse(&format!("{}{path}", base.as_str().trim_end_matches('/'))).ok()?;
        (url.origin() == base.origin()).then_some(url)
    }

    /// A text on one line; what is secret in a header, whoever wrote it there, is left out.
    fn shown(&self, text: &str) -> String {
        let secrets = self.inner.headers.values().filter_map(|value| value.to_str().ok());
        let words = secrets.flat_map(|value| value.split(' ')).filter(|word| word.len() >= 8);
        one_line(&words.fold(text.to_owned(), |text, secret| text.replace(secret, "…")))
    }
}

/// An id as one part of a path (RFC 3986, section 2.3); none where it cannot be an id.
fn encoded(id: &str) -> Option<String> {
    if id.chars().count() > LONGEST_ID || id == "." || id == ".." {
        return None;
    }
    let mut out = String::new();
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").ok()?;
        }
    }
    Some(out)
}
