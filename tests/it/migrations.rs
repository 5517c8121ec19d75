//! Every migration runs on both databases over rows as the one before left them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use maintbot::domain::advisory::AdvisoryId;
use maintbot::domain::channel::Lane;
use maintbot::domain::freeze::FreezeId;
use maintbot::domain::ledger::DeliveryState;
use maintbot::domain::plan::PlanId;
use maintbot::domain::series::SeriesId;
use maintbot::domain::subscription::SubscriptionId;
use maintbot::domain::window::{Downtime, State, WindowId};
use maintbot::store::{Db, MIGRATIONS, StoreError, Tx, WindowFilter};
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

use crate::databases::empty_url;
use crate::postgres;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Rows as they look after a migration.
fn rows(version: i64) -> String {
    let file = path("tests/data/migrations").join(format!("{version:04}.sql"));
    fs::read_to_string(&file).unwrap_or_else(|e| panic!("write sample rows into {}: {e}", file.display()))
}

/// The first `count` migrations, as an older program had them.
fn older(count: usize) -> Migrator {
    Migrator::with_migrations(MIGRATIONS.iter().take(count).cloned().collect())
}

/// Applies the migrations one by one, each followed by its rows, and opens the result.
async fn step_by_step_sqlite(folder: &tempfile::TempDir) -> Db {
    let url = empty_url(folder);
    let pool = SqlitePool::connect(&format!("{url}?mode=rwc")).await.expect("a file");
    for (count, migration) in (1..).zip(MIGRATIONS.iter()) {
        older(count).run(&pool).await.expect("a migration");
        sqlx::raw_sql(AssertSqlSafe(rows(migration.version))).execute(&pool).await.expect("sample rows");
    }
    pool.close().await;
    Db::open(&url).await.expect("a migrated file")
}

async fn step_by_step_postgres() -> Db {
    let url = postgres::empty().await;
    let pool = PgPool::connect(url.as_str()).await.expect("a database");
    for (count, migration) in (1..).zip(MIGRATIONS.iter()) {
        older(count).run(&pool).await.expect("a migration");
        sqlx::raw_sql(AssertSqlSafe(rows(migration.version))).execute(&pool).await.expect("sample rows");
    }
    pool.close().await;
    Db::open(url.as_str()).await.expect("a migrated database")
}

#[tokio::test]
async fn rows_of_every_version_are_readable_after_the_last_migration() {
    let folder = tempfile::tempdir().expect("a folder");
    for db in [step_by_step_sqlite(&folder).await, step_by_step_postgres().await] {
        db.write(async |tx| {
            let windows = tx.windows(&WindowFilter::default(), None, 10).await?;
            let found: Vec<_> = windows.iter().map(|w| (w.id, w.title.as_str(), w.state)).collect();
            assert_eq!(
                found,
                [
                    (WindowId(1), "Jira 10.3 upgrade", State::Completed),
                    (WindowId(2), "Monthly break", State::Scheduled)
                ]
            );
            assert_eq!(windows[0].span.to_string(), "Sun 6 Dec 2026 16:00–20:00 Europe/Helsinki (14:00–18:00 UTC)");
            assert_eq!(windows[0].services, ["jira", "wiki"]);
            let items = tx.items(WindowId(1)).await?;
            assert_eq!(items.progress(), (1, 1));
            assert_eq!(items.get(2).and_then(|item| item.parent), Some(1));
            assert_eq!(tx.events(WindowId(1)).await?.len(), 1);
            assert_eq!(tx.known_services().await?, ["jira", "wiki"]);
            assert_eq!(tx.next_window_id().await?, WindowId(3), "counting goes on");

            let deliveries = tx.deliveries(WindowId(1)).await?;
            assert_eq!(deliveries[0].state, DeliveryState::Sent);
            assert_eq!(tx.delivery_counts().await?, BTreeMap::from([(DeliveryState::Due, 2)]));
            assert!(tx.next_claim_at(Lane::Github).await?.is_some() && tx.next_claim_at(Lane::Inside).await?.is_some());

            assert_eq!(tx.answer("key-1").await?.map(|answer| answer.status), Some(200));
            assert_eq!(tx.repeat("anna: done MW-1 2").await?.map(|repeat| repeat.event), Some(1));
            assert_eq!(tx.token_by_hash("5e884898").await?.map(|token| token.name), Some("ci".into()));

            assert_eq!(tx.post_of_delivery(1).await?.map(|post| post.channel), Some("general".into()));
            assert_eq!(tx.channels().await?[0].posts, 1);
            assert_eq!(tx.issue(WindowId(1)).await?.map(|issue| issue.open), Some(false));
            Ok::<_, StoreError>(())
        })
        .await
        .expect("rows of every version");
        db.write(async |tx| {
            let phases = tx.windows_of_plan(PlanId(1)).await?;
            assert_eq!(phases.iter().map(|w| (w.id, w.told_round)).collect::<Vec<_>>(), [(WindowId(1), 1)]);
            assert_eq!(phases[0].downtime.as_ref().map(Downtime::words), Some("up to 1h per tenant".into()));
            assert_eq!(phases[0].downtimes["wiki"].words(), "up to 15m");
            let held = tx.plan(PlanId(1)).await?.and_then(|plan| plan.held);
            assert_eq!(held.map(|held| held.by), Some("mikko".into()));
            assert_eq!(tx.add_qa(PlanId(1), "How long?", "An hour", "anna", DateTime::UNIX_EPOCH).await?, 3);
            assert_eq!(tx.qa(PlanId(1)).await?.len(), 2);

            let made = tx.windows_of_series(SeriesId(1), None).await?;
            assert_eq!(made.iter().map(|w| (w.id, w.detached)).collect::<Vec<_>>(), [(WindowId(2), true)]);
            assert_eq!(made[0].request.as_ref().map(|request| request.event), Some(2));
            assert_eq!(made[0].published.as_ref().map(|published| published.services.len()), Some(1));
            let series = tx.one_series(SeriesId(1)).await?.expect("a series");
            assert_eq!((series.made_until, series.template.items.len()), (made[0].occurrence, 1));
            assert_eq!(tx.next_series_at().await?, Some(made[0].span.starts_at));

            let freezes = tx.freezes(None).await?;
            assert_eq!(freezes.iter().map(|freeze| freeze.id).collect::<Vec<_>>(), [FreezeId(2)]);
            assert_eq!(tx.told(WindowId(1)).await?.len(), 1);
            assert_eq!(tx.refused_mailboxes().await?.len(), 1);
            let advisories = tx.advisories(None, 10).await?;
            assert_eq!(advisories.iter().map(|a| a.id).collect::<Vec<_>>(), [AdvisoryId(2), AdvisoryId(1)]);
            assert_eq!(tx.advisories_of(WindowId(1)).await?.len(), 1);
            let fixed: Vec<bool> = tx.fixes(AdvisoryId(1)).await?.iter().map(|fix| fix.fixed_at.is_some()).collect();
            assert_eq!((fixed, tx.linked_items(AdvisoryId(1)).await?.len()), (vec![true, false], 1));
            assert_eq!(tx.next_advisory_id().await?, AdvisoryId(3), "counting goes on");
            assert_eq!(tx.traffic("wiki").await?.map(|(_, loads)| loads), Some(vec![1.5, 2.0]));
            assert!(tx.webhook_disabled("crm", "5e884898").await?.is_some());
            Ok::<_, StoreError>(())
        })
        .await
        .expect("rows of every version");
        db.write(rows_about_github).await.expect("rows of every version");
        db.write(subscriptions).await.expect("rows of every version");
    }
}

