//! `/maintenance`: with text a command, alone a form to plan a window. Answered within the three seconds that Slack waits,
//! whatever it takes to do it.

use std::time::Duration;

use serde_json::json;

use super::answer::Spot;
use super::late::Waiting;
use super::payload::{Fields, SlashCommand};
use super::run::private;
use super::typed::as_typed;
use super::{Inbound, NotTaken, Reply, Taken};
use crate::command::Input;
use crate::inward::errand::{Came, NOT_STORED, WORKING};
use crate::slack::api::{Say, Slack};

/// How long the answer itself is waited for; later it is edited in. Half of what Slack waits.
pub(super) const IN_TIME: Duration = Duration::from_millis(1500);

impl Inbound {
    /// Somebody typed `/maintenance`.
    pub(super) async fn command(&self, slack: &Slack, fields: &Fields) -> Taken {
        if fields.contains_key("ssl_check") {
            return Ok(Reply::Nothing);
        }
        let command = SlashCommand::read(fields).ok_or(NotTaken::Unreadable)?;
        let spot = Spot {
            workspace: slack.workspace().to_owned(),
            user: command.caller.user.clone(),
            channel: Some(command.channel.clone()),
            thread: None,
            response: command.response.clone(),
            replaces: true,
        };
        let key = format!("slack/{}/command/{}", command.caller.team, command.trigger);
        if command.text.trim().is_empty() {
            return Ok(self.schedule_form(slack, command, spot, key).await);
        }
        let text = as_typed(&command.text, |user| self.name_of(slack, user));
        let waiting = Waiting { spot, caller: command.caller, key, input: Input::Text(text), silent: false };
        let say = match self.wait_for(slack, &waiting, IN_TIME).await {
            Came::Done(came) => {
                return Ok(self.said(&waiting, came).map_or(Reply::Nothing, |say| private(&say).into()));
            }
            Came::Stored => WORKING,
            Came::NotStored => NOT_STORED,
        };
        Ok(json!({ "response_type": "ephemeral", "text": say }).into())
    }

    /// Opens the form to plan a window; where that cannot be, it is said why.
    async fn schedule_form(&self, slack: &Slack, command: SlashCommand, spot: Spot, key: String) -> Reply {
        let (working, late, slack) = (self.clone(), self.clone(), slack.clone());
        let work = async move { working.open_schedule(&slack, &command).await };
        let late = move |came: Option<Say>| async move {
            if let Some(say) = came {
                late.tell(spot, &key, say).await;
            }
        };
        let came = self.errands.in_time(IN_TIME, work, late).await;
        came.flatten().map_or(Reply::Nothing, |say| private(&say).into())
    }
}
