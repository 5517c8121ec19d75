//! One domain gets only so much in a time, and nobody else waits for it.

use super::{Desk, JIRA, PLAIN, config, smtp};
use crate::fake::smtp::Office;

#[tokio::test]
async fn a_domain_gets_no_more_than_its_rate_and_others_do_not_wait() {
    let office = Office::open(PLAIN);
    let keys = smtp(&office, PLAIN, "per_domain = \"2/min\"");
    let recipients: Vec<String> =
        (1..=5).map(|n| format!("r{n}@busy.example")).chain(["x@quiet.example".to_owned()]).collect();
    let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
    let desk = Desk::with(office, config(&keys, &recipients, ""), "2026-11-22 09:00").await;
    let taken = |desk: &Desk| -> (usize, usize) {
        let mails = desk.office.taken();
        let of = |domain: &str| mails.iter().filter(|mail| mail.to.ends_with(domain)).count();
        (of("@busy.example"), of("@quiet.example"))
    };
    desk.bot.say("ben", JIRA).await;
    assert_eq!(taken(&desk), (2, 1));
    desk.bot.at("2026-11-22 09:00:59").await;
    assert_eq!(taken(&desk), (2, 1));
    desk.bot.at("2026-11-22 09:01").await;
    assert_eq!(taken(&desk), (4, 1));
    desk.bot.at("2026-11-22 09:02").await;
    assert_eq!(taken(&desk), (5, 1));
    let rows = desk.bot.ledger(1).await;
    let attempts = rows.iter().filter(|row| row.plan.message.as_str() == "announcement").map(|row| row.attempts);
    assert_eq!(attempts.max(), Some(1), "who waits for their turn was not tried");
    desk.finish(&[]).await;
}

#[tokio::test]
async fn many_mails_go_over_few_connections() {
    let office = Office::open(PLAIN);
    let keys = smtp(&office, PLAIN, "per_domain = \"1000/s\"");
    let recipients: Vec<String> = (1..=60).map(|n| format!("r{n}@customer.example")).collect();
    let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
    let desk = Desk::with(office, config(&keys, &recipients, ""), "2026-11-22 09:00").await;
    desk.bot.say("ben", JIRA).await;
    assert_eq!(desk.office.taken().len(), 60);
    let connections = desk.office.talk().iter().filter(|line| *line == "connected").count();
    assert!(connections <= 16, "{connections} connections");
    desk.finish(&[]).await;
}
