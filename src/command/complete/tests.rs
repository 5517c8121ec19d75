//! What is offered for what was typed; the expected answers come from the rules of the grammar and of Discord.

use chrono::{DateTime, Utc};

use super::*;
use crate::command::spec::Verb;
use crate::command::when::{ZoneSource, Zones};

/// Tuesday 1 December 2026, 11:00 in Helsinki.
fn now() -> DateTime<Utc> {
    "2026-12-01T09:00:00Z".parse().expect("an instant")
}

fn verb(name: &str) -> &'static Verb {
    catalogue().verb(name).expect("a verb")
}

fn option(of: &str, name: &str) -> &'static Opt {
    verb(of).option(name).expect("an option")
}

fn helsinki() -> Zones {
    let zone = Zone::named("Europe/Helsinki").expect("a zone");
    Zones { tz: None, fallbacks: vec![(ZoneSource::Author, zone)] }
}

fn shown(found: &[Suggestion]) -> Vec<String> {
    found.iter().map(|one| format!("{} = {}", one.value, one.label)).collect()
}

fn values(found: &[Suggestion]) -> Vec<&str> {
    found.iter().map(|one| one.value.as_str()).collect()
}

fn when(typed: &str, length: Option<&str>) -> Vec<String> {
    let others = Others { length, time: None };
    shown(&finished(times(option("schedule", "when"), typed, others, now(), &helsinki())))
}

fn moment(of: &str, name: &str, typed: &str) -> Vec<String> {
    shown(&finished(times(option(of, name), typed, Others::default(), now(), &helsinki())))
}

fn every(typed: &str, others: Others<'_>) -> Vec<String> {
    shown(&finished(recurrences(typed, others, now(), &helsinki())))
}

#[test]
fn what_is_offered_keeps_the_limits_of_discord() {
    let long = "ä".repeat(LONGEST + 1);
    let found = finished(vec![
        Suggestion::new(&long, "kept"),
        Suggestion::new("cannot be taken", &long),
        Suggestion::new("nothing", " "),
        Suggestion::new("again", "kept"),
        Suggestion::new("", "bare"),
    ]);
    assert_eq!(values(&found), ["kept", "bare"]);
    assert_eq!(found[0].label.chars().count(), LONGEST);
    assert!(found[0].label.ends_with('…'));
    assert_eq!(found[1].label, "bare");
    let many = (0..40).map(|n| Suggestion::new(n.to_string(), n.to_string())).collect();
    assert_eq!(finished(many).len(), 25);
}

#[test]
fn a_long_title_does_not_hide_the_time() {
    let candidate = Candidate::numbered("MW-12", &"Upgrade ".repeat(30), "Sun 6 Dec 16:00");
    assert_eq!(candidate.label.chars().count(), LONGEST);
    assert!(candidate.label.starts_with("MW-12 Upgrade") && candidate.label.ends_with("… · Sun 6 Dec 16:00"));
}

#[test]
fn a_number_is_found_in_every_spelling_and_by_words_of_its_title() {
    let all = [
        Candidate::numbered("MW-120", "Patch day", "Sun 6 Dec 16:00"),
        Candidate::numbered("MW-12", "Jira 10.3 upgrade", "Sun 13 Dec 16:00").ranked(1),
        Candidate::numbered("MW-7", "Move of the CRM", "Sun 20 Dec 16:00"),
    ];
    for typed in ["12", "MW-12", "mw12", "#12", " mw-12 "] {
        assert_eq!(values(&matching(typed, &all)), ["MW-12", "MW-120"], "{typed}");
    }
    assert_eq!(values(&matching("upg JIRA", &all)), ["MW-12"]);
    assert_eq!(values(&matching("crm", &all)), ["MW-7"]);
    assert_eq!(values(&matching("", &all)), ["MW-120", "MW-7", "MW-12"], "by rank");
    assert_eq!(matching("ira", &all), [], "words are found by their beginning");
    assert_eq!(matching("…", &all), []);
    assert_eq!(matching("MW-12", &all)[0].label, "MW-12 Jira 10.3 upgrade · Sun 13 Dec 16:00");
}

#[test]
fn of_a_list_the_last_part_is_completed_and_the_others_stay() {
    let services =
        [Candidate::named("jira", "Jira Software"), Candidate::named("crm", "CRM"), Candidate::plain("cron")];
    let of = |typed| shown(&listed(option("schedule", "service"), typed, &services));
    assert_eq!(of("cr"), ["crm = crm", "cron = cron"]);
    assert_eq!(of("jira,cr"), ["jira,crm = jira, crm", "jira,cron = jira, cron"]);
    assert_eq!(of("jira, crm, "), ["jira,crm,cron = jira, crm, cron"]);
    assert_eq!(of("jira cro"), ["jira,cron = jira, cron"], "a known one before a blank");
    assert_eq!(of("jira soft"), [""; 0], "after one, another is looked for");
    assert_eq!(of("software jira"), ["jira = jira · Jira Software"], "words of a name");
    // Where only one is taken, a comma is as good as any other character.
    assert_eq!(listed(option("change add", "assignee"), "jira,cr", &services), []);
}

