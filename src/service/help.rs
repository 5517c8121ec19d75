//! The help reply, from the declarations.

use super::{Outcome, Reply};
use crate::command::{Help, help};
use crate::domain::refusal::Refusal;
use crate::message::{Block, Message};

/// The overview, or all about one verb.
pub(super) fn reply(c: &Help) -> Outcome<Reply> {
    let message = match c.verb.as_deref() {
        None => overview(),
        Some(name) => verb(name).ok_or_else(|| Refusal::not_found(format!("command `{name}`"), "/maintenance help"))?,
    };
    Ok(Reply { message, ..Reply::default() })
}

fn overview() -> Message {
    let overview = help::overview();
    let rows = overview.entries.into_iter().map(|e| vec![e.name, e.summary, e.role.to_string()]).collect();
    let head = ["Command", "What it does", "Role"].map(String::from).to_vec();
    Message::titled("What you can type")
        .text(overview.grammar)
        .block(Block::Table { head, rows })
        .text("More about one of them:")
        .copy("/maintenance help schedule")
}

fn verb(name: &str) -> Option<Message> {
    let help = help::verb(name)?;
    let mut message = Message::titled(format!("{}: {}", help.name, help.summary)).text(help.usage);
    if !help.help.is_empty() {
        message = message.text(help.help);
    }
    if !help.actions.is_empty() {
        let head = ["Command", "What it does", "Role"].map(String::from).to_vec();
        let rows = help.actions.into_iter().map(|e| vec![e.name, e.summary, e.role.to_string()]).collect();
        message = message.block(Block::Table { head, rows });
    }
    if !help.options.is_empty() {
        let row = |o: help::OptionHelp| {
            let choices = if o.choices.is_empty() { String::new() } else { format!(" ({})", o.choices.join(", ")) };
            let needed = if o.required { "required" } else { "" };
            vec![o.typed, format!("{}{choices}", o.help), needed.to_owned()]
        };
        let head = ["Option", "What it is", ""].map(String::from).to_vec();
        message = message.block(Block::Table { head, rows: help.options.into_iter().map(row).collect() });
    }
    message = message.text(format!("It needs the role {}. For example:", help.role));
    Some(help.examples.into_iter().fold(message, Message::copy))
}
