//! What commits, what does not, and who waits for whom.

use std::time::Duration;

use maintbot::domain::event::What;
use maintbot::domain::window::WindowId;
use maintbot::store::{Db, Fault, StoreError};

use super::{minute, window, write};
use crate::databases::on_both;

/// An error of a caller, as a service has one.
#[derive(Debug)]
enum Refused {
    Rule,
    Store(#[expect(dead_code, reason = "shown when a test fails")] StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[tokio::test]
async fn a_refused_command_leaves_nothing_behind() {
    on_both(async |db| {
        let refused = db
            .write(async |tx| {
                let id = tx.next_window_id().await?;
                tx.insert_window(&window(id.0, minute(0))).await?;
                tx.add_event(id, minute(0), "anna", "console", &What::Scheduled).await?;
                Err::<(), _>(Refused::Rule)
            })
            .await;
        assert!(matches!(refused, Err(Refused::Rule)));
        write(&db, async |tx| {
            assert_eq!(tx.window(WindowId(1)).await?, None);
            assert_eq!(tx.next_window_id().await?, WindowId(1), "the number was not used");
            Ok(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn work_that_is_dropped_halfway_is_rolled_back_and_blocks_nobody() {
    on_both(async |db| {
        let endless = db.write(async |tx| {
            tx.insert_window(&window(1, minute(0))).await?;
            std::future::pending::<()>().await;
            Ok::<_, StoreError>(())
        });
        assert!(tokio::time::timeout(Duration::from_millis(200), endless).await.is_err());
        write(&db, async |tx| {
            assert_eq!(tx.window(WindowId(1)).await?, None);
            tx.insert_window(&window(1, minute(0))).await
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_read_sees_one_unchanging_view_and_cannot_write() {
    on_both(async |db| {
        write(&db, async |tx| tx.insert_window(&window(1, minute(0))).await).await;
        db.read(async |tx| {
            assert!(tx.window(WindowId(1)).await?.is_some());
            write(&db, async |tx| tx.insert_window(&window(2, minute(0))).await).await;
            assert_eq!(tx.window(WindowId(2)).await?, None, "it came later");
            Ok::<_, StoreError>(())
        })
        .await
        .expect("a read");
        let error = db.read(async |tx| tx.next_window_id().await).await.expect_err("a write");
        assert_eq!(error.kind(), Fault::ReadOnly);
        assert!(write(&db, async |tx| tx.window(WindowId(2)).await).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn two_commands_on_one_window_take_turns() {
    on_both(async |db| {
        write(&db, async |tx| tx.insert_window(&window(1, minute(0))).await).await;
        let commands: Vec<_> = (0..20)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    db.write(async |tx| {
                        tx.lock_window(WindowId(1)).await?;
                        let mut window = tx.window(WindowId(1)).await?.expect("the window");
                        window.revision += 1;
                        tx.update_window(&window).await
                    })
                    .await
                })
            })
            .collect();
        for command in commands {
            command.await.expect("a task").expect("a command");
        }
        let revision = write(&db, async |tx| tx.window(WindowId(1)).await).await.map(|window| window.revision);
        assert_eq!(revision, Some(20), "none was lost");
    })
    .await;
}

#[tokio::test]
async fn the_same_key_twice_at_once_is_answered_by_one_of_them() {
    on_both(async |db| {
        let attempt = |db: Db| {
            tokio::spawn(async move {
                db.write(async |tx| {
                    if !tx.save_answer("key", 200, "mine", minute(0)).await? {
                        return Err(Refused::Rule);
                    }
                    tx.next_id("effects").await.map_err(Refused::Store)
                })
                .await
            })
        };
        let (first, second) = (attempt(db.clone()), attempt(db.clone()));
        let results = [first.await.expect("a task"), second.await.expect("a task")];
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        assert_eq!(write(&db, async |tx| tx.next_id("effects").await).await, 2, "it took effect once");
    })
    .await;
}

#[tokio::test]
async fn a_database_that_works_answers_and_takes_writes() {
    on_both(async |db| {
        db.ping().await.expect("an answer");
        db.check_writable().await.expect("a write");
        db.check_writable().await.expect("another write");
        db.close().await;
        assert_eq!(db.ping().await.expect_err("closed").kind(), Fault::Unavailable);
        assert_eq!(db.check_writable().await.expect_err("closed").kind(), Fault::Unavailable);
    })
    .await;
}

#[tokio::test]
async fn a_read_only_database_is_told_apart() {
    on_both(async |db| {
        match &db {
            Db::Sqlite { write, .. } => sqlx::query("PRAGMA query_only = ON").execute(write.pool()).await.map(drop),
            Db::Postgres(pool) => {
                // For every session to come; the ones in the pool end.
                let name: String =
                    sqlx::query_scalar("SELECT current_database()").fetch_one(pool).await.expect("a name");
                let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
                sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(pool).await.expect("a setting");
                let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                           WHERE datname = current_database() AND pid <> pg_backend_pid()";
                sqlx::raw_sql(end).execute(pool).await.expect("ended");
                sqlx::raw_sql("SET default_transaction_read_only = on").execute(pool).await.map(drop)
            }
        }
        .expect("a read-only database");
        db.ping().await.expect("it can be read");
        let error = db.check_writable().await.expect_err("it cannot be written");
        assert_eq!(error.kind(), Fault::ReadOnly);
        assert!(error.to_string().contains("read-only"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn among_many_that_write_at_once_one_that_fails_takes_nobody_along() {
    on_both(async |db| {
        let mut tasks = tokio::task::JoinSet::new();
        for n in 1..=60_i64 {
            let db = db.clone();
            tasks.spawn(async move {
                let done = db.write(async |tx| {
                    tx.insert_window(&window(n, minute(0))).await?;
                    if n % 3 == 0 { Err(Refused::Rule) } else { Ok(()) }
                });
                (n, done.await.is_ok())
            });
        }
        let answered = tasks.join_all().await;
        for (n, done) in answered {
            assert_eq!(done, n % 3 != 0, "window {n}");
            let stored = db.read(async |tx| tx.window(WindowId(n)).await).await.expect("readable");
            assert_eq!(stored.is_some(), done, "window {n} is stored exactly if that was answered");
        }
    })
    .await;
}
