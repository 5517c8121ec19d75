//! The real program from a terminal: exit codes, JSON, and what a broken surrounding gets.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::process::{Process, free_port, maintbot};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    maintbot(folder).args(arguments).env("USER", "mikko").output().expect("it runs")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("no JSON ({e}): {}", out(output)))
}

const SCHEDULE: [&str; 8] = [
    "maintenance",
    "schedule",
    "Jira 10.3 upgrade",
    "service:jira",
    "when:next sunday 16:00-20:00",
    "tz:Europe/Helsinki",
    "--impact=Jira is unavailable",
    "poc:@mikko",
];

#[test]
fn a_window_is_scheduled_listed_and_exported_from_the_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let scheduled = run(folder.path(), &SCHEDULE);
    assert_eq!(scheduled.status.code(), Some(0), "{}", err(&scheduled));
    let text = out(&scheduled);
    assert!(text.starts_with("MW-1 “Jira 10.3 upgrade” is scheduled"), "{text}");
    assert!(text.contains("16:00–20:00 Europe/Helsinki (14:00–18:00 UTC)"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours into a pipe");

    let listed = json(&run(folder.path(), &["maintenance", "list", "--json"]));
    assert_eq!(listed["windows"], serde_json::json!(["MW-1"]));
    let exported = json(&run(folder.path(), &["export"]));
    assert_eq!(exported["windows"][0]["requester"], "mikko");
}

#[test]
fn exit_codes_tell_done_from_refused_from_wrong_usage() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(run(folder.path(), &["maintenance", "list"]).status.code(), Some(0));
    let refused = run(folder.path(), &["maintenance", "show", "MW-9"]);
    assert_eq!((refused.status.code(), out(&refused)), (Some(1), String::new()));
    assert!(err(&refused).contains("There is no window MW-9"), "{}", err(&refused));
    assert_eq!(run(folder.path(), &["frobnicate"]).status.code(), Some(2));
    assert_eq!(run(folder.path(), &["--help"]).status.code(), Some(0));
    let refused = run(folder.path(), &["maintenance", "schedule", "x", "servce:jira", "when:sunday", "--json"]);
    assert_eq!(refused.status.code(), Some(1));
    let body = json(&refused);
    assert!(body["hint"].as_str().expect("a hint").contains("service:jira"), "{body}");
    assert!(body["position"].as_u64().expect("a position") > 0);
}

#[test]
fn a_corrupt_database_is_left_as_it_is_with_a_clear_message() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("maintbot.db");
    fs::write(&file, b"this is not a database, it is a diary").expect("written");
    let before = fs::read(&file).expect("readable");
    let failed = run(folder.path(), &["maintenance", "list"]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(err(&failed).contains("maintbot.db"), "{}", err(&failed));
    assert_eq!(fs::read(&file).expect("readable"), before, "the file was touched");
}

#[test]
fn an_unknown_configuration_key_names_file_line_and_the_nearest_key() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(
        folder.path().join("maintbot.toml"),
        "[organisation]\nname = \"X\"\n\n[policy.scheduled]\nanounce = \"14d\"\n",
    )
    .expect("written");
    for arguments in [&["check"][..], &["serve"], &["maintenance", "list"]] {
        let failed = run(folder.path(), arguments);
        let said = err(&failed);
        assert_eq!(failed.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("maintbot.toml:5") && said.contains("`announce`"), "{said}");
    }
    fs::write(folder.path().join("maintbot.toml"), "").expect("written");
    assert_eq!(run(folder.path(), &["check"]).status.code(), Some(0));
}

#[test]
fn tokens_are_shown_once_and_can_be_revoked() {
    let folder = tempfile::tempdir().expect("a folder");
    let made =
        json(&run(folder.path(), &["token", "create", "ci", "--role", "engineer", "--expires", "30d", "--json"]));
    let text = made["token"].as_str().expect("its text");
    assert!(text.starts_with("mb_") && text.len() > 40);
    let listed = run(folder.path(), &["token", "list", "--json"]);
    assert!(!out(&listed).contains(text), "its text is not kept");
    assert_eq!(json(&listed)["items"][0]["role"], "engineer");
    assert_eq!(run(folder.path(), &["token", "revoke", "1"]).status.code(), Some(0));
    assert_eq!(run(folder.path(), &["token", "revoke", "1"]).status.code(), Some(1));
}

#[test]
fn manifests_are_json_for_every_surface() {
    let folder = tempfile::tempdir().expect("a folder");
    for surface in ["slack", "discord", "github"] {
        let manifest = run(folder.path(), &["manifest", surface, "--json"]);
        assert_eq!(manifest.status.code(), Some(0));
        assert!(json(&manifest).is_object() || json(&manifest).is_array(), "{surface}");
    }
    assert_eq!(run(folder.path(), &["manifest", "pigeon"]).status.code(), Some(2));
}

