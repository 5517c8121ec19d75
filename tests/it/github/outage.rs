//! GitHub does not do what it is asked for ten minutes: afterwards everything that still matters is there, in order, once.

use std::time::Duration;

use maintbot::domain::ledger::{DeliveryState, MessageKind};
use serde_json::json;

use super::crash::markers;
use super::{CRM, Hears, Hub, visible};
use crate::bot::assert_timeline;
use crate::fake::github::state::Issue;
use crate::fake::github::{Fault, Matching};

/// Readers in the console and on GitHub, told at once.
const MORE: &str = r#"
[policy.scheduled]
announce = "at_once"
remind = []
change_list = "1d"

[[audience]]
name = "readers"
channels = ["builtin:news", "github:example/platform"]
"#;
const PLATFORM: &str = "example/platform";

/// What the console shows, whatever GitHub does: each at its time.
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

/// MW-1 and MW-2 are known to everybody; then GitHub fails for ten minutes, in which MW-1 is begun, worked off and
/// completed, MW-2 is moved twice, MW-3 is planned and moved, MW-4 planned and called off.
async fn ten_minutes(hub: &Hub, fail: impl Fn()) {
    hub.fake.repository(PLATFORM);
    let say = async |text: &str| {
        hub.bot.say("anna", &format!("/maintenance {text}")).await;
        hub.settle().await;
    };
    say("schedule \"Disks\" service:disks when:\"2026-12-08 10:04-11:00\" poc:@anna item:\"One\" item:\"Two\"").await;
    say("schedule \"Upgrade\" service:crm when:\"2026-12-10 14:00-16:00\" poc:@anna item:\"Jira\"").await;
    hub.at("2026-12-08 10:00").await;
    fail();
    hub.at("2026-12-08 10:01").await;
    say("reschedule MW-2 when:\"2026-12-10 15:00-17:00\"").await;
    hub.at("2026-12-08 10:02").await;
    say("schedule \"Cables\" service:cables when:\"2026-12-11 14:00-16:00\" poc:@anna item:\"Pull\"").await;
    hub.at("2026-12-08 10:03").await;
    say("schedule \"Mistake\" service:mail when:\"2026-12-12 14:00-16:00\" poc:@anna").await;
    hub.at("2026-12-08 10:05").await;
    say("reschedule MW-2 when:\"2026-12-10 18:00-20:00\"").await;
    hub.at("2026-12-08 10:06").await;
    say("reschedule MW-3 when:\"2026-12-11 18:00-20:00\"").await;
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

/// All that maintbot wrote about a title in a repository, each with its kind, in order: bodies, then comments.
fn told(hub: &Hub, repository: &str, title: &str) -> Vec<String> {
    let about = |issue: &Issue| issue.title.contains(title);
    let texts = hub.fake.issues(repository).into_iter().filter(about).flat_map(|issue| {
        let body = [issue.body.clone()];
        body.into_iter().chain(issue.comments.iter().map(|c| c.body.clone())).collect::<Vec<_>>()
    });
    let key = |text: &String| {
        let (_, rest) = text.split_once("<!-- maintbot:").expect("its marker");
        rest.split_once(" -->").expect("a whole one").0.to_owned()
    };
    texts.map(|text| key(&text)).map(|key| kind(&key)).collect()
}

/// `MW-1/0/started/14/readers/github:example/crm` is `started`; others stay as they are.
fn kind(key: &str) -> String {
    key.split('/').nth(2).filter(|_| key.contains("/readers/")).unwrap_or(key).to_owned()
}

/// Rows for GitHub of one kind of message: state and reason.
async fn rows(hub: &Hub, id: i64, message: MessageKind, repository: &str) -> Vec<String> {
    let channel = format!("github:{repository}");
    let rows = hub.bot.ledger(id).await.into_iter();
    let mine = rows.filter(|row| row.plan.message == message && row.plan.channel.to_string() == channel);
    mine.map(|row| format!("{}{}", row.state, row.reason.map(|r| format!(" {r}")).unwrap_or_default())).collect()
}

/// What holds after any outage in which nothing was done that GitHub was asked for.
async fn everything_that_matters_is_there(hub: &Hub) {
    assert_timeline(&hub.bot.timeline("news").await, &NEWS);
    let again: Vec<_> = markers(&hub.fake).into_iter().filter(|(_, times)| *times > 1).collect();
    assert_eq!(again, [], "said twice");

    let disks = hub.list("MW-1");
    assert_eq!((disks.open, disks.state_reason.as_deref()), (false, Some("completed")));
    assert!(disks.body.contains("All well") && disks.body.contains("2 of 2 done"), "{}", disks.body);
    // Nobody needs to hear any more that work has begun: it is over. A note says something of its own.
    assert_eq!(told(hub, PLATFORM, "Disks"), ["announcement", "note", "completed"]);
    assert_eq!(rows(hub, 1, MessageKind::Started, PLATFORM).await, ["superseded newer"]);
    // In the change list its beginning is told all the same, before its end.
    let of_the_list: Vec<String> = told(hub, CRM, "Disks").into_iter().filter(|key| key.starts_with("MW-1 ")).collect();
    assert_eq!(of_the_list, ["MW-1 status", "MW-1 started", "MW-1 completed"]);

    let upgrade = hub.list("MW-2");
    assert!(upgrade.open && upgrade.body.contains("18:00–20:00"), "{}", upgrade.body);
    assert_eq!(told(hub, PLATFORM, "Upgrade"), ["announcement", "moved"]);
    assert_eq!(rows(hub, 2, MessageKind::Moved, PLATFORM).await, ["superseded moved", "sent"]);
    let moved = hub.fake.issues(PLATFORM).into_iter().find(|issue| issue.title.contains("Upgrade")).expect("its issue");
    let moved = visible(&moved.comments[0]);
    assert!(
        moved.contains("14:00") && moved.contains("18:00") && !moved.contains("15:00"),
        "from what they knew: {moved}"
    );

    let cables = hub.list("MW-3");
    assert!(cables.open && cables.body.contains("18:00–20:00"), "{}", cables.body);
    assert_eq!(told(hub, PLATFORM, "Cables"), ["announcement"]);
    // Whether GitHub refused the first one or was silent about it: the one that they read has the times of the last move.
    let announced =
        hub.fake.issues(PLATFORM).into_iter().find(|issue| issue.title.contains("Cables")).expect("its issue");
    assert!(announced.body.contains("18:00") && !announced.body.contains("14:00"), "{}", announced.body);
    let announcements = rows(hub, 3, MessageKind::Announcement, PLATFORM).await;
    assert_eq!(announcements.iter().filter(|state| *state == "sent").count(), 1, "{announcements:?}");

    assert_eq!(hub.lists("MW-4").len(), 0, "nobody ever saw it");
    assert_eq!(told(hub, PLATFORM, "Mistake"), [""; 0]);
    assert_eq!(rows(hub, 4, MessageKind::Announcement, PLATFORM).await, ["superseded cancelled"]);
    assert_eq!(rows(hub, 4, MessageKind::IssueOpen, CRM).await[0], "superseded cancelled");
    for id in 1..=4 {
        let left = hub.bot.ledger(id).await.into_iter().filter(|row| row.state == DeliveryState::Dead).count();
        assert_eq!(left, 0, "MW-{id}");
    }
}

async fn outage(fault: Fault) {
    let hub = Hub::start(Hears::Webhooks, MORE, "2026-12-08 09:00").await;
    ten_minutes(&hub, || hub.fake.fail(Matching::any(), fault.clone())).await;
    everything_that_matters_is_there(&hub).await;
    hub.close().await;
}

#[tokio::test]
async fn after_ten_minutes_of_a_secondary_limit() {
    outage(Fault::SecondaryLimit).await;
}

#[tokio::test]
async fn after_ten_minutes_of_429_with_retry_after() {
    outage(Fault::RateLimited { retry_after: 120 }).await;
}

#[tokio::test]
async fn after_ten_minutes_of_500() {
    outage(Fault::server_error()).await;
}

/// GitHub hangs up before maintbot's own patience ends, so that the story is short.
#[tokio::test]
async fn after_ten_minutes_of_hanging() {
    outage(Fault::Hang(Duration::from_millis(30))).await;
}

#[tokio::test]
async fn after_ten_minutes_of_resets() {
    outage(Fault::Reset).await;
}

/// GitHub does everything and says nothing: what it did counts, and is done once.
#[tokio::test]
async fn after_ten_minutes_in_which_github_did_everything_and_answered_nothing() {
    let hub = Hub::start(Hears::Webhooks, MORE, "2026-12-08 09:00").await;
    ten_minutes(&hub, || {
        for method in ["POST", "PATCH", "DELETE"] {
            hub.fake.fail(Matching::method(method).below("/repos/"), Fault::DoThenReset);
        }
    })
    .await;
    assert_timeline(&hub.bot.timeline("news").await, &NEWS);
    let again: Vec<_> = markers(&hub.fake).into_iter().filter(|(_, times)| *times > 1).collect();
    assert_eq!(again, [], "said twice");
    let closed = |id: &str| (hub.list(id).open, hub.list(id).state_reason);
    assert_eq!(closed("MW-1"), (false, Some("completed".into())));
    assert!(hub.list("MW-2").body.contains("18:00–20:00") && hub.list("MW-3").body.contains("18:00–20:00"));
    // Whether MW-4 came so far as to be asked for depends on when GitHub was tried; what is there is brought to its end.
    for list in hub.lists("MW-4") {
        assert_eq!((list.open, list.state_reason.as_deref()), (false, Some("not_planned")));
    }
    let mistake = told(&hub, PLATFORM, "Mistake");
    assert!(mistake.is_empty() || mistake == ["announcement", "cancelled"], "{mistake:?}");
    hub.close().await;
}

/// Where readers of an audience hear of the end already, the change list does not tell of the beginning after it.
#[tokio::test]
async fn nobody_hears_of_a_beginning_after_its_end() {
    let more = MORE.replace("example/platform", "example/crm");
    let hub = Hub::start(Hears::Webhooks, &more, "2026-12-08 09:00").await;
    ten_minutes(&hub, || hub.fake.fail(Matching::any(), Fault::Reset)).await;
    let ends = |key: &String| key.ends_with("started") || key.ends_with("completed");
    let ends: Vec<String> = told(&hub, CRM, "Disks").into_iter().filter(ends).collect();
    assert_eq!(ends, ["completed"]);
    assert_timeline(&hub.bot.timeline("news").await, &NEWS);
    hub.close().await;
}

/// The token ends while GitHub is away: a new one is asked for, once.
#[tokio::test]
async fn a_token_that_expired_meanwhile_is_renewed() {
    let hub = Hub::start(Hears::Webhooks, MORE, "2026-12-08 09:00").await;
    ten_minutes(&hub, || hub.fake.fail(Matching::any(), Fault::Reset)).await;
    let asked = hub.fake.tokens_asked();
    hub.fake.expire_tokens();
    hub.bot.say("anna", "/maintenance reschedule MW-2 when:\"2026-12-10 19:00-20:00\"").await;
    hub.settle().await;
    assert!(hub.list("MW-2").body.contains("19:00–20:00"));
    assert_eq!(told(&hub, PLATFORM, "Upgrade"), ["announcement", "moved", "moved"]);
    assert_eq!(hub.fake.tokens_asked(), asked + 1);
    hub.fake.close().await;
}

/// What GitHub refuses for good is not tried again: ops hear of it elsewhere, and the list is kept where it can be.
async fn refused(fault: Fault, status: &str) {
    let hub = Hub::start(Hears::Webhooks, "", "2026-12-08 09:00").await;
    hub.fake.fail(Matching::any().below("/repos/example/crm"), fault);
    let line = "/maintenance schedule \"Disks\" service:disks when:\"2026-12-10 10:00-11:00\" poc:@anna item:\"One\"";
    hub.bot.say("anna", line).await;
    hub.settle().await;
    let rows = hub.bot.ledger(1).await;
    let dead: Vec<_> = rows.iter().filter(|row| row.state == DeliveryState::Dead).collect();
    assert_eq!(dead.len(), 1, "{dead:#?}");
    assert_eq!((dead[0].plan.message, dead[0].attempts), (MessageKind::IssueOpen, 1));
    assert!(dead[0].error.as_deref().is_some_and(|error| error.contains(status)), "{:?}", dead[0].error);
    let ops = hub.bot.texts("ops").await;
    assert!(ops.iter().any(|text| text.contains("github:example/crm") && text.contains(status)), "{ops:#?}");
    let kept = hub.bot.issue(1).await;
    assert!(kept.open && kept.title.contains("Disks"), "{kept:?}");
    // From now on it is kept there, also when GitHub could be asked again.
    hub.fake.lift();
    hub.bot.say("anna", "/maintenance done MW-1 1").await;
    hub.settle().await;
    assert!(hub.bot.issue(1).await.body.contains("[x]"), "{}", hub.bot.issue(1).await.body);
    assert_eq!(hub.fake.issues(CRM).len(), 0);
    hub.fake.close().await;
}

#[tokio::test]
async fn a_repository_that_is_not_there_is_given_up_at_once() {
    refused(Fault::Status(404, vec![], json!({ "message": "Not Found" })), "404").await;
}

#[tokio::test]
async fn a_repository_that_is_forbidden_is_given_up_at_once() {
    refused(Fault::Status(403, vec![], json!({ "message": "Resource not accessible by integration" })), "403").await;
}

/// An announcement that arrived without an answer was said: whoever may have read it hears that it is called off.
#[tokio::test]
async fn what_may_have_been_said_is_called_off_where_it_was_said() {
    let hub = Hub::start(Hears::Webhooks, MORE, "2026-12-08 09:00").await;
    hub.fake.repository(PLATFORM);
    let line = "/maintenance schedule \"Mistake\" service:mail when:\"2026-12-12 14:00-16:00\" poc:@anna";
    let announced = Matching::method("POST").below("/repos/example/platform");
    hub.fake.fail_times(1, announced, Fault::DoThenReset);
    hub.fake.fail(Matching::method("GET").below("/repos/example/platform").ending("/issues"), Fault::Reset);
    hub.bot.say("anna", line).await;
    hub.settle().await;
    hub.at("2026-12-08 09:01").await;
    hub.bot.say("anna", "/maintenance cancel MW-1 reason:\"Not needed\"").await;
    hub.settle().await;
    hub.fake.lift();
    hub.at("2026-12-08 09:10").await;
    assert_eq!(told(&hub, PLATFORM, "Mistake"), ["announcement", "cancelled"]);
    assert_eq!(rows(&hub, 1, MessageKind::Announcement, PLATFORM).await, ["sent"]);
    hub.close().await;
}

/// One that did not arrive goes out with the times of a move that came in between, and the move needs no word of its own.
#[tokio::test]
async fn what_may_have_been_said_and_was_not_is_said_as_things_are_now() {
    let hub = Hub::start(Hears::Webhooks, MORE, "2026-12-08 09:00").await;
    hub.fake.repository(PLATFORM);
    let line = "/maintenance schedule \"Cables\" service:mail when:\"2026-12-12 14:00-16:00\" poc:@anna";
    hub.fake.fail_times(1, Matching::method("POST").below("/repos/example/platform"), Fault::Reset);
    hub.bot.say("anna", line).await;
    hub.settle().await;
    hub.bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-12 18:00-20:00\"").await;
    hub.settle().await;
    hub.at("2026-12-08 09:10").await;
    assert_eq!(told(&hub, PLATFORM, "Cables"), ["announcement"]);
    let told = &hub.fake.issues(PLATFORM)[0].body;
    assert!(told.contains("18:00") && !told.contains("14:00"), "{told}");
    assert_eq!(rows(&hub, 1, MessageKind::Moved, PLATFORM).await, ["skipped already_told"]);
    hub.close().await;
}
