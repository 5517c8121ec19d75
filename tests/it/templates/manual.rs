//! docs/templates.md: its tables are made from the code, and its examples are right.

use maintbot::message::audience::{Templates, reference};

use super::{load, organisation, said, source};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/templates.md");
const BEGIN: &str = "<!-- made from the code: MAINTBOT_REFRESH=1 cargo test --test it templates -->\n";

#[test]
fn the_tables_of_the_manual_are_fresh() {
    let kept = std::fs::read_to_string(FILE).expect("the manual");
    let (head, _) = kept.split_once(BEGIN).expect("the place of the tables");
    let made = format!("{head}{BEGIN}\n{}", reference());
    if std::env::var_os("MAINTBOT_REFRESH").is_some() {
        std::fs::write(FILE, &made).expect("the file can be written");
    }
    let kept = std::fs::read_to_string(FILE).expect("the manual");
    assert!(
        kept == made,
        "docs/templates.md is stale; refresh it with MAINTBOT_REFRESH=1 cargo test --test it templates"
    );
}

/// Values of the tables under a heading.
fn names(heading: &str) -> Vec<String> {
    let tables = reference();
    let (_, after) = tables.split_once(&format!("### {heading}\n")).expect("the heading");
    let rows = after.split("\n### ").next().unwrap_or_default().lines().filter(|line| line.starts_with("| `"));
    rows.filter_map(|row| row.split('`').nth(1).map(str::to_owned)).collect()
}

#[test]
fn every_value_and_block_of_the_manual_is_there() {
    for (of, message, least) in [("a window", "reminder.txt", 40), ("a plan", "plan_announcement.txt", 12)] {
        let values = names(&format!("Values of messages about {of}"));
        assert!(values.len() >= least, "{values:?}");
        let values = values.into_iter().chain(names("Values of all, from what happened"));
        let mut text = "Heading\n".to_owned();
        text.extend(values.map(|value| format!("{{{{ {value} }}}}\n")));
        text.extend(
            names(&format!("Blocks of messages about {of}")).iter().map(|b| format!("{{{{ block(\"{b}\") }}}}\n")),
        );
        let faults = Templates::load(&[source("en", message, &text)], &organisation()).err().unwrap_or_default();
        assert_eq!(said(&faults), [""; 0]);
    }
}

#[test]
fn every_example_of_the_manual_loads() {
    let kept = std::fs::read_to_string(FILE).expect("the manual");
    let examples = |fence: &str| -> Vec<String> {
        let fence = format!("```{fence}\n");
        let parts = kept.split(fence.as_str()).skip(1);
        parts.filter_map(|rest| rest.split("```").next()).map(str::to_owned).collect()
    };
    let templates = examples("jinja");
    assert!(!templates.is_empty());
    for example in templates {
        load(&[source("en", "announcement.txt", &example)], &organisation());
    }
    let locales: Vec<String> = examples("toml").into_iter().filter(|text| text.contains("[dates]")).collect();
    assert!(!locales.is_empty());
    for example in locales {
        load(&[source("fi", "locale.toml", &example)], &organisation());
    }
}
