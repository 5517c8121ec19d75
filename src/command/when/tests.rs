use chrono::{NaiveDate, TimeDelta};
use proptest::prelude::*;

use super::*;
use crate::domain::calendar::at;

/// Saturday 21 November 2026, 12:00 in Helsinki.
const NOW: &str = "2026-11-21T10:00:00Z";

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

fn author(name: &str) -> Zones {
    Zones { tz: None, fallbacks: vec![(ZoneSource::Author, zone(name)), (ZoneSource::Organisation, Zone::utc())] }
}

fn resolve(text: &str, now: &str, zones: &Zones) -> Result<Resolved, WhenError> {
    let read = When::read(text, utc(now), zones);
    let stepwise = When::parse(text).and_then(|when| when.resolve(utc(now), zones));
    assert_eq!(read.as_ref().ok().map(|(_, resolved)| resolved), stepwise.as_ref().ok());
    read.map(|(_, resolved)| resolved)
}

/// Start and end in UTC, read by someone in Helsinki.
fn read_at(text: &str, now: &str) -> String {
    match resolve(text, now, &author("Europe/Helsinki")) {
        Ok(resolved) => {
            let show = |instant: DateTime<Utc>| {
                let shown = instant.format("%Y-%m-%dT%H:%M:%S").to_string();
                shown.strip_suffix(":00").unwrap_or(&shown).to_owned()
            };
            format!("{}/{}", show(resolved.span.starts_at), show(resolved.span.ends_at))
        }
        Err(error) => format!("refused: {error}"),
    }
}

fn all_read_as(expected: &[(&str, &str)]) {
    for (text, utc) in expected {
        assert_eq!(read_at(text, NOW), *utc, "{text}");
    }
}

/// The refusal of a text: what it points at, its message, its hint. A hint has to work.
fn refusal(text: &str) -> (String, String, Option<String>) {
    refusal_for(text, &author("Europe/Helsinki"))
}

fn refusal_for(text: &str, zones: &Zones) -> (String, String, Option<String>) {
    let error = resolve(text, NOW, zones).expect_err(text);
    if let Some(hint) = &error.hint {
        let works = resolve(hint, NOW, zones);
        assert!(works.is_ok(), "{text}: the hint {hint:?} fails: {works:?}");
    }
    (text[error.range].to_owned(), error.message, error.hint)
}

fn all_refused(expected: &[(&str, &str, &str, &str)]) {
    for (text, blamed, part_of_message, hint) in expected {
        let (range, message, fixed) = refusal(text);
        assert_eq!(range, *blamed, "{text}: {message}");
        assert!(message.contains(part_of_message), "{text}: {message}");
        assert_eq!(fixed.as_deref().unwrap_or(""), *hint, "{text}: {message}");
    }
}

#[test]
fn absolute_times_are_read_in_the_authors_zone() {
    all_read_as(&[
        ("2026-12-06 16:00-20:00", "2026-12-06T14:00/2026-12-06T18:00"),
        ("2026-12-06 16:00 for 4h", "2026-12-06T14:00/2026-12-06T18:00"),
        ("2026-12-06, 16:00 until 20:00", "2026-12-06T14:00/2026-12-06T18:00"),
        ("from 16:00 to 20:00 on 2026-12-06", "2026-12-06T14:00/2026-12-06T18:00"),
        ("2026-12-06 16:00\u{a0}–\u{a0}20:00", "2026-12-06T14:00/2026-12-06T18:00"),
        ("2026-12-06 16:00—20:00", "2026-12-06T14:00/2026-12-06T18:00"),
        ("2026-12-06 22:00 - 2026-12-07 02:00", "2026-12-06T20:00/2026-12-07T00:00"),
        ("2026-12-06 22:00-2026-12-07 02:00", "2026-12-06T20:00/2026-12-07T00:00"),
        ("2026-12-06 22:00-24:00", "2026-12-06T20:00/2026-12-06T22:00"),
        ("2026-12-06 16:00:30-16:01", "2026-12-06T14:00:30/2026-12-06T14:01"),
        ("25/12/2026 16:00 for 90 minutes", "2026-12-25T14:00/2026-12-25T15:30"),
    ]);
}

