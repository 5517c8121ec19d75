//! Outward half: what maintbot writes on GitHub, in its Markdown.
//!
//! Text from people is data: it is escaped so that it is shown as typed, and mentions nobody. Only assignees and points of
//! contact are mentioned, on purpose. Every text of ours carries a hidden marker, by which it is found again.

mod issue;

pub use issue::{Wanted, list_key, wanted};

use crate::domain::organisation::Organisation;
use crate::message::text::{one_line, shown};
use crate::message::{Block, ItemLine, Message};

/// The most characters of an issue's or comment's body (GitHub refuses 65,536 and more).
pub const LONGEST_BODY: usize = 65_000;

/// How every command begins.
const COMMAND: &str = "/maintenance ";
/// Begins every marker.
const MARK: &str = "<!-- maintbot:";
/// Ends it.
const MARK_END: &str = " -->";

/// A hidden line by which a text of ours is found again.
#[must_use]
pub fn marker(key: &str) -> String {
    // A comment in HTML ends at `-->`, and holds no `--`.
    let safe: String = key.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>')).collect();
    format!("{MARK}{}{MARK_END}", safe.replace("--", "-"))
}

/// Whether a text carries the marker of this key.
#[must_use]
pub fn carries(body: &str, key: &str) -> bool {
    body.contains(&marker(key))
}

/// Whether a text carries any marker of ours.
#[must_use]
pub fn is_ours(body: &str) -> bool {
    body.contains(MARK)
}

/// Where the part of an issue's text begins (bytes) that is ours, also where its marker was removed.
#[must_use]
pub fn begins(body: &str) -> Option<usize> {
    [issue::KEPT, MARK].iter().filter_map(|ours| body.find(ours)).min()
}

/// Text as GitHub's Markdown shows it the way it was typed, on one line.
#[must_use]
pub fn escape(text: &str) -> String {
    let line = one_line(text);
    let mut out = String::with_capacity(line.len() + 8);
    for (n, c) in line.chars().enumerate() {
        match c {
            // A mark that cannot be seen: `@name` then is no mention.
            '@' => out.push_str("@\u{200b}"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' => {
                out.push('\\');
                out.push(c);
            }
            '+' | '-' | '=' if n == 0 => {
                out.push('\\');
                out.push(c);
            }
            '.' | ')' if n > 0 && out.chars().all(|c| c.is_ascii_digit()) => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// The same for text of several lines; line breaks stay.
#[must_use]
pub fn escape_lines(text: &str) -> String {
    let lines: Vec<String> = shown(text).trim_end().lines().map(with_command).collect();
    lines.join("  \n")
}

/// A line of text, in which a command to copy is code: there nothing is escaped, so that it is copied as it is.
fn with_command(line: &str) -> String {
    let Some(at) = line.find(COMMAND) else { return escape(line) };
    let (before, rest) = line.split_at(at);
    let (command, after) = rest.split_at(end_of_command(rest));
    let gap = if before.ends_with(' ') { " " } else { "" };
    let space = if after.starts_with(' ') { " " } else { "" };
    format!("{}{gap}{}{space}{}", escape(before), code(command), escape(after))
}

/// Where a command in a sentence ends (bytes): before a comma, semicolon or full stop outside of quotes that ends a part
/// of the sentence, else with the line.
fn end_of_command(text: &str) -> usize {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' | ';' | '.' if !quoted => {
                let next = text[at + 1..].chars().next();
                if next.is_none_or(|next| next == ' ') {
                    return at;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// A name as GitHub mentions the person, where it is known who that is there; otherwise the name as typed.
#[must_use]
pub fn mention(organisation: &Organisation, name: &str) -> String {
    match login(organisation, name) {
        Some(login) => format!("@{login}"),
        None => escape(name),
    }
}

/// The login of a person on GitHub.
#[must_use]
pub fn login(organisation: &Organisation, name: &str) -> Option<String> {
    let linked = organisation.people.get(name).and_then(|person| person.github.clone());
    let login = linked.or_else(|| name.strip_prefix("github:").map(str::to_owned))?;
    let plain = !login.is_empty() && login.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    plain.then_some(login)
}

/// A message as Markdown. Boxes of change items are signs, not boxes to tick: those are in the change-list issue alone.
#[must_use]
pub fn markdown(message: &Message) -> String {
    let parts: Vec<String> = message.blocks.iter().map(block).filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

/// The answer to commands: each with what was said, the marker of `key` at the end. `runs`: the line typed, whether it was
/// done, and what was said as Markdown. A line that begins with no `/` was not typed, but asked for with a form, and is not
/// shown. What does not fit is left out, with a word about it.
#[must_use]
pub fn reply<'a>(key: &str, runs: impl IntoIterator<Item = (&'a str, bool, &'a str)>) -> String {
    const FOLDED: &str = "\n\n_The rest does not fit here; ask for less at a time._";
    let runs: Vec<_> = runs.into_iter().collect();
    let single = runs.len() == 1;
    let part = |(line, done, said): &(&str, bool, &str)| {
        let sign = if *done { "✅" } else { "⚠️" };
        let typed = line.starts_with('/');
        // A sign before a fence or a table would be part of it.
        let is_text = said.starts_with("**") && single || said.starts_with(char::is_alphanumeric) && !typed;
        match (is_text, typed) {
            (true, _) => format!("{sign} {said}"),
            (false, true) => format!("{sign} {}\n\n{said}", code(line)),
            (false, false) => format!("{sign}\n\n{said}"),
        }
    };
    let text = runs.iter().map(part).collect::<Vec<_>>().join("\n\n---\n\n");
    let mark = marker(key);
    let room = LONGEST_BODY - mark.len() - FOLDED.len() - 2;
    let text = if text.chars().count() <= room { text } else { folded(&text, room) + FOLDED };
    format!("{text}\n\n{mark}")
}

/// At most so many characters, cut between lines, an open block of code closed.
fn folded(text: &str, most: usize) -> String {
    let (mut out, mut fence) = (String::new(), None::<String>);
    let mut left = most.saturating_sub(10);
    for line in text.lines() {
        let length = line.chars().count() + 1;
        if length > left {
            break;
        }
        left -= length;
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        if ticks.len() >= 3 {
            fence = if fence.is_some() { None } else { Some(ticks) };
        }
        out.push_str(line);
        out.push('\n');
    }
    fence.map_or_else(|| out.clone(), |fence| format!("{out}{fence}\n"))
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(text) => format!("**{}**", escape(text)),
        Block::Text(text) => escape_lines(text),
        Block::Facts(facts) => facts_table(facts.iter().map(|(name, value)| (name.as_str(), escape(value)))),
        Block::Items(items) => items.iter().map(item).collect::<Vec<_>>().join("\n"),
        Block::Table { head, rows } => table(head, rows),
        Block::Copy(line) => fenced(&one_line(line)),
        Block::Caret { line, from, width } => fenced(&format!("{line}\n{}{}", " ".repeat(*from), "^".repeat(*width))),
    }
}

/// Named facts, the values as Markdown already.
fn facts_table<'a>(facts: impl Iterator<Item = (&'a str, String)>) -> String {
    let rows: Vec<String> = facts.map(|(name, value)| format!("| **{}** | {value} |", escape(name))).collect();
    if rows.is_empty() { String::new() } else { format!("| | |\n|---|---|\n{}", rows.join("\n")) }
}

fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
        format!("| {} |", cells.join(" | "))
    };
    let rule = format!("|{}", "---|".repeat(head.len()));
    let lines = [line(head), rule].into_iter().chain(rows.iter().map(|row| line(row)));
    lines.collect::<Vec<_>>().join("\n")
}

