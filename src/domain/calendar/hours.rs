//! Hours of the day: when an organisation works, when an audience wants to be told, when a service is quiet.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc, Weekday};

use super::{DstNote, WorkingCalendar, Zone, computed, local};

/// From a time of day to another, such as `08:00-18:00`; past midnight where the second is not later (`22:00-06:00`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hours {
    /// The first minute.
    pub from: NaiveTime,
    /// The first minute that no longer belongs to it; `00:00` is the end of the day.
    pub to: NaiveTime,
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |time: NaiveTime| format!("{:02}:{:02}", time.hour(), time.minute());
        write!(f, "{}-{}", clock(self.from), clock(self.to))
    }
}

impl FromStr for Hours {
    type Err = String;

    /// Reads `08:00-18:00` or `8:00–18:00`; `24:00` is the end of the day. Errors say what to write.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a time of day to another: write for example 08:00-18:00");
        let (from, to) = text.trim().split_once(['-', '\u{2013}']).ok_or_else(wrong)?;
        let clock = |text: &str| {
            let text = text.trim();
            let text = if text == "24:00" { "00:00" } else { text };
            let (hour, minute) = text.split_once(':')?;
            let digits = |part: &str| part.len() <= 2 && !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            if !digits(hour) || minute.len() != 2 || !digits(minute) {
                return None;
            }
            NaiveTime::from_hms_opt(hour.parse().ok()?, minute.parse().ok()?, 0)
        };
        let hours = Self { from: clock(from).ok_or_else(wrong)?, to: clock(to).ok_or_else(wrong)? };
        if hours.from == hours.to && hours.from != NaiveTime::MIN {
            return Err(format!("`{text}` begins and ends at the same time; write 00:00-24:00 for the whole day"));
        }
        Ok(hours)
    }
}

impl Hours {
    /// The part of one day: from its first second to the first second after it (UTC), counted in `zone`. Hours past
    /// midnight belong to the day they begin on. Hours that the clocks skip as a whole are empty: both ends are one
    /// instant.
    #[must_use]
    pub fn on(&self, date: NaiveDate, zone: &Zone) -> (DateTime<Utc>, DateTime<Utc>) {
        let last = if self.to > self.from { date } else { date.succ_opt().unwrap_or(date) };
        let from = computed(date.and_time(self.from), zone).0;
        (from, computed(last.and_time(self.to), zone).0.max(from))
    }

    /// `instant` itself where it lies inside, else when they next begin (UTC), counted in `zone`.
    #[must_use]
    pub fn next_open(&self, instant: DateTime<Utc>, zone: &Zone) -> DateTime<Utc> {
        let today = local(instant, zone).date();
        let days = today.pred_opt().unwrap_or(today).iter_days().take(4);
        let spans: Vec<_> = days.map(|date| self.on(date, zone)).filter(|(from, to)| from < to).collect();
        if spans.iter().any(|(from, to)| *from <= instant && instant < *to) {
            return instant;
        }
        spans.iter().map(|(from, _)| *from).find(|from| *from > instant).unwrap_or(instant)
    }
}

/// Hours on some days of the week, such as `Sun 02:00-06:00` or `01:00-05:00` on every day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeekHours {
    /// The days; empty means every day.
    pub days: Vec<Weekday>,
    /// The hours of each of them.
    pub hours: Hours,
}

impl fmt::Display for WeekHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.days.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        if days.is_empty() { write!(f, "{}", self.hours) } else { write!(f, "{days} {}", self.hours) }
    }
}

impl FromStr for WeekHours {
    type Err = String;

    /// Reads `01:00-05:00`, `Sun 02:00-06:00`, `Sat, Sun 00:00-08:00` or `Mon-Fri 01:00-05:00`. Errors say what to write.
    fn from_str(text: &str) -> Result<Self, String> {
        let (days, hours) = text.split_at(text.find(|c: char| c.is_ascii_digit()).unwrap_or(0));
        let hours = hours.parse()?;
        let mut listed = Vec::new();
        for part in days.split(',').map(str::trim).filter(|_| !days.trim().is_empty()) {
            for day in days_of(part)? {
                if !listed.contains(&day) {
                    listed.push(day);
                }
            }
        }
        Ok(Self { days: listed, hours })
    }
}

