//! Who asked to be told: what they hear and what not, who may ask, and how it ends.

mod mail;

use maintbot::domain::access::{Actor, Role};
use maintbot::domain::ledger::Delivery;
use maintbot::service::Answer;

use crate::bot::{Bot, assert_timeline, story};

pub const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[policy.scheduled]
announce = "14d"
remind = ["7d", "1d"]

[[service]]
id = "jira"
name = "Jira"

[[service]]
id = "crm"
name = "CRM"

[[region]]
id = "eu"
name = "Europe"

[[region]]
id = "apac"
name = "Asia-Pacific"

[[audience]]
name = "everyone"
channels = ["builtin:maintenance"]

[slack]
bot_token = "xoxb-1-2-abc"
signing_secret = "8f742231b10e8888abcd99yyyzzz85a5"

[people.anna]
slack = "U061F7AUR"
"#;

/// A window on Tue 8 December 2026 that is announced on 24 November.
pub const JIRA: &str = "/maintenance schedule \"Upgrade\" service:jira when:2026-12-08T14:00Z/PT2H poc:@mikko";

/// What a channel hears of a window, in order: message, state and why not.
async fn heard(bot: &Bot, id: i64, channel: &str) -> Vec<String> {
    rows(&bot.ledger(id).await, channel)
}

pub fn rows(rows: &[Delivery], channel: &str) -> Vec<String> {
    let to_them = |row: &&Delivery| row.plan.channel.to_string() == channel && row.plan.message.is_for_audiences();
    let shown = |row: &Delivery| {
        let reason = row.reason.map(|why| format!(" {why}")).unwrap_or_default();
        let lead = row.plan.lead.as_deref().map(|lead| format!(" {lead}")).unwrap_or_default();
        format!("{} {}{lead} {}{reason}", row.plan.audience, row.plan.message, row.state)
    };
    rows.iter().filter(to_them).map(shown).collect()
}

/// Every subscription: channel, services, regions.
pub async fn subscribed(bot: &Bot) -> Vec<String> {
    let found = bot.parts.service.subscriptions(None, 100).await.expect("readable");
    let list = |ids: &[String]| if ids.is_empty() { "all".to_owned() } else { ids.join(",") };
    found.iter().map(|s| format!("{} {} {}", s.channel, list(&s.choice.services), list(&s.choice.regions))).collect()
}

#[tokio::test]
async fn a_subscriber_hears_of_the_services_it_chose_at_the_leads_of_everybody() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        bot.say("boss", "/maintenance subscribe to:builtin:team service:jira").await;
        bot.say("anna", JIRA).await;
        bot.say("anna", &JIRA.replace("jira", "crm").replace("12-08", "12-10")).await;
        bot.at("2026-12-08 16:30").await;
        bot.say("anna", "/maintenance complete MW-1").await;
        assert_timeline(
            &bot.timeline("team").await,
            &[
                "2026-11-24 14:00 Planned maintenance: Upgrade",
                "2026-12-01 14:00 Reminder: Upgrade",
                "2026-12-07 14:00 Reminder: Upgrade",
                "2026-12-08 14:00 Started: Upgrade",
                "2026-12-08 16:30 Completed: Upgrade",
            ],
        );
        assert_eq!(heard(bot, 2, "builtin:team").await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_channel_of_an_audience_that_subscribes_too_hears_everything_once() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        bot.say("boss", "/maintenance subscribe to:builtin:maintenance").await;
        bot.say("anna", JIRA).await;
        bot.at("2026-12-01 15:00").await;
        bot.say("anna", "/maintenance reschedule MW-1 when:2026-12-09T14:00Z/PT2H").await;
        assert_timeline(
            &bot.timeline("maintenance").await,
            &[
                "2026-11-24 14:00 Planned maintenance: Upgrade",
                "2026-12-01 14:00 Reminder: Upgrade",
                "2026-12-01 15:00 Moved: Upgrade",
            ],
        );
        assert!(bot.ledger(1).await.iter().all(|row| row.plan.audience != "subscribers"));
    })
    .await;
}

