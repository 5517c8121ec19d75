//! When people work: week, hours and holidays of the organisation and its regions.

use maintbot::config::Config;
use maintbot::domain::calendar::WorkingCalendar;

use super::{FILE, NO_ENVIRONMENT, good, keys, lines, problem, with_environment};

/// A calendar as written: zone, week, hours, holidays.
fn shown(working: &WorkingCalendar) -> String {
    let week: Vec<String> = working.week.iter().map(ToString::to_string).collect();
    let holidays: Vec<String> = working.holidays.iter().map(ToString::to_string).collect();
    let hours = working.hours.map_or_else(|| "none".into(), |hours| hours.to_string());
    format!("{} {} {hours} [{}]", working.zone.name(), week.join(","), holidays.join(" "))
}

fn calendar_file(dates: &[&str]) -> String {
    let event = |date: &&str| {
        format!(
            "BEGIN:VEVENT\r\nUID:{date}@example.com\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:{date}\r\nSUMMARY:A holiday\r\nEND:VEVENT\r\n"
        )
    };
    let events: String = dates.iter().map(event).collect::<Vec<_>>().concat();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//EN\r\n{events}END:VCALENDAR\r\n")
}

#[test]
fn without_a_word_the_week_is_monday_to_friday_without_hours_or_holidays() {
    let config = good("[organisation]\ntime_zone = \"Europe/Helsinki\"\n[[region]]\nid = \"eu\"\n");
    assert_eq!(shown(&config.organisation.working), "Europe/Helsinki Mon,Tue,Wed,Thu,Fri none []");
    assert_eq!(config.organisation.regions["eu"].working, config.organisation.working);
}

#[test]
fn week_hours_and_holidays_of_the_organisation_are_read() {
    let config = good(
        r#"[organisation]
        time_zone = "Asia/Dubai"
        working_week = ["mon", "Tuesday", "Wed", "Thu"]
        working_hours = "8:00-18:00"
        holidays = ["2026-12-25", "2026-12-24"]
        "#,
    );
    let working = shown(&config.organisation.working);
    assert_eq!(working, "Asia/Dubai Mon,Tue,Wed,Thu 08:00-18:00 [2026-12-24 2026-12-25]");
    assert_eq!(config.organisation.zone.name(), "Asia/Dubai");
}

#[test]
fn hours_past_midnight_are_a_night_shift() {
    let config = good("[organisation]\nworking_hours = \"22:00-06:00\"\n");
    assert_eq!(config.organisation.working.hours.map(|hours| hours.to_string()).as_deref(), Some("22:00-06:00"));
}

#[test]
fn a_region_works_as_the_organisation_in_each_key_that_it_leaves_out() {
    let config = good(
        r#"[organisation]
        time_zone = "Europe/Helsinki"
        working_hours = "08:00-18:00"
        holidays = ["2026-12-06"]
        [[region]]
        id = "eu"
        [[region]]
        id = "apac"
        time_zone = "Asia/Singapore"
        [[region]]
        id = "gulf"
        working_week = ["Sun", "Mon"]
        working_hours = "09:00-17:00"
        [[region]]
        id = "na"
        holidays = ["2026-11-26"]
        [[region]]
        id = "always"
        holidays = []
        "#,
    );
    let of = |id: &str| shown(&config.organisation.regions[id].working);
    assert_eq!(of("eu"), "Europe/Helsinki Mon,Tue,Wed,Thu,Fri 08:00-18:00 [2026-12-06]");
    assert_eq!(of("apac"), "Asia/Singapore Mon,Tue,Wed,Thu,Fri 08:00-18:00 [2026-12-06]");
    assert_eq!(of("gulf"), "Europe/Helsinki Sun,Mon 09:00-17:00 [2026-12-06]");
    assert_eq!(of("na"), "Europe/Helsinki Mon,Tue,Wed,Thu,Fri 08:00-18:00 [2026-11-26]");
    assert_eq!(of("always"), "Europe/Helsinki Mon,Tue,Wed,Thu,Fri 08:00-18:00 []");
}

