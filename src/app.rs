//! Wiring: opens the database, builds the parts, starts and stops the tasks.

mod demo;
mod doctor;
mod inward;
mod mailboxes;
mod measure;
mod parts;
mod preview;
mod serve;
mod templates;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::cli::{self, Action, Request, Sending, TokenGiven};
use crate::clock::Clock;
use crate::command::{Input, manifest};
use crate::config::Config;
use crate::domain::access::{Actor, Role};
use crate::domain::channel::Surface;
use crate::message::audience::sample;
use crate::service::{self, Answer, Invocation, PreviewView, Service};
use crate::statuspage::json::JsonPage;
use crate::store::Db;
use crate::web;

pub use inward::Inward;
pub use measure::Measurer;
pub use parts::Parts;
use parts::random_text;
use serve::{run_demo, serve};

/// Runs the program and says how it went: 0 done, 1 refused or failed, 2 wrong usage.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the environment is read here and nowhere else")]
pub fn main() -> ExitCode {
    let given = TokenGiven {
        text: std::env::var("MAINTBOT_TOKEN").ok(),
        file: std::env::var_os("MAINTBOT_TOKEN_FILE").map(Into::into),
    };
    let request = match cli::parse(std::env::args_os(), given) {
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
    let mut filter = chosen.unwrap_or_else(|| EnvFilter::new("info,sqlx=warn,hyper=warn"));
    // These print what they send and receive, tokens included, whoever asks for more.
    for quiet in ["serenity=error", "tungstenite=info", "tokio_tungstenite=info"] {
        if let Ok(quiet) = quiet.parse() {
            filter = filter.add_directive(quiet);
        }
    }
    let colours = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
}

async fn run(request: Request, login: &str) -> anyhow::Result<bool> {
    let Request { config, json, action } = request;
    match action {
        Action::Manifest { surface } => {
            say(&manifest_of(&surface, &load(config.as_deref())?, json)?);
            Ok(true)
        }
        Action::Check => Ok(check(config.as_deref(), json)),
        Action::Doctor => Ok(report(&doctor::examine(&load(config.as_deref())?).await, json)),
        Action::Preview { window, message, audience, surface, name } => {
            let config = load(config.as_deref())?;
            let audience = audience.as_deref();
            let names = match (&window, message) {
                (Some(window), Some(message)) => {
                    let id = name.unwrap_or_else(|| login.to_owned());
                    return preview_of_window(config, [window, &message], audience, surface, id, json).await;
                }
                (_, Some(message)) => vec![message],
                (_, None) => sample::names().into_iter().map(String::from).collect(),
            };
            preview_of_samples(&config, &names, audience, surface, json).map(|()| true)
        }
        Action::Serve => serve(load(config.as_deref())?).await.map(|()| true),
        Action::Demo { empty, at } => {
            // The year is typed for the organisation of the demo; with one's own there is nothing to type.
            let own = empty || config.is_some();
            let config = if own { load(config.as_deref())? } else { demo::config(std::env::vars_os())? };
            Box::pin(run_demo(config, at.unwrap_or_else(Clock::wall), !own)).await.map(|()| true)
        }
        Action::Maintenance { words, server: Some(server), token, token_file, key, name } => {
            let line = Input::Words(words).line();
            let token =
                token.map_or_else(|| token_file.as_deref().map(cli::token_in).transpose(), |token| Ok(Some(token)))?;
            let key = key.map_or_else(random_text, Ok)?;
            let sending = Sending { line: &line, actor: name.as_deref(), key: &key };
            let answer = cli::send(&server, token.as_ref(), &sending).await?;
            Ok(cli::answer(&answer, json))
        }
        Action::Maintenance { words, server: None, key, name, .. } => {
            let parts = Parts::open(load(config.as_deref())?, Clock::System).await?;
            let id = name.unwrap_or_else(|| login.to_owned());
            let roles = service::roles(parts.service.organisation(), &[&id], Role::Admin);
            let actor = Actor { id, roles };
            let input = Input::Words(words);
            let invocation = Invocation { actor, place: "terminal".into(), zone: None, within: None, input, key };
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
                say(&json!({ "id": id, "name": name, "role": role, "expires_at": expires_at, "token": text })
                    .to_string());
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
        Action::WebhookEnable { name } => enable_webhook(&load(config.as_deref())?, &name, json).await.map(|()| true),
        Action::MailRefused => mailboxes::list(&load(config.as_deref())?, json).await.map(|()| true),
        Action::MailAllow { address } => {
            mailboxes::allow(&load(config.as_deref())?, &address, json).await.map(|()| true)
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

/// What to tell a chat service about the app.
fn manifest_of(surface: &str, config: &Config, as_json: bool) -> anyhow::Result<String> {
    let organisation = &config.organisation;
    let url = &organisation.public_url;
    let services: Vec<String> = organisation.services.keys().cloned().collect();
    let regions: Vec<String> = organisation.regions.keys().cloned().collect();
    let manifest = match surface {
        "github" if !as_json => return Ok(manifest::github_text(url, &services, &regions)),
        "github" => manifest::github_all(url, &services, &regions),
        "slack" => {
            let socket = config.slack.iter().flat_map(|slack| &slack.workspaces).any(|w| w.signing_secret.is_none());
            manifest::slack((!socket).then_some(url.as_str()))
        }
        _ => manifest::discord_all(config.discord.as_ref().map(|discord| discord.application_id.as_str())),
    };
    Ok(serde_json::to_string_pretty(&manifest)?)
}

/// The messages about a window, as the verb `preview` shows them.
async fn preview_of_window(
    config: Config,
    [window, message]: [&str; 2],
    audience: Option<&str>,
    surface: Surface,
    id: String,
    as_json: bool,
) -> anyhow::Result<bool> {
    let parts = Parts::open(config, Clock::System).await?;
    let mut words = ["preview", window, message].map(String::from).to_vec();
    words.push(format!("surface:{surface}"));
    words.extend(audience.map(|audience| format!("audience:{audience}")));
    let roles = service::roles(parts.service.organisation(), &[&id], Role::Admin);
    let (actor, input) = (Actor { id, roles }, Input::Words(words));
    let invocation = Invocation { actor, place: "terminal".into(), zone: None, within: None, input, key: None };
    let answer = parts.service.run(&invocation).await?;
    parts.db.close().await;
    match &answer {
        Answer::Done(reply) => say_previews(&[(message.to_owned(), reply.previews.clone())], as_json),
        Answer::Refused(_) => return Ok(cli::answer(&answer, as_json)),
    }
    Ok(true)
}

/// Messages about windows and plans that are not there.
fn preview_of_samples(
    config: &Config,
    names: &[String],
    audience: Option<&str>,
    surface: Surface,
    as_json: bool,
) -> anyhow::Result<()> {
    let one = |name: &String| {
        let shown = preview::of_sample(config, &preview::Ask { name, audience, surface })?;
        Ok((name.clone(), shown))
    };
    say_previews(&names.iter().map(one).collect::<anyhow::Result<Vec<_>>>()?, as_json);
    Ok(())
}

/// What is sent goes to standard output, and who gets it to standard error, so that the former can be pasted.
fn say_previews(messages: &[(String, Vec<PreviewView>)], as_json: bool) {
    if as_json {
        let one = |(name, view): (&String, &PreviewView)| {
            let mut one = json!({ "message": name, "to": view.readers, "shown": view.shown });
            if let Some(mail) = &view.mail {
                one["mail"] = json!(mail);
            }
            one
        };
        let items: Vec<_> =
            messages.iter().flat_map(|(name, views)| views.iter().map(move |view| one((name, view)))).collect();
        return say(&json!({ "items": items }).to_string());
    }
    for (name, views) in messages {
        for view in views {
            eprint_line(&format!("{name}, to {}:", view.readers));
            say(&format!("{}\n", view.shown));
        }
    }
}

fn load(named: Option<&Path>) -> anyhow::Result<Config> {
    Ok(Config::load(config_file(named)?.as_deref(), std::env::vars_os())?)
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
    let configured = match Config::load(file.as_deref(), std::env::vars_os()) {
        Ok(config) => {
            // Whether templates come out as JSON is seen when they are filled.
            let unfit = |page| JsonPage::new(page, Clock::System).err().map(|error| format!("{error:#}"));
            problems.extend(config.status_pages.iter().filter_map(unfit));
            templates::load(&config).err().into_iter().flatten().map(templates::problem).collect()
        }
        Err(found) => found.0,
    };
    problems.extend(configured.iter().map(ToString::to_string));
    let verbs = crate::command::spec::catalogue().verbs.len();
    if as_json {
        say(&json!({ "ok": problems.is_empty(), "file": file, "problems": configured }).to_string());
    } else if problems.is_empty() {
        let from = file
            .map_or_else(|| "no configuration file: the defaults hold".into(), |f| format!("{} is good", f.display()));
        say(&format!("{from}; {verbs} commands declared."));
    } else {
        eprint_line(&problems.join("\n"));
    }
    problems.is_empty()
}

/// What doctor found, one per line; `true` if all of it works.
fn report(found: &[doctor::Finding], as_json: bool) -> bool {
    let ok = found.iter().all(|finding| finding.ok);
    if as_json {
        say(&json!({ "ok": ok, "findings": found }).to_string());
    } else {
        for finding in found {
            say(&finding.line());
        }
    }
    ok
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

/// Messages go to a webhook again from now on; what was skipped stays so.
async fn enable_webhook(config: &Config, name: &str, as_json: bool) -> anyhow::Result<()> {
    let known: Vec<&str> = config.webhooks.iter().map(|webhook| webhook.name.as_str()).collect();
    anyhow::ensure!(known.contains(&name), "there is no [[webhook]] `{name}`; there are: {}", known.join(", "));
    let db = Db::open(config.database.url.expose_secret()).await?;
    let was_disabled = db.write(async |tx| tx.enable_webhook(name).await).await?;
    db.close().await;
    let done = if was_disabled { "gets messages again" } else { "was not disabled" };
    let as_text = format!("The webhook {name} {done}.");
    say(&if as_json { json!({ "webhook": name, "was_disabled": was_disabled }).to_string() } else { as_text });
    Ok(())
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
        items.extend(page.iter().map(|(w, list)| web::window_json(service.organisation(), w, list)));
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
