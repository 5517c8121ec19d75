//! The audit trail in words.

use maintbot::domain::event::{Event, FieldChange, ItemRef, LeftOut, What};
use maintbot::domain::finding::Finding;
use maintbot::domain::freeze::FreezeId;
use maintbot::domain::plan::PlanId;
use maintbot::domain::series::Scope;
use maintbot::domain::window::WindowId;
use maintbot::message::words;

use super::helsinki;
use crate::bot::utc;

#[test]
fn every_decision_about_a_window_plan_series_or_freeze_is_one_line_of_the_trail() {
    let reason = || "the vendor\nasked for it".to_owned();
    let findings = || {
        vec![
            Finding::BusinessHours { regions: vec!["eu".into()] },
            Finding::Freeze { id: FreezeId(2), title: "Year end".into(), days: "December".into() },
            Finding::Conflict { id: WindowId(3), title: "Database".into(), when: "then".into() },
            Finding::Close { id: WindowId(4), title: "Proxy".into(), gap_s: 60 },
            Finding::Always,
        ]
    };
    let change = FieldChange { field: "impact".into(), from: "none".into(), to: "some".into() };
    let happened = [
        What::Requested { reason: reason(), findings: findings(), change: true },
        What::Approved { note: "mind the backup".into(), change: false },
        What::Approved { note: String::new(), change: true },
        What::Rejected { reason: reason() },
        What::Expired,
        What::Overridden { reason: reason(), findings: findings()[..1].to_vec() },
        What::Told { customer: "ACME".into() },
        What::QaAdded { number: 1, question: "Is data safe?".into(), answer: "Yes.".into() },
        What::QaRemoved { number: 1, question: "Is data safe?".into() },
        What::Planned { title: "Infrastructure upgrade".into() },
        What::Published { phases: 3 },
        What::Held { reason: reason(), auto: true },
        What::Held { reason: String::new(), auto: false },
        What::Released { reason: String::new() },
        What::Occurred { made: vec![WindowId(5), WindowId(6)], left_out: Vec::new() },
        What::Occurred {
            made: vec![WindowId(7)],
            left_out: vec![LeftOut { when: "Sun 6 Dec 2026".into(), why: "it is inside the notice".into() }],
        },
        What::SeriesChanged { scope: Scope::Following, from: WindowId(5), changes: vec![change] },
        What::Stopped { reason: reason() },
        What::CarriedOver { to: WindowId(6), items: vec![ItemRef { number: 2, text: "Rebuild".into() }] },
        What::Frozen { title: "Year end".into(), days: "Fri 18 Dec 2026 to Thu 7 Jan 2027".into() },
        What::Thawed { title: "Year end".into() },
    ];
    let event = |what: &What| Event {
        id: 1,
        at: utc("2026-12-01 09:00"),
        subject: PlanId(3).into(),
        actor: "anna".into(),
        place: "console".into(),
        what: what.clone(),
    };
    let events: Vec<Event> = happened.iter().map(event).collect();
    let trail = words::trail("PL-3 Infrastructure upgrade", &events, &helsinki()).plain();
    let lines: Vec<&str> = trail.lines().map(|line| line.split("console  ").last().unwrap_or_default()).collect();
    assert_eq!(lines.len(), events.len() + 3, "a heading, an empty line, the head of the table, one line each");
    insta::assert_snapshot!(lines[3..].join("\n"), @r"
    asked for approval of a change (business hours in eu, freeze FR-2, conflict with MW-3, close to MW-4, every window of the kind): the vendor asked for it
    approved: mind the backup
    approved the change
    rejected: the vendor asked for it
    nobody decided in time
    set the rules aside (business hours in eu): the vendor asked for it
    told ACME
    answered question 1: Is data safe?
    took off question 1: Is data safe?
    made the plan “Infrastructure upgrade”
    published with 3 phases
    held the later phases by itself: the vendor asked for it
    held the later phases
    released the later phases
    made 2 windows, MW-5 to MW-6
    made MW-7; left out Sun 6 Dec 2026: it is inside the notice
    changed MW-5 and all after it: impact from “none” to “some”
    stopped: the vendor asked for it
    carried over to MW-6: 2. Rebuild
    froze Fri 18 Dec 2026 to Thu 7 Jan 2027: “Year end”
    took back the freeze “Year end”
    ");
}
