//! The words of a line: blanks, quotes, escapes, and where each word stands. What a word means is not asked here.

use std::ops::Range;

/// Text together with the places in the line that it was taken from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Traced {
    text: String,
    /// Where the pieces begin: byte of the text, byte of the line.
    marks: Vec<(usize, usize)>,
}

impl Traced {
    /// A piece of the line as it stands there.
    pub fn slice(line: &str, range: Range<usize>) -> Self {
        let mut traced = Self::default();
        traced.push(&line[range.clone()], range.start);
        traced
    }

    /// A text that was not typed, standing for the place `at`.
    pub fn made(text: &str, at: usize) -> Self {
        Self { text: text.to_owned(), marks: vec![(0, at)] }
    }

    pub fn push(&mut self, text: &str, at: usize) {
        let goes_on = self.marks.last().is_some_and(|(of_text, of_line)| of_line + (self.text.len() - of_text) == at);
        if !goes_on {
            self.marks.push((self.text.len(), at));
        }
        self.text.push_str(text);
    }

    /// Adds another text after a blank or a word that was not typed.
    pub fn join(&mut self, between: &str, other: &Self) {
        self.text.push_str(between);
        let start = self.text.len();
        self.text.push_str(&other.text);
        self.marks.extend(other.marks.iter().map(|(of_text, of_line)| (of_text + start, *of_line)));
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the line that hold these bytes of the text.
    pub fn place(&self, range: &Range<usize>) -> Range<usize> {
        let of = |byte: usize, ends: bool| {
            let at = self.marks.iter().rev().find(|(of_text, _)| if ends { *of_text < byte } else { *of_text <= byte });
            at.or(self.marks.first()).map_or(0, |(of_text, of_line)| of_line + byte.saturating_sub(*of_text))
        };
        let start = of(range.start, false);
        start..of(range.end, range.end > range.start).max(start)
    }
}

/// The name at the head of a word: `name:`, `--name`, `--name=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Lower case, underscores as hyphens.
    pub name: String,
    /// The bytes of what the option is said of, as in `downtime.jira:1h`.
    pub part: Option<Range<usize>>,
    /// Typed with dashes.
    pub dashes: Dashes,
    /// Something follows: `:` or `=`.
    pub takes: bool,
    /// Where the name stands in the line, with its dashes.
    pub at: Range<usize>,
}

/// How the name of an option was marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dashes {
    /// Not at all: `name:`.
    None,
    /// `--name`.
    Ascii,
    /// The dash that phones make of it: `—name`.
    Typographic,
}

/// One word of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// All of it, quotes included.
    pub at: Range<usize>,
    /// What it looks like at its beginning.
    pub head: Option<Head>,
    /// The text without head, quotes and escapes.
    pub value: Traced,
    /// The text was in quotes.
    pub quoted: bool,
    /// The bytes of the quote that is never closed.
    pub unclosed: Option<Range<usize>>,
}

/// Splits a line into words.
pub(super) fn tokens(line: &str) -> Vec<Token> {
    let mut lexer = Lexer { line, never_closed: Vec::new() };
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(start) = line[at..].find(|c: char| !is_blank(c)).map(|skipped| at + skipped) {
        let token = lexer.token(start);
        at = token.at.end;
        all.push(token);
    }
    all
}

struct Lexer<'a> {
    line: &'a str,
    /// Opening quotes that nothing ahead closes properly: looking once is enough, the line is only read forwards.
    never_closed: Vec<char>,
}

/// White space of any kind, and characters without any width that phones and web pages leave between words.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

