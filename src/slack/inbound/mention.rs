//! Commands in messages that mention maintbot, answered in the thread, once. In the thread of a window's post that window
//! is meant where none is named.

use super::Inbound;
use super::answer::was_posted;
use super::run::{Asked, say_fault};
use super::typed::{after_mention, as_typed};
use super::work::Written;
use crate::command::Input;
use crate::domain::channel::Lane;
use crate::domain::subject::Subject;
use crate::inward::work::{Trouble, Worked, is_old};
use crate::service::inbox::Inbound as Row;
use crate::slack::api::Post;

impl Inbound {
    /// Somebody wrote to maintbot.
    pub(super) async fn mentioned(&self, row: &Row, written: &Written) -> Worked {
        let Some(slack) = self.workspace(&written.workspace) else { return Ok(()) };
        let mention = &written.mention;
        let me = slack.me().await?;
        let Some(text) = after_mention(&mention.text, &me.user).filter(|_| mention.caller.user != me.user) else {
            return Ok(());
        };
        let text = if text.is_empty() { "help" } else { text };
        let place = format!("{}/{}", mention.caller.team, mention.channel);
        let within = match &mention.thread {
            Some(thread) => {
                self.service.posted_as(Lane::Slack, &mention.channel, thread).await?.and_then(Subject::window)
            }
            None => None,
        };
        let key = format!("slack/{place}/mention/{}", mention.at);
        let asked = Asked {
            slack,
            caller: &mention.caller,
            channel: Some(&mention.channel),
            within,
            input: Input::Text(as_typed(text, |user| self.name_of(slack, user))),
            key: Some(key.clone()),
        };
        let say = match self.run_for(asked).await {
            Ok(answer) => self.say(&answer),
            Err(error) if is_old(row, &self.clock) => say_fault(&key, &error),
            Err(error) => return Err(Trouble::Fault(error)),
        };
        let thread = mention.thread.as_ref().unwrap_or(&mention.message);
        let own = format!("reply {place}/{}", mention.at);
        if row.in_doubt && was_posted(slack, &mention.channel, Some(thread), &own, row.received_at).await? {
            return Ok(());
        }
        let (channel, thread) = (mention.channel.clone(), Some(thread.clone()));
        slack.post(&Post { channel, thread, say, key: Some(own) }).await?;
        Ok(())
    }
}
