//! Counting calls in a stretch of time, and the buckets into which Discord sorts them. Pure: time is passed in.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use crate::outward::SHORT;

/// The calls of the last second.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<DateTime<Utc>>);

impl Recent {
    /// When another call may be made, with at most so many in a second; none where it may at any time.
    pub(super) fn full_until(&mut self, now: DateTime<Utc>, most: usize) -> Option<DateTime<Utc>> {
        let stretch = TimeDelta::seconds(1) + SHORT;
        while self.0.front().is_some_and(|at| *at + stretch <= now) {
            self.0.pop_front();
        }
        // The one that has to be old enough before another may follow.
        let nth_last = self.0.len().checked_sub(most);
        nth_last.and_then(|place| self.0.get(place)).map(|at| *at + stretch)
    }

    /// A call goes out.
    pub(super) fn add(&mut self, now: DateTime<Utc>) {
        self.0.push_back(now);
    }

    /// Whether nothing in it matters any more.
    pub(super) fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.0.back().is_none_or(|at| *at + TimeDelta::seconds(1) + SHORT <= now)
    }
}

/// What Discord says of a bucket with an answer
/// (<https://docs.discord.com/developers/topics/rate-limits#header-format>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// Its name.
    pub(super) bucket: String,
    /// How many calls it takes in all, and how many more it takes before it is filled again.
    pub(super) limit: u64,
    pub(super) remaining: u64,
    /// In how long that is.
    pub(super) reset_after: TimeDelta,
}

impl Told {
    /// Reads the headers, each by its name in small letters.
    pub(super) fn read<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let number = |name: &str| header(name)?.trim().parse::<u64>().ok();
        Some(Self {
            bucket: header("x-ratelimit-bucket")?.to_owned(),
            limit: number("x-ratelimit-limit")?,
            remaining: number("x-ratelimit-remaining")?,
            reset_after: whole_seconds(header("x-ratelimit-reset-after")?)?,
        })
    }
}

/// A length in seconds with a fraction, rounded up to a second.
pub(super) fn whole_seconds(text: &str) -> Option<TimeDelta> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let more = fraction.bytes().any(|digit| digit != b'0');
    if !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let seconds = i64::try_from(whole.parse::<u64>().ok()?).ok()?;
    TimeDelta::try_seconds(seconds.checked_add(i64::from(more))?)
}

/// How many calls may still go out of those that Discord counts together.
#[derive(Debug)]
pub(super) struct Bucket {
    limit: u64,
    remaining: u64,
    /// When it is filled again.
    reset: DateTime<Utc>,
}

impl Bucket {
    /// As Discord told it at `now`.
    pub(super) fn new(told: &Told, now: DateTime<Utc>) -> Self {
        Self { limit: told.limit.max(1), remaining: told.remaining, reset: now + told.reset_after + SHORT }
    }

    /// When it has room, where it has none.
    pub(super) fn full_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (self.remaining == 0 && self.reset > now).then_some(self.reset)
    }

    /// A call goes out.
    pub(super) fn take(&mut self, now: DateTime<Utc>) {
        if self.reset <= now {
            // How long the new stretch lasts is known with the answer.
            (self.remaining, self.reset) = (self.limit, now + TimeDelta::seconds(1) + SHORT);
        }
        self.remaining = self.remaining.saturating_sub(1);
    }

    /// Discord told more. Answers may come in another order than they were made: within one stretch the least counts.
    pub(super) fn hear(&mut self, told: &Told, now: DateTime<Utc>) {
        let fresh = Self::new(told, now);
        let same_stretch = self.reset > now;
        let remaining = if same_stretch { self.remaining.min(fresh.remaining) } else { fresh.remaining };
        *self =
            Self { remaining, reset: if same_stretch { self.reset.max(fresh.reset) } else { fresh.reset }, ..fresh };
    }

    /// Whether nothing in it matters any more.
    pub(super) fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.reset <= now
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

    fn told(remaining: u64, reset_after: i64) -> Told {
        Told { bucket: "abc".into(), limit: 5, remaining, reset_after: seconds(reset_after) }
    }

    #[test]
    fn fractions_are_rounded_up_to_a_second() {
        for (text, expected) in [("0", 0), ("1", 1), ("0.001", 1), ("64.57", 65), ("65.000", 65), (" 1.5 ", 2)] {
            assert_eq!(whole_seconds(text), Some(seconds(expected)), "{text}");
        }
        for text in ["", "-1", "-0.5", "soon", "1.x", "1e3", "99999999999999999999"] {
            assert_eq!(whole_seconds(text), None, "{text}");
        }
    }

    #[test]
    fn headers_are_read_where_all_of_them_are_there() {
        let all = [
            ("x-ratelimit-bucket", "abcd1234"),
            ("x-ratelimit-limit", "5"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset-after", "1.02"),
        ];
        let read = |headers: &[(&str, &'static str)]| {
            Told::read(|name| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value))
        };
        let expected = Told { bucket: "abcd1234".into(), limit: 5, remaining: 0, reset_after: seconds(2) };
        assert_eq!(read(&all), Some(expected));
        for missing in 0..all.len() {
            let some: Vec<_> = all.iter().copied().enumerate().filter(|(n, _)| *n != missing).map(|(_, h)| h).collect();
            assert_eq!(read(&some), None);
        }
    }

    #[test]
    fn no_real_second_sees_more_calls_than_may_be_made_in_one() {
        let (mut recent, mut now, mut made) = (Recent::default(), at(0), Vec::new());
        while made.len() < 20 {
            match recent.full_until(now, 5) {
                None => {
                    recent.add(now);
                    made.push(now);
                }
                Some(next) => now = next,
            }
        }
        for first in &made {
            // What the clock shows as a second apart may be much less.
            let near = made.iter().filter(|at| **at >= *first && **at - *first <= seconds(1)).count();
            assert!(near <= 5);
        }
        assert_eq!(made.last(), Some(&at(6)));
    }

    #[test]
    fn an_empty_bucket_waits_and_is_full_again_afterwards() {
        let mut bucket = Bucket::new(&told(1, 5), at(0));
        assert_eq!(bucket.full_until(at(0)), None);
        bucket.take(at(0));
        assert_eq!(bucket.full_until(at(0)), Some(at(6)));
        assert_eq!(bucket.full_until(at(6)), None);
        for _ in 0..5 {
            bucket.take(at(6));
        }
        assert!(bucket.full_until(at(6)).is_some(), "no more than at first");
    }

    #[test]
    fn answers_in_another_order_do_not_make_room() {
        let mut bucket = Bucket::new(&told(3, 5), at(0));
        bucket.hear(&told(1, 5), at(1));
        bucket.hear(&told(2, 5), at(1));
        bucket.take(at(1));
        assert_eq!(bucket.full_until(at(1)), Some(at(7)));
        bucket.hear(&told(4, 5), at(8));
        assert_eq!(bucket.full_until(at(8)), None, "a new stretch");
    }
}
