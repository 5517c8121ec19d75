//! Finding a slot: the quietest times that satisfy notice, working hours, freezes and other windows. Pure.
//!
//! A slot is offered only where a window of that kind could be scheduled without any finding: what policy would let an
//! approver wave through is not offered either. Everything that speaks against a time is merged into stretches, and all
//! possible starts are compared with them in one sweep, so that the work grows with the number of windows, not with its
//! square.

mod load;
mod taken;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

pub use load::{WEEK_HOURS, WeekLoad};

use super::calendar::{Lead, Placed, Span, Zone, day_start, local, typed};
use super::finding::{Around, FindingKind, NARROW_GAP, Reach, calendars};
use super::freeze::FreezeId;
use super::organisation::{Organisation, Service};
use super::window::{Kind, Window, WindowId};
use taken::Stretches;

/// No more slots than these are offered.
pub const MOST_SLOTS: usize = 10;
/// And no more on one day of the ask's zone.
pub const MOST_A_DAY: usize = 2;
/// Slots are looked for over at most so long a time.
pub const LONGEST_LOOK: TimeDelta = TimeDelta::days(400);
/// After the notice is kept by this much, it is kept by every later start.
const NOTICE_IS_SAFE: TimeDelta = TimeDelta::days(2);

/// What a slot is wanted for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Ids of the services that it touches, at least one.
    pub services: Vec<String>,
    /// Where.
    pub environment: String,
    /// Ids of the regions that it touches; empty means all.
    pub regions: Vec<String>,
    /// Its policy.
    pub kind: Kind,
    /// How long it takes, elapsed.
    pub length: TimeDelta,
    /// The zone in which it begins on the half hour, and in which days are counted.
    pub zone: Zone,
    /// It may begin from here on (UTC), but never in the past.
    pub earliest: DateTime<Utc>,
    /// It must be over by then (UTC).
    pub before: DateTime<Utc>,
}

impl<'a> From<&'a Ask> for Reach<'a> {
    fn from(ask: &'a Ask) -> Self {
        Self { kind: &ask.kind, services: &ask.services, environment: &ask.environment, regions: &ask.regions }
    }
}

impl Ask {
    /// The same, not in the past and not over more than [`LONGEST_LOOK`].
    fn within_reason(&self, now: DateTime<Utc>) -> Self {
        let earliest = self.earliest.max(now);
        Self { earliest, before: self.before.min(earliest + LONGEST_LOOK), ..self.clone() }
    }
}

/// What is known of the time asked for.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Policies and calendars, freezes, every other window that may touch that time, and when it is asked (UTC).
    pub around: Around<'a>,
    /// How much services are used, by id, where that is measured.
    pub traffic: &'a BTreeMap<String, WeekLoad>,
}

/// Why a slot is a good one: facts; the words are made elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The policy's notice is kept.
    Notice {
        /// The notice.
        notice: Lead,
        /// How long before the start it is asked for now.
        ahead: TimeDelta,
    },
    /// Outside the working hours of an affected region.
    OutsideHours {
        /// The region's id; `None` for the organisation's own hours, where no regions are configured.
        region: Option<String>,
        /// The start on the wall clock there.
        from: NaiveDateTime,
        /// The end on the wall clock there.
        to: NaiveDateTime,
        /// The zone there.
        zone: Zone,
    },
    /// In no freeze, although there are some that speak of this.
    NoFreeze {
        /// The nearest of them.
        nearest: FreezeId,
    },
    /// At the same time as no other window; this one is nearest.
    OtherWindow {
        /// The other window.
        id: WindowId,
        /// What it is called; text from a person.
        title: String,
        /// How long between the two. Under an hour it is tight.
        gap: TimeDelta,
        /// Whether the other one comes first.
        is_before: bool,
    },
    /// No other window shares anything with it in the time looked at.
    NoOtherWindow,
    /// As measured, few use the services then.
    Quietest {
        /// It lies in the quietest part of the week, so many percent of it.
        percent: u8,
    },
    /// Inside the hours that are written down as quiet.
    QuietHours {
        /// Ids of the services that have such hours.
        services: Vec<String>,
    },
}

/// A time that could be scheduled as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// From when until when, in the ask's zone.
    pub span: Span,
    /// What speaks for it.
    pub why: Vec<Why>,
}

