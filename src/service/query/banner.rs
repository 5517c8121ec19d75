//! Windows of the moment as the public sees them: what banners in products and maintenance pages show. Reads only.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Full, LOOKED_AT, Read, Service, WindowFilter, public_full};
use crate::domain::plan::{Phases, Plan, PlanId};
use crate::domain::window::{State, Window, WindowId};
use crate::service::Failure;
use crate::service::run::EARLY_START;
use crate::store::Tx;

/// What somebody cares for. A list that is empty narrows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Ids of services: a window that touches one of them.
    pub services: Vec<String>,
    /// Ids of regions: a window that touches one of them, or names none.
    pub regions: Vec<String>,
    /// Environments: a window in one of them.
    pub environments: Vec<String>,
}

impl Scope {
    /// Whether a window takes down something that is cared for.
    #[must_use]
    pub fn concerns(&self, w: &Window) -> bool {
        let any = |wanted: &[String], own: &[String]| wanted.is_empty() || own.iter().any(|id| wanted.contains(id));
        w.kind.has_downtime()
            && any(&self.services, &w.services)
            && (w.regions.is_empty() || any(&self.regions, &w.regions))
            && any(&self.environments, std::slice::from_ref(&w.environment))
    }
}

/// A window of the moment, with the facts that are public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The window as the public sees it; [`State::Pending`] while a change of it waits for approval.
    pub window: Window,
    /// Its plan is held and it has not begun: it does not start before the plan is released.
    pub on_hold: bool,
}

impl Service {
    /// Windows with downtime that concern `scope` and that are running, or whose planned time is now or begins within
    /// `ahead`: those that are running first, then by start. What was never started and whose time has passed is left
    /// out.
    pub async fn public_around(&self, scope: &Scope, ahead: TimeDelta) -> Read<Vec<Shown>> {
        let now = self.now();
        self.reading(async |tx| {
            let mut plans = BTreeMap::new();
            let mut found = Vec::new();
            // What was started early is running already, however short `ahead` is.
            let until = now + ahead.max(EARLY_START + TimeDelta::seconds(1));
            for window in open_around(tx, now, until).await? {
                let Some(window) = window.as_published().map(Cow::into_owned) else { continue };
                let is_near = window.span.starts_at < now + ahead && window.span.ends_at > now;
                if scope.concerns(&window) && (window.state.is_running() || is_near) {
                    let on_hold = is_held(tx, &window, &mut plans).await?;
                    found.push(Shown { window, on_hold });
                }
            }
            found.sort_by_key(|shown| {
                let w = &shown.window;
                (!w.state.is_running(), w.span.starts_at, w.id)
            });
            Ok(found)
        })
        .await
    }

    /// At most `most` windows with all that is public of them, of those that [`Service::public_around`] gives for this
    /// moment and that are not on hold.
    pub async fn public_now(&self, scope: &Scope, most: usize) -> Read<Vec<Full>> {
        // Its first second belongs to a window.
        let mut shown = self.public_around(scope, TimeDelta::seconds(1)).await?;
        shown.retain(|shown| !shown.on_hold);
        let ids: Vec<WindowId> = shown.iter().take(most).map(|shown| shown.window.id).collect();
        self.reading(async |tx| {
            let mut found = Vec::new();
            for id in ids {
                if let Some(window) = tx.window(id).await? {
                    found.extend(public_full(tx, window).await?);
                }
            }
            Ok(found)
        })
        .await
    }
}

/// Windows that are not over and that lie between these instants (UTC) by what is asked for or, while a change waits
/// for approval, perhaps by what was approved last.
async fn open_around(tx: &mut Tx, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Window>, Failure> {
    let mut found = tx.open_windows_between(from, to).await?;
    let changing = WindowFilter { states: vec![State::Pending], changing: true, ..WindowFilter::default() };
    for window in tx.windows(&changing, None, LOOKED_AT).await? {
        if !found.iter().any(|other| other.id == window.id) {
            found.push(window);
        }
    }
    Ok(found)
}

/// Whether its plan holds a window. `plans` keeps those that were read.
async fn is_held(tx: &mut Tx, w: &Window, plans: &mut BTreeMap<PlanId, Option<Plan>>) -> Result<bool, Failure> {
    let Some(id) = w.plan else { return Ok(false) };
    let plan = match plans.entry(id) {
        Entry::Occupied(read) => read.get().clone(),
        Entry::Vacant(place) => place.insert(tx.plan(id).await?).clone(),
    };
    Ok(plan.is_some_and(|plan| Phases::new(plan, Vec::new()).holds(w)))
}
