//! Windows, their lists, their change items, and when the clock acts on them.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use maintbot::domain::calendar::{Span, Zone};
use maintbot::domain::change::{ChangeItem, ChangeList, Done, ItemKind};
use maintbot::domain::plan::PlanId;
use maintbot::domain::series::SeriesId;
use maintbot::domain::window::{Category, Kind, Outcome, Published, Request, State, Window, WindowId};
use maintbot::store::{Db, Fault, NewWindow, StoreError, Tx, WindowFilter};

use super::plans::plan;
use super::series::series;
use super::{at, every_finding, minute, wall, window, write};
use crate::databases::on_both;

/// Every field set, with text that breaks careless quoting.
fn full_window() -> Window {
    Window {
        title: "Jira \"10.3\" 'upgrade'; -- % _ \\ 🚧".into(),
        kind: Kind("quarterly".into()),
        services: vec!["jira".into(), "wiki".into()],
        environment: "staging".into(),
        regions: vec!["eu".into(), "apac".into()],
        downtime: Some("10m-15m per:tenant".parse().expect("a downtime")),
        downtimes: BTreeMap::from([
            ("jira".into(), "1h".parse().expect("a downtime")),
            ("wiki".into(), "none".parse().expect("a downtime")),
        ]),
        impact: "Nobody can\nlog in".into(),
        category: Some(Category::StayingCurrent),
        rollback: "snapshot".into(),
        customers: vec!["ACME \"Ltd\"".into()],
        links: vec!["https://example.com/?a=1&b=2".into()],
        poc: Some("mikko".into()),
        state: State::Completed,
        outcome: Some(Outcome::RolledBack),
        sequence: 3,
        sequence_at: at("2026-11-02T08:00:01Z"),
        revision: 7,
        actual_start: Some(at("2026-12-06T14:00:05Z")),
        actual_end: Some(at("2026-12-06T15:59:59Z")),
        actual_downtime: Some(TimeDelta::seconds(601)),
        attended_at: Some(at("2026-12-06T13:58:00Z")),
        no_shows: 2,
        overruns: 1,
        span: Span {
            zone: Zone::named("Europe/Helsinki").expect("a zone"),
            ..window(1, at("2026-12-06T14:00:00Z")).span
        },
        plan: Some(PlanId(3)),
        series: Some(SeriesId(4)),
        occurrence: Some(wall("2026-12-06T16:00:00")),
        detached: true,
        published: Some(Published::of(&window(1, minute(0)))),
        request: Some(Request {
            sequence: 3,
            by: "anna".into(),
            place: "api".into(),
            at: minute(1),
            reason: "vendor's \"only\" day".into(),
            findings: every_finding(),
            expires_at: minute(2),
            event: 17,
        }),
        told_round: 2,
        ..window(1, at("2026-12-06T14:00:00Z"))
    }
}

/// What [`full_window`] belongs to.
async fn its_plan_and_series(tx: &mut Tx) -> Result<(), StoreError> {
    tx.insert_plan(&plan(3)).await?;
    tx.insert_series(&series(4)).await
}

pub fn item(number: i64, parent: Option<i64>) -> ChangeItem {
    ChangeItem {
        number,
        text: format!("item {number}"),
        kind: ItemKind::Other,
        from_version: None,
        to_version: None,
        advisories: vec![],
        assignee: None,
        parent,
        done: None,
        late: false,
        created_at: minute(0),
    }
}

#[tokio::test]
async fn a_window_comes_back_with_every_fact_it_was_stored_with() {
    on_both(async |db| {
        let full = full_window();
        let bare = window(2, at("2026-12-07T14:00:00Z"));
        write(&db, async |tx| {
            its_plan_and_series(tx).await?;
            tx.insert_window(&full).await?;
            tx.insert_window(&bare).await
        })
        .await;
        let (first, second, none) = db
            .read(async |tx| {
                Ok::<_, StoreError>((
                    tx.window(WindowId(1)).await?,
                    tx.window(WindowId(2)).await?,
                    tx.window(WindowId(3)).await?,
                ))
            })
            .await
            .expect("a read");
        assert_eq!(first, Some(full));
        assert_eq!(second, Some(bare));
        assert_eq!(none, None);
    })
    .await;
}

