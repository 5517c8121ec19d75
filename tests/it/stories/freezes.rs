//! Days on which nothing is scheduled without approval.

use maintbot::domain::access::Role;
use maintbot::domain::finding::Finding;
use maintbot::domain::window::{State, WindowId};

use crate::bot::{story, utc};

const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "Europe/Helsinki"
ops = ["builtin:ops"]
"#;

fn schedule(when: &str) -> String {
    format!("/maintenance schedule \"Upgrade\" service:crm when:{when} poc:@anna")
}

/// The clocks in Helsinki go back on Sunday 25 October 2026: the day lasts from 21:00 UTC for 25 hours.
#[tokio::test]
async fn the_days_of_a_freeze_are_whole_in_the_organisations_zone_whatever_the_windows() {
    story(CONFIG, "2026-10-01 09:00", async |bot| {
        bot.say("boss", "/maintenance freeze add \"Release\" from:2026-10-25 to:2026-10-25").await;
        let inside = ["2026-10-24T20:30Z/PT31M", "2026-10-24T21:00Z/PT15M", "2026-10-25T21:59Z/PT15M"];
        for when in inside {
            let refused = bot.refused_as(Role::Scheduler, "anna", &schedule(when)).await;
            let named = refused.detail.contains("FR-1") && refused.detail.contains("Release");
            assert!(named && refused.detail.contains("Sun 25 Oct 2026"), "{when}: {}", refused.detail);
        }
        for when in ["2026-10-24T20:00Z/PT60M", "2026-10-25T22:00Z/PT15M"] {
            bot.say_as(Role::Scheduler, "anna", &schedule(when)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn the_last_day_belongs_to_it_and_the_line_to_copy_is_the_first_day_after() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("boss", "/maintenance freeze add \"Year end\" from:2026-12-18 to:2027-01-07").await;
        for day in ["2026-12-18", "2027-01-07"] {
            let line = schedule(&format!("\"{day} 16:00-20:00\""));
            let refused = bot.refused_as(Role::Scheduler, "anna", &line).await;
            assert!(refused.detail.contains("Fri 18 Dec 2026 to Thu 7 Jan 2027"), "{}", refused.detail);
        }
        let hint = bot.hint_as(Role::Scheduler, "anna", &schedule("\"2026-12-20 16:00-20:00\"")).await;
        bot.say_as(Role::Scheduler, "anna", &hint).await;
        assert_eq!(bot.window(1).await.span.starts_at, utc("2027-01-08 14:00"));
        bot.say_as(Role::Scheduler, "anna", &schedule("\"2026-12-17 16:00-20:00\"")).await;
    })
    .await;
}

#[tokio::test]
async fn a_freeze_may_be_for_some_services_regions_and_kinds_only() {
    let line = |rest: &str| format!("/maintenance schedule \"Work\" when:\"2026-12-20 16:00-17:00\" {rest}");
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        let freeze = "/maintenance freeze add \"Year end\" from:2026-12-18 to:2027-01-07";
        bot.say("boss", &format!("{freeze} service:crm,erp regions:eu kind:scheduled")).await;
        let inside = ["service:crm regions:eu", "service:vpn,erp regions:apac,eu", "service:crm"];
        for rest in inside {
            assert!(bot.refused_as(Role::Scheduler, "anna", &line(rest)).await.detail.contains("FR-1"), "{rest}");
        }
        let outside = ["service:vpn regions:eu", "service:crm regions:apac", "service:crm regions:eu kind:emergency"];
        for rest in outside {
            bot.say_as(Role::Scheduler, "anna", &line(rest)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn without_limits_it_holds_for_every_kind_and_environment() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("boss", "/maintenance freeze add \"Year end\" from:2026-12-18 to:2027-01-07").await;
        for rest in ["kind:emergency", "kind:no_downtime", "environment:staging", "regions:apac"] {
            let line = format!("{} {rest}", schedule("\"2026-12-20 16:00-17:00\""));
            assert!(bot.refused_as(Role::Scheduler, "anna", &line).await.detail.contains("FR-1"), "{rest}");
        }
    })
    .await;
}

#[tokio::test]
async fn adding_one_names_the_windows_inside_and_they_stay() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        for day in ["2026-12-17", "2026-12-18", "2027-01-07", "2027-01-08"] {
            bot.say("anna", &schedule(&format!("\"{day} 16:00-20:00\""))).await;
        }
        bot.say("anna", "/maintenance schedule \"Other\" service:vpn when:\"2026-12-20 16:00-20:00\"").await;
        bot.say("anna", "/maintenance cancel MW-3").await;
        let reply =
            bot.say("boss", "/maintenance freeze add \"Year end\" from:2026-12-18 to:2027-01-07 service:crm").await;
        assert_eq!(reply.windows, [WindowId(2)]);
        assert_eq!(reply.subject.map(|s| s.to_string()), Some("FR-1".into()));
        let text = reply.message.plain();
        assert!(text.contains("MW-2") && !text.contains("MW-1 ") && !text.contains("MW-5"), "{text}");
        assert_eq!(bot.window(2).await.state, State::Scheduled);
    })
    .await;
}

