//! Times of day and zones.

use super::{Inline, Parsed, Parser, Wanted};
use crate::command::when::syntax::{Clock, Spot};
use crate::command::when::{WhenError, hint, scan};
use crate::domain::calendar::{Zone, abbreviation};

/// What a minus sign after a time begins.
enum Minus {
    Offset,
    End,
}

impl Parser<'_> {
    /// A time at which something starts, with what is glued to it.
    pub(super) fn start_clock(&mut self) -> Parsed<Option<Spot<Clock>>> {
        if let Some(half) = self.half_of_end()? {
            return Ok(Some(half));
        }
        let from = self.at;
        let Some((typed, length)) = scan::clock(self.rest()) else { return Ok(None) };
        self.at += length;
        let offset = match scan::offset(self.rest()) {
            Some((seconds, length)) if self.is_offset()? => {
                self.at += length;
                Some(seconds)
            }
            _ => None,
        };
        self.clock(typed, offset, from).map(Some)
    }

    /// A time at which something ends. A lone hour is refused.
    pub(super) fn end_clock(&mut self) -> Parsed<Option<Spot<Clock>>> {
        let from = self.at;
        let Some((typed, length)) = scan::clock(self.rest()) else { return Ok(None) };
        self.at += length;
        let offset = scan::offset(self.rest()).map(|(seconds, length)| {
            self.at += length;
            seconds
        });
        self.clock(typed, offset, from).map(Some)
    }

    fn clock(&self, typed: scan::Typed, offset: Option<i32>, from: usize) -> Parsed<Spot<Clock>> {
        if let Some((time, next_day)) = typed.time() {
            return Ok(self.spot(Clock { time, next_day, offset }, from));
        }
        let range = from..self.at;
        let shown = &self.text[range.clone()];
        Err(WhenError::new(
            range,
            format!("\"{shown}\" is no time of day; those go from 00:00 to 23:59, or from 1am to 12pm"),
        ))
    }

    /// The `4` of `4-6pm`: the half of the day is the end's, or the other when that would not come before the end.
    fn half_of_end(&mut self) -> Parsed<Option<Spot<Clock>>> {
        let from = self.at;
        let Some((mut typed, length)) = scan::bare_clock(self.rest()) else { return Ok(None) };
        let after = &self.rest()[length..];
        let ahead = Self { text: after, at: 0, wanted: self.wanted, iso: false, draft: super::Draft::default() }
            .end_after_separator();
        let Some((end, half)) = ahead.and_then(|end| Some((end, end.half?))) else { return Ok(None) };
        if typed.half.is_some() || typed.is_24_hour() {
            return Ok(None);
        }
        let range = from..from + length;
        let shown = &self.text[range.clone()];
        if typed.has_minutes {
            let name = if half == 0 { "am" } else { "pm" };
            let fixed = hint::replaced(self.text, range.clone(), &format!("{shown}{name}"));
            let message = format!(
                "\"{shown}\" could be before or after noon; write {shown}am or {shown}pm, or both times on a 24-hour clock"
            );
            return Err(WhenError::new(range, message).or_type(fixed));
        }
        typed.half = Some(half);
        if typed.time() >= end.time() {
            typed.half = Some(12 - half);
        }
        self.at += length;
        self.clock(typed, None, from).map(Some)
    }

    /// The time after a separator, when both stand here.
    fn end_after_separator(mut self) -> Option<scan::Typed> {
        self.skip();
        if !self.separator() {
            return None;
        }
        self.skip();
        scan::clock(self.rest()).map(|(typed, _)| typed)
    }

    /// Whether the offset that stands here belongs to the time before it. `16:00-05:00` is a range, unless what
    /// follows can only be the end.
    fn is_offset(&self) -> Parsed<bool> {
        if scan::dash(self.rest()).is_none() || self.iso || self.wanted == Wanted::Moment {
            return Ok(true);
        }
        let Some((_, length)) = scan::negative_offset(self.rest()) else { return Ok(false) };
        let after = &self.rest()[length..];
        match what_minus_begins(after) {
            Some(Minus::Offset) => Ok(true),
            Some(Minus::End) => Ok(false),
            None => {
                let range = self.at..self.at + length;
                let shown = &self.text[range.clone()];
                let message = format!(
                    "\"{shown}\" could be an end or an offset from UTC; for an offset write the start as 2027-01-31T16:00{shown}, for an end leave out the other one"
                );
                Err(WhenError::new(range, message))
            }
        }
    }

    /// A zone's name or an offset from UTC.
    pub(super) fn zone(&mut self) -> Parsed<Option<Inline>> {
        if self.rest().starts_with('+')
            && let Some((seconds, length)) = scan::offset(self.rest())
        {
            self.at += length;
            return Ok(Some(Inline::Offset(seconds)));
        }
        let rest = self.rest();
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Ok(None);
        }
        let run = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && !"_+-/".contains(c)).unwrap_or(rest.len())];
        if let Ok(zone) = Zone::named(run) {
            self.at += run.len();
            return Ok(Some(Inline::Zone(zone)));
        }
        let word = scan::letters(rest);
        if ["utc", "gmt", "z"].contains(&word.to_lowercase().as_str()) {
            self.at += word.len();
            let ahead =
                scan::offset(self.rest()).filter(|_| word.len() > 1 && self.rest().starts_with(['+', '-', '\u{2212}']));
            return Ok(Some(match ahead {
                Some((seconds, length)) => {
                    self.at += length;
                    Inline::Offset(seconds)
                }
                None => Inline::Zone(Zone::utc()),
            }));
        }
        if let Some(choices) = abbreviation(word) {
            return Err(self.no_abbreviation(word, choices));
        }
        if !run.contains('/') {
            return Ok(None);
        }
        let range = self.at..self.at + run.len();
        match Zone::named(run) {
            Ok(zone) => Ok(Some(Inline::Zone(zone))),
            Err(error) => {
                let message = error.to_string();
                let refused = WhenError::new(range.clone(), message);
                Err(match error.nearest {
                    Some(nearest) => refused.or_type(hint::replaced(self.text, range, &nearest)),
                    None => refused,
                })
            }
        }
    }

    fn no_abbreviation(&self, word: &str, choices: &[&str]) -> WhenError {
        let range = self.at..self.at + word.len();
        let message = match choices {
            [one] => format!("\"{word}\" is an abbreviation, and says nothing of summer time; write {one}"),
            several => format!("\"{word}\" stands for several zones; write {}", several.join(" or ")),
        };
        let first = choices.first().copied().unwrap_or("UTC");
        WhenError::new(range.clone(), message).or_type(hint::replaced(self.text, range, first))
    }
}

/// Judges a `-05:00` after a time by what comes next; None when both readings are possible.
fn what_minus_begins(after: &str) -> Option<Minus> {
    let gap = scan::space(after);
    let next = &after[gap..];
    let word = scan::letters(next).to_lowercase();
    if next.starts_with('/') || ["to", "until", "till"].contains(&word.as_str()) {
        return Some(Minus::Offset);
    }
    if word == "for" {
        return None;
    }
    let Some(dash) = scan::dash(next) else { return Some(Minus::End) };
    let Some((_, bytes)) = scan::negative_offset(next).filter(|_| gap == 0 && next.starts_with('-')) else {
        // A range goes on after this dash: to a date, to a time, or to something that is an error later.
        let tail = next[dash..].trim_start();
        let goes_on = tail.starts_with(|c: char| c.is_alphanumeric() || c == '<');
        return Some(if goes_on { Minus::Offset } else { Minus::End });
    };
    scan::negative_offset(&next[bytes..]).map(|_| Minus::Offset)
}
