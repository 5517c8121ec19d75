//! Times as people type them: every form of the contract, and the rule that what is printed can be typed back.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use maintbot::command::when::{Moment, When, WhenError, ZoneSource, Zones};
use maintbot::domain::calendar::{Placed, Span, Zone, at, clock_text, local, offset_seconds, offset_text, typed};
use proptest::prelude::*;

use super::{command, refused};

/// Saturday 21 November 2026, 12:00 in Helsinki.
const NOW: &str = "2026-11-21T10:00:00Z";

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap_or_else(|error| panic!("{error}"))
}

/// The zones of somebody in Helsinki.
fn helsinki() -> Zones {
    Zones { tz: None, fallbacks: vec![(ZoneSource::Author, zone("Europe/Helsinki"))] }
}

fn span(text: &str, now: DateTime<Utc>, zones: &Zones) -> Result<Span, WhenError> {
    When::read(text, now, zones).map(|(_, resolved)| resolved.span)
}

fn instant(text: &str, now: DateTime<Utc>, zones: &Zones) -> Result<DateTime<Utc>, WhenError> {
    Moment::parse(text).and_then(|moment| moment.resolve(now, zones))
}

/// Start and end in UTC, or what the refusal says.
fn shown(text: &str) -> String {
    match span(text, utc(NOW), &helsinki()) {
        Ok(span) => format!("{}/{}", span.starts_at.format("%FT%R"), span.ends_at.format("%FT%R")),
        Err(error) => error.message,
    }
}

#[test]
fn every_form_of_the_contract_is_read() {
    for (text, wanted) in [
        ("2026-12-06 16:00-20:00", "2026-12-06T14:00/2026-12-06T18:00"),
        ("2026-12-06T16:00Z/PT4H", "2026-12-06T16:00/2026-12-06T20:00"),
        ("2026-12-06T16:00Z/2026-12-06T20:00Z", "2026-12-06T16:00/2026-12-06T20:00"),
        ("2026-12-06T16:00/20:00", "2026-12-06T14:00/2026-12-06T18:00"),
        ("2026-12-06T16:00+02:00/PT90M", "2026-12-06T14:00/2026-12-06T15:30"),
        ("sunday 16:00 for 4h", "2026-11-22T14:00/2026-11-22T18:00"),
        ("next sunday 16:00-20:00", "2026-11-22T14:00/2026-11-22T18:00"),
        ("tomorrow 4pm for 90m", "2026-11-22T14:00/2026-11-22T15:30"),
        ("in 3 days at 02:00 for 30m", "2026-11-24T00:00/2026-11-24T00:30"),
        ("sunday, december 6, 16:00-20:00 UTC", "2026-12-06T16:00/2026-12-06T20:00"),
        ("first sunday of december 22:00 for 4h", "2026-12-06T20:00/2026-12-07T00:00"),
        ("second tuesday of january 04:00 for 1h", "2027-01-12T02:00/2027-01-12T03:00"),
        ("third wednesday of month 04:00 for 1h", "2026-12-16T02:00/2026-12-16T03:00"),
        ("fourth thursday of november 12:00-13:00", "2026-11-26T10:00/2026-11-26T11:00"),
        ("last friday of quarter 22:00 for 2h", "2026-12-25T20:00/2026-12-25T22:00"),
        ("last sunday of march 2027 12:00 for 1h", "2027-03-28T09:00/2027-03-28T10:00"),
        ("today 23:30-00:15", "2026-11-21T21:30/2026-11-21T22:15"),
        ("31 october 2027 16:00 for 1h", "2027-10-31T14:00/2027-10-31T15:00"),
        ("october 31 16:00 for 1h", "2027-10-31T14:00/2027-10-31T15:00"),
        ("2027-10-31 03:30+02:00 for 1h", "2027-10-31T01:30/2027-10-31T02:30"),
        ("<t:1796572800:F> for 4h", "2026-12-06T16:00/2026-12-06T20:00"),
        ("<t:1796572800:f> - <t:1796587200:t>", "2026-12-06T16:00/2026-12-06T20:00"),
        ("<!date^1796572800^{date} {time}|6 December, 4 pm> for 4h", "2026-12-06T16:00/2026-12-06T20:00"),
        (
            "<!date^1796572800^{date} {time}|text> until <!date^1796587200^{time}^https://example.com/|later>",
            "2026-12-06T16:00/2026-12-06T20:00",
        ),
        ("2026-12-06 16:00-20:00 UTC", "2026-12-06T16:00/2026-12-06T20:00"),
        ("2026-12-06 16:00-20:00 Europe/Helsinki", "2026-12-06T14:00/2026-12-06T18:00"),
        ("2026-12-06 16:00-20:00 +02:00", "2026-12-06T14:00/2026-12-06T18:00"),
    ] {
        assert_eq!(shown(text), wanted, "{text}");
        let line = format!("schedule Upgrade service:jira when:\"{text}\"");
        assert_eq!(command(&line), command(&command(&line).render()), "{line}");
    }
}

