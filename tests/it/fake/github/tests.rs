//! Tests of the double itself: it has to behave as GitHub does before anything can be shown with it.

mod faults;

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use maintbot::clock::Clock;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::hooks::{Webhook, signature};
use super::{APP_ID, FakeGitHub, jwt};

const CRM: &str = "example/crm";
const ISSUES: &str = "/repos/example/crm/issues";

/// Asks the double as a client would.
struct Client<'a> {
    fake: &'a FakeGitHub,
    http: reqwest::Client,
    token: String,
}

impl<'a> Client<'a> {
    fn new(fake: &'a FakeGitHub, token: &str) -> Self {
        Self { fake, http: crate::process::client(), token: token.into() }
    }

    /// As the App's installation on the repository.
    async fn installed(fake: &'a FakeGitHub) -> Self {
        let app = Self::new(fake, &jwt(&APP_ID.to_string(), 0));
        let (_, installation) = app.ask("GET", "/repos/example/crm/installation", None).await;
        let tokens = format!("/app/installations/{}/access_tokens", installation["id"]);
        let (status, token) = app.ask("POST", &tokens, None).await;
        assert_eq!(status, 201, "{token}");
        Self::new(fake, token["token"].as_str().expect("a token"))
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>) -> reqwest::Result<reqwest::Response> {
        let url = if path.starts_with('/') { format!("{}{path}", self.fake.url) } else { path.to_owned() };
        let request = self.http.request(Method::from_bytes(method.as_bytes()).expect("a method"), url);
        let request = request.bearer_auth(&self.token).header("user-agent", "test");
        match body {
            Some(body) => request.json(&body),
            None => request,
        }
        .send()
        .await
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let response = self.send(method, path, body).await.expect("an answer");
        let status = response.status().as_u16();
        let text = response.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or_default())
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// A double with a repository of three people, and every webhook that it sends.
async fn world() -> (FakeGitHub, Arc<Mutex<Vec<Webhook>>>) {
    let fake = FakeGitHub::start().await;
    fake.repository(CRM).person("Anna", "admin").person("ben", "triage").person("cat", "read");
    fake.team("example", "dba", &["ben"]);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&heard);
    fake.deliver_with("secret", move |webhook| {
        into.lock().expect("a list").push(webhook);
        async { 202 }.boxed()
    });
    (fake, heard)
}

/// What was heard so far, as `event.action by sender`.
fn told(heard: &Mutex<Vec<Webhook>>) -> Vec<String> {
    let heard = heard.lock().expect("a list");
    let said = heard.iter().map(|webhook| {
        let body: Value = serde_json::from_slice(&webhook.body).expect("JSON");
        let (action, sender) = (body["action"].as_str(), body["sender"]["login"].as_str());
        format!("{}.{} {}", webhook.event, action.unwrap_or_default(), sender.unwrap_or_default())
    });
    said.collect()
}

