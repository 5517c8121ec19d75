//! What the words of a line mean: verb, options, free words. Reading never stops at a mistake: it notes the trouble and
//! goes on with what was probably meant, so that the line to copy can be made from everything that was typed.

use std::ops::Range;

use super::expected::OF;
use super::spec::{COMMAND, Opt, Type, Verb, catalogue};
use super::text::{self, Dashes, Token, Traced};
use super::value::{self, nearest, shown};
use crate::domain::window::WindowId;

mod verb;

/// How many words may be gathered into a value that was typed without quotes.
const MOST_GATHERED: usize = 12;
/// After so many mistakes the rest of a line is not looked at: it is refused anyway.
const MOST_TROUBLES: usize = 50;

/// A line that was read, with or without trouble.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// Its verb; the likely one when there was trouble with it.
    pub verb: &'static Verb,
    /// The values in the order typed.
    pub given: Vec<Given>,
    /// What is wrong, the first thing to say first.
    pub troubles: Vec<Trouble>,
}

/// One value.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// The option it is for.
    pub option: &'static Opt,
    /// Its text; empty for a flag.
    pub value: Traced,
}

/// One thing that is wrong with a line.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    /// Bytes of the line.
    pub at: Range<usize>,
    /// What is wrong and why.
    pub detail: String,
}

/// What a line turns out to be.
pub(super) enum Line {
    /// A verb with its values.
    Verb(Reading),
    /// A verb whose text is a line itself. The flag says whether it stood there without quotes.
    Wrapped(String, bool),
}

/// What the context of a line adds to it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Context {
    /// The window that is meant where none is typed.
    pub window: Option<WindowId>,
    /// The words were split by a shell, which has taken the quotes away already.
    pub argv: bool,
}

/// Reads a line.
pub(super) fn read(line: &str, context: Context) -> Line {
    let tokens = text::tokens(line);
    let is_prefix =
        |token: &Token| [COMMAND, &COMMAND[1..]].iter().any(|word| word.eq_ignore_ascii_case(&line[token.at.clone()]));
    let words = if tokens.first().is_some_and(is_prefix) { &tokens[1..] } else { &tokens[..] };
    let found = verb::find(line, words);
    if found.verb.unwraps
        && found.troubles.is_empty()
        && let Some((inner, bare)) = wrapped(line, &found.rest)
    {
        return Line::Wrapped(inner, bare);
    }
    let mut reader =
        Reader { line, context, verb: found.verb, given: found.given, free: Vec::new(), troubles: found.troubles };
    reader.quotes(&tokens);
    reader.options(&found.rest);
    reader.places();
    reader.joins();
    reader.exclusive();
    reader.values();
    reader.missing();
    Line::Verb(Reading { verb: reader.verb, given: reader.given, troubles: reader.troubles })
}

/// The line inside a line: the text of its only option, a quoted text, or everything that follows.
fn wrapped(line: &str, words: &[Token]) -> Option<(String, bool)> {
    let (first, last) = (words.first()?, words.last()?);
    let is_text = first.head.as_ref().is_some_and(|head| head.name == "text");
    match words {
        [only] if only.quoted && (only.head.is_none() || is_text) => Some((only.value.text().to_owned(), false)),
        [name, value] if is_text && name.value.text().is_empty() && value.quoted => {
            Some((value.value.text().to_owned(), false))
        }
        [name, rest @ ..] if is_text && name.value.text().is_empty() && !name.quoted => {
            Some((line[rest.first()?.at.start..last.at.end].to_owned(), true))
        }
        _ if is_text => Some((line[first.head.as_ref()?.at.end + 1..last.at.end].to_owned(), true)),
        _ => Some((line[first.at.start..last.at.end].to_owned(), true)),
    }
}

/// What a word is.
enum Meaning {
    /// A free word.
    Text,
    /// An option of the verb.
    Option(&'static Opt),
    /// An option of nothing or of another verb; perhaps meant as one of the verb's own.
    Wrong(String, Option<&'static Opt>),
}

struct Reader<'a> {
    line: &'a str,
    context: Context,
    verb: &'static Verb,
    given: Vec<Given>,
    free: Vec<&'a Token>,
    troubles: Vec<Trouble>,
}

impl<'a> Reader<'a> {
    fn trouble(&mut self, at: Range<usize>, detail: impl Into<String>) {
        self.troubles.push(Trouble { at, detail: detail.into() });
    }

