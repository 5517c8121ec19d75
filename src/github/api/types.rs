//! What is read from GitHub and written there, without what maintbot does not use.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::wire;
use crate::domain::channel::Repository;

/// What was asked for with an `ETag`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched<T> {
    /// Nothing is new since the answer that the `ETag` was of.
    Same,
    /// Everything that was asked for, in the order asked.
    New {
        /// In the order asked; the oldest change first.
        items: Vec<T>,
        /// For the same question next time. `None` where there are so many that the `ETag` of the first page would not
        /// tell of a change.
        etag: Option<String>,
    },
}

/// An issue. Reads from the REST API and from the payload of a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "wire::Issue")]
pub struct Issue {
    /// GitHub's own number for it, different from that of any other issue anywhere.
    pub id: u64,
    /// Its number in the repository.
    pub number: u64,
    /// Where it is: not where it was asked for if it was transferred or the repository renamed. `None` where GitHub
    /// does not say.
    pub repository: Option<Repository>,
    /// Its title.
    pub title: String,
    /// Its text; empty where there is none.
    pub body: String,
    /// Whether it is open.
    pub open: bool,
    /// `completed`, `not_planned`, `reopened`, `duplicate`, where GitHub says why it is open or closed.
    pub state_reason: Option<String>,
    /// Whether nobody but collaborators may comment.
    pub locked: bool,
    /// The names of its labels.
    pub labels: Vec<String>,
    /// The logins of its assignees, in small letters.
    pub assignees: Vec<String>,
    /// Who opened it.
    pub author: User,
    /// Who closed it, where it is closed and GitHub says.
    pub closed_by: Option<User>,
    /// How many comments it has.
    pub comments: u64,
    /// When it was opened (UTC).
    pub created_at: DateTime<Utc>,
    /// When it last changed (UTC).
    pub updated_at: DateTime<Utc>,
    /// Its page.
    pub html_url: String,
}

/// A comment of an issue. Reads from the REST API and from the payload of a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "wire::Comment")]
pub struct Comment {
    /// GitHub's number for it.
    pub id: u64,
    /// The number of the issue that it is on; 0 where GitHub does not say.
    pub issue: u64,
    /// Its text.
    pub body: String,
    /// Who wrote it.
    pub author: User,
    /// When it was written (UTC).
    pub created_at: DateTime<Utc>,
    /// When it was last edited (UTC).
    pub updated_at: DateTime<Utc>,
    /// Its place on the page of the issue.
    pub html_url: String,
}

/// Somebody on GitHub.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "wire::User")]
pub struct User {
    /// The login in small letters; `ghost` of somebody who is gone.
    pub login: String,
    /// An App or another program.
    pub is_bot: bool,
}

/// An issue to be opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewIssue {
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Its labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// The logins of its assignees.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assignees: Vec<String>,
}

/// What is to change of an issue; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssuePatch {
    /// Another title.
    pub title: Option<String>,
    /// Another text.
    pub body: Option<String>,
    /// Closed, and as what, or open again.
    pub state: Option<Close>,
    /// All labels.
    pub labels: Option<Vec<String>>,
    /// All assignees.
    pub assignees: Option<Vec<String>>,
}

/// Whether an issue is open or how it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// Open, perhaps again.
    Open,
    /// Closed as done.
    Completed,
    /// Closed as not to be done.
    NotPlanned,
}

/// What maintbot puts below a comment or an issue with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Seen.
    Eyes,
    /// Done.
    Rocket,
    /// Not done: the reply says why.
    Confused,
}

impl Reaction {
    /// As GitHub calls it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Eyes => "eyes",
            Self::Rocket => "rocket",
            Self::Confused => "confused",
        }
    }
}

/// What somebody may do in a repository; each may do what stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Nothing, or only what everybody may.
    None,
    /// Look.
    Read,
    /// Manage issues.
    Triage,
    /// Change what is in it.
    Write,
    /// Manage the repository.
    Maintain,
    /// Everything.
    Admin,
}

/// A label of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Its name.
    pub name: String,
    /// Six hexadecimal digits, without `#`.
    pub color: String,
    /// What it is for, at most 100 characters.
    pub description: String,
}

/// A webhook that GitHub could not deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The number of the attempt.
    pub id: u64,
    /// What stays the same over all attempts: `X-GitHub-Delivery`.
    pub guid: String,
    /// When it was last tried (UTC).
    pub delivered_at: DateTime<Utc>,
}
