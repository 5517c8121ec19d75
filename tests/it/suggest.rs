//! Slots against the rules themselves: whatever is suggested, [`findings`] finds nothing in it, and nothing better was left
//! out.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use maintbot::config::Config;
use maintbot::domain::calendar::{Placed, Span, Zone, local, typed};
use maintbot::domain::finding::{Around, Finding, FindingKind, findings};
use maintbot::domain::freeze::{Freeze, FreezeId};
use maintbot::domain::organisation::Organisation;
use maintbot::domain::suggest::{Ask, Known, MOST_A_DAY, MOST_SLOTS, Suggestion, suggest};
use maintbot::domain::window::{Kind, State, Window, WindowId};
use proptest::prelude::*;

const CONFIG: &str = r#"
[organisation]
time_zone = "Europe/Helsinki"
working_hours = "08:00-18:00"

[[region]]
id = "apac"
time_zone = "Asia/Singapore"
working_hours = "09:00-18:00"

[[region]]
id = "eu"
time_zone = "Europe/Berlin"
working_hours = "08:00-18:00"

[[region]]
id = "na"
time_zone = "America/New_York"
working_hours = "09:00-17:00"

[policy.scheduled]
notice = "3wd"
"#;

const KINDS: [&str; 3] = [Kind::SCHEDULED, Kind::EMERGENCY, Kind::NO_DOWNTIME];
/// The clocks of Europe change on 29 March, in the middle of what is looked at.
const FROM: &str = "2026-03-22T00:00:00Z";
const DAYS: i64 = 14;

fn organisation() -> Organisation {
    let nothing: [(&str, &str); 0] = [];
    Config::from_text(Path::new("maintbot.toml"), CONFIG, nothing).expect("a good configuration").organisation
}

fn from() -> DateTime<Utc> {
    FROM.parse().expect("an instant")
}

/// A window as it would be scheduled.
fn window(ask: &Ask, id: i64, starts_at: DateTime<Utc>, length: TimeDelta) -> Window {
    Window {
        id: WindowId(id),
        title: format!("Upgrade {id}"),
        kind: ask.kind.clone(),
        services: ask.services.clone(),
        environment: ask.environment.clone(),
        regions: ask.regions.clone(),
        span: Span { starts_at, ends_at: starts_at + length, zone: ask.zone.clone() },
        downtime: None,
        downtimes: BTreeMap::new(),
        impact: String::new(),
        category: None,
        rollback: String::new(),
        customers: Vec::new(),
        links: Vec::new(),
        poc: None,
        requester: "anna".into(),
        place: "console".into(),
        state: State::Pending,
        outcome: None,
        sequence: 0,
        sequence_at: starts_at,
        revision: 0,
        actual_start: None,
        actual_end: None,
        actual_downtime: None,
        attended_at: None,
        no_shows: 0,
        overruns: 0,
        created_at: starts_at,
        plan: None,
        series: None,
        occurrence: None,
        detached: false,
        published: None,
        request: None,
        told_round: 0,
    }
}

fn some_of(names: &'static [&'static str], least: usize) -> impl Strategy<Value = Vec<String>> {
    proptest::sample::subsequence(names, least..=names.len())
        .prop_map(|chosen| chosen.into_iter().map(str::to_owned).collect())
}

prop_compose! {
    fn an_ask()(
        services in some_of(&["crm", "jira"], 1),
        regions in some_of(&["apac", "eu", "na"], 0),
        kind in proptest::sample::select(&KINDS[..]),
        minutes in 1_i64..=10 * 60,
        zone in proptest::sample::select(&["Europe/Helsinki", "Asia/Singapore", "America/New_York", "UTC"][..]),
        days in 1_i64..=DAYS,
    ) -> Ask {
        Ask {
            services,
            environment: "production".into(),
            regions,
            kind: Kind(kind.into()),
            length: TimeDelta::minutes(minutes),
            zone: Zone::named(zone).expect("a zone"),
            earliest: from(),
            before: from() + TimeDelta::days(days),
        }
    }
}

prop_compose! {
    fn another_window()(
        ask in an_ask(),
        id in 1_i64..1000,
        minute in 0..DAYS * 24 * 60,
        state in proptest::sample::select(State::ALL),
        elsewhere in proptest::bool::weighted(0.2),
    ) -> Window {
        let environment = if elsewhere { "staging" } else { "production" }.to_owned();
        Window { state, environment, ..window(&ask, id, from() + TimeDelta::minutes(minute), ask.length) }
    }
}