#[tokio::test]
async fn a_changed_window_replaces_what_was_stored() {
    on_both(async |db| {
        write(&db, async |tx| tx.insert_window(&window(1, minute(0))).await).await;
        write(&db, async |tx| {
            its_plan_and_series(tx).await?;
            tx.update_window(&full_window()).await
        })
        .await;
        let found = write(&db, async |tx| tx.window(WindowId(1)).await).await;
        assert_eq!(found, Some(full_window()));
        write(&db, async |tx| tx.update_window(&window(1, minute(0))).await).await;
        let found = write(&db, async |tx| tx.window(WindowId(1)).await).await;
        assert_eq!(found, Some(window(1, minute(0))), "what was set can be taken away again");
    })
    .await;
}

#[tokio::test]
async fn a_window_that_is_not_there_cannot_be_changed() {
    on_both(async |db| {
        let missing =
            |result: Result<(), StoreError>| matches!(result, Err(StoreError::Missing(what)) if what.contains("MW-9"));
        assert!(missing(db.write(async |tx| tx.update_window(&window(9, minute(0))).await).await));
        assert!(missing(db.write(async |tx| tx.set_next_action(WindowId(9), None).await).await));
        assert!(missing(db.write(async |tx| tx.next_item_number(WindowId(9)).await.map(drop)).await));
        assert!(missing(db.write(async |tx| tx.update_item(WindowId(9), &item(1, None)).await).await));
        assert!(missing(db.write(async |tx| tx.remove_item(WindowId(9), 1).await).await));
    })
    .await;
}

#[tokio::test]
async fn ids_rise_one_by_one_and_each_counter_for_itself() {
    on_both(async |db| {
        let ids = write(&db, async |tx| {
            Ok((tx.next_window_id().await?, tx.next_window_id().await?, tx.next_id("other").await?))
        })
        .await;
        assert_eq!(ids, (WindowId(1), WindowId(2), 1));
    })
    .await;
}

/// Six windows, an hour each, at minutes 0, 60, 60, 120, 180, 240.
async fn six_windows(db: &Db) {
    write(db, async |tx| {
        let windows = [
            Window { state: State::Completed, ..window(1, minute(0)) },
            Window { services: vec!["wiki".into(), "jira".into()], ..window(2, minute(60)) },
            Window { kind: Kind("emergency".into()), regions: vec!["eu".into()], ..window(3, minute(60)) },
            Window { state: State::InProgress, poc: Some("mikko".into()), ..window(4, minute(120)) },
            Window { requester: "mikko".into(), regions: vec!["apac".into()], ..window(5, minute(180)) },
            Window { state: State::Cancelled, environment: "staging".into(), ..window(6, minute(240)) },
        ];
        // Stored in another order than they start.
        for window in windows.iter().rev() {
            tx.insert_window(window).await?;
        }
        let mikkos = ChangeItem { assignee: Some("mikko".into()), ..item(1, None) };
        tx.insert_item(WindowId(2), &mikkos).await
    })
    .await;
}

async fn listed(db: &Db, filter: WindowFilter) -> Vec<i64> {
    let found = write(db, async |tx| tx.windows(&filter, None, 100).await).await;
    found.iter().map(|window| window.id.0).collect()
}

