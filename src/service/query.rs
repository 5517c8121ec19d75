//! What pages, feeds and the API read. Functions of the service, so that no surface has queries of its own.

mod banner;

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Failure, Service};
use crate::domain::access::{Actor, Role};
use crate::domain::advisory::{Advisory, AdvisoryId, Disposition};
use crate::domain::calendar::local;
use crate::domain::change::{ChangeItem, ChangeList};
use crate::domain::channel::Lane;
use crate::domain::customer::Told;
use crate::domain::event::{Event, What};
use crate::domain::freeze::Freeze;
use crate::domain::ledger::Delivery;
use crate::domain::plan::{Phases, Plan, PlanId, Qa};
use crate::domain::series::{Series, SeriesId, SeriesState};
use crate::domain::subject::Subject;
use crate::domain::window::{State, Window, WindowId};
use crate::message::topic::AdvisoryTopic;
pub use crate::store::{ConsoleChannel, Issue, Post, Token, WindowFilter};
use crate::store::{StoreError, Tx};
pub use banner::{Scope, Shown};

/// Windows that were over up to so long ago are on the first page.
const PAST: TimeDelta = TimeDelta::days(30);
/// How far ahead a person's desk looks.
const WEEK: TimeDelta = TimeDelta::days(7);
/// How many windows are looked at for one desk or one post: more than anybody has open.
const LOOKED_AT: i64 = 200;
/// States of windows that are not over.
const LIVE: [State; 4] = [State::Pending, State::Scheduled, State::InProgress, State::Verifying];

/// One window with all that belongs to it.
#[derive(Clone, Debug)]
pub struct Full {
    /// The window.
    pub window: Window,
    /// Its change list.
    pub items: ChangeList,
    /// Its audit trail, oldest first.
    pub events: Vec<Event>,
    /// Its plan with all phases, where it is one of them.
    pub phases: Option<Phases>,
    /// Its questions and answers, then those of its plan.
    pub qa: Vec<Qa>,
    /// Who has told which customer.
    pub told: Vec<Told>,
}

impl Full {
    /// The window as the public sees it: while a change waits for approval with the last approved facts. `None`: nothing
    /// of it is public.
    #[must_use]
    pub fn as_public(&self) -> Option<Self> {
        let window = self.window.as_published()?.into_owned();
        Some(Self { window, ..self.clone() })
    }
}

/// A plan with all that belongs to it.
#[derive(Clone, Debug)]
pub struct FullPlan {
    /// The plan and its windows in the order they start.
    pub phases: Phases,
    /// Its questions and answers.
    pub qa: Vec<Qa>,
    /// Its audit trail and that of its phases, oldest first.
    pub events: Vec<Event>,
}

/// A series with the windows it made.
#[derive(Clone, Debug)]
pub struct FullSeries {
    /// The series.
    pub series: Series,
    /// Its windows in order.
    pub windows: Vec<Window>,
    /// Its audit trail, oldest first.
    pub events: Vec<Event>,
}

/// What the public page shows.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// In progress, verifying, or past their start.
    pub now: Vec<Full>,
    /// Scheduled.
    pub upcoming: Vec<Full>,
    /// Completed or cancelled of late, newest first.
    pub past: Vec<Full>,
}

/// What one person has to do, and what is coming. Everything in the order of starts.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// Windows that are not over and that they are point of contact of, or asked for.
    pub windows: Vec<Window>,
    /// Open items that are theirs, with their windows.
    pub items: Vec<(Window, ChangeItem)>,
    /// Windows that wait for an approval which they may give.
    pub approvals: Vec<Window>,
    /// Windows of the next seven days as the public sees them.
    pub soon: Vec<Window>,
}

pub(super) type Read<T> = anyhow::Result<T>;

impl Service {
    pub(super) async fn reading<T>(
        &self,
        read: impl AsyncFnOnce(&mut crate::store::Tx) -> Result<T, Failure>,
    ) -> Read<T> {
        self.db.read(read).await.map_err(|failure| match failure {
            Failure::Fault(error) => error,
            _ => anyhow::anyhow!("the database cannot be read"),
        })
    }

