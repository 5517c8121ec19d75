//! Windows at the same time, and those that are over.

use chrono::{DateTime, TimeDelta, Utc};
use maintbot::domain::calendar::{Span, Zone};
use maintbot::domain::window::{State, Window};
use maintbot::store::Db;

use super::{minute, window, write};
use crate::databases::on_both;

/// A window from one minute to another.
fn lasting(id: i64, from: i64, to: i64) -> Window {
    let span = Span { starts_at: minute(from), ends_at: minute(to), zone: Zone::utc() };
    Window { span, ..window(id, minute(from)) }
}

async fn store(db: &Db, windows: &[Window]) {
    write(db, async |tx| {
        for window in windows {
            tx.insert_window(window).await?;
        }
        Ok(())
    })
    .await;
}

fn ids(windows: &[Window]) -> Vec<i64> {
    windows.iter().map(|w| w.id.0).collect()
}

async fn touching(db: &Db, from: DateTime<Utc>, to: DateTime<Utc>, environment: &str, services: &[&str]) -> Vec<i64> {
    let services: Vec<String> = services.iter().map(|id| (*id).to_owned()).collect();
    ids(&write(db, async |tx| tx.windows_touching(from, to, environment, &services).await).await)
}

async fn open(db: &Db, from: i64, to: i64) -> Vec<i64> {
    ids(&write(db, async |tx| tx.open_windows_between(minute(from), minute(to)).await).await)
}

#[tokio::test]
async fn windows_at_the_same_time_are_those_that_overlap_it_by_start() {
    on_both(async |db| {
        assert_eq!(open(&db, 0, 99).await, [0; 0], "there is none at all");
        let windows =
            [lasting(1, 0, 60), lasting(2, 60, 120), lasting(3, 61, 62), lasting(4, -6000, 6000), lasting(5, 0, 59)];
        store(&db, &windows).await;
        assert_eq!(open(&db, 60, 120).await, [4, 1, 2, 3], "an end on the edge is inside, ...");
        assert_eq!(open(&db, 0, 60).await, [4, 1, 5], "... a start on it is not");
        assert_eq!(open(&db, 6000, 6001).await, [4], "however long ago it began");
        assert_eq!(open(&db, 6001, 9000).await, [0; 0]);
        assert_eq!(touching(&db, minute(60), minute(120), "production", &["jira"]).await, [4, 1, 2, 3]);
        let ever = (DateTime::<Utc>::UNIX_EPOCH, minute(999_999));
        assert_eq!(touching(&db, ever.0, ever.1, "production", &["jira"]).await.len(), 5);
    })
    .await;
}

#[tokio::test]
async fn only_windows_of_the_same_environment_with_a_service_in_common_touch() {
    on_both(async |db| {
        let of = |id, services: &[&str]| Window {
            services: services.iter().map(|id| (*id).to_owned()).collect(),
            ..lasting(id, 0, 60)
        };
        let staging = Window { environment: "staging".into(), ..of(4, &["jira"]) };
        store(&db, &[of(1, &["jira"]), of(2, &["wiki", "crm"]), of(3, &["mail"]), staging]).await;
        let (from, to) = (minute(0), minute(60));
        assert_eq!(touching(&db, from, to, "production", &["jira"]).await, [1]);
        assert_eq!(touching(&db, from, to, "production", &["jira", "crm", "wiki"]).await, [1, 2], "each once");
        assert_eq!(touching(&db, from, to, "staging", &["jira", "crm"]).await, [4]);
        assert_eq!(touching(&db, from, to, "production", &[]).await, [0; 0]);
        assert_eq!(open(&db, 0, 60).await, [1, 2, 3, 4]);
    })
    .await;
}

#[tokio::test]
async fn windows_that_are_over_touch_nobody_and_those_where_work_goes_on_last() {
    on_both(async |db| {
        let windows = [
            Window { state: State::Pending, ..lasting(1, 0, 60) },
            Window { state: State::Scheduled, ..lasting(2, 0, 60) },
            Window { state: State::InProgress, ..lasting(3, 0, 60) },
            Window { state: State::Verifying, ..lasting(4, 0, 60) },
            Window { state: State::Completed, ..lasting(5, 0, 60) },
            Window { state: State::Cancelled, ..lasting(6, 0, 60) },
        ];
        store(&db, &windows).await;
        assert_eq!(open(&db, 30, 90).await, [1, 2, 3, 4]);
        assert_eq!(open(&db, 6000, 6060).await, [3, 4], "past their end, and still at it");
        assert_eq!(touching(&db, minute(6000), minute(6060), "production", &["jira"]).await, [3, 4]);
        assert_eq!(open(&db, -60, 0).await, [0; 0], "they begin later");
    })
    .await;
}

#[tokio::test]
async fn a_window_that_moves_is_found_where_it_is_now() {
    on_both(async |db| {
        store(&db, &[lasting(1, 0, 60), lasting(2, 0, 10)]).await;
        write(&db, async |tx| tx.update_window(&lasting(2, 1000, 9000)).await).await;
        assert_eq!(open(&db, 0, 60).await, [1]);
        assert_eq!(open(&db, 8999, 9999).await, [2], "it became the longest");
        write(&db, async |tx| tx.update_window(&Window { state: State::Cancelled, ..lasting(2, 1000, 9000) }).await)
            .await;
        assert_eq!(open(&db, 8999, 9999).await, [0; 0]);
    })
    .await;
}

#[tokio::test]
async fn windows_that_are_over_are_listed_the_last_one_first() {
    on_both(async |db| {
        let over = |id, end| Window {
            state: State::Completed,
            actual_end: Some(minute(end)),
            ..window(id, minute(0) - TimeDelta::minutes(id))
        };
        let cancelled = Window { state: State::Cancelled, actual_end: Some(minute(99)), ..window(9, minute(0)) };
        store(&db, &[over(1, 30), over(2, 60), over(3, 30), over(4, 5), cancelled, window(8, minute(0))]).await;
        let found = async |limit| ids(&write(&db, async |tx| tx.windows_over(limit).await).await);
        assert_eq!(found(10).await, [2, 3, 1, 4]);
        assert_eq!(found(2).await, [2, 3]);
    })
    .await;
}
