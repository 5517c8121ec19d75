//! Tests of the double itself: it has to behave as Slack does before anything can be shown with it.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use maintbot::clock::Clock;
use serde_json::{Value, json};

use super::{APP_TOKEN, BOT_TOKEN, FakeSlack, Fault, Matching, TEAM, plain};

mod people;
#[cfg(feature = "slack-socket-mode")]
mod socket;

const UPDATE: &str = "chat.update";
const POST: &str = "chat.postMessage";

/// Where every test begins.
fn noon() -> DateTime<Utc> {
    "2026-12-06T12:00:00Z".parse().expect("an instant")
}

/// A double with anna, ben and the channel `#ce`, whose clock stands at noon.
async fn world() -> (FakeSlack, Clock) {
    let fake = FakeSlack::start().await;
    let clock = Clock::manual(noon());
    fake.follow(&clock);
    fake.person("anna", "Europe/Berlin");
    fake.channel("#ce");
    fake.person("ben", "");
    (fake, clock)
}

/// Asks as a client would, with JSON where the method takes it.
async fn send(fake: &FakeSlack, token: &str, method: &str, args: Value) -> reqwest::Result<reqwest::Response> {
    let reading = ["conversations.list", "info", "history", "replies", "users.info", "usergroups"];
    let request = fake.client.post(format!("{}/{method}", fake.url)).bearer_auth(token);
    let request = if reading.iter().any(|one| method.contains(one)) {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let fields = args.as_object().expect("arguments").iter().map(|(name, value)| (name.clone(), text(value)));
        let url = reqwest::Url::parse_with_params("http://form/", fields).expect("a form");
        let body = url.query().unwrap_or_default().to_owned();
        request.header("content-type", "application/x-www-form-urlencoded").body(body)
    } else {
        request.header("content-type", "application/json; charset=utf-8").body(args.to_string())
    };
    request.send().await
}

async fn call(fake: &FakeSlack, method: &str, args: Value) -> Value {
    let token = if fake.team == TEAM { BOT_TOKEN.to_owned() } else { format!("{BOT_TOKEN}-{}", fake.team) };
    let answer = send(fake, &token, method, args).await.expect("an answer");
    serde_json::from_str(&answer.text().await.expect("a body")).unwrap_or_default()
}

/// What a call is refused with.
async fn refusal(fake: &FakeSlack, method: &str, args: Value) -> String {
    let answer = call(fake, method, args).await;
    assert_eq!(answer["ok"], false, "{answer}");
    answer["error"].as_str().expect("an error").to_owned()
}