#[test]
fn iso_8601_and_offsets_are_read_as_written() {
    all_read_as(&[
        ("2026-12-06T16:00Z/PT4H", "2026-12-06T16:00/2026-12-06T20:00"),
        ("2026-12-06T16:00Z/2026-12-06T20:00Z", "2026-12-06T16:00/2026-12-06T20:00"),
        ("2026-12-06T16:00:15Z/P1DT1H", "2026-12-06T16:00:15/2026-12-07T17:00:15"),
        ("2026-12-06T16:00-05:00/PT4H", "2026-12-06T21:00/2026-12-07T01:00"),
        ("2026-12-06T16:00-05:00 for 4h", "2026-12-06T21:00/2026-12-07T01:00"),
        ("2026-12-06 16:00+05:30 for 4h", "2026-12-06T10:30/2026-12-06T14:30"),
        ("2026-12-06 16:00+02:00–17:00+01:00", "2026-12-06T14:00/2026-12-06T16:00"),
        ("2026-12-06 16:00-05:00–17:00-05:00", "2026-12-06T21:00/2026-12-06T22:00"),
        ("2026-12-06 16:00-05:00-17:00-05:00", "2026-12-06T21:00/2026-12-06T22:00"),
        ("2026-12-06 16:00-18:00 UTC", "2026-12-06T16:00/2026-12-06T18:00"),
        ("2026-12-06 16:00-18:00Z", "2026-12-06T16:00/2026-12-06T18:00"),
        ("2026-12-06 16:00-18:00 +01:00", "2026-12-06T15:00/2026-12-06T17:00"),
        ("2026-12-06 16:00-18:00 -05:00", "2026-12-06T21:00/2026-12-06T23:00"),
        ("2026-12-06 16:00-18:00 UTC+2", "2026-12-06T14:00/2026-12-06T16:00"),
        ("2026-12-06 16:00 UTC - 18:00 UTC", "2026-12-06T16:00/2026-12-06T18:00"),
        ("2026-12-06 16:00-18:00 europe/lisbon", "2026-12-06T16:00/2026-12-06T18:00"),
        ("2026-12-06 16:00-18:00 America/Port-au-Prince", "2026-12-06T21:00/2026-12-06T23:00"),
    ]);
}

#[test]
fn named_months_take_their_next_occurrence() {
    all_read_as(&[
        // Helsinki leaves summer time on 31 October 2027 at 04:00.
        ("31 october 2027 16:00-20:00", "2027-10-31T14:00/2027-10-31T18:00"),
        ("october 31 16:00-20:00", "2027-10-31T14:00/2027-10-31T18:00"),
        ("Oct 31st, 2027 at 16:00 for 4h", "2027-10-31T14:00/2027-10-31T18:00"),
        ("the 8th of september 16:00-20:00", "2027-09-08T13:00/2027-09-08T17:00"),
        ("dec 24 18:00 for 2h", "2026-12-24T16:00/2026-12-24T18:00"),
        ("21 november 11:59 for 1h", "2027-11-21T09:59/2027-11-21T10:59"),
        ("21 november 12:01 for 1h", "2026-11-21T10:01/2026-11-21T11:01"),
        ("29 february 12:00 for 1h", "2028-02-29T10:00/2028-02-29T11:00"),
        ("dec 31 23:00 - jan 1 02:00", "2026-12-31T21:00/2027-01-01T00:00"),
    ]);
    // On 2 September 2024 the next 8 September is a Sunday.
    assert_eq!(
        read_at("sunday, september 8, 16:00-20:00 UTC", "2024-09-02T00:00:00Z"),
        "2024-09-08T16:00/2024-09-08T20:00"
    );
}

#[test]
fn a_twelve_hour_clock_takes_its_half_of_the_day_from_the_end() {
    all_read_as(&[
        ("tomorrow 4pm for 90m", "2026-11-22T14:00/2026-11-22T15:30"),
        ("tomorrow 4pm-6pm", "2026-11-22T14:00/2026-11-22T16:00"),
        ("tomorrow 4-6pm", "2026-11-22T14:00/2026-11-22T16:00"),
        ("4-6 pm", "2026-11-21T14:00/2026-11-21T16:00"),
        ("tomorrow 11-1pm", "2026-11-22T09:00/2026-11-22T11:00"),
        ("tomorrow 10-2am", "2026-11-22T20:00/2026-11-23T00:00"),
        ("tomorrow 12am-12pm", "2026-11-21T22:00/2026-11-22T10:00"),
        ("tomorrow 4:30pm to 6:15 pm", "2026-11-22T14:30/2026-11-22T16:15"),
    ]);
}

