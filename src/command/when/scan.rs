//! The smallest pieces of the grammar. Each function looks at the beginning of a text and, when its piece stands
//! there, gives its value and its length in bytes.

use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

/// White space, including the non-breaking kinds, and commas.
pub(in crate::command) fn glue(text: &str) -> usize {
    text.len() - text.trim_start_matches(|c: char| c.is_whitespace() || c == ',').len()
}

pub(super) fn space(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

pub(in crate::command) fn letters(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len())]
}

/// Digits, at least and at most so many, not followed by another one.
pub(in crate::command) fn number(text: &str, digits: RangeInclusive<usize>) -> Option<(u32, usize)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    if !digits.contains(&count) {
        return None;
    }
    Some((text[..count].parse().ok()?, count))
}

/// Any dash or minus sign.
pub(in crate::command) fn dash(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    matches!(first, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}')
        .then(|| first.len_utf8())
}

/// A dash that can also be the sign of an offset.
fn minus(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    matches!(first, '-' | '\u{2212}').then(|| first.len_utf8())
}

/// `2026-12-06` or `2026/12/6`: year, month, day.
pub(super) fn iso_date(text: &str) -> Option<([u32; 3], usize)> {
    let (year, mut at) = number(text, 4..=4)?;
    let separator = text[at..].chars().next().filter(|c| matches!(c, '-' | '/' | '\u{2010}' | '\u{2011}'))?;
    at += separator.len_utf8();
    let (month, length) = number(&text[at..], 1..=2)?;
    at += length;
    at += text[at..].starts_with(separator).then(|| separator.len_utf8())?;
    let (day, length) = number(&text[at..], 1..=2)?;
    Some(([year, month, day], at + length))
}

/// Two numbers, of which either may be the month, and perhaps the year.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numeric {
    pub first: u32,
    pub second: u32,
    pub year: Option<u32>,
}

/// `3/4/2027`, `3.4.2027`, or without a year.
pub(super) fn numeric_date(text: &str) -> Option<(Numeric, usize)> {
    let (first, mut at) = number(text, 1..=2)?;
    let separator = text[at..].chars().next().filter(|c| matches!(c, '/' | '.'))?;
    at += 1;
    let (second, length) = number(&text[at..], 1..=2)?;
    at += length;
    let year = text[at..].strip_prefix(separator).and_then(|rest| number(rest, 2..=4));
    let numbers = Numeric { first, second, year: year.map(|(year, _)| year) };
    Some((numbers, at + year.map_or(0, |(_, length)| length + 1)))
}

/// A time of day as typed; its parts may be out of range.
#[derive(Clone, Copy, Debug)]
pub(in crate::command) struct Typed {
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    /// Hours that `am` or `pm` add to a twelve-hour clock.
    pub half: Option<u32>,
    pub has_minutes: bool,
    leading_zero: bool,
}

impl Typed {
    /// Whether an hour such as 4 or 04 could only be meant on a 24-hour clock.
    pub(in crate::command) fn is_24_hour(self) -> bool {
        self.half.is_none() && (self.leading_zero || self.hour == 0 || self.hour > 12)
    }

    /// The time of day, and whether it is the midnight that ends the day.
    pub(in crate::command) fn time(self) -> Option<(NaiveTime, bool)> {
        if self.half.is_none() && (self.hour, self.minute, self.second) == (24, 0, 0) {
            return Some((NaiveTime::MIN, true));
        }
        let hour = match self.half {
            Some(half) if (1..=12).contains(&self.hour) => self.hour % 12 + half,
            Some(_) => return None,
            None => self.hour,
        };
        Some((NaiveTime::from_hms_opt(hour, self.minute, self.second)?, false))
    }
}

/// `16:00`, `16:00:30`, `4pm`, `4:30 pm`.
pub(in crate::command) fn clock(text: &str) -> Option<(Typed, usize)> {
    let (typed, at) = bare_clock(text)?;
    (typed.has_minutes || typed.half.is_some()).then_some((typed, at))
}

/// Like [`clock`], and also a lone hour such as the `4` of `4-6pm`.
pub(in crate::command) fn bare_clock(text: &str) -> Option<(Typed, usize)> {
    let (hour, mut at) = number(text, 1..=2)?;
    let mut parts = [None; 2];
    for part in &mut parts {
        *part = text[at..].strip_prefix(':').and_then(|rest| number(rest, 2..=2));
        match part {
            Some((_, length)) => at += 1 + *length,
            None => break,
        }
    }
    let value = |part: Option<(u32, usize)>| part.map_or(0, |(value, _)| value);
    let half = half_of_day(&text[at..]);
    let typed = Typed {
        hour,
        minute: value(parts[0]),
        second: value(parts[1]),
        half: half.map(|(hours, _)| hours),
        has_minutes: parts[0].is_some(),
        leading_zero: text.starts_with('0'),
    };
    Some((typed, at + half.map_or(0, |(_, length)| length)))
}

