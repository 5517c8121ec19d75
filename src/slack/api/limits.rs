//! How much may be asked of one workspace, and when. Pure: time is passed in.
//!
//! Slack counts each method by itself (so many calls a minute), lets one message a second into a channel, and says with
//! `Retry-After` how long to stay away. The first two are kept ahead of time, the last is obeyed. Source: Slack's "Rate
//! limits". Bursts, which Slack bears within reason, are not used.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use super::method::Method;
use crate::outward::{Away, SHORT, doubled};

/// Between two messages in a channel: never two in the same second of the clock.
const APART: TimeDelta = TimeDelta::seconds(1);
/// The first hold of a method after a refusal that does not say how long, and the longest.
const REFUSED: [TimeDelta; 2] = [TimeDelta::seconds(5), TimeDelta::minutes(1)];

/// Until when nothing is sent, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    /// The first instant at which it may be asked again (UTC, injected clock).
    pub(super) at: DateTime<Utc>,
    /// The reason, for the operator.
    pub(super) why: &'static str,
}

/// What one workspace was asked and how long it is left alone. All instants are those of the injected clock (UTC).
#[derive(Debug, Default)]
pub(super) struct Limits {
    methods: BTreeMap<Method, Calls>,
    /// When a method that is called once a second in each channel may be called again there.
    channels: BTreeMap<(Method, String), DateTime<Utc>>,
    away: Away,
}

/// The calls of one method.
#[derive(Debug, Default)]
struct Calls {
    /// When it was called, of the last minute, in order.
    made: VecDeque<DateTime<Utc>>,
    /// Slack asked to leave it alone until then.
    held: Option<DateTime<Utc>>,
    /// Refusals one after the other that did not say how long.
    refusals: u32,
}

impl Limits {
    /// Whether a method may be called at `now`, in this channel where it is called in one; if so, it counts as called.
    ///
    /// # Errors
    /// Until when to wait. Nothing was counted then.
    pub(super) fn admit(&mut self, now: DateTime<Utc>, method: Method, channel: Option<&str>) -> Result<(), Hold> {
        let paced = channel.filter(|_| method.is_once_a_second());
        let calls = self.methods.entry(method).or_default();
        let slot = paced.and_then(|channel| self.channels.get(&(method, channel.to_owned())).copied());
        let held = [
            (calls.held, "Slack asked for a pause"),
            (self.away.until(), "Slack does not answer"),
            (calls.full_until(now, method), "it was called as often as it may be in a minute"),
            (slot, "a channel takes one message a second"),
        ];
        let latest = held.into_iter().filter_map(|(at, why)| at.map(|at| Hold { at, why })).max_by_key(|hold| hold.at);
        if let Some(hold) = latest.filter(|hold| hold.at > now) {
            return Err(hold);
        }
        self.away.goes_out(now);
        if method.in_a_minute() < usize::MAX {
            calls.made.push_back(now);
        }
        if let Some(channel) = paced {
            self.channels.retain(|_, free| *free > now);
            self.channels.insert((method, channel.to_owned()), now + APART);
        }
        Ok(())
    }

    /// Slack answered, and not with a limit; `well` if it did what was asked.
    pub(super) fn answered(&mut self, method: Method, well: bool) {
        self.away.is_back();
        if well {
            self.methods.entry(method).or_default().refusals = 0;
        }
    }

    /// Slack refused a method for now, because of a limit or because it fell over itself. Returns when to come back.
    pub(super) fn refused(
        &mut self,
        now: DateTime<Utc>,
        method: Method,
        retry_after: Option<TimeDelta>,
    ) -> DateTime<Utc> {
        self.away.is_back();
        let calls = self.methods.entry(method).or_default();
        let wait = retry_after.unwrap_or_else(|| {
            calls.refusals = calls.refusals.saturating_add(1);
            doubled(REFUSED, calls.refusals)
        });
        calls.hold(now + wait)
    }

    /// Slack did not answer, or said that it cannot. Returns when to try again.
    pub(super) fn failed(
        &mut self,
        now: DateTime<Utc>,
        method: Method,
        retry_after: Option<TimeDelta>,
    ) -> DateTime<Utc> {
        let at = self.away.failed(now);
        retry_after.map_or(at, |wait| self.methods.entry(method).or_default().hold(now + wait).max(at))
    }
}

impl Calls {
    /// When the method may be called again, as far as the number of calls says.
    fn full_until(&mut self, now: DateTime<Utc>, method: Method) -> Option<DateTime<Utc>> {
        let minute = TimeDelta::minutes(1) + SHORT;
        while self.made.front().is_some_and(|at| *at + minute <= now) {
            self.made.pop_front();
        }
        // The one that has to be old enough before another may follow.
        let nth_last = self.made.len().checked_sub(method.in_a_minute());
        nth_last.and_then(|place| self.made.get(place)).map(|at| *at + minute)
    }

    fn hold(&mut self, at: DateTime<Utc>) -> DateTime<Utc> {
        let at = self.held.map_or(at + SHORT, |held| held.max(at + SHORT));
        self.held = Some(at);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        "2026-12-02T10:00:00Z".parse::<DateTime<Utc>>().expect("an instant") + seconds(second)
    }

