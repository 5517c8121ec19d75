//! Series and the windows they made.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use maintbot::domain::calendar::{Recurrence, Zone};
use maintbot::domain::change::ItemKind;
use maintbot::domain::series::{ItemTemplate, Series, SeriesId, SeriesState, Template};
use maintbot::domain::window::{Category, State, Window, WindowId};
use maintbot::store::{Db, StoreError};

use super::{minute, wall, window, write};
use crate::databases::on_both;

fn rule(text: &str) -> Recurrence {
    text.parse().expect("a rule")
}

/// Every second Sunday, with nothing but what it must have.
pub fn series(id: i64) -> Series {
    Series {
        id: SeriesId(id),
        state: SeriesState::Active,
        rule: rule("DTSTART:20261213T160000\nRRULE:FREQ=MONTHLY;BYDAY=2SU"),
        zone: Zone::utc(),
        shift: TimeDelta::zero(),
        length: TimeDelta::hours(4),
        template: Template::from(&window(1, minute(0))),
        made_until: None,
        requester: "anna".into(),
        place: "console".into(),
        created_at: minute(0),
        next_make_at: None,
    }
}

fn full_series() -> Series {
    let item = ItemTemplate {
        text: "Jira to \"10.3\"".into(),
        kind: ItemKind::OsPatches,
        from_version: Some("9.12".into()),
        to_version: Some("10.3".into()),
        advisories: vec!["CVE-2026-1234".into()],
        assignee: Some("mikko".into()),
        parent: Some(0),
    };
    Series {
        state: SeriesState::Stopped,
        rule: rule("DTSTART:20261213T160000\nRRULE:FREQ=MONTHLY;BYDAY=2SU\nEXDATE:20270110"),
        zone: Zone::named("Europe/Helsinki").expect("a zone"),
        shift: TimeDelta::minutes(-90),
        length: TimeDelta::minutes(61),
        template: Template {
            regions: vec!["eu".into()],
            downtime: Some("10m-15m per:tenant".parse().expect("a downtime")),
            downtimes: BTreeMap::from([("jira".into(), "1h".parse().expect("a downtime"))]),
            category: Some(Category::StayingCurrent),
            poc: Some("mikko".into()),
            items: vec![ItemTemplate { parent: None, ..item.clone() }, item],
            ..series(1).template
        },
        made_until: Some(wall("2028-01-09T16:00:00")),
        next_make_at: Some(minute(30)),
        ..series(1)
    }
}

#[tokio::test]
async fn a_series_comes_back_with_every_fact_and_what_is_set_can_be_taken_away_again() {
    on_both(async |db| {
        write(&db, async |tx| {
            assert_eq!(tx.next_series_id().await?, SeriesId(1));
            tx.insert_series(&full_series()).await?;
            tx.insert_series(&series(2)).await?;
            assert_eq!(tx.one_series(SeriesId(1)).await?, Some(full_series()));
            assert_eq!(tx.one_series(SeriesId(2)).await?, Some(series(2)));
            assert_eq!(tx.one_series(SeriesId(3)).await?, None);
            tx.update_series(&series(1)).await?;
            assert_eq!(tx.one_series(SeriesId(1)).await?, Some(series(1)));
            tx.update_series(&full_series()).await?;
            assert_eq!(tx.series(9).await?, [series(2), full_series()], "the newest first");
            assert_eq!(tx.series(1).await?, [series(2)]);
            Ok(())
        })
        .await;
        let missing = db.write(async |tx| tx.update_series(&series(9)).await).await;
        assert!(matches!(missing, Err(StoreError::Missing(what)) if what.contains("SR-9")));
    })
    .await;
}

#[tokio::test]
async fn the_clock_finds_the_series_that_must_make_windows_longest_waiting_first() {
    on_both(async |db| {
        write(&db, async |tx| {
            assert_eq!(tx.next_series_at().await?, None);
            for (id, next) in [(1, Some(30)), (2, Some(10)), (3, None), (4, Some(20))] {
                tx.insert_series(&Series { next_make_at: next.map(minute), ..series(id) }).await?;
            }
            assert_eq!(tx.next_series_at().await?, Some(minute(10)));
            assert_eq!(tx.series_due(minute(9), 9).await?, []);
            assert_eq!(tx.series_due(minute(20), 9).await?, [SeriesId(2), SeriesId(4)], "due at this very second");
            assert_eq!(tx.series_due(minute(99), 1).await?, [SeriesId(2)]);
            Ok(())
        })
        .await;
    })
    .await;
}

/// Six windows of series 1, whose starts are in another order than their occurrences, and one of series 2.
async fn made(db: &Db) {
    write(db, async |tx| {
        tx.insert_series(&series(1)).await?;
        tx.insert_series(&series(2)).await?;
        for id in 1..=6 {
            let made = Window {
                series: Some(SeriesId(1)),
                occurrence: Some(wall(&format!("2027-{id:02}-10T16:00:00"))),
                state: if matches!(id, 1 | 4 | 5) { State::Cancelled } else { State::Scheduled },
                ..window(id, minute(-id))
            };
            tx.insert_window(&made).await?;
        }
        let other = Window { series: Some(SeriesId(2)), ..window(7, minute(0)) };
        tx.insert_window(&Window { occurrence: Some(wall("2027-02-10T16:00:00")), ..other }).await
    })
    .await;
}

#[tokio::test]
async fn the_windows_of_a_series_are_listed_by_occurrence() {
    on_both(async |db| {
        made(&db).await;
        write(&db, async |tx| {
            let ids = |found: Vec<Window>| found.iter().map(|w| w.id.0).collect::<Vec<_>>();
            let one = SeriesId(1);
            assert_eq!(ids(tx.windows_of_series(one, None).await?), [1, 2, 3, 4, 5, 6]);
            let from = |text| Some(wall(text));
            assert_eq!(ids(tx.windows_of_series(one, from("2027-05-10T16:00:00")).await?), [5, 6], "that one as well");
            assert_eq!(ids(tx.windows_of_series(one, from("2027-05-10T16:00:01")).await?), [6]);
            assert_eq!(ids(tx.windows_of_series(SeriesId(2), None).await?), [7]);
            assert_eq!(ids(tx.windows_of_series(SeriesId(3), None).await?), [0; 0]);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn the_neighbours_of_an_occurrence_are_those_not_called_off() {
    on_both(async |db| {
        made(&db).await;
        write(&db, async |tx| {
            let one = SeriesId(1);
            let month = |month: i64| wall(&format!("2027-{month:02}-10T16:00:00"));
            let id = |found: Option<Window>| found.map(|w| w.id.0);
            for (from, before, after) in
                [(1, None, Some(2)), (2, None, Some(3)), (3, Some(2), Some(6)), (6, Some(3), None), (7, Some(6), None)]
            {
                assert_eq!(id(tx.occurrence_before(one, month(from)).await?), before, "before {from}");
                assert_eq!(id(tx.occurrence_after(one, month(from)).await?), after, "after {from}");
            }
            assert_eq!(id(tx.occurrence_after(SeriesId(2), month(1)).await?), Some(7));
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn an_occurrence_is_made_once() {
    on_both(async |db| {
        made(&db).await;
        let again =
            Window { series: Some(SeriesId(1)), occurrence: Some(wall("2027-04-10T16:00:00")), ..window(9, minute(0)) };
        db.write(async |tx| tx.insert_window(&again).await).await.expect_err("it was made and called off");
        write(&db, async |tx| {
            assert_eq!(tx.window(WindowId(9)).await?, None);
            Ok(())
        })
        .await;
    })
    .await;
}
