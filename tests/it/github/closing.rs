//! When the change-list issue is open and when it is closed, by maintbot and by hand, and that it says what is true.

use super::lists::planned;
use super::{CRM, Hears, Hub, story};

const AT: &str = "2026-12-01 09:00";

/// What maintbot said about closing by hand.
fn reopenings(hub: &Hub, number: u64) -> Vec<String> {
    hub.said(number).into_iter().filter(|text| text.starts_with("⚠️ Reopened")).collect()
}

/// How often the audit trail says that somebody closed it.
async fn closed_by(hub: &Hub, who: &str) -> usize {
    let said = format!("{who}: closed the change list by hand");
    hub.bot.events(1).await.iter().filter(|line| line.starts_with(&said)).count()
}

async fn state(hub: &Hub) -> String {
    hub.bot.window(1).await.state.to_string()
}

/// What ops were told that has this word.
async fn ops(hub: &Hub, word: &str) -> Vec<String> {
    hub.bot.texts("ops").await.into_iter().filter(|text| text.contains(word)).collect()
}

#[tokio::test]
async fn closed_by_hand_before_the_start_it_is_opened_again_with_the_reason() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira"]).await;
        hub.fake.tick("ben", CRM, list.number, "Jira");
        hub.settle().await;
        hub.fake.close_issue("ben", CRM, list.number, "completed");
        hub.settle().await;
        assert!(hub.list("MW-1").open);
        let said = reopenings(hub, list.number);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("has not started"), "{said:?}");
        assert_eq!(closed_by(hub, "github:ben").await, 1);
        assert_eq!(state(hub).await, "scheduled");
    })
    .await;
}

#[tokio::test]
async fn closed_by_hand_with_open_items_it_is_opened_again_each_time() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira", "Disks"]).await;
        hub.at("2026-12-08 14:05").await;
        hub.bot.say("anna", "/maintenance done MW-1 1").await;
        hub.settle().await;
        hub.fake.close_issue("ben", CRM, list.number, "not_planned");
        hub.settle().await;
        assert!(hub.list("MW-1").open);
        assert!(reopenings(hub, list.number)[0].contains("1 item is not reported done"));
        hub.fake.close_issue("carla", CRM, list.number, "completed");
        hub.settle().await;
        assert!(hub.list("MW-1").open);
        assert_eq!(reopenings(hub, list.number).len(), 2);
        assert_eq!((closed_by(hub, "github:ben").await, closed_by(hub, "github:carla").await), (1, 1));
        assert_eq!(state(hub).await, "in_progress");
        // Done after all: it closes by itself and stays so.
        hub.fake.tick("ben", CRM, list.number, "Disks");
        hub.settle().await;
        let now = hub.list("MW-1");
        assert_eq!((now.open, now.state_reason.as_deref()), (false, Some("completed")));
        assert_eq!(reopenings(hub, list.number).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_empty_list_completes_nothing() {
    story(Hears::Polling, "", AT, async |hub| {
        let list = planned(hub, &[]).await;
        hub.at("2026-12-08 14:05").await;
        hub.fake.close_issue("ben", CRM, list.number, "completed");
        hub.look().await;
        assert!(hub.list("MW-1").open);
        let said = reopenings(hub, list.number);
        assert!(said.len() == 1 && said[0].contains("no items"), "{said:?}");
        assert_eq!(closed_by(hub, "github:ben").await, 1);
        assert_eq!(state(hub).await, "in_progress");
    })
    .await;
}

#[tokio::test]
async fn closed_by_hand_when_everything_is_done_it_stays_closed() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira"]).await;
        hub.at("2026-12-08 14:05").await;
        // Ben ticks the last box and closes before maintbot can.
        hub.fake.tick("ben", CRM, list.number, "Jira");
        hub.fake.close_issue("ben", CRM, list.number, "completed");
        hub.settle().await;
        let now = hub.list("MW-1");
        assert_eq!((now.open, now.state_reason.as_deref()), (false, Some("completed")));
        assert!(now.body.contains("- [x] **1.** Jira — done by ben"));
        assert_eq!(reopenings(hub, list.number), [""; 0]);
        assert_eq!((closed_by(hub, "github:ben").await, state(hub).await.as_str()), (0, "verifying"));
    })
    .await;
}

#[tokio::test]
async fn reopened_after_completion_it_stays_open_and_changes_nothing() {
    for hears in [Hears::Webhooks, Hears::Polling] {
        story(hears, "", AT, async |hub| {
            let list = planned(hub, &["Jira"]).await;
            hub.at("2026-12-08 14:05").await;
            hub.bot.say("anna", "/maintenance done MW-1 1").await;
            hub.bot.say("anna", "/maintenance complete MW-1").await;
            hub.settle().await;
            assert!(!hub.list("MW-1").open);
            hub.at("2026-12-08 14:10").await;
            hub.fake.reopen("ben", CRM, list.number);
            let hear = async || if hears == Hears::Polling { hub.look().await } else { hub.settle().await };
            hear().await;
            assert_eq!(state(hub).await, "completed");
            let told = ops(hub, "reopened").await;
            assert_eq!(told.len(), 1, "{told:?}");
            // Whatever happens later, it is not closed again.
            hub.at("2026-12-08 14:20").await;
            hub.fake.untick("ben", CRM, list.number, "Jira");
            hear().await;
            hub.bot.say("anna", "/maintenance qa add MW-1 \"All well?\" \"Yes.\"").await;
            hear().await;
            assert!(hub.list("MW-1").open);
            assert_eq!(state(hub).await, "completed");
            assert_eq!(hub.bot.items(1).await, ["1 anna"], "what is completed is not taken back");
            assert_eq!(ops(hub, "reopened").await.len(), 1);
        })
        .await;
    }
}

