//! Messages about a whole plan: one table of all phases.

use chrono::TimeDelta;
use maintbot::domain::calendar::Span;
use maintbot::domain::event::{FieldChange, What};
use maintbot::domain::ledger::MessageKind;
use maintbot::domain::plan::{Held, Phases, Plan, PlanId, PlanState, Qa};
use maintbot::domain::window::{Published, Request, State, Window, WindowId};
use maintbot::message::audience::plan_messages;
use maintbot::message::topic::{PlanTopic, Topic};

use super::{Ask, downtime, helsinki, items, staff, window};
use crate::bot::utc;

pub const PLAN: PlanId = PlanId(3);

pub fn plan() -> Plan {
    Plan {
        id: PLAN,
        title: "Infrastructure upgrade".into(),
        state: PlanState::Published,
        held: None,
        requester: "mikko".into(),
        place: "console".into(),
        created_at: utc("2026-11-01 09:00"),
        published_at: Some(utc("2026-11-02 09:00")),
        sequence: 0,
        sequence_at: utc("2026-11-02 09:00"),
    }
}

fn phase(id: i64, title: &str, environment: &str, regions: &[&str], day: &str) -> Window {
    let starts_at = utc(&format!("{day} 12:00"));
    Window {
        id: WindowId(id),
        title: title.into(),
        environment: environment.into(),
        regions: regions.iter().map(|region| (*region).to_owned()).collect(),
        span: Span { starts_at, ends_at: starts_at + TimeDelta::hours(4), zone: helsinki() },
        downtime: Some(downtime("10m-15m per:tenant")),
        impact: format!("{title} is unavailable."),
        plan: Some(PLAN),
        ..window()
    }
}

/// Three phases, given out of order; the second keeps one service up longer.
pub fn phases() -> Phases {
    let mut germany = phase(2, "Germany", "production", &["eu"], "2026-12-08");
    germany.downtimes = [("jira".into(), downtime("1h"))].into();
    let windows = vec![
        phase(3, "Singapore", "production", &["apac"], "2026-12-15"),
        germany,
        phase(1, "Staging", "staging", &[], "2026-12-01"),
    ];
    Phases::new(plan(), windows)
}

pub fn held() -> Held {
    Held { by: "anna".into(), at: utc("2026-12-01 14:00"), reason: "the backup was late".into() }
}

fn topic(change: impl FnOnce(&mut Phases)) -> Topic {
    let mut phases = phases();
    change(&mut phases);
    let items = phases.windows.iter().map(|w| (w.id, items())).collect();
    let answer = "Yes: it is copied first.\nAnd kept for 30 days.";
    let qa = vec![Qa { number: 1, question: "Is data safe?".into(), answer: answer.into() }];
    let phases = Phases::new(phases.plan, phases.windows);
    Topic::Plan(Box::new(PlanTopic { phases, items, qa, told: [].into() }))
}

fn moved(changes: Vec<FieldChange>) -> What {
    What::Moved {
        from_start: utc("2026-12-07 12:00"),
        from_end: utc("2026-12-07 16:00"),
        from_zone: helsinki(),
        changes,
        reason: "a release is late".into(),
    }
}

#[test]
fn the_text_of_announcement_about_a_plan() {
    let ask = Ask::new(MessageKind::Announcement, "2026-11-17 12:00");
    insta::assert_snapshot!(ask.told(&topic(|_| {})), @r"
    Planned maintenance in 3 phases: Infrastructure upgrade

    Phase              When                                                           Environment  Services  Regions  Impact                     Expected downtime
    1 of 3: Staging    Tue 1 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)   staging      Jira               Staging is unavailable.    10m to 15m per tenant inside a 4h window
    2 of 3: Germany    Tue 8 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)   production   Jira      eu       Germany is unavailable.    10m to 15m per tenant inside a 4h window; Jira: up to 1h
    3 of 3: Singapore  Tue 15 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)  production   Jira      apac     Singapore is unavailable.  10m to 15m per tenant inside a 4h window

    Contact: mikko
    More:    https://wiki.example.com/jira
    Details: https://maintenance.example.com/windows/MW-1

    Questions and answers:

    Q: Is data safe?
    A: Yes: it is copied first.
       And kept for 30 days.
    ");
}

