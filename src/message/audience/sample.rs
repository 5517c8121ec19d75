//! Windows and plans that are not there, to see messages with: for `preview`, and for the check of templates.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{OF_ADVISORIES, OF_DIGESTS, OF_PLANS, OF_SUBSCRIPTIONS, OF_WINDOWS, every};
use crate::domain::advisory::{Advisory, AdvisoryId, Disposition, Fix, FixStep, Place, Severity};
use crate::domain::calendar::Span;
use crate::domain::change::{ChangeItem, ChangeList, ItemKind};
use crate::domain::channel::Channel;
use crate::domain::event::{Event, FieldChange, ItemRef, What};
use crate::domain::finding::Finding;
use crate::domain::ledger::{MessageKind, Planned};
use crate::domain::notice;
use crate::domain::organisation::Organisation;
use crate::domain::plan::{Held, Phases, Plan, PlanId, PlanState, Qa};
use crate::domain::subject::Subject;
use crate::domain::subscription::{Choice, Subscription, SubscriptionId, Wish};
use crate::domain::window::{Category, Downtime, Kind, Outcome, Published, Request, State, Window, WindowId};
use crate::message::topic::{AdvisoryTopic, DigestTopic, Done, PlanTopic, Topic, WindowTopic};

/// A message with everything that it is made from.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The row.
    pub plan: Planned,
    /// What it is about.
    pub topic: Topic,
    /// What happened.
    pub events: Vec<Event>,
    /// When it is sent (UTC).
    pub now: DateTime<Utc>,
    /// An earlier post is brought in step.
    pub retold: bool,
}

/// The messages that can be seen, as their files are named.
#[must_use]
pub fn names() -> Vec<&'static str> {
    every().map(|(_, name, _)| *name).collect()
}

/// The message whose file is called so, as an audience would get it about a window or plan that is not there. `None`: there
/// is none such.
#[must_use]
pub fn of(name: &str, organisation: &Organisation, audience: &str) -> Option<Sample> {
    let base = window(organisation);
    if let Some((kind, ..)) = OF_WINDOWS.iter().find(|(_, of, _)| *of == name) {
        let (topic, what) = supposed(WindowTopic { qa: questions(), ..base }, *kind);
        let subject = topic.window.id.into();
        let events = what.into_iter().map(|what| event(subject, what)).collect();
        return Some(sample(*kind, audience, Topic::Window(Box::new(topic)), events));
    }
    if let Some((kind, ..)) = OF_ADVISORIES.iter().find(|(_, of, _)| *of == name) {
        let topic = advisory(name, organisation);
        let events = advised(name).into_iter().map(|what| event(topic.advisory.id.into(), what)).collect();
        // What staff alone may know is told to ops.
        let audience = if name == "advisory_staff" { notice::OPS } else { audience };
        return Some(sample(*kind, audience, Topic::Advisory(Box::new(topic)), events));
    }
    if let Some((kind, ..)) = OF_SUBSCRIPTIONS.iter().find(|(_, of, _)| *of == name) {
        return Some(sample(*kind, audience, Topic::Subscription(Box::new(subscription())), Vec::new()));
    }
    if let Some((kind, ..)) = OF_DIGESTS.iter().find(|(_, of, _)| *of == name) {
        let events = undelivered(*kind).into_iter().map(|what| event(Subject::Digest, what)).collect();
        return Some(sample(*kind, audience, Topic::Digest(Box::new(digest(organisation))), events));
    }
    let (kind, ..) = OF_PLANS.iter().find(|(_, of, _)| *of == name)?;
    let (_, what) = supposed(base, *kind);
    let mut topic = plan(organisation);
    let subject = match kind {
        MessageKind::Moved => topic.phases.windows[1].id.into(),
        _ => topic.phases.plan.id.into(),
    };
    if *kind == MessageKind::Cancelled {
        topic.phases.plan.state = PlanState::Cancelled;
    }
    let events = what.into_iter().map(|what| event(subject, what)).collect();
    Some(sample(*kind, audience, Topic::Plan(Box::new(topic)), events))
}

