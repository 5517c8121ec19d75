//! What audiences and ops are told: templates, one per message and language, filled with the facts of the window or plan.
//!
//! A template is plain text: the first line is the heading, every further line a paragraph. `{{ block("facts") }}` on a
//! line of its own stands for the facts, `items` for the change list, `changes` for what changed in it; all of them are
//! in `blocks`, and the values in `values` and `plan`; `reference` lists both. `{{ copy("/maintenance ack " ~ id) }}` is a
//! line to copy. Text from people is only ever data: it cannot start a block or a template expression.
//!
//! English is built in. Files of a folder take the place of single messages, or make another language (`files`). One that
//! fails when it is needed never holds a message up: the next that fits is used.

mod advisory;
mod blocks;
mod check;
mod digest;
mod engine;
mod files;
mod plan;
mod reference;
pub mod sample;
mod scan;
mod subscription;
mod values;

use std::collections::BTreeMap;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use minijinja::Environment;

pub use digest::horizon;
pub use files::{Fault, Source};
pub use reference::reference;

use super::language::{ENGLISH, Language};
use super::text::shown;
use super::topic::{Topic, WindowTopic};
use super::{Block, Message};
use crate::domain::calendar::Span;
use crate::domain::event::Event;
use crate::domain::ledger::{MessageKind, Planned};
use crate::domain::notice::OPS;
use crate::domain::organisation::Organisation;
use crate::domain::window::{State, Window};
use engine::Broken;

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
    ToldOverdue = "told_overdue", Advisory = "advisory_patch_now", Objection = "objection",
}

// Every message about a whole plan; its phases have the others.
templates! {
    OF_PLANS:
    Announcement = "plan_announcement", Moved = "plan_moved", Cancelled = "plan_cancelled", Note = "plan_note",
    DeliveryFailed = "plan_delivery_failed",
}

// Messages about an advisory; which of them is told hangs on what it is and what happened to it.
templates! {
    OF_ADVISORIES:
    Advisory = "advisory_mitigated", Advisory = "advisory_disclosed", Advisory = "advisory_patched",
    Advisory = "advisory_staff", Advisory = "advisory_followup", Advisory = "advisory_withdrawn",
    DeliveryFailed = "advisory_delivery_failed",
}

// Every message about a subscription.
templates! {
    OF_SUBSCRIPTIONS:
    ConfirmSubscription = "confirm_subscription",
}

// The digest, and where it could not be delivered.
templates! {
    OF_DIGESTS:
    Digest = "digest", DeliveryFailed = "digest_delivery_failed",
}

/// Every message with its English template.
fn every() -> impl Iterator<Item = &'static (MessageKind, &'static str, &'static str)> {
    OF_WINDOWS.iter().chain(OF_PLANS).chain(OF_ADVISORIES).chain(OF_SUBSCRIPTIONS).chain(OF_DIGESTS)
}

/// The compiled templates of every language, with its words.
#[derive(Debug)]
pub struct Templates {
    env: Environment<'static>,
    languages: BTreeMap<String, Language>,
}

/// What one message is made from.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// The row that is owed.
    pub plan: &'a Planned,
    /// The window, plan, advisory or subscription as it is now, or what a digest tells of.
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

/// A telling in the language that its template is written in.
#[derive(Clone, Copy, Debug)]
struct Filling<'a> {
    telling: Telling<'a>,
    language: &'a Language,
}

impl<'a> std::ops::Deref for Filling<'a> {
    type Target = Telling<'a>;

    fn deref(&self) -> &Telling<'a> {
        &self.telling
    }
}