#[tokio::test]
async fn a_policy_may_let_an_approver_decide_and_an_admin_may_set_it_aside_only_where_it_refuses() {
    let config = format!("{CONFIG}\n[policy.emergency]\napproval = [\"freeze\"]\n");
    story(&config, "2026-12-01 09:00", async |bot| {
        bot.say("boss", "/maintenance freeze add \"Year end\" from:2026-12-18 to:2027-01-07").await;
        let line = format!("{} kind:emergency", schedule("\"2026-12-20 16:00-17:00\""));
        let refused = bot.refused("root", &format!("{line} override:\"now\"")).await;
        assert!(refused.detail.contains("approver"), "{}", refused.detail);
        bot.say_as(Role::Scheduler, "anna", &format!("{line} reason:\"leak\"")).await;
        assert_eq!(bot.window(1).await.state, State::Pending);
        let reply = bot.say("root", &format!("{} override:\"contract\"", schedule("\"2026-12-21 16:00-17:00\""))).await;
        assert!(matches!(reply.findings[..], [Finding::Freeze { .. }]), "{:?}", reply.findings);
        assert_eq!(bot.window(2).await.state, State::Scheduled);
    })
    .await;
}

#[tokio::test]
async fn what_was_removed_or_is_over_freezes_nothing_and_a_mistake_is_refused_with_what_to_write() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("boss", "/maintenance freeze add \"Year end\" from:2026-12-18 to:2027-01-07").await;
        let listed = bot.say("anna", "/maintenance freeze list").await.message.plain();
        assert!(listed.contains("FR-1") && listed.contains("Fri 18 Dec 2026 to Thu 7 Jan 2027"), "{listed}");
        assert_eq!(bot.refused_as(Role::Scheduler, "lee", "/maintenance freeze remove FR-1").await.sort, "role");
        bot.say_as(Role::Approver, "boss", "/maintenance freeze remove FR-1").await;
        bot.say("anna", &schedule("\"2026-12-20 16:00-20:00\"")).await;
        assert!(!bot.say("anna", "/maintenance freeze list").await.message.plain().contains("FR-1"));
        assert_eq!(bot.refused("boss", "/maintenance freeze remove FR-1").await.sort, "not_found");
        for days in ["from:2026-12-18 to:2026-12-17", "from:2026-11-01 to:2026-11-30", "from:2027-01-01 to:2028-06-01"]
        {
            let line = format!("/maintenance freeze add \"Wrong\" {days}");
            let hint = bot.hint_as(Role::Approver, "boss", &line).await;
            bot.say_as(Role::Approver, "boss", &hint).await;
        }
        // The number of one that was removed is not given again.
        let listed = bot.say("anna", "/maintenance freeze list").await.message.plain();
        assert!(listed.contains("FR-2") && listed.contains("FR-4"), "{listed}");
    })
    .await;
}
