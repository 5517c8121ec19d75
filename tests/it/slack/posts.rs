//! What stands in a channel: posts that never show old times, one of them with buttons, and a thread below it.

use super::{Hub, story};
use crate::fake::slack::state::Message;

const AT: &str = "2026-12-01 09:00";
/// MW-1 on Sunday 20 December 2026, 16:00 to 20:00 in Helsinki, which is 14:00 to 18:00 UTC, with two items.
const WINDOW: &str = "schedule \"Jira 10.3\" service:jira when:\"2026-12-20 16:00-20:00\" tz:Europe/Helsinki poc:@anna \
                      item:\"Jira to 10.3.2\" item:Plugins";
/// 20,807 days after 1 January 1970 (56 years with 14 leap days, then 353 days), and 14 hours.
const STARTS: u64 = 20_807 * 86_400 + 14 * 3_600;
const ENDS: u64 = STARTS + 4 * 3_600;

/// MW-1 is announced, and reminded of on Sunday 13 December.
async fn reminded(hub: &Hub) {
    hub.command("ben", "#dev", WINDOW).await;
    hub.at("2026-12-06 14:00").await;
    hub.calm().await;
    hub.at("2026-12-13 14:00").await;
    hub.calm().await;
    assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira 10.3", "Reminder: Jira 10.3"]);
}

fn texts(posts: &[Message]) -> Vec<String> {
    posts.iter().map(super::super::fake::slack::state::Message::plain).collect()
}

fn thread(hub: &Hub, channel: &str, post: &Message) -> Vec<String> {
    texts(&hub.fake.replies(channel, &post.ts))
}

/// The blocks and the text as they went over the wire.
fn raw(post: &Message) -> String {
    format!("{} {}", serde_json::Value::from(post.blocks.clone()), post.text)
}