#[tokio::test]
async fn reopened_while_verifying_it_says_how_work_goes_on() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira"]).await;
        hub.at("2026-12-08 14:05").await;
        hub.fake.tick("ben", CRM, list.number, "Jira");
        hub.settle().await;
        assert_eq!((state(hub).await.as_str(), hub.list("MW-1").open), ("verifying", false));
        hub.fake.reopen("carla", CRM, list.number);
        hub.settle().await;
        assert_eq!(state(hub).await, "verifying");
        let said = hub.said(list.number);
        let how = "Every item is reported done. If one is not, untick its box";
        assert_eq!(said.iter().filter(|text| text.contains(how)).count(), 1, "{said:#?}");
        hub.fake.untick("carla", CRM, list.number, "Jira");
        hub.settle().await;
        assert_eq!((state(hub).await.as_str(), hub.list("MW-1").open), ("in_progress", true));
    })
    .await;
}

#[tokio::test]
async fn called_off_it_is_closed_as_not_planned() {
    story(Hears::Webhooks, "", AT, async |hub| {
        planned(hub, &["Jira"]).await;
        hub.bot.say("anna", "/maintenance cancel MW-1 reason:\"the vendor is late\"").await;
        hub.settle().await;
        let now = hub.list("MW-1");
        assert_eq!((now.open, now.state_reason.as_deref()), (false, Some("not_planned")));
        assert_eq!(hub.lists("MW-1").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn title_and_facts_follow_the_window() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &["Jira"]).await;
        assert_eq!(list.title, "MW-1: Upgrade");
        assert!(list.body.contains("14:00–16:00"), "{}", list.body);
        assert_eq!(list.labels, ["maintenance", "crm"]);
        hub.bot.say("anna", "/maintenance edit MW-1 title:\"Upgrade of the CRM\" kind:emergency").await;
        hub.bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-09 15:00-17:00\" reason:\"late\"").await;
        hub.settle().await;
        let now = hub.list("MW-1");
        assert_eq!(now.title, "MW-1: Upgrade of the CRM");
        assert!(now.body.contains("9 Dec 2026 15:00–17:00") && !now.body.contains("14:00–16:00"), "{}", now.body);
        assert!(now.labels.contains(&"emergency".to_owned()), "{:?}", now.labels);
        assert!(hub.fake.labels(CRM).contains(&"emergency".to_owned()));
        hub.at("2026-12-09 15:05").await;
        hub.bot.say("anna", "/maintenance extend MW-1 30m").await;
        hub.settle().await;
        let now = hub.list("MW-1");
        assert!(now.body.contains("15:00–17:30"), "{}", now.body);
        // One at the start, one that is kept in step.
        let said = hub.said(now.number);
        assert_eq!(said.len(), 2, "{said:#?}");
        assert!(said.iter().any(|text| text.contains("17:30")), "{said:#?}");
    })
    .await;
}

#[tokio::test]
async fn each_occurrence_of_a_series_gets_its_list_when_it_is_due_with_the_day_in_its_title() {
    story(Hears::Webhooks, "", "2026-11-21 09:00", async |hub| {
        let every = "every:\"second sunday of month 16:00 for 4h\"";
        let line = format!("/maintenance series new \"Monthly break\" service:crm {every} item:\"Patches\"");
        hub.bot.say("anna", &line).await;
        hub.settle().await;
        assert_eq!(hub.list("MW-1").title, "MW-1: Monthly break, Sun 13 Dec 2026 16:00–20:00 UTC");
        assert_eq!(hub.lists("MW-2").len(), 0);
        // 28 days before 10 January, which is before the first one ends.
        hub.at("2026-12-13 15:59").await;
        assert_eq!(hub.lists("MW-2").len(), 0);
        hub.at("2026-12-13 16:00").await;
        assert!(hub.list("MW-2").title.contains("Sun 10 Jan 2027"));
        assert!(hub.list("MW-2").body.contains("- [ ] **1.** Patches"));
        // When the second one ends, which is before the 28 days.
        hub.at("2027-01-10 19:59").await;
        assert_eq!(hub.lists("MW-3").len(), 0);
        hub.at("2027-01-10 20:00").await;
        assert!(hub.list("MW-3").title.contains("Sun 14 Feb 2027"));
        assert_eq!(hub.lists("MW-4").len(), 0);
    })
    .await;
}

