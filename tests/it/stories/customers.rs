//! Customer engineers tell their customers: they are asked, say who knows, and are chased.

use maintbot::domain::access::Role;

use crate::bot::{Bot, assert_timeline, story};

/// Thursday 26 November 2026 is a holiday.
const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]
holidays = ["2026-11-26"]

[policy.scheduled]
announce = "14d"
remind = ["1d"]
change_list = "1h"

[[audience]]
name = "customers"
channels = ["builtin:news"]

[people.anna]
[people.lee]

[[customer]]
id = "ACME"
name = "Acme Corp"
owner = "anna"
services = ["crm"]

[[customer]]
id = "Globex"
owner = "anna"

[[customer]]
id = "Initech"
owner = "lee"
regions = ["apac"]

[[customer]]
id = "Umbrella"
services = ["vpn"]
owner = "lee"
"#;

/// Tuesday 8 December 2026, 14:00 to 16:00: announced on Tuesday 24 November at 14:00.
const SCHEDULE: &str =
    "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@sam item:\"Patch\"";

/// Lines of ops that ask owners.
async fn asked(bot: &Bot) -> Vec<String> {
    let about = ["please tell your customers", "do not know"];
    bot.timeline("ops").await.into_iter().filter(|line| about.iter().any(|word| line.contains(word))).collect()
}

async fn tells(bot: &Bot, who: &str, id: i64, customers: &[&str]) {
    for customer in customers {
        bot.say_as(Role::Engineer, who, &format!("/maintenance told MW-{id} {customer}")).await;
    }
}

#[tokio::test]
async fn owners_are_asked_when_the_window_is_announced_each_for_the_customers_it_touches() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("sam", SCHEDULE).await;
        bot.say("sam", &SCHEDULE.replace("Upgrade", "Europe").replace("14:00-16:00", "18:00-19:00 UTC\" regions:\"eu"))
            .await;
        bot.at("2026-11-24 13:59").await;
        assert_timeline(&asked(bot).await, &[]);
        bot.at("2026-11-24 18:00").await;
        assert_timeline(
            &asked(bot).await,
            &[
                "2026-11-24 14:00 anna: please tell your customers about MW-1 Upgrade",
                "2026-11-24 14:00 lee: please tell your customers about MW-1 Upgrade",
                // Nobody of lee's is in Europe, or uses the CRM there.
                "2026-11-24 18:00 anna: please tell your customers about MW-2 Europe",
            ],
        );
        let ops = bot.texts("ops").await;
        let to = async |start: &str| ops.iter().find(|text| text.starts_with(start)).expect("a request").clone();
        let anna = to("anna: ").await;
        assert!(anna.contains("Acme Corp") && anna.contains("Globex") && !anna.contains("Initech"), "{anna}");
        assert!(anna.contains("/maintenance told MW-1 ACME"), "{anna}");
        let lee = to("lee: ").await;
        assert!(lee.contains("Initech") && !lee.contains("Umbrella"), "{lee}");
        let public = bot.texts("news").await.join("\n");
        assert!(!public.contains("Acme") && !public.contains("Globex"), "staff's business: {public}");
    })
    .await;
}

#[tokio::test]
async fn a_window_may_name_whom_it_touches() {
    story(CONFIG, "2026-11-25 09:00", async |bot| {
        bot.say("sam", &format!("{SCHEDULE} customers:umbrella")).await;
        assert_timeline(&asked(bot).await, &["2026-11-25 09:00 lee: please tell your customers about MW-1 Upgrade"]);
        let refused = bot.refused("lee", "/maintenance told MW-1 ACME").await;
        assert!(refused.detail.contains("Umbrella"), "{}", refused.detail);
        let hint = bot.hint_as(Role::Engineer, "lee", "/maintenance told MW-1 Umbrela").await;
        bot.say_as(Role::Engineer, "lee", &hint).await;
        assert_eq!(bot.told(1).await, ["0 Umbrella lee"]);
        let refused = bot.refused("sam", &format!("{SCHEDULE} customers:acmee --again")).await;
        assert!(refused.hint.as_deref().is_some_and(|hint| hint.contains("ACME")), "{:?}", refused.hint);
    })
    .await;
}

