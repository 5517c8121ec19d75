//! Asking for mail on the public page: nothing goes out before it is confirmed, and it ends by the link of any mail.

use maintbot::domain::channel::EmailAddress;
use maintbot::domain::event::What;
use maintbot::domain::ledger::{Delivery, DeliveryState, MessageKind};
use maintbot::domain::organisation::Organisation;
use maintbot::domain::subject::Subject;
use maintbot::domain::subscription::{Choice, Subscription, SubscriptionId};
use maintbot::message::audience::{Telling, Templates};
use maintbot::message::topic::Topic;
use maintbot::service::subscribers::Asked;
use maintbot::store::StoreError;

use super::{CONFIG, JIRA, rows, subscribed};
use crate::bot::{Bot, story, utc};

fn address(text: &str) -> EmailAddress {
    text.parse().expect("an address")
}

fn jira() -> Choice {
    Choice { services: vec!["jira".into()], regions: vec![] }
}

async fn ask(bot: &Bot, to: &str, choice: &Choice) -> Asked {
    bot.parts.service.ask_to_subscribe(&address(to), choice).await.expect("stored")
}

/// The subscription of an address, confirmed or not.
async fn known(bot: &Bot, to: &str) -> Option<Subscription> {
    let channel = format!("email:{to}").parse().expect("a channel");
    bot.parts.db.read(async |tx| tx.subscription_on(&channel).await).await.expect("readable")
}

/// The mails to confirm that were ever owed for a subscription.
async fn mails(bot: &Bot, id: SubscriptionId) -> Vec<Delivery> {
    bot.parts.db.read(async |tx| tx.deliveries(id).await).await.expect("readable")
}

async fn heard(bot: &Bot, id: i64, to: &str) -> Vec<String> {
    rows(&bot.ledger(id).await, &format!("email:{to}"))
}

const ANNA: &str = "anna@example.com";

#[tokio::test]
async fn mail_begins_when_its_reader_confirms_and_ends_by_the_link_of_any_mail() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        bot.say("boss", JIRA).await;
        assert_eq!(ask(bot, ANNA, &jira()).await, Asked::Heard);
        let asked = known(bot, ANNA).await.expect("it waits");
        let owed = mails(bot, asked.id).await;
        assert_eq!(owed.len(), 1);
        assert_eq!((owed[0].plan.message, owed[0].state), (MessageKind::ConfirmSubscription, DeliveryState::Due));
        assert_eq!((subscribed(bot).await, heard(bot, 1, ANNA).await), (vec![], vec![]));

        let confirmed = bot.parts.service.confirm_subscription(&asked.token).await.expect("stored").expect("in time");
        assert_eq!((confirmed.choice.clone(), confirmed.since), (jira(), Some(utc("2026-11-01 09:00"))));
        bot.settle().await;
        let owed = ["announcement 14d due", "reminder 7d due", "reminder 1d due"];
        assert_eq!(heard(bot, 1, ANNA).await, owed.map(|row| format!("subscribers {row}")));
        let again = bot.parts.service.confirm_subscription(&asked.token).await.expect("stored");
        assert_eq!(again, Some(confirmed), "confirming again changes nothing");

        assert!(bot.parts.service.unsubscribe_by_token(&asked.token).await.expect("stored"));
        assert!(!bot.parts.service.unsubscribe_by_token(&asked.token).await.expect("stored"), "it has ended");
        assert_eq!((subscribed(bot).await, known(bot, ANNA).await), (vec![], None));
        let gone = ["announcement 14d", "reminder 7d", "reminder 1d"];
        assert_eq!(heard(bot, 1, ANNA).await, gone.map(|row| format!("subscribers {row} skipped unsubscribed")));
    })
    .await;
}

