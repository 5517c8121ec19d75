//! Who hears of a window, and when.

use crate::bot::{assert_timeline, story};

const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[policy.scheduled]
announce = "14d"
remind = ["7d", "3d", "1d", "2h"]
change_list = "7d"

[[audience]]
name = "customers"
channels = ["builtin:news"]
"#;

/// Tuesday 8 December 2026, 14:00 to 16:00.
const SCHEDULE: &str = "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna";

#[tokio::test]
async fn an_announcement_that_is_late_goes_at_once_and_rungs_past_or_within_an_hour_are_skipped() {
    // One day and one hour before: 7d and 3d are past, 1d is due in exactly an hour, 2h is ahead.
    story(CONFIG, "2026-12-07 13:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        assert_timeline(&bot.timeline("news").await, &["2026-12-07 13:00 Planned maintenance: Upgrade"]);
        assert_eq!(
            bot.rows(1, "reminder").await,
            [
                "0 7d builtin:news skipped already_told",
                "0 3d builtin:news skipped already_told",
                "0 1d builtin:news skipped already_told",
                "0 2h builtin:news due",
            ]
        );
        bot.at("2026-12-08 13:00").await;
        assert_timeline(
            &bot.timeline("news").await,
            &["2026-12-07 13:00 Planned maintenance: Upgrade", "2026-12-08 12:00 Reminder: Upgrade"],
        );
    })
    .await;
}

#[tokio::test]
async fn a_rung_more_than_an_hour_after_a_late_announcement_is_sent() {
    story(CONFIG, "2026-12-07 12:59", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-12-07 15:00").await;
        assert_timeline(
            &bot.timeline("news").await,
            &["2026-12-07 12:59 Planned maintenance: Upgrade", "2026-12-07 14:00 Reminder: Upgrade"],
        );
    })
    .await;
}

#[tokio::test]
async fn extending_before_the_start_brings_no_rung_back_that_the_announcement_made_pointless() {
    story(CONFIG, "2026-12-07 13:30", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-12-07 13:40").await;
        bot.say("anna", "/maintenance extend MW-1 1h").await;
        bot.at("2026-12-07 20:00").await;
        assert_timeline(
            &bot.timeline("news").await,
            &["2026-12-07 13:30 Planned maintenance: Upgrade", "2026-12-07 13:40 Extended by 1h: Upgrade"],
        );
    })
    .await;
}

#[tokio::test]
async fn an_emergency_is_told_at_once_and_its_list_goes_ten_minutes_after_the_first_item() {
    story(CONFIG, "2026-12-08 10:00", async |bot| {
        bot.say("anna", "/maintenance schedule \"Hotfix\" service:crm kind:emergency when:\"today 14:00-15:00\"").await;
        bot.at("2026-12-08 10:05").await;
        bot.say("anna", "/maintenance change add MW-1 \"Patch\"").await;
        bot.at("2026-12-08 10:08").await;
        bot.say("anna", "/maintenance change add MW-1 \"Restart\"").await;
        bot.at("2026-12-08 13:30").await;
        assert_timeline(
            &bot.timeline("news").await,
            &["2026-12-08 10:00 Emergency maintenance: Hotfix", "2026-12-08 13:00 Reminder: Hotfix"],
        );
        assert_timeline(
            &bot.timeline("ops").await,
            &[
                "2026-12-08 10:00 MW-1 Hotfix is being announced and has no point of contact",
                "2026-12-08 10:15 Change list for Hotfix (MW-1), 2 items",
            ],
        );
    })
    .await;
}

#[tokio::test]
async fn an_empty_list_is_asked_for_an_hour_after_scheduling_when_its_lead_is_past() {
    story(CONFIG, "2026-12-08 10:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-12-08 13:00").await;
        assert_timeline(&bot.timeline("ops").await, &["2026-12-08 11:00 MW-1 Upgrade has no change list yet"]);
    })
    .await;
}

#[tokio::test]
async fn an_empty_list_is_asked_for_at_the_start_if_that_is_sooner_and_the_list_still_goes_while_work_runs() {
    story(CONFIG, "2026-12-08 13:30", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-12-08 14:01").await;
        bot.say("anna", "/maintenance ack MW-1").await;
        bot.say("anna", "/maintenance change add MW-1 \"Patch\"").await;
        bot.at("2026-12-08 14:30").await;
        assert_timeline(
            &bot.timeline("ops").await,
            &[
                "2026-12-08 13:45 MW-1 Upgrade starts in 15m",
                "2026-12-08 14:00 MW-1 Upgrade has no change list yet",
                "2026-12-08 14:11 Change list for Upgrade (MW-1), 1 item",
            ],
        );
        bot.say("anna", "/maintenance complete MW-1 outcome:partial").await;
    })
    .await;
}

