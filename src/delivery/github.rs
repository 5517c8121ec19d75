//! Sending to GitHub: change-list issues brought in step, messages as comments, earlier comments edited.
//!
//! Every step that makes something is recorded by itself, and a process that dies between the call and the record makes
//! nothing twice. A message in doubt is looked for by its marker before anything is decided about it: what has arrived was
//! sent. What belongs to a change list is looked for also where an earlier row was tried and not sent, since it may have
//! made it before something newer took its place.

mod list;

use chrono::{DateTime, TimeDelta, Utc};

use super::about::About;
use super::{Answered, PATIENCE, Sender, said_with, since, unanswered};
use crate::domain::channel::Repository;
use crate::domain::ledger::{Class, Delivery, MessageKind, Reason};
use crate::domain::subject::Subject;
use crate::github::api::{Comment, Failure, Fetched, GitHub, Issue, IssuePatch, NewIssue};
use crate::github::render;
use crate::message::Message;
use crate::store::{Claimed, IssueRole, ListIssue};

/// How soon an issue is looked at again that people have just changed: what they did is worked on first.
const SOON: TimeDelta = TimeDelta::seconds(2);

/// Why a row could not be sent.
pub(super) enum Trouble {
    /// GitHub, or the way to it.
    Outside(Failure),
    /// The issue was changed by people, and that is not worked on yet.
    Busy,
    /// There is no need for it any more, and why.
    Pointless(Reason),
    /// The database, or a template.
    Fault(anyhow::Error),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Outside(failure)
    }
}

impl<E: Into<anyhow::Error>> From<Fault<E>> for Trouble {
    fn from(fault: Fault<E>) -> Self {
        Self::Fault(fault.0.into())
    }
}

/// An error of our own side.
pub(super) struct Fault<E>(E);

type Outcome<T> = Result<T, Trouble>;

/// One row on its way to GitHub.
pub(super) struct Posting<'a> {
    sender: &'a Sender,
    github: &'a GitHub,
    row: &'a Delivery,
    about: &'a About,
    /// Something of it may be there already.
    doubt: bool,
    now: DateTime<Utc>,
}

impl Sender {
    /// Sends a row to GitHub.
    pub(super) async fn on_github(
        &self,
        claimed: &Claimed,
        (repository, issue): (&Repository, Option<u64>),
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let row = &claimed.delivery;
        let Some(github) = &self.outside.github else {
            let error = "GitHub is not configured: add [github] to the configuration".to_owned();
            return self.record(row, Answered::GiveUp(error), now).await;
        };
        let about = self.about(row).await?;
        let posting = Posting { sender: self, github, row, about: &about, doubt: claimed.in_doubt, now };
        let repository = self.db.read(async |tx| tx.repository_now(repository).await).await?;
        let work = async {
            if let Some(id) = posting.arrived(&repository, issue).await? {
                return Ok(Some(Answered::Sent { id: Some(id), said_with: Vec::new() }));
            }
            let Some(about) = self.worth_sending(row, now).await.map_err(Trouble::Fault)? else { return Ok(None) };
            let id = Posting { about: &about, ..posting }.send(&repository, issue).await?;
            Ok(Some(Answered::Sent { id, said_with: said_with(row, &about) }))
        };
        let answered = match tokio::time::timeout(PATIENCE, work).await {
            Ok(Ok(None)) => return Ok(()),
            Ok(Ok(Some(sent))) => sent,
            Ok(Err(trouble)) => posting.answered(trouble)?,
            Err(_) => unanswered(row, "GitHub takes too long".into(), now),
        };
        self.record(row, answered, now).await
    }
}