impl Telling<'_> {
    /// Whether its readers may know customers, their contacts and the rollback plan: ops, a person it is for, and
    /// audiences that are staff.
    #[must_use]
    pub fn is_for_staff(&self) -> bool {
        let name = &self.plan.audience;
        let audience = self.organisation.audiences.iter().find(|audience| audience.name == *name);
        match audience {
            _ if !self.plan.message.is_for_audiences() => true,
            Some(audience) => audience.internal,
            None => name == OPS,
        }
    }

    /// The window, plan or advisory as far as its readers may see it; `None`: nothing of it.
    #[must_use]
    pub fn seen(&self) -> Option<Topic> {
        if self.plan.message.is_for_audiences() { self.topic.as_public() } else { Some(self.topic.clone()) }
    }

    /// Whether its readers may know what is under embargo: staff, in a place where nobody else reads.
    fn knows_what_is_embargoed(&self) -> bool {
        self.is_for_staff() && self.organisation.is_for_staff(&self.plan.channel)
    }
}

impl Templates {
    /// Compiles the built-in templates.
    ///
    /// # Errors
    /// A template does not compile.
    pub fn builtin() -> anyhow::Result<Self> {
        let mut env = engine::environment();
        for (_, name, source) in every() {
            env.add_template(name, source).with_context(|| format!("template {name}"))?;
        }
        Ok(Self { env, languages: BTreeMap::new() })
    }

    /// The built-in templates with the organisation's own laid over them.
    ///
    /// # Errors
    /// Everything that is wrong with them, in the order of the sources, then of the lines.
    pub fn load(sources: &[Source], organisation: &Organisation) -> Result<Self, Vec<Fault>> {
        files::load(sources, organisation)
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
        if let Topic::Advisory(topic) = t.topic {
            anyhow::ensure!(t.knows_what_is_embargoed() || topic.is_disclosed(t.now), "it is under embargo");
            return self.fill(t);
        }
        let public = t.topic.as_public().context("nothing of its window is public")?;
        self.fill(&Telling { topic: &public, ..*t })
    }

    /// Fills the first of the templates that fit and work.
    fn fill(&self, t: &Telling<'_>) -> anyhow::Result<Message> {
        let name = template_name(t)?;
        let mut fitting = self.fitting(name, t).into_iter().peekable();
        while let Some((template, language)) = fitting.next() {
            match self.filled(&template, &Filling { telling: *t, language }) {
                Ok(message) => return Ok(message),
                Err(broken) if fitting.peek().is_some() => {
                    tracing::warn!(template, error = %broken, "a template failed, and the next that fits is used");
                }
                Err(broken) => return Err(anyhow::Error::new(broken).context(format!("template {template}"))),
            }
        }
        anyhow::bail!("{name} has no template")
    }

