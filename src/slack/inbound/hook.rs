//! What Slack posts: verified over the raw bytes before anything of it counts, then handled.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Form, Json};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::Value;

use super::payload::{Fields, Interaction};
use super::{Inbound, NotTaken, Reply, Taken};
use crate::inward::hook::{NoBody, body, is_of_type, is_signed, only};
use crate::slack::api::Slack;

/// Largest body, in bytes: forty times what Slack's longest form can have.
const LARGEST_BODY: usize = 1024 * 1024;
/// How long a body may take to arrive: Slack has given up by then.
const PATIENCE: Duration = Duration::from_secs(3);
/// How old a request may be, and how far ahead its clock (seconds): older ones may have been listened in on.
const FRESH: u64 = 300;
/// What Slack's signature begins with.
const SCHEME: &str = "v0=";
const FORM: &str = "application/x-www-form-urlencoded";

/// What is answered where nothing of it is done: status and plain text.
type Said = (StatusCode, &'static str);

const NOT_CONFIGURED: Said = (StatusCode::SERVICE_UNAVAILABLE, "Slack's signing secret is not configured here.\n");
const TOO_LARGE: Said = (StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 1 MiB.\n");
const CUT_OFF: Said = (StatusCode::BAD_REQUEST, "The body did not arrive in full.\n");
const FORGED: Said = (StatusCode::UNAUTHORIZED, "The signature is missing, wrong or too old.\n");
const UNREADABLE: Said = (StatusCode::BAD_REQUEST, "The body is not what Slack sends here.\n");
const NOT_STORED: Said = (StatusCode::SERVICE_UNAVAILABLE, "It could not be stored; send it again.\n");

/// What Slack has to say, however it came.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Came {
    /// Somebody typed a command.
    Command(Fields),
    /// Somebody pressed a button or sent in a form.
    Interaction(Value),
    /// Something happened.
    Event(Value),
}

/// Where something comes from, by what it says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin<'a> {
    /// A workspace of the configuration.
    Known(&'a Slack),
    /// It does not say.
    Unsaid,
    /// A workspace that is not in the configuration.
    Strange,
}

/// Where it was posted to.
#[derive(Clone, Copy, Debug)]
enum Door {
    Commands,
    Interactions,
    Events,
}

impl Inbound {
    /// The routes that Slack posts to. They bound, verify and answer by themselves; merge them beside routes that ask for
    /// a token, not below them.
    pub fn routes(&self) -> Router {
        let at = |door: Door| {
            post(move |State(inbound): State<Self>, request: Request| async move { inbound.take(door, request).await })
        };
        Router::new()
            .route("/slack/commands", at(Door::Commands))
            .route("/slack/interactions", at(Door::Interactions))
            .route("/slack/events", at(Door::Events))
            .with_state(self.clone())
    }

    async fn take(&self, door: Door, request: Request) -> Response {
        let signed =
            || self.settings.workspaces.iter().filter_map(|w| Some((w.id.as_str(), w.signing_secret.as_ref()?)));
        if signed().next().is_none() {
            self.without_secret.call_once(|| {
                tracing::warn!("somebody posts to /slack, but [slack] signing_secret is not configured");
            });
            return NOT_CONFIGURED.into_response();
        }
        let (parts, body) = match body(request, LARGEST_BODY, PATIENCE).await {
            Ok(came) => came,
            Err(NoBody::TooLarge) => return TOO_LARGE.into_response(),
            Err(NoBody::CutOff) => return CUT_OFF.into_response(),
        };
        let now = self.clock.now();
        let vouched: Vec<&str> =
            signed().filter(|(_, secret)| is_good(secret, &parts.headers, &body, now)).map(|(id, _)| id).collect();
        if vouched.is_empty() {
            tracing::warn!(bytes = body.len(), "a request without a good signature of Slack was refused");
            return FORGED.into_response();
        }
        let Some(came) = read(door, &parts.headers, body).await else { return UNREADABLE.into_response() };
        let Some(slack) = self.meant(&came, &vouched) else {
            tracing::warn!(
                "a request was refused: its workspace is another one than its signature's, or a strange one"
            );
            return FORGED.into_response();
        };
        respond(self.handle_came(slack, came).await)
    }

    /// The workspace that something comes from: the one that it says, if its signature vouches for that; where it says
    /// none, the one whose signature it has.
    fn meant(&self, came: &Came, vouched: &[&str]) -> Option<&Slack> {
        match self.origin(came) {
            Origin::Known(slack) => Some(slack).filter(|slack| vouched.contains(&slack.workspace())),
            Origin::Unsaid => self.workspace(vouched.first()?),
            Origin::Strange => None,
        }
    }

    /// Where something says that it comes from. An app may be installed in workspaces that are not in the configuration,
    /// and signs what they send with the same secret.
    pub(super) fn origin(&self, came: &Came) -> Origin<'_> {
        let said = teams_of(came).into_iter().flatten().filter(|team| !team.is_empty());
        let mut origin = Origin::Unsaid;
        // The one workspace that is not named may be called anything.
        for team in said.filter(|_| self.workspace("").is_none()) {
            match self.workspace(team) {
                Some(slack) => return Origin::Known(slack),
                None => origin = Origin::Strange,
            }
        }
        origin
    }

    /// Handles what came, over HTTP or a socket.
    pub(super) async fn handle_came(&self, slack: &Slack, came: Came) -> Taken {
        match came {
            Came::Command(fields) => self.command(slack, &fields).await,
            Came::Interaction(payload) => match Interaction::read(&payload).ok_or(NotTaken::Unreadable)? {
                Interaction::Pressed(press) => Ok(self.press(slack, &press).await),
                Interaction::Submitted(submission) => Ok(self.submission(slack, *submission).await),
                Interaction::Other => Ok(Reply::Nothing),
            },
            Came::Event(payload) => self.event(slack, &payload).await,
        }
    }
}

