//! Values: from the text of one option to its type, and back. Whether a thing exists is not asked here.

use std::fmt;
use std::ops::Range;

use chrono::{NaiveTime, TimeDelta};

use super::every::Every;
use super::expected::Expected;
use super::field::Field;
use super::spec::{self, Opt, Type};
use super::when::{Moment, When, WhenError};
use crate::domain::advisory::{AdvisoryId, Disposition, Severity};
use crate::domain::calendar::Zone;
use crate::domain::change::ItemKind;
use crate::domain::freeze::FreezeId;
use crate::domain::ledger::MessageKind;
use crate::domain::plan::PlanId;
use crate::domain::series::SeriesId;
use crate::domain::subject::Subject;
use crate::domain::window::{Category, Kind, Outcome, State, WindowId};

mod id;
mod time;

/// Longest id of a service, region, environment or kind.
const LONGEST_ID: usize = 64;
/// Longest link.
const LONGEST_URL: usize = 2_000;
/// Longest name of a person.
const LONGEST_PERSON: usize = 80;

/// A person as typed, without the leading `@`: a `[people]` id, or the surface's own name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Person(String);

impl Person {
    /// Reads a name: trimmed, without a leading `@`, 1 to 80 characters, none of them control characters.
    ///
    /// # Errors
    /// A sentence for the person who typed it.
    pub fn new(text: &str) -> Result<Self, String> {
        let name = text.trim();
        let name = name.strip_prefix('@').unwrap_or(name).trim_start();
        if name.is_empty() {
            return Err("a name is missing: people look like @anna".to_owned());
        }
        if name.starts_with('@') {
            return Err(format!("`{text}` has an @ too many: people look like @anna"));
        }
        if name.chars().count() > LONGEST_PERSON {
            return Err(format!("a name has at most {LONGEST_PERSON} characters"));
        }
        if name.chars().any(char::is_control) {
            return Err("a name has no line breaks or other control characters".to_owned());
        }
        Ok(Self(name.to_owned()))
    }

    /// The name without `@`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Why a text is no value of its option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// Bytes of the text that are to blame.
    pub range: Range<usize>,
    /// What is wrong, and what is allowed.
    pub message: String,
    /// A text that would do instead, when one is near.
    pub hint: Option<String>,
}

impl Bad {
    pub(super) fn whole(text: &str, message: impl Into<String>) -> Self {
        Self { range: 0..text.len(), message: message.into(), hint: None }
    }

    fn or_type(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }
}

impl From<WhenError> for Bad {
    fn from(error: WhenError) -> Self {
        Self { range: error.range, message: error.message, hint: error.hint }
    }
}

/// A type that the text of an option can have.
pub trait Value: Sized {
    /// The declared types that it can hold.
    const TYPES: &'static [Type];

    /// Reads it.
    ///
    /// # Errors
    /// What is wrong, where in the text, and what would do.
    fn from_text(text: &str, option: &Opt) -> Result<Self, Bad>;

    /// The text that reads back as it.
    fn to_text(&self) -> String;

    /// What it names, when it is the id of something.
    fn as_subject(&self) -> Option<Subject> {
        None
    }
}

/// The single values in the text of an option: the parts of a list, else the text itself.
pub(super) fn parts(option: &Opt, text: &str) -> Vec<Range<usize>> {
    if !option.splits() {
        return std::iter::once(0..text.len()).collect();
    }
    let mut found = Vec::new();
    let mut start = 0;
    for (end, separator) in text.match_indices(|c: char| c == ',' || c.is_whitespace()) {
        found.push(start..end);
        start = end + separator.len();
    }
    found.push(start..text.len());
    found.retain(|part| !part.is_empty());
    found
}

/// Whether a text can be the value of an option, whatever its type.
///
/// # Errors
/// What is wrong with the first value that is none.
pub fn check(option: &Opt, text: &str) -> Result<(), Bad> {
    if option.empty && text.is_empty() {
        return Ok(());
    }
    let all = parts(option, text);
    if all.is_empty() {
        return Err(Bad::whole(text, format!("`{}` is empty", option.name)));
    }
    for part in all.into_iter().filter(|part| !(option.all && is_all(&text[part.clone()]))) {
        check_one(option, &text[part.clone()]).map_err(|bad| {
            let range = bad.range.start + part.start..bad.range.end + part.start;
            let hint = bad.hint.map(|hint| format!("{}{hint}{}", &text[..part.start], &text[part.end..]));
            Bad { range, message: bad.message, hint }
        })?;
    }
    Ok(())
}

