//! Security advisories: made, listed, shown, published, taken back, objected to.
//!
//! What is under embargo stands in the advisory alone. The window and the change items that it makes have neutral names,
//! and get their own when it becomes public ([`fixes`](super::fixes)).

use chrono::{DateTime, Utc};

use super::plan::about;
use super::policy::{Plea, Verdict};
use super::schedule::PRODUCTION;
use super::{Cx, Outcome, Reply};
use crate::command::{AdvisoryNew, AdvisoryObject, AdvisoryPublish, AdvisoryShow, AdvisoryWithdraw};
use crate::domain::access::Role;
use crate::domain::advisory::{Advisory, AdvisoryId, Disposition, NEUTRAL_TITLE, Place};
use crate::domain::calendar::at;
use crate::domain::event::What;
use crate::domain::ledger::{MessageKind, Planned, Reason};
use crate::domain::notice;
use crate::domain::refusal::Refusal;
use crate::domain::series::Template;
use crate::domain::window::{Category, Downtime, Kind, Outcome as Went, State, Step, Window};
use crate::message::topic::AdvisoryTopic;
use crate::message::words;
use crate::store::Settled;

/// The most advisories that a list reply holds.
const MOST_LISTED: i64 = 50;
/// The most ids that one has.
const MOST_IDS: usize = 50;
/// How many windows are looked through for the one that has patched a service.
const LOOKED_AT: i64 = 200;

