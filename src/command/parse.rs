//! From what a surface received to a typed command, or a refusal with a caret and a line to copy.

use std::fmt::Write as _;
use std::ops::Range;

use super::field::Values;
use super::line::{self, Piece};
use super::reading::{self, Context, Given, Line, Reading, Trouble};
use super::spec::{COMMAND, Type, Verb, catalogue};
use super::text::{self, Traced};
use super::value;
use super::verbs::Command;
use crate::domain::refusal::Refusal;
use crate::domain::window::WindowId;

/// Longest line that is read, in bytes.
pub const LONGEST_INPUT: usize = 64 * 1024;

/// What a surface received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A line of text, with or without `/maintenance` before it.
    Text(String),
    /// Words that a shell has split and freed of quotes: what follows `maintbot maintenance`.
    Words(Vec<String>),
    /// A verb (`change add`) with options by name, as Discord and forms send them. An empty text counts as not given.
    Named {
        /// The verb.
        verb: String,
        /// Name and text of each option; `true` or `false` for a flag.
        options: Vec<(String, String)>,
    },
}

/// A command that was read, with the line it was read from: what later finds a value impossible can point at it.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The command.
    pub command: Command,
    /// The line as carets count it: what was typed, or the line that stands for words and named options. Of a
    /// command inside `do`, the inner line.
    pub text: String,
    reading: Reading,
}

/// Reads a command.
///
/// # Errors
/// [`Refusal::Input`], always with a line to copy that can be read.
pub fn parse(input: &Input) -> Result<Parsed, Refusal> {
    parse_within(input, None)
}

/// Reads a command where a window is implied, as inside its own change-list issue: it is meant where none is typed.
///
/// # Errors
/// [`Refusal::Input`], always with a line to copy that can be read.
pub fn parse_within(input: &Input, window: Option<WindowId>) -> Result<Parsed, Refusal> {
    let (line, argv) = line_of(input);
    if line.len() > LONGEST_INPUT {
        return Err(too_long(&line));
    }
    let context = Context { window, argv };
    match reading::read(&line, context) {
        Line::Verb(reading) => finish(line, reading),
        Line::Wrapped(inner, bare) => match reading::read(&inner, Context { argv: argv && bare, window }) {
            Line::Verb(reading) => finish(inner, reading),
            Line::Wrapped(innermost, _) => Err(nested(inner, &innermost, context)),
        },
    }
}

fn finish(line: String, mut reading: Reading) -> Result<Parsed, Refusal> {
    if reading.troubles.is_empty() {
        match build(&reading) {
            Ok(command) => return Ok(Parsed { command, text: line, reading }),
            Err(trouble) => reading.troubles.push(trouble),
        }
    }
    let hint = mend(&reading);
    let trouble = reading.troubles.into_iter().next();
    let (at, detail) = trouble.map_or((0..0, "this cannot be read".to_owned()), |trouble| (trouble.at, trouble.detail));
    Err(Refusal::Input { detail, hint: Some(hint), at: within(&line, at), input: line })
}

/// The command of a reading without trouble.
fn build(reading: &Reading) -> Result<Command, Trouble> {
    let values = Values(reading.given.iter().map(|given| (given.option.name.as_str(), given.value.text())).collect());
    match Command::read(reading.verb, &values) {
        Some(Ok(command)) => Ok(command),
        Some(Err((option, bad))) => {
            let given = reading.given.iter().find(|given| given.option.name == option);
            Err(Trouble { at: given.map_or(0..0, |given| given.value.place(&bad.range)), detail: bad.message })
        }
        None => Err(Trouble { at: 0..0, detail: format!("`{}` cannot be done here", reading.verb.name) }),
    }
}

/// Keeps a range inside a line and on its character boundaries.
fn within(line: &str, at: Range<usize>) -> Range<usize> {
    let start = line.floor_char_boundary(at.start);
    start..line.ceil_char_boundary(at.end.min(line.len())).max(start)
}

