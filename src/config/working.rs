//! When people work: week, hours and holidays of the organisation and of each region.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{NaiveDate, Weekday};

use super::file;
use super::problem::{Complaint, Findings};
use super::section::Section;
use super::word::zone_of;
use crate::domain::calendar::{Hours, WorkingCalendar};

/// The zone, working week, hours and holidays that a section writes; those of `base` for each that it does not.
pub(super) fn calendar(
    section: &Section<'_>,
    base: WorkingCalendar,
    folder: &Path,
    findings: &mut Findings,
) -> WorkingCalendar {
    let zone = zone_of(section, findings);
    let week = section.filled_list(findings, "working_week", "[\"Mon\", \"Tue\", \"Wed\", \"Thu\", \"Fri\"]", weekday);
    let hours = hours(section, "working_hours", findings);
    let holidays = holidays(section, folder, findings);
    WorkingCalendar {
        week: week.unwrap_or(base.week),
        holidays: holidays.unwrap_or(base.holidays),
        hours: hours.or(base.hours),
        zone: zone.unwrap_or(base.zone),
    }
}

/// Hours of the day under a key.
pub(super) fn hours(section: &Section<'_>, key: &str, findings: &mut Findings) -> Option<Hours> {
    section.read(findings, key, "\"08:00-18:00\"", |text| text.parse().map_err(Complaint::from))
}

fn weekday(text: &str) -> Result<Weekday, Complaint> {
    text.trim().parse().map_err(|_| {
        Complaint::new(
            format!("`{text}` is not a day of the week"),
            "name each day by itself: Mon, Tue, Wed, Thu, Fri, Sat, Sun",
        )
    })
}

/// Dates of both keys together; `None` where neither is written.
fn holidays(section: &Section<'_>, folder: &Path, findings: &mut Findings) -> Option<BTreeSet<NaiveDate>> {
    let listed = section.list(findings, "holidays", "[\"2026-12-24\", \"2026-12-25\"]", date);
    let in_file = file::holidays(section, folder, findings);
    if listed.is_none() && in_file.is_none() {
        return None;
    }
    Some(listed.into_iter().flatten().chain(in_file.into_iter().flatten()).collect())
}

fn date(text: &str) -> Result<NaiveDate, Complaint> {
    // A year of two digits would be read as one of antiquity and never come again.
    let date = if text.len() == "2026-12-24".len() { text.parse().ok() } else { None };
    date.ok_or_else(|| Complaint::new(format!("`{text}` is not a date"), "write year, month and day as in 2026-12-24"))
}
