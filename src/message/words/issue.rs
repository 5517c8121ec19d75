//! The change-list issue in words: what a tracker shows of a window or plan, whatever its format.

use chrono::{DateTime, Utc};

use super::super::text::one_line;
use super::super::topic::{PlanTopic, Topic, WindowTopic};
use super::super::{Block, Message};
use super::{facts_of_phase, held_words, item_lines, question_lines, tell_table};
use crate::domain::change::ChangeList;
use crate::domain::customer::Told;
use crate::domain::organisation::Organisation;
use crate::domain::plan::{Phases, PlanState};
use crate::domain::subject::Subject;
use crate::domain::window::{State, Window, WindowId};

/// Why a change list is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Everything in it was reported done, or what it was for is over.
    Completed,
    /// What it was for was called off.
    NotPlanned,
}

impl Closed {
    /// The words for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::NotPlanned => "not planned",
        }
    }
}

/// What the issue of a window or plan says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueText {
    /// Its headline.
    pub title: String,
    /// Why it is closed; `None` while it is open.
    pub closed: Option<Closed>,
    /// What stands before the sections.
    pub head: Message,
    /// One for the window, or one for each phase that people may know of. Each holds one [`Block::Items`].
    pub sections: Vec<(WindowId, Message)>,
    /// What stands below them.
    pub foot: Message,
}

impl IssueText {
    /// All of it below each other.
    #[must_use]
    pub fn into_message(self) -> Message {
        let sections = self.sections.into_iter().map(|(_, section)| section);
        let parts = std::iter::once(self.head).chain(sections).chain([self.foot]);
        Message { blocks: parts.flat_map(|part| part.blocks).collect(), ..Message::default() }
    }
}

/// The issue of a window or plan as it is now.
///
/// A window's is closed as completed once every item is done or it is over, as not planned when it was called off; a
/// plan's when that is so of every phase. A subscription has none: what is shown of it is closed and empty.
#[must_use]
pub fn issue(organisation: &Organisation, topic: &Topic, now: DateTime<Utc>) -> IssueText {
    match topic {
        Topic::Window(topic) => of_window(organisation, topic, now),
        Topic::Plan(topic) => of_plan(organisation, topic, now),
        // These have no change list of their own.
        Topic::Advisory(topic) => of_none(topic.advisory.id),
        Topic::Subscription(subscription) => of_none(subscription.id),
        Topic::Digest(_) => of_none(Subject::Digest),
    }
}

fn of_none(id: impl std::fmt::Display) -> IssueText {
    IssueText {
        title: id.to_string(),
        closed: Some(Closed::NotPlanned),
        head: Message::default(),
        sections: Vec::new(),
        foot: Message::default(),
    }
}

fn of_window(organisation: &Organisation, topic: &WindowTopic, now: DateTime<Utc>) -> IssueText {
    let w = &topic.window;
    let section = section(Message::default(), organisation, w, (&topic.items, &topic.told), None, now);
    IssueText {
        title: window_title(w),
        closed: window_is_closed(w, &topic.items),
        head: Message::default(),
        sections: vec![(w.id, section)],
        foot: questions(question_lines(&topic.qa)),
    }
}

fn of_plan(organisation: &Organisation, topic: &PlanTopic, now: DateTime<Utc>) -> IssueText {
    let phases = &topic.phases;
    let mut head = Message::default();
    if let Some(held) = &phases.plan.held {
        head = head.text(held_words(held));
    }
    let empty = ChangeList::default();
    let of_phase = |w: &Window| {
        let number = phases.place_of(w).map(|(n, of)| format!("Phase {n} of {of}: ")).unwrap_or_default();
        let heading = Block::Heading(format!("{number}{} ({})", one_line(&w.title), w.id));
        let told = topic.told.get(&w.id).map(Vec::as_slice).unwrap_or_default();
        let items = topic.items.get(&w.id).unwrap_or(&empty);
        let message = Message::default().block(heading);
        (w.id, section(message, organisation, w, (items, told), Some(phases), now))
    };
    IssueText {
        title: phases.plan.title.clone(),
        closed: plan_is_closed(topic),
        head,
        sections: phases.windows.iter().filter(|w| w.as_published().is_some()).map(of_phase).collect(),
        foot: questions(question_lines(&topic.qa)),
    }
}

/// Why the change list of a window is closed; `None` while it is open.
fn window_is_closed(w: &Window, items: &ChangeList) -> Option<Closed> {
    match w.state {
        State::Cancelled => Some(Closed::NotPlanned),
        State::Completed => Some(Closed::Completed),
        State::Verifying if items.all_done() => Some(Closed::Completed),
        _ => None,
    }
}

/// Why the change list of a plan is closed: every phase is over, or has begun with all of its items done.
fn plan_is_closed(topic: &PlanTopic) -> Option<Closed> {
    let phases = &topic.phases;
    let closed = |w: &Window| {
        let items = topic.items.get(&w.id);
        w.state == State::Completed || (w.state.is_running() && items.is_some_and(ChangeList::all_done))
    };
    match phases.live().next() {
        None if phases.windows.is_empty() && phases.plan.state != PlanState::Cancelled => None,
        None => Some(Closed::NotPlanned),
        Some(_) => phases.live().all(closed).then_some(Closed::Completed),
    }
}

/// Windows of a series have one title: the day tells their lists apart.
fn window_title(w: &Window) -> String {
    match (w.series, w.occurrence) {
        (Some(_), _) => format!("{}, {}", w.title, w.span),
        (None, _) => w.title.clone(),
    }
}

/// One window in an issue: its facts, its items, how to report one, and who has told whom. While a change waits for
/// approval it shows the last approved times and says so.
fn section(
    message: Message,
    organisation: &Organisation,
    w: &Window,
    (items, told): (&ChangeList, &[Told]),
    phases: Option<&Phases>,
    now: DateTime<Utc>,
) -> Message {
    let shown = w.as_published();
    let shown = shown.as_deref().unwrap_or(w);
    let facts = facts_of_phase(organisation, shown, phases, now);
    let hidden = |name: &str| name == "Page" || (name == "Plan" && phases.is_some());
    let mut message = message.facts(facts.into_iter().filter(|(name, _)| !hidden(name)));
    if w.state == State::Pending {
        message = message.text("A change of it waits for approval; these are the last approved facts.");
    }
    message = message.block(Block::Items(item_lines(items, &w.span.zone)));
    if w.state != State::Cancelled {
        message = message.text(format!("Report an item done with /maintenance done {} NUMBER, or tick its box.", w.id));
    }
    match tell_table(organisation, w, told).filter(|_| w.state != State::Cancelled) {
        Some(table) => message.text("Who has told whom:").block(table),
        None => message,
    }
}

fn questions(lines: Vec<Block>) -> Message {
    if lines.is_empty() {
        return Message::default();
    }
    lines.into_iter().fold(Message::line("Questions and answers:"), Message::block)
}
