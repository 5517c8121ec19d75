//! Texts to type instead, made by changing only the part that is wrong.

use std::ops::Range;

/// The text with one part replaced, without the white space that this leaves over.
pub(super) fn replaced(text: &str, range: Range<usize>, by: &str) -> String {
    tidy(&format!("{}{by}{}", &text[..range.start], &text[range.end..]))
}

/// The text without one part.
pub(super) fn without(text: &str, range: Range<usize>) -> String {
    replaced(text, range, " ")
}

/// The text with several parts replaced; the parts do not overlap.
pub(super) fn changed(text: &str, mut changes: Vec<(Range<usize>, String)>) -> String {
    changes.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut fixed = text.to_owned();
    for (range, by) in changes {
        fixed.replace_range(range, &by);
    }
    tidy(&fixed)
}

fn tidy(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().filter(|word| *word != ",").collect();
    words.join(" ").replace(" ,", ",").trim_end_matches(',').to_owned()
}
