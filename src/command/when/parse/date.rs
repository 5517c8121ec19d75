//! Dates.

use std::ops::Range;

use chrono::{NaiveDate, Weekday};

use super::{DateSpec, Parsed, Parser};
use crate::command::when::syntax::{Nth, Of, Spot};
use crate::command::when::words::{self, MONTHS};
use crate::command::when::{WhenError, hint, scan};

/// Years that can be typed.
const YEARS: std::ops::RangeInclusive<u32> = 1970..=2199;

impl Parser<'_> {
    /// A date, if one stands here.
    pub(super) fn date(&mut self) -> Parsed<Option<Spot<DateSpec>>> {
        let from = self.at;
        let date = match self.word().as_str() {
            "today" => self.days_ahead(0),
            "tomorrow" => self.days_ahead(1),
            "yesterday" => self.days_ahead(-1),
            "next" | "this" => self.qualified_weekday(from)?,
            word => match words::weekday(word) {
                Some(weekday) => {
                    self.at += scan::letters(self.rest()).len();
                    let after_weekday = self.at;
                    self.skip();
                    self.take(&["the"]);
                    self.skip();
                    if let Some(date) = self.calendar_date(from, Some(weekday))? {
                        date
                    } else {
                        self.at = after_weekday;
                        DateSpec::Weekday { weekday, after_today: false }
                    }
                }
                None => match self.nth_weekday()? {
                    Some(date) => date,
                    None => match self.calendar_date(from, None)? {
                        Some(date) => date,
                        None => return Ok(None),
                    },
                },
            },
        };
        Ok(Some(self.spot(date, from)))
    }

    fn days_ahead(&mut self, days: i64) -> DateSpec {
        self.at += scan::letters(self.rest()).len();
        DateSpec::FromToday(days)
    }

    /// `next sunday`, `this sunday`.
    fn qualified_weekday(&mut self, from: usize) -> Parsed<DateSpec> {
        let after_today = self.word() == "next";
        self.at += scan::letters(self.rest()).len();
        self.skip();
        let Some(weekday) = words::weekday(&self.word()) else {
            let range = from..self.blamed().end;
            let fixed = hint::replaced(self.text, range.clone(), "tomorrow");
            return Err(WhenError::new(range, "after \"next\" and \"this\" comes a weekday").or_type(fixed));
        };
        self.at += scan::letters(self.rest()).len();
        Ok(DateSpec::Weekday { weekday, after_today })
    }

    /// `first sunday of december`, `last friday of month`.
    fn nth_weekday(&mut self) -> Parsed<Option<DateSpec>> {
        let from = self.at;
        let length = self.rest().find(|c: char| !c.is_alphanumeric()).unwrap_or(self.rest().len());
        let Some(nth) = words::nth(&self.rest()[..length].to_lowercase()) else { return Ok(None) };
        self.at += length;
        self.skip();
        let Some(weekday) = words::weekday(&self.word()) else {
            // `1st december` is a day of a month.
            self.at = from;
            return Ok(None);
        };
        self.at += scan::letters(self.rest()).len();
        let weekday_end = self.at;
        self.skip();
        let has_of = self.take(&["of"]);
        self.skip();
        self.take(&["the"]);
        self.skip();
        let of = match self.word().as_str() {
            _ if !has_of => None,
            "month" => Some(Of::AnyMonth),
            "quarter" => Some(Of::AnyQuarter),
            word => words::month(word).map(|month| Of::Month { month, year: None }),
        };
        let Some(of) = of else {
            let fixed = hint::replaced(
                self.text,
                weekday_end..if has_of { self.blamed().end } else { weekday_end },
                " of month",
            );
            let message = format!(
                "\"{}\" of what? write \"of december\", \"of month\" or \"of quarter\"",
                &self.text[from..weekday_end]
            );
            return Err(WhenError::new(from..weekday_end, message).or_type(fixed));
        };
        self.at += scan::letters(self.rest()).len();
        let of = match of {
            Of::Month { month, .. } => Of::Month { month, year: self.year_ahead(from)? },
            other => other,
        };
        Ok(Some(DateSpec::Nth { nth, weekday, of }))
    }

    /// A date of the calendar; the weekday before it, if any, was read already.
    fn calendar_date(&mut self, from: usize, weekday: Option<Weekday>) -> Parsed<Option<DateSpec>> {
        if let Some(([year, month, day], length)) = scan::iso_date(self.rest()) {
            self.at += length;
            return self.checked(from, weekday, Some(year), month, day).map(Some);
        }
        if let Some((numbers, length)) = scan::numeric_date(self.rest()) {
            self.at += length;
            return self.numeric(numbers, self.at - length, from, weekday).map(Some);
        }
        let begun = self.at;
        let found = if words::month(&self.word()).is_some() { self.month_and_day() } else { self.day_and_month() };
        let Some((month, day)) = found else {
            self.at = begun;
            return Ok(None);
        };
        let year = self.year_ahead(from)?;
        let year = year.and_then(|year| u32::try_from(year).ok());
        self.checked(from, weekday, year, month, day).map(Some)
    }

    /// `october 31`, `oct 31st`.
    fn month_and_day(&mut self) -> Option<(u32, u32)> {
        let month = self.month()?;
        self.skip();
        self.take(&["the"]);
        self.skip();
        let day = self.day()?;
        Some((month, day))
    }

    /// `31 october`, `31st of october`.
    fn day_and_month(&mut self) -> Option<(u32, u32)> {
        let day = self.day()?;
        self.skip();
        self.take(&["of"]);
        self.skip();
        let month = self.month()?;
        Some((month, day))
    }

    fn month(&mut self) -> Option<u32> {
        let month = words::month(&self.word())?;
        self.at += scan::letters(self.rest()).len();
        Some(month)
    }

    /// A day of a month, not the beginning of a time.
    fn day(&mut self) -> Option<u32> {
        let (day, length) = scan::number(self.rest(), 1..=2)?;
        if scan::clock(self.rest()).is_some() {
            return None;
        }
        self.at += length;
        self.take(&["st", "nd", "rd", "th"]);
        Some(day)
    }

    /// The year of a date that has just been read, if one follows.
    fn year_ahead(&mut self, from: usize) -> Parsed<Option<i32>> {
        let gap = scan::glue(self.rest());
        let Some((year, length)) = scan::number(&self.rest()[gap..], 4..=4) else { return Ok(None) };
        let after = &self.rest()[gap + length..];
        if gap == 0
            || scan::iso_date(&self.rest()[gap..]).is_some()
            || after.starts_with(|c: char| c.is_alphanumeric() || c == ':')
        {
            return Ok(None);
        }
        self.at += gap + length;
        if !YEARS.contains(&year) {
            return Err(year_refused(from..self.at, year));
        }
        Ok(i32::try_from(year).ok())
    }

    /// `03/04/2027` has two readings, `25/12/2027` one.
    fn numeric(
        &mut self,
        scan::Numeric { first, second, year }: scan::Numeric,
        begun: usize,
        from: usize,
        weekday: Option<Weekday>,
    ) -> Parsed<DateSpec> {
        let Some(year) = year.filter(|year| *year > 999) else {
            let range = begun..self.at;
            let shown = &self.text[range.clone()];
            let message = format!("\"{shown}\" is no date here; write dates as 2027-04-03 and times as 16:00");
            return Err(WhenError::new(range, message).or_type(self.text.replace('.', ":")));
        };
        let range = from..self.at;
        let shown = &self.text[range.clone()];
        let is_month = |number: u32| (1..=12).contains(&number);
        if is_month(first) && is_month(second) && first != second {
            let (as_day_first, as_month_first) = (iso(year, second, first), iso(year, first, second));
            let message = format!(
                "\"{shown}\" can be {first} {} or {second} {}; write {as_day_first} or {as_month_first}",
                month_name(second),
                month_name(first)
            );
            return Err(WhenError::new(range.clone(), message).or_type(hint::replaced(
                self.text,
                range,
                &as_day_first,
            )));
        }
        if is_month(second) {
            return self.checked(from, weekday, Some(year), second, first);
        }
        self.checked(from, weekday, Some(year), first, second)
    }

    /// Refuses a date that does not exist or whose weekday is another.
    fn checked(
        &self,
        from: usize,
        weekday: Option<Weekday>,
        year: Option<u32>,
        month: u32,
        day: u32,
    ) -> Parsed<DateSpec> {
        let range = from..self.at;
        if let Some(year) = year.filter(|year| !YEARS.contains(year)) {
            return Err(year_refused(range, year));
        }
        if !(1..=12).contains(&month) {
            return Err(WhenError::new(range, format!("there is no month {month}; write dates as 2027-04-03")));
        }
        let known = year.and_then(|year| i32::try_from(year).ok());
        // Without a year the 29th of February is as good as any other day.
        let Some(date) = NaiveDate::from_ymd_opt(known.unwrap_or(2000), month, day) else {
            let last = last_day(known.unwrap_or(2000), month);
            let fixed = match year {
                Some(year) => iso(year, month, last),
                None => format!("{last} {}", month_name(month)),
            };
            let of_year = year.filter(|_| month == 2).map_or(String::new(), |year| format!(" {year}"));
            let message = format!("{day} {0}{of_year} does not exist; {0}{of_year} has {last} days", month_name(month));
            return Err(WhenError::new(range.clone(), message).or_type(hint::replaced(self.text, range, &fixed)));
        };
        if known.is_none() {
            return Ok(DateSpec::Yearless { month, day, weekday });
        }
        match weekday.and_then(|weekday| weekday_refused(date, weekday)) {
            Some(message) => {
                Err(WhenError::new(range.clone(), message).or_type(hint::replaced(self.text, range, &date.to_string())))
            }
            None => Ok(DateSpec::Full(date)),
        }
    }
}

