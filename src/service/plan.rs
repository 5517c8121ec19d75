//! Planning a window: schedule, edit, reschedule, extend, cancel.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Cx, Outcome, Reply};
use crate::command::when::{Resolved, When, ZoneSource, Zones};
use crate::command::{Cancel, Edit, Extend, Reschedule, Schedule};
use crate::domain::calendar::{Zone, at, compact, duration_words};
use crate::domain::change::ChangeList;
use crate::domain::event::{FieldChange, What};
use crate::domain::ledger::{MessageKind, Planned};
use crate::domain::notice;
use crate::domain::refusal::Refusal;
use crate::domain::window::{Kind, State, Step, Window};
use crate::message::words;

/// The longest a window may be.
const LONGEST: TimeDelta = TimeDelta::days(31);
/// Where windows happen when nobody says otherwise.
const PRODUCTION: &str = "production";

impl Cx<'_> {
    pub(super) async fn schedule(&mut self, c: &Schedule) -> Outcome<Reply> {
        let services = self.services(&c.service)?;
        let regions = self.regions(&c.regions, &services)?;
        let kind = c.kind.clone().unwrap_or_else(|| Kind(Kind::SCHEDULED.into()));
        self.known_kind(&kind)?;
        let resolved = self.resolve(&c.when, c.tz.as_ref(), None, &services)?;
        let read = read_in(&resolved);
        let id = self.tx.next_window_id().await?;
        let environment = self.service_setting(&services, |s| s.environment.clone());
        let mut w = Window {
            id,
            title: c.title.clone(),
            kind,
            environment: c.environment.clone().or(environment).unwrap_or_else(|| PRODUCTION.into()),
            services,
            regions,
            span: resolved.span,
            downtime: c.downtime,
            impact: c.impact.clone().unwrap_or_default(),
            category: c.category,
            rollback: c.rollback.clone().unwrap_or_default(),
            customers: c.customers.clone(),
            links: c.link.clone(),
            poc: c.poc.as_ref().map(|p| p.as_str().to_owned()),
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
        };
        for service in &w.services {
            self.tx.add_service(service, self.now).await?;
        }
        self.tx.insert_window(&w).await?;
        let event = self.record(&mut w, &What::Scheduled).await?;
        let mut items = ChangeList::default();
        if !c.item.is_empty() {
            self.add_lines(&mut w, &mut items, &c.item).await?;
        }
        self.conclude(&w, &items, event, &What::Scheduled).await?;
        let message = words::scheduled(self.organisation, &w, &items, &self.planned, read, self.dry_run(), self.now);
        let mut warnings = Vec::new();
        if w.poc.is_none() {
            warnings.push(words::nobody_named(&w, self.dry_run()));
        }
        let message = warnings.iter().fold(message, |m, warning| m.text(warning.clone()));
        Ok(Reply { message, windows: vec![w.id], warnings, deliveries: None })
    }

    pub(super) async fn edit(&mut self, c: &Edit) -> Outcome<Reply> {
        let (mut w, items) = self.window_for(c.window, Step::Edit).await?;
        let before = w.clone();
        if let Some(kind) = &c.kind {
            self.known_kind(kind)?;
            w.kind.clone_from(kind);
        }
        if !c.service.is_empty() {
            w.services = self.services(&c.service)?;
            for service in &w.services {
                self.tx.add_service(service, self.now).await?;
            }
        }
        if !c.regions.is_empty() {
            w.regions = self.regions(&c.regions, &w.services)?;
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
        w.poc = c.poc.as_ref().map(|p| p.as_str().to_owned()).or(w.poc);
        w.downtime = c.downtime.or(w.downtime);
        w.category = c.category.or(w.category);
        if !c.customers.is_empty() {
            w.customers.clone_from(&c.customers);
        }
        if !c.link.is_empty() {
            w.links.clone_from(&c.link);
        }
        let changes = differences(&before, &w);
        if changes.is_empty() {
            let show = format!("/maintenance show {}", w.id);
            return Err(Refusal::rule(format!("{} says all of this already; nothing was changed.", w.id), show).into());
        }
        let moves = (&before.kind, &before.services, &before.regions, &before.environment)
            != (&w.kind, &w.services, &w.regions, &w.environment);
        let said = changes.iter().map(|c| c.field.clone()).collect::<Vec<_>>().join(", ");
        if moves {
            self.shift(&before, &mut w, &items, changes, String::new()).await?;
        } else {
            let what = What::Edited { changes };
            let event = self.record(&mut w, &what).await?;
            self.conclude(&w, &items, event, &what).await?;
        }
        Ok(self.reply(&w, words::did(&w, format!("has a new {said}"), self.dry_run())))
    }

    pub(super) async fn reschedule(&mut self, c: &Reschedule) -> Outcome<Reply> {
        let (mut w, items) = self.window_for(c.window, Step::Reschedule).await?;
        let before = w.clone();
        let resolved = self.resolve(&c.when, c.tz.as_ref(), Some(&before.span.zone), &before.services)?;
        let read = read_in(&resolved);
        w.span = resolved.span;
        if w.span == before.span {
            let show = format!("/maintenance show {}", w.id);
            return Err(Refusal::rule(format!("{} is at that time already; nothing was changed.", w.id), show).into());
        }
        let changes = differences(&before, &w);
        self.shift(&before, &mut w, &items, changes, c.reason.clone().unwrap_or_default()).await?;
        let what = format!("is moved, from {}", before.span);
        let message = words::did(&w, what, self.dry_run()).text(read);
        let ledger = words::ledger(self.planned.iter().map(words::LedgerRow::planned), &w.span.zone);
        if self.dry_run() {
            return Ok(self.reply(&w, message));
        }
        Ok(self.reply(&w, message.text("Who hears what, and when:").block(ledger)))
    }

    /// A new sequence: the told hear `moved`, those who no longer match hear `cancelled`, the rest is replanned.
    async fn shift(
        &mut self,
        before: &Window,
        w: &mut Window,
        items: &ChangeList,
        changes: Vec<FieldChange>,
        reason: String,
    ) -> Outcome<()> {
        w.sequence += 1;
        w.sequence_at = self.now;
        if w.span.starts_at != before.span.starts_at {
            // Whoever was ready for the old start is asked again for the new one.
            w.attended_at = None;
            w.no_shows = 0;
        }
        let what = What::Moved {
            from_start: before.span.starts_at,
            from_end: before.span.ends_at,
            from_zone: before.span.zone.clone(),
            changes,
            reason,
        };
        let event = self.record(w, &what).await?;
        self.cause_for_told(w, MessageKind::Moved, event).await?;
        self.cancel_for_those_left_out(before, w, event).await?;
        self.conclude(w, items, event, &what).await
    }

    /// Channels that were told and that the window no longer concerns.
    async fn cancel_for_those_left_out(&mut self, before: &Window, w: &Window, event: i64) -> Outcome<()> {
        let told = self.told(w).await?;
        let still: Vec<_> =
            self.organisation.audiences.iter().filter(|a| a.concerns(w)).flat_map(|a| &a.channels).collect();
        let rows = notice::caused(before, self.organisation, MessageKind::Cancelled, event, self.now);
        let left_out = rows.into_iter().filter(|row| told.contains(&row.channel) && !still.contains(&&row.channel));
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
        let what = format!("is extended by {}; it now ends {}", duration_words(c.for_), at(to_end, &w.span.zone));
        Ok(self.reply(&w, words::did(&w, what, self.dry_run())))
    }

    pub(super) async fn cancel(&mut self, c: &Cancel) -> Outcome<Reply> {
        let (mut w, items) = self.window_for(c.window, Step::Cancel).await?;
        w.state = State::Cancelled;
        let what = What::Cancelled { reason: c.reason.clone().unwrap_or_default() };
        let event = self.record(&mut w, &what).await?;
        self.cause_for_told(&w, MessageKind::Cancelled, event).await?;
        self.conclude(&w, &items, event, &what).await?;
        Ok(self.reply(&w, words::did(&w, "is cancelled", self.dry_run())))
    }

    /// Typed service ids, checked against the configuration where there is one; `all` means every configured service.
    fn services(&self, typed: &[String]) -> Outcome<Vec<String>> {
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
    fn regions(&self, typed: &[String], services: &[String]) -> Outcome<Vec<String>> {
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

    fn known_kind(&self, kind: &Kind) -> Outcome<()> {
        let known: Vec<String> = self.organisation.policies.keys().cloned().collect();
        self.all_known("kind", std::slice::from_ref(&kind.0), &known)
    }

    fn all_known(&self, option: &str, typed: &[String], known: &[String]) -> Outcome<()> {
        let Some(wrong) = typed.iter().find(|id| !known.contains(id)) else { return Ok(()) };
        let likeness = |id: &String| strsim::jaro_winkler(id, wrong);
        let nearest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).cloned();
        let thing = option.trim_end_matches('s');
        let detail = format!("There is no {thing} `{wrong}`; these are known: {}.", known.join(", "));
        let value = nearest.map(|near| {
            typed.iter().map(|id| if id == wrong { near.clone() } else { id.clone() }).collect::<Vec<_>>().join(",")
        });
        Err(self.parsed.refuse(option, usize::MAX..usize::MAX, detail, value).into())
    }

    /// The first service that has something written for it.
    fn service_setting<T>(
        &self,
        services: &[String],
        get: impl Fn(&crate::domain::organisation::Service) -> Option<T>,
    ) -> Option<T> {
        services.iter().find_map(|id| self.organisation.services.get(id).and_then(&get))
    }

    /// Places typed times: in the zone of the text, else of `tz:`, else the window's own, the author's, the service's,
    /// the organisation's.
    fn resolve(&self, when: &When, tz: Option<&Zone>, own: Option<&Zone>, services: &[String]) -> Outcome<Resolved> {
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

/// Which zone the typed times were read in, for the reply.
fn read_in(resolved: &Resolved) -> String {
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
fn differences(before: &Window, now: &Window) -> Vec<FieldChange> {
    let list = |ids: &[String]| if ids.is_empty() { "all".into() } else { ids.join(", ") };
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "nobody".into());
    let downtime = |w: &Window| w.downtime.map_or_else(|| "unknown".into(), |d| d.words());
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