async fn rows_about_github(tx: &mut Tx) -> Result<(), StoreError> {
    let now = "2026-12-06T14:02:00Z".parse().expect("an instant");
    let known = tx.knows_inbound("github", &["guid-1".into(), "guid-4".into()]).await?;
    assert_eq!(known.into_iter().collect::<Vec<_>>(), ["guid-1"]);
    let claimed = tx.claim_inbound("github", "other", now, now, 10).await?;
    let found: Vec<_> = claimed.iter().map(|inbound| (inbound.id.as_str(), inbound.in_doubt)).collect();
    assert_eq!(found, [("guid-2", true), ("guid-3", true)]);
    assert!(tx.receive("github", "guid-4", "line", "{}", now).await?, "counting goes on");

    let crm = "example/crm".parse().expect("a repository");
    assert_eq!(tx.github_issue(&crm, 7).await?.map(|issue| (issue.open, issue.locked)), Some((false, true)));
    assert_eq!(tx.github_issues_of(WindowId(1)).await?.len(), 2);
    assert_eq!(tx.open_github_issues().await?.iter().map(|issue| issue.item).collect::<Vec<_>>(), [2]);
    assert_eq!(tx.list_comment(WindowId(1), &crm, "status").await?, Some(5001));
    let conversation = tx.conversation("example/crm/comment/123").await?.expect("a conversation");
    assert_eq!((conversation.reply, conversation.runs[0].ok), (Some(5002), true));
    assert_eq!(tx.mark("github:etag:example/crm").await?.as_deref(), Some("W/\"7\""));
    Ok(())
}

async fn subscriptions(tx: &mut Tx) -> Result<(), StoreError> {
    assert_eq!(tx.subscriptions_stamp(true).await?, 4711);
    let confirmed = tx.confirmed_subscriptions().await?;
    assert_eq!(confirmed.iter().map(|s| s.channel.to_string()).collect::<Vec<_>>(), ["slack:#ce"]);
    let to_plan = tx.subscription_to_plan().await?.map(|of| (of.subscription.id, of.stamp, of.after));
    assert_eq!(to_plan, Some((SubscriptionId(1), 4711, WindowId(3))));
    let asked = tx.subscription(SubscriptionId(2)).await?.and_then(|s| s.wish);
    assert_eq!(asked.map(|wish| (wish.asks, wish.choice.regions)), Some((1, vec!["eu".into()])));
    assert_eq!(tx.next_subscription_id().await?, SubscriptionId(3), "counting goes on");
    Ok(())
}

#[test]
fn the_program_carries_every_migration_of_the_folder() {
    let mut files: Vec<_> = fs::read_dir(path("migrations"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .filter(|name| name.to_ascii_lowercase().ends_with(".sql"))
        .collect();
    files.sort();
    let carried: Vec<_> = MIGRATIONS
        .iter()
        .map(|migration| format!("{:04}_{}.sql", migration.version, migration.description.replace(' ', "_")))
        .collect();
    assert_eq!(carried, files, "touch src/store/open.rs when this binary was built before a file came");
}

#[test]
fn migrations_keep_to_the_portable_subset() {
    let banned = [
        "autoincrement",
        "serial",
        "identity",
        "now()",
        "current_timestamp",
        "for update",
        "= any",
        "jsonb",
        "uuid",
        "integer",
        "bytea",
        "blob",
        "varchar",
        "timestamp ",
        "timestamp,",
        "strict",
        "without rowid",
        "generated",
    ];
    for migration in MIGRATIONS.iter() {
        let sql: String = migration.sql.as_str().lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        let sql = sql.to_ascii_lowercase();
        for word in banned {
            assert!(!sql.contains(word), "migration {} uses `{word}`: see migrations/README.md", migration.version);
        }
    }
}
