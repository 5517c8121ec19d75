//! The words of the grammar.

use chrono::Weekday;

use super::syntax::Nth;

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const OTHERS: [&str; 29] = [
    "today", "tomorrow", "now", "next", "this", "in", "for", "at", "on", "from", "to", "until", "of", "the", "month",
    "quarter", "first", "second", "third", "fourth", "last", "am", "pm", "utc", "day", "days", "hours", "minutes",
    "weeks",
];

pub(in crate::command) fn month(word: &str) -> Option<u32> {
    let index = MONTHS.iter().position(|month| is_short_for(word, month) || word == "sept" && *month == "September")?;
    u32::try_from(index + 1).ok()
}

pub(in crate::command) fn weekday(word: &str) -> Option<Weekday> {
    match word {
        "mon" | "monday" => Some(Weekday::Mon),
        "tue" | "tues" | "tuesday" => Some(Weekday::Tue),
        "wed" | "weds" | "wednesday" => Some(Weekday::Wed),
        "thu" | "thur" | "thurs" | "thursday" => Some(Weekday::Thu),
        "fri" | "friday" => Some(Weekday::Fri),
        "sat" | "saturday" => Some(Weekday::Sat),
        "sun" | "sunday" => Some(Weekday::Sun),
        _ => None,
    }
}

pub(in crate::command) fn weekday_name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

pub(super) fn nth(word: &str) -> Option<Nth> {
    match word {
        "first" | "1st" => Some(Nth::From(1)),
        "second" | "2nd" => Some(Nth::From(2)),
        "third" | "3rd" => Some(Nth::From(3)),
        "fourth" | "4th" => Some(Nth::From(4)),
        "last" => Some(Nth::Last),
        _ => None,
    }
}

/// The word of the grammar that an unknown one was probably meant to be.
pub(super) fn nearest(unknown: &str) -> Option<String> {
    let unknown = unknown.to_lowercase();
    let length = unknown.chars().count();
    if !(2..=20).contains(&length) {
        return None;
    }
    let allowed = (length / 3).max(1);
    let months = MONTHS.iter().map(|month| month.to_lowercase());
    let weekdays = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
    let weekdays = weekdays.iter().map(|day| weekday_name(*day).to_lowercase());
    weekdays
        .chain(months)
        .chain(OTHERS.iter().map(|word| (*word).to_owned()))
        // Comparing takes time, and words of other lengths cannot be near.
        .filter(|word| word.chars().count().abs_diff(length) <= allowed)
        .map(|word| (strsim::damerau_levenshtein(&unknown, &word), word))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// The whole name or its first three letters, in lower case.
fn is_short_for(word: &str, name: &str) -> bool {
    word == name.to_ascii_lowercase() || word.len() == 3 && name[..3].eq_ignore_ascii_case(word)
}
