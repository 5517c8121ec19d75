//! How much may be asked of GitHub, and when. Pure: time is passed in.
//!
//! GitHub counts what is made (80 in a minute, 500 in an hour), gives a number of calls per hour, and refuses for a
//! while who asks too quickly ("secondary limit"). The first is kept ahead of time, the others are obeyed. Source:
//! GitHub's "Rate limits for the REST API" and "Best practices for using the REST API".

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

use crate::outward::{LONGEST, SHORT, doubled};

/// What may be made in a minute and in an hour.
const IN_A_MINUTE: usize = 80;
const IN_AN_HOUR: usize = 500;
/// The first hold after a secondary limit that does not say how long, and the longest.
const REFUSED: [TimeDelta; 2] = [TimeDelta::seconds(60), TimeDelta::minutes(15)];
/// The first hold when GitHub does not answer, and the longest.
const DOWN: [TimeDelta; 2] = [TimeDelta::seconds(5), TimeDelta::minutes(2)];
/// How long others wait for the one that tries whether GitHub answers again.
const TRYING: TimeDelta = TimeDelta::seconds(10);

/// Until when nothing is sent, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    /// The first instant at which it may be asked again (UTC, injected clock).
    pub(super) at: DateTime<Utc>,
    /// The reason, for the operator.
    pub(super) why: &'static str,
}

/// What the headers of an answer say about limits. Lengths, not instants: GitHub's clock is not ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// `Retry-After`: how long to stay away.
    pub(super) retry_after: Option<TimeDelta>,
    /// `x-ratelimit-remaining` is 0: the time to `x-ratelimit-reset`.
    pub(super) used_up: Option<TimeDelta>,
}

impl Told {
    /// Reads the headers of an answer that came at `wall` (UTC, the machine's clock).
    pub(super) fn read(headers: &HeaderMap, wall: DateTime<Utc>) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        // Where GitHub says what time it is there, our clock may be wrong.
        let there = text(DATE.as_str()).and_then(http_date).unwrap_or(wall);
        // A limit of its own, such as that of searches, says nothing about the rest.
        let main = text("x-ratelimit-resource").is_none_or(|resource| resource == "core");
        let remaining = text("x-ratelimit-remaining").and_then(|n| n.parse::<u64>().ok());
        let reset = text("x-ratelimit-reset").and_then(|n| DateTime::from_timestamp(n.parse().ok()?, 0));
        Self {
            retry_after: text(RETRY_AFTER.as_str()).and_then(|value| retry_after(value, there)),
            used_up: reset.filter(|_| main && remaining == Some(0)).map(|reset| bounded(reset - there)),
        }
    }
}

/// `Retry-After` as seconds or as an HTTP date, in relation to `there` (UTC).
fn retry_after(value: &str, there: DateTime<Utc>) -> Option<TimeDelta> {
    let seconds = value.parse::<u64>().ok().map(|n| i64::try_from(n).unwrap_or(i64::MAX));
    let wait = match seconds {
        Some(seconds) => TimeDelta::try_seconds(seconds).unwrap_or(LONGEST),
        None => http_date(value)? - there,
    };
    Some(bounded(wait))
}

/// Between a second and a day.
fn bounded(wait: TimeDelta) -> TimeDelta {
    wait.clamp(TimeDelta::seconds(1), LONGEST)
}

/// An HTTP date (RFC 9110, section 5.6.7), in the only form that is still written.
fn http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text).ok().map(|at| at.to_utc())
}

/// Whether a refusal is one of a limit, by its status and by what GitHub says with it.
pub(super) fn is_limit(status: u16, told: Told, message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    let said = message.contains("rate limit") || message.contains("abuse");
    status == 429 || (status == 403 && (told.retry_after.is_some() || told.used_up.is_some() || said))
}

/// What one installation has made and how long it is held. All instants are those of the injected clock (UTC).
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// When something was made, of the last hour, in order.
    made: VecDeque<DateTime<Utc>>,
    /// GitHub asked to stay away until then.
    limited: Option<DateTime<Utc>>,
    /// GitHub does not answer: not tried again until then.
    down: Option<DateTime<Utc>>,
    /// One call is out to see whether it answers again.
    trying: bool,
    /// Secondary limits one after the other that did not say how long.
    refusals: u32,
    /// Calls one after the other that were not answered.
    failures: u32,
}

impl Limits {
    /// Whether a call may go out at `now`; with `makes`, it counts as something made.
    ///
    /// # Errors
    /// Until when to wait. Nothing was counted then.
    pub(super) fn admit(&mut self, now: DateTime<Utc>, makes: bool) -> Result<(), Hold> {
        let held = [
            (self.limited, "GitHub asked to be left alone for a while"),
            (self.down, "GitHub does not answer"),
            (self.full_until(now).filter(|_| makes), "as much was made on GitHub as may be made at once"),
        ];
        let latest = held.into_iter().filter_map(|(at, why)| at.map(|at| Hold { at, why })).max_by_key(|hold| hold.at);
        if let Some(hold) = latest.filter(|hold| hold.at > now) {
            return Err(hold);
        }
        if self.failures > 0 {
            // One goes first to see whether GitHub is back.
            self.down = Some(now + TRYING);
            self.trying = true;
        }
        if makes {
            self.made.push_back(now);
        }
        Ok(())
    }

