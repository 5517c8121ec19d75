//! From policy and lead times to the messages that are owed: the ledger, planned. Pure.
//!
//! [`ladder`] says what a window owes because time passes, [`plan_ladder`] what a plan does; [`caused`] what an event owes
//! at once. The service stores them in the transaction of the command that made them true.

mod advised;
mod caused;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::calendar::{DstNote, Lead, local};
use super::change::ChangeList;
use super::ledger::{MessageKind, OPENING, Planned, Reason, WITH_ANNOUNCEMENT};
use super::organisation::{Announce, Audience, Channel, Organisation, Policy, RemindersOn};
use super::plan::{Phases, PlanState};
use super::window::{Request, State, Window};

pub use advised::{PUBLISHED, advice_for_all, advice_for_staff, advice_for_told};
pub use caused::{
    caused, caused_by_plan, for_ops, for_poc_and_ops, kept_in_step, owed, status_pages, to_staff, told_requests,
};
use caused::{owners, poc_and_ops};

/// The audience name of rows for POC and ops.
pub const OPS: &str = "ops";

/// A rung due within this time after the announcement says nothing new.
const TOO_NEAR: TimeDelta = TimeDelta::hours(1);
/// How long after the first item a change list goes out whose lead is past, and a difference after its last edit.
pub const LIST_SETTLES: TimeDelta = TimeDelta::minutes(10);
/// How long after scheduling an empty list is complained of when its lead is past.
const EMPTY_AFTER: TimeDelta = TimeDelta::hours(1);
/// How long before its start the change-list issue of an occurrence is opened at the latest.
pub const ISSUE_AHEAD: TimeDelta = TimeDelta::days(28);
/// An approver is reminded at least so long before the request expires.
const DECIDE_AHEAD: TimeDelta = TimeDelta::minutes(15);
/// The audience name of rows for approvers.
pub const APPROVERS: &str = "approvers";
/// Owners who have not told their customers are chased after so many working days each.
const OVERDUE: [u16; 3] = [1, 2, 3];
/// How long before the start the POC is asked to get ready.
const STARTING: TimeDelta = TimeDelta::minutes(15);

/// What the planning of one window depends on.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The window.
    pub window: &'a Window,
    /// Its change list.
    pub items: &'a ChangeList,
    /// Policies, audiences, customers.
    pub organisation: &'a Organisation,
    /// Channels that were told of the window under an earlier sequence.
    pub told_before: &'a BTreeSet<Channel>,
    /// Channels that got the change list under any sequence.
    pub listed: &'a BTreeSet<Channel>,
    /// Its plan, where it is a phase: the plan announces it.
    pub phases: Option<&'a Phases>,
    /// When the occurrence before it ends or ended (UTC), where it belongs to a series.
    pub previous_end: Option<DateTime<Utc>>,
    /// What a change of the clocks did to its start, where a series placed it.
    pub start_note: Option<DstNote>,
    /// Its change-list issue was opened before.
    pub has_issue: bool,
    /// When owners of customers were last asked to tell them (UTC).
    pub asked_at: Option<DateTime<Utc>>,
}

/// Everything that a window owes because time passes, under its present sequence.
///
/// The answer depends on facts alone, not on when it is asked: rungs are measured from `window.sequence_at`. A running
/// window still owes its change list, and the announcement to those whom an edit made it concern since it began.
#[must_use]
pub fn ladder(s: &Situation<'_>) -> Vec<Planned> {
    let mut plan = Plan { s, policy: s.organisation.policy(&s.window.kind, &s.window.services), rows: Vec::new() };
    match s.window.state {
        State::Pending => plan.approval_reminder(),
        State::Scheduled => {
            let announced = plan.announcements();
            plan.reminders(&announced);
            plan.change_list();
            plan.for_ops(&announced);
            plan.for_owners(&announced);
            plan.issue();
        }
        State::InProgress | State::Verifying => {
            if s.window.changed_since_it_began() {
                plan.announcements();
            }
            plan.change_list();
            plan.issue();
        }
        State::Completed => plan.owners_after_completion(),
        State::Cancelled => {}
    }
    plan.rows.sort_by_key(|row| row.due_at);
    plan.rows
}

