//! How lengths of time are understood while somebody types them.

use chrono::TimeDelta;

use super::Suggestion;
use super::times::unreadable;
use crate::command::expected::Expected;
use crate::command::field::Field as _;
use crate::command::spec::{Opt, Type};
use crate::command::value;
use crate::domain::calendar::parse_duration;
use crate::domain::window::Downtime;

/// What is offered where nothing is typed yet.
const LENGTHS: [&str; 6] = ["30m", "1h", "2h", "4h", "8h", "1d"];
const DOWNTIMES: [&str; 6] = ["none", "5m", "15m", "30m", "1h", "2h"];
/// A bare number up to this is rather one of hours than of minutes.
const FEW: i64 = 12;

/// How the text of a length or of a downtime is understood, how one that is not whole may go on, or why it is none.
#[must_use]
pub fn lengths(option: &Opt, typed: &str) -> Vec<Suggestion> {
    let text = typed.trim();
    let offered = |texts: &[String]| -> Vec<Suggestion> {
        texts.iter().filter_map(|text| Some(Suggestion::new(read(option, text).ok()?, text))).collect()
    };
    if text.is_empty() {
        let common = if option.kind == Type::Downtime { DOWNTIMES } else { LENGTHS };
        return offered(&common.map(str::to_owned));
    }
    match read(option, text) {
        Ok(label) => vec![Suggestion::new(label, typed)],
        Err(why) => {
            let found = offered(&continued(text));
            if found.is_empty() { vec![unreadable(&why, typed)] } else { found }
        }
    }
}

fn read(option: &Opt, text: &str) -> Result<String, String> {
    value::check(option, text).map_err(|bad| bad.message)?;
    if option.kind != Type::Downtime {
        return parse_duration(text).map(spelt);
    }
    let expected = Expected::take(&[text], option).map_err(|bad| bad.message)?;
    let overall = expected.overall.iter().map(figure);
    let single = expected.services.iter().map(|(service, of)| format!("{service} {}", figure(of)));
    Ok(overall.chain(single).collect::<Vec<_>>().join(", "))
}

/// Texts that begin so: a number lacks its unit, `10-15` both.
fn continued(text: &str) -> Vec<String> {
    let units = match text.parse::<i64>() {
        Ok(number) if number > FEW => ["m", "h", "d"],
        Ok(_) => ["h", "m", "d"],
        Err(_) => ["m", "h", "s"],
    };
    let mut found: Vec<String> = units.iter().map(|unit| format!("{text}{unit}")).collect();
    if let Some((least, most)) = text.split_once('-') {
        found.extend(["m", "h"].map(|unit| format!("{least}{unit}-{most}{unit}")));
    }
    found
}

/// A length for people: `1 h 30 min`.
#[must_use]
pub(super) fn spelt(length: TimeDelta) -> String {
    let seconds = length.num_seconds();
    let units = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let parts = units.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}"));
    parts.collect::<Vec<_>>().join(" ")
}

fn figure(downtime: &Downtime) -> String {
    let figure = match (downtime.least, downtime.most) {
        (_, most) if most.is_zero() => return "none".to_owned(),
        (least, most) if least == most => spelt(most),
        (least, most) => format!("{} to {}", spelt(least), spelt(most)),
    };
    downtime.per.as_ref().map_or(figure.clone(), |per| format!("{figure} per {per}"))
}
