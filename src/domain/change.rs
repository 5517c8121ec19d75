//! The change list of a window: numbered items that engineers report done.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::event::{Event, What};
use super::window::words;

words! {
    /// What sort of work a change item is.
    ItemKind {
        /// A product goes to a newer version.
        Upgrade = "upgrade",
        /// Something moves elsewhere.
        Migration = "migration",
        /// An add-on of a product.
        Plugin = "plugin",
        /// Closes a weakness.
        Security = "security",
        /// Patches of the operating system.
        OsPatches = "os_patches",
        /// Machines, networks, clusters.
        Infrastructure = "infrastructure",
        /// Anything else.
        Other = "other",
    }
}

/// One line of the change list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeItem {
    /// Number within the window; never given again.
    pub number: i64,
    /// What is done; text from a person.
    pub text: String,
    /// What sort of work.
    pub kind: ItemKind,
    /// The version before.
    pub from_version: Option<String>,
    /// The version after.
    pub to_version: Option<String>,
    /// Ids of security advisories it answers, such as `CVE-2026-1234`.
    pub advisories: Vec<String>,
    /// Who does it: a name without `@`.
    pub assignee: Option<String>,
    /// The item it is a part of.
    pub parent: Option<i64>,
    /// Reported done, by whom and when (UTC).
    pub done: Option<Done>,
    /// Added after the list was sent.
    pub late: bool,
    /// When it was added (UTC).
    pub created_at: DateTime<Utc>,
}

/// Who reported an item done, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// A person's name.
    pub by: String,
    /// UTC.
    pub at: DateTime<Utc>,
}

/// The items of one window in number order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeList(pub Vec<ChangeItem>);

/// One item and how deep it is nested, in the order people read.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    /// The item.
    pub item: &'a ChangeItem,
    /// 0 for a top-level item.
    pub depth: usize,
}

impl ChangeList {
    /// The item of that number.
    #[must_use]
    pub fn get(&self, number: i64) -> Option<&ChangeItem> {
        self.0.iter().find(|item| item.number == number)
    }

    /// Numbers of the direct parts of an item.
    #[must_use]
    pub fn children(&self, number: i64) -> Vec<i64> {
        self.0.iter().filter(|item| item.parent == Some(number)).map(|item| item.number).collect()
    }

    /// The item and everything below it.
    #[must_use]
    pub fn family(&self, number: i64) -> Vec<i64> {
        let mut all = vec![number];
        let mut next = 0;
        while next < all.len() {
            all.extend(self.children(all[next]));
            next += 1;
        }
        all
    }

    /// The items above one, nearest first.
    #[must_use]
    pub fn ancestors(&self, number: i64) -> Vec<i64> {
        let mut above = Vec::new();
        let mut at = self.get(number).and_then(|item| item.parent);
        while let Some(parent) = at {
            above.push(parent);
            at = self.get(parent).and_then(|item| item.parent);
        }
        above
    }

    /// Items without parts: the ones that somebody really does. A parent is done when its parts are.
    pub fn leaves(&self) -> impl Iterator<Item = &ChangeItem> {
        self.0.iter().filter(|item| self.children(item.number).is_empty())
    }

    /// How many leaves are reported done, and how many there are.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.leaves().filter(|item| item.done.is_some()).count(), self.leaves().count())
    }

    /// There are items and every one is reported done. An empty list is never done.
    #[must_use]
    pub fn all_done(&self) -> bool {
        !self.0.is_empty() && self.leaves().all(|item| item.done.is_some())
    }

    /// Leaves that are not reported done.
    #[must_use]
    pub fn open(&self) -> Vec<&ChangeItem> {
        self.leaves().filter(|item| item.done.is_none()).collect()
    }

    /// These items and everything that they are parts of, parents first.
    #[must_use]
    pub fn with_ancestors(&self, items: &[&ChangeItem]) -> Vec<&ChangeItem> {
        let mut numbers: Vec<i64> = items.iter().map(|item| item.number).collect();
        let mut at = 0;
        while let Some(number) = numbers.get(at) {
            let parent = self.get(*number).and_then(|item| item.parent);
            numbers.extend(parent.filter(|parent| !numbers.contains(parent)));
            at += 1;
        }
        self.in_order().into_iter().map(|placed| placed.item).filter(|item| numbers.contains(&item.number)).collect()
    }

    /// When the oldest item was added (UTC).
    #[must_use]
    pub fn first_item_at(&self) -> Option<DateTime<Utc>> {
        self.0.iter().map(|item| item.created_at).min()
    }

    /// Parents before their parts, by number, with depth.
    #[must_use]
    pub fn in_order(&self) -> Vec<Placed<'_>> {
        fn walk<'a>(list: &'a ChangeList, parent: Option<i64>, depth: usize, out: &mut Vec<Placed<'a>>) {
            for item in list.0.iter().filter(|item| item.parent == parent) {
                out.push(Placed { item, depth });
                walk(list, Some(item.number), depth + 1, out);
            }
        }
        let mut out = Vec::with_capacity(self.0.len());
        walk(self, None, 0, &mut out);
        out
    }
}

