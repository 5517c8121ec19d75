//! The modals, made from the declarations of the commands that they fill in.

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::blocks::{item_line, page, section, sections, words};
use super::escape::{clipped_to, plain};
use super::fold::{LONGEST_TEXT, MOST_BLOCKS_OF_A_VIEW, len, packed};
use crate::command::issue_form;
use crate::command::spec::{Opt, catalogue};
use crate::domain::calendar::Zone;
use crate::domain::window::{Kind, Window, WindowId};
use crate::message::ItemLine;
use crate::message::action::Button;

/// The id of the field with the day that `when` begins.
pub(super) const WHEN_DATE: &str = "when_date";
/// The id of the field with the time of day that `when` begins.
pub(super) const WHEN_START: &str = "when_start";

/// Title and buttons of a modal.
const LONGEST_TITLE: usize = 24;
/// What is written above a field, and the text below it.
const LONGEST_LABEL: usize = 2_000;
/// What stands in an empty field.
const LONGEST_PLACEHOLDER: usize = 150;
/// What can be typed into a field.
const LONGEST_INPUT: usize = 3_000;
/// Choices of a list.
const MOST_OPTIONS: usize = 100;
/// The text of a choice, and its value.
const LONGEST_OPTION: usize = 75;
/// What travels with a modal.
const LONGEST_METADATA: usize = 3_000;
/// What is shown of the title of a window.
const LONGEST_TITLE_OF_A_WINDOW: usize = 400;
/// Open items that a modal shows before they are folded, in UTF-16 units.
const ROOM_FOR_ITEMS: usize = LONGEST_TEXT - 300;

/// Where a modal was opened; travels with it and comes back in what is submitted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The conversation in which it was asked for: an id such as `C012AB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Of the message whose button was pressed: its `ts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Of the thread that it was in: the `ts` of the first message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    /// Where a slash command is answered: its response URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
}

/// A form to fill in.
#[derive(Clone, Copy, Debug)]
pub enum Modal<'a> {
    /// Plan a window.
    Schedule {
        /// Id and name of the services to choose from. None: they are typed.
        services: &'a [(String, String)],
        /// Id and name of the regions to choose from. None: not asked for.
        regions: &'a [(String, String)],
        /// The kinds with a policy.
        kinds: &'a [String],
        /// The zone that the times are in.
        zone: &'a Zone,
        /// Now, in that zone.
        now_local: NaiveDateTime,
        /// Where it was opened.
        origin: &'a Origin,
    },
    /// Report completion.
    Complete {
        /// The window.
        window: &'a Window,
        /// Its open items.
        open_items: &'a [ItemLine],
        /// Its page.
        url: Option<&'a str>,
        /// Where it was opened.
        origin: &'a Origin,
    },
    /// Refuse what waits for approval.
    Reject {
        /// The button that was pressed: what is refused, as its readers saw it.
        button: Button,
        /// Where it was opened.
        origin: &'a Origin,
    },
    /// A later end.
    Extend {
        /// The window.
        window: WindowId,
        /// Where it was opened.
        origin: &'a Origin,
    },
}

/// What travels with a modal and comes back when it is submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Carried {
    /// The verb that it fills in.
    pub(super) verb: String,
    /// Options that are not asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) options: Vec<(String, String)>,
    /// Where it was opened.
    #[serde(default)]
    pub(super) origin: Origin,
}

/// The view for `views.open`.
#[must_use]
pub fn modal(modal: &Modal<'_>) -> Value {
    match *modal {
        Modal::Schedule { services, regions, kinds, zone, now_local, origin } => {
            let blocks = schedule(services, regions, kinds, zone, now_local);
            view("schedule", "Plan maintenance", "Schedule", vec![("tz", zone.to_string())], origin, blocks)
        }
        Modal::Complete { window, open_items, url, origin } => {
            let options = vec![("window", window.id.to_string())];
            let title = format!("Complete {}", window.id);
            view("complete", &title, "Complete", options, origin, complete(window, open_items, url))
        }
        Modal::Reject { button, origin } => {
            let options = button.known();
            let options = options.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            view(
                "reject",
                &format!("Reject {}", button.subject),
                "Reject",
                options,
                origin,
                vec![text("reject", "reason")],
            )
        }
        Modal::Extend { window, origin } => {
            let blocks = vec![text("extend", "for"), text("extend", "reason")];
            let options = vec![("window", window.to_string())];
            view("extend", &format!("Extend {window}"), "Extend", options, origin, blocks)
        }
    }
}

