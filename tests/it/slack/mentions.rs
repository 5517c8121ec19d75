//! Writing to maintbot in a channel and in threads: answered there, once, in the words of the commands.

use serde_json::json;

use super::gate::{EVENTS, Gate, JSON, Sent};
use super::{Hub, story};
use crate::fake::slack::Again;

const AT: &str = "2026-12-01 09:00";
const SCHEDULE: &str = "schedule \"Jira 10\" service:jira when:\"2026-12-02 14:00-16:00\" tz:UTC poc:ben";

/// What maintbot answered in the thread of a message.
fn answers(hub: &Hub, channel: &str, ts: &str) -> Vec<String> {
    let replies = hub.fake.replies(channel, ts).into_iter().filter(|reply| reply.bot.is_some());
    replies.map(|reply| reply.plain()).collect()
}

/// Writes to maintbot; the message's `ts`.
async fn mention(hub: &Hub, user: &str, channel: &str, thread: Option<&str>, text: &str) -> String {
    let reply = hub.fake.mention(user, channel, thread, text).await;
    assert_eq!(reply.status, 200, "{reply}");
    hub.calm().await;
    let sent = hub.fake.sent().pop().expect("the mention");
    sent.payload["event"]["ts"].as_str().expect("a ts").to_owned()
}

#[tokio::test]
async fn a_command_in_a_message_is_done_and_answered_in_its_thread() {
    story("", AT, async |hub| {
        let ts = mention(hub, "ben", "#dev", None, SCHEDULE).await;
        let said = answers(hub, "#dev", &ts);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("MW-1 “Jira 10” is scheduled"), "{said:?}");
        assert_eq!(hub.bot.window(1).await.requester, "ben");
        assert!(hub.fake.posts("#dev").is_empty(), "nothing beside the thread");
        let ts = mention(hub, "eve", "#dev", None, SCHEDULE).await;
        let said = answers(hub, "#dev", &ts);
        assert!(said.len() == 1 && said[0].contains("scheduler"), "refused in the thread as well: {said:?}");
    })
    .await;
}

#[tokio::test]
async fn in_the_thread_of_a_post_its_window_is_meant() {
    story("", AT, async |hub| {
        hub.command("ben", "#dev", SCHEDULE).await;
        hub.command("ben", "#dev", &SCHEDULE.replace("Jira 10", "Wiki").replace("jira", "wiki")).await;
        let posts = hub.fake.posts("#ce");
        assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira 10", "Planned maintenance: Wiki"]);
        mention(hub, "eve", "#ce", Some(&posts[0].ts), "note \"Half way\"").await;
        mention(hub, "eve", "#ce", Some(&posts[1].ts), "note \"All of it\"").await;
        let noted = async |id: i64, text: &str| hub.bot.events(id).await.iter().filter(|e| e.contains(text)).count();
        assert_eq!([noted(1, "Half way").await, noted(2, "Half way").await], [1, 0]);
        assert_eq!([noted(1, "All of it").await, noted(2, "All of it").await], [0, 1]);
        // A name counts more than the place.
        mention(hub, "eve", "#ce", Some(&posts[0].ts), "note MW-2 \"The other\"").await;
        assert_eq!([noted(1, "The other").await, noted(2, "The other").await], [0, 1]);
        // Somebody's own thread is about no window.
        let chat = hub.fake.say("eve", "#ce", None, "hello");
        mention(hub, "eve", "#ce", Some(&chat), "note \"Which one\"").await;
        assert_eq!([noted(1, "Which one").await, noted(2, "Which one").await], [0, 0]);
        let said = answers(hub, "#ce", &chat);
        assert!(said.len() == 1 && said[0].contains("window"), "{said:?}");
    })
    .await;
}

