//! The change-list issue on GitHub, made what it should be: opened once, body below the marker, labels, assignees, living
//! comment, start and completion, sub-issues, open or closed.

use super::{Fault, Outcome, Posting, Trouble};
use crate::domain::change::{ChangeItem, ChangeList};
use crate::domain::channel::{Channel, Repository};
use crate::domain::event::{Event, What};
use crate::domain::ledger::MessageKind;
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
        let (issue, repository, left_open) = match list {
            Some(list) => (self.present(list).await?, list.repository.clone(), list.left_open),
            None if self.row.plan.message != MessageKind::IssueOpen => return self.never_opened(&known),
            None => (self.open(repository, &wanted).await?, repository.clone(), false),
        };
        let issue = self.write_body(&repository, issue, &wanted).await?;
        let number = issue.number;
        self.keep_comment(&repository, number, "status", &wanted.status).await?;
        self.tell_milestones(&repository, number).await?;
        if self.sender.organisation.github.sub_issues {
            self.keep_items(&repository, number, &known, is_new).await?;
        }
        self.close_or_open(&repository, issue, wanted.closed, left_open).await?;
        Ok(Some(format!("{repository}#{number}")))
    }

    /// A row that follows an issue which was lost is overtaken by the one that opens the next.
    fn never_opened(&self, known: &[ListIssue]) -> Outcome<Option<String>> {
        let lost = known.iter().any(|issue| issue.role == IssueRole::List);
        if lost { Err(Trouble::Overtaken) } else { Ok(None) }
    }

    /// The issue as GitHub has it. People's changes to it are worked on before it is written again.
    async fn present(&self, list: &ListIssue) -> Outcome<Issue> {
        let issue = match self.github.issue(&list.repository, list.number).await {
            Ok(issue) => issue,
            // That is noticed by whoever looks after what people do, and answered with a new issue.
            Err(Failure::Missing { .. }) => return Err(Trouble::Overtaken),
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
        let issue = self.open_once(repository, &render::list_key(self.about.topic.subject()), &new).await?;
        self.keep(&issue, repository, IssueRole::List, 0).await?;
        Ok(issue)
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
            return match self.github.update_comment(repository, id, body).await {
                Ok(_) | Err(Failure::Missing { .. }) => Ok(()),
                Err(failure) => Err(failure.into()),
            };
        }
        self.comment_and_keep(repository, number, what, body).await
    }

    async fn comment_and_keep(&self, repository: &Repository, number: u64, what: &str, body: &str) -> Outcome<()> {
        let subject = self.about.topic.subject();
        let comment = self.comment_once(repository, number, &format!("{subject} {what}"), body).await?;
        let save = self.sender.db.write(async |tx| tx.save_list_comment(subject, repository, what, comment.id).await);
        Ok(save.await.map_err(Fault)?)
    }

    /// One comment when work begins and one when it is over, for each window in the list.
    async fn tell_milestones(&self, repository: &Repository, number: u64) -> Outcome<()> {
        let subject = self.about.topic.subject();
        for (what, message, event) in milestones(&self.about.events) {
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

    /// An issue for each item without parts, below the list's, open or closed as the item is. Those of a list that was
    /// lost hang below the `is_new` one.
    async fn keep_items(&self, repository: &Repository, number: u64, known: &[ListIssue], is_new: bool) -> Outcome<()> {
        let subject = self.about.topic.subject();
        let Topic::Window(topic) = &self.about.topic else { return Ok(()) };
        for item in topic.items.leaves() {
            let mine = known.iter().find(|issue| issue.role == IssueRole::Item && issue.item == item.number);
            match mine {
                Some(mine) if !mine.gone => {
                    if is_new {
                        self.hang_below(repository, number, mine.remote).await?;
                    }
                    self.keep_item(mine, item.done.is_some()).await?;
                }
                Some(_) => {}
                None => self.open_item(repository, number, subject, item).await?,
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

    async fn open_item(
        &self,
        repository: &Repository,
        number: u64,
        subject: Subject,
        item: &ChangeItem,
    ) -> Outcome<()> {
        let organisation = &self.sender.organisation;
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
        let issue = self.open_once(repository, &key, &new).await?;
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
    match body.split_once(&render::marker(key)) {
        Some((above, _)) if above.trim().is_empty() => ours.to_owned(),
        Some((above, _)) => format!("{above}{ours}"),
        // Somebody removed the marker: all that is left is theirs.
        None if body.trim().is_empty() => ours.to_owned(),
        None => format!("{}\n\n{ours}", body.trim_end()),
    }
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
        assert_eq!(below("marker gone", "list MW-1", &ours), format!("marker gone\n\n{ours}"));
    }
}
