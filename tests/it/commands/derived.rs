//! What is made from the declarations: help, terminal, manifests, the reference. What Discord is told stands in `discord`.

use maintbot::command::spec::catalogue;
use maintbot::command::{Command, Input, cli, help, issue_form, manifest, parse};
use serde_json::Value;

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn length(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.chars().count())
}

#[test]
fn slack_takes_the_manifest_as_it_is() {
    let manifest = manifest::slack(Some("https://maintenance.example.com/"));
    let about = &manifest["display_information"];
    assert!(length(&about["name"]) <= 35 && length(&about["description"]) <= 140);
    assert!((175..=4_000).contains(&length(&about["long_description"])));
    let command = &manifest["features"]["slash_commands"][0];
    assert_eq!(
        (&command["command"], &command["url"]),
        (&"/maintenance".into(), &"https://maintenance.example.com/slack/commands".into())
    );
    assert!(
        (1..=32).contains(&length(&command["command"]))
            && length(&command["description"]) <= 2_000
            && length(&command["usage_hint"]) <= 1_000
    );
    assert!(command["usage_hint"].as_str().unwrap().contains("schedule | list"));
    let scopes = array(&manifest["oauth_config"]["scopes"]["bot"]);
    assert!(scopes.contains(&"commands".into()) && scopes.contains(&"chat:write".into()));
    let settings = &manifest["settings"];
    assert_eq!(settings["event_subscriptions"]["request_url"], "https://maintenance.example.com/slack/events");
    assert_eq!(settings["interactivity"]["request_url"], "https://maintenance.example.com/slack/interactions");
    assert_eq!(settings["socket_mode_enabled"], false);
}

