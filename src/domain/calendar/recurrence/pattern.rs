//! What repeats, before it has a start: a rule or a cron expression as somebody wrote it.

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use super::cron;
use super::read;
use super::rule::{End, Every, Rule};
use super::{Day, Kind, LAST_YEAR, Recurrence, is_in_years};

/// Longer text is refused unread, in bytes.
const LONGEST_TEXT: usize = 2_000;

/// A recurrence without its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub(super) kind: Kind,
    /// The start that the text gave (`DTSTART`).
    pub(super) start: Option<Day>,
    pub(super) also: BTreeSet<Day>,
    pub(super) except: BTreeSet<Day>,
}

/// Why a text is no pattern, for the person who typed it. `Display` gives the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadPattern {
    /// The bytes of the given text that are to blame.
    pub range: Range<usize>,
    /// What is wrong with them, and what is allowed.
    pub message: String,
    /// A whole text that works instead, when one can be computed.
    pub hint: Option<String>,
}

impl BadPattern {
    pub(super) fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self { range, message: message.into(), hint: None }
    }

    pub(super) fn or_type(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Keeps the hint only when it can be read.
    fn checked(self, reads: impl Fn(&str) -> bool) -> Self {
        let hint = self.hint.filter(|hint| reads(hint));
        Self { hint, ..self }
    }
}

impl Pattern {
    /// Reads a rule of iCalendar (RFC 5545): `FREQ=MONTHLY;BYDAY=2SU`, perhaps after `RRULE:`, and beside it, apart by
    /// white space, `DTSTART:20261213T160000`, `RDATE:20261220T160000,20270103`, `EXDATE:20261213`. All times are wall-
    /// clock times; one in UTC (`…Z`) or with a zone is refused, since the zone is given elsewhere. `UNTIL` is
    /// inclusive, a date up to its last second. Frequencies run from yearly to hourly.
    ///
    /// # Errors
    /// What is wrong, where in `text`, and where possible a text that works.
    pub fn rule(text: &str) -> Result<Self, BadPattern> {
        bounded(text)?;
        read::rule(text).map_err(|error| error.checked(|hint| read::rule(hint).is_ok()))
    }

    /// Reads five fields of cron: minute, hour, day of the month, month, weekday. 0 and 7 are Sunday, names are
    /// allowed, so are `*/n`, lists and ranges.
    ///
    /// # Errors
    /// What is wrong, where in `text`, and where possible a text that works: days of the month and weekdays restricted
    /// together (tools disagree on what that means; the hint is the rule for days that are both), seconds or years,
    /// macros such as `@daily` (the hint has the five fields).
    pub fn cron(text: &str) -> Result<Self, BadPattern> {
        bounded(text)?;
        let cron = cron::read(text)
            .map_err(|error| error.checked(|hint| cron::read(hint).is_ok() || read::rule(hint).is_ok()))?;
        Ok(Self { kind: Kind::Cron(cron), start: None, also: BTreeSet::new(), except: BTreeSet::new() })
    }

    /// Whether it says by itself at what times of day it takes place, so that no other time can be given.
    #[must_use]
    pub fn has_time(&self) -> bool {
        let starts_at_time = matches!(self.start, Some(Day::At(_)));
        match &self.kind {
            Kind::Cron(_) => true,
            Kind::Rule(rule) => starts_at_time || !rule.hours.is_empty() || rule.every == Every::Hour,
        }
    }

    /// The one time of day at which it takes place, when the text says so.
    #[must_use]
    pub fn time(&self) -> Option<NaiveTime> {
        let started = match self.start {
            Some(Day::At(wall)) => Some(wall.time()),
            _ => None,
        };
        let only = |list: &[u8], default: Option<u32>| match list {
            [] => default,
            [one] => Some(u32::from(*one)),
            _ => None,
        };
        match &self.kind {
            Kind::Cron(cron) => cron.time(),
            Kind::Rule(rule) if rule.every == Every::Hour => None,
            Kind::Rule(rule) => NaiveTime::from_hms_opt(
                only(&rule.hours, started.map(|time| time.hour()))?,
                only(&rule.minutes, Some(started.map_or(0, |time| time.minute())))?,
                only(&rule.seconds, Some(started.map_or(0, |time| time.second())))?,
            ),
        }
    }

