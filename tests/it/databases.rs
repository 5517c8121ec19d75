//! Every test of what is stored runs on both databases.

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

/// A new file in `folder`.
pub async fn sqlite(folder: &tempfile::TempDir) -> Db {
    Db::open(&sqlite_url(folder)).await.expect("a new file")
}

/// The file that [`sqlite`] makes.
pub fn sqlite_url(folder: &tempfile::TempDir) -> String {
    format!("sqlite://{}", folder.path().join("maintbot.db").display())
}

/// A new database on the test cluster.
pub async fn postgres() -> Db {
    Db::open(postgres::database().await.as_str()).await.expect("a new database")
}
