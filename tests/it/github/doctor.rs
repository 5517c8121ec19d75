//! `maintbot doctor` and `maintbot manifest github` from a terminal, on GitHub's double: what works, and each thing that
//! is missing by its name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Output;

use maintbot::command::manifest;
use maintbot::github::api;
use serde_json::{Value, json};

use super::log::is_clean;
use super::{CRM, Hears, SECRET, config};
use crate::fake::github::{APP_KEY, FakeGitHub, Fault, Matching};
use crate::process::{free_port, maintbot};

/// Where GitHub has to send webhooks for these configurations.
const HOOK: &str = "https://maintbot.example.com/github/webhook";
const PUBLIC: &str = "[server]\npublic_url = \"https://maintbot.example.com\"\n";
/// Another key than the App's.
const OTHER_KEY: &str = include_str!("../../data/github/other.pem");
const PERSONAL: &str = "ghp_hunter2hunter2";

const PERMISSIONS: [(&str, &str); 3] = [("issues", "write"), ("members", "read"), ("metadata", "read")];
const EVENTS: [&str; 4] = ["issue_comment", "issues", "repository", "sub_issues"];
/// A role that a team of GitHub has.
const TEAM: &str = "[roles]\nscheduler = [\"github:example/ops\"]\n";

/// What doctor said: the lines about GitHub, and its exit code.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    lines: Vec<String>,
    code: Option<i32>,
}

/// Runs the program with this configuration, logging all it can. Neither output holds a secret.
fn run(config: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("maintbot.toml"), config).expect("written");
    let output = maintbot(folder.path()).args(arguments).env("MAINTBOT_LOG", "trace").output().expect("it runs");
    for text in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(text);
        is_clean(&text);
        let inside = OTHER_KEY.lines().nth(3).expect("a line");
        assert!(!text.contains(PERSONAL) && !text.contains(inside), "{text}");
    }
    output
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn doctor(config: &str) -> Said {
    let output = run(config, &["doctor"]);
    let about_github = |line: &&str| line.split_whitespace().nth(1) == Some("github");
    // Columns of state and name are taken together.
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    Said { lines: text(&output).lines().filter(about_github).map(line).collect(), code: output.status.code() }
}

/// The only line that says what is wrong.
fn fault(config: &str) -> String {
    let said = doctor(config);
    assert_eq!(said.code, Some(1), "{said:?}");
    let failed: Vec<&str> = said.lines.iter().filter_map(|line| line.strip_prefix("FAILED github ")).collect();
    assert_eq!(failed.len(), 1, "{said:?}");
    failed.concat()
}

/// A GitHub on which everything is as it should be.
async fn github() -> FakeGitHub {
    let fake = FakeGitHub::start().await;
    fake.repository(CRM).person("anna", "admin");
    fake.deliver_to(HOOK, SECRET);
    fake
}

fn good(fake: &FakeGitHub, more: &str) -> String {
    config(fake, Hears::Webhooks, &format!("{more}\n{PUBLIC}"))
}

fn with_token(fake: &FakeGitHub, more: &str) -> String {
    format!(
        "[github]\napi_url = \"{}\"\ntoken = \"{PERSONAL}\"\nrepositories = [\"{CRM}\"]\npoll = \"30s\"\n{more}",
        fake.url
    )
}

