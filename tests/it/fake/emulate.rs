//! GitHub as others model it: the npm package `emulate`, which is not ours and therefore a judge of our double and of the
//! product's calls. It knows issues, comments, labels, installations, team members and signed webhooks; no reactions, no
//! sub-issues, no GraphQL, no 304, no deliveries of an App.
//!
//! The version and everything below it are pinned in `emulate/package-lock.json`; it is installed once, below `target`,
//! by `npm ci`, and listens on the loopback interface only.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::github::{APP_ID, APP_KEY};
use crate::process::free_port;

mod tests;

/// What is in `package.json`.
const VERSION: &str = "0.11.2";
/// What to do where something is missing.
const HELP: &str = "the tests need Node.js 18 or later with npm: sudo apt-get install nodejs npm";

/// A running emulator, stopped when it is dropped.
pub struct Emulate {
    /// What `api_url` has to be.
    pub url: String,
    child: Child,
}

impl Drop for Emulate {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What there is on GitHub at the beginning: an organisation `example` with these repositories, a user with a token
/// `token-LOGIN` per person, all members of the organisation, and the App `maintbot` with `APP_ID` and `APP_KEY`,
/// installed on all of it, whose webhooks go to `webhook_url`, signed with `secret`.
pub fn seed(repositories: &[&str], people: &[&str], webhook_url: &str, secret: &str) -> Value {
    let token = |login: &&str| (format!("token-{login}"), json!({ "login": login, "scopes": ["repo", "read:org"] }));
    let tokens: serde_json::Map<String, Value> = people.iter().map(token).collect();
    let each = |logins: &[&str], with: fn(&str) -> Value| logins.iter().map(|one| with(one)).collect::<Vec<_>>();
    json!({
        "tokens": tokens,
        "github": {
            "users": each(people, |login| json!({ "login": login, "name": login })),
            "orgs": [{ "login": "example", "members": each(people, |login| json!({ "login": login, "role": "admin" })) }],
            "repos": each(repositories, |name| json!({ "owner": "example", "name": name, "auto_init": false })),
            "apps": [{
                "app_id": APP_ID,
                "slug": "maintbot",
                "name": "maintbot",
                "private_key": APP_KEY,
                "permissions": { "issues": "write", "metadata": "read", "members": "read" },
                "events": ["issues", "issue_comment"],
                "webhook_url": webhook_url,
                "webhook_secret": secret,
                "installations": [{ "installation_id": 77, "account": "example", "repository_selection": "all" }],
            }],
        },
    })
}

impl Emulate {
    /// Starts it with a seed; see [`seed`].
    pub async fn start(seed: Value) -> Self {
        tokio::task::spawn_blocking(move || Self::run(&seed)).await.expect("it starts")
    }

    fn run(seed: &Value) -> Self {
        let port = free_port();
        let mut child = Command::new("node")
            .arg(here().join("start.mjs"))
            .arg(port.to_string())
            .arg(installed().join("node_modules/emulate/dist/api.js"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("node: {error}: {HELP}"));
        // It ends with its standard input: also when this process is killed.
        let input = child.stdin.as_mut().expect("a pipe");
        writeln!(input, "{seed}").expect("it reads");
        let output = child.stdout.take().expect("a pipe");
        let said = BufReader::new(output).lines().next();
        let emulate = Self { url: format!("http://127.0.0.1:{port}"), child };
        assert!(said.is_some_and(|line| line.is_ok_and(|line| line == "ready")), "emulate did not start: {HELP}");
        emulate
    }
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fake/emulate")
}

/// The folder in which it is installed; the first call installs it.
fn installed() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target").join("tools");
        let folder = tools.join(format!("emulate-{VERSION}"));
        if folder.exists() {
            return folder;
        }
        // Another process may install it as well: the first that is ready wins.
        fs::create_dir_all(&tools).expect("target is ours");
        let unready = tempfile::tempdir_in(&tools).expect("a folder").keep();
        for file in ["package.json", "package-lock.json"] {
            fs::copy(here().join(file), unready.join(file)).expect("a copy");
        }
        let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"];
        let npm = Command::new("npm").args(arguments).arg(&unready).output();
        let npm = npm.unwrap_or_else(|error| panic!("npm: {error}: {HELP}"));
        let said = String::from_utf8_lossy(&npm.stderr);
        assert!(npm.status.success(), "npm {} {}: {said}\n{HELP}", arguments.join(" "), unready.display());
        if fs::rename(&unready, &folder).is_err() {
            fs::remove_dir_all(&unready).expect("it is ours");
        }
        folder
    })
}
