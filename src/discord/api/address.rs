//! Where calls go: below the configured base, and where the gateway may be. Pure.

use anyhow::Context as _;
use reqwest::Url;

use crate::outward::{base, is_bare, is_below};

/// The version of the API that is spoken (<https://docs.discord.com/developers/reference#api-versioning>).
const API: [&str; 2] = ["api", "v10"];
/// Where Discord itself has its gateway.
const GATEWAYS: [&str; 2] = ["discord.gg", "discord.com"];

/// Where Discord is: `https://discord.com`.
#[derive(Clone, Debug)]
pub(super) struct Address(Url);

impl Address {
    /// Reads `api_url` of the configuration.
    pub(super) fn read(api_url: &str) -> anyhow::Result<Self> {
        let hint = "`api_url` in [discord] is not an address: write for example https://discord.com";
        base(api_url).map(Self).context(hint)
    }

    /// The base as it is shown.
    pub(super) fn shown(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// A path of the API, its parts and the query still as they are meant.
    pub(super) fn of(&self, parts: &[&str], query: &[(&str, String)]) -> Url {
        let mut url = self.0.clone();
        // The scheme is one of the web's, which always has a path.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(API).extend(parts);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Whether the gateway may be there: encrypted, or beside a base that is not either.
    pub(super) fn may_listen_at(&self, url: &str) -> bool {
        let Some(url) = Url::parse(url).ok().filter(is_bare) else { return false };
        let beside = url.host_str() == self.0.host_str();
        match url.scheme() {
            "wss" => beside || GATEWAYS.iter().any(|domain| is_below(&url, domain)),
            "ws" => beside && self.0.scheme() == "http",
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::read(text).expect("an address")
    }

    #[test]
    fn paths_stand_below_the_base_and_ids_stay_parts_of_them() {
        let of = |base: &str, parts: &[&str], query: &[(&str, String)]| address(base).of(parts, query).to_string();
        assert_eq!(of("https://discord.com", &["users", "@me"], &[]), "https://discord.com/api/v10/users/@me");
        let query = [("limit", "100".to_owned()), ("before", "7".to_owned())];
        assert_eq!(of("http://localhost:9/x/", &["y"], &query), "http://localhost:9/x/api/v10/y?limit=100&before=7");
        assert_eq!(of("http://localhost", &["a/b?c", "#"], &[]), "http://localhost/api/v10/a%2Fb%3Fc/%23");
        assert!(Address::read("discord.com").is_err());
    }

    #[test]
    fn the_gateway_is_encrypted_but_beside_a_base_that_is_not() {
        let (real, double) = (address("https://discord.com"), address("http://127.0.0.1:8080"));
        assert!(real.may_listen_at("wss://gateway.discord.gg"));
        assert!(real.may_listen_at("wss://gateway-us-east1-b.discord.gg/?v=10"));
        assert!(double.may_listen_at("ws://127.0.0.1:8080/gateway"));
        for wrong in
            ["ws://gateway.discord.gg", "wss://example.org/", "https://discord.com/", "x", "wss://a:b@discord.gg"]
        {
            assert!(!real.may_listen_at(wrong) && !double.may_listen_at(wrong), "{wrong}");
        }
    }
}