#[test]
fn the_announcement_of_a_plan_to_staff_names_customers_and_how_each_phase_is_taken_back() {
    let ask = Ask::new(MessageKind::Announcement, "2026-11-17 12:00").to("customer-engineers").under(staff::CONFIG);
    let text = ask.told(&topic(|phases| phases.windows[1].rollback = "Restore the snapshot.".into()));
    let customers = "Acme Corp (owner sam; ops@acme.example; +358 9 123), Globex (owner sam)";
    assert!(text.contains(customers) && text.contains("Rollback:  phase 2: Restore the snapshot."), "{text}");
    let public = Ask::new(MessageKind::Announcement, "2026-11-17 12:00").to("public").under(staff::CONFIG);
    let text = public.told(&topic(|phases| phases.windows[1].rollback = "Restore the snapshot.".into()));
    assert!(!text.contains("Acme") && !text.contains("Restore"), "{text}");
}

#[test]
fn phases_that_are_not_approved_are_in_no_announcement() {
    let asked = |w: &Window| Request {
        sequence: w.sequence,
        by: "mikko".into(),
        place: "console".into(),
        at: utc("2026-11-02 09:00"),
        reason: String::new(),
        findings: Vec::new(),
        expires_at: w.span.starts_at,
        event: 7,
    };
    let ask = || Ask::new(MessageKind::Announcement, "2026-11-17 12:00");
    let text = ask().told(&topic(|phases| {
        phases.windows[1].state = State::Pending;
        phases.windows[1].request = Some(asked(&phases.windows[1]));
    }));
    assert!(text.starts_with("Planned maintenance in 2 phases") && !text.contains("Germany"), "{text}");
    // Approved once, and a change of it waits: what was approved is shown.
    let text = ask().told(&topic(|phases| {
        let germany = &mut phases.windows[1];
        germany.published = Some(Published::of(germany));
        germany.state = State::Pending;
        germany.request = Some(asked(germany));
        germany.span.starts_at += TimeDelta::days(20);
        germany.span.ends_at += TimeDelta::days(20);
    }));
    assert!(text.contains("2 of 3: Germany") && text.contains("Tue 8 Dec 2026") && !text.contains("28 Dec"), "{text}");
}

#[test]
fn the_text_of_moved_about_a_plan() {
    let ask = Ask::new(MessageKind::Moved, "2026-12-02 12:00").because(WindowId(2), moved(Vec::new()));
    insta::assert_snapshot!(ask.told(&topic(|phases| phases.windows[0].state = State::Completed)), @r"
    Moved: Infrastructure upgrade, phase 2 of 3: Germany

    Phase 2 of 3, Germany, was planned for Mon 7 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC). The new time is Tue 8 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC).

    Reason: a release is late

    All phases:

    Phase              When                                                           Environment  Services  Regions  Impact                     Expected downtime                                         State
    1 of 3: Staging    Tue 1 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)   staging      Jira               Staging is unavailable.    10m to 15m per tenant inside a 4h window                  completed
    2 of 3: Germany    Tue 8 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)   production   Jira      eu       Germany is unavailable.    10m to 15m per tenant inside a 4h window; Jira: up to 1h  moved
    3 of 3: Singapore  Tue 15 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)  production   Jira      apac     Singapore is unavailable.  10m to 15m per tenant inside a 4h window

    Contact: mikko
    More:    https://wiki.example.com/jira
    Details: https://maintenance.example.com/windows/MW-2
    ");
}

