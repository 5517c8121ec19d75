//! Two windows that would get in each other's way.

use maintbot::domain::access::Role;
use maintbot::domain::finding::Finding;
use maintbot::domain::window::State;

use crate::bot::{Bot, story, utc};

const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]
"#;

fn line(when: &str, rest: &str) -> String {
    format!("/maintenance schedule \"Upgrade\" when:\"{when}\" poc:@anna {rest}")
}

/// What a window of these facts on Tuesday 8 December finds; it is called off again.
async fn found(bot: &Bot, when: &str, rest: &str) -> Vec<Finding> {
    let reply = bot.say_as(Role::Scheduler, "lee", &line(when, rest)).await;
    bot.say("lee", &format!("/maintenance cancel {}", reply.windows[0])).await;
    reply.findings
}

#[tokio::test]
async fn a_conflict_is_refused_with_the_other_windows_id_and_the_first_free_start() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("anna", &line("2026-12-08 14:00-16:00", "service:crm")).await;
        bot.say("anna", &line("2026-12-09 15:00-17:00", "service:crm")).await;
        let refused = bot.refused_as(Role::Scheduler, "lee", &line("2026-12-08 15:59-17:00", "service:crm")).await;
        assert!(refused.detail.contains("MW-1") && !refused.detail.contains("MW-2"), "{}", refused.detail);
        bot.say_as(Role::Scheduler, "lee", &refused.hint.expect("a line to copy")).await;
        assert_eq!(bot.window(3).await.span.starts_at, utc("2026-12-10 15:59"), "on the 9th is the other one");
    })
    .await;
}

#[tokio::test]
async fn only_what_shares_environment_service_and_region_is_in_the_way_and_none_means_all() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("anna", &line("2026-12-08 14:00-16:00", "service:crm,erp regions:eu,na")).await;
        let when = "2026-12-08 15:00-17:00";
        for rest in ["service:crm regions:na,apac", "service:vpn,erp regions:eu", "service:crm"] {
            let refused = bot.refused_as(Role::Scheduler, "lee", &line(when, rest)).await;
            assert!(refused.detail.contains("MW-1"), "{rest}: {}", refused.detail);
        }
        let apart =
            ["service:vpn regions:eu", "service:crm regions:apac", "service:crm regions:eu environment:staging"];
        for rest in apart {
            assert_eq!(found(bot, when, rest).await, [], "{rest}");
        }
        bot.say("anna", &line("2026-12-12 14:00-16:00", "service:dns")).await;
        let one_region = line("2026-12-12 15:00-17:00", "service:dns regions:apac");
        assert!(bot.refused_as(Role::Scheduler, "lee", &one_region).await.detail.contains("is at the same time"));
    })
    .await;
}

#[tokio::test]
async fn what_takes_nothing_down_conflicts_with_nothing() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("anna", &line("2026-12-08 14:00-16:00", "service:crm")).await;
        assert_eq!(found(bot, "2026-12-08 14:00-16:00", "service:crm kind:no_downtime").await, []);
        bot.say("anna", &line("2026-12-10 14:00-16:00", "service:crm kind:no_downtime")).await;
        assert_eq!(found(bot, "2026-12-10 14:00-16:00", "service:crm").await, []);
    })
    .await;
}

#[tokio::test]
async fn a_gap_under_an_hour_only_warns() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("anna", &line("2026-12-08 14:00-16:00", "service:crm")).await;
        let gap = async |when: &str| match found(bot, when, "service:crm").await.as_slice() {
            [] => None,
            [Finding::Close { gap_s, .. }] => Some(*gap_s),
            other => panic!("{when}: {other:?}"),
        };
        assert_eq!(gap("2026-12-08 16:00-17:00").await, Some(0));
        assert_eq!(gap("2026-12-08 16:59-17:30").await, Some(59 * 60));
        assert_eq!(gap("2026-12-08 17:00-17:30").await, None);
        assert_eq!(gap("2026-12-08 12:00-13:01").await, Some(59 * 60));
        assert_eq!(gap("2026-12-08 12:00-13:00").await, None);
        let reply = bot.say("lee", &line("2026-12-08 16:30-17:00", "service:crm")).await;
        assert!(
            reply.warnings.iter().any(|said| said.contains("30m") && said.contains("MW-1")),
            "{:?}",
            reply.warnings
        );
        assert!(reply.message.plain().contains("MW-1"));
    })
    .await;
}

