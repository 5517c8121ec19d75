//! A command that takes longer than Discord waits is acknowledged in time, and its answer reaches who asked all the same.
//! Among the few stories in which real time passes: a second and a half each.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use maintbot::store::StoreError;
use tokio::sync::Barrier;

use super::{Hub, story, story_by};
use crate::bot::Bot;
use crate::fake::discord::state::Message;
use crate::fake::discord::{Again, Fault, Matching, Reply, Scope, Way};

const AT: &str = "2026-12-01 09:00";
const JIRA: [(&str, &str); 4] =
    [("title", "Jira"), ("service", "jira"), ("when", "2026-12-20 16:00-20:00 UTC"), ("poc", "anna")];
const MESSAGE: u64 = 4;
/// Type of an answer that says that the answer follows, and of one that says nothing.
const DEFERRED: u64 = 5;
const SILENT: u64 = 6;
/// So many can look into a SQLite file at a time.
const READERS: usize = 4;
/// How the call in the channel begins, where somebody can be told in no other way.
const CALLED: &str = "Your command was taken, but its answer came too late to be shown to you alone";

/// Does something while nobody can look into the database, so that it takes long: until it has come to its end.
pub async fn while_busy<T>(hub: &Hub, work: impl Future<Output = T>) -> T {
    let (begun, over) = (Barrier::new(READERS + 1), Barrier::new(READERS + 1));
    let hold = async || {
        let held = hub.bot.parts.db.read(async |_| {
            begun.wait().await;
            over.wait().await;
            Ok::<_, StoreError>(())
        });
        held.await.expect("the database can be looked into");
    };
    let work = async {
        begun.wait().await;
        let came = work.await;
        over.wait().await;
        came
    };
    let (_, came) = tokio::join!(join_all((0..READERS).map(|_| hold())), work);
    came
}

/// From now on nobody can look into the database of this process, which is as good as dead.
async fn stuck(bot: &Bot) {
    let begun = Arc::new(Barrier::new(READERS + 1));
    for _ in 0..READERS {
        let (db, begun) = (bot.parts.db.clone(), Arc::clone(&begun));
        tokio::spawn(async move {
            let held = db.read(async |_| {
                begun.wait().await;
                std::future::pending::<Result<(), StoreError>>().await
            });
            held.await
        });
    }
    begun.wait().await;
}

/// `ben` schedules Jira in `#dev`.
async fn schedule(hub: &Hub) -> Reply {
    hub.fake.command("ben", "#dev", "schedule", &JIRA).await
}

/// The same while it takes long; it is acknowledged in time.
async fn slow(hub: &Hub) -> Reply {
    let reply = while_busy(hub, schedule(hub)).await;
    is_deferred(&reply);
    reply
}

fn is_deferred(reply: &Reply) {
    assert_eq!((reply.status, reply.kind()), (200, DEFERRED), "{reply}");
    assert!(reply.took < Duration::from_millis(2500), "{:?}", reply.took);
}

fn is_the_answer(text: &str) -> bool {
    text.contains("MW-1 “Jira” is scheduled")
}

/// How many windows there are.
async fn windows(hub: &Hub) -> usize {
    let filter = maintbot::service::query::WindowFilter::default();
    hub.bot.parts.service.windows(&filter, None, 100).await.expect("readable").len()
}

/// How often `ben` was given the answer, wherever.
fn answers(hub: &Hub) -> usize {
    hub.whispers("ben").iter().filter(|text| is_the_answer(text)).count()
}

/// Direct messages that `ben` got.
fn direct(hub: &Hub) -> Vec<String> {
    hub.fake.posts("@ben").iter().map(Message::plain).collect()
}