#[test]
fn what_cannot_be_a_time_is_refused_with_what_to_type() {
    for (text, says, hint) in [
        ("2026-12-06 16:00-20:00 CST", "stands for several zones", "2026-12-06 16:00-20:00 America/Chicago"),
        (
            "2026-12-06 16:00-20:00 IST",
            "Asia/Kolkata or Europe/Dublin or Asia/Jerusalem",
            "2026-12-06 16:00-20:00 Asia/Kolkata",
        ),
        ("2026-11-20 16:00-20:00", "is past", "2026-11-22 16:00-20:00"),
        ("sunday 16:00", "how long does it last?", "sunday 16:00 for 2h"),
        ("2026-12-06 20:00 - 2026-12-06 16:00", "is not after the start", "2026-12-06 16:00 - 2026-12-06 20:00"),
        ("sunday 16:00-16:00", "it starts and ends at 16:00", "sunday 16:00 for 24h"),
        ("2026-12-06 16:00 - 2027-01-07 16:00", "at most 31 days", "2026-12-06 16:00 for 31d"),
        ("03/04/2027 16:00 for 1h", "write 2027-04-03 or 2027-03-04", "2027-04-03 16:00 for 1h"),
        ("30 february 12:00 for 1h", "does not exist", "29 February 12:00 for 1h"),
        ("monday, december 6, 16:00-20:00", "6 December 2026 is a Sunday, not a Monday", "2026-12-06, 16:00-20:00"),
        ("tomorrow monday 16:00 for 1h", "a second date", "tomorrow 16:00 for 1h"),
        ("sunday 16:00 17:00 for 1h", "a second time", "sunday 16:00 for 1h"),
        ("sunday 16:00 for 1h UTC Europe/Lisbon", "a second zone", "sunday 16:00 for 1h UTC"),
    ] {
        let error = span(text, utc(NOW), &helsinki()).expect_err(text);
        assert!(error.message.contains(says), "{text}: {}", error.message);
        assert_eq!(error.hint.as_deref(), Some(hint), "{text}: {}", error.message);
        assert!(span(hint, utc(NOW), &helsinki()).is_ok(), "{hint}");
    }
    for text in ["2026-13-06 16:00-20:00", "sunday 25:00 for 1h", "<t:x:F> for 1h", "2026-12-06 10:00-12:00 for 2h"] {
        let (_, _, hint) = refused(&format!("schedule Upgrade service:jira when:\"{text}\""));
        assert!(hint.contains("when:"), "{text}: {hint}");
    }
}

#[test]
fn a_freeze_as_it_is_shown_can_be_typed_back() {
    for (day, date) in [("Fri 18 Dec 2026", "2026-12-18"), ("Thu 7 Jan 2027", "2027-01-07")] {
        let line = format!("freeze add X from:\"{day}\" to:\"{day}\"");
        let maintbot::command::Command::FreezeAdd(freeze) = command(&line) else { panic!("{line}") };
        let first = freeze.from.resolve(utc(NOW), &helsinki()).expect("a day");
        assert_eq!(local(first, &zone("Europe/Helsinki")).to_string(), format!("{date} 00:00:00"));
    }
}

/// The instants from 2024 to 2037 at which the clocks of a zone change.
fn changes(zone: &Zone) -> Vec<DateTime<Utc>> {
    const STEP: TimeDelta = TimeDelta::days(7);
    let (mut before, end) = (utc("2024-01-01T00:00:00Z"), utc("2038-01-01T00:00:00Z"));
    let mut found = Vec::new();
    while before < end {
        let after = before + STEP;
        if offset_seconds(before, zone) != offset_seconds(after, zone) {
            let (mut low, mut high) = (before, after);
            while high - low > TimeDelta::seconds(1) {
                let middle = low + TimeDelta::seconds((high - low).num_seconds() / 2);
                if offset_seconds(middle, zone) == offset_seconds(low, zone) { low = middle } else { high = middle }
            }
            found.push(high);
        }
        before = after;
    }
    found
}

/// Zones, one of those that keep the same time for these years, with the changes of their clocks.
fn zones_with_changes() -> Vec<(Zone, Vec<DateTime<Utc>>)> {
    let mut seen = BTreeSet::new();
    let all = Zone::all_names().map(|name| (zone(name), changes(&zone(name))));
    all.filter(|(zone, changes)| !changes.is_empty() && seen.insert((offset_seconds(utc(NOW), zone), changes.clone())))
        .collect()
}

