//! `maintbot doctor`, `manifest discord` and `check` from a terminal, on Discord's double: what works, and each thing that
//! is missing by its name.

use std::fs;
use std::path::Path;
use std::process::Output;

use chrono::TimeDelta;
use maintbot::clock::Clock;
use maintbot::command::manifest::DISCORD_NEEDS;
use serde_json::{Value, json};

use super::config;
use crate::bot::utc;
use crate::fake::discord::permissions::{OF_BOT, VIEW_CHANNEL};
use crate::fake::discord::{APPLICATION, BOT_TOKEN, FakeDiscord, Fault, Matching, SERVER, Way, judge, public_key};
use crate::process::{free_port, maintbot};

/// The permissions that maintbot is to ask for, by their bits in Discord's documentation: view channels, send messages,
/// embed links, read message history, manage events, create public threads, send messages in threads, create events.
/// <https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags>
const NEEDED: u64 = 1 << 10 | 1 << 11 | 1 << 14 | 1 << 16 | 1 << 33 | 1 << 35 | 1 << 38 | 1 << 44;

/// What doctor said: the lines about Discord, and its exit code.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    lines: Vec<String>,
    code: Option<i32>,
}

/// A Discord on which everything is as it should be, and its configuration.
async fn discord() -> (FakeDiscord, String) {
    let fake = FakeDiscord::start().await;
    for name in ["anna", "ben", "carla", "dan", "eve"] {
        fake.person(name, &[]);
    }
    for name in ["#ops", "#ce"] {
        fake.channel(name);
    }
    fake.speak(Way::Gateway);
    let config = config(&fake, Way::Gateway, "");
    (fake, config)
}

/// Runs the program with this configuration, logging all it can. Neither output holds a secret.
fn run(config: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("discord.bot"), BOT_TOKEN).expect("written");
    run_in(folder.path(), config, arguments)
}

fn run_in(folder: &Path, config: &str, arguments: &[&str]) -> Output {
    fs::write(folder.join("maintbot.toml"), config).expect("written");
    let output = maintbot(folder).args(arguments).env("MAINTBOT_LOG", "trace").output().expect("it runs");
    for text in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(text);
        assert!(!text.contains(BOT_TOKEN), "the token in:\n{text}");
    }
    output
}

