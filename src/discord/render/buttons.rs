//! What can be pressed or chosen: rows of buttons, the menu of outcomes, and the choices while an option is typed.

use serde_json::{Value, json};

use super::escape::plain;
use crate::discord::api::Say;
use crate::domain::window::Outcome;
use crate::message::action::{Action, Button};
use crate::message::fold::len;
use crate::message::text::one_line;

/// Rows below a message.
const MOST_ROWS: usize = 5;
/// Buttons of a row.
const MOST_OF_A_ROW: usize = 5;
/// What is offered while an option is typed.
const MOST_CHOICES: usize = 25;
/// The name of a choice, and what is filled in for it.
const LONGEST_CHOICE: usize = 100;
/// Stands after an outcome where the open items go to the next window of the series.
pub(super) const CARRY_OVER: &str = "carry-over";

/// How a button looks, as Discord counts the styles.
#[derive(Clone, Copy)]
enum Style {
    Primary = 1,
    Secondary = 2,
    Success = 3,
    Danger = 4,
}

/// The buttons in rows, each once; its id is what it does and to what.
pub(super) fn rows(buttons: &[Button]) -> Vec<Value> {
    let mut once: Vec<Button> = Vec::new();
    for button in buttons {
        if !once.contains(button) {
            once.push(*button);
        }
    }
    let shown: Vec<Value> = once.into_iter().take(MOST_ROWS * MOST_OF_A_ROW).map(shown).collect();
    shown.chunks(MOST_OF_A_ROW).map(row).collect()
}

fn row(components: &[Value]) -> Value {
    json!({ "type": 1, "components": components })
}

fn shown(button: Button) -> Value {
    let style = match button.action {
        Action::Start | Action::Complete => Style::Primary,
        Action::Approve => Style::Success,
        Action::RollingBack | Action::Reject => Style::Danger,
        Action::Ack | Action::Extend30 | Action::Extend60 | Action::ExtendOther | Action::Ledger | Action::Object => {
            Style::Secondary
        }
    };
    json!({ "type": 2, "style": style as u8, "label": button.action.label(), "custom_id": button.to_string() })
}

/// The menu that asks how a window ended; its id is that of the button that was pressed, such as `complete MW-12`. With
/// open items a success is offered only together with handing them to the next window of the series.
#[must_use]
pub fn outcome_menu(button: Button, open_items: usize) -> Say {
    let option = |outcome: &Outcome| {
        let name = spoken(outcome.as_str());
        if *outcome != Outcome::Success || open_items == 0 {
            return json!({ "label": name, "value": outcome.as_str() });
        }
        json!({
            "label": format!("{name}, open items carried over"),
            "value": format!("{outcome} {CARRY_OVER}"),
            "description": "To the next window of the series, where there is one",
        })
    };
    let question = format!("How did {} end?", button.subject);
    let content = match open_items {
        0 => question,
        1 => format!("{question} 1 item is still open."),
        more => format!("{question} {more} items are still open."),
    };
    let menu = json!({
        "type": 3,
        "custom_id": button.to_string(),
        "placeholder": "Outcome",
        "options": Outcome::ALL.iter().map(option).collect::<Vec<_>>(),
    });
    Say { content, components: vec![row(&[menu])], ..Say::default() }
}

/// What was chosen in the menu of outcomes: the outcome, and whether open items are carried over; `None`: it is none of
/// its choices.
#[must_use]
pub fn read_outcome(value: &str) -> Option<(Outcome, bool)> {
    match value.split_once(' ') {
        None => Some((value.parse().ok()?, false)),
        Some((outcome, CARRY_OVER)) => Some((outcome.parse().ok()?, true)),
        Some(_) => None,
    }
}

/// `rolled_back` as people say it: `Rolled back`.
pub(super) fn spoken(word: &str) -> String {
    let text = word.replace(['_', '-'], " ");
    let mut signs = text.chars();
    signs.next().map_or_else(String::new, |first| first.to_uppercase().chain(signs).collect())
}

/// The answer while an option is typed: what is shown and what is filled in for each choice, best first. What Discord
/// could not fill in as a whole is left out.
#[must_use]
pub fn choices<'a>(suggestions: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let fits = |(_, value): &(&str, &str)| !one_line(value).is_empty() && len(value) <= LONGEST_CHOICE;
    let choice = |(label, value): (&str, &str)| {
        let label = Some(plain(label, LONGEST_CHOICE)).filter(|label| !label.is_empty());
        json!({ "name": label.unwrap_or_else(|| plain(value, LONGEST_CHOICE)), "value": value })
    };
    let choices: Vec<Value> = suggestions.into_iter().filter(fits).take(MOST_CHOICES).map(choice).collect();
    json!({ "choices": choices })
}
