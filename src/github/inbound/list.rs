//! The change-list issue: what people do to it is done here as well, or undone there with the reason.
//!
//! A webhook says what an edit changed (`changes.body.from`), so that two people who tick at once each report their own
//! box. Polling and the comparison only show the text as it is: it is compared with the last one known, and whoever
//! edited last is taken for the one who did it all.

use chrono::{DateTime, Utc};

use super::Inbound;
use super::roles::unknown;
use super::seen::{Happened, SeenIssue, Who, line};
use super::step::{Came, Edit};
use super::work::{Trouble, Worked};
use crate::domain::access::{Actor, Role};
use crate::domain::channel::Repository;
use crate::github::api::{Failure, Fetched, Issue};
use crate::github::read::split;
use crate::github::render;
use crate::message::text::one_line;
use crate::service::inbox::{Inbound as Row, IssueRole, ListIssue};
use crate::service::issue::ListState;

/// How often an issue is looked at again that is being written to at the same moment.
const LOOKS: usize = 3;

impl Inbound {
    /// Something happened to an issue that maintbot opened.
    pub(super) async fn list(&self, row: &Row, issue: &SeenIssue, list: ListIssue) -> Worked {
        if list.gone {
            return Ok(());
        }
        match &issue.happened {
            Happened::Deleted => {
                let actor = self.who_did(issue, issue.by.as_ref()).await?;
                self.lose(list, "was deleted", &actor).await
            }
            Happened::Moved { repository, number, id } => {
                self.moved(row, issue, list, (repository.clone(), *number, *id)).await
            }
            Happened::Found => self.found(row, list).await,
            Happened::Edited => self.edited(row, issue, list).await,
            Happened::Closed | Happened::Reopened => self.opened_or_closed(row, issue, list).await,
            Happened::Locked => self.locked(row, issue, list).await,
            Happened::Opened => Ok(()),
        }
    }

    /// It differs from what is known: it is fetched, so that what is newest counts, and everything about it is looked at.
    async fn found(&self, row: &Row, mut list: ListIssue) -> Worked {
        let (repository, number) = (list.repository.clone(), list.number);
        for _ in 0..LOOKS {
            let issue = match self.github.issue(&repository, number).await {
                Ok(issue) => issue,
                Err(Failure::Missing { why }) => return self.not_found(row, list, &why).await,
                Err(failure) => return Err(failure.into()),
            };
            if let Some(elsewhere) = issue.repository.clone().filter(|now| *now != repository) {
                return self.found_elsewhere(row, &issue, elsewhere, list).await;
            }
            let known = self.service.github_issue(&repository, number).await?;
            match known {
                // It was not written to since it was looked up.
                Some(known) if known == list => return self.compared(row, &seen(&repository, &issue), list).await,
                Some(known) if !known.gone => list = known,
                _ => return Ok(()),
            }
        }
        Err(Trouble::Unsure("the issue is being written to".into()))
    }

    async fn compared(&self, row: &Row, issue: &SeenIssue, list: ListIssue) -> Worked {
        if issue.locked != list.locked {
            self.locked(row, issue, list.clone()).await?;
        }
        if issue.open != list.open {
            self.opened_or_closed(row, issue, list.clone()).await?;
        }
        self.edited(row, issue, list).await
    }