/// Says which weekday a date is, when that is not the one given.
pub(in crate::command::when) fn weekday_refused(date: NaiveDate, given: Weekday) -> Option<String> {
    use chrono::Datelike;
    let is = date.weekday();
    let shown = format!("{} {} {}", date.day(), month_name(date.month()), date.year());
    (is != given).then(|| format!("{shown} is a {}, not a {}", words::weekday_name(is), words::weekday_name(given)))
}

fn year_refused(range: Range<usize>, year: u32) -> WhenError {
    WhenError::new(range, format!("the year {year} is out of range: {} to {}", YEARS.start(), YEARS.end()))
}

fn iso(year: u32, month: u32, day: u32) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

fn month_name(month: u32) -> &'static str {
    let index = usize::try_from(month.saturating_sub(1)).unwrap_or(0);
    MONTHS.get(index).copied().unwrap_or("")
}

fn last_day(year: i32, month: u32) -> u32 {
    (28..=31).rev().find(|day| NaiveDate::from_ymd_opt(year, month, *day).is_some()).unwrap_or(28)
}

impl Nth {
    /// The date of this weekday among the days from `first` to `last`.
    pub(in crate::command::when) fn date(
        self,
        weekday: Weekday,
        first: NaiveDate,
        last: NaiveDate,
    ) -> Option<NaiveDate> {
        use chrono::Datelike;
        match self {
            Self::From(nth) => {
                let ahead = weekday.days_since(first.weekday()) + 7 * (u32::from(nth).saturating_sub(1));
                first.checked_add_days(chrono::Days::new(u64::from(ahead)))
            }
            Self::Last => last.checked_sub_days(chrono::Days::new(u64::from(last.weekday().days_since(weekday)))),
        }
    }
}
