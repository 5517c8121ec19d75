//! Who is calling, and whether they may: by token, or because everything about the request is local.
//!
//! Local means: the peer's address, the Host and, where there is one, the Origin are loopback, and no header says that
//! somebody forwarded the request. A reverse proxy on the same machine so makes nobody an admin, and a page of some other
//! site that a browser on this machine happens to show (also under a name that suddenly resolves to 127.0.0.1) is refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use super::problem::Problem;
use super::{Site, console};
use crate::domain::access::{Actor, Role};
use crate::message::text;
use crate::service;

/// The cookie that holds the token of a browser that signed in.
pub(super) const TOKEN_COOKIE: &str = "maintbot_token";
/// Longest name and longest token, in characters.
const LONGEST_NAME: usize = 80;
const LONGEST_TOKEN: usize = 256;

/// Where a caller's trust comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// Everything about the request is local.
    Local,
    /// A good token.
    Token {
        /// What the token is called.
        name: String,
        /// What it may do.
        role: Role,
        /// It came in a cookie: a browser sends it by itself, so forms must prove where they come from.
        cookie: bool,
    },
}

/// Why somebody is not let in.
#[derive(Debug)]
pub(super) enum Denied {
    /// No token, and one is needed.
    Missing,
    /// A token that is not known, has expired or was revoked.
    Wrong,
    /// Local, but under a foreign name or from a foreign page; the text says which.
    Foreign(String),
    /// It could not be found out.
    Fault(anyhow::Error),
}

impl Caller {
    /// The person a command is done for. `named` is who they say they are, where they may say so.
    ///
    /// # Errors
    /// Why not, for the caller.
    pub(super) fn actor(&self, site: &Site, named: Option<&str>, otherwise: &str) -> Result<Actor, Problem> {
        let organisation = site.web.service.organisation();
        let named = named.map(person).transpose()?;
        match (self, named) {
            (Self::Token { role, name, .. }, Some(_)) if *role != Role::Admin => Err(Problem::forbidden(format!(
                "The token “{name}” speaks for itself: only an admin token or a local caller may name an actor. Leave `actor` out."
            ))),
            (Self::Token { name, role, .. }, None) => Ok(Actor::with_role(own_name(name), *role)),
            (Self::Token { .. } | Self::Local, named) => {
                let id = named.unwrap_or_else(|| otherwise.to_owned());
                let roles = service::roles(organisation, &[&id], Role::Admin);
                Ok(Actor { id, roles })
            }
        }
    }

    /// May read the details of an advisory, and what is under embargo: engineers and approvers.
    pub(super) fn reads_details(&self) -> bool {
        match self {
            Self::Local => true,
            Self::Token { role, .. } => role.covers(Role::Engineer) || role.covers(Role::Approver),
        }
    }

    /// May do what only an admin may: a local caller, or a token that says so.
    pub(super) fn is_admin(&self) -> bool {
        matches!(self, Self::Local | Self::Token { role: Role::Admin, .. })
    }
}

/// A token's name as an actor; never maintbot's own.
fn own_name(name: &str) -> String {
    if name == Actor::MAINTBOT { format!("{name} (token)") } else { name.to_owned() }
}

/// A name somebody goes by: one line, without a leading `@`.
pub(super) fn person(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    let name = name.strip_prefix('@').unwrap_or(name);
    let fault = if name.is_empty() {
        "is empty"
    } else if name.chars().count() > LONGEST_NAME {
        "is longer than 80 characters"
    } else if text::one_line(name) != name {
        "holds characters that cannot be seen"
    } else if name.eq_ignore_ascii_case(Actor::MAINTBOT) {
        "is maintbot's own"
    } else {
        return Ok(name.to_owned());
    };
    Err(Problem::unprocessable(format!("The actor's name {fault}; write for example `anna`.")))
}

