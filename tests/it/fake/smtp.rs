//! A server that takes mail: `aiosmtpd`, which others wrote, in a process of its own (`smtp.py` says what moods it has), and
//! what others read in the mails that it took (`tests/mail/judge.py`).
//!
//! Versions are pinned in `tests/mail/requirements.txt`.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::python::python;

/// The name and password that servers know which want some.
pub const LOGIN: [&str; 2] = ["maintbot", "hunter2-hunter2"];

/// How a server is reached.
#[derive(Clone, Copy, Debug, Default)]
pub struct Way {
    /// `none`, `starttls` or `tls`; empty is `none`.
    pub tls: &'static str,
    /// Nothing is taken before TLS has begun.
    pub required: bool,
    /// Nothing is taken from strangers.
    pub login: bool,
}

/// A running server; it ends when it is dropped.
pub struct Office {
    pub port: u16,
    folder: tempfile::TempDir,
    child: Child,
    /// Closed, it ends the server.
    input: Option<ChildStdin>,
    /// One for each mail that it holds.
    pub held: UnboundedReceiver<()>,
}

/// A mail that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    pub to: String,
    pub from: String,
    pub tls: bool,
    pub login: Option<String>,
    pub raw: String,
    file: PathBuf,
}

impl Taken {
    /// A header on one line, as it was sent; empty where it is not there.
    pub fn header(&self, name: &str) -> String {
        let head = self.raw.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        let found = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        found.unwrap_or_default().to_owned()
    }
}

fn manifest(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

impl Office {
    pub fn open(way: Way) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let tls = if way.tls.is_empty() { "none" } else { way.tls };
        let settings = json!({ "tls": tls, "required": way.required, "login": way.login.then_some(LOGIN) });
        let mut child = Command::new(python("mail"))
            .arg(manifest("tests/it/fake/smtp.py"))
            .arg(folder.path())
            .arg(settings.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the mail server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let port = lines.next().expect("its port").expect("text").parse().expect("a port");
        let (tell, held) = unbounded_channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|_| tell.send(())));
        let input = child.stdin.take();
        Self { port, folder, child, input, held }
    }

    /// Lets everything go on that it holds, also what comes later.
    pub fn release(&mut self) {
        self.input.as_mut().expect("open").write_all(b"go\n").expect("it listens");
    }

    /// Every mail that it took, in order.
    pub fn taken(&self) -> Vec<Taken> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.folder.path())
            .expect("its folder")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|e| e == "eml") && path.with_extension("json").exists())
            .collect();
        files.sort();
        let taken = |file: PathBuf| {
            let about = fs::read_to_string(file.with_extension("json")).expect("what is known of it");
            let about: Value = serde_json::from_str(&about).expect("JSON");
            let text = |value: &Value| value.as_str().map(str::to_owned);
            assert_eq!(about["to"].as_array().map(Vec::len), Some(1), "one mail for each recipient");
            Taken {
                to: text(&about["to"][0]).expect("a recipient"),
                from: text(&about["from"]).expect("a sender"),
                tls: about["tls"] == true,
                login: text(&about["login"]),
                raw: fs::read_to_string(&file).expect("ASCII"),
                file,
            }
        };
        files.into_iter().map(taken).collect()
    }

    /// Those to one recipient.
    pub fn taken_by(&self, to: &str) -> Vec<Taken> {
        self.taken().into_iter().filter(|mail| mail.to == to).collect()
    }

    /// Connections, refusals and mails, in order.
    pub fn talk(&self) -> Vec<String> {
        let talk = fs::read_to_string(self.folder.path().join("talk")).unwrap_or_default();
        talk.lines().map(str::to_owned).collect()
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What others read in these mails; fails where they cannot, or find what does not belong there.
pub fn judged(mails: &[Taken]) -> Vec<Value> {
    let files = mails.iter().map(|mail| &mail.file);
    let done = Command::new(python("mail")).arg(manifest("tests/mail/judge.py")).args(files).output().expect("it runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).expect("JSON")
}
