//! What users of other tools reported, at the level of recurrences. The numbers are issues in public trackers.

use chrono::{Days, TimeDelta, Timelike};
use maintbot::domain::calendar::{Pattern, local};

use super::{first, instants, stored, typed, wall, zone};

/// louislam/uptime-kuma#6233: a daily window was shifted by one hour in summer time.
#[test]
fn story_uptime_kuma_6233_a_daily_window_keeps_its_hour_in_summer_time() {
    let lisbon = zone("Europe/Lisbon");
    let daily = typed("FREQ=DAILY", "03:00", "2027-03-27 00:00");
    // Lisbon is on UTC until 28 March 2027 01:00 UTC, then one hour ahead.
    assert_eq!(instants(&daily, &lisbon, 3), ["2027-03-27 03:00", "2027-03-28 02:00", "2027-03-29 02:00"]);
    for occurrence in first(&daily, &lisbon, 400) {
        assert_eq!(local(occurrence.starts_at, &lisbon).time().hour(), 3);
    }
}

/// louislam/uptime-kuma#3626: it worked on day one and was ignored on day two.
#[test]
fn story_uptime_kuma_3626_day_two_comes_like_day_one() {
    let daily = typed("FREQ=DAILY", "22:00", "2026-11-21 12:00");
    let berlin = zone("Europe/Berlin");
    assert_eq!(instants(&daily, &berlin, 3), ["2026-11-21 21:00", "2026-11-22 21:00", "2026-11-23 21:00"]);
    // Asked again after day one, day two is the next.
    let next = daily.after(Some(wall("2026-11-21 22:00")), TimeDelta::zero(), &berlin).next().unwrap();
    assert_eq!(next.wall, wall("2026-11-22 22:00"));
}

/// Icinga/icinga2#7947: a recurring downtime was one hour off at a change, and nobody could say what should happen to a
/// time that does not exist or comes twice.
#[test]
fn story_icinga2_7947_a_skipped_time_moves_on_and_a_repeated_one_is_the_first() {
    let vienna = zone("Europe/Vienna");
    let daily = typed("FREQ=DAILY", "02:30", "2027-03-27 00:00");
    assert_eq!(instants(&daily, &vienna, 3), ["2027-03-27 01:30", "2027-03-28 01:30", "2027-03-29 00:30"]);
    let daily = typed("FREQ=DAILY", "02:30", "2027-10-30 00:00");
    assert_eq!(instants(&daily, &vienna, 3), ["2027-10-30 00:30", "2027-10-31 00:30", "2027-11-01 01:30"]);
}

/// centreon/centreon-archived#3883: on the weekend of the change a downtime ran on until Monday night. A length is
/// elapsed time, so the end is as many hours after the start as on any other weekend.
#[test]
fn story_centreon_3883_on_the_weekend_of_a_change_the_window_ends_on_time() {
    let paris = zone("Europe/Paris");
    let weekly = typed("FREQ=WEEKLY;BYDAY=SA", "22:00", "2027-03-20 00:00");
    let ends: Vec<_> = first(&weekly, &paris, 3)
        .into_iter()
        .map(|it| local(it.starts_at + TimeDelta::hours(8), &paris).format("%m-%d %H:%M").to_string())
        .collect();
    // The night of 27 March 2027 is one hour short on the clock.
    assert_eq!(ends, ["03-21 06:00", "03-28 07:00", "04-04 06:00"]);
}

/// jkbrzt/rrule#550, #390, #424: rules counted in UTC drift on the wall clock, and depend on the zone of the host. Ours
/// have no host zone: the same rule gives the same wall-clock times in every zone.
#[test]
fn story_rrule_550_the_wall_clock_does_not_drift_whatever_the_zone() {
    let weekly = typed("FREQ=WEEKLY;BYDAY=TU,TH", "09:15", "2027-01-01 00:00");
    let walls = |name: &str| first(&weekly, &zone(name), 110).iter().map(|it| it.wall).collect::<Vec<_>>();
    let expected = walls("UTC");
    for name in ["America/New_York", "Europe/Helsinki", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"] {
        assert_eq!(walls(name), expected, "{name}");
        let zone = zone(name);
        for occurrence in first(&weekly, &zone, 110) {
            assert_eq!(local(occurrence.starts_at, &zone), occurrence.wall, "{name}");
        }
    }
}