/// Finds out who is calling.
pub(super) async fn judge(parts: &Parts, site: &Site) -> Result<Caller, Denied> {
    if parts.headers.contains_key(header::AUTHORIZATION) {
        let token = bearer(&parts.headers).ok_or(Denied::Wrong)?;
        return known(site, token, false).await;
    }
    // A browser sends a cookie by itself, whoever made it ask; the API is for those who send a token on purpose.
    if !super::is_api(&parts.uri)
        && let Some(token) = cookie(&parts.headers, TOKEN_COOKIE)
        && let Ok(caller) = known(site, &token, true).await
    {
        return Ok(caller);
    }
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    if !peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback()) || is_forwarded(&parts.headers) {
        return Err(Denied::Missing);
    }
    match named_hosts(parts) {
        Some(hosts) if hosts.iter().all(|host| is_loopback(host)) => {}
        // Asked for under its public name: not foreign, but not local either.
        Some(hosts) if hosts.iter().all(|host| is_public(host, site)) => return Err(Denied::Missing),
        Some(hosts) => {
            let host = hosts.join(", ");
            return Err(Denied::Foreign(format!(
                "the Host `{host}` is not this machine's own (localhost, 127.0.0.1 or [::1])"
            )));
        }
        None => return Err(Denied::Foreign("the request names no Host, or several".into())),
    }
    match origin(&parts.headers) {
        Origin::None => Ok(Caller::Local),
        Origin::Of(host) if is_loopback(&host) => Ok(Caller::Local),
        Origin::Of(host) => {
            Err(Denied::Foreign(format!("the page it comes from, `{host}`, is not this machine's own")))
        }
        Origin::Opaque => Err(Denied::Foreign("it comes from a page that does not say where it is from".into())),
    }
}

/// Whether a form was sent by a page of ours: its Origin is the Host it was sent to.
///
/// # Errors
/// The problem to answer with.
pub(super) fn same_origin(parts: &Parts, required: bool) -> Result<(), Problem> {
    let fine = match origin(&parts.headers) {
        Origin::None => !required,
        Origin::Of(host) => {
            named_hosts(parts).is_some_and(|hosts| hosts.iter().all(|own| own.eq_ignore_ascii_case(&host)))
        }
        Origin::Opaque => false,
    };
    if fine {
        Ok(())
    } else {
        Err(Problem::forbidden("This form was not sent by a page of this console. Open the console and try again."))
    }
}

/// What is stored of a token: the SHA-256 of its text in lower-case hexadecimal. A token is long and random, so a slow
/// hash would protect nothing more.
#[must_use]
pub fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

async fn known(site: &Site, token: &str, cookie: bool) -> Result<Caller, Denied> {
    if token.is_empty() || token.len() > LONGEST_TOKEN {
        return Err(Denied::Wrong);
    }
    match site.web.service.token(&token_hash(token)).await {
        Ok(Some(token)) => Ok(Caller::Token { name: token.name, role: token.role, cookie }),
        Ok(None) => Err(Denied::Wrong),
        Err(error) => Err(Denied::Fault(error)),
    }
}

/// Whether this is the text of a good token.
pub(super) async fn is_good(site: &Site, token: &str) -> Result<bool, anyhow::Error> {
    let plain = token.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b',' | b';' | b'\\'));
    match known(site, token, true).await {
        Ok(_) => Ok(plain),
        Err(Denied::Fault(error)) => Err(error),
        Err(_) => Ok(false),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The value of a cookie.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).next()
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| {
        let name = name.as_str();
        name == "forwarded" || name == "via" || name == "x-real-ip" || name.starts_with("x-forwarded-")
    })
}

/// The names that a request was sent to: its Host, and its target where that holds one. None without exactly one Host.
fn named_hosts(parts: &Parts) -> Option<Vec<String>> {
    let mut hosts: Vec<String> = Vec::new();
    let mut named = parts.headers.get_all(header::HOST).iter();
    match (named.next(), named.next()) {
        (Some(host), None) => hosts.push(host.to_str().ok()?.to_owned()),
        (None, _) => {}
        (Some(_), Some(_)) => return None,
    }
    hosts.extend(parts.uri.authority().map(ToString::to_string));
    (!hosts.is_empty()).then_some(hosts)
}

