//! Where a message goes, and where change lists are kept.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ledger::MessageKind;
use super::window::words;

mod discord;
mod email;

pub use discord::{DiscordPlace, DiscordTarget, is_snowflake};
pub use email::EmailAddress;

words! {
    /// Who serves a channel: each service outside has a sender of its own, so that one that hangs keeps nobody else
    /// waiting.
    Lane {
        /// What maintbot keeps itself.
        Inside = "inside",
        /// GitHub.
        Github = "github",
        /// Slack.
        Slack = "slack",
        /// Discord.
        Discord = "discord",
        /// Mail.
        Mail = "mail",
        /// Webhooks of others.
        Webhook = "webhook",
        /// Status pages that others keep.
        Statuspage = "statuspage",
        /// Alertmanager.
        Alertmanager = "alertmanager",
        /// PagerDuty.
        Pagerduty = "pagerduty",
    }
}

words! {
    /// Where a message can be looked at before it is sent.
    Surface {
        /// The text without any markup.
        Plain = "plain",
        /// Block Kit, as Slack is sent it.
        Slack = "slack",
        /// Embeds, as Discord is sent them.
        Discord = "discord",
        /// Markdown, as it stands in a comment on GitHub.
        Github = "github",
        /// Subject and text, as a mail goes out.
        Mail = "mail",
    }
}

/// Longest name of a conversation on Slack, in characters.
const LONGEST_CONVERSATION: usize = 80;
/// Longest id that Slack gives (they have 9 to 11 characters now).
const LONGEST_ID: usize = 20;

/// A conversation or person on Slack: `#ce`, `C012AB3CD`, `U061F7AUR`, with the id of the workspace in front where several
/// are configured: `T1/#ce`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SlackPlace {
    workspace: String,
    target: String,
}

impl SlackPlace {
    /// A place in a workspace, by what Slack calls it. Errors say what it looks like.
    ///
    /// # Errors
    /// It is neither the name of a channel nor an id of Slack.
    pub fn new(workspace: &str, target: &str) -> Result<Self, String> {
        let id = |text: &str, first: &str| {
            let short = (2..=LONGEST_ID).contains(&text.len());
            short
                && text.starts_with(|c| first.contains(c))
                && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        };
        let named = |name: &str| {
            let letter = |c: char| c.is_alphanumeric() && !c.is_uppercase() || matches!(c, '-' | '_' | '.');
            !name.is_empty() && name.chars().count() <= LONGEST_CONVERSATION && name.chars().all(letter)
        };
        let target_fits = target.strip_prefix('#').map_or_else(|| id(target, "CGDUW"), named);
        if target_fits && (workspace.is_empty() || id(workspace, "TE")) {
            return Ok(Self { workspace: workspace.to_owned(), target: target.to_owned() });
        }
        Err(format!("`{target}` is not on Slack: write the name of a channel, such as `slack:#ops`, or its id"))
    }

    /// The id of the workspace; empty where only one is configured, without its id.
    #[must_use]
    pub fn workspace(&self) -> &str {
        &self.workspace
    }

    /// The channel by name (`#ce`) or id, or a person's id.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Whether it is a person, who is written to directly.
    #[must_use]
    pub fn is_person(&self) -> bool {
        self.target.starts_with(['U', 'W'])
    }
}

impl fmt::Display for SlackPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.workspace.is_empty() {
            f.write_str(&self.target)
        } else {
            write!(f, "{}/{}", self.workspace, self.target)
        }
    }
}

impl From<SlackPlace> for String {
    fn from(place: SlackPlace) -> Self {
        place.to_string()
    }
}

impl TryFrom<String> for SlackPlace {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for SlackPlace {
    type Err = String;

    /// Reads `#ce`, `C012AB3CD` or `T1/#ce`. Errors say what it looks like.
    fn from_str(text: &str) -> Result<Self, String> {
        let (workspace, target) = text.split_once('/').unwrap_or(("", text));
        if text.starts_with('/') {
            return Err(format!("`{text}` is not on Slack: write `slack:#ops` or `slack:T012AB/#ops`"));
        }
        Self::new(workspace, target)
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
    /// A conversation or person on Slack.
    Slack(SlackPlace),
    /// A channel, person or list of events on Discord.
    Discord(DiscordPlace),
    /// A mailbox, or a list's address.
    Email(EmailAddress),
    /// Another program's address, by the name it is configured under.
    Webhook(String),
    /// A status page that somebody else keeps, by the name it is configured under; empty for the one of `[statuspage]`.
    Statuspage(String),
    /// Silences of Alertmanager.
    Alertmanager,
    /// Maintenance windows of PagerDuty.
    Pagerduty,
}

impl Channel {
    /// Where its readers are, where what was said there can be changed later.
    #[must_use]
    pub fn can_edit(&self) -> bool {
        match self {
            Self::Builtin(_) | Self::Github(..) | Self::Slack(_) => true,
            Self::Discord(place) => !place.is_events(),
            Self::Tracker
            | Self::Log(_)
            | Self::Email(_)
            | Self::Webhook(_)
            | Self::Statuspage(_)
            | Self::Alertmanager
            | Self::Pagerduty => false,
        }
    }

    /// Its posts have buttons and threads: they follow closely what becomes of a window.
    #[must_use]
    pub fn has_buttons(&self) -> bool {
        match self {
            Self::Slack(_) => true,
            Self::Discord(place) => !place.is_events(),
            _ => false,
        }
    }

    /// It takes only so many messages in a time, or one after the other, so that what goes there has to wait in line, in
    /// the order in which it is due.
    #[must_use]
    pub fn is_paced(&self) -> bool {
        matches!(self, Self::Slack(_) | Self::Discord(_) | Self::Webhook(_) | Self::Statuspage(_))
    }

