//! Wiring: opens the database, builds the parts, starts and stops the tasks.

mod demo;

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::{Clock, Mover, Moves, Wake};
use crate::cli::{self, Action, Request};
use crate::command::{Input, manifest};
use crate::config::Config;
use crate::delivery::Sender;
use crate::domain::access::{Actor, Role};
use crate::message::audience::Templates;
use crate::service::{self, Invocation, Service};
use crate::store::Db;
use crate::web::{self, Web};

/// How long open requests may take once the process is asked to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Runs the program and says how it went: 0 done, 1 refused or failed, 2 wrong usage.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the environment is read here and nowhere else")]
pub fn main() -> ExitCode {
    let request = match cli::parse(std::env::args_os(), std::env::var("MAINTBOT_TOKEN").ok()) {
        Ok(request) => request,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    start_logging(std::env::var("MAINTBOT_LOG").ok());
    // Two installations in one process would be a mistake of ours, and the first one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::anyhow!("the async runtime cannot be started: {error}")),
    };
    let login = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "operator".into());
    match runtime.block_on(run(request, &login)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    cli::problem(&format!("{error:#}"));
    ExitCode::FAILURE
}

/// Logs go to standard error; `MAINTBOT_LOG` chooses, such as `debug` or `maintbot=debug,info`.
fn start_logging(filter: Option<String>) {
    use tracing_subscriber::EnvFilter;
    let chosen = filter.and_then(|f| EnvFilter::try_new(f).ok());
    let filter = chosen.unwrap_or_else(|| EnvFilter::new("info,sqlx=warn,hyper=warn"));
    let colours = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
}

async fn run(request: Request, login: &str) -> anyhow::Result<bool> {
    let Request { config, json, action } = request;
    match action {
        Action::Manifest { surface } => {
            let url = load(config.as_deref())?.organisation.public_url;
            let manifest = match surface.as_str() {
                "slack" => manifest::slack(&url),
                "github" => manifest::github(&url),
                _ => manifest::discord(),
            };
            say(&serde_json::to_string_pretty(&manifest)?);
            Ok(true)
        }
        Action::Check => Ok(check(config.as_deref(), json)),
        Action::Serve => serve(load(config.as_deref())?).await.map(|()| true),
        Action::Demo { empty, at } => {
            let named = config.is_some();
            let config = if named { load(config.as_deref())? } else { demo::config(load_environment_only()?)? };
            demo(config, at.unwrap_or_else(Clock::wall), !empty && !named).await.map(|()| true)
        }
        Action::Maintenance { words, server: Some(server), token, .. } => {
            let line = crate::command::line(&words);
            let answer = cli::send(&server, token.as_ref(), &line, &random_text()?).await?;
            Ok(cli::answer(&answer, json))
        }
        Action::Maintenance { words, server: None, name, .. } => {
            let parts = Parts::open(load(config.as_deref())?, Clock::System).await?;
            let id = name.unwrap_or_else(|| login.to_owned());
            let roles = service::roles(parts.service.organisation(), &[&id], Role::Admin);
            let actor = Actor { id, roles };
            let input = Input::Words(words);
            let invocation = Invocation { actor, place: "terminal".into(), zone: None, input, key: None };
            let answer = parts.service.run(&invocation).await?;
            parts.db.close().await;
            Ok(cli::answer(&answer, json))
        }
        Action::TokenCreate { name, role, expires_in } => {
            let parts = Parts::open(load(config.as_deref())?, Clock::System).await?;
            let text = format!("mb_{}", random_text()?);
            let expires_at = expires_in.map(|d| Clock::wall() + d);
            let id = parts.service.add_token(&name, &web::token_hash(&text), role, expires_at).await?;
            if json {
                say(&json!({ "id": id, "name": name, "role": role, "expires_at": expires_at, "token": text }).to_string());
            } else {
                say(&text);
                eprint_line(&format!("Token {id} for {name}, role {role}. It is shown only now; keep it safe."));
            }
            Ok(true)
        }
        Action::TokenList => {
            let parts = Parts::open(load(config.as_deref())?, Clock::System).await?;
            list_tokens(&parts.service.tokens().await?, json);
            Ok(true)
        }
        Action::TokenRevoke { id } => {
            let parts = Parts::open(load(config.as_deref())?, Clock::System).await?;
            let revoked = parts.service.revoke_token(id).await?;
            anyhow::ensure!(revoked, "there is no token {id} that is still good; `maintbot token list` shows them");
            say(&if json { json!({ "revoked": id }).to_string() } else { format!("Token {id} is revoked.") });
            Ok(true)
        }
        Action::Backup { file } => {
            let config = load(config.as_deref())?;
            let db = Db::open(config.database.url.expose_secret()).await?;
            db.backup(&file).await?;
            let done = json!({ "backup": file.display().to_string() }).to_string();
            say(&if json { done } else { format!("The database is copied to {}.", file.display()) });
            Ok(true)
        }
        Action::Export => {
            let parts = Parts::open(load(config.as_deref())?, Clock::System).await?;
            export(&parts.service).await.map(|()| true)
        }
    }
}

