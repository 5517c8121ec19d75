//! What came, judged by programs that are not ours: the reference library of Standard Webhooks in Python, Node's own
//! cryptography, and the Python library of CloudEvents. The first two run the examples of `docs/webhooks.md` as they stand
//! there.
//!
//! The libraries are pinned in `tests/webhook/requirements.txt`.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::Received;
use crate::python::python;

const MANUAL: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/webhooks.md"));
/// What to do where something is missing.
const HELP: &str = "the tests need Node.js: sudo apt-get install nodejs";

/// Asks the example in Python, which is given `secret`: of each what it answers, a status.
pub fn python_accepts(secret: &str, received: &[Received]) -> Vec<u64> {
    let asks = "import json, sys\nfor one in json.load(sys.stdin):\n    print(receive(one['headers'], one['body'].encode()))\n";
    let script = format!("{}\n{asks}", example("python"));
    let mut command = Command::new(python("webhook"));
    command.arg("-c").arg(script).env("WEBHOOK_SECRET", secret);
    statuses(&run(command, &told(received)))
}

/// Asks the example for Node, which is given `secret`, or a public key: of each what it answers, a status.
pub fn node_accepts(secret: &str, received: &[Received]) -> Vec<u64> {
    let asks = "import { readFileSync } from 'node:fs'\nfor (const one of JSON.parse(readFileSync(0, 'utf8'))) \
                console.log(receive(one.headers, Buffer.from(one.body)))\n";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("example.mjs");
    fs::write(&file, format!("{}\n{asks}", example("javascript"))).expect("written");
    let mut command = Command::new("node");
    command.arg(file).env("WEBHOOK_SECRET", secret);
    statuses(&run(command, &told(received)))
}

/// What the library of CloudEvents reads: id, source, type, subject and data of each.
pub fn cloud_events(received: &[Received]) -> Vec<Value> {
    let script = "import json, sys\n\
                  from cloudevents.core.bindings.http import HTTPMessage, from_http_event\n\
                  from cloudevents.core.formats.json import JSONFormat\n\
                  for one in json.load(sys.stdin):\n    \
                      e = from_http_event(HTTPMessage(one['headers'], one['body'].encode()), JSONFormat())\n    \
                      said = dict(id=e.get_id(), source=e.get_source(), type=e.get_type(), subject=e.get_subject())\n    \
                      said.update(data=e.get_data(), time=e.get_time().isoformat(), specversion=e.get_specversion())\n    \
                      print(json.dumps(said))\n";
    let mut command = Command::new(python("webhook"));
    command.arg("-c").arg(script);
    run(command, &told(received)).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The one example of the manual in a language.
fn example(language: &str) -> &'static str {
    let blocks: Vec<&str> = MANUAL.split(&format!("```{language}\n")).skip(1).collect();
    assert_eq!(blocks.len(), 1, "one example in {language}");
    blocks[0].split("```").next().unwrap_or_default()
}

fn told(received: &[Received]) -> Value {
    received.iter().map(|one| json!({ "headers": one.headers, "body": one.body })).collect()
}

fn statuses(said: &str) -> Vec<u64> {
    said.lines().map(|line| line.trim().parse().unwrap_or_else(|e| panic!("{e}: {said}"))).collect()
}

/// Runs a program to its end and answers what it prints.
fn run(mut command: Command, input: &Value) -> String {
    use std::io::Write as _;
    use std::process::Stdio;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{error}: {HELP}"));
    child.stdin.take().expect("a pipe").write_all(input.to_string().as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("its end");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}\n{HELP}");
    String::from_utf8(output.stdout).expect("text")
}
