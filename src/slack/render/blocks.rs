//! A message as blocks. Lists and tables share the room that the rest leaves, and are folded to it; whatever still does
//! not fit at the end is left out, with a word about it and a link.

use serde_json::{Value, json};

use super::escape::{block_of_code, bold, code, escape_part, link, plain};
use super::fold::{
    LONGEST_FIELD, LONGEST_HEADER, LONGEST_MESSAGE, LONGEST_TEXT, MOST_BLOCKS, MOST_BUTTONS, MOST_FIELDS, clip, len,
    packed, split, weight,
};
use super::times::inline;
use crate::message::action::{Action, Button};
use crate::message::fold;
use crate::message::text::{one_line, shown};
use crate::message::{Block, ItemLine, Message, Times};

/// A fact longer than this stands across the whole width, below the others.
const WIDE_FACT: usize = 400;
/// One line of a list; what is longer is on the page.
const LONGEST_LINE: usize = 1_200;
/// A table with lines no longer than this is shown in columns, as code.
const WIDEST_TABLE: usize = 64;
/// What a list has at least, as JSON, however long the rest is.
const LEAST_OF_A_LIST: usize = 1_500;
/// What one section costs besides its text.
const COST_OF_A_SECTION: usize = 80;

/// A part of a message.
enum Part {
    /// These blocks.
    Whole(Vec<Value>),
    /// As many of these lines as there is room for.
    Lines(Vec<String>),
}

impl Part {
    fn weight(&self) -> usize {
        match self {
            Self::Whole(blocks) => blocks.iter().map(|block| weight(block) + 1).sum(),
            Self::Lines(lines) => cost(lines),
        }
    }
}

/// The blocks of a message with its buttons.
pub(super) fn of(message: &Message, buttons: &[Button], url: Option<&str>) -> Vec<Value> {
    let row = row(buttons);
    let rest = section("mrkdwn", &page("The rest does not fit here", url));
    // Without the brackets around all blocks; each block comes with a comma.
    let cost = |block: &Value| weight(block) + 1;
    let room = LONGEST_MESSAGE - 2 - row.as_ref().map_or(0, cost);
    let most = MOST_BLOCKS - usize::from(row.is_some());

    let mut blocks = folded(parts(message), room - cost(&rest), url);
    if blocks.len() > most || blocks.iter().map(cost).sum::<usize>() > room {
        let mut left = room - cost(&rest);
        let fits = |block: &&Value| {
            let before = left;
            left = left.saturating_sub(cost(block));
            cost(block) <= before
        };
        let shown = blocks.iter().take(most - 1).take_while(fits).count();
        blocks.truncate(shown);
        blocks.push(rest);
    }
    blocks.extend(row);
    blocks
}

fn parts(message: &Message) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut before = None;
    for block in &message.blocks {
        match block {
            Block::Heading(text) => parts.push(Part::Whole(heading(text))),
            Block::Text(text) => parts.push(Part::Whole(sections(&inline(text, &message.times)))),
            Block::Facts(facts) => parts.push(Part::Whole(fields(facts, &message.times))),
            Block::Items(items) => {
                parts.extend(fold::progress(items, before).map(|line| Part::Whole(sections(&line))));
                parts.push(Part::Lines(items.iter().map(|item| item_line(item, &message.times)).collect()));
            }
            Block::Table { head, rows } => parts.push(table(head, rows, &message.times)),
            Block::Copy(line) => parts.push(Part::Whole(copy(line))),
            Block::Caret { line, from, width } => parts.push(Part::Whole(caret(line, *from, *width))),
        }
        before = Some(block);
    }
    parts
}

/// The blocks of all parts, the lists folded to what the rest leaves of `room`.
fn folded(parts: Vec<Part>, room: usize, url: Option<&str>) -> Vec<Value> {
    let is_list = |part: &&Part| matches!(part, Part::Lines(_));
    let whole: usize = parts.iter().filter(|part| !is_list(part)).map(Part::weight).sum();
    let mut lists = parts.iter().filter(is_list).count();
    let mut left = room.saturating_sub(whole);
    let mut blocks = Vec::new();
    for part in parts {
        match part {
            Part::Whole(more) => blocks.extend(more),
            Part::Lines(lines) => {
                let texts = list(&lines, (left / lists).max(LEAST_OF_A_LIST), url);
                lists -= 1;
                left = left.saturating_sub(cost(&texts));
                blocks.extend(texts.iter().map(|text| section("mrkdwn", text)));
            }
        }
    }
    blocks
}

/// What lines cost at most as sections, as JSON.
fn cost(lines: &[String]) -> usize {
    let texts: usize = lines.iter().map(|line| len(&json!(line).to_string())).sum();
    // Lines are packed as long as they fit, so that two neighbours are longer than one section.
    texts + COST_OF_A_SECTION * (2 * texts / LONGEST_TEXT + 1)
}

/// Lines as texts of sections, with a word about those that there is no room for.
fn list(lines: &[String], room: usize, url: Option<&str>) -> Vec<String> {
    let rest = |more: usize| page(&format!("and {more} more"), url);
    let texts = fold::folded(lines, |lines| cost(lines) <= room, rest);
    packed(texts.iter().map(String::as_str), LONGEST_TEXT)
}

