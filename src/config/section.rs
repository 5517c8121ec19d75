//! Reading one section: known keys only, each of its kind, complaints with the place and what to write.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::PREFIX;
use super::problem::{Complaint, Findings, Place};
use super::schema::{self, Known};
use super::source::{Node, Table, Value};

static NOTHING: Table = Table::new();

/// A section as it is written. Getters answer `None` for a key that is missing, and for one that is wrong after
/// saying so.
pub(super) struct Section<'a> {
    /// As written: `[policy.scheduled]`; empty for the top of the file.
    title: String,
    /// The keys that lead here: `policy.scheduled`.
    path: String,
    place: &'a Place,
    table: &'a Table,
    /// Not a section at all: what it lacks is not worth saying.
    broken: bool,
}

/// A text of the file with what is needed to complain about it.
pub(super) struct Text<'a> {
    pub(super) value: &'a str,
    pub(super) place: &'a Place,
}

impl<'a> Section<'a> {
    /// The whole file. Complains about sections that are not known.
    pub(super) fn top(root: &'a Node, known: &Known, findings: &mut Findings) -> Self {
        Self::open(String::new(), String::new(), &root.place, root, known, findings)
    }

    fn open(
        title: String,
        path: String,
        place: &'a Place,
        node: &'a Node,
        known: &Known,
        findings: &mut Findings,
    ) -> Self {
        let section = match &node.value {
            Value::Table(table) => Self { title, path, place, table, broken: false },
            other => {
                let message = format!("{title} must be a section with keys, not {}", other.kind());
                findings.add(&node.place, &path, message, None);
                Self { title, path, place, table: &NOTHING, broken: true }
            }
        };
        section.refuse_unknown(known, findings);
        section
    }

    fn refuse_unknown(&self, known: &Known, findings: &mut Findings) {
        for (key, (place, node)) in self.table.iter().filter(|(key, _)| !known.keys.contains(&key.as_str())) {
            let thing = match (&node.value, self.title.is_empty()) {
                (Value::Table(_) | Value::List(_), true) => format!("unknown section [{key}]"),
                (_, true) => format!("unknown key `{key}` outside any section"),
                (_, false) => format!("unknown key `{key}` in {}", self.title),
            };
            let likely = schema::nearest(key, known.keys.iter().copied());
            let home = schema::home_of(key).filter(|home| *home != known.title);
            let hint = match (likely, home) {
                (Some(name), _) => format!("did you mean `{name}`?"),
                (None, Some(home)) => format!("it belongs in {home}"),
                (None, None) => format!("this version knows {}", known.keys.join(", ")),
            };
            findings.add(place, &self.path_of(key), thing, Some(hint));
        }
    }

    /// The keys that lead to a key here: `server.listen`.
    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// As written: `[policy.scheduled]`.
    pub(super) fn title(&self) -> &str {
        &self.title
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Where a key's value is written; the section itself where the key is missing.
    pub(super) fn place_of(&self, key: &str) -> &'a Place {
        self.table.get(key).map_or(self.place, |(_, node)| &node.place)
    }

    /// Complains about a key's value: `` `listen` in [server]: … ``.
    pub(super) fn complain(&self, findings: &mut Findings, key: &str, place: &Place, complaint: Complaint) {
        let message = format!("`{key}` in {}: {}", self.title, complaint.message);
        findings.add(place, &self.path_of(key), message, complaint.hint);
    }

    /// Complains when a key that must be there is not.
    pub(super) fn require(&self, findings: &mut Findings, key: &str, example: &str) {
        if !self.broken && !self.has(key) {
            let message = format!("{} needs `{key}`", self.title);
            findings.add(self.place, &self.path_of(key), message, Some(format!("write {key} = {example}")));
        }
    }

    /// Complains about something that a section lacks, where it is a section at all.
    pub(super) fn lacks(&self, findings: &mut Findings, key: &str, message: &str, hint: &str) {
        if !self.broken {
            findings.add(self.place_of(key), &self.path_of(key), message, Some(hint.to_owned()));
        }
    }

    fn wrong_kind(&self, findings: &mut Findings, key: &str, node: &Node, wanted: &str, example: &str) {
        let complaint = Complaint::new(
            format!("{wanted} is wanted here, not {}", node.value.kind()),
            match &node.place {
                Place::Variable(name) => format!("write {name}='{example}'"),
                _ => format!("write {key} = {example}"),
            },
        );
        self.complain(findings, key, &node.place, complaint);
    }

