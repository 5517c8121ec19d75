//! Scheduled events that happen elsewhere than on Discord.
//!
//! Source: <https://docs.discord.com/developers/resources/guild-scheduled-event>.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::super::BOT;
use super::super::answer::{Answer, Reply};
use super::super::permissions::{CREATE_EVENTS, MANAGE_EVENTS};
use super::super::state::{Event, EventStatus};
use super::{Call, time};

/// So many may be ahead or going on.
const MOST: usize = 100;
/// Nothing is planned further ahead.
const FURTHEST: TimeDelta = TimeDelta::days(5 * 366);

impl Call<'_> {
    pub fn events(&mut self) -> Reply {
        let server = self.server(0)?;
        match self.route.name {
            "list_guild_scheduled_events" => {
                let there = self.state.servers[&server].events.iter().filter(|event| event.is_live());
                Ok(Answer::ok(there.map(|event| event.shape(&server, &self.state.users)).collect()))
            }
            "create_guild_scheduled_event" => self.create_event(&server),
            name => {
                let events = &self.state.servers[&server].events;
                let Some(at) = events.iter().position(|event| event.id == self.id(1)) else {
                    return Err(Answer::code(404, 10_070));
                };
                if name == "get_guild_scheduled_event" {
                    return Ok(Answer::ok(events[at].shape(&server, &self.state.users)));
                }
                let need = if events[at].creator == BOT { CREATE_EVENTS | MANAGE_EVENTS } else { MANAGE_EVENTS };
                if self.state.may_on(BOT, &server) & need == 0 {
                    return Err(Answer::code(403, 50_013));
                }
                if name == "delete_guild_scheduled_event" {
                    self.state.server(&server).events.remove(at);
                    return Ok(Answer::nothing());
                }
                let changed = self.changed(&events[at].clone())?;
                self.state.server(&server).events[at] = changed.clone();
                Ok(Answer::ok(changed.shape(&server, &self.state.users)))
            }
        }
    }

    fn create_event(&mut self, server: &str) -> Reply {
        if self.state.may_on(BOT, server) & (CREATE_EVENTS | MANAGE_EVENTS) == 0 {
            return Err(Answer::code(403, 50_013));
        }
        if self.state.servers[server].events.iter().filter(|event| event.is_live()).count() >= MOST {
            return Err(Answer::code(400, 30_038));
        }
        for (name, only) in [("entity_type", 3), ("privacy_level", 2)] {
            if self.body[name] != json!(only) {
                return Err(Answer::field(name, "BASE_TYPE_CHOICES", &format!("The double knows {only} alone.")));
            }
        }
        let required = |name: &str| {
            time(self.body, name).ok_or_else(|| Answer::field(name, "BASE_TYPE_REQUIRED", "This field is required"))
        };
        let event = Event {
            id: String::new(),
            creator: BOT.to_owned(),
            name: text(self.body, "name", 1, 100)?.unwrap_or_default(),
            description: text(self.body, "description", 0, 1000)?.unwrap_or_default(),
            location: text(&self.body["entity_metadata"], "location", 1, 100)?.unwrap_or_default(),
            start: required("scheduled_start_time")?,
            end: required("scheduled_end_time")?,
            status: EventStatus::Scheduled,
        };
        for (name, value) in [("name", &event.name), ("entity_metadata", &event.location)] {
            if value.is_empty() {
                return Err(Answer::field(name, "BASE_TYPE_REQUIRED", "This field is required"));
            }
        }
        self.in_order(&event, true)?;
        let event = Event { id: self.state.flake(), ..event };
        self.state.server(server).events.push(event.clone());
        Ok(Answer::ok(event.shape(server, &self.state.users)))
    }

    /// An event with the changes that were asked for.
    fn changed(&self, event: &Event) -> Result<Event, Answer> {
        if event.status.is_final() {
            return Err(Answer::code(400, 180_000));
        }
        let start = time(self.body, "scheduled_start_time");
        let changed = Event {
            name: text(self.body, "name", 1, 100)?.unwrap_or_else(|| event.name.clone()),
            description: text(self.body, "description", 0, 1000)?.unwrap_or_else(|| event.description.clone()),
            location: text(&self.body["entity_metadata"], "location", 1, 100)?
                .unwrap_or_else(|| event.location.clone()),
            start: start.unwrap_or(event.start),
            end: time(self.body, "scheduled_end_time").unwrap_or(event.end),
            status: self.status(event.status)?,
            ..event.clone()
        };
        if event.status == EventStatus::Active && changed.start != event.start {
            let why = "Cannot update the start time of an active event";
            return Err(Answer::field("scheduled_start_time", "GUILD_SCHEDULED_EVENT_START_TIME", why));
        }
        if changed.status.is_final() {
            return Ok(changed);
        }
        self.in_order(&changed, start.is_some() && event.status == EventStatus::Scheduled)?;
        Ok(changed)
    }

    fn status(&self, now: EventStatus) -> Result<EventStatus, Answer> {
        let wanted = match self.body["status"].as_u64() {
            None => return Ok(now),
            Some(1) => EventStatus::Scheduled,
            Some(2) => EventStatus::Active,
            Some(3) => EventStatus::Completed,
            Some(_) => EventStatus::Canceled,
        };
        let legal = matches!(
            (now, wanted),
            (EventStatus::Scheduled, EventStatus::Active | EventStatus::Canceled)
                | (EventStatus::Active, EventStatus::Completed)
        );
        if legal || now == wanted {
            return Ok(wanted);
        }
        let why = format!("Invalid Guild Scheduled Event status transition from {now:?} to {wanted:?}");
        Err(Answer::field("status", "TRANSITION_INVALID", &why))
    }

    /// Nothing begins in the past, nothing ends before it begins.
    fn in_order(&self, event: &Event, begins: bool) -> Result<(), Answer> {
        let now = self.state.now();
        if begins && event.start < now {
            let why = "Cannot schedule event in the past.";
            return Err(Answer::field("scheduled_start_time", "GUILD_SCHEDULED_EVENT_SCHEDULE_PAST", why));
        }
        if event.start > now + FURTHEST {
            let why = "Cannot schedule event more than 5 years in the future.";
            return Err(Answer::field("scheduled_start_time", "GUILD_SCHEDULED_EVENT_SCHEDULE_FUTURE", why));
        }
        if event.end <= event.start || event.end < now {
            let why = "Cannot schedule event end time before start time.";
            return Err(Answer::field("scheduled_end_time", "GUILD_SCHEDULED_EVENT_END_TIME", why));
        }
        Ok(())
    }
}

fn text(body: &Value, name: &str, least: usize, most: usize) -> Result<Option<String>, Answer> {
    let Some(text) = body[name].as_str() else { return Ok(None) };
    if (least..=most).contains(&text.chars().count()) {
        return Ok(Some(text.to_owned()));
    }
    let why = format!("Must be between {least} and {most} in length.");
    Err(Answer::field(name, "BASE_TYPE_BAD_LENGTH", &why))
}
