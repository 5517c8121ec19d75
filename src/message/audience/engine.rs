//! The template engine, with no more than templates need: no files, a bound on work and on length, and a few filters.

use std::fmt;
use std::io;

use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value, filters, tests};

use super::{COPY, MARK};
use crate::message::text::clipped;

/// Steps of one rendering; the longest built-in template takes some hundreds.
const MOST_STEPS: u64 = 20_000;
/// Bytes of what a template makes before its blocks are put in: more than any channel shows.
const LONGEST: usize = 64 * 1024;
/// How deep macros may call each other.
const DEEPEST: usize = 20;

/// The filters that templates have.
pub(super) const FILTERS: [&str; 8] = ["capitalize", "default", "length", "lower", "replace", "title", "trim", "upper"];
/// The tests that templates have.
pub(super) const TESTS: [&str; 5] = ["defined", "endingwith", "even", "odd", "startingwith"];
/// The functions that templates have.
pub(super) const FUNCTIONS: [&str; 2] = ["block", "copy"];

/// Why a template did not make a message.
#[derive(Debug)]
pub(super) struct Broken {
    /// The line of the template, counted from one, where it is known.
    pub(super) line: Option<usize>,
    /// What is wrong.
    pub(super) message: String,
    /// What to do about it.
    pub(super) hint: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Broken {}

impl Broken {
    /// A block in the middle of a line.
    pub(super) fn not_alone(line: &str) -> Self {
        let line = line.replace(MARK, " ").replace(COPY, "");
        Self {
            line: None,
            message: format!("block(…) and copy(…) stand alone on their line, not in `{}`", clipped(line.trim(), 80)),
            hint: "put each on a line of its own".into(),
        }
    }

    /// A name that is no block of such a message.
    pub(super) fn no_block(name: &str) -> Self {
        Self { line: None, message: format!("there is no block `{}` here", clipped(name, 80)), hint: String::new() }
    }
}

impl From<minijinja::Error> for Broken {
    fn from(error: minijinja::Error) -> Self {
        let what = error.kind().to_string();
        let (message, hint) = match (error.kind(), error.detail()) {
            (ErrorKind::OutOfFuel, _) => ("it takes too long to render".to_owned(), "make it do less"),
            (ErrorKind::WriteFailure, _) => {
                ("it makes more text than a message may have".to_owned(), "make it shorter")
            }
            (_, Some(detail)) => (format!("{what}: {}", clipped(detail, 200)), ""),
            (_, None) => (what, ""),
        };
        Self { line: error.line(), message, hint: hint.into() }
    }
}

/// An engine without templates.
pub(super) fn environment() -> Environment<'static> {
    let mut env = Environment::empty();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(MOST_STEPS));
    env.set_recursion_limit(DEEPEST);
    env.set_debug(false);
    env.add_function("block", |name: String| format!("{MARK}{name}"));
    env.add_function("copy", |line: String| format!("{MARK}{COPY}{line}"));
    env.add_filter("capitalize", filters::capitalize);
    env.add_filter("default", filters::default);
    env.add_filter("length", filters::length);
    env.add_filter("lower", filters::lower);
    env.add_filter("replace", filters::replace);
    env.add_filter("title", filters::title);
    env.add_filter("trim", filters::trim);
    env.add_filter("upper", filters::upper);
    env.add_test("defined", tests::is_defined);
    env.add_test("endingwith", tests::is_endingwith);
    env.add_test("even", tests::is_even);
    env.add_test("odd", tests::is_odd);
    env.add_test("startingwith", tests::is_startingwith);
    env
}

/// Fills a template, within the bounds.
pub(super) fn render(env: &Environment<'_>, template: &str, values: Value) -> Result<String, Broken> {
    let mut out = Bounded(Vec::new());
    env.get_template(template)?.render_captured_to(values, &mut out)?;
    String::from_utf8(out.0).map_err(|_| Broken {
        line: None,
        message: "it makes something that is no text".into(),
        hint: String::new(),
    })
}

struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST {
            return Err(io::Error::other("too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
