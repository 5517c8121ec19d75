//! Series: recurrences that make ordinary windows ahead of time.

mod changes;

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::plan::about;
use super::policy::{Plea, Verdict};
use super::schedule::PRODUCTION;
use super::{Cx, Failure, Outcome, Reply};
use crate::command::{SeriesNew, SeriesShow, SeriesStop};
use crate::domain::calendar::local;
use crate::domain::change::{ChangeItem, ChangeList, ItemKind};
use crate::domain::event::{LeftOut, What};
use crate::domain::finding::{self, Around, Finding, Weight};
use crate::domain::ledger::Planned;
use crate::domain::notice::{self, Situation};
use crate::domain::refusal::Refusal;
use crate::domain::series::{AT_MOST, Due, ItemTemplate, Series, SeriesId, SeriesState, Template};
use crate::domain::timed;
use crate::domain::window::{Kind, State, Step, Window, WindowId};
use crate::message::words;
use crate::store::{NewEvent, NewWindow, Owed};

/// The most series that a list reply holds.
const MOST_LISTED: i64 = 50;

/// What came of making the occurrences that were due.
#[derive(Default)]
pub(super) struct Made {
    pub windows: Vec<Window>,
    pub left_out: Vec<LeftOut>,
    pub findings: Vec<Finding>,
}

