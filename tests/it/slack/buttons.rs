//! What the buttons below a post do, for whom, and when.

use maintbot::domain::window::{Outcome, State};

use super::{Hub, story};
use crate::bot::utc;
use crate::fake::slack::Again;

const AT: &str = "2026-12-01 09:00";
/// Work is begun by hand.
const BY_HAND: &str = "[policy.scheduled]\nauto_start = false\n";
/// MW-1 on Sunday 20 December 2026, 14:00 to 18:00 UTC, with two items.
const WINDOW: &str = "schedule \"Jira 10.3\" service:jira when:\"2026-12-20 14:00-18:00\" tz:UTC poc:@anna \
                      item:\"Jira to 10.3.2\" item:Plugins";

async fn planned(hub: &Hub) {
    hub.command("ben", "#dev", WINDOW).await;
    // He reads the channels without any role.
    hub.fake.person("fay", "Europe/Paris");
}

async fn running(hub: &Hub) {
    planned(hub).await;
    hub.at("2026-12-20 14:00").await;
    hub.calm().await;
    assert_eq!(hub.bot.window(1).await.state, State::InProgress);
}

/// What only this person was told since then, as one text.
fn told_since(hub: &Hub, user: &str, before: usize) -> String {
    hub.whispers(user).split_off(before).join("\n")
}

fn thread(hub: &Hub, channel: &str) -> Vec<String> {
    let newest = hub.newest(channel);
    hub.fake.replies(channel, &newest.ts).iter().map(super::super::fake::slack::state::Message::plain).collect()
}

#[tokio::test]
async fn acknowledging_is_said_to_who_did_it_and_kept() {
    story("", AT, async |hub| {
        running(hub).await;
        hub.press("eve", "#ce", "ack").await;
        let said = told_since(hub, "eve", 0);
        assert!(said.contains("MW-1"), "{said}");
        assert!(hub.bot.events(1).await.iter().any(|event| *event == "eve: acknowledged"));
        // Somebody did something: ops are not asked whether anybody is there.
        hub.at("2026-12-20 14:20").await;
        assert!(hub.headings("#ops").iter().all(|post| !post.contains("nobody has done anything")));
    })
    .await;
}

#[tokio::test]
async fn a_start_too_early_is_refused_with_the_reason_and_at_its_time_work_begins() {
    story(BY_HAND, AT, async |hub| {
        planned(hub).await;
        hub.at("2026-12-19 14:00").await;
        hub.calm().await;
        assert_eq!(hub.newest("#ce").buttons(), ["ack", "start", "ledger"], "a day before");
        hub.press("eve", "#ce", "start").await;
        let said = told_since(hub, "eve", 0);
        // Half an hour before the start.
        assert!(said.contains("can be started from Sun 20 Dec 2026 13:30 UTC on"), "{said}");
        assert_eq!(hub.bot.window(1).await.state, State::Scheduled);
        assert_eq!(hub.headings("#ce").last().map(String::as_str), Some("Reminder: Jira 10.3"));
        hub.at("2026-12-20 13:30").await;
        hub.press("eve", "#ce", "start").await;
        let window = hub.bot.window(1).await;
        assert_eq!((window.state, window.actual_start), (State::InProgress, Some(utc("2026-12-20 13:30"))));
        assert_eq!(hub.headings("#ce").last().map(String::as_str), Some("Started: Jira 10.3"));
        assert_eq!(hub.whispers("eve").len(), 1, "what is posted is not said again");
        let buttons = ["ack", "extend_30", "extend_60", "extend_other", "complete", "rolling_back", "ledger"];
        assert_eq!(hub.newest("#ce").buttons(), buttons);
    })
    .await;
}

#[tokio::test]
async fn an_end_is_put_off_by_half_an_hour_by_an_hour_and_by_what_is_filled_in() {
    story("", AT, async |hub| {
        running(hub).await;
        hub.press("eve", "#ce", "extend_30").await;
        assert_eq!(hub.bot.window(1).await.span.ends_at, utc("2026-12-20 18:30"));
        hub.press("eve", "#ce", "extend_60").await;
        assert_eq!(hub.bot.window(1).await.span.ends_at, utc("2026-12-20 19:30"));
        hub.press("eve", "#ce", "extend_other").await;
        let wrong = hub.fake.submit("eve", &[("for", "a bit")]).await;
        assert_eq!(wrong.errors().keys().collect::<Vec<_>>(), ["for"], "{wrong}");
        let sent = hub.fake.submit("eve", &[("for", "45m"), ("reason", "The index is slow")]).await;
        assert!(sent.body.is_null(), "{sent}");
        hub.calm().await;
        assert_eq!(hub.bot.window(1).await.span.ends_at, utc("2026-12-20 20:15"));
        let post = hub.newest("#ce").plain();
        assert!(post.starts_with("Extended by 45m: Jira 10.3") && post.contains("The index is slow"), "{post}");
        assert_eq!(hub.headings("#ce").iter().filter(|post| post.starts_with("Extended")).count(), 3);
    })
    .await;
}

