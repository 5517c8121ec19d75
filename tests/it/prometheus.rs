//! Measuring how much a service is used: against a real Prometheus with eight weeks behind it, and against servers that
//! answer badly.

use std::fmt::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc, Weekday};
use maintbot::clock::Clock;
use maintbot::config::Config;
use maintbot::domain::calendar::Zone;
use maintbot::domain::finding::Around;
use maintbot::domain::suggest::{Ask, Known, WeekLoad, Why, suggest};
use maintbot::domain::window::Kind;
use maintbot::prometheus::{Client, Failure};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::process::{client, free_port};

const PATIENCE: Duration = Duration::from_secs(20);

/// Monday 7 December 2026.
pub fn now() -> DateTime<Utc> {
    "2026-12-07T10:20:00Z".parse().expect("an instant")
}

fn asking(url: &str, patience: Duration) -> Client {
    // Makes sure of what TLS is done with.
    drop(client());
    Client::new(url, patience).expect("a client")
}

/// A Prometheus with a past, gone as soon as it is dropped.
struct Prometheus {
    process: Child,
    url: String,
    /// Where its data is; kept as long as it runs.
    folder: Option<TempDir>,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        drop(self.folder.take());
    }
}

const MISSING: &str = "Prometheus is missing and the tests need it. Install it with: apt-get install prometheus";

impl Prometheus {
    /// Starts one that has seen `metrics` (in the text format of `OpenMetrics`).
    async fn with(metrics: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("metrics"), metrics).expect("written");
        std::fs::write(path("prometheus.yml"), "").expect("written");
        let filled = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=2400h", "-q"])
            .args([path("metrics"), path("data")])
            .stdin(Stdio::null())
            .output()
            .expect(MISSING);
        assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
        let start = |port: u16| {
            let log = std::fs::File::create(path("log")).expect("a log");
            let process = Command::new("setpriv")
                .args(["--pdeathsig=KILL", "--", "prometheus", "--storage.tsdb.retention.time=50y", "--log.level=warn"])
                .arg(format!("--config.file={}", path("prometheus.yml")))
                .arg(format!("--storage.tsdb.path={}", path("data")))
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(log)
                .spawn();
            (process.expect(MISSING), format!("http://127.0.0.1:{port}"))
        };
        // Between choosing a free port and using it, somebody else may take it.
        for _ in 0..5 {
            let (process, url) = start(free_port());
            let mut prometheus = Self { process, url, folder: None };
            if prometheus.is_ready().await {
                prometheus.folder = Some(folder);
                return prometheus;
            }
        }
        panic!("{MISSING}\n{}", std::fs::read_to_string(path("log")).unwrap_or_default());
    }

    /// Waits until it answers; `false` when it ends instead.
    async fn is_ready(&mut self) -> bool {
        let deadline = Instant::now() + Duration::from_mins(1);
        while Instant::now() < deadline && self.process.try_wait().expect("its state").is_none() {
            let ready = client().get(format!("{}/-/ready", self.url)).send().await;
            if ready.is_ok_and(|response| response.status() == 200) {
                return self.process.try_wait().expect("its state").is_none();
            }
            Clock::pause(Duration::from_millis(20)).await;
        }
        false
    }
}

/// Tuesday 03:00 to 04:00 UTC.
const QUIET_FOR_REQUESTS: usize = 24 + 3;
/// Sunday 05:00 to 06:00 UTC.
const QUIET_FOR_SESSIONS: usize = 6 * 24 + 5;

fn hour_of_week(at: DateTime<Utc>) -> usize {
    (at.weekday().num_days_from_monday() * 24 + at.hour()) as usize
}

/// Eight weeks and an hour, a sample each quarter of an hour, of two instances: ten requests a second, one in ten seconds in
/// the quiet hour; fifty sessions, one in theirs.
fn eight_weeks() -> String {
    let last: DateTime<Utc> = "2026-12-07T10:00:00Z".parse().expect("an instant");
    let times = || (0..=(56 * 24 + 1) * 4).map(|n| last - TimeDelta::hours(56 * 24 + 1) + TimeDelta::minutes(15 * n));
    let mut text = String::from("# TYPE crm_requests counter\n");
    for instance in ["a", "b"] {
        let mut count = 0;
        for at in times() {
            writeln!(text, "crm_requests_total{{instance=\"{instance}\"}} {count} {}", at.timestamp()).expect("text");
            count += if hour_of_week(at) == QUIET_FOR_REQUESTS { 90 } else { 9_000 };
        }
    }
    text += "# TYPE crm_sessions gauge\n";
    for instance in ["a", "b"] {
        for at in times() {
            let sessions = if hour_of_week(at) == QUIET_FOR_SESSIONS { 1 } else { 50 };
            writeln!(text, "crm_sessions{{instance=\"{instance}\"}} {sessions} {}", at.timestamp()).expect("text");
        }
    }
    text + "# EOF\n"
}