/// What a plan owes because time passes: one announcement of all its phases to every channel that any of them concerns.
/// `told_before`: channels told of the plan under an earlier sequence.
#[must_use]
pub fn plan_ladder(phases: &Phases, organisation: &Organisation, told_before: &BTreeSet<Channel>) -> Vec<Planned> {
    let rows = plan_announcements(phases, organisation).into_iter();
    let untold = rows.filter(|row| !told_before.contains(&row.channel));
    let mut rows: Vec<Planned> = untold.collect();
    rows.sort_by_key(|row| row.due_at);
    rows
}

/// The announcement of a plan to every channel, whether told before or not: due at the lead before its first phase.
fn plan_announcements(phases: &Phases, organisation: &Organisation) -> Vec<Planned> {
    let live: Vec<&Window> = phases.live().filter(|w| w.state != State::Pending || w.published.is_some()).collect();
    let Some(first) = live.iter().find(|w| !w.state.is_over()).filter(|_| phases.plan.state == PlanState::Published)
    else {
        return Vec::new();
    };
    let policy = organisation.policy(&first.kind, &first.services);
    let since = phases.plan.sequence_at;
    let row = |(audience, channel): (&Audience, Channel)| {
        let announce = audience.announce.unwrap_or(policy.announce);
        let (at, note) = match announce {
            Announce::AtOnce => (since, None),
            Announce::Lead(lead) => {
                let (at, note) = lead.before(first.span.starts_at, &first.span.zone, &organisation.working);
                (at, note.map(|note| note.to_string()))
            }
        };
        let mut row = Planned {
            sequence: phases.plan.sequence,
            message: MessageKind::Announcement,
            occasion: announce.to_string(),
            lead: Some(announce.to_string()),
            audience: audience.name.clone(),
            channel,
            due_at: at.max(since),
            skipped: None,
            note: note.filter(|_| at >= since),
        };
        hold(&mut row, audience, first.span.starts_at);
        audience.hears_at(row.due_at).then_some(row)
    };
    recipients(organisation, &live, MessageKind::Announcement).into_iter().filter_map(row).collect()
}

/// Audiences and channels that a message about these windows goes to: a channel in two audiences counts once, for the
/// first audience in the configuration that wants the message.
#[must_use]
pub fn recipients<'a>(
    organisation: &'a Organisation,
    windows: &[&Window],
    message: MessageKind,
) -> Vec<(&'a Audience, Channel)> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let concerned = |a: &&Audience| windows.iter().any(|w| a.concerns(w)) && a.wants(message);
    for audience in organisation.audiences.iter().filter(concerned) {
        let channels = windows.iter().filter(|w| audience.concerns(w)).flat_map(|w| audience.channels_for(w));
        for channel in channels.filter(|channel| channel.takes(message)) {
            if seen.insert(channel.clone()) {
                found.push((audience, channel));
            }
        }
    }
    found
}

/// Lets a message that is not urgent wait until its audience's hours open, unless the work starts before (UTC).
fn hold(row: &mut Planned, audience: &Audience, starts_at: DateTime<Utc>) {
    use MessageKind::{Announcement, Cancelled, ChangeList, ChangeListUpdate, Moved, Reminder};
    let Some((hours, zone)) = &audience.send_hours else { return };
    if !matches!(row.message, Announcement | Reminder | ChangeList | ChangeListUpdate | Moved | Cancelled) {
        return;
    }
    let opens = hours.next_open(row.due_at, zone);
    if opens > row.due_at && opens < starts_at {
        row.due_at = opens;
        let held = format!("held until the hours of {} open", audience.name);
        row.note = Some(row.note.take().map_or_else(|| held.clone(), |note| format!("{note}; {held}")));
    }
}

/// A row that waits until the hours of its audience open, where it is one that waits.
#[must_use]
pub fn held(mut row: Planned, organisation: &Organisation, window: &Window) -> Planned {
    if let Some(audience) = organisation.audiences.iter().find(|audience| audience.name == row.audience) {
        hold(&mut row, audience, window.span.starts_at);
    }
    row
}

/// Who reads the change list: audiences that name it; if none does, ops.
fn list_readers<'a>(s: &Situation<'a>) -> Vec<(Option<&'a Audience>, Channel)> {
    let chosen = recipients(s.organisation, &[s.window], MessageKind::ChangeList);
    if chosen.is_empty() {
        return s.organisation.ops.iter().map(|channel| (None, channel.clone())).collect();
    }
    chosen.into_iter().map(|(audience, channel)| (Some(audience), channel)).collect()
}

