//! One function per command: reads and rules first, then state, deliveries and audit in one transaction. Sends nothing.
//!
//! Surfaces build an [`Invocation`] and render the [`Answer`]; pages read through [`query`].

mod advisory;
mod change;
pub mod complete;
mod digest;
pub mod due;
mod fixes;
mod freeze;
mod help;
pub mod inbox;
pub mod issue;
mod ledger;
mod plan;
mod policy;
pub mod query;
mod read;
mod run;
mod schedule;
mod series;
pub mod subscribers;
mod suggest;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, Wake};
use crate::command::{self, Command, Input, Parsed, Person};
use crate::domain::access::{Actor, Role};
use crate::domain::calendar::Zone;
use crate::domain::change::ChangeList;
use crate::domain::event::{Event, What};
use crate::domain::finding::Finding;
use crate::domain::ledger::Planned;
use crate::domain::organisation::Organisation;
use crate::domain::refusal::Refusal;
use crate::domain::subject::Subject;
use crate::domain::window::{State, Step, Window, WindowId};
use crate::message::audience::Templates;
use crate::message::preview::{MailShown, Plainly, Show};
use crate::message::words::{self, Refused};
use crate::message::{Message, text};
use crate::store::{Db, Fault, Repeat, StoreError, Tx};

/// A successful answer of a creating verb is given again within this time.
const REPEAT_WITHIN: TimeDelta = TimeDelta::seconds(60);

/// Counts what was created; whoever creates a window holds it until the end of the transaction.
const CREATED: &str = "created";

/// The one place where commands are done.
#[derive(Clone, Debug)]
pub struct Service {
    db: Db,
    organisation: Arc<Organisation>,
    clock: Clock,
    templates: Arc<Templates>,
    wake: Wake,
    show: Arc<dyn Show>,
    subscribers: subscribers::Known,
}

/// A command as a surface received it.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Who, with the roles the surface found.
    pub actor: Actor,
    /// Where, such as `console`: part of what makes a repeat a repeat.
    pub place: String,
    /// The caller's own zone, where the surface knows it.
    pub zone: Option<Zone>,
    /// The window in whose own place it was typed, such as its change-list issue: meant where none is named.
    pub within: Option<WindowId>,
    /// What they typed.
    pub input: Input,
    /// The sender's id of this delivery: the same id always gets the first answer.
    pub key: Option<String>,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Done.
    Done(Reply),
    /// Not done; nothing is stored.
    Refused(Refused),
}

/// What is said to the person who typed a command that was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// What it says.
    pub message: Message,
    /// Windows it is about; empty for a dry run.
    pub windows: Vec<WindowId>,
    /// What the caller should know besides.
    pub warnings: Vec<String>,
    /// What a dry run would have owed.
    pub deliveries: Option<Vec<PlannedView>>,
    /// What it is about where that is no window, such as `PL-3`.
    #[serde(default)]
    pub subject: Option<Subject>,
    /// What policy found.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// Slots that were found.
    #[serde(default)]
    pub slots: Option<Vec<SlotView>>,
    /// Messages as their readers would get them.
    #[serde(default)]
    pub previews: Vec<PreviewView>,
}

/// A message that somebody looked at before it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewView {
    /// The channels that would get it.
    pub readers: String,
    /// The message, as the surface would be sent it.
    pub shown: String,
    /// The parts of a mail, where it is shown as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailShown>,
}

/// A slot that `suggest` found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotView {
    /// Start (UTC).
    pub starts_at: DateTime<Utc>,
    /// End (UTC).
    pub ends_at: DateTime<Utc>,
    /// Why it is good, in words.
    pub why: Vec<String>,
}

/// A planned message in a dry run's reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedView {
    /// The message's name.
    pub message: String,
    /// `message` or `sync`.
    pub class: String,
    /// Lead or event.
    pub occasion: String,
    /// Lead of the ladder.
    pub lead: Option<String>,
    /// The audience.
    pub audience: String,
    /// Where.
    pub channel: String,
    /// When it would be owed (UTC).
    pub due_at: DateTime<Utc>,
    /// Why it would not be sent.
    pub reason: Option<String>,
}

