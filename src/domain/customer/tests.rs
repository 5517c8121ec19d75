use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::*;
use crate::domain::calendar::{Span, WorkingCalendar, Zone};
use crate::domain::organisation::GithubUse;
use crate::domain::window::{Kind, State, WindowId};

fn ids(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn customer(id: &str, services: &[&str], regions: &[&str], owner: Option<&str>) -> Customer {
    Customer {
        id: id.into(),
        name: format!("{id} Ltd"),
        services: ids(services),
        regions: ids(regions),
        contacts: Vec::new(),
        owner: owner.map(Into::into),
    }
}

fn organisation(customers: Vec<Customer>) -> Organisation {
    Organisation {
        name: "Example".into(),
        zone: Zone::utc(),
        language: "en".into(),
        working: WorkingCalendar::monday_to_friday(Zone::utc()),
        ops: Vec::new(),
        support: None,
        events: Vec::new(),
        silences: crate::domain::silence::Silencing::default(),
        services: BTreeMap::new(),
        regions: BTreeMap::new(),
        policies: BTreeMap::new(),
        service_policies: BTreeMap::new(),
        audiences: Vec::new(),
        customers: customers.into_iter().map(|c| (c.id.clone(), c)).collect(),
        people: BTreeMap::new(),
        roles: None,
        github: GithubUse::default(),
        digest: None,
        mails: false,
        public_url: String::new(),
    }
}

fn window() -> Window {
    let starts_at = DateTime::UNIX_EPOCH;
    Window {
        id: WindowId(1),
        title: "Upgrade".into(),
        kind: Kind(Kind::SCHEDULED.into()),
        services: ids(&["crm"]),
        environment: "production".into(),
        regions: Vec::new(),
        span: Span { starts_at, ends_at: starts_at + TimeDelta::hours(4), zone: Zone::utc() },
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

fn four() -> Organisation {
    organisation(vec![
        customer("ACME", &["crm"], &["eu"], Some("anna")),
        customer("BETA", &["crm", "jira"], &["apac"], Some("ben")),
        customer("CORE", &[], &[], Some("anna")),
        customer("DELTA", &["jira"], &[], None),
    ])
}

fn names(customers: &[&Customer]) -> Vec<String> {
    customers.iter().map(|c| c.id.clone()).collect()
}

#[test]
fn a_window_touches_the_customers_with_a_service_and_a_region_of_it_or_those_it_names() {
    let organisation = four();
    let touched = |window: &Window| names(&touched(&organisation, window));
    let all_regions = window();
    assert_eq!(touched(&all_regions), ["ACME", "BETA", "CORE"], "no region means all");
    assert_eq!(touched(&Window { regions: ids(&["eu"]), ..window() }), ["ACME", "CORE"]);
    assert_eq!(touched(&Window { services: ids(&["jira"]), ..window() }), ["BETA", "CORE", "DELTA"]);
    let named = Window { customers: ids(&["delta", "ACME"]), ..window() };
    assert_eq!(touched(&named), ["ACME", "DELTA"], "named ones, whatever they use");
    let rolling = Kind(Kind::NO_DOWNTIME.into());
    assert_eq!(touched(&Window { kind: rolling.clone(), ..window() }), Vec::<String>::new());
    assert_eq!(touched(&Window { kind: rolling, ..named }), ["ACME", "DELTA"]);
}

#[test]
fn who_was_told_counts_for_the_present_round_only() {
    let organisation = four();
    let told = |customer: &str, round: i64| Told {
        customer: customer.into(),
        round,
        by: "anna".into(),
        at: DateTime::UNIX_EPOCH,
    };
    let window = Window { told_round: 1, ..window() };
    let told = [told("ACME", 0), told("BETA", 1), told("CORE", 1)];
    let lines = tell_list(&organisation, &window, &told);
    let shown: Vec<_> = lines.iter().map(|line| (line.customer.id.as_str(), line.told.is_some())).collect();
    assert_eq!(shown, [("ACME", false), ("BETA", true), ("CORE", true)]);
    let owners = open_owners(&lines);
    assert_eq!(owners.len(), 1);
    assert_eq!((owners[0].0, names(&owners[0].1)), ("anna", ids(&["ACME"])));
}

#[test]
fn an_owner_is_asked_once_for_all_of_their_customers_and_nobody_for_those_without_owner() {
    let organisation = four();
    let window = Window { services: ids(&["crm", "jira"]), ..window() };
    let lines = tell_list(&organisation, &window, &[]);
    let owners: Vec<_> = open_owners(&lines).into_iter().map(|(owner, of)| (owner.to_owned(), names(&of))).collect();
    assert_eq!(owners, [("anna".to_owned(), ids(&["ACME", "CORE"])), ("ben".to_owned(), ids(&["BETA"]))]);
}