    fn has(&self, option: &Opt) -> bool {
        self.given.iter().any(|given| given.option.name == option.name)
    }

    /// A quote that never closes swallows the line, so it is what there is to say.
    fn quotes(&mut self, tokens: &[Token]) {
        if let Some(at) = tokens.iter().find_map(|token| token.unclosed.clone()) {
            let detail = "this quote is never closed; close it, or write \\\" for a quote inside the text";
            self.troubles.insert(0, Trouble { at, detail: detail.to_owned() });
        }
    }

    fn meaning(&self, token: &Token) -> Meaning {
        let Some(head) = &token.head else { return Meaning::Text };
        let own = self.verb.option(&head.name);
        if head.part.is_some() && own.is_some_and(|option| option.kind != Type::Downtime) {
            return Meaning::Text;
        }
        if let Some(option) = own {
            return Meaning::Option(option);
        }
        let name = &self.line[head.part.as_ref().map_or(0..0, |part| part.start - 1..part.end)];
        let name = format!("{}{name}", head.name);
        let typed = if head.dashes == Dashes::None { format!("{name}:") } else { format!("--{name}") };
        let verb = &self.verb.name;
        if catalogue().is_key(&head.name) {
            let users: Vec<_> =
                catalogue().users_of(&head.name).iter().map(|verb| format!("`{}`", verb.name)).collect();
            let of = match users.as_slice() {
                [] => String::new(),
                names if names.len() > 3 => format!(" of {} and others", names[..3].join(", ")),
                names => format!(" of {}", names.join(", ")),
            };
            let detail = format!("`{typed}` is an option{of}, not of `{verb}`; if it is text, put it in quotes");
            return Meaning::Wrong(detail, None);
        }
        if let Some(near) = catalogue().nearest_key(&head.name, self.verb) {
            let Some(meant) = self.verb.option(near) else {
                let detail = format!(
                    "`{typed}` looks like the option `{near}`, which `{verb}` does not take; if it is text, put it in quotes"
                );
                return Meaning::Wrong(detail, None);
            };
            let shown = if meant.kind == Type::Flag { format!("--{near}") } else { format!("{near}:") };
            let detail =
                format!("there is no option `{typed}`; did you mean `{shown}`? If it is text, put it in quotes");
            return Meaning::Wrong(detail, Some(meant));
        }
        if head.dashes == Dashes::Ascii {
            let detail = format!("there is no option `{}`; if it is text, put it in quotes", shown(&typed));
            return Meaning::Wrong(detail, None);
        }
        Meaning::Text
    }

    /// Sorts the words into options with their values, and free words.
    fn options(&mut self, words: &'a [Token]) {
        let mut at = 0;
        while let Some(token) = words.get(at).filter(|_| self.troubles.len() < MOST_TROUBLES) {
            at += 1;
            let option = match self.meaning(token) {
                Meaning::Text => None,
                Meaning::Option(option) => Some(option),
                Meaning::Wrong(detail, meant) => {
                    let head = token.head.as_ref().map_or(token.at.clone(), |head| head.at.clone());
                    self.trouble(head, detail);
                    // Beside a text in quotes it was hardly meant as a part of that text.
                    if meant.is_none() && self.free.iter().any(|word| word.quoted) {
                        continue;
                    }
                    meant
                }
            };
            match option {
                None => self.free.push(token),
                Some(option) if option.kind == Type::Flag => self.flag(option, token),
                Some(option) => at += self.option(option, token, &words[at..]),
            }
        }
    }

    fn flag(&mut self, option: &'static Opt, token: &Token) {
        let takes = token.head.as_ref().is_some_and(|head| head.takes) && !token.value.text().is_empty();
        let on = if takes { value::flag(token.value.text()) } else { Ok(true) };
        match on {
            Ok(false) => return,
            Ok(true) => {}
            Err(bad) => {
                self.trouble(token.value.place(&bad.range), format!("`--{}` is a flag: {}", option.name, bad.message));
            }
        }
        if !self.has(option) {
            self.given.push(Given { option, value: Traced::made("", token.at.start) });
        }
    }

