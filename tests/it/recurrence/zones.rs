//! Every zone, every change of the clocks from 2024 to 2037: the wall clock is kept, nothing is lost, doubled or moved.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};
use maintbot::domain::calendar::{
    DstNote, Lead, Occurrence, Placed, WorkingCalendar, Zone, computed, typed as typed_time,
};

use super::clocks::{Change, Kind, zones_with_changes};
use super::{stored, wall};

/// Calls a check for every zone and change.
fn each_change(check: impl Fn(&Zone, Change)) {
    let zones = zones_with_changes();
    let changes: usize = zones.iter().map(|(_, changes)| changes.len()).sum();
    assert!(zones.len() > 30 && changes > 700, "{} zones, {changes} changes", zones.len());
    for (zone, changes) in zones {
        for change in changes {
            check(zone, *change);
        }
    }
}

/// Times worth a look: around the moment of the change on the old and the new clock, in between, and far from it.
fn times(change: Change) -> Vec<NaiveDateTime> {
    let [old, new] = change.walls();
    let middle = old + (new - old) / 2;
    let noon = old.date().and_time(NaiveTime::from_hms_opt(12, 0, 0).expect("a valid example"));
    let mut times = vec![old, old - TimeDelta::seconds(1), new, new - TimeDelta::seconds(1), middle, noon];
    times.sort_unstable();
    times.dedup();
    times
}

fn note(kind: Kind) -> Option<DstNote> {
    match kind {
        Kind::Plain => None,
        Kind::Gap => Some(DstNote::MovedPastGap),
        Kind::Overlap => Some(DstNote::FirstOfOverlap),
    }
}

/// What the occurrences at these wall-clock times have to be.
fn expected(change: Change, walls: impl IntoIterator<Item = NaiveDateTime>) -> Vec<Occurrence> {
    let placed = |wall| {
        let (starts_at, kind) = change.placed(wall);
        Occurrence { wall, starts_at, note: note(kind) }
    };
    walls.into_iter().map(placed).collect()
}

#[test]
fn typed_times_in_a_gap_have_two_neighbours_and_in_an_overlap_two_candidates() {
    each_change(|zone, change| {
        for wall in times(change) {
            let [first, second] = change.offsets.map(|offset| (wall - TimeDelta::seconds(offset.into())).and_utc());
            let expected = match change.placed(wall) {
                (instant, Kind::Plain) => Placed::At(instant),
                (_, Kind::Gap) => Placed::Gap { before: change.at - TimeDelta::minutes(1), after: change.at },
                (_, Kind::Overlap) => Placed::Overlap { first, second },
            };
            assert_eq!(typed_time(wall, zone), expected, "{zone} {wall}");
        }
    });
}

#[test]
fn computed_times_in_a_gap_move_on_by_the_gap_and_in_an_overlap_are_the_first() {
    each_change(|zone, change| {
        for wall in times(change) {
            let (instant, kind) = change.placed(wall);
            assert_eq!(computed(wall, zone), (instant, note(kind)), "{zone} {wall}");
        }
    });
}

#[test]
fn daily_times_stay_on_the_clock_across_every_change() {
    each_change(|zone, change| {
        for time in times(change) {
            let start = time - Days::new(2);
            let days = expected(change, (0..5).map(|day| start + Days::new(day)));
            let daily = stored(start, "FREQ=DAILY");
            let found: Vec<_> = daily.after(None, TimeDelta::zero(), zone).take(5).collect();
            assert_eq!(found, days, "{zone} {start}");
        }
    });
}

#[test]
fn weekly_and_monthly_times_stay_on_the_clock_across_every_change() {
    each_change(|zone, change| {
        for time in times(change) {
            let weekly = stored(time - Days::new(14), "FREQ=WEEKLY");
            let found: Vec<_> = weekly.after(None, TimeDelta::zero(), zone).skip(1).take(3).collect();
            assert_eq!(
                found,
                expected(change, [7, 14, 21].map(|days| time - Days::new(14) + Days::new(days))),
                "{zone}"
            );
            // The month before may lack the day, or lie beyond another change: the change itself is what counts.
            let monthly = stored(time - Days::new(1), &format!("FREQ=MONTHLY;BYMONTHDAY={}", time.day()));
            let found: Vec<_> = monthly.after(None, TimeDelta::zero(), zone).take(1).collect();
            assert_eq!(found, expected(change, [time]), "{zone}");
        }
    });
}