#[tokio::test]
async fn a_bot_keeps_a_list_and_people_tick_it() {
    let (fake, heard) = world().await;
    fake.at(at("2026-12-01T10:00:00Z"));
    let bot = Client::installed(&fake).await;
    let new = json!({ "title": "MW-1", "body": "- [ ] Back up\n  * [ ] Check\n1. [ ] Tell", "labels": ["maintenance"], "assignees": ["anna"] });
    let (status, issue) = bot.ask("POST", ISSUES, Some(new)).await;
    assert_eq!((status, &issue["number"], &issue["user"]["login"]), (201, &json!(1), &json!("maintbot[bot]")));
    fake.at(at("2026-12-01T10:05:00Z"));
    fake.tick("ben", CRM, 1, "2");
    fake.tick("cat", CRM, 1, "Tell");
    fake.untick("ben", CRM, 1, "Check");
    fake.tick("ben", CRM, 1, "Back up");
    assert_eq!(fake.issue(CRM, 1).body, "- [x] Back up\n  * [ ] Check\n1. [x] Tell");
    let comment = fake.comment("ben", CRM, 1, "/maintenance done 2");
    fake.edit_comment("ben", comment, "/maintenance done 1");
    let (status, first) =
        bot.ask("POST", &format!("{ISSUES}/comments/{comment}/reactions"), Some(json!({ "content": "eyes" }))).await;
    assert_eq!(status, 201);
    let (status, again) =
        bot.ask("POST", &format!("{ISSUES}/comments/{comment}/reactions"), Some(json!({ "content": "eyes" }))).await;
    assert_eq!((status, &again["id"]), (200, &first["id"]));
    assert_eq!(fake.reactions(comment), [("maintbot[bot]".to_owned(), "eyes".to_owned())]);
    let (status, _) = bot.ask("DELETE", &format!("{ISSUES}/comments/{comment}/reactions/{}", first["id"]), None).await;
    assert_eq!(status, 204);
    let close = json!({ "state": "closed", "state_reason": "completed" });
    let (status, closed) = bot.ask("PATCH", &format!("{ISSUES}/1"), Some(close)).await;
    assert_eq!((status, &closed["closed_by"]["login"]), (200, &json!("maintbot[bot]")));
    fake.reopen("anna", CRM, 1);
    fake.settle().await;
    assert_eq!(
        told(&heard),
        [
            "issues.opened maintbot[bot]",
            "issues.labeled maintbot[bot]",
            "issues.assigned maintbot[bot]",
            "issues.edited ben",
            "issues.edited cat",
            "issues.edited ben",
            "issues.edited ben",
            "issue_comment.created ben",
            "issue_comment.edited ben",
            "issues.closed maintbot[bot]",
            "issues.reopened Anna",
        ]
    );
    {
        let heard = heard.lock().expect("a list");
        let edited: Value = serde_json::from_slice(&heard[3].body).expect("JSON");
        assert_eq!(edited["changes"]["body"]["from"], "- [ ] Back up\n  * [ ] Check\n1. [ ] Tell");
        let signed = heard[3].headers.iter().find(|(name, _)| *name == "x-hub-signature-256");
        assert_eq!(signed.map(|(_, value)| value.clone()), Some(signature("secret", &heard[3].body)));
    }
    fake.close().await;
}

