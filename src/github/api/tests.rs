//! The client against a server that answers by script: what goes over the wire, and what an answer means.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::*;
use crate::config::GithubAuth;

const PEM: &str = include_str!("../../../tests/data/github/app.pem");
/// Long enough for a busy machine, short enough to wait for.
const SOON: Duration = Duration::from_secs(1);

/// What the server does with one request.
enum Reply {
    Json(u16, Value),
    With(u16, Vec<(&'static str, String)>, Value),
    /// Reads the request and closes.
    Close,
    /// Reads the request and says nothing.
    Hang,
}

/// A request as it came.
struct Got {
    /// Method and target.
    line: String,
    headers: Vec<(String, String)>,
    body: Value,
}

impl Got {
    fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// A server on this machine with a reply for each request that comes.
struct Server {
    url: String,
    got: mpsc::Receiver<Got>,
}

impl Server {
    fn new(replies: impl FnOnce(&str) -> Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let mut replies = VecDeque::from(replies(&url));
        let (tell, got) = mpsc::channel();
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            while let Some(reply) = replies.pop_front() {
                let Ok((mut stream, _)) = listener.accept() else { return };
                // The receiver is gone when the test is over.
                let _ = tell.send(read(&stream));
                let (status, headers, body) = match reply {
                    Reply::Json(status, body) => (status, Vec::new(), body),
                    Reply::With(status, headers, body) => (status, headers, body),
                    Reply::Close => continue,
                    Reply::Hang => {
                        silent.push(stream);
                        continue;
                    }
                };
                let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
                let extra = lines.concat();
                let text = if status == 204 || status == 304 { String::new() } else { body.to_string() };
                let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n", text.len());
                let _ = stream.write_all(format!("{head}{extra}\r\n{text}").as_bytes());
            }
            drop(silent);
        });
        Self { url, got }
    }

    fn next(&self) -> Got {
        self.got.recv_timeout(Duration::from_secs(10)).expect("a request")
    }

    fn lines(&self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.next().line).collect()
    }
}

fn read(stream: &TcpStream) -> Got {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let first = lines.remove(0);
    let pair = |line: String| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: Vec<(String, String)> = lines.into_iter().filter_map(pair).collect();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, n)| n.parse().expect("a length"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let line = first.trim_end_matches(" HTTP/1.1").to_owned();
    Got { line, headers, body: serde_json::from_slice(&body).unwrap_or_default() }
}

fn now() -> DateTime<Utc> {
    "2026-12-02T10:00:00Z".parse().expect("an instant")
}

fn later(failure: &Failure) -> Option<i64> {
    match failure {
        Failure::Later { at, .. } => Some((*at - now()).num_seconds()),
        _ => None,
    }
}

fn config(url: &str, auth: GithubAuth) -> config::Github {
    let (webhook_secret, poll, repositories) = (None, None, Vec::new());
    config::Github { api_url: url.to_owned(), auth, webhook_secret, poll, repositories, sub_issues: false }
}

fn github(url: &str, auth: GithubAuth) -> GitHub {
    GitHub::new(&config(url, auth), Clock::manual(now())).expect("a client")
}

/// Gives up soon where nothing comes.
fn impatient(url: &str) -> GitHub {
    let config = config(url, GithubAuth::Token("ghp_secret".into()));
    GitHub::with_patience(&config, Clock::manual(now()), SOON).expect("a client")
}

fn token(url: &str) -> GitHub {
    github(url, GithubAuth::Token("ghp_secret".into()))
}

fn app(url: &str) -> GitHub {
    github(url, GithubAuth::App { id: 12345, private_key: PEM.into() })
}

fn crm() -> Repository {
    "example/crm".parse().expect("a repository")
}

fn issue(number: u64) -> Value {
    json!({ "id": 9000 + number, "number": number, "title": "t", "user": { "login": "Anna" } })
}

fn access(token: &str, expires_at: &str) -> Reply {
    Reply::Json(201, json!({ "token": token, "expires_at": expires_at }))
}

const FAR: &str = "2999-01-01T00:00:00Z";

