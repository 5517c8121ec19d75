//! What is still worth sending when its time has come: approvals, customers, plans and their phases.

use std::collections::BTreeMap;

use maintbot::delivery::{About, Decision, decide};
use maintbot::domain::customer::Told;
use maintbot::domain::event::{Event, What};
use maintbot::domain::ledger::{Delivery, DeliveryState, MessageKind, Planned, Reason};
use maintbot::domain::notice;
use maintbot::domain::organisation::Channel;
use maintbot::domain::plan::{Phases, PlanState};
use maintbot::domain::subject::Subject;
use maintbot::domain::window::{Published, Request, State, Window, WindowId};
use maintbot::message::topic::{PlanTopic, Topic, WindowTopic};

use super::plans::{PLAN, phases};
use super::{items, organisation, staff, window};
use crate::bot::utc;

const SEND: Decision = Decision::Send;

fn newer() -> Decision {
    Decision::Supersede(Reason::Newer)
}

/// A row that is being sent now, with the event `occasion` or a lead.
fn row(id: i64, subject: impl Into<Subject>, message: MessageKind, occasion: &str) -> Delivery {
    let due_at = utc("2026-12-01 12:00");
    Delivery {
        id,
        subject: subject.into(),
        plan: notice::owed(0, message, occasion, "@sam", Channel::Builtin("news".into()), due_at),
        state: DeliveryState::Sending,
        reason: None,
        error: None,
        attempts: 1,
        sent_at: None,
        remote_id: None,
        created_at: due_at,
    }
}

fn sent(row: Delivery) -> Delivery {
    Delivery { state: DeliveryState::Sent, sent_at: Some(row.plan.due_at), ..row }
}

fn due(row: Delivery) -> Delivery {
    Delivery { state: DeliveryState::Due, ..row }
}

fn event(id: i64, subject: impl Into<Subject>, what: What) -> Event {
    let (actor, place) = ("anna".into(), "console".into());
    Event { id, at: utc("2026-12-01 11:00"), subject: subject.into(), actor, place, what }
}

fn about_window(topic: WindowTopic, rows: &[Delivery]) -> About {
    About { topic: Topic::Window(Box::new(topic)), rows: rows.to_vec(), events: Vec::new(), subscriber: None }
}

fn about_plan(change: impl FnOnce(&mut Phases), rows: &[Delivery]) -> About {
    let mut phases = phases();
    change(&mut phases);
    let topic = PlanTopic { phases, items: BTreeMap::new(), qa: Vec::new(), told: BTreeMap::new() };
    About { topic: Topic::Plan(Box::new(topic)), rows: rows.to_vec(), events: Vec::new(), subscriber: None }
}

fn decided_at(row: &Delivery, about: &About, now: &str) -> Decision {
    decide(row, about, &organisation(staff::CONFIG), utc(now))
}

fn decided(row: &Delivery, about: &About) -> Decision {
    decided_at(row, about, "2026-12-02 12:00")
}

fn pending(change: impl FnOnce(&mut Window)) -> WindowTopic {
    let mut w = window();
    w.state = State::Pending;
    w.request = Some(Request {
        sequence: 0,
        by: "anna".into(),
        place: "console".into(),
        at: utc("2026-12-01 09:00"),
        reason: String::new(),
        findings: Vec::new(),
        expires_at: w.span.starts_at,
        event: 7,
    });
    change(&mut w);
    WindowTopic::new(w, items())
}

#[test]
fn nothing_goes_out_about_a_pending_window_but_what_approval_needs() {
    let id = WindowId(1);
    for message in MessageKind::ALL {
        let expected = match message {
            MessageKind::ApprovalRequest
            | MessageKind::ApprovalReminder
            | MessageKind::ApprovalDecision
            | MessageKind::DeliveryFailed => SEND,
            _ => newer(),
        };
        let row = row(1, id, *message, "halfway");
        assert_eq!(decided(&row, &about_window(pending(|_| {}), std::slice::from_ref(&row))), expected, "{message}");
    }
    // One that was public before stays so, but what is planned waits for the decision.
    let about = about_window(pending(|w| w.published = Some(Published::of(&window()))), &[]);
    assert_eq!(decided(&row(1, id, MessageKind::IssueUpdate, "8"), &about), SEND);
    assert_eq!(decided(&row(1, id, MessageKind::PostEdit, "8"), &about), SEND);
    assert_eq!(decided(&row(1, id, MessageKind::Reminder, "7d"), &about), newer());
}