#[tokio::test]
async fn what_is_chosen_anew_counts_when_it_is_confirmed_and_not_before() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        ask(bot, ANNA, &jira()).await;
        let first = known(bot, ANNA).await.expect("it waits");
        bot.parts.service.confirm_subscription(&first.token).await.expect("stored");
        let crm = Choice { services: vec!["crm".into()], regions: vec!["eu".into()] };
        ask(bot, ANNA, &crm).await;
        assert_eq!(subscribed(bot).await, ["email:anna@example.com jira all"]);
        let second = known(bot, ANNA).await.expect("it waits");
        assert_eq!(second.token, first.token, "links of earlier mails stay good");
        bot.parts.service.confirm_subscription(&second.token).await.expect("stored");
        assert_eq!(subscribed(bot).await, ["email:anna@example.com crm eu"]);
        bot.settle().await;
    })
    .await;
}

#[tokio::test]
async fn what_nobody_confirms_within_two_days_is_forgotten_with_the_address() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        ask(bot, "ben@example.com", &jira()).await;
        let ben = known(bot, "ben@example.com").await.expect("it waits");
        bot.parts.service.confirm_subscription(&ben.token).await.expect("stored");
        ask(bot, "ben@example.com", &Choice::default()).await;
        ask(bot, ANNA, &jira()).await;
        let anna = known(bot, ANNA).await.expect("it waits");
        bot.settle().await;
        bot.at("2026-11-03 08:59").await;
        bot.parts.service.forget_wishes(bot.clock.now()).await.expect("stored");
        assert!(bot.parts.service.subscription_of_token(&anna.token).await.expect("readable").is_some());
        bot.at("2026-11-03 09:00").await;
        assert_eq!(bot.parts.service.subscription_of_token(&anna.token).await.expect("readable"), None);
        assert_eq!(bot.parts.service.confirm_subscription(&anna.token).await.expect("stored"), None, "too late");
        bot.parts.service.forget_wishes(bot.clock.now()).await.expect("stored");
        assert_eq!((known(bot, ANNA).await, mails(bot, anna.id).await), (None, vec![]));
        let events = bot.parts.db.read(async |tx| tx.events(Subject::from(anna.id)).await).await.expect("readable");
        assert_eq!(events, []);
        assert_eq!(subscribed(bot).await, ["email:ben@example.com jira all"], "what was confirmed stays");
        assert_eq!(known(bot, "ben@example.com").await.and_then(|ben| ben.wish), None);
    })
    .await;
}

#[tokio::test]
async fn an_address_gets_three_mails_however_often_it_is_asked_for() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        for minute in 0..59 {
            bot.clock.set(utc(&format!("2026-11-01 09:{minute:02}")));
            assert_eq!(ask(bot, ANNA, &jira()).await, Asked::Heard, "nobody learns that it was asked for before");
        }
        let asked = known(bot, ANNA).await.expect("it waits");
        let owed: Vec<String> =
            mails(bot, asked.id).await.iter().map(|row| row.plan.due_at.format("%H:%M").to_string()).collect();
        assert_eq!(owed, ["09:00", "09:10", "09:20"]);
    })
    .await;
}

#[tokio::test]
async fn thousands_of_addresses_are_not_all_kept() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        let mut turned_away = 0;
        for n in 0..1_050 {
            if ask(bot, &format!("{n}@example.com"), &jira()).await == Asked::Full {
                turned_away += 1;
            }
        }
        assert_eq!(turned_away, 50);
        let counts = bot.parts.db.read(async |tx| tx.subscription_counts().await).await.expect("readable");
        assert_eq!(counts, (1_000, 1_000));
    })
    .await;
}