#[test]
fn holidays_of_a_list_and_of_a_file_count_together() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("days")).expect("a folder");
    std::fs::write(folder.path().join("days/fi.ics"), calendar_file(&["20261206", "20261224"])).expect("written");
    std::fs::write(folder.path().join("sg.ics"), calendar_file(&["20270101"])).expect("written");
    let text = r#"[organisation]
        holidays = ["2026-12-24", "2026-12-31"]
        holidays_file = "days/fi.ics"
        [[region]]
        id = "eu"
        [[region]]
        id = "apac"
        holidays_file = "sg.ics"
        "#;
    let config = Config::from_text(&folder.path().join(FILE), text, NO_ENVIRONMENT).expect("good");
    let of = |working: &WorkingCalendar| working.holidays.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    assert_eq!(of(&config.organisation.working), "2026-12-06 2026-12-24 2026-12-31");
    assert_eq!(of(&config.organisation.regions["eu"].working), "2026-12-06 2026-12-24 2026-12-31");
    assert_eq!(of(&config.organisation.regions["apac"].working), "2027-01-01");
}

#[test]
fn a_holidays_file_named_by_a_variable_lies_where_the_program_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fi.ics");
    std::fs::write(&path, calendar_file(&["20261206"])).expect("written");
    let path = path.display().to_string();
    let config = with_environment("", &[("MAINTBOT__ORGANISATION__HOLIDAYS_FILE", &path)]).expect("good");
    assert_eq!(config.organisation.working.holidays.len(), 1);
    // Relative to the working directory of this test, and there it is not.
    let away = folder.path().join(FILE);
    let environment = [("MAINTBOT__ORGANISATION__HOLIDAYS_FILE", "fi.ics")];
    let told = Config::from_text(&away, "", environment).expect_err("not here").to_string();
    assert!(
        told.starts_with(
            "MAINTBOT__ORGANISATION__HOLIDAYS_FILE: `holidays_file` in [organisation]: the file fi.ics cannot be read"
        ),
        "{told}"
    );
}

#[test]
fn a_holidays_file_that_cannot_be_used_is_told_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = |name: &str, bytes: Option<&[u8]>| {
        if let Some(bytes) = bytes {
            std::fs::write(folder.path().join(name), bytes).expect("written");
        }
        let text = format!("[[region]]\nid = \"eu\"\nholidays_file = \"{name}\"\n");
        let told = Config::from_text(&folder.path().join(FILE), &text, NO_ENVIRONMENT).expect_err("wrong").to_string();
        assert!(
            told.contains("maintbot.toml:3: `holidays_file` in [[region]]: the file ") && told.contains(name),
            "{told}"
        );
        told
    };
    assert!(told("none.ics", None).contains("cannot be read"));
    assert!(told("large.ics", Some(&vec![b' '; 1024 * 1024 + 1])).ends_with("is larger than 1 MiB"));
    assert!(told("latin.ics", Some(b"SUMMARY:caf\xe9")).ends_with("is not UTF-8 text"));
    assert!(told("page.ics", Some(b"<html>")).ends_with("name an iCalendar file (.ics) with whole-day events"));
    let at_the_limit = format!("{}{}", calendar_file(&["20261206"]), "\r\n".repeat(1024 * 1024));
    let text = "[organisation]\nholidays_file = \"limit.ics\"\n";
    std::fs::write(folder.path().join("limit.ics"), &at_the_limit[..1024 * 1024]).expect("written");
    assert!(Config::from_text(&folder.path().join(FILE), text, NO_ENVIRONMENT).is_ok());
}

