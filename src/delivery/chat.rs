//! Sending to chats: posts with buttons, asides in the thread of the newest post, earlier posts brought in step.
//!
//! A message in doubt is looked for by its hidden key before anything is decided about it. Only the newest post of a
//! window has buttons; in its thread one reply keeps the progress of the change list. What differs between chats is in
//! [`service`].

mod event;
mod service;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};

use self::service::{Chat, Note, Spot};
use super::about::About;
use super::failure::{Outcome, Trouble};
use super::{Answered, Sender, said_with, since};
use crate::domain::channel::Channel;
use crate::domain::event::Event;
use crate::domain::ledger::{Delivery, MessageKind};
use crate::message::action::{self, Button};
use crate::message::topic::Topic;
use crate::message::{Block, Message, text, words};
use crate::outward::{Failure, locked};
use crate::store::Claimed;

/// So many rows are remembered at most.
const MOST_REMEMBERED: usize = 1_000;

/// What has been brought in step on behalf of rows that are not done yet: a chat takes only so many edits at a time, and the
/// next try goes on where this one has to stop.
#[derive(Clone, Debug, Default)]
pub(super) struct Edited {
    by_row: Arc<Mutex<HashMap<i64, HashSet<String>>>>,
}

impl Edited {
    fn holds(&self, row: i64, edit: &str) -> bool {
        let known = locked(&self.by_row);
        known.get(&row).is_some_and(|edits| edits.contains(edit))
    }

    fn add(&self, row: i64, edit: String) {
        let mut known = locked(&self.by_row);
        // Rows that something newer took the place of are never done; whatever is forgotten is edited once more.
        if known.len() >= MOST_REMEMBERED && !known.contains_key(&row) {
            known.clear();
        }
        known.entry(row).or_default().insert(edit);
    }

    fn forget(&self, row: i64) {
        locked(&self.by_row).remove(&row);
    }
}

/// One row on its way to a chat.
struct Posting<'a> {
    sender: &'a Sender,
    chat: Chat<'a>,
    row: &'a Delivery,
    about: &'a About,
    /// Something of it may be there already.
    doubt: bool,
    now: DateTime<Utc>,
}

impl Sender {
    /// Sends a row to a chat; `Some`: the channel takes nothing before then (UTC).
    pub(super) async fn in_chat(&self, claimed: &Claimed, now: DateTime<Utc>) -> anyhow::Result<Option<DateTime<Utc>>> {
        let row = &claimed.delivery;
        let Some(chat) = Chat::of(&self.outside, &row.plan.channel) else {
            let error = format!("[{}] in the configuration does not say how it is reached", row.plan.channel.lane());
            return self.record(row, Answered::GiveUp(error), now).await.map(|()| None);
        };
        let about = self.about(row).await?;
        let posting = Posting { sender: self, chat, row, about: &about, doubt: claimed.in_doubt, now };
        self.see_through(row, claimed.in_doubt, now, posting.at_its_place()).await
    }
}

