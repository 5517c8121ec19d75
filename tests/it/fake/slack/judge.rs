//! A judge of messages and views for Slack: the vendor's types for the shape, its documentation for the limits.
//!
//! It is stricter than Slack where maintbot has no reason to come near: markup must be whole and of a kind that maintbot
//! makes on purpose, and nothing may call everybody. Lengths are counted in UTF-16 units, the longest that Slack could
//! mean. The tests at the end show that it refuses planted mistakes.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

/// What `chat.postMessage`, `chat.update`, `chat.postEphemeral` and response URLs take.
const ARGUMENTS: [&str; 21] = [
    "attachments",
    "blocks",
    "channel",
    "delete_original",
    "icon_emoji",
    "icon_url",
    "link_names",
    "metadata",
    "mrkdwn",
    "parse",
    "reply_broadcast",
    "replace_original",
    "response_type",
    "text",
    "thread_ts",
    "token",
    "ts",
    "unfurl_links",
    "unfurl_media",
    "user",
    "username",
];
/// What a view is made of.
const OF_A_VIEW: [&str; 11] = [
    "blocks",
    "callback_id",
    "clear_on_close",
    "close",
    "external_id",
    "notify_on_close",
    "private_metadata",
    "submit",
    "submit_disabled",
    "title",
    "type",
];
/// From about so many on Slack refuses all blocks together.
const LONGEST_BLOCKS: usize = 13_200;
/// Longer text is cut off by Slack.
const LONGEST_TEXT: usize = 40_000;

/// What is wrong with the arguments of `chat.postMessage`; nothing when Slack would take them.
pub fn judge_message(message: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(arguments) = message.as_object() else { return vec!["the arguments are no object".into()] };
    unknown(arguments, &ARGUMENTS, "argument", &mut wrong);
    let text = message["text"].as_str().unwrap_or_default();
    markup("text", text, &mut wrong);
    limit("text", text, 0, LONGEST_TEXT, &mut wrong);
    if message["parse"] == "full" || message["link_names"] == true {
        wrong.push("names in the text would become mentions".into());
    }
    let metadata = &message["metadata"];
    let is_named = metadata["event_type"].is_string() && metadata["event_payload"].is_object();
    if !metadata.is_null() && !is_named {
        wrong.push("metadata needs event_type and event_payload".into());
    }
    match &message["blocks"] {
        Value::Null if text.trim().is_empty() => wrong.push("no_text: neither text nor blocks".into()),
        Value::Array(none) if none.is_empty() && text.trim().is_empty() => {
            wrong.push("no_text: nothing is said".into());
        }
        Value::Null => {}
        Value::Array(blocks) => {
            if !blocks.is_empty() && text.trim().is_empty() {
                wrong.push("blocks without a text for notifications".into());
            }
            let length = len(&message["blocks"].to_string());
            if length > LONGEST_BLOCKS {
                wrong.push(format!("msg_blocks_too_long: {length} characters, {LONGEST_BLOCKS} fit"));
            }
            judge_blocks(blocks, 50, &mut wrong);
        }
        _ => wrong.push("blocks are no list".into()),
    }
    wrong
}

