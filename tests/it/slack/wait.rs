//! A command that takes longer than Slack waits is acknowledged in time, and its answer reaches who asked all the same.
//! The only stories in which real time passes: a second and a half each.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use maintbot::store::StoreError;
use serde_json::json;
use tokio::sync::Notify;

use super::{Hub, story};
use crate::fake::slack::state::Whisper;
use crate::fake::slack::{Again, Fault, Matching, Reply};

const SCHEDULE: &str = "schedule \"Jira\" service:jira when:\"2026-12-20 16:00-20:00 UTC\" poc:@ben";
const WORKING: &str = "Working on it; the answer follows here. It could not be stored yet: if no answer follows within a \
                       few minutes, look whether it was done, and type it again if not.";

/// Does something while nothing can be stored, until it has come to its end.
async fn while_busy<T>(hub: &Hub, work: impl Future<Output = T>) -> T {
    let (begun, over) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let hold = hub.bot.parts.db.write(async |_| {
        begun.notify_one();
        over.notified().await;
        Ok::<_, StoreError>(())
    });
    let work = async {
        begun.notified().await;
        let came = work.await;
        over.notify_one();
        came
    };
    let (stored, came) = tokio::join!(hold, work);
    stored.expect("the database takes it");
    came
}

/// `ben` types a command that takes long; it is acknowledged in time.
async fn slow(hub: &Hub, text: &str) -> Reply {
    let reply = while_busy(hub, hub.fake.command("ben", "#dev", text)).await;
    assert_eq!((reply.status, reply.text().as_str()), (200, WORKING));
    assert!(reply.took < Duration::from_millis(2500), "{:?}", reply.took);
    reply
}

/// What `ben` was told, with the way that it took.
fn told(hub: &Hub) -> Vec<(&'static str, String)> {
    let first = |whisper: Whisper| (whisper.via, whisper.plain().lines().next().unwrap_or_default().to_owned());
    hub.fake.whispers("ben").into_iter().map(first).collect()
}

fn is_the_answer(text: &str) -> bool {
    text.contains("MW-1 “Jira” is scheduled")
}

/// How many windows there are.
async fn windows(hub: &Hub) -> usize {
    let filter = maintbot::service::query::WindowFilter::default();
    hub.bot.parts.service.windows(&filter, None, 100).await.expect("readable").len()
}

#[tokio::test]
async fn a_late_answer_takes_the_place_of_the_acknowledgement() {
    story("", "2026-12-01 09:00", async |hub| {
        slow(hub, SCHEDULE).await;
        hub.calm().await;
        let whispers = hub.fake.whispers("ben");
        assert_eq!(whispers.len(), 1, "{:?}", told(hub));
        assert!(is_the_answer(&whispers[0].plain()), "{}", whispers[0].plain());
        assert_eq!(whispers[0].before, [WORKING]);
        assert_eq!((windows(hub).await, hub.fake.calls("response").len()), (1, 1));
    })
    .await;
}

/// Sent again while it is still being done: one window, and the answer is the same wherever it is read.
#[tokio::test]
async fn a_slow_command_sent_twice_is_done_once() {
    story("", "2026-12-01 09:00", async |hub| {
        let first = while_busy(hub, async {
            let first = hub.fake.command("ben", "#dev", SCHEDULE).await;
            hub.fake.again(first.nth, Again::Retry(1)).await;
            first
        })
        .await;
        assert_eq!(first.text(), WORKING);
        hub.calm().await;
        assert_eq!(windows(hub).await, 1);
        let told = told(hub);
        assert!(told.iter().all(|(_, text)| is_the_answer(text)), "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn an_expired_response_url_is_no_reason_to_stay_silent_it_is_whispered() {
    story("", "2026-12-01 09:00", async |hub| {
        while_busy(hub, async {
            let reply = hub.fake.command("ben", "#dev", SCHEDULE).await;
            assert_eq!(reply.text(), WORKING);
            hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::minutes(31));
        })
        .await;
        hub.calm().await;
        let told = told(hub);
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[0].1, WORKING);
        assert!(told[1].0 == "chat.postEphemeral" && is_the_answer(&told[1].1), "{told:?}");
        assert_eq!(hub.fake.posts("@ben").len(), 0, "once is enough");
    })
    .await;
}

#[tokio::test]
async fn who_left_the_channel_meanwhile_gets_a_direct_message() {
    story("", "2026-12-01 09:00", async |hub| {
        while_busy(hub, async {
            hub.fake.command("ben", "#dev", SCHEDULE).await;
            hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::minutes(31));
            hub.fake.channel("#dev").without("ben");
        })
        .await;
        hub.calm().await;
        let direct: Vec<String> = hub.fake.posts("@ben").into_iter().map(|post| post.plain()).collect();
        assert_eq!(direct.iter().filter(|text| is_the_answer(text)).count(), 1, "{direct:#?}");
        assert_eq!(told(hub).len(), 1, "{:?}", told(hub));
    })
    .await;
}

