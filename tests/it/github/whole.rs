//! The whole loop: a request as an issue form, a window, its change list, engineers who report in three ways, completion.

use super::{CRM, Hears, story};

const POLICY: &str = r#"
[policy.scheduled]
announce = "2d"
remind = ["1d"]
change_list = "1d"
"#;

#[tokio::test]
async fn a_window_scheduled_in_chat_has_an_issue_that_closes_when_it_is_complete() {
    story(Hears::Webhooks, POLICY, "2026-12-01 09:00", async |hub| {
        hub.bot.say("anna", "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna item:\"Jira\" item:\"Disks\"").await;
        hub.settle().await;
        let list = hub.list("MW-1");
        println!("{}", list.body);
        println!("{:#?}", hub.said(list.number));
        hub.fake.tick("ben", CRM, list.number, "Jira");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1 github:ben", "2"]);
        hub.fake.comment("carla", CRM, list.number, "/maintenance done 2");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1 github:ben", "2 github:carla"]);
        hub.at("2026-12-08 14:00").await;
        assert!(!hub.list("MW-1").open, "every item is done");
        hub.bot.say("anna", "/maintenance complete MW-1 note:\"All well\"").await;
        hub.settle().await;
        let list = hub.list("MW-1");
        println!("{}", list.body);
        println!("{:#?}", hub.said(list.number));
        assert_eq!((list.open, list.state_reason.as_deref()), (false, Some("completed")));
        assert!(list.body.contains("All well"));
    })
    .await;
}
