//! From the text of a rule to its parts.

use std::collections::BTreeSet;
use std::ops::Range;
use std::str::FromStr;

use chrono::{NaiveTime, Weekday};

use super::pattern::{BadPattern, Pattern, date};
use super::rule::{End, Every, NthWeekday, Rule};
use super::{Day, Kind};

/// More dates than this are not listed one by one.
const MOST_DATES: usize = 500;
/// The most times a rule that ends by count can have.
const MOST_TIMES: u32 = 10_000;
/// The widest step between two periods.
const WIDEST_STEP: u16 = 1_000;

type Read<T> = Result<T, BadPattern>;

/// One `NAME=VALUE`, and where its value stands.
struct Part<'t> {
    name: String,
    value: &'t str,
    whole: Range<usize>,
    at: usize,
}

/// What has been read so far.
#[derive(Default)]
struct Draft {
    rule: Option<Rule>,
    named: Vec<String>,
    start: Option<Day>,
    also: BTreeSet<Day>,
    except: BTreeSet<Day>,
}

pub(super) fn rule(text: &str) -> Read<Pattern> {
    let mut draft = Draft::default();
    let parts = parts(text)?;
    let Some(frequency) = parts.iter().find(|part| part.name == "FREQ") else {
        let message = "a rule needs FREQ: YEARLY, MONTHLY, WEEKLY, DAILY or HOURLY";
        return Err(BadPattern::new(0..text.len(), message).or_type(format!("FREQ=WEEKLY;{}", text.trim())));
    };
    draft.rule = Some(Rule::new(every(text, frequency)?));
    for part in &parts {
        draft.take(text, part)?;
    }
    let rule = draft.rule.unwrap_or_else(|| Rule::new(Every::Week)).tidy();
    goes_together(text, &parts, &rule)?;
    Ok(Pattern { kind: Kind::Rule(rule), start: draft.start, also: draft.also, except: draft.except })
}

/// Only the dates beside a rule.
pub(super) fn dates(text: &str) -> Read<(Option<Day>, BTreeSet<Day>, BTreeSet<Day>)> {
    let mut draft = Draft::default();
    for part in parts(text)? {
        draft.take(text, &part)?;
    }
    Ok((draft.start, draft.also, draft.except))
}

/// Takes the text apart at white space and semicolons. `RDATE;VALUE=DATE:20261220` is one part.
fn parts(text: &str) -> Read<Vec<Part<'_>>> {
    let mut found = Vec::new();
    let mut dates: Option<(String, usize)> = None;
    for piece in pieces(text) {
        let mut at = piece.start;
        if let Some(length) = strip_name(&text[piece.clone()], "RRULE") {
            at += length;
        }
        let whole = at..piece.end;
        if whole.is_empty() {
            continue;
        }
        let shown = &text[whole.clone()];
        let upper = shown.to_ascii_uppercase();
        if ["RDATE", "EXDATE", "DTSTART"].contains(&upper.as_str()) {
            dates = Some((upper, at));
            continue;
        }
        let Some(separator) = shown.find(['=', ':']) else {
            return Err(BadPattern::new(
                whole.clone(),
                format!("\"{shown}\" is no part of a rule; parts look like BYDAY=MO"),
            )
            .or_type(without(text, &whole)));
        };
        let name = shown[..separator].to_ascii_uppercase();
        let (name, begun, separator) = match (dates.take(), name.as_str()) {
            (Some((of, begun)), "VALUE" | "TZID") => {
                let Some(colon) = shown.find(':') else {
                    return Err(BadPattern::new(whole, format!("after {of} and a colon come dates")));
                };
                if name == "TZID" {
                    let plain = format!("{of}:{}", &shown[colon + 1..]);
                    return Err(BadPattern::new(whole.clone(), "a rule names no zone: it is given with tz:")
                        .or_type(replaced(text, &(begun..whole.end), &plain)));
                }
                (of, begun, colon)
            }
            (Some((of, begun)), _) => {
                return Err(BadPattern::new(begun..whole.start, format!("after {of} and a colon come dates")));
            }
            (None, _) => (name, whole.start, separator),
        };
        let value_at = whole.start + separator + 1;
        found.push(Part { name, value: &text[value_at..whole.end], whole: begun..whole.end, at: value_at });
    }
    match dates {
        Some((of, begun)) => {
            Err(BadPattern::new(begun..begun + of.len(), format!("after {of} and a colon come dates")))
        }
        None => Ok(found),
    }
}

