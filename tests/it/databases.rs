//! Every test of what is stored runs on both databases.

use std::sync::OnceLock;
use std::{fs, thread};

use maintbot::store::Db;

use crate::postgres;

/// Runs a test on a new `SQLite` file and on a new PostgreSQL database. The last line printed tells which one failed.
pub async fn on_both(test: impl AsyncFn(Db)) {
    let folder = tempfile::tempdir().expect("a folder");
    println!("on SQLite");
    let db = sqlite(&folder).await;
    test(db.clone()).await;
    db.close().await;
    println!("on PostgreSQL");
    let db = postgres().await;
    test(db.clone()).await;
    db.close().await;
}

/// A new file in `folder`, with today's tables.
pub async fn sqlite(folder: &tempfile::TempDir) -> Db {
    Db::open(&sqlite_url(folder)).await.expect("a new file")
}

/// The file that [`sqlite`] opens. Made anew in a folder where there is none yet.
pub fn sqlite_url(folder: &tempfile::TempDir) -> String {
    let file = folder.path().join("maintbot.db");
    if !file.exists() {
        fs::write(&file, migrated()).expect("a new file");
    }
    empty_url(folder)
}

/// A file of that name, which nobody has made yet.
pub fn empty_url(folder: &tempfile::TempDir) -> String {
    format!("sqlite://{}", folder.path().join("maintbot.db").display())
}

/// What is in a file with today's tables and nothing else: migrating each anew would be most of the work of many tests.
fn migrated() -> &'static [u8] {
    static MIGRATED: OnceLock<Vec<u8>> = OnceLock::new();
    MIGRATED.get_or_init(|| {
        let make = || {
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("migrated.db");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                Db::open(&format!("sqlite://{}", file.display())).await.expect("a new file").close().await;
            });
            assert!(!folder.path().join("migrated.db-wal").exists(), "closing leaves everything in the file");
            fs::read(&file).expect("the new file")
        };
        // A runtime cannot be started on a thread that has one.
        thread::spawn(make).join().expect("a migrated file")
    })
}

/// A new database on the test cluster.
pub async fn postgres() -> Db {
    Db::open(postgres::database().await.as_str()).await.expect("a new database")
}
