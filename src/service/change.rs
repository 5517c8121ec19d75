//! The change list: add, edit, assign, remove, import, done, undo.

use std::collections::BTreeMap;

use super::{Cx, Outcome, Reply};
use crate::command::{ChangeAdd, ChangeAssign, ChangeEdit, ChangeImport, ChangeRemove, Done, Undo};
use crate::domain::change::{self, ChangeItem, ChangeList, ItemKind};
use crate::domain::event::{ItemRef, What};
use crate::domain::ledger::MessageKind;
use crate::domain::refusal::Refusal;
use crate::domain::window::{State, Step, Window};
use crate::message::{Block, Message, text, words};

/// Characters one item may have, as `change add` takes it.
const LONGEST_ITEM: usize = 1_000;
/// Items one window may hold: more is a sign of something pasted by mistake.
const MOST_ITEMS: usize = 500;

impl Cx<'_> {
    pub(super) async fn change_add(&mut self, c: &ChangeAdd) -> Outcome<Reply> {
        let (mut w, mut items) = self.window_for(c.window, Step::Change).await?;
        if let Some(parent) = c.parent {
            item(&w, &items, parent)?;
        }
        let assignee = c.assignee.as_ref().map(|p| self.person(p));
        let item = ChangeItem {
            number: 0,
            text: c.text.clone(),
            kind: c.kind.unwrap_or(ItemKind::Other),
            from_version: c.from.clone(),
            to_version: c.to.clone(),
            advisories: c.cve.clone(),
            assignee: assignee.clone(),
            parent: c.parent,
            done: None,
            late: false,
            created_at: self.now,
        };
        let number = self.add_items(&mut w, &mut items, vec![item]).await?[0];
        Ok(self.list_reply(&w, &items, format!("has a new item {number}")))
    }

    pub(super) async fn change_import(&mut self, c: &ChangeImport) -> Outcome<Reply> {
        let (mut w, mut items) = self.window_for(c.window, Step::Change).await?;
        let drafts = task_list(&c.text);
        if drafts.is_empty() {
            let detail =
                "There is no Markdown list in that text; every item starts with `- [ ]` or `-` on a line of its own.";
            let hint = format!("/maintenance change import {} \"- [ ] first item\"", w.id);
            return Err(Refusal::rule(detail, hint).into());
        }
        if let Some(n) = drafts.iter().position(|draft| draft.text.chars().count() > LONGEST_ITEM) {
            let detail =
                format!("Item {} of that list has more than {LONGEST_ITEM} characters; nothing was added.", n + 1);
            let hint = format!("/maintenance change import {} \"- [ ] first item\"", w.id);
            return Err(Refusal::rule(detail, hint).into());
        }
        let added = self.import(&mut w, &mut items, drafts).await?;
        Ok(self.list_reply(&w, &items, format!("has {} more", text::count(added, "item"))))
    }

    /// Items given with `schedule … item:"…"`.
    pub(super) async fn add_lines(&mut self, w: &mut Window, items: &mut ChangeList, lines: &[String]) -> Outcome<()> {
        let drafts = lines.iter().map(|line| Draft { text: line.clone(), parent: None, done: false }).collect();
        self.import(w, items, drafts).await.map(|_| ())
    }

    async fn import(&mut self, w: &mut Window, items: &mut ChangeList, drafts: Vec<Draft>) -> Outcome<usize> {
        let first = items.0.len();
        let was_done = items.all_done();
        let mut numbers: Vec<i64> = Vec::new();
        let mut ready = Vec::new();
        let mut parents = BTreeMap::new();
        for (n, draft) in drafts.iter().enumerate() {
            if let Some(parent) = draft.parent {
                parents.insert(n, parent);
            }
            ready.push(ChangeItem {
                number: 0,
                text: draft.text.clone(),
                kind: ItemKind::Other,
                from_version: None,
                to_version: None,
                advisories: Vec::new(),
                assignee: None,
                parent: None,
                done: draft.done.then(|| change::Done { by: self.actor.id.clone(), at: self.now }),
                late: false,
                created_at: self.now,
            });
        }
        let added = ready.len();
        let late = self.is_late(w).await?;
        check_room(w, items, added)?;
        for (n, mut item) in ready.into_iter().enumerate() {
            item.number = self.tx.next_item_number(w.id).await?;
            item.parent = parents.get(&n).and_then(|parent| numbers.get(*parent)).copied();
            item.late = late;
            self.tx.insert_item(w.id, &item).await?;
            numbers.push(item.number);
            items.0.push(item);
        }
        let refs = items.0[first..].iter().map(item_ref).collect();
        self.after_edit(w, items, was_done, What::ItemsAdded { items: refs, late }).await?;
        Ok(added)
    }

    pub(super) async fn add_items(
        &mut self,
        w: &mut Window,
        items: &mut ChangeList,
        new: Vec<ChangeItem>,
    ) -> Outcome<Vec<i64>> {
        check_room(w, items, new.len())?;
        let was_done = items.all_done();
        let late = self.is_late(w).await?;
        let mut refs = Vec::new();
        let mut assignees = Vec::new();
        for mut item in new {
            item.number = self.tx.next_item_number(w.id).await?;
            item.late = late;
            self.tx.insert_item(w.id, &item).await?;
            refs.push(item_ref(&item));
            assignees.extend(item.assignee.clone());
            items.0.push(item);
        }
        let numbers = refs.iter().map(|r| r.number).collect();
        let event = self.after_edit(w, items, was_done, What::ItemsAdded { items: refs, late }).await?;
        self.owe_assignees(w, event, &assignees).await?;
        Ok(numbers)
    }

    /// Items added once the list was sent are marked late.
    async fn is_late(&mut self, w: &Window) -> Outcome<bool> {
        Ok(!self.tx.told_channels(w.id, None, &[MessageKind::ChangeList]).await?.is_empty())
    }

    pub(super) async fn change_edit(&mut self, c: &ChangeEdit) -> Outcome<Reply> {
        let (mut w, mut items) = self.window_for(c.window, Step::Change).await?;
        let before = item(&w, &items, c.item)?.clone();
        let mut item = before.clone();
        item.text = c.text.clone().unwrap_or(item.text);
        item.kind = c.kind.unwrap_or(item.kind);
        item.from_version = c.from.clone().or(item.from_version);
        item.to_version = c.to.clone().or(item.to_version);
        if !c.cve.is_empty() {
            item.advisories.clone_from(&c.cve);
        }
        if item == before {
            let hint = format!("/maintenance show {}", w.id);
            return Err(Refusal::rule(format!("Item {} says that already; nothing was changed.", c.item), hint).into());
        }
        self.tx.update_item(w.id, &item).await?;
        let what = What::ItemEdited { number: c.item, from: before.line(), to: item.line() };
        replace(&mut items, item);
        let was_done = items.all_done();
        self.after_edit(&mut w, &mut items, was_done, what).await?;
        Ok(self.list_reply(&w, &items, format!("has a changed item {}", c.item)))
    }

    pub(super) async fn change_assign(&mut self, c: &ChangeAssign) -> Outcome<Reply> {
        let (mut w, mut items) = self.window_for(c.window, Step::Change).await?;
        let mut item = item(&w, &items, c.item)?.clone();
        let assignee = self.person(&c.assignee);
        if item.assignee.as_deref() == Some(assignee.as_str()) {
            let hint = format!("/maintenance show {}", w.id);
            return Err(Refusal::rule(format!("Item {} is {assignee}'s already.", c.item), hint).into());
        }
        item.assignee = Some(assignee.clone());
        self.tx.update_item(w.id, &item).await?;
        let what = What::ItemAssigned { number: c.item, text: item.line(), assignee: Some(assignee.clone()) };
        replace(&mut items, item);
        let was_done = items.all_done();
        let event = self.after_edit(&mut w, &mut items, was_done, what).await?;
        self.owe_assignees(&w, event, std::slice::from_ref(&assignee)).await?;
        Ok(self.list_reply(&w, &items, format!("has item {} given to {assignee}", c.item)))
    }

    pub(super) async fn change_remove(&mut self, c: &ChangeRemove) -> Outcome<Reply> {
        let (mut w, mut items) = self.window_for(c.window, Step::Change).await?;
        let was_done = items.all_done();
        let mut gone: Vec<i64> = Vec::new();
        for number in &c.item {
            item(&w, &items, *number)?;
            gone.extend(items.family(*number));
        }
        gone.sort_unstable();
        gone.dedup();
        let refs = items.0.iter().filter(|i| gone.contains(&i.number)).map(item_ref).collect();
        // Parts go before what they are parts of.
        for placed in items.in_order().iter().rev().filter(|p| gone.contains(&p.item.number)) {
            self.tx.remove_item(w.id, placed.item.number).await?;
        }
        items.0.retain(|item| !gone.contains(&item.number));
        self.after_edit(&mut w, &mut items, was_done, What::ItemsRemoved { items: refs }).await?;
        let said = gone.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Ok(self.list_reply(&w, &items, format!("has lost item {said}")))
    }

    /// After the list itself was edited: audit, difference to its readers, state. `was_done`: all of it was, before.
    pub(super) async fn after_edit(
        &mut self,
        w: &mut Window,
        items: &mut ChangeList,
        was_done: bool,
        what: What,
    ) -> Outcome<i64> {
        self.derive_parents(w, items).await?;
        let event = self.record(w, &what).await?;
        self.owe_difference(w, event).await?;
        self.conclude(w, items, event, &what).await?;
        let more = matches!(what, What::ItemsAdded { .. });
        self.follow_list(w, items, was_done, more).await?;
        Ok(event)
    }

    /// The state of a running window follows its list: the last item done moves on, a new or unticked item (`more` to
    /// do) moves back.
    async fn follow_list(&mut self, w: &mut Window, items: &ChangeList, was_done: bool, more: bool) -> Outcome<()> {
        let is_done = items.all_done();
        match w.state {
            State::InProgress | State::Verifying if is_done && !was_done => self.all_done(w, items).await,
            State::Verifying if !is_done && more => self.resume(w, items).await,
            _ => Ok(()),
        }
    }

    pub(super) async fn done(&mut self, c: &Done) -> Outcome<Reply> {
        let (mut w, mut items) = self.window_for(c.window, Step::Done).await?;
        let asked = if c.all { items.0.iter().map(|i| i.number).collect() } else { c.item.clone() };
        let numbers = families(&w, &items, &asked)?;
        let ticked = items.0.iter().filter(|i| numbers.contains(&i.number) && i.done.is_none()).map(item_ref).collect();
        let refs: Vec<ItemRef> = ticked;
        if refs.is_empty() {
            return Err(nothing_to_tick(&w, &items, &numbers).into());
        }
        let was_done = items.all_done();
        let done = change::Done { by: self.actor.id.clone(), at: self.now };
        for item in items.0.iter_mut().filter(|i| numbers.contains(&i.number) && i.done.is_none()) {
            item.done = Some(done.clone());
            self.tx.update_item(w.id, item).await?;
        }
        self.derive_parents(&w, &mut items).await?;
        self.attend(&mut w);
        let what = What::ItemsDone { items: refs };
        let event = self.record(&mut w, &what).await?;
        self.conclude(&w, &items, event, &what).await?;
        self.follow_list(&mut w, &items, was_done, false).await?;
        let (done, all) = items.progress();
        let what = match w.state {
            State::Verifying if done == all => {
                format!("has {done} of {all} items done; confirm with /maintenance complete {}", w.id)
            }
            State::Completed => format!("has {done} of {all} items done and is completed"),
            _ => format!("has {done} of {all} items done"),
        };
        Ok(self.list_reply(&w, &items, what))
    }

    pub(super) async fn undo(&mut self, c: &Undo) -> Outcome<Reply> {
        let (mut w, mut items) = self.window_for(c.window, Step::Undo).await?;
        let numbers = families(&w, &items, &c.item)?;
        let refs: Vec<ItemRef> =
            items.0.iter().filter(|i| numbers.contains(&i.number) && i.done.is_some()).map(item_ref).collect();
        if refs.is_empty() {
            let hint = format!("/maintenance show {}", w.id);
            return Err(Refusal::rule("None of these items is reported done; nothing was changed.", hint).into());
        }
        for item in items.0.iter_mut().filter(|i| numbers.contains(&i.number) && i.done.is_some()) {
            item.done = None;
            self.tx.update_item(w.id, item).await?;
        }
        self.derive_parents(&w, &mut items).await?;
        let what = What::ItemsUndone { items: refs };
        let event = self.record(&mut w, &what).await?;
        self.conclude(&w, &items, event, &what).await?;
        self.follow_list(&mut w, &items, false, true).await?;
        let (done, all) = items.progress();
        Ok(self.list_reply(&w, &items, format!("has {done} of {all} items done")))
    }

    /// A parent is done when its parts are, by whoever finished the last; and not when one of them is open.
    async fn derive_parents(&mut self, w: &Window, items: &mut ChangeList) -> Outcome<()> {
        let order: Vec<i64> = items.in_order().iter().rev().map(|p| p.item.number).collect();
        for number in order {
            let parts: Vec<Option<change::Done>> =
                items.children(number).iter().filter_map(|n| items.get(*n)).map(|i| i.done.clone()).collect();
            if parts.is_empty() {
                continue;
            }
            let last = parts.iter().flatten().max_by_key(|done| done.at).cloned();
            let derived = if parts.iter().all(Option::is_some) { last } else { None };
            if let Some(item) = items.0.iter_mut().find(|i| i.number == number)
                && item.done.is_some() != derived.is_some()
            {
                item.done = derived;
                self.tx.update_item(w.id, item).await?;
            }
        }
        Ok(())
    }

    fn list_reply(&self, w: &Window, items: &ChangeList, what: String) -> Reply {
        let message: Message = words::did(w, what, self.dry_run());
        let message = message.block(Block::Items(words::item_lines(items, &w.span.zone)));
        self.reply(w, message)
    }
}