#[tokio::test]
async fn told_is_written_down_once_with_who_and_what_is_left() {
    story(CONFIG, "2026-11-25 09:00", async |bot| {
        bot.say("sam", SCHEDULE).await;
        let revision = bot.window(1).await.revision;
        let reply = bot.say_as(Role::Engineer, "anna", "/maintenance told MW-1 acme").await.message.plain();
        assert!(reply.contains("Acme Corp is told of MW-1") && reply.contains("Globex, Initech"), "{reply}");
        let refused = bot.refused("lee", "/maintenance told MW-1 ACME").await;
        assert!(refused.detail.contains("already") && refused.detail.contains("anna"), "{}", refused.detail);
        assert_eq!(bot.told(1).await, ["0 ACME anna"]);
        let shown = bot.say("sam", "/maintenance show MW-1").await.message.plain();
        assert!(shown.contains("Acme Corp") && shown.contains("anna"), "{shown}");
        assert!(bot.events(1).await.iter().any(|e| e.starts_with("anna: ") && e.contains("ACME")));
        assert_eq!(bot.window(1).await.revision, revision, "no news for the public");
        assert_eq!(bot.refused_as(Role::Viewer, "max", "/maintenance told MW-1 Globex").await.sort, "role");
    })
    .await;
}

/// Announced on Tuesday 24 November: Wednesday 25, then Friday 27 over the holiday, then Monday 30.
#[tokio::test]
async fn who_has_somebody_left_to_tell_is_chased_after_one_two_and_three_working_days() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("sam", SCHEDULE).await;
        bot.at("2026-11-25 09:00").await;
        tells(bot, "lee", 1, &["Initech"]).await;
        tells(bot, "anna", 1, &["ACME"]).await;
        bot.at("2026-11-27 15:00").await;
        let text = bot.texts("ops").await.pop().expect("a chase");
        assert!(text.contains("Globex") && !text.contains("Acme"), "{text}");
        tells(bot, "anna", 1, &["Globex"]).await;
        bot.at("2026-12-08 13:00").await;
        assert_timeline(
            &asked(bot).await[2..],
            &[
                "2026-11-25 14:00 anna: some of your customers do not know about MW-1 Upgrade yet",
                "2026-11-27 14:00 anna: some of your customers do not know about MW-1 Upgrade yet",
            ],
        );
        let rows = bot.due(1, "told_overdue").await;
        assert_eq!(
            rows,
            [
                "2026-11-25 14:00 @anna sent",
                "2026-11-25 14:00 @lee skipped already_told",
                "2026-11-27 14:00 @anna sent",
                "2026-11-27 14:00 @lee skipped already_told",
                "2026-11-30 14:00 @anna skipped already_told",
                "2026-11-30 14:00 @lee skipped already_told",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn there_are_three_chases_and_none_once_it_has_begun() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("sam", &format!("{SCHEDULE} customers:ACME")).await;
        bot.at("2026-12-08 13:00").await;
        assert_eq!(asked(bot).await.len(), 1 + 3);
    })
    .await;
    // Announced on Monday 7 December at 09:00: there is one working day left before the start.
    story(CONFIG, "2026-12-07 09:00", async |bot| {
        bot.say("sam", &format!("{SCHEDULE} customers:ACME")).await;
        bot.at("2026-12-08 15:00").await;
        assert_timeline(
            &asked(bot).await,
            &[
                "2026-12-07 09:00 anna: please tell your customers about MW-1 Upgrade",
                "2026-12-08 09:00 anna: some of your customers do not know about MW-1 Upgrade yet",
            ],
        );
        bot.say("sam", "/maintenance complete MW-1 outcome:partial").await;
    })
    .await;
}

#[tokio::test]
async fn who_has_told_before_the_announcement_is_not_asked() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("sam", SCHEDULE).await;
        tells(bot, "anna", 1, &["ACME", "Globex"]).await;
        bot.at("2026-11-24 15:00").await;
        assert_timeline(&asked(bot).await, &["2026-11-24 14:00 lee: please tell your customers about MW-1 Upgrade"]);
    })
    .await;
}

#[tokio::test]
async fn a_move_reopens_the_list_and_asks_again_at_once() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("sam", &format!("{SCHEDULE} customers:ACME")).await;
        bot.at("2026-11-24 15:00").await;
        tells(bot, "anna", 1, &["ACME"]).await;
        bot.at("2026-11-30 09:00").await;
        bot.say("sam", "/maintenance reschedule MW-1 when:\"2026-12-09 14:00-16:00\"").await;
        bot.at("2026-12-01 10:00").await;
        tells(bot, "anna", 1, &["ACME"]).await;
        bot.at("2026-12-09 13:00").await;
        assert_eq!(bot.told(1).await, ["0 ACME anna", "1 ACME anna"]);
        assert_timeline(
            &asked(bot).await,
            &[
                "2026-11-24 14:00 anna: please tell your customers about MW-1 Upgrade",
                "2026-11-30 09:00 anna: please tell your customers what changed in MW-1 Upgrade",
                "2026-12-01 09:00 anna: some of your customers do not know about MW-1 Upgrade yet",
            ],
        );
    })
    .await;
}

