//! Slack does not do what it is asked for ten minutes: afterwards everything that still matters is there, in order, once.

use std::time::Duration;

use maintbot::domain::ledger::{DeliveryState, MessageKind};
use serde_json::json;

use super::Hub;
use crate::bot::assert_timeline;
use crate::fake::slack::state::Message;
use crate::fake::slack::{Fault, Matching};

/// Readers in the console and on Slack, told at once.
const MORE: &str = r#"
[policy.scheduled]
announce = "at_once"
remind = []
change_list = "1d"

[[audience]]
name = "readers"
channels = ["builtin:news"]
"#;

/// What the console shows, whatever Slack does: each at its time.
const NEWS: [&str; 11] = [
    "2026-12-08 09:00 Planned maintenance: Disks",
    "2026-12-08 09:00 Planned maintenance: Upgrade",
    "2026-12-08 10:01 Moved: Upgrade",
    "2026-12-08 10:02 Planned maintenance: Cables",
    "2026-12-08 10:03 Planned maintenance: Mistake",
    "2026-12-08 10:04 Started: Disks",
    "2026-12-08 10:05 Moved: Upgrade",
    "2026-12-08 10:06 Moved: Cables",
    "2026-12-08 10:07 Cancelled: Mistake",
    "2026-12-08 10:08 Update: Disks",
    "2026-12-08 10:09 Completed: Disks",
];

/// MW-1 and MW-2 are known to everybody; then Slack fails for ten minutes, in which MW-1 is begun, worked off and
/// completed, MW-2 is moved twice, MW-3 is planned and moved, MW-4 planned and called off.
async fn ten_minutes(hub: &Hub, fail: impl Fn()) {
    let say = async |text: &str| {
        let said = hub.fake.command("anna", "#dev", text).await;
        assert_eq!(said.status, 200, "{said}");
        hub.settle().await;
    };
    say("schedule \"Disks\" service:disks when:\"2026-12-08 10:04-11:00 UTC\" poc:@ben item:\"One\" item:\"Two\"")
        .await;
    say("schedule \"Upgrade\" service:crm when:\"2026-12-10 14:00-16:00 UTC\" poc:@ben item:\"Jira\"").await;
    hub.at("2026-12-08 10:00").await;
    fail();
    hub.at("2026-12-08 10:01").await;
    say("reschedule MW-2 when:\"2026-12-10 15:00-17:00 UTC\"").await;
    hub.at("2026-12-08 10:02").await;
    say("schedule \"Cables\" service:cables when:\"2026-12-11 14:00-16:00 UTC\" poc:@ben item:\"Pull\"").await;
    hub.at("2026-12-08 10:03").await;
    say("schedule \"Mistake\" service:mail when:\"2026-12-12 14:00-16:00 UTC\" poc:@ben").await;
    hub.at("2026-12-08 10:05").await;
    say("reschedule MW-2 when:\"2026-12-10 18:00-20:00 UTC\"").await;
    hub.at("2026-12-08 10:06").await;
    say("reschedule MW-3 when:\"2026-12-11 18:00-20:00 UTC\"").await;
    say("done MW-1 1").await;
    hub.at("2026-12-08 10:07").await;
    say("cancel MW-4 reason:\"Not needed\"").await;
    hub.at("2026-12-08 10:08").await;
    say("note MW-1 \"Half way\"").await;
    hub.at("2026-12-08 10:09").await;
    say("done MW-1 2").await;
    say("complete MW-1 note:\"All well\"").await;
    hub.at("2026-12-08 10:10").await;
    hub.fake.lift();
    // After a refusal a quarter of an hour is waited at most, after silence five minutes.
    hub.at("2026-12-08 10:40").await;
}

/// The posts about a title in a channel, in order.
fn posts(hub: &Hub, channel: &str, title: &str) -> Vec<Message> {
    hub.fake.posts(channel).into_iter().filter(|post| post.plain().contains(title)).collect()
}

/// The kinds of the posts about a title in a channel, in order, each with the kinds of the replies in its thread.
fn told(hub: &Hub, channel: &str, title: &str) -> Vec<String> {
    let replies = |post: &Message| hub.fake.replies(channel, &post.ts).iter().map(kind).collect::<Vec<_>>();
    let posts = posts(hub, channel, title).into_iter();
    posts
        .map(|post| match replies(&post).as_slice() {
            [] => kind(&post),
            replies => format!("{} > {}", kind(&post), replies.join(", ")),
        })
        .collect()
}

