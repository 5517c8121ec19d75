//! As whom maintbot calls: the App itself (a signed token of minutes), one of its installations (a token of an hour,
//! asked for with the first), or a user's token.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::config::{Github, GithubAuth};
use crate::outward::locked;

/// GitHub's clock may be behind ours by so much; it takes no token that lives longer than ten minutes.
const ISSUED_BEFORE: TimeDelta = TimeDelta::seconds(60);
const EXPIRES_AFTER: TimeDelta = TimeDelta::seconds(540);
/// A token is not used any more so long before it expires.
const RENEWED_BEFORE: TimeDelta = TimeDelta::minutes(5);

/// How maintbot signs in.
pub(super) enum Auth {
    /// As an App.
    App(Box<App>),
    /// With a user's token.
    Token(SecretString),
}

impl Auth {
    /// Reads it from the configuration.
    pub(super) fn read(config: &Github) -> anyhow::Result<Self> {
        match &config.auth {
            GithubAuth::App { id, private_key } => Ok(Self::App(Box::new(App::new(*id, private_key)?))),
            GithubAuth::Token(token) => {
                let plain = token.expose_secret().chars().all(|c| c.is_ascii_graphic());
                if !plain || token.expose_secret().is_empty() {
                    bail!("`token` in [github] holds characters that no token has: copy it again");
                }
                Ok(Self::Token(token.clone()))
            }
        }
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App(app) => write!(f, "App {}", app.id),
            Self::Token(_) => f.write_str("Token"),
        }
    }
}

/// A GitHub App: its key, and what is known of where it is installed.
pub(super) struct App {
    id: u64,
    key: RsaKeyPair,
    /// Installations by `owner/name` of a repository, or by the name of an organisation.
    installations: Mutex<BTreeMap<String, u64>>,
    /// Held while one caller asks where the App is installed, so that others need not.
    pub(super) asking: tokio::sync::Mutex<()>,
    tokens: Mutex<BTreeMap<u64, Arc<Holder>>>,
}

/// The token of one installation. Locked while one caller asks for a new one, so that others get the same.
pub(super) type Holder = tokio::sync::Mutex<Option<InstallationToken>>;

/// What GitHub gave for an installation.
pub(super) struct InstallationToken {
    secret: SecretString,
    /// UTC, the machine's clock.
    expires_at: DateTime<Utc>,
}

impl InstallationToken {
    /// A token that GitHub takes until `expires_at` (UTC).
    pub(super) fn new(secret: String, expires_at: DateTime<Utc>) -> Self {
        Self { secret: secret.into(), expires_at }
    }

    /// The token, if it holds for some minutes more at `wall` (UTC, the machine's clock).
    pub(super) fn fresh(&self, wall: DateTime<Utc>) -> Option<SecretString> {
        (wall + RENEWED_BEFORE < self.expires_at).then(|| self.secret.clone())
    }

    /// Whether it is this one.
    pub(super) fn is(&self, secret: &SecretString) -> bool {
        self.secret.expose_secret() == secret.expose_secret()
    }
}

impl App {
    /// Reads the key, which GitHub hands out as PEM (PKCS#1; PKCS#8 is read as well).
    fn new(id: u64, pem: &SecretString) -> anyhow::Result<Self> {
        let der = PrivateKeyDer::from_pem_slice(pem.expose_secret().trim().as_bytes()).ok().context(
            "`private_key` in [github] is no private key in PEM: give the file that GitHub made for the App",
        )?;
        let key = match &der {
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
            _ => bail!("`private_key` in [github] is not an RSA key: give the file that GitHub made for the App"),
        };
        let key = key.ok().context(
            "`private_key` in [github] is damaged, or not an RSA key of 2048 bits or more: give the file that GitHub \
             made for the App",
        )?;
        let (installations, tokens) = (Mutex::default(), Mutex::default());
        Ok(Self { id, key, installations, asking: tokio::sync::Mutex::default(), tokens })
    }

