//! What a message is about: a window, a plan, an advisory, a subscription or everything at once, with what is known of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::advisory::{Advisory, Disposition, Fix};
use crate::domain::change::ChangeList;
use crate::domain::customer::Told;
use crate::domain::plan::{Held, Phases, PlanId, Qa};
use crate::domain::subject::Subject;
use crate::domain::subscription::Subscription;
use crate::domain::window::{State, Window, WindowId};

/// What a message is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// One window; it may be a phase.
    Window(Box<WindowTopic>),
    /// A plan with all of its phases.
    Plan(Box<PlanTopic>),
    /// A security advisory.
    Advisory(Box<AdvisoryTopic>),
    /// A subscription.
    Subscription(Box<Subscription>),
    /// All windows: what a digest tells of.
    Digest(Box<DigestTopic>),
}

/// A window with everything known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowTopic {
    /// The window.
    pub window: Window,
    /// Its change list.
    pub items: ChangeList,
    /// The plan that it is a phase of, with the other phases.
    pub phases: Option<Phases>,
    /// Questions and answers of the window, then those of its plan.
    pub qa: Vec<Qa>,
    /// Who has told which customer, in every round.
    pub told: Vec<Told>,
    /// The advisory that it patches.
    pub advisory: Option<Advisory>,
}

/// A security advisory with everything known of it. What of it may be told to whom is decided where it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvisoryTopic {
    /// The advisory.
    pub advisory: Advisory,
    /// The window that patches it or has.
    pub window: Option<Window>,
    /// The permanent fixes, each with its window where it has one.
    pub fixes: Vec<(Fix, Option<Window>)>,
}

impl AdvisoryTopic {
    /// Whether everybody may know what it is about at `now` (UTC).
    #[must_use]
    pub fn is_disclosed(&self, now: DateTime<Utc>) -> bool {
        self.advisory.is_disclosed(now, self.public_window().is_some())
    }

    /// The emergency window that it made as the public sees it; `None` where that is not public, or called off.
    #[must_use]
    pub fn public_window(&self) -> Option<Window> {
        let made = self.window.as_ref().filter(|_| self.advisory.disposition == Disposition::PatchNow);
        made.filter(|w| w.state != State::Cancelled).and_then(public)
    }
}

/// Windows as far as a digest tells of them. What of them its readers may know is decided where it is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DigestTopic {
    /// Those that are not over, in the order they start; of very many those that start first.
    pub open: Vec<Window>,
    /// Those that were completed, in the order in which that was said; of very many the latest.
    pub completed: Vec<Done>,
    /// What the plans are called whose phases are among them.
    pub plans: BTreeMap<PlanId, String>,
    /// Since when (UTC) it tells of what was completed: the last digest that its readers had, else a week before.
    pub since: DateTime<Utc>,
}

/// A window that was completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Which.
    pub window: Window,
    /// When somebody said so (UTC): it may have ended before.
    pub said_at: DateTime<Utc>,
}

impl DigestTopic {
    /// Every window of it.
    pub fn windows(&self) -> impl Iterator<Item = &Window> {
        self.open.iter().chain(self.completed.iter().map(|done| &done.window))
    }

    /// Windows that have begun and are not over, as the public sees them.
    #[must_use]
    pub fn running(&self) -> Vec<Window> {
        self.open.iter().filter(|w| w.state.is_running()).filter_map(public).collect()
    }

    /// Windows that have not begun and start before `until` (UTC), as the public sees them.
    #[must_use]
    pub fn ahead(&self, until: DateTime<Utc>) -> Vec<Window> {
        self.scheduled().filter(|w| w.span.starts_at < until).collect()
    }

    /// The first window that starts at `until` (UTC) or later, as the public sees it.
    #[must_use]
    pub fn first_from(&self, until: DateTime<Utc>) -> Option<Window> {
        self.scheduled().filter(|w| w.span.starts_at >= until).min_by_key(|w| (w.span.starts_at, w.id))
    }

    fn scheduled(&self) -> impl Iterator<Item = Window> {
        self.open.iter().filter_map(public).filter(|w| w.state == State::Scheduled)
    }

    /// Windows that wait for an approver, as they would be then. For staff alone.
    #[must_use]
    pub fn waiting(&self) -> Vec<&Window> {
        self.open.iter().filter(|w| w.state == State::Pending && w.request.is_some()).collect()
    }