/// A few words of ours with a link to the page, where there is one.
pub(super) fn page(words: &str, url: Option<&str>) -> String {
    match url {
        Some(url) => format!("… {words}: {}", link(url, "see the page")),
        None => format!("… {words}"),
    }
}

/// A section; `kind`: `mrkdwn` or `plain_text`. `verbatim` keeps Slack from finding mentions in the text.
pub(super) fn section(kind: &str, text: &str) -> Value {
    json!({ "type": "section", "text": words(kind, text) })
}

/// A text object.
pub(super) fn words(kind: &str, text: &str) -> Value {
    match kind {
        "plain_text" => json!({ "type": "plain_text", "text": text, "emoji": false }),
        _ => json!({ "type": "mrkdwn", "text": text, "verbatim": true }),
    }
}

/// Ready text as sections.
pub(super) fn sections(ready: &str) -> Vec<Value> {
    split(ready, LONGEST_TEXT).iter().map(|text| section("mrkdwn", text)).collect()
}

/// A header, and the whole text below it where it is too long for one.
pub(super) fn heading(text: &str) -> Vec<Value> {
    let (short, whole) = (plain(text, LONGEST_HEADER), plain(text, usize::MAX));
    if short.is_empty() {
        return Vec::new();
    }
    let header = json!({ "type": "header", "text": words("plain_text", &short) });
    let below = if short == whole { Vec::new() } else { sections(&escape_part(&one_line(text), true)) };
    std::iter::once(header).chain(below).collect()
}

fn fields(facts: &[(String, String)], times: &[Times]) -> Vec<Value> {
    let (mut blocks, mut row): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    let mut close = |row: &mut Vec<Value>| {
        if !row.is_empty() {
            blocks.push(json!({ "type": "section", "fields": std::mem::take(row) }));
        }
    };
    let mut wide = Vec::new();
    for (name, value) in facts {
        let value = inline(shown(value).trim(), times);
        if value.is_empty() {
            continue;
        }
        let text = format!("{}\n{value}", bold(&one_line(name)));
        if len(&text) > WIDE_FACT.min(LONGEST_FIELD) {
            wide.push(text);
            continue;
        }
        row.push(words("mrkdwn", &text));
        if row.len() == MOST_FIELDS {
            close(&mut row);
        }
    }
    close(&mut row);
    blocks.extend(wide.iter().flat_map(|text| sections(text)));
    blocks
}

/// `☐ 1. text — aside`, moved to the right by its depth.
pub(super) fn item_line(item: &ItemLine, times: &[Times]) -> String {
    clip(&fold::item_line(item, |text| inline(text, times)), LONGEST_LINE)
}

/// A narrow table in columns, as code; else a line for each row.
fn table(head: &[String], rows: &[Vec<String>], times: &[Times]) -> Part {
    let columns = fold::columns(head, rows, WIDEST_TABLE).map(|columns| block_of_code(&columns));
    if let Some(columns) = columns.filter(|columns| len(columns) <= LONGEST_TEXT) {
        return Part::Whole(vec![section("mrkdwn", &columns)]);
    }
    let line = |row: &Vec<String>| clip(&fold::row_line(head, row, |cell| inline(cell, times), bold), LONGEST_LINE);
    Part::Lines(rows.iter().map(line).filter(|line| !line.is_empty()).collect())
}

fn copy(line: &str) -> Vec<Value> {
    let line = one_line(line);
    if line.is_empty() {
        return Vec::new();
    }
    // Half of what fits: entities and the signs around it need room as well. What is longer is no command to copy.
    let ready = code(&crate::message::text::clipped(&line, LONGEST_TEXT / 6));
    vec![section("mrkdwn", &ready)]
}

fn caret(line: &str, from: usize, width: usize) -> Vec<Value> {
    let (line, from, width) = fold::around(line, from, width);
    let marks = format!("{}{}", " ".repeat(from), "^".repeat(width));
    vec![section("mrkdwn", &block_of_code(&format!("{line}\n{marks}")))]
}

/// The row of buttons.
fn row(buttons: &[Button]) -> Option<Value> {
    let mut elements: Vec<Value> = Vec::new();
    for (n, button) in buttons.iter().enumerate().take(MOST_BUTTONS) {
        if !buttons[..n].iter().any(|earlier| earlier.action == button.action) {
            elements.push(shown_button(*button));
        }
    }
    (!elements.is_empty()).then(|| json!({ "type": "actions", "elements": elements }))
}

fn shown_button(button: Button) -> Value {
    let (value, subject, action) = (button.to_string(), button.subject, button.action);
    let mut button = json!({
        "type": "button",
        "action_id": action.as_str(),
        "text": words("plain_text", action.label()),
        "value": value,
    });
    match action {
        Action::Start | Action::Complete | Action::Approve => button["style"] = json!("primary"),
        Action::RollingBack | Action::Reject => button["style"] = json!("danger"),
        Action::Ack | Action::Extend30 | Action::Extend60 | Action::ExtendOther | Action::Ledger | Action::Object => {}
    }
    // It tells everybody at once, and nothing more is asked for.
    if action == Action::RollingBack {
        button["confirm"] = json!({
            "title": words("plain_text", "Rolling back"),
            "text": words("plain_text", &format!("Tell everybody that {subject} is being rolled back?")),
            "confirm": words("plain_text", "Tell them"),
            "deny": words("plain_text", "Not now"),
        });
    }
    button
}
