//! When something happens, as people type it: the grammar of `when:`, `from:` and `to:`.
//!
//! The grammar is strict: every word must be used, nothing is guessed, and a refusal says what to type instead. Text
//! becomes syntax here ([`When::parse`]) and a [`Span`] once the present and the zones are known ([`When::resolve`]).
//! It uses only `domain::calendar`; it reads no clock.

mod hint;
mod parse;
mod resolve;
pub(in crate::command) mod scan;
mod syntax;
pub(in crate::command) mod words;

use std::fmt;
use std::ops::Range;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::domain::calendar::{Span, Zone, clock_text};
use syntax::{Start, Syntax};

/// Longer text is refused unread, in characters.
const LONGEST_TEXT: usize = 500;

/// How many faults of a text are mended one after the other to find a hint that works.
const FAULTS_MENDED: usize = 4;

/// A time for a window, from when until when, as it was typed: read, but not yet placed on the time line. Its
/// `Display` parses back to an equal value; equal means the same text.
#[derive(Clone, Debug)]
pub struct When {
    text: String,
    syntax: Syntax,
}

/// A single instant as it was typed, for filters such as `from:`; otherwise like [`When`].
#[derive(Clone, Debug)]
pub struct Moment {
    text: String,
    syntax: Syntax,
}

/// The zones that may give a typed time its meaning.
#[derive(Clone, Debug)]
pub struct Zones {
    /// The zone given beside the text (`tz:`), if any.
    pub tz: Option<Zone>,
    /// The zones to use without one, in order; only the first counts. With none at all, UTC as the organisation's.
    pub fallbacks: Vec<(ZoneSource, Zone)>,
}

/// Where the zone that read a text came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ZoneSource {
    /// The text itself: a zone's name or an offset.
    Inline,
    /// The option `tz:`.
    Option,
    /// The window that is being changed.
    Window,
    /// The person who typed.
    Author,
    /// The service concerned.
    Service,
    /// The organisation.
    Organisation,
}

/// A time placed on the time line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Start, end, and the zone the window lives in: `tz:`, else a zone named in the text, else the first fallback.
    pub span: Span,
    /// Which zone read the text: one in the text, else `tz:`, else the first fallback.
    pub read_from: ZoneSource,
}

/// Why a text is no time, for the person who typed it. `Display` gives the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct WhenError {
    /// The bytes of the given text that are to blame.
    pub range: Range<usize>,
    /// What is wrong with them, and what is allowed.
    pub message: String,
    /// A whole text that works instead, when one can be computed.
    pub hint: Option<String>,
}

impl WhenError {
    fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self { range, message: message.into(), hint: None }
    }

    fn or_type(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Keeps the hint only when it works; when it has a fault of its own, takes the hint against that.
    fn checked<T>(self, attempt: &impl Fn(&str) -> Result<T, Self>) -> Self {
        let mut hint = self.hint;
        for _ in 0..FAULTS_MENDED {
            match hint.as_deref().map(attempt) {
                None | Some(Ok(_)) => return Self { hint, ..self },
                Some(Err(error)) => hint = error.hint,
            }
        }
        Self { hint: None, ..self }
    }
}

impl When {
    /// Reads the text of a `when:`: a start, and an end or a length.
    ///
    /// # Errors
    /// What is wrong, where in `text`, and where possible a text that can be read. [`When::read`] gives hints that also
    /// resolve.
    pub fn parse(text: &str) -> Result<Self, WhenError> {
        Self::unhinted(text).map_err(|error| error.checked(&Self::unhinted))
    }

    /// Places it on the time line, seen from `now`.
    ///
    /// # Errors
    /// What is wrong with the time (past, over 31 days, ending before it starts, skipped or repeated by the clocks),
    /// where in the text given to [`When::parse`], and where possible a text that resolves.
    pub fn resolve(&self, now: DateTime<Utc>, zones: &Zones) -> Result<Resolved, WhenError> {
        resolve::span(&self.syntax, &self.text, now, zones)
            .map_err(|error| error.checked(&|hint: &str| Self::placed(hint, now, zones)))
    }

    /// [`When::parse`] and [`When::resolve`] in one step.
    ///
    /// # Errors
    /// Those of both; every hint resolves.
    pub fn read(text: &str, now: DateTime<Utc>, zones: &Zones) -> Result<(Self, Resolved), WhenError> {
        Self::placed(text, now, zones).map_err(|error| error.checked(&|hint: &str| Self::placed(hint, now, zones)))
    }

