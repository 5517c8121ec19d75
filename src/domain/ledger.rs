//! The ledger: every message and outside change that is owed, was sent, or was not sent for a recorded reason.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::organisation::Channel;
use super::subject::Subject;
use super::window::{WindowId, words};

words! {
    /// What a delivery says or does.
    MessageKind {
        /// The first message about a window.
        Announcement = "announcement",
        /// A rung of the ladder after it.
        Reminder = "reminder",
        /// The change list, some time before.
        ChangeList = "change_list",
        /// The difference to a change list already sent.
        ChangeListUpdate = "change_list_update",
        /// Work has begun.
        Started = "started",
        /// Other times or services.
        Moved = "moved",
        /// A later end.
        Extended = "extended",
        /// Called off.
        Cancelled = "cancelled",
        /// Over.
        Completed = "completed",
        /// A progress note.
        Note = "note",
        /// To POC and ops: a quarter of an hour to go.
        Starting = "starting",
        /// To POC and ops: nobody has done anything.
        NoShow = "no_show",
        /// To POC and ops: past the end.
        Overrun = "overrun",
        /// To POC and ops: every item is done, please confirm.
        ConfirmCompletion = "confirm_completion",
        /// To POC and ops: the change list is empty.
        EmptyList = "empty_list",
        /// To POC and ops: nobody owns the window.
        NoPoc = "no_poc",
        /// To POC and ops: a message could not be delivered.
        DeliveryFailed = "delivery_failed",
        /// To a person: a change item is theirs.
        Assigned = "assigned",
        /// To approvers in ops: a window waits for a decision.
        ApprovalRequest = "approval_request",
        /// To approvers in ops: it still waits.
        ApprovalReminder = "approval_reminder",
        /// To the requester: what was decided.
        ApprovalDecision = "approval_decision",
        /// To a customer's owner: please tell them.
        ToldRequest = "told_request",
        /// To a customer's owner: they were not told yet.
        ToldOverdue = "told_overdue",
        /// A security notice, or what became of its fix.
        Advisory = "advisory",
        /// To POC and ops: somebody asks for another time.
        Objection = "objection",
        /// To an address of mail: is it you who wants to be told?
        ConfirmSubscription = "confirm_subscription",
        /// What is ahead, what was done, and what waits.
        Digest = "digest",
        /// Open the change-list issue.
        IssueOpen = "issue_open",
        /// Bring its body and state in step.
        IssueUpdate = "issue_update",
        /// Close it.
        IssueClose = "issue_close",
        /// Bring earlier posts in step.
        PostEdit = "post_edit",
        /// Bring the scheduled event of a chat in step.
        ScheduledEvent = "scheduled_event",
        /// Bring a status page that somebody else keeps in step.
        StatusPage = "status_page",
        /// Bring what keeps alerts quiet in step.
        Silence = "silence",
    }
}

impl MessageKind {
    /// For people, or an outside change.
    #[must_use]
    pub fn class(self) -> Class {
        match self {
            Self::IssueOpen
            | Self::IssueUpdate
            | Self::IssueClose
            | Self::PostEdit
            | Self::ScheduledEvent
            | Self::StatusPage
            | Self::Silence => Class::Sync,
            _ => Class::Message,
        }
    }

    /// It speaks of one window, plan or advisory, and so can be looked at beforehand; the others are about a subscription,
    /// and of everything.
    #[must_use]
    pub fn is_about_work(self) -> bool {
        self.class() == Class::Message && !matches!(self, Self::ConfirmSubscription | Self::Digest)
    }

    /// Audiences get it unless they choose otherwise.
    #[must_use]
    pub fn is_public(self) -> bool {
        use MessageKind::{Advisory, Announcement, Cancelled, Completed, Extended, Moved, Note, Reminder, Started};
        matches!(self, Announcement | Reminder | Started | Moved | Extended | Cancelled | Completed | Note | Advisory)
    }

    /// Audiences can choose it.
    #[must_use]
    pub fn is_for_audiences(self) -> bool {
        self.is_public() || matches!(self, Self::ChangeList | Self::ChangeListUpdate)
    }

