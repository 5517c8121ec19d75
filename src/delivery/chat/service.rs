//! What differs between chats: how a place is named, a message is made, a thread is begun, a key is hidden.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::delivery::Outside;
use crate::discord::api as discord_api;
use crate::discord::render as discord_render;
use crate::domain::channel::{Channel, DiscordPlace, DiscordTarget, SlackPlace};
use crate::domain::ledger::{MessageKind, Planned};
use crate::domain::organisation::Organisation;
use crate::message::Message;
use crate::message::action::Button;
use crate::outward::{Failure, Result};
use crate::slack::api as slack_api;
use crate::slack::render as slack_render;

/// Discord takes a nonce of at most 25 characters.
const NONCE: usize = 24;
/// Enough digits that no two messages of one channel share them.
const MARK: usize = 16;
/// How long the name of a thread on Discord may be, in characters.
const LONGEST_NAME: usize = 100;

/// Where a message stands: the conversation and what names it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// The conversation's id.
    pub channel: String,
    /// Slack's timestamp, or Discord's id.
    pub ts: String,
}

impl Spot {
    pub(super) fn id(&self) -> String {
        format!("{}/{}", self.channel, self.ts)
    }

    pub(super) fn read(id: &str) -> Option<Self> {
        let (channel, ts) = id.split_once('/')?;
        Some(Self { channel: channel.to_owned(), ts: ts.to_owned() })
    }

    /// Sorts messages of one conversation, the oldest first: both are numbers that grow.
    pub(super) fn age(&self) -> (usize, &str) {
        (self.ts.len(), &self.ts)
    }
}

/// What is said.
#[derive(Clone, Debug)]
pub(super) struct Note<'a> {
    pub message: &'a Message,
    pub buttons: &'a [Button],
    /// By which it is found again.
    pub key: String,
    /// The page with all of it.
    pub url: String,
    /// The window or plan that it is about.
    pub subject: String,
}

impl Note<'_> {
    /// Tells what is said from anything else that could be.
    pub(super) fn digest(&self) -> String {
        let buttons: Vec<String> = self.buttons.iter().map(ToString::to_string).collect();
        digits(&format!("{:?} {buttons:?} {}", self.message, self.url), 2 * MARK)
    }
}

/// A channel of a chat, and who reaches it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Chat<'a> {
    Slack(&'a slack_api::Slack, &'a SlackPlace),
    Discord(&'a discord_api::Discord, &'a DiscordPlace),
}

impl<'a> Chat<'a> {
    /// `None`: it is not configured.
    pub(super) fn of(outside: &'a Outside, channel: &'a Channel) -> Option<Self> {
        match channel {
            Channel::Slack(place) => {
                let slack = outside.slack.iter().find(|slack| slack.workspace() == place.workspace())?;
                Some(Self::Slack(slack, place))
            }
            Channel::Discord(place) => Some(Self::Discord(outside.discord.as_ref()?, place)),
            _ => None,
        }
    }

    /// Whether a message can be answered in a thread: on Discord not where two people talk.
    pub(super) fn has_threads(self) -> bool {
        match self {
            Self::Slack(..) => true,
            Self::Discord(_, place) => !place.is_person(),
        }
    }

    /// The id of the conversation.
    pub(super) async fn channel(self) -> Result<String> {
        match self {
            Self::Slack(slack, place) => slack.channel_id(place.target()).await,
            Self::Discord(discord, place) => discord.channel_id(place).await,
        }
    }

    /// The message with this key, in the conversation or a thread of it; not older than `since` (UTC).
    pub(super) async fn find(
        self,
        channel: &str,
        thread: Option<&str>,
        key: &str,
        since: DateTime<Utc>,
    ) -> Result<Option<Spot>> {
        match self {
            Self::Slack(slack, _) => {
                let found = slack.find(channel, thread, key, since).await?;
                Ok(found.map(|ts| Spot { channel: channel.to_owned(), ts }))
            }
            // A thread is a channel, with the id of the message that it began with.
            Self::Discord(discord, place) => {
                let channel = thread.filter(|_| !place.is_person()).unwrap_or(channel);
                let found = match discord.find(channel, &digits(key, MARK), since).await {
                    // Nothing has been said below that message yet.
                    Err(Failure::Missing { code: UNKNOWN_CHANNEL, .. }) if thread.is_some() => None,
                    found => found?,
                };
                Ok(found.map(|ts| Spot { channel: channel.to_owned(), ts }))
            }
        }
    }

