//! Changes of the clocks, found by asking for the offset of one instant after the other, and where a wall-clock time
//! belongs next to one: worked out from the offsets alone, without the code under test.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use maintbot::domain::calendar::{Zone, offset_seconds};

/// The clocks of a zone are put forward or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The first instant on the new offset.
    pub at: DateTime<Utc>,
    /// Seconds ahead of UTC until then, and from then on.
    pub offsets: [i32; 2],
}

/// What a wall-clock time near a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Plain,
    Gap,
    Overlap,
}

impl Change {
    /// What the clocks show at the change on the old and on the new offset.
    pub fn walls(self) -> [NaiveDateTime; 2] {
        self.offsets.map(|offset| self.at.naive_utc() + seconds(offset))
    }

    /// The instant that a computed wall-clock time stands for, by the rule: on the old offset when it is skipped
    /// (that moves it on by the gap), the first when it comes twice.
    pub fn placed(self, wall: NaiveDateTime) -> (DateTime<Utc>, Kind) {
        let [old, new] = self.offsets.map(|offset| (wall - seconds(offset)).and_utc());
        match (old < self.at, new >= self.at) {
            (true, false) => (old, Kind::Plain),
            (false, true) => (new, Kind::Plain),
            (true, true) => (old, Kind::Overlap),
            (false, false) => (old, Kind::Gap),
        }
    }
}

fn seconds(offset: i32) -> TimeDelta {
    TimeDelta::seconds(i64::from(offset))
}

/// Every zone with its changes from 2024 to the end of 2037. Zones with the same changes stand there once.
pub fn zones_with_changes() -> &'static [(Zone, Vec<Change>)] {
    static ZONES: LazyLock<Vec<(Zone, Vec<Change>)>> = LazyLock::new(look);
    &ZONES
}

fn look() -> Vec<(Zone, Vec<Change>)> {
    let mut seen = BTreeSet::new();
    let mut zones = Vec::new();
    for name in Zone::all_names() {
        let zone = Zone::named(name).expect("a valid example");
        let changes = changes(&zone);
        if seen.insert(changes.clone()) {
            zones.push((zone, changes));
        }
    }
    zones
}

/// Looks every four days, so that it would miss only two changes within four days of each other that cancel out.
fn changes(zone: &Zone) -> Vec<Change> {
    let (mut at, end) = (day("2024-01-01"), day("2038-01-01"));
    let mut offset = offset_seconds(at, zone);
    let mut changes = Vec::new();
    while at < end {
        let next = at + TimeDelta::days(4);
        let new = offset_seconds(next, zone);
        if new != offset {
            changes.push(between(zone, at, next, [offset, new]));
        }
        (at, offset) = (next, new);
    }
    changes
}

fn between(zone: &Zone, mut before: DateTime<Utc>, mut after: DateTime<Utc>, offsets: [i32; 2]) -> Change {
    while after - before > TimeDelta::seconds(1) {
        let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
        if offset_seconds(middle, zone) == offsets[0] { before = middle } else { after = middle }
    }
    Change { at: after, offsets }
}

fn day(text: &str) -> DateTime<Utc> {
    format!("{text}T00:00:00Z").parse().expect("a valid example")
}