fn view(
    verb: &str,
    title: &str,
    submit: &str,
    options: Vec<(&str, String)>,
    origin: &Origin,
    mut blocks: Vec<Value>,
) -> Value {
    blocks.retain(|block| !block.is_null());
    blocks.truncate(MOST_BLOCKS_OF_A_VIEW);
    let options = options.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let carried = Carried { verb: verb.to_owned(), options, origin: origin.clone() };
    json!({
        "type": "modal",
        "callback_id": verb,
        "title": words("plain_text", &plain(title, LONGEST_TITLE)),
        "submit": words("plain_text", submit),
        "close": words("plain_text", "Close"),
        "private_metadata": metadata(carried),
        "blocks": blocks,
    })
}

fn metadata(carried: Carried) -> String {
    let text = json!(carried).to_string();
    if len(&text) <= LONGEST_METADATA {
        return text;
    }
    // Without the place the answer still reaches the person, by a direct message.
    json!(Carried { origin: Origin::default(), ..carried }).to_string()
}

fn schedule(
    services: &[(String, String)],
    regions: &[(String, String)],
    kinds: &[String],
    zone: &Zone,
    now_local: NaiveDateTime,
) -> Vec<Value> {
    let verb = "schedule";
    let day = now_local.format("%Y-%m-%d").to_string();
    let kinds: Vec<_> = kinds.iter().map(|kind| (kind.clone(), spoken(kind))).collect();
    let usual = kinds.iter().find(|(id, _)| id == Kind::SCHEDULED).map(|(id, name)| choice(id, name));
    let people = json!({ "type": "users_select", "placeholder": words("plain_text", "Nobody yet") });
    let date = json!({ "type": "datepicker", "initial_date": day });
    let hint = format!("In your time zone, {zone}");
    vec![
        text(verb, "title"),
        many(verb, "service", services),
        input(WHEN_DATE, "Date", "", true, date),
        input(WHEN_START, "Start", &hint, true, json!({ "type": "timepicker" })),
        duration(verb),
        text(verb, "downtime"),
        text(verb, "impact"),
        one(verb, "kind", &kinds, usual),
        if regions.is_empty() { Value::Null } else { many(verb, "regions", regions) },
        field(verb, "poc", |_| people),
        text(verb, "item"),
        text(verb, "reason"),
    ]
}

/// How long: here the start alone says nothing about the end.
fn duration(verb: &str) -> Value {
    let mut field = field(verb, "for", |_| typed("2h", 100, false));
    field["optional"] = json!(false);
    field["hint"] = words("plain_text", "Such as 2h, 90m or 1h30m");
    field
}

fn complete(window: &Window, open_items: &[ItemLine], url: Option<&str>) -> Vec<Value> {
    let verb = "complete";
    let outcomes = catalogue().verb(verb).and_then(|verb| verb.option("outcome"));
    let outcomes: Vec<_> = outcomes.map(choices).unwrap_or_default();
    let outcomes: Vec<_> = outcomes.into_iter().map(|word| (word.clone(), spoken(&word))).collect();
    // With open items somebody has to say whether it was a success.
    let usual = outcomes.first().filter(|_| open_items.is_empty()).map(|(id, name)| choice(id, name));
    let mut blocks = sections(&clipped_to(&window.title, LONGEST_TITLE_OF_A_WINDOW));
    blocks.extend(open(open_items, url));
    blocks.extend([one(verb, "outcome", &outcomes, usual), text(verb, "downtime"), text(verb, "note")]);
    if window.series.is_some() {
        blocks.push(checkbox(verb, "carry-over", "Carry over the open items"));
    }
    blocks
}

/// The open items, folded to one section.
fn open(items: &[ItemLine], url: Option<&str>) -> Option<Value> {
    let lines: Vec<_> = items.iter().map(|item| item_line(item, &[])).collect();
    let first = packed(lines.iter().map(String::as_str), ROOM_FOR_ITEMS).into_iter().next()?;
    let shown = first.lines().count();
    let rest = match lines.len() - shown {
        0 => String::new(),
        more => format!("\n{}", page(&format!("and {more} more"), url.filter(|url| len(url) < 200))),
    };
    Some(section("mrkdwn", &format!("Still open:\n{first}{rest}")))
}

