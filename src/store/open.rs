//! Opening a database: from a URL to connections with every migration applied.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, PgConnection, SqliteConnection, SqlitePool};

use super::inspect::{self, is_empty};
use super::{Db, Fault, OpenError, StoreError};

/// Every migration that this program knows.
pub static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How long SQLite waits for another process that writes.
const BUSY: Duration = Duration::from_secs(5);
/// How long a command waits for a connection before it fails.
const ACQUIRE: Duration = Duration::from_secs(10);
/// How often the first connection is tried again that meets another process in the same moment.
const TRIES: usize = 20;
const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 10;
/// Any number will do, as long as no other program on the same database locks it.
const MIGRATION_LOCK: i64 = 0x006d_6169_6e74_626f;

/// See [`Db::open`].
pub(super) async fn open(url: &str) -> Result<Db, OpenError> {
    match url.split_once(':') {
        Some(("sqlite", rest)) => open_sqlite(&file_of(rest)?).await,
        Some(("postgres" | "postgresql", _)) => open_postgres(url).await,
        Some((scheme, _)) if scheme.len() <= 20 => Err(OpenError::UnknownScheme(scheme.to_owned())),
        _ => Err(OpenError::BadUrl("write `sqlite://maintbot.db` or `postgres://user@host/database`".to_owned())),
    }
}

/// The file that stands after `sqlite:`.
fn file_of(rest: &str) -> Result<PathBuf, OpenError> {
    let file = rest.strip_prefix("//").unwrap_or(rest);
    if file.is_empty() || file == ":memory:" {
        return Err(OpenError::BadUrl("name a file after `sqlite://`, such as `sqlite://maintbot.db`".to_owned()));
    }
    if file.contains('?') {
        return Err(OpenError::BadUrl("`sqlite://` takes no parameters after a `?`: name the file only".to_owned()));
    }
    Ok(PathBuf::from(file))
}

async fn open_sqlite(file: &Path) -> Result<Db, OpenError> {
    let name = file.display().to_string();
    check_place(file, &name)?;
    if !is_empty(file).map_err(|e| OpenError::File { file: name.clone(), detail: e.to_string() })? {
        inspect::sqlite(file, &name).await?;
    }
    let fault = |error| sqlite_open_error(error, &name);
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A message sent twice after a power cut costs more than the time a flush takes.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY);
    let pool = || {
        SqlitePoolOptions::new()
            .acquire_timeout(ACQUIRE)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_release(|connection, _| Box::pin(has_no_transaction(connection)))
    };
    let mut write = pool().max_connections(1).connect_with(options.clone()).await;
    // Two that open a new file at once both want to change its journal, and SQLite lets neither wait for the other.
    for _ in 0..TRIES {
        match write {
            Err(error) if is_busy(&error) => {
                tokio::task::yield_now().await;
                write = pool().max_connections(1).connect_with(options.clone()).await;
            }
            _ => break,
        }
    }
    let write = write.map_err(fault)?;
    if let Err(error) = migrate_sqlite(&write, &name).await {
        write.close().await;
        return Err(error);
    }
    let read =
        pool().max_connections(SQLITE_READERS).connect_with(options.pragma("query_only", "ON")).await.map_err(fault)?;
    Ok(Db::Sqlite { write: super::group::Writer::new(write), read })
}

/// Whether another process held the file at that moment.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    // The low byte of an extended code is the code proper: https://www.sqlite.org/rescode.html
    code.and_then(|code| code.parse::<i32>().ok()).is_some_and(|code| code & 0xff == 5)
}

/// Whether a connection that comes back may be used again. A full or failing disk makes SQLite roll back by itself; the
/// driver goes on counting that transaction as open, and every later one on the connection would fail.
async fn has_no_transaction(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // Behind a rollback that was only begun.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// What can be wrong before there is a database.
fn check_place(file: &Path, name: &str) -> Result<(), OpenError> {
    if file.is_dir() {
        return Err(OpenError::Directory(name.trim_end_matches('/').to_owned()));
    }
    match file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) if !folder.is_dir() => {
            Err(OpenError::NoFolder { folder: folder.display().to_string(), file: name.to_owned() })
        }
        _ => Ok(()),
    }
}

/// All pending migrations in one transaction, which also keeps a second process from doing the same.
async fn migrate_sqlite(write: &SqlitePool, name: &str) -> Result<(), OpenError> {
    let fault = |error| sqlite_open_error(error, name);
    let mut tx = write.begin_with("BEGIN IMMEDIATE").await.map_err(fault)?;
    migrate(&mut *tx).await.map_err(|e| migration_error(&e, name))?;
    tx.commit().await.map_err(fault)
}