impl Lexer<'_> {
    fn token(&mut self, start: usize) -> Token {
        let line = self.line;
        let head = head(line, start);
        let may_quote = head.as_ref().is_none_or(|head| head.takes);
        let mut at = head.as_ref().map_or(start, |head| head.at.end + usize::from(head.takes));
        let mut value = Traced::made("", at);
        let mut quoted = false;
        let mut unclosed = None;
        while let Some(c) = line[at..].chars().next().filter(|c| !is_blank(*c)) {
            // A quote opens at the beginning, or after one that closed and a comma: `"a","b"`. Within a word it is text.
            let may_open = may_quote && (value.text().is_empty() || quoted && line[..at].ends_with(','));
            if may_open && self.opens(c, at) {
                quoted = true;
                let (end, closed) = self.quote(c, at, &mut value);
                if !closed {
                    unclosed = Some(at..at + c.len_utf8());
                }
                at = end;
            } else {
                value.push(&line[at..at + c.len_utf8()], at);
                at += c.len_utf8();
            }
        }
        Token { at: start..at, head, value, quoted, unclosed }
    }

    /// Whether a quote opens here. A single one needs a partner that ends a word; otherwise it is an apostrophe.
    fn opens(&mut self, c: char, at: usize) -> bool {
        is_opener(c) && (!is_single(c) || self.closing(c, at + c.len_utf8()).is_some())
    }

    /// Reads what is in quotes into `value`, from the opening quote on: where it ends, and whether it was closed.
    fn quote(&mut self, opener: char, start: usize, value: &mut Traced) -> (usize, bool) {
        let line = self.line;
        let inside = start + opener.len_utf8();
        let proper = self.closing(opener, inside);
        let end =
            proper.or_else(|| if is_single(opener) { None } else { find_closing(line, inside, STRAY_CLOSERS, false) });
        let stop = end.unwrap_or(line.len());
        let mut at = inside;
        while let Some(c) = line[at..stop].chars().next() {
            let next = line[at + c.len_utf8()..stop].chars().next();
            let escapes = c == '\\' && next.is_some_and(|next| is_escaped(next, closers(opener)));
            let kept = if escapes { at + c.len_utf8() } else { at };
            let width = line[kept..].chars().next().map_or(0, char::len_utf8);
            value.push(&line[kept..kept + width], kept);
            at = kept + width;
        }
        let width = line[stop..].chars().next().map_or(0, char::len_utf8);
        (stop + width, end.is_some())
    }

    fn closing(&mut self, opener: char, from: usize) -> Option<usize> {
        if self.never_closed.contains(&opener) {
            return None;
        }
        let found = find_closing(self.line, from, closers(opener), is_single(opener));
        if found.is_none() {
            self.never_closed.push(opener);
        }
        found
    }
}

/// Reads the name that an option begins with. `https://`, `12:30` and `- [ ]` begin with none.
fn head(line: &str, start: usize) -> Option<Head> {
    let text = &line[start..];
    let (dashes, skipped) = if text.starts_with("--") {
        (Dashes::Ascii, 2)
    } else {
        let dash = text.chars().next().filter(|c| matches!(c, '—' | '–' | '―' | '−'));
        dash.map_or((Dashes::None, 0), |dash| (Dashes::Typographic, dash.len_utf8()))
    };
    let rest = &text[skipped..];
    let length = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(rest.len());
    let (name, mut after) = rest.split_at(length);
    let mut end = start + skipped + length;
    let part = part(name, after).map(|part| end + part.start..end + part.end);
    if let Some(part) = &part {
        after = &line[part.end..];
        end = part.end;
    }
    if !name.starts_with(char::is_alphabetic) {
        return None;
    }
    let takes = after.starts_with(':') || dashes != Dashes::None && after.starts_with('=');
    let ends = after.chars().next().is_none_or(is_blank);
    let is_name = if dashes == Dashes::None { takes && !after.starts_with("://") } else { takes || ends };
    if !is_name {
        return None;
    }
    let name = name.to_lowercase().replace('_', "-");
    Some(Head { name, part, dashes, takes, at: start..end })
}

/// The option that can be said of a single service.
const PARTED: &str = "downtime";

/// The service behind the dot of `downtime.jira:`; other words with a dot are text, such as `example.com:8080`.
fn part(name: &str, after: &str) -> Option<Range<usize>> {
    let is_near = strsim::osa_distance(&name.to_lowercase(), PARTED) <= 2;
    let service = after.strip_prefix('.').filter(|_| is_near)?;
    let length =
        service.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(service.len());
    (length > 0).then_some(1..length + 1)
}

const fn is_opener(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '\'' | '‘' | '‹' | '＂')
}

/// The characters that close a quote properly.
const fn closers(opener: char) -> &'static [char] {
    match opener {
        '“' | '”' | '‟' => &['”'],
        '„' => &['“', '”'],
        '«' => &['»'],
        '»' => &['«', '»'],
        '\'' => &['\''],
        '‘' => &['’'],
        '‹' => &['›'],
        '＂' => &['＂'],
        _ => &['"'],
    }
}

/// The characters that close it where editing by hand has mixed the kinds.
const STRAY_CLOSERS: &[char] = &['"', '”', '“', '»', '＂'];

const fn is_single(opener: char) -> bool {
    matches!(opener, '\'' | '‘')
}

/// Whether a backslash before this character stands for the character itself.
fn is_escaped(c: char, closers: &[char]) -> bool {
    c == '\\' || c == '"' || closers.contains(&c)
}

/// Where a quote closes: the first of these characters that is not escaped and, if asked, ends a word.
fn find_closing(line: &str, from: usize, closers: &[char], ends_word: bool) -> Option<usize> {
    let mut escaped = false;
    for (offset, c) in line[from..].char_indices() {
        let after = line[from + offset + c.len_utf8()..].chars().next();
        if !escaped && closers.contains(&c) && (!ends_word || after.is_none_or(is_blank)) {
            return Some(from + offset);
        }
        escaped = !escaped && c == '\\' && after.is_some_and(|next| is_escaped(next, closers));
    }
    None
}
