//! Windows from announcement to end by mail: over TLS with a name and a password, to a customer, to one whose server
//! greylists, to an address at which nobody is, and to who answers for the window.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Desk, JIRA, STRICT};
use crate::fake::smtp::{LOGIN, Taken, judged};

const READER: &str = "ce@customer.example";
const GREY: &str = "greylist@other.example";
const NOBODY: &str = "unknown@customer.example";
const POC: &str = "anna@example.com";

/// MW-1 is announced, moved, reminded of, begins, takes longer and ends; MW-2 is announced and called off.
async fn told() -> Desk {
    let desk = Desk::open(STRICT, &[READER, GREY, NOBODY], "", "2026-11-22 09:00").await;
    let bot = &desk.bot;
    bot.say("ben", JIRA).await;
    bot.at("2026-11-23 09:00").await;
    bot.say("ben", "/maintenance reschedule MW-1 when:\"2026-12-06 17:00-20:00\" reason:\"The vendor is late\"").await;
    bot.at("2026-12-06 15:10").await;
    bot.say("anna", "/maintenance extend MW-1 30m reason:\"Index rebuild\"").await;
    bot.at("2026-12-06 18:20").await;
    bot.say("anna", "/maintenance done MW-1 1").await;
    bot.say("anna", "/maintenance complete MW-1 note:\"Everything works again\"").await;
    bot.at("2026-12-07 09:00").await;
    bot.say("ben", "/maintenance schedule \"Disks\" service:crm when:\"2026-12-20 10:00-11:00\" poc:@anna").await;
    bot.at("2026-12-07 10:00").await;
    bot.say("ben", "/maintenance cancel MW-2 reason:\"Not needed\"").await;
    bot.at("2026-12-08 09:00").await;
    desk
}

fn about(desk: &Desk, to: &str, window: &str) -> Vec<Taken> {
    let mut mails = desk.office.taken_by(to);
    mails.retain(|mail| mail.header("Subject").starts_with(&format!("[{window}] ")));
    mails
}

fn subjects(mails: &[Taken]) -> Vec<String> {
    mails.iter().map(|mail| mail.header("Subject")).collect()
}

#[tokio::test]
async fn everybody_is_told_once_in_order_whatever_their_servers_do() {
    let desk = told().await;
    let of_jira = [
        "[MW-1] Planned maintenance: Jira 10.3 upgrade",
        "[MW-1] Moved: Jira 10.3 upgrade",
        "[MW-1] Reminder: Jira 10.3 upgrade",
        "[MW-1] Started: Jira 10.3 upgrade",
        "[MW-1] Extended by 30m: Jira 10.3 upgrade",
        "[MW-1] Completed: Jira 10.3 upgrade",
    ];
    let of_disks = ["[MW-2] Planned maintenance: Disks", "[MW-2] Cancelled: Disks"];
    for to in [READER, GREY] {
        assert_eq!(subjects(&about(&desk, to, "MW-1")), of_jira, "{to}");
        assert_eq!(subjects(&about(&desk, to, "MW-2")), of_disks, "{to}");
    }
    assert_eq!(desk.office.taken_by(NOBODY).len(), 0);
    let talk = desk.office.talk();
    let said = |start: &str| talk.iter().filter(|line| line.starts_with(start) && !line.ends_with("taken")).count();
    assert_eq!(said(GREY), 1, "greylisted once: {talk:#?}");
    assert_eq!(said(NOBODY), 1, "never asked again: {talk:#?}");
    for mail in desk.office.taken() {
        assert!(
            mail.tls && mail.login.as_deref() == Some(LOGIN[0]) && mail.from == "maintenance@example.com",
            "{mail:?}"
        );
    }

    let rows = desk.rows(1, NOBODY).await;
    assert!(rows.contains(&"announcement dead".into()), "{rows:?}");
    assert!(rows[1..].iter().all(|row| !row.ends_with(" sent") && !row.ends_with(" dead")), "{rows:?}");
    assert!(rows.contains(&"reminder skipped no_recipient".into()), "{rows:?}");
    assert_eq!(desk.rows(2, NOBODY).await[0], "announcement skipped no_recipient");
    // Who answers for the window hears of it by mail, ops in the console.
    let failed = "[MW-1] Jira 10.3 upgrade: the announcement could not be delivered to email:unknown@customer.example";
    assert!(desk.subjects(POC)[0].starts_with(&failed[..60]), "{:?}", desk.subjects(POC));
    assert!(
        desk.bot.texts("ops").await[0].contains("550 5.1.1 No such user here"),
        "{:?}",
        desk.bot.texts("ops").await
    );
    desk.finish(&["announcement email:unknown@customer.example"]).await;
}

