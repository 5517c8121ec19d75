//! Running a window: start, verify, complete, note, acknowledge, remind. Typed by people or done by the clock alike.

use chrono::{DateTime, TimeDelta, Utc};

use super::schedule::when_hint;
use super::{Cx, Outcome, Reply};
use crate::command::{Ack, Complete, Note, Remind, Start, Verify};
use crate::domain::calendar::at;
use crate::domain::change::ChangeList;
use crate::domain::event::What;
use crate::domain::ledger::{MessageKind, Planned};
use crate::domain::notice;
use crate::domain::organisation::AutoComplete;
use crate::domain::refusal::Refusal;
use crate::domain::window::{Outcome as Went, State, Step, Window};
use crate::message::text::count;
use crate::message::words;

/// How long before its start a window may be started.
pub(super) const EARLY_START: TimeDelta = TimeDelta::minutes(30);

/// How a window is completed.
pub(super) struct Completion {
    pub outcome: Went,
    pub note: String,
    pub downtime: Option<TimeDelta>,
    pub auto: bool,
    /// When it was over (UTC).
    pub at: DateTime<Utc>,
}

impl Completion {
    /// Everything is done, and policy lets it complete without a person.
    pub(super) fn by_itself(at: DateTime<Utc>) -> Self {
        Self { outcome: Went::Success, note: String::new(), downtime: None, auto: true, at }
    }
}