    /// What the App itself shows at `wall` (UTC, the machine's clock): a JSON Web Token (RFC 7519) signed with RS256.
    /// `None` if the key cannot sign, which a key that was read can.
    pub(super) fn jwt(&self, wall: DateTime<Utc>) -> Option<SecretString> {
        let (from, until) = ((wall - ISSUED_BEFORE).timestamp(), (wall + EXPIRES_AFTER).timestamp());
        let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#);
        let claims = json!({ "iat": from, "exp": until, "iss": self.id.to_string() });
        let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)).into())
    }

    /// The installation that is known under a key.
    pub(super) fn installation(&self, key: &str) -> Option<u64> {
        locked(&self.installations).get(key).copied()
    }

    /// The installation of any repository of an owner that is known.
    pub(super) fn installation_of_owner(&self, owner: &str) -> Option<u64> {
        let known = locked(&self.installations);
        let of_owner = |key: &str| key.split_once('/').map_or(key, |(of, _)| of) == owner;
        known.iter().find(|(key, _)| of_owner(key)).map(|(_, id)| *id)
    }

    /// Remembers an installation under a key.
    pub(super) fn remember(&self, key: &str, id: u64) {
        locked(&self.installations).insert(key.to_owned(), id);
    }

    /// Forgets an installation that is gone, with its token.
    pub(super) fn forget(&self, id: u64) {
        locked(&self.installations).retain(|_, known| *known != id);
        locked(&self.tokens).remove(&id);
    }

    /// Forgets every installation.
    pub(super) fn forget_all(&self) {
        locked(&self.installations).clear();
        locked(&self.tokens).clear();
    }

    /// Where the token of an installation is held.
    pub(super) fn holder(&self, id: u64) -> Arc<Holder> {
        Arc::clone(locked(&self.tokens).entry(id).or_default())
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use serde_json::Value;

    use super::*;

    const PEM: &str = include_str!("../../../tests/data/github/app.pem");

    fn wall() -> DateTime<Utc> {
        "2026-12-02T10:00:00Z".parse().expect("an instant")
    }

    fn app(pem: &str) -> anyhow::Result<App> {
        App::new(12345, &pem.into())
    }

    /// The same key as PKCS#8 (RFC 5208): version 0, the algorithm rsaEncryption, and the key of PKCS#1 as it is.
    fn as_pkcs8() -> String {
        let PrivateKeyDer::Pkcs1(key) = PrivateKeyDer::from_pem_slice(PEM.as_bytes()).expect("PEM") else {
            panic!("not PKCS#1")
        };
        let long = |tag: u8, content: &[u8]| {
            let length = u16::try_from(content.len()).expect("short").to_be_bytes();
            [&[tag, 0x82, length[0], length[1]], content].concat()
        };
        let head = [
            0x02, 0x01, 0x00, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
        ];
        let der = long(0x30, &[head.as_slice(), &long(0x04, key.secret_pkcs1_der())].concat());
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
    }

    #[test]
    fn the_app_signs_what_github_can_verify() {
        for pem in [PEM, &as_pkcs8()] {
            let app = app(pem).expect("a key");
            let jwt = app.jwt(wall()).expect("signed");
            let (signed, signature) = jwt.expose_secret().rsplit_once('.').expect("three parts");
            let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
            let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, app.key.public().as_ref());
            public.verify(signed.as_bytes(), &signature).expect("the signature fits");
            let (head, claims) = signed.split_once('.').expect("two parts");
            let json = |part: &str| -> Value {
                serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
            };
            assert_eq!(json(head), json!({ "alg": "RS256", "typ": "JWT" }));
            // 2026-12-02 10:00 UTC is 1796205600: a minute before, nine minutes after.
            assert_eq!(json(claims), json!({ "iat": 1_796_205_540, "exp": 1_796_206_140, "iss": "12345" }));
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        let short = PEM.lines().take(5).chain(["-----END RSA PRIVATE KEY-----"]).collect::<Vec<_>>().join("\n");
        let elliptic = PEM.replace("RSA PRIVATE", "EC PRIVATE");
        let inside = PEM.lines().nth(2).expect("a line").to_owned();
        for pem in ["", "secret", short.as_str(), elliptic.as_str()] {
            let error = app(pem).err().map(|error| format!("{error:?}")).expect("refused");
            assert!(error.contains("`private_key` in [github]") && !error.contains(&inside), "{error}");
        }
    }

    #[test]
    fn a_token_is_renewed_five_minutes_before_it_expires() {
        let token = InstallationToken::new("ghs_x".into(), wall());
        assert!(token.fresh(wall() - TimeDelta::seconds(301)).is_some());
        assert!(token.fresh(wall() - TimeDelta::seconds(300)).is_none());
        assert!(token.fresh(wall()).is_none());
    }

    #[test]
    fn the_installation_of_an_owner_is_that_of_any_of_its_repositories() {
        let app = app(PEM).expect("a key");
        app.remember("example-2/crm", 1);
        app.remember("example/crm", 2);
        app.remember("other", 3);
        assert_eq!(app.installation_of_owner("example"), Some(2));
        assert_eq!(app.installation_of_owner("other"), Some(3));
        app.forget(2);
        assert_eq!((app.installation("example/crm"), app.installation_of_owner("example")), (None, None));
        app.forget_all();
        assert_eq!(app.installation("other"), None);
    }
}
