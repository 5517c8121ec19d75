//! Mail: the server, signing in, and who is reached by it.

use chrono::TimeDelta;
use maintbot::config::{Config, Rate, Smtp, SmtpTls};
use secrecy::ExposeSecret;

use super::{FILE, NO_ENVIRONMENT, good, lines, problem, with_environment};

const ONE: &str = "[smtp]\nhost = \"mail.example.com\"\nfrom = \"maintenance@example.com\"\n";

fn smtp(text: &str) -> Smtp {
    good(text).smtp.expect("mail is written")
}

#[test]
fn without_a_word_there_is_no_mail() {
    assert!(Config::with_defaults().smtp.is_none());
}

#[test]
fn a_server_and_a_sender_are_enough() {
    let found = smtp(ONE);
    assert_eq!((found.host.as_str(), found.port, found.tls), ("mail.example.com", 587, SmtpTls::Starttls));
    assert_eq!((found.from.to_string().as_str(), found.from_name), ("maintenance@example.com", None));
    assert_eq!(found.per_domain, Rate { most: 60, per: TimeDelta::minutes(1) });
    assert!(
        found.login.is_none() && found.ca.is_none() && found.reply_to.is_none() && found.calendar_method.is_empty()
    );
    for (tls, port) in [("none", 25), ("starttls", 587), ("tls", 465)] {
        assert_eq!(smtp(&format!("{ONE}tls = \"{tls}\"\n")).port, port);
    }
    assert_eq!(smtp(&format!("{ONE}port = 2525\n")).port, 2525);
}

#[test]
fn everything_can_be_written_and_the_password_is_shown_nowhere() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("smtp.password"), "hunter2-hunter2\n").expect("written");
    let ca = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/mail/ca.pem"));
    std::fs::write(folder.path().join("ca.pem"), ca).expect("written");
    let text = r#"[smtp]
host = "::1"
tls = "tls"
username = "maint bot"
password_file = "smtp.password"
from = "\"Example, Cloud\" <Maintenance@EXAMPLE.com>"
reply_to = "it@example.com"
ca_file = "ca.pem"
per_domain = "5 / s"
calendar_method = ["a@example.com"]
"#;
    let config = Config::from_text(&folder.path().join(FILE), text, NO_ENVIRONMENT).expect("good");
    assert!(!format!("{config:?}").contains("hunter2"));
    let found = config.smtp.expect("mail is written");
    let login = found.login.expect("a login");
    assert_eq!((login.username.as_str(), login.password.expose_secret()), ("maint bot", "hunter2-hunter2"));
    assert_eq!(found.from_name.as_deref(), Some("Example, Cloud"));
    assert_eq!(found.from.to_string(), "Maintenance@example.com");
    assert_eq!(found.per_domain, Rate { most: 5, per: TimeDelta::seconds(1) });
    assert_eq!(found.ca.as_deref(), Some(ca));
    let from_environment = with_environment(
        &format!("{ONE}username = \"maintbot\"\npassword = \"x\"\n"),
        &[("MAINTBOT__SMTP__PASSWORD", "hunter3")],
    );
    let login = from_environment.expect("good").smtp.and_then(|smtp| smtp.login).expect("a login");
    assert_eq!(login.password.expose_secret(), "hunter3");
}

#[test]
fn what_is_wrong_is_told_with_what_to_write() {
    for (keys, expected) in [
        (
            "host = \"mail.example.com:25\"",
            "`host` in [smtp]: `mail.example.com:25` is not the name of a host; write the name alone, such as \
             mail.example.com; its port goes into port",
        ),
        ("port = 70000", "`port` in [smtp]: there are no ports above 65535; write port = 587"),
        ("tls = \"ssl\"", "`tls` in [smtp]: `ssl` is unknown; there are none, starttls, tls"),
        (
            "tls = \"none\"\nusername = \"a\"\npassword = \"hunter2\"",
            "`tls` in [smtp]: the password could be read by everybody on the way; write tls = \"starttls\" or tls = \
             \"tls\"",
        ),
        (
            "username = \"a\"",
            "`username` in [smtp]: its password is missing; add password_file = \"smtp.password\", or leave username out",
        ),
        ("password = \"hunter2\"", "`password` in [smtp]: it is not said whose password this is; add username"),
        (
            "username = \"a\"\npassword = \"hun\\nter2\"",
            "`password` in [smtp]: this is not a password; give it on one line",
        ),
        (
            "reply_to = \"it\"",
            "`reply_to` in [smtp]: `it` is not an address of mail: write for example `ops@example.com`",
        ),
        (
            "per_domain = \"0/min\"",
            "`per_domain` in [smtp]: `0/min` is not so many in a time; write for example \"60/min\"",
        ),
        (
            "per_domain = \"9/day\"",
            "`per_domain` in [smtp]: `9/day` is not so many in a time; write for example \"60/min\"",
        ),
    ] {
        let own = keys.split(" = ").next().unwrap_or_default();
        let base: Vec<&str> = ONE.lines().filter(|line| !line.starts_with(own)).collect();
        let found = problem(&format!("{}\n{keys}\n", base.join("\n")));
        let said = found.split_once(": ").map(|(_, said)| said);
        assert_eq!(said, Some(expected), "{keys}");
        assert!(!found.contains("hunter2"), "{found}");
    }
    let sender = |from: &str| problem(&format!("[smtp]\nhost = \"a\"\nfrom = \"{from}\"\n"));
    assert!(sender("Us <us@example.com").contains("has no > at its end"), "{}", sender("Us <us@example.com"));
    assert!(sender("us").contains("`us` is not an address of mail"));
    assert!(sender("A\\nBcc: x <us@example.com>").contains("one line"));
    assert_eq!(lines("[smtp]\n").len(), 2, "host and from");
    assert!(problem(&format!("{ONE}ca_file = \"Cargo.lock\"\n")).contains("holds no certificate"));
}

#[test]
fn a_password_may_go_in_the_open_to_this_machine_alone() {
    let keys = "tls = \"none\"\nusername = \"a\"\npassword = \"b\"\nfrom = \"a@example.com\"\n";
    for host in ["localhost", "127.0.0.1", "::1"] {
        assert_eq!(smtp(&format!("[smtp]\nhost = \"{host}\"\n{keys}")).tls, SmtpTls::None);
    }
}

#[test]
fn who_is_reached_by_mail_needs_the_section() {
    let channels = "[[audience]]\nname = \"a\"\nchannels = [\"email:ce@example.com\"]\n";
    assert_eq!(
        problem(channels),
        "maintbot.toml:3: `channels` in [[audience]]: `email:ce@example.com` cannot be reached without mail; add [smtp] with \
         host and from"
    );
    good(&format!("{ONE}{channels}"));
    let people = "[people.anna]\nemail = \"anna@example.com\"\n";
    let own = |config: &Config| config.organisation.own_channel("anna").map(|channel| channel.to_string());
    assert_eq!(own(&good(&format!("{ONE}{people}"))).as_deref(), Some("email:anna@example.com"));
    assert_eq!(own(&good(people)), None, "nobody could write to her");
    let both = format!("{ONE}{people}slack = \"U1\"\n[slack]\nbot_token = \"xoxb-1\"\napp_token = \"xapp-1\"\n");
    assert_eq!(own(&good(&both)).as_deref(), Some("slack:U1"), "where she can answer comes first");
    let twice = format!("{ONE}{people}[people.bo]\nemail = \"Anna@example.com\"\n");
    assert!(problem(&twice).contains("is there already, at line 5"), "{}", problem(&twice));
}
