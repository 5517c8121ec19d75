//! Every query that runs often uses its index, however much is stored: asked of both databases.

#[path = "../../tests/it/postgres.rs"]
mod postgres;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{AssertSqlSafe, Row};

use super::around::{self, Touching};
use super::window_list::{ListQuery, Value, bind_all};
use super::{
    Db, WindowFilter, advisories, builtin, claims, deliveries, digests, events, freezes, github, glances, inbox, plans,
    questions, series, subscriptions, told, traffic, webhooks, windows,
};
use crate::domain::plan::PlanId;
use crate::domain::series::SeriesId;
use crate::domain::window::{State, WindowId};

/// Years of use: what is over by far outweighs what is open.
const FILL: &[&str] = &[
    "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
     INSERT INTO builtin_channels (name, posts, last_at) SELECT 'channel-' || i, 0, $TIME FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
     INSERT INTO plans (id, title, state, requester, place, created_at, sequence, sequence_at)
     SELECT i, 'title', 'published', 'anna', 'console', $TIME, 0, $TIME FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
     INSERT INTO series (id, state, rule, zone, shift_s, length_s, template, requester, place, created_at, next_make_at)
     SELECT i, 'active', 'rule', 'UTC', 0, 3600, 'template', 'anna', 'console', $TIME, CASE WHEN i % 10 = 0 THEN $TIME END
     FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
     INSERT INTO windows (id, title, kind, services, environment, regions, starts_at, ends_at, zone, downtimes, impact,
        rollback, customers, links, requester, place, state, sequence, sequence_at, revision, no_shows, overruns,
        told_round, created_at, next_action_at, actual_end, length_s, plan_id, series_id, occurrence)
     SELECT i, 'title', 'scheduled', '[]', 'production', '[]', $TIME, $TIME, 'UTC', '{}', '', '', '[]', '[]', 'anna',
        'console', CASE WHEN i > 7010 THEN 'scheduled' WHEN i > 7000 THEN 'in_progress' ELSE 'completed' END, 0, $TIME,
        0, 0, 0, 0, $TIME, CASE WHEN i > 7900 THEN $TIME END, CASE WHEN i <= 7000 THEN $TIME END, 60 * (i % 100),
        CASE WHEN i % 2 = 0 THEN i / 8 + 1 END, CASE WHEN i % 2 = 1 THEN i / 80 + 1 END,
        CASE WHEN i % 2 = 1 THEN '2026-01-' || (i + 10000) END
     FROM n",
    "INSERT INTO window_services (window_id, service)
     SELECT id, CASE WHEN id % 1000 = 0 THEN 'rare' ELSE 'common' END FROM windows",
    "INSERT INTO change_items (window_id, number, text, kind, advisories, assignee, late, created_at)
     SELECT id, 1, 'text', 'other', '[]', CASE WHEN id % 1000 = 0 THEN 'lee' ELSE 'anna' END, FALSE, created_at
     FROM windows",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
     INSERT INTO services (id, added_at) SELECT 'service-' || i, $TIME FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
     INSERT INTO deliveries (id, subject, queue, sequence, class, message, occasion, audience, channel, due_at,
        state, attempts, claim_at, in_doubt, created_at, lease_owner)
     SELECT i, CASE WHEN i % 50 = 0 THEN 'digest' ELSE 'MW-' || i / 5 END, 'MW-' || i / 5, 0, 'message', 'reminder', i, '',
        'builtin:general', $TIME,
        CASE WHEN i > 39900 THEN 'sending' WHEN i > 39500 THEN 'due' WHEN i % 10 = 0 THEN 'superseded' ELSE 'sent' END,
        1, $TIME, FALSE, $TIME, 'sender'
     FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
     INSERT INTO events (id, subject, at, actor, place, what)
     SELECT i, 'MW-' || i / 5, $TIME, 'anna', 'console', '{}' FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
     INSERT INTO builtin_posts (id, channel, delivery_id, text, posted_at)
     SELECT i, 'channel-' || (i % 100), i, 'text', $TIME FROM n",
    "INSERT INTO builtin_issues (subject, title, body, is_open, opened_at, updated_at)
     SELECT 'MW-' || id, '', '', id > 7900, created_at, created_at FROM windows",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
     INSERT INTO questions (subject, number, question, answer, answered_by, answered_at)
     SELECT 'MW-' || i / 4, i, 'question', 'answer', 'anna', $TIME FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
     INSERT INTO told (window_id, round, customer, told_by, told_at) SELECT i, 0, 'ACME', 'anna', $TIME FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
     INSERT INTO freezes (id, title, first_day, last_day, services, regions, kinds, added_by, created_at)
     SELECT i, 'title', '2020-' || (i + 10000), '2020-' || (i + 10000), '[]', '[]', '[]', 'anna', $TIME FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
     INSERT INTO webhooks_disabled (name, address, disabled_at) SELECT 'hook-' || i, 'digest-' || i, $TIME FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
     INSERT INTO advisories (id, title, ids, disposition, services, window_id, details, public, publish_at, published_at,
        withdrawn_because, requester, place, created_at)
     SELECT i, 'title', '[]', 'mitigated', '[]', i, '', '', $TIME, CASE WHEN i < 3990 THEN $TIME END, '', 'anna',
        'console', $TIME FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
     INSERT INTO advisory_fixes (advisory_id, service, window_id, item, after_at, fixed_at)
     SELECT i, 'common', i, 1, $TIME, CASE WHEN i < 3990 THEN $TIME END FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
     INSERT INTO traffic (service, measured_at, loads) SELECT 'service-' || i, $TIME, '[]' FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
     INSERT INTO inbox (source, id, position, line, body, received_at, state, attempts, claim_at, lease_owner, in_doubt,
        done_at)
     SELECT 'github', 'guid-' || i, i, 'line-' || (i % 200), '', $TIME,
        CASE WHEN i > 19950 THEN 'working' WHEN i > 19500 THEN 'waiting' ELSE 'done' END, 1, $TIME,
        CASE WHEN i > 19950 THEN 'worker-' || (i % 10) END, FALSE, CASE WHEN i <= 19500 THEN $TIME END
     FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
     INSERT INTO github_issues (repository, number, remote, subject, role, item, body, seen_at, is_open, left_open,
        locked, gone)
     SELECT 'example/repo-' || (i % 40), i, i, 'MW-' || i / 2, 'list', 0, '', $TIME, i > 7900, FALSE, FALSE, FALSE
     FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
     INSERT INTO github_comments (subject, repository, what, remote)
     SELECT 'MW-' || i, 'example/repo-' || (i % 40), 'status', i FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
     INSERT INTO github_conversations (repository, thread, runs, done)
     SELECT 'example/repo-' || (i % 40), 'comment/' || i, '[]', FALSE FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
     INSERT INTO subscriptions (id, channel, services, regions, since, asked_at, token, token_hash, created_by, created_at,
        changed, plan_after)
     SELECT i, 'email:' || i || '@example.com', '[]', '[]', CASE WHEN i <= 3900 THEN $TIME END,
        CASE WHEN i > 3900 THEN $TIME END, 'token-' || i, 'hash-' || i, 'anna', $TIME, i, CASE WHEN i = 77 THEN 0 END
     FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
     INSERT INTO marks (name, value) SELECT 'mark-' || i, 'value' FROM n",
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
    let claim_values = vec![text("sender"), time(hour(39_800)), time(hour(40_000)), number(50), text("inside")];
    vec![
        fixed("claim", claim, claim_values, line),
        fixed("next claim", claims::NEXT_CLAIM, vec![text("inside")], line),
        fixed("release", claims::RELEASE, vec![text("sender")], &["deliveries_lease"]),
        fixed("ledger of a window", deliveries::OF_SUBJECT, vec![text("MW-77")], &["deliveries_subject"]),
        fixed("embargoes", advisories::UNPUBLISHED, vec![time(hour(3_995)), number(50)], &["advisories_unpublished"]),
        fixed("next embargo", advisories::NEXT_EMBARGO, vec![], &["advisories_unpublished"]),
        fixed("advisories of a window", advisories::OF_WINDOW, vec![number(77)], &["advisories_window"]),
        fixed("fixes", advisories::FIXES_DUE, vec![time(hour(3_995)), number(50)], &["advisory_fixes_open"]),
        fixed("counts", deliveries::COUNTS, vec![], &["deliveries_unfinished"]),
        fixed("windows due", windows::DUE, vec![time(hour(7_950)), number(50)], &["windows_next_action"]),
        fixed("next action", windows::NEXT_ACTION, vec![], &["windows_next_action"]),
        fixed("posts", builtin::POSTS, vec![text("channel-1"), number(9_000), number(50)], &["builtin_posts_channel"]),
        fixed("posted elsewhere", deliveries::POSTED, vec![text("5"), text("slack")], &["deliveries_remote"]),
        fixed("post of a delivery", builtin::POST_OF_DELIVERY, vec![number(5)], &["builtin_posts_delivery"]),
        fixed("open issues", builtin::OPEN_ISSUES, vec![number(50)], &["builtin_issues_open"]),
        fixed("all issues", builtin::ALL_ISSUES, vec![number(50)], &["builtin_issues_opened"]),
        fixed("one issue", builtin::ISSUE, vec![text("MW-77")], &[]),
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
        list(
            "windows whose change waits",
            WindowFilter { states: vec![State::Pending], changing: true, ..all() },
            None,
            &["windows_open"],
        ),
        list("list of a plan", WindowFilter { plan: Some(PlanId(77)), ..all() }, None, &["windows_plan"]),
        list("list of a series", WindowFilter { series: Some(SeriesId(77)), ..all() }, None, &["windows_occurrence"]),
    ]
}

