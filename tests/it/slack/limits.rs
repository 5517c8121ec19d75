//! Slack's limits, kept ahead of time and obeyed when Slack names them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Hub, story};
use crate::fake::slack::state::Request;
use crate::fake::slack::{Fault, Matching};

const WINDOWS: i64 = 60;
/// Changed twice within a minute, these are more updates than the tier has.
const POSTS: i64 = 30;
const AT: &str = "2026-12-01 09:00";
const MORE: &str = "\n[policy.scheduled]\nannounce = \"at_once\"\nremind = []\nchange_list = \"1d\"\n";

/// Plans a window, and nothing of it is said yet.
async fn plan_one(hub: &Hub, n: i64) {
    let line = format!(
        "/maintenance schedule \"Life {n}\" service:life-{n} when:\"2026-12-20 14:00-16:00\" poc:@anna item:\"One\""
    );
    hub.bot.type_only("anna", &line).await;
}

/// Plans that many windows, and nothing of it is said yet.
async fn plan(hub: &Hub, windows: i64) {
    for n in 1..=windows {
        plan_one(hub, n).await;
    }
}

fn seconds(seconds: i64) -> TimeDelta {
    TimeDelta::seconds(seconds)
}

/// The shortest time between two calls, whatever they are about within the same conversation.
fn nearest(calls: &[Request]) -> TimeDelta {
    let mut by_channel: BTreeMap<&str, Vec<DateTime<Utc>>> = BTreeMap::new();
    for call in calls {
        let (id, _) = call.channel.as_ref().expect("a conversation");
        by_channel.entry(id).or_default().push(call.at);
    }
    let between = by_channel.values().flat_map(|at| at.windows(2).map(|two| two[1] - two[0]));
    between.min().expect("more than one")
}

/// The most calls within any minute.
fn most_in_a_minute(calls: &[Request]) -> usize {
    let at: Vec<DateTime<Utc>> = calls.iter().map(|call| call.at).collect();
    let within = |first: usize| at[first..].iter().take_while(|last| **last - at[first] < seconds(60)).count();
    (0..at.len()).map(within).max().unwrap_or_default()
}

#[tokio::test]
async fn sixty_windows_at_once_are_announced_one_each_second_in_order() {
    story(MORE, AT, async |hub| {
        plan(hub, WINDOWS).await;
        hub.calm().await;
        let expected: Vec<String> = (1..=WINDOWS).map(|n| format!("Planned maintenance: Life {n}")).collect();
        assert_eq!(hub.headings("#ce"), expected);
        let (first, last) = (hub.fake.posts("#ce")[0].at, hub.newest("#ce").at);
        assert!(last - first < seconds(70), "no slower than Slack asks: {first} – {last}");
        assert!(nearest(&hub.fake.calls("chat.postMessage")) >= seconds(1));
        assert_eq!(hub.fake.limited(), 0, "Slack never had to say so");
    })
    .await;
}

/// Each edit of a window is an update of its post: they are paced by the tier of `chat.update`.
#[tokio::test]
async fn posts_are_brought_in_step_within_the_tier() {
    story(MORE, AT, async |hub| {
        plan(hub, POSTS).await;
        hub.calm().await;
        for round in ["first", "second"] {
            for n in 1..=POSTS {
                hub.bot.type_only("anna", &format!("/maintenance edit MW-{n} title:\"{round} {n}\"")).await;
            }
            hub.calm().await;
        }
        let updates = hub.fake.calls("chat.update");
        assert!(updates.len() >= 60, "{} updates", updates.len());
        assert!(most_in_a_minute(&updates) <= 50, "{} in a minute", most_in_a_minute(&updates));
        let now: Vec<String> = (1..=POSTS).map(|n| format!("Planned maintenance: second {n}")).collect();
        assert_eq!(hub.headings("#ce"), now);
        assert_eq!(hub.fake.limited(), 0, "Slack never had to say so");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_posted_before_the_time_that_slack_named() {
    story(MORE, AT, async |hub| {
        hub.fake.fail_times(1, Matching::method("chat.postMessage"), Fault::RateLimited { retry_after: 90 });
        plan(hub, 5).await;
        hub.calm().await;
        let calls = hub.fake.calls("chat.postMessage");
        let pause = calls[1].at - calls[0].at;
        assert!(pause >= seconds(90) && pause <= seconds(95), "{pause}");
        assert_eq!(hub.headings("#ce").len(), 5);
        assert_eq!(hub.fake.limited(), 0);
    })
    .await;
}

/// One method has to wait, the others go on: a post may be changed while none may be made.
#[tokio::test]
async fn a_pause_of_one_method_does_not_hold_up_another() {
    story(MORE, AT, async |hub| {
        plan(hub, 1).await;
        hub.calm().await;
        hub.fake.fail_times(1, Matching::method("chat.update"), Fault::RateLimited { retry_after: 120 });
        hub.bot.type_only("anna", "/maintenance edit MW-1 title:\"Other\"").await;
        hub.settle().await;
        hub.bot.clock.set(hub.bot.clock.now() + seconds(5));
        plan_one(hub, 2).await;
        hub.settle().await;
        assert_eq!(hub.headings("#ce").len(), 2, "the announcement of the next one does not wait");
        assert_eq!(hub.headings("#ce")[0], "Planned maintenance: Life 1", "the update does");
        hub.calm().await;
        assert_eq!(hub.headings("#ce")[0], "Planned maintenance: Other");
        let updates = hub.fake.calls("chat.update");
        assert!(updates[1].at - updates[0].at >= seconds(120));
    })
    .await;
}

/// Two channels do not wait for one another.
#[tokio::test]
async fn a_second_channel_is_told_in_the_same_second() {
    let more = format!("{MORE}\n[[audience]]\nname = \"others\"\nchannels = [\"slack:#dev\"]\n");
    story(&more, AT, async |hub| {
        plan(hub, 10).await;
        hub.calm().await;
        let at = |channel: &str| hub.fake.posts(channel).into_iter().map(|post| post.at).collect::<Vec<_>>();
        assert_eq!(at("#ce").len(), 10);
        assert_eq!(at("#ce"), at("#dev"));
    })
    .await;
}

/// More people than Slack says the zones of in a minute: the others are answered all the same, at once.
#[tokio::test]
async fn commands_of_more_people_than_slack_tells_zones_of_are_answered() {
    story("", AT, async |hub| {
        for n in 0..120 {
            let name = format!("user{n}");
            hub.fake.person(&name, "Europe/Berlin");
            let reply = hub.fake.command(&name, "#dev", "whoami").await;
            assert_eq!(reply.status, 200, "{reply}");
            assert!(!reply.text().contains("Working on it"), "{reply}");
        }
        let asked = hub.fake.calls("users.info").len();
        assert!((90..=100).contains(&asked), "as many as tier 4 allows: {asked}");
        assert_eq!(hub.fake.limited(), 0, "Slack never had to say so");
    })
    .await;
}
