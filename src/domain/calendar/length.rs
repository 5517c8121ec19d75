//! Lengths of time: read from text and written back.

use chrono::TimeDelta;

const LONGEST: TimeDelta = TimeDelta::days(31);
const EXAMPLES: &str = "write for example 4h, 90m or 1d 4h";

/// Reads a length such as `2h30m`, `90 minutes` or `4h`: whole seconds, elapsed time (a day is 24 hours).
///
/// # Errors
/// A sentence for the person who typed it: not a length, zero, fractions of a second, months or years (their length
/// varies), over 31 days.
pub fn parse_duration(text: &str) -> Result<TimeDelta, String> {
    let text = text.trim();
    if text.len() > 100 {
        return Err(format!("that is too long to be a length of time; {EXAMPLES}"));
    }
    let units = || text.split(|c: char| !c.is_alphabetic());
    if units().any(|unit| unit == "M" || ["y", "yr", "yrs", "mo"].contains(&unit.to_lowercase().as_str()))
        || units().any(|unit| ["month", "year"].iter().any(|long| unit.to_lowercase().starts_with(long)))
    {
        return Err("months and years vary in length; give weeks, days, hours or minutes".to_owned());
    }
    let read = humantime::parse_duration(&text.to_lowercase())
        .map_err(|_| format!("\"{text}\" is not a length of time; {EXAMPLES}"))?;
    let length = TimeDelta::from_std(read).map_err(|_| "a length of at most 31 days is allowed".to_owned())?;
    if length.subsec_nanos() != 0 {
        return Err(format!("a length is counted in whole seconds; {EXAMPLES}"));
    }
    if length.is_zero() {
        return Err(format!("a length of zero is none; {EXAMPLES}"));
    }
    if length > LONGEST {
        return Err("a length of at most 31 days is allowed".to_owned());
    }
    Ok(length)
}

/// A length for people: `2h 30m`, `15m`, `1d 4h`, `45s`; `0s` for none and a leading `-` for a negative one.
#[must_use]
pub fn duration_words(length: TimeDelta) -> String {
    let words = parts(length).join(" ");
    if length < TimeDelta::zero() { format!("-{words}") } else { words }
}

/// A length as it would be typed: `2h30m`. [`parse_duration`] reads back every positive length up to 31 days.
#[must_use]
pub fn compact(length: TimeDelta) -> String {
    duration_words(length).replace(' ', "")
}

fn parts(length: TimeDelta) -> Vec<String> {
    let seconds = length.num_seconds().unsigned_abs();
    let counts = [(seconds / 86_400, 'd'), (seconds / 3600 % 24, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    let shown: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if shown.is_empty() { vec!["0s".to_owned()] } else { shown }
}
