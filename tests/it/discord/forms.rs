//! What a button asks for before it is done: the menu of outcomes and the forms, and what is said when something in them is
//! wrong.

use maintbot::domain::window::{Outcome, State};

use super::buttons::running;
use super::{Hub, story, story_on_postgres};
use crate::bot::utc;
use crate::fake::discord::Again;

const AT: &str = "2026-12-01 09:00";

#[tokio::test]
async fn any_length_can_be_asked_for_and_nonsense_is_explained_to_who_typed_it() {
    story("", AT, async |hub| {
        running(hub).await;
        let form = hub.press("eve", "#ce", "extend_other").await;
        assert_eq!(form.modal().plain(), "Extend MW-1\n[How much longer]\n[Reason]");
        let everything = hub.bot.everything().await;
        let wrong = hub.fill_in("eve", &form, &[("for", "a bit")]).await;
        assert!(wrong.hidden() && wrong.plain().contains("a bit"), "what was typed is shown: {wrong}");
        assert_eq!(hub.bot.everything().await, everything);
        let form = hub.press("eve", "#ce", "extend_other").await;
        let done = hub.fill_in("eve", &form, &[("for", "45m"), ("reason", "The index is slow")]).await;
        assert!(done.hidden() && done.plain().contains("MW-1"), "{done}");
        assert_eq!(hub.bot.window(1).await.span.ends_at, utc("2026-12-20 18:45"));
        let post = hub.newest("#ce").plain();
        assert!(post.starts_with("Extended by 45m: Jira 10.3") && post.contains("The index is slow"), "{post}");
        assert_eq!(hub.headings("#ce").iter().filter(|post| post.starts_with("Extended")).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn how_much_longer_has_to_be_said_and_the_client_asks_for_it() {
    story("", AT, async |hub| {
        running(hub).await;
        let form = hub.press("eve", "#ce", "extend_other").await.modal();
        let inputs = form.content["components"].as_array().expect("rows");
        let field = |nth: usize| inputs[nth]["components"][0].clone();
        assert_eq!((&field(0)["custom_id"], &field(0)["required"]), (&"for".into(), &true.into()));
        assert_eq!((&field(1)["custom_id"], &field(1)["required"]), (&"reason".into(), &false.into()));
    })
    .await;
}

#[tokio::test]
async fn with_open_items_no_success_is_offered_and_the_answers_are_told_to_everybody() {
    story("", AT, async |hub| {
        running(hub).await;
        hub.command("eve", "#dev", "done", &[("window", "MW-1"), ("item", "1")]).await;
        let menu = hub.press("eve", "#ce", "complete").await;
        assert!(menu.hidden());
        let said = menu.plain();
        assert!(said.starts_with("How did MW-1 end? 1 item is still open."), "{said}");
        assert!(said.contains("Success, open items carried over|Partial|Rolled back|Failed"), "{said}");
        assert!(!said.contains(": Success|"), "no success as things are: {said}");
        // It is no part of a series: there is no next window.
        let form = hub.choose("eve", &menu, "complete", "success carry-over").await;
        let refused = hub.fill_in("eve", &form, &[]).await;
        assert!(refused.hidden() && refused.plain().contains("MW-1"), "{refused}");
        assert_eq!(hub.bot.window(1).await.state, State::InProgress);
        let form = hub.choose("eve", &menu, "complete", "partial").await;
        assert_eq!(form.modal().plain(), "Complete MW-1: Partial\n[Real downtime]\n[What to tell people]");
        let wrong = hub.fill_in("eve", &form, &[("downtime", "some"), ("note", "Plugins are left.")]).await;
        assert!(wrong.hidden() && wrong.plain().contains("some"), "{wrong}");
        assert_eq!(hub.bot.window(1).await.state, State::InProgress);
        let form = hub.choose("eve", &menu, "complete", "partial").await;
        let done = hub.fill_in("eve", &form, &[("downtime", "45m"), ("note", "Plugins are left.")]).await;
        assert!(done.hidden(), "{done}");
        let window = hub.bot.window(1).await;
        assert_eq!((window.state, window.outcome), (State::Completed, Some(Outcome::Partial)));
        let post = hub.newest("#ce").plain();
        assert!(post.starts_with("Completed in part: Jira 10.3"), "{post}");
        assert!(post.contains("Plugins are left.") && post.contains("The real downtime was 45m"), "{post}");
    })
    .await;
}

#[tokio::test]
async fn what_was_open_when_the_menu_came_up_is_looked_at_again_when_the_form_is_sent() {
    story("", AT, async |hub| {
        running(hub).await;
        for item in ["1", "2"] {
            hub.command("eve", "#dev", "done", &[("window", "MW-1"), ("item", item)]).await;
        }
        let menu = hub.press("eve", "#ce", "complete").await;
        let said = menu.plain();
        assert!(
            said.starts_with("How did MW-1 end?\n") && said.contains("Success|Partial|Rolled back|Failed"),
            "{said}"
        );
        let form = hub.choose("eve", &menu, "complete", "success").await;
        hub.line("carla", "#dev", "undo MW-1 2").await;
        let refused = hub.fill_in("eve", &form, &[]).await;
        assert!(refused.plain().contains("1 item open: 2. Plugins"), "{refused}");
        assert_eq!(hub.bot.window(1).await.state, State::InProgress);
        hub.command("carla", "#dev", "done", &[("window", "MW-1"), ("item", "2")]).await;
        let form = hub.choose("eve", &menu, "complete", "success").await;
        hub.fill_in("eve", &form, &[]).await;
        let window = hub.bot.window(1).await;
        assert_eq!((window.state, window.outcome), (State::Completed, Some(Outcome::Success)));
        assert_eq!(hub.headings("#ce").last().map(String::as_str), Some("Completed: Jira 10.3"));
    })
    .await;
}

/// What is open at the end goes to the next window of the series.
async fn carried_over(hub: &Hub) {
    let line = "series Break service:jira every:\"every sunday 14:00 for 2h\" poc:@anna item:Plugins";
    hub.line("ben", "#dev", line).await;
    // Sunday 6 December is the first.
    hub.at("2026-12-06 14:00").await;
    hub.calm().await;
    let post = hub.fake.posts("#ce").into_iter().find(|post| post.buttons().contains(&"complete MW-1".to_owned()));
    let post = post.expect("the one that has begun");
    let menu = hub.fake.press("eve", &post, "complete").await;
    let form = hub.choose("eve", &menu, "complete", "success carry-over").await;
    hub.fill_in("eve", &form, &[]).await;
    let first = hub.bot.window(1).await;
    assert_eq!((first.state, first.outcome), (State::Completed, Some(Outcome::Success)));
    assert_eq!(hub.bot.items(2).await.len(), 2, "its own and the one that was left");
}

#[tokio::test]
async fn open_items_of_a_series_go_to_the_next_window() {
    story("", AT, carried_over).await;
}

#[tokio::test]
async fn open_items_of_a_series_go_to_the_next_window_on_postgresql() {
    story_on_postgres("", AT, carried_over).await;
}

#[tokio::test]
async fn a_form_that_is_sent_twice_is_done_once_and_answered_the_same() {
    story("", AT, async |hub| {
        running(hub).await;
        let form = hub.press("eve", "#ce", "extend_other").await;
        let first = hub.fill_in("eve", &form, &[("for", "45m")]).await;
        let again = hub.fake.again(first.nth, Again::Same).await;
        assert_eq!((again.status, &again.body), (200, &first.body));
        hub.calm().await;
        assert_eq!(hub.bot.window(1).await.span.ends_at, utc("2026-12-20 18:45"));
        assert_eq!(hub.headings("#ce").iter().filter(|post| post.starts_with("Extended")).count(), 1);
    })
    .await;
}
