//! A slash command that takes longer than Slack waits, and a maintbot that is killed after it said so: the next process does
//! it, once, and answers where the person waits. In each a second and a half of real time passes.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use maintbot::store::StoreError;
use tokio::sync::Barrier;

use super::Hub;
use crate::bot::Bot;
use crate::fake::slack::{Again, Fault, Matching, Reply};

const AT: &str = "2026-12-01 09:00";
const SCHEDULE: &str = "schedule \"Jira\" service:jira when:\"2026-12-20 16:00-20:00 UTC\" poc:@anna";
const WORKING: &str = "Working on it; the answer follows here.";
/// So many can look into a SQLite file at a time.
const READERS: usize = 4;

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

/// `ben` schedules Jira in `#dev`, is told in time that the answer follows, and maintbot is killed; so much later it is
/// there again.
async fn killed_while_working(hub: &mut Hub, away: TimeDelta) -> Reply {
    stuck(&hub.bot).await;
    let reply = hub.fake.command("ben", "#dev", SCHEDULE).await;
    assert_eq!((reply.status, reply.text().as_str()), (200, WORKING));
    assert!(reply.took < Duration::from_millis(2500), "{:?}", reply.took);
    hub.bot.clock.set(hub.bot.clock.now() + away);
    hub.restart().await;
    reply
}

fn is_the_answer(text: &str) -> bool {
    text.contains("MW-1 “Jira” is scheduled")
}

/// What `ben` was told, with the way that it took.
fn told(hub: &Hub) -> Vec<(&'static str, String)> {
    hub.fake.whispers("ben").into_iter().map(|whisper| (whisper.via, whisper.plain())).collect()
}

/// How many windows there are.
async fn windows(hub: &Hub) -> usize {
    let filter = maintbot::service::query::WindowFilter::default();
    hub.bot.parts.service.windows(&filter, None, 100).await.expect("readable").len()
}

#[tokio::test]
async fn a_slow_command_is_done_once_by_the_next_process_and_answered_in_its_place() {
    let mut hub = Hub::start("", AT).await;
    let reply = killed_while_working(&mut hub, TimeDelta::seconds(30)).await;
    hub.calm().await;
    let whispers = hub.fake.whispers("ben");
    assert_eq!(whispers.len(), 1, "{:?}", told(&hub));
    assert!(is_the_answer(&whispers[0].plain()), "{}", whispers[0].plain());
    assert_eq!(whispers[0].before, [WORKING]);
    assert_eq!((windows(&hub).await, hub.fake.calls("response").len()), (1, 1));
    // Slack may send it once more to the new process.
    hub.fake.again(reply.nth, Again::Retry(1)).await;
    hub.calm().await;
    assert_eq!(windows(&hub).await, 1);
    hub.close().await;
}

/// The response URL is good for half an hour.
#[tokio::test]
async fn a_slow_command_whose_response_url_is_over_by_then_is_answered_all_the_same() {
    let mut hub = Hub::start("", AT).await;
    killed_while_working(&mut hub, TimeDelta::minutes(31)).await;
    hub.calm().await;
    let told = told(&hub);
    assert_eq!(told.iter().filter(|(_, text)| is_the_answer(text)).count(), 1, "{told:?}");
    assert_eq!(windows(&hub).await, 1);
    hub.close().await;
}

/// Killed once more before Slack took the answer: it is still done once, and answered once.
#[tokio::test]
async fn a_slow_command_is_answered_once_however_often_maintbot_is_killed() {
    let mut hub = Hub::start("", AT).await;
    killed_while_working(&mut hub, TimeDelta::seconds(30)).await;
    hub.fake.fail(Matching::any(), Fault::Reset);
    hub.settle().await;
    hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::seconds(30));
    hub.restart().await;
    hub.fake.lift();
    hub.calm().await;
    let told = told(&hub);
    assert!(told.len() == 1 && is_the_answer(&told[0].1), "{told:?}");
    assert_eq!(windows(&hub).await, 1);
    hub.close().await;
}