/// A topic as it is when a message of this kind is sent about it, and what happened then.
#[must_use]
pub fn supposed(mut topic: WindowTopic, message: MessageKind) -> (WindowTopic, Option<What>) {
    let w = &mut topic.window;
    let reason = || "(the reason given)".to_owned();
    let what = match message {
        MessageKind::Moved => Some(What::Moved {
            from_start: w.span.starts_at - TimeDelta::days(7),
            from_end: w.span.ends_at - TimeDelta::days(7),
            from_zone: w.span.zone.clone(),
            changes: Vec::new(),
            reason: reason(),
        }),
        MessageKind::Extended => Some(What::Extended {
            by_s: 1800,
            from_end: w.span.ends_at - TimeDelta::minutes(30),
            to_end: w.span.ends_at,
            reason: reason(),
        }),
        MessageKind::Cancelled => Some(What::Cancelled { reason: reason() }),
        MessageKind::Completed => {
            w.state = State::Completed;
            w.outcome = w.outcome.or(Some(Outcome::Success));
            None
        }
        MessageKind::ApprovalDecision => Some(What::Approved { note: String::new(), change: false }),
        MessageKind::Objection => Some(What::Objected { advisory: AdvisoryId(1), reason: reason() }),
        MessageKind::Note => Some(What::Noted { text: "(the note)".into(), internal: false }),
        MessageKind::ChangeListUpdate => {
            let items = topic.items.0.iter().map(|i| ItemRef { number: i.number, text: i.line() }).collect();
            Some(What::ItemsAdded { items, late: true })
        }
        MessageKind::DeliveryFailed => Some(What::DeliveryFailed {
            message: MessageKind::Announcement,
            channel: "(the channel)".into(),
            error: "(what it answered)".into(),
            remedy: String::new(),
        }),
        _ => None,
    };
    (topic, what)
}

/// The message under every circumstance in which a template may have to work.
pub(super) fn of_all(name: &str, organisation: &Organisation) -> Vec<Sample> {
    let of = |all: &[(MessageKind, &str, &str)]| all.iter().find(|(_, of, _)| *of == name).map(|(kind, ..)| *kind);
    let (kind, topics) = if let Some(kind) = of(OF_WINDOWS) {
        (kind, windows(organisation).into_iter().map(|topic| Topic::Window(Box::new(topic))).collect::<Vec<_>>())
    } else if let Some(kind) = of(OF_PLANS) {
        (kind, plans(organisation).into_iter().map(|topic| Topic::Plan(Box::new(topic))).collect())
    } else if let Some(kind) = of(OF_ADVISORIES) {
        let bare = Advisory { ids: Vec::new(), severity: None, window: None, ..advisory(name, organisation).advisory };
        let bare = AdvisoryTopic { advisory: bare, window: None, fixes: Vec::new() };
        let topics = [advisory(name, organisation), bare];
        (kind, topics.into_iter().map(|topic| Topic::Advisory(Box::new(topic))).collect())
    } else if let Some(kind) = of(OF_SUBSCRIPTIONS) {
        (kind, vec![Topic::Subscription(Box::new(subscription()))])
    } else if let Some(kind) = of(OF_DIGESTS) {
        (kind, [digest(organisation), DigestTopic::default()].map(|topic| Topic::Digest(Box::new(topic))).to_vec())
    } else {
        return Vec::new();
    };
    let mut samples = Vec::new();
    for topic in topics {
        for what in happenings(organisation).into_iter().chain([advised(name)]) {
            let subject = match (&topic, &what) {
                (Topic::Plan(plan), Some(What::Moved { .. })) => plan.phases.windows[1].id.into(),
                _ => topic.subject(),
            };
            let events: Vec<Event> = what.into_iter().map(|what| event(subject, what)).collect();
            let made = sample(kind, "@anna", topic.clone(), events);
            samples.push(Sample { retold: true, ..made.clone() });
            samples.push(made);
        }
    }
    samples
}

/// Seven days before the sample window starts (UTC).
fn now() -> DateTime<Utc> {
    starts_at() - TimeDelta::days(7)
}

/// Sunday 11 April 2027, 14:00 UTC.
fn starts_at() -> DateTime<Utc> {
    let day = NaiveDate::from_ymd_opt(2027, 4, 11).and_then(|day| day.and_hms_opt(14, 0, 0));
    day.map(|start| start.and_utc()).unwrap_or_default()
}

