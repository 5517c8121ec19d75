//! Holidays from a calendar file (iCalendar, RFC 5545).

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use icalendar::parser::{Component, Property, read_calendar, unfold};

use super::recurrence::Pattern;
use super::{Recurrence, Zone};

/// Repeated holidays are followed to the end of this year.
const LAST_YEAR: i32 = 2040;
/// The most events that a file may hold.
const MOST_EVENTS: usize = 10_000;
/// The most days that one event may last.
const LONGEST_EVENT: i64 = 366;
/// The most times that one event may repeat.
const MOST_REPEATS: usize = 20_000;
/// Components stand in each other at most so deep.
const DEEPEST: usize = 8;

/// The dates that the events of an iCalendar file cover. An all-day event covers its days up to, not including,
/// `DTEND`; one with times covers every date it touches, as its own clock shows it. Repetition (`RRULE`, `RDATE`,
/// `EXDATE`, single changed days) is followed to the end of 2040. Cancelled events cover nothing.
///
/// # Errors
/// A sentence that says what is wrong with the file, and with which event.
pub fn holidays_of(ics: &str) -> Result<BTreeSet<NaiveDate>, String> {
    let text = unfold(&ics.trim_start_matches('\u{feff}').replace("\r\n", "\n"));
    check_bounds(&text)?;
    let calendar = read_calendar(&text).map_err(|_| "this is no iCalendar file that can be read".to_owned())?;
    let events: Vec<&Component<'_>> =
        calendar.components.iter().filter(|component| component.name.as_str().eq_ignore_ascii_case("VEVENT")).collect();
    let changed: Vec<(String, String)> = events.iter().filter_map(|event| changed_day(event)).collect();
    let mut holidays = BTreeSet::new();
    for event in events {
        if value(event, "STATUS").is_some_and(|status| status.trim().eq_ignore_ascii_case("CANCELLED")) {
            continue;
        }
        let covered = covered(event, &changed).map_err(|why| format!("the event {}: {why}", shown(event)))?;
        holidays.extend(covered);
    }
    Ok(holidays)
}

/// Refuses what is no calendar, and what would take too long, before it is parsed.
fn check_bounds(text: &str) -> Result<(), String> {
    let marks = |line: &str, mark: &str| line.get(..mark.len()).is_some_and(|head| head.eq_ignore_ascii_case(mark));
    if !text.lines().any(|line| marks(line.trim(), "BEGIN:VCALENDAR")) {
        return Err("this is no iCalendar file: it has no BEGIN:VCALENDAR".to_owned());
    }
    if !text.lines().any(|line| marks(line.trim(), "END:VCALENDAR")) {
        return Err("this iCalendar file is cut off: it has no END:VCALENDAR".to_owned());
    }
    let (mut depth, mut events) = (0_usize, 0_usize);
    for line in text.lines().map(str::trim) {
        if marks(line, "BEGIN:") {
            depth += 1;
            events += usize::from(marks(line, "BEGIN:VEVENT"));
        } else if marks(line, "END:") {
            depth = depth.saturating_sub(1);
        }
        if depth > DEEPEST {
            return Err(format!("this iCalendar file nests more than {DEEPEST} components"));
        }
        if events > MOST_EVENTS {
            return Err(format!("this iCalendar file has more than {MOST_EVENTS} events"));
        }
    }
    Ok(())
}

/// A date with or without a time of day, as it stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    wall: NaiveDateTime,
    is_date: bool,
}

/// The dates of one event.
fn covered(event: &Component<'_>, changed: &[(String, String)]) -> Result<Vec<NaiveDate>, String> {
    let start = point(value(event, "DTSTART").ok_or("it has no start (DTSTART)")?)?;
    let length = length(event, start)?;
    let left_out = left_out(event, changed)?;
    let mut dates = Vec::new();
    for wall in starts(event, start)? {
        if left_out.iter().any(|out| out.wall == wall || (out.is_date && out.wall.date() == wall.date())) {
            continue;
        }
        // An end at midnight does not touch the day that it begins.
        let last = wall.checked_add_signed(length - TimeDelta::seconds(1)).unwrap_or(wall).max(wall);
        dates.extend(wall.date().iter_days().take_while(|date| *date <= last.date()));
    }
    dates.retain(|date| date.year() <= LAST_YEAR);
    Ok(dates)
}

/// How long the event lasts, at most a year.
fn length(event: &Component<'_>, start: Point) -> Result<TimeDelta, String> {
    let length = match (value(event, "DTEND"), value(event, "DURATION")) {
        (Some(end), _) => point(end)?.wall - start.wall,
        (None, Some(duration)) => duration_of(duration).ok_or_else(|| format!("\"{duration}\" is no length"))?,
        (None, None) if start.is_date => TimeDelta::days(1),
        (None, None) => TimeDelta::zero(),
    };
    if length < TimeDelta::zero() {
        return Err("it ends before it starts".to_owned());
    }
    if length > TimeDelta::days(LONGEST_EVENT) {
        return Err(format!("it lasts more than {LONGEST_EVENT} days"));
    }
    Ok(length)
}