impl From<&Planned> for PlannedView {
    fn from(p: &Planned) -> Self {
        Self {
            message: p.message.to_string(),
            class: p.message.class().to_string(),
            occasion: p.occasion.clone(),
            lead: p.lead.clone(),
            audience: p.audience.clone(),
            channel: p.channel.to_string(),
            due_at: p.due_at,
            reason: p.skipped.map(|r| r.to_string()),
        }
    }
}

/// Why a command did not come to an answer of its own.
#[derive(Debug)]
pub(crate) enum Failure {
    /// For the person.
    Refused(Refusal),
    /// Nothing is to be stored, and this is the answer: a dry run, a repeat.
    Instead(Box<Answer>),
    /// Another delivery with the same key was faster.
    Redelivered,
    /// For the operator.
    Fault(anyhow::Error),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error.kind() {
            kind @ (Fault::Full | Fault::ReadOnly | Fault::Io) => {
                let why = match kind {
                    Fault::Full => "The disk is full",
                    Fault::ReadOnly => "The database is read-only",
                    _ => "The disk cannot be written",
                };
                tracing::error!(error = %error, "a command was refused because nothing can be stored");
                Self::Refused(Refusal::Storage {
                    detail: format!(
                        "{why}: nothing can be stored now. Your command was not done; try again once the operator has mended it."
                    ),
                })
            }
            _ => Self::Fault(error.into()),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Fault(error)
    }
}

type Outcome<T> = Result<T, Failure>;

impl Service {
    /// A service over a database. Ring the same `wake` from whatever else commits.
    #[must_use]
    pub fn new(db: Db, organisation: Arc<Organisation>, clock: Clock, templates: Arc<Templates>, wake: Wake) -> Self {
        let subscribers = subscribers::Known::default();
        Self { db, organisation, clock, templates, wake, show: Arc::new(Plainly), subscribers }
    }

    /// The same, which shows messages as surfaces are sent them.
    #[must_use]
    pub fn showing(self, show: Arc<dyn Show>) -> Self {
        Self { show, ..self }
    }

    /// The organisation it works for.
    #[must_use]
    pub fn organisation(&self) -> &Organisation {
        &self.organisation
    }

    /// Now, on the service's clock (UTC).
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// What rings when something was committed.
    #[must_use]
    pub fn wake(&self) -> &Wake {
        &self.wake
    }

    /// Does one command and answers. A redelivered key gets the first answer; a quick repeat of a creating verb gets the
    /// answer from before.
    ///
    /// # Errors
    /// A fault of maintbot's own, for the operator: nothing of the command is stored.
    pub async fn run(&self, invocation: &Invocation) -> anyhow::Result<Answer> {
        // A task of its own: a caller that goes away half-way (a closed browser) does not cut it off.
        let (service, invocation) = (self.clone(), invocation.clone());
        tokio::spawn(async move { Box::pin(service.run_to_the_end(&invocation)).await }).await?
    }

    async fn run_to_the_end(&self, invocation: &Invocation) -> anyhow::Result<Answer> {
        let scope = invocation.key.as_ref().map(|key| format!("{}\n{}\n{key}", invocation.place, invocation.actor.id));
        let Some(key) = scope.as_deref() else {
            return match Box::pin(self.attempt(invocation, None)).await {
                Ok(answer) => Ok(answer),
                Err(failure) => said(failure),
            };
        };
        match Box::pin(self.attempt(invocation, Some(key))).await {
            Ok(answer) => Ok(answer),
            // Another delivery of the same was faster: its answer is the first.
            Err(Failure::Redelivered) => {
                let first = self.first_answer(key).await.or_else(|failure| said(failure).map(Some))?;
                first.ok_or_else(|| anyhow::anyhow!("the first answer to {key} is gone"))
            }
            Err(failure) => {
                let can_store = !matches!(failure, Failure::Refused(Refusal::Storage { .. }));
                let answer = said(failure)?;
                if !can_store {
                    return Ok(answer);
                }
                self.keep_first(key, answer).await.or_else(said)
            }
        }
    }

