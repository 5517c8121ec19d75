//! Planning a window: schedule, edit, reschedule, extend, cancel.

use chrono::{DateTime, TimeDelta, Utc};

use super::policy::{Plea, Verdict};
use super::{Cx, Outcome, Reply};
use crate::command::when::{Resolved, When, ZoneSource, Zones};
use crate::command::{Cancel, Edit, Extend, Reschedule, Schedule};
use crate::domain::calendar::{Span, Zone, at, compact, duration_words};
use crate::domain::change::ChangeList;
use crate::domain::event::{FieldChange, What};
use crate::domain::finding::Finding;
use crate::domain::ledger::{MessageKind, Planned};
use crate::domain::notice;
use crate::domain::plan::PlanState;
use crate::domain::refusal::Refusal;
use crate::domain::series::{Scope, Template};
use crate::domain::subject::Subject;
use crate::domain::window::{Downtime, Kind, State, Step, Window, WindowId};
use crate::message::{Message, words};

/// The longest a window may be.
pub(super) const LONGEST: TimeDelta = TimeDelta::days(31);
/// Where windows happen when nobody says otherwise.
pub(super) const PRODUCTION: &str = "production";

impl Cx<'_> {
    pub(super) async fn schedule(&mut self, c: &Schedule) -> Outcome<Reply> {
        let services = self.services(&c.service)?;
        let regions = self.regions(&c.regions, &services)?;
        let kind = c.kind.clone().unwrap_or_else(|| Kind(Kind::SCHEDULED.into()));
        self.known_kind(&kind)?;
        let resolved = self.resolve(&c.when, c.tz.as_ref(), None, &services)?;
        let read = read_in(&resolved);
        let plan = match c.plan {
            Some(id) => Some(self.plan_taking_phases(id).await?),
            None => None,
        };
        let id = self.tx.next_window_id().await?;
        let environment = self.service_setting(&services, |s| s.environment.clone());
        let template = Template {
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
            items: Vec::new(),
            reason: String::new(),
        };
        let mut w = self.new_window(id, template, resolved.span);
        w.plan = c.plan;
        self.own_services(&w)?;
        for service in &w.services {
            self.tx.add_service(service, self.now).await?;
        }
        let plea = Plea::of(c.reason.as_ref(), c.override_.as_ref());
        let draft = plan.as_ref().is_some_and(|plan| plan.state == PlanState::Draft);
        let verdict = if draft {
            Verdict { findings: self.findings(&w).await?, ..Verdict::nothing() }
        } else {
            self.judge(&w, plea).await?
        };
        if draft {
            w.state = State::Pending;
        }
        self.tx.insert_window(&w).await?;
        let items = self.store_new(&mut w, &c.item, plea, &verdict).await?;
        let mut warnings = if draft {
            words::draft_warnings(self.organisation, &w, &verdict.findings)
        } else {
            verdict.said(self, &w)
        };
        if w.poc.is_none() {
            warnings.push(words::nobody_named(&w, self.dry_run()));
        }
        let message = words::scheduled(self.organisation, &w, &items, &self.planned, read, self.dry_run(), self.now);
        let message = warnings.iter().fold(message, |m, warning| m.text(warning.clone()));
        Ok(Reply { message, windows: vec![w.id], warnings, findings: verdict.findings, ..Reply::default() })
    }

    /// A window as it begins: scheduled, under its first sequence.
    pub(super) fn new_window(&self, id: WindowId, facts: Template, span: Span) -> Window {
        Window {
            id,
            title: facts.title,
            kind: facts.kind,
            services: facts.services,
            environment: facts.environment,
            regions: facts.regions,
            span,
            downtime: facts.downtime,
            downtimes: facts.downtimes,
            impact: facts.impact,
            category: facts.category,
            rollback: facts.rollback,
            customers: facts.customers,
            links: facts.links,
            poc: facts.poc,
            requester: self.actor.id.clone(),
            place: self.place.to_owned(),
            state: State::Scheduled,
            outcome: None,
            sequence: 0,
            sequence_at: self.now,
            revision: 0,
            actual_start: None,
            actual_end: None,
            actual_downtime: None,
            attended_at: None,
            no_shows: 0,
            overruns: 0,
            created_at: self.now,
            plan: None,
            series: None,
            occurrence: None,
            detached: false,
            published: None,
            request: None,
            told_round: 0,
        }
    }

    /// What follows when a window was just stored: its items, its request for approval or its place in the ledger.
    pub(super) async fn store_new(
        &mut self,
        w: &mut Window,
        lines: &[String],
        plea: Plea<'_>,
        verdict: &Verdict,
    ) -> Outcome<ChangeList> {
        let mut items = ChangeList::default();
        let event = self.record(w, &What::Scheduled).await?;
        self.note_override(w, plea, verdict).await?;
        if !lines.is_empty() {
            self.add_lines(w, &mut items, lines).await?;
        }
        if verdict.needs_approval {
            self.ask(None, w, &items, plea, verdict).await?;
            return Ok(items);
        }
        if lines.is_empty() {
            // Stored just now: there is nothing to store again, and nothing in its ledger.
            self.follow(w, &items, event, &What::Scheduled, &[]).await?;
        } else {
            self.conclude(w, &items, event, &What::Scheduled).await?;
        }
        self.retell_plan(w, event).await?;
        Ok(items)
    }

    pub(super) async fn edit(&mut self, c: &Edit) -> Outcome<Reply> {
        if let Some(scope) = scope(c.following, c.all) {
            return self.edit_series(c, scope).await;
        }
        let (mut w, items) = self.window_for(c.window, Step::Edit).await?;
        let before = w.clone();
        self.change_facts(&mut w, c).await?;
        let changes = differences(&before, &w);
        if changes.is_empty() {
            let show = format!("/maintenance show {}", w.id);
            return Err(Refusal::rule(format!("{} says all of this already; nothing was changed.", w.id), show).into());
        }
        w.detached |= w.series.is_some();
        let said = changes.iter().map(|c| c.field.clone()).collect::<Vec<_>>().join(", ");
        let plea = Plea::of(c.reason.as_ref(), c.override_.as_ref());
        let verdict = self.apply(&before, &mut w, &items, changes, plea).await?;
        let what = if verdict.needs_approval {
            format!("waits for approval of its new {said}")
        } else {
            format!("has a new {said}")
        };
        let message = words::did(&w, what, self.dry_run());
        Ok(self.reply_with(&w, message, &verdict))
    }

    /// Writes the typed facts into a window.
    pub(super) async fn change_facts(&mut self, w: &mut Window, c: &Edit) -> Outcome<()> {
        if let Some(kind) = &c.kind {
            self.known_kind(kind)?;
            w.kind.clone_from(kind);
        }
        if !c.service.is_empty() {
            w.services = self.services(&c.service)?;
            for service in &w.services {
                self.tx.add_service(service, self.now).await?;
            }
            w.downtimes.retain(|service, _| w.services.contains(service));
        }
        if let Some(regions) = &c.regions {
            w.regions = self.regions(regions, &w.services)?;
        }
        if let Some(environment) = &c.environment {
            w.environment.clone_from(environment);
        }
        let text = |field: &mut String, new: &Option<String>| {
            if let Some(new) = new {
                field.clone_from(new);
            }
        };
        text(&mut w.title, &c.title);
        text(&mut w.impact, &c.impact);
        text(&mut w.rollback, &c.rollback);
        if let Some(poc) = &c.poc {
            w.poc = Some(self.person(poc));
        }
        if c.downtime.overall.is_some() {
            w.downtime.clone_from(&c.downtime.overall);
        }
        w.downtimes.extend(c.downtime.services.clone());
        w.category = c.category.or(w.category);
        if let Some(customers) = &c.customers {
            w.customers = self.customers(customers)?;
        }
        if let Some(links) = &c.link {
            w.links.clone_from(links);
        }
        self.own_services(w)
    }

    /// Stores a changed window: a move where the public's times or scope change, under policy; an edit otherwise.
    pub(super) async fn apply(
        &mut self,
        before: &Window,
        w: &mut Window,
        items: &ChangeList,
        changes: Vec<FieldChange>,
        plea: Plea<'_>,
    ) -> Outcome<Verdict> {
        if !moves(before, w) {
            let what = What::Edited { changes };
            let event = self.record(w, &what).await?;
            self.conclude(w, items, event, &what).await?;
            return Ok(Verdict::nothing());
        }
        let draft = w.state == State::Pending && w.request.is_none();
        let running = w.state.is_running();
        let verdict = if draft || running {
            Verdict { findings: self.findings(w).await?, ..Verdict::nothing() }
        } else {
            self.judge(w, plea).await?
        };
        w.sequence += 1;
        w.sequence_at = self.now;
        if w.span.starts_at != before.span.starts_at {
            // Whoever was ready for the old start is asked again for the new one.
            w.attended_at = None;
            w.no_shows = 0;
        }
        self.note_override(w, plea, &verdict).await?;
        if verdict.needs_approval {
            self.ask(Some(before), w, items, plea, &verdict).await?;
            return Ok(verdict);
        }
        let reason = plea.reason.unwrap_or_default().to_owned();
        if draft {
            let what = What::Edited { changes };
            let event = self.record(w, &what).await?;
            self.conclude(w, items, event, &what).await?;
            return Ok(verdict);
        }
        let was_public = before.as_published().map(std::borrow::Cow::into_owned);
        if w.state == State::Pending {
            // The new times need no approval any more.
            w.state = State::Scheduled;
            w.request = None;
            w.published = None;
        }
        if let Some(old) = was_public {
            self.tell_moved(&old, w, items, reason).await?;
            return Ok(verdict);
        }
        self.record(w, &What::Edited { changes }).await?;
        let event = self.record(w, &What::Scheduled).await?;
        self.owe_all_assignees(w, items, event).await?;
        self.conclude(w, items, event, &What::Scheduled).await?;
        self.retell_plan(w, event).await?;
        Ok(verdict)
    }

    pub(super) async fn reschedule(&mut self, c: &Reschedule) -> Outcome<Reply> {
        if let Some(scope) = scope(c.following, c.all) {
            return self.reschedule_series(c, scope).await;
        }
        let (mut w, items) = self.window_for(c.window, Step::Reschedule).await?;
        let before = w.clone();
        let resolved = self.resolve(&c.when, c.tz.as_ref(), Some(&before.span.zone), &before.services)?;
        let read = read_in(&resolved);
        w.span = resolved.span;
        if w.span == before.span {
            let show = format!("/maintenance show {}", w.id);
            return Err(Refusal::rule(format!("{} is at that time already; nothing was changed.", w.id), show).into());
        }
        w.detached |= w.series.is_some();
        let changes = differences(&before, &w);
        let plea = Plea::of(c.reason.as_ref(), c.override_.as_ref());
        let verdict = self.apply(&before, &mut w, &items, changes, plea).await?;
        let what = match w.as_published().filter(|_| verdict.needs_approval) {
            Some(public) => format!("waits for approval of its new time; until then it stays at {}", public.span),
            None if verdict.needs_approval => "waits for approval of its new time; nothing of it is public yet".into(),
            None => format!("is moved, from {}", before.span),
        };
        let message = words::did(&w, what, self.dry_run()).text(read);
        let ledger = words::ledger(self.planned.iter().map(words::LedgerRow::planned), &w.span.zone);
        if self.dry_run() {
            return Ok(self.reply_with(&w, message, &verdict));
        }
        Ok(self.reply_with(&w, message.text("Who hears what, and when:").block(ledger), &verdict))
    }

    /// A new sequence is in force: the told hear `moved`, those who no longer match hear `cancelled`, the rest is
    /// replanned, owners of customers are asked again. `before` is what the public knew.
    pub(super) async fn tell_moved(
        &mut self,
        before: &Window,
        w: &mut Window,
        items: &ChangeList,
        reason: String,
    ) -> Outcome<()> {
        let what = What::Moved {
            from_start: before.span.starts_at,
            from_end: before.span.ends_at,
            from_zone: before.span.zone.clone(),
            changes: differences(before, w),
            reason,
        };
        let told = self.told(w).await?;
        if !told.is_empty() {
            w.told_round += 1;
        }
        let event = self.record(w, &what).await?;
        if w.plan.is_none() {
            self.cause_for_told(w, MessageKind::Moved, event).await?;
        }
        if !told.is_empty() {
            let rows = notice::told_requests(w, self.organisation, event, self.now);
            self.owe(w, rows).await?;
        }
        self.cancel_for_those_left_out(before, w, event).await?;
        self.conclude(w, items, event, &what).await?;
        self.retell_plan(w, event).await
    }

    /// Channels that were told and that the window no longer concerns.
    async fn cancel_for_those_left_out(&mut self, before: &Window, w: &Window, event: i64) -> Outcome<()> {
        let told = self.told(w).await?;
        let still: Vec<_> =
            self.organisation.audiences.iter().filter(|a| a.concerns(w)).flat_map(|a| a.channels_for(w)).collect();
        let rows = notice::caused(before, self.organisation, MessageKind::Cancelled, event, self.now);
        let left_out = rows.into_iter().filter(|row| told.contains(&row.channel) && !still.contains(&row.channel));
        let rows = left_out.map(|row| Planned { sequence: w.sequence, ..row }).collect();
        self.owe(w, rows).await
    }

    pub(super) async fn extend(&mut self, c: &Extend) -> Outcome<Reply> {
        let (mut w, items) = self.window_for(c.window, Step::Extend).await?;
        let from_end = w.span.ends_at;
        let to_end = from_end + c.for_;
        if to_end - w.span.starts_at > LONGEST {
            let most = (LONGEST - (from_end - w.span.starts_at)).max(TimeDelta::minutes(1));
            let hint = format!("/maintenance extend {} {}", w.id, compact(most));
            return Err(Refusal::rule("A window is at most 31 days long.", hint).into());
        }
        if to_end <= self.now {
            let least = compact(TimeDelta::minutes((self.now - from_end).num_minutes() + 30));
            let detail = format!(
                "{} was to end {}; {} more is still in the past.",
                w.id,
                at(from_end, &w.span.zone),
                duration_words(c.for_)
            );
            return Err(Refusal::rule(detail, format!("/maintenance extend {} {least}", w.id)).into());
        }
        w.span.ends_at = to_end;
        w.sequence += 1;
        w.sequence_at = self.now;
        w.overruns = 0;
        self.attend(&mut w);
        let reason = c.reason.clone().unwrap_or_default();
        let what = What::Extended { by_s: c.for_.num_seconds(), from_end, to_end, reason };
        let event = self.record(&mut w, &what).await?;
        self.cause_for_told(&w, MessageKind::Extended, event).await?;
        self.conclude(&w, &items, event, &what).await?;
        // Work goes on whatever it meets: what it meets is only said.
        let meets = |f: &Finding| matches!(f, Finding::Conflict { .. } | Finding::Close { .. });
        let findings: Vec<Finding> = self.findings(&w).await?.into_iter().filter(meets).collect();
        let what = format!("is extended by {}; it now ends {}", duration_words(c.for_), at(to_end, &w.span.zone));
        let said = findings.iter().map(|f| words::finding(self.organisation, &w.span.zone, f));
        let message = said.fold(words::did(&w, what, self.dry_run()), Message::text);
        Ok(Reply { findings, ..self.reply(&w, message) })
    }

    pub(super) async fn cancel(&mut self, c: &Cancel) -> Outcome<Reply> {
        let reason = c.reason.clone().unwrap_or_default();
        let id = match c.window {
            Subject::Plan(plan) => return self.cancel_plan(plan, reason).await,
            Subject::Window(id) => id,
            other => return Err(Refusal::not_found(other.to_string(), "/maintenance list").into()),
        };
        if let Some(scope) = scope(c.following, c.all) {
            return self.cancel_series(id, scope, reason).await;
        }
        let (mut w, items) = self.window_for(id, Step::Cancel).await?;
        self.cancel_one(&mut w, &items, &reason).await?;
        Ok(self.reply(&w, words::did(&w, "is cancelled", self.dry_run())))
    }

    /// Calls a window off and tells those who were told of it.
    pub(super) async fn cancel_one(&mut self, w: &mut Window, items: &ChangeList, reason: &str) -> Outcome<()> {
        self.take_off(w, items, &What::Cancelled { reason: reason.to_owned() }).await.map(drop)
    }

    /// A reply about a window that policy was asked about.
    pub(super) fn reply_with(&self, w: &Window, message: Message, verdict: &Verdict) -> Reply {
        let warnings = verdict.said(self, w);
        let message = warnings.iter().fold(message, |m, warning| m.text(warning.clone()));
        Reply { warnings, findings: verdict.findings.clone(), ..self.reply(w, message) }
    }

    /// Typed customer ids, checked against the configuration where there is one; `all` means every customer.
    pub(super) fn customers(&self, typed: &[String]) -> Outcome<Vec<String>> {
        if typed.len() == 1 && typed[0].eq_ignore_ascii_case("all") {
            return Ok(Vec::new());
        }
        let known: Vec<String> = self.organisation.customers.keys().cloned().collect();
        if known.is_empty() {
            return Ok(unique(typed));
        }
        let spelled = |id: &String| known.iter().find(|known| known.eq_ignore_ascii_case(id)).unwrap_or(id).clone();
        let typed: Vec<String> = typed.iter().map(spelled).collect();
        self.all_known("customers", &typed, &known)?;
        Ok(unique(&typed))
    }

    /// A downtime of a service's own makes sense only for a service of the window.
    pub(super) fn own_services(&self, w: &Window) -> Outcome<()> {
        let Some(stranger) = w.downtimes.keys().find(|service| !w.services.contains(service)) else { return Ok(()) };
        let detail = format!("`downtime.{stranger}` speaks of a service that this window does not touch.");
        let services = w.services.iter().cloned().chain([stranger.clone()]).collect::<Vec<_>>().join(",");
        Err(Refusal::rule(detail, self.parsed.line_with("service", &services)).into())
    }

    /// Typed service ids, checked against the configuration where there is one; `all` means every configured service.
    pub(super) fn services(&self, typed: &[String]) -> Outcome<Vec<String>> {
        let known: Vec<String> = self.organisation.services.keys().cloned().collect();
        if known.is_empty() {
            return Ok(unique(typed));
        }
        if typed == ["all"] {
            return Ok(known);
        }
        self.all_known("service", typed, &known)?;
        Ok(unique(typed))
    }

    /// Typed region ids, or those that the services run in.
    pub(super) fn regions(&self, typed: &[String], services: &[String]) -> Outcome<Vec<String>> {
        if typed.is_empty() {
            let of = |id: &String| self.organisation.services.get(id).map(|s| s.regions.clone()).unwrap_or_default();
            return Ok(unique(&services.iter().flat_map(of).collect::<Vec<_>>()));
        }
        let known: Vec<String> = self.organisation.regions.keys().cloned().collect();
        if !known.is_empty() {
            self.all_known("regions", typed, &known)?;
        }
        Ok(unique(typed))
    }

    pub(super) fn known_kind(&self, kind: &Kind) -> Outcome<()> {
        let known: Vec<String> = self.organisation.policies.keys().cloned().collect();
        self.all_known("kind", std::slice::from_ref(&kind.0), &known)
    }

    pub(super) fn all_known(&self, option: &str, typed: &[String], known: &[String]) -> Outcome<()> {
        let Some(wrong) = typed.iter().find(|id| !known.contains(id)) else { return Ok(()) };
        let likeness = |id: &String| strsim::jaro_winkler(&id.to_lowercase(), &wrong.to_lowercase());
        let nearest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).cloned();
        let thing = option.trim_end_matches('s');
        let detail = format!("There is no {thing} `{wrong}`; these are known: {}.", known.join(", "));
        let value = nearest.map(|near| {
            typed.iter().map(|id| if id == wrong { near.clone() } else { id.clone() }).collect::<Vec<_>>().join(",")
        });
        Err(self.parsed.refuse(option, usize::MAX..usize::MAX, detail, value).into())
    }

    /// The first service that has something written for it.
    pub(super) fn service_setting<T>(
        &self,
        services: &[String],
        get: impl Fn(&crate::domain::organisation::Service) -> Option<T>,
    ) -> Option<T> {
        services.iter().find_map(|id| self.organisation.services.get(id).and_then(&get))
    }

    /// Places typed times: in the zone of the text, else of `tz:`, else the window's own, the author's, the service's,
    /// the organisation's.
    pub(super) fn resolve(
        &self,
        when: &When,
        tz: Option<&Zone>,
        own: Option<&Zone>,
        services: &[String],
    ) -> Outcome<Resolved> {
        let zones = self.zones(tz, own, services);
        when.resolve(self.now, &zones).map_err(|e| self.parsed.refuse("when", e.range, e.message, e.hint).into())
    }

    pub(super) fn zones(&self, tz: Option<&Zone>, own: Option<&Zone>, services: &[String]) -> Zones {
        let mut fallbacks = Vec::new();
        fallbacks.extend(own.map(|zone| (ZoneSource::Window, zone.clone())));
        fallbacks.extend(self.author_zone.clone().map(|zone| (ZoneSource::Author, zone)));
        fallbacks.extend(self.service_setting(services, |s| s.zone.clone()).map(|zone| (ZoneSource::Service, zone)));
        fallbacks.push((ZoneSource::Organisation, self.organisation.zone.clone()));
        Zones { tz: tz.cloned(), fallbacks }
    }
}

