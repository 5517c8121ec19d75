//! What we say, before it has a format. [`words`] words replies and refusals; `templates/messages` words what audiences
//! get ([`audience`]); [`topic`] is what a message is about. Surfaces only format a [`Message`]; [`text`] is the plain form,
//! [`fold`] fits it into what a surface can show.
//!
//! Everything in a message is data: a surface escapes it for the place where it is shown.

pub mod action;
pub mod audience;
pub mod fold;
pub mod language;
pub mod preview;
pub mod text;
pub mod topic;
pub mod words;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::calendar::{Span, Zone};
use language::Language;

/// Something said: blocks from top to bottom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The blocks in order.
    pub blocks: Vec<Block>,
    /// Times that stand in them, for surfaces that show times in the reader's own zone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<Times>,
}

/// A time, or a stretch of time, as it stands in the text of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// The text, exactly as it stands there.
    pub text: String,
    /// The instant, or the first one (UTC).
    pub starts_at: DateTime<Utc>,
    /// The end of the stretch (UTC).
    pub ends_at: Option<DateTime<Utc>>,
}

/// One part of a message. All text is plain; none of it is markup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// What it is about.
    Heading(String),
    /// A paragraph; line breaks count.
    Text(String),
    /// Named facts.
    Facts(Vec<(String, String)>),
    /// The change list.
    Items(Vec<ItemLine>),
    /// Rows under a head.
    Table {
        /// Names of the columns.
        head: Vec<String>,
        /// The rows.
        rows: Vec<Vec<String>>,
    },
    /// One line to copy.
    Copy(String),
    /// What was typed, with a mark under the wrong part.
    Caret {
        /// The line.
        line: String,
        /// First marked character, counted in characters.
        from: usize,
        /// How many characters are marked, at least one.
        width: usize,
    },
}

/// One line of a change list as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemLine {
    /// The number to type after `done MW-1`.
    pub number: i64,
    /// What is done.
    pub text: String,
    /// 0 for a top-level item.
    pub depth: usize,
    /// Ticked.
    pub done: bool,
    /// Who, when, whose: what follows the text.
    pub aside: String,
}

impl Message {
    /// A message that starts with what it is about.
    #[must_use]
    pub fn titled(heading: impl Into<String>) -> Self {
        Self { blocks: vec![Block::Heading(heading.into())], ..Self::default() }
    }

    /// One paragraph and nothing else.
    #[must_use]
    pub fn line(text: impl Into<String>) -> Self {
        Self { blocks: vec![Block::Text(text.into())], ..Self::default() }
    }

    /// Adds a paragraph.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Text(text.into()));
        self
    }

    /// Adds named facts, leaving out the empty ones.
    #[must_use]
    pub fn facts<N: Into<String>>(mut self, facts: impl IntoIterator<Item = (N, String)>) -> Self {
        let known = facts.into_iter().map(|(n, v)| (n.into(), v)).filter(|(_, v)| !v.is_empty());
        self.blocks.push(Block::Facts(known.collect()));
        self
    }

    /// Adds one line to copy.
    #[must_use]
    pub fn copy(mut self, line: impl Into<String>) -> Self {
        self.blocks.push(Block::Copy(line.into()));
        self
    }

    /// Adds a block.
    #[must_use]
    pub fn block(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// Says which times may stand in it: these stretches, and their ends. The longest texts come first, since what is shown
    /// of a stretch holds its ends.
    #[must_use]
    pub fn with_times<'a>(self, spans: impl IntoIterator<Item = &'a Span>) -> Self {
        self.with_times_in(Language::english(), spans)
    }

    /// The same of a message in a language.
    #[must_use]
    pub fn with_times_in<'a>(mut self, language: &Language, spans: impl IntoIterator<Item = &'a Span>) -> Self {
        for span in spans {
            let one = |instant| Times { text: language.at(instant, &span.zone), starts_at: instant, ends_at: None };
            let whole = Times { text: language.span(span), starts_at: span.starts_at, ends_at: Some(span.ends_at) };
            self.times.extend([whole, one(span.starts_at), one(span.ends_at)]);
        }
        self.times.sort_by_key(|time| std::cmp::Reverse(time.text.len()));
        self
    }

    /// Says which single times may stand in it besides (UTC), as they read in a zone and a language.
    #[must_use]
    pub fn with_instants(
        mut self,
        language: &Language,
        instants: impl IntoIterator<Item = DateTime<Utc>>,
        zone: &Zone,
    ) -> Self {
        let time = |instant| Times { text: language.at(instant, zone), starts_at: instant, ends_at: None };
        self.times.extend(instants.into_iter().map(time));
        self.times.sort_by_key(|time| std::cmp::Reverse(time.text.len()));
        self
    }

    /// The plain text of it.
    #[must_use]
    pub fn plain(&self) -> String {
        text::plain(self)
    }
}