fn check_room(w: &Window, items: &ChangeList, more: usize) -> Outcome<()> {
    if items.0.len() + more <= MOST_ITEMS {
        return Ok(());
    }
    let detail = format!("A change list holds at most {MOST_ITEMS} items; {} has {}.", w.id, items.0.len());
    Err(Refusal::rule(detail, format!("/maintenance show {}", w.id)).into())
}

fn item<'l>(w: &Window, items: &'l ChangeList, number: i64) -> Outcome<&'l ChangeItem> {
    let hint = format!("/maintenance show {}", w.id);
    items.get(number).ok_or_else(|| Refusal::not_found(format!("item {number} in {}", w.id), hint).into())
}

/// The items asked for with everything below them.
fn families(w: &Window, items: &ChangeList, asked: &[i64]) -> Outcome<Vec<i64>> {
    let mut all = Vec::new();
    for number in asked {
        item(w, items, *number)?;
        all.extend(items.family(*number));
    }
    Ok(all)
}

fn nothing_to_tick(w: &Window, items: &ChangeList, numbers: &[i64]) -> Refusal {
    if items.0.is_empty() {
        let hint = format!("/maintenance change add {} \"…\"", w.id);
        return Refusal::rule(format!("The change list of {} is empty.", w.id), hint);
    }
    let by = numbers.iter().filter_map(|n| items.get(*n)).find_map(|i| i.done.clone());
    let who = by.map(|d| format!(" by {}", d.by)).unwrap_or_default();
    let hint = format!("/maintenance show {}", w.id);
    Refusal::rule(format!("That is reported done already{who}; nothing was changed."), hint)
}

