//! Servers that take nothing, and addresses that take not everything.

use chrono::TimeDelta;
use maintbot::domain::ledger::{DeliveryState, MessageKind};

use super::{Desk, JIRA, PLAIN, STRICT, config, one, smtp};
use crate::bot::utc;
use crate::fake::smtp::{LOGIN, Office, Way};

const AT: &str = "2026-11-22 09:00";
const READER: &str = "ce@customer.example";

/// A window is announced to a server that takes nothing for a reason with this in it; with the other configuration it does,
/// and the announcement arrives once.
async fn kept_out_until(office: Office, wrong: &str, why: &str, right: &str) {
    let mut desk = Desk::with(office, config(wrong, &[READER], ""), AT).await;
    desk.bot.say("ben", JIRA).await;
    let row = desk.row(READER, MessageKind::Announcement).await;
    assert_eq!((row.state, row.attempts), (DeliveryState::Retrying, 1), "{row:?}");
    let error = row.error.unwrap_or_default();
    assert!(error.contains(why) && !error.contains(LOGIN[1]), "{error}");
    assert_eq!(desk.office.taken().len(), 0);
    desk.config = config(right, &[READER], "");
    desk.born_again().await;
    desk.bot.at("2026-11-22 11:00").await;
    one(desk.office.taken_by(READER));
    desk.finish(&[]).await;
}

