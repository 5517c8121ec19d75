//! A release every two weeks in the early hours of Monday, announced five working days ahead; an emergency twelve hours
//! ahead, decided on by somebody else; rolling patches without downtime.

use crate::bot::{assert_timeline, story};

const CONFIG: &str = r#"
[organisation]
name = "Loyalty Company"
time_zone = "Europe/London"
working_week = ["Mon", "Tue", "Wed", "Thu", "Fri"]
working_hours = "09:00-17:30"
# Good Friday and Easter Monday.
holidays = ["2027-03-26", "2027-03-29"]
ops = ["builtin:ops"]

[[service]]
id = "loyalty"
name = "Loyalty"
quiet_hours = ["01:00-05:00"]

[policy.scheduled]
notice = "5wd"
announce = "5wd"
remind = ["1d"]
reminders_on = "working_days"
change_list = "3d"

[policy.emergency]
notice = "12h"
approval = ["always"]

[[audience]]
name = "retailers"
channels = ["builtin:retailers"]

[[audience]]
name = "engineers"
channels = ["builtin:engineers"]
messages = ["change_list"]
internal = true
"#;

const SERIES: &str = "/maintenance series \"Release\" service:loyalty every:\"every 2 weeks on monday 03:00 for 2h\" \
     downtime:20m category:stability link:https://example.com/release-notes poc:@olivia item:\"Deploy the release\"";

#[tokio::test]
async fn releases_are_announced_five_working_days_ahead_over_easter_and_the_change_of_the_clocks() {
    story(CONFIG, "2027-03-10 10:00", async |bot| {
        let made = bot.say("olivia", SERIES).await.message.plain();
        // For Monday 15 March it had to be asked for by Monday 8 March 03:00.
        assert!(made.contains("Not made:") && made.contains("Mon 15 Mar 2027 03:00"), "{made}");
        assert!(made.contains("the notice is 5 working days"), "{made}");
        assert!(
            bot.window(1).await.span.to_string().starts_with("Mon 29 Mar 2027 03:00"),
            "the next is the first made"
        );

        bot.at("2027-03-29 03:10").await;
        bot.say("olivia", "/maintenance done MW-1 1").await;
        bot.say("olivia", "/maintenance complete MW-1 downtime:12m note:\"Release 27.6 is live\"").await;
        bot.at("2027-04-12 02:40").await;
        bot.say("olivia", "/maintenance done MW-2 1").await;
        bot.say("olivia", "/maintenance complete MW-2").await;

        assert_timeline(
            &bot.timeline("retailers").await,
            &[
                // Working days before Monday 29 March: Thursday 25, 24, 23, 22, and Friday 19 is the fifth. London is on
                // UTC there still.
                "2027-03-19 03:00 Planned maintenance: Release",
                // The day before is a Sunday, the Friday before it a holiday.
                "2027-03-25 03:00 Reminder: Release",
                "2027-03-29 02:00 Started: Release",
                "2027-03-29 03:10 Completed: Release",
                // Working days before 12 April: 9, 8, 7, 6, 5 April, on summer time.
                "2027-04-05 02:00 Planned maintenance: Release",
                "2027-04-09 02:00 Reminder: Release",
                "2027-04-12 02:00 Started: Release",
                "2027-04-12 02:40 Completed: Release",
            ],
        );
        assert_timeline(
            &bot.timeline("engineers").await,
            &[
                // Three days before, the same time on the wall: the clocks changed on the 28th.
                "2027-03-26 03:00 Change list for Release (MW-1), 1 item",
                "2027-04-09 02:00 Change list for Release (MW-2), 1 item",
            ],
        );
        assert!(bot.texts("retailers").await[0].contains("https://example.com/release-notes"), "release notes");
    })
    .await;
}

const FIX: &str =
    "/maintenance schedule \"Token service\" service:loyalty kind:emergency poc:@olivia item:\"New keys\"";

