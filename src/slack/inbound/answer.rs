//! Answers that only one person reads, and that come after Slack was answered: through the response URL, as a whisper in
//! the conversation, or in a direct message. What cannot be said now is stored and said later.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::work::Seen;
use super::{Inbound, SOURCE};
use crate::inward::ways::Ways;
use crate::inward::work::{Trouble, Worked};
use crate::service::inbox::Inbound as Row;
use crate::slack::api::{Post, Say, Slack};

/// By how much Slack's clock may be behind.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(10);

/// Where somebody waits for an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Spot {
    /// Id of the workspace in the configuration.
    pub workspace: String,
    pub user: String,
    pub channel: Option<String>,
    pub thread: Option<String>,
    pub response: Option<String>,
    /// The response URL comes first, and what was said there before is replaced.
    pub replaces: bool,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Note {
    pub spot: Spot,
    /// Tells it from every other.
    pub key: String,
    pub text: String,
    pub blocks: Vec<Value>,
    /// It may have been said before it was stored.
    pub in_doubt: bool,
}

impl Note {
    /// What is said about what has this key.
    pub(super) fn new(spot: Spot, key: &str, say: Say) -> Self {
        Self { spot, key: format!("tell {key}"), text: say.text, blocks: say.blocks, in_doubt: false }
    }
}

impl Inbound {
    /// Says something to one person; where Slack has no time for it, later.
    pub(super) async fn tell(&self, spot: Spot, key: &str, say: Say) {
        let note = Note::new(spot, key, say);
        // What takes the place of another answer may be said again; the rest came twice from Slack.
        if !note.spot.replaces && !self.errands.is_first(&note.key) {
            return;
        }
        match self.tell_now(&note, None).await {
            Ok(()) => {}
            Err(Trouble::Later(..)) => self.tell_later(note).await,
            Err(Trouble::Unsure(_)) => self.tell_later(Note { in_doubt: true, ..note }).await,
            Err(trouble) => tracing::warn!(key = note.key, ?trouble, "an answer reached nobody"),
        }
    }

    async fn tell_later(&self, note: Note) {
        let key = note.key.clone();
        let stored = match serde_json::to_string(&Seen::Tell(note)) {
            Ok(body) => self.service.receive(SOURCE, &key, &key, &body).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = stored {
            tracing::error!(key, error = format!("{error:#}"), "an answer could not be stored and is lost");
        }
    }

    /// Says what could not be said before.
    pub(super) async fn told(&self, row: &Row, note: &Note) -> Worked {
        let in_doubt = row.in_doubt || note.in_doubt;
        self.tell_now(note, in_doubt.then_some(row.received_at)).await
    }

    /// Tries one way after the other. It may have been said before where `doubtful_since` (UTC) is set, since then: only
    /// what was posted can be looked for; twice on the other ways is better than not at all.
    pub(super) async fn tell_now(&self, note: &Note, doubtful_since: Option<DateTime<Utc>>) -> Worked {
        let Some(slack) = self.workspace(&note.spot.workspace) else { return Ok(()) };
        let ways: [Way; 3] = if note.spot.replaces {
            [Way::Respond, Way::Whisper, Way::Write]
        } else {
            [Way::Whisper, Way::Respond, Way::Write]
        };
        let mut tried = Ways::default();
        for way in ways {
            // Nobody gets a direct message only because a channel takes no more at this moment.
            if tried.is_busy() && way == Way::Write {
                break;
            }
            if tried.tried(try_way(slack, note, way, doubtful_since).await)? {
                return Ok(());
            }
            // What may stand there already can still be replaced there: it is said nowhere else meanwhile.
            if tried.is_busy() && way == Way::Respond && doubtful_since.is_some() {
                break;
            }
        }
        Err(tried.end())
    }
}

/// How somebody is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Through the response URL.
    Respond,
    /// In the conversation, so that only they see it.
    Whisper,
    /// In a direct message.
    Write,
}

/// `false`: the way is not there.
async fn try_way(slack: &Slack, note: &Note, way: Way, doubtful_since: Option<DateTime<Utc>>) -> Worked<bool> {
    let Spot { user, channel, thread, response, replaces, .. } = &note.spot;
    let say = Say { text: note.text.clone(), blocks: note.blocks.clone() };
    match (way, response, channel) {
        (Way::Respond, Some(url), _) => slack.respond(url, &say, *replaces).await?,
        (Way::Whisper, _, Some(channel)) => slack.whisper(channel, user, thread.as_deref(), &say).await?,
        (Way::Respond | Way::Whisper, ..) => return Ok(false),
        (Way::Write, ..) => {
            let channel = slack.channel_id(user).await?;
            let key = Some(note.key.clone());
            if let Some(since) = doubtful_since
                && was_posted(slack, &channel, None, &note.key, since).await?
            {
                return Ok(true);
            }
            slack.post(&Post { channel, thread: None, say, key }).await?;
        }
    }
    Ok(true)
}

/// Whether what a row in doubt has to say stands there already, by its key.
pub(super) async fn was_posted(
    slack: &Slack,
    channel: &str,
    thread: Option<&str>,
    key: &str,
    received_at: DateTime<Utc>,
) -> Worked<bool> {
    Ok(slack.find(channel, thread, key, received_at - CLOCKS_DIFFER).await?.is_some())
}