/// Posts of a channel that can be pressed.
fn pressable(hub: &Hub, channel: &str) -> Vec<String> {
    let posts = hub.fake.posts(channel).into_iter().filter(|post| !post.buttons().is_empty());
    posts.map(|post| post.plain().lines().next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn times_are_in_the_reader_s_zone_and_in_words_with_zone_and_utc() {
    story("", AT, async |hub| {
        reminded(hub).await;
        for post in hub.fake.posts("#ce") {
            let blocks = serde_json::Value::from(post.blocks.clone()).to_string();
            assert!(blocks.contains(&format!("<!date^{STARTS}^")), "{blocks}");
            assert!(blocks.contains(&format!("<!date^{ENDS}^")), "{blocks}");
            let words = "Sun 20 Dec 2026 16:00–20:00 Europe/Helsinki (14:00–18:00 UTC)";
            assert!(post.text.contains(words), "{}", post.text);
            assert!(!post.text.contains("<!date"), "a notification shows words: {}", post.text);
        }
    })
    .await;
}

#[tokio::test]
async fn a_move_brings_older_posts_to_the_new_time_and_takes_their_buttons() {
    story("", AT, async |hub| {
        reminded(hub).await;
        assert!(hub.newest("#ce").edits.is_empty(), "it says how things are");
        assert_eq!(pressable(hub, "#ce"), ["Reminder: Jira 10.3"]);
        let moved = "reschedule MW-1 when:\"2026-12-21 16:00-18:00\" tz:Europe/Helsinki reason:\"payroll runs\"";
        hub.command("ben", "#dev", moved).await;
        let posts = hub.fake.posts("#ce");
        assert_eq!(posts.len(), 3);
        let newest = &posts[2].plain();
        assert!(newest.starts_with("Moved: Jira 10.3") && newest.contains("payroll runs"), "{newest}");
        assert!(newest.contains("It was planned for Sun 20 Dec 2026 16:00–20:00 Europe/Helsinki"), "{newest}");
        for post in &posts[..2] {
            let raw = raw(post);
            assert!(!raw.contains("20 Dec") && !raw.contains(&STARTS.to_string()), "an old time: {raw}");
            assert!(raw.contains("Mon 21 Dec 2026 16:00–18:00 Europe/Helsinki"), "{raw}");
            assert!(raw.contains(&format!("<!date^{}^", STARTS + 86_400)), "{raw}");
        }
        assert_eq!(pressable(hub, "#ce"), ["Moved: Jira 10.3"]);
    })
    .await;
}

#[tokio::test]
async fn an_extension_brings_older_posts_to_the_new_end() {
    story("", AT, async |hub| {
        reminded(hub).await;
        hub.at("2026-12-20 14:00").await;
        hub.calm().await;
        hub.press("eve", "#ce", "extend_30").await;
        let posts = hub.fake.posts("#ce");
        assert!(posts.last().expect("a post").plain().starts_with("Extended by 30m: Jira 10.3"));
        for post in &posts[..posts.len() - 1] {
            let raw = raw(post);
            assert!(!raw.contains("18:00") && !raw.contains(&ENDS.to_string()), "the old end: {raw}");
            assert!(raw.contains("18:30 UTC") && raw.contains(&(ENDS + 1_800).to_string()), "{raw}");
        }
        assert_eq!(pressable(hub, "#ce"), ["Extended by 30m: Jira 10.3"]);
    })
    .await;
}

#[tokio::test]
async fn a_cancellation_is_seen_in_every_post_and_none_can_be_pressed() {
    story("", AT, async |hub| {
        reminded(hub).await;
        hub.command("ben", "#dev", "cancel MW-1 reason:\"not needed\"").await;
        let posts = texts(&hub.fake.posts("#ce"));
        assert!(posts[2].starts_with("Cancelled: Jira 10.3") && posts[2].contains("not needed"), "{posts:#?}");
        assert!(posts[..2].iter().all(|post| post.contains("MW-1 is now cancelled")), "{posts:#?}");
        assert_eq!(pressable(hub, "#ce"), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn an_edit_changes_the_posts_that_stand_and_makes_no_new_one() {
    story("", AT, async |hub| {
        reminded(hub).await;
        hub.command("ben", "#dev", "edit MW-1 title:\"Jira 10.4\"").await;
        assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira 10.4", "Reminder: Jira 10.4"]);
        assert!(hub.fake.posts("#ce").iter().all(|post| !raw(post).contains("10.3")));
        assert_eq!(pressable(hub, "#ce"), ["Reminder: Jira 10.4"]);
    })
    .await;
}

#[tokio::test]
async fn notes_and_changes_of_the_list_go_to_the_thread_of_the_newest_post() {
    let reads_the_list = "[[audience]]\nname = \"staff\"\nchannels = [\"slack:#dev\"]\n\
                          messages = [\"announcement\", \"reminder\", \"change_list\", \"change_list_update\", \"note\"]\n";
    story(reads_the_list, AT, async |hub| {
        reminded(hub).await;
        hub.command("eve", "#ops", "note MW-1 \"We got a new disk.\"").await;
        let newest = hub.newest("#ce");
        let said = thread(hub, "#ce", &newest);
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].starts_with("Update: Jira 10.3") && said[0].contains("We got a new disk."), "{said:#?}");
        assert_eq!(hub.headings("#ce").len(), 2, "no post of its own");
        assert!(hub.fake.replies("#ce", &newest.ts)[0].buttons().is_empty());
        hub.command("ben", "#ops", "change add MW-1 \"Restart the proxy\"").await;
        hub.at("2026-12-13 14:20").await;
        hub.calm().await;
        let newest = hub.newest("#dev");
        let said = thread(hub, "#dev", &newest);
        assert!(
            said.iter().any(|said| said.contains("has changed") && said.contains("Restart the proxy")),
            "{said:#?}"
        );
        assert_eq!(pressable(hub, "#dev"), ["Change list for Jira 10.3 (MW-1), 3 items"]);
        assert!(thread(hub, "#ce", &hub.newest("#ce")).iter().all(|said| !said.contains("proxy")), "not for them");
        // A note while the newest is another one stands below that.
        hub.at("2026-12-20 14:00").await;
        hub.calm().await;
        hub.command("eve", "#ops", "note MW-1 \"Half way.\"").await;
        let started = hub.newest("#ce");
        assert!(started.plain().starts_with("Started: Jira 10.3"));
        assert!(thread(hub, "#ce", &started).iter().any(|said| said.contains("Half way.")));
    })
    .await;
}

#[tokio::test]
async fn one_reply_per_thread_says_how_far_the_list_is() {
    story("", AT, async |hub| {
        reminded(hub).await;
        let progress = |post: &Message| -> Vec<String> {
            let said = thread(hub, "#ce", post).into_iter().filter(|said| said.starts_with("Change list: "));
            said.map(|said| said.lines().next().unwrap_or_default().to_owned()).collect()
        };
        let reminder = hub.newest("#ce");
        assert_eq!(progress(&reminder), [""; 0], "nothing was done");
        hub.command("eve", "#dev", "done MW-1 1").await;
        assert_eq!(progress(&reminder), ["Change list: 1 of 2 items done."]);
        hub.command("eve", "#dev", "undo MW-1 1").await;
        assert_eq!(progress(&reminder), ["Change list: 0 of 2 items done."]);
        hub.at("2026-12-20 14:00").await;
        hub.calm().await;
        // From another surface.
        hub.bot.say("anna", "/maintenance done MW-1 2").await;
        hub.calm().await;
        let started = hub.newest("#ce");
        assert_eq!(progress(&started), ["Change list: 1 of 2 items done."]);
        assert_eq!(progress(&reminder), ["Change list: 1 of 2 items done."], "the older one is kept in step");
        hub.command("eve", "#dev", "done MW-1 1").await;
        assert_eq!(progress(&started), ["Change list: 2 of 2 items done."]);
        assert_eq!(progress(&reminder), ["Change list: 2 of 2 items done."]);
    })
    .await;
}

#[tokio::test]
async fn a_plan_is_one_post_and_its_phases_have_their_own_after_that() {
    story("", AT, async |hub| {
        hub.command("ben", "#dev", "plan new \"Upgrade\"").await;
        for (title, day) in [("Germany", "16"), ("Singapore", "20")] {
            let when = format!("when:\"2026-12-{day} 14:00-16:00\" tz:UTC");
            hub.command("ben", "#dev", &format!("schedule {title} service:jira {when} poc:@anna plan:PL-1")).await;
        }
        hub.command("ben", "#dev", "plan publish PL-1").await;
        hub.at("2026-12-02 14:00").await;
        hub.calm().await;
        let posts = texts(&hub.fake.posts("#ce"));
        assert_eq!(posts.len(), 1, "two weeks before the first");
        assert!(posts[0].contains("Upgrade") && posts[0].contains("Germany") && posts[0].contains("Singapore"));
        let raw_of = |at: usize| raw(&hub.fake.posts("#ce")[at]);
        assert!(raw_of(0).contains(&format!("<!date^{STARTS}^")), "{}", raw_of(0));
        hub.command("ben", "#dev", "reschedule MW-2 when:\"2026-12-22 14:00-16:00\" tz:UTC").await;
        let posts = texts(&hub.fake.posts("#ce"));
        assert_eq!(posts.len(), 2);
        assert!(posts[1].starts_with("Moved: Upgrade"), "{posts:#?}");
        assert!(!posts[0].contains("20 Dec") && posts[0].contains("22 Dec"), "{}", posts[0]);
        hub.at("2026-12-16 14:00").await;
        hub.calm().await;
        assert_eq!(hub.headings("#ce").last().map(String::as_str), Some("Started: Upgrade, phase 1 of 2: Germany"));
        assert!(
            pressable(hub, "#ce").contains(&"Started: Upgrade, phase 1 of 2: Germany".to_owned()),
            "{:#?}",
            pressable(hub, "#ce")
        );
        hub.command("eve", "#dev", "complete MW-1 outcome:failed").await;
        // The rest is on hold, and that is said of the plan, below its newest post.
        let plan = hub.fake.posts("#ce").remove(1);
        assert!(
            thread(hub, "#ce", &plan).iter().any(|said| said.contains("hold")),
            "{:#?}",
            texts(&hub.fake.posts("#ce"))
        );
    })
    .await;
}

#[tokio::test]
async fn windows_of_a_series_are_told_apart() {
    let soon = "[policy.scheduled]\nannounce = \"8d\"\nremind = [\"1d\"]\n";
    story(soon, AT, async |hub| {
        hub.command(
            "ben",
            "#dev",
            "series Break service:jira every:\"every sunday 14:00 for 2h\" tz:UTC poc:@anna item:Index",
        )
        .await;
        // Sunday 6 and 13 December: both are announced by the 5th.
        hub.at("2026-12-06 13:00").await;
        hub.calm().await;
        let of = |day: &str| -> Vec<Message> {
            hub.fake.posts("#ce").into_iter().filter(|post| post.plain().contains(day)).collect()
        };
        assert_eq!(of("6 Dec 2026 14:00").len(), 2, "announced and reminded of");
        assert_eq!(of("13 Dec 2026 14:00").len(), 1, "announced");
        assert_eq!(of("13 Dec 2026 14:00")[0].buttons(), ["ack", "ledger"], "the newest of its window");
        hub.command("ben", "#dev", "reschedule MW-1 when:\"2026-12-06 15:00-17:00\"").await;
        assert!(of("6 Dec 2026 14:00").iter().all(|post| post.plain().starts_with("Moved: Break")));
        let other = &of("13 Dec 2026 14:00")[0];
        assert!(other.edits.iter().all(|edit| edit.text.contains("13 Dec")), "the other is left alone");
        hub.at("2026-12-06 15:00").await;
        hub.calm().await;
        hub.command("eve", "#dev", "done MW-1 1").await;
        assert!(thread(hub, "#ce", &of("13 Dec 2026 14:00")[0]).is_empty());
    })
    .await;
}

#[tokio::test]
async fn posts_that_somebody_deleted_are_passed_over() {
    story("", AT, async |hub| {
        reminded(hub).await;
        hub.fake.delete_message("#ce", &hub.fake.posts("#ce")[0].ts);
        hub.command("ben", "#dev", "reschedule MW-1 when:\"2026-12-21 16:00-18:00\" tz:Europe/Helsinki").await;
        let posts = hub.fake.posts("#ce");
        assert_eq!(hub.headings("#ce"), ["Reminder: Jira 10.3", "Moved: Jira 10.3"], "it does not come back");
        assert!(!raw(&posts[0]).contains("20 Dec"), "{}", raw(&posts[0]));
        // The newest as well.
        hub.fake.delete_message("#ce", &posts[1].ts);
        hub.command("ben", "#dev", "edit MW-1 title:\"Jira 10.4\"").await;
        assert_eq!(hub.headings("#ce"), ["Reminder: Jira 10.4"]);
        hub.command("eve", "#dev", "note MW-1 \"Still on.\"").await;
        let reminder = &hub.fake.posts("#ce")[0];
        assert!(thread(hub, "#ce", reminder).iter().any(|said| said.contains("Still on.")), "below what is left");
        hub.command("eve", "#dev", "done MW-1 1").await;
        assert_eq!(hub.headings("#ops").len(), 1, "the change list, and nothing about a failure");
        hub.at("2026-12-21 14:00").await;
        hub.calm().await;
        assert_eq!(hub.headings("#ce").last().map(String::as_str), Some("Started: Jira 10.4"));
        hub.command("eve", "#dev", "done MW-1 2").await;
        let started = hub.newest("#ce");
        assert!(thread(hub, "#ce", &started).iter().any(|said| said.starts_with("Change list: 2 of 2 items done.")));
    })
    .await;
}

#[tokio::test]
async fn an_audience_reads_the_same_on_each_of_its_channels() {
    let both = "[[audience]]\nname = \"both\"\nchannels = [\"slack:#dev\", \"slack:#qa\"]\n";
    story(both, AT, async |hub| {
        hub.fake.channel("#qa");
        reminded(hub).await;
        hub.command("ben", "#ops", "reschedule MW-1 when:\"2026-12-21 16:00-18:00\" tz:Europe/Helsinki").await;
        for channel in ["#dev", "#qa", "#ce"] {
            let posts = hub.fake.posts(channel);
            let headings = ["Planned maintenance: Jira 10.3", "Reminder: Jira 10.3", "Moved: Jira 10.3"];
            assert_eq!(hub.headings(channel), headings, "{channel}");
            assert!(posts[..2].iter().all(|post| !raw(post).contains("20 Dec")), "{channel}");
            assert_eq!(pressable(hub, channel), ["Moved: Jira 10.3"], "{channel}");
        }
        hub.press("eve", "#qa", "ack").await;
        assert_eq!(hub.whispers("eve").len(), 1);
    })
    .await;
}
