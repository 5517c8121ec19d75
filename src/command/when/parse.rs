//! From text to syntax. The parser takes one piece after another, in any order that can be understood; a piece that
//! fits nowhere is an error that points at it.

mod date;
mod piece;

pub(super) use date::weekday_refused;

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};

use super::syntax::{Clock, DateSpec, End, Inline, Spot, Start, Syntax};
use super::{LONGEST_TEXT, WhenError, hint, scan, words};
use crate::domain::calendar::{Zone, parse_duration};

/// What the text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A start and an end.
    Span,
    /// One instant.
    Moment,
}

pub(super) fn parse(text: &str, wanted: Wanted) -> Result<Syntax, WhenError> {
    if let Some((cut, _)) = text.char_indices().nth(LONGEST_TEXT) {
        return Err(WhenError::new(cut..text.len(), format!("a time takes at most {LONGEST_TEXT} characters")));
    }
    let mut parser = Parser { text, at: 0, wanted, iso: false, draft: Draft::default() };
    while parser.skip() {
        parser.piece()?;
    }
    parser.finish()
}

/// What has been read so far.
#[derive(Default)]
struct Draft {
    date: Option<Spot<DateSpec>>,
    time: Option<Spot<Clock>>,
    /// A start that needs neither date nor time: `now`, `in 2 hours`, a pasted timestamp.
    whole: Option<Start>,
    end: Option<Spot<End>>,
    zone: Option<Spot<Inline>>,
    utc: Option<Spot<String>>,
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    wanted: Wanted,
    /// Whether the time at hand was joined to its date by a `T`; its minus sign then begins an offset.
    iso: bool,
    draft: Draft,
}

