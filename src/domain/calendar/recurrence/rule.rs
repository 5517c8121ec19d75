//! Rules as iCalendar writes them (RFC 5545), counted on the wall clock by the crate `rrule`.
//!
//! The crate is asked to expand one month or year at a time. Which periods count, days within a week, `COUNT` and `UNTIL`
//! are looked after here, so that a question late in a series starts at the period it asks about, and a search for a
//! time that never comes has an end.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{
    DateTime, Datelike, Days, Month, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Weekday,
};
use rrule::{Frequency, NWeekday, RRule, RRuleSet, Tz, Unvalidated};

use super::{Day, LAST_YEAR};

/// A rule that has no time in so many years has none. A 29 February on a given weekday can be 40 years away.
const YEARS_SOUGHT: i32 = 41;

/// The parts of a rule, each sorted and without repetition, so that equal rules are equal values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Rule {
    pub every: Every,
    /// How many years, months, weeks, days or hours lie between two periods; 1 for each.
    pub interval: u16,
    pub end: End,
    pub week_start: Weekday,
    pub months: Vec<u8>,
    pub week_numbers: Vec<i8>,
    pub year_days: Vec<i16>,
    pub month_days: Vec<i8>,
    pub weekdays: Vec<NthWeekday>,
    pub hours: Vec<u8>,
    pub minutes: Vec<u8>,
    pub seconds: Vec<u8>,
    pub positions: Vec<i32>,
}

/// The period that a rule fills anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Every {
    Year,
    Month,
    Week,
    Day,
    Hour,
}

/// When a rule stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum End {
    Never,
    /// After so many of its times.
    Count(u32),
    /// With this wall-clock time or day, inclusive.
    Until(Day),
}

/// A weekday: each (0), or the nth of its month or year, from the end when negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NthWeekday {
    pub nth: i16,
    pub weekday: Weekday,
}

impl Rule {
    /// A rule with one period and nothing else.
    pub(super) fn new(every: Every) -> Self {
        Self {
            every,
            interval: 1,
            end: End::Never,
            week_start: Weekday::Mon,
            months: Vec::new(),
            week_numbers: Vec::new(),
            year_days: Vec::new(),
            month_days: Vec::new(),
            weekdays: Vec::new(),
            hours: Vec::new(),
            minutes: Vec::new(),
            seconds: Vec::new(),
            positions: Vec::new(),
        }
    }

    /// Sorts the parts and drops repetitions.
    pub(super) fn tidy(mut self) -> Self {
        fn sorted<T: Ord>(list: &mut Vec<T>) {
            list.sort_unstable();
            list.dedup();
        }
        sorted(&mut self.months);
        sorted(&mut self.week_numbers);
        sorted(&mut self.year_days);
        sorted(&mut self.month_days);
        sorted(&mut self.hours);
        sorted(&mut self.minutes);
        sorted(&mut self.seconds);
        sorted(&mut self.positions);
        self.weekdays.sort_unstable_by_key(|day| (day.nth, day.weekday.num_days_from_monday()));
        self.weekdays.dedup();
        self
    }

    /// Its times at or after `from`, in order, when it starts at `start`. None before the start.
    pub(super) fn walls(
        &self,
        start: NaiveDateTime,
        from: NaiveDateTime,
    ) -> impl Iterator<Item = NaiveDateTime> + use<> {
        let (count, last) = match self.end {
            End::Never => (usize::MAX, None),
            End::Count(count) => (usize::try_from(count).unwrap_or(usize::MAX), None),
            End::Until(day) => (usize::MAX, NaiveTime::from_hms_opt(23, 59, 59).map(|end| day.at(end))),
        };
        // A rule that ends by count has to be counted from its first time on.
        let asked = if matches!(self.end, End::Count(_)) { start } else { from.max(start) };
        let period = self.is_possible().then(|| self.period_of(asked, start));
        Periods { rule: self.clone(), start, period, last, sought_from: asked, found: Vec::new().into_iter() }
            .skip_while(move |wall| *wall < start)
            .take(count)
            .take_while(move |wall| wall.year() <= LAST_YEAR && last.is_none_or(|last| *wall <= last))
            .skip_while(move |wall| *wall < from)
    }

    /// Whether some month has one of the days that the rule wants of it. Other rules that never come about are found
    /// out by the bounded search.
    pub(super) fn is_possible(&self) -> bool {
        let days_of = |month: u8| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let wanted = |month: u8| self.month_days.iter().any(|day| i16::from(*day).abs() <= days_of(month));
        self.month_days.is_empty() || self.months.is_empty() || self.months.iter().any(|month| wanted(*month))
    }