/// When the event starts, each time that it does.
fn starts(event: &Component<'_>, start: Point) -> Result<BTreeSet<NaiveDateTime>, String> {
    let mut starts = BTreeSet::from([start.wall]);
    for date in values(event, "RDATE") {
        starts.insert(point(date.split('/').next().unwrap_or(date))?.wall);
    }
    for rule in event.properties.iter().filter(|property| is_named(property, "RRULE")) {
        let recurrence = recurrence(rule.val.as_str(), start)?;
        let utc = Zone::utc();
        let repeated = recurrence.after(None, TimeDelta::zero(), &utc).map(|occurrence| occurrence.wall);
        starts.extend(repeated.take_while(|wall| wall.year() <= LAST_YEAR).take(MOST_REPEATS));
    }
    Ok(starts)
}

/// The rule of an event. A time in UTC is taken as its clock shows it; beside a date only its date counts.
fn recurrence(rule: &str, start: Point) -> Result<Recurrence, String> {
    let parts = rule.trim().split(';').filter(|part| !part.is_empty()).map(|part| match part.split_once('=') {
        Some((name, until)) if name.eq_ignore_ascii_case("UNTIL") => {
            let until = until.trim_end_matches(['Z', 'z']);
            format!("UNTIL={}", if start.is_date { until.get(..8).unwrap_or(until) } else { until })
        }
        _ => part.to_owned(),
    });
    let rule = format!("DTSTART:{} {}", start.wall.format("%Y%m%dT%H%M%S"), parts.collect::<Vec<_>>().join(";"));
    Pattern::rule(&rule).map_err(|error| error.message)?.stored().ok_or_else(|| "its rule has no start".to_owned())
}

/// The starts that do not count: `EXDATE`, and single days that have an event of their own.
fn left_out(event: &Component<'_>, changed: &[(String, String)]) -> Result<Vec<Point>, String> {
    let mut out = values(event, "EXDATE").into_iter().map(point).collect::<Result<Vec<_>, _>>()?;
    if value(event, "RECURRENCE-ID").is_none()
        && let Some(uid) = value(event, "UID")
    {
        for (_, day) in changed.iter().filter(|(of, _)| of == uid) {
            out.push(point(day)?);
        }
    }
    Ok(out)
}

/// The event and the day of it that this one replaces.
fn changed_day(event: &Component<'_>) -> Option<(String, String)> {
    Some((value(event, "UID")?.to_owned(), value(event, "RECURRENCE-ID")?.to_owned()))
}

fn is_named(property: &Property<'_>, name: &str) -> bool {
    property.name.as_str().eq_ignore_ascii_case(name)
}

fn value<'a>(event: &'a Component<'_>, name: &str) -> Option<&'a str> {
    event.properties.iter().find(|property| is_named(property, name)).map(|property| property.val.as_str().trim())
}

/// Every value of a property that holds lists and can stand there several times.
fn values<'a>(event: &'a Component<'_>, name: &str) -> Vec<&'a str> {
    let named = event.properties.iter().filter(|property| is_named(property, name));
    named.flat_map(|property| property.val.as_str().split(',')).map(str::trim).filter(|item| !item.is_empty()).collect()
}

/// `20261224`, `20261224T120000`, `20261224T120000Z`.
fn point(text: &str) -> Result<Point, String> {
    let text = text.trim();
    let plain = text.trim_end_matches(['Z', 'z']);
    let read = match plain.len() {
        8 => NaiveDate::parse_from_str(plain, "%Y%m%d").ok().map(|date| (date.and_time(NaiveTime::MIN), true)),
        _ => NaiveDateTime::parse_from_str(plain, "%Y%m%dT%H%M%S").ok().map(|wall| (wall, false)),
    };
    let read = read.filter(|(wall, _)| super::recurrence::is_in_years(wall.date()));
    read.map(|(wall, is_date)| Point { wall, is_date }).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        format!("\"{shown}\" is no date such as 20261224")
    })
}

/// `P1D`, `P2W`, `PT12H`, `P1DT6H`.
fn duration_of(text: &str) -> Option<TimeDelta> {
    let upper = text.trim().trim_start_matches('+').to_ascii_uppercase();
    let (days, clock) =
        upper.strip_prefix('P')?.split_once('T').map_or((upper.get(1..)?, ""), |(days, clock)| (days, clock));
    let days = units(days, &[('W', 604_800), ('D', 86_400)])?;
    let clock = units(clock, &[('H', 3_600), ('M', 60), ('S', 1)])?;
    TimeDelta::try_seconds(days.checked_add(clock)?)
}

/// The seconds of numbers that are each followed by a unit.
fn units(mut text: &str, known: &[(char, i64)]) -> Option<i64> {
    let mut seconds = 0_i64;
    while !text.is_empty() {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let unit = text[digits..].chars().next()?;
        let (_, each) = known.iter().find(|(name, _)| *name == unit)?;
        seconds = seconds.checked_add(text[..digits].parse::<i64>().ok()?.checked_mul(*each)?)?;
        text = &text[digits + unit.len_utf8()..];
    }
    Some(seconds)
}

/// What the event is called, for a sentence.
fn shown(event: &Component<'_>) -> String {
    let name = value(event, "SUMMARY").or_else(|| value(event, "UID")).unwrap_or("without a name");
    format!("\"{}\"", name.chars().filter(|c| !c.is_control()).take(60).collect::<String>())
}

#[cfg(test)]
mod tests;
