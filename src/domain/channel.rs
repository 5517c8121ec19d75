//! Where a message goes, and where change lists are kept.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::window::words;

words! {
    /// Who serves a channel: each service outside has a sender of its own, so that one that hangs keeps nobody else
    /// waiting.
    Lane {
        /// What maintbot keeps itself.
        Inside = "inside",
        /// GitHub.
        Github = "github",
    }
}

/// Longest name of a GitHub account and of a repository, in characters.
const LONGEST_OWNER: usize = 39;
const LONGEST_NAME: usize = 100;

/// A GitHub repository: `owner/name`. GitHub does not tell capitals apart, so that all letters are kept small.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Repository {
    owner: String,
    name: String,
}

impl Repository {
    /// The person or organisation that it belongs to.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Its name without the owner.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl From<Repository> for String {
    fn from(repository: Repository) -> Self {
        repository.to_string()
    }
}

impl TryFrom<String> for Repository {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Repository {
    type Err = String;

    /// Reads `owner/name`. Errors say what it looks like.
    fn from_str(text: &str) -> Result<Self, String> {
        let letters = |part: &str, more: &str, longest: usize| {
            let plain = part.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
            !part.is_empty() && part.len() <= longest && plain
        };
        let (owner, name) = text.split_once('/').unwrap_or_default();
        if letters(owner, "-_", LONGEST_OWNER) && letters(name, "-_.", LONGEST_NAME) && !matches!(name, "." | "..") {
            return Ok(Self { owner: owner.to_ascii_lowercase(), name: name.to_ascii_lowercase() });
        }
        Err(format!("`{text}` is not a repository: write owner/name, such as `example/crm`"))
    }
}

/// Where a message goes: `builtin:ops`, `log:audit`, `github:example/crm#7`. Prints and parses that way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Channel {
    /// A channel of the built-in console.
    Builtin(String),
    /// The built-in change-list tracker.
    Tracker,
    /// Lines in maintbot's own log, under a name.
    Log(String),
    /// A repository on GitHub: its change-list issues, and what is said about a window in one; with a number, the
    /// comments of that issue.
    Github(Repository, Option<u64>),
}

impl Channel {
    /// Where its readers are, where what was said there can be changed later.
    #[must_use]
    pub fn can_edit(&self) -> bool {
        matches!(self, Self::Builtin(_) | Self::Github(..))
    }

    /// Whose sender serves it.
    #[must_use]
    pub fn lane(&self) -> Lane {
        match self {
            Self::Builtin(_) | Self::Tracker | Self::Log(_) => Lane::Inside,
            Self::Github(..) => Lane::Github,
        }
    }

    /// A place in which people talk, so that who schedules there is told there.
    #[must_use]
    pub fn is_chat(&self) -> bool {
        matches!(self, Self::Github(_, Some(_)))
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin(name) => write!(f, "builtin:{name}"),
            Self::Tracker => f.write_str("tracker:builtin"),
            Self::Log(name) => write!(f, "log:{name}"),
            Self::Github(repository, None) => write!(f, "github:{repository}"),
            Self::Github(repository, Some(issue)) => write!(f, "github:{repository}#{issue}"),
        }
    }
}

impl From<Channel> for String {
    fn from(channel: Channel) -> Self {
        channel.to_string()
    }
}

impl TryFrom<String> for Channel {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Channel {
    type Err = String;

    /// Reads `builtin:NAME`, `log:NAME`, `github:OWNER/NAME`, `github:OWNER/NAME#ISSUE` or `tracker:builtin`. Errors list
    /// what is known.
    fn from_str(text: &str) -> Result<Self, String> {
        let (scheme, name) = text.split_once(':').unwrap_or((text, ""));
        let plain = !name.is_empty()
            && name.len() <= 80
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        match scheme {
            "tracker" if name == "builtin" => Ok(Self::Tracker),
            "builtin" | "log" if !plain => Err(format!(
                "`{text}` needs a name of letters, digits, `-`, `_` or `.` after the colon, such as `{scheme}:ops`"
            )),
            "builtin" => Ok(Self::Builtin(name.into())),
            "log" => Ok(Self::Log(name.into())),
            "github" => github(name),
            _ => Err(format!("`{text}` is not a channel: write `builtin:NAME`, `log:NAME` or `github:OWNER/NAME`")),
        }
    }
}

fn github(text: &str) -> Result<Channel, String> {
    let (repository, issue) = match text.split_once('#') {
        Some((repository, number)) => (repository, Some(number)),
        None => (text, None),
    };
    let number = |text: &str| match text.parse::<u64>() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("`{text}` is not the number of an issue: write for example `github:example/crm#7`")),
    };
    Ok(Channel::Github(repository.parse()?, issue.map(number).transpose()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_read_and_print_the_same_and_refuse_the_unknown() {
        for text in ["builtin:ops", "log:audit", "tracker:builtin", "github:example/crm", "github:example/crm.api#7"] {
            assert_eq!(text.parse::<Channel>().map(|c| c.to_string()), Ok(text.into()));
        }
        for text in [
            "builtin:",
            "builtin:a b",
            "carrier-pigeon:x",
            "",
            "tracker:x",
            "github:example",
            "github:/crm",
            "github:a/b/c",
            "github:a/..",
            "github:a/b#0",
            "github:a/b#",
            "github:a/b#7x",
            "github:a b/c",
        ] {
            assert!(text.parse::<Channel>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_repository_is_the_same_in_capitals() {
        assert_eq!("Example/CRM".parse::<Repository>(), "example/crm".parse());
    }
}
