//! How much may be asked of Discord, and when. Pure: time is passed in.
//!
//! Discord sorts routes into buckets, each counted by the channel, server or interaction that it is about, and tells with
//! every answer how much room is left; besides, it takes 50 calls a second in all. Whoever gets 10,000 answers of "not you"
//! or "not now" within ten minutes is shut out (<https://docs.discord.com/developers/topics/rate-limits>): so what was
//! refused once is left alone for a while.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::pace::{Bucket, Recent, Told};
use super::route::Route;
use crate::outward::{Away, Failure, SHORT, doubled};

/// Calls in a second, of the 50 that Discord takes.
const A_SECOND: usize = 45;
/// Calls in a second of a route with one channel or server, before Discord has told its limit.
const UNTOLD: usize = 5;
/// How long what was refused is left alone, and the stretch in which Discord counts what it did not take.
const REFUSED: TimeDelta = TimeDelta::minutes(10);
/// So many answers of "not you" or "not now" stop everything, of the 10,000 that shut us out.
const MOST_INVALID: u32 = 1_000;
/// The first hold after a refusal that does not say how long, and the longest.
const LIMITED: [TimeDelta; 2] = [TimeDelta::seconds(5), TimeDelta::minutes(1)];
/// With more kept than this, what is over is forgotten.
const KEPT: usize = 500;

/// What a call counts for: its route, and the channel, server or interaction that it is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    pub(super) route: Route,
    /// Empty where it is about none. An interaction is known by its token, which is a secret.
    pub(super) target: String,
}

/// Why nothing is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Until then (UTC, injected clock), for this reason.
    Until(DateTime<Utc>, &'static str),
    /// It was refused a while ago, with this, and is not asked again yet.
    Refused(Failure),
}

/// For whom a limit is that Discord told with a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// For this bucket.
    Own,
    /// For everybody who does something there: it does not count against maintbot.
    Shared,
    /// For every call but answers to interactions.
    Global,
    /// For every call: what stands before Discord keeps maintbot out.
    Door,
}

/// What Discord was asked and what is left alone. All instants are those of the injected clock (UTC).
#[derive(Default)]
pub(super) struct Limits {
    away: Away,
    /// Nothing at all is sent until then.
    stopped: Option<DateTime<Utc>>,
    /// The bot's token was refused.
    unknown: Option<DateTime<Utc>>,
    /// Discord asked for a pause of all calls that it counts together.
    global: Option<DateTime<Utc>>,
    /// Refusals one after the other that did not say how long.
    limited: u32,
    /// Calls that are counted together.
    all: Recent,
    slots: BTreeMap<Slot, Known>,
    buckets: BTreeMap<(String, String), Bucket>,
    refused: BTreeMap<Slot, (DateTime<Utc>, Failure)>,
    invalid: Option<(DateTime<Utc>, u32)>,
}

/// What is known of a slot.
#[derive(Default)]
struct Known {
    /// The name of its bucket, once Discord told it.
    bucket: Option<String>,
    recent: Recent,
    /// Calls that are under way.
    flying: u64,
    /// Discord asked to leave it alone until then.
    held: Option<DateTime<Utc>>,
}

impl Limits {
    /// Whether a call may be made at `now`; if so, it counts as made.
    ///
    /// # Errors
    /// Why not. Nothing was counted then.
    pub(super) fn admit(&mut self, now: DateTime<Utc>, slot: &Slot) -> Result<(), Held> {
        self.forget(now);
        if let Some((_, failure)) = self.refused.get(slot).filter(|(until, _)| *until > now) {
            return Err(Held::Refused(failure.clone()));
        }
        let counted = !slot.route.is_answer();
        // Whoever waits for an answer waits three seconds: it is tried whatever happened to other calls.
        let others = if counted {
            [
                (self.unknown, "Discord does not know the bot's token"),
                (self.global, "Discord asked for a pause"),
                (self.away.until(), "Discord does not answer"),
                (self.all.full_until(now, A_SECOND), "there were as many calls as there may be in a second"),
            ]
        } else {
            Default::default()
        };
        let known = self.slots.entry(slot.clone()).or_default();
        let bucket = known.bucket.as_ref().map(|name| (name.clone(), slot.target.clone()));
        let mut bucket = bucket.and_then(|key| self.buckets.get_mut(&key));
        let room = match &bucket {
            Some(bucket) => bucket.full_until(now),
            None => known.recent.full_until(now, UNTOLD),
        };
        let own = [
            (self.stopped, "Discord took too few of the calls before"),
            (known.held, "Discord asked for a pause there"),
            (room, "there were as many calls as Discord takes there"),
        ];
        let holds = others.into_iter().chain(own).filter_map(|(until, why)| until.map(|until| (until, why)));
        if let Some((until, why)) = holds.max_by_key(|(until, _)| *until).filter(|(until, _)| *until > now) {
            return Err(Held::Until(until, why));
        }
        match &mut bucket {
            Some(bucket) => bucket.take(now),
            None => known.recent.add(now),
        }
        known.flying += 1;
        if counted {
            self.all.add(now);
            self.away.goes_out(now);
        }
        Ok(())
    }

