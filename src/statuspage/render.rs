//! What the entry of a window on Statuspage has to be, what it is instead, and how a message reads there. Pure.
//!
//! maintbot owns name, times, state, components and what happens there by itself; the texts that people add stay as they
//! are. Components are only ever moved between operational and under maintenance: an outage that somebody reported stays
//! one.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::api::{Incident, Status, Statuspage, mark};
use crate::domain::ledger::MessageKind;
use crate::domain::organisation::{AutoComplete, Organisation};
use crate::domain::window::State;
use crate::message::text::{clipped, one_line};
use crate::message::topic::WindowTopic;
use crate::message::{Block, Message};

/// Longest name of an entry, in characters.
const LONGEST_NAME: usize = 255;
/// Longest text, in characters.
const LONGEST_BODY: usize = 25_000;

/// The entry of a window as it has to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The page of the window, by which the entry is found again.
    pub url: String,
    /// Where it is.
    pub status: Status,
    name: String,
    /// UTC.
    scheduled_for: DateTime<Utc>,
    /// UTC.
    scheduled_until: DateTime<Utc>,
    components: Vec<String>,
    flags: [(&'static str, bool); 7],
}

impl Wanted {
    /// The entry of a window as the public sees it. `is_concerned`: some audience of the page still cares for it. `now` is
    /// UTC.
    #[must_use]
    pub fn of(
        page: &Statuspage,
        organisation: &Organisation,
        topic: &WindowTopic,
        is_concerned: bool,
        now: DateTime<Utc>,
    ) -> Self {
        let window = &topic.window;
        let policy = organisation.policy(&window.kind, &window.services);
        // Both sides begin and end it, or neither: what waits here must not go on there.
        let waits = topic.held().is_some() || (window.state == State::Scheduled && now > window.span.starts_at);
        let begins = policy.auto_start && !waits;
        let ends = policy.auto_complete == AutoComplete::AtEnd && topic.items.all_done();
        let place = topic.phases.as_ref().and_then(|phases| phases.place_of(window));
        let phase = place.map(|(n, of)| format!(" (phase {n} of {of})")).unwrap_or_default();
        let title = clipped(&one_line(&window.title), LONGEST_NAME - phase.chars().count());
        Self {
            url: organisation.window_url(window),
            status: if is_concerned { status_of(window.state) } else { Status::Completed },
            name: title + &phase,
            scheduled_for: window.span.starts_at,
            scheduled_until: window.span.ends_at,
            components: page.components_of(&window.services),
            flags: [
                ("scheduled_auto_in_progress", begins),
                ("scheduled_auto_completed", ends),
                ("auto_transition_to_maintenance_state", true),
                ("auto_transition_to_operational_state", true),
                ("auto_transition_deliver_notifications_at_start", page.notifies()),
                ("auto_transition_deliver_notifications_at_end", page.notifies()),
                // Reminders are maintbot's.
                ("scheduled_remind_prior", false),
            ],
        }
    }

    /// An entry that is to be made, with its first text. `event` is the last one that the text tells of.
    #[must_use]
    pub fn entry(&self, body: &str, event: i64, deliver: bool) -> Value {
        let mut entry = self.fields();
        entry.insert("status".into(), self.status.as_str().into());
        entry.insert("impact_override".into(), "maintenance".into());
        entry.insert("body".into(), body.into());
        entry.insert("deliver_notifications".into(), deliver.into());
        entry.insert("metadata".into(), Value::Object(mark(&self.url, event)));
        // Ahead of the start the components are named and stay as they are: what is set here holds at once.
        if matches!(self.status, Status::InProgress | Status::Verifying) && !self.components.is_empty() {
            let down = self.components.iter().map(|id| (id.clone(), json!("under_maintenance")));
            entry.insert("components".into(), Value::Object(down.collect()));
        }
        Value::Object(entry)
    }

    /// The facts of an entry besides its state.
    fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert("name".into(), self.name.as_str().into());
        fields.insert("scheduled_for".into(), stamp(self.scheduled_for).into());
        fields.insert("scheduled_until".into(), stamp(self.scheduled_until).into());
        if !self.components.is_empty() {
            fields.insert("component_ids".into(), json!(self.components));
        }
        fields.extend(self.flags.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        fields
    }

    /// The facts that are others on the page; none of one that is over.
    #[must_use]
    pub fn changes(&self, incident: &Incident) -> Map<String, Value> {
        let mut fields = self.fields();
        if self.status == Status::Completed {
            fields.clear();
        }
        let mut there: Vec<&str> = incident.components.iter().map(|component| component.id.as_str()).collect();
        there.sort_unstable();
        fields.retain(|name, value| match name.as_str() {
            "name" => *value != incident.name,
            "scheduled_for" => incident.scheduled_for != Some(self.scheduled_for),
            "scheduled_until" => incident.scheduled_until != Some(self.scheduled_until),
            "component_ids" => there != self.components,
            flag => incident.flags.get(flag).is_some_and(|there| *value != *there),
        });
        fields
    }

    /// What takes an entry to a state: the state, where it is another, and its components, as far as they follow it.
    #[must_use]
    pub fn step(&self, incident: &Incident, to: Status) -> Map<String, Value> {
        let mut step = Map::new();
        if incident.status != to {
            step.insert("status".into(), to.as_str().into());
        }
        let (from, become_) = match to {
            Status::Scheduled => return step,
            Status::InProgress | Status::Verifying => ("operational", "under_maintenance"),
            Status::Completed => ("under_maintenance", "operational"),
        };
        // What ends elsewhere while it is over here is not this window's any more.
        if incident.is_over() {
            return step;
        }
        let follow = incident.components.iter().filter(|component| component.status == from);
        let follow = follow.filter(|component| self.components.contains(&component.id));
        let follow: Map<String, Value> = follow.map(|component| (component.id.clone(), json!(become_))).collect();
        if !follow.is_empty() {
            step.insert("components".into(), Value::Object(follow));
        }
        step
    }

    /// What is different on the page, in words; nothing where it says what was planned.
    #[must_use]
    pub fn differences(&self, incident: &Incident) -> Vec<String> {
        let at = |at: Option<DateTime<Utc>>| at.map_or_else(|| "nothing".into(), stamp);
        let mut found = Vec::new();
        if incident.status != self.status {
            found.push(format!("it is {} there and {} here", incident.status.as_str(), self.status.as_str()));
        }
        for (name, _) in self.changes(incident) {
            found.push(match name.as_str() {
                "name" => format!("it is called “{}” there", clipped(&one_line(&incident.name), 80)),
                "scheduled_for" => format!("it begins {} there", at(incident.scheduled_for)),
                "scheduled_until" => format!("it ends {} there", at(incident.scheduled_until)),
                "component_ids" => "it touches other components there".into(),
                flag => format!("{flag} is not what policy says"),
            });
        }
        if incident.status == self.status && self.step(incident, self.status).contains_key("components") {
            found.push("components are not under maintenance there".into());
        }
        found
    }
}

/// Where a window is, in the words of Statuspage, which knows no state for what is called off.
#[must_use]
pub fn status_of(state: State) -> Status {
    match state {
        State::Pending | State::Scheduled => Status::Scheduled,
        State::InProgress => Status::InProgress,
        State::Verifying => Status::Verifying,
        State::Completed | State::Cancelled => Status::Completed,
    }
}

/// A message as text of an entry, whose name says what it is about. Pages show HTML in such texts as HTML: what people typed
/// cannot become any.
#[must_use]
pub fn body(kind: MessageKind, message: &Message) -> String {
    use MessageKind::{Announcement, Extended, Moved, Note};
    let with_heading = !matches!(kind, Announcement | Note);
    let with_facts = matches!(kind, Announcement | Moved | Extended);
    let part = |block: &Block| match block {
        Block::Heading(_) if !with_heading => String::new(),
        Block::Facts(_) if !with_facts => String::new(),
        Block::Facts(facts) => {
            facts.iter().map(|(name, value)| format!("{name}: {}", one_line(value))).collect::<Vec<_>>().join("\n")
        }
        other => Message::default().block(other.clone()).plain(),
    };
    let parts: Vec<String> = message.blocks.iter().map(part).filter(|part| !part.is_empty()).collect();
    harmless(&parts.join("\n\n"))
}

/// Text in which nothing is markup.
#[must_use]
pub fn harmless(text: &str) -> String {
    clipped(&text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"), LONGEST_BODY)
}

/// As Statuspage takes times.
fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
