//! Buttons below a message: acknowledged at once, done in a task of their own. What is refused is said to who pressed, and
//! nobody else; the message itself is brought in step by the sender.

use super::answer::Spot;
use super::payload::{Press, Pressed};
use super::run::{Asked, say_fault};
use super::{Inbound, Reply};
use crate::command::Input;
use crate::message::action::{Action, Button};
use crate::service::Answer;
use crate::slack::api::Slack;

impl Inbound {
    /// Somebody pressed a button.
    pub(super) fn press(&self, slack: &Slack, press: Press) -> Reply {
        let known = |pressed: &Pressed| Some((pressed.clone(), pressed.value.parse::<Button>().ok()?));
        let buttons: Vec<(Pressed, Button)> = press.buttons.iter().filter_map(known).collect();
        if !buttons.is_empty() {
            let (inbound, slack) = (self.clone(), slack.clone());
            self.tasks.spawn(async move {
                for (pressed, button) in buttons {
                    inbound.pressed(&slack, &press, &pressed, button).await;
                }
            });
        }
        Reply::Nothing
    }

    async fn pressed(&self, slack: &Slack, press: &Press, pressed: &Pressed, button: Button) {
        let (caller, message) = (&press.caller, &press.message);
        let key = format!("slack/{}/action/{message}/{}/{}/{}", caller.team, pressed.action, caller.user, pressed.at);
        if !self.is_first(&key) {
            return;
        }
        let said = match button.options() {
            Some(options) => {
                let asked = Asked {
                    slack,
                    caller,
                    channel: Some(&press.channel),
                    within: None,
                    input: Input::Named { verb: button.action.verb().to_owned(), options },
                    key: Some(key.clone()),
                };
                match self.run_for(asked).await {
                    Ok(Answer::Done(_)) if !is_silent(button.action) => None,
                    Ok(answer) => Some(self.say(&answer)),
                    Err(error) => Some(say_fault(&key, &error)),
                }
            }
            None => self.open_form(slack, press, button).await,
        };
        if let Some(say) = said {
            self.tell(spot(slack, press), &key, say).await;
        }
    }
}

/// Nothing is posted where it was done: who pressed is told.
fn is_silent(action: Action) -> bool {
    matches!(action, Action::Ack | Action::Ledger)
}

/// Where who pressed a button waits for an answer.
fn spot(slack: &Slack, press: &Press) -> Spot {
    Spot {
        workspace: slack.workspace().to_owned(),
        user: press.caller.user.clone(),
        channel: Some(press.channel.clone()),
        thread: press.thread.clone(),
        response: press.response.clone(),
        replaces: false,
    }
}
