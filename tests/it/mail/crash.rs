//! What was handed over and never answered: the second copy is the same mail to whoever gets both.

use maintbot::domain::ledger::{DeliveryState, MessageKind};

use super::{Desk, JIRA, PLAIN, one};

const AT: &str = "2026-11-22 09:00";

#[tokio::test]
async fn killed_between_the_mail_and_its_record_maintbot_sends_it_again_under_the_same_message_id() {
    let to = "hold@customer.example";
    let mut desk = Desk::open(PLAIN, &[to], "", AT).await;
    desk.bot.type_only("ben", JIRA).await;
    tokio::select! {
        biased;
        Some(()) = desk.office.held.recv() => {}
        () = desk.bot.settle() => panic!("it was held"),
    }
    assert_eq!(desk.row(to, MessageKind::Announcement).await.state, DeliveryState::Sending);
    desk.office.release();
    desk.born_again().await;
    desk.bot.settle().await;
    let copies = desk.office.taken_by(to);
    assert_eq!(copies.len(), 2);
    let id = copies[0].header("Message-ID");
    assert!(copies.iter().all(|copy| copy.header("Message-ID") == id), "{copies:#?}");
    let row = desk.row(to, MessageKind::Announcement).await;
    assert_eq!((row.state, row.remote_id), (DeliveryState::Sent, Some(id)));
    desk.finish(&[]).await;
}

#[tokio::test]
async fn a_connection_cut_after_the_mail_brings_a_second_copy_of_the_same_name() {
    let to = "drop@customer.example";
    let desk = Desk::open(PLAIN, &[to], "", AT).await;
    desk.bot.say("ben", JIRA).await;
    assert_eq!(desk.office.taken_by(to).len(), 1);
    assert_eq!(
        desk.row(to, MessageKind::Announcement).await.state,
        DeliveryState::Sending,
        "its reader may know of it"
    );
    desk.bot.at("2026-11-22 09:30").await;
    let copies = desk.office.taken_by(to);
    assert_eq!(copies.len(), 2);
    assert_eq!(copies[0].header("Message-ID"), copies[1].header("Message-ID"));
    desk.finish(&[]).await;
}

#[tokio::test]
async fn what_never_gets_an_answer_is_not_sent_without_end() {
    let to = "dropping@customer.example";
    let desk = Desk::open(PLAIN, &[to], "", AT).await;
    desk.bot.say("ben", JIRA).await;
    desk.bot.at("2026-11-24 09:00").await;
    assert_eq!(desk.office.taken_by(to).len(), 3);
    let row = desk.row(to, MessageKind::Announcement).await;
    assert_eq!(row.state, DeliveryState::Dead);
    assert!(row.error.as_deref().is_some_and(|error| error.contains("may have arrived")), "{row:?}");
    assert!(desk.bot.texts("ops").await[0].contains("may have arrived"));
    desk.finish(&["announcement email:dropping@customer.example"]).await;
}

#[tokio::test]
async fn called_off_while_in_doubt_its_reader_hears_that_it_is() {
    let to = "drop@customer.example";
    let desk = Desk::open(PLAIN, &[to], "", AT).await;
    desk.bot.say("ben", JIRA).await;
    let announced = one(desk.office.taken_by(to));
    desk.bot.say("ben", "/maintenance cancel MW-1 reason:\"Not needed\"").await;
    desk.bot.at("2026-11-22 10:00").await;
    assert_eq!(desk.rows(1, to).await[0], "announcement sent");
    let mails = desk.office.taken_by(to);
    assert_eq!(mails.len(), 2, "the announcement is not said again");
    assert_eq!(mails[1].header("Subject"), "[MW-1] Cancelled: Jira 10.3 upgrade");
    assert_eq!(mails[1].header("In-Reply-To"), announced.header("Message-ID"));
    desk.finish(&[]).await;
}
