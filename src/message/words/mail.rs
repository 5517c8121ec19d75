//! What mails say besides their message.

use crate::domain::channel::EmailAddress;
use crate::domain::organisation::Organisation;
use crate::domain::subject::Subject;
use crate::domain::window::Window;
use crate::message::text::{one_line, shown};

/// Why somebody gets a mail: as one of many who are told, or as somebody who looks after it.
#[must_use]
pub fn mail_footer(organisation: &Organisation, to: &EmailAddress, as_reader: bool) -> String {
    let name = one_line(&organisation.name);
    if as_reader {
        format!("You get this because {to} is told of planned maintenance at {name}.")
    } else {
        format!("You get this because {to} looks after planned maintenance at {name}.")
    }
}

/// What leads to the page of what a mail is about.
#[must_use]
pub fn mail_page(subject: Subject) -> String {
    format!("Everything about {subject}")
}

/// What stands before the address that ends it.
#[must_use]
pub fn mail_unsubscribe() -> &'static str {
    "To get no more of these:"
}

/// What a window is called in a calendar.
#[must_use]
pub fn event_title(window: &Window) -> String {
    format!("Maintenance: {}", one_line(&window.title))
}

/// What a calendar says of a window besides its times.
#[must_use]
pub fn event_text(organisation: &Organisation, window: &Window) -> String {
    let mut lines = vec![format!("Services: {}", super::services(organisation, window))];
    if let Some(downtime) = &window.downtime {
        lines.push(format!("Expected downtime: {}", downtime.words()));
    }
    if !window.impact.trim().is_empty() {
        lines.push(shown(window.impact.trim()));
    }
    lines.push(organisation.window_url(window));
    lines.join("\n")
}
