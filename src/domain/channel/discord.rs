//! Places on Discord.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest name of a channel on Discord, in characters
/// (<https://docs.discord.com/developers/resources/channel#channel-object>).
const LONGEST_NAME: usize = 100;
/// Discord's ids are 64-bit numbers; those of today have 17 to 20 digits.
const LONGEST_ID: usize = 20;

/// A place on Discord: a channel by name (`#ops`) or id (`1103…`), a person who is written to directly (`@2204…`), or the
/// scheduled events of a server (`9001…/events`). A name has the id of its server in front where several are configured:
/// `9001…/#ops`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DiscordPlace {
    guild: String,
    target: DiscordTarget,
}

/// What is meant on Discord.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DiscordTarget {
    /// A channel by its name, without the `#`.
    Named(String),
    /// A channel or thread by its id.
    Channel(String),
    /// A person by their id.
    Person(String),
    /// The scheduled events of a server.
    Events,
}

impl DiscordPlace {
    /// A channel or thread.
    ///
    /// # Errors
    /// It is not an id of Discord.
    pub fn channel(id: &str) -> Result<Self, String> {
        id.parse()
    }

    /// A person.
    ///
    /// # Errors
    /// It is not an id of Discord.
    pub fn person(id: &str) -> Result<Self, String> {
        format!("@{id}").parse()
    }

    /// The scheduled events of a server (a guild, as Discord's interface calls it).
    ///
    /// # Errors
    /// It is not an id of Discord.
    pub fn events(guild: &str) -> Result<Self, String> {
        format!("{guild}/events").parse()
    }

    /// The id of the server; empty where only one is configured, and where an id says it.
    #[must_use]
    pub fn guild(&self) -> &str {
        &self.guild
    }

    /// What is meant there.
    #[must_use]
    pub fn target(&self) -> &DiscordTarget {
        &self.target
    }

    /// Whether it is a person, who is written to directly.
    #[must_use]
    pub fn is_person(&self) -> bool {
        matches!(self.target, DiscordTarget::Person(_))
    }

    /// Whether it is what is planned on a server, and nobody can be written to.
    #[must_use]
    pub fn is_events(&self) -> bool {
        self.target == DiscordTarget::Events
    }

    /// The same name on this server, where it names none and needs one.
    #[must_use]
    pub fn on(self, guild: &str) -> Self {
        match &self.target {
            DiscordTarget::Named(_) if self.guild.is_empty() => Self { guild: guild.to_owned(), ..self },
            _ => self,
        }
    }
}

/// Whether a text is an id of Discord: a number that is not zero.
#[must_use]
pub fn is_snowflake(text: &str) -> bool {
    let digits = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    (1..=LONGEST_ID).contains(&text.len()) && digits && text.parse::<u64>().is_ok()
}

impl fmt::Display for DiscordPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.guild.is_empty() {
            write!(f, "{}/", self.guild)?;
        }
        match &self.target {
            DiscordTarget::Named(name) => write!(f, "#{name}"),
            DiscordTarget::Channel(id) => f.write_str(id),
            DiscordTarget::Person(id) => write!(f, "@{id}"),
            DiscordTarget::Events => f.write_str("events"),
        }
    }
}

impl From<DiscordPlace> for String {
    fn from(place: DiscordPlace) -> Self {
        place.to_string()
    }
}

impl TryFrom<String> for DiscordPlace {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for DiscordPlace {
    type Err = String;

    /// Reads `#ops`, `1103…`, `@2204…`, `9001…/#ops` or `9001…/events`. Errors say what it looks like.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not on Discord: write the name of a channel, such as `discord:#ops`, or its id");
        let letter = |c: char| !c.is_whitespace() && !c.is_uppercase() && !c.is_control() && !"#@:/,`<>\"'".contains(c);
        let named = |name: &str| !name.is_empty() && name.chars().count() <= LONGEST_NAME && name.chars().all(letter);
        let (guild, rest) = match text.split_once('/') {
            Some((guild, rest)) if is_snowflake(guild) => (guild, rest),
            Some(_) => return Err(wrong()),
            None => ("", text),
        };
        let (guild, target) = match (rest.chars().next(), guild) {
            (Some('#'), _) if named(&rest[1..]) => (guild, DiscordTarget::Named(rest[1..].to_owned())),
            (Some('@'), "") if is_snowflake(&rest[1..]) => (guild, DiscordTarget::Person(rest[1..].to_owned())),
            // The id of a channel says all.
            _ if is_snowflake(rest) => ("", DiscordTarget::Channel(rest.to_owned())),
            _ if rest == "events" && !guild.is_empty() => (guild, DiscordTarget::Events),
            _ => return Err(wrong()),
        };
        Ok(Self { guild: guild.to_owned(), target })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_and_print_the_same_and_refuse_the_rest() {
        for text in ["#ops", "#käyttö-2", "#🔧-work", "1103", "@2204", "9001/#ops", "9001/events"] {
            assert_eq!(text.parse::<DiscordPlace>().map(|place| place.to_string()), Ok(text.into()));
        }
        for text in
            ["", "#", "ops", "#Big", "#a b", "@", "@ops", "0", "01", "9001/@2204", "x/#ops", "/#ops", "events", "<@1>"]
        {
            assert!(text.parse::<DiscordPlace>().is_err(), "{text}");
        }
        assert!("18446744073709551616".parse::<DiscordPlace>().is_err(), "more than 64 bits");
    }

    #[test]
    fn an_id_is_the_same_place_whatever_server_is_written_before_it() {
        assert_eq!("9001/1103".parse::<DiscordPlace>(), "1103".parse());
    }
}
