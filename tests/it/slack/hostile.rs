//! What Slack never sends, signed all the same, and what people type who mean no good: refused, or shown as typed.

mod socket;

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use super::gate::{COMMANDS, EVENTS, FORM, Gate, INTERACTIONS, JSON, Sent, TYPE};
use super::{Hub, story};

/// The longest body that is taken, in bytes.
const LARGEST: usize = 1024 * 1024;
const UNREADABLE: &str = "The body is not what Slack sends here.\n";

/// Everything that could call somebody, forge a link or a time, or change how the text around it looks.
const HOSTILE: &str = "<!channel> <!here|x> <@U0ANNA> <#C0OPS> <https://evil.example/a|MW-1> <!date^0^{date}|today> \
                       &lt;!everyone&gt; @channel @here *b* _i_ ~s~ `c` :tada: {{7*7}} ${x} %s 'q' ]]> \u{202e}abc";

/// The same for fields that hold few letters.
const SHORT: &str = "<!channel> <@U0ANNA> *1h* <https://evil.example|1h>";

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_though_it_is_signed() {
    let gate = Gate::open().await;
    let (command, mention) = (gate.command().await.body, gate.mention().await.body);
    let payload = |text: &str| format!("payload={text}").into_bytes();
    let now = gate.now();
    let deep = [b"[".repeat(10_000), b"]".repeat(10_000)].concat();
    for (why, path, kind, body) in [
        ("an empty command", COMMANDS, FORM, vec![]),
        ("half a command", COMMANDS, FORM, command[..command.len() / 4].to_vec()),
        ("JSON for a form", COMMANDS, FORM, mention.clone()),
        ("a form said to be JSON", COMMANDS, JSON, command.clone()),
        ("a form said to be text", COMMANDS, "text/plain", command.clone()),
        ("a form of several parts", COMMANDS, "multipart/form-data; boundary=x", command.clone()),
        ("a command that is not UTF-8", COMMANDS, FORM, [&command[..], b"\xff\xfe"].concat()),
        ("a command with an escape that is not UTF-8", COMMANDS, FORM, [&command[..], b"&x=%ff"].concat()),
        ("bytes", COMMANDS, FORM, vec![0; 64]),
        ("a press without a payload", INTERACTIONS, FORM, b"text=list".to_vec()),
        ("a payload that is empty", INTERACTIONS, FORM, payload("")),
        ("a payload that is no JSON", INTERACTIONS, FORM, payload("hello")),
        ("a payload that is cut", INTERACTIONS, FORM, payload("%7B%22type%22%3A")),
        ("a payload that is not UTF-8", INTERACTIONS, FORM, payload("%22%ff%22")),
        ("a payload that is a list", INTERACTIONS, FORM, payload("%5B%5D")),
        ("a payload as JSON", INTERACTIONS, JSON, b"{\"type\":\"block_actions\"}".to_vec()),
        ("an event that is empty", EVENTS, JSON, vec![]),
        ("an event that is cut", EVENTS, JSON, mention[..mention.len() - 1].to_vec()),
        ("two events in one", EVENTS, JSON, [&mention[..], &mention[..]].concat()),
        ("an event that is not UTF-8", EVENTS, JSON, b"{\"type\":\"\xff\"}".to_vec()),
        ("an event that is a form", EVENTS, FORM, mention.clone()),
        ("an event of no type", EVENTS, JSON, b"{}".to_vec()),
        ("brackets 10,000 deep", EVENTS, JSON, deep),
    ] {
        let said = gate.refuses(why, Sent::signed(path, kind, body, now), 400).await;
        assert_eq!(said, UNREADABLE, "{why}");
    }
    let good = gate.mention().await;
    for (why, sent) in [
        ("no type", good.clone().without(TYPE)),
        ("two types", good.clone().and(TYPE, JSON)),
        ("at the door for commands", good.clone().at(COMMANDS)),
        ("at the door for presses", good.at(INTERACTIONS)),
    ] {
        assert_eq!(gate.refuses(why, sent, 400).await, UNREADABLE, "{why}");
    }
    gate.untouched().await;
}

