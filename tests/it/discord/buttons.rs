//! What the buttons below a post do, for whom, and when.

use maintbot::domain::window::State;

use super::{Hub, story, story_on_postgres};
use crate::bot::utc;
use crate::fake::discord::Again;

const AT: &str = "2026-12-01 09:00";
/// Work is begun by hand.
const BY_HAND: &str = "[policy.scheduled]\nauto_start = false\n";
/// What can be pressed while work goes on.
const ALL: [&str; 7] = [
    "ack MW-1",
    "extend_30 MW-1",
    "extend_60 MW-1",
    "extend_other MW-1",
    "complete MW-1",
    "rolling_back MW-1",
    "ledger MW-1",
];

/// MW-1 on Sunday 20 December 2026, 14:00 to 18:00 UTC, with two items. Fay reads the channels without any role.
pub(super) async fn planned(hub: &Hub) {
    let options = [
        ("title", "Jira 10.3"),
        ("service", "jira"),
        ("when", "2026-12-20 14:00-18:00"),
        ("tz", "UTC"),
        ("poc", "@anna"),
    ];
    hub.command("ben", "#dev", "schedule", &options).await;
    for text in ["Jira to 10.3.2", "Plugins"] {
        hub.command("ben", "#dev", "change add", &[("window", "MW-1"), ("text", text)]).await;
    }
    hub.fake.person("fay", &[]);
}

/// The same, begun.
pub(super) async fn running(hub: &Hub) {
    planned(hub).await;
    hub.at("2026-12-20 14:00").await;
    hub.calm().await;
    assert_eq!(hub.bot.window(1).await.state, State::InProgress);
}

/// What only this person was told since then.
pub(super) fn told_since(hub: &Hub, user: &str, before: usize) -> Vec<String> {
    hub.whispers(user).split_off(before)
}

/// What stands in the thread of the newest post.
fn thread(hub: &Hub, channel: &str) -> Vec<String> {
    let newest = hub.newest(channel);
    hub.fake.thread_of(&newest).iter().map(crate::fake::discord::state::Message::plain).collect()
}

fn last_heading(hub: &Hub) -> String {
    hub.headings("#ce").pop().unwrap_or_default()
}

#[tokio::test]
async fn each_button_has_its_words_and_the_dangerous_ones_look_so() {
    story("", AT, async |hub| {
        running(hub).await;
        let post = hub.newest("#ce");
        assert_eq!(post.buttons(), ALL);
        let said = post.plain();
        let words = "[Acknowledge] [Extend 30 min] [Extend 1 h] [Extend …] [Complete …]\n[Rolling back] [Show ledger]";
        assert!(said.ends_with(words), "five in a row: {said}");
        let styles: Vec<Vec<u64>> = post
            .components
            .iter()
            .map(|row| {
                row["components"].as_array().expect("a row").iter().filter_map(|one| one["style"].as_u64()).collect()
            })
            .collect();
        // Discord's numbers: 1 primary, 2 secondary, 4 danger.
        assert_eq!(styles, [vec![2, 2, 2, 2, 1], vec![4, 2]]);
    })
    .await;
}

