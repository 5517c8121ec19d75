//! What embeds, components and modals look like, as Discord's documentation describes them.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::*;
use crate::domain::subject::Subject;
use crate::domain::window::{Outcome, WindowId};
use crate::message::action::Action;
use crate::message::{Block, ItemLine, Times};

const PAGE: &str = "https://maintenance.example.com/MW-12";
const SEE: &str = "[see the page](https://maintenance.example.com/MW-12)";

fn button(action: Action) -> Button {
    Button { action, subject: Subject::Window(WindowId(12)), sequence: None }
}

fn embeds(message: &Message) -> Vec<Value> {
    let said = say(message, &[], Some(PAGE));
    assert_eq!(said.content, "");
    said.embeds
}

fn described(text: &str) -> Value {
    json!({ "description": text })
}

fn description(embed: &Value) -> &str {
    embed["description"].as_str().unwrap_or_default()
}

fn item(number: i64, text: &str, depth: usize, done: bool) -> ItemLine {
    ItemLine { number, text: text.into(), depth, done, aside: String::new() }
}

fn strings(all: &[&str]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned())).collect()
}

fn field(name: &str, value: &str, inline: bool) -> Value {
    json!({ "name": name, "value": value, "inline": inline })
}

#[test]
fn one_line_is_text_and_anything_more_an_embed() {
    let said = say(&Message::line("MW-1 is *done*"), &[], None);
    assert_eq!(said, Say { content: r"MW-1 is \*done\*".into(), ..Say::default() });
    assert_eq!(embeds(&Message::line("one\ntwo")), [described("one\ntwo")]);
    assert_eq!(embeds(&Message::line("one").text("two")), [described("one\n\ntwo")]);
    assert_eq!(embeds(&Message::titled("MW-1")), [json!({ "title": "MW-1" })]);
    assert_eq!(embeds(&Message::line("x".repeat(2_001))), [described(&"x".repeat(2_001))]);
    assert_eq!(say(&Message::default().text(" "), &[], None).content, "Nothing to show");
}

#[test]
fn a_message_is_a_title_text_and_fields() {
    let starts_at = "2026-12-06T14:00:00Z".parse().unwrap();
    let text = "Sun 6 Dec 2026 16:00–20:00 Europe/Helsinki (14:00–18:00 UTC)".to_owned();
    let times = vec![Times { text: text.clone(), starts_at, ends_at: Some(starts_at + TimeDelta::hours(4)) }];
    let message = Message { times, ..Message::titled("MW-12 Jira_10") }.text("It is planned.").facts([
        ("When", text),
        ("Contact", "anna".to_owned()),
        ("Impact", "Jira\nand Confluence".to_owned()),
    ]);
    assert_eq!(
        embeds(&message),
        [json!({
            "title": r"MW-12 Jira\_10",
            "description": "It is planned.",
            "fields": [
                field("When", "<t:1796565600:F> – <t:1796580000:t> (<t:1796565600:R>)", false),
                field("Contact", "anna", true),
                field("Impact", "Jira\nand Confluence", false),
            ],
        })]
    );
}

#[test]
fn what_follows_facts_stands_in_the_next_embed() {
    let message = Message::titled("MW-1").facts([("A", "b".to_owned())]).text("After.").copy("/maintenance ack MW-1");
    assert_eq!(
        embeds(&message),
        [json!({ "title": "MW-1", "fields": [field("A", "b", true)] }), described("After.\n\n`/maintenance ack MW-1`"),]
    );
}

#[test]
fn a_heading_that_is_too_long_stands_whole_below_and_a_later_one_is_bold() {
    let long = "abcd ".repeat(60);
    let found = embeds(&Message::titled(long.clone()).block(Block::Heading("Then *this*".into())));
    let title = found[0]["title"].as_str().unwrap();
    assert!(title.chars().count() <= 256 && title.ends_with("abcd…"), "{title}");
    assert_eq!(description(&found[0]), format!("{}\n\n**Then \\*this\\***", long.trim()));
}

