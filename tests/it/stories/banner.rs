//! What products are told of the windows of the moment.

use chrono::TimeDelta;
use maintbot::service::query::Scope;

use crate::bot::{Bot, story};

const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"

[policy.scheduled]
notice = "5wd"
approval = ["short_notice"]
auto_start = false
"#;

/// Windows of the next three days as `MW-1 2026-12-08 14:00`, with what is special about them.
async fn shown(bot: &Bot, scope: &Scope) -> Vec<String> {
    let found = bot.parts.service.public_around(scope, TimeDelta::days(3)).await.expect("readable");
    let one = |shown: &maintbot::service::query::Shown| {
        let w = &shown.window;
        let special = if shown.on_hold { " on hold" } else { "" };
        let running = if w.state.is_running() { " running" } else { "" };
        format!("{} {}{running}{special}", w.id, w.span.starts_at.format("%Y-%m-%d %H:%M"))
    };
    found.iter().map(one).collect()
}

#[tokio::test]
async fn a_product_is_told_what_was_approved_last_while_a_change_of_it_waits() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        let everything = Scope::default();
        bot.say("anna", "/maintenance schedule \"Near\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna").await;
        bot.say("anna", "/maintenance schedule \"Far\" service:mail when:\"2026-12-22 14:00-16:00\" poc:@anna").await;
        bot.at("2026-12-07 09:00").await;
        assert_eq!(shown(bot, &everything).await, ["MW-1 2026-12-08 14:00"]);
        bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-11 14:00-16:00\" reason:\"vendor\"").await;
        bot.say("anna", "/maintenance reschedule MW-2 when:\"2026-12-09 14:00-16:00\" reason:\"vendor\"").await;
        assert_eq!(shown(bot, &everything).await, ["MW-1 2026-12-08 14:00"]);
        bot.say("erik", "/maintenance approve MW-1").await;
        bot.say("erik", "/maintenance approve MW-2").await;
        assert_eq!(shown(bot, &everything).await, ["MW-2 2026-12-09 14:00"]);
    })
    .await;
}

#[tokio::test]
async fn a_phase_on_hold_and_one_that_runs_are_told_apart() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        let crm = Scope { services: vec!["crm".into()], ..Scope::default() };
        bot.say("anna", "/maintenance plan new \"Upgrade\"").await;
        for (title, service, day) in [("One", "crm", 8), ("Two", "crm", 9), ("Other", "mail", 9)] {
            let when = format!("2026-12-{day:02} 14:00-16:00");
            let line =
                format!("/maintenance schedule \"{title}\" service:{service} when:\"{when}\" poc:@anna plan:PL-1");
            bot.say("anna", &line).await;
        }
        bot.say("anna", "/maintenance plan publish PL-1").await;
        bot.at("2026-12-08 14:00").await;
        bot.say("anna", "/maintenance start MW-1").await;
        bot.say("anna", "/maintenance hold PL-1 reason:\"it is slow\"").await;
        assert_eq!(shown(bot, &crm).await, ["MW-1 2026-12-08 14:00 running", "MW-2 2026-12-09 14:00 on hold"]);
        bot.say("anna", "/maintenance complete MW-1").await;
        bot.say("anna", "/maintenance release PL-1").await;
        assert_eq!(shown(bot, &crm).await, ["MW-2 2026-12-09 14:00"]);
        // Nobody starts it: after its time there is nothing to tell a product.
        bot.at("2026-12-09 16:00").await;
        assert_eq!(shown(bot, &crm).await, [""; 0]);
    })
    .await;
}
