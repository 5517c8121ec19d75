//! What Slack refuses for good is given up at once, and who has to know is told somewhere else.

use maintbot::domain::ledger::{Delivery, DeliveryState, MessageKind};

use super::{Hub, config};
use crate::fake::slack::{Fault, Matching};

const MORE: &str = "\n[policy.scheduled]\nannounce = \"at_once\"\nremind = [\"1d\"]\nchange_list = \"1d\"\n";
const SCHEDULE: &str = "schedule \"Disks\" service:disks when:\"2026-12-10 10:00-11:00 UTC\" poc:@ben item:\"One\"";

/// Rows about a channel that were given up.
async fn dead(hub: &Hub, channel: &str) -> Vec<Delivery> {
    let rows = hub.bot.ledger(1).await.into_iter();
    rows.filter(|row| row.state == DeliveryState::Dead && row.plan.channel.to_string() == channel).collect()
}

/// Posts in a conversation that name the channel and why nothing reached it.
fn naming(hub: &Hub, place: &str, words: &[&str]) -> Vec<String> {
    let posts = hub.fake.posts(place).into_iter().map(|post| post.plain());
    posts.filter(|text| words.iter().all(|word| text.contains(word))).collect()
}

/// A window is announced to `#ce`, which takes nothing: given up at the first try; its POC and ops hear of it.
async fn given_up(hub: &Hub, word: &str) {
    let said = hub.fake.command("anna", "#dev", SCHEDULE).await;
    assert_eq!(said.status, 200, "{said}");
    hub.calm().await;
    let dead = dead(hub, "slack:#ce").await;
    assert_eq!(dead.len(), 1, "{dead:#?}");
    assert_eq!((dead[0].plan.message, dead[0].attempts), (MessageKind::Announcement, 1));
    let error = dead[0].error.clone().unwrap_or_default();
    assert!(error.contains(word), "{error}");
    for place in ["@ben", "#ops"] {
        let told = naming(hub, place, &["#ce", word]);
        assert_eq!(
            told.len(),
            1,
            "{place}: {:#?}",
            hub.fake.posts(place).iter().map(super::super::fake::slack::state::Message::plain).collect::<Vec<_>>()
        );
        assert!(told[0].contains("Disks"), "{}", told[0]);
    }
    assert_eq!(hub.bot.texts("ops").await, [""; 0], "Slack could tell them");
}

/// Once what was wrong is put right, `remind` says it now, and everything after that goes on.
async fn said_after_all(hub: &Hub) {
    hub.command("anna", "#dev", "remind MW-1").await;
    assert_eq!(hub.headings("#ce").len(), 1, "{:?}", hub.headings("#ce"));
    assert!(hub.newest("#ce").plain().contains("Disks"), "{}", hub.newest("#ce").plain());
    hub.at("2026-12-10 10:00").await;
    hub.calm().await;
    assert_eq!(hub.headings("#ce").pop().as_deref(), Some("Started: Disks"));
    assert_eq!(dead(hub, "slack:#ce").await.len(), 1);
}

async fn hub() -> Hub {
    Hub::start(MORE, "2026-12-08 09:00").await
}

#[tokio::test]
async fn an_archived_channel() {
    let hub = hub().await;
    hub.fake.channel("#ce").archived();
    given_up(&hub, "is_archived").await;
    hub.fake.channel("#ce").unarchived();
    said_after_all(&hub).await;
    hub.fake.close();
}

/// A private channel that maintbot was not invited to cannot be seen.
#[tokio::test]
async fn a_private_channel_without_the_bot() {
    let hub = hub().await;
    hub.fake.channel("#ce").private().without_bot();
    given_up(&hub, "maintbot was not invited").await;
    hub.fake.channel("#ce").with_bot();
    hub.at("2026-12-08 09:05").await;
    said_after_all(&hub).await;
    hub.fake.close();
}

#[tokio::test]
async fn a_channel_that_is_not_there() {
    let hub = hub().await;
    hub.fake.channel("#ce").deleted();
    given_up(&hub, "there is no channel #ce").await;
    hub.fake.channel("#ce");
    hub.at("2026-12-08 09:05").await;
    said_after_all(&hub).await;
    hub.fake.close();
}

async fn refused_there(error: &'static str) {
    let hub = hub().await;
    hub.fake.fail(Matching::method("chat.postMessage").channel("#ce"), Fault::Error(error));
    given_up(&hub, error).await;
    hub.fake.lift();
    said_after_all(&hub).await;
    hub.fake.close();
}

#[tokio::test]
async fn a_channel_that_is_gone_since_it_was_looked_up() {
    refused_there("channel_not_found").await;
}

#[tokio::test]
async fn a_channel_that_threw_the_bot_out() {
    refused_there("not_in_channel").await;
}

#[tokio::test]
async fn blocks_that_slack_does_not_take() {
    refused_there("invalid_blocks").await;
}

