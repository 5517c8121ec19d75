//! What policy makes of a window: done, pending until an approver agrees, or refused with the line that would work.
//! Approving, rejecting and expiring stand here too.

use chrono::{DateTime, Utc};

use super::{Cx, Failure, Outcome, Reply};
use crate::command::{Approve, Reject};
use crate::domain::access::Role;
use crate::domain::calendar::{Span, at, local};
use crate::domain::change::ChangeList;
use crate::domain::event::What;
use crate::domain::finding::{self, Around, Finding, NARROW_GAP, Weight};
use crate::domain::freeze::Freeze;
use crate::domain::ledger::MessageKind;
use crate::domain::notice::{self, APPROVERS};
use crate::domain::refusal::Refusal;
use crate::domain::series::AHEAD;
use crate::domain::subject::Subject;
use crate::domain::window::{Published, Request, State, Step, Window};
use crate::message::words;

/// What the person who asks says to the rules.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Plea<'a> {
    /// Why it cannot wait.
    pub reason: Option<&'a str>,
    /// Why the rule is set aside.
    pub override_: Option<&'a str>,
}

impl<'a> Plea<'a> {
    pub(super) fn of(reason: Option<&'a String>, override_: Option<&'a String>) -> Self {
        let said = |text: Option<&'a String>| text.map(String::as_str).filter(|text| !text.trim().is_empty());
        Self { reason: said(reason), override_: said(override_) }
    }
}

/// What is to be done about what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Everything that was found.
    pub findings: Vec<Finding>,
    /// An approver must agree.
    pub needs_approval: bool,
    /// Findings that an admin sets aside.
    pub overridden: Vec<Finding>,
}

impl Verdict {
    /// Nothing was found.
    pub(super) fn nothing() -> Self {
        Self { findings: Vec::new(), needs_approval: false, overridden: Vec::new() }
    }

    /// Takes in what was found of another window of the same command, each thing once.
    pub(super) fn join(&mut self, other: Self) {
        for finding in other.findings {
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
        self.overridden.extend(other.overridden);
        self.needs_approval |= other.needs_approval;
    }

    /// What is said although it is done.
    pub(super) fn warnings(&self, cx: &Cx<'_>, w: &Window) -> Vec<String> {
        let policy = cx.organisation.policy(&w.kind, &w.services);
        let warns = self.findings.iter().filter(|f| f.weight(policy) == Weight::Warns || self.overridden.contains(f));
        warns.map(|f| words::finding(cx.organisation, &w.span.zone, f)).collect()
    }

    /// What is said of it in a reply: why an approver is asked, then what is only worth knowing.
    pub(super) fn said(&self, cx: &Cx<'_>, w: &Window) -> Vec<String> {
        let mut said = Vec::new();
        if self.needs_approval {
            let policy = cx.organisation.policy(&w.kind, &w.services);
            let needing = self.findings.iter().filter(|f| f.weight(policy) == Weight::NeedsApproval);
            let why = needing.map(|f| words::finding(cx.organisation, &w.span.zone, f)).collect::<Vec<_>>();
            said.push(words::approver_asked(&why.join(" "), cx.dry_run()));
        }
        said.extend(self.warnings(cx, w));
        said
    }
}

impl Cx<'_> {
    /// Freezes that are not over.
    pub(super) async fn freezes_ahead(&mut self) -> Outcome<Vec<Freeze>> {
        let today = local(self.now, &self.organisation.zone).date();
        Ok(self.tx.freezes(Some(today)).await?)
    }