#[tokio::test]
async fn a_mail_to_confirm_that_cannot_be_sent_is_no_news_to_ops_and_the_trail_has_no_address() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        ask(bot, ANNA, &jira()).await;
        let asked = known(bot, ANNA).await.expect("it waits");
        bot.settle().await;
        assert_eq!(mails(bot, asked.id).await.iter().map(|row| row.state).collect::<Vec<_>>(), [DeliveryState::Dead]);
        assert_eq!(bot.timeline("ops").await, [""; 0]);
        bot.parts.service.confirm_subscription(&asked.token).await.expect("stored");
        bot.parts.service.unsubscribe_by_token(&asked.token).await.expect("stored");
        let events = bot.parts.db.read(async |tx| tx.events(Subject::from(asked.id)).await).await.expect("readable");
        let what: Vec<&What> = events.iter().map(|event| &event.what).collect();
        let masked = "email:a…@example.com".to_owned();
        let subscribed = What::Subscribed { channel: masked.clone(), services: vec!["jira".into()], regions: vec![] };
        assert_eq!(what, [&What::SubscriptionAsked, &subscribed, &What::Unsubscribed { channel: masked }]);
    })
    .await;
}

#[tokio::test]
async fn readers_by_mail_are_counted_and_not_named_to_those_who_plan() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        for to in [ANNA, "ben@example.com"] {
            ask(bot, to, &jira()).await;
            let token = known(bot, to).await.expect("it waits").token;
            bot.parts.service.confirm_subscription(&token).await.expect("stored");
        }
        let reply = bot.say("boss", JIRA).await.message.plain();
        let ledger = bot.say("boss", "/maintenance reminders MW-1").await.message.plain();
        for text in [&reply, &ledger] {
            assert!(text.contains("subscribers (2 by mail)") && !text.contains("@example.com"), "{text}");
        }
        let preview = bot.say("boss", "/maintenance preview MW-1 announcement").await.message.plain();
        assert!(preview.contains("builtin:maintenance, 2 subscribers by mail"), "{preview}");
    })
    .await;
}

fn organisation() -> Organisation {
    let none: [(String, String); 0] = [];
    let config = maintbot::config::Config::from_text("maintbot.toml".as_ref(), CONFIG, none).expect("a configuration");
    Organisation { public_url: "https://status.example.com".into(), ..config.organisation }
}

#[tokio::test]
async fn the_text_of_the_mail_to_confirm_names_what_was_chosen_and_the_link() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        ask(bot, ANNA, &Choice { services: vec!["jira".into(), "crm".into()], regions: vec!["eu".into()] }).await;
        let asked = known(bot, ANNA).await.expect("it waits");
        let (token, row) = (asked.token.clone(), mails(bot, asked.id).await.remove(0));
        let organisation = Organisation { name: "Example\r\nBcc: x@y".into(), ..organisation() };
        let telling = Telling {
            plan: &row.plan,
            topic: &Topic::Subscription(Box::new(asked)),
            events: &[],
            organisation: &organisation,
            now: bot.clock.now(),
            retold: false,
        };
        let message = Templates::builtin().expect("templates").tell(&telling).expect("a message").plain();
        let lines: Vec<&str> = message.lines().filter(|line| !line.is_empty()).collect();
        assert!(lines.contains(&format!("https://status.example.com/subscribe/confirm/{token}").as_str()), "{message}");
        assert!(message.contains("planned maintenance of Jira and CRM, in Europe."), "{message}");
        assert!(lines[0].starts_with("Please confirm"), "{message}");
        assert!(message.contains("If it was not you, do nothing"), "{message}");
    })
    .await;
}

#[tokio::test]
async fn a_row_of_a_subscriber_knows_the_link_that_ends_it() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        ask(bot, ANNA, &jira()).await;
        let asked = known(bot, ANNA).await.expect("it waits");
        let url = asked.unsubscribe_url(&organisation());
        assert_eq!(url, format!("https://status.example.com/unsubscribe/{}", asked.token));
        let found = bot.parts.db.read(async |tx| {
            Ok::<_, StoreError>((tx.subscription_by_token(&asked.token).await?, tx.subscription_by_token("x").await?))
        });
        assert_eq!(found.await.expect("readable"), (Some(asked), None));
    })
    .await;
}
