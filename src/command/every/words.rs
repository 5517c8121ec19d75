//! Recurrences in words. The words are taken one after the other, in any order that can be understood, and make a rule.

use std::ops::Range;

use chrono::{NaiveTime, TimeDelta, Weekday};

use super::{EveryError, Tail};
use crate::command::when::{scan, words};
use crate::domain::calendar::{Pattern, Zone, parse_duration};

type Read<T> = Result<T, EveryError>;

/// Every word that is understood, for finding the one that was meant.
const KNOWN: [&str; 46] = [
    "every",
    "each",
    "other",
    "second",
    "first",
    "third",
    "fourth",
    "fifth",
    "last",
    "day",
    "days",
    "week",
    "weeks",
    "month",
    "months",
    "quarter",
    "quarters",
    "year",
    "years",
    "daily",
    "weekly",
    "monthly",
    "quarterly",
    "yearly",
    "fortnightly",
    "weekday",
    "weekdays",
    "weekend",
    "weekends",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "august",
    "september",
    "october",
    "november",
    "december",
    "for",
];

/// How far periods lie apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// What has been read so far.
#[derive(Default)]
struct Draft {
    /// `every` or a word like it was said.
    every: bool,
    unit: Option<(Unit, u16, Range<usize>)>,
    /// First to fifth, -1 for the last; and where they stand.
    nths: Vec<(i8, Range<usize>)>,
    weekdays: Vec<Weekday>,
    /// Days of the month, negative from its end.
    days: Vec<i8>,
    months: Vec<u8>,
    tail: Tail,
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    draft: Draft,
}

/// Reads a recurrence in words.
pub(super) fn read(text: &str) -> Read<(Pattern, Tail)> {
    let mut parser = Parser { text, at: 0, draft: Draft::default() };
    while parser.skip() {
        parser.piece()?;
    }
    let rule = parser.rule()?;
    let pattern = Pattern::rule(&rule).map_err(|error| EveryError::new(0..text.len(), error.message))?;
    Ok((pattern, parser.draft.tail))
}

