//! What went wrong, as RFC 9457 problem details.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::message::words::Refused;

/// A problem, ready to be answered.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    sort: String,
    detail: String,
    more: Map<String, Value>,
    /// Says how to come in.
    challenge: bool,
}

impl Problem {
    /// A problem of this sort. `detail` says what is wrong and what to do.
    pub(super) fn new(status: StatusCode, sort: &str, detail: impl Into<String>) -> Self {
        Self { status, sort: sort.into(), detail: detail.into(), more: Map::new(), challenge: false }
    }

    /// Something in the request cannot be read.
    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "request", detail)
    }

    /// A value that makes no sense.
    pub(super) fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "value", detail)
    }

    /// There is no such thing.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("There is no {what}."))
    }

    /// A token is needed.
    pub(super) fn unauthorised(detail: impl Into<String>) -> Self {
        Self { challenge: true, ..Self::new(StatusCode::UNAUTHORIZED, "token", detail) }
    }

    /// Not for this caller.
    pub(super) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// A fault of maintbot's own: logged once, here, under a reference that the caller sees.
    pub(super) fn fault(error: &anyhow::Error) -> Self {
        let reference = reference();
        tracing::error!(%reference, error = format!("{error:#}"), "a request could not be answered");
        let detail =
            format!("maintbot could not do this; nothing is stored. Tell its operator the reference {reference}.");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", detail).with("reference", json!(reference))
    }

    /// One more field.
    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.into(), value);
        self
    }

    /// The status.
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// What is wrong.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }
}

impl From<&Refused> for Problem {
    fn from(refused: &Refused) -> Self {
        Self::new(refused_status(refused), &refused.sort, refused.detail.clone())
            .with("hint", json!(refused.hint))
            .with("position", json!(refused.position))
            .with("text", json!(refused.message.plain()))
    }
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        Self::fault(&error)
    }
}

/// The status of a refusal: a missing role is 403, a store that cannot be written 503, all else 422.
pub(super) fn refused_status(refused: &Refused) -> StatusCode {
    match refused.sort.as_str() {
        "role" => StatusCode::FORBIDDEN,
        "storage" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": format!("urn:maintbot:problem:{}", self.sort),
            "title": title(&self.sort),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let Value::Object(fields) = &mut body {
            fields.extend(self.more);
        }
        let content = [(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
        let mut response = (self.status, content, body.to_string()).into_response();
        if self.challenge {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"maintbot\""));
        }
        response
    }
}

/// The same words for every problem of a sort.
fn title(sort: &str) -> &'static str {
    match sort {
        "input" => "The command cannot be read",
        "not_found" => "There is no such thing",
        "state" => "The window's state does not allow it",
        "role" => "A role is missing",
        "rule" => "The rules do not allow it",
        "storage" => "Nothing can be stored now",
        "token" => "A token is needed",
        "forbidden" => "Not allowed",
        "too_large" => "The request is too large",
        "media_type" => "The request is not JSON",
        "method" => "This method is not taken here",
        "timeout" => "The answer took too long",
        "maintenance" => "Maintenance is going on",
        "away" => "The service is not available",
        "stopping" => "maintbot is stopping",
        "fault" => "Something went wrong",
        "value" => "A value makes no sense",
        _ => "The request cannot be read",
    }
}

/// A short random name for a fault, to be found in the log.
pub(super) fn reference() -> String {
    random(4)
}

/// So many random bytes as hexadecimal digits.
pub(super) fn random(bytes: usize) -> String {
    let mut random = vec![0u8; bytes];
    if let Err(error) = getrandom::fill(&mut random) {
        tracing::error!(%error, "the system gives no randomness");
    }
    hex::encode(random)
}
