//! Buttons below a message, and the menu of outcomes. What is refused is said to who pressed, and nobody else; the message
//! itself is brought in step by the sender.

use serenity::model::application::{ComponentInteractionData, ComponentInteractionDataKind};

use super::late::Waiting;
use super::payload::Asker;
use super::{Inbound, Response};
use crate::command::Input;
use crate::discord::render::{Modal, modal, read_outcome};
use crate::domain::subject::Subject;
use crate::message::action::{Action, Button};

impl Inbound {
    /// Somebody pressed a button, or chose from a menu.
    pub(super) async fn press(&self, asker: Asker, data: &ComponentInteractionData) -> Response {
        let Ok(button) = data.custom_id.parse::<Button>() else { return Response::Silent };
        if let ComponentInteractionDataKind::StringSelect { values } = &data.kind {
            return chosen(button, values);
        }
        let Some(options) = button.options().filter(|_| !is_looked_at(button.action)) else {
            return self.form(&asker, button).await;
        };
        let input = Input::Named { verb: button.action.verb().to_owned(), options };
        self.answer_in_time(Waiting::pressing(asker, input, !says_more(button.action))).await
    }
}

/// Nothing is posted where it was done: who pressed is told.
fn says_more(action: Action) -> bool {
    matches!(action, Action::Ack | Action::Ledger | Action::Object)
}

/// Everybody is told at once, and Discord asks nobody whether they mean it: a form shows what will be said.
fn is_looked_at(action: Action) -> bool {
    action == Action::RollingBack
}

/// How it went was chosen; the rest is asked for.
fn chosen(button: Button, values: &[String]) -> Response {
    let outcome = values.first().and_then(|value| read_outcome(value));
    match (button.action, button.subject, outcome) {
        (Action::Complete, Subject::Window(window), Some((outcome, carry_over))) => {
            Response::Form(modal(&Modal::Complete { window, outcome, carry_over }))
        }
        _ => Response::Silent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_that_was_chosen_opens_the_form_for_it() {
        let button: Button = "complete MW-12".parse().expect("a button");
        let Response::Form(form) = chosen(button, &["partial".into()]) else { panic!("no form") };
        assert_eq!(form["custom_id"], "complete MW-12 partial");
        assert_eq!(chosen(button, &["great".into()]), Response::Silent);
        assert_eq!(chosen(button, &[]), Response::Silent);
        let other: Button = "start MW-12".parse().expect("a button");
        assert_eq!(chosen(other, &["partial".into()]), Response::Silent);
    }
}