fn load(named: Option<&Path>) -> anyhow::Result<Config> {
    Ok(Config::load(config_file(named)?.as_deref(), std::env::vars_os())?)
}

fn load_environment_only() -> anyhow::Result<Config> {
    Ok(Config::load(None, std::env::vars_os())?)
}

fn config_file(named: Option<&Path>) -> anyhow::Result<Option<std::path::PathBuf>> {
    let here = std::env::current_dir().context("the working directory is gone")?;
    let variable = std::env::vars_os().find(|(name, _)| name == "MAINTBOT_CONFIG").map(|(_, value)| value.into());
    Ok(Config::find(named.map(Path::to_owned), variable, &here))
}

/// Everything that is wrong at once; `true` if nothing is.
fn check(named: Option<&Path>, as_json: bool) -> bool {
    let mut problems: Vec<String> = Vec::new();
    let file = match config_file(named) {
        Ok(file) => file,
        Err(error) => {
            problems.push(format!("{error:#}"));
            None
        }
    };
    let mut configured = Vec::new();
    if let Err(found) = Config::load(file.as_deref(), std::env::vars_os()) {
        problems.extend(found.0.iter().map(ToString::to_string));
        configured = found.0;
    }
    if let Err(error) = Templates::builtin() {
        problems.push(format!("{error:#}"));
    }
    let verbs = crate::command::spec::catalogue().verbs.len();
    if as_json {
        say(&json!({ "ok": problems.is_empty(), "file": file, "problems": configured }).to_string());
    } else if problems.is_empty() {
        let from = file.map_or_else(|| "no configuration file: the defaults hold".into(), |f| format!("{} is good", f.display()));
        say(&format!("{from}; {verbs} commands declared."));
    } else {
        eprint_line(&problems.join("\n"));
    }
    problems.is_empty()
}

fn list_tokens(tokens: &[service::query::Token], as_json: bool) {
    let state = |t: &service::query::Token| match (t.revoked_at, t.expires_at) {
        (Some(at), _) => format!("revoked {}", rfc(at)),
        (None, Some(at)) if at <= Clock::wall() => format!("expired {}", rfc(at)),
        (None, Some(at)) => format!("good until {}", rfc(at)),
        (None, None) => "good".into(),
    };
    if as_json {
        let items: Vec<_> = tokens
            .iter()
            .map(|t| json!({ "id": t.id, "name": t.name, "role": t.role, "expires_at": t.expires_at, "revoked_at": t.revoked_at, "created_at": t.created_at }))
            .collect();
        return say(&json!({ "items": items }).to_string());
    }
    if tokens.is_empty() {
        return say("No tokens. Make one: maintbot token create ci --role engineer");
    }
    for t in tokens {
        say(&format!("{:>4}  {:<20} {:<10} {}", t.id, crate::message::text::one_line(&t.name), t.role, state(t)));
    }
}

fn rfc(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// Every window as the API shows it, page by page.
async fn export(service: &Service) -> anyhow::Result<()> {
    let filter = service::query::WindowFilter::default();
    let mut after = None;
    let mut items = Vec::new();
    loop {
        let page = service.windows(&filter, after, 200).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some((last.span.starts_at, last.id));
        items.extend(page.iter().map(|(w, list)| web::window_json(w, list)));
    }
    say(&serde_json::to_string_pretty(&json!({ "windows": items }))?);
    Ok(())
}

fn say(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(anstream::stdout(), "{text}");
}

fn eprint_line(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(anstream::stderr(), "{text}");
}

fn random_text() -> anyhow::Result<String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| anyhow::anyhow!("the system gives no randomness: {e}"))?;
    Ok(hex::encode(bytes))
}