    /// When something may be made again, as far as the number made says.
    fn full_until(&mut self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let hour = TimeDelta::hours(1) + SHORT;
        while self.made.front().is_some_and(|at| *at + hour <= now) {
            self.made.pop_front();
        }
        // The one that has to be old enough before another may follow.
        let nth_last = |n: usize| self.made.len().checked_sub(n).and_then(|place| self.made.get(place));
        let minute = nth_last(IN_A_MINUTE).map(|at| *at + TimeDelta::minutes(1) + SHORT);
        minute.max(nth_last(IN_AN_HOUR).map(|at| *at + hour))
    }

    /// GitHub answered, and not with a limit; `well` if it did what was asked.
    pub(super) fn answered(&mut self, now: DateTime<Utc>, well: bool, told: Told) {
        self.is_back();
        if well {
            self.refusals = 0;
        }
        if let Some(wait) = told.used_up {
            self.hold(now + wait);
        }
    }

    /// GitHub refused because of a limit. Returns when to come back.
    pub(super) fn refused(&mut self, now: DateTime<Utc>, told: Told) -> DateTime<Utc> {
        self.is_back();
        let wait = told.retry_after.or(told.used_up).unwrap_or_else(|| {
            self.refusals = self.refusals.saturating_add(1);
            doubled(REFUSED, self.refusals)
        });
        self.hold(now + wait)
    }

    /// GitHub did not answer, or said that it cannot. Returns when to try again.
    pub(super) fn failed(&mut self, now: DateTime<Utc>, told: Told) -> DateTime<Utc> {
        let at = match self.down {
            // Calls that were under way together fail together, and count once.
            Some(down) if down > now && !self.trying => down,
            down => {
                self.failures = self.failures.saturating_add(1);
                let at = now + doubled(DOWN, self.failures);
                down.map_or(at, |down| down.max(at))
            }
        };
        self.down = Some(at);
        self.trying = false;
        told.retry_after.map_or(at, |wait| self.hold(now + wait).max(at))
    }

    fn is_back(&mut self) {
        self.failures = 0;
        self.down = None;
        self.trying = false;
    }

    fn hold(&mut self, at: DateTime<Utc>) -> DateTime<Utc> {
        let at = self.limited.map_or(at + SHORT, |limited| limited.max(at + SHORT));
        self.limited = Some(at);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        "2026-12-02T10:00:00Z".parse::<DateTime<Utc>>().expect("an instant") + TimeDelta::seconds(second)
    }

    fn headers(of: &[(&'static str, &str)]) -> HeaderMap {
        of.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().expect("a value"))).collect()
    }

    fn seconds(n: i64) -> TimeDelta {
        TimeDelta::seconds(n)
    }

    #[test]
    fn never_more_than_eighty_are_made_in_a_minute_nor_five_hundred_in_an_hour() {
        let mut limits = Limits::default();
        let mut made = Vec::new();
        let mut now = at(0);
        while made.len() < 1200 {
            match limits.admit(now, true) {
                Ok(()) => made.push(now),
                Err(hold) => {
                    assert!(hold.at > now);
                    assert!(limits.admit(hold.at - seconds(1), true).is_err(), "it need not wait longer than told");
                    now = hold.at;
                }
            }
        }
        for (n, first) in made.iter().enumerate() {
            let within = |length: TimeDelta| made[n..].iter().take_while(|at| **at - *first <= length).count();
            assert!(within(seconds(60)) <= 80 && within(seconds(3600)) <= 500, "from {first}");
        }
        let taken = *made.last().expect("some") - at(0);
        assert!(taken < seconds(2 * 3602 + 3 * 61), "no slower than the limits ask: {taken}");
    }

    #[test]
    fn what_only_reads_is_not_counted() {
        let mut limits = Limits::default();
        assert!((0..1000).all(|_| limits.admit(at(0), false).is_ok()));
        assert!((0..80).all(|_| limits.admit(at(0), true).is_ok()));
        assert!(limits.admit(at(0), true).is_err());
        assert!(limits.admit(at(0), false).is_ok());
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let told = |value: &str| Told::read(&headers(&[("retry-after", value)]), at(0)).retry_after;
        assert_eq!(told("120"), Some(seconds(120)));
        assert_eq!(told("0"), Some(seconds(1)));
        assert_eq!(told("Wed, 02 Dec 2026 10:02:00 GMT"), Some(seconds(120)));
        assert_eq!(told("Wed, 02 Dec 2026 09:00:00 GMT"), Some(seconds(1)));
        assert_eq!(told("99999999999999999999"), None);
        assert_eq!(told("9999999999"), Some(LONGEST));
        assert_eq!(told("soon"), None);
        assert_eq!(told("-5"), None);
    }

