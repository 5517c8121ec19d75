//! What speaks against a window: too short notice, business hours, freezes, other windows. Pure.
//!
//! The rules are in `docs/lifecycle.md` under "Policy and findings". Whether a finding refuses, waits for an approver or
//! only warns is [`Finding::weight`]; what is done about it is the service's business.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::calendar::{Lead, Span, WorkingCalendar};
use super::freeze::{Freeze, FreezeId};
use super::organisation::{Organisation, Policy, Region};
use super::window::{Downtime, Kind, Window, WindowId, words};

words! {
    /// A sort of finding, as policies name them under `approval`.
    FindingKind {
        /// Asked for later than the notice.
        ShortNotice = "short_notice",
        /// Down inside working hours of an affected region.
        BusinessHours = "business_hours",
        /// Inside a freeze.
        Freeze = "freeze",
        /// At the same time as another window of the same service.
        Conflict = "conflict",
        /// Policy asks for every window of the kind.
        Always = "always",
    }
}

/// A gap to another window under this is worth a warning.
pub const NARROW_GAP: TimeDelta = TimeDelta::minutes(60);
/// How many days ahead a start is looked for that nothing refuses.
const DAYS_LOOKED_AT: i64 = 400;

/// One thing that speaks against a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    /// Asked for later than the notice.
    ShortNotice {
        /// The policy's notice.
        notice: Lead,
        /// When it would have had to be asked for (UTC).
        by: DateTime<Utc>,
        /// The first start at the same wall-clock time that would be in time (UTC).
        first_start: DateTime<Utc>,
    },
    /// Down inside working hours of these regions (ids; empty: the organisation's).
    BusinessHours {
        /// Region ids.
        regions: Vec<String>,
    },
    /// Inside a freeze.
    Freeze {
        /// `FR-2`.
        id: FreezeId,
        /// What it is called; text from a person.
        title: String,
        /// First and last day, as people read them.
        days: String,
    },
    /// At the same time as another window.
    Conflict {
        /// The other window.
        id: WindowId,
        /// What it is called; text from a person.
        title: String,
        /// Its times, as people read them.
        when: String,
    },
    /// Less than an hour between it and another window: only ever a warning.
    Close {
        /// The other window.
        id: WindowId,
        /// What it is called; text from a person.
        title: String,
        /// Seconds between the two.
        gap_s: i64,
    },
    /// Policy asks for every window of the kind.
    Always,
}

impl Finding {
    /// Its sort, where policies can name it.
    #[must_use]
    pub fn kind(&self) -> Option<FindingKind> {
        match self {
            Self::ShortNotice { .. } => Some(FindingKind::ShortNotice),
            Self::BusinessHours { .. } => Some(FindingKind::BusinessHours),
            Self::Freeze { .. } => Some(FindingKind::Freeze),
            Self::Conflict { .. } => Some(FindingKind::Conflict),
            Self::Always => Some(FindingKind::Always),
            Self::Close { .. } => None,
        }
    }

    /// What the policy makes of it.
    #[must_use]
    pub fn weight(&self, policy: &Policy) -> Weight {
        match self.kind() {
            Some(kind) if policy.approval.contains(&kind) => Weight::NeedsApproval,
            None | Some(FindingKind::BusinessHours | FindingKind::Always) => Weight::Warns,
            Some(FindingKind::ShortNotice | FindingKind::Freeze | FindingKind::Conflict) => Weight::Refuses,
        }
    }
}

/// How much a finding counts under a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Said, and done all the same.
    Warns,
    /// Waits for an approver.
    NeedsApproval,
    /// Not done, unless an admin overrides it.
    Refuses,
}

/// What is looked at around a window.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// Policies, regions, calendars.
    pub organisation: &'a Organisation,
    /// Freezes that are not removed.
    pub freezes: &'a [Freeze],
    /// Other windows that may touch it in time: pending, scheduled or running.
    pub others: &'a [Window],
    /// When it is asked for (UTC).
    pub now: DateTime<Utc>,
}

