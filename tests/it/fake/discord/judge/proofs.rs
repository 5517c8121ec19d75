//! That the judge refuses what Discord would refuse or ignore: each mistake is planted and has to be named.

use serde_json::{Value, json};

use super::{interaction, request};

const MESSAGES: &str = "/api/v10/channels/41771983423143937/messages";
const COMMANDS: &str = "/api/v10/applications/7/guilds/9/commands";
const EVENTS: &str = "/api/v10/guilds/9/scheduled-events";
const CALLBACK: &str = "/api/v10/interactions/5/aW50ZXJhY3Rpb24/callback";
const ANSWER: &str = "/api/v10/webhooks/7/aW50ZXJhY3Rpb24/messages/@original";

/// What the judge says of a request with this body.
fn said(method: &str, target: &str, body: &Value) -> String {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    request(method, target, body.as_bytes()).join("\n")
}

/// The value with another one at a JSON pointer; members on the way are made.
fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    let mut at = &mut value;
    for step in pointer.trim_start_matches('/').split('/') {
        at = match step.parse::<usize>() {
            Ok(n) if at.is_array() => &mut at[n],
            _ => &mut at[step],
        };
    }
    *at = new;
    value
}

/// Plants each mistake in what is fine by itself, and wants the words of the judge.
fn planted(method: &str, target: &str, fine: &Value, mistakes: &[(&str, Value, &str)]) {
    assert_eq!(said(method, target, fine), "", "what is fine is taken");
    for (pointer, new, words) in mistakes {
        let said = said(method, target, &with(fine.clone(), pointer, new.clone()));
        assert!(!words.is_empty() && said.contains(words), "{pointer} {new}: {said:?}");
    }
}

fn long(n: usize) -> Value {
    json!("x".repeat(n))
}

fn row(parts: &[Value]) -> Value {
    json!({ "type": 1, "components": parts })
}

fn button(id: &str) -> Value {
    json!({ "type": 2, "style": 1, "label": "Start", "custom_id": id })
}

fn menu() -> Value {
    let option = |name: &str| json!({ "label": name, "value": name });
    json!({ "type": 3, "custom_id": "complete MW-1", "options": [option("success"), option("partial")] })
}

fn message() -> Value {
    json!({
        "content": r"<@5> <t:1796565600:F> \<@6> `<@6>` <https://x.example/_a_> [see the page](https://x.example/a)",
        "embeds": [{
            "title": "MW-1",
            "url": "https://x.example/MW-1#k",
            "description": "said",
            "fields": [{ "name": "When", "value": "<t:1:R>", "inline": false }],
        }],
        "components": [row(&[button("start MW-1"), button("ack MW-1")]), row(&[menu()])],
        "allowed_mentions": { "parse": [], "users": ["5"], "roles": [] },
        "nonce": "abc",
        "enforce_nonce": true,
    })
}

