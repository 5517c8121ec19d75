//! The plain form of a message, and making text from people harmless to look at.

use std::fmt::Write as _;

use super::{Block, ItemLine, Message};

/// Text as it may be shown: without control characters (but line breaks and tabs) and without the marks that turn the
/// direction of writing, which can make one line read as another (Unicode TR 36, "bidirectional text spoofing"). Every
/// sort of line break becomes the one.
#[must_use]
pub fn shown(text: &str) -> String {
    let keep = |c: &char| {
        let direction =
            matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        !direction && (matches!(c, '\n' | '\t') || !c.is_control())
    };
    let one_break = |c: char| if matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}') { '\n' } else { c };
    text.replace("\r\n", "\n").chars().map(one_break).filter(keep).collect()
}

/// Text as it may be shown on one line.
#[must_use]
pub fn one_line(text: &str) -> String {
    shown(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most so many characters, the last an ellipsis where some are missing.
#[must_use]
pub fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.into(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// `1 item`, `2 items`.
#[must_use]
pub fn count(n: usize, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

/// The known word that looks most like what was written, when one does.
#[must_use]
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Below this likeness (1 is equal) a suggestion puzzles more than it helps.
    const ALIKE: f64 = 0.6;
    let written: String = written.chars().take(80).collect();
    let scored = known.into_iter().map(|word| (strsim::normalized_damerau_levenshtein(&written, word), word));
    let alike = scored.filter(|(likeness, _)| *likeness >= ALIKE);
    alike.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, word)| word)
}

/// Blocks separated by an empty line; facts aligned; tables as aligned columns.
#[must_use]
pub fn plain(message: &Message) -> String {
    let parts: Vec<String> = message.blocks.iter().map(block).filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(text) => one_line(text),
        Block::Text(text) => shown(text).trim_end().into(),
        Block::Facts(facts) => {
            let width = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0) + 1;
            let lines = facts.iter().map(|(name, value)| format!("{:<width$} {}", format!("{name}:"), one_line(value)));
            lines.collect::<Vec<_>>().join("\n")
        }
        Block::Items(items) => items.iter().map(item).collect::<Vec<_>>().join("\n"),
        Block::Table { head, rows } => table(head, rows),
        Block::Copy(line) => format!("    {}", one_line(line)),
        Block::Caret { line, from, width } => format!("    {line}\n    {}{}", " ".repeat(*from), "^".repeat(*width)),
    }
}

fn item(line: &ItemLine) -> String {
    let mut out = "  ".repeat(line.depth);
    let _ = write!(out, "[{}] {}. {}", if line.done { 'x' } else { ' ' }, line.number, one_line(&line.text));
    if !line.aside.is_empty() {
        let _ = write!(out, " — {}", one_line(&line.aside));
    }
    out
}

fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let columns = head.len();
    let width = |c: usize| {
        let cells = rows.iter().filter_map(|row| row.get(c)).chain(head.get(c));
        cells.map(|cell| one_line(cell).chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &[String]| {
        let cells = row.iter().zip(&widths).map(|(cell, w)| format!("{:<w$}", one_line(cell), w = *w));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    std::iter::once(line(head)).chain(rows.iter().map(|row| line(row))).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_has_no_controls_and_cannot_turn_the_direction_of_writing() {
        assert_eq!(shown("a\u{202e}b\u{7}c\r\nd\u{1b}[31m"), "abc\nd[31m");
        assert_eq!(one_line("a\n\t b"), "a b");
    }

    #[test]
    fn long_text_is_clipped_with_an_ellipsis() {
        assert_eq!(clipped("määrä", 5), "määrä");
        assert_eq!(clipped("määrät", 5), "määr…");
    }

    #[test]
    fn facts_and_tables_are_aligned() {
        let message = Message::titled("MW-1")
            .facts([("When", "now".to_owned()), ("Impact", "none".to_owned())])
            .block(Block::Table { head: vec!["a".into(), "b".into()], rows: vec![vec!["long".into(), "x".into()]] });
        assert_eq!(plain(&message), "MW-1\n\nWhen:   now\nImpact: none\n\na     b\nlong  x");
    }
}