fn sqlite_open_error(error: sqlx::Error, name: &str) -> OpenError {
    let said = error.to_string();
    let source = StoreError::from(error);
    match source.kind() {
        Fault::ReadOnly => OpenError::ReadOnly(name.to_owned()),
        Fault::Corrupt => OpenError::Corrupt { file: name.to_owned(), detail: source.to_string() },
        // SQLite's "unable to open database file": mostly a folder in which it may not create one.
        Fault::Unavailable => OpenError::File {
            file: name.to_owned(),
            detail: format!("{said}; give maintbot's user write access to the folder"),
        },
        _ => OpenError::Store { database: name.to_owned(), source },
    }
}

/// Not `Migrator::run`: its future cannot move between threads, and so nothing that opens a database could be spawned.
async fn migrate<C: Migrate>(connection: &mut C) -> Result<(), MigrateError> {
    MIGRATIONS.run_direct(None, connection, false).await
}

fn migration_error(error: &MigrateError, name: &str) -> OpenError {
    OpenError::Migration { database: name.to_owned(), detail: error.to_string() }
}

async fn open_postgres(url: &str) -> Result<Db, OpenError> {
    let options = PgConnectOptions::from_str(url).map_err(|e| match e {
        // The text of other errors may repeat the URL with its password.
        sqlx::Error::Configuration(why) => OpenError::BadUrl(format!("{why}; write `postgres://user@host/database`")),
        _ => OpenError::BadUrl("write `postgres://user@host/database`".to_owned()),
    })?;
    let server = format!("{}:{}", options.get_host(), options.get_port());
    let database = options.get_database().unwrap_or_else(|| options.get_username()).to_owned();
    let name = format!("{database} at {server}");
    // Not yet from the pool, which goes on trying for as long as one may wait for a connection and then says only that.
    let connected = tokio::time::timeout(ACQUIRE, options.connect()).await;
    let mut connection = connected
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
        .map_err(|error| postgres_open_error(error, &server, &database))?;
    let migrated = migrate_postgres(&mut connection, &name).await;
    // What was done is committed; how the connection ends changes nothing.
    let _ = connection.close().await;
    migrated?;
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE)
        // Everything that can hang has an end: a statement, a wait for a lock, a transaction that nobody goes on with.
        .after_connect(|connection, _| {
            Box::pin(async move {
                let limits = "SET statement_timeout = '30s'; SET lock_timeout = '10s'; \
                              SET idle_in_transaction_session_timeout = '60s'";
                sqlx::raw_sql(limits).execute(connection).await.map(drop)
            })
        });
    let pool = pool.connect_with(options).await.map_err(|error| postgres_open_error(error, &server, &database))?;
    Ok(Db::Postgres(pool))
}

/// All pending migrations in one transaction. A lock keeps a second process from doing the same.
async fn migrate_postgres(connection: &mut PgConnection, name: &str) -> Result<(), OpenError> {
    let fault = |error: sqlx::Error| {
        let source = StoreError::from(error);
        match source.kind() {
            Fault::ReadOnly => OpenError::ReadOnly(name.to_owned()),
            _ => OpenError::Store { database: name.to_owned(), source },
        }
    };
    let mut tx = connection.begin().await.map_err(fault)?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK).execute(&mut *tx).await.map_err(fault)?;
    inspect::postgres(&mut tx, name).await?;
    migrate(&mut *tx).await.map_err(|e| migration_error(&e, name))?;
    tx.commit().await.map_err(fault)
}

fn postgres_open_error(error: sqlx::Error, server: &str, database: &str) -> OpenError {
    let server = server.to_owned();
    if let sqlx::Error::Database(answer) = &error {
        let detail = answer.message().to_owned();
        match answer.code().as_deref() {
            Some("28000" | "28P01") => return OpenError::Login { server, detail },
            Some("3D000") => return OpenError::NoDatabase { server, name: database.to_owned() },
            _ => {}
        }
    }
    let source = StoreError::from(error);
    match (source.kind(), &source) {
        (Fault::Unavailable, StoreError::Sql(error)) => OpenError::Unreachable { server, detail: error.to_string() },
        _ => OpenError::Store { database: format!("{database} at {server}"), source },
    }
}
