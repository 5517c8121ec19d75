//! The change-list issue where a tracker outside keeps it: what people did there by hand, and bringing it in step again.

use super::due::fault;
use super::{Cx, Outcome, Service};
use crate::command::{Input, Parsed, parse};
use crate::domain::access::Actor;
use crate::domain::change::ChangeList;
use crate::domain::event::What;
use crate::domain::ledger::MessageKind;
use crate::domain::notice;
use crate::domain::organisation::Organisation;
use crate::domain::plan::Phases;
use crate::domain::subject::Subject;
use crate::domain::window::{State, Window};
use crate::message::text::count;
use crate::store::{IssueRole, Tx};

/// What closing a change list by hand means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListState {
    /// Work has begun and every item is reported done: it may be closed.
    Closable,
    /// It has to stay open.
    Open {
        /// Why, as people read it.
        why: String,
    },
    /// Everything that it was for is over.
    Over,
}

impl Service {
    /// What closing the change list of a window or plan by hand would mean now; `None`: there is no such thing.
    ///
    /// # Errors
    /// The database fails.
    pub async fn list_state(&self, subject: Subject) -> anyhow::Result<Option<ListState>> {
        let windows = self.db.read(async |tx| listed(tx, subject).await).await.map_err(fault)?;
        Ok((!windows.is_empty()).then(|| state_of(&windows)))
    }

    /// The change list was closed by hand before its time, or by somebody who may not: it is opened again. `why` is for
    /// people.
    ///
    /// # Errors
    /// The database fails.
    pub async fn list_reopened(&self, subject: Subject, actor: &Actor, place: &str, why: &str) -> anyhow::Result<()> {
        let what = What::ListReopened { why: why.to_owned() };
        self.about_list(subject, actor, place, &what).await
    }

    /// Lines of the change list were changed where they cannot be: they are written again as they were.
    ///
    /// # Errors
    /// The database fails.
    pub async fn resync_list(&self, subject: Subject, actor: &Actor, place: &str) -> anyhow::Result<()> {
        self.about_list(subject, actor, place, &What::ListRestored).await
    }

    /// The change list is no longer where it was kept: ops are told, and a new one is opened where something is still to
    /// be done. `how` is for people, such as "was deleted".
    ///
    /// # Errors
    /// The database fails.
    pub async fn list_lost(&self, subject: Subject, how: &str, actor: &Actor, place: &str) -> anyhow::Result<()> {
        self.list_told(subject, &format!("The change list {how}. A new one is opened where work is still to be done."))
            .await?;
        self.about_list(subject, actor, place, &What::ListLost { how: how.to_owned() }).await
    }

    /// Tells ops something about the change list, as maintbot.
    ///
    /// # Errors
    /// The database fails.
    pub async fn list_told(&self, subject: Subject, text: &str) -> anyhow::Result<()> {
        let what = What::Noted { text: text.to_owned(), internal: true };
        self.about_list(subject, &Actor::maintbot(), PLACE, &what).await
    }

    /// The page of the change list that a window is in; `None` where it is in the built-in tracker, or nowhere.
    ///
    /// # Errors
    /// The database fails.
    pub async fn list_url(&self, w: &Window) -> anyhow::Result<Option<String>> {
        self.db.read(async |tx| list_url(tx, &self.organisation, w).await).await.map_err(fault)
    }

    async fn about_list(&self, subject: Subject, actor: &Actor, place: &str, what: &What) -> anyhow::Result<()> {
        let parsed = parse(&Input::Text("whoami".into())).map_err(|refusal| fault(refusal.into()))?;
        let done = self.db.write(async |tx| {
            let organisation = self.with_subscribers(tx, true).await?;
            self.cx_for(tx, (actor, place), &parsed, &organisation).about_list(subject, what).await
        });
        done.await.map_err(fault)?;
        self.wake.ring();
        Ok(())
    }

    /// What a change that nobody typed works with; `by`: who makes it, and where.
    pub(super) fn cx_for<'a>(
        &'a self,
        tx: &'a mut Tx,
        by: (&'a Actor, &'a str),
        parsed: &'a Parsed,
        organisation: &'a Organisation,
    ) -> Cx<'a> {
        let (now, planned) = (self.now(), Vec::new());
        Cx { service: self, organisation, tx, actor: by.0, place: by.1, author_zone: None, now, parsed, planned }
    }
}

