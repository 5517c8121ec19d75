//! How much one domain gets in a time. Pure: time is passed in.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};

use crate::config::Rate;

/// Turns of one domain.
#[derive(Debug, Default)]
struct Line {
    /// The last turns that were given out, oldest first (UTC): at most as many as fit into one stretch.
    turns: VecDeque<DateTime<Utc>>,
    /// Turns that are still ahead, by who waits for them (UTC).
    waiting: BTreeMap<i64, DateTime<Utc>>,
}

/// Gives turns, so that in no stretch more than the rate allows of them are due for a domain.
#[derive(Debug)]
pub(super) struct Pace {
    rate: Rate,
    by_domain: BTreeMap<String, Line>,
}

impl Pace {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, by_domain: BTreeMap::new() }
    }

    /// When it is the turn of `who` (both UTC). Asked again it keeps the turn that it has, until that has come.
    pub(super) fn turn(&mut self, domain: &str, who: i64, now: DateTime<Utc>) -> DateTime<Utc> {
        let since = now - self.rate.per;
        // Whoever waited and never came back has let the turn pass.
        self.by_domain.retain(|_, line| {
            line.waiting.retain(|_, at| *at > since);
            !line.waiting.is_empty() || line.turns.back().is_some_and(|at| *at > since)
        });
        let line = self.by_domain.entry(domain.to_owned()).or_default();
        if let Some(at) = line.waiting.get(&who).copied() {
            if at <= now {
                line.waiting.remove(&who);
            }
            return at;
        }
        let most = usize::try_from(self.rate.most).unwrap_or(usize::MAX);
        let full = line.turns.len().checked_sub(most).and_then(|first| line.turns.get(first));
        let at = full.map_or(now, |first| now.max(*first + self.rate.per));
        line.turns.push_back(at);
        while line.turns.len() > most {
            line.turns.pop_front();
        }
        if at > now {
            line.waiting.insert(who, at);
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn pace() -> Pace {
        Pace::new(Rate { most: 2, per: TimeDelta::minutes(1) })
    }

    #[test]
    fn so_many_go_at_once_and_the_next_wait_for_their_turn() {
        let mut pace = pace();
        let turns: Vec<_> = (0..5).map(|who| pace.turn("example.com", who, at(0))).collect();
        assert_eq!(turns, [at(0), at(0), at(60), at(60), at(120)]);
        assert_eq!(pace.turn("example.org", 9, at(0)), at(0), "another domain does not wait");
    }

    #[test]
    fn who_asks_again_keeps_the_turn() {
        let mut pace = pace();
        let turns: Vec<_> = (0..4).map(|who| pace.turn("example.com", who, at(0))).collect();
        assert_eq!(pace.turn("example.com", 3, at(30)), turns[3]);
        assert_eq!(pace.turn("example.com", 3, at(61)), at(60), "it has come");
        assert_eq!(pace.turn("example.com", 2, at(61)), at(60));
        assert_eq!(pace.turn("example.com", 7, at(61)), at(120));
    }

    #[test]
    fn no_stretch_holds_more_than_the_rate() {
        let mut pace = pace();
        let mut turns: Vec<_> = (0..40).map(|who| pace.turn("example.com", who, at(who * 7))).collect();
        turns.sort();
        assert!(turns.windows(3).all(|three| three[2] - three[0] >= TimeDelta::minutes(1)), "{turns:?}");
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let mut pace = pace();
        for who in 0..100 {
            pace.turn(&format!("{who}.example"), who, at(0));
        }
        pace.turn("example.com", 1, at(3_600));
        assert_eq!(pace.by_domain.len(), 1);
    }
}
