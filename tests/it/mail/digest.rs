//! Digests by mail: each a mail by itself, for whoever reads there.

use super::{Desk, PLAIN, one};
use crate::fake::smtp::judged;

const LEADS: &str = "leads@example.com";

#[tokio::test]
async fn each_digest_is_a_mail_by_itself_without_a_calendar_file() {
    let more = format!("[[service]]\nid = \"jira\"\nname = \"Jira\"\n[digest]\nchannels = [\"email:{LEADS}\"]\n");
    let desk = Desk::open(PLAIN, &["ce@customer.example"], &more, "2026-12-08 09:00").await;
    desk.bot.say("anna", "schedule \"Cables\" service:jira when:\"2026-12-16 10:00-11:00\" poc:@anna").await;
    desk.bot.at("2026-12-14 07:00").await;
    let first = judged(&[one(desk.office.taken_by(LEADS))]).remove(0);
    assert_eq!(first["headers"]["subject"], "[digest] Maintenance at Example Cloud: 1 ahead");
    let text = first["plain"].as_str().expect("a text");
    assert!(text.contains("MW-1: Cables") && text.contains("is told of planned maintenance"), "{text}");
    desk.bot.at("2026-12-21 07:00").await;
    let both = judged(&desk.office.taken_by(LEADS));
    assert_eq!(both.len(), 2);
    for mail in &both {
        assert!(mail["headers"]["in-reply-to"].is_null() && mail["calendar"].is_null(), "{mail:#}");
    }
}
