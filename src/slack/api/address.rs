//! Where calls go: the configured base, methods below it, and the addresses that Slack hands out, never another server.
//! Pure.

use anyhow::Context as _;
use reqwest::Url;

use super::method::Method;
use crate::outward::{base, is_bare, is_below};

/// Where Slack itself hands out addresses; the second is the one for governments.
const SLACK: [&str; 2] = ["slack.com", "slack-gov.com"];

/// Where the Web API is: `https://slack.com/api`.
#[derive(Clone, Debug)]
pub(super) struct Address(Url);

impl Address {
    /// Reads `api_url` of the configuration.
    pub(super) fn read(api_url: &str) -> anyhow::Result<Self> {
        let hint = "`api_url` in [slack] is not an address: write for example https://slack.com/api";
        base(api_url).map(Self).context(hint)
    }

    /// The base as it is shown.
    pub(super) fn shown(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Where a method is called.
    pub(super) fn of(&self, method: Method) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/{}", self.0.path().trim_end_matches('/'), method.name()));
        url
    }

    /// A response URL, if it is one of Slack or of the server at the base. Whoever forges another gets nothing.
    pub(super) fn response(&self, url: &str) -> Option<Url> {
        let url = Url::parse(url).ok().filter(is_bare)?;
        let own = url.origin() == self.0.origin();
        (own || url.scheme() == "https" && is_slack(&url)).then_some(url)
    }

    /// Whether a socket may be opened there: encrypted, or beside a base that is not either.
    pub(super) fn may_listen_at(&self, url: &str) -> bool {
        let Some(url) = Url::parse(url).ok().filter(is_bare) else { return false };
        let beside = url.host_str() == self.0.host_str();
        match url.scheme() {
            "wss" => beside || is_slack(&url),
            "ws" => beside && self.0.scheme() == "http",
            _ => false,
        }
    }
}

fn is_slack(url: &Url) -> bool {
    SLACK.iter().any(|domain| is_below(url, domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::read(text).expect("an address")
    }

    #[test]
    fn methods_stand_below_the_base() {
        let of = |base: &str| address(base).of(Method::Post).to_string();
        assert_eq!(of("https://slack.com/api"), "https://slack.com/api/chat.postMessage");
        assert_eq!(of("http://localhost:9"), "http://localhost:9/chat.postMessage");
        for wrong in ["slack.com/api", "ftp://slack.com", "https://a:b@slack.com/api", "", "https://"] {
            assert!(Address::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn answers_go_to_slack_and_to_the_server_at_the_base_and_nowhere_else() {
        for base in ["https://slack.com/api", "http://127.0.0.1:8080/api"] {
            let here = address(base);
            assert!(here.response("https://hooks.slack.com/commands/T1/2/x").is_some());
            assert!(here.response("https://hooks.slack-gov.com/actions/T1/2/x").is_some());
            for foreign in [
                "http://hooks.slack.com/commands/T1/2/x",
                "https://hooks.slack.com.example.org/x",
                "https://notslack.com/x",
                "https://example.org/hooks.slack.com",
                "https://hooks.slack.com@example.org/x",
                "https://169.254.169.254/latest/meta-data",
                "http://127.0.0.1:8081/x",
                "file:///etc/passwd",
                "nonsense",
                "",
            ] {
                assert!(here.response(foreign).is_none(), "{foreign} from {base}");
            }
        }
        assert!(address("http://127.0.0.1:8080/api").response("http://127.0.0.1:8080/response/1").is_some());
        assert!(address("https://slack.com/api").response("http://127.0.0.1:8080/response/1").is_none());
    }

    #[test]
    fn sockets_are_encrypted_but_beside_a_base_that_is_not() {
        let (real, double) = (address("https://slack.com/api"), address("http://127.0.0.1:8080/api"));
        assert!(real.may_listen_at("wss://wss-primary.slack.com/link/?ticket=1"));
        assert!(double.may_listen_at("ws://127.0.0.1:8080/socket/1"));
        for wrong in ["ws://wss-primary.slack.com/link", "wss://example.org/", "https://slack.com/", "x"] {
            assert!(!real.may_listen_at(wrong) && !double.may_listen_at(wrong), "{wrong}");
        }
    }
}
