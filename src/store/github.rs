//! What maintbot keeps about GitHub: the issues it opened, its comments there, and what came of what people wrote.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::convert::{from_json, from_word, to_json, whole};
use super::{Result, StoreError, Tx};
use crate::domain::channel::{Channel, Repository};
use crate::domain::ledger::Reason;
use crate::domain::subject::Subject;

pub use role::IssueRole;

macro_rules! issues {
    ($which:literal) => {
        concat!(
            "SELECT repository, number, remote, subject, role, item, body, seen_at, is_open, left_open, locked, gone \
             FROM github_issues WHERE ",
            $which
        )
    };
}

pub(super) const ISSUE: &str = issues!("repository = $1 AND number = $2");
pub(super) const ISSUES_OF_SUBJECT: &str = issues!("subject = $1");
pub(super) const OPEN_ISSUES: &str = issues!("is_open AND NOT gone");

pub(super) const CONVERSATION: &str =
    "SELECT reply, reaction, runs, done FROM github_conversations WHERE repository = $1 AND thread = $2";

pub(super) const COMMENT: &str =
    "SELECT remote FROM github_comments WHERE subject = $1 AND repository = $2 AND what = $3";

pub(super) const UNSENT_CHANNELS: &str =
    "SELECT DISTINCT channel FROM deliveries WHERE state IN ('due', 'retrying', 'sending')";

pub(super) const MARK: &str = "SELECT value FROM marks WHERE name = $1";

/// Another row owes the same to the channel `$2`.
macro_rules! owed_there {
    () => {
        "EXISTS (SELECT 1 FROM deliveries n WHERE n.subject = deliveries.subject \
         AND n.sequence = deliveries.sequence AND n.message = deliveries.message \
         AND n.occasion = deliveries.occasion AND n.audience = deliveries.audience AND n.channel = $2)"
    };
}

/// Names every unfinished state, as the index does.
pub(super) const TWICE: &str = concat!(
    "UPDATE deliveries SET state = 'superseded', reason = $3, in_doubt = FALSE \
     WHERE state IN ('due', 'retrying', 'sending') AND state <> 'sending' AND channel = $1 AND ",
    owed_there!()
);

pub(super) const REDIRECT: &str = concat!(
    "UPDATE deliveries SET channel = $2 WHERE state IN ('due', 'retrying', 'sending') AND channel = $1 AND NOT ",
    owed_there!()
);

/// What there is under both names is known newer under the new one; what the new name meant before has another name now.
pub(super) const RENAMES: [&str; 7] = [
    "DELETE FROM github_issues WHERE repository = $1 AND EXISTS (SELECT 1 FROM github_issues n \
     WHERE n.repository = $2 AND n.number = github_issues.number AND n.remote = github_issues.remote)",
    "DELETE FROM github_issues WHERE repository = $2 AND EXISTS (SELECT 1 FROM github_issues o \
     WHERE o.repository = $1 AND o.number = github_issues.number)",
    "UPDATE github_issues SET repository = $2 WHERE repository = $1",
    "DELETE FROM github_comments WHERE repository = $1 AND EXISTS (SELECT 1 FROM github_comments n \
     WHERE n.repository = $2 AND n.subject = github_comments.subject AND n.what = github_comments.what)",
    "UPDATE github_comments SET repository = $2 WHERE repository = $1",
    "DELETE FROM github_conversations WHERE repository = $1 AND EXISTS (SELECT 1 FROM github_conversations n \
     WHERE n.repository = $2 AND n.thread = github_conversations.thread)",
    "UPDATE github_conversations SET repository = $2 WHERE repository = $1",
];

/// Apart, because `words!` writes of the plain `Result`.
mod role {
    use crate::domain::window::words;

    words! {
        /// What an issue on GitHub is for.
        IssueRole {
            /// It is the change list of a window or plan.
            List = "list",
            /// What is said about a window or plan is said there.
            Announcements = "announcements",
            /// It stands for one item of a change list, below the list's issue.
            Item = "item",
        }
    }
}