fn assert_week(week: &[f64], quiet: (usize, f64), other: f64) {
    assert_eq!(week.len(), 168);
    for (hour, load) in week.iter().enumerate() {
        let expected = if hour == quiet.0 { quiet.1 } else { other };
        assert!((load - expected).abs() < 1e-6, "hour {hour} of the week: {load}, not {expected}");
    }
}

#[tokio::test]
async fn the_quiet_hour_that_a_real_prometheus_knows_of_is_found_and_suggested() {
    let prometheus = Prometheus::with(&eight_weeks()).await;
    let client = asking(&format!("{}/", prometheus.url), PATIENCE);
    let requests = client.week("sum(rate(crm_requests_total{instance=~\"[ab]\"}[1h]))", now()).await.expect("a week");
    assert_week(&requests, (QUIET_FOR_REQUESTS, 0.2), 20.0);
    // Two series, added up, and brackets only in quoted text.
    let sessions = client.week("crm_sessions{instance=~\"[ab]\"}", now()).await.expect("a week");
    assert_week(&sessions, (QUIET_FOR_SESSIONS, 2.0), 100.0);

    let first = |loads: &[f64]| {
        let organisation = Config::with_defaults().organisation;
        let traffic = [("crm".to_owned(), WeekLoad::new(loads).expect("a week"))].into();
        let ask = Ask {
            services: vec!["crm".into()],
            environment: "production".into(),
            regions: Vec::new(),
            kind: Kind(Kind::SCHEDULED.into()),
            length: TimeDelta::hours(1),
            zone: Zone::named("Europe/Helsinki").expect("a zone"),
            earliest: now(),
            before: now() + TimeDelta::days(14),
        };
        let around = Around { organisation: &organisation, freezes: &[], others: &[], now: now() };
        let slot = suggest(&ask, &Known { around, traffic: &traffic }).slots.swap_remove(0);
        assert!(slot.why.contains(&Why::Quietest { percent: 1 }), "{:?}", slot.why);
        (slot.span.starts_at.weekday(), slot.span.to_string())
    };
    let shown = "Tue 8 Dec 2026 05:00–06:00 Europe/Helsinki (03:00–04:00 UTC)";
    assert_eq!(first(&requests), (Weekday::Tue, shown.to_owned()));
    let shown = "Sun 13 Dec 2026 07:00–08:00 Europe/Helsinki (05:00–06:00 UTC)";
    assert_eq!(first(&sessions), (Weekday::Sun, shown.to_owned()));

    let unknown = client.week("no_such_metric", now()).await;
    assert_eq!(unknown, Err(Failure::TooLittle { at: prometheus.url.clone(), hours: 0 }));
    let before_all = client.week("crm_sessions", now() - TimeDelta::days(43)).await;
    let Err(Failure::TooLittle { hours, .. }) = before_all else { panic!("{before_all:?}") };
    assert_eq!(hours, 13 * 24 + 2, "of 56 days 43 and an hour lie before the first sample");
    let refused = client.week("sum(rate(", now()).await.expect_err("no query");
    assert!(matches!(&refused, Failure::Refused { why, .. } if why.contains("parse error")), "{refused}");
}

/// A server that reads one request and answers with these bytes, then holds the connection open or closes it.
pub async fn double(answer: Vec<u8>, stays: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 16 * 1024];
            let _ = stream.read(&mut request).await;
            // The other side hangs up in the middle of what is too long.
            let _ = stream.write_all(&answer).await;
            if stays {
                std::future::pending::<()>().await;
            }
        }
    });
    url
}

pub fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len()).into()
}

async fn failure(answer: Vec<u8>) -> Failure {
    let url = double(answer, false).await;
    asking(&url, PATIENCE).week("up", now()).await.expect_err("a failure")
}

fn matrix(values: &str) -> String {
    format!(
        "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{{\"metric\":{{}},\"values\":[{values}]}}]}}}}"
    )
}