#[test]
fn what_is_no_week_no_hours_and_no_date_is_told_with_what_to_write() {
    let text = r#"[organisation]
working_week = []
working_hours = "8-18"
holidays = ["24.12.2026", "2026-02-30", "26-12-24"]

[[region]]
id = "eu"
working_week = ["Mon-Fri", "Sat", "Saturday"]
working_hours = "08:00-08:00"
holidays = [2026-12-24]
time_zone = "Europe/Pari"
"#;
    let expected = [
        "maintbot.toml:2: `working_week` in [organisation]: the list is empty; write working_week = [\"Mon\", \"Tue\", \"Wed\", \"Thu\", \"Fri\"]",
        "maintbot.toml:3: `working_hours` in [organisation]: `8-18` is not a time of day to another: write for example 08:00-18:00",
        "maintbot.toml:4: `holidays` in [organisation]: `24.12.2026` is not a date; write year, month and day as in 2026-12-24",
        "maintbot.toml:4: `holidays` in [organisation]: `2026-02-30` is not a date; write year, month and day as in 2026-12-24",
        "maintbot.toml:4: `holidays` in [organisation]: `26-12-24` is not a date; write year, month and day as in 2026-12-24",
        "maintbot.toml:8: `working_week` in [[region]]: `Mon-Fri` is not a day of the week; name each day by itself: Mon, Tue, Wed, Thu, Fri, Sat, Sun",
        "maintbot.toml:8: `working_week` in [[region]]: `Sat` is there twice",
        "maintbot.toml:9: `working_hours` in [[region]]: `08:00-08:00` begins and ends at the same time; write 00:00-24:00 for the whole day",
        "maintbot.toml:10: `holidays` in [[region]]: a list of texts in quotes is wanted here, not a date or time; write holidays = [\"2026-12-24\", \"2026-12-25\"]",
        "maintbot.toml:11: `time_zone` in [[region]]: \"Europe/Pari\" is not a time zone; did you mean Europe/Paris?",
    ];
    assert_eq!(lines(text), expected);
    assert!(
        problem("[organisation]\nholidays = [\"2026-12-24\", \"2026-12-24\"]\n")
            .ends_with("`2026-12-24` is there twice")
    );
    assert!(problem("[organisation]\nworking_week = \"Mon\"\n").contains("a list is wanted here, not text"));
    assert!(problem("[organisation]\nworking_hours = 8\n").ends_with("write working_hours = \"08:00-18:00\""));
}

#[test]
fn misspelt_keys_of_working_time_are_sent_to_the_nearest() {
    assert_eq!(
        problem("[organisation]\nworking_weeks = [\"Mon\"]\n"),
        "maintbot.toml:2: unknown key `working_weeks` in [organisation]; did you mean `working_week`?"
    );
    assert_eq!(keys("[[region]]\nid = \"eu\"\nholiday = []\n"), ["region.holiday"]);
}

#[test]
fn the_environment_sets_working_time() {
    let config = with_environment(
        "[organisation]\nworking_hours = \"08:00-18:00\"\n",
        &[
            ("MAINTBOT__ORGANISATION__WORKING_WEEK", r#"["Sat", "Sun"]"#),
            ("MAINTBOT__ORGANISATION__WORKING_HOURS", "10:00-16:00"),
            ("MAINTBOT__ORGANISATION__HOLIDAYS", r#"["2026-12-24"]"#),
            ("MAINTBOT__REGION", r#"[{id = "eu", time_zone = "Europe/Paris", holidays = []}]"#),
        ],
    )
    .expect("good");
    assert_eq!(shown(&config.organisation.working), "UTC Sat,Sun 10:00-16:00 [2026-12-24]");
    assert_eq!(shown(&config.organisation.regions["eu"].working), "Europe/Paris Sat,Sun 10:00-16:00 []");
    let told = with_environment("", &[("MAINTBOT__ORGANISATION__WORKING_HOURS", "late")]).expect_err("wrong");
    assert!(told.to_string().starts_with("MAINTBOT__ORGANISATION__WORKING_HOURS: `working_hours` in [organisation]: "));
}
