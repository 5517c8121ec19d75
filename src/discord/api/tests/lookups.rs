//! Looking things up: how often it is asked, and what is made of the answers.

use serde_json::Value;

use super::server::Reply;
use super::*;
use crate::domain::channel::DiscordPlace;

fn me() -> Reply {
    Reply::ok(json!({ "id": "77", "username": "maintbot", "global_name": null }))
}

fn place(text: &str) -> DiscordPlace {
    text.parse().expect("a place")
}

fn channels(of: &[(&str, &str, u8, i64)]) -> Reply {
    let channel = |(id, name, kind, position): &(&str, &str, u8, i64)| json!({ "id": id, "name": name, "type": kind, "position": position });
    Reply::ok(of.iter().map(channel).collect())
}

fn message(id: u64, author: &str, url: &str, timestamp: &str) -> Value {
    json!({ "id": id.to_string(), "author": { "id": author }, "timestamp": timestamp, "embeds": [{ "url": url }, {}] })
}

#[tokio::test]
async fn who_maintbot_is_is_asked_once() {
    let (server, discord, clock) = scene(vec![me(), me()]);
    let (a, b) = tokio::join!(discord.me(), discord.me());
    assert_eq!(a, Ok(Me { id: "77".into(), name: "maintbot".into() }));
    assert_eq!(a, b);
    assert_eq!(server.next().line, "GET /api/v10/users/@me");
    assert!(server.is_idle());
    clock.set(now() + TimeDelta::hours(1));
    discord.me().await.expect("again");
}

#[tokio::test]
async fn a_channel_is_found_by_name_and_the_list_is_kept() {
    let list = [("5", "ops", 4, 0), ("6", "ops", 15, 1), ("3", "ops", 2, 0), ("2", "ops", 0, 9), ("1", "ops", 0, 8)];
    let (server, discord, _) = scene(vec![channels(&list)]);
    assert_eq!(discord.channel_id(&place("#ops")).await.as_deref(), Ok("1"), "the first in which texts are written");
    assert_eq!(discord.channel_id(&place("9001/#ops")).await.as_deref(), Ok("1"));
    assert_eq!(discord.channel_id(&place("1103")).await.as_deref(), Ok("1103"), "an id is one");
    assert_eq!(kind(&discord.channel_id(&place("#nowhere")).await.expect_err("unknown")), "missing");
    assert_eq!(kind(&discord.channel_id(&place("9001/events")).await.expect_err("no channel")), "missing");
    assert_eq!(server.next().line, "GET /api/v10/guilds/9001/channels");
    assert!(server.is_idle(), "not asked again within a minute");
}

#[tokio::test]
async fn servers_have_lists_of_their_own_and_a_name_alone_needs_one_server() {
    let server = Server::new(vec![channels(&[("1", "ops", 0, 0)]), channels(&[("2", "ops", 0, 0)])]);
    let settings = config::Discord { guilds: vec!["9001".into(), "9002".into()], ..settings(&server.url) };
    let discord = Discord::new(&settings, Clock::manual(now())).expect("a client");
    assert_eq!(discord.channel_id(&place("9001/#ops")).await.as_deref(), Ok("1"));
    assert_eq!(discord.channel_id(&place("9002/#ops")).await.as_deref(), Ok("2"));
    let failure = discord.channel_id(&place("#ops")).await.expect_err("which?");
    assert_eq!(kind(&failure), "missing", "{failure}");
}

#[tokio::test]
async fn a_channel_that_turns_out_unknown_is_looked_for_again_once_a_minute() {
    let (server, discord, clock) =
        scene(vec![channels(&[("1", "ops", 0, 0)]), Reply::error(404, 10_003), channels(&[("2", "ops", 0, 0)])]);
    let found = async || discord.channel_id(&place("#ops")).await;
    assert_eq!(found().await.as_deref(), Ok("1"));
    let failure = discord.post("1", &say("x"), None).await.expect_err("gone");
    assert!(matches!(failure, Failure::Missing { code: 10_003, .. }), "{failure}");
    assert_eq!(found().await.as_deref(), Ok("1"), "not at once");
    clock.set(now() + seconds(60));
    assert_eq!(found().await.as_deref(), Ok("2"));
    assert_eq!(server.lines(3)[2], "GET /api/v10/guilds/9001/channels");
}