#[tokio::test]
async fn a_running_maintbot_is_used_from_elsewhere_with_a_token_and_stops_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = free_port();
    let process = Process::start(folder.path(), port, &["serve"]).await;
    let token = out(&run(folder.path(), &["token", "create", "pipeline", "--role", "scheduler"]));
    let server = format!("--server={}", process.base);
    let elsewhere = tempfile::tempdir().expect("another folder");
    let mut line = SCHEDULE.to_vec();
    line.extend([server.as_str(), "--token", token.trim()]);
    let scheduled = run(elsewhere.path(), &line);
    assert_eq!(scheduled.status.code(), Some(0), "{}", err(&scheduled));
    assert!(out(&scheduled).contains("MW-1"));
    let window = process.get("/api/v1/windows/MW-1").await;
    assert_eq!(window["requester"], "pipeline", "a token acts under its own name");
    let refused = run(elsewhere.path(), &["maintenance", "show", "MW-77", &server, "--token", token.trim()]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(err(&refused).contains("There is no window MW-77"), "{}", err(&refused));

    let copy = folder.path().join("copy.db");
    let backup = run(folder.path(), &["backup", copy.to_str().expect("a name")]);
    assert_eq!(backup.status.code(), Some(0), "{}", err(&backup));
    assert!(copy.exists(), "a copy is made while it runs");
    assert_eq!(process.stop().await, Some(0));
}

#[tokio::test]
async fn a_window_typed_in_the_terminal_is_announced_by_the_running_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(folder.path(), free_port(), &["serve"]).await;
    let scheduled = run(
        folder.path(),
        &["maintenance", "schedule", "Patch", "service:vpn", "when:in 20 minutes for 30m", "kind:emergency"],
    );
    assert_eq!(scheduled.status.code(), Some(0), "{}", err(&scheduled));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let posts = process.get("/api/v1/builtin/channels/maintenance/posts").await;
        if posts["items"].as_array().is_some_and(|items| !items.is_empty()) {
            assert!(posts["items"][0]["text"].as_str().expect("text").starts_with("Emergency maintenance: Patch"));
            break;
        }
        assert!(std::time::Instant::now() < deadline, "it was not announced");
        maintbot::clock::Clock::pause(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(process.stop().await, Some(0));
}

#[tokio::test]
async fn the_demo_has_a_clock_that_is_moved_and_everything_due_has_happened_then() {
    let folder = tempfile::tempdir().expect("a folder");
    let process =
        Process::start(folder.path(), free_port(), &["demo", "--empty", "--at", "2026-11-02T18:00:00Z"]).await;
    let client = crate::process::client();
    let post = async |path: &str, body: Value| {
        let response = client.post(format!("{}{path}", process.base)).json(&body).send().await.expect("an answer");
        assert_eq!(response.status(), 200, "{path} {body}");
        response.json::<Value>().await.expect("JSON")
    };
    let text = "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-06 09:00-11:00\" poc:@lee";
    post("/api/v1/commands", serde_json::json!({ "text": text, "actor": "lee" })).await;
    let now = post("/api/v1/clock", serde_json::json!({ "to": "2026-12-06T09:00:00Z" })).await;
    assert_eq!(now["now"], "2026-12-06T09:00:00Z");
    let posts = process.get("/api/v1/builtin/channels/maintenance/posts").await;
    let first_lines: Vec<String> = posts["items"]
        .as_array()
        .expect("posts")
        .iter()
        .map(|p| {
            format!(
                "{} {}",
                p["posted_at"].as_str().expect("a time"),
                p["text"].as_str().expect("text").lines().next().unwrap_or("")
            )
        })
        .collect();
    let expected = [
        "2026-11-22T09:00:00Z Planned maintenance: Upgrade",
        "2026-11-29T09:00:00Z Reminder: Upgrade",
        "2026-12-03T09:00:00Z Reminder: Upgrade",
        "2026-12-05T09:00:00Z Reminder: Upgrade",
        "2026-12-06T09:00:00Z Started: Upgrade",
    ];
    assert_eq!(first_lines, expected);
    let window = process.get("/api/v1/windows/MW-1").await;
    assert_eq!((&window["state"], &window["actual_start"]), (&"in_progress".into(), &"2026-12-06T09:00:00Z".into()));
    assert_eq!(process.stop().await, Some(0));
}

#[tokio::test]
async fn slots_findings_and_subjects_come_alike_from_here_and_from_elsewhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(folder.path(), free_port(), &["serve"]).await;
    let token = out(&run(folder.path(), &["token", "create", "pipeline", "--role", "scheduler"]));
    let server = format!("--server={}", process.base);
    let remote = ["--json", server.as_str(), "--token", token.trim()];
    let suggest = ["maintenance", "suggest", "service:crm", "duration:2h"];
    let here = json(&run(folder.path(), &[&suggest[..], &["--json"]].concat()));
    let there = json(&run(folder.path(), &[&suggest[..], &remote].concat()));
    for answer in [&here, &there] {
        let slot = &answer["slots"][0];
        assert!(slot["starts_at"].as_str().expect("a time").ends_with('Z') && slot["why"].is_array(), "{answer}");
    }
    let plan = ["maintenance", "plan", "new", "Upgrade"];
    let made = json(&run(folder.path(), &[&plan[..], &["--json"]].concat()));
    assert_eq!((&made["subject"], &made["findings"]), (&"PL-1".into(), &serde_json::json!([])));
    let other = ["maintenance", "plan", "new", "Upgrade two"];
    assert_eq!(json(&run(folder.path(), &[&other[..], &remote].concat()))["subject"], "PL-2");
    let read = out(&run(folder.path(), &suggest));
    let wide = read.lines().find(|line| line.chars().count() > 80 && !line.contains("maintbot maintenance"));
    assert_eq!(wide, None, "{read}");
    assert_eq!(process.stop().await, Some(0));
}