/// What Slack itself says of a manifest: the schema that it publishes.
fn slack_says(manifest: &Value) -> Vec<String> {
    let schema = serde_json::from_str(include_str!("../../data/slack/manifest.schema.json")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    schema.iter_errors(manifest).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_manifest_is_valid_under_the_schema_of_slack_with_an_address_and_with_a_socket() {
    let over_http = manifest::slack(Some("https://maintenance.example.com"));
    let over_a_socket = manifest::slack(None);
    assert_eq!(slack_says(&over_http), [""; 0]);
    assert_eq!(slack_says(&over_a_socket), [""; 0]);
    assert_eq!(over_a_socket["settings"]["socket_mode_enabled"], true);
    assert!(over_a_socket["features"]["slash_commands"][0].get("url").is_none());
    // The judge is one: it refuses what Slack would.
    for (place, wrong) in [
        ("/features/slash_commands/0/command", "maintenance"),
        ("/settings/event_subscriptions/bot_events", "app_mention"),
        ("/display_information/background_color", "#1"),
    ] {
        let mut planted = over_http.clone();
        *planted.pointer_mut(place).unwrap() = wrong.into();
        assert_ne!(slack_says(&planted), [""; 0], "{place}");
    }
    let mut planted = over_http;
    planted["settings"]["is_mcp_enabledd"] = true.into();
    assert_ne!(slack_says(&planted), [""; 0], "a key that Slack does not know");
}

#[test]
fn github_is_asked_for_issues_and_little_else() {
    let manifest = manifest::github("https://maintenance.example.com");
    assert_eq!(manifest["hook_attributes"]["url"], "https://maintenance.example.com/github/webhook");
    let permissions = serde_json::json!({ "issues": "write", "members": "read", "metadata": "read" });
    assert_eq!(manifest["default_permissions"], permissions);
    let events = serde_json::json!(["issue_comment", "issues", "repository", "sub_issues"]);
    assert_eq!(manifest["default_events"], events);
}

#[test]
fn the_manifest_of_github_comes_with_the_forms_to_save() {
    let (services, regions) = (["jira".to_owned()], ["eu".to_owned()]);
    let all = manifest::github_all("https://maintenance.example.com/", &services, &regions);
    assert_eq!(all["manifest"], manifest::github("https://maintenance.example.com"));
    let text = manifest::github_text("https://maintenance.example.com/", &services, &regions);
    let (json, forms) = text.split_once("\n\n# Save as ").unwrap();
    assert_eq!(serde_json::from_str::<Value>(json).unwrap(), all["manifest"]);
    let (file, form) = forms.split_once(" in each repository:\n").unwrap();
    assert_eq!(file, issue_form::REQUEST.file);
    for (key, name) in [("issue_form", "jira"), ("change_form", "window")] {
        let part = all[key].as_str().unwrap();
        assert!(form.contains(part) && part.contains(name), "{key}");
    }
}

#[test]
fn the_issue_forms_of_this_repository_are_fresh() {
    for (form, made) in
        [(issue_form::REQUEST, issue_form::form(&[], &[])), (issue_form::CHANGE, issue_form::change_form())]
    {
        fresh(form.file, &made);
    }
}

#[test]
fn help_lists_a_group_once_and_explains_every_verb() {
    let overview = help::overview();
    let names: Vec<&str> = overview.entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names.iter().filter(|name| name.starts_with("change")).count(), 1);
    assert_eq!(names.first(), Some(&"schedule"));
    let extend = help::verb("extend").unwrap();
    assert_eq!(extend.usage, "/maintenance extend <window> <for> [reason:…] [--dry-run] [--again]");
    let done = help::verb("done").unwrap();
    assert_eq!(done.usage, "/maintenance done <window> [item …] [--all] [--dry-run]");
    let list = help::verb("list").unwrap();
    assert!(list.usage.starts_with("/maintenance list [mine] [service:…]"), "{}", list.usage);
    let change = help::verb("change").unwrap();
    assert_eq!(
        (change.usage.as_str(), change.actions.len()),
        ("/maintenance change <add|edit|assign|remove|import> …", 5)
    );
    assert!(help::verb("chagne").is_none());
    for verb in &catalogue().verbs {
        let help = help::verb(&verb.name).unwrap();
        assert_eq!(help.options.len(), verb.options.len());
        assert!(!help.help.contains('\n'), "{}: help is one paragraph", verb.name);
    }
}

#[test]
fn the_catalogue_as_json_has_what_completion_needs() {
    let json = help::catalogue_json();
    let list = array(&json["verbs"]).iter().find(|verb| verb["name"] == "list").unwrap();
    let state = array(&list["options"]).iter().find(|option| option["name"] == "state").unwrap();
    assert_eq!((&state["type"], &state["repeat"]), (&"state".into(), &true.into()));
    assert!(array(&state["choices"]).contains(&"scheduled".into()));
    let service = array(&list["options"]).iter().find(|option| option["name"] == "service").unwrap();
    assert_eq!(service["complete"], "services");
}

fn terminal(words: &[&str]) -> Result<Vec<String>, clap::Error> {
    let matches = cli::command().try_get_matches_from(std::iter::once(&"maintenance").chain(words))?;
    Ok(cli::typed(&matches))
}

#[test]
fn the_terminal_passes_words_on_as_they_are() {
    for words in [
        &["schedule", "Jira upgrade", "service:jira", "--when", "sunday 16:00-20:00", "--dry-run"][..],
        &["extend", "--dry-run", "MW-12", "30m", "--reason=-x"],
        &["change", "add", "MW-12", "--kind", "upgrade", "text"],
        &["change", "MW-12"],
        &["done", "MW-12", "3", "4"],
        &["shedule", "x", "--foo"],
        &["whoami"],
        &["help", "change", "add"],
        &["do", "text:note MW-12 x"],
        &[],
    ] {
        assert_eq!(terminal(words).unwrap(), words, "{words:?}");
    }
    let words = terminal(&["done", "MW-12", "3"]).unwrap();
    assert!(matches!(parse(&Input::Words(words)).map(|parsed| parsed.command), Ok(Command::Done(_))));
}

#[test]
fn the_help_of_the_terminal_is_the_declared_help() {
    let help = |words: &[&str]| {
        let error = terminal(words).unwrap_err();
        assert_eq!(error.kind(), clap::error::ErrorKind::DisplayHelp, "{words:?}");
        error.to_string()
    };
    let extend = help(&["extend", "--help"]);
    for text in [
        "Move the end of a window later",
        "maintbot maintenance extend <window> <for>",
        "How much later, such as 30m",
        "Examples:",
    ] {
        assert!(extend.contains(text), "{text}\n{extend}");
    }
    assert!(help(&["change", "add", "--help"]).contains("The item it is a part of"));
    assert!(help(&["--help"]).contains("schedule"));
    cli::command().debug_assert();
}

/// A file kept in the repository is what is made now; `MAINTBOT_REFRESH` writes it anew.
fn fresh(file: &str, made: &str) {
    let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("MAINTBOT_REFRESH").is_some() {
        std::fs::write(&path, made).expect("the file can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "{file} is stale; refresh it with MAINTBOT_REFRESH=1 cargo test --test it commands");
}

#[test]
fn the_reference_of_the_commands_is_fresh() {
    fresh("docs/commands.md", &help::markdown());
}
