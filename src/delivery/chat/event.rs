//! A window as a scheduled event of a server on Discord: made, moved, begun, ended and called off with the window.
//!
//! Discord begins and ends such events by itself at their times and takes none back that is over
//! (<https://docs.discord.com/developers/resources/guild-scheduled-event>). It keeps no key of ours: an event in doubt is
//! found by its location, which is the page of the window.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use super::service::Chat;
use super::{Answered, Outcome, Posting};
use crate::delivery::failure::left_open;
use crate::delivery::said_with;
use crate::discord::api::{Discord, Event, EventStatus};
use crate::discord::render::escape;
use crate::domain::ledger::{Delivery, DeliveryState, MessageKind};
use crate::domain::organisation::Organisation;
use crate::domain::window::{State, Window};
use crate::message::text::clipped;
use crate::message::topic::Topic;
use crate::message::words;
use crate::outward::{Failure, Result};

/// Longest name and location of an event, in characters.
const LONGEST_NAME: usize = 100;
/// Longest description, in characters.
const LONGEST_TEXT: usize = 1000;
/// An event has to begin in the future, by Discord's clock, also where the window has begun: it is begun by hand then.
const FUTURE: TimeDelta = TimeDelta::minutes(1);
/// Everybody on the server, and nobody else: the only choice there is.
const GUILD_ONLY: u8 = 2;
/// Neither a voice channel nor a stage.
const EXTERNAL: u8 = 3;

impl Posting<'_> {
    /// Brings the event in step with the window, or makes it; the id by which it is found again.
    pub(super) async fn keep_event(&self) -> Outcome<Option<Answered>> {
        let Chat::Discord(discord, place) = self.chat else {
            return Ok(Some(Answered::GiveUp("there are no scheduled events".into())));
        };
        let Some(about) = self.sender.worth_sending(self.row, self.now).await? else { return Ok(None) };
        let Topic::Window(topic) = &about.topic else {
            return Ok(Some(Answered::GiveUp("only windows are scheduled events".into())));
        };
        let Some(window) = topic.window.as_published() else { return Ok(None) };
        let organisation = &*self.sender.organisation;
        let keeper = Keeper { discord, guild: place.guild(), organisation, window: &window, now: self.now };
        let id =
            keeper.keep(self.known_event().as_deref(), self.doubt || left_open(self.row, &self.event_rows())).await?;
        Ok(Some(Answered::Sent { id, said_with: said_with(self.row, &about) }))
    }

    /// The id of the event that was made last.
    fn known_event(&self) -> Option<String> {
        let sent = self.event_rows().into_iter().filter(|row| row.state == DeliveryState::Sent);
        sent.max_by_key(|row| row.id).and_then(|row| row.remote_id)
    }

    fn event_rows(&self) -> Vec<Delivery> {
        let mut rows = self.about.own_rows(self.row);
        rows.retain(|row| row.plan.message == MessageKind::ScheduledEvent && row.plan.channel == self.row.plan.channel);
        rows
    }
}

/// One window on one server.
struct Keeper<'a> {
    discord: &'a Discord,
    guild: &'a str,
    organisation: &'a Organisation,
    window: &'a Window,
    /// UTC.
    now: DateTime<Utc>,
}

