//! What may go wrong, in a closed list, and GitHub's own words about it on one line.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::outward::one_line;

/// How GitHub says that what should be made is there.
pub(super) const EXISTS: &str = "exists already";

/// Why a call did not do what was asked. The texts are for the operator, one line each; they hold no token and no key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// A limit, the own pacing, or GitHub is away: nothing was sent, or it was refused for now.
    #[error("{why}; not before {}", at.to_rfc3339_opts(SecondsFormat::Secs, true))]
    Later {
        /// When it is worth another try (UTC, injected clock).
        at: DateTime<Utc>,
        /// What happened.
        why: String,
    },
    /// No answer, or one that does not tell: a change may have arrived. Look before doing it again.
    #[error("{why}; it may have arrived")]
    Unsure {
        /// What happened.
        why: String,
    },
    /// The repository, issue or comment is gone or cannot be seen, or the App is not installed there.
    #[error("{why}")]
    Missing {
        /// What was looked for, and what GitHub says.
        why: String,
    },
    /// GitHub does not do it, and will not do it another time.
    #[error("{why}")]
    Refused {
        /// The HTTP status, such as 401, 403 or 422; 200 where the answer itself cannot be used.
        status: u16,
        /// What was asked, and what GitHub says.
        why: String,
    },
}

/// What every call gives.
pub type Result<T> = std::result::Result<T, Failure>;

/// What GitHub sends with a refusal.
#[derive(Debug, Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    errors: Option<Value>,
}

/// What GitHub says in the body of a refusal: its message and the list of errors in words, on one line; empty where it
/// says nothing. `secret` is left out, whoever wrote it there.
pub(super) fn message(body: &[u8], secret: &str) -> String {
    let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
    let errors = match &refusal.errors {
        Some(Value::Array(errors)) => errors.iter().map(words).collect(),
        Some(other) => vec![words(other)],
        None => Vec::new(),
    };
    let parts: Vec<String> = refusal.message.into_iter().chain(errors).filter(|part| !part.is_empty()).collect();
    let text = parts.join("; ");
    one_line(&if secret.is_empty() { text } else { text.replace(secret, "…") })
}

/// One entry of the list of errors.
fn words(error: &Value) -> String {
    let text = |key: &str| error.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(said) = error.as_str().or_else(|| text("message")) {
        return said.to_owned();
    }
    let code = match text("code") {
        Some("missing") => "does not exist",
        Some("missing_field") => "is missing",
        Some("invalid") => "is not valid",
        Some("already_exists") => EXISTS,
        Some("unprocessable") => "cannot be used",
        Some(other) => other,
        None => return String::new(),
    };
    let what = text("field").or_else(|| text("resource")).unwrap_or("something");
    match error.get("value") {
        Some(Value::String(value)) => format!("{what} {code} ({value})"),
        Some(Value::Number(value)) => format!("{what} {code} ({value})"),
        _ => format!("{what} {code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_github_says_is_put_into_words_on_one_line() {
        let body = br#"{"message":"Validation Failed","errors":[
            {"resource":"Issue","field":"title","code":"missing_field"},
            {"resource":"Issue","field":"assignees","code":"invalid","value":"bob"},
            {"resource":"Label","code":"already_exists","field":"name"},
            {"code":"custom","message":"No\n\u001b[31mnever"}, "plain", {"x":1}]}"#;
        let expected = "Validation Failed; title is missing; assignees is not valid (bob); name exists already; \
            No [31mnever; plain";
        assert_eq!(message(body, ""), expected);
        assert_eq!(message(br#"{"message":"Not Found","errors":"a string"}"#, ""), "Not Found; a string");
        assert_eq!(message(b"<html>", ""), "");
    }

    #[test]
    fn it_is_cut_and_holds_no_secret() {
        let long = format!(r#"{{"message":"{}"}}"#, "ä".repeat(400));
        assert_eq!(message(long.as_bytes(), "").chars().count(), 300);
        let told = message(br#"{"message":"bad Bearer ghs_abc"}"#, "ghs_abc");
        assert_eq!(told, "bad Bearer …");
    }
}
