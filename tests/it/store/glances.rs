//! Windows as they are looked through while somebody types.

use maintbot::domain::change::{ChangeItem, ItemKind};
use maintbot::domain::window::{Request, State, Window, WindowId};
use maintbot::store::Glance;

use super::{minute, window, write};
use crate::databases::on_both;

fn item(number: i64, assignee: &str) -> ChangeItem {
    ChangeItem {
        number,
        text: "Upgrade".into(),
        kind: ItemKind::Upgrade,
        from_version: None,
        to_version: None,
        advisories: vec![],
        assignee: Some(assignee.into()),
        parent: None,
        done: None,
        late: false,
        created_at: minute(0),
    }
}

fn glance(w: &Window) -> Glance {
    Glance {
        id: w.id,
        title: w.title.clone(),
        state: w.state,
        environment: w.environment.clone(),
        regions: w.regions.clone(),
        starts_at: w.span.starts_at,
        poc: w.poc.clone(),
        requester: w.requester.clone(),
        plan: w.plan,
        request: w.request.clone(),
    }
}

#[tokio::test]
async fn open_windows_come_in_the_order_they_start_and_completed_ones_the_latest_first() {
    on_both(async |db| {
        let request = Request {
            sequence: 0,
            by: "anna".into(),
            place: "console".into(),
            at: minute(0),
            reason: "It \"cannot\" wait".into(),
            findings: super::every_finding(),
            expires_at: minute(90),
            event: 1,
        };
        let over = |id, ended: i64| Window {
            state: State::Completed,
            actual_end: Some(minute(ended)),
            ..window(id, minute(-900))
        };
        let pending = Window {
            state: State::Pending,
            regions: vec!["eu".into(), "apac".into()],
            environment: "staging".into(),
            poc: Some("lee".into()),
            request: Some(request),
            ..window(2, minute(90))
        };
        let running = Window { state: State::InProgress, ..window(3, minute(-30)) };
        let called_off = Window { state: State::Cancelled, ..window(4, minute(10)) };
        let all = [window(1, minute(120)), pending, running, called_off, over(5, -600), over(6, -500)];
        write(&db, async |tx| {
            for window in &all {
                tx.insert_window(window).await?;
            }
            let of = |ids: &[usize]| ids.iter().map(|id| glance(&all[id - 1])).collect::<Vec<_>>();
            assert_eq!(tx.open_glances(10).await?, of(&[3, 2, 1]));
            assert_eq!(tx.open_glances(2).await?, of(&[3, 2]));
            assert_eq!(tx.completed_glances(10).await?, of(&[6, 5]));
            assert_eq!(tx.completed_glances(1).await?, of(&[6]));
            assert_eq!(tx.glance(WindowId(4)).await?, Some(glance(&all[3])));
            assert_eq!(tx.glance(WindowId(7)).await?, None);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn windows_with_items_of_somebody_are_named_once_and_services_in_order() {
    on_both(async |db| {
        write(&db, async |tx| {
            for id in 1..=3 {
                tx.insert_window(&window(id, minute(id))).await?;
            }
            for (window, number, assignee) in [(1, 1, "anna"), (1, 2, "anna"), (2, 1, "lee"), (3, 1, "anna")] {
                tx.insert_item(WindowId(window), &item(number, assignee)).await?;
            }
            assert_eq!(tx.windows_assigned("anna", 10).await?, [WindowId(3), WindowId(1)]);
            assert_eq!(tx.windows_assigned("anna", 1).await?, [WindowId(3)]);
            assert_eq!(tx.windows_assigned("max", 10).await?, []);
            for id in ["wiki", "crm", "jira"] {
                tx.add_service(id, minute(0)).await?;
            }
            assert_eq!(tx.services_used(10).await?, ["crm", "jira", "wiki"]);
            assert_eq!(tx.services_used(2).await?, ["crm", "jira"]);
            Ok(())
        })
        .await;
    })
    .await;
}
