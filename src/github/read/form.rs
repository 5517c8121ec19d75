//! The answers in an issue form. GitHub gives them as Markdown: each label as a heading, the answer below it.
//!
//! An answer may hold anything, headings like those of the form included, so that where a field ends is a question of
//! its own: see [`form`].

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::DIALECT;
use crate::command::Input;
use crate::command::issue_form::{FORMS, Field, IssueForm, Shape};
use crate::command::spec::{Opt, catalogue};
use crate::command::value;

/// What GitHub writes for a field that was left empty.
const NO_RESPONSE: &str = "_No response_";
/// The most headings of the form that are looked at; those after them are text.
const MOST_HEADINGS: usize = 200;

/// An issue form that was filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The form.
    pub form: &'static IssueForm,
    /// The fields that were found, in the form's order.
    pub answers: Vec<Answer>,
    /// The change list as Markdown, for `change import`, where it is more than a plain list of texts: nested, ticked, or
    /// with something between. The command has no items then.
    pub changes: Option<String>,
    /// Labels whose headings are there, but not in their turn, so that they were read as text of another field.
    pub misplaced: Vec<&'static str>,
}

/// What was answered to one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The label of the field.
    pub label: &'static str,
    /// The option that it is for.
    pub option: &'static str,
    /// The texts for the option; none where nothing was answered.
    pub values: Vec<String>,
}

/// What is wrong with a form, for the person who filled it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The label of the field.
    pub label: &'static str,
    /// What is wrong, and what is allowed.
    pub detail: String,
}

impl Form {
    /// The command that the form asks for.
    #[must_use]
    pub fn input(&self) -> Input {
        named(self.form.verb, self.options())
    }

    fn options(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.answers.iter().flat_map(|answer| answer.values.iter().map(|value| (answer.option, value.as_str())))
    }

    /// The label of the field for an option.
    #[must_use]
    pub fn field_of(&self, option: &str) -> Option<&'static str> {
        self.form.field_of(option)
    }

    /// The label of the field whose answer stands at a byte of the line that [`Form::input`] is read as, for refusals
    /// that point into that line.
    #[must_use]
    pub fn field_at(&self, byte: usize) -> Option<&'static str> {
        let options: Vec<_> = self.options().collect();
        let end = |count: usize| named(self.form.verb, options[..count].iter().copied()).line().len();
        if byte < end(0) {
            return None;
        }
        let (mut low, mut high) = (0, options.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if end(middle + 1) <= byte { low = middle + 1 } else { high = middle }
        }
        options.get(low).and_then(|(option, _)| self.field_of(option))
    }

    /// Everything that can be seen to be wrong in the answers themselves, in the form's order: what is missing, what
    /// cannot be read, what stands in the wrong place. Whether a service or a person exists is not asked here.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let verb = catalogue().verb(self.form.verb);
        let mut found = Vec::new();
        for field in self.form.fields {
            let Some(option) = verb.and_then(|verb| verb.option(field.option)) else { continue };
            let mut add = |detail: String| found.push(Problem { label: field.label, detail });
            let values = self.answers.iter().filter(|answer| answer.option == field.option).flat_map(|a| &a.values);
            if self.misplaced.contains(&field.label) {
                add(format!("its heading `### {}` stands out of its place; {}", field.label, order(self.form, field)));
            } else if option.required && values.clone().next().is_none() {
                add(format!("an answer is needed, such as {}", option.example));
            }
            values.filter_map(|text| wrong(option, text)).for_each(add);
        }
        found
    }
}

/// Where the heading of a field belongs.
fn order(form: &IssueForm, field: &Field) -> String {
    let place = form.fields.iter().position(|other| other == field).unwrap_or_default();
    match place.checked_sub(1).and_then(|before| form.fields.get(before)) {
        Some(before) => format!("it belongs after the answer to {}", before.label),
        None => "it belongs at the top".to_owned(),
    }
}

fn wrong(option: &Opt, text: &str) -> Option<String> {
    value::check(option, text).err().map(|bad| match bad.hint {
        Some(hint) => format!("{}; perhaps {hint}", bad.message),
        None => bad.message,
    })
}

fn named<'o>(verb: &str, options: impl Iterator<Item = (&'static str, &'o str)>) -> Input {
    let options = options.map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    Input::Named { verb: verb.to_owned(), options }
}

