//! Mail about maintenance for whoever asks: the form of the public page, confirming, and ending it from any mail (RFC 8058).
//!
//! Nobody has to be known for it, and no answer tells whether an address is known. Looking at a page changes nothing: the
//! links of mails are followed by programs before people see them, so each page has a button, and only that does it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, Form, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, TimeDelta, Utc};
use minijinja::context;
use minijinja::value::Value;

use super::template::broken;
use super::{Shared, Site, pages, trust};
use crate::domain::channel::EmailAddress;
use crate::domain::organisation::Organisation;
use crate::domain::subscription::{Choice, Subscription};
use crate::message::words;
use crate::service::subscribers::Asked;

/// Forms that one caller may send at once; after that one more each time [`REFILL`] passes.
const AT_ONCE: u32 = 20;
const REFILL: TimeDelta = TimeDelta::seconds(30);
/// Callers that are remembered: more at the same time are turned away.
const MOST_CALLERS: usize = 10_000;
/// Length of a token, in hexadecimal digits.
const TOKEN: usize = 64;

type Sent = Result<Form<Vec<(String, String)>>, FormRejection>;

/// How many forms callers have sent of late, within a bound.
#[derive(Debug, Default)]
pub(super) struct Gate(Mutex<HashMap<IpAddr, Spent>>);

/// What one caller has spent.
#[derive(Clone, Copy, Debug)]
struct Spent {
    forms: u32,
    /// Since when nothing was given back (UTC).
    at: DateTime<Utc>,
}

impl Spent {
    /// What is still spent at `now` (UTC).
    fn left(self, now: DateTime<Utc>) -> u32 {
        let back = (now - self.at).num_seconds().max(0) / REFILL.num_seconds();
        self.forms.saturating_sub(u32::try_from(back).unwrap_or(u32::MAX))
    }
}

impl Gate {
    /// Lets one more form of this caller in, at `now` (UTC), or not.
    fn admits(&self, peer: IpAddr, now: DateTime<Utc>) -> bool {
        let mut callers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let caller = network(peer);
        if callers.len() >= MOST_CALLERS && !callers.contains_key(&caller) {
            callers.retain(|_, spent| spent.left(now) > 0);
            if callers.len() >= MOST_CALLERS {
                return false;
            }
        }
        let spent = callers.entry(caller).or_insert(Spent { forms: 0, at: now });
        let left = spent.left(now);
        if left >= AT_ONCE {
            return false;
        }
        let at = if left == 0 { now } else { spent.at + REFILL * i32::try_from(spent.forms - left).unwrap_or(0) };
        *spent = Spent { forms: left + 1, at };
        true
    }
}

/// Whom addresses of IPv6 belong to is told by their first half.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// What was filled in, to be shown again where something is wrong with it.
#[derive(Debug, Default)]
struct Filled {
    address: String,
    services: Vec<String>,
    regions: Vec<String>,
}

impl Filled {
    /// The fields of the form. Services and regions that are not offered are left out.
    fn of(fields: Vec<(String, String)>, organisation: &Organisation) -> Self {
        let mut filled = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "address" => value.trim().clone_into(&mut filled.address),
                "service" if organisation.services.contains_key(&value) => add(&mut filled.services, value),
                "region" if organisation.regions.contains_key(&value) => add(&mut filled.regions, value),
                _ => {}
            }
        }
        filled
    }

    /// Nothing ticked means all, and so does everything.
    fn choice(&self, organisation: &Organisation) -> Choice {
        let some = |ids: &[String], all: usize| if ids.len() == all { Vec::new() } else { ids.to_vec() };
        Choice {
            services: some(&self.services, organisation.services.len()),
            regions: some(&self.regions, organisation.regions.len()),
        }
    }
}

fn add(ids: &mut Vec<String>, id: String) {
    if !ids.contains(&id) {
        ids.push(id);
    }
}

/// `GET /subscribe`.
pub(super) async fn form(State(site): Shared) -> Response {
    if !mails(&site) {
        return pages::missing(&site);
    }
    show_form(&site, StatusCode::OK, &Filled::default(), "")
}

