//! The change-list issue in the built-in tracker: of a window, of a series' window, of a plan.

use chrono::TimeDelta;
use maintbot::builtin::api::keep_issue;
use maintbot::domain::change::ChangeList;
use maintbot::domain::customer::Told;
use maintbot::domain::ledger::MessageKind;
use maintbot::domain::plan::{Phases, PlanState, Qa};
use maintbot::domain::series::SeriesId;
use maintbot::domain::subject::Subject;
use maintbot::domain::window::{Published, State, Window, WindowId};
use maintbot::message::topic::{PlanTopic, Topic, WindowTopic};

use maintbot::store::{Db, Issue, StoreError};

use super::plans::{PLAN, held, phases};
use super::{items, organisation, staff, window};
use crate::bot::utc;
use crate::databases::on_both;

/// Keeps the issue of a window or plan at `now` (UTC) and answers what the tracker holds.
async fn kept(db: &Db, topic: &Topic, message: MessageKind, now: &str) -> Option<Issue> {
    let organisation = organisation(staff::CONFIG);
    let subject: Subject = match topic {
        Topic::Window(topic) => topic.window.id.into(),
        Topic::Plan(topic) => topic.phases.plan.id.into(),
        Topic::Advisory(topic) => topic.advisory.id.into(),
        Topic::Subscription(subscription) => subscription.id.into(),
        Topic::Digest(_) => Subject::Digest,
    };
    let kept: Result<_, StoreError> = db
        .write(async |tx| {
            keep_issue(tx, &organisation, topic, message, utc(now)).await?;
            tx.issue(subject).await
        })
        .await;
    kept.expect("stored")
}

/// The change list of each phase.
type Lists<'a> = &'a dyn Fn(&Window) -> ChangeList;

fn done() -> ChangeList {
    let mut items = items();
    let by = items.0[0].done.clone();
    items.0.iter_mut().for_each(|item| item.done.clone_from(&by));
    items
}

fn plan_of(change: impl FnOnce(&mut Phases), items: Lists<'_>) -> Topic {
    let mut phases = phases();
    change(&mut phases);
    let items = phases.windows.iter().map(|w| (w.id, items(w))).collect();
    let told = Told { customer: "GLOBEX".into(), round: 0, by: "sam".into(), at: utc("2026-12-01 10:00") };
    let told = [(WindowId(1), vec![told])].into();
    let qa = vec![Qa { number: 1, question: "Is data safe?".into(), answer: "Yes.".into() }];
    Topic::Plan(Box::new(PlanTopic { phases, items, qa, told }))
}

#[tokio::test]
async fn the_issue_of_a_window_shows_staff_facts_who_has_told_whom_and_questions() {
    on_both(async |db| {
        let mut topic = WindowTopic::new(Window { rollback: "Restore the snapshot.".into(), ..window() }, items());
        topic.told = vec![Told { customer: "ACME".into(), round: 0, by: "sam".into(), at: utc("2026-12-01 10:00") }];
        topic.qa = vec![Qa { number: 1, question: "Is data safe?".into(), answer: "Yes.".into() }];
        let topic = Topic::Window(Box::new(topic));
        let issue = kept(&db, &topic, MessageKind::IssueOpen, "2026-12-02 12:00").await.expect("an issue");
        assert_eq!((issue.title.as_str(), issue.open), ("Jira 10.3 upgrade", true));
        insta::allow_duplicates! {
            insta::assert_snapshot!(issue.body, @r"
            State:             scheduled
            When:              Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC)
            Length:            2h
            Services:          Jira
            Regions:           Europe
            Environment:       production
            Kind:              scheduled
            Expected downtime: up to 15m
            Impact:            Jira is unavailable for a while.
            Contact:           mikko
            Requested by:      mikko
            Rollback:          Restore the snapshot.
            Links:             https://wiki.example.com/jira

            [x] 1. Jira to 10.3.2 — done by anna, Tue 8 Dec 2026 14:20 Europe/Helsinki (12:20 UTC)
            [ ] 2. Rebuild the index — sam

            Report an item done with /maintenance done MW-1 NUMBER, or tick its box.

            Who has told whom:

            Customer   Owner  Told
            Acme Corp  sam    by sam, Tue 1 Dec 2026 12:00 Europe/Helsinki (10:00 UTC)
            Globex     sam    not yet
            Umbrella   lee    not yet

            Questions and answers:

            Q: Is data safe?
            A: Yes.
            ");
        }
    })
    .await;
}

#[tokio::test]
async fn while_a_change_waits_the_issue_shows_the_approved_times_marked_as_waiting() {
    on_both(async |db| {
        let mut w = window();
        w.published = Some(Published::of(&w));
        w.state = State::Pending;
        w.span.starts_at += TimeDelta::days(7);
        w.span.ends_at += TimeDelta::days(7);
        let topic = Topic::window(w, items());
        let body = kept(&db, &topic, MessageKind::IssueOpen, "2026-12-02 12:00").await.expect("an issue").body;
        assert!(body.contains("Tue 8 Dec 2026 14:00") && !body.contains("15 Dec"), "{body}");
        assert!(body.contains("A change of it waits for approval; these are the last approved facts."), "{body}");
    })
    .await;
}

#[tokio::test]
async fn the_issues_of_a_series_are_told_apart_by_their_day() {
    on_both(async |db| {
        let w = Window { series: Some(SeriesId(1)), title: "Monthly break".into(), ..window() };
        let issue = kept(&db, &Topic::window(w, items()), MessageKind::IssueOpen, "2026-12-02 12:00").await;
        let title = issue.expect("an issue").title;
        assert_eq!(title, "Monthly break, Tue 8 Dec 2026 14:00–16:00 Europe/Helsinki (12:00–14:00 UTC)");
    })
    .await;
}

