//! What the product promises of its speed, measured on the real program and printed as ratios: `scripts/bench`.

#[path = "product/slack.rs"]
mod slack;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use maintbot::app::Parts;
use maintbot::clock::Clock;
use maintbot::command::Input;
use maintbot::config::Config;
use maintbot::domain::access::{Actor, Role};
use maintbot::domain::calendar::{Span, Zone};
use maintbot::domain::event::What;
use maintbot::domain::ledger::{MessageKind, Planned};
use maintbot::domain::window::{Kind, State, Window};
use maintbot::service::{Answer, Invocation};
use maintbot::store::{Db, StoreError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

const CONNECTIONS: usize = 32;
const COMMANDS: usize = 4_000;
const STORED: [usize; 2] = [1_000, 1_000_000];
const ROUNDS: usize = 21;
const TICKS: u32 = 200;

fn main() -> anyhow::Result<()> {
    // `cargo test --benches` only wants to know that it runs.
    if std::env::args().any(|a| a == "--test") {
        return Ok(());
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(all())
}

async fn all() -> anyhow::Result<()> {
    let chosen: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let wanted = |part: &str| chosen.is_empty() || chosen.iter().any(|c| c == part);
    println!("machine: {}", machine());
    if wanted("start") {
        start_and_memory().await?;
    }
    if wanted("scheduling") {
        scheduling().await?;
    }
    if wanted("ticks") {
        ticks().await?;
    }
    if wanted("slack") {
        slack::commands().await?;
    }
    Ok(())
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|l| l.strip_prefix("model name")).unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores, {}", model.trim_start_matches([' ', '\t', ':']))
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the real program on a new database; returns it, its address, and how long it took to be ready.
async fn start(folder: &Path) -> anyhow::Result<(Server, String, Duration)> {
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let address = format!("127.0.0.1:{port}");
    let began = Instant::now();
    let child = Command::new(env!("CARGO_BIN_EXE_maintbot"))
        .arg("serve")
        .current_dir(folder)
        .env("MAINTBOT__SERVER__LISTEN", &address)
        .env("MAINTBOT_LOG", "error")
        .stdin(Stdio::null())
        .spawn()?;
    let server = Server(child);
    loop {
        if let Ok(mut stream) = TcpStream::connect(&address).await {
            let asked = request(&mut stream, "GET", &address, "/readyz", "").await;
            if asked.is_ok_and(|status| status == 200) {
                return Ok((server, address, began.elapsed()));
            }
        }
        ensure!(began.elapsed() < Duration::from_secs(30), "it was not ready within 30 s");
        Clock::pause(Duration::from_millis(1)).await;
    }
}

/// One request over an open connection; answers its status. No library, so that little of the time is the client's.
async fn request(stream: &mut TcpStream, method: &str, host: &str, path: &str, body: &str) -> anyhow::Result<u16> {
    exchange(stream, &format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"), body)
        .await
}

/// The same with headers of its own.
async fn post(
    stream: &mut TcpStream,
    host: &str,
    path: &str,
    headers: &[(String, String)],
    body: &str,
) -> anyhow::Result<u16> {
    let headers: String = headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
    exchange(stream, &format!("POST {path} HTTP/1.1\r\nhost: {host}\r\n{headers}"), body).await
}

async fn exchange(stream: &mut TcpStream, head: &str, body: &str) -> anyhow::Result<u16> {
    let head = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(head.as_bytes()).await?;
    let mut answer = Vec::with_capacity(4096);
    let mut buffer = [0u8; 8192];
    loop {
        let n = stream.read(&mut buffer).await?;
        ensure!(n > 0, "the connection was closed");
        answer.extend_from_slice(&buffer[..n]);
        let Some(end) = answer.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&answer[..end])?.to_ascii_lowercase();
        let length = head.lines().find_map(|l| l.strip_prefix("content-length:")).context("no length")?;
        if answer.len() >= end + 4 + length.trim().parse::<usize>()? {
            return Ok(head.split(' ').nth(1).context("no status")?.parse()?);
        }
    }
}

async fn start_and_memory() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    drop(start(folder.path()).await?);
    let mut starts = Vec::new();
    for _ in 0..5 {
        starts.push(start(folder.path()).await?.2);
    }
    starts.sort();
    println!("start to ready, existing database, median of 5: {:.0} ms (aim: under 300)", millis(starts[2]));
    let (server, _, _) = start(folder.path()).await?;
    Clock::pause(Duration::from_secs(3)).await;
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.0.id()))?;
    let kib = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("no memory figure")?;
    let kib: f64 = kib.trim().trim_end_matches(" kB").trim().parse()?;
    println!("idle memory after 3 s: {:.1} MB (aim: under 30)", kib / 1024.0);
    Ok(())
}