/// Reads the body of an issue as an answered form; `None` where it is none: the body has neither the first heading of a
/// form nor half of its headings.
///
/// A field begins at a line that is exactly `### ` and its label, and ends where the next field begins. Not every such
/// line begins a field, since an answer may hold one: fields come once each and in the form's order. Of all ways to
/// read the headings so, the one that finds the most fields holds. Where several find as many, the one holds in which
/// the fewest answers look cut in the wrong place (several lines where the form has room for one, a code block that does
/// not close), and among those the one that takes each heading at its first place. Every other heading is text of the
/// answer that it stands in.
#[must_use]
pub fn form(body: &str) -> Option<Form> {
    let body = body.replace("\r\n", "\n");
    let read = FORMS.iter().map(|form| (*form, cuts(&body, form.fields)));
    // The first of several that fit as well.
    let best = read.filter(|(form, cuts)| is_form(form, cuts)).rev().max_by_key(|(_, cuts)| cuts.len());
    let (form, cuts) = best?;
    let mut answers = Vec::new();
    let mut changes = None;
    for (place, cut) in cuts.iter().enumerate() {
        let end = cuts.get(place + 1).map_or(body.len(), |next| next.line.start);
        let field = &form.fields[cut.field];
        let answer = answered(&body[cut.line.end..end]);
        let values = match field.shape {
            Shape::Items => {
                let items = items(&answer);
                changes = items.is_none().then(|| answer.clone());
                items.unwrap_or_default()
            }
            shape => values(shape, &answer),
        };
        answers.push(Answer { label: field.label, option: field.option, values });
    }
    let is_found = |label: &str| answers.iter().any(|answer| answer.label == label);
    let headings = headings(&body, form.fields);
    let labels = form.fields.iter().enumerate().filter(|(place, _)| headings.iter().any(|h| h.field == *place));
    let misplaced = labels.map(|(_, field)| field.label).filter(|label| !is_found(label)).collect();
    Some(Form { form, answers, changes, misplaced })
}

fn is_form(form: &IssueForm, cuts: &[Cut]) -> bool {
    cuts.first().is_some_and(|cut| cut.field == 0) || cuts.len() * 2 >= form.fields.len()
}

/// A line that is the heading of a field.
#[derive(Clone, Debug)]
struct Cut {
    /// Place of the field in the form.
    field: usize,
    /// Bytes of the line, its end included.
    line: Range<usize>,
}

/// The lines that are exactly the heading of a field.
fn headings(body: &str, fields: &[Field]) -> Vec<Cut> {
    let mut start = 0;
    let lines = body.split_inclusive('\n').map(|line| {
        start += line.len();
        (start - line.len()..start, line)
    });
    let cut = |(at, line): (Range<usize>, &str)| {
        let label = line.trim_end().strip_prefix("### ")?;
        let field = fields.iter().position(|field| field.label == label)?;
        Some(Cut { field, line: at })
    };
    lines.filter_map(cut).take(MOST_HEADINGS).collect()
}

/// The headings at which fields begin, as [`form`] says.
fn cuts(body: &str, fields: &[Field]) -> Vec<Cut> {
    /// How well a reading from a heading to the end does: fields found, less answers that look wrong; and the heading
    /// that comes next in it.
    type Best = ((usize, std::cmp::Reverse<usize>), Option<usize>);
    let all = headings(body, fields);
    let broken = |cut: &Cut, end: usize| usize::from(looks_cut(fields[cut.field].shape, &body[cut.line.end..end]));
    let mut best: Vec<Best> = Vec::new();
    // From the last heading to the first, so that what follows is known.
    for (place, cut) in all.iter().enumerate().rev() {
        let mut here: Best = ((1, std::cmp::Reverse(broken(cut, body.len()))), None);
        for (later, next) in all.iter().enumerate().skip(place + 1).rev().filter(|(_, next)| next.field > cut.field) {
            let ((found, std::cmp::Reverse(wrong)), _) = best[all.len() - 1 - later];
            let score = (found + 1, std::cmp::Reverse(wrong + broken(cut, next.line.start)));
            // `later` falls, so that the first of equals is kept last.
            if score >= here.0 {
                here = (score, Some(later));
            }
        }
        best.push(here);
    }
    best.reverse();
    let first = (0..all.len()).rev().max_by_key(|place| best[*place].0);
    let chain = std::iter::successors(first, |place| best[*place].1);
    chain.map(|place| all[place].clone()).collect()
}

