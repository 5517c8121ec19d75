//! What may go wrong with a status page, in a closed list.

use chrono::{DateTime, SecondsFormat, Utc};
use thiserror::Error;

/// Why a call did not do what was asked. The texts are for the operator, one line each; they hold no key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// The own pacing, a limit, or the page is away: nothing was done.
    #[error("{why}; not before {}", at.to_rfc3339_opts(SecondsFormat::Secs, true))]
    Later {
        /// When it is worth another try (UTC, injected clock).
        at: DateTime<Utc>,
        /// What happened.
        why: String,
    },
    /// No answer, or one that does not tell: it may have been done. Look before doing it again.
    #[error("{why}; it may have been done")]
    Unsure {
        /// What happened.
        why: String,
    },
    /// What was asked for is not there.
    #[error("{why}")]
    Missing {
        /// What was asked, and what the page says.
        why: String,
    },
    /// The page does not do it, and will not do it another time: the key, its rights or what was sent.
    #[error("{why}")]
    Refused {
        /// What was asked, and what the page says.
        why: String,
    },
}

impl Failure {
    /// What happened, without when to come back.
    #[must_use]
    pub fn why(self) -> String {
        match self {
            Self::Later { why, .. } | Self::Unsure { why } | Self::Missing { why } | Self::Refused { why } => why,
        }
    }
}

/// What every call gives.
pub type Result<T> = std::result::Result<T, Failure>;