#[tokio::test]
async fn who_subscribes_later_hears_what_is_ahead_of_windows_that_are_planned_already() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        bot.say("anna", JIRA).await;
        bot.say("anna", &JIRA.replace("12-08", "12-22")).await;
        bot.say("boss", "/maintenance plan new \"Move\"").await;
        bot.say("anna", &format!("{} plan:PL-1", JIRA.replace("12-08", "12-23"))).await;
        bot.say("boss", "/maintenance plan publish PL-1").await;
        // MW-1 was announced on 24 November; the others are not before 8 and 9 December.
        bot.at("2026-11-30 09:00").await;
        bot.say("boss", "/maintenance subscribe to:builtin:team").await;
        bot.at("2026-12-09 20:00").await;
        bot.say("anna", "/maintenance complete MW-1").await;
        assert_timeline(
            &bot.timeline("team").await,
            &[
                "2026-12-01 14:00 Reminder: Upgrade",
                "2026-12-07 14:00 Reminder: Upgrade",
                "2026-12-08 14:00 Planned maintenance: Upgrade",
                "2026-12-08 14:00 Started: Upgrade",
                "2026-12-09 14:00 Planned maintenance in 1 phase: Move",
                "2026-12-09 20:00 Completed: Upgrade",
            ],
        );
    })
    .await;
}

#[tokio::test]
async fn who_was_not_told_before_hears_the_announcement_of_a_moved_window_and_not_that_it_moved() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        bot.say("anna", JIRA).await;
        bot.at("2026-12-07 15:00").await;
        bot.say("boss", "/maintenance subscribe to:builtin:team").await;
        bot.say("anna", "/maintenance reschedule MW-1 when:2026-12-09T14:00Z/PT2H").await;
        assert_timeline(&bot.timeline("team").await, &["2026-12-07 15:00 Planned maintenance: Upgrade"]);
    })
    .await;
}

#[tokio::test]
async fn who_leaves_is_owed_nothing_more_and_who_comes_back_hears_what_is_ahead() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        bot.say("boss", "/maintenance subscribe to:builtin:team").await;
        bot.say("anna", JIRA).await;
        bot.at("2026-11-25 09:00").await;
        bot.say("boss", "/maintenance unsubscribe to:builtin:team").await;
        let left = ["announcement 14d sent", "reminder 7d skipped unsubscribed", "reminder 1d skipped unsubscribed"];
        assert_eq!(heard(bot, 1, "builtin:team").await, left.map(|row| format!("subscribers {row}")));
        bot.at("2026-12-02 09:00").await;
        bot.say("boss", "/maintenance subscribe to:builtin:team").await;
        let back = ["announcement 14d sent", "reminder 7d skipped unsubscribed", "reminder 1d due"];
        assert_eq!(heard(bot, 1, "builtin:team").await, back.map(|row| format!("subscribers {row}")));
        // It was told before, and so hears that the window is called off.
        bot.say("anna", "/maintenance cancel MW-1").await;
        assert_eq!(bot.timeline("team").await.last().map(String::as_str), Some("2026-12-02 09:00 Cancelled: Upgrade"));
    })
    .await;
}

#[tokio::test]
async fn what_is_on_its_way_to_somebody_who_leaves_is_not_sent() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        bot.say("boss", "/maintenance subscribe to:builtin:team").await;
        bot.say("anna", JIRA).await;
        bot.at("2026-11-25 09:00").await;
        bot.type_only("anna", "/maintenance note MW-1 \"A word\"").await;
        bot.type_only("boss", "/maintenance unsubscribe to:builtin:team").await;
        bot.type_only("anna", "/maintenance cancel MW-1").await;
        bot.settle().await;
        assert_timeline(&bot.timeline("team").await, &["2026-11-24 14:00 Planned maintenance: Upgrade"]);
        assert_eq!(bot.timeline("maintenance").await.len(), 3, "the audience hears both");
    })
    .await;
}

