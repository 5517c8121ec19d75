use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;

/// Saturday 21 November 2026, 12:00.
fn now() -> NaiveDateTime {
    "2026-11-21T12:00:00".parse().unwrap()
}

fn clock(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap()
}

/// The rule of a text, its first time and its length.
fn resolved(text: &str, at: Option<&str>, length: Option<i64>) -> Result<String, EveryError> {
    let every = Every::read(text)?;
    assert_eq!(Every::read(&every.to_string()), Ok(every.clone()), "{text}");
    let (recurrence, length) = every.resolve(at.map(clock), length.map(TimeDelta::hours), now())?;
    let stored = recurrence.to_string();
    let rule = stored.lines().find_map(|line| line.strip_prefix("RRULE:").or(line.strip_prefix("CRON:"))).unwrap();
    Ok(format!("{} {rule} {}", recurrence.start().format("%m-%d %H:%M"), crate::domain::calendar::compact(length)))
}

#[test]
fn words_are_rules() {
    let expected = [
        ("second sunday of month 16:00 for 4h", "12-13 16:00 FREQ=MONTHLY;BYDAY=2SU 4h"),
        ("second sunday of the month at 4pm for 4 hours", "12-13 16:00 FREQ=MONTHLY;BYDAY=2SU 4h"),
        ("every second sunday of the month 16:00-20:00", "12-13 16:00 FREQ=MONTHLY;BYDAY=2SU 4h"),
        ("the 2nd Sunday of every month, 16:00, for 4h", "12-13 16:00 FREQ=MONTHLY;BYDAY=2SU 4h"),
        ("last friday of quarter 22:00 for 4h", "12-25 22:00 FREQ=MONTHLY;BYMONTH=3,6,9,12;BYDAY=-1FR 4h"),
        ("first monday of quarter 22:00 for 4h", "01-04 22:00 FREQ=MONTHLY;BYMONTH=1,4,7,10;BYDAY=1MO 4h"),
        ("first monday of january 09:00 for 1h", "01-04 09:00 FREQ=YEARLY;BYMONTH=1;BYDAY=1MO 1h"),
        ("first and third tuesday of month 02:00 for 1h", "12-01 02:00 FREQ=MONTHLY;BYDAY=1TU,3TU 1h"),
        ("last sunday of march and october 02:00 for 1h", "03-28 02:00 FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU 1h"),
        ("every 2 weeks on monday 04:00 for 1h", "11-23 04:00 FREQ=WEEKLY;INTERVAL=2;BYDAY=MO 1h"),
        ("every week on sunday 02:00 for 1h", "11-22 02:00 FREQ=WEEKLY;BYDAY=SU 1h"),
        ("every sunday 02:00 for 1h", "11-22 02:00 FREQ=WEEKLY;BYDAY=SU 1h"),
        ("sundays at 2:00 for 1h", "11-22 02:00 FREQ=WEEKLY;BYDAY=SU 1h"),
        ("tuesday and thursday 02:00 for 1h", "11-24 02:00 FREQ=WEEKLY;BYDAY=TU,TH 1h"),
        ("every other thursday 22:00 for 2h", "11-26 22:00 FREQ=WEEKLY;INTERVAL=2;BYDAY=TH 2h"),
        ("every other week on thursday 22:00 for 2h", "11-26 22:00 FREQ=WEEKLY;INTERVAL=2;BYDAY=TH 2h"),
        ("fortnightly on thursday 22:00 for 2h", "11-26 22:00 FREQ=WEEKLY;INTERVAL=2;BYDAY=TH 2h"),
        ("weekly on monday at 4am for 30m", "11-23 04:00 FREQ=WEEKLY;BYDAY=MO 30m"),
        ("every day at 03:00 for 30m", "11-22 03:00 FREQ=DAILY 30m"),
        ("daily 03:00 for 30m", "11-22 03:00 FREQ=DAILY 30m"),
        ("every 3 days at 13:00 for 30m", "11-21 13:00 FREQ=DAILY;INTERVAL=3 30m"),
        ("weekdays at 06:00 for 30m", "11-23 06:00 FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR 30m"),
        ("every weekday 23:30-00:15", "11-23 23:30 FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR 45m"),
        ("weekends 06:00 for 30m", "11-22 06:00 FREQ=WEEKLY;BYDAY=SA,SU 30m"),
        ("every month on the 15th at 22:00 for 2h", "12-15 22:00 FREQ=MONTHLY;BYMONTHDAY=15 2h"),
        ("monthly on the 1st and 15th at 22:00 for 2h", "12-01 22:00 FREQ=MONTHLY;BYMONTHDAY=1,15 2h"),
        ("monthly on the last friday 22:00 for 2h", "11-27 22:00 FREQ=MONTHLY;BYDAY=-1FR 2h"),
        ("15th of month 22:00 for 2h", "12-15 22:00 FREQ=MONTHLY;BYMONTHDAY=15 2h"),
        ("last day of month 22:00 for 2h", "11-30 22:00 FREQ=MONTHLY;BYMONTHDAY=-1 2h"),
        ("last day of quarter 22:00 for 2h", "12-31 22:00 FREQ=MONTHLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1 2h"),
        ("first day of quarter 22:00 for 2h", "01-01 22:00 FREQ=MONTHLY;BYMONTH=1,4,7,10;BYMONTHDAY=1 2h"),
        ("every 2 months on the second sunday 04:00 for 2h", "12-13 04:00 FREQ=MONTHLY;INTERVAL=2;BYDAY=2SU 2h"),
        ("every 24 december 08:00 for 8h", "12-24 08:00 FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24 8h"),
        ("december 24 08:00 for 8h", "12-24 08:00 FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24 8h"),
        ("every year on 24 december 08:00 for 8h", "12-24 08:00 FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24 8h"),
        ("last day of year 22:00 for 2h", "12-31 22:00 FREQ=YEARLY;BYYEARDAY=-1 2h"),
        ("every sunday in january 02:00 for 1h", "01-03 02:00 FREQ=WEEKLY;BYMONTH=1;BYDAY=SU 1h"),
        ("for 4h at 16:00 every sunday", "11-22 16:00 FREQ=WEEKLY;BYDAY=SU 4h"),
    ];
    for (text, rule) in expected {
        assert_eq!(resolved(text, None, None).as_deref(), Ok(rule), "{text}");
        // A capital M would stand for months.
        let shouted = text.to_uppercase().replace("0M", "0m").replace("5M", "5m");
        assert_eq!(resolved(&shouted, None, None).as_deref(), Ok(rule), "{text}");
    }
}