    /// What is answered under a key that has not been answered yet; whoever stores nothing fails with the answer.
    async fn attempt(&self, invocation: &Invocation, key: Option<&str>) -> Outcome<Answer> {
        if let Some(key) = key
            && let Some(first) = self.first_answer(key).await?
        {
            return Ok(first);
        }
        let parsed = command::parse_within(&invocation.input, invocation.within)?;
        if !parsed.command.spec().writes {
            let read = self.db.read(async |tx| {
                let organisation = self.with_subscribers(tx, false).await?;
                let mut cx = self.context(tx, invocation, &parsed, &organisation);
                cx.admit().await?;
                cx.execute().await
            });
            return Err(Failure::Instead(Answer::Done(read.await?).into()));
        }
        let answer = self.db.write(async |tx| self.write(tx, invocation, &parsed, key).await).await?;
        self.wake.ring();
        Ok(answer)
    }

    /// A writing command inside its transaction; any failure rolls it back.
    async fn write(&self, tx: &mut Tx, invocation: &Invocation, parsed: &Parsed, key: Option<&str>) -> Outcome<Answer> {
        let command = &parsed.command;
        let creates = command.spec().creates && !command.again() && !command.dry_run();
        let fingerprint =
            creates.then(|| format!("{}\n{}\n{}", invocation.place, invocation.actor.id, command.render()));
        let organisation = if matches!(command, Command::SubscribeAdd(_) | Command::Unsubscribe(_)) {
            tx.lock_subscriptions().await?;
            self.organisation.clone()
        } else {
            self.with_subscribers(tx, true).await?
        };
        let mut cx = self.context(tx, invocation, parsed, &organisation);
        cx.admit().await?;
        if fingerprint.is_some() {
            cx.wait_in_line().await?;
        }
        // In the meantime the same delivery may have been answered. What this transaction reads may be on its way to the
        // disk still, so the answer waits for the commit like one that stores something.
        if let Some(key) = key
            && let Some(first) = cx.tx.answer(key).await?
        {
            return Ok(serde_json::from_str(&first.body).map_err(anyhow::Error::from)?);
        }
        if let Some(fingerprint) = &fingerprint
            && let Some(before) = cx.repeat_of(fingerprint).await?
        {
            let answer = Answer::Done(before);
            if let Some(key) = key {
                tx.save_answer(key, status(&answer), &body(&answer)?, self.now()).await?;
            }
            return Ok(answer);
        }
        let mut reply = cx.execute().await?;
        if command.dry_run() {
            reply.windows.clear();
            reply.subject = reply.subject.filter(|_| !command.spec().creates);
            reply.deliveries = Some(cx.planned.iter().map(PlannedView::from).collect());
            return Err(Failure::Instead(Answer::Done(reply).into()));
        }
        if let Some(fingerprint) = &fingerprint {
            cx.remember(fingerprint, &reply).await?;
        }
        let answer = Answer::Done(reply);
        if let Some(key) = key
            && !tx.save_answer(key, status(&answer), &body(&answer)?, self.now()).await?
        {
            return Err(Failure::Redelivered);
        }
        Ok(answer)
    }

    async fn first_answer(&self, key: &str) -> Outcome<Option<Answer>> {
        let stored = self.db.read(async |tx| Ok::<_, Failure>(tx.answer(key).await?)).await?;
        let answer = stored.map(|stored| serde_json::from_str(&stored.body)).transpose();
        Ok(answer.map_err(anyhow::Error::from)?)
    }

    /// Keeps an answer that stored nothing as the first one to its key, unless there is one already.
    async fn keep_first(&self, key: &str, answer: Answer) -> Outcome<Answer> {
        let text = body(&answer)?;
        let at = self.now();
        let save = self.db.write(async |tx| Ok::<_, Failure>(tx.save_answer(key, status(&answer), &text, at).await?));
        match save.await {
            Ok(false) => Ok(self.first_answer(key).await?.unwrap_or(answer)),
            // A disk that is full keeps nobody from reading.
            Ok(true) | Err(Failure::Refused(_)) => Ok(answer),
            Err(failure) => Err(failure),
        }
    }

