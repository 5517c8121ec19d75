//! Commands that take longer than Slack waits: stored before that is said, done in a task of their own, and told where the
//! person waits; by the worker, where maintbot died meanwhile.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Inbound;
use super::answer::{Note, Spot};
use super::payload::Caller;
use super::run::{Asked, say_fault, words};
use super::work::Seen;
use crate::command::Input;
use crate::inward::errand::{Came, Errand, NOT_STORED, PRESS_NOT_STORED, StoredInput};
use crate::inward::work::{Trouble, Worked, is_old};
use crate::service::Answer;
use crate::service::inbox::Inbound as Row;
use crate::slack::api::{Say, Slack};

/// A command that somebody waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Waiting {
    /// Where they wait.
    pub spot: Spot,
    pub caller: Caller,
    /// What tells it from every other.
    pub key: String,
    #[serde(with = "StoredInput")]
    pub input: Input,
    /// Nothing is said where it is done: everybody sees that.
    pub silent: bool,
}

impl Inbound {
    /// Does a command, and waits for it up to `limit` and the moment that it takes to store it.
    pub(super) async fn wait_for(
        &self,
        slack: &Slack,
        waiting: &Waiting,
        limit: Duration,
    ) -> Came<anyhow::Result<Answer>> {
        let body = serde_json::to_string(&Seen::Command(waiting.clone())).unwrap_or_default();
        let errand = Errand { key: waiting.key.clone(), body };
        let (working, slack, asked) = (self.clone(), slack.clone(), waiting.clone());
        let work = async move { working.run_waiting(&slack, &asked).await };
        let (late, waiting) = (self.clone(), waiting.clone());
        let late = move |came: anyhow::Result<Answer>| async move {
            let Some(say) = late.said(&waiting, came) else { return Ok(()) };
            let note = waiting.note(say);
            // What takes the place of another answer may be said again; the rest came twice from Slack.
            if !waiting.spot.replaces && !late.errands.is_first(&note.key) {
                return Ok(());
            }
            late.tell_now(&note, None).await
        };
        self.errands.run(self, errand, limit, work, late).await
    }

    /// What the worker does with a command that was stored: the first answer is given again where there is one.
    pub(super) async fn done_late(&self, row: &Row, waiting: &Waiting) -> Worked {
        let Some(slack) = self.workspace(&waiting.spot.workspace) else { return Ok(()) };
        let came = match self.run_waiting(slack, waiting).await {
            Err(error) if !is_old(row, &self.clock) => return Err(Trouble::Fault(error)),
            came => came,
        };
        let Some(say) = self.said(waiting, came) else { return Ok(()) };
        let doubtful_since: Option<DateTime<Utc>> = row.in_doubt.then_some(row.received_at);
        self.tell_now(&waiting.note(say), doubtful_since).await
    }

    /// What is said about a command that was done, or was not; `None`: nothing.
    pub(super) fn said(&self, waiting: &Waiting, came: anyhow::Result<Answer>) -> Option<Say> {
        match came {
            Ok(Answer::Done(_)) if waiting.silent => None,
            Ok(answer) => Some(self.say(&answer)),
            Err(error) => Some(say_fault(&waiting.key, &error)),
        }
    }

    /// Says that something goes on, and could not be stored; meanwhile the caller goes on.
    pub(super) fn say_not_stored(&self, waiting: &Waiting) {
        let (inbound, spot, key) = (self.clone(), waiting.spot.clone(), format!("{} not stored", waiting.key));
        let say = words(if waiting.silent { PRESS_NOT_STORED } else { NOT_STORED });
        self.errands.spawn(async move { inbound.tell(spot, &key, say).await });
    }

    async fn run_waiting(&self, slack: &Slack, waiting: &Waiting) -> anyhow::Result<Answer> {
        let asked = Asked {
            slack,
            caller: &waiting.caller,
            channel: waiting.spot.channel.as_deref(),
            within: None,
            input: waiting.input.clone(),
            key: Some(waiting.key.clone()),
        };
        self.run_for(asked).await
    }
}

impl Waiting {
    fn note(&self, say: Say) -> Note {
        Note::new(self.spot.clone(), &self.key, say)
    }
}
