//! How a window's time, or one instant, is written in text.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDateTime, Timelike, Utc};

use super::{Placed, Zone, local, offset_seconds, typed};

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
        let (start, end) = (local(self.starts_at, &self.zone), local(self.ends_at, &self.zone));
        let clock = |instant| clock_in(instant, &self.zone);
        write!(f, "{} {}", day(start), clock(self.starts_at))?;
        if start.date() == end.date() {
            write!(f, "–{}", clock(self.ends_at))?;
        } else {
            write!(f, " – {} {}", day(end), clock(self.ends_at))?;
        }
        write!(f, " {}", self.zone)?;
        match utc_part(self.starts_at, Some(self.ends_at), &self.zone) {
            Some(part) => write!(f, " ({part})"),
            None => Ok(()),
        }
    }
}

/// One instant in `zone`, with UTC beside it: `Mon 12 Apr 2027 15:00 Europe/Lisbon (14:00 UTC)`.
#[must_use]
pub fn at(instant: DateTime<Utc>, zone: &Zone) -> String {
    let shown = format!("{} {} {zone}", day(local(instant, zone)), clock_in(instant, zone));
    match utc_part(instant, None, zone) {
        Some(part) => format!("{shown} ({part})"),
        None => shown,
    }
}

/// The part in brackets: the same time in UTC, with dates as soon as one of them differs from the local date or the
/// end's from the start's. None when the zone is UTC already.
#[must_use]
pub fn utc_part(starts_at: DateTime<Utc>, ends_at: Option<DateTime<Utc>>, zone: &Zone) -> Option<String> {
    if zone.is_utc() {
        return None;
    }
    let year = local(starts_at, zone).year();
    let utc_day = |instant: DateTime<Utc>| {
        let date = instant.naive_utc();
        if date.year() == year { date.format("%a %-d %b").to_string() } else { day(date) }
    };
    let end = ends_at.unwrap_or(starts_at);
    let dates = [starts_at.date_naive(), end.date_naive(), local(starts_at, zone).date(), local(end, zone).date()];
    let mut shown = String::new();
    if dates.iter().any(|date| *date != dates[0]) {
        shown = utc_day(starts_at) + " ";
    }
    shown += &clock_text(starts_at.naive_utc());
    if ends_at.is_some() {
        if starts_at.date_naive() == end.date_naive() {
            shown += "–";
        } else {
            shown = format!("{shown} – {} ", utc_day(end));
        }
        shown += &clock_text(end.naive_utc());
    }
    Some(shown + " UTC")
}

/// `Mon 12 Apr 2027`.
fn day(local: NaiveDateTime) -> String {
    local.format("%a %-d %b %Y").to_string()
}

/// A time of day: `15:00`, or `15:00:30` when the seconds matter.
#[must_use]
pub fn clock_text(local: NaiveDateTime) -> String {
    local.format(if local.second() == 0 { "%H:%M" } else { "%H:%M:%S" }).to_string()
}

/// The wall clock of an instant, with the offset glued on when the clocks show that time twice.
fn clock_in(instant: DateTime<Utc>, zone: &Zone) -> String {
    let wall = local(instant, zone);
    match typed(wall, zone) {
        Placed::Overlap { .. } => clock_text(wall) + &offset_text(offset_seconds(instant, zone)),
        Placed::At(_) | Placed::Gap { .. } => clock_text(wall),
    }
}

/// An offset from UTC, given in seconds: `+03:00`; with seconds only for the local mean times of old.
#[must_use]
pub fn offset_text(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let ahead = seconds.unsigned_abs();
    let shown = format!("{sign}{:02}:{:02}", ahead / 3600, ahead / 60 % 60);
    if ahead.is_multiple_of(60) { shown } else { format!("{shown}:{:02}", ahead % 60) }
}
