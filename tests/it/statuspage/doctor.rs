//! `maintbot doctor` from a terminal: what works, what is missing, and what the page says that was not planned, with nothing
//! changed.

use std::fs;

use maintbot::clock::Clock;
use serde_json::json;

use super::{BY_HAND, Hub};
use crate::databases;
use crate::fake::statuspage::Fault;
use crate::process::maintbot;

/// The lines about the page, columns taken together, and the exit code.
fn doctor(hub: &Hub, more: &str) -> (Vec<String>, Option<i32>) {
    let folder = tempfile::tempdir().expect("a folder");
    let config = format!("[database]\nurl = \"{}\"\n{}{more}", hub.url, hub.config);
    fs::write(folder.path().join("maintbot.toml"), config).expect("written");
    let output = maintbot(folder.path()).arg("doctor").env("MAINTBOT_LOG", "trace").output().expect("it runs");
    for text in [&output.stdout, &output.stderr] {
        assert!(!String::from_utf8_lossy(text).contains("hunter2"), "a key is shown");
    }
    let text = String::from_utf8(output.stdout).expect("text");
    let about_it = text.lines().filter(|line| line.split_whitespace().nth(1) == Some("statuspage"));
    (about_it.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect(), output.status.code())
}

#[tokio::test]
async fn doctor_shows_what_differs_one_per_line_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    // The program goes by the machine's clock.
    let now = Clock::wall().format("%Y-%m-%d %H:%M:%S").to_string();
    let hub = Hub::start(&databases::sqlite_url(&folder), BY_HAND, &now).await;
    let soon = (Clock::wall() + chrono::TimeDelta::days(3)).format("%Y-%m-%d 14:00");
    hub.say(&format!("schedule \"Upgrade\" service:crm when:\"{soon} for 2h\" poc:@ben")).await;
    let (lines, code) = doctor(&hub, "");
    let good = [
        "ok statuspage Statuspage lets maintbot in on the page Example status",
        "ok statuspage every statuspage_component is on the page",
        "ok statuspage the page says what was planned",
    ];
    assert_eq!((lines, code), (good.map(str::to_owned).to_vec(), Some(0)));

    let id = hub.page.only().id;
    hub.page.by_hand(&id, "name", json!("Something else"));
    let (lines, code) = doctor(&hub, "");
    let expected =
        "FAILED statuspage MW-1 (entry inc1): it is called “Something else” there; maintbot mends it while it serves";
    assert_eq!((lines[2].as_str(), code), (expected, Some(1)));
    assert_eq!(hub.page.only().text("name"), "Something else", "a dry run");
    assert!(hub.page.requests().iter().skip(1).all(|request| request.starts_with("GET ")), "nothing but questions");
    hub.bot.finish().await;
}

#[tokio::test]
async fn doctor_names_what_is_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let now = Clock::wall().format("%Y-%m-%d %H:%M:%S").to_string();
    let hub = Hub::start(&databases::sqlite_url(&folder), BY_HAND, &now).await;
    let more = "\n[[service]]\nid = \"shop\"\nstatuspage_component = \"c-shop\"\n";
    let (lines, _) = doctor(&hub, more);
    assert_eq!(lines[1], "FAILED statuspage not on the page: c-shop of shop; copy the ids from its components");
    hub.page.fail("", Fault::Status(401, json!({ "error": "Could not authenticate" })));
    let (lines, code) = doctor(&hub, "");
    assert!(
        lines[0].starts_with("FAILED statuspage Statuspage does not let maintbot in") && code == Some(1),
        "{lines:?}"
    );
    assert!(lines[0].contains("write a key that is good into api_key"), "{lines:?}");
    hub.bot.finish().await;
}
