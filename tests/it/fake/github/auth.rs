//! Who asks: an App by its signed token, an installation, or a person.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use maintbot::clock::Clock;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use super::answer::Answer;
use super::state::{State, Token};

/// The App's private key, in the form that GitHub hands out (PKCS#1).
pub const APP_KEY: &str = include_str!("../../../data/github/app.pem");
/// GitHub takes no token of an App that lives longer, in seconds, and lets clocks differ a little.
const LONGEST_JWT: i64 = 600;
const DRIFT: i64 = 60;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    App,
    Installation(u64),
    Person(String),
}

impl Caller {
    /// For the record of requests.
    pub fn name(&self) -> String {
        match self {
            Self::App => "app".into(),
            Self::Installation(id) => format!("installation {id}"),
            Self::Person(login) => login.clone(),
        }
    }
}

/// Finds who asks by the `authorization` header. An unknown token is remembered as a stranger's.
pub fn caller(state: &mut State, header: Option<&str>, target: &str) -> Result<Caller, Answer> {
    let Some(header) = header else {
        return Err(Answer::refused(401, "Requires authentication"));
    };
    let token = header.split_once(' ').map_or("", |(_, token)| token.trim());
    if token.matches('.').count() == 2 {
        return app(state, token).inspect_err(|refusal| {
            state.strangers.push(format!("{target}: {}", refusal.body.as_ref().map_or("", message)));
        });
    }
    match state.tokens.get(token).cloned() {
        Some(Token::Person(login, _)) => Ok(Caller::Person(login)),
        Some(Token::Installation(id, until)) => {
            let there = state.installations.iter().any(|installation| installation.id == id);
            let valid = there && Clock::wall() < until;
            valid.then_some(Caller::Installation(id)).ok_or_else(|| Answer::refused(401, "Bad credentials"))
        }
        None => {
            state.strangers.push(format!("{target}: an unknown token"));
            Err(Answer::refused(401, "Bad credentials"))
        }
    }
}

fn message(body: &Value) -> &str {
    body["message"].as_str().unwrap_or_default()
}

/// Checks an App's token: RS256 by the App's key, the right issuer, made in the past, ending within ten minutes.
fn app(state: &State, jwt: &str) -> Result<Caller, Answer> {
    let bad = |why: &str| Answer::refused(401, why);
    let (signed, signature) = jwt.rsplit_once('.').ok_or_else(|| bad("Bad credentials"))?;
    let part = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let json = |text: &str| part(text).and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let (head, claims) = signed.split_once('.').ok_or_else(|| bad("Bad credentials"))?;
    let (Some(head), Some(claims), Some(signature)) = (json(head), json(claims), part(signature)) else {
        return Err(bad("A JSON web token could not be decoded"));
    };
    if head["alg"] != "RS256" || !signature_fits(signed.as_bytes(), &signature) {
        return Err(bad("A JSON web token could not be decoded"));
    }
    let issuer = claims["iss"].as_str().map(str::to_owned).or_else(|| claims["iss"].as_u64().map(|id| id.to_string()));
    if issuer != Some(state.app_id.to_string()) {
        return Err(bad("Integration not found"));
    }
    let now = Clock::wall().timestamp();
    match claims["iat"].as_i64() {
        Some(made) if made <= now + DRIFT => {}
        _ => return Err(bad("'Issued at' claim ('iat') must be an Integer representing the time in the past")),
    }
    match claims["exp"].as_i64() {
        Some(end) if end > now - DRIFT && end <= now + LONGEST_JWT + DRIFT => Ok(Caller::App),
        Some(end) if end > now => Err(bad("'Expiration time' claim ('exp') is too far in the future")),
        _ => Err(bad("'Expiration time' claim ('exp') must be a numeric value representing the future time")),
    }
}

/// A token as the App makes it, with that issuer, `late` seconds from now: for tests that ask without the product.
pub fn jwt(issuer: &str, late: i64) -> String {
    let key = app_key();
    let now = Clock::wall().timestamp() + late;
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({ "iat": now - 60, "exp": now + 540, "iss": issuer });
    let signed = format!("{}.{}", part(json!({ "alg": "RS256", "typ": "JWT" })), part(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).expect("signed");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn app_key() -> RsaKeyPair {
    let encoded: String = APP_KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = STANDARD.decode(encoded).expect("app.pem holds a key");
    RsaKeyPair::from_der(&der).expect("app.pem holds an RSA key in PKCS#1")
}

fn signature_fits(signed: &[u8], signature: &[u8]) -> bool {
    let public: PublicKeyComponents<Vec<u8>> = app_key().public().into();
    public.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
}