    #[test]
    fn a_date_is_measured_on_the_clock_of_github() {
        let of = [("retry-after", "Wed, 02 Dec 2026 10:02:00 GMT"), ("date", "Wed, 02 Dec 2026 10:01:00 GMT")];
        assert_eq!(Told::read(&headers(&of), at(-5000)).retry_after, Some(seconds(60)));
        let reset = at(90).timestamp().to_string();
        let of =
            [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &reset), ("date", "Wed, 02 Dec 2026 10:01:00 GMT")];
        assert_eq!(Told::read(&headers(&of), at(-5000)).used_up, Some(seconds(30)));
    }

    #[test]
    fn the_reset_counts_only_when_nothing_remains_of_the_main_limit() {
        let reset = at(90).timestamp().to_string();
        let told = |remaining: &str, resource: &str| {
            let of = [
                ("x-ratelimit-remaining", remaining),
                ("x-ratelimit-reset", reset.as_str()),
                ("x-ratelimit-resource", resource),
            ];
            Told::read(&headers(&of), at(0)).used_up
        };
        assert_eq!(told("0", "core"), Some(seconds(90)));
        assert_eq!(told("1", "core"), None);
        assert_eq!(told("0", "graphql"), None);
    }

    #[test]
    fn a_refusal_is_told_from_a_limit() {
        let none = Told::default();
        let wait = Told { retry_after: Some(seconds(1)), used_up: None };
        assert!(is_limit(403, none, "You have exceeded a secondary rate limit."));
        assert!(is_limit(403, none, "You have triggered an abuse detection mechanism."));
        assert!(is_limit(403, wait, ""));
        assert!(is_limit(429, none, ""));
        assert!(!is_limit(403, none, "Resource not accessible by integration"));
        assert!(!is_limit(422, none, "rate limit"));
        assert!(!is_limit(503, wait, ""));
    }

    #[test]
    fn a_hold_is_for_everything_and_a_success_meanwhile_does_not_end_it() {
        let mut limits = Limits::default();
        let until = limits.refused(at(0), Told { retry_after: Some(seconds(60)), used_up: None });
        assert_eq!(until, at(61));
        limits.answered(at(1), true, Told::default());
        assert_eq!(limits.admit(at(60), false).map_err(|hold| hold.at), Err(at(61)));
        assert!(limits.admit(at(61), true).is_ok());
    }

    #[test]
    fn secondary_limits_without_a_length_hold_longer_each_time_until_something_goes_well() {
        let mut limits = Limits::default();
        let mut now = at(0);
        let mut waits = Vec::new();
        for _ in 0..6 {
            let next = limits.refused(now, Told::default());
            waits.push((next - now).num_seconds());
            now = next;
        }
        assert_eq!(waits, [61, 121, 241, 481, 901, 901]);
        limits.answered(now, true, Told::default());
        assert_eq!(limits.refused(now, Told::default()) - now, seconds(61));
    }

    #[test]
    fn a_good_answer_with_nothing_left_holds_until_the_reset() {
        let mut limits = Limits::default();
        limits.answered(at(0), true, Told { retry_after: None, used_up: Some(seconds(30)) });
        assert_eq!(limits.admit(at(30), false).map_err(|hold| hold.at), Err(at(31)));
        assert!(limits.admit(at(31), false).is_ok());
    }

    #[test]
    fn a_dead_github_is_tried_by_one_at_a_time_and_less_and_less_often() {
        let mut limits = Limits::default();
        let mut now = at(0);
        let mut waits = Vec::new();
        for _ in 0..7 {
            assert!(limits.admit(now, false).is_ok());
            assert!(now == at(0) || limits.admit(now, false).is_err(), "only the first goes through");
            let next = limits.failed(now + seconds(10), Told::default());
            waits.push((next - now).num_seconds() - 10);
            assert!(limits.admit(next - seconds(1), false).is_err());
            now = next;
        }
        assert_eq!(waits, [5, 10, 20, 40, 80, 120, 120]);
        assert!(limits.admit(now, false).is_ok());
        limits.answered(now, false, Told::default());
        assert!((0..5).all(|_| limits.admit(now, false).is_ok()), "any answer says that it is back");
    }

    #[test]
    fn calls_that_fail_together_count_once() {
        let mut limits = Limits::default();
        assert!((0..10).all(|_| limits.failed(at(0), Told::default()) == at(5)));
        assert!(limits.admit(at(5), false).is_ok());
        assert_eq!(limits.failed(at(15), Told::default()), at(25));
    }

    #[test]
    fn a_server_error_that_names_a_time_is_obeyed() {
        let mut limits = Limits::default();
        let told = Told { retry_after: Some(seconds(300)), used_up: None };
        assert_eq!(limits.failed(at(0), told), at(301));
        assert!(limits.admit(at(300), false).is_err());
        assert!(limits.admit(at(301), false).is_ok());
    }
}
