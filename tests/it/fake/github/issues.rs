//! What can happen to issues and comments, whoever does it: the change, the times, and the webhooks it sends.

use serde_json::{Value, json};

use super::shapes;
use super::state::{Comment, Issue, Label, Reaction, State};

/// What an issue is opened with.
#[derive(Debug, Default)]
pub struct Opening {
    pub title: String,
    pub body: String,
    pub labels: Vec<String>,
    pub assignees: Vec<String>,
    pub pull_request: bool,
}

/// What is changed about an issue; the rest stays.
#[derive(Debug, Default)]
pub struct Change {
    pub title: Option<String>,
    pub body: Option<String>,
    pub labels: Option<Vec<String>>,
    pub assignees: Option<Vec<String>>,
    pub open: Option<bool>,
    pub reason: Option<String>,
}

impl State {
    fn issue_at(&self, at: usize, nth: usize) -> &Issue {
        &self.repositories[at].issues[nth]
    }

    /// An issue as a webhook carries it: who closed it stands there as the sender.
    pub fn told(&self, (at, nth): (usize, usize)) -> Value {
        let mut shape = shapes::issue(self, &self.repositories[at], self.issue_at(at, nth));
        shape.as_object_mut().expect("an object").remove("closed_by");
        shape
    }

    /// Tells an event of an issue.
    pub fn tell_issue(&mut self, action: &str, (at, nth): (usize, usize), sender: &str, more: Value) {
        let mut all = json!({ "issue": self.told((at, nth)) });
        if let Value::Object(more) = more {
            all.as_object_mut().expect("an object").extend(more);
        }
        self.tell("issues", action, self.repositories[at].id, sender, all);
    }

    /// Labels that a repository does not have are made, as GitHub does.
    fn make_labels(&mut self, at: usize, names: &[String]) {
        for name in names {
            if !self.repositories[at].labels.iter().any(|label| label.name.eq_ignore_ascii_case(name)) {
                let id = self.id();
                let label = Label { id, name: name.clone(), color: "ededed".into(), description: None };
                self.repositories[at].labels.push(label);
            }
        }
    }

    /// Opens an issue and gives its place.
    pub fn open(&mut self, at: usize, author: &str, opening: Opening) -> (usize, usize) {
        self.make_labels(at, &opening.labels);
        let (id, now) = (self.id(), self.now());
        let repo = &mut self.repositories[at];
        let number = repo.next_number;
        repo.next_number += 1;
        repo.issues.push(Issue {
            id,
            number,
            title: opening.title,
            body: opening.body,
            open: true,
            state_reason: None,
            locked: false,
            labels: opening.labels.clone(),
            assignees: opening.assignees.clone(),
            author: author.to_owned(),
            closed_by: None,
            editor: None,
            pull_request: opening.pull_request,
            comments: Vec::new(),
            reactions: Vec::new(),
            children: Vec::new(),
            created_at: now,
            updated_at: now,
            closed_at: None,
        });
        let place = (at, repo.issues.len() - 1);
        if opening.pull_request {
            return place;
        }
        self.tell_issue("opened", place, author, Value::Null);
        for name in opening.labels {
            self.tell_label("labeled", place, author, &name);
        }
        for login in opening.assignees {
            let assignee = shapes::user(self, &login);
            self.tell_issue("assigned", place, author, json!({ "assignee": assignee }));
        }
        place
    }

    fn tell_label(&mut self, action: &str, place: (usize, usize), sender: &str, name: &str) {
        let repo = &self.repositories[place.0];
        let Some(label) = repo.labels.iter().find(|label| label.name.eq_ignore_ascii_case(name)) else { return };
        let label = shapes::label(self, repo, label);
        self.tell_issue(action, place, sender, json!({ "label": label }));
    }

    /// Changes an issue; what is as it was is no change: it moves no time and tells nothing.
    pub fn change(&mut self, place: (usize, usize), by: &str, change: Change) {
        let before = self.issue_at(place.0, place.1).clone();
        self.make_labels(place.0, change.labels.as_deref().unwrap_or_default());
        let now = self.now();
        let issue = &mut self.repositories[place.0].issues[place.1];
        let mut edited = json!({});
        if let Some(title) = change.title.filter(|title| *title != before.title) {
            edited["title"] = json!({ "from": before.title });
            issue.title = title;
        }
        if let Some(body) = change.body.filter(|body| *body != before.body) {
            edited["body"] = json!({ "from": before.body });
            issue.body = body;
            issue.editor = Some(by.to_owned());
        }
        issue.labels = change.labels.unwrap_or(issue.labels.clone());
        issue.assignees = change.assignees.unwrap_or(issue.assignees.clone());
        match change.open {
            Some(false) if before.open => {
                issue.open = false;
                issue.state_reason = Some(change.reason.clone().unwrap_or_else(|| "completed".into()));
                (issue.closed_by, issue.closed_at) = (Some(by.to_owned()), Some(now));
            }
            Some(false) if change.reason.is_some() => issue.state_reason.clone_from(&change.reason),
            Some(true) if !before.open => {
                issue.open = true;
                issue.state_reason = Some("reopened".into());
                (issue.closed_by, issue.closed_at) = (None, None);
            }
            _ => {}
        }
        let after = issue.clone();
        let same = edited == json!({})
            && (&after.labels, &after.assignees) == (&before.labels, &before.assignees)
            && (after.open, &after.state_reason) == (before.open, &before.state_reason);
        if same {
            return;
        }
        self.repositories[place.0].issues[place.1].updated_at = now;
        self.tell_changes(place, by, &before, &after, &edited);
    }

