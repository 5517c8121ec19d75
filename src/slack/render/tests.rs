//! What the blocks, modals and views look like, as Slack's documentation describes them.

use chrono::{NaiveDateTime, TimeDelta};
use serde_json::{Value, json};

use super::*;
use crate::domain::calendar::Zone;
use crate::domain::subject::Subject;
use crate::domain::window::WindowId;
use crate::message::action::Action;
use crate::message::{Block, ItemLine, Times};

const PAGE: &str = "https://maintenance.example.com/MW-12";

fn buttons(actions: &[Action]) -> Vec<Button> {
    let subject = Subject::Window(WindowId(12));
    actions.iter().map(|action| Button { action: *action, subject, sequence: None }).collect()
}

fn blocks(message: &Message) -> Vec<Value> {
    say(message, &[], Some(PAGE)).blocks
}

fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text, "emoji": false })
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": mrkdwn(text) })
}

fn item(number: i64, text: &str, depth: usize, done: bool) -> ItemLine {
    ItemLine { number, text: text.into(), depth, done, aside: String::new() }
}

fn strings(all: &[&str]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

fn text_of(block: &Value) -> &str {
    block["text"]["text"].as_str().unwrap_or_default()
}

#[test]
fn a_heading_is_a_header() {
    let header = json!({ "type": "header", "text": plain("MW-1 Jira &amp; *Confluence*") });
    assert_eq!(blocks(&Message::titled("MW-1 Jira & *Confluence*")), [header]);
}

#[test]
fn a_heading_that_is_too_long_stands_whole_below() {
    let long = "abcd ".repeat(40);
    let found = blocks(&Message::titled(long.clone()));
    assert_eq!(found.len(), 2);
    let header = text_of(&found[0]);
    assert!(header.chars().count() <= 150 && header.ends_with("abcd…"), "{header}");
    assert_eq!(found[1], section(long.trim()));
}

#[test]
fn text_is_a_section_and_long_text_several() {
    assert_eq!(blocks(&Message::line("one\n*two*")), [section("one\n\u{ad}*two*")]);
    let long = "word ".repeat(1_000);
    let found = blocks(&Message::line(long.clone()));
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|block| text_of(block).chars().count() <= 3_000));
    assert_eq!(found.iter().map(text_of).collect::<Vec<_>>().join(" "), long.trim());
    assert!(blocks(&Message::line(" \n")).is_empty());
}

#[test]
fn facts_are_fields_at_most_ten_in_a_section() {
    let fact = |n: usize| (format!("Name {n}"), format!("value {n}"));
    let found = blocks(&Message::default().facts((0..12).map(fact)));
    let field = |n: usize| mrkdwn(&format!("*Name {n}*\nvalue {n}"));
    assert_eq!(
        found,
        [
            json!({ "type": "section", "fields": (0..10).map(field).collect::<Vec<_>>() }),
            json!({ "type": "section", "fields": (10..12).map(field).collect::<Vec<_>>() }),
        ]
    );
}

#[test]
fn a_long_fact_has_the_whole_width() {
    let long = "word ".repeat(100);
    let found = blocks(&Message::default().facts([("Impact", long.clone()), ("When", "now".to_owned())]));
    assert_eq!(found[0], json!({ "type": "section", "fields": [mrkdwn("*When*\nnow")] }));
    assert_eq!(found[1], section(&format!("*Impact*\n{}", long.trim())));
}

#[test]
fn a_fact_with_a_time_is_read_in_ones_own_zone() {
    let starts_at = "2026-12-06T14:00:00Z".parse().unwrap();
    let text = "Sun 6 Dec 2026 16:00–20:00 Europe/Helsinki (14:00–18:00 UTC)".to_owned();
    let times = vec![Times { text: text.clone(), starts_at, ends_at: Some(starts_at + TimeDelta::hours(4)) }];
    let message = Message { times, ..Message::default() }.facts([("When", text.clone())]);
    let field = "*When*\n<!date^1796565600^{date_short_pretty} {time}|2026-12-06 14:00 UTC>–\
                 <!date^1796580000^{time}|18:00 UTC> (Sun 6 Dec 2026 16:00–20:00 Europe/Helsinki, 14:00–18:00 UTC)";
    assert_eq!(blocks(&message), [json!({ "type": "section", "fields": [mrkdwn(field)] })]);
    assert_eq!(fallback(&message), format!("When: {text}"));
}

