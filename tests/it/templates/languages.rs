//! A whole second language: words, dates, and what chats make of them.

use maintbot::domain::advisory::{Advisory, AdvisoryId, Disposition, Severity};
use maintbot::domain::event::What;
use maintbot::domain::ledger::MessageKind;
use maintbot::domain::plan::Qa;
use maintbot::domain::window::{Outcome, State};
use maintbot::message::audience::{Templates, sample};
use maintbot::message::topic::Topic;
use maintbot::message::{Block, Message};

use super::{folder_of, load, organisation_with, source, told, told_with};

/// What a Finnish folder says about security advisories.
const FINNISH: &[(&str, &str)] = &[
    (
        "locale.toml",
        r#"
[dates]
weekdays = ["ma", "ti", "ke", "to", "pe", "la", "su"]
date = "{weekday} {day}.{month_number}.{year} klo"
date_without_year = "{weekday} {day}.{month_number}. klo"
clock_separator = "."

[words]
"Severity" = "Vakavuus"
"Services" = "Palvelut"
"Details" = "Lisätietoja"
"critical" = "kriittinen"
"today" = "tänään"
"on {day}" = "{day}"
"{window} on {day}" = "{window}, {day}"
"up to {most}" = "enintään {most}"
"{n}m" = "{n} min"
"The permanent fix for {services} was made in {window} on {day}." = "Pysyvä korjaus ({services}) tehtiin {day}: {window}."
"The permanent fix for {services} comes in the next break, {window} {title}: {when}." = "Pysyvä korjaus ({services}) tulee seuraavassa katkossa {window} {title}: {when}."
"The permanent fix for {services} goes into the next break; none is planned yet." = "Pysyvä korjaus ({services}) tulee seuraavassa katkossa, jota ei ole vielä sovittu."
"#,
    ),
    ("advisory_mitigated.txt", "Haavoittuvuus: {{ name }}\n{{ block(\"fixes\") }}\n{{ block(\"facts\") }}\n"),
    (
        "advisory_patch_now.txt",
        "{{ title }}\nKorjaamme ({{ services }}) {{ day }} klo {{ from }}–{{ to }}. Katko: {{ downtime_words }}.\n\
         {% if embargo_ends %}Kerromme lisää {{ embargo_ends }}.{% else %}Vakavuus: {{ severity }}{% endif %}\n",
    ),
    ("advisory_patched.txt", "Korjattu: {{ name }}\nKorjattu {{ patched_on }}: {{ window }}\n"),
    ("advisory_followup.txt", "Korjattu: {{ name }}\n{{ services }}: {{ to }}\n"),
    ("advisory_staff.txt", "{{ name }}\nSalassa {{ until }} asti\n"),
];

fn finnish() -> (Templates, maintbot::domain::organisation::Organisation) {
    let organisation = organisation_with(Some("fi"), None);
    let sources: Vec<_> = FINNISH.iter().map(|(file, text)| source("fi", file, text)).collect();
    (load(&sources, &organisation), organisation)
}

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

#[test]
fn days_fixes_and_severity_of_an_advisory_are_in_the_language_of_their_readers() {
    let (templates, organisation) = finnish();
    let text = |name: &str, change: &dyn Fn(&mut sample::Sample)| {
        told_with(&templates, &organisation, name, "customers", |sample| change(sample)).plain()
    };
    assert_eq!(
        text("advisory_mitigated", &|_| {}),
        "Haavoittuvuus: OpenSSL (CVE-2026-0001)

Pysyvä korjaus (Jira) tulee seuraavassa katkossa MW-42 Jira 10.3 upgrade: su 11.4.2027 klo 17.00–21.00 \
         Europe/Helsinki (14.00–18.00 UTC).

Vakavuus:    kriittinen
Palvelut:    Jira
Lisätietoja: https://maintenance.example.com/advisories/AD-1"
    );
    let fixed = text("advisory_mitigated", &|sample| {
        let Topic::Advisory(topic) = &mut sample.topic else { panic!("an advisory") };
        topic.fixes[0].0.fixed_at = Some(sample.now);
    });
    assert!(fixed.contains("\n\nPysyvä korjaus (Jira) tehtiin su 11.4.2027: MW-42.\n\n"), "{fixed}");
    let unplanned = text("advisory_mitigated", &|sample| {
        let Topic::Advisory(topic) = &mut sample.topic else { panic!("an advisory") };
        topic.fixes[0].1 = None;
    });
    assert!(unplanned.contains("(Jira) tulee seuraavassa katkossa, jota ei ole vielä sovittu."), "{unplanned}");
    assert_eq!(text("advisory_followup", &|_| {}), "Korjattu: OpenSSL (CVE-2026-0001)\n\nJira: MW-42, su 11.4.2027");
    let carried = text("advisory_followup", &|sample| {
        let Some(What::Fixed { step, .. }) = sample.events.first_mut().map(|event| &mut event.what) else {
            panic!("what became of a fix")
        };
        *step = maintbot::domain::advisory::FixStep::Carried;
    });
    assert!(
        carried
            .ends_with("Jira: MW-42 Jira 10.3 upgrade, su 11.4.2027 klo 17.00–21.00 Europe/Helsinki (14.00–18.00 UTC)"),
        "{carried}"
    );
    let patched = text("advisory_patched", &|sample| {
        let Topic::Advisory(topic) = &mut sample.topic else { panic!("an advisory") };
        let w = topic.window.as_mut().expect("its window");
        (w.state, w.outcome) = (State::Completed, Some(Outcome::Success));
    });
    assert!(
        patched.contains("\n\nKorjattu su 11.4.2027: MW-42 Jira 10.3 upgrade, su 11.4.2027 klo 17.00–"),
        "{patched}"
    );
}

#[test]
fn the_window_that_patches_at_once_has_its_day_in_the_language_of_its_readers() {
    let (templates, organisation) = finnish();
    let advisory = Advisory {
        id: AdvisoryId(1),
        title: "OpenSSL".into(),
        ids: Vec::new(),
        severity: Some(Severity::Critical),
        disposition: Disposition::PatchNow,
        services: vec!["jira".into()],
        window: None,
        details: String::new(),
        public: String::new(),
        publish_at: None,
        published_at: None,
        withdrawn_at: None,
        withdrawn_because: String::new(),
        requester: "anna".into(),
        place: "console".into(),
        created_at: crate::bot::utc("2027-04-04 09:00"),
    };
    let text = |advisory: &Advisory, now: &str| {
        told_with(&templates, &organisation, "advisory_patch_now", "customers", |sample| {
            let Topic::Window(topic) = &mut sample.topic else { panic!("a window") };
            topic.advisory = Some(advisory.clone());
            sample.now = crate::bot::utc(now);
        })
        .plain()
    };
    assert_eq!(
        text(&advisory, "2027-04-10 09:00"),
        "Jira 10.3 upgrade\n\nKorjaamme (Jira) su 11.4.2027 klo 17.00–21.00. Katko: enintään 15 min.\n\n\
         Vakavuus: kriittinen"
    );
    let secret = Advisory { publish_at: Some(crate::bot::utc("2027-04-12 11:00")), ..advisory };
    assert_eq!(
        text(&secret, "2027-04-11 09:00"),
        "Jira 10.3 upgrade\n\nKorjaamme (Jira) tänään klo 17.00–21.00. Katko: enintään 15 min.\n\n\
         Kerromme lisää ma 12.4.2027 klo 14.00 Europe/Helsinki (11.00 UTC)."
    );
}
