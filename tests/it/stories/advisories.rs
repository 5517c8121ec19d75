//! Security advisories: mitigated, patched now, patched; who hears what, and what becomes of the promised fix.

use maintbot::domain::access::Role;

use crate::bot::{Bot, assert_timeline, story};

const CONFIG: &str = r#"
[server]
public_url = "https://maintenance.example.com"

[organisation]
time_zone = "Europe/Helsinki"
ops = ["builtin:ops"]

[[service]]
id = "jira"
name = "Jira"

[[service]]
id = "wiki"
name = "Wiki"

[[service]]
id = "vpn"
name = "VPN"

[policy.scheduled]
announce = "at_once"
remind = []

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

/// The last post of a channel.
async fn last(bot: &Bot, channel: &str) -> String {
    bot.texts(channel).await.pop().expect("a post")
}

/// The posts of a channel whose first line says one of these.
async fn posts(bot: &Bot, channel: &str, words: &[&str]) -> Vec<String> {
    let all = bot.timeline(channel).await;
    all.into_iter().filter(|line| words.iter().any(|word| line.contains(word))).collect()
}

async fn item(bot: &Bot, window: i64, number: usize) -> String {
    let full = bot.parts.service.full(maintbot::domain::window::WindowId(window)).await.expect("readable");
    full.expect("a window").items.0.get(number - 1).map(maintbot::domain::change::ChangeItem::line).unwrap_or_default()
}

#[tokio::test]
async fn what_is_mitigated_is_told_and_its_fix_goes_into_the_next_break_of_each_service() {
    story(CONFIG, "2026-11-23 09:00", async |bot| {
        bot.say("mikko", "schedule \"Monthly break\" service:jira when:\"2026-12-13 16:00-20:00\" poc:@mikko").await;
        bot.say("mikko", "schedule \"Later break\" service:jira when:\"2027-01-10 16:00-20:00\" poc:@mikko").await;
        let reply = bot
            .say(
                "mikko",
                "advisory \"OpenSSL\" id:CVE-2026-0001,GHSA-1 severity:critical disposition:mitigated \
                 service:jira,wiki details:\"heap overflow in the handshake\" public:\"Traffic was filtered.\"",
            )
            .await;
        let said = reply.message.plain();
        assert!(said.starts_with("AD-1 “OpenSSL (CVE-2026-0001, GHSA-1)”: public"), "{said}");
        assert_eq!(item(bot, 1, 1).await, "Permanent fix: OpenSSL [CVE-2026-0001, GHSA-1]");
        assert_eq!(item(bot, 2, 1).await, "");
        assert_eq!(
            last(bot, "maintenance").await,
            "Security advisory: OpenSSL (CVE-2026-0001, GHSA-1)\n\n\
             This was mitigated before it became known.\n\n\
             Traffic was filtered.\n\n\
             The permanent fix for Jira comes in the next break, MW-1 Monthly break: Sun 13 Dec 2026 16:00–20:00 \
             Europe/Helsinki (14:00–18:00 UTC).\n\n\
             The permanent fix for Wiki goes into the next break; none is planned yet.\n\n\
             Severity: critical\nServices: Jira, Wiki\nDetails:  https://maintenance.example.com/advisories/AD-1"
        );
        for channel in ["ops", "support"] {
            let text = last(bot, channel).await;
            assert!(text.starts_with("Security advisory: AD-1 OpenSSL (CVE-2026-0001, GHSA-1)"), "{channel}: {text}");
            assert!(text.contains("heap overflow in the handshake"), "{channel}: {text}");
        }

        // A break of the wiki is planned: the fix that waited goes into it, and those who were told hear of it.
        bot.at("2026-11-24 09:00").await;
        bot.say("mikko", "schedule \"Wiki break\" service:wiki when:\"2026-12-06 16:00-20:00\" poc:@mikko").await;
        assert_eq!(item(bot, 3, 1).await, "Permanent fix: OpenSSL [CVE-2026-0001, GHSA-1]");
        // The window is announced in the same second: the two are about different things and come in any order.
        let texts = bot.texts("maintenance").await;
        assert_eq!(
            texts.iter().find(|text| text.starts_with("Fix planned")).expect("a post"),
            "Fix planned: OpenSSL (CVE-2026-0001, GHSA-1)\n\n\
             The permanent fix for Wiki comes in MW-3 Wiki break, Sun 6 Dec 2026 16:00–20:00 Europe/Helsinki \
             (14:00–18:00 UTC).\n\n\
             Severity: critical\nServices: Jira, Wiki\nDetails:  https://maintenance.example.com/advisories/AD-1"
        );

        // It is made there.
        bot.at("2026-12-06 15:00").await;
        bot.say("anna", "done MW-3 1").await;
        bot.say("mikko", "complete MW-3").await;
        let text = last(bot, "support").await;
        assert!(text.starts_with("Fixed: OpenSSL (CVE-2026-0001, GHSA-1)\n"), "{text}");
        assert!(text.contains("The permanent fix for Wiki was made in MW-3 on Sun 6 Dec 2026."), "{text}");

        // The other break is taken back: its fix goes to the one after it.
        bot.at("2026-12-13 17:00").await;
        bot.say("mikko", "complete MW-1 outcome:rolled_back note:\"did not start again\"").await;
        assert_eq!(item(bot, 2, 1).await, "Permanent fix: OpenSSL [CVE-2026-0001, GHSA-1]");
        bot.at("2027-01-10 15:00").await;
        bot.say("anna", "done MW-2 1").await;
        bot.say("mikko", "complete MW-2").await;
        assert_timeline(
            &posts(bot, "maintenance", &["OpenSSL"]).await,
            &[
                "2026-11-23 09:00 Security advisory: OpenSSL (CVE-2026-0001, GHSA-1)",
                "2026-11-24 09:00 Fix planned: OpenSSL (CVE-2026-0001, GHSA-1)",
                "2026-12-06 15:00 Fixed: OpenSSL (CVE-2026-0001, GHSA-1)",
                "2026-12-13 17:00 Not fixed yet: OpenSSL (CVE-2026-0001, GHSA-1)",
                "2027-01-10 15:00 Fixed: OpenSSL (CVE-2026-0001, GHSA-1)",
            ],
        );
        let carried = posts(bot, "support", &["Not fixed yet"]).await;
        assert_eq!(carried.len(), 1);
        let shown = bot.say("mikko", "advisory show AD-1").await.message.plain();
        assert!(shown.contains("The permanent fix for Jira was made in MW-2 on Sun 10 Jan 2027."), "{shown}");
        assert!(!bot.texts("maintenance").await.concat().contains("heap overflow"));
    })
    .await;
}