#[tokio::test]
async fn completing_asks_how_it_went_and_takes_no_success_with_open_items() {
    story("", AT, async |hub| {
        running(hub).await;
        hub.command("eve", "#dev", "done MW-1 1").await;
        hub.press("eve", "#ce", "complete").await;
        let form = hub.fake.view("eve").expect("a form").content.to_string();
        assert!(form.contains("Plugins") && !form.contains("Jira to 10.3.2"), "what is open, and nothing else: {form}");
        let wrong = hub.fake.submit("eve", &[("outcome", "success")]).await;
        let errors = wrong.errors();
        assert_eq!(errors.keys().collect::<Vec<_>>(), ["outcome"], "{wrong}");
        assert!(errors["outcome"].as_str().expect("a text").contains("1 item open: 2. Plugins"), "{errors:?}");
        let wrong = hub.fake.submit("eve", &[("outcome", "partial"), ("downtime", "some")]).await;
        assert_eq!(wrong.errors().keys().collect::<Vec<_>>(), ["downtime"], "{wrong}");
        assert_eq!(hub.bot.window(1).await.state, State::InProgress);
        let filled = [("outcome", "partial"), ("downtime", "45m"), ("note", "Plugins are left.")];
        hub.fake.submit("eve", &filled).await;
        hub.calm().await;
        let window = hub.bot.window(1).await;
        assert_eq!((window.state, window.outcome), (State::Completed, Some(Outcome::Partial)));
        let post = hub.newest("#ce").plain();
        assert!(post.starts_with("Completed in part: Jira 10.3"), "{post}");
        assert!(post.contains("Plugins are left.") && post.contains("The real downtime was 45m"), "{post}");
        assert!(hub.fake.posts("#ce").iter().all(|post| post.buttons().is_empty()), "there is nothing more to do");
    })
    .await;
}

#[tokio::test]
async fn open_items_of_a_series_go_to_the_next_window() {
    story("", AT, async |hub| {
        let series = "series Break service:jira every:\"every sunday 14:00 for 2h\" poc:@anna item:Plugins";
        hub.command("ben", "#dev", series).await;
        // Sunday 6 December is the first.
        hub.at("2026-12-06 14:00").await;
        hub.calm().await;
        let post = hub.fake.posts("#ce").into_iter().find(|post| post.buttons().contains(&"complete".to_owned()));
        let post = post.expect("the one that has begun");
        hub.fake.press("eve", &post, "complete").await;
        hub.settle().await;
        hub.fake.submit("eve", &[("carry-over", "true")]).await;
        hub.calm().await;
        let first = hub.bot.window(1).await;
        assert_eq!((first.state, first.outcome), (State::Completed, Some(Outcome::Success)));
        assert_eq!(hub.bot.items(2).await.len(), 2, "its own and the one that was left");
    })
    .await;
}

#[tokio::test]
async fn that_work_is_taken_back_is_told_in_the_thread() {
    story("", AT, async |hub| {
        running(hub).await;
        hub.press("eve", "#ce", "rolling_back").await;
        let said = thread(hub, "#ce");
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].contains("The work is being rolled back."), "{said:#?}");
        assert_eq!(hub.bot.window(1).await.state, State::InProgress, "it is not over");
        assert_eq!(hub.headings("#ce").last().map(String::as_str), Some("Started: Jira 10.3"), "no post of its own");
    })
    .await;
}

