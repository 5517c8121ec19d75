//! Five fields of cron, counted on the wall clock by the crate `cron`.
//!
//! The crate counts other fields than people do: it wants seconds, calls Sunday 1, and combines days of the month and
//! weekdays in its own way. It is therefore given lists of plain numbers, weekdays by name, and never both kinds of day.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDateTime, NaiveTime, TimeDelta, Utc, Weekday};

use super::pattern::BadPattern;
use super::rule::{Every, NthWeekday, Rule};

/// The crate's own last year but one.
const LAST_YEAR: i32 = 2099;

/// What the five fields allow; each list is sorted, and full when the field is `*`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Cron {
    minutes: Vec<u8>,
    hours: Vec<u8>,
    month_days: Vec<u8>,
    months: Vec<u8>,
    /// 0 is Sunday.
    weekdays: Vec<u8>,
}

/// A field: what it is called, its bounds, and the names that stand for numbers from the lower bound on.
struct Field {
    name: &'static str,
    least: u8,
    most: u8,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: "day of the month", least: 1, most: 31, names: &[] },
    Field {
        name: "month",
        least: 1,
        most: 12,
        names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    },
    // 7 is Sunday as well; the list that is kept has 0 only.
    Field { name: "weekday", least: 0, most: 7, names: &WEEKDAYS },
];

const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const MACROS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

pub(super) fn read(text: &str) -> Result<Cron, BadPattern> {
    let fields = fields(text);
    let whole = 0..text.len();
    if text.trim().starts_with('@') {
        return Err(no_macro(text));
    }
    if fields.len() != 5 {
        let message = format!("cron has five fields (minute, hour, day, month, weekday), not {}", fields.len());
        let hint = match fields.len() {
            6 | 7 => shown(text, &fields[1..6]),
            0 => "0 16 * * SUN".to_owned(),
            _ => shown(text, &fields) + &" *".repeat(5_usize.saturating_sub(fields.len())),
        };
        return Err(BadPattern::new(whole, message).or_type(hint));
    }
    let list = |index: usize| FIELDS[index].read(text, &fields[index]);
    let mut weekdays: Vec<u8> = list(4)?.into_iter().map(|day| day % 7).collect();
    weekdays.sort_unstable();
    weekdays.dedup();
    let cron = Cron { minutes: list(0)?, hours: list(1)?, month_days: list(2)?, months: list(3)?, weekdays };
    if cron.month_days.len() < 31 && cron.weekdays.len() < 7 {
        let message =
            "tools disagree on a day of the month and a weekday together; write the rule for days that are both";
        return Err(BadPattern::new(fields[2].start..fields[4].end, message).or_type(cron.as_rule().to_string()));
    }
    Ok(cron)
}

fn no_macro(text: &str) -> BadPattern {
    let typed = text.trim().to_lowercase();
    let known = MACROS.iter().find(|(name, _)| typed == *name);
    let error = BadPattern::new(0..text.len(), format!("\"{}\" is not taken; write the five fields", text.trim()));
    error.or_type(known.map_or("0 0 * * *", |(_, fields)| *fields))
}

/// Where the fields stand.
fn fields(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for field in text.split(char::is_whitespace) {
        if !field.is_empty() {
            found.push(at..at + field.len());
        }
        at += field.len() + text[at + field.len()..].chars().next().map_or(0, char::len_utf8);
    }
    found
}

fn shown(text: &str, fields: &[Range<usize>]) -> String {
    fields.iter().map(|field| &text[field.clone()]).collect::<Vec<_>>().join(" ")
}