#[tokio::test]
async fn asking_twice_adds_up_and_leaving_one_service_keeps_the_others() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        bot.say("anna", JIRA).await;
        bot.say("boss", "/maintenance subscribe to:builtin:team service:jira regions:eu").await;
        bot.say("boss", "/maintenance subscribe to:builtin:team service:crm regions:eu").await;
        assert_eq!(subscribed(bot).await, ["builtin:team jira,crm eu"]);
        let again = bot.say("boss", "/maintenance subscribe to:builtin:team service:crm regions:eu").await;
        assert!(again.message.plain().contains("subscribed already"), "{}", again.message.plain());

        bot.say("boss", "/maintenance unsubscribe to:builtin:team service:jira").await;
        assert_eq!(subscribed(bot).await, ["builtin:team crm eu"]);
        let gone = ["announcement 14d", "reminder 7d", "reminder 1d"];
        let gone = gone.map(|row| format!("subscribers {row} skipped unsubscribed"));
        assert_eq!(heard(bot, 1, "builtin:team").await, gone);
        let hint = bot.hint_as(Role::Admin, "boss", "/maintenance unsubscribe to:builtin:team service:jira").await;
        bot.say("boss", &hint).await;
        assert_eq!(subscribed(bot).await, [""; 0]);

        bot.say("boss", "/maintenance subscribe to:builtin:team").await;
        bot.say("boss", "/maintenance subscribe to:builtin:team service:crm").await;
        assert_eq!(subscribed(bot).await, ["builtin:team all all"], "who wanted all still does");
        let hint = bot.hint_as(Role::Admin, "boss", "/maintenance unsubscribe to:builtin:team service:crm").await;
        bot.say("boss", &hint).await;
        let again = bot.say("boss", "/maintenance unsubscribe to:builtin:team").await;
        assert!(again.message.plain().contains("is not subscribed"), "{}", again.message.plain());
    })
    .await;
}

#[tokio::test]
async fn leaving_and_coming_back_to_a_service_plans_its_windows_again() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        bot.say("anna", JIRA).await;
        bot.say("boss", "/maintenance subscribe to:builtin:team service:crm").await;
        assert_eq!(heard(bot, 1, "builtin:team").await, [""; 0]);
        bot.say("boss", "/maintenance subscribe to:builtin:team service:jira").await;
        bot.say("boss", "/maintenance unsubscribe to:builtin:team service:jira").await;
        bot.say("boss", "/maintenance subscribe to:builtin:team service:jira").await;
        let rows = ["announcement 14d due", "reminder 7d due", "reminder 1d due"];
        assert_eq!(heard(bot, 1, "builtin:team").await, rows.map(|row| format!("subscribers {row}")));
    })
    .await;
}

async fn refused_in(bot: &Bot, place: &str, role: Role, who: &str, text: &str) -> String {
    match bot.run_in(place, Actor::with_role(who, role), text, None).await {
        Answer::Refused(refused) => refused.detail,
        Answer::Done(reply) => panic!("`{text}` was done:\n{}", reply.message.plain()),
    }
}