#[tokio::test]
async fn a_new_channel_is_found_after_a_minute_and_an_old_answer_is_better_than_none() {
    let broken = Reply::Json(500, json!({}));
    let (_server, discord, clock) =
        scene(vec![channels(&[("1", "ops", 0, 0)]), channels(&[("1", "ops", 0, 0), ("2", "new", 0, 1)]), broken]);
    assert_eq!(kind(&discord.channel_id(&place("#new")).await.expect_err("not yet")), "missing");
    clock.set(now() + seconds(60));
    assert_eq!(discord.channel_id(&place("#new")).await.as_deref(), Ok("2"));
    clock.set(now() + TimeDelta::hours(2));
    assert_eq!(discord.channel_id(&place("#ops")).await.as_deref(), Ok("1"), "although the list cannot be read");
}

#[tokio::test]
async fn direct_messages_are_opened_once_and_who_takes_none_is_missing() {
    let (server, discord, _) = scene(vec![Reply::ok(json!({ "id": "4400" })), Reply::error(403, 50_007)]);
    for _ in 0..2 {
        assert_eq!(discord.channel_id(&place("@2204")).await.as_deref(), Ok("4400"));
    }
    let got = server.next();
    assert_eq!(
        (got.line.as_str(), got.json()),
        ("POST /api/v10/users/@me/channels", json!({ "recipient_id": "2204" }))
    );
    let failure = discord.channel_id(&place("@2205")).await.expect_err("closed");
    assert!(failure.to_string().starts_with("Discord answers Create DM for 2205 with 403 50007"), "{failure}");
    assert_eq!(kind(&failure), "missing");
}

#[tokio::test]
async fn a_message_is_found_by_its_mark_and_never_in_another_authors_message() {
    let own = |id, mark: &str| {
        message(id, "77", &format!("https://m.example.com/windows/MW-12{mark}"), "2026-12-02T09:59:00Z")
    };
    let foreign = message(30, "78", "https://m.example.com/windows/MW-12#7", "2026-12-02T09:59:30Z");
    let first: Vec<Value> = std::iter::once(foreign).chain((0..99).map(|n| own(129 - n, "#77"))).collect();
    let second = json!([own(29, ""), own(28, "#7"), own(27, "#7")]);
    let (server, discord, _) = scene(vec![me(), Reply::ok(json!(first)), Reply::ok(second)]);
    assert_eq!(discord.find("1103", "7", now()).await, Ok(Some("28".into())));
    let lines = server.lines(3);
    assert_eq!(lines[1], "GET /api/v10/channels/1103/messages?limit=100");
    assert_eq!(lines[2], "GET /api/v10/channels/1103/messages?limit=100&before=31");
}

#[tokio::test]
async fn messages_are_looked_through_back_to_the_time_that_is_meant_and_no_further_than_ten_pages() {
    let page = |timestamp: &str| Reply::ok((0..100).map(|n| message(900 - n, "77", "x", timestamp)).collect());
    let (server, discord, _) = scene(vec![me(), page("2026-12-02T09:54:59.999000+00:00")]);
    assert_eq!(discord.find("1103", "7", now()).await, Ok(None));
    server.lines(2);
    assert!(server.is_idle());

    let recent = std::iter::once(me()).chain((0..10).map(|_| page("2026-12-02T10:00:00+00:00")));
    let (server, discord, clock) = scene(recent.collect());
    let stopped = discord.find("1103", "7", now()).await.expect_err("paced");
    assert_eq!(later(&stopped), Some(2), "five pages in a second, as long as Discord does not tell its limit");
    let lines = server.lines(6);
    assert!(lines[5].ends_with("&before=801"), "{}", lines[5]);
    clock.set(now() + seconds(2));
    assert_eq!(discord.find("1103", "7", now()).await, Ok(None), "it goes on and comes to an end");
    let lines = server.lines(5);
    assert!(lines[0].ends_with("&before=801"), "not from the beginning: {}", lines[0]);
    assert!(server.is_idle());
}

