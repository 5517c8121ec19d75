//! One planned interruption: its facts, its states and the moves between them.
//!
//! Pure: no I/O, no clock. Instants are UTC in whole seconds; the zone a window lives in is part of its [`Span`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::calendar::{Span, Zone, compact, duration_words, parse_duration};
use super::channel::Channel;
use super::finding::Finding;
use super::plan::PlanId;
use super::series::SeriesId;
use super::subject::id;

id! {
    /// The number of a window. Prints and parses as `MW-42`.
    WindowId, "MW", "window"
}

/// Declares a closed set of words: one name in code, one in text, used for parsing, printing, storing and JSON alike.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for it in text, storage and JSON.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The words of every value.
            #[must_use]
            pub fn words() -> Vec<&'static str> {
                Self::ALL.iter().map(|value| value.as_str()).collect()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            /// Reads one of the words, in any case. Errors list them.
            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|value| value.as_str().eq_ignore_ascii_case(text))
                    .ok_or_else(|| format!("`{text}` is not one of {}", Self::words().join(", ")))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Where a window is in its life. See `docs/lifecycle.md`.
    State {
        /// Waits for approval; not published.
        Pending = "pending",
        /// Will happen; published.
        Scheduled = "scheduled",
        /// Work goes on.
        InProgress = "in_progress",
        /// Every item is reported done; the point of contact is asked to confirm.
        Verifying = "verifying",
        /// Over, with an [`Outcome`].
        Completed = "completed",
        /// Called off.
        Cancelled = "cancelled",
    }
}

impl State {
    /// Completed or cancelled: nothing can happen any more but notes.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }

    /// Work has begun and is not reported complete.
    #[must_use]
    pub fn is_running(self) -> bool {
        matches!(self, Self::InProgress | Self::Verifying)
    }

    /// Whether a command of this kind is legal now.
    #[must_use]
    pub fn permits(self, step: Step) -> bool {
        use State::{Completed, InProgress, Pending, Scheduled, Verifying};
        match step {
            Step::Start => self == Scheduled,
            Step::Verify => self == InProgress,
            Step::Complete | Step::Overrun => self.is_running(),
            Step::Extend | Step::Undo | Step::Ack => matches!(self, Scheduled | InProgress | Verifying),
            Step::Reschedule | Step::Cancel => matches!(self, Pending | Scheduled),
            Step::Edit | Step::Change => !self.is_over(),
            Step::Done | Step::Note => matches!(self, Scheduled | InProgress | Verifying | Completed),
            Step::Remind => matches!(self, Scheduled | InProgress | Verifying),
            Step::Approve | Step::Reject => self == Pending,
            Step::Told => self != Pending,
            Step::Qa => true,
        }
    }
}

words! {
    /// What a command does to a window, for asking [`State::permits`]. The words are the verbs people type.
    Step {
        /// Work begins.
        Start = "start",
        /// All is done; check it.
        Verify = "verify",
        /// Report completion.
        Complete = "complete",
        /// A later end.
        Extend = "extend",
        /// Other times.
        Reschedule = "reschedule",
        /// Call off.
        Cancel = "cancel",
        /// Other facts.
        Edit = "edit",
        /// Add, edit, assign or remove change items.
        Change = "change",
        /// Report an item done.
        Done = "done",
        /// Take that back.
        Undo = "undo",
        /// A progress note.
        Note = "note",
        /// Seen, on it.
        Ack = "ack",
        /// Send the next message now.
        Remind = "remind",
        /// Agree to a pending window.
        Approve = "approve",
        /// Refuse a pending window.
        Reject = "reject",
        /// A customer was told.
        Told = "told",
        /// Questions and answers.
        Qa = "qa",
        /// Running past the end is being chased; nobody types it.
        Overrun = "overrun",
    }
}

words! {
    /// How a completed window went.
    Outcome {
        /// Everything planned was done.
        Success = "success",
        /// A part was done.
        Partial = "partial",
        /// The change was taken back.
        RolledBack = "rolled_back",
        /// It did not work.
        Failed = "failed",
    }
}

