//! One four-hour window a month outside the business hours of the local region; tenants are rolled through it, each down for
//! ten to fifteen minutes; whoever subscribes to a region's status is told; category given, rollback plan ready.

use crate::bot::{assert_timeline, story};

const CONFIG: &str = r#"
[organisation]
name = "Data Company"
time_zone = "America/New_York"
working_hours = "09:00-18:00"
ops = ["builtin:ops"]

[[region]]
id = "apac"
name = "Asia-Pacific"
time_zone = "Australia/Sydney"

[[region]]
id = "na"
name = "North America"
time_zone = "America/New_York"

[[service]]
id = "data"
name = "Data Platform"

[policy.scheduled]
announce = "7d"
remind = ["1d"]
change_list = "2d"
auto_complete = "at_end"
approval = ["business_hours"]

[[audience]]
name = "status-asia"
channels = ["builtin:status-asia"]
regions = ["apac"]

[[audience]]
name = "status-america"
channels = ["builtin:status-america"]
regions = ["na"]

[[audience]]
name = "staff"
channels = ["builtin:staff"]
messages = ["change_list"]
internal = true
"#;

fn series(region: &str, zone: &str) -> String {
    format!(
        "/maintenance series \"Monthly window\" service:data regions:{region} tz:{zone} \
         every:\"second tuesday of month 20:00 for 4h\" downtime:\"10m-15m per:tenant\" category:security \
         rollback:\"Roll back tenant by tenant\" impact:\"Each tenant is down once\" poc:@sam item:\"Roll the tenants\""
    )
}

#[tokio::test]
async fn each_region_has_its_own_window_in_its_own_evening_over_both_changes_of_the_clocks() {
    story(CONFIG, "2027-02-22 00:00", async |bot| {
        // One evening for both would be the morning of the other: nothing is made.
        let refused = bot.refused("sam", &series("apac,na", "America/New_York")).await.message.plain();
        assert!(refused.contains("None of its windows can be made"), "{refused}");
        assert!(refused.contains("It lies inside working hours in Asia-Pacific."), "{refused}");

        // 24 windows each: MW-1 to MW-24 for Asia, MW-25 to MW-48 for America.
        bot.say("sam", &series("apac", "Australia/Sydney")).await;
        bot.say("sam", &series("na", "America/New_York")).await;
        for (at, window) in
            [("2027-03-09 12:30", 1), ("2027-03-10 04:30", 25), ("2027-04-13 13:30", 2), ("2027-04-14 03:30", 26)]
        {
            bot.at(at).await;
            bot.say("sam", &format!("/maintenance done MW-{window} 1")).await;
        }
        bot.at("2027-04-15 00:00").await;

        // Sydney: eleven hours ahead of UTC until 4 April, then ten.
        assert_timeline(
            &bot.timeline("status-asia").await,
            &[
                "2027-03-02 09:00 Planned maintenance: Monthly window",
                "2027-03-08 09:00 Reminder: Monthly window",
                "2027-03-09 09:00 Started: Monthly window",
                "2027-03-09 13:00 Completed: Monthly window",
                "2027-04-06 10:00 Planned maintenance: Monthly window",
                "2027-04-12 10:00 Reminder: Monthly window",
                "2027-04-13 10:00 Started: Monthly window",
                "2027-04-13 14:00 Completed: Monthly window",
            ],
        );
        // New York: five hours behind until 14 March, then four.
        assert_timeline(
            &bot.timeline("status-america").await,
            &[
                "2027-03-03 01:00 Planned maintenance: Monthly window",
                "2027-03-09 01:00 Reminder: Monthly window",
                "2027-03-10 01:00 Started: Monthly window",
                "2027-03-10 05:00 Completed: Monthly window",
                "2027-04-07 00:00 Planned maintenance: Monthly window",
                "2027-04-13 00:00 Reminder: Monthly window",
                "2027-04-14 00:00 Started: Monthly window",
                "2027-04-14 04:00 Completed: Monthly window",
            ],
        );
        assert_timeline(
            &bot.timeline("staff").await,
            &[
                "2027-03-07 09:00 Change list for Monthly window (MW-1), 1 item",
                "2027-03-08 01:00 Change list for Monthly window (MW-25), 1 item",
                "2027-04-11 10:00 Change list for Monthly window (MW-2), 1 item",
                "2027-04-12 00:00 Change list for Monthly window (MW-26), 1 item",
            ],
        );
        let announced = &bot.texts("status-asia").await[0];
        for text in ["Tue 9 Mar 2027 20:00", "10m to 15m per tenant", "security", "Each tenant is down once"] {
            assert!(announced.contains(text), "{text} in {announced}");
        }
        assert!(!announced.contains("Roll back"), "the rollback plan is for staff: {announced}");
        assert!(bot.texts("staff").await[0].contains("Roll back tenant by tenant"));
        assert!(bot.issue(3).await.body.contains("Roll back tenant by tenant"), "ready before anything begins");
    })
    .await;
}
