//! The real program, killed by SIGKILL whenever GitHub has done what it asked for and not answered yet.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use maintbot::clock::Clock;
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use super::crash::{OTHER, markers, of_its_list};
use super::{CRM, Hears, SECRET, config};
use crate::fake::github::{FakeGitHub, Fault, Matching};
use crate::process::{Process, client, free_port};

/// How often it is killed, unless `MAINTBOT_TEST_KILLS` says more.
const KILLS: usize = 10;

const MORE: &str = r#"
sub_issues = true

[policy.scheduled]
announce = "at_once"
remind = []
change_list = "1d"

[[audience]]
name = "watchers"
channels = ["builtin:news", "github:example/platform"]
"#;

/// How long anything may take until it is there.
const PATIENCE: Duration = Duration::from_mins(1);

/// Sends one command until it is answered, with the same key each time.
async fn insist(base: &str, key: &str, text: &str) -> Value {
    let (client, deadline) = (client(), Instant::now() + PATIENCE);
    loop {
        let request = client.post(format!("{base}/api/v1/commands")).header("Idempotency-Key", key);
        if let Ok(response) = request.json(&json!({ "text": text, "actor": "anna" })).send().await {
            let status = response.status();
            if let Ok(body) = response.json::<Value>().await {
                assert_eq!(status, 200, "{text}: {body}");
                return body;
            }
        }
        assert!(Instant::now() < deadline, "`{text}` was not answered in time");
        Clock::pause(Duration::from_millis(5)).await;
    }
}

/// Waits until nothing is owed about a window that is due already; its rows then.
async fn at_rest(base: &str, id: &str) -> Vec<Value> {
    let (client, deadline) = (client(), Instant::now() + PATIENCE);
    loop {
        if let Ok(response) = client.get(format!("{base}/api/v1/windows/{id}/deliveries")).send().await
            && let Ok(ledger) = response.json::<Value>().await
        {
            let rows = ledger["items"].as_array().expect("rows").clone();
            let now = Clock::wall();
            let open = |row: &&Value| {
                let due_at =
                    row["due_at"].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok()).expect("an instant");
                let waits = row["state"] == "due" && due_at > now;
                !waits && ["due", "sending", "retrying"].iter().any(|state| row["state"] == *state)
            };
            if rows.iter().filter(open).count() == 0 {
                return rows;
            }
            assert!(Instant::now() < deadline, "{id} still owes: {ledger:#}");
        }
        Clock::pause(Duration::from_millis(20)).await;
    }
}

/// One window from planning to completion; its id.
async fn life(base: &str, n: usize) -> String {
    let items = "item:\"One\" item:\"Two\"";
    let schedule = format!("schedule \"Life {n}\" service:life when:\"in 20 minutes for 1h\" poc:@anna {items}");
    let reply = insist(base, &format!("{n}-schedule"), &format!("/maintenance {schedule}")).await;
    let id = reply["windows"][0].as_str().expect("an id").to_owned();
    at_rest(base, &id).await;
    for (step, line) in ["start {}", "done {} 1 2", "complete {} note:\"All well\""].into_iter().enumerate() {
        insist(base, &format!("{n}-{step}"), &format!("/maintenance {}", line.replace("{}", &id))).await;
        at_rest(base, &id).await;
    }
    id
}

/// Kills the process that runs, after each POST of an issue or comment that the double does, up to `most` times.
fn kill_after_posts(
    fake: &FakeGitHub,
    running: &Arc<Mutex<Option<Process>>>,
    most: usize,
    killed: impl Fn() + Send + Sync + Clone + 'static,
) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    for end in ["/issues", "/comments"] {
        let (running, killed, count) = (running.clone(), killed.clone(), count.clone());
        let kill = Fault::done_then(move |_| {
            let process = running.lock().expect("whole").take_if(|_| count.load(Ordering::SeqCst) < most);
            if let Some(process) = process {
                process.kill();
                count.fetch_add(1, Ordering::SeqCst);
                killed();
            }
        });
        fake.fail(Matching::method("POST").below("/repos/").ending(end), kill);
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "how often is asked for by hand")]
async fn killed_between_the_call_and_the_record_it_says_everything_once() {
    let most = std::env::var("MAINTBOT_TEST_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS);
    let fake = FakeGitHub::start().await;
    fake.repository(CRM).person("anna", "admin");
    fake.repository(OTHER);
    let folder = tempfile::tempdir().expect("a folder");
    let text = config(&fake, Hears::Webhooks, MORE);
    std::fs::write(folder.path().join("maintbot.toml"), text).expect("a configuration");
    let port = free_port();
    let process = Process::start(folder.path(), port, &["serve"]).await;
    let base = process.base.clone();
    fake.deliver_to(&format!("{base}/github/webhook"), SECRET);
    let running = Arc::new(Mutex::new(Some(process)));
    let (tell, mut kills) = unbounded_channel();
    let count = kill_after_posts(&fake, &running, most, move || {
        let _ = tell.send(());
    });

    let lives = async {
        let mut ids = Vec::new();
        while count.load(Ordering::SeqCst) < most {
            ids.push(life(&base, ids.len() + 1).await);
        }
        ids
    };
    let restarts = async {
        while let Some(()) = kills.recv().await {
            let process = Process::start(folder.path(), port, &["serve"]).await;
            *running.lock().expect("whole") = Some(process);
        }
    };
    let ids = tokio::select! {
        ids = lives => ids,
        () = restarts => panic!("the double is gone"),
    };
    println!("{} kills in {} windows", count.load(Ordering::SeqCst), ids.len());
    everything_is_there_once(&fake, &base, &ids).await;
    let process = running.lock().expect("whole").take().expect("it runs");
    assert_eq!(process.stop().await, Some(0), "SIGTERM ends it in order");
    no_panic_was_logged(folder.path());
    fake.close().await;
}

async fn everything_is_there_once(fake: &FakeGitHub, base: &str, ids: &[String]) {
    let found = markers(fake);
    let again: BTreeMap<_, _> = found.iter().filter(|(_, times)| **times > 1).collect();
    assert!(again.is_empty(), "more than once: {again:#?}");
    for id in ids {
        let missing: Vec<String> = of_its_list(id).into_iter().filter(|key| !found.contains_key(key)).collect();
        assert!(missing.is_empty(), "not there: {missing:?}");
        let rows = at_rest(base, id).await;
        for message in ["announcement", "started", "completed"] {
            let own = |key: &&String| key.starts_with(&format!("{id}/")) && key.contains(&format!("/{message}/"));
            assert_eq!(found.keys().filter(own).count(), 1, "{message} of {id}: {rows:#?}");
        }
        assert_eq!(rows.iter().filter(|row| row["state"] == "dead").count(), 0, "{rows:#?}");
    }
    let lists: Vec<_> = fake.issues(CRM).into_iter().filter(|issue| issue.body.contains("maintbot:list ")).collect();
    assert_eq!(lists.len(), ids.len());
    assert!(lists.iter().all(|list| !list.open && list.children.len() == 2), "each is closed, with both items");
    let posts =
        client().get(format!("{base}/api/v1/builtin/channels/news/posts?limit=200")).send().await.expect("posts");
    let posts: Value = posts.json().await.expect("JSON");
    let texts: Vec<&str> =
        posts["items"].as_array().expect("posts").iter().filter_map(|p| p["text"].as_str()).collect();
    assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), texts.len(), "each says something else: {texts:#?}");
}

fn no_panic_was_logged(folder: &Path) {
    let log = std::fs::read_to_string(folder.join("maintbot.log")).expect("its log");
    assert!(!log.contains("panicked"), "{log}");
}