type Parsed<T> = Result<T, WhenError>;

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
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

    fn spot<T>(&self, it: T, from: usize) -> Spot<T> {
        Spot { it, range: from..self.at }
    }

    /// Refuses a second piece of a kind that has been read already.
    fn once<T>(&self, read: Option<&Spot<T>>, what: &str, from: usize) -> Parsed<()> {
        match read {
            None => Ok(()),
            Some(first) => {
                let first = &self.text[first.range.clone()];
                let message =
                    format!("\"{}\" is a second {what} after \"{first}\"; give one", &self.text[from..self.at]);
                Err(WhenError::new(from..self.at, message).or_type(hint::without(self.text, from..self.at)))
            }
        }
    }

    fn piece(&mut self) -> Parsed<()> {
        if self.take(&["at", "on", "from", "the"]) {
            return Ok(());
        }
        let from = self.at;
        if self.rest().starts_with('<') {
            let instant = self.stamp()?;
            return self.set_whole(Start::Instant(instant), from);
        }
        if self.rest().starts_with('(') {
            return self.in_brackets();
        }
        if self.draft.end.is_some()
            && let Some((seconds, length)) = scan::negative_offset(self.rest())
        {
            self.at += length;
            return self.set_zone(Inline::Offset(seconds), from);
        }
        if self.separator() {
            return self.end(from);
        }
        if let Some(date) = self.date()? {
            self.once(self.draft.date.as_ref(), "date", from)?;
            self.draft.date = Some(date);
            self.joined_by_t();
            return Ok(());
        }
        if self.take(&["now"]) {
            return self.set_whole(Start::Now(from..self.at), from);
        }
        if self.take(&["in"]) {
            return self.later(from);
        }
        if self.take(&["for"]) {
            let length = self.length(from)?;
            return self.set_end(End::Length(length), from);
        }
        if let Some(clock) = self.start_clock()? {
            self.once(self.draft.time.as_ref(), "time", from)?;
            self.draft.time = Some(clock);
            return Ok(());
        }
        if let Some(zone) = self.zone()? {
            return self.set_zone(zone, from);
        }
        Err(self.unknown())
    }

    fn set_whole(&mut self, start: Start, from: usize) -> Parsed<()> {
        if self.draft.whole.is_some() {
            let message =
                format!("\"{}\" is a second start; put a dash or \"until\" before an end", &self.text[from..self.at]);
            return Err(WhenError::new(from..self.at, message));
        }
        self.draft.whole = Some(start);
        Ok(())
    }

    fn set_zone(&mut self, zone: Inline, from: usize) -> Parsed<()> {
        if self.draft.zone.as_ref().is_none_or(|first| first.it != zone) {
            self.once(self.draft.zone.as_ref(), "zone", from)?;
        }
        self.draft.zone = Some(self.spot(zone, from));
        Ok(())
    }

    fn set_end(&mut self, end: End, from: usize) -> Parsed<()> {
        let read = self.spot((), from).range;
        if self.wanted == Wanted::Moment {
            return Err(WhenError::new(read.clone(), "one instant is wanted here, without an end or a length")
                .or_type(hint::without(self.text, read)));
        }
        if let Some(first) = &self.draft.end {
            let message = format!(
                "\"{}\" is a second end after \"{}\"; give an end or a length, not both",
                &self.text[from..self.at],
                self.text[first.range.clone()].trim()
            );
            return Err(WhenError::new(read.clone(), message).or_type(hint::without(self.text, read)));
        }
        self.draft.end = Some(self.spot(end, from));
        Ok(())
    }

    /// `in 3 days` is a date, `in 2 hours` a start.
    fn later(&mut self, from: usize) -> Parsed<()> {
        self.skip();
        let text = &self.rest()[..scan::length(self.rest())];
        let unit = text.trim_start_matches(|c: char| c.is_ascii_digit()).trim().to_lowercase();
        let days_each = match unit.as_str() {
            "d" | "day" | "days" => Some(1),
            "w" | "week" | "weeks" => Some(7),
            _ => None,
        };
        if let (Some(each), Some((count, _))) = (days_each, scan::number(text, 1..=3)) {
            self.at += text.len();
            self.once(self.draft.date.as_ref(), "date", from)?;
            self.draft.date = Some(self.spot(DateSpec::FromToday(i64::from(count) * each), from));
            return Ok(());
        }
        let delay = self.length(from)?;
        self.set_whole(Start::After(self.spot(delay, from)), from)
    }

    /// The length after `for` or `in`, which began at `from`.
    fn length(&mut self, from: usize) -> Parsed<TimeDelta> {
        self.skip();
        let word = self.text[from..].split_whitespace().next().unwrap_or("for").to_lowercase();
        if let Some((length, bytes)) = scan::iso_length(self.rest()) {
            let begun = self.at;
            self.at += bytes;
            return self.bounded(length, begun);
        }
        let bytes = scan::length(self.rest());
        if bytes == 0 {
            let bytes = self.rest().find(char::is_whitespace).unwrap_or(self.rest().len());
            let blamed = if bytes == 0 { from..self.at } else { self.at..self.at + bytes };
            let fixed = hint::replaced(self.text, from..blamed.end, &format!("{word} 2h"));
            return Err(WhenError::new(blamed, format!("after \"{word}\" comes a length such as 4h, 90m or 1h 30m"))
                .or_type(fixed));
        }
        let begun = self.at;
        self.at += bytes;
        parse_duration(&self.text[begun..self.at]).map_err(|message| {
            let fixed =
                hint::replaced(self.text, begun..self.at, if message.contains("31 days") { "31d" } else { "2h" });
            WhenError::new(begun..self.at, message).or_type(fixed)
        })
    }

    /// Applies to a length in ISO 8601 the bounds of every other length.
    fn bounded(&self, length: TimeDelta, begun: usize) -> Parsed<TimeDelta> {
        let range = begun..self.at;
        if length > TimeDelta::days(31) {
            let fixed = hint::replaced(self.text, range.clone(), "P31D");
            return Err(WhenError::new(range, "a length of at most 31 days is allowed").or_type(fixed));
        }
        if length.is_zero() {
            let fixed = hint::replaced(self.text, range.clone(), "PT2H");
            return Err(WhenError::new(range, "a length of zero is none").or_type(fixed));
        }
        Ok(length)
    }

    /// Takes a dash, a slash, `to` or `until`.
    fn separator(&mut self) -> bool {
        if let Some(length) = scan::dash(self.rest()) {
            self.at += length;
            return true;
        }
        if self.rest().starts_with('/') {
            self.at += 1;
            return true;
        }
        self.take(&["to", "until", "till"])
    }

    /// What follows a separator that began at `from`.
    fn end(&mut self, from: usize) -> Parsed<()> {
        self.iso = false;
        self.skip();
        self.take(&["at", "on", "the"]);
        self.skip();
        let begun = self.at;
        if self.rest().starts_with('<') {
            let instant = self.stamp()?;
            return self.set_end(End::Instant(instant.it), from);
        }
        if let Some((length, bytes)) = scan::iso_length(self.rest()) {
            self.at += bytes;
            let length = self.bounded(length, begun)?;
            return self.set_end(End::Length(length), from);
        }
        let date = self.end_date()?;
        if date.is_some() && !self.joined_by_t() {
            self.skip();
            self.take(&["at"]);
            self.skip();
        }
        if let Some(time) = self.end_clock()? {
            return self.set_end(End::Clocked { date, time }, from);
        }
        if let Some(date) = date {
            let fixed = hint::replaced(self.text, date.range.end..date.range.end, " 02:00");
            return Err(WhenError::new(date.range, "the end needs a time of day too").or_type(fixed));
        }
        let blamed = self.blamed();
        let blamed = if blamed.is_empty() { from..self.at } else { blamed };
        let fixed = hint::replaced(self.text, from..blamed.end, " for 2h");
        Err(WhenError::new(blamed, "here comes the end: a time such as 18:00, or a date and a time").or_type(fixed))
    }

    fn end_date(&mut self) -> Parsed<Option<Spot<DateSpec>>> {
        if self.word() == "in" {
            return Ok(None);
        }
        self.date()
    }

    /// After a date: whether a time is joined to it by a `T`, which is taken.
    fn joined_by_t(&mut self) -> bool {
        let rest = self.rest();
        self.iso = rest.starts_with(['T', 't']) && rest[1..].starts_with(|c: char| c.is_ascii_digit());
        if self.iso {
            self.at += 1;
        }
        self.iso
    }

    fn stamp(&mut self) -> Parsed<Spot<DateTime<Utc>>> {
        let from = self.at;
        match scan::stamp(self.rest()) {
            Some((instant, length)) => {
                self.at += length;
                Ok(self.spot(instant, from))
            }
            None => Err(WhenError::new(
                self.blamed(),
                "this is no timestamp of a chat; those look like <t:1796572800:F> or <!date^1796572800^{date}|text>",
            )),
        }
    }

    /// `(14:00–16:00 UTC)`, compared with the time once that is known.
    fn in_brackets(&mut self) -> Parsed<()> {
        let from = self.at;
        let Some(length) = self.rest().find(')') else {
            let fixed = hint::without(self.text, from..self.text.len());
            return Err(WhenError::new(from..self.text.len(), "the bracket is not closed").or_type(fixed));
        };
        self.at += length + 1;
        self.once(self.draft.utc.as_ref(), "part in brackets", from)?;
        self.draft.utc = Some(self.spot(self.text[from + 1..self.at - 1].to_owned(), from));
        Ok(())
    }

    /// The bytes up to the next white space or comma.
    fn blamed(&self) -> Range<usize> {
        let length = self.rest().find(|c: char| c.is_whitespace() || c == ',').unwrap_or(self.rest().len());
        self.at..self.at + length
    }

    fn unknown(&self) -> WhenError {
        let letters = scan::letters(self.rest());
        let range = if letters.is_empty() { self.blamed() } else { self.at..self.at + letters.len() };
        let shown = &self.text[range.clone()];
        if let Some(near) = words::nearest(shown).filter(|near| *near != shown.to_lowercase()) {
            let fixed = hint::replaced(self.text, range.clone(), &near);
            return WhenError::new(
                range.clone(),
                format!("\"{shown}\" is not understood here; did you mean \"{near}\"?"),
            )
            .or_type(fixed);
        }
        let long_enough = shown.chars().count() > 3;
        if let Some(zone) = long_enough.then(|| Zone::named(shown).err()?.nearest).flatten() {
            let fixed = hint::replaced(self.text, range.clone(), &zone);
            return WhenError::new(
                range.clone(),
                format!("\"{shown}\" is not understood here; if it is a zone, did you mean {zone}?"),
            )
            .or_type(fixed);
        }
        let (message, fixed) = match with_minutes(shown) {
            Some(time) => (
                format!("\"{shown}\" alone is no time of day; write {time}"),
                hint::replaced(self.text, range.clone(), &time),
            ),
            None => (format!("\"{shown}\" is not understood here"), hint::without(self.text, range.clone())),
        };
        WhenError::new(range, message).or_type(fixed)
    }

    fn finish(self) -> Parsed<Syntax> {
        let text = self.text;
        let Draft { date, time, whole, end, zone, utc } = self.draft;
        let is_span = self.wanted == Wanted::Span;
        let start = match (whole, date, time) {
            (Some(_), Some(Spot { range, .. }), _) | (Some(_), None, Some(Spot { range, .. })) => {
                let message = format!("the start is given already; \"{}\" says it again", &text[range.clone()]);
                return Err(WhenError::new(range.clone(), message).or_type(hint::without(text, range)));
            }
            (Some(start), None, None) => start,
            (None, None, None) if is_span && end.is_some() => {
                return Err(
                    WhenError::new(0..text.len(), "when does it start?").or_type(format!("now {}", text.trim()))
                );
            }
            (None, None, None) => {
                let example = if is_span { "tomorrow 22:00 for 2h" } else { "tomorrow 22:00" };
                return Err(WhenError::new(0..text.len(), format!("say when, for example {example}")).or_type(example));
            }
            (None, Some(date), None) if is_span => {
                let rest = if end.is_some() { " 22:00" } else { " 22:00 for 2h" };
                let fixed = hint::replaced(text, date.range.end..date.range.end, rest);
                return Err(
                    WhenError::new(date.range.clone(), "at what time of that day does it start?").or_type(fixed)
                );
            }
            (None, date, time) => Start::Clocked { date, time },
        };
        if is_span && end.is_none() {
            let at = utc.as_ref().map_or(text.len(), |utc| utc.range.start);
            let fixed = hint::replaced(text, at..at, " for 2h ");
            return Err(
                WhenError::new(0..text.len(), "how long does it last? give an end or a length").or_type(fixed.trim())
            );
        }
        Ok(Syntax { start, end, zone, utc })
    }
}

/// `16` or `16-20` as it should have been typed.
fn with_minutes(hours: &str) -> Option<String> {
    let (from, length) = scan::number(hours, 1..=2).filter(|(hour, _)| *hour < 24)?;
    let rest = &hours[length..];
    let Some(dash) = scan::dash(rest) else {
        return rest.is_empty().then(|| format!("{from:02}:00"));
    };
    let (to, _) =
        scan::number(&rest[dash..], 1..=2).filter(|(hour, length)| *hour <= 24 && dash + length == rest.len())?;
    Some(format!("{from:02}:00-{to:02}:00"))
}