#[test]
fn planted_mistakes_in_messages_are_refused() {
    let embed = |name: &str, length: usize| json!({ name: "x".repeat(length) });
    planted(
        "POST",
        MESSAGES,
        &message(),
        &[
            ("/content", long(2_001), "2000 fit"),
            ("/contnet", json!("x"), "/contnet: not known"),
            ("/content", json!(7), "/content"),
            ("/content", json!("`@everyone`"), "calls everybody"),
            ("/content", json!("a@here.example"), "calls everybody"),
            ("/content", json!("<@6>"), "markup <@6>"),
            ("/content", json!("<@&5>"), "markup <@&5>"),
            ("/content", json!("<#5>"), "markup <#5>"),
            ("/content", json!("<:smile:5>"), "markup <:smile:5>"),
            ("/content", json!("</cancel:5>"), "markup </cancel"),
            ("/content", json!("<t:soon:F>"), "markup <t:soon"),
            ("/content", json!("<t:1:X>"), "markup <t:1:X>"),
            ("/content", json!("a < b"), "markup < b"),
            ("/content", json!("a `b"), "does not end"),
            ("/content", json!("[good](javascript:x)"), "no link of ours"),
            ("/content", json!("https://x.example"), "without brackets"),
            ("/content", json!("discord.gg/abc"), "an invitation"),
            ("/content", json!("<https://discord.gg/abc>"), "markup <https://discord"),
            ("/allowed_mentions", Value::Null, "`parse` has to be there"),
            ("/allowed_mentions/parse", json!(["everyone"]), "`parse` has to be there"),
            ("/allowed_mentions/users", json!(["anna"]), "/allowed_mentions"),
            ("/enforce_nonce", json!(false), "belong together"),
            ("/nonce", Value::Null, "belong together"),
            ("/nonce", json!("x".repeat(26)), "/nonce"),
            ("/embeds", json!(vec![json!({ "title": "x" }); 11]), "/embeds"),
            ("/embeds", json!([{}]), "an empty embed"),
            ("/embeds", json!([{ "title": " " }]), "title: blank"),
            ("/embeds", json!([embed("title", 257)]), "/embeds/0/title"),
            ("/embeds", json!([embed("description", 4_097)]), "/embeds/0/description"),
            ("/embeds", json!([embed("description", 4_000), embed("description", 2_001)]), "6000 fit"),
            ("/embeds/0/description", json!("<@5>"), "markup <@5>"),
            ("/embeds/0/title", json!("@here"), "calls everybody"),
            ("/embeds/0/colour", json!(1), "/embeds/0/colour: not known"),
            ("/embeds/0/url", json!("ftp://x.example"), "url ftp"),
            ("/embeds/0/fields/0/value", json!(""), "value: blank"),
            ("/embeds/0/fields/0/value", long(1_025), "/value"),
            ("/embeds/0/fields/0/name", json!("<t:1>  <"), "markup <"),
            (
                "/components",
                json!(vec![row(&[json!({ "type": 2, "style": 5, "label": "x", "url": "https://x.example" })]); 6]),
                "6 rows",
            ),
            ("/components", json!([row(&[button("a"), button("a")])]), "there twice"),
            ("/components", json!([row(&[button("a")]), row(&[button("a")])]), "there twice"),
            ("/components", json!([row(&["a", "b", "c", "d", "e", "f"].map(button))]), "/components"),
            ("/components", json!([row(&[button("a"), menu()])]), "row for itself"),
            ("/components", json!([button("a")]), "/components"),
            ("/components/0/components/0/style", json!(9), "/components"),
            ("/components/0/components/0/label", Value::Null, "label: blank"),
            ("/components/0/components/0/custom_id", long(101), "/components"),
            ("/components/0/components/0/url", json!("https://x.example"), "either an address"),
            ("/components/1/components/0/options/1/value", json!("success"), "there twice"),
            ("/components/1/components/0/max_values", json!(3), "than can be chosen"),
        ],
    );
    let empty = json!({ "content": " ", "embeds": [], "allowed_mentions": { "parse": [] } });
    assert!(said("POST", MESSAGES, &empty).contains("an empty message"));
    assert!(said("PATCH", ANSWER, &json!({ "content": "x" })).contains("`parse` has to be there"));
    assert!(
        said("PATCH", &format!("{MESSAGES}/6"), &with(message(), "/nonce", Value::Null)).contains("/enforce_nonce")
    );
}

#[test]
fn planted_mistakes_in_paths_and_queries_are_refused() {
    let none = Value::Null;
    for target in ["/channels/5/messages?limit=100&before=9", "/users/@me", "/gateway/bot", "/applications/@me"] {
        assert_eq!(said("GET", target, &none), "");
    }
    assert_eq!(said("PATCH", "/channels/5", &json!({ "archived": false })), "");
    for (method, target, words) in [
        ("GET", "/chanels/5/messages", "no such operation"),
        ("PUT", "/channels/5/messages", "no such operation"),
        ("GET", "/channels/ops/messages", "channel_id"),
        ("GET", "/channels/05/messages", "channel_id"),
        ("GET", "/channels/0/messages", "not a snowflake"),
        ("GET", "/guilds/99999999999999999999999/channels", "not a snowflake"),
        ("GET", "/channels/5/messages?limit=101", "limit"),
        ("GET", "/channels/5/messages?befor=9", "befor is not known"),
        ("GET", "/channels/5/messages?before=yesterday", "before"),
        ("POST", "/channels/5/messages", "needs a body"),
    ] {
        let said = said(method, target, &none);
        assert!(said.contains(words), "{method} {target}: {said:?}");
    }
    assert!(said("GET", "/users/@me", &json!({})).contains("takes no body"));
    assert!(!request("POST", MESSAGES, b"{\"content\":").is_empty());
    let thread = |name: Value| said("POST", "/channels/5/messages/6/threads", &json!({ "name": name }));
    assert_eq!(thread(json!("MW-1")), "");
    assert!(thread(json!(" ")).contains("blank") && thread(long(101)).contains("/name"));
    let odd = json!({ "name": "MW-1", "auto_archive_duration": 7 });
    assert!(said("POST", "/channels/5/messages/6/threads", &odd).contains("auto_archive_duration"));
}

