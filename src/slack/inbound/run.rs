//! Running a command for somebody on Slack, and what is said about it.

use std::time::Duration;

use serde_json::{Value, json};

use super::payload::Caller;
use super::roles::{Known, holder};
use super::{Inbound, SOURCE};
use crate::command::Input;
use crate::domain::calendar::Zone;
use crate::domain::subject::Subject;
use crate::domain::window::WindowId;
use crate::inward::errand::fault;
use crate::message::Message;
use crate::service::{Answer, Invocation};
use crate::slack::api::{Say, Slack};
use crate::slack::render;

/// How long Slack may take to say in which zone somebody lives: people wait for their answer meanwhile.
const ZONE_PATIENCE: Duration = Duration::from_millis(500);

/// A command of somebody on Slack.
pub(super) struct Asked<'a> {
    pub slack: &'a Slack,
    pub caller: &'a Caller,
    /// The conversation in which it is asked; `None`: on maintbot's own page.
    pub channel: Option<&'a str>,
    /// The window that is meant where none is named.
    pub within: Option<WindowId>,
    pub input: Input,
    /// What tells this from every other; the same again gets the first answer. `None`: it is only tried.
    pub key: Option<String>,
}

impl Inbound {
    /// Runs a command.
    ///
    /// # Errors
    /// A fault of maintbot's own.
    pub(super) async fn run_for(&self, asked: Asked<'_>) -> anyhow::Result<Answer> {
        let Asked { slack, caller, channel, within, input, key } = asked;
        let Known { actor, unsure } = self.known(slack, caller, channel).await;
        let zone = self.zone_of(slack, caller).await;
        let place = holder(slack.workspace(), channel.unwrap_or(&caller.user));
        let answer = self.service.run(&Invocation { actor, place, zone, within, input, key }).await?;
        Ok(match answer {
            Answer::Refused(mut refused) if refused.sort == "role" && !unsure.is_empty() => {
                refused.message = refused.message.text(not_looked_up(&unsure));
                Answer::Refused(refused)
            }
            answer => answer,
        })
    }

    /// The zone that somebody's profile on Slack says; `None` where `[people]` has one, which counts for more, and where
    /// Slack does not say at once.
    async fn zone_of(&self, slack: &Slack, caller: &Caller) -> Option<Zone> {
        let name = self.name_of(slack, &caller.user);
        if self.service.organisation().people.get(&name).is_some_and(|person| person.zone.is_some()) {
            return None;
        }
        let said = tokio::time::timeout(ZONE_PATIENCE, slack.zone_of(&caller.user)).await.ok()?;
        said.ok().flatten()?.parse().ok()
    }

    /// The zone in which somebody reads a clock.
    pub(super) async fn home_of(&self, slack: &Slack, caller: &Caller) -> Zone {
        let organisation = self.service.organisation();
        let name = self.name_of(slack, &caller.user);
        let own = organisation.people.get(&name).and_then(|person| person.zone.clone());
        match own {
            Some(own) => own,
            None => self.zone_of(slack, caller).await.unwrap_or_else(|| organisation.zone.clone()),
        }
    }

    /// What is said about a command, done or not.
    pub(super) fn say(&self, answer: &Answer) -> Say {
        let (message, url) = match answer {
            Answer::Done(reply) => {
                let about = reply.subject.or(reply.windows.first().copied().map(Subject::Window));
                (&reply.message, self.page_of(about))
            }
            Answer::Refused(refused) => (&refused.message, self.page_of(None)),
        };
        render::say(message, &[], Some(&url))
    }

    fn page_of(&self, subject: Option<Subject>) -> String {
        let url = &self.service.organisation().public_url;
        match subject {
            Some(Subject::Window(id)) => format!("{url}/windows/{id}"),
            Some(Subject::Plan(id)) => format!("{url}/plans/{id}"),
            _ => format!("{url}/"),
        }
    }
}

/// What is said where something is wrong with maintbot itself: the person gets a reference to the log.
pub(super) fn say_fault(key: &str, error: &anyhow::Error) -> Say {
    words(&fault(SOURCE, key, error))
}

/// One sentence of maintbot's.
pub(super) fn words(text: &str) -> Say {
    render::say(&Message::line(text), &[], None)
}

/// As an answer that only the person sees.
pub(super) fn private(say: &Say) -> Value {
    let mut answer = json!({ "response_type": "ephemeral", "text": say.text });
    if !say.blocks.is_empty() {
        answer["blocks"] = Value::Array(say.blocks.clone());
    }
    answer
}

fn not_looked_up(holders: &[String]) -> String {
    format!(
        "Slack did not say just now whether this is you: {}. It was taken for a no; try again in a moment.",
        holders.join(", ")
    )
}
