//! Help as data, for every surface to word and lay out, and the reference in `docs/commands.md`.

use std::fmt::Write as _;

use serde::Serialize;

use super::spec::{COMMAND, Group, Opt, Type, Verb, catalogue};
use crate::domain::access::Role;

/// Everything one can ask for, shortly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// How a line is built.
    pub grammar: &'static str,
    /// The verbs, a group counting as one, in the order of the catalogue.
    pub entries: Vec<Entry>,
}

/// One verb or group in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// What is typed: `schedule`, `change`, `change add`.
    pub name: String,
    /// What it does, in one line.
    pub summary: String,
    /// The role that it needs; of a group, the least that any action needs.
    pub role: Role,
    /// A line that works.
    pub example: String,
}

/// One verb, or a group with its actions, in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerbHelp {
    /// What is typed.
    pub name: String,
    /// What it does, in one line.
    pub summary: String,
    /// More about it.
    pub help: String,
    /// The form of the line, such as `/maintenance show <window>`.
    pub usage: String,
    /// The role that it needs.
    pub role: Role,
    /// What can be said to it; none for a group.
    pub options: Vec<OptionHelp>,
    /// Whole lines that work.
    pub examples: Vec<String>,
    /// The actions of a group.
    pub actions: Vec<Entry>,
}

/// One option in a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OptionHelp {
    /// How it is typed: `<title>`, `service:jira`, `--dry-run`.
    pub typed: String,
    /// What it is.
    pub help: String,
    /// It cannot be left out.
    pub required: bool,
    /// It takes several.
    pub repeat: bool,
    /// The only words it takes, if it is limited to some.
    pub choices: Vec<String>,
}

const GRAMMAR: &str = "/maintenance <verb> [window] [free text] [key:value …] [--flag]";

/// The list of verbs.
#[must_use]
pub fn overview() -> Overview {
    let mut entries: Vec<Entry> = Vec::new();
    for verb in &catalogue().verbs {
        match verb.group_and_action().and_then(|(group, _)| catalogue().group(group)) {
            None => entries.push(entry(verb)),
            Some(group) if entries.iter().any(|entry| entry.name == group.name) => {}
            Some(group) => entries.push(Entry {
                name: group.name.clone(),
                summary: group.summary.clone(),
                role: least_role(group),
                example: entry(verb).example,
            }),
        }
    }
    Overview { grammar: GRAMMAR, entries }
}

/// One verb (`schedule`, `change add`) or one group (`change`); `None` when there is no such thing.
#[must_use]
pub fn verb(name: &str) -> Option<VerbHelp> {
    if let Some(group) = catalogue().group(name) {
        let actions: Vec<&Verb> = actions_of(group);
        let usage = format!("{COMMAND} {} <{}> …", group.name, group.actions.join("|"));
        return Some(VerbHelp {
            name: group.name.clone(),
            summary: group.summary.clone(),
            help: group.help.trim().to_owned(),
            usage,
            role: least_role(group),
            options: Vec::new(),
            examples: actions.iter().filter_map(|verb| verb.examples.first().cloned()).collect(),
            actions: actions.into_iter().map(entry).collect(),
        });
    }
    let verb = catalogue().verb(name)?;
    Some(VerbHelp {
        name: verb.name.clone(),
        summary: verb.summary.clone(),
        help: verb.help.trim().to_owned(),
        usage: usage(verb),
        role: verb.role,
        options: verb.options.iter().map(option_help).collect(),
        examples: verb.examples.clone(),
        actions: Vec::new(),
    })
}

/// The whole catalogue as JSON, for completion in browsers.
#[must_use]
pub fn catalogue_json() -> serde_json::Value {
    serde_json::json!({ "command": COMMAND, "grammar": GRAMMAR, "verbs": catalogue().verbs, "groups": catalogue().groups })
}

fn actions_of(group: &Group) -> Vec<&'static Verb> {
    group.actions.iter().filter_map(|action| catalogue().verb(&format!("{} {action}", group.name))).collect()
}

fn least_role(group: &Group) -> Role {
    let roles: Vec<Role> = actions_of(group).iter().map(|verb| verb.role).collect();
    let covers_all = |role: &Role| roles.iter().all(|other| other.covers(*role));
    roles.iter().copied().find(covers_all).unwrap_or(Role::Viewer)
}

fn entry(verb: &Verb) -> Entry {
    let example = verb.examples.first().cloned().unwrap_or_else(|| format!("{COMMAND} {}", verb.name));
    Entry { name: verb.name.clone(), summary: verb.summary.clone(), role: verb.role, example }
}

