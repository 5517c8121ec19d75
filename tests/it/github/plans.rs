//! A plan has one change-list issue, with a section for each phase.

use super::{CRM, Hears, Hub, story};

const AT: &str = "2026-12-01 09:00";

/// PL-1 with MW-1 on Tuesday 8 December and MW-2 on Thursday 10 December, both 14:00 to 16:00 UTC, two items each.
async fn published(hub: &Hub) {
    hub.bot.say("anna", "/maintenance plan new \"Infrastructure upgrade\"").await;
    for (title, service, day) in [("Germany", "crm", "08"), ("Singapore", "erp", "10")] {
        let items = format!("item:\"Patch {title}\" item:\"Restart {title}\"");
        let when = format!("when:\"2026-12-{day} 14:00-16:00\" poc:@anna {items} plan:PL-1");
        hub.bot.say("anna", &format!("/maintenance schedule \"{title}\" service:{service} {when}")).await;
    }
    assert_eq!(hub.fake.issues(CRM).len(), 0, "a draft has no issue");
    hub.bot.say("anna", "/maintenance plan publish PL-1").await;
    hub.settle().await;
}

/// The part of the plan's list from the section of a phase on.
fn section(hub: &Hub, window: &str) -> String {
    let body = hub.list("PL-1").body;
    let mark = format!("<!-- maintbot:section {window} -->");
    let from = body.find(&mark).unwrap_or_else(|| panic!("no {window} in\n{body}"));
    let rest = &body[from + mark.len()..];
    rest.split("<!-- maintbot:section").next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_plan_has_one_issue_with_the_items_of_each_phase_in_its_section() {
    story(Hears::Webhooks, "", AT, async |hub| {
        published(hub).await;
        assert_eq!(hub.fake.issues(CRM).len(), 1);
        let list = hub.list("PL-1");
        assert_eq!(list.title, "PL-1: Infrastructure upgrade");
        assert_eq!(list.labels, ["maintenance", "crm", "erp"]);
        assert!(
            section(hub, "MW-1").contains("**1.** Patch Germany")
                && section(hub, "MW-2").contains("**1.** Patch Singapore")
        );
        // Both phases have an item 2: the section tells them apart.
        hub.fake.tick("ben", CRM, list.number, "Restart Singapore");
        hub.settle().await;
        assert_eq!(
            (hub.bot.items(1).await, hub.bot.items(2).await),
            (vec!["1".into(), "2".into()], vec!["1".into(), "2 github:ben".into()])
        );
        let line = "- [ ] **2.** Restart Germany";
        let with_one_more = hub.list("PL-1").body.replace(line, &format!("{line}\n- [ ] Tell Berlin"));
        hub.fake.edit_issue_body("carla", CRM, list.number, &with_one_more);
        hub.settle().await;
        assert!(section(hub, "MW-1").contains("**3.** Tell Berlin"), "{}", section(hub, "MW-1"));
        assert_eq!((hub.bot.items(1).await.len(), hub.bot.items(2).await.len()), (3, 2));
    })
    .await;
}

#[tokio::test]
async fn in_a_plan_s_issue_a_command_names_its_window() {
    story(Hears::Webhooks, "", AT, async |hub| {
        published(hub).await;
        let number = hub.list("PL-1").number;
        let without = hub.fake.comment("ben", CRM, number, "/maintenance done 1");
        hub.settle().await;
        assert_eq!(
            (hub.bot.items(1).await, hub.bot.items(2).await),
            (vec!["1".into(), "2".into()], vec!["1".into(), "2".into()])
        );
        assert_eq!(hub.fake.reactions(without)[0].1, "confused");
        hub.fake.comment("ben", CRM, number, "/maintenance done MW-2 1");
        hub.settle().await;
        assert_eq!(hub.bot.items(2).await, ["1 github:ben", "2"]);
        assert!(section(hub, "MW-2").contains("- [x] **1.** Patch Singapore — done by ben"));
    })
    .await;
}

#[tokio::test]
async fn it_closes_when_every_phase_has_begun_and_all_items_are_done() {
    story(Hears::Webhooks, "", AT, async |hub| {
        published(hub).await;
        let number = hub.list("PL-1").number;
        hub.at("2026-12-08 14:05").await;
        for item in ["Patch Germany", "Restart Germany"] {
            hub.fake.tick("ben", CRM, number, item);
        }
        hub.settle().await;
        hub.bot.say("anna", "/maintenance complete MW-1").await;
        hub.settle().await;
        assert!(hub.list("PL-1").open, "the second phase has not begun");
        hub.fake.close_issue("ben", CRM, number, "completed");
        hub.settle().await;
        assert!(hub.list("PL-1").open);
        assert!(hub.said(number).iter().any(|text| text.starts_with("⚠️ Reopened") && text.contains("MW-2")));
        for item in ["Patch Singapore", "Restart Singapore"] {
            hub.fake.tick("carla", CRM, number, item);
        }
        hub.settle().await;
        assert!(hub.list("PL-1").open, "done, and not begun");
        hub.at("2026-12-10 14:05").await;
        let list = hub.list("PL-1");
        assert_eq!((list.open, list.state_reason.as_deref()), (false, Some("completed")));
        hub.bot.say("anna", "/maintenance complete MW-2 note:\"All well\"").await;
        hub.settle().await;
        let list = hub.list("PL-1");
        assert!(!list.open && list.body.contains("All well"));
        assert_eq!(hub.fake.issues(CRM).len(), 1);
        // A living one, and start and completion of each phase, beside the word about the reopening.
        assert_eq!(hub.said(number).len(), 1 + 4 + 1, "{:#?}", hub.said(number));
    })
    .await;
}

#[tokio::test]
async fn called_off_as_a_whole_it_is_closed_as_not_planned() {
    story(Hears::Webhooks, "", AT, async |hub| {
        published(hub).await;
        hub.bot.say("anna", "/maintenance cancel PL-1 reason:\"not needed\"").await;
        hub.settle().await;
        let list = hub.list("PL-1");
        assert_eq!((list.open, list.state_reason.as_deref()), (false, Some("not_planned")));
    })
    .await;
}