    /// A window with its list and history.
    pub async fn full(&self, id: WindowId) -> Read<Option<Full>> {
        self.reading(async |tx| {
            let Some(window) = tx.window(id).await? else { return Ok(None) };
            full(tx, window).await.map(Some)
        })
        .await
    }

    /// A window as the public sees it, with its plan as the public sees that; `None` if nothing of it is or ever was
    /// public. It stays [`State::Pending`] while a change of it waits for approval.
    pub async fn public_window(&self, id: WindowId) -> Read<Option<Full>> {
        self.reading(async |tx| match tx.window(id).await? {
            Some(window) => public_full(tx, window).await,
            None => Ok(None),
        })
        .await
    }

    /// A plan as the public sees it, with those of its phases that are or were public; `None` if none is.
    pub async fn public_plan(&self, id: PlanId) -> Read<Option<FullPlan>> {
        self.reading(async |tx| {
            let Some(plan) = tx.plan(id).await?.filter(|plan| plan.published_at.is_some()) else { return Ok(None) };
            let mut found = full_plan(tx, plan).await?;
            found.phases = public_phases(tx, found.phases).await?;
            Ok((!found.phases.windows.is_empty()).then_some(found))
        })
        .await
    }

    /// A series that still makes windows, with at most `most` public ones that are ahead; `None` if there is none.
    pub async fn public_series(&self, id: SeriesId, most: usize) -> Read<Option<(Series, Vec<Window>)>> {
        let now = self.now();
        self.reading(async |tx| {
            let Some(series) = tx.one_series(id).await?.filter(|s| s.state == SeriesState::Active) else {
                return Ok(None);
            };
            let from = local(now, &series.zone).checked_sub_signed(PAST);
            let windows = tx.windows_of_series(id, from).await?;
            let shown = windows.iter().filter(|w| !w.state.is_over()).filter_map(Window::as_published);
            let mut ahead: Vec<Window> = shown.filter(|w| w.span.starts_at > now).map(Cow::into_owned).collect();
            ahead.sort_by_key(|w| (w.span.starts_at, w.id));
            ahead.truncate(most);
            Ok(Some((series, ahead)))
        })
        .await
    }

    /// Windows in ascending start from `after` on, with all that belongs to them.
    pub async fn full_windows(
        &self,
        filter: &WindowFilter,
        after: Option<(DateTime<Utc>, WindowId)>,
        limit: i64,
    ) -> Read<Vec<Full>> {
        self.reading(async |tx| {
            let mut found = Vec::new();
            for window in tx.windows(filter, after, limit).await? {
                found.push(full(tx, window).await?);
            }
            Ok(found)
        })
        .await
    }

    /// Windows in ascending start from `after` on, with their lists.
    pub async fn windows(
        &self,
        filter: &WindowFilter,
        after: Option<(DateTime<Utc>, WindowId)>,
        limit: i64,
    ) -> Read<Vec<(Window, ChangeList)>> {
        self.reading(async |tx| {
            let mut found = Vec::new();
            for window in tx.windows(filter, after, limit).await? {
                found.push((tx.items(window.id).await?, window));
            }
            Ok(found.into_iter().map(|(items, window)| (window, items)).collect())
        })
        .await
    }

    /// What the public page shows, at most `most` of each.
    pub async fn overview(&self, most: i64) -> Read<Overview> {
        let now = self.now();
        self.reading(async |tx| {
            let mut found = Overview::default();
            let live = WindowFilter { states: LIVE.to_vec(), ..WindowFilter::default() };
            for window in tx.windows(&live, None, most).await? {
                let Some(full) = public_full(tx, window).await? else { continue };
                let running = full.window.state.is_running() || full.window.span.starts_at <= now;
                if running { found.now.push(full) } else { found.upcoming.push(full) }
            }
            // They were read in the order of the times that are asked for; the public sees those approved last.
            for windows in [&mut found.now, &mut found.upcoming] {
                windows.sort_by_key(|full| (full.window.span.starts_at, full.window.id));
            }
            let called_off = WindowFilter {
                states: vec![State::Cancelled],
                from: Some(now - PAST),
                to: Some(now + PAST),
                ..WindowFilter::default()
            };
            let mut over = tx.windows_over(most).await?;
            over.extend(tx.windows(&called_off, None, most).await?);
            let ended = |w: &Window| w.actual_end.unwrap_or(w.span.starts_at);
            over.sort_by_key(|w| std::cmp::Reverse((ended(w), w.id)));
            over.truncate(usize::try_from(most).unwrap_or(0));
            for window in over.into_iter().filter(|w| ended(w) >= now - PAST) {
                found.past.extend(public_full(tx, window).await?);
            }
            Ok(found)
        })
        .await
    }

