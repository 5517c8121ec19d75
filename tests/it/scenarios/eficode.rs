//! One break a month in a fixed window; a typed list of changes goes to listed persons a week before; the break runs over, is
//! chased, extended and completed. What cannot wait for the next break goes in after business hours, with its list as soon as
//! possible.

use maintbot::domain::access::Role;

use crate::bot::{assert_timeline, story};

const CONFIG: &str = r#"
[organisation]
name = "Tools Company"
time_zone = "Europe/Helsinki"
ops = ["builtin:ops"]

[[service]]
id = "jira"
name = "Jira"

[policy.scheduled]
announce = "14d"
remind = ["1d"]
change_list = "7d"
overrun_chase = "15m"

[[audience]]
name = "customers"
channels = ["builtin:maintenance"]

[[audience]]
name = "listed-persons"
channels = ["builtin:listed"]
messages = ["change_list", "change_list_update", "completed"]
"#;

#[tokio::test]
async fn the_monthly_break_sends_its_list_a_week_before_runs_over_is_chased_extended_and_completed() {
    story(CONFIG, "2026-10-01 09:00", async |bot| {
        // Clocks go back in Finland on 25 October: the leads keep the time on the wall.
        bot.say(
            "mikko",
            "/maintenance schedule \"Monthly break\" service:jira when:\"sunday, november 1, 16:00-20:00\" downtime:1h \
             impact:\"Jira is unavailable\" category:staying_current poc:@mikko",
        )
        .await;
        let list = "- [ ] Jira to 10.3\n- [ ] Plugin updates\n  - [ ] Tempo 18 (CVE-2026-1234)\n- [ ] OS patches";
        bot.say("mikko", &format!("/maintenance change import MW-1 \"{list}\"")).await;
        bot.at("2026-10-26 12:00").await;
        bot.say("mikko", "/maintenance change add MW-1 \"Move attachments\" kind:migration").await;
        bot.say("mikko", "/maintenance change remove MW-1 4").await;

        bot.at("2026-11-01 14:05").await;
        bot.say("mikko", "/maintenance note MW-1 \"Backup taken\"").await;
        bot.at("2026-11-01 18:32").await;
        bot.say("mikko", "/maintenance extend MW-1 1h reason:\"index rebuild\"").await;
        bot.at("2026-11-01 18:50").await;
        for item in ["1", "3", "5"] {
            bot.say("anna", &format!("/maintenance done MW-1 {item}")).await;
        }
        bot.at("2026-11-01 18:55").await;
        bot.say("mikko", "/maintenance complete MW-1").await;
        bot.at("2026-12-01 00:00").await;

        assert_timeline(
            &bot.timeline("maintenance").await,
            &[
                "2026-10-18 13:00 Planned maintenance: Monthly break",
                "2026-10-31 14:00 Reminder: Monthly break",
                "2026-11-01 14:00 Started: Monthly break",
                "2026-11-01 14:05 Update: Monthly break",
                "2026-11-01 18:32 Extended by 1h: Monthly break",
                "2026-11-01 18:55 Completed: Monthly break",
            ],
        );
        assert_timeline(
            &bot.timeline("listed").await,
            &[
                "2026-10-25 14:00 Change list for Monthly break (MW-1), 3 items",
                "2026-10-26 12:10 The change list of Monthly break (MW-1) has changed",
            ],
        );
        assert_timeline(
            &bot.timeline("ops").await,
            &[
                "2026-11-01 13:45 MW-1 Monthly break starts in 15m",
                "2026-11-01 18:15 MW-1 Monthly break is running over, 15m past its end",
                "2026-11-01 18:30 MW-1 Monthly break is running over, 30m past its end",
                "2026-11-01 18:50 MW-1 Monthly break: every change item is reported done",
            ],
        );
        let difference = &bot.texts("listed").await[1];
        assert!(difference.contains("Added: 5. Move attachments") && difference.contains("Removed: 4. OS patches"));
    })
    .await;
}

const MONTHLY: &str = r#"
[organisation]
name = "Tools Company"
time_zone = "Europe/Helsinki"
working_hours = "08:00-17:00"
ops = ["builtin:ops"]

[[service]]
id = "jira"
name = "Jira"

[[service]]
id = "confluence"
name = "Confluence"

[policy.scheduled]
announce = "14d"
remind = ["1d"]
change_list = "7d"
approval = ["business_hours"]

[policy.emergency]
approval = ["business_hours"]

[[audience]]
name = "customers"
channels = ["builtin:maintenance"]

[[audience]]
name = "listed-persons"
channels = ["builtin:listed"]
messages = ["change_list", "change_list_update", "completed"]
"#;