/// What stood in the way of how many starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// What: short notice, business hours, a freeze or a conflict.
    pub kind: FindingKind,
    /// So many starts.
    pub blocked: usize,
    /// So many of these by nothing else: they would be free without it.
    pub alone: usize,
}

/// The answer to an [`Ask`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// At most [`MOST_SLOTS`], the best first.
    pub slots: Vec<Slot>,
    /// What stood in the way, the most frequent first; nothing that did not.
    pub obstacles: Vec<Obstacle>,
    /// How many starts were looked at. Zero: nothing of that length fits between `earliest` and `before`.
    pub looked_at: usize,
}

/// The best slots for what is asked, and what stood in the way of others.
///
/// Quietest first where the use of at least one of the services is measured; else slots wholly inside the quiet hours of
/// every service that has some come first; equal ones in the order of time. Slots within an hour of another window that
/// shares something come after all others. No two of them overlap.
#[must_use]
pub fn suggest(ask: &Ask, known: &Known<'_>) -> Suggestion {
    let around = &known.around;
    let ask = &ask.within_reason(around.now);
    let reach = Reach::from(ask);
    let starts = starts(ask);
    let rivals: Vec<Rival> = around
        .others
        .iter()
        .filter(|w| !w.state.is_over() && reach.conflicts_with(&Reach::from(*w)))
        .map(Rival::from)
        .collect();
    let taken: Stretches = rivals.iter().map(|rival| (rival.from, rival.to)).collect();
    let frozen = around.freezes.iter().filter(|freeze| freeze.concerns(reach));
    let frozen: Stretches = frozen.map(|freeze| freeze.bounds(&around.organisation.zone)).collect();
    let against = [
        (FindingKind::ShortNotice, short_notice(ask, around, &starts)),
        (FindingKind::BusinessHours, working_hours(ask, around.organisation).met_by(&starts, ask.length)),
        (FindingKind::Freeze, frozen.met_by(&starts, ask.length)),
        (FindingKind::Conflict, taken.met_by(&starts, ask.length)),
    ];
    let load = WeekLoad::together(ask.services.iter().filter_map(|id| known.traffic.get(id)));
    let quiet = QuietHours::of(ask, around.organisation);
    let inside = quiet.hold(&starts, ask.length);
    let tight = taken.widened(NARROW_GAP).met_by(&starts, ask.length);
    let free = (0..starts.len()).filter(|n| !against.iter().any(|(_, blocked)| blocked[*n]));
    let mut ranked: Vec<Candidate> = free
        .map(|n| Candidate {
            tight: tight[n],
            load: load.as_ref().map_or(0.0, |load| load.during(starts[n], ask.length)),
            outside_quiet_hours: !inside[n],
            start: starts[n],
        })
        .collect();
    ranked.sort_unstable_by(Candidate::compare);
    let facts = Facts { ask, around, rivals: &rivals, load: load.as_ref(), quiet: &quiet };
    let slots = chosen(&ranked, ask).into_iter().map(|candidate| facts.slot(candidate)).collect();
    Suggestion { slots, obstacles: obstacles(&against), looked_at: starts.len() }
}

/// Every start that is asked for: the half hours of the wall clock in the ask's zone. A time that the clocks skip is none;
/// of one that they repeat, the first counts.
fn starts(ask: &Ask) -> Vec<DateTime<Utc>> {
    let latest = ask.before - ask.length;
    let last = local(latest, &ask.zone).date();
    let days = local(ask.earliest, &ask.zone).date().iter_days().take_while(|date| *date <= last);
    let starts = days.flat_map(|date| half_hours_of(date, &ask.zone));
    let mut starts: Vec<DateTime<Utc>> = starts.filter(|start| ask.earliest <= *start && *start <= latest).collect();
    // The first of two equal hours may be listed after a time that the zone's wall clock shows before it.
    starts.sort_unstable();
    starts
}

fn half_hours_of(date: NaiveDate, zone: &Zone) -> Vec<DateTime<Utc>> {
    let begins = day_start(date, zone);
    let clocks_stand = day_start(date.succ_opt().unwrap_or(date), zone) - begins == TimeDelta::days(1);
    if clocks_stand {
        // Nearly every day: there is no need to look at each of its times in the zone's rules.
        return (0..48).map(|n| begins + TimeDelta::minutes(30 * n)).collect();
    }
    let walls = (0..48).filter_map(|n| NaiveTime::from_hms_opt(n / 2, n % 2 * 30, 0));
    let real = walls.filter_map(|clock| match typed(date.and_time(clock), zone) {
        Placed::At(start) | Placed::Overlap { first: start, .. } => Some(start),
        Placed::Gap { .. } => None,
    });
    real.collect()
}

