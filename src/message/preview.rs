//! Messages as their readers would see them, without sending any.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::action::Button;
use super::audience::{Telling, Templates};
use super::{Message, words};
use crate::domain::channel::{Channel, Surface};
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
    /// What it was made from, for one of its readers.
    pub telling: &'a Telling<'a>,
}

/// A message as a surface is sent it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Text, or the JSON that the surface is sent.
    pub text: String,
    /// The rest of a mail, which text alone does not show.
    pub mail: Option<MailShown>,
}

/// The parts of a mail as it goes out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailShown {
    /// Its subject line.
    pub subject: String,
    /// What its readers and their programs see besides; without what only one reader may know.
    pub headers: BTreeMap<String, String>,
    /// The text for those who read no HTML.
    pub text: String,
    /// The page.
    pub html: String,
}

/// What knows how a message looks on every surface.
pub trait Show: fmt::Debug + Send + Sync {
    /// The message as that surface is sent it.
    ///
    /// # Errors
    /// It cannot be sent there: a fault.
    fn show(&self, surface: Surface, posted: &Posted<'_>) -> anyhow::Result<Shown>;
}

/// Shows everything as plain text.
#[derive(Clone, Copy, Debug)]
pub struct Plainly;

impl Show for Plainly {
    fn show(&self, _: Surface, posted: &Posted<'_>) -> anyhow::Result<Shown> {
        Ok(Shown { text: posted.message.plain(), mail: None })
    }
}

/// A message with everybody who would get just this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previewed {
    /// The channels, or `nobody`.
    pub readers: String,
    /// The row of one of them, of a reader by mail where there is one.
    pub plan: Planned,
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
    let by_mail = |row: &&Planned| matches!(row.channel, Channel::Email(_));
    let shown = |(rows, message): (Vec<Planned>, Message)| Previewed {
        readers: words::readers(&rows),
        plan: rows.iter().find(by_mail).or(rows.first()).unwrap_or(t.plan).clone(),
        message,
    };
    Ok(found.into_iter().map(shown).collect())
}
