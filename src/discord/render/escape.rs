//! Text from people as Discord shows it the way it was typed.
//!
//! A backslash before a sign keeps it from being markup, and is not shown
//! (<https://support.discord.com/hc/articles/210298617>); it is put only where a sign could mean something. Addresses stand
//! in angle brackets, which are not shown either: they become links to themselves, whatever stands in them is part of
//! them, and nothing is shown of what they lead to. Addresses that invite to a server stay text.

use crate::message::fold;
use crate::message::text::{one_line, shown};

/// Cannot be seen; stands where a backslash means nothing or would not be enough.
pub(super) const HIDDEN: char = '\u{200b}';

/// Words that call everybody, after an `@`.
const CALLS: [&str; 2] = ["everyone", "here"];
/// What follows `discord` or `discordapp` in an address from which Discord makes a card.
const CARDS: [&str; 6] = [".gg/", ".gift/", ".new/", ".com/invite", ".com/gifts", ".com/template"];
/// The longest address that becomes a link, in characters; a longer one stays text.
const LONGEST_ADDRESS: usize = 1_000;

/// Text as Discord shows it the way it was typed, where Markdown is read. Line breaks stay.
#[must_use]
pub fn escape(text: &str) -> String {
    escape_part(&shown(text), true)
}

/// The same for a part of a text, which is made harmless to look at already; `is_start`: it begins a line.
pub(super) fn escape_part(text: &str, is_start: bool) -> String {
    escaped(text, is_start, address)
}

/// The same for one line of the title of an embed or the name of a field, where there are no links.
pub(super) fn escape_title(text: &str) -> String {
    escaped(&one_line(text), true, |_| None)
}

fn escaped(text: &str, is_start: bool, address: impl Fn(&str) -> Option<usize>) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let (mut at, mut at_start, mut is_numbered) = (0, is_start, false);
    while let Some(c) = text[at..].chars().next() {
        let (before, rest) = text.split_at(at);
        if let Some(length) = address(rest) {
            out.push('<');
            out.push_str(&rest[..length]);
            out.push('>');
            at += length;
            (at_start, is_numbered) = (false, false);
            continue;
        }
        if is_markup(c, before, rest, at_start) || c == '.' && is_numbered && is_spaced(&rest[1..]) {
            out.push('\\');
        }
        out.push(c);
        if calls(rest) {
            out.push(HIDDEN);
        }
        is_numbered = (at_start || is_numbered) && c.is_ascii_digit();
        at_start = c == '\n' || at_start && c.is_whitespace();
        at += c.len_utf8();
    }
    out
}

/// Whether nothing, or a space, follows.
fn is_spaced(after: &str) -> bool {
    after.is_empty() || after.starts_with(char::is_whitespace)
}

/// Whether a sign could be markup where it stands; `at_start`: only spaces are before it on its line.
fn is_markup(c: char, before: &str, rest: &str, at_start: bool) -> bool {
    let after = &rest[c.len_utf8()..];
    let is_twice = || before.ends_with(c) || after.starts_with(c);
    match c {
        '\\' | '*' | '_' | '`' | '<' | '[' => true,
        // Struck out and spoilers.
        '~' | '|' => is_twice(),
        ']' => after.starts_with('('),
        '>' => at_start,
        '#' => at_start && is_spaced(after.trim_start_matches('#')),
        '-' | '+' => at_start && (is_spaced(after) || after.starts_with('#')),
        '.' => is_card(before, rest),
        ':' => after.starts_with("//") || is_emoji(after),
        _ => false,
    }
}

/// Whether `name:` begins a text, so that a colon before it made an emoji.
fn is_emoji(after: &str) -> bool {
    let end = after.find(|c: char| c.is_whitespace() || matches!(c, ':' | '<' | '>'));
    end.is_some_and(|end| end > 0 && after[end..].starts_with(':'))
}

