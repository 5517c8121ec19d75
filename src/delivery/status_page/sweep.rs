//! What status pages say, compared with what is planned: people change entries by hand, and calls get lost. Whatever differs
//! gets a row that brings it in step; an entry of ours whose window nobody knows is ended.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::super::{Sender, about};
use super::{is_concerned, known, page_rows, was_published};
use crate::domain::ledger::{Delivery, DeliveryState, MessageKind};
use crate::domain::notice;
use crate::domain::organisation::{Channel, Organisation};
use crate::domain::window::WindowId;
use crate::message::topic::{Topic, WindowTopic};
use crate::message::words;
use crate::outward::Failure;
use crate::statuspage::api::{Incident, Status, Statuspage};
use crate::statuspage::json::JsonPage;
use crate::statuspage::render::Wanted;
use crate::store::{Db, StoreError, Tx};

/// Between two sweeps.
const EVERY: TimeDelta = TimeDelta::minutes(10);
/// What was mended and differs again is mended again after so long: a page that keeps its own way is not fought.
const AGAIN: TimeDelta = TimeDelta::hours(1);
/// What was given up is tried again after so long, where the page answers.
const GIVEN_UP: TimeDelta = TimeDelta::days(1);
/// Windows that ended before this and are not reported over are looked at as well, and how far ahead they are looked for.
const BACK: TimeDelta = TimeDelta::days(400);
const AHEAD: TimeDelta = TimeDelta::days(4000);
/// What the occasions of its rows begin with.
const OCCASION: &str = "sweep-";

/// Something that a page says and that was not planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The window; none where nobody knows it.
    pub window: Option<WindowId>,
    /// The entry, where there is one.
    pub entry: Option<String>,
    /// What is different, in words.
    pub what: String,
}

/// What is known of a window that is on a page.
struct Shown {
    topic: WindowTopic,
    rows: Vec<Delivery>,
}

impl Sender {
    /// Sweeps at the start and from time to time until `stop`; returns at once where no page is configured.
    pub async fn watch_pages(&self, stop: CancellationToken) {
        if self.outside.statuspage.is_none() && self.outside.status_pages.is_empty() {
            return;
        }
        while !stop.is_cancelled() {
            let now = self.clock.now();
            tokio::select! {
                () = stop.cancelled() => {}
                () = async { self.sweep_pages(now).await; self.clock.sleep_until(now + EVERY).await } => {}
            }
        }
    }

    /// Compares every page once, as at `now` (UTC), and says how much is mended: by rows that are due now. A page that cannot
    /// be asked is left for the next time.
    pub async fn sweep_pages(&self, now: DateTime<Utc>) -> usize {
        let mut mended = 0;
        if let Some(page) = &self.outside.statuspage {
            let found = differences(&self.db, &self.organisation, page, now).await;
            mended += self.mended(&Channel::Statuspage(String::new()), Some(page), found, now).await;
        }
        for page in &self.outside.status_pages {
            let found = missing(&self.db, &self.organisation, page, now).await;
            mended += self.mended(&Channel::Statuspage(page.name().into()), None, found, now).await;
        }
        mended
    }

    async fn mended(
        &self,
        channel: &Channel,
        page: Option<&Statuspage>,
        found: anyhow::Result<Vec<Difference>>,
        now: DateTime<Utc>,
    ) -> usize {
        let mut mended = 0;
        let result = async {
            for difference in found? {
                mended += usize::from(self.mend(channel, page, &difference, now).await?);
            }
            Ok::<_, anyhow::Error>(())
        };
        if let Err(error) = result.await {
            tracing::warn!(%channel, error = format!("{error:#}"), "a status page is not compared with what is planned");
        }
        if mended > 0 {
            self.wake.ring();
        }
        mended
    }

    /// Has one difference mended; `false`: that is under way, or was in vain a short time ago.
    async fn mend(
        &self,
        channel: &Channel,
        page: Option<&Statuspage>,
        difference: &Difference,
        now: DateTime<Utc>,
    ) -> anyhow::Result<bool> {
        let Difference { window, entry, what } = difference;
        let Some(id) = window else {
            let Some((page, entry)) = page.zip(entry.as_deref()) else { return Ok(false) };
            let end = json!({ "status": "completed", "body": words::PAGE_UNKNOWN, "deliver_notifications": false });
            page.update(entry, &end).await?;
            tracing::info!(%channel, entry, "an entry of a window that nobody knows is ended on the status page");
            return Ok(true);
        };
        let owed = self.db.write(async |tx| {
            about::lock(tx, (*id).into()).await?;
            let Some(window) = tx.window(*id).await? else { return Ok(false) };
            if !may_mend(&tx.deliveries(*id).await?, channel, now) {
                return Ok(false);
            }
            let occasion = format!("{OCCASION}{}", now.to_rfc3339_opts(SecondsFormat::Secs, true));
            let row = notice::owed(window.sequence, MessageKind::StatusPage, occasion, "", channel.clone(), now);
            let queue = about::queue_of(tx, (*id).into()).await?;
            Ok::<_, StoreError>(tx.insert_deliveries((*id).into(), queue, &[row], now).await? > 0)
        });
        let owed = owed.await?;
        if owed {
            tracing::info!(%channel, window = %id, what, "the status page says something else and is mended");
        }
        Ok(owed)
    }
}

