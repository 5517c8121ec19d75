//! What is written, with the place where it is: the file's TOML and, laid over it, the environment.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use toml::de::{DeTable, DeValue};

use super::problem::{Findings, Place};
use super::{PREFIX, is_ours};

/// A value and where it is written.
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
    /// The text of a variable as it was given: a name may look like a number there.
    pub(super) raw: Option<String>,
}

/// A value of the kinds that a configuration uses.
pub(super) enum Value {
    Text(String),
    Flag(bool),
    List(Vec<Node>),
    Table(Table),
    /// A whole number in decimal digits.
    Number(String),
    /// Nothing here takes one: a fraction, a date.
    Other(&'static str),
}

/// Keys with the place of the key itself, and their values.
pub(super) type Table = BTreeMap<String, (Place, Node)>;

impl Node {
    /// An empty file.
    pub(super) fn empty() -> Self {
        Self { place: Place::Whole, value: Value::Table(Table::new()), raw: None }
    }
}

impl Value {
    /// What it is, for people.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Flag(true) => "true",
            Self::Flag(false) => "false",
            Self::List(_) => "a list",
            Self::Table(_) => "a section",
            Self::Number(_) => "a number",
            Self::Other(kind) => kind,
        }
    }
}

/// Reads a file's text. `None` when it is not TOML: every mistake is then among the findings.
pub(super) fn parse(text: &str, findings: &mut Findings) -> Option<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = Lines::of(text);
    let (table, mut errors) = DeTable::parse_recoverable(text);
    errors.sort_by_key(|error| error.span().map(|span| span.start));
    let mut told = BTreeSet::new();
    for error in &errors {
        let place = error.span().map_or(Place::Whole, |span| lines.place(span.start));
        // What the reader stumbles over later in the same line follows from the first mistake.
        if told.insert(line_of(&place)) {
            findings.add(&place, "", format!("this is not TOML: {}", error.message()), None);
        }
    }
    let root = Value::Table(table_of(table.into_inner(), &|at| lines.place(at)));
    errors.is_empty().then_some(Node { place: Place::Whole, value: root, raw: None })
}

fn line_of(place: &Place) -> usize {
    if let Place::File { line, .. } = place { *line } else { 0 }
}

/// The place of whatever follows this text.
pub(super) fn place_after(text: &str) -> Place {
    Lines::of(text).place(text.len())
}

/// Lays the variables `MAINTBOT__SECTION__KEY` over what the file says. A value that is TOML is read as such, anything
/// else is text; an empty one counts as not set. Variables for a whole section come before those for its keys.
pub(super) fn overlay(
    root: &mut Node,
    environment: impl Iterator<Item = (OsString, OsString)>,
    findings: &mut Findings,
) {
    let mut variables = BTreeMap::new();
    for (name, value) in environment.filter(|(name, _)| is_ours(name)) {
        let place = Place::Variable(name.to_string_lossy().into_owned());
        let Some(value) = value.to_str() else {
            findings.add(&place, "", "the value of this variable is not UTF-8 text", None);
            continue;
        };
        let path: Vec<String> =
            name.to_string_lossy()[PREFIX.len()..].to_lowercase().split("__").map(str::to_owned).collect();
        if path.iter().any(String::is_empty) {
            let hint = format!("write {PREFIX}SECTION__KEY, such as {PREFIX}SERVER__LISTEN");
            findings.add(&place, "", "this variable names no key", Some(hint));
        } else if !value.is_empty() {
            variables.insert(path, (place, value.to_owned()));
        }
    }
    for (path, (place, value)) in variables {
        set(root, &path, &place, value);
    }
}

fn set(node: &mut Node, path: &[String], place: &Place, value: String) {
    let Some((key, rest)) = path.split_first() else {
        *node = variable(place, value);
        return;
    };
    if !matches!(node.value, Value::Table(_)) {
        // What stands here is no section: the variable takes its place.
        *node = Node { place: place.clone(), value: Value::Table(Table::new()), raw: None };
    }
    let Value::Table(table) = &mut node.value else { return };
    let fresh = || Node { place: place.clone(), value: Value::Table(Table::new()), raw: None };
    let (key_place, child) = table.entry(key.clone()).or_insert_with(|| (place.clone(), fresh()));
    if rest.is_empty() {
        *key_place = place.clone();
    }
    set(child, rest, place, value);
}

fn variable(place: &Place, text: String) -> Node {
    let value = match DeValue::parse(&text) {
        Ok(value) => value_of(value.into_inner(), &|_| place.clone()),
        Err(_) => Value::Text(text.clone()),
    };
    Node { place: place.clone(), value, raw: Some(text) }
}

fn table_of(table: DeTable<'_>, place: &dyn Fn(usize) -> Place) -> Table {
    let entry = |(key, value): (toml::Spanned<std::borrow::Cow<'_, str>>, toml::Spanned<DeValue<'_>>)| {
        let key_place = place(key.span().start);
        (key.into_inner().into_owned(), (key_place, node_of(value, place)))
    };
    table.into_iter().map(entry).collect()
}

fn node_of(value: toml::Spanned<DeValue<'_>>, place: &dyn Fn(usize) -> Place) -> Node {
    Node { place: place(value.span().start), value: value_of(value.into_inner(), place), raw: None }
}

fn value_of(value: DeValue<'_>, place: &dyn Fn(usize) -> Place) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Boolean(flag) => Value::Flag(flag),
        DeValue::Array(items) => Value::List(items.into_iter().map(|item| node_of(item, place)).collect()),
        DeValue::Table(table) => Value::Table(table_of(table, place)),
        DeValue::Integer(number) if number.radix() == 10 => Value::Number(number.as_str().to_owned()),
        DeValue::Integer(_) | DeValue::Float(_) => Value::Other("a number"),
        DeValue::Datetime(_) => Value::Other("a date or time"),
    }
}

/// Where the lines of a text start.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    fn place(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or("");
        Place::File { line, column: before.chars().count() + 1 }
    }
}