/// Whether a text begins with an `@` that calls everybody.
fn calls(rest: &str) -> bool {
    let Some(name) = rest.strip_prefix('@') else { return false };
    CALLS.iter().any(|call| name.get(..call.len()).is_some_and(|head| head.eq_ignore_ascii_case(call)))
}

/// Whether the dot that `rest` begins with stands in an address from which Discord makes a card, such as `discord.gg/x`.
fn is_card(before: &str, rest: &str) -> bool {
    let ends_with = |name: &str| {
        before
            .len()
            .checked_sub(name.len())
            .and_then(|at| before.get(at..))
            .is_some_and(|end| end.eq_ignore_ascii_case(name))
    };
    let is_head = |head: &&str| rest.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head));
    (ends_with("discord") || ends_with("discordapp")) && CARDS.iter().any(is_head)
}

/// How long the web address is that a text begins with, in bytes. Signs that end a sentence are no part of it.
fn address(rest: &str) -> Option<usize> {
    let head = ["https://", "http://"]
        .into_iter()
        .find(|head| rest.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head)))?;
    let ends =
        |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '|' | '`' | '\\' | '^' | '{' | '}' | HIDDEN);
    let whole = rest.split(ends).next().unwrap_or_default();
    let whole = whole.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'', '*', '_', '~', '…', '”', '’']);
    let host = whole.get(head.len()..)?;
    let is_inviting = || whole.match_indices('.').any(|(at, _)| is_card(&whole[..at], &whole[at..]));
    let calls = || whole.match_indices('@').any(|(at, _)| calls(&whole[at..]));
    let fits = host.starts_with(char::is_alphanumeric) && whole.chars().count() <= LONGEST_ADDRESS;
    (fits && !is_inviting() && !calls()).then_some(whole.len())
}

/// How much of ready text stays together: a sign with its backslash, an address or a time, a link, a call that is none.
pub(super) fn whole(ready: &str) -> usize {
    let up_to = |end: char| ready.find(end).map_or(ready.len(), |at| at + end.len_utf8());
    match ready.chars().next() {
        Some('\\') => 1 + ready[1..].chars().next().map_or(0, char::len_utf8),
        Some('<') => up_to('>'),
        Some('[') => up_to(')'),
        Some('@') if ready[1..].starts_with(HIDDEN) => 1 + HIDDEN.len_utf8(),
        first => first.map_or(0, char::len_utf8),
    }
}

/// Ready text of at most so many UTF-16 units, the last an ellipsis where some are missing.
pub(super) fn clip(ready: &str, most: usize) -> String {
    fold::clip(ready, most, whole)
}

/// Text for a place without markup, on one line, at most so many UTF-16 units.
pub(super) fn plain(text: &str, most: usize) -> String {
    let one = |rest: &str| rest.chars().next().map_or(0, char::len_utf8);
    fold::clip(&one_line(text), most, one)
}

/// Code within a line; a block of code where that cannot be.
pub(super) fn code(line: &str) -> String {
    if line.contains('`') { block_of_code(line) } else { format!("`{line}`") }
}

/// A block of code, whatever backticks it holds.
pub(super) fn block_of_code(text: &str) -> String {
    let mut out = String::from("```\n");
    let mut ticks = 0;
    for c in text.chars() {
        ticks = if c == '`' { ticks + 1 } else { 0 };
        // Three of them would end the block.
        if ticks == 3 {
            out.push(HIDDEN);
            ticks = 1;
        }
        out.push(c);
    }
    out.push_str("\n```");
    out
}

/// Bold text of ours.
pub(super) fn bold(text: &str) -> String {
    let ready = escape_title(text);
    if ready.is_empty() { ready } else { format!("**{ready}**") }
}

/// A link to a page of ours, with words of ours.
pub(super) fn link(url: &str, words: &str) -> String {
    format!("[{words}]({})", safe(url).replace('(', "%28").replace(')', "%29"))
}