#[tokio::test]
async fn lists_are_filtered_paged_and_known_by_their_etag() {
    let (fake, _) = world().await;
    for minute in 0..5 {
        fake.at(at("2026-12-01T10:00:00Z") + chrono::TimeDelta::minutes(minute));
        fake.open_issue("anna", CRM, &format!("no {minute}"), "");
    }
    fake.open_pull_request("anna", CRM, "code");
    fake.close_issue("anna", CRM, 5, "not_planned");
    let bot = Client::installed(&fake).await;
    let list = format!("{ISSUES}?state=all&sort=updated&direction=asc&since=2026-12-01T10:01:00Z&per_page=2");
    let first = bot.send("GET", &list, None).await.expect("an answer");
    let header = |response: &reqwest::Response, name: &str| {
        response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let (link, etag) = (header(&first, "link"), header(&first, "etag"));
    let page: Value = serde_json::from_str(&first.text().await.expect("a body")).expect("JSON");
    let numbers =
        |page: &Value| page.as_array().expect("a list").iter().map(|one| one["number"].clone()).collect::<Vec<_>>();
    assert_eq!(numbers(&page), [2, 3]);
    let next = link.split(['<', '>']).nth(1).expect("another page").to_owned();
    let (_, page) = bot.ask("GET", &next, None).await;
    assert_eq!(numbers(&page), [4, 5]);
    let (_, page) = bot.ask("GET", &format!("{list}&page=3"), None).await;
    assert_eq!(numbers(&page), [6]);
    assert!(page[0]["pull_request"].is_object());
    let known = || {
        let request = bot.http.get(format!("{}{list}", fake.url)).bearer_auth(&bot.token);
        request.header("user-agent", "test").header("if-none-match", &etag).send()
    };
    assert_eq!(known().await.expect("an answer").status(), StatusCode::NOT_MODIFIED);
    fake.comment("ben", CRM, 2, "hello");
    assert_eq!(known().await.expect("an answer").status(), StatusCode::OK);
    fake.at(at("2026-12-01T11:00:00Z"));
    let late = fake.comment("ben", CRM, 3, "later");
    let comments = format!("{ISSUES}/comments?sort=updated&direction=asc&since=2026-12-01T11:00:00Z");
    let (_, page) = bot.ask("GET", &comments, None).await;
    assert_eq!((page.as_array().map(Vec::len), &page[0]["id"]), (Some(1), &json!(late)));
    fake.close().await;
}

#[tokio::test]
async fn tokens_are_checked_and_end() {
    let (fake, _) = world().await;
    let bot = Client::installed(&fake).await;
    assert_eq!(bot.ask("GET", "/installation/repositories", None).await.1["total_count"], 1);
    fake.expire_tokens();
    assert_eq!(bot.ask("GET", ISSUES, None).await.0, 401);
    assert_eq!(fake.tokens_asked(), 1);
    fake.personal_token("ghp_x", "anna", "repo, read:org");
    let anna = Client::new(&fake, "ghp_x");
    let user = anna.send("GET", "/user", None).await.expect("an answer");
    assert_eq!(user.headers()["x-oauth-scopes"], "repo, read:org");
    let (_, repo) = anna.ask("GET", "/repos/EXAMPLE/CRM", None).await;
    assert_eq!((&repo["permissions"]["admin"], &repo["full_name"]), (&json!(true), &json!(CRM)));
    assert!(fake.strangers().is_empty());
    for token in [jwt(&APP_ID.to_string(), 3600), jwt(&APP_ID.to_string(), -3600), jwt("1", 0), "ghs_unknown".into()] {
        assert_eq!(Client::new(&fake, &token).ask("GET", "/app", None).await.0, 401);
    }
    let forged = jwt(&APP_ID.to_string(), 0).replace("eyJ", "eyK");
    assert_eq!(Client::new(&fake, &forged).ask("GET", "/app", None).await.0, 401);
    assert_eq!(fake.strangers().len(), 5);
    assert_eq!(fake.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn people_have_roles_and_teams() {
    let (fake, _) = world().await;
    let bot = Client::installed(&fake).await;
    let permission =
        async |login: &str| bot.ask("GET", &format!("/repos/{CRM}/collaborators/{login}/permission"), None).await;
    for (login, word, role) in [("anna", "admin", "admin"), ("ben", "read", "triage"), ("cat", "read", "read")] {
        let (_, said) = permission(login).await;
        assert_eq!((&said["permission"], &said["role_name"]), (&json!(word), &json!(role)), "{login}");
    }
    assert_eq!(permission("nobody").await.0, 404);
    fake.repository(CRM).person("cat", "none");
    assert_eq!(permission("cat").await.1["role_name"], "none");
    let member =
        async |login: &str| bot.ask("GET", &format!("/orgs/example/teams/dba/memberships/{login}"), None).await.0;
    assert_eq!((member("ben").await, member("anna").await), (200, 404));
    let wrong = json!({ "title": "x", "assignees": ["cat"] });
    assert_eq!(bot.ask("POST", ISSUES, Some(wrong)).await.0, 422);
    fake.grant(&[("issues", "read"), ("metadata", "read")], &["issues"]);
    assert_eq!(member("ben").await, 403);
    assert_eq!(bot.ask("POST", ISSUES, Some(json!({ "title": "x" }))).await.0, 403);
    let app = Client::new(&fake, &jwt(&APP_ID.to_string(), 0));
    let (_, installation) = app.ask("GET", "/orgs/example/installation", None).await;
    assert_eq!((&installation["permissions"]["issues"], &installation["events"]), (&json!("read"), &json!(["issues"])));
    fake.close().await;
}

#[tokio::test]
async fn labels_and_sub_issues_are_kept() {
    let (fake, heard) = world().await;
    let bot = Client::installed(&fake).await;
    let labels = format!("/repos/{CRM}/labels");
    let label = json!({ "name": "needs time", "color": "ededed", "description": "Late" });
    assert_eq!(bot.ask("GET", &format!("{labels}/needs%20time"), None).await.0, 404);
    assert_eq!(bot.ask("POST", &labels, Some(label.clone())).await.0, 201);
    let (status, said) = bot.ask("POST", &labels, Some(label)).await;
    assert_eq!((status, &said["errors"][0]["code"]), (422, &json!("already_exists")));
    assert_eq!(bot.ask("GET", &format!("{labels}/Needs%20Time"), None).await.0, 200);
    assert_eq!(fake.labels(CRM), ["needs time"]);
    for title in ["parent", "child", "second"] {
        bot.ask("POST", ISSUES, Some(json!({ "title": title }))).await;
    }
    let add = json!({ "sub_issue_id": fake.issue(CRM, 2).id });
    assert_eq!(bot.ask("POST", &format!("{ISSUES}/1/sub_issues"), Some(add.clone())).await.0, 201);
    assert_eq!(bot.ask("POST", &format!("{ISSUES}/1/sub_issues"), Some(add)).await.0, 422);
    fake.add_sub_issue("anna", CRM, 1, 3);
    fake.close_issue("ben", CRM, 2, "completed");
    let (_, children) = bot.ask("GET", &format!("{ISSUES}/1/sub_issues"), None).await;
    assert_eq!((&children[0]["state"], &children[1]["state"]), (&json!("closed"), &json!("open")));
    assert_eq!(bot.ask("GET", &format!("{ISSUES}/3/parent"), None).await.1["number"], 1);
    let (_, parent) = bot.ask("GET", &format!("{ISSUES}/1"), None).await;
    assert_eq!(parent["sub_issues_summary"], json!({ "total": 2, "completed": 1, "percent_completed": 50 }));
    fake.settle().await;
    assert!(told(&heard).contains(&"sub_issues.sub_issue_added maintbot[bot]".into()));
    assert_eq!(told(&heard).last().expect("told"), "issues.closed ben");
    fake.close().await;
}

#[tokio::test]
async fn what_goes_wrong_with_an_issue_is_answered_as_github_does() {
    let (fake, heard) = world().await;
    fake.repository("example/erp");
    let bot = Client::installed(&fake).await;
    for title in ["a", "b", "c"] {
        fake.open_issue("anna", CRM, title, "text");
    }
    fake.lock("anna", CRM, 1);
    let comment = Some(json!({ "body": "hello" }));
    assert_eq!(bot.ask("POST", &format!("{ISSUES}/1/comments"), comment.clone()).await.0, 403);
    fake.unlock("anna", CRM, 1);
    assert_eq!(bot.ask("POST", &format!("{ISSUES}/1/comments"), comment.clone()).await.0, 201);
    let long = Some(json!({ "body": "ä".repeat(65_537) }));
    assert_eq!(bot.ask("PATCH", &format!("{ISSUES}/1"), long).await.0, 422);
    fake.delete_issue("anna", CRM, 2);
    assert_eq!(bot.ask("GET", &format!("{ISSUES}/2"), None).await.0, 410);
    fake.comment("ben", CRM, 3, "goes along");
    let number = fake.transfer("anna", CRM, 3, "example/erp");
    let (_, there) = bot.ask("GET", &format!("{ISSUES}/3"), None).await;
    assert_eq!((&there["html_url"], number), (&json!("https://github.com/example/erp/issues/1"), 1));
    assert_eq!(fake.comments("example/erp", 1)[0].body, "goes along");
    fake.rename_repository("anna", CRM, "sales");
    let (status, old) = bot.ask("GET", &format!("{ISSUES}/1"), None).await;
    assert_eq!((status, &old["html_url"]), (200, &json!("https://github.com/example/sales/issues/1")));
    // A client follows 301; with POST it is 307, which keeps the body.
    assert_eq!(bot.ask("POST", &format!("{ISSUES}/1/comments"), comment).await.0, 201);
    fake.withdraw("anna", "example/erp");
    assert_eq!(bot.ask("GET", "/repos/example/erp/issues", None).await.0, 404);
    fake.uninstall("anna", "example/sales");
    assert_eq!(bot.ask("GET", "/repos/example/sales/issues", None).await.0, 401);
    fake.comment("anna", "example/sales", 1, "nobody hears");
    fake.settle().await;
    let told = told(&heard);
    let after = told.iter().position(|line| line.starts_with("issues.deleted")).expect("deleted");
    let rest: Vec<&str> = told[after..].iter().map(|line| line.split(' ').next().unwrap_or_default()).collect();
    assert_eq!(
        rest,
        [
            "issues.deleted",
            "issue_comment.created",
            "issues.transferred",
            "issues.opened",
            "repository.renamed",
            "issue_comment.created",
            "installation_repositories.removed",
            "installation.deleted",
        ]
    );
    fake.repository("example/sales").install();
    assert!(fake.close().now_or_never().is_some());
}

#[tokio::test]
async fn lost_webhooks_are_listed_and_come_again() {
    let (fake, heard) = world().await;
    fake.lose_webhooks(true);
    let number = fake.open_issue("anna", CRM, "a", "");
    fake.comment("ben", CRM, number, "/maintenance list");
    fake.lose_webhooks(false);
    fake.comment("ben", CRM, number, "second");
    fake.settle().await;
    assert_eq!(told(&heard), ["issue_comment.created ben"]);
    let app = Client::new(&fake, &jwt(&APP_ID.to_string(), 0));
    let first = app.send("GET", "/app/hook/deliveries?per_page=2", None).await.expect("an answer");
    let link = first.headers()["link"].to_str().expect("text").to_owned();
    let next = link.split(['<', '>']).nth(1).expect("another page");
    let (_, older) = app.ask("GET", next, None).await;
    assert_eq!((&older[0]["event"], &older[0]["status_code"]), (&json!("issues"), &json!(502)));
    let (_, failed) = app.ask("GET", "/app/hook/deliveries?status=failure", None).await;
    assert_eq!(failed.as_array().map(Vec::len), Some(2));
    let (status, _) = app.ask("POST", &format!("/app/hook/deliveries/{}/attempts", older[0]["id"]), None).await;
    assert_eq!(status, 202);
    fake.settle().await;
    let last = heard.lock().expect("a list").last().expect("told").clone();
    assert_eq!((last.event.as_str(), json!(last.guid)), ("issues", older[0]["guid"].clone()));
    assert_eq!(fake.deliveries().len(), fake.webhooks().len());
    let (_, config) = app.ask("GET", "/app/hook/config", None).await;
    assert_eq!(config["secret"], "********");
    fake.close().await;
}

#[tokio::test]
async fn graphql_tells_who_edited_last() {
    let (fake, _) = world().await;
    let bot = Client::installed(&fake).await;
    fake.open_issue("anna", CRM, "a", "text");
    let query = "query($owner:String!,$name:String!,$number:Int!) {\
        repository(owner: $owner, name: $name) { issue(number: $number) { editor { __typename login } } } }";
    let ask = async |number: u64| {
        let variables = json!({ "owner": "example", "name": "crm", "number": number });
        bot.ask("POST", "/graphql", Some(json!({ "query": query, "variables": variables }))).await.1
    };
    assert_eq!(ask(1).await["data"]["repository"]["issue"]["editor"], Value::Null);
    fake.edit_issue_body("ben", CRM, 1, "other");
    assert_eq!(ask(1).await["data"]["repository"]["issue"]["editor"]["login"], "ben");
    bot.ask("PATCH", &format!("{ISSUES}/1"), Some(json!({ "body": "third" }))).await;
    assert_eq!(
        ask(1).await["data"]["repository"]["issue"]["editor"],
        json!({ "login": "maintbot", "__typename": "Bot" })
    );
    assert_eq!(ask(9).await["errors"][0]["type"], "NOT_FOUND");
    assert_eq!(fake.violations(), Vec::<String>::new());
    bot.ask("POST", "/graphql", Some(json!({ "query": "{ viewer { login } }" }))).await;
    assert_eq!(fake.violations().len(), 1);
}

#[tokio::test]
#[should_panic(expected = "against GitHub's description")]
async fn a_double_that_was_asked_wrongly_does_not_close() {
    let (fake, _) = world().await;
    let bot = Client::installed(&fake).await;
    bot.ask("POST", ISSUES, Some(json!({ "title": "x", "bodie": "y" }))).await;
    fake.close().await;
}

#[tokio::test]
async fn a_companys_own_server_answers_below_its_prefix() {
    let (fake, _) = world().await;
    let bot = Client::installed(&fake).await;
    fake.open_issue("anna", CRM, "a", "");
    fake.open_issue("anna", CRM, "b", "");
    let list = bot.send("GET", &format!("/api/v3{ISSUES}?per_page=1"), None).await.expect("an answer");
    assert!(list.headers()["link"].to_str().expect("text").starts_with(&format!("<{}/api/v3{ISSUES}?", fake.url)));
    fake.close().await;
}

#[tokio::test]
async fn a_repositorys_own_webhook_tells_an_address_what_else_people_do() {
    let fake = FakeGitHub::start().await;
    fake.repository(CRM).person("anna", "admin").person("ben", "triage").own_hook();
    fake.uninstall("anna", CRM);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&heard);
    let hear = move |headers: axum::http::HeaderMap, body: axum::body::Bytes| async move {
        let header = |name: &str| headers[name].to_str().expect("text").to_owned();
        assert_eq!(header("x-hub-signature-256"), signature("secret", &body));
        let payload: Value = serde_json::from_slice(&body).expect("JSON");
        assert!(payload["installation"].is_null());
        let action = payload["action"].as_str().unwrap_or_default();
        into.lock().expect("a list").push(format!("{}.{action}", header("x-github-event")));
    };
    let router = axum::Router::new().route("/hook", axum::routing::post(hear));
    let server = tokio::spawn(async { axum::serve(listener, router).await });
    fake.deliver_to(&url, "secret");

    let number = fake.open_labelled("anna", CRM, "a", "text", &["maintenance"]);
    fake.edit_issue_title("anna", CRM, number, "b");
    fake.label("anna", CRM, number, &["emergency"]);
    fake.assign("anna", CRM, number, &["ben"]);
    fake.assign("anna", CRM, number, &[]);
    let comment = fake.comment_as_bot("other[bot]", CRM, number, "automatic");
    fake.react("ben", comment, "+1");
    assert_eq!(fake.reactions(comment), [("ben".to_owned(), "+1".to_owned())]);
    assert_eq!(fake.reactions_to_issue(CRM, number), []);
    fake.delete_comment("anna", comment);
    let clock = Clock::manual(at("2027-01-01T00:00:00Z"));
    fake.follow(&clock);
    clock.set(at("2027-01-01T00:01:00Z"));
    fake.lock("anna", CRM, number);
    assert_eq!(fake.issues(CRM)[0].updated_at, at("2027-01-01T00:01:00Z"));
    fake.settle().await;
    let expected = [
        "issues.opened",
        "issues.labeled",
        "issues.edited",
        "issues.labeled",
        "issues.unlabeled",
        "issues.assigned",
        "issues.unassigned",
        "issue_comment.created",
        "issue_comment.deleted",
        "issues.locked",
    ];
    assert_eq!(*heard.lock().expect("a list"), expected);
    // Nobody listens any more: the deliveries say so.
    server.abort();
    assert!(server.await.is_err());
    fake.unlock("anna", CRM, number);
    fake.settle().await;
    assert_eq!(fake.deliveries().last().expect("one").status, "failed to connect to host");
    fake.close().await;
}
