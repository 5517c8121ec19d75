//! Slash commands of many people at once, while messages go out to Slack: how soon each is answered.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use axum::{Json, Router};
use hmac::{Hmac, KeyInit as _, Mac as _};
use maintbot::clock::Clock;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::{TcpListener, TcpStream};

use super::{CONNECTIONS, line, millis, post, start};

const SECRET: &str = "a secret of the measurement";
const USERS: usize = 50;
const COMMANDS: usize = 1_000;
/// Windows whose announcements are on their way meanwhile, one a second in each of these channels.
const ANNOUNCED: usize = 60;
const CHANNELS: usize = 10;
/// Of all answers, all but one in a thousand have to come within this.
const AIM: Duration = Duration::from_millis(250);

/// A Slack that says yes to everything, and how many messages were posted there.
async fn slack() -> anyhow::Result<(String, Arc<AtomicUsize>)> {
    let posted = Arc::new(AtomicUsize::new(0));
    let count = posted.clone();
    let answer = move |request: axum::extract::Request| {
        let count = count.clone();
        async move {
            let n = if request.uri().path().ends_with("chat.postMessage") {
                count.fetch_add(1, Ordering::Relaxed)
            } else {
                0
            };
            let channel = |n: usize| json!({ "id": format!("C0{n}"), "name": format!("c{n}"), "is_member": true });
            let channels: Vec<Value> = (0..CHANNELS).map(channel).collect();
            Json(json!({
                "ok": true, "ts": format!("1796572800.{n:06}"), "team_id": "T1", "user_id": "U0BOT", "bot_id": "B1",
                "url": "https://example.slack.com/", "channels": channels, "user": { "id": "U1", "tz": "Europe/Helsinki" },
            }))
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/api", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    Ok((url, posted))
}

fn configure(folder: &Path, url: &str) -> anyhow::Result<()> {
    let channels: Vec<String> = (0..CHANNELS).map(|n| format!("slack:#c{n}")).collect();
    let text = format!(
        "[slack]\napi_url = \"{url}\"\nbot_token = \"xoxb-measured\"\nsigning_secret = \"{SECRET}\"\n\
         [policy.emergency]\nannounce = \"at_once\"\n[[audience]]\nname = \"everyone\"\nchannels = {channels:?}\n"
    );
    Ok(std::fs::write(folder.join("maintbot.toml"), text)?)
}

/// What somebody types, as Slack sends it, signed.
fn signed(n: usize, text: &str) -> (Vec<(String, String)>, String) {
    let user = format!("U0{:03}", n % USERS);
    let fields = [
        ("command", "/maintenance"),
        ("text", text),
        ("team_id", "T1"),
        ("user_id", user.as_str()),
        ("user_name", "somebody"),
        ("channel_id", "C0DEV"),
        ("trigger_id", &format!("{n}.{n}.measured")),
        ("response_url", "https://hooks.slack.com/commands/T1/1/measured"),
    ];
    let body =
        reqwest::Url::parse_with_params("http://form/", fields).map(|url| url.query().unwrap_or_default().to_owned());
    let body = body.unwrap_or_default();
    let now = Clock::wall().timestamp();
    let mut mac =
        Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap_or_else(|_| unreachable!("any length is a key"));
    mac.update(format!("v0:{now}:{body}").as_bytes());
    let headers = vec![
        ("content-type".into(), "application/x-www-form-urlencoded".into()),
        ("x-slack-request-timestamp".into(), now.to_string()),
        ("x-slack-signature".into(), format!("v0={}", hex::encode(mac.finalize().into_bytes()))),
    ];
    (headers, body)
}

/// Half of them plan windows, the others read, acknowledge, note.
fn typed(n: usize) -> String {
    match n % 10 {
        0..=4 => line(n).trim_start_matches("/maintenance ").to_owned(),
        5 => "list".into(),
        6 => format!("ack MW-{}", 1 + n % ANNOUNCED),
        7 => format!("note MW-{} \"Step {n} is done\"", 1 + n % ANNOUNCED),
        8 => format!("show MW-{}", 1 + n % ANNOUNCED),
        _ => "next".into(),
    }
}

async fn command(stream: &mut TcpStream, host: &str, n: usize, text: &str) -> anyhow::Result<Duration> {
    let (headers, body) = signed(n, text);
    let asked = Instant::now();
    let status = post(stream, host, "/slack/commands", &headers, &body).await?;
    ensure!(status == 200, "`{text}` was answered with {status}");
    Ok(asked.elapsed())
}

pub(super) async fn commands() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (url, posted) = slack().await?;
    configure(folder.path(), &url)?;
    let (server, address, _) = start(folder.path()).await?;
    let mut stream = TcpStream::connect(&address).await?;
    for n in 0..ANNOUNCED {
        let text = format!(
            "schedule \"Announced {n}\" service:svc-{n} kind:emergency when:\"2031-04-01 16:00 for 1h\" poc:@anna"
        );
        command(&mut stream, &address, 1_000_000 + n, &text).await?;
    }
    let before = posted.load(Ordering::Relaxed);
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (address, next) = (address.clone(), next.clone());
        tasks.spawn(async move {
            let mut stream = TcpStream::connect(&address).await?;
            stream.set_nodelay(true)?;
            let mut times = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= COMMANDS {
                    return anyhow::Ok(times);
                }
                times.push(command(&mut stream, &address, n, &typed(n)).await?);
            }
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done??);
    }
    let (took, sent) = (began.elapsed(), posted.load(Ordering::Relaxed) - before);
    drop(server);
    times.sort();
    ensure!(times.len() == COMMANDS, "{} of {COMMANDS} were answered", times.len());
    let at = |share: usize| millis(times[(times.len() * share / 1_000).min(times.len() - 1)]);
    println!(
        "{COMMANDS} slash commands of {USERS} people, {CONNECTIONS} at a time, in {:.1} s, {sent} messages posted meanwhile: \
         p50 {:.1} ms, p99 {:.1} ms, p99.9 {:.1} ms, slowest {:.1} ms (aim: p99.9 under {:.0})",
        took.as_secs_f64(),
        at(500),
        at(990),
        at(999),
        millis(times[times.len() - 1]),
        millis(AIM)
    );
    Ok(())
}