/// `MW-1/0/started/14/engineers/slack:#ce` is `started`, `MW-1 progress C0CE/…` is `progress`.
fn kind(message: &Message) -> String {
    let key = message.key().expect("everything has a key");
    let found = key.split('/').nth(2).filter(|_| !key.contains(" progress ")).unwrap_or("progress");
    found.to_owned()
}

/// Rows of one kind of message to a channel: state and reason.
async fn rows(hub: &Hub, id: i64, message: MessageKind, channel: &str) -> Vec<String> {
    let rows = hub.bot.ledger(id).await.into_iter();
    let mine = rows.filter(|row| row.plan.message == message && row.plan.channel.to_string() == channel);
    mine.map(|row| format!("{}{}", row.state, row.reason.map(|r| format!(" {r}")).unwrap_or_default())).collect()
}

/// Whatever Slack did: nobody reads old times, only the newest can be pressed while there is something to press, and
/// nothing was given up.
async fn everything_says_how_things_are(hub: &Hub) {
    assert_timeline(&hub.bot.timeline("news").await, &NEWS);
    for (title, now) in [("Disks", "10:04–11:00"), ("Upgrade", "18:00–20:00"), ("Cables", "18:00–20:00")] {
        let posts = posts(hub, "#ce", title);
        for post in &posts {
            let (text, last) = (post.plain(), post.ts == posts[posts.len() - 1].ts);
            assert!(text.contains(now) || kind(post) == "completed", "{text}");
            assert_eq!(post.buttons().is_empty(), !last || title == "Disks", "{text}");
        }
    }
    for id in 1..=4 {
        let left = hub.bot.ledger(id).await.into_iter().filter(|row| row.state == DeliveryState::Dead).count();
        assert_eq!(left, 0, "MW-{id}");
    }
}

/// What holds after any outage in which nothing was done that Slack was asked for.
async fn everything_that_matters_is_there(hub: &Hub) {
    everything_says_how_things_are(hub).await;
    // Nobody needs to hear any more that work has begun: it is over. A note says something of its own.
    assert_eq!(told(hub, "#ce", "Disks"), ["announcement > note", "completed > progress"]);
    assert_eq!(rows(hub, 1, MessageKind::Started, "slack:#ce").await, ["superseded newer"]);
    assert!(posts(hub, "#ce", "Disks")[1].plain().contains("All well"));

    assert_eq!(told(hub, "#ce", "Upgrade"), ["announcement", "moved"]);
    assert_eq!(rows(hub, 2, MessageKind::Moved, "slack:#ce").await, ["superseded moved", "sent"]);
    let moved = posts(hub, "#ce", "Upgrade")[1].plain();
    assert!(moved.contains("14:00") && moved.contains("18:00") && !moved.contains("15:00"), "what they knew: {moved}");

    // Whether Slack refused the first one or was silent about it: the one that they read has the times of the last move.
    assert_eq!(told(hub, "#ce", "Cables"), ["announcement"]);
    let announced = posts(hub, "#ce", "Cables")[0].clone();
    let before = announced.edits.iter().all(|edit| !edit.text.contains("14:00"));
    assert!(before && !announced.plain().contains("14:00"), "{announced:#?}");
    let announcements = rows(hub, 3, MessageKind::Announcement, "slack:#ce").await;
    assert_eq!(announcements.iter().filter(|state| *state == "sent").count(), 1, "{announcements:?}");

    assert_eq!(told(hub, "#ce", "Mistake"), [""; 0], "nobody ever saw it");
    assert_eq!(rows(hub, 4, MessageKind::Announcement, "slack:#ce").await, ["superseded cancelled"]);
}

async fn outage(fault: Fault) {
    outage_of(&[Matching::any()], fault).await;
}

async fn outage_of(requests: &[Matching], fault: Fault) {
    let hub = Hub::start(MORE, "2026-12-08 09:00").await;
    let fail = || requests.iter().for_each(|matching| hub.fake.fail(matching.clone(), fault.clone()));
    ten_minutes(&hub, fail).await;
    everything_that_matters_is_there(&hub).await;
    hub.close().await;
}

/// By conversation, since what is under way to another one while the first 429 comes back cannot know of it.
#[tokio::test]
async fn after_ten_minutes_of_429_with_retry_after() {
    let everywhere = ["#ce", "#ops", "D0BEN"].map(|place| Matching::any().channel(place));
    outage_of(&everywhere, Fault::RateLimited { retry_after: 120 }).await;
}

#[tokio::test]
async fn after_ten_minutes_of_being_told_to_slow_down_without_a_time() {
    outage(Fault::Error("ratelimited")).await;
}

#[tokio::test]
async fn after_ten_minutes_of_500() {
    outage(Fault::Status(500, json!("Internal Server Error"))).await;
}

