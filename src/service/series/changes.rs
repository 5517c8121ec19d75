//! Changes to a series: this window, this and the following, or all; and items that go to the next one.

use super::super::plan::about;
use super::super::policy::{Plea, Verdict};
use super::super::schedule::{differences, moves, read_in};
use super::super::{Cx, Outcome, Reply};
use crate::command::{Edit, Reschedule};
use crate::domain::calendar::local;
use crate::domain::change::{ChangeItem, ChangeList};
use crate::domain::event::{FieldChange, ItemRef, What};
use crate::domain::refusal::Refusal;
use crate::domain::series::{Scope, Series, Template};
use crate::domain::window::{State, Step, Window, WindowId};
use crate::message::words;

impl Cx<'_> {
    /// Calls off this and the following windows of a series, or all that have not begun; it makes no more.
    pub(in crate::service) async fn cancel_series(
        &mut self,
        id: WindowId,
        scope: Scope,
        reason: String,
    ) -> Outcome<Reply> {
        let (mut series, _, windows) = self.of_series(id, scope, Step::Cancel).await?;
        let off = self.stop(&mut series, windows, &reason).await?;
        let message = words::series_stopped(&series, &off, self.dry_run());
        Ok(Reply { windows: off.iter().map(|w| w.id).collect(), ..about(series.id, message) })
    }

    /// Changes facts of the series and of its windows that have not begun.
    pub(in crate::service) async fn edit_series(&mut self, c: &Edit, scope: Scope) -> Outcome<Reply> {
        let (mut series, first, windows) = self.of_series(c.window, scope, Step::Edit).await?;
        let plea = Plea::of(c.reason.as_ref(), c.override_.as_ref());
        // The template is what a window of it would be after the same edit.
        let mut sample = self.new_window(first.id, series.template.clone(), first.span.clone());
        let before = sample.clone();
        self.change_facts(&mut sample, c).await?;
        let mut changes = differences(&before, &sample);
        let old = series.template.clone();
        series.template = Template { items: old.items.clone(), reason: old.reason.clone(), ..Template::from(&sample) };
        let mut touched = Vec::new();
        let mut said = Verdict::nothing();
        for mut w in windows {
            let before = w.clone();
            self.change_facts(&mut w, c).await?;
            if w.detached && w.id != first.id {
                old.keep_own(&before, &mut w);
            }
            let of_window = differences(&before, &w);
            if of_window.is_empty() {
                continue;
            }
            let items = self.tx.items(w.id).await?;
            said.join(self.apply(&before, &mut w, &items, of_window.clone(), plea).await?);
            if changes.is_empty() {
                changes = of_window;
            }
            touched.push(w);
        }
        self.series_changed(&series, scope, &first, touched, changes, &said).await
    }

    /// Moves the rule by as much on the wall clock as one of its windows is moved, and every window with it that was not
    /// moved on its own.
    pub(in crate::service) async fn reschedule_series(&mut self, c: &Reschedule, scope: Scope) -> Outcome<Reply> {
        let (mut series, first, windows) = self.of_series(c.window, scope, Step::Reschedule).await?;
        let resolved = self.resolve(&c.when, c.tz.as_ref(), Some(&first.span.zone), &first.services)?;
        let read = read_in(&resolved);
        let span = resolved.span;
        let wall = first.occurrence.unwrap_or_else(|| local(first.span.starts_at, &first.span.zone));
        series.shift = local(span.starts_at, &span.zone) - wall;
        series.length = span.length();
        series.zone = span.zone.clone();
        let plea = Plea::of(c.reason.as_ref(), c.override_.as_ref());
        // Each window asks its series what the clocks do to its new start.
        self.tx.update_series(&series).await?;
        let mut touched = Vec::new();
        let mut said = Verdict::nothing();
        // The windows of one series never stand in each other's way while they move together.
        let movers: Vec<Window> = windows.into_iter().filter(|w| !w.detached || w.id == first.id).collect();
        let forward = span.starts_at > first.span.starts_at;
        let ordered: Vec<Window> = if forward { movers.into_iter().rev().collect() } else { movers };
        for mut w in ordered {
            let before = w.clone();
            w.span = match w.occurrence {
                Some(wall) if w.id != first.id => series.place(wall),
                _ => span.clone(),
            };
            if !moves(&before, &w) {
                continue;
            }
            let items = self.tx.items(w.id).await?;
            let changes = differences(&before, &w);
            said.join(self.apply(&before, &mut w, &items, changes, plea).await?);
            touched.push(w);
        }
        touched.sort_by_key(|w| w.span.starts_at);
        let change = FieldChange { field: "time".into(), from: first.span.to_string(), to: span.to_string() };
        let reply = self.series_changed(&series, scope, &first, touched, vec![change], &said).await?;
        // At an earlier time of day the next one may be due to be made already.
        let reason = series.template.reason.clone();
        let made = self.make_due(&mut series, Plea::of(Some(&reason), None)).await?;
        let message = words::more_made(reply.message.text(read), &made.windows, &made.left_out);
        Ok(Reply { message, ..reply })
    }

    async fn series_changed(
        &mut self,
        series: &Series,
        scope: Scope,
        first: &Window,
        touched: Vec<Window>,
        changes: Vec<FieldChange>,
        verdict: &Verdict,
    ) -> Outcome<Reply> {
        if changes.is_empty() || (touched.is_empty() && changes.iter().all(|c| c.from == c.to)) {
            let show = format!("/maintenance series show {}", series.id);
            let detail = format!("{} says all of this already; nothing was changed.", series.id);
            return Err(Refusal::rule(detail, show).into());
        }
        self.tx.update_series(series).await?;
        let what = What::SeriesChanged { scope, from: first.id, changes: changes.clone() };
        self.record_on(series.id, &what).await?;
        let message = words::series_changed(series, scope, &touched, &changes, self.dry_run());
        let warnings = verdict.warnings(self, first);
        let message = warnings.iter().fold(message, |m, warning| m.text(warning.clone()));
        let windows = touched.iter().map(|w| w.id).collect();
        Ok(Reply { windows, warnings, findings: verdict.findings.clone(), ..about(series.id, message) })
    }

    /// The series of a window, the window, and those of its windows that a change is for and that have not begun. A window
    /// that is past the step itself still names its series, but its time is nothing that others could be moved by.
    async fn of_series(&mut self, id: WindowId, scope: Scope, step: Step) -> Outcome<(Series, Window, Vec<Window>)> {
        self.lock(id).await?;
        let w = self.window(id).await?;
        if !w.state.permits(step) && (w.series.is_none() || step == Step::Reschedule) {
            return Err(self.illegal(&w, step).await?.into());
        }
        let Some((series, wall)) = w.series.zip(w.occurrence) else {
            let detail = format!("{id} stands alone: it belongs to no series.");
            let words = [self.parsed.command.verb(), &id.to_string()].join(" ");
            return Err(Refusal::rule(detail, format!("/maintenance {}", sentence(step, &words))).into());
        };
        self.tx.lock_series(series).await?;
        let series = self.one_series(series).await?;
        let from = (scope == Scope::Following).then_some(wall);
        let windows = self.tx.windows_of_series(series.id, from).await?;
        let open = |w: &Window| matches!(w.state, State::Pending | State::Scheduled);
        Ok((series, w, windows.into_iter().filter(open).collect()))
    }

    /// Open items go to the next window of the series; answers that window.
    pub(in crate::service) async fn carry_over(&mut self, w: &Window, items: &ChangeList) -> Outcome<Window> {
        let next = match w.series.zip(w.occurrence) {
            Some((series, wall)) => self.tx.occurrence_after(series, wall).await?,
            None => None,
        };
        let Some(next) = next.filter(|next| matches!(next.state, State::Pending | State::Scheduled)) else {
            let detail = format!("There is no next window that the open items of {} could go to.", w.id);
            return Err(Refusal::rule(detail, format!("/maintenance complete {} outcome:partial", w.id)).into());
        };
        let open = items.open();
        let carried = items.with_ancestors(&open);
        let (mut next, mut list) = self.window_for(next.id, Step::Change).await?;
        let now = self.now;
        let anew = |item: &&ChangeItem| ChangeItem {
            number: 0,
            parent: None,
            done: None,
            late: false,
            created_at: now,
            ..(*item).clone()
        };
        let numbers = self.add_items(&mut next, &mut list, carried.iter().map(anew).collect()).await?;
        for (item, number) in carried.iter().zip(&numbers) {
            let parent = carried.iter().position(|other| Some(other.number) == item.parent);
            if let Some(parent) = parent.and_then(|place| numbers.get(place)) {
                self.tx
                    .update_item(next.id, &ChangeItem { number: *number, parent: Some(*parent), ..anew(item) })
                    .await?;
            }
        }
        let refs = open.iter().map(|item| ItemRef { number: item.number, text: item.line() }).collect();
        let mut w = w.clone();
        self.record(&mut w, &What::CarriedOver { to: next.id, items: refs }).await?;
        Ok(next)
    }
}

/// A line that would be legal for a window that stands alone.
fn sentence(step: Step, words: &str) -> String {
    match step {
        Step::Reschedule => format!("{words} when:\"next sunday 16:00-20:00\""),
        Step::Edit => format!("{words} poc:@anna"),
        _ => words.to_owned(),
    }
}