    /// The section of this name, empty where it is not written.
    pub(super) fn section(&self, key: &str, known: &Known, findings: &mut Findings) -> Section<'a> {
        let title = format!("[{}]", self.path_of(key));
        match self.table.get(key) {
            Some((place, node)) => Self::open(title, self.path_of(key), place, node, known, findings),
            None => Section { title, path: self.path_of(key), place: self.place, table: &NOTHING, broken: false },
        }
    }

    /// Sections under names of one's own: `[people.anna]`, with the names.
    pub(super) fn named(&self, key: &str, known: &Known, findings: &mut Findings) -> Vec<(Text<'a>, Section<'a>)> {
        let Some((_, node)) = self.table.get(key) else { return Vec::new() };
        let path = self.path_of(key);
        let Value::Table(table) = &node.value else {
            let message = format!("[{path}.<name>] must be a section with keys, not {}", node.value.kind());
            findings.add(&node.place, &path, message, None);
            return Vec::new();
        };
        let open = |(name, (place, node)): (&'a String, &'a (Place, Node))| {
            let path = format!("{path}.{name}");
            let section = Self::open(format!("[{path}]"), path, place, node, known, findings);
            (Text { value: name, place }, section)
        };
        table.iter().map(open).collect()
    }

    /// Sections that may come more than once: `[[service]]`, in their order.
    pub(super) fn blocks(&self, key: &str, known: &Known, findings: &mut Findings) -> Vec<Section<'a>> {
        let path = self.path_of(key);
        let title = format!("[[{path}]]");
        match self.table.get(key).map(|(_, node)| node) {
            None => Vec::new(),
            Some(Node { value: Value::List(blocks), .. }) => {
                let open =
                    |block: &'a Node| Self::open(title.clone(), path.clone(), &block.place, block, known, findings);
                blocks.iter().map(open).collect()
            }
            Some(node) => {
                let message = format!("`{key}` is written as {title}, once for each");
                let hint = match node.place {
                    Place::Variable(_) => {
                        let variable = path.to_uppercase().replace('.', "__");
                        format!("give all of them in {PREFIX}{variable}, as a TOML list")
                    }
                    _ => format!("put {title} on a line of its own"),
                };
                findings.add(&node.place, &path, message, Some(hint));
                Vec::new()
            }
        }
    }

    /// The texts under a key of the blocks that stand in a section, as they are written, right or wrong.
    pub(super) fn texts_of(&self, [section, blocks]: [&str; 2], key: &str) -> Vec<&'a str> {
        let Some(Value::Table(section)) = self.table.get(section).map(|(_, node)| &node.value) else {
            return Vec::new();
        };
        let Some(Value::List(blocks)) = section.get(blocks).map(|(_, node)| &node.value) else { return Vec::new() };
        let text = |block: &'a Node| match &block.value {
            Value::Table(table) => table.get(key).and_then(|(_, node)| text_of(node)),
            _ => None,
        };
        blocks.iter().filter_map(text).collect()
    }

    /// The texts under a key of sections that may come more than once, as they are written, right or wrong.
    pub(super) fn texts_in_blocks(&self, blocks: &str, key: &str) -> Vec<&'a str> {
        let Some(Value::List(blocks)) = self.table.get(blocks).map(|(_, node)| &node.value) else { return Vec::new() };
        let text = |block: &'a Node| match &block.value {
            Value::Table(table) => table.get(key).and_then(|(_, node)| text_of(node)),
            _ => None,
        };
        blocks.iter().filter_map(text).collect()
    }

    /// The texts of a list that stands in a section, as they are written, right or wrong.
    pub(super) fn listed_in(&self, section: &str, key: &str) -> Vec<&'a str> {
        let Some(Value::Table(section)) = self.table.get(section).map(|(_, node)| &node.value) else {
            return Vec::new();
        };
        match section.get(key).map(|(_, node)| &node.value) {
            Some(Value::List(items)) => items.iter().filter_map(text_of).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether one of the sections that may come more than once has this key, right or wrong.
    pub(super) fn any_has(&self, blocks: &str, key: &str) -> bool {
        let Some(Value::List(blocks)) = self.table.get(blocks).map(|(_, node)| &node.value) else { return false };
        blocks.iter().any(|block| matches!(&block.value, Value::Table(table) if table.contains_key(key)))
    }

    /// A key that is a whole number above zero, with or without quotes.
    pub(super) fn number(&self, findings: &mut Findings, key: &str, example: &str) -> Option<u64> {
        let (_, node) = self.table.get(key)?;
        let number = match &node.value {
            Value::Number(digits) => Some(digits.as_str()),
            _ => text_of(node),
        };
        let Some(text) = number else {
            self.wrong_kind(findings, key, node, "a number", example);
            return None;
        };
        let number = text.parse().ok().filter(|number| *number > 0);
        if number.is_none() {
            let complaint = Complaint::new("this is not a whole number above zero", format!("write {key} = {example}"));
            self.complain(findings, key, &node.place, complaint);
        }
        number
    }

    /// A key's text.
    pub(super) fn text(&self, findings: &mut Findings, key: &str, example: &str) -> Option<Text<'a>> {
        let (_, node) = self.table.get(key)?;
        let value = text_of(node);
        if value.is_none() {
            self.wrong_kind(findings, key, node, "text in quotes", example);
        }
        Some(Text { value: value?, place: &node.place })
    }

    /// A key's text, read as what it stands for.
    pub(super) fn read<T>(
        &self,
        findings: &mut Findings,
        key: &str,
        example: &str,
        read: impl FnOnce(&str) -> Result<T, Complaint>,
    ) -> Option<T> {
        let text = self.text(findings, key, example)?;
        read(text.value).map_err(|complaint| self.complain(findings, key, text.place, complaint)).ok()
    }

    /// A key that is `true` or `false`.
    pub(super) fn flag(&self, findings: &mut Findings, key: &str) -> Option<bool> {
        let (_, node) = self.table.get(key)?;
        if let Value::Flag(flag) = node.value {
            return Some(flag);
        }
        self.wrong_kind(findings, key, node, "true or false, without quotes,", "true");
        None
    }

    /// A key that is `false` or a text that is read as what it stands for; `false` is `off`. The examples are texts.
    pub(super) fn read_or_off<T>(
        &self,
        findings: &mut Findings,
        key: &str,
        examples: [&str; 2],
        off: T,
        read: impl FnOnce(&str) -> Result<T, Complaint>,
    ) -> Option<T> {
        let (_, node) = self.table.get(key)?;
        match node.value {
            Value::Flag(false) => Some(off),
            Value::Text(_) => self.read(findings, key, examples[0], read),
            _ => {
                let wanted = format!("false, {} or {}", examples[0], examples[1]);
                self.wrong_kind(findings, key, node, &wanted, examples[0]);
                None
            }
        }
    }

    /// A key that is a list of texts, each read as what it stands for and each only once.
    pub(super) fn list<T: PartialEq + Display>(
        &self,
        findings: &mut Findings,
        key: &str,
        example: &str,
        read: impl Fn(&str) -> Result<T, Complaint>,
    ) -> Option<Vec<T>> {
        let (_, node) = self.table.get(key)?;
        let Value::List(items) = &node.value else {
            self.wrong_kind(findings, key, node, "a list", example);
            return None;
        };
        let mut values: Vec<T> = Vec::new();
        let mut good = true;
        for item in items {
            let Some(text) = text_of(item) else {
                self.wrong_kind(findings, key, item, "a list of texts in quotes", example);
                good = false;
                continue;
            };
            match read(text) {
                Ok(value) if values.contains(&value) => {
                    good = false;
                    self.complain(findings, key, &item.place, format!("`{value}` is there twice").into());
                }
                Ok(value) => values.push(value),
                Err(complaint) => {
                    good = false;
                    self.complain(findings, key, &item.place, complaint);
                }
            }
        }
        good.then_some(values)
    }

    /// As [`Section::list`], for a list that must not be empty.
    pub(super) fn filled_list<T: PartialEq + Display>(
        &self,
        findings: &mut Findings,
        key: &str,
        example: &str,
        read: impl Fn(&str) -> Result<T, Complaint>,
    ) -> Option<Vec<T>> {
        let values = self.list(findings, key, example, read)?;
        if values.is_empty() {
            let complaint = Complaint::new("the list is empty", format!("write {key} = {example}"));
            self.complain(findings, key, self.place_of(key), complaint);
        }
        Some(values)
    }
}

/// Remembers names that may come once only, whatever the case of their letters, and where.
#[derive(Default)]
pub(super) struct Once<'a>(BTreeMap<String, &'a Place>);

impl<'a> Once<'a> {
    /// Whether the name is new; otherwise complains with the place where it came first.
    pub(super) fn is_new(
        &mut self,
        findings: &mut Findings,
        section: &Section<'_>,
        key: &str,
        text: &Text<'a>,
    ) -> bool {
        let name = text.value.to_ascii_lowercase();
        let Some(first) = self.0.get(&name) else {
            self.0.insert(name, text.place);
            return true;
        };
        let message = format!("`{}` is there already, at {}", text.value, findings.name_of(first));
        section.complain(findings, key, text.place, Complaint::new(message, "each needs its own"));
        false
    }
}

fn text_of(node: &Node) -> Option<&str> {
    match (&node.value, &node.raw) {
        (Value::Text(text), _) => Some(text),
        (_, Some(raw)) => Some(raw),
        _ => None,
    }
}