    /// The beginning of the last counted period at or before `asked`, counted from the one that holds `start`.
    fn period_of(&self, asked: NaiveDateTime, start: NaiveDateTime) -> NaiveDateTime {
        let interval = i64::from(self.interval.max(1));
        let counted = |periods: i64| periods.max(0) / interval * interval;
        let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN);
        let later = |from: NaiveDate, days: i64| {
            midnight(from.checked_add_days(Days::new(days.unsigned_abs())).unwrap_or(from))
        };
        match self.every {
            Every::Year => {
                let years = counted(i64::from(asked.year() - start.year()));
                first_of(i64::from(start.year()) * 12 + years * 12).map_or(start, midnight)
            }
            Every::Month => {
                let months = |wall: NaiveDateTime| i64::from(wall.year()) * 12 + i64::from(wall.month0());
                first_of(months(start) + counted(months(asked) - months(start))).map_or(start, midnight)
            }
            Every::Week => {
                let week = start.date().week(self.week_start).first_day();
                later(week, counted((asked.date() - week).num_days().div_euclid(7)) * 7)
            }
            Every::Day => later(start.date(), counted((asked.date() - start.date()).num_days())),
            Every::Hour => {
                let hour = start.date().and_hms_opt(start.hour(), 0, 0).unwrap_or(start);
                let hours = counted((asked - hour).num_hours());
                hour.checked_add_signed(TimeDelta::hours(hours)).unwrap_or(hour)
            }
        }
    }

    /// The beginning of the period that is counted after this one.
    fn period_after(&self, period: NaiveDateTime) -> Option<NaiveDateTime> {
        let interval = u32::from(self.interval.max(1));
        match self.every {
            Every::Year => period.checked_add_months(Months::new(interval * 12)),
            Every::Month => period.checked_add_months(Months::new(interval)),
            Every::Week => period.checked_add_days(Days::new(u64::from(interval) * 7)),
            Every::Day => period.checked_add_days(Days::new(u64::from(interval))),
            Every::Hour => period.checked_add_signed(TimeDelta::hours(i64::from(interval))),
        }
    }

    /// Whether the rule's parts that only leave days out allow a date.
    fn allows(&self, date: NaiveDate, start: NaiveDateTime) -> bool {
        fn allowed<T: PartialEq>(list: &[T], wanted: impl IntoIterator<Item = T>) -> bool {
            list.is_empty() || wanted.into_iter().any(|wanted| list.contains(&wanted))
        }
        let day = i8::try_from(date.day()).unwrap_or_default();
        let from_end = day - i8::try_from(date.num_days_in_month()).unwrap_or_default() - 1;
        let ordinal = i16::try_from(date.ordinal()).unwrap_or_default();
        let days_in_year = if date.leap_year() { 366 } else { 365 };
        let weekday = NthWeekday { nth: 0, weekday: date.weekday() };
        let is_start_weekday = self.every != Every::Week || date.weekday() == start.weekday();
        self.allows_month(date)
            && allowed(&self.month_days, [day, from_end])
            && allowed(&self.year_days, [ordinal, ordinal - days_in_year - 1])
            && if self.weekdays.is_empty() { is_start_weekday } else { self.weekdays.contains(&weekday) }
    }

    fn allows_month(&self, date: NaiveDate) -> bool {
        self.months.is_empty() || self.months.iter().any(|month| u32::from(*month) == date.month())
    }

    /// The times of one period.
    fn expanded(&self, start: NaiveDateTime, period: NaiveDateTime) -> Option<Vec<NaiveDateTime>> {
        match self.every {
            Every::Month if !self.allows_month(period.date()) => Some(Vec::new()),
            Every::Year | Every::Month => self.expanded_by_crate(start, period),
            Every::Hour if !self.hours.is_empty() && !self.hours.contains(&small(period.hour())) => Some(Vec::new()),
            Every::Week => Some(self.expanded_days(start, period, 7)),
            Every::Day | Every::Hour => Some(self.expanded_days(start, period, 1)),
        }
    }

    /// A week or a part of one: each day is the rule's or is not.
    fn expanded_days(&self, start: NaiveDateTime, period: NaiveDateTime, days: u64) -> Vec<NaiveDateTime> {
        let dates = (0..days).filter_map(|day| period.date().checked_add_days(Days::new(day)));
        let dates: Vec<NaiveDate> = dates.filter(|date| self.allows(*date, start)).collect();
        if dates.is_empty() {
            return Vec::new();
        }
        let times = self.times(start, period);
        let all: Vec<NaiveDateTime> =
            dates.iter().flat_map(|date| times.iter().map(|time| date.and_time(*time))).collect();
        if self.positions.is_empty() {
            return all;
        }
        let counted = |position: &i32| {
            let index = usize::try_from(position.unsigned_abs()).ok()?.checked_sub(1)?;
            if *position > 0 { all.get(index) } else { all.iter().rev().nth(index) }.copied()
        };
        let chosen: BTreeSet<NaiveDateTime> = self.positions.iter().filter_map(counted).collect();
        chosen.into_iter().collect()
    }

    fn times(&self, start: NaiveDateTime, period: NaiveDateTime) -> Vec<NaiveTime> {
        let hours = match self.every {
            Every::Hour => vec![small(period.hour())],
            _ => or_start(&self.hours, start.hour()),
        };
        let (minutes, seconds) = (or_start(&self.minutes, start.minute()), or_start(&self.seconds, start.second()));
        let mut times = Vec::new();
        for hour in &hours {
            for minute in &minutes {
                let of_minute = seconds.iter().filter_map(|second| {
                    NaiveTime::from_hms_opt(u32::from(*hour), u32::from(*minute), u32::from(*second))
                });
                times.extend(of_minute);
            }
        }
        times
    }

    /// A month or a year, by the crate: it counts numbered weekdays and weeks of the year. It is given an interval so wide
    /// that the next period lies out of its reach, and what the rule leaves to its start is written out, since the
    /// crate is not given that start.
    fn expanded_by_crate(&self, start: NaiveDateTime, period: NaiveDateTime) -> Option<Vec<NaiveDateTime>> {
        let end = Self { interval: 1, ..self.clone() }.period_after(period)?;
        let begin: DateTime<Tz> = period.and_utc().with_timezone(&Tz::UTC);
        let rule = self.of_period(start).validate(begin).ok()?;
        let times = RRuleSet::new(begin).rrule(rule).limit().into_iter().map(|date| date.naive_utc());
        Some(times.take_while(|wall| *wall < end).collect())
    }

    fn of_period(&self, start: NaiveDateTime) -> RRule<Unvalidated> {
        let frequency = if self.every == Every::Month { Frequency::Monthly } else { Frequency::Yearly };
        let mut months = self.months.clone();
        let mut month_days = self.month_days.clone();
        let mut weekdays = self.weekdays.clone();
        let names_days = !self.week_numbers.is_empty()
            || !self.year_days.is_empty()
            || !month_days.is_empty()
            || !weekdays.is_empty();
        let start_day = i8::try_from(start.day()).unwrap_or(1);
        let start_weekday = NthWeekday { nth: 0, weekday: start.weekday() };
        match self.every {
            Every::Year if !names_days => {
                months = or_start(&months, start.month());
                month_days = vec![start_day];
            }
            Every::Month if !names_days => month_days = vec![start_day],
            Every::Year if !self.week_numbers.is_empty() && weekdays.is_empty() && month_days.is_empty() => {
                weekdays = vec![start_weekday];
            }
            _ => {}
        }
        let months: Vec<Month> = months.iter().filter_map(|month| Month::try_from(*month).ok()).collect();
        RRule::<Unvalidated>::new(frequency)
            .interval(u16::MAX)
            .by_hour(or_start(&self.hours, start.hour()))
            .by_minute(or_start(&self.minutes, start.minute()))
            .by_second(or_start(&self.seconds, start.second()))
            .by_set_pos(self.positions.clone())
            .week_start(self.week_start)
            .by_month(&months)
            .by_week_no(self.week_numbers.clone())
            .by_year_day(self.year_days.clone())
            .by_month_day(month_days)
            .by_weekday(self.counted_weekdays(&weekdays))
    }

    /// The weekdays as the crate counts them. It takes plain and numbered weekdays together for a restriction, while
    /// the standard wants both: a plain one next to a numbered one is written out by number.
    fn counted_weekdays(&self, weekdays: &[NthWeekday]) -> Vec<NWeekday> {
        let has_numbers = weekdays.iter().any(|day| day.nth != 0);
        let most = if self.every == Every::Year && self.months.is_empty() { 53 } else { 5 };
        let counted = |day: &NthWeekday| match day.nth {
            0 if has_numbers => (1..=most).map(|nth| NWeekday::Nth(nth, day.weekday)).collect(),
            0 => vec![NWeekday::Every(day.weekday)],
            nth => vec![NWeekday::Nth(nth, day.weekday)],
        };
        weekdays.iter().flat_map(counted).collect()
    }

    /// What the crate has against the rule, for a sentence.
    pub(super) fn fault(&self, start: NaiveDateTime) -> Option<String> {
        if !self.is_possible() {
            return Some("no month has such a day".to_owned());
        }
        self.expanded(start, start).is_none().then(|| "its parts do not go together".to_owned())
    }
}

