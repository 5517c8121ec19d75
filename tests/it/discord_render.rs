//! What maintbot shows on Discord, whatever people typed: within the vendor's description and every limit, shown as typed,
//! and calling nobody.

use chrono::{DateTime, TimeDelta, Utc};
use maintbot::discord::api::Say;
use maintbot::discord::render::{
    Modal, choices, escape, marked, modal, notifying, outcome_menu, read_modal, read_outcome, say,
};
use maintbot::domain::subject::Subject;
use maintbot::domain::window::{Outcome, WindowId};
use maintbot::message::action::{Action, Button};
use maintbot::message::text::{one_line, shown};
use maintbot::message::{Block, ItemLine, Message, Times};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fake::discord::judge::{callback, request};

/// Cannot be seen; keeps a sign from being markup where a backslash would not.
const HIDDEN: char = '\u{200b}';
const PAGE: &str = "https://maintenance.example.com/MW-12?a=1&b=2";
/// Somebody who is called by name.
const ANNA: &str = "41771983423143937";
const POSTS: &str = "/api/v10/channels/41771983423143937/messages";

/// Pieces of text that mean something to Discord.
const HOSTILE: &[&str] = &[
    "@everyone",
    "@here",
    "<@12345>",
    "<@!12345>",
    "<@&12345>",
    "<#12345>",
    "</maintenance cancel:12345>",
    "<id:customize>",
    "<:pepe:12345>",
    "<a:dance:12345>",
    "<t:0:R>",
    "<https://evil.example>",
    "[good](https://evil.example)",
    "[good](<https://evil.example> \"x\")",
    "](",
    "[",
    "https://a.example/_x_?a=1&b=*2*",
    "HTTP://x|y>z",
    "https://discord.gg/abc",
    "discord.gg/abc",
    "Discord.com/invite/abc",
    "https://discordapp.com/invite/x",
    "https://a.example/@everyone",
    "steam://run/1",
    "**bold**",
    "*it*",
    "_it_",
    "__under__",
    "~~gone~~",
    "~",
    "||spoiler||",
    "|",
    "`code`",
    "```",
    "``",
    "```js\nx```",
    "# ",
    "### ",
    "-# ",
    "> ",
    ">>> ",
    "- ",
    "+ ",
    "1. ",
    "12.",
    ":tada:",
    ":+1:",
    "::",
    "\\",
    "\\\\",
    "¯\\_(ツ)_/¯",
    "\"",
    "&amp;",
    "<",
    ">",
    "\n",
    "\r\n",
    " ",
    "\t",
    "\u{202e}",
    "\u{200b}",
    "\u{3000}",
    "🎉",
    "ä",
    "漢字",
    "word",
    "snake_case",
    "16:00:30",
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

fn buttons() -> Vec<Button> {
    let subject = Subject::Window(WindowId(i64::MAX));
    Action::ALL.iter().map(|action| Button { action: *action, subject, sequence: Some(i64::MAX) }).collect()
}

/// What the judge says of a message as it is posted.
fn judged(said: &Say) -> Vec<String> {
    let mut body = said.body();
    body["nonce"] = json!("MW-12/1");
    body["enforce_nonce"] = json!(true);
    request("POST", POSTS, body.to_string().as_bytes())
}

/// Every text that is read as Markdown, as Discord gets it.
fn texts(said: &Say) -> Vec<String> {
    let embeds = said.embeds.iter().flat_map(|embed| {
        let fields = embed["fields"].as_array().cloned().unwrap_or_default();
        let fields = fields.into_iter().flat_map(|field| [field["name"].clone(), field["value"].clone()]);
        [embed["title"].clone(), embed["description"].clone()].into_iter().chain(fields)
    });
    let embeds = embeds.filter_map(|text| text.as_str().map(str::to_owned));
    std::iter::once(said.content.clone()).chain(embeds).collect()
}

/// A piece of Markdown, as Discord's reader takes it apart.
#[derive(Debug, PartialEq)]
enum Piece {
    /// A sign that is shown.
    Sign(char),
    /// An address that is a link to itself.
    Address(String),
    /// What is shown as code.
    Code(String),
    /// Anything that is not shown as it stands there.
    Active(String),
}

/// Reads Markdown from left to right. It takes more for markup than Discord does: every sign that could open something.
fn pieces(text: &str) -> Vec<Piece> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let line = text[..at].rsplit('\n').next().unwrap_or_default();
        let begins = line.trim().is_empty();
        let (piece, length) = match c {
            '\\' => match rest[1..].chars().next() {
                Some(sign) if sign.is_ascii_punctuation() => (Piece::Sign(sign), 2),
                _ => (Piece::Sign('\\'), 1),
            },
            '`' => {
                let ticks = rest.len() - rest.trim_start_matches('`').len();
                let inner = rest[ticks..].split(&rest[..ticks]).next().unwrap_or_default();
                (Piece::Code(inner.to_owned()), 2 * ticks + inner.len())
            }
            '<' => {
                let inner = rest[1..].split('>').next().unwrap_or_default();
                let is_address = inner.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("http"));
                let piece = if is_address { Piece::Address(inner.to_owned()) } else { Piece::Active(inner.to_owned()) };
                (piece, inner.len() + 2)
            }
            '*' | '_' | '[' => (Piece::Active(rest.chars().take(12).collect()), 1),
            '~' | '|' if rest[1..].starts_with(c) => (Piece::Active(c.to_string()), 1),
            '>' if begins => (Piece::Active("quote".into()), 1),
            '#' | '-' | '+' if begins && opens_line(rest) => (Piece::Active(rest.chars().take(6).collect()), 1),
            '.' if is_number(line) && spaced(&rest[1..]) => (Piece::Active("list".into()), 1),
            ':' if is_emoji(&rest[1..]) => (Piece::Active("emoji".into()), 1),
            ':' if rest.starts_with("://") => (Piece::Active("address".into()), 1),
            '@' if ["@everyone", "@here"].iter().any(|call| rest.starts_with(call)) => {
                (Piece::Active("call".into()), 1)
            }
            c => (Piece::Sign(c), c.len_utf8()),
        };
        found.push(piece);
        at = (at + length).min(text.len());
    }
    found
}

