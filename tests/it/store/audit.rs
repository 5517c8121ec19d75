//! The audit trail, replies that are kept, tokens and known services.

use maintbot::domain::access::Role;
use maintbot::domain::calendar::Zone;
use maintbot::domain::event::{Event, FieldChange, ItemRef, LeftOut, What};
use maintbot::domain::freeze::FreezeId;
use maintbot::domain::ledger::MessageKind;
use maintbot::domain::plan::PlanId;
use maintbot::domain::series::{Scope, SeriesId};
use maintbot::domain::subject::Subject;
use maintbot::domain::window::{Outcome, WindowId};
use maintbot::store::{NewEvent, Repeat, StoredAnswer, Token};

use super::{every_finding, minute, write};
use crate::databases::on_both;

/// One of every sort.
fn everything() -> Vec<What> {
    let items = vec![ItemRef { number: 1, text: "Jira \"10.3\"".into() }];
    let changes = vec![FieldChange { field: "impact".into(), from: String::new(), to: "none → some".into() }];
    vec![
        What::Scheduled,
        What::Edited { changes: changes.clone() },
        What::Moved {
            from_start: minute(0),
            from_end: minute(60),
            from_zone: Zone::named("Europe/Helsinki").expect("a zone"),
            changes,
            reason: "vendor".into(),
        },
        What::Extended { by_s: 1800, from_end: minute(60), to_end: minute(90), reason: "index".into() },
        What::Cancelled { reason: String::new() },
        What::Started { auto: true },
        What::Verifying { all_done: false },
        What::Resumed,
        What::Completed {
            outcome: Outcome::Partial,
            note: "half".into(),
            downtime_s: Some(61),
            open: vec![2],
            auto: false,
        },
        What::Noted { text: "line\nline".into(), internal: true },
        What::Acknowledged,
        What::ItemsAdded { items: items.clone(), late: true },
        What::ItemEdited { number: 1, from: "a".into(), to: "b".into() },
        What::ItemAssigned { number: 1, text: "a".into(), assignee: None },
        What::ItemsRemoved { items: items.clone() },
        What::ItemsDone { items: items.clone() },
        What::ItemsUndone { items },
        What::NoShow { after: "+15m".into() },
        What::Overran { after: "+60m".into() },
        What::Reminded { message: MessageKind::Reminder, occasion: "7d".into() },
        What::DeliveryFailed {
            message: MessageKind::Started,
            channel: "webhook:crm".into(),
            error: "gone".into(),
            remedy: "maintbot webhook enable crm".into(),
        },
    ]
}

/// The same for approvals, customers, plans, series and freezes.
fn everything_else() -> Vec<What> {
    let items = vec![ItemRef { number: 1, text: "Jira \"10.3\"".into() }];
    let changes = vec![FieldChange { field: "poc".into(), from: "anna".into(), to: "mikko".into() }];
    let left_out = vec![LeftOut { when: "Sun 13 Dec 2026 16:00".into(), why: "inside the notice".into() }];
    vec![
        What::Requested { reason: "vendor".into(), findings: every_finding(), change: true },
        What::Approved { note: String::new(), change: false },
        What::Rejected { reason: "not in December".into() },
        What::Expired,
        What::Overridden { reason: "outage".into(), findings: vec![] },
        What::Told { customer: "ACME".into() },
        What::QaAdded { number: 1, question: "How long?".into(), answer: "An hour".into() },
        What::QaRemoved { number: 1, question: "How long?".into() },
        What::Planned { title: "Move to the cloud".into() },
        What::Published { phases: 3 },
        What::Held { reason: "phase 1 failed".into(), auto: true },
        What::Released { reason: "repaired".into() },
        What::Occurred { made: vec![WindowId(1), WindowId(2)], left_out },
        What::SeriesChanged { scope: Scope::Following, from: WindowId(2), changes },
        What::Stopped { reason: "moved to the cloud".into() },
        What::CarriedOver { to: WindowId(2), items },
        What::Frozen { title: "Year end".into(), days: "Fri 18 Dec 2026 to Thu 7 Jan 2027".into() },
        What::Thawed { title: "Year end".into() },
    ]
}

