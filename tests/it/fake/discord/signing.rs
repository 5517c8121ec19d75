//! The Ed25519 signature of what Discord posts to an application.

use std::sync::LazyLock;

use ring::signature::{Ed25519KeyPair, KeyPair as _};

static KEY: LazyLock<Ed25519KeyPair> = LazyLock::new(|| key(7));
static OTHER_KEY: LazyLock<Ed25519KeyPair> = LazyLock::new(|| key(8));

fn key(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a seed of the right length")
}

/// The application's public key, in hexadecimal.
pub fn public_key() -> String {
    hex::encode(KEY.public_key().as_ref())
}

/// The signature of a body that was sent at `timestamp` (Unix seconds), in hexadecimal; `forged`: by another key.
pub fn signature(timestamp: &str, body: &[u8], forged: bool) -> String {
    let key = if forged { &OTHER_KEY } else { &KEY };
    hex::encode(key.sign(&[timestamp.as_bytes(), body].concat()))
}