/// What is shown of an instant and of a window means the same when it is typed, whoever types it.
fn reads_back(starts_at: DateTime<Utc>, length: TimeDelta, zone: &Zone, reader: &Zones) {
    let now = utc("2024-01-01T00:00:00Z") - TimeDelta::days(400);
    let shown = at(starts_at, zone);
    assert_eq!(instant(&shown, now, reader).as_ref(), Ok(&starts_at), "{shown}");
    let window = Span { starts_at, ends_at: starts_at + length, zone: zone.clone() };
    let shown = window.to_string();
    assert_eq!(span(&shown, now, reader).as_ref(), Ok(&window), "{shown}");
}

#[test]
fn what_is_shown_near_every_change_of_the_clocks_can_be_typed_back() {
    let all = zones_with_changes();
    assert!(all.len() > 30, "{}", all.len());
    let around = [-5_400, -3_600, -1, 0, 1_800, 3_599, 3_600].map(TimeDelta::seconds);
    for (zone, changes) in &all {
        for change in changes {
            for before in around {
                reads_back(*change + before, TimeDelta::minutes(45), zone, &helsinki());
            }
            reads_back(*change, TimeDelta::hours(25), zone, &helsinki());
            reads_back(*change - TimeDelta::minutes(40), TimeDelta::minutes(70), zone, &helsinki());
        }
    }
}

#[test]
fn times_that_the_clocks_skip_or_repeat_are_refused_with_both_real_ones() {
    let now = utc("2024-01-01T00:00:00Z") - TimeDelta::days(400);
    let (mut gaps, mut overlaps) = (0, 0);
    for (zone, changes) in zones_with_changes() {
        let reader = Zones { tz: None, fallbacks: vec![(ZoneSource::Author, zone.clone())] };
        for change in changes {
            let before = offset_seconds(change - TimeDelta::seconds(1), &zone);
            let moved = offset_seconds(change, &zone) - before;
            let wall = change.naive_utc() + TimeDelta::seconds(i64::from(before + moved / 2));
            let text = format!("{} {} for 1h", wall.date(), clock_text(wall));
            let Err(error) = span(&text, now, &reader) else {
                // An offset may change while another rule keeps the wall clock going.
                assert!(matches!(typed(wall, &zone), Placed::At(_)), "{zone} {text}");
                continue;
            };
            let hint = error.hint.unwrap_or_else(|| panic!("{zone} {text}: {}", error.message));
            let read = span(&hint, now, &reader).unwrap_or_else(|error| panic!("{zone} {hint}: {error}")).starts_at;
            match typed(wall, &zone) {
                Placed::Gap { before, after } => {
                    gaps += 1;
                    for near in [before, after] {
                        let near = local(near, &zone);
                        let near = format!("{} {}", near.date(), clock_text(near));
                        assert!(error.message.contains(&near), "{zone} {text}: {}", error.message);
                        assert!(instant(&near, now, &reader).is_ok(), "{zone} {near}");
                    }
                    assert_eq!(read, after, "{zone} {text}: {hint}");
                }
                Placed::Overlap { first, second } => {
                    overlaps += 1;
                    for one in [first, second] {
                        let clock = format!("{}{}", clock_text(wall), offset_text(offset_seconds(one, &zone)));
                        assert!(error.message.contains(&clock), "{zone} {text}: {}", error.message);
                        assert_eq!(instant(&format!("{} {clock}", wall.date()), now, &reader), Ok(one));
                    }
                    assert_eq!(read, first, "{zone} {text}: {hint}");
                }
                Placed::At(_) => panic!("{zone} {text}: {}", error.message),
            }
        }
    }
    assert!(gaps > 400 && overlaps > 400, "{gaps} and {overlaps}");
}

