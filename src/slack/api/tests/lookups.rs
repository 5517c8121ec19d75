//! Looking things up: how often it is asked, and what is made of the answers.

use serde_json::{Value, json};

use super::server::Reply;
use super::*;

fn me() -> Reply {
    let who = json!({ "ok": true, "team_id": "T1", "user_id": "U0", "bot_id": "B0", "url": "https://x.slack.com/" });
    Reply::With(200, vec![("x-oauth-scopes", "chat:write, groups:read,commands".into())], who)
}

fn names(of: &[(&str, &str)], next: &str) -> Reply {
    let channels: Vec<Value> = of.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
    Reply::ok(json!({ "channels": channels, "response_metadata": { "next_cursor": next } }))
}

#[tokio::test]
async fn who_maintbot_is_is_asked_once_with_its_scopes() {
    let (server, slack, clock) = scene(vec![me(), me()]);
    let (a, b) = tokio::join!(slack.me(), slack.me());
    let found = a.expect("an answer");
    assert_eq!(Ok(&found), b.as_ref());
    assert_eq!([&found.team, &found.user, &found.bot, &found.url], ["T1", "U0", "B0", "https://x.slack.com/"]);
    assert_eq!(found.scopes.iter().collect::<Vec<_>>(), ["chat:write", "commands", "groups:read"]);
    let got = server.next();
    assert_eq!((got.line.as_str(), got.header("authorization")), ("POST /api/auth.test", vec!["Bearer xoxb-hunter2"]));
    assert!(server.is_idle());
    clock.set(now() + TimeDelta::hours(1));
    slack.me().await.expect("again");
    assert_eq!(server.next().line, "POST /api/auth.test");
}

#[tokio::test]
async fn a_channel_is_found_by_name_on_any_page_and_the_list_is_kept() {
    let second = names(&[("C2", "ce")], "");
    let (server, slack, _) = scene(vec![me(), names(&[("C1", "ops")], "page=2"), second]);
    assert_eq!(slack.channel_id("#ce").await.as_deref(), Ok("C2"));
    assert_eq!(slack.channel_id("#ops").await.as_deref(), Ok("C1"));
    assert_eq!(slack.channel_id("C012AB").await.as_deref(), Ok("C012AB"), "an id is one");
    server.next();
    let first = server.next();
    assert_eq!(first.line, "POST /api/conversations.list");
    assert_eq!(first.header("content-type"), ["application/x-www-form-urlencoded"]);
    assert_eq!(first.body, "types=public_channel%2Cprivate_channel&limit=500");
    assert_eq!(server.next().body, "types=public_channel%2Cprivate_channel&limit=500&cursor=page%3D2");
    assert!(server.is_idle());
}

#[tokio::test]
async fn private_channels_are_asked_for_where_they_may_be_seen() {
    let who = json!({ "ok": true, "team_id": "T1", "user_id": "U0" });
    let me = Reply::With(200, vec![("x-oauth-scopes", "channels:read".into())], who);
    let (server, slack, _) = scene(vec![me, names(&[("C1", "ce")], "")]);
    assert_eq!(slack.channel_id("#ce").await.as_deref(), Ok("C1"));
    server.next();
    assert_eq!(server.next().body, "types=public_channel&limit=500");
}

#[tokio::test]
async fn an_archived_channel_gives_way_to_one_that_is_not() {
    let channels = json!([
        { "id": "C3", "name": "old", "is_archived": true },
        { "id": "C1", "name": "ce", "is_archived": true },
        { "id": "C2", "name": "ce" },
    ]);
    let (_server, slack, _) = scene(vec![me(), Reply::ok(json!({ "channels": channels }))]);
    assert_eq!(slack.channel_id("#ce").await.as_deref(), Ok("C2"));
    assert_eq!(slack.channel_id("#old").await.as_deref(), Ok("C3"), "what is posted there says that it is archived");
}

#[tokio::test]
async fn the_list_is_read_again_for_an_unknown_name_but_not_within_a_minute() {
    let (server, slack, clock) = scene(vec![me(), names(&[], ""), names(&[("C1", "new")], "")]);
    for _ in 0..3 {
        let failure = slack.channel_id("#new").await.expect_err("unknown");
        assert_eq!(kind(&failure), "missing", "{failure}");
    }
    assert_eq!(server.lines(2), ["POST /api/auth.test", "POST /api/conversations.list"]);
    assert!(server.is_idle());
    clock.set(now() + seconds(60));
    assert_eq!(slack.channel_id("#new").await.as_deref(), Ok("C1"));
}

