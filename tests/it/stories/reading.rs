//! What is read: lists and the page.

use crate::bot::story;

const CONFIG: &str = "[organisation]\nname = \"Example\"\ntime_zone = \"UTC\"\nops = [\"builtin:ops\"]\n";

#[tokio::test]
async fn a_page_with_little_room_shows_the_latest_of_what_is_over_and_the_next_of_what_is_ahead() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        for day in 1..=6 {
            let when = format!("when:\"2026-12-{day:02} 14:00-15:00\" poc:@anna");
            bot.say("anna", &format!("/maintenance schedule \"Day {day}\" service:crm {when}")).await;
        }
        for day in 1..=4 {
            bot.at(&format!("2026-12-{day:02} 14:30")).await;
            bot.say("anna", &format!("/maintenance complete MW-{day}")).await;
        }
        let page = bot.parts.service.overview(2).await.expect("readable");
        let ids =
            |found: &[maintbot::service::query::Full]| found.iter().map(|full| full.window.id.0).collect::<Vec<_>>();
        assert_eq!(ids(&page.past), [4, 3]);
        assert_eq!(ids(&page.upcoming), [5, 6]);
    })
    .await;
}

#[tokio::test]
async fn a_list_is_short_first_and_whole_on_request() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        for day in 1..=25 {
            let when = format!("when:\"2026-12-{day:02} 14:00-15:00\" poc:@anna");
            bot.type_only("anna", &format!("/maintenance schedule \"Day {day}\" service:crm {when}")).await;
        }
        bot.type_only("anna", "/maintenance cancel MW-25").await;
        let short = bot.say("anna", "/maintenance list").await;
        assert_eq!(short.windows.len(), 20);
        assert!(short.message.plain().contains("There are more:"));
        assert_eq!(bot.say("anna", "/maintenance list --all").await.windows.len(), 25);
        assert_eq!(bot.say("anna", "/maintenance list state:cancelled").await.windows.len(), 1);
        assert_eq!(bot.say("sam", "/maintenance list mine").await.windows.len(), 0);
        bot.type_only("anna", "/maintenance change add MW-7 \"Patch\" assignee:@sam").await;
        assert_eq!(bot.say("sam", "/maintenance list mine").await.windows.len(), 1);
        assert_eq!(bot.say("sam", "/maintenance next").await.windows[0].0, 1);
    })
    .await;
}
