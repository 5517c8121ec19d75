//! How a window's time, or one instant, is written in text.

use std::fmt;
use std::sync::LazyLock;

use chrono::{DateTime, Datelike, NaiveDateTime, Timelike, Utc};

use super::{Placed, Zone, local, offset_seconds, typed};
use crate::domain::pattern::fill;

/// How dates and times of day are written in one language. The zone, the offset and `UTC` are the same in all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateWords {
    /// Weekdays as they stand in a date, Monday first.
    pub weekdays: [String; 7],
    /// Months as they stand in a date, January first.
    pub months: [String; 12],
    /// A date, with the places of [`DateWords::PLACES`].
    pub date: String,
    /// A date in a year that has just been said.
    pub date_without_year: String,
    /// A date that no time of day follows.
    pub date_alone: String,
    /// What stands between hours, minutes and seconds.
    pub clock_separator: String,
}

static ENGLISH: LazyLock<DateWords> = LazyLock::new(|| DateWords {
    weekdays: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map(String::from),
    months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"].map(String::from),
    date: "{weekday} {day} {month} {year}".into(),
    date_without_year: "{weekday} {day} {month}".into(),
    date_alone: "{weekday} {day} {month} {year}".into(),
    clock_separator: ":".into(),
});

impl DateWords {
    /// What may stand in the pattern of a date: `month_number` is the month in digits.
    pub const PLACES: [&str; 5] = ["weekday", "day", "month", "month_number", "year"];

    /// The language of replies, pages and everything that is typed.
    #[must_use]
    pub fn english() -> &'static Self {
        &ENGLISH
    }

    /// The date from which a language leaves out the one that stands alone: without a last word that only leads to the
    /// time, such as `klo`, and without a comma at its end.
    #[must_use]
    pub fn alone(date: &str) -> String {
        let words: Vec<&str> = date.split(' ').collect();
        let last = words.iter().rposition(|word| word.contains('{')).map_or(words.len(), |last| last + 1);
        words[..last].join(" ").trim_end_matches(',').to_owned()
    }

    fn day(&self, local: NaiveDateTime) -> String {
        self.filled(&self.date, local)
    }

    fn filled(&self, pattern: &str, local: NaiveDateTime) -> String {
        let name = |names: &[String], at: u32| usize::try_from(at).ok().and_then(|at| names.get(at)).cloned();
        fill(pattern, |place| match place {
            "weekday" => name(&self.weekdays, local.weekday().num_days_from_monday()),
            "day" => Some(local.day().to_string()),
            "month" => name(&self.months, local.month0()),
            "month_number" => Some(local.month().to_string()),
            "year" => Some(local.year().to_string()),
            _ => None,
        })
    }

    /// A time of day, with seconds when they matter.
    fn clock(&self, local: NaiveDateTime) -> String {
        clock_text(local).replace(':', &self.clock_separator)
    }

    /// The wall clock of an instant, with the offset glued on when the clocks show that time twice.
    fn clock_in(&self, instant: DateTime<Utc>, zone: &Zone) -> String {
        let wall = local(instant, zone);
        match typed(wall, zone) {
            Placed::Overlap { .. } => self.clock(wall) + &offset_text(offset_seconds(instant, zone)),
            Placed::At(_) | Placed::Gap { .. } => self.clock(wall),
        }
    }
}

/// From when until when, and the zone it lives in. Shown as `Mon 12 Apr 2027 15:00–17:00 Europe/Lisbon (14:00–16:00 UTC)`;
/// that text can be typed back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first second.
    pub starts_at: DateTime<Utc>,
    /// The first second that no longer belongs to it.
    pub ends_at: DateTime<Utc>,
    /// The zone in which it is shown and in which lead times are counted.
    pub zone: Zone,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(DateWords::english()))
    }
}