#[test]
fn planted_mistakes_in_commands_are_refused() {
    let option = |kind: u8, name: &str, required: bool| json!({ "type": kind, "name": name, "description": "What", "required": required });
    let sub = |name: &str, options: &[Value]| json!({ "type": 1, "name": name, "description": "Does it", "options": options });
    let choice = |name: &str, value: &str| json!({ "name": name, "value": value });
    let schedule = sub("schedule", &[option(3, "title", true), option(6, "poc", false)]);
    let group = json!({ "type": 2, "name": "plan", "description": "Plans", "options": [sub("new", &[])] });
    let fine = json!([{ "name": "maintenance", "description": "Planned", "options": [schedule, group] }]);
    let title = "/0/options/0/options/0";
    let at = |more: &str| format!("{title}{more}");
    let many = |n: usize| (0..n).map(|n| option(3, &format!("o{n}"), false)).collect::<Vec<_>>();
    let wide = |n: usize| {
        let sub = |n: usize| json!({ "type": 1, "name": format!("s{n}"), "description": "x".repeat(100), "options": wide_options(4) });
        (0..n).map(sub).collect::<Vec<_>>()
    };
    planted(
        "PUT",
        COMMANDS,
        &fine,
        &[
            ("/0/name", json!("Maintenance"), "small letters"),
            ("/0/name", json!("main tenance"), "pattern"),
            ("/0/name", long(33), "/0/name"),
            ("/0/name_localizations", json!({ "fi": "Huolto" }), "small letters"),
            ("/0/description", Value::Null, "no description"),
            ("/0/description", long(101), "/0/description"),
            ("/0/type", json!(2), "none of ours"),
            ("/0/handlers", json!(1), "not known"),
            ("/0/options", json!(many(26)), "25 fit"),
            ("/0/options", json!(wide(17)), "8000 fit"),
            ("/0/options", json!([option(3, "title", false), sub("x", &[])]), "beside sub-commands"),
            ("/0/options/0/name", json!("plan"), "there twice"),
            ("/0/options/0/required", json!(true), "not required"),
            ("/0/options/1/options", json!([option(3, "title", false)]), "/0/options/1"),
            ("/0/options/0/options", json!([option(3, "a", false), option(3, "b", true)]), "required option after"),
            (&at("/type"), json!(12), "/0/options"),
            (&at("/choices"), json!(vec![choice("a", "a"); 26]), "25 fit"),
            (&at("/choices"), json!([choice("a", &"x".repeat(101))]), "100 fit"),
            (&at("/choices"), json!([choice(" ", "a")]), "without a name"),
            (&at("/choices"), json!([choice("a", "")]), "without a value"),
            (&at("/required"), json!("yes"), "/0/options"),
            (&at("/min_length"), json!(6_001), "/0/options"),
            ("/0/options/0/options/1/autocomplete", json!(true), "option of type 6"),
        ],
    );
    let both = with(with(fine.clone(), &at("/autocomplete"), json!(true)), &at("/choices"), json!([choice("a", "a")]));
    assert!(said("PUT", COMMANDS, &both).contains("choices and autocomplete"));
    assert!(said("PUT", COMMANDS, &json!([fine[0], fine[0]])).contains("there twice"));
}

fn wide_options(n: usize) -> Vec<Value> {
    (0..n).map(|n| json!({ "type": 3, "name": format!("o{n}"), "description": "x".repeat(100) })).collect()
}

#[test]
fn planted_mistakes_in_scheduled_events_are_refused() {
    let fine = json!({
        "name": "MW-1 Jira",
        "description": "said",
        "scheduled_start_time": "2026-12-06T14:00:00Z",
        "scheduled_end_time": "2026-12-06T18:00:00Z",
        "privacy_level": 2,
        "entity_type": 3,
        "entity_metadata": { "location": "https://x.example/MW-1" },
    });
    planted(
        "POST",
        EVENTS,
        &fine,
        &[
            ("/name", long(101), "100 fit"),
            ("/name", json!(""), "blank"),
            ("/description", long(1_001), "/description"),
            ("/scheduled_end_time", Value::Null, "scheduled_end_time is missing"),
            ("/scheduled_end_time", json!("2026-12-06T14:00:00Z"), "ends before"),
            ("/scheduled_start_time", json!("tomorrow"), "/scheduled_start_time"),
            ("/privacy_level", json!(1), "/privacy_level"),
            ("/entity_type", json!(2), "not an external one"),
            ("/entity_metadata/location", json!(" "), "location: blank"),
            ("/entity_metadata/location", long(101), "location"),
            ("/place", json!("x"), "/place: not known"),
        ],
    );
    assert_eq!(said("PATCH", &format!("{EVENTS}/3"), &json!({ "status": 3 })), "");
    assert!(said("PATCH", &format!("{EVENTS}/3"), &json!({ "status": 5 })).contains("status"));
}

