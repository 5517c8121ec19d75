//! The webhook: verified over the raw bytes, stored, answered; worked on afterwards. GitHub waits ten seconds and asks
//! only once, so that nothing is done before the answer but storing.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use secrecy::SecretString;

use super::seen::Seen;
use super::{Inbound, SOURCE};
use crate::inward::hook::{NoBody, announced_length, body, is_of_type, is_signed, only};

/// Where GitHub posts to.
const PATH: &str = "/github/webhook";
/// Longest body, in bytes: twice what two texts of an issue can have, with everything around them.
const LARGEST_BODY: usize = 2 * 1024 * 1024;
/// How long a body may take to arrive: GitHub has given up by then.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest id of a delivery, in characters; GitHub's have 36.
const LONGEST_ID: usize = 100;
/// What GitHub's signature begins with.
const SCHEME: &str = "sha256=";

/// What came with a good signature. There is no other way to make one.
struct Verified<T>(T);

/// What is answered: status and plain text.
type Said = (StatusCode, &'static str);

const NOT_CONFIGURED: Said = (StatusCode::SERVICE_UNAVAILABLE, "GitHub webhooks are not configured here.\n");
const TOO_LARGE: Said = (StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 2 MiB.\n");
const CUT_OFF: Said = (StatusCode::BAD_REQUEST, "The body did not arrive in full.\n");
const FORGED: Said = (StatusCode::UNAUTHORIZED, "The signature is missing or wrong.\n");
const NO_EVENT: Said = (StatusCode::BAD_REQUEST, "X-GitHub-Event is missing or unreadable.\n");
const NO_ID: Said = (StatusCode::BAD_REQUEST, "X-GitHub-Delivery is missing or unreadable.\n");
const OTHER_TYPE: Said =
    (StatusCode::BAD_REQUEST, "Set the content type of this webhook to application/json in its settings on GitHub.\n");
const UNREADABLE: Said = (StatusCode::BAD_REQUEST, "The body is not JSON.\n");
const NOT_STORED: Said = (StatusCode::SERVICE_UNAVAILABLE, "It could not be stored; send it again.\n");
const PONG: Said = (StatusCode::OK, "pong\n");
const IGNORED: Said = (StatusCode::ACCEPTED, "ignored\n");
const TAKEN: Said = (StatusCode::ACCEPTED, "taken\n");
const KNOWN: Said = (StatusCode::OK, "seen before\n");

impl Inbound {
    /// The route that GitHub posts to. It bounds, verifies and answers by itself; merge it beside routes that ask for a
    /// token, not below them.
    pub fn routes(&self) -> Router {
        Router::new().route(PATH, post(hook)).with_state(self.clone())
    }

    async fn take_delivery(&self, headers: &HeaderMap, body: Verified<Bytes>) -> Said {
        let Some(event) = visible(headers, "x-github-event") else { return NO_EVENT };
        let Some(id) = visible(headers, "x-github-delivery") else { return NO_ID };
        if !is_of_type(headers, "application/json") {
            return OTHER_TYPE;
        }
        let Ok(payload) = serde_json::from_slice(&body.0) else { return UNREADABLE };
        if event == "ping" {
            tracing::info!(delivery = id, "GitHub said hello");
            return PONG;
        }
        let Some(seen) = Seen::read(event, &payload) else {
            tracing::debug!(event, delivery = id, "a webhook that needs nothing");
            return IGNORED;
        };
        match self.store(id, &seen).await {
            Ok(new) => {
                tracing::info!(event, delivery = id, line = seen.line(), new, "a webhook");
                if new { TAKEN } else { KNOWN }
            }
            Err(error) => {
                tracing::error!(event, delivery = id, error = format!("{error:#}"), "a webhook could not be stored");
                NOT_STORED
            }
        }
    }

    /// Puts something into the inbox; `false`: it was there already.
    pub(super) async fn store(&self, id: &str, seen: &Seen) -> anyhow::Result<bool> {
        self.service.receive(SOURCE, id, &seen.line(), &serde_json::to_string(seen)?).await
    }
}

async fn hook(State(inbound): State<Inbound>, request: Request) -> Response {
    let Some(secret) = &inbound.settings.webhook_secret else {
        inbound.without_secret.call_once(|| {
            tracing::warn!("somebody posts to {PATH}, but [github] webhook_secret is not configured");
        });
        return NOT_CONFIGURED.into_response();
    };
    let (parts, body) = match body(request, LARGEST_BODY, PATIENCE).await {
        Ok(came) => came,
        Err(NoBody::TooLarge) => return TOO_LARGE.into_response(),
        Err(NoBody::CutOff) => return CUT_OFF.into_response(),
    };
    let Some(body) = verified(secret, &parts.headers, body) else {
        tracing::warn!(bytes = announced_length(&parts.headers), "a webhook without a good signature was refused");
        return FORGED.into_response();
    };
    inbound.take_delivery(&parts.headers, body).await.into_response()
}

/// Checks `X-Hub-Signature-256` over the raw body, in constant time
/// (<https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>).
fn verified(secret: &SecretString, headers: &HeaderMap, body: Bytes) -> Option<Verified<Bytes>> {
    let signature = only(headers, "x-hub-signature-256")?.strip_prefix(SCHEME)?;
    is_signed(secret, &[&body], signature).then_some(Verified(body))
}

/// A header of visible ASCII characters, at most as long as an id of a delivery may be.
fn visible<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let fits = |value: &&str| (1..=LONGEST_ID).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_graphic());
    only(headers, name).filter(fits)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// The example of GitHub's own documentation.
    const SIGNED: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn is_good(signatures: &[&str], body: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        for signature in signatures {
            headers.append("x-hub-signature-256", HeaderValue::from_str(signature).expect("a header"));
        }
        verified(&"It's a Secret to Everybody".into(), &headers, Bytes::from_static(body.as_bytes())).is_some()
    }

    #[test]
    fn the_signature_of_github_s_documentation_is_good_and_no_other() {
        let body = "Hello, World!";
        assert!(is_good(&[SIGNED], body));
        assert!(!is_good(&[SIGNED], "Hello, World"));
        assert!(!is_good(&[], body), "none");
        assert!(!is_good(&[SIGNED, SIGNED], body), "two");
        let hex = &SIGNED[SCHEME.len()..];
        let sha1 = format!("sha1={hex}");
        for wrong in ["", "sha256=", hex, &sha1, &SIGNED[..SIGNED.len() - 2], &format!("{SIGNED}00"), "sha256=zz"] {
            assert!(!is_good(&[wrong], body), "{wrong}");
        }
    }

    #[test]
    fn ids_are_short_and_visible() {
        let with = |name: &'static str, value: &[u8]| {
            HeaderMap::from_iter([(name.parse().expect("a name"), HeaderValue::from_bytes(value).expect("a value"))])
        };
        let id = "x-github-delivery";
        assert_eq!(visible(&with(id, b"72d3162e-cc78-11e3"), id), Some("72d3162e-cc78-11e3"));
        for wrong in [&b""[..], b"a b", b"\xc3\xa4", &[b'x'; LONGEST_ID + 1]] {
            assert_eq!(visible(&with(id, wrong), id), None, "{wrong:?}");
        }
    }
}