#[tokio::test]
async fn where_everything_is_there_it_says_so_line_by_line() {
    let fake = github().await;
    let output = run(&good(&fake, ""), &["doctor"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let (text, url) = (text(&output), &fake.url);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[0].starts_with("ok     database   ") && lines[1].starts_with("ok     zones      "), "{text}");
    assert_eq!(lines[2], format!("ok     github     {url} lets maintbot in as maintbot[bot]"));
    assert_eq!(lines[3], "ok     github     example/crm: everything that maintbot needs");
    fake.close().await;
}

#[tokio::test]
async fn for_programs_it_is_one_object() {
    let fake = github().await;
    let read = |output: &Output| serde_json::from_slice::<Value>(&output.stdout).expect("JSON and nothing else");
    let well = read(&run(&good(&fake, ""), &["doctor", "--json"]));
    assert_eq!((&well["ok"], well["findings"].as_array().map(Vec::len)), (&json!(true), Some(4)));
    let last = json!({ "name": "github", "ok": true, "detail": "example/crm: everything that maintbot needs" });
    assert_eq!(well["findings"][3], last);
    fake.grant(&PERMISSIONS, &EVENTS[1..]);
    let output = run(&good(&fake, ""), &["doctor", "--json"]);
    let ill = read(&output);
    assert_eq!((output.status.code(), &ill["ok"], &ill["findings"][2]["ok"]), (Some(1), &json!(false), &json!(true)));
    let last = json!({ "name": "github", "ok": false, "detail": "example/crm: the event `issue_comment` is missing" });
    assert_eq!(ill["findings"][3], last);
    fake.close().await;
}

#[tokio::test]
async fn each_permission_that_is_missing_is_named() {
    let fake = github().await;
    let without = |name: &str| PERMISSIONS.into_iter().filter(|(known, _)| *known != name).collect::<Vec<_>>();
    let teams = good(&fake, TEAM);
    for (name, level) in PERMISSIONS {
        fake.grant(&without(name), &EVENTS);
        assert_eq!(fault(&teams), format!("example/crm: the permission `{name}: {level}` is missing"));
    }
    // Nobody has to see who is in a team where no team has a role.
    fake.grant(&without("members"), &EVENTS);
    assert_eq!(doctor(&good(&fake, "")).code, Some(0));
    fake.grant(&[("issues", "read"), ("members", "read"), ("metadata", "read")], &EVENTS);
    assert_eq!(fault(&teams), "example/crm: the permission `issues: write` (it has `read`) is missing");
    fake.grant(&[], &[]);
    let all = fault(&teams);
    for missing in ["`issues: write`", "`metadata: read`", "`members: read`", "`issues`", "`issue_comment`"] {
        assert!(all.contains(missing), "{missing}: {all}");
    }
    fake.close().await;
}

#[tokio::test]
async fn each_event_that_is_missing_is_named_where_webhooks_are_used() {
    let fake = github().await;
    let sub_issues = good(&fake, "sub_issues = true");
    for event in EVENTS {
        let others: Vec<&str> = EVENTS.into_iter().filter(|known| *known != event).collect();
        fake.grant(&PERMISSIONS, &others);
        assert_eq!(fault(&sub_issues), format!("example/crm: the event `{event}` is missing"));
    }
    // The last one taken away is that of sub-issues, which only who has them needs.
    assert_eq!(doctor(&good(&fake, "")).code, Some(0));
    fake.grant(&PERMISSIONS, &[]);
    let polling = config(&fake, Hears::Polling, PUBLIC).replace(&format!("webhook_secret = \"{SECRET}\""), "");
    assert_eq!(doctor(&polling).code, Some(0), "who asks needs no events");
    fake.close().await;
}

#[tokio::test]
async fn an_installation_that_is_missing_or_suspended_is_named_with_its_repository() {
    let fake = FakeGitHub::start().await;
    fake.repository(CRM);
    fake.repository("other/wiki");
    fake.uninstall("anna", CRM);
    fake.deliver_to(HOOK, SECRET);
    let both = good(&fake, "[[service]]\nid = \"wiki\"\nrepository = \"other/wiki\"");
    let said = doctor(&both);
    assert_eq!(said.code, Some(1));
    assert!(said.lines[1].starts_with("FAILED github example/crm: the GitHub App is not installed on"), "{said:?}");
    assert_eq!(said.lines[2], "ok github other/wiki: everything that maintbot needs");
    fake.repository(CRM).install();
    assert_eq!(doctor(&both).code, Some(0));

    let suspended = json!({
        "id": 1, "permissions": PERMISSIONS.into_iter().collect::<BTreeMap<_, _>>(), "events": EVENTS,
        "suspended_at": "2026-11-01T09:00:00Z",
    });
    let installation = Matching::method("GET").below("/repos/example/crm").ending("/installation");
    fake.fail(installation, Fault::Status(200, vec![], suspended));
    let expected = "example/crm: an installation that is not suspended (it is since 2026-11-01T09:00:00Z) is missing";
    assert_eq!(fault(&both), expected);
    fake.close().await;
}

#[tokio::test]
async fn a_webhook_that_goes_elsewhere_is_named_with_where_it_should_go() {
    let fake = FakeGitHub::start().await;
    fake.repository(CRM);
    let nowhere = format!("the App sends its webhooks nowhere; set its webhook URL to {HOOK}");
    assert_eq!(fault(&good(&fake, "")), nowhere);
    fake.deliver_to("https://old.example.com/github/webhook", SECRET);
    let elsewhere = "the App sends its webhooks to https://old.example.com/github/webhook";
    assert_eq!(fault(&good(&fake, "")), format!("{elsewhere}; set its webhook URL to {HOOK}"));
    let deaf = good(&fake, "").replace(&format!("webhook_secret = \"{SECRET}\""), "");
    assert!(fault(&deaf).starts_with("nothing comes in: set webhook_secret"), "{}", fault(&deaf));
    fake.close().await;
}

#[tokio::test]
async fn a_key_that_is_not_the_app_s_is_refused_with_what_to_give() {
    let fake = github().await;
    let config = good(&fake, "");
    let hint = "; give the private key of the App 4242 in private_key_file, and set this machine's clock right";
    let other = config.replace(&APP_KEY.replace('\n', "\\n"), &OTHER_KEY.replace('\n', "\\n"));
    let said = fault(&other);
    assert!(said.starts_with("GitHub answers GET /app with 401: ") && said.ends_with(hint), "{said}");
    let said = fault(&config.replace("app_id = 4242", "app_id = 4243"));
    assert!(said.contains("401") && said.ends_with(&hint.replace("4242", "4243")), "{said}");
    let damaged = config.replace(&APP_KEY.replace('\n', "\\n")[40..60], "AAAAAAAAAAAAAAAAAAAA");
    let said = fault(&damaged);
    assert!(said.starts_with("`private_key` in [github] is damaged"), "{said}");
    assert_eq!(fake.strangers().len(), 2, "the double knows neither");
}

#[tokio::test]
async fn a_github_that_does_not_answer_is_named_with_its_address() {
    let fake = github().await;
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let said = fault(&good(&fake, "").replace(&fake.url, &nobody));
    assert!(said.starts_with(&format!("GitHub at {nobody} does not answer GET /app: ")), "{said}");
    assert!(said.contains("refused") && !said.contains("not before"), "{said}");
    fake.fail(Matching::any(), Fault::server_error());
    assert_eq!(fault(&good(&fake, "")), "GitHub answers GET /app with 500: Server Error");
    fake.close().await;
}

#[tokio::test]
async fn a_token_says_which_scope_or_role_it_lacks() {
    let fake = github().await;
    let plain = with_token(&fake, "");
    let refused = fault(&plain);
    let hint = "; give a token in token_file that is neither expired nor revoked";
    assert!(refused.contains("401: Bad credentials") && refused.ends_with(hint), "{refused}");
    assert_eq!(fake.strangers().len(), 1);

    let fake = github().await;
    let (plain, teams) = (with_token(&fake, ""), with_token(&fake, TEAM));
    for (scopes, config, expected) in [
        ("read:user", &plain, Some("the scope `public_repo` of the token is missing")),
        ("public_repo", &teams, Some("the scope `read:org` of the token is missing")),
        ("public_repo", &plain, None),
        ("repo, read:org", &teams, None),
    ] {
        fake.personal_token(PERSONAL, "anna", scopes);
        match expected {
            Some(missing) => assert_eq!(fault(config), format!("example/crm: {missing}")),
            None => assert_eq!(doctor(config).code, Some(0), "{scopes}: {:?}", doctor(config)),
        }
    }
    fake.repository(CRM).person("rita", "triage");
    fake.personal_token(PERSONAL, "rita", "repo");
    let role = "the role Write in the repository for the user of the token is missing";
    assert_eq!(fault(&plain), format!("example/crm: {role}"));
    fake.close().await;
}

#[test]
fn the_manifest_asks_for_exactly_what_doctor_looks_for() {
    let manifest = manifest::github("https://maintbot.example.com");
    let permissions: BTreeMap<String, String> =
        serde_json::from_value(manifest["default_permissions"].clone()).expect("levels by name");
    let needed = api::PERMISSIONS.into_iter().chain([api::MEMBERS]);
    assert_eq!(permissions, needed.map(|(name, level)| (name.to_owned(), level.to_owned())).collect());
    let events: BTreeSet<String> = serde_json::from_value(manifest["default_events"].clone()).expect("names");
    let needed = api::EVENTS.into_iter().chain([api::SUB_ISSUES]);
    assert_eq!(events, needed.map(str::to_owned).collect());
    // An App made from it lacks nothing, whatever is used.
    let grants = api::Grants {
        holder: api::Holder::App,
        permissions,
        events,
        suspended_at: None,
        webhook_url: manifest["hook_attributes"]["url"].as_str().map(str::to_owned),
    };
    assert_eq!(grants.lacks(api::Uses { teams: true, webhooks: true, sub_issues: true }), []);
    assert_eq!(grants.webhook_url.as_deref(), Some(HOOK));
}

#[test]
fn the_manifest_is_printed_to_read_and_for_programs() {
    let config = format!("{PUBLIC}\n[[service]]\nid = \"crm\"\n[[region]]\nid = \"eu\"\ntime_zone = \"UTC\"\n");
    let (read, programs) = (run(&config, &["manifest", "github"]), run(&config, &["manifest", "github", "--json"]));
    assert_eq!((read.status.code(), programs.status.code()), (Some(0), Some(0)));
    let all: Value = serde_json::from_slice(&programs.stdout).expect("one object");
    let keys: Vec<&String> = all.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["change_form", "issue_form", "manifest"]);
    assert_eq!(all["manifest"], manifest::github("https://maintbot.example.com"));
    let text = text(&read);
    let (json, forms) = text.split_once("\n\n# Save as ").expect("the manifest, then the forms");
    assert_eq!(serde_json::from_str::<Value>(json).expect("JSON"), all["manifest"]);
    for key in ["issue_form", "change_form"] {
        assert!(forms.contains(all[key].as_str().expect("text")), "{key}");
    }
    assert!(forms.starts_with(".github/ISSUE_TEMPLATE/maintenance-request.yml in each repository:\n"), "{forms}");
    let form = all["issue_form"].as_str().expect("text");
    assert!(form.contains("crm") && form.contains("eu"), "the services and regions to choose from: {form}");
}