fn check_one(option: &Opt, text: &str) -> Result<(), Bad> {
    fn read<T: Value>(text: &str, option: &Opt) -> Result<(), Bad> {
        T::from_text(text, option).map(drop)
    }
    match option.kind {
        Type::Flag => flag(text).map(drop),
        Type::Text | Type::Id | Type::Word | Type::Url | Type::Verb => read::<String>(text, option),
        Type::Number => read::<i64>(text, option),
        Type::Window => read::<WindowId>(text, option),
        Type::Plan => read::<PlanId>(text, option),
        Type::WindowOrPlan => read::<Subject>(text, option),
        Type::Series => read::<SeriesId>(text, option),
        Type::Freeze => read::<FreezeId>(text, option),
        Type::Advisory => read::<AdvisoryId>(text, option),
        Type::When => read::<When>(text, option),
        Type::Moment | Type::Day => read::<Moment>(text, option),
        Type::TimeOfDay => read::<NaiveTime>(text, option),
        Type::Every => Every::take(&[text], option).map(drop),
        Type::Zone => read::<Zone>(text, option),
        Type::Duration => read::<TimeDelta>(text, option),
        Type::Downtime => Expected::take(&[text], option).map(drop),
        Type::Person => read::<Person>(text, option),
        Type::Kind => read::<Kind>(text, option),
        Type::Category => read::<Category>(text, option),
        Type::ItemKind => read::<ItemKind>(text, option),
        Type::Outcome => read::<Outcome>(text, option),
        Type::State => read::<State>(text, option),
        Type::Disposition => read::<Disposition>(text, option),
        Type::Severity => read::<Severity>(text, option),
        Type::Message => read::<MessageKind>(text, option),
    }
}

/// The word that stands for every one there is, where an option takes it.
pub(super) fn is_all(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case("all")
}

/// Reads what may stand behind a flag, as in `--dry-run=false`.
pub(super) fn flag(text: &str) -> Result<bool, Bad> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err(Bad::whole(text, "a flag takes no value, or true or false".to_owned())),
    }
}

impl Value for String {
    const TYPES: &'static [Type] = &[Type::Text, Type::Id, Type::Word, Type::Url, Type::Verb];

    fn from_text(text: &str, option: &Opt) -> Result<Self, Bad> {
        let read = match option.kind {
            Type::Id => id(text, option)?,
            Type::Word => word(text, option)?,
            Type::Url => url(text)?,
            Type::Verb => verb(text)?,
            _ => free_text(text, option)?,
        };
        if option.choices.is_empty() || option.choices.contains(&read) {
            return Ok(read);
        }
        let near = nearest(&read, option.choices.iter().map(String::as_str)).map(str::to_owned);
        Err(Bad::whole(text, format!("`{}` is not one of {}", shown(&read), option.choices.join(", "))).or_type(near))
    }

    fn to_text(&self) -> String {
        self.clone()
    }
}

/// Free text is kept as typed; only its length is looked at.
fn free_text(text: &str, option: &Opt) -> Result<String, Bad> {
    if text.trim().is_empty() && !(option.empty && text.is_empty()) {
        return Err(Bad::whole(text, format!("`{}` is empty", option.name)));
    }
    if let Some((over, _)) = text.char_indices().nth(option.max) {
        let length = text.chars().count();
        let message = format!("`{}` has {length} characters; at most {} are allowed", option.name, option.max);
        let hint = (option.max <= 200).then(|| text[..over].to_owned());
        return Err(Bad { range: over..text.len(), message, hint });
    }
    Ok(text.to_owned())
}

/// Whether an id of ours may have this character.
const fn is_of_id(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.')
}

/// The id of a service, lower case; capitals that a phone put in are folded.
pub(super) fn plain_id(text: &str) -> Option<String> {
    let id = text.trim().to_ascii_lowercase();
    (!id.is_empty() && id.len() <= LONGEST_ID && id.chars().all(is_of_id)).then_some(id)
}

/// An id is lower case; capitals that a phone put in are folded.
fn id(text: &str, option: &Opt) -> Result<String, Bad> {
    if let Some(id) = plain_id(text) {
        return Ok(id);
    }
    let id = text.trim().to_ascii_lowercase();
    let message = format!(
        "`{}` is not an id for `{}`: 1 to {LONGEST_ID} letters a-z, digits, hyphens, dots and underscores",
        shown(&id),
        option.name
    );
    let joined: String = id.chars().map(|c| if c.is_whitespace() { '-' } else { c }).filter(|c| is_of_id(*c)).collect();
    Err(Bad::whole(text, message).or_type((1..=LONGEST_ID).contains(&joined.len()).then_some(joined)))
}

/// A word of a foreign naming: a customer, a version, an advisory.
fn word(text: &str, option: &Opt) -> Result<String, Bad> {
    let word = text.trim();
    let foreign = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | '"');
    if !word.is_empty() && word.chars().count() <= option.max && !word.chars().any(foreign) {
        return Ok(word.to_owned());
    }
    let message =
        format!("`{}` takes one word of at most {} characters, such as {}", option.name, option.max, option.example);
    Err(Bad::whole(text, message))
}