/// An issue that maintbot opened.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and all can hold at once")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListIssue {
    /// The window or plan it is about.
    pub subject: Subject,
    /// What it is for.
    pub role: IssueRole,
    /// The number of the item it stands for; 0 where it stands for none.
    pub item: i64,
    /// The repository it is in.
    pub repository: Repository,
    /// Its number there.
    pub number: u64,
    /// GitHub's own id of it, which stays when it moves.
    pub remote: u64,
    /// Its text as maintbot last wrote it or saw it.
    pub body: String,
    /// When GitHub says that it was last changed then (UTC).
    pub seen_at: DateTime<Utc>,
    /// Not closed.
    pub open: bool,
    /// People reopened it when all was over: it is never closed again.
    pub left_open: bool,
    /// Nobody but collaborators may comment.
    pub locked: bool,
    /// Deleted, moved, or not visible any more.
    pub gone: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "the columns of a table")]
#[derive(sqlx::FromRow)]
struct IssueRow {
    repository: String,
    number: i64,
    remote: i64,
    subject: String,
    role: String,
    item: i64,
    body: String,
    seen_at: DateTime<Utc>,
    is_open: bool,
    left_open: bool,
    locked: bool,
    gone: bool,
}

impl TryFrom<IssueRow> for ListIssue {
    type Error = StoreError;

    fn try_from(row: IssueRow) -> Result<Self> {
        let what = |column: &str| format!("issue {}#{}, {column}", row.repository, row.number);
        Ok(Self {
            subject: from_word(what("subject"), &row.subject)?,
            role: from_word(what("role"), &row.role)?,
            item: row.item,
            repository: from_word(what("repository"), &row.repository)?,
            number: from_id(row.number)?,
            remote: from_id(row.remote)?,
            body: row.body,
            seen_at: row.seen_at,
            open: row.is_open,
            left_open: row.left_open,
            locked: row.locked,
            gone: row.gone,
        })
    }
}

/// What came of one line of a comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentRun {
    /// The line as it was written.
    pub line: String,
    /// Which of the comment's lines that say the same, from 0.
    pub nth: usize,
    /// It was done, not refused.
    pub ok: bool,
    /// What was answered, in Markdown.
    pub said: String,
}

/// What maintbot answered to a comment or an issue form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversation {
    /// What was answered: `owner/name/comment/123` or `owner/name/issue/7`.
    pub key: String,
    /// GitHub's id of the reply.
    pub reply: Option<u64>,
    /// GitHub's id of the reaction.
    pub reaction: Option<u64>,
    /// What came of its lines.
    pub runs: Vec<CommentRun>,
    /// Nothing more can come of it: an issue form that became a window.
    pub done: bool,
}

#[derive(sqlx::FromRow)]
struct ConversationRow {
    reply: Option<i64>,
    reaction: Option<i64>,
    runs: String,
    done: bool,
}

