//! What speaks against a window, in words: one sentence per finding.

use super::super::text::{clipped, count, one_line};
use crate::domain::calendar::{Lead, Zone, at, duration_words};
use crate::domain::finding::Finding;
use crate::domain::organisation::Organisation;
use chrono::TimeDelta;

/// A finding as one sentence; times are shown in `zone`, the window's.
#[must_use]
pub fn finding(organisation: &Organisation, zone: &Zone, found: &Finding) -> String {
    match found {
        Finding::ShortNotice { notice, by, first_start } => format!(
            "It is short notice: the notice is {}, so it had to be asked for by {}; the first start in time is {}.",
            lead_words(*notice),
            at(*by, zone),
            at(*first_start, zone)
        ),
        Finding::BusinessHours { regions } if regions.is_empty() => "It lies inside working hours.".into(),
        Finding::BusinessHours { regions } => {
            let name =
                |id: &String| organisation.regions.get(id).map_or_else(|| id.clone(), |region| region.name.clone());
            let names: Vec<String> = regions.iter().map(|id| one_line(&name(id))).collect();
            format!("It lies inside working hours in {}.", and(&names))
        }
        Finding::Freeze { id, title, days } => {
            format!("It lies in the freeze {id} {}, {}.", quoted(title), one_line(days))
        }
        Finding::Conflict { id, title, when } => {
            format!("{id} {} is at the same time: {}.", quoted(title), one_line(when))
        }
        Finding::Close { id, title, gap_s: 0 } => format!("{id} {} touches it without a gap.", quoted(title)),
        Finding::Close { id, title, gap_s } => {
            format!("Only {} lie between it and {id} {}.", duration_words(TimeDelta::seconds(*gap_s)), quoted(title))
        }
        Finding::Always => "Every window of its kind needs approval.".into(),
    }
}

/// A finding in as few words as the audit trail needs.
pub(super) fn name(found: &Finding) -> String {
    match found {
        Finding::ShortNotice { .. } => "short notice".into(),
        Finding::BusinessHours { regions } if regions.is_empty() => "business hours".into(),
        Finding::BusinessHours { regions } => format!("business hours in {}", one_line(&and(regions))),
        Finding::Freeze { id, .. } => format!("freeze {id}"),
        Finding::Conflict { id, .. } => format!("conflict with {id}"),
        Finding::Close { id, .. } => format!("close to {id}"),
        Finding::Always => "every window of the kind".into(),
    }
}

fn quoted(title: &str) -> String {
    format!("“{}”", clipped(&one_line(title), 80))
}

/// `a`, `a and b`, `a, b and c`.
fn and(names: &[String]) -> String {
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// A lead time as people say it: `5 working days`, `14 days`, `12h`.
fn lead_words(lead: Lead) -> String {
    let typed = lead.to_string();
    let figure = typed.split('@').next().unwrap_or_default();
    for (unit, word) in [("wd", "working day"), ("w", "week"), ("d", "day")] {
        if let Some(n) = figure.strip_suffix(unit).and_then(|n| n.parse::<usize>().ok()) {
            return count(n, word);
        }
    }
    typed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_are_said_as_people_say_them() {
        let said = |text: &str| lead_words(text.parse().expect("a lead"));
        assert_eq!(said("5wd"), "5 working days");
        assert_eq!(said("1d"), "1 day");
        assert_eq!(said("14d@09:00"), "14 days");
        assert_eq!(said("12h"), "12h");
    }

    #[test]
    fn names_are_joined_as_people_join_them() {
        let joined = |names: &[&str]| and(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!([joined(&["a"]), joined(&["a", "b"]), joined(&["a", "b", "c"])], ["a", "a and b", "a, b and c"]);
    }
}