#[test]
fn rules_and_cron_take_time_and_length_from_beside_or_behind() {
    let expected = [
        ("FREQ=MONTHLY;BYDAY=2SU", Some("16:00"), Some(4), "12-13 16:00 FREQ=MONTHLY;BYDAY=2SU 4h"),
        ("RRULE:FREQ=MONTHLY;BYDAY=2SU at 16:00 for 4h", None, None, "12-13 16:00 FREQ=MONTHLY;BYDAY=2SU 4h"),
        ("FREQ=MONTHLY;BYDAY=2SU 16:00 for 4h", None, None, ""),
        ("0 16 * * SUN", None, Some(4), "11-22 16:00 0 16 * * 0 4h"),
        ("0 16 * * SUN for 4h", None, None, "11-22 16:00 0 16 * * 0 4h"),
        ("0 16 * * SUN", Some("16:00"), Some(4), "11-22 16:00 0 16 * * 0 4h"),
        (
            "FREQ=WEEKLY;BYDAY=SU;BYHOUR=2",
            None,
            Some(1),
            "11-22 02:00 FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0;BYSECOND=0 1h",
        ),
        ("every sunday", Some("02:00"), Some(1), "11-22 02:00 FREQ=WEEKLY;BYDAY=SU 1h"),
        ("every sunday 02:00 for 1h", Some("02:00"), Some(1), "11-22 02:00 FREQ=WEEKLY;BYDAY=SU 1h"),
    ];
    for (text, at, length, rule) in expected {
        match resolved(text, at, length) {
            Ok(read) => assert_eq!(read, rule, "{text}"),
            Err(error) => assert!(rule.is_empty(), "{text}: {error:?}"),
        }
    }
}

