//! How often Slack lets itself be asked, by the double's clock, and who asked again before it was time.
//!
//! Source: <https://docs.slack.dev/apis/web-api/rate-limits>. Slack counts per method, workspace and app.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::methods::Tier;

/// So many messages in a channel are let through at once.
const BURST: i64 = 3;

/// What is counted: team, method, and the conversation where that matters.
type Key = (String, String, Option<String>);

/// What was asked when.
#[derive(Debug, Default)]
pub struct Limits {
    /// Calls within the last minute.
    calls: BTreeMap<Key, Vec<DateTime<Utc>>>,
    /// Until when somebody was told to wait.
    wait: BTreeMap<Key, DateTime<Utc>>,
    /// How many calls were refused since there were too many.
    pub exceeded: usize,
    /// Calls that came before the time that a 429 had said.
    pub impatient: Vec<String>,
}

impl Tier {
    /// Calls a minute. Slack promises the least of a tier; of tier 1 it lets through as many as an app may have sockets.
    fn per_minute(self) -> usize {
        match self {
            Self::One => 10,
            Self::Two => 20,
            Self::Three => 50,
            Self::Four => 100,
            Self::Special => 600,
            Self::Posting => usize::MAX,
        }
    }
}

impl Limits {
    /// Counts one call; the seconds to wait when it is one too many.
    pub fn ask(
        &mut self,
        team: &str,
        method: &str,
        tier: Tier,
        channel: Option<&str>,
        now: DateTime<Utc>,
    ) -> Option<u64> {
        let posting = tier == Tier::Posting;
        let key = (team.to_owned(), method.to_owned(), channel.filter(|_| posting).map(str::to_owned));
        let calls = self.calls.entry(key.clone()).or_default();
        calls.retain(|at| now - *at < TimeDelta::minutes(1));
        let seconds = if posting { one_a_second(calls, now) } else { within(calls, tier.per_minute(), now) };
        match seconds {
            None => calls.push(now),
            Some(seconds) => {
                self.exceeded += 1;
                self.told_to_wait(key, seconds, now);
            }
        }
        seconds
    }

    /// Writes down that a 429 told somebody to wait: the method, or the conversation alone.
    pub fn told(&mut self, team: &str, method: &str, channel: Option<&str>, seconds: u64, now: DateTime<Utc>) {
        self.told_to_wait((team.to_owned(), method.to_owned(), channel.map(str::to_owned)), seconds, now);
    }

    fn told_to_wait(&mut self, key: Key, seconds: u64, now: DateTime<Utc>) {
        let until = now + TimeDelta::seconds(i64::try_from(seconds).expect("a short time"));
        let wait = self.wait.entry(key).or_insert(until);
        *wait = until.max(*wait);
    }

    /// Writes down a call that came before its time, by any of the 429s that it has to obey.
    pub fn look_at_the_clock(&mut self, team: &str, method: &str, channel: Option<&str>, now: DateTime<Utc>) {
        let key = |channel: Option<&str>| (team.to_owned(), method.to_owned(), channel.map(str::to_owned));
        let until = [self.wait.get(&key(None)), channel.and_then(|channel| self.wait.get(&key(Some(channel))))];
        if let Some(until) = until.into_iter().flatten().find(|until| now < **until) {
            let place = channel.map(|channel| format!(" in {channel}")).unwrap_or_default();
            self.impatient.push(format!("{method}{place} at {now}, told to wait until {until}"));
        }
    }
}

/// A bucket that holds a few messages and fills by one a second.
fn one_a_second(calls: &[DateTime<Utc>], now: DateTime<Utc>) -> Option<u64> {
    let (mut full, mut seen) = (BURST, None::<DateTime<Utc>>);
    for at in calls {
        full = seen.map_or(BURST, |seen| (full + (*at - seen).num_seconds()).min(BURST)) - 1;
        seen = Some(*at);
    }
    let full = seen.map_or(BURST, |seen| (full + (now - seen).num_seconds()).min(BURST));
    (full < 1).then_some(1)
}

/// At most so many within any minute.
fn within(calls: &[DateTime<Utc>], most: usize, now: DateTime<Utc>) -> Option<u64> {
    if calls.len() < most {
        return None;
    }
    let free_at = calls[calls.len() - most] + TimeDelta::minutes(1);
    Some(u64::try_from((free_at - now).num_seconds()).unwrap_or_default().max(1))
}