fn small(part: u32) -> u8 {
    u8::try_from(part).unwrap_or_default()
}

/// What a rule says of hours, minutes or seconds, else what its start says.
fn or_start(list: &[u8], part: u32) -> Vec<u8> {
    if list.is_empty() { vec![small(part)] } else { list.to_vec() }
}

/// The times of one period after the other. It ends when so many years bring none: a rule that never comes about
/// would be searched for ever.
struct Periods {
    rule: Rule,
    start: NaiveDateTime,
    /// The period that comes next.
    period: Option<NaiveDateTime>,
    /// No time after this is wanted.
    last: Option<NaiveDateTime>,
    /// The latest time that was found, or where the search began.
    sought_from: NaiveDateTime,
    found: std::vec::IntoIter<NaiveDateTime>,
}

impl Iterator for Periods {
    type Item = NaiveDateTime;

    fn next(&mut self) -> Option<NaiveDateTime> {
        loop {
            if let Some(wall) = self.found.next() {
                self.sought_from = wall;
                return Some(wall);
            }
            let period = self.period?;
            let is_past = period.year() > LAST_YEAR || self.last.is_some_and(|last| period > last);
            if is_past || period.year() - self.sought_from.year() > YEARS_SOUGHT + i32::from(self.rule.interval) {
                return None;
            }
            self.period = self.rule.period_after(period);
            self.found = self.rule.expanded(self.start, period)?.into_iter();
        }
    }
}

