//! Commands that somebody waits for. What takes longer than Discord waits is stored before that is said, done in a task of
//! its own, and edited in where the person waits; by the worker, where maintbot died meanwhile.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::answer::{Spot, When};
use super::payload::{Asker, Caller, Thread};
use super::run::{Asked, say_fault, words};
use super::work::Seen;
use super::{Inbound, Response};
use crate::command::Input;
use crate::discord::api::Say;
use crate::inward::errand::{Came, Errand, NOT_STORED, PRESS_NOT_STORED, StoredInput};
use crate::inward::work::{Trouble, Worked, is_old};
use crate::service::Answer;
use crate::service::inbox::Inbound as Row;

/// How long the answer itself is waited for; later it is edited in. Half of what Discord waits.
const IN_TIME: Duration = Duration::from_millis(1500);

/// A command that somebody waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Waiting {
    /// Where they wait.
    pub spot: Spot,
    pub caller: Caller,
    pub thread: Option<Thread>,
    /// What tells it from every other.
    pub key: String,
    #[serde(with = "StoredInput")]
    pub input: Input,
    /// Nothing is said where it is done: everybody sees that.
    pub silent: bool,
}

impl Waiting {
    /// A command or a form: its answer takes the place of what is said at once.
    pub(super) fn replacing(asker: Asker, input: Input) -> Self {
        Self::new(asker, input, true, false)
    }

    /// A button: nothing is said at once.
    pub(super) fn pressing(asker: Asker, input: Input, silent: bool) -> Self {
        Self::new(asker, input, false, silent)
    }

    fn new(asker: Asker, input: Input, replaces: bool, silent: bool) -> Self {
        let spot = Spot::of(&asker, replaces);
        Self { spot, caller: asker.caller, thread: asker.thread, key: key_of(&asker.id), input, silent }
    }
}

/// What tells an interaction from every other.
pub(super) fn key_of(id: &str) -> String {
    format!("discord/{id}")
}

impl Inbound {
    /// Does a command and gives its answer, or says that it follows.
    pub(super) async fn answer_in_time(&self, waiting: Waiting) -> Response {
        match self.wait_for(&waiting).await {
            Came::Done(came) => self.said(&waiting, came).map_or(Response::Silent, Response::Say),
            Came::Stored if waiting.spot.replaces => Response::Deferred,
            Came::Stored => Response::Silent,
            Came::NotStored if waiting.silent => Response::Say(words(PRESS_NOT_STORED)),
            Came::NotStored => Response::Say(words(NOT_STORED)),
        }
    }

    async fn wait_for(&self, waiting: &Waiting) -> Came<anyhow::Result<Answer>> {
        let body = serde_json::to_string(&Seen::Command(waiting.clone())).unwrap_or_default();
        let errand = Errand { key: waiting.key.clone(), body };
        let (working, asked) = (self.clone(), waiting.clone());
        let work = async move { working.run_waiting(&asked).await };
        let (late, waiting) = (self.clone(), waiting.clone());
        let late = move |came: anyhow::Result<Answer>| async move {
            let Some(say) = late.said(&waiting, came) else { return Ok(()) };
            // What takes the place of another answer may be said again; the rest came twice from Discord.
            if !waiting.spot.replaces && !late.errands.is_first(&waiting.key) {
                return Ok(());
            }
            late.tell(&waiting.spot, &waiting.key, &say, When::AtOnce).await
        };
        self.errands.run(self, errand, IN_TIME, work, late).await
    }

    /// What the worker does with a command that was stored: the first answer is given again where there is one.
    pub(super) async fn done_late(&self, row: &Row, waiting: &Waiting) -> Worked {
        let came = match self.run_waiting(waiting).await {
            Err(error) if !is_old(row, &self.clock) => return Err(Trouble::Fault(error)),
            came => came,
        };
        match self.said(waiting, came) {
            Some(say) => self.tell(&waiting.spot, &waiting.key, &say, When::Later).await,
            None => Ok(()),
        }
    }

    /// What is said about a command that was done, or was not; `None`: nothing.
    fn said(&self, waiting: &Waiting, came: anyhow::Result<Answer>) -> Option<Say> {
        match came {
            Ok(Answer::Done(_)) if waiting.silent => None,
            Ok(answer) => Some(self.say(&answer)),
            Err(error) => Some(say_fault(&waiting.key, &error)),
        }
    }

    async fn run_waiting(&self, waiting: &Waiting) -> anyhow::Result<Answer> {
        let asked = Asked {
            caller: &waiting.caller,
            channel: waiting.spot.channel.as_deref(),
            thread: waiting.thread.as_ref(),
            input: waiting.input.clone(),
            key: Some(waiting.key.clone()),
        };
        self.run_for(asked).await
    }
}
