//! Lengths as Slack limits them, and cutting what is longer.

use serde_json::Value;

/// All blocks of a message as JSON. Slack refuses from about 13,200 on and does not say what it counts
/// (<https://github.com/slackapi/bolt-js/issues/2509>); the JSON is the longest that it could be.
pub(super) const LONGEST_MESSAGE: usize = 13_000;
/// Blocks of a message.
pub(super) const MOST_BLOCKS: usize = 50;
/// Blocks of a modal or of the App Home.
pub(super) const MOST_BLOCKS_OF_A_VIEW: usize = 100;
/// The text of a section.
pub(super) const LONGEST_TEXT: usize = 3_000;
/// One field of a section.
pub(super) const LONGEST_FIELD: usize = 2_000;
/// Fields of a section.
pub(super) const MOST_FIELDS: usize = 10;
/// A header.
pub(super) const LONGEST_HEADER: usize = 150;
/// Buttons of one row.
pub(super) const MOST_BUTTONS: usize = 25;

/// Length in UTF-16 units.
pub(super) fn len(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Length of a value as JSON, in UTF-16 units.
pub(super) fn weight(value: &Value) -> usize {
    len(&value.to_string())
}

/// Cuts ready text after at most so many UTF-16 units: after a line if there is one in the second half, else after a
/// word, else between signs. What is in `<…>`, an entity, or a hidden sign with what it guards is never cut.
pub(super) fn cut(ready: &str, most: usize) -> (&str, &str) {
    if len(ready) <= most {
        return (ready, "");
    }
    let (mut line, mut word, mut sign) = (0, 0, 0);
    let (mut units, mut in_link, mut in_entity, mut guards) = (0, false, false, false);
    for (at, c) in ready.char_indices() {
        if !in_link && !in_entity && !guards {
            sign = at;
            match ready[..at].chars().next_back() {
                Some('\n') => line = at,
                Some(c) if c.is_whitespace() => word = at,
                _ => {}
            }
        }
        units += c.len_utf16();
        if units > most {
            break;
        }
        guards = c == super::escape::HIDDEN;
        match c {
            '<' => in_link = true,
            '>' => in_link = false,
            '&' => in_entity = true,
            ';' => in_entity = false,
            _ => {}
        }
    }
    let at = [line, word, sign].into_iter().find(|at| *at > sign / 2).unwrap_or(sign);
    ready.split_at(at)
}

/// Ready text in parts of at most so many UTF-16 units, none of them blank. Text that cannot be cut is left out.
pub(super) fn split(ready: &str, most: usize) -> Vec<String> {
    let (mut parts, mut rest) = (Vec::new(), ready.trim_end());
    while !rest.is_empty() {
        let (head, more) = cut(rest, most);
        if head.is_empty() {
            break;
        }
        if !head.trim().is_empty() {
            parts.push(head.trim_end().to_owned());
        }
        rest = more.trim_start_matches('\n');
    }
    parts
}

/// Ready lines, put together to texts of at most so many UTF-16 units. A longer line is clipped.
pub(super) fn packed<'a>(lines: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for line in lines {
        let line = super::escape::clip(line, most);
        match texts.last_mut() {
            Some(text) if len(text) + 1 + len(&line) <= most => {
                text.push('\n');
                text.push_str(&line);
            }
            _ => texts.push(line),
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_after_lines_then_words_then_signs_and_never_in_markup() {
        assert_eq!(cut("abc", 3), ("abc", ""));
        assert_eq!(cut("one two\nthree four", 14), ("one two\n", "three four"));
        assert_eq!(cut("one two three", 9), ("one two ", "three"));
        assert_eq!(cut("abcdef", 4), ("abcd", "ef"));
        assert_eq!(cut("ab&amp;cd", 5), ("ab", "&amp;cd"));
        assert_eq!(cut("ab<https://x y>cd", 12), ("ab", "<https://x y>cd"));
        assert_eq!(cut("ab\u{ad}*cd", 3), ("ab", "\u{ad}*cd"));
        assert_eq!(cut("a🎉🎉", 4), ("a🎉", "🎉"));
    }

    #[test]
    fn long_text_comes_in_parts_and_nothing_is_lost() {
        let text = (0..400).map(|n| format!("word{n}")).collect::<Vec<_>>().join(" ");
        let parts = split(&text, 100);
        assert!(parts.iter().all(|part| len(part) <= 100));
        assert_eq!(parts.join(" "), text);
    }

    #[test]
    fn lines_are_packed() {
        assert_eq!(packed(["aaaa", "bbb", "cccccccccccc"], 8), ["aaaa\nbbb", "ccccccc…"]);
    }
}