#[tokio::test]
async fn a_failed_look_is_not_taken_for_an_absent_message() {
    let (_server, discord, _) = scene(vec![me(), Reply::Close]);
    assert_eq!(kind(&discord.find("1103", "7", now()).await.expect_err("a reset")), "later");
}

#[tokio::test]
async fn scheduled_events_are_read_added_and_changed() {
    let event = json!({
        "id": "800", "name": "CRM upgrade", "description": null, "entity_type": 3, "status": 2,
        "entity_metadata": { "location": "https://m.example.com/windows/MW-12" }, "creator_id": "77",
        "scheduled_start_time": "2026-12-06T14:00:00+00:00", "scheduled_end_time": "2026-12-06T18:00:00+00:00",
    });
    let odd = json!({ "id": "801", "name": "Raid", "status": 9, "scheduled_start_time": "2026-12-06T14:00:00+00:00" });
    let (server, discord, _) = scene(vec![
        Reply::ok(json!([event, odd])),
        Reply::ok(event.clone()),
        Reply::ok(event.clone()),
        Reply::ok(event.clone()),
        Reply::error(404, 10_070),
    ]);
    let found = discord.events("9001").await.expect("events");
    let at = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
    let expected = Event {
        id: "800".into(),
        name: "CRM upgrade".into(),
        description: String::new(),
        location: "https://m.example.com/windows/MW-12".into(),
        status: EventStatus::Active,
        starts_at: at("2026-12-06T14:00:00Z"),
        ends_at: Some(at("2026-12-06T18:00:00Z")),
        creator: Some("77".into()),
    };
    assert_eq!(found[0], expected);
    assert_eq!((found[1].status, found[1].ends_at, found[1].location.as_str()), (EventStatus::Completed, None, ""));
    assert_eq!(discord.event("9001", "800").await.as_ref(), Ok(&expected));
    assert_eq!(discord.create_event("9001", &json!({ "name": "x" })).await.as_ref(), Ok(&expected));
    assert_eq!(discord.update_event("9001", "800", &json!({ "status": 3 })).await.as_ref(), Ok(&expected));
    let failure = discord.event("9001", "802").await.expect_err("gone");
    assert!(matches!(failure, Failure::Missing { code: 10_070, .. }), "{failure}");
    assert_eq!(server.next().line, "GET /api/v10/guilds/9001/scheduled-events");
    assert_eq!(server.next().line, "GET /api/v10/guilds/9001/scheduled-events/800");
    let got = server.next();
    assert_eq!((got.line.as_str(), got.json()), ("POST /api/v10/guilds/9001/scheduled-events", json!({ "name": "x" })));
    let got = server.next();
    assert_eq!(got.line, "PATCH /api/v10/guilds/9001/scheduled-events/800");
    assert_eq!(got.json(), json!({ "status": EventStatus::Completed.number() }));
}

#[tokio::test]
async fn commands_are_read_and_written_on_a_server_and_everywhere() {
    let command = json!({ "name": "maintenance", "type": 1 });
    let list = || Reply::ok(json!([command]));
    let (server, discord, _) = scene(vec![list(), list(), list(), list()]);
    let commands = [command.clone()];
    assert_eq!(discord.commands(None).await.as_deref(), Ok(commands.as_slice()));
    assert_eq!(discord.commands(Some("9001")).await.as_deref(), Ok(commands.as_slice()));
    discord.set_commands(None, &commands).await.expect("written");
    discord.set_commands(Some("9001"), &commands).await.expect("written");
    assert_eq!(server.next().line, "GET /api/v10/applications/77/commands?with_localizations=true");
    assert_eq!(server.next().line, "GET /api/v10/applications/77/guilds/9001/commands?with_localizations=true");
    let got = server.next();
    assert_eq!((got.line.as_str(), got.json()), ("PUT /api/v10/applications/77/commands", json!(commands)));
    assert_eq!(server.next().line, "PUT /api/v10/applications/77/guilds/9001/commands");
}

