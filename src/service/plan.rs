//! Plans: windows announced together as phases of one change, their questions and answers, and holding them.

use super::policy::{Plea, Verdict};
use super::{Cx, Failure, Outcome, Reply};
use crate::command::{Hold, PlanCancel, PlanNew, PlanPublish, PlanShow, QaAdd, QaList, QaRemove, Release};
use crate::domain::calendar::at;
use crate::domain::change::ChangeList;
use crate::domain::event::What;
use crate::domain::ledger::{self, Delivery, MessageKind};
use crate::domain::notice;
use crate::domain::plan::{self, Held, Phases, Plan, PlanId, PlanState};
use crate::domain::refusal::Refusal;
use crate::domain::subject::Subject;
use crate::domain::window::{State, Step, Window};
use crate::message::text::one_line;
use crate::message::{Message, words};

/// The most plans that a list reply holds.
const MOST_LISTED: i64 = 50;
/// The most questions of one thing.
const MOST_QUESTIONS: usize = 50;

impl Cx<'_> {
    pub(super) async fn plan_new(&mut self, c: &PlanNew) -> Outcome<Reply> {
        let plan = Plan {
            id: self.tx.next_plan_id().await?,
            title: c.title.clone(),
            state: PlanState::Draft,
            held: None,
            requester: self.actor.id.clone(),
            place: self.place.to_owned(),
            created_at: self.now,
            published_at: None,
            sequence: 0,
            sequence_at: self.now,
        };
        self.tx.insert_plan(&plan).await?;
        self.record_on(plan.id, &What::Planned { title: plan.title.clone() }).await?;
        Ok(about(plan.id, words::plan_made(&plan, self.dry_run())))
    }

    pub(super) async fn plan_show(&mut self, c: &PlanShow) -> Outcome<Reply> {
        let Some(id) = c.plan else {
            let mut found = Vec::new();
            for plan in self.tx.plans(MOST_LISTED).await? {
                found.push(self.phases(plan).await?);
            }
            return Ok(Reply { message: words::plans(&found), ..Reply::default() });
        };
        let plan = self.plan(id).await?;
        let phases = self.phases(plan).await?;
        let qa = self.tx.qa(id).await?;
        let windows = phases.windows.iter().map(|w| w.id).collect();
        let message = words::plan(self.organisation, &phases, &qa, self.now);
        Ok(Reply { windows, ..about(id, message) })
    }

    pub(super) async fn plan_publish(&mut self, c: &PlanPublish) -> Outcome<Reply> {
        let mut plan = self.plan_for(c.plan).await?;
        if plan.state != PlanState::Draft {
            let detail = format!("{} is {} already.", plan.id, plan.state);
            return Err(Refusal::rule(detail, format!("/maintenance plan show {}", plan.id)).into());
        }
        let phases = self.phases(plan.clone()).await?;
        let drafts: Vec<Window> = phases.windows.iter().filter(|w| w.state == State::Pending).cloned().collect();
        if drafts.is_empty() {
            let detail = format!("{} has no phase yet: add windows to it first.", plan.id);
            let hint = format!(
                "/maintenance schedule \"Phase 1\" service:crm when:\"next sunday 16:00-20:00\" plan:{}",
                plan.id
            );
            return Err(Refusal::rule(detail, hint).into());
        }
        if let Some(past) = drafts.iter().find(|w| w.span.starts_at <= self.now) {
            let detail = format!(
                "{} was to start {}, which is past: move it first.",
                past.id,
                at(past.span.starts_at, &past.span.zone)
            );
            let hint = format!("/maintenance reschedule {} when:\"next sunday 16:00-20:00\"", past.id);
            return Err(Refusal::rule(detail, hint).into());
        }
        plan.state = PlanState::Published;
        plan.published_at = Some(self.now);
        plan.sequence_at = self.now;
        self.tx.update_plan(&plan).await?;
        self.record_on(plan.id, &What::Published { phases: drafts.len() }).await?;
        let plea = Plea::of(c.reason.as_ref(), c.override_.as_ref());
        let (mut warnings, mut of_all) = (Vec::new(), Verdict::nothing());
        for mut w in drafts {
            let items = self.tx.items(w.id).await?;
            let verdict = self.judge(&w, plea).await.map_err(|refused| of_phase(&w, refused))?;
            self.publish_phase(&mut w, &items, plea, &verdict).await?;
            warnings.extend(verdict.said(self, &w).into_iter().map(|said| format!("{}: {said}", w.id)));
            of_all.join(verdict);
        }
        let phases = self.phases(plan).await?;
        let message = words::plan_published(self.organisation, &phases, &self.planned, self.dry_run(), self.now);
        let message = warnings.iter().fold(message, |m, warning| m.text(warning.clone()));
        let windows = phases.windows.iter().map(|w| w.id).collect();
        Ok(Reply { windows, warnings, findings: of_all.findings, ..about(phases.plan.id, message) })
    }

    async fn publish_phase(
        &mut self,
        w: &mut Window,
        items: &ChangeList,
        plea: Plea<'_>,
        verdict: &Verdict,
    ) -> Outcome<()> {
        w.sequence_at = self.now;
        self.note_override(w, plea, verdict).await?;
        if verdict.needs_approval {
            return self.ask(None, w, items, plea, verdict).await;
        }
        w.state = State::Scheduled;
        let event = self.record(w, &What::Scheduled).await?;
        self.owe_all_assignees(w, items, event).await?;
        self.conclude(w, items, event, &What::Scheduled).await
    }

    pub(super) async fn plan_cancel(&mut self, c: &PlanCancel) -> Outcome<Reply> {
        self.cancel_plan(c.plan, c.reason.clone().unwrap_or_default()).await
    }

    /// Calls off every phase that has not begun; the told hear it once, for all of them.
    pub(super) async fn cancel_plan(&mut self, id: PlanId, reason: String) -> Outcome<Reply> {
        let mut plan = self.plan_for(id).await?;
        if plan.state == PlanState::Cancelled {
            let detail = format!("{id} is cancelled already.");
            return Err(Refusal::rule(detail, format!("/maintenance plan show {id}")).into());
        }
        let phases = self.phases(plan.clone()).await?;
        let told = self.told_of_plan(&phases).await?;
        let (off, on): (Vec<Window>, Vec<Window>) =
            phases.windows.iter().filter(|w| !w.state.is_over()).cloned().partition(|w| w.state.permits(Step::Cancel));
        let what = What::Cancelled { reason };
        let event = self.record_on(id, &what).await?;
        plan.state = PlanState::Cancelled;
        plan.held = None;
        self.tx.update_plan(&plan).await?;
        let rows = notice::caused_by_plan(&phases, self.organisation, MessageKind::Cancelled, event, self.now);
        self.owe_plan(id, rows.into_iter().filter(|row| told.contains(&row.channel)).collect()).await?;
        for mut w in off.clone() {
            let items = self.tx.items(w.id).await?;
            let (event, _) = self.end_off(&mut w, &what).await?;
            self.conclude(&w, &items, event, &what).await?;
        }
        let rows = self.tx.deliveries(id).await?;
        let phases = self.phases(plan).await?;
        self.replan_plan(&phases, &rows).await?;
        let message = words::plan_cancelled(&phases.plan, &off, &on, self.dry_run());
        Ok(Reply { windows: off.iter().map(|w| w.id).collect(), ..about(id, message) })
    }

    pub(super) async fn hold(&mut self, c: &Hold) -> Outcome<Reply> {
        let plan = self.plan_for(c.plan).await?;
        published(&plan)?;
        if let Some(held) = &plan.held {
            let detail = format!("{} is on hold already, by {}.", plan.id, held.by);
            return Err(Refusal::rule(detail, format!("/maintenance release {}", plan.id)).into());
        }
        let reason = c.reason.clone().unwrap_or_default();
        let phases = self.hold_plan(plan, reason, false).await?;
        Ok(about(phases.plan.id, words::plan_held(&phases, self.dry_run())))
    }

    /// Stops the phases that have not begun, and says so.
    async fn hold_plan(&mut self, mut plan: Plan, reason: String, auto: bool) -> Outcome<Phases> {
        plan.held = Some(Held { by: self.actor.id.clone(), at: self.now, reason: reason.clone() });
        self.say_of_plan(plan, What::Held { reason, auto }).await
    }

    pub(super) async fn release(&mut self, c: &Release) -> Outcome<Reply> {
        let mut plan = self.plan_for(c.plan).await?;
        published(&plan)?;
        if plan.held.take().is_none() {
            let detail = format!("{} is not on hold.", plan.id);
            return Err(Refusal::rule(detail, format!("/maintenance plan show {}", plan.id)).into());
        }
        let reason = c.reason.clone().unwrap_or_default();
        let phases = self.say_of_plan(plan, What::Released { reason }).await?;
        let events = self.tx.events(phases.plan.id).await?;
        let missed = phases.windows.iter().filter(|w| w.state == State::Scheduled && super::ledger::missed(w, &events));
        let message = words::plan_released(&phases, self.dry_run());
        let message = missed.fold(message, |message, w| words::missed_start(message, w, self.now));
        Ok(about(phases.plan.id, message))
    }

    /// Stores a plan that is held or released, tells those who were told of it, and lets the clock follow.
    async fn say_of_plan(&mut self, plan: Plan, what: What) -> Outcome<Phases> {
        self.tx.update_plan(&plan).await?;
        let event = self.record_on(plan.id, &what).await?;
        let phases = self.phases(plan).await?;
        let told = self.told_of_plan(&phases).await?;
        let rows = notice::caused_by_plan(&phases, self.organisation, MessageKind::Note, event, self.now);
        let mut rows: Vec<_> = rows.into_iter().filter(|row| told.contains(&row.channel)).collect();
        let ops =
            notice::to_staff(self.organisation, phases.plan.sequence, MessageKind::Note, event, notice::OPS, self.now);
        rows.extend(ops.into_iter().filter(|row| !told.contains(&row.channel)));
        self.owe_plan(phases.plan.id, rows).await?;
        let before = self.tx.deliveries(phases.plan.id).await?;
        self.show_plan(&phases.plan, &before, event).await?;
        for w in phases.windows.iter().filter(|w| w.state == State::Scheduled) {
            let items = self.tx.items(w.id).await?;
            let kin = self.kin(w).await?;
            self.set_clock(w, &items, &kin).await?;
            // Whether it starts by itself stands on status pages too.
            let rows: Vec<_> = self.tx.deliveries(w.id).await?.into_iter().chain(kin.plan_rows).collect();
            let pages = notice::status_pages(w, event, &rows, self.now);
            self.owe(w, pages).await?;
        }
        Ok(phases)
    }

    /// A phase that failed holds the later ones.
    pub(super) async fn hold_after(&mut self, w: &Window) -> Outcome<()> {
        let (Some(id), Some(outcome)) = (w.plan, w.outcome) else { return Ok(()) };
        if !plan::holds_later(outcome) {
            return Ok(());
        }
        let plan = self.plan_for(id).await?;
        let phases = self.phases(plan.clone()).await?;
        let later = phases.windows.iter().any(|other| other.state == State::Scheduled || other.state == State::Pending);
        if plan.held.is_some() || plan.state != PlanState::Published || !later {
            return Ok(());
        }
        let reason = format!("{} ended as {}", w.id, outcome.as_str().replace('_', " "));
        self.hold_plan(plan, reason, true).await.map(drop)
    }

    /// Refuses to start a phase while its plan is held.
    pub(super) async fn not_held(&mut self, w: &Window) -> Outcome<()> {
        let kin = self.kin(w).await?;
        let Some(phases) = kin.phases.as_ref().filter(|phases| phases.holds(w)) else { return Ok(()) };
        let plan = &phases.plan;
        Err(Refusal::rule(words::on_hold(plan), format!("/maintenance release {}", plan.id)).into())
    }

    /// A published plan whose phases changed is told anew to everybody who was told of it.
    pub(super) async fn retell_plan(&mut self, w: &Window, event: i64) -> Outcome<()> {
        let Some(id) = w.plan else { return Ok(()) };
        let mut plan = self.plan_for(id).await?;
        if plan.state != PlanState::Published {
            return Ok(());
        }
        plan.sequence += 1;
        plan.sequence_at = self.now;
        self.tx.update_plan(&plan).await?;
        let before = self.tx.deliveries(id).await?;
        let phases = self.phases(plan).await?;
        let told = self.told_of_plan(&phases).await?;
        let rows = notice::caused_by_plan(&phases, self.organisation, MessageKind::Moved, event, self.now);
        self.owe_plan(id, rows.into_iter().filter(|row| told.contains(&row.channel)).collect()).await?;
        self.replan_plan(&phases, &before).await?;
        // What the phases owe hangs on when the plan is announced.
        for phase in phases.windows.iter().filter(|phase| phase.state == State::Scheduled) {
            let items = self.tx.items(phase.id).await?;
            let rows = self.tx.deliveries(phase.id).await?;
            let kin = self.kin(phase).await?;
            self.replan(phase, &items, &rows, &kin).await?;
        }
        Ok(())
    }

    pub(super) async fn qa_add(&mut self, c: &QaAdd) -> Outcome<Reply> {
        let subject = self.asked_about(c.about).await?;
        if self.tx.qa(subject).await?.len() >= MOST_QUESTIONS {
            let detail = format!("{subject} has {MOST_QUESTIONS} questions already.");
            return Err(Refusal::rule(detail, format!("/maintenance qa list {subject}")).into());
        }
        let number = self.tx.add_qa(subject, &c.question, &c.answer, &self.actor.id, self.now).await?;
        let what = What::QaAdded { number, question: c.question.clone(), answer: c.answer.clone() };
        self.after_qa(subject, what).await?;
        self.qa_reply(subject).await
    }

    pub(super) async fn qa_remove(&mut self, c: &QaRemove) -> Outcome<Reply> {
        let subject = self.asked_about(c.about).await?;
        let known = self.tx.qa(subject).await?;
        let Some(qa) = known.into_iter().find(|qa| qa.number == c.item) else {
            let hint = format!("/maintenance qa list {subject}");
            return Err(Refusal::not_found(format!("question {} of {subject}", c.item), hint).into());
        };
        self.tx.remove_qa(subject, qa.number).await?;
        self.after_qa(subject, What::QaRemoved { number: qa.number, question: qa.question }).await?;
        self.qa_reply(subject).await
    }

    pub(super) async fn qa_list(&mut self, c: &QaList) -> Outcome<Reply> {
        let subject = self.asked_about(c.about).await?;
        self.qa_reply(subject).await
    }

    /// A window or plan that questions can be asked of.
    async fn asked_about(&mut self, subject: Subject) -> Outcome<Subject> {
        match subject {
            Subject::Window(id) => self.window(id).await.map(|w| w.id.into()),
            Subject::Plan(id) => self.plan(id).await.map(|plan| plan.id.into()),
            other => Err(Refusal::not_found(format!("window or plan {other}"), "/maintenance list").into()),
        }
    }

    /// Audit, and the posts that show the answers.
    async fn after_qa(&mut self, subject: Subject, what: What) -> Outcome<()> {
        if let Subject::Window(id) = subject {
            let (mut w, items) = self.window_for(id, Step::Qa).await?;
            let event = self.record(&mut w, &what).await?;
            return self.conclude(&w, &items, event, &what).await;
        }
        let event = self.record_on(subject, &what).await?;
        let Subject::Plan(id) = subject else { return Ok(()) };
        let rows = self.tx.deliveries(id).await?;
        let plan = self.plan(id).await?;
        self.show_plan(&plan, &rows, event).await
    }

    /// The issue and the posts that show a plan are brought in step with it.
    async fn show_plan(&mut self, plan: &Plan, rows: &[Delivery], event: i64) -> Outcome<()> {
        let mut owed = self.post_edits(rows, |row| row.plan.message.is_kept_in_step(), plan.sequence, event);
        if let Some(tracker) = ledger::tracker(rows) {
            owed.push(notice::owed(plan.sequence, MessageKind::IssueUpdate, event, "", tracker.clone(), self.now));
        }
        self.owe_plan(plan.id, owed).await
    }

    async fn qa_reply(&mut self, subject: Subject) -> Outcome<Reply> {
        let qa = self.tx.qa(subject).await?;
        let windows = subject.window().into_iter().collect();
        Ok(Reply { windows, ..about(subject, words::questions(subject, &qa, self.dry_run())) })
    }

    /// A plan for reading.
    pub(super) async fn plan(&mut self, id: PlanId) -> Outcome<Plan> {
        let found = self.tx.plan(id).await?;
        found.ok_or_else(|| Refusal::not_found(format!("plan {id}"), "/maintenance plan show").into())
    }

    /// A plan for changing: nobody else changes it or its phases meanwhile.
    pub(super) async fn plan_for(&mut self, id: PlanId) -> Outcome<Plan> {
        self.tx.lock_plan(id).await?;
        self.plan(id).await
    }

    /// A plan that can take one more phase.
    pub(super) async fn plan_taking_phases(&mut self, id: PlanId) -> Outcome<Plan> {
        let plan = self.plan_for(id).await?;
        if plan.state == PlanState::Cancelled {
            let detail = format!("{id} is cancelled; nothing can be added to it.");
            return Err(
                Refusal::rule(detail, format!("/maintenance plan new \"{}\"", plan.title.replace('"', "'"))).into()
            );
        }
        Ok(plan)
    }
}

fn published(plan: &Plan) -> Outcome<()> {
    if plan.state == PlanState::Published {
        return Ok(());
    }
    let detail = format!("{} is {}: there is nothing that starts.", plan.id, plan.state);
    let hint = match plan.state {
        PlanState::Draft => format!("/maintenance plan publish {}", plan.id),
        _ => format!("/maintenance plan show {}", plan.id),
    };
    Err(Refusal::rule(detail, hint).into())
}

/// Says which phase it was that a plan could not be published for.
fn of_phase(w: &Window, failure: Failure) -> Failure {
    match failure {
        Failure::Refused(Refusal::Rule { detail, hint }) => {
            Refusal::rule(format!("{} “{}”: {detail}", w.id, one_line(&w.title)), hint).into()
        }
        other => other,
    }
}

/// A reply about something that is no window.
pub(super) fn about(subject: impl Into<Subject>, message: Message) -> Reply {
    Reply { message, subject: Some(subject.into()), ..Reply::default() }
}