#[tokio::test]
async fn acknowledging_is_said_to_who_did_it_and_kept() {
    story("", AT, async |hub| {
        running(hub).await;
        let reply = hub.press("eve", "#ce", "ack").await;
        let said = told_since(hub, "eve", 0);
        assert_eq!(said.len(), 1, "{reply}");
        assert!(said[0].contains("MW-1"), "{said:#?}");
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
        hub.at("2026-12-19 13:30").await;
        hub.calm().await;
        assert_eq!(hub.newest("#ce").buttons(), ["ack MW-1", "ledger MW-1"]);
        hub.at("2026-12-19 14:00").await;
        hub.calm().await;
        assert_eq!(hub.newest("#ce").buttons(), ["ack MW-1", "start MW-1", "ledger MW-1"], "a day before");
        hub.press("eve", "#ce", "start").await;
        let said = told_since(hub, "eve", 0).join("\n");
        // Half an hour before the start.
        assert!(said.contains("can be started from Sun 20 Dec 2026 13:30 UTC on"), "{said}");
        assert_eq!(hub.bot.window(1).await.state, State::Scheduled);
        assert_eq!(last_heading(hub), "Reminder: Jira 10.3");
        hub.at("2026-12-20 13:30").await;
        hub.press("eve", "#ce", "start").await;
        let window = hub.bot.window(1).await;
        assert_eq!((window.state, window.actual_start), (State::InProgress, Some(utc("2026-12-20 13:30"))));
        assert_eq!(last_heading(hub), "Started: Jira 10.3");
        assert_eq!(hub.whispers("eve").len(), 1, "what is posted is not said again");
        assert_eq!(hub.newest("#ce").buttons(), ALL);
    })
    .await;
}

#[tokio::test]
async fn an_end_is_put_off_by_half_an_hour_and_by_an_hour() {
    story("", AT, async |hub| {
        running(hub).await;
        hub.press("eve", "#ce", "extend_30").await;
        assert_eq!(hub.bot.window(1).await.span.ends_at, utc("2026-12-20 18:30"));
        assert_eq!(last_heading(hub), "Extended by 30m: Jira 10.3");
        hub.press("eve", "#ce", "extend_60").await;
        assert_eq!(hub.bot.window(1).await.span.ends_at, utc("2026-12-20 19:30"));
        assert_eq!(last_heading(hub), "Extended by 1h: Jira 10.3");
        assert_eq!(hub.whispers("eve"), [""; 0], "what is posted is not said again");
        let posts = hub.fake.posts("#ce");
        let (newest, earlier) = posts.split_last().expect("posts");
        assert_eq!(newest.buttons(), ALL);
        assert!(earlier.iter().all(|post| post.buttons().is_empty()));
    })
    .await;
}

#[tokio::test]
async fn that_work_is_taken_back_is_told_in_the_thread() {
    story("", AT, async |hub| {
        running(hub).await;
        let form = hub.press("eve", "#ce", "rolling_back").await;
        assert_eq!(thread(hub, "#ce"), [""; 0], "nobody is told by a slip of the finger");
        let shown = form.modal().content.to_string();
        assert!(shown.contains("Roll back MW-1") && shown.contains("The work is being rolled back."), "{shown}");
        hub.fill_in("eve", &form, &[("text", "The work is being rolled back: the index was corrupt.")]).await;
        let said = thread(hub, "#ce");
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].contains("The work is being rolled back: the index was corrupt."), "{said:#?}");
        assert_eq!(hub.bot.window(1).await.state, State::InProgress, "it is not over");
        assert_eq!(last_heading(hub), "Started: Jira 10.3", "no post of its own");
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
        let said = told_since(hub, "dan", 0).join("\n");
        assert!(said.contains("reminder") && said.contains("discord:#ce"), "{said}");
        assert_eq!(hub.fake.posts("#ce").len(), posts);
        assert_eq!(thread(hub, "#ce"), [""; 0]);
        assert_eq!(hub.bot.everything().await, everything);
        assert_eq!(hub.whispers("eve"), [""; 0]);
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
            let reply = hub.press("fay", "#ce", action).await;
            assert_ne!(reply.kind(), 9, "{action}: nothing to fill in");
            let said = told_since(hub, "fay", before);
            assert_eq!(said.len(), 1, "{action}: {said:#?}");
            assert!(said[0].contains("needs the role") && !said[0].contains("Outcome"), "{action}: {said:#?}");
            assert_eq!(hub.bot.everything().await, everything, "{action}");
        };
        for action in ["ack", "start", "ledger"] {
            refused(action).await;
        }
        hub.press("eve", "#ce", "start").await;
        for button in ALL {
            refused(button.split(' ').next().expect("a verb")).await;
        }
        // Approvers decide; they do not work.
        hub.press("dan", "#ce", "extend_30").await;
        assert!(told_since(hub, "dan", 0).join("\n").contains("needs the role engineer"));
        assert_eq!(hub.bot.window(1).await.span.ends_at, utc("2026-12-20 18:00"));
    })
    .await;
}

