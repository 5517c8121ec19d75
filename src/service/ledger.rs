//! Keeping the ledger with the state: what a command makes owed, replaced or pointless is written in its transaction.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::{Cx, Outcome};
use crate::domain::calendar::{DstNote, computed, local};
use crate::domain::change::ChangeList;
use crate::domain::event::{Event, What};
use crate::domain::ledger::{self, Delivery, DeliveryState, MessageKind, Planned, Reason};
use crate::domain::notice::{self, LIST_SETTLES, Situation};
use crate::domain::organisation::{Audience, AutoComplete, Channel, Organisation, Policy};
use crate::domain::plan::{Phases, Plan, PlanId, PlanState};
use crate::domain::subject::Subject;
use crate::domain::subscription::SUBSCRIBERS;
use crate::domain::timed;
use crate::domain::window::{State, Window};
use crate::store::Settled;

/// What a window's ledger depends on besides the window.
#[derive(Default)]
pub(super) struct Kin {
    /// Its plan with all phases, where it is one of them.
    pub phases: Option<Phases>,
    /// The plan's own rows.
    pub plan_rows: Vec<Delivery>,
    /// Its start went by while its plan was held: it does not start by itself any more.
    pub missed: bool,
    /// When the occurrence before it ends or ended (UTC).
    pub previous_end: Option<DateTime<Utc>>,
    /// What a change of the clocks did to its start, where a series placed it.
    pub start_note: Option<DstNote>,
}

impl Kin {
    /// Whether an earlier phase keeps this window from starting.
    pub(super) fn holds(&self, w: &Window) -> bool {
        self.phases.as_ref().is_some_and(|phases| phases.holds(w))
    }

    /// What its policy comes to: who missed the start is asked to start it by hand.
    pub(super) fn policy<'p>(&self, policy: &'p Policy) -> Cow<'p, Policy> {
        if self.missed { Cow::Owned(Policy { auto_start: false, ..policy.clone() }) } else { Cow::Borrowed(policy) }
    }
}