#[tokio::test]
async fn windows_are_listed_by_start_and_each_filter_narrows_the_list() {
    on_both(async |db| {
        six_windows(&db).await;
        let all = WindowFilter::default;
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(listed(&db, all()).await, [1, 2, 3, 4, 5, 6]);
        assert_eq!(listed(&db, WindowFilter { states: vec![State::Scheduled], ..all() }).await, [2, 3, 5]);
        let two = vec![State::Completed, State::InProgress];
        assert_eq!(listed(&db, WindowFilter { states: two, ..all() }).await, [1, 4]);
        assert_eq!(listed(&db, WindowFilter { service: text("wiki"), ..all() }).await, [2]);
        assert_eq!(listed(&db, WindowFilter { service: text("wik"), ..all() }).await, [0; 0]);
        assert_eq!(listed(&db, WindowFilter { kind: Some(Kind("emergency".into())), ..all() }).await, [3]);
        assert_eq!(listed(&db, WindowFilter { environment: text("staging"), ..all() }).await, [6]);
        assert_eq!(
            listed(&db, WindowFilter { region: text("eu"), ..all() }).await,
            [1, 2, 3, 4, 6],
            "a window without regions touches every region"
        );
        assert_eq!(
            listed(&db, WindowFilter { poc_or_assignee: text("mikko"), ..all() }).await,
            [2, 4, 5],
            "assignee of an item, point of contact, requester"
        );
        let together =
            WindowFilter { poc_or_assignee: text("mikko"), service: text("jira"), region: text("apac"), ..all() };
        assert_eq!(listed(&db, together).await, [2, 4, 5]);
    })
    .await;
}

#[tokio::test]
async fn a_span_of_time_lists_the_windows_that_overlap_it() {
    on_both(async |db| {
        six_windows(&db).await;
        let between = |from: Option<i64>, to: Option<i64>| WindowFilter {
            from: from.map(minute),
            to: to.map(minute),
            ..WindowFilter::default()
        };
        assert_eq!(listed(&db, between(Some(60), Some(120))).await, [2, 3], "an end or start on the edge is outside");
        assert_eq!(listed(&db, between(Some(59), Some(121))).await, [1, 2, 3, 4]);
        assert_eq!(listed(&db, between(Some(150), None)).await, [4, 5, 6]);
        assert_eq!(listed(&db, between(None, Some(60))).await, [1]);
        assert_eq!(listed(&db, between(Some(1000), None)).await, [0; 0]);
    })
    .await;
}

