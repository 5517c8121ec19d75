//! Plans, their phases, questions and answers.

use chrono::TimeDelta;
use maintbot::domain::plan::{Held, Plan, PlanId, PlanState, Qa};
use maintbot::domain::series::SeriesId;
use maintbot::domain::subject::Subject;
use maintbot::domain::window::{State, Window, WindowId};
use maintbot::store::{Db, StoreError};

use super::series::series;
use super::{minute, window, write};
use crate::databases::on_both;

/// A draft with nothing but what it must have.
pub fn plan(id: i64) -> Plan {
    Plan {
        id: PlanId(id),
        title: format!("Plan {id}"),
        state: PlanState::Draft,
        held: None,
        requester: "anna".into(),
        place: "console".into(),
        created_at: minute(0),
        published_at: None,
        sequence: 0,
        sequence_at: minute(0),
    }
}

fn full_plan() -> Plan {
    Plan {
        title: "Move \"everything\" to the 'cloud'; --".into(),
        state: PlanState::Published,
        held: Some(Held { by: "mikko".into(), at: minute(7), reason: "phase 1\nfailed".into() }),
        published_at: Some(minute(5)),
        sequence: 2,
        sequence_at: minute(6),
        ..plan(1)
    }
}

#[tokio::test]
async fn a_plan_comes_back_with_every_fact_and_what_is_set_can_be_taken_away_again() {
    on_both(async |db| {
        write(&db, async |tx| {
            assert_eq!(tx.next_plan_id().await?, PlanId(1));
            assert_eq!(tx.next_plan_id().await?, PlanId(2));
            assert_eq!(tx.next_window_id().await?, WindowId(1), "each counts for itself");
            tx.insert_plan(&full_plan()).await?;
            tx.insert_plan(&plan(2)).await?;
            assert_eq!(tx.plan(PlanId(1)).await?, Some(full_plan()));
            assert_eq!(tx.plan(PlanId(2)).await?, Some(plan(2)));
            assert_eq!(tx.plan(PlanId(3)).await?, None);
            tx.update_plan(&plan(1)).await?;
            assert_eq!(tx.plan(PlanId(1)).await?, Some(plan(1)));
            let cancelled = Plan { state: PlanState::Cancelled, ..full_plan() };
            tx.update_plan(&cancelled).await?;
            assert_eq!(tx.plans(9).await?, [plan(2), cancelled], "the newest first");
            assert_eq!(tx.plans(1).await?, [plan(2)]);
            Ok(())
        })
        .await;
        let missing = db.write(async |tx| tx.update_plan(&plan(9)).await).await;
        assert!(matches!(missing, Err(StoreError::Missing(what)) if what.contains("PL-9")));
    })
    .await;
}

#[tokio::test]
async fn the_phases_of_a_plan_are_listed_by_start() {
    on_both(async |db| {
        write(&db, async |tx| {
            tx.insert_plan(&plan(1)).await?;
            tx.insert_plan(&plan(2)).await?;
            for (id, plan, start) in
                [(1, Some(1), 90), (2, Some(1), 30), (3, Some(2), 0), (4, None, 0), (5, Some(1), 30)]
            {
                let state = if id == 5 { State::Cancelled } else { State::Pending };
                tx.insert_window(&Window { plan: plan.map(PlanId), state, ..window(id, minute(start)) }).await?;
            }
            let ids = |phases: Vec<Window>| phases.iter().map(|w| w.id.0).collect::<Vec<_>>();
            assert_eq!(ids(tx.windows_of_plan(PlanId(1)).await?), [2, 5, 1]);
            assert_eq!(ids(tx.windows_of_plan(PlanId(3)).await?), [0; 0]);
            let out = Window { plan: None, ..window(2, minute(30)) };
            tx.update_window(&out).await?;
            assert_eq!(ids(tx.windows_of_plan(PlanId(1)).await?), [5, 1]);
            Ok(())
        })
        .await;
    })
    .await;
}

/// Twenty tasks that each add one to what they read.
async fn count_up<F>(db: &Db, add_one: impl Fn(Db) -> F)
where
    F: Future<Output = Result<(), StoreError>> + Send + 'static,
{
    let tasks: Vec<_> = (0..20).map(|_| tokio::spawn(add_one(db.clone()))).collect();
    for task in tasks {
        task.await.expect("a task").expect("a command");
    }
}

#[tokio::test]
async fn two_commands_on_one_plan_or_series_take_turns() {
    on_both(async |db| {
        write(&db, async |tx| {
            tx.insert_plan(&plan(1)).await?;
            tx.insert_series(&series(1)).await
        })
        .await;
        count_up(&db, async |db: Db| {
            db.write(async |tx| {
                tx.lock_plan(PlanId(1)).await?;
                let mut plan = tx.plan(PlanId(1)).await?.expect("the plan");
                plan.sequence += 1;
                tx.update_plan(&plan).await
            })
            .await
        })
        .await;
        count_up(&db, async |db: Db| {
            db.write(async |tx| {
                tx.lock_series(SeriesId(1)).await?;
                let mut series = tx.one_series(SeriesId(1)).await?.expect("the series");
                series.length += TimeDelta::seconds(1);
                tx.update_series(&series).await
            })
            .await
        })
        .await;
        write(&db, async |tx| {
            assert_eq!(tx.plan(PlanId(1)).await?.map(|plan| plan.sequence), Some(20), "none was lost");
            let length = tx.one_series(SeriesId(1)).await?.map(|series| series.length);
            assert_eq!(length, Some(series(1).length + TimeDelta::seconds(20)), "none was lost");
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn the_number_of_a_question_is_never_given_twice() {
    on_both(async |db| {
        let qa = |number: i64| Qa { number, question: format!("Why {number}?"), answer: "Be\ncause".into() };
        write(&db, async |tx| {
            let mw = Subject::Window(WindowId(1));
            for number in 1..=3 {
                assert_eq!(tx.add_qa(PlanId(1), &qa(number).question, "Be\ncause", "anna", minute(0)).await?, number);
            }
            assert_eq!(tx.add_qa(mw, "Why 1?", "Be\ncause", "anna", minute(0)).await?, 1, "each counts for itself");
            assert_eq!(tx.remove_qa(PlanId(1), 3).await?, Some(qa(3)));
            assert_eq!(tx.remove_qa(PlanId(1), 3).await?, None);
            assert_eq!(tx.remove_qa(mw, 2).await?, None, "that is the plan's");
            assert_eq!(tx.add_qa(PlanId(1), &qa(4).question, "Be\ncause", "anna", minute(0)).await?, 4);
            assert_eq!(tx.qa(PlanId(1)).await?, [qa(1), qa(2), qa(4)]);
            assert_eq!(tx.qa(mw).await?, [qa(1)]);
            assert_eq!(tx.qa(WindowId(2)).await?, []);
            Ok(())
        })
        .await;
    })
    .await;
}
