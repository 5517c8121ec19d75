//! Polling, where GitHub cannot reach maintbot: asks every watched repository for what changed, and puts the same into
//! the inbox as a webhook would. What cannot matter is left out there and then.
//!
//! History is not replayed: the first look begins at that moment. Each look overlaps the one before by a second, and what
//! it saw already is known by its id. Where nothing changed GitHub says so (`ETag`), which counts against no limit.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use super::Inbound;
use super::comment::is_from_people;
use super::list::{differs, seen};
use super::seen::{Seen, SeenComment, Who};
use super::work::{Trouble, Worked};
use crate::domain::channel::Repository;
use crate::github::api::{Comment, Fetched, Issue};
use crate::github::read::{commands, form};

/// How far each look reaches back behind what was seen: GitHub counts in whole seconds.
const OVERLAP: TimeDelta = TimeDelta::seconds(1);

/// How far somebody has looked, and what GitHub called that answer.
struct Cursor {
    mark: String,
    since: DateTime<Utc>,
    etag: Option<String>,
}

impl Inbound {
    /// Looks at every watched repository once.
    pub(super) async fn poll(&self, stop: &CancellationToken) -> Worked {
        let mut last = Ok(());
        for configured in self.configured() {
            if stop.is_cancelled() {
                break;
            }
            match self.look_at(configured).await {
                Ok(()) => {}
                // The limit is everybody's.
                Err(trouble @ (Trouble::Later(..) | Trouble::Fault(_))) => return Err(trouble),
                Err(trouble) => last = Err(trouble),
            }
        }
        last
    }

    async fn look_at(&self, configured: &Repository) -> Worked {
        let repository = self.name_now(configured).await?;
        self.look_at_issues(configured, &repository).await?;
        self.look_at_comments(configured, &repository).await
    }

    async fn look_at_comments(&self, configured: &Repository, repository: &Repository) -> Worked {
        let cursor = self.cursor(configured, "comments").await?;
        let fetched = self.github.comments(repository, cursor.since, cursor.etag.as_deref()).await?;
        let Fetched::New { items, etag } = fetched else { return Ok(()) };
        let login = self.github.login().await?;
        for comment in items.iter().filter(|comment| comment.issue > 0) {
            let author = Who::new(&comment.author.login, comment.author.is_bot);
            if !is_from_people(&author, None, &comment.body) || commands(&comment.body, &login).lines.is_empty() {
                continue;
            }
            let version = version(comment.updated_at, &[&comment.body]);
            let id = format!("poll/comment/{}/{version}", comment.id);
            self.store(&id, &Seen::Comment(seen_comment(repository, comment, author))).await?;
        }
        self.move_on(&cursor, items.iter().map(|comment| comment.updated_at).max(), etag).await
    }

    async fn look_at_issues(&self, configured: &Repository, repository: &Repository) -> Worked {
        let cursor = self.cursor(configured, "issues").await?;
        let fetched = self.github.issues(repository, cursor.since, cursor.etag.as_deref()).await?;
        let Fetched::New { items, etag } = fetched else { return Ok(()) };
        for issue in &items {
            if self.matters(repository, issue).await? {
                let id = format!("poll/issue/{}/{}", issue.id, issue_version(issue));
                self.store(&id, &Seen::Issue(seen(repository, issue))).await?;
            }
        }
        self.move_on(&cursor, items.iter().map(|issue| issue.updated_at).max(), etag).await
    }

    /// Whether there may be something to do about an issue: one of ours that is other than known, a form, commands.
    async fn matters(&self, repository: &Repository, issue: &Issue) -> Worked<bool> {
        if let Some(list) = self.service.github_issue(repository, issue.number).await? {
            return Ok(!list.gone && differs(&list, issue));
        }
        let author = Who::new(&issue.author.login, issue.author.is_bot);
        if !issue.open || !is_from_people(&author, None, &issue.body) {
            return Ok(false);
        }
        let login = self.github.login().await?;
        Ok(form(&issue.body).is_some() || !commands(&issue.body, &login).lines.is_empty())
    }

    async fn cursor(&self, configured: &Repository, what: &str) -> Worked<Cursor> {
        let mark = format!("github/poll/{configured}/{what}");
        let known = self.service.mark(&mark).await?.and_then(|at| at.parse::<DateTime<Utc>>().ok());
        let seen_to = if let Some(at) = known {
            at
        } else {
            let now = self.clock.now();
            self.service.set_mark(&mark, &instant(now)).await?;
            now
        };
        let since = seen_to - OVERLAP;
        // An `ETag` is of one question only.
        let etag = self.service.mark(&etag_mark(&mark)).await?;
        let etag = etag.and_then(|etag| etag.strip_prefix(&format!("{} ", instant(since))).map(str::to_owned));
        Ok(Cursor { mark, since, etag })
    }

    /// Everything up to `to` (UTC) is in the inbox.
    async fn move_on(&self, cursor: &Cursor, to: Option<DateTime<Utc>>, etag: Option<String>) -> Worked {
        let etag = etag.map(|etag| format!("{} {etag}", instant(cursor.since))).unwrap_or_default();
        self.service.set_mark(&etag_mark(&cursor.mark), &etag).await?;
        match to.filter(|to| *to > cursor.since + OVERLAP) {
            Some(to) => Ok(self.service.set_mark(&cursor.mark, &instant(to)).await?),
            None => Ok(()),
        }
    }
}

fn seen_comment(repository: &Repository, comment: &Comment, author: Who) -> SeenComment {
    // What was never changed is certainly its author's.
    let by = (comment.created_at == comment.updated_at).then(|| author.clone());
    SeenComment {
        repository: repository.clone(),
        issue: comment.issue,
        id: comment.id,
        body: comment.body.clone(),
        author,
        by,
        at: comment.updated_at,
    }
}

/// What tells this state of an issue from others.
pub(super) fn issue_version(issue: &Issue) -> String {
    let flags = format!("{} {}", issue.open, issue.locked);
    version(issue.updated_at, &[&issue.title, &issue.body, &flags])
}

fn version(at: DateTime<Utc>, texts: &[&str]) -> String {
    let digest = Sha256::digest(texts.join("\n").as_bytes());
    format!("{}-{}", at.timestamp(), hex::encode(&digest[..12]))
}

fn etag_mark(mark: &str) -> String {
    format!("{mark}/etag")
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
