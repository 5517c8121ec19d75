//! Lengths as Slack limits them, and cutting what is longer.

use serde_json::Value;

use super::escape::HIDDEN;
use crate::message::fold;
pub(super) use crate::message::fold::len;

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

/// Length of a value as JSON, in UTF-16 units.
pub(super) fn weight(value: &Value) -> usize {
    len(&value.to_string())
}

/// Ready text of at most so many UTF-16 units, the last an ellipsis where some are missing.
pub(super) fn clip(ready: &str, most: usize) -> String {
    fold::clip(ready, most, whole)
}

/// Ready text in parts of at most so many UTF-16 units, none of them blank. Text that cannot be cut is left out.
pub(super) fn split(ready: &str, most: usize) -> Vec<String> {
    fold::split(ready, most, whole)
}

/// Ready lines, put together to texts of at most so many UTF-16 units. A longer line is clipped.
pub(super) fn packed<'a>(lines: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<String> {
    fold::packed(lines, most, whole)
}

/// How much of ready text stays together: a link or date, an entity, a hidden sign with what it guards.
fn whole(rest: &str) -> usize {
    let up_to = |end: char| rest.find(end).map_or(rest.len(), |at| at + end.len_utf8());
    match rest.chars().next() {
        Some('<') => up_to('>'),
        Some('&') => up_to(';'),
        Some(HIDDEN) => HIDDEN.len_utf8() + whole(&rest[HIDDEN.len_utf8()..]),
        first => first.map_or(0, char::len_utf8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_after_lines_then_words_then_signs_and_never_in_markup() {
        let cut = |ready, most| fold::cut(ready, most, whole);
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