#[test]
fn a_change_list_has_boxes_and_its_progress() {
    let mut items = vec![item(1, "Jira", 0, false), item(2, "core", 1, true), item(3, "_plugins_", 1, false)];
    items[2].aside = "anna, added late".into();
    let list = "☐ 1. Jira\n\u{2003}☑ 2. core\n\u{2003}☐ 3. \u{ad}_plugins_ — anna, added late";
    assert_eq!(blocks(&Message::default().block(Block::Items(items.clone()))), [section("1 of 2 done"), section(list)]);
    // Said already.
    let said = Message::line("Change list, 1 of 2 done:").block(Block::Items(items));
    assert_eq!(blocks(&said), [section("Change list, 1 of 2 done:"), section(list)]);
}

#[test]
fn a_long_change_list_is_folded_with_a_link() {
    let items: Vec<_> = (1..=300).map(|n| item(n, &format!("item {n} {}", "x".repeat(50)), 0, false)).collect();
    let found = blocks(&Message::titled("MW-12").block(Block::Items(items)).text("After it."));
    assert_eq!(found.last().map(text_of), Some("After it."));
    let list: Vec<&str> = found[2..found.len() - 1].iter().flat_map(|block| text_of(block).lines()).collect();
    let shown = list.len() - 1;
    assert!(shown > 100, "{shown} items are shown");
    assert!(list[shown - 1].starts_with(&format!("☐ {shown}. item {shown} ")));
    assert_eq!(list[shown], format!("… and {} more: <{PAGE}|see the page>", 300 - shown));
    assert!(Value::from(found).to_string().chars().count() <= 13_000);
}

#[test]
fn two_long_lists_share_the_room() {
    let items: Vec<_> = (1..=200).map(|n| item(n, &"x".repeat(90), 0, false)).collect();
    let message = Message::default().block(Block::Items(items.clone())).text("Then:").block(Block::Items(items));
    let found = blocks(&message);
    let folds = found.iter().filter(|block| text_of(block).contains(" more: <https")).count();
    assert_eq!(folds, 2);
    let [before, after] = [0, 1].map(|n| {
        let parts: Vec<_> = found.split(|block| text_of(block) == "Then:").collect();
        parts[n].iter().map(|block| text_of(block).lines().count()).sum::<usize>()
    });
    assert!(before.abs_diff(after) < 20, "{before} and {after} lines");
}

#[test]
fn what_does_not_fit_at_all_is_left_out_with_a_link() {
    let mut message = Message::titled("MW-12");
    for n in 0..80 {
        message = message.text(format!("paragraph {n}"));
    }
    let found = say(&message, &buttons(&[Action::Ack]), Some(PAGE)).blocks;
    assert_eq!(found.len(), 50);
    assert_eq!(found[48], section(&format!("… The rest does not fit here: <{PAGE}|see the page>")));
    assert_eq!(found[49]["type"], "actions");
    assert_eq!(text_of(&say(&message, &[], None).blocks[49]), "… The rest does not fit here");
}

#[test]
fn exactly_what_fits_is_not_folded() {
    let message = (0..50).fold(Message::default(), |message, n| message.text(format!("paragraph {n}")));
    let found = blocks(&message);
    assert_eq!((found.len(), found.last().map(text_of)), (50, Some("paragraph 49")));
}