/// cachethq/cachet#674 (2015), rajnandan1/kener#554 and others: there was no recurring maintenance at all.
#[test]
fn story_cachet_674_maintenance_recurs() {
    let monthly = typed("FREQ=MONTHLY;BYDAY=2SU", "16:00", "2026-09-01 00:00");
    let expected = ["2026-09-13 13:00", "2026-10-11 13:00", "2026-11-08 14:00", "2026-12-13 14:00"];
    assert_eq!(instants(&monthly, &zone("Europe/Helsinki"), 4), expected);
}

/// PagerDuty/terraform-provider-pagerduty#123: a weekly slot took 52 windows written by hand.
#[test]
fn story_terraform_pagerduty_123_one_rule_makes_the_52_windows_of_a_year() {
    let weekly = typed("FREQ=WEEKLY;BYDAY=SU", "04:00", "2027-01-01 00:00");
    let year: Vec<_> = first(&weekly, &zone("America/Chicago"), 53).into_iter().map(|it| it.wall).collect();
    let expected: Vec<_> = (0..53).map(|week| wall("2027-01-03 04:00") + Days::new(7 * week)).collect();
    assert_eq!(year, expected);
    assert!(year[51] < wall("2028-01-01 00:00") && year[52] >= wall("2028-01-01 00:00"));
}

/// louislam/uptime-kuma#7704: the first occurrence was skipped when the range starts on the same day.
#[test]
fn story_uptime_kuma_7704_the_first_day_of_the_range_counts() {
    let start = wall("2026-08-12 10:00");
    let weekly = stored(start, "FREQ=WEEKLY;BYDAY=WE");
    assert_eq!(first(&weekly, &zone("Europe/Rome"), 1)[0].wall, start);
    // From the very minute on, and from midnight of that day on.
    for from in ["2026-08-12 10:00", "2026-08-12 00:00"] {
        assert_eq!(typed("FREQ=WEEKLY;BYDAY=WE", "10:00", from).start(), start, "{from}");
        let cron = Pattern::cron("0 10 * * WED").unwrap().starting(None, wall(from)).unwrap();
        assert_eq!(cron.start(), start, "{from}");
    }
    assert_eq!(typed("FREQ=WEEKLY;BYDAY=WE", "10:00", "2026-08-12 10:01").start(), wall("2026-08-19 10:00"));
}

/// louislam/uptime-kuma#5872, #5605: it started one minute later every day.
#[test]
fn story_uptime_kuma_5872_no_day_is_a_minute_later_than_the_one_before() {
    let tokyo = zone("Asia/Tokyo");
    for recurrence in [
        typed("FREQ=DAILY", "23:59", "2026-11-21 00:00"),
        Pattern::cron("59 23 * * *").unwrap().starting(None, wall("2026-11-21 00:00")).unwrap(),
    ] {
        // Each day is asked for anew, as the program does it.
        let mut after = None;
        for day in 0..400 {
            let next = recurrence.after(after, TimeDelta::zero(), &tokyo).next().unwrap();
            assert_eq!(next.wall, wall("2026-11-21 23:59") + Days::new(day));
            after = Some(next.wall);
        }
    }
}

/// louislam/uptime-kuma#2987, #3012: a recurring window worked only once.
#[test]
fn story_uptime_kuma_2987_a_recurrence_goes_on_after_its_first_time() {
    let zone = zone("Europe/Amsterdam");
    for rule in ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SU", "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=YEARLY"] {
        assert_eq!(first(&typed(rule, "02:00", "2026-11-21 00:00"), &zone, 100).len(), 100, "{rule}");
    }
    let cron = Pattern::cron("0 2 * * 0").unwrap().starting(None, wall("2026-11-21 00:00")).unwrap();
    assert_eq!(first(&cron, &zone, 100).len(), 100);
}