/// The form of a line of this verb: what must be said as `<window>` and `service:…`, the rest in brackets.
#[must_use]
pub fn usage(verb: &Verb) -> String {
    let mut line = format!("{COMMAND} {}", verb.name);
    for place in verb.places() {
        let more = if place.repeat { " …" } else { "" };
        let _ = if place.required {
            write!(line, " <{}>{more}", place.name)
        } else {
            write!(line, " [{}{more}]", place.name)
        };
    }
    let keyed = |option: &&Opt| option.place.is_none();
    for option in verb.options.iter().filter(keyed).filter(|option| option.required) {
        let _ = write!(line, " {}:…", option.name);
    }
    for option in verb.options.iter().filter(keyed).filter(|option| !option.required) {
        let _ = match option.kind {
            Type::Flag if option.word => write!(line, " [{}]", option.name),
            Type::Flag => write!(line, " [--{}]", option.name),
            _ => write!(line, " [{}:…]", option.name),
        };
    }
    line
}

fn option_help(option: &Opt) -> OptionHelp {
    let typed = match (option.kind, option.place) {
        (Type::Flag, _) if option.word => option.name.clone(),
        (Type::Flag, _) => format!("--{}", option.name),
        (_, Some(_)) => format!("<{}>", option.name),
        _ => format!("{}:{}", option.name, super::line::quoted_if_needed(&option.example)),
    };
    OptionHelp {
        typed,
        help: option.help.clone(),
        required: option.required,
        repeat: option.repeat,
        choices: option.choices.clone(),
    }
}

/// The reference of all commands, in Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut page = String::from(
        "# Commands\n\n\
        <!-- Made from commands/*.toml; a test compares. Refresh: MAINTBOT_REFRESH=1 cargo test --test it commands -->\n\n\
        The same line works everywhere: in the web console, the terminal (`maintbot maintenance …`) and the HTTP API.\n\n",
    );
    let _ = write!(page, "```\n{GRAMMAR}\n```\n\n");
    page.push_str(
        "Options are typed `key:value`, `key:\"quoted value\"`, `--key value` or `--key=value`, in any order. Inside quotes `\\\"`\n\
        and `\\\\` stand for a quote and a backslash. What is free text stands in its place after the verb or has a name too:\n\
        `text:\"…\"`. Anything that looks like an option but is text belongs in quotes.\n\n\
        | verb | what it does | role |\n|---|---|---|\n",
    );
    for entry in overview().entries {
        let anchor = entry.name.replace(' ', "-");
        let _ = writeln!(page, "| [{}](#{anchor}) | {} | {} |", entry.name, cell(&entry.summary), entry.role);
    }
    for entry in overview().entries {
        section(&mut page, &entry.name, "##");
        for action in verb(&entry.name).into_iter().flat_map(|help| help.actions) {
            section(&mut page, &action.name, "###");
        }
    }
    page
}

fn section(page: &mut String, name: &str, level: &str) {
    let Some(help) = verb(name) else { return };
    let _ = write!(page, "\n{level} {name}\n\n{}. {}\n\n```\n{}\n```\n", help.summary, help.help, help.usage);
    if let Some(verb) = catalogue().verb(name) {
        let _ = writeln!(page, "\n{}", facts(verb));
    }
    if !help.options.is_empty() {
        page.push_str("\n| option | what it is |\n|---|---|\n");
        for option in &help.options {
            let _ = writeln!(page, "| `{}` | {} |", cell(&option.typed), cell(&sentence(option)));
        }
    }
    if help.actions.is_empty() && !help.examples.is_empty() {
        let _ = write!(page, "\n```\n{}\n```\n", help.examples.join("\n"));
    }
}

fn facts(verb: &Verb) -> String {
    let mut facts = format!("Role: {}.", verb.role);
    if let [names @ .., last] = verb.one_of.as_slice() {
        let separator = if names.is_empty() { "" } else { " or " };
        let _ = write!(facts, " Needs {}{separator}{last}.", names.join(", "));
    }
    if verb.creates {
        facts.push_str(" The same again within a minute is answered again, not done again, unless `--again`.");
    }
    facts
}

fn sentence(option: &OptionHelp) -> String {
    let mut text = option.help.clone();
    if !option.choices.is_empty() {
        let _ = write!(text, ": {}", option.choices.join(", "));
    }
    text.push_str(match (option.required, option.repeat) {
        (true, true) => " (required, several allowed)",
        (true, false) => " (required)",
        (false, true) => " (several allowed)",
        (false, false) => "",
    });
    text
}

/// Text inside a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
