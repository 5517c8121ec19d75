//! Answers on a terminal: colours where there is one, plain text or JSON elsewhere.

use std::io::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::json;

use crate::message::{Block, Message, text};
use crate::service::Answer;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const COPY: Style = AnsiColor::Cyan.on_default();
const WRONG: Style = AnsiColor::Red.on_default().bold();
const DONE: Style = AnsiColor::Green.on_default();

/// Prints an answer; `true` if the command was done. Refusals go to standard error.
#[must_use]
pub fn answer(answer: &Answer, as_json: bool) -> bool {
    match answer {
        Answer::Done(reply) if as_json => {
            let mut body = json!({
                "text": reply.message.plain(),
                "windows": reply.windows,
                "warnings": reply.warnings,
            });
            if let Some(deliveries) = &reply.deliveries {
                body["deliveries"] = json!(deliveries);
            }
            print(&body.to_string());
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
    let plain = text::plain(&Message { blocks: vec![block.clone()] });
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
