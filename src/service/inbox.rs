//! What came in from other programs, and what is kept about them: for the inward halves of surfaces.
//!
//! They store first, answer the sender, and work afterwards. Nothing here knows what a body means.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::Service;
use crate::domain::channel::Repository;
use crate::domain::subject::Subject;

pub use crate::store::{CommentRun, Conversation, Inbound, IssueRole, ListIssue};

impl Service {
    /// Stores what came from `source` under the sender's `id`, to be worked on in the order of its `line`; then whoever
    /// works on such things is woken. `false`: it is known already.
    ///
    /// # Errors
    /// The database fails: the sender must not be told that it arrived.
    pub async fn receive(&self, source: &str, id: &str, line: &str, body: &str) -> anyhow::Result<bool> {
        let now = self.now();
        let is_new = self.db.write(async |tx| tx.receive(source, id, line, body, now).await).await?;
        if is_new {
            self.wake.ring();
        }
        Ok(is_new)
    }

    /// Stores what `owner` works on already, under the sender's `id`. It is theirs until `lease_until` (UTC); after that
    /// whoever works on such things does it again. `false`: it is known already.
    ///
    /// # Errors
    /// The database fails: nobody may be told that it is stored.
    pub async fn receive_taken(
        &self,
        source: &str,
        id: &str,
        body: &str,
        owner: &str,
        lease_until: DateTime<Utc>,
    ) -> anyhow::Result<bool> {
        let now = self.now();
        Ok(self.db.write(async |tx| tx.receive_taken(source, id, body, owner, now, lease_until).await).await?)
    }

    /// Keeps what `owner` works on theirs until `lease_until` (UTC). `false`: they do not hold it any more.
    ///
    /// # Errors
    /// The database fails.
    pub async fn renew_inbound(
        &self,
        source: &str,
        id: &str,
        owner: &str,
        lease_until: DateTime<Utc>,
    ) -> anyhow::Result<bool> {
        Ok(self.db.write(async |tx| tx.renew_inbound(source, id, owner, lease_until).await).await?)
    }

    /// Records that there is nothing left to be done about it, whoever holds it. `false`: it was not there, or over
    /// before.
    ///
    /// # Errors
    /// The database fails.
    pub async fn inbound_over(&self, source: &str, id: &str) -> anyhow::Result<bool> {
        let now = self.now();
        Ok(self.db.write(async |tx| tx.inbound_over(source, id, now).await).await?)
    }

    /// Takes at most `limit` of what came from `source` and may be worked on at `now`, in the order it came. It belongs to
    /// `owner` until `lease_until` (both UTC). Of each line only the first unfinished one is taken.
    ///
    /// # Errors
    /// The database fails.
    pub async fn claim_inbound(
        &self,
        source: &str,
        owner: &str,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
        limit: i64,
    ) -> anyhow::Result<Vec<Inbound>> {
        Ok(self.db.write(async |tx| tx.claim_inbound(source, owner, now, lease_until, limit).await).await?)
    }

    /// Records that it was worked on to the end, and forgets what it said. `false`: `owner` does not hold it any more.
    ///
    /// # Errors
    /// The database fails.
    pub async fn inbound_done(&self, source: &str, id: &str, owner: &str) -> anyhow::Result<bool> {
        let now = self.now();
        Ok(self.db.write(async |tx| tx.inbound_done(source, id, owner, now).await).await?)
    }

    /// Records a failure; it is worked on again at `at` (UTC). `in_doubt`: some of it may have been done all the same.
    /// `false`: `owner` does not hold it any more.
    ///
    /// # Errors
    /// The database fails.
    pub async fn inbound_retry(
        &self,
        source: &str,
        id: &str,
        owner: &str,
        at: DateTime<Utc>,
        error: &str,
        in_doubt: bool,
    ) -> anyhow::Result<bool> {
        Ok(self.db.write(async |tx| tx.inbound_retry(source, id, owner, at, error, in_doubt).await).await?)
    }

    /// Records that it is given up and why, and forgets what it said. `false`: `owner` does not hold it any more.
    ///
    /// # Errors
    /// The database fails.
    pub async fn inbound_dead(&self, source: &str, id: &str, owner: &str, error: &str) -> anyhow::Result<bool> {
        let now = self.now();
        Ok(self.db.write(async |tx| tx.inbound_dead(source, id, owner, error, now).await).await?)
    }

    /// Gives back what `owner` has taken from `source` and not begun, for a stop in order; returns how many.
    ///
    /// # Errors
    /// The database fails.
    pub async fn release_inbound(&self, source: &str, owner: &str) -> anyhow::Result<u64> {
        Ok(self.db.write(async |tx| tx.release_inbound(source, owner).await).await?)
    }