#[tokio::test]
async fn an_emergency_needs_twelve_hours_and_somebody_else_who_agrees() {
    story(CONFIG, "2027-03-17 10:00", async |bot| {
        // Eleven hours ahead: refused, with the first start that would do.
        let refused = bot.refused("olivia", &format!("{FIX} when:\"today 21:00-22:00\" reason:\"tokens leak\"")).await;
        let refused = refused.message.plain();
        assert!(refused.contains("the notice is 12h") && refused.contains("Thu 18 Mar 2027 21:00"), "{refused}");
        // Every emergency needs an approver, so it needs a reason.
        let refused = bot.refused("olivia", &format!("{FIX} when:\"tomorrow 02:00-03:00\"")).await.message.plain();
        assert!(refused.contains("reason:"), "{refused}");

        bot.say("olivia", &format!("{FIX} when:\"tomorrow 02:00-03:00\" reason:\"tokens leak\"")).await;
        assert_eq!(bot.window(1).await.state.to_string(), "pending");
        let own = bot.refused("olivia", "/maintenance approve MW-1").await.message.plain();
        assert!(own.contains("somebody else decides"), "{own}");
        bot.at("2027-03-17 11:00").await;
        assert_timeline(&bot.timeline("retailers").await, &[]);
        bot.say("paul", "/maintenance approve MW-1 note:\"go ahead\"").await;
        bot.at("2027-03-18 01:50").await;
        bot.say("olivia", "/maintenance ack MW-1").await;
        bot.at("2027-03-18 02:30").await;
        bot.say("olivia", "/maintenance done MW-1 1").await;
        bot.say("olivia", "/maintenance complete MW-1").await;
        bot.at("2027-03-19 00:00").await;

        assert_timeline(
            &bot.timeline("retailers").await,
            &[
                "2027-03-17 11:00 Emergency maintenance: Token service",
                "2027-03-18 01:00 Reminder: Token service",
                "2027-03-18 02:00 Started: Token service",
                "2027-03-18 02:30 Completed: Token service",
            ],
        );
        assert_timeline(
            &bot.timeline("ops").await,
            &[
                "2027-03-17 10:00 MW-1 Token service: waits for approval",
                "2027-03-17 11:00 olivia: MW-1 Token service is approved",
                "2027-03-18 01:45 MW-1 Token service starts in 15m",
                "2027-03-18 02:30 MW-1 Token service: every change item is reported done",
            ],
        );
        // The list goes out as soon as it has settled.
        assert_timeline(
            &bot.timeline("engineers").await,
            &["2027-03-17 11:10 Change list for Token service (MW-1), 1 item"],
        );
    })
    .await;
}

#[tokio::test]
async fn an_emergency_that_nobody_decides_on_is_asked_about_again_and_called_off_at_its_start() {
    story(CONFIG, "2027-03-17 10:00", async |bot| {
        bot.say("olivia", &format!("{FIX} when:\"tomorrow 02:00-03:00\" reason:\"tokens leak\"")).await;
        bot.at("2027-03-18 12:00").await;
        assert_timeline(&bot.timeline("retailers").await, &[]);
        assert_timeline(
            &bot.timeline("ops").await,
            &[
                "2027-03-17 10:00 MW-1 Token service: waits for approval",
                // Sixteen hours were left.
                "2027-03-17 18:00 MW-1 Token service: still waits for approval",
                "2027-03-18 02:00 olivia: MW-1 Token service was not decided in time",
            ],
        );
        assert_eq!(bot.window(1).await.state.to_string(), "cancelled");
    })
    .await;
}

#[tokio::test]
async fn a_rolling_patch_is_listed_at_any_time_and_stands_in_nobodys_way() {
    story(CONFIG, "2027-03-22 10:00", async |bot| {
        bot.say(
            "olivia",
            "/maintenance schedule \"Rolling patches\" service:loyalty kind:no_downtime when:\"2027-03-24 10:00-16:00\" \
             poc:@olivia item:\"Patch node by node\"",
        )
        .await;
        // In the middle of a working day, inside the notice of planned maintenance, and at the same time as another.
        let reply = bot
            .say(
                "olivia",
                "/maintenance schedule \"Rolling patches of the edge\" service:loyalty kind:no_downtime \
                 when:\"2027-03-24 12:00-14:00\" poc:@olivia item:\"Patch node by node\"",
            )
            .await;
        assert_eq!(reply.findings, []);
        bot.at("2027-03-24 14:00").await;
        bot.say("olivia", "/maintenance complete MW-2 outcome:partial").await;
        bot.at("2027-03-24 15:00").await;
        bot.say("olivia", "/maintenance complete MW-1 outcome:partial").await;
        assert_timeline(
            &bot.timeline("retailers").await,
            &[
                "2027-03-23 10:00 Maintenance without downtime: Rolling patches",
                "2027-03-23 12:00 Maintenance without downtime: Rolling patches of the edge",
                "2027-03-24 10:00 Started: Rolling patches",
                "2027-03-24 12:00 Started: Rolling patches of the edge",
                "2027-03-24 14:00 Completed in part: Rolling patches of the edge",
                "2027-03-24 15:00 Completed in part: Rolling patches",
            ],
        );
    })
    .await;
}
