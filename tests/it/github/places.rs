//! What happens to the issue and its repository as a whole: locked, deleted, transferred, renamed, the App taken away.

use maintbot::domain::ledger::{DeliveryState, MessageKind};

use super::lists::planned;
use super::messages::audience;
use super::{CRM, Hears, Hub, story};

const AT: &str = "2026-12-01 09:00";
/// Change lists of `ops` are kept elsewhere.
const TWO: &str = "[[service]]\nid = \"crm\"\n[[service]]\nid = \"ops\"\nrepository = \"example/ops\"\n";
const OPS: &str = "example/ops";

async fn ops(hub: &Hub, word: &str) -> Vec<String> {
    hub.bot.texts("ops").await.into_iter().filter(|text| text.contains(word)).collect()
}

/// Living comments in an issue: those that say where things stand.
fn living(hub: &Hub, repository: &str, number: u64) -> usize {
    let comments = hub.fake.comments(repository, number).into_iter();
    comments.filter(|comment| comment.body.contains("<!-- maintbot:MW-1 status -->")).count()
}

#[tokio::test]
async fn locked_and_unlocked_ops_are_told_once_and_boxes_still_work() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira", "Disks"]).await;
        hub.fake.lock("ben", CRM, list.number);
        hub.settle().await;
        assert_eq!(ops(hub, "locked").await.len(), 1);
        hub.fake.tick("ben", CRM, list.number, "Jira");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1 github:ben", "2"]);
        assert!(hub.list("MW-1").body.contains("- [x] **1.** Jira — done by ben"));
        hub.fake.unlock("ben", CRM, list.number);
        hub.settle().await;
        assert_eq!(ops(hub, "locked").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn locked_it_is_kept_in_step_and_closed_all_the_same() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira"]).await;
        hub.fake.lock("ben", CRM, list.number);
        hub.settle().await;
        hub.at("2026-12-08 14:05").await;
        hub.fake.tick("ben", CRM, list.number, "Jira");
        hub.settle().await;
        let now = hub.list("MW-1");
        assert_eq!((now.open, now.state_reason.as_deref()), (false, Some("completed")));
    })
    .await;
}

#[tokio::test]
async fn deleted_a_new_one_is_opened_and_the_old_one_is_not_asked_for_again() {
    for hears in [Hears::Webhooks, Hears::Polling] {
        story(hears, "", AT, async |hub| {
            let list = planned(hub, &["Jira", "Disks"]).await;
            hub.fake.tick("ben", CRM, list.number, "Jira");
            let hear = async || if hears == Hears::Polling { hub.look().await } else { hub.settle().await };
            hear().await;
            hub.at("2026-12-01 10:00").await;
            hub.fake.delete_issue("carla", CRM, list.number);
            hear().await;
            let new = hub.list("MW-1");
            assert_ne!(new.number, list.number);
            assert!(new.body.contains("- [x] **1.** Jira — done by ben"), "{}", new.body);
            assert_eq!(ops(hub, "was deleted").await.len(), 1);
            assert_eq!(living(hub, CRM, new.number), 1);
            let before = hub.fake.requests().len();
            hub.at("2026-12-01 11:00").await;
            hub.fake.tick("ben", CRM, new.number, "Disks");
            hear().await;
            assert_eq!(hub.bot.items(1).await, ["1 github:ben", "2 github:ben"]);
            let old = format!("/issues/{}", list.number);
            let asked = hub.fake.requests().into_iter().skip(before);
            assert_eq!(asked.filter(|request| request.target.contains(&old)).count(), 0);
            assert_eq!(hub.lists("MW-1").len(), 1);
        })
        .await;
    }
}

#[tokio::test]
async fn transferred_to_another_repository_of_the_app_it_is_followed() {
    story(Hears::Webhooks, TWO, AT, async |hub| {
        let list = planned(hub, &["Jira", "Disks"]).await;
        hub.fake.repository(OPS).person("anna", "admin").person("ben", "write").person("eve", "triage");
        let number = hub.fake.transfer("anna", CRM, list.number, OPS);
        hub.settle().await;
        assert_eq!(ops(hub, "transferred").await.len(), 1);
        hub.fake.tick("ben", OPS, number, "Jira");
        hub.settle().await;
        hub.fake.comment("eve", OPS, number, "/maintenance done 2");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1 github:ben", "2 github:eve"]);
        let there = hub.fake.issue(OPS, number);
        assert!(there.body.contains("**2.** Disks — done by eve"), "{}", there.body);
        assert_eq!(hub.lists("MW-1").len(), 0, "no second one where it was");
        assert_eq!(hub.fake.issues(OPS).len(), 1);
        assert_eq!(living(hub, OPS, number), 1, "the comments went with it");
    })
    .await;
}

