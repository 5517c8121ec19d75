//! What keeps alerts quiet while a window is open: made ahead of it, moved with it, prolonged before it ends, ended with it.
//!
//! A row brings everything in step that one service outside keeps for its window; which that is follows from the window as
//! it is now ([`crate::domain::silence`]). What was made carries a key of this installation at the end of its comment, by
//! which it is found again when nobody recorded it. While work goes on, each row owes the next, which prolongs in time.

mod alertmanager;
mod pagerduty;
mod sweep;

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use chrono::{DateTime, Utc};

use super::about::{self, About};
use super::failure::{TOO_SLOW, allowed, left_open};
use super::{Answered, PATIENCE, Sender, unanswered};
use crate::alertmanager::api::Alertmanager;
use crate::domain::ledger::{Delivery, DeliveryState, MessageKind};
use crate::domain::notice;
use crate::domain::organisation::Organisation;
use crate::domain::silence::{Quiet, prolonged, quiet};
use crate::domain::window::{Window, WindowId};
use crate::message::text::{clipped, one_line};
use crate::message::topic::Topic;
use crate::outward::Failure;
use crate::pagerduty::api::PagerDuty;
use crate::store::{Claimed, StoreError};

/// In whose name silences are made, and the word that keys begin with.
const MAINTBOT: &str = "maintbot";
/// Under which name the database remembers which installation this is.
const INSTALLATION: &str = "installation";
/// Bytes of its id.
const INSTALLATION_BYTES: usize = 6;
/// How much of a title a comment shows, in characters.
const LONGEST_TITLE: usize = 200;
/// What the occasion of a row begins with that a comparison made owed.
const SWEEP: &str = "sweep ";

/// What one row keeps in step.
struct Keeping<'a> {
    row: &'a Delivery,
    about: &'a About,
    organisation: &'a Organisation,
    /// As published.
    window: &'a Window,
    /// Tells this installation's silences from those of others.
    installation: &'a str,
    /// Something may be there that nobody recorded.
    doubt: bool,
    /// Something was changed already.
    changed: AtomicBool,
    /// UTC.
    now: DateTime<Utc>,
}

/// By what alerts are kept quiet.
#[derive(Clone, Copy)]
enum With<'a> {
    Alertmanager(&'a Alertmanager),
    Pagerduty(&'a PagerDuty),
}

impl With<'_> {
    /// Does what is missing.
    async fn keep(self, keeping: &Keeping<'_>) -> Result<Kept, Failure> {
        match self {
            Self::Alertmanager(client) => alertmanager::keep(keeping, client).await,
            Self::Pagerduty(client) => pagerduty::keep(keeping, client).await,
        }
    }
}

/// What is there once a row is done, as the ledger remembers it; empty: nothing.
type Kept = String;

impl Sender {
    /// Brings the silences in step.
    pub(super) async fn in_alertmanager(&self, claimed: &Claimed, now: DateTime<Utc>) -> anyhow::Result<()> {
        match &self.outside.alertmanager {
            Some(client) => self.keep_quiet(claimed, With::Alertmanager(client), now).await,
            None => self.not_configured(claimed, now).await,
        }
    }

    /// Brings the maintenance window in step.
    pub(super) async fn in_pagerduty(&self, claimed: &Claimed, now: DateTime<Utc>) -> anyhow::Result<()> {
        match &self.outside.pagerduty {
            Some(client) => self.keep_quiet(claimed, With::Pagerduty(client), now).await,
            None => self.not_configured(claimed, now).await,
        }
    }

    async fn not_configured(&self, claimed: &Claimed, now: DateTime<Utc>) -> anyhow::Result<()> {
        let row = &claimed.delivery;
        let error = format!("[{}] in the configuration does not say how it is reached", row.plan.channel.lane());
        self.record(row, Answered::GiveUp(error), now).await
    }

    async fn keep_quiet(&self, claimed: &Claimed, with: With<'_>, now: DateTime<Utc>) -> anyhow::Result<()> {
        let row = &claimed.delivery;
        let Some(about) = self.worth_sending(row, now).await? else { return Ok(()) };
        let Topic::Window(topic) = &about.topic else {
            return self.record(row, Answered::GiveUp("only windows keep alerts quiet".into()), now).await;
        };
        let Some(window) = topic.window.as_published() else { return Ok(()) };
        let installation = self.installation().await?;
        let keeping = Keeping {
            row,
            about: &about,
            organisation: &self.organisation,
            window: &window,
            installation: &installation,
            doubt: claimed.in_doubt
                || row.attempts > 1
                || row.plan.occasion.starts_with(SWEEP)
                || left_open(row, about.rows.iter().filter(|other| is_like(other, row))),
            changed: AtomicBool::new(false),
            now,
        };
        match tokio::time::timeout(PATIENCE, with.keep(&keeping)).await {
            Ok(Ok(kept)) => self.kept(&keeping, &kept).await,
            Ok(Err(failure)) => {
                let answered = allowed(failure, row, keeping.is_in_doubt(claimed), now);
                self.record(row, answered, now).await
            }
            Err(_) => self.record(row, unanswered(row, TOO_SLOW.into(), now), now).await,
        }
    }