/// Those of plans, series, questions, freezes, customers and of windows around others.
fn hot_queries_around() -> Vec<Hot> {
    let fixed = |name, sql: &str, values, indexes| Hot { name, sql: sql.to_owned(), values, indexes };
    let (text, number) = (|t: &str| Value::Text(t.into()), Value::Number);
    let services = ["common".to_owned(), "rare".to_owned()];
    let touching = |name, what| {
        let (from, to, longest) = (hour(7_500), hour(7_504), TimeDelta::hours(8));
        let ListQuery { sql, values } = Touching { from, to, what, longest }.query();
        Hot { name, sql, values, indexes: &["windows_open", "windows_running"] }
    };
    let occurrence = || vec![number(50), text("2026-01-15000")];
    vec![
        touching("windows at the same time", None),
        touching("windows of a service at the same time", Some(("production", &services))),
        fixed("longest window", around::LONGEST, vec![], &["windows_longest"]),
        fixed("phases", around::OF_PLAN, vec![number(77)], &["windows_plan"]),
        fixed("occurrences", around::OF_SERIES, occurrence(), &["windows_occurrence"]),
        fixed("occurrence before", around::BEFORE, occurrence(), &["windows_occurrence"]),
        fixed("occurrence after", around::AFTER, occurrence(), &["windows_occurrence"]),
        fixed("windows over", around::OVER, vec![number(20)], &["windows_completed"]),
        fixed("events", events::OF_SUBJECT, vec![text("MW-77")], &["events_subject"]),
        fixed("last event", events::LAST, vec![text("MW-77")], &["events_subject"]),
        fixed("latest events", events::LATEST, vec![text("MW-77"), Value::Number(20)], &["events_subject"]),
        fixed(
            "digests of a channel",
            digests::ON_CHANNEL,
            vec![text("builtin:ops"), Value::Number(20)],
            &["deliveries_digest"],
        ),
        fixed("plans", plans::LATEST, vec![number(20)], &[]),
        fixed("series", series::LATEST, vec![number(20)], &[]),
        fixed("series due", series::DUE, vec![Value::Time(hour(9)), number(20)], &["series_next_make"]),
        fixed("next series", series::NEXT, vec![], &["series_next_make"]),
        fixed("questions", questions::OF_SUBJECT, vec![text("MW-77")], &[]),
        fixed("freezes", freezes::FROM, vec![text("2020-13980")], &["freezes_last_day"]),
        fixed("who was told", told::OF_WINDOW, vec![number(77)], &[]),
        fixed("traffic", traffic::OF_SERVICE, vec![text("service-77")], &[]),
        fixed("disabled webhook", webhooks::DISABLED, vec![text("hook-77"), text("digest-77")], &[]),
        // All of them are wanted, so that any index over the open ones will do.
        fixed("open windows to choose from", &glances::open_glances(), vec![number(1_000)], &["windows_"]),
        fixed("completed ones to choose from", glances::COMPLETED, vec![number(100)], &["windows_completed"]),
        fixed("one to choose", glances::ONE, vec![number(77)], &[]),
        fixed("windows with own items", glances::ASSIGNED, vec![text("lee"), number(100)], &["change_items_assignee"]),
        fixed("services used", glances::SERVICES, vec![number(1_000)], &[]),
    ]
}

