//! Recurrences: times that come again and again on the wall clock.
//!
//! A rule is counted on the wall clock alone and each of its times is then placed into a zone by this module's own
//! rules, so neither a change of the clocks nor the host's zone can shift or drop one. The crates `rrule` and `cron`
//! do the counting with UTC standing in for the wall clock; their zone rules are never used. Nothing is looked for
//! after the year 2199 (2099 for cron), so that every question has an end.

mod cron;
mod pattern;
mod read;
mod rule;
mod wording;

pub use pattern::{BadPattern, Pattern};

use std::collections::BTreeSet;
use std::fmt;
use std::iter::Peekable;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use self::cron::Cron;
use self::rule::Rule;
use super::{DstNote, Zone, computed, local};

/// The last year in which an occurrence is looked for.
const LAST_YEAR: i32 = 2199;
/// The first year in which a recurrence can start.
const FIRST_YEAR: i32 = 1600;

/// A recurrence with its start. `Display` writes one text that reads back as an equal value:
///
/// ```text
/// DTSTART:20261213T160000
/// RRULE:FREQ=MONTHLY;BYDAY=2SU
/// EXDATE:20270110
/// ```
///
/// All its times are wall-clock times. Additional dates (`RDATE`) count from the start on; a date without a time means
/// the start's time of day for `RDATE`, and every occurrence of that day for `EXDATE`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Recurrence {
    start: NaiveDateTime,
    kind: Kind,
    also: BTreeSet<Day>,
    except: BTreeSet<Day>,
}

/// What repeats.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Rule(Rule),
    Cron(Cron),
}

/// A date, or a date with a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Day {
    Whole(NaiveDate),
    At(NaiveDateTime),
}

/// One time of a recurrence, placed in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Occurrence {
    /// The rule's own wall-clock time: what this occurrence is known by. A shift or a change of the clocks does not
    /// alter it.
    pub wall: NaiveDateTime,
    /// When it takes place.
    pub starts_at: DateTime<Utc>,
    /// What a change of the clocks did to it.
    pub note: Option<DstNote>,
}

/// A text that is no stored recurrence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a recurrence: {0}")]
pub struct BadRecurrence(String);

impl Recurrence {
    /// The first wall-clock time that can occur; the rule's own counting (`INTERVAL`, `COUNT`) begins here.
    #[must_use]
    pub fn start(&self) -> NaiveDateTime {
        self.start
    }

    /// The occurrences strictly after `wall` (from the start on for None), in the order of their wall-clock times.
    ///
    /// `shift` is added to the rule's wall-clock time before it is placed in `zone`. A time that the clocks skip moves
    /// on by the gap, unless the recurrence has an occurrence at that time of its own: then there is one, not two. Of
    /// a time that the clocks show twice the first is taken.
    pub fn after<'a>(
        &'a self,
        wall: Option<NaiveDateTime>,
        shift: TimeDelta,
        zone: &'a Zone,
    ) -> impl Iterator<Item = Occurrence> + 'a {
        let from = wall.map_or(self.start, |wall| wall.checked_add_signed(TimeDelta::seconds(1)).unwrap_or(wall));
        self.walls(from).filter_map(move |wall| self.place(wall, shift, zone))
    }

    /// Whether the rule has an occurrence at this wall-clock time.
    #[must_use]
    pub fn contains(&self, wall: NaiveDateTime) -> bool {
        self.walls(wall).next() == Some(wall)
    }

    /// The rule in words for people: `second Sunday of every month at 16:00`. A rule that has no plain words is shown
    /// as it is written.
    #[must_use]
    pub fn words(&self) -> String {
        wording::words(self)
    }

    fn place(&self, wall: NaiveDateTime, shift: TimeDelta, zone: &Zone) -> Option<Occurrence> {
        let (starts_at, note) = computed(wall.checked_add_signed(shift)?, zone);
        if note == Some(DstNote::MovedPastGap) {
            let own = local(starts_at, zone).checked_sub_signed(shift)?;
            if own != wall && self.contains(own) {
                return None;
            }
        }
        Some(Occurrence { wall, starts_at, note })
    }

    /// The rule's wall-clock times at or after `from`, in order, each once.
    fn walls(&self, from: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> + '_ {
        let from = from.max(self.start);
        let ruled = self.kind.walls(self.start, from);
        let also: BTreeSet<NaiveDateTime> = self.also.iter().map(|day| day.at(self.start.time())).collect();
        let also = also.into_iter().filter(move |wall| *wall >= from).collect::<Vec<_>>().into_iter();
        Merged { left: ruled.peekable(), right: also.peekable() }.filter(|wall| !self.leaves_out(*wall))
    }

    fn leaves_out(&self, wall: NaiveDateTime) -> bool {
        self.except.contains(&Day::At(wall)) || self.except.contains(&Day::Whole(wall.date()))
    }
}