words! {
    /// Why the maintenance is done.
    Category {
        /// Closes a weakness.
        Security = "security",
        /// Makes it faster.
        Performance = "performance",
        /// Makes it steadier.
        Stability = "stability",
        /// Keeps versions current.
        StayingCurrent = "staying_current",
    }
}

/// The kind of a window: `scheduled`, `emergency`, `no_downtime` or one of the organisation's own. Each is a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kind(pub String);

impl Kind {
    /// Planned with the usual notice.
    pub const SCHEDULED: &'static str = "scheduled";
    /// Cannot wait.
    pub const EMERGENCY: &'static str = "emergency";
    /// A rolling change that nobody notices.
    pub const NO_DOWNTIME: &'static str = "no_downtime";

    /// Whether windows of this kind take anything down at all.
    #[must_use]
    pub fn has_downtime(&self) -> bool {
        self.0 != Self::NO_DOWNTIME
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// How long something will be down inside the window: `none`, `15m`, `10m-15m` or `10m-15m per:tenant`. Whole seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Downtime {
    /// At least; zero for "none".
    pub least: TimeDelta,
    /// At most; equal to `least` where one figure was given.
    pub most: TimeDelta,
    /// What each of these is down for so long, such as `tenant`, where they go one after the other.
    pub per: Option<String>,
}

impl Downtime {
    /// The figure for people: `none`, `up to 15m`, `10m to 15m per tenant`.
    #[must_use]
    pub fn words(&self) -> String {
        let figure = if self.most == TimeDelta::zero() {
            return "none".into();
        } else if self.least == self.most {
            format!("up to {}", duration_words(self.most))
        } else {
            format!("{} to {}", duration_words(self.least), duration_words(self.most))
        };
        match &self.per {
            Some(per) => format!("{figure} per {per}"),
            None => figure,
        }
    }
}

impl fmt::Display for Downtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.most == TimeDelta::zero() {
            return f.write_str("none");
        }
        if self.least == self.most {
            f.write_str(&compact(self.most))?;
        } else {
            write!(f, "{}-{}", compact(self.least), compact(self.most))?;
        }
        match &self.per {
            Some(per) => write!(f, " per:{per}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Downtime {
    type Err = String;

    /// Reads `none`, `15m`, `1h 30m`, `10m-15m` or `10m-15m per:tenant`. Errors say which of these to write.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if matches!(text.to_ascii_lowercase().as_str(), "none" | "0" | "no" | "0m") {
            return Ok(Self { least: TimeDelta::zero(), most: TimeDelta::zero(), per: None });
        }
        let (text, per) = match text.split_once(" per") {
            Some((figure, unit)) => (figure.trim(), Some(unit_word(unit)?)),
            None => (text, None),
        };
        let (least, most) = if let Some((a, b)) = text.split_once(['-', '\u{2013}']) {
            (parse_duration(a.trim())?, parse_duration(b.trim())?)
        } else {
            let one = parse_duration(text)?;
            (one, one)
        };
        if least > most {
            return Err(format!("`{text}` runs backwards: write the smaller figure first"));
        }
        Ok(Self { least, most, per })
    }
}

/// The word after `per`: `:tenant` or ` tenant`.
fn unit_word(text: &str) -> Result<String, String> {
    let word = text.trim_start_matches(':').trim();
    let plain =
        !word.is_empty() && word.len() <= 40 && word.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    if plain { Ok(word.to_owned()) } else { Err("after `per` comes one word, such as per:tenant".into()) }
}

