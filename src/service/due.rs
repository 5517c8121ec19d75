//! What the clock does: windows start, expire, are chased and complete, series make more of them, embargoes end, fixes find
//! their windows, digests are owed. Each is a transaction of its own, done by maintbot.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use super::run::Completion;
use super::{Cx, Failure, Outcome, Service};
use crate::command::{Input, parse};
use crate::domain::access::Actor;
use crate::domain::advisory::AdvisoryId;
use crate::domain::change::ChangeList;
use crate::domain::event::What;
use crate::domain::ledger::MessageKind;
use crate::domain::notice;
use crate::domain::series::SeriesId;
use crate::domain::timed::{self, Timed};
use crate::domain::window::{Window, WindowId};

/// Windows looked at in one go.
const BATCH: i64 = 100;
/// How often old answers are removed.
const TIDY_EVERY: TimeDelta = TimeDelta::hours(1);
/// Redeliveries come within days; a month is on the safe side.
const REMEMBER_ANSWERS: TimeDelta = TimeDelta::days(30);
/// Repeats count for a minute.
const REMEMBER_REPEATS: TimeDelta = TimeDelta::hours(1);
/// Where timed events happen, for the audit trail.
const PLACE: &str = "clock";

/// One thing that the clock does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    /// A window starts, expires, is chased or completes.
    Window(WindowId),
    /// A series makes more windows.
    Series(SeriesId),
    /// An advisory becomes public, or its fixes are looked after.
    Advisory(AdvisoryId),
    /// The ladder of a window follows what changed in the subscriptions.
    Subscribers(WindowId),
}

impl Service {
    /// Does everything that is due at `now` (UTC) and says how many things it did.
    ///
    /// # Errors
    /// The database fails; what was done before stays done.
    pub async fn tick(&self, now: DateTime<Utc>) -> anyhow::Result<usize> {
        let mut did = 0;
        let mut looked_after = BTreeSet::new();
        loop {
            let due = self.db.read(async |tx| {
                let mut advisories = tx.advisories_due(now, BATCH).await?;
                advisories.extend(tx.fixes_due(now, BATCH).await?);
                Ok::<_, Failure>((tx.windows_due(now, BATCH).await?, tx.series_due(now, BATCH).await?, advisories))
            });
            let followed = self.follow_subscriptions(now).await.map_err(fault)?;
            let digested = self.owe_digests(now).await.map_err(fault)?;
            let (windows, series, mut advisories) = due.await.map_err(fault)?;
            advisories.retain(|id| looked_after.insert(*id));
            if windows.is_empty() && series.is_empty() && advisories.is_empty() && !followed && !digested {
                return Ok(did);
            }
            did += windows.len() + series.len() + advisories.len() + usize::from(followed) + usize::from(digested);
            for id in windows {
                self.act(Deed::Window(id), now).await.map_err(fault)?;
            }
            for id in series {
                self.act(Deed::Series(id), now).await.map_err(fault)?;
            }
            for id in advisories {
                self.act(Deed::Advisory(id), now).await.map_err(fault)?;
            }
            self.wake.ring();
        }
    }