/// Everything that speaks against `window` as it stands, the weightiest sort first as declared in [`FindingKind`].
#[must_use]
pub fn findings(window: &Window, around: &Around<'_>) -> Vec<Finding> {
    let policy = around.organisation.policy(&window.kind, &window.services);
    let mut found = Vec::new();
    found.extend(short_notice(window, policy, around));
    found.extend(business_hours(window, around.organisation));
    found.extend(freezes(window, around));
    found.extend(others(window, around));
    if policy.approval.contains(&FindingKind::Always) {
        found.push(Finding::Always);
    }
    found
}

/// Whether a window was asked for (`asked`, UTC) later than the policy's notice before its start.
#[must_use]
pub fn is_short_notice(span: &Span, policy: &Policy, organisation: &Organisation, asked: DateTime<Utc>) -> bool {
    policy.notice.is_some_and(|notice| asked > notice.before(span.starts_at, &span.zone, &organisation.working).0)
}

/// The first start at the window's wall-clock time, on its day or one of the 400 after it, for which nothing refuses: later
/// than `around.now`, with the notice kept, in no freeze and with no conflict, as far as the policy does not ask approval
/// for these instead. The window keeps its elapsed length. `None`: there is no such day.
///
/// It sees the windows in `around.others` and no more: the answer holds for the time that these cover.
#[must_use]
pub fn first_legal_start(window: &Window, around: &Around<'_>) -> Option<DateTime<Utc>> {
    let organisation = around.organisation;
    let policy = organisation.policy(&window.kind, &window.services);
    let refuses = |kind| !policy.approval.contains(&kind);
    let notice = policy.notice.filter(|_| refuses(FindingKind::ShortNotice));
    let mut taken: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::new();
    if refuses(FindingKind::Freeze) {
        let hit = around.freezes.iter().filter(|freeze| freeze.concerns(window));
        taken.extend(hit.map(|freeze| freeze.bounds(&organisation.zone)));
    }
    if refuses(FindingKind::Conflict) {
        taken.extend(rivals(window, around).map(|other| (other.span.starts_at, other.span.ends_at)));
    }
    let (span, length) = (&window.span, window.span.length());
    let last = span.starts_at + TimeDelta::days(DAYS_LOOKED_AT);
    span.same_time_later().take_while(|start| *start <= last).find(|start| {
        let in_time = |lead: Lead| around.now <= lead.before(*start, &span.zone, &organisation.working).0;
        let free = |(from, to): &(DateTime<Utc>, DateTime<Utc>)| *to <= *start || *start + length <= *from;
        *start > around.now && notice.is_none_or(in_time) && taken.iter().all(free)
    })
}

fn short_notice(window: &Window, policy: &Policy, around: &Around<'_>) -> Option<Finding> {
    let notice = policy.notice?;
    let working = &around.organisation.working;
    let span = &window.span;
    let by = notice.before(span.starts_at, &span.zone, working).0;
    if around.now <= by {
        return None;
    }
    let in_time = |start: &DateTime<Utc>| around.now <= notice.before(*start, &span.zone, working).0;
    // A calendar without working days for years to come has no such start; the finding stands all the same.
    let first_start = span.same_time_later().find(in_time).or_else(|| span.same_time_later().last());
    Some(Finding::ShortNotice { notice, by, first_start: first_start.unwrap_or(span.starts_at) })
}

/// Ids of the affected regions in whose working hours a part of the window lies.
fn business_hours(window: &Window, organisation: &Organisation) -> Option<Finding> {
    if !takes_down(window) {
        return None;
    }
    let span = &window.span;
    let hit: Vec<Option<&Region>> = calendars(organisation, &window.regions)
        .filter(|(_, working)| working.works_during(span.starts_at, span.ends_at))
        .map(|(region, _)| region)
        .collect();
    let regions = hit.iter().flatten().map(|region| region.id.clone()).collect();
    (!hit.is_empty()).then_some(Finding::BusinessHours { regions })
}