#[test]
fn a_weekday_is_today_while_its_start_is_ahead_and_next_is_strictly_after_today() {
    all_read_as(&[
        ("sunday 16:00 for 4h", "2026-11-22T14:00/2026-11-22T18:00"),
        ("next sunday 16:00-20:00", "2026-11-22T14:00/2026-11-22T18:00"),
        ("saturday 16:00 for 4h", "2026-11-21T14:00/2026-11-21T18:00"),
        ("this saturday 16:00 for 4h", "2026-11-21T14:00/2026-11-21T18:00"),
        ("saturday 11:00 for 4h", "2026-11-28T09:00/2026-11-28T13:00"),
        ("next saturday 16:00 for 4h", "2026-11-28T14:00/2026-11-28T18:00"),
        ("friday 22:00 for 2h", "2026-11-27T20:00/2026-11-27T22:00"),
        ("fri 22:00 until mon 06:00", "2026-11-27T20:00/2026-11-30T04:00"),
    ]);
    // 23:00 UTC on a Saturday is already Sunday in Helsinki.
    assert_eq!(read_at("next sunday 16:00-20:00", "2026-11-21T23:00:00Z"), "2026-11-29T14:00/2026-11-29T18:00");
    assert_eq!(read_at("next sunday 16:00-20:00 UTC", "2026-11-21T23:00:00Z"), "2026-11-22T16:00/2026-11-22T20:00");
}

#[test]
fn relative_times_count_from_now() {
    all_read_as(&[
        ("today 23:30-00:15", "2026-11-21T21:30/2026-11-21T22:15"),
        ("in 3 days at 02:00 for 30m", "2026-11-24T00:00/2026-11-24T00:30"),
        ("in 2 weeks at 02:00 for 30m", "2026-12-05T00:00/2026-12-05T00:30"),
        ("in 2 hours for 30m", "2026-11-21T12:00/2026-11-21T12:30"),
        ("in 1h 30m for 30m", "2026-11-21T11:30/2026-11-21T12:00"),
        ("now for 1h", "2026-11-21T10:00/2026-11-21T11:00"),
        ("now until 20:00", "2026-11-21T10:00/2026-11-21T18:00"),
    ]);
    assert_eq!(read_at("now for 1h", "2026-11-21T10:00:01Z"), "2026-11-21T10:01/2026-11-21T11:01");
    assert_eq!(read_at("today 23:30-00:15", "2026-11-21T22:30:00Z"), "2026-11-22T21:30/2026-11-22T22:15");
}

#[test]
fn an_nth_weekday_takes_the_next_period_once_this_one_is_over() {
    all_read_as(&[
        ("first sunday of december 22:00 for 4h", "2026-12-06T20:00/2026-12-07T00:00"),
        ("1st sunday of december 2027 22:00 for 4h", "2027-12-05T20:00/2027-12-06T00:00"),
        ("first sunday of november 22:00 for 4h", "2027-11-07T20:00/2027-11-08T00:00"),
        ("last friday of month 22:00 for 1h", "2026-11-27T20:00/2026-11-27T21:00"),
        ("second sunday of the month 22:00 for 1h", "2026-12-13T20:00/2026-12-13T21:00"),
        ("last friday of quarter 22:00 for 1h", "2026-12-25T20:00/2026-12-25T21:00"),
        ("first monday of quarter 22:00 for 1h", "2027-01-04T20:00/2027-01-04T21:00"),
    ]);
}

#[test]
fn timestamps_pasted_from_chat_are_starts_and_ends() {
    all_read_as(&[
        ("<t:1796572800:F> for 4h", "2026-12-06T16:00/2026-12-06T20:00"),
        ("<t:1796572800> - <t:1796587200:t>", "2026-12-06T16:00/2026-12-06T20:00"),
        ("<!date^1796572800^{date_short} at {time}|6 Dec> until 20:00", "2026-12-06T16:00/2026-12-06T18:00"),
        ("2026-12-06 16:00 until <t:1796587200:F>", "2026-12-06T14:00/2026-12-06T20:00"),
    ]);
}

