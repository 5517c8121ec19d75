//! What audiences and ops are told: templates, one per message and language, filled with the window's facts.
//!
//! A template is plain text: the first line is the heading, every further line a paragraph. `{{ block("facts") }}` on a
//! line of its own stands for the facts, `items` for the change list, `changes` for what changed in it;
//! `{{ copy("/maintenance ack " ~ id) }}` for a line to copy. Text from people is only ever data: it cannot start a block
//! or a template expression.

use anyhow::Context as _;
use minijinja::{Environment, UndefinedBehavior, context};

use super::text::{count, one_line, shown};
use super::{Block, ItemLine, Message, words};
use crate::domain::calendar::{Span, at, compact, duration_words};
use crate::domain::change::{ChangeList, NetChange, net_changes};
use crate::domain::event::{Event, FieldChange, What};
use crate::domain::ledger::{Class, MessageKind, Planned};
use crate::domain::organisation::Organisation;
use crate::domain::window::{Kind, Outcome, State, Window};
use chrono::{DateTime, TimeDelta, Utc};

/// Starts a block marker; shown text never holds it.
const MARK: char = '\u{2}';
/// Follows the marker where a line to copy stands.
const COPY: &str = "copy ";
/// Stands for a line break inside a value, so that it cannot start a paragraph.
const BREAK: char = '\u{3}';

macro_rules! templates {
    ($($kind:ident = $file:literal),+ $(,)?) => {
        /// Every message with its English template.
        const TEMPLATES: &[(MessageKind, &str)] =
            &[$((MessageKind::$kind, include_str!(concat!("../../templates/messages/en/", $file, ".txt")))),+];
    };
}

templates! {
    Announcement = "announcement", Reminder = "reminder", ChangeList = "change_list",
    ChangeListUpdate = "change_list_update", Started = "started", Moved = "moved", Extended = "extended",
    Cancelled = "cancelled", Completed = "completed", Note = "note", Starting = "starting", NoShow = "no_show",
    Overrun = "overrun", ConfirmCompletion = "confirm_completion", EmptyList = "empty_list", NoPoc = "no_poc",
    DeliveryFailed = "delivery_failed", Assigned = "assigned",
}

/// The compiled templates.
#[derive(Debug)]
pub struct Templates(Environment<'static>);

/// What one message is made from.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// The row that is owed.
    pub plan: &'a Planned,
    /// The window as it is now.
    pub window: &'a Window,
    /// Its change list as it is now.
    pub items: &'a ChangeList,
    /// The event that caused the row first, then later ones that belong to it; none for planned messages.
    pub events: &'a [Event],
    /// Names and links.
    pub organisation: &'a Organisation,
    /// Now (UTC).
    pub now: DateTime<Utc>,
    /// An earlier post is brought in step: what was true only when it was posted is left out.
    pub retold: bool,
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
        for (kind, source) in TEMPLATES {
            env.add_template(kind.as_str(), source).with_context(|| format!("template {kind}"))?;
        }
        Ok(Self(env))
    }

    /// The message for one row.
    ///
    /// # Errors
    /// The template names something that is not there.
    pub fn tell(&self, t: &Telling<'_>) -> anyhow::Result<Message> {
        let template = self.0.get_template(t.plan.message.as_str())?;
        let filled = template.render(values(t)).with_context(|| format!("template {}", t.plan.message))?;
        let mut message = Message::default();
        for (n, line) in filled.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
            let text = line.replace(BREAK, "\n");
            match line.strip_prefix(MARK) {
                Some(name) => message.blocks.extend(named_block(name, t)),
                None if n == 0 => message.blocks.push(Block::Heading(text)),
                None => message.blocks.push(Block::Text(text)),
            }
        }
        Ok(message)
    }

    /// An earlier post brought in step: the same message with the present facts and where the window is now.
    ///
    /// # Errors
    /// As [`Self::tell`].
    pub fn retell(&self, t: &Telling<'_>) -> anyhow::Result<Message> {
        let message = self.tell(&Telling { retold: true, ..*t })?;
        if !has_news(t) {
            return Ok(message);
        }
        let state = t.window.state_words(t.now);
        Ok(message.text(format!("Updated: {} is now {state}, {}.", t.window.id, t.window.span)))
    }
}

/// Whether the window has gone on since an earlier post was made.
fn has_news(t: &Telling<'_>) -> bool {
    let goes_on = match t.plan.message {
        MessageKind::Moved | MessageKind::Extended => t.window.state.is_over(),
        MessageKind::Started => t.window.state != State::InProgress,
        _ => t.window.state != State::Scheduled,
    };
    goes_on || t.window.sequence != t.plan.sequence
}

