//! A PostgreSQL for tests: one throw-away cluster per process, or the one that `scripts/test` started for all of them,
//! and in it a fresh database per call.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgPool, postgres::PgConnectOptions};
use tokio::sync::OnceCell;

/// The URL of a superuser on a cluster that is already running.
const RUNNING: &str = "MAINTBOT_TEST_POSTGRES";

/// The URL of a database that nobody else uses.
#[derive(Clone, Debug)]
pub struct PgUrl(String);

impl PgUrl {
    /// For `Db::open` and the like.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PgUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A fresh database with today's tables: migrating each anew would be most of the work of many tests.
pub async fn database() -> PgUrl {
    static MIGRATED: OnceCell<String> = OnceCell::const_new();
    let migrated = MIGRATED.get_or_init(|| async {
        let url = empty().await;
        let pool = PgPool::connect(url.as_str()).await.expect("a database");
        sqlx::migrate!().run(&pool).await.expect("a migrated database");
        pool.close().await;
        url.0.rsplit_once('/').expect("a URL with a database").1.to_owned()
    });
    create(&format!("TEMPLATE {}", migrated.await)).await
}

/// A fresh database with nothing in it.
pub async fn empty() -> PgUrl {
    create("").await
}

async fn create(from: &str) -> PgUrl {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let cluster = cluster();
    let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let options: PgConnectOptions = cluster.parse().expect("the cluster's URL");
    let mut connection = options.connect().await.expect("a connection to the test cluster");
    for statement in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name} {from}")] {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.expect("a database");
    }
    connection.close().await.expect("close");
    let server = cluster.rsplit_once('/').expect("a URL with a database").0;
    PgUrl(format!("{server}/{name}"))
}

/// The URL of a superuser's database on the cluster.
#[expect(clippy::disallowed_methods, reason = "scripts/test says through the environment where its cluster is")]
fn cluster() -> &'static str {
    static CLUSTER: OnceLock<(String, Option<Child>)> = OnceLock::new();
    let start_one = || {
        let (url, child) = start();
        (url, Some(child))
    };
    let running = || std::env::var(RUNNING).ok().map(|url| (url, None));
    let (url, _) = CLUSTER.get_or_init(|| running().unwrap_or_else(start_one));
    url
}

/// Starts a cluster that lives until this process ends: the script stops it when its standard input ends, which is
/// ours to hold and which the system closes even after a SIGKILL.
fn start() -> (String, Child) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/postgres.sh");
    let mut failures = String::new();
    // Between choosing a free port and using it, somebody else may take it.
    for _ in 0..5 {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let mut child = Command::new("sh")
            .arg(&script)
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C in the terminal must not reach the script before it has cleaned up.
            .process_group(0)
            .spawn()
            .expect("sh");
        let mut url = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut url).expect("a line from postgres.sh");
        if !url.is_empty() {
            return (url.trim().to_owned(), child);
        }
        child.stderr.take().expect("stderr").read_to_string(&mut failures).expect("text");
        let _ = child.wait();
        if failures.contains("apt-get install") {
            break;
        }
    }
    panic!("no PostgreSQL for the tests:\n{failures}");
}
