//! What mails say besides their message.

use crate::domain::channel::EmailAddress;
use crate::domain::organisation::Organisation;
use crate::domain::subject::Subject;
use crate::domain::window::Window;
use crate::message::text::{one_line, shown};

/// As what somebody gets a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailedAs {
    /// One of an audience.
    Reader,
    /// Somebody who asked for it.
    Subscriber,
    /// Somebody for whom it was asked, perhaps by another.
    Stranger,
    /// Somebody who looks after it.
    Staff,
}

/// Why somebody gets a mail.
#[must_use]
pub fn mail_footer(organisation: &Organisation, to: &EmailAddress, as_what: MailedAs) -> String {
    let name = one_line(&organisation.name);
    match as_what {
        MailedAs::Reader => format!("You get this because {to} is told of planned maintenance at {name}."),
        MailedAs::Subscriber => format!("You get this because {to} asked to be told of planned maintenance at {name}."),
        MailedAs::Stranger => format!("You get this because somebody asked {name} for mail to {to}."),
        MailedAs::Staff => format!("You get this because {to} looks after planned maintenance at {name}."),
    }
}

/// What leads to the page of what a mail is about.
#[must_use]
pub fn mail_page(subject: Subject) -> String {
    match subject {
        Subject::Subscription(_) => "Open the page to confirm".into(),
        subject => format!("Everything about {subject}"),
    }
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