fn millis(d: Duration) -> f64 {
    d.as_secs_f64() * 1000.0
}

/// Fifty services a day, day after day: no two windows of one service meet.
fn line(n: usize) -> String {
    let first = chrono::NaiveDate::from_ymd_opt(2030, 4, 1).unwrap_or_default();
    let day = first + chrono::Days::new(u64::try_from(n / 50).unwrap_or_default());
    format!(
        "/maintenance schedule \"Upgrade {n}\" service:svc-{} when:\"{day} 16:00-20:00\" tz:Europe/Helsinki downtime:1h impact:\"It is unavailable\" poc:@anna",
        n % 50
    )
}

/// Scheduling over HTTP against the same rows written by a bare loop with the same durability.
async fn scheduling() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (server, address, _) = start(folder.path()).await?;
    let next = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (address, next) = (address.clone(), next.clone());
        tasks.spawn(async move {
            let mut stream = TcpStream::connect(&address).await?;
            stream.set_nodelay(true)?;
            let mut times = Vec::new();
            loop {
                let n = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if n >= COMMANDS {
                    return anyhow::Ok(times);
                }
                let body = serde_json::json!({ "text": line(n) }).to_string();
                let asked = Instant::now();
                let status = request(&mut stream, "POST", &address, "/api/v1/commands", &body).await?;
                ensure!(status == 200, "it answered {status}");
                times.push(asked.elapsed());
            }
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done??);
    }
    let took = began.elapsed();
    times.sort();
    drop(server);
    let http = per_second(COMMANDS, took);
    println!(
        "scheduling over HTTP, {CONNECTIONS} connections: {http:.0} commands/s, p50 {:.1} ms, p99 {:.1} ms (aim: p99 under 50)",
        millis(times[times.len() / 2]),
        millis(times[times.len() * 99 / 100])
    );

    let (bare, rows) = bare_loop(folder.path()).await?;
    println!("bare loop, one transaction each, the same rows ({rows} deliveries each): {bare:.0}/s");
    println!("ratio bare loop / HTTP: {:.2}", bare / http);
    let service = in_process(folder.path()).await?;
    println!(
        "the service alone, one caller, no HTTP: {service:.0}/s; ratio bare loop / service: {:.2}",
        bare / service
    );
    let parse = parsing();
    println!(
        "where the time of one command goes, of {:.0} µs in the service: storing {:.0} µs, reading the words {parse:.0} µs, the rest rules, planning and wording",
        1e6 / service,
        1e6 / bare
    );
    Ok(())
}

fn per_second(n: usize, took: Duration) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX)) / took.as_secs_f64()
}

fn parsing() -> f64 {
    let began = Instant::now();
    for n in 0..COMMANDS {
        let parsed = maintbot::command::parse(&Input::Text(line(n)));
        assert!(std::hint::black_box(parsed).is_ok());
    }
    1e6 / per_second(COMMANDS, began.elapsed())
}

async fn parts(url: &str) -> anyhow::Result<Parts> {
    let mut config = Config::with_defaults();
    config.database.url = url.to_owned().into();
    Parts::open(config, Clock::System).await
}

async fn in_process(folder: &Path) -> anyhow::Result<f64> {
    let parts = parts(&format!("sqlite://{}", folder.join("service.db").display())).await?;
    let began = Instant::now();
    for n in 0..COMMANDS {
        let invocation = Invocation {
            actor: Actor::with_role("anna", Role::Admin),
            place: "bench".into(),
            zone: None,
            within: None,
            input: Input::Text(line(n)),
            key: None,
        };
        ensure!(matches!(parts.service.run(&invocation).await?, Answer::Done(_)), "it was refused");
    }
    Ok(per_second(COMMANDS, began.elapsed()))
}