#[tokio::test]
async fn a_list_that_was_sent_and_then_emptied_is_not_called_missing() {
    story(CONFIG, "2026-12-01 10:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.say("anna", "/maintenance change add MW-1 \"Patch\"").await;
        bot.at("2026-12-02 10:00").await;
        bot.say("anna", "/maintenance change remove MW-1 1").await;
        bot.at("2026-12-03 10:00").await;
        assert_timeline(
            &bot.timeline("ops").await,
            &[
                // The post follows: it had one item when it was sent.
                "2026-12-01 14:00 Change list for Upgrade (MW-1), 0 items",
                "2026-12-02 10:10 The change list of Upgrade (MW-1) has changed",
            ],
        );
    })
    .await;
}

/// Clocks go back in Finland on Sunday 25 October 2026 at 04:00 (01:00 UTC), from UTC+3 to UTC+2.
#[tokio::test]
async fn day_leads_keep_the_wall_clock_of_the_windows_zone_and_hour_leads_are_exact() {
    let config = r#"
        [organisation]
        name = "Example"
        time_zone = "America/New_York"
        ops = ["builtin:ops"]

        [policy.scheduled]
        announce = "3d"
        remind = ["7d@09:00", "1d", "36h"]
        change_list = "2d"

        [[audience]]
        name = "early"
        channels = ["builtin:early"]
        announce = "10d"

        [[audience]]
        name = "news"
        channels = ["builtin:news"]
    "#;
    story(config, "2026-10-01 09:00", async |bot| {
        let when = "when:\"2026-10-26 10:00-12:00\" tz:Europe/Helsinki";
        bot.say("anna", &format!("/maintenance schedule \"Move\" service:crm {when} poc:@anna")).await;
        bot.at("2026-10-26 07:00").await;
        // The start is 08:00 UTC. 10d and 1d: 10:00 on the wall; 7d@09:00 is 06:00 UTC; 36h is 36 hours.
        assert_timeline(
            &bot.timeline("early").await,
            &[
                "2026-10-16 07:00 Planned maintenance: Move",
                "2026-10-19 06:00 Reminder: Move",
                "2026-10-24 20:00 Reminder: Move",
                "2026-10-25 08:00 Reminder: Move",
            ],
        );
        // 3d: Friday 23 October 10:00 in summer time; the rung a week before is past by then.
        assert_timeline(
            &bot.timeline("news").await,
            &[
                "2026-10-23 07:00 Planned maintenance: Move",
                "2026-10-24 20:00 Reminder: Move",
                "2026-10-25 08:00 Reminder: Move",
            ],
        );
    })
    .await;
}