impl Cx<'_> {
    pub(super) async fn series_new(&mut self, c: &SeriesNew) -> Outcome<Reply> {
        let services = self.services(&c.service)?;
        let regions = self.regions(&c.regions, &services)?;
        let kind = c.kind.clone().unwrap_or_else(|| Kind(Kind::SCHEDULED.into()));
        self.known_kind(&kind)?;
        let zones = self.zones(c.tz.as_ref(), None, &services);
        let zone = zones.home();
        let from = match &c.from {
            Some(moment) => moment
                .resolve(self.now, &zones)
                .map_err(|e| self.parsed.refuse("from", e.range, e.message, e.hint))?
                .max(self.now),
            None => self.now,
        };
        let (rule, length) = c
            .every
            .resolve(c.at, c.for_, local(from, &zone))
            .map_err(|e| self.parsed.refuse("every", e.range, e.message, e.hint))?;
        let environment = self.service_setting(&services, |s| s.environment.clone());
        let series = Series {
            id: SeriesId(0),
            state: SeriesState::Active,
            rule,
            zone,
            shift: TimeDelta::zero(),
            length,
            template: Template {
                title: c.title.clone(),
                kind,
                environment: c.environment.clone().or(environment).unwrap_or_else(|| PRODUCTION.into()),
                services,
                regions,
                downtime: c.downtime.overall.clone(),
                downtimes: c.downtime.services.clone(),
                impact: c.impact.clone().unwrap_or_default(),
                category: c.category,
                rollback: c.rollback.clone().unwrap_or_default(),
                customers: self.customers(&c.customers)?,
                links: c.link.clone(),
                poc: c.poc.as_ref().map(|p| self.person(p)),
                items: c.item.iter().map(|line| item(line)).collect(),
                reason: c.reason.clone().unwrap_or_default(),
            },
            made_until: None,
            requester: self.actor.id.clone(),
            place: self.place.to_owned(),
            created_at: self.now,
            next_make_at: None,
        };
        self.store_series(series, Plea::of(c.reason.as_ref(), c.override_.as_ref())).await
    }

    async fn store_series(&mut self, mut series: Series, plea: Plea<'_>) -> Outcome<Reply> {
        let (due, _) = series.due(self.now, &[]);
        self.makes_sense(&due)?;
        series.id = self.tx.next_series_id().await?;
        for service in &series.template.services {
            self.tx.add_service(service, self.now).await?;
        }
        self.tx.insert_series(&series).await?;
        let made = self.make_due(&mut series, plea).await?;
        if let (true, Some(left_out)) = (made.windows.is_empty(), made.left_out.first()) {
            let detail = format!("None of its windows can be made. The first, {}: {}", left_out.when, left_out.why);
            let hint = if plea.reason.is_none() && made.findings.iter().any(|f| self.asks(&series.template, f)) {
                self.parsed.line_with("reason", "why it cannot wait")
            } else {
                let services = series.template.services.join(",");
                let length = crate::domain::calendar::compact(series.length);
                format!("/maintenance suggest service:{services} duration:{length}")
            };
            return Err(Refusal::rule(detail, hint).into());
        }
        let message = words::series_made(self.organisation, &series, &made.windows, &made.left_out, self.dry_run());
        let mut warnings: Vec<String> = Vec::new();
        if series.template.poc.is_none() {
            warnings.push(words::no_contact_in_series());
        }
        let message = warnings.iter().fold(message, |m, warning| m.text(warning.clone()));
        let windows = made.windows.iter().map(|w| w.id).collect();
        Ok(Reply { windows, warnings, findings: made.findings, ..about(series.id, message) })
    }

    /// Refuses a rule that never occurs, occurs too often, or whose windows run into one another.
    fn makes_sense(&self, due: &[Due]) -> Outcome<()> {
        let wrong = |detail: String, example: &str| {
            Failure::from(self.parsed.refuse("every", usize::MAX..usize::MAX, detail, Some(example.to_owned())))
        };
        if due.is_empty() {
            let detail = "This never comes again, so there is no window to make.".to_owned();
            return Err(wrong(detail, "second sunday of month 16:00 for 4h"));
        }
        if due.len() > AT_MOST {
            let detail = format!(
                "This makes more than {AT_MOST} windows in 400 days; a series of maintenance windows is rarer."
            );
            return Err(wrong(detail, "every day at 02:00 for 30m"));
        }
        let overlap = due.windows(2).find(|pair| pair[1].span.starts_at < pair[0].span.ends_at);
        if let Some(pair) = overlap {
            let detail = format!("Its windows run into one another: {} and {}.", pair[0].span, pair[1].span);
            return Err(wrong(detail, "second sunday of month 16:00 for 4h"));
        }
        Ok(())
    }

    fn asks(&self, template: &Template, finding: &Finding) -> bool {
        let policy = self.organisation.policy(&template.kind, &template.services);
        finding.weight(policy) == Weight::NeedsApproval
    }

    /// Makes the occurrences that are due, and records what was made and what was left out.
    pub(super) async fn make_due(&mut self, series: &mut Series, plea: Plea<'_>) -> Outcome<Made> {
        let known = self.tx.windows_of_series(series.id, None).await?;
        let upcoming: Vec<DateTime<Utc>> =
            known.iter().filter(|w| w.span.starts_at >= self.now).map(|w| w.span.starts_at).collect();
        let (due, next) = series.due(self.now, &upcoming);
        let mut made = Made::default();
        if let (Some(first), Some(last)) = (due.first(), due.last()) {
            series.made_until = Some(last.wall);
            let accepted = self.accept(series, &due, (first, last), plea, &mut made).await?;
            self.store_occurrences(series, accepted, plea, &mut made).await?;
        }
        series.next_make_at = next;
        self.tx.update_series(series).await?;
        if !made.windows.is_empty() || !made.left_out.is_empty() {
            let ids = made.windows.iter().map(|w| w.id).collect();
            self.record_on(series.id, &What::Occurred { made: ids, left_out: made.left_out.clone() }).await?;
        }
        Ok(made)
    }

    /// The occurrences that policy lets be, with what it says of each; the others are noted as left out.
    async fn accept(
        &mut self,
        series: &Series,
        due: &[Due],
        ends: (&Due, &Due),
        plea: Plea<'_>,
        made: &mut Made,
    ) -> Outcome<Vec<(Window, Verdict)>> {
        let probe = self.new_window(WindowId(0), series.template.clone(), ends.0.span.clone());
        let others = self.neighbours(&probe, ends.0.span.starts_at, ends.1.span.ends_at).await?;
        let freezes = self.freezes_ahead().await?;
        let policy = self.organisation.policy(&probe.kind, &probe.services);
        let mut accepted = Vec::new();
        for occurrence in due {
            let mut w = self.new_window(WindowId(0), series.template.clone(), occurrence.span.clone());
            w.series = Some(series.id);
            w.occurrence = Some(occurrence.wall);
            w.requester.clone_from(&series.requester);
            w.place.clone_from(&series.place);
            let around = Around { organisation: self.organisation, freezes: &freezes, others: &others, now: self.now };
            let findings = finding::findings(&w, &around);
            let hinders = |f: &&Finding| match f.weight(policy) {
                Weight::Refuses => matches!(f, Finding::ShortNotice { .. }) || plea.override_.is_none(),
                Weight::NeedsApproval => plea.reason.is_none(),
                Weight::Warns => false,
            };
            if let Some(finding) = findings.iter().find(hinders) {
                let why = words::finding(self.organisation, &w.span.zone, finding);
                made.left_out.push(LeftOut { when: w.span.to_string(), why });
                made.findings.push(finding.clone());
                continue;
            }
            // Nothing refuses it any more: what is left is approved, overridden or only said.
            let verdict = self.weigh(&w, findings, plea).await?;
            accepted.push((w, verdict));
        }
        Ok(accepted)
    }

    /// Stores occurrences with their lists and ledgers, all in a few statements; then asks for those that need approval.
    async fn store_occurrences(
        &mut self,
        series: &Series,
        accepted: Vec<(Window, Verdict)>,
        plea: Plea<'_>,
        made: &mut Made,
    ) -> Outcome<()> {
        let items = self.first_list(&series.template.items);
        let ids = self.tx.next_window_ids(accepted.len()).await?;
        let (mut windows, mut verdicts) = (Vec::new(), Vec::new());
        for ((mut w, verdict), id) in accepted.into_iter().zip(ids) {
            w.id = id;
            if verdict.needs_approval {
                w.state = State::Pending;
            }
            windows.push(w);
            verdicts.push(verdict);
        }
        let (Some(first), scheduled) = (windows.first(), What::Scheduled) else { return Ok(()) };
        let mut previous_end = self.kin(first).await?.previous_end;
        let (mut rows, mut new) = (Vec::new(), Vec::new());
        for w in &windows {
            let (owed, next_action) = self.begins_with(series, w, &items, previous_end);
            rows.push(owed);
            new.push(NewWindow { window: w, items: &items.0, next_action });
            previous_end = Some(w.span.ends_at);
        }
        self.tx.insert_windows(&new).await?;
        let event = |w: &Window| NewEvent {
            subject: w.id.into(),
            at: self.now,
            actor: &self.actor.id,
            place: self.place,
            what: &scheduled,
        };
        let events: Vec<NewEvent<'_>> = windows.iter().map(event).collect();
        let events = self.tx.add_events(&events).await?;
        for ((w, rows), event) in windows.iter().zip(&mut rows).zip(events) {
            if w.as_published().is_some() {
                rows.extend(notice::kept_in_step(w, self.organisation, event, &[], self.now));
            }
        }
        let owed = windows.iter().zip(&rows).map(|(w, rows)| Owed { subject: w.id.into(), queue: w.id.into(), rows });
        self.tx.insert_all_deliveries(&owed.collect::<Vec<_>>(), self.now).await?;
        self.planned.extend(rows.into_iter().flatten());
        for (mut w, verdict) in windows.into_iter().zip(verdicts) {
            self.note_override(&mut w, plea, &verdict).await?;
            if verdict.needs_approval {
                self.ask(None, &mut w, &items, plea, &verdict).await?;
            }
            made.windows.push(w);
        }
        Ok(())
    }

    /// What a new occurrence owes, and when the clock acts on it (UTC).
    fn begins_with(
        &self,
        series: &Series,
        w: &Window,
        items: &ChangeList,
        previous_end: Option<DateTime<Utc>>,
    ) -> (Vec<Planned>, Option<DateTime<Utc>>) {
        let nobody = BTreeSet::new();
        let situation = Situation {
            window: w,
            items,
            organisation: self.organisation,
            told_before: &nobody,
            listed: &nobody,
            phases: None,
            previous_end,
            start_note: series.start_note(w),
            has_issue: false,
            asked_at: None,
        };
        let policy = self.organisation.policy(&w.kind, &w.services);
        let next = timed::next(w, items, policy, false).map(|(at, _)| at);
        (notice::ladder(&situation), next)
    }

    /// The change list that every window of a series starts with, numbered from 1.
    fn first_list(&self, templates: &[ItemTemplate]) -> ChangeList {
        let number = |place: usize| i64::try_from(place + 1).unwrap_or(i64::MAX);
        let item = |(place, template): (usize, &ItemTemplate)| ChangeItem {
            number: number(place),
            text: template.text.clone(),
            kind: template.kind,
            from_version: template.from_version.clone(),
            to_version: template.to_version.clone(),
            advisories: template.advisories.clone(),
            assignee: template.assignee.clone(),
            parent: template.parent.filter(|parent| *parent < place).map(number),
            done: None,
            late: false,
            created_at: self.now,
        };
        ChangeList(templates.iter().enumerate().map(item).collect())
    }

    /// The clock makes more windows of a series.
    pub(super) async fn make_more(&mut self, id: SeriesId) -> Outcome<()> {
        self.tx.lock_series(id).await?;
        let Some(mut series) = self.tx.one_series(id).await? else { return Ok(()) };
        if series.next_make_at.is_none_or(|at| at > self.now) {
            return Ok(());
        }
        let reason = series.template.reason.clone();
        self.make_due(&mut series, Plea::of(Some(&reason), None)).await.map(drop)
    }

    pub(super) async fn series_show(&mut self, c: &SeriesShow) -> Outcome<Reply> {
        let Some(id) = c.series else {
            let found = self.tx.series(MOST_LISTED).await?;
            return Ok(Reply { message: words::all_series(&found), ..Reply::default() });
        };
        let series = self.one_series(id).await?;
        let windows = self.tx.windows_of_series(id, None).await?;
        let events = self.tx.events(id).await?;
        let message = words::series(self.organisation, &series, &windows, &events, self.now);
        let ids = windows.iter().filter(|w| !w.state.is_over()).map(|w| w.id).collect();
        Ok(Reply { windows: ids, ..about(id, message) })
    }

    pub(super) async fn series_stop(&mut self, c: &SeriesStop) -> Outcome<Reply> {
        let reason = c.reason.clone().unwrap_or_default();
        self.tx.lock_series(c.series).await?;
        let mut series = self.one_series(c.series).await?;
        if series.state == SeriesState::Stopped {
            let detail = format!("{} is stopped already.", series.id);
            return Err(Refusal::rule(detail, format!("/maintenance series show {}", series.id)).into());
        }
        let windows = self.tx.windows_of_series(series.id, None).await?;
        let off = self.stop(&mut series, windows, &reason).await?;
        let message = words::series_stopped(&series, &off, self.dry_run());
        Ok(Reply { windows: off.iter().map(|w| w.id).collect(), ..about(series.id, message) })
    }

    /// The series makes no more, and those of `windows` that have not begun are called off.
    async fn stop(&mut self, series: &mut Series, windows: Vec<Window>, reason: &str) -> Outcome<Vec<Window>> {
        series.state = SeriesState::Stopped;
        series.next_make_at = None;
        self.tx.update_series(series).await?;
        self.record_on(series.id, &What::Stopped { reason: reason.to_owned() }).await?;
        let mut off = Vec::new();
        for mut w in windows.into_iter().filter(|w| w.state.permits(Step::Cancel)) {
            let items = self.tx.items(w.id).await?;
            self.cancel_one(&mut w, &items, reason).await?;
            off.push(w);
        }
        Ok(off)
    }

    async fn one_series(&mut self, id: SeriesId) -> Outcome<Series> {
        let found = self.tx.one_series(id).await?;
        found.ok_or_else(|| Refusal::not_found(format!("series {id}"), "/maintenance series show").into())
    }
}

/// An item of a series from the line that was typed.
fn item(line: &str) -> ItemTemplate {
    ItemTemplate {
        text: line.to_owned(),
        kind: ItemKind::Other,
        from_version: None,
        to_version: None,
        advisories: Vec::new(),
        assignee: None,
        parent: None,
    }
}