#[test]
fn facts_without_room_as_fields_are_text() {
    let fact = |n: usize| (format!("Name {n}"), format!("value {n}"));
    let long = "word ".repeat(300);
    let message = Message::default().facts((0..27).map(fact).chain([("Impact".to_owned(), long.clone())]));
    let found = embeds(&message);
    assert_eq!([0, 1].map(|n| found[n]["fields"].as_array().map(Vec::len)), [Some(25), Some(2)]);
    assert_eq!(found[2], described(&format!("**Impact**\n{}", long.trim())));
    let unnamed = Message::default().facts([("", "x".to_owned())]);
    assert_eq!(embeds(&unnamed), [json!({ "fields": [field("\u{200b}", "x", true)] })]);
}

#[test]
fn a_change_list_has_boxes_and_its_progress() {
    let mut items = vec![item(1, "Jira", 0, false), item(2, "core", 1, true), item(3, "_plugins_", 1, false)];
    items[2].aside = "anna, added late".into();
    let list = "☐ 1. Jira\n\u{2003}☑ 2. core\n\u{2003}☐ 3. \\_plugins\\_ — anna, added late";
    let message = Message::default().block(Block::Items(items.clone()));
    assert_eq!(embeds(&message), [described(&format!("1 of 2 done\n\n{list}"))]);
    // Said already.
    let said = Message::line("Change list, 1 of 2 done:").block(Block::Items(items));
    assert_eq!(embeds(&said), [described(&format!("Change list, 1 of 2 done:\n\n{list}"))]);
}

#[test]
fn a_long_change_list_is_folded_with_a_link() {
    let items: Vec<_> = (1..=300).map(|n| item(n, &format!("item {n} {}", "x".repeat(50)), 0, false)).collect();
    let found = embeds(&Message::titled("MW-12").block(Block::Items(items)).text("After it."));
    let text = found.iter().map(description).collect::<Vec<_>>().join("\n");
    assert!(text.ends_with("\n\nAfter it."), "{text}");
    let shown = text.matches('☐').count();
    assert!(shown > 70, "{shown} items are shown");
    assert!(text.contains(&format!("… and {} more: {SEE}", 300 - shown)), "{text}");
}

#[test]
fn two_long_lists_share_the_room() {
    let items: Vec<_> = (1..=200).map(|n| item(n, &"x".repeat(90), 0, false)).collect();
    let message = Message::default().block(Block::Items(items.clone())).text("Then:").block(Block::Items(items));
    let text = embeds(&message).iter().map(description).collect::<Vec<_>>().join("\n");
    let counts: Vec<usize> = text.split("Then:").map(|part| part.matches('☐').count()).collect();
    assert!(counts[0] > 20 && counts[0].abs_diff(counts[1]) < 4, "{counts:?}");
    assert_eq!(text.matches(" more: [see").count(), 2);
}

#[test]
fn what_does_not_fit_at_all_is_left_out_with_a_link() {
    let long = "word ".repeat(2_000);
    let found = embeds(&Message::titled("MW-12").text(long).facts([("When", "now".to_owned())]));
    let text = found.iter().map(description).collect::<Vec<_>>().join(" ");
    assert!(text.matches("word").count() > 1_100, "as much as fits is there");
    assert!(text.ends_with(&format!("… The rest does not fit here: {SEE}")), "{text}");
    let many = (0..500).fold(Message::titled("MW-12"), |message, n| message.text(format!("paragraph {n}")));
    let said = say(&many, &[], None);
    assert!(description(said.embeds.last().unwrap()).ends_with("\n\n… The rest does not fit here"));
}

#[test]
fn a_cut_makes_no_new_markup() {
    // The sign is no heading where it stands, and comes first in the second part.
    let text = format!("{} # {}", "x".repeat(4_093), "y".repeat(100));
    let found = embeds(&Message::line(text));
    assert!(description(&found[1]).starts_with("\u{200b}# y"), "{}", description(&found[1]));
}

#[test]
fn a_narrow_table_has_columns_and_a_wide_one_lines() {
    let narrow = Block::Table { head: strings(&["Id", "State"]), rows: vec![strings(&["MW-1", "<done>"])] };
    assert_eq!(embeds(&Message::default().block(narrow)), [described("```\nId    State\nMW-1  <done>\n```")]);
    let title = "A title that is far too long for a column of a table on a phone";
    let wide = Block::Table {
        head: strings(&["Id", "State", "Title", ""]),
        rows: vec![strings(&["MW-1", "", title, "x"]), strings(&["MW-2", "done", "B", ""])],
    };
    assert_eq!(
        embeds(&Message::default().block(wide)),
        [described(&format!("**Id**: MW-1 · **Title**: {title} · x\n**Id**: MW-2 · **State**: done · **Title**: B"))]
    );
}