/// The first day of a month counted from the year 0.
fn first_of(month: i64) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(month.div_euclid(12)).ok()?, u32::try_from(month.rem_euclid(12)).ok()? + 1, 1)
}

impl Every {
    fn as_str(self) -> &'static str {
        match self {
            Self::Year => "YEARLY",
            Self::Month => "MONTHLY",
            Self::Week => "WEEKLY",
            Self::Day => "DAILY",
            Self::Hour => "HOURLY",
        }
    }
}

/// The two letters of a weekday in a rule.
pub(super) fn letters(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Mon => "MO",
        Weekday::Tue => "TU",
        Weekday::Wed => "WE",
        Weekday::Thu => "TH",
        Weekday::Fri => "FR",
        Weekday::Sat => "SA",
        Weekday::Sun => "SU",
    }
}

impl fmt::Display for NthWeekday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nth != 0 {
            write!(f, "{}", self.nth)?;
        }
        f.write_str(letters(self.weekday))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn part<T: fmt::Display>(f: &mut fmt::Formatter<'_>, name: &str, list: &[T]) -> fmt::Result {
            if list.is_empty() {
                return Ok(());
            }
            let list: Vec<String> = list.iter().map(T::to_string).collect();
            write!(f, ";{name}={}", list.join(","))
        }
        write!(f, "FREQ={}", self.every.as_str())?;
        if self.interval != 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        if self.week_start != Weekday::Mon {
            write!(f, ";WKST={}", letters(self.week_start))?;
        }
        part(f, "BYMONTH", &self.months)?;
        part(f, "BYWEEKNO", &self.week_numbers)?;
        part(f, "BYYEARDAY", &self.year_days)?;
        part(f, "BYMONTHDAY", &self.month_days)?;
        part(f, "BYDAY", &self.weekdays)?;
        part(f, "BYHOUR", &self.hours)?;
        part(f, "BYMINUTE", &self.minutes)?;
        part(f, "BYSECOND", &self.seconds)?;
        part(f, "BYSETPOS", &self.positions)?;
        match self.end {
            End::Never => Ok(()),
            End::Count(count) => write!(f, ";COUNT={count}"),
            End::Until(day) => write!(f, ";UNTIL={day}"),
        }
    }
}