    /// The templates that there are for this message to these readers, the best first, each with its language: their
    /// language, then English, then the one that is built in.
    fn fitting<'a>(&'a self, name: &str, t: &Telling<'_>) -> Vec<(String, &'a Language)> {
        let audience = &t.plan.audience;
        let style = t.organisation.style_of(audience);
        let mut found = Vec::new();
        let own = t.organisation.language_of(audience);
        for code in std::iter::once(own).chain((own != ENGLISH).then_some(ENGLISH)) {
            let language = self.language(code);
            found.extend(style.map(|style| (format!("{code}/{name}.{style}"), language)));
            found.push((format!("{code}/{name}"), language));
        }
        found.push((name.to_owned(), self.language(ENGLISH)));
        found.retain(|(template, _)| self.env.get_template(template).is_ok());
        found
    }

    fn language(&self, code: &str) -> &Language {
        let english: &Language = Language::english();
        self.languages.get(code).unwrap_or(english)
    }

    fn filled(&self, template: &str, t: &Filling<'_>) -> Result<Message, Broken> {
        let values = match t.topic {
            Topic::Window(topic) => values::of(t, topic),
            Topic::Plan(topic) => plan::values(t, topic),
            Topic::Advisory(topic) => advisory::values(t, topic),
            Topic::Subscription(asked) => subscription::values(t, asked),
            Topic::Digest(topic) => digest::values(t, topic),
        };
        let filled = engine::render(&self.env, template, values)?;
        let mut message = Message::default().with_times_in(t.language, spans(t.topic));
        if let Topic::Digest(topic) = t.topic {
            message = digest::with_instants(message, t, topic);
        }
        if let Topic::Window(topic) = t.topic {
            let window = &topic.window;
            let really = [window.actual_start, window.actual_end].into_iter().flatten();
            message = message.with_instants(t.language, really, &window.span.zone);
        }
        for line in filled.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let text = line.replace(BREAK, "\n");
            match line.strip_prefix(MARK) {
                Some(name) => message.blocks.extend(block(name, t)?),
                None if text.contains(MARK) => return Err(Broken::not_alone(&text)),
                None if message.blocks.is_empty() => message.blocks.push(Block::Heading(text)),
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
        let best = self.fitting(template_name(t)?, t).into_iter().next();
        let english: &Language = Language::english();
        let language = best.map_or(english, |(_, language)| language);
        let t = &Filling { telling: *t, language };
        let news = match t.topic.as_public() {
            Some(Topic::Window(topic)) => has_news(t, &topic.window).then(|| {
                let (id, state) = (topic.window.id.to_string(), language.word(state(&topic, t.now)));
                let values = [("id", id.as_str()), ("state", &state), ("when", &language.span(&topic.window.span))];
                language.say("Updated: {id} is now {state}, {when}.", &values)
            }),
            Some(Topic::Plan(topic)) => plan::news(t, &topic),
            Some(Topic::Advisory(_) | Topic::Subscription(_) | Topic::Digest(_)) | None => None,
        };
        Ok(match news {
            Some(news) => message.text(news),
            None => message,
        })
    }
}

/// The template of a message, as its file is named.
fn template_name(t: &Telling<'_>) -> anyhow::Result<&'static str> {
    let kind = t.plan.message;
    let (all, kind) = match t.topic {
        Topic::Advisory(topic) if kind == MessageKind::Advisory => return Ok(advisory::template(t, topic)),
        Topic::Advisory(_) => (OF_ADVISORIES, kind),
        // The first word about a window that an advisory made is the advisory's.
        Topic::Window(topic) if kind == MessageKind::Announcement && topic.advisory.is_some() => {
            (OF_WINDOWS, MessageKind::Advisory)
        }
        Topic::Window(_) => (OF_WINDOWS, kind),
        Topic::Plan(_) => (OF_PLANS, kind),
        Topic::Subscription(_) => (OF_SUBSCRIPTIONS, kind),
        Topic::Digest(_) => (OF_DIGESTS, kind),
    };
    let found = all.iter().find(|(of, ..)| *of == kind);
    found.map(|(_, name, _)| *name).with_context(|| format!("{kind} has no template"))
}

fn spans(topic: &Topic) -> Vec<&Span> {
    match topic {
        Topic::Window(topic) => vec![&topic.window.span],
        Topic::Plan(topic) => topic.phases.windows.iter().map(|window| &window.span).collect(),
        Topic::Advisory(topic) => {
            topic.fixes.iter().filter_map(|(_, w)| w.as_ref()).chain(&topic.window).map(|w| &w.span).collect()
        }
        Topic::Subscription(_) => Vec::new(),
        Topic::Digest(topic) => topic.windows().map(|w| &w.span).collect(),
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

fn block(name: &str, t: &Filling<'_>) -> Result<Vec<Block>, Broken> {
    if name.contains(MARK) {
        return Err(Broken::not_alone(name));
    }
    if let Some(line) = name.strip_prefix(COPY) {
        return Ok(vec![Block::Copy(line.to_owned())]);
    }
    let blocks = match t.topic {
        Topic::Window(topic) => blocks::named(name, t, topic),
        Topic::Plan(topic) => plan::block(name, t, topic),
        Topic::Advisory(topic) => advisory::block(name, t, topic),
        Topic::Subscription(_) => None,
        Topic::Digest(topic) => digest::block(name, t, topic),
    };
    blocks.ok_or_else(|| Broken::no_block(name))
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