#[tokio::test]
async fn after_ten_minutes_of_503() {
    outage(Fault::unavailable()).await;
}

#[tokio::test]
async fn after_ten_minutes_of_fatal_errors() {
    outage(Fault::Error("fatal_error")).await;
}

/// Slack hangs up before maintbot's own patience ends, so that the story is short.
#[tokio::test]
async fn after_ten_minutes_of_hanging() {
    outage(Fault::Hang(Duration::from_millis(30))).await;
}

#[tokio::test]
async fn after_ten_minutes_of_resets() {
    outage(Fault::Reset).await;
}

/// Slack does everything and does not say so: what it did counts, and is done once.
async fn done_and_not_said(fault: Fault) {
    let hub = Hub::start(MORE, "2026-12-08 09:00").await;
    ten_minutes(&hub, || {
        for method in ["chat.postMessage", "chat.update", "chat.postEphemeral", "response"] {
            hub.fake.fail(Matching::method(method), fault.clone());
        }
    })
    .await;
    everything_says_how_things_are(&hub).await;
    let disks = told(&hub, "#ce", "Disks");
    assert_eq!(disks.last().map(String::as_str), Some("completed > progress"), "{disks:?}");
    assert_eq!(disks.iter().filter(|post| post.contains("note")).count(), 1, "{disks:?}");
    let upgrade = told(&hub, "#ce", "Upgrade");
    assert!(upgrade.starts_with(&["announcement".into(), "moved".into()]), "{upgrade:?}");
    // Whether MW-4 came so far as to be announced depends on when Slack was tried; what was said is called off.
    let mistake = told(&hub, "#ce", "Mistake");
    assert!(mistake.is_empty() || mistake == ["announcement", "cancelled"], "{mistake:?}");
    hub.close().await;
}

#[tokio::test]
async fn after_ten_minutes_in_which_slack_did_everything_and_hung_up() {
    done_and_not_said(Fault::DoThenReset).await;
}

#[tokio::test]
async fn after_ten_minutes_in_which_slack_did_everything_and_answered_with_502() {
    done_and_not_said(Fault::DoThenStatus(502, json!("Bad Gateway"))).await;
}

#[tokio::test]
async fn after_ten_minutes_in_which_slack_did_everything_and_claimed_a_fatal_error() {
    done_and_not_said(Fault::DoThenError("fatal_error")).await;
}

const MISTAKE: &str = "schedule \"Mistake\" service:mail when:\"2026-12-12 14:00-16:00 UTC\" poc:@ben";

/// An announcement that arrived without an answer was said: whoever may have read it hears that it is called off.
#[tokio::test]
async fn what_may_have_been_said_is_called_off_where_it_was_said() {
    let hub = Hub::start(MORE, "2026-12-08 09:00").await;
    hub.fake.fail_times(1, Matching::method("chat.postMessage").channel("#ce"), Fault::DoThenReset);
    hub.fake.fail(Matching::method("conversations.history"), Fault::Reset);
    hub.fake.command("anna", "#dev", MISTAKE).await;
    hub.settle().await;
    hub.at("2026-12-08 09:01").await;
    hub.fake.command("anna", "#dev", "cancel MW-1 reason:\"Not needed\"").await;
    hub.settle().await;
    hub.fake.lift();
    hub.at("2026-12-08 09:10").await;
    assert_eq!(told(&hub, "#ce", "Mistake"), ["announcement", "cancelled"]);
    assert_eq!(rows(&hub, 1, MessageKind::Announcement, "slack:#ce").await, ["sent"]);
    hub.close().await;
}

/// One that did not arrive goes out with the times of a move that came in between, and the move needs no word of its own.
#[tokio::test]
async fn what_may_have_been_said_and_was_not_is_said_as_things_are_now() {
    let hub = Hub::start(MORE, "2026-12-08 09:00").await;
    hub.fake.fail_times(1, Matching::method("chat.postMessage").channel("#ce"), Fault::Reset);
    hub.fake.command("anna", "#dev", MISTAKE).await;
    hub.settle().await;
    hub.fake.command("anna", "#dev", "reschedule MW-1 when:\"2026-12-12 18:00-20:00 UTC\"").await;
    hub.settle().await;
    hub.at("2026-12-08 09:10").await;
    assert_eq!(told(&hub, "#ce", "Mistake"), ["announcement"]);
    let told = hub.newest("#ce").plain();
    assert!(told.contains("18:00") && !told.contains("14:00"), "{told}");
    assert_eq!(rows(&hub, 1, MessageKind::Moved, "slack:#ce").await, ["skipped already_told"]);
    hub.close().await;
}