/// Nothing of the window is on its way to the page, and it was neither mended a short time ago nor given up within a day.
fn may_mend(rows: &[Delivery], channel: &Channel, now: DateTime<Utc>) -> bool {
    let here = |row: &&Delivery| row.plan.channel == *channel && channel.takes(row.plan.message);
    let rows: Vec<&Delivery> = rows.iter().filter(here).collect();
    let waits = |row: &&Delivery| row.state.is_open() && row.plan.due_at <= now || row.state == DeliveryState::Sending;
    let rest = rows.iter().max_by_key(|row| row.id).and_then(|last| {
        let mended = last.plan.occasion.starts_with(OCCASION).then_some(AGAIN);
        let given_up = (last.state == DeliveryState::Dead).then_some(GIVEN_UP);
        given_up.or(mended).map(|rest| last.plan.due_at + rest)
    });
    !rows.iter().any(waits) && rest.is_none_or(|until| until <= now)
}

/// What a page on Statuspage says and was not planned, as at `now` (UTC). Changes nothing.
///
/// # Errors
/// The page cannot be asked, or the database fails.
pub async fn differences(
    db: &Db,
    organisation: &Organisation,
    page: &Statuspage,
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<Difference>> {
    let channel = Channel::Statuspage(String::new());
    let open = page.open().await?;
    let shown = db.read(async |tx| shown(tx, &channel, now).await).await?;
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for Shown { topic, rows } in &shown {
        let concerned = is_concerned(organisation, &topic.window, &channel);
        let wanted = Wanted::of(page, organisation, topic, concerned, now);
        let id = known(rows);
        let is_it = |one: &&Incident| Some(&one.id) == id.as_ref() || one.window_url() == Some(wanted.url.as_str());
        let incident = open.iter().find(is_it);
        seen.extend(incident.map(|incident| incident.id.clone()));
        let what = match incident {
            Some(incident) => wanted.differences(incident),
            None if wanted.status == Status::Completed => Vec::new(),
            None => vec!["it is not there, or over there".to_owned()],
        };
        if !what.is_empty() {
            let (window, entry) = (Some(topic.window.id), incident.map(|incident| incident.id.clone()));
            found.push(Difference { window, entry, what: what.join("; ") });
        }
    }
    let beginning = format!("{}/windows/", organisation.public_url);
    for incident in open.iter().filter(|incident| !seen.contains(&incident.id)) {
        let Some(name) = incident.window_url().and_then(|url| url.strip_prefix(&beginning)) else { continue };
        let window = match name.parse::<WindowId>() {
            Ok(id) => db.read(async |tx| tx.window(id).await).await?,
            Err(_) => None,
        };
        let entry = Some(incident.id.clone());
        match window {
            Some(window) if !window.state.is_over() => {}
            Some(window) => {
                let what = format!("it is {} there and over here", incident.status.as_str());
                found.push(Difference { window: Some(window.id), entry, what });
            }
            None => {
                let what = format!("{name} is on the page, and nobody here knows it");
                found.push(Difference { window: None, entry, what });
            }
        }
    }
    Ok(found)
}

/// Windows that a page which is filled by JSON lists no more, as far as it lists any.
async fn missing(
    db: &Db,
    organisation: &Organisation,
    page: &JsonPage,
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<Difference>> {
    let listed = match page.list().await {
        Ok(None) => return Ok(Vec::new()),
        Ok(Some(listed)) => listed,
        Err(failure @ (Failure::Later { .. } | Failure::Unsure { .. })) => {
            tracing::debug!(page = page.name(), error = %failure, "a status page is not listed now");
            return Ok(Vec::new());
        }
        Err(failure) => return Err(failure.into()),
    };
    let channel = Channel::Statuspage(page.name().into());
    let shown = db.read(async |tx| shown(tx, &channel, now).await).await?;
    let is_missing = |shown: &&Shown| {
        let id = known(&shown.rows);
        let concerned = is_concerned(organisation, &shown.topic.window, &channel);
        concerned && id.is_some_and(|id| listed.iter().all(|entry| entry.id != id))
    };
    let difference = |shown: &Shown| Difference {
        window: Some(shown.topic.window.id),
        entry: None,
        what: "it is not there".to_owned(),
    };
    Ok(shown.iter().filter(is_missing).map(difference).collect())
}

/// The windows that are not over and were announced on a page, as the public sees them, with their rows for it.
async fn shown(tx: &mut Tx, channel: &Channel, now: DateTime<Utc>) -> Result<Vec<Shown>, StoreError> {
    let mut shown = Vec::new();
    for window in tx.open_windows_between(now - BACK, now + AHEAD).await? {
        let Some(about) = about::read(tx, window.id.into(), channel).await? else { continue };
        let Topic::Window(topic) = &about.topic else { continue };
        let is_public = topic.as_public().filter(|_| was_published(&about.rows, &topic.window, channel, now));
        if let Some(public) = is_public {
            let rows = page_rows(&about, &public, channel);
            shown.push(Shown { topic: public, rows });
        }
    }
    Ok(shown)
}
