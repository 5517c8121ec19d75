//! Times in a text as Slack shows them in the zone of who reads: `<!date^…>`, with the time in its own zone and in UTC
//! for clients that cannot.

use chrono::{DateTime, Utc};

use super::escape::{entities, escape_part};
use crate::message::Times;
use crate::message::fold::next_time;
use crate::message::text::shown;

/// Date and time; the date is a word where it is near ("Today").
const DATE_AND_TIME: &str = "{date_short_pretty} {time}";
/// The time alone.
const TIME: &str = "{time}";

/// Text from people, escaped, with the times in it in the zone of who reads.
pub(super) fn inline(text: &str, times: &[Times]) -> String {
    let text = shown(text);
    let (mut out, mut rest) = (String::with_capacity(text.len() + 16), text.as_str());
    while let Some((at, time)) = next_time(rest, times) {
        let before = &rest[..at];
        out.push_str(&escape_part(before, is_start(&out)));
        out.push_str(&native(time));
        rest = &rest[at + time.text.len()..];
    }
    out.push_str(&escape_part(rest, is_start(&out)));
    out
}

/// Whether what follows begins a line.
fn is_start(out: &str) -> bool {
    out.is_empty() || out.ends_with('\n')
}

/// A time in the zone of who reads. Of a stretch, the text in its own zone follows.
fn native(time: &Times) -> String {
    let Some(end) = time.ends_at else { return token(time.starts_at, DATE_AND_TIME, &time.text) };
    let start = token(time.starts_at, DATE_AND_TIME, &utc(time.starts_at, "%Y-%m-%d %H:%M UTC"));
    let (dash, end) = if time.starts_at.date_naive() == end.date_naive() {
        ("–", token(end, TIME, &utc(end, "%H:%M UTC")))
    } else {
        (" – ", token(end, DATE_AND_TIME, &utc(end, "%Y-%m-%d %H:%M UTC")))
    };
    format!("{start}{dash}{end} ({})", escape_part(&without_brackets(&time.text), false))
}

fn utc(instant: DateTime<Utc>, format: &str) -> String {
    instant.format(format).to_string()
}

fn token(instant: DateTime<Utc>, format: &str, fallback: &str) -> String {
    let plain: String = fallback.chars().filter(|c| !matches!(c, '<' | '>' | '|' | '^')).collect();
    format!("<!date^{}^{format}|{}>", instant.timestamp(), entities(&plain))
}

/// `16:00 Europe/Helsinki (14:00 UTC)` as it may stand in brackets: `16:00 Europe/Helsinki, 14:00 UTC`.
fn without_brackets(text: &str) -> String {
    match text.strip_suffix(')').and_then(|text| text.rsplit_once(" (")) {
        Some((zoned, utc)) => format!("{zoned}, {utc}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn times() -> Vec<Times> {
        let (start, end) = (instant("2026-12-06T14:00:00Z"), instant("2026-12-06T18:00:00Z"));
        let one = |text: &str, starts_at| Times { text: text.into(), starts_at, ends_at: None };
        vec![
            one("Sun 6 Dec 2026 16:00 Europe/Helsinki (14:00 UTC)", start),
            Times {
                text: "Sun 6 Dec 2026 16:00–20:00 Europe/Helsinki (14:00–18:00 UTC)".into(),
                starts_at: start,
                ends_at: Some(end),
            },
            one("Sun 6 Dec 2026 20:00 Europe/Helsinki (18:00 UTC)", end),
        ]
    }

    #[test]
    fn a_time_is_shown_in_the_zone_of_who_reads() {
        assert_eq!(
            inline("It *ends* at Sun 6 Dec 2026 20:00 Europe/Helsinki (18:00 UTC).", &times()),
            "It \u{ad}*ends* at \
             <!date^1796580000^{date_short_pretty} {time}|Sun 6 Dec 2026 20:00 Europe/Helsinki (18:00 UTC)>."
        );
    }

    #[test]
    fn a_stretch_says_its_own_zone_too() {
        assert_eq!(
            inline("Sun 6 Dec 2026 16:00–20:00 Europe/Helsinki (14:00–18:00 UTC)", &times()),
            "<!date^1796565600^{date_short_pretty} {time}|2026-12-06 14:00 UTC>–\
             <!date^1796580000^{time}|18:00 UTC> (Sun 6 Dec 2026 16:00–20:00 Europe/Helsinki, 14:00–18:00 UTC)"
        );
    }

    #[test]
    fn a_stretch_over_midnight_has_two_dates() {
        let times = [Times {
            text: "tonight".into(),
            starts_at: instant("2026-12-06T22:00:00Z"),
            ends_at: Some(instant("2026-12-07T02:00:00Z")),
        }];
        assert_eq!(
            inline("tonight", &times),
            "<!date^1796594400^{date_short_pretty} {time}|2026-12-06 22:00 UTC> – \
             <!date^1796608800^{date_short_pretty} {time}|2026-12-07 02:00 UTC> (tonight)"
        );
    }

    #[test]
    fn a_fallback_cannot_end_its_token() {
        let times = [Times { text: "a|b>^<!here>".into(), starts_at: DateTime::UNIX_EPOCH, ends_at: None }];
        assert_eq!(inline("a|b>^<!here>", &times), "<!date^0^{date_short_pretty} {time}|ab!here>");
    }
}
