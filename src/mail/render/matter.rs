//! What a mail leads to and carries, from what its message is about.

use crate::domain::ledger::{MessageKind, Planned};
use crate::domain::organisation::Organisation;
use crate::domain::window::Window;
use crate::message::topic::Topic;

/// What a mail leads to and carries besides its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matter {
    /// The page that shows all of it.
    pub page: String,
    /// The audience that it is for; `None`: one person, a subscriber, or ops.
    pub list: Option<String>,
    /// The window to write into a calendar, and whether that is to be struck out there.
    pub event: Option<(Window, bool)>,
}

impl Matter {
    /// Of one message; `None`: nothing of what it is about is public.
    #[must_use]
    pub fn of(plan: &Planned, topic: &Topic, organisation: &Organisation) -> Option<Self> {
        let kind = plan.message;
        let topic = match topic {
            // What of it may be told to whom is decided where it is told.
            Topic::Advisory(_) | Topic::Subscription(_) | Topic::Digest(_) => topic.clone(),
            topic if kind.is_for_audiences() => topic.as_public()?,
            topic => topic.clone(),
        };
        let (page, event) = match topic {
            Topic::Window(topic) => {
                let page = organisation.window_url(&topic.window);
                let struck_out = kind == MessageKind::Cancelled;
                (page, goes_into_calendars(kind).then_some((topic.window, struck_out)))
            }
            Topic::Plan(topic) => (organisation.plan_url(topic.phases.plan.id), None),
            Topic::Advisory(topic) => (organisation.advisory_url(topic.advisory.id), None),
            Topic::Subscription(asked) => (asked.confirm_url(organisation), None),
            Topic::Digest(_) => (organisation.public_url.clone(), None),
        };
        let is_list = organisation.audiences.iter().any(|audience| audience.name == plan.audience);
        Some(Self { page, list: is_list.then(|| plan.audience.clone()), event })
    }
}

/// What concerns the public and says when a window is.
fn goes_into_calendars(kind: MessageKind) -> bool {
    use MessageKind::{Announcement, Cancelled, Completed, Extended, Moved, Reminder};
    matches!(kind, Announcement | Reminder | Moved | Extended | Cancelled | Completed)
}
