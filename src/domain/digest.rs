//! The digest: at fixed times, what is ahead, what was done since the last one, and what waits. Pure.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use super::calendar::{DstNote, Recurrence, Zone, local};
use super::organisation::Channel;

/// A digest looks ahead at least this far, and back so far where none was sent before.
pub const REACH: TimeDelta = TimeDelta::days(7);
/// Of the occasions that nobody was there for, so many are kept: the latest.
const MOST_MISSED: usize = 50;
/// No two time zones are further apart, and no change of the clocks is larger.
const SLACK: TimeDelta = TimeDelta::days(1);

/// When and where it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// When, on the wall clock of the organisation's zone.
    pub times: Recurrence,
    /// Where.
    pub channels: Vec<Channel>,
}

/// One time at which a digest is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// When (UTC).
    pub at: DateTime<Utc>,
    /// What a change of the clocks did to it.
    pub note: Option<DstNote>,
}

impl Digest {
    /// The first occasion strictly after an instant (UTC); `None`: there is no more.
    #[must_use]
    pub fn after(&self, instant: DateTime<Utc>, zone: &Zone) -> Option<Occasion> {
        self.from(instant + TimeDelta::seconds(1), zone).next()
    }

    /// The occasions from `first` up to and with `last` (both UTC), in order; of very many the latest.
    #[must_use]
    pub fn between(&self, first: DateTime<Utc>, last: DateTime<Utc>, zone: &Zone) -> Vec<Occasion> {
        let mut kept = VecDeque::new();
        for occasion in self.from(first, zone).take_while(|occasion| occasion.at <= last) {
            kept.push_back(occasion);
            if kept.len() > MOST_MISSED {
                kept.pop_front();
            }
        }
        kept.into()
    }

    /// How far the digest of an instant (UTC) looks ahead: to the next one, and at least a week.
    #[must_use]
    pub fn horizon(&self, now: DateTime<Utc>, zone: &Zone) -> DateTime<Utc> {
        let week = now + REACH;
        self.after(now, zone).map_or(week, |next| next.at.max(week))
    }

    fn from<'a>(&'a self, first: DateTime<Utc>, zone: &'a Zone) -> impl Iterator<Item = Occasion> + 'a {
        let wall = local(first, zone) - SLACK;
        let occasions = self.times.after(Some(wall), TimeDelta::zero(), zone);
        let placed = occasions.map(|occasion| Occasion { at: occasion.starts_at, note: occasion.note });
        placed.skip_while(move |occasion| occasion.at < first)
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::super::calendar::Pattern;
    use super::*;

    fn digest(cron: &str) -> Digest {
        let from = NaiveDate::from_ymd_opt(2020, 1, 1).and_then(|day| day.and_hms_opt(0, 0, 0)).expect("a date");
        let times = Pattern::cron(cron).expect("a pattern").starting(None, from).expect("a start");
        Digest { times, channels: Vec::new() }
    }

    fn zone(name: &str) -> Zone {
        name.parse().expect("a zone")
    }

    fn utc(text: &str) -> DateTime<Utc> {
        format!("{text}:00Z").parse().expect("an instant")
    }

    #[test]
    fn mondays_at_nine_are_those_of_the_zone_in_summer_and_winter() {
        let (digest, helsinki) = (digest("0 9 * * Mon"), zone("Europe/Helsinki"));
        let after = |at: &str| digest.after(utc(at), &helsinki).expect("one more").at;
        assert_eq!(after("2026-11-22T12:00"), utc("2026-11-23T07:00"));
        assert_eq!(after("2026-11-23T07:00"), utc("2026-11-30T07:00"), "strictly after");
        assert_eq!(after("2026-07-01T00:00"), utc("2026-07-06T06:00"));
    }

    #[test]
    fn a_time_that_the_clocks_skip_moves_on_and_one_that_comes_twice_is_the_first() {
        let (digest, berlin) = (digest("30 2 * * *"), zone("Europe/Berlin"));
        let spring = digest.after(utc("2026-03-28T12:00"), &berlin).expect("one more");
        assert_eq!((spring.at, spring.note), (utc("2026-03-29T01:30"), Some(DstNote::MovedPastGap)));
        let autumn = digest.between(utc("2026-10-24T12:00"), utc("2026-10-25T12:00"), &berlin);
        assert_eq!(autumn.iter().map(|o| o.at).collect::<Vec<_>>(), [utc("2026-10-25T00:30")]);
        assert_eq!(digest.after(utc("2026-10-25T00:30"), &berlin).expect("one more").at, utc("2026-10-26T01:30"));
    }

    #[test]
    fn of_a_long_absence_the_latest_are_kept_with_both_ends() {
        let (digest, here) = (digest("0 9 * * *"), zone("UTC"));
        let missed = digest.between(utc("2026-01-01T09:00"), utc("2026-01-03T09:00"), &here);
        let days = ["2026-01-01T09:00", "2026-01-02T09:00", "2026-01-03T09:00"].map(utc);
        assert_eq!(missed.iter().map(|o| o.at).collect::<Vec<_>>(), days);
        let many = digest.between(utc("2026-01-01T00:00"), utc("2026-12-31T23:00"), &here);
        assert_eq!(many.len(), MOST_MISSED);
        assert_eq!(many.last().map(|o| o.at), Some(utc("2026-12-31T09:00")));
        assert_eq!(digest.between(utc("2026-01-01T10:00"), utc("2026-01-02T08:59"), &here), []);
    }

    #[test]
    fn it_looks_ahead_a_week_and_further_where_the_next_one_is_further() {
        let here = zone("UTC");
        assert_eq!(digest("0 9 * * *").horizon(utc("2026-11-02T09:00"), &here), utc("2026-11-09T09:00"));
        assert_eq!(digest("0 9 1 * *").horizon(utc("2026-11-01T09:00"), &here), utc("2026-12-01T09:00"));
    }
}
