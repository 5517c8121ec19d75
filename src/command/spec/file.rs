//! The form of the files in `commands/`, and how they become a catalogue.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Catalogue, Completion, Discord, Group, LONGEST_TEXT, Opt, Type, Verb};
use crate::domain::access::Role;

/// The options that every writing verb takes, and every creating one.
const DRY_RUN: &str = "dry-run";
const AGAIN: &str = "again";

/// One file: a verb, or a group with its actions.
#[expect(clippy::struct_excessive_bools, reason = "each is a yes or no of the declaration")]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    summary: String,
    help: String,
    discord: Discord,
    role: Option<Role>,
    #[serde(default)]
    writes: bool,
    #[serde(default)]
    creates: bool,
    #[serde(default)]
    destructive: bool,
    #[serde(default)]
    unwraps: bool,
    #[serde(default)]
    examples: Vec<String>,
    #[serde(default)]
    one_of: Vec<String>,
    #[serde(default)]
    at_most_one: Vec<String>,
    #[serde(default)]
    names: BTreeMap<String, String>,
    #[serde(default)]
    summaries: BTreeMap<String, String>,
    #[serde(default)]
    option: Vec<Fields>,
    default: Option<String>,
    #[serde(default)]
    action: Vec<Action>,
}

/// One verb of a group.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    name: String,
    summary: String,
    help: String,
    role: Role,
    discord: Option<Discord>,
    #[serde(default)]
    writes: bool,
    #[serde(default)]
    creates: bool,
    #[serde(default)]
    destructive: bool,
    examples: Vec<String>,
    #[serde(default)]
    one_of: Vec<String>,
    #[serde(default)]
    at_most_one: Vec<String>,
    #[serde(default)]
    names: BTreeMap<String, String>,
    #[serde(default)]
    summaries: BTreeMap<String, String>,
    #[serde(default)]
    option: Vec<Fields>,
}

/// What can be said of an option. In a verb it has a name, and what is left out comes from the shared option of that
/// name; the shared options have their names as headings.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    name: Option<String>,
    aliases: Option<Vec<String>>,
    #[serde(rename = "type")]
    kind: Option<Type>,
    required: Option<bool>,
    repeat: Option<bool>,
    place: Option<u8>,
    rest: Option<bool>,
    word: Option<bool>,
    joins: Option<String>,
    empty: Option<bool>,
    all: Option<bool>,
    max: Option<usize>,
    least: Option<i64>,
    example: Option<String>,
    complete: Option<Completion>,
    choices: Option<Vec<String>>,
    help: Option<String>,
    discord: Option<bool>,
    names: Option<BTreeMap<String, String>>,
    helps: Option<BTreeMap<String, String>>,
}

type Shared = BTreeMap<String, Fields>;

pub(super) fn load(files: &[(&str, &str)], shared: &str) -> Result<Catalogue, Vec<String>> {
    let mut mistakes = Vec::new();
    let shared: Shared = toml::from_str(shared).unwrap_or_else(|error| {
        mistakes.push(format!("_options.toml: {error}"));
        Shared::new()
    });
    let mut catalogue = Catalogue { verbs: Vec::new(), groups: Vec::new(), keys: Vec::new() };
    for (name, text) in files {
        let mut found = Vec::new();
        match toml::from_str::<File>(text) {
            Ok(file) if file.name != *name => {
                found.push(format!("its name is \"{}\"; write name = \"{name}\"", file.name));
            }
            Ok(file) => add(&mut catalogue, file, &shared, &mut found),
            Err(error) => found.push(error.to_string()),
        }
        mistakes.extend(found.into_iter().map(|mistake| format!("{name}.toml: {mistake}")));
    }
    let of_verbs = catalogue
        .verbs
        .iter()
        .flat_map(|verb| &verb.options)
        .flat_map(|option| std::iter::once(&option.name).chain(&option.aliases));
    let of_all = shared.iter().flat_map(|(name, option)| std::iter::once(name).chain(option.aliases.iter().flatten()));
    catalogue.keys = of_verbs.chain(of_all).cloned().collect();
    catalogue.keys.sort_unstable();
    catalogue.keys.dedup();
    if mistakes.is_empty() { Ok(catalogue) } else { Err(mistakes) }
}