    /// Whether a message has not been taken away and can be answered in a thread.
    pub(super) async fn is_there(self, channel: &str, ts: &str, key: &str, since: DateTime<Utc>) -> Result<bool> {
        let asked = match self {
            Self::Slack(slack, _) => slack.find(channel, Some(ts), key, since).await.map(drop),
            Self::Discord(discord, place) => {
                let subject = key.split('/').next().unwrap_or(key);
                match thread_of(discord, place, channel, ts, subject).await {
                    Ok(Some(thread)) => discord.unarchive(&thread).await,
                    Ok(None) => Ok(()),
                    Err(failure) => Err(failure),
                }
            }
        };
        match asked {
            Ok(()) => Ok(true),
            Err(Failure::Missing { .. }) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Posts, in the conversation or in the thread of one of its messages.
    pub(super) async fn post(
        self,
        channel: &str,
        thread: Option<&str>,
        note: &Note<'_>,
        plan: &Planned,
        organisation: &Organisation,
    ) -> Result<Spot> {
        match self {
            Self::Slack(slack, _) => {
                let say = slack_render::say(note.message, note.buttons, Some(&note.url));
                let (channel, thread) = (channel.to_owned(), thread.map(str::to_owned));
                let post = slack_api::Post { channel: channel.clone(), thread, say, key: Some(note.key.clone()) };
                Ok(Spot { ts: slack.post(&post).await?, channel })
            }
            Self::Discord(discord, place) => {
                let (users, roles) = notified(place, plan, organisation);
                let say = discord_render::notifying(shown(note), &users, &roles);
                let nonce = digits(&note.key, NONCE);
                let opened = match thread {
                    Some(message) => thread_of(discord, place, channel, message, &note.subject).await?,
                    None => None,
                };
                let channel = opened.unwrap_or_else(|| channel.to_owned());
                let ts = match discord.post(&channel, &say, Some(&nonce)).await {
                    // Nobody wrote there for a while.
                    Err(Failure::Missing { code: ARCHIVED, .. }) => {
                        discord.unarchive(&channel).await?;
                        discord.post(&channel, &say, Some(&nonce)).await?
                    }
                    posted => posted?,
                };
                Ok(Spot { channel, ts })
            }
        }
    }

    /// Changes what a message says.
    pub(super) async fn update(self, spot: &Spot, note: &Note<'_>) -> Result<()> {
        match self {
            Self::Slack(slack, _) => {
                let say = slack_render::say(note.message, note.buttons, Some(&note.url));
                slack.update(&spot.channel, &spot.ts, &say).await
            }
            Self::Discord(discord, _) => match discord.edit(&spot.channel, &spot.ts, &shown(note)).await {
                // What stands in a thread that went to the archive is brought in step there, and it comes back.
                Err(Failure::Missing { code: ARCHIVED, .. }) => {
                    discord.unarchive(&spot.channel).await?;
                    discord.edit(&spot.channel, &spot.ts, &shown(note)).await
                }
                edited => edited,
            },
        }
    }
}

/// Discord's word for a thread in the archive
/// (<https://docs.discord.com/developers/topics/opcodes-and-status-codes#json>).
const ARCHIVED: u64 = 50083;

/// Discord's word for a channel that is not there, and so for a thread that was not begun.
const UNKNOWN_CHANNEL: u64 = 10_003;

/// Discord's word for a thread where there can be none: below direct messages, and in a thread.
const NO_THREADS: u64 = 50024;

/// The thread of a message, opened if need be; none where there can be none: what would stand there follows the message.
async fn thread_of(
    discord: &discord_api::Discord,
    place: &DiscordPlace,
    channel: &str,
    message: &str,
    subject: &str,
) -> Result<Option<String>> {
    if place.is_person() {
        return Ok(None);
    }
    let name: String = subject.chars().take(LONGEST_NAME).collect();
    match discord.open_thread(channel, message, &name).await {
        Err(Failure::Missing { code: NO_THREADS, .. }) => Ok(None),
        opened => opened.map(Some),
    }
}

/// As Discord shows it, with its key hidden in the address of its title.
fn shown(note: &Note<'_>) -> discord_api::Say {
    let say = discord_render::say(note.message, note.buttons, Some(&note.url));
    discord_render::marked(say, &note.url, &digits(&note.key, MARK))
}

/// A key in so many hexadecimal digits.
fn digits(key: &str, count: usize) -> String {
    let mut digits = hex::encode(Sha256::digest(key.as_bytes()));
    digits.truncate(count);
    digits
}

/// Who on Discord is notified by name: the person it is for, where others read as well, and the roles of the audience.
/// Nobody is notified of asides.
fn notified(place: &DiscordPlace, plan: &Planned, organisation: &Organisation) -> (Vec<String>, Vec<String>) {
    if plan.message.is_aside() || plan.message == MessageKind::PostEdit {
        return (Vec::new(), Vec::new());
    }
    let person = plan.audience.strip_prefix('@').filter(|_| !place.is_person());
    let known = person.and_then(|person| organisation.people.get(person)?.discord.clone());
    let users = known.into_iter().filter_map(|place| match place.target() {
        DiscordTarget::Person(id) => Some(id.clone()),
        _ => None,
    });
    let audience = organisation.audiences.iter().find(|audience| audience.name == plan.audience);
    (users.collect(), audience.map(|audience| audience.mentions.clone()).unwrap_or_default())
}