#[tokio::test]
async fn a_move_that_nobody_was_told_of_asks_once_when_it_is_announced() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("sam", &format!("{SCHEDULE} customers:ACME")).await;
        bot.say("sam", "/maintenance reschedule MW-1 when:\"2026-12-09 14:00-16:00\"").await;
        bot.at("2026-11-25 15:00").await;
        assert_timeline(&asked(bot).await, &["2026-11-25 14:00 anna: please tell your customers about MW-1 Upgrade"]);
        assert_eq!(bot.window(1).await.told_round, 0);
    })
    .await;
}

#[tokio::test]
async fn completion_asks_once_more_and_is_chased_until_all_know() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("sam", &format!("{SCHEDULE} customers:ACME,Globex")).await;
        tells(bot, "anna", 1, &["ACME", "Globex"]).await;
        bot.at("2026-12-08 15:00").await;
        bot.say("sam", "/maintenance done MW-1 1").await;
        bot.say("sam", "/maintenance complete MW-1").await;
        tells(bot, "anna", 1, &["ACME"]).await;
        bot.at("2026-12-09 16:00").await;
        tells(bot, "anna", 1, &["Globex"]).await;
        bot.at("2026-12-20 00:00").await;
        assert_timeline(
            &asked(bot).await[1..],
            &[
                "2026-12-08 15:00 anna: please tell your customers that MW-1 Upgrade is over",
                "2026-12-09 15:00 anna: some of your customers do not know yet that MW-1 Upgrade is over",
            ],
        );
        assert_eq!(bot.told(1).await.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn what_is_called_off_asks_nobody_any_more() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("sam", &format!("{SCHEDULE} customers:ACME")).await;
        bot.say("sam", "/maintenance cancel MW-1").await;
        bot.at("2026-12-08 15:00").await;
        assert_timeline(&asked(bot).await, &[]);
    })
    .await;
}

/// A later end is no news for the owners' lists: they are chased at the same times as before, and for nothing twice.
#[tokio::test]
async fn extending_does_not_end_or_repeat_the_chases() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("sam", &format!("{SCHEDULE} customers:ACME")).await;
        bot.at("2026-11-25 15:00").await;
        bot.say("sam", "/maintenance extend MW-1 30m").await;
        bot.at("2026-11-27 09:00").await;
        bot.say("sam", "/maintenance extend MW-1 30m").await;
        bot.at("2026-12-08 13:00").await;
        let times: Vec<String> = asked(bot).await.iter().map(|line| line[..16].to_owned()).collect();
        assert_eq!(times, ["2026-11-24 14:00", "2026-11-25 14:00", "2026-11-27 14:00", "2026-11-30 14:00"]);
    })
    .await;
}

#[tokio::test]
async fn the_owners_of_each_phase_are_asked_with_the_plans_announcement_and_another_phases_move_changes_nothing() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("sam", "/maintenance plan new \"Move\"").await;
        bot.say("sam", &format!("{SCHEDULE} customers:ACME plan:PL-1")).await;
        let second = SCHEDULE.replace("Upgrade", "Second").replace("12-08", "12-10");
        bot.say("sam", &format!("{second} customers:Initech plan:PL-1")).await;
        bot.at("2026-11-20 12:00").await;
        bot.say("sam", "/maintenance plan publish PL-1").await;
        bot.at("2026-11-25 09:00").await;
        bot.say("sam", "/maintenance reschedule MW-2 when:\"2026-12-11 14:00-16:00\"").await;
        tells(bot, "lee", 2, &["Initech"]).await;
        bot.at("2026-12-08 13:00").await;
        let found = asked(bot).await;
        let of = |person: &str| -> Vec<String> {
            found.iter().filter(|line| line.contains(person)).map(|line| line[..16].to_owned()).collect()
        };
        assert_eq!(of("anna: "), ["2026-11-24 14:00", "2026-11-25 14:00", "2026-11-27 14:00", "2026-11-30 14:00"]);
        assert_eq!(of("lee: "), ["2026-11-24 14:00", "2026-11-25 09:00"]);
        assert!(
            found.iter().any(|line| line.contains("lee: please tell your customers what changed in MW-2")),
            "{found:?}"
        );
    })
    .await;
}
