//! Messages about a window as its kind, notice, downtime and state make them differ.

use maintbot::domain::event::What;
use maintbot::domain::ledger::MessageKind;
use maintbot::domain::window::{Category, Kind, Outcome, State, Window};
use maintbot::message::topic::Topic;

use super::{Ask, CONFIG, FACTS, downtime, items, told, whole, window};
use crate::bot::utc;

#[test]
fn an_announcement_at_short_notice_says_so_as_measured_when_it_was_asked_for() {
    let config = &format!("{CONFIG}\n[policy.scheduled]\nnotice = \"5wd\"\n");
    let asked = |at: &str| {
        let mut window = window();
        window.sequence_at = utc(at);
        let ask = Ask::new(MessageKind::Announcement, "2026-12-07 12:00").under(config);
        ask.told(&Topic::window(window, items())).contains("At short notice: we usually announce maintenance earlier")
    };
    // Five working days before, at the same time of day; 6 December is a Sunday.
    assert!(!asked("2026-12-01 12:00"), "at that very second it is in time");
    assert!(asked("2026-12-01 12:00:01"));
}

#[test]
fn an_emergency_says_why_it_comes_so_late_and_a_change_without_downtime_that_there_is_none() {
    let text = |kind: &str| whole(MessageKind::Announcement, "2026-12-08 10:00", None, |w| w.kind = Kind(kind.into()));
    insta::assert_snapshot!(text(Kind::EMERGENCY).replace(FACTS, "(the facts)"), @r"
    Emergency maintenance: Jira 10.3 upgrade

    This cannot wait: it is done sooner than we usually announce maintenance.

    Jira is unavailable for a while.

    (the facts)
    ");
    let rolling = text(Kind::NO_DOWNTIME);
    assert!(rolling.starts_with("Maintenance without downtime: Jira"), "{rolling}");
    assert!(rolling.contains("\nExpected downtime: none\n"), "{rolling}");
}

#[test]
fn downtime_per_tenant_and_per_service_stands_beside_the_length_of_the_window() {
    insta::assert_snapshot!(whole(MessageKind::Announcement, "2026-11-24 12:00", None, |w| { w.span.ends_at = utc("2026-12-08 16:00"); w.services.push("crm".into()); w.downtime = Some(downtime("10m-15m per:tenant")); w.downtimes = [("crm".into(), downtime("none")), ("jira".into(), downtime("1h"))].into(); w.category = Some(Category::StayingCurrent); w.environment = "staging".into(); w.regions.clear(); }), @r"
    Planned maintenance: Jira 10.3 upgrade

    Jira is unavailable for a while.

    When:              Tue 8 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)
    Services:          Jira, crm
    Environment:       staging
    Expected downtime: 10m to 15m per tenant inside a 4h window
    Downtime of crm:   none
    Downtime of Jira:  up to 1h
    Category:          staying current
    Contact:           mikko
    More:              https://wiki.example.com/jira
    Details:           https://maintenance.example.com/windows/MW-1
    ");
}

#[test]
fn completion_without_a_reported_downtime_says_none_and_partial_success_says_so() {
    let over = |outcome: Outcome| {
        let what = What::Completed { outcome, note: String::new(), downtime_s: None, open: vec![], auto: false };
        told(MessageKind::Completed, "2026-12-08 12:30", Some(what), |w| {
            w.state = State::Completed;
            w.outcome = Some(outcome);
            w.actual_end = Some(utc("2026-12-08 13:10"));
        })
    };
    let ended = "The maintenance ended Tue 8 Dec 2026 15:10 Europe/Helsinki (13:10 UTC)";
    for (outcome, first, second) in [
        (Outcome::Success, "Completed", "."),
        (Outcome::Partial, "Completed in part", "; a part of the work was done."),
        (Outcome::RolledBack, "Rolled back", "; the change was taken back."),
        (Outcome::Failed, "Failed", "; it did not succeed."),
    ] {
        assert_eq!(over(outcome), format!("{first}: Jira 10.3 upgrade\n\n{ended}{second}\n\n(the facts)"));
    }
}

#[test]
fn a_post_brought_in_step_says_where_the_window_is_now_and_only_if_it_has_gone_on() {
    let retold = |message: MessageKind, change: &dyn Fn(&mut Window)| {
        let mut window = window();
        change(&mut window);
        Ask::new(message, "2026-12-08 12:30").retold(&Topic::window(window, items()))
    };
    let updated = |text: &str| text.lines().last().map(str::to_owned).filter(|line| line.starts_with("Updated:"));
    assert_eq!(updated(&retold(MessageKind::Announcement, &|_| {})), None);
    let now = |state: &str| {
        Some(format!("Updated: MW-1 is now {state}, Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC)."))
    };
    assert_eq!(updated(&retold(MessageKind::Announcement, &|w| w.state = State::InProgress)), now("in progress"));
    assert_eq!(updated(&retold(MessageKind::Started, &|w| w.state = State::InProgress)), None);
    assert_eq!(updated(&retold(MessageKind::Reminder, &|w| w.state = State::Cancelled)), now("cancelled"));
    assert_eq!(updated(&retold(MessageKind::Announcement, &|w| w.sequence = 1)), now("scheduled"));
    assert!(!retold(MessageKind::Reminder, &|_| {}).contains("It starts in"), "that was true only when it was posted");
}
