//! What happened on GitHub, read leniently from a payload or from what polling found: the only thing that the inbox
//! keeps. What is not understood is no error: GitHub adds events and fields as it likes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::channel::Repository;

/// Somebody on GitHub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Who {
    /// The login, as GitHub spells it.
    pub login: String,
    /// A program, not a person.
    pub bot: bool,
}

impl Who {
    /// A login with what GitHub says about it; Apps are called `name[bot]`.
    pub(super) fn new(login: &str, bot: bool) -> Self {
        Self { login: login.to_owned(), bot: bot || login.ends_with("[bot]") }
    }

    /// The same account; GitHub does not tell capitals apart.
    pub(super) fn is(&self, login: &str) -> bool {
        self.login.eq_ignore_ascii_case(login)
    }
}

/// A comment that was written or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SeenComment {
    /// Where.
    pub repository: Repository,
    /// Number of the issue or pull request.
    pub issue: u64,
    /// GitHub's id of the comment.
    pub id: u64,
    /// What it says now.
    pub body: String,
    /// Who wrote it first.
    pub author: Who,
    /// Who wrote or changed it now; `None` where polling saw it changed, which does not say by whom.
    pub by: Option<Who>,
    /// When (UTC, GitHub's clock).
    pub at: DateTime<Utc>,
}

/// An issue as it was when something happened to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SeenIssue {
    /// Where.
    pub repository: Repository,
    /// Its number there.
    pub number: u64,
    /// GitHub's id of it.
    pub id: u64,
    /// Its headline.
    pub title: String,
    /// What it says now.
    pub body: String,
    /// What it said before this edit, where GitHub says so.
    pub before: Option<String>,
    /// What happened.
    pub happened: Happened,
    /// Who opened it.
    pub author: Who,
    /// Who did what happened; `None` where polling found it, which does not say.
    pub by: Option<Who>,
    /// Who closed it, where polling says so.
    pub closed_by: Option<Who>,
    /// Not closed.
    pub open: bool,
    /// Only collaborators can comment.
    pub locked: bool,
    /// When (UTC, GitHub's clock).
    pub at: DateTime<Utc>,
}

/// What happened to an issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Happened {
    /// It is new.
    Opened,
    /// Its text or headline is another.
    Edited,
    /// It was closed.
    Closed,
    /// It was opened again.
    Reopened,
    /// Only collaborators can comment now, or everybody can again.
    Locked,
    /// It is gone.
    Deleted,
    /// It went to another repository, where it has another number and id.
    Moved {
        /// Where it is now.
        repository: Repository,
        /// Its number there.
        number: u64,
        /// GitHub's id of it there.
        id: u64,
    },
    /// Polling or the comparison with GitHub saw it; anything may have happened.
    Found,
}

/// What happened on GitHub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "seen", rename_all = "snake_case")]
pub(super) enum Seen {
    /// A comment was written or changed.
    Comment(SeenComment),
    /// Something happened to an issue.
    Issue(SeenIssue),
    /// A sub-issue was taken away from an issue.
    SubIssueRemoved {
        /// Where the issue is.
        repository: Repository,
        /// Its number.
        number: u64,
        /// GitHub's id of the sub-issue.
        id: u64,
        /// Who did it.
        by: Who,
    },
    /// A repository has another name or owner.
    Renamed {
        /// Its name before.
        from: Repository,
        /// Its name now.
        to: Repository,
    },
    /// A repository is gone or can only be read.
    Shut {
        /// Which.
        repository: Repository,
        /// It is gone for good.
        gone: bool,
    },
    /// The App may no longer be used in these repositories; in all of `owner`'s where none is named.
    Revoked {
        /// The account that had installed it.
        owner: String,
        /// Which, where GitHub names them.
        repositories: Vec<Repository>,
        /// How, for people: "was removed".
        how: String,
    },
    /// The App was installed, or may be used elsewhere or for more.
    Granted,
}

impl Seen {
    /// What keeps its order: things on one line are handled one after the other.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Comment(comment) => line(&comment.repository, comment.issue),
            Self::Issue(issue) => line(&issue.repository, issue.number),
            Self::SubIssueRemoved { repository, number, .. } => line(repository, *number),
            Self::Renamed { from, .. } => format!("github:{from}"),
            Self::Shut { repository, .. } => format!("github:{repository}"),
            Self::Revoked { .. } | Self::Granted => "github:installation".into(),
        }
    }

    /// Reads the payload of an event; `None`: nothing that maintbot has to do with.
    pub(super) fn read(event: &str, payload: &Value) -> Option<Self> {
        let payload = Payload(payload);
        match event {
            "issue_comment" => comment(payload),
            "issues" => issue(payload),
            "sub_issues" => sub_issue(payload),
            "repository" => repository(payload),
            "installation" => installation(payload),
            "installation_repositories" => installation_repositories(payload),
            _ => None,
        }
    }
}

/// The place of an issue as invocations and the inbox name it.
pub(super) fn line(repository: &Repository, number: u64) -> String {
    format!("github:{repository}#{number}")
}