    /// Windows that may touch a span: open ones of the same services and environment.
    pub(super) async fn neighbours(
        &mut self,
        w: &Window,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Outcome<Vec<Window>> {
        Ok(self.tx.windows_touching(from - NARROW_GAP, to + NARROW_GAP, &w.environment, &w.services).await?)
    }

    /// What speaks against a window as it stands.
    pub(super) async fn findings(&mut self, w: &Window) -> Outcome<Vec<Finding>> {
        let freezes = self.freezes_ahead().await?;
        let others = self.neighbours(w, w.span.starts_at, w.span.ends_at).await?;
        let around = Around { organisation: self.organisation, freezes: &freezes, others: &others, now: self.now };
        Ok(finding::findings(w, &around))
    }

    /// What policy makes of a window as it stands. Refused with every reason and the line that would work.
    pub(super) async fn judge(&mut self, w: &Window, plea: Plea<'_>) -> Outcome<Verdict> {
        let findings = self.findings(w).await?;
        self.weigh(w, findings, plea).await
    }

    /// The same where the findings are known.
    pub(super) async fn weigh(&mut self, w: &Window, findings: Vec<Finding>, plea: Plea<'_>) -> Outcome<Verdict> {
        let policy = self.organisation.policy(&w.kind, &w.services);
        let of = |weight: Weight| findings.iter().filter(|f| f.weight(policy) == weight).cloned().collect::<Vec<_>>();
        let (refusing, needing) = (of(Weight::Refuses), of(Weight::NeedsApproval));
        let overridden = if refusing.is_empty() || plea.override_.is_none() {
            Vec::new()
        } else if self.actor.may(Role::Admin) {
            refusing.clone()
        } else {
            return Err(self.role_missing("override:", Role::Admin).into());
        };
        if !refusing.is_empty() && overridden.is_empty() {
            return Err(self.refused_by_policy(w, &refusing).await?.into());
        }
        if !needing.is_empty() && plea.reason.is_none() {
            return Err(Refusal::rule(
                words::needs_reason(self.organisation, &w.span.zone, &needing),
                self.parsed.line_with("reason", "why it cannot wait"),
            )
            .into());
        }
        Ok(Verdict { findings, needs_approval: !needing.is_empty(), overridden })
    }

    pub(super) fn role_missing(&self, what: &str, needed: Role) -> Refusal {
        Refusal::Role { verb: what.to_owned(), needed, holders: self.organisation.holders_of(needed) }
    }

    /// The refusal for findings that policy does not let pass: all of them, and the first start without any.
    async fn refused_by_policy(&mut self, w: &Window, findings: &[Finding]) -> Outcome<Refusal> {
        let zone = &w.span.zone;
        let said: Vec<String> = findings.iter().map(|f| words::finding(self.organisation, zone, f)).collect();
        let first = self.first_legal(w).await?;
        let has_when = self.parsed.command.spec().option("when").is_some();
        let mut detail = said.join(" ");
        let hint = match first {
            Some(span) if has_when => {
                detail.push_str(&format!(" The first time that would do is {span}."));
                self.parsed.line_with("when", &words::typed(&span))
            }
            Some(span) => {
                detail.push_str(&format!(" The first time that would do is {span}."));
                format!("/maintenance reschedule {} when:\"{}\"", w.id, words::typed(&span))
            }
            None => format!("/maintenance suggest service:{} duration:{}", w.services.join(","), words::length_of(w)),
        };
        if self.actor.may(Role::Admin) {
            detail.push_str(" As an admin you may set the rule aside with override:\"why\".");
        }
        Ok(Refusal::rule(detail, hint))
    }

    /// The first start at the same clock time, on this day or a later one, at which nothing refuses the window.
    async fn first_legal(&mut self, w: &Window) -> Outcome<Option<Span>> {
        let freezes = self.freezes_ahead().await?;
        let others = self.neighbours(w, w.span.starts_at, w.span.ends_at + AHEAD).await?;
        let around = Around { organisation: self.organisation, freezes: &freezes, others: &others, now: self.now };
        let length = w.span.length();
        let start = finding::first_legal_start(w, &around);
        Ok(start.map(|starts_at| Span { starts_at, ends_at: starts_at + length, zone: w.span.zone.clone() }))
    }

    /// Lets a window wait for approval, bound to its sequence. `before` is the window as it was, where it changed.
    pub(super) async fn ask(
        &mut self,
        before: Option<&Window>,
        w: &mut Window,
        items: &ChangeList,
        plea: Plea<'_>,
        verdict: &Verdict,
    ) -> Outcome<()> {
        if let Some(before) = before.filter(|before| before.state == State::Scheduled) {
            w.published = Some(Published::of(before));
        }
        w.state = State::Pending;
        let reason = plea.reason.unwrap_or_default().to_owned();
        let policy = self.organisation.policy(&w.kind, &w.services);
        let needing = verdict.findings.iter().filter(|f| f.weight(policy) == Weight::NeedsApproval);
        let findings: Vec<Finding> = needing.cloned().collect();
        let change = w.published.is_some();
        let what = What::Requested { reason: reason.clone(), findings: findings.clone(), change };
        let event = self.record(w, &what).await?;
        let old_start = w.published.as_ref().map_or(w.span.starts_at, |published| published.starts_at);
        w.request = Some(Request {
            sequence: w.sequence,
            by: if self.actor.is_person() { self.actor.id.clone() } else { w.requester.clone() },
            place: self.place.to_owned(),
            at: self.now,
            reason,
            findings,
            expires_at: old_start.min(w.span.starts_at),
            event,
        });
        let message = MessageKind::ApprovalRequest;
        let rows = notice::to_staff(self.organisation, w.sequence, message, event, APPROVERS, self.now);
        self.owe(w, rows).await?;
        self.conclude(w, items, event, &what).await?;
        if change {
            self.sync_list(w, items, event).await?;
        }
        Ok(())
    }

    /// The issue follows what is not public news: that a change waits for approval, that a customer was told.
    pub(super) async fn sync_list(&mut self, w: &Window, items: &ChangeList, event: i64) -> Outcome<()> {
        let rows = self.tx.deliveries(w.id).await?;
        let kin = self.kin(w).await?;
        self.sync_issue(w, items, event, &rows, &kin).await
    }

    /// Writes down which rules an admin set aside.
    pub(super) async fn note_override(&mut self, w: &mut Window, plea: Plea<'_>, verdict: &Verdict) -> Outcome<()> {
        if verdict.overridden.is_empty() {
            return Ok(());
        }
        let reason = plea.override_.unwrap_or_default().to_owned();
        self.record(w, &What::Overridden { reason, findings: verdict.overridden.clone() }).await.map(drop)
    }

    pub(super) async fn approve(&mut self, c: &Approve) -> Outcome<Reply> {
        let note = c.note.clone().unwrap_or_default();
        let mut approved = Vec::new();
        for (mut w, items) in self.pending(c.window, Step::Approve, c.sequence).await? {
            self.four_eyes(&w)?;
            self.agree(&mut w, &items, &note).await?;
            approved.push(w);
        }
        Ok(self.decided(c.window, &approved, "is approved"))
    }

    /// The window becomes scheduled; where it was approved before, the told hear of the change.
    async fn agree(&mut self, w: &mut Window, items: &ChangeList, note: &str) -> Outcome<()> {
        let before = w.as_published().map(std::borrow::Cow::into_owned);
        w.published = None;
        let request = w.request.take();
        w.state = State::Scheduled;
        w.sequence_at = self.now;
        let what = What::Approved { note: note.to_owned(), change: before.is_some() };
        let event = self.record(w, &what).await?;
        self.decision(w, request.as_ref(), event).await?;
        if let Some(before) = before {
            let reason = request.map(|request| request.reason).unwrap_or_default();
            return self.tell_moved(&before, w, items, reason).await;
        }
        self.owe_all_assignees(w, items, event).await?;
        self.conclude(w, items, event, &what).await?;
        self.retell_plan(w, event).await
    }

    pub(super) async fn reject(&mut self, c: &Reject) -> Outcome<Reply> {
        let reason = c.reason.clone().unwrap_or_default();
        let mut rejected = Vec::new();
        for (mut w, items) in self.pending(c.window, Step::Reject, c.sequence).await? {
            self.four_eyes(&w)?;
            self.call_off(&mut w, &items, What::Rejected { reason: reason.clone() }).await?;
            rejected.push(w);
        }
        Ok(self.decided(c.window, &rejected, "is rejected and called off"))
    }

    /// Nobody decided in time.
    pub(super) async fn expire(&mut self, mut w: Window, items: &ChangeList) -> Outcome<()> {
        self.call_off(&mut w, items, What::Expired).await
    }

    /// A pending window is called off: the requester hears why, and those who were told of it before that it is off.
    async fn call_off(&mut self, w: &mut Window, items: &ChangeList, what: What) -> Outcome<()> {
        let request = w.request.take();
        let event = self.take_off(w, items, &what).await?;
        self.decision(w, request.as_ref(), event).await
    }

    /// The window is called off: whoever was told of it hears so, and the owners of customers tell them. A change that
    /// was still waiting never took effect.
    pub(super) async fn take_off(&mut self, w: &mut Window, items: &ChangeList, what: &What) -> Outcome<i64> {
        let (event, told) = self.end_off(w, what).await?;
        if told {
            self.cause_for_told(w, MessageKind::Cancelled, event).await?;
        }
        self.conclude(w, items, event, what).await?;
        Ok(event)
    }

    /// The state of a window that is called off, and the request to owners of customers where anybody was told of it, as
    /// the flag says. Telling audiences and [`Cx::conclude`] are left to the caller.
    pub(super) async fn end_off(&mut self, w: &mut Window, what: &What) -> Outcome<(i64, bool)> {
        w.withdraw_change();
        w.state = State::Cancelled;
        w.request = None;
        let told = !self.told(w).await?.is_empty();
        w.told_round += i64::from(told);
        let event = self.record(w, what).await?;
        if told {
            let rows = notice::told_requests(w, self.organisation, event, self.now);
            self.owe(w, rows).await?;
        }
        Ok((event, told))
    }

    /// The requester hears what was decided.
    async fn decision(&mut self, w: &Window, request: Option<&Request>, event: i64) -> Outcome<()> {
        let Some(request) = request else { return Ok(()) };
        let audience = format!("@{}", request.by);
        let message = MessageKind::ApprovalDecision;
        let rows = notice::to_staff(self.organisation, w.sequence, message, event, &audience, self.now);
        self.owe(w, rows).await
    }

    /// The windows that a decision is about, each with an open request: one window, or the phases of a plan that wait.
    async fn pending(
        &mut self,
        subject: Subject,
        step: Step,
        sequence: Option<i64>,
    ) -> Outcome<Vec<(Window, ChangeList)>> {
        let Subject::Plan(plan) = subject else {
            let id = subject.window().ok_or_else(|| Failure::from(Refusal::not_found(subject.to_string(), LIST)))?;
            let (w, items) = self.window_for(id, step).await?;
            let Some(request) = &w.request else {
                let plan = w.plan.map_or_else(|| "its plan".into(), |plan| plan.to_string());
                let detail = format!("{id} is a phase of a draft: nobody is asked before the plan is published.");
                return Err(Refusal::rule(detail, format!("/maintenance plan publish {plan}")).into());
            };
            if sequence.is_some_and(|sequence| sequence != request.sequence) {
                let detail = format!("{id} has changed since you were asked; look at it again before you decide.");
                return Err(Refusal::rule(detail, format!("/maintenance show {id}")).into());
            }
            if self.now >= request.expires_at {
                let detail = format!(
                    "The request for {id} has expired: nobody decided before {}.",
                    at(request.expires_at, &w.span.zone)
                );
                return Err(Refusal::rule(detail, format!("/maintenance history {id}")).into());
            }
            return Ok(vec![(w, items)]);
        };
        let plan = self.plan_for(plan).await?;
        let mut waiting = Vec::new();
        for w in self.phases(plan.clone()).await?.windows {
            if w.state == State::Pending && w.request.as_ref().is_some_and(|r| self.now < r.expires_at) {
                waiting.push((self.tx.items(w.id).await?, w));
            }
        }
        if waiting.is_empty() {
            let detail = format!("No phase of {} waits for approval.", plan.id);
            return Err(Refusal::rule(detail, format!("/maintenance plan show {}", plan.id)).into());
        }
        Ok(waiting.into_iter().map(|(items, w)| (w, items)).collect())
    }

    /// Neither who asked for the window nor who asked for the change decides on it, not even as admin.
    fn four_eyes(&self, w: &Window) -> Outcome<()> {
        let asked = w.request.as_ref().is_some_and(|request| request.by == self.actor.id);
        if !asked && w.requester != self.actor.id {
            return Ok(());
        }
        let holders = self.organisation.holders_of(Role::Approver);
        let others: Vec<String> = holders.into_iter().filter(|holder| *holder != self.actor.id).collect();
        let who = if others.is_empty() { "somebody else with the role approver".into() } else { others.join(", ") };
        let detail = format!("You asked for {}, so somebody else decides: {who}.", w.id);
        Err(Refusal::rule(detail, format!("/maintenance show {}", w.id)).into())
    }

    fn decided(&self, subject: Subject, windows: &[Window], what: &str) -> Reply {
        let mut message = match windows {
            [one] => words::did(one, what, self.dry_run()),
            more => words::did_all(subject, more, what, self.dry_run()),
        };
        if self.dry_run()
            && let Some(first) = windows.first()
        {
            message = words::would_send(message, &self.planned, &first.span.zone);
        }
        Reply { message, windows: windows.iter().map(|w| w.id).collect(), subject: Some(subject), ..Reply::default() }
    }
}

const LIST: &str = "/maintenance list state:pending";
