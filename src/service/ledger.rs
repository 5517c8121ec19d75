//! Keeping the ledger with the state: what a command makes owed, replaced or pointless is written in its transaction.

use chrono::{DateTime, Utc};

use super::{Cx, Outcome};
use crate::domain::change::ChangeList;
use crate::domain::event::What;
use crate::domain::ledger::{Delivery, DeliveryState, MessageKind, Planned, Reason};
use crate::domain::notice::{self, LIST_SETTLES, Situation};
use crate::domain::organisation::Channel;
use crate::domain::window::{State, Window};
use crate::domain::{timed, window};
use crate::store::Settled;

/// Messages whose posts are brought in step when the window changes.
const EDITED_IN_PLACE: &[MessageKind] = &[
    MessageKind::Announcement,
    MessageKind::Reminder,
    MessageKind::ChangeList,
    MessageKind::Moved,
    MessageKind::Extended,
    MessageKind::Started,
];

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
        let told = self.told(w, None).await?;
        let rows = notice::caused(w, self.organisation, message, event, self.now);
        self.owe(w, rows.into_iter().filter(|row| told.contains(&row.channel)).collect()).await
    }

    pub(super) async fn told(
        &mut self,
        w: &Window,
        before: Option<i64>,
    ) -> Outcome<std::collections::BTreeSet<Channel>> {
        let telling: Vec<_> = MessageKind::ALL.iter().copied().filter(|m| m.tells()).collect();
        Ok(self.tx.told_channels(w.id, before, &telling).await?)
    }

    /// Stores the window and brings its ledger in step: the ladder replanned, what is pointless superseded, issue and
    /// earlier posts owed an update. `event` is what caused it.
    pub(super) async fn conclude(&mut self, w: &Window, items: &ChangeList, event: i64, what: &What) -> Outcome<()> {
        self.tx.update_window(w).await?;
        let rows = self.tx.deliveries(w.id).await?;
        self.supersede(w, &rows).await?;
        self.replan(w, items, &rows).await?;
        if what.is_public() || what.is_about_items() {
            self.sync(w, items, event, what).await?;
        }
        let policy = self.organisation.policy(&w.kind, &w.services);
        let next = timed::next(w, items, policy).map(|(at, _)| at);
        Ok(self.tx.set_next_action(w.id, next).await?)
    }

    /// Rows that an event caused and a newer one made pointless. Notes, extensions and decisions never are.
    async fn supersede(&mut self, w: &Window, rows: &[Delivery]) -> Outcome<()> {
        for row in rows.iter().filter(|row| row.state.is_open() && !row.plan.message.is_planned()) {
            let newer_sequence = row.plan.sequence < w.sequence;
            let reason = match row.plan.message {
                MessageKind::Moved if w.state == State::Cancelled => Reason::Cancelled,
                MessageKind::Moved if newer_sequence => Reason::Moved,
                MessageKind::Started | MessageKind::ConfirmCompletion if w.state == State::Completed => Reason::Newer,
                MessageKind::NoShow if w.attended_at.is_some() || w.state.is_over() => Reason::Newer,
                MessageKind::Overrun if newer_sequence || w.state.is_over() => Reason::Newer,
                MessageKind::ConfirmCompletion if w.state != State::Verifying => Reason::Newer,
                MessageKind::ChangeListUpdate | MessageKind::Assigned if w.state.is_over() => Reason::Newer,
                _ => continue,
            };
            self.tx.settle(row.id, Settled::Superseded, reason, None).await?;
        }
        Ok(())
    }

    /// Replaces the planned rows that are not sent yet by what the window owes now.
    async fn replan(&mut self, w: &Window, items: &ChangeList, rows: &[Delivery]) -> Outcome<()> {
        let told_before = self.told(w, Some(w.sequence)).await?;
        let listed_before = self.tx.told_channels(w.id, Some(w.sequence), &[MessageKind::ChangeList]).await?;
        let situation = Situation {
            window: w,
            items,
            organisation: self.organisation,
            told_before: &told_before,
            listed_before: &listed_before,
        };
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
    async fn sync(&mut self, w: &Window, items: &ChangeList, event: i64, what: &What) -> Outcome<()> {
        let closed = w.state.is_over() || (w.state == State::Verifying && items.all_done());
        let issue = match what {
            What::Scheduled => MessageKind::IssueOpen,
            _ if closed => MessageKind::IssueClose,
            _ => MessageKind::IssueUpdate,
        };
        self.cause(w, issue, event).await?;
        if what.is_about_items() || matches!(what, What::Scheduled | What::Noted { .. }) {
            return Ok(());
        }
        for channel in self.tx.told_channels(w.id, None, EDITED_IN_PLACE).await? {
            if matches!(channel, Channel::Builtin(_)) {
                let row = Planned {
                    sequence: w.sequence,
                    message: MessageKind::PostEdit,
                    occasion: event.to_string(),
                    lead: None,
                    audience: String::new(),
                    channel,
                    due_at: self.now,
                    skipped: None,
                };
                self.owe(w, vec![row]).await?;
            }
        }
        Ok(())
    }

    /// After the list was sent its readers get one difference, ten minutes after the last edit.
    pub(super) async fn owe_difference(&mut self, w: &Window, event: i64) -> Outcome<()> {
        let listed = self.tx.told_channels(w.id, None, &[MessageKind::ChangeList]).await?;
        let due_at = self.now + LIST_SETTLES;
        let rows = self.tx.deliveries(w.id).await?;
        for channel in listed {
            let waiting = rows.iter().find(|row| {
                row.plan.channel == channel
                    && row.plan.message == MessageKind::ChangeListUpdate
                    && row.state == DeliveryState::Due
            });
            if let Some(row) = waiting {
                self.tx.set_due(row.id, due_at).await?;
                continue;
            }
            let sent = rows
                .iter()
                .rev()
                .find(|row| row.plan.channel == channel && row.plan.message == MessageKind::ChangeList);
            let audience = sent.map(|row| row.plan.audience.clone()).unwrap_or_default();
            let row = self.difference_row(w, event, audience, channel, due_at);
            self.owe(w, vec![row]).await?;
        }
        Ok(())
    }

    fn difference_row(
        &self,
        w: &Window,
        event: i64,
        audience: String,
        channel: Channel,
        due_at: DateTime<Utc>,
    ) -> Planned {
        Planned {
            sequence: w.sequence,
            message: MessageKind::ChangeListUpdate,
            occasion: event.to_string(),
            lead: None,
            audience,
            channel,
            due_at,
            skipped: None,
        }
    }

    /// Tells each assignee named; people without a channel of their own are reached in ops by name.
    pub(super) async fn owe_assignees(&mut self, w: &Window, event: i64, assignees: &[String]) -> Outcome<()> {
        let mut rows = Vec::new();
        for assignee in assignees.iter().filter(|name| **name != self.actor.id) {
            for channel in &self.organisation.ops {
                rows.push(Planned {
                    sequence: w.sequence,
                    message: MessageKind::Assigned,
                    occasion: event.to_string(),
                    lead: None,
                    audience: format!("@{assignee}"),
                    channel: channel.clone(),
                    due_at: self.now,
                    skipped: None,
                });
            }
        }
        self.owe(w, rows).await
    }

    /// A person has done something about the window: ends the no-show chase.
    pub(super) fn attend(&self, w: &mut window::Window) {
        if self.actor.is_person() && w.attended_at.is_none() {
            w.attended_at = Some(self.now);
        }
    }
}
