//! From syntax to the time line: which day is meant, which instant a wall clock shows, and what is refused.

use std::ops::Range;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use super::parse::weekday_refused;
use super::syntax::{Clock, DateSpec, End, Inline, Of, Spot, Start, Syntax};
use super::{Resolved, WhenError, ZoneSource, Zones, hint};
use crate::domain::calendar::{
    Placed, Span, Zone, at, clock_text, compact, computed, day_start, duration_words, local, offset_seconds,
    offset_text, on_offset, typed, utc_part,
};

const LONGEST: TimeDelta = TimeDelta::days(31);

/// The last year that can be typed, so that what a window shows can always be typed back.
const LAST_YEAR: i32 = 2199;

/// A date without a year is looked for this many years ahead: enough for any 29 February.
const YEARS_AHEAD: i32 = 9;

pub(super) fn span(syntax: &Syntax, text: &str, now: DateTime<Utc>, zones: &Zones) -> Result<Resolved, WhenError> {
    let reader = Reader::new(syntax, text, now, zones);
    let start = reader.start()?;
    let Some(end) = &syntax.end else {
        return Err(WhenError::new(0..text.len(), "give an end or a length"));
    };
    if start.instant < now {
        let message = format!("{} is past", reader.shown(start.instant));
        return Err(WhenError::new(reader.start_range(), message).or_type(reader.tomorrow()));
    }
    let ends_at = reader.end(end, &start)?;
    let length = ends_at - start.instant;
    if length <= TimeDelta::zero() {
        return Err(reader.ends_too_early(end, &start, ends_at));
    }
    if length > LONGEST {
        let message = format!("a window lasts at most 31 days; this one would last {}", duration_words(length));
        return Err(WhenError::new(end.range.clone(), message).or_type(hint::replaced(
            text,
            end.range.clone(),
            " for 31d ",
        )));
    }
    reader.check_brackets(start.instant, Some(ends_at))?;
    let zone = reader.living_zone();
    if ends_at.year().max(local(ends_at, &zone).year()) > LAST_YEAR {
        return Err(WhenError::new(end.range.clone(), format!("a window ends in the year {LAST_YEAR} at the latest")));
    }
    let span = Span { starts_at: start.instant, ends_at, zone };
    Ok(Resolved { span, read_from: reader.source() })
}

pub(super) fn moment(
    syntax: &Syntax,
    text: &str,
    now: DateTime<Utc>,
    zones: &Zones,
) -> Result<DateTime<Utc>, WhenError> {
    let reader = Reader::new(syntax, text, now, zones);
    let start = reader.start()?;
    reader.check_brackets(start.instant, None)?;
    Ok(start.instant)
}

/// Gives wall-clock times their instants: a zone, or an offset from UTC in seconds.
#[derive(Clone)]
enum Reading {
    Zone(Zone),
    Offset(i32),
}

impl Reading {
    fn local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        match self {
            Self::Zone(zone) => local(instant, zone),
            Self::Offset(seconds) => instant.naive_utc() + TimeDelta::seconds(i64::from(*seconds)),
        }
    }

    /// The instant as nearly as needed to tell whether it is still ahead.
    fn about(&self, wall: NaiveDateTime) -> DateTime<Utc> {
        match self {
            Self::Zone(zone) => computed(wall, zone).0,
            Self::Offset(seconds) => on_offset(wall, *seconds),
        }
    }
}

/// A start with its instant and, when it was typed as one, its wall-clock time.
struct Started {
    instant: DateTime<Utc>,
    wall: NaiveDateTime,
    has_offset: bool,
}

struct Reader<'a> {
    syntax: &'a Syntax,
    text: &'a str,
    now: DateTime<Utc>,
    zones: &'a Zones,
    /// What reads a time without an offset of its own.
    reading: Reading,
}

impl<'a> Reader<'a> {
    fn new(syntax: &'a Syntax, text: &'a str, now: DateTime<Utc>, zones: &'a Zones) -> Self {
        let reading = match (&syntax.zone, glued_offset(syntax)) {
            (Some(Spot { it: Inline::Zone(zone), .. }), _) => Reading::Zone(zone.clone()),
            (Some(Spot { it: Inline::Offset(seconds), .. }), _) => Reading::Offset(*seconds),
            (None, Some(seconds)) => Reading::Offset(seconds),
            (None, None) => Reading::Zone(zones.without_inline().1),
        };
        Self { syntax, text, now, zones, reading }
    }