/// The line to copy: what was typed with everything set right that is wrong, the rest filled in with examples.
fn mend(reading: &Reading) -> String {
    let verb = reading.verb;
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    for given in &reading.given {
        let option = given.option;
        let text = given.value.text();
        // A flag that is typed twice says nothing new.
        if option.kind == Type::Flag && pieces.iter().any(|piece| piece.option.name == option.name) {
            continue;
        }
        let value = match value::check(option, text) {
            _ if option.kind == Type::Flag => String::new(),
            Ok(()) => text.to_owned(),
            Err(bad) => {
                bad.hint.filter(|hint| value::check(option, hint).is_ok()).unwrap_or_else(|| option.example.clone())
            }
        };
        pieces.push(Piece { option, value });
    }
    let has = |pieces: &[Piece<'_>], name: &str| pieces.iter().any(|piece| piece.option.name == name);
    for option in verb.options.iter().filter(|option| option.required) {
        if !has(&pieces, &option.name) {
            pieces.push(Piece { option, value: option.example.clone() });
        }
    }
    if !verb.one_of.is_empty() && !verb.one_of.iter().any(|name| has(&pieces, name)) {
        let first = verb.one_of.first().and_then(|name| verb.option(name));
        pieces.extend(first.map(|option| Piece { option, value: option.example.clone() }));
    }
    let line = line::render(verb, &pieces);
    if works(&line) { line } else { sure(verb) }
}

/// Whether a line can be read.
fn works(line: &str) -> bool {
    line.len() <= LONGEST_INPUT
        && match reading::read(line, Context::default()) {
            Line::Verb(reading) => reading.troubles.is_empty() && build(&reading).is_ok(),
            Line::Wrapped(inner, _) => match reading::read(&inner, Context::default()) {
                Line::Verb(reading) => reading.troubles.is_empty() && build(&reading).is_ok(),
                Line::Wrapped(..) => false,
            },
        }
}

/// A line of the verb that certainly works.
fn sure(verb: &Verb) -> String {
    verb.examples.first().cloned().unwrap_or_else(|| format!("{COMMAND} help"))
}

fn too_long(line: &str) -> Refusal {
    const SHOWN: usize = 200;
    let input = line[..line.floor_char_boundary(SHOWN)].to_owned();
    let detail =
        format!("this has {} bytes; a command has at most {LONGEST_INPUT}: put long texts behind a link", line.len());
    let hint = match reading::read(&input, Context::default()) {
        Line::Verb(reading) => sure(reading.verb),
        Line::Wrapped(..) => format!("{COMMAND} help"),
    };
    Refusal::Input { detail, hint: Some(hint), at: input.len()..input.len(), input }
}

fn nested(line: String, innermost: &str, context: Context) -> Refusal {
    let hint = match reading::read(innermost, context) {
        Line::Verb(reading) => mend(&reading),
        Line::Wrapped(..) => format!("{COMMAND} help do"),
    };
    let at = 0..line.find(char::is_whitespace).unwrap_or(line.len());
    Refusal::Input {
        detail: "`do` cannot stand inside `do`".to_owned(),
        hint: Some(hint),
        at: within(&line, at),
        input: line,
    }
}

impl Input {
    /// The line that it is read as, for sending it elsewhere.
    #[must_use]
    pub fn line(&self) -> String {
        line_of(self).0
    }

    /// The option that a refusal of this input is about, so that a form can show it on its field: the one in which it was
    /// marked at `position` (characters of [`Input::line`]), else the first one that the line to copy, `hint`, gives
    /// another value or adds. `None`: it is about none in particular.
    #[must_use]
    pub fn at_fault(&self, position: Option<usize>, hint: Option<&str>) -> Option<String> {
        let marked = position.and_then(|position| self.option_at(position));
        marked.or_else(|| {
            let ((verb, given), (mended_verb, mended)) = (values_of(&self.line())?, values_of(hint?)?);
            let of = |values: &[(String, String)], name: &str| -> Vec<String> {
                values.iter().filter(|value| value.0 == name).map(|value| value.1.clone()).collect()
            };
            let mut names = mended.iter().map(|value| &value.0);
            names.find(|name| verb == mended_verb && of(&given, name) != of(&mended, name)).cloned()
        })
    }

    /// Which named option the character at `position` of the line belongs to.
    fn option_at(&self, position: usize) -> Option<String> {
        let Self::Named { verb, options } = self else { return None };
        let ends = |count: usize| {
            let first = Self::Named { verb: verb.clone(), options: options[..count].to_vec() };
            first.line().chars().count()
        };
        let at = (0..options.len()).find(|at| (ends(*at)..ends(at + 1)).contains(&position))?;
        Some(options[at].0.clone())
    }
}

/// The values of a line that is read as one verb: its name, and name and text of each option.
fn values_of(line: &str) -> Option<(&'static str, Vec<(String, String)>)> {
    let Line::Verb(reading) = reading::read(line, Context::default()) else { return None };
    let value = |given: &Given| (given.option.name.clone(), given.value.text().to_owned());
    Some((reading.verb.name.as_str(), reading.given.iter().map(value).collect()))
}

/// The line that an input is read as, and whether a shell took its quotes away.
fn line_of(input: &Input) -> (String, bool) {
    match input {
        Input::Text(text) => (text.clone(), false),
        Input::Words(words) => match words.as_slice() {
            [line] if line.contains(char::is_whitespace) => (line.clone(), false),
            words => {
                let mut line = COMMAND.to_owned();
                let mut is_value = false;
                for word in words {
                    line.push(' ');
                    line.push_str(&if is_value && !word.starts_with("--") {
                        line::word(word)
                    } else {
                        shell_word(word)
                    });
                    is_value = waits_for_value(word);
                }
                (line, true)
            }
        },
        Input::Named { verb, options } => {
            let mut line =
                verb.split_whitespace().fold(COMMAND.to_owned(), |line, word| line + " " + &line::word(word));
            for (name, text) in options.iter().filter(|(_, text)| !text.is_empty()) {
                let _ = write!(line, " {}", named(verb, name, text));
            }
            (line, true)
        }
    }
}

/// A word from a shell: quotes go where the grammar needs them, so that the line reads as the shell meant it.
fn shell_word(word: &str) -> String {
    // A value may begin with two slashes; without quotes the whole would look like a URL, which is text.
    if let Some((key, value)) = word.split_once(':')
        && value.starts_with("//")
        && catalogue().verbs.iter().flat_map(|verb| &verb.options).any(|option| option.is_called(key))
    {
        return format!("{key}:{}", line::quoted(value));
    }
    let token = text::tokens(word).into_iter().next();
    let Some(head) = token.filter(|token| token.at.start == 0).and_then(|token| token.head) else {
        return line::word(word);
    };
    let value = &word[head.at.end..];
    match value.chars().next() {
        None => word.to_owned(),
        Some(sign) if head.takes => {
            let value = &value[sign.len_utf8()..];
            let is_option = head.at.start < head.at.end && (word.starts_with("--") || is_near_an_option(&head.name));
            match value {
                _ if !is_option => line::word(word),
                "" => word.to_owned(),
                value => format!("{}{sign}{}", &word[..head.at.end], line::quoted_if_needed(value)),
            }
        }
        Some(_) => line::word(word),
    }
}

/// Whether a word from a shell is the name of an option whose value is the next word.
fn waits_for_value(word: &str) -> bool {
    let head = text::tokens(word)
        .into_iter()
        .next()
        .and_then(|token| token.head)
        .filter(|head| head.at.end + usize::from(head.takes) == word.len());
    let takes = |name: &str| {
        catalogue().users_of(name).iter().any(|verb| verb.option(name).is_some_and(|o| o.kind != Type::Flag))
    };
    head.is_some_and(|head| takes(&head.name))
}

fn is_near_an_option(name: &str) -> bool {
    let names = catalogue().verbs.iter().flat_map(|verb| &verb.options);
    names.clone().any(|option| option.is_called(name))
        || value::nearest(name, names.map(|option| option.name.as_str())).is_some()
}

/// A named option as it would be typed.
fn named(verb: &str, name: &str, text: &str) -> String {
    if let Some((of, service)) = name.trim().split_once('.')
        && let Some(option) = catalogue().verb(verb).and_then(|verb| verb.option(&of.to_lowercase()))
        && option.kind == Type::Downtime
        && let Some(service) = value::plain_id(service)
    {
        return format!("{}.{service}:{}", option.name, line::quoted_if_needed(text));
    }
    let key: String = name.trim().to_lowercase().replace('_', "-");
    let key: String = key.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '-' }).collect();
    let option = catalogue().verb(verb).and_then(|verb| verb.option(&key));
    match option {
        Some(option) if option.kind == Type::Flag => match value::flag(text) {
            Ok(true) => format!("--{key}"),
            _ => format!("--{key}={}", line::quoted_if_needed(text)),
        },
        Some(_) => format!("{key}:{}", line::quoted_if_needed(text)),
        None => format!("--{key}={}", line::quoted_if_needed(text)),
    }
}

