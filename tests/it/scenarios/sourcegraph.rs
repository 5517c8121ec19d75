//! Two weeks before, customer engineers are told, each notifies their own customers, and the team names a point of contact;
//! reminders one week, three days and one day before; the status page shows the window and the day; on completion the point
//! of contact reports, and customer engineers are told and tell their customers.

use crate::bot::{assert_timeline, story};

const CONFIG: &str = r#"
[organisation]
name = "Code Search Company"
time_zone = "America/Los_Angeles"
ops = ["builtin:ops"]

[[service]]
id = "code-search"
name = "Code Search"

[policy.scheduled]
announce = "14d"
remind = ["7d", "3d", "1d"]
change_list = "7d"

[[audience]]
name = "customer-engineers"
channels = ["builtin:ce"]
"#;

const SCHEDULE: &str = "/maintenance schedule \"Upgrade to 6.1\" service:code-search when:\"2026-12-06 09:00-11:00\" \
    downtime:30m impact:\"Searches fail while the index moves\" customers:acme,globex poc:@lee";

#[tokio::test]
async fn customer_engineers_hear_two_weeks_before_and_are_reminded_until_the_work_is_done() {
    story(CONFIG, "2026-11-02 18:00", async |bot| {
        let reply = bot.say("lee", SCHEDULE).await;
        assert!(reply.message.plain().contains("Sun 6 Dec 2026 09:00–11:00 America/Los_Angeles (17:00–19:00 UTC)"));

        // Nobody writes the list: at its lead the team is nagged, and it goes out ten minutes after the first item.
        bot.at("2026-11-30 17:00").await;
        bot.say("lee", "/maintenance change add MW-1 \"Upgrade to 6.1\" from:6.0.4 to:6.1.0 kind:upgrade").await;
        bot.say("lee", "/maintenance change add MW-1 \"Rebuild the index\" assignee:@sam").await;

        bot.at("2026-12-06 16:50").await;
        bot.say("lee", "/maintenance ack MW-1").await;
        bot.at("2026-12-06 17:40").await;
        bot.say("lee", "/maintenance done MW-1 1").await;
        bot.at("2026-12-06 18:10").await;
        bot.say("sam", "/maintenance done MW-1 2").await;
        bot.at("2026-12-06 18:20").await;
        bot.say("lee", "/maintenance complete MW-1 downtime:22m note:\"Searches are fast again\"").await;
        bot.at("2026-12-20 00:00").await;

        assert_timeline(
            &bot.timeline("ce").await,
            &[
                "2026-11-22 17:00 Planned maintenance: Upgrade to 6.1",
                "2026-11-29 17:00 Reminder: Upgrade to 6.1",
                "2026-12-03 17:00 Reminder: Upgrade to 6.1",
                "2026-12-05 17:00 Reminder: Upgrade to 6.1",
                "2026-12-06 17:00 Started: Upgrade to 6.1",
                "2026-12-06 18:20 Completed: Upgrade to 6.1",
            ],
        );
        assert_timeline(
            &bot.timeline("ops").await,
            &[
                "2026-11-29 17:00 MW-1 Upgrade to 6.1 has no change list yet",
                "2026-11-30 17:00 sam: you have work in MW-1 Upgrade to 6.1",
                "2026-11-30 17:10 Change list for Upgrade to 6.1 (MW-1), 2 items",
                "2026-12-06 16:45 MW-1 Upgrade to 6.1 starts in 15m",
                "2026-12-06 18:10 MW-1 Upgrade to 6.1: every change item is reported done",
            ],
        );
        let window = bot.window(1).await;
        assert_eq!(window.outcome.map(maintbot::domain::window::Outcome::as_str), Some("success"));
        assert_eq!(window.actual_downtime, Some(chrono::TimeDelta::minutes(22)));
        let issue = bot.parts.service.issue(window.id).await.expect("readable").expect("its change list");
        assert!(!issue.open, "completion closes the list");
        assert_eq!(issue.close_reason.as_deref(), Some("completed"));
    })
    .await;
}

