//! Messages, their components, and modals.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::markup::{self, Callable};
use super::{len, limit, list, named};

/// The text of a message; the description has the limit of those who pay.
const LONGEST_CONTENT: usize = 2_000;
/// Titles, descriptions, fields, footers and authors of all embeds of a message together.
const LONGEST_EMBEDS: usize = 6_000;
/// Rows below a message, and buttons in one.
const MOST_OF_ROWS: usize = 5;
/// Fields of a modal.
const MOST_FIELDS: usize = 5;

/// What is wrong with a message or an edit of one.
pub(super) fn message(said: &Value, wrong: &mut Vec<String>) {
    let mentions = &said["allowed_mentions"];
    if mentions["parse"] != json!([]) {
        wrong.push("allowed_mentions: `parse` has to be there, and empty".into());
    }
    let calls = Callable { users: list(mentions, "users"), roles: list(mentions, "roles") };
    let content = said["content"].as_str().unwrap_or_default();
    limit("content", content, LONGEST_CONTENT, wrong);
    markup::judge("content", content, Some(calls), wrong);
    let (embeds, rows) = (list(said, "embeds"), list(said, "components"));
    if content.trim().is_empty() && embeds.is_empty() {
        wrong.push("an empty message: neither content nor embeds".into());
    }
    let together: usize = embeds.iter().map(weight).sum();
    if together > LONGEST_EMBEDS {
        wrong.push(format!("embeds: {together} characters together, {LONGEST_EMBEDS} fit"));
    }
    embeds.iter().enumerate().for_each(|(n, one)| embed(&format!("embeds/{n}"), one, wrong));
    components(rows, wrong);
}

/// What makes a second attempt harmless is all there or not at all.
pub(super) fn nonce(said: &Value, wrong: &mut Vec<String>) {
    let (nonce, is_enforced) = (&said["nonce"], said["enforce_nonce"] == true);
    if nonce.is_null() == is_enforced {
        wrong.push("nonce and enforce_nonce belong together".into());
    }
    if nonce.as_str().is_some_and(str::is_empty) {
        wrong.push("nonce: empty".into());
    }
}

fn embed(at: &str, embed: &Value, wrong: &mut Vec<String>) {
    let texts = ["title", "description"].map(|name| (name, &embed[name]));
    for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_null()) {
        named(&format!("{at} {name}"), text, usize::MAX, wrong);
        markup::judge(&format!("{at} {name}"), text.as_str().unwrap_or_default(), None, wrong);
    }
    for (n, field) in list(embed, "fields").iter().enumerate() {
        for name in ["name", "value"] {
            let at = format!("{at} field {n} {name}");
            named(&at, &field[name], usize::MAX, wrong);
            markup::judge(&at, field[name].as_str().unwrap_or_default(), None, wrong);
        }
    }
    limit(&format!("{at} footer"), embed["footer"]["text"].as_str().unwrap_or_default(), 2_048, wrong);
    limit(&format!("{at} author"), embed["author"]["name"].as_str().unwrap_or_default(), 256, wrong);
    let url = embed["url"].as_str().unwrap_or_default();
    if !url.is_empty() && !url.starts_with("https://") && !url.starts_with("http://") {
        wrong.push(format!("{at}: url {url}"));
    }
    let has = |name: &str| embed[name].as_str().is_some_and(|text| !text.trim().is_empty());
    if !has("title") && !has("description") && list(embed, "fields").is_empty() {
        wrong.push(format!("{at}: an empty embed"));
    }
}

fn weight(embed: &Value) -> usize {
    let own = [&embed["title"], &embed["description"], &embed["footer"]["text"], &embed["author"]["name"]];
    let fields = list(embed, "fields").iter().flat_map(|field| [&field["name"], &field["value"]]);
    own.into_iter().chain(fields).filter_map(Value::as_str).map(len).sum()
}

fn components(rows: &[Value], wrong: &mut Vec<String>) {
    if rows.len() > MOST_OF_ROWS {
        wrong.push(format!("components: {} rows, {MOST_OF_ROWS} fit", rows.len()));
    }
    let mut ids = HashSet::new();
    for (n, row) in rows.iter().enumerate() {
        let at = format!("components/{n}");
        if row["type"] != 1 {
            wrong.push(format!("{at}: no row"));
        }
        let parts = list(row, "components");
        let menus = parts.iter().filter(|part| part["type"] != 2).count();
        if menus > 0 && parts.len() > 1 {
            wrong.push(format!("{at}: a menu has its row for itself"));
        }
        for part in parts {
            if part["type"] == 2 {
                button(&at, part, wrong);
            } else {
                menu(&at, part, wrong);
            }
            if part["custom_id"].as_str().is_some_and(|id| !ids.insert(id)) {
                wrong.push(format!("{at}: custom_id {} is there twice", part["custom_id"]));
            }
        }
    }
}

fn button(at: &str, button: &Value, wrong: &mut Vec<String>) {
    let is_link = button["style"] == 5;
    if is_link != button["url"].is_string() || is_link == button["custom_id"].is_string() {
        wrong.push(format!("{at}: a button has either an address or a custom_id"));
    }
    if button["emoji"].is_null() {
        named(&format!("{at} label"), &button["label"], 80, wrong);
    }
}

fn menu(at: &str, menu: &Value, wrong: &mut Vec<String>) {
    let options = list(menu, "options");
    let mut values = HashSet::new();
    for option in options {
        named(&format!("{at} option"), &option["label"], 100, wrong);
        if !values.insert(option["value"].to_string()) {
            wrong.push(format!("{at}: the value {} is there twice", option["value"]));
        }
    }
    let count = |name: &str| menu[name].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(1);
    let (least, most) = (count("min_values"), count("max_values"));
    let chosen = options.iter().filter(|option| option["default"] == true).count();
    if least > most || most > options.len() || chosen > most {
        wrong.push(format!("{at}: more is asked for than can be chosen"));
    }
}

/// What is wrong with the data of a modal.
pub(super) fn modal(data: &Value, wrong: &mut Vec<String>) {
    named("title", &data["title"], 45, wrong);
    let rows = list(data, "components");
    if !(1..=MOST_FIELDS).contains(&rows.len()) {
        wrong.push(format!("modal: {} fields, 1 to {MOST_FIELDS} fit", rows.len()));
    }
    let mut ids = HashSet::new();
    for (n, row) in rows.iter().enumerate() {
        let at = format!("modal/{n}");
        let fields = match row["type"].as_u64() {
            Some(1) => list(row, "components"),
            _ => std::slice::from_ref(&row["component"]),
        };
        if fields.len() != 1 {
            wrong.push(format!("{at}: one field in each row"));
        }
        for field in fields {
            if row["type"] == 1 {
                named(&format!("{at} label"), &field["label"], 45, wrong);
            }
            if field["custom_id"].as_str().is_some_and(|id| !ids.insert(id)) {
                wrong.push(format!("{at}: custom_id {} is there twice", field["custom_id"]));
            }
            let bounds = (field["min_length"].as_u64(), field["max_length"].as_u64());
            if let (Some(least), Some(most)) = bounds
                && least > most
            {
                wrong.push(format!("{at}: min_length {least}, max_length {most}"));
            }
        }
    }
}