impl Serialize for Downtime {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Downtime {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The facts that were public when a change was asked for that waits for approval: shown until it is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Their sequence.
    pub sequence: i64,
    /// Start (UTC).
    pub starts_at: DateTime<Utc>,
    /// End (UTC).
    pub ends_at: DateTime<Utc>,
    /// The zone it lived in.
    pub zone: Zone,
    /// Services.
    pub services: Vec<String>,
    /// Regions.
    pub regions: Vec<String>,
    /// Environment.
    pub environment: String,
    /// Kind.
    pub kind: Kind,
}

impl Published {
    /// What the public sees of a window now.
    #[must_use]
    pub fn of(w: &Window) -> Self {
        Self {
            sequence: w.sequence,
            starts_at: w.span.starts_at,
            ends_at: w.span.ends_at,
            zone: w.span.zone.clone(),
            services: w.services.clone(),
            regions: w.regions.clone(),
            environment: w.environment.clone(),
            kind: w.kind.clone(),
        }
    }
}

/// What an approver is asked, bound to one sequence of the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The sequence it is about.
    pub sequence: i64,
    /// Who asked: never the one who approves.
    pub by: String,
    /// Where they asked, such as `console`.
    pub place: String,
    /// When (UTC).
    pub at: DateTime<Utc>,
    /// Why; text from a person.
    pub reason: String,
    /// What needs the approval.
    pub findings: Vec<Finding>,
    /// When it is too late (UTC): the earlier of the old and the new start.
    pub expires_at: DateTime<Utc>,
    /// The event that asked.
    pub event: i64,
}

/// A planned interruption with everything that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// `MW-42`.
    pub id: WindowId,
    /// What it is called; text from a person.
    pub title: String,
    /// Its policy.
    pub kind: Kind,
    /// Ids of the services it touches, at least one.
    pub services: Vec<String>,
    /// `production` unless said otherwise.
    pub environment: String,
    /// Ids of the regions it touches; empty means all.
    pub regions: Vec<String>,
    /// Start and end (UTC) with the zone it lives in.
    pub span: Span,
    /// Expected interruption inside the window, where known.
    pub downtime: Option<Downtime>,
    /// The same for services where it differs, by service id.
    pub downtimes: BTreeMap<String, Downtime>,
    /// What its users will notice; text from a person.
    pub impact: String,
    /// Why it is done.
    pub category: Option<Category>,
    /// How it is taken back.
    pub rollback: String,
    /// Whom it touches; empty means all customers.
    pub customers: Vec<String>,
    /// Where to read more.
    pub links: Vec<String>,
    /// Point of contact: a name without `@`.
    pub poc: Option<String>,
    /// Who asked for it.
    pub requester: String,
    /// Where it was scheduled, such as `console`.
    pub place: String,
    /// Where it is in its life.
    pub state: State,
    /// How it went, once completed.
    pub outcome: Option<Outcome>,
    /// Rises when start, end, services, regions, environment or kind change; deliveries are bound to it.
    pub sequence: i64,
    /// When the present sequence began (UTC): scheduling or the last move.
    pub sequence_at: DateTime<Utc>,
    /// Rises with every event that changes what the public sees.
    pub revision: i64,
    /// When work really began (UTC).
    pub actual_start: Option<DateTime<Utc>>,
    /// When it was really over (UTC).
    pub actual_end: Option<DateTime<Utc>>,
    /// How long the service was really down, as reported at completion.
    pub actual_downtime: Option<TimeDelta>,
    /// When a person first did something about it (start, tick, note, acknowledge); ends the no-show chase. UTC.
    pub attended_at: Option<DateTime<Utc>>,
    /// How many no-show chases have been made since the planned start.
    pub no_shows: i64,
    /// How many overrun chases have been made since the present end.
    pub overruns: i64,
    /// When it was stored (UTC).
    pub created_at: DateTime<Utc>,
    /// The plan that it is a phase of.
    pub plan: Option<PlanId>,
    /// The series that made it.
    pub series: Option<SeriesId>,
    /// Which occurrence of the series it is: the wall-clock time that the rule says.
    pub occurrence: Option<NaiveDateTime>,
    /// Somebody changed this occurrence alone: changes to all of the series leave it as it is where they would undo that.
    pub detached: bool,
    /// What the public still sees while a change waits for approval.
    pub published: Option<Published>,
    /// What an approver is asked; only while pending.
    pub request: Option<Request>,
    /// Rises when customers must be told anew: at a move after the announcement, and at completion.
    pub told_round: i64,
}