    fn source(&self) -> ZoneSource {
        if self.syntax.zone.is_some() || glued_offset(self.syntax).is_some() {
            ZoneSource::Inline
        } else {
            self.zones.without_inline().0
        }
    }

    fn inline_zone(&self) -> Option<&Zone> {
        match &self.syntax.zone {
            Some(Spot { it: Inline::Zone(zone), .. }) => Some(zone),
            _ => None,
        }
    }

    fn living_zone(&self) -> Zone {
        let named = self.zones.tz.as_ref().or(self.inline_zone());
        named.cloned().unwrap_or_else(|| self.zones.without_inline().1)
    }

    /// An instant as the refusals show it.
    fn shown(&self, instant: DateTime<Utc>) -> String {
        match &self.reading {
            Reading::Zone(zone) => at(instant, zone),
            Reading::Offset(_) => at(instant, &Zone::utc()),
        }
    }

    fn start_range(&self) -> Range<usize> {
        match &self.syntax.start {
            Start::Now(range) | Start::After(Spot { range, .. }) | Start::Instant(Spot { range, .. }) => range.clone(),
            Start::Clocked { date, time } => {
                let ranges = [date.as_ref().map(|date| &date.range), time.as_ref().map(|time| &time.range)];
                let ranges = ranges.into_iter().flatten();
                let from = ranges.clone().map(|range| range.start).min().unwrap_or(0);
                from..ranges.map(|range| range.end).max().unwrap_or(self.text.len())
            }
        }
    }

    fn start(&self) -> Result<Started, WhenError> {
        let whole = |instant| Started { instant, wall: self.reading.local(instant), has_offset: false };
        match &self.syntax.start {
            Start::Now(_) => Ok(whole(next_minute(self.now))),
            Start::After(delay) => Ok(whole(next_minute(self.now + delay.it))),
            Start::Instant(instant) => Ok(whole(instant.it)),
            Start::Clocked { date, time: None } => {
                let today = self.today();
                let day = match date {
                    Some(date) => self.day(date, today, |day| day >= today)?,
                    None => today,
                };
                let instant = match &self.reading {
                    Reading::Zone(zone) => day_start(day, zone),
                    Reading::Offset(seconds) => on_offset(day.and_time(NaiveTime::MIN), *seconds),
                };
                Ok(whole(instant))
            }
            Start::Clocked { date, time: Some(time) } => {
                let today = self.today();
                let reading = self.reading_of(&time.it);
                let day = match date {
                    Some(date) => self.day(date, today, |day| reading.about(wall_clock(day, &time.it)) >= self.now)?,
                    None => today,
                };
                let wall = wall_clock(day, &time.it);
                let instant = self.place(wall, time, &self.start_range(), None)?;
                Ok(Started { instant, wall, has_offset: time.it.offset.is_some() })
            }
        }
    }

    fn end(&self, end: &Spot<End>, start: &Started) -> Result<DateTime<Utc>, WhenError> {
        match &end.it {
            End::Length(length) => Ok(start.instant + *length),
            End::Instant(instant) => Ok(*instant),
            End::Clocked { date: Some(date), time } => {
                let reading = self.reading_of(&time.it);
                let day =
                    self.day(date, start.wall.date(), |day| reading.about(wall_clock(day, &time.it)) > start.instant)?;
                self.place(wall_clock(day, &time.it), time, &(date.range.start..time.range.end), Some(start))
            }
            End::Clocked { date: None, time } => {
                let same_day = wall_clock(start.wall.date(), &time.it);
                let compared_by_instant = time.it.offset.is_some() || start.has_offset;
                let ends_later = if compared_by_instant {
                    self.reading_of(&time.it).about(same_day) > start.instant
                } else {
                    same_day > start.wall
                };
                let wall = if ends_later || same_day >= start.wall { same_day } else { same_day + TimeDelta::days(1) };
                if !ends_later && same_day == start.wall {
                    let message =
                        format!("it starts and ends at {}; for a whole day write \"for 24h\"", clock_text(same_day));
                    let fixed = hint::replaced(self.text, end.range.clone(), " for 24h ");
                    return Err(WhenError::new(end.range.clone(), message).or_type(fixed));
                }
                self.place(wall, time, &time.range, Some(start))
            }
        }
    }