/// The `ts` of a post.
async fn post(fake: &FakeSlack, channel: &str, text: &str) -> String {
    let answer = call(fake, POST, json!({ "channel": channel, "text": text })).await;
    answer["ts"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test]
async fn posts_are_kept_in_order_with_threads_edits_and_metadata() {
    let (fake, clock) = world().await;
    let metadata = json!({ "event_type": "maintbot_delivery", "event_payload": { "key": "D-1" } });
    let blocks =
        json!([{ "type": "section", "text": { "type": "mrkdwn", "text": "a &lt; b <https://x.example|there>" } }]);
    let said =
        json!({ "channel": "C0CE", "text": "first", "metadata": metadata, "blocks": blocks, "unfurl_links": false });
    let first = call(&fake, POST, said).await;
    let (ts, channel) = (first["ts"].as_str().expect("a ts"), &first["channel"]);
    assert_eq!((channel, &first["message"]["bot_id"]), (&json!("C0CE"), &json!("B0MAINTBOT")));
    let second = post(&fake, "#ce", "second").await;
    assert!(second.as_str() > ts && ts.starts_with(&noon().timestamp().to_string()));
    call(&fake, POST, json!({ "channel": "C0CE", "text": "below", "thread_ts": ts })).await;
    assert_eq!(fake.messages("#ce").len(), 2);
    assert_eq!(fake.replies("#ce", ts)[0].plain(), "below");
    assert_eq!(fake.message("C0CE", ts).plain(), "a < b there (https://x.example)");
    assert_eq!(fake.message("C0CE", ts).key(), Some("D-1"));

    clock.set(noon() + TimeDelta::minutes(1));
    call(&fake, UPDATE, json!({ "channel": "C0CE", "ts": ts, "text": "changed" })).await;
    let changed = fake.message("#ce", ts);
    assert_eq!((changed.text.as_str(), changed.blocks.len(), changed.key()), ("changed", 1, Some("D-1")));
    call(&fake, UPDATE, json!({ "channel": "C0CE", "ts": ts, "text": "again", "blocks": [] })).await;
    let changed = fake.message("#ce", ts);
    assert_eq!((changed.plain().as_str(), changed.edits.len()), ("again", 2));
    assert_eq!((changed.edits[1].text.as_str(), changed.edits[1].blocks.len()), ("changed", 1));
    assert_eq!((changed.at, changed.edits[0].at), (noon(), noon() + TimeDelta::minutes(1)));
    fake.delete_message("#ce", &second);
    assert_eq!(
        refusal(&fake, UPDATE, json!({ "channel": "C0CE", "ts": second, "text": "x" })).await,
        "message_not_found"
    );
    let own = fake.say("anna", "#ce", None, "mine & yours");
    assert_eq!(
        refusal(&fake, UPDATE, json!({ "channel": "C0CE", "ts": own, "text": "x" })).await,
        "cant_update_message"
    );
    assert_eq!(fake.posts("#ce").len(), 1);
    assert_eq!(fake.message("#ce", &own).text, "mine &amp; yours");
    fake.close();
}

#[tokio::test]
async fn what_is_wrong_with_a_post_is_answered_as_slack_does() {
    let (fake, clock) = world().await;
    fake.channel("#old").archived();
    fake.channel("#far").without_bot();
    fake.channel("#secret").private().without_bot();
    let error = async |args: Value| {
        clock.set(clock.now() + TimeDelta::seconds(1));
        refusal(&fake, POST, args).await
    };
    for (channel, expected) in
        [("C0NONE", "channel_not_found"), ("C0OLD", "is_archived"), ("C0SECRET", "channel_not_found")]
    {
        assert_eq!(error(json!({ "channel": channel, "text": "x" })).await, expected);
    }
    post(&fake, "C0FAR", "the bot may post in public").await;
    assert_eq!(refusal(&fake, "conversations.history", json!({ "channel": "C0FAR" })).await, "not_in_channel");
    fake.without_scope("chat:write.public");
    assert_eq!(error(json!({ "channel": "C0FAR", "text": "x" })).await, "not_in_channel");
    fake.channel("#far").with_bot();
    fake.channel("#old").unarchived();
    fake.channel("#secret").with_bot();
    for channel in ["C0FAR", "C0OLD", "C0SECRET"] {
        post(&fake, channel, "now it does").await;
    }
    assert_eq!(error(json!({ "channel": "C0CE", "text": "x", "thread_ts": "1.000001" })).await, "thread_not_found");
    let direct = call(&fake, POST, json!({ "channel": "U0ANNA", "text": "hello" })).await;
    assert_eq!((&direct["channel"], fake.messages("@anna").len()), (&json!("D0ANNA"), 1));
    fake.deactivate("ben");
    assert_eq!(error(json!({ "channel": fake.id("ben"), "text": "x" })).await, "channel_not_found");
    assert_eq!(fake.violations(), Vec::<String>::new());

    // From here on Slack refuses, and it is the client's fault.
    assert_eq!(error(json!({ "text": "x" })).await, "invalid_arguments");
    assert_eq!(error(json!({ "channel": "C0CE" })).await, "no_text");
    assert_eq!(error(json!({ "channel": "C0FAR", "text": "x".repeat(40_001) })).await, "msg_too_long");
    assert_eq!(
        error(json!({ "channel": "C0OLD", "text": "x", "metadata": { "key": "1" } })).await,
        "invalid_metadata_format"
    );
    let bad = json!([{ "type": "header", "text": { "type": "plain_text", "text": "x".repeat(151) } }]);
    assert_eq!(error(json!({ "channel": "C0SECRET", "text": "x", "blocks": bad })).await, "invalid_blocks");
    assert_eq!(refusal(&fake, "chat.postmessage", json!({})).await, "unknown_method");
    let violations = fake.violations();
    assert_eq!(violations.len(), 5, "{violations:#?}");
    fake.channel("#old").deleted();
    assert_eq!(error(json!({ "channel": "C0OLD", "text": "x" })).await, "channel_not_found");
    assert_eq!(
        error(json!({ "channel": "C0CE", "text": "x".repeat(40_000), "thread_ts": "none" })).await,
        "thread_not_found"
    );
}

#[tokio::test]
async fn tokens_and_scopes_are_checked() {
    let (fake, _) = world().await;
    let bot = send(&fake, BOT_TOKEN, "auth.test", json!({})).await.expect("an answer");
    assert!(bot.headers()["x-oauth-scopes"].to_str().expect("text").contains("chat:write,chat:write.public"));
    let me: Value = serde_json::from_str(&bot.text().await.expect("a body")).expect("JSON");
    assert_eq!(
        (&me["team_id"], &me["user_id"], &me["bot_id"]),
        (&json!("T1"), &json!("U0MAINTBOT"), &json!("B0MAINTBOT"))
    );
    let error = async |token: &str, method: &str| -> Value {
        let answer = send(&fake, token, method, json!({})).await.expect("an answer");
        assert_eq!(answer.status(), 200);
        serde_json::from_str::<Value>(&answer.text().await.expect("a body")).expect("JSON")["error"].clone()
    };
    assert_eq!(error("xoxb-other", "auth.test").await, "invalid_auth");
    assert_eq!(error(APP_TOKEN, "auth.test").await, "not_allowed_token_type");
    assert_eq!(error(BOT_TOKEN, "apps.connections.open").await, "not_allowed_token_type");
    let naked = fake.client.post(format!("{}/auth.test", fake.url)).send().await.expect("an answer");
    assert!(naked.text().await.expect("a body").contains("not_authed"));
    fake.scopes(&["channels:read", "chat:write"]);
    let refused = call(&fake, "users.info", json!({ "user": "U0ANNA" })).await;
    let expected = ("missing_scope", "users:read", "channels:read,chat:write");
    assert_eq!(
        (&refused["error"], &refused["needed"], &refused["provided"]),
        (&json!(expected.0), &json!(expected.1), &json!(expected.2))
    );
    assert_eq!(call(&fake, "conversations.list", json!({ "types": "public_channel,im" })).await["needed"], "im:read");
    fake.lock_out("token_revoked");
    assert_eq!(error(BOT_TOKEN, "auth.test").await, "token_revoked");
    fake.let_in();
    assert_eq!(call(&fake, "auth.test", json!({})).await["ok"], true);
    let requests = fake.requests();
    assert!(requests.iter().all(|request| !request.headers.contains_key("authorization")));
    assert_eq!(requests[0].at, noon());
    assert_eq!((requests[0].team.as_deref(), requests[1].team.as_deref()), (Some("T1"), None));
    fake.close();
}

#[tokio::test]
async fn conversations_are_read_page_by_page() {
    let (fake, clock) = world().await;
    fake.channel("#hidden").private().without_bot();
    fake.channel("#own").private().without("ben");
    fake.channel("#old").archived();
    fake.pages_of(2);
    let mut names = Vec::new();
    let mut cursor = json!("");
    loop {
        let args = json!({ "types": "public_channel,private_channel", "cursor": cursor, "limit": 200 });
        let page = call(&fake, "conversations.list", args).await;
        let channels = page["channels"].as_array().expect("a list").clone();
        names.extend(channels.iter().map(|channel| channel["name"].as_str().expect("a name").to_owned()));
        cursor = page["response_metadata"]["next_cursor"].clone();
        if cursor == "" {
            break;
        }
    }
    assert_eq!(names, ["ce", "own", "old"]);
    let args = json!({ "exclude_archived": true, "limit": 2 });
    assert_eq!(call(&fake, "conversations.list", args).await["channels"].as_array().map(Vec::len), Some(1));
    let info = call(&fake, "conversations.info", json!({ "channel": "C0OLD" })).await;
    assert_eq!((&info["channel"]["is_archived"], &info["channel"]["is_member"]), (&json!(true), &json!(true)));
    assert_eq!(refusal(&fake, "conversations.info", json!({ "channel": "C0HIDDEN" })).await, "channel_not_found");
    let open = call(&fake, "conversations.open", json!({ "users": "U0BEN" })).await;
    assert_eq!(open["channel"]["id"], "D0BEN");
    assert_eq!(refusal(&fake, "conversations.open", json!({ "users": "U0NOBODY" })).await, "user_not_found");

    let parent = fake.say("anna", "#ce", None, "one");
    clock.set(noon() + TimeDelta::seconds(10));
    fake.other_app_says("#ce", "two", "D-1");
    let key = json!({ "event_type": "maintbot_delivery", "event_payload": { "key": "D-1" } });
    let args = json!({ "channel": "C0CE", "text": "three", "metadata": key });
    let three = call(&fake, POST, args).await["ts"].clone();
    for text in ["four", "five"] {
        fake.say("ben", "#ce", Some(&parent), text);
    }
    let texts = |page: &Value| {
        let messages = page["messages"].as_array().expect("a list").iter();
        messages.map(|message| message["text"].as_str().expect("a text").to_owned()).collect::<Vec<_>>()
    };
    let page = call(&fake, "conversations.history", json!({ "channel": "C0CE", "include_all_metadata": true })).await;
    assert_eq!(texts(&page), ["three", "two"]);
    assert_eq!(page["messages"][0]["metadata"]["event_payload"]["key"], "D-1");
    let next = &page["response_metadata"]["next_cursor"];
    let page = call(&fake, "conversations.history", json!({ "channel": "C0CE", "cursor": next })).await;
    assert_eq!((texts(&page), &page["has_more"]), (vec!["one".to_owned()], &json!(false)));
    let since = noon().timestamp() + 10;
    let page =
        call(&fake, "conversations.history", json!({ "channel": "C0CE", "oldest": since, "latest": three })).await;
    assert_eq!(texts(&page), Vec::<String>::new(), "both ends are left out");
    let args = json!({ "channel": "C0CE", "oldest": since, "latest": three, "inclusive": true });
    let page = call(&fake, "conversations.history", args).await;
    assert_eq!(
        (texts(&page), &page["messages"][0]["metadata"]),
        (vec!["three".to_owned(), "two".to_owned()], &Value::Null)
    );
    let page = call(&fake, "conversations.replies", json!({ "channel": "C0CE", "ts": parent })).await;
    assert_eq!((texts(&page), &page["has_more"]), (vec!["one".to_owned(), "four".to_owned()], &json!(true)));
    assert_eq!(
        refusal(&fake, "conversations.replies", json!({ "channel": "C0CE", "ts": "1.0" })).await,
        "thread_not_found"
    );
    assert_eq!(fake.twice(), Vec::<String>::new(), "another app's key is its own");
    assert_eq!(
        refusal(&fake, "conversations.history", json!({ "channel": "C0CE", "limit": 0 })).await,
        "invalid_limit"
    );
    fake.channel("#own").renamed("#mine");
    assert_eq!(fake.channel("#mine").id(), "C0OWN");
    fake.close();
}

#[tokio::test]
async fn people_and_groups_are_told() {
    let (fake, _) = world().await;
    let anna = call(&fake, "users.info", json!({ "user": "U0ANNA" })).await;
    assert_eq!((&anna["user"]["tz"], &anna["user"]["tz_offset"]), (&json!("Europe/Berlin"), &json!(3600)));
    assert_eq!(call(&fake, "users.info", json!({ "user": "U0BEN" })).await["user"]["tz"], Value::Null);
    assert_eq!(refusal(&fake, "users.info", json!({ "user": "U0X" })).await, "user_not_found");
    fake.group("oncall", &["ben"]);
    fake.group("oncall", &["anna"]);
    let groups = call(&fake, "usergroups.list", json!({ "include_users": true })).await;
    assert_eq!(
        (&groups["usergroups"][0]["handle"], &groups["usergroups"][0]["users"]),
        (&json!("oncall"), &json!(["U0ANNA"]))
    );
    let users = call(&fake, "usergroups.users.list", json!({ "usergroup": groups["usergroups"][0]["id"] })).await;
    assert_eq!(users["users"], json!(["U0ANNA"]));
    assert_eq!(refusal(&fake, "usergroups.users.list", json!({ "usergroup": "S0X" })).await, "no_such_subteam");
    fake.close();
}

#[tokio::test]
async fn whispers_reach_one_person_in_the_channel() {
    let (fake, _) = world().await;
    fake.channel("#far").without_bot();
    fake.channel("#ce").without("ben");
    let whisper = |channel: &str, user: &str| json!({ "channel": channel, "user": user, "text": "psst" });
    assert_eq!(call(&fake, "chat.postEphemeral", whisper("C0CE", "U0ANNA")).await["ok"], true);
    assert_eq!(refusal(&fake, "chat.postEphemeral", whisper("C0CE", "U0BEN")).await, "user_not_in_channel");
    assert_eq!(refusal(&fake, "chat.postEphemeral", whisper("C0FAR", "U0BEN")).await, "not_in_channel");
    let seen = fake.whispers("anna");
    assert_eq!((seen.len(), seen[0].plain().as_str(), seen[0].via), (1, "psst", "chat.postEphemeral"));
    assert!(fake.whispers("ben").is_empty() && fake.messages("#ce").is_empty());
    fake.close();
}

#[tokio::test]
async fn limits_go_by_the_clock_and_impatience_is_noticed() {
    let (fake, clock) = world().await;
    fake.channel("#ops");
    for text in ["1", "2", "3"] {
        post(&fake, "C0CE", text).await;
    }
    post(&fake, "C0OPS", "another channel").await;
    let fourth = send(&fake, BOT_TOKEN, POST, json!({ "channel": "C0CE", "text": "4" })).await.expect("an answer");
    assert_eq!((fourth.status().as_u16(), fourth.headers()["retry-after"].to_str().expect("text")), (429, "1"));
    assert_eq!((fake.limited(), fake.violations().len()), (1, 0));
    clock.set(noon() + TimeDelta::seconds(1));
    post(&fake, "C0CE", "4").await;
    for at in 2..70 {
        clock.set(noon() + TimeDelta::seconds(at));
        post(&fake, "C0CE", "one a second goes on for ever").await;
    }
    for _ in 0..20 {
        assert_eq!(call(&fake, "usergroups.list", json!({})).await["ok"], true);
    }
    let more = send(&fake, BOT_TOKEN, "usergroups.list", json!({})).await.expect("an answer");
    assert_eq!(more.headers()["retry-after"], "60");
    assert_eq!((fake.limited(), fake.violations().len()), (2, 0));
    assert_eq!(refusal(&fake, "usergroups.list", json!({})).await, "ratelimited");
    assert_eq!(fake.violations().len(), 1, "{:?}", fake.violations());
    clock.set(clock.now() + TimeDelta::seconds(60));
    assert_eq!(call(&fake, "usergroups.list", json!({})).await["ok"], true);

    fake.fail_times(1, Matching::method(POST).channel("#ce"), Fault::RateLimited { retry_after: 30 });
    assert_eq!(refusal(&fake, POST, json!({ "channel": "C0CE", "text": "x" })).await, "ratelimited");
    post(&fake, "C0OPS", "the other channel may go on").await;
    assert_eq!(fake.violations().len(), 1);
    post(&fake, "C0CE", "but this one may not").await;
    assert_eq!(fake.violations().len(), 2);
}

#[tokio::test]
async fn faults_hit_what_they_should() {
    let (fake, _) = world().await;
    for name in ["#a", "#b", "#c"] {
        fake.channel(name);
    }
    let other = fake.workspace("T2");
    other.channel("#ce");
    let say = |channel: &'static str| send(&fake, BOT_TOKEN, POST, json!({ "channel": channel, "text": "x" }));
    let there = |channel: &str| fake.messages(channel).len();
    fake.fail_times(1, Matching::method(POST).team("T1"), Fault::unavailable());
    fake.fail_times(1, Matching::method(POST).channel("C0A"), Fault::Error("is_archived"));
    fake.fail_times(1, Matching::method(POST).channel("#b"), Fault::Status(502, json!("<html>bad gateway")));
    assert_eq!(post(&other, "C0CET2", "not hit").await.len(), 17);
    assert_eq!(say("C0C").await.expect("an answer").status(), 503);
    assert_eq!(
        say("C0A").await.expect("an answer").text().await.expect("a body"),
        r#"{"error":"is_archived","ok":false}"#
    );
    assert_eq!(say("C0B").await.expect("an answer").status(), 502);
    assert_eq!((there("#a"), there("#b"), there("#c")), (0, 0, 0));
    fake.fail(Matching::method(POST), Fault::Reset);
    assert!(say("C0A").await.is_err() && say("C0B").await.is_err());
    assert_eq!(call(&fake, "auth.test", json!({})).await["ok"], true);
    fake.lift();
    fake.fail_times(1, Matching::any(), Fault::DoThenReset);
    assert!(say("C0A").await.is_err());
    fake.fail_times(1, Matching::any(), Fault::DoThenStatus(500, json!({ "ok": false, "error": "internal_error" })));
    assert_eq!(say("C0A").await.expect("an answer").status(), 500);
    fake.fail_times(1, Matching::any(), Fault::DoThenError("fatal_error"));
    assert_eq!(say("C0A").await.expect("an answer").status(), 200);
    let last = fake.requests().pop().expect("a request");
    assert_eq!((last.done, last.status, last.error.as_deref(), there("#a")), (true, Some(200), Some("fatal_error"), 3));
    assert_eq!((last.args["text"].as_str(), last.channel.expect("a channel").1.as_str()), (Some("x"), "a"));
    let short = Duration::from_millis(50);
    for (fault, expected) in [(Fault::Hang(short), 0), (Fault::DoThenHang(short), 1)] {
        let begun = Instant::now();
        fake.fail_times(1, Matching::any(), fault);
        assert!(say("C0B").await.is_err() && begun.elapsed() >= short);
        assert_eq!(there("#b"), expected);
    }
    let (tell, told) = std::sync::mpsc::channel();
    fake.fail_times(1, Matching::any(), Fault::done_then(move |request| tell.send(request.done).expect("heard")));
    assert!(say("C0C").await.is_ok() && told.recv() == Ok(true));
    assert_eq!(fake.calls("auth.test").len(), 1);
    fake.close();
}

#[tokio::test]
#[should_panic(expected = "posted more than once: D-1")]
async fn a_double_in_which_something_stands_twice_does_not_close() {
    let (fake, _) = world().await;
    let key = json!({ "event_type": "maintbot_delivery", "event_payload": { "key": "D-1" } });
    for _ in 0..2 {
        call(&fake, POST, json!({ "channel": "C0CE", "text": "x", "metadata": key })).await;
    }
    fake.close();
}

#[tokio::test]
#[should_panic(expected = "chat.postMessage: there is no argument `txt`")]
async fn a_double_that_was_asked_wrongly_does_not_close() {
    let (fake, _) = world().await;
    call(&fake, POST, json!({ "channel": "C0CE", "text": "x", "txt": "y" })).await;
    fake.close();
}

#[tokio::test]
async fn what_slack_would_pass_over_is_a_violation() {
    let (fake, _) = world().await;
    let bare = fake.client.post(format!("{}/{POST}", fake.url)).bearer_auth(BOT_TOKEN);
    let bare = bare.header("content-type", "application/json").body(r##"{"channel":"#ce","text":"x"}"##);
    assert_eq!(bare.send().await.expect("an answer").status(), 200);
    let json = fake.client.post(format!("{}/users.info", fake.url)).bearer_auth(BOT_TOKEN);
    let json = json.header("content-type", "application/json; charset=utf-8").body(r#"{"user":"U0ANNA"}"#);
    let answer = json.send().await.expect("an answer").text().await.expect("a body");
    assert!(answer.contains("missing required field: user"));
    let form = fake.client.post(format!("{}/{POST}", fake.url)).bearer_auth(BOT_TOKEN);
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    let form = form.body("channel=C0CE&text=a+b&token=x&blocks=%5B%7B%22type%22%3A%22divider%22%7D%5D");
    assert_eq!(form.send().await.expect("an answer").status(), 200);
    let post = fake.posts("#ce").pop().expect("a post");
    assert_eq!((post.text.as_str(), &post.blocks[0]["type"]), ("a b", &json!("divider")));
    assert_eq!(fake.violations().len(), 3, "{:?}", fake.violations());
}

#[test]
fn plain_shows_what_a_reader_sees() {
    let mrkdwn = |text: &str| json!({ "type": "mrkdwn", "text": text });
    let button = json!({ "type": "button", "action_id": "start", "text": { "type": "plain_text", "text": "Start" } });
    let blocks = json!([
        { "type": "header", "text": { "type": "plain_text", "text": "MW-1" } },
        { "type": "section", "text": mrkdwn("<!date^1796569200^{time}|15:00 UTC> a\u{200b}b &amp;lt;"), "accessory": button },
        { "type": "section", "fields": [mrkdwn("*POC*: <@U0ANNA>"), mrkdwn("<https://x.example>")] },
        { "type": "divider" },
        { "type": "context", "elements": [mrkdwn("1 < 2")] },
        { "type": "rich_text", "elements": [{ "type": "rich_text_section", "elements": [
            { "type": "text", "text": "made " }, { "type": "text", "text": "of parts" },
        ] }] },
        { "type": "actions", "elements": [button, button] },
    ]);
    let expected = "MW-1\n15:00 UTC ab &lt;\n[Start]\n*POC*: <@U0ANNA>\nhttps://x.example\n---\n1 < 2\nmade of parts\n[Start] [Start]";
    assert_eq!(plain(&blocks), expected);
    assert_eq!(plain(&json!({ "text": "a &gt; b" })), "a > b");
    assert_eq!(super::plain::pings("<!here> &lt;!channel&gt; <@U1> <!date^1^{date}|x>"), ["<!here>", "<@U1>"]);
}

#[tokio::test]
async fn who_is_called_is_found_wherever_slack_reads_markup() {
    let (fake, _) = world().await;
    let section = json!({ "type": "section", "fields": [{ "type": "mrkdwn", "text": "ask <@U0BEN>" }] });
    let said = json!({ "channel": "C0CE", "text": "hello <@U0ANNA>", "blocks": [section] });
    let answer = call(&fake, POST, said).await;
    assert_eq!(answer["ok"], true, "{answer}");
    assert_eq!(fake.pings(), ["<@U0ANNA>", "<@U0BEN>"]);
}