fn replace(items: &mut ChangeList, new: ChangeItem) {
    if let Some(item) = items.0.iter_mut().find(|i| i.number == new.number) {
        *item = new;
    }
}

fn item_ref(item: &ChangeItem) -> ItemRef {
    ItemRef { number: item.number, text: item.line() }
}

/// An item read from Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Draft {
    text: String,
    /// Index of the draft it is a part of.
    parent: Option<usize>,
    done: bool,
}

/// The items of every Markdown list in a text, nested as they are there; `- [x]` is done. Code blocks are no lists.
fn task_list(markdown: &str) -> Vec<Draft> {
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
    let mut drafts: Vec<Draft> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for event in Parser::new_ext(markdown, Options::ENABLE_TASKLISTS) {
        match event {
            Event::Start(Tag::Item) => {
                drafts.push(Draft { text: String::new(), parent: open.last().copied(), done: false });
                open.push(drafts.len() - 1);
            }
            Event::End(TagEnd::Item) => {
                open.pop();
            }
            Event::TaskListMarker(ticked) => {
                if let Some(n) = open.last() {
                    drafts[*n].done = ticked;
                }
            }
            Event::Text(t) | Event::Code(t) | Event::Html(t) | Event::InlineHtml(t) => {
                if let Some(n) = open.last() {
                    drafts[*n].text.push_str(&t);
                }
            }
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph) => {
                if let Some(n) = open.last() {
                    drafts[*n].text.push(' ');
                }
            }
            _ => {}
        }
    }
    for draft in &mut drafts {
        draft.text = draft.text.trim().to_owned();
        if draft.text.is_empty() {
            draft.text = "(no text)".into();
        }
    }
    drafts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(text: &str, parent: Option<usize>, done: bool) -> Draft {
        Draft { text: text.into(), parent, done }
    }

    #[test]
    fn a_markdown_task_list_keeps_nesting_ticks_and_text() {
        let text = "Plan:\n\n- [ ] Jira to `10.3.2`\n  - [x] plugin *Tempo*\n- [X] OS patches\n\n```\n- [ ] not an item\n```\n";
        let expected = [
            draft("Jira to 10.3.2", None, false),
            draft("plugin Tempo", Some(0), true),
            draft("OS patches", None, true),
        ];
        assert_eq!(task_list(text), expected);
        assert!(task_list("no list here").is_empty());
    }
}