#[tokio::test]
async fn the_second_sunday_of_every_month_keeps_its_hour_and_its_typed_list_over_the_change_of_the_clocks() {
    story(MONTHLY, "2027-02-15 09:00", async |bot| {
        bot.say(
            "mikko",
            "/maintenance series \"Monthly break\" service:jira,confluence every:\"second sunday of month 16:00 for 4h\" \
             downtime.jira:1h downtime.confluence:10m impact:\"Jira and Confluence are closed\" \
             category:staying_current link:https://example.com/whats-new poc:@mikko item:\"Security patches of the servers\"",
        )
        .await;
        for item in [
            "\"Jira\" kind:upgrade from:10.2.1 to:10.3.0",
            "\"Plugins\" kind:plugin",
            "\"Tempo\" kind:plugin from:17.0 to:18.1 cve:CVE-2027-1111 parent:3",
            "\"Recommended baseline\" kind:plugin parent:3",
            "\"Confluence moves to a cluster\" kind:migration",
        ] {
            bot.say("mikko", &format!("/maintenance change add MW-1 {item}")).await;
        }
        // A month's break on a weekday would need an approver.
        let moved = "/maintenance reschedule MW-2 when:\"2027-04-12 14:00-18:00\"";
        let refused = bot.refused("mikko", moved).await.message.plain();
        assert!(refused.contains("inside working hours") && refused.contains("reason:"), "{refused}");

        bot.at("2027-03-14 17:30").await;
        for item in ["1", "2", "4", "6"] {
            bot.say("anna", &format!("/maintenance done MW-1 {item}")).await;
        }
        // The baseline has to wait a month.
        bot.say("mikko", "/maintenance complete MW-1 --carry-over note:\"Jira 10.3.0 is live\"").await;
        bot.at("2027-04-11 16:00").await;
        bot.say("anna", "/maintenance done MW-2 --all").await;
        bot.say("mikko", "/maintenance complete MW-2").await;

        // Finland goes to summer time on 28 March: 16:00 is 14:00 UTC before and 13:00 UTC after.
        assert_timeline(
            &bot.timeline("maintenance").await,
            &[
                "2027-02-28 14:00 Planned maintenance: Monthly break",
                "2027-03-13 14:00 Reminder: Monthly break",
                "2027-03-14 14:00 Started: Monthly break",
                "2027-03-14 17:30 Completed: Monthly break",
                "2027-03-28 13:00 Planned maintenance: Monthly break",
                "2027-04-10 13:00 Reminder: Monthly break",
                "2027-04-11 13:00 Started: Monthly break",
                "2027-04-11 16:00 Completed: Monthly break",
            ],
        );
        assert_timeline(
            &bot.timeline("listed").await,
            &[
                "2027-03-07 14:00 Change list for Monthly break (MW-1), 5 items",
                "2027-04-04 13:00 Change list for Monthly break (MW-2), 2 items",
            ],
        );
        let announced = &bot.texts("maintenance").await[0];
        for text in ["Downtime of Jira:       up to 1h", "Downtime of Confluence: up to 10m", "https://example.com/whats-new", "staying current"] {
            assert!(announced.contains(text), "{text} in {announced}");
        }
        let lists = bot.texts("listed").await;
        for text in ["10.2.1", "10.3.0", "CVE-2027-1111", "Confluence moves to a cluster", "Security patches"] {
            assert!(lists[0].contains(text), "{text} in {}", lists[0]);
        }
        // What was carried over is still a part of what it was a part of.
        assert!(lists[1].contains("Plugins") && lists[1].contains("Recommended baseline"), "{}", lists[1]);
        assert!(!lists[1].contains("Tempo"), "done a month ago: {}", lists[1]);
    })
    .await;
}

#[tokio::test]
async fn a_fix_that_cannot_wait_goes_in_after_business_hours_with_its_list_as_soon_as_possible() {
    story(MONTHLY, "2027-03-15 08:00", async |bot| {
        let fix = "/maintenance schedule \"Login of Jira\" service:jira kind:emergency downtime:10m poc:@mikko \
                   item:\"Jira 10.3.1\"";
        let refused = bot.refused("mikko", &format!("{fix} when:\"today 14:00-14:30\"")).await.message.plain();
        assert!(refused.contains("inside working hours") && refused.contains("reason:"), "{refused}");
        bot.say("mikko", &format!("{fix} when:\"today 18:00-18:30\"")).await;
        bot.at("2027-03-15 16:20").await;
        bot.say("mikko", "/maintenance done MW-1 1").await;
        bot.say("mikko", "/maintenance complete MW-1").await;
        assert_timeline(
            &bot.timeline("maintenance").await,
            &[
                "2027-03-15 08:00 Emergency maintenance: Login of Jira",
                "2027-03-15 15:00 Reminder: Login of Jira",
                "2027-03-15 16:00 Started: Login of Jira",
                "2027-03-15 16:20 Completed: Login of Jira",
            ],
        );
        assert_timeline(
            &bot.timeline("listed").await,
            &["2027-03-15 08:10 Change list for Login of Jira (MW-1), 1 item"],
        );
    })
    .await;
}

const SECURITY: &str = r#"
[organisation]
name = "Tools Company"
time_zone = "Europe/Helsinki"
ops = ["builtin:ops"]

[[service]]
id = "jira"
name = "Jira"

[[service]]
id = "confluence"
name = "Confluence"

