//! What maintbot shows on Slack, whatever people typed: within the vendor's schema and every limit, shown as typed, and
//! calling nobody.

use std::path::Path;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use maintbot::config::Config;
use maintbot::domain::calendar::{Span, Zone};
use maintbot::domain::change::{ChangeItem, ItemKind};
use maintbot::domain::organisation::Organisation;
use maintbot::domain::series::SeriesId;
use maintbot::domain::subject::Subject;
use maintbot::domain::window::{Window, WindowId};
use maintbot::message::action::{Action, Button};
use maintbot::message::text::{one_line, shown};
use maintbot::message::{Block, ItemLine, Message, Times};
use maintbot::slack::render::{Home, Modal, Origin, escape, home, modal, read_modal, say};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fake::slack::judge::{judge_message, judge_view};

/// Cannot be seen; keeps a sign from being markup.
const HIDDEN: char = '\u{ad}';
const PAGE: &str = "https://maintenance.example.com/MW-12?a=1&b=2";

/// Pieces of text that mean something to Slack.
const HOSTILE: &[&str] = &[
    "<!channel>",
    "<!here|here>",
    "<!everyone>",
    "<@U012AB>",
    "<#C012AB>",
    "<!subteam^S1>",
    "<!date^0^{date}|x>",
    "<https://evil.example|https://good.example>",
    "https://a.example/_x_?a=1&b=*2*",
    "http://x|y>z",
    "@channel",
    "@here",
    "*bold*",
    "_it_",
    "~gone~",
    "`code`",
    "```",
    "``",
    "**",
    "> ",
    ">>> ",
    "- ",
    "* ",
    "1. ",
    "• ",
    ":tada:",
    ":+1:",
    "&amp;",
    "&lt;!here&gt;",
    "&",
    "<",
    ">",
    "|",
    "^",
    "\\",
    "\"",
    "\n",
    "\r\n",
    " ",
    "\t",
    "\u{202e}",
    "\u{200b}",
    "🎉",
    "ä",
    "漢字",
    "word",
    "snake_case",
    "16:00:30",
    "\u{ff1e} x",
    "\u{ad}",
    "\u{2028}",
    "\u{0}",
    "{{ x }}",
    "/maintenance show MW-1",
];

fn hostile(most: usize) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(HOSTILE).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..most).prop_map(|pieces| pieces.concat())
}

fn block(most: usize, rows: usize) -> impl Strategy<Value = Block> {
    let item = (any::<bool>(), 0..9_usize, hostile(most), hostile(4));
    let item = item.prop_map(|(done, depth, text, aside)| ItemLine { number: 7, text, depth, done, aside });
    let row = proptest::collection::vec(hostile(most / 2 + 1), 0..5);
    prop_oneof![
        hostile(most).prop_map(Block::Heading),
        hostile(most * 2).prop_map(Block::Text),
        proptest::collection::vec((hostile(3), hostile(most)), 0..rows).prop_map(Block::Facts),
        proptest::collection::vec(item, 0..rows).prop_map(Block::Items),
        (proptest::collection::vec(hostile(2), 0..5), proptest::collection::vec(row, 0..rows))
            .prop_map(|(head, rows)| Block::Table { head, rows }),
        hostile(most).prop_map(Block::Copy),
        (hostile(most), 0..400_usize, 0..400_usize).prop_map(|(line, from, width)| Block::Caret { line, from, width }),
    ]
}

fn message(most: usize, rows: usize, blocks: usize) -> impl Strategy<Value = Message> {
    let blocks = proptest::collection::vec(block(most, rows), 0..blocks);
    blocks.prop_map(|blocks| Message { blocks, ..Message::default() })
}

/// The message as it is sent.
fn sent(message: &Message) -> Value {
    let subject = Subject::Window(WindowId(i64::MAX));
    let button = |action: &Action| Button { action: *action, subject, sequence: Some(i64::MAX) };
    let buttons: Vec<Button> = Action::ALL.iter().map(button).collect();
    let said = say(message, &buttons, Some(PAGE));
    json!({ "channel": "C1", "text": said.text, "blocks": said.blocks })
}

/// Every text of blocks, each on lines of its own, as Slack sends it.
fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| texts(one, into)),
        Value::Object(members) => {
            into.extend(members.get("text").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|one| texts(one, into));
        }
        _ => {}
    }
}