    fn today(&self) -> NaiveDate {
        self.reading.local(self.now).date()
    }

    fn reading_of(&self, clock: &Clock) -> Reading {
        clock.offset.map_or_else(|| self.reading.clone(), Reading::Offset)
    }

    /// The day that is meant. Days that can be several are looked for from `base` on, taking the first that is `ahead`.
    fn day(
        &self,
        date: &Spot<DateSpec>,
        base: NaiveDate,
        ahead: impl Fn(NaiveDate) -> bool,
    ) -> Result<NaiveDate, WhenError> {
        let too_far = || WhenError::new(date.range.clone(), "that date is out of range");
        let in_years = |day_of: &dyn Fn(i32) -> Option<NaiveDate>| {
            let years = base.year()..=base.year() + YEARS_AHEAD;
            years.filter_map(day_of).find(|day| *day >= base && ahead(*day)).ok_or_else(too_far)
        };
        let in_periods = |first: NaiveDate, months: u32, nth: super::syntax::Nth, weekday| {
            let periods = (0..3).filter_map(|period| first.checked_add_months(Months::new(period * months)));
            let days = periods.filter_map(|first| nth.date(weekday, first, last_day(first, months)?));
            days.into_iter().find(|day| *day >= base && ahead(*day)).ok_or_else(too_far)
        };
        match date.it {
            DateSpec::Full(day) => Ok(day),
            DateSpec::FromToday(days) => self.today().checked_add_signed(TimeDelta::days(days)).ok_or_else(too_far),
            DateSpec::Weekday { weekday, after_today } => {
                let days = u64::from(weekday.days_since(base.weekday()));
                let first = base.checked_add_days(Days::new(days)).ok_or_else(too_far)?;
                let is_first = days > 0 || !after_today && ahead(first);
                Ok(if is_first { first } else { first.checked_add_days(Days::new(7)).ok_or_else(too_far)? })
            }
            DateSpec::Yearless { month, day, weekday } => {
                let found = in_years(&|year| NaiveDate::from_ymd_opt(year, month, day))?;
                match weekday.and_then(|weekday| weekday_refused(found, weekday)) {
                    None => Ok(found),
                    Some(message) => {
                        let fixed = hint::replaced(self.text, date.range.clone(), &found.to_string());
                        Err(WhenError::new(date.range.clone(), message).or_type(fixed))
                    }
                }
            }
            DateSpec::Nth { nth, weekday, of } => {
                let in_month = |year, month| {
                    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
                    nth.date(weekday, first, last_day(first, 1)?)
                };
                match of {
                    Of::Month { month, year: Some(year) } => in_month(year, month).ok_or_else(too_far),
                    Of::Month { month, year: None } => in_years(&|year| in_month(year, month)),
                    Of::AnyMonth => in_periods(base.with_day(1).ok_or_else(too_far)?, 1, nth, weekday),
                    Of::AnyQuarter => {
                        let first_month = (base.month() - 1) / 3 * 3 + 1;
                        let first = NaiveDate::from_ymd_opt(base.year(), first_month, 1).ok_or_else(too_far)?;
                        in_periods(first, 3, nth, weekday)
                    }
                }
            }
        }
    }

    /// The instant of a typed wall-clock time. `whole` is its text with the date, and `start` is known for an end.
    fn place(
        &self,
        wall: NaiveDateTime,
        time: &Spot<Clock>,
        whole: &Range<usize>,
        start: Option<&Started>,
    ) -> Result<DateTime<Utc>, WhenError> {
        if let Some(offset) = time.it.offset {
            let instant = on_offset(wall, offset);
            return self.check_offset(instant, offset, &time.range).map(|()| instant);
        }
        let zone = match &self.reading {
            Reading::Zone(zone) => zone,
            Reading::Offset(seconds) => return Ok(on_offset(wall, *seconds)),
        };
        match typed(wall, zone) {
            Placed::At(instant) => Ok(instant),
            Placed::Gap { before, after } => {
                let message = format!(
                    "the clocks skip {} in {zone}; the nearest times are {} and {}",
                    stamp(wall),
                    stamp(local(before, zone)),
                    stamp(local(after, zone))
                );
                Err(WhenError::new(time.range.clone(), message).or_type(self.past_gap(
                    local(after, zone),
                    wall,
                    time,
                    whole,
                    start,
                )))
            }
            Placed::Overlap { first, second } => {
                let glued = |instant| format!("{}{}", clock_text(wall), offset_text(offset_seconds(instant, zone)));
                let message = format!(
                    "the clocks show {} twice in {zone}; write {} or {}",
                    stamp(wall),
                    glued(first),
                    glued(second)
                );
                let full = format!("{}T{}", wall.date(), glued(first));
                Err(WhenError::new(time.range.clone(), message)
                    .or_type(self.with_offset(&full, zone, time, whole, start)))
            }
        }
    }