    /// Lets everything that somebody took come up again at once, in doubt. For a process that knows itself to be the only
    /// one, after another died; returns how many.
    ///
    /// # Errors
    /// The database fails.
    pub async fn end_inbound_leases(&self) -> anyhow::Result<u64> {
        let now = self.now();
        Ok(self.db.write(async |tx| tx.end_inbound_leases(now).await).await?)
    }

    /// When something from `source` may next be worked on (UTC), maybe in the past.
    ///
    /// # Errors
    /// The database fails.
    pub async fn next_inbound_at(&self, source: &str) -> anyhow::Result<Option<DateTime<Utc>>> {
        Ok(self.db.read(async |tx| tx.next_inbound_at(source).await).await?)
    }

    /// Which of these ids of `source` came within the last month.
    ///
    /// # Errors
    /// The database fails.
    pub async fn knows_inbound(&self, source: &str, ids: &[String]) -> anyhow::Result<BTreeSet<String>> {
        Ok(self.db.read(async |tx| tx.knows_inbound(source, ids).await).await?)
    }

    /// What is remembered under a name: how far somebody has looked, what a thing is called now.
    ///
    /// # Errors
    /// The database fails.
    pub async fn mark(&self, name: &str) -> anyhow::Result<Option<String>> {
        Ok(self.db.read(async |tx| tx.mark(name).await).await?)
    }

    /// Remembers a value under a name, in place of the one before.
    ///
    /// # Errors
    /// The database fails.
    pub async fn set_mark(&self, name: &str, value: &str) -> anyhow::Result<()> {
        Ok(self.db.write(async |tx| tx.set_mark(name, value).await).await?)
    }

    /// The issue on GitHub that maintbot opened under this number.
    ///
    /// # Errors
    /// The database fails.
    pub async fn github_issue(&self, repository: &Repository, number: u64) -> anyhow::Result<Option<ListIssue>> {
        Ok(self.db.read(async |tx| tx.github_issue(repository, number).await).await?)
    }

    /// Every issue on GitHub of a window or plan, also those that are gone: its list first, then by role, item and place.
    ///
    /// # Errors
    /// The database fails.
    pub async fn github_issues_of(&self, subject: impl Into<Subject>) -> anyhow::Result<Vec<ListIssue>> {
        let subject = subject.into();
        Ok(self.db.read(async |tx| tx.github_issues_of(subject).await).await?)
    }

    /// Every issue on GitHub that is open and not gone, by repository and number.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open_github_issues(&self) -> anyhow::Result<Vec<ListIssue>> {
        Ok(self.db.read(async |tx| tx.open_github_issues().await).await?)
    }

    /// Stores an issue, in place of what was stored for that number of that repository.
    ///
    /// # Errors
    /// The database fails.
    pub async fn save_github_issue(&self, issue: &ListIssue) -> anyhow::Result<()> {
        Ok(self.db.write(async |tx| tx.save_github_issue(issue).await).await?)
    }

    /// What was answered to a comment or an issue form.
    ///
    /// # Errors
    /// The database fails.
    pub async fn conversation(&self, key: &str) -> anyhow::Result<Option<Conversation>> {
        Ok(self.db.read(async |tx| tx.conversation(key).await).await?)
    }

    /// Stores what was answered, in place of what was stored under the same key.
    ///
    /// # Errors
    /// The database fails.
    pub async fn save_conversation(&self, conversation: &Conversation) -> anyhow::Result<()> {
        Ok(self.db.write(async |tx| tx.save_conversation(conversation).await).await?)
    }

    /// What a repository of the configuration is called now.
    ///
    /// # Errors
    /// The database fails.
    pub async fn repository_now(&self, configured: &Repository) -> anyhow::Result<Repository> {
        Ok(self.db.read(async |tx| tx.repository_now(configured).await).await?)
    }

    /// Remembers what a repository of the configuration is called now.
    ///
    /// # Errors
    /// The database fails.
    pub async fn set_repository_now(&self, configured: &Repository, now: &Repository) -> anyhow::Result<()> {
        Ok(self.db.write(async |tx| tx.set_repository_now(configured, now).await).await?)
    }

    /// Follows a repository to its new name, with everything that is kept about it and what is still to be sent there.
    ///
    /// # Errors
    /// The database fails.
    pub async fn rename_repository(&self, from: &Repository, to: &Repository) -> anyhow::Result<()> {
        Ok(self.db.write(async |tx| tx.rename_repository(from, to).await).await?)
    }
}