    fn context<'a>(
        &'a self,
        tx: &'a mut Tx,
        invocation: &'a Invocation,
        parsed: &'a Parsed,
        organisation: &'a Organisation,
    ) -> Cx<'a> {
        let person = self.organisation.people.get(&invocation.actor.id);
        let author_zone = invocation.zone.clone().or_else(|| person.and_then(|p| p.zone.clone()));
        Cx {
            service: self,
            organisation,
            tx,
            actor: &invocation.actor,
            place: &invocation.place,
            author_zone,
            now: self.now(),
            parsed,
            planned: Vec::new(),
        }
    }
}

fn body(answer: &Answer) -> anyhow::Result<String> {
    Ok(serde_json::to_string(answer)?)
}

/// The HTTP status that an answer is stored with.
fn status(answer: &Answer) -> i64 {
    match answer {
        Answer::Done(_) => 200,
        Answer::Refused(_) => 422,
    }
}

/// What is said about a command that came to no answer of its own.
fn said(failure: Failure) -> anyhow::Result<Answer> {
    match failure {
        Failure::Refused(refusal) => Ok(Answer::Refused(words::refused(&refusal))),
        Failure::Instead(answer) => Ok(*answer),
        Failure::Redelivered => Err(anyhow::anyhow!("a delivery without a key was taken for a redelivery")),
        Failure::Fault(error) => Err(error),
    }
}

/// Everything one command works with.
struct Cx<'a> {
    service: &'a Service,
    /// With everybody who subscribed among its audiences.
    organisation: &'a Organisation,
    tx: &'a mut Tx,
    actor: &'a Actor,
    place: &'a str,
    author_zone: Option<Zone>,
    now: DateTime<Utc>,
    parsed: &'a Parsed,
    /// Rows written by this command, for a dry run's answer.
    planned: Vec<Planned>,
}