[policy.scheduled]
announce = "14d"
remind = ["1d"]
change_list = "7d"

[policy.emergency]
notice = "12h"
approval = ["short_notice"]
remind = []

[[audience]]
name = "customers"
channels = ["builtin:maintenance"]

[[audience]]
name = "support"
channels = ["builtin:support"]
internal = true
messages = ["advisory"]
"#;

/// Critical security has three messages: mitigated before disclosure with the fix in the next break, patched today with the
/// details under embargo, and patched already in a break that is over.
#[tokio::test]
async fn critical_security_is_told_as_mitigated_patched_today_or_patched_already() {
    story(SECURITY, "2026-11-02 09:00", async |bot| {
        bot.say(
            "mikko",
            "/maintenance schedule \"Monthly break\" service:jira,confluence when:\"2026-11-08 16:00-20:00\" poc:@mikko",
        )
        .await;
        bot.at("2026-11-02 10:00").await;
        bot.say(
            "mikko",
            "/maintenance advisory \"Log4j\" id:CVE-2026-2 severity:critical disposition:mitigated service:jira \
             details:\"lookups are off since the night\" public:\"Lookups were turned off.\" publish:\"2026-11-10 12:00\"",
        )
        .await;
        bot.at("2026-11-08 17:00").await;
        bot.say("anna", "/maintenance done MW-1 1").await;
        bot.say("mikko", "/maintenance complete MW-1").await;

        bot.at("2026-11-11 09:00").await;
        bot.say_as(
            Role::Scheduler,
            "mikko",
            "/maintenance advisory \"OpenSSL\" id:CVE-2026-1 severity:critical disposition:patch_now service:confluence \
             when:\"today 20:00-20:15\" details:\"remote code execution\" public:\"Keys were not read.\" \
             publish:\"2026-11-20 12:00\" reason:\"it is exploited\" poc:@mikko",
        )
        .await;
        bot.at("2026-11-11 09:30").await;
        bot.say_as(Role::Approver, "bob", "/maintenance approve MW-2").await;
        bot.at("2026-11-11 10:00").await;
        bot.say_as(Role::Viewer, "carol", "/maintenance advisory object AD-2 reason:\"we release tonight\"").await;
        bot.at("2026-11-11 18:12").await;
        bot.say("anna", "/maintenance done MW-2 1").await;
        bot.say("mikko", "/maintenance complete MW-2").await;

        bot.at("2026-11-21 09:00").await;
        bot.say("mikko", "/maintenance advisory \"sudo\" id:CVE-2026-3 disposition:patched service:jira").await;

        assert_timeline(
            &bot.timeline("maintenance").await,
            &[
                "2026-11-02 09:00 Planned maintenance: Monthly break",
                "2026-11-07 14:00 Reminder: Monthly break",
                "2026-11-08 14:00 Started: Monthly break",
                "2026-11-08 17:00 Completed: Monthly break",
                "2026-11-10 10:00 Security advisory: Log4j (CVE-2026-2)",
                "2026-11-11 09:30 Emergency security maintenance: OpenSSL",
                "2026-11-11 18:00 Started: Emergency security maintenance: OpenSSL",
                "2026-11-11 18:12 Completed: Emergency security maintenance",
                "2026-11-20 10:00 Security advisory: OpenSSL (CVE-2026-1)",
                "2026-11-21 09:00 Security advisory: sudo (CVE-2026-3)",
            ],
        );
        assert_timeline(
            &bot.timeline("support").await,
            &[
                "2026-11-02 10:00 Under embargo: AD-1 Log4j (CVE-2026-2)",
                "2026-11-08 17:00 Fixed: Log4j (CVE-2026-2)",
                "2026-11-11 09:00 Under embargo: AD-2 OpenSSL (CVE-2026-1)",
                "2026-11-21 09:00 Security advisory: AD-3 sudo (CVE-2026-3)",
            ],
        );
        let posts = bot.texts("maintenance").await;
        assert!(posts[4].contains("The permanent fix for Jira was made in MW-1 on Sun 8 Nov 2026."), "{}", posts[4]);
        // Posts whose facts can change were brought in step when the embargo ended; they were made without a name.
        let patching = "Immediate patching of Confluence on Wed 11 Nov 2026 between 20:00 and 20:15. Estimated downtime: up to 15m.";
        assert!(posts[5].contains(patching), "{}", posts[5]);
        assert!(posts[8].contains("We patched it as soon as we knew, Wed 11 Nov 2026: MW-2 "), "{}", posts[8]);
        assert!(posts[9].contains("It is patched already, since Sun 8 Nov 2026: MW-1 Monthly break"), "{}", posts[9]);
        let ops = bot.timeline("ops").await;
        let asked = "2026-11-11 10:00 carol asks to move MW-2 Emergency security maintenance";
        assert!(ops.iter().any(|line| line == asked), "{ops:?}");
        assert!(!posts.concat().contains("remote code execution") && !posts.concat().contains("since the night"));
    })
    .await;
}
