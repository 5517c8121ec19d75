//! How much of texts and lists goes into a body.

use crate::message::text::{clipped, shown};

/// A form of a body: how long a text and a list may be in it.
pub(super) struct Measure {
    /// Characters of a text.
    text: usize,
    /// Entries of a list.
    list: usize,
}

/// From everything to almost nothing.
pub(super) const ALL: [Measure; 6] = [
    Measure { text: usize::MAX, list: usize::MAX },
    Measure { text: 4_000, list: 100 },
    Measure { text: 1_500, list: 40 },
    Measure { text: 500, list: 20 },
    Measure { text: 150, list: 10 },
    Measure { text: 40, list: 3 },
];

impl Measure {
    /// Whether anything may be missing.
    pub(super) fn cuts(&self) -> bool {
        self.text != usize::MAX
    }

    /// A text without what cannot be seen, and not longer than it may be.
    pub(super) fn text(&self, text: &str) -> String {
        clipped(&shown(text), self.text)
    }

    /// The first texts of a list.
    pub(super) fn texts(&self, list: &[String]) -> Vec<String> {
        self.some(list.iter()).map(|text| self.text(text)).collect()
    }

    /// The first entries of a list.
    pub(super) fn some<I: Iterator>(&self, list: I) -> std::iter::Take<I> {
        list.take(self.list)
    }
}
