//! A message as embeds. Lists and tables share the room that the rest leaves, and are folded to it; whatever still does
//! not fit at the end is left out, with a word about it and a link.

use serde_json::{Value, json};

use super::escape::{HIDDEN, block_of_code, bold, clip, code, escape_part, escape_title, link, safe, whole};
use super::times::Inline;
use crate::message::fold::{self, len};
use crate::message::text::{clipped, one_line, shown};
use crate::message::{Block, Message};

/// All embeds of a message together: titles, descriptions, names and values. Less than the 6,000 that Discord takes: a
/// title may be added to the first one.
const LONGEST_EMBEDS: usize = 5_900;
/// Embeds of a message.
pub(super) const MOST_EMBEDS: usize = 10;
/// The title of an embed.
const LONGEST_TITLE: usize = 256;
/// The description of an embed.
pub(super) const LONGEST_DESCRIPTION: usize = 4_096;
/// Fields of an embed.
const MOST_FIELDS: usize = 25;
/// The name of a field.
const LONGEST_NAME: usize = 256;
/// The value of a field. A longer fact stands below the others, across the whole width.
const LONGEST_VALUE: usize = 1_024;
/// A fact no longer than this stands beside others.
const NARROW_FACT: usize = 40;
/// One line of a list; what is longer is on the page.
const LONGEST_LINE: usize = 1_200;
/// A table with lines no longer than this is shown in columns, as code: about what fits beside a phone's edge.
const WIDEST_TABLE: usize = 56;
/// What a list has at least, however long the rest is.
const LEAST_OF_A_LIST: usize = 800;
/// A line to copy; what is longer is no command.
const LONGEST_COPY: usize = 1_000;
/// An address longer than this stands in no link.
const LONGEST_LINK: usize = 512;
/// Between two paragraphs.
const GAP: &str = "\n\n";

/// A part of a message.
enum Part {
    /// The title of the first embed.
    Title(String),
    /// A paragraph, which may be cut.
    Text(String),
    /// A block of code, which is there as a whole or not at all.
    Code(String),
    /// Named facts.
    Fields(Vec<Value>),
    /// As many of these lines as there is room for.
    Lines(Vec<String>),
}

impl Part {
    fn weight(&self) -> usize {
        match self {
            Self::Title(text) => len(text),
            Self::Text(text) | Self::Code(text) => len(text) + len(GAP),
            Self::Fields(fields) => fields.iter().map(weight_of_field).sum(),
            Self::Lines(lines) => weight_of_lines(lines),
        }
    }
}

fn weight_of_field(field: &Value) -> usize {
    ["name", "value"].iter().filter_map(|name| field[*name].as_str()).map(len).sum()
}

fn weight_of_lines(lines: &[String]) -> usize {
    lines.iter().map(|line| len(line) + 1).sum::<usize>() + len(GAP)
}

/// The embeds of a message; none for one without words.
pub(super) fn of(message: &Message, url: Option<&str>) -> Vec<Value> {
    let rest = page("The rest does not fit here", url);
    let room_for_rest = len(&rest) + len(GAP);
    let parts = folded(parts(message), LONGEST_EMBEDS - room_for_rest, url);
    let mut embeds = Embeds::new(LONGEST_EMBEDS, MOST_EMBEDS);
    if parts.iter().all(|part| embeds.put(part)) {
        return embeds.done();
    }
    let mut embeds = Embeds::new(LONGEST_EMBEDS - room_for_rest, MOST_EMBEDS - 1);
    for part in &parts {
        if !embeds.put(part) {
            embeds.put_beginning(part);
            break;
        }
    }
    (embeds.left, embeds.most) = (room_for_rest, MOST_EMBEDS);
    embeds.put(&Part::Text(rest));
    embeds.done()
}

fn parts(message: &Message) -> Vec<Part> {
    let inline = Inline::new(&message.times);
    let mut parts = Vec::new();
    let mut before = None;
    for block in &message.blocks {
        match block {
            Block::Heading(text) => parts.extend(heading(text, parts.is_empty())),
            Block::Text(text) => parts.extend(paragraphs(&inline.ready(text))),
            Block::Facts(facts) => parts.extend(fields(facts, &inline)),
            Block::Items(items) => {
                let line = |item| clip(&fold::item_line(item, |text| inline.ready(text)), LONGEST_LINE);
                parts.extend(fold::progress(items, before).map(Part::Text));
                parts.push(Part::Lines(items.iter().map(line).collect()));
            }
            Block::Table { head, rows } => parts.push(table(head, rows, &inline)),
            Block::Copy(line) => parts.extend(copy(line)),
            Block::Caret { line, from, width } => parts.push(Part::Code(caret(line, *from, *width))),
        }
        before = Some(block);
    }
    parts
}