    fn unhinted(text: &str) -> Result<Self, WhenError> {
        let syntax = parse::parse(text, parse::Wanted::Span)?;
        Ok(Self { text: text.to_owned(), syntax })
    }

    fn placed(text: &str, now: DateTime<Utc>, zones: &Zones) -> Result<(Self, Resolved), WhenError> {
        let when = Self::unhinted(text)?;
        let resolved = resolve::span(&when.syntax, text, now, zones)?;
        Ok((when, resolved))
    }
}

impl Moment {
    /// Reads the text of one instant, such as `2026-12-18`, `2026-12-18 09:00` or `tomorrow 9:00`.
    ///
    /// # Errors
    /// What is wrong, where in `text`, and where possible a text that can be read.
    pub fn parse(text: &str) -> Result<Self, WhenError> {
        Self::unhinted(text).map_err(|error| error.checked(&Self::unhinted))
    }

    /// The instant, seen from `now`; it may be past. A date alone means its first second in the zone that reads it.
    ///
    /// # Errors
    /// A wall-clock time that the clocks skip or repeat, with the times to choose from; brackets or an offset that
    /// contradict the rest.
    pub fn resolve(&self, now: DateTime<Utc>, zones: &Zones) -> Result<DateTime<Utc>, WhenError> {
        let placed = |hint: &str| {
            let moment = Self::unhinted(hint)?;
            resolve::moment(&moment.syntax, hint, now, zones)
        };
        resolve::moment(&self.syntax, &self.text, now, zones).map_err(|error| error.checked(&placed))
    }

    /// The bytes of what says more than a day: a time, a zone, an instant. None for a day alone.
    pub(super) fn beyond_the_day(&self) -> Option<Range<usize>> {
        let of_start = match &self.syntax.start {
            Start::Clocked { date: Some(_), time } => time.as_ref().map(|time| time.range.clone()),
            Start::Clocked { date: None, .. } | Start::Now(_) | Start::After(_) | Start::Instant(_) => {
                Some(0..self.text.len())
            }
        };
        let others =
            [self.syntax.zone.as_ref().map(|zone| &zone.range), self.syntax.utc.as_ref().map(|utc| &utc.range)];
        of_start.or_else(|| others.into_iter().flatten().next().cloned())
    }

    /// Its day as it was typed, when it has one.
    pub(super) fn day_alone(&self) -> Option<String> {
        match &self.syntax.start {
            Start::Clocked { date: Some(date), .. } => Some(self.text[date.range.clone()].to_owned()),
            _ => None,
        }
    }

    fn unhinted(text: &str) -> Result<Self, WhenError> {
        let syntax = parse::parse(text, parse::Wanted::Moment)?;
        Ok(Self { text: text.to_owned(), syntax })
    }
}

/// Reads a time of day as `when:` does: `16:00`, `4pm`.
///
/// # Errors
/// What is wrong, and a time that can be read.
pub fn time_of_day(text: &str) -> Result<NaiveTime, WhenError> {
    clock_alone(text).map_err(|error| error.checked(&clock_alone))
}

fn clock_alone(text: &str) -> Result<NaiveTime, WhenError> {
    let syntax = parse::parse(text, parse::Wanted::Moment)?;
    let Start::Clocked { date: None, time: Some(time) } = &syntax.start else {
        return Err(
            WhenError::new(0..text.len(), "a time of day is wanted here, such as 16:00 or 4pm").or_type("16:00")
        );
    };
    let alone = text[time.range.clone()].to_owned();
    match (&syntax.zone, &syntax.utc) {
        (None, None) if time.it.offset.is_none() => Ok(time.it.time),
        _ => Err(WhenError::new(0..text.len(), "a time of day alone is wanted here; a zone has its own option")
            .or_type(alone.trim_end_matches(['Z', 'z']))),
    }
}

/// A time of day as [`time_of_day`] reads it.
#[must_use]
pub fn clock_words(time: NaiveTime) -> String {
    clock_text(NaiveDate::default().and_time(time))
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.trim())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.trim())
    }
}

impl PartialEq for When {
    fn eq(&self, other: &Self) -> bool {
        self.text.trim() == other.text.trim()
    }
}

impl Eq for When {}

impl PartialEq for Moment {
    fn eq(&self, other: &Self) -> bool {
        self.text.trim() == other.text.trim()
    }
}

impl Eq for Moment {}

#[cfg(test)]
mod tests;