async fn a_late_answer_is_edited_in(way: Way) {
    story_by(way, "", AT, async |hub| {
        let reply = slow(hub).await;
        hub.calm().await;
        assert!(is_the_answer(&reply.plain()) && reply.hidden(), "{reply}");
        assert_eq!((reply.later().len(), answers(hub), windows(hub).await), (1, 1, 1));
        assert_eq!(direct(hub), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_late_answer_is_edited_in_over_http() {
    a_late_answer_is_edited_in(Way::Http).await;
}

#[cfg(feature = "discord-gateway")]
#[tokio::test]
async fn a_late_answer_is_edited_in_over_the_gateway() {
    a_late_answer_is_edited_in(Way::Gateway).await;
}

/// What is wrong is said late as well.
#[tokio::test]
async fn a_slow_refusal_follows_too() {
    story("", AT, async |hub| {
        hub.command("ben", "#dev", "schedule", &JIRA).await;
        let reply = while_busy(hub, hub.fake.command("ben", "#dev", "start", &[("window", "MW-1")])).await;
        is_deferred(&reply);
        hub.calm().await;
        assert!(reply.plain().contains("MW-1"), "{reply}");
        assert_eq!((hub.bot.window(1).await.state.to_string().as_str(), reply.later().len()), ("scheduled", 1));
    })
    .await;
}

/// A press shows nothing while it is being done, and only what is refused is said.
#[tokio::test]
async fn a_slow_press_is_taken_at_once_and_answered_where_there_is_something_to_say() {
    story("", AT, async |hub| {
        hub.command("ben", "#dev", "schedule", &JIRA).await;
        hub.at("2026-12-20 15:59").await;
        hub.calm().await;
        let post = hub.newest("#ce");
        let started = while_busy(hub, hub.fake.press("eve", &post, "start")).await;
        assert_eq!((started.status, started.kind()), (200, SILENT), "{started}");
        hub.calm().await;
        assert_eq!(hub.whispers("eve"), [""; 0], "everybody sees that it began");
        assert_eq!(hub.bot.window(1).await.state.to_string(), "in_progress");
        let again = while_busy(hub, hub.fake.press("eve", &post, "start")).await;
        assert_eq!(again.kind(), SILENT, "{again}");
        hub.calm().await;
        assert_eq!(hub.whispers("eve").len(), 1, "it has begun already: {:?}", hub.whispers("eve"));
    })
    .await;
}

/// Sent again while it is still being done: one window, and the answer is the same wherever it is read.
#[tokio::test]
async fn a_slow_command_sent_twice_is_done_once() {
    story("", AT, async |hub| {
        let first = while_busy(hub, async {
            let first = schedule(hub).await;
            hub.fake.again(first.nth, Again::Same).await;
            first
        })
        .await;
        is_deferred(&first);
        hub.calm().await;
        assert!(is_the_answer(&first.plain()), "{first}");
        assert_eq!((windows(hub).await, answers(hub)), (1, 1), "{:?}", hub.whispers("ben"));
    })
    .await;
}

/// The token of an interaction is good for a quarter of an hour.
#[tokio::test]
async fn after_a_quarter_of_an_hour_the_answer_is_a_direct_message() {
    story("", AT, async |hub| {
        let reply = while_busy(hub, async {
            let reply = schedule(hub).await;
            hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::minutes(16));
            reply
        })
        .await;
        is_deferred(&reply);
        hub.calm().await;
        let direct = direct(hub);
        assert!(direct.len() == 1 && is_the_answer(&direct[0]), "{direct:#?}");
        assert_eq!((reply.later().len(), windows(hub).await), (0, 1));
        assert_eq!(hub.fake.posts("#dev").len(), 0, "it is for ben alone");
    })
    .await;
}

/// Whoever takes no direct messages is called where they typed, without the answer, which is not for everybody.
#[tokio::test]
async fn who_takes_no_direct_messages_is_called_in_the_channel_alone() {
    story("", AT, async |hub| {
        hub.fake.takes_direct("ben", false);
        while_busy(hub, async {
            is_deferred(&schedule(hub).await);
            hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::minutes(16));
        })
        .await;
        hub.calm().await;
        let posts = hub.fake.posts("#dev");
        assert_eq!(posts.len(), 1, "{:?}", hub.headings("#dev"));
        let said = posts[0].plain();
        assert!(said.contains(CALLED) && !is_the_answer(&said), "{said}");
        assert!(said.starts_with(&format!("<@{}>", hub.fake.id("ben"))), "{said}");
        let pings: Vec<_> = hub.fake.pings().into_iter().filter(|ping| ping.channel == "dev").collect();
        assert_eq!((pings.len(), &pings[0].who), (1, &vec!["ben".to_owned()]));
        assert_eq!(windows(hub).await, 1);
    })
    .await;
}

/// Discord fails when the answer is ready: it waits, and is given once.
async fn discord_fails_for_the_answer(fault: Fault) {
    story("", AT, async |hub| {
        let reply = while_busy(hub, async {
            let reply = schedule(hub).await;
            hub.fake.fail_always(Matching::any(), fault.clone());
            reply
        })
        .await;
        is_deferred(&reply);
        hub.settle().await;
        assert_eq!((reply.later().len(), answers(hub)), (0, 0), "nothing could be said yet");
        hub.fake.lift();
        hub.calm().await;
        assert_eq!((answers(hub), windows(hub).await), (1, 1), "{:?}", hub.whispers("ben"));
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_discord_did_not_take_is_given_later_once_after_429() {
    discord_fails_for_the_answer(Fault::Limited(30, Scope::Bucket)).await;
}

#[tokio::test]
async fn an_answer_that_discord_did_not_take_is_given_later_once_after_503() {
    discord_fails_for_the_answer(Fault::Status(503)).await;
}

#[tokio::test]
async fn an_answer_that_discord_did_not_take_is_given_later_once_after_a_reset() {
    discord_fails_for_the_answer(Fault::Reset).await;
}

/// It takes the place of what stands there: given twice, it is still one.
#[tokio::test]
async fn an_answer_that_discord_took_without_saying_so_stands_there_once() {
    story("", AT, async |hub| {
        let reply = while_busy(hub, async {
            let reply = schedule(hub).await;
            hub.fake.fail(Matching::route("update_original_webhook_message"), 1, Fault::StatusAfter(502));
            reply
        })
        .await;
        hub.calm().await;
        assert!(is_the_answer(&reply.plain()), "{reply}");
        assert_eq!((answers(hub), direct(hub).len()), (1, 0));
    })
    .await;
}

/// The gateway is slow, and Discord has given up on the interaction: what was done is said all the same.
#[cfg(feature = "discord-gateway")]
#[tokio::test]
async fn an_interaction_that_discord_does_not_know_any_more_is_answered_by_a_direct_message() {
    story_by(Way::Gateway, "", AT, async |hub| {
        hub.fake.patience(Duration::from_millis(300));
        hub.fake.fail(Matching::route("create_interaction_response"), 1, Fault::Code(404, 10_062));
        let reply = schedule(hub).await;
        assert_eq!(reply.status, 0, "nobody answered it in time");
        hub.calm().await;
        assert_eq!(hub.fake.take_unanswered().len(), 1);
        let direct = direct(hub);
        assert!(direct.len() == 1 && is_the_answer(&direct[0]), "{direct:#?}");
        assert_eq!(windows(hub).await, 1);
    })
    .await;
}

/// Neither the answer nor a direct message is taken at that moment: it is said later, once, also by another process.
#[cfg(feature = "discord-gateway")]
#[tokio::test]
async fn an_answer_that_discord_takes_in_no_way_is_given_when_it_is_back() {
    let mut hub = Hub::start(Way::Gateway, "", AT).await;
    hub.fake.patience(Duration::from_millis(1500));
    hub.fake.fail_always(Matching::any(), Fault::Status(503));
    let reply = schedule(&hub).await;
    assert_eq!(reply.status, 0, "nobody answered it in time");
    hub.settle().await;
    assert_eq!((windows(&hub).await, answers(&hub)), (1, 0));
    hub.fake.lift();
    hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::minutes(5));
    hub.restart().await;
    hub.calm().await;
    assert_eq!(hub.fake.take_unanswered().len(), 1);
    let direct = direct(&hub);
    assert!(direct.len() == 1 && is_the_answer(&direct[0]), "{direct:#?}");
    hub.close().await;
}

/// Killed after Discord was told that the answer follows: the next process does the command, once, and answers it.
#[tokio::test]
async fn a_command_that_was_deferred_before_maintbot_was_killed_is_done_once_and_answered() {
    let mut hub = Hub::start(Way::Http, "", AT).await;
    stuck(&hub.bot).await;
    let reply = schedule(&hub).await;
    is_deferred(&reply);
    hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::seconds(30));
    hub.restart().await;
    hub.calm().await;
    assert!(is_the_answer(&reply.plain()) && reply.hidden(), "{reply}");
    assert_eq!((windows(&hub).await, answers(&hub), reply.later().len()), (1, 1, 1));
    // Discord may send it once more to the new process.
    let again = hub.fake.again(reply.nth, Again::Same).await;
    assert_eq!(again.kind(), MESSAGE);
    assert_eq!(windows(&hub).await, 1);
    hub.close().await;
}

/// The same where it takes so long to come back that the token is over.
#[tokio::test]
async fn a_deferred_command_whose_token_is_over_when_maintbot_is_back_is_done_and_answered_directly() {
    let mut hub = Hub::start(Way::Http, "", AT).await;
    stuck(&hub.bot).await;
    let reply = schedule(&hub).await;
    is_deferred(&reply);
    hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::minutes(20));
    hub.restart().await;
    hub.calm().await;
    let direct = direct(&hub);
    assert!(direct.len() == 1 && is_the_answer(&direct[0]), "{direct:#?}");
    assert_eq!(windows(&hub).await, 1);
    hub.close().await;
}