#[tokio::test]
async fn pending_windows_count_and_those_that_are_over_do_not() {
    let config = format!("{CONFIG}\n[policy.emergency]\napproval = [\"always\"]\n");
    story(&config, "2026-12-01 09:00", async |bot| {
        bot.say("anna", &line("2026-12-08 14:00-16:00", "service:crm kind:emergency reason:\"leak\"")).await;
        assert_eq!(bot.window(1).await.state, State::Pending);
        let again = line("2026-12-08 15:00-17:00", "service:crm");
        assert!(bot.refused_as(Role::Scheduler, "lee", &again).await.detail.contains("MW-1"));
        bot.say_as(Role::Approver, "boss", "/maintenance reject MW-1 reason:\"no\"").await;
        assert_eq!(found(bot, "2026-12-08 15:00-17:00", "service:crm").await, []);
        bot.say("anna", &line("2026-12-08 14:00-16:00", "service:vpn")).await;
        bot.at("2026-12-08 14:10").await;
        let during = line("2026-12-08 15:00-15:30", "service:vpn");
        assert!(bot.refused_as(Role::Scheduler, "lee", &during).await.detail.contains("is at the same time"));
        let running = bot.window(3).await;
        bot.say("anna", &format!("/maintenance complete {}", running.id)).await;
        bot.say_as(Role::Scheduler, "lee", &during).await;
    })
    .await;
}

#[tokio::test]
async fn a_window_is_not_in_its_own_way_and_edits_and_moves_are_judged() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("anna", &line("2026-12-08 14:00-16:00", "service:crm")).await;
        bot.say("anna", &line("2026-12-08 14:00-16:00", "service:vpn")).await;
        let lee = Role::Scheduler;
        bot.say_as(lee, "lee", "/maintenance reschedule MW-1 when:\"2026-12-08 15:00-17:00\"").await;
        let refused = bot.refused_as(lee, "lee", "/maintenance edit MW-1 service:crm,vpn").await;
        assert!(refused.detail.contains("MW-2"), "{}", refused.detail);
        bot.say("anna", &line("2026-12-09 14:00-16:00", "service:crm")).await;
        let hint = bot.hint_as(lee, "lee", "/maintenance reschedule MW-3 when:\"2026-12-08 16:00-18:00\"").await;
        bot.say_as(lee, "lee", &hint).await;
        assert_eq!(bot.window(3).await.span.starts_at, utc("2026-12-09 16:00"));
        // Work goes on whatever it meets.
        bot.at("2026-12-08 16:50").await;
        let reply = bot.say_as(lee, "lee", "/maintenance extend MW-1 24h").await;
        let met = reply.findings.iter().any(|f| matches!(f, Finding::Conflict { id, .. } if id.0 == 3));
        assert!(met && reply.message.plain().contains("MW-3"), "{:?}", reply.findings);
        bot.say("anna", "/maintenance complete MW-1").await;
        bot.say("anna", "/maintenance complete MW-2").await;
    })
    .await;
}

#[tokio::test]
async fn a_policy_may_let_an_approver_decide_on_a_conflict() {
    let config = format!("{CONFIG}\n[policy.scheduled]\napproval = [\"conflict\"]\n");
    story(&config, "2026-12-01 09:00", async |bot| {
        bot.say("anna", &line("2026-12-08 14:00-16:00", "service:crm")).await;
        let again = line("2026-12-08 15:00-17:00", "service:crm");
        let hint = bot.hint_as(Role::Scheduler, "lee", &again).await;
        assert!(hint.contains("reason:"), "{hint}");
        bot.say_as(Role::Scheduler, "lee", &hint).await;
        assert_eq!(bot.window(2).await.state, State::Pending);
        bot.say_as(Role::Approver, "boss", "/maintenance approve MW-2").await;
        assert_eq!(bot.window(2).await.state, State::Scheduled);
        // Alone it is still only a warning to be near.
        bot.say_as(Role::Scheduler, "lee", &line("2026-12-08 17:30-18:00", "service:crm")).await;
    })
    .await;
}
