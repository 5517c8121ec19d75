//! Discord does not do what it is asked for an hour: afterwards everything that still matters is there, in order, once.

use std::time::Duration;

use maintbot::domain::ledger::{DeliveryState, MessageKind};

use super::{Hub, config, in_utc, story_on_postgres};
use crate::bot::assert_timeline;
use crate::databases;
use crate::fake::discord::state::Message;
use crate::fake::discord::{FakeDiscord, Fault, Matching, Scope, Way};

/// Readers in the console and on Discord, told at once.
const MORE: &str = r#"
[policy.scheduled]
announce = "at_once"
remind = []
change_list = "1d"

[[audience]]
name = "readers"
channels = ["builtin:news"]
"#;

/// What the console shows, whatever Discord does: each at its time.
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
    "2026-12-08 10:50 Completed: Disks",
];

/// Somebody types a line, and what is due is tried; Discord's clock stands still.
async fn say(hub: &Hub, text: &str) {
    let said = hub.fake.command("anna", "#dev", "do", &[(&hub.text_of_do(), text)]).await;
    assert_eq!(said.status, 200, "{said}");
    hub.settle().await;
}

/// MW-1 and MW-2 are known to everybody; then Discord fails for an hour, in which MW-1 is begun, worked off and
/// completed, MW-2 is moved twice, MW-3 is planned and moved, MW-4 planned and called off.
async fn an_hour(hub: &Hub, fail: impl Fn()) {
    say(hub, "schedule \"Disks\" service:disks when:\"2026-12-08 10:04-11:00 UTC\" poc:@ben item:\"One\" item:\"Two\"")
        .await;
    say(hub, "schedule \"Upgrade\" service:crm when:\"2026-12-10 14:00-16:00 UTC\" poc:@ben item:\"Jira\"").await;
    hub.at("2026-12-08 10:00").await;
    fail();
    hub.at("2026-12-08 10:01").await;
    say(hub, "reschedule MW-2 when:\"2026-12-10 15:00-17:00 UTC\"").await;
    hub.at("2026-12-08 10:02").await;
    say(hub, "schedule \"Cables\" service:cables when:\"2026-12-11 14:00-16:00 UTC\" poc:@ben item:\"Pull\"").await;
    hub.at("2026-12-08 10:03").await;
    say(hub, MISTAKE).await;
    hub.at("2026-12-08 10:05").await;
    say(hub, "reschedule MW-2 when:\"2026-12-10 18:00-20:00 UTC\"").await;
    hub.at("2026-12-08 10:06").await;
    say(hub, "reschedule MW-3 when:\"2026-12-11 18:00-20:00 UTC\"").await;
    say(hub, "done MW-1 1").await;
    hub.at("2026-12-08 10:07").await;
    say(hub, "cancel MW-4 reason:\"Not needed\"").await;
    hub.at("2026-12-08 10:08").await;
    say(hub, "note MW-1 \"Half way\"").await;
    hub.at("2026-12-08 10:50").await;
    say(hub, "done MW-1 2").await;
    say(hub, "complete MW-1 note:\"All well\"").await;
    hub.at("2026-12-08 11:00").await;
    hub.fake.lift();
    // After a refusal a quarter of an hour is waited at most, after silence five minutes.
    hub.at("2026-12-08 11:30").await;
}

/// The posts about a title in a channel, in order.
fn posts(hub: &Hub, channel: &str, title: &str) -> Vec<Message> {
    hub.fake.posts(channel).into_iter().filter(|post| heading(post).ends_with(title)).collect()
}

/// The first line that a reader sees.
fn heading(message: &Message) -> String {
    message.plain().lines().next().unwrap_or_default().to_owned()
}

/// What stands in a thread: the line about the change list, or the first one.
fn aside(message: &Message) -> String {
    let text = message.plain();
    let progress = text.lines().find(|line| line.starts_with("Change list:")).map(str::to_owned);
    progress.unwrap_or_else(|| heading(message))
}

/// First lines of the posts about a title in a channel, in order, each with those of its thread.
fn told(hub: &Hub, channel: &str, title: &str) -> Vec<String> {
    let posts = posts(hub, channel, title).into_iter();
    posts
        .map(|post| {
            let thread: Vec<String> = hub.fake.thread_of(&post).iter().map(aside).collect();
            if thread.is_empty() { heading(&post) } else { format!("{} > {}", heading(&post), thread.join(", ")) }
        })
        .collect()
}

/// Rows of one kind of message to a channel: state and reason.
async fn rows(hub: &Hub, id: i64, message: MessageKind, channel: &str) -> Vec<String> {
    let rows = hub.bot.ledger(id).await.into_iter();
    let mine = rows.filter(|row| row.plan.message == message && row.plan.channel.to_string() == channel);
    mine.map(|row| format!("{}{}", row.state, row.reason.map(|r| format!(" {r}")).unwrap_or_default())).collect()
}