/// The parts with the lists folded to what the rest leaves of `room`.
fn folded(parts: Vec<Part>, room: usize, url: Option<&str>) -> Vec<Part> {
    let is_list = |part: &&Part| matches!(part, Part::Lines(_));
    let other: usize = parts.iter().filter(|part| !is_list(part)).map(Part::weight).sum();
    let mut lists = parts.iter().filter(is_list).count();
    let mut left = room.saturating_sub(other);
    let fold = |part| match part {
        Part::Lines(lines) => {
            let share = (left / lists).max(LEAST_OF_A_LIST);
            let rest = |more: usize| page(&format!("and {more} more"), url);
            let lines = fold::folded(&lines, |lines| weight_of_lines(lines) <= share, rest);
            lists -= 1;
            left = left.saturating_sub(weight_of_lines(&lines));
            Part::Lines(lines)
        }
        other => other,
    };
    parts.into_iter().map(fold).collect()
}

/// A few words of ours with a link to the page, where there is one.
fn page(words: &str, url: Option<&str>) -> String {
    match url.map(safe).filter(|url| (1..=LONGEST_LINK).contains(&len(url))) {
        Some(url) => format!("… {words}: {}", link(&url, "see the page")),
        None => format!("… {words}"),
    }
}

/// Embeds that are being filled, from top to bottom.
struct Embeds {
    all: Vec<Embed>,
    /// Room in all of them together.
    left: usize,
    /// How many there may be.
    most: usize,
}

#[derive(Default)]
struct Embed {
    title: String,
    description: String,
    fields: Vec<Value>,
}

impl Embeds {
    fn new(left: usize, most: usize) -> Self {
        Self { all: Vec::new(), left, most }
    }

    /// Puts a part below the others; `false`: there is no room for all of it.
    fn put(&mut self, part: &Part) -> bool {
        match part {
            Part::Title(title) => self.has_room(len(title)) && self.put_title(title),
            Part::Text(text) | Part::Code(text) => self.put_text(text),
            Part::Fields(fields) => fields.iter().all(|field| self.put_field(field)),
            Part::Lines(lines) => {
                let texts = fold::packed(lines.iter().map(String::as_str), LONGEST_DESCRIPTION, whole);
                texts.iter().all(|text| self.put_text(text))
            }
        }
    }

    /// Puts as much of a part as there is room for.
    fn put_beginning(&mut self, part: &Part) {
        if let Part::Text(text) = part {
            let room = self.left.saturating_sub(len(GAP)).min(LONGEST_DESCRIPTION);
            let beginning = clip(text, room);
            if room > 1 && beginning.chars().count() > 1 {
                self.put_text(&beginning);
            }
        }
    }

    fn has_room(&self, length: usize) -> bool {
        length <= self.left
    }

    fn put_title(&mut self, title: &str) -> bool {
        title.clone_into(&mut self.all_with_last(|_| false).title);
        self.left -= len(title);
        true
    }

    fn put_text(&mut self, text: &str) -> bool {
        let length = len(text);
        if text.trim().is_empty() {
            return true;
        }
        // A description stands above the fields.
        let goes_on = |embed: &Embed| {
            let above = len(&embed.description);
            embed.fields.is_empty() && (above == 0 || above + len(GAP) + length <= LONGEST_DESCRIPTION)
        };
        let is_new = !self.all.last().is_some_and(goes_on);
        let cost = length + if is_new { 0 } else { len(GAP) };
        if !self.has_room(cost) || is_new && self.all.len() >= self.most {
            return false;
        }
        let embed = self.all_with_last(goes_on);
        if !embed.description.is_empty() {
            embed.description.push_str(GAP);
        }
        embed.description.push_str(text);
        self.left -= cost;
        true
    }

    fn put_field(&mut self, field: &Value) -> bool {
        let goes_on = |embed: &Embed| embed.fields.len() < MOST_FIELDS;
        let is_new = !self.all.last().is_some_and(goes_on);
        let cost = weight_of_field(field);
        if !self.has_room(cost) || is_new && self.all.len() >= self.most {
            return false;
        }
        self.all_with_last(goes_on).fields.push(field.clone());
        self.left -= cost;
        true
    }