impl Parsed {
    /// The refusal for a value that reads well but cannot be: a time in the past, a service that nobody knows.
    ///
    /// `range` counts bytes of the option's text as it reached the type (the `range` of a
    /// [`WhenError`](super::when::WhenError) does); the line to copy has `hint_value` in the place of that text only,
    /// or the declared example when there is none.
    #[must_use]
    pub fn refuse(
        &self,
        option: &str,
        range: Range<usize>,
        detail: impl Into<String>,
        hint_value: Option<String>,
    ) -> Refusal {
        let given = self.reading.given.iter().rev().find(|given| given.option.is_called(option));
        let end = self.text.trim_end_matches(text::is_blank).len();
        let at = given.map_or(end..end, |given| {
            let length = given.value.text().len();
            let range = if range.start < length && range.end <= length { range } else { 0..length };
            given.value.place(&range)
        });
        let option = self.reading.verb.option(option);
        let value = hint_value.or_else(|| option.map(|option| option.example.clone()));
        let hint = option
            .zip(value)
            .map_or_else(|| sure(self.reading.verb), |(option, value)| self.line_with(&option.name, &value));
        Refusal::Input { detail: detail.into(), hint: Some(hint), input: self.text.clone(), at: within(&self.text, at) }
    }

    /// The line to copy with one option set to another text, added when it is not there: for refusals that ask for a
    /// `reason:` or offer `--again`. The text of a flag is ignored.
    #[must_use]
    pub fn line_with(&self, option: &str, value: &str) -> String {
        let mut reading = self.reading.clone();
        let Some(option) = reading.verb.option(option) else { return mend(&reading) };
        let value = Traced::made(if option.kind == Type::Flag { "" } else { value }, 0);
        let mut of_option = reading
            .given
            .iter()
            .enumerate()
            .filter(|(_, given)| given.option.name == option.name)
            .map(|(index, _)| index);
        match of_option.next() {
            Some(index) => {
                reading.given[index].value = value;
                let mut seen = 0;
                reading.given.retain(|given| {
                    seen += usize::from(given.option.name == option.name);
                    given.option.name != option.name || seen == 1
                });
            }
            None => reading.given.push(Given { option, value }),
        }
        mend(&reading)
    }