/// `POST /subscribe`: owes the address a mail to confirm with.
pub(super) async fn ask(State(site): Shared, parts: Parts, sent: Sent) -> Response {
    if !mails(&site) {
        return pages::missing(&site);
    }
    let organisation = site.web.service.organisation();
    let empty = Filled::default();
    if trust::same_origin(&parts, false).is_err() {
        return show_form(&site, StatusCode::FORBIDDEN, &empty, "This form came from another site. Fill it in here.");
    }
    let Ok(Form(fields)) = sent else {
        return show_form(&site, StatusCode::BAD_REQUEST, &empty, "This form could not be read. Fill it in here.");
    };
    let filled = Filled::of(fields, organisation);
    if !is_admitted(&site, &parts) {
        let wrong = "That were many forms from where you are. Wait a minute, and try again.";
        return show_form(&site, StatusCode::TOO_MANY_REQUESTS, &filled, wrong);
    }
    let Ok(address) = filled.address.parse::<EmailAddress>() else {
        let wrong = "This is not an address of mail. Write it like anna@example.com.";
        return show_form(&site, StatusCode::UNPROCESSABLE_ENTITY, &filled, wrong);
    };
    match site.web.service.ask_to_subscribe(&address, &filled.choice(organisation)).await {
        Ok(Asked::Heard) => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, HeaderValue::from_static("/subscribe/sent"))]).into_response()
        }
        Ok(Asked::Full) => {
            let wrong = "Many people are subscribing at this moment. Try again in a few hours.";
            show_form(&site, StatusCode::SERVICE_UNAVAILABLE, &filled, wrong)
        }
        Err(error) => broken(&error),
    }
}

/// `GET /subscribe/sent`.
pub(super) async fn sent(State(site): Shared) -> Response {
    if !mails(&site) {
        return pages::missing(&site);
    }
    let text = "If the address is right, there will be a mail in it within a few minutes. Open the page that it names \
                within 48 hours, and press the button there: mail begins after that. Nothing came? Look where your mail \
                program keeps what it takes for advertising.";
    said(&site, StatusCode::OK, "Look into your mail", text, None)
}

/// `GET /subscribe/confirm/{token}`: what was asked for, and the button that confirms it.
pub(super) async fn confirm_page(State(site): Shared, Path(token): Path<String>) -> Response {
    match found(&site, &token).await {
        Ok(Some(asked)) => match &asked.wish {
            Some(wish) => {
                let what = words::chosen(site.web.service.organisation(), &wish.choice);
                let text = format!("Mail about planned maintenance of {what} goes to {}.", shown_address(&asked));
                let button = Button { action: format!("/subscribe/confirm/{token}"), label: "Yes, write to me" };
                said(&site, StatusCode::OK, "Is this what you want?", &text, Some(button))
            }
            None => confirmed(&site, &asked),
        },
        Ok(None) => too_late(&site),
        Err(error) => broken(&error),
    }
}

/// `POST /subscribe/confirm/{token}`.
pub(super) async fn confirm(State(site): Shared, Path(token): Path<String>) -> Response {
    if !is_token(&token) {
        return too_late(&site);
    }
    match site.web.service.confirm_subscription(&token).await {
        Ok(Some(subscription)) => confirmed(&site, &subscription),
        Ok(None) => too_late(&site),
        Err(error) => broken(&error),
    }
}

/// `GET /unsubscribe/{token}`: the button that ends it.
pub(super) async fn leave_page(State(site): Shared, Path(token): Path<String>) -> Response {
    match found(&site, &token).await {
        Ok(Some(subscription)) => {
            let text = format!("No more mail about planned maintenance goes to {}.", shown_address(&subscription));
            let button = Button { action: format!("/unsubscribe/{token}"), label: "Unsubscribe" };
            said(&site, StatusCode::OK, "Do you want no more mail?", &text, Some(button))
        }
        Ok(None) => left(&site, StatusCode::NOT_FOUND),
        Err(error) => broken(&error),
    }
}

/// `POST /unsubscribe/{token}`: by the button, or by a mail program in one click. Neither has to say who it is, and doing
/// it again is as good as doing it once.
pub(super) async fn leave(State(site): Shared, Path(token): Path<String>) -> Response {
    if !is_token(&token) {
        return left(&site, StatusCode::NOT_FOUND);
    }
    match site.web.service.unsubscribe_by_token(&token).await {
        Ok(_) => left(&site, StatusCode::OK),
        Err(error) => broken(&error),
    }
}

fn mails(site: &Site) -> bool {
    site.web.service.organisation().mails
}

fn is_admitted(site: &Site, parts: &Parts) -> bool {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.is_some_and(|peer| site.subscribing.admits(peer.0.ip(), site.web.service.now()))
}