/// The days of `Sun` or `Mon-Fri`; a range may run over the end of the week (`Sat-Mon`).
fn days_of(text: &str) -> Result<Vec<Weekday>, String> {
    let day = |word: &str| {
        let wrong = |_| format!("`{}` is not a day: write for example Sun 02:00-06:00", word.trim());
        word.trim().parse::<Weekday>().map_err(wrong)
    };
    let Some((first, last)) = text.split_once(['-', '\u{2013}']) else { return Ok(vec![day(text)?]) };
    let (first, last) = (day(first)?, day(last)?);
    let mut days = vec![first];
    while days.last() != Some(&last) {
        days.extend(days.last().map(Weekday::succ));
    }
    Ok(days)
}

impl WeekHours {
    /// Its parts that begin on the days from `first` to `last` (UTC), in order, counted in `zone`.
    pub fn between<'a>(
        &'a self,
        first: NaiveDate,
        last: NaiveDate,
        zone: &'a Zone,
    ) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> + 'a {
        let days = first.iter_days().take_while(move |date| *date <= last);
        days.filter(|date| self.days.is_empty() || self.days.contains(&date.weekday()))
            .map(move |date| self.hours.on(date, zone))
    }

    /// Whether all of a time from `start` to `end` (UTC) lies inside, counted in `zone`. Parts that touch, such as two
    /// whole days, count as one.
    #[must_use]
    pub fn contains(&self, start: DateTime<Utc>, end: DateTime<Utc>, zone: &Zone) -> bool {
        let (first, last) = (local(start, zone).date(), local(end, zone).date());
        let mut covered = start;
        for (from, to) in self.between(first.pred_opt().unwrap_or(first), last, zone) {
            if from <= covered {
                covered = covered.max(to);
            }
        }
        start < end && covered >= end
    }
}

impl WorkingCalendar {
    /// Working hours on the working days from `first` to `last` (UTC), in order. None, where no hours are written.
    pub fn hours_between(
        &self,
        first: NaiveDate,
        last: NaiveDate,
    ) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> + '_ {
        let days = first.iter_days().take_while(move |date| *date <= last).filter(|date| self.is_working(*date));
        self.hours.into_iter().flat_map(move |hours| days.clone().map(move |date| hours.on(date, &self.zone)))
    }

    /// Whether a part of the time from `start` to `end` (UTC) lies in working hours. Never, where none are written.
    #[must_use]
    pub fn works_during(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> bool {
        let first = local(start, &self.zone).date();
        let last = local(end, &self.zone).date();
        // Hours past midnight began the day before.
        let mut hours = self.hours_between(first.pred_opt().unwrap_or(first), last);
        hours.any(|(from, to)| from < to && from < end && start < to)
    }

    /// The latest instant not after `instant` (UTC) at the same time of day on a working day; `instant` itself where its
    /// day is one. Days are the organisation's.
    #[must_use]
    pub fn on_working_day_before(&self, instant: DateTime<Utc>, zone: &Zone) -> DateTime<Utc> {
        let wall = local(instant, zone);
        let mut date = wall.date();
        // A year without a working day is a mistake in the configuration; the message then keeps its day.
        for _ in 0..366 {
            let at = if date == wall.date() { instant } else { computed(date.and_time(wall.time()), zone).0 };
            if self.is_working(local(at, &self.zone).date()) {
                return at;
            }
            let Some(earlier) = date.pred_opt() else { break };
            date = earlier;
        }
        instant
    }
}

/// Days that are looked at for a start at the same time of day: eleven years, so that also 400 working days of a week with
/// one are found.
const DAYS_AHEAD: usize = 4_000;

impl super::Span {
    /// Its start, and the starts at the same wall-clock time on the following days (UTC). Days on which the clocks skip
    /// that time are left out; where they repeat it, the first is taken.
    pub fn same_time_later(&self) -> impl Iterator<Item = DateTime<Utc>> {
        let wall = local(self.starts_at, &self.zone);
        let zone = self.zone.clone();
        let days = wall.date().iter_days().skip(1).take(DAYS_AHEAD);
        let starts = days.map(move |date| computed(date.and_time(wall.time()), &zone));
        let later = starts.filter(|(_, note)| *note != Some(DstNote::MovedPastGap)).map(|(start, _)| start);
        std::iter::once(self.starts_at).chain(later)
    }