    /// Takes the value of an option, from its own word or the ones after it; says how many of those it used.
    fn option(&mut self, option: &'static Opt, token: &Token, next: &'a [Token]) -> usize {
        let is_text = |reader: &Self, word: Option<&Token>| {
            word.is_some_and(|word| matches!(reader.meaning(word), Meaning::Text))
        };
        let mut used = 0;
        let own =
            token.head.as_ref().is_some_and(|head| head.takes) && (token.quoted || !token.value.text().is_empty());
        let (mut value, quoted) = if own {
            (token.value.clone(), token.quoted)
        } else if let Some(word) = next.first().filter(|word| is_text(self, Some(word))) {
            used = 1;
            (self.word(word), word.quoted)
        } else {
            self.trouble(
                token.at.clone(),
                format!("`{}` has no value; write for example {}", option.name, option.example),
            );
            (Traced::made("", token.at.end), true)
        };
        while option.splits() && !quoted && value.text().ends_with(',') && is_text(self, next.get(used)) {
            value.join("", &self.word(&next[used]));
            used += 1;
        }
        let is_per = |word: &Token| option.kind == Type::Downtime && begins_per(&self.line[word.at.clone()]);
        let goes_on = next.get(used).is_some_and(is_per);
        if !quoted && (goes_on || !self.is_fine(option, value.text())) {
            let start = value.place(&(0..value.text().len())).start;
            let words = next[used..].iter().take(MOST_GATHERED);
            let words = words.take_while(|word| (is_text(self, Some(word)) || is_per(word)) && !word.quoted);
            let ends: Vec<usize> = words.map(|word| word.at.end).collect();
            let fits = |end: &usize| self.is_fine(option, &self.line[start..*end]);
            if let Some(more) = ends.iter().rposition(fits) {
                self.trouble(start..ends[more], format!("a value with blanks needs quotes: `{}:\"…\"`", option.name));
                value = Traced::slice(self.line, start..ends[more]);
                used += more + 1;
            }
        }
        let part = token.head.as_ref().and_then(|head| head.part.clone());
        let is_said_of = |given: &Given, part: Option<&str>| {
            given.option.name == option.name
                && (option.kind != Type::Downtime || said_of(given.value.text()) == part.map(str::to_lowercase))
        };
        let part = part.map(|part| Traced::slice(self.line, part));
        let once = !option.repeat || option.kind == Type::Downtime;
        if once && self.given.iter().any(|given| is_said_of(given, part.as_ref().map(Traced::text))) {
            self.trouble(token.at.clone(), format!("`{}` is given twice; it takes one value", option.name));
            self.given.retain(|given| !is_said_of(given, part.as_ref().map(Traced::text)));
        }
        if let Some(mut part) = part {
            part.join(&OF.to_string(), &value);
            value = part;
        }
        self.given.push(Given { option, value });
        used
    }

    /// Whether a text would do for an option, alone or with what another option adds to it.
    fn is_fine(&self, option: &Opt, text: &str) -> bool {
        let gathers = matches!(
            option.kind,
            Type::When | Type::Moment | Type::Day | Type::TimeOfDay | Type::Every | Type::Duration | Type::Downtime
        );
        let joined = |other: &Opt| {
            other.joins.as_deref() == Some(&option.name) && value::check(option, &format!("{text} for 1h")).is_ok()
        };
        !gathers || value::check(option, text).is_ok() || self.verb.options.iter().any(joined)
    }

    /// The text of a free word.
    fn word(&self, token: &Token) -> Traced {
        if token.quoted && token.head.is_none() {
            token.value.clone()
        } else {
            Traced::slice(self.line, token.at.clone())
        }
    }