/// The stretches between white space and semicolons.
fn pieces(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    let ends = text.match_indices(|c: char| c.is_whitespace() || c == ';').map(|(end, mark)| (end, mark.len()));
    ends.chain(std::iter::once((text.len(), 0))).filter_map(move |(end, mark)| {
        let piece = at..end;
        at = end + mark;
        (!piece.is_empty()).then_some(piece)
    })
}

/// The length of `NAME:` at the beginning of a text.
fn strip_name(text: &str, name: &str) -> Option<usize> {
    let head = text.get(..name.len())?;
    (head.eq_ignore_ascii_case(name) && text[name.len()..].starts_with(':')).then_some(name.len() + 1)
}

fn every(text: &str, part: &Part<'_>) -> Read<Every> {
    let value = part.at..part.whole.end;
    match part.value.to_ascii_uppercase().as_str() {
        "YEARLY" => Ok(Every::Year),
        "MONTHLY" => Ok(Every::Month),
        "WEEKLY" => Ok(Every::Week),
        "DAILY" => Ok(Every::Day),
        "HOURLY" => Ok(Every::Hour),
        "MINUTELY" | "SECONDLY" => {
            Err(BadPattern::new(value.clone(), "maintenance repeats hourly at most: FREQ=HOURLY")
                .or_type(replaced(text, &value, "HOURLY")))
        }
        _ => Err(BadPattern::new(value.clone(), "FREQ is one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY")
            .or_type(replaced(text, &value, "WEEKLY"))),
    }
}

impl Draft {
    fn take(&mut self, text: &str, part: &Part<'_>) -> Read<()> {
        let twice = self.named.contains(&part.name) && !["RDATE", "EXDATE"].contains(&part.name.as_str());
        if twice {
            let message = format!("{} stands there twice; give one", part.name);
            return Err(BadPattern::new(part.whole.clone(), message).or_type(without(text, &part.whole)));
        }
        self.named.push(part.name.clone());
        match part.name.as_str() {
            "DTSTART" => {
                self.start = Some(day(text, part.value, part.at)?);
                Ok(())
            }
            "RDATE" => days(text, part, &mut self.also),
            "EXDATE" => days(text, part, &mut self.except),
            "EXRULE" => Err(BadPattern::new(part.whole.clone(), "EXRULE is not taken; leave days out with EXDATE")
                .or_type(without(text, &part.whole))),
            _ => match &mut self.rule {
                Some(rule) => rule_part(rule, text, part),
                None => Err(unknown(text, part)),
            },
        }
    }
}

fn rule_part(rule: &mut Rule, text: &str, part: &Part<'_>) -> Read<()> {
    match part.name.as_str() {
        "FREQ" => {}
        "INTERVAL" => rule.interval = number(text, part, part.value, part.at, 1, WIDEST_STEP)?,
        "COUNT" => {
            none_yet(rule, text, part)?;
            rule.end = End::Count(number(text, part, part.value, part.at, 1, MOST_TIMES)?);
        }
        "UNTIL" => {
            none_yet(rule, text, part)?;
            rule.end = End::Until(day(text, part.value, part.at)?);
        }
        "WKST" => rule.week_start = weekday(text, part, part.value, part.at)?,
        "BYMONTH" => rule.months = numbers(text, part, 1, 12)?,
        "BYWEEKNO" => rule.week_numbers = signed(text, part, 53)?,
        "BYYEARDAY" => rule.year_days = signed(text, part, 366)?,
        "BYMONTHDAY" => rule.month_days = signed(text, part, 31)?,
        "BYHOUR" => rule.hours = numbers(text, part, 0, 23)?,
        "BYMINUTE" => rule.minutes = numbers(text, part, 0, 59)?,
        "BYSECOND" => rule.seconds = numbers(text, part, 0, 59)?,
        "BYSETPOS" => rule.positions = signed(text, part, 366)?,
        "BYDAY" => rule.weekdays = nth_weekdays(text, part, rule.every)?,
        _ => return Err(unknown(text, part)),
    }
    Ok(())
}

