//! Keys and signatures of Standard Webhooks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

/// What messages are signed with.
pub(super) enum Key {
    /// Sender and receiver have the same: HMAC-SHA256.
    Shared(hmac::Key),
    /// The receiver has the other half: Ed25519.
    Pair(Ed25519KeyPair),
}

impl Key {
    /// Reads `whsec_…` or `whsk_…`.
    pub(super) fn read(text: &str) -> Option<Self> {
        if let Some(shared) = text.strip_prefix("whsec_") {
            let bytes = STANDARD.decode(shared).ok()?;
            return Some(Self::Shared(hmac::Key::new(hmac::HMAC_SHA256, &bytes)));
        }
        let bytes = STANDARD.decode(text.strip_prefix("whsk_")?).ok()?;
        let (seed, public) = bytes.split_at_checked(32)?;
        let pair = match public {
            [] => Ed25519KeyPair::from_seed_unchecked(seed),
            public => Ed25519KeyPair::from_seed_and_public_key(seed, public),
        };
        pair.ok().map(Self::Pair)
    }

    /// What receivers verify with, where that is not the key itself.
    pub(super) fn public(&self) -> Option<String> {
        match self {
            Self::Shared(_) => None,
            Self::Pair(pair) => Some(format!("whpk_{}", STANDARD.encode(pair.public_key()))),
        }
    }

    /// The signature as it stands in the header.
    pub(super) fn sign(&self, content: &[u8]) -> String {
        match self {
            Self::Shared(key) => format!("v1,{}", STANDARD.encode(hmac::sign(key, content))),
            Self::Pair(pair) => format!("v1a,{}", STANDARD.encode(pair.sign(content))),
        }
    }
}