impl Posting<'_> {
    fn answered(&self, trouble: Trouble) -> anyhow::Result<Answered> {
        let in_doubt = self.doubt;
        Ok(match trouble {
            Trouble::Outside(Failure::Later { at, why }) => Answered::Retry { error: why, at: Some(at), in_doubt },
            Trouble::Outside(Failure::Unsure { why }) => unanswered(self.row, why, self.now),
            Trouble::Outside(gone @ (Failure::Missing { .. } | Failure::Refused { .. })) => {
                Answered::GiveUp(gone.to_string())
            }
            Trouble::Busy => {
                let error = "people have just changed the issue; what they did comes first".into();
                Answered::Retry { error, at: Some(self.now + SOON), in_doubt }
            }
            Trouble::Pointless(why) => Answered::Pointless(why),
            Trouble::Fault(error) => return Err(error),
        })
    }

    /// Does it; the id by which it is found again.
    async fn send(&self, repository: &Repository, issue: Option<u64>) -> Outcome<Option<String>> {
        match self.row.plan.message {
            MessageKind::IssueOpen | MessageKind::IssueUpdate | MessageKind::IssueClose => {
                self.keep_list(repository).await
            }
            MessageKind::PostEdit => self.edit_comments(repository).await.map(|()| None),
            message if message.class() == Class::Message => self.say(repository, issue).await.map(Some),
            message => Err(Trouble::Fault(anyhow::anyhow!("{message} cannot be sent to GitHub"))),
        }
    }

    /// A message: a comment in the issue that is named, else in the issue of its window or plan in that repository, which
    /// is opened with it where there is none.
    async fn say(&self, repository: &Repository, issue: Option<u64>) -> Outcome<String> {
        let message = self.sender.tell(self.row, self.about, self.now).map_err(Fault)?;
        let number = match issue {
            Some(number) => number,
            None => match self.home(repository).await? {
                Some(home) => home.number,
                // What is said is said in the list, which is about to be opened here.
                None if self.list_is_due() => match self.open_list(repository).await? {
                    Some(list) => list.number,
                    None => return self.open_with(repository, &message).await,
                },
                None => return self.open_with(repository, &message).await,
            },
        };
        let comment = self.github.create_comment(repository, number, &said(&message, &self.row.key())).await?;
        Ok(format!("{number}/{}", comment.id))
    }

    /// Whether the change list is owed to the same repository, and not waiting for its time.
    fn list_is_due(&self) -> bool {
        let opens = |row: &&Delivery| row.plan.message == MessageKind::IssueOpen && row.state.is_open();
        let mut here = self.about.rows.iter().filter(opens).filter(|row| row.plan.channel == self.row.plan.channel);
        here.any(|row| row.plan.due_at <= self.now && row.subject == self.row.subject)
    }

    /// What is found of a message in doubt.
    async fn arrived(&self, repository: &Repository, issue: Option<u64>) -> Outcome<Option<String>> {
        if !self.doubt || self.row.plan.message.class() != Class::Message {
            return Ok(None);
        }
        let (key, since) = (self.row.key(), self.since());
        let home = if issue.is_none() { self.home(repository).await? } else { None };
        if let Some(home) = home.as_ref().filter(|home| render::carries(&home.body, &key)) {
            return Ok(Some(home.number.to_string()));
        }
        if let Some(number) = issue.or(home.map(|home| home.number)) {
            let found = self.find_comment(repository, number, &key, since).await?;
            return Ok(found.map(|comment| format!("{number}/{}", comment.id)));
        }
        let Some(opened) = self.find_issue(repository, &key, since).await? else { return Ok(None) };
        self.keep(&opened, repository, IssueRole::Announcements, 0).await?;
        Ok(Some(opened.number.to_string()))
    }

    /// The issue in which everything about the subject of this row is said.
    async fn home(&self, repository: &Repository) -> Outcome<Option<ListIssue>> {
        let plan = self.about.topic.plan().map(Subject::Plan);
        for subject in std::iter::once(self.row.subject).chain(plan) {
            let issues = self.issues_of(subject).await?;
            let here = |issue: &ListIssue| issue.repository == *repository && issue.role != IssueRole::Item;
            if let Some(issue) = issues.into_iter().find(|issue| !issue.gone && here(issue)) {
                return Ok(Some(issue));
            }
        }
        Ok(None)
    }

    /// The first message in a repository that does not keep the change list: an issue in which the later ones follow.
    async fn open_with(&self, repository: &Repository, message: &Message) -> Outcome<String> {
        let key = self.row.key();
        let title = message.plain().lines().next().unwrap_or_default().chars().take(250).collect();
        let new = NewIssue { title, body: said(message, &key), labels: Vec::new(), assignees: Vec::new() };
        let issue = self.open_issue(repository, &new).await?;
        self.keep(&issue, repository, IssueRole::Announcements, 0).await?;
        Ok(issue.number.to_string())
    }

    /// Brings every earlier comment of the window or plan in step.
    async fn edit_comments(&self, repository: &Repository) -> Outcome<()> {
        let rows = self.about.own_rows(self.row);
        let mine = |r: &&Delivery| r.plan.channel == self.row.plan.channel && r.plan.message.is_kept_in_step();
        for sent in rows.iter().filter(mine).filter(|sent| sent.plan.occasion != self.row.plan.occasion) {
            let Some(id) = sent.remote_id.as_deref() else { continue };
            let events = self.about.events_of(sent);
            let telling = self.sender.telling(&sent.plan, self.about, &events, self.now);
            let body = said(&self.sender.templates.retell(&telling).map_err(Fault)?, &sent.key());
            let edited = match id.split_once('/') {
                Some((_, comment)) => match comment.parse() {
                    Ok(comment) => self.github.update_comment(repository, comment, &body).await.map(drop),
                    Err(_) => Ok(()),
                },
                None => self.edit_opening(repository, id, body).await,
            };
            match edited {
                // Somebody took it away: there is nothing to bring in step.
                Ok(()) | Err(Failure::Missing { .. }) => {}
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok(())
    }

    /// A message that is the text of an issue of its own.
    async fn edit_opening(&self, repository: &Repository, number: &str, body: String) -> Result<(), Failure> {
        let Ok(number) = number.parse() else { return Ok(()) };
        let patch = IssuePatch { body: Some(body), ..IssuePatch::default() };
        self.github.update_issue(repository, number, &patch).await.map(drop)
    }

    /// The issue of ours with this marker, if it changed at or after `since` (UTC, GitHub's clock).
    async fn find_issue(&self, repository: &Repository, key: &str, since: DateTime<Utc>) -> Outcome<Option<Issue>> {
        let items = self.own_issues(repository, since).await?;
        Ok(items.into_iter().find(|issue| render::carries(&issue.body, key)))
    }

    /// Issues of ours that changed at or after `since` (UTC, GitHub's clock). Markers that others copied count for nothing.
    async fn own_issues(&self, repository: &Repository, since: DateTime<Utc>) -> Outcome<Vec<Issue>> {
        let Fetched::New { mut items, .. } = self.github.issues(repository, since, None).await? else {
            return Ok(Vec::new());
        };
        let login = self.github.login().await?;
        items.retain(|issue| issue.author.login.eq_ignore_ascii_case(&login));
        Ok(items)
    }

    /// The comment of ours with this marker, written or changed at or after `since` (UTC, GitHub's clock).
    async fn find_comment(
        &self,
        repository: &Repository,
        number: u64,
        key: &str,
        since: DateTime<Utc>,
    ) -> Outcome<Option<Comment>> {
        let comments = self.github.comments_of(repository, number, since).await?;
        let login = self.github.login().await?;
        let ours = |comment: &Comment| {
            comment.author.login.eq_ignore_ascii_case(&login) && render::carries(&comment.body, key)
        };
        Ok(comments.into_iter().find(ours))
    }

    async fn open_issue(&self, repository: &Repository, new: &NewIssue) -> Outcome<Issue> {
        match self.github.create_issue(repository, new).await {
            // Somebody who cannot be assigned there (any more) does not keep the issue from being opened.
            Err(Failure::Refused { status: 422, .. }) if !new.assignees.is_empty() => {
                let new = NewIssue { assignees: Vec::new(), ..new.clone() };
                Ok(self.github.create_issue(repository, &new).await?)
            }
            opened => Ok(opened?),
        }
    }

    /// What this row made cannot be older (UTC, GitHub's clock).
    fn since(&self) -> DateTime<Utc> {
        since(self.row)
    }

    async fn issues_of(&self, subject: Subject) -> Outcome<Vec<ListIssue>> {
        let read = self.sender.db.read(async |tx| tx.github_issues_of(subject).await).await;
        Ok(read.map_err(Fault)?)
    }

    /// Remembers an issue as it is now. What only people change (reopened for good, locked) stays as it is stored.
    async fn keep(&self, issue: &Issue, repository: &Repository, role: IssueRole, item: i64) -> Outcome<()> {
        let subject = self.row.subject;
        let save = self.sender.db.write(async |tx| {
            let before = tx.github_issue(repository, issue.number).await?;
            let kept = ListIssue {
                subject,
                role,
                item,
                repository: repository.clone(),
                number: issue.number,
                remote: issue.id,
                body: issue.body.clone(),
                seen_at: issue.updated_at,
                open: issue.open,
                left_open: before.as_ref().is_some_and(|before| before.left_open),
                locked: before.as_ref().is_some_and(|before| before.locked),
                gone: false,
            };
            tx.save_github_issue(&kept).await
        });
        Ok(save.await.map_err(Fault)?)
    }
}

/// A message as a comment that is found again.
fn said(message: &Message, key: &str) -> String {
    format!("{}\n\n{}", render::markdown(message), render::marker(key))
}
