//! Answers on a terminal: colours where there is one, plain text or JSON elsewhere.

use std::io::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use crate::domain::subject::Subject;
use crate::message::text::one_line;
use crate::message::{Block, Message, text};
use crate::service::{Answer, Reply};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const COPY: Style = AnsiColor::Cyan.on_default();
const WRONG: Style = AnsiColor::Red.on_default().bold();
const DONE: Style = AnsiColor::Green.on_default();

/// A terminal that nobody widened has so many columns: tables that need more are written row by row.
const COLUMNS: usize = 80;
/// How far the further lines of such a row are moved in.
const INDENT: usize = 4;

/// Prints an answer; `true` if the command was done. Refusals go to standard error.
#[must_use]
pub fn answer(answer: &Answer, as_json: bool) -> bool {
    match answer {
        Answer::Done(reply) if as_json => {
            print(&body(reply).to_string());
            true
        }
        Answer::Done(reply) => {
            print(&coloured(&reply.message));
            true
        }
        Answer::Refused(refused) if as_json => {
            print(&json!({ "detail": refused.detail, "hint": refused.hint, "position": refused.position }).to_string());
            false
        }
        Answer::Refused(refused) => {
            complain(&coloured(&refused.message));
            false
        }
    }
}

/// The same names as in the API.
fn body(reply: &Reply) -> Value {
    let mut body = json!({
        "text": reply.message.plain(),
        "windows": reply.windows,
        "warnings": reply.warnings,
        "subject": reply.subject.or_else(|| reply.windows.first().copied().map(Subject::Window)),
        "findings": reply.findings,
    });
    if let Some(deliveries) = &reply.deliveries {
        body["deliveries"] = json!(deliveries);
    }
    if let Some(slots) = &reply.slots {
        body["slots"] = json!(slots);
    }
    body
}

/// Prints what went wrong with the program itself.
pub fn problem(what: &str) {
    complain(&format!("{WRONG}maintbot:{WRONG:#} {}", text::shown(what)));
}

fn print(text: &str) {
    // A reader that has gone away (`| head`) is no fault of ours.
    let _ = writeln!(anstream::stdout(), "{text}");
}

fn complain(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

fn coloured(message: &Message) -> String {
    let parts: Vec<String> = message.blocks.iter().map(block).filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

fn block(block: &Block) -> String {
    let plain = text::plain(&Message { blocks: vec![block.clone()], ..Message::default() });
    let each_line = |paint: &dyn Fn(&str) -> String| plain.lines().map(paint).collect::<Vec<_>>().join("\n");
    match block {
        Block::Heading(_) => format!("{BOLD}{plain}{BOLD:#}"),
        // The same words, as this surface takes them.
        Block::Copy(_) => format!("{COPY}{}{COPY:#}", plain.replacen("/maintenance", "maintbot maintenance", 1)),
        Block::Facts(_) => each_line(&|line| match line.split_once(": ") {
            Some((name, value)) => format!("{DIM}{name}:{DIM:#} {value}"),
            None => line.to_owned(),
        }),
        Block::Items(_) => each_line(&|line| {
            if line.trim_start().starts_with("[x]") { format!("{DONE}{line}{DONE:#}") } else { line.to_owned() }
        }),
        Block::Table { head, rows } if plain.lines().any(|line| line.chars().count() > COLUMNS) => {
            rows.iter().map(|row| stacked(head, row)).collect::<Vec<_>>().join("\n")
        }
        Block::Table { .. } => match plain.split_once('\n') {
            Some((head, rows)) => format!("{DIM}{head}{DIM:#}\n{rows}"),
            None => format!("{DIM}{plain}{DIM:#}"),
        },
        Block::Caret { .. } => match plain.split_once('\n') {
            Some((line, mark)) => format!("{line}\n{WRONG}{mark}{WRONG:#}"),
            None => plain,
        },
        Block::Text(_) => plain,
    }
}

/// A row of a table that is too wide: the cells that fit beside each other on the first line, every other cell under its
/// name, moved in.
fn stacked(head: &[String], row: &[String]) -> String {
    let cells: Vec<(&str, String)> =
        head.iter().map(String::as_str).zip(row.iter().map(|cell| one_line(cell))).collect();
    let mut first = String::new();
    let mut beside = 0;
    for (_, cell) in &cells {
        let with = if first.is_empty() { cell.clone() } else { format!("{first}  {cell}") };
        if beside > 0 && with.chars().count() > COLUMNS {
            break;
        }
        first = with;
        beside += 1;
    }
    let rest = cells[beside..].iter().filter(|(_, cell)| !cell.is_empty());
    let under = rest.map(|(name, cell)| named(name, cell));
    std::iter::once(first).chain(under).collect::<Vec<_>>().join("\n")
}

/// `    Why: …`, wrapped between words.
fn named(name: &str, cell: &str) -> String {
    let pad = " ".repeat(INDENT);
    let name = if name.is_empty() { String::new() } else { format!("{name}: ") };
    let mut lines = Vec::new();
    let mut line = format!("{pad}{DIM}{name}{DIM:#}");
    let mut width = INDENT + name.chars().count();
    let mut begun = false;
    for word in cell.split(' ') {
        let length = word.chars().count();
        if begun && width + 1 + length > COLUMNS {
            lines.push(std::mem::replace(&mut line, format!("{pad}{pad}")));
            (width, begun) = (2 * INDENT, false);
        }
        if begun {
            line.push(' ');
            width += 1;
        }
        line.push_str(word);
        width += length;
        begun = true;
    }
    lines.push(line);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(block_: &Block) -> String {
        anstream::adapter::strip_str(&block(block_)).to_string()
    }

    #[test]
    fn a_table_that_is_too_wide_is_written_row_by_row_within_80_columns() {
        let why = "in time: 16d ahead, 5wd needed; outside working hours of Asia-Pacific (Sun 20:00–22:00 \
                   Asia/Singapore); in no freeze (nearest FR-1); no other window near";
        let when = "Sun 6 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC)";
        let rows = vec![vec!["1".into(), when.into(), why.into()]];
        let written = plain(&Block::Table { head: ["", "When", "Why"].map(String::from).to_vec(), rows });
        let expected = "1  Sun 6 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC)\n\
                        \x20   Why: in time: 16d ahead, 5wd needed; outside working hours of Asia-Pacific\n\
                        \x20       (Sun 20:00–22:00 Asia/Singapore); in no freeze (nearest FR-1); no other\n\
                        \x20       window near";
        assert_eq!(written, expected);
        assert!(written.lines().all(|line| line.chars().count() <= COLUMNS));
    }

    #[test]
    fn a_table_that_fits_keeps_its_columns() {
        let rows = vec![vec!["MW-1".into(), "scheduled".into()]];
        assert_eq!(
            plain(&Block::Table { head: ["Id", "State"].map(String::from).to_vec(), rows }),
            "Id    State\nMW-1  scheduled"
        );
    }
}
