//! What is known of the window, plan, advisory or subscription that a row is about, and which events the row speaks of.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::advisory::{AdvisoryId, Disposition};
use crate::domain::digest::REACH;
use crate::domain::event::{Event, What};
use crate::domain::ledger::{Delivery, MessageKind, Reason};
use crate::domain::organisation::{Channel, Organisation};
use crate::domain::plan::{Phases, Plan, PlanId};
use crate::domain::subject::Subject;
use crate::domain::subscription::{SUBSCRIBERS, Subscription, SubscriptionId};
use crate::domain::window::{State, Window, WindowId};
use crate::message::topic::{AdvisoryTopic, DigestTopic, Done, PlanTopic, Topic, WindowTopic};
use crate::store::{StoreError, Tx, WindowFilter};

/// Windows that a digest looks through, of those that are not over and of those that are.
const MOST_IN_DIGEST: i64 = 200;
/// How long after its end somebody may say that a window was completed, for a digest to tell of it.
const LATE: TimeDelta = TimeDelta::days(14);
/// Digests of a channel, and failures of any, that are looked at: the latest.
const DIGESTS: i64 = 20;

/// Everything that is known of the window, plan, advisory or subscription that a row is about.
#[derive(Clone, Debug)]
pub struct About {
    /// The window, plan, advisory or subscription as it is now.
    pub topic: Topic,
    /// Its ledger: with a phase also its plan's, with a plan also those of its phases. Of subscribers only the row's own.
    pub rows: Vec<Delivery>,
    /// Their audit trails, oldest first.
    pub events: Vec<Event>,
    /// The subscription for which the row goes to its channel, while there is one. Nothing of rows for anybody else.
    pub subscriber: Option<Subscription>,
}

impl About {
    /// The page on which the reader of the row ends it, where it goes out for a subscription: what `List-Unsubscribe` of a
    /// mail names (RFC 8058).
    #[must_use]
    pub fn unsubscribe_url(&self, organisation: &Organisation) -> Option<String> {
        self.subscriber.as_ref().map(|subscriber| subscriber.unsubscribe_url(organisation))
    }

    /// The rows about the same window or plan as `row`.
    #[must_use]
    pub fn own_rows(&self, row: &Delivery) -> Vec<Delivery> {
        self.rows.iter().filter(|other| other.subject == row.subject).cloned().collect()
    }

    /// The events a row speaks of: the one that caused it; for a difference, every list edit from there on. A move that
    /// took the place of one that was never sent speaks of both, of a plan also where they were moves of two phases.
    #[must_use]
    pub fn events_of(&self, row: &Delivery) -> Vec<Event> {
        let Ok(first) = row.plan.occasion.parse::<i64>() else { return Vec::new() };
        let is_difference = row.plan.message == MessageKind::ChangeListUpdate;
        let later = |e: &Event| is_difference && e.subject == row.subject && e.id > first && e.what.is_about_items();
        let mut events: Vec<Event> = self.events.iter().filter(|e| e.id == first || later(e)).cloned().collect();
        if row.plan.message == MessageKind::Moved && !events.is_empty() {
            for earlier in self.unsent_moves_before(row, first) {
                match events.iter_mut().find(|event| event.subject == earlier.subject) {
                    Some(event) => event.what = event.what.since(&earlier.what),
                    None => events.push(earlier.clone()),
                }
            }
        }
        events
    }

    /// What a request for approval speaks of once it stands: what was decided about it, first, if it is, and the asking.
    #[must_use]
    pub fn request_of(&self, row: &Delivery) -> Vec<Event> {
        let steps = |what: &What| {
            use What::{Approved, Expired, Rejected, Requested};
            matches!(what, Requested { .. } | Approved { .. } | Rejected { .. } | Expired)
        };
        let mut steps: Vec<&Event> =
            self.events.iter().filter(|e| e.subject == row.subject && steps(&e.what)).collect();
        let asked = |e: &&Event| match row.plan.occasion.parse::<i64>() {
            Ok(event) => e.id == event,
            // Reminded of is what was asked for last by then.
            Err(_) => matches!(e.what, What::Requested { .. }) && row.sent_at.is_none_or(|sent| e.at <= sent),
        };
        let Some(asked) = steps.iter().rposition(asked) else { return Vec::new() };
        let next = steps.get(asked + 1).filter(|e| !matches!(e.what, What::Requested { .. })).copied();
        next.into_iter().chain([steps.swap_remove(asked)]).cloned().collect()
    }

