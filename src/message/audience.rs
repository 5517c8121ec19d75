//! What audiences and ops are told: templates, one per message and language, filled with the facts of the window or plan.
//!
//! A template is plain text: the first line is the heading, every further line a paragraph. `{{ block("facts") }}` on a
//! line of its own stands for the facts, `items` for the change list, `changes` for what changed in it; all of them are
//! in `blocks`, and the values in `values` and `plan`. `{{ copy("/maintenance ack " ~ id) }}` is a line to copy. Text from
//! people is only ever data: it cannot start a block or a template expression.

mod blocks;
mod plan;
mod subscription;
mod values;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use minijinja::{Environment, UndefinedBehavior};

use super::text::shown;
use super::topic::{Topic, WindowTopic};
use super::{Block, Message};
use crate::domain::calendar::Span;
use crate::domain::event::Event;
use crate::domain::ledger::{MessageKind, Planned};
use crate::domain::notice::OPS;
use crate::domain::organisation::Organisation;
use crate::domain::window::{State, Window};

/// Starts a block marker; shown text never holds it.
const MARK: char = '\u{2}';
/// Follows the marker where a line to copy stands.
const COPY: &str = "copy ";
/// Stands for a line break inside a value, so that it cannot start a paragraph.
const BREAK: char = '\u{3}';

macro_rules! templates {
    ($list:ident: $($kind:ident = $file:literal),+ $(,)?) => {
        const $list: &[(MessageKind, &str, &str)] =
            &[$((MessageKind::$kind, $file, include_str!(concat!("../../templates/messages/en/", $file, ".txt")))),+];
    };
}

// Every message about a window, with its English template.
templates! {
    OF_WINDOWS:
    Announcement = "announcement", Reminder = "reminder", ChangeList = "change_list",
    ChangeListUpdate = "change_list_update", Started = "started", Moved = "moved", Extended = "extended",
    Cancelled = "cancelled", Completed = "completed", Note = "note", Starting = "starting", NoShow = "no_show",
    Overrun = "overrun", ConfirmCompletion = "confirm_completion", EmptyList = "empty_list", NoPoc = "no_poc",
    DeliveryFailed = "delivery_failed", Assigned = "assigned", ApprovalRequest = "approval_request",
    ApprovalReminder = "approval_reminder", ApprovalDecision = "approval_decision", ToldRequest = "told_request",
    ToldOverdue = "told_overdue",
}

// Every message about a whole plan; its phases have the others.
templates! {
    OF_PLANS:
    Announcement = "plan_announcement", Moved = "plan_moved", Cancelled = "plan_cancelled", Note = "plan_note",
    DeliveryFailed = "plan_delivery_failed",
}

// Every message about a subscription.
templates! {
    OF_SUBSCRIPTIONS:
    ConfirmSubscription = "confirm_subscription",
}

/// The compiled templates.
#[derive(Debug)]
pub struct Templates(Environment<'static>);

/// What one message is made from.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// The row that is owed.
    pub plan: &'a Planned,
    /// The window, plan or subscription as it is now.
    pub topic: &'a Topic,
    /// The event that caused the row first, then later ones that belong to it; none for planned messages.
    pub events: &'a [Event],
    /// Names and links.
    pub organisation: &'a Organisation,
    /// Now (UTC).
    pub now: DateTime<Utc>,
    /// An earlier post is brought in step: what was true only when it was posted is left out.
    pub retold: bool,
}

impl Telling<'_> {
    /// Whether its readers may know customers, their contacts and the rollback plan: ops, a person it is for, and
    /// audiences that are staff.
    fn is_for_staff(&self) -> bool {
        let name = &self.plan.audience;
        let audience = self.organisation.audiences.iter().find(|audience| audience.name == *name);
        match audience {
            _ if !self.plan.message.is_for_audiences() => true,
            Some(audience) => audience.internal,
            None => name == OPS,
        }
    }
}

impl Templates {
    /// Compiles the built-in templates.
    ///
    /// # Errors
    /// A template does not compile.
    pub fn builtin() -> anyhow::Result<Self> {
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.add_function("block", |name: String| format!("{MARK}{name}"));
        env.add_function("copy", |line: String| format!("{MARK}{COPY}{line}"));
        for (_, name, source) in OF_WINDOWS.iter().chain(OF_PLANS).chain(OF_SUBSCRIPTIONS) {
            env.add_template(name, source).with_context(|| format!("template {name}"))?;
        }
        Ok(Self(env))
    }