fn doctor(config: &str) -> Said {
    let output = run(config, &["doctor"]);
    let text = String::from_utf8(output.stdout.clone()).expect("text");
    let about_it = |line: &&str| line.split_whitespace().nth(1) == Some("discord");
    // Columns of state and name are taken together.
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = text.lines().filter(about_it).map(line).collect();
    let said = Said { lines, code: output.status.code() };
    assert!(!said.lines.is_empty(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// The only line that says what is wrong.
fn fault(config: &str) -> String {
    let said = doctor(config);
    assert_eq!(said.code, Some(1), "{said:?}");
    let failed: Vec<&str> = said.lines.iter().filter_map(|line| line.strip_prefix("FAILED discord ")).collect();
    assert_eq!(failed.len(), 1, "{said:?}");
    failed.concat()
}

/// That everything is well, and in how many lines.
fn is_well(config: &str, lines: usize) {
    let said = doctor(config);
    assert_eq!((said.code, said.lines.len()), (Some(0), lines), "{said:?}");
    assert!(said.lines.iter().all(|line| line.starts_with("ok discord ")), "{said:?}");
}

fn invitation() -> String {
    format!(
        "https://discord.com/oauth2/authorize?client_id={APPLICATION}&scope=bot+applications.commands&permissions={NEEDED}"
    )
}

#[tokio::test]
async fn where_everything_is_there_it_says_so_line_by_line() {
    let (fake, config) = discord().await;
    let said = doctor(&config);
    assert_eq!(said.code, Some(0), "{said:?}");
    let expected = [
        "ok discord Discord lets maintbot in, as maintbot".to_owned(),
        "ok discord what people do comes over the gateway".to_owned(),
        "ok discord Discord opens the gateway, 1000 more times today".to_owned(),
        format!("ok discord server {SERVER} (Example): maintbot may do all that it needs"),
        "ok discord discord:#ce: maintbot may write there".to_owned(),
        "ok discord discord:#ops: maintbot may write there".to_owned(),
    ];
    assert_eq!(said.lines, expected);
    assert!(fake.requests().iter().all(|request| request.method == "GET"), "nothing is changed, nobody is written to");
    fake.close();
}

#[tokio::test]
async fn for_programs_it_is_one_object() {
    let (fake, config) = discord().await;
    let read = |output: &Output| serde_json::from_slice::<Value>(&output.stdout).expect("JSON and nothing else");
    assert_eq!(read(&run(&config, &["doctor", "--json"]))["ok"], json!(true));
    fake.channel("#ops").deleted();
    let output = run(&config, &["doctor", "--json"]);
    let ill = read(&output);
    assert_eq!((output.status.code(), &ill["ok"]), (Some(1), &json!(false)));
    let last = ill["findings"].as_array().and_then(|found| found.last()).expect("findings");
    assert_eq!((&last["name"], &last["ok"]), (&json!("discord"), &json!(false)));
    assert!(last["detail"].as_str().is_some_and(|detail| detail.contains("discord:#ops")), "{last}");
    fake.close();
}

#[tokio::test]
async fn each_permission_that_is_missing_on_a_server_is_named() {
    let (fake, config) = discord().await;
    let clock = Clock::manual(utc("2026-12-01 09:00"));
    fake.follow(&clock);
    let with_events = config.replace("[discord]\n", "[discord]\nevents = true\n");
    fake.role_may("@everyone", 0, false);
    for need in DISCORD_NEEDS.iter().filter(|need| need.bit != VIEW_CHANNEL) {
        // Discord takes so many questions a minute, and each doctor is new to it.
        clock.set(clock.now() + TimeDelta::minutes(1));
        fake.role_may("maintbot", NEEDED & !need.bit, false);
        let said = doctor(&with_events);
        assert_eq!(said.code, Some(1), "{}: {said:?}", need.name);
        let start = format!(
            "FAILED discord server {SERVER} (Example): missing permissions: {}; give them to its role, or open {}",
            need.name,
            invitation()
        );
        assert!(said.lines.contains(&start), "{}: {said:?}", need.name);
        // Without events nobody needs to manage any.
        let of_server = |line: &&String| line.contains(&format!("server {SERVER}"));
        let plain = doctor(&config).lines.into_iter().find(|line| of_server(&line)).expect("the server");
        assert_eq!(plain.starts_with("ok"), need.name.ends_with("_EVENTS"), "{plain}");
    }
    fake.role_may("maintbot", NEEDED, false);
    is_well(&with_events, 6);
    fake.close();
}

#[tokio::test]
async fn each_channel_that_cannot_be_written_to_is_named() {
    let (fake, config) = discord().await;
    let clock = Clock::manual(utc("2026-12-01 09:00"));
    fake.follow(&clock);
    for need in DISCORD_NEEDS.iter().filter(|need| !need.name.ends_with("_EVENTS") && need.bit != VIEW_CHANNEL) {
        clock.set(clock.now() + TimeDelta::minutes(1));
        fake.channel("#ce").bot_may(0).bot_may_not(need.bit);
        let said = fault(&config);
        let expected =
            format!("discord:#ce: missing permissions: {}; give them to maintbot's role in that channel", need.name);
        assert_eq!(said, expected);
        fake.channel("#ce").bot_may(0);
    }
    is_well(&config, 6);
    // One that maintbot does not see, by name and by id.
    let id = fake.channel("#ce").only_for("oncall").id();
    for (written, config) in
        [("#ce".to_owned(), config.clone()), (id.clone(), config.replace("discord:#ce", &format!("discord:{id}")))]
    {
        let said = fault(&config);
        assert!(said.starts_with(&format!("discord:{written}: ")), "{said}");
        assert!(said.contains("no such channel") || said.contains("VIEW_CHANNEL"), "{said}");
    }
    fake.channel("#ce").deleted();
    let gone = fault(&config);
    assert_eq!(gone, format!("discord:#ce: there is no such channel on {SERVER} that maintbot sees"));
    fake.close();
}

#[tokio::test]
async fn a_server_without_maintbot_is_named_with_the_link_that_adds_it() {
    let (fake, config) = discord().await;
    fake.remove_bot();
    let said = fault(&config);
    assert_eq!(said, format!("server {SERVER}: maintbot is not on it; add it with {}", invitation()));
    fake.invite_bot();
    is_well(&config, 6);
    fake.close();
}

#[tokio::test]
async fn a_token_that_discord_does_not_take_and_a_discord_that_is_away_are_named() {
    let (fake, config) = discord().await;
    fake.lock_out(true);
    let said = fault(&config);
    assert!(said.starts_with("Discord does not let maintbot in: ") && said.contains("401"), "{said}");
    fake.lock_out(false);
    is_well(&config, 6);
    let said = fault(&config.replace(&fake.url, &format!("http://127.0.0.1:{}", free_port())));
    assert!(said.starts_with("Discord cannot be asked: "), "{said}");
    fake.fail_always(Matching::any(), Fault::Status(503));
    let said = fault(&config);
    assert!(said.contains("503"), "{said}");
    fake.close();
}

#[tokio::test]
async fn what_is_written_of_another_application_is_named() {
    let (fake, config) = discord().await;
    let other =
        config.replace(&format!("application_id = \"{APPLICATION}\""), "application_id = \"550000000000000009\"");
    assert_eq!(fault(&other), format!("the token is of application {APPLICATION}: write it as application_id"));
    fake.speak(Way::Http);
    let posted = super::config(&fake, Way::Http, "\n[server]\npublic_url = \"https://maintenance.example\"\n");
    is_well(&posted, 5);
    let wrong = posted.replace(&public_key(), &"ab".repeat(32));
    let said = doctor(&wrong);
    let expected = "FAILED discord public_key is not the application's: copy it from General Information".to_owned();
    assert!(said.lines.contains(&expected), "{said:?}");
    fake.close();
}

#[tokio::test]
async fn where_discord_posts_to_is_compared_with_where_maintbot_listens() {
    let (fake, gateway) = discord().await;
    // The address is entered, and only the gateway is written: Discord uses one way or the other.
    fake.speak(Way::Http);
    let said = fault(&gateway);
    assert!(said.starts_with("Discord posts to https://maintenance.example/discord/interactions, "), "{said}");
    let posted = |url: &str| config(&fake, Way::Http, &format!("\n[server]\npublic_url = \"{url}\"\n"));
    is_well(&posted("https://maintenance.example"), 5);
    let said = fault(&posted("https://elsewhere.example"));
    assert!(said.contains("https://elsewhere.example/discord/interactions"), "{said}");
    // Nothing is entered, and nothing is opened.
    fake.speak(Way::Gateway);
    let said = fault(&posted("https://maintenance.example"));
    assert!(said.contains("https://maintenance.example/discord/interactions"), "{said}");
    assert!(said.contains("Interactions Endpoint URL") && said.contains("gateway = true"), "{said}");
    fake.close();
}

#[tokio::test]
async fn the_manifest_is_what_discord_takes_and_asks_for_no_more_than_is_needed() {
    let (fake, config) = discord().await;
    let output = run(&config, &["manifest", "discord"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let manifest: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(manifest["invite"], json!(invitation()));
    assert_eq!(OF_BOT, NEEDED, "the double gives what the link asks for");
    let commands = serde_json::to_vec(&manifest["commands"]).expect("JSON");
    for path in [
        format!("/applications/{APPLICATION}/commands"),
        format!("/applications/{APPLICATION}/guilds/{SERVER}/commands"),
    ] {
        assert_eq!(judge::request("PUT", &path, &commands), Vec::<String>::new());
    }
    assert!(fake.requests().is_empty(), "nobody is asked for that");
    // Before anything is configured the link shows what is missing.
    let before: Value = serde_json::from_slice(&run("", &["manifest", "discord"]).stdout).expect("JSON");
    assert_eq!(before["invite"], json!(invitation().replace(APPLICATION, "APPLICATION_ID")));
    assert_eq!(before["commands"], manifest["commands"]);
}

/// The section that docs/discord.md says to write.
fn written_in_the_docs() -> String {
    let text = include_str!("../../../docs/discord.md");
    let lines = text.lines().map(str::trim_start).skip_while(|line| *line != "```toml").skip(1);
    let section: Vec<&str> = lines.take_while(|line| *line != "```").collect();
    assert!(section.contains(&"[discord]"), "{section:#?}");
    section.join("\n")
}

#[test]
fn the_section_of_the_docs_is_right_as_it_stands() {
    let section = written_in_the_docs();
    let output = run(&section, &["check"]);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{said}");
    // With a public address, as it says there.
    let key = "# public_key = \"…64 digits…\"";
    assert!(section.contains(key));
    let with_key = section.replace(key, &format!("public_key = \"{}\"", public_key()));
    assert_eq!(run(&with_key, &["check"]).status.code(), Some(0));
    // Without the file of the token it says which one is missing.
    let folder = tempfile::tempdir().expect("a folder");
    let output = run_in(folder.path(), &section, &["check"]);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.code() != Some(0) && said.contains("discord.bot"), "{said}");
}