#[tokio::test]
async fn a_window_moved_twice_never_reminds_of_an_old_date_and_earlier_posts_show_the_new_time() {
    story(CONFIG, "2026-11-02 18:00", async |bot| {
        bot.say("lee", SCHEDULE).await;
        bot.say("lee", "/maintenance change add MW-1 \"Upgrade\"").await;
        bot.at("2026-11-23 18:00").await;
        bot.say("lee", "/maintenance reschedule MW-1 when:\"2026-12-08 09:00-11:00\" reason:\"a release is late\"")
            .await;
        // The 7 day rung of 8 December has gone out when it moves again.
        bot.at("2026-12-02 18:00").await;
        bot.say("lee", "/maintenance reschedule MW-1 when:\"2026-12-12 09:00-11:00\"").await;
        bot.at("2026-12-12 18:00").await;
        bot.say("lee", "/maintenance complete MW-1 outcome:partial").await;
        bot.at("2026-12-20 00:00").await;

        assert_timeline(
            &bot.timeline("ce").await,
            &[
                "2026-11-22 17:00 Planned maintenance: Upgrade to 6.1",
                "2026-11-23 18:00 Moved: Upgrade to 6.1",
                "2026-12-01 17:00 Reminder: Upgrade to 6.1",
                "2026-12-02 18:00 Moved: Upgrade to 6.1",
                // 7 days before 12 December is 5 December; 3 days is the 9th; 1 day the 11th.
                "2026-12-05 17:00 Reminder: Upgrade to 6.1",
                "2026-12-09 17:00 Reminder: Upgrade to 6.1",
                "2026-12-11 17:00 Reminder: Upgrade to 6.1",
                "2026-12-12 17:00 Started: Upgrade to 6.1",
                "2026-12-12 18:00 Completed in part: Upgrade to 6.1",
            ],
        );
        let announcement = &bot.texts("ce").await[0];
        assert!(announcement.contains("Sat 12 Dec 2026 09:00–11:00"), "{announcement}");
        assert!(!announcement.contains("6 Dec 2026") && !announcement.contains("8 Dec 2026"), "{announcement}");
    })
    .await;
}

/// The same organisation with its customers: who is served by what, and which engineer owns them.
const CUSTOMERS: &str = r#"
[organisation]
name = "Code Search Company"
time_zone = "America/Los_Angeles"
holidays = ["2026-11-26"]
ops = ["builtin:ops"]

[[service]]
id = "code-search"
name = "Code Search"

[policy.scheduled]
announce = "14d"
remind = ["7d", "3d", "1d"]
change_list = "7d"

[[audience]]
name = "customer-engineers"
channels = ["builtin:ce"]
internal = true

[[audience]]
name = "status-page"
channels = ["builtin:status"]
messages = ["announcement", "started", "moved", "extended", "cancelled", "completed"]

[[customer]]
id = "ACME"
name = "Acme Corp"
services = ["code-search"]
contacts = ["ops@acme.example"]
owner = "nia"

[[customer]]
id = "GLOBEX"
name = "Globex"
services = ["code-search"]
owner = "omar"

[[customer]]
id = "UMBRELLA"
name = "Umbrella"
services = ["code-search"]
owner = "nia"
"#;