impl ChangeItem {
    /// The line without its number: text, versions, advisories, as people read it.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = self.text.clone();
        match (&self.from_version, &self.to_version) {
            (Some(from), Some(to)) => line.push_str(&format!(" ({from} → {to})")),
            (None, Some(to)) => line.push_str(&format!(" (to {to})")),
            (Some(from), None) => line.push_str(&format!(" (from {from})")),
            (None, None) => {}
        }
        if !self.advisories.is_empty() {
            line.push_str(&format!(" [{}]", self.advisories.join(", ")));
        }
        line
    }
}

/// What became of one item since its readers last saw the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetChange {
    /// The item.
    pub number: i64,
    /// What its readers saw; `None`: it is new to them.
    pub before: Option<String>,
    /// What it says now; `None`: it is gone.
    pub now: Option<String>,
    /// Who got it, if it was given to somebody.
    pub assignee: Option<String>,
}

/// The difference that a run of events made to a list, by number. What was added and removed again is none.
#[must_use]
pub fn net_changes(events: &[Event]) -> Vec<NetChange> {
    let mut changes: BTreeMap<i64, NetChange> = BTreeMap::new();
    let mut note = |number: i64, before: Option<&String>, now: Option<&String>, assignee: Option<&String>| {
        let new = || NetChange { number, before: before.cloned(), now: None, assignee: None };
        let change = changes.entry(number).or_insert_with(new);
        change.now = now.cloned();
        change.assignee = assignee.cloned().or(change.assignee.take());
    };
    for event in events {
        match &event.what {
            What::ItemsAdded { items, .. } => items.iter().for_each(|i| note(i.number, None, Some(&i.text), None)),
            What::ItemsRemoved { items } => items.iter().for_each(|i| note(i.number, Some(&i.text), None, None)),
            What::ItemEdited { number, from, to } => note(*number, Some(from), Some(to), None),
            What::ItemAssigned { number, text, assignee } => {
                note(*number, Some(text), Some(text), assignee.as_ref());
            }
            _ => {}
        }
    }
    let differs =
        |change: &NetChange| change.before != change.now || (change.now.is_some() && change.assignee.is_some());
    changes.into_values().filter(differs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(number: i64, parent: Option<i64>, done: bool) -> ChangeItem {
        let at = DateTime::UNIX_EPOCH;
        ChangeItem {
            number,
            text: format!("item {number}"),
            kind: ItemKind::Other,
            from_version: None,
            to_version: None,
            advisories: vec![],
            assignee: None,
            parent,
            done: done.then(|| Done { by: "anna".into(), at }),
            late: false,
            created_at: at,
        }
    }

    #[test]
    fn a_parent_counts_as_done_when_its_parts_are() {
        let list = ChangeList(vec![item(1, None, false), item(2, Some(1), true), item(3, Some(1), true)]);
        assert_eq!(list.progress(), (2, 2));
        assert!(list.all_done());
        assert!(!ChangeList::default().all_done(), "an empty list completes nothing");
    }

    #[test]
    fn people_read_parents_before_their_parts() {
        let list = ChangeList(vec![item(1, None, false), item(2, None, false), item(3, Some(1), false)]);
        let order: Vec<_> = list.in_order().iter().map(|p| (p.item.number, p.depth)).collect();
        assert_eq!(order, [(1, 0), (3, 1), (2, 0)]);
        assert_eq!(list.family(1), [1, 3]);
        assert_eq!(list.ancestors(3), [1]);
    }
}