#[tokio::test]
async fn the_ledger_is_shown_to_who_asks_alone() {
    story("", AT, async |hub| {
        planned(hub).await;
        hub.at("2026-12-06 14:00").await;
        hub.calm().await;
        let (posts, everything) = (hub.fake.posts("#ce").len(), hub.bot.everything().await);
        hub.press("dan", "#ce", "ledger").await;
        let said = told_since(hub, "dan", 0);
        assert!(said.contains("reminder") && said.contains("slack:#ce"), "{said}");
        assert_eq!(hub.fake.posts("#ce").len(), posts);
        assert!(hub.fake.replies("#ce", &hub.newest("#ce").ts).is_empty());
        assert_eq!(hub.bot.everything().await, everything);
        assert!(hub.whispers("eve").is_empty());
    })
    .await;
}

#[tokio::test]
async fn who_lacks_the_role_is_told_so_alone_and_nothing_changes() {
    story(BY_HAND, AT, async |hub| {
        planned(hub).await;
        hub.at("2026-12-20 13:45").await;
        hub.calm().await;
        let refused = async |action: &str| {
            let (everything, before) = (hub.bot.everything().await, hub.whispers("fay").len());
            hub.press("fay", "#ce", action).await;
            let said = told_since(hub, "fay", before);
            assert!(said.contains("needs the role"), "{action}: {said}");
            assert_eq!(hub.bot.everything().await, everything, "{action}");
            assert!(hub.fake.views("fay").is_empty(), "{action}: nothing to fill in");
        };
        for action in ["ack", "start", "ledger"] {
            refused(action).await;
        }
        hub.press("eve", "#ce", "start").await;
        for action in ["ack", "extend_30", "extend_60", "extend_other", "complete", "rolling_back", "ledger"] {
            refused(action).await;
        }
        // Approvers decide; they do not work.
        hub.press("dan", "#ce", "extend_30").await;
        assert!(told_since(hub, "dan", 0).contains("needs the role engineer"));
        assert_eq!(hub.bot.window(1).await.span.ends_at, utc("2026-12-20 18:00"));
    })
    .await;
}

#[tokio::test]
async fn a_button_that_is_gone_by_now_does_nothing_for_a_late_screen() {
    story("", AT, async |hub| {
        running(hub).await;
        let late = hub.newest("#ce");
        hub.press("eve", "#ce", "complete").await;
        hub.fake.submit("eve", &[("outcome", "failed"), ("note", "It broke.")]).await;
        hub.calm().await;
        let (everything, before) = (hub.bot.everything().await, hub.whispers("eve").len());
        for action in ["ack", "extend_30", "extend_other", "complete"] {
            hub.fake.press("eve", &late, action).await;
            hub.calm().await;
        }
        let said = hub.whispers("eve").split_off(before);
        assert_eq!(said.len(), 4, "{said:#?}");
        assert!(said.iter().all(|said| said.contains("MW-1 is completed and cannot")), "{said:#?}");
        assert!(hub.fake.view("eve").is_none());
        assert_eq!(hub.bot.everything().await, everything);
    })
    .await;
}

#[tokio::test]
async fn the_same_press_again_is_the_same_press() {
    story("", AT, async |hub| {
        running(hub).await;
        let pressed = hub.press("eve", "#ce", "extend_30").await;
        let again = hub.fake.again(pressed.nth, Again::Retry(1)).await;
        assert_eq!(again.status, 200);
        hub.calm().await;
        assert_eq!(hub.bot.window(1).await.span.ends_at, utc("2026-12-20 18:30"));
        let noted = hub.press("eve", "#ce", "rolling_back").await;
        hub.fake.again(noted.nth, Again::Retry(1)).await;
        hub.calm().await;
        assert_eq!(thread(hub, "#ce").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn of_two_who_start_at_once_one_starts_and_the_other_is_told() {
    story(BY_HAND, AT, async |hub| {
        planned(hub).await;
        hub.at("2026-12-20 14:00").await;
        hub.calm().await;
        let post = hub.newest("#ce");
        let (one, other) = tokio::join!(hub.fake.press("eve", &post, "start"), hub.fake.press("carla", &post, "start"));
        assert_eq!((one.status, other.status), (200, 200));
        hub.calm().await;
        assert_eq!(hub.bot.window(1).await.state, State::InProgress);
        let started = hub.headings("#ce").into_iter().filter(|post| post == "Started: Jira 10.3").count();
        assert_eq!(started, 1);
        let refused = [hub.whispers("eve"), hub.whispers("carla")].concat();
        assert_eq!(refused.len(), 1, "{refused:#?}");
        assert!(refused[0].contains("MW-1 is in progress and cannot be started"), "{refused:#?}");
    })
    .await;
}