    /// Gives the free words to the options that have a place among them.
    fn places(&mut self) {
        let mut free = std::mem::take(&mut self.free);
        for option in self.verb.options.iter().filter(|option| option.word) {
            let line = self.line;
            let is_it = |token: &Token| !token.quoted && line[token.at.clone()].eq_ignore_ascii_case(&option.name);
            if let Some(index) = free.iter().position(|token| is_it(token)) {
                let token = free.remove(index);
                self.given.push(Given { option, value: Traced::made("", token.at.start) });
            }
        }
        let places: Vec<_> = self.verb.places().into_iter().filter(|option| !self.has(option)).collect();
        for (index, option) in places.iter().copied().enumerate() {
            if matches!(option.kind, Type::Window | Type::WindowOrPlan)
                && !self.window_stands_first(&free, index + 1 < places.len())
            {
                if let Some(window) = self.context.window {
                    let at = free.first().map_or(self.line.len(), |token| token.at.start);
                    self.given.push(Given { option, value: Traced::made(&window.to_string(), at) });
                }
            } else if option.rest && !free.is_empty() {
                let value = self.rest(&free);
                self.half_quoted(option, &free);
                free.clear();
                self.given.push(Given { option, value });
            } else if !free.is_empty() {
                let value = self.word(free.remove(0));
                self.given.push(Given { option, value });
            }
        }
        if let (Some(first), Some(last)) = (free.first(), free.last()) {
            let at = first.at.start..last.at.end;
            let detail =
                format!("`{}` takes no more words; `{}` is left over", self.verb.name, shown(&self.line[at.clone()]));
            self.trouble(at, detail);
        }
    }

    /// Whether the first free word is the window, rather than the beginning of what follows it.
    fn window_stands_first(&self, free: &[&Token], more: bool) -> bool {
        let Some(token) = free.first() else { return false };
        let in_quotes = token.quoted && token.head.is_none();
        let word = if in_quotes { token.value.text().trim() } else { &self.line[token.at.clone()] };
        let letters = word.chars().take_while(char::is_ascii_alphabetic).count();
        let digits = word[letters..].trim_start_matches(['-', '_', '#']);
        let is_id = letters > 0 && letters <= 3 && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let word = word.to_ascii_lowercase();
        let begins_as_id = !in_quotes && (word.starts_with("mw-") || word.starts_with("pl-"));
        is_id || begins_as_id || !more && self.context.window.is_none()
    }

    /// A text that begins in quotes and goes on without them is not clear: its end may have been meant otherwise.
    fn half_quoted(&mut self, option: &Opt, free: &[&Token]) {
        if let [first, second, .., last] | [first, second @ last] = free
            && first.quoted
            && option.kind == Type::Text
            && !self.context.argv
        {
            let at = second.at.start..last.at.end;
            let outside = shown(&self.line[at.clone()]);
            self.trouble(
                at,
                format!("`{outside}` stands outside the quotes of `{}`; put all of it in quotes", option.name),
            );
        }
    }

    /// All free words that are left as one text: as typed, quotes and line breaks included, unless it is one quoted text.
    fn rest(&self, free: &[&Token]) -> Traced {
        if let [only] = free {
            return self.word(only);
        }
        let mut all: Option<Traced> = None;
        let mut start = 0;
        while start < free.len() {
            let mut end = start;
            let touches = |end: usize| {
                free.get(end + 1)
                    .is_some_and(|next| self.line[free[end].at.end..next.at.start].chars().all(text::is_blank))
            };
            while !self.context.argv && touches(end) {
                end += 1;
            }
            let piece = if self.context.argv {
                self.word(free[start])
            } else {
                Traced::slice(self.line, free[start].at.start..free[end].at.end)
            };
            match &mut all {
                None => all = Some(piece),
                Some(all) => all.join(" ", &piece),
            }
            start = end + 1;
        }
        all.unwrap_or_default()
    }

    /// Adds the text of options such as `for:` to the one they belong to.
    fn joins(&mut self) {
        let joining: Vec<Given> = self.given.iter().filter(|given| given.option.joins.is_some()).cloned().collect();
        for extra in joining {
            let option = extra.option;
            if let Err(bad) = value::check(option, extra.value.text()) {
                self.trouble(extra.value.place(&bad.range), bad.message);
            }
            if let Some(base) = self.given.iter_mut().find(|given| Some(&given.option.name) == option.joins.as_ref()) {
                let works = value::check(option, extra.value.text()).is_ok();
                let extra = if works { extra.value } else { Traced::made(&option.example, 0) };
                base.value.join(&format!(" {} ", option.name), &extra);
            }
        }
        let verb = self.verb;
        self.given.retain(|given| given.option.joins.as_ref().is_none_or(|base| verb.option(base).is_none()));
    }