    /// A call that was let out is over, whatever came of it.
    pub(super) fn landed(&mut self, slot: &Slot) {
        if let Some(known) = self.slots.get_mut(slot) {
            known.flying = known.flying.saturating_sub(1);
        }
    }

    /// Discord answered: it is there, and tells how much room is left.
    pub(super) fn answered(&mut self, now: DateTime<Utc>, slot: &Slot, told: Option<&Told>) {
        self.away.is_back();
        let Some(told) = told else { return };
        let known = self.slots.entry(slot.clone()).or_default();
        known.bucket = Some(told.bucket.clone());
        // What else is under way was let out before this was known, and may not be counted in it.
        let under_way = Told { remaining: told.remaining.saturating_sub(known.flying), ..told.clone() };
        let bucket = self.buckets.entry((told.bucket.clone(), slot.target.clone()));
        bucket.and_modify(|bucket| bucket.hear(told, now)).or_insert_with(|| Bucket::new(&under_way, now));
    }

    /// Discord took a call.
    pub(super) fn took(&mut self, now: DateTime<Utc>) {
        self.limited = 0;
        self.unknown = self.unknown.filter(|until| *until > now);
    }

    /// Discord refused a call because of a limit. Returns when to come back.
    pub(super) fn limited(
        &mut self,
        now: DateTime<Utc>,
        slot: &Slot,
        scope: Scope,
        retry_after: Option<TimeDelta>,
    ) -> DateTime<Utc> {
        let wait = retry_after.unwrap_or_else(|| {
            self.limited = self.limited.saturating_add(1);
            doubled(LIMITED, self.limited)
        });
        let at = now + wait + SHORT;
        let later = |held: Option<DateTime<Utc>>| held.map_or(at, |held| held.max(at));
        match scope {
            Scope::Door => self.stopped = Some(later(self.stopped)),
            Scope::Global if !slot.route.is_answer() => self.global = Some(later(self.global)),
            Scope::Global | Scope::Own | Scope::Shared => {
                let known = self.slots.entry(slot.clone()).or_default();
                known.held = Some(later(known.held));
            }
        }
        if scope != Scope::Shared {
            self.was_invalid(now);
        }
        at
    }

    /// Discord did not answer, or said that it cannot. Returns when to try again.
    pub(super) fn failed(&mut self, now: DateTime<Utc>, slot: &Slot, retry_after: Option<TimeDelta>) -> DateTime<Utc> {
        let at = self.away.failed(now);
        let Some(wait) = retry_after else { return at };
        let known = self.slots.entry(slot.clone()).or_default();
        let held = known.held.map_or(now + wait + SHORT, |held| held.max(now + wait + SHORT));
        known.held = Some(held);
        held.max(at)
    }

    /// Discord does not know the bot's token: nothing that shows it is sent for ten minutes. Returns whether that is news.
    pub(super) fn unknown_token(&mut self, now: DateTime<Utc>) -> bool {
        let is_news = self.unknown.is_none();
        self.unknown = Some(now + REFUSED);
        self.was_invalid(now);
        is_news
    }

    /// Discord does not let maintbot do it there: not tried again for ten minutes, and answered with the same failure.
    pub(super) fn forbidden(&mut self, now: DateTime<Utc>, slot: &Slot, failure: Failure) {
        self.refused.insert(slot.clone(), (now + REFUSED, failure));
        self.was_invalid(now);
    }

    /// One of the answers that Discord counts before it shuts somebody out.
    pub(super) fn was_invalid(&mut self, now: DateTime<Utc>) {
        let (since, count) = self.invalid.filter(|(since, _)| *since + REFUSED > now).unwrap_or((now, 0));
        self.invalid = Some((since, count + 1));
        if count + 1 >= MOST_INVALID {
            self.stopped = Some(self.stopped.map_or(since + REFUSED, |stopped| stopped.max(since + REFUSED)));
        }
    }

    /// Keeps what is known from growing with every channel and interaction there ever was.
    fn forget(&mut self, now: DateTime<Utc>) {
        if self.refused.len() > KEPT {
            self.refused.retain(|_, (until, _)| *until > now);
        }
        if self.slots.len() + self.buckets.len() <= KEPT {
            return;
        }
        self.buckets.retain(|_, bucket| !bucket.is_over(now));
        let buckets = &self.buckets;
        self.slots.retain(|slot, known| {
            let has_bucket =
                known.bucket.clone().is_some_and(|name| buckets.contains_key(&(name, slot.target.clone())));
            has_bucket || known.flying > 0 || !known.recent.is_over(now) || known.held.is_some_and(|held| held > now)
        });
    }
}