#[tokio::test]
async fn an_app_asks_once_where_it_is_installed_and_for_a_token() {
    let server = Server::new(|_| {
        let ok = |n| Reply::Json(200, issue(n));
        vec![Reply::Json(200, json!({ "id": 77 })), access("ghs_one", FAR), ok(1), ok(1), ok(1), ok(1)]
    });
    let github = app(&server.url);
    let r = crm();
    let (a, b, c) = tokio::join!(github.issue(&r, 1), github.issue(&r, 1), github.issue(&r, 1));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(github.issue(&r, 1).await.expect("an issue").author, User { login: "anna".into(), is_bot: false });

    let installation = server.next();
    assert_eq!(installation.line, "GET /repos/example/crm/installation");
    assert!(installation.header("authorization")[0].starts_with("Bearer eyJ"), "the App's own token");
    assert_eq!(server.next().line, "POST /app/installations/77/access_tokens");
    for _ in 0..4 {
        let got = server.next();
        assert_eq!(got.line, "GET /repos/example/crm/issues/1");
        assert_eq!(got.header("authorization"), ["Bearer ghs_one"]);
        assert_eq!(got.header("user-agent"), [AGENT]);
        assert_eq!(got.header("accept"), ["application/vnd.github+json"]);
        assert_eq!(got.header("x-github-api-version"), ["2022-11-28"]);
    }
}

#[tokio::test]
async fn a_token_that_is_not_taken_any_more_is_replaced_once() {
    let refused = || Reply::Json(401, json!({ "message": "Bad credentials" }));
    let server = Server::new(|_| {
        vec![
            Reply::Json(200, json!({ "id": 77 })),
            access("ghs_one", FAR),
            refused(),
            access("ghs_two", FAR),
            Reply::Json(201, issue(5)),
            refused(),
            access("ghs_three", FAR),
            refused(),
        ]
    });
    let github = app(&server.url);
    let new = NewIssue { title: "t".into(), body: "b".into(), ..NewIssue::default() };
    assert_eq!(github.create_issue(&crm(), &new).await.expect("made").number, 5);
    let failure = github.issue(&crm(), 5).await.expect_err("refused twice");
    assert_eq!(
        failure,
        Failure::Refused {
            status: 401,
            why: "GitHub answers GET /repos/example/crm/issues/5 with 401: Bad credentials".into()
        }
    );
    let shown: Vec<String> = (0..8).map(|_| server.next().header("authorization")[0].to_owned()).collect();
    let secrets: Vec<&str> = shown.iter().map(|s| if s.starts_with("Bearer eyJ") { "App" } else { &s[7..] }).collect();
    assert_eq!(secrets, ["App", "App", "ghs_one", "App", "ghs_two", "ghs_two", "App", "ghs_three"]);
}

#[tokio::test]
async fn an_app_that_was_installed_anew_is_found_and_one_that_was_removed_is_missing() {
    let missing = || Reply::Json(404, json!({ "message": "Not Found" }));
    let server = Server::new(|_| {
        vec![
            Reply::Json(200, json!({ "id": 77 })),
            access("ghs_one", "2020-01-01T00:00:00Z"),
            Reply::Json(200, issue(1)),
            missing(),
            Reply::Json(200, json!({ "id": 78 })),
            access("ghs_two", "2020-01-01T00:00:00Z"),
            Reply::Json(200, issue(1)),
            missing(),
            missing(),
        ]
    });
    let github = app(&server.url);
    assert!(github.issue(&crm(), 1).await.is_ok());
    assert!(github.issue(&crm(), 1).await.is_ok());
    let failure = github.issue(&crm(), 1).await.expect_err("removed");
    assert!(matches!(&failure, Failure::Missing { why } if why.contains("not installed on example/crm")), "{failure}");
    let lines = server.lines(9);
    assert_eq!(lines[3], "POST /app/installations/77/access_tokens");
    assert_eq!(lines[4], "GET /repos/example/crm/installation");
    assert_eq!(lines[5], "POST /app/installations/78/access_tokens");
}

#[tokio::test]
async fn a_renamed_repository_is_found_with_the_same_method_and_body() {
    let server = Server::new(|url| {
        let to = |path: &str| vec![("location", format!("{url}{path}"))];
        let there = json!({ "id": 1, "number": 7, "title": "t", "repository_url": format!("{url}/repos/Example/New") });
        vec![
            Reply::With(301, to("/repositories/4/issues/7"), json!({ "message": "Moved Permanently" })),
            Reply::With(307, to("/repositories/5/issues/7"), json!({})),
            Reply::Json(200, there),
        ]
    });
    let patch = IssuePatch { state: Some(Close::NotPlanned), ..IssuePatch::default() };
    let issue = token(&server.url).update_issue(&crm(), 7, &patch).await.expect("changed");
    assert_eq!(issue.repository, "example/new".parse().ok());
    for target in ["/repos/example/crm/issues/7", "/repositories/4/issues/7", "/repositories/5/issues/7"] {
        let got = server.next();
        assert_eq!(got.line, format!("PATCH {target}"));
        assert_eq!(got.body, json!({ "state": "closed", "state_reason": "not_planned" }));
        assert_eq!(got.header("authorization"), ["Bearer ghp_secret"]);
    }
}