    /// Does what is due until `stop`, sleeping in between.
    pub async fn pass_time(&self, stop: CancellationToken) {
        let mut rings = self.wake.listen();
        let mut tidied = None;
        while !stop.is_cancelled() {
            let now = self.now();
            if tidied.is_none_or(|at| now - at >= TIDY_EVERY) {
                tidied = Some(now);
                self.tidy(now).await;
            }
            let next = match self.tick(self.now()).await {
                Ok(_) => self.next_tick_at().await.unwrap_or_default(),
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "timed transitions failed; trying again");
                    None
                }
            };
            self.clock.rest(next, &mut rings, &stop).await;
        }
    }

    /// Forgets first answers and repeats that nobody can ask for any more.
    async fn tidy(&self, now: DateTime<Utc>) {
        let purge = self.db.write(async |tx| {
            tx.purge_repeats(now - REMEMBER_REPEATS).await?;
            tx.purge_inbound(now - REMEMBER_ANSWERS).await?;
            tx.purge_answers(now - REMEMBER_ANSWERS).await
        });
        if let Err(error) = purge.await {
            tracing::warn!(error = %error, "old answers could not be removed; trying again in an hour");
        }
        if let Err(error) = self.forget_wishes(now).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "unconfirmed subscriptions could not be forgotten; trying again in an hour"
            );
        }
    }

    /// When the clock will next do something (UTC).
    ///
    /// # Errors
    /// The database fails.
    pub async fn next_tick_at(&self) -> anyhow::Result<Option<DateTime<Utc>>> {
        let at = self.db.read(async |tx| {
            let (window, series) = (tx.next_action_at().await?, tx.next_series_at().await?);
            let digest = tx.digest_clocks().await?.into_iter().filter_map(|clock| clock.next_at).min();
            Ok::<_, Failure>([window, series, tx.next_embargo_at().await?, digest].into_iter().flatten().min())
        });
        at.await.map_err(fault)
    }

    /// Does one thing that is due, in a transaction of its own, as maintbot.
    pub(super) async fn act(&self, deed: Deed, now: DateTime<Utc>) -> Outcome<()> {
        let actor = Actor::maintbot();
        let parsed = parse(&Input::Text("whoami".into()))?;
        self.db
            .write(async |tx| {
                let organisation = self.with_subscribers(tx, true).await?;
                let mut cx = self.cx_for(tx, (&actor, PLACE), &parsed, &organisation);
                cx.now = now;
                match deed {
                    Deed::Window(id) => cx.pass_time(id).await,
                    Deed::Series(id) => cx.make_more(id).await,
                    Deed::Advisory(id) => cx.look_after(id).await,
                    Deed::Subscribers(id) => cx.follow_subscribers(id).await,
                }
            })
            .await
    }
}

impl Cx<'_> {
    /// Does the one thing that is due for this window, or notes that nothing is any more.
    async fn pass_time(&mut self, id: WindowId) -> Outcome<()> {
        self.lock(id).await?;
        let Some(mut w) = self.tx.window(id).await? else { return Ok(()) };
        let items = self.tx.items(id).await?;
        let policy = self.organisation.policy(&w.kind, &w.services);
        let kin = self.kin(&w).await?;
        let policy = kin.policy(policy);
        let Some((at, timed)) = timed::due(&w, &items, &policy, kin.holds(&w), self.now) else {
            return self.set_clock(&w, &items, &kin).await;
        };
        match timed {
            Timed::Start => self.begin(&mut w, &items, at, true).await,
            Timed::Expire => self.expire(w, &items).await,
            Timed::Complete => self.finish(&mut w, &items, Completion::by_itself(at)).await,
            Timed::NoShow { count, occasion } => {
                w.no_shows = count;
                let what = What::NoShow { after: occasion.clone() };
                self.chase(w, &items, MessageKind::NoShow, &occasion, what).await
            }
            Timed::Overrun { count, occasion } => {
                w.overruns = count;
                let what = What::Overran { after: occasion.clone() };
                self.chase(w, &items, MessageKind::Overrun, &occasion, what).await
            }
        }
    }

    /// Asks POC and ops what is going on. The occasion is the distance, so that a chase is made once.
    async fn chase(
        &mut self,
        mut w: Window,
        items: &ChangeList,
        message: MessageKind,
        occasion: &str,
        what: What,
    ) -> Outcome<()> {
        let event = self.record(&mut w, &what).await?;
        let rows = notice::for_poc_and_ops(&w, self.organisation, message, occasion, self.now);
        self.owe(&w, rows).await?;
        self.conclude(&w, items, event, &what).await
    }
}

pub(super) fn fault(failure: Failure) -> anyhow::Error {
    match failure {
        Failure::Fault(error) => error,
        Failure::Refused(refusal) => anyhow::anyhow!("{}", crate::message::words::refused(&refusal).detail),
        Failure::Instead(_) | Failure::Redelivered => anyhow::anyhow!("a timed transition came to no end"),
    }
}