/// The parts of one running maintbot.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The one service.
    pub service: Service,
    /// The one sender.
    pub sender: Sender,
    clock: Clock,
}

impl Parts {
    /// Opens the database and builds service and sender over it.
    ///
    /// # Errors
    /// The database cannot be opened: the message says what the operator can do.
    pub async fn open(config: Config, clock: Clock) -> anyhow::Result<Self> {
        let db = Db::open(config.database.url.expose_secret()).await?;
        let templates = Arc::new(Templates::builtin()?);
        let organisation = Arc::new(config.organisation);
        let wake = Wake::default();
        let service = Service::new(db.clone(), organisation.clone(), clock.clone(), templates.clone(), wake.clone());
        let owner = format!("{}-{}", std::process::id(), &random_text()?[..12]);
        let sender = Sender::new(db.clone(), organisation, templates, clock.clone(), wake, owner);
        Ok(Self { db, service, sender, clock })
    }

    /// Handles everything due now: timed transitions first, then messages, until nothing is left.
    ///
    /// # Errors
    /// The database fails.
    pub async fn settle(&self, stop: &CancellationToken) -> anyhow::Result<()> {
        let now = self.clock.now();
        while self.service.tick(now).await? + self.sender.tick(now, stop).await? > 0 {
            if stop.is_cancelled() {
                break;
            }
        }
        Ok(())
    }

    /// Moves a manual clock to `to` (UTC), stopping on the way wherever something is due.
    ///
    /// # Errors
    /// The database fails.
    pub async fn advance(&self, to: DateTime<Utc>, stop: &CancellationToken) -> anyhow::Result<()> {
        loop {
            self.settle(stop).await?;
            let next = [self.service.next_tick_at().await?, self.sender.next_at().await?].into_iter().flatten().min();
            match next {
                Some(at) if at <= to && at > self.clock.now() && !stop.is_cancelled() => self.clock.set(at),
                _ => break,
            }
        }
        self.clock.set(to);
        self.settle(stop).await
    }
}

/// The bot: binds first, so that a taken port is said before anything else happens.
async fn serve(mut config: Config) -> anyhow::Result<()> {
    let listener = bind(config.server.listen).await?;
    let address = listener.local_addr()?;
    config.bound_to(address);
    let parts = Parts::open(config, Clock::System).await?;
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let (sender, service) = (parts.sender.clone(), parts.service.clone());
    let (stop_sender, stop_service) = (stop.clone(), stop.clone());
    tasks.spawn(async move { sender.run(stop_sender).await });
    tasks.spawn(async move { service.pass_time(stop_service).await });
    greet(&parts.service, address, "serving");
    listen(listener, &parts, None, &stop, tasks).await
}

/// The demo: the same on a throw-away database, with one task that moves the clock.
async fn demo(mut config: Config, at: DateTime<Utc>, fill: bool) -> anyhow::Result<()> {
    let listener = bind(config.server.listen).await?;
    let address = listener.local_addr()?;
    config.bound_to(address);
    let folder = tempfile::tempdir().context("no place for the demo's database")?;
    config.database.url = format!("sqlite://{}", folder.path().join("demo.db").display()).into();
    let starts = if fill { demo::first_day(at) } else { at };
    let parts = Parts::open(config, Clock::manual(starts)).await?;
    let stop = CancellationToken::new();
    if fill {
        demo::type_a_year(&parts, at, &stop).await?;
    }
    let (mover, moves) = Mover::channel();
    let tasks = TaskTracker::new();
    tasks.spawn(move_the_clock(parts.clone(), moves, stop.clone()));
    greet(&parts.service, address, "showing a demo");
    let result = listen(listener, &parts, Some(mover), &stop, tasks).await;
    parts.db.close().await;
    result
}

/// Does what is due whenever something was committed, and moves the clock when asked.
async fn move_the_clock(parts: Parts, mut moves: Moves, stop: CancellationToken) {
    let mut rings = parts.service.wake().listen();
    loop {
        let moved = tokio::select! {
            () = stop.cancelled() => return,
            asked = moves.recv() => match asked {
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
        if let Err(error) = moved {
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
    let app = web::router(web).into_make_service_with_connect_info::<SocketAddr>();
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