    /// What somebody has to do: nobody who may not read has anything but what is public.
    pub async fn desk(&self, actor: &Actor) -> Read<Desk> {
        let now = self.now();
        let live = WindowFilter { states: LIVE.to_vec(), ..WindowFilter::default() };
        self.reading(async |tx| {
            let mut found = Desk::default();
            let coming = WindowFilter { from: Some(now), to: Some(now + WEEK), ..live.clone() };
            for window in tx.windows(&coming, None, LOOKED_AT).await? {
                found.soon.extend(window.as_published().map(Cow::into_owned));
            }
            found.soon.retain(|w| w.span.ends_at > now && w.span.starts_at < now + WEEK);
            found.soon.sort_by_key(|w| (w.span.starts_at, w.id));
            if !actor.may(Role::Viewer) {
                return Ok(found);
            }
            let theirs = WindowFilter { poc_or_assignee: Some(actor.id.clone()), ..live.clone() };
            for window in tx.windows(&theirs, None, LOOKED_AT).await? {
                let items = tx.items(window.id).await?;
                let own = items.open().into_iter().filter(|item| item.assignee.as_deref() == Some(&actor.id));
                found.items.extend(own.map(|item| (window.clone(), item.clone())));
                if window.poc.as_deref() == Some(&actor.id) || window.requester == actor.id {
                    found.windows.push(window);
                }
            }
            if actor.may(Role::Approver) {
                let waiting = WindowFilter { states: vec![State::Pending], ..WindowFilter::default() };
                let theirs = |w: &Window| {
                    w.requester != actor.id
                        && w.request.as_ref().is_some_and(|r| r.by != actor.id && r.expires_at > now)
                };
                found.approvals = tx.windows(&waiting, None, LOOKED_AT).await?;
                found.approvals.retain(theirs);
            }
            Ok(found)
        })
        .await
    }

    /// The window or plan that was posted in a conversation at the other end of a lane, under this id of the message there.
    pub async fn posted_as(&self, lane: Lane, conversation: &str, id: &str) -> Read<Option<Subject>> {
        let remote = format!("{conversation}/{id}");
        self.reading(async |tx| Ok(tx.posted(lane, &remote).await?)).await
    }

    /// A plan with its phases; `None` if there is no such plan.
    pub async fn plan(&self, id: PlanId) -> Read<Option<FullPlan>> {
        self.reading(async |tx| {
            let Some(plan) = tx.plan(id).await? else { return Ok(None) };
            full_plan(tx, plan).await.map(Some)
        })
        .await
    }

    /// Plans, newest first.
    pub async fn plans(&self, limit: i64) -> Read<Vec<FullPlan>> {
        self.reading(async |tx| {
            let mut found = Vec::new();
            for plan in tx.plans(limit).await? {
                found.push(full_plan(tx, plan).await?);
            }
            Ok(found)
        })
        .await
    }

    /// A series with its windows; `None` if there is no such series.
    pub async fn one_series(&self, id: SeriesId) -> Read<Option<FullSeries>> {
        self.reading(async |tx| {
            let Some(series) = tx.one_series(id).await? else { return Ok(None) };
            let (windows, events) = (tx.windows_of_series(id, None).await?, tx.events(id).await?);
            Ok(Some(FullSeries { series, windows, events }))
        })
        .await
    }

    /// At most `limit` plans, newest first, those behind `before` where that is given.
    pub async fn plans_before(&self, before: Option<PlanId>, limit: usize) -> Read<Vec<FullPlan>> {
        self.reading(async |tx| {
            let newest = tx.plans(1).await?.first().map_or(0, |plan| plan.id.0);
            let mut found = Vec::new();
            for id in below(before.map(|id| id.0), newest) {
                if let Some(plan) = tx.plan(PlanId(id)).await? {
                    found.push(full_plan(tx, plan).await?);
                }
                if found.len() >= limit {
                    break;
                }
            }
            Ok(found)
        })
        .await
    }