    /// Who got one of these has been told of the window.
    #[must_use]
    pub fn tells(self) -> bool {
        matches!(self, Self::Announcement | Self::Reminder | Self::Started)
    }

    /// Makes sense only to those who were told before.
    #[must_use]
    pub fn needs_told(self) -> bool {
        matches!(self, Self::Moved | Self::Extended | Self::Cancelled | Self::Completed)
    }

    /// Its posts show facts that can change, and are brought in step when they do.
    #[must_use]
    pub fn is_kept_in_step(self) -> bool {
        use MessageKind::{Announcement, ChangeList, Extended, Moved, Reminder, Started};
        matches!(self, Announcement | Reminder | ChangeList | Moved | Extended | Started)
    }

    /// What it says can be acted on with a button, where its channel has some.
    #[must_use]
    pub fn has_buttons(self) -> bool {
        let asks = matches!(self, Self::Starting | Self::NoShow | Self::Overrun | Self::ConfirmCompletion);
        self.is_kept_in_step() || asks || self.is_request()
    }

    /// Approvers are asked to decide.
    #[must_use]
    pub fn is_request(self) -> bool {
        matches!(self, Self::ApprovalRequest | Self::ApprovalReminder)
    }

    /// Said in the thread of the newest post, where its channel has threads.
    #[must_use]
    pub fn is_aside(self) -> bool {
        matches!(self, Self::Note | Self::ChangeListUpdate)
    }

    /// Planned ahead from lead times, as opposed to caused by an event.
    #[must_use]
    pub fn is_planned(self) -> bool {
        matches!(
            self,
            Self::Announcement
                | Self::Reminder
                | Self::ChangeList
                | Self::Starting
                | Self::EmptyList
                | Self::NoPoc
                | Self::ApprovalReminder
        )
    }
}

words! {
    /// Whom a delivery is for.
    Class {
        /// People read it.
        Message = "message",
        /// It keeps an outside thing in step.
        Sync = "sync",
    }
}

words! {
    /// Where a delivery is.
    DeliveryState {
        /// Owed.
        Due = "due",
        /// Being sent under a lease.
        Sending = "sending",
        /// Sent.
        Sent = "sent",
        /// Failed, to be tried again.
        Retrying = "retrying",
        /// Given up.
        Dead = "dead",
        /// Its moment passed or nobody needed it.
        Skipped = "skipped",
        /// Something newer took its place.
        Superseded = "superseded",
    }
}

impl DeliveryState {
    /// Not sent yet and nobody is sending it: the service may still replace it.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Due | Self::Retrying)
    }

    /// Sent, or being sent at this moment: such a row ends as sent.
    #[must_use]
    pub fn is_on_its_way(self) -> bool {
        matches!(self, Self::Sent | Self::Sending)
    }
}

words! {
    /// Why a delivery was not sent.
    Reason {
        /// The window has other times now.
        Moved = "moved",
        /// The window was called off.
        Cancelled = "cancelled",
        /// A newer message says it.
        Newer = "newer",
        /// Its moment passed while nothing could be sent.
        TooLate = "too_late",
        /// Its readers know it already.
        AlreadyTold = "already_told",
        /// The channel never heard of the window.
        NotToldBefore = "not_told_before",
        /// Another reminder falls on the same working day.
        DayOffMerge = "day_off_merge",
        /// Nobody there wants it any more.
        Unsubscribed = "unsubscribed",
        /// There is nobody to send it to.
        NoRecipient = "no_recipient",
    }
}

/// A row that the ledger should hold, before it has an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The window's sequence that it belongs to.
    pub sequence: i64,
    /// What it says or does.
    pub message: MessageKind,
    /// The lead (`14d`, `-15m`) for planned messages, the distance (`+15m`) for chases; the audit event's id for what
    /// an event causes.
    pub occasion: String,
    /// The lead, for the ladder.
    pub lead: Option<String>,
    /// The audience, `ops`, or `@name`; empty for sync rows.
    pub audience: String,
    /// Where it goes.
    pub channel: Channel,
    /// When it is owed (UTC).
    pub due_at: DateTime<Utc>,
    /// Known from the start not to be sent, and why.
    pub skipped: Option<Reason>,
    /// What a change of the clocks did to the time, where the lead fell into one.
    pub note: Option<String>,
}