    /// An offset beside a zone's name has to be the zone's.
    fn check_offset(&self, instant: DateTime<Utc>, offset: i32, range: &Range<usize>) -> Result<(), WhenError> {
        let (says, is) = match &self.syntax.zone {
            Some(Spot { it: Inline::Zone(zone), .. }) => (zone.to_string(), offset_seconds(instant, zone)),
            Some(Spot { it: Inline::Offset(seconds), .. }) => ("the text".to_owned(), *seconds),
            None => return Ok(()),
        };
        if is == offset {
            return Ok(());
        }
        let message =
            format!("{says} is at {} then, not {}; leave one of them out", offset_text(is), offset_text(offset));
        let zone_range = self.syntax.zone.as_ref().map_or(0..0, |zone| zone.range.clone());
        Err(WhenError::new(range.clone(), message).or_type(hint::without(self.text, zone_range)))
    }

    /// The text with the time moved to the end of the gap, keeping the length of a range.
    fn past_gap(
        &self,
        resumed: NaiveDateTime,
        wall: NaiveDateTime,
        time: &Spot<Clock>,
        whole: &Range<usize>,
        start: Option<&Started>,
    ) -> String {
        if start.is_none()
            && let Some(Spot { it: End::Clocked { date: None, time: end }, range }) = &self.syntax.end
            && let gap_end = wall_clock(wall.date(), &end.it)
            && gap_end > wall
            && gap_end <= resumed
        {
            let length = compact(gap_end - wall);
            let moved = (self.date_and_time(time, whole), stamp(resumed));
            return hint::changed(self.text, vec![moved, (range.clone(), format!(" for {length} "))]);
        }
        let moved = if wall.date() == resumed.date() {
            (time.range.clone(), clock_text(resumed))
        } else {
            (self.date_and_time(time, whole), stamp(resumed))
        };
        hint::changed(self.text, vec![moved])
    }

    /// The text with a time that says its offset, and with the zone that reads the rest.
    fn with_offset(
        &self,
        full: &str,
        zone: &Zone,
        time: &Spot<Clock>,
        whole: &Range<usize>,
        start: Option<&Started>,
    ) -> String {
        let range = if start.is_some() { whole.clone() } else { self.date_and_time(time, whole) };
        let mut changes = vec![(range, full.to_owned())];
        if self.syntax.zone.is_none() {
            let at = self.syntax.utc.as_ref().map_or(self.text.len(), |utc| utc.range.start);
            changes.push((at..at, format!(" {zone} ")));
        }
        hint::changed(self.text, changes)
    }

    /// The bytes to replace when a date and a time are to be written anew. Pieces of another kind between the two make
    /// that impossible, and then only the time is replaced.
    fn date_and_time(&self, time: &Spot<Clock>, whole: &Range<usize>) -> Range<usize> {
        let holds = |range: &Range<usize>| whole.start <= range.start && range.end <= whole.end;
        let zone = self.syntax.zone.as_ref().is_some_and(|zone| holds(&zone.range));
        let end = self.syntax.end.as_ref().is_some_and(|end| holds(&end.range));
        if zone || end { time.range.clone() } else { whole.clone() }
    }

    /// The text with tomorrow's date.
    fn tomorrow(&self) -> String {
        let day = self.today() + Days::new(1);
        match &self.syntax.start {
            Start::Clocked { date: Some(date), .. } => hint::replaced(self.text, date.range.clone(), &day.to_string()),
            Start::Clocked { date: None, .. } => hint::replaced(self.text, 0..0, "tomorrow "),
            Start::Instant(instant) => {
                let wall = self.reading.local(instant.it);
                hint::replaced(self.text, instant.range.clone(), &format!("{day} {}", clock_text(wall)))
            }
            Start::Now(range) | Start::After(Spot { range, .. }) => hint::replaced(self.text, range.clone(), "now"),
        }
    }