/// Those of what came in, and of GitHub.
fn hot_queries_of_subscriptions() -> Vec<Hot> {
    let fixed = |name, sql: &str, values, indexes| Hot { name, sql: sql.to_owned(), values, indexes };
    let (text, number) = (|t: &str| Value::Text(t.into()), Value::Number);
    let owed = || vec![text("email:77@example.com"), text("skipped"), text("unsubscribed")];
    let reader = || vec![text("MW-77"), text("email:77@example.com")];
    vec![
        fixed("one that subscribed", subscriptions::ON_CHANNEL, vec![text("email:77@example.com")], &[]),
        fixed("one by its token", subscriptions::BY_TOKEN, vec![text("hash-77")], &[]),
        fixed("to forget", subscriptions::STALE, vec![Value::Time(hour(9)), number(50)], &["subscriptions_asked"]),
        fixed("waiting", subscriptions::WAITING, vec![], &["subscriptions_asked"]),
        fixed("to plan", subscriptions::TO_PLAN, vec![], &["subscriptions_plan"]),
        fixed("open windows", subscriptions::OPEN_AFTER, vec![number(7_500), number(50)], &["windows_open_id"]),
        fixed("owed to one that leaves", subscriptions::OWED, owed(), &["deliveries_subscribers"]),
        fixed("ledger for a reader", deliveries::FOR_READER, reader(), &["deliveries_subject"]),
    ]
}

