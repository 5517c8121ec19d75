//! The organisation's own templates: `messages/<language>/<message>.txt`, for one style of audience
//! `<message>.<style>.txt`, and the language's `locale.toml`. Reads no files itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::engine::Broken;
use super::values::kind_name;
use super::{Templates, check, every};
use crate::domain::organisation::Organisation;
use crate::domain::window::Kind;
use crate::message::language::{Language, Wrong};
use crate::message::text::{nearest, one_line};

/// How the file with a language's dates and words is called.
const LOCALE: &str = "locale.toml";

/// A file of the templates' folder, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The language whose folder it stands in, such as `fi`.
    pub language: String,
    /// Its name, such as `announcement.txt`.
    pub file: String,
    /// Where it is, for people.
    pub path: String,
    /// What it holds.
    pub text: String,
}

/// Something that is wrong with a file. Prints as `templates/messages/fi/reminder.txt:3: …; …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, for people.
    pub file: String,
    /// Counted from one; `None`: the whole file.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, "; {}", self.hint) }
    }
}

impl Source {
    fn fault(&self, line: Option<usize>, message: impl AsRef<str>, hint: impl AsRef<str>) -> Fault {
        let (message, hint) = (one_line(message.as_ref()), one_line(hint.as_ref()));
        Fault { file: self.path.clone(), line, message, hint }
    }
}

/// What a source is for.
struct Override<'a> {
    source: &'a Source,
    /// The message, as its file is named.
    message: &'static str,
    /// Under which name the engine keeps it.
    template: String,
}

pub(super) fn load(sources: &[Source], organisation: &Organisation) -> Result<Templates, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut templates = Templates::builtin().map_err(|error| {
        let message = format!("{error:#}");
        vec![Fault { file: "the built-in templates".into(), line: None, message, hint: String::new() }]
    })?;
    templates.languages = languages(sources, organisation, &mut faults);
    let styles: BTreeSet<&str> = organisation.audiences.iter().filter_map(|a| a.style.as_deref()).collect();
    let mut overrides = Vec::new();
    for source in sources.iter().filter(|source| source.file != LOCALE) {
        let found = named(source, &styles).and_then(|found| {
            let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text).to_owned();
            let added = templates.env.add_template_owned(found.template.clone(), text);
            added.map(|()| found).map_err(|error| of_broken(source, error.into()))
        });
        match found {
            Ok(found) => overrides.push(found),
            Err(fault) => faults.push(fault),
        }
    }
    for found in &overrides {
        let broken = check::check(&templates, found.message, &found.template, &found.source.text, organisation);
        faults.extend(broken.into_iter().map(|broken| of_broken(found.source, broken)));
    }
    let place = |fault: &Fault| sources.iter().position(|source| source.path == fault.file);
    faults.sort_by_key(|fault| (place(fault), fault.line));
    if faults.is_empty() { Ok(templates) } else { Err(faults) }
}

fn of_broken(source: &Source, broken: Broken) -> Fault {
    source.fault(broken.line, broken.message, broken.hint)
}

fn languages(sources: &[Source], organisation: &Organisation, faults: &mut Vec<Fault>) -> BTreeMap<String, Language> {
    // A kind of the organisation's own goes by its name, which is a word like any other.
    let own: Vec<String> = organisation.policies.keys().map(|kind| kind_name(&Kind(kind.clone()))).collect();
    let mut languages = BTreeMap::new();
    for source in sources.iter().filter(|source| source.file == LOCALE) {
        match Language::read(&source.text, &own) {
            Ok(language) => {
                languages.insert(source.language.clone(), language);
            }
            Err(wrong) => {
                let fault = |Wrong { line, message, hint }| source.fault(line, message, hint);
                faults.extend(wrong.into_iter().map(fault));
            }
        }
    }
    languages
}

/// Which message a file is for, and for which style of audience.
fn named<'a>(source: &'a Source, styles: &BTreeSet<&str>) -> Result<Override<'a>, Fault> {
    let names = || every().map(|(_, name, _)| *name);
    let Some(stem) = source.file.strip_suffix(".txt") else {
        let hint = format!("templates are called announcement.txt and the like, words and dates {LOCALE}");
        return Err(source.fault(None, "this is no template", hint));
    };
    let (written, style) = stem.split_once('.').map_or((stem, None), |(message, style)| (message, Some(style)));
    let Some(message) = names().find(|name| *name == written) else {
        let hint = match nearest(written, names()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("these are: {}", names().collect::<Vec<_>>().join(", ")),
        };
        return Err(source.fault(None, format!("there is no message `{written}`"), hint));
    };
    if let Some(style) = style.filter(|style| !styles.contains(style)) {
        let hint = match nearest(style, styles.iter().copied()) {
            Some(near) => format!("did you mean {message}.{near}.txt?"),
            None => format!("write style = \"{style}\" in the [[audience]] that it is for"),
        };
        return Err(source.fault(None, format!("no audience has the style `{style}`"), hint));
    }
    Ok(Override { source, message, template: format!("{}/{stem}", source.language) })
}
