//! Declarations of commands, and the choices of an option.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{len, limit, list};

/// Sub-commands and options.
const MOST_OPTIONS: usize = 25;
/// Choices of an option, declared or while it is typed.
const MOST_CHOICES: usize = 25;
/// Name and value of a choice.
const LONGEST_CHOICE: usize = 100;
/// Names, descriptions and values of a command together; of translations the longest counts.
const LONGEST_COMMAND: usize = 8_000;
/// Commands of a server, or global ones.
const MOST_COMMANDS: usize = 100;
/// Types of options that hold other options: sub-command and group.
const SUBCOMMAND: u64 = 1;
const GROUP: u64 = 2;
/// Types of options that can have choices: text, whole number, number.
const WITH_CHOICES: [u64; 3] = [3, 4, 10];

/// What is wrong with commands that are registered.
pub(super) fn all(commands: &[Value], wrong: &mut Vec<String>) {
    if commands.len() > MOST_COMMANDS {
        wrong.push(format!("{} commands, {MOST_COMMANDS} fit", commands.len()));
    }
    unique("commands", commands, wrong);
    for command in commands {
        let at = command["name"].as_str().unwrap_or("?").to_owned();
        spoken(&at, command, wrong);
        if !command["type"].is_null() && command["type"] != 1 {
            wrong.push(format!("{at}: type {} is none of ours", command["type"]));
        }
        options(&at, list(command, "options"), 0, wrong);
        let together = weight(command);
        if together > LONGEST_COMMAND {
            wrong.push(format!("{at}: {together} characters, {LONGEST_COMMAND} fit"));
        }
    }
}

/// Name and description, and their translations.
fn spoken(at: &str, one: &Value, wrong: &mut Vec<String>) {
    name(at, one["name"].as_str().unwrap_or_default(), wrong);
    translations(one, "name_localizations").for_each(|(locale, text)| name(&format!("{at} {locale}"), text, wrong));
    let description = one["description"].as_str().unwrap_or_default();
    let described = translations(one, "description_localizations").map(|(_, text)| text);
    for text in described.chain([description]) {
        if text.trim().is_empty() {
            wrong.push(format!("{at}: no description"));
        }
        limit(&format!("{at} description"), text, 100, wrong);
    }
}

fn translations<'a>(one: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a str)> {
    one[name]
        .as_object()
        .into_iter()
        .flat_map(Map::iter)
        .map(|(locale, text)| (locale, text.as_str().unwrap_or_default()))
}

/// A name by Discord's pattern `^[-_'\p{L}\p{N}]{1,32}$`, in small letters.
fn name(at: &str, name: &str, wrong: &mut Vec<String>) {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '\'');
    if !(1..=32).contains(&len(name)) || !name.chars().all(fits) {
        wrong.push(format!("{at}: the name {name:?} is not of Discord's pattern"));
    }
    if name.to_lowercase() != name {
        wrong.push(format!("{at}: the name {name:?} is not in small letters"));
    }
}

fn unique(at: &str, all: &[Value], wrong: &mut Vec<String>) {
    let mut names = HashSet::new();
    for one in all.iter().filter(|one| !names.insert(one["name"].to_string())) {
        wrong.push(format!("{at}: {} is there twice", one["name"]));
    }
}

fn kind(option: &Value) -> u64 {
    option["type"].as_u64().unwrap_or_default()
}

/// Options of a command (depth 0), of a group or of a sub-command.
fn options(at: &str, all: &[Value], depth: usize, wrong: &mut Vec<String>) {
    if all.len() > MOST_OPTIONS {
        wrong.push(format!("{at}: {} options, {MOST_OPTIONS} fit", all.len()));
    }
    unique(at, all, wrong);
    let holders = all.iter().filter(|option| matches!(kind(option), SUBCOMMAND | GROUP)).count();
    if holders > 0 && holders < all.len() {
        wrong.push(format!("{at}: options beside sub-commands"));
    }
    let first_free = all.iter().position(|option| option["required"] != true).unwrap_or(all.len());
    if all[first_free..].iter().any(|option| option["required"] == true) {
        wrong.push(format!("{at}: a required option after one that is not"));
    }
    for option in all {
        let at = format!("{at} {}", option["name"].as_str().unwrap_or("?"));
        spoken(&at, option, wrong);
        match kind(option) {
            GROUP if depth > 0 => wrong.push(format!("{at}: a group inside another")),
            GROUP | SUBCOMMAND => {
                if kind(option) == GROUP && list(option, "options").iter().any(|inner| kind(inner) != SUBCOMMAND) {
                    wrong.push(format!("{at}: a group holds sub-commands only"));
                }
                if !option["required"].is_null() {
                    wrong.push(format!("{at}: a sub-command is not required"));
                }
                options(&at, list(option, "options"), depth + 1, wrong);
            }
            _ => of_a_value(&at, option, wrong),
        }
    }
}

fn of_a_value(at: &str, option: &Value, wrong: &mut Vec<String>) {
    let has_choices = !list(option, "choices").is_empty();
    let completes = option["autocomplete"] == true;
    if has_choices && completes {
        wrong.push(format!("{at}: choices and autocomplete"));
    }
    if (has_choices || completes) && !WITH_CHOICES.contains(&kind(option)) {
        wrong.push(format!("{at}: choices for an option of type {}", kind(option)));
    }
    let bounds = |least: &str, most: &str| (option[least].as_f64(), option[most].as_f64());
    for (least, most) in [bounds("min_length", "max_length"), bounds("min_value", "max_value")] {
        if least.zip(most).is_some_and(|(least, most)| least > most) {
            wrong.push(format!("{at}: the least is more than the most"));
        }
    }
    choices(at, &option["choices"], wrong);
}

/// Choices of an option, declared or while it is typed.
pub(super) fn choices(at: &str, all: &Value, wrong: &mut Vec<String>) {
    let all = all.as_array().map(Vec::as_slice).unwrap_or_default();
    if all.len() > MOST_CHOICES {
        wrong.push(format!("{at}: {} choices, {MOST_CHOICES} fit", all.len()));
    }
    for choice in all {
        let name = choice["name"].as_str().unwrap_or_default();
        if name.trim().is_empty() {
            wrong.push(format!("{at}: a choice without a name"));
        }
        limit(&format!("{at} choice"), name, LONGEST_CHOICE, wrong);
        if let Some(value) = choice["value"].as_str() {
            limit(&format!("{at} value"), value, LONGEST_CHOICE, wrong);
            if value.is_empty() {
                wrong.push(format!("{at}: a choice without a value"));
            }
        }
    }
}

/// The characters of a command that count.
fn weight(one: &Value) -> usize {
    let longest = |name: &str| {
        let translated = translations(one, &format!("{name}_localizations")).map(|(_, text)| len(text)).max();
        len(one[name].as_str().unwrap_or_default()).max(translated.unwrap_or_default())
    };
    let value = match &one["value"] {
        Value::Null => 0,
        Value::String(text) => len(text),
        other => other.to_string().len(),
    };
    let inner = list(one, "options").iter().chain(list(one, "choices"));
    longest("name") + longest("description") + value + inner.map(weight).sum::<usize>()
}
