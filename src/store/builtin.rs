//! What the built-in console and the built-in tracker hold.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::convert::{from_optional_word, from_word, whole};
use super::{Result, StoreError, Tx};
use crate::domain::subject::Subject;

const POST: &str =
    "SELECT id, channel, subject, delivery_id, text, posted_at, edited_at FROM builtin_posts WHERE id = $1";

pub(super) const POSTS: &str = "SELECT id, channel, subject, delivery_id, text, posted_at, edited_at \
     FROM builtin_posts WHERE channel = $1 AND id < $2 ORDER BY id DESC LIMIT $3";

pub(super) const POST_OF_DELIVERY: &str = "SELECT id, channel, subject, delivery_id, text, posted_at, edited_at \
     FROM builtin_posts WHERE delivery_id = $1";

pub(super) const ISSUE: &str = "SELECT subject, title, body, is_open, close_reason, opened_at, updated_at, closed_at \
     FROM builtin_issues WHERE subject = $1";

pub(super) const ALL_ISSUES: &str = "SELECT subject, title, body, is_open, close_reason, opened_at, updated_at, \
     closed_at FROM builtin_issues ORDER BY opened_at DESC, subject DESC LIMIT $1";

pub(super) const OPEN_ISSUES: &str = "SELECT subject, title, body, is_open, close_reason, opened_at, updated_at, \
     closed_at FROM builtin_issues WHERE is_open ORDER BY opened_at DESC, subject DESC LIMIT $1";

/// A post in a channel of the built-in console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Its number; later posts have greater ones.
    pub id: i64,
    /// The channel's name.
    pub channel: String,
    /// The window or plan it is about.
    pub subject: Option<Subject>,
    /// The row of the ledger that it answers.
    pub delivery: Option<i64>,
    /// What it says now.
    pub text: String,
    /// When it was posted (UTC).
    pub posted_at: DateTime<Utc>,
    /// When it was last changed (UTC).
    pub edited_at: Option<DateTime<Utc>>,
}

/// A channel of the built-in console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleChannel {
    /// Its name.
    pub name: String,
    /// How many posts it has.
    pub posts: i64,
    /// When the last one was posted (UTC).
    pub last: Option<DateTime<Utc>>,
}

/// The change-list issue of a window or plan in the built-in tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The window or plan; it has one issue.
    pub subject: Subject,
    /// The headline.
    pub title: String,
    /// The change list as text.
    pub body: String,
    /// Not closed.
    pub open: bool,
    /// Why it was closed, such as `completed`.
    pub close_reason: Option<String>,
    /// When it was opened (UTC).
    pub opened_at: DateTime<Utc>,
    /// When it was last changed (UTC).
    pub updated_at: DateTime<Utc>,
    /// When it was closed (UTC).
    pub closed_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct PostRow {
    id: i64,
    channel: String,
    subject: Option<String>,
    delivery_id: Option<i64>,
    text: String,
    posted_at: DateTime<Utc>,
    edited_at: Option<DateTime<Utc>>,
}

impl TryFrom<PostRow> for Post {
    type Error = StoreError;

    fn try_from(row: PostRow) -> Result<Self> {
        Ok(Self {
            subject: from_optional_word(format_args!("post {}, subject", row.id), row.subject.as_deref())?,
            id: row.id,
            channel: row.channel,
            delivery: row.delivery_id,
            text: row.text,
            posted_at: row.posted_at,
            edited_at: row.edited_at,
        })
    }
}

#[derive(sqlx::FromRow)]
struct IssueRow {
    subject: String,
    title: String,
    body: String,
    is_open: bool,
    close_reason: Option<String>,
    opened_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
}

impl TryFrom<IssueRow> for Issue {
    type Error = StoreError;

    fn try_from(row: IssueRow) -> Result<Self> {
        Ok(Self {
            subject: from_word("subject of an issue", &row.subject)?,
            title: row.title,
            body: row.body,
            open: row.is_open,
            close_reason: row.close_reason,
            opened_at: row.opened_at,
            updated_at: row.updated_at,
            closed_at: row.closed_at,
        })
    }
}

