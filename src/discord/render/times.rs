//! Times in a text as Discord shows them in the zone of who reads: `<t:1796565600:F>`
//! (<https://docs.discord.com/developers/reference#message-formatting-timestamp-styles>).

use std::cell::Cell;

use chrono::{DateTime, Utc};

use super::escape::escape_part;
use crate::message::Times;
use crate::message::fold::next_time;
use crate::message::text::shown;

/// Makes the text of one message ready. Of its first time it is also said how far away that is.
pub(super) struct Inline<'a> {
    times: &'a [Times],
    is_first: Cell<bool>,
}

impl<'a> Inline<'a> {
    /// For a message with these times.
    pub(super) fn new(times: &'a [Times]) -> Self {
        Self { times, is_first: Cell::new(true) }
    }

    /// Text from people, escaped, with the times in it in the zone of who reads.
    pub(super) fn ready(&self, text: &str) -> String {
        let text = shown(text);
        let (mut out, mut rest) = (String::with_capacity(text.len() + 16), text.as_str());
        while let Some((at, time)) = next_time(rest, self.times) {
            out.push_str(&escape_part(&rest[..at], is_start(&out)));
            out.push_str(&native(time));
            if self.is_first.replace(false) {
                out.push_str(&format!(" ({})", token(time.starts_at, 'R')));
            }
            rest = &rest[at + time.text.len()..];
        }
        out.push_str(&escape_part(rest, is_start(&out)));
        out
    }
}

/// Whether what follows begins a line.
fn is_start(out: &str) -> bool {
    out.is_empty() || out.ends_with('\n')
}

/// A time, or a stretch, in the zone of who reads.
fn native(time: &Times) -> String {
    let start = token(time.starts_at, 'F');
    match time.ends_at {
        None => start,
        Some(end) if end.date_naive() == time.starts_at.date_naive() => format!("{start} – {}", token(end, 't')),
        Some(end) => format!("{start} – {}", token(end, 'F')),
    }
}

/// One instant: `F` with day and time, `t` the time alone, `R` how far away.
fn token(instant: DateTime<Utc>, style: char) -> String {
    format!("<t:{}:{style}>", instant.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times() -> Vec<Times> {
        let instant = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (start, end) = (instant("2026-12-06T14:00:00Z"), instant("2026-12-06T18:00:00Z"));
        let one = |text: &str, starts_at| Times { text: text.into(), starts_at, ends_at: None };
        let stretch = |text: &str, end| Times { text: text.into(), starts_at: start, ends_at: Some(end) };
        vec![
            one("16:00 Europe/Helsinki", start),
            stretch("16:00 Europe/Helsinki–20:00", end),
            stretch("tonight", instant("2026-12-07T00:00:00Z")),
            one("20:00 Europe/Helsinki", end),
        ]
    }

    #[test]
    fn times_are_shown_in_the_zone_of_who_reads_and_the_first_with_its_distance() {
        let times = times();
        let inline = Inline::new(&times);
        assert_eq!(
            inline.ready("*When*: 16:00 Europe/Helsinki–20:00."),
            r"\*When\*: <t:1796565600:F> – <t:1796580000:t> (<t:1796565600:R>)."
        );
        assert_eq!(inline.ready("It ends at 20:00 Europe/Helsinki"), "It ends at <t:1796580000:F>");
        assert_eq!(inline.ready("tonight"), "<t:1796565600:F> – <t:1796601600:F>", "over midnight in UTC");
    }

    #[test]
    fn what_follows_a_time_begins_no_line() {
        let times = times();
        assert_eq!(
            Inline::new(&times).ready("tonight- x\n- y"),
            "<t:1796565600:F> – <t:1796601600:F> (<t:1796565600:R>)- x\n\\- y"
        );
    }
}
