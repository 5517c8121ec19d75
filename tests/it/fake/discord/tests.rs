//! Tests of the double itself: it has to behave as Discord does before anything can be shown with it.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use maintbot::clock::Clock;
use serde_json::{Value, json};

use super::permissions::{EMBED_LINKS, MANAGE_EVENTS, SEND_MESSAGES, VIEW_CHANNEL};
use super::{APPLICATION, BOT, BOT_TOKEN, FakeDiscord, Fault, Matching, SERVER, Scope};

mod commands;
mod events;
#[cfg(feature = "discord-gateway")]
mod gateway;
mod people;
mod places;

/// Where every test begins.
fn noon() -> DateTime<Utc> {
    "2026-12-06T12:00:00Z".parse().expect("an instant")
}

/// A double with anna, ben and the channel `#ce`, whose clock stands at noon.
async fn world() -> (FakeDiscord, Clock) {
    let fake = FakeDiscord::start().await;
    let clock = Clock::manual(noon());
    fake.follow(&clock);
    fake.role("oncall");
    fake.person("anna", &["oncall"]);
    fake.person("ben", &[]);
    fake.channel("#ce");
    (fake, clock)
}

/// Asks as a client would; status and body.
async fn call(fake: &FakeDiscord, method: &str, path: &str, body: Value) -> (u16, Value) {
    let answer = send(fake, BOT_TOKEN, method, path, body).await.expect("an answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(json!(text)))
}

async fn send(
    fake: &FakeDiscord,
    token: &str,
    method: &str,
    path: &str,
    body: Value,
) -> reqwest::Result<reqwest::Response> {
    let method = method.parse().expect("a method");
    let request = fake.client.request(method, format!("{}/api/v10{path}", fake.url));
    let request = request.header("user-agent", "DiscordBot (https://example.com, 1)");
    let request = request.header("authorization", format!("Bot {token}"));
    let request = if body.is_null() { request } else { request.json(&body) };
    request.send().await
}

/// The code that a call is refused with.
async fn code(fake: &FakeDiscord, method: &str, path: &str, body: Value) -> (u16, u64) {
    let (status, body) = call(fake, method, path, body).await;
    assert!(status >= 400, "{body}");
    (status, body["code"].as_u64().unwrap_or_default())
}

/// A message that says this and notifies nobody.
fn text(content: &str) -> Value {
    json!({ "content": content, "allowed_mentions": { "parse": [] } })
}

/// A post with a nonce of its own; its id.
async fn post(fake: &FakeDiscord, channel: &str, content: &str) -> String {
    let mut say = text(content);
    (say["nonce"], say["enforce_nonce"]) = (json!(content), json!(true));
    let id = fake.channel(channel).id();
    let (status, body) = call(fake, "POST", &format!("/channels/{id}/messages"), say).await;
    assert_eq!(status, 200, "{body}");
    body["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn posts_are_kept_with_edits_threads_and_who_is_notified() {
    let (fake, clock) = world().await;
    let (anna, oncall, ce) = (fake.id("anna"), fake.role("oncall"), fake.channel("#ce").id());
    let path = format!("/channels/{ce}/messages");
    let first = post(&fake, "#ce", "first").await;
    clock.set(noon() + TimeDelta::minutes(1));
    let content = format!("<@{anna}> <@&{oncall}>, a\\*b");
    let say = json!({
        "content": content, "nonce": "n2", "enforce_nonce": true,
        "embeds": [{ "title": "Jira", "url": "https://m.example/windows/MW-1#d7", "fields": [{ "name": "a", "value": "b" }] }],
        "components": [{ "type": 1, "components": [{ "type": 2, "style": 1, "custom_id": "start MW-1", "label": "Start" }] }],
        "allowed_mentions": { "parse": [], "users": [anna], "roles": [oncall] },
    });
    let (_, second) = call(&fake, "POST", &path, say).await;
    let posts = fake.posts("#ce");
    assert_eq!((posts.len(), posts[1].mark(), posts[1].buttons()), (2, Some("d7"), vec!["start MW-1".to_owned()]));
    assert!(posts[1].plain().ends_with(", a*b\nJira\na: b\n[Start]"), "{}", posts[1].plain());
    let pings = fake.pings();
    assert_eq!((pings.len(), &pings[0].who), (1, &vec!["anna".to_owned(), "@oncall".to_owned()]));

    let (status, _) = call(&fake, "PATCH", &format!("{path}/{first}"), text("changed")).await;
    let edited = fake.now(&fake.posts("#ce")[0]);
    assert_eq!((status, edited.content.as_str(), edited.edits.len()), (200, "changed", 1));
    let before = &edited.edits[0];
    assert_eq!((before.content.as_str(), before.embeds.len(), before.components.len()), ("first", 0, 0));
    let open = json!({ "name": "Jira", "auto_archive_duration": 10_080 });
    let (status, thread) = call(&fake, "POST", &format!("{path}/{first}/threads"), open.clone()).await;
    assert_eq!((status, &thread["id"], &thread["parent_id"]), (201, &json!(first), &json!(ce)));
    assert_eq!(code(&fake, "POST", &format!("{path}/{first}/threads"), open).await, (400, 160_004));
    call(&fake, "POST", &format!("/channels/{first}/messages"), text("below")).await;
    assert_eq!(fake.thread_of(&fake.posts("#ce")[0])[0].plain(), "below");

    let said = fake.say("ben", "#ce", "not for the bot");
    let (_, page) = call(&fake, "GET", &format!("{path}?limit=2"), Value::Null).await;
    assert_eq!((&page[0]["id"], &page[0]["content"], &page[1]["id"]), (&json!(said), &json!(""), &second["id"]));
    let before = format!("{path}?limit=100&before={}", second["id"].as_str().expect("an id"));
    let (_, page) = call(&fake, "GET", &before, Value::Null).await;
    assert_eq!((page.as_array().map(Vec::len), &page[0]["author"]["id"]), (Some(1), &json!(BOT)));
    let asked = fake.calls("list_messages").remove(0);
    assert_eq!((asked.query["limit"].as_str(), asked.body), ("2", Value::Null));
    assert_eq!(code(&fake, "PATCH", &format!("{path}/{said}"), text("x")).await, (403, 50_005));
    fake.delete_message(&fake.posts("#ce")[1]);
    let gone = second["id"].as_str().expect("an id");
    assert_eq!(code(&fake, "PATCH", &format!("{path}/{gone}"), text("x")).await, (404, 10_008));
    fake.close();
}

#[tokio::test]
async fn a_nonce_gives_the_same_message_for_a_few_minutes() {
    let (fake, clock) = world().await;
    let first = post(&fake, "#ce", "once").await;
    clock.set(noon() + TimeDelta::seconds(170));
    assert_eq!(post(&fake, "#ce", "once").await, first);
    assert_eq!(fake.posts("#ce").len(), 1);
    clock.set(noon() + TimeDelta::minutes(4));
    assert_ne!(post(&fake, "#ce", "once").await, first);
    assert_eq!(fake.twice(), ["nonce once in ce"]);
}

#[tokio::test]
async fn nobody_is_notified_whom_the_message_does_not_allow() {
    let (fake, _) = world().await;
    let (anna, oncall, ce) = (fake.id("anna"), fake.role("oncall"), fake.channel("#ce").id());
    let path = format!("/channels/{ce}/messages");
    fake.role_may("oncall", 0, false);
    let tags = format!("<@{anna}> <@&{oncall}> @everyone");
    let silent = json!({ "parse": [] });
    let all = json!({ "parse": ["users", "roles", "everyone"] });
    for (allowed, expected) in [(silent, vec![]), (all.clone(), vec!["anna"])] {
        let before = fake.pings().len();
        call(&fake, "POST", &path, json!({ "content": tags, "allowed_mentions": allowed })).await;
        let who: Vec<String> = fake.pings().into_iter().skip(before).flat_map(|ping| ping.who).collect();
        assert_eq!(who, expected);
    }
    fake.channel("#ce").bot_may(super::permissions::MENTION_EVERYONE);
    call(&fake, "POST", &path, json!({ "content": tags, "allowed_mentions": all })).await;
    assert_eq!(fake.pings().pop().expect("a ping").who, ["anna", "@oncall", "@everyone"]);
    let wrong = fake.violations();
    assert!(wrong.iter().any(|wrong| wrong.contains("parse")), "the judge wants `parse` empty: {wrong:?}");
}

#[tokio::test]
async fn faults_hit_what_they_were_planned_for_and_each_leaves_what_it_should() {
    let (fake, _) = world().await;
    fake.channel("#dev");
    let [ce, dev] = ["#ce", "#dev"].map(|name| format!("/channels/{}/messages", fake.channel(name).id()));
    let in_ce = || Matching::route("create_message").channel("#ce");
    for (fault, expected) in [
        (Fault::Status(500), (500, 0)),
        (Fault::Status(503), (503, 0)),
        (Fault::Code(403, 50_001), (403, 50_001)),
        (Fault::Banned, (429, 0)),
    ] {
        fake.fail(in_ce(), 1, fault);
        assert_eq!(code(&fake, "POST", &ce, text("x")).await, expected);
    }
    assert_eq!(fake.posts("#ce").len(), 0);
    fake.fail(in_ce(), 1, Fault::Reset);
    assert!(send(&fake, BOT_TOKEN, "POST", &ce, text("x")).await.is_err());
    fake.fail(in_ce(), 1, Fault::Silence(Duration::from_millis(50)));
    assert!(send(&fake, BOT_TOKEN, "POST", &ce, text("x")).await.is_err());
    assert_eq!(fake.posts("#ce").len(), 0);
    fake.fail(in_ce(), 1, Fault::ResetAfter);
    assert!(send(&fake, BOT_TOKEN, "POST", &ce, text("one")).await.is_err());
    fake.fail(in_ce(), 1, Fault::SilenceAfter(Duration::from_millis(50)));
    assert!(send(&fake, BOT_TOKEN, "POST", &ce, text("two")).await.is_err());
    fake.fail(in_ce(), 1, Fault::StatusAfter(502));
    assert_eq!(call(&fake, "POST", &ce, text("three")).await.0, 502);
    let (tell, told) = std::sync::mpsc::channel();
    fake.fail(in_ce(), 1, Fault::done_then(move |request| tell.send(request.done).expect("somebody listens")));
    assert_eq!(call(&fake, "POST", &ce, text("four")).await.0, 200);
    assert!(told.recv().expect("it was called"));
    fake.fail_always(in_ce(), Fault::Status(500));
    assert_eq!(call(&fake, "POST", &dev, text("elsewhere")).await.0, 200);
    assert_eq!(call(&fake, "POST", &ce, text("x")).await.0, 500);
    fake.lift();
    assert_eq!(
        fake.posts("#ce").iter().map(super::state::Message::plain).collect::<Vec<_>>(),
        ["one", "two", "three", "four"]
    );
    let calls = fake.calls("create_message");
    assert_eq!((calls[0].status, calls[2].code, calls[2].done), (Some(500), 50_001, false));
    fake.close();
}

#[tokio::test]
async fn too_many_calls_are_refused_and_who_does_not_wait_is_told_on() {
    let (fake, clock) = world().await;
    fake.channel("#dev");
    let [ce, dev] = ["#ce", "#dev"].map(|name| format!("/channels/{}/messages", fake.channel(name).id()));
    for left in (0..5).rev() {
        let answer = send(&fake, BOT_TOKEN, "POST", &ce, text("x")).await.expect("an answer");
        let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
        assert_eq!((header("x-ratelimit-limit"), header("x-ratelimit-remaining")), ("5".into(), left.to_string()));
        assert_eq!(header("x-ratelimit-reset-after"), "5.000");
    }
    let answer = send(&fake, BOT_TOKEN, "POST", &ce, text("x")).await.expect("an answer");
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["x-ratelimit-scope"]),
        (429, &"user".parse().expect("one"))
    );
    assert_eq!(call(&fake, "POST", &dev, text("another bucket")).await.0, 200);
    assert_eq!((fake.limited(), fake.violations(), fake.invalid_requests()), (1, vec![], 1));
    clock.set(noon() + TimeDelta::seconds(5));
    assert_eq!(call(&fake, "POST", &ce, text("x")).await.0, 200);

    fake.fail(Matching::any(), 1, Fault::Limited(20, Scope::Global));
    let (status, body) = call(&fake, "POST", &ce, text("x")).await;
    assert_eq!((status, &body["retry_after"], &body["global"]), (429, &json!(20.0), &json!(true)));
    assert_eq!(fake.violations(), Vec::<String>::new());
    call(&fake, "POST", &dev, text("too early")).await;
    assert_eq!(fake.violations().len(), 1, "{:?}", fake.violations());
}