/// Text from a person as a template may hold it.
fn data(text: &str) -> String {
    shown(text).trim().replace('\n', &BREAK.to_string())
}

fn values(t: &Telling<'_>) -> minijinja::Value {
    let w = t.window;
    let zone = &w.span.zone;
    let (done, all) = t.items.progress();
    let event = t.events.first();
    let (mut reason, mut note, mut from_when, mut by, mut internal) =
        (String::new(), String::new(), String::new(), String::new(), false);
    let (mut failed_message, mut failed_channel) = (String::new(), String::new());
    match event.map(|e| &e.what) {
        Some(What::Moved { from_start, from_end, from_zone, reason: why, .. }) => {
            let from = Span { starts_at: *from_start, ends_at: *from_end, zone: from_zone.clone() };
            if from != w.span {
                from_when = from.to_string();
            }
            reason.clone_from(why);
        }
        Some(What::Extended { by_s, from_end, reason: why, .. }) => {
            by = duration_words(TimeDelta::seconds(*by_s));
            from_when = at(*from_end, zone);
            reason.clone_from(why);
        }
        Some(What::Cancelled { reason: why }) => reason.clone_from(why),
        Some(What::Completed { note: text, .. }) => note.clone_from(text),
        Some(What::Noted { text, internal: staff }) => {
            note.clone_from(text);
            internal = *staff;
        }
        Some(What::DeliveryFailed { message, channel, error }) => {
            failed_message = message.as_str().replace('_', " ");
            failed_channel.clone_from(channel);
            reason.clone_from(error);
        }
        _ => {}
    }
    context! {
        id => w.id.to_string(),
        title => data(&w.title),
        kind => w.kind.to_string(),
        kind_words => kind_words(&w.kind),
        impact => data(&w.impact),
        when => w.span.to_string(),
        starts => at(w.span.starts_at, zone),
        ends => at(w.span.ends_at, zone),
        until_start => until(t.now, w.span.starts_at),
        services => data(&words::services(t.organisation, w)),
        poc => w.poc.as_deref().map(data).unwrap_or_default(),
        state => w.state_words(t.now),
        outcome => w.outcome.map(Outcome::as_str).unwrap_or_default(),
        outcome_words => w.outcome.map(outcome_words).unwrap_or_default(),
        ended => at(w.actual_end.unwrap_or(t.now), zone),
        running => w.state.is_running(),
        auto_start => t.organisation.policy(&w.kind, &w.services).auto_start,
        left_out => matches!(event.map(|e| &e.what), Some(What::Moved { .. })),
        enough => compact(enough(t)),
        downtime => w.actual_downtime.map(duration_words).unwrap_or_default(),
        reason => data(&reason),
        note => data(&note),
        internal => internal,
        actor => event.map(|e| data(&e.actor)).unwrap_or_default(),
        from_when => from_when,
        extended_by => by,
        after => distance(&t.plan.occasion),
        failed_message => failed_message,
        failed_channel => data(&failed_channel),
        assignee => data(t.plan.audience.trim_start_matches('@')),
        done => done,
        open => all - done,
        items => count(all, "item"),
        url => t.organisation.window_url(w),
        organisation => data(&t.organisation.name),
        retold => t.retold,
        has_fields => !fields(t.events).is_empty(),
        their_number => theirs(t).first().map_or(1, |line| line.number),
    }
}

/// How much longer a window past its end may be given to go on for half an hour.
fn enough(t: &Telling<'_>) -> TimeDelta {
    TimeDelta::minutes((t.now - t.window.span.ends_at).num_minutes().max(0) + 30)
}

/// `+90m`, the occasion of a chase, as people read it.
fn distance(occasion: &str) -> String {
    let minutes = occasion.strip_prefix('+').and_then(|text| text.strip_suffix('m')).and_then(|n| n.parse().ok());
    minutes.map(|minutes| duration_words(TimeDelta::minutes(minutes))).unwrap_or_default()
}

fn kind_words(kind: &Kind) -> String {
    match kind.0.as_str() {
        Kind::SCHEDULED => "Planned maintenance".into(),
        Kind::EMERGENCY => "Emergency maintenance".into(),
        Kind::NO_DOWNTIME => "Maintenance without downtime".into(),
        own => {
            let mut words = own.replace(['_', '-'], " ");
            if let Some(first) = words.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            words
        }
    }
}

fn outcome_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success => "",
        Outcome::Partial => "; a part of the work was done",
        Outcome::RolledBack => "; the change was taken back",
        Outcome::Failed => "; it did not succeed",
    }
}