fn url(text: &str) -> Result<String, Bad> {
    let link = text.trim();
    let link = link.strip_prefix('<').and_then(|inner| inner.strip_suffix('>')).unwrap_or(link);
    let scheme_ends = link.find("://").unwrap_or_default();
    let is_web = ["http", "https"].iter().any(|scheme| link[..scheme_ends].eq_ignore_ascii_case(scheme));
    let host = link.get(scheme_ends + 3..).unwrap_or_default();
    let clean = !link.chars().any(|c| c.is_whitespace() || c.is_control());
    if is_web && clean && host.starts_with(|c: char| c.is_alphanumeric() || c == '[') && link.len() <= LONGEST_URL {
        return Ok(link.to_owned());
    }
    let message = format!("`{}` is not a link: links begin with https:// or http:// and have no blanks", shown(link));
    let bare = link.contains('.') && clean && !link.contains(':') && link.starts_with(char::is_alphanumeric);
    Err(Bad::whole(text, message).or_type(bare.then(|| format!("https://{link}"))))
}

/// A verb or group, for `help`.
fn verb(text: &str) -> Result<String, Bad> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let name = words.join(" ");
    let name = name.strip_prefix("/maintenance").map_or(name.as_str(), str::trim_start);
    let catalogue = spec::catalogue();
    if catalogue.verb(name).is_some() || catalogue.group(name).is_some() {
        return Ok(name.to_owned());
    }
    let known =
        catalogue.verbs.iter().map(|verb| verb.name.as_str()).chain(catalogue.groups.iter().map(|g| g.name.as_str()));
    let near = nearest(name, known).map(str::to_owned);
    Err(Bad::whole(text, format!("there is no verb `{}`", shown(name))).or_type(near))
}

impl Value for i64 {
    const TYPES: &'static [Type] = &[Type::Number];

    fn from_text(text: &str, option: &Opt) -> Result<Self, Bad> {
        let digits = text.trim();
        let digits = digits.strip_prefix('#').unwrap_or(digits);
        let number =
            Some(digits).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit())).and_then(|d| d.parse().ok());
        number.filter(|number| *number >= option.least).ok_or_else(|| {
            let message = format!(
                "`{}` is not a number for `{}`: write for example {}",
                shown(text),
                option.name,
                option.example
            );
            Bad::whole(text, message)
        })
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

impl Value for Person {
    const TYPES: &'static [Type] = &[Type::Person];

    fn from_text(text: &str, _: &Opt) -> Result<Self, Bad> {
        Self::new(text).map_err(|message| Bad::whole(text, message))
    }

    fn to_text(&self) -> String {
        format!("@{}", self.0)
    }
}

impl Value for Kind {
    const TYPES: &'static [Type] = &[Type::Kind];

    fn from_text(text: &str, option: &Opt) -> Result<Self, Bad> {
        id(text, option).map(Self)
    }

    fn to_text(&self) -> String {
        self.0.clone()
    }
}

/// Values that are one of a closed set of words; blanks and hyphens may stand for underscores.
macro_rules! choices {
    ($($name:ident),+) => {$(
        impl Value for $name {
            const TYPES: &'static [Type] = &[Type::$name];

            fn from_text(text: &str, _: &Opt) -> Result<Self, Bad> {
                let word = text.trim().replace(['-', ' '], "_");
                word.parse().map_err(|_| {
                    let message = format!("`{}` is not one of {}", shown(text), Self::words().join(", "));
                    Bad::whole(text, message).or_type(nearest(&word, Self::words()).map(str::to_owned))
                })
            }

            fn to_text(&self) -> String {
                self.as_str().to_owned()
            }
        }
    )+};
}
choices!(Category, ItemKind, Outcome, State, Disposition, Severity);

impl Value for MessageKind {
    const TYPES: &'static [Type] = &[Type::Message];

    fn from_text(text: &str, _: &Opt) -> Result<Self, Bad> {
        let word = text.trim().replace(['-', ' '], "_");
        let readable = || spec::previewable().into_iter();
        readable().find(|message| message.as_str().eq_ignore_ascii_case(&word)).ok_or_else(|| {
            let words: Vec<_> = readable().map(Self::as_str).collect();
            let message = format!("`{}` is not one of {}", shown(text), words.join(", "));
            Bad::whole(text, message).or_type(nearest(&word, words).map(str::to_owned))
        })
    }

    fn to_text(&self) -> String {
        self.as_str().to_owned()
    }
}

/// The known word within two edits of what was typed. A word of which nothing is left but its length is not near.
pub(super) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let length = typed.chars().count();
    if length > LONGEST_ID {
        return None;
    }
    // Words whose lengths differ by more than two cannot be near; most are passed over so.
    let near = known.into_iter().filter(|word| word.chars().count().abs_diff(length) <= 2);
    near.map(|word| (strsim::osa_distance(&typed, word), word))
        .filter(|(edits, word)| *edits <= 2 && *edits < length.min(word.chars().count()))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, word)| word)
}

/// What was typed, short enough to be quoted in a sentence.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let text = text.trim();
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let head: String = text.chars().take(MOST).collect();
    format!("{head}…")
}
