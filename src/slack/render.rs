//! What maintbot shows on Slack, as Block Kit: messages, their plain fallback, buttons, modals and the App Home; and what
//! was filled in in a modal, read back.
//!
//! Text from people is data: it is shown as typed, and makes no mention, no link but to the address that it shows, no
//! date, no emphasis. Every limit of Slack is kept by construction: what does not fit is folded, with a link to the page.
//! Lengths are counted in UTF-16 units, the longest that Slack could mean by "characters".

mod blocks;
mod escape;
mod fold;
mod home;
mod modal;
mod submitted;
mod times;

pub use escape::escape;
pub use home::{Home, home};
pub use modal::{Modal, Origin, modal};
pub use submitted::{Submitted, field_errors, read_modal};

use crate::message::Message;
use crate::message::action::Button;
use crate::slack::api::Say;

/// A message as Slack shows it with a row of buttons, within every limit of Slack; `url` is the page with all of it, for what is folded.
#[must_use]
pub fn say(message: &Message, buttons: &[Button], url: Option<&str>) -> Say {
    Say { text: fallback(message), blocks: blocks::of(message, buttons, url) }
}

/// The message as plain text for notifications and screen readers: at most 3,000 characters, escaped.
#[must_use]
pub fn fallback(message: &Message) -> String {
    let text = escape::clipped_to(&message.plain(), fold::LONGEST_TEXT);
    // Slack takes no message without any text.
    if text.trim().is_empty() { "Nothing to show".to_owned() } else { text }
}

#[cfg(test)]
mod tests;
