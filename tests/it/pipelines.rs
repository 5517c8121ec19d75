//! Pipelines: the action for GitHub and the program, each against a real maintbot, on lines that lose answers, with what
//! others write in every input.

mod action;
mod line;

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::process::{Process, client, free_port, maintbot};
use line::{lossy, says};

/// A maintbot with MW-1, which can be started now, and the token of an engineer.
struct Target {
    process: Process,
    token: String,
    folder: tempfile::TempDir,
}

impl Target {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let process = Process::start(folder.path(), free_port(), &["serve"]).await;
        let target = Self { process, token: String::new(), folder };
        target
            .command("/maintenance schedule \"CRM 7\" service:crm when:\"in 20 minutes for 40m\" kind:emergency")
            .await;
        let token = target.token_of("engineer");
        Self { token, ..target }
    }

    fn token_of(&self, role: &str) -> String {
        let made = maintbot(self.folder.path()).args(["token", "create", "deploy", "--role", role]).output();
        let made = made.expect("it runs");
        assert!(made.status.success(), "{}", err(&made));
        String::from_utf8_lossy(&made.stdout).trim().to_owned()
    }

    /// Does a command as a local admin.
    async fn command(&self, text: &str) -> Value {
        let sent = client().post(format!("{}/api/v1/commands", self.process.base)).json(&json!({ "text": text }));
        let answer = sent.send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{text}");
        answer.json().await.expect("JSON")
    }

    async fn state(&self) -> String {
        self.process.get("/api/v1/windows/MW-1").await["state"].as_str().expect("a state").to_owned()
    }

    /// The history of MW-1 as people read it.
    async fn history(&self) -> String {
        self.command("/maintenance history MW-1").await["text"].as_str().expect("text").to_owned()
    }

    /// `maintbot maintenance …` on another machine, with the token in its environment.
    fn run(&self, words: &[&str]) -> Output {
        run_on(&self.process.base, &self.token, words)
    }
}

/// The same for any server and token.
fn run_on(server: &str, token: &str, words: &[&str]) -> Output {
    let elsewhere = tempfile::tempdir().expect("a folder");
    run_in(elsewhere.path(), server, token, words)
}

fn run_in(folder: &Path, server: &str, token: &str, words: &[&str]) -> Output {
    let mut command = maintbot(folder);
    command.arg("maintenance").args(words).args(["--server", server]).env("MAINTBOT_TOKEN", token);
    command.output().expect("it runs")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_is_started_extended_and_completed_by_the_program() {
    let target = Target::new().await;
    let started = target.run(&["start", "MW-1", "--json"]);
    assert_eq!(started.status.code(), Some(0), "{}", err(&started));
    let answer: Value = serde_json::from_slice(&started.stdout).expect("JSON");
    assert_eq!(answer["windows"], json!(["MW-1"]));
    assert_eq!(target.run(&["extend", "MW-1", "30m", "reason:index rebuild"]).status.code(), Some(0));
    let again = target.run(&["start", "MW-1"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(err(&again).contains("in_progress") || err(&again).contains("in progress"), "{}", err(&again));
    let done = target.run(&["complete", "MW-1", "outcome:success", "note:All \"quiet\" $(again)"]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert_eq!(target.state().await, "completed");
    let history = target.history().await;
    assert!(history.contains("index rebuild") && history.contains("All \"quiet\" $(again)"), "{history}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_and_not_answered_is_not_done_twice() {
    let target = Target::new().await;
    let line = lossy(&target.process.base, 2).await;
    let noted = run_on(&line.base, &target.token, &["note", "MW-1", "Said once"]);
    assert_eq!(noted.status.code(), Some(0), "{}", err(&noted));
    assert_eq!(line.calls(), 3, "two answers got lost");
    assert_eq!(target.history().await.matches("Said once").count(), 1);
    // The same by the pipeline's own retry, with a key of its own.
    let keyed = ["note", "MW-1", "Said again", "--idempotency-key", "job-7-note", "--again"];
    let answers = [target.run(&keyed), target.run(&keyed)];
    assert_eq!(out(&answers[0]), out(&answers[1]));
    assert_eq!(target.history().await.matches("Said again").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_with_what_to_look_at() {
    let target = Target::new().await;
    let secret = "mb_0123456789abcdef";
    let refused = |output: Output, words: &[&str]| {
        let said = err(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        for word in words {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert!(!said.contains(secret), "{said}");
    };
    let start = ["start", "MW-1"];
    refused(run_on(&target.process.base, secret, &start), &["not known", "MAINTBOT_TOKEN_FILE"]);
    refused(run_on(&target.process.base, "two words", &start), &["the token is not one"]);
    let viewer = target.token_of("viewer");
    refused(run_on(&target.process.base, &viewer, &start), &["engineer"]);
    refused(target.run(&["start", "MW-1", "--as", "anna"]), &["admin"]);
    refused(target.run(&["extend", "MW-1", "30 bananas"]), &["bananas"]);
    let moved = says("HTTP/1.1 301 Moved Permanently\r\nLocation: https://elsewhere.example.com/\r\n", "").await;
    refused(run_on(&moved.base, secret, &start), &["301", "leads elsewhere"]);
    assert_eq!(moved.calls(), 1, "not asked again, and not followed");
    let other = says("HTTP/1.1 404 Not Found\r\n", "<h1>It works!</h1>").await;
    refused(run_on(&other.base, secret, &start), &["404", "not as maintbot does", "--server"]);
    let nobody = format!("http://127.0.0.1:{}", free_port());
    refused(run_on(&nobody, secret, &start), &["nothing listens there", "Nothing was done"]);
    assert_eq!(target.state().await, "scheduled");
    let wrong = run_on("maintenance.example.com", secret, &start);
    assert_eq!(wrong.status.code(), Some(2), "{}", err(&wrong));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_can_lie_in_a_file_and_an_admin_token_speaks_for_others() {
    let target = Target::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let admin = target.token_of("admin");
    std::fs::write(folder.path().join("token"), format!("{admin}\n")).expect("written");
    let words = ["note", "MW-1", "From a file", "--token-file", "token", "--as", "mikko"];
    let noted = run_in(folder.path(), &target.process.base, "mb_not_this_one", &words);
    assert_eq!(noted.status.code(), Some(0), "{}", err(&noted));
    assert!(target.history().await.contains("mikko"), "{}", target.history().await);
    let missing = run_in(folder.path(), &target.process.base, "", &["list", "--token-file", "nothing"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(err(&missing).contains("nothing"), "{}", err(&missing));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_busy_is_asked_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let busy =
        says("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n", "{\"detail\": \"It is stopping.\"}").await;
    let asked = run_in(folder.path(), &busy.base, "mb_0123456789abcdef", &["list"]);
    assert_eq!(asked.status.code(), Some(1));
    assert!(err(&asked).contains("It is stopping."), "{}", err(&asked));
    assert_eq!(busy.calls(), 4);
}
