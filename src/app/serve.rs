//! Running until asked to stop: the bot itself, and the demo with its clock moved by hand.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Measurer, Parts, demo};
use crate::clock::{Clock, Mover, Moves};
use crate::config::Config;
use crate::service::Service;
use crate::web::{self, Web};

/// How long open requests may take once the process is asked to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// The bot: binds first, so that a taken port is said before anything else happens.
pub(super) async fn serve(mut config: Config) -> anyhow::Result<()> {
    let listener = bind(config.server.listen).await?;
    let address = listener.local_addr()?;
    config.bound_to(address);
    let parts = Parts::open(config.clone(), Clock::System).await?;
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    if let Some(measurer) = Measurer::new(&config, parts.db.clone(), Clock::System)? {
        tasks.spawn(measurer.run(stop.clone()));
    }
    let (sender, service) = (parts.sender.clone(), parts.service.clone());
    let (watcher, stop_watcher) = (parts.sender.clone(), stop.clone());
    tasks.spawn(async move { watcher.watch_pages(stop_watcher).await });
    let (stop_sender, stop_service) = (stop.clone(), stop.clone());
    tasks.spawn(async move { sender.run(stop_sender).await });
    tasks.spawn(async move { service.pass_time(stop_service).await });
    parts.inward.run(&tasks, &stop);
    greet(&parts.service, address, "serving");
    listen(listener, &parts, None, &stop, tasks).await
}

/// The demo: the same on a throw-away database, with one task that moves the clock.
pub(super) async fn run_demo(mut config: Config, at: DateTime<Utc>, fill: bool) -> anyhow::Result<()> {
    let listener = bind(config.server.listen).await?;
    let address = listener.local_addr()?;
    config.bound_to(address);
    config.keep_inside();
    let folder = tempfile::tempdir().context("no place for the demo's database")?;
    config.database.url = format!("sqlite://{}", folder.path().join("demo.db").display()).into();
    let starts = if fill { demo::first_day(at) } else { at };
    let parts = Parts::open(config, Clock::manual(starts)).await?;
    let stop = CancellationToken::new();
    if fill {
        tracing::info!("typing the commands of one year; that takes some seconds, half a minute in a debug build");
        demo::type_a_year(&parts, at, &stop).await?;
    }
    let (mover, requests) = Mover::channel();
    let tasks = TaskTracker::new();
    tasks.spawn(move_the_clock(parts.clone(), requests, stop.clone()));
    greet(&parts.service, address, "showing a demo");
    let result = listen(listener, &parts, Some(mover), &stop, tasks).await;
    parts.db.close().await;
    result
}

/// Does what is due whenever something was committed, and moves the clock when asked.
async fn move_the_clock(parts: Parts, mut requests: Moves, stop: CancellationToken) {
    let mut rings = parts.service.wake().listen();
    loop {
        let handled = tokio::select! {
            () = stop.cancelled() => return,
            asked = requests.recv() => match asked {
                Some((to, done)) => {
                    let result = parts.advance(to, &stop).await;
                    let _ = done.send(());
                    parts.service.wake().ring();
                    result
                }
                None => return,
            },
            _ = rings.changed() => parts.settle(&stop).await,
        };
        if let Err(error) = handled {
            tracing::error!(error = format!("{error:#}"), "what was due could not be handled");
        }
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("{address} cannot be listened on; choose another with [server] listen or MAINTBOT__SERVER__LISTEN")
    })
}

fn greet(service: &Service, address: SocketAddr, doing: &str) {
    let url = &service.organisation().public_url;
    tracing::info!(%address, "{doing}; the page is {url}/ and the console {url}/console");
}

/// Serves HTTP until asked to stop, then drains: open requests end, claimed messages are given back.
async fn listen(
    listener: TcpListener,
    parts: &Parts,
    mover: Option<Mover>,
    stop: &CancellationToken,
    tasks: TaskTracker,
) -> anyhow::Result<()> {
    let web = Web { service: parts.service.clone(), mover, stop: stop.clone() };
    let app = web::router(web, parts.inward.routes()).into_make_service_with_connect_info::<SocketAddr>();
    let asked = stop.clone();
    let signals = tokio::spawn(stop_on_signal(stop.clone()));
    let server = web::serve(listener, app, async move { asked.cancelled().await });
    let limit = stop.clone();
    let drained = async move {
        limit.cancelled().await;
        Clock::pause(DRAIN).await;
    };
    tokio::select! {
        result = server => result.context("the HTTP server failed")?,
        () = drained => tracing::warn!("some requests were still open and are cut off"),
    }
    stop.cancel();
    signals.abort();
    tasks.close();
    within(DRAIN, tasks.wait()).await;
    within(DRAIN, parts.inward.idle()).await;
    tracing::info!("stopped");
    Ok(())
}

async fn within(limit: Duration, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        () = Clock::pause(limit) => tracing::warn!("a task did not stop in time"),
    }
}

/// SIGTERM and Ctrl-C drain and stop. SIGHUP is answered: what is written in the configuration is read at start.
async fn stop_on_signal(stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut hang_up)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) else {
        tracing::error!("signals cannot be watched; stop maintbot with SIGKILL");
        return;
    };
    loop {
        tokio::select! {
            _ = term.recv() => break,
            _ = tokio::signal::ctrl_c() => break,
            _ = hang_up.recv() => tracing::warn!("the configuration is read at start; restart to take over changes (`maintbot check` looks at it first)"),
        }
    }
    tracing::info!("stopping: open requests end first");
    stop.cancel();
}
