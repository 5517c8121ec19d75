//! Stretches of time that are taken, merged and in order, so that many slots are compared with them in one sweep.

use chrono::{DateTime, TimeDelta, Utc};

/// Stretches that neither touch nor overlap, the earliest first; each from its first second to the first second after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stretches(Vec<(DateTime<Utc>, DateTime<Utc>)>);

impl FromIterator<(DateTime<Utc>, DateTime<Utc>)> for Stretches {
    /// In any order; empty ones count for nothing.
    fn from_iter<I: IntoIterator<Item = (DateTime<Utc>, DateTime<Utc>)>>(stretches: I) -> Self {
        let mut all: Vec<_> = stretches.into_iter().filter(|(from, to)| from < to).collect();
        all.sort_unstable();
        let mut merged: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::with_capacity(all.len());
        for (from, to) in all {
            match merged.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        Self(merged)
    }
}

impl Stretches {
    /// The same, each longer by `margin` on both sides.
    pub(super) fn widened(&self, margin: TimeDelta) -> Self {
        self.0.iter().map(|(from, to)| (*from - margin, *to + margin)).collect()
    }

    /// For each of `starts` (in order): whether a time of `length` from there on meets a stretch.
    pub(super) fn met_by(&self, starts: &[DateTime<Utc>], length: TimeDelta) -> Vec<bool> {
        self.sweep(starts, |(from, _), start| *from < start + length)
    }

    /// For each of `starts` (in order): whether a time of `length` from there on lies inside one stretch.
    pub(super) fn hold(&self, starts: &[DateTime<Utc>], length: TimeDelta) -> Vec<bool> {
        self.sweep(starts, |(from, to), start| *from <= start && start + length <= *to)
    }

    /// Asks `answer` of the first stretch that ends after each start; without one the answer is no.
    fn sweep(
        &self,
        starts: &[DateTime<Utc>],
        answer: impl Fn(&(DateTime<Utc>, DateTime<Utc>), DateTime<Utc>) -> bool,
    ) -> Vec<bool> {
        let mut next = 0;
        let at = |start: &DateTime<Utc>| {
            while self.0.get(next).is_some_and(|(_, to)| to <= start) {
                next += 1;
            }
            self.0.get(next).is_some_and(|stretch| answer(stretch, *start))
        };
        starts.iter().map(at).collect()
    }
}
