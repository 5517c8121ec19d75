//! Every payload that GitHub gives as an example, and each of them damaged: none is an error, and none does anything
//! that nobody asked for. And that the checker behind every story refuses what GitHub would.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use maintbot::service::query::WindowFilter;
use serde_json::{Value, json};

use super::CRM;
use super::gate::{Gate, Sent};
use crate::fake::github::FakeGitHub;

/// Events that maintbot does something about.
const HANDLED: [&str; 6] =
    ["installation", "installation_repositories", "issue_comment", "issues", "repository", "sub_issues"];
/// The repository of most examples, and who did what happens in them.
const EXAMPLE: &str = "Codertocat/Hello-World";
const PERSON: &str = "Codertocat";
/// The repositories of the examples are those of the configuration.
const WATCHED: &str = r#"
[[service]]
id = "hello"
repository = "codertocat/hello-world"
[[service]]
id = "octo"
repository = "octocoders/hello-world"
[[service]]
id = "moved"
repository = "octo-org/octo-repo"
"#;

struct Example {
    event: String,
    payload: Value,
}

fn examples() -> Vec<Example> {
    let lines = include_str!("../../data/github/webhook-examples.jsonl").lines();
    let read = |line: &str| {
        let mut example: Value = serde_json::from_str(line).expect("JSON");
        Example { event: example["event"].as_str().expect("an event").to_owned(), payload: example["payload"].take() }
    };
    lines.map(read).collect()
}

/// Posts an example as GitHub would; the status.
async fn post(gate: &Gate, id: &str, event: &str, payload: &Value) -> u16 {
    gate.post(Sent::signed(event, id, payload.to_string())).await.status
}

/// Everything that was taken is worked on to its end, and nothing came of it.
async fn nothing_came_of_it(gate: Gate, least: usize) {
    gate.hub.settle().await;
    let inbox = gate.hub.inbox().await;
    assert!(inbox.len() >= least, "only {} were taken", inbox.len());
    let left: Vec<_> = inbox.iter().filter(|(_, state)| state != "done").collect();
    assert!(left.is_empty(), "left behind or given up: {left:?}\n{}", gate.log.text());
    let windows = gate.hub.bot.parts.service.windows(&WindowFilter::default(), None, 10).await.expect("readable");
    assert!(windows.is_empty(), "{windows:?}");
    let wrote: Vec<_> = gate.hub.fake.requests().into_iter().filter(|request| request.method != "GET").collect();
    let wrote: Vec<_> = wrote.iter().filter(|request| !request.target.ends_with("/access_tokens")).collect();
    assert!(wrote.is_empty(), "{wrote:?}");
    gate.close().await;
}

#[tokio::test]
async fn no_example_of_github_is_an_error() {
    let gate = Gate::open("").await;
    let examples = examples();
    let events: BTreeSet<&str> = examples.iter().map(|example| example.event.as_str()).collect();
    assert_eq!((examples.len(), events.len()), (329, 58));
    for (n, Example { event, payload }) in examples.iter().enumerate() {
        let expected = if event == "ping" { 200 } else { 202 };
        assert_eq!(post(&gate, &format!("id-{n}"), event, payload).await, expected, "{event}: {payload}");
    }
    // Comments written and changed, what is done to an issue or installation: something of each was taken.
    nothing_came_of_it(gate, 25).await;
}

#[tokio::test]
async fn nor_where_the_repositories_of_the_examples_are_watched() {
    let gate = Gate::open(WATCHED).await;
    for repository in [EXAMPLE, "Octocoders/Hello-World", "octo-org/octo-repo"] {
        gate.hub.fake.repository(repository).person(PERSON, "write");
    }
    for (n, Example { event, payload }) in examples().iter().enumerate() {
        let status = post(&gate, &format!("id-{n}"), event, payload).await;
        assert!(matches!(status, 200 | 202), "{status} {event}: {payload}");
        // One after the other, as they come in life: each is worked on before the next.
        gate.hub.settle().await;
    }
    nothing_came_of_it(gate, 25).await;
}

#[tokio::test]
async fn a_command_in_a_comment_of_github_s_own_shape_is_done() {
    let gate = Gate::open(WATCHED).await;
    gate.hub.fake.repository(EXAMPLE).person(PERSON, "write");
    let number = gate.hub.fake.open_issue(PERSON, EXAMPLE, "Spelling error", "");
    let created = |example: &Example| example.event == "issue_comment" && example.payload["action"] == "created";
    let mut example = examples().into_iter().find(created).expect("an example").payload;
    assert_eq!(example["issue"]["number"], number, "the example is below the issue that there is");
    example["comment"]["body"] =
        json!("/maintenance schedule \"Upgrade\" service:hello when:\"2026-12-08 14:00-16:00\"");
    assert_eq!(post(&gate, "id-1", "issue_comment", &example).await, 202);
    gate.hub.settle().await;
    let said = gate.hub.fake.comments(EXAMPLE, number);
    let replies = said.iter().filter(|comment| comment.body.contains("“Upgrade” is scheduled**")).count();
    assert_eq!(replies, 1, "{said:?}");
    let window = gate.hub.bot.window(1).await;
    assert_eq!(window.requester, "github:codertocat");
    gate.close().await;
}