#[tokio::test]
async fn what_is_longer_than_a_mebibyte_is_refused_whatever_it_is() {
    let gate = Gate::open().await;
    let now = gate.now();
    for (path, kind) in [(COMMANDS, FORM), (INTERACTIONS, FORM), (EVENTS, JSON)] {
        let long = Sent::signed(path, kind, vec![b' '; LARGEST + 1], now);
        assert_eq!(gate.refuses("signed", long.clone(), 413).await, "The body is larger than 1 MiB.\n");
        gate.refuses("not signed", long.without("x-slack-signature"), 413).await;
        gate.refuses("as long as may be", Sent::signed(path, kind, vec![b' '; LARGEST], now), 400).await;
    }
    gate.untouched().await;
}

#[tokio::test]
async fn only_posts_are_taken_and_only_at_slack_s_doors() {
    let gate = Gate::open().await;
    for path in [COMMANDS, INTERACTIONS, EVENTS] {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::OPTIONS] {
            let request = Request::builder().method(&method).uri(path).body(Body::empty()).expect("a request");
            assert_eq!(gate.send(request, &"0".repeat(64)).await.0, 405, "{method} {path}");
        }
    }
    let good = gate.command().await;
    let (status, _) = gate.post(good.at("/slack/other")).await;
    assert!([401, 404].contains(&status), "{status}: somebody from far away sees nothing else of this maintbot");
    gate.untouched().await;
}

#[tokio::test]
async fn what_is_signed_and_means_nothing_here_is_taken_and_does_nothing() {
    let gate = Gate::open().await;
    let now = gate.now();
    let event = |value: &Value| Sent::signed(EVENTS, JSON, value.to_string(), now);
    let press = |value: &Value| {
        let form = reqwest::Url::parse_with_params("http://f/", [("payload", value.to_string())]).expect("a form");
        Sent::signed(INTERACTIONS, FORM, form.query().unwrap_or_default(), now)
    };
    let about = |event: Value| json!({ "type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": event });
    let of_ben = |action: Value| {
        json!({ "type": "block_actions", "user": { "id": "U0BEN" }, "team": { "id": "T1" }, "trigger_id": "1.1.1",
            "channel": { "id": "C0CE" }, "message": { "ts": "1.1" }, "actions": [action] })
    };
    for (why, sent) in [
        ("an event that nobody asked for", event(&about(json!({ "type": "team_join" })))),
        ("a new kind of post", event(&json!({ "type": "app_rate_limited", "team_id": "T1" }))),
        (
            "a mention without an author",
            event(&about(json!({ "type": "app_mention", "channel": "C0CE", "ts": "1.1" }))),
        ),
        ("a mention in no channel", event(&about(json!({ "type": "app_mention", "user": "U0BEN", "ts": "1.1" })))),
        (
            "a mention with a channel that is none",
            event(&about(json!({ "type": "app_mention", "user": "U0BEN", "ts": "1.1", "channel": "C0/../x\n" }))),
        ),
        (
            "somebody leaves the page",
            event(&about(json!({ "type": "app_home_opened", "user": "U0BEN", "tab": "messages" }))),
        ),
        ("a form that was closed", press(&json!({ "type": "view_closed", "team": { "id": "T1" } }))),
        ("a button of nobody's", press(&of_ben(json!({ "action_id": "x", "action_ts": "1.1", "value": "rm -rf" })))),
        ("a button with no value", press(&of_ben(json!({ "action_id": "start", "action_ts": "1.1" })))),
        ("a button that is none", press(&of_ben(json!("start")))),
        ("a form without a view", press(&json!({ "type": "view_submission", "user": { "id": "U0BEN" } }))),
    ] {
        assert_eq!(gate.post(sent).await, (200, String::new()), "{why}");
    }
    gate.untouched().await;
}