#[test]
fn a_length_is_elapsed_time_and_a_range_keeps_both_wall_clocks() {
    all_read_as(&[
        // The clocks of Helsinki go from 03:00 to 04:00 on 28 March 2027 and from 04:00 to 03:00 on 31 October.
        ("2027-03-28 02:00 for 4h", "2027-03-28T00:00/2027-03-28T04:00"),
        ("2027-03-28 02:00-06:00", "2027-03-28T00:00/2027-03-28T03:00"),
        ("2027-03-27 22:00-03:00 UTC", "2027-03-27T22:00/2027-03-28T03:00"),
        ("2027-10-31 02:00-06:00", "2027-10-30T23:00/2027-10-31T04:00"),
        ("2027-10-31 03:30+02:00 for 1h", "2027-10-31T01:30/2027-10-31T02:30"),
        ("2027-10-31 03:30+03:00-03:15+02:00 Europe/Helsinki", "2027-10-31T00:30/2027-10-31T01:15"),
        // The end is the next day's 03:30, not that of a day when the clocks skip it.
        ("2027-03-28 22:00-03:30", "2027-03-28T19:00/2027-03-29T00:30"),
    ]);
}

#[test]
fn an_inline_zone_reads_and_the_window_lives_in_tz_else_the_inline_zone_else_the_first_fallback() {
    let given = |text: &str, tz: Option<&str>| {
        let zones = Zones { tz: tz.map(zone), ..author("Europe/Helsinki") };
        let resolved = resolve(text, NOW, &zones).unwrap();
        (resolved.span.starts_at.format("%H:%M").to_string(), resolved.span.zone.name().to_owned(), resolved.read_from)
    };
    let expect = |start: &str, zone: &str, source| (start.to_owned(), zone.to_owned(), source);
    assert_eq!(given("2026-12-06 16:00 for 1h", None), expect("14:00", "Europe/Helsinki", ZoneSource::Author));
    assert_eq!(given("2026-12-06 16:00 for 1h", Some("Asia/Tokyo")), expect("07:00", "Asia/Tokyo", ZoneSource::Option));
    assert_eq!(given("2026-12-06 16:00 for 1h UTC", None), expect("16:00", "UTC", ZoneSource::Inline));
    assert_eq!(
        given("2026-12-06 16:00 for 1h UTC", Some("Asia/Tokyo")),
        expect("16:00", "Asia/Tokyo", ZoneSource::Inline)
    );
    assert_eq!(given("2026-12-06 16:00+01:00 for 1h", None), expect("15:00", "Europe/Helsinki", ZoneSource::Inline));
    assert_eq!(
        given("2026-12-06 16:00 for 1h +01:00", Some("Asia/Tokyo")),
        expect("15:00", "Asia/Tokyo", ZoneSource::Inline)
    );
    let none = Zones { tz: None, fallbacks: Vec::new() };
    assert_eq!(resolve("2026-12-06 16:00 for 1h", NOW, &none).unwrap().span.zone, Zone::utc());
}

#[test]
fn dates_that_do_not_exist_or_contradict_themselves_are_refused() {
    all_refused(&[
        (
            "30 february 12:00 for 1h",
            "30 february",
            "30 February does not exist; February has 29 days",
            "29 February 12:00 for 1h",
        ),
        ("2027-02-29 12:00 for 1h", "2027-02-29", "February 2027 has 28 days", "2027-02-28 12:00 for 1h"),
        ("2026-13-01 12:00 for 1h", "2026-13-01", "there is no month 13", ""),
        (
            "sunday, september 8, 16:00-20:00 UTC",
            "sunday, september 8",
            "8 September 2027 is a Wednesday, not a Sunday",
            "2027-09-08, 16:00-20:00 UTC",
        ),
        (
            "Tue 12 Apr 2027 15:00–17:00",
            "Tue 12 Apr 2027",
            "12 April 2027 is a Monday, not a Tuesday",
            "2027-04-12 15:00–17:00",
        ),
        ("03/04/2027 16:00 for 1h", "03/04/2027", "3 April or 4 March", "2027-04-03 16:00 for 1h"),
        // Both faults are mended: the order of the numbers and the year that is over.
        ("03/04/2020 16:00 for 1h", "03/04/2020", "3 April or 4 March", "2026-11-22 16:00 for 1h"),
        ("sunday 16.00-20.00", "16.00", "times as 16:00", "sunday 16:00-20:00"),
        ("2026-12-06 25:00 for 1h", "25:00", "no time of day", ""),
        ("2026-12-06 13pm for 1h", "13pm", "no time of day", ""),
    ]);
}