#[test]
fn story_uptime_kuma_4856_a_time_typed_in_a_zone_is_that_instant_and_its_label_says_so() {
    // What was typed, in which zone, the instant by hand, and the one label that is right.
    for (typed, tz, starts_at, label) in [
        (
            "2026-12-06 16:00-20:00",
            "Europe/Helsinki",
            "2026-12-06T14:00:00Z",
            "Sun 6 Dec 2026 16:00–20:00 Europe/Helsinki (14:00–18:00 UTC)",
        ),
        (
            "2026-07-05 16:00-20:00",
            "Europe/Helsinki",
            "2026-07-05T13:00:00Z",
            "Sun 5 Jul 2026 16:00–20:00 Europe/Helsinki (13:00–17:00 UTC)",
        ),
        (
            "2026-12-06 16:00-20:00",
            "America/New_York",
            "2026-12-06T21:00:00Z",
            "Sun 6 Dec 2026 16:00–20:00 America/New_York (Sun 6 Dec 21:00 – Mon 7 Dec 01:00 UTC)",
        ),
        (
            "2026-12-06 02:00-03:00",
            "Asia/Kolkata",
            "2026-12-05T20:30:00Z",
            "Sun 6 Dec 2026 02:00–03:00 Asia/Kolkata (Sat 5 Dec 20:30–21:30 UTC)",
        ),
        ("2026-12-06 16:00-20:00", "UTC", "2026-12-06T16:00:00Z", "Sun 6 Dec 2026 16:00–20:00 UTC"),
    ] {
        let now = utc("2026-01-01T00:00:00Z");
        // Neither the zone of the reader nor that of the server has a say: both are elsewhere.
        for elsewhere in ["Pacific/Auckland", "America/Los_Angeles", "UTC"] {
            let fallbacks = vec![(ZoneSource::Author, zone(elsewhere)), (ZoneSource::Organisation, zone(elsewhere))];
            let zones = Zones { tz: Some(zone(tz)), fallbacks: fallbacks.clone() };
            let window = span(typed, now, &zones).unwrap_or_else(|error| panic!("{typed}: {error}"));
            assert_eq!((window.starts_at, window.zone.name()), (utc(starts_at), tz));
            assert_eq!(window.to_string(), label);
            // The label is read as the same instant again, by anybody: nothing is converted twice.
            for tz in [None, Some(zone(elsewhere)), Some(zone(tz))] {
                let again = span(label, now, &Zones { tz, fallbacks: fallbacks.clone() });
                assert_eq!(again.map(|again| again.starts_at), Ok(utc(starts_at)), "{label}");
            }
        }
    }
}

#[test]
fn story_matrix_reminder_bot_57_the_wall_clock_stays_when_the_clocks_change() {
    // The clocks of Berlin go back on Sunday 25 October 2026 and forward on Sunday 28 March 2027.
    let berlin = Zones { tz: None, fallbacks: vec![(ZoneSource::Author, zone("Europe/Berlin"))] };
    for (now, typed, wanted) in [
        ("2026-10-24T10:00:00Z", "tomorrow 09:00 for 1h", "2026-10-25T08:00:00Z"),
        ("2026-10-24T10:00:00Z", "in 2 days at 09:00 for 1h", "2026-10-26T08:00:00Z"),
        ("2026-10-24T10:00:00Z", "sunday 09:00 for 1h", "2026-10-25T08:00:00Z"),
        ("2026-10-20T10:00:00Z", "friday 09:00 for 1h", "2026-10-23T07:00:00Z"),
        ("2026-10-20T10:00:00Z", "in 1 week at 09:00 for 1h", "2026-10-27T08:00:00Z"),
        ("2027-03-27T10:00:00Z", "tomorrow 09:00 for 1h", "2027-03-28T07:00:00Z"),
        ("2027-03-27T10:00:00Z", "next sunday 09:00 for 1h", "2027-03-28T07:00:00Z"),
        ("2027-03-27T10:00:00Z", "first monday of april 09:00 for 1h", "2027-04-05T07:00:00Z"),
        // Only a length from now is elapsed time.
        ("2026-10-24T10:00:00Z", "in 24 hours for 1h", "2026-10-25T10:00:00Z"),
    ] {
        let window = span(typed, utc(now), &berlin).unwrap_or_else(|error| panic!("{typed}: {error}"));
        assert_eq!(window.starts_at, utc(wanted), "{typed} at {now}");
        if !typed.starts_with("in 24") {
            let nine = NaiveTime::from_hms_opt(9, 0, 0);
            assert_eq!(Some(local(window.starts_at, &zone("Europe/Berlin")).time()), nine, "{typed} at {now}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_shown_can_be_typed_back(
        seconds in 0i64..14 * 366 * 86_400, whole in any::<bool>(), length in 1i64..=31 * 86_400,
        name in any::<prop::sample::Index>(), reader in any::<prop::sample::Index>(), tz in any::<bool>()
    ) {
        let names: Vec<_> = Zone::all_names().collect();
        let (shown_in, reader) = (zone(names[name.index(names.len())]), zone(names[reader.index(names.len())]));
        let starts_at = utc("2024-01-01T00:00:00Z") + TimeDelta::seconds(if whole { seconds / 60 * 60 } else { seconds });
        let length = if whole { length / 60 * 60 + 60 } else { length };
        // What the line says beside the time decides where the window lives; the time it shows stays.
        let reader = Zones { tz: tz.then(|| shown_in.clone()), fallbacks: vec![(ZoneSource::Author, reader)] };
        reads_back(starts_at, TimeDelta::seconds(length.min(31 * 86_400)), &shown_in, &reader);
    }
}
