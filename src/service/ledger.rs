//! Keeping the ledger with the state: what a command makes owed, replaced or pointless is written in its transaction.

use std::collections::BTreeSet;

use super::{Cx, Outcome};
use crate::domain::change::ChangeList;
use crate::domain::event::What;
use crate::domain::ledger::{self, Delivery, DeliveryState, MessageKind, Planned, Reason};
use crate::domain::notice::{self, LIST_SETTLES, Situation};
use crate::domain::organisation::Channel;
use crate::domain::timed;
use crate::domain::window::{State, Window};
use crate::store::Settled;

impl Cx<'_> {
    /// Writes an audit event and, where the public sees a difference, raises the window's revision.
    pub(super) async fn record(&mut self, w: &mut Window, what: &What) -> Outcome<i64> {
        if what.is_public() && !matches!(what, What::Scheduled) {
            w.revision += 1;
        }
        Ok(self.tx.add_event(w.id, self.now, &self.actor.id, self.place, what).await?)
    }

    /// Stores rows that are owed.
    pub(super) async fn owe(&mut self, w: &Window, rows: Vec<Planned>) -> Outcome<()> {
        self.tx.insert_deliveries(&w.id.to_string(), Some(w.id), &rows, self.now).await?;
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

    /// Channels that were told of the window.
    pub(super) async fn told(&mut self, w: &Window) -> Outcome<BTreeSet<Channel>> {
        Ok(ledger::told(&self.tx.deliveries(w.id).await?, None))
    }

    /// Stores the window and brings its ledger in step: the ladder replanned, what is pointless superseded, issue and
    /// earlier posts owed an update. `event` is what caused it.
    pub(super) async fn conclude(&mut self, w: &Window, items: &ChangeList, event: i64, what: &What) -> Outcome<()> {
        // A window that was stored just now has nothing in its ledger yet.
        let just_stored = matches!(what, What::Scheduled) && items.0.is_empty();
        let rows = if just_stored {
            Vec::new()
        } else {
            self.tx.update_window(w).await?;
            self.tx.deliveries(w.id).await?
        };
        self.supersede(w, &rows).await?;
        self.replan(w, items, &rows).await?;
        if what.is_public() {
            self.sync(w, items, event, what, &rows).await?;
        }
        let policy = self.organisation.policy(&w.kind, &w.services);
        let next = timed::next(w, items, policy).map(|(at, _)| at);
        Ok(self.tx.set_next_action(w.id, next).await?)
    }

    /// Rows that an event caused and a newer one made pointless. Notes, extensions and decisions never are.
    async fn supersede(&mut self, w: &Window, rows: &[Delivery]) -> Outcome<()> {
        for row in rows.iter().filter(|row| row.state.is_open() && !row.plan.message.is_planned()) {
            let attended = w.state.is_running() && w.attended_at.is_some();
            let reason = match row.plan.message {
                MessageKind::Moved if w.state == State::Cancelled => Reason::Cancelled,
                MessageKind::Moved if row.is_moved_again(rows) => Reason::Moved,
                MessageKind::Started if w.state == State::Completed => Reason::Newer,
                MessageKind::ConfirmCompletion if w.state != State::Verifying => Reason::Newer,
                MessageKind::NoShow if w.state.is_over() || attended || w.no_shows == 0 => Reason::Newer,
                MessageKind::Overrun if w.state.is_over() || w.overruns == 0 => Reason::Newer,
                MessageKind::ChangeListUpdate | MessageKind::Assigned if w.state.is_over() => Reason::Newer,
                _ => continue,
            };
            self.tx.settle(row.id, Settled::Superseded, reason, None).await?;
        }
        Ok(())
    }

    /// Replaces the planned rows that are not sent yet by what the window owes now.
    async fn replan(&mut self, w: &Window, items: &ChangeList, rows: &[Delivery]) -> Outcome<()> {
        let told_before = ledger::told(rows, Some(w.sequence));
        let listed = ledger::lists_sent(rows).map(|row| row.plan.channel.clone()).collect();
        let situation =
            Situation { window: w, items, organisation: self.organisation, told_before: &told_before, listed: &listed };
        let owed = notice::ladder(&situation);
        let same = |row: &Delivery, p: &Planned| {
            let q = &row.plan;
            (q.sequence, q.message, &q.occasion, &q.audience, &q.channel)
                == (p.sequence, p.message, &p.occasion, &p.audience, &p.channel)
        };
        for row in rows.iter().filter(|row| row.plan.message.is_planned()) {
            match owed.iter().find(|p| same(row, p)) {
                Some(p) if row.state == DeliveryState::Due && p.due_at != row.plan.due_at => {
                    self.tx.set_due(row.id, p.due_at).await?;
                }
                Some(p) if row.state == DeliveryState::Superseded && p.skipped.is_none() => {
                    self.tx.reopen(row.id, p.due_at).await?;
                }
                None if row.state.is_open() => {
                    let reason = match w.state {
                        State::Cancelled => Reason::Cancelled,
                        _ if row.plan.sequence < w.sequence => Reason::Moved,
                        _ => Reason::Newer,
                    };
                    self.tx.settle(row.id, Settled::Superseded, reason, None).await?;
                }
                _ => {}
            }
        }
        let new = owed.into_iter().filter(|p| !rows.iter().any(|row| same(row, p))).collect();
        self.owe(w, new).await
    }

    /// The change-list issue and the posts already made follow what happened.
    async fn sync(
        &mut self,
        w: &Window,
        items: &ChangeList,
        event: i64,
        what: &What,
        rows: &[Delivery],
    ) -> Outcome<()> {
        let closed = w.state.is_over() || (w.state == State::Verifying && items.all_done());
        let issue = match what {
            What::Scheduled => MessageKind::IssueOpen,
            _ if closed => MessageKind::IssueClose,
            _ => MessageKind::IssueUpdate,
        };
        self.cause(w, issue, event).await?;
        let shows_it = |row: &&Delivery| match what {
            What::Scheduled | What::Noted { .. } => false,
            _ if what.is_about_items() => row.plan.message == MessageKind::ChangeList,
            _ => row.plan.message.is_kept_in_step(),
        };
        let posts = rows.iter().filter(|row| row.state.is_on_its_way()).filter(shows_it);
        let channels: BTreeSet<Channel> = posts.map(|row| row.plan.channel.clone()).collect();
        let editable = channels.into_iter().filter(|channel| matches!(channel, Channel::Builtin(_)));
        let edits = editable.map(|channel| notice::owed(w, MessageKind::PostEdit, event, "", channel, self.now));
        let edits = edits.collect();
        self.owe(w, edits).await
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
                self.tx.set_due(row.id, due_at).await?;
            } else if !owed.iter().any(|row| row.channel == *channel) {
                let to = (list.plan.audience.as_str(), channel.clone());
                owed.push(notice::owed(w, MessageKind::ChangeListUpdate, event, to.0, to.1, due_at));
            }
        }
        self.owe(w, owed).await
    }

    /// Tells each assignee named; people without a channel of their own are reached in ops by name.
    pub(super) async fn owe_assignees(&mut self, w: &Window, event: i64, assignees: &[String]) -> Outcome<()> {
        let others: BTreeSet<&String> = assignees.iter().filter(|name| **name != self.actor.id).collect();
        let mut rows = Vec::new();
        for assignee in others {
            for channel in &self.organisation.ops {
                let audience = format!("@{assignee}");
                rows.push(notice::owed(w, MessageKind::Assigned, event, &audience, channel.clone(), self.now));
            }
        }
        self.owe(w, rows).await
    }

    /// A person has done something about the window: ends the no-show chase.
    pub(super) fn attend(&self, w: &mut Window) {
        if self.actor.is_person() && w.attended_at.is_none() {
            w.attended_at = Some(self.now);
        }
    }
}
