//! One writer for a SQLite file, and one flush to disk for many: transactions that wait for each other anyway share a
//! commit.
//!
//! SQLite has one writer at a time, and most of a small transaction's time is the disk's flush. So each piece of work
//! runs in a savepoint of a shared transaction and then queues again for the writer, to commit. The queue is fair: by
//! the time the first one is back at its head, everybody who waited behind it has run too, and its commit stores them
//! all. Alone, a piece of work commits at once. Nobody is answered before the commit that stores their work.

use std::sync::Arc;

use sqlx::{Sqlite, SqlitePool, Transaction};
use tokio::sync::{Mutex, oneshot};

use super::db::Tx;
use super::{Fault, StoreError};

/// Work that shares one commit at most: bounds how long the first has to wait.
const MOST_TOGETHER: usize = 64;

/// The writer of one file. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Writer {
    pool: SqlitePool,
    open: Arc<Mutex<Open>>,
}

/// The shared transaction, if one is open.
#[derive(Debug, Default)]
struct Open {
    tx: Option<Transaction<'static, Sqlite>>,
    /// Rises with every end of a shared transaction: tells a waiting piece of work whether its own is over.
    round: u64,
    /// Who has run and waits for the commit.
    waiting: Vec<oneshot::Sender<Ended>>,
}

/// How the shared transaction ended: on disk, or not at all, and why.
type Ended = std::result::Result<(), (String, Fault)>;

impl Writer {
    pub(super) fn new(pool: SqlitePool) -> Self {
        Self { pool, open: Arc::default() }
    }

    /// The one connection, for what is no transaction of the store.
    #[must_use]
    pub fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Runs `work` in a savepoint and returns once the commit that holds it is on disk.
    pub(super) async fn write<T, E, F>(&self, work: F) -> std::result::Result<T, E>
    where
        F: AsyncFnOnce(&mut Tx) -> std::result::Result<T, E>,
        E: From<StoreError>,
    {
        let mut unfinished = Unfinished(Some(self.clone()));
        let mut open = self.open.lock().await;
        let done = match open.run(&self.pool, work).await {
            Ok(done) => done,
            Err(error) => {
                unfinished.0 = None;
                return Err(error);
            }
        };
        let (tell, mut ended) = oneshot::channel();
        open.waiting.push(tell);
        if open.waiting.len() >= MOST_TOGETHER {
            open.commit().await;
        }
        let round = open.round;
        drop(open);
        let told = tokio::select! {
            biased;
            told = &mut ended => told,
            mut open = self.open.lock() => {
                if open.round == round {
                    open.commit().await;
                }
                drop(open);
                ended.await
            }
        };
        unfinished.0 = None;
        match told {
            Ok(Ok(())) => Ok(done),
            Ok(Err((why, fault))) => Err(StoreError::Lost(why, fault).into()),
            Err(_) => Err(StoreError::Lost("nobody committed it".into(), Fault::Other).into()),
        }
    }

    /// Commits what is still open and closes the connection after it.
    pub(super) async fn close(&self) {
        self.open.lock().await.commit_if_open().await;
        self.pool.close().await;
    }
}

/// A piece of work whose caller may go away while it waits: the transaction that it shares is ended all the same, so
/// that no other process waits for the file.
struct Unfinished(Option<Writer>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let (Some(writer), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { writer.open.lock().await.commit_if_open().await });
        }
    }
}

impl Open {
    async fn run<T, E, F>(&mut self, pool: &SqlitePool, work: F) -> std::result::Result<T, E>
    where
        F: AsyncFnOnce(&mut Tx) -> std::result::Result<T, E>,
        E: From<StoreError>,
    {
        // While work runs the transaction is its own: work that is dropped half-way takes the transaction with it.
        let mut tx = if let Some(tx) = self.tx.take() {
            tx
        } else {
            self.end(&Err(("work that shared its transaction was cut off".into(), Fault::Other)));
            // One that starts by reading and then writes would fail when somebody else wrote in between.
            pool.begin_with("BEGIN IMMEDIATE").await.map_err(StoreError::from)?
        };
        if let Err(error) = statement(&mut tx, "SAVEPOINT work").await {
            return Err(self.lost(tx, error).into());
        }
        let mut tx = Tx::Sqlite(tx);
        let result = work(&mut tx).await;
        let Tx::Sqlite(mut tx) = tx else { return result };
        let ended = match &result {
            Ok(_) => statement(&mut tx, "RELEASE work").await,
            Err(_) if self.waiting.is_empty() => {
                super::db::roll_back(tx).await;
                return result;
            }
            Err(_) => match statement(&mut tx, "ROLLBACK TO work").await {
                Ok(()) => statement(&mut tx, "RELEASE work").await,
                Err(error) => Err(error),
            },
        };
        match ended {
            Ok(()) => {
                self.tx = Some(tx);
                result
            }
            Err(error) => {
                // A failing disk makes SQLite roll back everything by itself: nobody's work is there any more.
                let lost = self.lost(tx, error);
                result.and(Err(lost.into()))
            }
        }
    }

    async fn commit(&mut self) {
        let ended = match self.tx.take() {
            Some(tx) => tx.commit().await.map_err(|error| told(&StoreError::from(error))),
            None => Err(("work that shared its transaction was cut off".into(), Fault::Other)),
        };
        self.end(&ended);
    }

    async fn commit_if_open(&mut self) {
        if self.tx.is_some() || !self.waiting.is_empty() {
            self.commit().await;
        }
    }

    /// The shared transaction is gone with everybody's work in it.
    fn lost(&mut self, tx: Transaction<'static, Sqlite>, error: sqlx::Error) -> StoreError {
        drop(tx);
        let error = StoreError::from(error);
        self.end(&Err(told(&error)));
        error
    }

    fn end(&mut self, ended: &Ended) {
        self.round += 1;
        for waiting in self.waiting.drain(..) {
            // Who has gone away does not need to know.
            let _ = waiting.send(ended.clone());
        }
    }
}

/// An error for several callers.
fn told(error: &StoreError) -> (String, Fault) {
    (error.to_string(), error.kind())
}

async fn statement(tx: &mut Transaction<'static, Sqlite>, sql: &'static str) -> std::result::Result<(), sqlx::Error> {
    sqlx::query(sql).execute(&mut **tx).await.map(drop)
}