impl Cx<'_> {
    /// Checks the role: the verb's, or the window's point of contact for what engineers may.
    async fn admit(&mut self) -> Outcome<()> {
        let spec = self.parsed.command.spec();
        // Whoever lacks a role learns from `whoami` what they are taken for.
        if self.actor.may(spec.role) || matches!(self.parsed.command, Command::Whoami(_)) {
            return Ok(());
        }
        if spec.role == Role::Engineer
            && let Some(id) = self.parsed.command.window()
            && let Some(window) = self.tx.window(id).await?
            && window.poc.as_deref() == Some(self.actor.id.as_str())
        {
            return Ok(());
        }
        let holders = self.organisation.holders_of(spec.role);
        Err(Refusal::Role { verb: spec.name.clone(), needed: spec.role, holders }.into())
    }

    /// Who is meant by a name: on GitHub the person to whom a login belongs, elsewhere the name as it was typed.
    fn person(&self, named: &Person) -> String {
        let name = named.as_str();
        let login = name.strip_prefix("github:").unwrap_or(name);
        match self.organisation.person_on_github(login) {
            _ if !self.place.starts_with("github:") => name.to_owned(),
            Some(id) => id.to_owned(),
            None if self.organisation.people.contains_key(name) => name.to_owned(),
            None => format!("github:{}", login.to_lowercase()),
        }
    }

    async fn execute(&mut self) -> Outcome<Reply> {
        match &self.parsed.command {
            Command::Schedule(c) => self.schedule(c).await,
            Command::Edit(c) => self.edit(c).await,
            Command::Reschedule(c) => self.reschedule(c).await,
            Command::Cancel(c) => self.cancel(c).await,
            Command::Extend(c) => self.extend(c).await,
            Command::ChangeAdd(c) => self.change_add(c).await,
            Command::ChangeEdit(c) => self.change_edit(c).await,
            Command::ChangeAssign(c) => self.change_assign(c).await,
            Command::ChangeRemove(c) => self.change_remove(c).await,
            Command::ChangeImport(c) => self.change_import(c).await,
            Command::Done(c) => self.done(c).await,
            Command::Undo(c) => self.undo(c).await,
            Command::Start(c) => self.start(c).await,
            Command::Verify(c) => self.verify(c).await,
            Command::Complete(c) => self.complete(c).await,
            Command::Note(c) => self.note(c).await,
            Command::Ack(c) => self.ack(c).await,
            Command::Remind(c) => self.remind(c).await,
            Command::SubscribeAdd(c) => self.subscribe_add(c).await,
            Command::SubscribeList(_) => self.subscribe_list().await,
            Command::Unsubscribe(c) => self.unsubscribe(c).await,
            Command::List(c) => self.list(c).await,
            Command::Show(c) => self.show(c).await,
            Command::Next(c) => self.next(c).await,
            Command::Reminders(c) => self.reminders(c).await,
            Command::History(c) => self.history(c).await,
            Command::Preview(c) => self.preview(c).await,
            Command::PlanNew(c) => self.plan_new(c).await,
            Command::PlanShow(c) => self.plan_show(c).await,
            Command::PlanPublish(c) => self.plan_publish(c).await,
            Command::PlanCancel(c) => self.plan_cancel(c).await,
            Command::QaAdd(c) => self.qa_add(c).await,
            Command::QaRemove(c) => self.qa_remove(c).await,
            Command::QaList(c) => self.qa_list(c).await,
            Command::Hold(c) => self.hold(c).await,
            Command::Release(c) => self.release(c).await,
            Command::SeriesNew(c) => self.series_new(c).await,
            Command::SeriesShow(c) => self.series_show(c).await,
            Command::SeriesStop(c) => self.series_stop(c).await,
            Command::Suggest(c) => self.suggest(c).await,
            Command::Approve(c) => self.approve(c).await,
            Command::Reject(c) => self.reject(c).await,
            Command::FreezeAdd(c) => self.freeze_add(c).await,
            Command::FreezeList(_) => self.freeze_list().await,
            Command::FreezeRemove(c) => self.freeze_remove(c).await,
            Command::AdvisoryNew(c) => self.advisory_new(c).await,
            Command::AdvisoryList(_) => self.advisory_list().await,
            Command::AdvisoryShow(c) => self.advisory_show(c).await,
            Command::AdvisoryPublish(c) => self.advisory_publish(c).await,
            Command::AdvisoryWithdraw(c) => self.advisory_withdraw(c).await,
            Command::AdvisoryObject(c) => self.advisory_object(c).await,
            Command::Calendar(c) => self.calendar(c).await,
            Command::Told(c) => self.told_customer(c).await,
            Command::Whoami(_) => Ok(self.whoami()),
            Command::Help(c) => help::reply(c),
        }
    }

    /// Lets nobody else create the same thing at the same moment: a repeat must see what it repeats. SQLite has one
    /// writer at a time anyway.
    async fn wait_in_line(&mut self) -> Outcome<()> {
        match self.parsed.command.subject() {
            Some(Subject::Window(window)) => self.lock(window).await,
            Some(Subject::Plan(plan)) => Ok(self.tx.lock_plan(plan).await?),
            _ => Ok(self.tx.next_id(CREATED).await.map(drop)?),
        }
    }

    /// Makes every other command on this window wait, and on the plan or series that it belongs to: those first, so that
    /// no two commands wait for each other.
    async fn lock(&mut self, id: WindowId) -> Outcome<()> {
        let (plan, series) = self.tx.belongs_to(id).await?;
        if let Some(plan) = plan {
            self.tx.lock_plan(plan).await?;
        }
        if let Some(series) = series {
            self.tx.lock_series(series).await?;
        }
        Ok(self.tx.lock_window(id).await?)
    }

    fn dry_run(&self) -> bool {
        self.parsed.command.dry_run()
    }

    /// The answer from before, where the same person did the same in the same place within a minute and nothing else
    /// has touched it since.
    async fn repeat_of(&mut self, fingerprint: &str) -> Outcome<Option<Reply>> {
        let Some(Repeat { at, subject, event, body }) = self.tx.repeat(fingerprint).await? else { return Ok(None) };
        let Ok(subject) = subject.parse::<Subject>() else { return Ok(None) };
        if self.now - at > REPEAT_WITHIN || self.tx.last_event(subject).await? != Some(event) {
            return Ok(None);
        }
        let first: Reply = serde_json::from_str(&body).map_err(anyhow::Error::from)?;
        let message = words::repeated(first.message);
        Ok(Some(Reply { message, ..first }))
    }

    async fn remember(&mut self, fingerprint: &str, reply: &Reply) -> Outcome<()> {
        let window = reply.windows.first().copied().map(Subject::Window);
        let Some(subject) = reply.subject.or(window) else { return Ok(()) };
        let Some(event) = self.tx.last_event(subject).await? else { return Ok(()) };
        let body = serde_json::to_string(reply).map_err(anyhow::Error::from)?;
        let repeat = Repeat { at: self.now, subject: subject.to_string(), event, body };
        Ok(self.tx.save_repeat(fingerprint, &repeat).await?)
    }

    /// The window for reading.
    async fn window(&mut self, id: WindowId) -> Outcome<Window> {
        let hint = "/maintenance list --all";
        let found = self.tx.window(id).await?;
        found.ok_or_else(|| Refusal::not_found(format!("window {id}"), hint).into())
    }

    /// The window and its items for changing, if its state allows the step.
    async fn window_for(&mut self, id: WindowId, step: Step) -> Outcome<(Window, ChangeList)> {
        self.lock(id).await?;
        let window = self.window(id).await?;
        if !window.state.permits(step) {
            return Err(self.illegal(&window, step).await?.into());
        }
        let items = self.tx.items(id).await?;
        Ok((window, items))
    }

    async fn illegal(&mut self, window: &Window, step: Step) -> Outcome<Refusal> {
        let events = self.tx.events(window.id).await?;
        let (by, at) = moved_there(window, &events);
        let hint = match window.state {
            State::Scheduled if self.now >= window.span.starts_at - run::EARLY_START => {
                format!("/maintenance start {}", window.id)
            }
            State::Pending if window.request.is_some() => format!("/maintenance approve {}", window.id),
            State::Pending | State::Scheduled => format!("/maintenance show {}", window.id),
            State::InProgress | State::Verifying => format!("/maintenance complete {}", window.id),
            State::Completed | State::Cancelled => format!("/maintenance history {}", window.id),
        };
        let at_words = crate::domain::calendar::at(at, &window.span.zone);
        let soon = self.now >= window.span.starts_at - run::EARLY_START;
        let typed = Step::ALL.iter().copied().filter(|step| *step != Step::Overrun && (*step != Step::Start || soon));
        let possible = typed.filter(|step| window.state.permits(*step)).collect();
        Ok(Refusal::State { window: window.id, step, state: window.state, by, at, at_words, possible, hint })
    }

    fn reply(&self, window: &Window, message: Message) -> Reply {
        let message =
            if self.dry_run() { words::would_send(message, &self.planned, &window.span.zone) } else { message };
        Reply { message, windows: vec![window.id], ..Reply::default() }
    }
}

/// Who moved a window to the state it is in, and when.
fn moved_there(window: &Window, events: &[Event]) -> (String, DateTime<Utc>) {
    let moved = |what: &What| match window.state {
        State::Pending => matches!(what, What::Scheduled | What::Requested { .. }),
        State::Scheduled => matches!(what, What::Scheduled | What::Approved { .. }),
        State::InProgress => matches!(what, What::Started { .. } | What::Resumed),
        State::Verifying => matches!(what, What::Verifying { .. }),
        State::Completed => matches!(what, What::Completed { .. }),
        State::Cancelled => {
            matches!(what, What::Cancelled { .. } | What::Rejected { .. } | What::Expired)
        }
    };
    let last = events.iter().rev().find(|e| moved(&e.what));
    last.map_or_else(|| (window.requester.clone(), window.created_at), |e| (text::one_line(&e.actor), e.at))
}

/// The roles of a caller: what `[roles]` gives to any of their names, else the surface's default.
#[must_use]
pub fn roles(organisation: &Organisation, names: &[&str], default: Role) -> BTreeSet<Role> {
    organisation.roles_of(names).unwrap_or_else(|| BTreeSet::from([default]))
}