impl Window {
    /// The place in chat where it was scheduled; `None` where that was no such place.
    #[must_use]
    pub fn scheduled_in(&self) -> Option<Channel> {
        self.place.parse::<Channel>().ok().filter(Channel::is_chat)
    }

    /// The window as the public sees it: with the last approved facts while a change waits for approval. `None`: nothing
    /// of it is public.
    #[must_use]
    pub fn as_published(&self) -> Option<Cow<'_, Self>> {
        if self.state != State::Pending {
            return Some(Cow::Borrowed(self));
        }
        let published = self.published.as_ref()?;
        let mut shown = self.clone();
        shown.span = Span { starts_at: published.starts_at, ends_at: published.ends_at, zone: published.zone.clone() };
        shown.services.clone_from(&published.services);
        shown.regions.clone_from(&published.regions);
        shown.environment.clone_from(&published.environment);
        shown.kind = published.kind.clone();
        Some(Cow::Owned(shown))
    }

    /// Takes back a change that nobody agreed to: the window is again what was approved last.
    pub fn withdraw_change(&mut self) {
        if let Some(shown) = self.as_published().map(Cow::into_owned) {
            *self = Self { published: None, ..shown };
        }
    }

    /// In progress or verifying after its end.
    #[must_use]
    pub fn is_overrunning(&self, now: DateTime<Utc>) -> bool {
        self.state.is_running() && now > self.span.ends_at
    }

    /// Its sequence rose while it was running: other services, or a later end.
    #[must_use]
    pub fn changed_since_it_began(&self) -> bool {
        self.actual_start.is_some_and(|began| self.sequence_at > began)
    }

    /// Its state in the words of a page: adds "running over" and "not started" to the stored state.
    #[must_use]
    pub fn state_words(&self, now: DateTime<Utc>) -> &'static str {
        match self.state {
            State::Pending if self.request.is_none() => "draft",
            State::Pending => "awaiting approval",
            State::Scheduled if now >= self.span.ends_at => "not started",
            State::Scheduled => "scheduled",
            State::InProgress | State::Verifying if self.is_overrunning(now) => "running over",
            State::InProgress => "in progress",
            State::Verifying => "verifying",
            State::Completed => match self.outcome {
                Some(Outcome::Partial) => "completed in part",
                Some(Outcome::RolledBack) => "rolled back",
                Some(Outcome::Failed) => "failed",
                Some(Outcome::Success) | None => "completed",
            },
            State::Cancelled => "cancelled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_id_reads_in_any_case_and_prints_one_way() {
        assert_eq!("mw-12".parse(), Ok(WindowId(12)));
        assert_eq!(WindowId(12).to_string(), "MW-12");
        for wrong in ["12", "MW12", "MW-", "MW-0", "MW--1", "PL-3", "MW-99999999999999999999"] {
            assert!(wrong.parse::<WindowId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn downtime_takes_one_figure_a_range_or_none() {
        assert_eq!("10m-15m".parse::<Downtime>().map(|d| d.to_string()), Ok("10m-15m".into()));
        assert_eq!("1h".parse::<Downtime>().map(|d| d.words()), Ok("up to 1h".into()));
        assert_eq!("none".parse::<Downtime>().map(|d| d.words()), Ok("none".into()));
        assert!("15m-10m".parse::<Downtime>().is_err());
    }

    #[test]
    fn only_the_transitions_of_the_contract_are_legal() {
        use State::{Cancelled, Completed, InProgress, Pending, Scheduled, Verifying};
        let legal = |step: Step| State::ALL.iter().copied().filter(|s| s.permits(step)).collect::<Vec<_>>();
        assert_eq!(legal(Step::Start), [Scheduled]);
        assert_eq!(legal(Step::Verify), [InProgress]);
        assert_eq!(legal(Step::Complete), [InProgress, Verifying]);
        assert_eq!(legal(Step::Cancel), [Pending, Scheduled]);
        assert_eq!(legal(Step::Done), [Scheduled, InProgress, Verifying, Completed]);
        assert_eq!(legal(Step::Undo), [Scheduled, InProgress, Verifying]);
        assert!(!Cancelled.permits(Step::Note));
    }
}