#[test]
fn planted_mistakes_in_callbacks_are_refused() {
    let answer = json!({ "type": 4, "data": { "content": "x", "flags": 64, "allowed_mentions": { "parse": [] } } });
    planted(
        "POST",
        CALLBACK,
        &answer,
        &[
            ("/type", json!(3), "no such answer"),
            ("/type", json!(5), "nothing but flags"),
            ("/type", json!(8), "not known"),
            ("/data/content", long(2_001), "2000 fit"),
            ("/data/ephemeral", json!(true), "/data/ephemeral: not known"),
            ("/data/allowed_mentions", Value::Null, "`parse` has to be there"),
        ],
    );
    for fine in [json!({ "type": 1 }), json!({ "type": 5, "data": { "flags": 64 } }), json!({ "type": 6 })] {
        assert_eq!(said("POST", CALLBACK, &fine), "");
    }
    let choices = json!({ "type": 8, "data": { "choices": [{ "name": "MW-1 Jira", "value": "MW-1" }] } });
    planted(
        "POST",
        CALLBACK,
        &choices,
        &[
            ("/data/choices", json!(vec![choices["data"]["choices"][0].clone(); 26]), "25 fit"),
            ("/data/choices/0/name", long(101), "100 fit"),
            ("/data/choices/0/name", json!(""), "without a name"),
            ("/data/choices/0/value", long(101), "100 fit"),
        ],
    );
    let input = |id: &str| json!({ "type": 4, "custom_id": id, "style": 1, "label": "Reason", "max_length": 100 });
    let modal = json!({ "type": 9, "data": { "custom_id": "reject MW-1 2", "title": "Reject MW-1", "components": [row(&[input("a")]), row(&[input("b")])] } });
    planted(
        "POST",
        CALLBACK,
        &modal,
        &[
            ("/data/title", long(46), "/data"),
            ("/data/custom_id", long(101), "/data"),
            ("/data/flags", json!(64), "/data/flags: not known"),
            ("/data/components", json!([]), "0 fields"),
            ("/data/components", json!((0..6).map(|n| row(&[input(&n.to_string())])).collect::<Vec<_>>()), "6 fields"),
            ("/data/components", json!([row(&[input("a"), input("b")])]), "one field in each row"),
            ("/data/components", json!([row(&[input("a")]), row(&[input("a")])]), "there twice"),
            ("/data/components", json!([row(&[button("a")])]), "/data"),
            ("/data/components/0/components/0/label", Value::Null, "label: blank"),
            ("/data/components/0/components/0/label", long(46), "label"),
            ("/data/components/0/components/0/placeholder", long(101), "/data"),
            ("/data/components/0/components/0/min_length", json!(101), "min_length 101"),
        ],
    );
}

#[test]
fn interactions_that_discord_would_not_send_are_refused() {
    let user = json!({ "id": "5", "username": "anna", "discriminator": "0", "global_name": "Anna", "avatar": null });
    let fine = json!({
        "id": "11",
        "application_id": "7",
        "type": 2,
        "token": "t",
        "version": 1,
        "channel_id": "8",
        "channel": { "id": "8", "type": 0, "name": "ops", "permissions": "0" },
        "guild_id": "9",
        "guild_locale": "en-US",
        "locale": "en-US",
        "app_permissions": "0",
        "attachment_size_limit": 1,
        "entitlements": [],
        "authorizing_integration_owners": { "0": "9" },
        "context": 0,
        "member": {
            "user": user, "roles": [], "permissions": "0", "joined_at": "2026-01-01T00:00:00Z", "deaf": false, "mute": false,
            "flags": 0, "avatar": null, "nick": null, "pending": false, "premium_since": null,
            "communication_disabled_until": null,
        },
        "data": {
            "id": "3", "name": "maintenance", "type": 1,
            "options": [{ "type": 1, "name": "edit", "options": [{ "type": 6, "name": "poc", "value": "5" }] }],
            "resolved": { "users": { "5": user }, "members": {} },
        },
    });
    assert_eq!(interaction(&fine), Vec::<String>::new());
    assert_eq!(
        interaction(&json!({ "id": "1", "application_id": "7", "type": 1, "token": "t", "version": 1 })),
        Vec::<String>::new()
    );
    for (pointer, new, words) in [
        ("/id", json!("x"), "no snowflake"),
        ("/token", Value::Null, "token"),
        ("/channel_id", json!("4"), "not the same"),
        ("/member", Value::Null, "member is missing"),
        ("/member/permissions", Value::Null, "permissions is missing"),
        ("/user", user.clone(), "a user in a direct message"),
        ("/context", json!(1), "context 1"),
        ("/type", json!(4), "0 options are being typed"),
        ("/type", json!(5), "serenity does not read it"),
        ("/data/resolved", json!({}), "is not resolved"),
        ("/data/name", Value::Null, "name is missing"),
    ] {
        let said = interaction(&with(fine.clone(), pointer, new.clone())).join("\n");
        assert!(said.contains(words), "{pointer} {new}: {said:?}");
    }
}
