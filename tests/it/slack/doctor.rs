//! `maintbot doctor` from a terminal, on Slack's double: what works, and each thing that is missing by its name.

use std::fs;
use std::process::Output;

use maintbot::command::manifest::SLACK_SCOPES;
use serde_json::{Value, json};

use super::log::is_clean;
use crate::fake::slack::{APP_TOKEN, BOT_TOKEN, FakeSlack, Fault, Matching, SIGNING_SECRET};
use crate::process::{free_port, maintbot};

/// What doctor said: the lines about Slack, and its exit code.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    lines: Vec<String>,
    code: Option<i32>,
}

/// A Slack on which everything is as it should be.
async fn slack() -> FakeSlack {
    let fake = FakeSlack::start().await;
    fake.channel("#ce").with_bot();
    fake.channel("#ops").with_bot();
    fake
}

fn config(fake: &FakeSlack, more: &str) -> String {
    format!(
        "{more}\n[organisation]\nops = [\"slack:#ops\"]\n[slack]\napi_url = \"{}\"\nbot_token = \"{BOT_TOKEN}\"\n\
         signing_secret = \"{SIGNING_SECRET}\"\n[[audience]]\nname = \"ce\"\nchannels = [\"slack:#ce\"]\n",
        fake.url
    )
}

/// Runs the program with this configuration, logging all it can. Neither output holds a secret.
fn run(config: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("maintbot.toml"), config).expect("written");
    let output = maintbot(folder.path()).args(arguments).env("MAINTBOT_LOG", "trace").output().expect("it runs");
    for text in [&output.stdout, &output.stderr] {
        is_clean(&String::from_utf8_lossy(text));
    }
    output
}

