//! When something happens again and again, as people type it: the grammar of `every:`.
//!
//! Three spellings are taken: a rule of iCalendar (`FREQ=MONTHLY;BYDAY=2SU`), five fields of cron (`0 16 * * SUN`) and
//! words (`second sunday of month 16:00 for 4h`). Like [`super::when`] it is strict: every word must be used, nothing is
//! guessed, and a refusal says what to type instead. It uses only `domain::calendar` and reads no clock.

mod words;

use std::fmt;
use std::ops::Range;

use chrono::{NaiveDateTime, NaiveTime, TimeDelta};

use super::spec::{Opt, Type};
use super::value::{Bad, Value};
use crate::domain::calendar::{BadPattern, Pattern, Recurrence, clock_text};

/// Longer text is refused unread, in bytes.
const LONGEST_TEXT: usize = 2_000;
/// What to type when nothing nearer is known.
const EXAMPLE: &str = "second sunday of month 16:00 for 4h";
/// How many faults of a text are mended one after the other to find a hint that works.
const FAULTS_MENDED: usize = 4;

/// A recurrence as it was typed: read, but without its start. Its `Display` reads back to an equal value; equal means
/// the same text.
#[derive(Clone, Debug)]
pub struct Every {
    text: String,
    pattern: Pattern,
    tail: Tail,
}

/// The time of day and the length that words can carry, and where they stand.
#[derive(Clone, Debug, Default)]
struct Tail {
    time: Option<(NaiveTime, Range<usize>)>,
    length: Option<(TimeDelta, Range<usize>)>,
}

/// Why a text is no recurrence, for the person who typed it. `Display` gives the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EveryError {
    /// The bytes of the given text that are to blame.
    pub range: Range<usize>,
    /// What is wrong with them, and what is allowed.
    pub message: String,
    /// A whole text that can be read instead.
    pub hint: Option<String>,
}

impl EveryError {
    fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self { range, message: message.into(), hint: None }
    }

    fn or_type(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Keeps the hint only when it can be read; when it has a fault of its own, takes the hint against that.
    fn checked(self) -> Self {
        let mut hint = self.hint;
        for _ in 0..FAULTS_MENDED {
            match hint.as_deref().map(Every::unhinted) {
                None => break,
                Some(Ok(_)) => return Self { hint, ..self },
                Some(Err(error)) => hint = error.hint,
            }
        }
        Self { hint: Some(EXAMPLE.to_owned()), ..self }
    }
}

impl From<BadPattern> for EveryError {
    fn from(error: BadPattern) -> Self {
        Self { range: error.range, message: error.message, hint: error.hint }
    }
}

impl From<EveryError> for Bad {
    fn from(error: EveryError) -> Self {
        Self { range: error.range, message: error.message, hint: error.hint }
    }
}

impl Every {
    /// Reads the text of an `every:`, in any of its three spellings. A rule and cron, too, may be followed by `at 16:00`
    /// and `for 4h`.
    ///
    /// # Errors
    /// What is wrong, where in `text`, and a text that can be read.
    pub fn read(text: &str) -> Result<Self, EveryError> {
        Self::unhinted(text).map_err(EveryError::checked)
    }

    /// The time of day, when the text has one.
    #[must_use]
    pub fn time(&self) -> Option<NaiveTime> {
        self.tail.time.as_ref().map(|(time, _)| *time).or_else(|| self.pattern.time())
    }

    /// How long each occurrence takes, when the text says so.
    #[must_use]
    pub fn length(&self) -> Option<TimeDelta> {
        self.tail.length.as_ref().map(|(length, _)| *length)
    }

    /// The recurrence and the length of its occurrences. `at` and `length` are what was given beside the text. Counting
    /// begins at the first match at or after `from` (a wall-clock time), unless the text names its start (`DTSTART`).
    ///
    /// # Errors
    /// The time or the length is missing or given twice and differently, or nothing ever matches.
    pub fn resolve(
        &self,
        at: Option<NaiveTime>,
        length: Option<TimeDelta>,
        from: NaiveDateTime,
    ) -> Result<(Recurrence, TimeDelta), EveryError> {
        self.placed(at, length, from).map_err(EveryError::checked)
    }

    fn placed(
        &self,
        at: Option<NaiveTime>,
        length: Option<TimeDelta>,
        from: NaiveDateTime,
    ) -> Result<(Recurrence, TimeDelta), EveryError> {
        let time = self.time_with(at, from)?;
        let length = self.length_with(length)?;
        let recurrence =
            self.pattern.clone().starting(time, from).map_err(|message| EveryError::new(self.whole(), message))?;
        Ok((recurrence, length))
    }

