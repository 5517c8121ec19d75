//! The text of a mail for those who read no HTML: the plain form, in lines that every program shows whole.

use super::{Letter, as_facts, footer};
use crate::message::{Block, Message, text, words};

/// Lines are broken here (RFC 5322, 2.1.1 wants no more than 78 characters).
const WIDTH: usize = 76;
/// Lines to copy are set in so far, and never broken.
const COPY: &str = "    ";

/// The text of a letter.
pub(super) fn text(letter: &Letter<'_>) -> String {
    let mut parts: Vec<String> = letter.message.blocks.iter().map(part).filter(|part| !part.is_empty()).collect();
    // Two hyphens and a blank: mail programs leave what follows out of answers.
    let mut below = format!("-- \n{}", wrapped(&footer(letter), 0));
    if let Some(url) = letter.unsubscribe_url {
        below.push_str(&format!("\n{}\n{url}", words::mail_unsubscribe()));
    }
    parts.push(below);
    parts.join("\n\n") + "\n"
}

fn part(block: &Block) -> String {
    let one = Message { blocks: vec![block.clone()], times: Vec::new() };
    let indent = match block {
        // Values go on below each other.
        Block::Facts(facts) => facts.iter().map(|(name, _)| name.chars().count() + 2).max().unwrap_or(0),
        Block::Table { head, rows } => return table(head, rows, text::plain(&one)),
        _ => 0,
    };
    let lines: Vec<String> = text::plain(&one).lines().map(|line| wrapped(line, indent)).collect();
    lines.join("\n")
}

/// A table that fits as it is drawn, else row by row.
fn table(head: &[String], rows: &[Vec<String>], drawn: String) -> String {
    if drawn.lines().all(|line| line.chars().count() <= WIDTH) {
        return drawn;
    }
    let row = |row: &Vec<String>| {
        let (title, facts) = as_facts(head, row);
        format!("{}\n{}", wrapped(&title, 0), part(&Block::Facts(facts)))
    };
    rows.iter().map(row).collect::<Vec<_>>().join("\n\n")
}

/// A line broken at its blanks; what follows is set in as far as the line is, or so far if that is more.
fn wrapped(line: &str, indent: usize) -> String {
    let length = |text: &str| text.chars().count();
    if length(line) <= WIDTH || line.starts_with(COPY) {
        return line.to_owned();
    }
    let own = length(line) - length(line.trim_start());
    let indent = " ".repeat(own.max(indent).min(WIDTH / 2));
    let (mut lines, mut last) = (Vec::new(), String::new());
    // Blanks inside a line count: they align what stands in it.
    for word in line.split_inclusive(' ') {
        if !last.trim().is_empty() && length(&last) + length(word.trim_end()) > WIDTH {
            lines.push(std::mem::replace(&mut last, indent.clone()));
        }
        last.push_str(word);
    }
    lines.push(last);
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_at_blanks_and_go_on_below_themselves() {
        let line = format!("Services:  {}", ["service"; 14].join(", "));
        let broken = wrapped(&line, 11);
        assert!(broken.lines().all(|line| line.chars().count() <= WIDTH), "{broken}");
        assert!(broken.lines().skip(1).all(|line| line.starts_with("           service")), "{broken}");
        assert_eq!(broken.split_whitespace().collect::<Vec<_>>(), line.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn a_table_that_is_too_wide_is_told_row_by_row() {
        let table = |impact: &str| {
            let cells = |cells: [&str; 3]| cells.map(String::from).to_vec();
            let rows = vec![cells(["1 of 2: Asia", "Sunday", impact]), cells(["2 of 2: Europe", "Monday", ""])];
            part(&Block::Table { head: cells(["Phase", "When", "Impact"]), rows })
        };
        assert_eq!(
            table(&"nothing is lost ".repeat(5)),
            "1 of 2: Asia\nWhen:   Sunday\nImpact: nothing is lost nothing is lost nothing is lost nothing is lost\n\
             \x20       nothing is lost\n\n2 of 2: Europe\nWhen: Monday"
        );
        assert!(table("none").contains("Phase           When    Impact"), "{}", table("none"));
    }

    #[test]
    fn what_has_no_blank_and_what_is_copied_stays_whole() {
        for line in ["x".repeat(200), format!("    /maintenance note {}", "word ".repeat(30))] {
            assert_eq!(wrapped(&line, 4), line);
        }
    }
}