#[tokio::test]
async fn no_redirect_leads_to_another_server_nor_on_for_ever() {
    let other = Server::new(|_| vec![Reply::Json(200, issue(7))]);
    let server = Server::new(|url| {
        let here = || Reply::With(302, vec![("location", format!("{url}/x"))], json!({}));
        vec![
            Reply::With(301, vec![("location", format!("{}/x", other.url))], json!({})),
            here(),
            here(),
            here(),
            here(),
        ]
    });
    let github = token(&server.url);
    for status in [301, 302] {
        let failure = github.issue(&crm(), 7).await.expect_err("not followed");
        assert!(matches!(failure, Failure::Refused { status: s, .. } if s == status), "{failure}");
    }
    assert_eq!(server.lines(5).len(), 5);
    assert!(other.got.try_recv().is_err());
}

#[tokio::test]
async fn what_was_never_sent_comes_later_and_what_may_have_arrived_is_unsure() {
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let nobody = token(&format!("http://{gone}"));
    let failure = nobody.create_comment(&crm(), 7, "b").await.expect_err("nobody there");
    assert_eq!(later(&failure), Some(5), "{failure}");

    for reply in [Reply::Close, Reply::Hang, Reply::Json(502, json!({})), Reply::Json(200, json!({ "id": "x" }))] {
        let server = Server::new(|_| vec![reply]);
        let failure = impatient(&server.url).create_comment(&crm(), 7, "b").await.expect_err("no answer");
        assert!(matches!(failure, Failure::Unsure { .. }), "{failure}");
        assert_eq!(server.next().body, json!({ "body": "b" }));
    }
    for reply in [Reply::Close, Reply::Hang, Reply::Json(502, json!({}))] {
        let server = Server::new(|_| vec![reply]);
        let failure = impatient(&server.url).issue(&crm(), 7).await.expect_err("no answer");
        assert_eq!(later(&failure), Some(5), "{failure}");
    }
}

#[tokio::test]
async fn a_silent_github_is_left_alone_until_the_hold_is_over() {
    let server = Server::new(|_| vec![Reply::Close, Reply::Json(200, issue(7)), Reply::Json(200, issue(7))]);
    let github = token(&server.url);
    let r = crm();
    assert_eq!(github.issue(&r, 7).await.as_ref().err().and_then(later), Some(5));
    assert_eq!(github.issue(&r, 7).await.as_ref().err().and_then(later), Some(5));
    assert_eq!(server.lines(1).len(), 1);
    github.inner.clock.set(now() + TimeDelta::seconds(5));
    let (first, second) = tokio::join!(github.issue(&r, 7), github.issue(&r, 7));
    assert!(first.is_ok() != second.is_ok(), "one tries, the other waits");
    assert!(github.issue(&r, 7).await.is_ok(), "it is back");
}

#[tokio::test]
async fn each_refusal_is_what_it_means() {
    let server = Server::new(|_| {
        let said = |text: &str| json!({ "message": text });
        let used_up = vec![("x-ratelimit-remaining", "0".into()), ("x-ratelimit-reset", "0".into())];
        vec![
            Reply::Json(403, said("You have exceeded a secondary rate limit")),
            Reply::With(429, vec![("retry-after", "30".into())], json!({})),
            Reply::With(403, used_up, said("API rate limit exceeded")),
            Reply::Json(403, said("Resource not accessible by integration")),
            Reply::Json(410, said("This issue was deleted")),
            Reply::Json(
                422,
                json!({ "message": "Validation Failed", "errors": [{ "field": "title", "code": "missing_field" }] }),
            ),
            Reply::Json(400, said("you sent Bearer ghp_secret")),
        ]
    });
    let mut failures = Vec::new();
    // One client for each: the first three hold it.
    for _ in 0..7 {
        failures.push(token(&server.url).issue(&crm(), 7).await.expect_err("refused"));
    }
    assert_eq!(failures.iter().map(later).collect::<Vec<_>>()[..3], [Some(61), Some(31), Some(2)]);
    assert!(matches!(failures[3], Failure::Refused { status: 403, .. }));
    assert!(matches!(&failures[4], Failure::Missing { why } if why.ends_with("with 410: This issue was deleted")));
    assert!(matches!(&failures[5], Failure::Refused { status: 422, why } if why.ends_with("title is missing")));
    assert!(failures[6].to_string().ends_with("you sent Bearer …"), "{}", failures[6]);
}

