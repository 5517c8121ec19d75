//! Events: stored, acknowledged, worked on afterwards. Slack sends them again, sometimes under another id and without
//! saying so; what it is about tells them apart then.

use serde_json::{Value, json};

use super::payload::Event;
use super::work::{Opened, Seen, Written};
use super::{Inbound, NotTaken, Reply, SOURCE, Taken};
use crate::slack::api::Slack;

impl Inbound {
    /// Something happened.
    pub(super) async fn event(&self, slack: &Slack, payload: &Value) -> Taken {
        let workspace = slack.workspace().to_owned();
        let (id, line, seen) = match Event::read(payload).ok_or(NotTaken::Unreadable)? {
            Event::Challenge(challenge) => return Ok(Reply::Json(json!({ "challenge": challenge }))),
            Event::Other => return Ok(Reply::Nothing),
            Event::Mention(mention) => {
                let place = format!("{}/{}", mention.caller.team, mention.channel);
                let thread = mention.thread.as_ref().unwrap_or(&mention.message);
                let line = format!("{place}/{thread}");
                (format!("{place}/{}", mention.at), line, Seen::Mention(Written { workspace, mention }))
            }
            Event::HomeOpened { id, caller } => {
                let line = format!("{}/home/{}", caller.team, caller.user);
                (id, line, Seen::Home(Opened { workspace, caller }))
            }
        };
        let stored = match serde_json::to_string(&seen) {
            Ok(body) => self.service.receive(SOURCE, &id, &line, &body).await,
            Err(error) => Err(error.into()),
        };
        match stored {
            Ok(new) => {
                tracing::info!(id, line, new, "an event on Slack");
                Ok(Reply::Nothing)
            }
            Err(error) => {
                tracing::error!(id, line, error = format!("{error:#}"), "an event on Slack could not be stored");
                Err(NotTaken::NotStored)
            }
        }
    }
}
