//! Sending to Slack: posts with buttons, asides in the thread of the newest post, earlier posts brought in step.
//!
//! A message in doubt is looked for by the key in its metadata before anything is decided about it. Only the newest post
//! of a window has buttons; in its thread one reply keeps the progress of the change list.

use chrono::{DateTime, Utc};

use super::about::About;
use super::{Answered, PATIENCE, Sender, said_with, since, unanswered};
use crate::domain::channel::{Channel, SlackPlace};
use crate::domain::event::Event;
use crate::domain::ledger::{Delivery, MessageKind};
use crate::message::action::{self, Button};
use crate::message::topic::Topic;
use crate::message::{Block, Message, text, words};
use crate::slack::api::{Failure, Post, Say, Slack};
use crate::slack::render;
use crate::store::Claimed;

/// Why a row could not be sent.
enum Trouble {
    /// Slack, or the way to it.
    Outside(Failure),
    /// The database, or a template.
    Fault(anyhow::Error),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Outside(failure)
    }
}

impl From<anyhow::Error> for Trouble {
    fn from(error: anyhow::Error) -> Self {
        Self::Fault(error)
    }
}

type Outcome<T> = Result<T, Trouble>;

/// Where something stands on Slack: the conversation and the timestamp that names it there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Spot {
    channel: String,
    ts: String,
}

impl Spot {
    fn id(&self) -> String {
        format!("{}/{}", self.channel, self.ts)
    }

    fn of(row: &Delivery) -> Option<Self> {
        let (channel, ts) = row.remote_id.as_deref()?.split_once('/')?;
        Some(Self { channel: channel.to_owned(), ts: ts.to_owned() })
    }
}

/// One row on its way to Slack.
struct Posting<'a> {
    sender: &'a Sender,
    slack: &'a Slack,
    row: &'a Delivery,
    about: &'a About,
    /// Something of it may be there already.
    doubt: bool,
    now: DateTime<Utc>,
}

impl Sender {
    /// Sends a row to Slack.
    pub(super) async fn on_slack(
        &self,
        claimed: &Claimed,
        place: &SlackPlace,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let row = &claimed.delivery;
        let Some(slack) = self.outside.slack.iter().find(|slack| slack.workspace() == place.workspace()) else {
            let error = "Slack is not configured there: add [slack] to the configuration".to_owned();
            return self.record(row, Answered::GiveUp(error), now).await;
        };
        let about = self.about(row).await?;
        let posting = Posting { sender: self, slack, row, about: &about, doubt: claimed.in_doubt, now };
        let work = async {
            let channel = slack.channel_id(place.target()).await?;
            let tried = posting.deliver(&channel).await;
            let Err(Trouble::Outside(Failure::Missing { .. })) = &tried else { return tried };
            // Another channel may carry the name by now.
            let named = slack.channel_id(place.target()).await?;
            if named == channel { tried } else { posting.deliver(&named).await }
        };
        let answered = match tokio::time::timeout(PATIENCE, work).await {
            Ok(Ok(None)) => return Ok(()),
            Ok(Ok(Some(sent))) => sent,
            Ok(Err(trouble)) => posting.answered(trouble)?,
            Err(_) => unanswered(row, "Slack takes too long".into(), now),
        };
        self.record(row, answered, now).await
    }
}

