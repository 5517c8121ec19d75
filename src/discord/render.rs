//! What maintbot shows on Discord: messages as embeds with buttons, a menu, modals and choices; and what was filled in in
//! a modal, read back.
//!
//! Text from people is data: it is shown as typed, and makes no mention, no link but to the address that it shows, no
//! time, no emoji, no emphasis. Every limit of Discord is kept by construction: what does not fit is folded, with a link to
//! the page. Lengths are counted in UTF-16 units, the longest that Discord could mean by "characters".

mod buttons;
mod embeds;
mod escape;
mod modal;
mod post;
mod times;

pub use buttons::{choices, outcome_menu, read_outcome};
pub use escape::escape;
pub use modal::{Modal, Submitted, modal, read_modal};
pub use post::{marked, notifying};

use crate::discord::api::Say;
use crate::message::action::Button;
use crate::message::text::shown;
use crate::message::{Block, Message};
use times::Inline;

/// The text of a message, in UTF-16 units.
const LONGEST_CONTENT: usize = 2_000;

/// A message as Discord shows it with its buttons, within every limit of Discord; `url` is the page with all of it, for
/// what is folded. One line without a heading is plain text, anything else embeds.
#[must_use]
pub fn say(message: &Message, buttons: &[Button], url: Option<&str>) -> Say {
    let components = buttons::rows(buttons);
    if let Some(content) = plain_answer(message) {
        return Say { content, components, ..Say::default() };
    }
    let embeds = embeds::of(message, url);
    // Discord takes no message without anything in it.
    let content = if embeds.is_empty() { "Nothing to show".to_owned() } else { String::new() };
    Say { content, embeds, components, ..Say::default() }
}

/// One line and nothing else, ready to be shown.
fn plain_answer(message: &Message) -> Option<String> {
    let [Block::Text(text)] = message.blocks.as_slice() else { return None };
    let text = shown(text);
    let ready = Inline::new(&message.times).ready(text.trim());
    (!ready.trim().is_empty() && !ready.contains('\n') && crate::message::fold::len(&ready) <= LONGEST_CONTENT)
        .then_some(ready)
}

#[cfg(test)]
mod tests;