#[test]
fn two_phases_that_moved_before_anybody_heard_of_the_first_are_both_told() {
    let mut second = moved(Vec::new());
    if let What::Moved { from_start, from_end, .. } = &mut second {
        (*from_start, *from_end) = (utc("2026-12-14 12:00"), utc("2026-12-14 16:00"));
    }
    let ask = Ask::new(MessageKind::Moved, "2026-12-02 12:00").because(WindowId(3), second);
    let text = ask.because(WindowId(2), moved(Vec::new())).told(&topic(|_| {}));
    assert!(text.starts_with("Moved: Infrastructure upgrade\n"), "{text}");
    assert!(text.contains("Phase 2 of 3, Germany, was planned for Mon 7 Dec 2026 14:00–18:00"), "{text}");
    assert!(text.contains("Phase 3 of 3, Singapore, was planned for Mon 14 Dec 2026 14:00–18:00"), "{text}");
}

#[test]
fn other_facts_of_a_phase_and_a_phase_that_joins_late_are_told_as_such() {
    let same_time = What::Moved {
        from_start: utc("2026-12-08 12:00"),
        from_end: utc("2026-12-08 16:00"),
        from_zone: helsinki(),
        changes: vec![FieldChange { field: "regions".into(), from: "eu, apac".into(), to: "eu".into() }],
        reason: String::new(),
    };
    let text = Ask::new(MessageKind::Moved, "2026-12-02 12:00").because(WindowId(2), same_time).told(&topic(|_| {}));
    assert!(text.starts_with("Changed: Infrastructure upgrade, phase 2 of 3: Germany\n"), "{text}");
    assert!(text.contains("\nregions: eu (was eu, apac)\n") && !text.contains("was planned for"), "{text}");
    let text =
        Ask::new(MessageKind::Moved, "2026-12-02 12:00").because(WindowId(3), What::Scheduled).told(&topic(|_| {}));
    assert!(text.starts_with("New: Infrastructure upgrade, phase 3 of 3: Singapore\n"), "{text}");
    assert!(text.contains("Phase 3 of 3, Singapore, is new: Tue 15 Dec 2026 14:00–18:00"), "{text}");
}

#[test]
fn the_text_of_cancelled_about_a_plan() {
    let what = What::Cancelled { reason: "the vendor withdrew it".into() };
    let ask = Ask::new(MessageKind::Cancelled, "2026-12-02 12:00").because(PLAN, what);
    let text = ask.told(&topic(|phases| {
        phases.plan.state = PlanState::Cancelled;
        phases.windows[0].state = State::Completed;
        phases.windows[0].actual_start = Some(utc("2026-12-01 12:00"));
        phases.windows[1].state = State::Cancelled;
        phases.windows[2].state = State::Cancelled;
    }));
    insta::assert_snapshot!(text, @r"
    Cancelled: Infrastructure upgrade

    The phases that have not begun will not take place.

    Reason: the vendor withdrew it

    Phase      When                                                           Environment  Services  Regions  Impact                     Expected downtime                                         State
    Staging    Tue 1 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)   staging      Jira               Staging is unavailable.    10m to 15m per tenant inside a 4h window                  completed
    Germany    Tue 8 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)   production   Jira      eu       Germany is unavailable.    10m to 15m per tenant inside a 4h window; Jira: up to 1h  cancelled
    Singapore  Tue 15 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)  production   Jira      apac     Singapore is unavailable.  10m to 15m per tenant inside a 4h window                  cancelled

    Contact: mikko
    More:    https://wiki.example.com/jira
    Details: https://maintenance.example.com/windows/MW-1
    ");
}

#[test]
fn the_text_of_note_about_a_plan() {
    let what = What::Held { reason: "the backup was late".into(), auto: false };
    let ask = Ask::new(MessageKind::Note, "2026-12-02 12:00").because(PLAN, what);
    let text = ask.told(&topic(|phases| {
        phases.plan.held = Some(held());
        phases.windows[0].state = State::Completed;
    }));
    insta::assert_snapshot!(text, @r"
    On hold: Infrastructure upgrade

    The phases that have not begun do not start before we say that they go on.

    Reason: the backup was late

    Phase              When                                                           Environment  Services  Regions  Impact                     Expected downtime                                         State
    1 of 3: Staging    Tue 1 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)   staging      Jira               Staging is unavailable.    10m to 15m per tenant inside a 4h window                  completed
    2 of 3: Germany    Tue 8 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)   production   Jira      eu       Germany is unavailable.    10m to 15m per tenant inside a 4h window; Jira: up to 1h  on hold
    3 of 3: Singapore  Tue 15 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)  production   Jira      apac     Singapore is unavailable.  10m to 15m per tenant inside a 4h window                  on hold

    Contact: mikko
    More:    https://wiki.example.com/jira
    Details: https://maintenance.example.com/windows/MW-2
    ");
    let what = What::Released { reason: String::new() };
    let text = Ask::new(MessageKind::Note, "2026-12-03 12:00").because(PLAN, what).told(&topic(|_| {}));
    assert!(
        text.starts_with("Goes on: Infrastructure upgrade\n\nThe phases that have not begun start as planned."),
        "{text}"
    );
}

