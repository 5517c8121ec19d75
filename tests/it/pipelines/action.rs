//! The action for GitHub: its script as the runner would run it, with its inputs in the environment.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;

use super::line::{lossy, says};
use super::{Target, err, out};
use crate::process::free_port;

const ACTION: &str = include_str!("../../../.github/actions/maintenance/action.yml");

/// The lines that stand deeper than a line that begins with `head`, without their indentation.
fn below(head: &str) -> Vec<&'static str> {
    let mut lines = ACTION.lines().skip_while(|line| *line != head);
    assert!(lines.next().is_some(), "action.yml has no line `{head}`");
    let indent = head.len() - head.trim_start().len();
    let deeper = |line: &&str| line.trim().is_empty() || line.len() - line.trim_start().len() > indent;
    let found: Vec<&str> = lines.take_while(deeper).collect();
    let least = found.iter().filter(|line| !line.trim().is_empty()).map(|line| line.len() - line.trim_start().len());
    let least = least.min().expect("something stands there");
    found.into_iter().map(|line| line.get(least..).unwrap_or("")).collect()
}

/// Inputs with what stands in the action where they are left out.
fn defaults() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut name = "";
    for line in below("inputs:") {
        if let Some(input) = line.strip_suffix(':').filter(|line| !line.starts_with(' ')) {
            name = input;
        } else if let Some(value) = line.trim().strip_prefix("default: ") {
            found.insert(format!("inputs.{name}"), value.trim_matches('"').to_owned());
        }
    }
    found
}

/// What a step did.
struct Step {
    output: Output,
    folder: tempfile::TempDir,
}

impl Step {
    /// Runs the action's only step with these inputs, as the runner does.
    fn run(target: &Target, inputs: &[(&str, &str)]) -> Self {
        for tool in ["bash", "curl", "jq"] {
            let there = Command::new(tool).arg("--version").output();
            assert!(there.is_ok(), "the tests need {tool}: sudo apt-get install bash curl jq");
        }
        let mut known = defaults();
        known.insert("inputs.server".into(), target.process.base.clone());
        known.insert("inputs.token".into(), target.token.clone());
        known.insert("inputs.window".into(), "MW-1".into());
        let context = [("run_id", "77"), ("run_attempt", "1"), ("job", "deploy"), ("action", "__self")];
        known.extend(context.map(|(name, value)| (format!("github.{name}"), value.to_owned())));
        known.insert("strategy.job-index".into(), "0".into());
        known.extend(inputs.iter().map(|(name, value)| (format!("inputs.{name}"), (*value).to_owned())));

        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("step.sh"), below("      run: |").join("\n")).expect("written");
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "step.sh"]).current_dir(folder.path());
        command.env_clear().env("PATH", std::env::var_os("PATH").expect("a path"));
        command
            .env("GITHUB_OUTPUT", folder.path().join("output"))
            .env("GITHUB_STEP_SUMMARY", folder.path().join("summary"));
        for line in below("      env:") {
            let (name, value) = line.split_once(": ").expect("a name and a value");
            command.env(name, filled(value, &known));
        }
        Self { output: command.output().expect("it runs"), folder }
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    /// The outputs as the runner reads them: `name<<mark`, lines, `mark`.
    fn outputs(&self) -> BTreeMap<String, String> {
        let text = self.file("output");
        let mut lines = text.lines();
        let mut found = BTreeMap::new();
        while let Some(line) = lines.next() {
            let (name, mark) = line.split_once("<<").expect("an output");
            assert!(mark.len() > 30, "nobody can guess it: {mark}");
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != mark).collect();
            found.insert(name.to_owned(), value.join("\n"));
        }
        found
    }

    fn succeeds(&self) -> &Self {
        assert_eq!(self.output.status.code(), Some(0), "{}{}", out(&self.output), err(&self.output));
        self
    }

    /// It fails with one annotation that holds these words, and without outputs.
    fn fails(&self, words: &[&str]) -> &Self {
        let said = out(&self.output);
        assert_eq!(self.output.status.code(), Some(1), "{said}{}", err(&self.output));
        let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("::error title=maintbot::")).collect();
        assert_eq!(errors.len(), 1, "{said}");
        for word in words {
            assert!(errors[0].contains(word), "{word}: {said}");
        }
        assert_eq!(self.file("output"), "");
        self
    }

    fn left(&self, name: &str) -> bool {
        Path::exists(&self.folder.path().join(name))
    }
}

/// A value of the environment with its expressions filled in.
fn filled(value: &str, known: &BTreeMap<String, String>) -> String {
    let mut rest = value;
    let mut text = String::new();
    while let Some((before, after)) = rest.split_once("${{ ") {
        let (name, after) = after.split_once(" }}").expect("the end of an expression");
        text.push_str(before);
        text.push_str(known.get(name).unwrap_or_else(|| panic!("nothing is known of {name}")));
        rest = after;
    }
    text + rest
}

