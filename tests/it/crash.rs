//! The process killed at random moments: every acknowledged command is there, every message exactly once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use maintbot::clock::Clock;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::process::{Process, client, free_port};

const KILLS: usize = 50;
const CHANNELS: usize = 4;
const WORKERS: usize = 8;

const CONFIG: &str = r#"
[organisation]
ops = ["builtin:ops"]

[policy.scheduled]
announce = "at_once"
remind = []
change_list = "at_once"

[[audience]]
name = "one"
channels = ["builtin:c0", "builtin:c1"]

[[audience]]
name = "two"
channels = ["builtin:c2", "builtin:c3"]
"#;

/// Small steps of a pseudo-random walk (Knuth's MMIX constants): the seed is printed, so a failure can be told again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// Reads what the program shows, with one client: making one reads every certificate of the machine.
struct Server {
    client: reqwest::Client,
    base: String,
}

impl Server {
    async fn get(&self, path: &str) -> Value {
        let response = self.client.get(format!("{}{path}", self.base)).send().await.expect("an answer");
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.expect("JSON")
    }
}

/// Sends one command until it is answered, with the same key each time: whatever happens to the server in between.
async fn insist(base: &str, key: &str, text: &str) -> Value {
    let client = client();
    let deadline = Instant::now() + Duration::from_mins(2);
    loop {
        let request = client.post(format!("{base}/api/v1/commands")).header("Idempotency-Key", key);
        if let Ok(response) = request.json(&json!({ "text": text, "actor": "anna" })).send().await {
            let status = response.status();
            if let Ok(body) = response.json::<Value>().await {
                assert_eq!(status, 200, "{text}: {body}");
                return body;
            }
        }
        assert!(Instant::now() < deadline, "`{text}` was not answered within two minutes");
        Clock::pause(Duration::from_millis(5)).await;
    }
}

/// Waits until every channel has heard of the window: who was never told is not told of the end either.
async fn announced(base: &str, id: &str) {
    let client = client();
    let deadline = Instant::now() + Duration::from_mins(2);
    loop {
        if let Ok(response) = client.get(format!("{base}/api/v1/windows/{id}/deliveries")).send().await
            && let Ok(ledger) = response.json::<Value>().await
        {
            let rows = ledger["items"].as_array().expect("rows").iter();
            if rows.filter(|r| r["message"] == "announcement" && r["state"] == "sent").count() == CHANNELS {
                return;
            }
        }
        assert!(Instant::now() < deadline, "{id} was not announced within two minutes");
        Clock::pause(Duration::from_millis(5)).await;
    }
}

/// A series far ahead, of which nothing is told yet; returns the ids of its three windows.
async fn one_series(base: &str, n: usize) -> Vec<String> {
    let from = (Clock::System.now() + TimeDelta::days(60)).date_naive();
    let every = "every:\"FREQ=DAILY;COUNT=3\" at:03:00 for:1h kind:no_downtime";
    let text = format!("/maintenance series \"Series {n}\" service:series-{n} {every} from:{from} poc:@anna");
    let reply = insist(base, &format!("{n}-series"), &text).await;
    let ids = reply["windows"].as_array().expect("ids").iter().map(|id| id.as_str().expect("an id").to_owned());
    ids.collect()
}

/// One window from planning to completion; returns its id.
async fn one_life(base: &str, n: usize) -> String {
    let text = format!("/maintenance schedule \"Life {n}\" service:life-{n} when:\"in 20 minutes for 1h\" poc:@anna");
    let reply = insist(base, &format!("{n}-schedule"), &text).await;
    let id = reply["windows"][0].as_str().expect("an id").to_owned();
    announced(base, &id).await;
    let steps = [
        format!("change add {id} \"item of life {n}\""),
        format!("note {id} \"first note of life {n}\""),
        format!("start {id}"),
        format!("note {id} \"second note of life {n}\""),
        format!("done {id} 1"),
        format!("complete {id} note:\"end of life {n}\""),
    ];
    for (step, text) in steps.iter().enumerate() {
        insist(base, &format!("{n}-{step}"), &format!("/maintenance {text}")).await;
    }
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_fifty_times_in_a_busy_hour_nothing_is_lost_and_nothing_is_said_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("maintbot.toml"), CONFIG).expect("a configuration");
    let mut seed = [0u8; 8];
    getrandom::fill(&mut seed).expect("randomness");
    let mut dice = Dice(u64::from_le_bytes(seed));
    println!("seed {}", dice.0);
    let port = free_port();
    let mut process = Process::start(folder.path(), port, &["serve"]).await;
    let base = process.base.clone();

    // Lives go on for as long as there are kills to come.
    let more = Arc::new(Semaphore::new(0));
    let mut lives = JoinSet::new();
    for worker in 0..WORKERS {
        let (base, more) = (base.clone(), more.clone());
        lives.spawn(async move {
            let (mut ids, mut ahead) = (Vec::new(), Vec::new());
            while !more.is_closed() {
                let n = worker + ids.len() * WORKERS;
                ids.push(one_life(&base, n).await);
                ahead.extend(one_series(&base, n).await);
            }
            (ids, ahead)
        });
    }
    for _ in 0..KILLS {
        Clock::pause(Duration::from_millis(20 + dice.roll(200))).await;
        process.kill();
        process = Process::start(folder.path(), port, &["serve"]).await;
    }
    more.close();
    let (ids, ahead): (Vec<_>, Vec<_>) = lives.join_all().await.into_iter().unzip();
    let (ids, ahead): (Vec<String>, Vec<String>) = (ids.concat(), ahead.concat());
    assert!(ids.len() > WORKERS, "the hour was not busy: {} windows", ids.len());
    let server = Server { client: client(), base };
    every_window_was_made_once(&server, &ids, &ahead).await;

    wait_until_everything_is_decided(&server, &ids).await;
    everything_is_said_once(&server, &ids).await;
    no_panic_was_logged(folder.path());
    assert_eq!(process.stop().await, Some(0), "SIGTERM ends it in order");
}

