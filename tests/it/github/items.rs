//! `sub_issues = true`: each item is an issue below the list's.

use super::lists::planned;
use super::{CRM, Hears, Hub, story};
use crate::fake::github::state::Issue;

const AT: &str = "2026-12-01 09:00";
const SUB: &str = "sub_issues = true\n";

/// The issue of an item of MW-1.
fn item(hub: &Hub, number: i64) -> Issue {
    let mut found: Vec<Issue> =
        items(hub).into_iter().filter(|i| i.title.starts_with(&format!("MW-1: {number}. "))).collect();
    assert_eq!(found.len(), 1, "item {number}: {found:?}");
    found.pop().expect("one")
}

/// Every issue of an item.
fn items(hub: &Hub) -> Vec<Issue> {
    hub.fake.issues(CRM).into_iter().filter(|issue| issue.body.contains("<!-- maintbot:item MW-1 ")).collect()
}

/// The list's issue: [`Hub::list`] would find those of items as well.
fn list(hub: &Hub) -> Issue {
    let found = hub.fake.issues(CRM).into_iter().find(|issue| issue.body.contains("<!-- maintbot:list MW-1 -->"));
    found.expect("a list")
}

async fn begin(hub: &Hub, texts: &[&str]) {
    let all = texts.iter().map(|text| format!(" item:\"{text}\"")).collect::<Vec<_>>().concat();
    let line = format!("/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna{all}");
    hub.bot.say("anna", &line).await;
    hub.settle().await;
}

#[tokio::test]
async fn each_item_without_parts_has_an_issue_below_the_list() {
    story(Hears::Webhooks, SUB, AT, async |hub| {
        begin(hub, &["Jira", "Disks"]).await;
        assert_eq!(items(hub).len(), 2);
        assert_eq!(list(hub).children, [item(hub, 1).id, item(hub, 2).id]);
        hub.bot.say("anna", "/maintenance change add MW-1 \"Mail\"").await;
        hub.bot.say("anna", "/maintenance edit MW-1 impact:\"Slow\"").await;
        hub.settle().await;
        assert_eq!(items(hub).len(), 3, "never twice");
        assert_eq!(list(hub).children.len(), 3);
        // An item that gets parts is no work of its own any more.
        hub.bot.say("anna", "/maintenance change add MW-1 \"Tempo\" parent:1").await;
        hub.settle().await;
        let parent = item(hub, 1);
        assert_eq!((parent.open, parent.state_reason.as_deref()), (false, Some("not_planned")));
        assert!(item(hub, 4).open);
        assert_eq!(hub.bot.items(1).await, ["1", "2", "3", "4"], "closing it reported nothing");
    })
    .await;
}

#[tokio::test]
async fn closing_and_reopening_an_item_s_issue_reports_it_done_and_takes_that_back() {
    for hears in [Hears::Webhooks, Hears::Polling] {
        story(hears, SUB, AT, async |hub| {
            begin(hub, &["Jira", "Disks"]).await;
            let hear = async || if hears == Hears::Polling { hub.look().await } else { hub.settle().await };
            hub.at("2026-12-01 09:01").await;
            hub.fake.close_issue("ben", CRM, item(hub, 2).number, "completed");
            hear().await;
            assert_eq!(hub.bot.items(1).await, ["1", "2 github:ben"]);
            assert!(list(hub).body.contains("- [x] **2.** Disks — done by ben"), "{}", list(hub).body);
            hub.at("2026-12-01 09:02").await;
            hub.fake.reopen("carla", CRM, item(hub, 2).number);
            hear().await;
            assert_eq!(hub.bot.items(1).await, ["1", "2"]);
            assert!(list(hub).body.contains("- [ ] **2.** Disks") && item(hub, 2).open);
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_done_elsewhere_closes_the_item_s_issue_and_undone_opens_it() {
    story(Hears::Webhooks, SUB, AT, async |hub| {
        begin(hub, &["Jira", "Disks"]).await;
        hub.bot.say("anna", "/maintenance done MW-1 1").await;
        hub.fake.tick("ben", CRM, list(hub).number, "Disks");
        hub.settle().await;
        for number in [1, 2] {
            let issue = item(hub, number);
            assert_eq!((issue.open, issue.state_reason.as_deref()), (false, Some("completed")), "item {number}");
        }
        hub.bot.say("anna", "/maintenance undo MW-1 1").await;
        hub.settle().await;
        assert!(item(hub, 1).open && !item(hub, 2).open);
        assert_eq!(hub.bot.items(1).await, ["1", "2 github:ben"]);
    })
    .await;
}

#[tokio::test]
async fn a_removed_item_s_issue_is_closed_as_not_planned() {
    story(Hears::Webhooks, SUB, AT, async |hub| {
        begin(hub, &["Jira", "Disks"]).await;
        hub.bot.say("anna", "/maintenance change remove MW-1 2").await;
        hub.settle().await;
        let issue = item(hub, 2);
        assert_eq!((issue.open, issue.state_reason.as_deref()), (false, Some("not_planned")));
        assert_eq!(hub.bot.items(1).await, ["1"]);
        assert!(item(hub, 1).open);
    })
    .await;
}

#[tokio::test]
async fn closed_by_somebody_who_may_only_read_it_is_opened_again_with_the_role_that_it_needs() {
    story(Hears::Webhooks, SUB, AT, async |hub| {
        begin(hub, &["Jira"]).await;
        let number = item(hub, 1).number;
        hub.fake.close_issue("frank", CRM, number, "completed");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1"]);
        assert!(item(hub, 1).open);
        let said = hub.said(number);
        assert!(said.len() == 1 && said[0].contains("engineer"), "{said:?}");
    })
    .await;
}

#[tokio::test]
async fn without_it_items_have_no_issues() {
    story(Hears::Webhooks, "", AT, async |hub| {
        planned(hub, &["Jira"]).await;
        assert_eq!(items(hub).len(), 0);
        assert_eq!(hub.fake.issues(CRM).len(), 1);
    })
    .await;
}