    fn tell_changes(&mut self, place: (usize, usize), by: &str, before: &Issue, after: &Issue, edited: &Value) {
        if *edited != json!({}) {
            self.tell_issue("edited", place, by, json!({ "changes": edited }));
        }
        for name in after.labels.iter().filter(|name| !before.labels.contains(name)) {
            self.tell_label("labeled", place, by, name);
        }
        for name in before.labels.iter().filter(|name| !after.labels.contains(name)) {
            self.tell_label("unlabeled", place, by, name);
        }
        for (action, these, those) in
            [("assigned", &after.assignees, &before.assignees), ("unassigned", &before.assignees, &after.assignees)]
        {
            for login in these.iter().filter(|login| !those.contains(login)) {
                let assignee = shapes::user(self, login);
                self.tell_issue(action, place, by, json!({ "assignee": assignee }));
            }
        }
        match (before.open, after.open) {
            (true, false) => self.tell_issue("closed", place, by, Value::Null),
            (false, true) => self.tell_issue("reopened", place, by, Value::Null),
            _ => {}
        }
    }

    /// Locks or unlocks an issue.
    pub fn lock(&mut self, place: (usize, usize), by: &str, locked: bool) {
        let now = self.now();
        let issue = &mut self.repositories[place.0].issues[place.1];
        if issue.locked != locked {
            (issue.locked, issue.updated_at) = (locked, now);
            self.tell_issue(if locked { "locked" } else { "unlocked" }, place, by, Value::Null);
        }
    }

    /// Adds a comment and gives its id.
    pub fn comment(&mut self, (at, nth): (usize, usize), author: &str, body: &str) -> u64 {
        let (id, now) = (self.id(), self.now());
        let issue = &mut self.repositories[at].issues[nth];
        issue.updated_at = now;
        issue.comments.push(Comment {
            id,
            body: body.to_owned(),
            author: author.to_owned(),
            reactions: Vec::new(),
            created_at: now,
            updated_at: now,
        });
        let last = issue.comments.len() - 1;
        self.tell_comment("created", (at, nth, last), author, Value::Null);
        id
    }

    /// Changes a comment's text.
    pub fn edit(&mut self, (at, nth, last): (usize, usize, usize), by: &str, body: &str) {
        let now = self.now();
        let comment = &mut self.repositories[at].issues[nth].comments[last];
        if comment.body == body {
            return;
        }
        let from = std::mem::replace(&mut comment.body, body.to_owned());
        comment.updated_at = now;
        self.tell_comment("edited", (at, nth, last), by, json!({ "changes": { "body": { "from": from } } }));
    }

    /// Deletes a comment.
    pub fn delete_comment(&mut self, (at, nth, last): (usize, usize, usize), by: &str) {
        self.tell_comment("deleted", (at, nth, last), by, Value::Null);
        self.repositories[at].issues[nth].comments.remove(last);
    }

    fn tell_comment(&mut self, action: &str, (at, nth, last): (usize, usize, usize), sender: &str, more: Value) {
        let repo = &self.repositories[at];
        let issue = &repo.issues[nth];
        let comment = shapes::comment(self, repo, issue.number, &issue.comments[last]);
        let mut all = json!({ "issue": self.told((at, nth)), "comment": comment });
        if let Value::Object(more) = more {
            all.as_object_mut().expect("an object").extend(more);
        }
        self.tell("issue_comment", action, self.repositories[at].id, sender, all);
    }

    /// Makes an issue a sub-issue of another.
    pub fn add_child(&mut self, (at, nth): (usize, usize), child: u64, by: &str) {
        let now = self.now();
        let (child_at, child_nth) = self.issue_of(child).expect("an issue of that id");
        self.repositories[at].issues[nth].children.push(child);
        self.repositories[at].issues[nth].updated_at = now;
        let (parent_shape, child_shape) = (self.told((at, nth)), self.told((child_at, child_nth)));
        let parent_id = self.issue_at(at, nth).id;
        let ids = json!({
            "parent_issue_id": parent_id,
            "parent_issue": parent_shape,
            "sub_issue_id": child,
            "sub_issue": child_shape,
        });
        let with = |name: &str, repo: Value| {
            let mut all = ids.clone();
            all[name] = repo;
            all
        };
        let parent_repo = shapes::repository(self, &self.repositories[at]);
        let child_repo = shapes::repository(self, &self.repositories[child_at]);
        let more = with("parent_issue_repo", parent_repo);
        self.tell("sub_issues", "parent_issue_added", self.repositories[child_at].id, by, more);
        let more = with("sub_issue_repo", child_repo);
        self.tell("sub_issues", "sub_issue_added", self.repositories[at].id, by, more);
    }
}

/// Adds a reaction unless it is there; the reaction and whether it is new.
pub fn react(reactions: &mut Vec<Reaction>, new: Reaction) -> (Reaction, bool) {
    let there = reactions.iter().find(|one| one.user == new.user && one.content == new.content);
    if let Some(there) = there {
        return (there.clone(), false);
    }
    reactions.push(new.clone());
    (new, true)
}