#[tokio::test]
async fn the_list_of_an_occurrence_that_is_lost_is_opened_again_also_without_items() {
    story(Hears::Webhooks, "", "2026-11-21 09:00", async |hub| {
        let every = "every:\"second sunday of month 16:00 for 4h\"";
        hub.bot.say("anna", &format!("/maintenance series new \"Monthly break\" service:crm {every}")).await;
        hub.settle().await;
        let first = hub.list("MW-1");
        hub.fake.delete_issue("carla", CRM, first.number);
        hub.settle().await;
        let list = hub.list("MW-1");
        assert!(list.number != first.number && list.open, "{list:?}");
        assert_eq!(list.title, first.title);
        assert_eq!(hub.lists("MW-2").len(), 0, "the next one is not due yet");
        // It is the list of this occurrence from now on.
        hub.bot.say("anna", "/maintenance change add MW-1 \"Patches\"").await;
        hub.fake.tick("ben", CRM, list.number, "Patches");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1 github:ben"]);
    })
    .await;
}

#[tokio::test]
async fn somebody_who_may_not_be_assigned_does_not_keep_it_from_opening() {
    let people = "[people.anna]\ngithub = \"left-the-company\"\n";
    story(Hears::Webhooks, people, AT, async |hub| {
        let list = planned(hub, &["Jira"]).await;
        assert_eq!(list.assignees, [""; 0]);
        hub.bot.say("anna", "/maintenance change assign MW-1 1 @anna").await;
        hub.bot.say("anna", "/maintenance edit MW-1 title:\"Later\"").await;
        hub.settle().await;
        assert_eq!(hub.list("MW-1").title, "MW-1: Later");
    })
    .await;
}

const HOSTILE: &str =
    "@everyone <script>alert(1)</script> <!-- x --> --> [a](https://evil.example) ![b](c) | x | ~~~ ``` # *b* - [x] y";

#[tokio::test]
async fn hostile_text_is_shown_as_typed_and_neither_mentions_nor_ends_anything() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let line = format!("/maintenance schedule \"{HOSTILE}\" service:crm when:\"2026-12-08 14:00-16:00\" item:\"{HOSTILE}\" impact:\"{HOSTILE}\" rollback:\"{HOSTILE}\"");
        hub.bot.say("anna", &line).await;
        hub.at("2026-12-08 14:05").await;
        hub.bot.say("anna", &format!("/maintenance note MW-1 \"{HOSTILE}\"")).await;
        hub.settle().await;
        let list = hub.list("MW-1");
        hub.fake.tick("ben", CRM, list.number, "1");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await, ["1 github:ben"]);
        hub.bot.say("anna", &format!("/maintenance complete MW-1 note:\"{HOSTILE}\"")).await;
        hub.settle().await;
        let list = hub.list("MW-1");
        let comments = hub.fake.comments(CRM, list.number).into_iter().map(|comment| comment.body);
        let texts: Vec<String> = comments.chain([list.body.clone()]).collect();
        assert!(texts.len() > 3);
        for text in &texts {
            let own: Vec<&str> = text.lines().filter(|line| line.starts_with("<!-- maintbot:")).collect();
            let people = text.lines().filter(|line| !line.starts_with("<!-- maintbot:")).collect::<Vec<_>>().join("\n");
            assert!(!own.is_empty());
            for harm in ["@everyone", "<script", "<!--", "-->", "[a](", "![b](", "\n~~~", "\n```"] {
                assert!(!people.contains(harm), "{harm} in\n{text}");
            }
        }
        assert_eq!(list.body.lines().filter(|line| line.trim_start().starts_with("- [")).count(), 1, "{}", list.body);
    })
    .await;
}

#[tokio::test]
async fn the_longest_list_fits_and_every_box_of_it_works() {
    story(Hears::Webhooks, "", AT, async |hub| {
        let list = planned(hub, &[]).await;
        for part in 0..25 {
            let lines: Vec<String> = (0..20).map(|n| format!("- [ ] {part}/{n} {}", "ä<|".repeat(326))).collect();
            hub.bot.type_only("anna", &format!("/maintenance change import MW-1 \"{}\"", lines.join("\n"))).await;
        }
        hub.settle().await;
        let now = hub.list("MW-1");
        assert!(now.body.chars().count() <= 65_536);
        let boxes = now.body.lines().filter(|line| line.starts_with("- [ ] **")).count();
        assert_eq!(boxes, 500);
        hub.fake.tick("ben", CRM, list.number, "500");
        hub.settle().await;
        assert_eq!(hub.bot.items(1).await[499], "500 github:ben");
        // Everything done by somebody with a long name takes the most room.
        let carla = "c".repeat(39);
        hub.bot.say(&carla, "/maintenance done MW-1 --all").await;
        hub.settle().await;
        let now = hub.list("MW-1");
        assert!(now.body.chars().count() <= 65_536);
        assert_eq!(now.body.lines().filter(|line| line.starts_with("- [x] **")).count(), 500);
    })
    .await;
}
