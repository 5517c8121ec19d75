//! What the double answers.

use axum::body::Body;
use axum::http::{Response, header};
use serde_json::{Value, json};

/// A status, headers and JSON.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Option<Value>,
}

/// What a route gives: both are answers; `Err` lets it leave early.
pub type Reply = Result<Answer, Answer>;

impl Answer {
    pub fn of(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Some(body) }
    }

    pub fn ok(body: Value) -> Self {
        Self::of(200, body)
    }

    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None }
    }

    /// A refusal in GitHub's words.
    pub fn refused(status: u16, message: &str) -> Self {
        let documentation = "https://docs.github.com/rest";
        let body = json!({ "message": message, "documentation_url": documentation, "status": status.to_string() });
        Self::of(status, body)
    }

    pub fn not_found() -> Self {
        Self::refused(404, "Not Found")
    }

    /// 422 about one field. With code `custom` the message says what is wrong.
    pub fn invalid(resource: &str, field: &str, code: &str, more: &Value) -> Self {
        let mut error = json!({ "resource": resource, "field": field, "code": code });
        if !more.is_null() {
            error[if code == "custom" { "message" } else { "value" }] = more.clone();
        }
        let documentation = "https://docs.github.com/rest";
        Self::of(422, json!({ "message": "Validation Failed", "errors": [error], "documentation_url": documentation }))
    }

    /// Sent elsewhere: for good with GET, with the same method and body otherwise.
    pub fn moved(method: &str, to: &str) -> Self {
        let status = if method == "GET" { 301 } else { 307 };
        let documentation =
            "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects";
        let body = json!({ "message": "Moved Permanently", "url": to, "documentation_url": documentation });
        Self::of(status, body).with("location", to)
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The body as it goes out.
    pub fn bytes(&self) -> Vec<u8> {
        self.body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default()
    }

    pub fn into_response(self) -> Response<Body> {
        let bytes = self.bytes();
        let mut response = Response::builder().status(self.status);
        if self.body.is_some() {
            response = response.header(header::CONTENT_TYPE, "application/json; charset=utf-8");
        }
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        response.body(bytes.into()).expect("an answer")
    }
}
