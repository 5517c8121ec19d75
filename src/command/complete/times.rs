//! How times are understood while somebody types them, and how a text that is not whole may go on.

use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, Utc};

use super::lengths::spelt;
use super::{Suggestion, clipped};
use crate::command::every::{Every, EveryError};
use crate::command::spec::{Opt, Type};
use crate::command::value;
use crate::command::when::{Moment, When, WhenError, Zones, time_of_day};
use crate::domain::calendar::{Zone, at, local, parse_duration};

/// The most continuations of one text, and of one word that it may end with.
const MOST: usize = 8;
const MOST_OF_ONE: usize = 3;

/// How a window's time may begin where nothing is typed yet.
const STARTS: [&str; 4] = ["next sunday", "next saturday", "tomorrow", "today"];
/// The same of a single instant.
const MOMENTS: [&str; 5] = ["today", "tomorrow", "next monday", "first monday of month", "in 30 days"];
/// Recurrences worth proposing.
const RECURRENCES: [&str; 4] =
    ["second sunday of month", "every week on sunday", "every 2 weeks on monday", "last friday of quarter"];
/// Words that may be meant by their first letters.
const WORDS: [&str; 26] = [
    "today",
    "tomorrow",
    "next",
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "for",
    "in",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "month",
    "quarter",
];
/// Words that a day follows.
const BEFORE_A_DAY: [&str; 2] = ["next", "on"];
const DAYS: [&str; 3] = ["sunday", "saturday", "monday"];
/// What may be missing at the end of a text for a window's time.
const ENDINGS: [&str; 14] = [
    "",
    " for 2h",
    " for 1h",
    " for 4h",
    " 02:00 for 2h",
    " 16:00-20:00",
    " 22:00 for 4h",
    " 2h",
    " 1h",
    " 4h",
    "h",
    "m",
    ":00 for 2h",
    "00 for 2h",
];
/// The same where the length is given beside it.
const ENDINGS_WITH_LENGTH: [&str; 6] = ["", " 02:00", " 16:00", " 22:00", ":00", "00"];
/// The same of a single instant.
const ENDINGS_OF_MOMENTS: [&str; 5] = ["", " days", " 09:00", ":00", "00"];

/// What else is given beside the text, as far as it gives it its meaning; each may be empty or no value yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Others<'a> {
    /// `for:`.
    pub length: Option<&'a str>,
    /// `at:`.
    pub time: Option<&'a str>,
}

impl<'a> Others<'a> {
    fn length(&self) -> Option<(&'a str, TimeDelta)> {
        let text = self.length?.trim();
        parse_duration(text).ok().map(|length| (text, length))
    }

    fn time(&self) -> Option<NaiveTime> {
        time_of_day(self.time?.trim()).ok()
    }
}

/// How the text of a window's time, or of an instant or a day, is understood seen from `now`, as the first suggestion; how
/// one that is not whole may go on; or why it is none.
#[must_use]
pub fn times(option: &Opt, typed: &str, others: Others<'_>, now: DateTime<Utc>, zones: &Zones) -> Vec<Suggestion> {
    let reader = Reader { option, beside: others.length().filter(|_| option.kind == Type::When), now, zones };
    match (typed.trim(), option.kind, reader.beside) {
        ("", Type::When, _) => return reader.continued(STARTS.map(str::to_owned).to_vec()),
        ("", ..) => return reader.continued(MOMENTS.map(str::to_owned).to_vec()),
        _ => {}
    }
    let Err(error) = reader.read(typed) else {
        return reader.understood(typed.to_owned()).into_iter().collect();
    };
    let found = reader.continued(stems(typed));
    if !found.is_empty() {
        return found;
    }
    let hint = error.hint.and_then(|hint| reader.understood(hint));
    std::iter::once(unreadable(&error.message, typed)).chain(hint).collect()
}

/// The entry that says why a text cannot be read; taking it changes nothing.
#[must_use]
pub(super) fn unreadable(why: &str, typed: &str) -> Suggestion {
    Suggestion::new(clipped(&format!("Not understood: {why}"), super::LONGEST), typed)
}

/// What may stand where the text stands now, without its end: the text itself, and with its last word spelt out.
fn stems(typed: &str) -> Vec<String> {
    let text = typed.trim();
    // A range whose end is missing may have a length instead.
    let open = text.trim_end_matches(['-', '–']).trim_end();
    if open.len() < text.len() {
        return vec![open.to_owned()];
    }
    let mut found = vec![text.to_owned()];
    let head = text.trim_end_matches(|c: char| c.is_alphabetic());
    let last = text[head.len()..].to_lowercase();
    if BEFORE_A_DAY.contains(&last.as_str()) {
        found.extend(DAYS.iter().map(|day| format!("{text} {day}")));
    } else if !last.is_empty() {
        let begun = WORDS.iter().filter(|word| word.starts_with(&last) && word.len() > last.len());
        for stem in begun.map(|word| format!("{head}{word}")) {
            if stem.ends_with("next") {
                found.extend(DAYS.iter().map(|day| format!("{stem} {day}")));
            }
            found.push(stem);
        }
    }
    found
}