#[tokio::test]
async fn what_is_made_goes_out_one_at_a_time_and_no_more_than_may_be_made() {
    let server = Server::new(|_| (0..81).map(|n| Reply::Json(201, json!({ "id": n }))).collect());
    let github = token(&server.url);
    let r = crm();
    for n in 0..80 {
        let comment = github.create_comment(&r, 7, "b").await.expect("made");
        assert_eq!(comment.id, n);
    }
    assert_eq!(github.create_comment(&r, 7, "b").await.as_ref().err().and_then(later), Some(61));
    assert_eq!(github.react_to_comment(&r, 7, Reaction::Eyes).await, Ok(80));
    let lines = server.lines(81);
    assert_eq!(lines[79], "POST /repos/example/crm/issues/7/comments");
    assert_eq!(lines[80], "POST /repos/example/crm/issues/comments/7/reactions");
}

#[tokio::test]
async fn all_pages_are_read_and_an_etag_is_told_only_of_a_single_one() {
    let server = Server::new(|url| {
        let pull = json!({ "id": 1, "number": 2, "pull_request": {} });
        let next = format!("<{url}/more?page=2>; rel=\"next\"");
        vec![
            Reply::With(200, vec![("link", next), ("etag", "\"a\"".into())], json!([issue(1), pull])),
            Reply::Json(200, json!([issue(3)])),
            Reply::With(200, vec![("etag", "W/\"b\"".into())], json!([issue(4)])),
            Reply::Json(304, json!(null)),
        ]
    });
    let github = token(&server.url);
    let numbers = |fetched| match fetched {
        Fetched::New { items, etag } => (items.iter().map(|i: &Issue| i.number).collect::<Vec<_>>(), etag),
        Fetched::Same => panic!("there is something new"),
    };
    let first = github.issues(&crm(), now(), None).await.map(numbers);
    assert_eq!(first, Ok((vec![1, 3], None)));
    let second = github.issues(&crm(), now(), None).await.map(numbers);
    assert_eq!(second, Ok((vec![4], Some("W/\"b\"".into()))));
    assert_eq!(github.issues(&crm(), now(), Some("W/\"b\"")).await, Ok(Fetched::Same));
    let asked = "GET /repos/example/crm/issues?sort=updated&direction=asc&since=2026-12-02T10%3A00%3A00Z&state=all&per_page=100";
    let got: Vec<Got> = (0..4).map(|_| server.next()).collect();
    assert_eq!([&got[0].line, &got[1].line, &got[2].line], [asked, "GET /more?page=2", asked]);
    assert_eq!((got[2].header("if-none-match"), got[3].header("if-none-match")), (vec![], vec!["W/\"b\""]));
}

#[tokio::test]
async fn a_page_that_is_too_long_is_asked_for_in_shorter_ones() {
    let server = Server::new(|_| {
        let long = json!([{ "id": 1, "body": "x".repeat(9 << 20) }]);
        vec![Reply::Json(200, long), Reply::Json(200, json!([{ "id": 2 }]))]
    });
    let github = token(&server.url);
    let comments = github.comments_of(&crm(), 7, now()).await.expect("read");
    assert_eq!(comments.iter().map(|comment| comment.id).collect::<Vec<_>>(), [2]);
    let lines = server.lines(2);
    assert!(lines[0].ends_with("per_page=100") && lines[1].ends_with("per_page=25"), "{lines:?}");
}

#[tokio::test]
async fn labels_are_made_where_they_are_missing_and_then_remembered() {
    let server = Server::new(|_| {
        let missing = || Reply::Json(404, json!({}));
        let exists =
            json!({ "message": "Validation Failed", "errors": [{ "field": "name", "code": "already_exists" }] });
        vec![Reply::Json(200, json!({})), missing(), Reply::Json(201, json!({})), missing(), Reply::Json(422, exists)]
    });
    let github = token(&server.url);
    let label = |name: &str| Label { name: name.into(), color: "0e8a16".into(), description: String::new() };
    let labels = [label("maintenance"), label("a/b c"), label("emergency")];
    assert_eq!(github.ensure_labels(&crm(), &labels).await, Ok(()));
    assert_eq!(github.ensure_labels(&crm(), &labels).await, Ok(()));
    let lines = server.lines(5);
    assert_eq!(lines[1..3], ["GET /repos/example/crm/labels/a%2Fb%20c", "POST /repos/example/crm/labels"]);
}

