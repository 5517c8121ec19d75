//! `SQLite` files: opening, refusing, filling up, copying. What is refused stays byte for byte as it was.

use std::fs;
use std::path::{Path, PathBuf};

use maintbot::domain::window::WindowId;
use maintbot::store::{BackupError, Db, Fault, OpenError};
use tempfile::{TempDir, tempdir};

use super::{minute, window, write};
use crate::databases::{empty_url, postgres, sqlite};

fn folder() -> TempDir {
    tempdir().expect("a folder")
}

fn url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

/// A file with one window in it, closed in order.
async fn used_file(folder: &TempDir) -> PathBuf {
    let db = sqlite(folder).await;
    write(&db, async |tx| tx.insert_window(&window(1, minute(0))).await).await;
    db.close().await;
    folder.path().join("maintbot.db")
}

/// Changes a file with SQL of its own.
async fn change(file: &Path, sql: &'static str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.expect("a file");
    sqlx::raw_sql(sql).execute(&pool).await.expect(sql);
    pool.close().await;
}

/// Opens a file that must be refused, and shows that neither it nor its folder was changed.
async fn refused(file: &Path) -> OpenError {
    let folder = file.parent().expect("a folder");
    let names = || {
        let mut names: Vec<_> =
            fs::read_dir(folder).expect("entries").map(|e| e.expect("an entry").file_name()).collect();
        names.sort();
        names
    };
    let before = (fs::read(file).expect("bytes"), names());
    let error = Db::open(&url(file)).await.expect_err("must be refused");
    let after = (fs::read(file).expect("bytes"), names());
    assert!(before == after, "the file or its folder changed: {:?} became {:?}", before.1, after.1);
    let text = error.to_string();
    assert!(text.contains(&file.display().to_string()), "the text names the file: {text}");
    error
}

#[tokio::test]
async fn a_missing_or_empty_file_becomes_a_database_that_keeps_what_it_is_given() {
    let folder = folder();
    fs::write(folder.path().join("maintbot.db"), "").expect("an empty file");
    used_file(&folder).await;
    let db = sqlite(&folder).await;
    let found = write(&db, async |tx| tx.window(WindowId(1)).await).await;
    assert_eq!(found, Some(window(1, minute(0))));
}

#[tokio::test]
async fn what_was_committed_survives_a_process_that_never_closed_its_file() {
    let folder = folder();
    let db = sqlite(&folder).await;
    write(&db, async |tx| tx.insert_window(&window(1, minute(0))).await).await;
    // A copy of the files as they are now is what a killed process leaves.
    let left = tempdir().expect("a folder");
    for name in ["maintbot.db", "maintbot.db-wal"] {
        fs::copy(folder.path().join(name), left.path().join(name)).expect("a copy");
    }
    let db = Db::open(&empty_url(&left)).await.expect("a file with a log beside it");
    assert!(write(&db, async |tx| tx.window(WindowId(1)).await).await.is_some());
}