fn half_of_day(text: &str) -> Option<(u32, usize)> {
    let at = space(text);
    let word = letters(&text[at..]);
    let hours = match word.to_lowercase().as_str() {
        "am" => 0,
        "pm" => 12,
        _ => return None,
    };
    Some((hours, at + word.len()))
}

/// An offset from UTC in seconds: `Z`, `+02:00`, `+02`, `-0500`.
pub(super) fn offset(text: &str) -> Option<(i32, usize)> {
    if text.starts_with(['Z', 'z']) && !text[1..].starts_with(|c: char| c.is_alphanumeric()) {
        return Some((0, 1));
    }
    let (sign, at) = if text.starts_with('+') { (1, 1) } else { (-1, minus(text)?) };
    let rest = &text[at..];
    let (hours, minutes, length) = if let Some((packed, length)) = number(rest, 4..=4) {
        (packed / 100, packed % 100, length)
    } else {
        let (hours, length) = number(rest, 1..=2)?;
        match rest[length..].strip_prefix(':').and_then(|rest| number(rest, 2..=2)) {
            Some((minutes, more)) => (hours, minutes, length + 1 + more),
            None => (hours, 0, length),
        }
    };
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
    let exists = minutes < 60 && minutes.is_multiple_of(15) && seconds <= if sign > 0 { 14 * 3600 } else { 12 * 3600 };
    (exists && !rest[length..].starts_with(':')).then_some((sign * seconds, at + length))
}

/// A negative offset in its full form, `-05:00`, which after a time could also be the end of a range.
pub(super) fn negative_offset(text: &str) -> Option<(i32, usize)> {
    minus(text)?;
    let (seconds, length) = offset(text)?;
    text[..length].contains(':').then_some((seconds, length))
}

/// The first second of the year 2200, after which no pasted timestamp is taken.
const LAST_STAMP: i64 = 7_258_118_400;

/// A timestamp as chats paste it: Discord's `<t:1765036800:F>` or Slack's `<!date^1765036800^{date}|text>`.
pub(super) fn stamp(text: &str) -> Option<(DateTime<Utc>, usize)> {
    let end = text.find('>')?;
    let inside = &text[..end];
    let seconds = match inside.strip_prefix("<t:") {
        Some(rest) => {
            let (seconds, style) = rest.split_once(':').unwrap_or((rest, ""));
            (style.len() <= 1).then_some(seconds)?
        }
        None => inside.strip_prefix("<!date^")?.split_once('^')?.0,
    };
    let seconds = seconds.parse().ok().filter(|seconds| (0..LAST_STAMP).contains(seconds))?;
    Some((DateTime::from_timestamp(seconds, 0)?, end + 1))
}

/// A length in ISO 8601: `PT4H`, `P1DT2H30M`, `P1W`. None also when it is too large to express.
pub(super) fn iso_length(text: &str) -> Option<(TimeDelta, usize)> {
    let run = &text[..text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len())];
    let upper = run.to_ascii_uppercase();
    let mut rest = upper.strip_prefix('P')?;
    let mut seconds: i64 = 0;
    let mut units: &[(char, i64)] = &[('W', 604_800), ('D', 86_400)];
    let (mut parts, mut in_day) = (0, false);
    while !rest.is_empty() {
        if let Some(clock) = rest.strip_prefix('T').filter(|_| !in_day) {
            (rest, units, in_day) = (clock, &[('H', 3600), ('M', 60), ('S', 1)], true);
        }
        let (count, length) = number(rest, 1..=9)?;
        let unit = rest[length..].chars().next()?;
        let index = units.iter().position(|(name, _)| *name == unit)?;
        seconds = seconds.checked_add(i64::from(count) * units[index].1)?;
        units = &units[index + 1..];
        rest = &rest[length + 1..];
        parts += 1;
    }
    (parts > 0).then_some((TimeDelta::try_seconds(seconds)?, run.len()))
}

/// The text of a length: numbers with units, such as `2h30m` or `1 hour 30 minutes`. Whether it is one is not said.
pub(in crate::command) fn length(text: &str) -> usize {
    let mut end = 0;
    let mut at = 0;
    loop {
        let digits = text[at..].bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let unit_at = at + digits + space(&text[at + digits..]);
        let unit = letters(&text[unit_at..]);
        if digits == 0 || unit.is_empty() {
            return end;
        }
        end = unit_at + unit.len();
        at = end + space(&text[end..]);
    }
}