#[tokio::test]
async fn a_wrong_password_is_tried_again_slowly_and_repeated_nowhere() {
    let office = Office::open(STRICT);
    let right = smtp(&office, STRICT, "");
    let wrong = right.replace(LOGIN[1], "hunter3-hunter3");
    let why = "535 the server does not take the name and password";
    kept_out_until(office, &wrong, why, &right).await;

    let office = Office::open(STRICT);
    let wrong = smtp(&office, STRICT, "").replace(LOGIN[1], "hunter3-hunter3");
    let desk = Desk::with(office, config(&wrong, &[READER, "x@other.example", "y@third.example"], ""), AT).await;
    desk.bot.say("ben", JIRA).await;
    desk.bot.at("2026-11-22 12:00").await;
    let tried = desk.office.talk().iter().filter(|line| line.ends_with("refused")).count();
    // After 5, 10, 20, 40 and 60 minutes, whoever is to get something; those at the same moment go together.
    assert!((4..=18).contains(&tried), "{tried} times in three hours");
    assert!(!format!("{:?}", desk.bot.ledger(1).await).contains("hunter3"));
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_nothing() {
    let office = Office::open(STRICT);
    let right = smtp(&office, STRICT, "");
    let wrong: Vec<&str> = right.lines().filter(|line| !line.starts_with("ca_file")).collect();
    kept_out_until(office, &wrong.join("\n"), "UnknownIssuer", &right).await;
}

#[tokio::test]
async fn nothing_is_said_in_the_open_where_tls_is_wanted() {
    let office = Office::open(PLAIN);
    let right = smtp(&office, PLAIN, "");
    let wrong = right.replace("tls = \"none\"", "tls = \"starttls\"");
    kept_out_until(office, &wrong, "the server offers no STARTTLS", &right).await;
}

#[tokio::test]
async fn a_server_that_wants_tls_says_so() {
    let way = Way { login: false, ..STRICT };
    let office = Office::open(way);
    let right = smtp(&office, way, "");
    let wrong = right.replace("tls = \"starttls\"", "tls = \"none\"");
    kept_out_until(office, &wrong, "530 Must issue a STARTTLS command first", &right).await;
}

#[tokio::test]
async fn a_server_that_wants_to_know_who_it_is_says_so() {
    let office = Office::open(STRICT);
    let right = smtp(&office, STRICT, "");
    let wrong: Vec<&str> =
        right.lines().filter(|line| !line.contains("name = ") && !line.contains("password")).collect();
    kept_out_until(office, &wrong.join("\n"), "530 5.7.0 Authentication required", &right).await;
}

#[tokio::test]
async fn tls_from_the_first_byte_works() {
    let way = Way { tls: "tls", required: false, login: false };
    let desk = Desk::open(way, &[READER], "", AT).await;
    desk.bot.say("ben", JIRA).await;
    assert!(one(desk.office.taken_by(READER)).tls);
    desk.finish(&[]).await;
}

#[tokio::test]
async fn a_server_that_is_away_is_left_alone_and_gets_everything_later() {
    let office = Office::open(PLAIN);
    let right = smtp(&office, PLAIN, "");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = closed.local_addr().expect("its address").port();
    drop(closed);
    let wrong = right.replace(&format!("port = {}", office.port), &format!("port = {port}"));
    kept_out_until(office, &wrong, "refused", &right).await;
}

#[tokio::test]
async fn a_mail_that_is_refused_is_given_up_and_told_and_its_address_stays_good() {
    let (spam, closed) = ("spam@customer.example", "closed@other.example");
    let desk = Desk::open(PLAIN, &[spam, closed, READER], "", AT).await;
    desk.bot.say("ben", JIRA).await;
    for (to, why) in [(spam, "550 5.7.0 This looks like spam"), (closed, "550 5.7.1 Members only")] {
        let row = desk.row(to, MessageKind::Announcement).await;
        assert_eq!((row.state, row.error.as_deref()), (DeliveryState::Dead, Some(why)));
        assert!(desk.bot.texts("ops").await.iter().any(|text| text.contains(why)));
    }
    one(desk.office.taken_by(READER));
    let refused = desk.bot.parts.db.read(async |tx| tx.refused_mailboxes().await).await.expect("readable");
    assert_eq!(refused, []);
    desk.finish(&["announcement email:spam@customer.example", "announcement email:closed@other.example"]).await;
}

#[tokio::test]
async fn a_full_mailbox_is_tried_for_a_day_with_growing_waits() {
    let full = "full@customer.example";
    let desk = Desk::open(PLAIN, &[full], "", AT).await;
    desk.bot.say("ben", JIRA).await;
    let first = desk.bot.parts.sender.next_at().await.expect("readable").expect("a next try");
    let wait = first - utc(AT);
    assert!(wait >= TimeDelta::minutes(5) && wait <= TimeDelta::minutes(10), "{wait}");
    desk.bot.at("2026-11-23 12:00").await;
    let row = desk.row(full, MessageKind::Announcement).await;
    assert_eq!((row.state, row.error.as_deref()), (DeliveryState::Dead, Some("452 4.2.2 Mailbox full")));
    assert!((15..=40).contains(&row.attempts), "{} times in a day", row.attempts);
    desk.finish(&["announcement email:full@customer.example"]).await;
}

#[tokio::test]
async fn an_address_that_is_allowed_again_gets_what_comes() {
    let to = "unknown@customer.example";
    let desk = Desk::open(PLAIN, &[to], "", AT).await;
    desk.bot.say("ben", JIRA).await;
    let address = to.parse().expect("an address");
    let db = &desk.bot.parts.db;
    let refused = db.read(async |tx| tx.refused_mailboxes().await).await.expect("readable");
    assert_eq!(refused[0].reason, "550 5.1.1 No such user here");
    assert!(db.write(async |tx| tx.allow_mailbox(&address).await).await.expect("written"));
    assert!(!db.write(async |tx| tx.allow_mailbox(&address).await).await.expect("written"), "once");
    desk.bot.say("ben", "/maintenance schedule \"Disks\" service:crm when:\"2026-12-20 10:00-11:00\"").await;
    let asked = desk.office.talk().iter().filter(|line| line.starts_with(to)).count();
    assert_eq!(asked, 2, "asked again");
    desk.finish(&["announcement email:unknown@customer.example", "announcement email:unknown@customer.example"]).await;
}