    /// It cannot be seen: deleted, if its repository can be.
    async fn not_found(&self, row: &Row, list: ListIssue, why: &str) -> Worked {
        match self.github.issues(&list.repository, self.clock.now(), None).await {
            Ok(Fetched::Same | Fetched::New { .. }) => self.lose(list, "was deleted", &unknown()).await,
            Err(Failure::Missing { .. }) => {
                let blind = format!("github/blind/{}/{}", list.subject, list.repository);
                if self.service.mark(&blind).await?.is_none() {
                    let text = format!("The change list in {} cannot be seen any more: {why}", list.repository);
                    self.tell_once(row, &list, &text).await?;
                    self.service.set_mark(&blind, "told").await?;
                }
                Ok(())
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Asked for here, GitHub answered with another place: its repository was renamed, or it was transferred. Only the
    /// latter gives it another id.
    async fn found_elsewhere(&self, row: &Row, issue: &Issue, elsewhere: Repository, list: ListIssue) -> Worked {
        if issue.id == list.remote && issue.number == list.number {
            return self.renamed(&list.repository, &elsewhere).await;
        }
        let seen = seen(&list.repository, &Issue { number: list.number, ..issue.clone() });
        self.moved(row, &seen, list, (elsewhere, issue.number, issue.id)).await
    }

    /// Its text was changed. Whatever comes of it, the text is remembered as it is: until then the sender writes nothing.
    async fn edited(&self, row: &Row, issue: &SeenIssue, list: ListIssue) -> Worked {
        let late = issue.at < list.seen_at;
        let nothing_new = same_text(&issue.body, &list.body) && !row.in_doubt;
        if list.role != IssueRole::List || nothing_new || self.is_our_app(issue).await? {
            return self.remember_text(issue, &list).await;
        }
        if late && issue.before.is_none() {
            return Ok(());
        }
        let actor = self.editor(issue).await?;
        let began_with = issue.before.as_deref().unwrap_or(&list.body);
        let unless_since = (!same_text(began_with, &list.body)).then_some(issue.at);
        let edit = Edit { row, list: &list, actor: &actor, unless_since };
        let mut came = Came::default();
        self.take_over(&edit, began_with, &issue.body, &mut came).await?;
        if unless_since.is_some() && issue.at > list.seen_at {
            // Edits before this one of which GitHub told nothing. In the same second what is known may be maintbot's own
            // writing that came after: then the edit began with an older text, and takes nothing else back.
            self.take_over(&edit, &list.body, began_with, &mut came).await?;
        }
        let differs = below(&list, &issue.body) != below(&list, &list.body);
        self.write_again(&list, &actor, &came, differs).await?;
        self.remember_text(issue, &list).await?;
        self.say_refused(row, issue, &list, &actor, came).await
    }

    /// Has the issue brought in step where it is not what it should be and nothing else does that.
    async fn write_again(&self, list: &ListIssue, actor: &Actor, came: &Came, differs: bool) -> Worked {
        if came.removed || !came.refused.is_empty() || (!came.done && differs) {
            self.service.resync_list(list.subject, actor, &line(&list.repository, list.number)).await?;
        }
        Ok(())
    }

    async fn say_refused(&self, row: &Row, issue: &SeenIssue, list: &ListIssue, actor: &Actor, came: Came) -> Worked {
        if came.refused.is_empty() {
            return Ok(());
        }
        let reasons: Vec<String> = came.refused.iter().map(|why| format!("- {}", render::markdown(why))).collect();
        let who = render::escape(&actor.id);
        let text = format!("⚠️ What {who} changed here was not taken over:\n\n{}", reasons.join("\n"));
        let key = format!("refused {}", row.id);
        self.comment_once(row, (&list.repository, list.number), &key, &text, issue.at).await
    }

    /// It was closed or reopened.
    async fn opened_or_closed(&self, row: &Row, issue: &SeenIssue, list: ListIssue) -> Worked {
        if (issue.open == list.open && !row.in_doubt) || issue.at < list.seen_at {
            return Ok(());
        }
        let by = issue.by.as_ref().or(issue.closed_by.as_ref().filter(|_| !issue.open));
        let ours = match by {
            Some(who) => who.is(&self.github.login().await?),
            None => false,
        };
        if ours || list.role == IssueRole::Announcements {
            return self.remember_state(issue, &list).await;
        }
        let actor = match by {
            None if issue.open => self.whoever_reopens(),
            by => self.who_did(issue, by).await?,
        };
        match (list.role, issue.open) {
            (IssueRole::List, true) => self.reopened(row, issue, list, &actor).await,
            (IssueRole::List, false) => self.closed(row, issue, &list, &actor).await,
            (_, open) => self.item(row, issue, &list, &actor, open).await,
        }
    }

    /// Closed by hand: that stays so if work has begun and everything is done, or all is over.
    async fn closed(&self, row: &Row, issue: &SeenIssue, list: &ListIssue, actor: &Actor) -> Worked {
        // First: bringing the issue in step opens it again only where it is known to be closed.
        self.remember_state(issue, list).await?;
        let Some(ListState::Open { why }) = self.service.list_state(list.subject).await? else { return Ok(()) };
        let place = line(&list.repository, list.number);
        let key = format!("reopened {}", row.id);
        let told = format!("github/told/{key}");
        if self.service.mark(&told).await?.is_none() {
            self.service.list_reopened(list.subject, actor, &place, &why).await?;
            self.service.set_mark(&told, "told").await?;
        }
        let text = format!("⚠️ Reopened: {}.", render::escape(one_line(&why).trim_end_matches('.')));
        self.comment_once(row, (&list.repository, list.number), &key, &text, issue.at).await
    }

    /// Reopened by hand: after all is over it stays open, and ops are told; nothing begins anew.
    async fn reopened(&self, row: &Row, issue: &SeenIssue, list: ListIssue, actor: &Actor) -> Worked {
        let place = line(&list.repository, list.number);
        match self.service.list_state(list.subject).await? {
            Some(ListState::Over) | None => {
                let text =
                    format!("The change list {place} was reopened by {} after all was over; see there.", actor.id);
                self.tell_once(row, &list, &text).await?;
                self.remember(&list, |known| (known.open, known.left_open) = (true, true)).await
            }
            Some(ListState::Closable) => {
                let text =
                    "Every item is reported done. If one is not, untick its box or add a line: work goes on then.";
                let key = format!("all done {}", row.id);
                self.comment_once(row, (&list.repository, list.number), &key, text, issue.at).await?;
                self.remember_state(issue, &list).await
            }
            Some(ListState::Open { .. }) => self.remember_state(issue, &list).await,
        }
    }

    /// The issue of one item: closed means done, open means not.
    async fn item(&self, row: &Row, issue: &SeenIssue, list: &ListIssue, actor: &Actor, open: bool) -> Worked {
        let mut came = Came::default();
        if let Some(window) = list.subject.window()
            && let Some(full) = self.service.full(window).await?
            && full.items.get(list.item).is_some_and(|item| item.done.is_none() != open)
        {
            let edit = Edit { row, list, actor, unless_since: None };
            let verb = if open { "undo" } else { "done" };
            self.report(&edit, verb, window, &[list.item], &mut came).await?;
        }
        self.remember_state(issue, list).await?;
        self.write_again(list, actor, &came, false).await?;
        self.say_refused(row, issue, list, actor, came).await
    }

    /// Nobody but collaborators can comment any more, or everybody can again.
    async fn locked(&self, row: &Row, issue: &SeenIssue, list: ListIssue) -> Worked {
        if issue.locked == list.locked {
            return Ok(());
        }
        if issue.locked && list.role == IssueRole::List {
            let place = line(&list.repository, list.number);
            let text = format!(
                "The conversation of the change list {place} was locked: only collaborators can report there by comment now."
            );
            self.tell_once(row, &list, &text).await?;
        }
        self.remember(&list, |known| known.locked = issue.locked).await
    }

    /// Who edited it: as the webhook says, else as GitHub remembers, else nobody who may do anything.
    async fn editor(&self, issue: &SeenIssue) -> Worked<Actor> {
        if let Some(who) = &issue.by {
            return self.who_did(issue, Some(who)).await;
        }
        let editor = self.github.last_editor(&issue.repository, issue.number).await.map_err(Trouble::from);
        let editor = nobody_where_refused(editor)?.flatten().map(|login| Who::new(&login, false));
        self.who_did(issue, editor.as_ref()).await
    }

    /// Who reopened an issue where only its being open was seen. GitHub lets nobody reopen issues of others who cannot
    /// triage there, so that where roles go by permission they are an engineer.
    fn whoever_reopens(&self) -> Actor {
        let by_permission = self.service.organisation().roles.is_none();
        Actor { roles: by_permission.then_some(Role::Engineer).into_iter().collect(), ..unknown() }
    }

    async fn who_did(&self, issue: &SeenIssue, who: Option<&Who>) -> Worked<Actor> {
        let Some(who) = who else { return Ok(unknown()) };
        let actor = nobody_where_refused(self.actor(&issue.repository, &who.login).await)?;
        Ok(actor.unwrap_or_else(unknown))
    }

    /// Whether an App did it that is us. With a token a person may work under the same login.
    async fn is_our_app(&self, issue: &SeenIssue) -> Worked<bool> {
        match &issue.by {
            Some(who) if who.bot => Ok(who.is(&self.github.login().await?)),
            _ => Ok(false),
        }
    }

    /// Remembers the text that was seen, unless something newer is known by now.
    async fn remember_text(&self, issue: &SeenIssue, list: &ListIssue) -> Worked {
        self.remember(list, |known| {
            let unchanged = known.body == list.body && known.seen_at == list.seen_at;
            let unchanged = unchanged && issue.before.as_deref().is_none_or(|before| same_text(before, &known.body));
            if is_news(issue.at, known.seen_at, unchanged) {
                known.body.clone_from(&issue.body);
                known.seen_at = issue.at;
            }
        })
        .await
    }

    /// Remembers whether it is open, unless the sender has opened or closed it by now.
    async fn remember_state(&self, issue: &SeenIssue, list: &ListIssue) -> Worked {
        self.remember(list, |known| {
            if known.open == list.open {
                known.open = issue.open;
            }
        })
        .await
    }

    /// Changes what is known of an issue, as it is known now: the sender may have written to it in the meantime.
    async fn remember(&self, list: &ListIssue, change: impl FnOnce(&mut ListIssue)) -> Worked {
        let known = self.service.github_issue(&list.repository, list.number).await?;
        let mut known = known.unwrap_or_else(|| list.clone());
        change(&mut known);
        Ok(self.service.save_github_issue(&known).await?)
    }
}

/// Where GitHub says for good that it tells nothing of somebody, they are nobody; the issue must not wait for it.
fn nobody_where_refused<T>(asked: Worked<T>) -> Worked<Option<T>> {
    match asked {
        Ok(found) => Ok(Some(found)),
        Err(Trouble::Missing(why) | Trouble::Refused(why)) => {
            tracing::warn!(why, "GitHub does not say who changed a change list");
            Ok(None)
        }
        Err(trouble) => Err(trouble),
    }
}

/// Whether a text of `at` takes the place of one of `known`, whose times are whole seconds; `unchanged`: nothing was
/// written since the former was looked at, and it began with that.
fn is_news(at: DateTime<Utc>, known: DateTime<Utc>, unchanged: bool) -> bool {
    at > known || (at == known && unchanged)
}

/// An issue as polling or the comparison sees it.
pub(super) fn seen(repository: &Repository, issue: &Issue) -> SeenIssue {
    let who = |user: &crate::github::api::User| Who::new(&user.login, user.is_bot);
    SeenIssue {
        repository: repository.clone(),
        number: issue.number,
        id: issue.id,
        title: issue.title.clone(),
        body: issue.body.clone(),
        before: None,
        happened: Happened::Found,
        author: who(&issue.author),
        by: None,
        closed_by: issue.closed_by.as_ref().map(who),
        open: issue.open,
        locked: issue.locked,
        at: issue.updated_at,
    }
}

/// Whether an issue is other than what is known of it.
pub(super) fn differs(list: &ListIssue, issue: &Issue) -> bool {
    let elsewhere = issue.repository.as_ref().is_some_and(|now| *now != list.repository);
    let text = list.role == IssueRole::List && issue.body != list.body;
    elsewhere || text || issue.open != list.open || issue.locked != list.locked
}

/// The part of a text that is maintbot's, all boxes open: it differs only where somebody changed more than boxes.
fn below(list: &ListIssue, body: &str) -> Option<String> {
    let below = split(&body.replace("\r\n", "\n"), &render::list_key(list.subject)).below?;
    Some(below.replace("- [x]", "- [ ]").replace("- [X]", "- [ ]").trim_end().to_owned())
}

/// Browsers send other line breaks than programs.
fn same_text(one: &str, other: &str) -> bool {
    one.replace("\r\n", "\n").trim_end() == other.replace("\r\n", "\n").trim_end()
}