#[test]
fn a_narrow_table_has_columns_and_a_wide_one_lines() {
    let narrow = Block::Table { head: strings(&["Id", "State"]), rows: vec![strings(&["MW-1", "<done>"])] };
    assert_eq!(blocks(&Message::default().block(narrow)), [section("```\nId    State\nMW-1  &lt;done&gt;\n```")]);
    let title = "A title that is far too long for a column of a table on a phone";
    let wide = Block::Table {
        head: strings(&["Id", "State", "Title", ""]),
        rows: vec![strings(&["MW-1", "", title, "x"]), strings(&["MW-2", "done", "B", ""])],
    };
    assert_eq!(
        blocks(&Message::default().block(wide)),
        [section(&format!("*Id*: MW-1 · *Title*: {title} · x\n*Id*: MW-2 · *State*: done · *Title*: B"))]
    );
}

#[test]
fn a_line_to_copy_and_a_caret_are_code() {
    let message = Message::default().copy("/maintenance note MW-1 \"a & b\"").block(Block::Caret {
        line: "/maintenance edit when:x".into(),
        from: 23,
        width: 1,
    });
    assert_eq!(
        blocks(&message),
        [
            section("`/maintenance note MW-1 \"a &amp; b\"`"),
            section(&format!("```\n/maintenance edit when:x\n{}^\n```", " ".repeat(23))),
        ]
    );
}

#[test]
fn of_a_very_long_line_the_marked_part_is_shown() {
    let line = format!("{}WRONG{}", "a".repeat(1_000), "b".repeat(1_000));
    let found = blocks(&Message::default().block(Block::Caret { line, from: 1_000, width: 5 }));
    let lines: Vec<&str> = text_of(&found[0]).lines().collect();
    let at = lines[2].chars().position(|c| c == '^').unwrap();
    assert_eq!(lines[1].chars().skip(at).take(lines[2].trim().len()).collect::<String>(), "WRONG");
    assert!(lines[1].starts_with('…') && lines[1].ends_with('…'));
}

#[test]
fn buttons_carry_what_they_are_about() {
    let found = say(&Message::line("x"), &buttons(&[Action::Ack, Action::Start, Action::RollingBack]), None).blocks;
    let button = |id: &str, label: &str| json!({ "type": "button", "action_id": id, "text": plain(label), "value": format!("{id} MW-12") });
    let row = found[1]["elements"].as_array().unwrap();
    assert_eq!(row[0], button("ack", "Acknowledge"));
    let mut start = button("start", "Start");
    start["style"] = json!("primary");
    assert_eq!(row[1], start);
    assert_eq!((&row[2]["style"], &row[2]["value"]), (&json!("danger"), &json!("rolling_back MW-12")));
    assert_eq!(row[2]["confirm"]["text"], plain("Tell everybody that MW-12 is being rolled back?"));
    assert_eq!(say(&Message::line("x"), &[], None).blocks.len(), 1, "no row without a button");
}

#[test]
fn the_fallback_is_plain_escaped_and_bounded() {
    let message = Message::titled("MW-1 <!here>").text("*x* & y");
    assert_eq!(fallback(&message), "MW-1 &lt;!here&gt;\n\n\u{ad}*x* &amp; y");
    let long = fallback(&Message::line("&".repeat(5_000)));
    assert!(long.ends_with("&amp;…") && long.len() <= 3_002);
    // Slack refuses a message without text and blocks.
    assert_eq!(fallback(&Message::default()), "Nothing to show");
}

fn now_local() -> NaiveDateTime {
    "2026-11-22T09:30:00".parse().unwrap()
}

fn origin() -> Origin {
    Origin {
        channel: Some("C1".into()),
        message: Some("1.2".into()),
        response: Some("https://hooks.slack.com/x".into()),
        ..Origin::default()
    }
}

fn schedule(services: &[(String, String)], regions: &[(String, String)]) -> Value {
    let kinds = strings(&["emergency", "scheduled"]);
    let zone = Zone::named("Europe/Helsinki").unwrap();
    let origin = origin();
    let now_local = now_local();
    modal(&Modal::Schedule { services, regions, kinds: &kinds, zone: &zone, now_local, origin: &origin })
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned())).collect()
}