/// Whatever Discord did: nobody reads old times, only the newest can be pressed while there is something to press, and
/// nothing was given up.
async fn everything_says_how_things_are(hub: &Hub) {
    assert_timeline(&hub.bot.timeline("news").await, &NEWS);
    for (title, now) in [("Disks", "10:04 – 11:00"), ("Upgrade", "18:00 – 20:00"), ("Cables", "18:00 – 20:00")] {
        let posts = posts(hub, "#ce", title);
        assert!(!posts.is_empty(), "{title} is announced");
        for post in &posts {
            let (text, last) = (in_utc(&post.plain()), post.id == posts[posts.len() - 1].id);
            assert!(text.contains(now) || heading(post).starts_with("Completed"), "{text}");
            assert_eq!(post.buttons().is_empty(), !last || title == "Disks", "{text}");
        }
    }
    for id in 1..=4 {
        let left = hub.bot.ledger(id).await.into_iter().filter(|row| row.state == DeliveryState::Dead);
        assert_eq!(left.map(|row| format!("{row:?}")).collect::<Vec<_>>(), [""; 0], "MW-{id}");
    }
}

/// What holds after any outage in which nothing was done that Discord was asked for.
async fn everything_that_matters_is_there(hub: &Hub) {
    everything_says_how_things_are(hub).await;
    // Nobody needs to hear any more that work has begun: it is over. A note says something of its own.
    assert_eq!(
        told(hub, "#ce", "Disks"),
        ["Planned maintenance: Disks > Update: Disks", "Completed: Disks > Change list: 2 of 2 items done."]
    );
    assert_eq!(rows(hub, 1, MessageKind::Started, "discord:#ce").await, ["superseded newer"]);
    assert!(posts(hub, "#ce", "Disks")[1].plain().contains("All well"));

    assert_eq!(told(hub, "#ce", "Upgrade"), ["Planned maintenance: Upgrade", "Moved: Upgrade"]);
    assert_eq!(rows(hub, 2, MessageKind::Moved, "discord:#ce").await, ["superseded moved", "sent"]);
    let moved = in_utc(&posts(hub, "#ce", "Upgrade")[1].plain());
    assert!(moved.contains("14:00") && moved.contains("18:00") && !moved.contains("15:00"), "what they knew: {moved}");

    // Whether Discord refused the first one or was silent about it: the one that they read has the times of the last move.
    assert_eq!(told(hub, "#ce", "Cables"), ["Planned maintenance: Cables"]);
    let announced = posts(hub, "#ce", "Cables")[0].clone();
    let old = announced.edits.iter().filter(|edit| in_utc(&format!("{:?}", edit.embeds)).contains("14:00")).count();
    assert!(old == 0 && !in_utc(&announced.plain()).contains("14:00"), "{announced:#?}");
    let announcements = rows(hub, 3, MessageKind::Announcement, "discord:#ce").await;
    assert_eq!(announcements.iter().filter(|state| *state == "sent").count(), 1, "{announcements:?}");

    assert_eq!(told(hub, "#ce", "Mistake"), [""; 0], "nobody ever saw it");
    assert_eq!(rows(hub, 4, MessageKind::Announcement, "discord:#ce").await, ["superseded cancelled"]);
}

async fn hub() -> Hub {
    Hub::start(Way::Http, MORE, "2026-12-08 09:00").await
}

async fn outage(fault: Fault) {
    let hub = hub().await;
    an_hour(&hub, || hub.fake.fail_always(Matching::any(), fault.clone())).await;
    everything_that_matters_is_there(&hub).await;
    hub.close().await;
}

#[tokio::test]
async fn after_an_hour_of_429_of_each_bucket() {
    outage(Fault::Limited(120, Scope::Bucket)).await;
}

#[tokio::test]
async fn after_an_hour_of_429_of_a_channel_that_others_overdid() {
    outage(Fault::Limited(120, Scope::Shared)).await;
}

/// One channel alone, since what is under way to another one while the first refusal comes back cannot know of it.
#[tokio::test]
async fn after_an_hour_of_429_of_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::sqlite_url(&folder);
    let one_channel = |fake: &FakeDiscord| {
        let all = config(fake, Way::Http, MORE);
        let (ops, ben) = ("ops = [\"discord:#ops\"]\n", format!("ben.discord = \"{}\"\n", fake.id("ben")));
        assert!(all.contains(ops) && all.contains(&ben));
        all.replace(ops, "").replace(&ben, "ben.github = \"ben\"\n")
    };
    let hub = Hub::start_on(folder, url, Way::Http, one_channel, "2026-12-08 09:00").await;
    an_hour(&hub, || hub.fake.fail_always(Matching::any(), Fault::Limited(120, Scope::Global))).await;
    everything_that_matters_is_there(&hub).await;
    hub.close().await;
}

