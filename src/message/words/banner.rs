//! The words of banners in products and of the page that stands in for a product.

use chrono::{DateTime, Utc};

use super::downtime_words;
use crate::domain::calendar::at;
use crate::domain::organisation::Organisation;
use crate::domain::window::Window;
use crate::message::text::{clipped, one_line};

/// The most of an impact that stands in a banner, in characters.
const LONGEST_IMPACT: usize = 600;

/// What a banner says of a window before its title. `w` is as the public sees it.
#[must_use]
pub fn banner_heading(w: &Window, on_hold: bool, now: DateTime<Utc>) -> &'static str {
    if on_hold {
        "On hold"
    } else if w.is_overrunning(now) {
        "Maintenance is taking longer than planned"
    } else if w.state.is_running() {
        "Maintenance in progress"
    } else {
        "Planned maintenance"
    }
}

/// All that a banner says of a window, on one line, for products that show it as it is. `w` is as the public sees it.
#[must_use]
pub fn banner(organisation: &Organisation, w: &Window, on_hold: bool, now: DateTime<Utc>) -> String {
    let zone = &w.span.zone;
    let when = if on_hold {
        format!("planned for {}; it does not start before it is released", w.span)
    } else if w.is_overrunning(now) {
        format!("planned to end {}", at(w.span.ends_at, zone))
    } else if w.state.is_running() {
        format!("until {}", at(w.span.ends_at, zone))
    } else {
        w.span.to_string()
    };
    let mut line = format!("{}: {}, {when}.", banner_heading(w, on_hold, now), one_line(&w.title));
    let impact = clipped(&one_line(&w.impact), LONGEST_IMPACT);
    if !impact.is_empty() {
        line.push_str(&format!(" {}{}", impact, if impact.ends_with(['.', '!', '?', '…']) { "" } else { "." }));
    }
    let downtime = downtime_words(organisation, w);
    if !downtime.is_empty() {
        line.push_str(&format!(" Expected downtime: {downtime}."));
    }
    line
}

/// What stands in for a product of which no maintenance is known. `service` is its name for people, where it has one.
#[must_use]
pub fn away(service: Option<&str>) -> String {
    match service {
        Some(name) => format!("{} is not available right now", clipped(&one_line(name), 80)),
        None => "This service is not available right now".to_owned(),
    }
}
