//! The commands in a comment: lines of ordinary text that begin with `/maintenance` or with the bot's name.
//!
//! The parser says where a line of ordinary text begins; the command is then the line as it was typed, since Markdown
//! would eat the underscores, asterisks and backslashes that belong to it.

use std::collections::BTreeMap;
use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::DIALECT;
use crate::command::spec::COMMAND;

/// The most commands that are read from one comment.
pub const MOST_COMMANDS: usize = 20;

/// Elements of HTML whose text is quoted, shown as code, struck out, folded away or not shown: what Markdown's own
/// signs for these do not say as an order, these do not either.
const NOT_SAID: &[&str] = &[
    "a",
    "blockquote",
    "code",
    "del",
    "details",
    "div",
    "kbd",
    "pre",
    "q",
    "s",
    "samp",
    "script",
    "strike",
    "style",
    "summary",
    "table",
    "template",
    "textarea",
    "tt",
];

/// The commands of a comment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commands {
    /// Each begins with `/maintenance`, as typed from there on, in the order of the comment; at most
    /// [`MOST_COMMANDS`].
    pub lines: Vec<String>,
    /// There are more of them, which were not read.
    pub more: bool,
}

/// Reads the commands of a comment. `bot` is the login that the bot is called by, in any case, with or without `[bot]`:
/// `@maintbot schedule …` is given back as `/maintenance schedule …`.
///
/// A command is one line of a paragraph or of a list item. Headings, tables, footnotes, code, quotations (with the lines
/// that continue them without a `>`), links, images, struck-out text and HTML hold none; the text of a task (`- [ ]`)
/// is something yet to be done, and so none either.
#[must_use]
pub fn commands(markdown: &str, bot: &str) -> Commands {
    let mention = format!("@{}", bot.strip_suffix("[bot]").unwrap_or(bot));
    let mut found: Vec<Range<usize>> = Vec::new();
    // Containers open around the text in which nothing is a command.
    let mut within = 0_usize;
    let mut elements = Elements::default();
    let mut begins = false;
    for (event, at) in Parser::new_ext(markdown, DIALECT).into_offset_iter() {
        match &event {
            Event::Start(tag) => {
                within += usize::from(holds_none(tag.to_end()));
                if matches!(tag, Tag::HtmlBlock) {
                    elements.read(&markdown[at.clone()]);
                }
            }
            Event::End(tag) => within -= usize::from(holds_none(*tag)),
            Event::InlineHtml(_) => elements.read(&markdown[at.clone()]),
            // The backslash that breaks a line is not part of it.
            Event::HardBreak if markdown[at.clone()].starts_with('\\') => {
                if let Some(line) = found.last_mut() {
                    line.end = line.end.min(at.start);
                }
            }
            Event::Text(_) if begins && within == 0 && elements.is_outside() => {
                let line = line_from(markdown, at.start);
                // An escaped slash was not typed as the beginning of a command.
                let escaped = markdown[..at.start].ends_with('\\');
                if !escaped && command(&markdown[line.clone()], &mention).is_some() {
                    found.push(line);
                    if found.len() > MOST_COMMANDS {
                        break;
                    }
                }
            }
            _ => {}
        }
        begins = begins_line(&event);
    }
    let more = found.len() > MOST_COMMANDS;
    let lines = found.into_iter().take(MOST_COMMANDS).filter_map(|line| command(&markdown[line], &mention)).collect();
    Commands { lines, more }
}

/// The line as a command, where it is one.
fn command(line: &str, mention: &str) -> Option<String> {
    let line = line.trim_end();
    if after_word(line, COMMAND).is_some() {
        return Some(line.to_owned());
    }
    let said = after_word(line, mention).filter(|_| mention.len() > 1)?.trim_start();
    Some(match said {
        "" => COMMAND.to_owned(),
        said if after_word(said, COMMAND).is_some() => said.to_owned(),
        said => format!("{COMMAND} {said}"),
    })
}

/// What follows a word at the beginning of a line, in any case.
fn after_word<'l>(line: &'l str, word: &str) -> Option<&'l str> {
    let (head, rest) = line.split_at_checked(word.len())?;
    let ends = rest.chars().next().is_none_or(char::is_whitespace);
    (head.eq_ignore_ascii_case(word) && ends).then_some(rest)
}

/// The bytes from here to the end of the line.
fn line_from(text: &str, start: usize) -> Range<usize> {
    let length = text[start..].find(['\n', '\r']).unwrap_or(text.len() - start);
    start..start + length
}

/// Whether what follows this event is the beginning of a line: it begins or ends a block, or breaks a line.
fn begins_line(event: &Event<'_>) -> bool {
    match event {
        Event::Start(tag) => !is_inline(tag.to_end()),
        Event::End(tag) => !is_inline(*tag),
        Event::SoftBreak | Event::HardBreak | Event::Rule | Event::Html(_) => true,
        _ => false,
    }
}

const fn is_inline(tag: TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Link
            | TagEnd::Image
    )
}

/// Whether no text in it is a command. Emphasis is not among them: a lone `*` in two commands makes one of the text
/// between, which nobody meant.
const fn holds_none(tag: TagEnd) -> bool {
    !matches!(
        tag,
        TagEnd::Paragraph | TagEnd::List(_) | TagEnd::Item | TagEnd::Emphasis | TagEnd::Strong | TagEnd::HtmlBlock
    )
}

/// The elements of HTML that are open at a place.
#[derive(Debug, Default)]
struct Elements {
    open: BTreeMap<&'static str, usize>,
}

impl Elements {
    fn is_outside(&self) -> bool {
        self.open.values().all(|count| *count == 0)
    }

    /// Goes on behind a piece of HTML.
    fn read(&mut self, html: &str) {
        let mut rest = html;
        while let Some(start) = rest.find('<') {
            rest = &rest[start..];
            if let Some(comment) = rest.strip_prefix("<!--") {
                let Some(end) = comment.find("-->") else { return };
                rest = &comment[end + "-->".len()..];
                continue;
            }
            rest = &rest[1..];
            let closes = rest.starts_with('/');
            let name = rest.strip_prefix('/').unwrap_or(rest);
            let name = &name[..name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len())];
            let Some(known) = NOT_SAID.iter().find(|known| known.eq_ignore_ascii_case(name)) else { continue };
            let open = self.open.entry(known).or_default();
            *open = if closes { open.saturating_sub(1) } else { *open + 1 };
        }
    }
}

#[cfg(test)]
mod tests;
