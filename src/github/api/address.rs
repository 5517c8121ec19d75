//! Where calls go: the configured base, paths behind it, pages and redirects, never another server. Pure.

use anyhow::Context as _;
use http::header::{LINK, LOCATION};
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderMap, Uri};

/// Where GitHub is: `https://api.github.com`, or the server of a company with a path, as in
/// `https://github.example.com/api/v3`.
#[derive(Clone, Debug)]
pub(super) struct Address {
    scheme: Scheme,
    authority: http::uri::Authority,
    /// Without a slash at the end; empty where the base has none.
    path: String,
}

impl Address {
    /// Reads `api_url` of the configuration.
    pub(super) fn read(api_url: &str) -> anyhow::Result<Self> {
        let hint = "`api_url` in [github] is not an address: write for example https://github.example.com/api/v3";
        let parts = api_url.parse::<Uri>().ok().context(hint)?.into_parts();
        let scheme = parts.scheme.filter(|scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS).context(hint)?;
        // A name and a password in an address would end up in messages.
        let authority = parts.authority.filter(|authority| !authority.as_str().contains('@')).context(hint)?;
        let path = parts.path_and_query.as_ref().map_or("", PathAndQuery::path).trim_end_matches('/').to_owned();
        Ok(Self { scheme, authority, path })
    }

    /// Scheme, host and port, without a path.
    pub(super) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    /// The base as it is shown.
    pub(super) fn shown(&self) -> String {
        format!("{}{}", self.origin(), self.path)
    }

    /// Of a path below the base, which begins with a slash, and what is asked after `?`. `None` if that is no address,
    /// which cannot be where the parts come from [`part`].
    pub(super) fn of(&self, path: &str, query: &[(&str, String)]) -> Option<Uri> {
        let asked: Vec<String> = query.iter().map(|(key, value)| format!("{key}={}", part(value))).collect();
        let question = if asked.is_empty() { String::new() } else { format!("?{}", asked.join("&")) };
        self.at(&format!("{}{path}{question}", self.path))
    }

    /// Where GraphQL is asked: on a company's server beside the REST API, not below it.
    pub(super) fn graphql(&self) -> Option<Uri> {
        let below = self.path.strip_suffix("/v3").filter(|above| above.ends_with("/api")).unwrap_or(&self.path);
        self.at(&format!("{below}/graphql"))
    }

    fn at(&self, path: &str) -> Option<Uri> {
        let path = path.parse::<PathAndQuery>().ok()?;
        Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone()).path_and_query(path).build().ok()
    }

    /// Where an answer redirects to; `None` for any other server, to which no token may go.
    pub(super) fn redirected(&self, headers: &HeaderMap) -> Option<Uri> {
        let location = headers.get(LOCATION)?.to_str().ok()?;
        if location.starts_with('/') && !location.starts_with("//") {
            return self.at(location);
        }
        location.parse().ok().filter(|uri| self.is_ours(uri))
    }

    /// The next page, on this server.
    pub(super) fn next_page(&self, headers: &HeaderMap) -> Option<Uri> {
        let links = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
        let next = links.flat_map(links_of).find(|(_, rel)| *rel == "next")?;
        next.0.parse().ok().filter(|uri| self.is_ours(uri))
    }

    /// Whether it is the same scheme, host and port.
    fn is_ours(&self, uri: &Uri) -> bool {
        let port = |scheme: &Scheme, port: Option<u16>| port.unwrap_or(if *scheme == Scheme::HTTPS { 443 } else { 80 });
        let Some((scheme, authority)) = uri.scheme().zip(uri.authority()) else { return false };
        *scheme == self.scheme
            && !authority.as_str().contains('@')
            && authority.host().eq_ignore_ascii_case(self.authority.host())
            && port(scheme, authority.port_u16()) == port(&self.scheme, self.authority.port_u16())
    }
}

/// The addresses in a `Link` header and what each is (RFC 8288): `<https://…>; rel="next", …`.
fn links_of(value: &str) -> Vec<(&str, &str)> {
    let each = value.split('<').skip(1).filter_map(|link| link.split_once('>'));
    each.filter_map(|(uri, rest)| {
        let mut params = rest.split([';', ',']).map(str::trim);
        let rel = params.find_map(|param| param.strip_prefix("rel="))?;
        Some((uri, rel.trim_matches('"')))
    })
    .collect()
}

