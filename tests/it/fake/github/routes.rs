//! The REST API: what each request does and what is answered.

use serde_json::{Value, json};

use super::answer::{Answer, Reply};
use super::auth::Caller;
use super::issues::{Change, Opening, react};
use super::shapes;
use super::state::{Found, Label, Reaction, State};

mod app;
mod graphql;
mod lists;

/// The most that GitHub keeps in a title and in a body, in characters.
const LONGEST_TITLE: usize = 256;
const LONGEST_BODY: usize = 65_536;
/// The most sub-issues of one issue.
const MOST_CHILDREN: usize = 100;

/// A request that is understood so far.
pub struct Call<'a> {
    pub state: &'a mut State,
    pub caller: Caller,
    pub method: &'a str,
    /// Path and query as they were asked for, for the addresses of other pages.
    pub target: &'a str,
    /// The decoded parts of the path.
    pub path: Vec<String>,
    pub query: Vec<(String, String)>,
    pub body: Value,
}

impl Call<'_> {
    /// Does it.
    pub fn answer(&mut self) -> Reply {
        let path = std::mem::take(&mut self.path);
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        match (self.method, parts.as_slice()) {
            ("POST", ["graphql"]) => self.graphql(),
            ("GET", ["user"]) => self.own_user(),
            ("GET", ["rate_limit"]) => Ok(Answer::not_found()),
            ("GET", ["installation", "repositories"]) => self.visible_repositories(),
            (_, ["app", ..]) => self.app(&parts[1..]),
            ("GET", ["orgs", org, "teams", team, "memberships", login]) => self.membership(org, team, login),
            ("GET", ["orgs" | "users", account, "installation"]) => self.installation_of_account(account),
            ("GET", ["repos", owner, name, "installation"]) => self.installation_of(&format!("{owner}/{name}")),
            (_, ["repos", owner, name, rest @ ..]) => {
                let at = self.repository(&format!("{owner}/{name}"), rest)?;
                self.in_repository(at, rest)
            }
            _ => Err(Answer::not_found()),
        }
    }

    /// The login under which the caller writes.
    fn login(&self) -> String {
        match &self.caller {
            Caller::Person(login) => login.clone(),
            _ => self.state.bot(),
        }
    }

    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The place of a repository that the caller may see.
    fn repository(&mut self, full_name: &str, rest: &[&str]) -> Result<usize, Answer> {
        let at = match self.state.find(full_name) {
            Found::At(at) => at,
            Found::Renamed(id) => {
                let below = joined(rest);
                let query = self.target.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
                let to = format!("{}/repositories/{id}{below}{query}", self.state.url);
                return Err(Answer::moved(self.method, &to));
            }
            Found::Nowhere => return Err(Answer::not_found()),
        };
        let id = self.state.repositories[at].id;
        let visible = match &self.caller {
            Caller::App => return Err(Answer::refused(401, "A JSON web token could not be used here")),
            Caller::Installation(installation) => {
                self.state.installation_of(id).is_some_and(|known| known.id == *installation)
            }
            Caller::Person(login) => self.state.repositories[at].role(login).is_some(),
        };
        if visible { Ok(at) } else { Err(Answer::not_found()) }
    }

    /// Refuses who lacks a permission: an App the one of that name and level, a person the role (see `ROLES`).
    fn allow(&self, at: usize, permission: (&str, &str), least: usize) -> Result<(), Answer> {
        match &self.caller {
            Caller::App => Err(Answer::refused(403, "Resource not accessible by integration")),
            Caller::Installation(id) => {
                let installation = self.state.installations.iter().find(|installation| installation.id == *id);
                let given = installation.and_then(|installation| installation.permissions.get(permission.0));
                if given.is_some_and(|given| given == "write" || given == permission.1) {
                    return Ok(());
                }
                Err(Answer::refused(403, "Resource not accessible by integration"))
            }
            Caller::Person(login) => {
                if self.state.repositories[at].role(login).is_some_and(|role| role >= least) {
                    return Ok(());
                }
                Err(Answer::refused(403, "Must have write access to Repository."))
            }
        }
    }

    fn reads(&self, at: usize) -> Result<(), Answer> {
        self.allow(at, ("issues", "read"), 0)
    }

    fn writes(&self, at: usize) -> Result<(), Answer> {
        self.allow(at, ("issues", "write"), 0)
    }

    /// Reads with GET, writes otherwise.
    fn touches(&self, at: usize) -> Result<(), Answer> {
        if self.method == "GET" { self.reads(at) } else { self.writes(at) }
    }

    fn in_repository(&mut self, at: usize, rest: &[&str]) -> Reply {
        match (self.method, rest) {
            ("GET", []) => {
                let mut shape = shapes::full_repository(self.state, &self.state.repositories[at]);
                // What an App may do stands with its installation instead.
                if let Caller::Person(login) = &self.caller {
                    shape["permissions"] = shapes::rights(&self.state.repositories[at], login);
                }
                Ok(Answer::ok(shape))
            }
            ("GET", ["collaborators", login, "permission"]) => self.permission(at, login),
            ("GET", ["labels"]) => self.labels(at),
            ("POST", ["labels"]) => self.make_label(at),
            ("GET", ["labels", name]) => self.label(at, name),
            ("GET", ["issues"]) => self.issues(at),
            ("POST", ["issues"]) => self.open_issue(at),
            ("GET", ["issues", "comments"]) => self.comments_of_repository(at),
            (_, ["issues", "comments", id, rest @ ..]) => {
                let id = id.parse().map_err(|_| Answer::not_found())?;
                let place = self.state.comment_of(id).filter(|place| place.0 == at).ok_or_else(Answer::not_found)?;
                self.in_comment(place, rest)
            }
            (_, ["issues", number, rest @ ..]) => {
                let place = self.issue(at, number, rest)?;
                self.in_issue(place, rest)
            }
            _ => Err(Answer::not_found()),
        }
    }

    /// The place of an issue: a deleted one is gone, a transferred one elsewhere.
    fn issue(&self, at: usize, number: &str, rest: &[&str]) -> Result<(usize, usize), Answer> {
        let number: u64 = number.parse().map_err(|_| Answer::not_found())?;
        let repo = &self.state.repositories[at];
        if repo.deleted.contains(&number) {
            return Err(Answer::refused(410, "This issue was deleted"));
        }
        if let Some((id, number)) = repo.moved.get(&number) {
            let below = joined(rest);
            let to = format!("{}/repositories/{id}/issues/{number}{below}", self.state.url);
            return Err(Answer::moved(self.method, &to));
        }
        let nth = repo.issues.iter().position(|issue| issue.number == number).ok_or_else(Answer::not_found)?;
        Ok((at, nth))
    }

    fn in_issue(&mut self, place: (usize, usize), rest: &[&str]) -> Reply {
        self.touches(place.0)?;
        match (self.method, rest) {
            ("GET", []) => Ok(Answer::ok(self.shown(place))),
            ("PATCH", []) => self.update_issue(place),
            ("GET", ["comments"]) => self.comments_of(place),
            ("POST", ["comments"]) => self.create_comment(place),
            ("GET", ["labels"]) => Ok(Answer::ok(self.shown(place)["labels"].clone())),
            ("POST", ["labels"]) => Ok(self.add_labels(place)),
            ("PUT", ["lock"]) => self.lock(place, true),
            ("DELETE", ["lock"]) => self.lock(place, false),
            ("GET", ["parent"]) => self.parent(place),
            ("GET", ["sub_issues"]) => Ok(self.children(place)),
            ("POST", ["sub_issues"]) => self.add_child(place),
            ("GET", ["reactions"]) => {
                Ok(self.reactions(self.state.repositories[place.0].issues[place.1].reactions.clone()))
            }
            ("POST", ["reactions"]) => {
                let new = self.new_reaction()?;
                let (reaction, made) = react(&mut self.state.repositories[place.0].issues[place.1].reactions, new);
                Ok(self.reacted(&reaction, made))
            }
            ("DELETE", ["reactions", id]) => {
                let login = self.login();
                unreact(&mut self.state.repositories[place.0].issues[place.1].reactions, id, &login)
            }
            _ => Err(Answer::not_found()),
        }
    }

    fn in_comment(&mut self, place: (usize, usize, usize), rest: &[&str]) -> Reply {
        self.touches(place.0)?;
        match (self.method, rest) {
            ("GET", []) => Ok(Answer::ok(self.shown_comment(place))),
            ("PATCH", []) => {
                let body = self.text("body", "IssueComment")?;
                let login = self.login();
                self.state.edit(place, &login, &body);
                Ok(Answer::ok(self.shown_comment(place)))
            }
            ("GET", ["reactions"]) => {
                Ok(self.reactions(self.state.repositories[place.0].issues[place.1].comments[place.2].reactions.clone()))
            }
            ("POST", ["reactions"]) => {
                let new = self.new_reaction()?;
                let comment = &mut self.state.repositories[place.0].issues[place.1].comments[place.2];
                let (reaction, made) = react(&mut comment.reactions, new);
                Ok(self.reacted(&reaction, made))
            }
            ("DELETE", ["reactions", id]) => {
                let login = self.login();
                let comment = &mut self.state.repositories[place.0].issues[place.1].comments[place.2];
                unreact(&mut comment.reactions, id, &login)
            }
            _ => Err(Answer::not_found()),
        }
    }

    fn shown(&self, (at, nth): (usize, usize)) -> Value {
        let repo = &self.state.repositories[at];
        shapes::issue(self.state, repo, &repo.issues[nth])
    }

    fn shown_comment(&self, (at, nth, last): (usize, usize, usize)) -> Value {
        let repo = &self.state.repositories[at];
        let issue = &repo.issues[nth];
        shapes::comment(self.state, repo, issue.number, &issue.comments[last])
    }

    /// A text of the body that has to be there, is not blank and not too long.
    fn text(&self, field: &str, resource: &str) -> Result<String, Answer> {
        let longest = if field == "title" { LONGEST_TITLE } else { LONGEST_BODY };
        match self.body.get(field) {
            None => Err(Answer::invalid(resource, field, "missing_field", &Value::Null)),
            Some(Value::String(text)) if text.trim().is_empty() => {
                Err(Answer::invalid(resource, field, "custom", &json!(format!("{field} cannot be blank"))))
            }
            Some(Value::String(text)) if text.chars().count() > longest => {
                let words = format!("{field} is too long (maximum is {longest} characters)");
                Err(Answer::invalid(resource, field, "custom", &json!(words)))
            }
            Some(Value::String(text)) => Ok(text.clone()),
            Some(other) => Err(Answer::invalid(resource, field, "invalid", other)),
        }
    }

    /// Names in a list of the body: texts, or objects with that member.
    fn names(&self, field: &str, member: &str) -> Option<Vec<String>> {
        let list = self.body.get(field)?.as_array()?;
        Some(list.iter().filter_map(|one| one.as_str().or(one[member].as_str())).map(str::to_owned).collect())
    }

    /// The logins of `assignees`, who must be people of the repository.
    fn assignees(&self, at: usize) -> Result<Option<Vec<String>>, Answer> {
        let Some(logins) = self.names("assignees", "login") else { return Ok(None) };
        if let Some(stranger) = logins.iter().find(|login| self.state.repositories[at].role(login).is_none()) {
            return Err(Answer::invalid("Issue", "assignees", "invalid", &json!(stranger)));
        }
        let proper = |login: &String| self.state.users[&login.to_ascii_lowercase()].login.clone();
        Ok(Some(logins.iter().map(proper).collect()))
    }

    fn open_issue(&mut self, at: usize) -> Reply {
        self.writes(at)?;
        let title = self.text("title", "Issue")?;
        let body = if self.body.get("body").is_none_or(Value::is_null) || self.body["body"] == "" {
            String::new()
        } else {
            self.text("body", "Issue")?
        };
        let labels = self.names("labels", "name").unwrap_or_default();
        let assignees = self.assignees(at)?.unwrap_or_default();
        let login = self.login();
        let opening = Opening { title, body, labels, assignees, pull_request: false };
        let place = self.state.open(at, &login, opening);
        let shape = self.shown(place);
        let url = shape["url"].as_str().unwrap_or_default().to_owned();
        Ok(Answer::of(201, shape).with("location", &url))
    }

    fn update_issue(&mut self, place: (usize, usize)) -> Reply {
        let title = if self.body["title"].is_null() { None } else { Some(self.text("title", "Issue")?) };
        let body = match self.body.get("body") {
            None => None,
            Some(Value::Null) => Some(String::new()),
            Some(Value::String(text)) if text.trim().is_empty() => Some(text.clone()),
            Some(_) => Some(self.text("body", "Issue")?),
        };
        let open = match self.body["state"].as_str() {
            Some("open") => Some(true),
            Some("closed") => Some(false),
            Some(other) => return Err(Answer::invalid("Issue", "state", "invalid", &json!(other))),
            None => None,
        };
        let reason = self.body["state_reason"].as_str().map(str::to_owned);
        if let Some(other) = &reason
            && !["completed", "not_planned", "duplicate", "reopened"].contains(&other.as_str())
        {
            return Err(Answer::invalid("Issue", "state_reason", "invalid", &json!(other)));
        }
        let change = Change {
            title,
            body,
            labels: self.names("labels", "name"),
            assignees: self.assignees(place.0)?,
            open,
            reason,
        };
        let login = self.login();
        self.state.change(place, &login, change);
        Ok(Answer::ok(self.shown(place)))
    }

    fn create_comment(&mut self, place: (usize, usize)) -> Reply {
        let issue = &self.state.repositories[place.0].issues[place.1];
        let writer = matches!(&self.caller, Caller::Person(login)
            if self.state.repositories[place.0].role(login).is_some_and(|role| role >= 2));
        if issue.locked && !writer {
            return Err(Answer::refused(403, "Unable to create comment because issue is locked."));
        }
        let body = self.text("body", "IssueComment")?;
        let login = self.login();
        let id = self.state.comment(place, &login, &body);
        let place = self.state.comment_of(id).expect("it was made now");
        let shape = self.shown_comment(place);
        let url = shape["url"].as_str().unwrap_or_default().to_owned();
        Ok(Answer::of(201, shape).with("location", &url))
    }

    fn add_labels(&mut self, place: (usize, usize)) -> Answer {
        let mut labels = self.state.repositories[place.0].issues[place.1].labels.clone();
        for name in self.names("labels", "name").unwrap_or_default() {
            if !labels.contains(&name) {
                labels.push(name);
            }
        }
        let login = self.login();
        self.state.change(place, &login, Change { labels: Some(labels), ..Change::default() });
        Answer::ok(self.shown(place)["labels"].clone())
    }

    fn lock(&mut self, place: (usize, usize), locked: bool) -> Reply {
        self.allow(place.0, ("issues", "write"), 2)?;
        let login = self.login();
        self.state.lock(place, &login, locked);
        Ok(Answer::empty(204))
    }

    fn make_label(&mut self, at: usize) -> Reply {
        self.allow(at, ("issues", "write"), 2)?;
        let name = self.text("name", "Label")?;
        let repo = &self.state.repositories[at];
        if repo.labels.iter().any(|label| label.name.eq_ignore_ascii_case(&name)) {
            return Err(Answer::invalid("Label", "name", "already_exists", &Value::Null));
        }
        let color = self.body["color"].as_str().unwrap_or("ededed").to_owned();
        if color.len() != 6 || !color.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(Answer::invalid("Label", "color", "invalid", &Value::Null));
        }
        let description = self.body["description"].as_str().map(str::to_owned);
        for (field, text, most) in [("name", Some(&name), 50), ("description", description.as_ref(), 100)] {
            if text.is_some_and(|text| text.chars().count() > most) {
                let words = format!("{field} is too long (maximum is {most} characters)");
                return Err(Answer::invalid("Label", field, "custom", &json!(words)));
            }
        }
        let label = Label { id: self.state.id(), name, color, description };
        let shape = shapes::label(self.state, &self.state.repositories[at], &label);
        self.state.repositories[at].labels.push(label);
        Ok(Answer::of(201, shape))
    }

    fn label(&mut self, at: usize, name: &str) -> Reply {
        self.reads(at)?;
        let repo = &self.state.repositories[at];
        let label = repo.labels.iter().find(|label| label.name.eq_ignore_ascii_case(name));
        Ok(Answer::ok(shapes::label(self.state, repo, label.ok_or_else(Answer::not_found)?)))
    }

    fn permission(&mut self, at: usize, login: &str) -> Reply {
        self.allow(at, ("metadata", "read"), 2)?;
        if !self.state.users.contains_key(&login.to_ascii_lowercase()) {
            return Err(Answer::not_found());
        }
        Ok(Answer::ok(shapes::permission(self.state, &self.state.repositories[at], login)))
    }

    fn parent(&mut self, (at, nth): (usize, usize)) -> Reply {
        let child = self.state.repositories[at].issues[nth].id;
        let parents = self.state.repositories.iter().flat_map(|repo| repo.issues.iter().map(move |it| (repo, it)));
        let parent = parents.into_iter().find(|(_, issue)| issue.children.contains(&child));
        let (repo, issue) = parent.ok_or_else(Answer::not_found)?;
        Ok(Answer::ok(shapes::issue(self.state, repo, issue)))
    }

    fn add_child(&mut self, place: (usize, usize)) -> Reply {
        let id = &self.body["sub_issue_id"];
        let child = id.as_u64().filter(|id| self.state.issue_of(*id).is_some());
        let child = child.ok_or_else(|| Answer::refused(404, "The provided sub-issue does not exist"))?;
        let parent = &self.state.repositories[place.0].issues[place.1];
        if parent.id == child || self.state.repositories.iter().any(|repo| is_child(repo, child)) {
            let words = "Issue may not contain duplicate sub-issues and Sub issue may only have one parent";
            return Err(Answer::invalid("Issue", "sub_issue_id", "custom", &json!(words)));
        }
        if parent.children.len() >= MOST_CHILDREN {
            let words = "Parent cannot have more than 100 sub-issues";
            return Err(Answer::invalid("Issue", "sub_issue_id", "custom", &json!(words)));
        }
        let login = self.login();
        self.state.add_child(place, child, &login);
        let shape = self.shown(place);
        let url = shape["url"].as_str().unwrap_or_default().to_owned();
        Ok(Answer::of(201, shape).with("location", &url))
    }

    fn new_reaction(&mut self) -> Result<Reaction, Answer> {
        let content = self.body["content"].as_str().unwrap_or_default().to_owned();
        if !shapes::REACTIONS.contains(&content.as_str()) {
            return Err(Answer::invalid("Reaction", "content", "invalid", &json!(content)));
        }
        Ok(Reaction { id: self.state.id(), content, user: self.login(), at: self.state.now() })
    }

    fn reacted(&self, reaction: &Reaction, made: bool) -> Answer {
        Answer::of(if made { 201 } else { 200 }, shapes::reaction(self.state, reaction))
    }
}

/// The parts of a path behind something.
fn joined(rest: &[&str]) -> String {
    rest.iter().flat_map(|part| ["/", part]).collect()
}

fn is_child(repo: &super::state::Repo, id: u64) -> bool {
    repo.issues.iter().any(|issue| issue.children.contains(&id))
}

/// Takes back a reaction of one's own.
fn unreact(reactions: &mut Vec<Reaction>, id: &str, login: &str) -> Reply {
    let mine = reactions.iter().position(|one| one.id.to_string() == id && one.user == login);
    reactions.remove(mine.ok_or_else(Answer::not_found)?);
    Ok(Answer::empty(204))
}
