//! A series: a recurrence that makes ordinary windows ahead of time.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::calendar::{DstNote, Recurrence, Span, Zone, computed};
use super::change::{ChangeItem, ItemKind};
use super::subject::id;
use super::window::{Category, Downtime, Kind, Window, words};

id! {
    /// The number of a series. Prints and parses as `SR-1`.
    SeriesId, "SR", "series"
}

words! {
    /// Where a series is in its life.
    SeriesState {
        /// Makes windows.
        Active = "active",
        /// Makes none any more.
        Stopped = "stopped",
    }
}

words! {
    /// Which windows of a series a change is for.
    Scope {
        /// Only this one.
        This = "this",
        /// This one and all after it.
        Following = "following",
        /// All that have not begun.
        All = "all",
    }
}

/// Occurrences are made for at least so long ahead.
pub const AHEAD: TimeDelta = TimeDelta::days(400);
/// And at least so many.
pub const AT_LEAST: usize = 24;
/// More than this in [`AHEAD`] is not a series of maintenance windows.
pub const AT_MOST: usize = 800;

/// What every window of a series is made from; text from people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// What it is called.
    pub title: String,
    /// Its policy.
    pub kind: Kind,
    /// Ids of the services it touches.
    pub services: Vec<String>,
    /// Where.
    pub environment: String,
    /// Ids of the regions it touches; empty means all.
    pub regions: Vec<String>,
    /// Expected interruption.
    pub downtime: Option<Downtime>,
    /// The same where it differs for a service.
    pub downtimes: BTreeMap<String, Downtime>,
    /// What its users will notice.
    pub impact: String,
    /// Why it is done.
    pub category: Option<Category>,
    /// How it is taken back.
    pub rollback: String,
    /// Whom it touches; empty means all customers.
    pub customers: Vec<String>,
    /// Where to read more.
    pub links: Vec<String>,
    /// Point of contact.
    pub poc: Option<String>,
    /// The change list that every window starts with.
    pub items: Vec<ItemTemplate>,
    /// Why windows that need approval are asked for, also those that the clock makes.
    #[serde(default)]
    pub reason: String,
}

/// A change item before it belongs to a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemTemplate {
    /// What is done.
    pub text: String,
    /// What sort of work.
    pub kind: ItemKind,
    /// The version before.
    pub from_version: Option<String>,
    /// The version after.
    pub to_version: Option<String>,
    /// Ids of security advisories it answers.
    pub advisories: Vec<String>,
    /// Who does it.
    pub assignee: Option<String>,
    /// The place of the item it is a part of, in the same list, counted from 0; parents come first.
    pub parent: Option<usize>,
}

impl ItemTemplate {
    /// An item that goes into another list, without what was reported of it.
    #[must_use]
    pub fn of(item: &ChangeItem) -> Self {
        Self {
            text: item.text.clone(),
            kind: item.kind,
            from_version: item.from_version.clone(),
            to_version: item.to_version.clone(),
            advisories: item.advisories.clone(),
            assignee: item.assignee.clone(),
            parent: None,
        }
    }
}

impl Template {
    /// Puts back into `w` what it said on its own `before` an edit of the series: the facts in which it differed from this
    /// template.
    pub fn keep_own(&self, before: &Window, w: &mut Window) {
        fn keep<T: Clone + PartialEq>(now: &mut T, before: &T, of_series: &T) {
            if before != of_series {
                now.clone_from(before);
            }
        }
        keep(&mut w.title, &before.title, &self.title);
        keep(&mut w.kind, &before.kind, &self.kind);
        keep(&mut w.services, &before.services, &self.services);
        keep(&mut w.environment, &before.environment, &self.environment);
        keep(&mut w.regions, &before.regions, &self.regions);
        keep(&mut w.downtime, &before.downtime, &self.downtime);
        keep(&mut w.downtimes, &before.downtimes, &self.downtimes);
        keep(&mut w.impact, &before.impact, &self.impact);
        keep(&mut w.category, &before.category, &self.category);
        keep(&mut w.rollback, &before.rollback, &self.rollback);
        keep(&mut w.customers, &before.customers, &self.customers);
        keep(&mut w.links, &before.links, &self.links);
        keep(&mut w.poc, &before.poc, &self.poc);
    }
}

