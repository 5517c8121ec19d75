//! Templates of a folder as the program reads them: `check`, `serve` and `preview`.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::process::maintbot;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    maintbot(folder).args(arguments).output().expect("it runs")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder with a configuration and files below `messages`.
fn folder(config: &str, files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("maintbot.toml"), config).expect("written");
    for (name, text) in files {
        let path = folder.path().join("texts/messages").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    folder
}

const CONFIG: &str = r#"[templates]
folder = "texts"
[[audience]]
name = "customers"
channels = ["builtin:customers"]
language = "fi"
style = "brief"
[[audience]]
name = "support"
channels = ["builtin:support"]
"#;

#[test]
fn check_and_serve_name_the_file_and_line_of_a_wrong_template() {
    let folder = folder(
        CONFIG,
        &[("fi/reminder.brief.txt", "Muistutus: {{ title }}\n{{ whn }}\n"), ("en/.keep", ""), ("fi/remindr.txt", "x")],
    );
    for arguments in [&["check"][..], &["serve"], &["preview", "reminder"]] {
        let failed = run(folder.path(), arguments);
        assert_eq!(failed.status.code(), Some(1), "{arguments:?}");
        let said = err(&failed);
        let place = "texts/messages/fi/reminder.brief.txt:2: there is no value `whn`; did you mean `when`?";
        assert!(said.contains(place) && said.contains("texts/messages/fi/remindr.txt: "), "{said}");
    }
    let json: Value = serde_json::from_str(&out(&run(folder.path(), &["check", "--json"]))).expect("JSON");
    assert_eq!(json["ok"], false);
    let file = json["problems"][0]["file"].as_str().expect("a file");
    assert!(file.ends_with("texts/messages/fi/reminder.brief.txt"), "{file}");
    assert_eq!(json["problems"][0]["line"], 2);
}

#[test]
fn a_language_or_style_without_templates_is_named_with_its_line() {
    let wrong = |config: &str, files: &[(&str, &str)]| {
        let folder = folder(config, files);
        let failed = run(folder.path(), &["check"]);
        assert_eq!(failed.status.code(), Some(1));
        err(&failed)
    };
    let said = wrong(CONFIG, &[("en/reminder.short.txt", "x"), ("f/reminder.txt", "x"), ("stray.txt", "x")]);
    for part in [
        "maintbot.toml:6: `language` in [[audience]]: there are no templates in `fi`; make the folder messages/fi",
        "maintbot.toml:7: `style` in [[audience]]: no template has the style `brief`; write one",
        "texts/messages/f: this is not the folder of a language",
        "texts/messages/stray.txt: this is not the folder of a language",
    ] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    let said = wrong(CONFIG, &[]);
    assert!(said.contains("maintbot.toml:2: `folder` in [templates]: there is no folder "), "{said}");
    assert!(said.contains("texts/messages; make it"), "{said}");
    assert_eq!(said.lines().count(), 1, "what is missing because of it is not worth saying: {said}");
    let said = wrong("[organisation]\nlanguage = \"fi\"\n", &[]);
    assert!(said.contains("maintbot.toml:2: `language` in [organisation]"), "{said}");
}

#[test]
fn a_template_that_is_too_large_or_no_text_is_named() {
    let folder = folder("[templates]\nfolder = \"texts\"\n", &[("en/reminder.txt", &"x".repeat(70_000))]);
    fs::write(folder.path().join("texts/messages/en/note.txt"), b"Note\n\xff\n").expect("written");
    fs::create_dir(folder.path().join("texts/messages/en/started.txt")).expect("made");
    let said = err(&run(folder.path(), &["check"]));
    for part in [
        "reminder.txt: the file is larger than 64 KiB",
        "note.txt:2: the file is not UTF-8 text",
        "started.txt: this is no file",
    ] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
}

#[test]
fn a_preview_needs_no_window_and_shows_each_audience_its_own() {
    let files = [("fi/reminder.txt", "Muistutus: {{ title }}\n"), ("fi/note.brief.txt", "Tiedote: {{ title }}\n")];
    let folder = folder(CONFIG, &files);
    let shown = run(folder.path(), &["preview", "reminder"]);
    assert_eq!(shown.status.code(), Some(0), "{}", err(&shown));
    assert!(
        out(&shown).starts_with("Muistutus: Jira 10.3 upgrade\n\nReminder: Jira 10.3 upgrade\n"),
        "{}",
        out(&shown)
    );
    assert_eq!(err(&shown), "reminder, to builtin:customers:\nreminder, to builtin:support:\n");
    let shown = run(folder.path(), &["preview", "note", "--audience", "customers"]);
    assert_eq!(out(&shown), "Tiedote: Jira 10.3 upgrade\n\n");
    let refused = run(folder.path(), &["preview", "note", "--audience", "custmers"]);
    assert!(err(&refused).contains("there is no audience `custmers`; did you mean customers?"), "{}", err(&refused));
    let refused = run(folder.path(), &["preview", "anouncement"]);
    assert!(err(&refused).contains("did you mean announcement?"), "{}", err(&refused));
    assert!(!folder.path().join("maintbot.db").exists(), "a preview without a window needs no database");
}