#[tokio::test]
async fn anybody_subscribes_for_themselves_engineers_for_a_channel_and_admins_for_others() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        let done = async |place: &str, role: Role, who: &str, text: &str| {
            let answer = bot.run_in(place, Actor::with_role(who, role), text, None).await;
            assert!(matches!(answer, Answer::Done(_)), "{text} in {place}: {answer:?}");
        };
        done("console", Role::Viewer, "anna", "/maintenance subscribe me service:jira").await;
        done("slack:C012AB3CD", Role::Engineer, "ben", "/maintenance subscribe service:jira").await;
        // Where two people talk to each other there is no channel: what is meant is oneself.
        done("slack:D012AB3CD", Role::Viewer, "slack:U022222222", "/maintenance subscribe").await;
        done("console", Role::Admin, "boss", "/maintenance subscribe slack:#ce regions:eu").await;
        let all =
            ["slack:U061F7AUR jira all", "slack:C012AB3CD jira all", "slack:U022222222 all all", "slack:#ce all eu"];
        assert_eq!(subscribed(bot).await, all);

        let subscribe = "/maintenance subscribe";
        let refused = refused_in(bot, "slack:C012AB3CD", Role::Viewer, "carl", subscribe).await;
        assert!(refused.contains("engineer"), "{refused}");
        let refused = refused_in(bot, "console", Role::Engineer, "carl", "/maintenance subscribe slack:#ce").await;
        assert!(refused.contains("admin"), "{refused}");
        let refused = refused_in(bot, "console", Role::Engineer, "carl", "/maintenance unsubscribe slack:#ce").await;
        assert!(refused.contains("admin"), "{refused}");
        let refused = refused_in(bot, "console", Role::Viewer, "carl", subscribe).await;
        assert!(refused.contains("[people]"), "{refused}");
        let refused = refused_in(bot, "console", Role::Admin, "boss", "/maintenance subscribe here").await;
        assert!(refused.contains("no channel"), "{refused}");
        for (wrong, why) in [
            ("log:audit", "cannot subscribe"),
            ("webhook:x", "cannot subscribe"),
            ("tracker:builtin", "cannot subscribe"),
            ("email:anna@example.com", "[smtp]"),
            ("email:a@b@c", "address of mail"),
            ("nobody", "is not a channel"),
        ] {
            let refused = bot.refused("boss", &format!("/maintenance subscribe to:{wrong}")).await;
            assert!(refused.detail.contains(why), "{wrong}: {}", refused.detail);
        }
        let refused = bot.refused("boss", "/maintenance subscribe to:builtin:x service:jria").await;
        assert!(refused.hint.is_some_and(|hint| hint.contains("service:jira")), "{}", refused.detail);
        bot.refused("boss", "/maintenance subscribe to:builtin:x regions:mars").await;
        assert_eq!(subscribed(bot).await, all);

        // Their own name is theirs to say.
        done("slack:C012AB3CD", Role::Engineer, "ben", "/maintenance unsubscribe to:slack:C012AB3CD").await;
        done("console", Role::Viewer, "anna", "/maintenance unsubscribe to:slack:U061F7AUR").await;
        assert_eq!(subscribed(bot).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_list_shows_what_is_here_and_ones_own_and_an_admin_sees_all() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        for line in ["me service:jira", "to:builtin:team regions:eu", "to:slack:C012AB3CD"] {
            bot.say("anna", &format!("/maintenance subscribe {line}")).await;
        }
        let listed = async |place: &str, role: Role, who: &str| {
            let answer = bot.run_in(place, Actor::with_role(who, role), "/maintenance subscribe list", None).await;
            let Answer::Done(reply) = answer else { panic!("a list") };
            reply.message.plain()
        };
        let all = listed("console", Role::Admin, "anna").await;
        assert!(all.contains("builtin:team") && all.contains("all services, in Europe"), "{all}");
        let own = listed("slack:C012AB3CD", Role::Viewer, "anna").await;
        assert!(
            own.contains("slack:U061F7AUR") && own.contains("slack:C012AB3CD") && !own.contains("builtin"),
            "{own}"
        );
        assert!(listed("console", Role::Viewer, "carl").await.contains("Nothing is subscribed here."));
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_of_either_verb_changes_nothing() {
    story(CONFIG, "2026-11-01 09:00", async |bot| {
        bot.say("anna", JIRA).await;
        bot.dry("boss", "/maintenance subscribe to:builtin:team").await;
        assert_eq!(subscribed(bot).await, [""; 0]);
        bot.say("boss", "/maintenance subscribe to:builtin:team").await;
        bot.dry("boss", "/maintenance unsubscribe to:builtin:team").await;
        bot.dry("boss", "/maintenance subscribe to:builtin:team service:jira").await;
        bot.settle().await;
        assert_eq!(subscribed(bot).await, ["builtin:team all all"]);
        assert_eq!(heard(bot, 1, "builtin:team").await.len(), 3);
        // What the next command plans by is what was stored, not what was tried.
        bot.say("anna", &JIRA.replace("12-08", "12-15")).await;
        assert_eq!(heard(bot, 2, "builtin:team").await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn another_process_on_the_same_database_plans_for_those_who_subscribed_here() {
    let url = crate::postgres::database().await;
    let clock = maintbot::clock::Clock::manual(crate::bot::utc("2026-11-01 09:00"));
    let (here, there) =
        (Bot::start(CONFIG, url.as_str(), clock.clone()).await, Bot::start(CONFIG, url.as_str(), clock).await);
    there.say("anna", JIRA).await;
    here.say("boss", "/maintenance subscribe to:builtin:team").await;
    there.say("anna", &JIRA.replace("12-08", "12-15")).await;
    assert_eq!((heard(&here, 1, "builtin:team").await.len(), heard(&here, 2, "builtin:team").await.len()), (3, 3));
    here.say("boss", "/maintenance unsubscribe to:builtin:team").await;
    there.say("anna", &JIRA.replace("12-08", "12-22")).await;
    assert_eq!(heard(&here, 3, "builtin:team").await, [""; 0]);
    here.finish().await;
    there.finish().await;
}