    /// Looks at every value.
    fn values(&mut self) {
        let mut bad = Vec::new();
        for given in self.given.iter().filter(|given| given.option.kind != Type::Flag) {
            if let Err(found) = value::check(given.option, given.value.text()) {
                bad.push(Trouble { at: given.value.place(&found.range), detail: found.message });
            }
        }
        let is_told = |trouble: &Trouble| {
            self.troubles.iter().any(|told| told.at.start <= trouble.at.start && trouble.at.end <= told.at.end)
        };
        bad.retain(|trouble| !is_told(trouble));
        self.troubles.extend(bad);
        let unclosed = self.troubles.first().is_some_and(|first| first.detail.starts_with("this quote"));
        self.troubles[usize::from(unclosed)..].sort_by_key(|trouble| trouble.at.start);
    }

    /// Looks for what was left out.
    fn missing(&mut self) {
        let end = self.line.trim_end_matches(text::is_blank).len();
        let typed = |option: &Opt| {
            if option.place.is_some() { format!("`{}`", option.name) } else { format!("`{}:`", option.name) }
        };
        let missing: Vec<String> =
            self.verb.options.iter().filter(|option| option.required && !self.has(option)).map(typed).collect();
        if let Some((last, others)) = missing.split_last() {
            let names = if others.is_empty() { last.clone() } else { format!("{} and {last}", others.join(", ")) };
            self.trouble(end..end, format!("`{}` needs {names}", self.verb.name));
        }
        let one_of: Vec<&Opt> = self.verb.one_of.iter().filter_map(|name| self.verb.option(name)).collect();
        if !one_of.is_empty() && !one_of.iter().any(|option| self.has(option)) {
            let names: Vec<String> = one_of
                .iter()
                .map(|option| if option.kind == Type::Flag { format!("`--{}`", option.name) } else { typed(option) })
                .collect();
            let what =
                if names.len() == 2 { names.join(" or ") } else { format!("at least one of {}", names.join(", ")) };
            self.trouble(end..end, format!("`{}` needs {what}", self.verb.name));
        }
    }

    /// Looks for options of which only one may be given; keeps the first.
    fn exclusive(&mut self) {
        let verb = self.verb;
        let is_one = |given: &Given| verb.at_most_one.contains(&given.option.name);
        let mut seen = false;
        let (kept, dropped) = std::mem::take(&mut self.given).into_iter().partition::<Vec<_>, _>(|given| {
            let first = !is_one(given) || !seen;
            seen |= is_one(given);
            first
        });
        self.given = kept;
        if let Some(second) = dropped.first() {
            let names: Vec<String> = verb.at_most_one.iter().map(|name| format!("`--{name}`")).collect();
            let at = second.value.place(&(0..0)).start;
            let end = self.line[at..].find(text::is_blank).map_or(self.line.len(), |length| at + length);
            self.trouble(at..end, format!("only one of {} can be meant", names.join(", ")));
        }
    }
}

/// Whether a word goes on with a figure of downtime: `per:tenant`, `per tenant`.
fn begins_per(word: &str) -> bool {
    word.eq_ignore_ascii_case("per") || word.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("per:"))
}

/// The service that a figure of downtime is said of.
fn said_of(figure: &str) -> Option<String> {
    figure.split_once(OF).map(|(service, _)| service.trim().to_lowercase())
}

/// The first word of every verb, and every group.
fn first_words() -> impl Iterator<Item = &'static str> {
    let verbs =
        catalogue().verbs.iter().filter(|verb| verb.group_and_action().is_none()).map(|verb| verb.name.as_str());
    verbs.chain(catalogue().groups.iter().map(|group| group.name.as_str()))
}

/// The first word nearest to what was typed.
fn near_first_word(typed: &str) -> Option<&'static str> {
    nearest(typed, first_words())
}