#[tokio::test]
async fn the_list_is_read_again_after_a_channel_was_not_there() {
    let lost = || Reply::error("channel_not_found");
    let (server, slack, clock) =
        scene(vec![me(), names(&[("C1", "ce")], ""), lost(), names(&[("C2", "ce")], ""), posted()]);
    assert_eq!(slack.channel_id("#ce").await.as_deref(), Ok("C1"));
    assert_eq!(kind(&slack.post(&post_to("C1")).await.expect_err("gone")), "missing");
    assert_eq!(slack.channel_id("#ce").await.as_deref(), Ok("C1"), "within a minute it is not read again");
    clock.set(now() + seconds(60));
    assert_eq!(slack.channel_id("#ce").await.as_deref(), Ok("C2"));
    slack.post(&post_to("C2")).await.expect("posted");
    assert_eq!(server.lines(5)[3], "POST /api/conversations.list");
}

#[tokio::test]
async fn names_stay_known_while_slack_is_away() {
    let (_server, slack, clock) = scene(vec![me(), names(&[("C1", "ce")], ""), me(), Reply::Close]);
    assert_eq!(slack.channel_id("#ce").await.as_deref(), Ok("C1"));
    clock.set(now() + TimeDelta::hours(2));
    assert_eq!(slack.channel_id("#ce").await.as_deref(), Ok("C1"));
    assert_eq!(kind(&slack.channel_id("#other").await.expect_err("nobody knows")), "later");
}

#[tokio::test]
async fn a_person_is_written_to_in_direct_messages_that_are_opened_once() {
    let direct = Reply::ok(json!({ "channel": { "id": "D7" } }));
    let (server, slack, _) = scene(vec![direct, Reply::error("user_not_found")]);
    assert_eq!(slack.channel_id("U7").await.as_deref(), Ok("D7"));
    assert_eq!(slack.channel_id("U7").await.as_deref(), Ok("D7"));
    let got = server.next();
    assert_eq!((got.line.as_str(), got.json()), ("POST /api/conversations.open", json!({ "users": "U7" })));
    assert_eq!(kind(&slack.channel_id("W8").await.expect_err("unknown")), "missing");
}

#[tokio::test]
async fn a_conversation_is_told_as_slack_has_it() {
    let channel = json!({ "id": "C1", "name": "ce", "is_member": true, "is_archived": true, "is_private": true });
    let direct = json!({ "id": "D1", "is_im": true, "user": "U1" });
    let reply = |channel: Value| Reply::ok(json!({ "channel": channel }));
    let (server, slack, _) = scene(vec![reply(channel), reply(direct)]);
    let found = slack.channel("C1").await.expect("a channel");
    let expected =
        ChannelInfo { id: "C1".into(), name: "ce".into(), is_member: true, is_archived: true, is_private: true };
    assert_eq!(found, expected);
    let got = server.next();
    assert_eq!((got.line.as_str(), got.body.as_str()), ("POST /api/conversations.info", "channel=C1"));
    let found = slack.channel("D1").await.expect("a direct message");
    assert!(found.is_member && found.is_private && found.name.is_empty());
}

/// A message of maintbot with a key, or something that only looks so.
fn message(ts: &str, key: &str, changes: &Value) -> Value {
    let metadata = json!({ "event_type": "maintbot_delivery", "event_payload": { "key": key } });
    let mut message = json!({ "type": "message", "ts": ts, "user": "U0", "bot_id": "B0", "metadata": metadata });
    for (field, value) in changes.as_object().expect("fields") {
        message[field] = value.clone();
    }
    message
}

#[tokio::test]
async fn an_own_message_is_found_by_its_key_and_nobody_elses() {
    let foreign = [
        message("9.1", "K", &json!({ "user": "U9", "bot_id": null })),
        message("9.2", "K", &json!({ "user": null, "bot_id": "B9" })),
        message("9.3", "other", &json!({})),
        message("9.4", "K", &json!({ "metadata": { "event_type": "other", "event_payload": { "key": "K" } } })),
        message("9.5", "K", &json!({ "metadata": null })),
        message("9.6", "K", &json!({ "metadata": { "event_type": "maintbot_delivery", "event_payload": "K" } })),
        json!({ "type": "message", "subtype": "channel_join" }),
    ];
    let own = message("9.7", "K", &json!({ "user": null }));
    let page = |messages: Value, next: &str| {
        Reply::ok(json!({ "messages": messages, "response_metadata": { "next_cursor": next } }))
    };
    let (server, slack, _) =
        scene(vec![me(), page(json!(foreign), "two"), page(json!([own]), "three"), page(json!(foreign), "")]);
    assert_eq!(slack.find("C1", None, "K", now()).await, Ok(Some("9.7".into())));
    server.next();
    let first = server.next();
    assert_eq!(first.line, "POST /api/conversations.history");
    let oldest = (now() - TimeDelta::minutes(5)).timestamp();
    let expected = format!("channel=C1&oldest={oldest}.000000&inclusive=true&include_all_metadata=true&limit=200");
    assert_eq!(first.body, expected);
    assert_eq!(server.next().body, format!("{expected}&cursor=two"));
    assert_eq!(slack.find("C1", None, "K", now()).await, Ok(None));
}

