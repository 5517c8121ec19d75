//! The loop that measures services: what it stores, what it leaves alone, and that it stops.

use std::path::Path;
use std::time::Duration;

use maintbot::app::Measurer;
use maintbot::clock::Clock;
use maintbot::config::Config;
use maintbot::store::{Db, StoreError};
use tokio_util::sync::CancellationToken;

use crate::databases;
use crate::process::{client, free_port};
use crate::prometheus::{double, every_hour, now};

fn config(prometheus: &str, query: &str) -> Config {
    let text = format!("{prometheus}\n[[service]]\nid = \"crm\"\n{query}\n[[service]]\nid = \"jira\"\n");
    let nothing: [(&str, &str); 0] = [];
    Config::from_text(Path::new("maintbot.toml"), &text, nothing).expect("a good configuration")
}

fn measured_by(url: &str) -> Config {
    config(&format!("[prometheus]\nurl = \"{url}\""), "quiet_query = \"sum(rate(requests[1h]))\"")
}

async fn stored(db: &Db, service: &str) -> Option<(chrono::DateTime<chrono::Utc>, Vec<f64>)> {
    db.read(async |tx| tx.traffic(service).await).await.map_err(|error: StoreError| error).expect("a readable database")
}

#[tokio::test]
async fn each_round_stores_what_it_measured_and_a_failed_one_leaves_it_alone() {
    drop(client());
    let folder = tempfile::tempdir().expect("a folder");
    let db = databases::sqlite(&folder).await;
    let clock = Clock::manual(now());
    let measurer = |config: &Config| Measurer::new(config, db.clone(), clock.clone()).expect("an address");
    let good = double(every_hour("5"), false).await;
    let mut well = measurer(&measured_by(&good)).expect("something to measure");
    assert_eq!(well.tick(now()).await, 1);
    assert_eq!(stored(&db, "crm").await, Some((now(), vec![5.0; 168])));
    assert_eq!(stored(&db, "jira").await, None, "it has no query");
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let mut ill = measurer(&measured_by(&nobody)).expect("something to measure");
    assert_eq!(ill.tick(now() + chrono::TimeDelta::hours(6)).await, 0);
    assert_eq!(stored(&db, "crm").await, Some((now(), vec![5.0; 168])));
    db.close().await;
}

#[tokio::test]
async fn it_measures_at_the_start_and_stops_when_asked_even_while_it_waits_for_an_answer() {
    drop(client());
    let folder = tempfile::tempdir().expect("a folder");
    let db = databases::sqlite(&folder).await;
    let clock = Clock::manual(now());
    for (answer, stays, is_stored) in [(Vec::new(), true, false), (every_hour("5"), false, true)] {
        let config = measured_by(&double(answer, stays).await);
        let measurer = Measurer::new(&config, db.clone(), clock.clone()).expect("an address").expect("something");
        let stop = CancellationToken::new();
        let running = tokio::spawn(measurer.run(stop.clone()));
        while is_stored && stored(&db, "crm").await.is_none() {
            Clock::pause(Duration::from_millis(5)).await;
        }
        stop.cancel();
        running.await.expect("it ends by itself");
        assert_eq!(stored(&db, "crm").await.is_some(), is_stored);
    }
    db.close().await;
}

#[tokio::test]
async fn without_a_query_there_is_nothing_to_measure() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = databases::sqlite(&folder).await;
    let without = config("[prometheus]\nurl = \"http://localhost:9090\"", "");
    assert!(Measurer::new(&without, db.clone(), Clock::System).expect("an address").is_none());
    db.close().await;
}
