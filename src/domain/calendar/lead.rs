//! Lead times: how long before a start something is due.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{DstNote, Hours, Zone, computed, local};

const LONGEST_DAYS: u16 = 400;

/// How long before a start something is due. Text and value convert both ways: `14d`, `12h`, `15m`, `90s`, `7d@09:00`,
/// `5wd`, `5wd@09:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lead(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    /// Exact elapsed seconds.
    Elapsed(u32),
    /// Calendar days in the window's zone, at the start's wall-clock time or at the given one.
    Days(u16, Option<NaiveTime>),
    /// Working days in the organisation's zone, likewise.
    WorkingDays(u16, Option<NaiveTime>),
}

/// Text that is no lead time. Its `Display` says what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not a lead time: {why}; write for example 14d, 12h, 15m, 7d@09:00 or 5wd (working days)")]
pub struct BadLead {
    text: String,
    why: &'static str,
}

/// The organisation's working days: which weekdays, which dates are off, and in which zone a date is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkingCalendar {
    /// The weekdays worked. A week without any counts every day, so that a lead time always has an answer.
    pub week: Vec<Weekday>,
    /// Dates that are not worked although the week says so.
    pub holidays: BTreeSet<NaiveDate>,
    /// Working hours of a working day, where they are written.
    pub hours: Option<Hours>,
    /// The organisation's zone.
    pub zone: Zone,
}

impl WorkingCalendar {
    /// Monday to Friday without holidays or hours.
    #[must_use]
    pub fn monday_to_friday(zone: Zone) -> Self {
        let week = vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
        Self { week, holidays: BTreeSet::new(), hours: None, zone }
    }

    /// Whether the organisation works on this date.
    #[must_use]
    pub fn is_working(&self, date: NaiveDate) -> bool {
        (self.week.is_empty() || self.week.contains(&date.weekday())) && !self.holidays.contains(&date)
    }

    /// The date that is `count` working days earlier, counted strictly before `date`; `date` itself for zero.
    #[must_use]
    pub fn working_days_before(&self, date: NaiveDate, count: u16) -> NaiveDate {
        let mut day = date;
        let mut left = count;
        while left > 0 {
            let Some(earlier) = day.pred_opt() else { return day };
            day = earlier;
            left -= u16::from(self.is_working(day));
        }
        day
    }
}

impl WorkingCalendar {
    /// The same clock time in the organisation's zone, `count` working days later, counted strictly after the day of
    /// `instant` (UTC).
    #[must_use]
    pub fn working_days_after(&self, instant: DateTime<Utc>, count: u16) -> DateTime<Utc> {
        let wall = local(instant, &self.zone);
        let mut day = wall.date();
        let mut left = count;
        while left > 0 {
            let Some(later) = day.succ_opt() else { break };
            day = later;
            left -= u16::from(self.is_working(day));
        }
        computed(day.and_time(wall.time()), &self.zone).0
    }
}

impl Lead {
    /// When something with this lead time is due for a start at `start`.
    ///
    /// `Nd` is the same wall-clock time N days earlier in `zone` (the window's), `Nd@HH:MM` that local time; hours,
    /// minutes and seconds are exact elapsed time. `Nwd` takes the start in the organisation's zone and steps back
    /// N working days counted strictly before its date, at the same clock time or the one given. The note says what a
    /// change of the clocks did.
    #[must_use]
    pub fn before(
        &self,
        start: DateTime<Utc>,
        zone: &Zone,
        week: &WorkingCalendar,
    ) -> (DateTime<Utc>, Option<DstNote>) {
        match self.0 {
            Kind::Elapsed(seconds) => {
                let lead = TimeDelta::seconds(i64::from(seconds));
                (start.checked_sub_signed(lead).unwrap_or(DateTime::<Utc>::MIN_UTC), None)
            }
            Kind::Days(days, clock) => {
                let wall = local(start, zone);
                let date = wall.date().checked_sub_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MIN);
                computed(date.and_time(clock.unwrap_or(wall.time())), zone)
            }
            Kind::WorkingDays(days, clock) => {
                let wall = local(start, &week.zone);
                let date = week.working_days_before(wall.date(), days);
                computed(date.and_time(clock.unwrap_or(wall.time())), &week.zone)
            }
        }
    }

    /// Whether it counts days, of either sort, as opposed to elapsed time.
    #[must_use]
    pub fn is_in_days(&self) -> bool {
        !matches!(self.0, Kind::Elapsed(_))
    }

    /// Whether it counts working days.
    #[must_use]
    pub fn is_in_working_days(&self) -> bool {
        matches!(self.0, Kind::WorkingDays(..))
    }
}

impl FromStr for Lead {
    type Err = BadLead;

    fn from_str(text: &str) -> Result<Self, BadLead> {
        let trimmed = text.trim();
        let bad = |why| BadLead { text: trimmed.chars().take(40).collect(), why };
        let (amount, clock) = match trimmed.split_once('@') {
            Some((amount, clock)) => {
                (amount, Some(clock_time(clock).ok_or_else(|| bad("after @ comes a time such as 09:00"))?))
            }
            None => (trimmed, None),
        };
        let digits = amount.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = amount.split_at(digits);
        let too_long = || bad("at most 400 days");
        if number.is_empty() {
            return Err(bad("it starts with a number"));
        }
        let number: u32 = number.parse().map_err(|_| too_long())?;
        if number == 0 {
            return Err(bad("it cannot be zero"));
        }
        let days = || u16::try_from(number).ok().filter(|days| *days <= LONGEST_DAYS).ok_or_else(too_long);
        let elapsed = |unit_seconds: u32| {
            let seconds =
                number.checked_mul(unit_seconds).filter(|seconds| *seconds <= u32::from(LONGEST_DAYS) * 86_400);
            Ok(Kind::Elapsed(seconds.ok_or_else(too_long)?))
        };
        match (unit.to_ascii_lowercase().as_str(), clock) {
            ("d", clock) => Ok(Kind::Days(days()?, clock)),
            ("wd", clock) => Ok(Kind::WorkingDays(days()?, clock)),
            ("h" | "m" | "s", Some(_)) => Err(bad("only d and wd take a time after @")),
            ("h", None) => elapsed(3600),
            ("m", None) => elapsed(60),
            ("s", None) => elapsed(1),
            _ => Err(bad("the unit is one of d, wd, h, m, s")),
        }
        .map(Self)
    }
}

fn clock_time(text: &str) -> Option<NaiveTime> {
    let (hour, minute) = text.split_once(':')?;
    let part = |part: &str, digits: std::ops::RangeInclusive<usize>| {
        (digits.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?
    };
    NaiveTime::from_hms_opt(part(hour, 1..=2)?, part(minute, 2..=2)?, 0)
}

impl fmt::Display for Lead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with_clock = |f: &mut fmt::Formatter<'_>, clock: Option<NaiveTime>| match clock {
            Some(clock) => write!(f, "@{:02}:{:02}", clock.hour(), clock.minute()),
            None => Ok(()),
        };
        match self.0 {
            Kind::Elapsed(seconds) if seconds.is_multiple_of(3600) => write!(f, "{}h", seconds / 3600),
            Kind::Elapsed(seconds) if seconds.is_multiple_of(60) => write!(f, "{}m", seconds / 60),
            Kind::Elapsed(seconds) => write!(f, "{seconds}s"),
            Kind::Days(days, clock) => write!(f, "{days}d").and_then(|()| with_clock(f, clock)),
            Kind::WorkingDays(days, clock) => write!(f, "{days}wd").and_then(|()| with_clock(f, clock)),
        }
    }
}

impl Serialize for Lead {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Lead {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