    /// At most `limit` series, newest first, those behind `before` where that is given.
    pub async fn series_before(&self, before: Option<SeriesId>, limit: usize) -> Read<Vec<Series>> {
        self.reading(async |tx| {
            let newest = tx.series(1).await?.first().map_or(0, |series| series.id.0);
            let mut found = Vec::new();
            for id in below(before.map(|id| id.0), newest) {
                found.extend(tx.one_series(SeriesId(id)).await?);
                if found.len() >= limit {
                    break;
                }
            }
            Ok(found)
        })
        .await
    }

    /// Series, newest first.
    pub async fn series(&self, limit: i64) -> Read<Vec<Series>> {
        self.reading(async |tx| Ok(tx.series(limit).await?)).await
    }

    /// Freezes that are not over, by first day.
    pub async fn freezes(&self) -> Read<Vec<Freeze>> {
        let today = local(self.now(), &self.organisation().zone).date();
        self.reading(async |tx| Ok(tx.freezes(Some(today)).await?)).await
    }

    /// The ledger of a plan in order of time; `None` if there is no such plan.
    pub async fn plan_deliveries(&self, id: PlanId) -> Read<Option<Vec<Delivery>>> {
        self.reading(async |tx| match tx.plan(id).await? {
            Some(_) => Ok(Some(tx.deliveries(id).await?)),
            None => Ok(None),
        })
        .await
    }

    /// The ledger of a window in order of time; `None` if there is no such window.
    pub async fn deliveries(&self, id: WindowId) -> Read<Option<Vec<Delivery>>> {
        self.reading(async |tx| match tx.window(id).await? {
            Some(_) => Ok(Some(tx.deliveries(id).await?)),
            None => Ok(None),
        })
        .await
    }

    /// At most `limit` advisories, newest first, those behind `before` where that is given; everything known of them, for
    /// staff.
    pub async fn advisories(&self, before: Option<AdvisoryId>, limit: i64) -> Read<Vec<AdvisoryTopic>> {
        self.reading(async |tx| {
            let mut found = Vec::new();
            for advisory in tx.advisories(before, limit).await? {
                found.push(advisory_topic(tx, advisory).await?);
            }
            Ok(found)
        })
        .await
    }

    /// An advisory with its audit trail, for staff; `None` if there is no such advisory.
    pub async fn advisory(&self, id: AdvisoryId) -> Read<Option<(AdvisoryTopic, Vec<Event>)>> {
        self.reading(async |tx| {
            let Some(advisory) = tx.advisory(id).await? else { return Ok(None) };
            Ok(Some((advisory_topic(tx, advisory).await?, tx.events(id).await?)))
        })
        .await
    }

    /// The ledger of an advisory in order of time; `None` if there is no such advisory.
    pub async fn advisory_deliveries(&self, id: AdvisoryId) -> Read<Option<Vec<Delivery>>> {
        self.reading(async |tx| match tx.advisory(id).await? {
            Some(_) => Ok(Some(tx.deliveries(id).await?)),
            None => Ok(None),
        })
        .await
    }

    /// An advisory as the public sees it; `None` while it is under embargo, or not public yet.
    pub async fn public_advisory(&self, id: AdvisoryId) -> Read<Option<AdvisoryTopic>> {
        let now = self.now();
        let found = self.advisory(id).await?.map(|(topic, _)| topic);
        Ok(found.filter(|topic| topic.is_disclosed(now)).map(without_details))
    }

    /// At most `limit` advisories that are public, newest first, without those that were taken back.
    pub async fn public_advisories(&self, limit: i64) -> Read<Vec<AdvisoryTopic>> {
        let now = self.now();
        let all = self.advisories(None, limit).await?.into_iter();
        let shown = all.filter(|topic| topic.advisory.withdrawn_at.is_none() && topic.is_disclosed(now));
        Ok(shown.map(without_details).collect())
    }

