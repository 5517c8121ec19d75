//! What others say, for the operator: on one line, and not without end.

use std::error::Error;

/// The most that is shown of what others say, in characters.
const SHOWN: usize = 300;

/// A text on one line, without control characters, of at most 300 characters.
#[must_use]
pub fn one_line(text: &str) -> String {
    let printable = text.replace(char::is_control, " ");
    let line = printable.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= SHOWN {
        return line;
    }
    line.chars().take(SHOWN - 1).chain(['…']).collect()
}

/// An error of the network with what led to it, each thing once.
#[must_use]
pub fn causes(error: &dyn Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(error) = next {
        let text = error.to_string();
        if !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
        next = error.source();
    }
    one_line(&texts.join(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_to_one_line() {
        assert_eq!(one_line("a\n\u{1b}[31m b"), "a [31m b");
        assert_eq!(one_line(&"ä".repeat(400)).chars().count(), 300);
    }
}
