//! Text from people as Slack shows it the way it was typed.
//!
//! Slack's own markup is behind `&`, `<` and `>`, which have entities. Emphasis, code, quotes, lists and `:emoji:` have no
//! escape; a soft hyphen before (U+00AD: it cannot be seen and, unlike the zero-width space, is no boundary of words for
//! Slack) keeps such a sign from opening anything, and it is put only where one could open. Addresses become links to
//! themselves, so that whatever stands in one is part of it.

use super::fold::clip;
use crate::message::text::shown;

/// Cannot be seen, and keeps the sign after it from being markup.
pub(super) const HIDDEN: char = '\u{ad}';

/// Words that call everybody, after an `@`.
const CALLS: [&str; 4] = ["channel", "everyone", "group", "here"];

/// The longest address that becomes a link, in characters; a longer one stays text.
const LONGEST_ADDRESS: usize = 1_000;

/// Text as Slack shows it the way it was typed, in `mrkdwn` and in a message's `text`. Line breaks stay.
#[must_use]
pub fn escape(text: &str) -> String {
    escape_part(&shown(text), true)
}

/// The same for a part of a text, which is made harmless to look at already; `is_start`: it begins a line.
pub(super) fn escape_part(text: &str, is_start: bool) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let (mut at, mut before, mut at_start) = (0, None::<char>, is_start);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let in_word = before.is_some_and(char::is_alphanumeric);
        if let Some(length) = address(rest).filter(|_| !in_word) {
            out.push('<');
            out.push_str(&entities(&rest[..length]));
            out.push('>');
            at += length;
            (before, at_start) = (None, false);
            continue;
        }
        if opens(c, rest, in_word, at_start) {
            out.push(HIDDEN);
        }
        push(&mut out, c);
        if is_emoji(rest) || calls(rest, in_word) {
            out.push(HIDDEN);
        }
        at_start = c == '\n' || at_start && c.is_whitespace();
        before = Some(c);
        at += c.len_utf8();
    }
    out
}

/// Text for places without markup (`plain_text`).
pub(super) fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    text.chars().for_each(|c| push(&mut out, c));
    out
}

fn push(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        c => out.push(c),
    }
}

/// Whether a sign could open emphasis or code, or begin a quote or an item of a list.
fn opens(c: char, rest: &str, in_word: bool, at_start: bool) -> bool {
    let spaced = |text: &str| text.starts_with(char::is_whitespace);
    match c {
        '`' => true,
        '*' | '_' | '~' => !in_word,
        // The second is the wide form, which Slack takes for a quote as well.
        '>' | '\u{ff1e}' => at_start,
        '-' | '+' | '•' | '◦' => at_start && spaced(&rest[c.len_utf8()..]),
        '0'..='9' if at_start => {
            let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            after.strip_prefix(['.', ')']).is_some_and(spaced)
        }
        _ => false,
    }
}

/// Whether a text begins with an `:emoji:`.
fn is_emoji(rest: &str) -> bool {
    let Some(name) = rest.strip_prefix(':') else { return false };
    let end = name.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '+' | '\''));
    end.is_some_and(|end| end > 0 && name[end..].starts_with(':'))
}

/// Whether a text begins with an `@` that calls everybody.
fn calls(rest: &str, in_word: bool) -> bool {
    let Some(name) = rest.strip_prefix('@').filter(|_| !in_word) else { return false };
    CALLS.iter().any(|call| name.get(..call.len()).is_some_and(|head| head.eq_ignore_ascii_case(call)))
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
    (host.starts_with(char::is_alphanumeric) && whole.chars().count() <= LONGEST_ADDRESS).then_some(whole.len())
}

/// Escaped text of at most so many UTF-16 units, the last an ellipsis where some are missing.
pub(super) fn clipped_to(text: &str, most: usize) -> String {
    clip(&escape(text), most)
}

/// Text for a place without markup, on one line, at most so many UTF-16 units.
pub(super) fn plain(text: &str, most: usize) -> String {
    clip(&entities(&crate::message::text::one_line(text)), most)
}

/// Code within a line; a block of code where that cannot be.
pub(super) fn code(line: &str) -> String {
    if line.contains('`') { block_of_code(line) } else { format!("`{}`", entities(line)) }
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
        push(&mut out, c);
    }
    out.push_str("\n```");
    out
}