/// Reads texts of one option.
struct Reader<'a> {
    option: &'a Opt,
    /// The length given beside the text, which joins it.
    beside: Option<(&'a str, TimeDelta)>,
    now: DateTime<Utc>,
    zones: &'a Zones,
}

impl Reader<'_> {
    /// What a text means, in short.
    fn read(&self, text: &str) -> Result<String, WhenError> {
        match self.option.kind {
            Type::When => {
                let (_, resolved) = When::read(&self.joined(text), self.now, self.zones).map_err(|e| self.own(e))?;
                Ok(self.short(&resolved.span.to_string(), &resolved.span.zone))
            }
            kind => {
                value::check(self.option, text).map_err(|bad| WhenError {
                    range: bad.range,
                    message: bad.message,
                    hint: bad.hint,
                })?;
                let instant = Moment::parse(text)?.resolve(self.now, self.zones)?;
                let zone = home(self.zones);
                Ok(match kind {
                    Type::Day => local(instant, &zone).format("%a %-d %b %Y").to_string(),
                    _ => self.short(&at(instant, &zone), &zone),
                })
            }
        }
    }

    fn joined(&self, text: &str) -> String {
        match self.beside {
            Some((length, _)) => format!("{} for {length}", text.trim()),
            None => text.to_owned(),
        }
    }

    /// An error whose hint has only what belongs into this option.
    fn own(&self, error: WhenError) -> WhenError {
        let Some((length, _)) = self.beside else { return error };
        let ending = format!(" for {length}");
        let hint = error.hint.and_then(|hint| hint.strip_suffix(&ending).map(str::to_owned));
        WhenError { hint, ..error }
    }

    /// A time without what goes without saying: UTC beside it, and the present year.
    fn short(&self, shown: &str, zone: &Zone) -> String {
        let alone = shown.split_once(" (").map_or(shown, |(alone, _)| alone);
        alone.replace(&format!(" {} ", local(self.now, zone).year()), " ")
    }

    fn understood(&self, text: String) -> Option<Suggestion> {
        Some(Suggestion::new(self.read(&text).ok()?, text))
    }

    /// Every text that can be read and begins with one of these, a few of each.
    fn continued(&self, stems: Vec<String>) -> Vec<Suggestion> {
        let endings = match (self.option.kind, self.beside) {
            (Type::When, None) => &ENDINGS[..],
            (Type::When, Some(_)) => &ENDINGS_WITH_LENGTH,
            _ => &ENDINGS_OF_MOMENTS,
        };
        let mut found = Vec::new();
        for stem in stems {
            let texts = endings.iter().map(|ending| format!("{stem}{ending}"));
            found.extend(texts.filter_map(|text| self.understood(text)).take(MOST_OF_ONE));
        }
        found.truncate(MOST);
        found
    }
}

/// The zone in which something lives whose times name none.
fn home(zones: &Zones) -> Zone {
    let first = zones.fallbacks.first().map(|(_, zone)| zone.clone());
    zones.tz.clone().or(first).unwrap_or(Zone::utc())
}

/// How a recurrence is understood, how one that is not whole may go on, or why it is none. Counted from `now`.
#[must_use]
pub fn recurrences(typed: &str, others: Others<'_>, now: DateTime<Utc>, zones: &Zones) -> Vec<Suggestion> {
    let zone = home(zones);
    let (time, length) = (others.time(), others.length().map(|(_, length)| length));
    let understood = |text: &str| -> Result<Suggestion, EveryError> {
        let (rule, length) = Every::read(text)?.resolve(time, length, local(now, &zone))?;
        Ok(Suggestion::new(format!("{} for {}, {zone}", rule.words(), spelt(length)), text))
    };
    let continued = |stems: &[&str]| -> Vec<Suggestion> {
        let endings = ["", " 02:00 for 2h", " at 02:00 for 2h", " for 2h", " 02:00", " at 02:00"];
        let of_one = |stem: &&str| {
            let texts = endings.map(|ending| format!("{stem}{ending}"));
            texts.into_iter().filter_map(|text| understood(&text).ok()).take(1).collect::<Vec<_>>()
        };
        stems.iter().flat_map(of_one).collect()
    };
    if typed.trim().is_empty() {
        return continued(&RECURRENCES);
    }
    let error = match understood(typed) {
        Ok(suggestion) => return vec![suggestion],
        Err(error) => error,
    };
    let begun = |whole: &&&str| whole.starts_with(&typed.trim().to_lowercase());
    let begun: Vec<&str> = std::iter::once(typed.trim()).chain(RECURRENCES.iter().filter(begun).copied()).collect();
    let found = continued(&begun);
    if !found.is_empty() {
        return found;
    }
    let hint = error.hint.and_then(|hint| understood(&hint).ok());
    std::iter::once(unreadable(&error.message, typed)).chain(hint).collect()
}