#[test]
fn a_line_to_copy_and_a_caret_are_code() {
    let message = Message::default().copy("/maintenance note MW-1 \"*a* <b>\"").block(Block::Caret {
        line: "/maintenance edit when:x".into(),
        from: 23,
        width: 1,
    });
    let caret = format!("```\n/maintenance edit when:x\n{}^\n```", " ".repeat(23));
    assert_eq!(embeds(&message), [described(&format!("`/maintenance note MW-1 \"*a* <b>\"`\n\n{caret}"))]);
}

#[test]
fn buttons_carry_what_they_are_about_in_rows_of_five() {
    let all: Vec<Button> = Action::ALL.iter().map(|action| button(*action)).chain([button(Action::Ack)]).collect();
    let rows = say(&Message::line("x"), &all, None).components;
    assert_eq!(
        rows.iter().map(|row| row["components"].as_array().map(Vec::len)).collect::<Vec<_>>(),
        [Some(5), Some(5), Some(1)]
    );
    let shown =
        |style: u8, label: &str, id: &str| json!({ "type": 2, "style": style, "label": label, "custom_id": id });
    let first: Vec<_> = rows[0]["components"].as_array().unwrap().iter().take(2).cloned().collect();
    assert_eq!(first, [shown(2, "Acknowledge", "ack MW-12"), shown(1, "Start", "start MW-12")]);
    assert_eq!(rows[1]["components"][1], shown(4, "Rolling back", "rolling_back MW-12"));
    assert_eq!(say(&Message::line("x"), &[], None).components, Vec::<Value>::new(), "no row without a button");
}

#[test]
fn a_mark_is_behind_the_title() {
    let said = marked(say(&Message::titled("MW-12"), &[], None), PAGE, "k1");
    assert_eq!(said.embeds, [json!({ "title": "MW-12", "url": format!("{PAGE}#k1") })]);
    let line = marked(say(&Message::line("x"), &[], None), PAGE, "k1");
    let embed = json!({ "title": "Details", "description": "x", "url": format!("{PAGE}#k1") });
    assert_eq!((line.content.as_str(), line.embeds), ("", vec![embed]));
}

#[test]
fn who_is_called_stands_first_and_is_the_only_one() {
    let people = strings(&["5", "5", "anna", "6"]);
    let said = notifying(say(&Message::line("x"), &[], None), &people, &strings(&["7"]));
    assert_eq!(said.content, "<@5> <@6> <@&7> x");
    assert_eq!((said.mentions.users, said.mentions.roles), (strings(&["5", "6"]), strings(&["7"])));
    let embeds = notifying(say(&Message::titled("MW-1"), &[], None), &strings(&["5"]), &[]);
    assert_eq!(embeds.content, "<@5>");
    let many: Vec<String> = (0..200).map(|n| (1_000_000_000_000_000_000_u64 + n).to_string()).collect();
    let said = notifying(say(&Message::line("x".repeat(1_900)), &[], None), &many, &[]);
    assert!(said.content.len() <= 2_000 && said.mentions.users.len() >= 60, "{}", said.mentions.users.len());
    assert_eq!(said.embeds, [described(&"x".repeat(1_900))], "the words move where there is room");
}

