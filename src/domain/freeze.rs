//! Freezes: periods in which nothing is scheduled without approval.

use chrono::{DateTime, NaiveDate, Utc};

use super::calendar::{Span, Zone, day_start};
use super::finding::{Reach, meet};
use super::subject::id;
use super::window::Kind;

id! {
    /// The number of a freeze. Prints and parses as `FR-2`.
    FreezeId, "FR", "freeze"
}

/// A period of whole days, inclusive, in the organisation's zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeze {
    /// `FR-2`.
    pub id: FreezeId,
    /// What it is called; text from a person.
    pub title: String,
    /// The first day.
    pub from: NaiveDate,
    /// The last day, which still belongs to it.
    pub to: NaiveDate,
    /// Only for these services; empty means all.
    pub services: Vec<String>,
    /// Only for these regions; empty means all.
    pub regions: Vec<String>,
    /// Only for these kinds; empty means all.
    pub kinds: Vec<Kind>,
    /// Who added it.
    pub by: String,
    /// When it was added (UTC).
    pub created_at: DateTime<Utc>,
}

impl Freeze {
    /// From the first second of its first day to the first second after its last (UTC), in the organisation's zone.
    #[must_use]
    pub fn bounds(&self, zone: &Zone) -> (DateTime<Utc>, DateTime<Utc>) {
        (day_start(self.from, zone), day_start(self.to.succ_opt().unwrap_or(NaiveDate::MAX), zone))
    }

    /// Its days as people read them: `Fri 18 Dec 2026 to Thu 7 Jan 2027`.
    #[must_use]
    pub fn days_words(&self) -> String {
        let day = |date: NaiveDate| date.format("%a %-d %b %Y").to_string();
        if self.from == self.to { day(self.from) } else { format!("{} to {}", day(self.from), day(self.to)) }
    }

    /// Whether it speaks of these services, regions and this kind; the environment makes no difference.
    #[must_use]
    pub fn concerns<'a>(&self, what: impl Into<Reach<'a>>) -> bool {
        let what = what.into();
        meet(&self.services, what.services)
            && meet(&self.regions, what.regions)
            && (self.kinds.is_empty() || self.kinds.contains(what.kind))
    }

    /// Whether a part of `span` lies inside it, with days meant in the organisation's zone.
    #[must_use]
    pub fn covers(&self, span: &Span, zone: &Zone) -> bool {
        let (from, to) = self.bounds(zone);
        span.starts_at < to && span.ends_at > from
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn freeze(from: &str, to: &str) -> Freeze {
        Freeze {
            id: FreezeId(1),
            title: "Year end".into(),
            from: from.parse().expect("a day"),
            to: to.parse().expect("a day"),
            services: Vec::new(),
            regions: Vec::new(),
            kinds: Vec::new(),
            by: "anna".into(),
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    fn bounds(from: &str, to: &str, zone: &str) -> (String, String) {
        let (from, to) = freeze(from, to).bounds(&Zone::named(zone).expect("a zone"));
        (from.format("%F %R").to_string(), to.format("%F %R").to_string())
    }

    fn pair(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    /// As in centreon-archived#3883, where what should have ended with a day of a clock change went on into the next.
    #[test]
    fn days_of_a_freeze_are_whole_in_the_organisations_zone_also_when_the_clocks_change() {
        assert_eq!(bounds("2026-12-18", "2027-01-07", "Europe/Helsinki"), pair("2026-12-17 22:00", "2027-01-07 22:00"));
        let short_day = bounds("2026-03-29", "2026-03-29", "Europe/Helsinki");
        assert_eq!(short_day, pair("2026-03-28 22:00", "2026-03-29 21:00"));
        let long_day = bounds("2026-10-25", "2026-10-25", "Europe/Helsinki");
        assert_eq!(long_day, pair("2026-10-24 21:00", "2026-10-25 22:00"));
        // The clocks in Cairo skip the midnight of Friday 24 April 2026.
        assert_eq!(bounds("2026-04-24", "2026-04-24", "Africa/Cairo"), pair("2026-04-23 22:00", "2026-04-24 21:00"));
    }

    #[test]
    fn the_last_second_of_the_last_day_is_frozen_and_the_next_is_not() {
        let zone = Zone::named("Europe/Helsinki").expect("a zone");
        let freeze = freeze("2026-12-18", "2027-01-07");
        let covers = |from: &str, minutes: i64| {
            let starts_at: DateTime<Utc> = from.parse().expect("an instant");
            let span = Span { starts_at, ends_at: starts_at + TimeDelta::minutes(minutes), zone: Zone::utc() };
            freeze.covers(&span, &zone)
        };
        assert!(!covers("2026-12-17T20:00:00Z", 120), "over as it begins");
        assert!(covers("2026-12-17T20:00:01Z", 120));
        assert!(covers("2027-01-07T21:59:59Z", 60));
        assert!(!covers("2027-01-07T22:00:00Z", 60));
        assert!(covers("2026-12-01T00:00:00Z", 60 * 24 * 60), "all of it inside");
    }

    #[test]
    fn one_day_is_written_as_one() {
        assert_eq!(freeze("2026-12-18", "2026-12-18").days_words(), "Fri 18 Dec 2026");
    }
}
