//! The real Alertmanager.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use maintbot::clock::Clock;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::Silence;
use crate::process::{client, free_port};

const MISSING: &str =
    "Alertmanager is missing and the tests need it. Install it with: apt-get install prometheus-alertmanager";

/// One that runs, with a storage of its own; gone as soon as it is dropped.
pub struct Alertmanager {
    process: Child,
    pub url: String,
    folder: TempDir,
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Alertmanager {
    /// With nothing in its storage.
    pub async fn start() -> Self {
        // Between choosing a free port and using it, somebody else may take it.
        for _ in 0..5 {
            let mut started = Self::on_port(free_port());
            if started.is_ready().await {
                return started;
            }
        }
        panic!("{MISSING}");
    }

    fn on_port(port: u16) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("alertmanager.yml"), "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
            .expect("written");
        let log = std::fs::File::create(path("log")).expect("a log");
        let process = Command::new("setpriv")
            .args(["--pdeathsig=KILL", "--", "prometheus-alertmanager", "--cluster.listen-address="])
            .arg(format!("--config.file={}", path("alertmanager.yml")))
            .arg(format!("--storage.path={}", path("data")))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect(MISSING);
        Self { process, url: format!("http://127.0.0.1:{port}"), folder }
    }

    /// Waits until it answers; `false` when it ends instead.
    async fn is_ready(&mut self) -> bool {
        let deadline = Instant::now() + Duration::from_mins(1);
        while Instant::now() < deadline && self.process.try_wait().expect("its state").is_none() {
            let ready = client().get(format!("{}/-/ready", self.url)).send().await;
            if ready.is_ok_and(|response| response.status() == 200) {
                return self.process.try_wait().expect("its state").is_none();
            }
            Clock::pause(Duration::from_millis(20)).await;
        }
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        println!("{log}");
        false
    }

    fn path(&self, path: &str) -> String {
        format!("{}/api/v2/{path}", self.url)
    }

    async fn get(&self, path: &str) -> Value {
        client().get(self.path(path)).send().await.expect("an answer").json().await.expect("JSON")
    }

    /// Every silence, also those that are over.
    pub async fn silences(&self) -> Vec<Silence> {
        self.get("silences").await.as_array().expect("a list").iter().map(Silence::read).collect()
    }

    /// Somebody makes a silence or changes one.
    pub async fn put(&self, silence: &Value) -> String {
        let answer = client().post(self.path("silences")).json(silence).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        answer.json::<Value>().await.expect("JSON")["silenceID"].as_str().expect("an id").to_owned()
    }

    /// Somebody ends a silence.
    pub async fn expire(&self, id: &str) {
        let answer = client().delete(self.path(&format!("silence/{id}"))).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
    }

    /// Prometheus says that something is wrong.
    pub async fn alert(&self, labels: &Value) {
        let answer = client().post(self.path("alerts")).json(&json!([{ "labels": labels }])).send().await;
        assert_eq!(answer.expect("an answer").status(), 200);
    }

    /// By which silences an alert is kept quiet; none: people hear of it.
    pub async fn silenced_by(&self, alertname: &str) -> Vec<String> {
        let alerts = self.get("alerts").await;
        let named = |alert: &&Value| alert["labels"]["alertname"] == alertname;
        let alert = alerts.as_array().expect("a list").iter().find(named).expect("the alert");
        let ids = alert["status"]["silencedBy"].as_array().expect("a list");
        ids.iter().map(|id| id.as_str().expect("an id").to_owned()).collect()
    }
}