fn spaced(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(char::is_whitespace)
}

/// A heading, small print, or an item of a list.
fn opens_line(rest: &str) -> bool {
    let headed = |rest: &str| rest.starts_with('#') && spaced(rest.trim_start_matches('#'));
    headed(rest) || rest.strip_prefix(['-', '+']).is_some_and(|rest| spaced(rest) || headed(rest))
}

fn is_number(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit())
}

fn is_emoji(rest: &str) -> bool {
    let name = rest.split(':').next().unwrap_or_default();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-');
    !name.is_empty() && rest[name.len()..].starts_with(':') && name.chars().all(is_name)
}

/// What a reader sees of text, if all of it is shown as it stands there.
fn seen(text: &str) -> String {
    let shown = pieces(text).into_iter().map(|piece| match piece {
        Piece::Sign(sign) => sign.to_string(),
        Piece::Address(text) | Piece::Code(text) | Piece::Active(text) => text,
    });
    without_hidden(&shown.collect::<String>())
}

fn without_hidden(text: &str) -> String {
    text.replace(HIDDEN, "")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn escaped_text_is_seen_as_typed_and_is_no_markup(text in hostile(24)) {
        let ready = escape(&text);
        let active: Vec<Piece> = pieces(&ready).into_iter().filter(|p| matches!(p, Piece::Active(_) | Piece::Code(_))).collect();
        prop_assert_eq!(active, Vec::<Piece>::new(), "{}", ready);
        prop_assert_eq!(seen(&ready), without_hidden(&shown(&text)), "{}", ready);
        let small = ready.to_lowercase();
        prop_assert!(!["discord.gg/", "com/invite<"].iter().any(|card| small.contains(card)), "{}", ready);
    }

    #[test]
    fn a_message_keeps_every_limit_and_calls_nobody(message in message(12, 9, 9)) {
        let said = say(&message, &buttons(), Some(PAGE));
        prop_assert_eq!(judged(&said), Vec::<String>::new());
        prop_assert_eq!((said.mentions.users.len(), said.mentions.roles.len()), (0, 0));
        for text in texts(&said) {
            for piece in pieces(&text) {
                let is_call = matches!(&piece, Piece::Active(inner) if inner.starts_with('@') || inner == "call");
                prop_assert!(!is_call, "{:?}: {}", piece, text);
            }
        }
    }

    #[test]
    fn what_is_said_is_there_as_typed(message in message(6, 4, 4)) {
        let said = say(&message, &[], Some(PAGE));
        let found: Vec<String> = texts(&said).iter().map(|text| seen(text)).collect();
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
        let said = say(&Message { blocks: vec![Block::Text(format!("{before} {text} {after}"))], times }, &[], None);
        prop_assert_eq!(judged(&said), Vec::<String>::new());
        let all = texts(&said).concat();
        prop_assert_eq!(all.matches("<t:").count(), 3, "{}", all);
        prop_assert!(all.contains("<t:1796565600:F> – <t:1796580000:t> (<t:1796565600:R>)"), "{}", all);
    }

    #[test]
    fn modals_menus_and_choices_keep_every_limit(
        reason in hostile(8),
        offered in proptest::collection::vec((hostile(20), hostile(9)), 0..40),
        open in 0..300_usize,
    ) {
        let window = WindowId(i64::MAX);
        let button = Button { action: Action::Reject, subject: Subject::Window(window), sequence: Some(i64::MAX) };
        let mut wrong = Vec::new();
        for outcome in Outcome::ALL {
            callback(&json!({ "type": 9, "data": modal(&Modal::Complete { window, outcome: *outcome, carry_over: true }) }), &mut wrong);
        }
        for form in [Modal::Reject { button }, Modal::Extend { window }] {
            let data = modal(&form);
            let read = read_modal(data["custom_id"].as_str().unwrap_or_default(), &[("reason".to_owned(), reason.clone())]);
            let reasons = read.map(|read| read.options.into_iter().filter(|(name, _)| name == "reason").map(|(_, text)| text).collect::<Vec<_>>());
            let expected: Vec<String> = [reason.trim()].into_iter().filter(|text| !text.is_empty()).map(str::to_owned).collect();
            prop_assert_eq!(reasons, Some(expected));
            callback(&json!({ "type": 9, "data": data }), &mut wrong);
        }
        let offered = choices(offered.iter().map(|(label, value)| (label.as_str(), value.as_str())));
        callback(&json!({ "type": 8, "data": offered }), &mut wrong);
        let menu = outcome_menu(Button { action: Action::Complete, ..button }, open);
        for option in menu.components[0]["components"][0]["options"].as_array().into_iter().flatten() {
            prop_assert!(option["value"].as_str().and_then(read_outcome).is_some(), "{}", option);
        }
        let mut answer = menu.body();
        answer["flags"] = json!(64);
        callback(&json!({ "type": 4, "data": answer }), &mut wrong);
        prop_assert_eq!(wrong, Vec::<String>::new());
    }
}

proptest! {
    // Each is many times what Discord takes.
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn long_messages_keep_every_limit(message in message(120, 40, 8)) {
        let said = say(&message, &buttons(), Some(PAGE));
        prop_assert_eq!(judged(&said), Vec::<String>::new());
        let post = notifying(marked(said, PAGE, "a1b2c3"), &[ANNA.to_owned()], &["7".to_owned()]);
        prop_assert_eq!(judged(&post), Vec::<String>::new());
        let is_marked = |embed: &Value| embed["url"].as_str().is_some_and(|url| url.ends_with("#a1b2c3"));
        prop_assert_eq!(post.embeds.iter().filter(|embed| is_marked(embed)).count(), 1);
        let head = format!("<@{ANNA}> <@&7>");
        prop_assert!(post.content.starts_with(&head), "{}", post.content);
    }
}