#[test]
fn times_in_the_past_are_refused() {
    all_refused(&[
        (
            "2026-11-20 16:00-20:00",
            "2026-11-20 16:00",
            "Fri 20 Nov 2026 16:00 Europe/Helsinki (14:00 UTC) is past",
            "2026-11-22 16:00-20:00",
        ),
        ("today 11:00 for 2h", "today 11:00", "is past", "2026-11-22 11:00 for 2h"),
        ("11:00 for 2h", "11:00", "is past", "tomorrow 11:00 for 2h"),
        ("<t:1765036800:F> for 2h", "<t:1765036800:F>", "is past", "2026-11-22 18:00 for 2h"),
    ]);
}

#[test]
fn ends_that_are_missing_too_early_or_too_late_are_refused() {
    all_refused(&[
        ("sunday 16:00", "sunday 16:00", "how long does it last?", "sunday 16:00 for 2h"),
        ("sunday", "sunday", "at what time", "sunday 22:00 for 2h"),
        ("sunday for 4h", "sunday", "at what time", "sunday 22:00 for 4h"),
        ("for 4h", "for 4h", "when does it start?", "now for 4h"),
        ("", "", "say when", "tomorrow 22:00 for 2h"),
        ("sunday 16:00-", "-", "here comes the end", "sunday 16:00 for 2h"),
        ("sunday 16:00-monday", "monday", "the end needs a time", "sunday 16:00-monday 02:00"),
        ("sunday 16:00-16:00", "-16:00", "starts and ends at 16:00", "sunday 16:00 for 24h"),
        (
            "2026-12-06 16:00 - 2026-12-05 20:00",
            "- 2026-12-05 20:00",
            "is not after the start",
            "2026-12-05 20:00 - 2026-12-06 16:00",
        ),
        (
            "2026-12-06 16:00 - 2026-11-01 20:00",
            "- 2026-11-01 20:00",
            "is not after the start",
            "2026-12-06 16:00 for 2h",
        ),
        ("2026-12-06 16:00 for 32d", "32d", "at most 31 days", "2026-12-06 16:00 for 31d"),
        ("2026-12-06T16:00/P32D", "P32D", "at most 31 days", "2026-12-06T16:00/P31D"),
        ("2026-12-06 16:00 - 2027-02-06 16:00", "- 2027-02-06 16:00", "would last 62d", "2026-12-06 16:00 for 31d"),
        ("2026-12-06 16:00 for 0m", "0m", "zero", "2026-12-06 16:00 for 2h"),
        ("2026-12-06 16:00 for 2 months", "2 months", "vary in length", "2026-12-06 16:00 for 2h"),
        ("2026-12-06 16:00 for ever", "ever", "comes a length", "2026-12-06 16:00 for 2h"),
        ("2026-12-06 16:00-18:00 for 2h", "for 2h", "an end or a length", "2026-12-06 16:00-18:00"),
        ("2026-12-06 10:00-12:00 for 2h", "-12:00", "could be an end or an offset", ""),
        ("2026-12-06 01:30-01:00-05:00", "-01:00", "could be an end or an offset", ""),
        (
            "2026-12-06 16:00+02:00-16:30+03:00",
            "-16:30+03:00",
            "is not after the start",
            "2026-12-06 15:30 - 2026-12-06 16:00 +02:00",
        ),
    ]);
}