/// `in 7 days`, `in 1 day`, `in 12 hours`, `in 45 minutes`, `now`.
fn until(now: DateTime<Utc>, start: DateTime<Utc>) -> String {
    let left = start - now;
    // A wall-clock day is 23 to 25 hours long where the clocks change.
    let days = (left + TimeDelta::hours(1)).num_days();
    if days >= 1 {
        format!("in {}", count(usize::try_from(days).unwrap_or(0), "day"))
    } else if left > TimeDelta::zero() {
        let whole_minutes = TimeDelta::minutes((left.num_seconds() + 59) / 60);
        format!("in {}", duration_words(whole_minutes))
    } else {
        "now".into()
    }
}

fn named_block(name: &str, t: &Telling<'_>) -> Option<Block> {
    if let Some(line) = name.strip_prefix(COPY) {
        return Some(Block::Copy(line.to_owned()));
    }
    match name {
        "facts" => Some(Block::Facts(facts(t))),
        "items" => {
            Some(Block::Items(words::item_lines(t.items, &t.window.span.zone))).filter(|_| !t.items.0.is_empty())
        }
        "theirs" => Some(Block::Items(theirs(t))).filter(|block| *block != Block::Items(Vec::new())),
        "about" => Some(Block::Facts(facts(t).into_iter().filter(|(n, _)| !UNDONE.contains(&n.as_str())).collect())),
        "changes" => Some(Block::Text(changes(t.events).join("\n"))),
        "fields" => Some(Block::Facts(fields(t.events))).filter(|b| *b != Block::Facts(Vec::new())),
        _ => None,
    }
}

/// Facts that do not hold of a window that was called off.
const UNDONE: [&str; 2] = ["When", "Expected downtime"];

/// The items of the person a message is for, without the nesting.
fn theirs(t: &Telling<'_>) -> Vec<ItemLine> {
    let name = t.plan.audience.trim_start_matches('@');
    let mine = |line: &ItemLine| t.items.get(line.number).is_some_and(|i| i.assignee.as_deref() == Some(name));
    let lines = words::item_lines(t.items, &t.window.span.zone).into_iter().filter(mine);
    lines.map(|line| ItemLine { depth: 0, ..line }).collect()
}

/// What every message that needs them shows: when, what, for how long, whom to ask.
fn facts(t: &Telling<'_>) -> Vec<(String, String)> {
    let w = t.window;
    let downtime = match w.downtime {
        Some(d) if w.kind.has_downtime() => {
            format!("{} inside a {} window", d.words(), duration_words(w.span.ends_at - w.span.starts_at))
        }
        _ if !w.kind.has_downtime() => "none".into(),
        _ => String::new(),
    };
    let all = [
        ("When", w.span.to_string()),
        ("Services", words::services(t.organisation, w)),
        ("Regions", w.regions.join(", ")),
        ("Environment", if w.environment == "production" { String::new() } else { w.environment.clone() }),
        ("Expected downtime", downtime),
        ("Contact", w.poc.clone().unwrap_or_default()),
        ("More", w.links.join(" ")),
        ("Details", t.organisation.window_url(w)),
    ];
    all.into_iter().filter(|(_, v)| !v.is_empty()).map(|(n, v)| (n.to_owned(), v)).collect()
}

/// The facts that an edit changed besides the times.
fn fields(events: &[Event]) -> Vec<(String, String)> {
    let Some(What::Moved { changes, .. }) = events.first().map(|e| &e.what) else { return Vec::new() };
    let besides = changes.iter().filter(|change| change.field != "time");
    besides.map(|FieldChange { field, from, to }| (field.clone(), format!("{to} (was {from})"))).collect()
}

/// One line per difference to the list that was sent.
fn changes(events: &[Event]) -> Vec<String> {
    let line = |c: NetChange| {
        let n = c.number;
        let whose = c.assignee.as_ref().map(|who| format!(" — {who}")).unwrap_or_default();
        match (c.before, c.now) {
            (None, Some(now)) => format!("Added: {n}. {}{whose}", one_line(&now)),
            (Some(before), None) => format!("Removed: {n}. {}", one_line(&before)),
            (Some(before), Some(now)) if before != now => {
                format!("Changed: {n}. {}{whose} (was: {})", one_line(&now), one_line(&before))
            }
            (_, now) => {
                format!("Given to {}: {n}. {}", c.assignee.unwrap_or_default(), one_line(&now.unwrap_or_default()))
            }
        }
    };
    net_changes(events).into_iter().map(line).collect()
}

/// Messages with a template: everything that people read.
#[must_use]
pub fn messages() -> Vec<MessageKind> {
    MessageKind::ALL.iter().copied().filter(|kind| kind.class() == Class::Message).collect()
}