    /// How long it is, elapsed.
    #[must_use]
    pub fn length(&self) -> TimeDelta {
        self.ends_at - self.starts_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    #[test]
    fn hours_read_and_print_and_refuse_nonsense() {
        for text in ["08:00-18:00", "22:00-06:00", "00:00-00:00"] {
            assert_eq!(text.parse::<Hours>().map(|h| h.to_string()), Ok(text.into()));
        }
        assert_eq!("9:00-24:00".parse::<Hours>().map(|h| h.to_string()), Ok("09:00-00:00".into()));
        for text in ["", "8-18", "08:00", "25:00-26:00", "08:00-08:00", "08:60-09:00"] {
            assert!(text.parse::<Hours>().is_err(), "{text}");
        }
        assert_eq!("Sat,Sun 00:00-08:00".parse::<WeekHours>().map(|h| h.to_string()), Ok("Sat,Sun 00:00-08:00".into()));
    }

    #[test]
    fn work_is_seen_in_the_calendars_own_zone_and_not_on_days_off() {
        let zone = Zone::named("Asia/Singapore").expect("a zone");
        let mut calendar = WorkingCalendar::monday_to_friday(zone);
        calendar.hours = "09:00-18:00".parse().ok();
        // Friday 4 December 2026, 08:00 to 10:00 in Singapore.
        assert!(calendar.works_during(utc("2026-12-04T00:00:00Z"), utc("2026-12-04T02:00:00Z")));
        // 07:00 to 09:00: ends as work begins.
        assert!(!calendar.works_during(utc("2026-12-03T23:00:00Z"), utc("2026-12-04T01:00:00Z")));
        // Saturday.
        assert!(!calendar.works_during(utc("2026-12-05T02:00:00Z"), utc("2026-12-05T04:00:00Z")));
        // A whole weekend that reaches into Monday morning.
        assert!(calendar.works_during(utc("2026-12-05T02:00:00Z"), utc("2026-12-07T01:30:00Z")));
    }

    #[test]
    fn messages_wait_until_hours_open_also_over_midnight() {
        let zone = Zone::named("Europe/Helsinki").expect("a zone");
        let day: Hours = "08:00-18:00".parse().expect("hours");
        assert_eq!(day.next_open(utc("2026-12-01T03:00:00Z"), &zone), utc("2026-12-01T06:00:00Z"));
        assert_eq!(day.next_open(utc("2026-12-01T09:00:00Z"), &zone), utc("2026-12-01T09:00:00Z"));
        assert_eq!(day.next_open(utc("2026-12-01T16:00:00Z"), &zone), utc("2026-12-02T06:00:00Z"));
        let night: Hours = "22:00-06:00".parse().expect("hours");
        assert_eq!(night.next_open(utc("2026-12-01T01:00:00Z"), &zone), utc("2026-12-01T01:00:00Z"));
        assert_eq!(night.next_open(utc("2026-12-01T12:00:00Z"), &zone), utc("2026-12-01T20:00:00Z"));
    }

    fn zone(name: &str) -> Zone {
        Zone::named(name).expect("a zone")
    }

    #[test]
    fn days_of_the_week_may_be_listed_or_given_as_a_range() {
        let read = |text: &str| text.parse::<WeekHours>().map(|hours| hours.to_string());
        for (text, shown) in [
            ("Sun 02:00-06:00", "Sun 02:00-06:00"),
            ("01:00-05:00", "01:00-05:00"),
            ("Sat, Sun 00:00-08:00", "Sat,Sun 00:00-08:00"),
            ("Mon-Wed 01:00-05:00", "Mon,Tue,Wed 01:00-05:00"),
            ("Sat-Mon,Sun 22:00-06:00", "Sat,Sun,Mon 22:00-06:00"),
            ("sunday 2:00-24:00", "Sun 02:00-00:00"),
        ] {
            assert_eq!(read(text), Ok(shown.into()), "{text}");
        }
        for text in ["", "Sun", "Funday 02:00-06:00", "Sun,, 02:00-06:00", "Mon- 02:00-06:00", "Sun 02:00"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn quiet_hours_hold_a_time_that_runs_from_one_of_their_days_into_the_next() {
        let weekend: WeekHours = "Sat,Sun 00:00-24:00".parse().expect("hours");
        let helsinki = zone("Europe/Helsinki");
        let holds = |from: &str, to: &str| weekend.contains(utc(from), utc(to), &helsinki);
        // Saturday 5 December 22:00 to Sunday 02:00 in Helsinki.
        assert!(holds("2026-12-05T20:00:00Z", "2026-12-06T00:00:00Z"));
        assert!(holds("2026-12-04T22:00:00Z", "2026-12-06T22:00:00Z"), "all of it");
        assert!(!holds("2026-12-04T21:59:59Z", "2026-12-06T22:00:00Z"));
        assert!(!holds("2026-12-04T22:00:00Z", "2026-12-06T22:00:01Z"));
        let nights: WeekHours = "Sun 22:00-06:00".parse().expect("hours");
        // Sunday 6 December 22:00 to Monday 06:00.
        assert!(nights.contains(utc("2026-12-06T20:00:00Z"), utc("2026-12-07T04:00:00Z"), &helsinki));
        assert!(!nights.contains(utc("2026-12-07T20:00:00Z"), utc("2026-12-07T21:00:00Z"), &helsinki));
    }

    /// The clocks in Helsinki skip 03:00 to 04:00 on Sunday 29 March 2026.
    #[test]
    fn hours_that_the_clocks_skip_are_empty() {
        let helsinki = zone("Europe/Helsinki");
        let skipped: WeekHours = "03:00-04:00".parse().expect("hours");
        let sunday = skipped.hours.on("2026-03-29".parse().expect("a day"), &helsinki);
        assert_eq!(sunday, (utc("2026-03-29T01:00:00Z"), utc("2026-03-29T01:00:00Z")));
        assert!(!skipped.contains(utc("2026-03-29T01:00:00Z"), utc("2026-03-29T01:30:00Z"), &helsinki));
        let mut calendar = WorkingCalendar::monday_to_friday(helsinki.clone());
        (calendar.week, calendar.hours) = (Vec::new(), Some(skipped.hours));
        assert!(!calendar.works_during(utc("2026-03-29T00:30:00Z"), utc("2026-03-29T01:30:00Z")));
        assert!(calendar.works_during(utc("2026-03-28T01:00:00Z"), utc("2026-03-28T01:30:00Z")));
        let next = skipped.hours.next_open(utc("2026-03-29T00:30:00Z"), &helsinki);
        assert_eq!(next, utc("2026-03-30T00:00:00Z"), "Monday 03:00, in summer time");
    }

    #[test]
    fn night_shifts_belong_to_the_day_they_begin_on() {
        let mut calendar = WorkingCalendar::monday_to_friday(Zone::utc());
        calendar.hours = "22:00-06:00".parse().ok();
        assert!(calendar.works_during(utc("2026-12-05T05:00:00Z"), utc("2026-12-05T05:30:00Z")), "Saturday morning");
        assert!(!calendar.works_during(utc("2026-12-05T22:00:00Z"), utc("2026-12-05T23:00:00Z")), "Saturday night");
        assert!(!calendar.works_during(utc("2026-12-07T05:00:00Z"), utc("2026-12-07T06:00:00Z")), "Monday morning");
        calendar.holidays.insert("2026-12-04".parse().expect("a day"));
        assert!(!calendar.works_during(utc("2026-12-05T05:00:00Z"), utc("2026-12-05T05:30:00Z")), "a holiday's night");
    }

    /// As in getprobo/probo#1591, where two of three reminders came on a weekend.
    #[test]
    fn what_falls_on_a_day_off_moves_to_the_working_day_before_at_the_same_time_of_day() {
        let helsinki = zone("Europe/Helsinki");
        let mut calendar = WorkingCalendar::monday_to_friday(helsinki.clone());
        calendar.holidays.insert("2026-03-27".parse().expect("a day"));
        let moved = |at: &str| calendar.on_working_day_before(utc(at), &helsinki);
        // Monday 30 March 2026 16:00 stays; Sunday 29 (summer time) goes over Friday, a holiday, to Thursday 26.
        assert_eq!(moved("2026-03-30T13:00:00Z"), utc("2026-03-30T13:00:00Z"));
        assert_eq!(moved("2026-03-29T13:00:00Z"), utc("2026-03-26T14:00:00Z"));
    }

    #[test]
    fn later_starts_keep_the_wall_clock_and_pass_over_the_day_that_skips_it() {
        let later = |from: &str| {
            let starts_at = utc(from);
            let span = super::super::Span {
                starts_at,
                ends_at: starts_at + TimeDelta::hours(1),
                zone: zone("Europe/Helsinki"),
            };
            span.same_time_later().take(3).collect::<Vec<_>>()
        };
        // 03:30 on Saturday 28 March, not on Sunday 29, and on Monday 30 in summer time.
        let spring = ["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"];
        assert_eq!(later(spring[0]), spring.map(utc));
        // 03:30 comes twice on Sunday 25 October: the first counts.
        let autumn = ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
        assert_eq!(later(autumn[0]), autumn.map(utc));
    }
}