/// A payload whose every field may be missing or of another type than expected.
#[derive(Clone, Copy)]
struct Payload<'a>(&'a Value);

impl<'a> Payload<'a> {
    fn at(self, path: &str) -> Option<&'a Value> {
        self.0.pointer(path)
    }

    fn text(self, path: &str) -> Option<&'a str> {
        self.at(path)?.as_str()
    }

    /// What somebody wrote. PostgreSQL keeps no NUL; Markdown shows this in its place (`CommonMark`, 2.3).
    fn written(self, path: &str) -> Option<String> {
        Some(self.text(path)?.replace('\0', "\u{fffd}"))
    }

    fn action(self) -> Option<&'a str> {
        self.text("/action")
    }

    /// A number as GitHub gives them; larger ones no database of ours can hold.
    fn number(self, path: &str) -> Option<u64> {
        self.at(path)?.as_u64().filter(|number| i64::try_from(*number).is_ok())
    }

    fn repository(self, path: &str) -> Option<Repository> {
        self.text(path)?.parse().ok()
    }

    fn who(self, path: &str) -> Option<Who> {
        let login = self.text(&format!("{path}/login"))?;
        Some(Who::new(login, self.text(&format!("{path}/type")) == Some("Bot")))
    }

    /// The instant at the first of these paths that holds one.
    fn time(self, paths: &[&str]) -> Option<DateTime<Utc>> {
        let read = |path: &&str| DateTime::parse_from_rfc3339(self.text(path)?).ok();
        paths.iter().find_map(read).map(|at| at.to_utc())
    }

    /// Every repository named in a list.
    fn repositories(self, path: &str) -> Vec<Repository> {
        let list = self.at(path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(|one| Payload(one).repository("/full_name")).collect()
    }
}

fn comment(payload: Payload<'_>) -> Option<Seen> {
    if !matches!(payload.action()?, "created" | "edited") {
        return None;
    }
    Some(Seen::Comment(SeenComment {
        repository: payload.repository("/repository/full_name")?,
        issue: payload.number("/issue/number")?,
        id: payload.number("/comment/id")?,
        body: payload.written("/comment/body").unwrap_or_default(),
        author: payload.who("/comment/user")?,
        by: Some(payload.who("/sender")?),
        at: payload.time(&["/comment/updated_at", "/comment/created_at"])?,
    }))
}

fn issue(payload: Payload<'_>) -> Option<Seen> {
    let happened = match payload.action()? {
        "opened" => Happened::Opened,
        "edited" => Happened::Edited,
        "closed" => Happened::Closed,
        "reopened" => Happened::Reopened,
        "locked" | "unlocked" => Happened::Locked,
        "deleted" => Happened::Deleted,
        "transferred" => Happened::Moved {
            repository: payload.repository("/changes/new_repository/full_name")?,
            number: payload.number("/changes/new_issue/number")?,
            id: payload.number("/changes/new_issue/id")?,
        },
        _ => return None,
    };
    // Where something is locked or unlocked the field is not always there, and not always right yet.
    let locked = match payload.action()? {
        "locked" => true,
        "unlocked" => false,
        _ => payload.at("/issue/locked").and_then(Value::as_bool).unwrap_or_default(),
    };
    Some(Seen::Issue(SeenIssue {
        repository: payload.repository("/repository/full_name")?,
        number: payload.number("/issue/number")?,
        id: payload.number("/issue/id")?,
        title: payload.written("/issue/title").unwrap_or_default(),
        body: payload.written("/issue/body").unwrap_or_default(),
        before: payload
            .at("/changes/body")
            .filter(|body| body.is_object())
            .map(|_| payload.written("/changes/body/from").unwrap_or_default()),
        happened,
        author: payload.who("/issue/user")?,
        by: Some(payload.who("/sender")?),
        closed_by: None,
        open: payload.text("/issue/state") != Some("closed"),
        locked,
        at: payload.time(&["/issue/updated_at", "/issue/created_at"])?,
    }))
}

fn sub_issue(payload: Payload<'_>) -> Option<Seen> {
    if payload.action()? != "sub_issue_removed" {
        return None;
    }
    let repository =
        payload.repository("/parent_issue_repo/full_name").or_else(|| payload.repository("/repository/full_name"))?;
    Some(Seen::SubIssueRemoved {
        repository,
        number: payload.number("/parent_issue/number")?,
        id: payload.number("/sub_issue/id")?,
        by: payload.who("/sender")?,
    })
}

fn repository(payload: Payload<'_>) -> Option<Seen> {
    let now = payload.repository("/repository/full_name")?;
    let before = |owner: &str, name: &str| format!("{owner}/{name}").parse::<Repository>().ok();
    match payload.action()? {
        "renamed" => {
            let from = before(now.owner(), payload.text("/changes/repository/name/from")?)?;
            Some(Seen::Renamed { from, to: now })
        }
        "transferred" => {
            let owner = payload
                .text("/changes/owner/from/organization/login")
                .or_else(|| payload.text("/changes/owner/from/user/login"))?;
            Some(Seen::Renamed { from: before(owner, now.name())?, to: now })
        }
        "deleted" => Some(Seen::Shut { repository: now, gone: true }),
        "archived" => Some(Seen::Shut { repository: now, gone: false }),
        _ => None,
    }
}