    /// The line to copy that asks for the same.
    #[must_use]
    pub fn line(&self) -> String {
        mend(&self.reading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(verb: &str, options: &[(&str, &str)]) -> Input {
        let options = options.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Input::Named { verb: verb.into(), options }
    }

    /// What a form would be told of an input that cannot be read.
    fn unread(input: &Input) -> Option<String> {
        let Err(Refusal::Input { input: line, at, hint, .. }) = parse(input) else { panic!("{input:?} was read") };
        input.at_fault(Some(line[..at.start].chars().count()), hint.as_deref())
    }

    #[test]
    fn what_cannot_be_read_is_the_fault_of_the_option_it_stands_in() {
        let schedule = |when: &str, length: &str, service: &str| {
            let options = [("title", "Käyttö"), ("service", service), ("when", when), ("for", length), ("poc", "")];
            named("schedule", &options)
        };
        assert_eq!(unread(&schedule("2026-12-06 16:00", "soon", "jira")).as_deref(), Some("for"));
        assert_eq!(unread(&schedule("whenever", "2h", "jira")).as_deref(), Some("when"));
        assert_eq!(unread(&schedule("2026-12-06 16:00", "2h", "")).as_deref(), Some("service"), "left out");
        assert_eq!(unread(&named("extend", &[("window", "MW-x"), ("for", "30m")])).as_deref(), Some("window"));
    }

    #[test]
    fn a_rule_is_broken_by_the_option_that_its_line_to_copy_mends() {
        let given =
            named("schedule", &[("title", "a b"), ("service", "jira"), ("when", "2026-12-06 16:00"), ("for", "2h")]);
        let fault = |hint: &str| given.at_fault(None, Some(hint));
        let later = "/maintenance schedule \"a b\" service:jira when:\"2026-12-13 16:00-18:00 UTC\"";
        assert_eq!(fault(later).as_deref(), Some("when"));
        let why = "/maintenance schedule \"a b\" service:jira when:\"2026-12-06 16:00 for 2h\" reason:why";
        assert_eq!(fault(why).as_deref(), Some("reason"));
        assert_eq!(fault("/maintenance suggest service:jira duration:2h"), None, "another verb");
        assert_eq!(given.at_fault(None, None), None);
        let complete = named("complete", &[("window", "MW-1"), ("note", "done")]);
        let partly = "/maintenance complete MW-1 outcome:partial";
        assert_eq!(complete.at_fault(None, Some(partly)).as_deref(), Some("outcome"), "what it leaves out is no fault");
    }
}
