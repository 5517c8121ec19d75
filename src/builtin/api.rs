//! Outward half: posts into console channels and keeps the built-in change-list issues in step. Everything is written in
//! the sender's transaction, together with the row's `sent`.

use chrono::{DateTime, Utc};

use crate::domain::change::ChangeList;
use crate::domain::customer::Told;
use crate::domain::ledger::{Delivery, MessageKind};
use crate::domain::organisation::Organisation;
use crate::domain::plan::{Phases, PlanState};
use crate::domain::subject::Subject;
use crate::domain::window::{State, Window};
use crate::message::text::one_line;
use crate::message::topic::{PlanTopic, Topic, WindowTopic};
use crate::message::{Block, Message, words};
use crate::store::{Issue, StoreError, Tx};

/// Posts a message; a delivery that was posted before keeps its post. Returns the post's id.
pub async fn post(
    tx: &mut Tx,
    channel: &str,
    row: &Delivery,
    message: &Message,
    now: DateTime<Utc>,
) -> Result<i64, StoreError> {
    if let Some(post) = tx.post_of_delivery(row.id).await? {
        return Ok(post.id);
    }
    tx.insert_post(channel, Some(row.subject), Some(row.id), &message.plain(), now).await
}

/// Edits a post in place, if its text changes at all.
pub async fn edit(tx: &mut Tx, id: i64, message: &Message, now: DateTime<Utc>) -> Result<(), StoreError> {
    let text = message.plain();
    if tx.post(id).await?.is_some_and(|post| post.text != text) {
        tx.edit_post(id, &text, now).await?;
    }
    Ok(())
}

/// Opens the change-list issue of a window or plan or brings its text and state in step. Returns its id in the tracker;
/// `None` where there is nothing to do, because what was never public has no issue to update or close.
///
/// A window's is closed as completed once every item is done or it is over, as not planned when it was called off; a
/// plan's when that is so of every phase.
pub async fn keep_issue(
    tx: &mut Tx,
    organisation: &Organisation,
    topic: &Topic,
    message: MessageKind,
    now: DateTime<Utc>,
) -> Result<Option<String>, StoreError> {
    let (subject, close_reason) = match topic {
        Topic::Window(topic) => (Subject::Window(topic.window.id), window_is_closed(&topic.window, &topic.items)),
        Topic::Plan(topic) => (Subject::Plan(topic.phases.plan.id), plan_is_closed(topic)),
    };
    let before = tx.issue(subject).await?;
    if before.is_none() && close_reason.is_some() && message != MessageKind::IssueOpen {
        return Ok(None);
    }
    let (title, body) = match topic {
        Topic::Window(topic) => (window_title(&topic.window), window_issue(organisation, topic, now)),
        Topic::Plan(topic) => (topic.phases.plan.title.clone(), plan_issue(organisation, topic, now)),
    };
    let closed_at = close_reason.map(|_| before.as_ref().and_then(|issue| issue.closed_at).unwrap_or(now));
    let issue = Issue {
        subject,
        title,
        body: body.plain(),
        open: close_reason.is_none(),
        close_reason: close_reason.map(str::to_owned),
        opened_at: before.map_or(now, |issue| issue.opened_at),
        updated_at: now,
        closed_at,
    };
    tx.save_issue(&issue).await?;
    Ok(Some(subject.to_string()))
}

/// Why the change list of a window is closed; `None` while it is open.
fn window_is_closed(w: &Window, items: &ChangeList) -> Option<&'static str> {
    match w.state {
        State::Cancelled => Some("not planned"),
        State::Completed => Some("completed"),
        State::Verifying if items.all_done() => Some("completed"),
        _ => None,
    }
}

/// Why the change list of a plan is closed: every phase is over, or has begun with all of its items done.
fn plan_is_closed(topic: &PlanTopic) -> Option<&'static str> {
    let phases = &topic.phases;
    let closed = |w: &Window| {
        let items = topic.items.get(&w.id);
        w.state == State::Completed || (w.state.is_running() && items.is_some_and(ChangeList::all_done))
    };
    match phases.live().next() {
        None if phases.windows.is_empty() && phases.plan.state != PlanState::Cancelled => None,
        None => Some("not planned"),
        Some(_) => phases.live().all(closed).then_some("completed"),
    }
}

/// Windows of a series have one title: the day tells their lists apart.
fn window_title(w: &Window) -> String {
    match (w.series, w.occurrence) {
        (Some(_), _) => format!("{}, {}", w.title, w.span),
        (None, _) => w.title.clone(),
    }
}

fn window_issue(organisation: &Organisation, topic: &WindowTopic, now: DateTime<Utc>) -> Message {
    let message = section(Message::default(), organisation, &topic.window, (&topic.items, &topic.told), None, now);
    questions(message, words::question_lines(&topic.qa))
}

fn plan_issue(organisation: &Organisation, topic: &PlanTopic, now: DateTime<Utc>) -> Message {
    let phases = &topic.phases;
    let mut message = Message::default();
    if let Some(held) = &phases.plan.held {
        message = message.text(words::held_words(held));
    }
    let empty = ChangeList::default();
    for w in phases.windows.iter().filter(|w| w.as_published().is_some()) {
        let number = phases.place_of(w).map(|(n, of)| format!("Phase {n} of {of}: ")).unwrap_or_default();
        message = message.block(Block::Heading(format!("{number}{} ({})", one_line(&w.title), w.id)));
        let told = topic.told.get(&w.id).map(Vec::as_slice).unwrap_or_default();
        let items = topic.items.get(&w.id).unwrap_or(&empty);
        message = section(message, organisation, w, (items, told), Some(phases), now);
    }
    questions(message, words::question_lines(&topic.qa))
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
    let facts = words::facts_of_phase(organisation, shown, phases, now);
    let hidden = |name: &str| name == "Page" || (name == "Plan" && phases.is_some());
    let mut message = message.facts(facts.into_iter().filter(|(name, _)| !hidden(name)));
    if w.state == State::Pending {
        message = message.text("A change of it waits for approval; these are the last approved facts.");
    }
    message = message.block(Block::Items(words::item_lines(items, &w.span.zone)));
    if w.state != State::Cancelled {
        message = message.text(format!("Report an item done with /maintenance done {} NUMBER, or tick its box.", w.id));
    }
    match words::tell_table(organisation, w, told).filter(|_| w.state != State::Cancelled) {
        Some(table) => message.text("Who has told whom:").block(table),
        None => message,
    }
}

fn questions(message: Message, lines: Vec<Block>) -> Message {
    if lines.is_empty() {
        return message;
    }
    let message = message.text("Questions and answers:");
    lines.into_iter().fold(message, Message::block)
}