fn sample(message: MessageKind, audience: &str, topic: Topic, events: Vec<Event>) -> Sample {
    let occasion = if matches!(message, MessageKind::NoShow | MessageKind::Overrun) { "+15m" } else { "" };
    let mut now = now();
    if let Topic::Window(topic) = &topic {
        now = match message {
            MessageKind::Starting => topic.window.span.starts_at - TimeDelta::minutes(15),
            MessageKind::Started => topic.window.span.starts_at,
            MessageKind::NoShow => topic.window.span.starts_at + TimeDelta::minutes(15),
            MessageKind::Overrun => topic.window.span.ends_at + TimeDelta::minutes(15),
            MessageKind::Completed | MessageKind::ConfirmCompletion => topic.window.span.ends_at,
            _ => now,
        };
    }
    let plan = notice::owed(0, message, occasion, audience, Channel::Tracker, now);
    Sample { plan, topic, events, now, retold: false }
}

fn event(subject: Subject, what: What) -> Event {
    Event { id: 1, at: now(), subject, actor: "anna".into(), place: "console".into(), what }
}

/// A window that is not there, of the first service of the organisation.
#[must_use]
pub fn window(organisation: &Organisation) -> WindowTopic {
    let service = organisation.services.values().next();
    let zone = service.and_then(|service| service.zone.clone()).unwrap_or_else(|| organisation.zone.clone());
    let early = starts_at() - TimeDelta::days(30);
    let window = Window {
        id: WindowId(42),
        title: "Jira 10.3 upgrade".into(),
        kind: Kind(Kind::SCHEDULED.into()),
        services: vec![service.map_or_else(|| "jira".into(), |service| service.id.clone())],
        environment: "production".into(),
        regions: service.map(|service| service.regions.clone()).unwrap_or_default(),
        span: Span { starts_at: starts_at(), ends_at: starts_at() + TimeDelta::hours(4), zone },
        downtime: Some(Downtime { least: TimeDelta::minutes(15), most: TimeDelta::minutes(15), per: None }),
        downtimes: BTreeMap::new(),
        impact: "You cannot use it for up to 15 minutes; nothing is lost.".into(),
        category: Some(Category::Security),
        rollback: "snapshot, 10 minutes".into(),
        customers: Vec::new(),
        links: Vec::new(),
        poc: Some("anna".into()),
        requester: "anna".into(),
        place: "console".into(),
        state: State::Scheduled,
        outcome: None,
        sequence: 0,
        sequence_at: early,
        revision: 0,
        actual_start: None,
        actual_end: None,
        actual_downtime: None,
        attended_at: None,
        no_shows: 0,
        overruns: 0,
        created_at: early,
        plan: None,
        series: None,
        occurrence: None,
        detached: false,
        published: None,
        request: None,
        told_round: 0,
    };
    WindowTopic::new(window, items())
}

/// An advisory that is not there, of the kind that the message whose file is called so speaks of.
fn advisory(name: &str, organisation: &Organisation) -> AdvisoryTopic {
    let window = window(organisation).window;
    let disposition = match name {
        "advisory_disclosed" => Disposition::PatchNow,
        "advisory_patched" => Disposition::Patched,
        _ => Disposition::Mitigated,
    };
    let advisory = Advisory {
        id: AdvisoryId(1),
        title: "OpenSSL".into(),
        ids: vec!["CVE-2026-0001".into()],
        severity: Some(Severity::Critical),
        disposition,
        services: window.services.clone(),
        window: (disposition != Disposition::Mitigated).then_some(window.id),
        details: "Found by our scanner; no sign that anybody used it.".into(),
        public: "A weakness in a library; you need not do anything.".into(),
        publish_at: None,
        published_at: Some(now()),
        withdrawn_at: None,
        withdrawn_because: String::new(),
        requester: "anna".into(),
        place: "console".into(),
        created_at: now(),
    };
    let place = Some(Place { window: window.id, item: 1 });
    let fix = Fix { service: window.services[0].clone(), place, after: now(), fixed_at: None };
    let fixes = if disposition == Disposition::Mitigated { vec![(fix, Some(window.clone()))] } else { Vec::new() };
    AdvisoryTopic { window: advisory.window.map(|_| window), fixes, advisory }
}

/// A subscription that is not there, and waits to be confirmed.
fn subscription() -> Subscription {
    let choice = Choice { services: vec!["jira".into()], regions: Vec::new() };
    Subscription {
        id: SubscriptionId(1),
        channel: Channel::Builtin("sample".into()),
        choice: choice.clone(),
        since: None,
        wish: Some(Wish { choice, asked_at: now(), asks: 1 }),
        token: "0".repeat(64),
        created_by: "anna".into(),
        created_at: now(),
    }
}

