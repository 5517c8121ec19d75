//! What a reader of a message sees, as text.

use serde_json::Value;

/// Characters that nobody sees; they keep typed text from becoming markup.
const UNSEEN: [char; 6] = ['\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}'];

/// The blocks of a message, view or list of blocks as text, one line each: buttons as `[Label]`, dates and links as
/// their fallback texts, entities as what they stand for.
pub fn plain(value: &Value) -> String {
    let blocks = value.as_array().or_else(|| value["blocks"].as_array());
    match blocks {
        Some(blocks) if !blocks.is_empty() => {
            let lines = blocks.iter().map(block).filter(|line| !line.is_empty());
            lines.collect::<Vec<_>>().join("\n")
        }
        _ => read(value["text"].as_str().unwrap_or_default()),
    }
}

/// What is shown of a message: its blocks, or the text where it has none.
pub fn seen(text: &str, blocks: &[Value]) -> String {
    if blocks.is_empty() { read(text) } else { plain(&Value::from(blocks.to_vec())) }
}

/// `action_id`s of everything in the blocks that can be pressed, in order.
pub fn buttons(blocks: &[Value]) -> Vec<String> {
    elements(blocks).iter().filter_map(|one| Some(one["action_id"].as_str()?.to_owned())).collect()
}

/// Elements of `actions` blocks and accessories, each with the id of its block as `block_id`.
pub fn elements(blocks: &[Value]) -> Vec<Value> {
    let of = |block: &Value| {
        let listed = block["elements"].as_array().filter(|_| block["type"] == "actions").cloned().unwrap_or_default();
        let own = [&block["accessory"], &block["element"]].into_iter().filter(|one| !one.is_null()).cloned();
        let with_block = |mut element: Value| {
            element["block_id"] = block["block_id"].clone();
            element
        };
        listed.into_iter().chain(own).map(with_block).collect::<Vec<_>>()
    };
    blocks.iter().flat_map(of).collect()
}

/// What would call people or everybody, if it stands in this text as Slack reads it: `<!channel>`, `<@U1>` and so on.
pub fn pings(text: &str) -> Vec<String> {
    let tokens = text.split('<').skip(1).filter_map(|rest| rest.split_once('>').map(|(token, _)| token));
    let calls = ["!channel", "!here", "!everyone", "!subteam^", "@"];
    tokens.filter(|token| calls.iter().any(|call| token.starts_with(call))).map(|token| format!("<{token}>")).collect()
}

fn block(block: &Value) -> String {
    let text = |value: &Value| read(value["text"].as_str().unwrap_or_default());
    let mut lines = Vec::new();
    match block["type"].as_str().unwrap_or_default() {
        "section" => {
            lines.push(text(&block["text"]));
            lines.extend(block["fields"].as_array().into_iter().flatten().map(text));
        }
        "context" => {
            let shown = |one: &Value| one["alt_text"].as_str().map_or_else(|| text(one), str::to_owned);
            lines.extend(block["elements"].as_array().into_iter().flatten().map(shown));
        }
        "input" => lines.push(format!("{}: {}", text(&block["label"]), element(&block["element"]))),
        "divider" => lines.push("---".into()),
        "rich_text" => lines.push(rich(block)),
        "image" => lines.push(block["alt_text"].as_str().unwrap_or_default().to_owned()),
        "actions" => {
            let all = block["elements"].as_array().into_iter().flatten().map(element);
            lines.push(all.collect::<Vec<_>>().join(" "));
        }
        _ => lines.push(text(&block["text"])),
    }
    if !block["accessory"].is_null() {
        lines.push(element(&block["accessory"]));
    }
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

fn element(element: &Value) -> String {
    let kind = element["type"].as_str().unwrap_or_default();
    let label = element["text"]["text"].as_str().unwrap_or(kind);
    format!("[{}]", read(label))
}

/// The texts of rich text, whatever it is nested in; lines of lists and sections stay apart.
fn rich(value: &Value) -> String {
    let Some(inner) = value["elements"].as_array() else {
        let shown = [&value["text"], &value["fallback"], &value["url"], &value["user_id"], &value["name"]];
        return shown.into_iter().find_map(Value::as_str).unwrap_or_default().to_owned();
    };
    let within_line = inner.iter().all(|one| one["elements"].is_null());
    let parts: Vec<String> = inner.iter().map(rich).collect();
    parts.join(if within_line { "" } else { "\n" })
}

/// Text with Slack's markup as it is read: dates by their fallback, links by label and address, entities decoded.
fn read(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let Some((token, after)) = after.split_once('>') else {
            out.push('<');
            rest = after;
            continue;
        };
        out.push_str(&shown(token));
        rest = after;
    }
    out.push_str(rest);
    out.retain(|c| !UNSEEN.contains(&c));
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn shown(token: &str) -> String {
    let (address, label) = token.split_once('|').unwrap_or((token, ""));
    match (address.chars().next(), label) {
        (Some('!'), label) if address.starts_with("!date^") => label.to_owned(),
        (Some('@' | '#' | '!'), _) => format!("<{token}>"),
        (_, "") => address.to_owned(),
        (_, label) => format!("{label} ({address})"),
    }
}