#[tokio::test]
async fn old_messages_are_edited_a_few_times_only() {
    let (fake, clock) = world().await;
    let id = post(&fake, "#ce", "first").await;
    let path = format!("/channels/{}/messages/{id}", fake.channel("#ce").id());
    clock.set(noon() + TimeDelta::hours(2));
    for _ in 0..3 {
        assert_eq!(call(&fake, "PATCH", &path, text("changed")).await.0, 200);
    }
    let (status, said) = call(&fake, "PATCH", &path, text("changed")).await;
    assert_eq!((status, &said["code"], &said["retry_after"]), (429, &json!(30_046), &json!(20.0)));
    clock.set(noon() + TimeDelta::hours(2) + TimeDelta::seconds(20));
    assert_eq!(call(&fake, "PATCH", &path, text("changed")).await.0, 200);
    fake.close();
}

#[tokio::test]
async fn only_its_token_lets_a_client_in() {
    let (fake, _) = world().await;
    let status = async |token: &str| {
        send(&fake, token, "GET", "/users/@me", Value::Null).await.expect("an answer").status().as_u16()
    };
    assert_eq!((status(BOT_TOKEN).await, status("another").await), (200, 401));
    fake.lock_out(true);
    assert_eq!(status(BOT_TOKEN).await, 401);
    fake.lock_out(false);
    let (_, me) = call(&fake, "GET", "/users/@me", Value::Null).await;
    assert_eq!((&me["id"], &me["bot"]), (&json!(BOT), &json!(true)));
    let (_, application) = call(&fake, "GET", "/applications/@me", Value::Null).await;
    assert_eq!((&application["id"], &application["verify_key"]), (&json!(APPLICATION), &json!(super::public_key())));
    assert_eq!(fake.violations(), Vec::<String>::new());
    assert_eq!(call(&fake, "GET", "/users/@me/guilds", Value::Null).await.0, 404);
    assert_eq!(fake.violations().len(), 1, "{:?}", fake.violations());
}