impl Field {
    /// The numbers of a field, sorted.
    fn read(&self, text: &str, field: &Range<usize>) -> Result<Vec<u8>, BadPattern> {
        let mut numbers = Vec::new();
        let mut at = field.start;
        for item in text[field.clone()].split(',') {
            let range = at..at + item.len();
            at = range.end + 1;
            numbers.extend(self.item(item).ok_or_else(|| self.refused(text, item, &range))?);
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }

    /// `*`, `5`, `1-5`, each perhaps with a step: `*/2`, `1-5/2`.
    fn item(&self, item: &str) -> Option<Vec<u8>> {
        let (span, step) = item.split_once('/').map_or((item, None), |(span, step)| (span, Some(step)));
        let step = match step {
            None => 1,
            Some(step) => plain(step).filter(|step| (1..=self.most).contains(step))?,
        };
        let stepped = |first: u8, last: u8| (first..=last).step_by(usize::from(step)).collect::<Vec<u8>>();
        // A full week ends before the second Sunday.
        let last = if self.most == 7 { 6 } else { self.most };
        if span == "*" {
            return Some(stepped(self.least, last));
        }
        match span.split_once('-') {
            None if item.contains('/') => None,
            None => self.value(span).map(|value| vec![value]),
            Some((first, end)) => {
                let (first, end) = (self.value(first)?, self.value(end)?);
                let end = if end == 0 && self.most == 7 && first > 0 { 7 } else { end };
                match first <= end {
                    true => Some(stepped(first, end)),
                    // Friday to Monday goes over the end of the week.
                    false if self.most == 7 => {
                        Some((first..=end + 7).step_by(usize::from(step)).map(|d| d % 7).collect())
                    }
                    false => None,
                }
            }
        }
    }

    fn value(&self, text: &str) -> Option<u8> {
        let named = || {
            let index = self.names.iter().position(|name| name.eq_ignore_ascii_case(text))?;
            Some(self.least + u8::try_from(index).ok()?)
        };
        plain(text).filter(|value| (self.least..=self.most).contains(value)).or_else(named)
    }

    fn refused(&self, text: &str, item: &str, range: &Range<usize>) -> BadPattern {
        let from_one =
            item.split_once('/').filter(|(first, step)| self.value(first).is_some() && plain(step).is_some());
        let (message, instead) = if let Some((first, step)) = from_one {
            (format!("\"{item}\" needs a range to step through"), format!("{first}-{}/{step}", self.most))
        } else {
            let names = if self.names.is_empty() { String::new() } else { format!(" or {}", self.names.join(", ")) };
            let message = format!("\"{item}\" is no {}: {} to {}{names}", self.name, self.least, self.most);
            (message, self.least.to_string())
        };
        let fixed = format!("{}{instead}{}", &text[..range.start], &text[range.end..]);
        BadPattern::new(range.clone(), message).or_type(fixed.trim())
    }
}

fn plain(text: &str) -> Option<u8> {
    ((1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

impl Cron {
    /// Its times at or after `from`, in order.
    pub(super) fn walls(&self, from: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> + use<> {
        let before: Option<DateTime<Utc>> = from.checked_sub_signed(TimeDelta::seconds(1)).map(|wall| wall.and_utc());
        let dates = before.and_then(|before| Some(self.schedule()?.after_owned(before)));
        dates.into_iter().flatten().map(|date| date.naive_utc()).take_while(|wall| wall.year() <= LAST_YEAR)
    }

    /// The one time of day, when there is one.
    pub(super) fn time(&self) -> Option<NaiveTime> {
        match (self.hours.as_slice(), self.minutes.as_slice()) {
            ([hour], [minute]) => NaiveTime::from_hms_opt(u32::from(*hour), u32::from(*minute), 0),
            _ => None,
        }
    }

    /// The same times as a rule; days of the month and weekdays together mean days that are both.
    pub(super) fn as_rule(&self) -> Rule {
        let signed = |list: &[u8]| list.iter().filter_map(|day| i8::try_from(*day).ok()).collect::<Vec<i8>>();
        let all_months = self.months.len() == 12;
        let (every_date, every_weekday) = (self.month_days.len() == 31, self.weekdays.len() == 7);
        // The first to seventh of a month hold each weekday once: the first one.
        let nth = (!every_date && !every_weekday)
            .then(|| (0..4_u8).find(|week| self.month_days == (week * 7 + 1..=week * 7 + 7).collect::<Vec<u8>>()))
            .flatten()
            .map_or(0, |week| i16::from(week) + 1);
        let weekdays: Vec<NthWeekday> =
            self.weekdays.iter().map(|day| NthWeekday { nth, weekday: weekday(*day) }).collect();
        let every = match (every_date, every_weekday) {
            (true, true) => Every::Day,
            (true, false) => Every::Week,
            (false, _) => Every::Month,
        };
        Rule {
            months: if all_months { Vec::new() } else { self.months.clone() },
            month_days: if every_date || nth > 0 { Vec::new() } else { signed(&self.month_days) },
            weekdays: if every_weekday { Vec::new() } else { weekdays },
            hours: self.hours.clone(),
            minutes: self.minutes.clone(),
            ..Rule::new(every)
        }
        .tidy()
    }

    fn schedule(&self) -> Option<cron::Schedule> {
        let list = |numbers: &[u8]| numbers.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
        let weekdays = if self.weekdays.len() == 7 {
            "*".to_owned()
        } else {
            self.weekdays.iter().map(|day| WEEKDAYS[usize::from(*day % 7)]).collect::<Vec<_>>().join(",")
        };
        let days = if self.month_days.len() == 31 { "*".to_owned() } else { list(&self.month_days) };
        let fields =
            format!("0 {} {} {days} {} {weekdays}", list(&self.minutes), list(&self.hours), list(&self.months));
        cron::Schedule::from_str(&fields).ok()
    }
}

fn weekday(day: u8) -> Weekday {
    match day % 7 {
        0 => Weekday::Sun,
        1 => Weekday::Mon,
        2 => Weekday::Tue,
        3 => Weekday::Wed,
        4 => Weekday::Thu,
        5 => Weekday::Fri,
        _ => Weekday::Sat,
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = |numbers: &[u8], full: usize| {
            if numbers.len() == full {
                return "*".to_owned();
            }
            numbers.iter().map(u8::to_string).collect::<Vec<_>>().join(",")
        };
        write!(
            f,
            "{} {} {} {} {}",
            field(&self.minutes, 60),
            field(&self.hours, 24),
            field(&self.month_days, 31),
            field(&self.months, 12),
            field(&self.weekdays, 7)
        )
    }
}