/// A recurrence with what its windows are made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// `SR-1`.
    pub id: SeriesId,
    /// Where it is in its life.
    pub state: SeriesState,
    /// When its windows start, on the wall clock.
    pub rule: Recurrence,
    /// The zone its windows live in.
    pub zone: Zone,
    /// How much later (wall clock, may be negative) windows start than the rule says, since somebody moved this and the
    /// following ones.
    pub shift: TimeDelta,
    /// Elapsed length of its windows.
    pub length: TimeDelta,
    /// What its windows are made from.
    pub template: Template,
    /// The wall-clock time of the rule up to which (inclusive) windows were made or left out for a recorded reason.
    pub made_until: Option<NaiveDateTime>,
    /// Who made it.
    pub requester: String,
    /// Where it was made, such as `console`.
    pub place: String,
    /// When it was made (UTC).
    pub created_at: DateTime<Utc>,
    /// When more windows must be made (UTC); `None`: the rule has no more, or it is stopped.
    pub next_make_at: Option<DateTime<Utc>>,
}

/// An occurrence that a series makes now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The rule's own wall-clock time: the identity of the occurrence.
    pub wall: NaiveDateTime,
    /// From when until when.
    pub span: Span,
}

impl Series {
    /// The occurrences that are to be made at `now` (UTC), in order, and when more must be made: until both [`AHEAD`]
    /// and [`AT_LEAST`] are covered. `upcoming` are the starts (UTC, in order) of its windows that have not begun.
    ///
    /// Occurrences that started before `now` are passed over: nothing is made up for a time when nothing ran.
    #[must_use]
    pub fn due(&self, now: DateTime<Utc>, upcoming: &[DateTime<Utc>]) -> (Vec<Due>, Option<DateTime<Utc>>) {
        if self.state == SeriesState::Stopped {
            return (Vec::new(), None);
        }
        let horizon = now + AHEAD;
        let mut starts = upcoming.to_vec();
        let mut due = Vec::new();
        for occurrence in self.rule.after(self.made_until, self.shift, &self.zone) {
            let starts_at = occurrence.starts_at;
            if starts_at > horizon && starts.len() >= AT_LEAST {
                // It is made when it comes within the horizon, or when so many have begun that too few are left.
                let too_few = starts[starts.len() - AT_LEAST] + TimeDelta::seconds(1);
                return (due, Some((starts_at - AHEAD).min(too_few)));
            }
            if starts_at < now {
                continue;
            }
            let span = Span { starts_at, ends_at: starts_at + self.length, zone: self.zone.clone() };
            due.push(Due { wall: occurrence.wall, span });
            starts.push(starts_at);
            if due.len() > AT_MOST {
                break;
            }
        }
        (due, None)
    }

    /// Where an occurrence lies now (UTC), from the wall-clock time that the rule says.
    #[must_use]
    pub fn place(&self, wall: NaiveDateTime) -> Span {
        let starts_at = computed(wall + self.shift, &self.zone).0;
        Span { starts_at, ends_at: starts_at + self.length, zone: self.zone.clone() }
    }

    /// What a change of the clocks did to the start of one of its windows. `None` also where the window was moved to a time
    /// of its own.
    #[must_use]
    pub fn start_note(&self, w: &Window) -> Option<DstNote> {
        let (starts_at, note) = computed(w.occurrence? + self.shift, &w.span.zone);
        note.filter(|_| starts_at == w.span.starts_at)
    }
}

/// What a window of a series starts with, from what is now known of one of them.
impl From<&Window> for Template {
    fn from(w: &Window) -> Self {
        Self {
            title: w.title.clone(),
            kind: w.kind.clone(),
            services: w.services.clone(),
            environment: w.environment.clone(),
            regions: w.regions.clone(),
            downtime: w.downtime.clone(),
            downtimes: w.downtimes.clone(),
            impact: w.impact.clone(),
            category: w.category,
            rollback: w.rollback.clone(),
            customers: w.customers.clone(),
            links: w.links.clone(),
            poc: w.poc.clone(),
            items: Vec::new(),
            reason: String::new(),
        }
    }
}
