//! The App Home: what one person has to do.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::blocks::{heading, page, section};
use super::escape::{escape_part, link};
use super::fold::{LONGEST_TEXT, MOST_BLOCKS_OF_A_VIEW, clip, len};
use super::times::inline;
use crate::domain::change::ChangeItem;
use crate::domain::organisation::Organisation;
use crate::domain::window::Window;
use crate::message::Times;
use crate::message::text::one_line;
use crate::message::words::services;

/// One line of a list.
const LONGEST_LINE: usize = 600;
/// Room for the line that says how many more there are.
const ROOM_FOR_THE_REST: usize = 300;

/// What one person's App Home shows.
#[derive(Clone, Copy, Debug)]
pub struct Home<'a> {
    /// Names and links.
    pub organisation: &'a Organisation,
    /// Windows that the person is point of contact of, or asked for.
    pub windows: &'a [Window],
    /// Open change items of the person, with their windows.
    pub items: &'a [(Window, ChangeItem)],
    /// Windows that wait for an approval which the person may give.
    pub approvals: &'a [Window],
    /// Windows of the next seven days.
    pub soon: &'a [Window],
    /// Now (UTC).
    pub now: DateTime<Utc>,
}

/// The view for `views.publish`: each list as long as one section holds, then how many more there are.
#[must_use]
pub fn home(home: &Home<'_>) -> Value {
    let lines = |windows: &[Window]| windows.iter().map(|window| window_line(home, window)).collect::<Vec<_>>();
    let items = home.items.iter().map(|(window, item)| item_line(home, window, item)).collect();
    let url = &home.organisation.public_url;
    let mut blocks = Vec::new();
    if !home.approvals.is_empty() {
        blocks.extend(list("Waiting for approval", "", lines(home.approvals), url));
    }
    blocks.extend(list("My windows", "You have no window ahead of you.", lines(home.windows), url));
    blocks.extend(list("My items", "No open change item is yours.", items, url));
    blocks.extend(list("The next seven days", "Nothing is planned.", lines(home.soon), url));
    blocks.truncate(MOST_BLOCKS_OF_A_VIEW);
    json!({ "type": "home", "blocks": blocks })
}

fn list(title: &str, none: &str, lines: Vec<String>, url: &str) -> Vec<Value> {
    let mut blocks = heading(title);
    let (mut text, all) = (String::new(), lines.len());
    for (n, line) in lines.into_iter().enumerate() {
        if len(&text) + 1 + len(&line) > LONGEST_TEXT - ROOM_FOR_THE_REST {
            text.push_str(&clip(
                &format!("\n{}", page(&format!("and {} more", all - n), Some(url))),
                ROOM_FOR_THE_REST,
            ));
            break;
        }
        if n > 0 {
            text.push('\n');
        }
        text.push_str(&line);
    }
    let text = if all == 0 { none } else { &text };
    blocks.push(section("mrkdwn", text));
    blocks
}

/// `MW-12 Title · when · where it is · services`, the id a link to the page.
fn window_line(home: &Home<'_>, window: &Window) -> String {
    let link = link(&home.organisation.window_url(window), &window.id.to_string());
    let parts = [
        format!("{link} {}", escape_part(&one_line(&window.title), false)),
        when(window),
        escape_part(window.state_words(home.now), false),
        escape_part(&one_line(&services(home.organisation, window)), false),
    ];
    clip(&parts.join(" · "), LONGEST_LINE)
}

fn when(window: &Window) -> String {
    let (starts_at, ends_at) = (window.span.starts_at, Some(window.span.ends_at));
    let text = window.span.to_string();
    inline(&text.clone(), &[Times { text, starts_at, ends_at }])
}

/// `MW-12 · 3. text`, the id a link to the page.
fn item_line(home: &Home<'_>, window: &Window, item: &ChangeItem) -> String {
    let link = link(&home.organisation.window_url(window), &window.id.to_string());
    let text = escape_part(&one_line(&item.line()), false);
    clip(&format!("{link} · ☐ {}. {text}", item.number), LONGEST_LINE)
}
