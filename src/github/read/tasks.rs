//! The boxes of a change-list issue: what an issue's body says of the items, and what somebody changed there.
//!
//! Below its marker line the body is maintbot's, one line for each item: `- [ ] **3.** Upgrade Jira — @anna`, two blanks
//! further in for a part. Above stands people's text, which is kept and never read. Items are known by their numbers;
//! a line without one was added by somebody.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::{DIALECT, marker};
use crate::domain::window::WindowId;

/// What begins the key of a change list's marker.
const LIST: &str = "list ";
/// What begins the marker of one phase of a plan's change list.
const SECTION: &str = "section ";

/// An `@` as maintbot writes it, with a mark that nobody sees behind it so that it mentions nobody.
const UNMENTIONED: &str = "@\u{200b}";

/// A body cut at a marker line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// People's text as it is, without the line breaks at its end.
    pub above: String,
    /// What follows the marker line; `None` where there is no such line.
    pub below: Option<String>,
}

/// Cuts a body at the first line that is the marker `<!-- maintbot:KEY -->`.
#[must_use]
pub fn split(body: &str, key: &str) -> Split {
    let (above, below) = cut(body, |found| found == key);
    Split { above: above.trim_end_matches(['\n', '\r']).to_owned(), below: below.map(str::to_owned) }
}

/// What stands above and below the first marker line whose key is asked for.
fn cut(body: &str, is_asked: impl Fn(&str) -> bool) -> (&str, Option<&str>) {
    let mut start = 0;
    for line in body.split_inclusive('\n') {
        if marker(line).is_some_and(&is_asked) {
            return (&body[..start], Some(&body[start + line.len()..]));
        }
        start += line.len();
    }
    (body, None)
}

/// A task of a change-list issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The phase whose section it stands in; `None` where the body has no sections.
    pub window: Option<WindowId>,
    /// The number of the item, where one is written.
    pub number: Option<i64>,
    /// The box is ticked.
    pub ticked: bool,
    /// The rest of the line as plain text, on one line.
    pub text: String,
    /// List items around it.
    pub depth: usize,
    /// Place, among the tasks read, of the task that it is a part of.
    pub under: Option<usize>,
    /// The issue that the text begins with: `#123`.
    pub sub_issue: Option<u64>,
}

/// The tasks below the marker line of a change list, in their order. In a body whose marker somebody removed, only tasks
/// with numbers count: the others may be people's own.
#[must_use]
pub fn tasks(markdown: &str) -> Vec<Task> {
    match cut(markdown, |key| key.starts_with(LIST)) {
        (_, Some(below)) => read(below),
        (all, None) => numbered(&read(all)),
    }
}

/// The tasks that have a number, under the nearest that has one.
fn numbered(all: &[Task]) -> Vec<Task> {
    let mut places: BTreeMap<usize, usize> = BTreeMap::new();
    let mut kept = Vec::new();
    for (place, task) in all.iter().enumerate() {
        let above = std::iter::successors(task.under, |place| all.get(*place).and_then(|task| task.under));
        let under = above.into_iter().find_map(|place| places.get(&place).copied());
        if task.number.is_some() {
            places.insert(place, kept.len());
            kept.push(Task { under, ..task.clone() });
        }
    }
    kept
}

/// Every task of a text. Quotations and code hold none.
fn read(markdown: &str) -> Vec<Task> {
    let mut reader = Reader { markdown, ..Reader::default() };
    for (event, at) in Parser::new_ext(markdown, DIALECT).into_offset_iter() {
        reader.take(&event, at.start);
    }
    for task in &mut reader.tasks {
        let text = task.text.split_whitespace().collect::<Vec<_>>().join(" ");
        task.text = text.replace(UNMENTIONED, "@");
    }
    reader.tasks
}

