//! What is stored comes back as it was, on both databases.

mod audit;
mod claims;
mod console;
mod files;
mod ledger;
mod servers;
mod transactions;
mod windows;

use chrono::{DateTime, TimeDelta, Utc};
use maintbot::domain::calendar::{Span, Zone};
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
    }
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
