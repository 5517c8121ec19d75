//! Forms: opened while Slack's trigger is fresh, and read when they are sent in. What is wrong is said on its field.

use super::answer::Spot;
use super::command::IN_TIME;
use super::late::Waiting;
use super::payload::{Caller, Press, SlashCommand, Submission};
use super::run::{Asked, say_fault, words};
use super::{Inbound, Reply, SOURCE};
use crate::command::Input;
use crate::domain::calendar::local;
use crate::domain::subject::Subject;
use crate::inward::errand::{Came, fault};
use crate::inward::trial::{is_hopeless, trial};
use crate::message::action::{Action, Button};
use crate::message::words::item_lines;
use crate::service::Answer;
use crate::slack::api::{Failure, Say, Slack};
use crate::slack::render::{Modal, Origin, field_errors, modal, read_modal};

impl Inbound {
    /// Opens the form to plan a window; `Some`: it is not open, and this is said instead.
    pub(super) async fn open_schedule(&self, slack: &Slack, command: &SlashCommand) -> Option<Say> {
        let (caller, channel) = (&command.caller, command.channel.as_str());
        // Somebody who may not is told before the form is filled in.
        let any = [("title", "-"), ("service", "all"), ("when", "tomorrow 12:00 for 1h"), ("dry-run", "true")];
        let options = any.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        let any = Input::Named { verb: "schedule".to_owned(), options };
        if let Some(refused) = self.refused(slack, caller, channel, any, |sort| sort == "role").await {
            return Some(refused);
        }
        let organisation = self.service.organisation();
        let zone = self.home_of(slack, caller).await;
        let named = |id: &String, name: &String| (id.clone(), name.clone());
        let services: Vec<_> = organisation.services.iter().map(|(id, service)| named(id, &service.name)).collect();
        let regions: Vec<_> = organisation.regions.iter().map(|(id, region)| named(id, &region.name)).collect();
        let kinds: Vec<String> = organisation.policies.keys().cloned().collect();
        let origin =
            Origin { channel: Some(command.channel.clone()), response: command.response.clone(), ..Origin::default() };
        let view = modal(&Modal::Schedule {
            services: &services,
            regions: &regions,
            kinds: &kinds,
            zone: &zone,
            now_local: local(self.clock.now(), &zone),
            origin: &origin,
        });
        let opened = slack.open_view(&command.trigger, &view).await;
        opened.err().map(|failure| not_open(&failure, "/maintenance help schedule"))
    }

    /// Opens the form that a button asks for; `Some`: it is not open, and this is said instead.
    pub(super) async fn open_form(&self, slack: &Slack, press: &Press, button: Button) -> Option<Say> {
        let Button { action, subject, .. } = button;
        let id = subject.to_string();
        let line = format!("/maintenance help {}", action.verb());
        let origin = origin_of(press);
        // What will not be possible, whatever is filled in, is said before.
        let hopeless = |sort: &str| is_hopeless(action, sort);
        let refused = self.refused(slack, &press.caller, &press.channel, trial(button), hopeless).await;
        if refused.is_some() {
            return refused;
        }
        let view = match (action, subject) {
            (Action::Complete, Subject::Window(window)) => {
                let full = match self.service.full(window).await {
                    Ok(full) => full?,
                    Err(error) => return Some(say_fault(&id, &error)),
                };
                let open_items: Vec<_> =
                    item_lines(&full.items, &full.window.span.zone).into_iter().filter(|item| !item.done).collect();
                let url = self.service.organisation().window_url(&full.window);
                let (window, url) = (&full.window, Some(url.as_str()));
                modal(&Modal::Complete { window, open_items: &open_items, url, origin: &origin })
            }
            (Action::ExtendOther, Subject::Window(window)) => modal(&Modal::Extend { window, origin: &origin }),
            (Action::Reject, _) => modal(&Modal::Reject { button, origin: &origin }),
            _ => return Some(words(&format!("Type it: {line}"))),
        };
        let opened = slack.open_view(&press.trigger, &view).await;
        opened.err().map(|failure| not_open(&failure, &line))
    }

    /// What would be said if a dry run were refused in such a way.
    async fn refused(
        &self,
        slack: &Slack,
        caller: &Caller,
        channel: &str,
        input: Input,
        is_told: impl Fn(&str) -> bool,
    ) -> Option<Say> {
        match self.run_for(Asked { slack, caller, channel: Some(channel), within: None, input, key: None }).await {
            Ok(answer @ Answer::Refused(_)) => {
                let Answer::Refused(refused) = &answer else { return None };
                is_told(&refused.sort).then(|| self.say(&answer))
            }
            Ok(Answer::Done(_)) => None,
            Err(error) => Some(say_fault(channel, &error)),
        }
    }

    /// Somebody sent in a form.
    pub(super) async fn submission(&self, slack: &Slack, submission: Submission) -> Reply {
        let Some(submitted) = read_modal(&submission.view) else { return Reply::Nothing };
        let Submission { caller, view, key } = submission;
        let key = format!("slack/{}/view/{key}", caller.team);
        let origin = submitted.origin;
        let spot = Spot {
            workspace: slack.workspace().to_owned(),
            user: caller.user.clone(),
            channel: origin.channel,
            thread: origin.thread,
            response: origin.response,
            replaces: false,
        };
        let options = submitted.options.into_iter().map(|option| self.with_person(slack, option)).collect();
        let input = Input::Named { verb: submitted.verb, options };
        let waiting = Waiting { spot, caller, key, input, silent: false };
        match self.wait_for(slack, &waiting, IN_TIME).await {
            Came::Stored => Reply::Nothing,
            Came::NotStored => {
                self.say_not_stored(&waiting);
                Reply::Nothing
            }
            Came::Done(Err(error)) => Reply::Json(field_errors(&view, None, &fault(SOURCE, &waiting.key, &error))),
            Came::Done(Ok(Answer::Refused(refused))) => {
                let option = waiting.input.at_fault(refused.position, refused.hint.as_deref());
                Reply::Json(field_errors(&view, option.as_deref(), &refused.detail))
            }
            Came::Done(Ok(answer @ Answer::Done(_))) => {
                let (inbound, say) = (self.clone(), self.say(&answer));
                self.errands.spawn(async move { inbound.tell(waiting.spot, &waiting.key, say).await });
                Reply::Nothing
            }
        }
    }

    /// A person who was chosen from a list is called here what they are called elsewhere.
    fn with_person(&self, slack: &Slack, (name, text): (String, String)) -> (String, String) {
        let is_id = text.starts_with(['U', 'W']) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        let text = if name == "poc" && is_id { self.name_of(slack, &text) } else { text };
        (name, text)
    }
}

/// Where a form was opened by a button.
fn origin_of(press: &Press) -> Origin {
    Origin {
        channel: Some(press.channel.clone()),
        message: Some(press.message.clone()),
        thread: press.thread.clone(),
        response: press.response.clone(),
    }
}

/// Said where Slack does not open a form.
fn not_open(failure: &Failure, line: &str) -> Say {
    tracing::warn!(why = %failure, "a form could not be opened");
    words(&format!("Slack did not open the form. Try again, or type the command: {line} says how."))
}
