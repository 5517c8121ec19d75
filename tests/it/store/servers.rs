//! PostgreSQL servers: reaching them, and refusing what is not ours.

use maintbot::store::{Db, OpenError};
use sqlx::{AssertSqlSafe, PgPool};

use crate::postgres;

async fn change(url: &str, sql: &str) {
    let pool = PgPool::connect(url).await.expect("a database");
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&pool).await.expect("a change");
    pool.close().await;
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_named_without_the_password() {
    // Nobody listens on a port that was just given back.
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port");
    let error = Db::open(&format!("postgres://bot:hunter2@{free}/maintbot")).await.expect_err("nobody there");
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error:?}");
    let text = format!("{error} {error:?}");
    assert!(text.contains(&free.to_string()) && !text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn a_url_that_cannot_be_read_does_not_repeat_the_password() {
    let error = Db::open("postgres://bot:hunter2@host:port/maintbot").await.expect_err("not a port");
    let text = format!("{error} {error:?}");
    assert!(matches!(error, OpenError::BadUrl(_)) && !text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn a_missing_database_is_answered_with_the_command_that_makes_it() {
    let url = postgres::empty().await;
    let error = Db::open(&format!("{url}_missing")).await.expect_err("no such database");
    assert!(matches!(error, OpenError::NoDatabase { .. }), "{error:?}");
    assert!(error.to_string().contains("createdb test_"), "{error}");
}

#[tokio::test]
async fn an_unknown_user_is_a_refused_login() {
    let url = postgres::empty().await;
    let error = Db::open(&url.as_str().replace("postgres@", "nobody_known@")).await.expect_err("no such user");
    assert!(matches!(error, OpenError::Login { .. }), "{error:?}");
}

#[tokio::test]
async fn a_database_of_a_newer_maintbot_is_refused() {
    let url = postgres::empty().await;
    Db::open(url.as_str()).await.expect("a new database").close().await;
    change(
        url.as_str(),
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'from the future', TRUE, ''::bytea, 0)",
    )
    .await;
    let error = Db::open(url.as_str()).await.expect_err("newer");
    assert!(matches!(error, OpenError::Newer { found: 9999, .. }), "{error:?}");
}

#[tokio::test]
async fn a_database_with_tables_of_somebody_else_is_refused_and_stays_as_it_is() {
    let url = postgres::empty().await;
    change(url.as_str(), "CREATE TABLE invoices (id INTEGER)").await;
    let error = Db::open(url.as_str()).await.expect_err("not ours");
    assert!(matches!(error, OpenError::Foreign(_)), "{error:?}");
    let pool = PgPool::connect(url.as_str()).await.expect("a database");
    let tables: Vec<String> = sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
        .fetch_all(&pool)
        .await
        .expect("tables");
    assert_eq!(tables, ["invoices"]);
}

#[tokio::test]
async fn two_processes_that_open_a_new_database_at_once_both_get_it() {
    let url = postgres::empty().await;
    let (first, second) = tokio::join!(Db::open(url.as_str()), Db::open(url.as_str()));
    first.expect("the first").check_writable().await.expect("a write");
    second.expect("the second").check_writable().await.expect("a write");
}

#[tokio::test]
async fn a_session_that_hangs_is_ended_by_the_server() {
    let url = postgres::empty().await;
    let Ok(Db::Postgres(pool)) = Db::open(url.as_str()).await else { panic!("a database") };
    for (setting, expected) in
        [("statement_timeout", "30s"), ("lock_timeout", "10s"), ("idle_in_transaction_session_timeout", "1min")]
    {
        let sql = AssertSqlSafe(format!("SHOW {setting}"));
        let value: String = sqlx::query_scalar(sql).fetch_one(&pool).await.expect("a setting");
        assert_eq!(value, expected, "{setting}");
    }
}
