//! `maintbot check` in a folder with a configuration: what it prints and how it ends.

use std::fs;

use crate::process::maintbot;

#[test]
fn check_prints_every_complaint_about_hours_policies_audiences_and_customers() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = r#"[organisation]
working_week = []
holidays_file = "fi.ics"
[policy.scheduled]
notice = "soon"
approval = ["boss"]
[[audience]]
name = "a"
channels = ["builtin:a"]
send_hours = "8-18"
[[service]]
id = "crm"
quiet_query = "up"
[[customer]]
id = "ACME"
owner = "ana"
[people.anna]
"#;
    fs::write(folder.path().join("maintbot.toml"), text).expect("written");
    let failed = maintbot(folder.path()).arg("check").output().expect("it runs");
    let said = String::from_utf8_lossy(&failed.stdout).into_owned() + &String::from_utf8_lossy(&failed.stderr);
    assert_eq!(failed.status.code(), Some(1), "{said}");
    for line in [2, 3, 5, 6, 10, 13, 16] {
        assert!(said.contains(&format!("maintbot.toml:{line}: ")), "line {line} in: {said}");
    }
    let holidays = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//EN\r\nBEGIN:VEVENT\r\nUID:1@example.com\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20261206\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    fs::write(folder.path().join("fi.ics"), holidays).expect("written");
    let good = "[organisation]\nholidays_file = \"fi.ics\"\n[policy.scheduled]\nnotice = \"5wd\"\n";
    fs::write(folder.path().join("maintbot.toml"), good).expect("written");
    let passed = maintbot(folder.path()).arg("check").output().expect("it runs");
    assert_eq!(passed.status.code(), Some(0), "{}", String::from_utf8_lossy(&passed.stderr));
}