/// An address as it may stand in a link.
pub(super) fn safe(url: &str) -> String {
    url.chars().filter(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | '\\')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_people_is_shown_as_typed() {
        for (typed, ready) in [
            ("plain, 5 > 3 & 2 - 4 + 1 (x) #ops", "plain, 5 > 3 & 2 - 4 + 1 (x) #ops"),
            ("*bold* _it_ ~~gone~~ ~5 ||spoiler||", r"\*bold\* \_it\_ \~\~gone\~\~ ~5 \|\|spoiler\|\|"),
            ("snake_case", r"snake\_case"),
            ("a `b` ```c```", r"a \`b\` \`\`\`c\`\`\`"),
            (r"C:\temp \* ¯\_(ツ)_/¯", r"C:\\temp \\\* ¯\\\_(ツ)\_/¯"),
            ("> quote\n  >>> more", "\\> quote\n  \\>>> more"),
            ("# big\n## less\n-# small\n#1", "\\# big\n\\## less\n\\-# small\n#1"),
            ("- a\n* b\n+ c\n1. d\n12. e", "\\- a\n\\* b\n\\+ c\n1\\. d\n12\\. e"),
            ("-5 and 1.5, 1. 2.\n12 > 3", "-5 and 1.5, 1. 2.\n12 > 3"),
            ("+- a\n--- b\n#-", "+- a\n--- b\n#-"),
            (":tada: at 16:00, a:b :+1: ::x::", r"\:tada: at 16:00, a:b \:+1: :\:x::"),
            (
                "<@1> <@&2> <#3> <:a:4> <a:b:5> </c:6> <id:guide>",
                r"\<@1> \<@&2> \<#3> \<\:a:4> \<a\:b:5> \</c:6> \<id:guide>",
            ),
            ("<t:0:R>", r"\<t\:0:R>"),
            ("@everyone @Here a@here.example @anna", "@¬everyone @¬Here a@¬here.example @anna"),
            ("[good](https://evil.example)", r"\[good\](<https://evil.example>)"),
            ("see https://a.example/x_y_z?a=1&b=*2.", "see <https://a.example/x_y_z?a=1&b=*2>."),
            ("<https://a.example> xhttp://b", r"\<<https://a.example>> x<http://b>"),
            ("discord.gg/abc https://Discord.com/invite/x_y", r"discord\.gg/abc https\://Discord\.com/invite/x\_y"),
            ("https://a.example/@everyone steam://run", "https\\://a.example/@¬everyone steam\\://run"),
            ("my discord.server, https:// and http://<x", r"my discord.server, https\:// and http\://\<x"),
        ] {
            // In the table this sign stands for the hidden one.
            assert_eq!(escape(typed), ready.replace('¬', "\u{200b}"), "{typed:?}");
        }
    }

    #[test]
    fn a_title_has_no_links_and_one_line() {
        assert_eq!(escape_title("MW-1\n*x* https://a.example/_b_"), r"MW-1 \*x\* https\://a.example/\_b\_");
    }

    #[test]
    fn code_cannot_be_ended_by_its_text() {
        assert_eq!(code("/maintenance show MW-1"), "`/maintenance show MW-1`");
        assert_eq!(code("a `b`"), "```\na `b`\n```");
        assert_eq!(block_of_code("```<@1>````"), "```\n``\u{200b}`<@1>``\u{200b}``\n```");
    }

    #[test]
    fn bold_text_and_links_of_ours_stay_whole() {
        assert_eq!((bold("When"), bold("a*b"), bold(" ")), ("**When**".into(), r"**a\*b**".into(), String::new()));
        assert_eq!(link("https://x.example/a(b) c>?d", "see"), "[see](https://x.example/a%28b%29c?d)");
    }

    #[test]
    fn text_is_cut_between_signs_only() {
        assert_eq!(clip(r"abcd\*efgh", 6), "abcd…");
        assert_eq!(clip("abc<t:1:F>def", 8), "abc…");
        assert_eq!(clip("abc[see](https://x.example) def", 12), "abc…");
        assert_eq!(clip("abc@\u{200b}everyone", 5), "abc…");
        assert_eq!(plain("a\nb <c>", 5), "a b…");
    }
}