/// A part of a path, or a value that is asked for, with everything encoded that means something in an address.
pub(super) fn part(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    let encoded =
        text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    match text {
        // These lead elsewhere.
        "." | ".." => text.replace('.', "%2E"),
        _ => encoded.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Address {
        Address::read(url).expect("an address")
    }

    fn header(name: http::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().expect("a value"))])
    }

    #[test]
    fn paths_are_put_behind_the_base() {
        let of = |base: &str| address(base).of("/repos/o/r", &[]).map(|uri| uri.to_string());
        assert_eq!(of("https://api.github.com").as_deref(), Some("https://api.github.com/repos/o/r"));
        assert_eq!(of("https://ghe.example.com/api/v3/").as_deref(), Some("https://ghe.example.com/api/v3/repos/o/r"));
        // A base that begins like the path.
        assert_eq!(of("http://127.0.0.1:9/repos").as_deref(), Some("http://127.0.0.1:9/repos/repos/o/r"));
        let asked = address("http://h").of("/x", &[("since", "2026-12-02T10:00:00Z".into()), ("a", "b&c d".into())]);
        assert_eq!(asked.expect("a uri").to_string(), "http://h/x?since=2026-12-02T10%3A00%3A00Z&a=b%26c%20d");
    }

    #[test]
    fn graphql_is_beside_the_api_of_a_company_and_below_that_of_github() {
        let graphql = |base: &str| address(base).graphql().expect("a uri").to_string();
        assert_eq!(graphql("https://api.github.com"), "https://api.github.com/graphql");
        assert_eq!(graphql("https://ghe.example.com/api/v3"), "https://ghe.example.com/api/graphql");
        assert_eq!(graphql("http://127.0.0.1:9/v3"), "http://127.0.0.1:9/v3/graphql");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in ["", "api.github.com", "ftp://x", "https://user:secret@x", "/api"] {
            let error = Address::read(url).expect_err(url).to_string();
            assert!(error.contains("api_url") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_redirect_is_followed_on_the_same_server_only() {
        let here = address("https://api.github.com/v3");
        let to = |location: &str| here.redirected(&header(LOCATION, location)).map(|uri| uri.to_string());
        assert_eq!(
            to("https://api.github.com/repositories/7").as_deref(),
            Some("https://api.github.com/repositories/7")
        );
        assert_eq!(to("https://API.github.com:443/x").as_deref(), Some("https://API.github.com:443/x"));
        assert_eq!(to("/repositories/7?a=b").as_deref(), Some("https://api.github.com/repositories/7?a=b"));
        for other in [
            "http://api.github.com/x",
            "https://api.github.com:8443/x",
            "https://github.com/x",
            "https://api.github.com.example.com/x",
            "https://api.github.com@example.com/x",
            "https://x@api.github.com/x",
            "//example.com/x",
            "repositories/7",
            "",
        ] {
            assert_eq!(to(other), None, "{other}");
        }
        assert_eq!(here.redirected(&HeaderMap::new()), None);
    }

    #[test]
    fn the_next_page_is_found_among_the_links() {
        let here = address("https://api.github.com");
        let next = |link: &str| here.next_page(&header(LINK, link)).map(|uri| uri.to_string());
        let links =
            "<https://api.github.com/x?page=1,2>; rel=\"prev\", <https://api.github.com/x?page=3>; rel=\"next\"";
        assert_eq!(next(links).as_deref(), Some("https://api.github.com/x?page=3"));
        assert_eq!(next("<https://api.github.com/x>; rel=\"last\""), None);
        assert_eq!(next("<https://example.com/x>; rel=\"next\""), None);
        assert_eq!(next("rubbish; rel=\"next\""), None);
    }

    #[test]
    fn a_part_of_a_path_stays_one() {
        assert_eq!(part("dependabot[bot]"), "dependabot%5Bbot%5D");
        assert_eq!(part("a/../b?c#d e%"), "a%2F..%2Fb%3Fc%23d%20e%25");
        assert_eq!(part(".."), "%2E%2E");
        assert_eq!(part("dä"), "d%C3%A4");
    }
}