#[tokio::test]
async fn nothing_and_nonsense_get_help() {
    story("", AT, async |hub| {
        for text in ["", "   ", "help"] {
            let ts = mention(hub, "eve", "#dev", None, text).await;
            let said = answers(hub, "#dev", &ts);
            assert!(
                said.len() == 1 && said[0].contains("schedule") && said[0].contains("extend"),
                "{text:?}: {said:?}"
            );
        }
        for text in ["marvellous!", "?", "thanks :tada:", "<@U0BEN> what do you think"] {
            let ts = mention(hub, "eve", "#dev", None, text).await;
            let said = answers(hub, "#dev", &ts);
            assert!(said.len() == 1 && said[0].contains("`/maintenance help`"), "{text:?}: {said:?}");
        }
        let ts = mention(hub, "eve", "#dev", None, "exted MW-1 30m").await;
        let said = answers(hub, "#dev", &ts);
        assert!(said.len() == 1 && said[0].contains("did you mean `extend`?"), "{said:?}");
        assert_eq!(hub.fake.pings(), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_message_of_several_lines_is_one_command() {
    story("", AT, async |hub| {
        let lines = "schedule \"Jira 10\" service:jira\nwhen:\"2026-12-02 14:00-16:00\" tz:UTC\npoc:ben\n\
                     item:\"One\"\nitem:\"Two\"";
        let ts = mention(hub, "ben", "#dev", None, lines).await;
        let said = answers(hub, "#dev", &ts);
        assert!(said.len() == 1 && said[0].contains("MW-1 “Jira 10” is scheduled"), "{said:?}");
        assert_eq!(hub.bot.items(1).await, ["1", "2"]);
    })
    .await;
}

#[tokio::test]
async fn the_same_mention_again_by_whatever_name_is_done_and_answered_once() {
    story("", AT, async |hub| {
        hub.command("ben", "#dev", SCHEDULE).await;
        let sent = hub.fake.mention("eve", "#dev", None, "note MW-1 Once").await;
        let payload = hub.fake.sent().pop().expect("the mention").payload;
        for again in [Again::Retry(1), Again::OtherEventId] {
            assert_eq!(hub.fake.again(sent.nth, again).await.status, 200);
        }
        hub.calm().await;
        for again in [Again::Retry(2), Again::OtherEventId] {
            assert_eq!(hub.fake.again(sent.nth, again).await.status, 200);
        }
        hub.calm().await;
        let ts = payload["event"]["ts"].as_str().expect("a ts");
        assert_eq!(answers(hub, "#dev", ts).len(), 1);
        assert_eq!(hub.bot.events(1).await.iter().filter(|event| event.contains("Once")).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_programs_write_is_not_for_maintbot_not_even_what_it_wrote_itself() {
    let gate = Gate::open().await;
    let event = |n: usize, more: serde_json::Value| {
        let mut event = json!({ "type": "app_mention", "user": "U0BEN", "channel": "C0DEV", "ts": format!("1780000000.00000{n}"),
            "text": "<@U0MAINTBOT> schedule Jira service:jira when:\"2026-12-02 14:00-16:00\" tz:UTC poc:ben" });
        for (name, value) in more.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        let body = json!({ "type": "event_callback", "team_id": "T1", "event_id": format!("Ev{n}"), "event": event });
        Sent::signed(EVENTS, JSON, body.to_string(), gate.now())
    };
    for (n, (why, more)) in [
        ("another bot", json!({ "bot_id": "B0OTHER" })),
        ("itself", json!({ "bot_id": "B0MAINTBOT", "user": "U0MAINTBOT" })),
        ("itself, by the user alone", json!({ "user": "U0MAINTBOT" })),
        ("a post of a workflow", json!({ "subtype": "bot_message" })),
        ("somebody edited their message", json!({ "subtype": "message_changed" })),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(gate.post(event(n, more)).await, (200, String::new()), "{why}");
        gate.hub.calm().await;
        assert_eq!(gate.hub.bot.page().await, [""; 0], "{why}");
    }
    assert!(gate.hub.fake.calls("chat.postMessage").is_empty(), "none of them is answered");
    assert_eq!(gate.post(event(9, json!({}))).await.0, 200, "the same by a person");
    gate.hub.calm().await;
    assert_eq!(gate.hub.bot.page().await.len(), 1);
    gate.close().await;
}