#[tokio::test]
async fn a_challenge_is_answered_to_who_signs_it_and_to_nobody_else() {
    let gate = Gate::open().await;
    let challenge = json!({ "type": "url_verification", "challenge": "c-1", "token": "deprecated" });
    let sent = Sent::signed(EVENTS, JSON, challenge.to_string(), gate.now());
    let (status, said) = gate.post(sent.clone()).await;
    assert_eq!((status, serde_json::from_str::<Value>(&said).expect("JSON")), (200, json!({ "challenge": "c-1" })));
    let said = gate.refuses("not signed", sent.without("x-slack-signature"), 401).await;
    assert!(!said.contains("c-1"), "{said}");
    gate.untouched().await;
}

#[tokio::test]
async fn hostile_words_in_a_command_are_shown_as_typed_wherever_they_go() {
    story("", "2026-12-01 09:00", async |hub| {
        hub.fake.escapes(false);
        let line = format!(
            "schedule \"T {HOSTILE}\" service:jira when:\"2026-12-02 14:00-16:00\" tz:UTC poc:ben impact:\"I {HOSTILE}\" \
             rollback:\"R {HOSTILE}\" item:\"C {HOSTILE}\" reason:\"W {HOSTILE}\""
        );
        let said = hub.command("ben", "#dev", &line).await;
        assert!(said.text().contains("is scheduled"), "{said}");
        assert!(hub.newest("#ce").plain().contains(&shown("I")), "{}", hub.newest("#ce").plain());
        for line in [format!("note MW-1 \"N {HOSTILE}\""), format!("change add MW-1 \"D {HOSTILE}\"")] {
            hub.command("anna", "#dev", &line).await;
        }
        // The change list is told.
        hub.at("2026-12-01 09:20").await;
        hub.calm().await;
        for line in [
            format!("edit MW-1 title:\"E {HOSTILE}\""),
            format!("reschedule MW-1 when:\"2026-12-02 15:00-17:00\" reason:\"F {HOSTILE}\""),
            format!("cancel MW-1 reason:\"G {HOSTILE}\""),
            format!("plan new \"P {HOSTILE}\""),
            format!("qa add PL-1 \"Q {HOSTILE}\" \"A {HOSTILE}\""),
            "plan show PL-1".to_owned(),
            format!("freeze add \"Z {HOSTILE}\" from:2027-02-18 to:2027-02-19"),
            "freeze list".to_owned(),
            format!("{HOSTILE} {HOSTILE}"),
            format!("show {HOSTILE}"),
        ] {
            hub.command("anna", "#dev", &line).await;
        }
        let told = hub.whispers("anna").join("\n").replace('\u{ad}', "");
        for letter in ["P", "Q", "A", "Z"] {
            assert!(told.contains(&shown(letter)), "{letter} is not shown as typed to who typed it:\n{told}");
        }
        let all = posted(hub).join("\n");
        for letter in ["T", "I", "C", "N", "D", "E", "F", "G"] {
            assert!(all.contains(&shown(letter)), "{letter} is not shown as typed anywhere:\n{all}");
        }
        harmless(hub);
    })
    .await;
}

#[tokio::test]
async fn hostile_words_in_every_form_are_shown_as_typed_wherever_they_go() {
    let approval = "[policy.scheduled]\nnotice = \"5d\"\napproval = [\"short_notice\"]\n";
    story(approval, "2026-12-01 09:00", async |hub| {
        let texts = ["title", "service", "impact", "item", "reason"].map(|name| (name, format!("{name} {HOSTILE}")));
        let mut fields: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
        fields.extend([("when_date", "2026-12-02"), ("when_start", "14:00"), ("for", SHORT), ("downtime", SHORT)]);
        fields[1].1 = "jira";
        hub.fake.command("ben", "#dev", "").await;
        let refused = hub.fake.submit("ben", &fields).await;
        assert!(refused.errors().contains_key("for"), "{refused:?}");
        for field in fields.iter_mut().filter(|(name, _)| ["for", "downtime"].contains(name)) {
            field.1 = "1h";
        }
        let sent = hub.fake.submit("ben", &fields).await;
        assert_eq!(sent.errors(), serde_json::Map::new());
        hub.calm().await;
        let request = hub.newest("#ops");
        assert!(request.plain().contains(&shown("reason")), "{}", request.plain());

        hub.press("dan", "#ops", "reject").await;
        let why = format!("because {HOSTILE}");
        hub.fake.submit("dan", &[("reason", &why)]).await;
        hub.calm().await;
        assert!(posted(hub).concat().contains(&shown("because")), "the reason is told");

        hub.command("ben", "#dev", "schedule Jira service:jira when:\"2026-12-08 14:00-16:00\" tz:UTC poc:ben").await;
        hub.at("2026-12-08 14:00").await;
        hub.calm().await;
        hub.press("ben", "#ce", "extend_other").await;
        hub.fake.submit("ben", &[("for", "30m"), ("reason", &format!("slow {HOSTILE}"))]).await;
        hub.calm().await;
        assert!(hub.newest("#ce").plain().contains(&shown("slow")), "{}", hub.newest("#ce").plain());
        hub.press("ben", "#ce", "complete").await;
        let note = format!("over {HOSTILE}");
        hub.fake.submit("ben", &[("outcome", "success"), ("downtime", "10m"), ("note", &note)]).await;
        hub.calm().await;
        assert!(hub.newest("#ce").plain().contains(&shown("over")), "{}", hub.newest("#ce").plain());
        harmless(hub);
    })
    .await;
}

