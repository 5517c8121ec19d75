//! `/maintenance`: with text a command, alone a form to plan a window. Answered within the three seconds that Slack waits,
//! whatever it takes to do it.

use std::time::Duration;

use serde_json::json;

use super::answer::Spot;
use super::payload::{Fields, SlashCommand};
use super::run::{Asked, private, say_fault};
use super::typed::as_typed;
use super::{Inbound, NotTaken, Reply, Taken};
use crate::command::Input;
use crate::slack::api::{Say, Slack};

/// How long the answer itself is waited for; later it is edited in. Half of what Slack waits.
const IN_TIME: Duration = Duration::from_millis(1500);
/// Said where it takes longer.
const WORKING: &str = "Working on it; the answer follows here.";

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
        let (working, late) = (self.clone(), self.clone());
        let (slack, own_key) = (slack.clone(), key.clone());
        let work = async move { working.answer(&slack, &command, &own_key).await };
        let late = move |came: Option<Say>| async move {
            if let Some(say) = came {
                late.tell(spot, &key, say).await;
            }
        };
        Ok(match self.in_time(IN_TIME, work, late).await {
            Some(Some(say)) => Reply::Json(private(&say)),
            Some(None) => Reply::Nothing,
            None => Reply::Json(json!({ "response_type": "ephemeral", "text": WORKING })),
        })
    }

    /// What is said to a command; `None`: a form is open.
    async fn answer(&self, slack: &Slack, command: &SlashCommand, key: &str) -> Option<Say> {
        if command.text.trim().is_empty() {
            return self.open_schedule(slack, command).await;
        }
        let text = as_typed(&command.text, |user| self.name_of(slack, user));
        let asked = Asked {
            slack,
            caller: &command.caller,
            channel: Some(&command.channel),
            within: None,
            input: Input::Text(text),
            key: Some(key.to_owned()),
        };
        Some(match self.run_for(asked).await {
            Ok(answer) => self.say(&answer),
            Err(error) => say_fault(key, &error),
        })
    }
}