impl Posting<'_> {
    async fn at_its_place(&self) -> Outcome<Option<Answered>> {
        if self.row.plan.message == MessageKind::ScheduledEvent {
            return self.keep_event().await;
        }
        let channel = self.chat.channel().await?;
        let tried = self.deliver(&channel).await;
        let Err(Trouble::Outside(Failure::Missing { .. })) = &tried else { return tried };
        // Another channel may carry the name by now.
        let named = self.chat.channel().await?;
        if named == channel { tried } else { self.deliver(&named).await }
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
            let shown = self.bring_in_step(channel).await?;
            self.sender.edited.forget(self.row.id);
            return Ok(shown);
        }
        let message = self.sender.tell(self.row, self.about, self.now)?;
        let thread = self.thread(channel).await?;
        let buttons = action::offered(&self.about.topic, self.row.plan.message, self.now);
        let buttons = if thread.is_some() { Vec::new() } else { buttons };
        let note = self.note(&message, &buttons, self.row.key());
        let sender = self.sender;
        let spot = match self.chat.post(channel, thread.as_deref(), &note, &self.row.plan, &sender.organisation).await {
            // Somebody may have taken the post away that it belongs to: the next try looks which ones are there.
            Err(Failure::Missing { why, .. }) if thread.is_some() && self.row.attempts <= 1 => {
                return Err(Failure::Later { at: self.now, why }.into());
            }
            posted => posted?,
        };
        Ok(Some(spot.id()))
    }

    /// The thread that an aside belongs to: that of the newest post that is still there.
    async fn thread(&self, channel: &str) -> Outcome<Option<String>> {
        if !self.row.plan.message.is_aside() || !self.chat.has_threads() {
            return Ok(None);
        }
        for (_, post) in self.posts().into_iter().rev() {
            if self.row.attempts <= 1 || self.chat.is_there(channel, &post.ts, &self.row.key(), since(self.row)).await?
            {
                return Ok(Some(post.ts));
            }
        }
        Ok(None)
    }

    /// What is posted, with the key by which it is found again.
    fn note<'m>(&self, message: &'m Message, buttons: &'m [Button], key: String) -> Note<'m> {
        Note { message, buttons, key, url: self.page(), subject: self.row.subject.to_string() }
    }

    /// The page that shows all of it.
    fn page(&self) -> String {
        let organisation = &self.sender.organisation;
        match &self.about.topic {
            Topic::Window(topic) => organisation.window_url(&topic.window),
            Topic::Plan(topic) => organisation.plan_url(topic.phases.plan.id),
            Topic::Advisory(topic) => organisation.advisory_url(topic.advisory.id),
            Topic::Subscription(_) => format!("{}/subscribe", organisation.public_url),
            Topic::Digest(_) => organisation.public_url.clone(),
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
            match self.chat.find(channel, thread.as_deref(), &key, since).await {
                Ok(Some(spot)) => return Ok(Some(spot.id())),
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
        let mut posts: Vec<(Delivery, Spot)> =
            rows.filter_map(|row| Spot::read(row.remote_id.as_deref()?).map(|spot| (row, spot))).collect();
        posts.sort_by(|a, b| a.1.age().cmp(&b.1.age()));
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
            let message = self.retold(row)?;
            self.bring(spot, &self.note(&message, &buttons, row.key())).await?;
        }
        match posts.last() {
            Some((_, newest)) if newest.channel == channel && self.chat.has_threads() => {
                self.progress(channel, newest).await
            }
            _ => Ok(None),
        }
    }

    /// Changes what a message says, unless this row has done just that before.
    async fn bring(&self, spot: &Spot, note: &Note<'_>) -> Outcome<()> {
        let (edited, row) = (&self.sender.edited, self.row.id);
        let edit = format!("{} {}", spot.id(), note.digest());
        if edited.holds(row, &edit) {
            return Ok(());
        }
        match self.chat.update(spot, note).await {
            // Somebody took it away, or it cannot be changed any more: there is nothing to bring in step.
            Ok(()) | Err(Failure::Missing { .. }) => edited.add(row, edit),
            Err(failure) => return Err(failure.into()),
        }
        Ok(())
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
        let key = |thread: &Spot| format!("{} progress {}", self.row.subject, thread.id());
        for (thread, reply) in &replies {
            let of = Spot { channel: channel.to_owned(), ts: thread.clone() };
            self.bring(reply, &self.note(&message, &[], key(&of))).await?;
        }
        if let Some((_, reply)) = replies.iter().find(|(thread, _)| *thread == newest.ts) {
            return Ok(Some(format!("{}/{}", reply.id(), newest.ts)));
        }
        let note = self.note(&message, &[], key(newest));
        let known = if self.row.attempts > 1 || self.doubt {
            self.chat.find(channel, Some(&newest.ts), &note.key, since(self.row)).await
        } else {
            Ok(None)
        };
        let posted = match known {
            Ok(None) => {
                let sender = self.sender;
                self.chat.post(channel, Some(&newest.ts), &note, &self.row.plan, &sender.organisation).await
            }
            Ok(Some(spot)) => Ok(spot),
            Err(failure) => Err(failure),
        };
        match posted {
            Ok(spot) => Ok(Some(format!("{}/{}", spot.id(), newest.ts))),
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
