use chrono::NaiveDate;

use super::*;

/// Saturday 21 November 2026, 12:00.
fn now() -> NaiveDateTime {
    wall("2026-11-21T12:00:00")
}

fn wall(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

fn ruled(text: &str, at: &str) -> Recurrence {
    let at = (!at.is_empty()).then(|| NaiveTime::parse_from_str(at, "%H:%M").unwrap());
    Pattern::rule(text).unwrap().starting(at, now()).unwrap()
}

fn croned(text: &str) -> Recurrence {
    Pattern::cron(text).unwrap().starting(None, now()).unwrap()
}

fn first_walls(recurrence: &Recurrence, count: usize) -> Vec<String> {
    let utc = Zone::utc();
    let walls = recurrence.after(None, TimeDelta::zero(), &utc).take(count);
    walls.map(|occurrence| occurrence.wall.format("%Y-%m-%d %H:%M").to_string()).collect()
}

#[test]
fn rules_count_from_their_first_match() {
    let expected: [(&str, &str, &[&str]); 18] = [
        ("FREQ=MONTHLY;BYDAY=2SU", "16:00", &["2026-12-13 16:00", "2027-01-10 16:00", "2027-02-14 16:00"]),
        ("RRULE:FREQ=MONTHLY;BYDAY=-1FR", "22:00", &["2026-11-27 22:00", "2026-12-25 22:00", "2027-01-29 22:00"]),
        ("FREQ=MONTHLY;BYMONTH=3,6,9,12;BYDAY=-1FR", "22:00", &["2026-12-25 22:00", "2027-03-26 22:00"]),
        ("freq=weekly;interval=2;byday=mo", "04:00", &["2026-11-23 04:00", "2026-12-07 04:00", "2026-12-21 04:00"]),
        // Begun on a Thursday, the pair of weekdays is of that week; the next pair is two weeks on.
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SA", "13:00", &["2026-11-21 13:00", "2026-12-01 13:00", "2026-12-05 13:00"]),
        ("FREQ=DAILY", "12:00", &["2026-11-21 12:00", "2026-11-22 12:00"]),
        ("FREQ=DAILY", "11:59", &["2026-11-22 11:59", "2026-11-23 11:59"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "09:00", &["2026-12-31 09:00", "2027-01-31 09:00", "2027-03-31 09:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "09:00", &["2026-11-30 09:00", "2026-12-31 09:00", "2027-01-31 09:00"]),
        ("FREQ=YEARLY;BYMONTH=1;BYDAY=1MO", "09:00", &["2027-01-04 09:00", "2028-01-03 09:00"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "09:00", &["2028-02-29 09:00", "2032-02-29 09:00"]),
        ("FREQ=DAILY;BYHOUR=4,16", "", &["2026-11-21 16:00", "2026-11-22 04:00", "2026-11-22 16:00"]),
        ("FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=30", "", &["2026-11-22 02:30", "2026-11-29 02:30"]),
        ("FREQ=HOURLY;INTERVAL=6", "", &["2026-11-21 12:00", "2026-11-21 18:00", "2026-11-22 00:00"]),
        ("FREQ=DAILY;COUNT=2", "13:00", &["2026-11-21 13:00", "2026-11-22 13:00"]),
        ("FREQ=DAILY;UNTIL=20261123", "13:00", &["2026-11-21 13:00", "2026-11-22 13:00", "2026-11-23 13:00"]),
        ("FREQ=DAILY;UNTIL=20261123T125959", "13:00", &["2026-11-21 13:00", "2026-11-22 13:00"]),
        // Both the first Monday and every Friday: the standard adds them.
        (
            "FREQ=MONTHLY;BYDAY=FR,1MO;BYMONTH=12",
            "13:00",
            &["2026-12-04 13:00", "2026-12-07 13:00", "2026-12-11 13:00", "2026-12-18 13:00", "2026-12-25 13:00"],
        ),
    ];
    for (text, at, walls) in expected {
        let more = usize::from(text.contains("COUNT") || text.contains("UNTIL"));
        assert_eq!(first_walls(&ruled(text, at), walls.len() + more), walls, "{text}");
    }
}

#[test]
fn a_rule_with_a_start_keeps_it() {
    let recurrence = ruled("DTSTART:20260901T160000 RRULE:FREQ=MONTHLY;BYDAY=2SU", "");
    assert_eq!(first_walls(&recurrence, 2), ["2026-09-13 16:00", "2026-10-11 16:00"]);
    let recurrence = ruled("DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=WEEKLY", "08:00");
    assert_eq!(first_walls(&recurrence, 2), ["2026-12-01 08:00", "2026-12-08 08:00"]);
}

#[test]
fn dates_are_added_and_left_out() {
    let recurrence = ruled(
        "FREQ=MONTHLY;BYDAY=2SU RDATE:20261220T170000,20261222 RDATE=20270103 EXDATE:20270110 EXDATE:20261213T160000",
        "16:00",
    );
    assert_eq!(
        first_walls(&recurrence, 4),
        ["2026-12-20 17:00", "2026-12-22 16:00", "2027-01-03 16:00", "2027-02-14 16:00"]
    );
}

#[test]
fn cron_is_five_fields_in_which_0_and_7_are_sunday() {
    let expected: [(&str, &[&str]); 11] = [
        ("0 16 * * SUN", &["2026-11-22 16:00", "2026-11-29 16:00"]),
        ("0 16 * * 0", &["2026-11-22 16:00", "2026-11-29 16:00"]),
        ("0 16 * * 7", &["2026-11-22 16:00", "2026-11-29 16:00"]),
        ("0 16 * * 1", &["2026-11-23 16:00", "2026-11-30 16:00"]),
        ("30 4 1 */3 *", &["2027-01-01 04:30", "2027-04-01 04:30", "2027-07-01 04:30"]),
        ("0 2 * * 5-7", &["2026-11-22 02:00", "2026-11-27 02:00", "2026-11-28 02:00", "2026-11-29 02:00"]),
        ("0 2 * * FRI-MON", &["2026-11-22 02:00", "2026-11-23 02:00", "2026-11-27 02:00"]),
        ("*/20 23 * * sat", &["2026-11-21 23:00", "2026-11-21 23:20", "2026-11-21 23:40", "2026-11-28 23:00"]),
        ("0 12 * * *", &["2026-11-21 12:00", "2026-11-22 12:00"]),
        ("0 0 29 feb *", &["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("5 8-18/5 1,15 * *", &["2026-12-01 08:05", "2026-12-01 13:05", "2026-12-01 18:05", "2026-12-15 08:05"]),
    ];
    for (text, walls) in expected {
        assert_eq!(first_walls(&croned(text), walls.len()), walls, "{text}");
    }
}

#[test]
fn a_stored_recurrence_reads_back_as_it_was() {
    let all = [
        ruled("FREQ=MONTHLY;BYDAY=1SU,SU,-1FR;BYSETPOS=-1;WKST=SU;INTERVAL=3", "16:00"),
        ruled("FREQ=YEARLY;BYWEEKNO=1,-1;BYDAY=MO;UNTIL=20301231", "16:00"),
        ruled("FREQ=YEARLY;BYYEARDAY=100,-1;COUNT=7", "16:00"),
        ruled("FREQ=DAILY;BYHOUR=4,16;BYSECOND=30 EXDATE=20261123 RDATE=20261124T100000", ""),
        croned("0 16 * * SUN"),
        croned("*/15 1-5 1 JAN-MAR *"),
    ];
    for recurrence in all {
        let text = recurrence.to_string();
        assert_eq!(text.parse::<Recurrence>().as_ref(), Ok(&recurrence), "{text}");
    }
    assert_eq!(
        ruled("BYDAY=2SU;FREQ=MONTHLY EXDATE:20270110", "16:00").to_string(),
        "DTSTART:20261213T160000\nRRULE:FREQ=MONTHLY;BYDAY=2SU\nEXDATE:20270110"
    );
    assert_eq!(croned("0 16 * * SUN").to_string(), "DTSTART:20261122T160000\nCRON:0 16 * * 0");
    let with_dates = "DTSTART:20261122T160000\nCRON:0 16 * * 0\nRDATE:20261225\nEXDATE:20261129";
    let read: Recurrence = with_dates.parse().unwrap();
    assert_eq!(read.to_string(), with_dates);
    assert_eq!(first_walls(&read, 3), ["2026-11-22 16:00", "2026-12-06 16:00", "2026-12-13 16:00"]);
    for bad in ["", "FREQ=DAILY", "DTSTART:20261122\nRRULE:FREQ=DAILY", "DTSTART:20261122T160000", "CRON:0 16 * * 0"] {
        assert!(bad.parse::<Recurrence>().is_err(), "{bad}");
    }
}

#[test]
fn words_say_a_recurrence_plainly() {
    let expected = [
        ("FREQ=MONTHLY;BYDAY=2SU", "second Sunday of every month at 16:00"),
        ("FREQ=MONTHLY;BYMONTH=3,6,9,12;BYDAY=-1FR", "last Friday of every quarter at 16:00"),
        ("FREQ=MONTHLY;BYMONTH=1,4,7,10;BYDAY=1MO", "first Monday of every quarter at 16:00"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "every 2 weeks on Monday at 16:00"),
        ("FREQ=WEEKLY;BYDAY=SU", "every Sunday at 16:00"),
        ("FREQ=WEEKLY", "every Saturday at 16:00"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every weekday at 16:00"),
        ("FREQ=DAILY", "every day at 16:00"),
        ("FREQ=DAILY;INTERVAL=3", "every 3 days at 16:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "day 15 of every month at 16:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "last day of every month at 16:00"),
        ("FREQ=YEARLY;BYMONTH=1;BYDAY=1MO", "first Monday of January at 16:00"),
        ("FREQ=YEARLY", "every 21 November at 16:00"),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1", "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1 at 16:00"),
        ("FREQ=WEEKLY;BYDAY=SU;COUNT=4", "every Sunday at 16:00, 4 times"),
        ("FREQ=WEEKLY;BYDAY=SU;UNTIL=20270131", "every Sunday at 16:00 until 2027-01-31"),
        ("FREQ=WEEKLY;BYDAY=SU EXDATE:20261227", "every Sunday at 16:00, except on 2026-12-27"),
    ];
    for (text, words) in expected {
        assert_eq!(ruled(text, "16:00").words(), words, "{text}");
    }
    assert_eq!(ruled("FREQ=DAILY;BYHOUR=4,16", "").words(), "every day at 04:00 and 16:00");
    assert_eq!(ruled("FREQ=HOURLY;INTERVAL=6", "").words(), "every 6 hours at minute 0");
    assert_eq!(croned("0 16 * * SUN").words(), "every Sunday at 16:00");
    assert_eq!(croned("30 2 1 * *").words(), "day 1 of every month at 02:30");
    assert_eq!(croned("*/15 * * * *").words(), "0,15,30,45 * * * *");
}

#[test]
fn what_is_no_rule_is_refused_with_one_that_works() {
    let expected = [
        ("BYDAY=SU", "FREQ", "FREQ=WEEKLY;BYDAY=SU"),
        ("FREQ=MINUTELY", "hourly at most", "FREQ=HOURLY"),
        ("FREQ=SECONDLY;COUNT=3", "hourly at most", "FREQ=HOURLY;COUNT=3"),
        ("FREQ=FORTNIGHTLY", "one of YEARLY", "FREQ=WEEKLY"),
        ("FREQ=WEEKLY;BYDAY=SUN", "MO, TU", "FREQ=WEEKLY;BYDAY=SU"),
        ("FREQ=WEEKLY;BYDAY=2SU", "in months and years only", "FREQ=WEEKLY;BYDAY=SU"),
        ("FREQ=MONTHLY;BYDAY=6SU", "1st to the 5th", "FREQ=MONTHLY;BYDAY=-1SU"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "1 to 31", "FREQ=MONTHLY;BYMONTHDAY=1"),
        ("FREQ=DAILY;INTERVAL=0", "1 to 1000", "FREQ=DAILY;INTERVAL=1"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "give one", "FREQ=DAILY;COUNT=3"),
        ("FREQ=DAILY;UNTIL=20270101T000000Z", "not UTC", "FREQ=DAILY;UNTIL=20270101T000000"),
        ("FREQ=DAILY;UNTIL=20270231", "no 2027-02-31", "FREQ=DAILY;UNTIL=20261220"),
        ("FREQ=DAILY;BYDAI=MO", "did you mean BYDAY", "FREQ=DAILY;BYDAY=MO"),
        ("FREQ=DAILY;BYEASTER=1", "no part of a rule", "FREQ=DAILY"),
        ("FREQ=DAILY;FREQ=WEEKLY", "twice", "FREQ=DAILY"),
        ("FREQ=DAILY nonsense", "no part of a rule", "FREQ=DAILY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "does not go with", "FREQ=WEEKLY"),
        ("FREQ=DAILY;BYWEEKNO=3;BYDAY=MO", "YEARLY only", "FREQ=DAILY;BYDAY=MO"),
        ("FREQ=DAILY;BYSETPOS=1", "another BY part", "FREQ=DAILY"),
        (
            "DTSTART;TZID=Europe/Helsinki:20261201T160000 RRULE:FREQ=DAILY",
            "no zone",
            "DTSTART:20261201T160000 RRULE:FREQ=DAILY",
        ),
        ("FREQ=DAILY EXRULE:FREQ=WEEKLY", "not taken", "FREQ=DAILY"),
        ("FREQ=DAILY RDATE:tomorrow", "no date", "FREQ=DAILY RDATE:20261220"),
    ];
    for (text, message, hint) in expected {
        let error = Pattern::rule(text).expect_err(text);
        assert!(error.message.contains(message), "{text}: {error:?}");
        assert_eq!(error.hint.as_deref(), Some(hint), "{text}: {error:?}");
        assert!(Pattern::rule(hint).is_ok(), "{hint}");
        assert!(text.get(error.range.clone()).is_some(), "{text}: {error:?}");
    }
}

#[test]
fn what_is_no_cron_is_refused_with_what_works() {
    let expected = [
        ("0 16 8-14 * SUN", "both", "FREQ=MONTHLY;BYDAY=2SU;BYHOUR=16;BYMINUTE=0"),
        ("0 16 13 * FRI", "both", "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR;BYHOUR=16;BYMINUTE=0"),
        ("@daily", "five fields", "0 0 * * *"),
        ("@reboot", "five fields", "0 0 * * *"),
        ("0 0 16 * * SUN", "five fields", "0 16 * * SUN"),
        ("0 16 * *", "five fields", "0 16 * * *"),
        ("60 16 * * *", "0 to 59", "0 16 * * *"),
        ("0 24 * * *", "0 to 23", "0 0 * * *"),
        ("0 16 0 * *", "1 to 31", "0 16 1 * *"),
        ("0 16 * * SUNDAY", "weekday", "0 16 * * 0"),
        ("5/15 16 * * *", "range", "5-59/15 16 * * *"),
        ("0 16-4 * * *", "hour", "0 0 * * *"),
        ("0 16 * * */0", "weekday", "0 16 * * 0"),
    ];
    for (text, message, hint) in expected {
        let error = Pattern::cron(text).expect_err(text);
        assert!(error.message.contains(message), "{text}: {error:?}");
        assert_eq!(error.hint.as_deref(), Some(hint), "{text}: {error:?}");
        assert!(Pattern::cron(hint).is_ok() || Pattern::rule(hint).is_ok(), "{hint}");
    }
}

#[test]
fn what_never_happens_is_refused() {
    let at = NaiveTime::from_hms_opt(16, 0, 0);
    for text in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=4,6;BYMONTHDAY=31",
        "FREQ=DAILY;UNTIL=20200101",
        "FREQ=DAILY;COUNT=1 EXDATE:20261121",
        "DTSTART:20261201 FREQ=DAILY;UNTIL=20261130",
    ] {
        let error = Pattern::rule(text).unwrap().starting(at, now()).expect_err(text);
        assert!(error.contains("never happens") || error.contains("nothing comes"), "{text}: {error}");
    }
    let never = Pattern::cron("0 0 30 2 *").unwrap().starting(None, now());
    assert!(never.expect_err("30 February").contains("never happens"));
}

#[test]
fn a_stored_rule_that_never_matches_ends() {
    // Every twelve months from a January on, but only in March.
    let never: Recurrence = "DTSTART:20270101T000000\nRRULE:FREQ=MONTHLY;INTERVAL=12;BYMONTH=3".parse().unwrap();
    assert_eq!(first_walls(&never, 1), Vec::<String>::new());
}

#[test]
fn a_question_late_in_a_series_starts_there() {
    let zone = zone("Europe/Helsinki");
    let texts = [
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR",
        "FREQ=MONTHLY;INTERVAL=5;BYDAY=2SU",
        "FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYDAY=1MO",
        "FREQ=HOURLY;INTERVAL=7",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=WEEKLY;INTERVAL=3;WKST=SU;BYDAY=SU,SA",
    ];
    for text in texts {
        let recurrence = ruled(text, if text.contains("HOURLY") { "" } else { "16:00" });
        let from_start: Vec<Occurrence> = recurrence.after(None, TimeDelta::zero(), &zone).take(60).collect();
        for (index, occurrence) in from_start.iter().enumerate().take(40) {
            let resumed: Vec<Occurrence> =
                recurrence.after(Some(occurrence.wall), TimeDelta::zero(), &zone).take(10).collect();
            assert_eq!(resumed, from_start[index + 1..index + 11], "{text} after {}", occurrence.wall);
        }
    }
}

#[test]
fn a_shift_moves_the_time_and_keeps_the_name() {
    let zone = zone("Europe/Helsinki");
    let recurrence = ruled("FREQ=MONTHLY;BYDAY=2SU", "16:00");
    let shifted: Vec<Occurrence> =
        recurrence.after(Some(wall("2026-12-13T16:00:00")), TimeDelta::hours(25), &zone).take(1).collect();
    assert_eq!(shifted[0].wall, wall("2027-01-10T16:00:00"));
    // Monday 11 January 2027, 17:00 in Helsinki.
    assert_eq!(shifted[0].starts_at.to_rfc3339(), "2027-01-11T15:00:00+00:00");
}

#[test]
fn gaps_move_on_and_overlaps_take_the_first_and_nothing_is_doubled() {
    let helsinki = zone("Europe/Helsinki");
    let placed = |recurrence: &Recurrence, day: (i32, u32, u32)| {
        let day = NaiveDate::from_ymd_opt(day.0, day.1, day.2).unwrap();
        let before = day.and_time(NaiveTime::MIN) - TimeDelta::seconds(1);
        let all = recurrence.after(Some(before), TimeDelta::zero(), &helsinki);
        all.take_while(move |o| o.wall.date() == day)
            .map(|o| (o.wall.format("%H:%M").to_string(), o.starts_at.format("%H:%M").to_string(), o.note))
            .collect::<Vec<_>>()
    };
    let owned = |wall: &str, utc: &str, note| (wall.to_owned(), utc.to_owned(), note);
    // Helsinki: 03:00 to 04:00 is skipped on 28 March 2027, 03:00 to 04:00 comes twice on 31 October 2027.
    let daily = ruled("FREQ=DAILY", "03:30");
    assert_eq!(placed(&daily, (2027, 3, 28)), [owned("03:30", "01:30", Some(DstNote::MovedPastGap))]);
    assert_eq!(placed(&daily, (2027, 10, 31)), [owned("03:30", "00:30", Some(DstNote::FirstOfOverlap))]);
    // 03:30 moved on would meet 04:30, which is there itself.
    let twice = ruled("FREQ=DAILY;BYHOUR=3,4;BYMINUTE=30", "");
    assert_eq!(placed(&twice, (2027, 3, 28)), [owned("04:30", "01:30", None)]);
    let hourly = ruled("FREQ=HOURLY", "");
    assert_eq!(placed(&hourly, (2027, 3, 28)).len(), 23);
    assert_eq!(placed(&hourly, (2027, 10, 31)).len(), 24);
}
