//! What is said of a window on a page: the announcement, and what happened since. What is no longer true by now is left out,
//! as it is of messages: only the last move and the last step are told, and notes and extensions always.

use super::{Outcome, Publishing};
use crate::domain::event::{Event, What};
use crate::domain::ledger::{MessageKind, Planned};
use crate::domain::window::State;
use crate::message::words;
use crate::statuspage::api::Status;
use crate::statuspage::render::{body, harmless};

/// Who is told of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tell {
    /// Everybody who subscribed there.
    Them,
    /// They as well, unless the page made that step by itself and told them.
    UnlessDone,
    /// Nobody.
    Nobody,
}

/// One thing that is said on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Update {
    /// The event that it tells of.
    pub(super) event: i64,
    /// The state that it takes the entry to, where it is about that.
    pub(super) status: Option<Status>,
    pub(super) text: String,
    pub(super) tell: Tell,
}

impl Publishing<'_> {
    /// The last event of the window.
    pub(super) fn last_event(&self) -> i64 {
        self.about.events.iter().map(|event| event.id).max().unwrap_or_default()
    }

    /// The announcement as things are now.
    pub(super) fn announcement(&self) -> Outcome<String> {
        self.told(MessageKind::Announcement, &[])
    }

    /// What happened after one event and up to another, where that is given, in order.
    pub(super) fn updates(&self, after: i64, up_to: Option<i64>) -> Outcome<Vec<Update>> {
        if !self.is_concerned() {
            let (event, text) = (self.last_event(), words::PAGE_LEFT_OUT.to_owned());
            return Ok(vec![Update { event, status: Some(Status::Completed), text, tell: Tell::Them }]);
        }
        let events = self.about.events.iter();
        let new = events.filter(|event| event.id > after && up_to.is_none_or(|last| event.id <= last));
        let mut updates = Vec::new();
        for event in new {
            updates.extend(self.update(event)?);
        }
        Ok(updates)
    }

    /// What is said of an event, if anything.
    fn update(&self, event: &Event) -> Outcome<Option<Update>> {
        let state = self.topic.window.state;
        let own = event.subject.window() == Some(self.topic.window.id);
        let message = |kind, status, tell| {
            let text = self.told(kind, std::slice::from_ref(event))?;
            Ok(Some(Update { event: event.id, status, text, tell }))
        };
        let plain =
            |text: String, status, tell| Ok(Some(Update { event: event.id, status, text: harmless(&text), tell }));
        match &event.what {
            What::Noted { internal: false, .. } if own => message(MessageKind::Note, None, Tell::Them),
            What::Extended { .. } if own => message(MessageKind::Extended, None, Tell::Them),
            What::Moved { .. } if own && !state.is_over() && self.is_last(event, is_move) => {
                message(MessageKind::Moved, None, Tell::Them)
            }
            What::Started { .. } if state == State::InProgress && self.is_last(event, is_step) => {
                message(MessageKind::Started, Some(Status::InProgress), Tell::UnlessDone)
            }
            What::Verifying { .. } if state == State::Verifying && self.is_last(event, is_step) => {
                plain(words::PAGE_VERIFYING.into(), Some(Status::Verifying), Tell::Nobody)
            }
            What::Resumed if state == State::InProgress && self.is_last(event, is_step) => {
                plain(words::PAGE_RESUMED.into(), Some(Status::InProgress), Tell::Nobody)
            }
            What::Completed { .. } if own => message(MessageKind::Completed, Some(Status::Completed), Tell::UnlessDone),
            What::Cancelled { .. } | What::Rejected { .. } | What::Expired if own && state == State::Cancelled => {
                message(MessageKind::Cancelled, Some(Status::Completed), Tell::Them)
            }
            What::Held { reason, .. } if state == State::Scheduled && self.is_last(event, is_hold) => {
                plain(words::page_held(reason), None, Tell::Them)
            }
            What::Released { .. } if state == State::Scheduled && self.is_last(event, is_hold) => {
                plain(words::PAGE_RELEASED.into(), None, Tell::Them)
            }
            _ => Ok(None),
        }
    }

    /// No later event of its sort took its place.
    fn is_last(&self, event: &Event, of_its_sort: fn(&What) -> bool) -> bool {
        let later = |other: &Event| other.id > event.id && other.subject == event.subject && of_its_sort(&other.what);
        !self.about.events.iter().any(later)
    }

    /// A message of audiences as the page shows it: the public text, whoever the row is for.
    fn told(&self, kind: MessageKind, events: &[Event]) -> Outcome<String> {
        let sender = self.sender;
        let plan = Planned { message: kind, audience: String::new(), ..self.row.plan.clone() };
        let message = sender.templates.tell(&sender.telling(&plan, self.about, events, self.now))?;
        Ok(body(kind, &message))
    }
}

fn is_move(what: &What) -> bool {
    matches!(what, What::Moved { .. })
}

fn is_step(what: &What) -> bool {
    matches!(what, What::Started { .. } | What::Verifying { .. } | What::Resumed | What::Completed { .. })
}

fn is_hold(what: &What) -> bool {
    matches!(what, What::Held { .. } | What::Released { .. })
}