/// What is wrong with a view for `views.open` or `views.publish`; nothing when Slack would take it.
pub fn judge_view(view: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(members) = view.as_object() else { return vec!["the view is no object".into()] };
    unknown(members, &OF_A_VIEW, "member", &mut wrong);
    for (name, most) in [("private_metadata", 3_000), ("callback_id", 255), ("external_id", 255)] {
        limit(name, view[name].as_str().unwrap_or_default(), 0, most, &mut wrong);
    }
    let blocks = view["blocks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let has_input = blocks.iter().any(|block| block["type"] == "input");
    match view["type"].as_str() {
        Some("modal") => {
            if view["title"].is_null() {
                wrong.push("a modal needs a title".into());
            }
            if has_input && view["submit"].is_null() {
                wrong.push("a modal with fields needs submit".into());
            }
            for name in ["title", "submit", "close"].into_iter().filter(|name| !view[*name].is_null()) {
                plain(name, &view[name], 24, &mut wrong);
            }
        }
        Some("home") => {
            for name in ["title", "submit", "close"].into_iter().filter(|name| !view[*name].is_null()) {
                wrong.push(format!("a home has no {name}"));
            }
        }
        other => wrong.push(format!("a view of type {other:?}")),
    }
    if blocks.is_empty() {
        wrong.push("a view needs blocks".into());
    }
    judge_blocks(blocks, 100, &mut wrong);
    wrong
}

fn unknown(members: &Map<String, Value>, known: &[&str], what: &str, wrong: &mut Vec<String>) {
    wrong.extend(
        members.keys().filter(|name| !known.contains(&name.as_str())).map(|name| format!("{what} {name}: not known")),
    );
}

fn judge_blocks(blocks: &[Value], most: usize, wrong: &mut Vec<String>) {
    if blocks.len() > most {
        wrong.push(format!("{} blocks, {most} fit", blocks.len()));
    }
    let mut ids = HashSet::new();
    for (n, block) in blocks.iter().enumerate() {
        let kind = block["type"].as_str().unwrap_or_default();
        let at = format!("blocks/{n} {kind}");
        match validators().get(kind) {
            Some(validator) => {
                let errors = validator.iter_errors(block);
                wrong.extend(errors.map(|error| format!("{at}{}: {error}", error.instance_path())));
            }
            None => wrong.push(format!("{at}: Slack has no such block")),
        }
        if let Some(id) = block["block_id"].as_str() {
            limit(&format!("{at} block_id"), id, 1, 255, wrong);
            if !ids.insert(id) {
                wrong.push(format!("{at}: block_id {id} is there twice"));
            }
        }
        limits(&at, block, wrong);
    }
}

/// The vendor's description of each block, by its type.
fn validators() -> &'static HashMap<String, Validator> {
    static VALIDATORS: OnceLock<HashMap<String, Validator>> = OnceLock::new();
    VALIDATORS.get_or_init(|| {
        let text = include_str!("../../../data/slack/blocks.schema.json");
        let schema: Value = serde_json::from_str(text).expect("the schema is JSON");
        let definitions = &schema["definitions"];
        let known = definitions["KnownBlock"]["anyOf"].as_array().expect("the schema names its blocks");
        let names = known.iter().filter_map(|one| one["$ref"].as_str()?.strip_prefix("#/definitions/"));
        let kinds = names.flat_map(|name| types_of(&definitions[name]).into_iter().map(move |kind| (kind, name)));
        let compiled = kinds.map(|(kind, name)| {
            let one = json!({ "$ref": format!("#/definitions/{name}"), "definitions": definitions });
            let validator = jsonschema::options().with_draft(Draft::Draft7).build(&one).expect("the schema compiles");
            (kind, validator)
        });
        compiled.collect()
    })
}

fn types_of(definition: &Value) -> Vec<String> {
    let variants = definition["anyOf"].as_array().map_or(vec![definition], |all| all.iter().collect());
    variants.iter().filter_map(|one| one["properties"]["type"]["const"].as_str().map(str::to_owned)).collect()
}

/// The limits that are written in words only.
fn limits(at: &str, block: &Value, wrong: &mut Vec<String>) {
    match block["type"].as_str().unwrap_or_default() {
        "section" => {
            if block["text"].is_null() && block["fields"].is_null() {
                wrong.push(format!("{at}: neither text nor fields"));
            }
            if !block["text"].is_null() {
                text(&format!("{at} text"), &block["text"], 3_000, wrong);
            }
            if let Some(fields) = block["fields"].as_array() {
                count(&format!("{at} fields"), fields.len(), 1, 10, wrong);
                for field in fields {
                    text(&format!("{at} field"), field, 2_000, wrong);
                }
            }
            if !block["accessory"].is_null() {
                element(at, &block["accessory"], wrong);
            }
        }
        "header" => plain(&format!("{at} text"), &block["text"], 150, wrong),
        "context" => {
            let elements = list(block, "elements");
            count(&format!("{at} elements"), elements.len(), 1, 10, wrong);
            for one in elements.iter().filter(|one| one["type"] != "image") {
                text(&format!("{at} element"), one, 3_000, wrong);
            }
        }
        "actions" => {
            let elements = list(block, "elements");
            count(&format!("{at} elements"), elements.len(), 1, 25, wrong);
            let mut ids = HashSet::new();
            for one in elements {
                element(at, one, wrong);
                if one["action_id"].as_str().is_some_and(|id| !ids.insert(id)) {
                    wrong.push(format!("{at}: action_id {} is there twice", one["action_id"]));
                }
            }
        }
        "input" => {
            plain(&format!("{at} label"), &block["label"], 2_000, wrong);
            if !block["hint"].is_null() {
                plain(&format!("{at} hint"), &block["hint"], 2_000, wrong);
            }
            element(at, &block["element"], wrong);
        }
        "markdown" => limit(&format!("{at} text"), block["text"].as_str().unwrap_or_default(), 1, 12_000, wrong),
        _ => {}
    }
}

