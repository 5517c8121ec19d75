//! Which repositories are watched, what they are called now, and what happens when one is renamed, deleted, or taken
//! away from the App.
//!
//! Only repositories of the configuration count: an App may be installed elsewhere, by people who hold every permission
//! in a repository of their own.

use std::collections::BTreeSet;

use super::Inbound;
use super::seen::{SeenIssue, Who, line};
use super::work::Worked;
use crate::domain::access::Actor;
use crate::domain::channel::Repository;
use crate::service::inbox::{Inbound as Row, IssueRole, ListIssue};

impl Inbound {
    /// The repositories of the configuration: those that are watched, and those of the services.
    pub(super) fn configured(&self) -> BTreeSet<&Repository> {
        let organisation = self.service.organisation();
        let of_services = organisation.services.values().filter_map(|service| service.repository.as_ref());
        organisation.github.repositories.iter().chain(of_services).collect()
    }

    /// What a repository is called now, if it is watched.
    pub(super) async fn watched(&self, repository: &Repository) -> Worked<Option<Repository>> {
        if self.name_before(repository).await?.is_some() {
            return Ok(Some(repository.clone()));
        }
        if !self.configured().contains(repository) {
            return Ok(None);
        }
        self.name_now(repository).await.map(Some)
    }

    /// What a repository of the configuration is called since it was renamed.
    pub(super) async fn name_now(&self, configured: &Repository) -> Worked<Repository> {
        Ok(self.service.repository_now(configured).await?)
    }

    /// What the configuration calls a repository that was renamed to this.
    async fn name_before(&self, repository: &Repository) -> Worked<Option<Repository>> {
        Ok(self.service.mark(&before_mark(repository)).await?.and_then(|name| name.parse().ok()))
    }

    /// Follows a repository to its new name or owner.
    pub(super) async fn renamed(&self, from: &Repository, to: &Repository) -> Worked {
        let known = match self.name_before(from).await? {
            // Done once already, and cut off before the end.
            None => self.name_before(to).await?,
            known => known,
        };
        let configured = match known {
            Some(name) => name,
            None if self.configured().contains(from) => from.clone(),
            None => return Ok(()),
        };
        self.service.rename_repository(from, to).await?;
        self.service.set_mark(&before_mark(to), &configured.to_string()).await?;
        self.service.set_repository_now(&configured, to).await?;
        self.service.set_mark(&before_mark(from), "").await?;
        self.github.forget_installations();
        tracing::warn!(%from, %to, "a repository was renamed; write its new name into the configuration");
        Ok(())
    }

    /// A repository is deleted, or can only be read from now on.
    pub(super) async fn shut(&self, row: &Row, repository: &Repository, gone: bool) -> Worked {
        for list in self.open_lists(|list| list.repository == *repository).await? {
            if gone {
                self.lose(list, "went away with its repository, which was deleted", &Actor::maintbot()).await?;
            } else {
                let text = format!("{repository} is archived: its change list there can no longer be kept in step.");
                self.tell_once(row, &list, &text).await?;
            }
        }
        Ok(())
    }

    /// The App may no longer be used in some repositories.
    pub(super) async fn revoked(&self, row: &Row, owner: &str, repositories: &[Repository], how: &str) -> Worked {
        self.github.forget_installations();
        let concerned = |list: &ListIssue| match repositories {
            [] => list.repository.owner() == owner,
            some => some.contains(&list.repository),
        };
        for list in self.open_lists(concerned).await? {
            let place = line(&list.repository, list.number);
            let text = format!(
                "The GitHub App {how}: the change list {place} cannot be read or kept in step until it is installed again."
            );
            self.tell_once(row, &list, &text).await?;
        }
        Ok(())
    }

    /// The issue of an item was taken away from the list's by hand: it is put back.
    pub(super) async fn sub_issue_removed(&self, repository: &Repository, number: u64, id: u64, by: &Who) -> Worked {
        let Some(repository) = self.watched(repository).await? else { return Ok(()) };
        if by.bot || by.is(&self.github.login().await?) {
            return Ok(());
        }
        let Some(list) = self.service.github_issue(&repository, number).await? else { return Ok(()) };
        let issues = self.service.github_issues_of(list.subject).await?;
        let is_item = |issue: &ListIssue| issue.role == IssueRole::Item && issue.remote == id && !issue.gone;
        if list.role == IssueRole::List && !list.gone && issues.iter().any(is_item) {
            self.github.add_sub_issue(&repository, number, id).await?;
        }
        Ok(())
    }

    /// An issue of ours went to another repository: it is followed there.
    pub(super) async fn moved(
        &self,
        row: &Row,
        issue: &SeenIssue,
        list: ListIssue,
        to: (Repository, u64, u64),
    ) -> Worked {
        let (repository, number, remote) = to;
        let here = line(&issue.repository, issue.number);
        let there = line(&repository, number);
        let follows = self.watched(&repository).await?.is_some();
        if list.role == IssueRole::List {
            let text = if follows {
                format!("The change list {here} was transferred; it is {there} now.")
            } else {
                format!(
                    "The change list {here} was transferred to {there}, which is not in the configuration: boxes ticked \
                     and commands written there are not seen. Add the repository to [github] repositories."
                )
            };
            self.tell_once(row, &list, &text).await?;
        }
        let moved = ListIssue { repository, number, remote, ..list.clone() };
        self.service.save_github_issue(&moved).await?;
        Ok(self.service.save_github_issue(&ListIssue { gone: true, open: false, ..list }).await?)
    }

    /// An issue of ours is gone for good: ops are told, and a new list is opened where something is still to be done.
    pub(super) async fn lose(&self, list: ListIssue, how: &str, actor: &Actor) -> Worked {
        let away = ListIssue { gone: true, open: false, ..list };
        self.service.save_github_issue(&away).await?;
        if away.role == IssueRole::List {
            let place = line(&away.repository, away.number);
            self.service.list_lost(away.subject, how, actor, &place).await?;
        }
        Ok(())
    }

    /// Tells ops about a change list, once for what happened.
    pub(super) async fn tell_once(&self, row: &Row, list: &ListIssue, text: &str) -> Worked {
        let told = format!("github/told/{}/{}", row.id, list.subject);
        if self.service.mark(&told).await?.is_none() {
            self.service.list_told(list.subject, text).await?;
            self.service.set_mark(&told, "told").await?;
        }
        Ok(())
    }

    /// The change lists that are open and that this is said of.
    pub(super) async fn open_lists(&self, concerned: impl Fn(&ListIssue) -> bool) -> Worked<Vec<ListIssue>> {
        let open = self.service.open_github_issues().await?;
        Ok(open.into_iter().filter(|list| list.role == IssueRole::List && concerned(list)).collect())
    }
}

/// What the configuration calls a repository.
fn before_mark(now: &Repository) -> String {
    format!("github/was/{now}")
}