/// Bold text of ours; a text that holds a star itself stays as it is.
pub(super) fn bold(text: &str) -> String {
    let ready = escape_part(text, true);
    if text.is_empty() || text.contains('*') || text.trim() != text { ready } else { format!("*{ready}*") }
}

/// A link to a page of ours.
pub(super) fn link(url: &str, label: &str) -> String {
    let safe: String = url.chars().filter(|c| !c.is_whitespace() && !matches!(c, '<' | '>' | '|')).collect();
    format!("<{}|{}>", entities(&safe), entities(&label.replace('|', "/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader sees of escaped text, if Slack takes nothing of it for markup but links.
    fn seen(ready: &str) -> String {
        let text = ready.replace([HIDDEN, '<', '>'], "");
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    }

    #[test]
    fn text_from_people_is_shown_as_typed() {
        for (typed, ready) in [
            ("plain, 5 > 3 & 2 < 4", "plain, 5 &gt; 3 &amp; 2 &lt; 4"),
            ("*bold* _it_ ~gone~", "¬*bold* ¬_it_ ¬~gone~"),
            ("snake_case_name 2*3*4", "snake_case_name 2*3*4"),
            ("a `b` c", "a ¬`b¬` c"),
            ("```x```", "¬`¬`¬`x¬`¬`¬`"),
            ("> quote", "¬&gt; quote"),
            ("a\n  > quote", "a\n  ¬&gt; quote"),
            ("- a\n* b\n• c\n1. d\n12) e", "¬- a\n¬* b\n¬• c\n¬1. d\n¬12) e"),
            ("-5 and 1.5", "-5 and 1.5"),
            (":tada: at 16:00, a:b :+1:", ":¬tada: at 16:00, a:b :¬+1:"),
            ("<!channel> <!date^0^{date}|x>", "&lt;!channel&gt; &lt;!date^0^{date}|x&gt;"),
            ("@channel @Here, @anna a@here.example", "@¬channel @¬Here, @anna a@here.example"),
            ("<@U1> <#C1>", "&lt;@U1&gt; &lt;#C1&gt;"),
            ("<https://evil.example|good>", "&lt;<https://evil.example>|good&gt;"),
            ("see https://a.example/x_y_z?a=1&b=2.", "see <https://a.example/x_y_z?a=1&amp;b=2>."),
            ("(https://a.example/_x_) xhttps://b", "(<https://a.example/_x>¬_) xhttps://b"),
            ("https:// and https://<!here>", "https:// and https://&lt;!here&gt;"),
            ("&lt;!here&gt;", "&amp;lt;!here&amp;gt;"),
        ] {
            // In the table this sign stands for the hidden one.
            let ready = ready.replace('¬', "\u{ad}");
            assert_eq!(escape(typed), ready, "{typed:?}");
            if !typed.contains("https") {
                assert_eq!(seen(&ready), typed);
            }
        }
    }

    #[test]
    fn code_cannot_be_ended_by_its_text() {
        assert_eq!(code("/maintenance show MW-1"), "`/maintenance show MW-1`");
        assert_eq!(code("a `b`"), "```\na `b`\n```");
        assert_eq!(block_of_code("```<!here>````"), "```\n``\u{ad}`&lt;!here&gt;``\u{ad}``\n```");
    }

    #[test]
    fn bold_text_and_links_of_ours_stay_whole() {
        assert_eq!(bold("When"), "*When*");
        assert_eq!(bold("a*b"), "a*b");
        assert_eq!(bold("_x_"), "*\u{ad}_x_*");
        assert_eq!(link("https://x.example/a|b> c?d&e", "a|<b>"), "<https://x.example/abc?d&amp;e|a/&lt;b&gt;>");
    }

    #[test]
    fn text_is_clipped_between_signs() {
        assert_eq!(clipped_to("abcdef", 6), "abcdef");
        assert_eq!(clipped_to("abcdefg", 6), "abcde…");
        assert_eq!(clipped_to("ab & cd", 6), "ab…");
        assert_eq!(plain("a\nb <c>", 30), "a b &lt;c&gt;");
    }
}
