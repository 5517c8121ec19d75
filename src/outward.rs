//! What the clients of other services have in common: one request with its answer, what may go wrong with it, how long a
//! service that does not answer is left alone, what was answered and is kept for a while, and texts for the operator.
//!
//! Knows no service. Which limits there are and what an answer means is each client's own.

mod away;
mod caller;
mod exchange;
mod failure;
mod guard;
mod known;
mod text;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use hyper_rustls::ConfigBuilderExt as _;
use reqwest::{Url, redirect};

pub use away::{Away, LONGEST, SHORT, doubled};
pub use caller::{Ask, Caller};
pub use exchange::{Answer, Silence, TOO_LONG, exchange, head, retry_after};
pub use failure::{Failure, Result};
pub use guard::{Barred, client_to, door, is_public};
pub use known::{Known, locked};
pub use text::{causes, one_line};

/// How long a connection is waited for.
const CONNECTING: Duration = Duration::from_secs(3);

/// Calls as `agent`, and waits no longer than `patience` for an answer.
///
/// # Errors
/// The machine has no CA certificates.
pub fn client(agent: &str, patience: Duration) -> anyhow::Result<reqwest::Client> {
    // Where an answer leads elsewhere, the token does not go.
    let builder = reqwest::Client::builder().redirect(redirect::Policy::none()).user_agent(agent);
    let builder = builder.timeout(patience).connect_timeout(CONNECTING.min(patience));
    builder.tls_backend_preconfigured(tls()?).build().context("the HTTP client cannot be made")
}

/// Whom to believe, by the machine's CA certificates: read once.
fn tls() -> anyhow::Result<rustls::ClientConfig> {
    static READ: OnceLock<rustls::ClientConfig> = OnceLock::new();
    if let Some(config) = READ.get() {
        return Ok(config.clone());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_native_roots()
        .context("the HTTP client cannot be made: are CA certificates installed?")?
        .with_no_client_auth();
    Ok(READ.get_or_init(|| config).clone())
}

/// The address of a server, perhaps with a path, without slashes at its end; none where it is not `http://` or
/// `https://`, or holds a name or password, which would end up in messages.
#[must_use]
pub fn base(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim_end_matches('/')).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host() && is_bare(&url)).then_some(url)
}

/// Whether an address is without a name and a password.
#[must_use]
pub fn is_bare(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}

/// Whether an address is one of a domain, or of a domain below it.
#[must_use]
pub fn is_below(url: &Url, domain: &str) -> bool {
    let before = url.host_str().and_then(|host| host.strip_suffix(domain));
    before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_an_address_of_the_web_without_a_password() {
        for good in ["https://example.com", "http://localhost:9/api/", "http://[::1]:80"] {
            assert!(base(good).is_some(), "{good}");
        }
        for wrong in ["example.com/api", "ftp://example.com", "https://a:b@example.com/api", "", "https://"] {
            assert!(base(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_domain_ends_at_a_dot() {
        let below = |url: &str| is_below(&Url::parse(url).expect("an address"), "example.com");
        assert!(below("https://example.com/x") && below("wss://a.b.example.com"));
        assert!(!below("https://notexample.com") && !below("https://example.com.example.org"));
    }
}