    /// Console channels by name.
    pub async fn channels(&self) -> Read<Vec<ConsoleChannel>> {
        self.reading(async |tx| Ok(tx.channels().await?)).await
    }

    /// Posts of a console channel, newest last.
    pub async fn posts(&self, channel: &str, before: Option<i64>, limit: i64) -> Read<Vec<Post>> {
        self.reading(async |tx| Ok(tx.posts(channel, before, limit).await?)).await
    }

    /// Change lists in the built-in tracker, the latest first, each with the windows and items it stands for: one
    /// window, or the phases of a plan.
    pub async fn issues(&self, open_only: bool, limit: i64) -> Read<Vec<(Issue, Vec<Full>)>> {
        self.reading(async |tx| {
            let mut found = Vec::new();
            for issue in tx.issues(open_only, limit).await? {
                let windows = match issue.subject {
                    Subject::Window(id) => tx.window(id).await?.into_iter().collect(),
                    Subject::Plan(id) => tx.windows_of_plan(id).await?,
                    _ => Vec::new(),
                };
                let mut of_issue = Vec::new();
                for window in windows {
                    of_issue.push(full(tx, window).await?);
                }
                found.push((issue, of_issue));
            }
            Ok(found)
        })
        .await
    }

    /// The change list of a window in the built-in tracker: its plan's, where it is a phase.
    pub async fn issue(&self, id: WindowId) -> Read<Option<Issue>> {
        self.reading(async |tx| {
            let plan = tx.window(id).await?.and_then(|w| w.plan);
            Ok(tx.issue(plan.map_or(Subject::Window(id), Subject::Plan)).await?)
        })
        .await
    }

    /// Service ids that can be typed: the configured ones, else those used before.
    pub async fn service_ids(&self) -> Read<Vec<String>> {
        if !self.organisation().services.is_empty() {
            return Ok(self.organisation().services.keys().cloned().collect());
        }
        self.reading(async |tx| Ok(tx.known_services().await?)).await
    }

    /// The role of an API token that is neither expired nor revoked, by the hash of its text.
    pub async fn token(&self, hash: &str) -> Read<Option<Token>> {
        // Tokens expire in the world's time, also where the clock is moved by hand.
        let wall = crate::clock::Clock::wall();
        let token = self.reading(async |tx| Ok(tx.token_by_hash(hash).await?)).await?;
        Ok(token.filter(|t| t.revoked_at.is_none() && t.expires_at.is_none_or(|at| at > wall)))
    }

    /// All tokens, without their text: it is not kept.
    pub async fn tokens(&self) -> Read<Vec<Token>> {
        self.reading(async |tx| Ok(tx.tokens().await?)).await
    }

    /// Stores a token by its hash. `expires_at` is UTC.
    pub async fn add_token(&self, name: &str, hash: &str, role: Role, expires_at: Option<DateTime<Utc>>) -> Read<i64> {
        let created = crate::clock::Clock::wall();
        let stored = self.db.write(async |tx| tx.insert_token(name, hash, role, expires_at, created).await);
        Ok(stored.await?)
    }

    /// Revokes a token; `false` if there is none of that number that is still good.
    pub async fn revoke_token(&self, id: i64) -> Read<bool> {
        let at = crate::clock::Clock::wall();
        Ok(self.db.write(async |tx| tx.revoke_token(id, at).await).await?)
    }

    /// Whether the database answers and can be written.
    ///
    /// # Errors
    /// Why it cannot.
    pub async fn ready(&self) -> Result<(), crate::store::StoreError> {
        self.db.ping().await?;
        self.db.check_writable().await
    }
}

/// Nothing that is for staff alone.
fn without_details(topic: AdvisoryTopic) -> AdvisoryTopic {
    let made_public = topic.public_window().is_some() || topic.advisory.disposition == Disposition::Patched;
    let advisory = Advisory { details: String::new(), requester: String::new(), ..topic.advisory };
    AdvisoryTopic { advisory, window: topic.window.filter(|_| made_public), fixes: topic.fixes }
}

