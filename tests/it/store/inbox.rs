//! What came in: once, in order, under a lease, and forgotten.

mod errands;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use maintbot::clock::{Clock, Wake};
use maintbot::config::Config;
use maintbot::domain::window::WindowId;
use maintbot::message::audience::Templates;
use maintbot::service::Service;
use maintbot::store::{Db, Inbound, StoreError};
use sqlx::Row;
use tokio_util::sync::CancellationToken;

use super::{minute, write};
use crate::databases::{on_both, postgres};

const SOURCE: &str = "github";

/// Stores it under this id, with a body made of the id.
async fn came(db: &Db, id: &str, line: &str, minutes: i64) -> bool {
    let body = format!("{{\"id\":\"{id}\"}}");
    write(db, async |tx| tx.receive(SOURCE, id, line, &body, minute(minutes)).await).await
}

async fn claim(db: &Db, owner: &str, now: i64) -> Vec<Inbound> {
    write(db, async |tx| tx.claim_inbound(SOURCE, owner, minute(now), minute(now + 5), 100).await).await
}

fn ids(claims: &[Inbound]) -> Vec<&str> {
    claims.iter().map(|inbound| inbound.id.as_str()).collect()
}

async fn taken(db: &Db, owner: &str, now: i64) -> Vec<String> {
    ids(&claim(db, owner, now).await).into_iter().map(str::to_owned).collect()
}

async fn done(db: &Db, id: &str, owner: &str, at: i64) -> bool {
    write(db, async |tx| tx.inbound_done(SOURCE, id, owner, minute(at)).await).await
}

/// State, body and error of every row as they stand in the table, by id.
async fn rows(db: &Db) -> Vec<(String, String, String, Option<String>)> {
    let sql = "SELECT id, state, body, error FROM inbox ORDER BY position";
    macro_rules! read {
        ($pool:expr) => {
            sqlx::query(sql)
                .fetch_all($pool)
                .await
                .expect("rows")
                .iter()
                .map(|row| (row.get(0), row.get(1), row.get(2), row.get(3)))
                .collect()
        };
    }
    match db {
        Db::Sqlite { read, .. } => read!(read),
        Db::Postgres(pool) => read!(pool),
    }
}