#[tokio::test]
async fn after_an_hour_of_being_shut_out_by_what_stands_before_discord() {
    outage(Fault::Banned).await;
}

#[tokio::test]
async fn after_an_hour_of_500() {
    outage(Fault::Status(500)).await;
}

#[tokio::test]
async fn after_an_hour_of_503() {
    outage(Fault::Status(503)).await;
}

#[tokio::test]
async fn after_an_hour_of_503_on_postgresql() {
    story_on_postgres(MORE, "2026-12-08 09:00", async |hub| {
        an_hour(hub, || hub.fake.fail_always(Matching::any(), Fault::Status(503))).await;
        everything_that_matters_is_there(hub).await;
    })
    .await;
}

/// Discord hangs up before maintbot's own patience ends, so that the story is short.
#[tokio::test]
async fn after_an_hour_of_silence() {
    outage(Fault::Silence(Duration::from_millis(30))).await;
}

#[tokio::test]
async fn after_an_hour_of_resets() {
    outage(Fault::Reset).await;
}

/// Discord does everything and does not say so: what it did counts, and is done once.
async fn done_and_not_said(fault: Fault) {
    let hub = hub().await;
    an_hour(&hub, || {
        for route in ["create_message", "update_message", "create_thread_from_message", "update_channel"] {
            hub.fake.fail_always(route, fault.clone());
        }
    })
    .await;
    everything_says_how_things_are(&hub).await;
    let disks = told(&hub, "#ce", "Disks");
    let last = disks.last().map(String::as_str);
    assert_eq!(last, Some("Completed: Disks > Change list: 2 of 2 items done."), "{disks:?}");
    let notes: usize = disks.iter().map(|post| post.matches("Update: Disks").count()).sum();
    assert_eq!(notes, 1, "{disks:?}");
    let upgrade = told(&hub, "#ce", "Upgrade");
    assert!(upgrade.starts_with(&["Planned maintenance: Upgrade".into(), "Moved: Upgrade".into()]), "{upgrade:?}");
    // Whether MW-4 came so far as to be announced depends on when Discord was tried; what was said is called off.
    let mistake = told(&hub, "#ce", "Mistake");
    assert!(mistake.is_empty() || mistake == ["Planned maintenance: Mistake", "Cancelled: Mistake"], "{mistake:?}");
    hub.close().await;
}

#[tokio::test]
async fn after_an_hour_in_which_discord_did_everything_and_hung_up() {
    done_and_not_said(Fault::ResetAfter).await;
}

#[tokio::test]
async fn after_an_hour_in_which_discord_did_everything_and_was_silent() {
    done_and_not_said(Fault::SilenceAfter(Duration::from_millis(30))).await;
}

#[tokio::test]
async fn after_an_hour_in_which_discord_did_everything_and_answered_with_502() {
    done_and_not_said(Fault::StatusAfter(502)).await;
}

const MISTAKE: &str = "schedule \"Mistake\" service:mail when:\"2026-12-12 14:00-16:00 UTC\" poc:@ben";

/// An announcement that arrived without an answer was said: whoever may have read it hears that it is called off.
#[tokio::test]
async fn what_may_have_been_said_is_called_off_where_it_was_said() {
    let hub = hub().await;
    hub.fake.fail(Matching::route("create_message").channel("#ce"), 1, Fault::ResetAfter);
    hub.fake.fail_always("list_messages", Fault::Reset);
    say(&hub, MISTAKE).await;
    hub.at("2026-12-08 09:01").await;
    say(&hub, "cancel MW-1 reason:\"Not needed\"").await;
    hub.fake.lift();
    hub.at("2026-12-08 09:10").await;
    assert_eq!(told(&hub, "#ce", "Mistake"), ["Planned maintenance: Mistake", "Cancelled: Mistake"]);
    assert_eq!(rows(&hub, 1, MessageKind::Announcement, "discord:#ce").await, ["sent"]);
    hub.close().await;
}

/// One that did not arrive goes out with the times of a move that came in between, and the move needs no word of its own.
#[tokio::test]
async fn what_may_have_been_said_and_was_not_is_said_as_things_are_now() {
    let hub = hub().await;
    hub.fake.fail(Matching::route("create_message").channel("#ce"), 1, Fault::Reset);
    say(&hub, MISTAKE).await;
    say(&hub, "reschedule MW-1 when:\"2026-12-12 18:00-20:00 UTC\"").await;
    hub.at("2026-12-08 09:10").await;
    assert_eq!(told(&hub, "#ce", "Mistake"), ["Planned maintenance: Mistake"]);
    let said = in_utc(&hub.newest("#ce").plain());
    assert!(said.contains("18:00") && !said.contains("14:00"), "{said}");
    assert_eq!(rows(&hub, 1, MessageKind::Moved, "discord:#ce").await, ["skipped already_told"]);
    hub.close().await;
}