#[tokio::test]
async fn what_is_no_answer_of_a_prometheus_is_named_as_such() {
    for (answer, says) in [
        (http("500 Internal Server Error", "", "oops"), "it answers 500"),
        (http("404 Not Found", "", "<html></html>"), "it answers 404"),
        (http("302 Found", "location: https://example.com/login\r\n", ""), "towards https://example.com/login"),
        (http("200 OK", "", "<html>Sign in</html>"), "expected value at line 1"),
        (http("200 OK", "", ""), "EOF while parsing"),
        (http("200 OK", "", "{\"status\":\"success\"}"), "missing field `data`"),
        (
            http("200 OK", "", "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}"),
            "unknown variant `vector`",
        ),
        (http("200 OK", "", &matrix("[\"now\",\"1\"]")), "invalid type"),
        (http("200 OK", "", &matrix("[1,2,3]")), "invalid"),
        (http("200 OK", "", &"[".repeat(100_000)), "invalid type: sequence"),
        (http("200 OK", "", &format!("{{\"a\":{}", "[".repeat(100_000))), "recursion limit"),
    ] {
        let failure = failure(answer).await;
        assert!(matches!(failure, Failure::NotPrometheus { .. }), "{failure:?}");
        let text = failure.to_string();
        assert!(text.contains(says) && text.contains("is `url` in [prometheus] right?"), "{says}: {text}");
    }
}

/// An answer with this value at every full hour of the eight weeks before [`now`].
pub fn every_hour(value: &str) -> Vec<u8> {
    let times = (0..1344).map(|n| 1_796_637_600_i64 - 3600 * n);
    let values: Vec<String> = times.map(|at| format!("[{at},\"{value}\"]")).collect();
    http("200 OK", "", &matrix(&values.join(",")))
}

#[tokio::test]
async fn values_that_are_no_numbers_count_as_missing() {
    for odd in ["NaN", "+Inf", "-Inf", "lots", "1e999"] {
        let failure = failure(every_hour(odd)).await;
        assert!(matches!(failure, Failure::TooLittle { hours: 0, .. }), "{odd}: {failure:?}");
    }
    let elsewhere = matrix("[1e300,\"1\"],[-1e300,\"1\"],[0,\"1\"],[1796637601,\"1\"],[1796641200,\"1\"]");
    let failure = failure(http("200 OK", "", &elsewhere)).await;
    assert!(matches!(failure, Failure::TooLittle { hours: 0, .. }), "{failure:?}");
    let url = double(every_hour("5"), false).await;
    let week = asking(&url, PATIENCE).week("up", now()).await.expect("the same times with numbers are a week");
    assert_week(&week, (0, 5.0), 5.0);
}

#[tokio::test]
async fn no_more_than_8_mib_are_read_and_nobody_is_waited_for_beyond_the_limit() {
    let mut endless = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".to_vec();
    endless.resize(9 << 20, b' ');
    let url = double(endless, true).await;
    let failure = asking(&url, PATIENCE).week("up", now()).await.expect_err("too much");
    assert_eq!(failure, Failure::TooMuch { at: url });
    assert!(failure.to_string().contains("sum("), "{failure}");

    let limit = Duration::from_millis(200);
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"status\"".to_vec();
    for slow in [Vec::new(), half.clone()] {
        let url = double(slow, true).await;
        let failure = asking(&url, limit).week("up", now()).await.expect_err("too slow");
        assert_eq!(failure, Failure::Slow { at: url, limit });
    }
    let broken = self::failure(half).await;
    assert!(matches!(broken, Failure::Unreachable { .. }), "{broken:?}");
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let failure = asking(&nobody, PATIENCE).week("up", now()).await.expect_err("nobody is there");
    assert!(matches!(&failure, Failure::Unreachable { why, .. } if why.contains("refused")), "{failure:?}");
}

#[tokio::test]
async fn what_is_refused_is_said_in_one_line_without_any_password() {
    let denied = failure(http("401 Unauthorized", "", "who are you?")).await;
    assert!(denied.to_string().contains("does not let maintbot in (401)"), "{denied}");
    let long = format!("bad\\r\\n\\u001b[31m query {}", "x".repeat(5000));
    let body = format!("{{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"{long}\"}}");
    let refused = failure(http("400 Bad Request", "", &body)).await;
    let Failure::Refused { why, .. } = &refused else { panic!("{refused:?}") };
    assert!(why.starts_with("bad   [31m query xxx") && why.chars().count() == 301, "{why}");

    let port = free_port();
    let with_password = asking(&format!("http://anna:hunter2@127.0.0.1:{port}/prom"), PATIENCE);
    let failure = with_password.week("up", now()).await.expect_err("nobody is there");
    let text = format!("{failure} {failure:?}");
    assert!(text.contains("/prom") && !text.contains("hunter2") && !text.contains("anna"), "{text}");
    for wrong in ["", "localhost:9090", "ftp://localhost", "http://", "not a url"] {
        assert!(Client::new(wrong, PATIENCE).is_err(), "{wrong}");
    }
}
