//! Slots that can be scheduled as they are offered.

use maintbot::domain::access::Role;
use maintbot::domain::window::State;

use crate::bot::{story, utc};

const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "Europe/Helsinki"
ops = ["builtin:ops"]
holidays = ["2026-12-07"]

[[region]]
id = "apac"
time_zone = "Asia/Singapore"
working_hours = "09:00-18:00"

[[region]]
id = "eu"
working_hours = "08:00-18:00"

[[service]]
id = "crm"
regions = ["apac", "eu"]

[[service]]
id = "vpn"
quiet_hours = ["Sun 02:00-06:00"]

[policy.scheduled]
notice = "5wd"
"#;

#[tokio::test]
async fn every_slot_offered_is_scheduled_without_a_word_against_it() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("boss", "/maintenance freeze add \"Year end\" from:2026-12-18 to:2027-01-07").await;
        let other = "/maintenance schedule \"Other\" service:crm when:\"2026-12-10 00:00-02:00\" override:\"now\"";
        bot.say("root", other).await;
        let ask = "/maintenance suggest service:crm duration:2h before:2026-12-20 regions:apac,eu";
        let slots = bot.say_as(Role::Viewer, "max", ask).await.slots.expect("slots");
        assert!(!slots.is_empty() && slots.len() <= 10, "{}", slots.len());
        for slot in &slots {
            assert!(!slot.why.is_empty());
            let when = slot.starts_at.format("%Y-%m-%dT%H:%MZ");
            let line =
                format!("/maintenance schedule \"Upgrade\" service:crm regions:apac,eu when:{when}/PT2H poc:@anna");
            let reply = bot.say_as(Role::Scheduler, "lee", &line).await;
            let window = bot.window(reply.windows[0].0).await;
            assert_eq!((window.span.ends_at, reply.findings), (slot.ends_at, vec![]), "{when}");
            bot.say("lee", &format!("/maintenance cancel {}", window.id)).await;
        }
        // Five working days before Wednesday 9 December, over the holiday, end on 1 December at the same clock time.
        assert!(slots[0].starts_at >= utc("2026-12-08 22:00"), "{:?}", slots[0]);
        assert!(slots.iter().all(|slot| slot.ends_at <= utc("2026-12-17 22:00")), "the freeze begins at that instant");
    })
    .await;
}

#[tokio::test]
async fn the_line_under_the_slots_works_and_takes_the_first() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        let reply = bot.say("anna", "/maintenance suggest service:vpn duration:2h before:2027-01-10").await;
        let slots = reply.slots.expect("slots");
        let text = reply.message.plain();
        let line = text.lines().find(|line| line.contains("/maintenance schedule")).expect("a line to copy");
        bot.say_as(Role::Scheduler, "lee", line).await;
        let window = bot.window(1).await;
        assert_eq!((window.span.starts_at, window.state), (slots[0].starts_at, State::Scheduled));
    })
    .await;
}

#[tokio::test]
async fn nothing_that_fits_says_what_stands_in_the_way() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        let reply = bot.say("anna", "/maintenance suggest service:crm duration:2h before:2026-12-05").await;
        assert_eq!(reply.slots, Some(vec![]));
        let text = reply.message.plain();
        assert!(text.contains("notice") && text.contains("/maintenance suggest service:crm"), "{text}");
        let hint =
            bot.hint_as(Role::Viewer, "max", "/maintenance suggest service:crm duration:5d before:2026-12-02").await;
        bot.say("anna", &hint).await;
    })
    .await;
}
