//! A language of messages: how its dates are written, and its words for what maintbot itself puts into them. Everything has
//! an English form, which is also the name of a word; what a language leaves out stays English.
//!
//! Read from the `locale.toml` of a language's folder. Replies, pages and what is typed are always English.

mod file;
mod phrases;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};

pub use file::Wrong;
pub use phrases::PHRASES;

use crate::domain::calendar::{DateWords, Span, Zone, at_in, clock_in, day_in, duration_words};
use crate::domain::pattern::fill;
use crate::domain::window::Downtime;

/// The language that is built in.
pub const ENGLISH: &str = "en";

/// How dates are written, and words by their English form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language {
    /// How dates are written.
    pub dates: DateWords,
    words: BTreeMap<String, String>,
}

static BUILT_IN: LazyLock<Language> =
    LazyLock::new(|| Language { dates: DateWords::english().clone(), words: BTreeMap::new() });

impl Language {
    /// English as it is built in.
    #[must_use]
    pub fn english() -> &'static Self {
        &BUILT_IN
    }

    /// The language of a `locale.toml`. `own` are words of the organisation that it may name besides [`PHRASES`].
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(text: &str, own: &[String]) -> Result<Self, Vec<Wrong>> {
        file::read(text, own)
    }

    /// A word or sentence without places; what the language has no word for stays as it is.
    #[must_use]
    pub fn word(&self, english: &str) -> String {
        self.words.get(english).cloned().unwrap_or_else(|| english.to_owned())
    }

    /// A sentence with its places filled.
    #[must_use]
    pub fn say(&self, english: &str, values: &[(&str, &str)]) -> String {
        let pattern = self.words.get(english).map_or(english, String::as_str);
        fill(pattern, |place| values.iter().find(|(name, _)| *name == place).map(|(_, value)| (*value).to_owned()))
    }

    /// `1 phase`, `3 phases`: one of two phrases with the place `n`.
    #[must_use]
    pub fn count(&self, n: usize, [one, many]: [&str; 2]) -> String {
        self.say(if n == 1 { one } else { many }, &[("n", &n.to_string())])
    }

    /// A window's time.
    #[must_use]
    pub fn span(&self, span: &Span) -> String {
        span.written(&self.dates)
    }

    /// An instant (UTC) in a zone.
    #[must_use]
    pub fn at(&self, instant: DateTime<Utc>, zone: &Zone) -> String {
        at_in(instant, zone, &self.dates)
    }

    /// The day of an instant (UTC) in a zone: `Mon 12 Apr 2027`.
    #[must_use]
    pub fn day(&self, instant: DateTime<Utc>, zone: &Zone) -> String {
        day_in(instant, zone, &self.dates)
    }

    /// The time of day of an instant (UTC) in a zone: `15:00`.
    #[must_use]
    pub fn clock(&self, instant: DateTime<Utc>, zone: &Zone) -> String {
        clock_in(instant, zone, &self.dates)
    }

    /// A length of time: `2h 30m`.
    #[must_use]
    pub fn duration(&self, length: TimeDelta) -> String {
        let part = |part: &str| {
            let phrase = match part.chars().next_back() {
                Some('d') => "{n}d",
                Some('h') => "{n}h",
                Some('m') => "{n}m",
                _ => "{n}s",
            };
            self.say(phrase, &[("n", part.trim_end_matches(char::is_alphabetic))])
        };
        duration_words(length).split(' ').map(part).collect::<Vec<_>>().join(" ")
    }

    /// An expected downtime: `none`, `up to 15m`, `10m to 15m per tenant`.
    #[must_use]
    pub fn downtime(&self, downtime: &Downtime) -> String {
        if downtime.most.is_zero() {
            return self.word("none");
        }
        let (least, most) = (self.duration(downtime.least), self.duration(downtime.most));
        let figure = if downtime.least == downtime.most {
            self.say("up to {most}", &[("most", &most)])
        } else {
            self.say("{least} to {most}", &[("least", &least), ("most", &most)])
        };
        match &downtime.per {
            Some(per) => self.say("{downtime} per {unit}", &[("downtime", &figure), ("unit", per)]),
            None => figure,
        }
    }
}

#[cfg(test)]
mod tests;
