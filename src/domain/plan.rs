//! A plan: windows announced together as phases of one change, with questions and answers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::subject::id;
use super::window::{Outcome, State, Window, words};

id! {
    /// The number of a plan. Prints and parses as `PL-3`.
    PlanId, "PL", "plan"
}

words! {
    /// Where a plan is in its life.
    PlanState {
        /// Windows are being added; nothing is announced.
        Draft = "draft",
        /// Its phases are scheduled, or ask for approval.
        Published = "published",
        /// Called off.
        Cancelled = "cancelled",
    }
}

/// One question and its answer; text from a person. Asked of a plan or a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Qa {
    /// Number within its plan or window; never given again.
    pub number: i64,
    /// What people ask.
    pub question: String,
    /// What they are told.
    pub answer: String,
}

/// Why the later phases do not start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Who held it.
    pub by: String,
    /// When (UTC).
    pub at: DateTime<Utc>,
    /// Why; text from a person, may be empty.
    pub reason: String,
}

/// Windows that belong together as phases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// `PL-3`.
    pub id: PlanId,
    /// What it is called; text from a person.
    pub title: String,
    /// Where it is in its life.
    pub state: PlanState,
    /// Why its later phases do not start, where they are held.
    pub held: Option<Held>,
    /// Who made it.
    pub requester: String,
    /// Where it was made, such as `console`.
    pub place: String,
    /// When it was made (UTC).
    pub created_at: DateTime<Utc>,
    /// When it was published (UTC).
    pub published_at: Option<DateTime<Utc>>,
    /// Rises when the times, services, regions, environment or kind of a phase change after publishing: the plan is told
    /// again.
    pub sequence: i64,
    /// When the present sequence began (UTC).
    pub sequence_at: DateTime<Utc>,
}

/// A plan with its phases in the order they start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phases {
    /// The plan.
    pub plan: Plan,
    /// Its windows, the earliest first.
    pub windows: Vec<Window>,
}

impl Phases {
    /// Puts the windows of a plan in the order they start.
    #[must_use]
    pub fn new(plan: Plan, mut windows: Vec<Window>) -> Self {
        windows.sort_by_key(|w| (w.span.starts_at, w.id));
        Self { plan, windows }
    }

    /// The phases that still count: those not called off.
    pub fn live(&self) -> impl Iterator<Item = &Window> {
        self.windows.iter().filter(|w| w.state != State::Cancelled)
    }

    /// Which phase a window is, counted from 1, and of how many; phases called off are not counted.
    #[must_use]
    pub fn place_of(&self, window: &Window) -> Option<(usize, usize)> {
        let at = self.live().position(|w| w.id == window.id)?;
        Some((at + 1, self.live().count()))
    }

    /// Whether a window waits for a phase before it: the plan is held and this one has not begun.
    #[must_use]
    pub fn holds(&self, window: &Window) -> bool {
        self.plan.held.is_some() && matches!(window.state, State::Pending | State::Scheduled)
    }
}

/// Whether a phase that went this way holds the later ones.
#[must_use]
pub fn holds_later(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Failed | Outcome::RolledBack)
}