/// When an approver is reminded of a request (UTC): at half of the time left when it was made, and a quarter of an hour
/// before it expires at the latest. `None`: there is no time for it.
#[must_use]
pub fn approval_reminder_at(request: &Request) -> Option<DateTime<Utc>> {
    let half = request.at + (request.expires_at - request.at) / 2;
    let at = half.min(request.expires_at - DECIDE_AHEAD);
    (at > request.at).then_some(at)
}

struct Plan<'a> {
    s: &'a Situation<'a>,
    policy: &'a Policy,
    rows: Vec<Planned>,
}

/// Where a rung of the ladder falls.
struct Rung {
    lead: Lead,
    /// UTC.
    due_at: DateTime<Utc>,
    note: Option<String>,
    /// It was moved off a day on which nobody works.
    shifted: bool,
}

impl Plan<'_> {
    fn since(&self) -> DateTime<Utc> {
        self.s.window.sequence_at
    }

    fn starts_at(&self) -> DateTime<Utc> {
        self.s.window.span.starts_at
    }

    /// When a lead falls for this window (UTC), and what a change of the clocks did to it.
    fn at(&self, lead: Lead) -> (DateTime<Utc>, Option<String>) {
        let span = &self.s.window.span;
        let (at, note) = lead.before(span.starts_at, &span.zone, &self.s.organisation.working);
        (at, note.map(|note| note.to_string()))
    }

    fn when(&self, announce: Announce) -> (DateTime<Utc>, Option<String>) {
        match announce {
            // An occurrence is not news while the one before it is still ahead.
            Announce::AtOnce => (self.s.previous_end.map_or(self.since(), |end| end.max(self.since())), None),
            Announce::Lead(lead) => self.at(lead),
        }
    }

    fn push(
        &mut self,
        message: MessageKind,
        occasion: String,
        to: (&str, Channel),
        due_at: DateTime<Utc>,
        note: Option<String>,
    ) -> &mut Planned {
        let lead = matches!(message, MessageKind::Announcement | MessageKind::Reminder | MessageKind::ChangeList)
            .then(|| occasion.clone());
        let row = owed(self.s.window.sequence, message, occasion, to.0, to.1, due_at);
        let first = matches!(message, MessageKind::Announcement | MessageKind::IssueOpen);
        let start = self.s.start_note.filter(|_| first).map(|note| format!("its start: {note}"));
        let notes: Vec<String> = start.into_iter().chain(note).collect();
        let note = (!notes.is_empty()).then(|| notes.join("; "));
        self.rows.push(Planned { lead, note, ..row });
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }

    /// The first message of every channel that was never told. Returns when each channel hears (or heard). A phase is
    /// announced by its plan.
    fn announcements(&mut self) -> Vec<(Channel, DateTime<Utc>)> {
        if let Some(phases) = self.s.phases {
            let rows = plan_announcements(phases, self.s.organisation).into_iter();
            let concerned = recipients(self.s.organisation, &[self.s.window], MessageKind::Announcement);
            let untold = rows.filter(|row| !self.s.told_before.contains(&row.channel));
            let mine = untold.filter(|row| concerned.iter().any(|(_, channel)| *channel == row.channel));
            return mine.map(|row| (row.channel, row.due_at)).collect();
        }
        let mut heard = Vec::new();
        let starts_at = self.starts_at();
        for (audience, channel) in recipients(self.s.organisation, &[self.s.window], MessageKind::Announcement) {
            if self.s.told_before.contains(&channel) {
                continue;
            }
            let announce = audience.announce.unwrap_or(self.policy.announce);
            let (at, note) = self.when(announce);
            let (due_at, since) = (at.max(self.since()), self.since());
            if !audience.hears_at(due_at) {
                continue;
            }
            let to = (audience.name.as_str(), channel.clone());
            let note = note.filter(|_| at >= since);
            let row = self.push(MessageKind::Announcement, announce.to_string(), to, due_at, note);
            hold(row, audience, starts_at);
            heard.push((channel, row.due_at));
        }
        heard
    }

    /// The rungs still ahead; those that the announcement makes pointless stay in the ledger as skipped.
    fn reminders(&mut self, announced: &[(Channel, DateTime<Utc>)]) {
        let mut seen = BTreeSet::new();
        let first_word: BTreeMap<&Channel, DateTime<Utc>> = announced.iter().rev().map(|(c, at)| (c, *at)).collect();
        let organisation = self.s.organisation;
        let (window, since, starts_at) = (self.s.window, self.since(), self.starts_at());
        for audience in &organisation.audiences {
            if !audience.concerns(window) || !audience.wants(MessageKind::Reminder) {
                continue;
            }
            let rungs = self.rungs(audience.remind.as_ref().unwrap_or(&self.policy.remind));
            for channel in audience.channels_for(window).iter().filter(|channel| channel.takes(MessageKind::Reminder)) {
                let hears = first_word.get(channel).copied();
                for (n, rung) in rungs.iter().enumerate() {
                    // `1d` and `24h` are one occasion where they fall on the same second, unless a day off put them there.
                    if !rung.shifted && !seen.insert((channel.clone(), rung.due_at)) {
                        continue;
                    }
                    let pointless = hears.is_some_and(|at| rung.due_at <= at + TOO_NEAR);
                    if !pointless && (rung.due_at <= since || !audience.hears_at(rung.due_at)) {
                        continue;
                    }
                    let merged = self.is_merged(&rungs, n);
                    let to = (audience.name.as_str(), channel.clone());
                    let note = rung.note.clone();
                    let row = self.push(MessageKind::Reminder, rung.lead.to_string(), to, rung.due_at, note);
                    if pointless {
                        row.skipped = Some(Reason::AlreadyTold);
                    } else if merged {
                        row.skipped = Some(Reason::DayOffMerge);
                    } else {
                        hold(row, audience, starts_at);
                    }
                }
            }
        }
    }

    /// Where the leads fall, moved off days off where policy says so: earlier, never later.
    fn rungs(&self, leads: &[Lead]) -> Vec<Rung> {
        let working = &self.s.organisation.working;
        let rung = |lead: &Lead| {
            let (at, note) = self.at(*lead);
            let moves = self.policy.reminders_on == RemindersOn::WorkingDays && lead.is_in_days();
            let zone = if lead.is_in_working_days() { &working.zone } else { &self.s.window.span.zone };
            let due_at = if moves { working.on_working_day_before(at, zone) } else { at };
            let shifted = due_at != at;
            let note = if shifted { Some("moved to the working day before".to_owned()) } else { note };
            Rung { lead: *lead, due_at, note, shifted }
        };
        leads.iter().map(rung).collect()
    }

    /// Whether another reminder nearer the start falls on the same working day because one of the two was moved there.
    fn is_merged(&self, rungs: &[Rung], n: usize) -> bool {
        let zone = &self.s.organisation.working.zone;
        let day = |rung: &Rung| local(rung.due_at, zone).date();
        let nearness = |rung: &Rung| self.at(rung.lead).0;
        let mine = &rungs[n];
        rungs.iter().any(|other| {
            mine.lead.is_in_days()
                && other.lead.is_in_days()
                && (mine.shifted || other.shifted)
                && day(other) == day(mine)
                && nearness(other) > nearness(mine)
        })
    }

    /// The change list at its lead, or the complaint that it is empty.
    fn change_list(&mut self) {
        let Some(first_item) = self.s.items.first_item_at() else {
            return self.empty_list();
        };
        let (policy_lead, starts_at) = (self.policy.change_list, self.starts_at());
        for (audience, channel) in list_readers(self.s) {
            if self.s.listed.contains(&channel) {
                continue;
            }
            let announce = audience.and_then(|a| a.change_list).unwrap_or(policy_lead);
            let (lead, note) = self.when(announce);
            let settled = first_item.max(self.since()) + LIST_SETTLES;
            let in_time = lead > first_item.max(self.since());
            let (due_at, note) = if in_time { (lead, note) } else { (settled, None) };
            let to = (audience.map_or(OPS, |a| a.name.as_str()), channel);
            let row = self.push(MessageKind::ChangeList, announce.to_string(), to, due_at, note);
            if let Some(audience) = audience {
                hold(row, audience, starts_at);
            }
        }
    }

    /// Nobody has written the list. Not said of a list that was sent and then emptied, nor once work has begun.
    fn empty_list(&mut self) {
        let (since, start) = (self.since(), self.starts_at());
        if !self.s.listed.is_empty() || since >= start {
            return;
        }
        let policy_lead = self.policy.change_list;
        let (lead, note) = self.when(policy_lead);
        let (due_at, note) = if lead > since { (lead, note) } else { ((since + EMPTY_AFTER).min(start), None) };
        for (audience, channel) in poc_and_ops(self.s.window, self.s.organisation) {
            let to = (audience.as_str(), channel);
            self.push(MessageKind::EmptyList, policy_lead.to_string(), to, due_at, note.clone());
        }
    }

    /// What POC and ops are told before the start.
    fn for_ops(&mut self, announced: &[(Channel, DateTime<Utc>)]) {
        let starting = self.starts_at() - STARTING;
        let first_heard = first(announced);
        for (audience, channel) in poc_and_ops(self.s.window, self.s.organisation) {
            if starting > self.since() {
                self.push(MessageKind::Starting, "-15m".into(), (audience.as_str(), channel), starting, None);
            }
        }
        for channel in &self.s.organisation.ops {
            if let Some(at) = first_heard.filter(|_| self.s.window.poc.is_none()) {
                self.push(MessageKind::NoPoc, WITH_ANNOUNCEMENT.into(), (OPS, channel.clone()), at, None);
            }
        }
    }

    /// Owners of customers are asked to tell them when the window is announced, and chased before the start.
    fn for_owners(&mut self, announced: &[(Channel, DateTime<Utc>)]) {
        let heard = first(announced);
        if let Some(at) = heard.filter(|_| self.s.told_before.is_empty()) {
            self.rows.extend(told_requests(self.s.window, self.s.organisation, WITH_ANNOUNCEMENT, at));
        }
        // Whoever was asked under an earlier sequence is chased from then on, but not once more for what is past.
        let asked_before = self.s.asked_at.filter(|_| !self.s.told_before.is_empty());
        if let Some(opened) = asked_before.or(heard) {
            self.overdue(opened, "", Some(self.starts_at()));
        }
    }

    fn owners_after_completion(&mut self) {
        if let Some(ended) = self.s.window.actual_end.filter(|_| self.s.asked_at.is_some()) {
            self.overdue(ended, "done", None);
        }
    }

    /// Chases of owners after `opened` (UTC), those before `until`.
    fn overdue(&mut self, opened: DateTime<Utc>, head: &str, until: Option<DateTime<Utc>>) {
        let organisation = self.s.organisation;
        for owner in owners(organisation, self.s.window) {
            for days in OVERDUE {
                let at = organisation.working.working_days_after(opened, days);
                if at <= self.since() || until.is_some_and(|until| at >= until) {
                    continue;
                }
                for channel in organisation.reaches(owner) {
                    let audience = format!("@{owner}");
                    let to = (audience.as_str(), channel);
                    self.push(MessageKind::ToldOverdue, format!("{head}+{days}wd"), to, at, None);
                }
            }
        }
    }

    /// The change-list issue of an occurrence is opened when the one before it ends, or some weeks ahead.
    fn issue(&mut self) {
        if self.s.window.series.is_none() || self.s.phases.is_some() || self.s.has_issue {
            return;
        }
        let ahead = self.starts_at() - ISSUE_AHEAD;
        let due_at = self.s.previous_end.map_or(ahead, |end| end.min(ahead)).max(self.s.window.created_at);
        let tracker = self.s.organisation.tracker_for(&self.s.window.services);
        self.push(MessageKind::IssueOpen, OPENING.into(), ("", tracker), due_at, None);
    }

    fn approval_reminder(&mut self) {
        let Some(request) = &self.s.window.request else { return };
        let Some(at) = approval_reminder_at(request) else { return };
        for channel in &self.s.organisation.ops {
            self.push(MessageKind::ApprovalReminder, "halfway".into(), (APPROVERS, channel.clone()), at, None);
        }
    }
}

/// When the first channel hears (UTC).
fn first(announced: &[(Channel, DateTime<Utc>)]) -> Option<DateTime<Utc>> {
    announced.iter().map(|(_, at)| *at).min()
}