/// Whether a window's start went by while its plan was held, and it was released since. `events` are the plan's.
pub(super) fn missed(w: &Window, events: &[Event]) -> bool {
    let mut held_at = None;
    for event in events {
        match event.what {
            What::Held { .. } => held_at = held_at.or(Some(event.at)),
            What::Released { .. } => {
                let held = held_at.take();
                if held.is_some_and(|held| held <= w.span.starts_at && w.span.starts_at < event.at) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

impl Cx<'_> {
    /// Writes an audit event and, where the public sees a difference, raises the window's revision.
    pub(super) async fn record(&mut self, w: &mut Window, what: &What) -> Outcome<i64> {
        if what.is_public() && !matches!(what, What::Scheduled) {
            w.revision += 1;
        }
        self.record_on(w.id, what).await
    }

    /// Writes an audit event of anything.
    pub(super) async fn record_on(&mut self, subject: impl Into<Subject>, what: &What) -> Outcome<i64> {
        Ok(self.tx.add_event(subject, self.now, &self.actor.id, self.place, what).await?)
    }

    /// Stores rows that are owed about a window. Phases of a plan stand in one queue with it.
    pub(super) async fn owe(&mut self, w: &Window, rows: Vec<Planned>) -> Outcome<()> {
        let queue = w.plan.map_or(Subject::Window(w.id), Subject::Plan);
        self.tx.insert_deliveries(w.id.into(), queue, &rows, self.now).await?;
        self.planned.extend(rows);
        Ok(())
    }

    /// Stores rows that are owed about a plan.
    pub(super) async fn owe_plan(&mut self, plan: PlanId, rows: Vec<Planned>) -> Outcome<()> {
        self.tx.insert_deliveries(plan.into(), plan.into(), &rows, self.now).await?;
        self.planned.extend(rows);
        Ok(())
    }

    /// What an event causes: one row per recipient.
    pub(super) async fn cause(&mut self, w: &Window, message: MessageKind, event: i64) -> Outcome<()> {
        let rows = notice::caused(w, self.organisation, message, event, self.now);
        self.owe(w, rows).await
    }

    /// The same for those only who were told of the window, under any sequence.
    pub(super) async fn cause_for_told(&mut self, w: &Window, message: MessageKind, event: i64) -> Outcome<()> {
        let told = self.told(w).await?;
        let rows = notice::caused(w, self.organisation, message, event, self.now);
        self.owe(w, rows.into_iter().filter(|row| told.contains(&row.channel)).collect()).await
    }

    /// Channels that were told of the window, by itself or by its plan.
    pub(super) async fn told(&mut self, w: &Window) -> Outcome<BTreeSet<Channel>> {
        let mut subjects = vec![Subject::Window(w.id)];
        subjects.extend(w.plan.map(Subject::Plan));
        let rows = self.tx.deliveries_of(&subjects).await?;
        Ok(ledger::told(&ledger::of_phase(&rows, w.id), None))
    }

    /// Channels that were told of a plan, by itself or by one of its phases.
    pub(super) async fn told_of_plan(&mut self, phases: &Phases) -> Outcome<BTreeSet<Channel>> {
        let mut told = ledger::told(&self.tx.deliveries(phases.plan.id).await?, None);
        for w in &phases.windows {
            told.extend(ledger::told(&self.tx.deliveries(w.id).await?, None));
        }
        Ok(told)
    }

    /// A plan with its phases.
    pub(super) async fn phases(&mut self, plan: Plan) -> Outcome<Phases> {
        let windows = self.tx.windows_of_plan(plan.id).await?;
        Ok(Phases::new(plan, windows))
    }

    /// What a window's ledger depends on besides the window, with the window itself as it is now.
    pub(super) async fn kin(&mut self, w: &Window) -> Outcome<Kin> {
        let mut kin = Kin::default();
        if let Some(id) = w.plan
            && let Some(plan) = self.tx.plan(id).await?
        {
            let mut windows = self.tx.windows_of_plan(id).await?;
            windows.retain(|other| other.id != w.id);
            windows.push(w.clone());
            kin.phases = Some(Phases::new(plan, windows));
            kin.plan_rows = self.tx.deliveries(id).await?;
            kin.missed = w.state == State::Scheduled && missed(w, &self.tx.events(id).await?);
        }
        if let Some((series, wall)) = w.series.zip(w.occurrence) {
            let before = self.tx.occurrence_before(series, wall).await?;
            kin.previous_end = before.map(|before| over_at(&before));
            let here = local(w.span.starts_at, &w.span.zone);
            // On nearly every day the clock shows what the rule says, and nothing is to be asked.
            if here != wall || computed(here, &w.span.zone).1.is_some() {
                kin.start_note = self.tx.one_series(series).await?.and_then(|series| series.start_note(w));
            }
        }
        Ok(kin)
    }

    /// Stores the window and brings its ledger in step: the ladder replanned, what is pointless superseded, issue and
    /// earlier posts owed an update. `event` is what caused it.
    pub(super) async fn conclude(&mut self, w: &Window, items: &ChangeList, event: i64, what: &What) -> Outcome<()> {
        self.tx.update_window(w).await?;
        let rows = self.tx.deliveries(w.id).await?;
        self.follow(w, items, event, what, &rows).await
    }

    /// The ledger follows a window that is stored; `rows` is what it holds now.
    pub(super) async fn follow(
        &mut self,
        w: &Window,
        items: &ChangeList,
        event: i64,
        what: &What,
        rows: &[Delivery],
    ) -> Outcome<()> {
        let kin = self.kin(w).await?;
        self.supersede(w, rows, event).await?;
        self.replan(w, items, rows, &kin).await?;
        if what.is_public() {
            self.sync(w, items, event, what, rows, &kin).await?;
        }
        self.set_clock(w, items, &kin).await?;
        if let Some(phases) = &kin.phases {
            self.replan_plan(phases, &kin.plan_rows).await?;
        }
        let ends_otherwise = w.state.is_over() || matches!(what, What::Moved { .. } | What::Extended { .. });
        if ends_otherwise && w.series.is_some() {
            self.replan_next(w).await?;
        }
        Ok(())
    }

    /// When the clock will next do something to the window.
    pub(super) async fn set_clock(&mut self, w: &Window, items: &ChangeList, kin: &Kin) -> Outcome<()> {
        let policy = kin.policy(self.organisation.policy(&w.kind, &w.services));
        let next = timed::next(w, items, &policy, kin.holds(w)).map(|(at, _)| at);
        Ok(self.tx.set_next_action(w.id, next).await?)
    }

    /// The occurrence after this one is announced, and its list opened, when this one ends.
    async fn replan_next(&mut self, w: &Window) -> Outcome<()> {
        let Some((series, wall)) = w.series.zip(w.occurrence) else { return Ok(()) };
        let Some(next) = self.tx.occurrence_after(series, wall).await? else { return Ok(()) };
        let items = self.tx.items(next.id).await?;
        let rows = self.tx.deliveries(next.id).await?;
        let kin = self.kin(&next).await?;
        self.replan(&next, &items, &rows, &kin).await
    }

    /// Rows that an event caused and a newer one made pointless. Notes, extensions and decisions never are.
    async fn supersede(&mut self, w: &Window, rows: &[Delivery], event: i64) -> Outcome<()> {
        let asked = w.request.as_ref().map(|request| request.event.to_string());
        for row in rows.iter().filter(|row| row.state.is_open() && !row.plan.is_planned()) {
            let attended = w.state.is_running() && w.attended_at.is_some();
            let reason = match row.plan.message {
                MessageKind::Moved if w.state == State::Cancelled => Reason::Cancelled,
                MessageKind::Moved if row.is_moved_again(rows) => Reason::Moved,
                MessageKind::Started if w.state == State::Completed => Reason::Newer,
                MessageKind::ConfirmCompletion if w.state != State::Verifying => Reason::Newer,
                MessageKind::NoShow if w.state.is_over() || attended || w.no_shows == 0 => Reason::Newer,
                MessageKind::Overrun if w.state.is_over() || w.overruns == 0 => Reason::Newer,
                MessageKind::ChangeListUpdate | MessageKind::Assigned if w.state.is_over() => Reason::Newer,
                MessageKind::Silence if w.state.is_over() || row.plan.sequence < w.sequence => Reason::Newer,
                MessageKind::ApprovalRequest if asked.as_ref() != Some(&row.plan.occasion) => Reason::Newer,
                MessageKind::ToldRequest if w.state == State::Cancelled && row.plan.occasion != event.to_string() => {
                    Reason::Cancelled
                }
                _ => continue,
            };
            self.tx.settle(row.id, Settled::Superseded, reason, None).await?;
        }
        Ok(())
    }

    /// Replaces the planned rows that are not sent yet by what the window owes now.
    pub(super) async fn replan(&mut self, w: &Window, items: &ChangeList, rows: &[Delivery], kin: &Kin) -> Outcome<()> {
        let mut told_before = ledger::told(rows, Some(w.sequence));
        if let Some(phases) = &kin.phases {
            told_before.extend(ledger::told(&kin.plan_rows, Some(phases.plan.sequence)));
        }
        let listed = ledger::lists_sent(rows).map(|row| row.plan.channel.clone()).collect();
        let situation = Situation {
            window: w,
            items,
            organisation: self.organisation,
            told_before: &told_before,
            listed: &listed,
            phases: kin.phases.as_ref(),
            previous_end: kin.previous_end,
            start_note: kin.start_note,
            has_issue: ledger::tracker(rows).is_some(),
            asked_at: asked_at(rows),
        };
        let (owed, readers) = (notice::ladder(&situation), readers(self.organisation, &[w]));
        let reason = |row: &Delivery| match w.state {
            State::Cancelled => Some(Reason::Cancelled),
            _ if row.plan.sequence < w.sequence => Some(Reason::Moved),
            _ => no_longer(&readers, row),
        };
        let new = self.bring_in_step(rows, owed, reason).await?;
        self.owe(w, new).await
    }

    /// The same for a plan's announcement.
    pub(super) async fn replan_plan(&mut self, phases: &Phases, rows: &[Delivery]) -> Outcome<()> {
        let told_before = ledger::told(rows, Some(phases.plan.sequence));
        let owed = notice::plan_ladder(phases, self.organisation, &told_before);
        let readers = readers(self.organisation, &phases.live().collect::<Vec<_>>());
        let reason = |row: &Delivery| match phases.plan.state {
            PlanState::Cancelled => Some(Reason::Cancelled),
            _ if row.plan.sequence < phases.plan.sequence => Some(Reason::Moved),
            _ => no_longer(&readers, row),
        };
        let new = self.bring_in_step(rows, owed, reason).await?;
        self.owe_plan(phases.plan.id, new).await
    }

    /// Moves, reopens and settles the planned rows so that they say what is owed; answers what is new. `gone` says why a
    /// row is not owed; where it says nothing, the row stays as it is.
    async fn bring_in_step(
        &mut self,
        rows: &[Delivery],
        owed: Vec<Planned>,
        gone: impl Fn(&Delivery) -> Option<Reason>,
    ) -> Outcome<Vec<Planned>> {
        let known: HashMap<Key<'_>, &Planned> = owed.iter().map(|p| (key(p), p)).collect();
        for row in rows.iter().filter(|row| row.plan.is_planned()) {
            match known.get(&key(&row.plan)) {
                Some(p) if row.state == DeliveryState::Due && p.due_at != row.plan.due_at => {
                    self.tx.set_due(row.id, p.due_at).await?;
                }
                Some(p) if may_come_back(row) && p.skipped.is_none() => {
                    self.tx.reopen(row.id, p.due_at).await?;
                }
                None if row.state.is_open() => match gone(row) {
                    Some(Reason::Unsubscribed) => {
                        self.tx.settle(row.id, Settled::Skipped, Reason::Unsubscribed, None).await?;
                    }
                    Some(why) => {
                        self.tx.settle(row.id, Settled::Superseded, why, None).await?;
                    }
                    None => {}
                },
                _ => {}
            }
        }
        let there: HashSet<Key<'_>> = rows.iter().map(|row| key(&row.plan)).collect();
        Ok(owed.iter().filter(|p| !there.contains(&key(p))).cloned().collect())
    }

    /// The change-list issue and the posts already made follow what happened.
    async fn sync(
        &mut self,
        w: &Window,
        items: &ChangeList,
        event: i64,
        what: &What,
        rows: &[Delivery],
        kin: &Kin,
    ) -> Outcome<()> {
        let is_public = w.as_published().is_some();
        // One that waits for its first approval and never came to it was nowhere.
        let was_public = rows.iter().any(|row| row.plan.message.class() == ledger::Class::Sync)
            || kin.phases.as_ref().is_some_and(|phases| phases.plan.state != PlanState::Draft);
        if is_public && (w.state != State::Cancelled || was_public) {
            self.sync_issue(w, items, event, rows, kin).await?;
        }
        if is_public && !matches!(what, What::Noted { .. } | What::Acknowledged) && !what.is_about_items() {
            let due = notice::kept_in_step(w, self.organisation, event, rows, self.now);
            self.owe(w, due).await?;
        }
        if is_public {
            self.sync_pages(w, event, what, rows, kin).await?;
        }
        let shows_it = |row: &&Delivery| {
            let (message, has_buttons) = (row.plan.message, row.plan.channel.has_buttons());
            match what {
                What::Scheduled | What::Noted { .. } => false,
                What::Approved { change: false, .. } => has_buttons && message.is_request(),
                _ if has_buttons => message.has_buttons(),
                _ if what.is_about_items() => message == MessageKind::ChangeList,
                _ => message.is_kept_in_step(),
            }
        };
        let edits = self.post_edits(rows, shows_it, w.sequence, event);
        self.owe(w, edits).await?;
        if let Some(phases) = &kin.phases {
            let edits = self.post_edits(&kin.plan_rows, shows_it, phases.plan.sequence, event);
            self.owe_plan(phases.plan.id, edits).await?;
        }
        Ok(())
    }

    /// Status pages that others keep follow. Whether a list is done shows there only where the window ends with it.
    async fn sync_pages(&mut self, w: &Window, event: i64, what: &What, rows: &[Delivery], kin: &Kin) -> Outcome<()> {
        let ends_with_it = self.organisation.policy(&w.kind, &w.services).auto_complete == AutoComplete::AtEnd;
        if matches!(what, What::Acknowledged) || (what.is_about_items() && !ends_with_it) {
            return Ok(());
        }
        let rows: Vec<Delivery> = rows.iter().chain(&kin.plan_rows).cloned().collect();
        let due = notice::status_pages(w, event, &rows, self.now);
        self.owe(w, due).await
    }

    /// Rows that bring the posts made from `rows` in step, one per channel that can edit.
    pub(super) fn post_edits(
        &self,
        rows: &[Delivery],
        shows_it: impl Fn(&&Delivery) -> bool,
        sequence: i64,
        event: i64,
    ) -> Vec<Planned> {
        let posts = rows.iter().filter(|row| row.state.is_on_its_way()).filter(shows_it);
        let channels: BTreeSet<Channel> = posts.map(|row| row.plan.channel.clone()).collect();
        let editable = channels.into_iter().filter(Channel::can_edit);
        let edit = |channel| notice::owed(sequence, MessageKind::PostEdit, event, "", channel, self.now);
        editable.map(edit).collect()
    }

    /// Opens, updates or closes the change-list issue: the plan's for a phase, the window's own otherwise. The issue of
    /// an occurrence opens at its own time and follows from there on.
    pub(super) async fn sync_issue(
        &mut self,
        w: &Window,
        items: &ChangeList,
        event: i64,
        rows: &[Delivery],
        kin: &Kin,
    ) -> Outcome<()> {
        if let Some(phases) = &kin.phases {
            if phases.plan.state == PlanState::Draft {
                return Ok(());
            }
            let tracker = ledger::tracker(&kin.plan_rows);
            let kind = match tracker {
                None => MessageKind::IssueOpen,
                Some(_) if phases.live().all(|w| w.state.is_over()) => MessageKind::IssueClose,
                Some(_) => MessageKind::IssueUpdate,
            };
            let first = phases.live().next().unwrap_or(w);
            let tracker = self.tracker(tracker, &first.services);
            let row = notice::owed(phases.plan.sequence, kind, event, "", tracker, self.now);
            return self.owe_plan(phases.plan.id, vec![row]).await;
        }
        let tracker = ledger::tracker(rows);
        if w.series.is_some() && tracker.is_none() {
            return Ok(());
        }
        let closed = w.state.is_over() || (w.state == State::Verifying && items.all_done());
        let kind = match tracker {
            None => MessageKind::IssueOpen,
            Some(_) if closed => MessageKind::IssueClose,
            Some(_) => MessageKind::IssueUpdate,
        };
        let tracker = self.tracker(tracker, &w.services);
        self.owe(w, vec![notice::owed(w.sequence, kind, event, "", tracker, self.now)]).await
    }

    /// Where the change list is kept: where it was opened, else where one of these services is to be.
    pub(super) fn tracker(&self, opened: Option<&Channel>, services: &[String]) -> Channel {
        opened.cloned().unwrap_or_else(|| self.organisation.tracker_for(services))
    }

    /// After the list was sent its readers get one difference, ten minutes after the last edit.
    pub(super) async fn owe_difference(&mut self, w: &Window, event: i64) -> Outcome<()> {
        let due_at = self.now + LIST_SETTLES;
        let rows = self.tx.deliveries(w.id).await?;
        let mut owed: Vec<Planned> = Vec::new();
        for list in ledger::lists_sent(&rows) {
            let channel = &list.plan.channel;
            let waits = |row: &&Delivery| {
                row.plan.channel == *channel
                    && row.plan.message == MessageKind::ChangeListUpdate
                    && row.state == DeliveryState::Due
            };
            if let Some(row) = rows.iter().find(waits) {
                let later = notice::held(Planned { due_at, ..row.plan.clone() }, self.organisation, w);
                self.tx.set_due(row.id, later.due_at).await?;
            } else if !owed.iter().any(|row| row.channel == *channel) {
                let to = (list.plan.audience.as_str(), channel.clone());
                let row = notice::owed(w.sequence, MessageKind::ChangeListUpdate, event, to.0, to.1, due_at);
                owed.push(notice::held(row, self.organisation, w));
            }
        }
        self.owe(w, owed).await
    }

    /// Tells each assignee named.
    /// Nobody hears of work in a window that nobody has agreed to yet; see [`Cx::owe_all_assignees`].
    pub(super) async fn owe_assignees(&mut self, w: &Window, event: i64, assignees: &[String]) -> Outcome<()> {
        if w.as_published().is_none() {
            return Ok(());
        }
        let others: BTreeSet<&String> = assignees.iter().filter(|name| **name != self.actor.id).collect();
        let message = MessageKind::Assigned;
        let told = |assignee| {
            notice::to_staff(self.organisation, w.sequence, message, event, &format!("@{assignee}"), self.now)
        };
        let rows = others.into_iter().flat_map(told).collect();
        self.owe(w, rows).await
    }

    /// A window becomes scheduled that was not before: everybody who has open work in it hears so.
    pub(super) async fn owe_all_assignees(&mut self, w: &Window, items: &ChangeList, event: i64) -> Outcome<()> {
        let open = items.0.iter().filter(|item| item.done.is_none());
        let assignees: Vec<String> = open.filter_map(|item| item.assignee.clone()).collect();
        self.owe_assignees(w, event, &assignees).await
    }

    /// A person has done something about the window: ends the no-show chase.
    pub(super) fn attend(&self, w: &mut Window) {
        if self.actor.is_person() && w.attended_at.is_none() {
            w.attended_at = Some(self.now);
        }
    }
}

/// What tells a row from the others about the same subject.
type Key<'r> = (i64, MessageKind, &'r str, &'r str, &'r Channel);

fn key(p: &Planned) -> Key<'_> {
    (p.sequence, p.message, &p.occasion, &p.audience, &p.channel)
}

/// Subscribers whom one of these windows concerns, by their channels.
fn readers<'a>(organisation: &'a Organisation, windows: &[&Window]) -> HashMap<&'a Channel, &'a Audience> {
    let subscribers = organisation.audiences.iter().filter(|a| a.name == SUBSCRIBERS);
    let concerned = subscribers.filter(|a| windows.iter().any(|window| a.concerns(window)));
    concerned.flat_map(|a| a.channels.iter().map(move |channel| (channel, a))).collect()
}