impl Span {
    /// As it is shown, in a language.
    #[must_use]
    pub fn written(&self, words: &DateWords) -> String {
        let (start, end) = (local(self.starts_at, &self.zone), local(self.ends_at, &self.zone));
        let clock = |instant| words.clock_in(instant, &self.zone);
        let until = if start.date() == end.date() { "–".into() } else { format!(" – {} ", words.day(end)) };
        let shown =
            format!("{} {}{until}{} {}", words.day(start), clock(self.starts_at), clock(self.ends_at), self.zone);
        with_utc(shown, utc_in(self.starts_at, Some(self.ends_at), &self.zone, words))
    }
}

/// The day of an instant in `zone`, in a language: `Mon 12 Apr 2027`.
#[must_use]
pub fn day_in(instant: DateTime<Utc>, zone: &Zone, words: &DateWords) -> String {
    words.filled(&words.date_alone, local(instant, zone))
}

/// The time of day of an instant in `zone`, in a language: `15:00`, with the offset where the clocks show it twice.
#[must_use]
pub fn clock_in(instant: DateTime<Utc>, zone: &Zone, words: &DateWords) -> String {
    words.clock_in(instant, zone)
}

/// One instant in `zone`, with UTC beside it: `Mon 12 Apr 2027 15:00 Europe/Lisbon (14:00 UTC)`.
#[must_use]
pub fn at(instant: DateTime<Utc>, zone: &Zone) -> String {
    at_in(instant, zone, DateWords::english())
}

/// The same in a language.
#[must_use]
pub fn at_in(instant: DateTime<Utc>, zone: &Zone, words: &DateWords) -> String {
    let shown = format!("{} {} {zone}", words.day(local(instant, zone)), words.clock_in(instant, zone));
    with_utc(shown, utc_in(instant, None, zone, words))
}

fn with_utc(shown: String, utc: Option<String>) -> String {
    match utc {
        Some(part) => format!("{shown} ({part})"),
        None => shown,
    }
}

/// The part in brackets: the same time in UTC, with dates as soon as one of them differs from the local date or the
/// end's from the start's. None when the zone is UTC already.
#[must_use]
pub fn utc_part(starts_at: DateTime<Utc>, ends_at: Option<DateTime<Utc>>, zone: &Zone) -> Option<String> {
    utc_in(starts_at, ends_at, zone, DateWords::english())
}

fn utc_in(starts_at: DateTime<Utc>, ends_at: Option<DateTime<Utc>>, zone: &Zone, words: &DateWords) -> Option<String> {
    if zone.is_utc() {
        return None;
    }
    let year = local(starts_at, zone).year();
    let utc_day = |instant: DateTime<Utc>| {
        let date = instant.naive_utc();
        words.filled(if date.year() == year { &words.date_without_year } else { &words.date }, date)
    };
    let end = ends_at.unwrap_or(starts_at);
    let dates = [starts_at.date_naive(), end.date_naive(), local(starts_at, zone).date(), local(end, zone).date()];
    let mut shown = String::new();
    if dates.iter().any(|date| *date != dates[0]) {
        shown = utc_day(starts_at) + " ";
    }
    shown += &words.clock(starts_at.naive_utc());
    if ends_at.is_some() {
        if starts_at.date_naive() == end.date_naive() {
            shown += "–";
        } else {
            shown = format!("{shown} – {} ", utc_day(end));
        }
        shown += &words.clock(end.naive_utc());
    }
    Some(shown + " UTC")
}

/// A time of day: `15:00`, or `15:00:30` when the seconds matter.
#[must_use]
pub fn clock_text(local: NaiveDateTime) -> String {
    local.format(if local.second() == 0 { "%H:%M" } else { "%H:%M:%S" }).to_string()
}

/// An offset from UTC, given in seconds: `+03:00`; with seconds only for the local mean times of old.
#[must_use]
pub fn offset_text(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let ahead = seconds.unsigned_abs();
    let shown = format!("{sign}{:02}:{:02}", ahead / 3600, ahead / 60 % 60);
    if ahead.is_multiple_of(60) { shown } else { format!("{shown}:{:02}", ahead % 60) }
}