#[test]
fn every_message_can_be_seen_on_every_surface() {
    let folder = folder("", &[]);
    for surface in ["plain", "slack", "discord", "github", "mail"] {
        let shown = run(folder.path(), &["preview", "--all", "--surface", surface, "--json"]);
        let json: Value = serde_json::from_str(&out(&shown)).expect("JSON");
        let items = json["items"].as_array().expect("items");
        assert!(items.len() >= 28, "{surface}: {}", items.len());
        for item in items {
            let text = item["shown"].as_str().expect("text");
            let parsed = || serde_json::from_str::<Value>(text).expect("JSON");
            match surface {
                "slack" => assert_eq!(parsed()["blocks"][0]["type"], "header", "{item}"),
                "discord" => assert!(parsed()["embeds"][0]["title"].is_string(), "{item}"),
                "mail" => {
                    let mail = |part: &str| item["mail"][part].as_str().unwrap_or_default();
                    assert_eq!(text, format!("Subject: {}\n\n{}", mail("subject"), mail("text")), "{item}");
                    assert!(mail("html").contains(&format!("<title>{}", &mail("subject")[..4])), "{item}");
                }
                _ => assert!(!text.trim().is_empty(), "{item}"),
            }
        }
    }
}

#[test]
fn a_preview_by_mail_is_as_it_goes_out_and_names_who_writes_where_that_is_configured() {
    let audience = "[[audience]]\nname = \"customers\"\nchannels = [\"email:ce@customer.example\"]\n";
    let smtp = "[smtp]\nhost = \"mail.example.com\"\nusername = \"maintbot\"\npassword = \"hunter2-hunter2\"\n\
                from = \"Example Cloud <maintenance@cloud.example>\"\n";
    let folder = folder(&format!("{smtp}{audience}"), &[]);
    let shown = run(folder.path(), &["preview", "reminder", "--surface", "mail"]);
    assert_eq!(err(&shown), "reminder, to email:ce@customer.example:\n");
    let text = out(&shown);
    assert!(
        text.starts_with("Subject: [MW-42] Reminder: Jira 10.3 upgrade\n\nReminder: Jira 10.3 upgrade\n"),
        "{text}"
    );
    assert!(text.contains("-- \nYou get this because ce@customer.example is told of planned maintenance at"), "{text}");

    let shown = out(&run(folder.path(), &["preview", "reminder", "--surface", "mail", "--json"]));
    assert!(!shown.contains("hunter2"), "{shown}");
    let json: Value = serde_json::from_str(&shown).expect("JSON");
    let headers = &json["items"][0]["mail"]["headers"];
    assert_eq!(headers["From"], "Example Cloud <maintenance@cloud.example>");
    assert_eq!(headers["To"], "ce@customer.example");
    assert_eq!(headers["List-Id"], "<customers.maintbot.cloud.example>");

    let folder = tempfile::tempdir().expect("a folder");
    let shown = out(&run(folder.path(), &["preview", "confirm_subscription", "--surface", "mail", "--json"]));
    let json: Value = serde_json::from_str(&shown).expect("JSON");
    let mail = &json["items"][0]["mail"];
    assert_eq!(mail["headers"]["To"], "reader@example.com");
    assert!(mail["headers"]["From"].as_str().is_some_and(|from| from.ends_with("<maintenance@example.com>")), "{mail}");
}

#[test]
fn a_preview_of_a_window_is_made_from_it() {
    let folder = folder("", &[]);
    let schedule =
        ["maintenance", "schedule", "CRM upgrade", "service:crm", "when:in 20 days at 02:00 for 2h", "tz:UTC"];
    assert_eq!(run(folder.path(), &schedule).status.code(), Some(0));
    let shown = run(folder.path(), &["preview", "MW-1", "reminder", "--surface", "slack"]);
    let json: Value = serde_json::from_str(&out(&shown)).expect("JSON that can be pasted");
    assert!(json["blocks"][0]["text"]["text"].as_str().is_some_and(|text| text.contains("CRM upgrade")), "{json}");
    assert!(err(&shown).starts_with("reminder, to builtin:maintenance"), "{}", err(&shown));
    let refused = run(folder.path(), &["preview", "MW-9", "reminder"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(err(&refused).contains("There is no window MW-9"), "{}", err(&refused));
}
