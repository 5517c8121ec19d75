//! Messages as their readers would see them, without sending any.

use super::action::Button;
use super::audience::{Telling, Templates};
use super::{Message, words};
use crate::domain::channel::Surface;
use crate::domain::ledger::Planned;
use crate::domain::subscription::SUBSCRIBERS;

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
    let mut found: Vec<(Vec<Planned>, Message)> = Vec::new();
    for row in rows {
        // Of subscribers there may be thousands, and all are told the same.
        let is_like = |known: &Planned| row.audience == SUBSCRIBERS && known.audience == SUBSCRIBERS;
        if let Some((like, _)) = found.iter_mut().find(|(known, _)| known.iter().any(is_like)) {
            like.push(row.clone());
            continue;
        }
        let message = templates.tell(&Telling { plan: row, ..*t })?;
        match found.iter_mut().find(|(_, known)| *known == message) {
            Some((like, _)) => like.push(row.clone()),
            None => found.push((vec![row.clone()], message)),
        }
    }
    if found.is_empty() {
        found.push((Vec::new(), templates.tell(t)?));
    }
    let shown = |(rows, message): (Vec<Planned>, Message)| Previewed { readers: words::readers(&rows), message };
    Ok(found.into_iter().map(shown).collect())
}
