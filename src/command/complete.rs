//! What is offered while somebody types, as far as it needs no database: finding what may be meant, lists, zones, verbs,
//! fixed words, and ([`times`]) how times and lengths are understood.
//!
//! Limits of length and number are those of Discord, the only place that offers anything while people type
//! (<https://docs.discord.com/developers/interactions/application-commands#autocomplete>).

mod lengths;
mod times;

use super::manifest::MOST_CHOICES;
use super::spec::{Opt, catalogue};
use super::value::parts;
use crate::domain::calendar::{Zone, abbreviation};

pub use lengths::lengths;
pub use times::{Others, recurrences, times};

/// The longest label and the longest value, in characters
/// (<https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-option-choice-structure>).
pub const LONGEST: usize = 100;

/// One thing offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What is shown.
    pub label: String,
    /// What is typed when it is taken.
    pub value: String,
}

impl Suggestion {
    /// Something offered under a label.
    #[must_use]
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into() }
    }
}

/// At most [`MOST_CHOICES`] of them, each once, with labels clipped to [`LONGEST`]. What has no value, or one that would
/// have to be clipped and so mean something else, is left out.
#[must_use]
pub fn finished(found: Vec<Suggestion>) -> Vec<Suggestion> {
    let mut kept: Vec<Suggestion> = Vec::new();
    for Suggestion { label, value } in found {
        let label = clipped(if label.trim().is_empty() { &value } else { label.trim() }, LONGEST);
        let fits = !value.trim().is_empty() && value.chars().count() <= LONGEST;
        if fits && !kept.iter().any(|other| other.value == value || other.label == label) {
            kept.push(Suggestion { label, value });
        }
        if kept.len() == MOST_CHOICES {
            break;
        }
    }
    kept
}

/// At most so many characters, the last an ellipsis where some are missing.
#[must_use]
pub fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// A label of two parts, the first clipped so that the second is seen whole: a long title does not hide the time.
#[must_use]
pub fn labelled(first: &str, second: &str) -> String {
    let tail = if second.is_empty() { String::new() } else { format!(" · {second}") };
    clipped(first, LONGEST.saturating_sub(tail.chars().count())) + &tail
}

/// Something that may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What is typed when it is taken.
    pub value: String,
    /// What is shown.
    pub label: String,
    /// Words by which it is found as by its value, such as a title.
    pub words: String,
    /// Other spellings of the value itself, such as `12` for `MW-12`, in small letters.
    pub also: Vec<String>,
    /// How likely it is meant whatever was typed; the lowest comes first.
    pub rank: u8,
    /// Offered only to those who type just this.
    pub only_exact: bool,
}

impl Candidate {
    /// A value that is shown as it is.
    #[must_use]
    pub fn plain(value: impl Into<String>) -> Self {
        let value = value.into();
        Self { label: value.clone(), value, words: String::new(), also: Vec::new(), rank: 0, only_exact: false }
    }

    /// A value with a name for people, shown beside it where it says more.
    #[must_use]
    pub fn named(value: &str, name: &str) -> Self {
        let says_more = !name.is_empty() && !name.eq_ignore_ascii_case(value);
        let label = if says_more { labelled(value, name) } else { value.to_owned() };
        Self { label, words: name.to_owned(), ..Self::plain(value) }
    }

    /// A thing with an id of ours, such as `MW-12`, found by its title and by its number alone.
    #[must_use]
    pub fn numbered(id: &str, title: &str, aside: &str) -> Self {
        let small = id.to_lowercase();
        let number = small.split_once('-').map_or_else(String::new, |(_, number)| number.to_owned());
        let also = vec![format!("#{number}"), small.replace('-', ""), number];
        Self { label: labelled(&format!("{id} {title}"), aside), words: title.to_owned(), also, ..Self::plain(id) }
    }

    /// The same with another rank.
    #[must_use]
    pub fn ranked(self, rank: u8) -> Self {
        Self { rank, ..self }
    }

    fn suggestion(&self) -> Suggestion {
        Suggestion::new(&self.label, &self.value)
    }