#[tokio::test]
async fn a_channel_in_two_audiences_gets_each_occasion_once_from_the_first_in_the_file() {
    let config = r#"
        [organisation]
        name = "Example"
        time_zone = "UTC"
        ops = ["builtin:ops"]

        [policy.scheduled]
        announce = "14d"
        remind = ["7d", "1d"]

        [[audience]]
        name = "first"
        channels = ["builtin:shared", "builtin:one"]
        announce = "5d"

        [[audience]]
        name = "second"
        channels = ["builtin:shared", "builtin:two"]
        remind = ["3d", "24h"]
    "#;
    story(config, "2026-11-01 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        bot.at("2026-12-08 17:00").await;
        bot.say("anna", "/maintenance complete MW-1").await;
        // 24h is the same moment as 1d here; 3d comes from the second audience only.
        assert_timeline(
            &bot.timeline("shared").await,
            &[
                "2026-12-03 14:00 Planned maintenance: Upgrade",
                "2026-12-05 14:00 Reminder: Upgrade",
                "2026-12-07 14:00 Reminder: Upgrade",
                "2026-12-08 14:00 Started: Upgrade",
                "2026-12-08 17:00 Completed: Upgrade",
            ],
        );
        let announced: Vec<_> =
            bot.ledger(1).await.into_iter().filter(|row| row.plan.message.as_str() == "announcement").collect();
        let to: Vec<_> =
            announced.iter().map(|row| (row.plan.audience.as_str(), row.plan.channel.to_string())).collect();
        assert_eq!(
            to,
            [
                ("second", "builtin:two".to_owned()),
                ("first", "builtin:shared".to_owned()),
                ("first", "builtin:one".to_owned())
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn audiences_hear_what_they_chose_of_the_services_and_regions_they_care_for() {
    let config = r#"
        [organisation]
        name = "Example"
        time_zone = "UTC"
        ops = ["builtin:ops"]

        [policy.scheduled]
        announce = "14d"
        remind = ["7d"]
        change_list = "7d"

        [[audience]]
        name = "crm"
        channels = ["builtin:crm"]
        services = ["crm"]

        [[audience]]
        name = "vpn"
        channels = ["builtin:vpn"]
        services = ["vpn"]

        [[audience]]
        name = "asia"
        channels = ["builtin:asia"]
        regions = ["apac"]

        [[audience]]
        name = "quiet"
        channels = ["builtin:quiet"]
        messages = ["started", "completed"]

        [[audience]]
        name = "listed"
        channels = ["builtin:listed"]
        messages = ["change_list"]
        change_list = "2d"
    "#;
    story(config, "2026-11-01 09:00", async |bot| {
        bot.say("anna", &format!("{SCHEDULE} regions:eu item:\"Patch\"")).await;
        bot.say("anna", "/maintenance schedule \"All\" service:crm when:\"2026-12-09 14:00-16:00\" poc:@anna").await;
        bot.at("2026-12-08 15:00").await;
        bot.say("anna", "/maintenance done MW-1 1").await;
        bot.say("anna", "/maintenance complete MW-1").await;
        assert_timeline(
            &bot.timeline("crm").await,
            &[
                "2026-11-24 14:00 Planned maintenance: Upgrade",
                "2026-11-25 14:00 Planned maintenance: All",
                "2026-12-01 14:00 Reminder: Upgrade",
                "2026-12-02 14:00 Reminder: All",
                "2026-12-08 14:00 Started: Upgrade",
                "2026-12-08 15:00 Completed: Upgrade",
            ],
        );
        assert_timeline(&bot.timeline("vpn").await, &[]);
        // A window without regions is in all of them.
        assert_timeline(
            &bot.timeline("asia").await,
            &["2026-11-25 14:00 Planned maintenance: All", "2026-12-02 14:00 Reminder: All"],
        );
        assert_timeline(
            &bot.timeline("quiet").await,
            &["2026-12-08 14:00 Started: Upgrade", "2026-12-08 15:00 Completed: Upgrade"],
        );
        assert_timeline(&bot.timeline("listed").await, &["2026-12-06 14:00 Change list for Upgrade (MW-1), 1 item"]);
        assert!(!bot.timeline("ops").await.iter().any(|line| line.contains("Change list for")));
    })
    .await;
}

#[tokio::test]
async fn a_window_without_a_contact_is_announced_all_the_same_and_ops_are_asked_once() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        bot.say("anna", "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\"").await;
        bot.say("anna", "/maintenance schedule \"Other\" service:crm when:\"2026-12-08 17:00-18:00\"").await;
        bot.say("anna", "/maintenance edit MW-2 poc:@sam").await;
        bot.at("2026-11-25 00:00").await;
        assert_timeline(
            &bot.timeline("news").await,
            &["2026-11-24 14:00 Planned maintenance: Upgrade", "2026-11-24 17:00 Planned maintenance: Other"],
        );
        assert_timeline(
            &bot.timeline("ops").await,
            &["2026-11-24 14:00 MW-1 Upgrade is being announced and has no point of contact"],
        );
    })
    .await;
}

#[tokio::test]
async fn a_lead_that_falls_into_a_change_of_the_clocks_moves_on_or_takes_the_first_and_the_ledger_notes_it() {
    let config = r#"
[organisation]
time_zone = "Europe/Helsinki"

[policy.scheduled]
announce = "14d"
remind = ["7d@03:30"]
"#;
    story(config, "2027-03-01 00:00", async |bot| {
        // 28 March 2027: 03:00 to 04:00 does not exist, so 03:30 is 04:30 (01:30 UTC).
        bot.say("anna", "/maintenance schedule \"Spring\" service:crm when:\"2027-04-04 12:00-13:00\"").await;
        // 31 October 2027: 03:00 to 04:00 comes twice, so 03:30 is the first one, in summer time (00:30 UTC).
        bot.say("anna", "/maintenance schedule \"Autumn\" service:crm when:\"2027-11-07 12:00-13:00\"").await;
        let noted = async |id: i64| {
            let rows = bot.ledger(id).await;
            let row = rows.into_iter().find(|r| r.plan.message.as_str() == "reminder").expect("a reminder");
            (row.plan.due_at.to_rfc3339(), row.plan.note.expect("a note"))
        };
        let (spring, autumn) = (noted(1).await, noted(2).await);
        assert_eq!(spring.0, "2027-03-28T01:30:00+00:00");
        assert!(spring.1.contains("moved on by the gap"), "{}", spring.1);
        assert_eq!(autumn.0, "2027-10-31T00:30:00+00:00");
        assert!(autumn.1.contains("the first was taken"), "{}", autumn.1);
        let shown = bot.say("anna", "/maintenance reminders MW-1").await.message.plain();
        assert!(shown.contains("moved on by the gap"), "{shown}");
    })
    .await;
}
