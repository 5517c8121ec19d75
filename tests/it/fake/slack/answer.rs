//! What the double answers.

use axum::body::Body;
use axum::http::{Response, header};
use serde_json::{Value, json};

/// A status, headers and JSON.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

/// What a method gives: the fields beside `ok`, or a refusal.
pub type Reply = Result<Value, Answer>;

impl Answer {
    pub fn of(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// 200 and `ok: true` with more fields.
    pub fn ok(mut fields: Value) -> Self {
        fields["ok"] = json!(true);
        Self::of(200, fields)
    }

    /// 200 and `ok: false`, as Slack refuses.
    pub fn refused(error: &str) -> Self {
        Self::of(200, json!({ "ok": false, "error": error }))
    }

    /// The same with reasons.
    pub fn refused_since(error: &str, why: &[String]) -> Self {
        let why: Vec<String> = why.iter().map(|why| format!("[ERROR] {why}")).collect();
        Self::of(200, json!({ "ok": false, "error": error, "response_metadata": { "messages": why } }))
    }

    /// 429: asked too often; to be asked again in so many seconds.
    pub fn limited(seconds: u64) -> Self {
        Self::of(429, json!({ "ok": false, "error": "ratelimited" })).with("retry-after", &seconds.to_string())
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What an answer with `ok: false` says.
    pub fn error(&self) -> Option<String> {
        (self.body["ok"] == false).then(|| self.body["error"].as_str().unwrap_or_default().to_owned())
    }

    pub fn into_response(self) -> Response<Body> {
        let mut response = Response::builder().status(self.status);
        let (kind, body) = match self.body {
            Value::String(text) => ("text/html; charset=utf-8", text),
            body => ("application/json; charset=utf-8", body.to_string()),
        };
        response = response.header(header::CONTENT_TYPE, kind);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        response.body(body.into()).expect("an answer")
    }
}
