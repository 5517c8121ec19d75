//! What may go wrong with a call to another service, in a closed list.

use chrono::{DateTime, SecondsFormat, Utc};
use thiserror::Error;

/// Why a call did not do what was asked. The texts are for the operator, one line each; they hold no token and no other
/// secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// The own pacing, a limit, or the service is away: nothing was done.
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
    /// What it is about is gone, cannot be seen or takes nothing, or the right to answer has expired: somewhere else it
    /// may go well.
    #[error("{why}")]
    Missing {
        /// What was asked, and what the service says.
        why: String,
        /// The service's own number for it, where callers have to tell one from another; 0 where there is none.
        code: u64,
    },
    /// The service does not do it, and will not do it another time: who asks, their rights or what was sent.
    #[error("{why}")]
    Refused {
        /// What was asked, and what the service says.
        why: String,
    },
}

/// What every call gives.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// What it is about is not there; the service has no number for that.
    #[must_use]
    pub fn missing(why: String) -> Self {
        Self::Missing { why, code: 0 }
    }

    /// Nothing tells what became of a call. It is as good as not made until `at` (UTC) where it can have `changed` nothing,
    /// and in doubt elsewhere.
    #[must_use]
    pub fn untold(changed: bool, at: DateTime<Utc>, why: String) -> Self {
        if changed { Self::Unsure { why } } else { Self::Later { at, why } }
    }

    /// An answer came that cannot be read, and would again. What may have `changed` something is in doubt.
    #[must_use]
    pub fn unreadable(changed: bool, why: String) -> Self {
        if changed { Self::Unsure { why } } else { Self::Refused { why } }
    }

    /// What happened, without what it allows.
    #[must_use]
    pub fn why(self) -> String {
        match self {
            Self::Later { why, .. } | Self::Unsure { why } | Self::Missing { why, .. } | Self::Refused { why } => why,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_changed_something_is_in_doubt_where_nothing_tells_what_became_of_it() {
        let (at, why) = (DateTime::UNIX_EPOCH, || "silence".to_owned());
        assert_eq!(Failure::untold(true, at, why()), Failure::Unsure { why: why() });
        assert_eq!(Failure::untold(false, at, why()), Failure::Later { at, why: why() });
        assert_eq!(Failure::unreadable(true, why()), Failure::Unsure { why: why() });
        assert_eq!(Failure::unreadable(false, why()), Failure::Refused { why: why() });
    }

    #[test]
    fn a_text_says_what_the_failure_allows() {
        let why = || "it answers with 503".to_owned();
        let later = Failure::Later { at: DateTime::UNIX_EPOCH, why: why() };
        assert_eq!(later.to_string(), "it answers with 503; not before 1970-01-01T00:00:00Z");
        assert_eq!(Failure::Unsure { why: why() }.to_string(), "it answers with 503; it may have been done");
        assert_eq!(Failure::missing(why()).to_string(), why());
        assert_eq!(later.why(), why());
    }
}
