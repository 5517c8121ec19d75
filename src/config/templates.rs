//! The organisation's own templates: `[templates]`, and the files of its folder as they are. What they say is judged where
//! they are used.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::file::{resolved, utf8};
use super::problem::{Complaint, Findings};
use super::schema::{self, TEMPLATES};
use super::section::Section;
use super::{TemplateFile, read_bounded};

/// The language that needs no folder.
const BUILT_IN: &str = "en";
/// The folder of messages inside the folder of templates.
const MESSAGES: &str = "messages";
/// Larger files are no template (bytes).
const LARGEST: u64 = 64 * 1024;
/// More files than this are no templates.
const MOST_FILES: usize = 2_000;
/// Longer names of languages and styles are mistakes (bytes).
const LONGEST: usize = 32;

/// What there is to write messages with.
pub(super) struct Texts {
    /// The files, by language and name.
    pub(super) files: Vec<TemplateFile>,
    languages: BTreeSet<String>,
    /// The key that names the folder was wrong: what is missing because of it is not worth saying.
    broken: bool,
}

/// Reads the folder that `[templates]` names; nothing where it names none.
pub(super) fn texts(top: &Section<'_>, folder: &Path, findings: &mut Findings) -> Texts {
    let section = top.section("templates", &TEMPLATES, findings);
    let mut texts = Texts { files: Vec::new(), languages: BTreeSet::new(), broken: section.has("folder") };
    let (key, example) = ("folder", "\"templates\"");
    let Some(text) = section.text(findings, key, example) else { return texts };
    let folder = resolved(&section, key, folder, text.value).join(MESSAGES);
    if !folder.is_dir() {
        let message = format!("there is no folder {}", folder.display());
        let hint = "make it, with a folder for each language, such as messages/fi/announcement.txt";
        section.complain(findings, key, text.place, Complaint::new(message, hint));
        return texts;
    }
    texts.broken = false;
    for (language, path) in entries(&folder, findings) {
        if !path.is_dir() || !is_language(&language) {
            let hint = "make a folder named like fi, de or pt-BR here, with the files of that language in it";
            findings.add_in(&shown(&path), None, "this is not the folder of a language", hint);
            continue;
        }
        for (file, path) in entries(&path, findings) {
            if texts.files.len() >= MOST_FILES {
                findings.add_in(
                    &shown(&path),
                    None,
                    &format!("there are more than {MOST_FILES} templates"),
                    "remove some",
                );
                return texts;
            }
            match text_of(&path) {
                Ok(text) => {
                    let (language, path) = (language.clone(), shown(&path));
                    texts.files.push(TemplateFile { language, file, path, text });
                }
                Err((line, message)) => {
                    findings.add_in(&shown(&path), line, &message, "save it as a small file of UTF-8 text");
                }
            }
        }
        texts.languages.insert(language);
    }
    texts
}

/// The entries of a folder by name, without hidden ones.
fn entries(folder: &Path, findings: &mut Findings) -> Vec<(String, std::path::PathBuf)> {
    let listed = fs::read_dir(folder).and_then(|entries| {
        let named = entries.take(MOST_FILES + 1).map(|entry| {
            let entry = entry?;
            Ok((entry.file_name().to_string_lossy().into_owned(), entry.path()))
        });
        named.collect::<std::io::Result<Vec<_>>>()
    });
    let mut entries = listed.unwrap_or_else(|error| {
        findings.add_in(&shown(folder), None, &format!("the folder cannot be read: {error}"), "check its permissions");
        Vec::new()
    });
    entries.retain(|(name, _)| !name.starts_with('.'));
    entries.sort();
    entries
}

fn text_of(path: &Path) -> Result<String, (Option<usize>, String)> {
    if !path.is_file() {
        return Err((None, "this is no file".into()));
    }
    match read_bounded(path, LARGEST) {
        Ok(Some(bytes)) => utf8(bytes).map_err(|line| (Some(line), "the file is not UTF-8 text from here on".into())),
        Ok(None) => Err((None, format!("the file is larger than {} KiB", LARGEST / 1024))),
        Err(error) => Err((None, format!("the file cannot be read: {error}"))),
    }
}

/// A path for people: what it holds cannot forge lines of a log.
fn shown(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path).display().to_string();
    path.chars().filter(|c| !c.is_control()).collect()
}

/// A name of a language, as RFC 5646 writes them: `fi`, `pt-BR`, `zh-Hans`.
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first =
        parts.next().is_some_and(|part| (2..=3).contains(&part.len()) && part.chars().all(|c| c.is_ascii_lowercase()));
    let further = |part: &str| (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric());
    first && text.len() <= LONGEST && parts.all(further)
}

/// The language under `language`: one that there are templates for.
pub(super) fn language(section: &Section<'_>, texts: &Texts, findings: &mut Findings) -> Option<String> {
    section.read(findings, "language", "\"fi\"", |text| {
        if text == BUILT_IN || texts.languages.contains(text) || (texts.broken && is_language(text)) {
            return Ok(text.to_owned());
        }
        let known = || std::iter::once(BUILT_IN).chain(texts.languages.iter().map(String::as_str));
        let hint = match schema::nearest(text, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if is_language(text) => format!("make the folder {MESSAGES}/{text} in the folder of [templates]"),
            None => format!("these are: {}", known().collect::<Vec<_>>().join(", ")),
        };
        Err(Complaint::new(format!("there are no templates in `{text}`"), hint))
    })
}

/// The wording under `style`: one that a template has.
pub(super) fn style(section: &Section<'_>, texts: &Texts, findings: &mut Findings) -> Option<String> {
    section.read(findings, "style", "\"brief\"", |text| {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if text.is_empty() || text.len() > LONGEST || !text.chars().all(fits) {
            let message = format!("`{text}` is not made of lower-case letters, digits, `-` and `_`");
            return Err(Complaint::new(message, "write for example style = \"brief\""));
        }
        let of = |file: &TemplateFile| file.file.ends_with(&format!(".{text}.txt"));
        if texts.broken || texts.files.iter().any(of) {
            return Ok(text.to_owned());
        }
        let hint = format!("write one, such as {MESSAGES}/en/announcement.{text}.txt, in the folder of [templates]");
        Err(Complaint::new(format!("no template has the style `{text}`"), hint))
    })
}