#[test]
fn inputs_are_never_part_of_the_script() {
    let script = below("      run: |").join("\n");
    assert!(!script.contains("${{"), "what is put into a script is run");
    let inputs = below("inputs:").into_iter().filter(|line| !line.starts_with(' ')).count();
    assert_eq!(below("      env:").iter().filter(|line| line.contains("${{ inputs.")).count(), inputs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_starts_extends_notes_and_completes_its_window() {
    let target = Target::new().await;
    let started = Step::run(&target, &[("command", "start")]);
    let outputs = started.succeeds().outputs();
    assert_eq!((outputs["windows"].as_str(), outputs["window"].as_str()), ("[\"MW-1\"]", "MW-1"));
    assert!(outputs["text"].contains("MW-1"), "{outputs:?}");
    assert!(started.file("summary").contains(outputs["text"].lines().next().expect("a line")));
    let said = out(&started.output);
    assert_eq!(said.matches(&target.token).count(), 1, "only to have it masked");
    assert!(said.starts_with(&format!("::add-mask::{}\n", target.token)), "{said}");
    assert_eq!(target.state().await, "in_progress");

    Step::run(&target, &[("command", "extend"), ("arguments", "30m"), ("message", "index rebuild")]).succeeds();
    Step::run(&target, &[("command", "note"), ("message", "Half of it is done")]).succeeds();
    let completed =
        [("command", "complete"), ("arguments", "outcome:partial"), ("message", "The rest comes on Sunday")];
    Step::run(&target, &completed).succeeds();
    let window = target.process.get("/api/v1/windows/MW-1").await;
    assert_eq!((&window["state"], &window["outcome"]), (&json!("completed"), &json!("partial")));
    let history = target.history().await;
    for expected in ["index rebuild", "Half of it is done", "The rest comes on Sunday", "deploy"] {
        assert!(history.contains(expected), "{expected}: {history}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_write_is_text_and_nothing_else() {
    let target = Target::new().await;
    let nasty = "\" --internal outcome:failed $(touch pwned) `touch pwned`; touch pwned \\\" ' ${{ secrets.X }} %0A::error::x\u{201d}";
    let lines = format!("{nasty}\n::set-output name=window::MW-9\n::stop-commands::x\nEOF\nwindow<<EOF\nMW-9\nEOF");
    let noted = Step::run(&target, &[("command", "note"), ("message", &lines)]);
    noted.succeeds();
    assert_eq!(noted.outputs()["window"], "MW-1");
    assert!(!noted.left("pwned"));
    let said = out(&noted.output);
    let mark = said.lines().find_map(|line| line.strip_prefix("::stop-commands::")).expect("commands are switched off");
    let (_, rest) = said.split_once(&format!("::stop-commands::{mark}\n")).expect("the answer");
    let (_, after) = rest.split_once(&format!("\n::{mark}::\n")).expect("switched on again");
    assert!(mark.len() >= 32 && after.is_empty(), "{said}");
    // It is a public note with every character that was written.
    let page = target.command("/maintenance history MW-1").await["text"].as_str().expect("text").to_owned();
    assert!(page.contains("touch pwned") && page.contains("outcome:failed"), "{page}");
    let public = crate::process::client().get(format!("{}/windows/MW-1", target.process.base)).send().await;
    let public = public.expect("an answer").text().await.expect("text");
    let shown = [
        "&quot; --internal outcome:failed $(touch pwned) `touch pwned`; touch pwned \\&quot; &#x27; ${{ secrets.X }}",
        "window&lt;&lt;EOF",
    ];
    for part in shown {
        assert!(public.contains(part), "{part}: {public}");
    }

    for (inputs, said) in [
        (&[("command", "start; touch pwned")][..], "The command is one or two words"),
        (&[("command", "start\ntouch pwned")], "The command is one or two words"),
        (&[("command", "start"), ("window", "MW-1 $(touch pwned)")], "The window is an id"),
        (&[("command", "start"), ("server", "http://127.0.0.1:1/ --output pwned")], "The server is not an address"),
        (&[("command", "start"), ("server", "-o pwned")], "The server is not an address"),
        (&[("command", "start"), ("token", "mb_x\nX-Actor: anna")], "The token is missing or is not one"),
        (&[("command", "start"), ("token", "")], "The token is missing or is not one"),
        (&[("command", "start"), ("retries", "1 --output pwned")], "retries is a number"),
        (&[("command", "start"), ("arguments", "$(touch pwned) `touch pwned`")], "pwned"),
    ] {
        let step = Step::run(&target, inputs);
        step.fails(&[said]);
        assert!(!step.left("pwned"), "{inputs:?}");
    }
    assert_eq!(target.state().await, "scheduled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_fails_the_step_with_the_reason_and_a_line_that_would_work() {
    let target = Target::new().await;
    let none = Step::run(&target, &[("command", "start"), ("window", "MW-9")]);
    none.fails(&["There is no window MW-9", "(status 422)"]);
    let hint = Step::run(&target, &[("command", "strat")]);
    hint.fails(&["%0AInstead: /maintenance start"]);
    let token = Step::run(&target, &[("command", "start"), ("token", "mb_0123456789")]);
    token.fails(&["not known, has expired or was revoked", "(status 401)"]);
    let other = says("HTTP/1.1 404 Not Found\r\n", "<h1>It works!</h1>").await;
    Step::run(&target, &[("command", "start"), ("server", &other.base)]).fails(&["not that of a maintbot"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_whose_answer_got_lost_is_done_once() {
    let target = Target::new().await;
    let line = lossy(&target.process.base, 1).await;
    let noted = Step::run(&target, &[("command", "note"), ("message", "Said once"), ("server", &line.base)]);
    noted.succeeds();
    assert_eq!(line.calls(), 2);
    assert_eq!(target.history().await.matches("Said once").count(), 1);
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let away = Step::run(&target, &[("command", "start"), ("server", &nobody), ("retries", "1")]);
    away.fails(&["No answer from http://127.0.0.1", "Whether it was done is not known"]);
    assert_eq!(target.state().await, "scheduled");
}
