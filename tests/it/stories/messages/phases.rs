//! Messages about one phase of a plan.

use chrono::TimeDelta;
use maintbot::domain::event::What;
use maintbot::domain::ledger::MessageKind;
use maintbot::domain::plan::{Phases, Qa};
use maintbot::domain::window::{Outcome, State, Window};
use maintbot::message::topic::{Topic, WindowTopic};

use super::plans::{held, phases};
use super::{Ask, items};
use crate::bot::utc;

/// The second of three phases.
fn second(change: impl FnOnce(&mut Phases)) -> Topic {
    let mut phases = phases();
    change(&mut phases);
    let window = phases.windows[1].clone();
    let qa = vec![Qa { number: 1, question: "Is data safe?".into(), answer: "Yes.".into() }];
    Topic::Window(Box::new(WindowTopic { phases: Some(phases), qa, ..WindowTopic::new(window, items()) }))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[test]
fn a_reminder_says_which_phase_of_which_plan() {
    insta::assert_snapshot!(Ask::new(MessageKind::Reminder, "2026-12-07 12:00").told(&second(|_| {})), @r"
    Reminder: Infrastructure upgrade, phase 2 of 3: Germany

    It starts in 1 day.

    Germany is unavailable.

    When:              Tue 8 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)
    Part of:           Infrastructure upgrade (PL-3), phase 2 of 3
    Services:          Jira
    Regions:           eu
    Expected downtime: 10m to 15m per tenant inside a 4h window
    Downtime of Jira:  up to 1h
    Contact:           mikko
    More:              https://wiki.example.com/jira
    Details:           https://maintenance.example.com/windows/MW-2
    ");
}

#[test]
fn a_reminder_of_a_phase_on_hold_goes_out_and_says_so() {
    let topic = second(|phases| phases.plan.held = Some(held()));
    let text = Ask::new(MessageKind::Reminder, "2026-12-07 12:00").told(&topic);
    let lines: Vec<&str> = text.split("\n\n").collect();
    assert_eq!(
        lines[1..3],
        [
            "It is on hold: it does not start before we say that it goes on. Reason: the backup was late",
            "If it goes on in time, it starts in 1 day."
        ]
    );
    let starting = Ask::new(MessageKind::Starting, "2026-12-08 11:45").told(&topic);
    assert!(starting.contains("It is on hold and does not start before its plan is released."), "{starting}");
    assert!(!starting.contains("It starts by itself"), "{starting}");
    let post = Ask::new(MessageKind::Reminder, "2026-12-07 12:00").retold(&topic);
    assert!(!post.contains("it starts in 1 day"), "{post}");
}

#[test]
fn every_message_of_a_phase_names_its_plan_and_its_place() {
    let what = |message: MessageKind| match message {
        MessageKind::Extended => What::Extended {
            by_s: 1800,
            from_end: utc("2026-12-08 15:30"),
            to_end: utc("2026-12-08 16:00"),
            reason: String::new(),
        },
        MessageKind::Cancelled => What::Cancelled { reason: String::new() },
        _ => What::Noted { text: "Half of it is done.".into(), internal: false },
    };
    for (message, start) in [
        (MessageKind::Started, "Started: "),
        (MessageKind::Extended, "Extended by 30m: "),
        (MessageKind::Cancelled, "Cancelled: "),
        (MessageKind::Note, "Update: "),
        (MessageKind::ChangeList, "Change list for "),
    ] {
        let topic = second(|phases| phases.windows[1].state = State::InProgress);
        let Topic::Window(window) = &topic else { panic!("a window") };
        let text = Ask::new(message, "2026-12-08 12:30").because(window.window.id, what(message)).told(&topic);
        assert!(
            first_line(&text).starts_with(&format!("{start}Infrastructure upgrade, phase 2 of 3: Germany")),
            "{text}"
        );
        assert!(text.contains("Infrastructure upgrade (PL-3), phase 2 of 3"), "{text}");
    }
}

#[test]
fn completion_of_a_phase_says_what_comes_next_or_that_the_others_are_on_hold() {
    let over = |w: &mut Window, outcome: Outcome| {
        w.state = State::Completed;
        w.outcome = Some(outcome);
        w.actual_end = Some(utc("2026-12-08 15:10"));
        w.actual_downtime = Some(TimeDelta::minutes(22));
    };
    let what =
        What::Completed { outcome: Outcome::Success, note: String::new(), downtime_s: None, open: vec![], auto: false };
    let told = |change: &dyn Fn(&mut Phases)| {
        let topic = second(change);
        let Topic::Window(window) = &topic else { panic!("a window") };
        Ask::new(MessageKind::Completed, "2026-12-08 15:10").because(window.window.id, what.clone()).told(&topic)
    };
    let text = told(&|phases| {
        over(&mut phases.windows[0], Outcome::Success);
        over(&mut phases.windows[1], Outcome::Success);
    });
    insta::assert_snapshot!(text, @r"
    Completed: Infrastructure upgrade, phase 2 of 3: Germany

    The maintenance ended Tue 8 Dec 2026 17:10 Europe/Helsinki (15:10 UTC). The real downtime was 22m; expected: 10m to 15m per tenant; Jira: up to 1h.

    Next is phase 3 of 3, Singapore: Tue 15 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC).

    When:              Tue 8 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)
    Part of:           Infrastructure upgrade (PL-3), phase 2 of 3
    Services:          Jira
    Regions:           eu
    Expected downtime: 10m to 15m per tenant inside a 4h window
    Downtime of Jira:  up to 1h
    Contact:           mikko
    More:              https://wiki.example.com/jira
    Details:           https://maintenance.example.com/windows/MW-2
    ");
    let text = told(&|phases| {
        over(&mut phases.windows[1], Outcome::Failed);
        phases.plan.held = Some(held());
    });
    assert!(
        text.contains("\n\nThe phases that have not begun are on hold.\n\n") && !text.contains("Next is"),
        "{text}"
    );
    let text = told(&|phases| phases.windows.iter_mut().for_each(|w| over(w, Outcome::Success)));
    assert!(!text.contains("Next is") && !text.contains("on hold"), "{text}");
}

#[test]
fn calling_off_one_phase_says_what_becomes_of_the_others() {
    let told = |change: &dyn Fn(&mut Phases)| {
        let topic = second(|phases| {
            phases.windows[1].state = State::Cancelled;
            change(phases);
        });
        let what = What::Cancelled { reason: String::new() };
        Ask::new(MessageKind::Cancelled, "2026-12-02 12:00").because(super::plans::PLAN, what).told(&topic)
    };
    let text = told(&|_| {});
    assert_eq!(first_line(&text), "Cancelled: Infrastructure upgrade: Germany");
    assert!(text.contains("The other phases go on as planned."), "{text}");
    assert!(told(&|phases| phases.plan.held = Some(held())).contains("The other phases are on hold."));
    let last = told(&|phases| phases.windows.iter_mut().for_each(|w| w.state = State::Cancelled));
    assert!(!last.contains("The other phases"), "{last}");
}