impl Zones {
    /// The zone in which something lives whose times name none.
    pub(super) fn home(&self) -> Zone {
        let first = self.fallbacks.first().map(|(_, zone)| zone.clone());
        self.tz.clone().or(first).unwrap_or(Zone::utc())
    }
}

/// Which windows of a series a change is for, where it is for more than one.
fn scope(following: bool, all: bool) -> Option<Scope> {
    match (following, all) {
        (_, true) => Some(Scope::All),
        (true, false) => Some(Scope::Following),
        (false, false) => None,
    }
}

/// Whether the public's times or scope differ: such a change raises the sequence.
pub(super) fn moves(before: &Window, w: &Window) -> bool {
    (&before.span, &before.kind, &before.services, &before.regions, &before.environment)
        != (&w.span, &w.kind, &w.services, &w.regions, &w.environment)
}

/// Which zone the typed times were read in, for the reply.
pub(super) fn read_in(resolved: &Resolved) -> String {
    let zone = &resolved.span.zone;
    match resolved.read_from {
        ZoneSource::Inline => format!("The times were read as you wrote them; the window lives in {zone}."),
        from => format!("The times were read in {zone}, {}.", source(from)),
    }
}

fn source(from: ZoneSource) -> &'static str {
    match from {
        ZoneSource::Inline | ZoneSource::Option => "as you said",
        ZoneSource::Window => "the window's own zone",
        ZoneSource::Author => "your zone",
        ZoneSource::Service => "the service's zone",
        ZoneSource::Organisation => "the organisation's zone",
    }
}