/// What a field can turn into.
fn damages() -> [Option<Value>; 6] {
    [None, Some(Value::Null), Some(json!(7)), Some(json!("text")), Some(json!({})), Some(json!([]))]
}

/// The payload with one field, named by the objects it is in, taken out or replaced.
fn damaged(payload: &Value, path: &[&str], by: Option<Value>) -> Value {
    let mut damaged = payload.clone();
    let (last, objects) = path.split_last().expect("a field");
    let object = objects.iter().fold(&mut damaged, |value, name| &mut value[*name]);
    let object = object.as_object_mut().expect("an object");
    match by {
        Some(value) => object.insert((*last).to_owned(), value),
        None => object.remove(*last),
    };
    damaged
}

/// Fields of the payload, or those of one of its objects, by the objects that they are in.
fn fields<'a>(payload: &'a Value, within: Option<&'a str>) -> Vec<Vec<&'a str>> {
    let object = within.map_or(payload, |name| &payload[name]);
    let names = object.as_object().expect("an object").keys();
    names.map(|name| within.into_iter().chain([name.as_str()]).collect()).collect()
}

/// One example of each event, and one of each action of what maintbot handles.
fn sample() -> BTreeMap<(String, String), Value> {
    let mut sample = BTreeMap::new();
    for Example { event, payload } in examples() {
        let action = payload["action"].as_str().filter(|_| HANDLED.contains(&event.as_str())).unwrap_or_default();
        sample.entry((event, action.to_owned())).or_insert(payload);
    }
    sample
}

#[tokio::test]
async fn whatever_field_is_missing_or_of_another_kind_no_payload_is_an_error() {
    let gate = Gate::open(WATCHED).await;
    gate.hub.fake.repository(EXAMPLE).person(PERSON, "write");
    let mut posted = 0;
    for ((event, action), payload) in sample() {
        for path in fields(&payload, None) {
            for by in damages() {
                posted += 1;
                let damaged = damaged(&payload, &path, by.clone());
                let status = post(&gate, &format!("id-{posted}"), &event, &damaged).await;
                assert!(matches!(status, 200 | 202), "{status} {event} {action} with {path:?} as {by:?}");
            }
        }
    }
    assert!(posted > 2000, "only {posted}");
    nothing_came_of_it(gate, 100).await;
}

#[tokio::test]
async fn nor_where_a_field_inside_a_comment_or_issue_is() {
    let gate = Gate::open(WATCHED).await;
    gate.hub.fake.repository(EXAMPLE).person(PERSON, "write");
    let mut posted = 0;
    for (event, action, within) in
        [("issue_comment", "created", "comment"), ("issues", "opened", "issue"), ("repository", "renamed", "changes")]
    {
        let payload = sample().remove(&(event.to_owned(), action.to_owned())).expect("an example");
        for path in fields(&payload, Some(within)) {
            for by in damages() {
                posted += 1;
                let damaged = damaged(&payload, &path, by.clone());
                let status = post(&gate, &format!("id-{posted}"), event, &damaged).await;
                assert!(matches!(status, 200 | 202), "{status} {event} {action} with {path:?} as {by:?}");
            }
        }
    }
    nothing_came_of_it(gate, 100).await;
}

#[tokio::test]
async fn the_checker_behind_every_story_refuses_a_planted_bad_request() {
    const TOKEN: &str = "ghp_planted";
    let fake = FakeGitHub::start().await;
    fake.repository(CRM).person("anna", "write");
    fake.personal_token(TOKEN, "anna", "repo");
    let number = fake.open_issue("anna", CRM, "A list", "");
    let close = async |reason: &str| {
        let url = format!("{}/repos/{CRM}/issues/{number}", fake.url);
        let request = crate::process::client().patch(url).bearer_auth(TOKEN).header("user-agent", "test");
        request.json(&json!({ "state": "closed", "state_reason": reason })).send().await.expect("an answer").status()
    };
    assert_eq!(close("not_planned").await, 200);
    assert_eq!(fake.violations(), Vec::<String>::new());
    assert_eq!(close("wontfix").await, 422);
    let violations = fake.violations();
    assert!(violations.len() == 1 && violations[0].contains("/state_reason"), "{violations:?}");
    // Every story ends with this.
    let closed = AssertUnwindSafe(fake.close()).catch_unwind().await;
    let said = closed.expect_err("the story fails");
    let said = said.downcast_ref::<String>().expect("why");
    assert!(said.starts_with("against GitHub's description:") && said.contains("wontfix"), "{said}");
}
