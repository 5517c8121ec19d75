//! What can go wrong between a client and Slack.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::planned;
use super::answer::Answer;
use super::state::Request;

/// Which requests a fault hits.
#[derive(Clone, Debug, Default)]
pub struct Matching {
    method: Option<String>,
    channel: Option<String>,
    team: Option<String>,
}

impl Matching {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests of a method, such as `chat.postMessage`; `response` for response URLs, `socket` for connecting.
    pub fn method(method: &str) -> Self {
        Self { method: Some(method.to_owned()), ..Self::default() }
    }

    /// Only those about a conversation, by `#name` or id.
    pub fn channel(self, channel: &str) -> Self {
        Self { channel: Some(channel.trim_start_matches('#').to_owned()), ..self }
    }

    /// Only those of a workspace.
    pub fn team(self, team: &str) -> Self {
        Self { team: Some(team.to_owned()), ..self }
    }

    fn hits(&self, request: &Request) -> bool {
        let same_channel =
            |wanted: &String| request.channel.as_ref().is_some_and(|(id, name)| id == wanted || name == wanted);
        self.method.as_ref().is_none_or(|method| *method == request.method)
            && self.channel.as_ref().is_none_or(same_channel)
            && self.team.as_ref().is_none_or(|team| request.team.as_ref() == Some(team))
    }

    /// The conversation alone that is told to wait by a 429, where one was named.
    pub fn only_channel(&self) -> bool {
        self.channel.is_some()
    }
}

/// What goes wrong.
#[derive(Clone)]
pub enum Fault {
    /// Refused with `ok: false` and this error; nothing is done.
    Error(&'static str),
    /// Refused with a status and a JSON body (or a text); nothing is done.
    Status(u16, Value),
    /// 429 with `Retry-After` in seconds.
    RateLimited {
        /// What it says.
        retry_after: u64,
    },
    /// Nothing is done; after that time the connection is closed.
    Hang(Duration),
    /// Nothing is done; the connection is reset without an answer.
    Reset,
    /// It is done; the connection is reset without an answer.
    DoThenReset,
    /// It is done; after that time the connection is closed without an answer.
    DoThenHang(Duration),
    /// It is done; the answer is a status and a JSON body (or a text) that do not say so.
    DoThenStatus(u16, Value),
    /// It is done; the answer is `ok: false` with this error all the same, such as `fatal_error`.
    DoThenError(&'static str),
    /// It is done; then this is called, before anything is answered. It gets the request.
    DoThen(Arc<dyn Fn(&Request) + Send + Sync>),
}

impl Fault {
    /// It is done; then this is called, before anything is answered: for killing who asked.
    pub fn done_then(call: impl Fn(&Request) + Send + Sync + 'static) -> Self {
        Self::DoThen(Arc::new(call))
    }

    /// 503 as Slack says it.
    pub fn unavailable() -> Self {
        Self::Status(503, json!({ "ok": false, "error": "service_unavailable" }))
    }

    /// What is answered instead of doing it, for the faults that answer.
    pub fn instead(&self) -> Option<Answer> {
        match self {
            Self::Error(error) => Some(Answer::refused(error)),
            Self::Status(status, body) => Some(Answer::of(*status, body.clone())),
            Self::RateLimited { retry_after } => Some(Answer::limited(*retry_after)),
            _ => None,
        }
    }

    /// What is answered after it was done, for the faults that lie.
    pub fn afterwards(&self) -> Option<Answer> {
        match self {
            Self::DoThenStatus(status, body) => Some(Answer::of(*status, body.clone())),
            Self::DoThenError(error) => Some(Answer::refused(error)),
            _ => None,
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => write!(f, "Error({error})"),
            Self::Status(status, _) => write!(f, "Status({status})"),
            Self::RateLimited { retry_after } => write!(f, "RateLimited({retry_after})"),
            Self::Hang(time) => write!(f, "Hang({time:?})"),
            Self::Reset => f.write_str("Reset"),
            Self::DoThenReset => f.write_str("DoThenReset"),
            Self::DoThenHang(time) => write!(f, "DoThenHang({time:?})"),
            Self::DoThenStatus(status, _) => write!(f, "DoThenStatus({status})"),
            Self::DoThenError(error) => write!(f, "DoThenError({error})"),
            Self::DoThen(_) => f.write_str("DoThen"),
        }
    }
}

/// A fault that waits for its requests.
pub type Planned = planned::Planned<Matching, Fault>;

/// The first planned fault that hits, and what it was planned for; one that has hit as often as it should is gone.
pub fn next(planned: &mut Vec<Planned>, request: &Request) -> Option<(Matching, Fault)> {
    planned::next(planned, |matching| matching.hits(request))
}