enum Origin {
    None,
    /// Host, with the port where it has one.
    Of(String),
    /// `null`, or nothing that can be read.
    Opaque,
}

fn origin(headers: &HeaderMap) -> Origin {
    let mut named = headers.get_all(header::ORIGIN).iter();
    let (Some(origin), None) = (named.next(), named.next()) else {
        return if headers.contains_key(header::ORIGIN) { Origin::Opaque } else { Origin::None };
    };
    let host = origin.to_str().ok().and_then(|o| o.strip_prefix("http://").or_else(|| o.strip_prefix("https://")));
    host.map_or(Origin::Opaque, |host| Origin::Of(host.to_owned()))
}

/// Host and port of `host[:port]`; None where that is not what it is.
fn split_port(host: &str) -> Option<&str> {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port),
        _ => (host, "0"),
    };
    (!port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())).then_some(name)
}

fn is_loopback(host: &str) -> bool {
    let Some(name) = split_port(host) else { return false };
    if let Some(v6) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return v6.parse::<Ipv6Addr>().is_ok_and(|ip| IpAddr::V6(ip).to_canonical().is_loopback());
    }
    name.eq_ignore_ascii_case("localhost") || name.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// The name under which the organisation publishes its pages.
fn is_public(host: &str, site: &Site) -> bool {
    let public: Option<Uri> = site.web.service.organisation().public_url.parse().ok();
    let public = public.as_ref().and_then(Uri::host);
    split_port(host).is_some_and(|name| public.is_some_and(|public| public.eq_ignore_ascii_case(name)))
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Missing => Self::unauthorised(
                "This needs a token: send `Authorization: Bearer …`. Make one with `maintbot token create`.",
            ),
            Denied::Wrong => Self::unauthorised(
                "This token is not known, has expired or was revoked. Make one with `maintbot token create`.",
            ),
            Denied::Foreign(why) => Self::forbidden(format!(
                "Refused: {why}. Only callers on this machine are trusted without a token; send `Authorization: Bearer …`."
            )),
            Denied::Fault(error) => Self::fault(&error),
        }
    }
}

/// Lets a request to the API or the console through only if it is local or has a token, whatever it asks for there, and
/// leaves the [`Caller`] for the handlers.
///
/// # Errors
/// The answer for who is not let in.
pub(super) async fn guard(parts: &mut Parts, site: &Arc<Site>) -> Result<(), Box<Response>> {
    let path = parts.uri.path();
    let console = path == "/console" || path.starts_with("/console/");
    if !console && !super::is_api(&parts.uri) || path == "/console/sign-in" {
        return Ok(());
    }
    match judge(parts, site).await {
        Ok(caller) => {
            parts.extensions.insert(caller);
            Ok(())
        }
        Err(denied) if console => Err(Box::new(console::denied(site, denied))),
        Err(denied) => Err(Box::new(Problem::from(denied).into_response())),
    }
}

impl FromRequestParts<Arc<Site>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Site>) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Denied::Missing.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for own in
            ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.8.9.1:1", "[::1]", "[::1]:8080", "[::ffff:127.0.0.1]"]
        {
            assert!(is_loopback(own), "{own}");
        }
        for other in [
            "",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.nip.io",
            "localhost:80x",
            "localhost:",
            "10.0.0.1",
            "0.0.0.0",
            "::1",
            "[::2]",
            "evil@localhost",
            "localhost/x",
            "127.1",
        ] {
            assert!(!is_loopback(other), "{other}");
        }
    }

    #[test]
    fn nobody_can_act_as_maintbot_itself_or_under_an_unreadable_name() {
        assert_eq!(person("@anna").ok().as_deref(), Some("anna"));
        for wrong in ["", " @ ", "maintbot", "@MaintBot", "a\u{202e}b", "a\nb", &"x".repeat(81)] {
            assert!(person(wrong).is_err(), "{wrong:?}");
        }
    }
}