    /// The last embed where it can go on, else a new one.
    fn all_with_last(&mut self, goes_on: impl Fn(&Embed) -> bool) -> &mut Embed {
        if !self.all.last().is_some_and(goes_on) {
            self.all.push(Embed::default());
        }
        let last = self.all.len() - 1;
        &mut self.all[last]
    }

    fn done(self) -> Vec<Value> {
        self.all.into_iter().map(Embed::done).collect()
    }
}

impl Embed {
    fn done(self) -> Value {
        let mut embed = json!({});
        let texts = [("title", self.title), ("description", self.description)];
        for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            embed[name] = json!(text);
        }
        if !self.fields.is_empty() {
            embed["fields"] = json!(self.fields);
        }
        embed
    }
}

/// A title, and the whole text below it where it is too long for one. A heading further down is a bold line.
fn heading(text: &str, is_first: bool) -> Vec<Part> {
    let ready = escape_title(text);
    if ready.is_empty() {
        return Vec::new();
    }
    if !is_first {
        return paragraphs(&bold(text));
    }
    let short = clip(&ready, LONGEST_TITLE);
    let below = if short == ready { Vec::new() } else { paragraphs(&escape_part(&one_line(text), true)) };
    std::iter::once(Part::Title(short)).chain(below).collect()
}

/// Ready text in parts that fit into descriptions.
fn paragraphs(ready: &str) -> Vec<Part> {
    let parts = fold::split(ready.trim(), LONGEST_DESCRIPTION - 1, whole);
    parts.into_iter().enumerate().map(|(n, part)| Part::Text(if n == 0 { part } else { begun(&part) })).collect()
}

/// A text that was cut out of a line, where its first sign was no markup.
fn begun(part: &str) -> String {
    let part = part.trim_start();
    let is_markup = part.starts_with(|c: char| matches!(c, '>' | '#' | '-' | '+') || c.is_ascii_digit());
    if is_markup { format!("{HIDDEN}{part}") } else { part.to_owned() }
}

/// Facts as fields, those that are too long for one below them.
fn fields(facts: &[(String, String)], inline: &Inline<'_>) -> Vec<Part> {
    let (mut fields, mut wide) = (Vec::new(), Vec::new());
    for (name, value) in facts {
        let value = inline.ready(shown(value).trim());
        let ready = escape_title(name);
        if value.trim().is_empty() {
            continue;
        }
        if len(&value) > LONGEST_VALUE || len(&ready) > LONGEST_NAME {
            wide.extend(paragraphs(format!("{}\n{value}", bold(name)).trim()));
            continue;
        }
        let is_narrow = len(&value) <= NARROW_FACT && !value.contains('\n');
        // Discord takes no field without a name.
        let name = if ready.is_empty() { HIDDEN.to_string() } else { ready };
        fields.push(json!({ "name": name, "value": value, "inline": is_narrow }));
    }
    let fields = (!fields.is_empty()).then_some(Part::Fields(fields));
    fields.into_iter().chain(wide).collect()
}

/// A narrow table in columns, as code; else a line for each row.
fn table(head: &[String], rows: &[Vec<String>], inline: &Inline<'_>) -> Part {
    let columns = fold::columns(head, rows, WIDEST_TABLE).map(|columns| block_of_code(&columns));
    if let Some(columns) = columns.filter(|columns| len(columns) <= LONGEST_DESCRIPTION) {
        return Part::Code(columns);
    }
    let line = |row: &Vec<String>| clip(&fold::row_line(head, row, |cell| inline.ready(cell), bold), LONGEST_LINE);
    Part::Lines(rows.iter().map(line).filter(|line| !line.is_empty()).collect())
}

fn copy(line: &str) -> Option<Part> {
    let line = one_line(line);
    // Half of what fits: signs can be two units long, and a hidden one may come before each third.
    (!line.is_empty()).then(|| Part::Code(code(&clipped(&line, LONGEST_COPY))))
}

fn caret(line: &str, from: usize, width: usize) -> String {
    let (line, from, width) = fold::around(line, from, width);
    let marks = format!("{}{}", " ".repeat(from), "^".repeat(width));
    block_of_code(&format!("{line}\n{marks}"))
}