/// Numbers rise one by one with what is stored: were one window made twice, the highest would be higher.
async fn every_window_was_made_once(server: &Server, ids: &[String], ahead: &[String]) {
    let number = |id: &String| id.trim_start_matches("MW-").parse::<usize>().expect("a number");
    let numbers: BTreeSet<usize> = ids.iter().chain(ahead).map(number).collect();
    assert_eq!(ahead.len(), 3 * ids.len(), "three windows of each series");
    assert_eq!(numbers, (1..=4 * ids.len()).collect(), "no window was lost, none was made twice");
    for id in ahead {
        assert_eq!(server.get(&format!("/api/v1/windows/{id}")).await["state"], "scheduled", "{id}");
    }
}

async fn wait_until_everything_is_decided(server: &Server, ids: &[String]) {
    let deadline = Instant::now() + Duration::from_mins(1);
    for id in ids {
        loop {
            let ledger = server.get(&format!("/api/v1/windows/{id}/deliveries")).await;
            let open = |row: &&Value| ["due", "sending", "retrying"].contains(&row["state"].as_str().expect("a state"));
            // The change list may still wait for its ten minutes; a completed window owes nothing else.
            if ledger["items"].as_array().expect("rows").iter().filter(open).count() == 0 {
                break;
            }
            assert!(Instant::now() < deadline, "{id} still owes: {ledger:#}");
            Clock::pause(Duration::from_millis(50)).await;
        }
    }
}

async fn everything_is_said_once(server: &Server, ids: &[String]) {
    let mut said: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut sent_rows = 0;
    for id in ids {
        let ledger = server.get(&format!("/api/v1/windows/{id}/deliveries")).await;
        let rows = ledger["items"].as_array().expect("rows").iter();
        sent_rows +=
            rows.filter(|r| r["state"] == "sent" && r["class"] == "message" && r["channel"] != "builtin:ops").count();
    }
    let mut posts = 0;
    for channel in 0..CHANNELS {
        let mut cursor = String::new();
        loop {
            let page = server.get(&format!("/api/v1/builtin/channels/c{channel}/posts?limit=200{cursor}")).await;
            for post in page["items"].as_array().expect("posts") {
                let text = post["text"].as_str().expect("text");
                let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
                let note = rest.lines().find(|line| line.contains("of life")).unwrap_or("");
                *said.entry((format!("c{channel}"), format!("{first} | {note}"))).or_default() += 1;
                posts += 1;
            }
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
    }
    assert_eq!(posts, sent_rows, "one post for every row that is recorded as sent");
    for ((channel, what), times) in &said {
        assert_eq!(*times, 1, "{channel}: {what}");
    }
    for n in ids {
        let window = server.get(&format!("/api/v1/windows/{n}")).await;
        assert_eq!(window["state"], "completed", "{n}");
        let title = window["title"].as_str().expect("a title");
        let life = title.trim_start_matches("Life ");
        for channel in 0..CHANNELS {
            for what in [
                format!("Update: {title} | first note of life {life}"),
                format!("Update: {title} | second note of life {life}"),
                format!("Completed: {title} | end of life {life}"),
            ] {
                assert!(said.contains_key(&(format!("c{channel}"), what.clone())), "c{channel} never heard: {what}");
            }
        }
    }
}

fn no_panic_was_logged(folder: &Path) {
    let log = std::fs::read_to_string(folder.join("maintbot.log")).expect("its log");
    assert!(!log.contains("panicked"), "{log}");
}
