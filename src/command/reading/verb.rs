//! Which verb a line begins with.

use super::super::spec::{Group, Opt, Type, Verb, catalogue};
use super::super::text::{Token, Traced};
use super::super::value::{check, nearest, shown};
use super::{Given, Trouble, near_first_word};

/// The verb of a line, or the likely one, and the words after it.
pub(super) struct Found {
    pub verb: &'static Verb,
    pub rest: Vec<Token>,
    /// Values that the verb's own words gave.
    pub given: Vec<Given>,
    pub troubles: Vec<Trouble>,
}

/// Finds it. A line without words asks for help.
pub(super) fn find(line: &str, words: &[Token]) -> Found {
    let Some(first) = words.first() else { return help(None, 0) };
    if let Some(found) = asks_for_help(line, words) {
        return found;
    }
    let typed = name(line, first);
    if let Some(found) = known(line, &typed, words) {
        return found;
    }
    let trouble = |detail: String| vec![Trouble { at: first.at.clone(), detail }];
    if let [_, second, ..] = words
        && is_id(&typed)
        && let Some(verb) = catalogue().verb(&name(line, second))
    {
        let mut rest = words.to_vec();
        rest.remove(1);
        let detail = format!("the verb comes first: `{} {}`", verb.name, shown(&line[first.at.clone()]));
        return Found { verb, rest, given: Vec::new(), troubles: trouble(detail) };
    }
    if let Some(near) = near_first_word(&typed)
        && let Some(mut found) = known(line, near, words)
    {
        let detail = format!("there is no verb `{}`; did you mean `{near}`?", shown(&typed));
        found.troubles.splice(0..0, trouble(detail));
        return found;
    }
    let detail = format!("there is no verb `{}`; `/maintenance help` lists them", shown(&typed));
    Found { troubles: trouble(detail), ..help(None, first.at.start) }
}

/// The word as a verb would be written.
fn name(line: &str, token: &Token) -> String {
    let text = if token.quoted { token.value.text() } else { &line[token.at.clone()] };
    text.trim_start_matches('/').to_lowercase()
}

fn known(line: &str, typed: &str, words: &[Token]) -> Option<Found> {
    if let Some(verb) = catalogue().verb(typed).filter(|verb| verb.group_and_action().is_none()) {
        return Some(Found { verb, rest: words[1..].to_vec(), given: Vec::new(), troubles: Vec::new() });
    }
    let group = catalogue().group(typed)?;
    let action = |action: &str| catalogue().verb(&format!("{} {action}", group.name));
    let found = |verb, used: usize, troubles| Found {
        verb,
        rest: words[used.min(words.len())..].to_vec(),
        given: Vec::new(),
        troubles,
    };
    let second = words.get(1).map(|token| (token, name(line, token)));
    if let Some(verb) = second.as_ref().and_then(|(_, name)| action(name)) {
        return Some(found(verb, 2, Vec::new()));
    }
    let likely = likely(group, second.as_ref().map(|(_, name)| name.as_str()))?;
    let names_one = second.as_ref().is_some_and(|(token, name)| !token.quoted && is_id(name));
    if let Some(verb) = group.default.as_deref().and_then(action).filter(|_| !names_one) {
        return Some(found(verb, 1, Vec::new()));
    }
    let actions = group.actions.join(", ");
    let Some((token, second)) = second else {
        let detail = format!("`{}` needs one of {actions}", group.name);
        return Some(found(likely, 1, vec![Trouble { at: words[0].at.clone(), detail }]));
    };
    Some(unknown_action(group, likely, token, &second, found))
}

/// Whether it looks like the id of something of ours.
fn is_id(typed: &str) -> bool {
    ["mw", "pl", "sr", "fr", "ad"].iter().any(|head| {
        let digits = typed.strip_prefix(head).map(|rest| rest.trim_start_matches(['-', '_', '#']));
        digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// The action that was probably meant where none was typed: the first that takes the word there is, without harm; else
/// the first of all.
fn likely(group: &Group, word: Option<&str>) -> Option<&'static Verb> {
    let of_group = || group.actions.iter().filter_map(|action| catalogue().verb(&format!("{} {action}", group.name)));
    let takes = |verb: &&Verb| {
        let first = verb.places().first().copied();
        let fits = |option: &Opt| option.kind != Type::Text && word.is_some_and(|word| check(option, word).is_ok());
        !verb.destructive && first.is_some_and(fits)
    };
    of_group().find(takes).or_else(|| of_group().next())
}

fn unknown_action(
    group: &Group,
    likely: &'static Verb,
    token: &Token,
    typed: &str,
    found: impl Fn(&'static Verb, usize, Vec<Trouble>) -> Found,
) -> Found {
    let actions = group.actions.join(", ");
    let trouble = |detail| vec![Trouble { at: token.at.clone(), detail }];
    let near = nearest(typed, group.actions.iter().map(String::as_str));
    if let Some((near, verb)) = near.and_then(|near| Some((near, catalogue().verb(&format!("{} {near}", group.name))?)))
    {
        let detail = format!("there is no `{} {}`; did you mean `{} {near}`?", group.name, shown(typed), group.name);
        return found(verb, 2, trouble(detail));
    }
    let is_action = !token.quoted && typed.chars().all(char::is_alphabetic);
    let detail = if is_action {
        format!("there is no `{} {}`; it has {actions}", group.name, shown(typed))
    } else {
        format!("`{}` needs one of {actions} before `{}`", group.name, shown(typed))
    };
    found(likely, if is_action { 2 } else { 1 }, trouble(detail))
}

/// `--help`, alone or after a verb.
fn asks_for_help(line: &str, words: &[Token]) -> Option<Found> {
    let (last, verb) = words.split_last()?;
    let is_help = ["--help", "-h", "—help", "–help"].contains(&&line[last.at.clone()]);
    let names: Vec<String> = verb.iter().map(|token| name(line, token)).collect();
    let name = names.join(" ");
    let is_known = verb.is_empty() || catalogue().verb(&name).is_some() || catalogue().group(&name).is_some();
    (is_help && is_known).then(|| help((!name.is_empty()).then_some(&name), last.at.start))
}

fn help(about: Option<&str>, at: usize) -> Found {
    let verb = catalogue().verb("help").unwrap_or(&catalogue().verbs[0]);
    let option = verb.option("verb").zip(about);
    let given = option.map(|(option, about)| Given { option, value: Traced::made(about, at) });
    Found { verb, rest: Vec::new(), given: given.into_iter().collect(), troubles: Vec::new() }
}