/// What a digest tells of where there is something of everything: work that goes on, lies ahead, was done, and waits.
fn digest(organisation: &Organisation) -> DigestTopic {
    let plan = plan(organisation).phases;
    let numbered = |n: i64, title: &str, change: &dyn Fn(&mut Window)| {
        let mut w = window(organisation).window;
        (w.id, w.title) = (WindowId(n), title.into());
        change(&mut w);
        w
    };
    let done = numbered(39, "Certificates renewed", &|w| {
        let span = &mut w.span;
        (span.starts_at, span.ends_at) = (span.starts_at - TimeDelta::days(9), span.ends_at - TimeDelta::days(9));
        (w.state, w.outcome) = (State::Completed, Some(Outcome::Success));
        (w.actual_start, w.actual_end) = (Some(w.span.starts_at), Some(w.span.ends_at - TimeDelta::hours(1)));
        w.actual_downtime = Some(TimeDelta::minutes(12));
    });
    let running = numbered(40, "Disks replaced", &|w| {
        (w.span.starts_at, w.span.ends_at) = (now() - TimeDelta::hours(1), now() + TimeDelta::hours(1));
        (w.state, w.actual_start) = (State::InProgress, Some(w.span.starts_at));
    });
    let waiting = numbered(46, "Urgent database fix", &asks_for_a_first_time);
    let ahead = numbered(41, "Jira 10.3 upgrade", &|w| w.span.starts_at -= TimeDelta::hours(1));
    let phases = plan.windows.iter().take(1).cloned();
    DigestTopic {
        open: [running, ahead].into_iter().chain(phases).chain([waiting]).collect(),
        completed: vec![Done { said_at: now() - TimeDelta::days(2), window: done }],
        plans: [(plan.plan.id, plan.plan.title.clone())].into(),
        since: now() - TimeDelta::days(7),
    }
}

fn asks_for_a_first_time(w: &mut Window) {
    asks_for_a_change(w);
    w.published = None;
}

/// What happened where a message tells that another could not be delivered.
fn undelivered(message: MessageKind) -> Option<What> {
    let failed = || What::DeliveryFailed {
        message: MessageKind::Digest,
        channel: "(the channel)".into(),
        error: "(what it answered)".into(),
        remedy: String::new(),
    };
    (message == MessageKind::DeliveryFailed).then(failed)
}

/// What happened where a message about an advisory tells of that.
fn advised(name: &str) -> Option<What> {
    match name {
        "advisory_followup" => Some(What::Fixed {
            step: FixStep::Made,
            services: vec!["jira".into()],
            from: None,
            window: Some(WindowId(42)),
        }),
        "advisory_delivery_failed" => Some(What::DeliveryFailed {
            message: MessageKind::Advisory,
            channel: "(the channel)".into(),
            error: "(what it answered)".into(),
            remedy: String::new(),
        }),
        "advisory_withdrawn" => Some(What::Withdrawn { reason: "(the reason given)".into() }),
        _ => None,
    }
}

fn items() -> ChangeList {
    let item = |number: i64, text: &str, kind: ItemKind| ChangeItem {
        number,
        text: text.into(),
        kind,
        from_version: None,
        to_version: None,
        advisories: Vec::new(),
        assignee: (number == 2).then(|| "anna".into()),
        parent: None,
        done: None,
        late: false,
        created_at: starts_at() - TimeDelta::days(30),
    };
    ChangeList(vec![item(1, "Jira to 10.3.2", ItemKind::Upgrade), item(2, "Rebuild the index", ItemKind::Other)])
}

fn questions() -> Vec<Qa> {
    vec![Qa { number: 1, question: "Is data safe?".into(), answer: "Yes: nothing is removed.".into() }]
}

/// A plan that is not there, with three phases.
#[must_use]
pub fn plan(organisation: &Organisation) -> PlanTopic {
    let early = starts_at() - TimeDelta::days(30);
    let plan = Plan {
        id: PlanId(3),
        title: "Infrastructure upgrade".into(),
        state: PlanState::Published,
        held: None,
        requester: "anna".into(),
        place: "console".into(),
        created_at: early,
        published_at: Some(early),
        sequence: 0,
        sequence_at: early,
    };
    let phase = |(n, title): (i64, &str)| {
        let mut w = window(organisation).window;
        w.id = WindowId(41 + n);
        w.plan = Some(plan.id);
        w.title = title.into();
        let weeks = TimeDelta::weeks(n - 1);
        (w.span.starts_at, w.span.ends_at) = (w.span.starts_at + weeks, w.span.ends_at + weeks);
        w
    };
    let windows = [(1, "Development"), (2, "Production, Asia"), (3, "Production, Europe")].map(phase).to_vec();
    PlanTopic {
        items: windows.iter().map(|w| (w.id, items())).collect(),
        phases: Phases::new(plan, windows),
        qa: questions(),
        told: BTreeMap::new(),
    }
}