/// The occasion of a row that opens a change-list issue ahead of its window instead of at once.
pub const OPENING: &str = "28d";
/// The occasion of planned rows that go with the announcement.
pub const WITH_ANNOUNCEMENT: &str = "announcement";

impl Planned {
    /// Planned ahead by the ladder, as opposed to caused by an event: replanned whenever the facts change.
    #[must_use]
    pub fn is_planned(&self) -> bool {
        match self.message {
            MessageKind::IssueOpen => self.occasion == OPENING,
            MessageKind::ToldRequest => self.occasion == WITH_ANNOUNCEMENT,
            MessageKind::ToldOverdue => true,
            message => message.is_planned(),
        }
    }
}

/// One row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its number.
    pub id: i64,
    /// What it is about.
    pub subject: Subject,
    /// The plan for it.
    pub plan: Planned,
    /// Where it is.
    pub state: DeliveryState,
    /// Why it was not sent.
    pub reason: Option<Reason>,
    /// What the channel answered last, where it failed.
    pub error: Option<String>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was sent (UTC).
    pub sent_at: Option<DateTime<Utc>>,
    /// Its id at the other end.
    pub remote_id: Option<String>,
    /// When it was planned (UTC).
    pub created_at: DateTime<Utc>,
}

impl Delivery {
    /// The key that no other row has, for looking it up at the other end.
    #[must_use]
    pub fn key(&self) -> String {
        let p = &self.plan;
        format!("{}/{}/{}/{}/{}/{}", self.subject, p.sequence, p.message, p.occasion, p.audience, p.channel)
    }
}

impl Delivery {
    /// A newer word on the times of its window is owed to the same channel: moved again, or called off for it.
    #[must_use]
    pub fn is_moved_again(&self, rows: &[Self]) -> bool {
        use MessageKind::{Cancelled, Moved};
        rows.iter().any(|row| {
            row.id > self.id && row.plan.channel == self.plan.channel && matches!(row.plan.message, Moved | Cancelled)
        })
    }
}

/// Channels that have been told of the window, under a sequence before `before` where that is given, and not since that
/// it no longer concerns them. A row that is being sent counts: it ends as sent.
#[must_use]
pub fn told(rows: &[Delivery], before: Option<i64>) -> BTreeSet<Channel> {
    let called_off = |told: &Delivery| {
        rows.iter().any(|row| {
            row.id > told.id
                && row.plan.message == MessageKind::Cancelled
                && row.plan.channel == told.plan.channel
                && (row.state.is_open() || row.state.is_on_its_way())
        })
    };
    let earlier = |row: &&Delivery| before.is_none_or(|before| row.plan.sequence < before);
    let telling = rows.iter().filter(|row| row.plan.message.tells() && row.state.is_on_its_way()).filter(earlier);
    telling.filter(|row| !called_off(row)).map(|row| row.plan.channel.clone()).collect()
}

/// Of the rows of a phase and of its plan those that say what a channel knows of the phase. That the plan was called off
/// is not one of them: it speaks of the phases that have not begun.
#[must_use]
pub fn of_phase(rows: &[Delivery], phase: WindowId) -> Vec<Delivery> {
    let speaks_of_it =
        |row: &&Delivery| row.subject.window() == Some(phase) || row.plan.message != MessageKind::Cancelled;
    rows.iter().filter(speaks_of_it).cloned().collect()
}

/// Where the change-list issue was opened, or is about to be without waiting for its time; `None`: there is none.
#[must_use]
pub fn tracker(rows: &[Delivery]) -> Option<&Channel> {
    let opens = |row: &&Delivery| {
        row.plan.message == MessageKind::IssueOpen
            && (row.state.is_on_its_way() || (row.state.is_open() && !row.plan.is_planned()))
    };
    rows.iter().rfind(opens).map(|row| &row.plan.channel)
}

/// The rows by which the change list was sent.
pub fn lists_sent(rows: &[Delivery]) -> impl Iterator<Item = &Delivery> {
    rows.iter().filter(|row| row.plan.message == MessageKind::ChangeList && row.state.is_on_its_way())
}