#[tokio::test]
async fn in_a_thread_it_is_an_answer_that_is_looked_for() {
    let parent = message("1.0", "K", &json!({}));
    let reply = |messages: Value| Reply::ok(json!({ "messages": messages }));
    let answered = json!([parent, message("1.5", "K", &json!({}))]);
    let (server, slack, _) =
        scene(vec![me(), reply(json!([parent])), reply(answered), Reply::error("thread_not_found")]);
    assert_eq!(slack.find("C1", Some("1.0"), "K", now()).await, Ok(None));
    assert_eq!(slack.find("C1", Some("1.0"), "K", now()).await, Ok(Some("1.5".into())));
    server.next();
    let got = server.next();
    assert_eq!(got.line, "POST /api/conversations.replies");
    assert!(got.body.ends_with("&ts=1.0"), "{}", got.body);
    assert_eq!(kind(&slack.find("C1", Some("1.0"), "K", now()).await.expect_err("gone")), "missing");
}

#[tokio::test]
async fn no_more_than_ten_pages_are_looked_through() {
    let page = || Reply::ok(json!({ "messages": [], "response_metadata": { "next_cursor": "more" } }));
    let replies = std::iter::once(me()).chain((0..11).map(|_| page())).collect();
    let (server, slack, _) = scene(replies);
    assert_eq!(slack.find("C1", None, "K", now()).await, Ok(None));
    assert_eq!(server.lines(11).len(), 11);
    assert!(server.is_idle());
}

#[tokio::test]
async fn a_failed_look_is_not_taken_for_an_absent_message() {
    let (_server, slack, _) = scene(vec![me(), Reply::Close]);
    assert_eq!(kind(&slack.find("C1", None, "K", now()).await.expect_err("a reset")), "later");
}

#[tokio::test]
async fn a_zone_is_asked_once_an_hour_and_nobody_has_none() {
    let user = |zone: Value| Reply::ok(json!({ "user": { "id": "U1", "tz": zone } }));
    let zones = [user(json!("Asia/Tokyo")), Reply::error("user_not_found"), user(Value::Null), user(json!("UTC"))];
    let (server, slack, clock) = scene(zones.into());
    for _ in 0..2 {
        assert_eq!(slack.zone_of("U1").await, Ok(Some("Asia/Tokyo".into())));
        assert_eq!(slack.zone_of("U2").await, Ok(None));
    }
    assert_eq!(slack.zone_of("U3").await, Ok(None));
    let got = server.next();
    assert_eq!((got.line.as_str(), got.body.as_str()), ("POST /api/users.info", "user=U1"));
    clock.set(now() + TimeDelta::hours(1));
    assert_eq!(slack.zone_of("U1").await, Ok(Some("UTC".into())));
}

#[tokio::test]
async fn groups_are_known_for_a_minute_and_then_asked_again() {
    let groups = || Reply::ok(json!({ "usergroups": [{ "id": "S1", "handle": "oncall" }] }));
    let members = |users: Value| Reply::ok(json!({ "users": users }));
    let (server, slack, clock) = scene(vec![groups(), members(json!(["U1", "U2"])), groups(), members(json!(["U2"]))]);
    let is_in = async |user: &str| slack.is_in_group("@OnCall", user).await;
    assert_eq!((is_in("U1").await, is_in("U3").await), (Ok(true), Ok(false)));
    clock.set(now() + seconds(59));
    assert_eq!(is_in("U1").await, Ok(true));
    assert_eq!(kind(&slack.is_in_group("@nobody", "U1").await.expect_err("unknown")), "missing");
    assert_eq!(server.next().line, "POST /api/usergroups.list");
    let got = server.next();
    assert_eq!((got.line.as_str(), got.body.as_str()), ("POST /api/usergroups.users.list", "usergroup=S1"));
    assert!(server.is_idle());
    clock.set(now() + seconds(60));
    assert_eq!((is_in("U1").await, is_in("U2").await), (Ok(false), Ok(true)));
}

#[tokio::test]
async fn a_group_that_could_not_be_looked_up_is_asked_for_again() {
    let groups = Reply::ok(json!({ "usergroups": [{ "id": "S1", "handle": "oncall" }] }));
    let (_server, slack, _) = scene(vec![Reply::error("missing_scope"), groups, Reply::ok(json!({ "users": ["U1"] }))]);
    assert_eq!(kind(&slack.is_in_group("@oncall", "U1").await.expect_err("no scope")), "refused");
    assert_eq!(slack.is_in_group("@oncall", "U1").await, Ok(true));
}