fn respond(taken: Taken) -> Response {
    match taken {
        Ok(Reply::Nothing) => StatusCode::OK.into_response(),
        Ok(Reply::Json(value)) => Json(value).into_response(),
        Err(NotTaken::Unreadable) => UNREADABLE.into_response(),
        Err(NotTaken::NotStored) => NOT_STORED.into_response(),
    }
}

/// Reads a body that was verified; `None`: it is not what is posted there.
async fn read(door: Door, headers: &HeaderMap, body: Bytes) -> Option<Came> {
    match door {
        Door::Commands => Some(Came::Command(fields(headers, body).await?)),
        Door::Interactions => {
            let fields = fields(headers, body).await?;
            Some(Came::Interaction(serde_json::from_str(fields.get("payload")?).ok()?))
        }
        Door::Events => {
            if !is_of_type(headers, "application/json") {
                return None;
            }
            Some(Came::Event(serde_json::from_slice(&body).ok()?))
        }
    }
}

async fn fields(headers: &HeaderMap, body: Bytes) -> Option<Fields> {
    if !is_of_type(headers, FORM) || !is_text(&body) {
        return None;
    }
    let request = Request::post("/").header(header::CONTENT_TYPE, FORM).body(Body::from(body)).ok()?;
    // The first of several fields of one name counts, as a list of pairs keeps them all.
    let Form(pairs) = Form::<Vec<(String, String)>>::from_request(request, &()).await.ok()?;
    Some(pairs.into_iter().rev().collect())
}

/// Whether what is escaped in a form is text.
fn is_text(form: &[u8]) -> bool {
    let mut bytes = Vec::with_capacity(form.len());
    let mut rest = form;
    while let [first, after @ ..] = rest {
        let escaped = after.get(..2).filter(|_| *first == b'%').and_then(|digits| hex::decode(digits).ok());
        if let Some(byte) = escaped {
            bytes.extend(byte);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    std::str::from_utf8(&bytes).is_ok()
}

/// The workspace that something says it comes from, and the organisation of workspaces that this one belongs to.
fn teams_of(came: &Came) -> [Option<&str>; 2] {
    match came {
        Came::Command(fields) => ["team_id", "enterprise_id"].map(|name| fields.get(name).map(String::as_str)),
        Came::Interaction(payload) => {
            let team = text(payload, "/team/id").or_else(|| text(payload, "/user/team_id"));
            [team, text(payload, "/enterprise/id")]
        }
        Came::Event(payload) => [text(payload, "/team_id"), text(payload, "/enterprise_id")],
    }
}

fn text<'v>(payload: &'v Value, at: &str) -> Option<&'v str> {
    payload.pointer(at)?.as_str()
}