#[tokio::test]
async fn the_issue_of_a_plan_has_a_section_per_phase() {
    on_both(async |db| {
        let topic = plan_of(|phases| phases.plan.held = Some(held()), &|_| items());
        let issue = kept(&db, &topic, MessageKind::IssueOpen, "2026-12-02 12:00").await.expect("an issue");
        assert_eq!((issue.subject, issue.title.as_str()), (PLAN.into(), "Infrastructure upgrade"));
        insta::allow_duplicates! {
            insta::assert_snapshot!(issue.body, @r"
            On hold: anna held it: the backup was late. It does not start before it is released.

            Phase 1 of 3: Staging (MW-1)

            State:             not started
            When:              Tue 1 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)
            Length:            4h
            Services:          Jira
            Regions:           all
            Environment:       staging
            Kind:              scheduled
            Expected downtime: 10m to 15m per tenant
            Impact:            Staging is unavailable.
            Contact:           mikko
            Requested by:      mikko
            Links:             https://wiki.example.com/jira

            [x] 1. Jira to 10.3.2 — done by anna, Tue 8 Dec 2026 14:20 Europe/Helsinki (12:20 UTC)
            [ ] 2. Rebuild the index — sam

            Report an item done with /maintenance done MW-1 NUMBER, or tick its box.

            Who has told whom:

            Customer   Owner  Told
            Acme Corp  sam    not yet
            Globex     sam    by sam, Tue 1 Dec 2026 12:00 Europe/Helsinki (10:00 UTC)
            Hooli      lee    not yet
            Umbrella   lee    not yet

            Phase 2 of 3: Germany (MW-2)

            State:             scheduled
            When:              Tue 8 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)
            Length:            4h
            Services:          Jira
            Regions:           Europe
            Environment:       production
            Kind:              scheduled
            Expected downtime: 10m to 15m per tenant; Jira: up to 1h
            Impact:            Germany is unavailable.
            Contact:           mikko
            Requested by:      mikko
            Links:             https://wiki.example.com/jira

            [x] 1. Jira to 10.3.2 — done by anna, Tue 8 Dec 2026 14:20 Europe/Helsinki (12:20 UTC)
            [ ] 2. Rebuild the index — sam

            Report an item done with /maintenance done MW-2 NUMBER, or tick its box.

            Who has told whom:

            Customer   Owner  Told
            Acme Corp  sam    not yet
            Globex     sam    not yet
            Umbrella   lee    not yet

            Phase 3 of 3: Singapore (MW-3)

            State:             scheduled
            When:              Tue 15 Dec 2026 14:00–18:00 Europe/Helsinki (12:00–16:00 UTC)
            Length:            4h
            Services:          Jira
            Regions:           Asia-Pacific
            Environment:       production
            Kind:              scheduled
            Expected downtime: 10m to 15m per tenant
            Impact:            Singapore is unavailable.
            Contact:           mikko
            Requested by:      mikko
            Links:             https://wiki.example.com/jira

            [x] 1. Jira to 10.3.2 — done by anna, Tue 8 Dec 2026 14:20 Europe/Helsinki (12:20 UTC)
            [ ] 2. Rebuild the index — sam

            Report an item done with /maintenance done MW-3 NUMBER, or tick its box.

            Who has told whom:

            Customer  Owner  Told
            Globex    sam    not yet
            Hooli     lee    not yet

            Questions and answers:

            Q: Is data safe?
            A: Yes.
            ");
        }
    })
    .await;
}

#[tokio::test]
async fn the_issue_of_a_plan_closes_when_every_phase_has_begun_with_all_done_and_reopens() {
    use State::{Cancelled, Completed, InProgress, Scheduled, Verifying};
    on_both(async |db| {
        let state = |states: [State; 3]| {
            move |phases: &mut Phases| phases.windows.iter_mut().zip(states).for_each(|(w, state)| w.state = state)
        };
        let (all, some) = (|_: &Window| done(), |w: &Window| if w.id == WindowId(3) { items() } else { done() });
        let steps: [([State; 3], Lists<'_>, Option<&str>); 7] = [
            ([Verifying, Scheduled, Scheduled], &all, None),
            ([Completed, Verifying, Scheduled], &all, None),
            ([Completed, Verifying, InProgress], &some, None),
            ([Completed, Cancelled, InProgress], &all, Some("completed")),
            ([Completed, Cancelled, InProgress], &some, None),
            ([Completed, Cancelled, Completed], &some, Some("completed")),
            ([Cancelled, Cancelled, Cancelled], &all, Some("not planned")),
        ];
        for (states, items, expected) in steps {
            let topic = plan_of(state(states), items);
            let issue = kept(&db, &topic, MessageKind::IssueUpdate, "2026-12-09 12:00").await.expect("an issue");
            assert_eq!(issue.close_reason.as_deref(), expected, "{states:?}");
            assert_eq!((issue.open, issue.closed_at.is_none()), (expected.is_none(), expected.is_none()), "{states:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_called_off_before_it_was_public_gets_no_issue() {
    on_both(async |db| {
        let off = Topic::window(Window { state: State::Cancelled, ..window() }, items());
        assert_eq!(kept(&db, &off, MessageKind::IssueClose, "2026-12-02 12:00").await, None);
        let plan = plan_of(
            |phases| {
                phases.plan.state = PlanState::Cancelled;
                phases.windows.clear();
            },
            &|_| items(),
        );
        assert_eq!(kept(&db, &plan, MessageKind::IssueUpdate, "2026-12-02 12:00").await, None);
    })
    .await;
}
