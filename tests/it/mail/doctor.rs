//! `maintbot doctor` and `maintbot mail` from a terminal: what works, what does not, and what to write.

use std::fs;
use std::path::Path;

use super::{PLAIN, STRICT, config, smtp};
use crate::databases;
use crate::fake::smtp::{LOGIN, Office, Way};
use crate::process::maintbot;

/// What it prints, and its exit code. Nothing holds the password, whatever is logged.
fn run_in(folder: &Path, keys: &str, arguments: &[&str]) -> (Vec<String>, Option<i32>) {
    fs::write(folder.join("maintbot.toml"), config(keys, &["ce@customer.example"], "")).expect("written");
    let output = maintbot(folder).args(arguments).env("MAINTBOT_LOG", "trace").output().expect("it runs");
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    for text in [&out, &err] {
        let base64 = ["aHVudGVyMi1odW50ZXIy", "AG1haW50Ym90AGh1bnRlcjItaHVudGVyMg"];
        assert!(!text.contains(LOGIN[1]) && base64.iter().all(|form| !text.contains(form)), "the password in:\n{text}");
    }
    (out.lines().map(str::to_owned).collect(), output.status.code())
}

/// What doctor says about mail.
fn doctor(keys: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut lines, _) = run_in(folder.path(), keys, &["doctor"]);
    lines.retain(|line| line.split_whitespace().nth(1) == Some("mail"));
    lines
}

#[test]
fn doctor_says_what_works() {
    let in_the_open = "lets maintbot in, in the open: everybody on the way can read what is sent";
    for (way, how) in [
        (STRICT, "lets maintbot in, over TLS that STARTTLS begins, as maintbot"),
        (Way { tls: "tls", required: false, login: false }, "lets maintbot in, over TLS"),
        (PLAIN, in_the_open),
    ] {
        let office = Office::open(way);
        let line = format!("ok     mail       localhost:{} {how}", office.port);
        assert_eq!(doctor(&smtp(&office, way, "")), [line]);
        assert_eq!(office.taken().len(), 0);
    }
}

#[test]
fn doctor_says_what_does_not_and_what_to_write() {
    let office = Office::open(STRICT);
    let right = smtp(&office, STRICT, "");
    let without = |key: &str| right.lines().filter(|line| !line.starts_with(key)).collect::<Vec<_>>().join("\n");
    for (keys, why, hint) in [
        (right.replace("\"maintbot\"", "\"nobody\""), "does not take the name and password", "write the username"),
        (without("ca_file"), "UnknownIssuer", "name the certificate of who signed the server's in ca_file"),
        (right.replace("tls = \"starttls\"", "tls = \"tls\""), "", "is tls = \"starttls\" meant, mostly on port 587?"),
    ] {
        let lines = doctor(&keys);
        assert!(lines.len() == 1 && lines[0].starts_with("FAILED mail       localhost:"), "{lines:?}");
        assert!(lines[0].contains(why) && lines[0].contains(hint), "{lines:?}");
    }
    let office = Office::open(PLAIN);
    let keys = smtp(&office, PLAIN, "").replace("tls = \"none\"", "tls = \"starttls\"");
    let lines = doctor(&keys);
    assert!(
        lines[0].contains("the server offers no STARTTLS; write tls = \"tls\" with its port, mostly 465"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn an_address_at_which_nobody_is_is_shown_and_can_have_mail_again() {
    let office = Office::open(PLAIN);
    let keys = smtp(&office, PLAIN, "");
    let folder = tempfile::tempdir().expect("a folder");
    let db = databases::sqlite(&folder).await;
    let address = "gone@customer.example".parse().expect("an address");
    let at = "2026-11-22T09:00:00Z".parse().expect("an instant");
    db.write(async |tx| tx.refuse_mailbox(&address, "550 5.1.1 no such user", at).await).await.expect("written");
    db.close().await;
    let run = |arguments: &[&str]| run_in(folder.path(), &keys, arguments);
    let (lines, code) = run(&["doctor"]);
    let line = lines.iter().find(|line| line.contains("gone@customer.example")).expect("a line about it");
    assert!(line.starts_with("FAILED") && line.contains("maintbot mail allow"), "{line}");
    assert_eq!(code, Some(1));
    let listed = "2026-11-22T09:00:00Z  gone@customer.example                    550 5.1.1 no such user";
    assert_eq!(run(&["mail", "refused"]), (vec![listed.to_owned()], Some(0)));
    let allowed = "gone@customer.example gets what is sent from now on.";
    assert_eq!(run(&["mail", "allow", "gone@customer.example"]), (vec![allowed.to_owned()], Some(0)));
    assert_eq!(run(&["mail", "allow", "gone@customer.example"]).1, Some(1));
    assert_eq!(run(&["mail", "refused", "--json"]).0, ["{\"items\":[]}"]);
    assert_eq!(run(&["mail", "allow", "nobody"]).1, Some(2));
}
