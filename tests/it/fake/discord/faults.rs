//! What can go wrong between a client and Discord.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::super::planned;
use super::answer::Answer;
use super::state::Request;

/// Which requests a fault hits.
#[derive(Clone, Debug, Default)]
pub struct Matching {
    route: Option<String>,
    channel: Option<String>,
    server: Option<String>,
}

impl Matching {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests of one operation by its name in Discord's own description, such as `create_message`.
    pub fn route(route: &str) -> Self {
        Self { route: Some(route.to_owned()), ..Self::default() }
    }

    /// Only those about a channel, by `#name` or id.
    pub fn channel(self, channel: &str) -> Self {
        Self { channel: Some(channel.trim_start_matches('#').to_owned()), ..self }
    }

    /// Only those about a server.
    pub fn server(self, server: &str) -> Self {
        Self { server: Some(server.to_owned()), ..self }
    }

    fn hits(&self, request: &Request) -> bool {
        let same_channel =
            |wanted: &String| request.channel.as_ref().is_some_and(|(id, name)| id == wanted || name == wanted);
        self.route.as_ref().is_none_or(|route| *route == request.route)
            && self.channel.as_ref().is_none_or(same_channel)
            && self.server.as_ref().is_none_or(|server| request.server.as_ref() == Some(server))
    }
}

impl From<&str> for Matching {
    fn from(route: &str) -> Self {
        Self::route(route)
    }
}

/// What a 429 is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The bucket, by our own doing.
    Bucket,
    /// The channel or server, by everybody's doing.
    Shared,
    /// All that the bot does.
    Global,
}

impl Scope {
    pub fn name(self) -> &'static str {
        match self {
            Self::Bucket => "user",
            Self::Shared => "shared",
            Self::Global => "global",
        }
    }
}

/// What goes wrong.
#[derive(Clone)]
pub enum Fault {
    /// Refused with a status; nothing is done.
    Status(u16),
    /// Refused with a status and one of Discord's codes; nothing is done.
    Code(u16, u64),
    /// 429, to be asked again in so many seconds.
    Limited(u64, Scope),
    /// 429 by what stands before Discord: no JSON, no headers.
    Banned,
    /// Nothing is done; after that time the connection is cut.
    Silence(Duration),
    /// Nothing is done; the connection is reset without an answer.
    Reset,
    /// It is done; the connection is reset without an answer.
    ResetAfter,
    /// It is done; after that time the connection is cut without an answer.
    SilenceAfter(Duration),
    /// It is done; the answer is a status that does not say so.
    StatusAfter(u16),
    /// It is done; then this is called, before anything is answered. It gets the request.
    DoThen(Arc<dyn Fn(&Request) + Send + Sync>),
}

impl Fault {
    /// It is done; then this is called, before anything is answered: for killing who asked.
    pub fn done_then(call: impl Fn(&Request) + Send + Sync + 'static) -> Self {
        Self::DoThen(Arc::new(call))
    }

    /// What is answered instead of doing it, for the faults that answer.
    pub fn instead(&self) -> Option<Answer> {
        match self {
            Self::Status(status) => Some(plainly(*status)),
            Self::Code(status, code) => Some(Answer::code(*status, *code)),
            Self::Limited(seconds, scope) => {
                let seconds = f64::from(u32::try_from(*seconds).expect("a short time"));
                Some(Answer::limited(seconds, scope.name()))
            }
            Self::Banned => Some(Answer::of(429, json!("<html>error code: 1015</html>"))),
            _ => None,
        }
    }

    /// What is answered after it was done, for the faults that lie.
    pub fn afterwards(&self) -> Option<Answer> {
        match self {
            Self::StatusAfter(status) => Some(plainly(*status)),
            _ => None,
        }
    }
}

/// Discord says 500 itself; the others come from what stands before it.
fn plainly(status: u16) -> Answer {
    if status > 500 {
        Answer::of(status, json!(format!("<html><title>{status}</title></html>")))
    } else {
        Answer::code(status, 0)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "Status({status})"),
            Self::Code(status, code) => write!(f, "Code({status}, {code})"),
            Self::Limited(seconds, scope) => write!(f, "Limited({seconds}, {scope:?})"),
            Self::Banned => f.write_str("Banned"),
            Self::Silence(time) => write!(f, "Silence({time:?})"),
            Self::Reset => f.write_str("Reset"),
            Self::ResetAfter => f.write_str("ResetAfter"),
            Self::SilenceAfter(time) => write!(f, "SilenceAfter({time:?})"),
            Self::StatusAfter(status) => write!(f, "StatusAfter({status})"),
            Self::DoThen(_) => f.write_str("DoThen"),
        }
    }
}

/// A fault that waits for its requests.
pub type Planned = planned::Planned<Matching, Fault>;

/// The first planned fault that hits; one that has hit as often as it should is gone.
pub fn next(planned: &mut Vec<Planned>, request: &Request) -> Option<Fault> {
    planned::next(planned, |matching| matching.hits(request)).map(|(_, fault)| fault)
}