#[tokio::test]
async fn a_role_a_team_and_an_editor_are_read() {
    let server = Server::new(|_| {
        let own =
            json!({ "role_name": "security", "permission": "write", "user": { "permissions": { "triage": true } } });
        let editor = |editor: Value| json!({ "data": { "repository": { "issue": { "editor": editor } } } });
        vec![
            Reply::Json(200, json!({ "role_name": "maintain", "permission": "write" })),
            Reply::Json(200, own),
            Reply::Json(200, json!({ "permission": "admin" })),
            Reply::Json(404, json!({})),
            Reply::Json(200, json!({ "state": "active" })),
            Reply::Json(200, json!({ "state": "pending" })),
            Reply::Json(200, editor(json!({ "__typename": "Bot", "login": "Dependabot" }))),
            Reply::Json(200, editor(Value::Null)),
            Reply::Json(
                200,
                json!({ "data": { "repository": null }, "errors": [{ "type": "NOT_FOUND", "message": "no" }] }),
            ),
        ]
    });
    let github = token(&format!("{}/api/v3", server.url));
    let r = crm();
    for expected in [Permission::Maintain, Permission::Triage, Permission::Admin, Permission::None] {
        assert_eq!(github.permission(&r, "a[bot]").await, Ok(expected));
    }
    assert_eq!(github.is_member("Example", "ops", "anna").await, Ok(true));
    assert_eq!(github.is_member("example", "ops", "bert").await, Ok(false));
    assert_eq!(github.last_editor(&r, 7).await, Ok(Some("dependabot[bot]".into())));
    assert_eq!(github.last_editor(&r, 7).await, Ok(None));
    assert!(matches!(github.last_editor(&r, 7).await, Err(Failure::Missing { .. })));
    let lines = server.lines(7);
    assert_eq!(lines[0], "GET /api/v3/repos/example/crm/collaborators/a%5Bbot%5D/permission");
    assert_eq!(lines[4], "GET /api/v3/orgs/Example/teams/ops/memberships/anna");
    assert_eq!(lines[6], "POST /api/graphql");
}

#[tokio::test]
async fn what_is_missing_of_an_app_and_of_a_token_is_named() {
    let server = Server::new(|_| {
        let installation = json!({
            "id": 7, "permissions": { "issues": "read", "metadata": "read" }, "events": ["issues"], "suspended_at": null
        });
        let hook = json!({ "url": "https://ops.example.com/github/webhook", "secret": "********" });
        vec![Reply::Json(200, installation), Reply::Json(200, hook)]
    });
    let grants = app(&server.url).grants(&crm()).await.expect("grants");
    assert_eq!(grants.webhook_url.as_deref(), Some("https://ops.example.com/github/webhook"));
    let all = Uses { teams: true, webhooks: true, sub_issues: true };
    let words = |grants: &Grants| grants.lacks(all).iter().map(ToString::to_string).collect::<Vec<_>>();
    let expected = [
        "the permission `issues: write` (it has `read`)",
        "the permission `members: read`",
        "the event `issue_comment`",
        "the event `repository`",
        "the event `sub_issues`",
    ];
    assert_eq!(words(&grants), expected);
    assert_eq!(grants.lacks(Uses::default()).len(), 1);

    let server = Server::new(|_| {
        let scopes = vec![("x-oauth-scopes", "public_repo, read:user".to_owned())];
        vec![
            Reply::With(200, scopes, json!({ "login": "Ops" })),
            Reply::Json(200, json!({ "private": true, "permissions": { "pull": true, "push": false } })),
            Reply::Json(200, json!({ "login": "Ops" })),
            Reply::Json(200, json!({ "private": true, "permissions": { "pull": true, "push": true } })),
        ]
    });
    let github = token(&server.url);
    let expected = [
        "the scope `repo` of the token",
        "the scope `read:org` of the token",
        "the role Write in the repository for the user of the token",
    ];
    assert_eq!(words(&github.grants(&crm()).await.expect("grants")), expected);
    assert_eq!(words(&github.grants(&crm()).await.expect("of a fine-grained token")), Vec::<String>::new());
}

