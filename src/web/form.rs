//! Reading forms of the console, and its cookies.

use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

use super::problem::Problem;
use super::{api, trust};

/// The cookie with the name one goes by.
const NAME_COOKIE: &str = "maintbot_name";
const A_YEAR: i64 = 31_536_000;
/// A browser stays signed in for this long (seconds).
const HALF_A_DAY: i64 = 43_200;

/// What was sent with a form; every field may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    /// A command.
    pub(super) text: String,
    /// The name one goes by.
    pub(super) name: String,
    /// Random, one per form: a reload of the page gets the first answer.
    pub(super) key: String,
    /// A token, to sign in.
    pub(super) token: String,
    /// How much later the clock shall be.
    pub(super) by: String,
    /// The instant (RFC 3339) the clock shall show.
    pub(super) to: String,
    /// The same as a local time of the organisation.
    pub(super) local: String,
}

/// The form, or why it cannot be read.
pub(super) fn read(form: Result<Form<Sent>, FormRejection>) -> Result<Sent, Problem> {
    form.map(|Form(sent)| sent).map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => api::too_large(),
        _ => Problem::bad_request("This form cannot be read. Open the console and try again."),
    })
}

/// The name in the cookie.
pub(super) fn name(headers: &HeaderMap) -> Option<String> {
    let name = String::from_utf8(hex::decode(trust::cookie(headers, NAME_COOKIE)?).ok()?).ok()?;
    trust::person(&name).ok()
}

/// Keeps the name for the next time.
pub(super) fn keep_name(response: &mut Response, name: &str, secure: bool) {
    set_cookie(response, NAME_COOKIE, &hex::encode(name), "/console", A_YEAR, secure);
}

/// Keeps the token, or forgets it where it is empty.
pub(super) fn keep_token(response: &mut Response, token: &str, secure: bool) {
    let age = if token.is_empty() { 0 } else { HALF_A_DAY };
    // For all pages: those of windows lead staff on to what is not public. The API takes no cookie.
    set_cookie(response, trust::TOKEN_COOKIE, token, "/", age, secure);
}

fn set_cookie(response: &mut Response, name: &str, value: &str, path: &str, age: i64, secure: bool) {
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path={path}; Max-Age={age}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
