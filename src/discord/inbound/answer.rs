//! Answers that only one person reads, and that come after Discord was answered: edited in or said besides while the
//! interaction's token is good, then in a direct message; where that is not taken either, they are called in the channel,
//! without the answer itself, which is not for everybody.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Inbound;
use super::payload::Asker;
use super::run::words;
use crate::clock::Clock;
use crate::discord::api::{Failure, Say};
use crate::discord::render;
use crate::domain::channel::DiscordPlace;
use crate::inward::ways::Ways;
use crate::inward::work::{Trouble, Worked};

/// Discord's code where the first answer is not known, or nothing is known of the interaction.
const UNKNOWN_WEBHOOK: u64 = 10_015;
const UNKNOWN_MESSAGE: u64 = 10_008;
/// How often an answer is edited in while the first one, which is on its way, may not have arrived.
const TRIES: u32 = 3;
/// How long it may be on its way.
const ON_ITS_WAY: Duration = Duration::from_millis(700);
/// How much of a digest makes a message known again to Discord, in bytes: it takes 25 characters.
const NONCE: usize = 12;
/// Said to everybody where somebody can be told in no other way.
const CALLED: &str = "Your command was taken, but its answer came too late to be shown to you alone, and you take no direct \
    messages from maintbot. Look with /maintenance what came of it.";

/// Where somebody waits for an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Spot {
    pub user: String,
    /// The channel; none: a direct message.
    pub channel: Option<String>,
    /// The token of the interaction.
    pub token: String,
    /// The answer takes the place of what was said at once.
    pub replaces: bool,
}

/// An answer that somebody waits for, and that Discord did not take so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Owed {
    pub spot: Spot,
    /// What tells the interaction from every other.
    pub key: String,
    pub say: Say,
}

/// When an answer is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Just after the interaction was answered: that may still be on its way to Discord.
    AtOnce,
    /// At any time.
    Later,
}

/// How somebody is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// With the token of the interaction.
    Answer,
    /// In a direct message.
    Write,
    /// In the channel.
    Call,
}

impl Spot {
    pub(super) fn of(asker: &Asker, replaces: bool) -> Self {
        Self { user: asker.caller.user.clone(), channel: asker.channel.clone(), token: asker.token.clone(), replaces }
    }
}

impl Inbound {
    /// Says something to one person, the first way that works. What is said twice is the same, or is known again by Discord
    /// for some minutes.
    pub(super) async fn tell(&self, spot: &Spot, key: &str, say: &Say, when: When) -> Worked {
        let mut tried = Ways::default();
        for way in [Way::Answer, Way::Write, Way::Call] {
            if tried.tried(self.try_way(way, spot, key, say, when).await)? {
                return Ok(());
            }
            // Nobody is written to only because Discord takes no more at this moment.
            if tried.is_busy() {
                break;
            }
        }
        Err(tried.end())
    }

    /// `false`: the way is not there.
    async fn try_way(&self, way: Way, spot: &Spot, key: &str, say: &Say, when: When) -> Worked<bool> {
        match (way, &spot.channel) {
            (Way::Answer, _) if spot.replaces => self.edit_in(spot, say, when).await?,
            (Way::Answer, _) => self.discord.follow_up(&spot.token, say).await?,
            (Way::Write, _) => {
                let place = DiscordPlace::person(&spot.user).map_err(Trouble::Missing)?;
                let channel = self.discord.channel_id(&place).await?;
                self.discord.post(&channel, say, Some(&nonce(key))).await?;
            }
            (Way::Call, Some(channel)) => {
                let say = render::notifying(words(CALLED), std::slice::from_ref(&spot.user), &[]);
                self.discord.post(channel, &say, Some(&nonce(key))).await?;
            }
            (Way::Call, None) => return Ok(false),
        }
        Ok(true)
    }

    async fn edit_in(&self, spot: &Spot, say: &Say, when: When) -> Result<(), Failure> {
        let tries = if when == When::AtOnce { TRIES } else { 1 };
        for _ in 1..tries {
            match self.discord.edit_answer(&spot.token, say).await {
                Err(Failure::Missing { code: UNKNOWN_WEBHOOK | UNKNOWN_MESSAGE, .. }) => Clock::pause(ON_ITS_WAY).await,
                said => return said,
            }
        }
        self.discord.edit_answer(&spot.token, say).await
    }
}

/// By what Discord knows a message again for some minutes.
fn nonce(key: &str) -> String {
    hex::encode(&Sha256::digest(key.as_bytes())[..NONCE])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_the_same_for_the_same_answer_and_as_long_as_discord_takes() {
        assert_eq!(nonce("discord/7001"), nonce("discord/7001"));
        assert_ne!(nonce("discord/7001"), nonce("discord/7002"));
        assert!(nonce("x").len() <= 25);
    }
}