#[tokio::test]
async fn every_sort_of_event_comes_back_as_it_was_recorded_oldest_first() {
    on_both(async |db| {
        let (first, second) = (WindowId(1), WindowId(2));
        let expected: Vec<Event> = (1..)
            .zip(everything().into_iter().chain(everything_else()))
            .map(|(id, what)| Event {
                id,
                at: minute(id),
                subject: first.into(),
                actor: "anna".into(),
                place: "console".into(),
                what,
            })
            .collect();
        write(&db, async |tx| {
            for event in &expected {
                let id = tx.add_event(first, event.at, &event.actor, &event.place, &event.what).await?;
                assert_eq!(id, event.id);
            }
            let other = tx.add_event(second, minute(99), "maintbot", "clock", &What::Scheduled).await?;
            assert_eq!(tx.events(first).await?, expected);
            assert_eq!(tx.last_event(first).await?, expected.last().map(|event| event.id));
            assert_eq!(tx.last_event(second).await?, Some(other));
            assert_eq!(tx.last_event(WindowId(3)).await?, None);
            assert_eq!(tx.event(3).await?.as_ref(), expected.get(2));
            assert_eq!(tx.event(99).await?, None);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn plans_series_and_freezes_have_events_of_their_own() {
    on_both(async |db| {
        let subjects: [Subject; 4] =
            [PlanId(1).into(), SeriesId(1).into(), FreezeId(1).into(), Subject::Window(WindowId(1))];
        let (resumed, expired) = (What::Resumed, What::Expired);
        let event = |at, subject, what| NewEvent { subject, at: minute(at), actor: "anna", place: "console", what };
        write(&db, async |tx| {
            let [plan, series, freeze, window] = subjects;
            let added = [event(9, window, &resumed), event(1, plan, &resumed), event(2, plan, &expired)];
            assert_eq!(tx.add_events(&added).await?, [1, 2, 3]);
            assert_eq!(tx.add_events(&[]).await?, [0; 0]);
            assert_eq!(tx.add_events(&[event(0, series, &expired), event(0, freeze, &expired)]).await?, [4, 5]);
            assert_eq!(tx.add_event(window, minute(9), "anna", "console", &expired).await?, 6);
            for (subject, last) in subjects.into_iter().zip([3, 4, 5, 6]) {
                assert_eq!(tx.last_event(subject).await?, Some(last), "{subject}");
                assert!(tx.events(subject).await?.iter().all(|event| event.subject == subject), "{subject}");
            }
            let ids = |events: Vec<Event>| events.iter().map(|event| event.id).collect::<Vec<_>>();
            assert_eq!(ids(tx.events(PlanId(1)).await?), [2, 3]);
            assert_eq!(ids(tx.events_of(&[plan, window, plan]).await?), [1, 2, 3, 6], "by id, each once");
            assert_eq!(tx.events_of(&[]).await?, []);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn more_events_than_fit_into_one_statement_are_all_stored() {
    on_both(async |db| {
        let what = What::Scheduled;
        let event =
            |n| NewEvent { subject: WindowId(n).into(), at: minute(n), actor: "maintbot", place: "clock", what: &what };
        let many: Vec<_> = (1..=1234).map(event).collect();
        write(&db, async |tx| {
            assert_eq!(tx.add_events(&many).await?, (1..=1234).collect::<Vec<_>>());
            for n in [1, 500, 501, 1234] {
                assert_eq!(tx.event(n).await?.map(|event| event.subject), Some(WindowId(n).into()));
            }
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn the_first_reply_under_a_key_stays_until_it_is_old() {
    on_both(async |db| {
        write(&db, async |tx| {
            assert_eq!(tx.answer("key").await?, None);
            assert!(tx.save_answer("key", 200, "{\"text\": \"done\"}", minute(0)).await?);
            assert!(!tx.save_answer("key", 422, "other", minute(1)).await?);
            assert!(tx.save_answer("later", 201, "", minute(10)).await?);
            let first = StoredAnswer { status: 200, body: "{\"text\": \"done\"}".into() };
            assert_eq!(tx.answer("key").await?, Some(first));
            assert_eq!(tx.purge_answers(minute(10)).await?, 1, "older than that instant");
            assert_eq!(tx.answer("key").await?, None);
            assert!(tx.answer("later").await?.is_some());
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn the_last_time_something_was_asked_replaces_the_one_before() {
    on_both(async |db| {
        let asked = |minutes, event| Repeat {
            at: minute(minutes),
            subject: "MW-1".into(),
            event,
            body: format!("reply {event}"),
        };
        write(&db, async |tx| {
            assert_eq!(tx.repeat("anna done 1").await?, None);
            tx.save_repeat("anna done 1", &asked(0, 1)).await?;
            tx.save_repeat("anna done 1", &asked(5, 2)).await?;
            assert_eq!(tx.repeat("anna done 1").await?, Some(asked(5, 2)));
            assert_eq!(tx.purge_repeats(minute(5)).await?, 0);
            assert_eq!(tx.purge_repeats(minute(6)).await?, 1);
            assert_eq!(tx.repeat("anna done 1").await?, None);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_token_is_found_by_its_hash_and_revoked_once() {
    on_both(async |db| {
        write(&db, async |tx| {
            let id = tx.insert_token("ci", "hash-1", Role::Engineer, Some(minute(60)), minute(0)).await?;
            let other = tx.insert_token("page", "hash-2", Role::Viewer, None, minute(1)).await?;
            let ci = Token {
                id,
                name: "ci".into(),
                role: Role::Engineer,
                expires_at: Some(minute(60)),
                created_at: minute(0),
                revoked_at: None,
            };
            let page = Token {
                id: other,
                name: "page".into(),
                role: Role::Viewer,
                expires_at: None,
                created_at: minute(1),
                revoked_at: None,
            };
            assert_eq!(tx.token_by_hash("hash-1").await?, Some(ci.clone()));
            assert_eq!(tx.token_by_hash("hash").await?, None);
            assert!(tx.revoke_token(id, minute(2)).await?);
            assert!(!tx.revoke_token(id, minute(3)).await?, "it was revoked before");
            assert!(!tx.revoke_token(99, minute(3)).await?);
            let revoked = Token { revoked_at: Some(minute(2)), ..ci };
            assert_eq!(tx.tokens().await?, [revoked.clone(), page]);
            assert_eq!(tx.token_by_hash("hash-1").await?, Some(revoked));
            Ok(())
        })
        .await;
        let twice = db.write(async |tx| tx.insert_token("again", "hash-1", Role::Admin, None, minute(0)).await).await;
        assert!(twice.is_err(), "a hash is given once");
    })
    .await;
}

#[tokio::test]
async fn known_services_are_sorted_alike_on_both_databases() {
    on_both(async |db| {
        write(&db, async |tx| {
            for id in ["wiki", "Jira", "crm", "jira-eu", "jira"] {
                assert!(tx.add_service(id, minute(0)).await?);
            }
            assert!(!tx.add_service("crm", minute(1)).await?);
            assert_eq!(tx.known_services().await?, ["Jira", "crm", "jira", "jira-eu", "wiki"]);
            Ok(())
        })
        .await;
    })
    .await;
}