fn held() -> Held {
    Held { by: "anna".into(), at: now(), reason: "phase 1 failed".into() }
}

fn windows(organisation: &Organisation) -> Vec<WindowTopic> {
    let base = window(organisation);
    let with = |change: &dyn Fn(&mut Window)| {
        let mut topic = base.clone();
        change(&mut topic.window);
        topic
    };
    let over = |outcome| {
        with(&|w| {
            w.state = State::Completed;
            w.outcome = Some(outcome);
            (w.actual_start, w.actual_end) = (Some(w.span.starts_at), Some(w.span.ends_at));
            w.actual_downtime = Some(TimeDelta::minutes(20));
            w.told_round = 1;
        })
    };
    let mut topics = vec![
        WindowTopic { qa: questions(), ..base.clone() },
        with(&|w| w.kind = Kind(Kind::EMERGENCY.into())),
        with(&|w| w.state = State::InProgress),
        with(&|w| w.state = State::Cancelled),
        with(&asks_for_a_change),
    ];
    topics.extend([Outcome::Success, Outcome::Partial, Outcome::RolledBack, Outcome::Failed].map(over));
    // Nothing that may be missing is there.
    let mut empty = with(&|w| {
        (w.impact, w.poc, w.downtime, w.category) = (String::new(), None, None, None);
        w.regions.clear();
    });
    empty.items = ChangeList::default();
    topics.push(empty);
    let mut phases = plan(organisation).phases;
    for held in [None, Some(held())] {
        phases.plan.held = held;
        let phase = phases.windows[0].clone();
        topics.push(WindowTopic { phases: Some(phases.clone()), ..WindowTopic::new(phase, items()) });
    }
    topics
}

fn asks_for_a_change(w: &mut Window) {
    w.published = Some(Published::of(w));
    w.state = State::Pending;
    w.sequence = 1;
    w.span.starts_at += TimeDelta::days(1);
    w.span.ends_at += TimeDelta::days(1);
    w.request = Some(Request {
        sequence: 1,
        by: "anna".into(),
        place: "console".into(),
        at: now(),
        reason: "the release is late".into(),
        findings: vec![Finding::Always],
        expires_at: w.span.starts_at,
        event: 1,
    });
}

fn plans(organisation: &Organisation) -> Vec<PlanTopic> {
    let base = plan(organisation);
    let with = |change: &dyn Fn(&mut Phases)| {
        let mut topic = base.clone();
        change(&mut topic.phases);
        topic
    };
    vec![
        base.clone(),
        with(&|phases| phases.plan.held = Some(held())),
        with(&|phases| phases.plan.state = PlanState::Cancelled),
        with(&|phases| {
            let first = &mut phases.windows[0];
            (first.state, first.actual_start) = (State::InProgress, Some(first.span.starts_at));
        }),
    ]
}

fn happenings(organisation: &Organisation) -> Vec<Option<What>> {
    let base = window(organisation);
    let of = |kind| supposed(base.clone(), kind).1;
    let reason = || "a reason".to_owned();
    let field = FieldChange { field: "services".into(), from: "jira".into(), to: "crm".into() };
    let only_fields = What::Moved {
        from_start: base.window.span.starts_at,
        from_end: base.window.span.ends_at,
        from_zone: base.window.span.zone.clone(),
        changes: vec![field],
        reason: String::new(),
    };
    vec![
        None,
        of(MessageKind::Moved),
        Some(only_fields),
        of(MessageKind::Extended),
        of(MessageKind::Cancelled),
        of(MessageKind::Note),
        Some(What::Noted { text: "for staff".into(), internal: true }),
        of(MessageKind::ChangeListUpdate),
        of(MessageKind::DeliveryFailed),
        of(MessageKind::ApprovalDecision),
        Some(What::Rejected { reason: reason() }),
        Some(What::Expired),
        Some(What::Held { reason: reason(), auto: false }),
        Some(What::Released { reason: reason() }),
    ]
}
