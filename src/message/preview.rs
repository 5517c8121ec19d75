//! Messages as their readers would see them, without sending any.

use super::Message;
use super::action::Button;
use super::audience::{Telling, Templates};
use crate::domain::channel::Surface;
use crate::domain::ledger::Planned;

/// A message for a surface, with what stands around it there.
#[derive(Clone, Copy, Debug)]
pub struct Posted<'a> {
    /// What it says.
    pub message: &'a Message,
    /// The buttons below it.
    pub buttons: &'a [Button],
    /// The page with all of it.
    pub url: &'a str,
}

/// How a message looks on a surface: text, or the JSON that the surface is sent.
pub type Show = fn(Surface, &Posted<'_>) -> String;

/// Shows everything as plain text.
#[must_use]
pub fn plainly(_: Surface, posted: &Posted<'_>) -> String {
    posted.message.plain()
}

/// A message with everybody who would get just this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previewed {
    /// The channels, or `nobody`.
    pub readers: String,
    /// What it says.
    pub message: Message,
}

/// What each of these rows would say; those who would read the same are together.
///
/// # Errors
/// As [`Templates::tell`].
pub fn previews(templates: &Templates, t: &Telling<'_>, rows: &[Planned]) -> anyhow::Result<Vec<Previewed>> {
    let mut found: Vec<Previewed> = Vec::new();
    for row in rows {
        let message = templates.tell(&Telling { plan: row, ..*t })?;
        let reader = row.channel.to_string();
        match found.iter_mut().find(|known| known.message == message) {
            Some(known) => known.readers = format!("{}, {reader}", known.readers),
            None => found.push(Previewed { readers: reader, message }),
        }
    }
    if found.is_empty() {
        found.push(Previewed { readers: "nobody".into(), message: templates.tell(t)? });
    }
    Ok(found)
}
