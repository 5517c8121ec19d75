//! docs/configuration.md: complete, true, and every example loads.

use maintbot::config::{Config, known_keys};
use maintbot::domain::finding::FindingKind;

use super::{FILE, NO_ENVIRONMENT, good};

const MANUAL: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md"));

#[test]
fn the_manual_explains_every_key_in_its_section() {
    for (section, key) in known_keys() {
        let heading = format!("\n## {section}\n");
        let (_, after) = MANUAL.split_once(&heading).unwrap_or_else(|| panic!("no heading for {section}"));
        let chapter = after.split("\n## ").next().unwrap_or_default();
        let row = |line: &str| {
            line.starts_with('|') && line.split('|').nth(1).is_some_and(|cell| cell.contains(&format!("`{key}`")))
        };
        assert!(chapter.lines().any(row), "`{key}` is not in the table of {section}");
        assert!(
            chapter.contains(&format!("\n{key} = ")) || key.ends_with("_file"),
            "no example of `{key}` in {section}"
        );
    }
}

#[test]
fn every_example_of_the_manual_loads() {
    let folder = tempfile::tempdir().expect("a folder");
    let holidays = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//EN\r\nBEGIN:VEVENT\r\nUID:1@example.com\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20261206\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    std::fs::write(folder.path().join("fi.ics"), holidays).expect("written");
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n";
    std::fs::write(folder.path().join("github.pem"), key).expect("written");
    std::fs::write(folder.path().join("discord.bot"), "token\n").expect("written");
    let finnish = folder.path().join("templates/messages/fi");
    std::fs::create_dir_all(&finnish).expect("made");
    std::fs::write(finnish.join("reminder.brief.txt"), "Muistutus: {{ title }}\n").expect("written");
    let examples: Vec<&str> = MANUAL.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 14);
    for example in examples {
        let read = Config::from_text(&folder.path().join(FILE), example, NO_ENVIRONMENT);
        assert!(read.is_ok(), "{}\n{example}", read.err().map(|problems| problems.to_string()).unwrap_or_default());
    }
}

#[test]
fn the_manual_explains_every_finding_that_can_need_approval() {
    for word in FindingKind::words() {
        assert!(MANUAL.contains(&format!("\n| `{word}` | ")), "{word}");
    }
}

#[test]
fn the_defaults_that_the_manual_states_are_the_defaults() {
    let chapter = MANUAL.split("\n## [policy.<kind>]\n").nth(1).and_then(|after| after.split("\n## ").next());
    // Those of the findings come after the keys.
    let keys = chapter.and_then(|chapter| chapter.split("\nThe findings").next());
    let rows = || keys.unwrap_or_default().lines().filter(|line| line.starts_with("| `"));
    let stated = |kind: usize| -> Vec<String> {
        let cells = |row: &str| -> Vec<String> {
            row.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
        };
        rows().map(cells).map(|cells| format!("{} = {}\n", cells[1], cells[3 + kind])).collect()
    };
    assert_eq!(rows().count(), 9);
    for (index, kind) in ["scheduled", "emergency", "no_downtime"].into_iter().enumerate() {
        let config = good(&format!("[policy.own]\n{}", stated(index).concat()));
        let defaults = Config::with_defaults().organisation.policies;
        assert_eq!(config.organisation.policies["own"], defaults[kind], "{kind}");
    }
}