#[tokio::test]
async fn a_button_that_is_gone_by_now_does_nothing_for_a_late_screen() {
    story("", AT, async |hub| {
        running(hub).await;
        let late = hub.newest("#ce");
        let menu = hub.press("eve", "#ce", "complete").await;
        let form = hub.choose("eve", &menu, "complete", "failed").await;
        hub.fill_in("eve", &form, &[("note", "It broke.")]).await;
        assert!(hub.fake.posts("#ce").iter().all(|post| post.buttons().is_empty()), "there is nothing more to do");
        let (everything, before) = (hub.bot.everything().await, hub.whispers("eve").len());
        for action in ["ack", "extend_30", "extend_other", "complete"] {
            let reply = hub.fake.press("eve", &late, action).await;
            assert_ne!(reply.kind(), 9, "{action}: nothing to fill in");
            hub.calm().await;
        }
        let said = told_since(hub, "eve", before);
        assert_eq!(said.len(), 4, "{said:#?}");
        assert!(said.iter().all(|said| said.contains("MW-1 is completed and cannot")), "{said:#?}");
        // Also the menu that still stands there.
        let form = hub.choose("eve", &menu, "complete", "partial").await;
        let reply = hub.fill_in("eve", &form, &[]).await;
        assert!(reply.plain().contains("MW-1 is completed and cannot"), "{reply}");
        assert_eq!(hub.bot.everything().await, everything);
    })
    .await;
}

#[tokio::test]
async fn below_what_is_called_off_nothing_is_left_to_press() {
    story("", AT, async |hub| {
        planned(hub).await;
        hub.at("2026-12-06 14:00").await;
        hub.calm().await;
        let late = hub.newest("#ce");
        hub.command("ben", "#dev", "cancel", &[("window", "MW-1"), ("reason", "The vendor withdrew it.")]).await;
        assert_eq!(last_heading(hub), "Cancelled: Jira 10.3");
        assert!(hub.fake.posts("#ce").iter().all(|post| post.buttons().is_empty()));
        hub.fake.press("eve", &late, "ack").await;
        hub.calm().await;
        let said = told_since(hub, "eve", 0);
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].contains("MW-1 is cancelled and cannot be acknowledged"), "{said:#?}");
    })
    .await;
}

#[tokio::test]
async fn the_same_press_again_is_the_same_press() {
    story("", AT, async |hub| {
        running(hub).await;
        let mut pressed = Vec::new();
        for action in ["extend_30", "ack", "ledger"] {
            pressed.push(hub.press("eve", "#ce", action).await);
        }
        let (events, told) = (hub.bot.events(1).await, hub.whispers("eve"));
        // So late that the same by another press would be done again.
        hub.at("2026-12-20 15:00").await;
        for first in &pressed {
            let again = hub.fake.again(first.nth, Again::Same).await;
            assert_eq!((again.status, &again.body), (200, &first.body), "the first answer");
            hub.calm().await;
        }
        assert_eq!(hub.bot.window(1).await.span.ends_at, utc("2026-12-20 18:30"));
        assert_eq!((hub.bot.events(1).await, hub.whispers("eve")), (events, told));
    })
    .await;
}

/// Two press at once: for one work begins, the other is told.
async fn both_start(hub: &Hub) {
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
}

#[tokio::test]
async fn of_two_who_start_at_once_one_starts_and_the_other_is_told() {
    story(BY_HAND, AT, both_start).await;
}

#[tokio::test]
async fn of_two_who_start_at_once_one_starts_on_postgresql() {
    story_on_postgres(BY_HAND, AT, both_start).await;
}
