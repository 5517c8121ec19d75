//! Forms: opened at once, and read when they are sent in. Discord cannot say what is wrong on a field; it is answered like a
//! command, for who sent it alone.

use std::time::Duration;

use serenity::model::application::ModalInteractionData;

use super::late::{Waiting, key_of};
use super::payload::{Asker, fields};
use super::run::{Asked, say_fault, words};
use super::{Inbound, Response};
use crate::command::Input;
use crate::discord::api::Say;
use crate::discord::render::{Modal, modal, outcome_menu, read_modal};
use crate::domain::subject::Subject;
use crate::inward::trial::{is_hopeless, trial};
use crate::message::action::{Action, Button};
use crate::service::Answer;

/// How long it is tried whether a form would be filled in in vain; after that it is opened. Discord waits three seconds.
const TRYING: Duration = Duration::from_millis(1200);

impl Inbound {
    /// Opens the form that a button asks for, or asks for the outcome first; what will not be possible, whatever is filled
    /// in, is said before.
    pub(super) async fn form(&self, asker: &Asker, button: Button) -> Response {
        let hopeless = tokio::time::timeout(TRYING, self.hopeless(asker, button)).await;
        if let Some(say) = hopeless.ok().flatten() {
            return Response::Say(say);
        }
        match (button.action, button.subject) {
            (Action::Complete, Subject::Window(window)) => match self.service.full(window).await {
                Ok(full) => {
                    let open = full.map_or(0, |full| full.items.open().len());
                    Response::Say(outcome_menu(button, open))
                }
                Err(error) => Response::Say(say_fault(&key_of(&asker.id), &error)),
            },
            (Action::ExtendOther, Subject::Window(window)) => Response::Form(modal(&Modal::Extend { window })),
            (Action::Reject, _) => Response::Form(modal(&Modal::Reject { button })),
            (Action::RollingBack, _) => Response::Form(modal(&Modal::RollBack { button })),
            _ => Response::Say(words(&format!("Type it: /maintenance {} {}", button.action.verb(), button.subject))),
        }
    }

    /// What would be said whatever is filled in.
    async fn hopeless(&self, asker: &Asker, button: Button) -> Option<Say> {
        let tried = Asked {
            caller: &asker.caller,
            channel: asker.channel.as_deref(),
            thread: asker.thread.as_ref(),
            input: trial(button),
            key: None,
        };
        match self.run_for(tried).await {
            Ok(answer @ Answer::Refused(_)) => {
                let Answer::Refused(refused) = &answer else { return None };
                is_hopeless(button.action, &refused.sort).then(|| self.say(&answer))
            }
            Ok(Answer::Done(_)) => None,
            Err(error) => Some(say_fault(&key_of(&asker.id), &error)),
        }
    }

    /// Somebody sent in a form.
    pub(super) async fn submission(&self, asker: Asker, data: &ModalInteractionData) -> Response {
        let Some(submitted) = read_modal(&data.custom_id, &fields(data)) else {
            return Response::Say(words("maintbot does not know this form any more: press the button again."));
        };
        let input = Input::Named { verb: submitted.verb, options: submitted.options };
        self.answer_in_time(Waiting::replacing(asker, input)).await
    }
}
