//! Reading a `locale.toml`: `[dates]` and `[words]`, with the line of everything that is wrong.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{Language, PHRASES};
use crate::domain::calendar::DateWords;
use crate::domain::pattern::places;
use crate::message::text::{clipped, nearest};

/// Longer words and patterns are mistakes (characters).
const LONGEST: usize = 300;

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Counted from one; `None`: the whole file.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    dates: Option<Dates>,
    #[serde(default)]
    words: BTreeMap<Spanned<String>, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dates {
    weekdays: Option<Spanned<Vec<String>>>,
    months: Option<Spanned<Vec<String>>>,
    date: Option<Spanned<String>>,
    date_without_year: Option<Spanned<String>>,
    date_alone: Option<Spanned<String>>,
    clock_separator: Option<Spanned<String>>,
}

pub(super) fn read(text: &str, own: &[String]) -> Result<Language, Vec<Wrong>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reading = Reading { text, wrong: Vec::new() };
    let file: File = toml::from_str(text).map_err(|error| vec![reading.not_read(&error)])?;
    let dates = reading.dates(file.dates);
    let words = reading.words(file.words, own);
    if reading.wrong.is_empty() { Ok(Language { dates, words }) } else { Err(reading.wrong) }
}

struct Reading<'a> {
    text: &'a str,
    wrong: Vec<Wrong>,
}

impl Reading<'_> {
    fn line_of(&self, at: usize) -> usize {
        self.text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
    }

    fn not_read(&self, error: &toml::de::Error) -> Wrong {
        Wrong {
            line: error.span().map(|span| self.line_of(span.start)),
            message: error.message().to_owned(),
            hint: "write [dates] and [words], with every text in quotes".into(),
        }
    }

    fn complain(&mut self, at: usize, message: String, hint: impl Into<String>) {
        let line = Some(self.line_of(at));
        self.wrong.push(Wrong { line, message, hint: hint.into() });
    }

    fn dates(&mut self, dates: Option<Dates>) -> DateWords {
        let english = DateWords::english().clone();
        let Some(dates) = dates else { return english };
        let date = self.pattern("date", dates.date, english.date, &["day", "year"]);
        let alone = DateWords::alone(&date);
        DateWords {
            weekdays: self.names("weekdays", dates.weekdays, english.weekdays),
            months: self.names("months", dates.months, english.months),
            date_alone: self.pattern("date_alone", dates.date_alone, alone, &["day", "year"]),
            date,
            date_without_year: self.pattern(
                "date_without_year",
                dates.date_without_year,
                english.date_without_year,
                &["day"],
            ),
            clock_separator: self.separator(dates.clock_separator, english.clock_separator),
        }
    }

    fn names<const N: usize>(
        &mut self,
        key: &str,
        given: Option<Spanned<Vec<String>>>,
        usual: [String; N],
    ) -> [String; N] {
        let Some(given) = given else { return usual };
        let at = given.span().start;
        let names = given.into_inner();
        if names.iter().any(|name| !is_line(name)) {
            self.complain(at, format!("`{key}` holds something that is no name"), "write each as one line of text");
            return usual;
        }
        names.try_into().unwrap_or_else(|names: Vec<String>| {
            let example = usual.join("\", \"");
            let message = format!("`{key}` has {} names, not {N}", names.len());
            self.complain(at, message, format!("write {key} = [\"{example}\"] in the language"));
            usual.clone()
        })
    }

    /// A pattern of a date, with at least the places of `needed` and a month.
    fn pattern(&mut self, key: &str, given: Option<Spanned<String>>, usual: String, needed: &[&str]) -> String {
        let Some(given) = given else { return usual };
        let at = given.span().start;
        let pattern = given.into_inner();
        let found = places(&pattern);
        let unknown = found.iter().find(|place| !DateWords::PLACES.contains(place));
        let has_month = found.contains(&"month") || found.contains(&"month_number");
        if let Some(place) = unknown {
            let message = format!("`{key}` has the place {{{}}}, which is not known", clipped(place, 40));
            self.complain(at, message, format!("these are: {}", braced(&DateWords::PLACES)));
        } else if !has_month || needed.iter().any(|place| !found.contains(place)) || !is_line(&pattern) {
            let message = format!("`{key}` does not make a whole date");
            self.complain(at, message, format!("write for example {key} = \"{usual}\""));
        } else {
            return pattern;
        }
        usual
    }

    fn separator(&mut self, given: Option<Spanned<String>>, usual: String) -> String {
        let Some(given) = given else { return usual };
        let at = given.span().start;
        let separator = given.into_inner();
        let fits = |c: char| !c.is_alphanumeric() && !c.is_control();
        if (1..=3).contains(&separator.chars().count()) && separator.chars().all(fits) {
            return separator;
        }
        let message = "`clock_separator` stands between hours and minutes".to_owned();
        self.complain(at, message, "write clock_separator = \":\" or \".\"");
        usual
    }

    fn words(&mut self, words: BTreeMap<Spanned<String>, Spanned<String>>, own: &[String]) -> BTreeMap<String, String> {
        let known = || PHRASES.iter().copied().chain(own.iter().map(String::as_str));
        let mut read = BTreeMap::new();
        for (english, given) in words {
            let (key_at, at) = (english.span().start, given.span().start);
            let (english, given) = (english.into_inner(), given.into_inner());
            if !known().any(|phrase| phrase == english) {
                let message = format!("there is nothing to translate that reads `{}`", clipped(&english, 80));
                let hint = match nearest(&english, known()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "docs/templates.md lists every word".into(),
                };
                self.complain(key_at, message, hint);
                continue;
            }
            let (filled, there) = (places(&given), places(&english));
            if let Some(place) = filled.iter().find(|place| !there.contains(place)) {
                let message = format!("`{english}` has no place {{{}}}", clipped(place, 40));
                let hint = if there.is_empty() { "leave it out".into() } else { format!("it has {}", braced(&there)) };
                self.complain(at, message, hint);
            } else if is_line(&given) {
                read.insert(english, given);
            } else {
                let message = format!("`{english}` must be one line of 1 to {LONGEST} characters");
                self.complain(at, message, "leave the line out to keep the English");
            }
        }
        self.wrong.sort_by_key(|wrong| wrong.line);
        read
    }
}

fn braced(places: &[&str]) -> String {
    places.iter().map(|place| format!("{{{place}}}")).collect::<Vec<_>>().join(" ")
}

fn is_line(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LONGEST && !text.chars().any(char::is_control)
}