/// Something took the place of a planned row that may be owed again, or its readers had left.
fn may_come_back(row: &Delivery) -> bool {
    row.state == DeliveryState::Superseded || row.reason == Some(Reason::Unsubscribed)
}

/// Why a planned row is owed no more, with the subscribers that there are. `None`: it is, from before its reader subscribed anew.
fn no_longer(readers: &HashMap<&Channel, &Audience>, row: &Delivery) -> Option<Reason> {
    if row.plan.audience != SUBSCRIBERS {
        return Some(Reason::Newer);
    }
    match readers.get(&row.plan.channel) {
        None => Some(Reason::Unsubscribed),
        Some(reader) if !reader.hears_at(row.plan.due_at) => None,
        Some(_) => Some(Reason::Newer),
    }
}

/// When a window is over, or will be as planned (UTC).
fn over_at(w: &Window) -> DateTime<Utc> {
    w.actual_end.unwrap_or(w.span.ends_at)
}

/// When owners of customers were last asked, or would have been had they not told before (UTC).
fn asked_at(rows: &[Delivery]) -> Option<DateTime<Utc>> {
    let asked = rows.iter().filter(|row| row.plan.message == MessageKind::ToldRequest);
    let counts = |row: &&Delivery| {
        row.state.is_on_its_way()
            || row.state == DeliveryState::Skipped
            || (row.state.is_open() && !row.plan.is_planned())
    };
    asked.filter(counts).map(|row| row.plan.due_at).max()
}