impl Cx<'_> {
    pub(super) async fn advisory_new(&mut self, c: &AdvisoryNew) -> Outcome<Reply> {
        let services = self.services(&c.service)?;
        let regions = self.regions(&c.regions, &services)?;
        self.fits_disposition(c)?;
        let publish_at = self.embargo(c)?;
        let mut advisory = Advisory {
            id: self.tx.next_advisory_id().await?,
            title: c.title.clone(),
            ids: c.id.clone(),
            severity: c.severity,
            disposition: c.disposition,
            services,
            window: None,
            details: c.details.clone().unwrap_or_default(),
            public: c.public.clone().unwrap_or_default(),
            publish_at,
            published_at: (publish_at.is_none() && c.disposition != Disposition::PatchNow).then_some(self.now),
            withdrawn_at: None,
            withdrawn_because: String::new(),
            requester: self.actor.id.clone(),
            place: self.place.to_owned(),
            created_at: self.now,
        };
        let mut warnings = Vec::new();
        let mut findings = Vec::new();
        match c.disposition {
            Disposition::PatchNow => {
                let (w, verdict) = self.emergency(c, &mut advisory, regions.clone()).await?;
                warnings = verdict.said(self, &w);
                if w.poc.is_none() {
                    warnings.push(words::nobody_named(&w, self.dry_run()));
                }
                findings = verdict.findings;
            }
            Disposition::Patched => {
                advisory.window = Some(self.patched_in(c, &advisory.services).await?.id);
                self.tx.insert_advisory(&advisory).await?;
            }
            Disposition::Mitigated => {
                self.tx.insert_advisory(&advisory).await?;
                self.begin_fixes(&advisory).await?;
            }
        }
        let what = What::Advised { disposition: advisory.disposition, publish_at };
        let event = self.record_on(advisory.id, &what).await?;
        self.advise(&advisory, &regions, event).await?;
        let topic = self.advisory_topic(advisory).await?;
        let staff = self.reads_details();
        let message = words::advised(self.organisation, &topic, &self.planned, (staff, self.dry_run()), self.now);
        let message = warnings.iter().fold(message, |m, warning| m.text(warning.clone()));
        let made = topic.advisory.window.filter(|_| c.disposition == Disposition::PatchNow);
        let windows = made.into_iter().collect();
        Ok(Reply { windows, warnings, findings, ..about(topic.advisory.id, message) })
    }

    /// Options that belong to another disposition are refused, and those that this one needs asked for.
    fn fits_disposition(&self, c: &AdvisoryNew) -> Outcome<()> {
        let refuse =
            |option: &str, detail: &str| Err(self.parsed.refuse(option, usize::MAX..usize::MAX, detail, None).into());
        if c.disposition == Disposition::PatchNow && c.when.is_none() {
            return refuse("when", "What is patched now needs a time: say from when until when.");
        }
        if c.disposition != Disposition::PatchNow && c.when.is_some() {
            let value = Some(Disposition::PatchNow.to_string());
            let detail = "Only patch_now has a time of its own.";
            return Err(self.parsed.refuse("disposition", usize::MAX..usize::MAX, detail, value).into());
        }
        if c.disposition != Disposition::Patched && c.in_.is_some() {
            let value = Some(Disposition::Patched.to_string());
            let detail = "Only what is patched already names the window in which it was.";
            return Err(self.parsed.refuse("disposition", usize::MAX..usize::MAX, detail, value).into());
        }
        if c.id.len() > MOST_IDS {
            return refuse("id", "An advisory has at most 50 ids.");
        }
        Ok(())
    }

    /// When the embargo ends (UTC), where there is one.
    fn embargo(&self, c: &AdvisoryNew) -> Outcome<Option<DateTime<Utc>>> {
        let Some(moment) = &c.publish else { return Ok(None) };
        let zones = self.zones(c.tz.as_ref(), None, &c.service);
        let at = moment.resolve(self.now, &zones);
        let at = at.map_err(|e| self.parsed.refuse("publish", e.range, e.message, e.hint))?;
        if at > self.now {
            return Ok(Some(at));
        }
        let detail = "That is past: leave `publish:` out to publish it at once.";
        Err(self.parsed.refuse("publish", usize::MAX..usize::MAX, detail, Some("tomorrow 14:00".into())).into())
    }

    /// The emergency window that patches it, under the policy for emergencies, with the advisory stored beside it.
    async fn emergency(
        &mut self,
        c: &AdvisoryNew,
        advisory: &mut Advisory,
        regions: Vec<String>,
    ) -> Outcome<(Window, Verdict)> {
        let services = advisory.services.clone();
        let kind = Kind(Kind::EMERGENCY.into());
        self.known_kind(&kind)?;
        let Some(when) = &c.when else { return Err(anyhow::anyhow!("an emergency without a time").into()) };
        let span = self.resolve(when, c.tz.as_ref(), None, &services)?.span;
        let whole = Downtime { least: span.length(), most: span.length(), per: None };
        let environment = self.service_setting(&services, |s| s.environment.clone());
        let title = if advisory.publish_at.is_some() { NEUTRAL_TITLE.into() } else { advisory.window_title() };
        let template = Template {
            title,
            kind,
            environment: environment.unwrap_or_else(|| PRODUCTION.into()),
            services,
            regions,
            downtime: Some(c.downtime.overall.clone().unwrap_or(whole)),
            downtimes: c.downtime.services.clone(),
            impact: String::new(),
            category: Some(Category::Security),
            rollback: String::new(),
            customers: Vec::new(),
            links: Vec::new(),
            poc: c.poc.as_ref().map(|p| self.person(p)),
            items: Vec::new(),
            reason: String::new(),
        };
        let id = self.tx.next_window_id().await?;
        let mut w = self.new_window(id, template, span);
        self.own_services(&w)?;
        for service in &w.services {
            self.tx.add_service(service, self.now).await?;
        }
        let plea = Plea::of(c.reason.as_ref(), c.override_.as_ref());
        let verdict = self.judge(&w, plea).await?;
        self.tx.insert_window(&w).await?;
        advisory.window = Some(w.id);
        self.tx.insert_advisory(advisory).await?;
        let mut items = self.store_new(&mut w, &[], plea, &verdict).await?;
        let item = self.fix_item(advisory);
        let item = self.add_items(&mut w, &mut items, vec![item]).await?[0];
        self.tx.link_item(advisory.id, Place { window: w.id, item }).await?;
        Ok((w, verdict))
    }

    /// The past window in which it was patched: the one that is named, else the latest that was completed for one of its
    /// services.
    async fn patched_in(&mut self, c: &AdvisoryNew, services: &[String]) -> Outcome<Window> {
        let good = |w: &Window| w.state == State::Completed && matches!(w.outcome, Some(Went::Success | Went::Partial));
        if let Some(id) = c.in_ {
            let w = self.window(id).await?;
            if good(&w) {
                return Ok(w);
            }
            let detail = format!("{id} is {}: nothing was patched in it.", w.state_words(self.now));
            return Err(self.parsed.refuse("in", usize::MAX..usize::MAX, detail, None).into());
        }
        let over = self.tx.windows_over(LOOKED_AT).await?;
        let found = over.into_iter().find(|w| good(w) && w.services.iter().any(|id| services.contains(id)));
        found.ok_or_else(|| {
            let detail = "No window of this service was completed of late: name the one in which it was patched.";
            self.parsed.refuse("in", usize::MAX..usize::MAX, detail, None).into()
        })
    }

    /// What an advisory owes when it is made: the details to staff, the public text to everybody else at its time. One that
    /// is patched at once without an embargo is told by the announcement of its window.
    async fn advise(&mut self, advisory: &Advisory, regions: &[String], event: i64) -> Outcome<()> {
        let mut rows = notice::advice_for_staff(advisory, regions, self.organisation, event, self.now);
        if advisory.publish_at.is_some() || advisory.disposition != Disposition::PatchNow {
            let at = advisory.publish_at.unwrap_or(self.now);
            rows.extend(notice::advice_for_all(advisory, regions, self.organisation, at));
        }
        self.owe_advisory(advisory.id, rows).await
    }

    /// Stores rows that are owed about an advisory.
    pub(super) async fn owe_advisory(&mut self, id: AdvisoryId, rows: Vec<Planned>) -> Outcome<()> {
        self.tx.insert_deliveries(id.into(), id.into(), &rows, self.now).await?;
        self.planned.extend(rows);
        Ok(())
    }

    /// Whether what is answered here may hold what is under embargo, and details: to staff, where nobody else reads.
    fn reads_details(&self) -> bool {
        let staff = self.actor.may(Role::Engineer) || self.actor.may(Role::Approver);
        staff && self.organisation.is_place_for_staff(self.place)
    }

    pub(super) async fn advisory_list(&mut self) -> Outcome<Reply> {
        let staff = self.reads_details();
        let mut found = Vec::new();
        for advisory in self.tx.advisories(None, MOST_LISTED).await? {
            let topic = self.advisory_topic(advisory).await?;
            let may_know = staff || topic.is_disclosed(self.now);
            if may_know || topic.public_window().is_some() {
                found.push((topic, may_know));
            }
        }
        let listed: Vec<words::Listed<'_>> = found.iter().map(|(topic, may_know)| (topic, *may_know)).collect();
        Ok(Reply { message: words::advisories(self.organisation, &listed, self.now), ..Reply::default() })
    }

    pub(super) async fn advisory_show(&mut self, c: &AdvisoryShow) -> Outcome<Reply> {
        let topic = self.visible_advisory(c.advisory).await?;
        let events = self.tx.events(c.advisory).await?;
        let staff = self.reads_details();
        let may_know = staff || topic.is_disclosed(self.now);
        let message = words::advisory(self.organisation, &topic, &events, (may_know, staff), self.now);
        let windows = topic.advisory.window.filter(|_| may_know || topic.public_window().is_some());
        Ok(Reply { windows: windows.into_iter().collect(), ..about(c.advisory, message) })
    }

    pub(super) async fn advisory_publish(&mut self, c: &AdvisoryPublish) -> Outcome<Reply> {
        let mut topic = self.advisory_for(c.advisory).await?;
        let show = format!("/maintenance advisory show {}", c.advisory);
        if topic.advisory.withdrawn_at.is_some() {
            return Err(Refusal::rule(format!("{} was taken back.", c.advisory), show).into());
        }
        if topic.is_disclosed(self.now) {
            return Err(Refusal::rule(format!("{} is public already.", c.advisory), show).into());
        }
        self.disclose(&mut topic.advisory, true).await?;
        let waiting = self.tx.deliveries(c.advisory).await?;
        let waiting: Vec<_> = waiting.into_iter().filter(|row| row.state.is_open()).collect();
        for row in waiting.iter().filter(|row| row.plan.occasion == notice::PUBLISHED) {
            self.tx.set_due(row.id, self.now).await?;
        }
        self.planned.extend(waiting.into_iter().map(|row| row.plan));
        if topic.advisory.publish_at.is_none() {
            let rows = notice::advice_for_all(&topic.advisory, &[], self.organisation, self.now);
            self.owe_advisory(c.advisory, rows).await?;
        }
        Ok(about(c.advisory, words::did_advisory(&topic.advisory, true, "is public now", self.dry_run())))
    }

    pub(super) async fn advisory_withdraw(&mut self, c: &AdvisoryWithdraw) -> Outcome<Reply> {
        let topic = self.advisory_for(c.advisory).await?;
        let may_know = self.reads_details() || topic.is_disclosed(self.now);
        let mut advisory = topic.advisory;
        if let Some(withdrawn) = advisory.withdrawn_at {
            let when = at(withdrawn, &self.organisation.zone);
            let show = format!("/maintenance advisory show {}", c.advisory);
            return Err(Refusal::rule(format!("{} was taken back already, {when}.", c.advisory), show).into());
        }
        let reason = c.reason.clone().unwrap_or_default();
        advisory.withdrawn_at = Some(self.now);
        advisory.withdrawn_because.clone_from(&reason);
        self.tx.update_advisory(&advisory).await?;
        let event = self.record_on(advisory.id, &What::Withdrawn { reason: reason.clone() }).await?;
        let rows = self.tx.deliveries(advisory.id).await?;
        for row in rows.iter().filter(|row| row.state.is_open()) {
            self.tx.settle(row.id, Settled::Superseded, Reason::Cancelled, None).await?;
        }
        self.owe_advisory(advisory.id, notice::advice_for_told(&rows, event, self.now)).await?;
        let window =
            topic.window.filter(|w| advisory.disposition == Disposition::PatchNow && w.state.permits(Step::Cancel));
        let called_off = window.map(|w| w.id);
        if let Some(id) = called_off {
            let (mut w, items) = self.window_for(id, Step::Cancel).await?;
            self.cancel_one(&mut w, &items, "").await?;
        }
        self.take_off_fixes(&advisory).await?;
        let message = words::did_advisory(&advisory, may_know, "is taken back", self.dry_run());
        Ok(Reply { windows: called_off.into_iter().collect(), ..about(advisory.id, message) })
    }

    /// Somebody asks for another time: once for each person. Ops and the point of contact hear of it.
    pub(super) async fn advisory_object(&mut self, c: &AdvisoryObject) -> Outcome<Reply> {
        let topic = self.visible_advisory(c.advisory).await?;
        self.tx.lock_advisory(c.advisory).await?;
        let may_know = topic.is_disclosed(self.now);
        let Some(window) = topic.public_window().filter(|w| !w.state.is_over()) else {
            let detail = format!("There is no work of {} ahead that could be moved.", c.advisory);
            return Err(Refusal::rule(detail, format!("/maintenance advisory show {}", c.advisory)).into());
        };
        let dry_run = self.dry_run();
        let said = |what: &str| words::did_advisory(&topic.advisory, may_know, what, dry_run);
        let known = self.tx.events(c.advisory).await?;
        if known.iter().any(|e| matches!(e.what, What::Objected { .. }) && e.actor == self.actor.id) {
            let message = said("stays as it is: you have asked to move it before, and it was passed on");
            return Ok(Reply { windows: vec![window.id], ..about(c.advisory, message) });
        }
        let message = said("stays as it is until somebody moves it: your request was passed on");
        let what = What::Objected { advisory: c.advisory, reason: c.reason.clone().unwrap_or_default() };
        self.record_on(c.advisory, &what).await?;
        self.lock(window.id).await?;
        let Some(mut w) = self.tx.window(window.id).await? else { return Ok(about(c.advisory, message)) };
        let event = self.record(&mut w, &what).await?;
        let rows = notice::for_poc_and_ops(&w, self.organisation, MessageKind::Objection, event, self.now);
        self.owe(&w, rows).await?;
        Ok(Reply { windows: vec![w.id], ..about(c.advisory, message) })
    }

    /// An advisory with its windows.
    pub(super) async fn advisory_topic(&mut self, advisory: Advisory) -> Outcome<AdvisoryTopic> {
        Ok(super::query::advisory_topic(self.tx, advisory).await?)
    }

    /// An advisory for changing: nobody else changes it meanwhile.
    async fn advisory_for(&mut self, id: AdvisoryId) -> Outcome<AdvisoryTopic> {
        self.tx.lock_advisory(id).await?;
        let Some(advisory) = self.tx.advisory(id).await? else { return Err(not_found(id).into()) };
        self.advisory_topic(advisory).await
    }

    /// An advisory of which the caller may know at least that it is there.
    async fn visible_advisory(&mut self, id: AdvisoryId) -> Outcome<AdvisoryTopic> {
        let Some(advisory) = self.tx.advisory(id).await? else { return Err(not_found(id).into()) };
        let topic = self.advisory_topic(advisory).await?;
        let known = self.reads_details() || topic.is_disclosed(self.now) || topic.public_window().is_some();
        if known { Ok(topic) } else { Err(not_found(id).into()) }
    }
}

fn not_found(id: AdvisoryId) -> Refusal {
    Refusal::not_found(format!("advisory {id}"), "/maintenance advisory list")
}