    fn seconds(n: i64) -> TimeDelta {
        TimeDelta::seconds(n)
    }

    #[test]
    fn a_channel_takes_one_message_a_second_and_others_do_not_wait_for_it() {
        let mut limits = Limits::default();
        assert!(limits.admit(at(0), Method::Post, Some("C1")).is_ok());
        assert_eq!(limits.admit(at(0), Method::Post, Some("C1")).map_err(|hold| hold.at), Err(at(1)));
        assert!(limits.admit(at(0), Method::Post, Some("C2")).is_ok());
        assert!(limits.admit(at(0), Method::Whisper, Some("C1")).is_ok());
        assert!(limits.admit(at(0), Method::Update, Some("C1")).is_ok());
        assert!(limits.admit(at(1), Method::Post, Some("C1")).is_ok());
        assert!(limits.admit(at(1), Method::Post, Some("C1")).is_err());
    }

    #[test]
    fn no_method_is_called_more_often_in_a_minute_than_its_tier_allows() {
        let tiers = [
            (Method::Channels, 20),
            (Method::Groups, 20),
            (Method::Update, 50),
            (Method::History, 50),
            (Method::User, 100),
            (Method::OpenView, 100),
        ];
        for (method, most) in tiers {
            let mut limits = Limits::default();
            let (mut made, mut now) = (Vec::new(), at(0));
            while made.len() < 3 * most {
                match limits.admit(now, method, Some("C1")) {
                    Ok(()) => made.push(now),
                    Err(hold) => {
                        assert!(limits.admit(hold.at - seconds(1), method, None).is_err(), "it waits longer than told");
                        now = hold.at;
                    }
                }
            }
            for (n, first) in made.iter().enumerate() {
                let within = made[n..].iter().take_while(|at| **at - *first <= seconds(60)).count();
                assert!(within <= most, "{method:?} from {first}");
            }
            assert_eq!(made.last(), Some(&at(122)), "no slower than the limit asks: {method:?}");
        }
    }

    #[test]
    fn methods_do_not_wait_for_one_another() {
        let mut limits = Limits::default();
        assert!((0..20).all(|_| limits.admit(at(0), Method::Groups, None).is_ok()));
        assert!(limits.admit(at(0), Method::Groups, None).is_err());
        assert!(limits.admit(at(0), Method::GroupMembers, None).is_ok());
    }

    #[test]
    fn a_pause_that_slack_asks_for_is_for_the_method_and_a_success_meanwhile_does_not_end_it() {
        let mut limits = Limits::default();
        assert_eq!(limits.refused(at(0), Method::Post, Some(seconds(30))), at(31));
        limits.answered(Method::Post, true);
        assert_eq!(limits.admit(at(30), Method::Post, Some("C2")).map_err(|hold| hold.at), Err(at(31)));
        assert!(limits.admit(at(0), Method::Update, None).is_ok());
        assert!(limits.admit(at(31), Method::Post, Some("C2")).is_ok());
    }

    #[test]
    fn pauses_without_a_length_grow_until_something_goes_well() {
        let mut limits = Limits::default();
        let (mut now, mut waits) = (at(0), Vec::new());
        for _ in 0..6 {
            let next = limits.refused(now, Method::Post, None);
            waits.push((next - now).num_seconds());
            now = next;
        }
        assert_eq!(waits, [6, 11, 21, 41, 61, 61]);
        limits.answered(Method::Post, true);
        assert_eq!(limits.refused(now, Method::Post, None) - now, seconds(6));
    }

    #[test]
    fn a_dead_slack_is_tried_by_one_at_a_time_and_less_and_less_often() {
        let mut limits = Limits::default();
        let (mut now, mut waits) = (at(0), Vec::new());
        for _ in 0..7 {
            assert!(limits.admit(now, Method::Update, None).is_ok());
            assert!(now == at(0) || limits.admit(now, Method::Groups, None).is_err(), "only the first goes through");
            let next = limits.failed(now + seconds(1), Method::Update, None);
            waits.push((next - now).num_seconds() - 1);
            assert!(limits.admit(next - seconds(1), Method::Update, None).is_err());
            now = next;
        }
        assert_eq!(waits, [5, 10, 20, 40, 60, 60, 60]);
        assert!(limits.admit(now, Method::Update, None).is_ok());
        limits.answered(Method::Update, false);
        assert!((0..5).all(|_| limits.admit(now, Method::Update, None).is_ok()), "any answer says that it is back");
    }

    #[test]
    fn calls_that_fail_together_count_once() {
        let mut limits = Limits::default();
        assert!((0..10).all(|_| limits.failed(at(0), Method::Post, None) == at(5)));
        assert!(limits.admit(at(5), Method::Post, None).is_ok());
        assert_eq!(limits.failed(at(15), Method::Post, None), at(25));
    }

    #[test]
    fn a_server_error_that_names_a_time_is_obeyed() {
        let mut limits = Limits::default();
        assert_eq!(limits.failed(at(0), Method::Post, Some(seconds(300))), at(301));
        assert!(limits.admit(at(300), Method::Post, None).is_err());
        assert!(limits.admit(at(300), Method::Update, None).is_ok());
    }
}
