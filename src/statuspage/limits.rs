//! How much may be asked of one page, and when. Pure: time is passed in.
//!
//! Statuspage takes one request a second from each key, measured over a rolling minute, and answers 420 or 429 beyond that
//! (its API reference, "Rate Limiting"). That is kept ahead of time, and `Retry-After` is obeyed.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use crate::outward::{Away, SHORT, doubled};

/// Requests within [`ROLLING`].
const MOST: usize = 60;
/// The stretch over which requests are counted.
const ROLLING: TimeDelta = TimeDelta::minutes(1);
/// The first hold after a refusal that does not say how long, and the longest.
const REFUSED: [TimeDelta; 2] = [TimeDelta::seconds(15), TimeDelta::minutes(5)];

/// Until when nothing is sent, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The first instant at which it may be asked again (UTC, injected clock).
    pub at: DateTime<Utc>,
    /// The reason, for the operator.
    pub why: &'static str,
}

/// What one page was asked and how long it is left alone. All instants are those of the injected clock (UTC).
#[derive(Debug, Default)]
pub struct Limits {
    /// When it was asked, of the last minute, in order.
    made: VecDeque<DateTime<Utc>>,
    /// It asked to be left alone until then.
    held: Option<DateTime<Utc>>,
    /// Refusals one after the other that did not say how long.
    refusals: u32,
    away: Away,
}

impl Limits {
    /// Whether it may be asked at `now`; if so, that counts.
    ///
    /// # Errors
    /// Until when to wait. Nothing was counted then.
    pub fn admit(&mut self, now: DateTime<Utc>) -> Result<(), Hold> {
        while self.made.front().is_some_and(|at| *at + ROLLING + SHORT <= now) {
            self.made.pop_front();
        }
        let full = self.made.len().checked_sub(MOST).and_then(|place| self.made.get(place));
        let held = [
            (self.held, "the page asked for a pause"),
            (self.away.until(), "the page does not answer"),
            (full.map(|at| *at + ROLLING + SHORT), "it was asked as often as it may be in a minute"),
        ];
        let latest = held.into_iter().filter_map(|(at, why)| at.map(|at| Hold { at, why })).max_by_key(|hold| hold.at);
        if let Some(hold) = latest.filter(|hold| hold.at > now) {
            return Err(hold);
        }
        self.away.goes_out(now);
        self.made.push_back(now);
        Ok(())
    }

    /// It answered, and not with a limit.
    pub fn answered(&mut self) {
        self.away.is_back();
        self.refusals = 0;
    }

    /// It refused because of a limit. Returns when to come back.
    pub fn refused(&mut self, now: DateTime<Utc>, retry_after: Option<TimeDelta>) -> DateTime<Utc> {
        self.away.is_back();
        let wait = retry_after.unwrap_or_else(|| {
            self.refusals = self.refusals.saturating_add(1);
            doubled(REFUSED, self.refusals)
        });
        self.hold(now + wait)
    }

    /// It did not answer, or said that it cannot. Returns when to try again.
    pub fn failed(&mut self, now: DateTime<Utc>, retry_after: Option<TimeDelta>) -> DateTime<Utc> {
        let at = self.away.failed(now);
        retry_after.map_or(at, |wait| self.hold(now + wait).max(at))
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
        "2026-12-02T10:00:00Z".parse::<DateTime<Utc>>().expect("an instant") + TimeDelta::seconds(second)
    }

    #[test]
    fn sixty_requests_go_out_in_any_minute_and_no_more() {
        let mut limits = Limits::default();
        assert!((0..60).all(|second| limits.admit(at(second / 2)).is_ok()));
        assert_eq!(limits.admit(at(30)).map_err(|hold| hold.at), Err(at(61)), "the first one is a minute old then");
        assert!(limits.admit(at(60)).is_err());
        assert!(limits.admit(at(61)).is_ok() && limits.admit(at(61)).is_ok() && limits.admit(at(61)).is_err());
    }

    #[test]
    fn a_pause_that_is_asked_for_is_kept_and_one_without_a_length_grows() {
        let mut limits = Limits::default();
        assert_eq!(limits.refused(at(0), Some(TimeDelta::seconds(30))), at(31));
        assert!(limits.admit(at(30)).is_err() && limits.admit(at(31)).is_ok());
        let mut waits = Vec::new();
        let mut now = at(31);
        for _ in 0..6 {
            let next = limits.refused(now, None);
            waits.push((next - now).num_seconds());
            now = next;
        }
        assert_eq!(waits, [16, 31, 61, 121, 241, 301]);
        limits.answered();
        assert_eq!(limits.refused(now, None), now + TimeDelta::seconds(16));
    }

    #[test]
    fn a_page_that_is_away_is_tried_by_one_at_a_time() {
        let mut limits = Limits::default();
        assert!(limits.admit(at(0)).is_ok());
        let back = limits.failed(at(0), None);
        assert!(back > at(0) && limits.admit(at(0)).is_err());
        assert!(limits.admit(back).is_ok() && limits.admit(back).is_err(), "the others wait for the first");
        limits.answered();
        assert!(limits.admit(back).is_ok());
    }
}
