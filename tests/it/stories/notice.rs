//! How early a window must be asked for, per kind and per service, and what a refusal offers instead.

use maintbot::domain::access::Role;
use maintbot::domain::finding::Finding;
use maintbot::domain::window::State;

use crate::bot::{assert_timeline, story, utc};

/// Monday 7 December 2026 is a holiday.
const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "Europe/Helsinki"
ops = ["builtin:ops"]
holidays = ["2026-12-07"]

[policy.scheduled]
notice = "5wd"
announce = "14d"
remind = []

[[audience]]
name = "customers"
channels = ["builtin:news"]
"#;

fn schedule(when: &str) -> String {
    format!("/maintenance schedule \"Upgrade\" service:crm when:\"{when}\" poc:@anna")
}

/// Tuesday 1 December 2026, 12:00 in Helsinki. Five working days before Tuesday 8 December, counted strictly before its
/// date and over the holiday, are 4, 3, 2 and 1 December and 30 November; before Wednesday 9 they end on 1 December.
#[tokio::test]
async fn too_late_is_refused_with_the_first_start_in_time_and_a_line_that_works() {
    story(CONFIG, "2026-12-01 10:00", async |bot| {
        let before = bot.everything().await;
        let refused = bot.refused_as(Role::Scheduler, "anna", &schedule("2026-12-08 12:00-14:00")).await;
        assert_eq!(refused.sort, "rule");
        for said in ["5 working days", "Mon 30 Nov 2026 12:00", "Wed 9 Dec 2026 12:00"] {
            assert!(refused.detail.contains(said), "{said}: {}", refused.detail);
        }
        assert_eq!(bot.everything().await, before, "nothing is stored");
        let hint = refused.hint.expect("a line to copy");
        bot.say_as(Role::Scheduler, "anna", &hint).await;
        let span = bot.window(1).await.span;
        assert_eq!((span.starts_at, span.ends_at), (utc("2026-12-09 10:00"), utc("2026-12-09 12:00")));
        assert_eq!(span.zone.name(), "Europe/Helsinki");
    })
    .await;
}

#[tokio::test]
async fn a_request_at_that_very_second_is_in_time_and_one_a_second_later_is_not() {
    story(CONFIG, "2026-12-01 10:00", async |bot| {
        bot.say_as(Role::Scheduler, "anna", &schedule("2026-12-09 12:00-14:00")).await;
        bot.at("2026-12-01 10:00:01").await;
        let refused = bot.refused_as(Role::Scheduler, "anna", &schedule("2026-12-09 12:00-14:01")).await;
        assert!(refused.detail.contains("Thu 10 Dec 2026 12:00"), "{}", refused.detail);
    })
    .await;
}

/// 20:00 on Tuesday 8 December in New York is Wednesday 9 December in Helsinki: its working day before is the 8th, not the
/// Friday before the holiday.
#[tokio::test]
async fn working_days_are_counted_from_the_date_in_the_organisations_zone() {
    story(&CONFIG.replace("5wd", "1wd"), "2026-12-08 01:00", async |bot| {
        let line = format!("{} tz:America/New_York", schedule("2026-12-08 20:00-21:00"));
        bot.say_as(Role::Scheduler, "anna", &line).await;
        assert_eq!(bot.window(1).await.span.starts_at, utc("2026-12-09 01:00"));
        bot.at("2026-12-08 01:00:01").await;
        let line = line.replace("21:00", "21:30");
        assert_eq!(bot.refused_as(Role::Scheduler, "anna", &line).await.sort, "rule");
    })
    .await;
}

/// The clocks in Helsinki go back on Sunday 25 October 2026.
#[tokio::test]
async fn days_keep_the_wall_clock_over_a_change_of_the_clocks_and_hours_are_exact() {
    for (notice, last) in [("7d", "2026-10-20 09:00"), ("168h", "2026-10-20 10:00")] {
        story(&CONFIG.replace("5wd", notice), last, async |bot| {
            // 12:00 in winter time is 10:00 UTC.
            bot.say_as(Role::Scheduler, "anna", &schedule("2026-10-27 12:00-13:00")).await;
            bot.at(&format!("{last}:01")).await;
            let late = bot.refused_as(Role::Scheduler, "anna", &schedule("2026-10-27 12:00-14:00")).await;
            assert!(late.detail.contains("Wed 28 Oct 2026 12:00"), "{notice}: {}", late.detail);
        })
        .await;
    }
}