/// Whether an answer looks as if it were cut in the wrong place.
fn looks_cut(shape: Shape, text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let Some(first) = lines.next() else { return false };
    match fence(first) {
        Some(fence) => !lines.any(|line| closes(line, &fence)),
        // Checkboxes are answered with a list.
        None if first.starts_with("- ") => !shape.has_lines() && lines.any(|line| !line.starts_with("- ")),
        None => !shape.has_lines() && lines.next().is_some(),
    }
}

/// The characters with which a line opens a code block.
fn fence(line: &str) -> Option<String> {
    let sign = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let fence: String = line.chars().take_while(|c| *c == sign).collect();
    let info = &line[fence.len()..];
    (fence.len() >= 3 && !(sign == '`' && info.contains('`'))).then_some(fence)
}

fn closes(line: &str, fence: &str) -> bool {
    let line = line.trim_end();
    line.len() >= fence.len() && line.starts_with(fence) && line.chars().all(|c| fence.starts_with(c))
}

/// The answer without what GitHub puts around it.
fn answered(text: &str) -> String {
    let text = text.trim_matches('\n').trim_end();
    let lines: Vec<&str> = text.lines().collect();
    let text = match lines.as_slice() {
        [first, inner @ .., last] if fence(first).is_some_and(|fence| is_one_block(inner, last, &fence)) => {
            inner.join("\n")
        }
        _ => text.to_owned(),
    };
    if text.trim().eq_ignore_ascii_case(NO_RESPONSE) { String::new() } else { text }
}

fn is_one_block(inner: &[&str], last: &str, fence: &str) -> bool {
    closes(last, fence) && !inner.iter().any(|line| closes(line, fence))
}

/// The texts for an option, of an answer that is no list of items.
fn values(shape: Shape, answer: &str) -> Vec<String> {
    let lines = || answer.lines().map(str::trim).filter(|line| !line.is_empty());
    let bullets: Option<Vec<&str>> = lines().map(|line| line.strip_prefix("- ").map(str::trim_start)).collect();
    let values: Vec<String> = match shape {
        Shape::Line | Shape::Words => {
            let between = if shape == Shape::Line { " " } else { ", " };
            vec![match bullets.filter(|bullets| !bullets.is_empty()) {
                Some(bullets) => chosen(&bullets).join(", "),
                None => lines().collect::<Vec<_>>().join(between),
            }]
        }
        Shape::Text => vec![answer.trim().to_owned()],
        Shape::Items | Shape::Links => {
            let words = lines().flat_map(str::split_whitespace).filter(|word| !matches!(*word, "-" | "*" | "+"));
            words.map(|word| word.trim_end_matches(',').to_owned()).collect()
        }
    };
    values.into_iter().filter(|value| !value.is_empty()).collect()
}

/// The ticked ones of checkboxes; all of a list without boxes.
fn chosen<'l>(bullets: &[&'l str]) -> Vec<&'l str> {
    let ticked = |line: &'l str| line.strip_prefix("[x] ").or_else(|| line.strip_prefix("[X] "));
    let has_boxes = bullets.iter().all(|line| line.starts_with("[ ] ") || ticked(line).is_some());
    if has_boxes { bullets.iter().filter_map(|line| ticked(line)).map(str::trim).collect() } else { bullets.to_vec() }
}

/// The texts of a change list that is nothing but texts: one list of the first level without ticks, or lines that are
/// no list at all. `None` where it is more.
fn items(answer: &str) -> Option<Vec<String>> {
    let mut items: Vec<String> = Vec::new();
    let mut open = 0_usize;
    let mut is_list = false;
    let mut is_else = false;
    for event in Parser::new_ext(answer, DIALECT) {
        match event {
            Event::Start(Tag::Item) if open > 0 => return None,
            Event::Start(Tag::Item) => {
                (open, is_list) = (open + 1, true);
                items.push(String::new());
            }
            Event::End(TagEnd::Item) => open -= 1,
            Event::TaskListMarker(true) | Event::Start(Tag::CodeBlock(_) | Tag::BlockQuote(_)) if open > 0 => {
                return None;
            }
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                is_else |= open == 0;
                if let Some(item) = items.last_mut() {
                    item.push_str(&text);
                }
            }
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph) => {
                if let Some(item) = items.last_mut() {
                    item.push(' ');
                }
            }
            _ => {}
        }
    }
    if is_list && is_else {
        return None;
    }
    if !is_list {
        items = answer.lines().map(str::to_owned).collect();
    }
    let trimmed = items.iter().map(|item| item.trim().to_owned());
    Some(trimmed.filter(|item| !item.is_empty()).collect())
}

#[cfg(test)]
mod tests;