/// Checks `X-Slack-Signature` over the raw body in constant time, and that it is fresh at `now` (UTC)
/// (<https://docs.slack.dev/authentication/verifying-requests-from-slack>).
fn is_good(secret: &SecretString, headers: &HeaderMap, body: &Bytes, now: DateTime<Utc>) -> bool {
    let signed = || {
        let (stamp, signature) = (only(headers, "x-slack-request-timestamp")?, only(headers, "x-slack-signature")?);
        let at: i64 = stamp.parse().ok()?;
        let is_fresh = now.timestamp().abs_diff(at) <= FRESH;
        let parts: [&[u8]; 4] = [b"v0:", stamp.as_bytes(), b":", body];
        Some(is_fresh && is_signed(secret, &parts, signature.strip_prefix(SCHEME)?))
    };
    signed().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use chrono::TimeDelta;

    use super::*;

    // The example of Slack's documentation.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const STAMP: i64 = 1_531_420_618;
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&\
        channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=\
        https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=\
        398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

    fn headers(stamp: &str, signatures: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-slack-request-timestamp", HeaderValue::from_str(stamp).expect("a header"));
        for signature in signatures {
            headers.append("x-slack-signature", HeaderValue::from_str(signature).expect("a header"));
        }
        headers
    }

    fn good(stamp: &str, signatures: &[&str], body: &'static str, late: i64) -> bool {
        let now = DateTime::from_timestamp(STAMP, 0).expect("a time") + TimeDelta::seconds(late);
        is_good(&SECRET.into(), &headers(stamp, signatures), &Bytes::from_static(body.as_bytes()), now)
    }

    #[test]
    fn the_signature_of_slack_s_documentation_is_good_and_no_other() {
        let stamp = STAMP.to_string();
        assert!(good(&stamp, &[SIGNATURE], BODY, 0));
        assert!(!good(&stamp, &[SIGNATURE], "token=x", 0), "another body");
        assert!(!good(&stamp, &[], BODY, 0), "none");
        assert!(!good(&stamp, &[SIGNATURE, SIGNATURE], BODY, 0), "two");
        assert!(!good(&(STAMP + 1).to_string(), &[SIGNATURE], BODY, 0), "another time");
        assert!(!good(&format!(" {stamp}"), &[SIGNATURE], BODY, 0) && !good("now", &[SIGNATURE], BODY, 0));
        let hex = &SIGNATURE[SCHEME.len()..];
        for wrong in ["", "v0=", hex, &format!("v1={hex}"), &SIGNATURE[..SIGNATURE.len() - 2], "v0=zz"] {
            assert!(!good(&stamp, &[wrong], BODY, 0), "{wrong}");
        }
    }

    #[test]
    fn a_signature_is_good_for_five_minutes_either_way() {
        let stamp = STAMP.to_string();
        for (late, is_good) in [(300, true), (301, false), (-300, true), (-301, false)] {
            assert_eq!(good(&stamp, &[SIGNATURE], BODY, late), is_good, "{late}");
        }
    }

    #[tokio::test]
    async fn forms_are_read_and_nothing_else_where_forms_belong() {
        let typed = |media: &str| {
            HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_str(media).expect("a header"))])
        };
        let read = fields(&typed(FORM), Bytes::from_static(b"text=a+%26%20b&text=c&x=")).await.expect("a form");
        assert_eq!(read.get("text").map(String::as_str), Some("a & b"), "the first of two");
        assert_eq!(read.get("x").map(String::as_str), Some(""));
        assert_eq!(fields(&typed("application/json"), Bytes::from_static(b"text=a")).await, None);
    }
}