    /// Gives it its start: the one that the text names, else the first match at or after `from` (wall-clock time). `at`
    /// is the time of day; a pattern with times of its own keeps those and does not need it.
    ///
    /// # Errors
    /// A sentence: no match ever comes, or none before its own end.
    pub fn starting(self, at: Option<NaiveTime>, from: NaiveDateTime) -> Result<Recurrence, String> {
        let time = if self.has_time() { self.time() } else { Some(at.unwrap_or(NaiveTime::MIN)) };
        let mut kind = self.kind;
        if let Kind::Rule(rule) = &mut kind {
            if let Some(fault) = rule.fault(self.start.map_or(from, |day| day.at(NaiveTime::MIN))) {
                return Err(format!("this never happens: {fault}"));
            }
            if !matches!(self.start, Some(Day::At(_))) {
                write_out_minutes(rule);
            }
        }
        let start = match self.start {
            Some(day) => day.at(time.unwrap_or(NaiveTime::MIN)),
            None => first_match(&kind, time, from).ok_or("this never happens: no day matches it")?,
        };
        let recurrence = Recurrence { start, kind, also: self.also, except: self.except };
        if recurrence.walls(start).next().is_none() {
            return Err(format!("nothing comes of this: no day from {} on is left", start.format("%Y-%m-%d")));
        }
        Ok(recurrence)
    }

    /// The same with the lines `DTSTART`, `RDATE` and `EXDATE` of another text.
    pub(super) fn with_dates(self, text: &str) -> Result<Self, BadPattern> {
        let (start, also, except) = read::dates(text)?;
        Ok(Self { start, also, except, ..self })
    }

    /// What was stored: a pattern whose text names its start and time.
    pub(in crate::domain::calendar) fn stored(self) -> Option<Recurrence> {
        match self.start {
            Some(Day::At(start)) => Some(Recurrence { start, kind: self.kind, also: self.also, except: self.except }),
            _ => None,
        }
    }
}

/// With hours of its own a rule has minutes of its own too; it would otherwise take those of its start.
fn write_out_minutes(rule: &mut Rule) {
    if rule.hours.is_empty() && rule.every != Every::Hour {
        return;
    }
    for list in [&mut rule.minutes, &mut rule.seconds] {
        if list.is_empty() {
            list.push(0);
        }
    }
}

/// The first match at or after `from`, whatever the interval and the end: counting begins there.
fn first_match(kind: &Kind, time: Option<NaiveTime>, from: NaiveDateTime) -> Option<NaiveDateTime> {
    let Kind::Rule(rule) = kind else { return kind.walls(from, from).next() };
    let each = Rule { interval: 1, end: End::Never, ..rule.clone() };
    let begin = match time.map(|time| from.date().and_time(time)) {
        Some(passed) if passed < from => passed.checked_add_days(Days::new(1))?,
        Some(ahead) => ahead,
        None => from,
    };
    each.walls(begin, begin).next()
}

fn bounded(text: &str) -> Result<(), BadPattern> {
    if text.len() <= LONGEST_TEXT {
        return Ok(());
    }
    let cut = (0..=LONGEST_TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    Err(BadPattern::new(cut..text.len(), format!("a recurrence takes at most {LONGEST_TEXT} bytes")))
}

/// A date that exists and lies within the years that are looked at.
pub(super) fn date(year: i32, month: u32, day: u32) -> Result<NaiveDate, String> {
    let date = NaiveDate::from_ymd_opt(year, month, day)
        .ok_or_else(|| format!("there is no {year:04}-{month:02}-{day:02}"))?;
    if is_in_years(date) {
        Ok(date)
    } else {
        Err(format!("the year {} is out of range (up to {LAST_YEAR})", date.year()))
    }
}