#[test]
fn the_text_of_delivery_failed_about_a_plan() {
    let (message, channel, error) = (MessageKind::Announcement, "log:audit".into(), "no such channel".into());
    let what = What::DeliveryFailed { message, channel, error, remedy: String::new() };
    let ask = Ask::new(MessageKind::DeliveryFailed, "2026-12-02 12:00").to("ops").because(PLAN, what);
    insta::assert_snapshot!(ask.told(&topic(|_| {})), @r"
    PL-3 Infrastructure upgrade: the announcement could not be delivered to log:audit

    Reason: no such channel

    Please tell its readers yourself. What it is about:

        /maintenance plan show PL-3

    Contact: mikko
    More:    https://wiki.example.com/jira
    Details: https://maintenance.example.com/windows/MW-1
    ");
}

#[test]
fn an_announcement_brought_in_step_shows_where_each_phase_is_and_which_changed_since() {
    let ask = || Ask::new(MessageKind::Announcement, "2026-12-09 12:00");
    let text = ask().retold(&topic(|_| {}));
    assert!(!text.contains("Updated:"), "nothing has happened: {text}");
    let text = ask().retold(&topic(|phases| {
        phases.plan.sequence = 1;
        phases.windows[0].state = State::Completed;
        phases.windows[1].state = State::Cancelled;
        phases.windows[2].sequence = 1;
        phases.windows[2].sequence_at = utc("2026-12-10 12:00");
    }));
    let row = |title: &str| text.lines().find(|line| line.contains(title)).unwrap_or_default().to_owned();
    assert!(row("Staging is").ends_with("completed") && row("Staging").starts_with("1 of 2: Staging"), "{text}");
    assert!(row("Germany is").ends_with("cancelled") && row("Germany is").starts_with("Germany"), "{text}");
    assert!(row("Singapore is").ends_with("changed"), "{text}");
    assert!(text.ends_with("Updated: the table shows the phases as they are now."), "{text}");
    let text = ask().retold(&topic(|phases| phases.plan.held = Some(held())));
    assert!(text.ends_with("Updated: PL-3 is now on hold.") && text.contains("It is on hold: phases that"), "{text}");
    let text = ask().retold(&topic(|phases| phases.plan.state = PlanState::Cancelled));
    assert!(text.ends_with("Updated: PL-3 is now cancelled."), "{text}");
}

#[test]
fn short_notice_of_one_phase_marks_the_plan() {
    let config = &staff::CONFIG.replacen("[[audience]]", "[policy.scheduled]\nnotice = \"5wd\"\n\n[[audience]]", 1);
    let text = |sequence_at: &str| {
        let ask = Ask::new(MessageKind::Announcement, "2026-11-30 12:00").to("public").under(config);
        ask.told(&topic(|phases| phases.windows[0].sequence_at = utc(sequence_at)))
    };
    assert!(text("2026-11-30 09:00").contains("At short notice"));
    assert!(!text("2026-11-01 09:00").contains("At short notice"));
}

#[test]
fn a_plan_has_no_other_messages_than_these() {
    use MessageKind::{Announcement, Cancelled, DeliveryFailed, Moved, Note};
    assert_eq!(plan_messages(), [Announcement, Moved, Cancelled, Note, DeliveryFailed]);
}