#[test]
fn zones_are_found_by_the_beginning_of_any_part_and_the_near_ones_come_first() {
    let near = ["Europe/Helsinki", "UTC"].map(|name| Zone::named(name).expect("a zone"));
    let of = |typed: &str| finished(zones(typed, &near));
    assert_eq!(values(&of(""))[..2], ["Europe/Helsinki", "UTC"]);
    assert_eq!(of("").len(), 25);
    assert_eq!(values(&of("hels")), ["Europe/Helsinki"]);
    assert_eq!(values(&of("new york")), ["America/New_York"]);
    assert_eq!(values(&of("york")), ["America/New_York"]);
    assert_eq!(values(&of("europe/"))[0], "Europe/Helsinki", "before Europe/Amsterdam");
    assert_eq!(values(&of("elsinki")), [""; 0]);
    assert_eq!(values(&of("pst"))[0], "America/Los_Angeles");
    let all = Zone::all_names().filter(|name| name.starts_with("Antarctica/")).collect::<Vec<_>>();
    assert_eq!(values(&of("antarctica")), all);
}

#[test]
fn a_time_is_shown_as_it_is_understood_and_typed_as_it_was() {
    assert_eq!(when("sunday 16:00-20:00", None), ["sunday 16:00-20:00 = Sun 6 Dec 16:00–20:00 Europe/Helsinki"]);
    assert_eq!(
        when(" tomorrow 4pm for 90m ", None),
        [" tomorrow 4pm for 90m  = Wed 2 Dec 16:00–17:30 Europe/Helsinki"]
    );
    assert_eq!(
        when("3 january 23:00-01:00", None),
        ["3 january 23:00-01:00 = Sun 3 Jan 2027 23:00 – Mon 4 Jan 2027 01:00 Europe/Helsinki"],
        "another year is named"
    );
    assert_eq!(when("sunday 16:00", Some("4h")), ["sunday 16:00 = Sun 6 Dec 16:00–20:00 Europe/Helsinki"]);
    assert_eq!(
        when("2026-12-06T14:00Z/PT1H", None),
        ["2026-12-06T14:00Z/PT1H = Sun 6 Dec 16:00–17:00 Europe/Helsinki"],
        "read in one zone, it lives in another"
    );
}

#[test]
fn a_time_that_is_not_whole_goes_on_with_what_can_be_read() {
    assert_eq!(
        when("next sunday", None),
        [
            "next sunday 02:00 for 2h = Sun 6 Dec 02:00–04:00 Europe/Helsinki",
            "next sunday 16:00-20:00 = Sun 6 Dec 16:00–20:00 Europe/Helsinki",
            "next sunday 22:00 for 4h = Sun 6 Dec 22:00 – Mon 7 Dec 02:00 Europe/Helsinki",
        ]
    );
    assert_eq!(when("next sunday", Some("30m"))[0], "next sunday 02:00 = Sun 6 Dec 02:00–02:30 Europe/Helsinki");
    assert_eq!(when("next sun", None)[0], "next sun 02:00 for 2h = Sun 6 Dec 02:00–04:00 Europe/Helsinki");
    for (typed, first) in [
        ("tom", "tomorrow 02:00 for 2h"),
        ("next", "next sunday 02:00 for 2h"),
        ("ne", "next sunday 02:00 for 2h"),
        ("sunday 16:00", "sunday 16:00 for 2h"),
        ("sunday 16:00-", "sunday 16:00 for 2h"),
        ("sunday 16:00 f", "sunday 16:00 for 2h"),
        ("sunday 16:00 for 2", "sunday 16:00 for 2h"),
        ("sunday 16:", "sunday 16:00 for 2h"),
        ("2026-12-06", "2026-12-06 02:00 for 2h"),
        ("", "next sunday 02:00 for 2h"),
    ] {
        let found = when(typed, None);
        assert!(found.first().is_some_and(|one| one.starts_with(&format!("{first} = "))), "{typed}: {found:?}");
    }
}

#[test]
fn a_time_that_cannot_be_read_says_why_and_what_would_do() {
    let found = when("yesterday 16:00-20:00", None);
    assert!(found[0].starts_with("yesterday 16:00-20:00 = Not understood: "), "{found:?}");
    assert!(found[0].contains("past"), "{found:?}");
    assert_eq!(
        found.get(1).map(String::as_str),
        Some("2026-12-02 16:00-20:00 = Wed 2 Dec 16:00–20:00 Europe/Helsinki")
    );
    let found = when("when the moon is full", None);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("when the moon is full = Not understood: "), "{found:?}");
    // What joins it does not get into what would do.
    let found = when("yesterday 16:00", Some("4h"));
    assert_eq!(found.get(1).map(String::as_str), Some("2026-12-02 16:00 = Wed 2 Dec 16:00–20:00 Europe/Helsinki"));
    assert_eq!(when(&format!("sunday 16:00-20:00{}", " ".repeat(100)), None), [""; 0], "no value is cut");
}