    fn ends_too_early(&self, end: &Spot<End>, start: &Started, ends_at: DateTime<Utc>) -> WhenError {
        let message =
            format!("the end, {}, is not after the start, {}", self.shown(ends_at), self.shown(start.instant));
        let zone = match (&self.syntax.zone, &self.reading) {
            (Some(zone), _) => format!(" {}", &self.text[zone.range.clone()]),
            (None, Reading::Offset(seconds)) => format!(" {}", offset_text(*seconds)),
            (None, Reading::Zone(_)) => String::new(),
        };
        let swapped =
            format!("{} - {}{zone}", stamp(self.reading.local(ends_at)), stamp(self.reading.local(start.instant)));
        let can_swap = self.now <= ends_at && ends_at < start.instant && start.instant - ends_at <= LONGEST;
        let fixed = if can_swap { swapped } else { hint::replaced(self.text, end.range.clone(), " for 2h ") };
        WhenError::new(end.range.clone(), message).or_type(fixed)
    }

    /// What stands in brackets has to be the same time in UTC.
    fn check_brackets(&self, starts_at: DateTime<Utc>, ends_at: Option<DateTime<Utc>>) -> Result<(), WhenError> {
        let Some(given) = &self.syntax.utc else { return Ok(()) };
        let expected = match &self.reading {
            Reading::Zone(zone) => utc_part(starts_at, ends_at, zone),
            Reading::Offset(_) => None,
        };
        if expected.as_deref().is_some_and(|expected| plain(expected) == plain(&given.it)) {
            return Ok(());
        }
        let message = match expected {
            Some(expected) => format!("({}) disagrees with the rest, which is ({expected})", given.it.trim()),
            None => format!("({}) is not needed: the rest is in UTC or has an offset", given.it.trim()),
        };
        Err(WhenError::new(given.range.clone(), message).or_type(hint::without(self.text, given.range.clone())))
    }
}

impl Zones {
    /// What reads a text that names no zone, and where it comes from.
    fn without_inline(&self) -> (ZoneSource, Zone) {
        match (&self.tz, self.fallbacks.first()) {
            (Some(zone), _) => (ZoneSource::Option, zone.clone()),
            (None, Some((source, zone))) => (*source, zone.clone()),
            (None, None) => (ZoneSource::Organisation, Zone::utc()),
        }
    }
}

/// The offset glued to the start, else the one glued to the end.
fn glued_offset(syntax: &Syntax) -> Option<i32> {
    let start = match &syntax.start {
        Start::Clocked { time: Some(time), .. } => time.it.offset,
        _ => None,
    };
    let end = match &syntax.end {
        Some(Spot { it: End::Clocked { time, .. }, .. }) => time.it.offset,
        _ => None,
    };
    start.or(end)
}

fn wall_clock(day: NaiveDate, clock: &Clock) -> NaiveDateTime {
    let day = if clock.next_day { day.succ_opt().unwrap_or(day) } else { day };
    day.and_time(clock.time)
}

fn last_day(first: NaiveDate, months: u32) -> Option<NaiveDate> {
    first.checked_add_months(Months::new(months))?.pred_opt()
}

/// The whole minute at or after an instant.
fn next_minute(instant: DateTime<Utc>) -> DateTime<Utc> {
    let past = i64::from(instant.second()) * 1_000_000_000 + i64::from(instant.nanosecond() % 1_000_000_000);
    let missing = if past == 0 { 0 } else { 60_000_000_000 - past };
    instant.checked_add_signed(TimeDelta::nanoseconds(missing)).unwrap_or(instant)
}

fn stamp(wall: NaiveDateTime) -> String {
    format!("{} {}", wall.date(), clock_text(wall))
}

/// Text without the differences that copying makes.
fn plain(text: &str) -> String {
    let one_dash = |c: char| if super::scan::dash(c.encode_utf8(&mut [0; 4])).is_some() { '-' } else { c };
    text.chars().filter(|c| !c.is_whitespace()).map(one_dash).flat_map(char::to_lowercase).collect()
}
