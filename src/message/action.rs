//! What can be done about a window with one press: buttons, for surfaces that have them. Each is a command with its
//! options, checked like one that was typed; some ask for more first.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};

use super::topic::Topic;
use crate::domain::ledger::MessageKind;
use crate::domain::subject::Subject;
use crate::domain::window::{State, Window, words};

/// Work is begun by hand from half an hour before the start; what is said a day before stays in sight until then.
const SOON: TimeDelta = TimeDelta::days(1);

words! {
    /// A button.
    Action {
        /// Seen, on it.
        Ack = "ack",
        /// Work begins.
        Start = "start",
        /// Half an hour more.
        Extend30 = "extend_30",
        /// An hour more.
        Extend60 = "extend_60",
        /// More, asked for first.
        ExtendOther = "extend_other",
        /// Report completion; the outcome is asked for first.
        Complete = "complete",
        /// Tell everybody that the work is taken back.
        RollingBack = "rolling_back",
        /// Who gets what and when.
        Ledger = "ledger",
        /// Agree to a pending window.
        Approve = "approve",
        /// Refuse it; the reason is asked for first.
        Reject = "reject",
        /// Ask for another time of what an advisory patches.
        Object = "object",
    }
}

impl Action {
    /// What stands on the button.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Ack => "Acknowledge",
            Self::Start => "Start",
            Self::Extend30 => "Extend 30 min",
            Self::Extend60 => "Extend 1 h",
            Self::ExtendOther => "Extend …",
            Self::Complete => "Complete …",
            Self::RollingBack => "Rolling back",
            Self::Ledger => "Show ledger",
            Self::Approve => "Approve",
            Self::Reject => "Reject …",
            Self::Object => "Ask to move it",
        }
    }

    /// The verb that it stands for.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Start => "start",
            Self::Extend30 | Self::Extend60 | Self::ExtendOther => "extend",
            Self::Complete => "complete",
            Self::RollingBack => "note",
            Self::Ledger => "reminders",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Object => "advisory object",
        }
    }

    /// What was seen is what is decided on.
    fn decides(self) -> bool {
        matches!(self, Self::Approve | Self::Reject)
    }
}

/// A button below a message: what it does, and to what. Prints and parses as `approve MW-12 3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Button {
    /// What it does.
    pub action: Action,
    /// To which window or plan.
    pub subject: Subject,
    /// The sequence of what its readers saw, where they decide on just that.
    pub sequence: Option<i64>,
}

impl Button {
    /// The options of its verb that are known without asking for more.
    #[must_use]
    pub fn known(self) -> Vec<(String, String)> {
        let name = if matches!(self.subject, Subject::Advisory(_)) { "advisory" } else { "window" };
        let subject = (name.to_owned(), self.subject.to_string());
        std::iter::once(subject).chain(self.sequence.map(|n| ("sequence".to_owned(), n.to_string()))).collect()
    }

    /// The options of its verb; `None`: some of them have to be asked for first.
    #[must_use]
    pub fn options(self) -> Option<Vec<(String, String)>> {
        let more = match self.action {
            Action::Ack | Action::Start | Action::Ledger | Action::Approve | Action::Object => None,
            Action::Extend30 => Some(("for", "30m")),
            Action::Extend60 => Some(("for", "1h")),
            Action::RollingBack => Some(("text", "The work is being rolled back.")),
            Action::ExtendOther | Action::Complete | Action::Reject => return None,
        };
        let more = more.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Some(self.known().into_iter().chain(more).collect())
    }
}

impl fmt::Display for Button {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.action, self.subject)?;
        self.sequence.map_or(Ok(()), |sequence| write!(f, " {sequence}"))
    }
}

