//! What somebody did in the text of a change list, done in the store: boxes ticked and unticked, lines added. Each is a
//! command of that person, with the same checks as if they had typed it.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::Inbound;
use super::seen::line;
use super::work::{Trouble, Worked};
use crate::command::Input;
use crate::domain::access::Actor;
use crate::domain::change::ChangeItem;
use crate::domain::event::What;
use crate::domain::window::WindowId;
use crate::github::read::{Added, Ticks, difference, tasks};
use crate::message::Message;
use crate::message::text::one_line;
use crate::service::inbox::{Inbound as Row, ListIssue};
use crate::service::query::Full;
use crate::service::{Answer, Invocation};

/// An edit of a change list's text.
pub(super) struct Edit<'a> {
    /// What it came with.
    pub row: &'a Row,
    /// The change list.
    pub list: &'a ListIssue,
    /// Who did it.
    pub actor: &'a Actor,
    /// Set where the edit did not begin with what maintbot last knew: what was done to an item since then (UTC) counts
    /// for more than the edit.
    pub unless_since: Option<DateTime<Utc>>,
}

/// What came of an edit.
#[derive(Debug, Default)]
pub(super) struct Came {
    /// Something was done, so that the issue will be written again.
    pub done: bool,
    /// Lines are gone that only a command may remove.
    pub removed: bool,
    /// What was not done, and why.
    pub refused: Vec<Message>,
}

impl Inbound {
    /// Does what lies between two texts of a change list.
    pub(super) async fn take_over(&self, edit: &Edit<'_>, before: &str, after: &str, came: &mut Came) -> Worked {
        for (section, ticks) in difference(before, after) {
            let Some(window) = section.or(edit.list.subject.window()) else { continue };
            let Some(full) = self.service.full(window).await? else { continue };
            came.removed |= ticks.removed.iter().any(|number| full.items.get(*number).is_some());
            self.boxes(edit, &full, &ticks, came).await?;
            // A line with the number of an item that the text did not show before is of maintbot's own writing.
            let shown = tasks(before);
            let shown = |number: i64| shown.iter().any(|task| task.window == section && task.number == Some(number));
            let ours = |line: &Added| line.typed.is_some_and(|n| full.items.get(n).is_some() && !shown(n));
            let places: Vec<Option<&Added>> = ticks.added.iter().map(|line| Some(line).filter(|l| !ours(l))).collect();
            self.lines(edit, window, &places, came).await?;
        }
        Ok(())
    }

    async fn boxes(&self, edit: &Edit<'_>, full: &Full, ticks: &Ticks, came: &mut Came) -> Worked {
        let differs = |number: &i64, done: bool| {
            let item = full.items.get(*number);
            item.is_none_or(|item| item.done.is_some() != done) && !is_newer(edit, full, *number)
        };
        for (verb, numbers, done) in [("done", &ticks.ticked, true), ("undo", &ticks.unticked, false)] {
            let numbers: Vec<i64> = numbers.iter().copied().filter(|number| differs(number, done)).collect();
            if !numbers.is_empty() {
                self.report(edit, verb, full.window.id, &numbers, came).await?;
            }
        }
        Ok(())
    }

    /// `done` or `undo` for items of a window.
    pub(super) async fn report(
        &self,
        edit: &Edit<'_>,
        verb: &str,
        window: WindowId,
        numbers: &[i64],
        came: &mut Came,
    ) -> Worked {
        let numbers = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let line = format!("/maintenance {verb} {window} {numbers}");
        let key = format!("{}/{verb}/{window}/{numbers}", edit.row.id);
        self.step(edit, Input::Text(line), key, came).await.map(drop)
    }

    /// Lines that somebody wrote into the list become items, those ticked already are reported done. `None` keeps the
    /// place of a line that is no new item.
    async fn lines(&self, edit: &Edit<'_>, window: WindowId, added: &[Option<&Added>], came: &mut Came) -> Worked {
        let mut numbers: Vec<Option<i64>> = Vec::new();
        for (place, line) in added.iter().enumerate() {
            let Some(line) = line else {
                numbers.push(None);
                continue;
            };
            let parent = line.parent.or_else(|| line.under.and_then(|under| numbers.get(under).copied().flatten()));
            let nth = added[..place].iter().flatten().filter(|earlier| earlier.text == line.text).count();
            numbers.push(self.add(edit, window, line, parent, nth, came).await?);
        }
        let ticked = added.iter().zip(&numbers).filter(|(line, _)| line.is_some_and(|line| line.ticked));
        let ticked: Vec<i64> = ticked.filter_map(|(_, number)| *number).collect();
        if ticked.is_empty() { Ok(()) } else { self.report(edit, "done", window, &ticked, came).await }
    }

    /// Adds one line and finds the number it got.
    async fn add(
        &self,
        edit: &Edit<'_>,
        window: WindowId,
        line: &Added,
        parent: Option<i64>,
        nth: usize,
        came: &mut Came,
    ) -> Worked<Option<i64>> {
        let Some(full) = self.service.full(window).await? else { return Ok(None) };
        let known = |item: &&ChangeItem| edit.unless_since.is_some_and(|since| item.created_at >= since);
        if full.items.0.iter().filter(known).any(|item| says(item, &line.text)) {
            return Ok(None);
        }
        let mut options = vec![
            ("window".to_owned(), window.to_string()),
            ("text".to_owned(), line.text.clone()),
            // The same line twice is two items; what was done once already is known by the key.
            ("again".to_owned(), "true".to_owned()),
        ];
        options.extend(parent.map(|number| ("parent".to_owned(), number.to_string())));
        let text = hex::encode(&Sha256::digest(line.text.as_bytes())[..8]);
        let key = format!("{}/add/{window}/{text}/{nth}", edit.row.id);
        if !self.step(edit, Input::Named { verb: "change add".into(), options }, key, came).await? {
            return Ok(None);
        }
        let now = self.service.full(window).await?;
        let same = now.iter().flat_map(|full| &full.items.0).filter(|item| says(item, &line.text));
        let mut same: Vec<i64> = same.map(|item| item.number).collect();
        same.sort_unstable();
        Ok(same.pop())
    }

    /// One command of the person; whether it was done.
    async fn step(&self, edit: &Edit<'_>, input: Input, key: String, came: &mut Came) -> Worked<bool> {
        let invocation = Invocation {
            actor: edit.actor.clone(),
            place: line(&edit.list.repository, edit.list.number),
            zone: None,
            within: None,
            input,
            key: Some(key),
        };
        match self.service.run(&invocation).await.map_err(Trouble::Fault)? {
            Answer::Done(_) => {
                came.done = true;
                Ok(true)
            }
            Answer::Refused(refused) => {
                came.refused.push(Message::line(refused.detail));
                Ok(false)
            }
        }
    }
}

/// Whether somebody reported the item, or took that back, after the edit.
fn is_newer(edit: &Edit<'_>, full: &Full, number: i64) -> bool {
    let Some(since) = edit.unless_since else { return false };
    full.events.iter().filter(|event| event.at >= since).any(|event| match &event.what {
        What::ItemsDone { items } | What::ItemsUndone { items } => items.iter().any(|item| item.number == number),
        _ => false,
    })
}

fn says(item: &ChangeItem, text: &str) -> bool {
    one_line(&item.text) == one_line(text)
}
