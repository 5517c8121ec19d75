//! Subscriptions: channels that asked by themselves to be told of maintenance. Each is an audience of its own under one
//! name, after those of the configuration, so that a channel which belongs to one of these hears everything once.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::channel::Channel;
use super::organisation::{Audience, Organisation};
use super::subject::id;

id! {
    /// The number of a subscription. Prints and parses as `SB-1`.
    SubscriptionId, "SB", "subscription"
}

/// The audience name of rows for subscribers. No audience of the configuration has it.
pub const SUBSCRIBERS: &str = "subscribers";
/// What is asked for by mail is forgotten unless it is confirmed within this time.
pub const CONFIRM_WITHIN: TimeDelta = TimeDelta::hours(48);
/// Nobody gets another mail to confirm before this time is over.
const ASK_AGAIN: TimeDelta = TimeDelta::minutes(10);
/// Mails to confirm that one address gets at most before what was asked for is confirmed or forgotten.
const MOST_ASKS: u32 = 3;

/// What a subscriber wants to hear of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Services; empty means all.
    pub services: Vec<String>,
    /// Regions; empty means all.
    pub regions: Vec<String>,
}

impl Choice {
    /// Whatever either of two choices has; who wants all of something wants all of it still.
    #[must_use]
    pub fn with(&self, more: &Self) -> Self {
        Self { services: both(&self.services, &more.services), regions: both(&self.regions, &more.regions) }
    }
}

fn both(own: &[String], more: &[String]) -> Vec<String> {
    if own.is_empty() || more.is_empty() {
        return Vec::new();
    }
    let new = more.iter().filter(|id| !own.contains(id));
    own.iter().chain(new).cloned().collect()
}

/// What somebody asked for in the name of an address, and its owner has not confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// What was chosen last.
    pub choice: Choice,
    /// When it was asked for last (UTC).
    pub asked_at: DateTime<Utc>,
    /// Mails that were owed for it.
    pub asks: u32,
}

impl Wish {
    /// Whether it can still be confirmed at `now` (UTC).
    #[must_use]
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        now < self.asked_at + CONFIRM_WITHIN
    }

    /// Whether its address may be written to once more at `now` (UTC).
    #[must_use]
    pub fn may_ask_again(&self, now: DateTime<Utc>) -> bool {
        !self.is_open(now) || (self.asks < MOST_ASKS && now >= self.asked_at + ASK_AGAIN)
    }
}

/// One channel that asked to be told. There is at most one of each channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// `SB-1`.
    pub id: SubscriptionId,
    /// Where it is told.
    pub channel: Channel,
    /// What it hears of, once it does.
    pub choice: Choice,
    /// Since when it hears of that (UTC); `None`: it was never confirmed.
    pub since: Option<DateTime<Utc>>,
    /// What waits for its owner.
    pub wish: Option<Wish>,
    /// What its links hold: 64 hexadecimal digits that nobody can guess. Every mail to it has them, so they are kept.
    pub token: String,
    /// Who asked for it first.
    pub created_by: String,
    /// When (UTC).
    pub created_at: DateTime<Utc>,
}

impl Subscription {
    /// The audience that it is; `None` before it is confirmed.
    #[must_use]
    pub fn audience(&self) -> Option<Audience> {
        let since = self.since?;
        Some(Audience {
            name: SUBSCRIBERS.into(),
            channels: vec![self.channel.clone()],
            here: false,
            services: self.choice.services.clone(),
            regions: self.choice.regions.clone(),
            announce: None,
            remind: None,
            change_list: None,
            messages: None,
            internal: false,
            send_hours: None,
            mentions: Vec::new(),
            language: None,
            style: None,
            since: Some(since),
        })
    }

    /// The page on which its owner confirms what was asked for.
    #[must_use]
    pub fn confirm_url(&self, organisation: &Organisation) -> String {
        format!("{}/subscribe/confirm/{}", organisation.public_url, self.token)
    }

    /// The page on which it ends, also at a single POST without login (RFC 8058).
    #[must_use]
    pub fn unsubscribe_url(&self, organisation: &Organisation) -> String {
        format!("{}/unsubscribe/{}", organisation.public_url, self.token)
    }

    /// Its channel for the audit trail, which outlives it: of an address of mail the first letter and the domain.
    #[must_use]
    pub fn masked(&self) -> String {
        match &self.channel {
            Channel::Email(address) => {
                let first: String = address.local().chars().take(1).collect();
                format!("email:{first}…@{}", address.domain())
            }
            channel => channel.to_string(),
        }
    }
}

/// What a token is looked up by: the time that takes says nothing about tokens that exist.
#[must_use]
pub fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

impl Organisation {
    /// The organisation with these subscriptions as audiences after its own.
    #[must_use]
    pub fn with_subscribers(&self, subscriptions: &[Subscription]) -> Self {
        let mut organisation = self.clone();
        organisation.audiences.extend(subscriptions.iter().filter_map(Subscription::audience));
        organisation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(services: &[&str], regions: &[&str]) -> Choice {
        let owned = |ids: &[&str]| ids.iter().map(ToString::to_string).collect();
        Choice { services: owned(services), regions: owned(regions) }
    }

    fn subscription(channel: &str) -> Subscription {
        Subscription {
            id: SubscriptionId(1),
            channel: channel.parse().expect("a channel"),
            choice: choice(&["jira"], &[]),
            since: None,
            wish: None,
            token: "0".repeat(64),
            created_by: "anna".into(),
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn who_asks_twice_hears_of_both_and_who_wanted_all_still_does() {
        let jira = choice(&["jira"], &["eu"]);
        assert_eq!(jira.with(&choice(&["crm", "jira"], &["eu"])), choice(&["jira", "crm"], &["eu"]));
        assert_eq!(jira.with(&choice(&[], &["apac"])), choice(&[], &["eu", "apac"]));
        assert_eq!(choice(&[], &[]).with(&jira), choice(&[], &[]));
    }

    #[test]
    fn an_address_is_written_to_at_most_three_times_and_never_twice_in_ten_minutes() {
        let at = |minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        let wish = |asks| Wish { choice: Choice::default(), asked_at: at(0), asks };
        assert!(!wish(1).may_ask_again(at(9)) && wish(1).may_ask_again(at(10)));
        assert!(!wish(3).may_ask_again(at(10)) && !wish(3).may_ask_again(at(48 * 60 - 1)));
        assert!(wish(3).may_ask_again(at(48 * 60)) && !wish(3).is_open(at(48 * 60)));
    }

    #[test]
    fn nobody_is_an_audience_before_they_confirm() {
        let mut asked = subscription("email:anna@example.com");
        assert_eq!(asked.audience(), None);
        asked.since = Some(DateTime::UNIX_EPOCH);
        let audience = asked.audience().expect("an audience");
        assert_eq!((audience.name.as_str(), audience.since), (SUBSCRIBERS, asked.since));
    }

    #[test]
    fn the_audit_trail_keeps_no_address_of_mail() {
        assert_eq!(subscription("email:anna@example.com").masked(), "email:a…@example.com");
        assert_eq!(subscription("slack:#ce").masked(), "slack:#ce");
    }
}
