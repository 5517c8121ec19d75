//! What may never be logged in a story, at any level.

use super::SECRET;
use crate::fake::github::APP_KEY;

/// How every token of an App for itself begins: `{"alg":"RS256","typ":"JWT"}` in base64url.
const JWT: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";
/// How every token of an installation begins on the double.
const TOKEN: &str = "ghs_double";

/// Fails where a text holds the webhook's secret, a line of the App's key, or a token.
pub fn is_clean(text: &str) {
    let key = APP_KEY.lines().filter(|line| !line.starts_with("-----"));
    for secret in key.chain([SECRET, JWT, TOKEN, "BEGIN RSA"]) {
        assert!(!text.contains(secret), "`{secret}` in:\n{text}");
    }
}