#[test]
fn instants_and_days_are_understood_likewise() {
    assert_eq!(moment("list", "from", "tomorrow 9:00"), ["tomorrow 9:00 = Wed 2 Dec 09:00 Europe/Helsinki"]);
    assert_eq!(moment("suggest", "before", "2027-01-10"), ["2027-01-10 = Sun 10 Jan 2027 00:00 Europe/Helsinki"]);
    assert_eq!(moment("freeze add", "to", "7 january"), ["7 january = Thu 7 Jan 2027"]);
    let of_a_day = moment("freeze add", "to", "7 january 16:00");
    assert!(of_a_day[0].contains("Not understood: `to` is a whole day"), "{of_a_day:?}");
    assert_eq!(of_a_day[1], "7 january = Thu 7 Jan 2027");
    assert_eq!(moment("list", "from", "")[0], "today = Tue 1 Dec 00:00 Europe/Helsinki");
    assert_eq!(moment("list", "from", "tom")[0], "tomorrow = Wed 2 Dec 00:00 Europe/Helsinki");
}

#[test]
fn a_length_is_spelt_out() {
    let of = |verb, name, typed| shown(&finished(lengths(option(verb, name), typed)));
    assert_eq!(of("extend", "for", "90m"), ["90m = 1 h 30 min"]);
    assert_eq!(of("extend", "for", "1d4h"), ["1d4h = 1 d 4 h"]);
    assert_eq!(of("extend", "for", "2"), ["2h = 2 h", "2m = 2 min", "2d = 2 d"]);
    assert_eq!(of("extend", "for", "30")[0], "30m = 30 min");
    assert_eq!(of("extend", "for", "1h 30")[0], "1h 30m = 1 h 30 min");
    assert_eq!(of("extend", "for", "")[0], "30m = 30 min");
    assert!(of("extend", "for", "a while")[0].starts_with("a while = Not understood: "));
    assert_eq!(of("schedule", "downtime", "15m"), ["15m = 15 min"]);
    assert_eq!(of("schedule", "downtime", "10m-15m per:tenant"), ["10m-15m per:tenant = 10 min to 15 min per tenant"]);
    assert_eq!(of("schedule", "downtime", "15m,jira=1h"), ["15m,jira=1h = 15 min, jira 1 h"]);
    assert_eq!(of("schedule", "downtime", "10-15")[0], "10m-15m = 10 min to 15 min");
    assert_eq!(of("schedule", "downtime", "none"), ["none = none"]);
    assert_eq!(of("complete", "downtime", "12m"), ["12m = 12 min"]);
}

#[test]
fn a_recurrence_is_put_in_words() {
    let alone = Others::default();
    assert_eq!(
        every("second sunday of month 16:00 for 4h", alone),
        ["second sunday of month 16:00 for 4h = second Sunday of every month at 16:00 for 4 h, Europe/Helsinki"]
    );
    let beside = Others { length: Some("2h"), time: Some("22:00") };
    assert_eq!(
        every("FREQ=MONTHLY;BYDAY=2TU", beside),
        ["FREQ=MONTHLY;BYDAY=2TU = second Tuesday of every month at 22:00 for 2 h, Europe/Helsinki"]
    );
    assert!(every("sec", alone)[0].starts_with("second sunday of month 02:00 for 2h = second Sunday"));
    assert!(every("last friday of quarter", alone)[0].starts_with("last friday of quarter 02:00 for 2h = "));
    assert_eq!(every("", alone).len(), RECURRENCES_OFFERED);
    assert!(every("whenever", alone)[0].starts_with("whenever = Not understood: "));
}

/// As many as there are examples.
const RECURRENCES_OFFERED: usize = 4;

#[test]
fn verbs_and_fixed_words_are_found_by_their_beginning() {
    assert_eq!(shown(&verbs("sch"))[0], "schedule = schedule · Plan a maintenance window and open its change list");
    assert!(values(&verbs("announce")).contains(&"plan publish"), "by what they do");
    assert_eq!(values(&verbs("/maintenance change a"))[0], "change add");
    assert!(values(&verbs("change")).starts_with(&["change"]));
    assert_eq!(verbs("").len(), catalogue().verbs.len() + catalogue().groups.len());
    let states = option("list", "state");
    assert_eq!(values(&choices(states, "in")), ["in_progress"]);
    assert_eq!(values(&choices(states, "scheduled,c")), ["scheduled,completed", "scheduled,cancelled"]);
    assert_eq!(choices(option("schedule", "title"), "anything"), []);
}
