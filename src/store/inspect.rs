//! A look at a database before anything is written to it: is it ours, whole, and not newer than this program?

use std::io::Read;
use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, SqliteConnection};

use super::open::MIGRATIONS;
use super::{Fault, OpenError, StoreError};

/// The first bytes of every SQLite file.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// A migration that a database has.
struct Applied {
    version: i64,
    checksum: Vec<u8>,
}

impl From<(i64, Vec<u8>)> for Applied {
    fn from((version, checksum): (i64, Vec<u8>)) -> Self {
        Self { version, checksum }
    }
}

/// Whether there is nothing in it yet: no file, or one of no length.
pub(super) fn is_empty(file: &Path) -> std::io::Result<bool> {
    match std::fs::metadata(file) {
        Ok(found) => Ok(found.len() == 0),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Looks at a file without changing a byte of it.
pub(super) async fn sqlite(file: &Path, name: &str) -> Result<(), OpenError> {
    let unreadable = |e: std::io::Error| OpenError::File { file: name.to_owned(), detail: e.to_string() };
    let mut start = Vec::new();
    std::fs::File::open(file).and_then(|f| f.take(16).read_to_end(&mut start)).map_err(unreadable)?;
    if start != MAGIC {
        return Err(OpenError::NotSqlite(name.to_owned()));
    }
    // Without a log beside it the file is all there is, and then SQLite need not create one to read it.
    let beside = |ending: &str| Path::new(&format!("{}{ending}", file.display())).exists();
    let alone = !beside("-wal") && !beside("-journal");
    let options = SqliteConnectOptions::new().filename(file).read_only(true).immutable(alone);
    let found = match options.connect().await {
        Ok(mut connection) => {
            let found = read_sqlite(&mut connection).await;
            // Nothing was written, so nothing can be lost by a close that fails.
            let _ = connection.close().await;
            found
        }
        Err(error) => Err(error),
    };
    match found {
        Ok(Found::Damaged(detail)) => Err(OpenError::Corrupt { file: name.to_owned(), detail }),
        Ok(Found::Tables { others, applied }) => judge(name, others, &applied),
        Err(error) => {
            let source = StoreError::from(error);
            Err(match source.kind() {
                Fault::Corrupt => OpenError::Corrupt { file: name.to_owned(), detail: source.to_string() },
                Fault::Unavailable => OpenError::File { file: name.to_owned(), detail: source.to_string() },
                _ => OpenError::Store { database: name.to_owned(), source },
            })
        }
    }
}

/// A file with more pages is opened without looking at each of them, so that starting does not take longer the more is
/// stored; damage in it is reported by the first command that meets it.
const MOST_PAGES_CHECKED: i64 = 4_096;

enum Found {
    Damaged(String),
    Tables { others: bool, applied: Vec<Applied> },
}

async fn read_sqlite(connection: &mut SqliteConnection) -> Result<Found, sqlx::Error> {
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *connection).await?;
    if pages <= MOST_PAGES_CHECKED {
        let verdict: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut *connection).await?;
        if verdict != "ok" {
            return Ok(Found::Damaged(verdict));
        }
    }
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table'").fetch_all(&mut *connection).await?;
    let ours = tables.iter().any(|table| table == "_sqlx_migrations");
    let applied = if ours {
        let rows = sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version");
        rows.fetch_all(connection).await?.into_iter().map(<(i64, Vec<u8>)>::into).collect()
    } else {
        Vec::new()
    };
    Ok(Found::Tables { others: !ours && !tables.is_empty(), applied })
}

/// Looks at the schema in which maintbot's tables are or would be.
pub(super) async fn postgres(connection: &mut PgConnection, name: &str) -> Result<(), OpenError> {
    let fault = |error: sqlx::Error| OpenError::Store { database: name.to_owned(), source: error.into() };
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()")
            .fetch_all(&mut *connection)
            .await
            .map_err(fault)?;
    let ours = tables.iter().any(|table| table == "_sqlx_migrations");
    let applied: Vec<Applied> = if ours {
        let rows = sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version");
        rows.fetch_all(connection).await.map_err(fault)?.into_iter().map(<(i64, Vec<u8>)>::into).collect()
    } else {
        Vec::new()
    };
    judge(name, !ours && !tables.is_empty(), &applied)
}

fn judge(name: &str, others: bool, applied: &[Applied]) -> Result<(), OpenError> {
    let database = || name.to_owned();
    if others {
        return Err(OpenError::Foreign(database()));
    }
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
    if let Some(newest) = applied.last().filter(|newest| newest.version > known) {
        return Err(OpenError::Newer { database: database(), found: newest.version, known });
    }
    let is_known =
        |has: &Applied| MIGRATIONS.iter().any(|ours| ours.version == has.version && *ours.checksum == *has.checksum);
    match applied.iter().find(|has| !is_known(has)) {
        Some(strange) => Err(OpenError::Changed { database: database(), version: strange.version }),
        None => Ok(()),
    }
}