/// The field of an option, as its declaration says; nothing where the verb has no such option.
fn field(verb: &str, name: &str, element: impl FnOnce(&Opt) -> Value) -> Value {
    let Some(option) = catalogue().verb(verb).and_then(|verb| verb.option(name)) else { return Value::Null };
    let hint = if name == "item" { "One on each line" } else { &option.help };
    input(name, &label(verb, name), hint, option.required, element(option))
}

/// A field; its id is the name of the option, and so is that of the element in it.
fn input(name: &str, label: &str, hint: &str, required: bool, mut element: Value) -> Value {
    element["action_id"] = json!(name);
    let mut field = json!({
        "type": "input",
        "block_id": name,
        "label": words("plain_text", &plain(label, LONGEST_LABEL)),
        "optional": !required,
        "element": element,
    });
    if !hint.is_empty() {
        field["hint"] = words("plain_text", &plain(hint, LONGEST_LABEL));
    }
    field
}

/// What stands above a field: the words of the issue form, where it asks for the same.
fn label(verb: &str, name: &str) -> String {
    match (verb, name) {
        ("schedule" | "extend", "for") => "How long".to_owned(),
        ("complete", "downtime") => "Real downtime".to_owned(),
        _ => issue_form::field_of(name).filter(|_| verb == "schedule").map_or_else(|| spoken(name), str::to_owned),
    }
}

/// `rolled_back` as people say it: `Rolled back`.
fn spoken(word: &str) -> String {
    let text = word.replace(['_', '-'], " ");
    let mut signs = text.chars();
    signs.next().map_or_else(String::new, |first| first.to_uppercase().chain(signs).collect())
}

fn text(verb: &str, name: &str) -> Value {
    field(verb, name, |option| {
        let has_lines = matches!(name, "impact" | "item" | "note");
        let longest = if name == "item" { LONGEST_INPUT } else { option.max.min(LONGEST_INPUT) };
        typed(&option.example, longest, has_lines)
    })
}

fn typed(example: &str, longest: usize, has_lines: bool) -> Value {
    let mut element = json!({ "type": "plain_text_input", "max_length": longest, "multiline": has_lines });
    if !example.is_empty() {
        element["placeholder"] = words("plain_text", &plain(example, LONGEST_PLACEHOLDER));
    }
    element
}

fn choices(option: &Opt) -> Vec<String> {
    let of_kind = || option.kind.choices().into_iter().map(str::to_owned).collect();
    if option.choices.is_empty() { of_kind() } else { option.choices.clone() }
}

fn choice(id: &str, name: &str) -> Value {
    let shown = plain(name, LONGEST_OPTION);
    json!({ "text": words("plain_text", if shown.is_empty() { id } else { &shown }), "value": id })
}

/// Whether Slack can offer these as a list.
fn can_offer(choices: &[(String, String)]) -> bool {
    let fits = |(id, _): &(String, String)| !id.is_empty() && len(id) <= LONGEST_OPTION;
    (1..=MOST_OPTIONS).contains(&choices.len()) && choices.iter().all(fits)
}

/// A list of which any number can be chosen; text where Slack cannot offer them.
fn many(verb: &str, name: &str, offered: &[(String, String)]) -> Value {
    if !can_offer(offered) {
        return text(verb, name);
    }
    let options: Vec<_> = offered.iter().map(|(id, name)| choice(id, name)).collect();
    field(verb, name, |_| json!({ "type": "multi_static_select", "options": options }))
}

/// A list of which one can be chosen; text where Slack cannot offer them.
fn one(verb: &str, name: &str, offered: &[(String, String)], usual: Option<Value>) -> Value {
    if !can_offer(offered) {
        return text(verb, name);
    }
    let options: Vec<_> = offered.iter().map(|(id, name)| choice(id, name)).collect();
    let mut element =
        Map::from_iter([("type".to_owned(), json!("static_select")), ("options".to_owned(), json!(options))]);
    element.extend(usual.map(|usual| ("initial_option".to_owned(), usual)));
    field(verb, name, |_| Value::Object(element))
}

fn checkbox(verb: &str, name: &str, words: &str) -> Value {
    let mut field = field(verb, name, |option| {
        let mut only = choice("true", words);
        only["description"] = super::blocks::words("plain_text", &plain(&option.help, LONGEST_OPTION));
        json!({ "type": "checkboxes", "options": [only] })
    });
    // What it does stands beside the box.
    if let Some(field) = field.as_object_mut() {
        field.remove("hint");
    }
    field
}