fn unknown(text: &str, part: &Part<'_>) -> BadPattern {
    const KNOWN: [&str; 17] = [
        "FREQ",
        "INTERVAL",
        "COUNT",
        "UNTIL",
        "WKST",
        "BYMONTH",
        "BYWEEKNO",
        "BYYEARDAY",
        "BYMONTHDAY",
        "BYDAY",
        "BYHOUR",
        "BYMINUTE",
        "BYSECOND",
        "BYSETPOS",
        "DTSTART",
        "RDATE",
        "EXDATE",
    ];
    let near = KNOWN
        .iter()
        .map(|known| (strsim::osa_distance(&part.name, known), known))
        .filter(|(edits, _)| *edits <= 2)
        .min_by_key(|(edits, _)| *edits);
    let name = part.whole.start..part.whole.start + part.name.len();
    match near {
        Some((_, near)) => {
            BadPattern::new(name.clone(), format!("{} is no part of a rule; did you mean {near}?", part.name))
                .or_type(replaced(text, &name, near))
        }
        None => {
            BadPattern::new(name, format!("{} is no part of a rule", part.name)).or_type(without(text, &part.whole))
        }
    }
}

/// A rule ends once: after a count, or at a time.
fn none_yet(rule: &Rule, text: &str, part: &Part<'_>) -> Read<()> {
    if rule.end == End::Never {
        return Ok(());
    }
    let message = "COUNT and UNTIL both end the rule; give one";
    Err(BadPattern::new(part.whole.clone(), message).or_type(without(text, &part.whole)))
}

/// The items of a list and where they stand.
fn items<'t>(part: &Part<'t>) -> impl Iterator<Item = (&'t str, usize)> {
    part.value.split(',').scan(part.at, |next, item| {
        let at = *next;
        *next += item.len() + 1;
        Some((item, at))
    })
}