impl FromStr for Button {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let no_button = || format!("`{text}` is no button");
        let mut words = text.split(' ');
        let (action, subject) = (words.next().unwrap_or_default(), words.next().ok_or_else(no_button)?);
        let sequence = words.next().map(str::parse).transpose().map_err(|_| no_button())?;
        if words.next().is_some() {
            return Err(no_button());
        }
        Ok(Self { action: action.parse()?, subject: subject.parse()?, sequence })
    }
}

/// The buttons below a message of this kind, as things are at `now` (UTC). What may be pressed is decided when it is.
#[must_use]
pub fn offered(topic: &Topic, message: MessageKind, now: DateTime<Utc>) -> Vec<Button> {
    let Topic::Window(topic) = topic else { return Vec::new() };
    let window = &topic.window;
    let button = |action: Action| {
        let sequence = action.decides().then_some(window.sequence);
        Button { action, subject: window.id.into(), sequence }
    };
    let moves = topic.advisory.as_ref().filter(|_| window.state == State::Scheduled);
    let object = moves.map(|advisory| Button { action: Action::Object, subject: advisory.id.into(), sequence: None });
    actions(window, message, now).into_iter().map(button).chain(object).collect()
}

fn actions(window: &Window, message: MessageKind, now: DateTime<Utc>) -> Vec<Action> {
    let asks = matches!(message, MessageKind::ApprovalRequest | MessageKind::ApprovalReminder);
    match window.state {
        State::Pending if asks => vec![Action::Approve, Action::Reject, Action::Ledger],
        State::Pending | State::Completed | State::Cancelled => Vec::new(),
        _ if asks => Vec::new(),
        _ if message == MessageKind::DeliveryFailed => vec![Action::Ledger],
        State::Scheduled if window.span.starts_at - now <= SOON => vec![Action::Ack, Action::Start, Action::Ledger],
        State::Scheduled => vec![Action::Ack, Action::Ledger],
        State::InProgress | State::Verifying => vec![
            Action::Ack,
            Action::Extend30,
            Action::Extend60,
            Action::ExtendOther,
            Action::Complete,
            Action::RollingBack,
            Action::Ledger,
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::advisory::AdvisoryId;
    use crate::domain::window::WindowId;

    fn button(action: Action) -> Button {
        if action == Action::Object {
            return Button { action, subject: Subject::Advisory(AdvisoryId(7)), sequence: None };
        }
        Button { action, subject: Subject::Window(WindowId(7)), sequence: action.decides().then_some(3) }
    }

    #[test]
    fn what_needs_no_more_words_is_a_whole_command() {
        let said = |action: &Action| {
            let options = button(*action).options()?;
            let options: Vec<String> = options.iter().map(|(name, value)| format!("{name}={value}")).collect();
            Some(format!("{} {}", action.verb(), options.join(" ")))
        };
        let said: Vec<_> = Action::ALL.iter().map(said).collect();
        let said: Vec<_> = said.iter().map(Option::as_deref).collect();
        assert_eq!(
            said,
            [
                Some("ack window=MW-7"),
                Some("start window=MW-7"),
                Some("extend window=MW-7 for=30m"),
                Some("extend window=MW-7 for=1h"),
                None,
                None,
                Some("note window=MW-7 text=The work is being rolled back."),
                Some("reminders window=MW-7"),
                Some("approve window=MW-7 sequence=3"),
                None,
                Some("advisory object advisory=AD-7"),
            ]
        );
    }

    #[test]
    fn what_asks_for_more_says_so_on_the_button() {
        for action in Action::ALL {
            assert_eq!(action.label().ends_with('…'), button(*action).options().is_none(), "{action}");
        }
    }

    #[test]
    fn buttons_are_read_back_and_nothing_else_is_one() {
        for action in Action::ALL {
            assert_eq!(button(*action).to_string().parse(), Ok(button(*action)));
        }
        for text in ["", "start", "start MW-", "fly MW-1", "start MW-1 MW-2", "approve MW-1 3 4", "approve MW-1 "] {
            assert!(text.parse::<Button>().is_err(), "{text}");
        }
    }
}
