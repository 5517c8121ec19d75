//! What status pages that others keep say of a window.
//!
//! The announcement publishes it, and every later row brings its entry in step: what is there is looked at, compared with what
//! is planned, and changed where it differs; what happened since is said there, each thing once. A plan's announcement makes
//! a row for each of its phases. [`entry`] does that on Statuspage, [`filled`] on pages that are filled by JSON; [`sweep`]
//! compares all of a page from time to time.

mod entry;
mod filled;
mod said;
mod sweep;

use chrono::{DateTime, Utc};

use super::about::About;
use super::failure::{Outcome, left_open};
use super::{Answered, Sender, about, said_with};
use crate::domain::ledger::{Delivery, DeliveryState, MessageKind, Reason, WITH_ANNOUNCEMENT};
use crate::domain::notice;
use crate::domain::organisation::{Channel, Organisation};
use crate::domain::plan::Phases;
use crate::domain::window::Window;
use crate::message::topic::{Topic, WindowTopic};
use crate::store::{Claimed, StoreError};

pub use sweep::{Difference, differences};

/// One row on its way to a page.
struct Publishing<'a> {
    sender: &'a Sender,
    row: &'a Delivery,
    about: &'a About,
    /// Its window as the public sees it.
    topic: &'a WindowTopic,
    /// Something of it may be there already.
    doubt: bool,
    /// UTC.
    now: DateTime<Utc>,
}

impl Sender {
    /// Brings a page in step; `Some`: it takes nothing before then (UTC).
    pub(super) async fn on_status_page(
        &self,
        claimed: &Claimed,
        name: &str,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Option<DateTime<Utc>>> {
        let row = &claimed.delivery;
        let on_statuspage = self.outside.statuspage.as_ref().filter(|_| name.is_empty());
        let filled = self.outside.status_pages.iter().find(|page| page.name() == name);
        if on_statuspage.is_none() && filled.is_none() {
            let error = "this status page is not configured any more".to_owned();
            return self.record(row, Answered::GiveUp(error), now).await.map(|()| None);
        }
        let Some(about) = self.worth_sending(row, now).await? else { return Ok(None) };
        let topic = match &about.topic {
            Topic::Plan(topic) => return self.publish_phases(row, &about, &topic.phases, now).await.map(|()| None),
            Topic::Window(topic) => topic.as_public(),
            // They have no time to be shown at; the window that an advisory makes has.
            Topic::Advisory(_) | Topic::Subscription(_) | Topic::Digest(_) => None,
        };
        let Some(topic) = topic else {
            return self.record(row, Answered::Pointless(Reason::Newer), now).await.map(|()| None);
        };
        let publishing = Publishing { sender: self, row, about: &about, topic: &topic, doubt: claimed.in_doubt, now };
        let work = async {
            let id = match (on_statuspage, filled) {
                (Some(page), _) => publishing.keep_entry(page).await?,
                (None, Some(page)) => publishing.keep_filled(page).await?,
                (None, None) => None,
            };
            Ok(Some(Answered::Sent { id, said_with: said_with(row, &about) }))
        };
        self.see_through(row, claimed.in_doubt, now, work).await
    }

    /// A plan is announced: each of its phases is an entry of its own.
    async fn publish_phases(
        &self,
        row: &Delivery,
        about: &About,
        phases: &Phases,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        self.db
            .write(async |tx| {
                about::lock(tx, row.subject).await?;
                if !self.sent(tx, row, now, None, &said_with(row, about)).await? {
                    return Ok(());
                }
                for window in phases.live() {
                    let (kind, channel) = (MessageKind::StatusPage, row.plan.channel.clone());
                    let owed = notice::owed(window.sequence, kind, WITH_ANNOUNCEMENT, "", channel, now);
                    tx.insert_deliveries(window.id.into(), row.subject, &[owed], now).await?;
                }
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(())
    }
}

impl Publishing<'_> {
    /// The id of the entry, as far as it was recorded.
    fn known(&self) -> Option<String> {
        known(&self.page_rows())
    }

    /// An entry may be there that no row recorded.
    fn may_be_there(&self) -> bool {
        self.doubt || left_open(self.row, &self.page_rows())
    }

    fn page_rows(&self) -> Vec<Delivery> {
        page_rows(self.about, self.topic, &self.row.plan.channel)
    }

    /// An entry may be made: the row is the announcement, or its time was before.
    fn may_publish(&self) -> bool {
        let published = was_published(&self.about.rows, &self.topic.window, &self.row.plan.channel, self.now);
        self.row.plan.message == MessageKind::Announcement || published
    }

    /// Some audience of the page cares for the window.
    fn is_concerned(&self) -> bool {
        is_concerned(&self.sender.organisation, &self.topic.window, &self.row.plan.channel)
    }
}

/// The rows of a window that made or changed its entry on a page.
fn page_rows(about: &About, topic: &WindowTopic, page: &Channel) -> Vec<Delivery> {
    let own = |row: &&Delivery| {
        row.subject.window() == Some(topic.window.id) && row.plan.channel == *page && page.takes(row.plan.message)
    };
    about.rows.iter().filter(own).cloned().collect()
}

/// The id under which the last of these rows was recorded.
fn known(rows: &[Delivery]) -> Option<String> {
    let sent = rows.iter().filter(|row| row.state == DeliveryState::Sent && row.remote_id.is_some());
    sent.max_by_key(|row| row.id).and_then(|row| row.remote_id.clone())
}

/// A window was announced on a page, or given up; or work has begun, and the time of the announcement was before: then it
/// is nothing to announce any more, and the page shows it all the same. `rows` are the window's and its plan's.
fn was_published(rows: &[Delivery], window: &Window, page: &Channel, now: DateTime<Utc>) -> bool {
    let announces = |row: &&Delivery| row.plan.message == MessageKind::Announcement && row.plan.channel == *page;
    rows.iter().filter(announces).any(|row| {
        let came = matches!(row.state, DeliveryState::Sent | DeliveryState::Dead);
        came || (window.state.is_running() && row.plan.due_at <= now)
    })
}

/// Some audience that reads the page is told of the window.
fn is_concerned(organisation: &Organisation, window: &Window, page: &Channel) -> bool {
    let told = notice::recipients(organisation, &[window], MessageKind::Announcement);
    told.iter().any(|(_, channel)| channel == page)
}