fn is_token(text: &str) -> bool {
    text.len() == TOKEN && text.bytes().all(|b| b.is_ascii_hexdigit())
}

async fn found(site: &Site, token: &str) -> anyhow::Result<Option<Subscription>> {
    if is_token(token) { site.web.service.subscription_of_token(token).await } else { Ok(None) }
}

/// The address for whoever holds a link that was sent there.
fn shown_address(subscription: &Subscription) -> String {
    let channel = subscription.channel.to_string();
    channel.strip_prefix("email:").unwrap_or(&channel).to_owned()
}

fn show_form(site: &Site, status: StatusCode, filled: &Filled, wrong: &str) -> Response {
    let organisation = site.web.service.organisation();
    let field = |id: &str, name: &str, ticked: &[String]| {
        context! { id, name, ticked => ticked.iter().any(|t| t == id) }
    };
    let services: Vec<Value> =
        organisation.services.values().map(|s| field(&s.id, &s.name, &filled.services)).collect();
    let regions: Vec<Value> = organisation.regions.values().map(|r| field(&r.id, &r.name, &filled.regions)).collect();
    let address = filled.address.as_str();
    let values = context! { wrong, address, services, regions, ..pages::frame(site) };
    site.templates.page(status, "subscribe.html", values)
}

/// The one thing that a page lets do.
struct Button {
    action: String,
    label: &'static str,
}

/// A page that says one thing.
fn said(site: &Site, status: StatusCode, title: &str, text: &str, button: Option<Button>) -> Response {
    let button = button.map(|button| context! { action => button.action, label => button.label });
    let values = context! { heading => title, text, button, leave => "", ..pages::frame(site) };
    site.templates.page(status, "subscription.html", values)
}

fn confirmed(site: &Site, subscription: &Subscription) -> Response {
    let what = words::chosen(site.web.service.organisation(), &subscription.choice);
    let text = format!(
        "Mail about planned maintenance of {what} goes to {}. What was announced before is not sent again; it stands on \
         the status page. To choose something else, subscribe again with the same address.",
        shown_address(subscription)
    );
    let leave = format!("/unsubscribe/{}", subscription.token);
    let values =
        context! { heading => "You are subscribed", text, button => None::<Value>, leave, ..pages::frame(site) };
    site.templates.page(StatusCode::OK, "subscription.html", values)
}

fn too_late(site: &Site) -> Response {
    let text =
        "This link was not used within 48 hours, or what it was for has ended. Subscribe again to get a new one.";
    said(site, StatusCode::NOT_FOUND, "This link is good no more", text, None)
}

fn left(site: &Site, status: StatusCode) -> Response {
    let text = "No mail about planned maintenance goes to you by this link any more.";
    said(site, status, "You are not subscribed", text, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn one_caller_is_slowed_down_and_others_are_not() {
        let gate = Gate::default();
        let peer = ip("203.0.113.7");
        assert!((0..AT_ONCE).all(|_| gate.admits(peer, at(0))) && !gate.admits(peer, at(29)));
        assert!(gate.admits(ip("203.0.113.8"), at(0)));
        assert!(gate.admits(peer, at(30)) && !gate.admits(peer, at(59)) && gate.admits(peer, at(60)));
        assert!((0..AT_ONCE).all(|_| gate.admits(peer, at(10_000))) && !gate.admits(peer, at(10_000)));
    }

    #[test]
    fn a_network_of_ipv6_is_one_caller_and_an_ipv4_address_is_the_same_in_both_forms() {
        let gate = Gate::default();
        let same = |n: u32| ip(&format!("2001:db8::{n:x}"));
        assert!((0..AT_ONCE).all(|n| gate.admits(same(n), at(0))) && !gate.admits(same(99), at(0)));
        assert!(
            (0..AT_ONCE).all(|_| gate.admits(ip("::ffff:192.0.2.1"), at(0))) && !gate.admits(ip("192.0.2.1"), at(0))
        );
    }

    #[test]
    fn callers_are_remembered_within_a_bound_and_forgotten_with_time() {
        let gate = Gate::default();
        let caller = |n: u32| IpAddr::V4(n.into());
        assert!((0..10_000).all(|n| gate.admits(caller(n), at(0))) && !gate.admits(caller(10_000), at(29)));
        assert!(gate.admits(caller(10_000), at(30)));
        assert_eq!(gate.0.lock().expect("not poisoned").len(), 1);
    }
}
