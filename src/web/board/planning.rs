//! What the board shows of planning: what waits for approval, plans, series, freezes.

use chrono::{DateTime, Utc};
use minijinja::context;
use minijinja::value::Value;

use crate::domain::freeze::Freeze;
use crate::domain::organisation::Organisation;
use crate::domain::plan::{Phases, PlanState};
use crate::domain::series::{Series, SeriesState};
use crate::domain::window::State;
use crate::message::text::count;
use crate::message::topic::AdvisoryTopic;
use crate::message::words;
use crate::service::Service;
use crate::service::query::{Full, FullPlan, WindowFilter};
use crate::web::staff::{approval, plan_buttons};
use crate::web::{plan_view, window_view};

/// How many of each are read.
const MOST: i64 = 50;
/// And how many are shown.
const SHOWN: usize = 8;

/// What is being planned and not over.
pub(super) struct Planning {
    /// Windows that an approver is asked for, by start.
    pub(super) waiting: Vec<Full>,
    /// Plans with a phase ahead, and drafts.
    pub(super) plans: Vec<FullPlan>,
    /// Series that make windows.
    pub(super) series: Vec<Series>,
    /// Freezes that are not over.
    pub(super) freezes: Vec<Freeze>,
    /// Advisories that were not taken back, the latest first.
    pub(super) advisories: Vec<AdvisoryTopic>,
}

pub(super) async fn read(service: &Service) -> anyhow::Result<Planning> {
    let pending = WindowFilter { states: vec![State::Pending], ..WindowFilter::default() };
    let mut waiting = service.full_windows(&pending, None, MOST).await?;
    waiting.retain(|full| full.window.request.is_some());
    let mut plans = service.plans(MOST).await?;
    plans.retain(|plan| goes_on(&plan.phases));
    let mut series = service.series(MOST).await?;
    series.retain(|series| series.state == SeriesState::Active);
    let mut advisories = service.advisories(None, MOST).await?;
    advisories.retain(|topic| topic.advisory.withdrawn_at.is_none());
    Ok(Planning { waiting, plans, series, freezes: service.freezes().await?, advisories })
}

/// A draft, or a plan with a phase that is not over.
fn goes_on(phases: &Phases) -> bool {
    phases.plan.state == PlanState::Draft || phases.live().any(|w| !w.state.is_over())
}

impl Planning {
    /// There is none of all that.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
            && self.plans.is_empty()
            && self.series.is_empty()
            && self.freezes.is_empty()
            && self.advisories.is_empty()
    }

    pub(super) fn values(&self, organisation: &Organisation, now: DateTime<Utc>) -> Value {
        let waiting = self.waiting.iter().take(SHOWN).map(|full| waits(organisation, full));
        context! {
            any => !self.plans.is_empty() || !self.series.is_empty() || !self.freezes.is_empty(),
            advisories => self.advisories.iter().take(SHOWN).map(|a| of_advisory(organisation, a, now)).collect::<Vec<_>>(),
            waiting => waiting.collect::<Vec<_>>(),
            more_waiting => self.waiting.len().saturating_sub(SHOWN),
            plans => self.plans.iter().take(SHOWN).map(|plan| of_plan(&plan.phases)).collect::<Vec<_>>(),
            series => self.series.iter().take(SHOWN).map(of_series).collect::<Vec<_>>(),
            freezes => self.freezes.iter().take(SHOWN).map(of_freeze).collect::<Vec<_>>(),
        }
    }
}

fn waits(organisation: &Organisation, full: &Full) -> Value {
    let w = &full.window;
    context! {
        id => w.id.to_string(),
        title => w.title.as_str(),
        when => window_view::when(&w.span),
        services => words::services(organisation, w),
        approval => approval(organisation, w),
    }
}

fn of_plan(phases: &Phases) -> Value {
    let plan = &phases.plan;
    let (state, tone) = plan_view::plan_state(phases);
    let next = phases.live().find(|w| !w.state.is_over());
    context! {
        id => plan.id.to_string(),
        title => plan.title.as_str(),
        state,
        tone,
        held_reason => plan.held.as_ref().map(|held| held.reason.as_str()).unwrap_or_default(),
        held_by => plan.held.as_ref().map(|held| held.by.as_str()).unwrap_or_default(),
        phases => count(phases.live().count(), "phase"),
        next => next.map(|w| window_view::when(&w.span)),
        buttons => plan_buttons(phases),
    }
}

fn of_series(series: &Series) -> Value {
    context! { id => series.id.to_string(), title => series.template.title.as_str(), rule => words::rule(series) }
}

/// What is under embargo has no name here: the console is open to everybody with a role.
fn of_advisory(organisation: &Organisation, topic: &AdvisoryTopic, now: DateTime<Utc>) -> Value {
    let a = &topic.advisory;
    context! {
        id => a.id.to_string(),
        name => if topic.is_disclosed(now) { a.name() } else { String::new() },
        state => words::advisory_state(topic, now, &organisation.zone),
    }
}

fn of_freeze(freeze: &Freeze) -> Value {
    context! { id => freeze.id.to_string(), title => freeze.title.as_str(), days => freeze.days_words() }
}
