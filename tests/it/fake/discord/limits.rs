//! How often Discord lets itself be asked, by the double's clock, and who asked again before it was time.
//!
//! Source: <https://docs.discord.com/developers/topics/rate-limits>. Discord tells the numbers in headers alone; those here
//! are of the order that it is seen to have.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::answer::Answer;
use super::faults::Scope;

/// So many requests a second, whatever they ask for.
const GLOBAL: usize = 50;
/// So many edits of messages older than an hour within so many seconds in a channel: Discord tells no number, this one is
/// what others have seen.
const OLD_EDITS: (usize, i64) = (3, 20);

/// What is counted: the bucket, and the channel, server or token where it is counted apart.
type Key = (String, String);

/// What was asked when.
#[derive(Debug, Default)]
pub struct Limits {
    /// When the time of a bucket began, and how many came in it.
    buckets: BTreeMap<Key, (DateTime<Utc>, usize)>,
    global: Vec<DateTime<Utc>>,
    /// Until when somebody was told to wait.
    wait: BTreeMap<Key, DateTime<Utc>>,
    wait_all: Option<DateTime<Utc>>,
    /// Edits of messages older than an hour, by channel.
    old_edits: BTreeMap<String, Vec<DateTime<Utc>>>,
    /// How many calls were refused since there were too many.
    pub exceeded: usize,
    /// Calls that came before the time that a 429 had said.
    pub impatient: Vec<String>,
    /// Answers of 401, 403 and 429 (without those shared): 10,000 within ten minutes and Discord bans the address.
    pub invalid: usize,
}

/// So many calls within so many seconds; none: not counted.
fn rate(route: &str) -> Option<(usize, i64)> {
    match route {
        "create_interaction_response" | "get_gateway" | "get_bot_gateway" | "gw" => None,
        "create_message" | "update_message" | "execute_webhook" | "update_original_webhook_message" => Some((5, 5)),
        "list_messages" => Some((10, 5)),
        "update_channel" => Some((5, 15)),
        "create_thread_from_message" => Some((50, 300)),
        "create_guild_scheduled_event" | "update_guild_scheduled_event" => Some((10, 20)),
        "bulk_set_application_commands" | "bulk_set_guild_application_commands" => Some((5, 20)),
        _ => Some((10, 10)),
    }
}

/// Whether a route is outside of the limit of all together: it has the token of an interaction.
fn apart(route: &str) -> bool {
    ["create_interaction_response", "execute_webhook", "gw"].contains(&route) || route.ends_with("webhook_message")
}

/// The name of a bucket, which says nothing.
fn bucket(route: &str) -> String {
    let mixed = route
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{mixed:016x}{:016x}", mixed.rotate_left(21))
}

impl Limits {
    /// Counts one call; the headers of its answer, or the 429 when it is one too many.
    pub fn ask(&mut self, route: &str, major: &str, now: DateTime<Utc>) -> Result<Vec<(String, String)>, Answer> {
        if !apart(route) {
            self.global.retain(|at| now - *at < TimeDelta::seconds(1));
            if self.global.len() >= GLOBAL {
                self.exceeded += 1;
                self.told(route, major, 1, Scope::Global, now);
                return Err(Answer::limited(1.0, "global"));
            }
            self.global.push(now);
        }
        let Some((most, seconds)) = rate(route) else { return Ok(Vec::new()) };
        let used = self.buckets.entry((bucket(route), major.to_owned())).or_insert((now, 0));
        if now - used.0 >= TimeDelta::seconds(seconds) {
            *used = (now, 0);
        }
        let (reset, full) = (used.0 + TimeDelta::seconds(seconds), used.1 >= most);
        used.1 += usize::from(!full);
        let after = (reset - now).num_seconds();
        let headers = [
            ("x-ratelimit-limit", most.to_string()),
            ("x-ratelimit-remaining", (most - used.1).to_string()),
            ("x-ratelimit-reset", format!("{}.000", reset.timestamp())),
            ("x-ratelimit-reset-after", format!("{after}.000")),
            ("x-ratelimit-bucket", bucket(route)),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        if full {
            self.exceeded += 1;
            self.told(route, major, after.max(1).unsigned_abs(), Scope::Bucket, now);
            let wait = f64::from(i32::try_from(after.max(1)).expect("a short time"));
            let refused = Answer::limited(wait, "user");
            return Err(headers.iter().fold(refused, |answer, (name, value)| answer.with(name, value)));
        }
        Ok(headers)
    }

    /// Counts an edit of a message that is older than an hour; the 429 when it is one too many.
    pub fn edit_old(&mut self, channel: &str, now: DateTime<Utc>) -> Result<(), Answer> {
        let edits = self.old_edits.entry(channel.to_owned()).or_default();
        edits.retain(|at| now - *at < TimeDelta::seconds(OLD_EDITS.1));
        if edits.len() < OLD_EDITS.0 {
            edits.push(now);
            return Ok(());
        }
        self.exceeded += 1;
        let wait = OLD_EDITS.1 - (now - edits[0]).num_seconds();
        let mut refused = Answer::limited(f64::from(i32::try_from(wait).expect("a short time")), "user");
        (refused.body["message"], refused.body["code"]) =
            (Answer::code(429, 30_046).body["message"].clone(), 30_046.into());
        Err(refused)
    }

    /// Writes down that a 429 told somebody to wait.
    pub fn told(&mut self, route: &str, major: &str, seconds: u64, scope: Scope, now: DateTime<Utc>) {
        let until = now + TimeDelta::seconds(i64::try_from(seconds).expect("a short time"));
        if scope == Scope::Global {
            self.wait_all = self.wait_all.max(Some(until));
            return;
        }
        let wait = self.wait.entry((bucket(route), major.to_owned())).or_insert(until);
        *wait = until.max(*wait);
    }

    /// Writes down a call that came before its time.
    pub fn look_at_the_clock(&mut self, route: &str, major: &str, now: DateTime<Utc>) {
        let all = self.wait_all.filter(|_| !apart(route));
        let until = [all, self.wait.get(&(bucket(route), major.to_owned())).copied()];
        if let Some(until) = until.into_iter().flatten().find(|until| now < *until) {
            self.impatient.push(format!("{route} at {now}, told to wait until {until}"));
        }
    }
}