    /// Whether such a message is sent there at all. A status page takes the announcement, which publishes the window;
    /// whatever comes later brings that entry in step instead of being a message of its own.
    #[must_use]
    pub fn takes(&self, message: MessageKind) -> bool {
        match self {
            Self::Statuspage(_) => matches!(message, MessageKind::Announcement | MessageKind::StatusPage),
            _ => true,
        }
    }

    /// Somebody else keeps it: it can fail for reasons that are not ours.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        self.lane() != Lane::Inside
    }

    /// Whose sender serves it.
    #[must_use]
    pub fn lane(&self) -> Lane {
        match self {
            Self::Builtin(_) | Self::Tracker | Self::Log(_) => Lane::Inside,
            Self::Github(..) => Lane::Github,
            Self::Slack(_) => Lane::Slack,
            Self::Discord(_) => Lane::Discord,
            Self::Email(_) => Lane::Mail,
            Self::Webhook(_) => Lane::Webhook,
            Self::Statuspage(_) => Lane::Statuspage,
            Self::Alertmanager => Lane::Alertmanager,
            Self::Pagerduty => Lane::Pagerduty,
        }
    }

    /// A place in which people talk, so that who schedules there is told there.
    #[must_use]
    pub fn is_chat(&self) -> bool {
        match self {
            Self::Github(_, issue) => issue.is_some(),
            // What two people say to each other is not for maintbot to join.
            Self::Slack(place) => !place.is_person() && !place.target().starts_with('D'),
            Self::Discord(place) => !place.is_person() && !place.is_events(),
            _ => false,
        }
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
            Self::Slack(place) => write!(f, "slack:{place}"),
            Self::Discord(place) => write!(f, "discord:{place}"),
            Self::Email(address) => write!(f, "email:{address}"),
            Self::Webhook(name) => write!(f, "webhook:{name}"),
            Self::Statuspage(name) if name.is_empty() => f.write_str("statuspage"),
            Self::Statuspage(name) => write!(f, "statuspage:{name}"),
            Self::Alertmanager => f.write_str("alertmanager"),
            Self::Pagerduty => f.write_str("pagerduty"),
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

    /// Reads `builtin:NAME`, `log:NAME`, `slack:#NAME`, `slack:TEAM/ID`, `discord:#NAME`, `discord:ID`, `github:OWNER/NAME`,
    /// `github:OWNER/NAME#ISSUE`, `email:ADDRESS`, `webhook:NAME`, `statuspage`, `statuspage:NAME`, `tracker:builtin`,
    /// `alertmanager` or `pagerduty`. Errors list what people write.
    fn from_str(text: &str) -> Result<Self, String> {
        let (scheme, name) = text.split_once(':').unwrap_or((text, ""));
        let plain = !name.is_empty()
            && name.len() <= 80
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        match scheme {
            "tracker" if name == "builtin" => Ok(Self::Tracker),
            "statuspage" if text == scheme || plain => Ok(Self::Statuspage(name.into())),
            "alertmanager" if text == scheme => Ok(Self::Alertmanager),
            "pagerduty" if text == scheme => Ok(Self::Pagerduty),
            "builtin" | "log" | "webhook" | "statuspage" if !plain => Err(format!(
                "`{text}` needs a name of letters, digits, `-`, `_` or `.` after the colon, such as `{scheme}:ops`"
            )),
            "builtin" => Ok(Self::Builtin(name.into())),
            "log" => Ok(Self::Log(name.into())),
            "webhook" => Ok(Self::Webhook(name.into())),
            "email" => Ok(Self::Email(name.parse()?)),
            "github" => github(name),
            "slack" => Ok(Self::Slack(name.parse()?)),
            "discord" => Ok(Self::Discord(name.parse()?)),
            _ => Err(format!(
                "`{text}` is not a channel: write `builtin:NAME`, `log:NAME`, `slack:#NAME`, `discord:#NAME`, \
                 `github:OWNER/NAME`, `email:ADDRESS`, `webhook:NAME` or `statuspage`"
            )),
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
        for text in [
            "builtin:ops",
            "log:audit",
            "tracker:builtin",
            "github:example/crm",
            "github:example/crm.api#7",
            "slack:#ce",
            "slack:#käyttö-2",
            "slack:C012AB3CD",
            "slack:T1/#ce",
            "slack:T1/U061F7AUR",
            "discord:#ops",
            "discord:1103",
            "discord:@2204",
            "discord:9001/events",
            "email:ops@example.com",
            "webhook:crm",
            "statuspage",
            "statuspage:eu",
            "alertmanager",
            "pagerduty",
        ] {
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
            "slack:",
            "slack:#",
            "slack:ce",
            "slack:#Big",
            "slack:#a b",
            "slack:/#ce",
            "slack:x/#ce",
            "slack:T1/T1/#ce",
            "slack:<!channel>",
            "discord:",
            "discord:ops",
            "email:",
            "email:ops",
            "webhook:",
            "webhook:a b",
            "statuspage:",
            "alertmanager:x",
            "pagerduty:",
        ] {
            assert!(text.parse::<Channel>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_status_page_takes_the_announcement_alone() {
        let taken = |channel: Channel| MessageKind::ALL.iter().filter(move |message| channel.takes(**message)).count();
        assert!(Channel::Statuspage(String::new()).takes(MessageKind::Announcement));
        assert_eq!(taken(Channel::Statuspage("eu".into())), 2, "and what brings it in step");
        assert_eq!(taken(Channel::Builtin("ops".into())), MessageKind::ALL.len());
    }

    #[test]
    fn a_repository_is_the_same_in_capitals() {
        assert_eq!("Example/CRM".parse::<Repository>(), "example/crm".parse());
    }
}
