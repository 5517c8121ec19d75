//! That the judge refuses what GitHub would refuse or ignore: each mistake is planted and has to be named.

use serde_json::{Value, json};

use super::Judge;

const ISSUE: &str = "/repos/example/crm/issues/7";

/// What the judge says of a request with this body.
fn said(method: &str, target: &str, body: &Value) -> String {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    Judge::load().request(method, target, body.as_bytes()).join("\n")
}

#[test]
fn a_good_request_passes() {
    let close = json!({ "state": "closed", "state_reason": "not_planned", "labels": ["a", { "name": "b" }] });
    assert_eq!(said("PATCH", ISSUE, &close), "");
    assert_eq!(said("PATCH", ISSUE, &json!({ "state_reason": null, "title": null })), "");
    let list = "/repos/example/crm/issues?state=all&since=2026-11-22T10%3A00%3A00Z&per_page=100&page=2";
    assert_eq!(said("GET", list, &Value::Null), "");
    assert_eq!(said("GET", "/repos/example/crm/labels/needs%20time", &Value::Null), "");
    assert_eq!(said("POST", "/app/installations/5/access_tokens", &Value::Null), "");
}

#[test]
fn a_bad_state_reason_is_refused() {
    let said = said("PATCH", ISSUE, &json!({ "state": "closed", "state_reason": "wontfix" }));
    assert!(said.contains("/state_reason") && said.contains("wontfix"), "{said}");
}

#[test]
fn a_wrong_type_is_refused() {
    assert!(said("PATCH", ISSUE, &json!({ "body": 7 })).contains("/body"));
    assert!(said("PATCH", ISSUE, &json!({ "labels": [7] })).contains("/labels"));
    assert!(said("POST", &format!("{ISSUE}/sub_issues"), &json!({ "sub_issue_id": "7" })).contains("/sub_issue_id"));
    assert!(said("POST", &format!("{ISSUE}/comments"), &json!({ "body": null })).contains("/body"));
}

#[test]
fn an_unknown_property_is_refused_at_any_depth() {
    assert!(said("PATCH", ISSUE, &json!({ "stat": "closed" })).contains("/stat: not known"));
    let deep = said("PATCH", ISSUE, &json!({ "labels": [{ "name": "a", "colour": "fff" }] }));
    assert!(deep.contains("/labels/0/colour: not known"), "{deep}");
}

#[test]
fn an_unknown_path_or_method_is_refused() {
    assert!(said("GET", "/repos/example/crm/isues/7", &Value::Null).contains("no such operation"));
    assert!(said("PUT", ISSUE, &json!({})).contains("no such operation"));
    assert!(said("GET", "/repos/example/crm/issues/seven", &Value::Null).contains("issue_number"));
}

#[test]
fn an_unknown_or_wrong_query_parameter_is_refused() {
    let list = |query: &str| said("GET", &format!("/repos/example/crm/issues?{query}"), &Value::Null);
    assert!(list("sort=updatd").contains("sort"));
    assert!(list("order=asc").contains("order is not known"));
    assert!(list("page=two").contains("page"));
    assert!(list("per_page=500").contains("1 to 100"));
    assert!(list("since=yesterday").contains("since"));
    assert!(said("GET", "/repos/example/crm/issues/7?page=1", &Value::Null).contains("page is not known"));
}

#[test]
fn a_missing_field_or_body_is_refused() {
    assert!(said("POST", "/repos/example/crm/issues", &json!({ "body": "x" })).contains("title"));
    assert!(said("POST", "/repos/example/crm/issues", &Value::Null).contains("needs a body"));
    assert!(said("GET", ISSUE, &json!({})).contains("takes no body"));
    assert!(!Judge::load().request("PATCH", ISSUE, b"{\"state\":").is_empty());
}

#[test]
fn an_answer_that_github_would_not_give_is_refused() {
    let said = |method: &str, target: &str, status: u16, body: &Value| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Judge::load().response(method, target, status, body.as_bytes()).join("\n")
    };
    let label = json!({
        "id": 1, "node_id": "x", "url": "https://api.github.com/x", "name": "a", "description": null, "color": "ff0000",
        "default": false,
    });
    let labels = "/repos/example/crm/labels";
    assert_eq!(said("POST", labels, 201, &label), "");
    assert!(said("POST", labels, 200, &label).contains("200 is not described"));
    for (field, planted, named) in [
        ("name", Value::Null, "/name"),
        ("url", json!("no address"), "/url"),
        ("colour", json!("ff0000"), "/colour: not known"),
    ] {
        let mut bad = label.clone();
        bad[field] = planted;
        assert!(said("POST", labels, 201, &bad).contains(named), "{field}");
    }
    let mut short = label.clone();
    short.as_object_mut().expect("an object").remove("default");
    assert!(said("POST", labels, 201, &short).contains("default"));
    assert!(said("PUT", &format!("{ISSUE}/lock"), 204, &json!({})).contains("no body"));
    assert!(said("GET", ISSUE, 502, &json!({})).contains("no `message`"));
    assert!(said("GET", "/repos/example/none/isues", 200, &json!({})).contains("answered with 200"));
}

#[test]
fn a_webhook_that_github_would_not_send_is_refused() {
    let examples = include_str!("../../../data/github/webhook-examples.jsonl").lines();
    let examples = examples.map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let renamed = |line: &Value| line["event"] == "repository" && line["payload"]["action"] == "renamed";
    let mut payload = examples.into_iter().find(renamed).expect("an example")["payload"].take();
    let said = |action: &str, payload: &Value| Judge::load().webhook("repository", action, payload).join("\n");
    assert_eq!(said("renamed", &payload), "");
    assert!(said("painted", &payload).contains("sends no repository-painted"));
    payload["changes"]["repository"]["name"]["from"] = json!(7);
    payload["repository"]["colour"] = json!("red");
    let wrong = said("renamed", &payload);
    assert!(
        wrong.contains("/changes/repository/name/from") && wrong.contains("/repository/colour: not known"),
        "{wrong}"
    );
}
