//! Recurrences and lead times against every zone and every change of the clocks, against another implementation, and
//! the stories behind them.

mod clocks;
mod judge;
mod stories;
mod zones;

use chrono::{NaiveDateTime, NaiveTime, TimeDelta};
use maintbot::domain::calendar::{Occurrence, Pattern, Recurrence, Zone};

fn wall(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a valid example")
}

fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").expect("a valid example")
}

fn zone(name: &str) -> Zone {
    Zone::named(name).expect("a valid example")
}

/// A rule that begins at a wall-clock time, written as it is stored.
fn stored(start: NaiveDateTime, rule: &str) -> Recurrence {
    format!("DTSTART:{}\nRRULE:{rule}", start.format("%Y%m%dT%H%M%S")).parse().expect("a valid example")
}

/// A rule as somebody types it, from a wall-clock time on.
fn typed(rule: &str, at: &str, from: &str) -> Recurrence {
    Pattern::rule(rule).expect("a valid example").starting(Some(time(at)), wall(from)).expect("a valid example")
}

fn first(recurrence: &Recurrence, zone: &Zone, count: usize) -> Vec<Occurrence> {
    recurrence.after(None, TimeDelta::zero(), zone).take(count).collect()
}

/// The first instants, in UTC.
fn instants(recurrence: &Recurrence, zone: &Zone, count: usize) -> Vec<String> {
    let all = first(recurrence, zone, count).into_iter();
    all.map(|occurrence| occurrence.starts_at.format("%Y-%m-%d %H:%M").to_string()).collect()
}
