//! The audit trail: what happened to a window, plan, series, freeze or advisory, by whom, where and when.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::advisory::{AdvisoryId, Disposition, FixStep};
use super::calendar::Zone;
use super::finding::Finding;
use super::ledger::MessageKind;
use super::series::Scope;
use super::subject::Subject;
use super::window::{Outcome, WindowId};

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the fields are the facts that their names say; times are UTC, durations seconds")]
pub enum What {
    /// Stored and scheduled.
    Scheduled,
    /// Facts changed that move nothing.
    Edited { changes: Vec<FieldChange> },
    /// Times, services, regions, environment or kind changed.
    Moved {
        from_start: DateTime<Utc>,
        from_end: DateTime<Utc>,
        from_zone: Zone,
        changes: Vec<FieldChange>,
        reason: String,
    },
    /// A later end.
    Extended { by_s: i64, from_end: DateTime<Utc>, to_end: DateTime<Utc>, reason: String },
    /// Called off.
    Cancelled { reason: String },
    /// Work began; `auto` by the clock.
    Started { auto: bool },
    /// Every item is reported done, or somebody said so.
    Verifying { all_done: bool },
    /// Back to work from verifying.
    Resumed,
    /// Over.
    Completed { outcome: Outcome, note: String, downtime_s: Option<i64>, open: Vec<i64>, auto: bool },
    /// A progress note.
    Noted { text: String, internal: bool },
    /// Somebody is on it.
    Acknowledged,
    /// Items joined the list.
    ItemsAdded { items: Vec<ItemRef>, late: bool },
    /// An item says something else.
    ItemEdited { number: i64, from: String, to: String },
    /// An item has another assignee.
    ItemAssigned { number: i64, text: String, assignee: Option<String> },
    /// Items left the list.
    ItemsRemoved { items: Vec<ItemRef> },
    /// Items were reported done.
    ItemsDone { items: Vec<ItemRef> },
    /// That was taken back.
    ItemsUndone { items: Vec<ItemRef> },
    /// Nobody has done anything so long after the start.
    NoShow { after: String },
    /// Past the end by so much.
    Overran { after: String },
    /// The next message was sent ahead of its time.
    Reminded { message: MessageKind, occasion: String },
    /// A message could not be delivered. `remedy`: what to type in a terminal before anything else is sent there; empty
    /// where the channel is tried again by itself.
    DeliveryFailed {
        message: MessageKind,
        channel: String,
        error: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        remedy: String,
    },
    /// Approval is asked for; `change`: of a window that was approved before.
    Requested { reason: String, findings: Vec<Finding>, change: bool },
    /// An approver agreed; `change`: to a change of an approved window.
    Approved { note: String, change: bool },
    /// An approver refused, and the window is called off.
    Rejected { reason: String },
    /// Nobody decided before the start, and the window is called off.
    Expired,
    /// A rule was set aside by an admin.
    Overridden { reason: String, findings: Vec<Finding> },
    /// A customer was told.
    Told { customer: String },
    /// A question was answered.
    QaAdded { number: i64, question: String, answer: String },
    /// A question was taken off.
    QaRemoved { number: i64, question: String },
    /// A plan was made.
    Planned { title: String },
    /// A plan was published with so many phases.
    Published { phases: usize },
    /// Later phases do not start; `auto`: because a phase failed.
    Held { reason: String, auto: bool },
    /// They may start again.
    Released { reason: String },
    /// A series was made, or made more windows: these, and those left out with the reason.
    Occurred { made: Vec<WindowId>, left_out: Vec<LeftOut> },
    /// A series says something else from a window on.
    SeriesChanged { scope: Scope, from: WindowId, changes: Vec<FieldChange> },
    /// A series makes no more windows.
    Stopped { reason: String },
    /// Open items went to another window.
    CarriedOver { to: WindowId, items: Vec<ItemRef> },
    /// Nothing may be scheduled in a period.
    Frozen { title: String, days: String },
    /// That was taken back.
    Thawed { title: String },
    /// The change list was closed by hand before its time, and is open again.
    ListReopened { why: String },
    /// The change list is no longer where it was kept.
    ListLost { how: String },
    /// Lines of the change list were changed by hand where they cannot be, and are as they were again.
    ListRestored,
    /// A security advisory was made. What it says is not repeated here: history is read by more people.
    Advised { disposition: Disposition, publish_at: Option<DateTime<Utc>> },
    /// It became public; `early`: somebody did not wait for its time.
    Disclosed { early: bool },
    /// It was taken back.
    Withdrawn { reason: String },
    /// What became of the permanent fix of these services: planned for, made in or carried to `window`.
    Fixed { step: FixStep, services: Vec<String>, from: Option<WindowId>, window: Option<WindowId> },
    /// Somebody asks to have the work of an advisory at another time.
    Objected { advisory: AdvisoryId, reason: String },
    /// Somebody asked on the public page for mail; its owner has not confirmed that.
    SubscriptionAsked,
    /// A channel hears of these services in these regions from now on; none means all. Of an address of mail only a part
    /// is kept.
    Subscribed { channel: String, services: Vec<String>, regions: Vec<String> },
    /// A channel hears nothing more of what it had asked for.
    Unsubscribed { channel: String },
}