#[derive(Default)]
struct Reader<'m> {
    markdown: &'m str,
    tasks: Vec<Task>,
    /// The list items open here: the task that each is, if it is one.
    open: Vec<Option<usize>>,
    window: Option<WindowId>,
    /// Quotations and code blocks open here.
    outside: usize,
    /// In bold text that begins a task, where its number stands.
    in_number: bool,
}

impl Reader<'_> {
    fn take(&mut self, event: &Event<'_>, start: usize) {
        match event {
            Event::Start(Tag::BlockQuote(_) | Tag::CodeBlock(_)) => self.outside += 1,
            Event::End(TagEnd::BlockQuote(_) | TagEnd::CodeBlock) => self.outside -= 1,
            Event::Start(Tag::Item) => self.open.push(None),
            Event::End(TagEnd::Item) => {
                self.open.pop();
            }
            _ if self.outside > 0 => {}
            Event::TaskListMarker(ticked) => self.begin(*ticked),
            Event::Html(html) | Event::InlineHtml(html) => match marker(html) {
                Some(key) => self.section(key),
                None if !html.trim_start().starts_with("<!--") => self.add(html),
                None => {}
            },
            Event::Text(text) => self.text(text, start),
            Event::Code(text) => self.add(text),
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph) => self.add(" "),
            Event::Start(Tag::Strong) => self.in_number = self.current().is_some_and(|task| task.is_bare()),
            Event::End(TagEnd::Strong) if self.in_number => self.number(),
            _ => {}
        }
    }

    /// The task whose line is being read.
    fn current(&mut self) -> Option<&mut Task> {
        let place = (*self.open.last()?)?;
        self.tasks.get_mut(place)
    }

    fn begin(&mut self, ticked: bool) {
        let under = self.open.iter().rev().find_map(|task| *task);
        let depth = self.open.len().saturating_sub(1);
        if let Some(open) = self.open.last_mut() {
            *open = Some(self.tasks.len());
            let window = self.window;
            self.tasks.push(Task { window, number: None, ticked, text: String::new(), depth, under, sub_issue: None });
        }
    }

    fn section(&mut self, key: &str) {
        if let Some(id) = key.strip_prefix(SECTION) {
            self.window = id.trim().parse().ok();
        }
    }

    fn text(&mut self, text: &str, start: usize) {
        let escaped = self.markdown[..start].ends_with('\\');
        if let Some(task) = self.current()
            && task.text.trim().is_empty()
            && !escaped
        {
            task.sub_issue = issue_at_head(text);
        }
        self.add(text);
    }

    fn add(&mut self, text: &str) {
        if let Some(task) = self.current() {
            task.text.push_str(text);
        }
    }

    /// The bold text that begins a task ends: `3.` is its number.
    fn number(&mut self) {
        self.in_number = false;
        if let Some(task) = self.current()
            && let Some(digits) = task.text.strip_suffix('.')
            && digits.bytes().all(|b| b.is_ascii_digit())
            && let Some(number) = digits.parse().ok().filter(|number| *number > 0)
        {
            task.number = Some(number);
            task.text.clear();
        }
    }
}

impl Task {
    fn is_bare(&self) -> bool {
        self.number.is_none() && self.text.is_empty()
    }
}

/// The number of the issue that a text begins with.
fn issue_at_head(text: &str) -> Option<u64> {
    let word = text.split_whitespace().next()?.strip_prefix('#')?;
    word.parse().ok().filter(|number| *number > 0 && word.bytes().all(|b| b.is_ascii_digit()))
}

/// What somebody changed in the tasks of one window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ticks {
    /// Numbers of the items whose boxes were ticked.
    pub ticked: Vec<i64>,
    /// Numbers of the items whose ticks were taken back.
    pub unticked: Vec<i64>,
    /// Lines that were added, in their order.
    pub added: Vec<Added>,
    /// Numbers of the items whose lines are gone; only `change remove` removes an item.
    pub removed: Vec<i64>,
}

