//! The comparison with Alertmanager, which may lose what it holds: silences of windows that are coming or running are made
//! again, and those of ours that no window needs are ended. Looks, and owes rows; the sender does the rest.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use super::alertmanager::{draft, key_of, says, was_ended};
use super::{SWEEP, comment};
use crate::alertmanager::api::{Silence, SilenceState};
use crate::delivery::{Sender, about};
use crate::domain::channel::Channel;
use crate::domain::ledger::{DeliveryState, MessageKind, Planned};
use crate::domain::notice::{self, ISSUE_AHEAD};
use crate::domain::silence::quiet;
use crate::domain::subject::Subject;
use crate::domain::window::{State, Window, WindowId};
use crate::store::{StoreError, Tx, WindowFilter};

/// Between two comparisons.
const EVERY: TimeDelta = TimeDelta::minutes(5);
/// Windows read in one go.
const PAGE: i64 = 200;
/// What was given up is not tried again sooner.
const GIVEN_UP_FOR: TimeDelta = TimeDelta::hours(24);

/// What Alertmanager holds of ours, by window and service.
type Held<'a> = BTreeMap<(WindowId, &'a str), Vec<&'a Silence>>;

impl Sender {
    /// Compares at the start and every five minutes, until `stop`.
    pub(in crate::delivery) async fn compare_silences(&self, stop: &CancellationToken) {
        if self.outside.alertmanager.is_none() {
            return;
        }
        while !stop.is_cancelled() {
            let now = self.clock.now();
            let round = async {
                if let Err(error) = self.sweep_silences(now).await {
                    tracing::error!(error = format!("{error:#}"), "silences could not be compared; trying again");
                }
                self.clock.sleep_until(now + EVERY).await;
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = round => {}
            }
        }
    }

    /// Compares what Alertmanager holds at `now` (UTC) with what it is to hold for windows that start within four weeks, and
    /// owes what is missing; how many windows that concerns. Where Alertmanager does not answer, the next comparison finds it.
    ///
    /// # Errors
    /// The database fails.
    pub async fn sweep_silences(&self, now: DateTime<Utc>) -> anyhow::Result<usize> {
        let Some(client) = &self.outside.alertmanager else { return Ok(0) };
        let held = match client.silences().await {
            Ok(silences) => silences,
            Err(failure) => {
                tracing::debug!(%failure, "Alertmanager cannot be compared with the windows");
                return Ok(0);
            }
        };
        let Ok(annotated) = client.knows_annotations().await else { return Ok(0) };
        let installation = self.installation().await?;
        let mut ours = Held::new();
        for silence in &held {
            if let Some(key) = key_of(silence, &installation) {
                ours.entry((key.window, key.service)).or_default().push(silence);
            }
        }
        let windows = self.db.read(async |tx| coming(tx, now).await).await?;
        let known: BTreeSet<WindowId> = windows.iter().map(|window| window.id).collect();
        let differs = |window: &&Window| self.differs(window, &ours, (annotated, &installation), now);
        let mut owed: Vec<WindowId> = windows.iter().filter(differs).map(|window| window.id).collect();
        owed.extend(self.needless(&ours, &known, now).await?);
        let mut made = 0;
        for id in owed {
            made += usize::from(self.owe_silence(id, now).await?);
        }
        if made > 0 {
            tracing::info!(windows = made, "Alertmanager holds other silences than it should; they are mended");
            self.wake.ring();
        }
        Ok(made)
    }

