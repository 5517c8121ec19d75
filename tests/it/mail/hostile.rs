//! Text from people that tries to be a header, markup, a calendar line or a link: it is shown as typed and does nothing.

use super::{Desk, PLAIN, config, smtp};
use crate::fake::smtp::{Office, judged};

const READER: &str = "ce@customer.example";
const STAFF: &str = "staff@example.com";

/// Each tries every trick there is.
const TRICKS: [&str; 6] = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "Disks\r\nBcc: victim@example.org\r\n\r\n<html>",
    "x\nEND:VEVENT\nBEGIN:VEVENT\nATTENDEE:mailto:victim@example.org",
    "\"; DTSTART:20200101T000000Z, \\n \\, X-MAINTNOTE-STATUS:CANCELLED",
    "</style></title><a href=\"javascript:alert(1)\">free</a> data:text/html,x {{ 7 * 7 }} {% include 'x' %}",
    "=?utf-8?q?Bcc=3A?= <!-- --> <![CDATA[ ]]> &lt;b&gt; \u{202e}evil\u{2028}Bcc: v@example.org ünïcödé 🔧",
];

/// A value in quotes, as somebody types it.
fn typed(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// As it is shown: without breaks, controls and turned writing.
fn seen(text: &str) -> String {
    let text = text.replace('\u{202e}', "").replace('\u{2028}', " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn what_people_type_is_text_in_every_mail() {
    for trick in TRICKS {
        let office = Office::open(PLAIN);
        let keys = smtp(&office, PLAIN, "calendar_method = [\"ce@customer.example\"]");
        // Without a name of its own it is the organisation's.
        let keys = keys.replace("Example Cloud <maintenance@example.com>", "maintenance@example.com");
        let more = format!(
            "[[audience]]\nname = \"staff\"\ninternal = true\nchannels = [\"email:{STAFF}\"]\nmessages = [\"announcement\", \
             \"change_list\", \"note\", \"cancelled\", \"moved\"]\n"
        );
        let config =
            config(&keys, &[READER], &more).replace("name = \"Example Cloud\"", "name = \"Ex<b>am\\\"ple; Cloud\"");
        let desk = Desk::with(office, config, "2026-11-22 09:00").await;
        let bot = &desk.bot;
        let evil = typed(trick);
        let line = format!(
            "/maintenance schedule {evil} service:jira when:\"2026-12-06 16:00-20:00\" impact:{evil} rollback:{evil} item:{evil}"
        );
        bot.say("ben", &line).await;
        bot.say("ben", &format!("/maintenance note MW-1 {evil}")).await;
        bot.at("2026-12-05 15:00").await;
        bot.say("ben", &format!("/maintenance reschedule MW-1 when:\"2026-12-07 16:00-20:00\" reason:{evil}")).await;
        bot.say("ben", &format!("/maintenance qa add MW-1 {evil} {evil}")).await;
        bot.say("ben", &format!("/maintenance cancel MW-1 reason:{evil}")).await;
        bot.at("2026-12-08 09:00").await;
        let taken = desk.office.taken();
        assert!(taken.len() >= 8, "{}", taken.len());
        // The judge finds no header, part, element, attribute or property that is not ours.
        for mail in judged(&taken) {
            let subject = mail["headers"]["subject"].as_str().expect("a subject").replace('\u{200b}', "");
            let (plain, page) = (mail["plain"].as_str().expect("text"), mail["page"]["text"].as_str().expect("a page"));
            let begins: String = seen(trick).chars().take(30).collect();
            assert!(subject.contains(&begins), "{subject}\n{begins}");
            assert!(seen(plain).contains(&seen(trick)), "{plain}");
            assert!(page.contains(&seen(trick)), "{page}\n{}", seen(trick));
            assert_eq!(mail["recipients"].as_array().map(Vec::len), Some(1));
            let links = mail["page"]["links"].as_array().expect("links");
            assert!(links.iter().all(|link| *link == "https://maint.example.com/windows/MW-1"), "{links:?}");
            if mail["calendar"].is_object() {
                assert_eq!(mail["calendar"]["summary"], format!("Maintenance: {}", seen(trick)));
                assert!(seen(mail["calendar"]["description"].as_str().expect("text")).contains(&seen(trick)));
                assert_eq!(mail["calendar"]["organizer"][1], "Ex<b>am'ple; Cloud");
            }
        }
        desk.finish(&[]).await;
    }
}

#[tokio::test]
async fn only_who_asked_for_it_gets_a_method() {
    let office = Office::open(PLAIN);
    let keys = smtp(&office, PLAIN, "calendar_method = [\"calendar@customer.example\"]");
    let desk = Desk::with(office, config(&keys, &[READER, "calendar@customer.example"], ""), "2026-11-22 09:00").await;
    desk.bot.say("ben", super::JIRA).await;
    for (to, method) in [(READER, ""), ("calendar@customer.example", "PUBLISH")] {
        let mails = judged(&desk.office.taken_by(to));
        assert_eq!(mails[0]["calendar"]["method"], method);
        assert_eq!(mails[0]["calendar"]["parameter"].as_str().unwrap_or_default(), method);
    }
    desk.finish(&[]).await;
}