impl Cx<'_> {
    pub(super) async fn start(&mut self, c: &Start) -> Outcome<Reply> {
        let (mut w, items) = self.window_for(c.window, Step::Start).await?;
        self.not_held(&w).await?;
        let earliest = w.span.starts_at - EARLY_START;
        if self.now < earliest {
            let detail = format!(
                "{} starts {}; it can be started from {} on. To do it earlier, move it.",
                w.id,
                at(w.span.starts_at, &w.span.zone),
                at(earliest, &w.span.zone)
            );
            let soon = when_hint(self.now + TimeDelta::minutes(1), w.span.ends_at - w.span.starts_at);
            return Err(Refusal::rule(detail, format!("/maintenance reschedule {} when:{soon}", w.id)).into());
        }
        self.begin(&mut w, &items, self.now, false).await?;
        let what =
            if w.state == State::Verifying { "is started; every item is done, please confirm" } else { "is started" };
        Ok(self.reply(&w, words::did(&w, what, self.dry_run())))
    }

    /// Work begins at `began` (UTC). A list that is all done moves on at once.
    pub(super) async fn begin(
        &mut self,
        w: &mut Window,
        items: &ChangeList,
        began: DateTime<Utc>,
        auto: bool,
    ) -> Outcome<()> {
        w.state = State::InProgress;
        w.actual_start = Some(began);
        self.attend(w);
        let what = What::Started { auto };
        let event = self.record(w, &what).await?;
        self.cause(w, MessageKind::Started, event).await?;
        self.conclude(w, items, event, &what).await?;
        if items.all_done() { self.all_done(w, items).await } else { Ok(()) }
    }

    /// Every item of a running window is reported done: completes by policy, or asks the POC to confirm.
    pub(super) async fn all_done(&mut self, w: &mut Window, items: &ChangeList) -> Outcome<()> {
        let policy = self.organisation.policy(&w.kind, &w.services);
        if policy.auto_complete == AutoComplete::AllDone {
            return self.finish(w, items, Completion::by_itself(self.now)).await;
        }
        self.move_to_verifying(w, items, true).await
    }

    pub(super) async fn verify(&mut self, c: &Verify) -> Outcome<Reply> {
        let (mut w, items) = self.window_for(c.window, Step::Verify).await?;
        self.attend(&mut w);
        self.move_to_verifying(&mut w, &items, items.all_done()).await?;
        Ok(self.reply(&w, words::did(&w, "is verifying", self.dry_run())))
    }

    async fn move_to_verifying(&mut self, w: &mut Window, items: &ChangeList, all_done: bool) -> Outcome<()> {
        w.state = State::Verifying;
        let what = What::Verifying { all_done };
        let event = self.record(w, &what).await?;
        if all_done {
            self.cause(w, MessageKind::ConfirmCompletion, event).await?;
        }
        self.conclude(w, items, event, &what).await
    }

    /// A new or unticked item: back from verifying to work.
    pub(super) async fn resume(&mut self, w: &mut Window, items: &ChangeList) -> Outcome<()> {
        w.state = State::InProgress;
        let event = self.record(w, &What::Resumed).await?;
        self.conclude(w, items, event, &What::Resumed).await
    }

    pub(super) async fn complete(&mut self, c: &Complete) -> Outcome<Reply> {
        let (mut w, items) = self.window_for(c.window, Step::Complete).await?;
        let open = items.open();
        let outcome = c.outcome.unwrap_or(Went::Success);
        if outcome == Went::Success && !open.is_empty() && !c.carry_over {
            let detail = format!(
                "{} still has {} open: {}. Report them done, or say how it went.",
                w.id,
                count(open.len(), "item"),
                open.iter().map(|item| format!("{}. {}", item.number, item.line())).collect::<Vec<_>>().join("; ")
            );
            return Err(Refusal::rule(detail, format!("/maintenance complete {} outcome:partial", w.id)).into());
        }
        let next = if c.carry_over && !open.is_empty() { Some(self.carry_over(&w, &items).await?) } else { None };
        self.attend(&mut w);
        let note = c.note.clone().unwrap_or_default();
        let how = Completion { outcome, note, downtime: c.downtime, auto: false, at: self.now };
        self.finish(&mut w, &items, how).await?;
        let what = if outcome == Went::Success { "is completed".into() } else { format!("is over: {outcome}") };
        let mut message = words::did(&w, what, self.dry_run());
        if let Some(next) = next {
            message = message.text(words::carried_over(&open, &next));
        }
        Ok(self.reply(&w, message))
    }

    /// Over: closes the list and tells everybody who was told.
    pub(super) async fn finish(&mut self, w: &mut Window, items: &ChangeList, how: Completion) -> Outcome<()> {
        w.state = State::Completed;
        w.outcome = Some(how.outcome);
        w.actual_end = Some(how.at);
        w.actual_downtime = how.downtime;
        let open = items.open().iter().map(|item| item.number).collect();
        let downtime_s = how.downtime.map(|d| d.num_seconds());
        let what = What::Completed { outcome: how.outcome, note: how.note, downtime_s, open, auto: how.auto };
        let event = self.record(w, &what).await?;
        self.cause(w, MessageKind::Completed, event).await?;
        self.tell_owners_it_is_over(w, event).await?;
        self.conclude(w, items, event, &what).await?;
        self.hold_after(w).await
    }

    /// Owners tell their customers that it is over, where they were to be told of it at all.
    async fn tell_owners_it_is_over(&mut self, w: &mut Window, event: i64) -> Outcome<()> {
        if self.told(w).await?.is_empty() {
            return Ok(());
        }
        w.told_round += 1;
        let rows = notice::told_requests(w, self.organisation, event, self.now);
        self.owe(w, rows).await
    }

    pub(super) async fn note(&mut self, c: &Note) -> Outcome<Reply> {
        let (mut w, items) = self.window_for(c.window, Step::Note).await?;
        self.attend(&mut w);
        let what = What::Noted { text: c.text.clone(), internal: c.internal };
        let event = self.record(&mut w, &what).await?;
        let rows = if c.internal {
            notice::for_ops(&w, self.organisation, MessageKind::Note, event, self.now)
        } else {
            notice::caused(&w, self.organisation, MessageKind::Note, event, self.now)
        };
        self.owe(&w, rows).await?;
        self.conclude(&w, &items, event, &what).await?;
        let what = if c.internal { "has a new internal note" } else { "has a new note" };
        Ok(self.reply(&w, words::did(&w, what, self.dry_run())))
    }

    pub(super) async fn ack(&mut self, c: &Ack) -> Outcome<Reply> {
        let (mut w, items) = self.window_for(c.window, Step::Ack).await?;
        self.attend(&mut w);
        let event = self.record(&mut w, &What::Acknowledged).await?;
        self.conclude(&w, &items, event, &What::Acknowledged).await?;
        Ok(self.reply(&w, words::did(&w, "is acknowledged: you are on it", self.dry_run())))
    }

    /// The next message of the ladder goes now, to everybody it is for.
    pub(super) async fn remind(&mut self, c: &Remind) -> Outcome<Reply> {
        let (mut w, _) = self.window_for(c.window, Step::Remind).await?;
        let rows = self.tx.deliveries(w.id).await?;
        let next = rows.iter().find(|row| {
            row.state.is_open()
                && matches!(
                    row.plan.message,
                    MessageKind::Announcement | MessageKind::Reminder | MessageKind::ChangeList
                )
        });
        let Some(next) = next else {
            let detail = format!("Everything that {} owes before its start has been sent.", w.id);
            return Err(Refusal::rule(detail, format!("/maintenance note {} \"…\"", w.id)).into());
        };
        let (message, occasion) = (next.plan.message, next.plan.occasion.clone());
        let what = What::Reminded { message, occasion: occasion.clone() };
        self.record(&mut w, &what).await?;
        self.tx.update_window(&w).await?;
        for row in rows.iter().filter(|row| row.state.is_open()) {
            if row.plan.message == message && row.plan.occasion == occasion {
                self.tx.set_due(row.id, self.now).await?;
                let plan = Planned { due_at: self.now, ..row.plan.clone() };
                self.planned.push(plan);
            }
        }
        let what = format!("sends its {} {occasion} now", message.as_str().replace('_', " "));
        Ok(self.reply(&w, words::did(&w, what, self.dry_run())))
    }
}