impl Posting<'_> {
    fn answered(&self, trouble: Trouble) -> anyhow::Result<Answered> {
        Ok(match trouble {
            Trouble::Outside(Failure::Later { at, why }) => {
                Answered::Retry { error: why, at: Some(at), in_doubt: self.doubt }
            }
            Trouble::Outside(Failure::Unsure { why }) => unanswered(self.row, why, self.now),
            Trouble::Outside(gone @ (Failure::Missing { .. } | Failure::Refused { .. })) => {
                Answered::GiveUp(gone.to_string())
            }
            Trouble::Fault(error) => return Err(error),
        })
    }

    /// Does it, unless it is there already; `None`: there is no need for it any more, which is recorded.
    async fn deliver(&self, channel: &str) -> Outcome<Option<Answered>> {
        if let Some(id) = self.arrived(channel).await? {
            return Ok(Some(Answered::Sent { id: Some(id), said_with: Vec::new() }));
        }
        let Some(about) = self.sender.worth_sending(self.row, self.now).await? else { return Ok(None) };
        let id = Posting { about: &about, ..*self }.send(channel).await?;
        Ok(Some(Answered::Sent { id, said_with: said_with(self.row, &about) }))
    }

    /// Does it; the id by which it is found again.
    async fn send(&self, channel: &str) -> Outcome<Option<String>> {
        if self.row.plan.message == MessageKind::PostEdit {
            return self.bring_in_step(channel).await;
        }
        let message = self.sender.tell(self.row, self.about, self.now)?;
        let thread = self.thread(channel).await?;
        let buttons = action::offered(&self.about.topic, self.row.plan.message, self.now);
        let say = self.say(&message, if thread.is_some() { &[] } else { &buttons });
        let post = Post { channel: channel.to_owned(), thread, say, key: Some(self.row.key()) };
        let ts = match self.slack.post(&post).await {
            // Somebody may have taken the post away that it belongs to: the next try looks which ones are there.
            Err(Failure::Missing { why }) if post.thread.is_some() && self.row.attempts <= 1 => {
                return Err(Failure::Later { at: self.now, why }.into());
            }
            posted => posted?,
        };
        Ok(Some(Spot { channel: channel.to_owned(), ts }.id()))
    }

    /// The thread that an aside belongs to: that of the newest post that is still there.
    async fn thread(&self, channel: &str) -> Outcome<Option<String>> {
        if !self.row.plan.message.is_aside() {
            return Ok(None);
        }
        for (_, post) in self.posts().into_iter().rev() {
            if self.row.attempts <= 1 || self.is_there(channel, &post.ts).await? {
                return Ok(Some(post.ts));
            }
        }
        Ok(None)
    }

    /// Whether a post has not been taken away.
    async fn is_there(&self, channel: &str, ts: &str) -> Outcome<bool> {
        match self.slack.find(channel, Some(ts), &self.row.key(), since(self.row)).await {
            Ok(_) => Ok(true),
            Err(Failure::Missing { .. }) => Ok(false),
            Err(failure) => Err(failure.into()),
        }
    }

    fn say(&self, message: &Message, buttons: &[Button]) -> Say {
        render::say(message, buttons, self.page().as_deref())
    }

    /// The page that shows all of it.
    fn page(&self) -> Option<String> {
        match &self.about.topic {
            Topic::Window(topic) => Some(self.sender.organisation.window_url(&topic.window)),
            Topic::Plan(_) => None,
        }
    }

    /// What is found of a message in doubt: in the channel, or in the thread of a post about the same.
    async fn arrived(&self, channel: &str) -> Outcome<Option<String>> {
        let message = self.row.plan.message;
        if !self.doubt || message == MessageKind::PostEdit {
            return Ok(None);
        }
        let (key, since) = (self.row.key(), since(self.row));
        let threads = self.posts().into_iter().filter(|_| message.is_aside()).map(|(_, spot)| Some(spot.ts));
        for thread in std::iter::once(None).chain(threads) {
            match self.slack.find(channel, thread.as_deref(), &key, since).await {
                Ok(Some(ts)) => return Ok(Some(Spot { channel: channel.to_owned(), ts }.id())),
                // A thread goes with its post.
                Err(Failure::Missing { .. }) if thread.is_some() => {}
                found => drop(found?),
            }
        }
        Ok(None)
    }

    /// What stands in the channel itself about the same window or plan, oldest first.
    fn posts(&self) -> Vec<(Delivery, Spot)> {
        let here = |row: &Delivery| row.plan.channel == self.row.plan.channel && row.id != self.row.id;
        let stands = |row: &Delivery| row.plan.message.has_buttons() || row.plan.message.needs_told();
        let rows = self.about.own_rows(self.row).into_iter().filter(|row| here(row) && stands(row));
        let mut posts: Vec<(Delivery, Spot)> = rows.filter_map(|row| Spot::of(&row).map(|spot| (row, spot))).collect();
        posts.sort_by(|a, b| a.1.ts.cmp(&b.1.ts));
        posts
    }

    /// Earlier posts say how things are now, and only the newest can be pressed; the thread of the newest shows how far
    /// the change list is. Answers where that stands.
    async fn bring_in_step(&self, channel: &str) -> Outcome<Option<String>> {
        let posts = self.posts();
        let newest = posts.last().map(|(row, _)| row.id).filter(|_| !self.another_is_due());
        // One that was just posted is as it should be.
        let fresh = |row: &Delivery| {
            let caused = &self.row.plan;
            newest == Some(row.id) && row.plan.occasion == caused.occasion && row.plan.sequence == caused.sequence
        };
        for (row, spot) in posts.iter().filter(|(row, _)| row.plan.message.has_buttons() && !fresh(row)) {
            let buttons = action::offered(&self.about.topic, row.plan.message, self.now);
            let buttons = if newest == Some(row.id) { buttons } else { Vec::new() };
            let say = self.say(&self.retold(row)?, &buttons);
            match self.slack.update(&spot.channel, &spot.ts, &say).await {
                // Somebody took it away, or it cannot be changed any more: there is nothing to bring in step.
                Ok(()) | Err(Failure::Missing { .. }) => {}
                Err(failure) => return Err(failure.into()),
            }
        }
        match posts.last() {
            Some((_, newest)) if newest.channel == channel => self.progress(channel, newest).await,
            _ => Ok(None),
        }
    }

    /// A post is about to take the place of the newest one.
    fn another_is_due(&self) -> bool {
        let soon = |row: &&Delivery| row.plan.channel == self.row.plan.channel && row.plan.due_at <= self.now;
        let posts = |row: &&Delivery| row.plan.message.has_buttons() || row.plan.message.needs_told();
        let rows = self.about.own_rows(self.row);
        rows.iter().filter(soon).filter(posts).any(|row| row.state.is_open())
    }

    /// An earlier post as it should read now. What caused it is not news to it.
    fn retold(&self, row: &Delivery) -> Outcome<Message> {
        let is_request = row.plan.message.is_request();
        let events: Vec<Event> = if is_request { self.about.request_of(row) } else { self.about.events_of(row) };
        let telling = self.sender.telling(&row.plan, self.about, &events, self.now);
        Ok(self.sender.templates.retell(&telling)?)
    }

    /// The reply that shows how far the change list is: edited wherever it stands, and made in the thread of the newest
    /// post once something was done.
    async fn progress(&self, channel: &str, newest: &Spot) -> Outcome<Option<String>> {
        let Topic::Window(topic) = &self.about.topic else { return Ok(None) };
        let (done, all) = topic.items.progress();
        let replies = self.progress_replies();
        if all == 0 || (replies.is_empty() && done == 0) {
            return Ok(None);
        }
        let mut message = Message::line(format!("Change list: {done} of {} done.", text::count(all, "item")));
        if self.knows_the_list() {
            let lines = words::item_lines(&topic.items, &topic.window.span.zone);
            message = message.block(Block::Items(lines));
        }
        let say = self.say(&message, &[]);
        for (_, reply) in &replies {
            match self.slack.update(&reply.channel, &reply.ts, &say).await {
                Ok(()) | Err(Failure::Missing { .. }) => {}
                Err(failure) => return Err(failure.into()),
            }
        }
        if let Some((_, reply)) = replies.iter().find(|(thread, _)| *thread == newest.ts) {
            return Ok(Some(format!("{}/{}", reply.id(), newest.ts)));
        }
        let key = format!("{} progress {}", self.row.subject, newest.id());
        let known = if self.row.attempts > 1 || self.doubt {
            self.slack.find(channel, Some(&newest.ts), &key, since(self.row)).await
        } else {
            Ok(None)
        };
        let posted = match known {
            Ok(None) => {
                let thread = Some(newest.ts.clone());
                self.slack.post(&Post { channel: channel.to_owned(), thread, say, key: Some(key) }).await
            }
            Ok(Some(ts)) => Ok(ts),
            Err(failure) => Err(failure),
        };
        match posted {
            Ok(ts) => Ok(Some(format!("{channel}/{ts}/{}", newest.ts))),
            // Somebody took the newest post away: the one that follows it gets such a reply again.
            Err(Failure::Missing { .. }) => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }

    /// The replies that show progress, each with the thread that it stands in.
    fn progress_replies(&self) -> Vec<(String, Spot)> {
        let mut replies: Vec<(String, Spot)> = Vec::new();
        let edits =
            |row: &&Delivery| row.plan.message == MessageKind::PostEdit && row.plan.channel == self.row.plan.channel;
        for row in self.about.own_rows(self.row).iter().filter(edits) {
            let mut parts = row.remote_id.as_deref().unwrap_or_default().split('/');
            if let (Some(channel), Some(ts), Some(thread)) = (parts.next(), parts.next(), parts.next())
                && !replies.iter().any(|(known, _)| known == thread)
            {
                replies.push((thread.to_owned(), Spot { channel: channel.to_owned(), ts: ts.to_owned() }));
            }
        }
        replies
    }

    /// Its readers got the change list, or are staff: they may read the items themselves.
    fn knows_the_list(&self) -> bool {
        let channel = &self.row.plan.channel;
        let organisation = &self.sender.organisation;
        let listed = self.about.rows.iter().any(|row| {
            row.plan.message == MessageKind::ChangeList && row.plan.channel == *channel && row.state.is_on_its_way()
        });
        let reads = |channels: &[Channel]| channels.contains(channel);
        listed || reads(&organisation.ops) || organisation.audiences.iter().any(|a| a.internal && reads(&a.channels))
    }
}