/// Copies the rows of a window that the program stored, with new numbers, as fast as storing alone allows.
async fn bare_loop(folder: &Path) -> anyhow::Result<(f64, usize)> {
    let stored = Db::open(&format!("sqlite://{}", folder.join("maintbot.db").display())).await?;
    let id = maintbot::domain::window::WindowId(1);
    let (window, rows) = stored
        .read(async |tx| {
            let rows = tx.deliveries(id).await?;
            let window = tx.window(id).await?.ok_or_else(|| StoreError::Missing("MW-1".into()))?;
            Ok::<_, StoreError>((window, rows))
        })
        .await?;
    let rows: Vec<Planned> = rows.into_iter().map(|row| row.plan).collect();
    let db = Db::open(&format!("sqlite://{}", folder.join("bare.db").display())).await?;
    let began = Instant::now();
    for _ in 0..COMMANDS {
        db.write(async |tx| {
            let id = tx.next_window_id().await?;
            let window = Window { id, ..window.clone() };
            for service in &window.services {
                tx.add_service(service, window.created_at).await?;
            }
            tx.insert_window(&window).await?;
            tx.add_event(id, window.created_at, "anna", "bench", &What::Scheduled).await?;
            tx.insert_deliveries(id.into(), id.into(), &rows, window.created_at).await?;
            tx.set_next_action(id, Some(window.span.starts_at)).await?;
            Ok::<_, StoreError>(())
        })
        .await?;
    }
    Ok((per_second(COMMANDS, began.elapsed()), rows.len()))
}

/// A look at the clock with nothing due, on little and on much that is stored: alternating, so that whatever else the
/// machine does meets both.
async fn ticks() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut sides = Vec::new();
    for stored in STORED {
        let url = format!("sqlite://{}", folder.path().join(format!("{stored}.db")).display());
        let db = Db::open(&url).await?;
        fill(&db, stored).await?;
        // Closing moves the write-ahead log into the file, as a database at rest has it.
        db.close().await;
        sides.push((stored, parts(&url).await?, Vec::new()));
    }
    let stop = CancellationToken::new();
    let now = Clock::wall();
    for _ in 0..ROUNDS {
        for (_, parts, times) in &mut sides {
            let began = Instant::now();
            for _ in 0..TICKS {
                ensure!(
                    parts.service.tick(now).await? + parts.sender.tick(now, &stop).await? == 0,
                    "something was due"
                );
            }
            times.push(began.elapsed() / TICKS);
        }
    }
    let mut medians = Vec::new();
    for (stored, _, times) in &mut sides {
        times.sort();
        let median = times[times.len() / 2];
        println!(
            "a tick with nothing due, {stored} deliveries stored, median: {:.3} ms (aim: under 1)",
            millis(median)
        );
        medians.push(median.as_secs_f64());
    }
    println!("ratio of the two: {:.2} (aim: at most 1.3)", medians[1] / medians[0]);
    Ok(())
}

/// Windows of a hundred deliveries each: half still owed in the future, half settled.
async fn fill(db: &Db, deliveries: usize) -> anyhow::Result<()> {
    let far: DateTime<Utc> = Clock::wall() + TimeDelta::days(300);
    for _ in 0..deliveries / 100 {
        db.write(async |tx| {
            let id = tx.next_window_id().await?;
            tx.insert_window(&window(id, far)).await?;
            let row = |n: i64| Planned {
                sequence: 0,
                message: MessageKind::Reminder,
                occasion: n.to_string(),
                lead: None,
                audience: "everyone".into(),
                channel: maintbot::domain::organisation::Channel::Builtin("maintenance".into()),
                due_at: far - TimeDelta::minutes(n),
                skipped: (n % 2 == 0).then_some(maintbot::domain::ledger::Reason::Newer),
                note: None,
            };
            let rows: Vec<Planned> = (0..100).map(row).collect();
            tx.insert_deliveries(id.into(), id.into(), &rows, Clock::wall()).await?;
            tx.set_next_action(id, Some(far)).await
        })
        .await?;
    }
    Ok(())
}

fn window(id: maintbot::domain::window::WindowId, starts_at: DateTime<Utc>) -> Window {
    Window {
        id,
        title: "Upgrade".into(),
        kind: Kind(Kind::SCHEDULED.into()),
        services: vec!["crm".into()],
        environment: "production".into(),
        regions: Vec::new(),
        span: Span { starts_at, ends_at: starts_at + TimeDelta::hours(2), zone: Zone::utc() },
        downtime: None,
        impact: String::new(),
        category: None,
        rollback: String::new(),
        customers: Vec::new(),
        links: Vec::new(),
        poc: None,
        requester: "anna".into(),
        place: "bench".into(),
        state: State::Scheduled,
        outcome: None,
        sequence: 0,
        sequence_at: starts_at - TimeDelta::days(30),
        revision: 0,
        actual_start: None,
        actual_end: None,
        actual_downtime: None,
        attended_at: None,
        no_shows: 0,
        overruns: 0,
        created_at: starts_at - TimeDelta::days(30),
        downtimes: std::collections::BTreeMap::new(),
        plan: None,
        series: None,
        occurrence: None,
        detached: false,
        published: None,
        request: None,
        told_round: 0,
    }
}
