//! The organisation's own templates: which is used, what is refused and why, languages, and what people see beforehand.

mod cli;
mod languages;
mod manual;
mod refused;

use std::path::{Path, PathBuf};

use maintbot::config::Config;
use maintbot::domain::organisation::Organisation;
use maintbot::message::Message;
use maintbot::message::audience::{Fault, Source, Telling, Templates, sample};

const CONFIG: &str = r#"
[server]
public_url = "https://maintenance.example.com"

[organisation]
name = "Example"
time_zone = "Europe/Helsinki"

[[service]]
id = "jira"
name = "Jira"

[[audience]]
name = "customers"
channels = ["builtin:customers"]

[[audience]]
name = "support"
channels = ["builtin:support"]
internal = true
"#;

fn organisation() -> Organisation {
    let none: [(String, String); 0] = [];
    Config::from_text(Path::new("maintbot.toml"), CONFIG, none).expect("a configuration").organisation
}

/// The organisation with one audience in another language and with a style.
fn organisation_with(language: Option<&str>, style: Option<&str>) -> Organisation {
    let mut organisation = organisation();
    let customers = &mut organisation.audiences[0];
    (customers.language, customers.style) = (language.map(Into::into), style.map(Into::into));
    organisation
}

fn source(language: &str, file: &str, text: &str) -> Source {
    let path = format!("messages/{language}/{file}");
    Source { language: language.into(), file: file.into(), path, text: text.into() }
}

fn load(sources: &[Source], organisation: &Organisation) -> Templates {
    Templates::load(sources, organisation).unwrap_or_else(|faults| panic!("{}", said(&faults).join("\n")))
}

fn said(faults: &[Fault]) -> Vec<String> {
    faults.iter().map(ToString::to_string).collect()
}

/// The sample of a message as an audience gets it.
fn told(templates: &Templates, organisation: &Organisation, name: &str, audience: &str) -> Message {
    told_with(templates, organisation, name, audience, |_| {})
}

fn told_with(
    templates: &Templates,
    organisation: &Organisation,
    name: &str,
    audience: &str,
    change: impl FnOnce(&mut sample::Sample),
) -> Message {
    let mut sample = sample::of(name, organisation, audience).expect("a message");
    change(&mut sample);
    let telling = Telling {
        plan: &sample.plan,
        topic: &sample.topic,
        events: &sample.events,
        organisation,
        now: sample.now,
        retold: false,
    };
    templates.tell(&telling).expect("it is told")
}

/// Every file of a language's folder.
fn folder_of(root: &str, language: &str) -> Vec<Source> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(root).join("messages").join(language);
    let entries = std::fs::read_dir(&folder).expect("the folder");
    let mut sources: Vec<Source> = entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let file = path.file_name().expect("a name").to_string_lossy().into_owned();
            source(language, &file, &std::fs::read_to_string(&path).expect("readable"))
        })
        .collect();
    sources.sort_by(|a, b| a.file.cmp(&b.file));
    sources
}

#[test]
fn a_file_takes_the_place_of_one_message_and_the_others_stay() {
    let organisation = organisation();
    let own = load(&[source("en", "reminder.txt", "Soon: {{ title }}\n{{ block(\"facts\") }}\n")], &organisation);
    let built_in = Templates::builtin().expect("templates");
    let reminder = told(&own, &organisation, "reminder", "customers").plain();
    assert!(reminder.starts_with("Soon: Jira 10.3 upgrade\n\nWhen:"), "{reminder}");
    for name in sample::names().into_iter().filter(|name| *name != "reminder") {
        let of = |templates| told(templates, &organisation, name, "customers");
        assert_eq!(of(&own), of(&built_in), "{name}");
    }
}

#[test]
fn a_style_is_for_the_audiences_that_ask_for_it() {
    let organisation = organisation_with(None, Some("brief"));
    let files = [
        source("en", "reminder.brief.txt", "Brief: {{ title }}"),
        source("en", "started.txt", "All of us: {{ title }}"),
    ];
    let templates = load(&files, &organisation);
    let heading = |name, audience| told(&templates, &organisation, name, audience).plain();
    assert_eq!(heading("reminder", "customers"), "Brief: Jira 10.3 upgrade");
    assert!(heading("reminder", "support").starts_with("Reminder: "));
    assert_eq!(heading("started", "customers"), "All of us: Jira 10.3 upgrade");
    assert_eq!(heading("started", "support"), "All of us: Jira 10.3 upgrade");
}

