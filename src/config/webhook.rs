//! Webhooks of others: where messages are posted, and what they are signed with. `[[webhook]]`.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use ring::signature::Ed25519KeyPair;
use secrecy::SecretString;

use super::file::secret;
use super::problem::{Complaint, Findings};
use super::schema::WEBHOOK;
use super::section::{Once, Section};
use super::word::{choice, id_of, well_formed};
use super::{Webhook, WebhookFormat};

const URL: &str = "https://hooks.example.com/maintenance";
const SECRET: [&str; 2] = ["secret", "secret_file"];
const PREVIOUS: [&str; 2] = ["previous_secret", "previous_secret_file"];
const FORMATS: [(&str, WebhookFormat); 2] =
    [("standard", WebhookFormat::Standard), ("cloudevents", WebhookFormat::CloudEvents)];
/// Longer addresses are mistakes (bytes).
const LONGEST_URL: usize = 2_000;
/// What makes a key.
const MAKE: &str = "make one: echo \"whsec_$(head -c 32 /dev/urandom | base64)\"";

/// Every webhook that is written, in its order.
pub(super) fn webhooks(top: &Section<'_>, folder: &Path, findings: &mut Findings) -> Vec<Webhook> {
    let mut names = Once::default();
    let blocks = top.blocks("webhook", &WEBHOOK, findings);
    blocks.iter().filter_map(|block| webhook(block, &mut names, folder, findings)).collect()
}

fn webhook<'a>(block: &Section<'a>, names: &mut Once<'a>, folder: &Path, findings: &mut Findings) -> Option<Webhook> {
    let name = id_of(block, ["name", "\"crm\""], well_formed, names, findings);
    let allow_private = block.flag(findings, "allow_private").unwrap_or(false);
    block.require(findings, "url", &format!("\"{URL}\""));
    let url = block.read(findings, "url", &format!("\"{URL}\""), |text| address(text, allow_private));
    let format = block.read(findings, "format", "\"cloudevents\"", format_of).unwrap_or(WebhookFormat::Standard);
    if !SECRET.iter().any(|key| block.has(key)) {
        let hint = format!("write secret_file = \"crm.key\", and into the file a key; {MAKE}");
        block.lacks(findings, "secret", "[[webhook]] needs `secret`", &hint);
    }
    let newest = key(block, SECRET, folder, findings);
    let previous = key(block, PREVIOUS, folder, findings);
    let keys = std::iter::once(newest?).chain(previous).collect();
    Some(Webhook { name: name?, url: url?.into(), keys, allow_private, format })
}

/// Where messages are posted. Never repeated: it may hold a token.
fn address(text: &str, private: bool) -> Result<String, Complaint> {
    let wrong = |why: &str| Err(Complaint::new(why, format!("write for example {URL}")));
    let Ok(uri) = text.parse::<Uri>() else { return wrong("this is not an address of the web") };
    let secure = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return wrong("the address must begin with https://"),
    };
    let Some(authority) = uri.authority().filter(|authority| !authority.host().is_empty()) else {
        return wrong("the address names no server");
    };
    if authority.as_str().contains('@') {
        return wrong("the address must hold no user name or password: what is sent is signed with `secret`");
    }
    if text.contains('#') || text.len() > LONGEST_URL {
        return wrong("the address has a part after # or more than 2000 characters");
    }
    if !secure && !private {
        let hint = "write https://, or allow_private = true for a receiver in your own network";
        return Err(Complaint::new("without https:// everybody on the way can read what is sent", hint));
    }
    Ok(text.to_owned())
}

fn format_of(text: &str) -> Result<WebhookFormat, Complaint> {
    let found = FORMATS.iter().find(|(word, _)| *word == text).map(|(_, format)| *format);
    found.ok_or_else(|| {
        Complaint::new(format!("`{text}` is not a format"), choice(text, &FORMATS.map(|(word, _)| word)))
    })
}

/// A key as Standard Webhooks writes it: `whsec_` and 24 to 64 bytes in base64 (HMAC-SHA256), or `whsk_` and an Ed25519
/// key, of which the first 32 bytes are the seed and the other 32, where they are given, the public key
/// (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme>). Never
/// repeated: neither it nor what was taken for it.
fn key(block: &Section<'_>, keys: [&'static str; 2], folder: &Path, findings: &mut Findings) -> Option<SecretString> {
    let (written, place, secret) = secret(block, keys, folder, findings)?;
    let decoded = |prefix: &str| secret.strip_prefix(prefix).map(|text| STANDARD.decode(text));
    let wrong = match (decoded("whsec_"), decoded("whsk_")) {
        (Some(Ok(bytes)), _) if (24..=64).contains(&bytes.len()) => None,
        (Some(Ok(_)), _) => Some("a key that begins with whsec_ has 24 to 64 bytes"),
        (_, Some(Ok(bytes))) => match bytes.split_at_checked(32) {
            Some((_, [])) => None,
            Some((seed, public)) if Ed25519KeyPair::from_seed_and_public_key(seed, public).is_ok() => None,
            _ => {
                Some("a key that begins with whsk_ is an Ed25519 key: 32 bytes, perhaps with its public key behind it")
            }
        },
        (Some(Err(_)), _) | (_, Some(Err(_))) => Some("what follows the underscore is not base64"),
        (None, None) if secret.starts_with("whpk_") => Some("this is the public key, with which receivers verify"),
        (None, None) => Some("a key begins with whsec_, or with whsk_ where receivers verify with a public key"),
    };
    let Some(wrong) = wrong else { return Some(secret.into()) };
    block.complain(findings, written, place, Complaint::new(wrong, MAKE));
    None
}

/// A webhook that messages go to: only one that is written.
pub(super) fn reached(name: &str, top: &Section<'_>) -> Result<(), Complaint> {
    let known = top.block_texts("webhook", "name");
    if known.contains(&name) {
        return Ok(());
    }
    let hint = match known.as_slice() {
        [] => format!("add [[webhook]] with name = \"{name}\", url and secret"),
        known => choice(name, known),
    };
    Err(Complaint::new(format!("`webhook:{name}` is not written as [[webhook]]"), hint))
}
