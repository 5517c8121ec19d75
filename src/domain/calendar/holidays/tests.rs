use super::*;

fn calendar(events: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{events}END:VCALENDAR\n")
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:1\nSUMMARY:Day off\n{lines}\nEND:VEVENT\n")
}

fn dates(ics: &str) -> Vec<String> {
    holidays_of(ics).unwrap().iter().map(NaiveDate::to_string).collect()
}

#[test]
fn events_cover_their_dates() {
    let expected: [(&str, &[&str]); 12] = [
        ("DTSTART;VALUE=DATE:20261224", &["2026-12-24"]),
        ("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261225", &["2026-12-24"]),
        ("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227", &["2026-12-24", "2026-12-25", "2026-12-26"]),
        ("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261224", &["2026-12-24"]),
        ("DTSTART;VALUE=DATE:20261231\nDURATION:P2D", &["2026-12-31", "2027-01-01"]),
        ("DTSTART:20261224T120000Z\nDTEND:20261225T000000Z", &["2026-12-24"]),
        (
            "DTSTART;TZID=Europe/Helsinki:20261224T220000\nDTEND;TZID=Europe/Helsinki:20261225T020000",
            &["2026-12-24", "2026-12-25"],
        ),
        ("DTSTART:20261224T220000\nDURATION:PT3H", &["2026-12-24", "2026-12-25"]),
        ("DTSTART;VALUE=DATE:20261224\nSTATUS:CANCELLED", &[]),
        (
            "DTSTART;VALUE=DATE:20261224\nRDATE;VALUE=DATE:20261226,20261228",
            &["2026-12-24", "2026-12-26", "2026-12-28"],
        ),
        (
            "DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=YEARLY;COUNT=3\nEXDATE;VALUE=DATE:20271224",
            &["2026-12-24", "2028-12-24"],
        ),
        ("DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=YEARLY;UNTIL=20271224T000000Z", &["2026-12-24", "2027-12-24"]),
    ];
    for (lines, covered) in expected {
        assert_eq!(dates(&calendar(&event(lines))), covered, "{lines}");
    }
}

#[test]
fn a_yearly_holiday_is_followed_to_2040_from_however_long_ago() {
    let found = dates(&calendar(&event("DTSTART;VALUE=DATE:19000101\nRRULE:FREQ=YEARLY")));
    assert_eq!(
        (found.len(), found.first().unwrap().as_str(), found.last().unwrap().as_str()),
        (141, "1900-01-01", "2040-01-01")
    );
    // The fourth Thursday of November.
    let found = dates(&calendar(&event("DTSTART;VALUE=DATE:20261126\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH")));
    assert_eq!(found[..3], ["2026-11-26", "2027-11-25", "2028-11-23"]);
}

#[test]
fn line_ends_folds_and_marks_do_not_matter() {
    let plain = calendar(&event("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261226"));
    let expected = ["2026-12-24", "2026-12-25"];
    assert_eq!(dates(&plain), expected);
    assert_eq!(dates(&plain.replace('\n', "\r\n")), expected);
    assert_eq!(dates(&plain.replace("20261224", "2026\n 1224")), expected);
    assert_eq!(dates(&plain.replace("20261224", "2026\n 1224").replace('\n', "\r\n")), expected);
    assert_eq!(dates(&format!("\u{feff}{plain}")), expected);
}

#[test]
fn a_single_changed_day_replaces_the_one_of_the_rule() {
    let series = event("DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=YEARLY;COUNT=3");
    let moved = event("RECURRENCE-ID;VALUE=DATE:20271224\nDTSTART;VALUE=DATE:20271223");
    assert_eq!(dates(&calendar(&(series.clone() + &moved))), ["2026-12-24", "2027-12-23", "2028-12-24"]);
    let dropped = event("RECURRENCE-ID;VALUE=DATE:20271224\nDTSTART;VALUE=DATE:20271224\nSTATUS:CANCELLED");
    assert_eq!(dates(&calendar(&(series + &dropped))), ["2026-12-24", "2028-12-24"]);
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    let many = event("DTSTART;VALUE=DATE:20261224").repeat(MOST_EVENTS + 1);
    let expected = [
        ("hello".to_owned(), "no BEGIN:VCALENDAR"),
        ("BEGIN:VCALENDAR\n".to_owned(), "cut off"),
        (calendar(&event("SUMMARY:x")), "no start"),
        (calendar(&event("DTSTART:tomorrow")), "no date such as"),
        (calendar(&event("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261220")), "ends before"),
        (calendar(&event("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20281224")), "more than 366 days"),
        (calendar(&event("DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=SECONDLY")), "hourly"),
        (calendar(&event("DTSTART;VALUE=DATE:20261224\nDURATION:soon")), "no length"),
        (calendar(&many), "more than 10000 events"),
        ("BEGIN:VCALENDAR\n".repeat(50) + &"END:VCALENDAR\n".repeat(50), "nests"),
    ];
    for (ics, message) in expected {
        let error = holidays_of(&ics).expect_err(message);
        assert!(error.contains(message), "{error}");
    }
}
