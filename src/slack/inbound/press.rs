//! Buttons below a message: acknowledged when it is done, or stored. What is refused is said to who pressed, and nobody
//! else; the message itself is brought in step by the sender.

use futures_util::future::join_all;

use super::answer::Spot;
use super::command::IN_TIME;
use super::late::Waiting;
use super::payload::{Press, Pressed};
use super::{Inbound, Reply};
use crate::command::Input;
use crate::inward::errand::Came;
use crate::message::action::{Action, Button};
use crate::slack::api::Slack;

impl Inbound {
    /// Somebody pressed a button.
    pub(super) async fn press(&self, slack: &Slack, press: &Press) -> Reply {
        let known = |pressed: &Pressed| Some((pressed.clone(), pressed.value.parse::<Button>().ok()?));
        let buttons: Vec<(Pressed, Button)> = press.buttons.iter().filter_map(known).collect();
        join_all(buttons.iter().map(|(pressed, button)| self.pressed(slack, press, pressed, *button))).await;
        Reply::Nothing
    }

    async fn pressed(&self, slack: &Slack, press: &Press, pressed: &Pressed, button: Button) {
        let caller = &press.caller;
        let (message, action) = (&press.message, &pressed.action);
        let key = format!("slack/{}/action/{message}/{action}/{}/{}", caller.team, caller.user, pressed.at);
        if !self.errands.is_first(&key) {
            return;
        }
        let spot = spot(slack, press);
        let Some(options) = button.options() else {
            self.form_of(slack, press.clone(), button, spot, key);
            return;
        };
        let input = Input::Named { verb: button.action.verb().to_owned(), options };
        let waiting = Waiting { spot, caller: caller.clone(), key, input, silent: !is_silent(button.action) };
        match self.wait_for(slack, &waiting, IN_TIME).await {
            Came::Done(came) => {
                if let Some(say) = self.said(&waiting, came) {
                    let inbound = self.clone();
                    self.errands.spawn(async move { inbound.tell(waiting.spot, &waiting.key, say).await });
                }
            }
            Came::Stored => {}
            Came::NotStored => self.say_not_stored(&waiting),
        }
    }

    /// Opens the form that a button asks for, or says why not; meanwhile the caller goes on.
    fn form_of(&self, slack: &Slack, press: Press, button: Button, spot: Spot, key: String) {
        let (inbound, slack) = (self.clone(), slack.clone());
        self.errands.spawn(async move {
            if let Some(say) = inbound.open_form(&slack, &press, button).await {
                inbound.tell(spot, &key, say).await;
            }
        });
    }
}

/// Nothing is posted where it was done: who pressed is told.
fn is_silent(action: Action) -> bool {
    matches!(action, Action::Ack | Action::Ledger | Action::Object)
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
