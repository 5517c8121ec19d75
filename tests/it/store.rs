//! What is stored comes back as it was, on both databases.

mod advisories;
mod around;
mod audit;
mod claims;
mod console;
mod customers;
mod files;
mod freezes;
mod github;
mod glances;
mod inbox;
mod ledger;
mod mailboxes;
mod plans;
mod series;
mod servers;
mod subscriptions;
mod transactions;
mod webhooks;
mod windows;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use maintbot::domain::calendar::{Span, Zone};
use maintbot::domain::finding::Finding;
use maintbot::domain::freeze::FreezeId;
use maintbot::domain::ledger::{MessageKind, Planned};
use maintbot::domain::organisation::Channel;
use maintbot::domain::window::{Kind, State, Window, WindowId};
use maintbot::store::{Db, StoreError, Tx};

/// An instant written as `2026-12-06T14:00:00Z`.
pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// So many minutes after noon of 1 December 2026.
pub fn minute(minutes: i64) -> DateTime<Utc> {
    at("2026-12-01T12:00:00Z") + TimeDelta::minutes(minutes)
}

/// A time of the wall clock written as `2026-12-13T16:00:00`.
pub fn wall(text: &str) -> NaiveDateTime {
    text.parse().expect("a wall-clock time")
}

/// A window with nothing but what it must have, of one hour.
pub fn window(id: i64, starts_at: DateTime<Utc>) -> Window {
    Window {
        id: WindowId(id),
        title: format!("Window {id}"),
        kind: Kind(Kind::SCHEDULED.into()),
        services: vec!["jira".into()],
        environment: "production".into(),
        regions: vec![],
        span: Span { starts_at, ends_at: starts_at + TimeDelta::hours(1), zone: Zone::utc() },
        downtime: None,
        downtimes: BTreeMap::new(),
        impact: String::new(),
        category: None,
        rollback: String::new(),
        customers: vec![],
        links: vec![],
        poc: None,
        requester: "anna".into(),
        place: "console".into(),
        state: State::Scheduled,
        outcome: None,
        sequence: 0,
        sequence_at: at("2026-11-01T08:00:00Z"),
        revision: 0,
        actual_start: None,
        actual_end: None,
        actual_downtime: None,
        attended_at: None,
        no_shows: 0,
        overruns: 0,
        created_at: at("2026-11-01T08:00:00Z"),
        plan: None,
        series: None,
        occurrence: None,
        detached: false,
        published: None,
        request: None,
        told_round: 0,
    }
}

/// One of every sort.
pub fn every_finding() -> Vec<Finding> {
    let title = "Year \"end\"".to_owned();
    vec![
        Finding::ShortNotice { notice: "5wd".parse().expect("a lead"), by: minute(-600), first_start: minute(1440) },
        Finding::BusinessHours { regions: vec!["eu".into()] },
        Finding::Freeze { id: FreezeId(2), title: title.clone(), days: "Fri 18 Dec 2026".into() },
        Finding::Conflict { id: WindowId(7), title: title.clone(), when: "Sun 13 Dec 2026".into() },
        Finding::Close { id: WindowId(8), title, gap_s: 1800 },
        Finding::Always,
    ]
}

/// The announcement of sequence 0 to a console channel.
pub fn planned(channel: &str, due_at: DateTime<Utc>) -> Planned {
    Planned {
        sequence: 0,
        message: MessageKind::Announcement,
        occasion: "14d".into(),
        lead: Some("14d".into()),
        audience: "customers".into(),
        channel: Channel::Builtin(channel.into()),
        due_at,
        skipped: None,
        note: None,
    }
}

/// Runs store functions in one transaction that must succeed.
pub async fn write<T>(db: &Db, work: impl AsyncFnOnce(&mut Tx) -> Result<T, StoreError>) -> T {
    db.write(work).await.expect("a write that succeeds")
}