#[test]
fn every_word_is_used_or_pointed_at() {
    all_refused(&[
        ("sunady 16:00 for 4h", "sunady", "did you mean \"sunday\"?", "sunday 16:00 for 4h"),
        ("sunday 16:00 for 4h please", "please", "not understood", "sunday 16:00 for 4h"),
        ("sunday 16:00 for 4h !!", "!!", "not understood", "sunday 16:00 for 4h"),
        ("tomorrow monday 16:00 for 4h", "monday", "a second date after \"tomorrow\"", "tomorrow 16:00 for 4h"),
        ("sunday 16:00 17:00 for 4h", "17:00", "a second time", "sunday 16:00 for 4h"),
        ("now 16:00 for 4h", "16:00", "says it again", "now for 4h"),
        ("sunday 16:00 for 4h UTC Europe/Lisbon", "Europe/Lisbon", "a second zone", "sunday 16:00 for 4h UTC"),
        ("sunday 16 for 4h", "16", "write 16:00", "sunday 16:00 for 4h"),
        ("sunday 16-20", "16-20", "write 16:00-20:00", "sunday 16:00-20:00"),
        ("sunday 4:30-6pm", "4:30", "before or after noon", "sunday 4:30pm-6pm"),
        ("next week 16:00 for 4h", "next week", "comes a weekday", "tomorrow 16:00 for 4h"),
        ("last friday 16:00 for 4h", "last friday", "of what?", "last friday of month 16:00 for 4h"),
        ("<t:abc> for 4h", "<t:abc>", "no timestamp", ""),
    ]);
    assert_eq!(refusal("sunday 16:00 for 4h 日曜日").0, "日曜日");
}

#[test]
fn zones_that_are_unknown_or_abbreviated_are_refused_with_names_to_type() {
    all_refused(&[
        (
            "sunday 16:00 for 4h Europe/Helsinky",
            "Europe/Helsinky",
            "did you mean Europe/Helsinki?",
            "sunday 16:00 for 4h Europe/Helsinki",
        ),
        (
            "sunday 16:00 CST for 4h",
            "CST",
            "America/Chicago or Asia/Shanghai or America/Havana",
            "sunday 16:00 America/Chicago for 4h",
        ),
        (
            "sunday 16:00 for 4h ist",
            "ist",
            "Asia/Kolkata or Europe/Dublin or Asia/Jerusalem",
            "sunday 16:00 for 4h Asia/Kolkata",
        ),
        ("sunday 16:00 for 4h CET", "CET", "write Europe/Berlin", "sunday 16:00 for 4h Europe/Berlin"),
        ("sunday 16:00 for 4h Lisbon", "Lisbon", "did you mean Europe/Lisbon?", "sunday 16:00 for 4h Europe/Lisbon"),
        (
            "2026-12-06 16:00+05:00 for 4h Europe/Lisbon",
            "16:00+05:00",
            "Europe/Lisbon is at +00:00 then",
            "2026-12-06 16:00+05:00 for 4h",
        ),
    ]);
}

#[test]
fn times_that_the_clocks_skip_or_repeat_are_refused_with_the_real_ones() {
    all_refused(&[
        (
            "2027-03-28 03:30 for 1h",
            "03:30",
            "the clocks skip 2027-03-28 03:30 in Europe/Helsinki; the nearest times are 2027-03-28 02:59 and 2027-03-28 04:00",
            "2027-03-28 04:00 for 1h",
        ),
        ("2027-03-28 03:15-03:45", "03:15", "the clocks skip", "2027-03-28 04:00 for 30m"),
        ("2027-03-28 02:15-03:45", "03:45", "the clocks skip", "2027-03-28 02:15-04:00"),
        (
            "2027-10-31 03:30 for 1h",
            "03:30",
            "the clocks show 2027-10-31 03:30 twice in Europe/Helsinki; write 03:30+03:00 or 03:30+02:00",
            "2027-10-31T03:30+03:00 for 1h Europe/Helsinki",
        ),
        ("2027-10-31 02:30-03:30", "03:30", "twice", "2027-10-31 02:30-2027-10-31T03:30+03:00 Europe/Helsinki"),
    ]);
    let (_, _, hint) = refusal_for("2027-11-07 01:30 for 1h", &author("America/New_York"));
    assert_eq!(hint.as_deref(), Some("2027-11-07T01:30-04:00 for 1h America/New_York"));
    let (_, _, hint) = refusal_for("2027-11-07 01:30-05:00", &author("America/New_York"));
    assert_eq!(hint.as_deref(), Some("2027-11-07T01:30-04:00-05:00 America/New_York"));
}

#[test]
fn what_a_window_shows_can_be_typed_back_and_a_wrong_utc_part_is_refused() {
    all_read_as(&[
        ("Mon 12 Apr 2027 15:00–17:00 Europe/Lisbon (14:00–16:00 UTC)", "2027-04-12T14:00/2027-04-12T16:00"),
        ("mon 12 apr 2027 15:00-17:00 europe/lisbon (14:00 - 16:00 utc)", "2027-04-12T14:00/2027-04-12T16:00"),
    ]);
    all_refused(&[(
        "Mon 12 Apr 2027 16:00–18:00 Europe/Lisbon (14:00–16:00 UTC)",
        "(14:00–16:00 UTC)",
        "disagrees with the rest, which is (15:00–17:00 UTC)",
        "Mon 12 Apr 2027 16:00–18:00 Europe/Lisbon",
    )]);
}