    /// The time of day from the text or from beside it; None for a pattern that has times of its own.
    fn time_with(&self, at: Option<NaiveTime>, from: NaiveDateTime) -> Result<Option<NaiveTime>, EveryError> {
        let shown = |time: NaiveTime| clock_text(from.date().and_time(time));
        if let (Some((time, range)), Some(at)) = (&self.tail.time, at)
            && *time != at
        {
            let message = format!("at: says {}, and here stands {}; give one", shown(at), shown(*time));
            return Err(EveryError::new(range.clone(), message).or_type(self.with(range, &shown(at))));
        }
        let given = self.tail.time.as_ref().map(|(time, _)| *time).or(at);
        if self.pattern.has_time() {
            return match given {
                Some(given) if self.pattern.time() != Some(given) => {
                    let message = format!("this has times of its own, which {} contradicts", shown(given));
                    let range = self.tail.time.as_ref().map_or(self.whole(), |(_, range)| range.clone());
                    let hint = if self.tail.time.is_some() { self.with(&range, "") } else { self.text.clone() };
                    Err(EveryError::new(range, message).or_type(hint.replace(" at ", " ").trim()))
                }
                _ => Ok(None),
            };
        }
        given.map(Some).ok_or_else(|| {
            let hint = match &self.tail.length {
                Some((_, range)) => {
                    format!("{} at 16:00 {}", self.text[..range.start].trim(), &self.text[range.start..])
                }
                None => format!("{} at 16:00", self.text.trim()),
            };
            EveryError::new(self.whole(), "at what time? add for example at:16:00").or_type(hint)
        })
    }

    fn length_with(&self, beside: Option<TimeDelta>) -> Result<TimeDelta, EveryError> {
        match (&self.tail.length, beside) {
            (Some((length, range)), Some(beside)) if *length != beside => {
                let shown = crate::domain::calendar::compact(beside);
                let message = format!("for: says {shown}, and here stands another length; give one");
                Err(EveryError::new(range.clone(), message).or_type(self.with(range, &format!(" for {shown}"))))
            }
            (Some((length, _)), _) => Ok(*length),
            (None, Some(beside)) => Ok(beside),
            (None, None) => Err(EveryError::new(self.whole(), "for how long? add for example for:4h")
                .or_type(format!("{} for 4h", self.text.trim()))),
        }
    }

    /// The text with one stretch replaced, without the white space that this leaves over.
    fn with(&self, range: &Range<usize>, by: &str) -> String {
        let fixed = format!("{}{by}{}", &self.text[..range.start], &self.text[range.end..]);
        fixed.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn whole(&self) -> Range<usize> {
        0..self.text.len()
    }

    fn unhinted(text: &str) -> Result<Self, EveryError> {
        if text.len() > LONGEST_TEXT {
            let cut = (0..=LONGEST_TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
            return Err(EveryError::new(cut..text.len(), format!("at most {LONGEST_TEXT} bytes are read")));
        }
        let (pattern, tail) = match spelling(text) {
            Spelling::Words => words::read(text)?,
            Spelling::Rule => {
                let end = rule_ends(text);
                (Pattern::rule(&text[..end]).map_err(|error| with_tail(error, text, end))?, words::tail(text, end)?)
            }
            Spelling::Cron => {
                let end = rule_ends(text);
                (Pattern::cron(&text[..end]).map_err(|error| with_tail(error, text, end))?, words::tail(text, end)?)
            }
        };
        Ok(Self { text: text.to_owned(), pattern, tail })
    }
}

enum Spelling {
    Rule,
    Cron,
    Words,
}

fn spelling(text: &str) -> Spelling {
    let text = text.trim();
    if text.contains('=') || text.get(..6).is_some_and(|head| head.eq_ignore_ascii_case("RRULE:")) {
        return Spelling::Rule;
    }
    let is_field = |field: &str| field.chars().all(|c| c.is_ascii_digit() || matches!(c, '*' | '/' | ',' | '-'));
    let mut fields = text.split_whitespace();
    let starts_with_two = fields.next().is_some_and(is_field) && fields.next().is_some_and(is_field);
    if text.starts_with('@') || starts_with_two { Spelling::Cron } else { Spelling::Words }
}

/// Where a rule or cron ends and `at` or `for` begins.
fn rule_ends(text: &str) -> usize {
    let mut at = 0;
    for word in text.split(char::is_whitespace) {
        if ["at", "for"].iter().any(|tail| tail.eq_ignore_ascii_case(word)) {
            return at;
        }
        at += word.len() + text[at + word.len()..].chars().next().map_or(0, char::len_utf8);
    }
    text.len()
}

/// The error of a rule whose text goes on with a time or a length: its hint goes on with it too.
fn with_tail(error: BadPattern, text: &str, end: usize) -> EveryError {
    let tail = text[end..].trim();
    let error = EveryError::from(error);
    match &error.hint {
        Some(hint) if !tail.is_empty() => {
            let hint = format!("{hint} {tail}");
            error.or_type(hint)
        }
        _ => error,
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.trim())
    }
}

impl PartialEq for Every {
    fn eq(&self, other: &Self) -> bool {
        self.text.trim() == other.text.trim()
    }
}

impl Eq for Every {}

impl Value for Every {
    const TYPES: &'static [Type] = &[Type::Every];

    fn from_text(text: &str, _: &Opt) -> Result<Self, Bad> {
        Ok(Self::read(text)?)
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests;