#[tokio::test]
async fn the_gateway_is_discords_or_it_is_not_used() {
    let gateway = |url: &str| {
        let limit = json!({ "total": 1000, "remaining": 999, "reset_after": 14_400_000, "max_concurrency": 1 });
        Reply::ok(json!({ "url": url, "shards": 1, "session_start_limit": limit }))
    };
    let (server, discord, _) = scene(vec![gateway("wss://gateway.discord.gg"), gateway("wss://example.org/?s3cret")]);
    let url = "wss://gateway.discord.gg".into();
    let expected = Gateway { url, remaining: 999, reset_after: TimeDelta::hours(4) };
    assert_eq!(discord.gateway().await, Ok(expected));
    assert_eq!(server.next().line, "GET /api/v10/gateway/bot");
    let failure = discord.gateway().await.expect_err("foreign");
    assert!(kind(&failure) == "refused" && !failure.to_string().contains("s3cret"), "{failure}");
}

#[tokio::test]
async fn what_discord_has_on_record_about_the_application_is_read() {
    let record = json!({ "id": "77", "name": "maintbot", "verify_key": "ab", "bot_public": true,
        "interactions_endpoint_url": "https://m.example.com/discord/interactions" });
    let short = json!({ "id": "77", "name": "maintbot", "verify_key": "ab", "interactions_endpoint_url": null });
    let (server, discord, _) = scene(vec![Reply::ok(record), Reply::ok(short)]);
    let found = discord.application_info().await.expect("a record");
    assert_eq!(found.interactions_endpoint_url.as_deref(), Some("https://m.example.com/discord/interactions"));
    assert_eq!((found.verify_key.as_str(), found.bot_public), ("ab", true));
    assert_eq!(server.next().line, "GET /api/v10/applications/@me");
    let found = discord.application_info().await.expect("a record");
    assert_eq!((found.interactions_endpoint_url, found.bot_public), (None, false));
}

#[tokio::test]
async fn a_server_is_read_with_what_maintbot_may_do_in_each_channel() {
    let roles = json!([{ "id": "9001", "permissions": "3072" }, { "id": "5", "permissions": "16384" }]);
    let there = json!({ "id": "9001", "name": "Example", "owner_id": "1", "roles": roles });
    let hidden = json!([{ "id": "9001", "type": 0, "allow": "0", "deny": "1024" }]);
    let list = json!([
        { "id": "12", "name": "secret", "type": 0, "position": 2, "permission_overwrites": hidden },
        { "id": "11", "name": "ops", "type": 0, "position": 1 },
    ]);
    let (server, discord, _) =
        scene(vec![me(), Reply::ok(there), Reply::ok(json!({ "roles": ["5"] })), Reply::ok(list)]);
    let found = discord.guild("9001").await.expect("a server");
    assert_eq!((found.id.as_str(), found.name.as_str(), found.permissions), ("9001", "Example", 0x4c00));
    let channel = |id: &str, name: &str, permissions| {
        let (id, name) = (id.to_owned(), name.to_owned());
        ChannelInfo { id, name, kind: 0, permissions }
    };
    assert_eq!(found.channels, [channel("11", "ops", 0x4c00), channel("12", "secret", 0x4800)]);
    let lines = server.lines(4);
    assert_eq!(
        lines[1..],
        ["GET /api/v10/guilds/9001", "GET /api/v10/guilds/9001/members/77", "GET /api/v10/guilds/9001/channels"]
    );
}
