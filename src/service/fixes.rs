//! The permanent fixes that advisories promise: placed in the next window of each service, followed until they are made, and
//! named when the advisory becomes public. What the clock does here is read from what is stored: whatever was missed is
//! found the next time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Cx, Outcome};
use crate::domain::advisory::{Advisory, AdvisoryId, Disposition, Fix, FixStep, NEUTRAL_ITEM, NEUTRAL_TITLE, Place};
use crate::domain::change::{ChangeItem, ChangeList, ItemKind};
use crate::domain::event::{FieldChange, ItemRef, What};
use crate::domain::notice;
use crate::domain::window::{Outcome as Went, State, Step, Window, WindowId};
use crate::store::WindowFilter;

/// How many windows are looked at for the next one of a service.
const LOOKED_AT: i64 = 100;

/// What became of fixes at one look: the step, and the windows it leads from and to.
type Moves = BTreeMap<(FixStep, Option<WindowId>, Option<WindowId>), Vec<String>>;

impl Cx<'_> {
    /// Every service gets its fix into its next window, or waits for one.
    pub(super) async fn begin_fixes(&mut self, advisory: &Advisory) -> Outcome<()> {
        let new = |service: &String| Fix { service: service.clone(), place: None, after: self.now, fixed_at: None };
        let fixes: Vec<Fix> = advisory.services.iter().map(new).collect();
        for mut fix in fixes {
            self.place(advisory, &mut fix, None).await?;
            self.tx.save_fix(advisory.id, &fix).await?;
        }
        Ok(())
    }

    /// What is due of an advisory by the clock: its embargo ends, a window with its fix is over, or one is planned that a
    /// fix waits for.
    pub(super) async fn look_after(&mut self, id: AdvisoryId) -> Outcome<()> {
        self.tx.lock_advisory(id).await?;
        let Some(mut advisory) = self.tx.advisory(id).await? else { return Ok(()) };
        if advisory.withdrawn_at.is_some() {
            return Ok(());
        }
        let topic = self.advisory_topic(advisory.clone()).await?;
        if advisory.published_at.is_none() && topic.is_disclosed(self.now) {
            self.disclose(&mut advisory, false).await?;
        }
        self.follow_fixes(&advisory).await
    }

    /// It is public: what it made gets its name.
    pub(super) async fn disclose(&mut self, advisory: &mut Advisory, early: bool) -> Outcome<()> {
        advisory.published_at = Some(self.now);
        self.tx.update_advisory(advisory).await?;
        self.record_on(advisory.id, &What::Disclosed { early }).await?;
        if let Some(window) = advisory.window.filter(|_| advisory.disposition == Disposition::PatchNow) {
            self.name_window(advisory, window).await?;
        }
        for place in self.tx.linked_items(advisory.id).await? {
            self.name_item(advisory, place).await?;
        }
        Ok(())
    }

    /// Its emergency window, unless somebody gave it another title.
    async fn name_window(&mut self, advisory: &Advisory, id: WindowId) -> Outcome<()> {
        self.lock(id).await?;
        let Some(mut w) = self.tx.window(id).await? else { return Ok(()) };
        if w.title != NEUTRAL_TITLE {
            return Ok(());
        }
        let items = self.tx.items(id).await?;
        w.title = advisory.window_title();
        let change = FieldChange { field: "title".into(), from: NEUTRAL_TITLE.into(), to: w.title.clone() };
        let what = What::Edited { changes: vec![change] };
        let event = self.record(&mut w, &what).await?;
        self.conclude(&w, &items, event, &what).await
    }

    /// A change item of it, whose words somebody may have changed; the ids are added all the same.
    async fn name_item(&mut self, advisory: &Advisory, place: Place) -> Outcome<()> {
        self.lock(place.window).await?;
        let Some(mut w) = self.tx.window(place.window).await? else { return Ok(()) };
        let mut items = self.tx.items(place.window).await?;
        let Some(before) = items.get(place.item).cloned() else { return Ok(()) };
        let mut item = before.clone();
        if item.text == NEUTRAL_ITEM {
            item.text = advisory.item_text();
        }
        let new = advisory.ids.iter().filter(|id| !before.advisories.contains(id));
        item.advisories.extend(new.cloned());
        if item == before {
            return Ok(());
        }
        self.change_item(&mut w, &mut items, before.line(), item).await
    }

    /// The item of a fix: under embargo it says nothing.
    pub(super) fn fix_item(&self, advisory: &Advisory) -> ChangeItem {
        let open = !advisory.is_embargoed(self.now);
        ChangeItem {
            number: 0,
            text: if open { advisory.item_text() } else { NEUTRAL_ITEM.into() },
            kind: ItemKind::Security,
            from_version: None,
            to_version: None,
            advisories: if open { advisory.ids.clone() } else { Vec::new() },
            assignee: None,
            parent: None,
            done: None,
            late: false,
            created_at: self.now,
        }
    }

    /// Every fix that was made is told, every other one whose window is over goes to the next.
    async fn follow_fixes(&mut self, advisory: &Advisory) -> Outcome<()> {
        let mut moves = Moves::new();
        for mut fix in self.tx.fixes(advisory.id).await?.into_iter().filter(|fix| fix.fixed_at.is_none()) {
            let Some((step, from)) = self.looked_at(&mut fix).await? else { continue };
            if step != FixStep::Made {
                self.place(advisory, &mut fix, from).await?;
            }
            let to = fix.place.map(|place| place.window);
            self.tx.save_fix(advisory.id, &fix).await?;
            if from.is_some() || to.is_some() {
                moves.entry((step, from, to)).or_default().push(fix.service);
            }
        }
        for ((step, from, window), services) in moves {
            let event = self.record_on(advisory.id, &What::Fixed { step, services, from, window }).await?;
            let rows = self.tx.deliveries(advisory.id).await?;
            self.owe_advisory(advisory.id, notice::advice_for_told(&rows, event, self.now)).await?;
        }
        Ok(())
    }

    /// What has become of a fix since it was looked at last, and the window that it has to leave; `None`: nothing.
    async fn looked_at(&mut self, fix: &mut Fix) -> Outcome<Option<(FixStep, Option<WindowId>)>> {
        let Some(place) = fix.place else { return Ok(Some((FixStep::Planned, None))) };
        let Some(w) = self.tx.window(place.window).await? else { return Ok(None) };
        let items = self.tx.items(w.id).await?;
        let item = items.get(place.item);
        let went_well = w.state == State::Completed && matches!(w.outcome, Some(Went::Success | Went::Partial));
        if went_well && item.is_some_and(|item| item.done.is_some()) {
            fix.fixed_at = Some(w.actual_end.unwrap_or(self.now));
            return Ok(Some((FixStep::Made, None)));
        }
        if item.is_some() && !w.state.is_over() {
            return Ok(None);
        }
        fix.place = None;
        fix.after = w.span.starts_at.max(fix.after);
        Ok(Some((FixStep::Carried, Some(w.id))))
    }

    /// Puts a fix on the list of the next window of its service, where there is one. What was carried over there by hand
    /// (`from` a window that is over) is not written twice.
    async fn place(&mut self, advisory: &Advisory, fix: &mut Fix, from: Option<WindowId>) -> Outcome<()> {
        let states = vec![State::Scheduled];
        let service = Some(fix.service.clone());
        let after = fix.after.max(self.now);
        let filter = WindowFilter { states, service, from: Some(after), ..WindowFilter::default() };
        let ahead = self.tx.windows(&filter, None, LOOKED_AT).await?;
        let Some(next) = ahead.into_iter().find(|w| w.span.starts_at > after) else { return Ok(()) };
        let (mut w, mut items) = self.window_for(next.id, Step::Change).await?;
        let left = match from {
            Some(from) => self.tx.window(from).await?.and_then(|w| w.actual_end),
            None => None,
        };
        let item = match self.item_there(advisory, &w, &items, left).await? {
            Some(item) => item,
            None => self.add_items(&mut w, &mut items, vec![self.fix_item(advisory)]).await?[0],
        };
        let place = Place { window: w.id, item };
        self.tx.link_item(advisory.id, place).await?;
        fix.place = Some(place);
        Ok(())
    }

    /// An open item of the window that is this fix already: that of another service, or one that was carried over there
    /// since the work was over at `left` (UTC).
    async fn item_there(
        &mut self,
        advisory: &Advisory,
        w: &Window,
        items: &ChangeList,
        left: Option<DateTime<Utc>>,
    ) -> Outcome<Option<i64>> {
        let linked = self.tx.linked_items(advisory.id).await?;
        let mine = linked.iter().filter(|place| place.window == w.id).map(|place| place.item);
        let open = |number: &i64| items.get(*number).is_some_and(|item| item.done.is_none());
        if let Some(number) = mine.into_iter().find(open) {
            return Ok(Some(number));
        }
        let like = self.fix_item(advisory);
        let same = |item: &&ChangeItem| {
            let alike = item.done.is_none() && item.kind == like.kind && item.text == like.text;
            alike && left.is_some_and(|left| item.created_at >= left)
        };
        Ok(items.0.iter().find(same).map(|item| item.number))
    }

    /// An advisory that was taken back promises nothing any more: its open items leave the lists of windows ahead.
    pub(super) async fn take_off_fixes(&mut self, advisory: &Advisory) -> Outcome<()> {
        self.tx.drop_open_fixes(advisory.id).await?;
        for place in self.tx.linked_items(advisory.id).await? {
            self.lock(place.window).await?;
            let Some(mut w) = self.tx.window(place.window).await? else { continue };
            let mut items = self.tx.items(w.id).await?;
            let leaf = items.children(place.item).is_empty();
            let open = items.get(place.item).filter(|item| item.done.is_none() && leaf && !w.state.is_over());
            let Some(item) = open.cloned() else { continue };
            self.take_off_item(&mut w, &mut items, &item).await?;
        }
        Ok(())
    }

    async fn take_off_item(&mut self, w: &mut Window, items: &mut ChangeList, item: &ChangeItem) -> Outcome<()> {
        let was_done = items.all_done();
        self.tx.remove_item(w.id, item.number).await?;
        items.0.retain(|other| other.number != item.number);
        let gone = vec![ItemRef { number: item.number, text: item.line() }];
        self.after_edit(w, items, was_done, What::ItemsRemoved { items: gone }).await.map(drop)
    }

    /// An item says something else from now on. `before` is its line until now.
    async fn change_item(
        &mut self,
        w: &mut Window,
        items: &mut ChangeList,
        before: String,
        item: ChangeItem,
    ) -> Outcome<()> {
        self.tx.update_item(w.id, &item).await?;
        let what = What::ItemEdited { number: item.number, from: before, to: item.line() };
        let was_done = items.all_done();
        if let Some(known) = items.0.iter_mut().find(|known| known.number == item.number) {
            *known = item;
        }
        self.after_edit(w, items, was_done, what).await.map(drop)
    }
}
