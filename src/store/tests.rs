//! Every query that runs often uses its index, however much is stored: asked of both databases.

#[path = "../../tests/it/postgres.rs"]
mod postgres;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{AssertSqlSafe, Row};

use super::window_list::{ListQuery, Value, bind_all};
use super::{Db, WindowFilter, builtin, claims, deliveries, windows};
use crate::domain::window::{State, WindowId};

/// Years of use: what is over by far outweighs what is open.
const FILL: [&str; 6] = [
    "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
     INSERT INTO builtin_channels (name, posts, last_at) SELECT 'channel-' || i, 0, $TIME FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
     INSERT INTO windows (id, title, kind, services, environment, regions, starts_at, ends_at, zone, impact, rollback,
        customers, links, requester, place, state, sequence, sequence_at, revision, no_shows, overruns, created_at,
        next_action_at)
     SELECT i, 'title', 'scheduled', '[]', 'production', '[]', $TIME, $TIME, 'UTC', '', '', '[]', '[]', 'anna', 'console',
        CASE WHEN i > 7900 THEN 'scheduled' ELSE 'completed' END, 0, $TIME, 0, 0, 0, $TIME,
        CASE WHEN i > 7900 THEN $TIME END
     FROM n",
    "INSERT INTO window_services (window_id, service)
     SELECT id, CASE WHEN id % 1000 = 0 THEN 'rare' ELSE 'common' END FROM windows",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
     INSERT INTO deliveries (id, subject, window_id, sequence, class, message, occasion, audience, channel, due_at,
        state, attempts, claim_at, in_doubt, created_at, lease_owner)
     SELECT i, 'MW-' || i / 5, i / 5, 0, 'message', 'reminder', i, '', 'builtin:general', $TIME,
        CASE WHEN i > 39900 THEN 'sending' WHEN i > 39500 THEN 'due' WHEN i % 10 = 0 THEN 'superseded' ELSE 'sent' END,
        1, $TIME, FALSE, $TIME, 'sender'
     FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
     INSERT INTO builtin_posts (id, channel, delivery_id, text, posted_at)
     SELECT i, 'channel-' || (i % 100), i, 'text', $TIME FROM n",
    "INSERT INTO builtin_issues (window_id, title, body, is_open, opened_at, updated_at)
     SELECT id, '', '', id > 7900, created_at, created_at FROM windows",
];

/// Row `i` lies `i` hours after New Year 2020.
const TIME_SQLITE: &str = "strftime('%Y-%m-%dT%H:%M:%S+00:00', '2020-01-01', i || ' hours')";
const TIME_POSTGRES: &str = "(TIMESTAMPTZ '2020-01-01 00:00:00+00' + i * INTERVAL '1 hour')";

/// A query, values for it, and the indexes that it must use.
struct Hot {
    name: &'static str,
    sql: String,
    values: Vec<Value>,
    indexes: &'static [&'static str],
}

fn hour(i: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(18_262) + TimeDelta::hours(i)
}

fn hot_queries(claim: &str) -> Vec<Hot> {
    let fixed = |name, sql: &str, values, indexes| Hot { name, sql: sql.to_owned(), values, indexes };
    let list = |name, filter: WindowFilter, after, indexes| {
        let ListQuery { sql, values } = ListQuery::new(&filter, after, 50);
        Hot { name, sql, values, indexes }
    };
    let all = WindowFilter::default;
    let (text, time, number) = (|t: &str| Value::Text(t.into()), Value::Time, Value::Number);
    let line: &[&str] = &["deliveries_claim", "deliveries_order"];
    let claim_values = vec![text("sender"), time(hour(39_800)), time(hour(40_000)), number(50)];
    vec![
        fixed("claim", claim, claim_values, line),
        fixed("next claim", claims::NEXT_CLAIM, vec![], line),
        fixed("release", claims::RELEASE, vec![text("sender")], &["deliveries_lease"]),
        fixed("ledger of a window", deliveries::OF_WINDOW, vec![number(77)], &["deliveries_window"]),
        fixed("counts", deliveries::COUNTS, vec![], &["deliveries_unfinished"]),
        fixed("windows due", windows::DUE, vec![time(hour(7_950)), number(50)], &["windows_next_action"]),
        fixed("next action", windows::NEXT_ACTION, vec![], &["windows_next_action"]),
        fixed("posts", builtin::POSTS, vec![text("channel-1"), number(9_000), number(50)], &["builtin_posts_channel"]),
        fixed("post of a delivery", builtin::POST_OF_DELIVERY, vec![number(5)], &["builtin_posts_delivery"]),
        fixed("open issues", builtin::OPEN_ISSUES, vec![number(50)], &["builtin_issues_open"]),
        list("all windows", all(), None, &["windows_start"]),
        list("next page", all(), Some((hour(5_000), WindowId(5_000))), &["windows_start"]),
        list(
            "open windows",
            WindowFilter { states: vec![State::Scheduled, State::InProgress], ..all() },
            None,
            &["windows_open"],
        ),
        list(
            "windows of a week",
            WindowFilter { from: Some(hour(6_000)), to: Some(hour(6_168)), ..all() },
            None,
            &["windows_start", "windows_end"],
        ),
        list(
            "windows of a rare service",
            WindowFilter { service: Some("rare".into()), ..all() },
            None,
            &["window_services_service"],
        ),
    ]
}

/// A line of a plan that walks a whole table.
fn walks_a_table(line: &str) -> bool {
    let intermediate = line.ends_with(" next") || line.ends_with(" ending");
    let sqlite = line.starts_with("SCAN ") && !line.contains("USING") && !intermediate;
    sqlite || line.contains("Seq Scan")
}

fn judge(database: &str, hot: &Hot, plan: &[String]) {
    let shown = format!("{database}, {}:\n{}\n{}", hot.name, hot.sql, plan.join("\n"));
    for index in hot.indexes {
        assert!(plan.iter().any(|line| line.contains(index)), "{index} is not used on {shown}");
    }
    assert!(!plan.iter().any(|line| walks_a_table(line)), "a whole table is read on {shown}");
}

#[tokio::test]
async fn hot_queries_use_their_indexes_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::open(&format!("sqlite://{}", folder.path().join("plans.db").display())).await.expect("a file");
    let Db::Sqlite { write, .. } = &db else { panic!("a file") };
    let pool = write.pool();
    for sql in FILL {
        let sql = sql.replace("$TIME", TIME_SQLITE);
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.expect("rows");
    }
    for hot in hot_queries(claims::CLAIM_SQLITE) {
        let query = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", hot.sql)));
        let rows = bind_all!(query, hot.values.clone()).fetch_all(pool).await.expect(hot.name);
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        judge("SQLite", &hot, &plan);
    }
}

#[tokio::test]
async fn hot_queries_use_their_indexes_on_postgresql() {
    let db = Db::open(postgres::database().await.as_str()).await.expect("a database");
    let Db::Postgres(pool) = &db else { panic!("a server") };
    for sql in FILL {
        let sql = sql.replace("$TIME", TIME_POSTGRES);
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.expect("rows");
    }
    sqlx::raw_sql("ANALYZE").execute(pool).await.expect("figures for the planner");
    for hot in hot_queries(claims::CLAIM_POSTGRES) {
        let query = sqlx::query(AssertSqlSafe(format!("EXPLAIN {}", hot.sql)));
        let rows = bind_all!(query, hot.values.clone()).fetch_all(pool).await.expect(hot.name);
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        judge("PostgreSQL", &hot, &plan);
    }
}