fn element(at: &str, element: &Value, wrong: &mut Vec<String>) {
    let kind = element["type"].as_str().unwrap_or_default();
    let at = format!("{at} {kind}");
    if let Some(id) = element["action_id"].as_str() {
        limit(&format!("{at} action_id"), id, 1, 255, wrong);
    }
    if !element["placeholder"].is_null() {
        plain(&format!("{at} placeholder"), &element["placeholder"], 150, wrong);
    }
    if !element["confirm"].is_null() {
        confirm(&at, &element["confirm"], wrong);
    }
    match kind {
        "button" => {
            plain(&format!("{at} text"), &element["text"], 75, wrong);
            limit(&format!("{at} value"), element["value"].as_str().unwrap_or_default(), 0, 2_000, wrong);
            limit(&format!("{at} url"), element["url"].as_str().unwrap_or_default(), 0, 3_000, wrong);
        }
        "static_select" | "multi_static_select" => {
            let grouped: Vec<&Value> =
                list(element, "option_groups").iter().flat_map(|group| list(group, "options")).collect();
            let all: Vec<&Value> = list(element, "options").iter().chain(grouped).collect();
            options(&at, element, &all, 1..=100, wrong);
        }
        "checkboxes" | "radio_buttons" => {
            options(&at, element, &list(element, "options").iter().collect::<Vec<_>>(), 1..=10, wrong);
        }
        "overflow" => options(&at, element, &list(element, "options").iter().collect::<Vec<_>>(), 2..=5, wrong),
        "plain_text_input" => {
            for (name, least) in [("max_length", 1), ("min_length", 0)] {
                if element[name].as_u64().is_some_and(|most| !(least..=3_000).contains(&most)) {
                    wrong.push(format!("{at}: {name} {}", element[name]));
                }
            }
        }
        "datepicker" => form(&at, &element["initial_date"], "0000-00-00", wrong),
        "timepicker" => form(&at, &element["initial_time"], "00:00", wrong),
        _ => {}
    }
}

fn confirm(at: &str, confirm: &Value, wrong: &mut Vec<String>) {
    for (name, most) in [("title", 100), ("confirm", 30), ("deny", 30)] {
        plain(&format!("{at} confirm {name}"), &confirm[name], most, wrong);
    }
    text(&format!("{at} confirm text"), &confirm["text"], 300, wrong);
}

fn options(
    at: &str,
    element: &Value,
    options: &[&Value],
    range: std::ops::RangeInclusive<usize>,
    wrong: &mut Vec<String>,
) {
    count(&format!("{at} options"), options.len(), *range.start(), *range.end(), wrong);
    let mut values = HashSet::new();
    for option in options {
        text(&format!("{at} option"), &option["text"], 75, wrong);
        limit(&format!("{at} value"), option["value"].as_str().unwrap_or_default(), 1, 150, wrong);
        if !option["description"].is_null() {
            text(&format!("{at} description"), &option["description"], 75, wrong);
        }
        if !values.insert(option["value"].to_string()) {
            wrong.push(format!("{at}: the value {} is there twice", option["value"]));
        }
    }
    let first = element.get("initial_option").into_iter().chain(list(element, "initial_options"));
    wrong.extend(
        first
            .filter(|one| !options.contains(one))
            .map(|one| format!("{at}: {} is chosen, but not offered", one["value"])),
    );
}

