//! The modals, made from the declarations of the commands that they fill in, and what was filled in, as a verb and its
//! options. What is not asked for travels in the id of the modal.

use serde_json::{Value, json};

use super::buttons::{CARRY_OVER, read_outcome, spoken};
use super::escape::plain;
use crate::command::spec::catalogue;
use crate::domain::subject::Subject;
use crate::domain::window::{Outcome, WindowId};
use crate::message::action::Button;

/// The title of a modal, and what stands above a field.
const LONGEST_LABEL: usize = 45;
/// What stands in an empty field.
const LONGEST_PLACEHOLDER: usize = 100;
/// What can be typed into a field.
const LONGEST_INPUT: usize = 4_000;

/// A form to fill in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modal {
    /// Report completion.
    Complete {
        /// The window.
        window: WindowId,
        /// How it went.
        outcome: Outcome,
        /// Whether open items go to the next window of the series.
        carry_over: bool,
    },
    /// Refuse what waits for approval.
    Reject {
        /// The button that was pressed: what is refused, as its readers saw it.
        button: Button,
    },
    /// A later end.
    Extend {
        /// The window.
        window: WindowId,
    },
    /// Tell everybody that the work is taken back: they hear it at once, so that it is looked at before.
    RollBack {
        /// The button that was pressed.
        button: Button,
    },
}

/// A modal that was submitted, ready for `Input::Named`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Submitted {
    /// The verb: `complete`, `reject`, `extend` or `note`.
    pub verb: String,
    /// Name and text of each option that is known or was filled in.
    pub options: Vec<(String, String)>,
}

/// The `data` of the callback that opens a modal.
#[must_use]
pub fn modal(modal: &Modal) -> Value {
    match *modal {
        Modal::Complete { window, outcome, carry_over } => {
            let id = format!("complete {window} {outcome}{}", if carry_over { " carry-over" } else { "" });
            let title = format!("Complete {window}: {}", spoken(outcome.as_str()));
            form(&id, &title, &[("complete", "downtime"), ("complete", "note")])
        }
        Modal::Reject { button } => {
            form(&button.to_string(), &format!("Reject {}", button.subject), &[("reject", "reason")])
        }
        Modal::Extend { window } => {
            let fields = [("extend", "for"), ("extend", "reason")];
            form(&format!("extend {window}"), &format!("Extend {window}"), &fields)
        }
        Modal::RollBack { button } => {
            let mut view = form(&button.to_string(), &format!("Roll back {}", button.subject), &[("note", "text")]);
            let said = button.options().into_iter().flatten().find(|(name, _)| name == "text");
            view["components"][0]["components"][0]["value"] = json!(said.map(|(_, text)| text));
            view
        }
    }
}

fn form(id: &str, title: &str, fields: &[(&str, &str)]) -> Value {
    let rows: Vec<Value> = fields.iter().filter_map(|(verb, name)| field(verb, name)).collect();
    json!({ "custom_id": id, "title": plain(title, LONGEST_LABEL), "components": rows })
}

/// The field of an option, as its declaration says, in a row of its own; its id is the name of the option. Nothing where
/// the verb has no such option.
fn field(verb: &str, name: &str) -> Option<Value> {
    let option = catalogue().verb(verb)?.option(name)?;
    let label = match (verb, name) {
        ("extend", "for") => "How much longer".to_owned(),
        ("complete", "downtime") => "Real downtime".to_owned(),
        ("complete", "note") => "What to tell people".to_owned(),
        ("note", "text") => "What everybody is told now".to_owned(),
        _ => spoken(name),
    };
    let has_lines = matches!(name, "note" | "reason" | "text");
    let mut input = json!({
        "type": 4,
        "custom_id": name,
        "style": if has_lines { 2 } else { 1 },
        "label": plain(&label, LONGEST_LABEL),
        "required": option.required,
        "max_length": option.max.clamp(1, LONGEST_INPUT),
    });
    if !option.example.is_empty() {
        input["placeholder"] = json!(plain(&option.example, LONGEST_PLACEHOLDER));
    }
    Some(json!({ "type": 1, "components": [input] }))
}

/// Reads the id of a modal that was submitted, and the id and text of each of its fields; `None`: it is none of ours.
#[must_use]
pub fn read_modal(custom_id: &str, fields: &[(String, String)]) -> Option<Submitted> {
    let (named, more) = custom_id.split_once(' ')?;
    let (verb, mut options) = match named {
        "complete" => ("complete", complete(more)?),
        "extend" => ("extend", vec![window(more)?]),
        "reject" => ("reject", custom_id.parse::<Button>().ok()?.known()),
        "rolling_back" => ("note", vec![window(more)?]),
        _ => return None,
    };
    let declared = catalogue().verb(verb)?;
    for (name, text) in fields {
        let text = text.trim();
        // What travels in the id is not asked for.
        let is_known = options.iter().any(|(known, _)| known == name);
        if !is_known && !text.is_empty() && declared.option(name).is_some_and(|option| option.name == *name) {
            options.push((name.clone(), text.to_owned()));
        }
    }
    Some(Submitted { verb: declared.name.clone(), options })
}

/// `MW-12 partial`, or `MW-12 success carry-over`.
fn complete(text: &str) -> Option<Vec<(String, String)>> {
    let (id, chosen) = text.split_once(' ')?;
    let (outcome, carries_over) = read_outcome(chosen)?;
    let carry_over = carries_over.then(|| (CARRY_OVER.to_owned(), "true".to_owned()));
    Some([window(id)?, ("outcome".to_owned(), outcome.to_string())].into_iter().chain(carry_over).collect())
}

fn window(text: &str) -> Option<(String, String)> {
    match text.parse() {
        Ok(Subject::Window(id)) => Some(("window".to_owned(), id.to_string())),
        _ => None,
    }
}
