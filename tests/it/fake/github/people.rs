//! What people do on GitHub's pages. Each method changes what there is at once and sends the webhooks of it; wait with
//! [`FakeGitHub::settle`] for their answers. Who acts has to have a login; roles are not asked, as for a test's author.

use serde_json::{Value, json};

use super::issues::{Change, Opening, react};
use super::shapes;
use super::state::{Found, Reaction, Repo};
use super::{FakeGitHub, State};

/// A repository that was made: for saying more about it.
pub struct Repository<'a> {
    fake: &'a FakeGitHub,
    full_name: String,
}

impl Repository<'_> {
    /// Gives a person a role: `read`, `triage`, `write`, `maintain`, `admin`; with `none` it is taken away.
    pub fn person(self, login: &str, role: &str) -> Self {
        let mut state = self.fake.state();
        state.user(login, "User");
        let roles = &mut state.repo(&self.full_name).roles;
        if role == "none" {
            roles.remove(&login.to_ascii_lowercase());
        } else {
            assert!(super::state::ROLES.contains(&role), "no role {role}");
            roles.insert(login.to_ascii_lowercase(), role.to_owned());
        }
        drop(state);
        self
    }

    /// Gives it a webhook of its own: what happens is told without the App as well.
    pub fn own_hook(self) -> Self {
        self.fake.state().repo(&self.full_name).own_hook = true;
        self
    }

    /// Lets the App see it, after [`FakeGitHub::uninstall`] or [`FakeGitHub::withdraw`].
    pub fn install(self) {
        let mut state = self.fake.state();
        let id = state.repo(&self.full_name).id;
        state.install(id);
    }
}

impl State {
    /// The place of an issue that there is.
    fn place(&mut self, full_name: &str, number: u64) -> (usize, usize) {
        let id = self.issue(full_name, number).id;
        self.issue_of(id).expect("it was there a moment ago")
    }

    fn repository_at(&self, full_name: &str) -> usize {
        match self.find(full_name) {
            Found::At(at) => at,
            _ => panic!("make the repository {full_name} first: fake.repository(\"{full_name}\")"),
        }
    }
}