    /// The message for one row. Audiences see only what is approved, also while a change waits for approval.
    ///
    /// # Errors
    /// The template names something that is not there, there is none for such a message, or nothing of its window is
    /// public.
    pub fn tell(&self, t: &Telling<'_>) -> anyhow::Result<Message> {
        if !t.plan.message.is_for_audiences() {
            return self.fill(t);
        }
        let public = t.topic.as_public().context("nothing of its window is public")?;
        self.fill(&Telling { topic: &public, ..*t })
    }

    fn fill(&self, t: &Telling<'_>) -> anyhow::Result<Message> {
        let kind = t.plan.message;
        let (all, values) = match t.topic {
            Topic::Window(topic) => (OF_WINDOWS, values::of(t, topic)),
            Topic::Plan(topic) => (OF_PLANS, plan::values(t, topic)),
            Topic::Subscription(asked) => (OF_SUBSCRIPTIONS, subscription::values(t, asked)),
        };
        let (_, name, _) =
            all.iter().find(|(of, ..)| *of == kind).with_context(|| format!("{kind} has no template"))?;
        let filled = self.0.get_template(name)?.render(values).with_context(|| format!("template {name}"))?;
        let mut message = Message::default().with_times(spans(t.topic));
        if let Topic::Window(topic) = t.topic {
            let window = &topic.window;
            let really = [window.actual_start, window.actual_end].into_iter().flatten();
            message = message.with_instants(really, &window.span.zone);
        }
        for (n, line) in filled.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
            let text = line.replace(BREAK, "\n");
            match line.strip_prefix(MARK) {
                Some(name) => message.blocks.extend(block(name, t)),
                None if n == 0 => message.blocks.push(Block::Heading(text)),
                None => message.blocks.push(Block::Text(text)),
            }
        }
        Ok(message)
    }

    /// An earlier post brought in step: the same message with the present facts and where the window or plan is now.
    ///
    /// # Errors
    /// As [`Self::tell`].
    pub fn retell(&self, t: &Telling<'_>) -> anyhow::Result<Message> {
        let message = self.tell(&Telling { retold: true, ..*t })?;
        let news = match t.topic.as_public() {
            Some(Topic::Window(topic)) => has_news(t, &topic.window).then(|| {
                format!("Updated: {} is now {}, {}.", topic.window.id, state(&topic, t.now), topic.window.span)
            }),
            Some(Topic::Plan(topic)) => plan::news(t, &topic),
            Some(Topic::Subscription(_)) | None => None,
        };
        Ok(match news {
            Some(news) => message.text(news),
            None => message,
        })
    }
}

fn spans(topic: &Topic) -> Vec<&Span> {
    match topic {
        Topic::Window(topic) => vec![&topic.window.span],
        Topic::Plan(topic) => topic.phases.windows.iter().map(|window| &window.span).collect(),
        Topic::Subscription(_) => Vec::new(),
    }
}

/// Where a window is, in words; a phase that is held says so.
fn state(topic: &WindowTopic, now: DateTime<Utc>) -> &'static str {
    if topic.held().is_some() { "on hold" } else { topic.window.state_words(now) }
}

/// Whether the window has gone on since an earlier post was made.
fn has_news(t: &Telling<'_>, window: &Window) -> bool {
    let goes_on = match t.plan.message {
        MessageKind::Moved | MessageKind::Extended => window.state.is_over(),
        MessageKind::Started => window.state != State::InProgress,
        _ => window.state != State::Scheduled,
    };
    goes_on || window.sequence != t.plan.sequence
}

fn block(name: &str, t: &Telling<'_>) -> Vec<Block> {
    if let Some(line) = name.strip_prefix(COPY) {
        return vec![Block::Copy(line.to_owned())];
    }
    match t.topic {
        Topic::Window(topic) => blocks::named(name, t, topic),
        Topic::Plan(topic) => plan::block(name, t, topic),
        Topic::Subscription(_) => Vec::new(),
    }
}

/// Text from a person as a template may hold it.
fn data(text: &str) -> String {
    shown(text).trim().replace('\n', &BREAK.to_string())
}

/// Messages about a window that have a template: everything that people read of it.
#[must_use]
pub fn messages() -> Vec<MessageKind> {
    MessageKind::ALL.iter().copied().filter(|kind| kind.is_about_work()).collect()
}

/// Messages that a whole plan has.
#[must_use]
pub fn plan_messages() -> Vec<MessageKind> {
    OF_PLANS.iter().map(|(kind, ..)| *kind).collect()
}