fn installation(payload: Payload<'_>) -> Option<Seen> {
    let how = match payload.action()? {
        "deleted" => "was removed",
        "suspend" => "was suspended",
        "created" | "unsuspend" | "new_permissions_accepted" => return Some(Seen::Granted),
        _ => return None,
    };
    let owner = payload.text("/installation/account/login").or_else(|| payload.text("/installation/account/slug"))?;
    let repositories = payload.repositories("/repositories");
    Some(Seen::Revoked { owner: owner.to_ascii_lowercase(), repositories, how: how.into() })
}

fn installation_repositories(payload: Payload<'_>) -> Option<Seen> {
    match payload.action()? {
        "added" => Some(Seen::Granted),
        "removed" => {
            let repositories = payload.repositories("/repositories_removed");
            let owner = payload.text("/installation/account/login").unwrap_or_default().to_ascii_lowercase();
            let how = "may no longer be used there".into();
            (!repositories.is_empty()).then_some(Seen::Revoked { owner, repositories, how })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn commented() -> Value {
        json!({
            "action": "created",
            "repository": { "full_name": "Example/CRM" },
            "issue": { "number": 7 },
            "comment": {
                "id": 123, "body": "/maintenance done 3", "user": { "login": "Anna", "type": "User" },
                "created_at": "2027-04-12T15:00:00Z", "updated_at": "2027-04-12T15:00:01Z",
            },
            "sender": { "login": "Anna", "type": "User" },
        })
    }

    #[test]
    fn a_comment_is_read_and_kept_as_it_was() {
        let seen = Seen::read("issue_comment", &commented()).expect("a comment");
        assert_eq!(seen.line(), "github:example/crm#7");
        let Seen::Comment(comment) = &seen else { panic!("not a comment: {seen:?}") };
        assert_eq!((comment.id, comment.body.as_str()), (123, "/maintenance done 3"));
        assert_eq!(comment.at.to_rfc3339(), "2027-04-12T15:00:01+00:00");
        let kept = serde_json::to_string(&seen).expect("text");
        assert_eq!(serde_json::from_str::<Seen>(&kept).expect("the same"), seen);
    }

    #[test]
    fn whatever_is_missing_or_of_another_type_a_payload_is_no_error() {
        let whole = commented();
        for path in ["/action", "/repository", "/issue", "/comment", "/sender"] {
            for other in [Value::Null, json!(7), json!("x"), json!([]), json!({})] {
                let mut payload = whole.clone();
                *payload.pointer_mut(path).expect("there") = other;
                assert_eq!(Seen::read("issue_comment", &payload), None, "{path}");
            }
        }
        for event in ["issues", "sub_issues", "repository", "installation", "installation_repositories", "star", ""] {
            for payload in [json!({}), json!([]), json!("x"), json!({ "action": "deleted" }), json!({ "action": 7 })] {
                assert_eq!(Seen::read(event, &payload), None, "{event}");
            }
        }
    }

    #[test]
    fn a_body_that_is_null_is_an_empty_one() {
        let mut payload = commented();
        *payload.pointer_mut("/comment/body").expect("there") = Value::Null;
        let Some(Seen::Comment(comment)) = Seen::read("issue_comment", &payload) else { panic!("not a comment") };
        assert_eq!(comment.body, "");
    }

    #[test]
    fn a_deleted_comment_is_nothing_to_act_on() {
        let mut payload = commented();
        payload["action"] = json!("deleted");
        assert_eq!(Seen::read("issue_comment", &payload), None);
    }

    #[test]
    fn a_repository_that_moved_says_what_it_was_called() {
        let renamed = json!({
            "action": "renamed", "repository": { "full_name": "example/crm-api" },
            "changes": { "repository": { "name": { "from": "crm" } } },
        });
        let moved = json!({
            "action": "transferred", "repository": { "full_name": "example/crm" },
            "changes": { "owner": { "from": { "user": { "login": "anna" } } } },
        });
        let names = |seen: Option<Seen>| match seen {
            Some(Seen::Renamed { from, to }) => Some((from.to_string(), to.to_string())),
            _ => None,
        };
        let pair = |from: &str, to: &str| Some((from.to_owned(), to.to_owned()));
        assert_eq!(names(Seen::read("repository", &renamed)), pair("example/crm", "example/crm-api"));
        assert_eq!(names(Seen::read("repository", &moved)), pair("anna/crm", "example/crm"));
    }

    #[test]
    fn an_app_that_is_removed_says_from_where() {
        let payload = json!({
            "action": "deleted", "installation": { "account": { "login": "Example" } },
            "repositories": [{ "full_name": "Example/CRM" }, { "name": "no full name" }],
        });
        let expected = Seen::Revoked {
            owner: "example".into(),
            repositories: vec!["example/crm".parse().expect("a repository")],
            how: "was removed".into(),
        };
        assert_eq!(Seen::read("installation", &payload), Some(expected));
    }
}
