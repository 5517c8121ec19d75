//! A whole second language: words, dates, and what chats make of them.

use maintbot::domain::ledger::MessageKind;
use maintbot::domain::plan::Qa;
use maintbot::domain::window::{Outcome, State};
use maintbot::message::audience::{Templates, sample};
use maintbot::message::topic::Topic;
use maintbot::message::{Block, Message};

use super::{folder_of, load, organisation_with, source, told, told_with};

fn german() -> (Templates, maintbot::domain::organisation::Organisation) {
    let organisation = organisation_with(Some("de"), None);
    (load(&folder_of("tests/data/templates", "de"), &organisation), organisation)
}

#[test]
fn an_announcement_is_in_the_language_of_its_audience() {
    let (templates, organisation) = german();
    assert_eq!(
        told(&templates, &organisation, "announcement", "customers").plain(),
        "Geplante Wartung: Jira 10.3 upgrade

You cannot use it for up to 15 minutes; nothing is lost.

Wann:                  So 11. April 2027, 17:00–21:00 Europe/Helsinki (14:00–18:00 UTC)
Dienste:               Jira
Erwartete Ausfallzeit: bis zu 15 min innerhalb von 4 h
Anlass:                Sicherheit
Ansprechpartner:       anna
Einzelheiten:          https://maintenance.example.com/windows/MW-42

Fragen und Antworten:

F: Is data safe?
A: Yes: nothing is removed."
    );
    let english = told(&templates, &organisation, "announcement", "support").plain();
    assert!(english.starts_with("Planned maintenance: ") && english.contains("When: "), "{english}");
}

#[test]
fn every_message_to_audiences_is_german_through_and_through() {
    let (templates, organisation) = german();
    let english =
        ["When", "Services", "Expected", "Reason", "Details", " was ", "phase ", "planned", "Regions", "State"];
    for name in sample::names() {
        let kind = sample::of(name, &organisation, "customers").expect("a message").plan.message;
        // What nobody translated is English throughout.
        if !kind.is_for_audiences() || name.starts_with("advisory_") {
            continue;
        }
        let text = told(&templates, &organisation, name, "customers").plain();
        for word in english {
            assert!(!text.contains(word), "{name} says {word}:\n{text}");
        }
    }
}

#[test]
fn a_plan_is_one_german_table() {
    let (templates, organisation) = german();
    let text = told(&templates, &organisation, "plan_announcement", "customers").plain();
    assert!(text.starts_with("Geplante Wartung in 3 Phasen: Infrastructure upgrade"), "{text}");
    for part in ["Phase", "Wann", "Auswirkung", "1 von 3: Development", "So 18. April 2027, 17:00–21:00"] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
}

#[test]
fn completion_says_the_outcome_and_the_real_times() {
    let (templates, organisation) = german();
    let message = told_with(&templates, &organisation, "completed", "customers", |sample| {
        let Topic::Window(topic) = &mut sample.topic else { panic!("a window") };
        let w = &mut topic.window;
        (w.state, w.outcome) = (State::Completed, Some(Outcome::RolledBack));
        (w.actual_start, w.actual_end) = (Some(w.span.starts_at), Some(w.span.starts_at + chrono::TimeDelta::hours(1)));
        w.actual_downtime = Some(chrono::TimeDelta::minutes(65));
    });
    let text = message.plain();
    assert!(
        text.starts_with(
            "Zurückgenommen: Jira 10.3 upgrade\n\n\
             Die Wartung endete am So 11. April 2027, 18:00 Europe/Helsinki (15:00 UTC); die Änderung wurde \
             zurückgenommen. Die wirkliche Ausfallzeit war 1 h 5 min; erwartet: bis zu 15 min."
        ),
        "{text}"
    );
}

/// Chats replace times that stand in a message by ones of the reader's own zone: all that are there have to be known.
#[test]
fn every_german_time_is_one_that_chats_know() {
    let (templates, organisation) = german();
    let mut seen = 0;
    for name in sample::names() {
        let message = told(&templates, &organisation, name, "customers");
        for text in texts(&message) {
            let mut left = text;
            for time in &message.times {
                left = left.replace(&time.text, "");
                seen += 1;
            }
            // What was planned before is no time of the window now, so it stays as it is written; a day alone as well.
            if !name.ends_with("moved") && !name.ends_with("extended") && !name.starts_with("advisory_") {
                assert!(!left.contains("2027"), "{name}: {left} is not known to chats");
            }
        }
    }
    assert!(seen > 100);
}

fn texts(message: &Message) -> Vec<String> {
    let of = |block: &Block| match block {
        Block::Heading(text) | Block::Text(text) => vec![text.clone()],
        Block::Facts(facts) => facts.iter().map(|(_, value)| value.clone()).collect(),
        Block::Table { rows, .. } => rows.concat(),
        _ => Vec::new(),
    };
    message.blocks.iter().flat_map(of).collect()
}

#[test]
fn a_post_brought_in_step_keeps_its_language() {
    let (templates, organisation) = german();
    let mut sample = sample::of("announcement", &organisation, "customers").expect("a message");
    if let Topic::Window(topic) = &mut sample.topic {
        topic.window.state = State::InProgress;
    }
    let telling = maintbot::message::audience::Telling {
        plan: &sample.plan,
        topic: &sample.topic,
        events: &sample.events,
        organisation: &organisation,
        now: sample.now,
        retold: false,
    };
    let text = templates.retell(&telling).expect("retold").plain();
    assert!(text.contains("Aktualisiert: MW-42 ist jetzt im Gange, So 11. April 2027, 17:00–21:00"), "{text}");
}

#[test]
fn english_words_and_dates_can_be_the_organisations_own() {
    let organisation = organisation_with(None, None);
    let locale = "[dates]\ndate = \"{weekday}, {month} {day}, {year}\"\n[words]\n\"When\" = \"Time\"\n";
    let templates = load(&[source("en", "locale.toml", locale)], &organisation);
    let text = told(&templates, &organisation, "reminder", "customers").plain();
    assert!(text.contains("Time:") && text.contains("Sun, Apr 11, 2027 17:00–21:00"), "{text}");
}

#[test]
fn a_language_without_a_template_is_english_throughout() {
    let organisation = organisation_with(Some("fi"), None);
    let templates = load(&[source("fi", "locale.toml", "[words]\n\"When\" = \"Milloin\"\n")], &organisation);
    let text = told(&templates, &organisation, "reminder", "customers").plain();
    assert!(text.contains("When:") && !text.contains("Milloin"), "{text}");
}

#[test]
fn the_organisations_language_is_for_ops_and_people_too() {
    let mut organisation = organisation_with(None, None);
    organisation.language = "de".into();
    let mut files = folder_of("tests/data/templates", "de");
    files.push(source("de", "overrun.txt", "{{ id }} läuft seit {{ after }} über die Zeit\n{{ block(\"facts\") }}"));
    let templates = load(&files, &organisation);
    let text = told(&templates, &organisation, "overrun", "@anna").plain();
    assert!(text.starts_with("MW-42 läuft seit 15 min über die Zeit"), "{text}");
    assert!(text.contains("Rückweg"), "staff read the rollback plan: {text}");
}

#[test]
fn questions_of_people_stay_as_they_are() {
    let (templates, organisation) = german();
    let message = told_with(&templates, &organisation, "announcement", "customers", |sample| {
        assert_eq!(sample.plan.message, MessageKind::Announcement);
        if let Topic::Window(topic) = &mut sample.topic {
            topic.qa = vec![Qa { number: 1, question: "When".into(), answer: "now".into() }];
        }
    });
    assert!(message.plain().ends_with("F: When\nA: now"));
}
