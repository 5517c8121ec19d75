//! The small texts that many sections have: ids, names, channels, zones, words of a list.

use std::fmt::Display;

use super::discord::{discord_hint, reached};
use super::github::github_hint;
use super::mail::smtp_hint;
use super::problem::{Complaint, Findings};
use super::schema;
use super::section::{Once, Section, Text};
use super::server::web_address;
use super::slack::{in_workspace, slack_hint};
use super::statuspage;
use super::webhook;
use crate::domain::calendar::Zone;
use crate::domain::organisation::Channel;

/// Longer ids, names and contacts are mistakes (characters).
const LONGEST_ID: usize = 64;
const LONGEST_LINE: usize = 200;

/// The id of a block under `key`, checked and there only once whatever its letters' case.
pub(super) fn id_of<'a>(
    block: &Section<'a>,
    [key, example]: [&str; 2],
    check: impl Fn(&str) -> Result<String, Complaint>,
    once: &mut Once<'a>,
    findings: &mut Findings,
) -> Option<String> {
    block.require(findings, key, example);
    let text = block.text(findings, key, example)?;
    match check(text.value) {
        Ok(id) => once.is_new(findings, block, key, &text).then_some(id),
        Err(complaint) => {
            block.complain(findings, key, text.place, complaint);
            None
        }
    }
}

/// Complains about a name that stands in a section's title.
pub(super) fn refuse_name(
    name: &Text<'_>,
    what: &str,
    check: impl Fn(&str) -> Result<String, Complaint>,
    findings: &mut Findings,
) {
    if let Err(complaint) = check(name.value) {
        findings.add(name.place, name.value, format!("the name of {what}: {}", complaint.message), complaint.hint);
    }
}

/// Where people ask for help: a web address, or a mail address.
pub(super) fn support(text: &str) -> Result<String, Complaint> {
    if text.contains("://") {
        return web_address(text, "https://support.example.com");
    }
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || "@._+-".contains(c);
    let is_mail = text.split_once('@').is_some_and(|(who, host)| {
        !who.is_empty() && host.contains('.') && !host.contains('@') && !host.starts_with('.') && !host.ends_with('.')
    });
    if is_mail && text.len() <= LONGEST_LINE && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    let hint = "write for example support@example.com or https://support.example.com";
    Err(Complaint::new(format!("`{text}` is neither a mail address nor a web address"), hint))
}

/// Checks that an id can be typed in a command and stand in a link.
pub(super) fn well_formed(id: &str) -> Result<String, Complaint> {
    let fits = |id: &str| fits(id) && !id.contains(|c: char| c.is_ascii_uppercase());
    if fits(id) {
        return Ok(id.to_owned());
    }
    let likely = id.trim().trim_start_matches('@').to_lowercase().replace(' ', "-");
    let hint =
        if fits(&likely) { format!("write `{likely}`") } else { "write for example `crm` or `eu-west.2`".into() };
    let rule = format!("lower-case letters, digits, `-`, `_` and `.`, a letter or digit first, at most {LONGEST_ID}");
    Err(Complaint::new(format!("`{id}` is not made of {rule}"), hint))
}

/// As [`well_formed`] for the ids of customers, which people know in capitals.
pub(super) fn well_formed_in_any_case(id: &str) -> Result<String, Complaint> {
    if fits(id) {
        return Ok(id.to_owned());
    }
    let likely = id.trim().replace(' ', "-");
    let hint = if fits(&likely) { format!("write `{likely}`") } else { "write for example `ACME`".into() };
    let rule = format!("letters from A to Z, digits, `-`, `_` and `.`, a letter or digit first, at most {LONGEST_ID}");
    Err(Complaint::new(format!("`{id}` is not made of {rule}"), hint))
}

fn fits(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.len() <= LONGEST_ID
        && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// A name for people.
pub(super) fn name(text: &str) -> Result<String, Complaint> {
    line(text, "a name")
}

/// How somebody is reached: text for people.
pub(super) fn contact(text: &str) -> Result<String, Complaint> {
    line(text, "a contact")
}

fn line(text: &str, what: &str) -> Result<String, Complaint> {
    let line = text.trim();
    if line.is_empty() || line.chars().count() > LONGEST_LINE || line.chars().any(char::is_control) {
        return Err(format!("{what} is one line of 1 to {LONGEST_LINE} characters").into());
    }
    Ok(line.to_owned())
}

/// A channel that people read; one that is not built in needs the section that says how to get there.
pub(super) fn channel(text: &str, top: &Section<'_>) -> Result<Channel, Complaint> {
    match text.parse::<Channel>()? {
        Channel::Github(..) if !top.has("github") => {
            Err(Complaint::new(format!("`{text}` cannot be reached without GitHub"), github_hint()))
        }
        Channel::Slack(_) if !top.has("slack") => {
            Err(Complaint::new(format!("`{text}` cannot be reached without Slack"), slack_hint()))
        }
        Channel::Slack(place) => in_workspace(place, text, top).map(Channel::Slack),
        Channel::Discord(_) if !top.has("discord") => {
            Err(Complaint::new(format!("`{text}` cannot be reached without Discord"), discord_hint()))
        }
        Channel::Discord(place) => reached(place, text, top).map(Channel::Discord),
        Channel::Webhook(name) => webhook::reached(&name, top).map(|()| Channel::Webhook(name)),
        Channel::Email(_) if !top.has("smtp") => {
            Err(Complaint::new(format!("`{text}` cannot be reached without mail"), smtp_hint()))
        }
        Channel::Statuspage(name) if name.is_empty() && !top.has("statuspage") => {
            Err(Complaint::new(format!("`{text}` cannot be reached without Statuspage"), statuspage::hint()))
        }
        Channel::Statuspage(name) if !name.is_empty() && !statuspage::is_named(&name, top) => {
            let hint = format!("add a [[status_page]] with name = \"{name}\"");
            Err(Complaint::new(format!("no [[status_page]] has the name `{name}`"), hint))
        }
        Channel::Tracker => {
            Err(Complaint::new(format!("`{text}` holds change lists and nobody reads there"), "write builtin:NAME"))
        }
        channel => Ok(channel),
    }
}

/// The value of this word among all that there are.
pub(super) fn one_of<T: Copy + Display>(text: &str, all: &[T]) -> Result<T, Complaint> {
    if let Some(value) = all.iter().copied().find(|value| value.to_string() == text) {
        return Ok(value);
    }
    let words: Vec<String> = all.iter().map(ToString::to_string).collect();
    Err(Complaint::new(format!("`{text}` is unknown"), choice(text, &words)))
}

/// What can be written instead of `text`: the word that looks most like it, and all.
pub(super) fn choice(text: &str, words: &[impl AsRef<str>]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match schema::nearest(text, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? There are {}", words.join(", ")),
        None => format!("there are {}", words.join(", ")),
    }
}

/// The zone under `time_zone`.
pub(super) fn zone_of(section: &Section<'_>, findings: &mut Findings) -> Option<Zone> {
    let zone = |name: &str| Zone::named(name).map_err(|unknown| Complaint::from(unknown.to_string()));
    section.read(findings, "time_zone", "\"Europe/Helsinki\"", zone)
}