#[test]
fn what_is_missing_or_said_twice_is_refused_with_what_to_add() {
    let expected = [
        ("every sunday", None, Some(1), "at:16:00", "every sunday at 16:00"),
        ("every sunday for 1h", None, None, "at:16:00", "every sunday at 16:00 for 1h"),
        ("FREQ=DAILY", None, Some(1), "at:16:00", "FREQ=DAILY at 16:00"),
        ("every sunday 02:00", None, None, "for:4h", "every sunday 02:00 for 4h"),
        ("0 16 * * SUN", None, None, "for:4h", "0 16 * * SUN for 4h"),
        ("every sunday 02:00 for 1h", Some("03:00"), None, "give one", "every sunday 03:00 for 1h"),
        ("every sunday 02:00 for 1h", None, Some(2), "give one", "every sunday 02:00 for 2h"),
        ("0 16 * * SUN", Some("03:00"), Some(1), "contradicts", "0 16 * * SUN"),
        ("FREQ=DAILY;BYHOUR=2,4", Some("03:00"), Some(1), "contradicts", "FREQ=DAILY;BYHOUR=2,4"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", Some("03:00"), Some(1), "never happens", EXAMPLE),
    ];
    for (text, at, length, message, hint) in expected {
        let error = resolved(text, at, length).expect_err(text);
        assert!(error.message.contains(message), "{text}: {error:?}");
        assert_eq!(error.hint.as_deref(), Some(hint), "{text}: {error:?}");
        assert!(Every::read(hint).is_ok(), "{hint}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_what_to_type() {
    let expected = [
        ("second sunday 16:00 for 4h", "second", "of month", "second sunday of month 16:00 for 4h"),
        ("last friday at 22:00", "last", "of month", "last friday of month 22:00"),
        ("every second thursday 22:00 for 2h", "second", "every other", "every other thursday 22:00 for 2h"),
        ("every sundya 02:00", "sundya", "did you mean", "every sunday 02:00"),
        ("every sunday 02:00 Europe/Helsinki", "Europe/Helsinki", "tz:", "every sunday 02:00"),
        ("every sunday 02:00 UTC", "UTC", "tz:", "every sunday 02:00"),
        ("every sunday 25:00", "25:00", "no time of day", "every sunday 16:00"),
        ("every sunday 02:00 04:00", "04:00", "second time", "every sunday 02:00"),
        ("every sunday 02:00 for ever", "for ever", "length", "every sunday 02:00 for 4h"),
        ("every sunday 02:00 for 40 days", "40 days", "31 days", "every sunday 02:00 for 4h"),
        ("16:00 for 4h", "16:00 for 4h", "how often", "every day 16:00 for 4h"),
        ("15th 16:00 for 4h", "15th 16:00 for 4h", "which month", "15th of month 16:00 for 4h"),
        ("every hour", "hour", "HOURLY", "FREQ=HOURLY;INTERVAL=6 for 10m"),
        ("every sunday blah 16:00", "blah", "not understood", "every sunday 16:00"),
        ("32nd of month 16:00", "32nd", "1 to 31", "15th of month 16:00"),
        ("6th sunday of month 16:00", "6th", "five", "last sunday of month 16:00"),
        ("FREQ=MINUTELY for 4h", "MINUTELY", "hourly", "FREQ=HOURLY for 4h"),
        ("0 16 8-14 * SUN for 4h", "8-14 * SUN", "both", "FREQ=MONTHLY;BYDAY=2SU;BYHOUR=16;BYMINUTE=0 for 4h"),
        ("@weekly for 4h", "@weekly ", "five fields", "0 0 * * 0 for 4h"),
        ("", "", "how often", "every day"),
    ];
    for (text, blamed, message, hint) in expected {
        let error = Every::read(text).expect_err(text);
        assert!(error.message.contains(message), "{text}: {error:?}");
        assert_eq!(error.hint.as_deref(), Some(hint), "{text}: {error:?}");
        assert_eq!(text[error.range.clone()].trim(), blamed.trim(), "{text}: {error:?}");
        assert!(Every::read(hint).is_ok(), "{hint}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_a_hint_that_reads(text in "\\PC{0,40}") {
        check(&text)?;
    }

    #[test]
    fn any_mix_of_the_words_is_read_or_refused_with_a_hint_that_reads(
        picked in prop::collection::vec(prop::sample::select(MIX.to_vec()), 0..9)
    ) {
        check(&picked.join(" "))?;
        check(&picked.join(""))?;
    }
}

const MIX: [&str; 40] = [
    "every",
    "other",
    "second",
    "2nd",
    "last",
    "day",
    "days",
    "3",
    "weeks",
    "month",
    "quarter",
    "year",
    "sunday",
    "mondays",
    "weekdays",
    "january",
    "24",
    "15th",
    "of",
    "the",
    "and",
    "on",
    "at",
    "16:00",
    "4pm",
    "-",
    "to",
    "for",
    "4h",
    "FREQ=WEEKLY",
    ";BYDAY=SU",
    ";COUNT=3",
    "RDATE:20261220",
    "0",
    "16",
    "*",
    "*/2",
    "SUN",
    "@daily",
    "UTC",
];

fn check(text: &str) -> Result<(), TestCaseError> {
    match Every::read(text) {
        Ok(every) => {
            prop_assert_eq!(Every::read(&every.to_string()), Ok(every.clone()));
            match every.resolve(None, None, now()) {
                Ok((recurrence, length)) => {
                    prop_assert!(recurrence.start() >= now() || text.contains("DTSTART"));
                    prop_assert!(length > TimeDelta::zero());
                    prop_assert_eq!(recurrence.to_string().parse(), Ok(recurrence.clone()));
                    prop_assert!(!recurrence.words().is_empty());
                }
                Err(error) => refused(text, &error)?,
            }
        }
        Err(error) => refused(text, &error)?,
    }
    Ok(())
}

fn refused(text: &str, error: &EveryError) -> Result<(), TestCaseError> {
    prop_assert!(text.get(error.range.clone()).is_some(), "{:?} {:?}", text, error);
    let hint = error.hint.as_deref().unwrap_or_default();
    prop_assert!(Every::read(hint).is_ok(), "{:?} {:?}", text, error);
    Ok(())
}

#[test]
fn a_start_in_the_text_is_kept() {
    let every = Every::read("DTSTART:20270103T040000 RRULE:FREQ=WEEKLY;BYDAY=SU for 1h").unwrap();
    let (recurrence, _) = every.resolve(None, None, now()).unwrap();
    assert_eq!(recurrence.start(), NaiveDate::from_ymd_opt(2027, 1, 3).unwrap().and_time(clock("04:00")));
    assert_eq!(every.time(), Some(clock("04:00")));
}

#[test]
fn plain_words_for_a_rule_can_be_typed() {
    for text in [
        "FREQ=MONTHLY;BYDAY=2SU",
        "FREQ=MONTHLY;BYMONTH=3,6,9,12;BYDAY=-1FR",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO",
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=MONTHLY;BYMONTHDAY=15",
        "FREQ=MONTHLY;BYMONTHDAY=1,15",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=2SU",
        "FREQ=MONTHLY;INTERVAL=3;BYDAY=2SU",
        "FREQ=YEARLY;BYMONTH=1;BYDAY=1MO",
        "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24",
    ] {
        let (recurrence, _) =
            Every::read(text).unwrap().resolve(Some(clock("16:00")), Some(TimeDelta::hours(1)), now()).unwrap();
        let words = recurrence.words();
        let (again, _) = Every::read(&words).unwrap().resolve(None, Some(TimeDelta::hours(1)), now()).unwrap();
        assert_eq!(again, recurrence, "{text}: {words}");
    }
}