/// Whether a value has digits where the form has noughts.
fn form(at: &str, value: &Value, form: &str, wrong: &mut Vec<String>) {
    let Some(text) = value.as_str() else { return };
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    if shape != form {
        wrong.push(format!("{at}: {text} is not like {form}"));
    }
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A text object of any kind.
fn text(at: &str, object: &Value, most: usize, wrong: &mut Vec<String>) {
    let said = object["text"].as_str().unwrap_or_default();
    limit(at, said, 1, most, wrong);
    if said.trim().is_empty() {
        wrong.push(format!("{at}: blank"));
    }
    markup(at, said, wrong);
    if object["type"] == "plain_text" && said.contains('<') {
        wrong.push(format!("{at}: markup in plain text: {said}"));
    }
    if object["type"] == "mrkdwn" && said.matches("```").count() % 2 == 1 {
        wrong.push(format!("{at}: a block of code that does not end"));
    }
}

fn plain(at: &str, object: &Value, most: usize, wrong: &mut Vec<String>) {
    if object["type"] != "plain_text" {
        wrong.push(format!("{at}: not plain_text"));
    }
    text(at, object, most, wrong);
}

/// Entities, and what stands in `<…>`.
fn markup(at: &str, said: &str, wrong: &mut Vec<String>) {
    for (n, _) in said.match_indices('&') {
        if !["&amp;", "&lt;", "&gt;"].iter().any(|entity| said[n..].starts_with(entity)) {
            wrong.push(format!("{at}: an ampersand that is not escaped"));
        }
    }
    let mut rest = said;
    while let Some(start) = rest.find(['<', '>']) {
        let Some(end) = rest[start..].strip_prefix('<').and_then(|inner| inner.find(['<', '>'])) else {
            return wrong
                .push(format!("{at}: a stray bracket at {:?}", rest[start..].chars().take(20).collect::<String>()));
        };
        let inner = &rest[start + 1..start + 1 + end];
        if !rest[start + 1 + end..].starts_with('>') || !is_ours(inner) {
            wrong.push(format!("{at}: markup <{inner}>"));
        }
        rest = &rest[start + 2 + end..];
    }
}

/// Markup that maintbot makes: links, dates with a fallback, mentions of one person or place.
fn is_ours(inner: &str) -> bool {
    let is_id = |id: &str, heads: &[char]| {
        id.starts_with(heads) && id.len() > 1 && id.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    };
    if let Some(date) = inner.strip_prefix("!date^") {
        let parts: Vec<&str> = date.splitn(2, '|').collect();
        let format: Vec<&str> = parts[0].split('^').collect();
        let is_time = format[0].parse::<i64>().is_ok();
        let is_format = format.get(1).is_some_and(|format| format.contains('{') && format.contains('}'));
        return is_time
            && is_format
            && parts.get(1).is_some_and(|fallback| !fallback.is_empty() && !fallback.contains('^'));
    }
    if let Some(id) = inner.strip_prefix('@') {
        return is_id(id, &['U', 'W']);
    }
    if let Some(id) = inner.strip_prefix('#') {
        return is_id(id, &['C', 'G']);
    }
    let url = inner.split('|').next().unwrap_or_default();
    (url.starts_with("https://") || url.starts_with("http://")) && !url.contains(char::is_whitespace)
}

fn limit(at: &str, said: &str, least: usize, most: usize, wrong: &mut Vec<String>) {
    let length = len(said);
    if !(least..=most).contains(&length) {
        wrong.push(format!("{at}: {length} characters, {least} to {most} fit"));
    }
}

fn count(at: &str, found: usize, least: usize, most: usize, wrong: &mut Vec<String>) {
    if !(least..=most).contains(&found) {
        wrong.push(format!("{at}: {found}, {least} to {most} fit"));
    }
}

fn len(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message with one section of this text.
    fn section(text: &str) -> Value {
        json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
    }

    fn button(id: &str) -> Value {
        json!({ "type": "button", "action_id": id, "value": "x", "text": { "type": "plain_text", "text": "Start" } })
    }

    fn message(blocks: &Value) -> Value {
        json!({ "channel": "C1", "text": "said", "blocks": blocks })
    }

    fn field(id: &str, element: &Value) -> Value {
        json!({
            "type": "input",
            "block_id": id,
            "label": { "type": "plain_text", "text": "Title" },
            "element": element,
        })
    }

    fn modal(blocks: &Value) -> Value {
        let words = |text: &str| json!({ "type": "plain_text", "text": text });
        json!({ "type": "modal", "title": words("Plan"), "submit": words("Go"), "blocks": blocks })
    }

    fn select(options: usize) -> Value {
        let option = |n| json!({ "text": { "type": "plain_text", "text": format!("o{n}") }, "value": format!("v{n}") });
        json!({ "type": "static_select", "action_id": "kind", "options": (0..options).map(option).collect::<Vec<_>>() })
    }

    #[test]
    fn what_slack_takes_is_not_refused() {
        let date = "<!date^1796565600^{date_short_pretty} {time}|2026-12-06 14:00 UTC>";
        for text in
            ["a &amp; b &lt;!here&gt;", "<https://x.example/a?b=1&amp;c|page> <https://x.example>", date, "<@U1> <#C1>"]
        {
            assert_eq!(judge_message(&message(&json!([section(text)]))), Vec::<String>::new(), "{text}");
        }
        let row = json!({ "type": "actions", "elements": [button("start"), button("ack")] });
        assert_eq!(judge_message(&message(&json!([row]))), Vec::<String>::new());
        assert_eq!(judge_message(&json!({ "channel": "C1", "text": "plain" })), Vec::<String>::new());
        let typed = json!({ "type": "plain_text_input", "action_id": "title", "max_length": 3000 });
        assert_eq!(
            judge_view(&modal(&json!([field("title", &typed), field("kind", &select(100))]))),
            Vec::<String>::new()
        );
        assert_eq!(judge_view(&json!({ "type": "home", "blocks": [section("x")] })), Vec::<String>::new());
    }

    #[test]
    fn planted_mistakes_in_messages_are_refused() {
        let long = |n: usize| "x".repeat(n);
        let header = |text: &str| json!({ "type": "header", "text": { "type": "plain_text", "text": text } });
        let fields = |count: usize, length: usize| json!({ "type": "section", "fields": vec![json!({ "type": "mrkdwn", "text": long(length) }); count] });
        let named = |id: &str| json!({ "type": "divider", "block_id": id });
        let actions = |elements: Vec<Value>| json!({ "type": "actions", "elements": elements });
        let with = |mut value: Value, name: &str, new: Value| {
            value[name] = new;
            value
        };
        let planted = [
            json!([section(&long(3_001))]),
            json!([section("")]),
            json!([section(" \n")]),
            json!([{ "type": "section" }]),
            json!([{ "type": "section", "text": { "type": "mrkdwn", "text": "x" }, "colour": "red" }]),
            json!([{ "type": "section", "text": "x" }]),
            json!([{ "type": "paragraph", "text": "x" }]),
            json!([fields(11, 5)]),
            json!([fields(0, 5)]),
            json!([fields(1, 2_001)]),
            json!([header(&long(151))]),
            json!([header("a <!here> b")]),
            json!([{ "type": "header", "text": { "type": "mrkdwn", "text": "x" } }]),
            json!([{ "type": "context", "elements": [] }]),
            json!(vec![section("x"); 51]),
            json!(vec![section(&long(2_900)); 5]),
            json!([named("a"), named("a")]),
            json!([named(&long(256))]),
            json!([actions(vec![])]),
            json!([actions((0..26).map(|n| button(&n.to_string())).collect())]),
            json!([actions(vec![button("start"), button("start")])]),
            json!([actions(vec![button(&long(256))])]),
            json!([actions(vec![with(button("a"), "value", json!(long(2_001)))])]),
            json!([actions(vec![with(button("a"), "style", json!("blue"))])]),
            json!([actions(vec![with(button("a"), "disabled", json!(true))])]),
            json!([actions(vec![with(button("a"), "text", json!({ "type": "plain_text", "text": long(76) }))])]),
            json!([actions(vec![with(
                button("a"),
                "confirm",
                json!({ "text": { "type": "plain_text", "text": "?" } })
            )])]),
            json!([section("a & b")]),
            json!([section("a < b")]),
            json!([section("a > b")]),
            json!([section("<!channel>")]),
            json!([section("<!here|here>")]),
            json!([section("<!subteam^S1>")]),
            json!([section("<@U1|<b>")]),
            json!([section("<javascript:alert(1)|x>")]),
            json!([section("<!date^now^{time}|x>")]),
            json!([section("<!date^1^{time}>")]),
            json!([section("```\nnever closed")]),
        ];
        for blocks in planted {
            assert!(!judge_message(&message(&blocks)).is_empty(), "{blocks}");
        }
        for planted in [
            json!({ "channel": "C1" }),
            json!({ "channel": "C1", "text": " ", "blocks": [] }),
            json!({ "channel": "C1", "blocks": [section("x")] }),
            json!({ "channel": "C1", "text": "x", "block": [] }),
            json!({ "channel": "C1", "text": "<!channel> x" }),
            json!({ "channel": "C1", "text": long(40_001) }),
            json!({ "channel": "C1", "text": "@x", "link_names": true }),
            json!({ "channel": "C1", "text": "x", "metadata": { "event_type": "a" } }),
            json!({ "channel": "C1", "text": "x", "blocks": "[]" }),
        ] {
            assert!(!judge_message(&planted).is_empty(), "{planted}");
        }
    }

    #[test]
    fn planted_mistakes_in_views_are_refused() {
        let with = |mut value: Value, name: &str, new: Value| {
            value[name] = new;
            value
        };
        let words = |n: usize| json!({ "type": "plain_text", "text": "x".repeat(n) });
        let typed = json!({ "type": "plain_text_input", "action_id": "title" });
        let fine = || modal(&json!([field("title", &typed)]));
        let one = |element: Value| modal(&json!([field("a", &element)]));
        let boxes = |n: usize| {
            let option = |n| json!({ "text": { "type": "plain_text", "text": "x" }, "value": format!("{n}") });
            json!({ "type": "checkboxes", "options": (0..n).map(option).collect::<Vec<_>>() })
        };
        let planted = [
            with(fine(), "title", words(25)),
            with(fine(), "submit", words(25)),
            with(fine(), "submit", Value::Null),
            with(fine(), "close", words(25)),
            with(fine(), "title", json!({ "type": "mrkdwn", "text": "x" })),
            with(fine(), "private_metadata", json!("x".repeat(3_001))),
            with(fine(), "callback_id", json!("x".repeat(256))),
            with(fine(), "type", json!("message")),
            with(fine(), "colour", json!("red")),
            with(fine(), "blocks", json!([])),
            with(fine(), "blocks", json!(vec![section("x"); 101])),
            modal(&json!([field("a", &typed), field("a", &typed)])),
            one(select(0)),
            one(select(101)),
            one(with(select(2), "initial_option", select(3)["options"][2].clone())),
            one(with(select(2), "options", json!(vec![select(1)["options"][0].clone(); 2]))),
            one(with(select(2), "placeholder", words(151))),
            one(with(select(1), "options", json!([{ "text": words(76), "value": "v" }]))),
            one(with(select(1), "options", json!([{ "text": words(5), "value": "v".repeat(151) }]))),
            one(boxes(11)),
            one(json!({ "type": "plain_text_input", "max_length": 3_001 })),
            one(json!({ "type": "datepicker", "initial_date": "6.12.2026" })),
            one(json!({ "type": "timepicker", "initial_time": "4pm" })),
            one(button("a")),
            with(fine(), "blocks", json!([with(field("a", &typed), "label", words(2_001))])),
            with(fine(), "blocks", json!([with(field("a", &typed), "hint", words(2_001))])),
            json!({ "type": "home", "title": words(3), "blocks": [section("x")] }),
            json!({ "type": "home", "blocks": [section("<!everyone>")] }),
        ];
        for view in planted {
            assert!(!judge_view(&view).is_empty(), "{view}");
        }
    }
}
