//! A window as an event of a calendar (RFC 5545) that machines of customers can read too (the MaintNote standard of NANOG,
//! draft 0.1). The same window keeps its `UID`; `SEQUENCE` is its revision, which grows with everything that the public
//! sees. Without `METHOD` mail programs leave it to their reader whether it goes into a calendar, as MaintNote wants.

use icalendar::{Calendar, Component as _, Event, EventLike as _, EventStatus, Property};

use super::Letter;
use crate::domain::window::{State, Window};
use crate::message::text::{one_line, shown};
use crate::message::words;

const CONTENT: &str = "text/calendar; charset=utf-8";
const CONTENT_TO_PUBLISH: &str = "text/calendar; charset=utf-8; method=PUBLISH";

/// The file of a window, and what kind of content it is. `struck_out`: it does not concern its reader any more.
pub(super) fn file(letter: &Letter<'_>, window: &Window, struck_out: bool) -> (String, &'static str) {
    let publishes = letter.settings.calendar_method.contains(letter.to);
    let mut properties = vec![Property::new("VERSION", "2.0"), Property::new("PRODID", "-//maintbot//maintbot//EN")];
    if publishes {
        properties.push(Property::new("METHOD", "PUBLISH"));
    }
    let event = event(letter, window, struck_out || window.state == State::Cancelled);
    let calendar = Calendar { properties, components: vec![event.into()] };
    (calendar.to_string(), if publishes { CONTENT_TO_PUBLISH } else { CONTENT })
}

fn event(letter: &Letter<'_>, window: &Window, cancelled: bool) -> Event {
    let settings = letter.settings;
    let mut event = Event::new();
    event
        .uid(&format!("{}@{}", window.id, host(&letter.organisation.public_url)))
        .timestamp(letter.at)
        .starts(window.span.starts_at)
        .ends(window.span.ends_at)
        .summary(&words::event_title(window))
        .description(&words::event_text(letter.organisation, window))
        .sequence(u32::try_from(window.revision).unwrap_or(u32::MAX))
        .status(if cancelled { EventStatus::Cancelled } else { EventStatus::Confirmed })
        .url(letter.page)
        // People are not busy because something is maintained.
        .add_property("TRANSP", "TRANSPARENT")
        .append_property(
            Property::new("ORGANIZER", format!("mailto:{}", settings.from))
                .add_parameter("CN", &parameter(settings.from_name.as_ref().unwrap_or(&letter.organisation.name)))
                .done(),
        )
        .add_property("X-MAINTNOTE-PROVIDER", settings.from.domain())
        .add_property("X-MAINTNOTE-ACCOUNT", plain(letter.list.unwrap_or(letter.to.domain())))
        .add_property("X-MAINTNOTE-MAINTENANCE-ID", window.id.to_string())
        .add_property("X-MAINTNOTE-IMPACT", impact(window))
        .add_property("X-MAINTNOTE-STATUS", status(window, cancelled));
    for service in &window.services {
        event.append_multi_property(Property::new("X-MAINTNOTE-OBJECT-ID", plain(service)));
    }
    event.done()
}

fn impact(window: &Window) -> &'static str {
    let none = window.downtime.as_ref().is_some_and(|downtime| downtime.most.is_zero());
    if none || !window.kind.has_downtime() { "NO-IMPACT" } else { "OUTAGE" }
}

fn status(window: &Window, cancelled: bool) -> &'static str {
    match window.state {
        _ if cancelled => "CANCELLED",
        State::InProgress | State::Verifying => "IN-PROCESS",
        State::Completed => "COMPLETED",
        State::Pending | State::Scheduled | State::Cancelled => "CONFIRMED",
    }
}

/// The name of the host in an address of the web.
fn host(url: &str) -> String {
    let authority = url.split("://").nth(1).unwrap_or(url).split('/').next().unwrap_or_default();
    let without_port = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    plain(without_port.trim_matches(['[', ']']))
}

/// A value of a property that is not known to be text, so that nothing in it is escaped: what would need that is left out.
fn plain(text: &str) -> String {
    one_line(text).chars().filter(|c| !matches!(c, '\\' | ';' | ',' | '"')).collect()
}

/// A value of a parameter, which has no way to hold a quote (RFC 5545, 3.2).
fn parameter(text: &str) -> String {
    shown(&one_line(text)).replace('"', "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_an_address_is_without_its_port_and_path() {
        for (url, expected) in [
            ("https://maint.example.com", "maint.example.com"),
            ("http://127.0.0.1:8080", "127.0.0.1"),
            ("http://[::1]:8080/x", "::1"),
            ("https://maint.example.com:8443/status", "maint.example.com"),
        ] {
            assert_eq!(host(url), expected);
        }
    }

    #[test]
    fn values_that_cannot_be_escaped_hold_nothing_that_would_have_to_be() {
        assert_eq!(plain("a\r\nMETHOD:REQUEST;b,c\\n\"d"), "a METHOD:REQUESTbcnd");
        assert_eq!(parameter("Example \"Cloud\"\r\nATTENDEE:x"), "Example 'Cloud' ATTENDEE:x");
    }
}
