//! From policy and lead times to the messages that are owed: the ledger, planned. Pure.
//!
//! [`ladder`] says what a scheduled window owes because time passes; [`caused`] what an event owes at once. The service
//! stores both in the transaction of the command that made them true.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use super::calendar::Lead;
use super::change::ChangeList;
use super::ledger::{Class, MessageKind, Planned, Reason};
use super::organisation::{Announce, Audience, Channel, Organisation, Policy};
use super::window::{State, Window};

/// The audience name of rows for POC and ops.
pub const OPS: &str = "ops";

/// A rung due within this time after the announcement says nothing new.
const TOO_NEAR: TimeDelta = TimeDelta::hours(1);
/// How long after the first item a change list goes out whose lead is past, and a difference after its last edit.
pub const LIST_SETTLES: TimeDelta = TimeDelta::minutes(10);
/// How long after scheduling an empty list is complained of when its lead is past.
const EMPTY_AFTER: TimeDelta = TimeDelta::hours(1);
/// How long before the start the POC is asked to get ready.
const STARTING: TimeDelta = TimeDelta::minutes(15);

/// What the planning of one window depends on.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The window.
    pub window: &'a Window,
    /// Its change list.
    pub items: &'a ChangeList,
    /// Policies and audiences.
    pub organisation: &'a Organisation,
    /// Channels that were told of the window under an earlier sequence.
    pub told_before: &'a BTreeSet<Channel>,
    /// Channels that got the change list under any sequence.
    pub listed: &'a BTreeSet<Channel>,
}

/// Everything that a window owes because time passes, under its present sequence.
///
/// The answer depends on facts alone, not on when it is asked: rungs are measured from `window.sequence_at`. A running
/// window still owes its change list, and the announcement to those whom an edit made it concern since it began.
#[must_use]
pub fn ladder(s: &Situation<'_>) -> Vec<Planned> {
    let mut plan = Plan { s, rows: Vec::new() };
    match s.window.state {
        State::Scheduled => {
            let announced = plan.announcements();
            plan.reminders(&announced);
            plan.change_list();
            plan.for_ops(&announced);
        }
        State::InProgress | State::Verifying => {
            if s.window.changed_since_it_began() {
                plan.announcements();
            }
            plan.change_list();
        }
        State::Pending | State::Completed | State::Cancelled => {}
    }
    plan.rows.sort_by_key(|row| row.due_at);
    plan.rows
}

/// Audiences and channels that a message about this window goes to: a channel in two audiences counts once, for the
/// first audience in the configuration that wants the message.
#[must_use]
pub fn recipients<'a>(
    organisation: &'a Organisation,
    window: &Window,
    message: MessageKind,
) -> Vec<(&'a Audience, Channel)> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for audience in organisation.audiences.iter().filter(|a| a.concerns(window) && a.wants(message)) {
        for channel in &audience.channels {
            if seen.insert(channel.clone()) {
                found.push((audience, channel.clone()));
            }
        }
    }
    found
}

/// What an event owes at once: one row per recipient. Its occasion is the event's id, or the distance of a chase.
#[must_use]
pub fn caused(
    window: &Window,
    organisation: &Organisation,
    message: MessageKind,
    occasion: impl fmt::Display,
    now: DateTime<Utc>,
) -> Vec<Planned> {
    match message.class() {
        Class::Sync => vec![owed(window, message, occasion, "", Channel::Tracker, now)],
        Class::Message if message.is_for_audiences() => {
            let to = recipients(organisation, window, message).into_iter();
            to.map(|(audience, channel)| owed(window, message, &occasion, &audience.name, channel, now)).collect()
        }
        Class::Message => for_ops(window, organisation, message, occasion, now),
    }
}

/// The same to ops, whatever the message.
#[must_use]
pub fn for_ops(
    window: &Window,
    organisation: &Organisation,
    message: MessageKind,
    occasion: impl fmt::Display,
    now: DateTime<Utc>,
) -> Vec<Planned> {
    organisation.ops.iter().map(|channel| owed(window, message, &occasion, OPS, channel.clone(), now)).collect()
}

/// One row that is owed at `due_at` (UTC) under the window's present sequence, and has no lead.
#[must_use]
pub fn owed(
    window: &Window,
    message: MessageKind,
    occasion: impl fmt::Display,
    audience: &str,
    channel: Channel,
    due_at: DateTime<Utc>,
) -> Planned {
    Planned {
        sequence: window.sequence,
        message,
        occasion: occasion.to_string(),
        lead: None,
        audience: audience.to_owned(),
        channel,
        due_at,
        skipped: None,
        note: None,
    }
}

/// Who reads the change list: audiences that name it; if none does, ops.
fn list_readers(s: &Situation<'_>) -> Vec<(Option<Announce>, String, Channel)> {
    let chosen = recipients(s.organisation, s.window, MessageKind::ChangeList);
    if chosen.is_empty() {
        return s.organisation.ops.iter().map(|channel| (None, OPS.into(), channel.clone())).collect();
    }
    chosen.into_iter().map(|(audience, channel)| (audience.change_list, audience.name.clone(), channel)).collect()
}

struct Plan<'a> {
    s: &'a Situation<'a>,
    rows: Vec<Planned>,
}

