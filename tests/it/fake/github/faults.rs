//! What can go wrong between a client and GitHub.

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
    method: Option<&'static str>,
    begins: String,
    ends: String,
}

impl Matching {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests of a method, such as `POST`.
    pub fn method(method: &'static str) -> Self {
        Self { method: Some(method), ..Self::default() }
    }

    /// Only paths that begin so, such as `/repos/example/crm`.
    pub fn below(self, path: &str) -> Self {
        Self { begins: path.to_owned(), ..self }
    }

    /// Only paths (without the query) that end so, such as `/comments`.
    pub fn ending(self, path: &str) -> Self {
        Self { ends: path.to_owned(), ..self }
    }

    fn hits(&self, request: &Request) -> bool {
        let path = request.target.split('?').next().unwrap_or_default();
        self.method.is_none_or(|method| method == request.method)
            && path.starts_with(&self.begins)
            && path.ends_with(&self.ends)
    }
}

/// What goes wrong.
#[derive(Clone)]
pub enum Fault {
    /// Refused with a status, headers and a JSON body; nothing is done.
    Status(u16, Vec<(&'static str, String)>, Value),
    /// 403 with GitHub's words about a secondary limit and no `Retry-After`.
    SecondaryLimit,
    /// 429 with `Retry-After` in seconds.
    RateLimited {
        /// What it says.
        retry_after: u64,
    },
    /// 403: the calls of this hour are used up, until so many seconds from now.
    UsedUp {
        /// Seconds.
        reset_in: i64,
    },
    /// It is done, after that time.
    Slow(Duration),
    /// Nothing is done; after that time the connection is closed.
    Hang(Duration),
    /// Nothing is done; the connection is reset without an answer.
    Reset,
    /// It is done; the connection is reset without an answer.
    DoThenReset,
    /// It is done; after that time the connection is closed without an answer.
    DoThenHang(Duration),
    /// It is done; then this is called, before anything is answered. It gets the request.
    DoThen(Arc<dyn Fn(&Request) + Send + Sync>),
}

impl Fault {
    /// It is done; then this is called, before anything is answered: for killing who asked.
    pub fn done_then(call: impl Fn(&Request) + Send + Sync + 'static) -> Self {
        Self::DoThen(Arc::new(call))
    }

    /// 500 as GitHub says it.
    pub fn server_error() -> Self {
        Self::Status(500, vec![], json!({ "message": "Server Error" }))
    }

    /// What is answered instead of doing it, for the faults that answer.
    pub fn answer(&self, wall: i64) -> Option<Answer> {
        let documentation = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api";
        let refusal = |status, message: &str| {
            Answer::of(status, json!({ "message": message, "documentation_url": documentation }))
        };
        match self {
            Self::Status(status, headers, body) => {
                let answer = Answer::of(*status, body.clone());
                Some(headers.iter().fold(answer, |answer, (name, value)| answer.with(name, value)))
            }
            Self::SecondaryLimit => Some(refusal(
                403,
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
            )),
            Self::RateLimited { retry_after } => Some(
                refusal(429, "You have exceeded a secondary rate limit.").with("retry-after", &retry_after.to_string()),
            ),
            Self::UsedUp { reset_in } => Some(
                refusal(403, "API rate limit exceeded for installation.")
                    .with("x-ratelimit-limit", "5000")
                    .with("x-ratelimit-remaining", "0")
                    .with("x-ratelimit-used", "5000")
                    .with("x-ratelimit-resource", "core")
                    .with("x-ratelimit-reset", &(wall + reset_in).to_string()),
            ),
            _ => None,
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status, ..) => write!(f, "Status({status})"),
            Self::SecondaryLimit => f.write_str("SecondaryLimit"),
            Self::RateLimited { retry_after } => write!(f, "RateLimited({retry_after})"),
            Self::UsedUp { reset_in } => write!(f, "UsedUp({reset_in})"),
            Self::Slow(time) => write!(f, "Slow({time:?})"),
            Self::Hang(time) => write!(f, "Hang({time:?})"),
            Self::Reset => f.write_str("Reset"),
            Self::DoThenReset => f.write_str("DoThenReset"),
            Self::DoThenHang(time) => write!(f, "DoThenHang({time:?})"),
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
