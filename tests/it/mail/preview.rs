//! What `preview` shows of a mail is what its readers get, less what is theirs alone.

use maintbot::domain::subscription::Choice;
use maintbot::message::preview::MailShown;

use super::{Desk, JIRA, PLAIN, config, one, smtp};
use crate::fake::smtp::{Office, judged};

const LIST: &str = "ce@customer.example";
const READER: &str = "anna@reader.example";

async fn previewed(desk: &Desk, line: &str) -> (String, MailShown) {
    let reply = desk.bot.say("ben", line).await;
    let text = reply.message.plain();
    let [view] = reply.previews.as_slice() else { panic!("one is wanted: {reply:#?}") };
    assert!(text.contains("\nSubject: [MW-1] "), "{text}");
    (view.shown.clone(), view.mail.clone().expect("a mail"))
}

#[tokio::test]
async fn a_preview_is_the_mail_that_goes_out() {
    let desk = Desk::open(PLAIN, &[LIST], "", "2026-11-22 09:00").await;
    desk.bot.say("ben", JIRA).await;
    let line = "/maintenance preview MW-1 announcement audience:customers surface:mail";
    let (shown, preview) = previewed(&desk, line).await;
    let sent = judged(&[one(desk.office.taken_by(LIST))]).remove(0);
    assert_eq!(preview.subject, sent["headers"]["subject"]);
    assert_eq!(preview.text, sent["plain"]);
    assert_eq!(preview.html.trim_end(), sent["page"]["html"].as_str().expect("a page").trim_end());
    assert_eq!(shown, format!("Subject: {}\n\n{}", preview.subject, preview.text));
    let names: Vec<&str> = preview.headers.keys().map(String::as_str).collect();
    assert_eq!(names, ["Auto-Submitted", "From", "List-Id", "Subject", "To", "X-Auto-Response-Suppress"]);
    for (name, value) in preview.headers.iter().filter(|(name, _)| *name != "From") {
        assert_eq!(sent["headers"][name.to_lowercase()], *value, "{name}");
    }
    assert_eq!(preview.headers["From"].replace('"', ""), sent["headers"]["from"]);
    desk.finish(&[]).await;
}

#[tokio::test]
async fn subscribers_are_not_named_and_their_links_stay_theirs() {
    let office = Office::open(PLAIN);
    let config = config(&smtp(&office, PLAIN, ""), &[], "").replace("channels = []", "channels = [\"builtin:staff\"]");
    let desk = Desk::with(office, config, "2026-11-22 09:00").await;
    let service = &desk.bot.parts.service;
    service.ask_to_subscribe(&READER.parse().expect("an address"), &Choice::default()).await.expect("stored");
    let channel = format!("email:{READER}").parse().expect("a channel");
    let found = desk.bot.parts.db.read(async |tx| tx.subscription_on(&channel).await).await.expect("readable");
    let token = found.expect("it waits").token;
    service.confirm_subscription(&token).await.expect("stored").expect("in time");
    desk.bot.say("ben", JIRA).await;
    let (_, preview) = previewed(&desk, "/maintenance preview MW-1 announcement surface:mail").await;
    assert_eq!(preview.headers["To"], "reader@example.com");
    assert_eq!(preview.headers["List-Unsubscribe"], "<https://maint.example.com/unsubscribe/TOKEN>");
    assert_eq!(preview.headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
    assert!(preview.text.contains("reader@example.com asked to be told"), "{}", preview.text);
    let all = format!("{preview:?}");
    assert!(!all.contains(READER) && !all.contains(&token), "{all}");
    let sent = judged(&desk.office.taken_by(READER));
    let announced = sent.iter().find(|mail| mail["headers"]["subject"] == preview.subject).expect("an announcement");
    let masked =
        announced["plain"].as_str().expect("text").replace(&token, "TOKEN").replace(READER, "reader@example.com");
    assert_eq!(words(&preview.text), words(&masked));
    desk.finish(&[]).await;
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}