/// What a reader sees of text, if nothing in it is emphasis: links as their address, dates as their fallback.
fn seen(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, more)) = rest.split_once('<') {
        let (inner, after) = more.split_once('>').expect("markup ends");
        out.push_str(before);
        out.push_str(inner.rsplit('|').next().unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    out.replace(HIDDEN, "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The signs that could open emphasis or code: not in a word, not hidden, not in a link.
fn openers(text: &str) -> Vec<String> {
    let (mut found, mut before, mut in_link) = (Vec::new(), ' ', false);
    for (at, c) in text.char_indices() {
        match c {
            '<' => in_link = true,
            '>' => in_link = false,
            '*' | '_' | '~' | '`' if !in_link && before != HIDDEN && !(c != '`' && before.is_alphanumeric()) => {
                found.push(text[at..].chars().take(20).collect());
            }
            _ => {}
        }
        before = c;
    }
    found
}

/// The lines that Slack would take for a quote or an item of a list.
fn marked_lines(text: &str) -> Vec<&str> {
    let marked = |line: &&str| {
        let line = line.trim_start();
        let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_numbered = digits.len() < line.len() && (digits.starts_with(". ") || digits.starts_with(") "));
        is_numbered || ["&gt;", "\u{ff1e}", "- ", "* ", "• ", "+ "].iter().any(|mark| line.starts_with(mark))
    };
    text.lines().filter(marked).collect()
}

fn without_hidden(text: &str) -> String {
    text.replace(HIDDEN, "")
}

/// The view as Slack gives it back when one field was filled in.
fn filled(mut view: Value, field: &str, element: &Value) -> Value {
    view["state"] = json!({ "values": { field: { field: element } } });
    view
}

fn organisation() -> Organisation {
    let config = r#"
[server]
public_url = "https://maintenance.example.com"
[organisation]
name = "Example"
time_zone = "Europe/Helsinki"
[[service]]
id = "jira"
name = "Jira *main*"
"#;
    let none: [(String, String); 0] = [];
    Config::from_text(Path::new("maintbot.toml"), config, none).expect("a configuration").organisation
}

/// Sunday 6 December 2026, 16:00 to 17:00 in Helsinki.
fn window(id: i64, title: &str) -> Window {
    let window = crate::store::window(id, "2026-12-06T14:00:00Z".parse().expect("an instant"));
    let span = Span { zone: Zone::named("Europe/Helsinki").expect("a zone"), ..window.span };
    Window { title: title.to_owned(), span, ..window }
}

fn change(number: i64, text: &str) -> ChangeItem {
    ChangeItem {
        number,
        text: text.to_owned(),
        kind: ItemKind::Plugin,
        from_version: None,
        to_version: None,
        advisories: Vec::new(),
        assignee: Some("anna".into()),
        parent: None,
        done: None,
        late: false,
        created_at: "2026-11-01T08:00:00Z".parse().expect("an instant"),
    }
}

fn home_of(windows: &[Window], items: &[(Window, ChangeItem)], approvals: &[Window]) -> Value {
    let now = "2026-11-22T09:00:00Z".parse().expect("an instant");
    let view = home(&Home { organisation: &organisation(), windows, items, approvals, soon: windows, now });
    assert_eq!(judge_view(&view), Vec::<String>::new());
    view
}

#[test]
fn the_home_lists_what_somebody_has_to_do_with_links() {
    let jira = window(12, "Jira <10.3>");
    let items = [(jira.clone(), change(3, "OS _patches_"))];
    let view = home_of(std::slice::from_ref(&jira), &items, std::slice::from_ref(&jira));
    let mut found = Vec::new();
    texts(&view, &mut found);
    let page = format!("<{}|MW-12>", organisation().window_url(&jira));
    let line = format!(
        "{page} Jira &lt;10.3&gt; · <!date^1796565600^{{date_short_pretty}} {{time}}|2026-12-06 14:00 UTC>–\
         <!date^1796569200^{{time}}|15:00 UTC> (Sun 6 Dec 2026 16:00–17:00 Europe/Helsinki, 14:00–15:00 UTC) · \
         scheduled · Jira {HIDDEN}*main*"
    );
    let item = format!("{page} · ☐ 3. OS {HIDDEN}_patches_");
    let expected =
        ["Waiting for approval", &line, "My windows", &line, "My items", &item, "The next seven days", &line];
    assert_eq!(found, expected);
}

#[test]
fn an_empty_home_says_so() {
    let mut found = Vec::new();
    texts(&home_of(&[], &[], &[]), &mut found);
    let expected = [
        "My windows",
        "You have no window ahead of you.",
        "My items",
        "No open change item is yours.",
        "The next seven days",
        "Nothing is planned.",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_full_home_is_folded() {
    let windows: Vec<_> = (1..=200).map(|n| window(n, &"*`<!here>`*".repeat(15))).collect();
    let items: Vec<_> = windows.iter().map(|w| (w.clone(), change(1, &"&".repeat(4_000)))).collect();
    let view = home_of(&windows, &items, &windows);
    let folds = view.to_string().matches("more: <https://maintenance.example.com|see the page>").count();
    assert_eq!(folds, 4);
}

#[test]
fn completion_asks_for_the_outcome_and_shows_what_is_open() {
    let origin = Origin::default();
    let open = ItemLine { number: 2, text: "OS patches".into(), depth: 0, done: false, aside: String::new() };
    let plain = window(12, "Jira");
    let of = |window: &Window, open_items: &[ItemLine]| {
        let view = modal(&Modal::Complete { window, open_items, url: Some(PAGE), origin: &origin });
        assert_eq!(judge_view(&view), Vec::<String>::new());
        view
    };
    let field = |view: &Value, id: &str| {
        let blocks = view["blocks"].as_array().cloned().unwrap_or_default();
        blocks.into_iter().find(|block| block["block_id"] == id)
    };

    let view = of(&plain, &[]);
    let outcome = field(&view, "outcome").expect("the outcome is asked for");
    assert_eq!(outcome["element"]["initial_option"]["value"], "success");
    assert_eq!(outcome["element"]["options"][2]["text"]["text"], "Rolled back");
    assert_eq!(field(&view, "carry-over"), None);

    let in_series = Window { series: Some(SeriesId(1)), ..plain };
    let view = of(&in_series, &[open]);
    assert_eq!(view["blocks"][1]["text"]["text"], "Still open:\n☐ 2. OS patches");
    assert_eq!(field(&view, "outcome").expect("asked for")["element"]["initial_option"], Value::Null);
    let chosen = json!({ "type": "checkboxes", "selected_options": [{ "value": "true" }] });
    let submitted = read_modal(&filled(view, "carry-over", &chosen)).expect("it is ours");
    assert_eq!(submitted.verb, "complete");
    let expected = [("window", "MW-12"), ("carry-over", "true")].map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert_eq!(submitted.options, expected);

    let many = vec![ItemLine { number: 1, text: "x".repeat(100), depth: 0, done: false, aside: String::new() }; 90];
    let text = of(&in_series, &many)["blocks"][1]["text"]["text"].as_str().map(str::to_owned).unwrap_or_default();
    let shown = text.matches('☐').count();
    assert!(text.ends_with(&format!(
        "… and {} more: <https://maintenance.example.com/MW-12?a=1&amp;b=2|see the page>",
        90 - shown
    )));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn escaped_text_is_seen_as_typed_and_is_no_markup(text in hostile(24)) {
        let ready = escape(&text);
        prop_assert_eq!(seen(&ready), without_hidden(&shown(&text)));
        prop_assert_eq!(openers(&ready), Vec::<String>::new(), "{}", ready);
        prop_assert_eq!(marked_lines(&ready), Vec::<&str>::new(), "{}", ready);
        prop_assert!(!["<!", "<@", "<#"].iter().any(|start| ready.contains(start)), "{}", ready);
        let judged = judge_message(&json!({ "channel": "C1", "text": format!("x{ready}") }));
        prop_assert_eq!(judged, Vec::<String>::new(), "{}", ready);
    }

    #[test]
    fn a_message_keeps_every_limit_and_calls_nobody(message in message(12, 9, 9)) {
        let sent = sent(&message);
        prop_assert_eq!(judge_message(&sent), Vec::<String>::new());
        let all = sent.to_string();
        prop_assert!(!["<!", "<@", "<#"].iter().any(|start| all.contains(start)), "{}", all);
    }

    #[test]
    fn what_is_said_is_there_as_typed(message in message(6, 4, 4)) {
        let sent = sent(&message);
        let mut found = Vec::new();
        texts(&sent["blocks"], &mut found);
        let found: Vec<String> = found.iter().map(|text| seen(text)).collect();
        let is_there = |text: &str| {
            let text = without_hidden(text.trim());
            text.trim().is_empty() || found.iter().any(|one| one.contains(text.trim()))
        };
        for block in &message.blocks {
            match block {
                Block::Heading(text) => prop_assert!(is_there(&one_line(text)), "{:?}: {:?}", text, found),
                Block::Text(text) => prop_assert!(is_there(&shown(text)), "{:?}: {:?}", text, found),
                Block::Copy(line) => prop_assert!(is_there(&one_line(line)), "{:?}: {:?}", line, found),
                Block::Facts(facts) => {
                    for (_, value) in facts {
                        prop_assert!(is_there(&shown(value)), "{:?}: {:?}", value, found);
                    }
                }
                Block::Items(items) => {
                    for item in items {
                        prop_assert!(is_there(&one_line(&item.text)), "{:?}: {:?}", item, found);
                    }
                }
                Block::Table { rows, .. } => {
                    for cell in rows.iter().flatten() {
                        prop_assert!(is_there(&one_line(cell)), "{:?}: {:?}", cell, found);
                    }
                }
                Block::Caret { .. } => {}
            }
        }
    }

    #[test]
    fn a_time_in_hostile_text_stays_a_time(before in hostile(6), after in hostile(6)) {
        let starts_at: DateTime<Utc> = "2026-12-06T14:00:00Z".parse().expect("an instant");
        let text = "Sun 6 Dec 2026 16:00–20:00 Europe/Helsinki (14:00–18:00 UTC)".to_owned();
        let times = vec![Times { text: text.clone(), starts_at, ends_at: Some(starts_at + TimeDelta::hours(4)) }];
        let message = Message { blocks: vec![Block::Text(format!("{before} {text} {after}"))], times };
        let sent = sent(&message);
        prop_assert_eq!(judge_message(&sent), Vec::<String>::new());
        let said = sent["blocks"][0]["text"]["text"].as_str().unwrap_or_default();
        prop_assert_eq!(said.matches("<!date^").count(), 2);
        let stretch = "<!date^1796565600^{date_short_pretty} {time}|2026-12-06 14:00 UTC>–\
                       <!date^1796580000^{time}|18:00 UTC> (";
        prop_assert!(said.contains(stretch), "{}", said);
    }
}

proptest! {
    // Each has hundreds of choices, and every one is judged.
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn modals_keep_every_limit_and_are_read_back(
        services in proptest::collection::btree_map("[a-z0-9]{1,64}", hostile(12), 0..130),
        zone in proptest::sample::select(&["UTC", "Europe/Helsinki", "America/Argentina/ComodRivadavia"][..]),
        place in hostile(90),
        items in proptest::collection::vec(hostile(30), 0..60),
        title in hostile(8),
    ) {
        let services: Vec<_> = services.into_iter().collect();
        let zone = Zone::named(zone).expect("a zone");
        let now_local = NaiveDate::from_ymd_opt(2026, 11, 22).and_then(|day| day.and_hms_opt(9, 0, 0)).expect("a time");
        let origin = Origin { channel: Some("C1".into()), response: Some(place), ..Origin::default() };
        let kinds = ["emergency".to_owned(), "scheduled".to_owned()];
        let view = modal(&Modal::Schedule { services: &services, regions: &services, kinds: &kinds, zone: &zone, now_local, origin: &origin });
        prop_assert_eq!(judge_view(&view), Vec::<String>::new());
        let submitted = read_modal(&filled(view, "title", &json!({ "type": "plain_text_input", "value": title })));
        let submitted = submitted.expect("it is ours");
        let expected: Vec<_> = [("tz", zone.to_string()), ("title", title.trim().to_owned())]
            .into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name.to_owned(), text)).collect();
        prop_assert_eq!(submitted.options, expected);
        prop_assert!(submitted.origin == origin || submitted.origin == Origin::default());

        let open: Vec<_> = items.into_iter().map(|text| ItemLine { number: 1, text, depth: 1, done: false, aside: String::new() }).collect();
        let window = Window { series: Some(SeriesId(1)), ..window(12, &title) };
        let view = modal(&Modal::Complete { window: &window, open_items: &open, url: Some(PAGE), origin: &origin });
        prop_assert_eq!(judge_view(&view), Vec::<String>::new());
    }
}
