//! What the double answers.

use axum::body::Body;
use axum::http::{Response, header};
use serde_json::{Value, json};

/// A status, headers and JSON (or a text, as what stands before Discord answers).
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

/// What a call gives, or a refusal.
pub type Reply = Result<Answer, Answer>;

impl Answer {
    pub fn of(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    pub fn ok(body: Value) -> Self {
        Self::of(200, body)
    }

    /// 204: done, and nothing to say.
    pub fn nothing() -> Self {
        Self::of(204, Value::Null)
    }

    /// Refused with one of Discord's codes.
    pub fn code(status: u16, code: u64) -> Self {
        Self::of(status, json!({ "message": words(status, code), "code": code }))
    }

    /// 400 for a field of the body, such as `scheduled_start_time`.
    pub fn field(name: &str, code: &str, message: &str) -> Self {
        let errors = json!({ name: { "_errors": [{ "code": code, "message": message }] } });
        Self::of(400, json!({ "message": "Invalid Form Body", "code": 50035, "errors": errors }))
    }

    /// 429: to be asked again in so many seconds.
    pub fn limited(seconds: f64, scope: &str) -> Self {
        let global = scope == "global";
        let said = "You are being rate limited.";
        let body = json!({ "message": said, "retry_after": seconds, "global": global, "code": 0 });
        let answer = Self::of(429, body);
        let answer = answer.with("retry-after", &format!("{}", seconds.ceil())).with("x-ratelimit-scope", scope);
        if global { answer.with("x-ratelimit-global", "true") } else { answer }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Discord's code; 0 where there is none.
    pub fn number(&self) -> u64 {
        if self.status < 400 { 0 } else { self.body["code"].as_u64().unwrap_or_default() }
    }

    /// The body as it goes out.
    pub fn bytes(&self) -> Vec<u8> {
        match &self.body {
            Value::Null => Vec::new(),
            Value::String(text) => text.clone().into_bytes(),
            body => body.to_string().into_bytes(),
        }
    }

    pub fn into_response(self) -> Response<Body> {
        let mut response = Response::builder().status(self.status);
        let body = self.bytes();
        let kind = match self.body {
            Value::Null => "",
            Value::String(_) => "text/html; charset=UTF-8",
            _ => "application/json",
        };
        if !kind.is_empty() {
            response = response.header(header::CONTENT_TYPE, kind);
        }
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        response.body(body.into()).expect("an answer")
    }
}

/// What Discord writes beside a code.
fn words(status: u16, code: u64) -> &'static str {
    match (status, code) {
        (_, 10_003) => "Unknown Channel",
        (_, 10_004) => "Unknown Guild",
        (_, 10_007) => "Unknown Member",
        (_, 10_008) => "Unknown Message",
        (_, 10_013) => "Unknown User",
        (_, 10_015) => "Unknown Webhook",
        (_, 10_062) => "Unknown interaction",
        (_, 10_070) => "Unknown Guild Scheduled Event",
        (_, 30_038) => "Maximum number of uncompleted guild scheduled events reached (100)",
        (_, 30_046) => "Maximum number of edits to messages older than 1 hour reached. Try again later",
        (_, 40_060) => "Interaction has already been acknowledged.",
        (_, 50_001) => "Missing Access",
        (_, 50_005) => "Cannot edit a message authored by another user",
        (_, 50_006) => "Cannot send an empty message",
        (_, 50_007) => "Cannot send messages to this user",
        (_, 50_013) => "Missing Permissions",
        (_, 50_024) => "Cannot execute action on this channel type",
        (_, 50_027) => "Invalid Webhook Token",
        (_, 50_035) => "Invalid Form Body",
        (_, 50_083) => "Thread is archived",
        (_, 50_109) => "The request body contains invalid JSON.",
        (_, 160_004) => "A thread has already been created for this message",
        (_, 180_000) => "Cannot update a finished event",
        (401, _) => "401: Unauthorized",
        (404, _) => "404: Not Found",
        (405, _) => "405: Method Not Allowed",
        (500.., _) => "500: Internal Server Error",
        _ => "an error",
    }
}