/// An occurrence of a series that was not made, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// When it would have been, as people read it.
    pub when: String,
    /// Why, as people read it.
    pub why: String,
}

/// A change item as an event remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemRef {
    /// Its number in the window.
    pub number: i64,
    /// Its line at that moment.
    pub text: String,
}

/// One fact that changed, in the words people read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// What changed, such as `impact`.
    pub field: String,
    /// Its text before.
    pub from: String,
    /// Its text now.
    pub to: String,
}

/// One line of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Rises with every event.
    pub id: i64,
    /// When (UTC).
    pub at: DateTime<Utc>,
    /// What it happened to.
    pub subject: Subject,
    /// Who did it.
    pub actor: String,
    /// Where, such as `console`.
    pub place: String,
    /// What.
    pub what: What,
}

impl What {
    /// Whether the public sees a difference: raises the window's revision.
    #[must_use]
    pub fn is_public(&self) -> bool {
        match self {
            Self::Noted { internal, .. } => !internal,
            Self::Acknowledged
            | Self::NoShow { .. }
            | Self::Overran { .. }
            | Self::Reminded { .. }
            | Self::DeliveryFailed { .. }
            | Self::Requested { .. }
            | Self::Overridden { .. }
            | Self::Told { .. }
            | Self::ListReopened { .. }
            | Self::ListLost { .. }
            | Self::ListRestored
            | Self::Objected { .. }
            | Self::SubscriptionAsked
            | Self::Subscribed { .. }
            | Self::Unsubscribed { .. } => false,
            _ => true,
        }
    }

    /// A move that took the place of `earlier`, as those see it who never heard of that one. Anything else stays as it
    /// is.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let (
            Self::Moved { changes: late, reason, .. },
            Self::Moved { from_start, from_end, from_zone, changes: early, .. },
        ) = (self, earlier)
        else {
            return self.clone();
        };
        let mut changes = early.clone();
        for change in late {
            match changes.iter_mut().find(|known| known.field == change.field) {
                Some(known) => known.to.clone_from(&change.to),
                None => changes.push(change.clone()),
            }
        }
        changes.retain(|change| change.from != change.to);
        let (from_start, from_end, from_zone) = (*from_start, *from_end, from_zone.clone());
        Self::Moved { from_start, from_end, from_zone, changes, reason: reason.clone() }
    }

    /// Whether it changes the change list.
    #[must_use]
    pub fn is_about_items(&self) -> bool {
        matches!(
            self,
            Self::ItemsAdded { .. }
                | Self::ItemEdited { .. }
                | Self::ItemAssigned { .. }
                | Self::ItemsRemoved { .. }
                | Self::ItemsDone { .. }
                | Self::ItemsUndone { .. }
        )
    }
}