prop_compose! {
    fn a_freeze()(
        id in 1_i64..1000,
        first in 0_u64..20,
        days in 0_u64..3,
        services in some_of(&["crm", "jira"], 0),
        regions in some_of(&["apac", "eu", "na"], 0),
        kinds in some_of(&KINDS, 0),
    ) -> Freeze {
        let start: NaiveDate = "2026-03-20".parse().expect("a day");
        let from = start + chrono::Days::new(first);
        Freeze {
            id: FreezeId(id),
            title: "Freeze".into(),
            from,
            to: from + chrono::Days::new(days),
            services,
            regions,
            kinds: kinds.into_iter().map(Kind).collect(),
            by: "anna".into(),
            created_at: DateTime::UNIX_EPOCH,
        }
    }
}

/// Every half hour that could be meant, with what the rules find in it; the plain way.
fn one_by_one(ask: &Ask, around: &Around<'_>) -> Vec<(DateTime<Utc>, Vec<Finding>)> {
    let mut found = Vec::new();
    let mut start = ask.earliest;
    while start + ask.length <= ask.before {
        let is_first = match typed(local(start, &ask.zone), &ask.zone) {
            Placed::At(_) => true,
            Placed::Overlap { first, .. } => first == start,
            Placed::Gap { .. } => false,
        };
        if start >= around.now && is_first {
            found.push((start, findings(&window(ask, 5000, start, ask.length), around)));
        }
        start += TimeDelta::minutes(30);
    }
    found
}

fn is_free(found: &[Finding]) -> bool {
    found.iter().all(|finding| finding.kind().is_none())
}

fn check(ask: &Ask, around: &Around<'_>, answer: &Suggestion) -> Result<(), TestCaseError> {
    let all = one_by_one(ask, around);
    prop_assert_eq!(answer.looked_at, all.len());
    for kind in [FindingKind::ShortNotice, FindingKind::BusinessHours, FindingKind::Freeze, FindingKind::Conflict] {
        let has = |found: &Vec<Finding>| found.iter().any(|finding| finding.kind() == Some(kind));
        let other =
            |found: &Vec<Finding>| found.iter().any(|finding| finding.kind().is_some_and(|other| other != kind));
        let blocked = all.iter().filter(|(_, found)| has(found)).count();
        let alone = all.iter().filter(|(_, found)| has(found) && !other(found)).count();
        let said = answer.obstacles.iter().find(|obstacle| obstacle.kind == kind);
        prop_assert_eq!(said.map_or((0, 0), |said| (said.blocked, said.alone)), (blocked, alone), "{}", kind);
    }
    // Nothing is measured or written down of quiet hours: those an hour from every other window, then the earliest.
    let mut free: Vec<_> =
        all.iter().filter(|(_, found)| is_free(found)).map(|(at, found)| (found.len(), *at)).collect();
    free.sort_unstable_by_key(|(close, at)| (*close > 0, *at));
    let mut expected: Vec<DateTime<Utc>> = Vec::new();
    for (_, at) in free {
        let day = |at: DateTime<Utc>| local(at, &ask.zone).date();
        let that_day = expected.iter().filter(|other| day(**other) == day(at)).count();
        let overlaps = expected.iter().any(|other| *other < at + ask.length && at < *other + ask.length);
        if expected.len() < MOST_SLOTS && that_day < MOST_A_DAY && !overlaps {
            expected.push(at);
        }
    }
    let slots: Vec<DateTime<Utc>> = answer.slots.iter().map(|slot| slot.span.starts_at).collect();
    prop_assert_eq!(slots, expected);
    prop_assert!(answer.slots.iter().all(|slot| slot.span.length() == ask.length && slot.span.zone == ask.zone));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_sweep_finds_what_asking_the_rules_one_by_one_finds(
        ask in an_ask(),
        others in proptest::collection::vec(another_window(), 0..25),
        freezes in proptest::collection::vec(a_freeze(), 0..4),
        asked in -8 * 24 * 3600_i64..24 * 3600,
    ) {
        let organisation = organisation();
        let now = from() + TimeDelta::seconds(asked);
        let around = Around { organisation: &organisation, freezes: &freezes, others: &others, now };
        let answer = suggest(&ask, &Known { around, traffic: &BTreeMap::new() });
        check(&ask, &around, &answer)?;
    }
}