/// For each start: whether it is asked for later than the policy's notice.
fn short_notice(ask: &Ask, around: &Around<'_>, starts: &[DateTime<Utc>]) -> Vec<bool> {
    let Some(notice) = around.organisation.policy(&ask.kind, &ask.services).notice else {
        return vec![false; starts.len()];
    };
    let mut safe = false;
    let short = |start: &DateTime<Utc>| {
        if safe {
            return false;
        }
        let by = notice.before(*start, &ask.zone, &around.organisation.working).0;
        safe = by > around.now + NOTICE_IS_SAFE;
        around.now > by
    };
    starts.iter().map(short).collect()
}

/// The working hours of every affected region; none, where the kind takes nothing down.
fn working_hours(ask: &Ask, organisation: &Organisation) -> Stretches {
    if !ask.kind.has_downtime() {
        return Stretches::default();
    }
    calendars(organisation, &ask.regions)
        .flat_map(|(_, working)| {
            let (first, last) = days(ask, &working.zone);
            working.hours_between(first, last)
        })
        .collect()
}

/// The days in `zone` that the time asked for touches, and the one before it, whose hours may run past midnight.
fn days(ask: &Ask, zone: &Zone) -> (NaiveDate, NaiveDate) {
    let first = local(ask.earliest, zone).date();
    (first.pred_opt().unwrap_or(first), local(ask.before, zone).date())
}

/// Quiet hours, written down, of each service that has some.
struct QuietHours<'a>(Vec<(&'a Service, Stretches)>);

impl<'a> QuietHours<'a> {
    fn of(ask: &Ask, organisation: &'a Organisation) -> Self {
        let services = ask.services.iter().filter_map(|id| organisation.services.get(id));
        let of = |service: &'a Service| {
            let zone = service.zone.as_ref().unwrap_or(&organisation.zone);
            let (first, last) = days(ask, zone);
            (service, service.quiet_hours.iter().flat_map(|hours| hours.between(first, last, zone)).collect())
        };
        Self(services.filter(|service| !service.quiet_hours.is_empty()).map(of).collect())
    }

    /// For each start: whether a time of `length` lies inside the quiet hours of every service that has some.
    fn hold(&self, starts: &[DateTime<Utc>], length: TimeDelta) -> Vec<bool> {
        let mut inside = vec![!self.0.is_empty(); starts.len()];
        for (_, hours) in &self.0 {
            inside.iter_mut().zip(hours.hold(starts, length)).for_each(|(all, this)| *all &= this);
        }
        inside
    }

    fn services(&self) -> Vec<String> {
        self.0.iter().map(|(service, _)| service.id.clone()).collect()
    }
}

/// A start that nothing speaks against, with what ranks it.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    tight: bool,
    load: f64,
    outside_quiet_hours: bool,
    start: DateTime<Utc>,
}

impl Candidate {
    /// The better one first.
    fn compare(&self, other: &Self) -> Ordering {
        // Equal hours of different weeks differ in the last digits.
        let rounded = |load: f64| (load * 1e6).round();
        self.tight
            .cmp(&other.tight)
            .then_with(|| rounded(self.load).total_cmp(&rounded(other.load)))
            .then_with(|| self.outside_quiet_hours.cmp(&other.outside_quiet_hours))
            .then_with(|| self.start.cmp(&other.start))
    }
}

/// The best ones that do not overlap, few on one day.
fn chosen<'a>(ranked: &'a [Candidate], ask: &Ask) -> Vec<&'a Candidate> {
    let mut chosen: Vec<&Candidate> = Vec::new();
    let mut on_day: BTreeMap<NaiveDate, usize> = BTreeMap::new();
    for candidate in ranked {
        let overlaps = |other: &&Candidate| (candidate.start - other.start).abs() < ask.length;
        if chosen.len() == MOST_SLOTS {
            break;
        }
        let count = on_day.entry(local(candidate.start, &ask.zone).date()).or_default();
        if *count < MOST_A_DAY && !chosen.iter().any(overlaps) {
            *count += 1;
            chosen.push(candidate);
        }
    }
    chosen
}