/// A task that somebody wrote into the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// Plain text, on one line.
    pub text: String,
    /// Number of the item that it stands under.
    pub parent: Option<i64>,
    /// Place, among the lines added to the same window, of the new line that it stands under.
    pub under: Option<usize>,
    /// Its box is ticked already.
    pub ticked: bool,
    /// The number that they wrote before it, which no item had.
    pub typed: Option<i64>,
    /// The issue that the text begins with: `#123`.
    pub sub_issue: Option<u64>,
}

/// Compares the tasks of two bodies, for each window that has changes.
///
/// An item is known by its window and number, so that moving or rewording a line changes nothing. The first line with a
/// number is the item; a further line with the same number and text is a copy and counts for nothing, one with a text of
/// its own was added. The same holds for a line that stands in the section of another window. A line without a number
/// that the earlier body has as well is no news.
#[must_use]
pub fn difference(before: &str, after: &str) -> Vec<(Option<WindowId>, Ticks)> {
    let (old, new) = (tasks(before), tasks(after));
    let mut known: BTreeMap<(Option<WindowId>, i64), bool> = BTreeMap::new();
    for task in &old {
        if let Some(number) = task.number {
            known.entry((task.window, number)).or_insert(task.ticked);
        }
    }
    let numbers: BTreeSet<(Option<WindowId>, i64)> = known.keys().copied().collect();
    let written: BTreeSet<(i64, &str)> = old.iter().filter_map(|task| Some((task.number?, &*task.text))).collect();
    let mut seen: BTreeMap<(Option<WindowId>, &str), usize> = BTreeMap::new();
    for task in old.iter().filter(|task| task.number.is_none()) {
        *seen.entry((task.window, &task.text)).or_default() += 1;
    }
    let mut changes: BTreeMap<Option<WindowId>, Ticks> = BTreeMap::new();
    let mut roles: Vec<Role> = Vec::new();
    for task in &new {
        let ticks = changes.entry(task.window).or_default();
        // Once the line of an item is found, further lines with its number are copies.
        let was = task.number.and_then(|number| known.remove(&(task.window, number)));
        let role =
            match task.number {
                Some(number) if was.is_some() => {
                    if was != Some(task.ticked) {
                        let list = if task.ticked { &mut ticks.ticked } else { &mut ticks.unticked };
                        list.push(number);
                    }
                    Role::Item(number)
                }
                Some(number) if written.contains(&(number, &*task.text)) => {
                    if numbers.contains(&(task.window, number)) { Role::Item(number) } else { Role::Nothing }
                }
                None if take_one(&mut seen, &(task.window, &task.text)) => Role::Nothing,
                _ if task.text.is_empty() => Role::Nothing,
                _ => {
                    let above = task.under.filter(|place| new[*place].window == task.window);
                    ticks.added.push(added(task, above.and_then(|place| roles.get(place))));
                    Role::Added(ticks.added.len() - 1)
                }
            };
        roles.push(role);
    }
    for (window, number) in known.into_keys() {
        changes.entry(window).or_default().removed.push(number);
    }
    changes.into_iter().filter(|(_, ticks)| *ticks != Ticks::default()).collect()
}

/// Takes one off the count, where there is one.
fn take_one<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) -> bool {
    counts.get_mut(key).filter(|count| **count > 0).map(|count| *count -= 1).is_some()
}

fn added(task: &Task, above: Option<&Role>) -> Added {
    let (parent, under) = match above {
        Some(Role::Item(number)) => (Some(*number), None),
        Some(Role::Added(place)) => (None, Some(*place)),
        Some(Role::Nothing) | None => (None, None),
    };
    let Task { ticked, number: typed, sub_issue, .. } = *task;
    Added { text: task.text.clone(), parent, under, ticked, typed, sub_issue }
}

/// What a line of the later body is.
enum Role {
    /// The line of an item of its window, or a copy of it.
    Item(i64),
    /// The line added at this place.
    Added(usize),
    /// Nothing that counts: a box without text, a line that is no news, one from the section of another window.
    Nothing,
}

#[cfg(test)]
mod tests;