#[test]
fn text_that_is_too_long_is_refused_unread() {
    let refused = |length| When::parse(&"ä".repeat(length)).unwrap_err().message;
    assert!(refused(501).contains("at most 500 characters"));
    assert!(refused(500).contains("not understood"));
}

#[test]
fn a_when_prints_what_was_typed() {
    let when = When::parse("  tomorrow 4pm for 90m ").unwrap();
    assert_eq!(when.to_string(), "tomorrow 4pm for 90m");
    assert_eq!(When::parse(&when.to_string()).unwrap(), when);
}

#[test]
fn a_moment_is_one_instant_and_may_be_past() {
    let zones = author("Europe/Helsinki");
    let moment = |text: &str| Moment::parse(text).and_then(|moment| moment.resolve(utc(NOW), &zones));
    for (text, expected) in [
        ("2026-12-18", "2026-12-17T22:00:00Z"),
        ("2026-12-18 09:00", "2026-12-18T07:00:00Z"),
        ("2026-12-18 UTC", "2026-12-18T00:00:00Z"),
        ("2020-01-01", "2019-12-31T22:00:00Z"),
        ("today", "2026-11-20T22:00:00Z"),
        ("yesterday", "2026-11-19T22:00:00Z"),
        ("saturday", "2026-11-20T22:00:00Z"),
        ("tomorrow 9:00", "2026-11-22T07:00:00Z"),
        ("2026-12-18T09:00-05:00", "2026-12-18T14:00:00Z"),
        ("now", NOW),
        ("in 2 days", "2026-11-22T22:00:00Z"),
        ("<t:1796572800:F>", "2026-12-06T16:00:00Z"),
        ("Mon 12 Apr 2027 15:00 Europe/Lisbon (14:00 UTC)", "2027-04-12T14:00:00Z"),
    ] {
        assert_eq!(moment(text).map_err(|error| error.message), Ok(utc(expected)), "{text}");
    }
    assert_eq!(moment("tomorrow 9:00 for 2h").unwrap_err().hint.as_deref(), Some("tomorrow 9:00"));
    assert_eq!(moment("").unwrap_err().hint.as_deref(), Some("tomorrow 22:00"));
    assert_eq!(moment("tomorow").unwrap_err().hint.as_deref(), Some("tomorrow"));
}

/// Pieces of the grammar and of its edges, to be strung together.
const PIECES: [&str; 56] = [
    "sunday",
    "next",
    "this",
    "today",
    "tomorrow",
    "16:00",
    "-",
    "–",
    "20:00",
    "4pm",
    "4",
    "for",
    "4h",
    "90m",
    "in",
    "3 days",
    "now",
    "until",
    "to",
    "2026-12-06",
    "T",
    "Z",
    "/",
    "PT4H",
    "+02:00",
    "-05:00",
    "UTC",
    "Europe/Helsinki",
    "CST",
    "first",
    "last",
    "of",
    "month",
    "quarter",
    "december",
    "31",
    "2027",
    "03/04/2027",
    "29 february",
    "<t:1796572800:F>",
    "<",
    ">",
    "(",
    ")",
    "(14:00–16:00 UTC)",
    ",",
    " ",
    "\u{a0}",
    "at",
    "24:00",
    "2027-03-28",
    "2027-10-31",
    "03:30",
    "é",
    "99999999999",
    "UTC+",
];