/// The working calendars of the regions with these ids, none meaning all; the organisation's own where no regions are
/// configured.
pub(super) fn calendars<'a>(
    organisation: &'a Organisation,
    regions: &'a [String],
) -> impl Iterator<Item = (Option<&'a Region>, &'a WorkingCalendar)> {
    let own = organisation.regions.is_empty().then_some((None, &organisation.working));
    own.into_iter().chain(organisation.affected_regions(regions).map(|region| (Some(region), &region.working)))
}

/// Whether the window interrupts anything: its kind does, and it was not said of all its services that they are down for
/// no time at all.
fn takes_down(window: &Window) -> bool {
    let downtime = |service: &String| window.downtimes.get(service).or(window.downtime.as_ref());
    let none = |downtime: &Downtime| downtime.most == TimeDelta::zero();
    window.kind.has_downtime() && !window.services.iter().all(|service| downtime(service).is_some_and(none))
}

fn freezes(window: &Window, around: &Around<'_>) -> Vec<Finding> {
    let zone = &around.organisation.zone;
    let hit = around.freezes.iter().filter(|f| f.concerns(window) && f.covers(&window.span, zone));
    hit.map(|f| Finding::Freeze { id: f.id, title: f.title.clone(), days: f.days_words() }).collect()
}

/// What a window touches, and how: all that decides whom it conflicts with and which freezes speak of it.
#[derive(Clone, Copy, Debug)]
pub struct Reach<'a> {
    /// Its policy.
    pub kind: &'a Kind,
    /// Ids of the services it touches.
    pub services: &'a [String],
    /// Where.
    pub environment: &'a str,
    /// Ids of the regions it touches; empty means all.
    pub regions: &'a [String],
}

impl<'a> From<&'a Window> for Reach<'a> {
    fn from(w: &'a Window) -> Self {
        Self { kind: &w.kind, services: &w.services, environment: &w.environment, regions: &w.regions }
    }
}

impl Reach<'_> {
    /// Whether both touch the same thing in a way that can hurt: the same environment, a service and a region, no regions
    /// meaning all. What takes nothing down conflicts with nothing.
    #[must_use]
    pub fn conflicts_with(&self, other: &Reach<'_>) -> bool {
        self.kind.has_downtime()
            && other.kind.has_downtime()
            && self.environment == other.environment
            && self.services.iter().any(|id| other.services.contains(id))
            && meet(self.regions, other.regions)
    }
}

/// Whether two lists of ids have one in common, an empty list meaning all.
pub(super) fn meet(a: &[String], b: &[String]) -> bool {
    a.is_empty() || b.is_empty() || a.iter().any(|id| b.contains(id))
}

/// Whether two windows touch the same thing: environment, a service and a region, none meaning all.
#[must_use]
pub fn share_something(a: &Window, b: &Window) -> bool {
    Reach::from(a).conflicts_with(&b.into())
}

/// The other windows that it would get in the way of at the same time: pending ones count, those that are over do not.
fn rivals<'a>(window: &'a Window, around: &Around<'a>) -> impl Iterator<Item = &'a Window> {
    let open = around.others.iter().filter(|other| other.id != window.id && !other.state.is_over());
    open.filter(|other| share_something(window, other))
}

fn others(window: &Window, around: &Around<'_>) -> Vec<Finding> {
    let span = &window.span;
    let finding = |other: &Window| {
        let (id, title) = (other.id, other.title.clone());
        let gap = (other.span.starts_at - span.ends_at).max(span.starts_at - other.span.ends_at);
        if gap < TimeDelta::zero() {
            Some(Finding::Conflict { id, title, when: other.span.to_string() })
        } else if gap < NARROW_GAP {
            Some(Finding::Close { id, title, gap_s: gap.num_seconds() })
        } else {
            None
        }
    };
    rivals(window, around).filter_map(finding).collect()
}

#[cfg(test)]
mod tests;
