//! Markup in text that Discord reads as Markdown.

use serde_json::Value;

/// Words that call everybody.
const CALLS: [&str; 2] = ["@everyone", "@here"];

/// Beginnings of addresses from which Discord makes a card.
const CARDS: [&str; 5] =
    ["discord.gg/", "discord.gift/", "discord.new/", "discord.com/invite", "discordapp.com/invite"];

/// What may be called by name in a text.
#[derive(Clone, Copy)]
pub(super) struct Callable<'a> {
    pub(super) users: &'a [Value],
    pub(super) roles: &'a [Value],
}

/// What is wrong with the markup of a text; `calls`: who it may call by name.
pub(super) fn judge(at: &str, text: &str, calls: Option<Callable<'_>>, wrong: &mut Vec<String>) {
    // Whatever Discord shows as code, it may still call everybody who reads the message itself.
    if calls.is_some() && CALLS.iter().any(|call| text.contains(call)) {
        return wrong.push(format!("{at}: it calls everybody: {}", beginning(text)));
    }
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            '`' => {
                let fence = &rest[..rest.len() - rest.trim_start_matches('`').len()];
                match rest[fence.len()..].find(fence) {
                    Some(end) => 2 * fence.len() + end,
                    None => return wrong.push(format!("{at}: code that does not end: {}", beginning(rest))),
                }
            }
            '<' => match rest.find('>') {
                Some(end) if is_ours(&rest[1..end], calls) => end + 1,
                _ => return wrong.push(format!("{at}: markup {}", beginning(rest))),
            },
            '[' => match link(rest) {
                Some(length) => length,
                None => return wrong.push(format!("{at}: a bracket that is no link of ours: {}", beginning(rest))),
            },
            '@' if CALLS.iter().any(|call| rest.starts_with(call)) => {
                return wrong.push(format!("{at}: it calls everybody: {}", beginning(rest)));
            }
            c => {
                invitation(at, rest, wrong);
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
}

fn beginning(text: &str) -> String {
    text.chars().take(24).collect()
}

/// Markup in angle brackets that maintbot makes: times, people and roles that may be called, addresses.
fn is_ours(inner: &str, calls: Option<Callable<'_>>) -> bool {
    let is_called = |ids: &[Value], id: &str| ids.iter().any(|one| one == id);
    if let Some(time) = inner.strip_prefix("t:") {
        let (instant, style) = time.split_once(':').unwrap_or((time, "f"));
        return instant.parse::<i64>().is_ok() && style.len() == 1 && "tTdDfFsSR".contains(style);
    }
    if let Some(id) = inner.strip_prefix("@&") {
        return calls.is_some_and(|calls| is_called(calls.roles, id));
    }
    if let Some(id) = inner.strip_prefix('@') {
        return calls.is_some_and(|calls| is_called(calls.users, id));
    }
    let host = ["https://", "http://"]
        .iter()
        .find_map(|head| inner.to_ascii_lowercase().strip_prefix(head).map(str::to_owned));
    host.is_some_and(|host| !host.is_empty()) && !inner.contains(char::is_whitespace) && !has_card(inner)
}

fn has_card(address: &str) -> bool {
    address.char_indices().any(|(at, _)| begins_with(&address[at..], &CARDS))
}

/// How long the link `[words](address)` is that a text begins with.
fn link(text: &str) -> Option<usize> {
    let (words, rest) = text[1..].split_once("](")?;
    let (address, _) = rest.split_once(')')?;
    let is_plain = !words.is_empty() && words.chars().all(|c| c.is_alphanumeric() || c == ' ');
    let is_address = address.starts_with("https://") || address.starts_with("http://");
    (is_plain && is_address && !address.contains(char::is_whitespace)).then(|| words.len() + address.len() + 4)
}

/// Addresses that are not kept from becoming links of their own accord, and those that become cards.
fn invitation(at: &str, rest: &str, wrong: &mut Vec<String>) {
    if begins_with(rest, &CARDS) {
        wrong.push(format!("{at}: an invitation: {}", beginning(rest)));
    }
    if begins_with(rest, &["https://", "http://", "steam://"]) {
        wrong.push(format!("{at}: an address without brackets: {}", beginning(rest)));
    }
}

fn begins_with(text: &str, heads: &[&str]) -> bool {
    let is_head = |head: &&str| text.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head));
    heads.iter().any(is_head)
}