#[test]
fn a_request_to_approvers_goes_out_while_that_very_request_waits() {
    let (request, reminder) = (MessageKind::ApprovalRequest, MessageKind::ApprovalReminder);
    let id = WindowId(1);
    let about = |change: &dyn Fn(&mut Window)| about_window(pending(change), &[]);
    assert_eq!(decided(&row(1, id, request, "7"), &about(&|_| {})), SEND);
    assert_eq!(decided(&row(1, id, request, "6"), &about(&|_| {})), newer(), "asked again since");
    let later = about(&|w| w.request.as_mut().expect("a request").sequence = 1);
    assert_eq!(decided(&row(1, id, reminder, "halfway"), &later), newer(), "of an older sequence");
    for state in [State::Scheduled, State::Cancelled] {
        let decided_on = about(&|w| (w.state, w.request) = (state, None));
        assert_eq!(decided(&row(1, id, request, "7"), &decided_on), newer(), "{state}");
        assert_eq!(decided(&row(1, id, MessageKind::ApprovalDecision, "9"), &decided_on), SEND, "{state}");
    }
    let too_late = decided_at(&row(1, id, reminder, "halfway"), &about(&|_| {}), "2026-12-08 12:00");
    assert_eq!(too_late, Decision::Skip(Reason::TooLate));
}

#[test]
fn an_owner_is_asked_while_a_customer_of_theirs_is_not_told_in_this_round() {
    let (request, overdue) = (MessageKind::ToldRequest, MessageKind::ToldOverdue);
    let id = WindowId(1);
    let told =
        |customer: &str| Told { customer: customer.into(), round: 0, by: "sam".into(), at: utc("2026-12-01 12:00") };
    let about = |told: &[Told], round: i64, rows: &[Delivery]| {
        let w = Window { told_round: round, ..window() };
        about_window(WindowTopic { told: told.to_vec(), ..WindowTopic::new(w, items()) }, rows)
    };
    let all = [told("ACME"), told("GLOBEX")];
    let done = Decision::Skip(Reason::AlreadyTold);
    for message in [request, overdue] {
        assert_eq!(decided(&row(1, id, message, "+1wd"), &about(&all[..1], 0, &[])), SEND, "Globex is not told");
        assert_eq!(decided(&row(1, id, message, "+1wd"), &about(&all, 0, &[])), done);
        assert_eq!(decided(&row(1, id, message, "+1wd"), &about(&all, 1, &[])), SEND, "a new round");
    }
    let again = due(row(2, id, request, "9"));
    assert_eq!(decided(&row(1, id, overdue, "+1wd"), &about(&[], 1, &[again])), newer(), "asked anew");
    let mut others = row(2, id, request, "9");
    others.plan.audience = "@lee".into();
    assert_eq!(decided(&row(1, id, overdue, "+1wd"), &about(&[], 1, &[due(others)])), SEND, "somebody else is");
    let late = decided_at(&row(1, id, overdue, "+3wd"), &about(&[], 0, &[]), "2026-12-08 12:00");
    assert_eq!(late, Decision::Skip(Reason::TooLate));
}

#[test]
fn a_window_that_is_called_off_is_not_asked_about_unless_that_is_what_is_to_be_told() {
    let id = WindowId(1);
    let off = WindowTopic::new(Window { state: State::Cancelled, ..window() }, items());
    let mut about = about_window(off, &[]);
    about.events = vec![event(9, id, What::Cancelled { reason: String::new() })];
    let before = row(1, id, MessageKind::ToldRequest, "announcement");
    assert_eq!(decided(&before, &about), Decision::Supersede(Reason::Cancelled));
    assert_eq!(decided(&row(2, id, MessageKind::ToldRequest, "9"), &about), SEND);
}

#[test]
fn a_phase_counts_as_told_by_the_announcement_of_its_plan_until_it_no_longer_concerns_the_channel() {
    let id = WindowId(2);
    let phase = || {
        let phases = phases();
        WindowTopic { phases: Some(phases.clone()), ..WindowTopic::new(phases.windows[1].clone(), items()) }
    };
    let extended = row(9, id, MessageKind::Extended, "8");
    let announced = sent(row(1, PLAN, MessageKind::Announcement, "14d"));
    assert_eq!(decided(&extended, &about_window(phase(), std::slice::from_ref(&announced))), SEND);
    let untold = Decision::Skip(Reason::NotToldBefore);
    assert_eq!(decided(&extended, &about_window(phase(), &[])), untold);
    let left_out = sent(row(2, id, MessageKind::Cancelled, "5"));
    assert_eq!(decided(&extended, &about_window(phase(), &[announced, left_out])), untold);
}

