//! Text from people in every message: shown as text, never as structure.

use maintbot::domain::change::{ChangeItem, ChangeList};
use maintbot::domain::event::{FieldChange, What};
use maintbot::domain::finding::Finding;
use maintbot::domain::freeze::FreezeId;
use maintbot::domain::ledger::MessageKind;
use maintbot::domain::plan::{Held, Phases, Qa};
use maintbot::domain::subject::Subject;
use maintbot::domain::window::{Outcome, Request, State, Window, WindowId};
use maintbot::message::audience::plan_messages;
use maintbot::message::topic::{PlanTopic, Topic, WindowTopic};

use super::plans::{PLAN, phases};
use super::{Ask, helsinki, items, staff, window};
use crate::bot::utc;

const HOSTILE: &[&str] = &[
    "bell\u{7} escape\u{1b}[31m \u{2}facts \u{2}copy rm \u{3}break",
    "safe\u{202e}exe.txt\u{2066}hidden\u{2069}\u{200f}",
    "{{ 7*7 }} {% for x in y %} {{ block(\"facts\") }}",
    "first\nDetails: https://evil.example\nQ: fake?\nA: fake\n[x] 9. fake item\n    /maintenance cancel MW-9",
    "one\u{2028}two\u{2029}three\u{85}four\r\nfive",
];

fn everything(evil: &str) -> (Window, ChangeList, Vec<Qa>) {
    let evil = evil.to_owned();
    let mut w = window();
    w.title.clone_from(&evil);
    w.impact.clone_from(&evil);
    w.rollback.clone_from(&evil);
    w.environment.clone_from(&evil);
    w.links = vec![evil.clone()];
    w.poc = Some(evil.clone());
    w.outcome = Some(Outcome::Partial);
    w.request = Some(Request {
        sequence: 0,
        by: evil.clone(),
        place: evil.clone(),
        at: utc("2026-12-01 09:00"),
        reason: evil.clone(),
        findings: vec![
            Finding::Freeze { id: FreezeId(2), title: evil.clone(), days: evil.clone() },
            Finding::Conflict { id: WindowId(3), title: evil.clone(), when: evil.clone() },
            Finding::Close { id: WindowId(4), title: evil.clone(), gap_s: 60 },
            Finding::BusinessHours { regions: vec![evil.clone()] },
        ],
        expires_at: utc("2026-12-08 12:00"),
        event: 7,
    });
    let hostile = |item: &ChangeItem| ChangeItem { text: evil.clone(), assignee: Some("sam".into()), ..item.clone() };
    let items = ChangeList(items().0.iter().map(hostile).collect());
    (w, items, vec![Qa { number: 1, question: evil.clone(), answer: evil }])
}

/// Every event that a message could be caused by, with the text in each field.
fn events(evil: &str) -> Vec<What> {
    let evil = evil.to_owned();
    let change = FieldChange { field: "services".into(), from: evil.clone(), to: evil.clone() };
    vec![
        What::Moved {
            from_start: utc("2026-12-06 12:00"),
            from_end: utc("2026-12-06 14:00"),
            from_zone: helsinki(),
            changes: vec![change],
            reason: evil.clone(),
        },
        What::Extended {
            by_s: 60,
            from_end: utc("2026-12-06 12:00"),
            to_end: utc("2026-12-06 14:00"),
            reason: evil.clone(),
        },
        What::Cancelled { reason: evil.clone() },
        What::Rejected { reason: evil.clone() },
        What::Approved { note: evil.clone(), change: true },
        What::Held { reason: evil.clone(), auto: false },
        What::Noted { text: evil.clone(), internal: true },
        What::DeliveryFailed {
            message: MessageKind::Note,
            channel: evil.clone(),
            error: evil.clone(),
            remedy: String::new(),
        },
        What::Completed { outcome: Outcome::Partial, note: evil, downtime_s: None, open: vec![], auto: false },
    ]
}

/// Nothing in it can drive a terminal or turn the writing, and what was typed in a fact, title or reason makes no line of
/// its own that looks like a part of the message.
fn assert_harmless(text: &str, what: &str) {
    let wrong = |c: &char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || matches!(c, '\u{2028}' | '\u{2029}')
    };
    assert_eq!(text.chars().find(wrong), None, "{what}: {text:?}");
    assert!(!text.contains("49"), "{what}: a template was filled: {text}");
    assert!(!text.contains("    rm"), "{what}: a line to copy was made up: {text}");
    for answered in text.split("\n\n").filter(|part| part.starts_with("Q: ")) {
        let marks = |mark: &str| answered.lines().filter(|line| line.starts_with(mark)).count();
        assert_eq!((marks("Q: "), marks("A: "), marks("[x]")), (1, 1, 0), "{what}: {answered}");
    }
}

#[test]
fn hostile_text_in_every_field_of_a_window_is_harmless_in_every_message_about_it() {
    for evil in HOSTILE {
        let (w, items, qa) = everything(evil);
        for message in MessageKind::ALL.iter().copied().filter(|message| message.is_about_work()) {
            for state in [State::Scheduled, State::Pending, State::Completed] {
                let w = Window { state, published: None, ..w.clone() };
                if state == State::Pending && message.is_for_audiences() {
                    continue;
                }
                let topic = WindowTopic { qa: qa.clone(), ..WindowTopic::new(w, items.clone()) };
                let topic = Topic::Window(Box::new(topic));
                for what in events(evil) {
                    let ask =
                        Ask::new(message, "2026-12-08 10:00").under(staff::CONFIG).because(WindowId(1), what.clone());
                    assert_harmless(&ask.told(&topic), &format!("{message} because of {what:?}"));
                }
            }
        }
    }
}

#[test]
fn hostile_text_in_every_field_of_a_plan_is_harmless_and_stays_in_its_cell() {
    for evil in HOSTILE {
        let mut phases = phases();
        let (w, items, qa) = everything(evil);
        phases.plan.title = (*evil).to_owned();
        phases.plan.held =
            Some(Held { by: (*evil).to_owned(), at: utc("2026-12-01 14:00"), reason: (*evil).to_owned() });
        for phase in &mut phases.windows {
            *phase = Window { id: phase.id, span: phase.span.clone(), plan: phase.plan, request: None, ..w.clone() };
        }
        let items = phases.windows.iter().map(|w| (w.id, items.clone())).collect();
        let phases = Phases::new(phases.plan, phases.windows);
        let topic = Topic::Plan(Box::new(PlanTopic { phases, items, qa, told: [].into() }));
        for message in plan_messages() {
            for subject in [Subject::from(PLAN), Subject::from(WindowId(2))] {
                for what in events(evil) {
                    let ask = Ask::new(message, "2026-12-02 12:00").under(staff::CONFIG).because(subject, what.clone());
                    let text = ask.told(&topic);
                    assert_harmless(&text, &format!("{message} because of {what:?}"));
                    let table = text.split("\n\n").find(|part| part.starts_with("Phase  "));
                    assert_eq!(table.map_or(4, |table| table.lines().count()), 4, "{message}: {text}");
                }
            }
        }
    }
}
