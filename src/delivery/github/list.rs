//! The change-list issue on GitHub, made what it should be: opened once, body below the marker, labels, assignees, living
//! comment, start and completion, sub-issues, open or closed.

use chrono::{DateTime, Utc};

use super::{Fault, Outcome, Posting, Trouble, since};
use crate::domain::change::{ChangeItem, ChangeList};
use crate::domain::channel::{Channel, Repository};
use crate::domain::event::{Event, What};
use crate::domain::ledger::{self, DeliveryState, MessageKind, Reason};
use crate::domain::notice;
use crate::domain::subject::Subject;
use crate::github::api::{Close, Failure, Issue, IssuePatch, Label, NewIssue};
use crate::github::render::{self, Wanted};
use crate::message::text::{clipped, one_line};
use crate::message::topic::Topic;
use crate::message::words::Closed;
use crate::store::{IssueRole, ListIssue};

/// Longest title of a sub-issue, in characters.
const LONGEST_TITLE: usize = 250;

impl Posting<'_> {
    /// Opens the issue or brings it in step; answers `owner/name#7`, or nothing where nothing is to be done, because what
    /// was never public has no issue.
    pub(super) async fn keep_list(&self, repository: &Repository) -> Outcome<Option<String>> {
        let topic = &self.about.topic;
        let wanted = render::wanted(&self.sender.organisation, topic, &self.about.events, self.now);
        let known = self.issues_of(topic.subject()).await?;
        let list = known.iter().find(|issue| issue.role == IssueRole::List && !issue.gone);
        let is_new = list.is_none();
        let (issue, repository, left_open) = if let Some(list) = list {
            (self.present(list).await?, list.repository.clone(), list.left_open)
        } else {
            let may_open = self.row.plan.message == MessageKind::IssueOpen;
            let opened = self.opened(repository, &wanted, &known, may_open).await?;
            let Some(issue) = opened else { return Ok(None) };
            (issue, repository.clone(), false)
        };
        let issue = self.write_body(&repository, issue, &wanted).await?;
        let number = issue.number;
        let commented = async {
            self.keep_comment(&repository, number, "status", &wanted.status).await?;
            self.tell_milestones(&repository, number).await
        };
        match commented.await {
            // Where the conversation is locked, boxes and state are kept all the same.
            Err(Trouble::Outside(Failure::Refused { status: 403, .. })) if issue.locked => {}
            commented => commented?,
        }
        if self.sender.organisation.github.sub_issues {
            self.keep_items(&repository, number, &known, is_new).await?;
        }
        self.close_or_open(&repository, issue, wanted.closed, left_open).await?;
        Ok(Some(format!("{repository}#{number}")))
    }

    /// Opens the issue ahead of the row that will bring it in step, for a message that is to be said there.
    pub(super) async fn open_list(&self, repository: &Repository) -> Outcome<Option<Issue>> {
        let topic = &self.about.topic;
        let wanted = render::wanted(&self.sender.organisation, topic, &self.about.events, self.now);
        let known = self.issues_of(topic.subject()).await?;
        self.opened(repository, &wanted, &known, true).await
    }

    /// The issue where none is on record: one that was opened and not recorded, else a new one. Nothing, where nothing is
    /// to be opened.
    async fn opened(
        &self,
        repository: &Repository,
        wanted: &Wanted,
        known: &[ListIssue],
        may_open: bool,
    ) -> Outcome<Option<Issue>> {
        let lost = |found: &Issue| known.iter().any(|issue| issue.remote == found.id && issue.gone);
        let key = render::list_key(self.about.topic.subject());
        let kept_at = ledger::tracker(&self.about.own_rows(self.row)).cloned();
        if !may_open && kept_at.is_some_and(|channel| channel != self.row.plan.channel) {
            return Err(Trouble::Pointless(Reason::Newer));
        }
        let found = match self.unrecorded_since() {
            Some(since) => self.find_issue(repository, &key, since).await?,
            None => None,
        };
        let issue = match found.filter(|issue| !lost(issue)) {
            Some(issue) => issue,
            None if !may_open => return never_opened(known),
            // It was called off before anybody saw a list.
            None if wanted.closed == Some(Closed::NotPlanned) => return Err(Trouble::Pointless(Reason::Cancelled)),
            None => self.open(repository, wanted).await?,
        };
        if known.iter().any(|issue| issue.role == IssueRole::List) {
            // The comments of one that is lost are lost with it.
            let subject = self.about.topic.subject();
            let forget = self.sender.db.write(async |tx| tx.forget_list_comments(subject).await);
            forget.await.map_err(Fault)?;
        }
        self.keep(&issue, repository, IssueRole::List, 0).await?;
        Ok(Some(issue))
    }

    /// Since when (UTC, GitHub's clock) there may be something of the list that nobody recorded: because this row is in
    /// doubt, or because another was tried and is not recorded as sent. `None`: all that is there is on record.
    fn unrecorded_since(&self) -> Option<DateTime<Utc>> {
        let others = self.about.rows.iter().filter(|row| row.subject == self.row.subject && row.id != self.row.id);
        let unsure = others.filter(|row| row.attempts > 0 && row.state != DeliveryState::Sent);
        unsure.map(since).chain(self.doubt.then(|| self.since())).min()
    }

    /// The issue as GitHub has it. People's changes to it are worked on before it is written again.
    async fn present(&self, list: &ListIssue) -> Outcome<Issue> {
        let issue = match self.github.issue(&list.repository, list.number).await {
            Ok(issue) => issue,
            // That is noticed by whoever looks after what people do, and answered with a new issue.
            Err(Failure::Missing { .. }) => return Err(Trouble::Pointless(Reason::Newer)),
            Err(failure) => return Err(failure.into()),
        };
        let changed = issue.body != list.body || issue.open != list.open;
        if changed { Err(Trouble::Busy) } else { Ok(issue) }
    }

    async fn open(&self, repository: &Repository, wanted: &Wanted) -> Outcome<Issue> {
        let labels: Vec<Label> = wanted.labels.iter().map(|name| label(name)).collect();
        self.github.ensure_labels(repository, &labels).await?;
        let new = NewIssue {
            title: wanted.title.clone(),
            body: wanted.below.clone(),
            labels: wanted.labels.clone(),
            assignees: wanted.assignees.clone(),
        };
        self.open_issue(repository, &new).await
    }

    /// Title, body, labels and assignees, where they differ. Labels and assignees that people added stay.
    async fn write_body(&self, repository: &Repository, issue: Issue, wanted: &Wanted) -> Outcome<Issue> {
        let body = below(&issue.body, &render::list_key(self.about.topic.subject()), &wanted.below);
        let missing = |has: &[String], wants: &[String]| -> Option<Vec<String>> {
            let lower = |text: &String| text.to_lowercase();
            let has_it = |want: &String| has.iter().any(|one| lower(one) == lower(want));
            let more: Vec<String> = wants.iter().filter(|want| !has_it(want)).cloned().collect();
            (!more.is_empty()).then(|| has.iter().cloned().chain(more).collect())
        };
        let mut patch = IssuePatch {
            title: (issue.title != wanted.title).then(|| wanted.title.clone()),
            body: (issue.body != body).then_some(body),
            labels: missing(&issue.labels, &wanted.labels),
            assignees: missing(&issue.assignees, &wanted.assignees),
            ..IssuePatch::default()
        };
        if let Some(labels) = &patch.labels {
            let labels: Vec<Label> = labels.iter().map(|name| label(name)).collect();
            self.github.ensure_labels(repository, &labels).await?;
        }
        if patch == IssuePatch::default() {
            return Ok(issue);
        }
        let written = match self.github.update_issue(repository, issue.number, &patch).await {
            Err(Failure::Refused { status: 422, .. }) if patch.assignees.is_some() => {
                patch.assignees = None;
                self.github.update_issue(repository, issue.number, &patch).await?
            }
            written => written?,
        };
        self.keep(&written, repository, IssueRole::List, 0).await?;
        Ok(written)
    }

    /// A comment that is written once and then edited.
    async fn keep_comment(&self, repository: &Repository, number: u64, what: &str, body: &str) -> Outcome<()> {
        let subject = self.about.topic.subject();
        let read = self.sender.db.read(async |tx| tx.list_comment(subject, repository, what).await).await;
        if let Some(id) = read.map_err(Fault)? {
            // A try before this one may have come so far: what is so already costs nothing of what may be made.
            if self.row.attempts > 1
                && let Some(there) =
                    self.find_comment(repository, number, &format!("{subject} {what}"), self.since()).await?
                && there.body == body
            {
                return Ok(());
            }
            return match self.github.update_comment(repository, id, body).await {
                Ok(_) | Err(Failure::Missing { .. }) => Ok(()),
                Err(failure) => Err(failure.into()),
            };
        }
        self.comment_and_keep(repository, number, what, body).await
    }

    async fn comment_and_keep(&self, repository: &Repository, number: u64, what: &str, body: &str) -> Outcome<()> {
        let subject = self.about.topic.subject();
        let key = format!("{subject} {what}");
        // One that was transferred brought its comments along, under ids of its new repository.
        let lists = self.issues_of(subject).await?;
        let moved = lists.iter().any(|issue| issue.role == IssueRole::List && issue.gone);
        let since = if moved { Some(DateTime::UNIX_EPOCH) } else { self.unrecorded_since() };
        let found = match since {
            Some(since) => self.find_comment(repository, number, &key, since).await?,
            None => None,
        };
        let comment = match found {
            Some(comment) => comment,
            None => self.github.create_comment(repository, number, body).await?,
        };
        let save = self.sender.db.write(async |tx| tx.save_list_comment(subject, repository, what, comment.id).await);
        Ok(save.await.map_err(Fault)?)
    }

    /// One comment when work begins and one when it is over, for each window in the list.
    async fn tell_milestones(&self, repository: &Repository, number: u64) -> Outcome<()> {
        let subject = self.about.topic.subject();
        for (what, message, event) in milestones(&self.about.events) {
            if self.says_it_anyway(message, event, repository, number) {
                continue;
            }
            let what = if event.subject == subject { what.to_owned() } else { format!("{} {what}", event.subject) };
            let read = self.sender.db.read(async |tx| tx.list_comment(subject, repository, &what).await).await;
            if read.map_err(Fault)?.is_some() {
                continue;
            }
            let Some(topic) = self.window_topic(event) else { continue };
            let channel = Channel::Github(repository.clone(), Some(number));
            let plan = notice::owed(self.row.plan.sequence, message, event.id, "", channel, event.at);
            let events = std::slice::from_ref(event);
            let mut telling = self.sender.telling(&plan, self.about, events, self.now);
            telling.topic = &topic;
            let said = self.sender.templates.tell(&telling).map_err(Fault)?;
            let key = format!("{subject} {what}");
            let body = format!("{}\n\n{}", render::markdown(&said), render::marker(&key));
            self.comment_and_keep(repository, number, &what, &body).await?;
        }
        Ok(())
    }

    /// Whether an audience reads in this issue, and is told of the event there, or of something newer in its place.
    fn says_it_anyway(&self, message: MessageKind, event: &Event, repository: &Repository, number: u64) -> bool {
        let occasion = event.id.to_string();
        let here = [None, Some(number)].map(|issue| Channel::Github(repository.clone(), issue));
        self.about.rows.iter().any(|row| {
            let same = row.plan.message == message && row.plan.occasion == occasion;
            let left_out = matches!(row.state, DeliveryState::Skipped | DeliveryState::Dead);
            same && here.contains(&row.plan.channel) && !left_out
        })
    }

    /// The window that an event is about, as a message needs it.
    fn window_topic(&self, event: &Event) -> Option<Topic> {
        let id = event.subject.window()?;
        self.about.topic.of_window(id)
    }

    async fn close_or_open(
        &self,
        repository: &Repository,
        issue: Issue,
        closed: Option<Closed>,
        left_open: bool,
    ) -> Outcome<()> {
        let state = match closed {
            Some(_) if left_open => return Ok(()),
            Some(why) if issue.open || issue.state_reason.as_deref() != Some(reason(why)) => close(why),
            None if !issue.open => Close::Open,
            _ => return Ok(()),
        };
        let patch = IssuePatch { state: Some(state), ..IssuePatch::default() };
        let changed = self.github.update_issue(repository, issue.number, &patch).await?;
        self.keep(&changed, repository, IssueRole::List, 0).await
    }

    /// An issue for each item without parts, below the list's, open or closed as the item is. Below one that `is_new`
    /// those of a list that was lost are hung again, and after a try that did not come to its end those that it left.
    async fn keep_items(&self, repository: &Repository, number: u64, known: &[ListIssue], is_new: bool) -> Outcome<()> {
        let Topic::Window(topic) = &self.about.topic else { return Ok(()) };
        let mine = |item: &ChangeItem| known.iter().find(|k| k.role == IssueRole::Item && k.item == item.number);
        let more = topic.items.leaves().any(|item| mine(item).is_none());
        let there = if more { self.unrecorded_issues(repository, known).await? } else { Vec::new() };
        let unsure = is_new || self.row.attempts > 1 || self.unrecorded_since().is_some();
        let any = known.iter().any(|issue| issue.role == IssueRole::Item && !issue.gone);
        let below = if any && unsure { Some(self.github.sub_issues(repository, number).await?) } else { None };
        let hangs = |remote: u64| below.as_ref().is_none_or(|below| below.iter().any(|issue| issue.id == remote));
        for item in topic.items.leaves() {
            match mine(item) {
                Some(mine) if !mine.gone => {
                    if !hangs(mine.remote) {
                        self.hang_below(repository, number, mine.remote).await?;
                    }
                    self.keep_item(mine, item.done.is_some()).await?;
                }
                Some(_) => {}
                None => self.open_item(repository, number, item, &there).await?,
            }
        }
        let left = |issue: &&ListIssue| issue.role == IssueRole::Item && !issue.gone && issue.open;
        for issue in known.iter().filter(left).filter(|issue| !is_leaf(&topic.items, issue.item)) {
            self.set_item(issue, Close::NotPlanned).await?;
        }
        Ok(())
    }

    async fn hang_below(&self, repository: &Repository, number: u64, item: u64) -> Outcome<()> {
        match self.github.add_sub_issue(repository, number, item).await {
            // It hangs there already, from a try that nobody recorded.
            Ok(()) | Err(Failure::Refused { status: 422, .. }) => Ok(()),
            Err(failure) => Err(failure.into()),
        }
    }

    async fn keep_item(&self, mine: &ListIssue, done: bool) -> Outcome<()> {
        match (mine.open, done) {
            (true, true) => self.set_item(mine, Close::Completed).await,
            (false, false) => self.set_item(mine, Close::Open).await,
            _ => Ok(()),
        }
    }

    async fn set_item(&self, mine: &ListIssue, state: Close) -> Outcome<()> {
        let patch = IssuePatch { state: Some(state), ..IssuePatch::default() };
        match self.github.update_issue(&mine.repository, mine.number, &patch).await {
            Ok(issue) => self.keep(&issue, &mine.repository, IssueRole::Item, mine.item).await,
            Err(Failure::Missing { .. }) => Ok(()),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Issues that may have been opened for an item and are not among the `known`.
    async fn unrecorded_issues(&self, repository: &Repository, known: &[ListIssue]) -> Outcome<Vec<Issue>> {
        let Some(since) = self.unrecorded_since() else { return Ok(Vec::new()) };
        let items = self.own_issues(repository, since).await?;
        Ok(items.into_iter().filter(|issue| !known.iter().any(|known| known.remote == issue.id)).collect())
    }

    async fn open_item(&self, repository: &Repository, number: u64, item: &ChangeItem, there: &[Issue]) -> Outcome<()> {
        let organisation = &self.sender.organisation;
        let subject = self.about.topic.subject();
        let key = format!("item {subject} {}", item.number);
        let title = format!("{subject}: {}. {}", item.number, one_line(&item.line()));
        let body = format!(
            "One item of the change list #{number}. Closing this issue reports it done.\n\n{}",
            render::marker(&key)
        );
        let assignee = item.assignee.as_deref().and_then(|name| render::login(organisation, name));
        let new = NewIssue {
            title: clipped(&title, LONGEST_TITLE),
            body,
            labels: vec!["maintenance".into()],
            assignees: assignee.into_iter().collect(),
        };
        let issue = match there.iter().find(|issue| render::carries(&issue.body, &key)) {
            Some(issue) => issue.clone(),
            None => self.open_issue(repository, &new).await?,
        };
        self.keep(&issue, repository, IssueRole::Item, item.number).await?;
        self.hang_below(repository, number, issue.id).await?;
        if item.done.is_some() {
            let patch = IssuePatch { state: Some(Close::Completed), ..IssuePatch::default() };
            let issue = self.github.update_issue(repository, issue.number, &patch).await?;
            self.keep(&issue, repository, IssueRole::Item, item.number).await?;
        }
        Ok(())
    }
}

/// A row that follows an issue which was lost is overtaken by the one that opens the next.
fn never_opened(known: &[ListIssue]) -> Outcome<Option<Issue>> {
    let lost = known.iter().any(|issue| issue.role == IssueRole::List);
    if lost { Err(Trouble::Pointless(Reason::Newer)) } else { Ok(None) }
}

fn is_leaf(items: &ChangeList, number: i64) -> bool {
    items.leaves().any(|item| item.number == number)
}

/// The first start and the completion of each window, in order.
fn milestones(events: &[Event]) -> Vec<(&'static str, MessageKind, &Event)> {
    let mut seen: Vec<(Subject, &str)> = Vec::new();
    let mut found = Vec::new();
    for event in events {
        let (what, message) = match event.what {
            What::Started { .. } => ("started", MessageKind::Started),
            What::Completed { .. } => ("completed", MessageKind::Completed),
            _ => continue,
        };
        if !seen.contains(&(event.subject, what)) {
            seen.push((event.subject, what));
            found.push((what, message, event));
        }
    }
    found
}

/// The text of people above the marker stays; all below it is ours.
fn below(body: &str, key: &str, ours: &str) -> String {
    // Where somebody removed the marker, ours begins with whatever is left of it.
    let begins = body.find(&render::marker(key)).or_else(|| render::begins(body));
    let whole = match begins.map(|at| &body[..at]) {
        Some(above) if above.trim().is_empty() => ours.to_owned(),
        Some(above) => format!("{above}{ours}"),
        None if body.trim().is_empty() => ours.to_owned(),
        None => format!("{}\n\n{ours}", body.trim_end()),
    };
    clipped(&whole, render::LONGEST_BODY)
}

fn close(why: Closed) -> Close {
    match why {
        Closed::Completed => Close::Completed,
        Closed::NotPlanned => Close::NotPlanned,
    }
}

/// As GitHub names it.
fn reason(why: Closed) -> &'static str {
    match why {
        Closed::Completed => "completed",
        Closed::NotPlanned => "not_planned",
    }
}

fn label(name: &str) -> Label {
    let (color, description) = match name {
        "maintenance" => ("1f4e5f", "Planned maintenance, kept by maintbot"),
        "emergency" => ("b60205", "Emergency maintenance"),
        _ => ("c5def5", "Maintenance of this service"),
    };
    Label { name: name.to_owned(), color: color.to_owned(), description: description.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_above_the_marker_stays() {
        let mark = render::marker("list MW-1");
        let ours = format!("{mark}\nnew");
        assert_eq!(
            below(&format!("Mind the gap.\r\n\r\n{mark}\nold"), "list MW-1", &ours),
            format!("Mind the gap.\r\n\r\n{ours}")
        );
        assert_eq!(below(&format!("{mark}\nold"), "list MW-1", &ours), ours);
        assert_eq!(below("", "list MW-1", &ours), ours);
        let rest = "_Kept in step by maintbot: …_\n\n<!-- maintbot:section MW-1 -->\n- [ ] **1.** a";
        assert_eq!(below(&format!("Mine.\n\n{rest}"), "list MW-1", &ours), format!("Mine.\n\n{ours}"));
        assert_eq!(below("marker gone", "list MW-1", &ours), format!("marker gone\n\n{ours}"));
    }
}
