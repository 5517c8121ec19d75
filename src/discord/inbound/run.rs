//! Running a command for somebody on Discord, and what is said about it.

use super::payload::{Caller, Thread};
use super::{Inbound, SOURCE};
use crate::command::Input;
use crate::discord::api::Say;
use crate::discord::render;
use crate::domain::channel::Lane;
use crate::domain::subject::Subject;
use crate::inward::errand::fault;
use crate::message::Message;
use crate::service::{Answer, Invocation};

/// A command of somebody on Discord.
pub(super) struct Asked<'a> {
    pub caller: &'a Caller,
    /// The channel or thread in which it is asked; `None`: a direct message.
    pub channel: Option<&'a str>,
    /// Where that is a thread; below a window's post that window is meant where none is named.
    pub thread: Option<&'a Thread>,
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
        let Asked { caller, channel, thread, input, key } = asked;
        let within = match thread {
            // The id of a thread is that of the post that it was opened on.
            Some(Thread { parent, id }) => {
                self.service.posted_as(Lane::Discord, parent, id).await?.and_then(Subject::window)
            }
            None => None,
        };
        let place = match channel {
            Some(channel) => format!("{SOURCE}:{channel}"),
            None => format!("{SOURCE}:@{}", caller.user),
        };
        let actor = self.known(caller);
        self.service.run(&Invocation { actor, place, zone: None, within, input, key }).await
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