#[test]
fn hourly_times_on_the_day_of_a_change_are_all_there_once() {
    each_change(|zone, change| {
        let [old, _] = change.walls();
        for minute in [0, 30] {
            let begin = old.date().and_hms_opt(0, minute, 0).expect("a valid example") - TimeDelta::hours(12);
            let all = expected(change, (0..48).map(|hour| begin + TimeDelta::hours(hour)));
            // A skipped time that would move onto another one is that other one.
            let own: Vec<_> = all.iter().filter(|it| it.note.is_none()).map(|it| it.starts_at).collect();
            let kept = all.iter().filter(|it| it.note != Some(DstNote::MovedPastGap) || !own.contains(&it.starts_at));
            let hourly = stored(begin, "FREQ=HOURLY");
            let found: Vec<_> = hourly
                .after(None, TimeDelta::zero(), zone)
                .take_while(|it| it.wall < begin + TimeDelta::hours(48))
                .collect();
            assert_eq!(found, kept.copied().collect::<Vec<_>>(), "{zone} {begin}");
            let mut instants: Vec<_> = found.iter().map(|it| it.starts_at).collect();
            instants.sort_unstable();
            instants.dedup();
            assert_eq!(instants.len(), found.len(), "{zone} {begin}: doubled");
        }
    });
}

#[test]
fn a_shifted_series_stays_on_the_clock_across_every_change() {
    each_change(|zone, change| {
        let shift = TimeDelta::hours(25) + TimeDelta::minutes(30);
        for time in times(change) {
            let daily = stored(time - shift - Days::new(1), "FREQ=DAILY");
            let found = daily.after(Some(time - shift - Days::new(1)), shift, zone).next().expect("a valid example");
            let (starts_at, kind) = change.placed(time);
            assert_eq!(found, Occurrence { wall: time - shift, starts_at, note: note(kind) }, "{zone} {time}");
        }
    });
}

#[test]
fn lead_times_in_days_stay_on_the_clock_and_in_hours_are_exact() {
    let lead = |text: &str| text.parse::<Lead>().expect("a valid example");
    let nine = NaiveTime::from_hms_opt(9, 0, 0).expect("a valid example");
    each_change(|zone, change| {
        let week = WorkingCalendar::monday_to_friday(zone.clone());
        for time in times(change) {
            let start = change.placed(time + Days::new(14)).0;
            let due = change.placed(time);
            assert_eq!(lead("14d").before(start, zone, &week), (due.0, note(due.1)), "{zone} {time}");
            let start = change.placed(time + Days::new(7)).0;
            let due = change.placed(time.date().and_time(nine));
            assert_eq!(lead("7d@09:00").before(start, zone, &week), (due.0, note(due.1)), "{zone} {time}");
            let (due, placed) = lead("12h").before(change.at + TimeDelta::hours(3), zone, &week);
            assert_eq!((due, placed), (change.at - TimeDelta::hours(9), None), "{zone}");
            let worked = time + Days::new(7);
            let start = change.placed(worked).0;
            let (due, kind) = change.placed(five_working_days_before(worked.date()).and_time(worked.time()));
            assert_eq!(lead("5wd").before(start, zone, &week), (due, note(kind)), "{zone} {time}");
        }
    });
}

fn five_working_days_before(mut date: NaiveDate) -> NaiveDate {
    let mut left = 5;
    while left > 0 {
        date = date.pred_opt().expect("a valid example");
        left -= i32::from(!matches!(date.weekday(), Weekday::Sat | Weekday::Sun));
    }
    date
}

#[test]
fn a_series_over_fourteen_years_neither_drifts_nor_loses_a_day_in_any_zone() {
    for (zone, _) in zones_with_changes() {
        let start = wall("2024-01-01 02:30");
        let weekly = stored(start, "FREQ=WEEKLY");
        let mut expected = start;
        for occurrence in weekly.after(None, TimeDelta::zero(), zone).take(14 * 52) {
            assert_eq!(occurrence.wall, expected, "{zone}");
            expected = expected + Days::new(7);
        }
    }
}