#[tokio::test]
async fn moving_and_what_raises_the_sequence_is_judged_anew_and_texts_are_not() {
    story(CONFIG, "2026-12-01 10:00", async |bot| {
        bot.say_as(Role::Scheduler, "anna", &schedule("2026-12-16 12:00-14:00")).await;
        let line = "/maintenance reschedule MW-1 when:\"2026-12-04 12:00-14:00\"";
        let hint = bot.hint_as(Role::Scheduler, "anna", line).await;
        assert_eq!(bot.window(1).await.sequence, 0);
        bot.say_as(Role::Scheduler, "anna", &hint).await;
        assert_eq!(bot.window(1).await.span.starts_at, utc("2026-12-09 10:00"));
        bot.at("2026-12-04 10:00").await;
        bot.say_as(Role::Scheduler, "anna", "/maintenance edit MW-1 title:\"Other\" poc:@sam downtime:1h").await;
        let refused = bot.refused_as(Role::Scheduler, "anna", "/maintenance edit MW-1 service:vpn").await;
        assert!(refused.detail.contains("short notice"), "{}", refused.detail);
        assert_eq!(bot.window(1).await.services, ["crm"]);
        // A later end asks nobody.
        bot.say_as(Role::Scheduler, "anna", "/maintenance extend MW-1 1h").await;
        assert_eq!(bot.window(1).await.state, State::Scheduled);
    })
    .await;
}

#[tokio::test]
async fn kinds_services_and_kinds_of_ones_own_have_their_own_rules() {
    let config = format!(
        "{CONFIG}\n[policy.scheduled.service.billing]\nnotice = \"20d\"\n\n[policy.patch]\nnotice = \"2d\"\nremind = [\"1h\"]\n"
    );
    story(&config, "2026-12-01 10:00", async |bot| {
        let on = |service: &str, kind: &str, day: &str| {
            format!("/maintenance schedule \"Work\" service:{service} kind:{kind} when:\"{day} 12:00-14:00\" poc:@anna")
        };
        let late = bot.refused_as(Role::Scheduler, "anna", &on("billing", "scheduled", "2026-12-16")).await;
        assert!(late.detail.contains("Mon 21 Dec 2026 12:00"), "{}", late.detail);
        // The first service of a window that has rules of its own decides.
        let late = bot.refused_as(Role::Scheduler, "anna", &on("crm,billing", "scheduled", "2026-12-16")).await;
        assert!(late.detail.contains("Mon 21 Dec 2026 12:00"), "{}", late.detail);
        let late = bot.refused_as(Role::Scheduler, "anna", &on("crm", "patch", "2026-12-02")).await;
        assert!(late.detail.contains("Thu 3 Dec 2026 12:00"), "{}", late.detail);
        bot.say_as(Role::Scheduler, "anna", &on("crm", "patch", "2026-12-03")).await;
        // Built-in kinds without a notice of their own have none.
        bot.say_as(Role::Scheduler, "anna", &on("vpn", "emergency", "2026-12-02")).await;
        bot.say_as(Role::Scheduler, "anna", &on("vpn", "no_downtime", "2026-12-02")).await;
        let kind = bot.window(1).await.kind;
        assert_eq!(kind.0, "patch");
        // A kind of one's own starts as `scheduled` with what it writes: announced at once, as 14d are past.
        bot.at("2026-12-03 10:00").await;
        assert_timeline(
            &bot.timeline("news").await.into_iter().filter(|line| line.contains("Reminder")).collect::<Vec<_>>(),
            &["2026-12-02 09:00 Reminder: Work", "2026-12-03 09:00 Reminder: Work"],
        );
    })
    .await;
}

#[tokio::test]
async fn only_an_admin_sets_the_rule_aside_and_that_is_written_down_and_marked() {
    story(CONFIG, "2026-12-01 10:00", async |bot| {
        let line = format!("{} override:\"the vendor leaves on Friday\"", schedule("2026-12-03 12:00-14:00"));
        let refused = bot.refused_as(Role::Scheduler, "lee", &line).await;
        assert_eq!(refused.sort, "role");
        assert!(refused.detail.contains("admin"), "{}", refused.detail);
        let reply = bot.say("root", &line).await;
        assert!(matches!(reply.findings[..], [Finding::ShortNotice { .. }]), "{:?}", reply.findings);
        let window = bot.window(1).await;
        assert_eq!((window.state, window.request), (State::Scheduled, None));
        let events = bot.events(1).await;
        let audited = events.iter().any(|e| e.starts_with("root: ") && e.contains("the vendor leaves on Friday"));
        assert!(audited, "{events:?}");
        let post = &bot.texts("news").await[0];
        assert!(post.contains("At short notice"), "{post}");
    })
    .await;
}

/// An announcement that is late says so only where the policy has a notice that the start lies inside of.
#[tokio::test]
async fn a_late_announcement_in_time_for_the_notice_is_not_marked_as_short() {
    story(CONFIG, "2026-12-01 10:00", async |bot| {
        bot.say_as(Role::Scheduler, "anna", &schedule("2026-12-09 12:00-14:00")).await;
        let post = &bot.texts("news").await[0];
        assert!(!post.contains("short notice"), "{post}");
    })
    .await;
}
