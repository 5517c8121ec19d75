use std::collections::BTreeSet;

use super::*;
use crate::domain::calendar::WorkingCalendar;
use crate::domain::freeze::Freeze;
use crate::domain::organisation::{Announce, AutoComplete, GithubUse, Policy, Region, RemindersOn};
use crate::domain::window::State;

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn zone(name: &str) -> Zone {
    Zone::named(name).expect("a zone")
}

fn ids(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn working(zone_name: &str, hours: Option<&str>) -> WorkingCalendar {
    let hours = hours.map(|hours| hours.parse().expect("hours"));
    WorkingCalendar { hours, ..WorkingCalendar::monday_to_friday(zone(zone_name)) }
}

fn region(id: &str, zone_name: &str, hours: &str) -> Region {
    Region { id: id.into(), name: id.to_uppercase(), working: working(zone_name, Some(hours)) }
}

fn service(id: &str, zone_name: Option<&str>, quiet: &[&str]) -> Service {
    Service {
        id: id.into(),
        name: id.to_uppercase(),
        regions: Vec::new(),
        environment: None,
        zone: zone_name.map(zone),
        quiet_hours: quiet.iter().map(|hours| hours.parse().expect("hours")).collect(),
        quiet_query: None,
        repository: None,
        alert_matchers: Vec::new(),
        pagerduty: None,
    }
}

/// Helsinki without hours of its own, notice of five working days, services `crm` and `jira`.
fn organisation() -> Organisation {
    let policy = Policy {
        notice: Some("5wd".parse().expect("a lead time")),
        approval: BTreeSet::new(),
        reminders_on: RemindersOn::AnyDay,
        announce: Announce::AtOnce,
        remind: Vec::new(),
        change_list: Announce::AtOnce,
        auto_start: true,
        auto_complete: AutoComplete::Never,
        overrun_chase: TimeDelta::minutes(15),
    };
    Organisation {
        name: "Example".into(),
        zone: zone("Europe/Helsinki"),
        language: "en".into(),
        working: working("Europe/Helsinki", None),
        ops: Vec::new(),
        support: None,
        events: Vec::new(),
        silences: crate::domain::silence::Silencing::default(),
        services: [service("crm", None, &[]), service("jira", None, &[])].map(|s| (s.id.clone(), s)).into(),
        regions: BTreeMap::new(),
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

/// Without a notice.
fn at_any_time() -> Organisation {
    let mut organisation = organisation();
    organisation.policies.values_mut().for_each(|policy| policy.notice = None);
    organisation
}

fn window(id: i64, from: &str, to: &str) -> Window {
    let (starts_at, ends_at) = (utc(from), utc(to));
    Window {
        id: WindowId(id),
        title: format!("Upgrade {id}"),
        kind: Kind(Kind::SCHEDULED.into()),
        services: ids(&["crm"]),
        environment: "production".into(),
        regions: Vec::new(),
        span: Span { starts_at, ends_at, zone: Zone::utc() },
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

fn freeze(id: i64, from: &str, to: &str) -> Freeze {
    Freeze {
        id: FreezeId(id),
        title: "Year end".into(),
        from: from.parse().expect("a day"),
        to: to.parse().expect("a day"),
        services: Vec::new(),
        regions: Vec::new(),
        kinds: Vec::new(),
        by: "anna".into(),
        created_at: utc("2026-01-01T00:00:00Z"),
    }
}

fn ask(hours: i64, earliest: &str, before: &str, zone_name: &str) -> Ask {
    Ask {
        services: ids(&["crm"]),
        environment: "production".into(),
        regions: Vec::new(),
        kind: Kind(Kind::SCHEDULED.into()),
        length: TimeDelta::hours(hours),
        zone: zone(zone_name),
        earliest: utc(earliest),
        before: utc(before),
    }
}

struct World {
    organisation: Organisation,
    freezes: Vec<Freeze>,
    others: Vec<Window>,
    traffic: BTreeMap<String, WeekLoad>,
}

impl World {
    fn new(organisation: Organisation) -> Self {
        Self { organisation, freezes: Vec::new(), others: Vec::new(), traffic: BTreeMap::new() }
    }

    /// Asked when the time asked for begins.
    fn answer(&self, ask: &Ask) -> Suggestion {
        self.answer_at(ask, ask.earliest)
    }

    fn answer_at(&self, ask: &Ask, now: DateTime<Utc>) -> Suggestion {
        let around = Around { organisation: &self.organisation, freezes: &self.freezes, others: &self.others, now };
        suggest(ask, &Known { around, traffic: &self.traffic })
    }

    fn starts(&self, ask: &Ask) -> Vec<String> {
        shown(&self.answer(ask))
    }
}

/// Starts in UTC.
fn shown(suggestion: &Suggestion) -> Vec<String> {
    let start = |slot: &Slot| slot.span.starts_at.format("%a %F %R").to_string();
    suggestion.slots.iter().map(start).collect()
}

#[test]
fn without_anything_known_the_earliest_come_first_two_a_day_and_ten_at_most() {
    let world = World::new(at_any_time());
    // Tuesday 1 December, 10:10 in Helsinki.
    let starts = world.starts(&ask(2, "2026-12-01T08:10:00Z", "2026-12-20T00:00:00Z", "Europe/Helsinki"));
    let expected = [
        "Tue 2026-12-01 08:30",
        "Tue 2026-12-01 10:30",
        // Days are those of Helsinki, two hours ahead.
        "Tue 2026-12-01 22:00",
        "Wed 2026-12-02 00:00",
        "Wed 2026-12-02 22:00",
        "Thu 2026-12-03 00:00",
        "Thu 2026-12-03 22:00",
        "Fri 2026-12-04 00:00",
        "Fri 2026-12-04 22:00",
        "Sat 2026-12-05 00:00",
    ];
    assert_eq!(starts, expected);
}

#[test]
fn nothing_is_offered_in_the_past_or_past_the_end_that_is_asked_for() {
    let world = World::new(at_any_time());
    let ask = ask(2, "2026-12-01T08:00:00Z", "2026-12-01T12:00:00Z", "UTC");
    assert_eq!(world.starts(&ask), ["Tue 2026-12-01 08:00", "Tue 2026-12-01 10:00"]);
    let later = world.answer_at(&ask, utc("2026-12-01T09:40:00Z"));
    assert_eq!(shown(&later), ["Tue 2026-12-01 10:00"]);
    let too_late = world.answer_at(&ask, utc("2026-12-01T10:01:00Z"));
    assert_eq!(too_late, Suggestion { slots: Vec::new(), obstacles: Vec::new(), looked_at: 0 });
}

#[test]
fn every_slot_keeps_the_notice_to_the_second() {
    let world = World::new(organisation());
    let ask = ask(1, "2026-12-07T00:00:00Z", "2026-12-14T04:00:00Z", "Europe/Helsinki");
    // The five working days before Saturday 12 December, 02:00 in Helsinki, begin on Monday 7, 02:00.
    let in_time = world.answer(&ask);
    assert_eq!(shown(&in_time)[0], "Sat 2026-12-12 00:00");
    let why = Why::Notice { notice: "5wd".parse().expect("a lead time"), ahead: TimeDelta::days(5) };
    assert!(in_time.slots[0].why.contains(&why), "{:?}", in_time.slots[0].why);
    let a_second_late = world.answer_at(&ask, utc("2026-12-07T00:00:01Z"));
    assert_eq!(shown(&a_second_late)[0], "Sat 2026-12-12 00:30");
}

#[test]
fn slots_lie_outside_the_working_hours_of_every_affected_region() {
    let mut world = World::new(at_any_time());
    world.organisation.regions = [
        region("apac", "Asia/Singapore", "09:00-18:00"),
        region("eu", "Europe/Berlin", "08:00-18:00"),
        region("na", "America/New_York", "09:00-17:00"),
    ]
    .map(|region| (region.id.clone(), region))
    .into();
    // Monday 7 to Thursday 10 December. Work: Singapore 01–10, Berlin 07–17, New York 14–22 UTC.
    let everywhere = ask(3, "2026-12-07T00:00:00Z", "2026-12-10T00:00:00Z", "UTC");
    let found = world.answer(&everywhere);
    assert_eq!(shown(&found), ["Mon 2026-12-07 22:00", "Tue 2026-12-08 22:00"]);
    let clock = |text: &str| text.parse().expect("a wall clock");
    let singapore = Why::OutsideHours {
        region: Some("apac".into()),
        from: clock("2026-12-08T06:00:00"),
        to: clock("2026-12-08T09:00:00"),
        zone: zone("Asia/Singapore"),
    };
    assert!(found.slots[0].why.contains(&singapore), "{:?}", found.slots[0].why);
    let apac = Ask { regions: ids(&["apac"]), ..everywhere.clone() };
    assert_eq!(world.starts(&apac)[..2], ["Mon 2026-12-07 10:00", "Mon 2026-12-07 13:00"]);
    let rolling = Ask { kind: Kind(Kind::NO_DOWNTIME.into()), ..everywhere };
    assert_eq!(world.starts(&rolling)[0], "Mon 2026-12-07 00:00", "nobody is down");
}

#[test]
fn no_slot_touches_a_freeze_or_another_window_and_tight_ones_come_last() {
    let mut world = World::new(at_any_time());
    world.freezes = vec![freeze(3, "2026-12-02", "2026-12-31"), freeze(4, "2027-06-01", "2027-06-02")];
    world.others = vec![
        window(7, "2026-12-01T12:00:00Z", "2026-12-01T14:00:00Z"),
        Window { services: ids(&["jira"]), ..window(8, "2026-12-01T08:00:00Z", "2026-12-01T22:00:00Z") },
        Window { state: State::Cancelled, ..window(9, "2026-12-01T08:00:00Z", "2026-12-01T22:00:00Z") },
    ];
    // The freeze begins at 22:00 UTC. Free: 08:00 to 12:00 and 14:00 to 22:00; an hour away: to 11:00 and from 15:00.
    let found = world.answer(&ask(3, "2026-12-01T08:00:00Z", "2027-01-01T00:00:00Z", "Europe/Helsinki"));
    assert_eq!(shown(&found), ["Tue 2026-12-01 08:00", "Tue 2026-12-01 15:00"]);
    let other =
        Why::OtherWindow { id: WindowId(7), title: "Upgrade 7".into(), gap: TimeDelta::hours(1), is_before: false };
    assert!(found.slots[0].why.contains(&other), "{:?}", found.slots[0].why);
    assert!(found.slots[0].why.contains(&Why::NoFreeze { nearest: FreezeId(3) }));
    // Three and a half hours fit before the other window only with less than an hour to it.
    let long = Ask { length: TimeDelta::minutes(210), ..ask(1, "2026-12-01T08:00:00Z", "2026-12-01T20:00:00Z", "UTC") };
    assert_eq!(world.starts(&long), ["Tue 2026-12-01 15:00", "Tue 2026-12-01 08:00"]);
}

#[test]
fn the_quietest_measured_hours_come_first_over_all_services() {
    let mut world = World::new(at_any_time());
    // Of 168 hours of the UTC week: crm is quiet on Monday 03:00 and quieter on Sunday 05:00; jira is busy then.
    let loads = |special: &[(usize, f64)]| {
        let mut loads = vec![100.0; 168];
        for (hour, load) in special {
            loads[*hour] = *load;
        }
        WeekLoad::new(&loads).expect("a week")
    };
    world.traffic.insert("crm".into(), loads(&[(3, 10.0), (6 * 24 + 5, 1.0)]));
    let one = ask(1, "2026-12-01T00:00:00Z", "2026-12-15T00:00:00Z", "UTC");
    let found = world.answer(&one);
    let sundays_then_mondays =
        ["Sun 2026-12-06 05:00", "Sun 2026-12-13 05:00", "Mon 2026-12-07 03:00", "Mon 2026-12-14 03:00"];
    assert_eq!(shown(&found)[..4], sundays_then_mondays);
    assert!(found.slots[0].why.contains(&Why::Quietest { percent: 1 }), "{:?}", found.slots[0].why);
    // Ten times the traffic of crm: counted by its own mean, it weighs the same.
    let busy = |hour: usize| if hour == 6 * 24 + 5 { 5000.0 } else { 1000.0 };
    let jira: Vec<f64> = (0..168).map(busy).collect();
    world.traffic.insert("jira".into(), WeekLoad::new(&jira).expect("a week"));
    let both = Ask { services: ids(&["crm", "jira"]), ..one };
    assert_eq!(world.starts(&both)[..2], ["Mon 2026-12-07 03:00", "Mon 2026-12-14 03:00"]);
}

#[test]
fn quiet_hours_that_are_written_down_come_first_where_nothing_is_measured() {
    let mut world = World::new(at_any_time());
    let services = [service("crm", Some("Europe/Lisbon"), &["Sat,Sun 00:00-24:00"]), service("jira", None, &[])];
    world.organisation.services = services.map(|service| (service.id.clone(), service)).into();
    // From Saturday 23:00 in Lisbon (UTC in winter) over midnight.
    let weekend = ask(4, "2026-12-04T22:00:00Z", "2026-12-07T12:00:00Z", "UTC");
    let both = Ask { services: ids(&["crm", "jira"]), ..weekend };
    let found = world.answer(&both);
    let quiet_first = ["Sat 2026-12-05 00:00", "Sat 2026-12-05 04:00", "Sun 2026-12-06 00:00", "Sun 2026-12-06 04:00"];
    assert_eq!(shown(&found)[..4], quiet_first);
    // Then the others, the earliest first; Friday 22:00 would overlap the first of all.
    assert_eq!(shown(&found)[4..], ["Mon 2026-12-07 00:00", "Mon 2026-12-07 04:00"]);
    let inside = Why::QuietHours { services: ids(&["crm"]) };
    let told: Vec<bool> = found.slots.iter().map(|slot| slot.why.contains(&inside)).collect();
    assert_eq!(told[..5], [true, true, true, true, false]);
    // Over midnight from Saturday to Sunday is inside, too.
    let over_midnight = ask(4, "2026-12-05T22:00:00Z", "2026-12-06T02:00:00Z", "UTC");
    assert!(world.answer(&over_midnight).slots[0].why.contains(&inside));
}

/// The clocks in Helsinki skip 03:00 to 04:00 on Sunday 29 March 2026, and repeat it on Sunday 25 October.
#[test]
fn no_slot_begins_at_a_time_that_the_clocks_skip_and_only_the_first_of_two() {
    let world = World::new(at_any_time());
    let spring = Ask {
        length: TimeDelta::minutes(30),
        ..ask(1, "2026-03-29T00:30:00Z", "2026-03-29T02:00:00Z", "Europe/Helsinki")
    };
    // 02:30 and 04:00; 04:30 is over an hour and a half later, and a third on its day.
    let found = world.answer(&spring);
    assert_eq!(shown(&found), ["Sun 2026-03-29 00:30", "Sun 2026-03-29 01:00"]);
    assert_eq!(found.looked_at, 3);
    let shown: Vec<String> = found.slots.iter().map(|slot| slot.span.to_string()).collect();
    assert_eq!(shown[1], "Sun 29 Mar 2026 04:00–04:30 Europe/Helsinki (01:00–01:30 UTC)");
    let autumn = ask(1, "2026-10-25T00:00:00Z", "2026-10-25T03:30:00Z", "Europe/Helsinki");
    // 03:00 and 03:30 of summer time, then 04:00 and 04:30 of winter time.
    assert_eq!(world.answer(&autumn).looked_at, 4);
}

#[test]
fn when_nothing_is_free_the_answer_says_what_stood_in_the_way() {
    let mut world = World::new(organisation());
    world.organisation.working = working("Europe/Helsinki", Some("00:00-24:00"));
    world.freezes = vec![freeze(1, "2026-12-05", "2026-12-06")];
    // Friday 4 to Sunday 6 December in Helsinki, asked on Thursday 26 November, 12:00: five working days before Friday 4 at
    // 12:00 is Friday 27, 12:00; before Saturday 5 at noon also Monday 30.
    let ask = ask(1, "2026-12-03T22:00:00Z", "2026-12-06T22:00:00Z", "Europe/Helsinki");
    let found = world.answer_at(&ask, utc("2026-11-26T10:00:00Z"));
    assert_eq!(found.slots, []);
    // Three days with 48 half hours each, the last one cut short by the length.
    assert_eq!(found.looked_at, 143);
    // An hour from Friday 23:30 on reaches into the freeze as well.
    let freeze = Obstacle { kind: FindingKind::Freeze, blocked: 96, alone: 95 };
    let hours = Obstacle { kind: FindingKind::BusinessHours, blocked: 48, alone: 47 };
    assert_eq!(found.obstacles, [freeze, hours]);
    let late = world.answer_at(&ask, utc("2026-12-03T22:00:00Z"));
    assert_eq!(late.obstacles[0], Obstacle { kind: FindingKind::ShortNotice, blocked: 143, alone: 0 });
}

#[test]
fn loads_of_a_week_are_168_numbers_none_negative() {
    assert_eq!(WeekLoad::new(&[1.0; 167]), None);
    for odd in [f64::NAN, f64::INFINITY, -1.0] {
        let mut loads = vec![1.0; 168];
        loads[100] = odd;
        assert_eq!(WeekLoad::new(&loads), None, "{odd}");
    }
    let nobody = WeekLoad::new(&[0.0; 168]).expect("a week");
    let monday = utc("2026-12-07T00:00:00Z");
    assert!((nobody.during(monday, TimeDelta::hours(5)) - 1.0).abs() < 1e-9);
    let huge = WeekLoad::new(&[f64::MAX; 168]).expect("a week");
    assert!((huge.during(monday, TimeDelta::days(31)) - 1.0).abs() < 1e-9);
}

#[test]
fn a_slot_counts_the_parts_of_hours_it_touches_and_runs_on_into_the_next_week() {
    // The first hour of the week has none, every other twice the load of its half.
    let loads: Vec<f64> = (0..168).map(|hour| if hour == 0 { 0.0 } else { 168.0 / 167.0 }).collect();
    let week = WeekLoad::new(&loads).expect("a week");
    let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
    let busy = 168.0 / 167.0;
    assert!(close(week.during(utc("2026-12-07T00:00:00Z"), TimeDelta::hours(1)), 0.0), "Monday 00:00");
    assert!(close(week.during(utc("2026-12-07T00:30:00Z"), TimeDelta::hours(1)), busy / 2.0));
    assert!(close(week.during(utc("2026-12-06T23:00:00Z"), TimeDelta::hours(2)), busy / 2.0), "from Sunday 23:00");
    assert!(close(week.during(utc("2026-12-07T00:00:00Z"), TimeDelta::days(14)), 1.0), "two weeks");
    // Of 336 times to begin, one is quieter than 00:30 and none as quiet but Sunday 23:30.
    assert_eq!(week.quietest_percent(utc("2026-12-07T00:00:00Z"), TimeDelta::hours(1)), 1);
    assert_eq!(week.quietest_percent(utc("2026-12-07T00:30:00Z"), TimeDelta::hours(1)), 1);
    assert_eq!(week.quietest_percent(utc("2026-12-08T12:00:00Z"), TimeDelta::hours(1)), 2);
}