#[tokio::test]
async fn what_comes_twice_is_stored_once_whatever_it_says_the_second_time() {
    on_both(async |db| {
        assert!(came(&db, "guid-1", "a", 0).await);
        let again = write(&db, async |tx| tx.receive(SOURCE, "guid-1", "b", "forged", minute(1)).await).await;
        assert!(!again);
        let other = write(&db, async |tx| tx.receive("slack", "guid-1", "a", "{}", minute(2)).await).await;
        assert!(other, "another sender has ids of its own");
        let first = claim(&db, "w", 5).await;
        let expected = Inbound {
            source: SOURCE.into(),
            id: "guid-1".into(),
            line: "a".into(),
            body: "{\"id\":\"guid-1\"}".into(),
            received_at: minute(0),
            attempts: 1,
            in_doubt: false,
        };
        assert_eq!(first, [expected]);
        assert!(done(&db, "guid-1", "w", 6).await);
        assert!(!came(&db, "guid-1", "a", 7).await, "also when it was worked on long ago");
        assert_eq!(taken(&db, "w", 60).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn the_same_that_comes_many_times_at_once_is_stored_once() {
    on_both(async |db| {
        let senders: Vec<_> = (0..8)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(
                    async move { db.write(async |tx| tx.receive(SOURCE, "x", "a", "{}", minute(0)).await).await },
                )
            })
            .collect();
        let mut stored = 0;
        for sender in senders {
            let is_new: Result<bool, StoreError> = sender.await.expect("a task");
            stored += usize::from(is_new.expect("an answer"));
        }
        assert_eq!(stored, 1);
        assert_eq!(rows(&db).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn each_line_keeps_its_order_and_lines_do_not_wait_for_each_other() {
    on_both(async |db| {
        for (id, line) in [("1", "a"), ("2", "a"), ("3", "b"), ("4", "a"), ("5", "b")] {
            came(&db, id, line, 0).await;
        }
        assert_eq!(taken(&db, "w", 0).await, ["1", "3"]);
        assert_eq!(taken(&db, "w", 0).await, [""; 0], "the others wait for those");
        assert!(done(&db, "3", "w", 1).await);
        assert_eq!(taken(&db, "w", 1).await, ["5"]);
        write(&db, async |tx| tx.inbound_retry(SOURCE, "1", "w", minute(30), "502", false).await).await;
        assert_eq!(taken(&db, "w", 3).await, [""; 0], "2 waits while 1 is to be tried again");
        let again = claim(&db, "w", 30).await;
        assert_eq!(ids(&again), ["1", "5"], "and 5, whose lease is over");
        assert_eq!(again.iter().map(|inbound| inbound.attempts).collect::<Vec<_>>(), [2, 2]);
        write(&db, async |tx| tx.inbound_dead(SOURCE, "1", "w", "no such repository", minute(31)).await).await;
        assert_eq!(taken(&db, "w", 31).await, ["2"], "what is given up holds nobody up");
    })
    .await;
}

#[tokio::test]
async fn a_limit_takes_what_came_first_and_another_source_is_left_alone() {
    on_both(async |db| {
        for n in 0..5 {
            came(&db, &format!("{n}"), &format!("line {n}"), n).await;
        }
        write(&db, async |tx| tx.receive("slack", "s", "line", "{}", minute(0)).await).await;
        let two = write(&db, async |tx| tx.claim_inbound(SOURCE, "w", minute(9), minute(10), 2).await).await;
        assert_eq!(ids(&two), ["0", "1"]);
        assert_eq!(taken(&db, "w", 3).await, ["2", "3"], "4 has not come by then");
        write(&db, async |tx| {
            assert_eq!(tx.next_inbound_at(SOURCE).await?, Some(minute(4)));
            assert_eq!(tx.next_inbound_at("slack").await?, Some(minute(0)));
            assert_eq!(tx.next_inbound_at("discord").await?, None);
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn what_a_worker_that_died_had_taken_comes_up_in_doubt_when_the_lease_is_over() {
    on_both(async |db| {
        came(&db, "1", "a", 0).await;
        assert_eq!(taken(&db, "died", 0).await, ["1"]);
        assert_eq!(taken(&db, "w", 4).await, [""; 0], "the lease holds");
        let again = claim(&db, "w", 5).await;
        assert_eq!((ids(&again), again[0].in_doubt, again[0].attempts), (vec!["1"], true, 2));
        assert!(!done(&db, "1", "died", 6).await, "the lease went to somebody else");
        write(&db, async |tx| {
            assert!(!tx.inbound_retry(SOURCE, "1", "died", minute(6), "late", false).await?);
            assert!(!tx.inbound_dead(SOURCE, "1", "died", "late", minute(6)).await?);
            Ok(())
        })
        .await;
        assert!(done(&db, "1", "w", 6).await);
        assert!(!done(&db, "1", "w", 7).await, "done once");
    })
    .await;
}

#[tokio::test]
async fn a_failure_stays_in_doubt_where_some_of_it_may_have_been_done() {
    on_both(async |db| {
        came(&db, "1", "a", 0).await;
        came(&db, "2", "b", 0).await;
        claim(&db, "w", 0).await;
        write(&db, async |tx| {
            assert!(tx.inbound_retry(SOURCE, "1", "w", minute(10), "refused for now", false).await?);
            assert!(tx.inbound_retry(SOURCE, "2", "w", minute(10), "timed out", true).await?);
            assert_eq!(tx.next_inbound_at(SOURCE).await?, Some(minute(10)));
            Ok(())
        })
        .await;
        assert_eq!(taken(&db, "w", 9).await, [""; 0]);
        let doubts: Vec<_> = claim(&db, "w", 10).await.into_iter().map(|again| (again.id, again.in_doubt)).collect();
        assert_eq!(doubts, [("1".into(), false), ("2".into(), true)]);
    })
    .await;
}

#[tokio::test]
async fn a_stop_in_order_gives_back_what_was_not_begun_and_a_sole_process_ends_all_leases() {
    on_both(async |db| {
        for id in ["1", "2", "3"] {
            came(&db, id, id, 0).await;
        }
        let first = write(&db, async |tx| tx.claim_inbound(SOURCE, "died", minute(0), minute(1), 1).await).await;
        assert_eq!(ids(&first), ["1"]);
        assert_eq!(taken(&db, "w", 1).await, ["1", "2", "3"]);
        assert!(done(&db, "3", "w", 1).await);
        write(&db, async |tx| {
            assert_eq!(tx.release_inbound("slack", "w").await?, 0, "another source");
            assert_eq!(tx.release_inbound(SOURCE, "w").await?, 2);
            assert_eq!(tx.release_inbound(SOURCE, "w").await?, 0);
            Ok(())
        })
        .await;
        let shown = |claims: Vec<Inbound>| -> Vec<_> {
            claims.into_iter().map(|inbound| (inbound.id, inbound.attempts, inbound.in_doubt)).collect()
        };
        let expected = [("1".into(), 2, true), ("2".into(), 1, false)];
        assert_eq!(shown(claim(&db, "next", 1).await), expected, "what was in doubt stays so");
        assert_eq!(taken(&db, "sole", 2).await, [""; 0]);
        assert_eq!(write(&db, async |tx| tx.end_inbound_leases(minute(2)).await).await, 2);
        assert_eq!(write(&db, async |tx| tx.end_inbound_leases(minute(2)).await).await, 0);
        let expected = [("1".into(), 3, true), ("2".into(), 2, true)];
        assert_eq!(shown(claim(&db, "sole", 2).await), expected);
    })
    .await;
}

#[tokio::test]
async fn what_is_done_or_given_up_is_known_but_says_nothing_any_more() {
    on_both(async |db| {
        for id in ["1", "2", "3"] {
            came(&db, id, id, 0).await;
        }
        claim(&db, "w", 0).await;
        write(&db, async |tx| {
            tx.inbound_retry(SOURCE, "1", "w", minute(0), "502", false).await?;
            tx.inbound_dead(SOURCE, "2", "w", "no such repository", minute(1)).await
        })
        .await;
        assert_eq!(taken(&db, "w", 1).await, ["1"]);
        assert!(done(&db, "1", "w", 1).await);
        let row = |id: &str, state: &str, body: &str, error: Option<&str>| {
            (id.to_owned(), state.to_owned(), body.to_owned(), error.map(str::to_owned))
        };
        let expected = [
            row("1", "done", "", None),
            row("2", "dead", "", Some("no such repository")),
            row("3", "working", "{\"id\":\"3\"}", None),
        ];
        assert_eq!(rows(&db).await, expected);
        let asked: Vec<String> = (0..1200).map(|n| n.to_string()).collect();
        let known = write(&db, async |tx| tx.knows_inbound(SOURCE, &asked).await).await;
        assert_eq!(known, BTreeSet::from(["1", "2", "3"].map(str::to_owned)));
        let known = write(&db, async |tx| tx.knows_inbound("slack", &asked).await).await;
        assert!(known.is_empty());
        assert!(write(&db, async |tx| tx.knows_inbound(SOURCE, &[]).await).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn after_its_time_what_is_over_is_forgotten_and_what_is_not_stays() {
    on_both(async |db| {
        for id in ["1", "2", "3", "4"] {
            came(&db, id, id, 0).await;
        }
        claim(&db, "w", 0).await;
        assert!(done(&db, "1", "w", 1).await);
        assert!(done(&db, "2", "w", 2).await);
        write(&db, async |tx| tx.inbound_dead(SOURCE, "3", "w", "why", minute(1)).await).await;
        assert_eq!(write(&db, async |tx| tx.purge_inbound(minute(2)).await).await, 2);
        let left: Vec<String> = rows(&db).await.into_iter().map(|row| row.0).collect();
        assert_eq!(left, ["2", "4"]);
        assert_eq!(write(&db, async |tx| tx.purge_inbound(minute(9_999)).await).await, 1);
        assert_eq!(taken(&db, "w", 99).await, ["4"]);
    })
    .await;
}

#[tokio::test]
async fn workers_that_claim_at_once_never_get_the_same_and_never_two_of_a_line() {
    on_both(async |db| {
        for n in 0..120 {
            came(&db, &format!("{n}"), &format!("line {}", n % 40), 0).await;
        }
        let workers: Vec<_> = (0..4)
            .map(|worker| {
                let db = db.clone();
                tokio::spawn(async move {
                    let owner = format!("worker {worker}");
                    let mut mine = Vec::new();
                    loop {
                        let until = minute(0) + TimeDelta::minutes(5);
                        let taken =
                            db.write(async |tx| tx.claim_inbound(SOURCE, &owner, minute(0), until, 7).await).await?;
                        if taken.is_empty() {
                            return Ok::<_, StoreError>(mine);
                        }
                        mine.extend(taken.into_iter().map(|inbound| (inbound.line, inbound.id)));
                    }
                })
            })
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.await.expect("a task").expect("claims"));
        }
        // A worker may stop early when all that is left is locked by another one.
        all.extend(claim(&db, "last", 0).await.into_iter().map(|inbound| (inbound.line, inbound.id)));
        let mut expected: Vec<_> = (0..40).map(|n| (format!("line {n}"), n.to_string())).collect();
        all.sort();
        expected.sort();
        assert_eq!(all, expected, "the first of each line, once");
    })
    .await;
}

#[tokio::test]
async fn on_postgresql_a_claim_passes_over_what_another_one_is_taking_at_this_moment() {
    let db = postgres().await;
    came(&db, "1", "a", 0).await;
    came(&db, "2", "b", 0).await;
    write(&db, async |tx| {
        let first = tx.claim_inbound(SOURCE, "one", minute(0), minute(5), 1).await?;
        assert_eq!(ids(&first), ["1"]);
        // The first transaction is still open: the other must neither wait for it nor take the same.
        assert_eq!(taken(&db, "other", 0).await, ["2"]);
        Ok(())
    })
    .await;
    assert_eq!(taken(&db, "other", 0).await, [""; 0]);
    db.close().await;
}

#[tokio::test]
async fn what_is_rolled_back_never_came() {
    on_both(async |db| {
        let failed = db
            .write(async |tx| {
                tx.receive(SOURCE, "1", "a", "{}", minute(0)).await?;
                Err::<(), _>(StoreError::Missing(format!("window {}", WindowId(1))))
            })
            .await;
        assert!(failed.is_err());
        assert!(came(&db, "1", "a", 0).await);
    })
    .await;
}

/// What somebody works on already, under a lease of two minutes.
async fn came_taken(db: &Db, id: &str, owner: &str, now: i64) -> bool {
    let until = minute(now + 2);
    write(db, async |tx| tx.receive_taken(SOURCE, id, "{}", owner, minute(now), until).await).await
}

#[tokio::test]
async fn what_is_being_worked_on_already_is_left_alone_until_its_lease_ends() {
    on_both(async |db| {
        assert!(came_taken(&db, "1", "own", 0).await);
        assert!(!came_taken(&db, "1", "own", 0).await, "known");
        assert!(!came(&db, "1", "1", 0).await, "known, whoever sends it");
        assert_eq!(taken(&db, "other", 1).await, [""; 0]);
        let renew = async |owner: &str, until: i64| {
            write(&db, async |tx| tx.renew_inbound(SOURCE, "1", owner, minute(until)).await).await
        };
        assert!(!renew("other", 9).await, "not theirs");
        assert!(renew("own", 4).await);
        assert_eq!(write(&db, async |tx| tx.next_inbound_at(SOURCE).await).await, Some(minute(4)));
        assert_eq!(taken(&db, "other", 3).await, [""; 0]);
        let late = claim(&db, "other", 4).await;
        assert_eq!(ids(&late), ["1"]);
        assert!(late[0].in_doubt && late[0].attempts == 2, "{late:?}");
        assert!(!renew("own", 9).await, "it is another one's now");
    })
    .await;
}

#[tokio::test]
async fn what_is_over_is_over_whoever_holds_it() {
    on_both(async |db| {
        let over = async |id: &str| write(&db, async |tx| tx.inbound_over(SOURCE, id, minute(5)).await).await;
        assert!(!over("1").await, "it never came");
        came_taken(&db, "1", "own", 0).await;
        came(&db, "2", "2", 0).await;
        assert_eq!(taken(&db, "other", 2).await, ["1", "2"]);
        assert!(over("1").await && over("2").await && !over("1").await);
        assert!(!done(&db, "1", "other", 6).await, "there is nothing left to be done");
        let rows = rows(&db).await;
        assert!(rows.iter().all(|(_, state, body, _)| state == "done" && body.is_empty()), "{rows:?}");
        assert_eq!(taken(&db, "other", 60).await, [""; 0]);
        assert!(!came_taken(&db, "1", "own", 60).await, "and does not begin again");
    })
    .await;
}

fn service(db: &Db, now: DateTime<Utc>) -> Service {
    let templates = Arc::new(Templates::builtin().expect("templates"));
    let organisation = Arc::new(Config::with_defaults().organisation);
    Service::new(db.clone(), organisation, Clock::manual(now), templates, Wake::default())
}

#[tokio::test]
async fn what_is_new_wakes_whoever_works_on_it_and_what_is_known_wakes_nobody() {
    on_both(async |db| {
        let service = service(&db, minute(3));
        let mut rings = service.wake().listen();
        let heard = |rings: &mut tokio::sync::watch::Receiver<u64>| {
            let heard = rings.has_changed().expect("the service is there");
            rings.borrow_and_update();
            heard
        };
        assert!(service.receive(SOURCE, "1", "a", "{}").await.expect("stored"));
        assert!(heard(&mut rings));
        assert!(!service.receive(SOURCE, "1", "a", "{}").await.expect("known"));
        assert!(!heard(&mut rings));
        let taken = service.claim_inbound(SOURCE, "w", minute(3), minute(5), 9).await.expect("a claim");
        assert_eq!((ids(&taken), taken[0].received_at), (vec!["1"], minute(3)));
        assert!(service.inbound_done(SOURCE, "1", "w").await.expect("done"));
    })
    .await;
}

#[tokio::test]
async fn after_a_month_what_is_done_is_forgotten_by_itself() {
    on_both(async |db| {
        for id in ["1", "2"] {
            came(&db, id, id, 0).await;
        }
        claim(&db, "w", 0).await;
        assert!(done(&db, "1", "w", 0).await);
        assert!(done(&db, "2", "w", 1).await);
        let service = service(&db, minute(1) + TimeDelta::days(30));
        let stop = CancellationToken::new();
        // Stopped once it has begun: it tidies up first.
        futures_util::future::join(service.pass_time(stop.clone()), async { stop.cancel() }).await;
        let left: Vec<String> = rows(&db).await.into_iter().map(|row| row.0).collect();
        assert_eq!(left, ["2"]);
    })
    .await;
}