impl Plan<'_> {
    fn policy(&self) -> &Policy {
        self.s.organisation.policy(&self.s.window.kind, &self.s.window.services)
    }

    fn since(&self) -> DateTime<Utc> {
        self.s.window.sequence_at
    }

    /// When a lead falls for this window (UTC).
    fn at(&self, lead: Lead) -> DateTime<Utc> {
        let span = &self.s.window.span;
        lead.before(span.starts_at, &span.zone, &self.s.organisation.working).0
    }

    /// What a change of the clocks did to a lead time, for the reader of the ledger.
    fn clock_change(&self, lead: &str, due_at: DateTime<Utc>) -> Option<String> {
        let span = &self.s.window.span;
        let lead = lead.parse::<Lead>().ok()?;
        let (at, note) = lead.before(span.starts_at, &span.zone, &self.s.organisation.working);
        note.filter(|_| at == due_at).map(|note| note.to_string())
    }

    fn when(&self, announce: Announce) -> DateTime<Utc> {
        match announce {
            Announce::AtOnce => self.since(),
            Announce::Lead(lead) => self.at(lead),
        }
    }

    fn push(&mut self, message: MessageKind, occasion: String, to: (String, Channel), due_at: DateTime<Utc>) {
        let lead = matches!(message, MessageKind::Announcement | MessageKind::Reminder | MessageKind::ChangeList)
            .then(|| occasion.clone());
        let sequence = self.s.window.sequence;
        let (audience, channel) = to;
        let note = self.clock_change(&occasion, due_at);
        self.rows.push(Planned { sequence, message, occasion, lead, audience, channel, due_at, skipped: None, note });
    }

    /// The first message of every channel that was never told. Returns when each channel hears (or heard).
    fn announcements(&mut self) -> Vec<(Channel, DateTime<Utc>)> {
        let mut heard = Vec::new();
        for (audience, channel) in recipients(self.s.organisation, self.s.window, MessageKind::Announcement) {
            if self.s.told_before.contains(&channel) {
                continue;
            }
            let announce = audience.announce.unwrap_or(self.policy().announce);
            let due_at = self.when(announce).max(self.since());
            heard.push((channel.clone(), due_at));
            let to = (audience.name.clone(), channel);
            self.push(MessageKind::Announcement, announce.to_string(), to, due_at);
        }
        heard
    }

    /// The rungs still ahead; those that the announcement makes pointless stay in the ledger as skipped.
    fn reminders(&mut self, announced: &[(Channel, DateTime<Utc>)]) {
        let mut seen = BTreeSet::new();
        let organisation = self.s.organisation;
        let window = self.s.window;
        for audience in &organisation.audiences {
            if !audience.concerns(window) || !audience.wants(MessageKind::Reminder) {
                continue;
            }
            let leads = audience.remind.clone().unwrap_or_else(|| self.policy().remind.clone());
            for channel in &audience.channels {
                let hears = announced.iter().find(|(c, _)| c == channel).map(|(_, at)| *at);
                for lead in &leads {
                    let due_at = self.at(*lead);
                    // `1d` and `24h` are one occasion where they fall on the same second.
                    if !seen.insert((channel.clone(), due_at)) {
                        continue;
                    }
                    let pointless = hears.is_some_and(|at| due_at <= at + TOO_NEAR);
                    if !pointless && due_at <= self.since() {
                        continue;
                    }
                    let to = (audience.name.clone(), channel.clone());
                    self.push(MessageKind::Reminder, lead.to_string(), to, due_at);
                    if let Some(row) = self.rows.last_mut().filter(|_| pointless) {
                        row.skipped = Some(Reason::AlreadyTold);
                    }
                }
            }
        }
    }

    /// The change list at its lead, or the complaint that it is empty.
    fn change_list(&mut self) {
        let Some(first_item) = self.s.items.first_item_at() else {
            return self.empty_list();
        };
        let policy_lead = self.policy().change_list;
        for (own_lead, audience, channel) in list_readers(self.s) {
            if self.s.listed.contains(&channel) {
                continue;
            }
            let announce = own_lead.unwrap_or(policy_lead);
            let lead = self.when(announce);
            let settled = first_item.max(self.since()) + LIST_SETTLES;
            let due_at = if lead > first_item.max(self.since()) { lead } else { settled };
            self.push(MessageKind::ChangeList, announce.to_string(), (audience, channel), due_at);
        }
    }

    /// Nobody has written the list. Not said of a list that was sent and then emptied, nor once work has begun.
    fn empty_list(&mut self) {
        let (since, start) = (self.since(), self.s.window.span.starts_at);
        if !self.s.listed.is_empty() || since >= start {
            return;
        }
        let policy_lead = self.policy().change_list;
        let lead = self.when(policy_lead);
        let due_at = if lead > since { lead } else { (since + EMPTY_AFTER).min(start) };
        for channel in &self.s.organisation.ops {
            self.push(MessageKind::EmptyList, policy_lead.to_string(), (OPS.into(), channel.clone()), due_at);
        }
    }

    /// What POC and ops are told before the start.
    fn for_ops(&mut self, announced: &[(Channel, DateTime<Utc>)]) {
        let starting = self.s.window.span.starts_at - STARTING;
        let first_heard = announced.iter().map(|(_, at)| *at).min();
        for channel in &self.s.organisation.ops {
            if starting > self.since() {
                self.push(MessageKind::Starting, "-15m".into(), (OPS.into(), channel.clone()), starting);
            }
            if let Some(at) = first_heard.filter(|_| self.s.window.poc.is_none()) {
                self.push(MessageKind::NoPoc, "announcement".into(), (OPS.into(), channel.clone()), at);
            }
        }
    }
}