    /// Whether a window's silences are others than they are to be.
    fn differs(
        &self,
        window: &Window,
        ours: &Held<'_>,
        (annotated, installation): (bool, &str),
        now: DateTime<Utc>,
    ) -> bool {
        let Some(window) = window.as_published() else { return false };
        let wanted = quiet(&window, now);
        let live = |held: &[&Silence]| held.iter().filter(|s| s.state != SilenceState::Expired).count();
        let needless = ours.iter().any(|((id, service), held)| {
            let is_wanted = wanted.is_some() && window.services.iter().any(|own| own == service);
            *id == window.id && !is_wanted && live(held) > 0
        });
        let Some(quiet) = wanted else { return needless };
        let is_other = |service: &String| {
            let held = ours.get(&(window.id, service.as_str())).map(Vec::as_slice).unwrap_or_default();
            let comment = comment(&self.organisation, &window, installation, service);
            let draft = draft(&self.organisation, &window, service, quiet, comment, annotated);
            let mut live = held.iter().filter(|silence| silence.state != SilenceState::Expired);
            match (live.next(), live.next()) {
                (Some(only), None) => draft.is_none_or(|draft| !says(only, &draft, now)),
                (None, _) => !held.iter().any(|silence| was_ended(silence)),
                (Some(_), Some(_)) => true,
            }
        };
        needless || window.services.iter().any(is_other)
    }

    /// Windows that need no silence and have one.
    async fn needless(
        &self,
        ours: &Held<'_>,
        known: &BTreeSet<WindowId>,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Vec<WindowId>> {
        let live = ours.iter().filter(|(_, held)| held.iter().any(|silence| silence.state != SilenceState::Expired));
        let others: BTreeSet<WindowId> = live.map(|((id, _), _)| *id).filter(|id| !known.contains(id)).collect();
        let mut found = Vec::new();
        for id in others {
            match self.db.read(async |tx| tx.window(id).await).await? {
                Some(window) => {
                    let wanted = window.as_published().is_some_and(|window| quiet(&window, now).is_some());
                    found.extend((!wanted).then_some(id));
                }
                None => {
                    tracing::warn!(window = %id, "Alertmanager holds a silence for a window that is not known here");
                }
            }
        }
        Ok(found)
    }

    /// Owes a row for a window, unless one is on its way or was given up a short time ago; whether it did.
    async fn owe_silence(&self, id: WindowId, now: DateTime<Utc>) -> anyhow::Result<bool> {
        let owed = self.db.write(async |tx| {
            let subject = Subject::Window(id);
            about::lock(tx, subject).await?;
            let Some(window) = tx.window(id).await? else { return Ok(false) };
            let rows = tx.deliveries(id).await?;
            let of_it = |plan: &Planned| plan.message == MessageKind::Silence && plan.channel == Channel::Alertmanager;
            let waits = rows.iter().filter(|row| of_it(&row.plan)).any(|row| {
                let soon = row.state.is_open() && row.plan.due_at <= now;
                let dead = row.state == DeliveryState::Dead && now - row.plan.due_at < GIVEN_UP_FOR;
                soon || dead || row.state == DeliveryState::Sending
            });
            if waits {
                return Ok(false);
            }
            let occasion = format!("{SWEEP}{}", now.to_rfc3339_opts(SecondsFormat::Secs, true));
            let row = notice::owed(window.sequence, MessageKind::Silence, occasion, "", Channel::Alertmanager, now);
            let queue = about::queue_of(tx, subject).await?;
            Ok::<_, StoreError>(tx.insert_deliveries(subject, queue, &[row], now).await? > 0)
        });
        Ok(owed.await?)
    }
}

/// Windows that are running, and those that end in the future and start within four weeks.
async fn coming(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Window>, StoreError> {
    let running = WindowFilter { states: vec![State::InProgress, State::Verifying], ..WindowFilter::default() };
    let ahead = WindowFilter {
        states: vec![State::Pending, State::Scheduled],
        from: Some(now),
        to: Some(now + ISSUE_AHEAD),
        ..WindowFilter::default()
    };
    let mut found = Vec::new();
    for filter in [running, ahead] {
        let mut after = None;
        loop {
            let page = tx.windows(&filter, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.span.starts_at, last.id));
            found.extend(page);
        }
    }
    Ok(found)
}
