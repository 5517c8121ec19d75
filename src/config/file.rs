//! Files that a key names: secrets, and the holidays of a calendar program.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::problem::{Complaint, Findings, Place};
use super::section::Section;
use super::{LARGEST_FILE, LARGEST_SECRET, read_bounded};
use crate::domain::calendar::holidays_of;

/// A secret that stands under the first key, or in the file that the second names: which key it was, where, and the secret.
/// A variable of the environment goes before the file, whichever of the two keys it sets.
pub(super) fn secret<'a>(
    section: &Section<'a>,
    [key, key_file]: [&'static str; 2],
    folder: &Path,
    findings: &mut Findings,
) -> Option<(&'static str, &'a Place, String)> {
    let from_environment = |key: &str| matches!(section.place_of(key), Place::Variable(_));
    let (written, in_file) = (section.has(key), section.has(key_file));
    if written && in_file && from_environment(key) == from_environment(key_file) {
        let complaint = Complaint::new(format!("`{key}` is given as well"), "leave one of the two out");
        section.complain(findings, key_file, section.place_of(key_file), complaint);
        return None;
    }
    if !written && !in_file {
        return None;
    }
    if written && (!in_file || from_environment(key)) {
        let text = section.text(findings, key, "\"…\"")?;
        return Some((key, text.place, text.value.to_owned()));
    }
    let place = section.place_of(key_file);
    let secret = section.read(findings, key_file, "\"path/of/the/file\"", |path| {
        secret_in(&resolved(section, key_file, folder, path))
    })?;
    Some((key_file, place, secret))
}

fn secret_in(path: &Path) -> Result<String, Complaint> {
    let text = text_in(path, LARGEST_SECRET, "is too large for a secret")?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() { Err(complaint(path, "is empty")) } else { Ok(secret.to_owned()) }
}

/// The dates of the calendar file that `holidays_file` names; `None` where the key is missing.
pub(super) fn holidays(section: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<BTreeSet<NaiveDate>> {
    let key = "holidays_file";
    section.read(findings, key, "\"holidays.ics\"", |path| {
        let path = resolved(section, key, folder, path);
        let text = text_in(&path, LARGEST_FILE, "is larger than 1 MiB")?;
        let wrong = |why: String| {
            Complaint::new(
                format!("the file {} gives no holidays: {why}", path.display()),
                "name an iCalendar file (.ics) with whole-day events",
            )
        };
        holidays_of(&text).map_err(wrong)
    })
}

/// The certificates in PEM of the file that a key names; `None` where the key is missing.
pub(super) fn certificates(
    section: &Section<'_>,
    key: &'static str,
    folder: &Path,
    findings: &mut Findings,
) -> Option<String> {
    section.read(findings, key, "\"ca.pem\"", |path| {
        let path = resolved(section, key, folder, path);
        let text = text_in(&path, LARGEST_FILE, "is larger than 1 MiB")?;
        if text.contains("-----BEGIN CERTIFICATE-----") {
            return Ok(text);
        }
        let hint = "name a file in PEM: it begins with -----BEGIN CERTIFICATE-----";
        Err(Complaint::new(format!("the file {} holds no certificate", path.display()), hint))
    })
}

/// The file that a key's text names: relative to the configuration's folder, or, from a variable, to the working
/// directory.
pub(super) fn resolved(section: &Section<'_>, key: &str, folder: &Path, path: &str) -> PathBuf {
    match section.place_of(key) {
        Place::Variable(_) => PathBuf::from(path),
        _ => folder.join(path),
    }
}

fn text_in(path: &Path, most: u64, too_large: &str) -> Result<String, Complaint> {
    let bytes = read_bounded(path, most).map_err(|error| complaint(path, &format!("cannot be read: {error}")))?;
    let bytes = bytes.ok_or_else(|| complaint(path, too_large))?;
    String::from_utf8(bytes).map_err(|_| complaint(path, "is not UTF-8 text"))
}

/// The text of a file; or the line, counted from one, from which on it is not UTF-8.
pub(super) fn utf8(bytes: Vec<u8>) -> Result<String, usize> {
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        String::from_utf8_lossy(good).matches('\n').count() + 1
    })
}

fn complaint(path: &Path, why: &str) -> Complaint {
    format!("the file {} {why}", path.display()).into()
}
