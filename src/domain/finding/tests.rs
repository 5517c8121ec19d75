use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::*;
use crate::domain::calendar::Zone;
use crate::domain::organisation::{Announce, AutoComplete, GithubUse, RemindersOn};
use crate::domain::window::State;

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn zone(name: &str) -> Zone {
    Zone::named(name).expect("a zone")
}

fn ids(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn kind(name: &str) -> Kind {
    Kind(name.into())
}

fn working(zone_name: &str, hours: Option<&str>) -> WorkingCalendar {
    let hours = hours.map(|hours| hours.parse().expect("hours"));
    WorkingCalendar { hours, ..WorkingCalendar::monday_to_friday(zone(zone_name)) }
}

fn policy(notice: Option<&str>, approval: &[FindingKind]) -> Policy {
    Policy {
        notice: notice.map(|lead| lead.parse().expect("a lead time")),
        approval: approval.iter().copied().collect::<BTreeSet<_>>(),
        reminders_on: RemindersOn::AnyDay,
        announce: Announce::AtOnce,
        remind: Vec::new(),
        change_list: Announce::AtOnce,
        auto_start: true,
        auto_complete: AutoComplete::Never,
        overrun_chase: TimeDelta::minutes(15),
    }
}

/// Helsinki, Monday to Friday without the two days of Christmas, with this one policy.
fn organisation(policy: Policy, regions: Vec<Region>) -> Organisation {
    let mut own = working("Europe/Helsinki", Some("08:00-18:00"));
    own.holidays = [day("2026-12-24"), day("2026-12-25")].into();
    Organisation {
        name: "Example".into(),
        zone: zone("Europe/Helsinki"),
        language: "en".into(),
        working: own,
        ops: Vec::new(),
        support: None,
        events: Vec::new(),
        silences: crate::domain::silence::Silencing::default(),
        services: BTreeMap::new(),
        regions: regions.into_iter().map(|region| (region.id.clone(), region)).collect(),
        policies: [(Kind::SCHEDULED.into(), policy)].into(),
        service_policies: BTreeMap::new(),
        audiences: Vec::new(),
        customers: BTreeMap::new(),
        people: BTreeMap::new(),
        roles: None,
        github: GithubUse::default(),
        digest: None,
        mails: false,
        public_url: String::new(),
    }
}

fn region(id: &str, zone_name: &str, hours: &str) -> Region {
    Region { id: id.into(), name: id.to_uppercase(), working: working(zone_name, Some(hours)) }
}

fn three_regions() -> Vec<Region> {
    vec![
        region("apac", "Asia/Singapore", "09:00-18:00"),
        region("eu", "Europe/Berlin", "08:00-18:00"),
        region("na", "America/New_York", "09:00-17:00"),
    ]
}

fn window(id: i64, from: &str, to: &str, zone_name: &str) -> Window {
    let (starts_at, ends_at) = (utc(from), utc(to));
    Window {
        id: WindowId(id),
        title: format!("Upgrade {id}"),
        kind: kind(Kind::SCHEDULED),
        services: ids(&["crm"]),
        environment: "production".into(),
        regions: Vec::new(),
        span: Span { starts_at, ends_at, zone: zone(zone_name) },
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
        state: State::Scheduled,
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

fn freeze(from: &str, to: &str) -> Freeze {
    Freeze {
        id: FreezeId(2),
        title: "Year end".into(),
        from: day(from),
        to: day(to),
        services: Vec::new(),
        regions: Vec::new(),
        kinds: Vec::new(),
        by: "anna".into(),
        created_at: utc("2026-01-01T00:00:00Z"),
    }
}

fn around<'a>(organisation: &'a Organisation, freezes: &'a [Freeze], others: &'a [Window], now: &str) -> Around<'a> {
    Around { organisation, freezes, others, now: utc(now) }
}

const LONG_BEFORE: &str = "2025-01-01T00:00:00Z";

/// The five days before Monday 14 December are Friday 11, Thursday 10, Wednesday 9, Tuesday 8 and Monday 7.
#[test]
fn a_request_at_the_very_second_of_the_notice_is_in_time_and_one_later_is_not() {
    let organisation = organisation(policy(Some("5wd"), &[]), Vec::new());
    // Monday 14 December, 02:00 in Helsinki.
    let window = window(1, "2026-12-14T00:00:00Z", "2026-12-14T02:00:00Z", "Europe/Helsinki");
    assert_eq!(findings(&window, &around(&organisation, &[], &[], "2026-12-07T00:00:00Z")), []);
    let late = around(&organisation, &[], &[], "2026-12-07T00:00:01Z");
    let found = findings(&window, &late);
    let expected = Finding::ShortNotice {
        notice: "5wd".parse().expect("a lead time"),
        by: utc("2026-12-07T00:00:00Z"),
        // Tuesday 15 December, 02:00: to be asked for by Tuesday 8.
        first_start: utc("2026-12-15T00:00:00Z"),
    };
    assert_eq!(found, [expected]);
    assert_eq!(first_legal_start(&window, &late), Some(utc("2026-12-15T00:00:00Z")));
    assert!(is_short_notice(&window.span, &policy(Some("5wd"), &[]), &organisation, late.now));
}

#[test]
fn working_days_of_the_notice_are_the_organisations_with_its_holidays() {
    let organisation = organisation(policy(Some("5wd"), &[]), Vec::new());
    let by = |window: &Window| {
        let found = findings(window, &around(&organisation, &[], &[], "2026-12-30T00:00:00Z"));
        match found.first() {
            Some(Finding::ShortNotice { by, .. }) => *by,
            other => panic!("{other:?}"),
        }
    };
    // Monday 28 December, 16:00 in Helsinki: back over Christmas to Wednesday 23, and on to Thursday 17.
    let after_christmas = window(1, "2026-12-28T14:00:00Z", "2026-12-28T18:00:00Z", "Europe/Helsinki");
    assert_eq!(by(&after_christmas), utc("2026-12-17T14:00:00Z"));
    // Sunday evening in Los Angeles is Monday 14 December, 06:00 in Helsinki.
    let far_away = window(1, "2026-12-14T04:00:00Z", "2026-12-14T06:00:00Z", "America/Los_Angeles");
    assert_eq!(by(&far_away), utc("2026-12-07T04:00:00Z"));
}

#[test]
fn a_window_speaks_against_itself_only_in_working_hours_of_an_affected_region() {
    let organisation = organisation(policy(None, &[]), three_regions());
    let hit = |from: &str, to: &str, regions: &[&str]| {
        let window = Window { regions: ids(regions), ..window(1, from, to, "UTC") };
        match findings(&window, &around(&organisation, &[], &[], LONG_BEFORE)).pop() {
            None => None,
            Some(Finding::BusinessHours { regions }) => Some(regions),
            Some(other) => panic!("{other:?}"),
        }
    };
    // Thursday 3 December 2026, 09:00 in Singapore, 02:00 in Berlin, Wednesday 20:00 in New York.
    let (from, to) = ("2026-12-03T01:00:00Z", "2026-12-03T02:00:00Z");
    assert_eq!(hit(from, to, &["apac", "eu"]), Some(ids(&["apac"])));
    assert_eq!(hit(from, to, &[]), Some(ids(&["apac"])), "no region means all");
    assert_eq!(hit(from, to, &["eu", "na"]), None);
    // 16:00 in Singapore, 09:00 in Berlin.
    assert_eq!(hit("2026-12-03T08:00:00Z", "2026-12-03T09:00:00Z", &["apac", "eu"]), Some(ids(&["apac", "eu"])));
    // 23:00 in Berlin, 17:00 in New York, 06:00 in Singapore: between all of them.
    assert_eq!(hit("2026-12-02T22:00:00Z", "2026-12-03T01:00:00Z", &[]), None);
    assert_eq!(hit("2026-12-02T21:59:59Z", "2026-12-03T01:00:00Z", &[]), Some(ids(&["na"])));
    // Saturday.
    assert_eq!(hit("2026-12-05T01:00:00Z", "2026-12-05T23:00:00Z", &[]), None);
}

/// As in louislam/uptime-kuma#6233, where a daily time moved by an hour.
#[test]
fn working_hours_keep_their_wall_clock_when_the_clocks_change() {
    let organisation = organisation(policy(None, &[]), three_regions());
    let hit = |from: &str, to: &str| {
        let window = Window { regions: ids(&["eu"]), ..window(1, from, to, "Europe/Berlin") };
        !findings(&window, &around(&organisation, &[], &[], LONG_BEFORE)).is_empty()
    };
    assert!(hit("2026-07-02T06:00:00Z", "2026-07-02T06:30:00Z"), "08:00 in summer");
    assert!(!hit("2026-12-03T06:00:00Z", "2026-12-03T06:30:00Z"), "07:00 in winter");
    assert!(hit("2026-12-03T07:00:00Z", "2026-12-03T07:30:00Z"), "08:00 in winter");
}

#[test]
fn what_takes_nothing_down_may_be_done_in_working_hours() {
    let organisation = organisation(policy(None, &[]), Vec::new());
    // Thursday 3 December, 10:00 in Helsinki.
    let plain = Window {
        services: ids(&["crm", "jira"]),
        ..window(1, "2026-12-03T08:00:00Z", "2026-12-03T09:00:00Z", "Europe/Helsinki")
    };
    let found = |window: &Window| findings(window, &around(&organisation, &[], &[], LONG_BEFORE));
    let own_hours = [Finding::BusinessHours { regions: Vec::new() }];
    assert_eq!(found(&plain), own_hours, "the organisation's hours count where no regions are configured");
    assert_eq!(found(&Window { kind: kind(Kind::NO_DOWNTIME), ..plain.clone() }), []);
    let none = "none".parse::<Downtime>().expect("a downtime");
    let quiet = Window { downtime: Some(none.clone()), ..plain.clone() };
    assert_eq!(found(&quiet), []);
    let hour = "1h".parse::<Downtime>().expect("a downtime");
    let mixed = Window { downtimes: [("jira".to_owned(), hour)].into(), ..quiet };
    assert_eq!(found(&mixed), own_hours, "one of its services is down");
    let only_one_known = Window { downtimes: [("jira".to_owned(), none)].into(), ..plain };
    assert_eq!(found(&only_one_known), own_hours, "nothing was said of the other");
}

#[test]
fn a_freeze_is_named_where_it_speaks_of_the_window() {
    let organisation = organisation(policy(None, &[]), Vec::new());
    // Saturday 19 December.
    let window = Window {
        regions: ids(&["eu"]),
        ..window(1, "2026-12-19T14:00:00Z", "2026-12-19T18:00:00Z", "Europe/Helsinki")
    };
    let all = freeze("2026-12-18", "2027-01-07");
    let hit = |freeze: Freeze| findings(&window, &around(&organisation, &[freeze], &[], LONG_BEFORE));
    let named =
        Finding::Freeze { id: FreezeId(2), title: "Year end".into(), days: "Fri 18 Dec 2026 to Thu 7 Jan 2027".into() };
    assert_eq!(hit(all.clone()), [named]);
    assert_eq!(hit(Freeze { services: ids(&["jira"]), ..all.clone() }), []);
    assert_eq!(hit(Freeze { services: ids(&["jira", "crm"]), ..all.clone() }).len(), 1);
    assert_eq!(hit(Freeze { regions: ids(&["apac"]), ..all.clone() }), []);
    assert_eq!(hit(Freeze { regions: ids(&["eu"]), ..all.clone() }).len(), 1);
    assert_eq!(hit(Freeze { kinds: vec![kind(Kind::EMERGENCY)], ..all.clone() }), []);
    assert_eq!(hit(Freeze { kinds: vec![kind(Kind::SCHEDULED)], ..all }).len(), 1);
}

#[test]
fn only_windows_that_share_environment_service_and_region_conflict() {
    let organisation = organisation(policy(None, &[]), Vec::new());
    let mine = Window {
        regions: ids(&["eu"]),
        ..window(1, "2026-12-19T14:00:00Z", "2026-12-19T18:00:00Z", "Europe/Helsinki")
    };
    let base = window(7, "2026-12-19T17:00:00Z", "2026-12-19T19:00:00Z", "Europe/Helsinki");
    let found = |other: Window| findings(&mine, &around(&organisation, &[], &[other], LONG_BEFORE));
    let conflict = Finding::Conflict {
        id: WindowId(7),
        title: "Upgrade 7".into(),
        when: "Sat 19 Dec 2026 19:00–21:00 Europe/Helsinki (17:00–19:00 UTC)".into(),
    };
    assert_eq!(found(base.clone()), [conflict], "no region means all");
    assert_eq!(found(Window { regions: ids(&["apac", "eu"]), ..base.clone() }).len(), 1);
    assert_eq!(found(Window { regions: ids(&["apac"]), ..base.clone() }), []);
    assert_eq!(found(Window { environment: "staging".into(), ..base.clone() }), []);
    assert_eq!(found(Window { services: ids(&["jira"]), ..base.clone() }), []);
    assert_eq!(found(Window { kind: kind(Kind::NO_DOWNTIME), ..base.clone() }), []);
    assert_eq!(found(Window { id: WindowId(1), ..base.clone() }), [], "never with itself");
    for (state, counts) in [
        (State::Pending, true),
        (State::InProgress, true),
        (State::Verifying, true),
        (State::Completed, false),
        (State::Cancelled, false),
    ] {
        assert_eq!(!found(Window { state, ..base.clone() }).is_empty(), counts, "{state}");
    }
    let mine = Window { kind: kind(Kind::NO_DOWNTIME), ..mine.clone() };
    assert_eq!(findings(&mine, &around(&organisation, &[], &[base], LONG_BEFORE)), []);
}

#[test]
fn less_than_an_hour_between_two_windows_only_warns() {
    let policy = policy(None, &[FindingKind::Conflict]);
    let organisation = organisation(policy.clone(), Vec::new());
    let mine = window(1, "2026-12-19T14:00:00Z", "2026-12-19T18:00:00Z", "UTC");
    let gap = |from: &str, to: &str| {
        let other = window(7, from, to, "UTC");
        let found = findings(&mine, &around(&organisation, &[], &[other], LONG_BEFORE));
        found.first().map(|finding| match finding {
            Finding::Close { gap_s, .. } => {
                assert_eq!(finding.weight(&policy), Weight::Warns);
                *gap_s
            }
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(gap("2026-12-19T18:00:00Z", "2026-12-19T19:00:00Z"), Some(0), "one begins as the other ends");
    assert_eq!(gap("2026-12-19T18:59:59Z", "2026-12-19T20:00:00Z"), Some(3599));
    assert_eq!(gap("2026-12-19T19:00:00Z", "2026-12-19T20:00:00Z"), None);
    assert_eq!(gap("2026-12-19T12:00:00Z", "2026-12-19T13:30:00Z"), Some(1800));
    assert_eq!(gap("2026-12-19T12:00:00Z", "2026-12-19T13:00:00Z"), None);
}

#[test]
fn policy_decides_what_refuses_waits_or_warns() {
    use FindingKind::{Always, BusinessHours, Conflict, ShortNotice};
    let notice = Finding::ShortNotice {
        notice: "5wd".parse().expect("a lead time"),
        by: utc(LONG_BEFORE),
        first_start: utc(LONG_BEFORE),
    };
    let hours = Finding::BusinessHours { regions: Vec::new() };
    let frozen = Finding::Freeze { id: FreezeId(1), title: String::new(), days: String::new() };
    let conflict = Finding::Conflict { id: WindowId(1), title: String::new(), when: String::new() };
    let plain = policy(None, &[]);
    for finding in [&notice, &frozen, &conflict] {
        assert_eq!(finding.weight(&plain), Weight::Refuses);
    }
    assert_eq!(hours.weight(&plain), Weight::Warns);
    let asking = policy(None, &[ShortNotice, BusinessHours, FindingKind::Freeze, Conflict]);
    for finding in [&notice, &frozen, &conflict, &hours] {
        assert_eq!(finding.weight(&asking), Weight::NeedsApproval);
    }
    let organisation = organisation(policy(None, &[Always]), Vec::new());
    let window = window(1, "2026-12-19T14:00:00Z", "2026-12-19T18:00:00Z", "UTC");
    let found = findings(&window, &around(&organisation, &[], &[], LONG_BEFORE));
    assert_eq!(found, [Finding::Always]);
    assert_eq!(found[0].weight(&policy(None, &[Always])), Weight::NeedsApproval);
}

#[test]
fn the_first_legal_start_keeps_the_time_of_day_and_passes_over_everything_that_refuses() {
    let strict = organisation(policy(Some("5wd"), &[]), Vec::new());
    // Friday 18 December, 16:00 to 20:00 in Helsinki, asked for the day before.
    let asked = window(1, "2026-12-18T14:00:00Z", "2026-12-18T18:00:00Z", "Europe/Helsinki");
    let freezes = [freeze("2026-12-18", "2027-01-07")];
    // Friday 8 January, 15:00 to 17:00.
    let others = [window(7, "2027-01-08T13:00:00Z", "2027-01-08T15:00:00Z", "Europe/Helsinki")];
    let now = "2026-12-17T08:00:00Z";
    let first = |organisation: &Organisation, freezes: &[Freeze], others: &[Window]| {
        first_legal_start(&asked, &around(organisation, freezes, others, now))
    };
    assert_eq!(first(&strict, &freezes, &others), Some(utc("2027-01-09T14:00:00Z")), "Saturday 9 January");
    assert_eq!(first(&strict, &freezes, &[]), Some(utc("2027-01-08T14:00:00Z")));
    // Before Thursday 24 December come 23, 22, 21, 18 and Thursday 17, at 16:00: still ahead.
    assert_eq!(first(&strict, &[], &[]), Some(utc("2026-12-24T14:00:00Z")));
    let asking = organisation(policy(Some("5wd"), &[FindingKind::Conflict, FindingKind::ShortNotice]), Vec::new());
    assert_eq!(first(&asking, &freezes, &others), Some(utc("2027-01-08T14:00:00Z")), "a conflict can be approved");
    assert_eq!(first(&asking, &[], &others), Some(asked.span.starts_at), "nothing refuses as it is");
    let two_years = [freeze("2026-12-01", "2028-12-01")];
    assert_eq!(first(&strict, &two_years, &[]), None);
}

#[test]
fn a_notice_of_more_than_a_year_of_working_days_still_finds_its_first_start() {
    let organisation = organisation(policy(Some("400wd"), &[]), Vec::new());
    let window = window(1, "2026-12-14T10:00:00Z", "2026-12-14T12:00:00Z", "UTC");
    let found = findings(&window, &around(&organisation, &[], &[], "2026-12-14T09:00:00Z"));
    let Some(Finding::ShortNotice { first_start, by, .. }) = found.first() else { panic!("{found:?}") };
    assert!(*by < utc("2025-12-14T00:00:00Z"));
    // Eighty weeks of five days, and two more for the holidays.
    assert_eq!(*first_start, utc("2028-06-28T10:00:00Z"));
}