#[tokio::test]
async fn customer_engineers_tell_their_own_customers_and_are_asked_until_they_have() {
    story(CUSTOMERS, "2026-11-02 18:00", async |bot| {
        // Time, date, duration, impact and breadth are fixed first: two of the three customers, nobody named yet.
        bot.say(
            "lee",
            "/maintenance schedule \"Upgrade to 6.1\" service:code-search when:\"2026-12-06 09:00-11:00\" downtime:30m \
             impact:\"Searches fail while the index moves\" customers:acme,globex item:\"Upgrade to 6.1\"",
        )
        .await;
        bot.at("2026-11-23 18:00").await;
        bot.say("lee", "/maintenance edit MW-1 poc:@lee").await;
        bot.say("nia", "/maintenance told MW-1 acme").await;
        let refused = bot.refused("nia", "/maintenance told MW-1 UMBRELLA").await.message.plain();
        assert!(refused.contains("ACME, GLOBEX"), "it does not touch Umbrella: {refused}");
        bot.at("2026-11-25 16:00").await;
        bot.say("omar", "/maintenance told MW-1 GLOBEX").await;

        bot.at("2026-12-06 16:50").await;
        bot.say("lee", "/maintenance ack MW-1").await;
        bot.at("2026-12-06 18:10").await;
        bot.say("lee", "/maintenance done MW-1 1").await;
        bot.at("2026-12-06 18:20").await;
        bot.say("lee", "/maintenance complete MW-1 downtime:22m").await;
        bot.at("2026-12-06 19:00").await;
        bot.say("nia", "/maintenance told MW-1 ACME").await;
        bot.at("2026-12-20 00:00").await;

        assert_timeline(
            &bot.timeline("ce").await,
            &[
                "2026-11-22 17:00 Planned maintenance: Upgrade to 6.1",
                "2026-11-29 17:00 Reminder: Upgrade to 6.1",
                "2026-12-03 17:00 Reminder: Upgrade to 6.1",
                "2026-12-05 17:00 Reminder: Upgrade to 6.1",
                "2026-12-06 17:00 Started: Upgrade to 6.1",
                "2026-12-06 18:20 Completed: Upgrade to 6.1",
            ],
        );
        assert_timeline(
            &bot.timeline("status").await,
            &[
                "2026-11-22 17:00 Planned maintenance: Upgrade to 6.1",
                "2026-12-06 17:00 Started: Upgrade to 6.1",
                "2026-12-06 18:20 Completed: Upgrade to 6.1",
            ],
        );
        // Announced on a Sunday: working days after it are Monday, Tuesday, Wednesday; nobody is chased who has told.
        assert_timeline(
            &bot.timeline("ops").await,
            &[
                "2026-11-22 17:00 MW-1 Upgrade to 6.1 is being announced and has no point of contact",
                "2026-11-22 17:00 nia: please tell your customers about MW-1 Upgrade to 6.1",
                "2026-11-22 17:00 omar: please tell your customers about MW-1 Upgrade to 6.1",
                "2026-11-23 17:00 nia: some of your customers do not know about MW-1 Upgrade to 6.1 yet",
                "2026-11-23 17:00 omar: some of your customers do not know about MW-1 Upgrade to 6.1 yet",
                "2026-11-24 17:00 omar: some of your customers do not know about MW-1 Upgrade to 6.1 yet",
                "2026-11-29 17:00 Change list for Upgrade to 6.1 (MW-1), 1 item",
                "2026-12-06 16:45 MW-1 Upgrade to 6.1 starts in 15m",
                "2026-12-06 18:10 MW-1 Upgrade to 6.1: every change item is reported done",
                "2026-12-06 18:20 nia: please tell your customers that MW-1 Upgrade to 6.1 is over",
                "2026-12-06 18:20 omar: please tell your customers that MW-1 Upgrade to 6.1 is over",
                "2026-12-07 18:20 omar: some of your customers do not know yet that MW-1 Upgrade to 6.1 is over",
                "2026-12-08 18:20 omar: some of your customers do not know yet that MW-1 Upgrade to 6.1 is over",
                "2026-12-09 18:20 omar: some of your customers do not know yet that MW-1 Upgrade to 6.1 is over",
            ],
        );
        let asked = &bot.texts("ops").await[1];
        assert!(
            asked.contains("Acme Corp") && asked.contains("ops@acme.example"),
            "whom, and how to reach them: {asked}"
        );
        assert!(!asked.contains("Globex") && !asked.contains("Umbrella"), "only her own customers of it: {asked}");
        for text in bot.texts("status").await {
            assert!(!text.contains("Acme") && !text.contains("ACME"), "customers are for staff: {text}");
        }
    })
    .await;
}
