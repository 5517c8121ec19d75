//! Downtime while people work, in each region that it hits.

use maintbot::domain::access::Role;
use maintbot::domain::finding::Finding;
use maintbot::domain::window::State;

use crate::bot::{Bot, story};

/// Friday 4 December 2026 is a holiday in Singapore only. Helsinki is UTC+2, Singapore UTC+8.
const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "Europe/Helsinki"
ops = ["builtin:ops"]
working_hours = "08:00-18:00"

[[region]]
id = "apac"
time_zone = "Asia/Singapore"
working_hours = "09:00-18:00"
holidays = ["2026-12-04"]

[[region]]
id = "eu"
name = "Europe"
"#;

/// The regions whose hours a window meets, `None` where nothing was found; it is called off again.
async fn hit(bot: &Bot, when: &str, rest: &str) -> Option<Vec<String>> {
    let line = format!("/maintenance schedule \"Upgrade\" service:crm when:{when} poc:@anna {rest}");
    let reply = bot.say_as(Role::Scheduler, "lee", &line).await;
    assert_eq!(bot.window(reply.windows[0].0).await.state, State::Scheduled, "it only warns");
    bot.say("lee", &format!("/maintenance cancel {}", reply.windows[0])).await;
    match reply.findings.as_slice() {
        [] => None,
        [Finding::BusinessHours { regions }] => {
            assert!(reply.warnings.iter().any(|said| said.contains("working hours")), "{:?}", reply.warnings);
            Some(regions.clone())
        }
        other => panic!("{when} {rest}: {other:?}"),
    }
}

#[tokio::test]
async fn the_hours_of_every_affected_region_count_in_its_own_zone() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        // Thursday 3 December: 09:00 to 10:00 in Singapore, 03:00 to 04:00 in Helsinki.
        assert_eq!(hit(bot, "2026-12-03T01:00Z/PT1H", "").await, Some(vec!["apac".into()]));
        assert_eq!(hit(bot, "2026-12-03T01:00Z/PT1H", "regions:eu").await, None);
        assert_eq!(hit(bot, "2026-12-03T01:00Z/PT1H", "regions:apac").await, Some(vec!["apac".into()]));
        // 14:00 and 08:00.
        assert_eq!(hit(bot, "2026-12-03T06:00Z/PT1H", "").await, Some(vec!["apac".into(), "eu".into()]));
        // It ends as work begins in Singapore, and begins as it ends in Helsinki.
        assert_eq!(hit(bot, "2026-12-03T00:00Z/PT1H", "").await, None);
        assert_eq!(hit(bot, "2026-12-03T16:00Z/PT1H", "").await, None);
        // The week-end, and a part that reaches into Monday.
        assert_eq!(hit(bot, "2026-12-05T06:00Z/PT4H", "").await, None);
        assert_eq!(hit(bot, "2026-12-06T20:00Z/PT6H", "").await, Some(vec!["apac".into()]));
    })
    .await;
}

#[tokio::test]
async fn a_regions_holiday_frees_that_region_only() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        assert_eq!(hit(bot, "2026-12-04T06:00Z/PT1H", "").await, Some(vec!["eu".into()]));
        assert_eq!(hit(bot, "2026-12-04T06:00Z/PT1H", "regions:apac").await, None);
    })
    .await;
}

#[tokio::test]
async fn only_a_downtime_is_worth_a_word() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        let at = "2026-12-03T06:00Z/PT1H";
        assert_eq!(hit(bot, at, "kind:no_downtime").await, None);
        assert_eq!(hit(bot, at, "downtime:none").await, None);
        assert!(hit(bot, at, "downtime:5m").await.is_some());
        assert!(hit(bot, at, "downtime:none downtime.crm:5m").await.is_some());
    })
    .await;
}

#[tokio::test]
async fn the_words_name_the_regions_as_people_know_them() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        let line = "/maintenance schedule \"Upgrade\" service:crm when:2026-12-03T06:00Z/PT1H poc:@anna";
        let text = bot.say_as(Role::Scheduler, "lee", line).await.message.plain();
        assert!(text.contains("working hours in apac and Europe"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn without_regions_the_organisations_own_hours_count() {
    let config = &CONFIG[..CONFIG.find("[[region]]").expect("regions")];
    story(config, "2026-11-20 09:00", async |bot| {
        assert_eq!(hit(bot, "2026-12-03T06:00Z/PT1H", "").await, Some(vec![]));
        assert_eq!(hit(bot, "2026-12-03T01:00Z/PT1H", "").await, None);
    })
    .await;
}

#[tokio::test]
async fn a_policy_may_ask_an_approver() {
    let config = format!("{CONFIG}\n[policy.scheduled]\napproval = [\"business_hours\"]\n");
    story(&config, "2026-11-20 09:00", async |bot| {
        let line = "/maintenance schedule \"Upgrade\" service:crm when:2026-12-03T06:00Z/PT1H poc:@anna";
        let refused = bot.refused_as(Role::Scheduler, "lee", line).await;
        assert!(refused.detail.contains("working hours"), "{}", refused.detail);
        bot.say_as(Role::Scheduler, "lee", &refused.hint.expect("a line to copy")).await;
        assert_eq!(bot.window(1).await.state, State::Pending);
        let night = line.replace("T06", "T20");
        bot.say_as(Role::Scheduler, "lee", &night).await;
        assert_eq!(bot.window(2).await.state, State::Scheduled);
    })
    .await;
}