#[test]
fn the_menu_offers_a_success_only_where_nothing_stays_open() {
    let menu = |open| outcome_menu(button(Action::Complete), open);
    let of = |open| {
        let said = menu(open);
        let menu = &said.components[0]["components"][0];
        assert_eq!((&menu["type"], &menu["custom_id"]), (&json!(3), &json!("complete MW-12")));
        menu["options"].as_array().unwrap().iter().map(|o| o["value"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of(0), ["success", "partial", "rolled_back", "failed"]);
    assert_eq!(of(2), ["success carry-over", "partial", "rolled_back", "failed"]);
    assert_eq!(menu(0).content, "How did MW-12 end?");
    assert_eq!(menu(1).content, "How did MW-12 end? 1 item is still open.");
    assert_eq!(read_outcome("success carry-over"), Some((Outcome::Success, true)));
    assert_eq!(read_outcome("rolled_back"), Some((Outcome::RolledBack, false)));
    assert_eq!((read_outcome("fine"), read_outcome("success twice")), (None, None));
}

#[test]
fn modals_are_made_from_the_declarations() {
    let view = modal(&Modal::Extend { window: WindowId(12) });
    let row = |field: Value| json!({ "type": 1, "components": [field] });
    let fields = [
        json!({
            "type": 4, "custom_id": "for", "style": 1, "label": "How much longer", "required": true,
            "max_length": view["components"][0]["components"][0]["max_length"], "placeholder": "30m",
        }),
        json!({
            "type": 4, "custom_id": "reason", "style": 2, "label": "Reason", "required": false,
            "max_length": view["components"][1]["components"][0]["max_length"], "placeholder": "index rebuild",
        }),
    ];
    let components = fields.map(row);
    assert_eq!(view, json!({ "custom_id": "extend MW-12", "title": "Extend MW-12", "components": components }));
    let view = modal(&Modal::Complete { window: WindowId(12), outcome: Outcome::RolledBack, carry_over: false });
    assert_eq!(view["title"], "Complete MW-12: Rolled back");
    let ids: Vec<_> =
        view["components"].as_array().unwrap().iter().map(|row| &row["components"][0]["custom_id"]).collect();
    assert_eq!(ids, ["downtime", "note"]);
}

#[test]
fn a_submitted_modal_is_a_command() {
    let read = |modal: &Modal, fields: &[(&str, &str)]| {
        let id = super::modal(modal)["custom_id"].as_str().unwrap().to_owned();
        let submitted = read_modal(&id, &pairs(fields)).unwrap();
        let input = crate::command::Input::Named { verb: submitted.verb.clone(), options: submitted.options.clone() };
        assert_eq!(crate::command::parse(&input).map(|_| ()), Ok(()));
        (submitted.verb, submitted.options)
    };
    let complete = Modal::Complete { window: WindowId(12), outcome: Outcome::Success, carry_over: true };
    assert_eq!(
        read(&complete, &[("downtime", " 12m "), ("note", ""), ("window", "MW-1"), ("colour", "red")]),
        (
            "complete".into(),
            pairs(&[("window", "MW-12"), ("outcome", "success"), ("carry-over", "true"), ("downtime", "12m")])
        )
    );
    let extend = Modal::Extend { window: WindowId(12) };
    assert_eq!(read(&extend, &[("for", "45m")]), ("extend".into(), pairs(&[("window", "MW-12"), ("for", "45m")])));
    let reject = Modal::Reject { button: "reject PL-3 2".parse().unwrap() };
    let expected = pairs(&[("window", "PL-3"), ("sequence", "2"), ("reason", "too early")]);
    assert_eq!(read(&reject, &[("reason", "too early")]), ("reject".into(), expected));
}

#[test]
fn a_modal_that_is_not_ours_is_not_read() {
    for id in [
        "",
        "complete",
        "complete MW-12",
        "complete MW-12 fine",
        "complete PL-1 partial",
        "extend",
        "extend PL-1",
        "extend MW-1 MW-2",
        "reject",
        "reject MW-12 x",
        "cancel MW-12",
    ] {
        assert_eq!(read_modal(id, &[]), None, "{id}");
    }
}

#[test]
fn choices_keep_their_limits() {
    let long = "x".repeat(101);
    let offered = [("MW-1\nJira", "MW-1"), ("cut", long.as_str()), (long.as_str(), "kept"), (" ", "unnamed")];
    let cut = format!("{}…", "x".repeat(99));
    let choice = |name: &str, value: &str| json!({ "name": name, "value": value });
    assert_eq!(
        choices(offered),
        json!({ "choices": [choice("MW-1 Jira", "MW-1"), choice(&cut, "kept"), choice("unnamed", "unnamed")] })
    );
    let many: Vec<String> = (0..40).map(|n| n.to_string()).collect();
    let many = choices(many.iter().map(|n| (n.as_str(), n.as_str())));
    assert_eq!(many["choices"].as_array().map(Vec::len), Some(25));
    assert_eq!(choices([]), json!({ "choices": [] }));
}