/// Where notes about change lists come from, for the audit trail.
const PLACE: &str = "tracker";

impl Cx<'_> {
    async fn about_list(&mut self, subject: Subject, what: &What) -> Outcome<()> {
        // The list of a plan belongs to all of its phases: one of them stands for it.
        let windows = listed(self.tx, subject).await?;
        let live = windows.iter().find(|(w, _)| !w.state.is_over()).or_else(|| windows.last());
        let Some(id) = live.map(|(w, _)| w.id) else { return Ok(()) };
        self.lock(id).await?;
        let Some(mut w) = self.tx.window(id).await? else { return Ok(()) };
        let items = self.tx.items(id).await?;
        let event = self.record(&mut w, what).await?;
        match what {
            What::Noted { .. } => {
                let rows = notice::for_ops(&w, self.organisation, MessageKind::Note, event, self.now);
                self.owe(&w, rows).await
            }
            What::ListLost { .. } => self.open_list_again(&w, event).await,
            _ if w.as_published().is_none() => Ok(()),
            _ => {
                let (rows, kin) = (self.tx.deliveries(w.id).await?, self.kin(&w).await?);
                self.sync_issue(&w, &items, event, &rows, &kin).await
            }
        }
    }

    /// A new issue in the place of one that is lost.
    async fn open_list_again(&mut self, w: &Window, event: i64) -> Outcome<()> {
        if w.state.is_over() || w.as_published().is_none() {
            return Ok(());
        }
        let kin = self.kin(w).await?;
        let row = |sequence, tracker| notice::owed(sequence, MessageKind::IssueOpen, event, "", tracker, self.now);
        if let Some(phases) = &kin.phases {
            let tracker = self.tracker(None, &first_services(phases, w));
            let row = row(phases.plan.sequence, tracker);
            self.owe_plan(phases.plan.id, vec![row]).await
        } else {
            let row = row(w.sequence, self.tracker(None, &w.services));
            self.owe(w, vec![row]).await
        }
    }
}

fn first_services(phases: &Phases, w: &Window) -> Vec<String> {
    phases.live().next().unwrap_or(w).services.clone()
}

/// The page of the change list that a window is in, where that is outside.
pub(super) async fn list_url(tx: &mut Tx, organisation: &Organisation, w: &Window) -> Outcome<Option<String>> {
    let issues = tx.github_issues_of(w.plan.map_or(Subject::Window(w.id), Subject::Plan)).await?;
    let list = issues.iter().find(|issue| issue.role == IssueRole::List && !issue.gone);
    Ok(list.map(|list| organisation.issue_url(&list.repository, list.number)))
}

/// The windows whose items stand in a change list, with these.
async fn listed(tx: &mut Tx, subject: Subject) -> Outcome<Vec<(Window, ChangeList)>> {
    let windows = match subject {
        Subject::Window(id) => tx.window(id).await?.into_iter().collect(),
        Subject::Plan(id) => tx.windows_of_plan(id).await?,
        _ => Vec::new(),
    };
    let mut listed = Vec::with_capacity(windows.len());
    for window in windows {
        let items = tx.items(window.id).await?;
        listed.push((window, items));
    }
    Ok(listed)
}

fn state_of(windows: &[(Window, ChangeList)]) -> ListState {
    let live: Vec<_> = windows.iter().filter(|(w, _)| !w.state.is_over()).collect();
    if live.is_empty() {
        return ListState::Over;
    }
    let begun = |w: &Window| matches!(w.state, State::InProgress | State::Verifying);
    let open: usize = live.iter().map(|(_, items)| items.open().len()).sum();
    let why = if let Some((w, _)) = live.iter().find(|(w, _)| !begun(w)) {
        format!("{} has not started; until then its change list stays open", w.id)
    } else if open > 0 {
        let verb = if open == 1 { "is" } else { "are" };
        format!("{} {verb} not reported done", count(open, "item"))
    } else if live.iter().all(|(_, items)| items.0.is_empty()) {
        "it has no items, and an empty list completes nothing".into()
    } else {
        return ListState::Closable;
    };
    ListState::Open { why }
}