/// Reads the time and the length that stand behind a rule, from `at` on.
pub(super) fn tail(text: &str, at: usize) -> Read<Tail> {
    let mut parser = Parser { text, at, draft: Draft::default() };
    while parser.skip() {
        if !parser.time_or_length()? && !parser.take(&["at"]) {
            return Err(parser.unknown());
        }
    }
    Ok(parser.draft.tail)
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// Steps over white space and commas; false at the end of the text.
    fn skip(&mut self) -> bool {
        self.at += scan::glue(self.rest());
        !self.rest().is_empty()
    }

    /// The word at hand, in lower case; empty when there is none.
    fn word(&self) -> String {
        scan::letters(self.rest()).to_lowercase()
    }

    /// Takes the word at hand when it is one of these.
    fn take(&mut self, wanted: &[&str]) -> bool {
        let found = wanted.contains(&self.word().as_str());
        if found {
            self.at += scan::letters(self.rest()).len();
        }
        found
    }

    fn piece(&mut self) -> Read<()> {
        if self.take(&["on", "the", "and", "of", "in", "at", "a"]) || self.time_or_length()? {
            return Ok(());
        }
        let from = self.at;
        if self.take(&["every", "each"]) {
            self.draft.every = true;
            return self.step(from);
        }
        if self.adverb(from)? || self.nth(from)? || self.weekday() || self.month_day()? {
            return Ok(());
        }
        if let Some(month) = words::month(&self.word()) {
            self.at += scan::letters(self.rest()).len();
            self.draft.months.push(u8::try_from(month).unwrap_or_default());
            self.day_after_month();
            return Ok(());
        }
        if let Some(unit) = self.unit() {
            return self.set_unit(unit, 1, from);
        }
        Err(self.unknown())
    }

    /// What follows `every`: nothing yet, `2 weeks`, `other thursday`, `third month`.
    fn step(&mut self, from: usize) -> Read<()> {
        self.skip();
        let counted = self.at;
        let other = self.take(&["other"]);
        let count = if other {
            Some(2)
        } else {
            scan::number(self.rest(), 1..=3)
                .filter(|(_, length)| self.rest()[*length..].starts_with(char::is_whitespace))
                .map(|(count, length)| {
                    self.at += length;
                    count
                })
        };
        let Some(count) = count else {
            return self.third_month(from);
        };
        self.skip();
        let count = u16::try_from(count).unwrap_or_default();
        if let Some(unit) = self.unit() {
            if count == 0 {
                let range = counted..self.at;
                return Err(EveryError::new(range.clone(), "every 0 is none").or_type(self.replaced(&range, "day")));
            }
            return self.set_unit(unit, count, from);
        }
        if other && self.weekday() {
            return self.set_unit(Unit::Week, 2, from);
        }
        if !other && words::month(&self.word()).is_some() {
            // `every 24 december` is a date.
            self.at = counted;
            return Ok(());
        }
        let range = from..self.at.max(counted);
        Err(EveryError::new(range.clone(), "here comes what is counted: days, weeks, months or years")
            .or_type(self.replaced(&range, &format!("every {count} weeks"))))
    }

    /// `every third month`, the way such rules are shown. `every second sunday` is left to be read as a numbered day.
    fn third_month(&mut self, from: usize) -> Read<()> {
        let begun = self.at;
        if let Some(count) = ordinal(&self.word()).filter(|count| *count > 1) {
            self.at += scan::letters(self.rest()).len();
            self.skip();
            if let Some(unit) = self.unit().filter(|unit| *unit != Unit::Day || self.draft.nths.is_empty()) {
                return self.set_unit(unit, u16::try_from(count).unwrap_or(1), from);
            }
            self.at = begun;
        }
        Ok(())
    }

    fn set_unit(&mut self, unit: Unit, count: u16, from: usize) -> Read<()> {
        match &self.draft.unit {
            Some((known, step, _)) if *known == unit && (*step == count || count == 1) => Ok(()),
            // `last friday of every month`: the period was named, and here comes how often.
            Some((known, 1, _)) if *known == unit => {
                self.draft.unit = Some((unit, count, from..self.at));
                Ok(())
            }
            Some((_, _, first)) => {
                let message = format!(
                    "\"{}\" is a second period after \"{}\"; give one",
                    &self.text[from..self.at],
                    &self.text[first.clone()]
                );
                let range = from..self.at;
                Err(EveryError::new(range.clone(), message).or_type(self.replaced(&range, "")))
            }
            None => {
                self.draft.unit = Some((unit, count, from..self.at));
                Ok(())
            }
        }
    }

    fn unit(&mut self) -> Option<Unit> {
        let unit = match self.word().as_str() {
            "day" | "days" => Unit::Day,
            "week" | "weeks" => Unit::Week,
            "month" | "months" => Unit::Month,
            "quarter" | "quarters" => Unit::Quarter,
            "year" | "years" => Unit::Year,
            _ => return None,
        };
        self.at += scan::letters(self.rest()).len();
        Some(unit)
    }

    /// One word that says how often.
    fn adverb(&mut self, from: usize) -> Read<bool> {
        use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
        let word = self.word();
        let (unit, step) = match word.as_str() {
            "daily" => (Unit::Day, 1),
            "weekly" => (Unit::Week, 1),
            "fortnightly" => (Unit::Week, 2),
            "monthly" => (Unit::Month, 1),
            "quarterly" => (Unit::Quarter, 1),
            "yearly" | "annually" => (Unit::Year, 1),
            "weekday" | "weekdays" => {
                self.draft.weekdays.extend([Mon, Tue, Wed, Thu, Fri]);
                (Unit::Week, 1)
            }
            "weekend" | "weekends" => {
                self.draft.weekdays.extend([Sat, Sun]);
                (Unit::Week, 1)
            }
            _ => return Ok(false),
        };
        if !self.draft.nths.is_empty() {
            return Ok(false);
        }
        self.at += word.len();
        self.draft.every = true;
        self.set_unit(unit, step, from)?;
        Ok(true)
    }

    /// `first`, `last`, `2nd` before a weekday; `last day`, `first day`; `15th`.
    fn nth(&mut self, from: usize) -> Read<bool> {
        let word = self.word();
        if let Some(nth) = ordinal(&word) {
            self.at += word.len();
            let ordinal_ends = self.at;
            self.skip();
            if self.take(&["day"]) {
                self.draft.days.push(nth);
                return Ok(true);
            }
            self.at = ordinal_ends;
            self.draft.nths.push((nth, from..self.at));
            return Ok(true);
        }
        let Some((number, digits)) = scan::number(self.rest(), 1..=2) else { return Ok(false) };
        let suffix = scan::letters(&self.rest()[digits..]).to_lowercase();
        if !["st", "nd", "rd", "th"].contains(&suffix.as_str()) {
            return Ok(false);
        }
        self.at += digits + suffix.len();
        let ordinal_ends = self.at;
        self.skip();
        let before_weekday = weekday_of(&self.word()).is_some();
        let day_follows = self.take(&["day"]);
        if !day_follows {
            self.at = ordinal_ends;
        }
        let number = i8::try_from(number).unwrap_or(i8::MAX);
        if before_weekday {
            if !(1..=5).contains(&number) {
                let range = from..self.at;
                return Err(EveryError::new(range.clone(), "a month has at most five of each weekday")
                    .or_type(self.replaced(&range, "last")));
            }
            self.draft.nths.push((number, from..self.at));
        } else {
            self.push_day(number, from)?;
        }
        Ok(true)
    }

    /// A day of the month as a plain number: `day 15`, `24 december`.
    fn month_day(&mut self) -> Read<bool> {
        let from = self.at;
        if self.word() == "day" || self.word() == "days" {
            let after = self.at + self.word().len();
            let number_at = after + scan::glue(&self.text[after..]);
            if let Some((_, digits)) = scan::number(&self.text[number_at..], 1..=2)
                && !self.text[number_at + digits..].starts_with([':', 'a', 'p'])
            {
                self.at = number_at;
            } else {
                return Ok(false);
            }
        }
        let named = self.at > from;
        let Some((number, digits)) = scan::number(self.rest(), 1..=2) else { return Ok(false) };
        let after = &self.rest()[digits..];
        let next = scan::letters(&after[scan::glue(after)..]).to_lowercase();
        let next_of = after.trim_start().strip_prefix("of").map(|rest| scan::letters(rest.trim_start()).to_lowercase());
        let before_month = words::month(&next).is_some() || next_of.is_some_and(|word| words::month(&word).is_some());
        let in_list =
            !self.draft.days.is_empty() && !after.starts_with(char::is_alphanumeric) && !after.starts_with(':');
        if !named && !before_month && !in_list {
            return Ok(false);
        }
        self.at += digits;
        self.push_day(i8::try_from(number).unwrap_or(i8::MAX), from)?;
        Ok(true)
    }

    /// `december 24`.
    fn day_after_month(&mut self) {
        let at = self.at + scan::glue(self.rest());
        let rest = &self.text[at..];
        if let Some((number, digits)) = scan::number(rest, 1..=2).filter(|(number, _)| (1..=31).contains(number))
            && self.draft.days.is_empty()
            && self.draft.nths.is_empty()
        {
            let after = &rest[digits..];
            if after.is_empty()
                || after.starts_with(|c: char| c.is_whitespace() || c == ',') && scan::clock(rest).is_none()
            {
                self.at = at + digits;
                self.draft.days.push(i8::try_from(number).unwrap_or_default());
            }
        }
    }

    fn push_day(&mut self, day: i8, from: usize) -> Read<()> {
        if (1..=31).contains(&day) {
            self.draft.days.push(day);
            return Ok(());
        }
        let range = from..self.at;
        Err(EveryError::new(range.clone(), "a month has days 1 to 31").or_type(self.replaced(&range, "15th")))
    }

    fn weekday(&mut self) -> bool {
        let word = self.word();
        let Some(weekday) = weekday_of(&word) else { return false };
        self.at += word.len();
        self.draft.weekdays.push(weekday);
        true
    }

    /// `16:00`, `4pm`, `16:00-20:00`, `for 4h`.
    fn time_or_length(&mut self) -> Read<bool> {
        let from = self.at;
        if self.take(&["for"]) {
            return self.length(from).map(|()| true);
        }
        let Some((typed, length)) = scan::clock(self.rest()) else { return Ok(false) };
        self.at += length;
        let range = from..self.at;
        let Some((time, next_day)) = typed.time() else {
            let message = format!("\"{}\" is no time of day", &self.text[range.clone()]);
            return Err(EveryError::new(range.clone(), message).or_type(self.replaced(&range, "16:00")));
        };
        if next_day {
            let message = "a day starts at 00:00; 24:00 is the next one";
            return Err(EveryError::new(range.clone(), message).or_type(self.replaced(&range, "00:00")));
        }
        if let Some((_, first)) = &self.draft.tail.time {
            let message = format!(
                "\"{}\" is a second time after \"{}\"; give one",
                &self.text[range.clone()],
                &self.text[first.clone()]
            );
            return Err(EveryError::new(range.clone(), message).or_type(self.replaced(&range, "")));
        }
        self.draft.tail.time = Some((time, range));
        self.end_after(time)?;
        Ok(true)
    }

    /// The end of a range that began at `start`: the clock's way from one to the other is the length.
    fn end_after(&mut self, start: NaiveTime) -> Read<()> {
        let from = self.at;
        self.skip();
        let dashed = match scan::dash(self.rest()) {
            Some(length) => {
                self.at += length;
                true
            }
            None => self.take(&["to", "until", "till"]),
        };
        if !dashed {
            self.at = from;
            return Ok(());
        }
        self.skip();
        let Some((end, length)) = scan::clock(self.rest()).and_then(|(typed, length)| Some((typed.time()?.0, length)))
        else {
            let range = from..self.blamed().end;
            return Err(EveryError::new(range.clone(), "here comes the end of a range, such as 16:00-20:00")
                .or_type(self.replaced(&range, " for 4h")));
        };
        self.at += length;
        let passed = end - start;
        let length = if passed > TimeDelta::zero() { passed } else { passed + TimeDelta::days(1) };
        self.set_length(length, from)
    }

    fn length(&mut self, from: usize) -> Read<()> {
        self.skip();
        let bytes = scan::length(self.rest());
        let begun = self.at;
        if bytes == 0 {
            let range = from..self.blamed().end;
            return Err(EveryError::new(range.clone(), "after \"for\" comes a length such as 4h, 90m or 1h 30m")
                .or_type(self.replaced(&range, "for 4h")));
        }
        self.at += bytes;
        let length = parse_duration(&self.text[begun..self.at]).map_err(|message| {
            let range = begun..self.at;
            EveryError::new(range.clone(), message).or_type(self.replaced(&range, "4h"))
        })?;
        self.set_length(length, from)
    }

    fn set_length(&mut self, length: TimeDelta, from: usize) -> Read<()> {
        let range = from..self.at;
        if self.draft.tail.length.is_some() {
            return Err(EveryError::new(range.clone(), "an end or a length stands there already; give one")
                .or_type(self.replaced(&range, "")));
        }
        self.draft.tail.length = Some((length, range));
        Ok(())
    }

    /// The rule that the words make.
    fn rule(&self) -> Read<String> {
        let draft = &self.draft;
        let whole = 0..self.text.len();
        if !draft.nths.is_empty() {
            return self.numbered();
        }
        let weekdays =
            if draft.weekdays.is_empty() { String::new() } else { format!(";BYDAY={}", codes(0, &draft.weekdays)) };
        let months = listed("BYMONTH", &draft.months);
        let days = listed("BYMONTHDAY", &draft.days);
        if !draft.days.is_empty() && !draft.weekdays.is_empty() {
            return Err(EveryError::new(whole, "a day of the month and a weekday do not go together; give one")
                .or_type("15th of month 16:00 for 4h"));
        }
        match (draft.unit.as_ref().map(|(unit, step, _)| (*unit, *step)), draft.days.is_empty()) {
            (None, true) if !draft.weekdays.is_empty() => Ok(format!("FREQ=WEEKLY{weekdays}{months}")),
            (None, false) if !draft.months.is_empty() => Ok(format!("FREQ=YEARLY{months}{days}")),
            (None, false) if draft.every => Ok(format!("FREQ=MONTHLY{days}")),
            (None, false) => {
                Err(EveryError::new(whole, "of which month? write \"of month\" for each").or_type(self.of_month()))
            }
            (None, true) => Err(EveryError::new(whole, "how often? write for example every sunday, or 15th of month")
                .or_type(if draft.every {
                    String::new()
                } else {
                    format!("every day {}", self.text.trim()).trim_end().to_owned()
                })),
            (Some((Unit::Day, step)), true) if draft.weekdays.is_empty() && draft.months.is_empty() => {
                Ok(format!("FREQ=DAILY;INTERVAL={step}"))
            }
            (Some((Unit::Week, step)), true) if step == 1 || draft.months.is_empty() => {
                Ok(format!("FREQ=WEEKLY;INTERVAL={step}{weekdays}{months}"))
            }
            (Some((Unit::Month, step)), _) if draft.weekdays.is_empty() && draft.months.is_empty() => {
                Ok(format!("FREQ=MONTHLY;INTERVAL={step}{days}"))
            }
            (Some((Unit::Quarter, 1)), false) if draft.months.is_empty() => {
                let from_end = draft.days.iter().all(|day| *day < 0);
                let mixed = !from_end && draft.days.iter().any(|day| *day < 0);
                if mixed {
                    Err(self.unclear())
                } else {
                    Ok(format!("FREQ=MONTHLY;BYMONTH={}{days}", quarter(from_end)))
                }
            }
            (Some((Unit::Year, step)), false) if draft.months.is_empty() => {
                let days: Vec<i16> = draft.days.iter().map(|day| i16::from(*day)).collect();
                Ok(format!("FREQ=YEARLY;INTERVAL={step}{}", listed("BYYEARDAY", &days)))
            }
            (Some((Unit::Year, step)), false) => Ok(format!("FREQ=YEARLY;INTERVAL={step}{months}{days}")),
            (Some((Unit::Year, step)), true) if draft.weekdays.is_empty() && draft.months.is_empty() => {
                Ok(format!("FREQ=YEARLY;INTERVAL={step}"))
            }
            _ => Err(self.unclear()),
        }
    }

    /// The rule of numbered weekdays: `second sunday of month`.
    fn numbered(&self) -> Read<String> {
        let draft = &self.draft;
        let (_, range) = &draft.nths[0];
        let typed = &self.text[range.clone()];
        if draft.weekdays.is_empty() || !draft.days.is_empty() {
            let after = range.end..range.end;
            return Err(EveryError::new(range.clone(), format!("after \"{typed}\" comes a weekday or \"day\""))
                .or_type(self.replaced(&after, " day")));
        }
        let mut codes_of: Vec<String> = draft.nths.iter().map(|(nth, _)| codes(*nth, &draft.weekdays)).collect();
        codes_of.dedup();
        let days = format!(";BYDAY={}", codes_of.join(","));
        match draft.unit.as_ref().map(|(unit, step, _)| (*unit, *step)) {
            None if !draft.months.is_empty() => Ok(format!("FREQ=YEARLY{}{days}", listed("BYMONTH", &draft.months))),
            None if draft.every && draft.nths.len() == 1 && draft.nths[0].0 == 2 => {
                let message =
                    format!("\"every {typed}\" can mean every other one or the {typed} of the month; write which");
                Err(EveryError::new(range.clone(), message).or_type(self.replaced(range, "other")))
            }
            None => Err(EveryError::new(
                range.clone(),
                format!("the {typed} one of what? write \"of month\" or \"of quarter\""),
            )
            .or_type(self.of_month())),
            Some((Unit::Month, step)) if draft.months.is_empty() => Ok(format!("FREQ=MONTHLY;INTERVAL={step}{days}")),
            Some((Unit::Quarter, 1)) if draft.months.is_empty() => {
                let from_end = draft.nths.iter().all(|(nth, _)| *nth < 0);
                let mixed = !from_end && draft.nths.iter().any(|(nth, _)| *nth < 0);
                if mixed {
                    Err(self.unclear())
                } else {
                    Ok(format!("FREQ=MONTHLY;BYMONTH={}{days}", quarter(from_end)))
                }
            }
            Some((Unit::Year, step)) => {
                Ok(format!("FREQ=YEARLY;INTERVAL={step}{}{days}", listed("BYMONTH", &draft.months)))
            }
            Some(_) => Err(self.unclear()),
        }
    }

    /// The text with `of month` before its time and length.
    fn of_month(&self) -> String {
        let tail = &self.draft.tail;
        let starts = [tail.time.as_ref().map(|(_, at)| at.start), tail.length.as_ref().map(|(_, at)| at.start)];
        let end = starts.into_iter().flatten().min().unwrap_or(self.text.len());
        let head = self.text[..end].trim().trim_end_matches(" at");
        format!("{head} of month {}", &self.text[end..]).trim().to_owned()
    }

    fn unclear(&self) -> EveryError {
        EveryError::new(0..self.text.len(), "these words do not make one rule; write it as FREQ=… or more plainly")
    }

    /// The bytes up to the next white space or comma.
    fn blamed(&self) -> Range<usize> {
        let length = self.rest().find(|c: char| c.is_whitespace() || c == ',').unwrap_or(self.rest().len());
        self.at..self.at + length
    }

    fn unknown(&self) -> EveryError {
        let letters = scan::letters(self.rest());
        let range = if letters.is_empty() { self.blamed() } else { self.at..self.at + letters.len() };
        let shown = &self.text[range.clone()];
        let zone = &self.text[self.blamed()];
        if zone.len() > 2 && Zone::named(zone).is_ok() {
            return EveryError::new(self.blamed(), "the zone is not given here but with tz:")
                .or_type(self.replaced(&self.blamed(), ""));
        }
        if ["hour", "hours", "hourly", "minute", "minutes"].contains(&shown.to_lowercase().as_str()) {
            return EveryError::new(range, "hours are repeated with a rule such as FREQ=HOURLY;INTERVAL=6")
                .or_type("FREQ=HOURLY;INTERVAL=6 for 10m");
        }
        match nearest(shown) {
            Some(near) => {
                EveryError::new(range.clone(), format!("\"{shown}\" is not understood here; did you mean \"{near}\"?"))
                    .or_type(self.replaced(&range, near))
            }
            None => EveryError::new(range.clone(), format!("\"{shown}\" is not understood here"))
                .or_type(self.replaced(&range, "")),
        }
    }

    /// The text with one stretch replaced, without the white space that this leaves over.
    fn replaced(&self, range: &Range<usize>, by: &str) -> String {
        let fixed = format!("{}{by}{}", &self.text[..range.start], &self.text[range.end..]);
        fixed.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// First to fifth as 1 to 5, the last as -1.
fn ordinal(word: &str) -> Option<i8> {
    match word {
        "first" => Some(1),
        "second" => Some(2),
        "third" => Some(3),
        "fourth" => Some(4),
        "fifth" => Some(5),
        "last" => Some(-1),
        _ => None,
    }
}

/// A weekday, also in its plural.
fn weekday_of(word: &str) -> Option<Weekday> {
    words::weekday(word).or_else(|| words::weekday(word.strip_suffix('s').filter(|single| single.ends_with("day"))?))
}

/// `2SU,2MO`; without numbers for 0.
fn codes(nth: i8, weekdays: &[Weekday]) -> String {
    let code = |weekday: &Weekday| match weekday {
        Weekday::Mon => "MO",
        Weekday::Tue => "TU",
        Weekday::Wed => "WE",
        Weekday::Thu => "TH",
        Weekday::Fri => "FR",
        Weekday::Sat => "SA",
        Weekday::Sun => "SU",
    };
    let number = if nth == 0 { String::new() } else { nth.to_string() };
    weekdays.iter().map(|weekday| format!("{number}{}", code(weekday))).collect::<Vec<_>>().join(",")
}

/// `;BYMONTH=1,7`, or nothing.
fn listed<T: ToString>(name: &str, list: &[T]) -> String {
    if list.is_empty() {
        return String::new();
    }
    format!(";{name}={}", list.iter().map(T::to_string).collect::<Vec<_>>().join(","))
}

/// The months that begin or end quarters.
fn quarter(ends: bool) -> &'static str {
    if ends { "3,6,9,12" } else { "1,4,7,10" }
}

/// The word that an unknown one was probably meant to be.
fn nearest(unknown: &str) -> Option<&'static str> {
    let unknown = unknown.to_lowercase();
    let length = unknown.chars().count();
    if !(3..=20).contains(&length) {
        return None;
    }
    let allowed = (length / 3).max(1);
    KNOWN
        .iter()
        .map(|word| (strsim::damerau_levenshtein(&unknown, word), *word))
        .filter(|(distance, word)| *distance <= allowed && *word != unknown)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}