fn obstacles(against: &[(FindingKind, Vec<bool>)]) -> Vec<Obstacle> {
    let alone = |n: usize| against.iter().filter(|(_, blocked)| blocked[n]).count() == 1;
    let obstacle = |(kind, blocked): &(FindingKind, Vec<bool>)| {
        let hit = || blocked.iter().enumerate().filter(|(_, blocked)| **blocked);
        Obstacle { kind: *kind, blocked: hit().count(), alone: hit().filter(|(n, _)| alone(*n)).count() }
    };
    let mut obstacles: Vec<Obstacle> = against.iter().map(obstacle).filter(|obstacle| obstacle.blocked > 0).collect();
    obstacles.sort_by_key(|obstacle| std::cmp::Reverse((obstacle.alone, obstacle.blocked)));
    obstacles
}

/// Another window that would be in the way, its times beside it: they are looked at far more often than the rest.
#[derive(Clone, Copy, Debug)]
struct Rival<'a> {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    window: &'a Window,
}

impl<'a> From<&'a Window> for Rival<'a> {
    fn from(window: &'a Window) -> Self {
        Self { from: window.span.starts_at, to: window.span.ends_at, window }
    }
}

/// What the reasons of a slot are made from.
struct Facts<'a> {
    ask: &'a Ask,
    around: &'a Around<'a>,
    rivals: &'a [Rival<'a>],
    load: Option<&'a WeekLoad>,
    quiet: &'a QuietHours<'a>,
}

impl Facts<'_> {
    fn slot(&self, candidate: &Candidate) -> Slot {
        let starts_at = candidate.start;
        let span = Span { starts_at, ends_at: starts_at + self.ask.length, zone: self.ask.zone.clone() };
        let mut why = Vec::new();
        if let Some(load) = self.load {
            why.push(Why::Quietest { percent: load.quietest_percent(starts_at, self.ask.length) });
        }
        if !candidate.outside_quiet_hours {
            why.push(Why::QuietHours { services: self.quiet.services() });
        }
        why.extend(self.outside_hours(&span));
        let notice = self.around.organisation.policy(&self.ask.kind, &self.ask.services).notice;
        why.extend(notice.map(|notice| Why::Notice { notice, ahead: starts_at - self.around.now }));
        why.extend(self.no_freeze(&span));
        why.push(self.other_window(&span));
        Slot { span, why }
    }

    /// The wall clock of every affected region that has working hours, where the kind takes anything down.
    fn outside_hours(&self, span: &Span) -> Vec<Why> {
        let with_hours = calendars(self.around.organisation, &self.ask.regions)
            .filter(|(_, working)| self.ask.kind.has_downtime() && working.hours.is_some());
        let why = with_hours.map(|(region, working)| Why::OutsideHours {
            region: region.map(|region| region.id.clone()),
            from: local(span.starts_at, &working.zone),
            to: local(span.ends_at, &working.zone),
            zone: working.zone.clone(),
        });
        why.collect()
    }

    fn no_freeze(&self, span: &Span) -> Option<Why> {
        let zone = &self.around.organisation.zone;
        let concerning = self.around.freezes.iter().filter(|freeze| freeze.concerns(self.ask));
        let nearest = concerning.min_by_key(|freeze| {
            let (from, to) = freeze.bounds(zone);
            gap_between(span, from, to)
        });
        nearest.map(|freeze| Why::NoFreeze { nearest: freeze.id })
    }

    fn other_window(&self, span: &Span) -> Why {
        let gap = |rival: &Rival| gap_between(span, rival.from, rival.to);
        match self.rivals.iter().min_by_key(|rival| (gap(rival), rival.from)) {
            Some(rival) => Why::OtherWindow {
                id: rival.window.id,
                title: rival.window.title.clone(),
                gap: gap(rival),
                is_before: rival.from < span.starts_at,
            },
            None => Why::NoOtherWindow,
        }
    }
}

/// How long between two times that do not overlap.
fn gap_between(span: &Span, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
    (from - span.ends_at).max(span.starts_at - to)
}

#[cfg(test)]
mod tests;
