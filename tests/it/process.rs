//! The real program as a child process, spoken to over HTTP.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

use maintbot::clock::Clock;
use serde_json::Value;

/// A running `maintbot`, killed when it is dropped.
pub struct Process {
    child: Child,
    pub base: String,
}

/// A client that gives up on a request rather than hang.
pub fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider().install_default().expect("the first provider");
    });
    reqwest::Client::builder().timeout(Duration::from_secs(20)).build().expect("a client")
}

/// A port that nobody listened on a moment ago.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// The program with its working directory and nothing of this environment that could change what it does.
pub fn maintbot(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maintbot"));
    command.current_dir(folder).stdin(Stdio::null()).env_remove("MAINTBOT_CONFIG").env_remove("MAINTBOT_TOKEN");
    command
}

impl Process {
    /// Starts `maintbot` with these arguments and waits until it is ready.
    pub async fn start(folder: &Path, port: u16, arguments: &[&str]) -> Self {
        let log = std::fs::File::options().create(true).append(true).open(folder.join("maintbot.log")).expect("a log");
        let child = maintbot(folder)
            .args(arguments)
            .env("MAINTBOT__SERVER__LISTEN", format!("127.0.0.1:{port}"))
            .env("MAINTBOT_LOG", "warn")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("it starts");
        let mut process = Self { child, base: format!("http://127.0.0.1:{port}") };
        let client = client();
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let ready = client.get(format!("{}/readyz", process.base)).send().await;
            if ready.is_ok_and(|response| response.status() == 200) {
                return process;
            }
            let ended = process.child.try_wait().expect("its state");
            let log = || std::fs::read_to_string(folder.join("maintbot.log")).unwrap_or_default();
            assert!(ended.is_none(), "it ended before it was ready: {ended:?}\n{}", log());
            assert!(Instant::now() < deadline, "it was not ready within a minute\n{}", log());
            Clock::pause(Duration::from_millis(10)).await;
        }
    }

    /// SIGKILL: no chance to tidy up.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it is gone");
    }

    /// SIGTERM, and its exit code.
    pub async fn stop(mut self) -> Option<i32> {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(asked.success());
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return status.code();
            }
            assert!(Instant::now() < deadline, "it did not stop within 20 s of SIGTERM");
            Clock::pause(Duration::from_millis(10)).await;
        }
    }

    pub async fn get(&self, path: &str) -> Value {
        let response = client().get(format!("{}{path}", self.base)).send().await.expect("an answer");
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.expect("JSON")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
