//! Questions and answers of plans and windows.

use maintbot::domain::access::Role;

use crate::bot::story;

const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[policy.scheduled]
announce = "14d"
remind = []

[[audience]]
name = "customers"
channels = ["builtin:news"]
"#;

const SCHEDULE: &str = "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna";

#[tokio::test]
async fn they_are_numbered_listed_and_removed_and_no_number_is_given_twice() {
    story(CONFIG, "2026-11-20 09:00", async |bot| {
        bot.say("anna", "/maintenance plan new \"Move\"").await;
        let lines = ["\"Is data safe?\" \"Yes: it is copied first.\"", "\"How long?\" \"Two hours.\""];
        for line in lines {
            bot.say_as(Role::Scheduler, "anna", &format!("/maintenance qa add PL-1 {line}")).await;
        }
        let numbers = async || bot.plan(1).await.qa.iter().map(|qa| qa.number).collect::<Vec<_>>();
        assert_eq!(numbers().await, [1, 2]);
        bot.say("anna", "/maintenance qa remove PL-1 2").await;
        bot.say("anna", "/maintenance qa add PL-1 \"Who?\" \"We.\"").await;
        assert_eq!(numbers().await, [1, 3]);
        let listed = bot.say_as(Role::Viewer, "max", "/maintenance qa list PL-1").await.message.plain();
        assert!(
            listed.contains("Is data safe?") && listed.contains("We.") && !listed.contains("Two hours"),
            "{listed}"
        );
        assert_eq!(bot.refused("anna", "/maintenance qa remove PL-1 2").await.sort, "not_found");
        assert_eq!(bot.refused_as(Role::Engineer, "sam", "/maintenance qa add PL-1 \"A?\" \"B.\"").await.sort, "role");
        assert_eq!(bot.refused("anna", "/maintenance qa add PL-9 \"A?\" \"B.\"").await.sort, "not_found");
    })
    .await;
}

#[tokio::test]
async fn they_are_in_the_announcement_and_a_post_made_before_follows_without_a_word() {
    story(CONFIG, "2026-11-25 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        assert_eq!(bot.texts("news").await.len(), 1);
        bot.say("anna", "/maintenance qa add MW-1 \"Is data safe?\" \"Yes: it is copied first.\"").await;
        let posts = bot.texts("news").await;
        assert_eq!(posts.len(), 1);
        assert!(posts[0].contains("Is data safe?") && posts[0].contains("it is copied first"), "{}", posts[0]);
        let shown = bot.say("anna", "/maintenance show MW-1").await.message.plain();
        assert!(shown.contains("Is data safe?"), "{shown}");
        assert_eq!(bot.window(1).await.sequence, 0);
    })
    .await;
}

#[tokio::test]
async fn those_of_a_plan_are_in_its_one_announcement() {
    story(CONFIG, "2026-11-25 09:00", async |bot| {
        bot.say("anna", "/maintenance plan new \"Move\"").await;
        bot.say("anna", &format!("{SCHEDULE} plan:PL-1")).await;
        bot.say("anna", "/maintenance qa add PL-1 \"Is data safe?\" \"Yes: it is copied first.\"").await;
        bot.say("anna", "/maintenance qa add MW-1 \"How long?\" \"Two hours.\"").await;
        bot.say("anna", "/maintenance plan publish PL-1").await;
        bot.say("anna", "/maintenance qa add PL-1 \"Who?\" \"We do it.\"").await;
        let posts = bot.texts("news").await;
        assert_eq!(posts.len(), 1);
        for said in ["Is data safe?", "Two hours.", "We do it."] {
            assert!(posts[0].contains(said), "{said}: {}", posts[0]);
        }
    })
    .await;
}