fn item(line: &ItemLine) -> String {
    let sign = if line.done { "☑" } else { "☐" };
    let aside = if line.aside.is_empty() { String::new() } else { format!(" — {}", escape(&line.aside)) };
    format!("{}- {sign} **{}.** {}{aside}", "  ".repeat(line.depth), line.number, escape(&line.text))
}

/// A block of code whose fence is longer than any in the text.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}")
}

/// Code within a line, whatever backticks it holds.
fn code(text: &str) -> String {
    let text = one_line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest + 1);
    let pad = if longest > 0 { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulldown_cmark::{Event, Options, Parser};

    /// What a reader of the rendered Markdown sees, without formatting.
    fn seen(markdown: &str) -> String {
        let mut out = String::new();
        for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
            match event {
                Event::Text(text) => out.push_str(&text),
                Event::Code(_)
                | Event::Html(_)
                | Event::InlineHtml(_)
                | Event::Start(pulldown_cmark::Tag::Link { .. }) => {
                    panic!("{markdown:?} is more than text")
                }
                _ => {}
            }
        }
        out.replace('\u{200b}', "")
    }

    #[test]
    fn text_from_people_is_seen_as_typed_and_mentions_nobody() {
        for text in [
            "*bold* _it_ `code` ~~gone~~ [link](https://x) ![i](y)",
            "<script>alert(1)</script> <!-- gone --> &amp; &lt;",
            "# heading",
            "- item",
            "+ item",
            "1. one",
            "12) two",
            "> quote",
            "| a | b |",
            "a \\* b",
            "===",
            "---",
            "***",
            "@everyone and @org/team, a@b.example",
        ] {
            assert_eq!(seen(&escape(text)), text, "{}", escape(text));
        }
        assert!(!escape("ping @anna").contains("@a"));
    }

    #[test]
    fn a_marker_cannot_be_ended_by_its_key() {
        let mark = marker("x --> <b> -- y");
        assert_eq!(mark.matches("-->").count(), 1);
        assert!(mark.ends_with("-->"));
        assert!(carries(&format!("a\n{mark}\nb"), "x --> <b> -- y"));
        assert!(is_ours(&mark) && !is_ours("<!-- other -->"));
    }

    #[test]
    fn a_command_in_a_sentence_can_be_copied() {
        let shown = |text: &str| escape_lines(text);
        assert_eq!(shown("Nobody: /maintenance edit MW-1 poc:@name"), "Nobody: `/maintenance edit MW-1 poc:@name`");
        assert_eq!(
            shown("Report it with /maintenance done MW-1 2, or *tick*."),
            "Report it with `/maintenance done MW-1 2`, or \\*tick\\*."
        );
        assert_eq!(shown("/maintenance note MW-1 \"a, b. c\"; then"), "`/maintenance note MW-1 \"a, b. c\"`; then");
    }

    #[test]
    fn code_keeps_its_backticks() {
        assert_eq!(code("a `b` c"), "`` a `b` c ``");
        assert_eq!(fenced("``` x"), "````text\n``` x\n````");
    }

    #[test]
    fn a_long_reply_is_folded_and_keeps_its_marker() {
        let said = "```text\n".to_owned() + &"line\n".repeat(20_000) + "```";
        let text = reply("reply a/b/comment/1", [("/maintenance list", true, said.as_str())]);
        assert!(text.chars().count() <= LONGEST_BODY);
        assert!(carries(&text, "reply a/b/comment/1"));
        assert_eq!(text.matches("```").count() % 2, 0);
    }
}
