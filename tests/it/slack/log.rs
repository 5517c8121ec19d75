//! What may never be logged in a story, at any level.

use crate::fake::slack::{APP_TOKEN, BOT_TOKEN, SIGNING_SECRET};

/// What nobody may read: the tokens, the secret, and how addresses begin that are as good as a password.
const SECRETS: [&str; 5] = [BOT_TOKEN, APP_TOKEN, SIGNING_SECRET, "/response/", "/socket/"];

/// Fails where a text holds a token, the signing secret or an address that only Slack and maintbot may know.
pub fn is_clean(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "`{secret}` in:\n{text}");
    }
}