fn field<'a>(view: &'a Value, id: &str) -> &'a Value {
    view["blocks"].as_array().unwrap().iter().find(|block| block["block_id"] == id).unwrap_or(&Value::Null)
}

/// The view as Slack gives it back, with these elements of fields.
fn filled(mut view: Value, fields: &[(&str, Value)]) -> Value {
    for (id, element) in fields {
        view["state"]["values"][id][id] = element.clone();
    }
    view
}

#[test]
fn the_schedule_modal_is_made_from_the_declaration() {
    let view = schedule(&pairs(&[("jira", "Jira & more"), ("crm", "CRM")]), &[]);
    assert_eq!((&view["type"], &view["callback_id"]), (&json!("modal"), &json!("schedule")));
    assert_eq!(view["title"], plain("Plan maintenance"));
    let ids: Vec<_> = view["blocks"].as_array().unwrap().iter().filter_map(|b| b["block_id"].as_str()).collect();
    assert_eq!(
        ids,
        ["title", "service", "when_date", "when_start", "for", "downtime", "impact", "kind", "poc", "item", "reason"]
    );
    assert_eq!(
        *field(&view, "title"),
        json!({
            "type": "input",
            "block_id": "title",
            "label": plain("Title of the window"),
            "hint": plain("What it is called"),
            "optional": false,
            "element": {
                "type": "plain_text_input",
                "action_id": "title",
                "max_length": 200,
                "multiline": false,
                "placeholder": plain("Jira 10.3 upgrade"),
            },
        })
    );
    let services = &field(&view, "service")["element"];
    assert_eq!(services["type"], "multi_static_select");
    assert_eq!(services["options"][0], json!({ "text": plain("Jira &amp; more"), "value": "jira" }));
    assert_eq!(field(&view, "when_date")["element"]["initial_date"], "2026-11-22");
    assert_eq!(field(&view, "when_start")["hint"], plain("In your time zone, Europe/Helsinki"));
    assert_eq!(field(&view, "for")["optional"], false);
    assert_eq!(field(&view, "for")["element"]["placeholder"], plain("2h"));
    assert_eq!(field(&view, "kind")["element"]["initial_option"]["value"], "scheduled");
    assert_eq!(field(&view, "poc")["element"]["type"], "users_select");
    assert_eq!(field(&view, "impact")["element"]["multiline"], true);
    assert_eq!(field(&view, "reason")["optional"], true);
}

#[test]
fn services_are_typed_where_slack_cannot_list_them() {
    let many: Vec<_> = (0..101).map(|n| (format!("s{n}"), format!("Service {n}"))).collect();
    for services in [Vec::new(), many] {
        let view = schedule(&services, &[]);
        assert_eq!(field(&view, "service")["element"]["type"], "plain_text_input");
    }
    let regions = pairs(&[("eu", "Europe")]);
    assert_eq!(field(&schedule(&[], &regions), "regions")["element"]["type"], "multi_static_select");
}

