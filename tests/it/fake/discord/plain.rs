//! What a reader of a message sees, as text.

use serde_json::Value;

/// Characters that nobody sees; they keep typed text from becoming markup.
const UNSEEN: [char; 6] = ['\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}'];

/// A message as text, one line each: titles and fields of embeds, buttons as `[Label]`. Timestamps, mentions and other
/// markup stand as they were written; what was escaped stands as it is read.
pub fn seen(content: &str, embeds: &[Value], components: &[Value]) -> String {
    let mut lines = vec![read(content)];
    lines.extend(embeds.iter().map(embed));
    lines.extend(components.iter().map(row));
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// What `data` of an answer says: a message, a modal, suggestions.
pub fn data(data: &Value) -> String {
    let list = |name: &str| data[name].as_array().cloned().unwrap_or_default();
    let title = data["title"].as_str().unwrap_or_default();
    let choices = list("choices").iter().map(|one| text(&one["name"])).collect::<Vec<_>>();
    let said = seen(data["content"].as_str().unwrap_or_default(), &list("embeds"), &list("components"));
    let lines = [read(title), choices.join("\n"), said];
    lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Buttons, menus and inputs of rows, in order.
pub fn elements(components: &[Value]) -> Vec<Value> {
    let of = |row: &Value| row["components"].as_array().cloned().unwrap_or_default();
    components.iter().flat_map(of).collect()
}

fn text(value: &Value) -> String {
    read(value.as_str().unwrap_or_default())
}

fn embed(embed: &Value) -> String {
    let mut lines = vec![text(&embed["author"]["name"]), text(&embed["title"]), text(&embed["description"])];
    for field in embed["fields"].as_array().into_iter().flatten() {
        lines.push(format!("{}: {}", text(&field["name"]), text(&field["value"])));
    }
    lines.push(text(&embed["footer"]["text"]));
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

fn row(row: &Value) -> String {
    let element = |one: &Value| {
        let named = [&one["label"], &one["placeholder"]].into_iter().find_map(Value::as_str).unwrap_or("menu");
        let options = one["options"].as_array().into_iter().flatten().map(|option| text(&option["label"]));
        let options = options.collect::<Vec<_>>().join("|");
        if options.is_empty() { format!("[{}]", read(named)) } else { format!("[{}: {options}]", read(named)) }
    };
    elements(std::slice::from_ref(row)).iter().map(element).collect::<Vec<_>>().join(" ")
}

/// Markdown as it is read: a backslash before a sign is gone, as are the stars of bold text and what nobody sees.
fn read(written: &str) -> String {
    let mut out = String::new();
    let mut signs = written.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' if signs.peek().is_some_and(char::is_ascii_punctuation) => out.extend(signs.next()),
            '*' if signs.peek() == Some(&'*') => {
                signs.next();
            }
            sign if UNSEEN.contains(&sign) => {}
            sign => out.push(sign),
        }
    }
    out
}

#[test]
fn what_is_escaped_is_read_as_it_was_typed() {
    assert_eq!(read(r"\*a\_b\* **bold** \\ c:\d <t:1:F>"), r"*a_b* bold \ c:\d <t:1:F>");
}