    /// Windows of which it was said since the last digest and before `now` (UTC) that they are completed. What is said in the
    /// second of a digest is told with the next one.
    #[must_use]
    pub fn done(&self, now: DateTime<Utc>) -> Vec<&Window> {
        let told = self.completed.iter().filter(|done| self.since <= done.said_at && done.said_at < now);
        told.map(|done| &done.window).collect()
    }
}

/// A plan with everything known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanTopic {
    /// The plan and its windows.
    pub phases: Phases,
    /// The change lists of its phases.
    pub items: BTreeMap<WindowId, ChangeList>,
    /// Questions and answers of the plan, then those of its phases.
    pub qa: Vec<Qa>,
    /// Who has told which customer of a phase, in every round.
    pub told: BTreeMap<WindowId, Vec<Told>>,
}

impl WindowTopic {
    /// A window that is no phase and has no questions.
    #[must_use]
    pub fn new(window: Window, items: ChangeList) -> Self {
        Self { window, items, phases: None, qa: Vec::new(), told: Vec::new(), advisory: None }
    }

    /// Why it does not start, where it is a phase that is held.
    #[must_use]
    pub fn held(&self) -> Option<&Held> {
        let phases = self.phases.as_ref()?;
        phases.plan.held.as_ref().filter(|_| phases.holds(&self.window))
    }

    /// As the public sees it; `None` where nothing of it is public.
    #[must_use]
    pub fn as_public(&self) -> Option<Self> {
        let window = public(&self.window)?;
        let phases = self.phases.as_ref().map(public_phases);
        Some(Self { window, phases, ..self.clone() })
    }
}

impl PlanTopic {
    /// As the public sees it: phases with their approved facts, without those that were never approved.
    #[must_use]
    pub fn as_public(&self) -> Self {
        Self { phases: public_phases(&self.phases), ..self.clone() }
    }
}

impl Topic {
    /// The plan that it is, or is a phase of.
    #[must_use]
    pub fn plan(&self) -> Option<PlanId> {
        match self {
            Self::Window(topic) => topic.window.plan,
            Self::Plan(topic) => Some(topic.phases.plan.id),
            Self::Advisory(_) | Self::Subscription(_) | Self::Digest(_) => None,
        }
    }

    /// One window of it by itself; `None`: it has none such.
    #[must_use]
    pub fn of_window(&self, id: WindowId) -> Option<Self> {
        match self {
            Self::Window(topic) => (topic.window.id == id).then(|| self.clone()),
            Self::Plan(topic) => {
                let window = topic.phases.windows.iter().find(|w| w.id == id)?.clone();
                let items = topic.items.get(&id).cloned().unwrap_or_default();
                let phases = Some(topic.phases.clone());
                Some(Self::Window(Box::new(WindowTopic { phases, ..WindowTopic::new(window, items) })))
            }
            Self::Advisory(_) | Self::Subscription(_) | Self::Digest(_) => None,
        }
    }

    /// The window, plan, advisory, subscription or digest.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match self {
            Self::Window(topic) => Subject::Window(topic.window.id),
            Self::Plan(topic) => Subject::Plan(topic.phases.plan.id),
            Self::Advisory(topic) => Subject::Advisory(topic.advisory.id),
            Self::Subscription(subscription) => Subject::Subscription(subscription.id),
            Self::Digest(_) => Subject::Digest,
        }
    }

    /// A window that is no phase and has no questions.
    #[must_use]
    pub fn window(window: Window, items: ChangeList) -> Self {
        Self::Window(Box::new(WindowTopic::new(window, items)))
    }

    /// As the public sees it; `None` where nothing of it is public. Of an advisory that depends on the time:
    /// [`AdvisoryTopic::is_disclosed`]; of a digest, on what it tells.
    #[must_use]
    pub fn as_public(&self) -> Option<Self> {
        match self {
            Self::Advisory(_) | Self::Subscription(_) | Self::Digest(_) => None,
            Self::Window(topic) => topic.as_public().map(|topic| Self::Window(Box::new(topic))),
            Self::Plan(topic) => Some(Self::Plan(Box::new(topic.as_public()))),
        }
    }
}

/// A window with the last approved facts while a change of it waits for approval, and nothing of that change.
fn public(window: &Window) -> Option<Window> {
    let mut shown = window.as_published()?.into_owned();
    if let (State::Pending, Some(published)) = (window.state, &window.published) {
        shown.state = State::Scheduled;
        shown.sequence = published.sequence;
        shown.request = None;
    }
    Some(shown)
}

fn public_phases(phases: &Phases) -> Phases {
    Phases::new(phases.plan.clone(), phases.windows.iter().filter_map(public).collect())
}