fn number<T>(text: &str, part: &Part<'_>, item: &str, at: usize, least: T, most: T) -> Read<T>
where
    T: FromStr + PartialOrd + std::fmt::Display + Copy,
{
    let is_plain = !item.is_empty() && item.len() <= 6 && item.bytes().all(|byte| byte.is_ascii_digit());
    let read = is_plain.then(|| item.parse().ok()).flatten().filter(|number| (least..=most).contains(number));
    read.ok_or_else(|| {
        let range = at..at + item.len();
        let nearest = if item.len() > 1 && !item.starts_with(['0', '-']) { most } else { least };
        BadPattern::new(range.clone(), format!("{} takes {least} to {most}", part.name)).or_type(replaced(
            text,
            &range,
            &nearest.to_string(),
        ))
    })
}

fn numbers(text: &str, part: &Part<'_>, least: u8, most: u8) -> Read<Vec<u8>> {
    items(part).map(|(item, at)| number(text, part, item, at, least, most)).collect()
}

/// Numbers that count from the end when negative.
fn signed<T: TryFrom<i32>>(text: &str, part: &Part<'_>, most: i32) -> Read<Vec<T>> {
    let read = |(item, at): (&str, usize)| {
        let digits = item.trim_start_matches(['+', '-']);
        let sign = if item.starts_with('-') { -1 } else { 1 };
        let is_plain = item.len() - digits.len() <= 1 && (1..=3).contains(&digits.len());
        let number =
            is_plain.then(|| digits.parse::<i32>().ok()).flatten().filter(|number| (1..=most).contains(number));
        number.and_then(|number| T::try_from(sign * number).ok()).ok_or_else(|| {
            let range = at..at + item.len();
            let message = format!("{} takes 1 to {most}, or -1 to -{most} counted from the end", part.name);
            BadPattern::new(range.clone(), message).or_type(replaced(text, &range, "1"))
        })
    };
    items(part).map(read).collect()
}

fn weekday(text: &str, part: &Part<'_>, item: &str, at: usize) -> Read<Weekday> {
    match item.to_ascii_uppercase().as_str() {
        "MO" => Ok(Weekday::Mon),
        "TU" => Ok(Weekday::Tue),
        "WE" => Ok(Weekday::Wed),
        "TH" => Ok(Weekday::Thu),
        "FR" => Ok(Weekday::Fri),
        "SA" => Ok(Weekday::Sat),
        "SU" => Ok(Weekday::Sun),
        other => {
            let range = at..at + item.len();
            let near = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"].iter().find(|day| other.starts_with(**day));
            let message = format!("{} takes MO, TU, WE, TH, FR, SA, SU", part.name);
            Err(BadPattern::new(range.clone(), message).or_type(replaced(text, &range, near.unwrap_or(&"MO"))))
        }
    }
}

fn nth_weekdays(text: &str, part: &Part<'_>, every: Every) -> Read<Vec<NthWeekday>> {
    let (most, from_end) = match every {
        Every::Year => (53, 52),
        Every::Month => (5, 4),
        _ => (0, 0),
    };
    let read = |(item, at): (&str, usize)| {
        let digits = item.len() - item.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-')).len();
        let weekday = weekday(text, part, &item[digits..], at + digits)?;
        if digits == 0 {
            return Ok(NthWeekday { nth: 0, weekday });
        }
        let nth = item[..digits].parse::<i16>().ok();
        let nth = nth.filter(|nth| *nth != 0 && (-from_end..=most).contains(nth));
        nth.map(|nth| NthWeekday { nth, weekday }).ok_or_else(|| {
            let range = at..at + digits;
            let message = match every {
                Every::Year => "a numbered weekday of the year is the 1st to the 53rd, or -1 to -52",
                Every::Month => "a numbered weekday of the month is the 1st to the 5th, or -1 to -4",
                _ => "weekdays are numbered in months and years only",
            };
            let instead = if most == 0 { "" } else { "-1" };
            BadPattern::new(range.clone(), message).or_type(replaced(text, &range, instead))
        })
    };
    items(part).map(read).collect()
}

fn days(text: &str, part: &Part<'_>, into: &mut BTreeSet<Day>) -> Read<()> {
    for (item, at) in items(part) {
        into.insert(day(text, item, at)?);
        if into.len() > MOST_DATES {
            let message = format!("{} takes at most {MOST_DATES} dates", part.name);
            return Err(BadPattern::new(at..at + item.len(), message));
        }
    }
    Ok(())
}

/// `20261220`, `20261220T160000`, and the same with the marks of ISO 8601 and without seconds.
fn day(text: &str, item: &str, at: usize) -> Read<Day> {
    let range = at..at + item.len();
    let bad = |message: String| BadPattern::new(range.clone(), message);
    if item.ends_with(['Z', 'z']) {
        let plain = &item[..item.len() - 1];
        return Err(bad("times here are wall-clock times of the series' zone, not UTC; leave the Z out".to_owned())
            .or_type(replaced(text, &range, plain)));
    }
    let plain: String = item.chars().filter(|c| !matches!(c, '-' | ':')).collect::<String>().to_ascii_uppercase();
    let (days, time) = plain.split_once('T').map_or((plain.as_str(), None), |(days, time)| (days, Some(time)));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_shaped =
        days.len() == 8 && digits(days) && time.is_none_or(|time| matches!(time.len(), 4 | 6) && digits(time));
    if !is_shaped {
        return Err(bad(format!("\"{item}\" is no date; write 20261220 or 20261220T160000"))
            .or_type(replaced(text, &range, "20261220")));
    }
    let part = |text: &str, range: Range<usize>| text.get(range).and_then(|part| part.parse::<u32>().ok()).unwrap_or(0);
    let year = i32::try_from(part(days, 0..4)).unwrap_or_default();
    let date = date(year, part(days, 4..6), part(days, 6..8))
        .map_err(|message| bad(message).or_type(replaced(text, &range, "20261220")))?;
    match time {
        None => Ok(Day::Whole(date)),
        Some(time) => NaiveTime::from_hms_opt(part(time, 0..2), part(time, 2..4), part(time, 4..6))
            .map(|time| Day::At(date.and_time(time)))
            .ok_or_else(|| {
                bad(format!("\"{time}\" is no time of day")).or_type(replaced(text, &range, &format!("{days}T160000")))
            }),
    }
}

/// Which parts exclude each other, as the standard says.
fn goes_together(text: &str, parts: &[Part<'_>], rule: &Rule) -> Read<()> {
    let refused = |name: &str, message: &str| {
        let whole = parts.iter().find(|part| part.name == name).map_or(0..text.len(), |part| part.whole.clone());
        Err(BadPattern::new(whole.clone(), message).or_type(without(text, &whole)))
    };
    let is_numbered = rule.weekdays.iter().any(|day| day.nth != 0);
    let has_other = !(rule.months.is_empty()
        && rule.week_numbers.is_empty()
        && rule.year_days.is_empty()
        && rule.month_days.is_empty()
        && rule.weekdays.is_empty()
        && rule.hours.is_empty()
        && rule.minutes.is_empty()
        && rule.seconds.is_empty());
    if !rule.week_numbers.is_empty() && rule.every != Every::Year {
        return refused("BYWEEKNO", "BYWEEKNO goes with FREQ=YEARLY only");
    }
    if !rule.year_days.is_empty() && !matches!(rule.every, Every::Year | Every::Hour) {
        return refused("BYYEARDAY", "BYYEARDAY goes with FREQ=YEARLY or HOURLY only");
    }
    if !rule.month_days.is_empty() && rule.every == Every::Week {
        return refused("BYMONTHDAY", "BYMONTHDAY does not go with FREQ=WEEKLY");
    }
    if is_numbered && !rule.week_numbers.is_empty() {
        return refused("BYWEEKNO", "a numbered weekday does not go with BYWEEKNO");
    }
    if !rule.positions.is_empty() && !has_other {
        return refused("BYSETPOS", "BYSETPOS needs another BY part to choose from");
    }
    let reach = match rule.every {
        Every::Year | Every::Day => 366,
        Every::Month => 31,
        Every::Week => 53,
        Every::Hour => 24,
    };
    if rule.positions.iter().any(|position| position.abs() > reach) {
        return refused("BYSETPOS", &format!("BYSETPOS goes to {reach} with this FREQ"));
    }
    Ok(())
}

fn replaced(text: &str, range: &Range<usize>, by: &str) -> String {
    format!("{}{by}{}", &text[..range.start], &text[range.end..]).trim().to_owned()
}

/// The text without one part and the mark before it.
fn without(text: &str, range: &Range<usize>) -> String {
    let head = text[..range.start].trim_end_matches(|c: char| c == ';' || c.is_whitespace());
    let tail = text[range.end..].trim_start_matches(|c: char| c == ';' || c.is_whitespace());
    let mark = match (head.is_empty(), tail.is_empty()) {
        (false, false) if text[range.end..].starts_with(';') || !tail.contains([':']) => ";",
        (false, false) => " ",
        _ => "",
    };
    format!("{head}{mark}{tail}").trim().to_owned()
}
