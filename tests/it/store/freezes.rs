//! Freezes.

use chrono::NaiveDate;
use maintbot::domain::freeze::{Freeze, FreezeId};
use maintbot::domain::window::Kind;

use super::{minute, write};
use crate::databases::on_both;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn freeze(id: i64, from: &str, to: &str) -> Freeze {
    Freeze {
        id: FreezeId(id),
        title: format!("Freeze {id}"),
        from: day(from),
        to: day(to),
        services: vec![],
        regions: vec![],
        kinds: vec![],
        by: "anna".into(),
        created_at: minute(0),
    }
}

#[tokio::test]
async fn a_freeze_comes_back_with_every_fact_until_it_is_taken_back() {
    on_both(async |db| {
        let full = Freeze {
            title: "Year \"end\"; --".into(),
            services: vec!["jira".into(), "wiki".into()],
            regions: vec!["eu".into()],
            kinds: vec![Kind("scheduled".into()), Kind("quarterly".into())],
            created_at: minute(5),
            ..freeze(1, "2026-12-18", "2027-01-07")
        };
        write(&db, async |tx| {
            assert_eq!(tx.next_freeze_id().await?, FreezeId(1));
            tx.insert_freeze(&full).await?;
            assert_eq!(tx.freeze(FreezeId(1)).await?.as_ref(), Some(&full));
            assert_eq!(tx.freezes(None).await?, std::slice::from_ref(&full));
            assert!(tx.remove_freeze(FreezeId(1), minute(9)).await?);
            assert!(!tx.remove_freeze(FreezeId(1), minute(9)).await?, "it was taken back before");
            assert!(!tx.remove_freeze(FreezeId(2), minute(9)).await?);
            assert_eq!(tx.freeze(FreezeId(1)).await?, None);
            assert_eq!(tx.freezes(None).await?, []);
            assert_eq!(tx.next_freeze_id().await?, FreezeId(2), "its number is not given again");
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn freezes_are_listed_by_their_first_day_from_those_on_that_are_not_past() {
    on_both(async |db| {
        let freezes = [
            freeze(1, "2027-06-01", "2027-06-01"),
            freeze(2, "2026-12-18", "2027-01-07"),
            freeze(3, "2026-01-01", "2026-01-02"),
            freeze(4, "2026-12-18", "2026-12-20"),
        ];
        write(&db, async |tx| {
            for freeze in &freezes {
                tx.insert_freeze(freeze).await?;
            }
            let ids = |found: Vec<Freeze>| found.iter().map(|freeze| freeze.id.0).collect::<Vec<_>>();
            assert_eq!(ids(tx.freezes(None).await?), [3, 2, 4, 1]);
            assert_eq!(ids(tx.freezes(Some(day("2026-12-20"))).await?), [2, 4, 1], "its last day belongs to it");
            assert_eq!(ids(tx.freezes(Some(day("2026-12-21"))).await?), [2, 1]);
            assert_eq!(ids(tx.freezes(Some(day("2027-06-02"))).await?), [0; 0]);
            Ok(())
        })
        .await;
    })
    .await;
}