#[test]
fn a_reminder_just_after_the_announcement_of_the_plan_says_nothing_new() {
    let id = WindowId(2);
    let phases = phases();
    let topic = WindowTopic { phases: Some(phases.clone()), ..WindowTopic::new(phases.windows[1].clone(), items()) };
    let announced = sent(row(1, PLAN, MessageKind::Announcement, "14d"));
    let reminder = row(2, id, MessageKind::Reminder, "7d");
    let about = about_window(topic, &[announced, reminder.clone()]);
    assert_eq!(decided(&reminder, &about), Decision::Skip(Reason::AlreadyTold));
}

#[test]
fn a_draft_says_nothing_and_a_plan_is_announced_while_a_phase_is_ahead() {
    let announcement = row(1, PLAN, MessageKind::Announcement, "14d");
    let decided =
        |change: &dyn Fn(&mut Phases)| decided_at(&announcement, &about_plan(change, &[]), "2026-12-14 12:00");
    assert_eq!(decided(&|_| {}), SEND, "Singapore is ahead");
    assert_eq!(decided(&|p| p.plan.state = PlanState::Draft), newer());
    assert_eq!(decided(&|p| p.plan.state = PlanState::Cancelled), Decision::Supersede(Reason::Cancelled));
    assert_eq!(decided(&|p| p.windows.iter_mut().for_each(|w| w.state = State::Pending)), newer(), "none is approved");
    let over = |p: &mut Phases| p.windows.iter_mut().for_each(|w| w.state = State::Completed);
    assert_eq!(decided(&over), Decision::Skip(Reason::TooLate));
    for message in MessageKind::ALL.iter().filter(|message| **message != MessageKind::DeliveryFailed) {
        let draft = about_plan(|p| p.plan.state = PlanState::Draft, &[]);
        assert_eq!(decided_at(&row(1, PLAN, *message, "8"), &draft, "2026-11-20 12:00"), newer(), "{message}");
    }
}

#[test]
fn a_move_of_a_plan_goes_to_those_told_of_it_or_of_a_phase_and_only_the_newest_of_several() {
    let moved = row(9, PLAN, MessageKind::Moved, "8");
    let untold = Decision::Skip(Reason::NotToldBefore);
    assert_eq!(decided(&moved, &about_plan(|_| {}, &[])), untold);
    for told in [row(1, PLAN, MessageKind::Announcement, "14d"), row(1, WindowId(2), MessageKind::Reminder, "7d")] {
        let (rows, told) = ([sent(told.clone())], told.plan.message);
        assert_eq!(decided(&moved, &about_plan(|_| {}, &rows)), SEND, "{told}");
    }
    let announced = sent(row(1, PLAN, MessageKind::Announcement, "14d"));
    // One phase called off takes nothing from what was told of the others.
    let one_off = sent(row(2, WindowId(2), MessageKind::Cancelled, "5"));
    assert_eq!(decided(&moved, &about_plan(|_| {}, &[announced.clone(), one_off])), SEND);
    let again = due(row(10, PLAN, MessageKind::Moved, "12"));
    let about = about_plan(|_| {}, &[announced.clone(), again]);
    assert_eq!(decided(&moved, &about), Decision::Supersede(Reason::Moved));
    let off = about_plan(|p| p.plan.state = PlanState::Cancelled, std::slice::from_ref(&announced));
    assert_eq!(decided(&moved, &off), Decision::Supersede(Reason::Cancelled));
    assert_eq!(decided(&row(11, PLAN, MessageKind::Cancelled, "13"), &off), SEND);
}

#[test]
fn a_move_that_took_the_place_of_one_of_another_phase_speaks_of_both() {
    let from = |day: &str| What::Moved {
        from_start: utc(&format!("{day} 12:00")),
        from_end: utc(&format!("{day} 16:00")),
        from_zone: super::helsinki(),
        changes: Vec::new(),
        reason: String::new(),
    };
    let unsent = Planned { occasion: "5".into(), ..row(1, PLAN, MessageKind::Moved, "5").plan };
    let superseded = Delivery {
        plan: unsent,
        state: DeliveryState::Superseded,
        reason: Some(Reason::Moved),
        ..row(1, PLAN, MessageKind::Moved, "5")
    };
    let moved = row(2, PLAN, MessageKind::Moved, "8");
    let mut about = about_plan(|_| {}, &[superseded, moved.clone()]);
    about.events = vec![event(5, WindowId(3), from("2026-12-14")), event(8, WindowId(2), from("2026-12-07"))];
    let spoken: Vec<Subject> = about.events_of(&moved).iter().map(|event| event.subject).collect();
    assert_eq!(spoken, [WindowId(2).into(), WindowId(3).into()]);
}