    /// How well it fits what was typed: 0 is just this, 1 begins so, 2 has words that begin so.
    fn fit(&self, typed: &str) -> Option<u8> {
        let typed = typed.trim().to_lowercase();
        let value = self.value.to_lowercase();
        let mut spellings = std::iter::once(&value).chain(&self.also);
        if !typed.is_empty() && spellings.clone().any(|spelling| *spelling == typed) {
            return Some(0);
        }
        if self.only_exact {
            return None;
        }
        if spellings.any(|spelling| spelling.starts_with(&typed)) {
            return Some(1);
        }
        let own: Vec<String> = words(&value).chain(words(&self.words.to_lowercase())).map(str::to_owned).collect();
        let mut wanted = words(&typed).peekable();
        let found = wanted.peek().is_some() && wanted.all(|word| own.iter().any(|own| own.starts_with(word)));
        found.then_some(2)
    }
}

/// The words of a text; of `Europe/Helsinki` its parts.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Those that what was typed may mean: first the one that it is, then by rank, then those that begin so; otherwise in the
/// order given.
#[must_use]
pub fn matching(typed: &str, candidates: &[Candidate]) -> Vec<Suggestion> {
    let mut found: Vec<(u8, &Candidate)> =
        candidates.iter().filter_map(|candidate| Some((candidate.fit(typed)?, candidate))).collect();
    found.sort_by_key(|(fit, candidate)| (*fit > 0, candidate.rank, *fit));
    found.into_iter().map(|(_, candidate)| candidate.suggestion()).collect()
}

/// The same for an option that may take several, such as `jira,cr`: only the last part is completed, the others stay and
/// are not offered again.
#[must_use]
pub fn listed(option: &Opt, typed: &str, candidates: &[Candidate]) -> Vec<Suggestion> {
    let Some((kept, last)) = split(option, typed, candidates) else { return matching(typed, candidates) };
    let is_kept = |candidate: &Candidate| kept.iter().any(|part| part.eq_ignore_ascii_case(&candidate.value));
    let others: Vec<Candidate> = candidates.iter().filter(|candidate| !is_kept(candidate)).cloned().collect();
    let more = |found: Suggestion| {
        Suggestion::new(format!("{}, {}", kept.join(", "), found.label), format!("{},{}", kept.join(","), found.value))
    };
    matching(last, &others).into_iter().map(more).collect()
}

/// The parts before the last one, and the last one, which is empty behind a separator. Blanks separate only where what
/// stands before them is known: names have blanks too.
fn split<'a>(option: &Opt, typed: &'a str, candidates: &[Candidate]) -> Option<(Vec<&'a str>, &'a str)> {
    if !option.splits() {
        return None;
    }
    let separator = |c: char| c == ',' || c.is_whitespace();
    let at = typed.trim_start().rfind(separator)? + (typed.len() - typed.trim_start().len());
    let (before, last) = (&typed[..at], typed[at..].trim_start_matches(separator));
    let kept: Vec<&str> = parts(option, before).into_iter().map(|part| &before[part]).collect();
    let known = |part: &&str| candidates.iter().any(|candidate| candidate.value.eq_ignore_ascii_case(part));
    let separated = typed.contains(',') || kept.iter().all(known);
    (separated && !kept.is_empty()).then_some((kept, last))
}

/// Zones, found by the beginning of any part of their name, or by an abbreviation such as `CET`; those in `first` come
/// first.
#[must_use]
pub fn zones(typed: &str, first: &[Zone]) -> Vec<Suggestion> {
    let meant = abbreviation(typed.trim()).unwrap_or_default();
    let mut found: Vec<Suggestion> = meant.iter().map(|name| Suggestion::new(*name, *name)).collect();
    let near = first.iter().map(|zone| Candidate::plain(zone.name()));
    let all = Zone::all_names().map(|name| Candidate::plain(name).ranked(1));
    let candidates: Vec<Candidate> = near.chain(all).collect();
    found.extend(matching(typed, &candidates));
    found
}

/// Verbs and groups, as `help` takes them.
#[must_use]
pub fn verbs(typed: &str) -> Vec<Suggestion> {
    let verbs = catalogue().verbs.iter().map(|verb| (&verb.name, &verb.summary));
    let groups = catalogue().groups.iter().map(|group| (&group.name, &group.summary));
    let typed = typed.trim().trim_start_matches('/').trim_start_matches("maintenance").trim_start();
    let candidates: Vec<Candidate> =
        groups.chain(verbs).map(|(name, summary)| Candidate::named(name, summary)).collect();
    matching(typed, &candidates)
}

/// The only words that an option takes.
#[must_use]
pub fn choices(option: &Opt, typed: &str) -> Vec<Suggestion> {
    let candidates: Vec<Candidate> = option.choices.iter().map(Candidate::plain).collect();
    listed(option, typed, &candidates)
}

#[cfg(test)]
mod tests;