proptest! {
    #[test]
    fn any_text_is_read_or_refused_within_itself(text in "\\PC{0,60}") {
        never_panics(&text)?;
    }

    #[test]
    fn pieces_in_any_order_are_read_or_refused_with_hints_that_work(
        pieces in prop::collection::vec((prop::sample::select(&PIECES[..]), any::<bool>()), 0..9)
    ) {
        let text: String = pieces.iter().map(|(piece, glued)| if *glued { (*piece).to_owned() } else { format!("{piece} ") }).collect();
        never_panics(&text)?;
    }

    #[test]
    fn what_a_span_prints_is_read_back_as_the_same_span(
        minutes in 0i64..5_000_000, length in 1i64..=31 * 86_400, whole_minutes in any::<bool>(), pick in 0usize..1000, tz in any::<bool>()
    ) {
        let names: Vec<_> = Zone::all_names().collect();
        let zone = zone(names[pick % names.len()]);
        let starts_at = utc(NOW) + TimeDelta::minutes(minutes);
        let length = if whole_minutes { (length / 60).max(1) * 60 } else { length };
        let span = Span { starts_at, ends_at: starts_at + TimeDelta::seconds(length), zone: zone.clone() };
        let zones = Zones { tz: tz.then_some(zone.clone()), ..author("Asia/Kathmandu") };
        prop_assert_eq!(resolve(&span.to_string(), NOW, &zones).map(|resolved| resolved.span), Ok(span.clone()), "{}", span);
        let shown = at(starts_at, &zone);
        prop_assert_eq!(Moment::parse(&shown).and_then(|moment| moment.resolve(utc(NOW), &zones)), Ok(starts_at), "{}", shown);
    }

    #[test]
    fn a_span_at_a_change_of_the_clocks_is_read_back(
        before in -10_800i64..10_800, length in 1i64..200, zone_name in prop::sample::select(&["Europe/Helsinki", "America/New_York", "Australia/Lord_Howe", "America/St_Johns"][..])
    ) {
        // The clocks go back in 2027 at these instants.
        let change = match zone_name {
            "Europe/Helsinki" => "2027-10-31T01:00:00Z",
            "America/New_York" => "2027-11-07T06:00:00Z",
            "America/St_Johns" => "2027-11-07T04:30:00Z",
            _ => "2027-04-03T15:00:00Z",
        };
        let starts_at = utc(change) + TimeDelta::seconds(before / 60 * 60);
        let span = Span { starts_at, ends_at: starts_at + TimeDelta::minutes(length), zone: zone(zone_name) };
        prop_assert_eq!(resolve(&span.to_string(), NOW, &author("UTC")).map(|resolved| resolved.span), Ok(span.clone()), "{}", span);
    }

    #[test]
    fn a_typed_range_keeps_both_wall_clocks(
        days in 1i64..300, start in 0u32..1440, end in 0u32..1440, name in prop::sample::select(&["UTC", "Europe/Helsinki", "America/New_York"][..])
    ) {
        let day: NaiveDate = "2026-11-22".parse().unwrap();
        let day = day + TimeDelta::days(days);
        let text = format!("{day} {:02}:{:02}-{:02}:{:02}", start / 60, start % 60, end / 60, end % 60);
        if let Ok(resolved) = resolve(&text, NOW, &author(name)) {
            let wall = |instant| crate::domain::calendar::local(instant, &resolved.span.zone);
            let at_minute = |day: NaiveDate, minute: u32| day.and_hms_opt(minute / 60, minute % 60, 0).unwrap();
            prop_assert_eq!(wall(resolved.span.starts_at), at_minute(day, start));
            prop_assert_eq!(wall(resolved.span.ends_at), at_minute(if end > start { day } else { day.succ_opt().unwrap() }, end));
        } else {
            let changes = ["2027-03-28", "2027-03-14"].map(|day| day.parse::<NaiveDate>().unwrap());
            prop_assert!(start == end || changes.contains(&day) || changes.contains(&day.succ_opt().unwrap()), "{}", text);
        }
    }
}

fn never_panics(text: &str) -> Result<(), TestCaseError> {
    let zones = author("Europe/Helsinki");
    match resolve(text, NOW, &zones) {
        Ok(resolved) => {
            prop_assert!(
                resolved.span.starts_at < resolved.span.ends_at && resolved.span.starts_at >= utc(NOW),
                "{}",
                text
            );
            let when = When::parse(text).unwrap();
            prop_assert_eq!(When::parse(&when.to_string()).unwrap(), when);
        }
        Err(error) => {
            prop_assert!(text.get(error.range.clone()).is_some(), "{:?} {:?}", text, error);
            if let Some(hint) = &error.hint {
                prop_assert!(When::read(hint, utc(NOW), &zones).is_ok(), "{:?} {:?}", text, error);
            }
        }
    }
    let _ = Moment::parse(text).and_then(|moment| moment.resolve(utc(NOW), &zones));
    Ok(())
}
