//! Why a command was not done: for the person who typed it. Worded by `message::words`.

use std::ops::Range;

use chrono::{DateTime, Utc};

use super::access::Role;
use super::window::{State, Step, WindowId};

/// A command that was not done. Nothing of it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The text could not be read, or a value in it makes no sense.
    Input {
        /// What is wrong and why.
        detail: String,
        /// One line to copy that would work.
        hint: Option<String>,
        /// What was typed, as the caret counts it.
        input: String,
        /// Bytes of `input` that are wrong.
        at: Range<usize>,
    },
    /// There is no such thing.
    NotFound {
        /// What was asked for, such as `MW-12`.
        what: String,
        /// One line to copy that would help.
        hint: String,
    },
    /// The window's state does not allow it.
    State {
        /// The window.
        window: WindowId,
        /// What was asked.
        step: Step,
        /// Where it is.
        state: State,
        /// Who moved it there.
        by: String,
        /// When (UTC), in words of the window's zone.
        at: DateTime<Utc>,
        /// `at` as people read it.
        at_words: String,
        /// What is possible now.
        possible: Vec<Step>,
        /// One line to copy that is legal now.
        hint: String,
    },
    /// The role is missing.
    Role {
        /// The verb typed.
        verb: String,
        /// The role it needs.
        needed: Role,
        /// Who has it, as configured.
        holders: Vec<String>,
    },
    /// The rules do not allow it.
    Rule {
        /// Which rule, and why.
        detail: String,
        /// One line to copy that would work.
        hint: String,
    },
    /// Nothing can be stored now; the operator knows.
    Storage {
        /// What the person can do.
        detail: String,
    },
}

impl Refusal {
    /// A rule that does not allow it, with the line that would work.
    #[must_use]
    pub fn rule(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Rule { detail: detail.into(), hint: hint.into() }
    }

    /// Something that is not there, with the line that helps.
    #[must_use]
    pub fn not_found(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::NotFound { what: what.into(), hint: hint.into() }
    }
}