    /// Moves that the same channel never heard of because this one took their place, the latest first.
    fn unsent_moves_before(&self, row: &Delivery, event: i64) -> Vec<&Event> {
        let number = |row: &Delivery| row.plan.occasion.parse::<i64>().ok();
        let same = |other: &&Delivery| {
            other.subject == row.subject
                && other.plan.channel == row.plan.channel
                && other.plan.message == MessageKind::Moved
        };
        let mut moves: Vec<&Delivery> =
            self.rows.iter().filter(same).filter(|row| number(row).is_some_and(|n| n < event)).collect();
        moves.sort_by_key(|row| std::cmp::Reverse(row.id));
        let unsent = moves.into_iter().take_while(|row| row.reason == Some(Reason::Moved));
        unsent.filter_map(|row| self.events.iter().find(|e| Some(e.id) == number(row))).collect()
    }
}

/// Reads all of it for one row. Whoever decides on it in the same transaction takes its [`lock`] first. `None`: it is gone,
/// or nothing is ever sent about such a thing.
pub(super) async fn of_row(tx: &mut Tx, row: &Delivery) -> Result<Option<About>, StoreError> {
    let Some(about) = read(tx, row.subject, &row.plan.channel).await? else { return Ok(None) };
    let is_for_one = row.plan.audience == SUBSCRIBERS && row.plan.message.is_for_audiences();
    let subscriber = if is_for_one { tx.subscription_on(&row.plan.channel).await? } else { None };
    Ok(Some(About { subscriber: subscriber.filter(|subscriber| subscriber.since.is_some()), ..about }))
}

/// What every row about it has in common.
pub(super) async fn read(tx: &mut Tx, subject: Subject, reader: &Channel) -> Result<Option<About>, StoreError> {
    match subject {
        Subject::Window(id) => of_window(tx, id, reader).await,
        Subject::Plan(id) => of_plan(tx, id, reader).await,
        Subject::Advisory(id) => of_advisory(tx, id, reader).await,
        Subject::Subscription(id) => of_subscription(tx, id).await,
        Subject::Digest => of_digest(tx, reader).await.map(Some),
        Subject::Series(_) | Subject::Freeze(_) => Ok(None),
    }
}

/// In whose order rows about a subject are sent: the plan's for its phases.
pub(super) async fn queue_of(tx: &mut Tx, subject: Subject) -> Result<Subject, StoreError> {
    let Some(id) = subject.window() else { return Ok(subject) };
    Ok(tx.window(id).await?.and_then(|window| window.plan).map_or(subject, Subject::Plan))
}

/// Makes commands on a window or plan wait until the transaction ends.
pub(super) async fn lock(tx: &mut Tx, subject: Subject) -> Result<(), StoreError> {
    match subject {
        Subject::Window(id) => tx.lock_window(id).await,
        Subject::Plan(id) => tx.lock_plan(id).await,
        Subject::Advisory(id) => tx.lock_advisory(id).await,
        Subject::Series(_) | Subject::Freeze(_) | Subject::Subscription(_) | Subject::Digest => Ok(()),
    }
}

async fn of_window(tx: &mut Tx, id: WindowId, reader: &Channel) -> Result<Option<About>, StoreError> {
    let Some(window) = tx.window(id).await? else { return Ok(None) };
    let mut topic = WindowTopic { qa: tx.qa(id).await?, ..WindowTopic::new(window, tx.items(id).await?) };
    topic.told = tx.told(id).await?;
    topic.advisory = tx.advisories_of(id).await?.into_iter().find(|a| a.disposition == Disposition::PatchNow);
    let mut subjects = vec![Subject::Window(id)];
    let mut events = tx.events(id).await?;
    if let Some(plan) = topic.window.plan
        && let Some(found) = tx.plan(plan).await?
    {
        topic.phases = Some(Phases::new(found, tx.windows_of_plan(plan).await?));
        topic.qa.extend(tx.qa(plan).await?);
        events.extend(tx.events(plan).await?);
        events.sort_by_key(|event| event.id);
        subjects.push(plan.into());
    }
    let rows = tx.deliveries_for(&subjects, reader).await?;
    Ok(Some(About { topic: Topic::Window(Box::new(topic)), rows, events, subscriber: None }))
}