fn hot_queries_of_github(claim: &str) -> Vec<Hot> {
    let fixed = |name, sql: &str, values, indexes| Hot { name, sql: sql.to_owned(), values, indexes };
    let (text, time, number) = (|t: &str| Value::Text(t.into()), Value::Time, Value::Number);
    let place = |thread| vec![text("example/repo-1"), thread];
    let line: &[&str] = &["inbox_claim", "inbox_line"];
    let claim_values = vec![text("github"), text("worker"), time(hour(19_900)), time(hour(20_000)), number(50)];
    let mut hot = vec![
        fixed("claim of what came in", claim, claim_values, line),
        fixed("next that came in", inbox::NEXT, vec![text("github")], line),
        fixed("whether it came", inbox::KNOWN, vec![text("github"), text("guid-77")], &[]),
        fixed("release of what came in", inbox::RELEASE, vec![text("github"), text("worker-1")], &["inbox_lease"]),
        fixed("end of leases", inbox::END_LEASES, vec![time(hour(19_960))], &[]),
        fixed("purge of what came in", inbox::PURGE, vec![time(hour(50))], &["inbox_over"]),
        fixed("issue by place", github::ISSUE, place(number(77)), &[]),
        fixed("issues of a window", github::ISSUES_OF_SUBJECT, vec![text("MW-77")], &["github_issues_subject"]),
        fixed("open issues on GitHub", github::OPEN_ISSUES, vec![], &["github_issues_open"]),
        fixed("conversation", github::CONVERSATION, place(text("comment/77")), &[]),
        fixed("comment", github::COMMENT, vec![text("MW-77"), text("example/repo-1"), text("status")], &[]),
        fixed("mark", github::MARK, vec![text("mark-77")], &[]),
        fixed("unsent channels", github::UNSENT_CHANNELS, vec![], &[]),
    ];
    let names = || vec![text("example/repo-1"), text("example/repo-2")];
    hot.extend(github::RENAMES.iter().map(|sql| fixed("rename", sql, names(), &[])));
    let channels = || vec![text("github:example/a"), text("github:example/b")];
    hot.push(fixed("redirection", github::REDIRECT, channels(), &[]));
    hot.push(fixed("what is owed twice", github::TWICE, [channels(), vec![text("newer")]].concat(), &[]));
    hot
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
    let all = hot_queries(claims::CLAIM_SQLITE).into_iter().chain(hot_queries_around());
    let all = all.chain(hot_queries_of_subscriptions());
    for hot in all.chain(hot_queries_of_github(inbox::CLAIM_SQLITE)) {
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
    let all = hot_queries(claims::CLAIM_POSTGRES).into_iter().chain(hot_queries_around());
    let all = all.chain(hot_queries_of_subscriptions());
    for hot in all.chain(hot_queries_of_github(inbox::CLAIM_POSTGRES)) {
        let query = sqlx::query(AssertSqlSafe(format!("EXPLAIN {}", hot.sql)));
        let rows = bind_all!(query, hot.values.clone()).fetch_all(pool).await.expect(hot.name);
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        judge("PostgreSQL", &hot, &plan);
    }
}