    /// Records what is there, and when it has to be looked at again.
    async fn kept(&self, keeping: &Keeping<'_>, kept: &str) -> anyhow::Result<()> {
        let (row, now) = (keeping.row, keeping.now);
        let id = Some(kept).filter(|kept| !kept.is_empty());
        let next = keeping.wanted().and_then(|quiet| prolonged(keeping.window, quiet));
        let next = next.map(|(at, occasion)| {
            notice::owed(row.plan.sequence, MessageKind::Silence, occasion, "", row.plan.channel.clone(), at)
        });
        self.db
            .write(async |tx| {
                if self.sent(tx, row, now, id, &[]).await?
                    && let Some(next) = &next
                {
                    let queue = about::queue_of(tx, row.subject).await?;
                    tx.insert_deliveries(row.subject, queue, std::slice::from_ref(next), now).await?;
                }
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(())
    }

    /// Which installation this is: made up once, and then the same for all that share the database.
    async fn installation(&self) -> anyhow::Result<String> {
        if let Some(known) = self.db.read(async |tx| tx.mark(INSTALLATION).await).await? {
            return Ok(known);
        }
        let mut bytes = [0u8; INSTALLATION_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("the system gives no randomness: {error}"))?;
        let own = hex::encode(bytes);
        self.db
            .write(async |tx| tx.first_mark(INSTALLATION, &own).await)
            .await
            .context("remembering which installation")
    }
}

impl Keeping<'_> {
    /// From when to when alerts are to be quiet; `None`: not at all.
    fn wanted(&self) -> Option<Quiet> {
        quiet(self.window, self.now)
    }

    /// The row by which something was recorded last.
    fn last(&self) -> Option<&Delivery> {
        let sent = self.about.rows.iter().filter(|row| is_like(row, self.row) && row.state == DeliveryState::Sent);
        sent.max_by_key(|row| (row.sent_at, row.id))
    }

    /// What was recorded last.
    fn known(&self) -> &str {
        self.last().and_then(|row| row.remote_id.as_deref()).unwrap_or_default()
    }

    /// Whether what somebody ended by hand stays so: while work goes on, and until the window has other times.
    fn stays_ended(&self) -> bool {
        self.window.state.is_running() || self.last().is_some_and(|row| row.plan.sequence == self.row.plan.sequence)
    }

    /// Something is about to be changed outside.
    fn changes(&self) {
        self.changed.store(true, Ordering::Relaxed);
    }

    /// See [`comment`].
    fn comment(&self, service: &str) -> String {
        comment(self.organisation, self.window, self.installation, service)
    }

    /// Something of it may be there once it failed: also what was changed before, which is recorded nowhere.
    fn is_in_doubt(&self, claimed: &Claimed) -> bool {
        claimed.in_doubt || self.changed.load(Ordering::Relaxed)
    }
}

/// What a comment says, for people and for being found again: the title as text, the page, and the key last.
fn comment(organisation: &Organisation, window: &Window, installation: &str, service: &str) -> String {
    let title = clipped(&one_line(&window.title), LONGEST_TITLE);
    let page = organisation.window_url(window);
    let key = Key { installation, window: window.id, service };
    format!("{} {title} · {page} {key}", window.id)
}

/// Rows about the same thing: the silences that one service outside keeps for one window.
fn is_like(row: &Delivery, other: &Delivery) -> bool {
    row.subject == other.subject
        && row.plan.message == MessageKind::Silence
        && row.plan.channel == other.plan.channel
        && row.id != other.id
}

/// What a comment ends with: `[maintbot 3f9c2a7b41d0 MW-12 crm]`. Whatever people write stands before it.
#[derive(Debug, PartialEq, Eq)]
struct Key<'a> {
    installation: &'a str,
    window: WindowId,
    /// The service; empty where one thing covers all.
    service: &'a str,
}

impl std::fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{MAINTBOT} {} {} {}", self.installation, self.window, self.service);
        write!(f, "[{}]", text.trim_end())
    }
}

impl<'a> Key<'a> {
    /// The key at the end of a comment, where it is this installation's.
    fn read(comment: &'a str, installation: &'a str) -> Option<Self> {
        let (_, key) = comment.trim_end().strip_suffix(']')?.rsplit_once('[')?;
        let mut words = key.split(' ');
        if words.next() != Some(MAINTBOT) || words.next() != Some(installation) {
            return None;
        }
        let window = words.next()?.parse().ok()?;
        let service = words.next().unwrap_or_default();
        words.next().is_none().then_some(Self { installation, window, service })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_at_the_end_of_a_comment_and_nowhere_else() {
        let key = Key { installation: "3f9c", window: WindowId(12), service: "crm" };
        assert_eq!(key.to_string(), "[maintbot 3f9c MW-12 crm]");
        let comment = format!("MW-12 Fake [maintbot 3f9c MW-13 jira] · https://example.com/windows/MW-12 {key}");
        assert_eq!(Key::read(&comment, "3f9c"), Some(key));
        let whole = Key { installation: "3f9c", window: WindowId(7), service: "" };
        assert_eq!(Key::read(&whole.to_string(), "3f9c"), Some(whole));
        for other in [
            "",
            "MW-12",
            "[maintbot 3f9c MW-13 jira] by hand",
            "x [maintbot 77aa MW-12 crm]",
            "x [maintbot 3f9c MW-x crm]",
            "x [maintbot 3f9c]",
            "x [somebody 3f9c MW-12 crm]",
            "x [maintbot 3f9c MW-12 crm jira]",
        ] {
            assert_eq!(Key::read(other, "3f9c"), None, "{other}");
        }
    }
}