/// A channel without the bot takes no whispers: the same.
#[tokio::test]
async fn in_a_private_channel_without_the_bot_the_late_answer_still_arrives() {
    story("", "2026-12-01 09:00", async |hub| {
        hub.fake.channel("#secret").private().without_bot();
        let reply = while_busy(hub, hub.fake.command("ben", "#secret", SCHEDULE)).await;
        assert_eq!(reply.text(), WORKING);
        hub.calm().await;
        let told = told(hub);
        assert!(told.len() == 1 && is_the_answer(&told[0].1), "{told:?}");
    })
    .await;
}

async fn slack_fails_for_the_answer(fault: Fault) {
    story("", "2026-12-01 09:00", async |hub| {
        while_busy(hub, async {
            let reply = hub.fake.command("ben", "#dev", SCHEDULE).await;
            assert_eq!(reply.text(), WORKING);
            hub.fake.fail(Matching::any(), fault.clone());
        })
        .await;
        hub.settle().await;
        assert_eq!(told(hub), [("reply", WORKING.to_owned())], "nothing could be said yet");
        hub.fake.lift();
        hub.calm().await;
        let whispers = told(hub);
        let direct = hub.fake.posts("@ben").into_iter().filter(|post| is_the_answer(&post.plain())).count();
        let answers = whispers.iter().filter(|(_, text)| is_the_answer(text)).count();
        assert_eq!(answers + direct, 1, "{whispers:?}");
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_slack_did_not_take_is_given_later_once_after_429() {
    slack_fails_for_the_answer(Fault::RateLimited { retry_after: 30 }).await;
}

#[tokio::test]
async fn an_answer_that_slack_did_not_take_is_given_later_once_after_503() {
    slack_fails_for_the_answer(Fault::unavailable()).await;
}

#[tokio::test]
async fn an_answer_that_slack_did_not_take_is_given_later_once_after_a_reset() {
    slack_fails_for_the_answer(Fault::Reset).await;
}

/// Through a response URL it takes the place of what stands there: given twice, it is still one.
#[tokio::test]
async fn an_answer_that_slack_took_without_saying_so_stands_there_once() {
    story("", "2026-12-01 09:00", async |hub| {
        while_busy(hub, async {
            hub.fake.command("ben", "#dev", SCHEDULE).await;
            hub.fake.fail_times(1, Matching::method("response"), Fault::DoThenStatus(502, json!("Bad Gateway")));
        })
        .await;
        hub.calm().await;
        let told = told(hub);
        assert!(told.len() == 1 && is_the_answer(&told[0].1), "{told:?}");
    })
    .await;
}

/// What is wrong is said late as well.
#[tokio::test]
async fn a_slow_refusal_follows_too() {
    story("", "2026-12-01 09:00", async |hub| {
        hub.command("ben", "#dev", SCHEDULE).await;
        slow(hub, "start MW-1").await;
        hub.calm().await;
        let told = told(hub);
        assert!(told.len() == 2 && !told[1].1.contains("Working on it"), "{told:?}");
        assert_eq!(hub.bot.window(1).await.state.to_string(), "scheduled");
    })
    .await;
}