#[tokio::test]
async fn transferred_out_of_sight_ops_hear_that_it_is_not_seen_any_more() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira"]).await;
        hub.fake.repository("example/elsewhere").person("anna", "admin");
        hub.fake.transfer("anna", CRM, list.number, "example/elsewhere");
        hub.settle().await;
        let told = ops(hub, "transferred").await;
        assert!(told.len() == 1 && told[0].contains("example/elsewhere"), "{told:?}");
        hub.fake.tick("anna", "example/elsewhere", 1, "Jira");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1"], "in an unwatched repository nobody holds a role");
    })
    .await;
}

#[tokio::test]
async fn a_renamed_repository_is_followed_with_one_issue_and_one_living_comment() {
    let more = audience("github:example/crm");
    for hears in [Hears::Webhooks, Hears::Polling] {
        story(hears, &more, AT, async |hub| {
            let list = planned(hub, &["Jira", "Disks"]).await;
            hub.at("2026-12-01 09:10").await;
            hub.fake.rename_repository("anna", CRM, "sales");
            let hear = async || if hears == Hears::Polling { hub.look().await } else { hub.settle().await };
            hear().await;
            hub.at("2026-12-01 09:20").await;
            hub.fake.tick("ben", "example/sales", list.number, "Jira");
            hear().await;
            hub.at("2026-12-01 09:30").await;
            hub.fake.comment("eve", "example/sales", list.number, "/maintenance done MW-1 2");
            hear().await;
            assert_eq!(hub.bot.items(1).await, ["1 github:ben", "2 github:eve"]);
            assert!(hub.list("MW-1").body.contains("done by eve"));
            assert_eq!(living(hub, "example/sales", list.number), 1);
            // A window planned under the old name, which the configuration still has.
            let line = "/maintenance schedule \"Another\" service:crm when:\"2026-12-10 14:00-16:00\" item:\"Mail\"";
            hub.bot.say("anna", line).await;
            hub.settle().await;
            hub.at("2026-12-01 09:40").await;
            hub.fake.tick("ben", "example/sales", hub.list("MW-2").number, "Mail");
            hear().await;
            assert_eq!(hub.bot.items(2).await, ["1 github:ben"]);
            // Messages that were owed under the old name arrive in the same issue.
            hub.at("2026-12-08 14:00").await;
            let titles: Vec<String> = hub.fake.issues("example/sales").into_iter().map(|issue| issue.title).collect();
            assert_eq!(titles, ["MW-1: Upgrade", "MW-2: Another"]);
            let said = hub.said(list.number);
            assert!(said.iter().any(|text| text.contains("Upgrade") && !text.contains("| When |")), "{said:#?}");
        })
        .await;
    }
}

#[tokio::test]
async fn where_the_app_is_removed_ops_are_told_once_and_later_lists_are_kept_in_the_built_in_tracker() {
    let hub = Hub::start(Hears::Webhooks, "", AT).await;
    planned(&hub, &["Jira"]).await;
    hub.fake.uninstall("anna", CRM);
    hub.settle().await;
    let told = ops(&hub, "The GitHub App").await;
    assert!(told.len() == 1 && told[0].contains("was removed"), "{told:?}");
    let line = "/maintenance schedule \"Another\" service:crm when:\"2026-12-10 14:00-16:00\" item:\"Mail\"";
    hub.bot.say("anna", line).await;
    hub.settle().await;
    assert_eq!(hub.lists("MW-2").len(), 0);
    let issue = hub.bot.issue(2).await;
    assert!(format!("{issue:?}").contains("Mail"), "{issue:?}");
    let opened = hub.bot.ledger(2).await.into_iter().filter(|row| row.plan.message == MessageKind::IssueOpen);
    let opened: Vec<String> = opened.map(|row| format!("{} {}", row.plan.channel, row.state)).collect();
    assert_eq!(
        opened,
        [format!("github:{CRM} {}", DeliveryState::Dead), format!("tracker:builtin {}", DeliveryState::Sent)]
    );
    // The rest goes on, and nobody is told of the App again.
    hub.at("2026-12-02 09:00").await;
    hub.bot.say("anna", "/maintenance done MW-2 1").await;
    hub.settle().await;
    assert_eq!(ops(&hub, "The GitHub App").await.len(), 1);
    hub.bot.parts.db.close().await;
    hub.fake.close().await;
}