impl Kind {
    /// Its times at or after `from`, in order.
    fn walls(&self, start: NaiveDateTime, from: NaiveDateTime) -> Box<dyn Iterator<Item = NaiveDateTime> + '_> {
        match self {
            Self::Rule(rule) => Box::new(rule.walls(start, from)),
            Self::Cron(cron) => Box::new(cron.walls(from)),
        }
    }
}

impl Day {
    fn at(self, time: NaiveTime) -> NaiveDateTime {
        match self {
            Self::Whole(date) => date.and_time(time),
            Self::At(wall) => wall,
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(date) => write!(f, "{}", date.format("%Y%m%d")),
            Self::At(wall) => write!(f, "{}", wall.format("%Y%m%dT%H%M%S")),
        }
    }
}

/// Two sorted sequences as one; what is in both comes once.
struct Merged<L: Iterator, R: Iterator> {
    left: Peekable<L>,
    right: Peekable<R>,
}

impl<T: Ord, L: Iterator<Item = T>, R: Iterator<Item = T>> Iterator for Merged<L, R> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match (self.left.peek(), self.right.peek()) {
            (Some(left), Some(right)) if left > right => self.right.next(),
            (Some(left), Some(right)) => {
                if left == right {
                    self.right.next();
                }
                self.left.next()
            }
            (Some(_), None) => self.left.next(),
            (None, _) => self.right.next(),
        }
    }
}

impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DTSTART:{}", Day::At(self.start))?;
        match &self.kind {
            Kind::Rule(rule) => write!(f, "\nRRULE:{rule}")?,
            Kind::Cron(cron) => write!(f, "\nCRON:{cron}")?,
        }
        for (name, days) in [("RDATE", &self.also), ("EXDATE", &self.except)] {
            if !days.is_empty() {
                let days: Vec<String> = days.iter().map(Day::to_string).collect();
                write!(f, "\n{name}:{}", days.join(","))?;
            }
        }
        Ok(())
    }
}

impl FromStr for Recurrence {
    type Err = BadRecurrence;

    fn from_str(text: &str) -> Result<Self, BadRecurrence> {
        let bad = |error: BadPattern| BadRecurrence(error.message);
        let cron = text.lines().find_map(|line| line.strip_prefix("CRON:"));
        let pattern = match cron {
            Some(cron) => {
                let others: Vec<&str> = text.lines().filter(|line| !line.starts_with("CRON:")).collect();
                Pattern::cron(cron).map_err(bad)?.with_dates(&others.join("\n")).map_err(bad)?
            }
            None => Pattern::rule(text).map_err(bad)?,
        };
        pattern.stored().ok_or_else(|| BadRecurrence("it has no start with a time (DTSTART)".to_owned()))
    }
}

/// Whether a recurrence can start on, end on, add or leave out this date.
pub(super) fn is_in_years(date: NaiveDate) -> bool {
    (FIRST_YEAR..=LAST_YEAR).contains(&date.year())
}

#[cfg(test)]
mod tests;