#[tokio::test]
async fn a_window_is_one_thread() {
    let desk = told().await;
    let mut ids = BTreeSet::new();
    for (to, window) in [(READER, "MW-1"), (READER, "MW-2"), (GREY, "MW-1"), (POC, "MW-1")] {
        let mails = about(&desk, to, window);
        let of = |mail: &Taken| mail.header("Message-ID");
        assert!(mails.len() > 1, "{to} {window}");
        for (n, mail) in mails.iter().enumerate() {
            let id = of(mail);
            assert!(id.starts_with('<') && id.ends_with("@example.com>") && ids.insert(id), "{mail:?}");
            let before: Vec<String> = mails[..n].iter().map(of).collect();
            let last = before.last().cloned().unwrap_or_default();
            assert_eq!(mail.header("In-Reply-To"), last);
            let both = if n > 1 { format!("{} {last}", before[0]) } else { last };
            assert_eq!(mail.header("References"), both);
        }
    }
    desk.finish(&["announcement email:unknown@customer.example"]).await;
}

#[tokio::test]
async fn the_calendar_file_follows_the_window() {
    let desk = told().await;
    let field = |mail: &Value, name: &str| mail["calendar"][name].clone();
    let mails = judged(&about(&desk, READER, "MW-1"));
    let shown: Vec<Value> = mails
        .iter()
        .filter(|mail| mail["calendar"].is_object())
        .map(|mail| {
            json!([field(mail, "status"), field(mail, "maintnote_status"), field(mail, "start"), field(mail, "end")])
        })
        .collect();
    let [old, new, later] = [["14:00", "18:00"], ["15:00", "18:00"], ["15:00", "18:30"]]
        .map(|times| times.map(|t| format!("2026-12-06T{t}:00+00:00")));
    assert_eq!(
        shown,
        [
            json!(["CONFIRMED", "CONFIRMED", old[0], old[1]]),
            json!(["CONFIRMED", "CONFIRMED", new[0], new[1]]),
            json!(["CONFIRMED", "CONFIRMED", new[0], new[1]]),
            json!(["CONFIRMED", "IN-PROCESS", later[0], later[1]]),
            json!(["CONFIRMED", "COMPLETED", later[0], later[1]]),
        ]
    );
    assert_eq!(mails[3]["calendar"], Value::Null, "that it has begun is not for calendars");
    let sequences: Vec<i64> = mails.iter().filter_map(|mail| field(mail, "sequence").as_i64()).collect();
    assert!(sequences.is_sorted() && sequences[0] < sequences[1] && sequences[2] < sequences[3], "{sequences:?}");
    for mail in mails.iter().filter(|mail| mail["calendar"].is_object()) {
        assert_eq!(field(mail, "uid"), "MW-1@maint.example.com");
        assert_eq!(field(mail, "file"), "MW-1.ics");
        assert_eq!(field(mail, "method"), "", "mail programs leave it to their readers");
        assert_eq!((field(mail, "charset"), field(mail, "parameter")), (json!("utf-8"), Value::Null));
        assert_eq!(field(mail, "organizer"), json!(["mailto:maintenance@example.com", "Example Cloud"]));
        let seen = &field(mail, "noticed");
        assert_eq!((&seen["maintenance"], &seen["circuits"]), (&json!("MW-1"), &json!([["jira", "OUTAGE"]])));
        assert_eq!((&seen["status"], &seen["sequence"]), (&field(mail, "maintnote_status"), &field(mail, "sequence")));
    }
    let called_off = judged(&about(&desk, READER, "MW-2"));
    assert_eq!(field(&called_off[1], "status"), "CANCELLED");
    assert_eq!(field(&called_off[1], "maintnote_status"), "CANCELLED");
    assert_eq!(field(&called_off[1], "noticed")["status"], "CANCELLED");
    desk.finish(&["announcement email:unknown@customer.example"]).await;
}

#[tokio::test]
async fn mails_read_well_as_text_and_as_pages() {
    let desk = told().await;
    let mails = judged(&about(&desk, READER, "MW-1"));
    insta::assert_snapshot!("announcement_text", mails[0]["plain"].as_str().expect("text"));
    insta::assert_snapshot!("announcement_page", mails[0]["page"]["html"].as_str().expect("a page"));
    insta::assert_snapshot!("extended_text", mails[4]["plain"].as_str().expect("text"));
    let head = mails[0]["headers"].as_object().expect("headers");
    let shown: Vec<String> =
        head.iter().map(|(name, value)| format!("{name}: {}", value.as_str().unwrap_or(""))).collect();
    let id = mails[0]["headers"]["message-id"].as_str().expect("an id").to_owned();
    insta::assert_snapshot!(shown.join("\n").replace(&id, "<ID>"), @r"
    auto-submitted: auto-generated
    date: Sun, 22 Nov 2026 09:00:00 +0000
    from: Example Cloud <maintenance@example.com>
    list-id: <customers.maintbot.example.com>
    message-id: <ID>
    mime-version: 1.0
    subject: [MW-1] Planned maintenance: Jira 10.3 upgrade
    to: ce@customer.example
    x-auto-response-suppress: OOF, AutoReply
    ");
    for mail in &mails {
        assert_eq!(mail["recipients"], json!([READER]));
        assert!(
            mail["page"]["links"]
                .as_array()
                .expect("links")
                .iter()
                .all(|to| *to == "https://maint.example.com/windows/MW-1")
        );
    }
    desk.finish(&["announcement email:unknown@customer.example"]).await;
}