/// A channel by its id, which maintbot is thrown out of: the same word of Slack, and what to do about it.
#[tokio::test]
async fn a_public_channel_that_is_written_by_its_id() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = crate::databases::sqlite_url(&folder);
    let by_id = |fake: &_| config(fake, MORE).replace("slack:#ce", "slack:C0CE");
    let hub = Hub::start_on(folder, url, by_id, "2026-12-08 09:00").await;
    hub.fake.channel("#ce").renamed("#customers");
    hub.command("anna", "#dev", SCHEDULE).await;
    assert_eq!(hub.headings("#customers"), ["Planned maintenance: Disks"], "an id outlives every name");
    hub.at("2026-12-10 10:00").await;
    hub.calm().await;
    assert_eq!(hub.headings("#customers").pop().as_deref(), Some("Started: Disks"));
    hub.close().await;
}

/// All of Slack is shut: ops are told in the console, which is there whatever happens.
async fn locked_out(shut: impl Fn(&Hub), open: impl Fn(&Hub), word: &str) {
    let hub = hub().await;
    shut(&hub);
    let said = hub.fake.command("anna", "#dev", SCHEDULE).await;
    assert!(said.text().contains("MW-1 “Disks” is scheduled"), "{said}");
    hub.calm().await;
    let dead = dead(&hub, "slack:#ce").await;
    assert_eq!(dead.len(), 1, "{dead:#?}");
    assert_eq!((dead[0].plan.message, dead[0].attempts), (MessageKind::Announcement, 1));
    let ops = hub.bot.texts("ops").await;
    let told = ops.iter().filter(|text| text.contains("slack:#ce") && text.contains(word)).count();
    assert_eq!(told, 1, "that the readers were not told, and why: {ops:#?}");
    assert_eq!(hub.fake.posts("#ce").len() + hub.fake.posts("#ops").len(), 0);
    open(&hub);
    said_after_all(&hub).await;
    hub.fake.close();
}

#[tokio::test]
async fn a_revoked_token() {
    locked_out(|hub| hub.fake.lock_out("token_revoked"), |hub| hub.fake.let_in(), "token_revoked").await;
}

#[tokio::test]
async fn an_account_that_was_switched_off() {
    locked_out(|hub| hub.fake.lock_out("account_inactive"), |hub| hub.fake.let_in(), "account_inactive").await;
}

#[tokio::test]
async fn a_token_that_is_wrong() {
    locked_out(|hub| hub.fake.lock_out("invalid_auth"), |hub| hub.fake.let_in(), "invalid_auth").await;
}

#[tokio::test]
async fn a_scope_that_is_missing_is_named() {
    let scopes = [
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "chat:write",
        "chat:write.public",
        "commands",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "usergroups:read",
        "users:read",
    ];
    let word = "the app needs the scope chat:write";
    locked_out(|hub| hub.fake.without_scope("chat:write"), |hub| hub.fake.scopes(&scopes), word).await;
}

/// A name that another channel carries by now: the one of that name is meant, not the one that once had it.
#[tokio::test]
async fn a_channel_in_the_place_of_one_that_was_deleted_is_found_by_its_name() {
    let hub = hub().await;
    hub.command("anna", "#dev", SCHEDULE).await;
    assert_eq!(hub.headings("#ce"), ["Planned maintenance: Disks"]);
    hub.at("2026-12-08 09:05").await;
    hub.fake.channel("#ce").deleted();
    hub.fake.channel("#team").renamed("#ce");
    hub.command("anna", "#dev", "reschedule MW-1 when:\"2026-12-10 12:00-13:00 UTC\"").await;
    assert_eq!(
        hub.headings("#ce"),
        ["Moved: Disks"],
        "{:?}",
        hub.fake.posts("#ops").iter().map(super::super::fake::slack::state::Message::plain).collect::<Vec<_>>()
    );
    assert_eq!(dead(&hub, "slack:#ce").await.len(), 0);
    hub.close().await;
}

/// Renamed on Slack and not in the configuration: the old place is still known, until the list is read again; then it is
/// said that there is none of that name.
#[tokio::test]
async fn a_channel_that_was_renamed_is_written_to_until_its_name_is_looked_up_again() {
    let hub = hub().await;
    hub.command("anna", "#dev", SCHEDULE).await;
    hub.fake.channel("#ce").renamed("#customers");
    hub.command("anna", "#dev", "reschedule MW-1 when:\"2026-12-10 12:00-13:00 UTC\"").await;
    assert_eq!(hub.headings("#customers"), ["Planned maintenance: Disks", "Moved: Disks"]);
    hub.at("2026-12-08 11:00").await;
    hub.command("anna", "#dev", "reschedule MW-1 when:\"2026-12-10 14:00-15:00 UTC\"").await;
    let told = naming(&hub, "#ops", &["there is no channel #ce"]);
    assert!(!told.is_empty(), "ops hear of it");
    // Named again as it is configured, everything goes on.
    hub.fake.channel("#customers").renamed("#ce");
    hub.at("2026-12-08 11:05").await;
    hub.command("anna", "#dev", "reschedule MW-1 when:\"2026-12-10 16:00-17:00 UTC\"").await;
    assert_eq!(hub.headings("#ce").pop().as_deref(), Some("Moved: Disks"));
    assert!(hub.newest("#ce").plain().contains("16:00"), "{}", hub.newest("#ce").plain());
    hub.fake.close();
}