/// The hostile words as a reader has to see them, after a first word: without the sign that turns text around, which
/// nothing shows.
fn shown(first: &str) -> String {
    // Spaces apart, as lines are folded; the rest letter by letter.
    format!("{first} {}", HOSTILE.split(" \u{202e}").next().unwrap_or_default())
}

/// Everything in channels and direct messages, as a reader sees it, without signs that nobody sees.
fn posted(hub: &Hub) -> Vec<String> {
    let channels = ["#ce", "#ops", "#dev", "@ben", "@dan"];
    let posts = channels.into_iter().flat_map(|channel| {
        let replies = move |ts: &str| hub.fake.replies(channel, ts);
        hub.fake.posts(channel).into_iter().flat_map(move |post| [vec![post.clone()], replies(&post.ts)].concat())
    });
    posts.map(|post| post.plain().replace('\u{ad}', "")).collect()
}

/// Nothing that maintbot said calls anybody or hides an address behind other words.
fn harmless(hub: &Hub) {
    assert_eq!(hub.fake.pings(), [""; 0]);
    let said = ["#ce", "#ops", "#dev", "@ben", "@dan"].into_iter().flat_map(|channel| {
        let posts = hub.fake.posts(channel);
        let replies: Vec<_> = posts.iter().flat_map(|post| hub.fake.replies(channel, &post.ts)).collect();
        posts.into_iter().chain(replies).map(|post| json!([post.text, post.blocks]))
    });
    let whispered = ["anna", "ben", "dan"].into_iter().flat_map(|user| {
        let views = hub.fake.views(user).into_iter().map(|view| view.content);
        hub.fake.whispers(user).into_iter().map(|seen| json!([seen.text, seen.blocks])).chain(views).collect::<Vec<_>>()
    });
    let tokens: BTreeSet<String> = said.chain(whispered).flat_map(|value| tokens(&value)).collect();
    assert!(!tokens.is_empty(), "nothing was looked at");
    for token in tokens {
        let (target, label) = token.split_once('|').unwrap_or((&token, ""));
        let own = target.starts_with("http://127.0.0.1:8080/");
        let date = target.starts_with("!date^17") || target.starts_with("!date^16");
        assert!(own || date || (label.is_empty() && target.starts_with("http")), "<{token}>");
    }
}

/// What stands between `<` and `>` in any text: Slack reads it as its own.
fn tokens(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => {
            let rest = text.split('<').skip(1);
            rest.filter_map(|rest| rest.split_once('>')).map(|(token, _)| token.to_owned()).collect()
        }
        Value::Array(list) => list.iter().flat_map(tokens).collect(),
        // Texts without markup are shown letter by letter.
        Value::Object(fields) if fields.get("type").is_some_and(|kind| kind == "plain_text") => Vec::new(),
        Value::Object(fields) => {
            fields.iter().filter(|(name, _)| *name != "value").flat_map(|(_, v)| tokens(v)).collect()
        }
        _ => Vec::new(),
    }
}
