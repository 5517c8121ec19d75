//! The calendar: windows, freezes and days off, day by day.

use maintbot::domain::access::Role;
use maintbot::domain::window::WindowId;

use crate::bot::story;

const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "Europe/Helsinki"
ops = ["builtin:ops"]
holidays = ["2026-12-07", "2026-12-25"]
"#;

fn schedule(title: &str, when: &str, rest: &str) -> String {
    format!("/maintenance schedule \"{title}\" when:{when} poc:@anna {rest}")
}

#[tokio::test]
async fn it_shows_windows_freezes_and_days_off_in_order() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("anna", &schedule("Late", "2026-12-08T22:30Z/PT1H", "service:crm regions:eu")).await;
        bot.say("anna", &schedule("Early", "2026-12-03T10:00Z/PT1H", "service:vpn regions:apac")).await;
        bot.say("anna", &schedule("Far", "2027-03-03T10:00Z/PT1H", "service:vpn")).await;
        bot.say("boss", "/maintenance freeze add \"Year end\" from:2026-12-18 to:2027-01-07 service:crm").await;
        let reply = bot.say_as(Role::Viewer, "max", "/maintenance calendar").await;
        assert_eq!(reply.windows, [WindowId(2), WindowId(1)]);
        let text = reply.message.plain();
        let places = ["Thu 3 Dec 2026", "Mon 7 Dec 2026", "Wed 9 Dec 2026", "Fri 18 Dec 2026", "Fri 25 Dec 2026"];
        let found: Vec<_> = places.iter().map(|day| text.find(day)).collect();
        assert!(found.iter().all(Option::is_some) && found.is_sorted(), "{found:?}\n{text}");
        // 22:30 UTC is 00:30 on the next day in Helsinki.
        assert!(text.contains("00:30–01:30") && text.contains("FR-1 “Year end”") && !text.contains("Far"), "{text}");
        let narrow = bot.say("max", "/maintenance calendar service:vpn from:2026-12-02 to:2026-12-20").await;
        let text = narrow.message.plain();
        assert_eq!(narrow.windows, [WindowId(2)]);
        assert!(!text.contains("Year end") && text.contains("Mon 7 Dec 2026") && !text.contains("25 Dec"), "{text}");
        let region = bot.say("max", "/maintenance calendar regions:eu").await;
        assert_eq!(region.windows, [WindowId(1)]);
        assert!(region.message.plain().contains("Year end"), "it holds for all regions");
    })
    .await;
}

#[tokio::test]
async fn both_ends_belong_to_it_and_what_runs_into_it_is_in_it() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        bot.say("anna", &schedule("Night", "\"2026-12-09 22:00 for 4h\"", "service:crm")).await;
        bot.say("anna", &schedule("Cancelled", "\"2026-12-09 10:00-11:00\"", "service:vpn")).await;
        bot.say("anna", "/maintenance cancel MW-2").await;
        for days in ["from:2026-12-09 to:2026-12-09", "from:2026-12-10 to:2026-12-10"] {
            let reply = bot.say("max", &format!("/maintenance calendar {days}")).await;
            assert_eq!(reply.windows, [WindowId(1)], "{days}");
        }
        assert_eq!(bot.say("max", "/maintenance calendar from:2026-12-11 to:2026-12-11").await.windows, []);
        let hint = bot.hint_as(Role::Viewer, "max", "/maintenance calendar from:2026-12-11 to:2026-12-10").await;
        bot.say("max", &hint).await;
    })
    .await;
}
