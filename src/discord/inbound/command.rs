//! `/maintenance` with a verb and its options, and what is offered while somebody types them. Answered within the three
//! seconds that Discord waits, whatever it takes.

use std::time::Duration;

use serenity::model::application::CommandData;

use super::late::Waiting;
use super::payload::{Asker, Typed};
use super::run::words;
use super::typed::as_typed;
use super::{Inbound, Response};
use crate::command::Input;
use crate::command::spec::COMMAND;
use crate::discord::render;
use crate::service::complete::{Asked, Suggestion};

/// How long what may be meant is looked for; Discord waits three seconds.
const LOOKING: Duration = Duration::from_secs(2);
/// Said to what is not known: Discord takes a moment to take over changed commands.
const UNKNOWN: &str = "maintbot does not know this command any more: Discord shows the new ones in a moment.";

impl Inbound {
    /// Somebody used a command.
    pub(super) async fn command(&self, asker: Asker, data: &CommandData) -> Response {
        let typed = Typed::read(data).filter(|_| is_own(data));
        let Some(typed) = typed.map(|typed| self.plain(typed)) else { return Response::Say(words(UNKNOWN)) };
        self.answer_in_time(Waiting::replacing(asker, input(typed))).await
    }

    /// Somebody is typing an option. What goes wrong offers nothing.
    pub(super) async fn autocomplete(&self, asker: &Asker, data: &CommandData) -> Response {
        let found = async {
            let typed = self.plain(Typed::read(data).filter(|_| is_own(data))?);
            let option = typed.focused?;
            let (own, others): (Vec<_>, Vec<_>) = typed.options.into_iter().partition(|(name, _)| *name == option);
            let question = Asked {
                actor: &self.known(&asker.caller),
                zone: None,
                verb: &typed.verb,
                option: &option,
                typed: own.first().map_or("", |(_, text)| text),
                others: &others,
            };
            match self.service.complete(&question).await {
                Ok(found) => Some(found),
                Err(error) => {
                    tracing::warn!(error = format!("{error:#}"), "nothing could be offered to somebody who types");
                    None
                }
            }
        };
        let found: Vec<Suggestion> = tokio::time::timeout(LOOKING, found).await.ok().flatten().unwrap_or_default();
        Response::Choices(render::choices(found.iter().map(|found| (found.label.as_str(), found.value.as_str()))))
    }

    /// With people as they are called here.
    fn plain(&self, typed: Typed) -> Typed {
        let as_typed = |(name, text): (String, String)| (name, as_typed(&text, |user| self.name_of(user)));
        Typed { options: typed.options.into_iter().map(as_typed).collect(), ..typed }
    }
}

fn is_own(data: &CommandData) -> bool {
    data.name == COMMAND.trim_start_matches('/')
}

/// What is run; the text of `do` is a command by itself.
fn input(typed: Typed) -> Input {
    let Typed { verb, mut options, .. } = typed;
    match options.pop() {
        Some((_, text)) if verb == "do" && options.is_empty() => Input::Text(text),
        last => {
            options.extend(last);
            Input::Named { verb, options }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(verb: &str, options: &[(&str, &str)]) -> Typed {
        let options = options.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Typed { verb: verb.to_owned(), options, focused: None }
    }

    #[test]
    fn what_do_is_given_is_a_command_by_itself() {
        assert_eq!(input(typed("do", &[("text", "reminders MW-1")])), Input::Text("reminders MW-1".into()));
        let options = vec![("window".to_owned(), "MW-1".to_owned()), ("for".to_owned(), "1h".to_owned())];
        let extend = typed("extend", &[("window", "MW-1"), ("for", "1h")]);
        assert_eq!(input(extend), Input::Named { verb: "extend".into(), options });
        assert_eq!(input(typed("whoami", &[])), Input::Named { verb: "whoami".into(), options: Vec::new() });
    }
}