#[tokio::test]
async fn a_file_is_written_through_to_the_disk_with_a_log_and_checked_references() {
    let folder = folder();
    let db = sqlite(&folder).await;
    let Db::Sqlite { write, read } = &db else { panic!("a file") };
    let write = write.pool();
    for (pragma, expected) in [("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5000)] {
        for pool in [write, read] {
            let sql = sqlx::AssertSqlSafe(format!("PRAGMA {pragma}"));
            let value: i64 = sqlx::query_scalar(sql).fetch_one(pool).await.expect(pragma);
            assert_eq!(value, expected, "{pragma}");
        }
    }
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(read).await.expect("a mode");
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn two_processes_that_open_a_new_file_at_once_both_get_it() {
    for _ in 0..5 {
        let folder = folder();
        let url = empty_url(&folder);
        let open = |url: String| tokio::spawn(async move { Db::open(&url).await });
        for opened in [open(url.clone()), open(url)] {
            let db = opened.await.expect("a task").expect("a database");
            db.check_writable().await.expect("a write");
        }
    }
}

#[tokio::test]
async fn a_file_that_is_something_else_is_refused() {
    let folder = folder();
    for (name, bytes) in [("notes.txt", "Dear diary, today nothing broke."), ("short", "x")] {
        let file = folder.path().join(name);
        fs::write(&file, bytes).expect("a file");
        assert!(matches!(refused(&file).await, OpenError::NotSqlite(_)));
    }
}

#[tokio::test]
async fn a_damaged_file_is_refused() {
    let folder = folder();
    let file = used_file(&folder).await;
    let whole = fs::read(&file).expect("bytes");
    let cut = folder.path().join("cut.db");
    fs::write(&cut, &whole[..whole.len() / 2]).expect("half a file");
    let scribbled = folder.path().join("scribbled.db");
    let mut bytes = whole.clone();
    bytes[100..4096].fill(0x5a);
    fs::write(&scribbled, bytes).expect("a file with a broken first page");
    let middle = folder.path().join("middle.db");
    let mut bytes = whole.clone();
    for page in bytes.chunks_mut(4096).skip(2) {
        page[..64].fill(0xff);
    }
    fs::write(&middle, bytes).expect("a file with broken pages");
    for file in [cut, scribbled, middle] {
        let error = refused(&file).await;
        assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
        assert!(error.to_string().contains("restore a backup"), "{error}");
    }
}

#[tokio::test]
async fn a_file_of_a_newer_maintbot_is_refused() {
    let folder = folder();
    let file = used_file(&folder).await;
    change(
        &file,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'from the future', TRUE, x'00', 0)",
    )
    .await;
    let error = refused(&file).await;
    assert!(matches!(error, OpenError::Newer { found: 9999, .. }), "{error:?}");
    assert!(error.to_string().contains("start the newer maintbot"), "{error}");
}

#[tokio::test]
async fn a_newer_file_that_was_not_closed_in_order_is_refused_as_well() {
    let folder = folder();
    let file = used_file(&folder).await;
    let pool = sqlx::SqlitePool::connect(&url(&file)).await.expect("a file");
    let sql = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
               VALUES (9999, 'from the future', TRUE, x'00', 0)";
    sqlx::query(sql).execute(&pool).await.expect("a row");
    let left = tempdir().expect("a folder");
    for name in ["maintbot.db", "maintbot.db-wal"] {
        fs::copy(folder.path().join(name), left.path().join(name)).expect("a copy");
    }
    let (file, log) = (left.path().join("maintbot.db"), left.path().join("maintbot.db-wal"));
    let before = (fs::read(&file).expect("bytes"), fs::read(&log).expect("bytes"));
    let error = Db::open(&url(&file)).await.expect_err("must be refused");
    assert!(matches!(error, OpenError::Newer { found: 9999, .. }), "{error:?}");
    assert!(before == (fs::read(&file).expect("bytes"), fs::read(&log).expect("bytes")), "the file and its log stay");
}

#[tokio::test]
async fn a_file_with_another_history_is_refused() {
    let folder = folder();
    let file = used_file(&folder).await;
    change(&file, "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 1").await;
    assert!(matches!(refused(&file).await, OpenError::Changed { version: 1, .. }));
}

#[tokio::test]
async fn a_file_with_tables_of_somebody_else_is_refused() {
    let folder = folder();
    let file = folder.path().join("other.db");
    change(&file, "CREATE TABLE invoices (id INTEGER)").await;
    assert!(matches!(refused(&file).await, OpenError::Foreign(_)));
}

#[tokio::test]
async fn a_place_where_no_file_can_be_is_refused_with_what_to_write_instead() {
    let folder = folder();
    let missing = folder.path().join("nowhere");
    let cases = [
        (url(folder.path()), "is a folder"),
        (url(&missing.join("maintbot.db")), "create it"),
        ("sqlite://".to_owned(), "name a file"),
        ("sqlite::memory:".to_owned(), "name a file"),
        ("sqlite://maintbot.db?mode=ro".to_owned(), "no parameters"),
        ("mysql://root@localhost/maintbot".to_owned(), "`mysql`"),
        ("maintbot.db".to_owned(), "sqlite://maintbot.db"),
    ];
    for (url, advice) in cases {
        let text = Db::open(&url).await.expect_err(&url).to_string();
        assert!(text.contains(advice), "{url}: {text}");
    }
    assert!(!missing.exists(), "no folder was made");
}

#[tokio::test]
async fn a_full_database_is_told_apart_and_works_again_when_there_is_room() {
    let folder = folder();
    let db = sqlite(&folder).await;
    let Db::Sqlite { write: writer, .. } = &db else { panic!("a file") };
    let pool = writer.pool();
    // As many pages as there are: the file may not grow.
    sqlx::query("PRAGMA max_page_count = 1").execute(pool).await.expect("a limit");
    let large = maintbot::domain::window::Window { impact: "x".repeat(100_000), ..window(1, minute(0)) };
    let error = db.write(async |tx| tx.insert_window(&large).await).await.expect_err("full");
    assert_eq!(error.kind(), Fault::Full);
    assert!(error.to_string().contains("make room"), "{error}");
    sqlx::query("PRAGMA max_page_count = 1000000").execute(pool).await.expect("a limit");
    write(&db, async |tx| tx.insert_window(&large).await).await;
}

#[tokio::test]
async fn a_backup_holds_what_was_committed_while_work_goes_on() {
    let folder = folder();
    let db = sqlite(&folder).await;
    write(&db, async |tx| tx.insert_window(&window(1, minute(0))).await).await;
    let target = folder.path().join("it's a backup.db");
    db.write(async |tx| {
        tx.insert_window(&window(2, minute(0))).await?;
        db.backup(&target).await.expect("a copy");
        Ok::<_, maintbot::store::StoreError>(())
    })
    .await
    .expect("a write");
    let copy = Db::open(&url(&target)).await.expect("the copy");
    let (first, second) =
        write(&copy, async |tx| Ok((tx.window(WindowId(1)).await?, tx.window(WindowId(2)).await?))).await;
    assert_eq!(first, Some(window(1, minute(0))));
    assert_eq!(second, None, "it was not committed yet");
}

#[tokio::test]
async fn a_backup_never_touches_what_is_there_and_says_what_to_do() {
    let folder = folder();
    let db = sqlite(&folder).await;
    let taken = folder.path().join("taken");
    fs::write(&taken, "").expect("a file");
    assert!(matches!(db.backup(&taken).await, Err(BackupError::Exists(_))));
    assert!(matches!(db.backup(folder.path()).await, Err(BackupError::Exists(_))));
    assert!(matches!(db.backup(&folder.path().join("no/copy.db")).await, Err(BackupError::NoFolder(_))));
    assert_eq!(fs::read(&taken).expect("bytes"), b"");
    let refused = postgres().await.backup(&folder.path().join("copy.db")).await.expect_err("PostgreSQL");
    assert!(refused.to_string().contains("pg_dump"), "{refused}");
}