fn add(catalogue: &mut Catalogue, file: File, shared: &Shared, mistakes: &mut Vec<String>) {
    if file.action.is_empty() {
        let Some(role) = file.role else {
            mistakes.push("a role is missing; write for example role = \"viewer\"".to_owned());
            return;
        };
        catalogue.verbs.push(checked(
            Verb {
                name: file.name,
                summary: file.summary,
                help: file.help,
                role,
                writes: file.writes,
                creates: file.creates,
                destructive: file.destructive,
                discord: file.discord,
                examples: file.examples,
                one_of: file.one_of,
                at_most_one: file.at_most_one,
                unwraps: file.unwraps,
                names: file.names,
                summaries: file.summaries,
                options: options(file.option, file.writes, file.creates, shared, mistakes),
            },
            mistakes,
        ));
        return;
    }
    if !file.option.is_empty() || file.role.is_some() || !file.examples.is_empty() {
        mistakes.push("options, role and examples of a group belong to its actions".to_owned());
    }
    let actions: Vec<String> = file.action.iter().map(|action| action.name.clone()).collect();
    if file.default.as_ref().is_some_and(|default| !actions.contains(default)) {
        mistakes.push("default is none of its actions".to_owned());
    }
    for action in file.action {
        catalogue.verbs.push(checked(
            Verb {
                name: format!("{} {}", file.name, action.name),
                summary: action.summary,
                help: action.help,
                role: action.role,
                writes: action.writes,
                creates: action.creates,
                destructive: action.destructive,
                discord: action.discord.unwrap_or(file.discord),
                examples: action.examples,
                one_of: action.one_of,
                at_most_one: action.at_most_one,
                unwraps: false,
                names: action.names,
                summaries: action.summaries,
                options: options(action.option, action.writes, action.creates, shared, mistakes),
            },
            mistakes,
        ));
    }
    catalogue.groups.push(Group {
        name: file.name,
        summary: file.summary,
        help: file.help,
        discord: file.discord,
        default: file.default,
        actions,
    });
}

/// The options declared, and those that writing and creating bring along.
fn options(named: Vec<Fields>, writes: bool, creates: bool, shared: &Shared, mistakes: &mut Vec<String>) -> Vec<Opt> {
    let implied = [(writes, DRY_RUN), (creates, AGAIN)].into_iter().filter(|(applies, _)| *applies);
    let implied = implied.map(|(_, name)| Fields { name: Some(name.to_owned()), ..Fields::default() });
    let mut all = Vec::new();
    for own in named.into_iter().chain(implied) {
        let name = own.name.clone().unwrap_or_default();
        match resolve(&name, own, shared) {
            Ok(option) => all.push(option),
            Err(missing) => mistakes.push(format!("option {name}: {missing}")),
        }
    }
    all
}

fn resolve(name: &str, own: Fields, shared: &Shared) -> Result<Opt, String> {
    if name.is_empty() {
        return Err("a name is missing".to_owned());
    }
    let base = shared.get(name).cloned().unwrap_or_default();
    let kind = own.kind.or(base.kind).ok_or("a type is missing, here and in _options.toml")?;
    let help = own.help.or(base.help).ok_or("a help text is missing, here and in _options.toml")?;
    let example = own.example.or(base.example);
    let example = if kind == Type::Flag { Some(String::new()) } else { example };
    Ok(Opt {
        name: name.to_owned(),
        aliases: own.aliases.or(base.aliases).unwrap_or_default(),
        kind,
        required: own.required.or(base.required).unwrap_or_default(),
        repeat: own.repeat.or(base.repeat).unwrap_or_default(),
        place: own.place.or(base.place),
        rest: own.rest.or(base.rest).unwrap_or_default(),
        word: own.word.or(base.word).unwrap_or_default(),
        joins: own.joins.or(base.joins),
        empty: own.empty.or(base.empty).unwrap_or_default(),
        all: own.all.or(base.all).unwrap_or_default(),
        max: own.max.or(base.max).unwrap_or(if kind == Type::Word { 64 } else { LONGEST_TEXT }),
        least: own.least.or(base.least).unwrap_or(1),
        example: example.ok_or("an example is missing, here and in _options.toml")?,
        complete: own.complete.or(base.complete),
        choices: own.choices.or(base.choices).unwrap_or_else(|| words_of(kind)),
        help,
        discord: own.discord.or(base.discord).unwrap_or(true),
        names: own.names.or(base.names).unwrap_or_default(),
        helps: own.helps.or(base.helps).unwrap_or_default(),
    })
}

/// Looks for what would make a verb ambiguous to type.
fn checked(verb: Verb, mistakes: &mut Vec<String>) -> Verb {
    let mut wrong = |what: String| mistakes.push(format!("{}: {what}", verb.name));
    let mut keys: Vec<&str> =
        verb.options.iter().flat_map(|o| std::iter::once(&o.name).chain(&o.aliases)).map(String::as_str).collect();
    keys.sort_unstable();
    for pair in keys.windows(2).filter(|pair| pair[0] == pair[1]) {
        wrong(format!("two options are called {}", pair[0]));
    }
    for (index, option) in verb.places().iter().enumerate() {
        if option.place.map(usize::from) != Some(index + 1) {
            wrong(format!("the places of free words must count 1, 2, 3; {} breaks this", option.name));
        }
        if option.rest && index + 1 != verb.places().len() {
            wrong(format!("{} takes the rest of the free words, so it must have the last place", option.name));
        }
    }
    let of_lists = verb.one_of.iter().chain(&verb.at_most_one);
    for name in of_lists.chain(verb.options.iter().filter_map(|option| option.joins.as_ref())) {
        if verb.option(name).is_none() {
            wrong(format!("there is no option {name}"));
        }
    }
    verb
}

fn words_of(kind: Type) -> Vec<String> {
    kind.choices().into_iter().map(str::to_owned).collect()
}