#[test]
fn what_a_language_lacks_is_said_in_the_organisations_english_then_in_ours() {
    let organisation = organisation_with(Some("fi"), Some("brief"));
    let files = |names: &[(&str, &str)]| -> Vec<Source> {
        names.iter().map(|(language, file)| source(language, file, &format!("{language} {file}"))).collect()
    };
    // The best first; without it the next is used.
    let order =
        [("fi", "reminder.brief.txt"), ("fi", "reminder.txt"), ("en", "reminder.brief.txt"), ("en", "reminder.txt")];
    for skip in 0..order.len() {
        let templates = load(&files(&order[skip..]), &organisation);
        let (language, file) = order[skip];
        assert_eq!(told(&templates, &organisation, "reminder", "customers").plain(), format!("{language} {file}"));
    }
    let templates = load(&[], &organisation);
    assert!(told(&templates, &organisation, "reminder", "customers").plain().starts_with("Reminder: "));
}

#[test]
fn a_template_that_fails_when_it_is_needed_gives_way_to_the_next() {
    let organisation = organisation();
    let fragile = "{{ title }}{% if title == \"boom\" %}{{ title // 2 }}{% endif %}";
    let templates = load(&[source("en", "reminder.txt", fragile)], &organisation);
    let named = |title: &str| {
        let message = told_with(&templates, &organisation, "reminder", "customers", |sample| {
            if let maintbot::message::topic::Topic::Window(topic) = &mut sample.topic {
                topic.window.title = title.into();
            }
        });
        message.plain().lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(named("calm"), "calm");
    assert_eq!(named("boom"), "Reminder: boom");
}

#[test]
fn text_from_people_is_data_in_every_template() {
    let organisation = organisation_with(Some("de"), None);
    let mut files = folder_of("tests/data/templates", "de");
    files.push(source(
        "en",
        "note.txt",
        "{{ title }}\n{{ note | upper | lower }}\n{% set x = reason ~ impact %}{{ x }}",
    ));
    let templates = load(&files, &organisation);
    for evil in [
        "{{ 7*7 }} {% raw %} {# gone #}",
        "{{ block(\"facts\") }}",
        "\u{2}facts \u{2}copy /maintenance cancel mw-9",
        "{when} {n} {title} {% include 'reminder' %}",
    ] {
        let shown: String = evil.chars().filter(|c| !c.is_control()).collect();
        // These name nothing that a person wrote: it may be under embargo, or a stranger's, or there is none.
        let silent = ["advisory_delivery_failed", "confirm_subscription", "digest_delivery_failed"];
        for name in sample::names().into_iter().filter(|name| !silent.contains(name)) {
            for audience in ["customers", "support"] {
                let message = told_with(&templates, &organisation, name, audience, |sample| plant(sample, evil));
                let text = message.plain();
                assert!(!text.contains("49") && !text.contains('\u{2}'), "{name}: {text}");
                assert!(text.contains(&shown), "{name} does not show it as typed: {text}");
                let copies = message.blocks.iter().filter(|block| matches!(block, maintbot::message::Block::Copy(_)));
                let calm = told(&templates, &organisation, name, audience);
                let calm = calm.blocks.iter().filter(|block| matches!(block, maintbot::message::Block::Copy(_)));
                assert_eq!(copies.count(), calm.count(), "{name} has a line to copy that nobody wrote: {text}");
            }
        }
    }
}

/// Puts a text wherever a person could have.
fn plant(sample: &mut sample::Sample, evil: &str) {
    use maintbot::domain::event::What;
    use maintbot::message::topic::Topic;
    let into = |w: &mut maintbot::domain::window::Window| {
        (w.title, w.impact, w.rollback) = (evil.into(), evil.into(), evil.into());
        w.poc = Some(evil.into());
    };
    match &mut sample.topic {
        Topic::Window(topic) => into(&mut topic.window),
        Topic::Plan(topic) => {
            topic.phases.plan.title = evil.into();
            topic.phases.windows.iter_mut().for_each(into);
        }
        Topic::Subscription(_) => {}
        Topic::Digest(topic) => {
            topic.open.iter_mut().chain(topic.completed.iter_mut().map(|done| &mut done.window)).for_each(into);
        }
        Topic::Advisory(topic) => {
            let a = &mut topic.advisory;
            (a.title, a.details, a.public) = (evil.into(), evil.into(), evil.into());
            topic.window.iter_mut().for_each(into);
        }
    }
    for event in &mut sample.events {
        match &mut event.what {
            What::Noted { text, .. } => *text = evil.into(),
            What::Cancelled { reason } | What::Moved { reason, .. } | What::Extended { reason, .. } => {
                *reason = evil.into();
            }
            _ => {}
        }
    }
}