#[tokio::test]
async fn a_fix_that_is_carried_over_by_hand_is_written_once() {
    story(CONFIG, "2026-11-23 09:00", async |bot| {
        let every = "every:\"every 2 weeks on sunday 16:00 for 4h\"";
        bot.say("mikko", &format!("series \"Break\" service:jira {every} poc:@mikko")).await;
        bot.say("mikko", "advisory \"OpenSSL\" id:CVE-2026-0001 disposition:mitigated service:jira").await;
        let first = bot.window(1).await.span.starts_at.format("%Y-%m-%d %H:%M").to_string();
        bot.at(&first).await;
        bot.say("mikko", "complete MW-1 --carry-over").await;
        assert_eq!(item(bot, 2, 1).await, "Permanent fix: OpenSSL [CVE-2026-0001]");
        assert_eq!(item(bot, 2, 2).await, "");
        let second = bot.window(2).await.span.starts_at.format("%Y-%m-%d %H:%M").to_string();
        bot.at(&second).await;
        bot.say("anna", "done MW-2 1").await;
        bot.say("mikko", "complete MW-2").await;
        let heard = posts(bot, "maintenance", &["OpenSSL"]).await;
        let heard: Vec<&str> = heard.iter().map(|line| &line[17..]).collect();
        assert_eq!(
            heard,
            [
                "Security advisory: OpenSSL (CVE-2026-0001)",
                "Not fixed yet: OpenSSL (CVE-2026-0001)",
                "Fixed: OpenSSL (CVE-2026-0001)",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_patched_now_waits_for_an_approver_and_is_announced_by_its_window() {
    story(CONFIG, "2026-11-23 09:00", async |bot| {
        let line = "advisory \"OpenSSL\" id:CVE-2026-0001 severity:critical disposition:patch_now service:vpn \
                    when:\"today 20:00-20:15\" details:\"exploited already\" public:\"Nobody got in.\" poc:@mikko";
        let hint = bot.hint_as(Role::Scheduler, "mikko", line).await;
        assert!(hint.ends_with("reason:\"why it cannot wait\""), "the notice of twelve hours: {hint}");
        let asked = format!("{line} reason:\"it is exploited\"");
        bot.say_as(Role::Scheduler, "mikko", &asked).await;
        assert_eq!(bot.timeline("maintenance").await, [""; 0], "nothing is said before it is approved");
        bot.at("2026-11-23 10:00").await;
        bot.say_as(Role::Approver, "bob", "approve MW-1").await;
        assert_eq!(
            bot.texts("maintenance").await,
            ["Emergency security maintenance: OpenSSL\n\n\
              Immediate patching of VPN today between 20:00 and 20:15. Estimated downtime: up to 15m.\n\n\
              It closes OpenSSL (CVE-2026-0001), severity critical.\n\n\
              Nobody got in.\n\n\
              You do not have to do anything. If this time does not suit you, ask us to move it:\n\n\
              \u{20}   /maintenance advisory object AD-1 reason:\"…\"\n\n\
              When:              Mon 23 Nov 2026 20:00–20:15 Europe/Helsinki (18:00–18:15 UTC)\n\
              Services:          VPN\n\
              Expected downtime: up to 15m inside a 15m window\n\
              Category:          security\n\
              Contact:           mikko\n\
              Details:           https://maintenance.example.com/windows/MW-1"]
        );

        // A reader asks for another time, twice.
        let said = bot.say_as(Role::Viewer, "carol", "advisory object AD-1 reason:\"our release is then\"").await;
        assert!(said.message.plain().contains("your request was passed on"), "{}", said.message.plain());
        let again = bot.say_as(Role::Viewer, "carol", "advisory object AD-1 reason:\"please\"").await;
        assert!(again.message.plain().contains("asked to move it before"), "{}", again.message.plain());
        let asked = posts(bot, "ops", &["asks to move"]).await;
        assert_timeline(&asked, &["2026-11-23 10:00 carol asks to move MW-1 Emergency security maintenance: OpenSSL"]);
        let shown = bot.say("mikko", "advisory show AD-1").await.message.plain();
        assert!(shown.contains("1 request to move it:") && shown.contains("carol: our release is then"), "{shown}");
        let history = bot.say("mikko", "history MW-1").await.message.plain();
        assert!(history.contains("asked to move the work of AD-1: our release is then"), "{history}");

        bot.at("2026-11-23 18:10").await;
        bot.say("mikko", "done MW-1 1").await;
        bot.say("mikko", "complete MW-1").await;
        bot.at("2026-12-01 00:00").await;
        assert_timeline(
            &bot.timeline("maintenance").await,
            &[
                "2026-11-23 10:00 Emergency security maintenance: OpenSSL",
                "2026-11-23 18:00 Started: Emergency security maintenance: OpenSSL",
                "2026-11-23 18:10 Completed: Emergency security maintenance: OpenSSL",
            ],
        );
        bot.refused_as(Role::Viewer, "dave", "advisory object AD-1").await;
    })
    .await;
}

#[tokio::test]
async fn a_patch_that_is_rejected_is_never_told_to_the_public() {
    story(CONFIG, "2026-11-23 09:00", async |bot| {
        bot.say_as(
            Role::Scheduler,
            "mikko",
            "advisory \"OpenSSL\" id:CVE-2026-0001 disposition:patch_now service:vpn when:\"today 20:00-20:15\" \
             reason:\"it is exploited\"",
        )
        .await;
        bot.say_as(Role::Approver, "bob", "reject MW-1 reason:\"wrong version\"").await;
        bot.at("2026-12-01 00:00").await;
        assert_eq!(bot.timeline("maintenance").await, [""; 0]);
        bot.refused_as(Role::Viewer, "carol", "advisory show AD-1").await;
    })
    .await;
}

#[tokio::test]
async fn what_was_patched_names_the_window_that_is_named_or_the_latest_of_the_service() {
    story(CONFIG, "2026-11-23 09:00", async |bot| {
        let refused = bot.refused("mikko", "advisory \"sudo\" disposition:patched service:jira").await;
        assert!(refused.detail.contains("No window of this service was completed"), "{}", refused.detail);
        bot.say("mikko", "schedule \"Break\" service:jira when:\"2026-11-24 16:00-20:00\" poc:@mikko").await;
        let refused = bot.refused("mikko", "advisory \"sudo\" disposition:patched service:jira in:MW-1").await;
        assert!(refused.detail.contains("MW-1 is scheduled"), "{}", refused.detail);
        bot.at("2026-11-24 15:00").await;
        bot.say("mikko", "complete MW-1").await;
        bot.at("2026-12-01 09:00").await;
        bot.say("mikko", "advisory \"sudo\" id:CVE-2026-3 disposition:patched service:jira").await;
        assert_eq!(
            last(bot, "maintenance").await,
            "Security advisory: sudo (CVE-2026-3)\n\n\
             It is patched already, since Tue 24 Nov 2026: MW-1 Break, Tue 24 Nov 2026 16:00–20:00 Europe/Helsinki \
             (14:00–18:00 UTC). You do not have to do anything.\n\n\
             Services: Jira\nDetails:  https://maintenance.example.com/advisories/AD-1"
        );
    })
    .await;
}

#[tokio::test]
async fn one_that_is_taken_back_is_told_to_those_who_knew_and_leaves_no_promise() {
    story(CONFIG, "2026-11-23 09:00", async |bot| {
        bot.say("mikko", "schedule \"Break\" service:jira when:\"2026-12-13 16:00-20:00\" poc:@mikko").await;
        bot.say(
            "mikko",
            "advisory \"OpenSSL\" id:CVE-1 disposition:mitigated service:jira publish:\"2026-12-01 14:00\"",
        )
        .await;
        assert_eq!(item(bot, 1, 1).await, "Security fix");
        bot.say("mikko", "advisory withdraw AD-1 reason:\"does not concern us\"").await;
        assert_eq!(item(bot, 1, 1).await, "");
        let told = posts(bot, "support", &["OpenSSL"]).await;
        assert_timeline(
            &told,
            &["2026-11-23 09:00 Under embargo: AD-1 OpenSSL (CVE-1)", "2026-11-23 09:00 Withdrawn: OpenSSL (CVE-1)"],
        );
        bot.at("2026-12-14 00:00").await;
        assert_eq!(posts(bot, "maintenance", &["OpenSSL", "AD-1"]).await, [""; 0]);
        bot.refused("mikko", "advisory publish AD-1").await;
        bot.refused("mikko", "advisory withdraw AD-1").await;
    })
    .await;
}

#[tokio::test]
async fn the_same_again_is_answered_and_a_dry_run_shows_who_would_hear() {
    story(CONFIG, "2026-11-23 09:00", async |bot| {
        let line = "advisory \"OpenSSL\" disposition:mitigated service:jira publish:\"2026-12-01 14:00\"";
        let dry = bot.dry("mikko", line).await;
        let owed: Vec<_> = dry.deliveries.iter().flatten().map(|row| (row.channel.as_str(), row.due_at)).collect();
        let (now, then) = (crate::bot::utc("2026-11-23 09:00"), crate::bot::utc("2026-12-01 12:00"));
        assert_eq!(owed, [("builtin:ops", now), ("builtin:support", now), ("builtin:maintenance", then)]);
        bot.say("mikko", line).await;
        let again = bot.say("mikko", line).await;
        assert!(again.message.plain().contains("it was not done twice"));
        assert_eq!(bot.parts.service.advisories(None, 9).await.expect("readable").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_does_not_belong_together_is_refused_with_a_line_that_works() {
    story(CONFIG, "2026-11-23 09:00", async |bot| {
        let cases = [
            ("advisory X disposition:patch_now service:vpn", "needs a time"),
            ("advisory X disposition:mitigated service:vpn when:\"today 20:00-20:15\"", "Only patch_now"),
            ("advisory X disposition:mitigated service:vpn in:MW-1", "Only what is patched"),
            ("advisory X disposition:mitigated service:vpn publish:\"2026-11-01 14:00\"", "past"),
            ("advisory X disposition:mitigated service:nope", "There is no service"),
            ("advisory show AD-9", "AD-9"),
        ];
        for (line, why) in cases {
            let refused = bot.refused("mikko", line).await;
            assert!(refused.detail.contains(why), "{line}: {}", refused.detail);
            assert!(refused.hint.is_some(), "{line}");
        }
    })
    .await;
}