impl FakeGitHub {
    pub(super) fn make_repository(&self, full_name: &str) -> Repository<'_> {
        let mut state = self.state();
        if !matches!(state.find(full_name), Found::At(_)) {
            let (owner, name) = full_name.split_once('/').expect("owner/name");
            let owner = state.user(owner, "Organization").login;
            let (id, created_at) = (state.id(), state.now());
            state.repositories.push(Repo {
                id,
                owner,
                name: name.to_owned(),
                former: Vec::new(),
                roles: std::collections::BTreeMap::new(),
                labels: Vec::new(),
                issues: Vec::new(),
                deleted: std::collections::BTreeSet::new(),
                moved: std::collections::BTreeMap::new(),
                next_number: 1,
                own_hook: false,
                created_at,
            });
            state.install(id);
        }
        drop(state);
        Repository { fake: self, full_name: full_name.to_owned() }
    }

    fn act(&self, login: &str) -> std::sync::MutexGuard<'_, State> {
        let mut state = self.state();
        state.user(login, "User");
        state
    }

    /// Opens an issue, as with a form; its number.
    pub fn open_issue(&self, who: &str, full_name: &str, title: &str, body: &str) -> u64 {
        self.open_with(who, full_name, Opening { title: title.into(), body: body.into(), ..Opening::default() })
    }

    /// Opens an issue with labels, as a form does that says them; its number.
    pub fn open_labelled(&self, who: &str, full_name: &str, title: &str, body: &str, labels: &[&str]) -> u64 {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        self.open_with(who, full_name, Opening { title: title.into(), body: body.into(), labels, ..Opening::default() })
    }

    /// Opens a pull request, which is an issue too in most of the API; its number.
    pub fn open_pull_request(&self, who: &str, full_name: &str, title: &str) -> u64 {
        self.open_with(who, full_name, Opening { title: title.into(), pull_request: true, ..Opening::default() })
    }

    fn open_with(&self, who: &str, full_name: &str, opening: Opening) -> u64 {
        let mut state = self.act(who);
        let at = state.repository_at(full_name);
        let (at, nth) = state.open(at, who, opening);
        state.repositories[at].issues[nth].number
    }

    fn change(&self, who: &str, full_name: &str, number: u64, change: Change) {
        let mut state = self.act(who);
        let place = state.place(full_name, number);
        state.change(place, who, change);
    }

    /// Changes the text of an issue.
    pub fn edit_issue_body(&self, who: &str, full_name: &str, number: u64, body: &str) {
        self.change(who, full_name, number, Change { body: Some(body.to_owned()), ..Change::default() });
    }

    /// Changes the title of an issue.
    pub fn edit_issue_title(&self, who: &str, full_name: &str, number: u64, title: &str) {
        self.change(who, full_name, number, Change { title: Some(title.to_owned()), ..Change::default() });
    }

    /// Ticks a box of an issue: the nth from 1, or the first whose line has that text.
    pub fn tick(&self, who: &str, full_name: &str, number: u64, item: &str) {
        self.set_box(who, full_name, number, item, true);
    }

    /// Takes a tick back.
    pub fn untick(&self, who: &str, full_name: &str, number: u64, item: &str) {
        self.set_box(who, full_name, number, item, false);
    }

    fn set_box(&self, who: &str, full_name: &str, number: u64, item: &str, ticked: bool) {
        let body = self.issue(full_name, number).body;
        let changed = with_box(&body, item, ticked);
        self.edit_issue_body(who, full_name, number, &changed.unwrap_or_else(|| panic!("no box {item} in\n{body}")));
    }

    /// Writes a comment; its id.
    pub fn comment(&self, who: &str, full_name: &str, number: u64, body: &str) -> u64 {
        let mut state = self.act(who);
        let place = state.place(full_name, number);
        state.comment(place, who, body)
    }

    /// Writes a comment as another App, such as `dependabot[bot]`; its id.
    pub fn comment_as_bot(&self, login: &str, full_name: &str, number: u64, body: &str) -> u64 {
        self.state().user(login, "Bot");
        self.comment(login, full_name, number, body)
    }

    /// Changes a comment.
    pub fn edit_comment(&self, who: &str, comment: u64, body: &str) {
        let mut state = self.act(who);
        let place = state.comment_of(comment).unwrap_or_else(|| panic!("no comment {comment}"));
        state.edit(place, who, body);
    }

    /// Deletes a comment.
    pub fn delete_comment(&self, who: &str, comment: u64) {
        let mut state = self.act(who);
        let place = state.comment_of(comment).unwrap_or_else(|| panic!("no comment {comment}"));
        state.delete_comment(place, who);
    }

    /// Reacts to a comment, such as with `+1`; no webhook tells of it.
    pub fn react(&self, who: &str, comment: u64, content: &str) {
        let mut state = self.act(who);
        let (at, nth, last) = state.comment_of(comment).unwrap_or_else(|| panic!("no comment {comment}"));
        let new = Reaction { id: state.id(), content: content.into(), user: who.into(), at: state.now() };
        react(&mut state.repositories[at].issues[nth].comments[last].reactions, new);
    }

    /// Closes an issue, as `completed`, `not_planned` or `duplicate`; sub-issues are issues.
    pub fn close_issue(&self, who: &str, full_name: &str, number: u64, reason: &str) {
        let change = Change { open: Some(false), reason: Some(reason.to_owned()), ..Change::default() };
        self.change(who, full_name, number, change);
    }

    /// Opens a closed issue again.
    pub fn reopen(&self, who: &str, full_name: &str, number: u64) {
        self.change(who, full_name, number, Change { open: Some(true), ..Change::default() });
    }

    /// Assigns exactly these people.
    pub fn assign(&self, who: &str, full_name: &str, number: u64, logins: &[&str]) {
        let assignees = Some(logins.iter().map(|login| (*login).to_owned()).collect());
        self.change(who, full_name, number, Change { assignees, ..Change::default() });
    }

    /// Puts exactly these labels on an issue.
    pub fn label(&self, who: &str, full_name: &str, number: u64, labels: &[&str]) {
        let labels = Some(labels.iter().map(|label| (*label).to_owned()).collect());
        self.change(who, full_name, number, Change { labels, ..Change::default() });
    }

    /// Locks the conversation.
    pub fn lock(&self, who: &str, full_name: &str, number: u64) {
        let mut state = self.act(who);
        let place = state.place(full_name, number);
        state.lock(place, who, true);
    }

    /// Unlocks the conversation.
    pub fn unlock(&self, who: &str, full_name: &str, number: u64) {
        let mut state = self.act(who);
        let place = state.place(full_name, number);
        state.lock(place, who, false);
    }

    /// Makes an issue a sub-issue of another one of the repository.
    pub fn add_sub_issue(&self, who: &str, full_name: &str, parent: u64, child: u64) {
        let mut state = self.act(who);
        let (place, child) = (state.place(full_name, parent), state.issue(full_name, child).id);
        state.add_child(place, child, who);
    }

    /// Deletes an issue: it is gone (410) for good.
    pub fn delete_issue(&self, who: &str, full_name: &str, number: u64) {
        let mut state = self.act(who);
        let place = state.place(full_name, number);
        state.tell_issue("deleted", place, who, Value::Null);
        let repo = &mut state.repositories[place.0];
        repo.issues.remove(place.1);
        repo.deleted.insert(number);
    }

    /// Moves an issue to another repository, where it has a new id and number; the number. Comments go with it.
    pub fn transfer(&self, who: &str, full_name: &str, number: u64, to: &str) -> u64 {
        let mut state = self.act(who);
        let (from, target) = (state.place(full_name, number), state.repository_at(to));
        let old_issue = state.told(from);
        let old_repository = shapes::repository(&state, &state.repositories[from.0]);
        let id = state.id();
        let mut issue = state.repositories[from.0].issues[from.1].clone();
        let target_repo = &mut state.repositories[target];
        (issue.id, issue.number) = (id, target_repo.next_number);
        let (target_id, new_number) = (target_repo.id, issue.number);
        target_repo.next_number += 1;
        for repo in &mut state.repositories {
            for child in repo.issues.iter_mut().flat_map(|issue| &mut issue.children) {
                if old_issue["id"] == *child {
                    *child = id;
                }
            }
        }
        state.repositories[target].issues.push(issue);
        let place = (target, state.repositories[target].issues.len() - 1);
        let new_issue = state.told(place);
        let new_repository = shapes::repository(&state, &state.repositories[target]);
        let changes = json!({ "changes": { "new_issue": new_issue, "new_repository": new_repository } });
        state.tell_issue("transferred", from, who, changes);
        state.repositories[from.0].issues.remove(from.1);
        state.repositories[from.0].moved.insert(number, (target_id, new_number));
        let changes = json!({ "changes": { "old_issue": old_issue, "old_repository": old_repository } });
        // The place may have changed where both are the same list; it is found again by its id.
        let place = state.issue_of(id).expect("it was made now");
        state.tell_issue("opened", place, who, changes);
        new_number
    }

    /// Renames a repository; the old name leads to it.
    pub fn rename_repository(&self, who: &str, full_name: &str, name: &str) {
        let mut state = self.act(who);
        let at = state.repository_at(full_name);
        let repo = &mut state.repositories[at];
        let (id, former) = (repo.id, repo.full_name());
        let from = std::mem::replace(&mut repo.name, name.to_owned());
        repo.former.push(former);
        state.tell(
            "repository",
            "renamed",
            id,
            who,
            json!({ "changes": { "repository": { "name": { "from": from } } } }),
        );
    }

    /// Removes the App from the account that has this repository: its tokens end, and it sees nothing there any more.
    pub fn uninstall(&self, who: &str, full_name: &str) {
        let mut state = self.act(who);
        let id = state.repo(full_name).id;
        let gone = state.installation_of(id).unwrap_or_else(|| panic!("not installed on {full_name}")).clone();
        let repositories = state.repositories.iter().filter(|repo| gone.repositories.contains(&repo.id));
        let repositories: Vec<Value> = repositories.map(shapes::short_repository).collect();
        let more = json!({ "installation": shapes::installation(&state, &gone), "repositories": repositories });
        state.installations.retain(|installation| installation.id != gone.id);
        state.tell_app("installation", "deleted", gone.id, who, more);
    }

    /// Takes one repository from the App's installation.
    pub fn withdraw(&self, who: &str, full_name: &str) {
        let mut state = self.act(who);
        let id = state.repo(full_name).id;
        let removed = shapes::short_repository(state.repo(full_name));
        let installation = state.installations.iter_mut().find(|one| one.repositories.contains(&id));
        let installation = installation.unwrap_or_else(|| panic!("not installed on {full_name}"));
        installation.repositories.remove(&id);
        let installation = installation.clone();
        let more = json!({
            "installation": shapes::installation(&state, &installation),
            "repository_selection": "selected",
            "repositories_added": [],
            "repositories_removed": [removed],
            "requester": null,
        });
        state.tell_app("installation_repositories", "removed", installation.id, who, more);
    }
}

/// A text with one of its task boxes ticked or not: the nth from 1, or the first whose line has that text.
fn with_box(body: &str, item: &str, ticked: bool) -> Option<String> {
    let wanted: Option<usize> = item.parse().ok();
    let mut seen = 0;
    let mut found = false;
    let lines: Vec<String> = body
        .split_inclusive('\n')
        .map(|line| {
            let task = line.trim_start();
            let task = task.trim_start_matches(|c: char| c.is_ascii_digit());
            let task = ["- ", "* ", "+ ", ". ", ") "].iter().find_map(|mark| task.strip_prefix(mark));
            let task = task.filter(|task| ["[ ] ", "[x] ", "[X] "].iter().any(|mark| task.starts_with(mark)));
            let Some(task) = task else { return line.to_owned() };
            seen += 1;
            let this = wanted.map_or_else(|| task.contains(item), |wanted| wanted == seen);
            if found || !this {
                return line.to_owned();
            }
            found = true;
            let before = &line[..line.len() - task.len()];
            format!("{before}[{}{}", if ticked { 'x' } else { ' ' }, &task[2..])
        })
        .collect();
    found.then(|| lines.concat())
}