impl Tx {
    /// Adds a post to a channel and returns its number; a new name makes a new channel.
    ///
    /// # Errors
    /// A fault of the database, also where this delivery has a post already.
    pub async fn insert_post(
        &mut self,
        channel: &str,
        subject: Option<Subject>,
        delivery: Option<i64>,
        text: &str,
        at: DateTime<Utc>,
    ) -> Result<i64> {
        let id = self.next_id(Self::POST).await?;
        let at = whole(at);
        let count = "INSERT INTO builtin_channels (name, posts, last_at) VALUES ($1, 1, $2) ON CONFLICT (name) \
                     DO UPDATE SET posts = builtin_channels.posts + 1, last_at = excluded.last_at";
        on!(self, |c| sqlx::query(count).bind(channel).bind(at).execute(c).await.map(drop))?;
        let insert = "INSERT INTO builtin_posts (id, channel, subject, delivery_id, text, posted_at) \
                      VALUES ($1, $2, $3, $4, $5, $6)";
        let subject = subject.map(|subject| subject.to_string());
        on!(self, |c| {
            let query = sqlx::query(insert).bind(id).bind(channel).bind(subject).bind(delivery).bind(text).bind(at);
            query.execute(c).await.map(drop)
        })?;
        Ok(id)
    }

    /// One post.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn post(&mut self, id: i64) -> Result<Option<Post>> {
        let row: Option<PostRow> = on!(self, |c| sqlx::query_as(POST).bind(id).fetch_optional(c).await?);
        row.map(Post::try_from).transpose()
    }

    /// Lets a post say something else from `at` (UTC) on. `false`: there is no such post.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn edit_post(&mut self, id: i64, text: &str, at: DateTime<Utc>) -> Result<bool> {
        let sql = "UPDATE builtin_posts SET text = $2, edited_at = $3 WHERE id = $1";
        let edited =
            on!(self, |c| sqlx::query(sql).bind(id).bind(text).bind(whole(at)).execute(c).await?.rows_affected());
        Ok(edited == 1)
    }

    /// The last `limit` posts of a channel, newest last; those before `before_id` where that is given.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn posts(&mut self, channel: &str, before_id: Option<i64>, limit: i64) -> Result<Vec<Post>> {
        let before = before_id.unwrap_or(i64::MAX);
        let rows: Vec<PostRow> =
            on!(self, |c| sqlx::query_as(POSTS).bind(channel).bind(before).bind(limit).fetch_all(c).await?);
        rows.into_iter().rev().map(Post::try_from).collect()
    }

    /// The post that a row of the ledger became.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn post_of_delivery(&mut self, delivery: i64) -> Result<Option<Post>> {
        let row: Option<PostRow> =
            on!(self, |c| sqlx::query_as(POST_OF_DELIVERY).bind(delivery).fetch_optional(c).await?);
        row.map(Post::try_from).transpose()
    }

    /// Every channel that has a post, by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn channels(&mut self) -> Result<Vec<ConsoleChannel>> {
        let sql = "SELECT name, posts, last_at FROM builtin_channels";
        let mut rows: Vec<(String, i64, DateTime<Utc>)> = on!(self, |c| sqlx::query_as(sql).fetch_all(c).await?);
        rows.sort_unstable();
        Ok(rows.into_iter().map(|(name, posts, last)| ConsoleChannel { name, posts, last: Some(last) }).collect())
    }

    /// Stores the issue of a window or plan, in place of what it was.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn save_issue(&mut self, issue: &Issue) -> Result<()> {
        let sql = "INSERT INTO builtin_issues (subject, title, body, is_open, close_reason, opened_at, updated_at, \
                   closed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (subject) DO UPDATE SET \
                   title = excluded.title, body = excluded.body, is_open = excluded.is_open, \
                   close_reason = excluded.close_reason, opened_at = excluded.opened_at, \
                   updated_at = excluded.updated_at, closed_at = excluded.closed_at";
        on!(self, |c| {
            sqlx::query(sql)
                .bind(issue.subject.to_string())
                .bind(&issue.title)
                .bind(&issue.body)
                .bind(issue.open)
                .bind(&issue.close_reason)
                .bind(whole(issue.opened_at))
                .bind(whole(issue.updated_at))
                .bind(issue.closed_at.map(whole))
                .execute(c)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// The issue of a window or plan.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn issue(&mut self, subject: impl Into<Subject>) -> Result<Option<Issue>> {
        let subject = subject.into().to_string();
        let row: Option<IssueRow> = on!(self, |c| sqlx::query_as(ISSUE).bind(subject).fetch_optional(c).await?);
        row.map(Issue::try_from).transpose()
    }

    /// At most `limit` issues, the one opened last first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn issues(&mut self, open_only: bool, limit: i64) -> Result<Vec<Issue>> {
        let sql = if open_only { OPEN_ISSUES } else { ALL_ISSUES };
        let rows: Vec<IssueRow> = on!(self, |c| sqlx::query_as(sql).bind(limit).fetch_all(c).await?);
        let mut issues = rows.into_iter().map(Issue::try_from).collect::<Result<Vec<_>>>()?;
        // Opened in the same second: by number, which is no order of text.
        issues.sort_by_key(|issue| Reverse((issue.opened_at, issue.subject)));
        Ok(issues)
    }
}
