//! What is wrong with a configuration: where, what, and what to write instead.

use std::fmt;
use std::path::Path;

use serde::Serialize;

/// More problems than this are only counted.
const MOST_PROBLEMS: usize = 100;
/// Longer texts are cut: what they quote comes from the file.
const LONGEST_TEXT: usize = 600;

/// One thing that is wrong. Prints as `maintbot.toml:12: unknown key …; did you mean …?`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file as it was named, or the variable of the environment.
    pub file: String,
    /// Counted from one; `None` for the whole file and for variables.
    pub line: Option<usize>,
    /// Counted from one, in characters.
    pub column: Option<usize>,
    /// The key with its sections, such as `policy.scheduled.announce`; empty where no key is concerned.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong with a configuration, in the order of the file. Prints one per line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Where something is written. Sorts in the order in which it is reported.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Nowhere in particular.
    Whole,
    /// In the file; both count from one.
    File { line: usize, column: usize },
    /// In a variable of the environment.
    Variable(String),
}

/// What to say about a value, and what to write instead.
pub(super) struct Complaint {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Complaint {
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()) }
    }
}

impl From<String> for Complaint {
    fn from(message: String) -> Self {
        Self { message, hint: None }
    }
}

/// Collects problems while a configuration is read.
pub(super) struct Findings {
    file: String,
    found: Vec<(Place, Problem)>,
}

impl Findings {
    pub(super) fn new(file: &Path) -> Self {
        let file = file.strip_prefix(".").unwrap_or(file);
        Self { file: printable(&file.display().to_string()), found: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn add(&mut self, place: &Place, key: &str, message: impl AsRef<str>, hint: Option<String>) {
        let (file, line, column) = match place {
            Place::Whole => (self.file.clone(), None, None),
            Place::File { line, column } => (self.file.clone(), Some(*line), Some(*column)),
            Place::Variable(name) => (printable(name), None, None),
        };
        let hint = hint.map(|hint| printable(&hint));
        let problem = Problem { file, line, column, key: printable(key), message: printable(message.as_ref()), hint };
        self.found.push((place.clone(), problem));
    }

    /// A problem of another file than the configuration; `line` counts from one.
    pub(super) fn add_in(&mut self, file: &str, line: Option<usize>, message: &str, hint: &str) {
        let (message, hint) = (printable(message), Some(printable(hint)));
        let problem = Problem { file: printable(file), line, column: None, key: String::new(), message, hint };
        self.found.push((Place::Whole, problem));
    }

    /// How a problem at `place` names another place.
    pub(super) fn name_of(&self, place: &Place) -> String {
        match place {
            Place::Whole => self.file.clone(),
            Place::File { line, .. } => format!("line {line}"),
            Place::Variable(name) => name.clone(),
        }
    }

    pub(super) fn into_problems(mut self) -> Problems {
        self.found.sort_by(|a, b| a.0.cmp(&b.0));
        let total = self.found.len();
        let mut problems: Vec<Problem> =
            self.found.into_iter().map(|(_, problem)| problem).take(MOST_PROBLEMS).collect();
        if total > problems.len() {
            let message = format!("{} more problems are not shown", total - problems.len());
            problems.push(Problem {
                file: self.file,
                line: None,
                column: None,
                key: String::new(),
                message,
                hint: None,
            });
        }
        Problems(problems)
    }
}

/// Text on one line of bounded length: what a file holds cannot forge other lines of a log.
fn printable(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars().take(LONGEST_TEXT) {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    if text.chars().nth(LONGEST_TEXT).is_some() {
        shown.push('…');
    }
    shown
}