#[tokio::test]
async fn deliveries_that_never_arrived_are_found_once_each() {
    let server = Server::new(|_| {
        let attempt = |id: u64, guid: &str, minute: u64, code: u64| {
            let at = format!("2026-12-02T10:{minute:02}:00Z");
            json!({ "id": id, "guid": guid, "delivered_at": at, "status": "x", "status_code": code })
        };
        let attempts = json!([
            attempt(9, "c", 9, 500),
            attempt(8, "a", 8, 200),
            attempt(7, "b", 7, 502),
            attempt(6, "b", 6, 502),
            attempt(5, "a", 5, 504),
            attempt(4, "old", 1, 500)
        ]);
        vec![Reply::Json(200, attempts), Reply::Json(202, json!({}))]
    });
    let github = app(&server.url);
    let missed = github.missed_deliveries(now() + TimeDelta::minutes(2)).await.expect("a list");
    assert_eq!(missed.iter().map(|m| (m.id, m.guid.as_str())).collect::<Vec<_>>(), [(7, "b"), (9, "c")]);
    assert_eq!(github.redeliver(7).await, Ok(()));
    assert_eq!(server.lines(2)[1], "POST /app/hook/deliveries/7/attempts");
    let of_token = token(&server.url);
    assert_eq!(of_token.missed_deliveries(now()).await, Ok(Vec::new()));
}

#[tokio::test]
async fn the_own_login_is_asked_once() {
    let server = Server::new(|_| vec![Reply::Json(200, json!({ "slug": "Maint-Bot" }))]);
    let github = app(&server.url);
    for _ in 0..2 {
        assert_eq!(github.login().await, Ok("maint-bot[bot]".into()));
    }
}

#[tokio::test]
async fn no_secret_is_shown() {
    let shown = format!("{:?} {:?}", token("http://127.0.0.1:9"), app("http://127.0.0.1:9"));
    assert!(shown.contains("App 12345") && !shown.contains("ghp_secret") && !shown.contains("BEGIN"), "{shown}");
}

#[test]
fn issues_of_every_shape_are_read() {
    let sparse: Issue = serde_json::from_value(json!({ "id": 1, "number": 2, "user": null, "labels": ["x", { "name": "y" }, {}],
        "assignees": [null, { "login": "Anna" }], "html_url": "https://github.com/Example/CRM/issues/2", "state": "closed" }))
    .expect("an issue");
    assert_eq!(sparse.author, User { login: "ghost".into(), is_bot: false });
    assert_eq!(
        (sparse.labels, sparse.assignees, sparse.open),
        (vec!["x".into(), "y".into()], vec!["anna".into()], false)
    );
    assert_eq!(sparse.repository, Some(crm()));
    let bots = [json!({ "login": "x", "type": "Bot" }), json!({ "login": "y[bot]" })];
    assert!(bots.into_iter().all(|user| serde_json::from_value::<User>(user).expect("a user").is_bot));
    let url = "https://api.github.com/repos/example/crm/issues/12";
    let comment: Comment =
        serde_json::from_value(json!({ "id": 3, "issue_url": url, "body": null })).expect("a comment");
    assert_eq!((comment.issue, comment.body.as_str()), (12, ""));
}

/// Every issue and comment in GitHub's own examples of webhooks.
#[test]
fn every_example_of_github_is_read() {
    let examples = include_str!("../../../tests/data/github/webhook-examples.jsonl");
    let (mut issues, mut comments) = (0, 0);
    for line in examples.lines() {
        let example: Value = serde_json::from_str(line).expect("JSON");
        let mut waiting = vec![&example];
        while let Some(value) = waiting.pop() {
            match value {
                Value::Array(items) => waiting.extend(items),
                Value::Object(fields) => {
                    let issue = fields.get("issue").filter(|issue| issue.get("number").is_some());
                    if let Some(issue) = issue {
                        let read: Issue = serde_json::from_value(issue.clone()).expect("an issue");
                        assert!(
                            read.number > 0 && read.author.login != "ghost" && read.repository.is_some(),
                            "{issue}"
                        );
                        issues += 1;
                    }
                    if let Some(comment) = fields.get("comment").filter(|comment| comment.get("issue_url").is_some()) {
                        let read: Comment = serde_json::from_value(comment.clone()).expect("a comment");
                        assert!(read.issue > 0 && !read.body.is_empty(), "{comment}");
                        comments += 1;
                    }
                    waiting.extend(fields.values());
                }
                _ => {}
            }
        }
    }
    assert!(issues > 10 && comments > 1, "{issues} issues, {comments} comments");
}