#[tokio::test]
async fn pages_follow_one_another_without_a_gap_or_a_repetition() {
    on_both(async |db| {
        six_windows(&db).await;
        for from in [None, Some(minute(30))] {
            let filter = WindowFilter { from, ..WindowFilter::default() };
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = write(&db, async |tx| tx.windows(&filter, after, 2).await).await;
                let Some(last) = page.last() else { break };
                after = Some((last.span.starts_at, last.id));
                seen.extend(page.iter().map(|window| window.id.0));
            }
            assert_eq!(seen, [1, 2, 3, 4, 5, 6]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_window_is_found_by_the_services_and_regions_it_has_now() {
    on_both(async |db| {
        write(&db, async |tx| tx.insert_window(&window(1, minute(0))).await).await;
        let moved = Window { services: vec!["crm".into()], regions: vec!["eu".into()], ..window(1, minute(0)) };
        write(&db, async |tx| tx.update_window(&moved).await).await;
        let service = |id: &str| WindowFilter { service: Some(id.into()), ..WindowFilter::default() };
        let region = |id: &str| WindowFilter { region: Some(id.into()), ..WindowFilter::default() };
        assert_eq!(listed(&db, service("crm")).await, [1]);
        assert_eq!(listed(&db, service("jira")).await, [0; 0]);
        assert_eq!(listed(&db, region("eu")).await, [1]);
        assert_eq!(listed(&db, region("apac")).await, [0; 0]);
    })
    .await;
}

#[tokio::test]
async fn the_clock_finds_the_windows_it_acts_on_longest_waiting_first() {
    on_both(async |db| {
        write(&db, async |tx| {
            for (id, next) in [(1, Some(30)), (2, Some(10)), (3, None), (4, Some(20))] {
                tx.insert_window(&window(id, minute(0))).await?;
                tx.set_next_action(WindowId(id), next.map(minute)).await?;
            }
            Ok(())
        })
        .await;
        write(&db, async |tx| {
            assert_eq!(tx.next_action_at().await?, Some(minute(10)));
            assert_eq!(tx.windows_due(minute(9), 10).await?, []);
            assert_eq!(tx.windows_due(minute(20), 10).await?, [WindowId(2), WindowId(4)], "due at this very second");
            assert_eq!(tx.windows_due(minute(99), 2).await?, [WindowId(2), WindowId(4)]);
            tx.set_next_action(WindowId(2), None).await?;
            assert_eq!(tx.next_action_at().await?, Some(minute(20)));
            tx.update_window(&window(4, minute(5))).await?;
            assert_eq!(tx.next_action_at().await?, Some(minute(20)), "other facts do not move it");
            for id in [1, 4] {
                tx.set_next_action(WindowId(id), None).await?;
            }
            assert_eq!(tx.next_action_at().await?, None);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_change_list_comes_back_in_number_order_with_every_fact() {
    on_both(async |db| {
        let full = ChangeItem {
            text: "Jira to 10.3.2".into(),
            kind: ItemKind::OsPatches,
            from_version: Some("9.12".into()),
            to_version: Some("10.3.2".into()),
            advisories: vec!["CVE-2026-1234".into(), "CVE-2026-1235".into()],
            assignee: Some("mikko".into()),
            done: Some(Done { by: "anna".into(), at: minute(5) }),
            late: true,
            ..item(2, Some(1))
        };
        let list = write(&db, async |tx| {
            tx.insert_window(&window(1, minute(0))).await?;
            tx.insert_item(WindowId(1), &item(1, None)).await?;
            tx.insert_item(WindowId(1), &item(10, None)).await?;
            tx.insert_item(WindowId(1), &full).await?;
            tx.items(WindowId(1)).await
        })
        .await;
        assert_eq!(list, ChangeList(vec![item(1, None), full, item(10, None)]));
        let list = write(&db, async |tx| {
            tx.update_item(WindowId(1), &item(2, None)).await?;
            tx.items(WindowId(1)).await
        })
        .await;
        assert_eq!(list.get(2), Some(&item(2, None)));
        assert_eq!(write(&db, async |tx| tx.items(WindowId(2)).await).await, ChangeList::default());
    })
    .await;
}

#[tokio::test]
async fn an_item_number_is_never_given_twice() {
    on_both(async |db| {
        write(&db, async |tx| {
            tx.insert_window(&window(1, minute(0))).await?;
            tx.insert_window(&window(2, minute(0))).await?;
            assert_eq!(tx.next_item_number(WindowId(1)).await?, 1);
            assert_eq!(tx.next_item_number(WindowId(1)).await?, 2);
            assert_eq!(tx.next_item_number(WindowId(2)).await?, 1, "each window counts for itself");
            tx.insert_item(WindowId(1), &item(2, None)).await?;
            tx.remove_item(WindowId(1), 2).await?;
            tx.update_window(&window(1, minute(1))).await?;
            assert_eq!(tx.next_item_number(WindowId(1)).await?, 3);
            assert_eq!(tx.items(WindowId(1)).await?, ChangeList::default());
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_parent_cannot_be_removed_before_its_parts() {
    on_both(async |db| {
        write(&db, async |tx| {
            tx.insert_window(&window(1, minute(0))).await?;
            tx.insert_item(WindowId(1), &item(1, None)).await?;
            tx.insert_item(WindowId(1), &item(2, Some(1))).await
        })
        .await;
        let refused = db.write(async |tx| tx.remove_item(WindowId(1), 1).await).await;
        assert_eq!(refused.expect_err("it has a part").kind(), Fault::Other);
        write(&db, async |tx| {
            tx.remove_item(WindowId(1), 2).await?;
            tx.remove_item(WindowId(1), 1).await
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn fractions_of_a_second_are_cut_off_so_that_both_databases_compare_alike() {
    on_both(async |db| {
        let fraction = at("2026-12-06T14:00:00.987654321Z");
        write(&db, async |tx| {
            tx.insert_window(&window(1, fraction)).await?;
            tx.set_next_action(WindowId(1), Some(fraction)).await?;
            let found = tx.window(WindowId(1)).await?.map(|window| window.span.starts_at);
            assert_eq!(found, Some(at("2026-12-06T14:00:00Z")));
            assert_eq!(tx.windows_due(at("2026-12-06T14:00:00Z"), 1).await?, [WindowId(1)]);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn windows_stored_together_come_back_with_their_change_lists() {
    on_both(async |db| {
        let windows: Vec<_> =
            (1..=450).map(|id| Window { regions: vec!["eu".into(), "eu".into()], ..window(id, minute(id)) }).collect();
        let items = [item(1, None), item(2, Some(1))];
        let new = |window| NewWindow { window, items: &items, next_action: Some(minute(window.id.0)) };
        let many: Vec<_> = windows.iter().map(new).collect();
        write(&db, async |tx| {
            assert_eq!(tx.next_window_ids(450).await?, (1..=450).map(WindowId).collect::<Vec<_>>());
            assert_eq!(tx.next_window_id().await?, WindowId(451));
            tx.insert_windows(&many).await?;
            tx.insert_windows(&[]).await?;
            let in_region = WindowFilter { region: Some("eu".into()), ..WindowFilter::default() };
            assert!(tx.windows(&in_region, None, 999).await? == windows);
            let of_service = WindowFilter { service: Some("jira".into()), ..WindowFilter::default() };
            assert_eq!(tx.windows(&of_service, None, 999).await?.len(), 450);
            assert_eq!(tx.windows_due(minute(2), 9).await?, [WindowId(1), WindowId(2)]);
            for id in [1, 200, 201, 450] {
                assert_eq!(tx.items(WindowId(id)).await?, ChangeList(items.to_vec()), "MW-{id}");
                assert_eq!(tx.next_item_number(WindowId(id)).await?, 3, "MW-{id}");
            }
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_list_of_windows_narrows_to_a_plan_or_a_series() {
    on_both(async |db| {
        write(&db, async |tx| {
            its_plan_and_series(tx).await?;
            tx.insert_window(&Window { plan: Some(PlanId(3)), ..window(1, minute(1)) }).await?;
            let occurrence = Some(wall("2026-12-13T16:00:00"));
            tx.insert_window(&Window { series: Some(SeriesId(4)), occurrence, ..window(2, minute(2)) }).await?;
            tx.insert_window(&window(3, minute(3))).await
        })
        .await;
        let plan = |id| WindowFilter { plan: Some(PlanId(id)), ..WindowFilter::default() };
        assert_eq!(listed(&db, plan(3)).await, [1]);
        assert_eq!(listed(&db, plan(4)).await, [0; 0]);
        let series = |id| WindowFilter { series: Some(SeriesId(id)), ..WindowFilter::default() };
        assert_eq!(listed(&db, series(4)).await, [2]);
        assert_eq!(listed(&db, series(3)).await, [0; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_window_needs_its_plan_and_its_series() {
    on_both(async |db| {
        let phase = Window { plan: Some(PlanId(3)), ..window(1, minute(0)) };
        let made = Window { series: Some(SeriesId(4)), ..window(1, minute(0)) };
        for window in [phase, made] {
            db.write(async |tx| tx.insert_window(&window).await).await.expect_err("there is none");
        }
    })
    .await;
}

#[tokio::test]
async fn a_row_that_maintbot_did_not_write_is_reported_with_its_place() {
    on_both(async |db| {
        write(&db, async |tx| tx.insert_window(&window(1, minute(0))).await).await;
        let sql = "UPDATE windows SET state = 'exploded'";
        match &db {
            Db::Sqlite { write, .. } => sqlx::query(sql).execute(write.pool()).await.map(drop),
            Db::Postgres(pool) => sqlx::query(sql).execute(pool).await.map(drop),
        }
        .expect("an update");
        let error = db.read(async |tx| tx.window(WindowId(1)).await).await.expect_err("no such state");
        assert_eq!(error.kind(), Fault::Corrupt);
        let text = error.to_string();
        assert!(text.contains("MW-1, state") && text.contains("exploded"), "{text}");
    })
    .await;
}
