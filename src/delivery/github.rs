//! Sending to GitHub: change-list issues brought in step, messages as comments, earlier comments edited.
//!
//! Every step that makes something is recorded by itself, and a row in doubt looks for its marker before it makes the same
//! again: a process that dies between the call and the record makes nothing twice.

mod list;

use chrono::{DateTime, TimeDelta, Utc};

use super::about::About;
use super::{Answered, Sender};
use crate::domain::channel::Repository;
use crate::domain::ledger::{Class, Delivery, MessageKind};
use crate::domain::subject::Subject;
use crate::github::api::{Comment, Failure, Fetched, GitHub, Issue, NewIssue};
use crate::github::render;
use crate::message::Message;
use crate::store::{Claimed, IssueRole, ListIssue};

/// How long all calls for one row may take: well within its lease.
pub(super) const PATIENCE: std::time::Duration = std::time::Duration::from_secs(45);
/// Clocks of other machines may be so far off.
const SLACK: TimeDelta = TimeDelta::minutes(5);
/// How soon an issue is looked at again that people have just changed: what they did is worked on first.
const SOON: TimeDelta = TimeDelta::seconds(2);

/// Why a row could not be sent.
pub(super) enum Trouble {
    /// GitHub, or the way to it.
    Outside(Failure),
    /// The issue was changed by people, and that is not worked on yet.
    Busy,
    /// Something newer will do it.
    Overtaken,
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
        let Some(github) = &self.github else {
            let error = "GitHub is not configured: add [github] to the configuration".to_owned();
            return self.record(row, Answered::GiveUp(error), now).await;
        };
        let Some(about) = self.worth_sending(row, now).await? else { return Ok(()) };
        let posting = Posting { sender: self, github, row, about: &about, doubt: claimed.in_doubt, now };
        let repository = self.db.read(async |tx| tx.repository_now(repository).await).await?;
        let work = posting.send(&repository, issue);
        let answered = match tokio::time::timeout(PATIENCE, work).await {
            Ok(Ok(id)) => Answered::Sent(id),
            Ok(Err(trouble)) => posting.answered(trouble)?,
            Err(_) => Answered::Retry { error: "GitHub takes too long".into(), at: None, in_doubt: true },
        };
        self.record(row, answered, now).await
    }
}

impl Posting<'_> {
    fn answered(&self, trouble: Trouble) -> anyhow::Result<Answered> {
        let in_doubt = self.doubt;
        Ok(match trouble {
            Trouble::Outside(Failure::Later { at, why }) => Answered::Retry { error: why, at: Some(at), in_doubt },
            Trouble::Outside(Failure::Unsure { why }) => Answered::Retry { error: why, at: None, in_doubt: true },
            Trouble::Outside(gone @ (Failure::Missing { .. } | Failure::Refused { .. })) => {
                Answered::GiveUp(gone.to_string())
            }
            Trouble::Busy => {
                let error = "people have just changed the issue; what they did comes first".into();
                Answered::Retry { error, at: Some(self.now + SOON), in_doubt }
            }
            Trouble::Overtaken => Answered::Overtaken,
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
                Some(number) => number,
                None => return self.open_with(repository, &message).await,
            },
        };
        let key = self.row.key();
        let comment = self.comment_once(repository, number, &key, &said(&message, &key)).await?;
        Ok(format!("{number}/{}", comment.id))
    }

    /// The issue in which everything about the subject of this row is said.
    async fn home(&self, repository: &Repository) -> Outcome<Option<u64>> {
        let plan = self.about.topic.plan().map(Subject::Plan);
        for subject in std::iter::once(self.row.subject).chain(plan) {
            let issues = self.issues_of(subject).await?;
            let here = |issue: &&ListIssue| issue.repository == *repository && issue.role != IssueRole::Item;
            if let Some(issue) = issues.iter().filter(|issue| !issue.gone).find(here) {
                return Ok(Some(issue.number));
            }
        }
        Ok(None)
    }

    /// The first message in a repository that does not keep the change list: an issue in which the later ones follow.
    async fn open_with(&self, repository: &Repository, message: &Message) -> Outcome<String> {
        let key = self.row.key();
        let title = message.plain().lines().next().unwrap_or_default().chars().take(250).collect();
        let new = NewIssue { title, body: said(message, &key), labels: Vec::new(), assignees: Vec::new() };
        let issue = self.open_once(repository, &key, &new).await?;
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
            let edited = match id.split_once('/').map(|(_, comment)| comment.parse::<u64>()) {
                Some(Ok(comment)) => self.github.update_comment(repository, comment, &body).await.map(drop),
                _ => Ok(()),
            };
            match edited {
                // Somebody took it away: there is nothing to bring in step.
                Ok(()) | Err(Failure::Missing { .. }) => {}
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok(())
    }

    /// Writes a comment unless one with this marker is there already.
    async fn comment_once(&self, repository: &Repository, number: u64, key: &str, body: &str) -> Outcome<Comment> {
        if self.doubt {
            let comments = self.github.comments_of(repository, number, self.since()).await?;
            if let Some(found) = comments.into_iter().find(|comment| render::carries(&comment.body, key)) {
                return Ok(found);
            }
        }
        Ok(self.github.create_comment(repository, number, body).await?)
    }

    /// Opens an issue unless one with this marker is there already.
    async fn open_once(&self, repository: &Repository, key: &str, new: &NewIssue) -> Outcome<Issue> {
        if self.doubt
            && let Fetched::New { items, .. } = self.github.issues(repository, self.since(), None).await?
            && let Some(found) = items.into_iter().find(|issue| render::carries(&issue.body, key))
        {
            return Ok(found);
        }
        match self.github.create_issue(repository, new).await {
            // Somebody who cannot be assigned there (any more) does not keep the issue from being opened.
            Err(Failure::Refused { status: 422, .. }) if !new.assignees.is_empty() => {
                let new = NewIssue { assignees: Vec::new(), ..new.clone() };
                Ok(self.github.create_issue(repository, &new).await?)
            }
            opened => Ok(opened?),
        }
    }

    /// What this row made cannot be older than the row; the clock of the story may stand still or be off.
    fn since(&self) -> DateTime<Utc> {
        self.row.created_at.min(crate::clock::Clock::wall()) - SLACK
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
