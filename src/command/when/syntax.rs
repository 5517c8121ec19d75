//! What a text says, before anyone knows what day it is.

use std::ops::Range;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

use crate::domain::calendar::Zone;

/// A piece of syntax and the bytes it was read from.
#[derive(Clone, Debug)]
pub(super) struct Spot<T> {
    pub it: T,
    pub range: Range<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Syntax {
    pub start: Start,
    pub end: Option<Spot<End>>,
    pub zone: Option<Spot<Inline>>,
    /// The part in brackets that repeats the time in UTC.
    pub utc: Option<Spot<String>>,
}

#[derive(Clone, Debug)]
pub(super) enum Start {
    /// A wall-clock time; without a date today's, without a time (moments only) the day's first second.
    Clocked {
        date: Option<Spot<DateSpec>>,
        time: Option<Spot<Clock>>,
    },
    Now(Range<usize>),
    After(Spot<TimeDelta>),
    Instant(Spot<DateTime<Utc>>),
}

#[derive(Clone, Debug)]
pub(super) enum End {
    Length(TimeDelta),
    Clocked { date: Option<Spot<DateSpec>>, time: Spot<Clock> },
    Instant(DateTime<Utc>),
}

/// A time of day. `24:00` is midnight with `next_day`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub time: NaiveTime,
    pub next_day: bool,
    /// The offset from UTC glued to it, in seconds.
    pub offset: Option<i32>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Inline {
    Zone(Zone),
    /// Seconds ahead of UTC.
    Offset(i32),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum DateSpec {
    Full(NaiveDate),
    Yearless {
        month: u32,
        day: u32,
        weekday: Option<Weekday>,
    },
    /// Days from today; yesterday is -1.
    FromToday(i64),
    Weekday {
        weekday: Weekday,
        after_today: bool,
    },
    Nth {
        nth: Nth,
        weekday: Weekday,
        of: Of,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Nth {
    /// 1 to 4.
    From(u8),
    Last,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Of {
    Month { month: u32, year: Option<i32> },
    AnyMonth,
    AnyQuarter,
}
