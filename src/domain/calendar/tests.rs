use std::collections::BTreeSet;

use chrono::Weekday;
use proptest::prelude::*;

use super::*;

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn wall(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

fn span(from: &str, to: &str, name: &str) -> String {
    Span { starts_at: utc(from), ends_at: utc(to), zone: zone(name) }.to_string()
}

fn lead(text: &str, start: &str, name: &str) -> (DateTime<Utc>, Option<DstNote>) {
    let holidays = BTreeSet::from(["2026-12-24", "2026-12-25"].map(|date| date.parse().unwrap()));
    let week = WorkingCalendar { holidays, ..WorkingCalendar::monday_to_friday(zone("Europe/Helsinki")) };
    text.parse::<Lead>().unwrap().before(utc(start), &zone(name), &week)
}

#[test]
fn a_zone_is_found_in_any_case_and_spelled_canonically() {
    assert_eq!(zone("europe/helsinki").name(), "Europe/Helsinki");
    assert_eq!(zone("etc/utc"), Zone::utc());
    assert_eq!(zone("utc").to_string(), "UTC");
    assert!(Zone::all_names().any(|name| name == "UTC"));
    assert!(Zone::all_names().all(|name| Zone::named(name).is_ok()));
}

#[test]
fn an_unknown_zone_names_the_nearest() {
    let nearest = |name: &str| Zone::named(name).unwrap_err().nearest;
    assert_eq!(nearest("Europe/Helsinky").as_deref(), Some("Europe/Helsinki"));
    assert_eq!(nearest("lisbon").as_deref(), Some("Europe/Lisbon"));
    assert_eq!(nearest("new york").as_deref(), Some("America/New_York"));
    assert_eq!(nearest("EST").as_deref(), Some("America/New_York"));
    assert_eq!(nearest(""), None);
    let error = serde_json::from_str::<Zone>("\"Europe/Helsinky\"").unwrap_err().to_string();
    assert!(error.contains("did you mean Europe/Helsinki?"), "{error}");
    assert_eq!(serde_json::to_string(&zone("asia/tokyo")).unwrap(), "\"Asia/Tokyo\"");
}

#[test]
fn a_typed_time_in_a_gap_names_the_last_minute_before_and_the_first_after() {
    let gap = Placed::Gap { before: utc("2027-03-28T00:59:00Z"), after: utc("2027-03-28T01:00:00Z") };
    assert_eq!(typed(wall("2027-03-28T03:00:00"), &zone("Europe/Helsinki")), gap);
    assert_eq!(typed(wall("2027-03-28T03:30:00"), &zone("Europe/Helsinki")), gap);
    assert_eq!(typed(wall("2027-03-28T03:59:59"), &zone("Europe/Helsinki")), gap);
    assert_eq!(typed(wall("2027-03-28T04:00:00"), &zone("Europe/Helsinki")), Placed::At(utc("2027-03-28T01:00:00Z")));
}

#[test]
fn a_day_that_a_country_skipped_is_a_gap_too() {
    let gap = Placed::Gap { before: utc("2011-12-30T09:59:00Z"), after: utc("2011-12-30T10:00:00Z") };
    assert_eq!(typed(wall("2011-12-30T12:00:00"), &zone("Pacific/Apia")), gap);
}

#[test]
fn a_typed_time_in_an_overlap_names_both_instants() {
    let both = Placed::Overlap { first: utc("2027-10-31T00:30:00Z"), second: utc("2027-10-31T01:30:00Z") };
    assert_eq!(typed(wall("2027-10-31T03:30:00"), &zone("Europe/Helsinki")), both);
}

#[test]
fn a_computed_time_moves_on_by_the_gap_and_takes_the_first_of_an_overlap() {
    let helsinki = zone("Europe/Helsinki");
    assert_eq!(
        computed(wall("2027-03-28T03:30:00"), &helsinki),
        (utc("2027-03-28T01:30:00Z"), Some(DstNote::MovedPastGap))
    );
    assert_eq!(
        computed(wall("2027-10-31T03:30:00"), &helsinki),
        (utc("2027-10-31T00:30:00Z"), Some(DstNote::FirstOfOverlap))
    );
    assert_eq!(computed(wall("2027-06-01T03:30:00"), &helsinki), (utc("2027-06-01T00:30:00Z"), None));
}

#[test]
fn a_day_starts_when_its_midnight_or_the_end_of_a_gap_there_does() {
    let date = |text: &str| text.parse().unwrap();
    assert_eq!(day_start(date("2026-12-18"), &zone("Europe/Helsinki")), utc("2026-12-17T22:00:00Z"));
    assert_eq!(day_start(date("2026-04-24"), &zone("Africa/Cairo")), utc("2026-04-23T22:00:00Z"));
}

#[test]
fn a_span_shows_its_zone_and_utc_beside_it() {
    assert_eq!(
        span("2027-04-12T14:00:00Z", "2027-04-12T16:00:00Z", "Europe/Lisbon"),
        "Mon 12 Apr 2027 15:00–17:00 Europe/Lisbon (14:00–16:00 UTC)"
    );
    assert_eq!(span("2027-04-12T14:00:00Z", "2027-04-12T16:00:30Z", "UTC"), "Mon 12 Apr 2027 14:00–16:00:30 UTC");
}

#[test]
fn a_span_shows_dates_wherever_they_differ() {
    assert_eq!(
        span("2027-04-12T22:30:00Z", "2027-04-12T23:15:00Z", "Europe/Lisbon"),
        "Mon 12 Apr 2027 23:30 – Tue 13 Apr 2027 00:15 Europe/Lisbon (Mon 12 Apr 22:30–23:15 UTC)"
    );
    assert_eq!(
        span("2027-04-12T22:30:00Z", "2027-04-13T01:15:00Z", "Europe/Helsinki"),
        "Tue 13 Apr 2027 01:30–04:15 Europe/Helsinki (Mon 12 Apr 22:30 – Tue 13 Apr 01:15 UTC)"
    );
    assert_eq!(
        span("2026-12-31T22:30:00Z", "2026-12-31T23:30:00Z", "Europe/Helsinki"),
        "Fri 1 Jan 2027 00:30–01:30 Europe/Helsinki (Thu 31 Dec 2026 22:30–23:30 UTC)"
    );
}

#[test]
fn a_time_that_the_clocks_show_twice_carries_its_offset() {
    assert_eq!(
        span("2027-10-31T00:30:00Z", "2027-10-31T01:15:00Z", "Europe/Helsinki"),
        "Sun 31 Oct 2027 03:30+03:00–03:15+02:00 Europe/Helsinki (00:30–01:15 UTC)"
    );
    assert_eq!(
        at(utc("2027-04-12T14:00:00Z"), &zone("Europe/Lisbon")),
        "Mon 12 Apr 2027 15:00 Europe/Lisbon (14:00 UTC)"
    );
    assert_eq!(at(utc("2027-04-12T14:00:00Z"), &Zone::utc()), "Mon 12 Apr 2027 14:00 UTC");
}

#[test]
fn a_lead_in_days_keeps_the_wall_clock_and_one_in_hours_the_elapsed_time() {
    // Helsinki puts its clocks forward on 28 March 2027.
    assert_eq!(lead("7d", "2027-04-01T13:00:00Z", "Europe/Helsinki"), (utc("2027-03-25T14:00:00Z"), None));
    assert_eq!(lead("168h", "2027-04-01T13:00:00Z", "Europe/Helsinki"), (utc("2027-03-25T13:00:00Z"), None));
    assert_eq!(lead("7d@09:00", "2027-04-01T13:00:00Z", "Europe/Helsinki"), (utc("2027-03-25T07:00:00Z"), None));
    assert_eq!(lead("15m", "2027-04-01T13:00:00Z", "UTC"), (utc("2027-04-01T12:45:00Z"), None));
    assert_eq!(
        lead("4d@03:30", "2027-04-01T13:00:00Z", "Europe/Helsinki"),
        (utc("2027-03-28T01:30:00Z"), Some(DstNote::MovedPastGap))
    );
}

#[test]
fn working_days_are_counted_strictly_before_the_start_in_the_organisations_zone() {
    // Monday 28 December 16:00 in Helsinki; the 24th and 25th are off, so five working days earlier is Thursday the 17th:
    // 23, 22, 21, 18, 17.
    assert_eq!(lead("5wd", "2026-12-28T14:00:00Z", "UTC").0, utc("2026-12-17T14:00:00Z"));
    assert_eq!(lead("5wd@09:00", "2026-12-28T14:00:00Z", "UTC").0, utc("2026-12-17T07:00:00Z"));
    // A start on a Sunday counts back from the Friday before.
    assert_eq!(lead("1wd", "2026-12-06T14:00:00Z", "UTC").0, utc("2026-12-04T14:00:00Z"));
    // 23:00 UTC on a Sunday is a Monday in Helsinki: the working day before is still that Friday.
    assert_eq!(lead("1wd", "2026-12-06T23:00:00Z", "UTC").0, utc("2026-12-03T23:00:00Z"));
}

#[test]
fn a_week_without_working_days_counts_every_day() {
    let week = WorkingCalendar { week: Vec::<Weekday>::new(), ..WorkingCalendar::monday_to_friday(Zone::utc()) };
    assert_eq!(week.working_days_before("2026-12-06".parse().unwrap(), 3), "2026-12-03".parse().unwrap());
}

#[test]
fn a_lead_prints_as_it_is_typed() {
    for text in ["14d", "3d", "12h", "15m", "90s", "7d@09:00", "5wd", "5wd@09:00", "400d"] {
        let lead: Lead = text.parse().unwrap();
        assert_eq!(lead.to_string(), text);
        assert_eq!(serde_json::from_str::<Lead>(&serde_json::to_string(&lead).unwrap()).unwrap(), lead);
    }
    assert_eq!(" 7D@9:00 ".parse::<Lead>().unwrap().to_string(), "7d@09:00");
}

#[test]
fn a_bad_lead_says_what_is_allowed() {
    for text in [
        "",
        "d",
        "0d",
        "401d",
        "9601h",
        "99999999999d",
        "5",
        "5x",
        "5h@09:00",
        "7d@25:00",
        "7d@+9:00",
        "-3d",
        "at_once",
        "3d 4h",
    ] {
        let error = text.parse::<Lead>().unwrap_err().to_string();
        assert!(error.contains("14d, 12h, 15m, 7d@09:00 or 5wd"), "{text}: {error}");
    }
}

#[test]
fn lengths_are_read_as_people_write_them() {
    let minutes = |text: &str| parse_duration(text).map(|length| length.num_minutes());
    for (text, expected) in [
        ("2h30m", 150),
        ("90 minutes", 90),
        ("1h 30m", 90),
        ("4h", 240),
        ("4H", 240),
        ("1d 4h", 1680),
        ("31d", 44_640),
        ("2 weeks", 20_160),
    ] {
        assert_eq!(minutes(text), Ok(expected), "{text}");
    }
    for text in [
        "",
        "0m",
        "0h 0m",
        "1month",
        "1M",
        "1 year",
        "32d",
        "500ms",
        "4",
        "h",
        "-4h",
        "4h later",
        "99999999999999999999d",
    ] {
        assert!(minutes(text).is_err(), "{text}");
    }
}

#[test]
fn lengths_are_shown_in_days_hours_minutes() {
    let shown = |seconds| (duration_words(TimeDelta::seconds(seconds)), compact(TimeDelta::seconds(seconds)));
    assert_eq!(shown(9000), ("2h 30m".to_owned(), "2h30m".to_owned()));
    assert_eq!(shown(900).0, "15m");
    assert_eq!(shown(100_800).0, "1d 4h");
    assert_eq!(shown(0).0, "0s");
    assert_eq!(shown(-90).0, "-1m 30s");
}

#[test]
fn nothing_panics_at_the_ends_of_time() {
    for name in ["UTC", "Europe/Helsinki", "America/New_York", "Pacific/Apia"] {
        for instant in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let wall = local(instant, &zone(name));
            let _ = (typed(wall, &zone(name)), computed(wall, &zone(name)), offset_seconds(instant, &zone(name)));
            let _ = at(instant, &zone(name));
            for text in ["400d", "9600h", "400wd@09:00"] {
                let _ = text.parse::<Lead>().unwrap().before(
                    instant,
                    &zone(name),
                    &WorkingCalendar::monday_to_friday(zone(name)),
                );
            }
        }
        for wall in [NaiveDateTime::MIN, NaiveDateTime::MAX] {
            let _ = (typed(wall, &zone(name)), computed(wall, &zone(name)), day_start(wall.date(), &zone(name)));
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_a_lead_a_length_and_a_zone_or_refused(text in ".{0,40}") {
        let _ = (text.parse::<Lead>(), parse_duration(&text), Zone::named(&text));
    }

    #[test]
    fn a_length_reads_back(seconds in 1i64..=31 * 86_400) {
        let length = TimeDelta::seconds(seconds);
        prop_assert_eq!(parse_duration(&compact(length)), Ok(length));
        prop_assert_eq!(parse_duration(&duration_words(length)), Ok(length));
    }

    #[test]
    fn a_wall_clock_leads_back_to_its_instant(seconds in 0i64..4_000_000_000, pick in 0usize..400) {
        let zone = zone(Zone::all_names().nth(pick).unwrap());
        let instant = DateTime::from_timestamp(seconds, 0).unwrap();
        let back = match typed(local(instant, &zone), &zone) {
            Placed::At(at) => at == instant,
            Placed::Overlap { first, second } => first == instant || second == instant,
            Placed::Gap { .. } => false,
        };
        prop_assert!(back);
    }
}