fn unique(ids: &[String]) -> Vec<String> {
    let mut seen = Vec::new();
    for id in ids {
        if !seen.contains(id) {
            seen.push(id.clone());
        }
    }
    seen
}

/// What differs between two states of a window, in the words people read.
pub(super) fn differences(before: &Window, now: &Window) -> Vec<FieldChange> {
    let list = |ids: &[String]| if ids.is_empty() { "all".into() } else { ids.join(", ") };
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "nobody".into());
    let downtime = |w: &Window| {
        let overall = w.downtime.as_ref().map(Downtime::words);
        let each = w.downtimes.iter().map(|(service, d)| format!("{service} {}", d.words()));
        let all: Vec<String> = overall.into_iter().chain(each).collect();
        if all.is_empty() { "unknown".into() } else { all.join(", ") }
    };
    let category = |w: &Window| w.category.map_or_else(|| "none".into(), |c| c.to_string());
    let facts = |w: &Window| -> Vec<(&'static str, String)> {
        vec![
            ("time", w.span.to_string()),
            ("title", w.title.clone()),
            ("kind", w.kind.to_string()),
            ("services", list(&w.services)),
            ("regions", list(&w.regions)),
            ("environment", w.environment.clone()),
            ("expected downtime", downtime(w)),
            ("impact", w.impact.clone()),
            ("category", category(w)),
            ("rollback", w.rollback.clone()),
            ("customers", list(&w.customers)),
            ("links", w.links.join(" ")),
            ("contact", or_none(&w.poc)),
        ]
    };
    let pairs = facts(before).into_iter().zip(facts(now));
    let changed = pairs.filter(|((_, from), (_, to))| from != to);
    changed.map(|((field, from), (_, to))| FieldChange { field: field.into(), from, to }).collect()
}

/// The instant as a `when` would take it, for hints.
pub(super) fn when_hint(start: DateTime<Utc>, length: TimeDelta) -> String {
    format!("{}/PT{}M", start.format("%Y-%m-%dT%H:%MZ"), length.num_minutes())
}