#[test]
fn a_submitted_schedule_is_a_command() {
    let view = schedule(&pairs(&[("jira", "Jira"), ("crm", "CRM")]), &[]);
    let typed = |text: &str| json!({ "type": "plain_text_input", "value": text });
    let view = filled(
        view,
        &[
            ("title", typed(" Jira 10.3 upgrade ")),
            (
                "service",
                json!({ "type": "multi_static_select", "selected_options": [{ "value": "jira" }, { "value": "crm" }] }),
            ),
            ("when_date", json!({ "type": "datepicker", "selected_date": "2026-12-06" })),
            ("when_start", json!({ "type": "timepicker", "selected_time": "16:00" })),
            ("for", typed("4h")),
            ("downtime", typed("15m, crm=1h")),
            ("impact", json!({ "type": "plain_text_input", "value": null })),
            ("kind", json!({ "type": "static_select", "selected_option": { "value": "scheduled" } })),
            ("poc", json!({ "type": "users_select", "selected_user": "U123" })),
            ("item", typed("- Jira to 10.3.2\n\n  * OS patches\nrestart")),
            ("reason", typed("  ")),
        ],
    );
    let submitted = read_modal(&view).unwrap();
    assert_eq!(submitted.verb, "schedule");
    assert_eq!(submitted.origin, origin());
    let expected = [
        ("tz", "Europe/Helsinki"),
        ("title", "Jira 10.3 upgrade"),
        ("service", "jira,crm"),
        ("when", "2026-12-06 16:00"),
        ("for", "4h"),
        ("downtime", "15m"),
        ("downtime.crm", "1h"),
        ("kind", "scheduled"),
        ("poc", "U123"),
        ("item", "Jira to 10.3.2"),
        ("item", "OS patches"),
        ("item", "restart"),
    ];
    assert_eq!(submitted.options, pairs(&expected));
    // Who that is, the caller knows.
    let named = |(name, text): (String, String)| if name == "poc" { (name, "anna".into()) } else { (name, text) };
    let options = submitted.options.into_iter().map(named).collect();
    let input = crate::command::Input::Named { verb: submitted.verb, options };
    assert_eq!(crate::command::parse(&input).map(|_| ()), Ok(()));
}

#[test]
fn the_other_modals_say_what_they_are_about() {
    let origin = origin();
    let view = modal(&Modal::Extend { window: WindowId(12), origin: &origin });
    assert_eq!(view["title"], plain("Extend MW-12"));
    let typed = |text: &str| json!({ "type": "plain_text_input", "value": text });
    let submitted = read_modal(&filled(view, &[("for", typed("45m")), ("reason", typed("index"))])).unwrap();
    assert_eq!(submitted.verb, "extend");
    assert_eq!(submitted.options, pairs(&[("window", "MW-12"), ("for", "45m"), ("reason", "index")]));

    let view = modal(&Modal::Reject { button: "reject PL-3 2".parse().unwrap(), origin: &origin });
    let submitted = read_modal(&filled(view, &[("reason", typed("too early"))])).unwrap();
    assert_eq!(
        (submitted.verb.as_str(), submitted.options),
        ("reject", pairs(&[("window", "PL-3"), ("sequence", "2"), ("reason", "too early")]))
    );
}

#[test]
fn a_view_that_is_not_ours_is_not_read() {
    let view = schedule(&[], &[]);
    let with = |name: &str, value: Value| {
        let mut other = filled(view.clone(), &[("title", json!({ "value": "x" }))]);
        other[name] = value;
        other
    };
    assert!(read_modal(&with("hash", json!("x"))).is_some());
    for other in [
        with("private_metadata", json!("")),
        with("private_metadata", json!("{\"verb\":\"cancel\"}")),
        with("callback_id", json!("complete")),
        with("state", Value::Null),
        json!({}),
        json!(null),
    ] {
        assert_eq!(read_modal(&other), None, "{other}");
    }
}

#[test]
fn an_error_is_shown_on_the_field_at_fault() {
    let view = schedule(&[], &[]);
    for (option, field) in [
        (Some("service"), "service"),
        (Some("when"), "when_start"),
        (Some("tz"), "when_start"),
        (Some("for"), "for"),
        (Some("override"), "title"),
        (None, "title"),
    ] {
        let answer = field_errors(&view, option, "no such service");
        assert_eq!(answer, json!({ "response_action": "errors", "errors": { field: "no such service" } }));
    }
}

#[test]
fn what_travels_with_a_modal_keeps_its_limit() {
    let origin = Origin { response: Some("x".repeat(4_000)), ..origin() };
    let view = modal(&Modal::Extend { window: WindowId(1), origin: &origin });
    assert!(view["private_metadata"].as_str().unwrap().len() <= 3_000);
    assert_eq!(read_modal(&filled(view, &[("for", json!({ "value": "1h" }))])).unwrap().origin, Origin::default());
}
