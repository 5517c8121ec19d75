//! One database, its connections and its transactions.

use std::path::Path;
use std::time::Duration;

use sqlx::{ConnectOptions, Connection, PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use super::group::Writer;
use super::{BackupError, OpenError, Result, StoreError};

/// How long a probe may take: an operator's page must not hang with the database.
const PROBE_LIMIT: Duration = Duration::from_secs(5);

/// An open database with its migrations applied. Cloning is cheap and shares the connections.
#[derive(Clone, Debug)]
pub enum Db {
    /// A file. Writers queue for one connection, because SQLite has one writer; readers never wait for it.
    Sqlite {
        /// The only connection that writes, and one flush for many.
        write: Writer,
        /// Connections that cannot write.
        read: SqlitePool,
    },
    /// A server, which several maintbots may share.
    Postgres(PgPool),
}

/// An open transaction: every function of the store is a method of it.
///
/// On PostgreSQL two commands may run at once. Those on one thing take turns through [`Tx::lock_plan`],
/// [`Tx::lock_series`] and [`Tx::lock_window`], which come first and in this order; ids come from counted rows that stay
/// locked until the end, so all commands take them in one order: plan, series, freeze, subscription, window, event,
/// delivery, post.
#[derive(Debug)]
pub enum Tx {
    /// On a file.
    Sqlite(Transaction<'static, Sqlite>),
    /// On a server.
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// Opens `sqlite://PATH` (created if missing) or `postgres://…` and applies pending migrations.
    ///
    /// # Errors
    /// [`OpenError`], whose text says what to do. A file that is damaged, foreign or newer stays byte for byte as it is.
    pub async fn open(url: &str) -> std::result::Result<Self, OpenError> {
        super::open::open(url).await
    }

    /// Runs `work` in one transaction: committed when it returns `Ok`, rolled back when it returns `Err` or is dropped.
    ///
    /// Never call it inside another `write`: on SQLite the inner one would wait for the outer one until it times out.
    ///
    /// # Errors
    /// What `work` returned, or the fault of the database; nothing is stored then.
    pub async fn write<T, E, F>(&self, work: F) -> std::result::Result<T, E>
    where
        F: AsyncFnOnce(&mut Tx) -> std::result::Result<T, E>,
        E: From<StoreError>,
    {
        let pool = match self {
            Self::Sqlite { write, .. } => return write.write(work).await,
            Self::Postgres(pool) => pool,
        };
        let begun = pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await;
        let mut tx = Tx::Postgres(begun.map_err(StoreError::from)?);
        match work(&mut tx).await {
            Ok(done) => {
                tx.commit().await?;
                Ok(done)
            }
            Err(error) => {
                tx.roll_back().await;
                Err(error)
            }
        }
    }

    /// Runs `work` on one unchanging view of the database; a write in it fails.
    ///
    /// # Errors
    /// What `work` returned, or the fault of the database.
    pub async fn read<T, E, F>(&self, work: F) -> std::result::Result<T, E>
    where
        F: AsyncFnOnce(&mut Tx) -> std::result::Result<T, E>,
        E: From<StoreError>,
    {
        let mut tx = self.begin_read().await?;
        let result = work(&mut tx).await;
        tx.roll_back().await;
        result
    }

    async fn begin_read(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { read, .. } => Tx::Sqlite(read.begin().await?),
            Self::Postgres(pool) => {
                Tx::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }

    /// Whether the database answers, within five seconds.
    ///
    /// # Errors
    /// The fault, when it does not.
    pub async fn ping(&self) -> Result<()> {
        in_time(self.read(async |tx| {
            on!(tx, |c| { sqlx::query("SELECT 1").execute(c).await.map(drop) }.map_err(StoreError::from))
        }))
        .await
    }

    /// Whether something can be stored, within five seconds: commits one small row, because a full disk shows itself
    /// only then.
    ///
    /// # Errors
    /// The fault; [`StoreError::kind`] tells a full disk from a read-only file.
    pub async fn check_writable(&self) -> Result<()> {
        in_time(self.write(async |tx| tx.next_id(Tx::PROBE).await.map(drop))).await
    }

    /// Writes a consistent copy of a SQLite database to `target` while work goes on.
    ///
    /// # Errors
    /// [`BackupError`], whose text says what to do. An existing target is never touched.
    pub async fn backup(&self, target: &Path) -> std::result::Result<(), BackupError> {
        let Self::Sqlite { read, .. } = self else { return Err(BackupError::Postgres) };
        if target.symlink_metadata().is_ok() {
            return Err(BackupError::Exists(target.to_owned()));
        }
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            return Err(BackupError::NoFolder(folder.to_owned()));
        }
        let name = target.to_str().ok_or_else(|| BackupError::Name(target.to_owned()))?;
        let copied = match copy(read, name).await {
            Ok(()) => to_disk(target, folder).await.map_err(BackupError::from),
            Err(error) => Err(StoreError::from(error).into()),
        };
        if copied.is_err() {
            // A part of a copy is worse than none; that the removal fails as well adds nothing to the first error.
            let _ = std::fs::remove_file(target);
        }
        copied
    }

    /// Proof that no other process on this machine sends from the same file, for as long as it is held: a lock beside an
    /// `SQLite` file. `None` where another holds it, or on PostgreSQL, where senders share the rows.
    #[must_use]
    pub fn sole_sender(&self) -> Option<std::fs::File> {
        let Self::Sqlite { write, .. } = self else { return None };
        let mut name = write.pool().connect_options().get_filename().as_os_str().to_owned();
        name.push("-sender");
        let file = std::fs::File::options().create(true).append(true).open(name).ok()?;
        file.try_lock().ok().map(|()| file)
    }

    /// Closes every connection after its present work.
    pub async fn close(&self) {
        match self {
            // The writer last: it moves the write-ahead log into the file.
            Self::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    pub(super) async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(open) => open.commit().await?,
            Self::Postgres(open) => open.commit().await?,
        }
        Ok(())
    }

    /// Where this fails the connection is gone, and the database rolls back by itself.
    async fn roll_back(self) {
        match self {
            Self::Sqlite(open) => roll_back(open).await,
            Self::Postgres(open) => roll_back(open).await,
        }
    }
}

/// Where this fails the connection is gone, and the database rolls back by itself.
pub(super) async fn roll_back<D: sqlx::Database>(open: Transaction<'static, D>) {
    if let Err(error) = open.rollback().await {
        tracing::debug!(%error, "a transaction was left to the database to roll back");
    }
}

/// On a connection of its own: it takes long, and the pool's readers may not write, also not into another file.
async fn copy(pool: &SqlitePool, target: &str) -> std::result::Result<(), sqlx::Error> {
    let options = pool.connect_options().as_ref().clone().pragma("query_only", "OFF");
    let mut connection = options.connect().await?;
    let copied = sqlx::query("VACUUM INTO $1").bind(target).execute(&mut connection).await;
    connection.close().await?;
    copied.map(drop)
}

async fn in_time(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::time::timeout(PROBE_LIMIT, work).await.unwrap_or(Err(StoreError::TimedOut))
}

/// Returns when the file and its name have reached the disk.
async fn to_disk(file: &Path, folder: &Path) -> std::io::Result<()> {
    let (file, folder) = (file.to_owned(), folder.to_owned());
    let flushed = tokio::task::spawn_blocking(move || {
        std::fs::File::open(file)?.sync_all()?;
        std::fs::File::open(folder)?.sync_all()
    });
    flushed.await.map_err(std::io::Error::other)?
}