async fn of_advisory(tx: &mut Tx, id: AdvisoryId, reader: &Channel) -> Result<Option<About>, StoreError> {
    let Some(advisory) = tx.advisory(id).await? else { return Ok(None) };
    let window = match advisory.window {
        Some(window) => tx.window(window).await?,
        None => None,
    };
    let mut fixes = Vec::new();
    for fix in tx.fixes(id).await? {
        let window = match fix.place {
            Some(place) => tx.window(place.window).await?,
            None => None,
        };
        // Times that wait for approval are nothing to promise.
        let window = window.and_then(|w| w.as_published().map(Cow::into_owned));
        fixes.push((fix, window));
    }
    let (rows, events) = (tx.deliveries_for(&[id.into()], reader).await?, tx.events(id).await?);
    let topic = Topic::Advisory(Box::new(AdvisoryTopic { advisory, window, fixes }));
    Ok(Some(About { topic, rows, events, subscriber: None }))
}

async fn of_plan(tx: &mut Tx, id: PlanId, reader: &Channel) -> Result<Option<About>, StoreError> {
    let Some(plan) = tx.plan(id).await? else { return Ok(None) };
    let mut qa = tx.qa(id).await?;
    let mut events = tx.events(id).await?;
    let mut subjects = vec![Subject::Plan(id)];
    let (mut windows, mut items, mut told) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    for window in tx.windows_of_plan(id).await? {
        let own = tx.events(window.id).await?;
        if was_public(&plan, &window, &own) {
            qa.extend(tx.qa(window.id).await?);
            items.insert(window.id, tx.items(window.id).await?);
            told.insert(window.id, tx.told(window.id).await?);
            windows.push(window.clone());
        }
        subjects.push(window.id.into());
        events.extend(own);
    }
    events.sort_by_key(|event| event.id);
    let rows = tx.deliveries_for(&subjects, reader).await?;
    let topic = PlanTopic { phases: Phases::new(plan, windows), items, qa, told };
    Ok(Some(About { topic: Topic::Plan(Box::new(topic)), rows, events, subscriber: None }))
}

async fn of_subscription(tx: &mut Tx, id: SubscriptionId) -> Result<Option<About>, StoreError> {
    let Some(subscription) = tx.subscription(id).await? else { return Ok(None) };
    let (rows, events) = (tx.deliveries(id).await?, tx.events(id).await?);
    Ok(Some(About { topic: Topic::Subscription(Box::new(subscription)), rows, events, subscriber: None }))
}

/// The latest rows of its reader, and the windows that a digest can tell of.
async fn of_digest(tx: &mut Tx, reader: &Channel) -> Result<About, StoreError> {
    let rows = tx.digests_on(reader, DIGESTS).await?;
    let told = rows.iter().filter(|row| row.plan.message == MessageKind::Digest);
    let (last, due) = (told.clone().filter_map(|row| row.sent_at).max(), told.map(|row| row.plan.due_at).max());
    let since = last.or(due.map(|due| due - REACH)).unwrap_or_default();
    let open = [State::Pending, State::Scheduled, State::InProgress, State::Verifying].to_vec();
    let open = tx.windows(&WindowFilter { states: open, ..WindowFilter::default() }, None, MOST_IN_DIGEST).await?;
    let mut completed = Vec::new();
    for window in tx.windows_over(MOST_IN_DIGEST).await? {
        // Who says late that something has ended does not say so weeks late.
        if window.actual_end.is_some_and(|ended| ended >= since - LATE)
            && let Some(said_at) = completed_at(&tx.events(window.id).await?)
        {
            completed.push(Done { window, said_at });
        }
    }
    completed.sort_by_key(|done| (done.said_at, done.window.id));
    let mut plans = BTreeMap::new();
    for id in open.iter().chain(completed.iter().map(|done| &done.window)).filter_map(|w| w.plan) {
        if let Entry::Vacant(place) = plans.entry(id)
            && let Some(plan) = tx.plan(id).await?
        {
            place.insert(plan.title);
        }
    }
    let events = tx.latest_events(Subject::Digest, DIGESTS).await?;
    let topic = Topic::Digest(Box::new(DigestTopic { open, completed, plans, since }));
    Ok(About { topic, rows, events, subscriber: None })
}

fn completed_at(events: &[Event]) -> Option<DateTime<Utc>> {
    events.iter().rfind(|e| matches!(e.what, What::Completed { .. })).map(|e| e.at)
}

/// A phase that was called off before anybody was to know of it is no part of what is said: called off in the draft,
/// rejected, or expired. Any other is.
fn was_public(plan: &Plan, window: &Window, events: &[Event]) -> bool {
    if window.state != State::Cancelled {
        return true;
    }
    let in_the_draft = |e: &Event| plan.published_at.is_none_or(|published| e.at < published);
    let approved = events.iter().any(|e| matches!(e.what, What::Approved { .. }));
    events.iter().all(|e| match e.what {
        What::Cancelled { .. } => !in_the_draft(e),
        What::Requested { change: false, .. } => approved,
        _ => true,
    })
}