/// An advisory with its windows.
pub(super) async fn advisory_topic(tx: &mut Tx, advisory: Advisory) -> Result<AdvisoryTopic, StoreError> {
    let window = match advisory.window {
        Some(id) => tx.window(id).await?,
        None => None,
    };
    let mut fixes = Vec::new();
    for fix in tx.fixes(advisory.id).await? {
        let window = match fix.place {
            Some(place) => tx.window(place.window).await?,
            None => None,
        };
        // Times that wait for approval are nothing to promise.
        let window = window.and_then(|w| w.as_published().map(Cow::into_owned));
        fixes.push((fix, window));
    }
    Ok(AdvisoryTopic { advisory, window, fixes })
}

async fn full(tx: &mut Tx, window: Window) -> Result<Full, Failure> {
    let id = window.id;
    let mut qa = tx.qa(id).await?;
    let mut phases = None;
    if let Some(plan) = window.plan
        && let Some(found) = tx.plan(plan).await?
    {
        qa.extend(tx.qa(plan).await?);
        phases = Some(Phases::new(found, tx.windows_of_plan(plan).await?));
    }
    let told = tx.told(id).await?;
    Ok(Full { items: tx.items(id).await?, events: tx.events(id).await?, window, phases, qa, told })
}

/// A window with all that belongs to it as the public sees it; `None` if nothing of it is or ever was public.
async fn public_full(tx: &mut Tx, window: Window) -> Result<Option<Full>, Failure> {
    let Some(shown) = public(tx, &window).await? else { return Ok(None) };
    let mut found = full(tx, window).await?;
    found.window = shown;
    found.told.clear();
    if let Some(phases) = found.phases.take() {
        found.phases = Some(public_phases(tx, phases).await?);
    }
    Ok(Some(found))
}

async fn public_phases(tx: &mut Tx, phases: Phases) -> Result<Phases, Failure> {
    let mut shown = Vec::new();
    for window in &phases.windows {
        shown.extend(public(tx, window).await?);
    }
    Ok(Phases::new(phases.plan, shown))
}

/// A window with the facts that are public, or last were: one that was called off while a change of it waited for
/// approval never had the facts of that change.
async fn public(tx: &mut Tx, window: &Window) -> Result<Option<Window>, Failure> {
    if window.state != State::Cancelled || window.published.is_none() {
        let shown = window.as_published().map(Cow::into_owned);
        return Ok(if was_public(tx, window).await? { shown } else { None });
    }
    let mut asked = window.clone();
    asked.state = State::Pending;
    let shown = asked.as_published().map(Cow::into_owned);
    Ok(shown.map(|shown| Window { state: State::Cancelled, ..shown }))
}

/// Numbers from behind `before` down, the newest first. They are given without gaps.
fn below(before: Option<i64>, newest: i64) -> impl Iterator<Item = i64> {
    (1..=before.map_or(newest, |before| (before - 1).min(newest))).rev()
}

async fn full_plan(tx: &mut Tx, plan: Plan) -> Result<FullPlan, Failure> {
    let windows = tx.windows_of_plan(plan.id).await?;
    let mut subjects = vec![Subject::Plan(plan.id)];
    subjects.extend(windows.iter().map(|w| Subject::Window(w.id)));
    let (qa, events) = (tx.qa(plan.id).await?, tx.events_of(&subjects).await?);
    Ok(FullPlan { phases: Phases::new(plan, windows), qa, events })
}

/// A window that was called off before anybody agreed to it was never public.
async fn was_public(tx: &mut Tx, window: &Window) -> Result<bool, Failure> {
    if window.state != State::Cancelled {
        return Ok(true);
    }
    let events = tx.events(window.id).await?;
    let asked = events.iter().any(|e| matches!(e.what, What::Requested { change: false, .. }));
    let agreed = events.iter().any(|e| matches!(e.what, What::Approved { .. } | What::Moved { .. }));
    if asked && !agreed {
        return Ok(false);
    }
    let Some(plan) = window.plan else { return Ok(true) };
    // By their numbers: both may have happened within one second.
    let ended =
        events.iter().find(|e| matches!(e.what, What::Cancelled { .. } | What::Rejected { .. } | What::Expired));
    let published = tx.events(plan).await?.into_iter().find(|e| matches!(e.what, What::Published { .. }));
    Ok(published.is_some_and(|published| ended.is_some_and(|ended| published.id < ended.id)))
}