impl Keeper<'_> {
    /// Does what is missing. `known`: the id of the event, as far as it was recorded; `doubt`: one may have been made and not
    /// recorded.
    async fn keep(&self, known: Option<&str>, doubt: bool) -> Result<Option<String>> {
        let found = self.found(known, doubt).await?;
        let id = found.as_ref().map(|event| event.id.clone()).or_else(|| known.map(str::to_owned));
        let Some(event) = found.filter(|event| !is_over(event.status)) else { return self.anew(id).await };
        match self.follow(&event).await {
            Err(Failure::Refused { why }) => {
                // Discord may have begun or ended it by itself since it was looked at.
                let event_now = self.discord.event(self.guild, &event.id).await?;
                match event_now.status {
                    status if status == event.status => Err(Failure::Refused { why }),
                    status if is_over(status) => self.anew(Some(event.id)).await,
                    _ => self.follow(&event_now).await,
                }
            }
            followed => followed,
        }
    }

    /// Makes an event where there is none any more, unless the window is over as well. `id`: the one that there was.
    async fn anew(&self, id: Option<String>) -> Result<Option<String>> {
        if self.window.state.is_over() {
            return Ok(id);
        }
        Ok(self.make().await?.or(id))
    }

    /// Brings an event that is not over in step.
    async fn follow(&self, event: &Event) -> Result<Option<String>> {
        let event = match (self.window.state, event.status) {
            (State::Cancelled, EventStatus::Scheduled) => self.set(event, EventStatus::Canceled).await?,
            // What was never begun on Discord has to begin before it can be complete.
            (State::Completed, EventStatus::Scheduled) => {
                let begun = self.set(event, EventStatus::Active).await?;
                self.set(&begun, EventStatus::Completed).await?
            }
            (State::Completed | State::Cancelled, _) => self.set(event, EventStatus::Completed).await?,
            // Discord began it by itself, and the window was moved: what has begun is never scheduled again.
            (State::Scheduled | State::Pending, EventStatus::Active) if self.window.span.starts_at > self.now => {
                let ended = self.set(event, EventStatus::Completed).await?;
                return self.anew(Some(ended.id)).await;
            }
            (State::InProgress | State::Verifying, EventStatus::Scheduled) => {
                let event = self.change(event).await?;
                self.set(&event, EventStatus::Active).await?
            }
            _ => self.change(event).await?,
        };
        Ok(Some(event.id))
    }

    /// The event of this window, if there is one.
    async fn found(&self, known: Option<&str>, doubt: bool) -> Result<Option<Event>> {
        if let Some(id) = known.filter(|_| !doubt) {
            return match self.discord.event(self.guild, id).await {
                Ok(event) => Ok(Some(event)),
                Err(Failure::Missing { .. }) => Ok(None),
                Err(failure) => Err(failure),
            };
        }
        if !doubt {
            return Ok(None);
        }
        let location = self.location();
        let own = self.discord.application();
        let is_ours = |event: &Event| {
            event.location == location && event.creator.as_deref().is_none_or(|by| by == own) && !is_over(event.status)
        };
        Ok(self.discord.events(self.guild).await?.into_iter().find(is_ours))
    }

    /// Makes an event; `None`: the window is too near its end for one.
    async fn make(&self) -> Result<Option<String>> {
        let starts_at = self.window.span.starts_at.max(self.now + FUTURE);
        if self.window.span.ends_at <= starts_at {
            return Ok(None);
        }
        let event = self.discord.create_event(self.guild, &self.body(Some(starts_at))).await?;
        if self.window.state.is_running() {
            return Ok(Some(self.set(&event, EventStatus::Active).await?.id));
        }
        Ok(Some(event.id))
    }

    async fn set(&self, event: &Event, status: EventStatus) -> Result<Event> {
        let changes = json!({ "status": status.number() });
        self.discord.update_event(self.guild, &event.id, &changes).await
    }

    /// Other words or times, where they are others. The end is moved before it passes: then the event is over.
    async fn change(&self, event: &Event) -> Result<Event> {
        let can_move = event.status == EventStatus::Scheduled && self.window.span.starts_at > self.now;
        let mut body = self.body(can_move.then_some(self.window.span.starts_at));
        if let Value::Object(body) = &mut body {
            // What is past by now is not taken.
            if self.window.span.ends_at <= self.now {
                body.remove("scheduled_end_time");
            }
            let same = |name: &str, value: &Value| match name {
                "name" => *value == event.name,
                "description" => *value == event.description,
                "scheduled_start_time" => *value == stamp(event.starts_at),
                "scheduled_end_time" => event.ends_at.is_some_and(|at| *value == stamp(at)),
                "entity_metadata" => value["location"] == event.location,
                _ => true,
            };
            body.retain(|name, value| !same(name, value));
            if body.is_empty() {
                return Ok(event.clone());
            }
        }
        self.discord.update_event(self.guild, &event.id, &body).await
    }

    /// An event as Discord takes it; without a start where that stays.
    fn body(&self, starts_at: Option<DateTime<Utc>>) -> Value {
        let mut body = json!({
            "name": self.name(),
            "description": self.description(),
            "privacy_level": GUILD_ONLY,
            "entity_type": EXTERNAL,
            "entity_metadata": { "location": self.location() },
            "scheduled_end_time": stamp(self.window.span.ends_at),
        });
        if let Some(starts_at) = starts_at {
            body["scheduled_start_time"] = stamp(starts_at).into();
        }
        body
    }

    fn name(&self) -> String {
        clipped(&format!("{} {}", self.window.id, self.window.title), LONGEST_NAME)
    }

    /// The page of the window, which no other event has.
    fn location(&self) -> String {
        let page = self.organisation.window_url(self.window);
        if page.chars().count() <= LONGEST_NAME { page } else { self.window.id.to_string() }
    }

    fn description(&self) -> String {
        let facts = words::public_facts(self.organisation, self.window, None, self.now);
        let own = |name: &str| !matches!(name, "State" | "Page" | "Really" | "Real downtime" | "Length");
        let facts = facts.into_iter().filter(|(name, value)| own(name) && !value.is_empty());
        let lines: Vec<String> = facts.map(|(name, value)| format!("{name}: {}", escape(&value))).collect();
        clipped(&lines.join("\n"), LONGEST_TEXT)
    }
}

fn is_over(status: EventStatus) -> bool {
    matches!(status, EventStatus::Completed | EventStatus::Canceled)
}

/// As Discord writes times.
fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