impl Tx {
    /// An issue by where it is.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn github_issue(&mut self, repository: &Repository, number: u64) -> Result<Option<ListIssue>> {
        let (repository, number) = (repository.to_string(), to_id(number)?);
        let row: Option<IssueRow> =
            on!(self, |c| sqlx::query_as(ISSUE).bind(repository).bind(number).fetch_optional(c).await?);
        row.map(ListIssue::try_from).transpose()
    }

    /// Every issue of a window or plan, also those that are gone: its list first, then by role, item and place.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn github_issues_of(&mut self, subject: impl Into<Subject>) -> Result<Vec<ListIssue>> {
        let subject = subject.into().to_string();
        let rows: Vec<IssueRow> = on!(self, |c| sqlx::query_as(ISSUES_OF_SUBJECT).bind(subject).fetch_all(c).await?);
        to_issues(rows, |a, b| {
            (a.role, a.item, &a.repository, a.number).cmp(&(b.role, b.item, &b.repository, b.number))
        })
    }

    /// Every issue that is open and not gone, by repository and number.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn open_github_issues(&mut self) -> Result<Vec<ListIssue>> {
        let rows: Vec<IssueRow> = on!(self, |c| sqlx::query_as(OPEN_ISSUES).fetch_all(c).await?);
        to_issues(rows, |a, b| (&a.repository, a.number).cmp(&(&b.repository, b.number)))
    }

    /// Stores an issue, in place of what was stored for that number of that repository.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn save_github_issue(&mut self, issue: &ListIssue) -> Result<()> {
        let sql = "INSERT INTO github_issues (repository, number, remote, subject, role, item, body, seen_at, is_open, \
                   left_open, locked, gone) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
                   ON CONFLICT (repository, number) DO UPDATE SET remote = excluded.remote, \
                   subject = excluded.subject, role = excluded.role, item = excluded.item, body = excluded.body, \
                   seen_at = excluded.seen_at, is_open = excluded.is_open, left_open = excluded.left_open, \
                   locked = excluded.locked, gone = excluded.gone";
        let (number, remote) = (to_id(issue.number)?, to_id(issue.remote)?);
        on!(self, |c| {
            sqlx::query(sql)
                .bind(issue.repository.to_string())
                .bind(number)
                .bind(remote)
                .bind(issue.subject.to_string())
                .bind(issue.role.as_str())
                .bind(issue.item)
                .bind(&issue.body)
                .bind(whole(issue.seen_at))
                .bind(issue.open)
                .bind(issue.left_open)
                .bind(issue.locked)
                .bind(issue.gone)
                .execute(c)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// GitHub's id of the comment that maintbot keeps for a window or plan in a repository, by its name, such as
    /// `status`.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn list_comment(
        &mut self,
        subject: impl Into<Subject>,
        repository: &Repository,
        what: &str,
    ) -> Result<Option<u64>> {
        let (subject, repository) = (subject.into().to_string(), repository.to_string());
        let found: Option<i64> = on!(self, |c| {
            let query = sqlx::query_scalar(COMMENT).bind(subject).bind(repository).bind(what);
            query.fetch_optional(c).await?
        });
        found.map(from_id).transpose()
    }

    /// Remembers that comment, in place of the one before.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn save_list_comment(
        &mut self,
        subject: impl Into<Subject>,
        repository: &Repository,
        what: &str,
        id: u64,
    ) -> Result<()> {
        let sql = "INSERT INTO github_comments (subject, repository, what, remote) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (subject, repository, what) DO UPDATE SET remote = excluded.remote";
        let (subject, repository, id) = (subject.into().to_string(), repository.to_string(), to_id(id)?);
        on!(self, |c| {
            let insert = sqlx::query(sql).bind(subject).bind(repository).bind(what).bind(id);
            insert.execute(c).await.map(drop)
        })?;
        Ok(())
    }

    /// Forgets the comments that maintbot kept for a window or plan, because the issue that they were in is lost.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn forget_list_comments(&mut self, subject: impl Into<Subject>) -> Result<()> {
        let subject = subject.into().to_string();
        let sql = "DELETE FROM github_comments WHERE subject = $1";
        on!(self, |c| sqlx::query(sql).bind(subject).execute(c).await.map(drop))?;
        Ok(())
    }

    /// What was answered under this key.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn conversation(&mut self, key: &str) -> Result<Option<Conversation>> {
        let (repository, thread) = parts_of(key);
        let row: Option<ConversationRow> =
            on!(self, |c| sqlx::query_as(CONVERSATION).bind(repository).bind(thread).fetch_optional(c).await?);
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Conversation {
            key: key.to_owned(),
            reply: row.reply.map(from_id).transpose()?,
            reaction: row.reaction.map(from_id).transpose()?,
            runs: from_json(format_args!("runs of {key}"), &row.runs)?,
            done: row.done,
        }))
    }

    /// Stores what was answered, in place of what was stored under the same key.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn save_conversation(&mut self, conversation: &Conversation) -> Result<()> {
        let sql = "INSERT INTO github_conversations (repository, thread, reply, reaction, runs, done) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (repository, thread) DO UPDATE SET \
                   reply = excluded.reply, reaction = excluded.reaction, runs = excluded.runs, done = excluded.done";
        let (repository, thread) = parts_of(&conversation.key);
        let reply = conversation.reply.map(to_id).transpose()?;
        let reaction = conversation.reaction.map(to_id).transpose()?;
        let runs = to_json(&conversation.runs)?;
        on!(self, |c| {
            let insert = sqlx::query(sql).bind(repository).bind(thread).bind(reply).bind(reaction).bind(runs);
            insert.bind(conversation.done).execute(c).await.map(drop)
        })?;
        Ok(())
    }

    /// What is remembered under a name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn mark(&mut self, name: &str) -> Result<Option<String>> {
        Ok(on!(self, |c| sqlx::query_scalar(MARK).bind(name).fetch_optional(c).await?))
    }

    /// Remembers a value under a name, in place of the one before.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn set_mark(&mut self, name: &str, value: &str) -> Result<()> {
        let sql = "INSERT INTO marks (name, value) VALUES ($1, $2) \
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        on!(self, |c| sqlx::query(sql).bind(name).bind(value).execute(c).await.map(drop))?;
        Ok(())
    }

    /// What is remembered under a name, which is this value where nothing was: whoever comes first decides for all.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn first_mark(&mut self, name: &str, value: &str) -> Result<String> {
        let sql = "INSERT INTO marks (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        on!(self, |c| sqlx::query(sql).bind(name).bind(value).execute(c).await.map(drop))?;
        Ok(self.mark(name).await?.unwrap_or_else(|| value.to_owned()))
    }

    /// What a repository of the configuration is called now.
    ///
    /// # Errors
    /// A fault of the database, or a name that is none.
    pub async fn repository_now(&mut self, configured: &Repository) -> Result<Repository> {
        let now = self.mark(&now_mark(configured)).await?;
        now.map_or_else(|| Ok(configured.clone()), |name| from_word("name of a renamed repository", &name))
    }

    /// Remembers what a repository of the configuration is called now.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn set_repository_now(&mut self, configured: &Repository, now: &Repository) -> Result<()> {
        self.set_mark(&now_mark(configured), &now.to_string()).await
    }

    /// Follows a repository to its new name: its issues, comments and conversations, and what is still to be sent there.
    /// What was sent stays recorded under the old name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn rename_repository(&mut self, from: &Repository, to: &Repository) -> Result<()> {
        if from == to {
            return Ok(());
        }
        let names = (from.to_string(), to.to_string());
        for sql in RENAMES {
            on!(self, |c| sqlx::query(sql).bind(&names.0).bind(&names.1).execute(c).await.map(drop))?;
        }
        let channels: Vec<String> = on!(self, |c| sqlx::query_scalar(UNSENT_CHANNELS).fetch_all(c).await?);
        for old in channels {
            match from_word("channel of an unsent delivery", &old)? {
                Channel::Github(repository, issue) if repository == *from => {
                    self.redirect(&old, &Channel::Github(to.clone(), issue).to_string()).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Sends what is not sent yet somewhere else; what is owed there already is not owed twice.
    async fn redirect(&mut self, from: &str, to: &str) -> Result<()> {
        let newer = Reason::Newer.as_str();
        on!(self, |c| sqlx::query(TWICE).bind(from).bind(to).bind(newer).execute(c).await.map(drop))?;
        on!(self, |c| sqlx::query(REDIRECT).bind(from).bind(to).execute(c).await.map(drop))?;
        Ok(())
    }
}

fn to_issues(
    rows: Vec<IssueRow>,
    order: impl Fn(&ListIssue, &ListIssue) -> std::cmp::Ordering,
) -> Result<Vec<ListIssue>> {
    let mut issues = rows.into_iter().map(ListIssue::try_from).collect::<Result<Vec<_>>>()?;
    issues.sort_by(order);
    Ok(issues)
}

/// The repository in a conversation's key, and the rest; no repository where it has none.
fn parts_of(key: &str) -> (&str, &str) {
    let end = key.match_indices('/').nth(1).map(|(at, _)| at);
    end.map_or(("", key), |end| (&key[..end], &key[end + 1..]))
}

/// Where the present name of a repository of the configuration is remembered.
fn now_mark(configured: &Repository) -> String {
    format!("github/now/{configured}")
}

/// A number that GitHub gave, as both databases keep it.
fn to_id(number: u64) -> Result<i64> {
    number.try_into().map_err(|_| StoreError::Corrupt(format!("{number} is no number that GitHub gives")))
}

fn from_id(number: i64) -> Result<u64> {
    number.try_into().map_err(|_| StoreError::Corrupt(format!("{number} is no number that GitHub gives")))
}