fn doctor(config: &str) -> Said {
    let output = run(config, &["doctor"]);
    let text = String::from_utf8(output.stdout.clone()).expect("text");
    let about_slack = |line: &&str| line.split_whitespace().nth(1) == Some("slack");
    // Columns of state and name are taken together.
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = text.lines().filter(about_slack).map(line).collect();
    let said = Said { lines, code: output.status.code() };
    assert!(!said.lines.is_empty(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// The only line that says what is wrong.
fn fault(config: &str) -> String {
    let said = doctor(config);
    assert_eq!(said.code, Some(1), "{said:?}");
    let failed: Vec<&str> = said.lines.iter().filter_map(|line| line.strip_prefix("FAILED slack ")).collect();
    assert_eq!(failed.len(), 1, "{said:?}");
    failed.concat()
}

/// That everything is well, and in how many lines.
fn is_well(config: &str, lines: usize) {
    let said = doctor(config);
    assert_eq!((said.code, said.lines.len()), (Some(0), lines), "{said:?}");
    assert!(said.lines.iter().all(|line| line.starts_with("ok slack ")), "{said:?}");
}

#[tokio::test]
async fn where_everything_is_there_it_says_so_line_by_line() {
    let fake = slack().await;
    let said = doctor(&config(&fake, ""));
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(
        said.lines[1..],
        ["ok slack slack:#ce: maintbot is in it", "ok slack slack:#ops: maintbot is in it"].map(str::to_owned)
    );
    assert!(said.lines[0].starts_with("ok slack https://"), "{said:?}");
    assert!(said.lines[0].ends_with(" lets maintbot in, with every scope that it needs"), "{said:?}");
    assert!(fake.calls("chat.postMessage").is_empty(), "nobody is written to");
    fake.close();
}

#[tokio::test]
async fn for_programs_it_is_one_object() {
    let fake = slack().await;
    let read = |output: &Output| serde_json::from_slice::<Value>(&output.stdout).expect("JSON and nothing else");
    let well = read(&run(&config(&fake, ""), &["doctor", "--json"]));
    assert_eq!(well["ok"], json!(true));
    let found = well["findings"].as_array().expect("findings");
    let last = json!({ "name": "slack", "ok": true, "detail": "slack:#ops: maintbot is in it" });
    assert_eq!(found.last(), Some(&last));
    fake.channel("#ops").archived();
    let output = run(&config(&fake, ""), &["doctor", "--json"]);
    let ill = read(&output);
    assert_eq!((output.status.code(), &ill["ok"]), (Some(1), &json!(false)));
    let last = ill["findings"].as_array().and_then(|found| found.last()).expect("findings");
    assert_eq!((&last["name"], &last["ok"]), (&json!("slack"), &json!(false)));
    assert!(last["detail"].as_str().is_some_and(|detail| detail.contains("slack:#ops: it is archived")), "{last}");
    fake.close();
}

#[tokio::test]
async fn each_scope_that_is_missing_is_named() {
    let fake = slack().await;
    let config = config(&fake, "");
    for scope in SLACK_SCOPES {
        let others: Vec<&str> = SLACK_SCOPES.into_iter().filter(|known| *known != scope).collect();
        fake.scopes(&others);
        let said = doctor(&config);
        assert_eq!(said.code, Some(1), "{scope}: {said:?}");
        let hint = "; add them under OAuth & Permissions and install the app again";
        assert!(said.lines[0].starts_with("FAILED slack https://"), "{said:?}");
        assert!(said.lines[0].ends_with(&format!(": missing scopes: {scope}{hint}")), "{scope}: {said:?}");
    }
    fake.scopes(&["chat:write", "commands"]);
    let said = doctor(&config).lines.remove(0);
    for scope in SLACK_SCOPES.into_iter().filter(|scope| !["chat:write", "commands"].contains(scope)) {
        assert!(said.contains(scope), "{scope}: {said}");
    }
    fake.scopes(&SLACK_SCOPES);
    is_well(&config, 3);
    fake.close();
}

#[tokio::test]
async fn each_channel_that_cannot_be_written_to_is_named_with_what_to_do() {
    let fake = slack().await;
    let config = config(&fake, "");
    fake.channel("#ce").archived();
    assert_eq!(fault(&config), "slack:#ce: it is archived; write another channel, or take it out of the archive");
    fake.channel("#ce").unarchived().without_bot();
    is_well(&config, 3);
    let public = "ok slack slack:#ce: maintbot may write there without being in it";
    assert!(doctor(&config).lines.contains(&public.to_owned()));
    fake.without_scope("chat:write.public");
    let said = doctor(&config);
    let invite = "FAILED slack slack:#ce: maintbot is not in it; type `/invite @maintbot` there";
    assert!(said.lines.contains(&invite.to_owned()), "{said:?}");
    fake.scopes(&SLACK_SCOPES);
    let id = fake.channel("#ce").private().id();
    let unseen = fault(&config);
    assert!(unseen.contains("#ce") && unseen.contains("private and maintbot was not invited"), "{unseen}");
    let by_id = config.replace("slack:#ce", &format!("slack:{id}"));
    let said = fault(&by_id);
    assert!(said.starts_with(&format!("slack:{id}: ")) && said.contains("invite"), "{said}");
    fake.channel("#ce").with_bot();
    is_well(&config, 3);
    is_well(&by_id, 3);
    fake.channel("#ce").deleted();
    let gone = fault(&config);
    assert!(gone.contains("there is no channel #ce on Slack"), "{gone}");
    fake.close();
}

#[tokio::test]
async fn a_token_that_slack_no_longer_takes_is_named_with_where_to_get_another() {
    let fake = slack().await;
    for error in ["token_revoked", "account_inactive", "invalid_auth"] {
        fake.lock_out(error);
        let said = fault(&config(&fake, ""));
        assert!(said.starts_with("Slack does not let maintbot in: ") && said.contains(error), "{said}");
    }
    fake.let_in();
    is_well(&config(&fake, ""), 3);
}

#[tokio::test]
async fn a_slack_that_does_not_answer_is_named() {
    let fake = slack().await;
    let nobody = format!("http://127.0.0.1:{}/api", free_port());
    let said = fault(&config(&fake, "").replace(&fake.url, &nobody));
    assert!(said.starts_with("Slack cannot be asked: "), "{said}");
    fake.fail(Matching::any(), Fault::unavailable());
    let said = fault(&config(&fake, ""));
    assert!(said.contains("503"), "{said}");
    fake.close();
}

#[tokio::test]
async fn a_token_of_another_workspace_is_named() {
    let fake = slack().await;
    let block = |id: &str| {
        format!(
            "[organisation]\nops = [\"slack:{id}/#ops\"]\n[slack]\napi_url = \"{}\"\n[[slack.workspace]]\nid = \"{id}\"\n\
             bot_token = \"{BOT_TOKEN}\"\nsigning_secret = \"{SIGNING_SECRET}\"\n",
            fake.url
        )
    };
    is_well(&block("T1"), 2);
    assert_eq!(fault(&block("T5")), "the token is of workspace T1, not of T5: write its id");
    fake.close();
}

#[tokio::test]
async fn a_socket_is_tried_where_there_is_a_token_for_it() {
    let fake = slack().await;
    let own = format!("signing_secret = \"{SIGNING_SECRET}\"");
    let with = |token: &str| config(&fake, "").replace(&own, &format!("app_token = \"{token}\""));
    let said = doctor(&with(APP_TOKEN));
    assert_eq!((said.code, said.lines[1].as_str()), (Some(0), "ok slack T1: Slack opens a socket"), "{said:?}");
    let said = fault(&with("xapp-somebody-else"));
    assert!(said.starts_with("T1: no socket: ") && said.contains("invalid_auth"), "{said}");
}
