//! What Discord posts: verified over the raw bytes before anything of it counts, then handled.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use serenity::interactions_endpoint::Verifier;
use serenity::model::application::Interaction;

use super::Inbound;
use crate::inward::hook::{NoBody, body, only};

/// Largest body, in bytes: forty times what Discord's longest form can have.
const LARGEST_BODY: usize = 1024 * 1024;
/// How long a body may take to arrive: Discord has given up by then.
const PATIENCE: Duration = Duration::from_secs(3);
/// How old a request may be, and how far ahead its clock (seconds): older ones may have been listened in on.
const FRESH: u64 = 300;

/// What is answered where nothing of it is done: status and plain text.
type Said = (StatusCode, &'static str);

const NOT_CONFIGURED: Said = (StatusCode::SERVICE_UNAVAILABLE, "Discord's public key is not configured here.\n");
const TOO_LARGE: Said = (StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 1 MiB.\n");
const CUT_OFF: Said = (StatusCode::BAD_REQUEST, "The body did not arrive in full.\n");
const FORGED: Said = (StatusCode::UNAUTHORIZED, "The signature is missing, wrong or too old.\n");
const UNREADABLE: Said = (StatusCode::BAD_REQUEST, "The body is not what Discord sends here.\n");

impl Inbound {
    /// The route that Discord posts to. It bounds, verifies and answers by itself; merge it beside routes that ask for a
    /// token, not below them.
    pub fn routes(&self) -> Router {
        let take = |State(inbound): State<Self>, request: Request| async move { inbound.take(request).await };
        Router::new().route("/discord/interactions", post(take)).with_state(self.clone())
    }

    async fn take(&self, request: Request) -> Response {
        let Some(verifier) = &self.verifier else {
            self.without_key.call_once(|| {
                tracing::warn!("somebody posts to /discord, but [discord] public_key is not configured");
            });
            return NOT_CONFIGURED.into_response();
        };
        let (parts, body) = match body(request, LARGEST_BODY, PATIENCE).await {
            Ok(came) => came,
            Err(NoBody::TooLarge) => return TOO_LARGE.into_response(),
            Err(NoBody::CutOff) => return CUT_OFF.into_response(),
        };
        // Discord itself looks whether a forged request is refused just so.
        if !is_good(verifier, &parts.headers, &body, self.clock.now()) {
            tracing::warn!(bytes = body.len(), "a request without a good signature of Discord was refused");
            return FORGED.into_response();
        }
        let interaction = match serde_json::from_slice::<Interaction>(&body) {
            Ok(interaction) => interaction,
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                tracing::warn!(line, column, "a request of Discord's could not be read");
                return UNREADABLE.into_response();
            }
        };
        Json(self.handle(interaction).await.body()).into_response()
    }
}

/// The key from its 64 hexadecimal digits.
///
/// # Errors
/// It is none.
pub(super) fn verifier(key: &str) -> anyhow::Result<Verifier> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(key, &mut bytes)?;
    Ok(Verifier::try_new(bytes)?)
}

/// Checks `X-Signature-Ed25519` over the time and the raw body, and that it is fresh at `now` (UTC)
/// (<https://docs.discord.com/developers/interactions/overview#setting-up-an-endpoint-validating-security-request-headers>).
fn is_good(verifier: &Verifier, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> bool {
    let signed = || {
        let (signature, stamp) = (only(headers, "x-signature-ed25519")?, only(headers, "x-signature-timestamp")?);
        let at: i64 = stamp.parse().ok()?;
        let is_fresh = now.timestamp().abs_diff(at) <= FRESH;
        Some(is_fresh && signature.is_ascii() && verifier.verify(signature, stamp, body).is_ok())
    };
    signed().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use chrono::TimeDelta;
    use ring::signature::{Ed25519KeyPair, KeyPair as _};

    use super::*;

    const STAMP: i64 = 1_796_292_000;
    const BODY: &str = r#"{"type":1}"#;

    fn pair() -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key")
    }

    fn signature(stamp: &str, body: &str) -> String {
        hex::encode(pair().sign(format!("{stamp}{body}").as_bytes()))
    }

    fn good(stamp: &str, signatures: &[&str], body: &str, late: i64) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("x-signature-timestamp", HeaderValue::from_str(stamp).expect("a header"));
        for signature in signatures {
            headers.append("x-signature-ed25519", HeaderValue::from_str(signature).expect("a header"));
        }
        let verifier = verifier(&hex::encode(pair().public_key())).expect("a key");
        let now = DateTime::from_timestamp(STAMP, 0).expect("a time") + TimeDelta::seconds(late);
        is_good(&verifier, &headers, body.as_bytes(), now)
    }

    #[test]
    fn a_signature_of_the_application_is_good_and_no_other() {
        let stamp = STAMP.to_string();
        let signature = signature(&stamp, BODY);
        assert!(good(&stamp, &[&signature], BODY, 0));
        assert!(!good(&stamp, &[&signature], r#"{"type":2}"#, 0), "another body");
        assert!(!good(&(STAMP + 1).to_string(), &[&signature], BODY, 0), "another time");
        assert!(!good(&stamp, &[], BODY, 0), "none");
        assert!(!good(&stamp, &[&signature, &signature], BODY, 0), "two");
        let other = hex::encode(Ed25519KeyPair::from_seed_unchecked(&[8; 32]).expect("a key").sign(BODY.as_bytes()));
        for wrong in ["", "zz", &signature[2..], &format!("{signature}00"), &other, &"é".repeat(64)] {
            assert!(!good(&stamp, &[wrong], BODY, 0), "{wrong}");
        }
    }

    #[test]
    fn a_signature_is_good_for_five_minutes_either_way() {
        let stamp = STAMP.to_string();
        let signature = signature(&stamp, BODY);
        for (late, is_good) in [(300, true), (301, false), (-300, true), (-301, false)] {
            assert_eq!(good(&stamp, &[&signature], BODY, late), is_good, "{late}");
        }
    }

    #[test]
    fn a_key_has_64_digits() {
        assert!(verifier(&hex::encode(pair().public_key())).is_ok());
        for wrong in ["", "00", &"z".repeat(64), &"0".repeat(66)] {
            assert!(verifier(wrong).is_err(), "{wrong}");
        }
    }
}
